package server

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"fardplan/internal/fault"
)

// The test binary is also the other program of a test, and the test suite of
// another user.
var (
	hold     = flag.String("hold", "", "run the server of this folder until stdin ends, in place of the tests")
	binaries = flag.String("binaries", "", "look for PostgreSQL in these folders in place of node_modules")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *hold != "" {
		if err := holdServer(*hold); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	status := m.Run()
	removeShared()
	os.Exit(status)
}

// announcement is what the other program says when its server runs.
type announcement struct {
	Postmaster int
	URL        string
}

// holdServer runs the server of dir until stdin ends.
func holdServer(dir string) error {
	s, err := Start(context.Background(), options(dir))
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(announcement{s.PID(), s.URL(OwnerRole, Database)}); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return s.Stop(context.Background())
}

// testBinaries gives the folders of binaries besides the machine's own.
func testBinaries() []string {
	if *binaries != "" {
		return filepath.SplitList(*binaries)
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		return nil
	}
	return NPMBinaries(root)
}

// options gives the options of a test's server in dir.
func options(dir string) Options {
	return Options{Dir: dir, Binaries: testBinaries(), Throwaway: true, Shared: filepath.Join(filepath.Dir(dir), "shared")}
}

// majors gives the major versions that the tests can run.
func majors(t *testing.T) []int {
	t.Helper()
	var majors []int
	for _, i := range Find(t.Context(), testBinaries()) {
		if i.Major >= OldestMajor && !slices.Contains(majors, i.Major) {
			majors = append(majors, i.Major)
		}
	}
	if len(majors) == 0 {
		t.Fatal("the tests need a PostgreSQL: run tools/postgres/install.sh newest")
	}
	return majors
}

// emptyFolder gives a folder that does not exist yet, beneath one that every user
// may enter; t.TempDir is closed to others.
func emptyFolder(t *testing.T) string {
	t.Helper()
	parent, err := os.MkdirTemp("", "fardplan-server-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(parent); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(parent, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(parent, "server")
}

// shared holds the folders that tests use in turn, by major version: initdb is
// the slowest part of a test.
var shared = map[int]string{}

// removeShared ends the shared folders' lives.
func removeShared() {
	for _, dir := range shared {
		_ = os.RemoveAll(filepath.Dir(dir)) // a leftover in the temporary folder fails no test
	}
}

// sharedFolder gives a folder with initialised data of the highest major version.
// A test uses names of its own in it, leaves it fit for the next one, and is not
// parallel.
func sharedFolder(t *testing.T) string {
	t.Helper()
	return sharedFolderOf(t, majors(t)[0])
}

// sharedFolderOf is sharedFolder of another major version.
func sharedFolderOf(t *testing.T, major int) string {
	t.Helper()
	if dir, made := shared[major]; made {
		return dir
	}
	parent, err := os.MkdirTemp("", "fardplan-server-shared-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(parent, 0o755); err != nil {
		t.Fatal(err)
	}
	o := options(filepath.Join(parent, "server"))
	o.Major = major
	shared[major] = o.Dir
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	stop(t, s)
	return o.Dir
}

// start starts a server that ends with the test.
func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

// stop stops a server.
func stop(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

// refused wants Start to give a fault that holds each of the texts in both
// languages.
func refused(t *testing.T, o Options, texts ...string) {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err == nil {
		stop(t, s)
		t.Fatal("the server started")
	}
	wantFault(t, err, texts...)
}

// wantFault wants err to be a fault that holds each of the texts in both
// languages.
func wantFault(t *testing.T, err error, texts ...string) {
	t.Helper()
	faults := fault.All(err)
	if len(faults) != 1 {
		t.Fatalf("got %v, want a fault", err)
	}
	for _, text := range texts {
		if !strings.Contains(faults[0].Sv, text) || !strings.Contains(faults[0].En, text) {
			t.Errorf("the fault lacks %q:\n%s\n%s", text, faults[0].Sv, faults[0].En)
		}
	}
}

// connect connects as a role, or as the superuser.
func connect(t *testing.T, s *Server, role, database string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL(role, database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) }) // the server may have gone
	return conn
}

// do runs statements.
func do(t *testing.T, conn *pgx.Conn, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// ask gives the one value that a query answers with, as text.
func ask(t *testing.T, conn *pgx.Conn, query string) string {
	t.Helper()
	var answer string
	if err := conn.QueryRow(t.Context(), query).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return answer
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// program starts another program that holds the server of dir; it ends with the
// test.
func program(t *testing.T, dir string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-hold", dir, "-binaries", strings.Join(testBinaries(), string(filepath.ListSeparator)))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // the program stops at this, and may have ended before
		_ = cmd.Wait()
	})
	return cmd, bufio.NewReader(stdout)
}

// running waits until the other program's server runs.
func running(t *testing.T, out *bufio.Reader) announcement {
	t.Helper()
	var h announcement
	if err := json.NewDecoder(out).Decode(&h); err != nil {
		t.Fatalf("the other program did not start its server: %v", err)
	}
	return h
}

// kill ends a process that cannot defend itself.
func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// exists tells whether there is a file or folder at path.
func exists(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Lstat(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return err == nil
}

// modeOf gives the permission bits of path.
func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}
