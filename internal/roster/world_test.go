package roster_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/collaboration"
	"fardplan/internal/date"
	"fardplan/internal/decision"
	"fardplan/internal/document"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/internal/roster"
	"fardplan/internal/sheet"
	"fardplan/internal/strategy"
	"fardplan/internal/text"
)

// world is a municipality with a record of every kind, each with something in every kind of
// cell, and with what spreadsheet programs are known to change; and a partner. Today is
// 16 March 2026.
type world struct {
	t             *testing.T
	ctx           context.Context // of the director
	db            *postgres.DB
	s             *app.Services
	home, partner *organisation.Municipality
	council       *organisation.Unit
	statements    *counter
}

// counter counts statements.
type counter struct{ n atomic.Int64 }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}

func (c *counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// must gives a function's value, and fails the test for its error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ptr[T any](v T) *T { return &v }

func day(s string) *date.Date {
	d, err := date.Parse(s)
	if err != nil {
		panic(err)
	}
	return &d
}

// as gives the context of a role in a municipality.
func (w *world) as(m *organisation.Municipality, role access.Role) context.Context {
	return access.With(w.t.Context(), access.Caller{Kind: access.User, ID: "prov", Function: "prov", Municipality: m.ID, Roles: []access.Role{role}})
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, statements: &counter{}}
	data := dbtest.New(t)
	w.db = must(postgres.Open(t.Context(), postgres.Options{URL: data.URL, ReadURL: data.ReadURL, Pool: 2, Clock: func() time.Time { return time.Date(2026, time.March, 16, 11, 0, 0, 0, time.UTC) }, Tracer: w.statements}))(t)
	t.Cleanup(w.db.Close)
	w.s = app.NewServices(w.db, access.Policy{}, app.GapRules())
	program := access.With(t.Context(), access.SystemCaller("prov"))
	w.home = must(w.s.Organisation.CreateMunicipality(program, organisation.Municipality{SCBCode: "0581", NameSv: "Norrköping", IsHome: true}))(t)
	w.partner = must(w.s.Organisation.CreateMunicipality(program, organisation.Municipality{SCBCode: "0562", NameSv: "Finspång"}))(t)
	w.ctx = w.as(w.home, access.Director)
	unit := func(name, en string, kind organisation.UnitType) *organisation.Unit {
		return must(w.s.Organisation.CreateUnit(program, organisation.Unit{MunicipalityID: w.home.ID, NameSv: name, NameEn: &en, Type: kind}))(t)
	}
	w.council = unit("Kommunfullmäktige", "The council", organisation.Council)
	board, office := unit("Kommunstyrelsen", "The board", organisation.ExecutiveBoard), unit("Kontoret", "The office", organisation.Department)

	cesam := must(w.s.Collaboration.CreateCollaboration(program, collaboration.Collaboration{NameSv: "Cesam Öst", NameEn: ptr("Cesam East")}))(t)
	for _, m := range []*organisation.Municipality{w.home, w.partner} {
		must(w.s.Collaboration.AddMember(program, collaboration.CollaborationMember{CollaborationID: cesam.ID, MunicipalityID: m.ID, ValidFrom: *day("2020-01-01"), Source: "Avtal"}))(t)
	}
	agreement := must(w.s.Collaboration.CreateAgreement(w.ctx, collaboration.Agreement{MunicipalityID: w.home.ID, TitleSv: "Avtal om e-tjänster", LegalForm: "UNCLEAR"}))(t)
	made := must(w.s.Decisions.Create(w.ctx, decision.Decision{
		MunicipalityID: w.home.ID, BodyUnitID: w.council.ID, TitleSv: "=SUMMA(A1:A9)", TitleEn: ptr("Adoption; with \"all\""), Type: decision.ByCouncil, DiaryNumber: ptr("KS 2026/0012"),
		TextSv: ptr("Första raden\nandra; raden"), ProposedOn: day("2026-01-07"), MeetingDate: day("2026-02-23"), Paragraph: ptr("12 a"), AdjustedOn: day("2026-02-27"),
		JointCollaborationID: &cesam.ID, DocumentURLs: []string{"https://example.se/a;b", "https://example.se/c"}, Visibility: "PUBLIC",
	}))(t)
	must(w.s.Decisions.Create(w.ctx, decision.Decision{MunicipalityID: w.home.ID, BodyUnitID: board.ID, TitleSv: "Nästa", Type: decision.ByBoard, Visibility: "MUNICIPALITY"}))(t)
	must(w.s.Decisions.CreateCase(w.ctx, decision.Case{MunicipalityID: w.home.ID, DiaryNumber: "0046", TitleSv: "@Remiss", Visibility: "MUNICIPALITY"}))(t)
	strategic := must(w.s.Documents.Create(w.ctx, document.GoverningDocument{
		MunicipalityID: w.home.ID, TitleSv: "E-strategi", TitleEn: ptr("E-strategy"), Kind: document.Strategy, Edition: ptr("1.0"), DiaryNumber: made.DiaryNumber, DecidedByID: &w.council.ID,
		OwnerUnitID: &office.ID, OwnerFunction: ptr("+46 11 15 00 00"), ReviewMonths: ptr(24), URL: ptr("https://example.se/strategi"), SummarySv: ptr("-2+3"),
	}))(t)
	must(w.s.Documents.Create(w.ctx, document.GoverningDocument{MunicipalityID: w.home.ID, TitleSv: "Riktlinje", Kind: document.Guideline, SupersedesID: &strategic.ID}))(t)
	top := must(w.s.Strategy.CreateGoal(w.ctx, strategy.Goal{MunicipalityID: w.home.ID, Code: "1", TitleSv: "Enklare vardag", TitleEn: ptr("Easier days"), Level: "DIRECTION", StrategyID: &strategic.ID}))(t)
	goal := must(w.s.Strategy.CreateGoal(w.ctx, strategy.Goal{
		MunicipalityID: w.home.ID, Code: "1.10", TitleSv: "Fler e-tjänster", TitleEn: ptr("More e-services"), Level: "GOAL", ParentGoalID: &top.ID, StrategyID: &strategic.ID, OwnerUnitID: &office.ID,
		DescriptionSv: ptr("=1+1"), Horizon: ptr(strategy.GoalHorizon("LONG")), PeriodFrom: day("2026-01-01"), PeriodTo: day("2028-12-31"), Progress: ptr(10), ResponsibleFunction: ptr("007"),
	}))(t)
	indicator := must(w.s.Strategy.CreateIndicator(w.ctx, strategy.Indicator{
		GoalID: goal.ID, NameSv: "Andel digitala ärenden", UnitOfMeasure: "procent", Direction: "UP", Baseline: ptr(12.5), BaselineOn: day("2025-12-31"), Target: ptr(1000000.0), Frequency: "QUARTERLY", Source: "MANUAL",
	}))(t)
	must(w.s.Strategy.RecordValue(w.ctx, indicator.ID, *day("2026-01-01"), 13.75, nil))(t)
	initiative := must(w.s.Strategy.CreateInitiative(w.ctx, strategy.Initiative{
		MunicipalityID: w.home.ID, TitleSv: "Ny plattform", TitleEn: ptr("New platform"), Kind: "PROJECT", Lane: ptr("1/2"), OwnerUnitID: &office.ID, PlannedStart: day("2026-04-01"), PlannedEnd: day("2026-12-31"),
		Status: "BLOCKED", BlockedReason: ptr("Upphandlingen är överklagad"), Progress: ptr(0),
	}))(t)
	project := must(w.s.Collaboration.CreateProject(w.ctx, collaboration.SharedProject{
		MunicipalityID: w.home.ID, CollaborationID: &cesam.ID, AgreementID: &agreement.ID, Code: "skola", NameSv: "Skolskjuts", NameEn: ptr("School transport"), Budget: ptr(1250000.5), CostKey: ptr(collaboration.CostKey("EQUAL")),
		PlannedStart: day("2026-05-01"), OpenToJoin: true, JoinTermsSv: ptr("Lika delar"), Deliverables: []string{"tjänst", "2026-01-01"},
	}))(t)
	for _, part := range []strategy.Part{{GoalID: &goal.ID}, {InitiativeID: &initiative.ID}, {SharedProjectID: &project.ID}} {
		must(w.s.Strategy.CreateMilestone(w.ctx, strategy.Milestone{Part: part, TitleSv: "Start", TitleEn: ptr("Launch"), Kind: "LAUNCH", PlannedOn: day("2026-09-01"), BaselineOn: day("2026-08-01")}))(t)
	}
	must(w.s.Collaboration.Propose(w.ctx, collaboration.Participation{MunicipalityID: w.partner.ID, SharedProjectID: project.ID, Role: "PILOT", CostSharePercent: ptr(12.5)}))(t)
	return w
}

