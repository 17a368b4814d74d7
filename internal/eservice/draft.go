package eservice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// DraftState is where a draft is on its way.
type DraftState string

// The states; the last two are final.
const (
	DraftOpen      DraftState = "OPEN"
	DraftInReview  DraftState = "IN_REVIEW"
	DraftPublished DraftState = "PUBLISHED"
	DraftDiscarded DraftState = "DISCARDED"
)

// Draft is what somebody prepares of an e-service, beside the live record. An e-service
// has at most one that is open or in review.
type Draft struct {
	postgres.Row
	MunicipalityID uuid.UUID     `db:"municipality_id"`
	EServiceID     uuid.UUID     `db:"e_service_id"`
	State          DraftState    `db:"state"`
	Changes        record.Values `db:"changes"` // the drafted values
	Base           record.Values `db:"base"`    // the live values that they were drafted over
}

// DraftConnection is one page of drafts.
type DraftConnection = page.Connection[*Draft]

// DraftEdge is a draft with its place in a list.
type DraftEdge = page.Edge[*Draft]

// NodeID gives the draft's global id.
func (d *Draft) NodeID() gid.ID { return gid.New("e_service_draft", d.ID) }

// Closed tells whether the draft was published or discarded.
func (d *Draft) Closed() bool { return d.State == DraftPublished || d.State == DraftDiscarded }

// DraftFilter narrows a list of drafts; empty parts do not.
type DraftFilter struct {
	States         []DraftState // without any: those open or in review
	Municipalities []string     // SCB codes
	Units          []uuid.UUID  // that own the live e-service
	Conflict       *bool        // some field is in conflict, or none is
}

// DraftField is one field of a draft.
type DraftField struct {
	Column            string
	Base, Live, Draft json.RawMessage
	// Conflict tells that the live value is neither its base nor the drafted one: the
	// field was changed beside the draft, and somebody is to choose.
	Conflict bool
}

// PublicationStatus says how far an e-service has come towards its readers.
type PublicationStatus string

// The publication statuses.
const (
	NeverPublished     PublicationStatus = "DRAFT"
	InReview           PublicationStatus = "IN_REVIEW"
	Published          PublicationStatus = "PUBLISHED"
	PublishedWithDraft PublicationStatus = "PUBLISHED_WITH_DRAFT"
	Unpublished        PublicationStatus = "UNPUBLISHED"
)

// Publication gives the status of an e-service with its open draft; nil where there is
// none, or none that the caller may know of.
func (e *EService) Publication(d *Draft) PublicationStatus {
	switch {
	case e.Published && d != nil:
		return PublishedWithDraft
	case e.Published:
		return Published
	case d != nil && d.State == DraftInReview:
		return InReview
	case e.FirstPublishedAt != nil:
		return Unpublished
	}
	return NeverPublished
}

// values gives a record's values as JSON has them, by column. It fills a copy: the
// record may be one that others read at the same time.
func (e *EService) values() record.Values {
	filled := *e
	filled.fill()
	return record.ValuesOf(&filled)
}

// Over gives the e-service with the drafted values. A column that this release does not
// know, or not as it was drafted, is left as it is live.
func (d *Draft) Over(live *EService) *EService {
	e := *live
	postgres.EachColumn(&e, func(column string, field reflect.Value) {
		value, ok := d.Changes[column]
		if !ok {
			return
		}
		into := reflect.New(field.Type())
		if json.Unmarshal(value, into.Interface()) == nil {
			field.Set(into.Elem())
		}
	})
	e.fill()
	e.Drafted = true
	return &e
}

// Fields compares the draft with its base and the live record, field by field.
func (d *Draft) Fields(live *EService) []DraftField {
	fields := []DraftField{}
	now := live.values()
	postgres.EachColumn(live, func(column string, _ reflect.Value) {
		drafted, ok := d.Changes[column]
		if !ok {
			return
		}
		f := DraftField{Column: column, Base: d.Base[column], Live: now[column], Draft: drafted}
		f.Conflict = !d.Closed() && !record.Alike(f.Live, f.Base) && !record.Alike(f.Live, f.Draft)
		fields = append(fields, f)
	})
	return fields
}

