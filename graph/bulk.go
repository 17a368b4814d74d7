package graph

import (
	"context"
	"fmt"
	"reflect"

	"github.com/google/uuid"

	"fardplan/graph/model"
	"fardplan/internal/access"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/postgres"
)

// bulkOutcomes lists the outcomes of an edit of many in the order that people read them.
var bulkOutcomes = []eservice.Outcome{eservice.Changed, eservice.Refused, eservice.Unchanged}

// bulkEditOf reads which e-services are to be edited, and how.
func (r *Resolver) bulkEditOf(ctx context.Context, now *postgres.Snapshot, input model.BulkEditInput) (eservice.BulkEdit, error) {
	edit := eservice.BulkEdit{Filter: valueIn(input.Filter), Remove: valueOf(valueIn(input.Remove)), Add: valueOf(valueIn(input.Add))}
	if err := r.Policy.RequireSome(ctx, access.WriteEService); err != nil {
		return edit, err
	}
	owner, err := r.Organisation.MunicipalityByCode(ctx, now, input.Municipality)
	if err != nil {
		return edit, atField(err, "municipality")
	}
	edit.Municipality = owner.ID
	var faults fault.List
	if ids := input.Ids.Value(); ids != nil {
		edit.IDs = make([]uuid.UUID, len(ids))
		for i, id := range ids {
			if edit.IDs[i], err = id.As("e_service", fmt.Sprintf("ids.%d", i)); err != nil {
				faults = append(faults, fault.All(err)...)
			}
		}
	}
	if set := valueIn(input.Set); set != nil && !reflect.ValueOf(*set).IsZero() {
		faults = append(faults, fault.All(under("set.", apply(*set, new(eservice.EService))))...)
		edit.Set = func(record *eservice.EService) { _ = apply(*set, record) }
	}
	return edit, faults.Err()
}
