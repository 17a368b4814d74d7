package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopSurvivor stops the postgres that a killed program, or a killed postmaster,
// left running on the folder data. The caller holds the lock, so no living
// program owns it.
func stopSurvivor(ctx context.Context, data string, log *slog.Logger) error {
	path := filepath.Join(data, "postmaster.pid")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // stopped as it should
	}
	if err != nil {
		return fmt.Errorf("looking for a database server left behind: %w", err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	if pid, err := strconv.Atoi(strings.TrimSpace(first)); err == nil && pid > 1 && alive(pid) {
		ours, err := serves(pid, data)
		switch {
		case err != nil:
			return err
		case ours:
			log.Warn("stopping the postgresql that a killed program left behind", "pid", pid, "data", data)
			if err := stopProcess(ctx, pid, data, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL); err != nil {
				return err
			}
		default:
			// The system has given the number to another process. Postgres would
			// take that for a living postmaster; its shared memory, which it checks
			// too, still keeps a second one out.
			if err := os.Remove(path); err != nil {
				return fmt.Errorf("removing the process id of a dead database server: %w", err)
			}
		}
	}
	// A backend in a long query does not notice that its postmaster is dead, and
	// keeps the next one out as long as it runs.
	for _, pid := range orphans(data) {
		log.Warn("ending a query that a killed postgresql left behind", "pid", pid, "data", data)
		if err := stopProcess(ctx, pid, data, syscall.SIGKILL); err != nil {
			return err
		}
	}
	return nil
}

// stopProcess ends a postgres process on data with each signal in turn.
func stopProcess(ctx context.Context, pid int, data string, signals ...syscall.Signal) error {
	for _, signal := range signals {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stopping the database server left behind, process %d: %w", pid, err)
		}
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
			if still, err := serves(pid, data); err != nil || !still {
				return err
			}
			if err := pause(ctx, 20*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("the database server left behind, process %d, does not end", pid)
}