// conflicts are the faults of the fields that somebody is to choose a value of. Each
// tells the field as its Current.
func (d *Draft) conflicts(live *EService) (faults fault.List) {
	for _, f := range d.Fields(live) {
		if f.Conflict {
			faults.Add(&fault.Error{
				Code: fault.Conflict, Field: f.Column, Rule: "draft_conflict", Current: &f,
				Sv: "Fältet har ändrats sedan utkastet skrevs. Välj utkastets värde eller det gällande i utkastet, och publicera sedan.",
				En: "The field has changed since it was drafted. Choose the draft's value or the live one in the draft, and then publish.",
			})
		}
	}
	return faults
}

// Take says which value settles a conflict.
type Take string

// The values to take.
const (
	TakeDraft Take = "DRAFT"
	TakeLive  Take = "LIVE"
)

// Resolution settles the conflict of one field, by column.
type Resolution struct {
	Column string
	Take   Take
}

// DraftChange is what is to become of a draft.
type DraftChange struct {
	EService uuid.UUID
	// LiveVersion is the version of the e-service that the caller has read: what it
	// drafts, it drafts over the values of that.
	LiveVersion int
	// Version is the draft's; nil to begin one.
	Version *int
	// Set changes the e-service as drafted.
	Set     func(*EService)
	Resolve []Resolution
	Comment string
}

// closedMeanwhile is the CONFLICT of a write on a draft that was published or discarded.
func closedMeanwhile() *fault.Error {
	return &fault.Error{
		Code: fault.Conflict, Field: "expectedVersion", Rule: "draft_closed",
		Sv: "Utkastet har publicerats eller kasserats sedan du läste det. Ingenting har skrivits över: läs e-tjänsten på nytt och börja ett nytt utkast.",
		En: "The draft has been published or discarded since you read it. Nothing was overwritten: read the e-service anew and begin a new draft.",
	}
}

// SaveDraft begins or changes the draft of an e-service. A field with the live value
// again leaves the draft, and a draft of a published e-service with no field left is
// discarded. One in review that is changed is open again.
func (s *Service) SaveDraft(ctx context.Context, c DraftChange) (*Draft, error) {
	if err := s.Policy.RequireSome(ctx, access.DraftEService); err != nil {
		return nil, err
	}
	var saved *Draft
	err := s.Journal.Write(ctx, "saveEServiceDraft", c.Comment, func(tx *postgres.Tx) error {
		live, err := s.one(ctx, tx, c.EService)
		if err != nil {
			return err
		}
		if err := s.Policy.Require(ctx, access.DraftEService, live.MunicipalityID); err != nil {
			return err
		}
		open, err := s.OpenDrafts(ctx, tx, []uuid.UUID{live.ID})
		if err != nil {
			return err
		}
		d := open[live.ID]
		switch {
		case d == nil && c.Version != nil:
			return closedMeanwhile()
		case d != nil && (c.Version == nil || d.Version != *c.Version):
			return fault.Stale(d)
		case live.Version != c.LiveVersion:
			return fault.Stale(live).At("liveVersion")
		case live.ArchivedAt != nil:
			return fault.Field("id", "draft_archived", "E-tjänsten är arkiverad och får inga nya utkast.", "The e-service is archived and takes no drafts.")
		}
		next := Draft{Row: postgres.Row{ID: uuid.Must(uuid.NewV7())}, MunicipalityID: live.MunicipalityID, EServiceID: live.ID}
		if d != nil {
			next = *d
		}
		next.State = DraftOpen
		if err := next.change(live, c); err != nil {
			return err
		}
		if len(next.Changes) == 0 && live.Published {
			if d == nil {
				return fault.Field("", "draft_empty", "Utkastet skiljer sig inte från den gällande e-tjänsten. Ändra något fält.", "The draft does not differ from the live e-service. Change some field.")
			}
			next.State = DraftDiscarded
		}
		if err := s.try(ctx, tx, live, &next); err != nil {
			return err
		}
		if d == nil {
			saved, err = postgres.Insert(ctx, tx, "e_service_draft", &next, constraints)
		} else {
			saved, err = postgres.Save(ctx, tx, "e_service_draft", &next, constraints)
		}
		return err
	})
	return saved, err
}

