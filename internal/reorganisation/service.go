package reorganisation

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/history"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
)

// Service previews and applies reorganisations. It refuses who may not reorganise with
// UNAUTHENTICATED or FORBIDDEN, steps that break a rule with INVALID, all faults of all
// steps at once by the step's place, and what has changed since with CONFLICT.
type Service struct {
	Journal *history.Journal
	Policy  access.Policy
	Gaps    *gap.Service
}

// Preview tells what a reorganisation would do, and changes nothing. The day may lie
// ahead.
func (s *Service) Preview(ctx context.Context, now *postgres.Snapshot, in Reorganisation) (*Preview, error) {
	if err := s.Policy.Require(ctx, access.Reorganise, in.Municipality); err != nil {
		return nil, err
	}
	p, v, err := s.work(ctx, now, in, now.At, now.Change)
	if err != nil {
		return nil, err
	}
	v.Gaps, err = gapsOf(ctx, now, s.Gaps, in.Municipality, p.asIfToday(), p.heirs())
	return v, err
}

// work works out the reorganisation on the state that a change has left.
func (s *Service) work(ctx context.Context, r postgres.Reader, in Reorganisation, at time.Time, change int64) (*plan, *Preview, error) {
	p, err := newPlan(ctx, r, in, at)
	if err != nil {
		return nil, nil, err
	}
	p.take()
	if err := p.judge(ctx, r); err != nil {
		return nil, nil, err
	}
	if err := p.faults.Err(); err != nil {
		return nil, nil, err
	}
	v := p.preview()
	if v.Drafts, err = draftsTouched(ctx, r, "e_service_draft", in.closing()); err != nil {
		return nil, nil, err
	}
	if v.RecordDrafts, err = draftsTouched(ctx, r, "record_draft", in.closing()); err != nil {
		return nil, nil, err
	}
	if v.Categories, err = categoriesTouched(ctx, r, in.closing()); err != nil {
		return nil, nil, err
	}
	v.Fingerprint = fmt.Sprintf("%d.%s.%s", change, fingerprintOf(in), p.seen())
	return p, v, nil
}

// fingerprintOf changes when the steps do.
func fingerprintOf(in Reorganisation) string {
	in.Comment = "" // it changes nothing of what is done
	text, err := json.Marshal(in)
	if err != nil {
		panic(err) // texts, ids and dates always marshal
	}
	return fmt.Sprintf("%x", sha256.Sum256(text))[:32]
}

// seen changes when any unit does, or anything that a unit which closes owns.
func (p *plan) seen() string {
	h := sha256.New()
	var lines []string
	for _, u := range p.units {
		if u.Before != nil {
			lines = append(lines, fmt.Sprintf("%s %d", u.Before.ID, u.Before.Version))
		}
	}
	for _, o := range p.owned {
		if u := p.byID[o.Owner]; u != nil && u.closing {
			lines = append(lines, fmt.Sprintf("%s %d", o.ID, o.Version))
		}
	}
	slices.Sort(lines)
	for _, line := range lines {
		fmt.Fprintln(h, line)
	}
	return fmt.Sprintf("%x", h.Sum(nil))[:32]
}

// Apply does what a preview has shown, as one change. Whatever has changed since the
// preview of the units, or of what is handed over, makes it a CONFLICT.
func (s *Service) Apply(ctx context.Context, in Reorganisation, fingerprint string) (*Preview, error) {
	if err := s.Policy.Require(ctx, access.Reorganise, in.Municipality); err != nil {
		return nil, err
	}
	parts := strings.Split(fingerprint, ".")
	since, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil || len(parts) != 3 || parts[1] != fingerprintOf(in) {
		return nil, fault.Field("fingerprint", "reorganisation_fingerprint",
			"Det här är inte vad som förhandsgranskades. Förhandsgranska stegen och använd fingeravtrycket ur svaret.",
			"This is not what was previewed. Preview the steps and use the fingerprint of the answer.")
	}
	// What is slow, and what is at fault, is found before the others have to wait.
	shown, err := s.again(ctx, in, since, parts[2])
	if err != nil {
		return nil, err
	}
	var done *Preview
	err = s.Journal.Write(ctx, "applyReorganisation", strings.TrimSpace(in.Comment), func(tx *postgres.Tx) error {
		if date.Of(tx.At).Before(in.EffectiveOn) {
			return fault.Field("effectiveOn", "reorganisation_future",
				"Dagen har inte kommit. Förhandsgranska gärna i förväg, men genomför på dagen eller senare: en e-tjänst har en ägare i taget.",
				"The day has not come. Preview ahead if you like, but apply on the day or later: an e-service has one owner at a time.")
		}
		p, v, err := s.unchanged(ctx, tx, in, tx.At, since, parts[2])
		if err != nil {
			return err
		}
		made, changed := p.split()
		if err := write(ctx, tx, made, changed, p.heirs()); err != nil {
			return organisation.Constraints().Explain(err)
		}
		v.Gaps, v.Change = shown.Gaps, tx.Number
		done = v
		return nil
	})
	return done, err
}

// again previews before the write, and refuses what is not as it was.
func (s *Service) again(ctx context.Context, in Reorganisation, since int64, seen string) (*Preview, error) {
	session := s.Journal.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, err
	}
	p, v, err := s.unchanged(ctx, now, in, now.At, since, seen)
	if err != nil {
		return nil, err
	}
	v.Gaps, err = gapsOf(ctx, now, s.Gaps, in.Municipality, p.asIfToday(), p.heirs())
	return v, err
}

// unchanged works it out anew and refuses, with what has changed, a state that is not
// what the preview saw.
func (s *Service) unchanged(ctx context.Context, r postgres.Reader, in Reorganisation, at time.Time, since int64, seen string) (*plan, *Preview, error) {
	p, v, err := s.work(ctx, r, in, at, since)
	stale := slices.ContainsFunc(fault.All(err), func(f *fault.Error) bool { return f.Code == fault.Conflict })
	if err != nil && !stale {
		return nil, nil, err
	}
	if !stale && strings.HasSuffix(v.Fingerprint, "."+seen) {
		return p, v, nil
	}
	names, err := changedSince(ctx, r, in.Municipality, in.closing(), since)
	if err != nil {
		return nil, nil, err
	}
	what, who := "uppgifter som förhandsgranskningen byggde på", "what the preview stood on"
	if len(names) > 0 {
		what = strings.Join(names, ", ")
		who = what
	}
	f := fault.New(fault.Conflict,
		fmt.Sprintf("Sedan förhandsgranskningen har det här ändrats: %s. Ingenting har genomförts; förhandsgranska igen.", what),
		fmt.Sprintf("Since the preview this has changed: %s. Nothing was done; preview again.", who)).At("fingerprint")
	f.Rule = "reorganisation_changed"
	return nil, nil, f
}

// closing lists the units that the steps close.
func (in Reorganisation) closing() []uuid.UUID {
	ids := []uuid.UUID{}
	for _, step := range in.Steps {
		if step.Close != nil {
			ids = append(ids, step.Close.Unit)
		}
		if step.Merge != nil {
			for _, s := range step.Merge.Units {
				ids = append(ids, s.Unit)
			}
		}
	}
	return ids
}
