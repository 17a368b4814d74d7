package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest/ram"
	"fardplan/internal/postgres/server"
)

// binary is the program under test, built once.
var binary string

// patience is how long a start, the loading of the demonstration among it, or a stop may
// take on a busy machine.
const patience = 3 * time.Minute

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "fardplan-cmd-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		binary = filepath.Join(dir, "fardplan")
		build := exec.Command("go", "build", "-ldflags", "-X main.version=test", "-o", binary, ".")
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "build the program:", err)
			return 1
		}
		return m.Run()
	}())
}

// site is an installation: a data folder with a private database of its own.
type site struct {
	t   *testing.T
	dir string
	env []string
}

// newSite makes a folder that PostgreSQL's user can reach. env are settings of every
// command of the site, as NAME=value.
func newSite(t *testing.T, env ...string) *site {
	t.Helper()
	dir, err := ram.Folder("site")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return &site{t: t, dir: dir, env: append([]string{"FARDPLAN_DATA_DIR=" + filepath.Join(dir, "data")}, env...)}
}

// command prepares the program; nothing but the site's own settings reaches it.
func (s *site) command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	cmd.Dir = filepath.Join("..", "..") // where the binaries of npm are looked for
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir()}, s.env...)
	return cmd
}

// outcome is what a command did.
type outcome struct {
	code      int
	out, errs string
}

// run runs a command to its end.
func (s *site) run(args ...string) outcome {
	s.t.Helper()
	var out, errs bytes.Buffer
	cmd := s.command(args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return outcome{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// must runs a command that is to succeed and gives what it printed.
func (s *site) must(args ...string) string {
	s.t.Helper()
	o := s.run(args...)
	if o.code != 0 {
		s.t.Fatalf("fardplan %s: exit code %d\n%s", strings.Join(args, " "), o.code, o.errs)
	}
	return o.out
}

// refused runs a command that is to fail, with all of the texts among its errors.
func (s *site) refused(args []string, texts ...string) {
	s.t.Helper()
	o := s.run(args...)
	if o.code != 1 {
		s.t.Errorf("fardplan %s: exit code %d, want 1", strings.Join(args, " "), o.code)
	}
	for _, text := range texts {
		if !strings.Contains(o.errs, text) {
			s.t.Errorf("fardplan %s: the errors lack %q:\n%s", strings.Join(args, " "), text, o.errs)
		}
	}
}

// write makes a file in the site's folder and gives its path.
func (s *site) write(name string, content []byte) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// sink gathers what a process prints.
type sink struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// process is a running fardplan serve.
type process struct {
	*site
	cmd          *exec.Cmd
	out, errs    sink
	url, metrics string
	postmaster   int
	ended        chan struct{}
}

var addressLine = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// serve starts the server in a process group of its own, as a shell does, and waits
// until it says that it answers.
func (s *site) serve() *process {
	s.t.Helper()
	p := &process{site: s, cmd: s.command("serve"), metrics: fmt.Sprintf("127.0.0.1:%d", freePort(s.t)), ended: make(chan struct{})}
	p.cmd.Env = append(p.cmd.Env, "FARDPLAN_ADDR=127.0.0.1:0", "FARDPLAN_METRICS_ADDR="+p.metrics)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.errs
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	s.t.Cleanup(func() {
		p.signal(syscall.SIGTERM)
		select {
		case <-p.ended:
		case <-time.After(patience):
			p.signal(syscall.SIGKILL)
			<-p.ended
		}
		if s.t.Failed() {
			s.t.Logf("serve wrote:\n%s", lastLines(p.errs.String(), 30))
		}
	})
	for deadline := time.Now().Add(patience); p.url == ""; time.Sleep(10 * time.Millisecond) {
		p.url = addressLine.FindString(p.out.String())
		select {
		case <-p.ended:
			s.t.Fatalf("serve ended before it answered:\n%s", p.errs.String())
		default:
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("serve does not say that it answers:\n%s", p.errs.String())
		}
	}
	p.postmaster = s.attach().PID()
	return p
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

func (p *process) signal(sig syscall.Signal) {
	select {
	case <-p.ended:
	default:
		_ = p.cmd.Process.Signal(sig)
	}
}

// end waits for the server's end and gives its exit code; -1 is an end by a signal.
func (p *process) end() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("serve does not end:\n%s", p.errs.String())
	}
	return p.cmd.ProcessState.ExitCode()
}

// noPostgres fails unless the server's PostgreSQL has ended.
func (p *process) noPostgres() {
	p.t.Helper()
	for deadline := time.Now().Add(patience); syscall.Kill(p.postmaster, 0) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("postgres, process %d, is left", p.postmaster)
		}
	}
}

