package meeting

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/date"
	"fardplan/internal/postgres"
	"fardplan/internal/text"
)

// row is a record as a report sees it, the same for every area.
type row struct {
	ID           uuid.UUID  `db:"id"`
	Municipality uuid.UUID  `db:"municipality_id"`
	Of           string     `db:"municipality_name"`
	CreatedAt    time.Time  `db:"created_at"`
	Archived     bool       `db:"archived"`
	TitleSv      string     `db:"title_sv"`
	TitleEn      string     `db:"title_en"`
	Status       string     `db:"status"`
	Phase        *string    `db:"phase"`
	Health       *string    `db:"health"`
	Progress     *int       `db:"progress"`
	Ends         *date.Date `db:"ends"` // when it is planned to end, or the day of a decision
	// ReasonSv and ReasonEn say why it has its status or health, or where a decision is
	// written down.
	ReasonSv *string `db:"reason_sv"`
	ReasonEn *string `db:"reason_en"`
}

// source is where an area's records are read from.
type source struct {
	area  Area
	table string
	// columns are SQL for title_sv, title_en, status, phase, health, progress, ends, reason_sv and reason_en.
	columns string
	joins   string
	// of is the condition that the record is of the municipality @municipality.
	of string
	// moved is the condition that today's date alone has changed the status of x since the
	// day @day; empty where dates change none.
	moved string
}

const (
	own        = "x.municipality_id = @municipality"
	stateOn    = "decision_state(%s, x.type, x.proposed_on, x.meeting_date, x.rejected, x.legally_binding_on, x.appealed_on, x.appeal_settled_on, x.overturned_on, x.superseded_on, x.valid_to)"
	takesPart  = "EXISTS (SELECT FROM participation p WHERE p.shared_project_id = %s AND p.archived_at IS NULL AND p.municipality_id = @municipality)"
	noFurther  = "NULL::text, NULL::text, NULL::int"
	inProjects = "JOIN shared_project p ON p.id = x.shared_project_id"
)

func sources() []source {
	return []source{
		{
			area: Goals, table: "goal", of: own,
			columns: "x.code || ' ' || x.title_sv, x.code || ' ' || coalesce(x.title_en, x.title_sv), x.status, NULL::text, x.health, x.progress, x.period_to, NULL::text, NULL::text",
		},
		{
			area: Initiatives, table: "initiative", of: own,
			columns: "x.title_sv, coalesce(x.title_en, x.title_sv), x.status, NULL::text, NULL::text, NULL::int, x.planned_end, x.blocked_reason, x.blocked_reason",
		},
		{
			area: Projects, table: "shared_project", of: "(" + own + " OR " + fmt.Sprintf(takesPart, "x.id") + ")",
			columns: "x.name_sv, coalesce(x.name_en, x.name_sv), x.status, x.phase, x.health, NULL::int, x.planned_end, x.health_comment_sv, coalesce(x.health_comment_en, x.health_comment_sv)",
		},
		{
			area: Participations, table: "participation", joins: inProjects, of: "(" + own + " OR p.municipality_id = @municipality)",
			columns: "p.name_sv, coalesce(p.name_en, p.name_sv), x.state, " + noFurther + ", NULL::date, x.reason, x.reason",
		},
		{
			area: Decisions, table: "decision", joins: "JOIN unit b ON b.id = x.body_unit_id", of: own,
			columns: "x.title_sv, coalesce(x.title_en, x.title_sv), " + fmt.Sprintf(stateOn, "today()") + ", " + noFurther +
				", x.meeting_date, concat_ws(', ', b.name_sv || coalesce(' § ' || x.paragraph, ''), x.diary_number), concat_ws(', ', coalesce(b.name_en, b.name_sv) || coalesce(' § ' || x.paragraph, ''), x.diary_number)",
			moved: fmt.Sprintf(stateOn, "@day::date") + " <> " + fmt.Sprintf(stateOn, "today()"),
		},
	}
}

const named = "id, municipality_id, municipality_name, created_at, archived, title_sv, title_en, status, phase, health, progress, ends, reason_sv, reason_en"

// read reads the area's records that the caller may see and that the condition lets through.
func (s *Service) read(ctx context.Context, r postgres.Reader, from source, condition string, more postgres.Args) ([]*row, error) {
	visible, args := s.Policy.Visible(ctx, from.table, "x", r.Past())
	maps.Copy(args, more)
	args["most"] = mostRows + 1
	return postgres.All[row](ctx, r, fmt.Sprintf(`
		SELECT r.* FROM (
			SELECT x.id, x.municipality_id, m.name_sv, x.created_at, x.archived_at IS NOT NULL, %s
			  FROM %s x JOIN municipality m ON m.id = x.municipality_id %s
			 WHERE %s AND (%s)
			 ORDER BY x.updated_at DESC, x.id LIMIT @most) r (%s)`,
		from.columns, from.table, from.joins, visible, condition, named), args)
}

// pair is a record in the two states; before is nil of one that is new.
type pair struct{ before, now *row }

