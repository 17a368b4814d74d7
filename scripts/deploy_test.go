package scripts_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fardplan/graph"
	"fardplan/internal/app"
	"fardplan/internal/config"
	"fardplan/internal/openeplatform"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// copyOf copies a file or folder of the project to another folder, without node_modules.
func copyOf(t *testing.T, source, to string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join("..", source), func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "node_modules":
			return filepath.SkipDir
		}
		target := filepath.Join(to, strings.TrimPrefix(path, ".."))
		if entry.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o600)
	})
	if err != nil {
		t.Errorf("it copies %s: %v", source, err)
	}
}

// TestContainerfile holds what can be known of the image without building it: what it
// copies is all that the program is built from, it is built as everywhere else, and it
// runs as nobody.
func TestContainerfile(t *testing.T) {
	text := read(t, "deploy/Containerfile")
	copies := regexp.MustCompile(`(?m)^COPY ([^-].*) \S+$`).FindAllStringSubmatch(text, -1)
	folder, want := t.TempDir(), []string{"*", "**/node_modules"}
	for _, c := range copies {
		for _, source := range strings.Fields(c[1]) {
			want = append(want, "!"+source)
			copyOf(t, source, folder)
		}
	}
	var sent []string
	for _, line := range strings.Split(read(t, ".containerignore"), "\n") {
		if line != "" && line[0] != '#' {
			sent = append(sent, line)
		}
	}
	slices.Sort(sent)
	if slices.Sort(want); !slices.Equal(sent, want) {
		t.Errorf(".containerignore has %q, want %q", sent, want)
	}
	// Every package and every embedded file is among them, and so is what makes them.
	for _, command := range [][]string{{"go", "list", "-deps", "./cmd/fardplan"}, {"make", "--dry-run", "build", "VERSION=prov"}} {
		build := exec.CommandContext(t.Context(), command[0], command[1:]...)
		build.Dir, build.Env = folder, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
		out, err := build.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "fardplan") {
			t.Errorf("%s: %v\n%s", strings.Join(command, " "), err, out)
		}
	}
	language := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))[1]
	for _, line := range []string{
		"FROM docker.io/library/golang:" + language + "-bookworm AS build\n", `RUN CGO_ENABLED=0 make build VERSION="$VERSION"` + "\n",
		"COPY --from=build /src/bin/fardplan /usr/local/bin/fardplan\n", "\nUSER nonroot\n", `CMD ["serve"]`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("it lacks %q", line)
		}
	}
}

// TestProxies holds that a proxy in front lets through what the program takes in, for as
// long as the program may work on it: its own answer says what is too large or too slow.
func TestProxies(t *testing.T) {
	cfg, err := config.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for path, at := range map[string]struct{ body, time *regexp.Regexp }{
		"deploy/nginx.conf": {regexp.MustCompile(`client_max_body_size (\d+)m;`), regexp.MustCompile(`proxy_read_timeout (\d+)s;`)},
		"deploy/Caddyfile":  {regexp.MustCompile(`max_size (\d+)MiB`), regexp.MustCompile(`response_header_timeout (\d+)s`)},
	} {
		text := read(t, path)
		limit := func(at *regexp.Regexp) int {
			found := at.FindStringSubmatch(text)
			if found == nil {
				t.Fatalf("%s has no %s", path, at)
			}
			n, _ := strconv.Atoi(found[1])
			return n
		}
		if most := limit(at.body) << 20; most <= int(cfg.MaxUploadBytes) {
			t.Errorf("%s refuses bodies above %d bytes, and the program takes %d", path, most, cfg.MaxUploadBytes)
		}
		if most := time.Duration(limit(at.time)) * time.Second; most <= cfg.QueryTimeout*graph.MutationTimes {
			t.Errorf("%s gives up after %s, and the program works for %s", path, most, cfg.QueryTimeout*graph.MutationTimes)
		}
	}
}

