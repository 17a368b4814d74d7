package migrations_test

import (
	"maps"
	"regexp"
	"slices"
	"testing"

	"fardplan/internal/audit"
	"fardplan/internal/collaboration"
	"fardplan/internal/decision"
	"fardplan/internal/document"
	"fardplan/internal/draft"
	"fardplan/internal/eservice"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/postgres/dbtest"
	"fardplan/internal/strategy"
	"fardplan/internal/thread"
	"fardplan/internal/token"
	"fardplan/internal/user"
)

// wordless are the constraints that no input can break, each with why.
var wordless = []struct{ pattern, why string }{
	{`_pk$`, "ids are made here"},
	{`_of_(municipality|audit)$`, "an id is unique by itself; references stand on it"},
	{`^change_`, "changes are opened by the program"},
	{`^gap_episode_`, "gaps are computed"},
	{`^search_`, "what is searched is taken from the records"},
	{`^(decision|governing_document|audit|formal_answer|audit_question|finding|agreement|agreement_party|agreement_follow_up|participation|service_offer|offer_answer|adoption_step|goal|indicator|indicator_value|initiative|milestone|dependency|status_report|benefit|shared_project|waiver|diary_case|record_link|collaboration|collaboration_member)_municipality_fk$`, "the municipality is checked with the caller's rights before"},
	{`^diary_case_(diary_code_form|diary_serial_positive|diary_suffix_length|understood)$`, "the program reads the number"},
	{`^record_link_.*_fk$`, "both ends have just been read"},
	{`^(collaboration_member_collaboration|agreement_party_agreement|agreement_follow_up_agreement|participation_shared_project|offer_answer_service_offer)_fk$`, "what it is a part of is looked for before"},
	{`^(participation_proposed_by_fk|shared_project_host(ed|_stays)|agreement_party_case_fk)$`, "the program sets them itself"},
	{`^(offer_answer_(e_service_fk|adopted)|adoption_step_(offer_answer_fk|once|kind))$`, "the program makes what adopting takes"},
	{`^link_`, "the program asks the addresses"},
	{`^import_run_(flows|created|changed|gone|unchanged|refused)$`, "the program counts"},
	{`^import_run_municipality_fk$`, "the municipality is checked with the caller's rights before"},
	{`^e_service_usage_once$`, "a month that has figures has them corrected"},
	{`^platform_flow_`, "the reader of catalogues and the program see to it"},
	{`^platform_category_(municipality_fk|unique)$`, "the municipality is checked before, and a category that is there is set anew"},
	{`^job_run_`, "the program writes down its own runs"},
	{`^e_service_draft_(state|fields|e_service_fk|closed)$`, "the program makes a draft of an e-service that it has just read, and asks for its state before"},
	{`^record_draft_(state|fields|object_kind|municipality_fk|closed)$`, "the program makes a draft of a record that it has just read, and asks for its state before"},
	{`^user_account_municipality_fk$`, "the municipality has just been read"},
	{`^user_role_(user_account_fk|once)$`, "the user and its roles have just been read"},
	{`^(person_(user_account|issuer|subject_unique|name|email)|user_session_|sign_in_attempt_)`, "what a provider says is checked and cut before"},
	{`^api_token_hash_`, "the secret is made here"},
	{`^api_token_use_token_fk$`, "the token has just been read"},
}

// words are the texts of all domains.
func words(t *testing.T) postgres.Constraints {
	all := postgres.Constraints{}
	for _, domain := range []postgres.Constraints{organisation.Constraints(), eservice.Constraints(), token.Constraints(), user.Constraints(), document.Constraints(), audit.Constraints(), strategy.Constraints(), decision.Constraints(), thread.Constraints(), collaboration.Constraints(), draft.Constraints()} {
		for name, f := range domain {
			if _, twice := all[name]; twice {
				t.Errorf("%s has words in two domains", name)
			}
			all[name] = f
		}
	}
	return all
}

// TestWords holds that whatever input the database refuses, a person is told which
// field is at fault and what to do, in both languages.
func TestWords(t *testing.T) {
	said := words(t)
	there := refusals(t, dbtest.New(t).Owner(t))
	used := map[string]bool{}
	for _, name := range there {
		why := ""
		for _, w := range wordless {
			if regexp.MustCompile(w.pattern).MatchString(name) {
				why, used[w.pattern] = w.why, true
			}
		}
		_, has := said[name]
		switch {
		case !has && why == "":
			t.Errorf("%s has no words, and input can break it", name)
		case has && why != "":
			t.Errorf("%s has words, though %s", name, why)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if !slices.Contains(there, name) {
			t.Errorf("%s has words and is no constraint", name)
		}
		if f := said[name]; f.Field == "" || f.Sv == "" || f.En == "" || f.Sv == f.En {
			t.Errorf("%s has the words %+v", name, f)
		}
	}
	for _, w := range wordless {
		if !used[w.pattern] {
			t.Errorf("no constraint is like %s any more", w.pattern)
		}
	}
}
