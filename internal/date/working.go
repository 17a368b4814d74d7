package date

import "time"

// Easter gives Easter Sunday of a year of the Gregorian calendar.
func Easter(year int) Date {
	// The algorithm of Meeus, Jones and Butcher.
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return New(year, time.Month(n/31), n%31+1)
}

// yearly is a day of the year on which no time ends by law.
type yearly struct {
	month      time.Month
	day        int
	from, last int // years, the last included; 0 for no bound
}

// fixed are the public holidays (lag (1989:253) om allmänna helgdagar) of one date, and the
// eves that lag (1930:173) om beräkning av lagstadgad tid puts beside them.
var fixed = []yearly{
	{month: time.January, day: 1},          // nyårsdagen
	{month: time.January, day: 6},          // trettondedag jul
	{month: time.May, day: 1},              // första maj
	{month: time.June, day: 6, from: 2005}, // nationaldagen
	{month: time.December, day: 24},        // julafton
	{month: time.December, day: 25},        // juldagen
	{month: time.December, day: 26},        // annandag jul
	{month: time.December, day: 31},        // nyårsafton
}

// moving are those that follow Easter, in days from it. Other holidays are Sundays, or
// like midsommardagen and alla helgons dag Saturdays.
var moving = []struct{ days, from, last int }{
	{days: -2},             // långfredagen
	{days: 1},              // annandag påsk
	{days: 39},             // Kristi himmelsfärds dag
	{days: 50, last: 2004}, // annandag pingst
}

func within(year, from, last int) bool {
	return year >= from && (last == 0 || year <= last)
}

// Working tells whether the date is a day on which a time may end by law: not a Saturday,
// Sunday or other public holiday, and not midsommarafton, julafton or nyårsafton (lag
// (1930:173) om beräkning av lagstadgad tid, 2 §). The holidays are those of the year's own
// law from 1953 on, when midsommar came to its Saturday.
func (d Date) Working() bool {
	year, month, day := d.day.Date()
	switch weekday := d.day.Weekday(); {
	case weekday == time.Saturday, weekday == time.Sunday:
		return false
	case weekday == time.Friday && month == time.June && day >= 19 && day <= 25: // midsommarafton
		return false
	}
	for _, f := range fixed {
		if month == f.month && day == f.day && within(year, f.from, f.last) {
			return false
		}
	}
	easter := Easter(year)
	for _, m := range moving {
		if d == easter.AddDays(m.days) && within(year, m.from, m.last) {
			return false
		}
	}
	return true
}

// NextWorking gives the date itself where it is Working, else the next that is.
func (d Date) NextWorking() Date {
	for !d.Working() {
		d = d.AddDays(1)
	}
	return d
}
