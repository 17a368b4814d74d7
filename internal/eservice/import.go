package eservice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/openeplatform"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// Import is a catalogue of Open ePlatform to bring into a municipality's own.
type Import struct {
	Municipality uuid.UUID
	Document     openeplatform.Document
	// Source says where it came from: an address or a file's name.
	Source string
	// Owners are the units that own the flows of each of the platform's categories; one
	// that is not among them has the owner that the municipality has for the category,
	// and DefaultOwner owns the others. A flow without any is refused.
	Owners       map[string]uuid.UUID
	DefaultOwner *uuid.UUID
	// Name is what the change is called in the history.
	Name string
	// Progress, when set, is told what is under way.
	Progress func(stage string, done, of int)
}

// Outcome is what an import, or an edit of many, does to one e-service.
type Outcome string

// The outcomes.
const (
	New       Outcome = "NEW"       // the catalogue gets it, live and unpublished
	Changed   Outcome = "CHANGED"   // fields get other values: the platform's, or the edit's
	KeptHere  Outcome = "KEPT"      // changed both here and there: what is here stays, to be decided
	Gone      Outcome = "GONE"      // the platform has it no more: it is marked, never removed
	Unchanged Outcome = "UNCHANGED" // nothing to do
	Refused   Outcome = "REFUSED"   // the row is at fault and left alone
)

// Difference is one field that the platform, or an edit of many, has another value for, as JSON.
type Difference struct {
	Field  string // as in the API
	Before json.RawMessage
	After  json.RawMessage
	// Kept tells that the value here was changed by hand and stays.
	Kept bool
	// InDraft tells that the e-service's open draft has the field too.
	InDraft bool
}

// Line is what an import does to one flow or e-service, or an edit of many to one e-service.
type Line struct {
	Outcome Outcome
	// Position is the flow's place in the document, or the e-service's among those
	// edited, from 1; 0 for one that is gone.
	Position    int
	FamilyID    int64 // the flow's
	Name        string
	EServiceID  *uuid.UUID
	Differences []Difference
	Faults      fault.List
}

// Plan is what an import would do, or did.
type Plan struct {
	Lines  []Line
	Counts map[Outcome]int
	// GoneUnsure tells that a refused row could not be identified, so that nothing
	// was marked as gone.
	GoneUnsure bool
	// Run is the import as it was recorded; nil for a preview, and where nothing
	// was to be done.
	Run *ImportRun

	added, saved []*EService
	flows        flowWrites
}

// ImportRun is an import that was applied.
type ImportRun struct {
	postgres.Row
	MunicipalityID uuid.UUID `db:"municipality_id"`
	Source         string    `db:"source"`
	Flows          int       `db:"flows"` // rows in the document
	Created        int       `db:"created"`
	Changed        int       `db:"changed"`
	Gone           int       `db:"gone"`
	Unchanged      int       `db:"unchanged"`
	Refused        int       `db:"refused"`
}

// NodeID gives the import's global id.
func (r *ImportRun) NodeID() gid.ID { return gid.New("import_run", r.ID) }

// ImportRunConnection is one page of imports.
type ImportRunConnection = page.Connection[*ImportRun]

// ImportRunEdge is an import with its place in a list.
type ImportRunEdge = page.Edge[*ImportRun]

// followedField is a field that follows the platform: how to read and set it, as the
// value that JSON has for it.
type followedField struct {
	name   string // as in the API
	column string
	of     func(openeplatform.Flow) any
	get    func(*EService) any
	set    func(*EService, openeplatform.Flow)
}

var followed = []followedField{
	{"nameSv", "name_sv", func(f openeplatform.Flow) any { return f.Name }, func(e *EService) any { return e.NameSv }, func(e *EService, f openeplatform.Flow) { e.NameSv = f.Name }},
	{"url", "url", func(f openeplatform.Flow) any { return optional(f.URL) }, func(e *EService) any { return e.URL }, func(e *EService, f openeplatform.Flow) { e.URL = optional(f.URL) }},
	{"summarySv", "summary_sv", func(f openeplatform.Flow) any { return summary(f) }, func(e *EService) any { return e.SummarySv }, func(e *EService, f openeplatform.Flow) { e.SummarySv = summary(f) }},
	{"descriptionSv", "description_sv", func(f openeplatform.Flow) any { return description(f) }, func(e *EService) any { return e.DescriptionSv }, func(e *EService, f openeplatform.Flow) { e.DescriptionSv = description(f) }},
	{"requiresAuthentication", "requires_authentication", func(f openeplatform.Flow) any { return f.RequiresAuthentication }, func(e *EService) any { return e.RequiresAuthentication }, func(e *EService, f openeplatform.Flow) { e.RequiresAuthentication = &f.RequiresAuthentication }},
	{"requiresSigning", "requires_signing", func(f openeplatform.Flow) any { return f.RequiresSigning }, func(e *EService) any { return e.RequiresSigning }, func(e *EService, f openeplatform.Flow) { e.RequiresSigning = &f.RequiresSigning }},
	{"takesPayment", "takes_payment", func(f openeplatform.Flow) any { return f.TakesPayment }, func(e *EService) any { return e.TakesPayment }, func(e *EService, f openeplatform.Flow) { e.TakesPayment = &f.TakesPayment }},
	{"oepCategory", "oep_category", func(f openeplatform.Flow) any { return optional(f.Category) }, func(e *EService) any { return e.OepCategory }, func(e *EService, f openeplatform.Flow) { e.OepCategory = optional(f.Category) }},
}

