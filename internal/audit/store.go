package audit

import (
	"context"

	"github.com/google/uuid"

	"fardplan/internal/decision"
	"fardplan/internal/gap"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

var (
	created = postgres.Sort{Expr: "x.created_at", Type: "timestamptz"}
	updated = postgres.Sort{Expr: "x.updated_at", Type: "timestamptz"}

	auditOrders = map[Order]postgres.Sort{
		"TITLE":        {Expr: "x.title_sv", Type: "text"},
		"YEAR":         {Expr: "x.year", Type: "int"},
		"PUBLISHED":    {Expr: "coalesce(x.published_on, 'infinity'::date)", Type: "date"},
		"MUNICIPALITY": {Expr: "m.name_sv", Type: "text"},
		"CREATED":      created,
		"UPDATED":      updated,
	}
	questionOrders = map[Order]postgres.Sort{
		"POSITION": {Expr: "x.position", Type: "int"},
		"CREATED":  created,
		"UPDATED":  updated,
	}
	findingOrders = map[Order]postgres.Sort{
		"CODE":         {Expr: "x.code", Type: "text"},
		"SEVERITY":     {Expr: "array_position(ARRAY['HIGH', 'MEDIUM', 'LOW'], x.severity)", Type: "int"},
		"VERDICT":      {Expr: "array_position(ARRAY['DEFICIENT', 'PARTIAL', 'PROPOSAL', 'MOSTLY_OK', 'OK'], x.verdict)", Type: "int"},
		"YEAR":         {Expr: "a.year", Type: "int"},
		"MUNICIPALITY": {Expr: "m.name_sv", Type: "text"},
		"CREATED":      created,
		"UPDATED":      updated,
	}
	answerOrders = map[Order]postgres.Sort{
		"DUE":          {Expr: "x.due_on", Type: "date"},
		"TITLE":        {Expr: "x.title_sv", Type: "text"},
		"STATUS":       {Expr: "array_position(ARRAY['NOT_STARTED', 'DRAFT', 'IN_REVIEW', 'DECIDED', 'SENT'], x.status)", Type: "int"},
		"MUNICIPALITY": {Expr: "m.name_sv", Type: "text"},
		"CREATED":      created,
		"UPDATED":      updated,
	}
)

// late is SQL for whether answer x was sent too late, or is late today.
const late = "x.due_on < coalesce(x.sent_on, today())"

// ofAudit joins the audit of a part, as a, and keeps the archived parts or the others:
// a part goes out of use with its audit.
func ofAudit(l *postgres.List, archived bool) {
	l.From += " JOIN audit a ON a.id = x.audit_id"
	l.Where("(x.archived_at IS NOT NULL OR a.archived_at IS NOT NULL) = @archived", "archived", archived)
}

// byAudit is the facet of the audit of a part.
func byAudit() postgres.Facet {
	return postgres.Facet{Value: "x.audit_id::text", Kind: "audit", Sv: "a.title_sv", En: "coalesce(a.title_en, a.title_sv)"}
}

func (s *Service) auditList(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool) (postgres.List, error) {
	l := audits.List(ctx, s.Keeper, r, record.Sorted(auditOrders, o, desc), map[string]postgres.Facet{
		"MUNICIPALITY": record.ByMunicipality(),
		"YEAR":         {Value: "x.year::text", Names: itself},
	})
	l.Where("(x.archived_at IS NOT NULL) = @archived", "archived", f.Archived)
	if len(f.Municipalities) > 0 {
		l.WhereFacet("MUNICIPALITY", "m.scb_code = ANY (@municipalities)", "municipalities", f.Municipalities)
	}
	if len(f.Years) > 0 {
		l.WhereFacet("YEAR", "x.year = ANY (@years)", "years", f.Years)
	}
	if len(f.Addressees) > 0 {
		l.Where("x.addressee_unit_id = ANY (@addressees)", "addressees", f.Addressees)
	}
	if f.TitleContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.title_sv, x.title_en)", "title"), "title", f.TitleContains)
	}
	if f.DiaryNumber != "" {
		numbered, args, err := decision.Numbered(ctx, r, f.DiaryNumber, "c")
		if err != nil {
			return l, err
		}
		l.From += " LEFT JOIN diary_case c ON c.id = x.case_id"
		l.Where(numbered, args...)
	}
	return l, nil
}

