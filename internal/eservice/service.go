package eservice

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/history"
	"fardplan/internal/postgres"
	"fardplan/internal/search"
)

// Service reads and changes the catalogue. A change refuses who may not make it with
// UNAUTHENTICATED or FORBIDDEN, a record that is not seen with NOT_FOUND, a stale
// version with CONFLICT, and what breaks a rule with INVALID.
type Service struct {
	Journal *history.Journal
	Policy  access.Policy
	Gaps    *gap.Service
	Search  *search.Service
}

// Create registers an e-service. One that is in use already is registered as found,
// with FoundSource and FoundReason. Without a slug it gets one of its name.
func (s *Service) Create(ctx context.Context, e EService) (*EService, error) {
	if err := s.Policy.Require(ctx, access.WriteEService, e.MunicipalityID); err != nil {
		return nil, err
	}
	var made *EService
	err := s.Journal.Write(ctx, "createEService", "", func(tx *postgres.Tx) (err error) {
		made, err = s.Add(ctx, tx, e)
		return err
	})
	return made, err
}

// Add registers an e-service within a write that is allowed to.
func (s *Service) Add(ctx context.Context, tx *postgres.Tx, e EService) (*EService, error) {
	e.ID = uuid.Must(uuid.NewV7())
	if e.Slug == "" {
		taken, err := takenSlugs(ctx, tx, e.MunicipalityID)
		if err != nil {
			return nil, err
		}
		e.Slug = taken.free(e.NameSv)
	}
	if e.Status == "" {
		e.Status = Idea
	}
	if e.Visibility == "" {
		e.Visibility = Public
	}
	e.fill()
	if err := s.sharedSeen(ctx, tx, &e, nil); err != nil {
		return nil, err
	}
	return postgres.Insert(ctx, tx, "e_service", &e, constraints)
}

// fill gives lists that are not given as empty ones.
func (e *EService) fill() {
	e.Audiences = append([]Audience{}, e.Audiences...)
	e.LifeEvents = append([]LifeEvent{}, e.LifeEvents...)
	e.Themes = append([]Theme{}, e.Themes...)
	e.Keywords = append([]string{}, e.Keywords...)
	e.Channels = append([]Channel{}, e.Channels...)
	e.Languages = append([]string{}, e.Languages...)
}

// sharedSeen refuses a link to a shared service that the caller may not see: it would
// tell that there is one.
func (s *Service) sharedSeen(ctx context.Context, tx *postgres.Tx, e *EService, before *uuid.UUID) error {
	if e.SharedServiceID == nil || before != nil && *before == *e.SharedServiceID {
		return nil
	}
	if _, err := s.oneShared(ctx, tx, *e.SharedServiceID); fault.CodeOf(err) == fault.NotFound {
		return constraints.Fault("e_service_shared_service_fk")
	} else if err != nil {
		return err
	}
	return nil
}

// Update lets set change the e-service with the id. Its status and publication have
// operations of their own.
func (s *Service) Update(ctx context.Context, id uuid.UUID, version int, set func(*EService)) (*EService, error) {
	return s.change(ctx, access.WriteEService, "updateEService", "", id, version, func(_ *postgres.Tx, e *EService) error {
		set(e)
		return nil
	})
}

// Transition is one step of an e-service's life cycle.
type Transition struct {
	To Status
	// On is the day of the launch or the retirement; today when not given.
	On               *date.Date
	RetirementReason *string
	ReplacedByID     *uuid.UUID
	// Comment says why, and is needed for a step backwards.
	Comment string
}

// Step takes an e-service a step along its life cycle.
func (s *Service) Step(ctx context.Context, id uuid.UUID, version int, t Transition) (*EService, error) {
	return s.change(ctx, access.WriteEService, "transitionEService", t.Comment, id, version, func(tx *postgres.Tx, e *EService) error { return t.apply(tx, e) })
}

// apply sets what the step sets. To stay where it is is no step: it would wipe the
// day and reason of a retirement.
func (t Transition) apply(tx *postgres.Tx, e *EService) error {
	if t.To == e.Status {
		return constraints.Fault("e_service_step")
	}
	if t.On != nil && date.Of(tx.At).Before(*t.On) {
		return fault.Field("on", "step_future", "Dagen har inte varit än. Gör steget när den kommer, eller ange en planerad start.", "The day has not been yet. Take the step when it comes, or give a planned launch.")
	}
	day := t.On
	if day == nil {
		today := date.Of(tx.At)
		day = &today
	}
	e.Status = t.To
	e.RetiredOn, e.RetirementReason, e.ReplacedByID = nil, nil, nil
	switch t.To {
	case Live:
		if e.LaunchedOn == nil || t.On != nil {
			e.LaunchedOn = day
		}
	case Retired:
		e.RetiredOn, e.RetirementReason, e.ReplacedByID = day, t.RetirementReason, t.ReplacedByID
	}
	return nil
}

