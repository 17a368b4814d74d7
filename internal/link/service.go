package link

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"fardplan/internal/access"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/job"
	"fardplan/internal/linkcheck"
	"fardplan/internal/postgres"
)

const (
	// atOnce is how many servers are asked side by side.
	atOnce = 8
	// batch is how many results are kept together: a run that is stopped loses no more,
	// and is taken up where it was.
	batch = 100
	// aNight is how old what is known may be before a nightly run asks again, and
	// aMoment before somebody may have it asked again by hand.
	aNight, aMoment = 12 * time.Hour, time.Minute
	// Longest is how long one run goes on. What is left then comes first the next night.
	Longest = 100 * time.Minute
	// mostServices is how many e-services may be checked by hand in one call.
	mostServices = 20
)

// Counts are how many addresses a run asked, by what came of it.
type Counts struct{ Asked, OK, Warning, Broken, NotChecked int }

func (c *Counts) add(v linkcheck.Verdict) {
	c.Asked++
	switch v {
	case linkcheck.OK:
		c.OK++
	case linkcheck.Warning:
		c.Warning++
	case linkcheck.Broken:
		c.Broken++
	default:
		c.NotChecked++
	}
}

// CheckAll asks the addresses of a municipality's e-services in use that have not been
// asked this night. It is for the program itself.
func (s *Service) CheckAll(ctx context.Context, municipality uuid.UUID) (Counts, error) {
	if err := s.Policy.Require(ctx, access.CheckLinks, municipality); err != nil {
		return Counts{}, err
	}
	return s.run(ctx, municipality, nil, aNight)
}

