package postgres

import "time"

// SetLockWait shortens how long a write waits for the one before it.
func (db *DB) SetLockWait(d time.Duration) { db.lockWait = d }
