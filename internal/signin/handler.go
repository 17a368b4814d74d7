package signin

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/uuid"
	"golang.org/x/oauth2"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/observe"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/user"
)

//go:embed pages
var files embed.FS

// Options say how people sign in.
type Options struct {
	Issuers []*Issuer
	// PublicURL is the address that browsers see, without a slash at its end.
	PublicURL string
	// English tells whether the request's reader wants English.
	English      func(*http.Request) bool
	DB           *postgres.DB
	Users        *user.Service
	Organisation *organisation.Service
	Log          *slog.Logger
}

// Handler signs people in and out, and knows them by their cookie.
type Handler struct {
	Options
	providers map[string]*provider
	order     []*provider
	secure    bool // browsers come by https
	origin    http.CrossOriginProtection
	view      *template.Template
	style     []byte
}

// New makes the handler. Without issuers nobody signs in, and no cookie is known.
func New(o Options) (*Handler, error) {
	h := &Handler{Options: o, providers: map[string]*provider{}, secure: strings.HasPrefix(o.PublicURL, "https://")}
	for _, i := range o.Issuers {
		p := newProvider(i, o.PublicURL, o.DB.Now)
		h.providers[i.Key], h.order = p, append(h.order, p)
	}
	slices.SortFunc(h.order, func(a, b *provider) int { return strings.Compare(strings.ToLower(a.NameSv), strings.ToLower(b.NameSv)) })
	if u, err := url.Parse(o.PublicURL); err == nil && u.Host != "" {
		if err := h.origin.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			return nil, err
		}
	}
	var err error
	if h.view, err = template.ParseFS(files, "pages/page.html"); err != nil {
		return nil, err
	}
	h.style, err = files.ReadFile("pages/style.css")
	return h, err
}

// Routes adds the pages of signing in and out.
func (h *Handler) Routes(mux *http.ServeMux) {
	for pattern, do := range map[string]http.HandlerFunc{
		"GET /sign-in": h.choose, "GET /sign-in/{key}": h.begin, "GET /sign-in/{key}/callback": h.end,
		"GET /signed-in": h.welcome, "GET /signed-out": h.goodbye,
		"POST /sign-out": h.out(false), "POST /sign-out/everywhere": h.out(true),
	} {
		mux.Handle(pattern, do)
	}
	mux.HandleFunc("GET /sign-in/style.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(h.style)
	})
}

// cookieName gives a cookie's name. With the prefix a browser takes it over https
// only, and from this very host.
func (h *Handler) cookieName(name string) string {
	if h.secure {
		return "__Host-" + name
	}
	return name
}

// The cookies: of a session, and of a browser that is signing in.
const (
	sessionCookie = "fardplan"
	browserCookie = "fardplan-sign-in"
)

func (h *Handler) setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{Name: h.cookieName(name), Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: h.secure, SameSite: http.SameSiteLaxMode})
}

func (h *Handler) cookie(r *http.Request, name string) string {
	c, err := r.Cookie(h.cookieName(name))
	if err != nil || len(c.Value) > 200 {
		return ""
	}
	return c.Value
}

// Caller gives who the request's cookie says it is; without one that is valid, nobody.
// A request that another web site makes a browser send is refused.
func (h *Handler) Caller(r *http.Request) (access.Caller, error) {
	secret := h.cookie(r, sessionCookie)
	if secret == "" || len(h.order) == 0 {
		return access.Caller{}, nil
	}
	caller, session, err := h.Users.Authenticate(r.Context(), secret)
	if fault.CodeOf(err) == fault.Unauthenticated && err != nil {
		return access.Caller{}, nil
	}
	if err != nil {
		return access.Caller{}, err
	}
	if h.providers[session.IssuerKey] == nil {
		return access.Caller{}, nil // a provider that is no longer believed
	}
	if h.origin.Check(r) != nil {
		return access.Caller{}, fault.New(fault.Forbidden, "Begäran kom från en annan webbplats och utfördes inte.", "The request came from another web site and was not carried out.")
	}
	return caller, nil
}