const summaryLength = 150

func optional(s string) *string {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return &s
}

func summary(f openeplatform.Flow) *string {
	short, _ := openeplatform.Shorten(f.Summary, summaryLength)
	return optional(short)
}

// description is the platform's long text, after the whole of a short one that the
// summary has no room for.
func description(f openeplatform.Flow) *string {
	if _, cut := openeplatform.Shorten(f.Summary, summaryLength); cut {
		return optional(strings.TrimSpace(f.Summary + "\n\n" + f.Description))
	}
	return optional(f.Description)
}

// PreviewImport tells what an import would do, and changes nothing.
func (s *Service) PreviewImport(ctx context.Context, r postgres.Reader, in Import) (*Plan, error) {
	if err := s.Policy.Require(ctx, access.Import, in.Municipality); err != nil {
		return nil, err
	}
	return s.plan(ctx, r, in, date.Of(s.Journal.DB.Now()))
}

// ApplyImport brings the catalogue into the municipality's, as one change. What it
// says it does, it has decided on the newest state. When there is nothing to do it
// records nothing.
func (s *Service) ApplyImport(ctx context.Context, in Import) (*Plan, error) {
	if err := s.Policy.Require(ctx, access.Import, in.Municipality); err != nil {
		return nil, err
	}
	session := s.Journal.DB.Session()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, err
	}
	// What is decided before the change begins keeps no other writer waiting.
	today := date.Of(s.Journal.DB.Now())
	plan, err := s.plan(ctx, now, in, today)
	session.Close()
	if err != nil {
		return nil, err
	}
	if plan.idle() {
		_, err := s.see(ctx, in.Municipality, in.Document, false)
		return plan, err
	}
	err = s.Journal.Write(ctx, "importOep", in.Name, func(tx *postgres.Tx) (err error) {
		// Where no change has come between, what was planned is still so.
		if tx.Number != now.Change+1 || date.Of(tx.At) != today {
			if plan, err = s.plan(ctx, tx, in, date.Of(tx.At)); err != nil {
				return err
			}
			if plan.idle() {
				return errIdle
			}
		}
		in.tell("save", 0, len(plan.added)+len(plan.saved))
		if err := postgres.InsertAll(ctx, tx, "e_service", plan.added); err != nil {
			return constraints.Explain(err)
		}
		if err := postgres.SaveTogether(ctx, tx, "e_service", plan.saved); err != nil {
			return constraints.Explain(err)
		}
		if err := plan.flows.write(ctx, tx); err != nil {
			return err
		}
		in.tell("save", len(plan.added)+len(plan.saved), len(plan.added)+len(plan.saved))
		plan.Run, err = postgres.Insert(ctx, tx, "import_run", &ImportRun{
			Row: postgres.Row{ID: uuid.Must(uuid.NewV7())}, MunicipalityID: in.Municipality, Source: in.Source,
			Flows:   len(in.Document.Flows) + len(in.Document.Faults),
			Created: plan.Counts[New], Changed: plan.Counts[Changed], Gone: plan.Counts[Gone],
			Unchanged: plan.Counts[Unchanged] + plan.Counts[KeptHere], Refused: plan.Counts[Refused],
		}, constraints)
		in.tell("gaps", 0, 1)
		return err
	})
	if errors.Is(err, errIdle) {
		return plan, nil
	}
	return plan, err
}

// errIdle ends a write that another import, which it waited for, has left nothing to do.
var errIdle = errors.New("nothing is left to do")

func (in Import) tell(stage string, done, of int) {
	if in.Progress != nil {
		in.Progress(stage, done, of)
	}
}

// idle tells whether no e-service is to be written.
func (p *Plan) idle() bool { return len(p.added)+len(p.saved) == 0 }

