package app

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"fardplan/graph"
	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/observe"
	"fardplan/internal/signin"
	"fardplan/internal/text"
)

// identify finds out who is asking: by an API token, else by the cookie of a
// sign-in, else by the demonstration's, else nobody. A token that is not valid is refused, not taken for nobody.
func identify(s *Services, people *signin.Handler, demo *demoSignIn, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		caller := access.Caller{}
		scheme, secret, given := strings.Cut(r.Header.Get("Authorization"), " ")
		switch {
		case given && strings.EqualFold(scheme, "Bearer"):
			known, err := s.Tokens.Authenticate(ctx, strings.TrimSpace(secret))
			if err != nil {
				deny(w, r, err)
				return
			}
			caller = known
		case r.Header.Get("Authorization") != "":
			deny(w, r, fault.New(fault.Unauthenticated, "Använd Authorization: Bearer med en API-nyckel.", "Use Authorization: Bearer with an API token."))
			return
		default:
			known, err := people.Caller(r)
			if err == nil && !known.SignedIn() {
				known, err = demo.caller(r)
			}
			if err != nil {
				deny(w, r, err)
				return
			}
			caller = known
		}
		observe.From(ctx).SetCaller(caller.Key())
		next.ServeHTTP(w, r.WithContext(access.With(ctx, caller)))
	})
}

// deny answers a request whose caller cannot be known, as a GraphQL answer has it.
func deny(w http.ResponseWriter, r *http.Request, err error) {
	status, f := http.StatusInternalServerError, fault.New(fault.Internal, "Något gick fel hos oss. Försök igen.", "Something went wrong on our side. Try again.")
	if all := fault.All(err); len(all) > 0 {
		status, f = http.StatusBadRequest, all[0]
		if f.Code == fault.Unauthenticated {
			status = http.StatusUnauthorized
			w.Header().Set("WWW-Authenticate", `Bearer realm="fardplan"`)
		}
		if f.Code == fault.Forbidden {
			status = http.StatusForbidden
		}
	}
	message := f.Sv
	if graph.LanguageOf(r.Header.Get("Accept-Language")) == text.English {
		message = f.En
	}
	answer, _ := json.Marshal(map[string]any{"errors": []any{map[string]any{
		"message": message, "extensions": map[string]any{"code": f.Code},
	}}})
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

// clientAddress gives the address that a request comes from: that of the connection,
// or the one that a trusted proxy says.
func clientAddress(r *http.Request, trusted []netip.Prefix) string {
	address := hostOf(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		ip, err := netip.ParseAddr(address)
		if err != nil || !slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) }) {
			return address
		}
		if hop = strings.TrimSpace(hop); hop == "" {
			return address
		}
		address = hop
	}
	return address
}

func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}