// itself names a value by itself.
func itself(value string) (sv, en string) { return value, value }

// Audits reads one page of the audits that the caller may see.
func (s *Service) Audits(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, a page.Args) (*AuditConnection, error) {
	l, err := s.auditList(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	return postgres.Page[Audit](ctx, r, l, a)
}

// FollowingEach reads, for each audit, one page of those that follow it up.
func (s *Service) FollowingEach(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*AuditConnection, error) {
	l, err := s.auditList(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	l.Parent = "x.follows_id"
	return postgres.Pages[Audit](ctx, r, l, of, a)
}

// Parent is the column that leads from a part to the record that it is listed under.
type Parent string

// The records that have parts under them.
const (
	OfAudit      Parent = "x.audit_id"
	OfAnswer     Parent = "x.formal_answer_id" // of questions
	OfRecurrence Parent = "x.recurrence_of_id" // of findings: those that repeat it
)

// QuestionsOfEach reads, for each parent, one page of its questions.
func (s *Service) QuestionsOfEach(ctx context.Context, r postgres.Reader, p Parent, f QuestionFilter, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*AuditQuestionConnection, error) {
	l := questions.List(ctx, s.Keeper, r, record.Sorted(questionOrders, o, desc), nil)
	l.Where("(x.archived_at IS NOT NULL) = @archived", "archived", f.Archived)
	if f.Answered != nil {
		l.Where("(x.formal_answer_id IS NOT NULL) = @answered", "answered", *f.Answered)
	}
	l.Parent = string(p)
	return postgres.Pages[Question](ctx, r, l, of, a)
}

func (s *Service) findingList(ctx context.Context, r postgres.Reader, f FindingFilter, o Order, desc bool) postgres.List {
	l := findings.List(ctx, s.Keeper, r, record.Sorted(findingOrders, o, desc), map[string]postgres.Facet{
		"MUNICIPALITY": record.ByMunicipality(),
		"AUDIT":        byAudit(),
		"VERDICT":      {Value: "x.verdict", Names: VerdictName},
		"SEVERITY":     {Value: "x.severity", Names: gap.SeverityName},
		"RECURRING":    {Value: "(x.recurrence_of_id IS NOT NULL)::text", Names: recurringName},
	})
	ofAudit(&l, f.Archived)
	if len(f.Municipalities) > 0 {
		l.WhereFacet("MUNICIPALITY", "m.scb_code = ANY (@municipalities)", "municipalities", f.Municipalities)
	}
	if len(f.Audits) > 0 {
		l.WhereFacet("AUDIT", "x.audit_id = ANY (@audits)", "audits", f.Audits)
	}
	if len(f.Codes) > 0 {
		l.Where("x.code = ANY (@codes)", "codes", f.Codes)
	}
	if len(f.Verdicts) > 0 {
		l.WhereFacet("VERDICT", "x.verdict = ANY (@verdicts)", "verdicts", f.Verdicts)
	}
	if len(f.Severities) > 0 {
		l.WhereFacet("SEVERITY", "x.severity = ANY (@severities)", "severities", f.Severities)
	}
	if f.Recurring != nil {
		l.WhereFacet("RECURRING", "(x.recurrence_of_id IS NOT NULL) = @recurring", "recurring", *f.Recurring)
	}
	if f.TextContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.text_sv, x.text_en)", "text"), "text", f.TextContains)
	}
	return l
}

func recurringName(value string) (sv, en string) {
	if value == "true" {
		return "återkommande", "recurring"
	}
	return "ny", "new"
}

// Findings reads one page of the findings that the caller may see.
func (s *Service) Findings(ctx context.Context, r postgres.Reader, f FindingFilter, o Order, desc bool, a page.Args) (*FindingConnection, error) {
	return postgres.Page[Finding](ctx, r, s.findingList(ctx, r, f, o, desc), a)
}

// FindingsOfEach reads, for each parent, one page of its findings.
func (s *Service) FindingsOfEach(ctx context.Context, r postgres.Reader, p Parent, f FindingFilter, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*FindingConnection, error) {
	l := s.findingList(ctx, r, f, o, desc)
	l.Parent = string(p)
	return postgres.Pages[Finding](ctx, r, l, of, a)
}