// change sets the drafted fields and settles conflicts.
func (d *Draft) change(live *EService, c DraftChange) error {
	wanted := d.Over(live)
	c.Set(wanted)
	now, then := live.values(), wanted.values()
	changes, base := maps.Clone(d.Changes), maps.Clone(d.Base)
	if changes == nil {
		changes, base = record.Values{}, record.Values{}
	}
	for column, value := range then {
		switch _, drafted := changes[column]; {
		case record.Alike(value, now[column]):
			delete(changes, column)
			delete(base, column)
		case drafted:
			changes[column] = value
		default:
			changes[column], base[column] = value, now[column]
		}
	}
	var faults fault.List
	for i, r := range c.Resolve {
		_, was := d.Changes[r.Column]
		_, is := changes[r.Column]
		switch {
		case !was && !is:
			faults.Add(fault.Field(fmt.Sprintf("resolve.%d.field", i), "draft_field", "Fältet finns inte i utkastet.", "The draft has no such field."))
		case is && r.Take == TakeDraft:
			base[r.Column] = now[r.Column]
		case is:
			delete(changes, r.Column)
			delete(base, r.Column)
		}
	}
	d.Changes, d.Base = changes, base
	return faults.Err()
}

// errTried ends an attempt that is not to be kept.
var errTried = errors.New("tried and undone")

// try has the database judge the e-service as drafted, all but the conditions of
// publication, and keeps nothing of it.
func (s *Service) try(ctx context.Context, tx *postgres.Tx, live *EService, d *Draft) error {
	e := d.Over(live)
	e.Published = false
	if err := s.sharedSeen(ctx, tx, e, live.SharedServiceID); err != nil {
		return err
	}
	err := tx.Try(ctx, func(tx *postgres.Tx) error {
		if _, err := Keep(ctx, tx, e); err != nil {
			return err
		}
		return errTried
	})
	if errors.Is(err, errTried) {
		return nil
	}
	return err
}

// DraftVersion names a draft in the version that the caller has read.
type DraftVersion struct {
	ID      uuid.UUID
	Version int
}

// draftStep is one step of a draft's way.
type draftStep struct {
	operation string
	action    access.Rule
	from      []DraftState
	to        DraftState
	wrong     *fault.Error // where the draft is in another state
}

var (
	submitting = draftStep{
		"submitEServiceDraft", access.WriteEService, []DraftState{DraftOpen}, DraftInReview,
		fault.Field("id", "draft_state", "Utkastet är redan lämnat för granskning.", "The draft is in review already."),
	}
	returning = draftStep{
		"returnEServiceDraft", access.PublishEService, []DraftState{DraftInReview}, DraftOpen,
		fault.Field("id", "draft_state", "Utkastet är inte lämnat för granskning.", "The draft is not in review."),
	}
	discarding = draftStep{"discardEServiceDraft", access.WriteEService, []DraftState{DraftOpen, DraftInReview}, DraftDiscarded, nil}
)

// SubmitDraft hands a draft over for review.
func (s *Service) SubmitDraft(ctx context.Context, d DraftVersion, comment string) (*Draft, error) {
	return s.move(ctx, submitting, d, comment)
}