// Publish shows an e-service to those outside its municipality, or takes it back.
func (s *Service) Publish(ctx context.Context, id uuid.UUID, version int, published bool, comment string) (*EService, error) {
	operation := "publishEService"
	if !published {
		operation = "unpublishEService"
	}
	return s.change(ctx, access.PublishEService, operation, comment, id, version, func(_ *postgres.Tx, e *EService) error {
		e.Published = published
		return nil
	})
}

// Archive takes an e-service out of the catalogue. What was published is unpublished
// first; nothing is deleted.
func (s *Service) Archive(ctx context.Context, id uuid.UUID, version int, comment string) (*EService, error) {
	return s.change(ctx, access.WriteEService, "archiveEService", comment, id, version, func(tx *postgres.Tx, e *EService) error {
		e.ArchivedAt = &tx.At
		return nil
	})
}

func (s *Service) change(ctx context.Context, action access.Rule, operation, comment string, id uuid.UUID, version int, set func(*postgres.Tx, *EService) error) (*EService, error) {
	if err := s.Policy.RequireSome(ctx, action); err != nil {
		return nil, err
	}
	var saved *EService
	err := s.Journal.Write(ctx, operation, comment, func(tx *postgres.Tx) error {
		e, err := s.one(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.Policy.Require(ctx, action, e.MunicipalityID); err != nil {
			return err
		}
		if e.Version != version {
			return fault.Stale(e)
		}
		shared, flow := e.SharedServiceID, e.OepFamilyID
		if err := set(tx, e); err != nil {
			return err
		}
		e.retie(flow)
		e.fill()
		if err := s.sharedSeen(ctx, tx, e, shared); err != nil {
			return err
		}
		saved, err = Keep(ctx, tx, e)
		return err
	})
	return saved, err
}

// Keep saves a changed e-service within a write that is allowed to.
func Keep(ctx context.Context, tx *postgres.Tx, e *EService) (*EService, error) {
	return postgres.Save(ctx, tx, "e_service", e, constraints)
}

// CreateShared registers a shared service of a municipality.
func (s *Service) CreateShared(ctx context.Context, shared SharedService) (*SharedService, error) {
	if err := s.Policy.Require(ctx, access.WriteSharedService, shared.MunicipalityID); err != nil {
		return nil, err
	}
	var made *SharedService
	err := s.Journal.Write(ctx, "createSharedService", "", func(tx *postgres.Tx) (err error) {
		made, err = AddShared(ctx, tx, shared)
		return err
	})
	return made, err
}

// AddShared registers a shared service within a write that is allowed to.
func AddShared(ctx context.Context, tx *postgres.Tx, shared SharedService) (*SharedService, error) {
	shared.ID = uuid.Must(uuid.NewV7())
	if shared.Visibility == "" {
		shared.Visibility = Public
	}
	shared.fill()
	return postgres.Insert(ctx, tx, "shared_service", &shared, constraints)
}

func (s *SharedService) fill() {
	s.Themes = append([]Theme{}, s.Themes...)
	s.ArtefactURLs = append([]string{}, s.ArtefactURLs...)
}

// UpdateShared lets set change the shared service with the id.
func (s *Service) UpdateShared(ctx context.Context, id uuid.UUID, version int, set func(*SharedService)) (*SharedService, error) {
	return s.changeShared(ctx, "updateSharedService", "", id, version, func(_ *postgres.Tx, shared *SharedService) { set(shared) })
}

// ArchiveShared takes a shared service out of use; e-services keep their link to it.
func (s *Service) ArchiveShared(ctx context.Context, id uuid.UUID, version int, comment string) (*SharedService, error) {
	return s.changeShared(ctx, "archiveSharedService", comment, id, version, func(tx *postgres.Tx, shared *SharedService) { shared.ArchivedAt = &tx.At })
}

func (s *Service) changeShared(ctx context.Context, operation, comment string, id uuid.UUID, version int, set func(*postgres.Tx, *SharedService)) (*SharedService, error) {
	if err := s.Policy.RequireSome(ctx, access.WriteSharedService); err != nil {
		return nil, err
	}
	var saved *SharedService
	err := s.Journal.Write(ctx, operation, comment, func(tx *postgres.Tx) error {
		shared, err := s.oneShared(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.Policy.Require(ctx, access.WriteSharedService, shared.MunicipalityID); err != nil {
			return err
		}
		if shared.Version != version {
			return fault.Stale(shared)
		}
		set(tx, shared)
		shared.fill()
		saved, err = postgres.Save(ctx, tx, "shared_service", shared, constraints)
		return err
	})
	return saved, err
}

// mostMonths is how many months of use one call may record.
const mostMonths = 120

// RecordUsage keeps an e-service's figures for some months: new ones are added, those
// there are corrected. A fault names the month by its place, as "months.2.cases".
func (s *Service) RecordUsage(ctx context.Context, service uuid.UUID, months []Usage) (*EService, error) {
	if err := s.Policy.RequireSome(ctx, access.RecordUsage); err != nil {
		return nil, err
	}
	if len(months) == 0 || len(months) > mostMonths {
		return nil, fault.Field("months", "months_number",
			fmt.Sprintf("Ange 1 till %d månader.", mostMonths), fmt.Sprintf("Give 1 to %d months.", mostMonths))
	}
	var found *EService
	err := s.Journal.Write(ctx, "recordUsage", "", func(tx *postgres.Tx) (err error) {
		if found, err = s.one(ctx, tx, service); err != nil {
			return err
		}
		if err := s.Policy.Require(ctx, access.RecordUsage, found.MunicipalityID); err != nil {
			return err
		}
		return AddUsage(ctx, tx, found, months)
	})
	return found, err
}

// AddUsage keeps figures within a write that is allowed to.
func AddUsage(ctx context.Context, tx *postgres.Tx, e *EService, months []Usage) error {
	known, err := usageOf(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	byMonth := map[date.Date]*Usage{}
	for _, u := range known {
		byMonth[u.Month] = u
	}
	var faults fault.List
	thisMonth := date.Of(tx.At).FirstOfMonth()
	given := map[date.Date]bool{}
	var added, corrected, all []*Usage
	for i, u := range months {
		u.MunicipalityID, u.EServiceID = e.MunicipalityID, e.ID
		place := fmt.Sprintf("months.%d.", i)
		if given[u.Month] {
			faults.Add(fault.Field(place+"month", "month_twice", "Månaden står två gånger.", "The month stands twice."))
		}
		if thisMonth.Before(u.Month) {
			faults.Add(fault.Field(place+"month", "month_future", "Månaden har inte börjat än.", "The month has not begun yet."))
		}
		given[u.Month] = true
		if was, ok := byMonth[u.Month]; ok {
			u.Row = was.Row
			corrected = append(corrected, &u)
		} else {
			u.ID = uuid.Must(uuid.NewV7())
			added = append(added, &u)
		}
		all = append(all, &u)
	}
	broken, err := postgres.Check(ctx, tx, "e_service_usage", all, constraints)
	if err != nil {
		return err
	}
	for i := range all {
		for _, f := range broken[i] {
			faults.Add(f.At(fmt.Sprintf("months.%d.%s", i, f.Field)))
		}
	}
	if err := faults.Err(); err != nil {
		return err
	}
	if err := postgres.InsertAll(ctx, tx, "e_service_usage", added); err != nil {
		return err
	}
	return postgres.SaveAll(ctx, tx, "e_service_usage", corrected)
}

// slugOf writes a name for addresses: å and ä become a, ö becomes o, and anything
// but letters a–z and digits a hyphen.
func slugOf(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(name)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case !unicode.Is(unicode.Mn, r) && b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := b.String()
	if len(slug) > 100 {
		slug = slug[:100]
	}
	if slug = strings.Trim(slug, "-"); slug == "" {
		return "e-tjanst"
	}
	return slug
}

// slugs are those that a municipality has taken, and where to go on numbering each.
type slugs struct {
	taken  map[string]bool
	number map[string]int
}

func newSlugs() *slugs { return &slugs{taken: map[string]bool{}, number: map[string]int{}} }

// free gives a name's slug, numbered when it is taken, and takes it. Of many names alike
// each goes on where the one before it ended.
func (s *slugs) free(name string) string {
	base := slugOf(name)
	slug, n := base, max(s.number[base], 2)
	for ; s.taken[slug]; n++ {
		slug = fmt.Sprintf("%s-%d", base, n)
	}
	s.number[base], s.taken[slug] = n, true
	return slug
}
