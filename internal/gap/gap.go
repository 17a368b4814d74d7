// Package gap computes what is missing (brister): for each rule the records that
// break it, by SQL over the records themselves. A rule is an entry in a table; the
// package knows none of them. Episodes remember since when a gap has been open.
package gap

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/history"
	"fardplan/internal/page"
	"fardplan/internal/text"
)

// Severity ranks gaps.
type Severity string

// The severities, gravest first.
const (
	High   Severity = "HIGH"
	Medium Severity = "MEDIUM"
	Low    Severity = "LOW"
)

var ranks = map[Severity]int{High: 1, Medium: 2, Low: 3}

// factors are how much each severity weighs: three times the one below.
var factors = map[Severity]int{High: 9, Medium: 3, Low: 1}

// Weight is how much a gap weighs: its severity's factor times one more than the cases
// in a year that its record serves. So of two equally grave ones that comes first which
// more people meet, and a record without figures weighs as its gap is grave.
func Weight(s Severity, cases int) int { return factors[s] * (1 + cases) }

// SeverityName gives a severity in words, Swedish and English.
func SeverityName(s string) (sv, en string) {
	names := map[Severity][2]string{High: {"allvarlig", "high"}, Medium: {"medel", "medium"}, Low: {"låg", "low"}}
	return names[Severity(s)][0], names[Severity(s)][1]
}

// Text is a text in Swedish and English.
type Text struct{ Sv, En string }

// Localized gives the text as the API does.
func (t Text) Localized() text.Localized { return text.Both(t.Sv, t.En) }

// Rule is one thing that a record should have or be.
type Rule struct {
	Code     string
	Severity Severity
	Object   string // the table of the records that it is about
	// Where is the SQL condition, over the record's row as x, that it is a gap. It
	// reads the date from today().
	Where  string
	Title  Text // what is missing, in a few words
	Reason Text // why it matters and what to do
	Law    Text // the law, standard or audit paragraph behind it
}

// Object says how the gaps of one table's records are kept.
type Object struct {
	Table string
	Name  Text
	// Unit is SQL for the responsible unit's id of the row x.
	Unit string
	// Cases is SQL for the cases in a year that the record with the id x.object_id
	// serves, as a bigint that is never NULL; empty for records that serve none.
	Cases string
	// Affected are SQL statements giving the ids of records whose gaps the change
	// @change may have opened or closed, beside the records changed themselves.
	Affected []string
	// Drafts is the table of the records' drafts; empty where they have none. Drafted is
	// SQL in place of Table and its alias x, with the values of the open drafts that the
	// condition seen, on the row draft, lets be seen.
	Drafts  string
	Drafted func(seen string) string
}

// Service computes gaps and keeps their episodes.
type Service struct {
	Rules   []Rule
	Objects []Object
	Journal *history.Journal
	Policy  access.Policy
}

// Gap is one rule broken by one record.
type Gap struct {
	ID           uuid.UUID  `db:"id"` // of the rule and the record together
	Rule         string     `db:"rule"`
	ObjectKind   string     `db:"object_kind"` // the record's table
	ObjectID     uuid.UUID  `db:"object_id"`
	Municipality uuid.UUID  `db:"municipality_id"`
	Unit         *uuid.UUID `db:"unit_id"` // the responsible unit
	// Since is the instant from which it has been open without a break, or waived.
	Since time.Time `db:"since"`
	// WaiverID is the waiver that lets it be; nil where none does.
	WaiverID *uuid.UUID `db:"waiver_id"`
}

// Connection is one page of gaps.
type Connection = page.Connection[*Gap]

// Edge is a gap with its place in a list.
type Edge = page.Edge[*Gap]

// waiver gives SQL for the id of the waiver by which a gap is let be, of the rule, the
// kind and the id of the record that the SQL given names: one that is not withdrawn,
// until its last day, while its decision is taken and holds.
func waiver(rule, kind, id string) string {
	return fmt.Sprintf(`SELECT w.id FROM waiver w JOIN decision d ON d.id = w.decision_id
	WHERE w.object_id = %s AND w.rule = %s AND w.object_kind = %s AND w.archived_at IS NULL AND w.granted_on <= today() AND w.expires_on >= today() AND d.archived_at IS NULL
	  AND decision_state(today(), d.type, d.proposed_on, d.meeting_date, d.rejected, d.legally_binding_on, d.appealed_on, d.appeal_settled_on, d.overturned_on, d.superseded_on, d.valid_to) IN ('DECIDED', 'BINDING')`, id, rule, kind)
}

// quoted is a literal of SQL; codes and tables hold no quotes.
func quoted(s string) string { return "'" + s + "'" }

// broken gives the SQL condition that the row x breaks the rule and no waiver lets it.
func (r Rule) broken() string {
	return "(" + r.Where + ") AND NOT EXISTS (" + waiver(quoted(r.Code), quoted(r.Object), "x.id") + ")"
}

// Rule gives the rule with the code.
func (s *Service) Rule(code string) (Rule, bool) {
	for _, r := range s.Rules {
		if r.Code == code {
			return r, true
		}
	}
	return Rule{}, false
}

// KindName gives what one of a table's records is called.
func (s *Service) KindName(table string) Text { return s.object(table).Name }

// rulesOf lists the rules about a table's records.
func (s *Service) rulesOf(table string) []Rule {
	return slices.DeleteFunc(slices.Clone(s.Rules), func(r Rule) bool { return r.Object != table })
}

// codes lists the rules about a table's records that have one of the severities.
func (s *Service) codes(table string, of ...Severity) []string {
	codes := []string{}
	for _, r := range s.rulesOf(table) {
		if slices.Contains(of, r.Severity) {
			codes = append(codes, r.Code)
		}
	}
	return codes
}

// fingerprint changes when the rules do.
func (s *Service) fingerprint() string {
	h := fnv.New64a()
	for _, r := range s.Rules {
		fmt.Fprintf(h, "%s|%s|%s|%s\n", r.Code, r.Object, r.Severity, r.broken())
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

func (s *Service) object(table string) Object {
	for _, o := range s.Objects {
		if o.Table == table {
			return o
		}
	}
	panic("no object of gaps is of table " + table)
}

// Condition gives the SQL condition that the row x of table breaks one of the rules
// named by codes, without a waiver of it.
func (s *Service) Condition(table string, codes []string) string {
	conditions := []string{"false"}
	for _, r := range s.rulesOf(table) {
		if slices.Contains(codes, r.Code) {
			conditions = append(conditions, "("+r.broken()+")")
		}
	}
	return "(" + strings.Join(conditions, " OR ") + ")"
}

// Broken gives SQL for a join that yields, for the row x of table, a row g(code) for
// each rule it breaks without a waiver, which is asked for once and of those alone.
func (s *Service) Broken(table string) string {
	values := []string{"(NULL, false)"}
	for _, r := range s.rulesOf(table) {
		values = append(values, fmt.Sprintf("('%s', (%s))", r.Code, r.Where))
	}
	return "JOIN LATERAL (VALUES " + strings.Join(values, ", ") + ") AS g (code, broken) ON g.broken AND NOT EXISTS (" + waiver("g.code", quoted(table), "x.id") + ")"
}

// RuleName gives the title of the rule with the code, for facets.
func (s *Service) RuleName(code string) (sv, en string) {
	r, _ := s.Rule(code)
	return r.Title.Sv, r.Title.En
}
