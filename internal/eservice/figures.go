package eservice

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/openeplatform"
	"fardplan/internal/postgres"
	"fardplan/internal/roster"
	"fardplan/internal/sheet"
)

// Figures are a municipality's figures of use that are to be taken in: of a spreadsheet,
// or of the platform's statistics.
type Figures struct {
	Municipality uuid.UUID
	// Sheet is a spreadsheet; nil for statistics.
	Sheet []byte
	// Statistics are the platform's, of the whole days From to To, and Flows its list of
	// e-services, which tells which of them a version is of; it may be empty.
	Statistics openeplatform.Statistics
	From, To   date.Date
	Flows      []openeplatform.Flow
	// Overwrite lets the platform's figures take the place of those given by hand.
	Overwrite bool
	// Comment is what the change is called in the history.
	Comment string
}

// FigureLine is what becomes of an e-service's month.
type FigureLine struct {
	Outcome    Outcome // New, Changed, KeptHere (given by hand, and stays), Unchanged or Refused
	Row        int     // in the spreadsheet, from 1; 0 for the platform's
	Name       string  // of the e-service, or what the file has for it
	EServiceID *uuid.UUID
	Month      *date.Date // nil where it could not be read
	Before     *Usage     // nil where there are no figures
	After      *Usage     // nil for a line that is refused
	Faults     []roster.Fault
}

// FigurePlan is what taking figures in would do, or did.
type FigurePlan struct {
	Lines  []FigureLine
	Counts map[Outcome]int
	// Months are the whole months that the statistics cover, or that the spreadsheet has.
	Months []date.Date
	// Ignored are the headings of columns that are not known.
	Ignored []string
	// Fingerprint names what was previewed.
	Fingerprint string
	// Number is the change that took them in; nil for a preview, and where nothing was to be done.
	Number *int64

	given []byte // a digest of what it was made of
}

// mostFigures is how many months of e-services one file may have.
const mostFigures = 250_000

func tooManyFigures() error {
	return fault.New(fault.Limited, "Filen har för många siffror. Dela upp den på kortare perioder; högst 250 000 månader läses in på en gång.", "The file has too many figures. Split it into shorter periods; at most 250,000 months are taken in at once.")
}

// PreviewFigures tells what taking figures in would do, and changes nothing.
func (s *Service) PreviewFigures(ctx context.Context, r postgres.Reader, in Figures) (*FigurePlan, error) {
	if err := s.Policy.Require(ctx, access.ImportUsage, in.Municipality); err != nil {
		return nil, err
	}
	return s.planFigures(ctx, r, in, date.Of(s.Journal.DB.Now()))
}

// ImportFigures takes in what a preview has shown, as one change. When the outcome has
// become another one since it is a CONFLICT. Figures that a file lacks stay.
func (s *Service) ImportFigures(ctx context.Context, in Figures, fingerprint string) (*FigurePlan, error) {
	if err := s.Policy.Require(ctx, access.ImportUsage, in.Municipality); err != nil {
		return nil, err
	}
	var plan *FigurePlan
	err := s.Journal.Write(ctx, "importUsage", strings.TrimSpace(in.Comment), func(tx *postgres.Tx) (err error) {
		if plan, err = s.planFigures(ctx, tx, in, date.Of(tx.At)); err != nil {
			return err
		}
		if plan.Fingerprint != fingerprint {
			f := fault.New(fault.Conflict,
				"Det här är inte vad som förhandsgranskades: filen är en annan, eller så har siffrorna här ändrats sedan dess. Ingenting har lästs in; förhandsgranska igen.",
				"This is not what was previewed: the file is another one, or the figures here have changed since. Nothing was taken in; preview again.").At("fingerprint")
			f.Rule = "usage_changed"
			return f
		}
		var added, changed []*Usage
		for _, l := range plan.Lines {
			switch l.Outcome {
			case New:
				added = append(added, l.After)
			case Changed:
				changed = append(changed, l.After)
			}
		}
		if len(added)+len(changed) == 0 {
			return errIdle
		}
		if err := postgres.InsertAll(ctx, tx, "e_service_usage", added); err != nil {
			return constraints.Explain(err)
		}
		if err := postgres.SaveTogether(ctx, tx, "e_service_usage", changed); err != nil {
			return constraints.Explain(err)
		}
		plan.Number = &tx.Number
		return nil
	})
	if errors.Is(err, errIdle) {
		return plan, nil
	}
	return plan, err
}

