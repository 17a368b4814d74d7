package server

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestDataOutlivesARestartOnEveryMajorVersion(t *testing.T) {
	for _, major := range majors(t) {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			o := options(sharedFolderOf(t, major))
			o.Major = major
			first := start(t, o)
			if first.Major() != major {
				t.Fatalf("PostgreSQL %d runs, want %d", first.Major(), major)
			}
			do(t, connect(t, first, OwnerRole, Database),
				`DROP TABLE IF EXISTS kept`, `CREATE TABLE kept (city text)`, `INSERT INTO kept VALUES ('Åmål')`)
			if got := modeOf(t, first.socket); got != 0o700 {
				t.Errorf("the folder of the socket has mode %o", got)
			}
			stop(t, first)
			if err := first.Err(); err != nil {
				t.Errorf("after Stop Err gives %v", err)
			}
			if exists(t, first.socket) {
				t.Errorf("%s is left", first.socket)
			}

			o.Major = 0
			second := start(t, o)
			if second.Major() != major {
				t.Errorf("PostgreSQL %d runs on data of %d", second.Major(), major)
			}
			if got := ask(t, connect(t, second, OwnerRole, Database), `SELECT city FROM kept`); got != "Åmål" {
				t.Errorf("the table holds %q", got)
			}
		})
	}
}

func TestServerSpeaksSwedish(t *testing.T) {
	for _, major := range majors(t) {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			conn := connect(t, start(t, options(sharedFolderOf(t, major))), OwnerRole, Database)
			do(t, conn, `CREATE EXTENSION IF NOT EXISTS pg_trgm`, `CREATE EXTENSION IF NOT EXISTS unaccent`)
			for query, want := range map[string]string{
				`SELECT string_agg(c, ' ' ORDER BY c) FROM unnest('{Örebro,ÅMÅL,zinkgruvan,Ängelholm,Åby,arboga}'::text[]) c`: "arboga zinkgruvan Åby ÅMÅL Ängelholm Örebro",
				`SELECT to_tsvector('ÄNDRINGAR') @@ plainto_tsquery('ändring')`:                                               "true",
				`SELECT lower('ÅÄÖ')`:                   "åäö",
				`SELECT similarity('ÖREBRO', 'örebro')`: "1",
				`SHOW server_encoding`:                  "UTF8",
				`SHOW jit`:                              "off",
				`SHOW listen_addresses`:                 "",
				`SHOW data_checksums`:                   "on",
			} {
				if got := ask(t, conn, `SELECT (`+asSubquery(query)+`)::text`); got != want {
					t.Errorf("%s gives %q, want %q", query, got, want)
				}
			}
		})
	}
}

// asSubquery turns SHOW into what can stand in a SELECT.
func asSubquery(query string) string {
	if name, ok := strings.CutPrefix(query, "SHOW "); ok {
		return `SELECT current_setting('` + name + `')`
	}
	return query
}

func TestRolesHaveNoMoreRightsThanTheyNeed(t *testing.T) {
	for _, major := range majors(t) {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			o := options(sharedFolderOf(t, major))
			changed := start(t, o)
			do(t, connect(t, changed, superuser, maintenance), `ALTER ROLE fardplan_app SUPERUSER CREATEDB`, `DROP ROLE fardplan_read`)
			stop(t, changed)

			s := start(t, o)
			owner := connect(t, s, OwnerRole, Database)
			for role, want := range map[string]string{
				OwnerRole: "login createrole createdb",
				AppRole:   "login",
				ReadRole:  "login",
			} {
				got := ask(t, owner, `SELECT concat_ws(' ', CASE WHEN rolcanlogin THEN 'login' END, CASE WHEN rolsuper THEN 'super' END,
					CASE WHEN rolcreaterole THEN 'createrole' END, CASE WHEN rolcreatedb THEN 'createdb' END,
					CASE WHEN rolreplication THEN 'replication' END, CASE WHEN rolbypassrls THEN 'bypassrls' END)
					FROM pg_roles WHERE rolname = '`+role+`'`)
				if got != want {
					t.Errorf("%s has %q, want %q", role, got, want)
				}
			}
			// What migrations and the test suite do as the owner.
			do(t, owner, `ALTER ROLE fardplan_app SET statement_timeout = '30s'`,
				`DROP TABLE IF EXISTS lent`, `CREATE TABLE lent ()`, `GRANT SELECT ON lent TO fardplan_app`,
				`DROP DATABASE IF EXISTS copied`, `CREATE DATABASE copied TEMPLATE template0`)
			app := connect(t, s, AppRole, Database)
			do(t, app, `SELECT FROM lent`)
			if _, err := app.Exec(t.Context(), `CREATE TABLE mine ()`); err == nil {
				t.Error("the app may make tables")
			}
		})
	}
}

