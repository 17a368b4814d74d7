package reorganisation

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
)

// owned is an e-service and who owns it.
type owned struct {
	ID      uuid.UUID `db:"id"`
	Version int       `db:"version"`
	Owner   uuid.UUID `db:"owner_unit_id"`
	InUse   bool      `db:"in_use"`
}

// passes is the condition that the e-service x passes to a successor: what has ended
// stays with the unit that it ended with.
const passes = "x.archived_at IS NULL AND x.status NOT IN ('RETIRED', 'REJECTED')"

// unitsOf reads the municipality's units.
func unitsOf(ctx context.Context, r postgres.Reader, municipality uuid.UUID) ([]*organisation.Unit, error) {
	return postgres.All[organisation.Unit](ctx, r, "SELECT "+postgres.Columns[organisation.Unit]("x")+` FROM unit x
		WHERE x.municipality_id = @municipality AND x.archived_at IS NULL ORDER BY x.name_sv, x.id`, postgres.Args{"municipality": municipality})
}

// ownedIn reads the municipality's e-services that would pass to a successor.
func ownedIn(ctx context.Context, r postgres.Reader, municipality uuid.UUID) ([]*owned, error) {
	return postgres.All[owned](ctx, r, "SELECT "+postgres.Columns[owned]("o")+` FROM (
			SELECT x.id, x.version, x.owner_unit_id, x.status IN ('PILOT', 'LIVE', 'PHASING_OUT') AS in_use, x.name_sv FROM e_service x
			 WHERE x.municipality_id = @municipality AND `+passes+`) o ORDER BY o.name_sv, o.id`, postgres.Args{"municipality": municipality})
}

// heirs are who takes over from whom, as arguments @from and @to.
func heirs(of map[uuid.UUID]uuid.UUID) postgres.Args {
	from, to := make([]uuid.UUID, 0, len(of)), make([]uuid.UUID, 0, len(of))
	for f, t := range of {
		from, to = append(from, f), append(to, t)
	}
	return postgres.Args{"from": from, "to": to}
}

const heir = "(SELECT unnest(@from::uuid[]) AS old, unnest(@to::uuid[]) AS new) h"

// gapsOf counts the gaps that open and close when the units are as given and the heirs
// own what passes to them.
func gapsOf(ctx context.Context, r postgres.Reader, gaps *gap.Service, municipality uuid.UUID, changed []*organisation.Unit, of map[uuid.UUID]uuid.UUID) ([]*gap.Difference, error) {
	rows, err := postgres.Document(changed)
	if err != nil {
		return nil, err
	}
	args := heirs(of)
	args["municipality"], args["rows"] = municipality, rows
	const given = "jsonb_populate_recordset(NULL::unit, @rows::jsonb)"
	return gaps.Compare(ctx, r, map[string]gap.Would{
		"municipality": {Rows: "SELECT x.* FROM municipality x WHERE x.id = @municipality", Touched: "x.id = @municipality"},
		"unit": {
			Rows: "SELECT x.* FROM unit x WHERE x.municipality_id = @municipality AND NOT EXISTS (SELECT FROM " + given + " g WHERE g.id = x.id) UNION ALL SELECT g.* FROM " + given + " g",
			// Their gaps follow from the units above them and after them too.
			Touched: "x.municipality_id = @municipality",
		},
		"e_service": {
			Rows: "SELECT " + strings.NewReplacer(
				"x.owner_unit_id", "coalesce(h.new, x.owner_unit_id) AS owner_unit_id",
				"x.updated_at", "CASE WHEN h.new IS NULL THEN x.updated_at ELSE instant() END AS updated_at",
			).Replace(postgres.Columns[eservice.EService]("x")) + " FROM e_service x LEFT JOIN " + heir + " ON h.old = x.owner_unit_id AND " + passes + " WHERE x.municipality_id = @municipality",
			Touched: "x.municipality_id = @municipality",
		},
	}, args)
}

// changedSince reads the names of what in the municipality has changed since a change: units, and e-services
// of the units given.
func changedSince(ctx context.Context, r postgres.Reader, municipality uuid.UUID, units []uuid.UUID, since int64) ([]string, error) {
	return postgres.Values[string](ctx, r, `SELECT c.name_sv FROM (
			SELECT x.name_sv, x.changed_in FROM unit x WHERE x.municipality_id = @municipality AND x.changed_in > @since
			UNION ALL
			SELECT x.name_sv, x.changed_in FROM e_service x WHERE x.municipality_id = @municipality AND x.changed_in > @since AND x.owner_unit_id = ANY (@units)
		) c ORDER BY c.changed_in, c.name_sv LIMIT 10`, postgres.Args{"municipality": municipality, "units": units, "since": since})
}

