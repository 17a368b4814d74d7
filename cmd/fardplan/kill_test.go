package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fardplan/internal/gid"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/server"
)

// writers is how many clients write at once while the server is killed.
const writers = 100

// kept is a record that the server has acknowledged.
type kept struct {
	table     string
	version   int
	underWay  bool // an update was sent and not answered
	operation string
}

// ledger is what clients know: which writes they have an answer to.
type ledger struct {
	mu       sync.Mutex
	records  map[uuid.UUID]kept
	attempts map[string]int // by operation
	acked    map[string]int
}

func newLedger() *ledger {
	return &ledger{records: map[uuid.UUID]kept{}, attempts: map[string]int{}, acked: map[string]int{}}
}

func (l *ledger) sum() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, acked := range l.acked {
		n += acked
	}
	return n
}

// write sends one mutation and notes what came of it. It tells whether the server
// still answers.
func (l *ledger) write(p *process, secret, operation, table, query string, variables map[string]any, of uuid.UUID) (uuid.UUID, string, int, bool) {
	l.mu.Lock()
	l.attempts[operation]++
	if of != uuid.Nil {
		record := l.records[of]
		record.underWay = true
		l.records[of] = record
	}
	l.mu.Unlock()
	status, a, err := p.ask(secret, query, variables)
	if err != nil {
		return uuid.Nil, "", 0, false
	}
	var made struct {
		Record struct {
			ID      string
			Version int
		}
	}
	if status != http.StatusOK || len(a.Errors) > 0 || jsonField(a, &made) != nil {
		return uuid.Nil, "", 0, false // the database has gone under the server: it acknowledges nothing
	}
	id, err := gid.ID(made.Record.ID).As(table, "id")
	if err != nil {
		return uuid.Nil, "", 0, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked[operation]++
	l.records[id] = kept{table: table, version: made.Record.Version, operation: operation}
	return id, made.Record.ID, made.Record.Version, true
}

// keepWriting lets a client write until the server stops answering: units, their new
// names, and e-services.
func (l *ledger) keepWriting(p *process, secret, owner string, client int) {
	for n := 0; ; n++ {
		name := fmt.Sprintf("Klient %d skriver %d %s", client, n, uuid.NewString())
		id, global, version, ok := l.write(p, secret, "createUnit", "unit",
			`mutation($name: String!) { done: createUnit(input: {municipality: "0581", nameSv: $name, type: UNIT}) { record: unit { id version } } }`,
			map[string]any{"name": name}, uuid.Nil)
		if !ok {
			return
		}
		if _, _, _, ok = l.write(p, secret, "updateUnit", "unit",
			`mutation($id: ID!, $version: Int!, $name: String!) { done: updateUnit(input: {id: $id, expectedVersion: $version, nameSv: $name}) { record: unit { id version } } }`,
			map[string]any{"id": global, "version": version, "name": name + " igen"}, id); !ok {
			return
		}
		if _, _, _, ok = l.write(p, secret, "createEService", "e_service",
			`mutation($name: String!, $owner: ID!) { done: createEService(input: {municipality: "0581", ownerUnit: $owner, nameSv: $name, status: LIVE, foundSource: "prov", foundReason: "prov"}) { record: eService { id version } } }`,
			map[string]any{"name": name, "owner": owner}, uuid.Nil); !ok {
			return
		}
	}
}

// look opens a connection to the site's database as a role.
func (s *site) look(role string) *pgx.Conn {
	s.t.Helper()
	conn, err := pgx.Connect(context.Background(), s.attach().URL(role, server.Database))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func number(t *testing.T, conn *pgx.Conn, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := conn.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// awaitImport waits until an import is sending its rows to the database.
func awaitImport(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if number(t, conn, `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND state <> 'idle' AND (query ILIKE 'copy "e_service"%' OR query ILIKE '%gap_episode%' AND xact_start < now() - interval '100 ms') AND pid <> pg_backend_pid()`) > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no import is under way")
		}
	}
}

// check holds the database after a kill against what the clients know, and against
// itself.
func (l *ledger) check(s *site) {
	s.t.Helper()
	t, conn := s.t, s.look(server.OwnerRole)

	versions := map[uuid.UUID]int{}
	for _, table := range []string{"unit", "e_service"} {
		rows, err := conn.Query(context.Background(), "SELECT id, version FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		var id uuid.UUID
		var version int
		if _, err := pgx.ForEachRow(rows, []any{&id, &version}, func() error { versions[id] = version; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	lost, other := 0, 0
	for id, record := range l.records {
		version, there := versions[id]
		switch {
		case !there:
			lost++
		case version != record.version && !(record.underWay && version == record.version+1):
			other++
		}
	}
	if lost+other > 0 {
		t.Errorf("of %d acknowledged records %d are lost and %d have another version", len(l.records), lost, other)
	}
	for operation, attempts := range l.attempts {
		made := number(t, conn, "SELECT count(*) FROM change WHERE operation = $1", operation)
		if made < l.acked[operation] || made > attempts {
			t.Errorf("%s: %d changes of %d attempts, of which %d were acknowledged", operation, made, attempts, l.acked[operation])
		}
	}
	for what, sql := range map[string]string{
		"changes missing between the first and the newest": `SELECT (SELECT number FROM change_head) - count(*) FROM change`,
		"changes out of order":                             `SELECT count(*) FROM (SELECT at < lag(at) OVER (ORDER BY number) AS back FROM change) c WHERE back`,
		"units made by no whole change":                    `SELECT (SELECT count(*) FROM change WHERE operation = 'createUnit') - (SELECT count(*) FROM unit)`,
		"changed units without their past row":             `SELECT (SELECT count(*) FROM change WHERE operation = 'updateUnit') - (SELECT count(*) FROM history.unit)`,
		"e-services made by no whole change": `SELECT (SELECT count(*) FROM change WHERE operation = 'createEService') + (SELECT coalesce(sum(created), 0) FROM import_run)
			- (SELECT count(*) FROM e_service)`,
		"imports without their change": `SELECT (SELECT count(*) FROM change WHERE operation = 'importOep') - (SELECT count(*) FROM import_run)`,
		"e-services without their gaps": `SELECT count(*) FROM e_service e WHERE status = 'LIVE'
			AND NOT EXISTS (SELECT FROM gap_episode g WHERE g.object_id = e.id AND g.rule = 'ESERVICE_NO_OWNER_ROLE' AND g.changed_in = e.changed_in)`,
	} {
		if n := number(t, conn, sql); n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	for _, table := range []string{"municipality", "unit", "e_service", "import_run", "gap_episode", "api_token"} {
		for what, sql := range map[string]string{
			"rows of no change": `SELECT count(*) FROM (SELECT changed_in FROM %[1]s UNION ALL SELECT changed_in FROM history.%[1]s UNION ALL SELECT ended_in FROM history.%[1]s) x
				WHERE NOT EXISTS (SELECT FROM change c WHERE c.number = x.changed_in)`,
			"versions missing": `SELECT count(*) FROM %[1]s x WHERE version <> 1 + (SELECT count(*) FROM history.%[1]s h WHERE h.id = x.id)`,
			"past rows that do not meet the next": `SELECT count(*) FROM history.%[1]s h WHERE NOT EXISTS (
				SELECT FROM (SELECT id, version, changed_in FROM %[1]s UNION ALL SELECT id, version, changed_in FROM history.%[1]s) n
				 WHERE n.id = h.id AND n.version = h.version + 1 AND n.changed_in = h.ended_in)`,
		} {
			if n := number(t, conn, fmt.Sprintf(sql, table)); n != 0 {
				t.Errorf("%s: %s: %d", table, what, n)
			}
		}
	}

	// Computing all gaps anew changes nothing.
	ctx, services, done := s.services()
	defer done()
	undo := errors.New("undo")
	err := services.Journal.Write(ctx, "prov", "", func(tx *postgres.Tx) error {
		if err := services.Gaps.Recompute(ctx, tx); err != nil {
			return err
		}
		differences, err := postgres.Values[string](ctx, tx, "SELECT rule || ' ' || CASE WHEN closed_at IS NULL THEN 'opened' ELSE 'closed' END FROM gap_episode WHERE changed_in = @change", postgres.Args{"change": tx.Number})
		if len(differences) > 0 {
			t.Errorf("computing all gaps anew changes the episodes %v", differences)
		}
		return errors.Join(err, undo)
	})
	if !errors.Is(err, undo) {
		t.Errorf("computing all gaps anew: %v", err)
	}
}

func TestAKilledServerHasKeptEveryAcknowledgedWriteAndNoHalfOne(t *testing.T) {
	s := newSite(t, "FARDPLAN_MAX_BODY_BYTES=16MiB", "FARDPLAN_RATE_COST_PER_MINUTE=100000000", "FARDPLAN_LOG_LEVEL=warn")
	p := s.serve()
	_, owner := s.settle()
	director, _ := s.token("DIRECTOR", "READ,WRITE_ORGANISATION,WRITE_CATALOGUE")
	editor, _ := s.token("CATALOGUE_EDITOR", "READ,IMPORT")
	l := newLedger()
	l.attempts["createUnit"], l.acked["createUnit"] = 2, 2 // the two that settle made

	const size = 3000
	for round, c := range []struct {
		name    string
		imports bool
		kill    func(*process)
		exit    int
	}{
		{"server, in an import", true, func(p *process) { p.signal(syscall.SIGKILL) }, -1},
		{"database, in an import", true, func(p *process) { _ = syscall.Kill(p.postmaster, syscall.SIGKILL) }, 1},
		{"server, in small writes", false, func(p *process) { p.signal(syscall.SIGKILL) }, -1},
		{"both, in small writes", false, func(p *process) {
			_ = syscall.Kill(p.postmaster, syscall.SIGKILL)
			p.signal(syscall.SIGKILL)
		}, -1},
	} {
		watch := s.look(server.AppRole)
		var clients sync.WaitGroup
		for client := range writers {
			clients.Go(func() { l.keepWriting(p, director, string(owner.NodeID()), client) })
		}
		begun := l.sum()
		for deadline := time.Now().Add(patience); l.sum() < begun+50; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("nothing is written")
			}
		}
		imported := false
		first := 1 + round*size
		if c.imports {
			text := string(documentUTF8(t, flows(first, size)))
			clients.Go(func() {
				status, a, err := p.ask(editor, `mutation($document: String!, $owner: ID!) { applyImport(input: {municipality: "0581", document: $document, defaultOwner: $owner}) { applied } }`,
					map[string]any{"document": text, "owner": owner.NodeID()})
				imported = err == nil && status == http.StatusOK && len(a.Errors) == 0
			})
			awaitImport(t, watch)
		}
		c.kill(p)
		if code := p.end(); code != c.exit {
			t.Errorf("exit code %d, want %d", code, c.exit)
		}
		if c.exit == 1 && !containsAll(p.errs.String(), "the private database ended; start again, and everything that was acknowledged is there") {
			t.Errorf("serve does not say that its database ended:\n%s", lastLines(p.errs.String(), 10))
		}
		clients.Wait()

		p = s.serve()
		if status, body := get(t, p.url+"/readyz"); status != http.StatusOK {
			t.Errorf("after a restart: %d %s", status, body)
		}
		l.check(s)
		there := number(t, s.look(server.OwnerRole), "SELECT count(*) FROM e_service WHERE oep_family_id >= $1 AND oep_family_id < $2", first, first+size)
		if there != 0 && there != size || imported && there != size {
			t.Errorf("%d of %d imported e-services are there; acknowledged: %t", there, size, imported)
		}
		t.Logf("%s: %d writes were acknowledged; the import: %d of %d", c.name, l.sum(), there, size)
		// Connections of the test end before its next round.
		_ = watch.Close(context.Background())
	}
}

func TestAKilledImportCommandLeavesNothingAndTheServerServing(t *testing.T) {
	s := newSite(t)
	p := s.serve()
	s.settle()
	const size = 4000
	file := s.write("getflows.json", document(t, flows(1, size)))
	args := []string{"import", "oep", "--municipality", "0581", "--file", file, "--default-owner", "Kommunikationsenheten", "--apply"}
	before := s.snapshot(p)
	command := s.command(args...)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	awaitImport(t, s.look(server.AppRole))
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	conn := s.look(server.OwnerRole)
	// The database notices that its client has gone at the end of the statement under way.
	for deadline := time.Now().Add(patience); number(t, conn, "SELECT count(*) FROM pg_stat_activity WHERE query ILIKE '%e_service%' AND state <> 'idle' AND pid <> pg_backend_pid()") > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the killed import goes on in the database")
		}
	}
	if n := number(t, conn, "SELECT count(*) FROM e_service"); n != 0 {
		t.Errorf("%d e-services of an import that was killed", n)
	}
	if after := s.snapshot(p); after != before {
		t.Errorf("the changes went from %d to %d", before, after)
	}
	if status, _ := get(t, p.url+"/readyz"); status != http.StatusOK {
		t.Errorf("the server beside it: %d", status)
	}
	s.must(args...)
	if n := number(t, conn, "SELECT count(*) FROM e_service"); n != size {
		t.Errorf("%d e-services of the import made again, want %d", n, size)
	}
	newLedger().check(s)
}
