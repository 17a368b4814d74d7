package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/fault"
	"fardplan/internal/postgres"
)

var errUndo = errors.New("undo")

// TestOneOrder writes from 50 at once, of whom some fail, while a reader looks on:
// numbers have no holes, instants never decrease, and at any moment what is committed
// is a beginning of the order.
func TestOneOrder(t *testing.T) {
	b := newBox(t, 16, nil)
	done := make(chan struct{})
	var reader, writers sync.WaitGroup
	reader.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			session := b.Session()
			now, err := session.Present(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			gaps, err := postgres.Values[bool](t.Context(), now, "SELECT count(*) <> coalesce(max(number), 0) OR coalesce(max(number), 0) <> @head FROM change", postgres.Args{"head": now.Change})
			if err != nil || gaps[0] {
				t.Errorf("what is committed has holes: %v, %v", gaps, err)
			}
			session.Close()
		}
	})
	var mu sync.Mutex
	kept := map[int64]time.Time{}
	for i := range 50 {
		writers.Go(func() {
			var number int64
			var at time.Time
			err := b.Write(t.Context(), change, func(tx *postgres.Tx) error {
				number, at = tx.Number, tx.At
				if err := postgres.InsertAll(t.Context(), tx, "pearl", []*pearl{named(fmt.Sprint(i))}); err != nil {
					return err
				}
				if i%3 == 0 {
					return errUndo
				}
				return nil
			})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case i%3 == 0 && !errors.Is(err, errUndo), i%3 != 0 && err != nil:
				t.Errorf("writer %d: %v", i, err)
			case err == nil:
				kept[number] = at
			}
		})
	}
	writers.Wait()
	close(done)
	reader.Wait()
	if len(kept) != 33 {
		t.Errorf("%d changes were kept under numbers of their own, want 33", len(kept))
	}
	for n := int64(1); n <= int64(len(kept)); n++ {
		if _, there := kept[n]; !there {
			t.Errorf("number %d is missing", n)
		}
		if kept[n].Before(kept[n-1]) {
			t.Errorf("change %d at %v follows one at %v", n, kept[n], kept[n-1])
		}
	}
	numbers, err := postgres.Values[int64](t.Context(), b.present(t), "SELECT x.changed_in FROM pearl x ORDER BY x.changed_in", nil)
	if err != nil || len(numbers) != 33 || len(slices.Compact(numbers)) != 33 {
		t.Errorf("the rows are of the changes %v, %v", numbers, err)
	}
}