// local gives a path of this site to return to; the start page for anything else.
func local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || len(to) > 1000 ||
		strings.ContainsAny(to, "\\") || strings.ContainsFunc(to, func(r rune) bool { return r < ' ' || r == 0x7f }) ||
		strings.HasPrefix(u.Path, "//") || strings.HasPrefix(u.Path, "/sign-") || strings.ContainsRune(u.Path, '\\') {
		return "/"
	}
	return to
}

// choose lists the providers, or goes straight on to the only one.
func (h *Handler) choose(w http.ResponseWriter, r *http.Request) {
	switch len(h.order) {
	case 0:
		h.show(w, r, notConfigured, view{})
	case 1:
		http.Redirect(w, r, h.beginAt(h.order[0], r), http.StatusSeeOther)
	default:
		h.render(w, r, http.StatusOK, view{Choices: h.choices(r)})
	}
}

func (h *Handler) beginAt(p *provider, r *http.Request) string {
	to := "/sign-in/" + p.Key
	if wanted := local(r.URL.Query().Get("return")); wanted != "/" {
		to += "?return=" + url.QueryEscape(wanted)
	}
	return to
}

type choice struct{ Name, At string }

func (h *Handler) choices(r *http.Request) []choice {
	var all []choice
	for _, p := range h.order {
		name := p.NameSv
		if h.English(r) {
			name = p.NameEn
		}
		all = append(all, choice{name, h.beginAt(p, r)})
	}
	return all
}

// begin sends the browser to the provider.
func (h *Handler) begin(w http.ResponseWriter, r *http.Request) {
	p := h.providers[r.PathValue("key")]
	if p == nil {
		h.show(w, r, unknownIssuer, view{})
		return
	}
	d, err := p.discover(r.Context())
	if err != nil {
		h.refuse(w, r, p, err)
		return
	}
	// A browser that has begun in another tab keeps its mark: both may end.
	browser := h.cookie(r, browserCookie)
	if browser == "" {
		browser = rand.Text() + rand.Text()
	}
	state, attempt := rand.Text()+rand.Text(), user.Attempt{IssuerKey: p.Key, Nonce: rand.Text() + rand.Text(), Verifier: oauth2.GenerateVerifier(), ReturnTo: local(r.URL.Query().Get("return"))}
	if err := h.Users.Begin(r.Context(), attempt, state, browser); err != nil {
		h.refuse(w, r, p, err)
		return
	}
	h.setCookie(w, browserCookie, browser, 15*60)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, p.oauth(d).AuthCodeURL(state, oidc.Nonce(attempt.Nonce), oauth2.S256ChallengeOption(attempt.Verifier)), http.StatusSeeOther)
}

// end takes the provider's answer.
func (h *Handler) end(w http.ResponseWriter, r *http.Request) {
	p := h.providers[r.PathValue("key")]
	if p == nil {
		h.show(w, r, unknownIssuer, view{})
		return
	}
	account, returnTo, err := h.finish(w, r, p)
	if err != nil {
		h.refuse(w, r, p, err)
		return
	}
	observe.From(r.Context()).SetCaller(string(access.User) + ":" + account.ID.String())
	h.Log.InfoContext(r.Context(), "somebody signed in", "issuer", p.Key)
	http.Redirect(w, r, "/signed-in?return="+url.QueryEscape(returnTo), http.StatusSeeOther)
}

// answers of a provider that are faults, by RFC 6749 4.1.2.1 and 5.2, and OpenID Connect
// Core 3.1.2.6.
var answers = map[string]kind{
	"access_denied": denied, "login_required": interaction, "consent_required": interaction, "interaction_required": interaction,
	"account_selection_required": interaction, "temporarily_unavailable": providerDown, "server_error": providerDown, "unauthorized_client": wrongClient,
	"invalid_client": wrongClient, "invalid_grant": codeSpent,
}

// answer gives what a fault that the provider answers with comes to.
func answer(told string) kind {
	if why, known := answers[told]; known {
		return why
	}
	return providerRefused
}

// quoted gives the beginning of what somebody else has written, for the log.
func quoted(told string) string { return strconv.QuoteToASCII(told[:min(len(told), 60)]) }

