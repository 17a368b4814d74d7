package signin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/signin"
)

// TestSignIn runs the whole sign-in by HTTP at a real provider, in each way that it can
// go. Its parts share the providers and follow one another.
func TestSignIn(t *testing.T) {
	w := newWorld(t)
	for _, part := range []struct {
		name string
		do   func(*testing.T, *world)
	}{
		{"a person without a role", roleless}, {"roles", roles}, {"what goes wrong", refusals}, {"a callback is taken once", replayed},
		{"issuers are not mixed up", mixedUp}, {"keys are rotated", rotated}, {"a provider as it is set up", configured}, {"sessions end", sessions}, {"only to where one came from", returns},
		{"other web sites", crossSite}, {"the pages", pages}, {"by https to the one provider", byHTTPS}, {"a provider that is not safe", unsafeProviders},
		{"a person of another municipality", elsewhere}, {"sign-ins that nobody ends", crowded}, {"a person is forgotten", forgotten},
	} {
		t.Run(part.name, func(t *testing.T) {
			w.t = t
			w.one.turn(t, plain())
			w.two.turn(t, plain())
			w.Clock.Set(time.Now())
			part.do(t, w)
		})
	}
	for _, secret := range []string{clientSecret, "code=", "Provsson", "@example.se", "eyJ"} {
		if strings.Contains(w.logged.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}

func roleless(t *testing.T, w *world) {
	b := w.browser()
	p := b.get("/sign-in/ett")
	if p.status != http.StatusOK || p.at.Path != "/signed-in" || !strings.Contains(p.body, "har ingen roll än") {
		t.Fatalf("%d at %s: %s", p.status, p.at, p.body)
	}
	if v := b.viewer(); v.Kind != "USER" || v.Name == nil || *v.Name != "Prov Provsson" || len(v.Roles) != 0 || len(v.Sessions) != 1 || v.Sessions[0].Agent != "Firefox" {
		t.Errorf("the viewer is %+v", v)
	}
	account, err := w.Services.Users.Ensure(t.Context(), w.one.url, "person-1", w.home.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.body, account.Reference()) {
		t.Errorf("the page lacks the reference %s", account.Reference())
	}
	found, err := w.Services.Users.Find(apitest.System(t), strings.ToLower(account.Reference()))
	if err != nil || found.ID != account.ID {
		t.Errorf("the reference finds %v, %v", found, err)
	}
	if answer := b.ask(`mutation { signOutEverywhere(input: {}) { ended } }`); len(answer.Errors) != 1 || answer.Errors[0].Extensions.Code != "FORBIDDEN" {
		t.Errorf("one without a role writes: %+v", answer)
	}
	secrets, err := w.Data.Owner(t).Query(t.Context(), "SELECT 1 FROM user_session WHERE user_session::text LIKE '%' || $1 || '%'", w.cookie(b))
	if err != nil || secrets.Next() {
		t.Errorf("the database has the session's secret: %v", err)
	}
	secrets.Close()
}

// cookie gives the secret of the browser's session.
func (w *world) cookie(b *browser) string {
	u, err := url.Parse(w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(u) {
		if c.Name == "fardplan" {
			return c.Value
		}
	}
	return ""
}

func roles(t *testing.T, w *world) {
	w.one.turn(t, map[string]any{"account": person("editor", "Redaktör", "annat", "redaktorer")})
	b := w.browser()
	if p := b.get("/sign-in/ett?return=/katalog"); p.at.Path != "/katalog" {
		t.Errorf("ends at %s", p.at)
	}
	if v := b.viewer(); !slices.Equal(v.Roles, []access.Role{access.CatalogueEditor}) || *v.Function != "katalogredaktör" {
		t.Errorf("the claim map gives %+v", v)
	}
	_, grant := w.give("editor", access.Admin)
	if v := b.viewer(); !slices.Equal(v.Roles, []access.Role{access.Admin, access.CatalogueEditor}) {
		t.Errorf("the next request after a grant has %v", v.Roles)
	}
	if answer := b.ask(`mutation { createUnit(input: {municipality: "0581", nameSv: "Kontoret", type: UNIT}) { unit { id } } }`); len(answer.Errors) > 0 {
		t.Errorf("an administrator is refused: %+v", answer.Errors)
	}
	if _, err := w.Services.Users.Revoke(apitest.System(t), grant.ID); err != nil {
		t.Fatal(err)
	}
	if v := b.viewer(); !slices.Equal(v.Roles, []access.Role{access.CatalogueEditor}) {
		t.Errorf("the next request after a revocation has %v", v.Roles)
	}
	// A role of some days is there on its last, and not on the request after it.
	y, m, d := time.Now().Date()
	w.Clock.Set(time.Date(y, m, d+1, 21, 30, 0, 0, time.UTC))
	w.one.turn(t, map[string]any{"token": map[string]any{"exp": 3 * 24 * 60 * 60}})
	b.get("/sign-in/ett")
	account, err := w.Services.Users.Ensure(t.Context(), w.one.url, "editor", w.home.ID)
	if err != nil {
		t.Fatal(err)
	}
	last := date.Of(w.Clock.Now())
	if _, err := w.Services.Users.Give(apitest.System(t), account.ID, access.Auditor, nil, &last); err != nil {
		t.Fatal(err)
	}
	if v := b.viewer(); !slices.Contains(v.Roles, access.Auditor) {
		t.Errorf("on its last day the role is not among %v", v.Roles)
	}
	w.Clock.Add(110 * time.Minute) // past midnight in Sweden, in winter and in summer
	if v := b.viewer(); !slices.Equal(v.Roles, []access.Role{access.CatalogueEditor}) {
		t.Errorf("after its last day: %v", v.Roles)
	}
	w.Clock.Set(time.Now())
	if _, err := w.Services.Users.RevokeRole(apitest.System(t), account.ID, access.Auditor); err != nil {
		t.Fatal(err)
	}
	// The claims are those of the newest sign-in.
	w.one.turn(t, map[string]any{"account": person("editor", "Redaktör"), "token": map[string]any{}})
	b.get("/sign-in/ett")
	if v := b.viewer(); len(v.Roles) != 0 || len(v.Sessions) != 1 {
		t.Errorf("after a sign-in without the group: %+v", v)
	}
}

func refusals(t *testing.T, w *world) {
	set := func(name string, value any) map[string]any {
		return map[string]any{"token": map[string]any{name: value}}
	}
	for name, c := range map[string]struct {
		key     string
		turn    map[string]any
		status  int
		title   string
		support bool
	}{
		"one refuses":                       {"ett", map[string]any{"account": nil}, 403, "Inloggningen avbröts", false},
		"login is required":                 {"ett", map[string]any{"error": "login_required"}, 403, "behöver något mer av dig", false},
		"consent is required":               {"ett", map[string]any{"error": "consent_required"}, 403, "behöver något mer av dig", false},
		"interaction is required":           {"ett", map[string]any{"error": "interaction_required"}, 403, "behöver något mer av dig", false},
		"the provider is for a while away":  {"ett", map[string]any{"error": "temporarily_unavailable"}, 502, "svarar inte", true},
		"an account is to be chosen":        {"ett", map[string]any{"error": "account_selection_required"}, 403, "behöver något mer av dig", false},
		"the provider fails":                {"ett", map[string]any{"error": "server_error"}, 502, "svarar inte", true},
		"the client may not ask":            {"ett", map[string]any{"error": "unauthorized_client"}, 502, "släpps inte in", true},
		"the client is not known":           {"ett", map[string]any{"error": "invalid_client"}, 502, "släpps inte in", true},
		"the grant is spent":                {"ett", map[string]any{"error": "invalid_grant"}, 400, "hann bli för gammal", false},
		"of no municipality that is known":  {"okand", nil, 403, "Kommunen finns inte i Färdplan", true},
		"a fault that nobody knows":         {"ett", map[string]any{"error": "x<script>"}, 502, "Inloggningstjänsten avbröt", true},
		"nobody answers":                    {"borta", nil, 502, "svarar inte", true},
		"another key signs":                 {"ett", set("forge", true), 502, "gick inte att lita på", true},
		"no signature":                      {"ett", set("header", map[string]any{"alg": "none"}), 502, "gick inte att lita på", true},
		"a signature with a shared key":     {"ett", set("header", map[string]any{"alg": "HS256"}), 502, "gick inte att lita på", true},
		"a key that nobody has":             {"ett", set("header", map[string]any{"kid": "okänd"}), 502, "gick inte att lita på", true},
		"another nonce":                     {"ett", set("nonce", "annan"), 400, "hör till en annan inloggning", true},
		"no nonce":                          {"ett", set("nonce", nil), 400, "hör till en annan inloggning", true},
		"for another client":                {"ett", set("aud", "annan"), 502, "till ett annat system", true},
		"for several clients without azp":   {"ett", set("aud", []string{"fardplan", "annan"}), 502, "till ett annat system", true},
		"for another party":                 {"ett", set("azp", "annan"), 502, "till ett annat system", true},
		"of another issuer":                 {"ett", set("iss", "https://annan.example.se"), 400, "fel inloggningstjänst", true},
		"expired beyond the skew":           {"ett", set("exp", -70), 502, "Klockorna går inte lika", true},
		"without expiry":                    {"ett", set("exp", nil), 502, "Klockorna går inte lika", true},
		"issued after now, beyond the skew": {"ett", set("iat", 80), 502, "Klockorna går inte lika", true},
		"valid after now, beyond the skew":  {"ett", set("nbf", 80), 502, "Klockorna går inte lika", true},
		"without a subject":                 {"ett", set("sub", nil), 400, "fel inloggningstjänst", true},
		"without a name":                    {"ett", set("name", "  "), 403, "Ditt namn saknas", true},
		"in no group":                       {"tva", nil, 403, "Du har inte tillgång", false},
		"an unknown provider":               {"ingen", nil, 404, "Inloggningen finns inte", false},
	} {
		w.one.turn(t, plain())
		w.one.turn(t, c.turn)
		b := w.browser()
		p := b.get("/sign-in/" + c.key)
		if p.status != c.status || !strings.Contains(p.body, c.title) || strings.Contains(p.body, "Referens för support") != c.support || strings.Contains(p.body, "<script>") {
			t.Errorf("%s: %d at %s: %s", name, p.status, p.at, p.body)
		}
		if v := b.viewer(); v.Kind != "ANONYMOUS" {
			t.Errorf("%s: is %+v", name, v)
		}
	}
	for name, token := range map[string]map[string]any{"expired within the skew": {"exp": -50}, "issued within the skew": {"iat": 50}, "valid within the skew": {"nbf": 50}, "of two clients": {"aud": []string{"fardplan", "annan"}, "azp": "fardplan"}, "without an e-mail": {"email": nil}} {
		w.one.turn(t, map[string]any{"account": person("person-1", "Prov Provsson"), "token": token, "error": nil})
		b := w.browser()
		if p := b.get("/sign-in/ett"); b.viewer().Kind != "USER" {
			t.Errorf("%s is refused: %s", name, p.body)
		}
	}
	w.one.turn(t, plain())
	// A provider that is down says so, and is asked again at the next sign-in.
	b := w.browser()
	to := b.answer("ett")
	w.one.turn(t, map[string]any{"down": true})
	if p := b.get(to); p.status != 502 || !strings.Contains(p.body, "svarar inte") {
		t.Errorf("a provider that is down: %d %s", p.status, p.body)
	}
	w.one.turn(t, map[string]any{"down": false})
	if b.get("/sign-in/ett"); b.viewer().Kind != "USER" {
		t.Error("the provider is up again, and nobody signs in")
	}
	// A wrong secret shows when the code is exchanged.
	wrong := w.browser()
	begun := wrong.begun("fel")
	if p := wrong.get("/sign-in/fel/callback?" + url.Values{"state": {begun.Get("state")}, "code": {"x"}, "iss": {w.one.url}}.Encode()); p.status != 502 || !strings.Contains(p.body, "släpps inte in") {
		t.Errorf("a wrong secret: %d %s", p.status, p.body)
	}
}

// begun begins a sign-in and gives what the provider is asked.
func (b *browser) begun(key string) url.Values {
	b.w.t.Helper()
	b.stopAt(b.w.one.url)
	defer func() { b.CheckRedirect = nil }()
	to, err := url.Parse(b.get("/sign-in/" + key).header.Get("Location"))
	if err != nil {
		b.w.t.Fatal(err)
	}
	return to.Query()
}

func replayed(t *testing.T, w *world) {
	victim, thief := w.browser(), w.browser()
	asked := victim.begun("ett")
	if asked.Get("code_challenge_method") != "S256" || len(asked.Get("code_challenge")) != 43 || len(asked.Get("state")) < 43 || len(asked.Get("nonce")) < 43 || asked.Get("redirect_uri") != w.url+"/sign-in/ett/callback" || asked.Get("response_type") != "code" {
		t.Errorf("the provider is asked %v", asked)
	}
	to := victim.answer("ett")
	for name, b := range map[string]*browser{"a browser that began nothing": thief, "a browser that began another": func() *browser { b := w.browser(); b.begun("ett"); return b }()} {
		if p := b.get(to); p.status != 400 || !strings.Contains(p.body, "går inte att slutföra") || b.viewer().Kind != "ANONYMOUS" {
			t.Errorf("%s: %d %s", name, p.status, p.body)
		}
	}
	if victim.get(to); victim.viewer().Kind != "USER" {
		t.Error("whoever began it is refused")
	}
	if p := victim.get(to); p.status != 400 || !strings.Contains(p.body, "går inte att slutföra") {
		t.Errorf("the callback is taken twice: %d %s", p.status, p.body)
	}
	// A code is taken once, too: with a sign-in of one's own begun anew.
	old, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	query := old.Query()
	query.Set("state", thief.begun("ett").Get("state"))
	if p := thief.get("/sign-in/ett/callback?" + query.Encode()); p.status != 400 || !strings.Contains(p.body, "hann bli för gammal") || thief.viewer().Kind != "ANONYMOUS" {
		t.Errorf("a code that is used: %d %s", p.status, p.body)
	}
	for name, address := range map[string]string{"no state": "/sign-in/ett/callback?code=x", "a made-up state": "/sign-in/ett/callback?code=x&state=y", "a fault without a state": "/sign-in/ett/callback?error=access_denied"} {
		if p := thief.get(address); p.status != 400 || !strings.Contains(p.body, "går inte att slutföra") {
			t.Errorf("%s: %d", name, p.status)
		}
	}
	// A sign-in lasts for a quarter of an hour.
	late := w.browser()
	to = late.answer("ett")
	w.Clock.Add(15 * time.Minute)
	if p := late.get(to); p.status != 400 || late.viewer().Kind != "ANONYMOUS" {
		t.Errorf("a sign-in that is too old: %d", p.status)
	}
}

func mixedUp(t *testing.T, w *world) {
	for name, change := range map[string]func(*url.URL, url.Values){
		"another's callback":          func(u *url.URL, _ url.Values) { u.Path = "/sign-in/tva/callback" },
		"another's iss":               func(_ *url.URL, q url.Values) { q.Set("iss", w.two.url) },
		"no iss where it is promised": func(_ *url.URL, q url.Values) { q.Del("iss") },
	} {
		b := w.browser()
		to, err := url.Parse(b.answer("ett"))
		if err != nil {
			t.Fatal(err)
		}
		query := to.Query()
		change(to, query)
		to.RawQuery = query.Encode()
		if p := b.get(to.String()); p.status != 400 || !strings.Contains(p.body, "fel inloggningstjänst") || b.viewer().Kind != "ANONYMOUS" {
			t.Errorf("%s: %d %s", name, p.status, p.body)
		}
	}
	// The same subject at two providers is two people.
	w.two.turn(t, map[string]any{"account": person("person-1", "En annan", "fardplan")})
	one, two := w.browser(), w.browser()
	one.get("/sign-in/ett")
	two.get("/sign-in/tva")
	if a, b := one.viewer(), two.viewer(); *a.Name != "Prov Provsson" || *b.Name != "En annan" {
		t.Errorf("%s and %s", *a.Name, *b.Name)
	}
}

func rotated(t *testing.T, w *world) {
	w.one.turn(t, map[string]any{"rotate": true})
	b := w.browser()
	if p := b.get("/sign-in/ett"); b.viewer().Kind != "USER" {
		t.Errorf("after the keys were changed: %s", p.body)
	}
	// The key that is no longer among the provider's signs nobody in.
	w.one.turn(t, map[string]any{"token": map[string]any{"former": true}})
	b = w.browser()
	if p := b.get("/sign-in/ett"); p.status != 502 || !strings.Contains(p.body, "gick inte att lita på") || b.viewer().Kind != "ANONYMOUS" {
		t.Errorf("a key that was withdrawn: %d %s", p.status, p.body)
	}
}

// configured signs in as the providers' entries say: by their own skew, names and claims,
// each into the municipality that it is bound to.
func configured(t *testing.T, w *world) {
	in := func(key string, token map[string]any) (*browser, page) {
		w.Clock.Set(time.Now())
		w.one.turn(t, map[string]any{"account": person("med-"+key, "Namn i annan uppgift"), "token": token})
		b := w.browser()
		return b, b.get("/sign-in/" + key)
	}
	titled := func(more map[string]any) map[string]any {
		all := map[string]any{"kort": map[string]any{"titel": "Arkivarien"}, "iat": -60}
		maps.Copy(all, more)
		return all
	}
	for name, c := range map[string]struct {
		key   string
		token map[string]any
		in    bool
	}{
		"valid, without any skew":        {"noga", titled(map[string]any{"exp": 60}), true},
		"expired, without any skew":      {"noga", titled(map[string]any{"exp": -5}), false},
		"issued later, without any skew": {"noga", titled(map[string]any{"iat": 20}), false},
		"valid later, without any skew":  {"noga", titled(map[string]any{"nbf": 20}), false},
		"expired within the widest skew": {"vid", map[string]any{"exp": -240}, true},
		"expired beyond the widest skew": {"vid", map[string]any{"exp": -310}, false},
		"issued within the widest skew":  {"vid", map[string]any{"iat": 240}, true},
		"valid beyond the widest skew":   {"vid", map[string]any{"nbf": 330}, false},
	} {
		b, p := in(c.key, c.token)
		if kind := b.viewer().Kind; (kind == "USER") != c.in || !c.in && !strings.Contains(p.body, "Klockorna går inte lika") {
			t.Errorf("%s: %s at %s: %s", name, kind, p.at, p.body)
		}
	}
	for name, c := range map[string]struct {
		token map[string]any
		want  []access.Role
	}{
		"a claim within another": {map[string]any{"realm_access": map[string]any{"roles": []string{"annat", "fardplan-admin"}}}, []access.Role{access.Admin}},
		"a claim of one text":    {map[string]any{"avdelning": "arkivet"}, []access.Role{access.Auditor}},
		"both":                   {map[string]any{"avdelning": []string{"revisionen", "arkivet"}, "realm_access": map[string]any{"roles": "fardplan-admin"}}, []access.Role{access.Admin, access.Auditor}},
		"neither":                {map[string]any{"avdelning": "Arkivet", "realm_access": "fardplan-admin", "roles": []string{"fardplan-admin"}}, []access.Role{}},
	} {
		b, p := in("noga", titled(c.token))
		v := b.viewer()
		slices.Sort(v.Roles)
		if v.Name == nil || *v.Name != "Arkivarien" || (v.Municipality.ScbCode == "0580") != (len(c.want) > 0) || !slices.Equal(v.Roles, c.want) {
			t.Errorf("%s: %+v at %s: %s", name, v, p.at, p.body)
		}
		if !slices.Contains(c.want, access.Admin) {
			continue
		}
		for code, want := range map[string]int{"0580": 0, "0581": 1} {
			answer := b.ask(fmt.Sprintf(`mutation { createUnit(input: {municipality: %q, nameSv: "Kontoret för %s", type: UNIT}) { unit { id } } }`, code, name))
			if len(answer.Errors) != want || want > 0 && answer.Errors[0].Extensions.Code != "FORBIDDEN" {
				t.Errorf("%s: one of 0580 writes in %s: %+v", name, code, answer.Errors)
			}
		}
	}
	// Whoever one is, another client of the same provider leads to no second municipality.
	w.one.turn(t, map[string]any{"account": person("med-vid", "Namn"), "token": titled(nil)})
	b := w.browser()
	if p := b.get("/sign-in/noga"); p.status != 403 || !strings.Contains(p.body, "känd i en annan kommun") || b.viewer().Kind != "ANONYMOUS" {
		t.Errorf("a person of another municipality's client: %d %s", p.status, p.body)
	}
}

func sessions(t *testing.T, w *world) {
	w.give("person-1", access.Reader)
	in := func() *browser {
		b := w.browser()
		if b.get("/sign-in/ett"); b.viewer().Kind != "USER" {
			t.Fatal("nobody signs in")
		}
		return b
	}
	known := func(b *browser) bool { return b.viewer().Kind == "USER" }
	// The cookie of a session that was signed out is worth nothing, wherever it is kept.
	b := in()
	u, _ := url.Parse(w.url)
	kept := b.Jar.Cookies(u)
	thief := w.browser()
	thief.Jar.SetCookies(u, kept)
	if !known(thief) {
		t.Fatal("the cookie is not the session")
	}
	other := in()
	if p := b.do(http.MethodPost, "/sign-out", "Origin", w.url); p.status != 200 || !strings.Contains(p.body, "Du är utloggad") || !strings.Contains(p.body, w.one.url+"/session/end") {
		t.Errorf("signing out: %d %s", p.status, p.body)
	}
	if known(b) || known(thief) {
		t.Error("a session that was signed out is known")
	}
	if !known(other) {
		t.Error("to sign out of one browser ends another's session")
	}
	third := in()
	if p := third.do(http.MethodPost, "/sign-out/everywhere", "Origin", w.url); !strings.Contains(p.body, "utloggad överallt") || known(other) || known(third) {
		t.Errorf("signing out everywhere: %d, %v, %v", p.status, known(other), known(third))
	}
	b, other = in(), in()
	if answer := b.ask(`mutation { signOutEverywhere(input: {}) { ended } }`); len(answer.Errors) > 0 || known(b) || known(other) {
		t.Errorf("signing out everywhere by the API: %+v, %v, %v", answer.Errors, known(b), known(other))
	}
	// Of a browser whose sign-in has ended nobody knows who it was: the others stay, and it says so.
	b, other = in(), in()
	kept = b.Jar.Cookies(u)
	b.do(http.MethodPost, "/sign-out", "Origin", w.url)
	b.Jar.SetCookies(u, kept)
	if p := b.do(http.MethodPost, "/sign-out/everywhere", "Origin", w.url); strings.Contains(p.body, "utloggad överallt") || !strings.Contains(p.body, "hade redan upphört") || !known(other) {
		t.Errorf("signing out everywhere without a sign-in: %s", p.body)
	}
	// One revokes a session of one's own by the API; another's is not there.
	b, other = in(), in()
	w.one.turn(t, map[string]any{"account": person("person-2", "Annan", "redaktorer")})
	stranger := in()
	w.one.turn(t, plain())
	revoke := func(by *browser, id string) []string {
		var codes []string
		for _, e := range by.ask(fmt.Sprintf(`mutation { revokeSession(input: {id: %q}) { id } }`, id)).Errors {
			codes = append(codes, e.Extensions.Code)
		}
		return codes
	}
	mine := other.viewer().Sessions[0].ID // the newest
	if codes := revoke(stranger, mine); !slices.Equal(codes, []string{"NOT_FOUND"}) || !known(other) {
		t.Errorf("a stranger's revocation answers %v", codes)
	}
	if codes := revoke(b, mine); codes != nil || known(other) || !known(b) {
		t.Errorf("one's own answers %v", codes)
	}
	_, grant := w.give("person-2", access.Admin)
	if codes := revoke(stranger, b.viewer().Sessions[0].ID); codes != nil || known(b) {
		t.Errorf("an administrator's answers %v", codes)
	}
	if _, err := w.Services.Users.Revoke(apitest.System(t), grant.ID); err != nil {
		t.Fatal(err)
	}
	// A session ends when it is not used, and at its end whatever is done.
	now := w.Clock.Now()
	b = in()
	w.Clock.Set(now.Add(2*time.Hour - time.Second))
	if !known(b) {
		t.Error("it ends too early")
	}
	w.Clock.Set(now.Add(4*time.Hour - 2*time.Second))
	if !known(b) {
		t.Error("its use is not remembered")
	}
	w.Clock.Set(now.Add(6 * time.Hour))
	if known(b) {
		t.Error("a session that is not used does not end")
	}
	w.Clock.Set(now)
	b = in()
	for hours := range 11 {
		w.Clock.Set(now.Add(time.Duration(hours+1) * time.Hour))
		if !known(b) {
			t.Fatalf("it ends after %d hours", hours+1)
		}
	}
	w.Clock.Set(now.Add(12 * time.Hour))
	if known(b) {
		t.Error("a session does not end")
	}
	ended, err := w.Services.Users.Sweep(t.Context())
	if err != nil || ended == 0 {
		t.Errorf("the sweep removes %d, %v", ended, err)
	}
	var left int
	if err := w.Data.Owner(t).QueryRow(t.Context(), "SELECT count(*) FROM user_session").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d sessions are left, %v", left, err)
	}
	// Of a municipality that is archived nobody is known.
	w.Clock.Set(now)
	b = in()
	owner := w.Data.Owner(t)
	archive := func(value string) {
		for _, sql := range []string{"BEGIN", "SELECT change_begin(NULL, 'SYSTEM', 'prov', 'prov', NULL, 'prov', '', '')", "UPDATE municipality SET archived_at = " + value + " WHERE scb_code = '0581'", "COMMIT"} {
			if _, err := owner.Exec(context.Background(), sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	archive("'2026-01-01'")
	if known(b) {
		t.Error("one of an archived municipality is known")
	}
	if p := w.browser().get("/sign-in/ett"); p.status != 403 || !strings.Contains(p.body, "Kommunen finns inte") {
		t.Errorf("an archived municipality: %d %s", p.status, p.body)
	}
	archive("NULL")
}

func returns(t *testing.T, w *world) {
	w.one.turn(t, map[string]any{"account": person("editor", "Redaktör", "redaktorer")})
	for wanted, got := range map[string]string{
		"/katalog?sida=2": "/katalog?sida=2", "//ond.example": "/", "https://ond.example": "/", `/\ond.example`: "/", "/\t/ond.example": "/", "ond.example": "/",
		"/sign-in": "/", "javascript:alert(1)": "/", "/%2F/ond": "/", "/%5Cond": "/", "": "/",
	} {
		b := w.browser()
		b.stopAt(w.url + "/signed-in")
		to := b.get("/sign-in/ett?return=" + url.QueryEscape(wanted)).header.Get("Location")
		b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		if end := b.get(to).header.Get("Location"); end != got {
			t.Errorf("%q leads to %q", wanted, end)
		}
		// Nor does the last step, by itself.
		if end := b.get("/signed-in?return=" + url.QueryEscape(wanted)).header.Get("Location"); end != got {
			t.Errorf("%q leads by itself to %q", wanted, end)
		}
	}
}

func crossSite(t *testing.T, w *world) {
	w.one.turn(t, map[string]any{"account": person("editor", "Redaktör", "redaktorer")})
	b := w.browser()
	b.get("/sign-in/ett")
	for _, header := range [][]string{{"Origin", "https://ond.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "null"}} {
		if answer := b.ask(`{ viewer { kind } }`, header...); len(answer.Errors) != 1 || answer.Errors[0].Extensions.Code != "FORBIDDEN" {
			t.Errorf("%v: %+v", header, answer)
		}
		if p := b.do(http.MethodPost, "/sign-out", header...); p.status != 403 || !strings.Contains(p.body, "annan webbplats") {
			t.Errorf("%v signs out: %d", header, p.status)
		}
	}
	if v := b.viewer(); v.Kind != "USER" {
		t.Errorf("is %+v", v)
	}
	if answer := b.ask(`{ viewer { kind } }`, "Origin", w.url, "Sec-Fetch-Site", "same-origin"); len(answer.Errors) > 0 || answer.Data.Viewer.Kind != "USER" {
		t.Errorf("the own site: %+v", answer)
	}
}

func pages(t *testing.T, w *world) {
	b := w.browser()
	p := b.get("/sign-in?return=/katalog")
	first, second := strings.Index(p.body, "Linköpings kommun"), strings.Index(p.body, "Norrköpings kommun")
	if p.status != 200 || first < 0 || second < first || !strings.Contains(p.body, `<html lang="sv">`) || !strings.Contains(p.body, `/sign-in/ett?return=%2Fkatalog`) {
		t.Errorf("%d %s", p.status, p.body)
	}
	english := b.get("/sign-in", "Accept-Language", "en")
	if !strings.Contains(english.body, `<html lang="en">`) || !strings.Contains(english.body, "The municipality of Norrköping") {
		t.Errorf("in English: %s", english.body)
	}
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", "Cache-Control": "no-store", "X-Frame-Options": "DENY", "Content-Type": "text/html; charset=utf-8",
	} {
		if got := p.header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	for _, page := range []page{p, english, b.get("/signed-out"), b.get("/sign-in/ingen")} {
		if strings.Contains(page.body, "<script") || strings.Contains(page.body, "style=") {
			t.Errorf("a page has what its policy forbids: %s", page.body)
		}
	}
	if style := b.get("/sign-in/style.css"); style.status != 200 || !strings.HasPrefix(style.header.Get("Content-Type"), "text/css") {
		t.Errorf("the style: %d", style.status)
	}
}

// byHTTPS signs in as browsers do through a proxy that speaks https, where there is one
// provider. Its cookies are this host's alone.
func byHTTPS(t *testing.T, w *world) {
	api := w.beside(w.known[0])
	do := func(method, to string, set ...func(*http.Request)) *http.Response {
		r := httptest.NewRequestWithContext(t.Context(), method, to, nil)
		for _, f := range set {
			f(r)
		}
		rec := httptest.NewRecorder()
		api.Handler.ServeHTTP(rec, r)
		return rec.Result()
	}
	with := func(c *http.Cookie) func(*http.Request) { return func(r *http.Request) { r.AddCookie(c) } }
	made := func(r *http.Response, name string, secure, goes bool) *http.Cookie {
		t.Helper()
		if len(r.Cookies()) != 1 {
			t.Fatalf("%d: the cookies are %v", r.StatusCode, r.Cookies())
		}
		c := r.Cookies()[0]
		if c.Name != name || c.Secure != secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || (c.MaxAge < 0) != goes {
			t.Errorf("the cookie is %s", c)
		}
		return c
	}
	kind := func(c *http.Cookie) string {
		t.Helper()
		var a answered
		if err := json.NewDecoder(do(http.MethodGet, "/graphql?query={viewer{kind}}", with(c)).Body).Decode(&a); err != nil {
			t.Fatal(err)
		}
		return a.Data.Viewer.Kind
	}

	// There is nothing to choose.
	straight := do(http.MethodGet, "/sign-in?return=/katalog%3Fsida=2")
	if to := straight.Header.Get("Location"); straight.StatusCode != http.StatusSeeOther || to != "/sign-in/ett?return=%2Fkatalog%3Fsida%3D2" {
		t.Fatalf("%d to %s", straight.StatusCode, to)
	}
	begun := do(http.MethodGet, straight.Header.Get("Location"))
	mark := made(begun, "__Host-fardplan-sign-in", true, false)
	provider := w.browser()
	provider.stopAt(httpsURL)
	back := provider.get(begun.Header.Get("Location")).header.Get("Location")
	path, ours := strings.CutPrefix(back, httpsURL)
	if !ours {
		t.Fatalf("the provider sends the browser to %s", back)
	}
	in := do(http.MethodGet, path, with(mark))
	session := made(in, "__Host-fardplan", true, false)
	if to := in.Header.Get("Location"); in.StatusCode != http.StatusSeeOther || to != "/signed-in?return=%2Fkatalog%3Fsida%3D2" {
		t.Errorf("%d to %s", in.StatusCode, to)
	}
	if k := kind(session); k != "USER" {
		t.Errorf("is %s", k)
	}
	// Where the provider is no longer in the file, nobody that it signed in is known.
	for name, c := range map[string]struct {
		issuers []*signin.Issuer
		page    string
	}{"another provider": {w.known[1:2], ""}, "no provider": {nil, "Inloggning är inte påslagen"}} {
		rec, page := httptest.NewRecorder(), httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/graphql?query={viewer{kind}}", nil)
		r.AddCookie(session)
		without := w.beside(c.issuers...).Handler
		without.ServeHTTP(rec, r)
		without.ServeHTTP(page, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/sign-in", nil))
		if !strings.Contains(rec.Body.String(), `"ANONYMOUS"`) || !strings.Contains(page.Body.String(), c.page) {
			t.Errorf("with %s: %s, %s", name, rec.Body, page.Body)
		}
	}
	// A cookie that another host of the domain, or a page by http, may have set.
	if k := kind(&http.Cookie{Name: "fardplan", Value: session.Value}); k != "ANONYMOUS" {
		t.Errorf("a cookie without the prefix makes one %s", k)
	}
	// The proxy may call the server by another name.
	made(do(http.MethodPost, "http://10.0.0.1:8080/sign-out", with(session), func(r *http.Request) { r.Header.Set("Origin", httpsURL) }), "__Host-fardplan", true, true)
	if k := kind(session); k != "ANONYMOUS" {
		t.Errorf("one who has signed out is %s", k)
	}

	// At the machine itself there is no https to hold a cookie to.
	plain := w.browser()
	plain.stopAt(w.one.url)
	response := plain.get("/sign-in/ett")
	made(&http.Response{StatusCode: response.status, Header: response.header}, "fardplan-sign-in", false, false)
}

// unsafeProviders are providers with an address that is neither https nor of the machine itself.
func unsafeProviders(t *testing.T, w *world) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	var entries []string
	for key, changes := range map[string]map[string]any{
		"val": {"authorization_endpoint": "http://login.example.se/auth"}, "nyckel": {"token_endpoint": "http://login.example.se/token"}, "bra": {"end_session_endpoint": "http://login.example.se/end"},
	} {
		at := server.URL + "/" + key
		says := map[string]any{"issuer": at, "authorization_endpoint": at + "/auth", "token_endpoint": at + "/token", "jwks_uri": at + "/keys"}
		maps.Copy(says, changes)
		mux.HandleFunc("GET /"+key+"/.well-known/openid-configuration", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(rw).Encode(says)
		})
		entries = append(entries, fmt.Sprintf(`{"key": %q, "municipality": "0581", "nameSv": "x", "issuer": %q, "clientId": "c", "clientSecretFile": "secret"}`, key, at))
	}
	mux.HandleFunc("GET /flytt/.well-known/openid-configuration", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "http://login.example.se/.well-known/openid-configuration", http.StatusFound)
	})
	entries = append(entries, fmt.Sprintf(`{"key": "flytt", "municipality": "0581", "nameSv": "x", "issuer": %q, "clientId": "c", "clientSecretFile": "secret"}`, server.URL+"/flytt"))
	api := w.beside(readIssuers(t, `{"issuers": [`+strings.Join(entries, ",")+`]}`, nil)...)
	for key, status := range map[string]int{"val": http.StatusBadGateway, "nyckel": http.StatusBadGateway, "flytt": http.StatusBadGateway, "bra": http.StatusSeeOther} {
		rec := httptest.NewRecorder()
		api.Handler.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/sign-in/"+key, nil))
		if rec.Code != status || status == http.StatusBadGateway && (!strings.Contains(rec.Body.String(), "svarar inte") || len(rec.Result().Cookies()) > 0) {
			t.Errorf("%s: %d to %q: %s", key, rec.Code, rec.Header().Get("Location"), rec.Body)
		}
	}
	if !strings.Contains(w.logged.String(), "a redirect to where nothing is sent") {
		t.Error("a redirect to an address that is not safe is followed")
	}
	// Nobody is sent to sign out where others can listen.
	rec := httptest.NewRecorder()
	api.Handler.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/signed-out?from=bra", nil))
	if rec.Code != http.StatusOK || strings.Contains(rec.Body.String(), "login.example.se") {
		t.Errorf("signed out: %d %s", rec.Code, rec.Body)
	}
}

func elsewhere(t *testing.T, w *world) {
	if _, err := w.Services.Users.Ensure(t.Context(), w.one.url, "flyttad", w.other.ID); err != nil {
		t.Fatal(err)
	}
	w.one.turn(t, map[string]any{"account": person("flyttad", "Flyttad Flyttsson", "redaktorer")})
	for language, words := range map[string][]string{
		"sv": {"Inloggningen är känd i en annan kommun", "Referens för support"},
		"en": {"The sign-in is known in another municipality", "Reference for support"},
	} {
		b := w.browser()
		p := b.get("/sign-in/ett", "Accept-Language", language)
		for _, text := range words {
			if p.status != http.StatusForbidden || !strings.Contains(p.body, text) {
				t.Errorf("%s: %d lacks %q: %s", language, p.status, text, p.body)
			}
		}
		// Which municipality that is, is not for this one to know.
		if strings.Contains(p.body, "Linköping") || w.cookie(b) != "" || b.viewer().Kind != "ANONYMOUS" {
			t.Errorf("%s: is %+v: %s", language, b.viewer(), p.body)
		}
	}
	if found := w.everywhere("Flyttsson"); len(found) > 0 {
		t.Errorf("the name of one who is refused lies in %v", found)
	}
}

// crowded has somebody begin sign-ins to no end: those that they began first go, and
// nobody else is shut out.
func crowded(t *testing.T, w *world) {
	waiting := w.browser()
	to := waiting.answer("ett")
	until := w.Clock.Now().Add(9 * time.Minute)
	_, err := w.Data.Owner(t).Exec(t.Context(), `INSERT INTO sign_in_attempt (state_hash, browser_hash, issuer_key, nonce, verifier, return_to, expires_at)
		SELECT sha256(n::text::bytea), sha256('prov'), 'ett', 'n', 'v', '/', $1 FROM generate_series(1, 20100) n`, until)
	if err != nil {
		t.Fatal(err)
	}
	if b := w.browser(); b.get("/sign-in/ett").status != http.StatusOK || b.viewer().Kind != "USER" {
		t.Error("others are shut out")
	}
	if waiting.get(to); waiting.viewer().Kind != "USER" {
		t.Error("one who had begun is refused")
	}
	var kept int
	if err := w.Data.Owner(t).QueryRow(t.Context(), "SELECT count(*) FROM sign_in_attempt").Scan(&kept); err != nil || kept > 20_000 {
		t.Errorf("%d sign-ins that nobody ends are kept, %v", kept, err)
	}
}

func forgotten(t *testing.T, w *world) {
	w.one.turn(t, map[string]any{"account": map[string]any{"sub": "glomd-subjekt", "name": "Glömd Glömdsson", "email": "glomd@glomma.se", "groups": []string{"redaktorer"}}})
	b := w.browser()
	b.get("/sign-in/ett")
	account, grant := w.give("glomd-subjekt", access.Admin)
	if b.viewer().Kind != "USER" {
		t.Fatal("nobody signs in")
	}
	if found := w.everywhere("Glömdsson"); !slices.Equal(found, []string{"public.person"}) {
		t.Errorf("the name lies in %v", found)
	}
	for range 2 { // to forget again changes nothing
		if _, err := w.Services.Users.Forget(apitest.System(t), account.ID); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"Glömdsson", "glomd@glomma.se", "glomd-subjekt"} {
		if found := w.everywhere(text); len(found) > 0 {
			t.Errorf("%s lies in %v", text, found)
		}
		if strings.Contains(w.logged.String(), text) {
			t.Errorf("%s lies in the log", text)
		}
	}
	if b.viewer().Kind != "ANONYMOUS" {
		t.Error("one who is forgotten is signed in")
	}
	if _, err := w.Services.Users.Give(apitest.System(t), account.ID, access.Reader, nil, nil); len(fault.All(err)) != 1 || fault.All(err)[0].Rule != "user_forgotten" {
		t.Errorf("one who is forgotten gets a role: %v", err)
	}
	var revoked bool
	if err := w.Data.Owner(t).QueryRow(t.Context(), "SELECT revoked_at IS NOT NULL FROM user_role WHERE id = $1", grant.ID).Scan(&revoked); err != nil || !revoked {
		t.Errorf("the role stays: %v", err)
	}
	// Whoever comes back is somebody new.
	b.get("/sign-in/ett")
	if again, err := w.Services.Users.Ensure(t.Context(), w.one.url, "glomd-subjekt", w.home.ID); err != nil || again.ID == account.ID {
		t.Errorf("comes back as %v, %v", again, err)
	}
}

// everywhere gives the tables with a row that holds the text.
func (w *world) everywhere(text string) []string {
	w.t.Helper()
	owner := w.Data.Owner(w.t)
	rows, err := owner.Query(w.t.Context(), `SELECT format('%s.%s', relnamespace::regnamespace, relname) FROM pg_class
		WHERE relkind = 'r' AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) ORDER BY 1`)
	if err != nil {
		w.t.Fatal(err)
	}
	var tables, found []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			w.t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if len(tables) < 20 {
		w.t.Fatalf("the walk finds %v only", tables)
	}
	for _, name := range tables {
		var has bool
		if err := owner.QueryRow(w.t.Context(), "SELECT EXISTS (SELECT FROM "+name+" x WHERE strpos(x::text, $1) > 0)", text).Scan(&has); err != nil {
			w.t.Fatal(err)
		}
		if has {
			found = append(found, name)
		}
	}
	return found
}

// Every fault of the file is told at once, by its place and without a secret.
func TestIssuersAreChecked(t *testing.T) {
	var err error
	readIssuers(t, `{"issuers": [
		{"key": "Å", "municipality": "581", "nameSv": " ", "issuer": "http://login.example.se", "clientSecretFile": "empty", "clockSkew": "1h", "allowed": {"claim": "groups"}, "roles": [{"claim": "groups", "values": ["x"], "role": "KING"}]},
		{"key": "a", "municipality": "0581", "nameSv": "A", "issuer": "https://login.example.se", "clientId": "c", "clientSecretFile": "secret"},
		{"key": "a", "municipality": "0581", "nameSv": "A", "issuer": "https://login.example.se", "clientId": "c", "clientSecretFile": "secret"}
	]}`, &err)
	var fields []string
	for _, f := range fault.All(err) {
		fields = append(fields, strings.TrimPrefix(f.Field, "FARDPLAN_OIDC_FILE: issuers"))
		if f.Sv == "" || f.En == "" || strings.Contains(f.Sv+f.En, clientSecret) {
			t.Errorf("%+v", f)
		}
	}
	want := []string{"[0].key", "[0].municipality", "[0].nameSv", "[0].issuer", "[0].clientId", "[0].clientSecretFile", "[0].allowed", "[0].roles[0].role", "[0].clockSkew", "[2].key", "[2].issuer"}
	if !slices.Equal(fields, want) {
		t.Errorf("faults of %v, want %v", fields, want)
	}
	for text, rule := range map[string]string{"{": "oidc_json", `{"issuers": []}`: "oidc_none", `{"issuer": []}`: "oidc_json", `{"issuers": [{"kay": "a"}]}`: "oidc_json", `{"issuers": [null]}`: "oidc_null"} {
		readIssuers(t, text, &err)
		if all := fault.All(err); len(all) != 1 || all[0].Rule != rule {
			t.Errorf("%s: %v", text, err)
		}
	}
}
