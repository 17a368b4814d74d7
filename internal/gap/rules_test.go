package gap_test

import (
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/date"
	"fardplan/internal/eservice"
	"fardplan/internal/gap"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
)

// a case makes a record without the gap, breaks the rule, and mends it.
type ruleCase struct {
	make         func(*world) uuid.UUID
	break_, mend func(*world, uuid.UUID)
}

// field breaks and mends a field of an e-service.
func field(broken, mended func(*eservice.EService)) ruleCase {
	return ruleCase{
		func(w *world) uuid.UUID { return w.service(mended).ID },
		func(w *world, id uuid.UUID) { w.set(id, broken) },
		func(w *world, id uuid.UUID) { w.set(id, mended) },
	}
}

// later waits for the days to go, and then mends.
func later(days int, start func(*eservice.EService), mend func(*world, uuid.UUID)) ruleCase {
	return ruleCase{
		func(w *world) uuid.UUID { return w.service(start).ID },
		func(w *world, id uuid.UUID) {
			w.clock.addDays(days - 1)
			w.sweep()
			if code, shown := w.first(id); shown {
				w.t.Errorf("%s shows a day too early", code)
			}
			w.clock.addDays(1)
			w.sweep()
		},
		mend,
	}
}

// first gives a rule of the set under test that the record breaks.
func (w *world) first(id uuid.UUID) (string, bool) {
	for _, g := range w.list(w.ctx, gap.Filter{}) {
		if g.ObjectID == id {
			return g.Rule, true
		}
	}
	return "", false
}

func nothing(*eservice.EService) {}

// planned is an e-service that is not in use.
func planned(e *eservice.EService) {
	e.Status, e.LaunchedOn, e.Published = eservice.Planned, nil, false
}

func unpublished(e *eservice.EService) { e.Published = false }

// closeUnit ends a unit on a day.
func (w *world) closeUnit(id uuid.UUID, last string, successor *uuid.UUID) {
	w.t.Helper()
	must(w.organisation.CloseUnit(w.ctx, id, w.version("unit", id), *day(last), successor, "Omorganisation"))(w.t)
}

func reopen(u *organisation.Unit) { u.ValidTo, u.SuccessorID = nil, nil }

// cases has each rule. Those that a date alone breaks or mends wait for the sweep.
func cases() map[string][]ruleCase {
	all := catalogueCases()
	for _, more := range []map[string][]ruleCase{decisionCases(), documentCases(), collaborationCases(), strategyCases()} {
		maps.Copy(all, more)
	}
	return all
}