// planFigures decides what becomes of each month, as the figures are now.
func (s *Service) planFigures(ctx context.Context, r postgres.Reader, in Figures, today date.Date) (*FigurePlan, error) {
	services, err := servicesOf(ctx, r, in.Municipality)
	if err != nil {
		return nil, err
	}
	w := &figureWork{today: today, byID: map[uuid.UUID]*EService{}, bySlug: map[string]*EService{}, byFamily: map[int64]*EService{}, byName: map[string][]*EService{}, given: map[monthOf]int{}}
	for _, e := range services {
		if e.ArchivedAt != nil {
			continue
		}
		w.byID[e.ID], w.bySlug[e.Slug] = e, e
		if e.OepFamilyID != nil {
			w.byFamily[*e.OepFamilyID] = e
		}
		name := strings.ToLower(e.NameSv)
		w.byName[name] = append(w.byName[name], e)
	}
	p := &FigurePlan{}
	if in.Sheet != nil {
		err = w.sheet(in.Sheet, p)
	} else {
		err = w.statistics(in, p)
	}
	if err != nil {
		return nil, err
	}
	if len(p.Lines) > mostFigures {
		return nil, tooManyFigures()
	}
	if err := s.compareFigures(ctx, r, in, p); err != nil {
		return nil, err
	}
	p.finish()
	return p, nil
}

// compareFigures sets what each line does beside the figures that there are.
func (s *Service) compareFigures(ctx context.Context, r postgres.Reader, in Figures, p *FigurePlan) error {
	months := map[date.Date]bool{}
	for _, l := range p.Lines {
		if l.After != nil {
			months[l.After.Month] = true
		}
	}
	known, err := usageIn(ctx, r, in.Municipality, slices.Collect(maps.Keys(months)))
	if err != nil {
		return err
	}
	here := make(map[monthOf]*Usage, len(known))
	for _, u := range known {
		here[monthOf{u.EServiceID, u.Month}] = u
	}
	var written []*Usage
	var lines []int
	for i := range p.Lines {
		l := &p.Lines[i]
		if l.After == nil {
			continue
		}
		l.After.MunicipalityID = in.Municipality
		l.Before = here[monthOf{l.After.EServiceID, l.After.Month}]
		switch before := l.Before; {
		case before == nil:
			l.Outcome, l.After.ID = New, uuid.Must(uuid.NewV7())
		default:
			l.After.Row = before.Row
			// What a file does not tell stays.
			l.After.DigitalShare = cmp.Or(l.After.DigitalShare, before.DigitalShare)
			l.After.Satisfaction = cmp.Or(l.After.Satisfaction, before.Satisfaction)
			l.After.AbandonRate = cmp.Or(l.After.AbandonRate, before.AbandonRate)
			switch {
			case l.After.Cases == before.Cases && same(l.After.DigitalShare, before.DigitalShare) && same(l.After.Satisfaction, before.Satisfaction) && same(l.After.AbandonRate, before.AbandonRate):
				l.Outcome = Unchanged
			case before.Source == ByHand && l.After.Source == FromPlatform && !in.Overwrite:
				l.Outcome = KeptHere
			default:
				l.Outcome = Changed
			}
		}
		if l.Outcome == New || l.Outcome == Changed {
			written, lines = append(written, l.After), append(lines, i)
		}
	}
	broken, err := postgres.Check(ctx, r, "e_service_usage", written, constraints)
	for i, faults := range broken {
		l := &p.Lines[lines[i]]
		for _, f := range faults {
			l.Faults = append(l.Faults, roster.Fault{Error: f})
		}
		l.Outcome, l.After = Refused, nil
	}
	return err
}

func same(a, b *float64) bool { return a == b || a != nil && b != nil && *a == *b }

