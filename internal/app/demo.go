package app

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"fardplan/internal/access"
	"fardplan/internal/fault"
	"fardplan/internal/organisation"
)

// demoSignIn lets anyone at the machine itself take a role in the demonstration. It is
// off unless Options.DemoSignIn, and refuses whatever may come from another machine.
type demoSignIn struct {
	services *Services
	on       bool
	key      []byte // of this process: a restart signs everybody out
}

const (
	demoCookie = "fardplan_demo"
	demoLife   = 12 * time.Hour
)

// demoIdentity is what the cookie says.
type demoIdentity struct {
	Municipality string      `json:"municipality"` // SCB code
	Role         access.Role `json:"role"`
	Expires      time.Time   `json:"expires"`
}

func newDemoSignIn(s *Services, o Options) (*demoSignIn, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	return &demoSignIn{services: s, on: o.DemoSignIn, key: key}, nil
}

// local tells whether a request was made on this machine to this machine: by its
// address, by the name in Host, and without a trace of a proxy.
func local(r *http.Request) bool {
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
		if r.Header.Get(header) != "" {
			return false
		}
	}
	peer, err := netip.ParseAddr(hostOf(r.RemoteAddr))
	return err == nil && peer.IsLoopback() && loopbackHost(r.Host)
}

func loopbackHost(host string) bool {
	name := strings.Trim(hostOf(host), "[]")
	ip, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && ip.IsLoopback()
}

// allowed refuses a request that may not sign in or out.
func (d *demoSignIn) allowed(r *http.Request) error {
	origin := r.Header.Get("Origin")
	if !d.on || !local(r) || origin != "" && origin != "http://"+r.Host {
		return fault.New(fault.Forbidden,
			"Inloggning utan lösenord finns bara i demoläget, på den egna datorn.",
			"Sign-in without a password is for the demo mode only, on the machine itself.")
	}
	return nil
}

// in takes {"municipality": "0581", "role": "DIRECTOR"} and answers with a cookie.
func (d *demoSignIn) in(w http.ResponseWriter, r *http.Request) {
	if err := d.allowed(r); err != nil {
		deny(w, r, err)
		return
	}
	wrong := fault.New(fault.Invalid,
		`Skicka JSON med kommunens kod och en roll, som {"municipality": "0581", "role": "DIRECTOR"}.`,
		`Send JSON with a municipality's code and a role, such as {"municipality": "0581", "role": "DIRECTOR"}.`)
	var wanted demoIdentity
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" || json.NewDecoder(io.LimitReader(r.Body, 4096)).Decode(&wanted) != nil ||
		!slices.Contains(access.Roles(), wanted.Role) {
		deny(w, r, wrong)
		return
	}
	wanted.Expires = d.services.DB.Now().Add(demoLife)
	if _, err := d.of(r, wanted); err != nil {
		deny(w, r, wrong)
		return
	}
	payload, err := json.Marshal(wanted)
	if err != nil {
		deny(w, r, err)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: demoCookie, Value: base64.RawURLEncoding.EncodeToString(append(d.sign(payload), payload...)),
		Path: "/", MaxAge: int(demoLife.Seconds()), HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
	w.WriteHeader(http.StatusNoContent)
}

// out takes the cookie back.
func (d *demoSignIn) out(w http.ResponseWriter, r *http.Request) {
	if err := d.allowed(r); err != nil {
		deny(w, r, err)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: demoCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	w.WriteHeader(http.StatusNoContent)
}

func (d *demoSignIn) sign(payload []byte) []byte {
	mac := hmac.New(sha256.New, d.key)
	mac.Write(payload)
	return mac.Sum(nil)
}

// caller gives who the request's cookie says it is; without a valid one, nobody.
func (d *demoSignIn) caller(r *http.Request) (access.Caller, error) {
	cookie, err := r.Cookie(demoCookie)
	if err != nil || !d.on || !local(r) {
		return access.Caller{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || len(raw) <= sha256.Size || !hmac.Equal(raw[:sha256.Size], d.sign(raw[sha256.Size:])) {
		return access.Caller{}, nil
	}
	var identity demoIdentity
	if json.Unmarshal(raw[sha256.Size:], &identity) != nil || !identity.Expires.After(d.services.DB.Now()) {
		return access.Caller{}, nil
	}
	return d.of(r, identity)
}

// of gives the caller with a role in a municipality.
func (d *demoSignIn) of(r *http.Request, identity demoIdentity) (access.Caller, error) {
	session := d.services.DB.Session()
	defer session.Close()
	now, err := session.Present(r.Context())
	if err != nil {
		return access.Caller{}, err
	}
	m, err := d.services.Organisation.MunicipalityByCode(r.Context(), now, identity.Municipality)
	if err != nil {
		return access.Caller{}, err
	}
	partners, err := organisation.Partners(r.Context(), now, m.ID)
	if err != nil {
		return access.Caller{}, err
	}
	function, _ := identity.Role.Name()
	return access.Caller{
		Kind: access.User, ID: fmt.Sprintf("demo:%s:%s", identity.Municipality, identity.Role), Function: function,
		Municipality: m.ID, Roles: []access.Role{identity.Role}, Partners: partners,
	}, nil
}
