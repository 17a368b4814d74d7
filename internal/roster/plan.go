package roster

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/history"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/sheet"
	"fardplan/internal/text"
)

// rows is a file as it was read, before it is compared with the register.
type rows[T any] struct {
	grid    *sheet.Grid
	columns []*Column[T] // by the grid's; nil for one that is not known
	ignored []string
	// language is that of most headings.
	language text.Language
}

// errIdle ends a write that has nothing to do.
var errIdle = errors.New("nothing is left to do")

// require refuses who may not take a file in: it takes the right to the action, and to
// read, since what the file would do tells what the records hold.
func (k Roster[T, P]) require(ctx context.Context, municipality uuid.UUID) error {
	if err := k.Keeper.Policy.Require(ctx, k.Action, municipality); err != nil {
		return err
	}
	return k.Keeper.Policy.RequireReading(ctx)
}

// Preview tells what taking a file in would do, and changes nothing.
func (k Roster[T, P]) Preview(ctx context.Context, now *postgres.Snapshot, in Spreadsheet) (*Plan, error) {
	if err := k.require(ctx, in.Municipality); err != nil {
		return nil, err
	}
	w, err := k.begin(ctx, now, in)
	if err != nil {
		return nil, err
	}
	p, err := w.plan(ctx, now)
	if err != nil {
		return nil, err
	}
	return p.Plan, nil
}

// Import takes in what a preview has shown, as one change: rows that are at fault or in
// conflict are left alone. When the outcome has become another one since the preview it is
// a CONFLICT. No row, and no cell, that is missing takes anything away.
func (k Roster[T, P]) Import(ctx context.Context, in Spreadsheet, fingerprint string) (*Plan, error) {
	if err := k.require(ctx, in.Municipality); err != nil {
		return nil, err
	}
	session := k.Keeper.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, err
	}
	w, err := k.begin(ctx, now, in)
	if err != nil {
		return nil, err
	}
	p, err := w.plan(ctx, now)
	if err != nil {
		return nil, err
	}
	session.Close()
	if p.Fingerprint != fingerprint {
		return nil, changedSince()
	}
	if p.Counts[New]+p.Counts[Changed] == 0 {
		return p.Plan, nil
	}
	err = k.Keeper.Journal.Write(ctx, importOperation, strings.TrimSpace(in.Comment), func(tx *postgres.Tx) (err error) {
		if p, err = w.plan(ctx, tx); err != nil {
			return err
		}
		if p.Fingerprint != fingerprint {
			return changedSince()
		}
		done, err := p.write(ctx, tx)
		if err != nil {
			return err
		}
		if done == 0 {
			return errIdle
		}
		p.count()
		p.Number = &tx.Number
		return nil
	})
	if err != nil && !errors.Is(err, errIdle) {
		return nil, err
	}
	return p.Plan, nil
}

func changedSince() error {
	f := fault.New(fault.Conflict,
		"Det här är inte vad som förhandsgranskades: filen är en annan, eller så har uppgifterna ändrats sedan dess. Ingenting har lästs in; förhandsgranska igen.",
		"This is not what was previewed: the file is another one, or the records have changed since. Nothing was taken in; preview again.").At("fingerprint")
	f.Rule = "spreadsheet_changed"
	return f
}

