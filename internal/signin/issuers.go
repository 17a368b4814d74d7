// Package signin lets people sign in at their own municipality's provider by OpenID
// Connect: the authorization code with PKCE, and what comes of it in the words of the
// person who signs in. Whoever it is then is for package user.
package signin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"fardplan/internal/access"
	"fardplan/internal/fault"
)

// Issuer is a provider that a municipality's people sign in at, as the file of
// FARDPLAN_OIDC_FILE has it.
type Issuer struct {
	Key              string     `json:"key"`          // names it in addresses, such as norrkoping
	Municipality     string     `json:"municipality"` // SCB code: whose people it knows
	NameSv           string     `json:"nameSv"`
	NameEn           string     `json:"nameEn"`
	Issuer           string     `json:"issuer"` // its identifier, a URL; discovery is under it
	ClientID         string     `json:"clientId"`
	ClientSecretFile string     `json:"clientSecretFile"` // holds the secret and nothing else
	Scopes           []string   `json:"scopes"`           // beside openid; profile and email when left out
	NameClaim        string     `json:"nameClaim"`        // name when left out
	EmailClaim       string     `json:"emailClaim"`       // email when left out
	Allowed          *Claim     `json:"allowed"`          // who may sign in at all; anyone when left out
	Roles            []RoleRule `json:"roles"`            // which claims give which roles
	ClockSkew        string     `json:"clockSkew"`        // how far its clock may be off, 60s when left out, at most 5m

	secret string
	skew   time.Duration
}

// Claim is met by a token whose claim has any of the values. A claim within another is
// named with a dot, as realm_access.roles.
type Claim struct {
	Claim  string   `json:"claim"`
	Values []string `json:"values"`
}

// RoleRule gives a role to whoever meets the claim.
type RoleRule struct {
	Claim
	Role access.Role `json:"role"`
}

const (
	usualSkew   = time.Minute
	longestSkew = 5 * time.Minute
)

// fileVariable names the file, in faults.
const fileVariable = "FARDPLAN_OIDC_FILE"

var (
	keyForm  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	codeForm = regexp.MustCompile(`^[0-9]{4}$`)
)

