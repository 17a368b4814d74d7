package signin_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fardplan/internal/access"
	"fardplan/internal/apitest"
	"fardplan/internal/organisation"
	"fardplan/internal/signin"
	"fardplan/internal/user"
)

// httpsURL is where browsers come by https, to a proxy in front.
const httpsURL = "https://fardplan.example"

const clientSecret = "hemligheten-som-ingen-far-se"

// log is what the application has logged.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// issuer is a provider's program under way.
type issuer struct{ url string }

// startIssuer runs a provider until the test ends, with a client of the address for each
// key: the first is fardplan, and another fardplan- and its key.
func startIssuer(t *testing.T, public string, keys ...string) issuer {
	t.Helper()
	var clients []map[string]any
	for n, key := range keys {
		id := "fardplan"
		if n > 0 {
			id += "-" + key
		}
		clients = append(clients, map[string]any{
			"client_id": id, "client_secret": clientSecret, "redirect_uris": []string{public + "/sign-in/" + key + "/callback", httpsURL + "/sign-in/" + key + "/callback"}, "post_logout_redirect_uris": []string{public + "/signed-out"},
		})
	}
	settings, err := json.Marshal(map[string]any{"clients": clients})
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("node", "../../tools/oidc-provider/provider.mjs", string(settings))
	var complaints log
	command.Stderr = &complaints
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatalf("start the provider (make tools installs it): %v", err)
	}
	lines := bufio.NewReader(out)
	port, err := lines.ReadString('\n')
	t.Cleanup(func() {
		_ = in.Close()
		_, _ = io.Copy(io.Discard, lines)
		_ = command.Wait()
	})
	if err != nil {
		t.Fatalf("the provider did not start (make tools installs it): %v\n%s", err, &complaints)
	}
	return issuer{"http://127.0.0.1:" + strings.TrimSpace(port)}
}