// readRows reads a file and finds what its columns are.
func readRows[T any](columns []Column[T], name string, content []byte) (*rows[T], error) {
	grid, err := sheet.Read(content)
	if err != nil {
		return nil, err
	}
	s := &rows[T]{grid: grid, columns: make([]*Column[T], len(grid.Header)), language: text.Swedish}
	english, swedish := 0, 0
	first := map[*Column[T]]int{}
	for i, heading := range grid.Header {
		c, language := called(columns, heading)
		if c == nil {
			if strings.TrimSpace(heading) != "" {
				s.ignored = append(s.ignored, heading)
			}
			continue
		}
		if k, twice := first[c]; twice {
			return nil, fault.Field("content", "sheet_heading_twice",
				fmt.Sprintf("Kolumnerna %s och %s har samma rubrik. Ta bort den ena.", sheet.Place(k, grid.HeaderRow), sheet.Place(i, grid.HeaderRow)),
				fmt.Sprintf("The columns %s and %s have the same heading. Remove one of them.", sheet.Place(k, grid.HeaderRow), sheet.Place(i, grid.HeaderRow)))
		}
		first[c] = i
		s.columns[i] = c
		switch {
		case c.Sv == c.En: // it tells of no language
		case language == text.English:
			english++
		default:
			swedish++
		}
	}
	if s.place(idColumn) < 0 && s.place(name) < 0 {
		c := columnOf(columns, name)
		return nil, fault.Field("content", "sheet_headings",
			fmt.Sprintf("Filen har varken kolumnen Id eller kolumnen %s, så raderna går inte att känna igen. Utgå från en export; rubrikerna står i den översta raden.", c.Sv),
			fmt.Sprintf("The file has neither a column Id nor a column %s, so that its rows cannot be known. Start from an export; the headings stand in the uppermost row.", c.En))
	}
	if english > swedish {
		s.language = text.English
	}
	return s, nil
}

// columnOf gives the column of a field, which there is.
func columnOf[T any](columns []Column[T], field string) *Column[T] {
	return &columns[slices.IndexFunc(columns, func(c Column[T]) bool { return c.Field == field })]
}

// place gives the grid's column of a field, or -1.
func (s *rows[T]) place(field string) int {
	return slices.IndexFunc(s.columns, func(c *Column[T]) bool { return c != nil && c.Field == field })
}

// cell gives the text of a row's field; empty where the file has no such column.
func (s *rows[T]) cell(row sheet.Row, field string) string {
	if place := s.place(field); place >= 0 {
		return strings.TrimSpace(row.Cell(place).Text)
	}
	return ""
}

// key is what a row says it is a version of; id is Nil for none.
func (s *rows[T]) key(row sheet.Row, table string) (id uuid.UUID, version int) {
	if id, err := gid.ID(s.cell(row, idColumn)).As(table, idColumn); err == nil {
		version, err := strconv.Atoi(s.cell(row, versionColumn))
		if err != nil || version < 1 {
			version = 0
		}
		return id, version
	}
	return uuid.Nil, 0
}

// work is a file that is to be taken in, with what it was written from. What a cell holds
// is compared with that, so that only what somebody has edited in the file is a difference.
type work[T any, P record.Pointer[T]] struct {
	Roster[T, P]
	in    Spreadsheet
	rows  *rows[T]
	bases map[uuid.UUID]*T
	// called are the names that records have or have had: a file of any age knows them by
	// those.
	called map[uuid.UUID]map[string]bool
}

// begin reads a file, and what its rows were written from.
func (k Roster[T, P]) begin(ctx context.Context, now *postgres.Snapshot, in Spreadsheet) (*work[T, P], error) {
	s, err := readRows(k.Columns, k.Name, in.Content)
	if err != nil {
		return nil, err
	}
	var ids []uuid.UUID
	var versions []int
	seen := map[uuid.UUID]bool{}
	for _, row := range s.grid.Rows {
		// Of a record that stands twice the former row counts.
		if id, version := s.key(row, k.Kind.Table); id != uuid.Nil && !seen[id] {
			seen[id] = true
			ids, versions = append(ids, id), append(versions, version)
		}
	}
	found, err := history.AtVersions[T, P](ctx, now, k.Kind.Table, ids, versions)
	if err != nil {
		return nil, err
	}
	var all []record.Values
	for id, one := range found {
		if k.Kind.Owner(one) != in.Municipality {
			delete(found, id)
			continue
		}
		all = append(all, record.ValuesOf(one))
	}
	w := &work[T, P]{Roster: k, in: in, rows: s, bases: found, called: map[uuid.UUID]map[string]bool{}}
	for _, ref := range k.references() {
		known, err := ref.Ever(ctx, now, in.Municipality, referred(k.Columns, ref.Table, all))
		if err != nil {
			return nil, err
		}
		for _, one := range known {
			if w.called[one.ID] == nil {
				w.called[one.ID] = map[string]bool{}
			}
			for _, name := range one.Means {
				w.called[one.ID][strings.ToLower(likeWritten(name))] = true
			}
		}
	}
	return w, nil
}

