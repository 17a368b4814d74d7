package access_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
)

// What parts of records hang on: ids of the test's own, by a name each.
var (
	ring, otherRing  = uuid.UUID{15: 11}, uuid.UUID{15: 12} // two collaborations that own is a member of
	shared, hidden   = uuid.UUID{15: 21}, uuid.UUID{15: 22} // projects of own: within ring, and of its own alone
	goal, initiative = uuid.UUID{15: 31}, uuid.UUID{15: 32} // of own: shared with whom it collaborates, and its own alone
	service, offer   = uuid.UUID{15: 41}, uuid.UUID{15: 42}
	audit, answer    = uuid.UUID{15: 51}, uuid.UUID{15: 52}
	turned           = uuid.UUID{15: 61} // a project that was public and is own's alone
	left             = uuid.UUID{15: 62} // a project of own's alone that the member has withdrawn from
)

// parts are records and what is seen of them by whom, of three who are not of own: a
// member of ring who takes part in the hidden project, a member of otherRing, and nobody.
var parts = []struct {
	what, table, sql        string
	member, neighbour, none bool
}{
	{"a project within a collaboration", "shared_project", "SELECT @shared::uuid", true, false, false},
	{"a project that one takes part in", "shared_project", "SELECT @hidden::uuid", true, false, false},
	{"one's part in it", "participation", "SELECT id FROM participation WHERE shared_project_id = @hidden AND municipality_id = @partner", true, false, false},
	{"the host's part in it", "participation", "SELECT id FROM participation WHERE shared_project_id = @hidden AND municipality_id = @own", true, false, false},
	{"a project that one has left", "shared_project", "SELECT @left::uuid", false, false, false},
	{"one's part in what one has left", "participation", "SELECT id FROM participation WHERE shared_project_id = @left AND municipality_id = @partner", true, false, false},
	{"the host's part in that", "participation", "SELECT id FROM participation WHERE shared_project_id = @left AND municipality_id = @own", false, false, false},
	{"a milestone of it", "milestone", "SELECT id FROM milestone", true, false, false},
	{"a goal of one that collaborates", "goal", "SELECT @goal::uuid", true, true, false},
	{"an indicator of it", "indicator", "SELECT id FROM indicator", true, true, false},
	{"a value of that", "indicator_value", "SELECT id FROM indicator_value", true, true, false},
	{"a link of it to what is hidden", "record_link", "SELECT id FROM record_link WHERE initiative_id IS NOT NULL", false, false, false},
	{"a link of it to a project", "record_link", "SELECT id FROM record_link WHERE shared_project_id IS NOT NULL", true, false, false},
	{"an answer that is decided", "formal_answer", "SELECT id FROM formal_answer WHERE status = 'DECIDED'", true, true, true},
	{"an answer that is being written", "formal_answer", "SELECT id FROM formal_answer WHERE status = 'DRAFT'", false, false, false},
	{"an answer of one's own to an offer", "offer_answer", "SELECT id FROM offer_answer WHERE municipality_id = @partner", true, false, false},
	{"an answer of another", "offer_answer", "SELECT id FROM offer_answer WHERE municipality_id = @stranger", false, true, false},
}

// TestPartsAreSeenWithTheirRecords asks for parts as those who see the whole, a part or
// nothing of it.
func TestPartsAreSeenWithTheirRecords(t *testing.T) {
	w := partsWorld(t)
	args := postgres.Args{"own": own, "partner": partner, "stranger": stranger, "shared": shared, "hidden": hidden, "left": left, "goal": goal}
	callers := map[string]access.Caller{
		"a member":    {Kind: access.User, ID: "1", Municipality: partner, Roles: []access.Role{access.Admin}, Partners: []uuid.UUID{own, partner, ring}},
		"a neighbour": {Kind: access.User, ID: "2", Municipality: stranger, Roles: []access.Role{access.Admin}, Partners: []uuid.UUID{own, stranger, otherRing}},
		"nobody":      {},
		"its own":     who["a reader of its own"],
	}
	session := w.db.Session()
	defer session.Close()
	now, err := session.Present(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		ids, err := postgres.Values[uuid.UUID](t.Context(), now, p.sql, args)
		if err != nil || len(ids) != 1 {
			t.Fatalf("%s: %v, %v", p.what, ids, err)
		}
		for name, want := range map[string]bool{"a member": p.member, "a neighbour": p.neighbour, "nobody": p.none, "its own": true} {
			if got := slices.Contains(w.seen(t, callers[name], p.table, false), ids[0]); got != want {
				t.Errorf("%s sees %s: %v", name, p.what, got)
			}
		}
	}
}

// TestThePastOfAPartAsksForThePresentOfItsRecord holds that a part of what was public
// does not show to whom the record itself is closed today.
func TestThePastOfAPartAsksForThePresentOfItsRecord(t *testing.T) {
	w := partsWorld(t)
	if ids := w.seen(t, access.Caller{}, "shared_project", true); slices.Contains(ids, turned) {
		t.Error("the project shows as it was")
	}
	if ids := w.seen(t, access.Caller{}, "participation", true); len(ids) > 0 {
		t.Errorf("parts of what has been closed show as they were: %v", ids)
	}
}

