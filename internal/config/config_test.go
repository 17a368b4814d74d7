package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fardplan/internal/config"
	"fardplan/internal/fault"
)

const databaseURL = "postgres://fardplan:canary-9f3@db.example:5432/fardplan?sslpassword=canary-9f3"

// faultsOf loads environ, which must be refused, and gives the faults.
func faultsOf(t *testing.T, environ ...string) []*fault.Error {
	t.Helper()
	_, err := config.Load(environ)
	faults := fault.All(err)
	if len(faults) == 0 {
		t.Fatalf("Load(%q) gives the error %v, want faults", environ, err)
	}
	return faults
}

func fields(faults []*fault.Error) []string {
	var names []string
	for _, f := range faults {
		names = append(names, f.Field+" "+f.Rule)
	}
	return names
}

func load(t *testing.T, environ ...string) config.Config {
	t.Helper()
	c, err := config.Load(environ)
	if err != nil {
		t.Fatalf("Load(%q): %v", environ, err)
	}
	return c
}

func TestAnEmptyEnvironmentGivesTheDefaults(t *testing.T) {
	t.Setenv("FARDPLAN_MAX_DEPTH", "3") // the process's own environment is not asked
	want := config.Config{
		Addr: "127.0.0.1:8080", MetricsAddr: "127.0.0.1:9464", DataDir: ".fardplan",
		LogLevel: config.LogLevel(slog.LevelInfo), LogFormat: "json", SessionIdle: 2 * time.Hour, SessionLife: 12 * time.Hour,
		MaxDepth: 15, MaxCost: 20000, MaxAliases: 50, MaxBodyBytes: 1 << 20, MaxUploadBytes: 8 << 20,
		QueryTimeout: 10 * time.Second, RateCost: 200000, ShutdownTimeout: 20 * time.Second,
		PoolSize: 10, Introspection: true,
	}
	for _, environ := range [][]string{nil, {"PATH=/bin", "FARDPLAN_ADDR=", "FARDPLAN_MAX_DEPTH=  "}} {
		if diff := cmp.Diff(want, load(t, environ...), cmp.Comparer(sameSecret)); diff != "" {
			t.Errorf("Load(%q) differs (-want +got):\n%s", environ, diff)
		}
	}
}

func sameSecret(a, b config.Secret) bool { return a.Reveal() == b.Reveal() }