// isCalled tells whether a cell has a name that the record has or has had.
func (w *work[T, P]) isCalled(id uuid.UUID, cell string) bool {
	return w.called[id][strings.ToLower(likeWritten(cell))]
}

// planned is what the rows do, as the register is now, with the records that they make.
type planned[T any, P record.Pointer[T]] struct {
	*Plan
	*work[T, P]
	records []*T // of each line; nil where it does nothing
	names   *Names
	shown   []*Names // in each language
	live    map[uuid.UUID]*T
	known   map[string][]*T // by key, those that are not archived
	// complete completes a new record; may be nil.
	complete func(P)

	rowOf map[uuid.UUID]int     // the row that a record has had
	added map[string][]rowed[T] // likewise the rows of new ones, by key
}

// rowed is a new record with its row.
type rowed[T any] struct {
	row    int
	record *T
}

// plan decides what each row does, as the register is now.
func (w *work[T, P]) plan(ctx context.Context, r postgres.Reader) (*planned[T, P], error) {
	all, err := w.Kind.Of(ctx, w.Keeper, r, []uuid.UUID{w.in.Municipality}, nil)
	if err != nil {
		return nil, err
	}
	held := make([]record.Values, 0, len(w.bases))
	for _, base := range w.bases {
		held = append(held, record.ValuesOf(base))
	}
	p := &planned[T, P]{
		Plan: &Plan{Ignored: w.rows.ignored}, work: w, live: map[uuid.UUID]*T{}, known: map[string][]*T{}, rowOf: map[uuid.UUID]int{}, added: map[string][]rowed[T]{},
	}
	for _, one := range all {
		p.live[P(one).Base().ID] = one
		if !isArchived(one) {
			key := w.Key(one)
			p.known[key] = append(p.known[key], one)
		}
		if _, written := w.bases[P(one).Base().ID]; written {
			held = append(held, record.ValuesOf(one))
		}
	}
	if p.names, err = w.Roster.names(ctx, r, []uuid.UUID{w.in.Municipality}, held, w.rows.language); err != nil {
		return nil, err
	}
	if owner := w.in.DefaultOwner; owner != nil && !p.names.open(Units.Table, *owner) {
		return nil, fault.Field("defaultOwner", "owner_unknown", "Enheten är inte en öppen enhet i kommunen.", "The unit is not an open one of the municipality.")
	}
	other := *p.names
	if other.Language = text.English; p.names.Language == text.English {
		other.Language = text.Swedish
	}
	p.shown = []*Names{p.names, &other}
	if w.Completing != nil {
		p.complete = w.Completing(w.in, all)
	}
	for _, row := range w.rows.grid.Rows {
		p.Lines, p.records = append(p.Lines, Line{}), append(p.records, nil)
		p.line(len(p.Lines)-1, row)
	}
	if err := p.judge(ctx, r); err != nil {
		return nil, err
	}
	p.checkUnique()
	p.count()
	p.Fingerprint = p.fingerprint()
	return p, p.markDrafted(ctx, r)
}

// isArchived tells whether a record is archived.
func isArchived(record any) bool {
	field := postgres.Column(record, "archived_at")
	return field.IsValid() && !field.IsNil()
}

// judge refuses the lines whose records break a rule.
func (p *planned[T, P]) judge(ctx context.Context, r postgres.Reader) error {
	var records, were []*T
	var lines []int
	for i, one := range p.records {
		if one != nil {
			// A new one was what it is, as it was found.
			records, lines, were = append(records, one), append(lines, i), append(were, cmp.Or(p.live[P(one).Base().ID], one))
		}
	}
	broken, err := postgres.Check(ctx, r, p.Kind.Table, records, p.Kind.Constraints)
	if err != nil {
		return err
	}
	beside := map[int]fault.List{}
	if p.Beside != nil {
		if beside, err = p.Beside(ctx, r, p.in.Municipality, were, records); err != nil {
			return err
		}
	}
	for i := range records {
		if faults := append(broken[i], beside[i]...); len(faults) > 0 {
			p.refuse(lines[i], p.placed(p.Lines[lines[i]].Row, faults)...)
		}
	}
	return nil
}

