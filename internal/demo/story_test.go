package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// someday is when the tests' stories end.
var someday = time.Date(2026, time.June, 15, 9, 30, 0, 0, time.UTC)

func storyFor(t *testing.T, today time.Time) []step {
	t.Helper()
	files, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return tell(files, today)
}

func TestStoryRunsForwardFromTwoYearsBackToToday(t *testing.T) {
	days := []time.Time{
		time.Date(2026, time.November, 23, 0, 5, 0, 0, time.UTC),
		time.Date(2028, time.February, 29, 23, 59, 59, 0, time.UTC),
		time.Date(2036, time.January, 1, 12, 0, 0, 0, time.UTC),
	}
	for i := range 7 {
		days = append(days, someday.AddDate(0, 0, i)) // what falls on a weekend differs
	}
	for _, today := range days {
		steps := storyFor(t, today)
		first, last := steps[0], steps[len(steps)-1]
		if !first.at.Equal(today.Add(-past)) || today.AddDate(-2, 0, 0).Before(first.at) {
			t.Errorf("the story up to %s begins at %s", today, first.at)
		}
		if !last.at.Equal(today) || last.operation != operationDone {
			t.Errorf("the story up to %s ends at %s with %s", today, last.at, last.operation)
		}
		for i, s := range steps[1:] {
			if !steps[i].at.Before(s.at) {
				t.Errorf("step %d, %q, is at %s, not after %s", i+2, s.comment, s.at, steps[i].at)
			}
			if s.comment == "" || s.caller.Function == "" {
				t.Errorf("step %d lacks a reason or a function: %+v", i+2, s)
			}
		}
		if n := len(steps); n < 600 || n > 750 {
			t.Errorf("the story up to %s has %d steps", today, n)
		}
	}
}

func TestStoryIsTheSameEachTime(t *testing.T) {
	one, other := storyFor(t, someday), storyFor(t, someday)
	if len(one) != len(other) {
		t.Fatalf("%d steps and then %d", len(one), len(other))
	}
	for i := range one {
		x, y := one[i], other[i]
		if x.at != y.at || x.comment != y.comment || x.caller.ID != y.caller.ID {
			t.Fatalf("step %d is %s %q and then %s %q", i+1, x.at, x.comment, y.at, y.comment)
		}
		for n, table := range x.tables() {
			if other := y.tables()[n]; table.ledger.len() != other.ledger.len() {
				t.Errorf("step %d, %q, writes %d rows of %s and then %d", i+1, x.comment, table.ledger.len(), table.name, other.ledger.len())
			}
		}
	}
}

func TestIdentitiesAreUniqueUUIDsOfVersion7AtTheStepsInstant(t *testing.T) {
	seen := map[uuid.UUID]bool{}
	for _, s := range storyFor(t, someday) {
		for _, record := range s.services.added {
			seconds, nanos := record.ID.Time().UnixTime()
			if record.ID.Version() != 7 || record.ID.Variant() != uuid.RFC4122 || !time.Unix(seconds, nanos).Equal(s.at) {
				t.Errorf("%s is no UUID of version 7 at %s", record.ID, s.at)
			}
			if seen[record.ID] {
				t.Errorf("%s is given twice", record.ID)
			}
			seen[record.ID] = true
		}
	}
	if len(seen) < 500 {
		t.Errorf("only %d e-services", len(seen))
	}
}

func TestAddressesAreOfExampleDomains(t *testing.T) {
	example := func(address string) bool {
		host, _, _ := strings.Cut(strings.TrimPrefix(address, "https://"), "/")
		return strings.HasSuffix(host, ".example") || strings.HasSuffix(host, ".example.se")
	}
	for _, s := range storyFor(t, someday) {
		for _, record := range s.services.saved {
			for _, address := range []*string{record.URL, record.AccessibilityStatementURL} {
				if address != nil && !example(*address) {
					t.Errorf("%s has the address %s", record.NameSv, *address)
				}
			}
		}
		for _, m := range s.municipalities.added {
			if m.OepBaseURL != nil && !example(*m.OepBaseURL) {
				t.Errorf("%s has the platform %s", m.NameSv, *m.OepBaseURL)
			}
		}
	}
}

func TestDataNamesOwnersAndParentsThatExist(t *testing.T) {
	files, err := read()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"": true}
	for _, u := range files.units {
		if !known[u.row["parent_key"]] {
			t.Errorf("unit %s stands before its parent %s", u.row["key"], u.row["parent_key"])
		}
		known[u.row["key"]] = true
	}
	b := &book{data: files}
	for scb := range files.placements {
		if _, ok := profiles[scb]; !ok {
			t.Errorf("municipality %s has a placement and no profile", scb)
		}
		for _, s := range files.services {
			if b.ownerOf(&place{scb: scb}, s) == "" {
				t.Errorf("nobody owns %s in %s", s.code, scb)
			}
		}
	}
	for code := range renamed {
		if !hasService(files, code) {
			t.Errorf("there is no service %s to rename", code)
		}
	}
	for code := range seasons {
		if !hasService(files, code) {
			t.Errorf("there is no service %s to have seasons", code)
		}
	}
}

func hasService(files *data, code string) bool {
	for _, s := range files.services {
		if s.code == code {
			return true
		}
	}
	return false
}