// turn changes how the provider answers.
func (i issuer) turn(t *testing.T, settings map[string]any) {
	t.Helper()
	body, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(i.url+"/control", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
}

// plain is a provider that answers as it should.
func plain() map[string]any {
	return map[string]any{"account": person("person-1", "Prov Provsson"), "token": map[string]any{}, "down": false, "error": nil}
}

func person(subject, name string, groups ...string) map[string]any {
	return map[string]any{"sub": subject, "name": name, "email": subject + "@example.se", "groups": groups}
}

// world is the application with two providers: one municipality's each.
type world struct {
	*apitest.API
	t      *testing.T
	url    string // where browsers come
	one    issuer
	two    issuer
	logged *log
	home   *organisation.Municipality
	other  *organisation.Municipality
	known  []*signin.Issuer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	public := "http://" + server.Listener.Addr().String()
	w := &world{t: t, url: public, logged: &log{}}
	var started sync.WaitGroup
	started.Go(func() { w.one = startIssuer(t, public, "ett", "noga", "vid", "okand") })
	started.Go(func() { w.two = startIssuer(t, public, "tva") })
	started.Wait()
	issuers := readIssuers(t, fmt.Sprintf(`{"issuers": [
		{"key": "ett", "municipality": "0581", "nameSv": "Norrköpings kommun", "nameEn": "The municipality of Norrköping", "issuer": %q, "clientId": "fardplan", "clientSecretFile": "secret",
		 "roles": [{"claim": "groups", "values": ["redaktorer"], "role": "CATALOGUE_EDITOR"}]},
		{"key": "tva", "municipality": "0580", "nameSv": "Linköpings kommun", "issuer": %q, "clientId": "fardplan", "clientSecretFile": "secret",
		 "allowed": {"claim": "groups", "values": ["fardplan"]}},
		{"key": "fel", "municipality": "0581", "nameSv": "Fel hemlighet", "issuer": %q, "clientId": "fardplan-fel", "clientSecretFile": "wrong"},
		{"key": "noga", "municipality": "0580", "nameSv": "Noga med tiden", "issuer": %q, "clientId": "fardplan-noga", "clientSecretFile": "secret", "clockSkew": "0s", "nameClaim": "kort.titel",
		 "roles": [{"claim": "realm_access.roles", "values": ["fardplan-admin"], "role": "ADMIN"}, {"claim": "avdelning", "values": ["revisionen", "arkivet"], "role": "AUDITOR"}]},
		{"key": "vid", "municipality": "0581", "nameSv": "Vid i tiden", "issuer": %q, "clientId": "fardplan-vid", "clientSecretFile": "secret", "clockSkew": "5m"},
		{"key": "okand", "municipality": "0999", "nameSv": "Okänd kommun", "issuer": %q, "clientId": "fardplan-okand", "clientSecretFile": "secret"},
		{"key": "borta", "municipality": "0999", "nameSv": "Svarar inte", "issuer": "http://127.0.0.1:1", "clientId": "fardplan", "clientSecretFile": "secret"}
	]}`, w.one.url, w.two.url, w.one.url, w.one.url, w.one.url, w.one.url), nil)
	w.API = apitest.New(t, func(s *apitest.Settings) {
		s.App.Issuers, s.App.PublicURL, s.Log, s.App.DemoSignIn = issuers, public, w.logged, false
	})
	w.Clock.Set(time.Now())
	w.home = w.Municipality(t, "0581", "Norrköping", apitest.Home)
	w.other, w.known = w.Municipality(t, "0580", "Linköping"), issuers
	server.Config.Handler = w.Handler
	server.Start()
	t.Cleanup(server.Close)
	return w
}

// beside runs the application once more over the same database, with other providers
// and by https.
func (w *world) beside(issuers ...*signin.Issuer) *apitest.API {
	w.t.Helper()
	return apitest.New(w.t, func(s *apitest.Settings) {
		s.App.Issuers, s.App.PublicURL, s.App.DemoSignIn = issuers, httpsURL, false
		s.Data, s.Clock, s.Log, s.Pool = &w.Data, w.Clock, w.logged, 1
	})
}

// readIssuers reads a file of providers, whose secrets lie beside it.
func readIssuers(t *testing.T, text string, wrong *error) []*signin.Issuer {
	t.Helper()
	folder := t.TempDir()
	for name, content := range map[string]string{"issuers.json": text, "secret": clientSecret + "\n", "wrong": "fel", "empty": ""} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	issuers, err := signin.ReadIssuers(filepath.Join(folder, "issuers.json"))
	if wrong != nil {
		*wrong = err
	} else if err != nil {
		t.Fatal(err)
	}
	return issuers
}

// browser is one person's browser.
type browser struct {
	*http.Client
	w *world
}

func (w *world) browser() *browser {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &browser{&http.Client{Jar: jar}, w}
}

// page is where a browser ended.
type page struct {
	status int
	at     *url.URL
	body   string
	header http.Header
}

func (b *browser) do(method, to string, header ...string) page {
	b.w.t.Helper()
	if strings.HasPrefix(to, "/") {
		to = b.w.url + to
	}
	request, err := http.NewRequestWithContext(b.w.t.Context(), method, to, nil)
	if err != nil {
		b.w.t.Fatal(err)
	}
	request.Header.Set("User-Agent", "Mozilla/5.0 Gecko/20100101 Firefox/140.0")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := b.Do(request)
	if err != nil {
		b.w.t.Fatalf("%s %s: %v", method, to, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return page{response.StatusCode, response.Request.URL, string(body), response.Header}
}

func (b *browser) get(to string, header ...string) page { return b.do(http.MethodGet, to, header...) }

// stopAt lets the browser stop before it goes to an address with the beginning.
func (b *browser) stopAt(beginning string) {
	b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), beginning) {
			return http.ErrUseLastResponse
		}
		return nil
	}
}

// answer begins a sign-in and gives the provider's answer, without taking it along.
func (b *browser) answer(key string) string {
	b.w.t.Helper()
	b.stopAt(b.w.url + "/sign-in/" + key + "/callback")
	defer func() { b.CheckRedirect = nil }()
	to := b.get("/sign-in/" + key).header.Get("Location")
	if !strings.Contains(to, "/callback") {
		b.w.t.Fatalf("the provider did not answer: %s", to)
	}
	return to
}

// viewer is who the API takes the browser for.
type viewer struct {
	Kind         string
	Name         *string
	Function     *string
	Municipality struct{ ScbCode string }
	Roles        []access.Role
	Sessions     []struct{ ID, Agent string }
}

func (b *browser) viewer() viewer {
	b.w.t.Helper()
	return b.ask(`{ viewer { kind name function municipality { scbCode } roles sessions { id agent } } }`).Data.Viewer
}

// answered is a GraphQL answer.
type answered struct {
	Data struct {
		Viewer viewer
	}
	Errors []struct {
		Message    string
		Extensions struct{ Code string }
	}
}

func (b *browser) ask(query string, header ...string) answered {
	b.w.t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		b.w.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(b.w.t.Context(), http.MethodPost, b.w.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		b.w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := b.Do(request)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var a answered
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		b.w.t.Fatal(err)
	}
	return a
}

// give gives the person of a subject at the first provider a role.
func (w *world) give(subject string, role access.Role) (*user.Account, *user.Grant) {
	w.t.Helper()
	account, err := w.Services.Users.Ensure(w.t.Context(), w.one.url, subject, w.home.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	grant, err := w.Services.Users.Give(apitest.System(w.t), account.ID, role, nil, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return account, grant
}
