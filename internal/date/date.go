// Package date is the calendar date, without a time of day, of everything that
// happens on a day in Sweden.
package date

import (
	"database/sql/driver"
	"fmt"
	"io"
	"strconv"
	"time"
	_ "time/tzdata" // Stockholm's rules, also where the machine has none

	"fardplan/internal/fault"
)

// Date is a day of the calendar. The zero Date is 0001-01-01.
type Date struct{ day time.Time }

var stockholm = func() *time.Location {
	l, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		panic(err) // the data is embedded by the import above
	}
	return l
}()

// Sweden gives the time zone of Sweden.
func Sweden() *time.Location { return stockholm }

// Of gives Stockholm's date at an instant.
func Of(t time.Time) Date {
	y, m, d := t.In(stockholm).Date()
	return New(y, m, d)
}

// New makes a date; days and months out of range roll over as in time.Date.
func New(year int, month time.Month, day int) Date {
	return Date{time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// Parse reads a date written YYYY-MM-DD, of the years 1800 to 2200.
func Parse(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date written YYYY-MM-DD", s)
	}
	if t.Year() < 1800 || t.Year() > 2200 {
		return Date{}, fmt.Errorf("%q is not within the years 1800 to 2200", s)
	}
	return Date{t}, nil
}

// String writes the date YYYY-MM-DD.
func (d Date) String() string { return d.day.Format(time.DateOnly) }

// AddDays gives the date n days later, or earlier for a negative n.
func (d Date) AddDays(n int) Date { return Date{d.day.AddDate(0, 0, n)} }

// AddMonths gives the date n months later; a day that the month lacks rolls over.
func (d Date) AddMonths(n int) Date { return Date{d.day.AddDate(0, n, 0)} }

// FirstOfMonth gives the first day of the date's month.
func (d Date) FirstOfMonth() Date { return New(d.day.Year(), d.day.Month(), 1) }

// Month gives the date's month of its year.
func (d Date) Month() time.Month { return d.day.Month() }

// DaysTo counts the days from d to other, negative when that is earlier.
func (d Date) DaysTo(other Date) int { return int(other.day.Sub(d.day).Hours() / 24) }

// Before tells whether d is earlier than other.
func (d Date) Before(other Date) bool { return d.day.Before(other.day) }

// At gives the instant of the clock time hour:minute on the date in Stockholm.
func (d Date) At(hour, minute int) time.Time {
	return time.Date(d.day.Year(), d.day.Month(), d.day.Day(), hour, minute, 0, 0, stockholm).UTC()
}

// Scan reads a date of the database.
func (d *Date) Scan(src any) error {
	t, ok := src.(time.Time)
	if !ok {
		return fmt.Errorf("cannot read %T as a date", src)
	}
	d.day = t
	return nil
}

// Value writes the date for the database.
func (d Date) Value() (driver.Value, error) { return d.day, nil }

// MarshalGQL writes the GraphQL scalar Date.
func (d Date) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(d.String())) }

// UnmarshalGQL reads the GraphQL scalar Date; anything but a date is an INVALID fault
// that says how one is written.
func (d *Date) UnmarshalGQL(v any) error {
	if s, ok := v.(string); ok {
		if parsed, err := Parse(s); err == nil {
			*d = parsed
			return nil
		}
	}
	return fault.Field("", "date",
		"Ett datum skrivs ÅÅÅÅ-MM-DD, till exempel 2026-11-23, åren 1800 till 2200.",
		"A date is written YYYY-MM-DD, such as 2026-11-23, of the years 1800 to 2200.")
}

// MarshalJSON writes the date as text.
func (d Date) MarshalJSON() ([]byte, error) { return []byte(strconv.Quote(d.String())), nil }

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Date) UnmarshalJSON(b []byte) error {
	s, err := strconv.Unquote(string(b))
	if err != nil {
		return fmt.Errorf("a date is written as text, YYYY-MM-DD")
	}
	return d.UnmarshalGQL(s)
}
