package reorganisation

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/draft"
	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/gap"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
)

// owned is a record and the unit that owns it.
type owned struct {
	Kind    string    `db:"kind"` // its table
	ID      uuid.UUID `db:"id"`
	Version int       `db:"version"`
	Owner   uuid.UUID `db:"owner_unit_id"`
	InUse   bool      `db:"in_use"`
}

// holding is a kind of record that units own.
type holding struct {
	table, name string
	// ended are the statuses in which x stays with the unit that it ended with.
	ended string
	// inUse is SQL for whether a unit does not close with x unless another takes over.
	inUse string
	// rule is the gap of what a closed unit owns.
	rule string
}

var holdings = []holding{
	{"e_service", "name_sv", "'RETIRED', 'REJECTED'", "x.status IN ('PILOT', 'LIVE', 'PHASING_OUT')", "UNIT_CLOSED_OWNER"},
	{"goal", "title_sv", "'ACHIEVED', 'PARTLY', 'NOT_ACHIEVED', 'REVOKED'", "true", "GOAL_CLOSED_OWNER"},
	{"initiative", "title_sv", "'DONE', 'CANCELLED'", "true", "ROADMAP_NO_OWNER"},
	{"governing_document", "title_sv", "'SUPERSEDED', 'REVOKED'", "x.status IN ('ADOPTED', 'UNDER_REVISION')", "DOC_NO_OWNER"},
}

// passes is the condition that the record x passes to a successor.
func (h holding) passes() string {
	return "x.archived_at IS NULL AND x.status NOT IN (" + h.ended + ")"
}

// left counts what the unit will own that its rule is about: of e-services all, of the
// others what is in use.
func (h holding) left(u *Unit) *int {
	if h.table == "e_service" {
		return u.OwnsAfter.of(h.table)
	}
	return u.inUse.of(h.table)
}

// unitsOf reads the municipality's units.
func unitsOf(ctx context.Context, r postgres.Reader, municipality uuid.UUID) ([]*organisation.Unit, error) {
	return postgres.All[organisation.Unit](ctx, r, "SELECT "+postgres.Columns[organisation.Unit]("x")+` FROM unit x
		WHERE x.municipality_id = @municipality AND x.archived_at IS NULL ORDER BY x.name_sv, x.id`, postgres.Args{"municipality": municipality})
}

// ownedIn reads what the municipality's units own that would pass to a successor.
func ownedIn(ctx context.Context, r postgres.Reader, municipality uuid.UUID) ([]*owned, error) {
	var selects []string
	for _, h := range holdings {
		selects = append(selects, fmt.Sprintf("SELECT '%[1]s' AS kind, x.id, x.version, x.owner_unit_id, %[2]s AS in_use, x.%[3]s AS name FROM %[1]s x WHERE x.municipality_id = @municipality AND x.owner_unit_id IS NOT NULL AND %[4]s",
			h.table, h.inUse, h.name, h.passes()))
	}
	return postgres.All[owned](ctx, r, "SELECT "+postgres.Columns[owned]("o")+" FROM ("+strings.Join(selects, " UNION ALL ")+") o ORDER BY o.name, o.id", postgres.Args{"municipality": municipality})
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
	would := map[string]gap.Would{
		"municipality": {Rows: "SELECT x.* FROM municipality x WHERE x.id = @municipality", Touched: "x.id = @municipality"},
		"unit": {
			Rows: "SELECT x.* FROM unit x WHERE x.municipality_id = @municipality AND NOT EXISTS (SELECT FROM " + given + " g WHERE g.id = x.id) UNION ALL SELECT g.* FROM " + given + " g",
			// Their gaps follow from the units above them and after them too.
			Touched: "x.municipality_id = @municipality",
		},
	}
	for _, h := range holdings {
		would[h.table] = gap.Would{
			Rows: "SELECT y.* FROM " + h.table + " x LEFT JOIN " + heir + " ON h.old = x.owner_unit_id AND " + h.passes() +
				" CROSS JOIN LATERAL jsonb_populate_record(x, CASE WHEN h.new IS NULL THEN '{}' ELSE jsonb_build_object('owner_unit_id', h.new, 'updated_at', instant()) END) y WHERE x.municipality_id = @municipality",
			Touched: "x.municipality_id = @municipality",
		}
	}
	return gaps.Compare(ctx, r, would, args)
}

