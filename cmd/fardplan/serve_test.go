package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestServeAnswersWithCommandsBesideIt(t *testing.T) {
	s := newSite(t)
	p := s.serve()

	if want := "Färdplan svarar på " + p.url + " (Ctrl-C stoppar; Ctrl-C stops it)\n"; p.out.String() != want {
		t.Errorf("serve says %q, want %q", p.out.String(), want)
	}
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
		if status, body := get(t, p.url+path); status != http.StatusOK || body != want {
			t.Errorf("%s: %d %q", path, status, body)
		}
	}
	if status, body := get(t, p.url+"/"); status != http.StatusOK || !strings.Contains(body, "Färdplan") {
		t.Errorf("/: %d", status)
	}
	if status, body := get(t, p.url+"/graphql?query={snapshot{change}}"); status != http.StatusOK || !strings.Contains(body, `"change":`) {
		t.Errorf("/graphql: %d %s", status, body)
	}
	if status, body := get(t, "http://"+p.metrics+"/metrics"); status != http.StatusOK || !strings.Contains(body, `version="test"`) {
		t.Errorf("metrics: %d %s", status, body)
	}
	if answer, err := http.Get(p.url + "/metrics"); err != nil || answer.StatusCode != http.StatusNotFound {
		t.Errorf("the metrics show at the server's own address: %v", err)
	}

	if status := s.must("migrate", "status"); !strings.Contains(status, "0001_history.sql") || strings.Contains(status, "saknas") {
		t.Errorf("migrate status:\n%s", status)
	}
	if up := s.must("migrate", "up"); !strings.Contains(up, "0 införda") {
		t.Errorf("migrate up:\n%s", up)
	}
	s.settle()
	secret, id := s.token("DIRECTOR", "READ,WRITE_ORGANISATION")
	var viewer struct {
		Kind, Function string
		Municipality   struct{ ScbCode string }
		Roles, Scopes  []string
	}
	p.field(secret, `{ viewer { kind function municipality { scbCode } roles scopes } }`, nil, &viewer)
	if viewer.Kind != "TOKEN" || viewer.Municipality.ScbCode != "0581" || fmt.Sprint(viewer.Roles, viewer.Scopes) != "[DIRECTOR] [READ WRITE_ORGANISATION]" {
		t.Errorf("the token is known as %+v", viewer)
	}
	if list := s.must("token", "list", "--municipality", "0581"); !strings.Contains(list, id) || !strings.Contains(list, "gäller (valid)") {
		t.Errorf("token list:\n%s", list)
	}
	if again := s.must("token", "revoke", id); !strings.Contains(again, "återkallad") {
		t.Errorf("token revoke:\n%s", again)
	}
	if status, a, err := p.ask(secret, "{ viewer { kind } }", nil); err != nil || status != http.StatusUnauthorized || a.Errors[0].Extensions.Code != "UNAUTHENTICATED" {
		t.Errorf("a revoked token: %d %+v %v", status, a, err)
	}
	if list := s.must("token", "list"); !strings.Contains(list, "återkallad (revoked)") || secretForm.MatchString(list) {
		t.Errorf("token list:\n%s", list)
	}

	p.signal(syscall.SIGTERM)
	if code := p.end(); code != 0 {
		t.Errorf("SIGTERM: exit code %d", code)
	}
	p.noPostgres()
	if n := strings.Count(p.out.String(), "\n"); n != 1 {
		t.Errorf("serve printed %d lines:\n%s", n, p.out.String())
	}

	// Without serve a command runs the database itself, with what is there.
	if list := s.must("token", "list"); !strings.Contains(list, id) {
		t.Errorf("token list after a stop:\n%s", list)
	}
	if _, found, err := attachAgain(s); found || err != nil {
		t.Errorf("a command leaves its database running: %v", err)
	}
	next := s.serve()
	var m struct{ Name struct{ Sv string } }
	next.field("", `{ municipality(scbCode: "0581") { name { sv } } }`, nil, &m)
	if m.Name.Sv != "Norrköping" {
		t.Errorf("after a restart the municipality is %q", m.Name.Sv)
	}
	if next.postmaster == p.postmaster {
		t.Error("the second server is the first")
	}
}

func TestOneInstallationRunsOneServer(t *testing.T) {
	s := newSite(t, "FARDPLAN_METRICS_ADDR=off")
	first := s.serve()
	taken := strings.TrimPrefix(first.url, "http://")
	s.env = append(s.env, "FARDPLAN_ADDR="+taken)
	s.refused([]string{"serve"}, "FARDPLAN_ADDR: Adressen "+taken, "The address "+taken)
	if status, _ := get(t, first.url+"/readyz"); status != http.StatusOK {
		t.Errorf("the first server: %d", status)
	}
}

func TestCtrlCStopsTheServerAndItsDatabase(t *testing.T) {
	p := newSite(t).serve()
	// A terminal sends it to the whole group.
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := p.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	p.noPostgres()
	if strings.Contains(p.errs.String(), `"level":"ERROR"`) {
		t.Errorf("the log of a stop:\n%s", p.errs.String())
	}
}

func TestSIGTERMLetsRequestsFinishAndTakesNoNew(t *testing.T) {
	s := newSite(t)
	p := s.serve()
	s.settle()
	secret, _ := s.token("DIRECTOR", "READ,WRITE_ORGANISATION")
	body, err := json.Marshal(map[string]any{
		"query": `mutation { createUnit(input: {municipality: "0581", nameSv: "Sista enheten", type: UNIT}) { unit { version } } }`,
	})
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimPrefix(p.url, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	// A request is under way when its first half has come.
	if _, err := fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		address, secret, len(body), body[:len(body)/2]); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	p.signal(syscall.SIGTERM)
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		other, err := net.Dial("tcp", address)
		if err != nil {
			break
		}
		_ = other.Close()
		if time.Now().After(deadline) {
			t.Fatal("a stopping server takes new connections")
		}
	}
	select {
	case <-p.ended:
		t.Fatal("the server ended with a request under way")
	case <-time.After(300 * time.Millisecond):
	}
	if _, err := conn.Write(body[len(body)/2:]); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("the request under way got no answer: %v", err)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(text), `"version":1`) {
		t.Errorf("the request under way: %d %s %v", response.StatusCode, text, err)
	}
	if code := p.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	p.noPostgres()
	var found struct{ TotalCount int }
	s.serve().field("", `{ units(filter: {nameContains: "sista enheten"}) { totalCount } }`, nil, &found)
	if found.TotalCount != 1 {
		t.Error("what was acknowledged during the stop is lost")
	}
}

func TestARequestThatNeverEndsDoesNotHoldTheStopForever(t *testing.T) {
	p := newSite(t, "FARDPLAN_SHUTDOWN_TIMEOUT=500ms").serve()
	address := strings.TrimPrefix(p.url, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", address); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	p.signal(syscall.SIGTERM)
	if code := p.end(); code != 1 {
		t.Errorf("exit code %d, want 1: a request was cut off", code)
	}
	if !strings.Contains(p.errs.String(), "requests were cut off after 500ms") {
		t.Errorf("nothing says that a request was cut off:\n%s", p.errs.String())
	}
	p.noPostgres()
}
