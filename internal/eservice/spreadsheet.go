package eservice

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/history"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/sheet"
	"fardplan/internal/text"
)

// SpreadsheetFile is a list of e-services as a file.
type SpreadsheetFile struct {
	FileName  string // such as e-tjanster-2026-03-16.xlsx
	MediaType string
	Rows      int
	Content   []byte
}

// Export gives a list of e-services, whole, as a spreadsheet: what the caller may see of
// it, with a version that a changed file is compared with when it is taken in again.
// One of more rows than a file holds is LIMITED.
func (s *Service) Export(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, format sheet.Format, in text.Language) (*SpreadsheetFile, error) {
	l, err := s.searched(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	services, err := postgres.Whole[EService](ctx, r, l, sheet.MaxRows+1)
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(services))
	for i, e := range services {
		e.Drafted = f.Drafts
		ids[i] = e.ID
	}
	names, err := s.namesOf(ctx, r, services, in)
	if err != nil {
		return nil, err
	}
	if names.cases, err = s.CasesByID(ctx, r, ids); err != nil {
		return nil, err
	}
	content, err := sheet.Write(format, sheetTable(services, names))
	if err != nil {
		return nil, err
	}
	return &SpreadsheetFile{
		FileName:  names.word("e-tjanster-", "e-services-") + date.Of(s.Journal.DB.Now()).String() + format.Extension(),
		MediaType: format.MediaType(), Rows: len(services), Content: content,
	}, nil
}

// Spreadsheet is a file that is to be taken in.
type Spreadsheet struct {
	Municipality uuid.UUID
	Content      []byte
	// Source is the file's name, which e-services that it registers tell of.
	Source string
	// DefaultOwner is the unit that owns a new e-service whose row names none.
	DefaultOwner *uuid.UUID
	// Comment is what the change is called in the history.
	Comment string
}

// SheetOutcome is what a row does to the catalogue.
type SheetOutcome string

// The outcomes.
const (
	RowNew       SheetOutcome = "NEW"       // it registers an e-service
	RowChanged   SheetOutcome = "CHANGED"   // cells have other values than the file was written with
	RowConflict  SheetOutcome = "CONFLICT"  // a changed cell's field has been changed in the catalogue too: the row is left alone
	RowUnchanged SheetOutcome = "UNCHANGED" // nothing to do
	RowRefused   SheetOutcome = "REFUSED"   // the row is at fault and left alone
)

// SheetCell is a cell whose value differs.
type SheetCell struct {
	Place string // such as B7
	Field string // as in the API
	// Heading is the column's, as the file has it.
	Heading string
	// Before is the catalogue's value and After the file's, as JSON.
	Before, After json.RawMessage
	// Conflict tells that the catalogue's value is another one than the file was written with.
	Conflict bool
	// InDraft tells that the e-service's open draft has the field too.
	InDraft bool
}

// SheetFault is what is wrong with a row, and in which cell.
type SheetFault struct {
	*fault.Error
	Place string // such as B7; empty when it is not of one cell
}

// SheetLine is what one row does.
type SheetLine struct {
	Outcome    SheetOutcome
	Row        int // in the file, from 1
	Name       string
	EServiceID *uuid.UUID // nil for one that is not in the catalogue, or not yet
	Cells      []SheetCell
	Faults     []SheetFault

	record *EService
}

// SheetPlan is what taking a file in would do, or did.
type SheetPlan struct {
	Lines  []SheetLine
	Counts map[SheetOutcome]int
	// Ignored are the headings of columns that the catalogue does not know.
	Ignored []string
	// Fingerprint names what was previewed.
	Fingerprint string
	// Number is the change that took it in; nil for a preview, and where nothing was to be done.
	Number *int64
}

// sheetRows is a file as it was read, before it is compared with the catalogue.
type sheetRows struct {
	grid    *sheet.Grid
	columns []*sheetColumn // by the grid's; nil for one that is not known
	ignored []string
	// language is that of most headings.
	language text.Language
}

// PreviewSpreadsheet tells what taking a file in would do, and changes nothing.
func (s *Service) PreviewSpreadsheet(ctx context.Context, now *postgres.Snapshot, in Spreadsheet) (*SheetPlan, error) {
	if err := s.Policy.Require(ctx, access.Import, in.Municipality); err != nil {
		return nil, err
	}
	rows, err := readRows(in.Content)
	if err != nil {
		return nil, err
	}
	bases, err := rows.bases(ctx, now, in.Municipality)
	if err != nil {
		return nil, err
	}
	return s.planRows(ctx, now, in, rows, bases)
}