func TestEachVariableTakesWhatItMayBeAndRefusesTheRest(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	private := netip.MustParsePrefix("10.0.0.0/8")
	db := "FARDPLAN_DATABASE_URL=" + databaseURL

	tests := []struct {
		name  string
		good  string
		with  []string // other variables that the good value needs
		got   func(config.Config) any
		want  any
		wrong []string
	}{
		{"ADDR", "0.0.0.0:80", nil, func(c config.Config) any { return c.Addr }, config.Address("0.0.0.0:80"),
			[]string{"8080", "127.0.0.1", "localhost:http", "127.0.0.1:70000", "127.0.0.1:-1", "300.0.0.1:80", "bad host:80", "-a.example:80"}},
		{"METRICS_ADDR", "off", nil, func(c config.Config) any { return c.MetricsAddr }, config.OptionalAddress(""),
			[]string{"OFF", "no", "9090"}},
		{"DATABASE_URL", databaseURL, nil, func(c config.Config) any { return c.DatabaseURL.Reveal() }, databaseURL,
			[]string{"mysql://u:canary-9f3@h/d", "host=h password=canary-9f3", "postgres:///d", "postgres://u:canary-9f3@h", "postgres://u:canary-9f3@h:x/d", "postgres:canary-9f3"}},
		{"DATABASE_OWNER_URL", "postgresql:///fardplan?host=/run/postgresql", []string{db}, func(c config.Config) any { return c.DatabaseOwnerURL.Reveal() }, "postgresql:///fardplan?host=/run/postgresql",
			[]string{"canary-9f3"}},
		{"DATABASE_READ_URL", "postgres://u@replica/d", []string{db}, func(c config.Config) any { return c.DatabaseReadURL.Reveal() }, "postgres://u@replica/d",
			[]string{"canary-9f3"}},
		{"DATA_DIR", dir, nil, func(c config.Config) any { return c.DataDir }, config.Folder(dir),
			[]string{file, "a\tb"}},
		{"POSTGRES_BIN", dir + string(os.PathListSeparator) + ".", nil, func(c config.Config) any { return c.PostgresBin }, config.Folders{dir, "."},
			[]string{file, filepath.Join(dir, "none")}},
		{"DEMO", "1", nil, func(c config.Config) any { return c.Demo }, true,
			[]string{"yes", "2", "TRUE"}},
		{"LOG_LEVEL", "warn", nil, func(c config.Config) any { return c.LogLevel.Level() }, slog.LevelWarn,
			[]string{"warning", "INFO+2", "3"}},
		{"LOG_FORMAT", "text", nil, func(c config.Config) any { return c.LogFormat }, config.LogFormat("text"),
			[]string{"xml"}},
		{"CORS_ORIGINS", "https://a.example, https://b.example:8443,http://localhost:5173,http://[::1]:5173", nil,
			func(c config.Config) any { return []string(c.CORSOrigins) },
			[]string{"https://a.example", "https://b.example:8443", "http://localhost:5173", "http://[::1]:5173"},
			[]string{"*", "https://*.a.example", "http://a.example", "https://a.example/", "https://a.example:443", "https://A.example", "https://a.example,", "null", "https://u:p@a.example", "https://a.example:0"}},
		{"PUBLIC_URL", "https://fardplan.example/plan/", nil, func(c config.Config) any { return c.PublicURL }, config.BaseURL("https://fardplan.example/plan"),
			[]string{"fardplan.example", "//fardplan.example", "ftp://fardplan.example", "https://", "https://a.example?x=1", "https://a.example#x", "https://a.example:99999", "https://a.example:"}},
		{"MAX_DEPTH", "20", nil, func(c config.Config) any { return c.MaxDepth }, 20, []string{"0", "-1", "many", "1.5"}},
		{"MAX_COST", "1000000000", nil, func(c config.Config) any { return c.MaxCost }, 1_000_000_000, []string{"1000000001"}},
		{"MAX_ALIASES", "1", nil, func(c config.Config) any { return c.MaxAliases }, 1, []string{"0"}},
		{"MAX_BODY_BYTES", "512KiB", nil, func(c config.Config) any { return c.MaxBodyBytes }, config.ByteSize(512 << 10),
			[]string{"0", "1MB", "1 MiB", "-1", "2GiB", "4294967296", "MiB"}},
		{"MAX_UPLOAD_BYTES", "16MiB", nil, func(c config.Config) any { return c.MaxUploadBytes }, config.ByteSize(16 << 20), []string{"0", "stor"}},
		{"QUERY_TIMEOUT", "1m30s", nil, func(c config.Config) any { return c.QueryTimeout }, 90 * time.Second,
			[]string{"10", "0s", "-1s", "25h", "1ns"}},
		{"OIDC_FILE", file, []string{"FARDPLAN_PUBLIC_URL=https://fardplan.example"}, func(c config.Config) any { return c.OIDCFile }, config.File(file), []string{dir, filepath.Join(dir, "none")}},
		{"SESSION_IDLE", "30m", nil, func(c config.Config) any { return c.SessionIdle }, 30 * time.Minute, []string{"30", "0s"}},
		{"SESSION_LIFE", "8h", nil, func(c config.Config) any { return c.SessionLife }, 8 * time.Hour, []string{"8", "25h"}},
		{"RATE_COST_PER_MINUTE", "5", nil, func(c config.Config) any { return c.RateCost }, 5, []string{"none"}},
		{"SHUTDOWN_TIMEOUT", "500ms", nil, func(c config.Config) any { return c.ShutdownTimeout }, 500 * time.Millisecond, []string{"soon"}},
		{"POOL_SIZE", "4", nil, func(c config.Config) any { return c.PoolSize }, 4, []string{"0"}},
		{"INTROSPECTION", "false", nil, func(c config.Config) any { return c.Introspection }, false, []string{"off"}},
		{"TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::/32", nil, func(c config.Config) any { return []netip.Prefix(c.TrustedProxies) },
			[]netip.Prefix{private, netip.MustParsePrefix("2001:db8::/32")},
			[]string{"10.0.0.1", "10.0.0.1/8", "10.0.0.0/33", "::ffff:10.0.0.0/104", "all"}},
		{"ALLOW_PRIVATE_FETCH", "true", nil, func(c config.Config) any { return c.AllowPrivate }, true, []string{"maybe"}},
	}

	tested := map[string]bool{}
	for _, tt := range tests {
		name := "FARDPLAN_" + tt.name
		tested[name] = true
		t.Run(tt.name, func(t *testing.T) {
			got := tt.got(load(t, append(tt.with, name+"="+tt.good)...))
			same := cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
			if diff := cmp.Diff(tt.want, got, same); diff != "" {
				t.Errorf("%s=%s gives (-want +got):\n%s", name, tt.good, diff)
			}
			for _, wrong := range tt.wrong {
				faults := faultsOf(t, append(tt.with, name+"="+wrong)...)
				if diff := cmp.Diff([]string{name + " setting_value"}, fields(faults)); diff != "" {
					t.Errorf("the faults of %s=%s (-want +got):\n%s", name, wrong, diff)
				}
				if strings.Contains(faults[0].Sv+faults[0].En, "canary") {
					t.Errorf("the fault shows a secret: %v", faults[0])
				}
			}
		})
	}
	for _, v := range config.Describe() {
		if !tested[v.Name] {
			t.Errorf("%s has no test", v.Name)
		}
		if v.MeaningSv == "" || v.MeaningEn == "" || v.ValuesSv == "" || v.ValuesEn == "" {
			t.Errorf("%s is not wholly described: %+v", v.Name, v)
		}
	}
}

