// Package decision is the cases of the diary, the decisions taken in them, and the waivers that rest on them.
package decision

import (
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/diary"
	"fardplan/internal/eservice"
	"fardplan/internal/gid"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/text"
)

// Case is a case (ärende) of a municipality's diary.
type Case struct {
	postgres.Row
	ArchivedAt     *time.Time `db:"archived_at"`
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	TitleSv        string     `db:"title_sv"`
	TitleEn        *string    `db:"title_en"`
	// DiaryNumber is the number exactly as written. What follows is what it says, and nil
	// where it is not understood: the register, the year and the serial within it, and
	// what the number ends with.
	DiaryNumber string  `db:"diary_number"`
	DiaryCode   *string `db:"diary_code"`
	DiaryYear   *int    `db:"diary_year"`
	DiarySerial *int    `db:"diary_serial"`
	DiarySuffix *string `db:"diary_suffix"`
	// URL is where it is, when another place than the municipality's diary.
	URL        *string             `db:"url"`
	Visibility eservice.Visibility `db:"visibility"`
}

// Kind is what kind of decision it is.
type Kind string

// The types of decision.
const (
	ByCouncil    Kind = "COUNCIL"
	ByBoard      Kind = "BOARD"
	ByCommittee  Kind = "COMMITTEE"
	ByDelegation Kind = "DELEGATION"
	Execution    Kind = "EXECUTION"
	Principle    Kind = "PRINCIPLE"
	Direction    Kind = "DIRECTION"
)

// State is what follows from a decision's dates.
type State string

// The states of a decision.
const (
	Preparing  State = "PREPARING"
	Proposed   State = "PROPOSED"
	Decided    State = "DECIDED"
	Binding    State = "BINDING"
	Appealed   State = "APPEALED"
	Overturned State = "OVERTURNED"
	Rejected   State = "REJECTED"
	Expired    State = "EXPIRED"
	Superseded State = "SUPERSEDED"
)

// Code is one value of a coded field, with its names for people.
type Code struct{ Value, Sv, En string }

// Codes lists the values of each coded field, by the field's name. The database and
// the GraphQL schema have the same, which a test holds.
func Codes() map[string][]Code {
	return map[string][]Code{
		"TYPE": {
			{"COUNCIL", "beslut av kommunfullmäktige", "decision of the council"}, {"BOARD", "beslut av kommunstyrelsen", "decision of the executive board"},
			{"COMMITTEE", "nämndbeslut", "decision of a committee"}, {"DELEGATION", "delegationsbeslut", "delegated decision"},
			{"EXECUTION", "verkställighet", "execution"}, {"PRINCIPLE", "principbeslut", "decision of principle"}, {"DIRECTION", "inriktningsbeslut", "decision of direction"},
		},
		"STATE": {
			{"PREPARING", "bereds", "being prepared"}, {"PROPOSED", "föreslaget", "proposed"}, {"DECIDED", "beslutat", "decided"},
			{"BINDING", "laga kraft", "legally binding"}, {"APPEALED", "överklagat", "appealed"}, {"OVERTURNED", "upphävt", "overturned"},
			{"REJECTED", "avslaget", "rejected"}, {"EXPIRED", "upphört", "expired"}, {"SUPERSEDED", "ersatt", "superseded"},
		},
		"VISIBILITY": eserviceCodes("VISIBILITY"),
	}
}

func eserviceCodes(field string) []Code {
	var codes []Code
	for _, c := range eservice.Codes()[field] {
		codes = append(codes, Code(c))
	}
	return codes
}

// nameOf gives the names of a field's values, for facets.
func nameOf(field string) func(string) (sv, en string) {
	codes := Codes()[field]
	return func(value string) (sv, en string) {
		for _, c := range codes {
			if c.Value == value {
				return c.Sv, c.En
			}
		}
		return value, value
	}
}