// ImportSpreadsheet takes in what a preview has shown, as one change: rows that are at
// fault or in conflict are left alone. When the outcome has become another one since the
// preview it is a CONFLICT. No row, and no cell, that is missing takes anything away.
func (s *Service) ImportSpreadsheet(ctx context.Context, in Spreadsheet, fingerprint string) (*SheetPlan, error) {
	if err := s.Policy.Require(ctx, access.Import, in.Municipality); err != nil {
		return nil, err
	}
	rows, err := readRows(in.Content)
	if err != nil {
		return nil, err
	}
	session := s.Journal.DB.Session()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, err
	}
	bases, err := rows.bases(ctx, now, in.Municipality)
	if err != nil {
		session.Close()
		return nil, err
	}
	plan, err := s.planRows(ctx, now, in, rows, bases)
	session.Close()
	if err != nil {
		return nil, err
	}
	if plan.Fingerprint != fingerprint {
		return nil, sheetChanged()
	}
	if plan.idle() {
		return plan, nil
	}
	err = s.Journal.Write(ctx, "importSpreadsheet", strings.TrimSpace(in.Comment), func(tx *postgres.Tx) (err error) {
		if plan, err = s.planRows(ctx, tx, in, rows, bases); err != nil {
			return err
		}
		if plan.Fingerprint != fingerprint {
			return sheetChanged()
		}
		done, err := plan.write(ctx, tx)
		if err != nil {
			return err
		}
		if done == 0 {
			return errIdle
		}
		plan.count()
		plan.Number = &tx.Number
		return nil
	})
	if errors.Is(err, errIdle) {
		return plan, nil
	}
	return plan, err
}

func sheetChanged() error {
	f := fault.New(fault.Conflict,
		"Det här är inte vad som förhandsgranskades: filen är en annan, eller så har katalogen ändrats sedan dess. Ingenting har lästs in; förhandsgranska igen.",
		"This is not what was previewed: the file is another one, or the catalogue has changed since. Nothing was taken in; preview again.").At("fingerprint")
	f.Rule = "spreadsheet_changed"
	return f
}

// readRows reads a file and finds what its columns are.
func readRows(content []byte) (*sheetRows, error) {
	grid, err := sheet.Read(content)
	if err != nil {
		return nil, err
	}
	rows := &sheetRows{grid: grid, columns: make([]*sheetColumn, len(grid.Header)), language: text.Swedish}
	english, swedish := 0, 0
	first := map[*sheetColumn]int{}
	for i, heading := range grid.Header {
		c, language := columnCalled(heading)
		if c == nil {
			if strings.TrimSpace(heading) != "" {
				rows.ignored = append(rows.ignored, heading)
			}
			continue
		}
		if k, twice := first[c]; twice {
			return nil, fault.Field("content", "sheet_heading_twice",
				fmt.Sprintf("Kolumnerna %s och %s har samma rubrik. Ta bort den ena.", sheet.Place(k, grid.HeaderRow), sheet.Place(i, grid.HeaderRow)),
				fmt.Sprintf("The columns %s and %s have the same heading. Remove one of them.", sheet.Place(k, grid.HeaderRow), sheet.Place(i, grid.HeaderRow)))
		}
		first[c] = i
		rows.columns[i] = c
		switch {
		case c.sv == c.en: // it tells of no language
		case language == text.English:
			english++
		default:
			swedish++
		}
	}
	if rows.place(idColumn) < 0 && rows.place("nameSv") < 0 {
		return nil, fault.Field("content", "sheet_headings",
			"Filen har varken kolumnen Id eller kolumnen Namn, så raderna går inte att känna igen. Utgå från en export; rubrikerna står i den översta raden.",
			"The file has neither a column Id nor a column Name, so that its rows cannot be known. Start from an export; the headings stand in the uppermost row.")
	}
	if english > swedish {
		rows.language = text.English
	}
	return rows, nil
}

// place gives the grid's column of a field, or -1.
func (s *sheetRows) place(field string) int {
	return slices.IndexFunc(s.columns, func(c *sheetColumn) bool { return c != nil && c.field == field })
}

