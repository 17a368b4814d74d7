// Package audit is the audits of a municipality: what was found, asked and answered.
package audit

import (
	"time"

	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/gid"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/text"
)

// Audit is one by the municipality's elected auditors (granskning).
type Audit struct {
	postgres.Row
	ArchivedAt     *time.Time `db:"archived_at"`
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	TitleSv        string     `db:"title_sv"`
	TitleEn        *string    `db:"title_en"`
	// DiaryNumber is the diary number as it is written on the report.
	DiaryNumber *string `db:"diary_number"`
	// CaseID is the case that the diary number is of.
	CaseID *uuid.UUID `db:"case_id"`
	// Year is the year that it was made for.
	Year int `db:"year"`
	// AuditorUnitID is who made it, and AddresseeUnitID who is to answer.
	AuditorUnitID   *uuid.UUID `db:"auditor_unit_id"`
	AddresseeUnitID *uuid.UUID `db:"addressee_unit_id"`
	PublishedOn     *date.Date `db:"published_on"`
	// FollowsID is the earlier audit that it follows up.
	FollowsID  *uuid.UUID          `db:"follows_id"`
	URL        *string             `db:"url"`
	SummarySv  *string             `db:"summary_sv"`
	SummaryEn  *string             `db:"summary_en"`
	Visibility eservice.Visibility `db:"visibility"`
}

// Question is one that the auditors ask to have answered.
type Question struct {
	postgres.Row
	ArchivedAt     *time.Time `db:"archived_at"`
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	AuditID        uuid.UUID  `db:"audit_id"`
	// FormalAnswerID is the answer of the same audit that answers it.
	FormalAnswerID *uuid.UUID `db:"formal_answer_id"`
	// Position is its place among the audit's questions, from 1.
	Position int     `db:"position"`
	TextSv   string  `db:"text_sv"`
	TextEn   *string `db:"text_en"`
}

// Finding is one thing that the auditors found (iakttagelse).
type Finding struct {
	postgres.Row
	ArchivedAt     *time.Time `db:"archived_at"`
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	AuditID        uuid.UUID  `db:"audit_id"`
	// Code names it within the audit, such as F12.
	Code string `db:"code"`
	// Section is where in the report it stands, such as 4.6.
	Section  *string  `db:"section"`
	TextSv   string   `db:"text_sv"`
	TextEn   *string  `db:"text_en"`
	Verdict  Verdict  `db:"verdict"`
	Severity Severity `db:"severity"`
	// RecurrenceOfID is the finding of an earlier audit that it repeats.
	RecurrenceOfID *uuid.UUID `db:"recurrence_of_id"`
}

// FormalAnswer is what the addressee answers some of the questions (svar).
type FormalAnswer struct {
	postgres.Row
	ArchivedAt     *time.Time   `db:"archived_at"`
	MunicipalityID uuid.UUID    `db:"municipality_id"`
	AuditID        uuid.UUID    `db:"audit_id"`
	TitleSv        string       `db:"title_sv"`
	TitleEn        *string      `db:"title_en"`
	DueOn          date.Date    `db:"due_on"`
	TextSv         *string      `db:"text_sv"`
	TextEn         *string      `db:"text_en"`
	Status         AnswerStatus `db:"status"`
	SentOn         *date.Date   `db:"sent_on"`
	DiaryNumber    *string      `db:"diary_number"`
	CaseID         *uuid.UUID   `db:"case_id"`
}

// Verdict is what the auditors think of what they found.
type Verdict string

// The verdicts, best first; a proposal passes none.
const (
	OK        Verdict = "OK"
	MostlyOK  Verdict = "MOSTLY_OK"
	Partial   Verdict = "PARTIAL"
	Deficient Verdict = "DEFICIENT"
	Proposal  Verdict = "PROPOSAL"
)

var verdictNames = map[Verdict][2]string{
	OK: {"utan anmärkning", "in order"}, MostlyOK: {"i huvudsak utan anmärkning", "mostly in order"}, Partial: {"delvis brist", "partly deficient"},
	Deficient: {"brist", "deficient"}, Proposal: {"förslag", "proposal"},
}

// Verdicts lists every verdict, best first.
func Verdicts() []Verdict { return []Verdict{OK, MostlyOK, Partial, Deficient, Proposal} }

// VerdictName gives a verdict in words, Swedish and English.
func VerdictName(v string) (sv, en string) {
	return verdictNames[Verdict(v)][0], verdictNames[Verdict(v)][1]
}

// Severity is how grave a finding is.
type Severity string

// The severities, gravest first.
const (
	High   Severity = "HIGH"
	Medium Severity = "MEDIUM"
	Low    Severity = "LOW"
)

// Severities lists every severity, gravest first.
func Severities() []Severity { return []Severity{High, Medium, Low} }

// AnswerStatus is how far an answer has come.
type AnswerStatus string

// The statuses, in their order.
const (
	NotStarted AnswerStatus = "NOT_STARTED"
	Drafted    AnswerStatus = "DRAFT"
	InReview   AnswerStatus = "IN_REVIEW"
	Decided    AnswerStatus = "DECIDED"
	Sent       AnswerStatus = "SENT"
)

