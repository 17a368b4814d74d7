package graph

import (
	"context"
	"fmt"
	"regexp"

	"github.com/google/uuid"

	"fardplan/graph/model"
	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/reorganisation"
)

// reorganisationOf reads what is to be done; prefix is where the input stands in a
// larger one.
func (r *Resolver) reorganisationOf(ctx context.Context, input model.ReorganisationInput, prefix string) (reorganisation.Reorganisation, error) {
	if err := r.Policy.RequireSome(ctx, access.Reorganise); err != nil {
		return reorganisation.Reorganisation{}, err
	}
	of, err := r.municipalityByCode(ctx, input.Municipality)
	if err != nil {
		return reorganisation.Reorganisation{}, under(prefix, err)
	}
	in := reorganisation.Reorganisation{Municipality: of.ID, EffectiveOn: input.EffectiveOn, Comment: input.Comment}
	// The number of steps is refused where the steps are judged, before they are read.
	if len(input.Steps) > reorganisation.MostSteps {
		in.Steps = make([]reorganisation.Step, len(input.Steps))
		return in, nil
	}
	var read stepReader
	for i, step := range input.Steps {
		in.Steps = append(in.Steps, read.step(fmt.Sprintf("steps.%d", i), step))
	}
	return in, under(prefix, read.faults.Err())
}

// stepReader reads the ids of steps, and gathers what is at fault.
type stepReader struct{ faults fault.List }

func (s *stepReader) id(id gid.ID, place string) uuid.UUID {
	u, err := id.As("unit", place)
	s.faults = append(s.faults, fault.All(err)...)
	return u
}

func (s *stepReader) subject(place string, id gid.ID, version int) reorganisation.Subject {
	return reorganisation.Subject{Unit: s.id(id, place+".unit"), Version: version}
}

func (s *stepReader) target(place string, t *model.ReorganisationTargetInput) *reorganisation.Target {
	if t == nil {
		return nil
	}
	target := &reorganisation.Target{Key: valueOf(valueIn(t.Key))}
	if id := valueIn(t.Unit); id != nil {
		u := s.id(*id, place+".unit")
		target.Unit = &u
	}
	return target
}

func (s *stepReader) step(place string, input *model.ReorganisationStepInput) reorganisation.Step {
	var step reorganisation.Step
	if c := valueIn(input.Create); c != nil {
		step.Create = &reorganisation.Create{
			Key: c.Key, NameSv: c.NameSv, NameEn: valueIn(c.NameEn), Type: c.Type, Parent: s.target(place+".create.parent", valueIn(c.Parent)),
		}
	}
	if c := valueIn(input.Rename); c != nil {
		step.Rename = &reorganisation.Rename{Subject: s.subject(place+".rename", c.Unit, c.ExpectedVersion), NameSv: c.NameSv, NameEn: valueIn(c.NameEn)}
	}
	if c := valueIn(input.Move); c != nil {
		step.Move = &reorganisation.Move{Subject: s.subject(place+".move", c.Unit, c.ExpectedVersion), Parent: s.target(place+".move.parent", valueIn(c.Parent))}
	}
	if c := valueIn(input.Merge); c != nil {
		step.Merge = &reorganisation.Merge{Into: *s.target(place+".merge.into", c.Into)}
		for i, u := range c.Units {
			step.Merge.Units = append(step.Merge.Units, s.subject(fmt.Sprintf("%s.merge.units.%d", place, i), u.Unit, u.ExpectedVersion))
		}
	}
	if c := valueIn(input.Close); c != nil {
		step.Close = &reorganisation.Close{Subject: s.subject(place+".close", c.Unit, c.ExpectedVersion), Successor: s.target(place+".close.successor", valueIn(c.Successor))}
	}
	return step
}

// besides are the fields of inputs that stand beside what is to be done: they say what
// was previewed of it, and lines are the preview's.
var besides = regexp.MustCompile(`^(fingerprint|totalCount|lines)\b`)

// under puts the fields of faults under a field of the input.
func under(prefix string, err error) error {
	all := fault.All(err)
	if len(all) == 0 || prefix == "" {
		return err
	}
	var placed fault.List
	for _, f := range all {
		if f.Field != "" && !besides.MatchString(f.Field) {
			f = f.At(prefix + f.Field)
		}
		placed.Add(f)
	}
	return placed
}

// part gives some of a list that is all there.
func part[T any](all []T, first, offset int) ([]T, error) {
	if first < 0 || first > mostLines || offset < 0 {
		return nil, fault.Field("first", "page_size", "first ska vara 0 till 1 000 och offset inte negativ.", "first is to be 0 to 1,000 and offset not negative.")
	}
	all = all[min(offset, len(all)):]
	return append([]T{}, all[:min(first, len(all))]...), nil
}

// passing reads some of the records that pass to another unit.
func passing[T any](ctx context.Context, all []uuid.UUID, first, offset int, of func(*loaders) *byID[T]) ([]T, error) {
	ids, err := part(all, first, offset)
	if err != nil {
		return nil, err
	}
	s, err := reading(ctx)
	if err != nil {
		return nil, err
	}
	return of(s.load).all(ctx, ids)
}