func (h *Handler) finish(w http.ResponseWriter, r *http.Request, p *provider) (*user.Account, string, error) {
	ctx, query := r.Context(), r.URL.Query()
	state, browser := query.Get("state"), h.cookie(r, browserCookie)
	if state == "" || browser == "" || len(state) > 200 {
		return nil, "", &refusal{stateUnknown, errors.New("the answer has no state, or the browser no cookie")}
	}
	attempt, err := h.Users.Take(ctx, state, browser)
	if err != nil {
		if fault.CodeOf(err) == fault.NotFound {
			err = &refusal{stateUnknown, errors.New("no such sign-in has begun in the browser")}
		}
		return nil, "", err
	}
	d, err := p.discover(ctx)
	if err != nil {
		return nil, "", err
	}
	named := query.Get("iss")
	if attempt.IssuerKey != p.Key || named != "" && named != p.Issuer.Issuer || named == "" && d.sendsIssue {
		return nil, "", &refusal{wrongIssuer, errors.New("the answer is another provider's")}
	}
	if told := query.Get("error"); told != "" {
		return nil, "", &refusal{answer(told), errors.New("the provider answers " + quoted(told))}
	}
	now := h.DB.Now()
	c, err := p.redeem(ctx, query.Get("code"), attempt.Verifier, attempt.Nonce, now)
	if err != nil {
		return nil, "", err
	}
	if p.Allowed != nil && !c.meets(*p.Allowed) {
		return nil, "", &refusal{notAllowed, errors.New("no group that may sign in")}
	}
	name := c.text(p.NameClaim, 200)
	if name == nil {
		return nil, "", &refusal{nameless, errors.New("no claim " + p.NameClaim)}
	}
	m, err := h.municipality(ctx, p.Municipality)
	if err != nil {
		return nil, "", err
	}
	if m.ArchivedAt != nil {
		return nil, "", &refusal{noMunicipality, errors.New("the municipality is archived")}
	}
	subject, _ := c["sub"].(string)
	account, secret, err := h.Users.SignIn(ctx, user.Identity{
		Issuer: p.Issuer.Issuer, IssuerKey: p.Key, Subject: subject, Municipality: m.ID, Name: name, Email: c.text(p.EmailClaim, 320), Roles: p.rolesOf(c),
	}, agentOf(r.UserAgent()))
	if err != nil {
		if fault.CodeOf(err) == fault.Forbidden {
			err = &refusal{otherAccount, err}
		}
		return nil, "", err
	}
	// Whoever was signed in before in this browser is no more.
	if old := h.cookie(r, sessionCookie); old != "" {
		if _, err := h.Users.SignOut(ctx, old); err != nil {
			return nil, "", err
		}
	}
	h.setCookie(w, sessionCookie, secret, int(h.Users.Life.Seconds()))
	return account, attempt.ReturnTo, nil
}

func (h *Handler) municipality(ctx context.Context, code string) (*organisation.Municipality, error) {
	session := h.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, err
	}
	m, err := h.Organisation.MunicipalityByCode(ctx, now, code)
	if err != nil && fault.CodeOf(err) == fault.NotFound {
		err = &refusal{noMunicipality, errors.New("no municipality " + code)}
	}
	return m, err
}

// welcome goes on to where the user wanted, and tells one without a role what to do.
// It is a step of its own: the cookie has come with a redirect from another site.
func (h *Handler) welcome(w http.ResponseWriter, r *http.Request) {
	caller, err := h.Caller(r)
	switch {
	case err != nil:
		h.refuse(w, r, nil, err)
	case !caller.SignedIn():
		h.refuse(w, r, nil, &refusal{stateUnknown, errors.New("the session's cookie did not come back")})
	case len(caller.Roles) == 0:
		id, err := uuid.Parse(caller.ID)
		if err != nil {
			h.refuse(w, r, nil, err)
			return
		}
		h.show(w, r, noRole, view{User: user.ReferenceOf(id)})
	default:
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, local(r.URL.Query().Get("return")), http.StatusSeeOther)
	}
}

