package server

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// attributes puts a child in a process group of its own, so that Ctrl-C in the
// terminal reaches this program alone, which then stops the child in its turn.
// macOS has no death signal: what a killed program leaves behind is stopped at
// the next start.
func attributes(_ syscall.Signal, as *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: as}
}

// serves tells whether process pid is a postgres on the folder data: its command
// line says so.
func serves(pid int, data string) (bool, error) {
	line, err := exec.Command("/bin/ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return false, nil // it has ended
	}
	if err != nil {
		return false, fmt.Errorf("looking at process %d: %w", pid, err)
	}
	return strings.Contains(string(line), "postgres") && strings.Contains(string(line), " -D "+data+" "), nil
}

// orphans gives nothing: a backend on macOS does not say which folder it serves.
// The start waits a while for it to end by itself.
func orphans(string) []int { return nil }