// count sums up the lines.
func (p *Plan) count() {
	p.Counts = map[Outcome]int{}
	for _, line := range p.Lines {
		p.Counts[line.Outcome]++
	}
}

// fingerprint changes when the file, or what it does, does.
func (p *planned[T, P]) fingerprint() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %x %v\n", p.Kind.Table, sha256.Sum256(p.in.Content), p.in.DefaultOwner)
	for _, line := range p.Lines {
		fmt.Fprintf(h, "%d %s\n", line.Row, line.Outcome)
		for _, cell := range line.Cells {
			fmt.Fprintf(h, "%s %s %s\n", cell.Place, cell.Before, cell.After)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil))[:32]
}

// write keeps what the plan's lines make, and refuses what is not taken.
func (p *planned[T, P]) write(ctx context.Context, tx *postgres.Tx) (int, error) {
	lines := map[*T]int{}
	var added, changed []*T
	for i, one := range p.records {
		if one == nil {
			continue
		}
		lines[one] = i
		if p.Lines[i].Outcome == New {
			added = append(added, one)
		} else {
			changed = append(changed, one)
		}
	}
	refused := func(one *T, faults fault.List) {
		p.refuse(lines[one], p.placed(p.Lines[lines[one]].Row, faults)...)
	}
	saved, err := record.KeepWhatMay(ctx, tx, p.Kind.Constraints, changed, p.keep(ctx, p.live, postgres.SaveTogether), refused)
	if err != nil {
		return 0, err
	}
	made, err := record.KeepWhatMay(ctx, tx, p.Kind.Constraints, added, p.keep(ctx, nil, postgres.InsertAll), refused)
	for i, one := range p.records {
		if one != nil && p.Lines[i].Outcome == New {
			id := P(one).Base().ID
			p.Lines[i].Record = &id
		}
	}
	return saved + made, err
}

// keep gives what keeps records as the domain does: each with its rules, and the rows
// themselves together, which takes few round trips.
func (k Roster[T, P]) keep(ctx context.Context, are map[uuid.UUID]*T, write func(context.Context, *postgres.Tx, string, []*T) error) func(*postgres.Tx, []*T) error {
	return func(tx *postgres.Tx, records []*T) error {
		kept, next, were := make([]*T, len(records)), make([]P, len(records)), make([]P, len(records))
		for i, one := range records {
			// What is refused together is tried again, and so is not written into.
			copied := *one
			kept[i], next[i] = &copied, &copied
			if is := are[P(one).Base().ID]; is != nil {
				was := *is
				were[i] = &was
			}
			if k.Standing != nil && were[i] != nil && isArchived(next[i]) && !isArchived(were[i]) {
				if err := k.Standing(ctx, tx, next[i]); err != nil {
					return err
				}
			}
		}
		if k.Settle != nil {
			if err := k.Settle(ctx, tx, next, were); err != nil {
				return err
			}
		}
		if k.Kind.Fill != nil {
			for _, one := range next {
				k.Kind.Fill(one)
			}
		}
		if err := write(ctx, tx, k.Kind.Table, kept); err != nil || k.Settled == nil {
			return err
		}
		for i, one := range next {
			if err := k.Settled(ctx, tx, one, were[i]); err != nil {
				return err
			}
		}
		return nil
	}
}

func (p *planned[T, P]) refuse(i int, faults ...Fault) {
	l := &p.Lines[i]
	l.Outcome, l.Cells = Refused, nil
	l.Faults = append(l.Faults, faults...)
	p.records[i] = nil
}

// fault places a fault in the row's cell of a field.
func (p *planned[T, P]) fault(row int, field string, f *fault.Error) Fault {
	told := Fault{Error: f.At(field)}
	if place := p.rows.place(field); place >= 0 {
		told.Place = sheet.Place(place, row)
	}
	return told
}