var answerStatusNames = map[AnswerStatus][2]string{
	NotStarted: {"inte påbörjat", "not started"}, Drafted: {"utkast", "draft"}, InReview: {"för granskning", "in review"}, Decided: {"beslutat", "decided"}, Sent: {"skickat", "sent"},
}

// AnswerStatuses lists every status, in their order.
func AnswerStatuses() []AnswerStatus {
	return []AnswerStatus{NotStarted, Drafted, InReview, Decided, Sent}
}

// AnswerStatusName gives a status in words, Swedish and English.
func AnswerStatusName(s string) (sv, en string) {
	return answerStatusNames[AnswerStatus(s)][0], answerStatusNames[AnswerStatus(s)][1]
}

// Step is one step of an answer. A step backwards must say why.
type Step struct {
	To        AnswerStatus `db:"to_status"`
	Backwards bool         `db:"backwards"`
}

// Connections of audits and their parts.
type (
	// AuditConnection is one page of audits.
	AuditConnection = page.Connection[*Audit]
	// AuditEdge is an audit with its place in a list.
	AuditEdge = page.Edge[*Audit]
	// AuditQuestionConnection is one page of questions.
	AuditQuestionConnection = page.Connection[*Question]
	// AuditQuestionEdge is a question with its place in a list.
	AuditQuestionEdge = page.Edge[*Question]
	// FindingConnection is one page of findings.
	FindingConnection = page.Connection[*Finding]
	// FindingEdge is a finding with its place in a list.
	FindingEdge = page.Edge[*Finding]
	// FormalAnswerConnection is one page of answers.
	FormalAnswerConnection = page.Connection[*FormalAnswer]
	// FormalAnswerEdge is an answer with its place in a list.
	FormalAnswerEdge = page.Edge[*FormalAnswer]
)

// NodeID gives the audit's global id.
func (a *Audit) NodeID() gid.ID { return gid.New("audit", a.ID) }

// NodeID gives the question's global id.
func (q *Question) NodeID() gid.ID { return gid.New("audit_question", q.ID) }

// NodeID gives the finding's global id.
func (f *Finding) NodeID() gid.ID { return gid.New("finding", f.ID) }

// NodeID gives the answer's global id.
func (a *FormalAnswer) NodeID() gid.ID { return gid.New("formal_answer", a.ID) }

// Title gives what the audit is called.
func (a *Audit) Title() text.Localized { return text.Localized{Sv: a.TitleSv, En: a.TitleEn} }

// Summary gives what it says in short; nil without one.
func (a *Audit) Summary() *text.Localized { return text.Maybe(a.SummarySv, a.SummaryEn) }

// Text gives what is asked.
func (q *Question) Text() text.Localized { return text.Localized{Sv: q.TextSv, En: q.TextEn} }

// Text gives what was found.
func (f *Finding) Text() text.Localized { return text.Localized{Sv: f.TextSv, En: f.TextEn} }

// Title gives what the answer is called.
func (a *FormalAnswer) Title() text.Localized { return text.Localized{Sv: a.TitleSv, En: a.TitleEn} }

// Text gives what is answered; nil while nothing is written.
func (a *FormalAnswer) Text() *text.Localized { return text.Maybe(a.TextSv, a.TextEn) }

// Late tells whether the answer was sent after the day it was due, or had not been sent
// by then and the day has passed on the day today.
func (a *FormalAnswer) Late(today date.Date) bool {
	if a.SentOn != nil {
		today = *a.SentOn
	}
	return a.DueOn.Before(today)
}

// DaysLeft gives the days from today to the day it is due, negative when that has
// passed; nil once it is sent.
func (a *FormalAnswer) DaysLeft(today date.Date) *int {
	if a.SentOn != nil {
		return nil
	}
	days := today.DaysTo(a.DueOn)
	return &days
}

// Filter narrows a list of audits; empty parts do not.
type Filter struct {
	Municipalities []string // SCB codes
	Years          []int
	Addressees     []uuid.UUID
	TitleContains  string
	DiaryNumber    string // in any notation
	Archived       bool   // the archived ones instead of the others
}

// FindingFilter narrows a list of findings; empty parts do not.
type FindingFilter struct {
	Municipalities []string // SCB codes
	Audits         []uuid.UUID
	Codes          []string
	Verdicts       []Verdict
	Severities     []Severity
	Recurring      *bool // whether they repeat one of an earlier audit
	TextContains   string
	Archived       bool // the archived ones, or those of archived audits, instead of the others
}

// AnswerFilter narrows a list of answers; empty parts do not.
type AnswerFilter struct {
	Municipalities []string // SCB codes
	Audits         []uuid.UUID
	Statuses       []AnswerStatus
	Late           *bool
	DueFrom, DueTo *date.Date // both days included
	TitleContains  string
	Archived       bool // the archived ones, or those of archived audits, instead of the others
}

// QuestionFilter narrows a list of questions; empty parts do not.
type QuestionFilter struct {
	Answered *bool // whether an answer answers them
	Archived bool  // the archived ones instead of the others
}

// Order is an order of a list.
type Order string
