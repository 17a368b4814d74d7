package signin

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// hanging is a provider that takes a connection and says nothing.
func hanging(t *testing.T, patience time.Duration) *provider {
	t.Helper()
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-done:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(done); server.Close() })
	p := newProvider(&Issuer{Key: "prov", Issuer: server.URL}, "https://fardplan.example.se", time.Now)
	p.client.Timeout = patience
	return p
}

// All who sign in while the provider does not answer are told within the time of one.
func TestAProviderThatDoesNotAnswerKeepsNobodyWaiting(t *testing.T) {
	const patience = 300 * time.Millisecond
	p := hanging(t, patience)
	begun := time.Now()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := p.discover(t.Context())
			var why *refusal
			if !errors.As(err, &why) || why.kind != providerDown {
				t.Errorf("the sign-in is told %v", err)
			}
		})
	}
	all.Wait()
	if took := time.Since(begun); took > 10*patience {
		t.Errorf("twenty sign-ins waited for %v", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p.asking <- struct{}{}
	if _, err := p.discover(ctx); err == nil {
		t.Error("one that has gone waits on")
	}
	<-p.asking
}

// A failure is not for good: the next sign-in after a pause asks again.
func TestAProviderIsAskedAgain(t *testing.T) {
	p := newProvider(&Issuer{Key: "prov", Issuer: "http://" + net.JoinHostPort("127.0.0.1", "1")}, "https://fardplan.example.se", time.Now)
	if _, err := p.discover(t.Context()); err == nil {
		t.Fatal("a provider that is not there answers")
	}
	first := p.failure
	if _, err := p.discover(t.Context()); err == nil || p.failure != first {
		t.Error("it is asked again at once")
	}
	p.failure = time.Now().Add(-pause)
	if _, err := p.discover(t.Context()); err == nil || p.failure == first {
		t.Error("it is not asked again")
	}
}

// A provider that moves its addresses or withdraws a key is believed without a restart,
// and one that does not answer meanwhile as it was known.
func TestAProviderIsAskedAnewInTime(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	var path atomic.Value
	mux.HandleFunc("GET /.well-known/openid-configuration", func(rw http.ResponseWriter, _ *http.Request) {
		at := path.Load().(string)
		if at == "" {
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_ = json.NewEncoder(rw).Encode(map[string]any{"issuer": server.URL, "authorization_endpoint": server.URL + at, "token_endpoint": server.URL + "/token", "jwks_uri": server.URL + "/keys"})
	})
	p := newProvider(&Issuer{Key: "prov", Issuer: server.URL}, "https://fardplan.example.se", time.Now)
	for _, c := range []struct {
		says  string
		after time.Duration
		want  string
	}{{"/old", 0, "/old"}, {"/new", fresh - time.Minute, "/old"}, {"/new", fresh, "/new"}, {"", fresh, "/new"}, {"/newer", 0, "/new"}, {"/newer", fresh, "/newer"}} {
		path.Store(c.says)
		if d := p.known.Load(); d != nil {
			d.at = time.Now().Add(-c.after)
			p.failure = time.Time{}
		}
		d, err := p.discover(t.Context())
		if err != nil || d.endpoint.AuthURL != server.URL+c.want {
			t.Errorf("%v after it was asked, a provider that says %q is %+v, %v", c.after, c.says, d, err)
		}
	}
}

// Whatever the provider answers when a code is exchanged has words of its own.
func TestWhatTheExchangeOfACodeComesTo(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	status, body := 0, ""
	mux.HandleFunc("GET /.well-known/openid-configuration", func(rw http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(rw).Encode(map[string]any{"issuer": server.URL, "authorization_endpoint": server.URL + "/auth", "token_endpoint": server.URL + "/token", "jwks_uri": server.URL + "/keys"})
	})
	mux.HandleFunc("POST /token", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		_, _ = rw.Write([]byte(body))
	})
	p := newProvider(&Issuer{Key: "prov", Issuer: server.URL, ClientID: "c", secret: "s"}, "https://fardplan.example.se", time.Now)
	for _, c := range []struct {
		status int
		body   string
		want   kind
	}{
		{400, `{"error": "invalid_grant"}`, codeSpent}, {401, `{"error": "invalid_client"}`, wrongClient}, {400, `{"error": "unauthorized_client"}`, wrongClient},
		{400, `{"error": "invalid_request"}`, providerRefused}, {400, `{"error": "invalid_scope"}`, providerRefused}, {400, `{"error": "unsupported_grant_type"}`, providerRefused},
		{400, `{"error": "temporarily_unavailable"}`, providerDown}, {500, `{"error": "server_error"}`, providerDown}, {503, "<html>", providerDown}, {200, "<html>", providerDown},
		{200, `{"access_token": "a", "token_type": "Bearer"}`, badSignature}, {200, `{"access_token": "a", "token_type": "Bearer", "id_token": "x"}`, badSignature},
	} {
		status, body = c.status, c.body
		_, err := p.redeem(t.Context(), "code", "verifier", "nonce", time.Now())
		var why *refusal
		if !errors.As(err, &why) || why.kind != c.want {
			t.Errorf("%d %s is %v, want %s", c.status, c.body, err, c.want)
		}
	}
}

func TestANameIsOneLineOfText(t *testing.T) {
	for given, want := range map[string]string{
		" Förvaltningsledare ": "Förvaltningsledare", "A\r\nB\tC": "A B C", "\u202eesrever": "esrever", "A\u200b\u2066B\u2069": "AB", "\x00\x1b[31mröd": "[31mröd", "åäö \xff": "åäö",
	} {
		if got := (claims{"name": given}).text("name", 200); got == nil || *got != want {
			t.Errorf("%q becomes %v, want %q", given, got, want)
		}
	}
	if got := (claims{"name": "\u202e \n"}).text("name", 200); got != nil {
		t.Errorf("a name of nothing becomes %q", *got)
	}
	if got := (claims{"name": "abcdef"}).text("name", 3); *got != "abc" {
		t.Errorf("a long name becomes %q", *got)
	}
}

// TestEveryPageIsInPlainWords holds that whatever a sign-in comes to is told in both
// languages: what has happened and what to do, without the words of the protocol.
func TestEveryPageIsInPlainWords(t *testing.T) {
	all := pages()
	for told, why := range answers {
		if _, there := all[why]; !there {
			t.Errorf("%s comes to %s, which has no page", told, why)
		}
	}
	for why, p := range all {
		for language, m := range map[string]message{"sv": p.sv, "en": p.en} {
			for _, text := range []string{m.Title, m.What, m.Do} {
				if len(text) < 10 {
					t.Errorf("%s, %s: %q", why, language, text)
				}
				for _, word := range []string{"token", "nonce", "issuer", "oidc", "openid", "oauth", "callback", "redirect", "claim", "http", "session"} {
					if strings.Contains(strings.ToLower(text), word) {
						t.Errorf("%s, %s: %q has the word %s", why, language, text, word)
					}
				}
			}
		}
		if p.sv == p.en {
			t.Errorf("%s is in one language", why)
		}
	}
}