func TestEveryFaultIsToldAtOnceInBothLanguages(t *testing.T) {
	faults := faultsOf(t,
		"FARDPLAN_ADDR=here", "FARDPLAN_MAX_DEPTH=deep", "FARDPLAN_DATABASE_URL=canary-9f3",
		"FARDPLAN_LOG_LEVL=info", "FARDPLAN_DEMO=1")
	want := []string{
		"FARDPLAN_LOG_LEVL setting_unknown",
		"FARDPLAN_ADDR setting_value", "FARDPLAN_DATABASE_URL setting_value", "FARDPLAN_MAX_DEPTH setting_value",
	}
	if diff := cmp.Diff(want, fields(faults)); diff != "" {
		t.Fatalf("the faults (-want +got):\n%s", diff)
	}
	depth := faults[3]
	if depth.Sv != `"deep" godtas inte. Ange ett heltal från 1 till 1000000000.` ||
		depth.Error() != `FARDPLAN_MAX_DEPTH: "deep" is not accepted; give a whole number from 1 to 1000000000` {
		t.Errorf("the fault says %q and %q", depth.Sv, depth.Error())
	}
}

func TestAnUnknownVariableIsToldWithTheNearestName(t *testing.T) {
	tests := map[string]string{
		"FARDPLAN_LOGLEVEL":         "FARDPLAN_LOG_LEVEL",
		"FARDPLAN_DATABSE_URL":      "FARDPLAN_DATABASE_URL",
		"FARDPLAN_DATABASE_URL_FIL": "FARDPLAN_DATABASE_URL_FILE",
		"FARDPLAN_ADDR_FILE":        "FARDPLAN_ADDR",
		"fardplan_addr":             "FARDPLAN_ADDR",
		"FARDPLAN_SOMETHING_ELSE":   "",
		"FARDPLAN_":                 "",
	}
	for wrong, near := range tests {
		f := faultsOf(t, wrong+"=canary-9f3")[0]
		if f.Field != wrong || f.Rule != "setting_unknown" {
			t.Errorf("%s gives the fault %s %s", wrong, f.Field, f.Rule)
		}
		if near != "" && !strings.HasSuffix(f.En, "did you mean "+near+"?") || near == "" && !strings.HasSuffix(f.En, "remove it") {
			t.Errorf("%s gives %q, want a hint of %q", wrong, f.En, near)
		}
		if strings.Contains(f.Sv+f.En, "canary") {
			t.Errorf("the fault shows the value: %v", f)
		}
	}
}

func TestTheFirstOfSeveralValuesCounts(t *testing.T) {
	if c := load(t, "FARDPLAN_MAX_DEPTH=3", "FARDPLAN_MAX_DEPTH=4"); c.MaxDepth != 3 {
		t.Errorf("the depth is %d, want 3", c.MaxDepth)
	}
}

func TestASecretMayLieInAFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good", databaseURL+"\r\n")

	c := load(t, "FARDPLAN_DATABASE_URL_FILE="+good)
	for _, got := range []config.Secret{c.DatabaseURL, c.DatabaseOwnerURL, c.DatabaseReadURL} {
		if got.Reveal() != databaseURL {
			t.Errorf("the URL is %q, want the file's first line", got.Reveal())
		}
	}

	refused := []struct {
		environ []string
		want    string
		says    string
	}{
		{[]string{"FARDPLAN_DATABASE_URL_FILE=" + filepath.Join(dir, "none")}, "FARDPLAN_DATABASE_URL_FILE setting_file", "no such file"},
		{[]string{"FARDPLAN_DATABASE_URL_FILE=" + dir}, "FARDPLAN_DATABASE_URL_FILE setting_file", "is a directory"},
		{[]string{"FARDPLAN_DATABASE_URL_FILE=" + write("empty", "\n")}, "FARDPLAN_DATABASE_URL_FILE setting_file", "empty"},
		{[]string{"FARDPLAN_DATABASE_URL_FILE=" + write("wrong", "canary-9f3")}, "FARDPLAN_DATABASE_URL_FILE setting_value", "not shown"},
		{[]string{"FARDPLAN_DATABASE_URL_FILE=" + databaseURL}, "FARDPLAN_DATABASE_URL_FILE setting_file", `"***"`},
		{[]string{"FARDPLAN_DATABASE_URL=" + databaseURL, "FARDPLAN_DATABASE_URL_FILE=" + good}, "FARDPLAN_DATABASE_URL setting_twice", "remove one"},
	}
	for _, tt := range refused {
		faults := faultsOf(t, tt.environ...)
		if diff := cmp.Diff([]string{tt.want}, fields(faults)); diff != "" {
			t.Errorf("the faults of %q (-want +got):\n%s", tt.environ, diff)
		}
		if !strings.Contains(faults[0].En, tt.says) || strings.Contains(faults[0].Sv+faults[0].En, "canary") {
			t.Errorf("%q gives %q, want it to say %q and no secret", tt.environ, faults[0].En, tt.says)
		}
	}
}

func TestSettingsThatContradictEachOtherAreRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "issuers.json")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	db := "=" + databaseURL
	tests := []struct {
		environ []string
		want    []string
	}{
		{[]string{"FARDPLAN_DEMO=1", "FARDPLAN_DATABASE_URL" + db}, []string{"FARDPLAN_DEMO demo_database"}},
		{[]string{"FARDPLAN_DEMO=1", "FARDPLAN_ADDR=:8080"}, []string{"FARDPLAN_DEMO demo_address"}},
		{[]string{"FARDPLAN_DEMO=1", "FARDPLAN_ADDR=10.0.0.1:8080"}, []string{"FARDPLAN_DEMO demo_address"}},
		{[]string{"FARDPLAN_DEMO=1", "FARDPLAN_ADDR=fardplan.example:8080", "FARDPLAN_DATABASE_URL" + db},
			[]string{"FARDPLAN_DEMO demo_database", "FARDPLAN_DEMO demo_address"}},
		{[]string{"FARDPLAN_DATABASE_OWNER_URL" + db}, []string{"FARDPLAN_DATABASE_OWNER_URL database_missing"}},
		{[]string{"FARDPLAN_DATABASE_READ_URL" + db}, []string{"FARDPLAN_DATABASE_READ_URL database_missing"}},
		{[]string{"FARDPLAN_METRICS_ADDR=127.0.0.1:8080"}, []string{"FARDPLAN_METRICS_ADDR address_taken"}},
		{[]string{"FARDPLAN_OIDC_FILE=" + file}, []string{"FARDPLAN_OIDC_FILE oidc_public_url"}},
		{[]string{"FARDPLAN_OIDC_FILE=" + file, "FARDPLAN_PUBLIC_URL=http://fardplan.example"}, []string{"FARDPLAN_OIDC_FILE oidc_public_url"}},
		{[]string{"FARDPLAN_OIDC_FILE=" + file, "FARDPLAN_PUBLIC_URL=http://10.0.0.1:8080"}, []string{"FARDPLAN_OIDC_FILE oidc_public_url"}},
		{[]string{"FARDPLAN_OIDC_FILE=" + file, "FARDPLAN_PUBLIC_URL=http://localhost.example"}, []string{"FARDPLAN_OIDC_FILE oidc_public_url"}},
		{[]string{"FARDPLAN_OIDC_FILE=" + file, "FARDPLAN_PUBLIC_URL=https://fardplan.example/plan"}, []string{"FARDPLAN_OIDC_FILE oidc_public_url"}},
		{[]string{"FARDPLAN_SESSION_IDLE=12h1s"}, []string{"FARDPLAN_SESSION_IDLE session_idle"}},
		{[]string{"FARDPLAN_SESSION_LIFE=1h"}, []string{"FARDPLAN_SESSION_IDLE session_idle"}}, // the usual idle time is longer
		// A rule is not asked about a variable that is wrong by itself.
		{[]string{"FARDPLAN_SESSION_IDLE=13h", "FARDPLAN_SESSION_LIFE=12"}, []string{"FARDPLAN_SESSION_LIFE setting_value"}},
		{[]string{"FARDPLAN_OIDC_FILE=" + file, "FARDPLAN_PUBLIC_URL=ftp://x"}, []string{"FARDPLAN_PUBLIC_URL setting_value"}},
		{[]string{"FARDPLAN_DEMO=1", "FARDPLAN_DATABASE_URL_FILE=/nowhere/secret"}, []string{"FARDPLAN_DATABASE_URL_FILE setting_file"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, fields(faultsOf(t, tt.environ...))); diff != "" {
			t.Errorf("the faults of %q (-want +got):\n%s", tt.environ, diff)
		}
	}
	for _, addr := range []string{"localhost:8080", "127.0.0.1:8080", "[::1]:8080", "127.1.2.3:0"} {
		if c := load(t, "FARDPLAN_DEMO=1", "FARDPLAN_ADDR="+addr); !c.Demo {
			t.Errorf("demo mode is off on %s", addr)
		}
	}
	load(t, "FARDPLAN_ADDR=127.0.0.1:0", "FARDPLAN_METRICS_ADDR=127.0.0.1:0") // two free ports are two ports
	for _, public := range []string{"https://fardplan.example", "https://fardplan.example:8443/", "http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"} {
		load(t, "FARDPLAN_OIDC_FILE="+file, "FARDPLAN_PUBLIC_URL="+public)
	}
	load(t, "FARDPLAN_PUBLIC_URL=http://fardplan.example/plan") // without sign-in no cookie is at stake
	load(t, "FARDPLAN_SESSION_IDLE=3h", "FARDPLAN_SESSION_LIFE=3h")
}

