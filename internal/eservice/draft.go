package eservice

import (
	"context"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/draft"
	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
)

// What the drafts of e-services have in common with those of other records.
type (
	// DraftField is one field of a draft.
	DraftField = draft.Field
	// DraftVersion names a draft in the version that the caller has read.
	DraftVersion = draft.Version
	// Resolution settles the conflict of one field, by column.
	Resolution = draft.Resolution
)

// The states, and the values that settle a conflict.
const (
	DraftOpen      = draft.Open
	DraftInReview  = draft.InReview
	DraftPublished = draft.Published
	DraftDiscarded = draft.Discarded

	TakeDraft = draft.TakeDraft
	TakeLive  = draft.TakeLive
)

// Draft is what somebody prepares of an e-service, beside the live record. An e-service
// has at most one that is open or in review.
type Draft struct {
	postgres.Row
	MunicipalityID uuid.UUID `db:"municipality_id"`
	EServiceID     uuid.UUID `db:"e_service_id"`
	draft.Difference
}

var drafts = draft.Book[Draft, *Draft]{
	Kind: record.Kind[Draft, *Draft]{
		Table: "e_service_draft", Constraints: constraints, Owner: func(d *Draft) uuid.UUID { return d.MunicipalityID },
	},
	Name: "EServiceDraft",
}

// keeper opens changes of drafts.
func (s *Service) keeper() record.Keeper { return record.Keeper{Journal: s.Journal, Policy: s.Policy} }

// DraftConnection is one page of drafts.
type DraftConnection = page.Connection[*Draft]

// DraftEdge is a draft with its place in a list.
type DraftEdge = page.Edge[*Draft]

// NodeID gives the draft's global id.
func (d *Draft) NodeID() gid.ID { return gid.New("e_service_draft", d.ID) }

// DraftFilter narrows a list of drafts; empty parts do not.
type DraftFilter struct {
	States         []draft.State // without any: those open or in review
	Municipalities []string      // SCB codes
	Units          []uuid.UUID   // that own the live e-service
	Conflict       *bool         // some field is in conflict, or none is
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
	d.Apply(&e)
	e.fill()
	e.Drafted = true
	return &e
}

// Fields compares the draft with its base and the live record, field by field.
func (d *Draft) Fields(live *EService) []DraftField { return d.Compare(live, live.values()) }

// conflicts are the faults of the fields that somebody is to choose a value of.
func (d *Draft) conflicts(live *EService) fault.List { return draft.Conflicts(d.Fields(live)) }

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
		if err := drafts.Ready(d, c.Version, live, c.LiveVersion, live.ArchivedAt != nil); err != nil {
			return err
		}
		next := Draft{MunicipalityID: live.MunicipalityID, EServiceID: live.ID}
		if d != nil {
			next = *d
		}
		wanted := next.Over(live)
		c.Set(wanted)
		if err := next.Change(live.values(), wanted.values(), c.Resolve); err != nil {
			return err
		}
		if live.Published {
			if err := next.NotEmpty(d != nil); err != nil {
				return err
			}
		}
		if err := s.try(ctx, tx, live, &next); err != nil {
			return err
		}
		saved, err = drafts.Write(ctx, tx, next, d != nil)
		return err
	})
	return saved, err
}

// try has the database judge the e-service as drafted, all but the conditions of
// publication, and keeps nothing of it.
func (s *Service) try(ctx context.Context, tx *postgres.Tx, live *EService, d *Draft) error {
	e := d.Over(live)
	e.Published = false
	if err := s.sharedSeen(ctx, tx, e, live.SharedServiceID); err != nil {
		return err
	}
	return draft.Try(ctx, tx, func(tx *postgres.Tx) error {
		_, err := Keep(ctx, tx, e)
		return err
	})
}

// SubmitDraft hands a draft over for review.
func (s *Service) SubmitDraft(ctx context.Context, d DraftVersion, comment string) (*Draft, error) {
	return s.move(ctx, draft.Submit, access.WriteEService, d, comment)
}

// ReturnDraft gives a draft in review back, with a comment that says what is to be done.
func (s *Service) ReturnDraft(ctx context.Context, d DraftVersion, comment string) (*Draft, error) {
	return s.move(ctx, draft.Return, access.PublishEService, d, comment)
}

// DiscardDraft closes a draft without publishing it; it stays in the history.
func (s *Service) DiscardDraft(ctx context.Context, d DraftVersion, comment string) (*Draft, error) {
	return s.move(ctx, draft.Discard, access.WriteEService, d, comment)
}

func (s *Service) move(ctx context.Context, step draft.Step, action access.Rule, v DraftVersion, comment string) (*Draft, error) {
	if err := s.Policy.RequireSome(ctx, action); err != nil {
		return nil, err
	}
	return drafts.Move(ctx, s.keeper(), step, v, comment, func(_ *postgres.Tx, d *Draft) error { return s.Policy.Require(ctx, action, d.MunicipalityID) })
}

// PublishDrafts makes drafts the live e-services and publishes these, as one change: all
// of them or none. Every fault of every draft is told, with its place, as
// "drafts.2.summarySv", and the e-service's name.
func (s *Service) PublishDrafts(ctx context.Context, versions []DraftVersion, comment string) ([]*Draft, error) {
	if err := s.Policy.RequireSome(ctx, access.PublishEService); err != nil {
		return nil, err
	}
	return drafts.Publish(ctx, s.keeper(), versions, comment, func(tx *postgres.Tx) ([]*Draft, error) {
		published := make([]*Draft, len(versions))
		var faults fault.List
		for i, v := range versions {
			d, name, err := s.publishDraft(ctx, tx, v)
			placed, err := draft.Placed(i, name, err)
			if err != nil {
				return nil, err
			}
			faults, published[i] = append(faults, placed...), d
		}
		return published, faults.Err()
	})
}

// publishDraft makes one draft live, or tells everything that stands in its way, with
// the e-service's name.
func (s *Service) publishDraft(ctx context.Context, tx *postgres.Tx, v DraftVersion) (saved *Draft, name string, err error) {
	d, err := drafts.ToChange(ctx, s.keeper(), tx, v, func(d *Draft) error { return s.Policy.Require(ctx, access.PublishEService, d.MunicipalityID) })
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
	saved, err = drafts.Keep(ctx, tx, d)
	return saved, live.NameSv, err
}

// DraftFaults tells, for each open draft that the caller may see, what stands in the way
// of publishing it.
func (s *Service) DraftFaults(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]fault.List, error) {
	found, err := s.DraftsByID(ctx, r, ids)
	if err != nil {
		return nil, err
	}
	var services []uuid.UUID
	for id, d := range found {
		if d.Closed() {
			delete(found, id)
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
	for id, d := range found {
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
	open, err := s.OpenDrafts(ctx, r, services)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if line.EServiceID == nil || open[*line.EServiceID] == nil {
			continue
		}
		for i, d := range line.Differences {
			_, line.Differences[i].InDraft = open[*line.EServiceID].Changes[record.ColumnOf[EService](d.Field)]
		}
	}
	return nil
}
