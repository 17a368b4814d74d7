package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// attributes puts a child in a process group of its own, so that Ctrl-C in the
// terminal reaches this program alone, which then stops the child in its turn;
// death is sent to the child should this program be killed.
func attributes(death syscall.Signal, as *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: death, Credential: as}
}

// serves tells whether process pid is a postgres on the folder data: it works
// with that folder as its current one.
func serves(pid int, data string) (bool, error) {
	process := filepath.Join("/proc", strconv.Itoa(pid))
	name, err := os.ReadFile(filepath.Join(process, "comm"))
	var folder string
	if err == nil {
		folder, err = os.Readlink(filepath.Join(process, "cwd"))
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) || errors.Is(err, fs.ErrPermission) {
		return false, nil // it has ended, or is another user's than the data
	}
	if err != nil {
		return false, fmt.Errorf("looking at process %d: %w", pid, err)
	}
	return strings.TrimSpace(string(name)) == "postgres" && folder == data, nil
}

// orphans gives the processes that serve the folder data.
func orphans(data string) []int {
	var found []int
	entries, _ := filepath.Glob("/proc/[0-9]*") // fails only on a malformed pattern
	for _, entry := range entries {
		pid, err := strconv.Atoi(filepath.Base(entry))
		if err != nil {
			continue
		}
		if ours, err := serves(pid, data); err == nil && ours {
			found = append(found, pid)
		}
	}
	return found
}