func (s *Service) answerList(ctx context.Context, r postgres.Reader, f AnswerFilter, o Order, desc bool) postgres.List {
	l := answers.List(ctx, s.Keeper, r, record.Sorted(answerOrders, o, desc), map[string]postgres.Facet{
		"MUNICIPALITY": record.ByMunicipality(),
		"AUDIT":        byAudit(),
		"STATUS":       {Value: "x.status", Names: AnswerStatusName},
		"LATE":         {Value: "(" + late + ")::text", Names: lateName},
	})
	ofAudit(&l, f.Archived)
	if len(f.Municipalities) > 0 {
		l.WhereFacet("MUNICIPALITY", "m.scb_code = ANY (@municipalities)", "municipalities", f.Municipalities)
	}
	if len(f.Audits) > 0 {
		l.WhereFacet("AUDIT", "x.audit_id = ANY (@audits)", "audits", f.Audits)
	}
	if len(f.Statuses) > 0 {
		l.WhereFacet("STATUS", "x.status = ANY (@statuses)", "statuses", f.Statuses)
	}
	if f.Late != nil {
		l.WhereFacet("LATE", "("+late+") = @late", "late", *f.Late)
	}
	if f.DueFrom != nil {
		l.Where("x.due_on >= @due_from", "due_from", *f.DueFrom)
	}
	if f.DueTo != nil {
		l.Where("x.due_on <= @due_to", "due_to", *f.DueTo)
	}
	if f.TitleContains != "" {
		l.Where(postgres.Contains("concat_ws(' ', x.title_sv, x.title_en)", "title"), "title", f.TitleContains)
	}
	return l
}

func lateName(value string) (sv, en string) {
	if value == "true" {
		return "sent", "late"
	}
	return "i tid", "on time"
}

// Answers reads one page of the formal answers that the caller may see.
func (s *Service) Answers(ctx context.Context, r postgres.Reader, f AnswerFilter, o Order, desc bool, a page.Args) (*FormalAnswerConnection, error) {
	return postgres.Page[FormalAnswer](ctx, r, s.answerList(ctx, r, f, o, desc), a)
}

// AnswersOfEach reads, for each audit, one page of its formal answers.
func (s *Service) AnswersOfEach(ctx context.Context, r postgres.Reader, f AnswerFilter, o Order, desc bool, of []uuid.UUID, a page.Args) ([]*FormalAnswerConnection, error) {
	l := s.answerList(ctx, r, f, o, desc)
	l.Parent = string(OfAudit)
	return postgres.Pages[FormalAnswer](ctx, r, l, of, a)
}

// AuditsByID reads audits by id.
func (s *Service) AuditsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Audit, error) {
	return audits.ByID(ctx, s.Keeper, r, ids)
}

// QuestionsByID reads questions by id.
func (s *Service) QuestionsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Question, error) {
	return questions.ByID(ctx, s.Keeper, r, ids)
}

// FindingsByID reads findings by id.
func (s *Service) FindingsByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*Finding, error) {
	return findings.ByID(ctx, s.Keeper, r, ids)
}

// AnswersByID reads formal answers by id.
func (s *Service) AnswersByID(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]*FormalAnswer, error) {
	return answers.ByID(ctx, s.Keeper, r, ids)
}

// Steps gives, for each status of an answer, the steps that lead from it.
func Steps(ctx context.Context, r postgres.Reader) (map[AnswerStatus][]Step, error) {
	type step struct {
		From AnswerStatus `db:"from_status"`
		Step
	}
	all, err := postgres.All[step](ctx, r, "SELECT "+postgres.Columns[step]("s")+" FROM formal_answer_steps() s", nil)
	steps := map[AnswerStatus][]Step{}
	for _, one := range all {
		steps[one.From] = append(steps[one.From], one.Step)
	}
	return steps, err
}

// nextPosition gives the place after the audit's last question, archived ones included.
func nextPosition(ctx context.Context, r postgres.Reader, audit uuid.UUID) (int, error) {
	last, err := postgres.Values[int](ctx, r, "SELECT coalesce(max(x.position), 0) FROM audit_question x WHERE x.audit_id = @audit", postgres.Args{"audit": audit})
	if err != nil {
		return 0, err
	}
	return last[0] + 1, nil
}