// finish counts the lines and names what they are.
func (p *FigurePlan) finish() {
	p.Counts = map[Outcome]int{}
	months := map[date.Date]bool{}
	h := sha256.New()
	_, _ = h.Write(p.given)
	for _, l := range p.Lines {
		p.Counts[l.Outcome]++
		fmt.Fprintf(h, "%d %s %v", l.Row, l.Outcome, l.EServiceID)
		if l.After != nil {
			fmt.Fprintf(h, " %s %d", l.After.Month, l.After.Cases)
		}
		if l.Before != nil {
			fmt.Fprintf(h, " %d", l.Before.Version)
		}
		fmt.Fprintln(h)
		if l.Month != nil {
			months[*l.Month] = true
		}
	}
	if p.Months == nil {
		p.Months = slices.SortedFunc(maps.Keys(months), func(a, b date.Date) int { return strings.Compare(a.String(), b.String()) })
	}
	p.Fingerprint = fmt.Sprintf("%x", h.Sum(nil))[:32]
}

// monthOf is an e-service's month.
type monthOf struct {
	service uuid.UUID
	month   date.Date
}

// figureWork is what a file is held against.
type figureWork struct {
	today    date.Date
	byID     map[uuid.UUID]*EService
	bySlug   map[string]*EService
	byFamily map[int64]*EService
	byName   map[string][]*EService // in small letters
	given    map[monthOf]int        // the row that a month stands on
}

// statistics counts the platform's matters by e-service and whole month. What is of days
// that are not all there, or of the month under way, is not a month's figure.
func (w *figureWork) statistics(in Figures, p *FigurePlan) error {
	if in.To.Before(in.From) {
		return fault.Field("to", "usage_period", "Perioden slutar innan den börjar.", "The period ends before it begins.")
	}
	last := in.To
	if !last.Before(w.today) {
		last = w.today.AddDays(-1)
	}
	p.Months = []date.Date{}
	month := in.From.FirstOfMonth()
	if month.Before(in.From) {
		month = month.AddMonths(1)
	}
	covered := map[date.Date]bool{}
	for ; !last.Before(month.AddMonths(1).AddDays(-1)); month = month.AddMonths(1) {
		p.Months = append(p.Months, month)
		covered[month] = true
	}
	if len(p.Months) == 0 || len(p.Months) > mostMonths {
		return fault.Field("to", "usage_months",
			fmt.Sprintf("Perioden ska omfatta 1 till %d hela månader som har gått ut. Hämta statistiken från den första dagen i en månad till den sista i en.", mostMonths),
			fmt.Sprintf("The period is to hold 1 to %d whole months that have ended. Fetch the statistics from the first day of a month to the last of one.", mostMonths))
	}
	families := map[int64]int64{}
	for _, f := range in.Flows {
		families[f.VersionID] = f.FamilyID
	}
	type flow struct{ family, version int64 }
	cases := map[flow]map[date.Date]int{}
	for key, n := range in.Statistics.Submitted {
		f := flow{family: key.FamilyID}
		if f.family == 0 {
			f.family = families[key.VersionID]
		}
		if f.family == 0 && w.byFamily[key.VersionID] != nil && w.byFamily[key.VersionID].OepUnstableKey {
			f.family = key.VersionID
		}
		if f.family == 0 {
			f.version = key.VersionID
		}
		if cases[f] == nil {
			cases[f] = map[date.Date]int{}
		}
		if covered[key.Month] {
			cases[f][key.Month] += n
		}
	}
	// A flow of the platform's list without matters had none.
	for _, f := range in.Flows {
		if key := (flow{family: f.FamilyID}); w.byFamily[f.FamilyID] != nil && cases[key] == nil {
			cases[key] = map[date.Date]int{}
		}
	}
	for _, f := range slices.SortedFunc(maps.Keys(cases), func(a, b flow) int { return cmp.Or(cmp.Compare(a.family, b.family), cmp.Compare(a.version, b.version)) }) {
		e := w.byFamily[f.family]
		if f.family == 0 || e == nil {
			p.Lines = append(p.Lines, unknownFlow(f.family, f.version))
			continue
		}
		for _, month := range p.Months {
			if e.LaunchedOn != nil && month.Before(e.LaunchedOn.FirstOfMonth()) && cases[f][month] == 0 {
				continue // it was not there
			}
			p.Lines = append(p.Lines, FigureLine{Name: e.NameSv, EServiceID: &e.ID, Month: &month, After: &Usage{EServiceID: e.ID, Month: month, Cases: cases[f][month], Source: FromPlatform}})
		}
	}
	for _, row := range in.Statistics.Faults {
		line := FigureLine{Outcome: Refused, Row: row.Position}
		for _, f := range row.Faults {
			line.Faults = append(line.Faults, roster.Fault{Error: f})
		}
		p.Lines = append(p.Lines, line)
	}
	p.given = fmt.Appendf(nil, "%s %s %v", in.From, in.To, in.Overwrite)
	return nil
}

