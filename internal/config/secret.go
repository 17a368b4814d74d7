package config

import "net/url"

// Secret is the URL of a database with its credentials. It lies behind a
// pointer, so that no way of printing the struct that holds it shows it; what
// is printed is the URL with the password masked and without its parameters.
type Secret struct{ value *string }

// NewSecret hides value.
func NewSecret(value string) Secret { return Secret{&value} }

// Empty says that there is no value.
func (s Secret) Empty() bool { return s.value == nil }

// Reveal gives the value itself, to connect with and nothing else.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// String gives what may be shown, or nothing when there is no value.
func (s Secret) String() string {
	if s.value == nil {
		return ""
	}
	u, err := url.Parse(*s.value)
	if err != nil || u.Scheme == "" || u.Opaque != "" {
		return "***"
	}
	// A password can also be a parameter.
	u.RawQuery, u.Fragment = "", ""
	return u.Redacted()
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return "config.Secret(" + s.String() + ")" }

// MarshalText hides the value from encoding/json and its like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