// plan decides what an import does to each flow and to each e-service that came from
// the platform before.
func (s *Service) plan(ctx context.Context, r postgres.Reader, in Import, today date.Date) (*Plan, error) {
	units, err := unitsOf(ctx, r, in.Municipality)
	if err != nil {
		return nil, err
	}
	if err := in.checkOwners(units); err != nil {
		return nil, err
	}
	if in.Owners, err = withRemembered(ctx, r, in, units); err != nil {
		return nil, err
	}
	existing, err := fromPlatform(ctx, r, in.Municipality)
	if err != nil {
		return nil, err
	}
	taken, err := takenSlugs(ctx, r, in.Municipality)
	if err != nil {
		return nil, err
	}
	undone, err := archivedByUndo(ctx, r, in.Municipality)
	if err != nil {
		return nil, err
	}
	known := make(map[int64]*EService, len(existing))
	for _, e := range existing {
		known[*e.OepFamilyID] = e
	}
	p := &Plan{Counts: map[Outcome]int{}}
	present := map[int64]bool{}
	for _, row := range in.Document.Faults {
		p.Lines = append(p.Lines, Line{Outcome: Refused, Position: row.Position, FamilyID: row.FamilyID, Name: row.Name, Faults: row.Faults})
		present[row.FamilyID] = true
		p.GoneUnsure = p.GoneUnsure || row.FamilyID == 0
	}
	refusedBefore := refusedPositions(in.Document.Faults)
	var records []*EService // of the lines that write, to be checked together
	var lines []int
	for i, f := range in.Document.Flows {
		if i%1000 == 0 {
			in.tell("compare", i, len(in.Document.Flows))
		}
		line := Line{Position: refusedBefore(i), FamilyID: f.FamilyID, Name: f.Name}
		var record *EService
		e, holder := tiedTo(known, f)
		switch {
		case holder != nil:
			line.Outcome = Refused
			line.Faults.Add(numberTaken(f, holder))
			present[f.FamilyID] = true
			if e != nil {
				line.EServiceID = &e.ID
				present[*e.OepFamilyID] = true
			}
		case e != nil && !f.Enabled && e.ArchivedAt == nil:
			// Turned off there: to citizens it is gone, which is told once, below.
			if e.OepMissingSince != nil || e.Status == Retired || p.GoneUnsure || present[*e.OepFamilyID] {
				line.EServiceID, line.Outcome = &e.ID, Unchanged
				p.Lines = append(p.Lines, line)
			}
			continue
		case e != nil && f.Enabled && undone[e.ID]:
			line.EServiceID = &e.ID
			record = in.takeBack(e, f, &line)
			present[f.FamilyID] = true
		case e != nil:
			line.EServiceID = &e.ID
			record = compare(e, f, &line)
			present[f.FamilyID], present[*e.OepFamilyID] = true, true
		default:
			record = in.create(f, taken, &line)
			present[f.FamilyID] = true
		}
		if record != nil {
			records, lines = append(records, record), append(lines, len(p.Lines))
		}
		p.Lines = append(p.Lines, line)
	}
	broken, err := postgres.Check(ctx, r, "e_service", records, constraints)
	if err != nil {
		return nil, err
	}
	for i, record := range records {
		line := &p.Lines[lines[i]]
		switch faults := broken[i]; {
		case len(faults) > 0:
			line.Outcome, line.Faults, line.Differences = Refused, faults, nil
		case line.Outcome == New:
			p.added = append(p.added, record)
		default:
			p.saved = append(p.saved, record)
		}
	}
	for _, e := range existing {
		if present[*e.OepFamilyID] || p.GoneUnsure || e.OepMissingSince != nil || e.ArchivedAt != nil || e.Status == Retired {
			continue
		}
		gone := *e
		gone.OepMissingSince = &today
		p.saved = append(p.saved, &gone)
		p.Lines = append(p.Lines, Line{Outcome: Gone, FamilyID: *e.OepFamilyID, Name: e.NameSv, EServiceID: &e.ID})
	}
	if p.flows, err = compareFlows(ctx, r, in.Municipality, in.Document, today, false); err != nil {
		return nil, err
	}
	slices.SortStableFunc(p.Lines, func(a, b Line) int {
		if a.Position == 0 || b.Position == 0 {
			return b.Position - a.Position // what is gone comes last
		}
		return a.Position - b.Position
	})
	for _, line := range p.Lines {
		p.Counts[line.Outcome]++
	}
	in.tell("compare", len(in.Document.Flows), len(in.Document.Flows))
	return p, s.markDrafted(ctx, r, p.Lines)
}

