package server

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"fardplan/internal/fault"
)

// locales are tried in turn; macOS may lack the first. They decide what is a
// letter, as in the folding of case; the order of sorting is ICU's. "C" would
// sort as well, but text search would not fold capital Å, Ä and Ö.
var locales = [...]string{"C.UTF-8", "sv_SE.UTF-8", "en_US.UTF-8"}

// initialise makes the data of a place. It works in a folder beside, which is
// renamed when it is whole, so that one that was killed is simply done again.
func initialise(ctx context.Context, at place, binaries Installation, o Options) error {
	old, _ := filepath.Glob(filepath.Join(at.home, "new-*")) // fails only on a malformed pattern
	for _, path := range old {
		if err := os.RemoveAll(path); err != nil {
			o.Log.Warn("a half-made data folder cannot be removed", "path", path, "error", err)
		}
	}
	beside, err := os.MkdirTemp(at.home, "new-") // of mode 0700
	if os.IsPermission(err) {
		return unreachable(at.home, me())
	}
	if err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	if err := at.account.handOver(beside); err != nil {
		return err
	}
	for i, locale := range locales {
		printed, err := initdb(ctx, at.account, binaries, beside, locale, o)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return fmt.Errorf("initialising the data folder: %w", ctx.Err())
		}
		if !strings.Contains(printed, "invalid locale") || i == len(locales)-1 {
			return fault.New(fault.Invalid,
				fmt.Sprintf("initdb kunde inte skapa datamappen %s (%v). Det skrev: %s", at.data(), err, printed),
				fmt.Sprintf("initdb could not make the data folder %s (%v). It wrote: %s", at.data(), err, printed))
		}
	}
	if err := os.Rename(beside, at.data()); err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	return syncFolder(at.home)
}

// initdb runs initdb once, and gives the last that it printed.
func initdb(ctx context.Context, a account, binaries Installation, data, locale string, o Options) (string, error) {
	args := []string{
		"-D", data, "-U", superuser, "-E", "UTF8", "--locale=" + locale,
		"--locale-provider=icu", "--icu-locale=sv-SE", "-T", "swedish",
		"--auth-local=trust", "--auth-host=reject", "--data-checksums", "--no-instructions",
	}
	if o.Throwaway {
		args = append(args, "--no-sync")
	}
	printed := &output{log: o.Log}
	cmd := a.command(ctx, syscall.SIGKILL, filepath.Join(binaries.Dir, "initdb"), args...)
	cmd.Stdout, cmd.Stderr = printed, printed
	ended, err := launch(cmd)
	if err == nil {
		err = <-ended
	}
	return printed.tail(), err
}

// syncFolder makes a rename in the folder outlive a crash of the machine: a
// data folder that lost its name would be taken for a half-made one.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	defer func() { _ = folder.Close() }() // nothing was written through it
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	return nil
}