// get reads an address of the server and gives its status and body.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// answer is a GraphQL answer.
type answer struct {
	Data   map[string]json.RawMessage
	Errors []struct {
		Message    string
		Extensions struct{ Code, Field string }
	}
}

// ask sends a GraphQL operation. The error tells that no answer came.
func (p *process) ask(secret, query string, variables map[string]any) (int, answer, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return 0, answer{}, err
	}
	request, err := http.NewRequest(http.MethodPost, p.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return 0, answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	if secret != "" {
		request.Header.Set("Authorization", "Bearer "+secret)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	var a answer
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		return response.StatusCode, a, err
	}
	return response.StatusCode, a, nil
}

// jsonField reads the one field of an answer.
func jsonField(a answer, into any) error {
	if len(a.Data) != 1 {
		return fmt.Errorf("%d fields are answered", len(a.Data))
	}
	for _, value := range a.Data {
		return json.Unmarshal(value, into)
	}
	return nil
}

// containsAll tells whether the text holds all the others.
func containsAll(text string, others ...string) bool {
	for _, other := range others {
		if !strings.Contains(text, other) {
			return false
		}
	}
	return true
}

// field asks a GraphQL operation that is to succeed and reads its one field.
func (p *process) field(secret, query string, variables map[string]any, into any) {
	p.t.Helper()
	status, a, err := p.ask(secret, query, variables)
	if err != nil || status != http.StatusOK || len(a.Errors) > 0 {
		p.t.Fatalf("%s\nstatus %d, errors %+v, %v", query, status, a.Errors, err)
	}
	if err := jsonField(a, into); err != nil {
		p.t.Fatal(err)
	}
}

// attach finds the site's running private database.
func (s *site) attach() *server.Server {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	private, found, err := server.Attach(ctx, filepath.Join(s.dir, "data", "postgres"))
	if err != nil || !found {
		s.t.Fatalf("find the private database: %v, %v", found, err)
	}
	s.t.Cleanup(func() { _ = private.Stop(context.Background()) })
	return private
}

// services are the product's own over the site's running database, as the system.
func (s *site) services() (context.Context, *app.Services, func()) {
	s.t.Helper()
	private := s.attach()
	ctx := access.With(context.Background(), access.SystemCaller("prov"))
	db, err := postgres.Open(ctx, postgres.Options{
		URL: private.URL(server.AppRole, server.Database), ReadURL: private.URL(server.ReadRole, server.Database), Pool: 2,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return ctx, app.NewServices(db, access.Policy{}, app.GapRules()), db.Close
}

// settle registers Norrköping with two units in the site's running database.
func (s *site) settle() (*organisation.Municipality, *organisation.Unit) {
	s.t.Helper()
	ctx, services, done := s.services()
	defer done()
	m, err := services.Organisation.CreateMunicipality(ctx, organisation.Municipality{SCBCode: "0581", NameSv: "Norrköping", IsHome: true})
	if err != nil {
		s.t.Fatal(err)
	}
	var owner *organisation.Unit
	for _, name := range []string{"Utbildningskontoret", "Kommunikationsenheten"} {
		owner, err = services.Organisation.CreateUnit(ctx, organisation.Unit{MunicipalityID: m.ID, NameSv: name, Type: organisation.Department, Aliases: []string{name + "s alias"}})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return m, owner
}

var secretForm = regexp.MustCompile(`fardplan_[A-Za-z0-9_-]{43}`)

// token makes an API token by the command line and gives its secret and its id.
func (s *site) token(role, scopes string) (secret, id string) {
	s.t.Helper()
	out := s.must("token", "create", "--municipality", "0581", "--role", role, "--scopes", scopes, "--label", "Provet för "+role)
	secret = secretForm.FindString(out)
	_, rest, found := strings.Cut(out, "Dess id är ")
	id, _, _ = strings.Cut(rest, ".\n")
	if secret == "" || !found {
		s.t.Fatalf("token create printed:\n%s", out)
	}
	return secret, id
}
