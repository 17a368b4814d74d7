package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"syscall"
	"time"
)

// Attach gives the server that another running program holds for the folder
// dir; false when none does. It waits, as long as ctx lets it, for one that is
// just starting or stopping. Only root and the user that the server runs as can
// connect to it. Stop on an attached server only lets go of it.
func Attach(ctx context.Context, dir string) (*Server, bool, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, false, fmt.Errorf("finding the folder of the database server: %w", err)
	}
	for {
		holder, held, err := inspect(dir)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !held {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		if holder.ready() {
			return attached(holder), true, nil
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return nil, false, fmt.Errorf("waiting for process %d to start its database server: %w", holder.PID, err)
		}
	}
}

// attached makes a Server of what its holder wrote down.
func attached(holder record) *Server {
	s := &Server{
		socket: holder.Socket,
		major:  holder.Major,
		pid:    holder.Postmaster,
		log:    slog.New(slog.DiscardHandler),
		letGo:  make(chan struct{}),
		done:   make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		// Only a parent is told of a process's end; everyone else has to look.
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-s.letGo:
				return
			case <-tick.C:
				if !alive(s.pid) {
					s.err = fmt.Errorf("postgres, process %d, has ended", s.pid)
					return
				}
			}
		}
	}()
	return s
}

// alive tells whether there is a process pid, of any user.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