// Decision is a decision (beslut). Its state follows from its dates.
type Decision struct {
	postgres.Row
	ArchivedAt     *time.Time `db:"archived_at"`
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	CaseID         *uuid.UUID `db:"case_id"`
	// BodyUnitID is the unit that decides.
	BodyUnitID uuid.UUID `db:"body_unit_id"`
	// JointCollaborationID is, of a joint body's decision, the collaboration for whose
	// members it decides.
	JointCollaborationID *uuid.UUID `db:"joint_collaboration_id"`
	TitleSv              string     `db:"title_sv"`
	TitleEn              *string    `db:"title_en"`
	// DiaryNumber is the number exactly as written.
	DiaryNumber *string    `db:"diary_number"`
	Type        Kind       `db:"type"`
	TextSv      *string    `db:"text_sv"`
	TextEn      *string    `db:"text_en"`
	ProposedOn  *date.Date `db:"proposed_on"`
	MeetingDate *date.Date `db:"meeting_date"` // the day on which it is taken
	Paragraph   *string    `db:"paragraph"`    // of the minutes, such as 123 or 12 a
	// Rejected tells that the meeting said no.
	Rejected         bool       `db:"rejected"`
	AdjustedOn       *date.Date `db:"adjusted_on"`  // justerat
	AnnouncedOn      *date.Date `db:"announced_on"` // anslaget
	LegallyBindingOn *date.Date `db:"legally_binding_on"`
	AppealedOn       *date.Date `db:"appealed_on"`
	AppealSettledOn  *date.Date `db:"appeal_settled_on"`
	OverturnedOn     *date.Date `db:"overturned_on"`
	ValidFrom        *date.Date `db:"valid_from"`
	ValidTo          *date.Date `db:"valid_to"` // its last day
	SupersededByID   *uuid.UUID `db:"superseded_by_id"`
	SupersededOn     *date.Date `db:"superseded_on"`
	// DelegationRef is the item of the delegation order that a delegate decides by.
	DelegationRef *string    `db:"delegation_ref"`
	ReportedOn    *date.Date `db:"reported_on"` // anmält
	MinutesURL    *string    `db:"minutes_url"`
	DocumentURLs  []string   `db:"document_urls"`
	// IsExample marks one that is made up for demonstration.
	IsExample  bool                `db:"is_example"`
	Visibility eservice.Visibility `db:"visibility"`
}

// Waiver (undantag) lets a gap be for a time, by a decision.
type Waiver struct {
	postgres.Row
	ArchivedAt     *time.Time `db:"archived_at"`
	MunicipalityID uuid.UUID  `db:"municipality_id"`
	DecisionID     uuid.UUID  `db:"decision_id"`
	// Rule is the code of the rule whose gap is let be, in the record that ObjectKind and
	// ObjectID name.
	Rule       string    `db:"rule"`
	ObjectKind string    `db:"object_kind"`
	ObjectID   uuid.UUID `db:"object_id"`
	ReasonSv   string    `db:"reason_sv"`
	ReasonEn   *string   `db:"reason_en"`
	GrantedOn  date.Date `db:"granted_on"`
	ExpiresOn  date.Date `db:"expires_on"` // its last day
}

// Connections of these.
type (
	// CaseConnection is one page of cases.
	CaseConnection = page.Connection[*Case]
	// CaseEdge is a case with its place in a list.
	CaseEdge = page.Edge[*Case]
	// Connection is one page of decisions.
	Connection = page.Connection[*Decision]
	// Edge is a decision with its place in a list.
	Edge = page.Edge[*Decision]
	// WaiverConnection is one page of waivers.
	WaiverConnection = page.Connection[*Waiver]
	// WaiverEdge is a waiver with its place in a list.
	WaiverEdge = page.Edge[*Waiver]
)

// NodeID gives the case's global id.
func (c *Case) NodeID() gid.ID { return gid.New("diary_case", c.ID) }

// NodeID gives the decision's global id.
func (d *Decision) NodeID() gid.ID { return gid.New("decision", d.ID) }