// placed gives faults of a record the cells of their fields.
func (p *planned[T, P]) placed(row int, faults fault.List) []Fault {
	told := make([]Fault, len(faults))
	for i, f := range faults {
		told[i] = p.fault(row, f.Field, f)
	}
	return told
}

// line decides what a row does.
func (p *planned[T, P]) line(i int, row sheet.Row) {
	line := &p.Lines[i]
	*line = Line{Row: row.Number, Name: p.rows.cell(row, p.Name), Table: p.Kind.Table}
	given := p.rows.cell(row, idColumn)
	if given == "" {
		p.add(i, row)
		return
	}
	id, version := p.rows.key(row, p.Kind.Table)
	one := p.live[id]
	if one == nil {
		p.refuse(i, p.fault(row.Number, idColumn, fault.Field(idColumn, "row_unknown",
			"Kommunen har ingen post av det här slaget med det id:t. Har raden kommit från en annan kommuns export? Töm cellen om posten är ny.",
			"The municipality has no record of this kind with that id. Does the row come from another municipality's export? Empty the cell if the record is new.")))
		return
	}
	line.Record = &id
	line.Name = cmp.Or(line.Name, p.nameOf(one))
	before, twice := p.rowOf[id]
	p.rowOf[id] = row.Number
	base := p.bases[id]
	archived := p.fault(row.Number, idColumn, fault.Field(idColumn, "row_archived", "Posten är arkiverad och ändras inte.", "The record is archived and is not changed."))
	switch {
	case twice:
		p.refuse(i, p.fault(row.Number, idColumn, fault.Field(idColumn, "row_twice",
			fmt.Sprintf("Posten finns redan på rad %d. Ta bort den ena raden.", before), fmt.Sprintf("The record stands on row %d already. Remove one of the rows.", before))))
	case isArchived(one) && base == nil:
		p.refuse(i, archived)
	case base == nil || P(base).Base().Version != version:
		p.refuse(i, p.fault(row.Number, versionColumn, fault.Field(versionColumn, "row_version",
			"Raden säger inte vilken version av posten den bygger på, så det går inte att se vad som har ändrats i den. Exportera på nytt som inloggad i kommunen, utan utkast, och gör ändringarna där.",
			"The row does not say which version of the record it builds on, so that it cannot be seen what has been edited. Export anew, signed in to the municipality and without drafts, and edit there.")))
	default:
		p.compare(i, row, one, base)
		if isArchived(one) && line.Outcome != Unchanged {
			line.Faults = nil
			p.refuse(i, archived)
		}
	}
}

// nameOf is what a record is called.
func (k Roster[T, P]) nameOf(one *T) string {
	name, _ := postgres.Column(one, columnOf(k.Columns, k.Name).column()).Interface().(string)
	return name
}

// compare finds the cells that hold another value than the file was written with.
func (p *planned[T, P]) compare(i int, row sheet.Row, one, base *T) {
	line := &p.Lines[i]
	was, is := p.values(base), p.values(one)
	next := *one
	line.Outcome = Unchanged
	conflict := false
	for at, c := range p.rows.columns {
		if c == nil || c.Field == "" || c.Field == idColumn || c.Field == versionColumn {
			continue
		}
		cell := row.Cell(at)
		if cell.Fault != nil {
			line.Faults = append(line.Faults, p.fault(row.Number, c.Field, cell.Fault))
			continue
		}
		if p.asWritten(c, cell.Text, base, was) {
			continue
		}
		if c.Cell == ReadOnly || c.OnlyNew {
			if !p.asWritten(c, cell.Text, one, is) {
				line.Faults = append(line.Faults, Fault{Error: c.notTakenIn(), Place: sheet.Place(at, row.Number)})
			}
			continue
		}
		value, f := c.read(cell.Text, p.names)
		if f != nil {
			line.Faults = append(line.Faults, p.fault(row.Number, c.Field, f))
			continue
		}
		column := c.column()
		if record.Alike(value, was[column]) || record.Alike(value, is[column]) {
			continue
		}
		difference := Difference{
			Place: sheet.Place(at, row.Number), Field: c.Field, Column: column, Heading: p.rows.grid.Header[at],
			Before: is[column], After: value, Conflict: !record.Alike(is[column], was[column]),
		}
		conflict = conflict || difference.Conflict
		line.Cells = append(line.Cells, difference)
		if err := record.Set(&next, column, value); err != nil {
			line.Faults = append(line.Faults, p.fault(row.Number, c.Field, c.unreadable()))
		}
	}
	switch {
	case len(line.Faults) > 0:
		p.refuse(i)
	case conflict:
		line.Outcome = Conflict
	case len(line.Cells) > 0:
		if p.Next != nil {
			p.Next(&next, one)
		}
		if p.Kind.Fill != nil {
			p.Kind.Fill(&next)
		}
		line.Outcome, p.records[i] = Changed, &next
	}
}