// taker takes the spreadsheets of a kind in.
type taker interface {
	Preview(context.Context, *postgres.Snapshot, roster.Spreadsheet) (*roster.Plan, error)
	Import(context.Context, roster.Spreadsheet, string) (*roster.Plan, error)
	PreviewUndo(context.Context, roster.Undo) (*roster.UndoPlan, error)
	UndoChange(context.Context, roster.Undo) (*roster.UndoPlan, error)
}

// writer writes the lists of a kind.
type writer func(ctx context.Context, now *postgres.Snapshot, format sheet.Format, in text.Language) (*sheet.File, error)

// takers and writers are those of every kind.
func (w *world) takers() map[string]taker {
	return map[string]taker{
		"goals": w.s.Strategy.GoalRoster(), "indicators": w.s.Strategy.IndicatorRoster(), "initiatives": w.s.Strategy.InitiativeRoster(), "milestones": w.s.Strategy.MilestoneRoster(),
		"shared projects": w.s.Collaboration.ProjectRoster(), "decisions": w.s.Decisions.Roster(), "cases": w.s.Decisions.CaseRoster(), "governing documents": w.s.Documents.Roster(),
	}
}

func (w *world) writers() map[string]writer {
	return map[string]writer{
		"goals": func(ctx context.Context, now *postgres.Snapshot, format sheet.Format, in text.Language) (*sheet.File, error) {
			return w.s.Strategy.ExportGoals(ctx, now, strategy.GoalFilter{}, "CODE", false, format, in)
		},
		"indicators": func(ctx context.Context, now *postgres.Snapshot, format sheet.Format, in text.Language) (*sheet.File, error) {
			return w.s.Strategy.ExportIndicators(ctx, now, strategy.IndicatorFilter{}, "NAME", false, format, in)
		},
		"initiatives": func(ctx context.Context, now *postgres.Snapshot, format sheet.Format, in text.Language) (*sheet.File, error) {
			return w.s.Strategy.ExportInitiatives(ctx, now, strategy.InitiativeFilter{}, "TITLE", false, format, in)
		},
		"milestones": func(ctx context.Context, now *postgres.Snapshot, format sheet.Format, in text.Language) (*sheet.File, error) {
			return w.s.Strategy.ExportMilestones(ctx, now, strategy.MilestoneFilter{}, "CREATED", false, format, in)
		},
		"shared projects": func(ctx context.Context, now *postgres.Snapshot, format sheet.Format, in text.Language) (*sheet.File, error) {
			return w.s.Collaboration.ExportProjects(ctx, now, collaboration.SharedProjectFilter{}, "NAME", false, format, in)
		},
		"participations": func(ctx context.Context, now *postgres.Snapshot, format sheet.Format, in text.Language) (*sheet.File, error) {
			return w.s.Collaboration.ExportParticipations(ctx, now, collaboration.ParticipationFilter{}, "CREATED", false, format, in)
		},
		"decisions": func(ctx context.Context, now *postgres.Snapshot, format sheet.Format, in text.Language) (*sheet.File, error) {
			return w.s.Decisions.Export(ctx, now, decision.Filter{}, "MEETING_DATE", false, format, in)
		},
		"cases": func(ctx context.Context, now *postgres.Snapshot, format sheet.Format, in text.Language) (*sheet.File, error) {
			return w.s.Decisions.ExportCases(ctx, now, decision.CaseFilter{}, "DIARY_NUMBER", false, format, in)
		},
		"governing documents": func(ctx context.Context, now *postgres.Snapshot, format sheet.Format, in text.Language) (*sheet.File, error) {
			return w.s.Documents.Export(ctx, now, document.Filter{}, "TITLE", false, format, in)
		},
	}
}

