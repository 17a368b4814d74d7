package server

import (
	"strconv"
	"syscall"
	"testing"
)

func TestPostgresEndsWithAKilledProgram(t *testing.T) {
	dir := sharedFolder(t)
	other, out := program(t, dir)
	h := running(t, out)
	kill(t, other.Process.Pid)
	eventually(t, "postgres has ended", func() bool { return !alive(h.Postmaster) })
	start(t, options(dir))
}

func TestCtrlCInTheTerminalDoesNotReachPostgres(t *testing.T) {
	s := start(t, options(sharedFolder(t)))
	group, err := syscall.Getpgid(s.PID())
	if err != nil {
		t.Fatal(err)
	}
	if group != s.PID() {
		t.Errorf("postgres is in the process group %s", strconv.Itoa(group))
	}
}
