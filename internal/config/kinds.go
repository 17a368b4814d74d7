package config

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Address is host:port to listen on; an empty host is every interface, and
// port 0 a free one.
type Address string

// Loopback says whether only the machine itself can reach the address.
func (a Address) Loopback() bool {
	host, _, err := net.SplitHostPort(string(a))
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// OptionalAddress is an Address, or empty when it is turned off.
type OptionalAddress string

// Folder is the path of a folder that exists or can be made.
type Folder string

// File is the path of a file that exists, or empty.
type File string

// Folders are paths of folders that exist.
type Folders []string

// LogLevel is a level of log/slog; it is a slog.Leveler.
type LogLevel slog.Level

// Level gives the level to log/slog.
func (l LogLevel) Level() slog.Level { return slog.Level(l) }

// String gives the level as it is written in the environment.
func (l LogLevel) String() string { return strings.ToLower(slog.Level(l).String()) }

// LogFormat is "json" or "text".
type LogFormat string

// Origins are web origins exactly as a browser sends them, such as
// https://partner.example.
type Origins []string

// BaseURL is an absolute http or https URL without a slash at its end, its scheme and
// host in small letters, or empty.
type BaseURL string

// Secure says that what goes to the address and back is safe on its way, and that the
// address has no path: a cookie of its host is nobody else's.
func (b BaseURL) Secure() bool {
	u, err := url.Parse(string(b))
	if err != nil || u.Host == "" || u.Path != "" {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// ByteSize is a number of bytes.
type ByteSize int64

// String gives the size in the largest unit that holds it whole.
func (b ByteSize) String() string {
	for _, u := range byteUnits() {
		if b != 0 && b%u.bytes == 0 {
			return strconv.FormatInt(int64(b/u.bytes), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

// Prefixes are networks in CIDR form.
type Prefixes []netip.Prefix

// kind is how the values of one type are written: the parser refuses what the
// texts, to read after "give", do not allow.
type kind struct {
	parse  func(string) (any, error)
	sv, en string
}

// errRefused stands for every reason: the operator reads what is allowed.
var errRefused = errors.New("refused")

// as makes a parser for T from one that says whether it understood.
func as[T any](parse func(string) (T, bool)) func(string) (any, error) {
	return func(s string) (any, error) {
		v, ok := parse(s)
		if !ok {
			return nil, errRefused
		}
		return v, nil
	}
}

// oneOf makes a parser of a fixed set of words.
func oneOf[T any](words map[string]T) func(string) (any, error) {
	return as(func(s string) (T, bool) {
		v, ok := words[s]
		return v, ok
	})
}

// list makes a parser of values between commas, each parsed by item.
func list[L ~[]T, T any](item func(string) (T, bool)) func(string) (any, error) {
	return as(func(s string) (L, bool) {
		var l L
		for part := range strings.SplitSeq(s, ",") {
			v, ok := item(strings.TrimSpace(part))
			if !ok {
				return nil, false
			}
			l = append(l, v)
		}
		return l, true
	})
}

func kinds() map[reflect.Type]kind {
	return map[reflect.Type]kind{
		reflect.TypeFor[Address](): {as(parseAddress),
			"värd:port, som 127.0.0.1:8080 eller :8080", "host:port, such as 127.0.0.1:8080 or :8080"},
		reflect.TypeFor[OptionalAddress](): {as(parseOptionalAddress),
			"värd:port, som 127.0.0.1:9464, eller off", "host:port, such as 127.0.0.1:9464, or off"},
		reflect.TypeFor[Secret](): {as(parseDatabaseURL),
			"postgres://användare:lösenord@värd:port/databas", "postgres://user:password@host:port/database"},
		reflect.TypeFor[Folder](): {as(parseFolder),
			"en mapp, inte en fil", "a folder, not a file"},
		reflect.TypeFor[File](): {as(parseFile),
			"en fil som finns", "a file that exists"},
		reflect.TypeFor[Folders](): {as(parseFolders),
			"mappar som finns, skilda åt av kolon (semikolon i Windows)", "folders that exist, separated by colons (semicolons on Windows)"},
		reflect.TypeFor[bool](): {oneOf(map[string]bool{"1": true, "true": true, "0": false, "false": false}),
			"true eller false (1 eller 0)", "true or false (1 or 0)"},
		reflect.TypeFor[LogLevel](): {oneOf(map[string]LogLevel{
			"debug": LogLevel(slog.LevelDebug), "info": LogLevel(slog.LevelInfo),
			"warn": LogLevel(slog.LevelWarn), "error": LogLevel(slog.LevelError)}),
			"debug, info, warn eller error", "debug, info, warn or error"},
		reflect.TypeFor[LogFormat](): {oneOf(map[string]LogFormat{"json": "json", "text": "text"}),
			"json eller text", "json or text"},
		reflect.TypeFor[Origins](): {list[Origins](parseOrigin),
			"adresser skilda åt av komma, var och en exakt som https://värd eller https://värd:port (http bara för localhost); * tillåts inte",
			"origins separated by commas, each exactly as https://host or https://host:port (http for localhost only); * is not allowed"},
		reflect.TypeFor[BaseURL](): {as(parseBaseURL),
			"en fullständig webbadress, som https://fardplan.example", "an absolute web address, such as https://fardplan.example"},
		reflect.TypeFor[int](): {as(parseCount),
			"ett heltal från 1 till 1000000000", "a whole number from 1 to 1000000000"},
		reflect.TypeFor[ByteSize](): {as(parseByteSize),
			"ett antal byte från 1 till 1GiB, som 1048576, 512KiB eller 1MiB", "a number of bytes from 1 to 1GiB, such as 1048576, 512KiB or 1MiB"},
		reflect.TypeFor[time.Duration](): {as(parseDuration),
			"en tid från 1ms till 24h, som 500ms, 10s eller 1m30s", "a time from 1ms to 24h, such as 500ms, 10s or 1m30s"},
		reflect.TypeFor[Prefixes](): {list[Prefixes](parsePrefix),
			"nät i CIDR-form skilda åt av komma, som 10.0.0.0/8,2001:db8::/32", "networks in CIDR form separated by commas, such as 10.0.0.0/8,2001:db8::/32"},
	}
}

func parseAddress(s string) (Address, bool) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return "", false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return Address(s), err == nil && (host == "" || validHost(host))
}

func parseOptionalAddress(s string) (OptionalAddress, bool) {
	if s == "off" {
		return "", true
	}
	a, ok := parseAddress(s)
	return OptionalAddress(a), ok
}

// validHost accepts an IP address or a name of letters, digits, dots and
// hyphens; a name is resolved when it is used, not here.
func validHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	if host == "" || len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		wrong := strings.IndexFunc(label, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-')
		})
		if label == "" || len(label) > 63 || wrong >= 0 || strings.Trim(label, "-") != label {
			return false
		}
	}
	// A name of nothing but digits and dots is a mistyped IPv4 address.
	return strings.Trim(host, "0123456789.") != ""
}

func parseDatabaseURL(s string) (Secret, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Opaque != "" {
		return Secret{}, false
	}
	// A socket's folder is given as ?host=/var/run/postgresql.
	host := u.Hostname() != "" || u.Query().Get("host") != ""
	return NewSecret(s), host && len(u.Path) > 1
}

func parseFolder(s string) (Folder, bool) {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return "", false
	}
	info, err := os.Stat(s)
	return Folder(s), errors.Is(err, os.ErrNotExist) || err == nil && info.IsDir()
}

func parseFile(s string) (File, bool) {
	info, err := os.Stat(s)
	return File(s), err == nil && info.Mode().IsRegular()
}

func parseFolders(s string) (Folders, bool) {
	all := Folders(filepath.SplitList(s))
	return all, !slices.ContainsFunc(all, func(path string) bool {
		info, err := os.Stat(path)
		return err != nil || !info.IsDir()
	})
}

// parseOrigin accepts what a browser sends in Origin: a wildcard would let any
// web page act as its visitor.
func parseOrigin(s string) (string, bool) {
	u, err := url.Parse(s)
	if err != nil || !validHost(u.Hostname()) || u.Scheme+"://"+u.Host != s || strings.ToLower(s) != s {
		return "", false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	local := u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	defaultPort := u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80"
	return s, validPort(u) && !defaultPort && (u.Scheme == "https" || u.Scheme == "http" && local)
}

func parseBaseURL(s string) (BaseURL, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || !validHost(u.Hostname()) || !validPort(u) ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#") {
		return "", false
	}
	// As browsers write it in Origin.
	u.Host = strings.ToLower(u.Host)
	return BaseURL(strings.TrimRight(u.String(), "/")), true
}

// validPort accepts no port at all, and from 1 to 65535.
func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}

func parseCount(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 1 && n <= 1_000_000_000
}

type byteUnit struct {
	name  string
	bytes ByteSize
}

func byteUnits() []byteUnit {
	return []byteUnit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}
}

func parseByteSize(s string) (ByteSize, bool) {
	unit := ByteSize(1)
	for _, u := range byteUnits() {
		if number, ok := strings.CutSuffix(s, u.name); ok {
			s, unit = number, u.bytes
			break
		}
	}
	n, err := strconv.ParseUint(s, 10, 31)
	return ByteSize(n) * unit, err == nil && n >= 1 && ByteSize(n) <= (1<<30)/unit
}

func parseDuration(s string) (time.Duration, bool) {
	d, err := time.ParseDuration(s)
	return d, err == nil && d >= time.Millisecond && d <= 24*time.Hour
}

// parsePrefix refuses bits after the mask, which are most often a mistyped
// network, and IPv4 written as IPv6, which no caller's address would match.
func parsePrefix(s string) (netip.Prefix, bool) {
	p, err := netip.ParsePrefix(s)
	return p, err == nil && p == p.Masked() && !p.Addr().Is4In6()
}