func unknownFlow(family, version int64) FigureLine {
	name := strconv.FormatInt(family, 10)
	f := fault.Field("eService", "flow_unknown",
		fmt.Sprintf("Katalogen har ingen e-tjänst med numret %d i plattformen. Läs in den först, eller ange numret på e-tjänsten.", family),
		fmt.Sprintf("The catalogue has no e-service with the number %d on the platform. Import it first, or give the e-service the number.", family))
	if family == 0 {
		name = strconv.FormatInt(version, 10)
		f = fault.Field("eService", "flow_version",
			fmt.Sprintf("Statistiken anger bara versionen %d. Ange också plattformens lista över e-tjänster (getflows), som säger vilken e-tjänst den hör till.", version),
			fmt.Sprintf("The statistics tell the version %d only. Give the platform's list of e-services (getflows) too, which says which e-service it belongs to.", version))
	}
	return FigureLine{Outcome: Refused, Name: name, Faults: []roster.Fault{{Error: f}}}
}

// Columns of a spreadsheet of figures, by heading in small letters.
var figureColumns = map[string]string{
	"id": "id", "adressnamn": "slug", "slug": "slug", "namn": "name", "e-tjänst": "name", "name": "name", "e-service": "name",
	"nummer i open eplatform": "family", "number in open eplatform": "family", "familj": "family", "flowfamilyid": "family",
	"månad": "month", "period": "month", "month": "month", "ärenden": "cases", "antal": "cases", "antal ärenden": "cases", "cases": "cases",
	"digital andel": "digitalShare", "digital share": "digitalShare", "nöjdhet": "satisfaction", "satisfaction": "satisfaction",
	"andel avbrutna": "abandonRate", "abandon rate": "abandonRate",
}

// figureSheet is a spreadsheet of figures: a row for each month, or a column for each.
type figureSheet struct {
	grid   *sheet.Grid
	places map[string]int
	months map[int]date.Date // by column
}

func readFigures(content []byte) (*figureSheet, []string, error) {
	grid, err := sheet.Read(content)
	if err != nil {
		return nil, nil, err
	}
	f := &figureSheet{grid: grid, places: map[string]int{}, months: map[int]date.Date{}}
	var ignored []string
	for i, heading := range grid.Header {
		heading = strings.Join(strings.Fields(heading), " ")
		if field, known := figureColumns[strings.ToLower(heading)]; known {
			if before, twice := f.places[field]; twice {
				return nil, nil, fault.Field("content", "sheet_heading_twice",
					fmt.Sprintf("Kolumnerna %s och %s säger samma sak. Ta bort den ena.", sheet.Place(before, grid.HeaderRow), sheet.Place(i, grid.HeaderRow)),
					fmt.Sprintf("The columns %s and %s say the same. Remove one of them.", sheet.Place(before, grid.HeaderRow), sheet.Place(i, grid.HeaderRow)))
			}
			f.places[field] = i
		} else if month, ok := monthNamed(heading); ok {
			f.months[i] = month
		} else if heading != "" {
			ignored = append(ignored, heading)
		}
	}
	_, id := f.places["id"]
	_, slug := f.places["slug"]
	_, name := f.places["name"]
	_, family := f.places["family"]
	_, month := f.places["month"]
	_, cases := f.places["cases"]
	if !(id || slug || name || family) || !(month && cases || len(f.months) > 0) {
		return nil, nil, fault.Field("content", "usage_headings",
			"Filen behöver en kolumn som säger vilken e-tjänst det är (Id, Adressnamn, Nummer i Open ePlatform eller Namn), och kolumnerna Månad och Ärenden eller en kolumn för varje månad, som 2026-01.",
			"The file needs a column that says which e-service it is (Id, Slug, Number in Open ePlatform or Name), and the columns Month and Cases or one column for each month, such as 2026-01.")
	}
	return f, ignored, nil
}