// pairs reads what has changed of an area between the states: the records that the caller
// may see in both, and the new ones. full tells that there is more than was read.
func (s *Service) pairs(ctx context.Context, before, now *postgres.Snapshot, from source, f Filter) (pairs []pair, full bool, err error) {
	changed := "x.changed_in > @since"
	args := postgres.Args{"since": before.Change, "day": date.Of(before.At)}
	if from.moved != "" {
		changed = "(" + changed + " OR " + from.moved + ")"
	}
	if f.Municipality != nil {
		changed += " AND " + from.of
		args["municipality"] = *f.Municipality
	}
	rows, err := s.read(ctx, now, from, changed, args)
	if err != nil {
		return nil, false, err
	}
	if full = len(rows) > mostRows; full {
		rows = rows[:mostRows]
	}
	ids := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	earlier, err := s.read(ctx, before, from, "x.id = ANY (@ids)", postgres.Args{"ids": ids})
	if err != nil {
		return nil, false, err
	}
	then := make(map[uuid.UUID]*row, len(earlier))
	for _, r := range earlier {
		then[r.ID] = r
	}
	for _, r := range rows {
		if p := (pair{then[r.ID], r}); p.before != nil || r.CreatedAt.After(before.At) {
			pairs = append(pairs, p)
		}
	}
	return pairs, full, nil
}

// episode is a gap that is there in one of the states and not in the other.
type episode struct {
	Rule         string    `db:"rule"`
	Kind         string    `db:"object_kind"`
	ID           uuid.UUID `db:"object_id"`
	Municipality uuid.UUID `db:"municipality_id"`
	Of           string    `db:"municipality_name"`
	CreatedAt    time.Time `db:"created_at"` // of the record
	Opened       bool      `db:"opened"`
	TitleSv      *string   `db:"title_sv"`
	TitleEn      *string   `db:"title_en"`
}

// titles are SQL for what the record x of a table is called, in Swedish and English; a
// table that is not among them is called by its kind.
var titles = map[string][2]string{
	"municipality": {"x.name_sv", "coalesce(x.name_en, x.name_sv)"}, "unit": {"x.name_sv", "coalesce(x.name_en, x.name_sv)"},
	"e_service": {"x.name_sv", "coalesce(x.name_en, x.name_sv)"}, "shared_service": {"x.name_sv", "coalesce(x.name_en, x.name_sv)"},
	"shared_project": {"x.name_sv", "coalesce(x.name_en, x.name_sv)"}, "indicator": {"x.name_sv", "coalesce(x.name_en, x.name_sv)"},
	"collaboration": {"x.name_sv", "coalesce(x.name_en, x.name_sv)"}, "platform_flow": {"x.name", "x.name"},
	"governing_document": {"x.title_sv", "coalesce(x.title_en, x.title_sv)"}, "decision": {"x.title_sv", "coalesce(x.title_en, x.title_sv)"},
	"diary_case": {"x.title_sv", "coalesce(x.title_en, x.title_sv)"}, "agreement": {"x.title_sv", "coalesce(x.title_en, x.title_sv)"},
	"goal": {"x.code || ' ' || x.title_sv", "x.code || ' ' || coalesce(x.title_en, x.title_sv)"}, "initiative": {"x.title_sv", "coalesce(x.title_en, x.title_sv)"},
	"milestone": {"x.title_sv", "coalesce(x.title_en, x.title_sv)"}, "formal_answer": {"x.title_sv", "coalesce(x.title_en, x.title_sv)"},
	"benefit": {"x.description_sv", "coalesce(x.description_en, x.description_sv)"},
	"finding": {"x.code || ' ' || x.text_sv", "x.code || ' ' || coalesce(x.text_en, x.text_sv)"},
	"participation": {
		"(SELECT p.name_sv FROM shared_project p WHERE p.id = x.shared_project_id)", "(SELECT coalesce(p.name_en, p.name_sv) FROM shared_project p WHERE p.id = x.shared_project_id)",
	},
	"waiver": {"x.reason_sv", "coalesce(x.reason_en, x.reason_sv)"},
	"agreement_party": {
		"(SELECT a.title_sv FROM agreement a WHERE a.id = x.agreement_id)", "(SELECT coalesce(a.title_en, a.title_sv) FROM agreement a WHERE a.id = x.agreement_id)",
	},
}

