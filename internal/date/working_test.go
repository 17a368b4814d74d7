package date_test

import (
	"slices"
	"testing"
	"time"

	"fardplan/internal/date"
)

func TestEaster(t *testing.T) {
	for year, want := range map[int]string{
		1818: "1818-03-22", 1943: "1943-04-25", 2000: "2000-04-23", 2008: "2008-03-23", 2011: "2011-04-24", 2019: "2019-04-21",
		2024: "2024-03-31", 2025: "2025-04-20", 2026: "2026-04-05", 2027: "2027-03-28", 2038: "2038-04-25", 2049: "2049-04-18", 2076: "2076-04-19", 2106: "2106-04-18",
	} {
		if got := date.Easter(year).String(); got != want {
			t.Errorf("Easter of %d is %s, want %s", year, got, want)
		}
	}
}

// TestWorkingDays holds the days of Monday to Friday on which no time ends by law to the
// calendar of the year.
func TestWorkingDays(t *testing.T) {
	for year, want := range map[int][]string{
		// Whit Monday was a holiday for the last time; the National Day was none yet.
		2004: {"2004-01-01", "2004-01-06", "2004-04-09", "2004-04-12", "2004-05-20", "2004-05-31", "2004-06-25", "2004-12-24", "2004-12-31"},
		2005: {"2005-01-06", "2005-03-25", "2005-03-28", "2005-05-05", "2005-06-06", "2005-06-24", "2005-12-26"},
		2025: {"2025-01-01", "2025-01-06", "2025-04-18", "2025-04-21", "2025-05-01", "2025-05-29", "2025-06-06", "2025-06-20", "2025-12-24", "2025-12-25", "2025-12-26", "2025-12-31"},
		2026: {"2026-01-01", "2026-01-06", "2026-04-03", "2026-04-06", "2026-05-01", "2026-05-14", "2026-06-19", "2026-12-24", "2026-12-25", "2026-12-31"},
		2027: {"2027-01-01", "2027-01-06", "2027-03-26", "2027-03-29", "2027-05-06", "2027-06-25", "2027-12-24", "2027-12-31"},
	} {
		var got []string
		for d := date.New(year, time.January, 1); d.Before(date.New(year+1, time.January, 1)); d = d.AddDays(1) {
			weekday := d.At(12, 0).Weekday()
			if weekend := weekday == time.Saturday || weekday == time.Sunday; weekend && d.Working() {
				t.Errorf("%s is a working day", d)
			} else if !weekend && !d.Working() {
				got = append(got, d.String())
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("in %d no time ends on the weekdays\n%v, want\n%v", year, got, want)
		}
	}
}

func TestNextWorking(t *testing.T) {
	for from, want := range map[string]string{
		"2026-02-24": "2026-02-24",
		"2026-02-28": "2026-03-02", // a Saturday
		"2026-04-03": "2026-04-07", // Good Friday, and all of Easter
		"2026-06-19": "2026-06-22", // midsommarafton
		"2026-12-24": "2026-12-28",
		"2026-12-31": "2027-01-04",
	} {
		d, err := date.Parse(from)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.NextWorking().String(); got != want {
			t.Errorf("a time that would end on %s ends on %s, want %s", from, got, want)
		}
	}
}