// NodeID gives the waiver's global id.
func (w *Waiver) NodeID() gid.ID { return gid.New("waiver", w.ID) }

// Title gives what the case is about.
func (c *Case) Title() text.Localized { return text.Localized{Sv: c.TitleSv, En: c.TitleEn} }

// Title gives what is decided, in a few words.
func (d *Decision) Title() text.Localized { return text.Localized{Sv: d.TitleSv, En: d.TitleEn} }

// Text gives what is decided, as the minutes have it; nil when not entered.
func (d *Decision) Text() *text.Localized { return text.Maybe(d.TextSv, d.TextEn) }

// Reason gives why the gap is let be.
func (w *Waiver) Reason() text.Localized { return text.Localized{Sv: w.ReasonSv, En: w.ReasonEn} }

// Address gives where the case is: its own address, else the one that the template of
// its municipality's diary makes of the number; nil for neither.
func (c *Case) Address(template *string) *string {
	if c.URL != nil || template == nil {
		return c.URL
	}
	// Escaped so that it may stand in a path as in a query.
	number := strings.ReplaceAll(url.QueryEscape(c.DiaryNumber), "+", "%20")
	address := strings.ReplaceAll(*template, "{diaryNumber}", number)
	return &address
}

// appealDays are the three weeks in which a decision may be appealed, from the day on
// which the notice of the adjusted minutes is put up (KL 13 kap. 5 §). A time in weeks ends
// on the day of the same name (lag (1930:173) om beräkning av lagstadgad tid, 1 §).
const appealDays = 21

// ExpectedBindingOn gives the day on which a decision that nobody appeals becomes
// legally binding: the first after the time to appeal it has run out (KL 13 kap. 5 §),
// which ends on a working day (lag (1930:173), 2 §). It is nil for one that is not
// announced, that is binding, appealed or rejected, and for execution, which is not
// appealed.
func (d *Decision) ExpectedBindingOn() *date.Date {
	if d.AnnouncedOn == nil || d.LegallyBindingOn != nil || d.AppealedOn != nil || d.Rejected || d.Type == Execution {
		return nil
	}
	day := d.AnnouncedOn.AddDays(appealDays).NextWorking().AddDays(1)
	return &day
}

// CaseFilter narrows a list of cases; empty parts do not.
type CaseFilter struct {
	Municipalities []string // SCB codes
	// DiaryNumber finds the cases of a number, in whatever notation it is written.
	DiaryNumber   string
	DiaryCodes    []string // registers
	Years         []int    // of the diary number
	Understood    *bool    // whose number is understood, or is not
	TitleContains string
	Archived      bool // the archived ones instead of the others
}

// Filter narrows a list of decisions; empty parts do not.
type Filter struct {
	Municipalities []string // SCB codes
	States         []State
	Types          []Kind
	Bodies         []uuid.UUID // units that decide
	Cases          []uuid.UUID
	// DiaryNumber finds the decisions of a number, in whatever notation it is written.
	DiaryNumber   string
	TitleContains string
	MeetingFrom   *date.Date // taken on the day or later
	MeetingTo     *date.Date // taken on the day or earlier
	Example       *bool
	Archived      bool // the archived ones instead of the others
}

// WaiverFilter narrows a list of waivers; empty parts do not.
type WaiverFilter struct {
	Municipalities []string // SCB codes
	Rules          []string
	InForce        *bool // that let their gaps be today, or do not
	Archived       bool  // the withdrawn ones instead of the others
}

// Order is an order of a list.
type Order string

// Key writes what the case's number says, the same for every notation; nil where it is
// not understood.
func (c *Case) Key() *string {
	if c.DiaryYear == nil {
		return nil
	}
	n := diary.Number{Year: *c.DiaryYear, Serial: *c.DiarySerial}
	if c.DiaryCode != nil {
		n.Register = *c.DiaryCode
	}
	key := n.Key()
	return &key
}
