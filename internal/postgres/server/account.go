package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"fardplan/internal/fault"
)

// account is the user that postgres runs as.
type account struct {
	uid, gid uint32
	name     string
	other    bool // another user than this program's: the program is root
}

// me gives the user that this program runs as.
func me() account {
	uid := uint32(os.Geteuid())
	return account{uid: uid, gid: uint32(os.Getegid()), name: nameOf(uid)}
}

// nameOf gives the name of a user, or the number of one that has none.
func nameOf(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

// accountForNew gives the user to initialise new data as. PostgreSQL refuses to
// run as root.
func accountForNew() (account, error) {
	if os.Geteuid() != 0 {
		return me(), nil
	}
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if uidErr == nil && gidErr == nil && uid != 0 {
			return account{uid: uint32(uid), gid: uint32(gid), name: name, other: true}, nil
		}
	}
	return account{}, fault.New(fault.Invalid,
		"PostgreSQL kan inte köras som root, och här finns varken användaren postgres eller nobody. Skapa en: useradd --system postgres",
		"PostgreSQL cannot run as root, and there is neither a user postgres nor nobody here. Make one: useradd --system postgres")
}

// accountForOld gives the user to run on the existing data folder as: its owner.
func accountForOld(data string, info fs.FileInfo) (account, error) {
	owner := ownerOf(info)
	switch {
	case owner.uid == me().uid && owner.uid != 0:
		return owner, nil
	case os.Geteuid() == 0 && owner.uid != 0:
		owner.other = true
		return owner, nil
	}
	return account{}, fault.New(fault.Invalid,
		fmt.Sprintf("Datamappen %s tillhör användaren %s, och programmet körs som %s, som inte kan köra PostgreSQL på den. Kör som ägaren, eller byt ägare med chown -R.", data, owner.name, me().name),
		fmt.Sprintf("The data folder %s belongs to the user %s, and the program runs as %s, who cannot run PostgreSQL on it. Run as the owner, or change it with chown -R.", data, owner.name, me().name))
}

// ownerOf gives the owner of a file.
func ownerOf(info fs.FileInfo) account {
	stat := info.Sys().(*syscall.Stat_t) // so on every system that this package builds on
	return account{uid: stat.Uid, gid: stat.Gid, name: nameOf(stat.Uid)}
}

// blocked gives the first folder on the way to path, itself included, that the
// account may not enter; empty when it reaches path. Only mode bits are looked
// at: where more decides, postgres itself says so.
func (a account) blocked(path string) (string, error) {
	if !a.other {
		return "", nil // the system itself says so, at once
	}
	var folders []string
	for at := path; ; at = filepath.Dir(at) {
		folders = append([]string{at}, folders...)
		if at == filepath.Dir(at) {
			break
		}
	}
	for _, at := range folders {
		info, err := os.Stat(at)
		if err != nil {
			return "", fmt.Errorf("finding out who may enter %s: %w", at, err)
		}
		owner, enter := ownerOf(info), fs.FileMode(0o001)
		switch {
		case owner.uid == a.uid:
			enter = 0o100
		case owner.gid == a.gid:
			enter = 0o010
		}
		if info.Mode()&enter == 0 {
			return at, nil
		}
	}
	return "", nil
}

// unreachable is the fault of a folder that an account may not use.
func unreachable(path string, a account) *fault.Error {
	return fault.New(fault.Invalid,
		fmt.Sprintf("Användaren %s, som PostgreSQL ska köras som, kommer inte åt mappen %s. Ge den rätt till mappen, eller välj en annan mapp för databasen.", a.name, path),
		fmt.Sprintf("The user %s, whom PostgreSQL is to run as, cannot use the folder %s. Give it the right to, or choose another folder for the database.", a.name, path))
}

// handOver gives a file or folder of this program's to the account.
func (a account) handOver(path string) error {
	if !a.other {
		return nil
	}
	if err := os.Chown(path, int(a.uid), int(a.gid)); err != nil {
		return fmt.Errorf("handing %s over to the user %s: %w", path, a.name, err)
	}
	return nil
}

// command makes a command that runs as the account, works in "/", and is sent
// death, unless that is 0, should this program be killed (on Linux; for launch
// alone, see there).
func (a account) command(ctx context.Context, death syscall.Signal, binary string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir = "/"
	cmd.Env = environment(os.Environ())
	// The children of a child that was killed hold its output open for as long as
	// they run; its end is to be known sooner.
	cmd.WaitDelay = time.Second
	var as *syscall.Credential
	if a.other {
		as = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	cmd.SysProcAttr = attributes(death, as)
	return cmd
}

// environment gives a child what it needs of all: PG*, LC_*, LANG and TZ would
// change what it does, and the program's secrets are none of its business.
func environment(all []string) []string {
	kept := []string{"LC_ALL=C"} // macOS wants a locale that exists
	for _, variable := range all {
		switch name, _, _ := strings.Cut(variable, "="); name {
		case "PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH":
			kept = append(kept, variable)
		}
	}
	return kept
}

// makeFolders makes path and its missing parents, each of mode 0755 whatever
// the umask: another user may have to pass through them.
func makeFolders(path string) error {
	_, err := os.Stat(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeFolders(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil // another program was quicker
		}
		return err
	}
	return os.Chmod(path, 0o755)
}