// write keeps the units that are made and changed, and hands over what they own.
func write(ctx context.Context, tx *postgres.Tx, made, changed []*organisation.Unit, of map[uuid.UUID]uuid.UUID) error {
	// A unit that is made may bear the name of one that closes in the statement after.
	if _, err := tx.Exec(ctx, "SET CONSTRAINTS unit_name_unique DEFERRED", nil); err != nil {
		return err
	}
	if err := postgres.InsertAll(ctx, tx, "unit", made); err != nil {
		return err
	}
	if err := postgres.SaveTogether(ctx, tx, "unit", changed); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "SET CONSTRAINTS unit_name_unique IMMEDIATE", nil); err != nil {
		return err
	}
	return HandOver(ctx, tx, of)
}

// draftTouched is the condition that the draft d is under way and names one of the units
// @from.
const draftTouched = "d.state IN ('OPEN', 'IN_REVIEW') AND (d.changes ->> 'owner_unit_id' = ANY (@from::uuid[]::text[]) OR d.base ->> 'owner_unit_id' = ANY (@from::uuid[]::text[]))"

// draftsTouched reads the drafts under way that name one of the units, by the e-service's name.
func draftsTouched(ctx context.Context, r postgres.Reader, units []uuid.UUID) ([]uuid.UUID, error) {
	return postgres.Values[uuid.UUID](ctx, r, "SELECT d.id FROM e_service_draft d JOIN e_service e ON e.id = d.e_service_id WHERE "+draftTouched+" ORDER BY e.name_sv, d.id", postgres.Args{"from": units})
}

// categoriesTouched reads the categories of the platform that the units own, by name.
func categoriesTouched(ctx context.Context, r postgres.Reader, units []uuid.UUID) ([]uuid.UUID, error) {
	return postgres.Values[uuid.UUID](ctx, r, "SELECT c.id FROM platform_category c WHERE c.owner_unit_id = ANY (@from::uuid[]) ORDER BY c.category, c.id", postgres.Args{"from": units})
}

// HandOver gives what units own to those that take over from them, also what imports will
// bring, within a write that is allowed to. What is retired, rejected or archived stays.
func HandOver(ctx context.Context, tx *postgres.Tx, of map[uuid.UUID]uuid.UUID) error {
	if len(of) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, "UPDATE e_service x SET owner_unit_id = h.new FROM "+heir+" WHERE h.old = x.owner_unit_id AND "+passes, heirs(of)); err != nil {
		err = eservice.Constraints().Explain(err)
		if all := fault.All(err); len(all) == 1 && all[0].Rule == "e_service_live_owner_valid" {
			return fault.Field("successor", "successor_closed",
				"Efterträdaren är inte öppen i dag och kan inte äga e-tjänster i drift. Välj en öppen enhet.",
				"The successor is not open today and cannot own live e-services. Choose an open unit.")
		}
		return fmt.Errorf("hand over e-services: %w", err)
	}
	// A draft under way knows its owner both as drafted and as it was drafted over: the
	// first follows wherever it leads, the second the e-service.
	if _, err := tx.Exec(ctx, `UPDATE e_service_draft d SET
			changes = d.changes || coalesce((SELECT jsonb_build_object('owner_unit_id', h.new) FROM `+heir+` WHERE h.old::text = d.changes ->> 'owner_unit_id'), '{}'),
			base = d.base || coalesce((SELECT jsonb_build_object('owner_unit_id', h.new) FROM `+heir+`
				JOIN e_service e ON e.id = d.e_service_id AND e.owner_unit_id = h.new WHERE h.old::text = d.base ->> 'owner_unit_id'), '{}')
		WHERE `+draftTouched, heirs(of)); err != nil {
		return fmt.Errorf("hand over in drafts: %w", err)
	}
	if _, err := tx.Exec(ctx, "UPDATE platform_category c SET owner_unit_id = h.new FROM "+heir+" WHERE h.old = c.owner_unit_id", heirs(of)); err != nil {
		return fmt.Errorf("hand over categories of the platform: %w", err)
	}
	return nil
}
