package ram

import (
	"errors"
	"fmt"
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
	// prefix of the folders, before what they are for and the process that made them.
	prefix = "fardplan-test-"
)

// Folder makes a folder for a database server of tests, which who asked for it removes;
// what it is for is part of its name. A database is a thousand files, which a disk makes
// and removes several times slower than memory does: where there is room the folder lies
// in memory.
func Folder(what string) (string, error) {
	within := os.TempDir()
	var fs syscall.Statfs_t
	if err := syscall.Statfs(memory, &fs); err == nil && fs.Bavail*uint64(fs.Bsize) >= room { // #nosec G115
		within = memory
	}
	removeLeft(within)
	return os.MkdirTemp(within, fmt.Sprintf("%s%d-%s-", prefix, os.Getpid(), what))
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