func TestServerStartsAgainAfterItsPostmasterWasKilled(t *testing.T) {
	o := options(sharedFolder(t))
	o.Throwaway = false
	first := start(t, o)
	conn := connect(t, first, OwnerRole, Database)
	do(t, conn, `DROP TABLE IF EXISTS survived`, `CREATE TABLE survived AS SELECT 1 AS n`)
	// A busy backend does not notice at once, and holds the shared memory.
	busy, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	go func() {
		_, _ = conn.Exec(busy, `SELECT count(*) FROM generate_series(1, 1e9)`) // ends with the server, one way or the other
	}()
	other := connect(t, first, superuser, maintenance)
	eventually(t, "the query runs", func() bool {
		return ask(t, other, `SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE '%generate_series(1%' AND state = 'active' AND pid <> pg_backend_pid()`) == "1"
	})
	kill(t, first.PID())
	<-first.Done()
	if err := first.Err(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("Err gives %v", err)
	}
	refused(t, o, fmt.Sprint(os.Getpid())) // until Stop the folder is held
	stop(t, first)

	if got := ask(t, connect(t, start(t, o), OwnerRole, Database), `SELECT n::text FROM survived`); got != "1" {
		t.Errorf("the table holds %q", got)
	}
}

func TestPostgresThatAKilledProgramLeftIsStopped(t *testing.T) {
	dir := sharedFolder(t)
	left := leaveRunning(t, dir)
	s := start(t, options(dir))
	eventually(t, "the old postgres has ended", func() bool { return !alive(left) })
	if s.PID() == left {
		t.Error("the old postgres is the new one")
	}
}

// leaveRunning runs a postgres on the data of dir without any program.
func leaveRunning(t *testing.T, dir string) int {
	t.Helper()
	at, err := settle(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	binaries, err := choose(Find(t.Context(), testBinaries()), at, 0)
	if err != nil {
		t.Fatal(err)
	}
	socket, err := socketFolder(at)
	if err != nil {
		t.Fatal(err)
	}
	cmd := at.account.command(context.Background(), 0, filepath.Join(binaries.Dir, "postgres"), "-D", at.data(), "-c", "listen_addresses=", "-c", "unix_socket_directories="+socket)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it has ended, if all is well
		<-ended
	})
	eventually(t, "postgres runs", func() bool {
		text, err := os.ReadFile(filepath.Join(at.data(), "postmaster.pid"))
		return err == nil && strings.Contains(string(text), "ready")
	})
	return cmd.Process.Pid
}