// changedSince reads the names of what in the municipality has changed since a change: units, and
// what the units given own.
func changedSince(ctx context.Context, r postgres.Reader, municipality uuid.UUID, units []uuid.UUID, since int64) ([]string, error) {
	selects := []string{"SELECT x.name_sv AS name, x.changed_in FROM unit x WHERE x.municipality_id = @municipality AND x.changed_in > @since"}
	for _, h := range holdings {
		selects = append(selects, fmt.Sprintf("SELECT x.%s, x.changed_in FROM %s x WHERE x.municipality_id = @municipality AND x.changed_in > @since AND x.owner_unit_id = ANY (@units)", h.name, h.table))
	}
	return postgres.Values[string](ctx, r, "SELECT c.name FROM ("+strings.Join(selects, " UNION ALL ")+") c ORDER BY c.changed_in, c.name LIMIT 10",
		postgres.Args{"municipality": municipality, "units": units, "since": since})
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
var draftTouched = draft.UnderWay("d") + " AND (d.changes ->> 'owner_unit_id' = ANY (@from::uuid[]::text[]) OR d.base ->> 'owner_unit_id' = ANY (@from::uuid[]::text[]))"

// drafts gives the table of the drafts d of such records, and the condition that d is of x.
func (h holding) drafts() (table, of string) {
	if h.table == "e_service" {
		return "e_service_draft", "d.e_service_id = x.id"
	}
	return "record_draft", "d.object_kind = '" + h.table + "' AND d.object_id = x.id"
}

// draftsTouched reads the drafts of a table that are under way and name one of the units,
// by their record's name.
func draftsTouched(ctx context.Context, r postgres.Reader, table string, units []uuid.UUID) ([]uuid.UUID, error) {
	var selects []string
	for _, h := range holdings {
		if drafts, of := h.drafts(); drafts == table {
			selects = append(selects, fmt.Sprintf("SELECT d.id, x.%s AS name FROM %s d JOIN %s x ON %s WHERE %s", h.name, drafts, h.table, of, draftTouched))
		}
	}
	return postgres.Values[uuid.UUID](ctx, r, "SELECT t.id FROM ("+strings.Join(selects, " UNION ALL ")+") t ORDER BY t.name, t.id", postgres.Args{"from": units})
}

// handOverDrafts lets drafts under way of such records follow: each knows its owner both
// as drafted and as it was drafted over. The first follows wherever it leads, the second
// the record.
func (h holding) handOverDrafts(ctx context.Context, tx *postgres.Tx, to postgres.Args) error {
	drafts, of := h.drafts()
	_, err := tx.Exec(ctx, fmt.Sprintf(`UPDATE %[1]s d SET
			changes = d.changes || coalesce((SELECT jsonb_build_object('owner_unit_id', h.new) FROM %[2]s WHERE h.old::text = d.changes ->> 'owner_unit_id'), '{}'),
			base = d.base || coalesce((SELECT jsonb_build_object('owner_unit_id', h.new) FROM %[2]s
				WHERE x.owner_unit_id = h.new AND h.old::text = d.base ->> 'owner_unit_id'), '{}')
		FROM %[3]s x WHERE %[4]s AND %[5]s`, drafts, heir, h.table, of, draftTouched), to)
	if err != nil {
		return fmt.Errorf("hand over in drafts of %s: %w", h.table, err)
	}
	return nil
}

// categoriesTouched reads the categories of the platform that the units own, by name.
func categoriesTouched(ctx context.Context, r postgres.Reader, units []uuid.UUID) ([]uuid.UUID, error) {
	return postgres.Values[uuid.UUID](ctx, r, "SELECT c.id FROM platform_category c WHERE c.owner_unit_id = ANY (@from::uuid[]) ORDER BY c.category, c.id", postgres.Args{"from": units})
}

func successorClosed() error {
	return fault.Field("successor", "successor_closed",
		"Efterträdaren är inte öppen i dag och kan inte äga det som är i bruk. Välj en öppen enhet.",
		"The successor is not open today and cannot own what is in use. Choose an open unit.")
}

// HandOver gives what units own to those that take over from them, also what imports will
// bring, within a write that is allowed to. What has ended or is archived stays.
func HandOver(ctx context.Context, tx *postgres.Tx, of map[uuid.UUID]uuid.UUID) error {
	if len(of) == 0 {
		return nil
	}
	for _, h := range holdings {
		passed, err := tx.Exec(ctx, "UPDATE "+h.table+" x SET owner_unit_id = h.new FROM "+heir+" WHERE h.old = x.owner_unit_id AND "+h.passes(), heirs(of))
		if err != nil {
			err = eservice.Constraints().Explain(err)
			if all := fault.All(err); len(all) == 1 && all[0].Rule == "e_service_live_owner_valid" {
				return successorClosed()
			}
			return fmt.Errorf("hand over what units own: %w", err)
		}
		if passed == 0 || h.table == "e_service" {
			continue
		}
		closed, err := postgres.Values[bool](ctx, tx, "SELECT EXISTS (SELECT FROM "+h.table+` x JOIN unit u ON u.id = x.owner_unit_id
			WHERE x.changed_in = @change AND x.owner_unit_id = ANY (@to) AND `+h.passes()+" AND "+h.inUse+" AND (u.archived_at IS NOT NULL OR today() NOT BETWEEN coalesce(u.valid_from, '-infinity') AND coalesce(u.valid_to, 'infinity')))", postgres.Args{"change": tx.Number, "to": heirs(of)["to"]})
		if err != nil {
			return err
		}
		if closed[0] {
			return successorClosed()
		}
	}
	for _, h := range holdings {
		if err := h.handOverDrafts(ctx, tx, heirs(of)); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, "UPDATE platform_category c SET owner_unit_id = h.new FROM "+heir+" WHERE h.old = c.owner_unit_id", heirs(of)); err != nil {
		return fmt.Errorf("hand over categories of the platform: %w", err)
	}
	return nil
}
