package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"fardplan/internal/config"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/server"
	"fardplan/migrations"
)

// Database is where the records lie: the database that the configuration names, or a
// private server.
type Database struct {
	URL, ReadURL, OwnerURL string
	// Lost is closed when the private server has ended by itself; nil for another.
	Lost <-chan struct{}

	private *server.Server
	log     *slog.Logger
}

// FindDatabase gives the database that the configuration names. Without one it is the
// private server of the data folder: the one that another process runs, else one
// started for as long as this process needs it, with every migration applied.
func FindDatabase(ctx context.Context, cfg config.Config, log *slog.Logger) (*Database, error) {
	if !cfg.DatabaseURL.Empty() {
		return &Database{URL: cfg.DatabaseURL.Reveal(), ReadURL: cfg.DatabaseReadURL.Reveal(), OwnerURL: cfg.DatabaseOwnerURL.Reveal()}, nil
	}
	dir, err := filepath.Abs(filepath.Join(string(cfg.DataDir), "postgres"))
	if err != nil {
		return nil, err
	}
	private, attached, err := server.Attach(ctx, dir)
	if err != nil {
		return nil, err
	}
	if !attached {
		private, err = server.Start(ctx, server.Options{
			Dir: dir, Binaries: append([]string(cfg.PostgresBin), npmBinaries()...), Log: log,
		})
		if err != nil {
			return nil, err
		}
	}
	d := &Database{
		URL:     private.URL(server.AppRole, server.Database),
		ReadURL: private.URL(server.ReadRole, server.Database), OwnerURL: private.URL(server.OwnerRole, server.Database),
		private: private, log: log,
	}
	if !attached {
		d.Lost = private.Done()
		applied, err := postgres.Migrate(ctx, d.OwnerURL, migrations.Files)
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		if len(applied) > 0 {
			log.InfoContext(ctx, "migrated the private database", "migrations", len(applied))
		}
	}
	return d, nil
}

// npmBinaries are the folders of the PostgreSQL that npm has installed in the project:
// the one that the program was built in, or the one it is run in.
func npmBinaries() []string {
	var folders []string
	if executable, err := os.Executable(); err == nil {
		folders = server.NPMBinaries(filepath.Dir(filepath.Dir(executable)))
	}
	if here, err := os.Getwd(); err == nil {
		folders = append(folders, server.NPMBinaries(here)...)
	}
	return folders
}

// Close stops the private server that this process started, and lets go of any other.
func (d *Database) Close() error {
	if d.private == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := d.private.Stop(ctx); err != nil {
		return fmt.Errorf("stop the private database: %w", err)
	}
	return nil
}

// Open connects to the database, and refuses one that lacks migrations.
func (d *Database) Open(ctx context.Context, cfg config.Config, clock func() time.Time) (*postgres.DB, error) {
	db, err := postgres.Open(ctx, postgres.Options{URL: d.URL, ReadURL: d.ReadURL, Pool: cfg.PoolSize, Clock: clock})
	if err != nil {
		return nil, err
	}
	if err := CheckSchema(ctx, db); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}
