package graph

import (
	"context"
	"time"

	"fardplan/internal/fault"
)

// stateAt gives the records as they were at an instant that an argument names: its faults
// are told of that argument.
func stateAt(ctx context.Context, at time.Time, argument string) (*scope, error) {
	s, err := state(ctx, instant{at: at})
	if all := fault.All(err); len(all) > 0 {
		var placed fault.List
		for _, f := range all {
			placed.Add(f.At(argument))
		}
		return nil, placed
	}
	return s, err
}