// episodes reads the gaps of records that the caller may see in both states that are there
// in one of them alone, the gravest first. What a waiver lets be is not mended.
func (s *Service) episodes(ctx context.Context, before, now *postgres.Snapshot, f Filter) (all []*episode, full bool, err error) {
	args := postgres.Args{"from": before.At, "to": now.At, "since": before.Change, "most": mostRows + 1}
	among := "(e.opened_at > @from OR e.closed_at > @from)"
	if f.Municipality != nil {
		among += " AND e.municipality_id = @municipality"
		args["municipality"] = *f.Municipality
	}
	severities := "CASE e.rule"
	for _, r := range s.Gaps.Rules {
		severities += fmt.Sprintf(" WHEN '%s' THEN %d", r.Code, -severityWeights[r.Severity])
	}
	var selects []string
	for _, o := range s.Gaps.Objects {
		visible, more := s.Policy.Visible(ctx, o.Table, "x", now.Past())
		maps.Copy(args, more)
		title, known := titles[o.Table]
		if !known {
			title = [2]string{"NULL", "NULL"}
		}
		selects = append(selects, fmt.Sprintf(`
			SELECT e.id, e.rule, e.object_kind, e.object_id, e.municipality_id, e.opened_at, e.closed_at, x.created_at, x.archived_at IS NOT NULL AS archived, (%s)::text AS title_sv, (%s)::text AS title_en
			  FROM gap_episode e JOIN %[3]s x ON x.id = e.object_id WHERE e.object_kind = '%[3]s' AND %[4]s AND %[5]s`,
			title[0], title[1], o.Table, among, visible))
	}
	rows, err := postgres.All[episode](ctx, now, `
		WITH e AS (`+strings.Join(selects, " UNION ALL ")+`), open AS (SELECT x.rule, x.object_id, x.opened_at, coalesce(x.closed_at, 'infinity') AS closed_at FROM gap_episode x)
		SELECT e.rule, e.object_kind, e.object_id, e.municipality_id, m.name_sv AS municipality_name, e.created_at, e.closed_at IS NULL AS opened, e.title_sv, e.title_en
		  FROM e JOIN municipality m ON m.id = e.municipality_id
		 WHERE CASE WHEN e.closed_at IS NULL
			THEN NOT EXISTS (SELECT FROM open o WHERE o.rule = e.rule AND o.object_id = e.object_id AND o.opened_at <= @from AND o.closed_at > @from)
			ELSE e.opened_at <= @from AND NOT e.archived
			 AND NOT EXISTS (SELECT FROM open o WHERE o.rule = e.rule AND o.object_id = e.object_id AND o.closed_at = 'infinity')
			 AND NOT EXISTS (SELECT FROM waiver w WHERE w.rule = e.rule AND w.object_id = e.object_id AND w.archived_at IS NULL AND w.expires_on >= today()) END
		 ORDER BY `+severities+` ELSE 0 END, e.rule, e.id LIMIT @most`, args)
	if err != nil {
		return nil, false, err
	}
	if full = len(rows) > mostRows; full {
		rows = rows[:mostRows]
	}
	seen, err := s.seen(ctx, before, rows)
	for _, e := range rows {
		if seen[e.ID] || e.CreatedAt.After(before.At) {
			all = append(all, e)
		}
	}
	return all, full, err
}

// seen tells which of the episodes' records the caller may see in a state.
func (s *Service) seen(ctx context.Context, r postgres.Reader, of []*episode) (map[uuid.UUID]bool, error) {
	args := postgres.Args{}
	var selects []string
	for _, o := range s.Gaps.Objects {
		ids := []uuid.UUID{}
		for _, e := range of {
			if e.Kind == o.Table {
				ids = append(ids, e.ID)
			}
		}
		visible, more := s.Policy.Visible(ctx, o.Table, "x", r.Past())
		maps.Copy(args, more)
		args["of_"+o.Table] = ids
		selects = append(selects, fmt.Sprintf("SELECT x.id FROM %[1]s x WHERE x.id = ANY (@of_%[1]s) AND %[2]s", o.Table, visible))
	}
	ids, err := postgres.Values[uuid.UUID](ctx, r, strings.Join(selects, " UNION ALL "), args)
	seen := make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		seen[id] = true
	}
	return seen, err
}

// titled is what a record is called.
type titled struct {
	ID    uuid.UUID `db:"id"`
	Title string    `db:"title"`
}

// titlesOf reads what records of a table are called, of those that the caller may see.
func (s *Service) titlesOf(ctx context.Context, r postgres.Reader, table string, ids []uuid.UUID, in text.Language) ([]*titled, error) {
	title, known := titles[table]
	if !known {
		return nil, nil
	}
	sql := title[0]
	if in == text.English {
		sql = title[1]
	}
	visible, args := s.Policy.Visible(ctx, table, "x", r.Past())
	args["ids"] = ids
	return postgres.All[titled](ctx, r, fmt.Sprintf("SELECT x.id, coalesce((%s)::text, '') AS title FROM %s x WHERE x.id = ANY (@ids) AND %s", sql, table, visible), args)
}

// waivedUntil reads the last days of waivers that the caller may see.
func (s *Service) waivedUntil(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	visible, args := s.Policy.Visible(ctx, "waiver", "x", r.Past())
	args["ids"] = ids
	all, err := postgres.All[titled](ctx, r, "SELECT x.id, x.expires_on::text AS title FROM waiver x WHERE x.id = ANY (@ids) AND "+visible, args)
	until := map[uuid.UUID]string{}
	for _, one := range all {
		until[one.ID] = one.Title
	}
	return until, err
}
