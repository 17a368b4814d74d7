package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// bootstrap makes what the server should have and does not, and mends what has
// changed. Doing it again changes nothing.
func (s *Server) bootstrap(ctx context.Context) error {
	conn, err := s.connect(ctx, maintenance)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }() // every statement has been answered
	// First: a template of stale collations cannot be copied.
	if err := s.refreshCollations(ctx, conn); err != nil {
		return err
	}
	if err := makeRoles(ctx, conn); err != nil {
		return err
	}
	return makeDatabase(ctx, conn)
}

// makeRoles makes the login roles. The owner makes the other two itself, so that
// it has the same rights over them as on a server where migrations made them.
func makeRoles(ctx context.Context, conn *pgx.Conn) error {
	for _, role := range []struct{ name, maker, rights string }{
		{OwnerRole, superuser, "CREATEROLE CREATEDB"},
		{AppRole, OwnerRole, "NOCREATEROLE NOCREATEDB"},
		{ReadRole, OwnerRole, "NOCREATEROLE NOCREATEDB"},
	} {
		name, maker := pgx.Identifier{role.name}.Sanitize(), pgx.Identifier{role.maker}.Sanitize()
		var there bool
		err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, role.name).Scan(&there)
		if err == nil && !there {
			_, err = conn.Exec(ctx, `SET ROLE `+maker+`; CREATE ROLE `+name+`; RESET ROLE`)
		}
		if err == nil {
			_, err = conn.Exec(ctx, `ALTER ROLE `+name+` LOGIN NOSUPERUSER NOREPLICATION NOBYPASSRLS `+role.rights)
		}
		if err != nil {
			return fmt.Errorf("making the role %s: %w", role.name, err)
		}
	}
	return nil
}

// makeDatabase makes the owner's database.
func makeDatabase(ctx context.Context, conn *pgx.Conn) error {
	var there bool
	err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, Database).Scan(&there)
	if err == nil && !there {
		_, err = conn.Exec(ctx, `CREATE DATABASE `+pgx.Identifier{Database}.Sanitize()+` OWNER `+pgx.Identifier{OwnerRole}.Sanitize())
	}
	if err != nil {
		return fmt.Errorf("making the database %s: %w", Database, err)
	}
	return nil
}

// refreshCollations rebuilds the indexes of every database whose text was sorted
// by other versions of ICU or of the C library than those that are here now: a
// system upgrade, or binaries from elsewhere, bring others, and an index in
// another order gives wrong answers without an error.
func (s *Server) refreshCollations(ctx context.Context, conn *pgx.Conn) error {
	// A connection limit of -2 marks a database whose removal was interrupted.
	rows, err := conn.Query(ctx, `
		SELECT datname, datallowconn, coalesce(datcollversion <> pg_database_collation_actual_version(oid), false)
		FROM pg_database WHERE datconnlimit <> -2 ORDER BY datname`)
	if err != nil {
		return fmt.Errorf("comparing collation versions: %w", err)
	}
	type database struct {
		Name        string
		Connectable bool
		Stale       bool
	}
	databases, err := pgx.CollectRows(rows, pgx.RowToStructByPos[database])
	if err != nil {
		return fmt.Errorf("comparing collation versions: %w", err)
	}
	for _, db := range databases {
		// What nobody can connect to, such as template0, is copied all the same.
		if !db.Connectable && !db.Stale {
			continue
		}
		err := s.connectable(ctx, conn, db.Name, db.Connectable, func() error {
			return s.refreshDatabase(ctx, db.Name, db.Stale)
		})
		if err != nil {
			return fmt.Errorf("refreshing the collations of the database %s: %w", db.Name, err)
		}
	}
	return nil
}

// connectable does do while the database accepts connections.
func (s *Server) connectable(ctx context.Context, conn *pgx.Conn, name string, already bool, do func() error) error {
	if already {
		return do()
	}
	alter := `ALTER DATABASE ` + pgx.Identifier{name}.Sanitize() + ` ALLOW_CONNECTIONS `
	if _, err := conn.Exec(ctx, alter+`true`); err != nil {
		return err
	}
	err := do()
	_, closing := conn.Exec(context.WithoutCancel(ctx), alter+`false`)
	return errors.Join(err, closing)
}

// staleCollations are those of a database that have changed. The ones for other
// encodings than the database's cannot be used in it, nor named.
const staleCollations = `
	FROM pg_collation
	WHERE collversion <> pg_collation_actual_version(oid)
		AND collencoding IN (-1, (SELECT encoding FROM pg_database WHERE datname = current_database()))`

// refreshDatabase rebuilds the indexes of one database when its own collation is
// stale or one of those in it is, and then notes the versions that they now have:
// in this order, so that one that was interrupted is done again.
func (s *Server) refreshDatabase(ctx context.Context, name string, stale bool) error {
	conn, err := s.connect(ctx, name)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }() // every statement has been answered
	var collations int
	err = conn.QueryRow(ctx, `SELECT count(*) `+staleCollations).Scan(&collations)
	if err != nil || collations == 0 && !stale {
		return err
	}
	s.log.Warn("the system's collations have changed: rebuilding the indexes", "database", name, "collations", collations)
	began := time.Now()
	quoted := pgx.Identifier{name}.Sanitize()
	for _, statement := range []string{
		`REINDEX DATABASE ` + quoted,
		`DO $$
		DECLARE stale regcollation;
		BEGIN
			FOR stale IN SELECT oid ` + staleCollations + ` LOOP
				EXECUTE format('ALTER COLLATION %s REFRESH VERSION', stale);
			END LOOP;
		END $$`,
		`ALTER DATABASE ` + quoted + ` REFRESH COLLATION VERSION`,
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	s.log.Info("the indexes are rebuilt", "database", name, "took", time.Since(began).Round(time.Millisecond).String())
	return nil
}