// refusedPositions gives, for the place of a flow among those that were read, its
// place in the document.
func refusedPositions(faults []openeplatform.RowFault) func(int) int {
	refused := map[int]bool{}
	for _, row := range faults {
		refused[row.Position] = true
	}
	position, next := 0, 0
	return func(i int) int {
		for ; next <= i; next++ {
			position++
			for refused[position] {
				position++
			}
		}
		return position
	}
}

// checkOwners refuses owners that are no open units of the municipality.
func (in Import) checkOwners(units map[uuid.UUID]bool) error {
	var faults fault.List
	if in.DefaultOwner != nil && !units[*in.DefaultOwner] {
		faults.Add(fault.Field("defaultOwner", "owner_unknown", "Enheten är inte en öppen enhet i kommunen.", "The unit is not an open one of the municipality."))
	}
	for category, unit := range in.Owners {
		if !units[unit] {
			faults.Add(fault.Field("owners", "owner_unknown",
				fmt.Sprintf("Enheten för kategorin %q är inte en öppen enhet i kommunen.", category),
				fmt.Sprintf("The unit of category %q is not an open one of the municipality.", category)))
		}
	}
	return faults.Err()
}

// tiedTo finds the e-service that a flow is, and the one that holds its number without
// being it, if any: while the platform gives no lasting numbers, an e-service goes by its version's
// number, and the lasting ones that it gives from some day on are others.
func tiedTo(known map[int64]*EService, f openeplatform.Flow) (e, holder *EService) {
	e = known[f.FamilyID]
	if f.UnstableKey {
		return e, nil
	}
	if old := known[f.VersionID]; old != nil && old.OepUnstableKey {
		if e != nil && e != old {
			return old, e
		}
		return old, nil
	}
	if e != nil && e.OepUnstableKey {
		return nil, e
	}
	return e, nil
}

// numberTaken is the fault of a flow whose lasting number an e-service goes by that came
// before the platform gave any.
func numberTaken(f openeplatform.Flow, holder *EService) *fault.Error {
	return fault.Field("FlowFamilyID", "flow_number_taken",
		fmt.Sprintf("Numret %d hör här till e-tjänsten %q, från tiden innan plattformen gav fasta nummer, och den är en annan. Rätta numret på den och läs in igen.", f.FamilyID, holder.NameSv),
		fmt.Sprintf("The number %d belongs here to the e-service %q, from before the platform gave lasting numbers, and that is another one. Correct its number and import again.", f.FamilyID, holder.NameSv))
}

// ownerOf gives the unit that owns what comes in a category; false where none is given.
func (in Import) ownerOf(category string) (uuid.UUID, bool) {
	owner, ok := in.Owners[category]
	if !ok && in.DefaultOwner != nil {
		return *in.DefaultOwner, true
	}
	return owner, ok
}

// takeBack gives an e-service that an undo archived as the import takes it into the
// catalogue again: it is the same one, with its address and its past, owned by the unit
// that the import says.
func (in Import) takeBack(e *EService, f openeplatform.Flow, line *Line) *EService {
	back := *e
	back.ArchivedAt = nil
	if owner, ok := in.ownerOf(f.Category); ok {
		back.OwnerUnitID = owner
	}
	next := compare(&back, f, line)
	if next == nil {
		next = &back
	}
	if next.OwnerUnitID != e.OwnerUnitID {
		line.Differences = append(line.Differences, Difference{Field: "ownerUnit", Before: record.JSON(gid.New("unit", e.OwnerUnitID)), After: record.JSON(gid.New("unit", next.OwnerUnitID))})
	}
	line.Differences = append(line.Differences, Difference{Field: "archivedAt", Before: record.JSON(e.ArchivedAt), After: json.RawMessage("null")})
	line.Outcome = Changed
	return next
}

