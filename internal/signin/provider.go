package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// algorithms are the signatures of ID tokens that are believed: with the provider's
// own key, never with a shared one and never none.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// patience is how long a provider may take to answer.
const patience = 10 * time.Second

// mostAnswer bounds what is read of a provider's answer, in bytes.
const mostAnswer = 1 << 20

// bounded reads no more of an answer than mostAnswer.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(r)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, mostAnswer), response.Body}
	}
	return response, err
}

// provider is what is known of an issuer, asked of it when it is first needed.
type provider struct {
	*Issuer
	redirect string // where it sends the browser back to
	now      func() time.Time
	client   *http.Client

	known atomic.Pointer[discovered]
	// asking lets one ask at a time. One who has waited for another's attempt takes its
	// failure too: a provider that does not answer keeps nobody for longer than patience.
	asking  chan struct{}
	failed  error
	failure time.Time
}

// pause is how long a failure to ask the provider stands before it is asked again.
const pause = 3 * time.Second

// fresh is how long what a provider has said of itself goes unasked: it may move its
// addresses, and withdraw a key.
const fresh = time.Hour

// discovered is what the provider says of itself, and its keys.
type discovered struct {
	at         time.Time // when it said so
	endpoint   oauth2.Endpoint
	verifier   *oidc.IDTokenVerifier
	signOut    string // where a browser is sent to sign out of the provider; may be empty
	sendsIssue bool   // its answers name it, by RFC 9207
}

func (d *discovered) fresh(now time.Time) bool { return d != nil && now.Sub(d.at) < fresh }

func newProvider(i *Issuer, publicURL string, now func() time.Time) *provider {
	return &provider{
		Issuer: i, now: now, redirect: publicURL + "/sign-in/" + i.Key + "/callback", asking: make(chan struct{}, 1),
		client: &http.Client{Timeout: patience, Transport: bounded{http.DefaultTransport}, CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if !secure(r.URL) || len(via) > 3 {
				return errors.New("a redirect to where nothing is sent")
			}
			return nil
		}},
	}
}

// discover gives what the provider says of itself, and asks it when that is not fresh. One
// that does not answer is still what it has said before.
func (p *provider) discover(ctx context.Context) (*discovered, error) {
	if d := p.known.Load(); d.fresh(p.now()) {
		return d, nil
	}
	select {
	case p.asking <- struct{}{}:
		defer func() { <-p.asking }()
	case <-ctx.Done():
		return nil, &refusal{kind: providerDown, cause: ctx.Err()}
	}
	before := p.known.Load()
	if before.fresh(p.now()) {
		return before, nil
	}
	if p.failed == nil || p.now().Sub(p.failure) >= pause {
		d, err := p.ask(ctx)
		if err == nil {
			p.known.Store(d)
			return d, nil
		}
		p.failed, p.failure = err, p.now()
	}
	if before != nil {
		return before, nil
	}
	return nil, p.failed
}