// CheckServices asks the addresses of some e-services now, unless that was done a
// moment ago.
func (s *Service) CheckServices(ctx context.Context, services []uuid.UUID) ([]*eservice.EService, error) {
	if err := s.Policy.RequireSome(ctx, access.CheckLinks); err != nil {
		return nil, err
	}
	if len(services) == 0 || len(services) > mostServices {
		return nil, fault.Field("eServices", "e_services_number",
			fmt.Sprintf("Ange 1 till %d e-tjänster. Resten kontrolleras i natt.", mostServices), fmt.Sprintf("Give 1 to %d e-services. The rest are checked tonight.", mostServices))
	}
	var all []*eservice.EService
	err := s.read(ctx, func(r *postgres.Snapshot) error {
		found, err := s.Catalogue.ByID(ctx, r, services)
		if err != nil {
			return err
		}
		for i, id := range services {
			e, ok := found[id]
			if !ok {
				return fault.Field(fmt.Sprintf("eServices.%d", i), "e_service_unknown", "E-tjänsten finns inte.", "There is no such e-service.")
			}
			if err := s.Policy.Require(ctx, access.CheckLinks, e.MunicipalityID); err != nil {
				return err
			}
			all = append(all, e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	_, err = s.run(ctx, uuid.Nil, services, aMoment)
	return all, err
}

// Apply gives an e-service the address that the check of one of its addresses suggests.
func (s *Service) Apply(ctx context.Context, service uuid.UUID, target Target, version int) (*eservice.EService, error) {
	if err := s.Policy.RequireSome(ctx, access.WriteEService); err != nil {
		return nil, err
	}
	var suggested *string
	err := s.read(ctx, func(r *postgres.Snapshot) error {
		owners, err := s.Catalogue.ByID(ctx, r, []uuid.UUID{service})
		if err != nil {
			return err
		}
		// One that is not seen is NOT_FOUND when it is to be changed.
		if e, ok := owners[service]; ok {
			if err := s.Policy.Require(ctx, access.WriteEService, e.MunicipalityID); err != nil {
				return err
			}
			if e.Version != version {
				return fault.Stale(e)
			}
		}
		found, err := s.OfEach(ctx, r, []uuid.UUID{service})
		for _, c := range found[service] {
			if c.Target == target {
				suggested = c.Suggested
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if suggested == nil {
		return nil, fault.Field("target", "no_suggestion",
			"Det finns inget förslag till ny adress. Läs länkkontrollen igen: adressen kan ha bytts sedan dess.",
			"No new address is suggested. Read the link check again: the address may have been changed since.")
	}
	return s.Catalogue.Update(ctx, service, version, func(e *eservice.EService) {
		if target == Statement {
			e.AccessibilityStatementURL = suggested
		} else {
			e.URL = suggested
		}
	})
}

func (s *Service) read(ctx context.Context, fn func(*postgres.Snapshot) error) error {
	session := s.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return err
	}
	return fn(now)
}

// finding is what asking an address gave.
type finding struct {
	place
	result linkcheck.Result
}

// run asks addresses, those of one server in turn and several servers side by side,
// and keeps what it finds as it goes.
func (s *Service) run(ctx context.Context, municipality uuid.UUID, services []uuid.UUID, age time.Duration) (Counts, error) {
	var wanted []*place
	err := s.read(ctx, func(r *postgres.Snapshot) (err error) {
		wanted, err = due(ctx, r, municipality, services, s.Journal.DB.Now().Add(-age))
		return err
	})
	if err != nil {
		return Counts{}, err
	}
	checker := s.checker()
	end := s.Journal.DB.Now().Add(Longest)
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	var mu sync.Mutex
	var counts Counts
	var found []finding
	keep := func(atLeast int) error { // one at a time: results wait while earlier ones are kept
		mu.Lock()
		defer mu.Unlock()
		if len(found) < atLeast {
			return nil
		}
		kept := found
		found = nil
		return s.keep(ctx, kept, &counts)
	}
	add := func(f finding) {
		mu.Lock()
		defer mu.Unlock()
		found = append(found, f)
	}
	askEach := func(turn []*place) error {
		asked := map[string]linkcheck.Result{}
		for _, p := range turn {
			if s.Journal.DB.Now().After(end) {
				return nil
			}
			result, known := asked[p.Address]
			if !known {
				var err error
				if result, err = checker.Check(running, p.Address); err != nil {
					return err
				}
				asked[p.Address] = result
			}
			add(finding{*p, result})
			if err := keep(batch); err != nil {
				return err
			}
		}
		return nil
	}
	for _, turn := range byServer(wanted) {
		group.Go(func() error { return job.Safely(func() error { return askEach(turn) }) })
	}
	if err := group.Wait(); err != nil {
		return counts, err
	}
	return counts, keep(0)
}

// byServer parts addresses by the server that answers for them, in their order.
func byServer(all []*place) [][]*place {
	at := map[string]int{}
	var parts [][]*place
	for _, p := range all {
		host := ""
		if u, err := url.Parse(p.Address); err == nil {
			host = strings.ToLower(u.Host)
		}
		i, known := at[host]
		if !known {
			i = len(parts)
			at[host], parts = i, append(parts, nil)
		}
		parts[i] = append(parts[i], p)
	}
	return parts
}

// keep writes what has changed in what is known, as one change, and notes that the
// addresses have been asked. What an e-service's address has been changed from is not
// kept. A run that finds all as it was makes no change.
func (s *Service) keep(ctx context.Context, found []finding, counts *Counts) error {
	if len(found) == 0 {
		return nil
	}
	now := s.Journal.DB.Now()
	var plan *plan
	err := s.read(ctx, func(r *postgres.Snapshot) (err error) {
		plan, err = s.plan(ctx, r, found, now)
		return err
	})
	if err != nil {
		return err
	}
	if len(plan.added)+len(plan.changed) > 0 {
		err := s.Journal.Write(ctx, "checkLinks", "", func(tx *postgres.Tx) (err error) {
			if plan, err = s.plan(ctx, tx, found, now); err != nil {
				return err
			}
			if err := postgres.InsertAll(ctx, tx, "link_check", plan.added); err != nil {
				return err
			}
			return postgres.SaveAll(ctx, tx, "link_check", plan.changed)
		})
		if err != nil {
			return err
		}
	}
	for _, v := range plan.verdicts {
		counts.add(v)
	}
	return s.visited(ctx, now, plan.failures)
}

// plan is what findings change.
type plan struct {
	added, changed []*Check
	failures       map[uuid.UUID]int // of each address asked, by check
	verdicts       []linkcheck.Verdict
}

func (s *Service) plan(ctx context.Context, r postgres.Reader, found []finding, now time.Time) (*plan, error) {
	services := make([]uuid.UUID, len(found))
	for i, f := range found {
		services[i] = f.EServiceID
	}
	has, err := still(ctx, r, services)
	if err != nil {
		return nil, err
	}
	all, err := checksOf(ctx, r, services)
	if err != nil {
		return nil, err
	}
	type key struct {
		service uuid.UUID
		target  Target
	}
	before := map[key]*known{}
	for _, k := range all {
		before[key{k.EServiceID, k.Target}] = k
	}
	p := &plan{failures: map[uuid.UUID]int{}}
	for _, f := range found {
		if !has[f.place] {
			continue
		}
		var was *Check
		failures := 0
		if k := before[key{f.EServiceID, f.Target}]; k != nil {
			was, failures = &k.Check, k.Failures
		}
		is, failures := decide(was, failures, f.place, f.result, now)
		switch {
		case was == nil:
			is.ID = uuid.Must(uuid.NewV7())
			p.added = append(p.added, &is)
		case !same(was, &is):
			p.changed = append(p.changed, &is)
		}
		p.failures[is.ID] = failures
		p.verdicts = append(p.verdicts, is.Verdict)
	}
	return p, nil
}