// create makes the e-service of a flow that the catalogue lacks; nil where the line
// says why not.
func (in Import) create(f openeplatform.Flow, taken *slugs, line *Line) *EService {
	owner, ok := in.ownerOf(f.Category)
	line.Outcome = Refused
	switch {
	case !f.Enabled:
		line.Faults.Add(fault.Field("Enabled", "flow_disabled", "E-tjänsten är avstängd i plattformen och tas inte in.", "The e-service is turned off on the platform and is not taken in."))
		return nil
	case !ok:
		line.Faults.Add(fault.Field("Category", "owner_missing",
			fmt.Sprintf("Ingen enhet är angiven för kategorin %q. Ange en för den eller en som gäller övriga.", f.Category),
			fmt.Sprintf("No unit is given for the category %q. Give one for it, or one for all others.", f.Category)))
		return nil
	}
	line.Outcome = New
	level := Digital
	source, reason := in.Source, "Fanns i drift i e-tjänsteplattformen när den hämtades"
	e := &EService{
		Row: postgres.Row{ID: uuid.Must(uuid.NewV7())}, MunicipalityID: in.Municipality, OwnerUnitID: owner,
		Slug: taken.free(f.Name), Status: Live, Visibility: Public, DigitalLevel: &level,
		Channels: []Channel{Web}, Languages: []string{"sv"},
		FoundSource: &source, FoundReason: &reason,
		OepFamilyID: &f.FamilyID, OepUnstableKey: f.UnstableKey,
	}
	if !f.RequiresAuthentication {
		none := NoEID
		e.EIDLevel = &none
	}
	seen := map[string]json.RawMessage{}
	for _, field := range followed {
		field.set(e, f)
		value := record.JSON(field.of(f))
		seen[field.name] = value
		if string(value) != "null" {
			line.Differences = append(line.Differences, Difference{Field: field.name, Before: json.RawMessage("null"), After: value})
		}
	}
	e.OepSeen = record.JSON(seen)
	e.fill()
	line.EServiceID = &e.ID
	return e
}

// fieldsIn reads a JSON object of followed fields, each written as asJSON writes it: the
// database writes JSON in a form of its own.
func fieldsIn(object []byte) map[string]json.RawMessage {
	fields := map[string]json.RawMessage{}
	var values map[string]any
	if json.Unmarshal(object, &values) == nil {
		for name, value := range values {
			fields[name] = record.JSON(value)
		}
	}
	return fields
}

// follows tells whether a field is as the platform last gave it, or was never given, so
// that it follows the platform's next value.
func follows(was, here json.RawMessage) bool {
	return was == nil && string(here) == "null" || string(here) == string(was)
}

// compare gives the e-service as the platform changes it, or nil where it does not. A
// field follows the platform when the platform's own value has changed and the one
// here has not been changed by hand.
func compare(e *EService, f openeplatform.Flow, line *Line) *EService {
	line.Outcome = Unchanged
	if e.ArchivedAt != nil {
		return nil
	}
	seen := fieldsIn(e.OepSeen)
	next, changed, agreed := *e, false, false
	for _, field := range followed {
		was, is, here := seen[field.name], record.JSON(field.of(f)), record.JSON(field.get(e))
		switch {
		case string(is) == string(was):
		case string(is) == string(here):
			// Somebody has made the two alike: from here on the platform is followed again.
			seen[field.name] = is
			agreed = true
		case follows(was, here):
			field.set(&next, f)
			seen[field.name] = is
			changed = true
			line.Differences = append(line.Differences, Difference{Field: field.name, Before: here, After: is})
		default:
			line.Differences = append(line.Differences, Difference{Field: field.name, Before: here, After: is, Kept: true})
			line.Outcome = KeptHere
		}
	}
	if e.OepMissingSince != nil {
		next.OepMissingSince = nil
		changed = true
		line.Differences = append(line.Differences, Difference{Field: "oepMissingSince", Before: record.JSON(e.OepMissingSince), After: json.RawMessage("null")})
	}
	if e.OepUnstableKey && !f.UnstableKey {
		next.OepFamilyID, next.OepUnstableKey = &f.FamilyID, false
		changed = true
		if *e.OepFamilyID != f.FamilyID {
			line.Differences = append(line.Differences, Difference{Field: "oepFamilyId", Before: record.JSON(e.OepFamilyID), After: record.JSON(f.FamilyID)})
		}
	}
	if !changed && !agreed {
		return nil
	}
	if changed {
		line.Outcome = Changed
	}
	next.OepSeen = record.JSON(seen)
	return &next
}

// ImportRuns reads one page of the imports that the caller may see.
func (s *Service) ImportRuns(ctx context.Context, r postgres.Reader, desc bool, a page.Args) (*ImportRunConnection, error) {
	l := postgres.List{From: "import_run x", Alias: "x", Sort: postgres.Sort{Name: "CREATED", Expr: "x.created_at", Type: "timestamptz", Desc: desc}}
	s.Policy.Narrow(ctx, r, &l, "import_run", "x")
	return postgres.Page[ImportRun](ctx, r, l, a)
}

// ImportRunsByID reads imports by id.
func (s *Service) ImportRunsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*ImportRun, error) {
	condition, args := s.Policy.Visible(ctx, "import_run", "x", r.Past())
	return postgres.ByID[ImportRun](ctx, r, "import_run", condition, args, ids)
}