func catalogueCases() map[string][]ruleCase {
	return map[string][]ruleCase{
		"MUNICIPALITY_NO_DIARY_PATTERN": {{
			func(w *world) uuid.UUID { return w.home.ID },
			func(w *world, id uuid.UUID) {
				must(w.organisation.UpdateMunicipality(w.ctx, id, w.version("municipality", id), func(m *organisation.Municipality) { m.DiaryPatterns = []string{} }))(w.t)
			},
			func(w *world, id uuid.UUID) {
				must(w.organisation.UpdateMunicipality(w.ctx, id, w.version("municipality", id), func(m *organisation.Municipality) { m.DiaryPatterns = []string{"YEAR:SERIAL"} }))(w.t)
			},
		}},
		"UNIT_CLOSED_PARENT": {
			// Moved under a closed unit, and out again.
			{
				func(w *world) uuid.UUID {
					w.closeUnit(w.other.ID, "2024-01-31", nil)
					return w.unit("Gruppen", &w.office.ID).ID
				},
				func(w *world, id uuid.UUID) { w.setUnit(id, func(u *organisation.Unit) { u.ParentID = &w.other.ID }) },
				func(w *world, id uuid.UUID) { w.setUnit(id, func(u *organisation.Unit) { u.ParentID = &w.office.ID }) },
			},
			// The unit above ends on a day to come, and is opened again.
			{
				func(w *world) uuid.UUID {
					id := w.unit("Gruppen", nil).ID
					w.closeUnit(w.other.ID, "2024-03-31", nil)
					w.setUnit(id, func(u *organisation.Unit) { u.ParentID = &w.other.ID })
					return id
				},
				func(w *world, _ uuid.UUID) { w.clock.to("2024-04-01"); w.sweep() },
				func(w *world, _ uuid.UUID) { w.setUnit(w.other.ID, reopen) },
			},
		},
		"UNIT_SUCCESSOR_CLOSED": {{
			func(w *world) uuid.UUID {
				id := w.unit("Gruppen", nil).ID
				w.closeUnit(id, "2024-01-31", &w.other.ID)
				return id
			},
			func(w *world, _ uuid.UUID) { w.closeUnit(w.other.ID, "2024-03-14", nil) },
			func(w *world, _ uuid.UUID) { w.closeUnit(w.other.ID, "2024-03-14", &w.office.ID) },
		}},
		"UNIT_CLOSED_OWNER": {
			{
				func(w *world) uuid.UUID {
					return w.service(func(e *eservice.EService) { e.OwnerUnitID = w.other.ID }).ID
				},
				func(w *world, _ uuid.UUID) { w.closeUnit(w.other.ID, "2024-03-14", &w.office.ID) },
				func(w *world, id uuid.UUID) { w.set(id, func(e *eservice.EService) { e.OwnerUnitID = w.office.ID }) },
			},
			{
				func(w *world) uuid.UUID {
					id := w.service(func(e *eservice.EService) { e.OwnerUnitID = w.other.ID }).ID
					w.closeUnit(w.other.ID, "2024-03-31", &w.office.ID)
					return id
				},
				func(w *world, _ uuid.UUID) { w.clock.to("2024-04-01"); w.sweep() },
				func(w *world, _ uuid.UUID) { w.setUnit(w.other.ID, reopen) },
			},
		},
		"ESERVICE_NO_OWNER_ROLE":  {field(func(e *eservice.EService) { e.ContactFunction = nil }, func(e *eservice.EService) { e.ContactFunction = ptr("katalogredaktör") })},
		"ESERVICE_NO_ALT_CHANNEL": {field(func(e *eservice.EService) { e.AlternativeChannelSv = nil }, func(e *eservice.EService) { e.AlternativeChannelSv = ptr("Ring") })},
		"ESERVICE_A11Y_UNKNOWN":   {field(func(e *eservice.EService) { e.AccessibilityStatus = nil }, func(e *eservice.EService) { e.AccessibilityStatus = ptr(eservice.AccessibilityStatus("FULL")) })},
		"ESERVICE_A11Y_NO_STATEMENT": {
			field(func(e *eservice.EService) { e.AccessibilityStatus = ptr(eservice.AccessibilityStatus("PARTIAL")) }, func(e *eservice.EService) { e.AccessibilityStatus = ptr(eservice.AccessibilityStatus("FULL")) }),
			field(func(e *eservice.EService) {
				e.AccessibilityStatus, e.AccessibilityStatementURL = ptr(eservice.AccessibilityStatus("NONE")), nil
			}, func(e *eservice.EService) { e.AccessibilityStatementURL = ptr("https://example.se/redogorelse") }),
		},
		"ESERVICE_STALE_365": {later(366, nothing, func(w *world, id uuid.UUID) {
			w.set(id, func(e *eservice.EService) { e.LegalBasisVerifiedOn = ptr(date.Of(w.clock.now())) })
		})},
		"ESERVICE_NO_AUDIENCE":    {field(func(e *eservice.EService) { e.Published, e.Audiences = false, nil }, func(e *eservice.EService) { e.Audiences = []eservice.Audience{"COMPANY"} })},
		"ESERVICE_NO_SUMMARY":     {field(func(e *eservice.EService) { e.Published, e.SummarySv = false, nil }, func(e *eservice.EService) { e.SummarySv = ptr("Ansök") })},
		"ESERVICE_NO_URL":         {field(func(e *eservice.EService) { e.Published, e.URL = false, nil }, func(e *eservice.EService) { e.URL = ptr("https://example.se") })},
		"ESERVICE_NO_LAUNCH_DATE": {field(func(e *eservice.EService) { e.Published, e.LaunchedOn = false, nil }, func(e *eservice.EService) { e.LaunchedOn = day("2020-01-01") })},
		"ESERVICE_UNPUBLISHED": {
			later(31, unpublished, func(w *world, id uuid.UUID) {
				must(w.catalogue.Publish(w.ctx, id, w.version("e_service", id), true, ""))(w.t)
			}),
			later(31, unpublished, func(w *world, id uuid.UUID) {
				w.set(id, func(e *eservice.EService) { e.Visibility = eservice.Municipality })
			}),
		},
		"ESERVICE_NO_LEGAL_BASIS": {field(func(e *eservice.EService) { e.LegalBasis, e.LegalBasisVerifiedOn = nil, nil }, func(e *eservice.EService) {
			e.LegalBasis, e.LegalBasisVerifiedOn = ptr("Skollagen 8 kap."), day("2024-03-15")
		})},
		"ESERVICE_LEGAL_BASIS_STALE": {
			field(func(e *eservice.EService) { e.LegalBasisVerifiedOn = day("2022-03-15") }, func(e *eservice.EService) { e.LegalBasisVerifiedOn = day("2022-03-16") }),
			field(func(e *eservice.EService) { e.LegalBasisVerifiedOn = nil }, func(e *eservice.EService) { e.LegalBasisVerifiedOn = day("2024-03-15") }),
		},
		"ESERVICE_PERSONAL_DATA_UNKNOWN": {field(func(e *eservice.EService) { e.PersonalData = nil }, func(e *eservice.EService) { e.PersonalData = ptr(eservice.PersonalData("NONE")) })},
		"ESERVICE_EID_UNKNOWN": {
			field(func(e *eservice.EService) { e.EIDLevel = nil }, func(e *eservice.EService) { e.EIDLevel = ptr(eservice.EIDLevel("HIGH")) }),
			field(func(e *eservice.EService) { e.RequiresAuthentication, e.EIDLevel = ptr(true), ptr(eservice.NoEID) }, func(e *eservice.EService) { e.RequiresAuthentication = ptr(false) }),
		},
		"ESERVICE_LAUNCH_SLIPPED": {
			later(31, func(e *eservice.EService) { planned(e); e.PlannedLaunch = day("2024-03-15") }, func(w *world, id uuid.UUID) {
				w.set(id, func(e *eservice.EService) { e.PlannedLaunch = day("2024-12-31") })
			}),
			later(31, func(e *eservice.EService) { planned(e); e.PlannedLaunch = day("2024-03-15") }, func(w *world, id uuid.UUID) {
				must(w.catalogue.Step(w.ctx, id, w.version("e_service", id), eservice.Transition{To: eservice.Paused}))(w.t)
			}),
		},
		"OEP_MISSING_FLOW": {field(func(e *eservice.EService) { e.OepMissingSince = day("2024-03-15") }, func(e *eservice.EService) { e.OepMissingSince = nil })},
		"OEP_UNKNOWN_FLOW": {
			{func(w *world) uuid.UUID { w.serviceOfFlow(); return w.flow("") }, func(w *world, _ uuid.UUID) { w.tie(nil) }, func(w *world, _ uuid.UUID) { w.tie(ptr(int64(7))) }},
			{func(w *world) uuid.UUID { return w.flow("enabled = false") }, func(w *world, _ uuid.UUID) { w.flow("enabled = true") }, func(w *world, _ uuid.UUID) { w.flow("missing_since = today()") }},
		},
		"OEP_RENAMED": {{func(w *world) uuid.UUID { id := w.serviceOfFlow(); w.flow(""); return id }, func(w *world, _ uuid.UUID) { w.flow(`said = said || '{"nameSv": "Nytt"}'`) }, func(w *world, _ uuid.UUID) { w.flow("enabled = false") }}},
		"OEP_DIFFERS": {
			{func(w *world) uuid.UUID { id := w.serviceOfFlow(); w.flow(""); return id }, func(w *world, _ uuid.UUID) { w.flow(`said = said || '{"oepCategory": "Ny"}'`) }, func(w *world, id uuid.UUID) {
				w.set(id, func(e *eservice.EService) { e.OepSeen = []byte(`{"nameSv": "Plats i förskola", "oepCategory": "Ny"}`) })
			}},
		},
		"ESERVICE_LINK_BROKEN": {
			linked("BROKEN", func(w *world, id uuid.UUID) { w.check(id, "URL", "OK") }),
			linked("BROKEN", func(w *world, id uuid.UUID) {
				w.set(id, func(e *eservice.EService) { e.URL = ptr("https://example.se/ny") })
			}),
			{
				func(w *world) uuid.UUID {
					return w.service(func(e *eservice.EService) { e.AccessibilityStatementURL = ptr("https://example.se/redogorelse") }).ID
				},
				func(w *world, id uuid.UUID) { w.check(id, "ACCESSIBILITY_STATEMENT", "BROKEN") },
				func(w *world, id uuid.UUID) {
					w.set(id, func(e *eservice.EService) { e.AccessibilityStatementURL = nil })
				},
			},
		},
		"ESERVICE_LINK_REDIRECTED": {
			linked("MOVED", func(w *world, id uuid.UUID) { w.check(id, "URL", "OK") }),
			linked("MOVED", func(w *world, id uuid.UUID) { w.check(id, "URL", "WARNING") }),
			linked("MOVED", func(w *world, id uuid.UUID) { w.check(id, "URL", "BROKEN") }),
		},
		"OEP_UNSTABLE_KEY": {field(func(e *eservice.EService) { e.OepUnstableKey = true }, func(e *eservice.EService) { e.OepUnstableKey = false })},
	}
}

