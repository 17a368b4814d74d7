package server

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fardplan/internal/fault"
)

// place is where the data of one server lies, and whose it is.
type place struct {
	home    string // Options.Dir, or the folder that its "place" points to
	account account
	version string // PG_VERSION of the data; empty when there is none yet
}

// data gives the path of the data folder.
func (p place) data() string { return filepath.Join(p.home, "data") }

// folder makes the folder dir and gives its true, absolute path.
func folder(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("no folder is given for the database server")
	}
	path, err := filepath.Abs(dir)
	if err == nil {
		err = makeFolders(path)
	}
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if errors.Is(err, fs.ErrPermission) {
		return "", unreachable(path, me())
	}
	if err != nil {
		return "", fmt.Errorf("making the folder of the database server: %w", err)
	}
	return path, nil
}

// settle finds the data of dir, or decides where new data is to lie.
func settle(dir, shared string) (place, error) {
	at := place{home: dir}
	pointer := filepath.Join(dir, "place")
	pointed, err := os.Readlink(pointer)
	switch {
	case err == nil:
		at.home = pointed
	case !errors.Is(err, fs.ErrNotExist):
		return place{}, fmt.Errorf("reading where the data lies: %w", err)
	}
	switch info, err := os.Stat(at.data()); {
	case err == nil:
		return at.found(info)
	case errors.Is(err, fs.ErrPermission):
		return place{}, unreachable(at.home, me())
	case !errors.Is(err, fs.ErrNotExist):
		return place{}, fmt.Errorf("looking for the data: %w", err)
	}
	if at.account, err = accountForNew(); err != nil {
		return place{}, err
	}
	if pointed != "" {
		return at, at.checkPointed(pointer)
	}
	blocked, err := at.account.blocked(dir)
	if err != nil || blocked == "" {
		return at, err
	}
	return at.elsewhere(dir, shared)
}

// found completes the place of existing data.
func (p place) found(info fs.FileInfo) (place, error) {
	var err error
	if p.account, err = accountForOld(p.data(), info); err != nil {
		return place{}, err
	}
	blocked, err := p.account.blocked(p.data())
	if err != nil {
		return place{}, err
	}
	if blocked != "" {
		return place{}, unreachable(blocked, p.account)
	}
	version, err := os.ReadFile(filepath.Join(p.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return place{}, fault.New(fault.Invalid,
			fmt.Sprintf("Mappen %s är ingen hel datamapp för PostgreSQL: PG_VERSION saknas. Återställ den från en säkerhetskopia, eller flytta undan den för att börja om.", p.data()),
			fmt.Sprintf("The folder %s is no whole PostgreSQL data folder: PG_VERSION is missing. Restore it from a backup, or move it away to start afresh.", p.data()))
	}
	if err != nil {
		return place{}, fmt.Errorf("reading the version of the data: %w", err)
	}
	p.version = strings.TrimSpace(string(version))
	return p, nil
}

// checkPointed makes sure that the folder that pointer leads to is there:
// starting afresh in its stead would hide that the data has gone.
func (p place) checkPointed(pointer string) error {
	if _, err := os.Stat(p.home); err != nil {
		return fault.New(fault.Invalid,
			fmt.Sprintf("Datan ska ligga i %s, men den mappen går inte att läsa. Återställ den, eller ta bort länken %s för att börja om.", p.home, pointer),
			fmt.Sprintf("The data should lie in %s, but that folder cannot be read. Restore it, or remove the link %s to start afresh.", p.home, pointer))
	}
	return nil
}

// elsewhere makes a home for new data beneath shared, and points to it from dir.
// Its name is new each time: who removes dir shall not find the old data again.
func (p place) elsewhere(dir, shared string) (place, error) {
	if err := makeFolders(shared); err != nil {
		return place{}, fmt.Errorf("making a folder that PostgreSQL can reach: %w", err)
	}
	shared, err := filepath.EvalSymlinks(shared)
	if err != nil {
		return place{}, fmt.Errorf("making a folder that PostgreSQL can reach: %w", err)
	}
	blocked, err := p.account.blocked(shared)
	if err != nil {
		return place{}, err
	}
	if blocked != "" {
		return place{}, unreachable(blocked, p.account)
	}
	home, err := os.MkdirTemp(shared, "data-")
	if err == nil {
		err = os.Chmod(home, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(home, "belongs-to"), []byte(dir+"\n"), 0o644)
	}
	if err == nil {
		err = os.Symlink(home, filepath.Join(dir, "place"))
	}
	if err != nil {
		return place{}, fmt.Errorf("making a folder that PostgreSQL can reach: %w", err)
	}
	p.home = home
	return p, nil
}

// socketLimit is the longest path of a socket in bytes on macOS; Linux allows
// 107.
const socketLimit = 103

// socketFolder makes the folder of the socket: in a temporary folder, for the
// path of a socket must be short, and of a name that follows from the data's, so
// that a person finds it again.
func socketFolder(at place) (string, error) {
	sum := sha256.Sum256([]byte(at.data()))
	name := "fp-" + hex.EncodeToString(sum[:6])
	for _, base := range []string{os.TempDir(), "/tmp"} {
		path := filepath.Join(base, name)
		// PostgreSQL takes a list of folders, with commas.
		if !filepath.IsAbs(path) || strings.ContainsAny(path, ",\"") || len(path)+len("/.s.PGSQL.5432") > socketLimit {
			continue
		}
		if blocked, err := at.account.blocked(base); err != nil || blocked != "" {
			continue
		}
		return path, makeSocketFolder(path, at.account)
	}
	return "", fault.New(fault.Invalid,
		fmt.Sprintf("Ingen temporär mapp duger för PostgreSQL:s sockel: den ska ha kort namn, och användaren %s ska nå den. Sätt TMPDIR till en sådan.", at.account.name),
		fmt.Sprintf("No temporary folder will do for PostgreSQL's socket: its name must be short, and the user %s must reach it. Set TMPDIR to such a one.", at.account.name))
}

// makeSocketFolder makes the folder afresh. Anyone may write in a temporary
// folder, so what is there under the name is used only when it is the account's
// own; then a killed program left it.
func makeSocketFolder(path string, a account) error {
	info, err := os.Lstat(path)
	switch {
	case err == nil:
		if owner := ownerOf(info); !info.IsDir() || owner.uid != a.uid && owner.uid != me().uid {
			return fault.New(fault.Invalid,
				fmt.Sprintf("%s behövs för PostgreSQL:s sockel, men tillhör användaren %s. Ta bort den, eller sätt TMPDIR till en annan mapp.", path, owner.name),
				fmt.Sprintf("%s is needed for PostgreSQL's socket, but belongs to the user %s. Remove it, or set TMPDIR to another folder.", path, owner.name))
		}
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("removing an old socket: %w", err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("looking for an old socket: %w", err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		return fmt.Errorf("making a folder for the socket: %w", err)
	}
	return a.handOver(path)
}