// cell gives the text of a row's field; empty where the file has no such column.
func (s *sheetRows) cell(row sheet.Row, field string) string {
	if place := s.place(field); place >= 0 {
		return strings.TrimSpace(row.Cell(place).Text)
	}
	return ""
}

// rowKey is what a row says it is a version of; id is Nil for none.
func (s *sheetRows) rowKey(row sheet.Row) (id uuid.UUID, version int) {
	if id, err := gid.ID(s.cell(row, idColumn)).As("e_service", idColumn); err == nil {
		version, err := strconv.Atoi(s.cell(row, versionColumn))
		if err != nil || version < 1 {
			version = 0
		}
		return id, version
	}
	return uuid.Nil, 0
}

// sheetBases is what a file was written from.
type sheetBases struct {
	// services are the e-services as the file has them. What a cell holds is compared with
	// them, so that only what somebody has edited in the file is a difference.
	services map[uuid.UUID]*EService
	// called are the names that a municipality, a unit or a shared service has or has had:
	// a file of any age knows them by those.
	called map[uuid.UUID]map[string]bool
}

// bases reads what the rows were written from.
func (s *sheetRows) bases(ctx context.Context, now *postgres.Snapshot, municipality uuid.UUID) (*sheetBases, error) {
	var ids []uuid.UUID
	var versions []int
	seen := map[uuid.UUID]bool{}
	for _, row := range s.grid.Rows {
		// Of an e-service that stands twice the former row counts.
		if id, version := s.rowKey(row); id != uuid.Nil && !seen[id] {
			seen[id] = true
			ids, versions = append(ids, id), append(versions, version)
		}
	}
	found, err := history.AtVersions[EService](ctx, now, "e_service", ids, versions)
	if err != nil {
		return nil, err
	}
	var shared []uuid.UUID
	for id, e := range found {
		if e.MunicipalityID != municipality {
			delete(found, id)
		} else if e.SharedServiceID != nil {
			shared = append(shared, *e.SharedServiceID)
		}
	}
	b := &sheetBases{services: found, called: map[uuid.UUID]map[string]bool{}}
	return b, b.readNames(ctx, now, municipality, shared)
}

// call notes a name of a record.
func (b *sheetBases) call(id uuid.UUID, name string) {
	if b.called[id] == nil {
		b.called[id] = map[string]bool{}
	}
	b.called[id][strings.ToLower(likeWritten(name))] = true
}

// isCalled tells whether a cell has a name that the record has or has had.
func (b *sheetBases) isCalled(id uuid.UUID, cell string) bool {
	return b.called[id][strings.ToLower(likeWritten(cell))]
}

// planRows decides what each row does, as the catalogue is now.
func (s *Service) planRows(ctx context.Context, r postgres.Reader, in Spreadsheet, rows *sheetRows, bases *sheetBases) (*SheetPlan, error) {
	all, err := servicesOf(ctx, r, in.Municipality)
	if err != nil {
		return nil, err
	}
	units, err := unitsOf(ctx, r, in.Municipality)
	if err != nil {
		return nil, err
	}
	if in.DefaultOwner != nil && !units[*in.DefaultOwner] {
		return nil, fault.Field("defaultOwner", "owner_unknown", "Enheten är inte en öppen enhet i kommunen.", "The unit is not an open one of the municipality.")
	}
	names, err := s.names(ctx, r, []uuid.UUID{in.Municipality}, rows.language)
	if err != nil {
		return nil, err
	}
	other := *names
	if other.language = text.English; names.language == text.English {
		other.language = text.Swedish
	}
	w := &rowWork{in: in, rows: rows, bases: bases, names: names, shown: []*sheetNames{names, &other}, live: map[uuid.UUID]*EService{}, called: map[string][]*EService{}, slugs: newSlugs(), rowOf: map[uuid.UUID]int{}, newCalled: map[string]int{}}
	for _, e := range all {
		w.live[e.ID] = e
		w.slugs.taken[e.Slug] = true
		if e.ArchivedAt == nil {
			key := strings.ToLower(e.NameSv)
			w.called[key] = append(w.called[key], e)
		}
	}
	plan := &SheetPlan{Ignored: rows.ignored}
	for _, row := range rows.grid.Rows {
		plan.Lines = append(plan.Lines, w.line(row))
	}
	var records []*EService
	var lines []int
	var before []*EService
	for i, line := range plan.Lines {
		if line.Outcome == RowNew || line.Outcome == RowChanged {
			records, lines = append(records, line.record), append(lines, i)
			// A new one may have any open unit, as it was found.
			before = append(before, cmp.Or(w.live[line.record.ID], line.record))
		}
	}
	broken, err := postgres.Check(ctx, r, "e_service", records, constraints)
	if err != nil {
		return nil, err
	}
	beside, err := s.besideEdited(ctx, r, in.Municipality, before, records)
	if err != nil {
		return nil, err
	}
	for i := range records {
		if faults := append(broken[i], beside[i]...); len(faults) > 0 {
			line := &plan.Lines[lines[i]]
			line.refuse(w.placed(line.Row, faults)...)
		}
	}
	w.checkUnique(plan.Lines)
	plan.count()
	plan.Fingerprint = plan.fingerprint(in)
	return plan, s.markSheetDrafted(ctx, r, plan.Lines)
}