// monthNames are the months as people write them, by their first three letters.
var monthNames = map[string]int{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "maj": 5, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "dec": 12}

// inDigits is a month in digits, and named one by its name.
var (
	inDigits = regexp.MustCompile(`^(\d{4})-(\d{2})(?:-01)?$|^(2\d{3})(\d{2})$`)
	named    = regexp.MustCompile(`^([a-z]{3})[a-z]*[-.’' ]+(\d{4}|\d{2})$`)
)

// monthNamed reads a month: 2026-01, 2026-01-01, 202601, jan 2026 or jan-26.
func monthNamed(text string) (date.Date, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	year, month := "", 0
	if m := inDigits.FindStringSubmatch(text); m != nil {
		year = m[1] + m[3]
		month, _ = strconv.Atoi(m[2] + m[4])
	} else if m := named.FindStringSubmatch(text); m != nil {
		year, month = m[2], monthNames[m[1]]
		if len(year) == 2 {
			year = "20" + year
		}
	}
	if year < "1990" || year > "2100" || month < 1 || month > 12 {
		return date.Date{}, false
	}
	d, err := date.Parse(fmt.Sprintf("%s-%02d-01", year, month))
	return d, err == nil
}

// sheet reads the rows of a spreadsheet.
func (w *figureWork) sheet(content []byte, p *FigurePlan) error {
	f, ignored, err := readFigures(content)
	if err != nil {
		return err
	}
	p.Ignored = ignored
	digest := sha256.Sum256(content)
	p.given = digest[:]
	columns := slices.Sorted(maps.Keys(f.months))
	for _, row := range f.grid.Rows {
		if len(p.Lines) > mostFigures {
			return tooManyFigures()
		}
		e, name, wrong := w.service(f, row)
		if e == nil {
			p.Lines = append(p.Lines, FigureLine{Outcome: Refused, Row: row.Number, Name: name, Faults: []roster.Fault{wrong}})
			continue
		}
		for _, i := range columns {
			if strings.TrimSpace(row.Cell(i).Text) == "" && row.Cell(i).Fault == nil {
				continue // a month without a figure says nothing
			}
			p.Lines = append(p.Lines, w.line(f, row, e, f.months[i], i))
		}
		if place, long := f.places["month"]; long {
			if month, ok := monthNamed(row.Cell(place).Text); ok {
				p.Lines = append(p.Lines, w.line(f, row, e, month, f.places["cases"]))
			} else {
				line := FigureLine{Row: row.Number, Name: e.NameSv, EServiceID: &e.ID}
				line.refuse(sheet.Place(place, row.Number), fault.Field("month", "month", "Skriv månaden som 2026-01.", "Write the month as 2026-01."))
				p.Lines = append(p.Lines, line)
			}
		}
	}
	return nil
}

func (l *FigureLine) refuse(place string, f *fault.Error) {
	l.Outcome, l.After = Refused, nil
	l.Faults = append(l.Faults, roster.Fault{Error: f, Place: place})
}