// ReturnDraft gives a draft in review back, with a comment that says what is to be done.
func (s *Service) ReturnDraft(ctx context.Context, d DraftVersion, comment string) (*Draft, error) {
	if err := s.Policy.RequireSome(ctx, returning.action); err != nil {
		return nil, err
	}
	if strings.TrimSpace(comment) == "" {
		return nil, fault.Field("comment", "draft_return_comment", "Skriv vad som behöver göras innan utkastet kan publiceras.", "Say what is to be done before the draft can be published.")
	}
	return s.move(ctx, returning, d, comment)
}

// DiscardDraft closes a draft without publishing it; it stays in the history.
func (s *Service) DiscardDraft(ctx context.Context, d DraftVersion, comment string) (*Draft, error) {
	return s.move(ctx, discarding, d, comment)
}

func (s *Service) move(ctx context.Context, step draftStep, v DraftVersion, comment string) (*Draft, error) {
	if err := s.Policy.RequireSome(ctx, step.action); err != nil {
		return nil, err
	}
	var saved *Draft
	err := s.Journal.Write(ctx, step.operation, comment, func(tx *postgres.Tx) error {
		d, err := s.draftToChange(ctx, tx, step.action, v)
		if err != nil {
			return err
		}
		known := false
		for _, from := range step.from {
			known = known || d.State == from
		}
		if !known {
			return step.wrong
		}
		d.State = step.to
		saved, err = postgres.Save(ctx, tx, "e_service_draft", d, constraints)
		return err
	})
	return saved, err
}

// draftToChange reads an open draft in the version that the caller has read.
func (s *Service) draftToChange(ctx context.Context, tx *postgres.Tx, action access.Rule, v DraftVersion) (*Draft, error) {
	found, err := s.DraftsByID(ctx, tx, []uuid.UUID{v.ID})
	if err != nil {
		return nil, err
	}
	d, ok := found[v.ID]
	if !ok {
		return nil, fault.Missing()
	}
	if err := s.Policy.Require(ctx, action, d.MunicipalityID); err != nil {
		return nil, err
	}
	switch {
	case d.Version != v.Version && d.Closed():
		return nil, closedMeanwhile()
	case d.Version != v.Version:
		return nil, fault.Stale(d)
	case d.Closed():
		return nil, fault.Field("id", "draft_state", "Utkastet är redan publicerat eller kasserat.", "The draft has been published or discarded already.")
	}
	return d, nil
}

// mostDrafts is how many drafts one call may publish.
const mostDrafts = 200

// PublishDrafts makes drafts the live e-services and publishes these, as one change: all
// of them or none. Every fault of every draft is told, with its place, as
// "drafts.2.summarySv", and the e-service's name.
func (s *Service) PublishDrafts(ctx context.Context, drafts []DraftVersion, comment string) ([]*Draft, error) {
	if err := s.Policy.RequireSome(ctx, access.PublishEService); err != nil {
		return nil, err
	}
	if len(drafts) == 0 || len(drafts) > mostDrafts {
		return nil, fault.Field("drafts", "drafts_number",
			fmt.Sprintf("Ange 1 till %d utkast.", mostDrafts), fmt.Sprintf("Give 1 to %d drafts.", mostDrafts))
	}
	published := make([]*Draft, len(drafts))
	err := s.Journal.Write(ctx, "publishEServiceDrafts", comment, func(tx *postgres.Tx) error {
		var faults fault.List
		for i, v := range drafts {
			d, name, err := s.publishDraft(ctx, tx, v)
			all := fault.All(err)
			if err != nil && len(all) == 0 {
				return err
			}
			for _, f := range all {
				field := f.Field
				if field == "" {
					field = "id"
				}
				f = f.At(fmt.Sprintf("drafts.%d.%s", i, field))
				if name != "" {
					f.Sv, f.En = name+": "+f.Sv, name+": "+f.En
				}
				faults.Add(f)
			}
			published[i] = d
		}
		return faults.Err()
	})
	if err != nil {
		return nil, err
	}
	return published, nil
}