// count sums up the lines.
func (p *SheetPlan) count() {
	p.Counts = map[SheetOutcome]int{}
	for _, line := range p.Lines {
		p.Counts[line.Outcome]++
	}
}

// Differences counts the cells that the plan takes in of e-services that there are.
func (p *SheetPlan) Differences() int {
	n := 0
	for _, line := range p.Lines {
		if line.Outcome == RowChanged {
			n += len(line.Cells)
		}
	}
	return n
}

func (p *SheetPlan) idle() bool { return p.Counts[RowNew]+p.Counts[RowChanged] == 0 }

// fingerprint changes when the file, or what it does, does.
func (p *SheetPlan) fingerprint(in Spreadsheet) string {
	h := sha256.New()
	fmt.Fprintf(h, "%x %v\n", sha256.Sum256(in.Content), in.DefaultOwner)
	for _, line := range p.Lines {
		fmt.Fprintf(h, "%d %s\n", line.Row, line.Outcome)
		for _, cell := range line.Cells {
			fmt.Fprintf(h, "%s %s %s\n", cell.Place, cell.Before, cell.After)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil))[:32]
}

// write keeps what the plan's lines make, and refuses what the database does not take.
func (p *SheetPlan) write(ctx context.Context, tx *postgres.Tx) (int, error) {
	lines := map[*EService]*SheetLine{}
	var added, changed []*EService
	for i := range p.Lines {
		line := &p.Lines[i]
		switch line.Outcome {
		case RowNew:
			added = append(added, line.record)
		case RowChanged:
			changed = append(changed, line.record)
		default:
			continue
		}
		lines[line.record] = line
	}
	refused := func(e *EService, faults fault.List) {
		told := make([]SheetFault, len(faults))
		for i, f := range faults {
			told[i] = SheetFault{Error: f}
		}
		lines[e].refuse(told...)
	}
	saved, err := keepWhatMay(ctx, tx, changed, saveTogether(ctx), refused)
	if err != nil {
		return 0, err
	}
	made, err := keepWhatMay(ctx, tx, added, func(part *postgres.Tx, some []*EService) error {
		return postgres.InsertAll(ctx, part, "e_service", some)
	}, refused)
	for e, line := range lines {
		if line.Outcome == RowNew {
			line.EServiceID = &e.ID
		}
	}
	return saved + made, err
}

func (l *SheetLine) refuse(faults ...SheetFault) {
	l.Outcome, l.Cells, l.record = RowRefused, nil, nil
	l.Faults = append(l.Faults, faults...)
}

// rowWork is what the rows are compared with.
type rowWork struct {
	in     Spreadsheet
	rows   *sheetRows
	names  *sheetNames
	shown  []*sheetNames // in each language
	bases  *sheetBases
	live   map[uuid.UUID]*EService
	called map[string][]*EService // by name in small letters, those that are not archived
	slugs  *slugs

	rowOf     map[uuid.UUID]int // the row that an e-service has had
	newCalled map[string]int    // likewise a name that the catalogue gets
}

func (w *rowWork) fault(row sheet.Row, field string, f *fault.Error) SheetFault {
	told := SheetFault{Error: f.At(field)}
	if place := w.rows.place(field); place >= 0 {
		told.Place = sheet.Place(place, row.Number)
	}
	return told
}

// placed gives faults of a record the cells of their fields.
func (w *rowWork) placed(row int, faults fault.List) []SheetFault {
	told := make([]SheetFault, len(faults))
	for i, f := range faults {
		told[i] = w.fault(sheet.Row{Number: row}, f.Field, f)
	}
	return told
}