// ask asks the provider.
func (p *provider) ask(ctx context.Context) (*discovered, error) {
	// The keys are fetched with the same client long after this request has ended.
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), p.client)
	found, err := oidc.NewProvider(ctx, p.Issuer.Issuer)
	if err != nil {
		return nil, &refusal{kind: providerDown, cause: err}
	}
	var more struct {
		Authorization string `json:"authorization_endpoint"`
		Token         string `json:"token_endpoint"`
		SignOut       string `json:"end_session_endpoint"`
		Issue         bool   `json:"authorization_response_iss_parameter_supported"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, &refusal{kind: providerDown, cause: err}
	}
	for _, address := range []string{more.Authorization, more.Token} {
		if u, err := url.Parse(address); err != nil || !secure(u) {
			return nil, &refusal{kind: providerDown, cause: errors.New("an endpoint of the provider is not https")}
		}
	}
	if u, err := url.Parse(more.SignOut); err != nil || !secure(u) {
		more.SignOut = ""
	}
	return &discovered{
		at: p.now(), endpoint: found.Endpoint(), signOut: more.SignOut, sendsIssue: more.Issue,
		// What the token says is checked by check, with a fault for each thing that is
		// wrong and the skew of the configuration; the library checks the signature,
		// and fetches the keys anew when one is unknown.
		verifier: found.VerifierContext(ctx, &oidc.Config{SkipClientIDCheck: true, SkipIssuerCheck: true, SkipExpiryCheck: true, SupportedSigningAlgs: algorithms}),
	}, nil
}

func (p *provider) oauth(d *discovered) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.secret, Endpoint: d.endpoint, RedirectURL: p.redirect,
		Scopes: append([]string{oidc.ScopeOpenID}, slices.DeleteFunc(slices.Clone(p.Scopes), func(s string) bool { return s == oidc.ScopeOpenID })...),
	}
}

// redeem exchanges a code for what the provider says of the person, all of it checked
// at the instant.
func (p *provider) redeem(ctx context.Context, code, verifier, nonce string, at time.Time) (claims, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := p.oauth(d).Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		var told *oauth2.RetrieveError
		if !errors.As(err, &told) {
			return nil, &refusal{kind: providerDown, cause: err}
		}
		why := providerDown
		if told.ErrorCode != "" {
			why = answer(told.ErrorCode)
		}
		// The body may hold what is nobody's to log.
		return nil, &refusal{kind: why, cause: fmt.Errorf("the token endpoint answers %d %s", told.Response.StatusCode, quoted(told.ErrorCode))}
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, &refusal{kind: badSignature, cause: errors.New("the answer has no ID token")}
	}
	verified, err := d.verifier.Verify(ctx, raw)
	if err != nil {
		kind := badSignature
		if strings.Contains(err.Error(), "fetching keys") {
			kind = providerDown
		}
		return nil, &refusal{kind: kind, cause: err}
	}
	all := claims{}
	if err := verified.Claims(&all); err != nil {
		return nil, &refusal{kind: badSignature, cause: err}
	}
	return all, p.check(all, verified.Audience, nonce, at)
}

// check holds what a signed token says against OpenID Connect Core 3.1.3.7.
func (p *provider) check(c claims, audience []string, nonce string, at time.Time) error {
	instant := func(name string) (time.Time, bool) {
		seconds, ok := c[name].(float64)
		return time.Unix(int64(seconds), 0), ok
	}
	is := func(name, wanted string) bool { got, _ := c[name].(string); return got == wanted }
	expires, hasExpiry := instant("exp")
	issued, hasIssue := instant("iat")
	starts, hasStart := instant("nbf")
	_, hasParty := c["azp"]
	subject, _ := c["sub"].(string)
	for _, rule := range []struct {
		broken bool
		kind   kind
		cause  string
	}{
		{!is("iss", p.Issuer.Issuer), wrongIssuer, "iss is another's"},
		{!slices.Contains(audience, p.ClientID), wrongAudience, "aud lacks the client"},
		{len(audience) > 1 && !hasParty, wrongAudience, "several aud and no azp"},
		{hasParty && !is("azp", p.ClientID), wrongAudience, "azp is another's"},
		{!hasExpiry || !at.Before(expires.Add(p.skew)), tokenTime, "exp has passed"},
		{!hasIssue || issued.After(at.Add(p.skew)), tokenTime, "iat has not been"},
		{hasStart && starts.After(at.Add(p.skew)), tokenTime, "nbf has not been"},
		{nonce == "" || !is("nonce", nonce), wrongNonce, "nonce is another's"},
		{subject == "" || len(subject) > 255 || strings.ContainsRune(subject, 0), wrongIssuer, "sub is missing or too long"},
	} {
		if rule.broken {
			return &refusal{kind: rule.kind, cause: errors.New(rule.cause)}
		}
	}
	return nil
}