// service finds the e-service of a row by the first of its columns that says one.
func (w *figureWork) service(f *figureSheet, row sheet.Row) (e *EService, name string, wrong roster.Fault) {
	given := func(field string) string {
		if place, there := f.places[field]; there {
			return strings.TrimSpace(row.Cell(place).Text)
		}
		return ""
	}
	name = cmp.Or(given("name"), given("slug"), given("family"), given("id"))
	tell := func(field, rule, sv, en string) (*EService, string, roster.Fault) {
		return nil, name, roster.Fault{Error: fault.Field("eService", rule, sv, en), Place: sheet.Place(f.places[field], row.Number)}
	}
	unknown := func(field string) (*EService, string, roster.Fault) {
		return tell(field, "service_unknown", "Kommunens katalog har ingen sådan e-tjänst.", "The municipality's catalogue has no such e-service.")
	}
	switch {
	case given("id") != "":
		id, err := gid.ID(given("id")).As("e_service", "id")
		if e = w.byID[id]; err != nil || e == nil {
			return unknown("id")
		}
	case given("slug") != "":
		if e = w.bySlug[strings.ToLower(given("slug"))]; e == nil {
			return unknown("slug")
		}
	case given("family") != "":
		family, err := strconv.ParseInt(given("family"), 10, 64)
		if e = w.byFamily[family]; err != nil || e == nil {
			return unknown("family")
		}
	case given("name") != "":
		called := w.byName[strings.ToLower(given("name"))]
		if len(called) > 1 {
			return tell("name", "service_ambiguous", "Flera e-tjänster har det namnet. Ange adressnamnet i stället.", "Several e-services have that name. Give the slug instead.")
		}
		if len(called) == 0 {
			return unknown("name")
		}
		e = called[0]
	default:
		return nil, name, roster.Fault{Error: fault.Field("eService", "service_missing", "Raden säger inte vilken e-tjänst det är.", "The row does not say which e-service it is.")}
	}
	return e, name, wrong
}

// line reads a month's figures, with its cases in a column.
func (w *figureWork) line(f *figureSheet, row sheet.Row, e *EService, month date.Date, cases int) FigureLine {
	line := FigureLine{Row: row.Number, Name: e.NameSv, EServiceID: &e.ID, Month: &month, After: &Usage{EServiceID: e.ID, Month: month, Source: ByHand}}
	after, place := line.After, sheet.Place(cases, row.Number)
	key := monthOf{e.ID, month}
	before, twice := w.given[key]
	w.given[key] = row.Number
	if twice {
		line.refuse(place, fault.Field("month", "month_twice",
			fmt.Sprintf("Månaden står redan på rad %d.", before), fmt.Sprintf("The month stands on row %d already.", before)))
	}
	if w.today.FirstOfMonth().Before(month) {
		line.refuse(place, fault.Field("month", "month_future", "Månaden har inte börjat än.", "The month has not begun yet."))
	}
	if cell := row.Cell(cases); cell.Fault != nil {
		line.refuse(place, cell.Fault.At("cases"))
	} else if n, err := strconv.ParseInt(spaceless(cell.Text), 10, 32); err != nil {
		line.refuse(place, fault.Field("cases", "cases", "Skriv antalet ärenden som ett heltal.", "Write the number of cases as a whole number."))
	} else {
		after.Cases = int(n)
	}
	if len(f.months) > 0 {
		return line
	}
	for field, into := range map[string]**float64{"digitalShare": &after.DigitalShare, "satisfaction": &after.Satisfaction, "abandonRate": &after.AbandonRate} {
		at, there := f.places[field]
		if there && row.Cell(at).Fault != nil {
			line.refuse(sheet.Place(at, row.Number), row.Cell(at).Fault.At(field))
			continue
		}
		if !there || strings.TrimSpace(row.Cell(at).Text) == "" {
			continue
		}
		value, ok := decimal(row.Cell(at).Text)
		if !ok {
			line.refuse(sheet.Place(at, row.Number), fault.Field(field, "decimal", "Skriv ett tal, som 0,75 eller 75 %.", "Write a number, such as 0.75 or 75 %."))
			continue
		}
		*into = &value
	}
	return line
}

// spaceless takes away the spaces that part thousands.
func spaceless(text string) string {
	return strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "").Replace(strings.TrimSpace(text))
}

// decimal reads a number with a decimal comma or point; 75 % is 0.75.
func decimal(text string) (float64, bool) {
	text = spaceless(text)
	number, percent := strings.CutSuffix(strings.Replace(text, ",", ".", 1), "%")
	if percent {
		number += "e-2" // a division would make 33.3 % into 0.33299999999999996
	}
	value, err := strconv.ParseFloat(number, 64)
	return value, err == nil && math.Abs(value) < 1e6 // which NaN is not
}

// IsStatistics tells a document of XML from a spreadsheet by its first bytes.
func IsStatistics(content []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(content, []byte("\xEF\xBB\xBF")), " \t\r\n"), []byte("<"))
}