// present runs fn on the state as it is now.
func (w *world) present(ctx context.Context, fn func(*postgres.Snapshot)) {
	w.t.Helper()
	session := w.db.Session()
	defer session.Close()
	fn(must(session.Present(ctx))(w.t))
}

func (w *world) export(ctx context.Context, kind string, format sheet.Format, in text.Language) (out *sheet.File) {
	w.t.Helper()
	w.present(ctx, func(now *postgres.Snapshot) { out = must(w.writers()[kind](ctx, now, format, in))(w.t) })
	return out
}

// file is a spreadsheet that is edited by heading.
type file struct {
	t    *testing.T
	grid *sheet.Grid
}

// exported is the list of a kind as a file.
func (w *world) exported(kind string) *file {
	w.t.Helper()
	return &file{w.t, must(sheet.Read(w.export(w.ctx, kind, sheet.CSVExcel, text.Swedish).Content))(w.t)}
}

func (f *file) column(heading string) int {
	f.t.Helper()
	i := slices.Index(f.grid.Header, heading)
	if i < 0 {
		f.t.Fatalf("the file has no column %q among %q", heading, f.grid.Header)
	}
	return i
}

// place is the cell of a heading in one of the rows, from 0.
func (f *file) place(row int, heading string) string {
	f.t.Helper()
	return sheet.Place(f.column(heading), f.grid.Rows[row].Number)
}