// line decides what a row does.
func (w *rowWork) line(row sheet.Row) SheetLine {
	line := SheetLine{Row: row.Number, Name: w.rows.cell(row, "nameSv")}
	given := w.rows.cell(row, idColumn)
	if given == "" {
		w.add(row, &line)
		return line
	}
	id, version := w.rows.rowKey(row)
	e := w.live[id]
	if e == nil {
		line.refuse(w.fault(row, idColumn, fault.Field(idColumn, "row_unknown",
			"Kommunens katalog har ingen e-tjänst med det id:t. Har raden kommit från en annan kommuns export? Töm cellen om e-tjänsten är ny.",
			"The municipality's catalogue has no e-service with that id. Does the row come from another municipality's export? Empty the cell if the e-service is new.")))
		return line
	}
	line.EServiceID = &e.ID
	line.Name = cmp.Or(line.Name, e.NameSv)
	before, twice := w.rowOf[id]
	w.rowOf[id] = row.Number
	base := w.bases.services[id]
	archived := w.fault(row, idColumn, fault.Field(idColumn, "row_archived", "E-tjänsten är arkiverad och ändras inte.", "The e-service is archived and is not changed."))
	switch {
	case twice:
		line.refuse(w.fault(row, idColumn, fault.Field(idColumn, "row_twice",
			fmt.Sprintf("E-tjänsten finns redan på rad %d. Ta bort den ena raden.", before), fmt.Sprintf("The e-service stands on row %d already. Remove one of the rows.", before))))
	case e.ArchivedAt != nil && base == nil:
		line.refuse(archived)
	case base == nil || base.Version != version:
		line.refuse(w.fault(row, versionColumn, fault.Field(versionColumn, "row_version",
			"Raden säger inte vilken version av e-tjänsten den bygger på, så det går inte att se vad som har ändrats i den. Exportera på nytt, utan utkast, och gör ändringarna där.",
			"The row does not say which version of the e-service it builds on, so that it cannot be seen what has been edited. Export anew, without drafts, and edit there.")))
	default:
		w.compare(row, e, base, &line)
		if e.ArchivedAt != nil && line.Outcome != RowUnchanged {
			line.Faults = nil
			line.refuse(archived)
		}
	}
	return line
}

// compare finds the cells that hold another value than the file was written with.
func (w *rowWork) compare(row sheet.Row, e, base *EService, line *SheetLine) {
	was, is := base.values(), e.values()
	next := *e
	line.Outcome = RowUnchanged
	conflict := false
	for i, c := range w.rows.columns {
		if c == nil || c.field == "" || c.field == idColumn || c.field == versionColumn {
			continue
		}
		cell := row.Cell(i)
		if cell.Fault != nil {
			line.Faults = append(line.Faults, w.fault(row, c.field, cell.Fault))
			continue
		}
		if w.asWritten(c, cell.Text, base, was) {
			continue
		}
		if c.kind == readOnly || c.onlyNew {
			if !w.asWritten(c, cell.Text, e, is) {
				line.Faults = append(line.Faults, SheetFault{Error: notTakenIn(c), Place: sheet.Place(i, row.Number)})
			}
			continue
		}
		value, f := c.read(cell.Text, w.names)
		if f != nil {
			line.Faults = append(line.Faults, w.fault(row, c.field, f))
			continue
		}
		column := c.column()
		if record.Alike(value, was[column]) || record.Alike(value, is[column]) {
			continue
		}
		difference := SheetCell{Place: sheet.Place(i, row.Number), Field: c.field, Heading: w.rows.grid.Header[i], Before: is[column], After: value, Conflict: !record.Alike(is[column], was[column])}
		conflict = conflict || difference.Conflict
		line.Cells = append(line.Cells, difference)
		if err := record.Set(&next, column, value); err != nil {
			line.Faults = append(line.Faults, w.fault(row, c.field, c.unreadable()))
		}
	}
	switch {
	case len(line.Faults) > 0:
		line.refuse()
	case conflict:
		line.Outcome = RowConflict
	case len(line.Cells) > 0:
		next.retie(e.OepFamilyID)
		next.fill()
		line.Outcome, line.record = RowChanged, &next
	}
}

