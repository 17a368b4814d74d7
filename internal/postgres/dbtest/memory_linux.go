package dbtest

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const (
	memory = "/dev/shm"
	// room is how many bytes are to be free there: the tests of two packages at once
	// take a quarter of it.
	room = 4 << 30
	// prefix of the folders, before the process that made it.
	prefix = "fardplan-test-"
)

// folder makes the folder of a test binary's server. Each test has a database of a
// thousand files, which a disk makes and removes several times slower than memory does:
// where there is room the folder lies in memory.
func folder() (string, error) {
	within := os.TempDir()
	var fs syscall.Statfs_t
	if err := syscall.Statfs(memory, &fs); err == nil && fs.Bavail*uint64(fs.Bsize) >= room { // #nosec G115
		within = memory
	}
	removeLeft(within)
	return os.MkdirTemp(within, prefix+strconv.Itoa(os.Getpid())+"-")
}

// removeLeft removes what test binaries that were killed have left.
func removeLeft(within string) {
	left, _ := filepath.Glob(filepath.Join(within, prefix+"*")) // fails only on a malformed pattern
	for _, path := range left {
		name, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(path), prefix), "-")
		if pid, err := strconv.Atoi(name); err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = os.RemoveAll(path)
		}
	}
}