// out ends the session of this browser, or all of the user's. The page after it offers
// to sign out of the provider too: that ends the work in other systems, and is the
// user's own choice.
func (h *Handler) out(everywhere bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if h.origin.Check(r) != nil {
			h.show(w, r, crossOrigin, view{})
			return
		}
		secret := h.cookie(r, sessionCookie)
		to, ended := url.Values{}, 0
		if secret != "" {
			if _, session, err := h.Users.Authenticate(r.Context(), secret); err == nil {
				to.Set("from", session.IssuerKey)
			}
			end := h.Users.SignOut
			if everywhere {
				end = h.Users.EndSessionsOf
			}
			var err error
			if ended, err = end(r.Context(), secret); err != nil {
				h.refuse(w, r, nil, err)
				return
			}
		}
		if everywhere {
			to.Set("everywhere", strconv.Itoa(min(ended, 1)))
		}
		h.setCookie(w, sessionCookie, "", -1)
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, "/signed-out?"+to.Encode(), http.StatusSeeOther)
	}
}

// signOutAt gives where to sign out of the provider too; empty where it offers none,
// or has not been asked.
func (h *Handler) signOutAt(key string) string {
	p := h.providers[key]
	if p == nil {
		return ""
	}
	d := p.known.Load()
	if d == nil || d.signOut == "" {
		return ""
	}
	u, err := url.Parse(d.signOut)
	if err != nil {
		return ""
	}
	query := u.Query()
	query.Set("client_id", p.ClientID)
	query.Set("post_logout_redirect_uri", h.PublicURL+"/signed-out")
	u.RawQuery = query.Encode()
	return u.String()
}

func (h *Handler) goodbye(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	why, known := map[string]kind{"1": signedOutAll, "0": signedOutBefore}[query.Get("everywhere")]
	if !known {
		why = signedOut
	}
	h.show(w, r, why, view{SignOut: h.signOutAt(query.Get("from"))})
}

// refuse shows why a sign-in came to nothing, and logs it without what is secret.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, p *provider, err error) {
	var told *refusal
	why, issuer := internalFault, ""
	switch {
	case errors.As(err, &told):
		why = told.kind
	case fault.CodeOf(err) == fault.Forbidden:
		why = crossOrigin
	}
	if p != nil {
		issuer = p.Key
	}
	level := slog.LevelWarn
	if why == internalFault {
		level = slog.LevelError
	}
	h.Log.Log(r.Context(), level, "a sign-in came to nothing", "reason", string(why), "issuer", issuer, "error", withoutAddresses(err))
	h.show(w, r, why, view{})
}

// withoutAddresses is an error for the log: addresses of requests have their queries
// in them.
func withoutAddresses(err error) string {
	var address *url.Error
	if errors.As(err, &address) {
		return address.Op + ": " + address.Err.Error()
	}
	return err.Error()
}

// view is what a page shows.
type view struct {
	English   bool
	Message   message
	Reference string // of the request, for whoever runs the system
	User      string // the user's own, for its administrator
	Choices   []choice
	Again     bool
	SignOut   string // where to sign out of the provider too
}

// show renders a page of pages.
func (h *Handler) show(w http.ResponseWriter, r *http.Request, why kind, more view) {
	p := pages()[why]
	more.Message = p.sv
	if h.English(r) {
		more.Message = p.en
	}
	if p.support {
		more.Reference = observe.From(r.Context()).ID()
	}
	more.Again = p.again && len(h.order) > 0
	h.render(w, r, p.status, more)
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, status int, v view) {
	v.English = h.English(r)
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Cache-Control", "no-store")
	head.Set("Vary", "Accept-Language")
	head.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	if err := h.view.Execute(w, v); err != nil {
		h.Log.ErrorContext(r.Context(), "a page of sign-in could not be written", "error", err)
	}
}

// agents are families of browsers by what they call themselves, the likest first: most
// say that they are others too.
var agents = [][2]string{
	{"Edg/", "Microsoft Edge"}, {"OPR/", "Opera"}, {"Vivaldi/", "Vivaldi"}, {"SamsungBrowser/", "Samsung Internet"},
	{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
}

// agentOf gives a browser's family, and nothing that tells one user of it from another.
func agentOf(said string) string {
	for _, a := range agents {
		if strings.Contains(said, a[0]) {
			return a[1]
		}
	}
	return "okänd webbläsare"
}
