package history_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/history"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// told gives the changes of an e-service as text, newest first.
func (w *world) told(ctx context.Context, s *postgres.Snapshot, id uuid.UUID) (all []string) {
	w.t.Helper()
	pages, err := history.Of(ctx, s, access.Policy{}, "e_service", []uuid.UUID{id}, page.Args{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, v := range pages[0].Nodes() {
		fields, err := v.Fields()
		if err != nil {
			w.t.Fatal(err)
		}
		text := fmt.Sprint(v.Number, " ", v.Operation)
		if v.Before == nil {
			fields, text = nil, text+" first"
		}
		for _, f := range fields {
			text += fmt.Sprintf(" %s %s>%s", f.Column, f.Before, f.After)
		}
		all = append(all, text)
	}
	return all
}

// TestOf tells a record's changes field by field, and of the past those until then.
func TestOf(t *testing.T) {
	w := newWorld(t)
	id := w.service(1)
	w.set(id, "name_sv = 'Två'")
	then := w.at
	w.set(id, "name_sv = 'Tre', keywords = '{bygga}'")
	w.set(id, "fee_sv = 'Gratis'")
	w.service(2)
	want := []string{
		"5 updateEService fee_sv null>\"Gratis\"",
		"4 updateEService keywords []>[\"bygga\"] name_sv \"Två\">\"Tre\"",
		"3 updateEService name_sv \"Tjänst 1\">\"Två\"",
		"2 createEService first",
	}
	now := w.reading()
	if got := w.told(as(t, own), now, id); !slices.Equal(got, want) {
		t.Errorf("the changes are %q, want %q", got, want)
	}
	session := w.db.Session()
	defer session.Close()
	past, err := session.AsOf(t.Context(), then.Add(time.Second), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.told(as(t, own), past, id); !slices.Equal(got, want[2:]) {
		t.Errorf("of the past the changes are %q, want %q", got, want[2:])
	}
	// One at a time, for several records at once.
	var got []int64
	for a := (page.Args{First: ptr(1)}); ; {
		pages, err := history.Of(as(t, own), now, access.Policy{}, "e_service", []uuid.UUID{{1}, id}, a)
		if err != nil {
			t.Fatal(err)
		}
		if len(pages[0].Edges) != 0 {
			t.Errorf("a record that is not there has the changes %v", pages[0].Nodes())
		}
		for _, v := range pages[1].Nodes() {
			got = append(got, v.Number)
		}
		if !pages[1].PageInfo.HasNextPage {
			break
		}
		a.After = pages[1].PageInfo.EndCursor
	}
	if !slices.Equal(got, []int64{5, 4, 3, 2}) {
		t.Errorf("page by page the changes are %v", got)
	}
}

// TestOfIsForWhoSeesIt leaves out, for others than the own municipality, what the
// record was while they could not see it; and all of it when they cannot today.
func TestOfIsForWhoSeesIt(t *testing.T) {
	w := newWorld(t)
	id := w.service(1)
	w.set(id, "published = false")
	w.set(id, "description_sv = 'Hemligt utkast'")
	w.set(id, "published = true, description_sv = 'Klart'")
	want := []string{"5 updateEService description_sv null>\"Klart\"", "2 createEService first"}
	for _, caller := range []uuid.UUID{uuid.Nil, other} {
		if got := w.told(as(t, caller), w.reading(), id); !slices.Equal(got, want) {
			t.Errorf("others are told %q, want %q", got, want)
		}
	}
	if got := w.told(as(t, own), w.reading(), id); len(got) != 4 {
		t.Errorf("its own are told %q", got)
	}
	w.set(id, "visibility = 'MUNICIPALITY'")
	if got := w.told(as(t, other), w.reading(), id); len(got) != 0 {
		t.Errorf("of a record that they may not see today others are told %q", got)
	}
}

// TestFieldsOfWhatIsNoRow fails for what no row is.
func TestFieldsOfWhatIsNoRow(t *testing.T) {
	for _, v := range []history.Version{{After: []byte("1")}, {After: []byte("{}"), Before: []byte("1")}} {
		if fields, err := v.Fields(); err == nil {
			t.Errorf("it has the fields %v", fields)
		}
	}
}