// TestUnit holds the settings that keep the program from the rest of the machine.
func TestUnit(t *testing.T) {
	settings := map[string][]string{}
	for n, line := range strings.Split(read(t, "deploy/fardplan.service"), "\n") {
		if line == "" || line[0] == '#' || line[0] == '[' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			t.Errorf("line %d is no setting: %s", n+1, line)
		}
		settings[name] = append(settings[name], value)
	}
	for name, want := range map[string]string{
		"ExecStart": "/usr/local/bin/fardplan serve", "DynamicUser": "yes", "NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "ProtectSystem": "strict", "ProtectHome": "yes",
		"PrivateTmp": "yes", "PrivateDevices": "yes", "ProtectKernelTunables": "yes", "ProtectKernelModules": "yes", "ProtectControlGroups": "yes", "RestrictNamespaces": "yes",
		"RestrictSUIDSGID": "yes", "MemoryDenyWriteExecute": "yes", "LockPersonality": "yes", "SystemCallArchitectures": "native", "SystemCallErrorNumber": "EPERM",
		"RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX", "UMask": "0077", "Restart": "on-failure", "StartLimitIntervalSec": "0", "TimeoutStopSec": "60", "WantedBy": "multi-user.target",
	} {
		if got := settings[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// TestUnitIsVerified lets systemd read the unit: it knows every setting, and finds the
// program well kept from the rest of the machine.
func TestUnitIsVerified(t *testing.T) {
	analyze := tool(t, "systemd-analyze")
	program, err := os.Executable() // one that is there
	if err != nil {
		t.Fatal(err)
	}
	unit := filepath.Join(t.TempDir(), "fardplan.service")
	write(t, unit, replaced(t, read(t, "deploy/fardplan.service"), "/usr/local/bin/fardplan", program))
	for _, arguments := range [][]string{{"verify", "--man=no", "--recursive-errors=no", unit}, {"security", "--offline=yes", "--no-pager", "--threshold=15", unit}} {
		out, err := exec.CommandContext(t.Context(), analyze, arguments...).CombinedOutput()
		if err != nil || arguments[0] == "verify" && len(out) > 0 {
			t.Errorf("systemd-analyze %s: %v\n%s", arguments[0], err, out)
		}
	}
}

// TestJobsAreTold holds that an operator is told of everything that the program does by
// itself, and when.
func TestJobsAreTold(t *testing.T) {
	text := read(t, "docs/operations.md")
	for _, j := range app.Jobs(&app.Services{}, openeplatform.Options{}) {
		when := fmt.Sprintf("every %.0f minutes", j.Every.Minutes())
		switch {
		case j.NightHour != nil:
			when = fmt.Sprintf("%02d:00 in Sweden", *j.NightHour)
		case j.Every == time.Hour:
			when = "every hour"
		}
		if !regexp.MustCompile("(?m)^\\| `" + j.Name + "` \\| [^|]*" + when).MatchString(text) {
			t.Errorf("docs/operations.md does not tell that %s runs %s", j.Name, when)
		}
	}
}

// TestSettingsThatAreNamedExist holds that what is told to operators is a setting.
func TestSettingsThatAreNamedExist(t *testing.T) {
	known := read(t, "docs/configuration.md")
	seen := 0
	for _, path := range []string{"deploy/Containerfile", "deploy/fardplan.service", "deploy/nginx.conf", "deploy/Caddyfile", "docs/operations.md"} {
		for _, name := range regexp.MustCompile(`FARDPLAN_[A-Z_]+`).FindAllString(read(t, path), -1) {
			seen++
			if !strings.Contains(known, "`"+name+"`") && !strings.Contains(known, "`"+strings.TrimSuffix(name, "_FILE")+"`") {
				t.Errorf("%s names %s, which is no setting", path, name)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d settings are named", seen)
	}
	for _, path := range regexp.MustCompile("`((?:deploy|scripts|migrations)/[a-zA-Z_./-]+)`").FindAllStringSubmatch(read(t, "docs/operations.md"), -1) {
		if _, err := os.Stat(filepath.Join("..", path[1])); err != nil {
			t.Errorf("docs/operations.md names %s: %v", path[1], err)
		}
	}
}