// asWritten tells whether a cell holds the text that a file is written with for a record,
// in either language, by any name that what it names has had, and without the letters
// that some programs lose. What is not touched is so told without reading it: a text that
// would be read as another value, such as a keyword with a semicolon, is no difference.
func (p *planned[T, P]) asWritten(c *Column[T], cell string, one *T, values record.Values) bool {
	held := likeWritten(cell)
	lossy := strings.Contains(held, "?")
	if slices.ContainsFunc(p.shown, func(n *Names) bool {
		written := likeWritten(sheet.Plain(c.show(one, values, n)))
		return held == written || lossy && held == sheet.Narrow(written)
	}) {
		return true
	}
	return c.Refers != "" && p.isCalled(idIn(values[c.column()]), cell)
}

// add registers the record of a row without an id, unless there is one.
func (p *planned[T, P]) add(i int, row sheet.Row) {
	line := &p.Lines[i]
	made := new(T)
	P(made).Base().ID = uuid.Must(uuid.NewV7())
	mustSet(made, "municipality_id", p.in.Municipality)
	if p.Begin != nil {
		p.Begin(p.in, made)
	}
	if p.Kind.Fill != nil {
		p.Kind.Fill(made)
	}
	given := record.Values{}
	for at, c := range p.rows.columns {
		if c == nil || c.Field == "" || c.Field == versionColumn {
			continue
		}
		cell := row.Cell(at)
		place := sheet.Place(at, row.Number)
		switch written := strings.TrimSpace(cell.Text); {
		case cell.Fault != nil:
			line.Faults = append(line.Faults, p.fault(row.Number, c.Field, cell.Fault))
		case written == "":
		case c.Field == municipalityColumn && p.isCalled(p.in.Municipality, written):
		case c.Cell == ReadOnly:
			line.Faults = append(line.Faults, Fault{Error: c.notTakenIn(), Place: place})
		default:
			value, f := c.read(written, p.names)
			if f != nil {
				line.Faults = append(line.Faults, p.fault(row.Number, c.Field, f))
				continue
			}
			if err := record.Set(made, c.column(), value); err != nil {
				line.Faults = append(line.Faults, p.fault(row.Number, c.Field, c.unreadable()))
				continue
			}
			given[c.column()] = value
			line.Cells = append(line.Cells, Difference{Place: place, Field: c.Field, Column: c.column(), Heading: p.rows.grid.Header[at], Before: json.RawMessage("null"), After: value})
		}
	}
	line.Name = cmp.Or(p.nameOf(made), line.Name)
	p.lacking(line, row, made)
	if len(line.Faults) > 0 {
		p.refuse(i)
		return
	}
	if same, f := p.sameAs(made, given); f != nil {
		p.refuse(i, p.fault(row.Number, p.Name, f))
		return
	} else if same != nil {
		id := P(same).Base().ID
		line.Outcome, line.Record, line.Cells = Unchanged, &id, nil
		return
	}
	if p.complete != nil {
		p.complete(made)
	}
	key := p.Key(made)
	p.added[key] = append(p.added[key], rowed[T]{row.Number, made})
	line.Outcome, p.records[i] = New, made
}