// publishDraft makes one draft live, or tells everything that stands in its way, with
// the e-service's name.
func (s *Service) publishDraft(ctx context.Context, tx *postgres.Tx, v DraftVersion) (saved *Draft, name string, err error) {
	d, err := s.draftToChange(ctx, tx, access.PublishEService, v)
	if err != nil {
		return nil, "", err
	}
	live, err := s.one(ctx, tx, d.EServiceID)
	if err != nil {
		return nil, "", err
	}
	faults := d.conflicts(live)
	e := d.Over(live)
	e.Published = true
	unseen := s.sharedSeen(ctx, tx, e, live.SharedServiceID)
	kept := tx.Try(ctx, func(tx *postgres.Tx) error {
		_, err := Keep(ctx, tx, e)
		return err
	})
	for _, err := range []error{unseen, kept} {
		broken := fault.All(err)
		if err != nil && len(broken) == 0 {
			return nil, live.NameSv, err
		}
		faults = append(faults, broken...)
	}
	if len(faults) > 0 {
		return nil, live.NameSv, faults
	}
	d.State = DraftPublished
	saved, err = postgres.Save(ctx, tx, "e_service_draft", d, constraints)
	return saved, live.NameSv, err
}

// DraftFaults tells, for each open draft that the caller may see, what stands in the way
// of publishing it.
func (s *Service) DraftFaults(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]fault.List, error) {
	drafts, err := s.DraftsByID(ctx, r, ids)
	if err != nil {
		return nil, err
	}
	var services []uuid.UUID
	for id, d := range drafts {
		if d.Closed() {
			delete(drafts, id)
			continue
		}
		services = append(services, d.EServiceID)
	}
	live, err := s.ByID(ctx, r, services)
	if err != nil {
		return nil, err
	}
	beside, err := s.brokenBeside(ctx, r, services)
	if err != nil {
		return nil, err
	}
	all := map[uuid.UUID]fault.List{}
	var records []*EService
	var of, shared []uuid.UUID
	for id, d := range drafts {
		l, ok := live[d.EServiceID]
		if !ok {
			continue
		}
		e := d.Over(l)
		e.Published = true
		records, of = append(records, e), append(of, id)
		if e.SharedServiceID != nil {
			shared = append(shared, *e.SharedServiceID)
		}
		all[id] = d.conflicts(l)
	}
	seen, err := s.SharedByID(ctx, r, shared)
	if err != nil {
		return nil, err
	}
	broken, err := postgres.Check(ctx, r, "e_service", records, constraints)
	for i, id := range of {
		all[id] = append(all[id], broken[i]...)
		for _, name := range beside[records[i].ID] {
			all[id] = append(all[id], constraints.Fault(name))
		}
		e, l := records[i], live[records[i].ID]
		if e.SharedServiceID != nil && seen[*e.SharedServiceID] == nil && (l.SharedServiceID == nil || *l.SharedServiceID != *e.SharedServiceID) {
			all[id] = append(all[id], constraints.Fault("e_service_shared_service_fk"))
		}
	}
	return all, err
}

// markDrafted tells of each difference of an import whether the e-service's open draft
// has the field too: the draft then shows the conflict.
func (s *Service) markDrafted(ctx context.Context, r postgres.Reader, lines []Line) error {
	var services []uuid.UUID
	for _, line := range lines {
		if line.EServiceID != nil && len(line.Differences) > 0 {
			services = append(services, *line.EServiceID)
		}
	}
	drafts, err := s.OpenDrafts(ctx, r, services)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if line.EServiceID == nil || drafts[*line.EServiceID] == nil {
			continue
		}
		for i, d := range line.Differences {
			_, line.Differences[i].InDraft = drafts[*line.EServiceID].Changes[record.ColumnOf[EService](d.Field)]
		}
	}
	return nil
}