// What follows compares the address with what browsers say, and with https.
func TestThePublicAddressIsAsBrowsersWriteIt(t *testing.T) {
	if c := load(t, "FARDPLAN_PUBLIC_URL=HTTPS://Fardplan.Example:8443/Plan/"); c.PublicURL != "https://fardplan.example:8443/Plan" {
		t.Errorf("the address is %s", c.PublicURL)
	}
}

func TestNoWayOfPrintingShowsASecret(t *testing.T) {
	c := load(t, "FARDPLAN_DATABASE_URL="+databaseURL, "FARDPLAN_DATABASE_OWNER_URL=postgres://h/d?password=canary-9f3", "FARDPLAN_POOL_SIZE=7")
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("settings", "config", c, "url", c.DatabaseURL)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("settings", "config", c, "url", c.DatabaseURL)
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	type hidden struct{ c config.Config }
	printed := []string{c.String(), logged.String(), string(asJSON)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{c, &c, c.DatabaseURL, hidden{c}, []any{c.DatabaseOwnerURL}} {
			printed = append(printed, fmt.Sprintf(verb, v))
		}
	}
	for _, s := range printed {
		if strings.Contains(s, "canary") || strings.Contains(s, fmt.Sprintf("%x", "canary")) {
			t.Errorf("a password shows in %s", s)
		}
	}
	for _, shown := range []string{"postgres://fardplan:xxxxx@db.example:5432/fardplan", `FARDPLAN_POOL_SIZE="7"`, `FARDPLAN_MAX_BODY_BYTES="1MiB"`, `FARDPLAN_LOG_LEVEL="info"`} {
		if !strings.Contains(c.String(), shown) {
			t.Errorf("%s does not show %s", c, shown)
		}
	}
	for _, odd := range []string{"canary", "host=h password=canary", "postgres:canary", "postgres://u:canary@h:x/"} {
		if got := config.NewSecret(odd).String(); got != "***" {
			t.Errorf("%q is shown as %q", odd, got)
		}
	}
}

func TestAWrongValueIsShownShortAndWithoutCredentials(t *testing.T) {
	long := faultsOf(t, "FARDPLAN_LOG_FORMAT="+strings.Repeat("å", 500))[0]
	if n := len([]rune(long.En)); n > 200 {
		t.Errorf("the fault has %d characters", n)
	}
	for _, wrong := range []string{"https://user:canary-9f3@fardplan.example", "https://user:can/ary@x:canary-9f3@h.example"} {
		if f := faultsOf(t, "FARDPLAN_PUBLIC_URL="+wrong)[0]; strings.Contains(f.Sv+f.En, "canary-9f3") {
			t.Errorf("the fault shows a password: %v", f)
		}
	}
}
