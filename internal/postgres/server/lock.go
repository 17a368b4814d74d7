package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"fardplan/internal/fault"
)

// record is what the lock file says of the program that holds it. Only PID is
// set while its server is not ready.
type record struct {
	PID        int    `json:"pid"`
	Socket     string `json:"socket,omitempty"` // folder of the socket
	Postmaster int    `json:"postmaster,omitempty"`
	Major      int    `json:"major,omitempty"`
}

// ready tells whether the server of the record can be connected to.
func (r record) ready() bool { return r.Postmaster != 0 }

// lock is the file lock that lets one program alone run the server of a folder.
// The system drops it when the program ends, however it ends.
type lock struct{ file *os.File }

// lockPath gives the path of the lock file of dir. The file is never removed:
// two programs could then hold locks on two files of the same name.
func lockPath(dir string) string { return filepath.Join(dir, "lock") }

// acquire takes the lock of dir; a fault names the program that has it.
func acquire(ctx context.Context, dir string) (*lock, error) {
	file, err := os.OpenFile(lockPath(dir), os.O_RDWR|os.O_CREATE, 0o644)
	if errors.Is(err, os.ErrPermission) {
		return nil, unreachable(dir, me())
	}
	if err != nil {
		return nil, fmt.Errorf("opening the lock of the database server: %w", err)
	}
	// A program that only looks, in Attach, holds the lock for an instant.
	for deadline := time.Now().Add(300 * time.Millisecond); ; {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(deadline) {
			break
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	held := &lock{file}
	switch {
	case err == nil:
		if err := held.write(record{PID: os.Getpid()}); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return held, nil
	case !errors.Is(err, syscall.EWOULDBLOCK):
		return nil, errors.Join(fmt.Errorf("locking the folder of the database server: %w", err), file.Close())
	}
	holder, _ := held.read() // unreadable only while it is being written; the pid is then told as 0
	return nil, errors.Join(fault.New(fault.Invalid,
		fmt.Sprintf("Databasmappen %s används redan av ett annat program, process %d. Stoppa det först, eller välj en annan mapp.", dir, holder.PID),
		fmt.Sprintf("The database folder %s is in use by another program, process %d. Stop that first, or choose another folder.", dir, holder.PID),
	), file.Close())
}

// inspect reads who holds the lock of dir; false when nobody does.
func inspect(dir string) (record, bool, error) {
	file, err := os.Open(lockPath(dir))
	if err != nil {
		return record{}, false, fmt.Errorf("opening the lock of the database server: %w", err)
	}
	defer func() { _ = file.Close() }() // read only; closing drops the shared lock too
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	switch {
	case err == nil:
		return record{}, false, nil
	case !errors.Is(err, syscall.EWOULDBLOCK):
		return record{}, false, fmt.Errorf("looking at the lock of the database server: %w", err)
	}
	holder, err := (&lock{file}).read()
	if err != nil {
		return record{}, true, nil // it is being written: not ready
	}
	return holder, true, nil
}

// read reads the record.
func (l *lock) read() (record, error) {
	text := make([]byte, 4096)
	n, _ := l.file.ReadAt(text, 0) // always io.EOF: the record is shorter
	var r record
	if err := json.Unmarshal(text[:n], &r); err != nil {
		return record{}, fmt.Errorf("reading the lock of the database server: %w", err)
	}
	return r, nil
}

// write replaces the record.
func (l *lock) write(r record) error {
	text, err := json.Marshal(r)
	if err == nil {
		err = l.file.Truncate(0)
	}
	if err == nil {
		_, err = l.file.WriteAt(append(text, '\n'), 0)
	}
	if err != nil {
		return fmt.Errorf("writing the lock of the database server: %w", err)
	}
	return nil
}

// release gives the folder free.
func (l *lock) release() error {
	err := errors.Join(l.file.Truncate(0), l.file.Close())
	if err != nil {
		return fmt.Errorf("releasing the lock of the database server: %w", err)
	}
	return nil
}