// lacking tells what a new record cannot be without: its name first of all.
func (p *planned[T, P]) lacking(line *Line, row sheet.Row, made *T) {
	if line.Name == "" {
		c := columnOf(p.Columns, p.Name)
		line.Faults = append(line.Faults, p.fault(row.Number, p.Name, fault.Field(p.Name, "row_name",
			fmt.Sprintf("Raden saknar både id och %s. En ny post behöver det.", c.Sv), fmt.Sprintf("The row has neither an id nor %s. A new record needs it.", c.En))))
		return
	}
	for i := range p.Columns {
		c := &p.Columns[i]
		if c.Missing != nil && p.rows.cell(row, c.Field) == "" && postgres.Column(made, c.column()).IsZero() {
			line.Faults = append(line.Faults, p.fault(row.Number, c.Field, c.Missing))
		}
	}
}

// Needed is the fault of a new record that lacks a field.
func Needed(field, sv, en string) *fault.Error {
	return fault.Field(field, "cell_needed", "En ny post behöver något i kolumnen "+sv+".", "A new record needs something in the column "+en+".")
}

// mustSet sets a column that the record has.
func mustSet(record any, column string, value uuid.UUID) {
	postgres.Column(record, column).Set(reflect.ValueOf(value))
}

// sameAs gives the record that a row without an id is: one of the same key that has all
// that the row says. Any other one of the key is a fault, and so is a second row of it.
func (p *planned[T, P]) sameAs(made *T, given record.Values) (*T, *fault.Error) {
	key := p.Key(made)
	for _, other := range p.added[key] {
		if p.Twin == nil || p.Twin(made, other.record) {
			return nil, fault.Field(p.Name, "row_twice",
				fmt.Sprintf("Rad %d är en likadan ny post. Ta bort den ena raden, eller ge posterna olika uppgifter.", other.row),
				fmt.Sprintf("Row %d is a new record like it. Remove one of the rows, or tell the records apart.", other.row))
		}
	}
	for _, one := range p.known[key] {
		if p.Twin != nil && !p.Twin(made, one) {
			continue
		}
		values, same := p.values(one), true
		for column, value := range given {
			same = same && record.Alike(values[column], value)
		}
		if same {
			return one, nil
		}
		return nil, fault.Field(p.Name, "row_known",
			"Kommunen har redan en sådan post, och den har andra uppgifter. Exportera den och ändra i exporten.",
			"The municipality has such a record already, with other values. Export it and edit the export.")
	}
	return nil, nil
}

// checkUnique refuses rows that would have what another record has, also where that one
// gives it up in the same file: the row that gives it up may be refused in turn.
func (p *planned[T, P]) checkUnique() {
	for _, u := range p.Unique {
		holders := map[string]uuid.UUID{}
		for id, one := range p.live {
			holders[u.Of(one)] = id
		}
		for i, one := range p.records {
			if one == nil || u.Of(one) == "" {
				continue
			}
			id := P(one).Base().ID
			if holder, taken := holders[u.Of(one)]; taken && holder != id {
				p.refuse(i, p.fault(p.Lines[i].Row, u.Field, p.Kind.Constraints.Fault(u.Constraint)))
				continue
			}
			holders[u.Of(one)] = id
		}
	}
}

// markDrafted tells of each difference whether the record's open draft has the field too:
// the draft then shows the conflict.
func (p *planned[T, P]) markDrafted(ctx context.Context, r postgres.Reader) error {
	if p.Drafted == nil {
		return nil
	}
	var ids []uuid.UUID
	for _, line := range p.Lines {
		if line.Record != nil && len(line.Cells) > 0 {
			ids = append(ids, *line.Record)
		}
	}
	drafted, err := p.Drafted(ctx, r, ids)
	if err != nil {
		return err
	}
	for _, line := range p.Lines {
		for i, cell := range line.Cells {
			line.Cells[i].InDraft = line.Record != nil && drafted[*line.Record][cell.Column]
		}
	}
	return nil
}