// linked has an address turn out to be what the verdict says.
func linked(verdict string, mend func(*world, uuid.UUID)) ruleCase {
	return ruleCase{
		func(w *world) uuid.UUID { return w.service(nothing).ID },
		func(w *world, id uuid.UUID) { w.check(id, "URL", verdict) },
		mend,
	}
}

// check writes what asking an address of an e-service gave: a verdict, or MOVED for a
// warning with a new address.
func (w *world) check(id uuid.UUID, target, verdict string) {
	w.t.Helper()
	args := postgres.Args{"id": id, "target": target, "verdict": verdict, "suggested": nil}
	if verdict == "MOVED" {
		args["verdict"], args["suggested"] = "WARNING", "https://example.se/ny"
	}
	err := w.gaps.Journal.Write(w.ctx, "checkLinks", "", func(tx *postgres.Tx) error {
		_, err := tx.Exec(w.ctx, `INSERT INTO link_check (id, municipality_id, e_service_id, target, address, verdict, cause, suggested_address)
			SELECT uuid_v7(), x.municipality_id, x.id, @target, CASE @target WHEN 'URL' THEN x.url ELSE x.accessibility_statement_url END, @verdict,
			       CASE WHEN @verdict <> 'OK' THEN 'HTTP_NOT_FOUND' END, @suggested FROM e_service x WHERE x.id = @id
			ON CONFLICT ON CONSTRAINT link_check_once DO UPDATE SET verdict = excluded.verdict, cause = excluded.cause, suggested_address = excluded.suggested_address`, args)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// serviceOfFlow is an e-service tied to the flow of the platform.
func (w *world) serviceOfFlow() uuid.UUID {
	return w.service(func(e *eservice.EService) {
		e.OepFamilyID, e.OepSeen = ptr(int64(7)), []byte(`{"nameSv": "Plats i förskola"}`)
	}).ID
}

// tie ties the e-service there is to a flow, or to none.
func (w *world) tie(family *int64) {
	var all []*eservice.EService
	w.read(func(r *postgres.Snapshot) error {
		found, err := w.catalogue.List(w.ctx, r, eservice.Filter{}, "NAME", false, page.Args{})
		if err == nil {
			all = found.Nodes()
		}
		return err
	})
	for _, e := range all {
		w.set(e.ID, func(e *eservice.EService) { e.OepFamilyID = family })
	}
}

// flow sets columns of the platform's one flow, and gives its id.
func (w *world) flow(set string) uuid.UUID {
	w.t.Helper()
	id := uuid.UUID{15: 7}
	err := w.gaps.Journal.Write(w.ctx, "watchPlatform", "", func(tx *postgres.Tx) error {
		args := postgres.Args{"id": id, "home": w.home.ID, "said": []byte(`{"nameSv": "Plats i förskola"}`)}
		_, err := tx.Exec(w.ctx, `INSERT INTO platform_flow (id, municipality_id, family_id, name, said, enabled, unstable_key, first_seen)
			VALUES (@id, @home, 7, 'Plats i förskola', @said::jsonb, true, false, today()) ON CONFLICT DO NOTHING`, args)
		if err != nil || set == "" {
			return err
		}
		_, err = tx.Exec(w.ctx, "UPDATE platform_flow SET "+set, nil)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// TestGapRule breaks and mends each rule: the gap shows and goes, and its episode is
// opened and closed by the change itself, or by the sweep where it was the date.
func TestGapRule(t *testing.T) {
	if testing.Short() {
		t.Skip("makes a database for each case, one after another")
	}
	for code, ways := range cases() {
		t.Run(code, func(t *testing.T) {
			for _, way := range ways {
				w := newWorld(t)
				id := way.make(w)
				if since, shown := w.shown(code, id); shown {
					t.Fatalf("it shows since %v on a record that is as it should be", since)
				}
				way.break_(w, id)
				broken := w.clock.now()
				since, shown := w.shown(code, id)
				if !shown || !since.Equal(broken) {
					t.Errorf("it shows: %v, since %v, want since %v", shown, since, broken)
				}
				if e := w.episodes(code, id); len(e) != 1 || !e[0].Opened.Equal(broken) || e[0].Closed != nil {
					t.Errorf("the episodes are %+v, want one that is open", e)
				}
				way.mend(w, id)
				if _, shown := w.shown(code, id); shown {
					t.Error("it shows on a record that was mended")
				}
				if e := w.episodes(code, id); len(e) != 1 || e[0].Closed == nil || !e[0].Closed.Equal(w.clock.now()) {
					t.Errorf("the episodes are %+v, want one that is closed", e)
				}
			}
		})
	}
}

// TestEveryRuleHasItsCase holds the cases above to the rules.
func TestEveryRuleHasItsCase(t *testing.T) {
	tested := cases()
	for _, rule := range app.GapRules() {
		if len(tested[rule.Code]) == 0 {
			t.Errorf("%s has no case", rule.Code)
		}
		delete(tested, rule.Code)
	}
	for code := range tested {
		t.Errorf("%s has a case and is no rule", code)
	}
}

// TestACompleteServiceHasNoGaps holds that the cases break one rule from none.
func TestACompleteServiceHasNoGaps(t *testing.T) {
	w := newWorld(t)
	w.service(nothing)
	if found := w.computed(); len(found) > 0 {
		t.Errorf("there are the gaps %v", found)
	}
}

// TestRulesAreWhole holds that a person is told of each rule what, why and by what
// right, in both languages.
func TestRulesAreWhole(t *testing.T) {
	form := regexp.MustCompile(`^[A-Z][A-Z0-9_]{2,59}$`) // what gap_episode takes
	objects := app.GapObjects()
	seen := map[string]bool{}
	for _, r := range app.GapRules() {
		if !form.MatchString(r.Code) || seen[r.Code] {
			t.Errorf("%s is no code, or the second of its name", r.Code)
		}
		seen[r.Code] = true
		for name, text := range map[string]gap.Text{"title": r.Title, "reason": r.Reason, "law": r.Law} {
			if text.Sv == "" || text.En == "" || text.Sv == text.En {
				t.Errorf("the %s of %s is %+v", name, r.Code, text)
			}
		}
		if sv, en := gap.SeverityName(string(r.Severity)); sv == "" || en == "" {
			t.Errorf("%s is of severity %q", r.Code, r.Severity)
		}
		if r.Where == "" || !slices.ContainsFunc(objects, func(o gap.Object) bool { return o.Table == r.Object }) {
			t.Errorf("%s is about %q where %q", r.Code, r.Object, r.Where)
		}
	}
	for _, o := range objects {
		if o.Name.Sv == "" || o.Name.En == "" {
			t.Errorf("gaps of %s are about %+v", o.Table, o.Name)
		}
		// Whoever is asked for a table of gaps must have a rule of who sees it.
		(access.Policy{}).Visible(t.Context(), o.Table, "x", false)
	}
}