// asWritten tells whether a cell holds the text that a file is written with for a record,
// in either language, by any name that what it names has had, and without the letters
// that some programs lose. What is not touched is
// so told without reading it: a text that would be read as another value, such as a
// keyword with a semicolon, is no difference.
func (w *rowWork) asWritten(c *sheetColumn, cell string, e *EService, values record.Values) bool {
	held := likeWritten(cell)
	lossy := strings.Contains(held, "?")
	switch {
	case slices.ContainsFunc(w.shown, func(n *sheetNames) bool {
		written := likeWritten(sheet.Plain(c.show(e, values, n)))
		return held == written || lossy && held == sheet.Narrow(written)
	}):
		return true
	case c.kind == unitName:
		return w.bases.isCalled(e.OwnerUnitID, cell)
	case c.kind == sharedCode:
		return e.SharedServiceID != nil && w.bases.isCalled(*e.SharedServiceID, cell)
	}
	return c.field == municipalityColumn && w.bases.isCalled(e.MunicipalityID, cell)
}

// unreadable is the fault of a value that the field cannot hold, such as a number that is
// too great.
func (c *sheetColumn) unreadable() *fault.Error {
	return fault.Field(c.field, "cell_value", "Värdet går inte att läsa in i kolumnen "+c.sv+".", "The value cannot be taken into the column "+c.en+".")
}

// likeWritten gives a text without what programs change of it: the space around it, and
// which of the two spaces stands in it.
func likeWritten(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\u00a0", " "))
}

func notTakenIn(c *sheetColumn) *fault.Error {
	if c.field == "status" {
		return fault.Field(c.field, "cell_not_taken_in",
			"Statusen ändras med ett steg i e-tjänstens livscykel, inte i ett kalkylblad. Återställ cellen.",
			"The status changes by a step of the e-service's life cycle, not in a spreadsheet. Restore the cell.")
	}
	return fault.Field(c.field, "cell_not_taken_in",
		fmt.Sprintf("Kolumnen %s läses inte in. Återställ cellen, eller töm den om raden är ny.", c.sv),
		fmt.Sprintf("The column %s is not taken in. Restore the cell, or empty it if the row is new.", c.en))
}

// add registers the e-service of a row without an id, unless the catalogue has it.
func (w *rowWork) add(row sheet.Row, line *SheetLine) {
	e := &EService{Row: postgres.Row{ID: uuid.Must(uuid.NewV7())}, MunicipalityID: w.in.Municipality, Status: Idea, Visibility: Public}
	if w.in.DefaultOwner != nil {
		e.OwnerUnitID = *w.in.DefaultOwner
	}
	e.fill()
	given := map[string]json.RawMessage{}
	for i, c := range w.rows.columns {
		if c == nil || c.field == "" || c.field == versionColumn {
			continue
		}
		cell := row.Cell(i)
		place := sheet.Place(i, row.Number)
		switch written := strings.TrimSpace(cell.Text); {
		case cell.Fault != nil:
			line.Faults = append(line.Faults, w.fault(row, c.field, cell.Fault))
		case written == "":
		case c.field == municipalityColumn && w.bases.isCalled(w.in.Municipality, written):
		case c.kind == readOnly:
			line.Faults = append(line.Faults, SheetFault{Error: notTakenIn(c), Place: place})
		default:
			value, f := c.read(written, w.names)
			if f != nil {
				line.Faults = append(line.Faults, w.fault(row, c.field, f))
				continue
			}
			if err := record.Set(e, c.column(), value); err != nil {
				line.Faults = append(line.Faults, w.fault(row, c.field, c.unreadable()))
				continue
			}
			given[c.column()] = value
			line.Cells = append(line.Cells, SheetCell{Place: place, Field: c.field, Heading: w.rows.grid.Header[i], Before: json.RawMessage("null"), After: value})
		}
	}
	line.Name = cmp.Or(e.NameSv, line.Name)
	switch {
	case line.Name == "":
		line.Faults = append(line.Faults, w.fault(row, "nameSv", fault.Field("nameSv", "row_name", "Raden har varken id eller namn. En ny e-tjänst behöver ett namn.", "The row has neither an id nor a name. A new e-service needs a name.")))
	case e.OwnerUnitID == uuid.Nil && w.rows.cell(row, "ownerUnit") == "":
		line.Faults = append(line.Faults, w.fault(row, "ownerUnit", fault.Field("ownerUnit", "owner_missing", "En ny e-tjänst behöver en ägande enhet: skriv den i raden, eller ange en för alla nya.", "A new e-service needs an owning unit: write it in the row, or give one for all new ones.")))
	}
	if len(line.Faults) > 0 {
		line.refuse()
		return
	}
	if known, f := w.known(line, e.Slug, given); f != nil {
		line.refuse(w.fault(row, "nameSv", f))
		return
	} else if known != nil {
		line.Outcome, line.EServiceID, line.Cells = RowUnchanged, &known.ID, nil
		return
	}
	w.newCalled[strings.ToLower(line.Name)] = row.Number
	if e.Slug == "" {
		e.Slug = w.slugs.free(e.NameSv)
	}
	if e.Status != Idea && e.Status != Planned {
		source, reason := cmp.Or(w.in.Source, "Kalkylblad"), "Fanns när kalkylbladet lästes in"
		e.FoundSource, e.FoundReason = &source, &reason
	}
	line.Outcome, line.record = RowNew, e
}