func TestAProcessThatGotTheOldPostmastersNumberIsLeftAlone(t *testing.T) {
	dir := sharedFolder(t)
	at, err := settle(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	// Of postgres's own user: for a process of another's, postgres knows better.
	sleep := at.account.command(t.Context(), syscall.SIGKILL, "sleep", "60")
	ended, err := launch(sleep)
	if err != nil {
		t.Fatal(err)
	}
	stale := fmt.Sprintf("%d\n%s\n1700000000\n5432\n/tmp\n\n  1234567         1\nready   \n", sleep.Process.Pid, at.data())
	if err := os.WriteFile(filepath.Join(at.data(), "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, options(dir))
	select {
	case err := <-ended:
		t.Errorf("the process has ended: %v", err)
	default:
	}
}

func TestOneProgramPerFolder(t *testing.T) {
	dir := sharedFolder(t)
	other, out := program(t, dir)
	running(t, out)
	refused(t, options(dir), dir, fmt.Sprint(other.Process.Pid))
}

func TestAttachSharesTheServerOfAnotherProgram(t *testing.T) {
	dir := sharedFolder(t)
	if _, ok, err := Attach(t.Context(), dir); ok || err != nil {
		t.Fatalf("without a program Attach gives %v, %v", ok, err)
	}
	other, out := program(t, dir)
	h := running(t, out)

	s, ok, err := Attach(t.Context(), dir)
	if !ok || err != nil {
		t.Fatalf("Attach gives %v, %v", ok, err)
	}
	if s.PID() != h.Postmaster || s.URL(OwnerRole, Database) != h.URL || s.Major() != majors(t)[0] {
		t.Errorf("attached to %d, %s, %d; want %d, %s, %d", s.PID(), s.URL(OwnerRole, Database), s.Major(), h.Postmaster, h.URL, majors(t)[0])
	}
	do(t, connect(t, s, AppRole, Database), `SELECT 1`)
	stop(t, s)
	<-s.Done()
	if !alive(h.Postmaster) || s.Err() != nil {
		t.Errorf("after Stop of the attached server the other's runs: %v; Err gives %v", alive(h.Postmaster), s.Err())
	}

	again, ok, err := Attach(t.Context(), dir)
	if !ok || err != nil {
		t.Fatalf("Attach gives %v, %v", ok, err)
	}
	kill(t, other.Process.Pid)
	<-again.Done()
	if again.Err() == nil {
		t.Error("the server has gone, and Err gives nil")
	}
	stop(t, again)
}

func TestAttachOfAFolderWithoutAServerGivesFalse(t *testing.T) {
	if _, ok, err := Attach(t.Context(), filepath.Join(t.TempDir(), "none")); ok || err != nil {
		t.Errorf("Attach gives %v, %v", ok, err)
	}
}

func TestAttachWaitsForAServerThatIsStarting(t *testing.T) {
	dir, err := folder(emptyFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	held, err := acquire(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, _, err := Attach(impatient, dir); !strings.Contains(fmt.Sprint(err), fmt.Sprint(os.Getpid())) {
		t.Errorf("while the other starts Attach gives %v", err)
	}
	wrote := make(chan error, 1)
	go func() {
		time.Sleep(100 * time.Millisecond)
		wrote <- held.write(record{PID: os.Getpid(), Socket: "/tmp/fp-x", Postmaster: os.Getpid(), Major: 18})
	}()
	s, ok, err := Attach(t.Context(), dir)
	if !ok || err != nil {
		t.Fatalf("Attach gives %v, %v", ok, err)
	}
	stop(t, s)
	if err := <-wrote; err != nil {
		t.Error(err)
	}
	if err := held.release(); err != nil {
		t.Error(err)
	}
}

func TestStopMayBeRepeatedAndHurried(t *testing.T) {
	o := options(sharedFolder(t))
	o.Throwaway = false
	s := start(t, o)
	conn := connect(t, s, OwnerRole, Database)
	do(t, conn, `DROP TABLE IF EXISTS hurried`, `CREATE TABLE hurried AS SELECT 1 AS n`)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 {
		if err := s.Stop(over); err != nil {
			t.Error(err)
		}
	}
	<-s.Done()
	if got := ask(t, connect(t, start(t, o), OwnerRole, Database), `SELECT n::text FROM hurried`); got != "1" {
		t.Errorf("the table holds %q", got)
	}
}

func TestInterruptedStartGivesTheFolderFree(t *testing.T) {
	majors(t)
	o := options(emptyFolder(t))
	for _, patience := range []time.Duration{0, 300 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		s, err := Start(ctx, o)
		cancel()
		if err == nil {
			stop(t, s)
			t.Fatalf("within %v the server started", patience)
		}
		if _, held, err := inspect(o.Dir); held || err != nil {
			t.Errorf("the folder is held: %v, %v", held, err)
		}
	}
}

func TestKilledInitialisationIsRepeated(t *testing.T) {
	t.Parallel()
	majors(t)
	dir := emptyFolder(t)
	other, _ := program(t, dir)
	halfMade := func() []string {
		found, err := filepath.Glob(filepath.Join(dir, "new-*", "base"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	eventually(t, "initdb works", func() bool { return len(halfMade()) > 0 })
	kill(t, other.Process.Pid)

	do(t, connect(t, start(t, options(dir)), AppRole, Database), `SELECT 1`)
	if left := halfMade(); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

func TestChangedCollationsRebuildTheIndexes(t *testing.T) {
	for _, major := range majors(t) {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			o := options(sharedFolderOf(t, major))
			s := start(t, o)
			conn := connect(t, s, superuser, Database)
			do(t, conn, `DROP DATABASE IF EXISTS from0`, `DROP DATABASE IF EXISTS from1`, `DROP TABLE IF EXISTS city`,
				`CREATE TABLE city (name text PRIMARY KEY, code text COLLATE "de-x-icu" UNIQUE)`)
			const files = `SELECT string_agg(pg_relation_filenode(oid)::text, ' ' ORDER BY oid) FROM pg_class WHERE relname LIKE 'city_%'`
			unchanged := ask(t, conn, files)
			stop(t, s)

			s = start(t, o)
			conn = connect(t, s, superuser, Database)
			if got := ask(t, conn, files); got != unchanged {
				t.Error("unchanged collations have rebuilt the indexes")
			}
			do(t, conn,
				`UPDATE pg_database SET datcollversion = '1' WHERE datname <> 'fardplan'`,
				`UPDATE pg_collation SET collversion = '1' WHERE collname = 'de-x-icu'`)
			stop(t, s)

			s = start(t, o)
			conn = connect(t, s, superuser, Database)
			if got := ask(t, conn, files); got == unchanged {
				t.Error("the indexes are not rebuilt")
			}
			if got := ask(t, conn, `SELECT count(*)::text FROM pg_collation WHERE collversion <> pg_collation_actual_version(oid)`); got != "0" {
				t.Errorf("%s collations are stale", got)
			}
			if got := ask(t, conn, `SELECT coalesce(string_agg(datname, ' '), '') FROM pg_database WHERE datcollversion <> pg_database_collation_actual_version(oid)`); got != "" {
				t.Errorf("the databases %s are stale", got)
			}
			if got := ask(t, conn, `SELECT datallowconn::text FROM pg_database WHERE datname = 'template0'`); got != "false" {
				t.Error("template0 is left open")
			}
			do(t, conn, `CREATE DATABASE from0 TEMPLATE template0`, `CREATE DATABASE from1`)
		})
	}
}

func TestFolderMayHaveALongName(t *testing.T) {
	ready := sharedFolder(t)
	long := filepath.Join(filepath.Dir(ready), strings.Repeat("lång mapp, ", 12), strings.Repeat("x", 100))
	if err := makeFolders(filepath.Dir(long)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(ready, long); err != nil {
		t.Fatal(err)
	}
	s, err := Start(t.Context(), options(long))
	if err == nil {
		if socket := filepath.Join(s.socket, ".s.PGSQL.5432"); len(socket) > socketLimit || !exists(t, socket) {
			t.Errorf("the socket %s is too long, or not there", socket)
		}
		stop(t, s)
	} else {
		t.Error(err)
	}
	if err := os.Rename(long, ready); err != nil {
		t.Fatal(err)
	}
}

func TestEnvironmentOfTheProgramDoesNotReachPostgres(t *testing.T) {
	for name, value := range map[string]string{
		"PGDATA": "/nowhere", "PGPORT": "1", "PGHOST": "nowhere", "PGUSER": "nobody", "PGDATABASE": "none", "PGSSLMODE": "require",
		"PGOPTIONS": "-c search_path=nowhere", "PGTZ": "Mars", "LANG": "xx_YY", "LC_ALL": "xx_YY.UTF-8", "LC_MESSAGES": "sv_SE.UTF-8", "TZ": "Asia/Tokyo",
	} {
		t.Setenv(name, value)
	}
	s := start(t, options(emptyFolder(t)))
	conn, err := s.connect(t.Context(), Database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }() // nothing is lost with it
	for setting, want := range map[string]string{"port": "5432", "TimeZone": "UTC", "log_timezone": "UTC", "lc_messages": "C"} {
		if got := ask(t, conn, `SELECT current_setting('`+setting+`')`); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
}

func TestEnvironmentKeepsOnlyWhatPostgresNeeds(t *testing.T) {
	got := environment([]string{"PATH=/bin", "PGDATA=/x", "LANG=sv_SE", "LC_CTYPE=sv_SE", "FARDPLAN_SECRET=s", "LD_LIBRARY_PATH=/lib"})
	if want := "LC_ALL=C PATH=/bin LD_LIBRARY_PATH=/lib"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestFailedStartTellsWhatPostgresWrote(t *testing.T) {
	dir := sharedFolder(t)
	configuration := filepath.Join(dir, "data", "postgresql.conf")
	good, err := os.ReadFile(configuration)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(configuration, []byte("no_such_setting = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, options(dir), "no_such_setting")
	if err := os.WriteFile(configuration, good, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestURLIsReadByPgx(t *testing.T) {
	s := &Server{socket: "/tmp/fp-0123456789ab"}
	config, err := pgx.ParseConfig(s.URL(AppRole, Database))
	if err != nil {
		t.Fatal(err)
	}
	if config.Host != s.socket || config.User != AppRole || config.Database != Database || config.Port != port || config.TLSConfig != nil {
		t.Errorf("got %s %s %s %d", config.Host, config.User, config.Database, config.Port)
	}
}