func partsWorld(t *testing.T) world {
	t.Helper()
	w := world{db: dbtest.New(t).Open(t, nil)}
	write := func(statements ...string) (number int64) {
		t.Helper()
		err := w.db.Write(t.Context(), postgres.Change{ActorKind: "SYSTEM", ActorID: "test", ActorFunction: "prov", Operation: "test"}, func(tx *postgres.Tx) error {
			number = tx.Number
			for _, sql := range statements {
				if _, err := tx.Exec(t.Context(), sql, postgres.Args{
					"own": own, "partner": partner, "stranger": stranger, "ring": ring, "other_ring": otherRing, "shared": shared, "hidden": hidden,
					"goal": goal, "initiative": initiative, "service": service, "offer": offer, "audit": audit, "answer": answer, "turned": turned, "left": left,
				}); err != nil {
					t.Fatalf("%s: %v", sql, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return number
	}
	w.then = write(
		"INSERT INTO municipality (id, scb_code, name_sv) VALUES (@own, '0001', 'Egen'), (@partner, '0002', 'Partner'), (@stranger, '0003', 'Granne')",
		"INSERT INTO unit (id, municipality_id, name_sv, type) VALUES (@own, @own, 'Kommunstyrelsen', 'EXECUTIVE_BOARD')",
		"INSERT INTO collaboration (id, name_sv) VALUES (@ring, 'Ringen'), (@other_ring, 'Andra ringen')",
		`INSERT INTO collaboration_member (id, collaboration_id, municipality_id, valid_from, source) VALUES
			(uuid_v7(), @ring, @own, '2020-01-01', 'Prov'), (uuid_v7(), @ring, @partner, '2020-01-01', 'Prov'),
			(uuid_v7(), @other_ring, @own, '2020-01-01', 'Prov'), (uuid_v7(), @other_ring, @stranger, '2020-01-01', 'Prov')`,
		`INSERT INTO shared_project (id, municipality_id, collaboration_id, code, name_sv, phase, status, visibility) VALUES
			(@shared, @own, @ring, 'delat', 'Delat', 'IDEA', 'NOT_STARTED', 'COLLABORATION'), (@hidden, @own, @ring, 'dolt', 'Dolt', 'IDEA', 'NOT_STARTED', 'MUNICIPALITY'),
			(@turned, @own, NULL, 'vant', 'Vänt', 'IDEA', 'NOT_STARTED', 'PUBLIC'), (@left, @own, @ring, 'lamnat', 'Lämnat', 'IDEA', 'NOT_STARTED', 'MUNICIPALITY')`,
		`INSERT INTO participation (id, municipality_id, shared_project_id, role, state)
			SELECT uuid_v7(), @own, p.id, 'HOST', 'INTERESTED' FROM shared_project p`,
		"INSERT INTO participation (id, municipality_id, shared_project_id, role, state) VALUES (uuid_v7(), @partner, @hidden, 'FULL_MEMBER', 'INVITED')",
		"INSERT INTO participation (id, municipality_id, shared_project_id, role, state, reason, found_source, found_reason) VALUES (uuid_v7(), @partner, @left, 'FULL_MEMBER', 'DECLINED', 'Har en egen', 'Prov', 'Prov')",
		"INSERT INTO milestone (id, municipality_id, shared_project_id, title_sv, kind) VALUES (uuid_v7(), @own, @hidden, 'Start', 'LAUNCH')",
		"INSERT INTO goal (id, municipality_id, code, title_sv, level, status, visibility) VALUES (@goal, @own, 'M1', 'Mål', 'DIRECTION', 'PROPOSED', 'COLLABORATION')",
		"INSERT INTO indicator (id, municipality_id, goal_id, name_sv, unit_of_measure, direction, frequency, source) VALUES (@goal, @own, @goal, 'Andel', '%', 'UP', 'YEARLY', 'MANUAL')",
		"INSERT INTO indicator_value (id, municipality_id, indicator_id, period, revision, value) VALUES (uuid_v7(), @own, @goal, '2024-01-01', 1, 10)",
		"INSERT INTO initiative (id, municipality_id, title_sv, kind, status, visibility) VALUES (@initiative, @own, 'Insats', 'ACTIVITY', 'PLANNED', 'MUNICIPALITY')",
		"INSERT INTO record_link (id, municipality_id, goal_id, initiative_id) VALUES (uuid_v7(), @own, @goal, @initiative)",
		"INSERT INTO record_link (id, municipality_id, goal_id, shared_project_id) VALUES (uuid_v7(), @own, @goal, @hidden)",
		"INSERT INTO audit (id, municipality_id, title_sv, year) VALUES (@audit, @own, 'Granskning', 2017)",
		`INSERT INTO formal_answer (id, municipality_id, audit_id, title_sv, text_sv, due_on, status) VALUES
			(@answer, @own, @audit, 'Svar', 'Svar', '2018-03-23', 'IN_REVIEW'), (uuid_v7(), @own, @audit, 'Utkast', NULL, '2018-03-23', 'DRAFT')`,
		"INSERT INTO decision (id, municipality_id, body_unit_id, title_sv, type, meeting_date) VALUES (@answer, @own, @own, 'Svar', 'BOARD', '2018-03-12')",
		"INSERT INTO record_link (id, municipality_id, decision_id, formal_answer_id, purpose) VALUES (uuid_v7(), @own, @answer, @answer, 'AUTHORISES')",
		"UPDATE formal_answer SET status = 'DECIDED' WHERE id = @answer",
		"INSERT INTO shared_service (id, municipality_id, code, name_sv) VALUES (@service, @own, 'bygglov', 'Bygglov')",
		"INSERT INTO service_offer (id, municipality_id, shared_service_id, terms_sv, valid_from, visibility) VALUES (@offer, @own, @service, 'Fritt', '2024-01-01', 'PUBLIC')",
		"INSERT INTO offer_answer (id, municipality_id, service_offer_id, answer) VALUES (uuid_v7(), @partner, @offer, 'INTERESTED'), (uuid_v7(), @stranger, @offer, 'INTERESTED')",
	)
	write("UPDATE shared_project SET visibility = 'MUNICIPALITY' WHERE id = @turned")
	return w
}