// known gives the e-service that a row without an id is: one of the same name that has
// all that the row says. Any other one of the name is a fault, and so is a second row of
// it, unless the row names a slug of its own.
func (w *rowWork) known(line *SheetLine, slug string, given map[string]json.RawMessage) (*EService, *fault.Error) {
	name := strings.ToLower(line.Name)
	if row, twice := w.newCalled[name]; twice && slug == "" {
		return nil, fault.Field("nameSv", "row_twice",
			fmt.Sprintf("Rad %d är en ny e-tjänst med samma namn. Ta bort den ena raden, eller ge e-tjänsterna olika adressnamn.", row),
			fmt.Sprintf("Row %d is a new e-service of the same name. Remove one of the rows, or give the e-services different slugs.", row))
	}
	for _, e := range w.called[name] {
		if slug != "" && e.Slug != slug {
			continue
		}
		values, same := e.values(), true
		for column, value := range given {
			same = same && record.Alike(values[column], value)
		}
		if same {
			return e, nil
		}
		return nil, fault.Field("nameSv", "row_known",
			"Kommunen har redan en e-tjänst med det namnet, och den har andra uppgifter. Exportera den och ändra i exporten, eller ge den nya ett eget adressnamn.",
			"The municipality has an e-service of that name already, with other values. Export it and edit the export, or give the new one a slug of its own.")
	}
	return nil, nil
}

// checkUnique refuses rows that would have the same slug, or the same number in Open
// ePlatform, as another e-service has, also where that one gives it up in the same file:
// the row that gives it up may be refused in turn.
func (w *rowWork) checkUnique(lines []SheetLine) {
	for _, key := range []struct {
		field, constraint string
		of                func(*EService) string // empty for none
	}{
		{"slug", "e_service_slug_unique", func(e *EService) string { return e.Slug }},
		{"oepFamilyId", "e_service_oep_family_unique", func(e *EService) string {
			if e.OepFamilyID == nil {
				return ""
			}
			return strconv.FormatInt(*e.OepFamilyID, 10)
		}},
	} {
		holders := map[string]uuid.UUID{}
		for _, e := range w.live {
			holders[key.of(e)] = e.ID
		}
		for i := range lines {
			line := &lines[i]
			if line.record == nil || key.of(line.record) == "" {
				continue
			}
			if holder, taken := holders[key.of(line.record)]; taken && holder != line.record.ID {
				line.refuse(w.fault(sheet.Row{Number: line.Row}, key.field, constraints.Fault(key.constraint)))
				continue
			}
			holders[key.of(line.record)] = line.record.ID
		}
	}
}

// markSheetDrafted tells of each difference whether the e-service's open draft has the
// field too: the draft then shows the conflict.
func (s *Service) markSheetDrafted(ctx context.Context, r postgres.Reader, lines []SheetLine) error {
	var services []uuid.UUID
	for _, line := range lines {
		if line.EServiceID != nil && len(line.Cells) > 0 {
			services = append(services, *line.EServiceID)
		}
	}
	open, err := s.OpenDrafts(ctx, r, services)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if line.EServiceID == nil || open[*line.EServiceID] == nil {
			continue
		}
		for i, cell := range line.Cells {
			c, _ := columnCalled(cell.Field)
			_, line.Cells[i].InDraft = open[*line.EServiceID].Changes[c.column()]
		}
	}
	return nil
}
