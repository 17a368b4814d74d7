package scripts_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/internal/postgres/dbtest/ram"
	"fardplan/internal/postgres/server"
	"fardplan/migrations"
)

// told gives the settings of PostgreSQL that docs/operations.md tells of: those of the
// server that archives, and those of the one that recovers.
func told(t *testing.T) (archive, recovery [][2]string) {
	t.Helper()
	_, text, _ := strings.Cut(read(t, "docs/operations.md"), "## To an instant")
	text, _, _ = strings.Cut(text, "\n## ")
	before, after, _ := strings.Cut(text, "    pg_basebackup ")
	settings := func(text string, names ...string) (all [][2]string) {
		var found []string
		for _, m := range regexp.MustCompile(`(?m)^    ([a-z_]+) = (?:'(.*)'|(\S+))$`).FindAllStringSubmatch(text, -1) {
			found, all = append(found, m[1]), append(all, [2]string{m[1], m[2] + m[3]})
		}
		if !slices.Equal(found, names) {
			t.Fatalf("docs/operations.md sets %q, want %q", found, names)
		}
		return all
	}
	return settings(before, "wal_level", "archive_mode", "archive_command", "archive_timeout"),
		settings(after, "archive_mode", "restore_command", "recovery_target_time", "recovery_target_action")
}

// privateServer runs a PostgreSQL of its own that keeps what it has acknowledged, with
// its data in the folder.
func privateServer(t *testing.T, folder string) *server.Server {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	major, err := strconv.Atoi(os.Getenv(dbtest.MajorVariable))
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Start(t.Context(), server.Options{Dir: folder, Binaries: server.NPMBinaries(root), Major: major})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *server.Server) {
	t.Helper()
	if err := s.Stop(t.Context()); err != nil && t.Context().Err() == nil {
		t.Error(err)
	}
}

// TestRecoveryToAnInstant sets PostgreSQL up as docs/operations.md says, takes its base
// backup, and recovers another server to an instant after it: what came before is there,
// what came after is not, and it serves.
func TestRecoveryToAnInstant(t *testing.T) {
	if testing.Short() {
		t.Skip("starts PostgreSQL three times")
	}
	folder, err := ram.Folder("recovery")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	archive := filepath.Join(folder, "wal")
	if err := os.Mkdir(archive, 0o777); err != nil {
		t.Fatal(err)
	}
	// PostgreSQL runs as a user of its own.
	for path, mode := range map[string]fs.FileMode{folder: 0o755, archive: 0o777} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	archiving, recovering := told(t)
	here := func(value string) string { return strings.ReplaceAll(value, "/srv/wal", archive) }

	first := privateServer(t, filepath.Join(folder, "first"))
	super, err := pgx.Connect(t.Context(), first.URL("postgres", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range archiving {
		if _, err := super.Exec(t.Context(), "ALTER SYSTEM SET "+setting[0]+" = '"+strings.ReplaceAll(here(setting[1]), "'", "''")+"'"); err != nil {
			t.Fatal(err)
		}
	}
	_ = super.Close(t.Context())
	stop(t, first)
	first = privateServer(t, filepath.Join(folder, "first"))
	if _, err := postgres.Migrate(t.Context(), first.URL(server.OwnerRole, server.Database), migrations.Files); err != nil {
		t.Fatal(err)
	}

	ctx := access.With(t.Context(), access.SystemCaller("prov"))
	services, done := servicesOf(t, first)
	home, err := services.Organisation.CreateMunicipality(ctx, organisation.Municipality{SCBCode: "0581", NameSv: "Norrköping", IsHome: true})
	if err != nil {
		t.Fatal(err)
	}
	add := func(s *app.Services, name string) {
		t.Helper()
		if _, err := s.Organisation.CreateUnit(ctx, organisation.Unit{MunicipalityID: home.ID, NameSv: name, Type: organisation.PlainUnit}); err != nil {
			t.Fatal(err)
		}
	}
	add(services, "Före säkerhetskopian")
	base := filepath.Join(folder, "second", "data")
	if err := os.Mkdir(filepath.Dir(base), 0o755); err != nil {
		t.Fatal(err)
	}
	arguments := regexp.MustCompile(`(?m)^    pg_basebackup (.*) --pgdata=`).FindStringSubmatch(read(t, "docs/operations.md"))
	if arguments == nil {
		t.Fatal("docs/operations.md has no pg_basebackup")
	}
	if out, err := exec.CommandContext(t.Context(), "pg_basebackup", append(strings.Fields(strings.ReplaceAll(arguments[1], `"$SUPERUSER_ADDRESS"`, first.URL("postgres", "postgres"))), "--pgdata="+base)...).CombinedOutput(); err != nil {
		t.Fatalf("pg_basebackup %s: %v\n%s", arguments[1], err, out)
	}
	add(services, "Före ögonblicket")
	super, err = pgx.Connect(t.Context(), first.URL("postgres", server.Database))
	if err != nil {
		t.Fatal(err)
	}
	// The instant lies between two commits, by the server's own clock.
	instant := column(t, super, "SELECT clock_timestamp()::text")[0]
	add(services, "Efter ögonblicket")
	last := column(t, super, "SELECT pg_walfile_name(pg_switch_wal())")[0]
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(archive, last)); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is not archived: %v", last, column(t, super, "SELECT last_failed_wal FROM pg_stat_archiver"))
		}
	}
	_ = super.Close(t.Context())
	done()
	stop(t, first)

	settings, err := os.OpenFile(filepath.Join(base, "postgresql.auto.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	lines := "hot_standby = off\n" // so that it answers when it has recovered, not before
	for _, setting := range recovering {
		value := here(setting[1])
		if setting[0] == "recovery_target_time" {
			value = instant
		}
		lines += setting[0] + " = '" + value + "'\n"
	}
	if _, err := settings.WriteString(lines); err != nil {
		t.Fatal(err)
	}
	if err := settings.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(base, "recovery.signal"), "")
	owner, err := os.Stat(filepath.Join(folder, "first", "data"))
	if err != nil {
		t.Fatal(err)
	}
	whose := owner.Sys().(*syscall.Stat_t)
	err = filepath.WalkDir(base, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(whose.Uid), int(whose.Gid))
	})
	if err != nil {
		t.Fatal(err)
	}
	second := privateServer(t, filepath.Join(folder, "second"))
	again, done := servicesOf(t, second)
	defer done()
	if err := app.CheckSchema(t.Context(), again.DB); err != nil {
		t.Error(err)
	}
	names := func() []string {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), second.URL(server.OwnerRole, server.Database))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close(t.Context()) }()
		return column(t, conn, "SELECT name_sv FROM unit ORDER BY changed_in")
	}
	want := []string{"Före säkerhetskopian", "Före ögonblicket"}
	if got := names(); !slices.Equal(got, want) {
		t.Errorf("it has %q, want %q", got, want)
	}
	add(again, "Efter återställningen")
	if got := names(); !slices.Equal(got, append(want, "Efter återställningen")) {
		t.Errorf("then it has %q", got)
	}
}

// servicesOf are the product's own over a server's database, and what ends them.
func servicesOf(t *testing.T, s *server.Server) (*app.Services, func()) {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Options{URL: s.URL(server.AppRole, server.Database), ReadURL: s.URL(server.ReadRole, server.Database), Pool: 2})
	if err != nil {
		t.Fatal(err)
	}
	return app.NewServices(db, access.Policy{}, app.GapRules()), db.Close
}