// ReadIssuers reads the file of providers. The error is a fault.List of everything that
// is wrong in it, without any secret. A relative path in it is from its own folder.
func ReadIssuers(path string) ([]*Issuer, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.List{fault.Field(fileVariable, "oidc_file",
			fmt.Sprintf("Filen %s går inte att läsa. Ange en läsbar fil.", path), fmt.Sprintf("the file %s cannot be read; give a readable one", path))}
	}
	var file struct {
		Issuers []*Issuer `json:"issuers"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil || d.More() {
		return nil, fault.List{fault.Field(fileVariable, "oidc_json",
			fmt.Sprintf("Filen är inte rätt JSON (%v). Jämför med exemplen i docs/sign-in.md.", err), fmt.Sprintf("the file is not the right JSON (%v); compare with the examples in docs/sign-in.md", err))}
	}
	var faults fault.List
	if len(file.Issuers) == 0 {
		faults.Add(fault.Field(fileVariable, "oidc_none", "Filen anger ingen inloggningstjänst. Lägg till minst en i issuers.", "the file names no provider; add at least one to issuers"))
	}
	keys, audiences := map[string]bool{}, map[string]bool{}
	for n, i := range file.Issuers {
		refuse := func(field, rule, sv, en string) {
			faults.Add(fault.Field(fmt.Sprintf("%s: issuers[%d].%s", fileVariable, n, field), rule, sv, en))
		}
		if i == nil {
			refuse("", "oidc_null", "Posten är tom.", "the entry is empty")
			continue
		}
		i.check(refuse, filepath.Dir(path))
		if keys[i.Key] {
			refuse("key", "oidc_twice", "Två inloggningstjänster har samma nyckel.", "two providers have the same key")
		}
		if at := i.Issuer + " " + i.ClientID; audiences[at] {
			refuse("issuer", "oidc_twice", "Samma inloggningstjänst och klient står två gånger.", "the same provider and client stand twice")
		} else {
			audiences[at] = true
		}
		keys[i.Key] = true
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return file.Issuers, nil
}

// check tells what is wrong with an entry, reads its secret and fills in what was left
// out.
func (i *Issuer) check(refuse func(field, rule, sv, en string), folder string) {
	if !keyForm.MatchString(i.Key) {
		refuse("key", "oidc_key", "Ange 1 till 40 tecken av a–z, 0–9 och bindestreck, som norrkoping.", "give 1 to 40 characters of a–z, 0–9 and hyphen, such as norrkoping")
	}
	if !codeForm.MatchString(i.Municipality) {
		refuse("municipality", "oidc_municipality", "Ange kommunens fyra siffror hos SCB, som 0581.", "give Statistics Sweden's four digits of the municipality, such as 0581")
	}
	if strings.TrimSpace(i.NameSv) == "" || len(i.NameSv) > 100 {
		refuse("nameSv", "oidc_name", "Ange det namn som användarna väljer, 1 till 100 tecken.", "give the name that users choose, 1 to 100 characters")
	}
	if i.NameEn == "" {
		i.NameEn = i.NameSv
	}
	if u, err := url.Parse(i.Issuer); err != nil || !secure(u) || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		refuse("issuer", "oidc_issuer", "Ange tjänstens adress exakt som den själv anger den (issuer), med https.", "give the provider's address exactly as it gives it itself (issuer), with https")
	}
	if i.ClientID == "" {
		refuse("clientId", "oidc_client", "Ange det klient-id som tjänsten har gett Färdplan.", "give the client id that the provider has given Färdplan")
	}
	secretFile := i.ClientSecretFile
	if secretFile != "" && !filepath.IsAbs(secretFile) {
		secretFile = filepath.Join(folder, secretFile)
	}
	raw, err := os.ReadFile(secretFile)
	if i.secret = strings.TrimRight(string(raw), "\r\n"); err != nil || i.secret == "" {
		refuse("clientSecretFile", "oidc_secret", "Ange en läsbar fil som bara innehåller klientens hemlighet.", "give a readable file that holds the client's secret and nothing else")
	}
	if i.Scopes == nil {
		i.Scopes = []string{"profile", "email"}
	}
	if i.NameClaim == "" {
		i.NameClaim = "name"
	}
	if i.EmailClaim == "" {
		i.EmailClaim = "email"
	}
	if i.Allowed != nil && !i.Allowed.whole() {
		refuse("allowed", "oidc_claim", "Ange både claim och minst ett värde i values.", "give both claim and at least one value in values")
	}
	for n, r := range i.Roles {
		if !r.whole() {
			refuse(fmt.Sprintf("roles[%d]", n), "oidc_claim", "Ange både claim och minst ett värde i values.", "give both claim and at least one value in values")
		}
		if !slices.Contains(access.Roles(), r.Role) {
			refuse(fmt.Sprintf("roles[%d].role", n), "oidc_role", fmt.Sprintf("Ange någon av rollerna %v.", access.Roles()), fmt.Sprintf("give one of the roles %v", access.Roles()))
		}
	}
	i.skew = usualSkew
	if i.ClockSkew != "" {
		if i.skew, err = time.ParseDuration(i.ClockSkew); err != nil || i.skew < 0 || i.skew > longestSkew {
			refuse("clockSkew", "oidc_skew", "Ange en tid från 0s till 5m, som 60s.", "give a time from 0s to 5m, such as 60s")
		}
	}
}

func (c Claim) whole() bool {
	return c.Claim != "" && len(c.Values) > 0 && !slices.Contains(c.Values, "")
}

// secure tells whether what is sent to an address is safe on its way: by https, or
// within the machine.
func secure(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	local := u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	return u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && local)
}

// claims is the body of an ID token.
type claims map[string]any

// texts gives the values of a claim: one text, or a list of them. A claim within
// another is named with a dot, unless a claim has that very name.
func (c claims) texts(name string) []string {
	value, there := c[name]
	if !there {
		value = map[string]any(c)
		for part := range strings.SplitSeq(name, ".") {
			inner, _ := value.(map[string]any)
			value = inner[part]
		}
	}
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, one := range v {
			if text, ok := one.(string); ok {
				all = append(all, text)
			}
		}
		return all
	}
	return nil
}

// oneLine gives a text as one line without what is not seen: a name is shown among
// others, and is not to break their line or turn their direction.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return strings.Join(strings.Fields(text), " ")
}

// text gives the first value of a claim that says something, as one line and at most so
// long.
func (c claims) text(name string, most int) *string {
	for _, t := range c.texts(name) {
		if t = oneLine(t); t != "" {
			if r := []rune(t); len(r) > most {
				t = string(r[:most])
			}
			return &t
		}
	}
	return nil
}

func (c claims) meets(wanted Claim) bool {
	return slices.ContainsFunc(c.texts(wanted.Claim), func(t string) bool { return slices.Contains(wanted.Values, t) })
}

// rolesOf gives the roles that the claims give.
func (i *Issuer) rolesOf(c claims) []access.Role {
	roles := []access.Role{}
	for _, r := range i.Roles {
		if c.meets(r.Claim) && !slices.Contains(roles, r.Role) {
			roles = append(roles, r.Role)
		}
	}
	return roles
}