func (f *file) set(row int, heading, value string) {
	f.t.Helper()
	for len(f.grid.Rows[row].Cells) < len(f.grid.Header) {
		f.grid.Rows[row].Cells = append(f.grid.Rows[row].Cells, sheet.Cell{})
	}
	f.grid.Rows[row].Cells[f.column(heading)].Text = value
}

func (f *file) write(format sheet.Format) []byte {
	f.t.Helper()
	table := sheet.Table{}
	for _, heading := range f.grid.Header {
		table.Columns = append(table.Columns, sheet.Column{Heading: heading})
	}
	for _, row := range f.grid.Rows {
		cells := make([]string, len(f.grid.Header))
		for i, cell := range row.Cells {
			cells[i] = cell.Text
		}
		table.Rows = append(table.Rows, cells)
	}
	return must(sheet.Write(format, table))(f.t)
}

func (w *world) sheet(content []byte) roster.Spreadsheet {
	return roster.Spreadsheet{Municipality: w.home.ID, Content: content, Source: "lista.csv", Comment: "Vårens genomgång"}
}

func (w *world) preview(kind string, in roster.Spreadsheet) (p *roster.Plan) {
	w.t.Helper()
	w.present(w.ctx, func(now *postgres.Snapshot) { p = must(w.takers()[kind].Preview(w.ctx, now, in))(w.t) })
	return p
}

// takeIn previews a file and takes it in, and gives what it did.
func (w *world) takeIn(kind string, content []byte) *roster.Plan {
	w.t.Helper()
	return must(w.takers()[kind].Import(w.ctx, w.sheet(content), w.preview(kind, w.sheet(content)).Fingerprint))(w.t)
}

// told tells the rows that do something, as "3 CHANGED Ett: feeSv null→"50 kr"".
func told(p *roster.Plan) string {
	var all []string
	for _, l := range p.Lines {
		if l.Outcome == roster.Unchanged {
			continue
		}
		text := fmt.Sprintf("%d %s %s:", l.Row, l.Outcome, l.Name)
		if l.Outcome != roster.New {
			for _, c := range l.Cells {
				text += fmt.Sprintf(" %s %s→%s", c.Field, c.Before, c.After)
				if c.Conflict {
					text += "!"
				}
			}
		}
		for _, f := range l.Faults {
			text += fmt.Sprintf(" %s %s %s", f.Place, f.Field, f.Rule)
			if f.Sv == "" || f.En == "" {
				text += " without words"
			}
		}
		all = append(all, text)
	}
	return strings.Join(all, "\n")
}

// changes is the number of the newest change.
func (w *world) changes() (n int64) {
	w.t.Helper()
	w.present(w.ctx, func(now *postgres.Snapshot) { n = now.Change })
	return n
}

// told tells what the file holds, but for versions and days of change.
func (f *file) told() string {
	var all []string
	for _, row := range f.grid.Rows {
		for i, cell := range row.Cells {
			if heading := f.grid.Header[i]; heading != "Version" && !strings.HasPrefix(heading, "Senast ändrad") && cell.Text != "" {
				all = append(all, heading+": "+cell.Text)
			}
		}
	}
	return strings.Join(all, "\n")
}

// undo previews the undoing of a change and does it, and holds it against what is wanted, as
// "2 ARCHIVED 1 REFUSED".
func (w *world) undo(kind string, number int64, want string) *roster.UndoPlan {
	w.t.Helper()
	u := roster.Undo{Municipality: w.home.ID, Change: number, Comment: "Fel fil"}
	must(w.takers()[kind].PreviewUndo(w.ctx, u))(w.t)
	plan := must(w.takers()[kind].UndoChange(w.ctx, u))(w.t)
	var all []string
	for _, o := range []roster.UndoOutcome{roster.Restored, roster.TakenOut, roster.StaysEdited, roster.AlreadyBack, roster.CannotReturn} {
		if n := plan.Counts[o]; n > 0 {
			all = append(all, fmt.Sprintf("%d %s", n, o))
		}
	}
	if got := strings.Join(all, " "); got != want {
		w.t.Errorf("undoing a change of %s does %s, want %s: %+v", kind, got, want, plan.Lines)
	}
	return plan
}
