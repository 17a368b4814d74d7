package signin

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
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
	p := newProvider(&Issuer{Key: "prov", Issuer: server.URL}, "https://fardplan.example.se")
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
	p := newProvider(&Issuer{Key: "prov", Issuer: "http://" + net.JoinHostPort("127.0.0.1", "1")}, "https://fardplan.example.se")
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