// TestTheChangeIsKept holds that the journal has who wrote, and the clock's instant.
func TestTheChangeIsKept(t *testing.T) {
	at := time.Date(2024, 5, 6, 7, 8, 9, 123456000, time.UTC)
	b := newBox(t, 2, func() time.Time { return at })
	who := postgres.Change{ActorKind: "TOKEN", ActorID: "7", ActorFunction: "import", Operation: "applyImport", Comment: "våren", RequestID: "r1"}
	err := b.Write(t.Context(), who, func(tx *postgres.Tx) error {
		if tx.Number != 1 || !tx.At.Equal(at) || tx.Past() {
			t.Errorf("the transaction is %d at %v", tx.Number, tx.At)
		}
		_, err := tx.Exec(t.Context(), "INSERT INTO pearl (id, name_sv) VALUES (@id, 'a')", postgres.Args{"id": uuid.Must(uuid.NewV7())})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := postgres.Values[string](t.Context(), b.present(t), `SELECT concat_ws(' ', number, actor_kind, actor_id, actor_function, municipality_id, operation, comment, request_id) FROM change WHERE at = @at`, postgres.Args{"at": at})
	if want := []string{"1 TOKEN 7 import applyImport våren r1"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("the journal has %v, %v, want %v", got, err, want)
	}
}

// TestOneChangeATransaction refuses a second change in one transaction.
func TestOneChangeATransaction(t *testing.T) {
	b := newBox(t, 2, nil)
	err := b.Write(t.Context(), change, func(tx *postgres.Tx) error {
		_, err := tx.Exec(t.Context(), "SELECT change_begin(NULL, 'SYSTEM', 'test', 'prov', NULL, 'test', '', '')", nil)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "FP002") {
		t.Errorf("it gives %v, want a refusal with FP002", err)
	}
	if now := b.present(t); now.Change != 0 {
		t.Errorf("the newest change is %d", now.Change)
	}
}

// TestAWriteWaitsAndGivesUp holds that who waits too long for the others is told so,
// and that it has changed nothing.
func TestAWriteWaitsAndGivesUp(t *testing.T) {
	b := newBox(t, 4, nil)
	b.SetLockWait(100 * time.Millisecond)
	inside, leave := make(chan struct{}), make(chan struct{})
	first := make(chan error)
	go func() {
		first <- b.Write(t.Context(), change, func(tx *postgres.Tx) error {
			close(inside)
			<-leave
			return postgres.InsertAll(t.Context(), tx, "pearl", []*pearl{named("a")})
		})
	}()
	<-inside
	err := b.Write(t.Context(), change, func(*postgres.Tx) error { t.Error("two writes at once"); return nil })
	if all := fault.All(err); len(all) != 1 || all[0].Code != fault.Limited || all[0].Sv == "" || all[0].En == "" {
		t.Errorf("it gives %v, want LIMITED", err)
	}
	close(leave)
	if err := <-first; err != nil {
		t.Errorf("the one that was waited for: %v", err)
	}
	if n, _ := b.keep(t, named("b")); n != 2 {
		t.Errorf("the next change is %d, want 2", n)
	}
}

// TestACancelledWriteLeavesNothing cancels in the middle, before and after the rows
// are written.
func TestACancelledWriteLeavesNothing(t *testing.T) {
	b := newBox(t, 2, nil)
	for _, c := range []struct {
		name string
		then func(tx *postgres.Tx) error
	}{
		{"before the commit", func(*postgres.Tx) error { return nil }},
		{"before another statement", func(tx *postgres.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE pearl SET name_sv = 'b'", nil)
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := b.Write(ctx, change, func(tx *postgres.Tx) error {
				if err := postgres.InsertAll(ctx, tx, "pearl", []*pearl{named("a")}); err != nil {
					return err
				}
				cancel()
				return c.then(tx)
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("it gives %v", err)
			}
			if now := b.present(t); now.Change != 0 || len(names(t, now)) != 0 {
				t.Errorf("as of change %d there is %v", now.Change, names(t, now))
			}
		})
	}
	t.Run("while it waits", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		err := b.Write(t.Context(), change, func(tx *postgres.Tx) error {
			return b.Write(ctx, change, func(*postgres.Tx) error { return nil })
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it gives %v", err)
		}
	})
	if n, _ := b.keep(t, named("c")); n != 1 {
		t.Errorf("the next change is %d, want 1", n)
	}
}

// TestAPanicLeavesNothing holds that a fault in the program rolls back as well.
func TestAPanicLeavesNothing(t *testing.T) {
	b := newBox(t, 1, nil)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is swallowed")
			}
		}()
		_ = b.Write(t.Context(), change, func(tx *postgres.Tx) error {
			_ = postgres.InsertAll(t.Context(), tx, "pearl", []*pearl{named("a")})
			panic("fault")
		})
	}()
	if n, _ := b.keep(t, named("b")); n != 1 || len(names(t, b.present(t))) != 1 {
		t.Errorf("the next change is %d", n)
	}
}

var words = postgres.Constraints{
	"pearl_name_length": fault.Field("nameSv", "", "Namnet är för långt.", "The name is too long."),
	"pearl_size":        fault.Field("size", "", "Storleken ska vara över noll.", "The size is to be above zero."),
	"pearl_size_once":   fault.Field("size", "", "Storleken finns redan.", "The size is there already."),
	"pearl_colours":     fault.Field("colours", "", "Högst tre färger.", "At most three colours."),
	"pearl_document":    fault.Field("document", "", "Inget objekt.", "No object."),
}

// TestInsertAndSave write a record as it was given, and tell all of what is at fault.
func TestInsertAndSave(t *testing.T) {
	b := newBox(t, 2, nil)
	write := func(fn func(tx *postgres.Tx) error) error { return b.Write(t.Context(), change, fn) }
	rules := func(err error) (all []string) {
		for _, f := range fault.All(err) {
			all = append(all, f.Rule+" "+f.Field)
		}
		return all
	}
	p := named("a")
	p.Size, p.Colours, p.Document = ptr(3), []string{"blå", "vit"}, []byte(`{"a": [1, null]}`)
	p.Version, p.ChangedIn = 99, 99 // the database's to set
	var made *pearl
	if err := write(func(tx *postgres.Tx) (err error) {
		made, err = postgres.Insert(t.Context(), tx, "pearl", p, words)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if made.ID != p.ID || made.Version != 1 || made.ChangedIn != 1 || *made.Size != 3 || !slices.Equal(made.Colours, p.Colours) || string(made.Document) != `{"a": [1, null]}` || made.Found != nil {
		t.Errorf("made is %+v", made)
	}
	var saved *pearl
	if err := write(func(tx *postgres.Tx) (err error) {
		made.NameSv, made.Size = "b", nil
		saved, err = postgres.Save(t.Context(), tx, "pearl", made, words)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if saved.Version != 2 || saved.ChangedIn != 2 || saved.NameSv != "b" || saved.Size != nil || !saved.CreatedAt.Equal(made.CreatedAt) {
		t.Errorf("saved is %+v", saved)
	}

	wrong := named(strings.Repeat("a", 21))
	wrong.Size, wrong.Colours, wrong.Document = ptr(0), []string{"a", "b", "c", "d"}, []byte("[]")
	want := []string{"pearl_colours colours", "pearl_document document", "pearl_name_length nameSv", "pearl_size size"}
	if got := rules(write(func(tx *postgres.Tx) error {
		_, err := postgres.Insert(t.Context(), tx, "pearl", wrong, words)
		return err
	})); !slices.Equal(got, want) {
		t.Errorf("the faults of a new record are %v, want %v", got, want)
	}
	wrong.ID = saved.ID
	if got := rules(write(func(tx *postgres.Tx) error {
		_, err := postgres.Save(t.Context(), tx, "pearl", wrong, words)
		return err
	})); !slices.Equal(got, want) {
		t.Errorf("the faults of a changed record are %v, want %v", got, want)
	}
	twin, second := named("c"), named("d")
	twin.Size, second.Size = ptr(5), ptr(5)
	b.keep(t, twin)
	if got := rules(write(func(tx *postgres.Tx) error {
		_, err := postgres.Insert(t.Context(), tx, "pearl", second, words)
		return err
	})); !slices.Equal(got, []string{"pearl_size_once size"}) {
		t.Errorf("the faults of one that is there are %v", got)
	}
	if err := write(func(tx *postgres.Tx) error {
		_, err := postgres.Save(t.Context(), tx, "pearl", named("e"), words)
		return err
	}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("to save what is not there gives %v", err)
	}
	// A refusal without words is the program's own fault, and is not passed off as the input's.
	if err := write(func(tx *postgres.Tx) error {
		_, err := postgres.Insert(t.Context(), tx, "pearl", second, postgres.Constraints{})
		return err
	}); err == nil || fault.CodeOf(err) != fault.Internal {
		t.Errorf("without words it gives %v", err)
	}
	if err := write(func(tx *postgres.Tx) error {
		_, err := postgres.Insert(t.Context(), tx, "pearl", wrong, postgres.Constraints{})
		return err
	}); err == nil || fault.CodeOf(err) != fault.Internal {
		t.Errorf("without words for a check it gives %v", err)
	}
}

// TestCheckTellsWhichRecord holds that each record's faults are told by its place.
func TestCheckTellsWhichRecord(t *testing.T) {
	b := newBox(t, 2, nil)
	wrong, right := named(""), named("a")
	err := b.Write(t.Context(), change, func(tx *postgres.Tx) error {
		broken, err := postgres.Check(t.Context(), tx, "pearl", []*pearl{right, wrong, right}, words)
		if err == nil && (len(broken) != 1 || len(broken[1]) != 1 || broken[1][0].Rule != "pearl_name_length" || broken[1][0].Code != fault.Invalid) {
			t.Errorf("it gives %v", broken)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestSaveAll writes over many rows at once, all or none.
func TestSaveAll(t *testing.T) {
	b := newBox(t, 2, nil)
	var all []*pearl
	for range 501 { // one more than goes in a round
		all = append(all, named("a"))
	}
	b.keep(t, all...)
	for i := range all {
		all[i].Size = ptr(i + 1)
	}
	if err := b.Write(t.Context(), change, func(tx *postgres.Tx) error { return postgres.SaveAll(t.Context(), tx, "pearl", all) }); err != nil {
		t.Fatal(err)
	}
	sum := func() int64 {
		t.Helper()
		got, err := postgres.Values[int64](t.Context(), b.present(t), "SELECT sum(x.size) FROM pearl x WHERE x.version = 2", nil)
		if err != nil {
			t.Fatal(err)
		}
		return got[0]
	}
	if got := sum(); got != 501*502/2 {
		t.Errorf("the sizes make %d", got)
	}
	all[0].Size, all[500].Size = ptr(1000), ptr(-1)
	if err := b.Write(t.Context(), change, func(tx *postgres.Tx) error { return postgres.SaveAll(t.Context(), tx, "pearl", all) }); err == nil {
		t.Error("a row that is refused is written")
	}
	if got := sum(); got != 501*502/2 {
		t.Errorf("after a refusal the sizes make %d", got)
	}
	if err := b.Write(t.Context(), change, func(tx *postgres.Tx) error {
		return errors.Join(postgres.SaveAll(t.Context(), tx, "pearl", []*pearl{}), postgres.InsertAll(t.Context(), tx, "pearl", []*pearl(nil)))
	}); err != nil {
		t.Errorf("nothing to write gives %v", err)
	}
}

// TestByID reads records by id, as far as the condition lets them be seen.
func TestByID(t *testing.T) {
	b := newBox(t, 2, nil)
	one, two, unknown := named("a"), named("b"), uuid.UUID{1}
	b.keep(t, one, two)
	found, err := postgres.ByID[pearl](t.Context(), b.present(t), "pearl", "x.name_sv <> @not", postgres.Args{"not": "b"}, []uuid.UUID{one.ID, two.ID, unknown, one.ID})
	if err != nil || len(found) != 1 || found[one.ID] == nil || found[one.ID].NameSv != "a" {
		t.Errorf("found %v, %v", found, err)
	}
	if _, err := postgres.One[pearl](t.Context(), b.present(t), "SELECT "+postgres.Columns[pearl]("x")+" FROM pearl x WHERE x.id = @id", postgres.Args{"id": unknown}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("one that is not there gives %v", err)
	}
}

// TestOpen holds that each pool acts as its role, and that an address that will not do
// says so without telling the password.
func TestOpen(t *testing.T) {
	b := newBox(t, 1, nil)
	for name, role := range map[string]string{"write": postgres.AppRole, "read": postgres.ReadRole, "past": postgres.ReadRole} {
		var got, path string
		if err := b.Pools()[name].QueryRow(t.Context(), "SELECT current_user::text, current_setting('search_path')").Scan(&got, &path); err != nil || got != role {
			t.Errorf("the pool %s acts as %s, %v", name, got, err)
		}
		if want := map[string]string{"past": "asof, public"}[name]; path != want && (want != "" || path != "public") {
			t.Errorf("the pool %s looks in %s", name, path)
		}
	}
	if err := b.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	for _, url := range []string{"postgres://u:hemligt@[::1", "postgres://u:hemligt@127.0.0.1:1/x?connect_timeout=1&sslmode=disable"} {
		db, err := postgres.Open(t.Context(), postgres.Options{URL: url})
		if err == nil || strings.Contains(err.Error(), "hemligt") {
			t.Errorf("%s gives %v, %v", url, db, err)
		}
	}
	// A reader's login cannot become the writer.
	if _, err := postgres.Open(t.Context(), postgres.Options{URL: b.ReadURL}); err == nil || !strings.Contains(err.Error(), postgres.AppRole) {
		t.Errorf("the reader writes: %v", err)
	}
}
