package server

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fake makes an installation that says it is of a version.
func fake(t *testing.T, root, name, version string, status int) string {
	t.Helper()
	folder := filepath.Join(root, name)
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, binary := range []string{"postgres", "initdb"} {
		script := fmt.Sprintf("#!/bin/sh\necho '%s (PostgreSQL) %s'\nexit %d\n", binary, version, status)
		if err := os.WriteFile(filepath.Join(folder, binary), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestFindGivesWhatRunsTheHighestFirst(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	extra := []string{
		filepath.Join(root, "nothing"),
		fake(t, root, "old", "9.6.24", 0),
		fake(t, root, "debian", "15.9 (Debian 15.9-0+deb12u1)", 0),
		fake(t, root, "ten", "15.10", 0),
		fake(t, root, "same", "15.10", 0),
		fake(t, root, "beta", "99beta1", 0),
		fake(t, root, "broken", "98.1", 127),
		fake(t, root, "other", "of something else", 0),
	}
	if err := os.Symlink("ten", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	extra = append(extra, filepath.Join(root, "link"))
	var got []string
	for _, i := range Find(t.Context(), extra) {
		if filepath.Dir(i.Dir) == root {
			got = append(got, fmt.Sprintf("%s %d %s", filepath.Base(i.Dir), i.Major, i.Version))
		}
	}
	if want := "beta 99 99beta1, ten 15 15.10, same 15 15.10, debian 15 15.9, old 9 9.6.24"; strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
}

func TestChooseTakesTheInstallationThatTheDataIsOf(t *testing.T) {
	all := []Installation{{Major: 18, Version: "18.4"}, {Major: 15, Version: "15.18"}, {Major: 15, Version: "15.2"}, {Major: 14, Version: "14.1"}}
	for name, c := range map[string]struct {
		version string
		wanted  int
		all     []Installation
		want    string
		fault   []string
	}{
		"new data takes the highest":      {"", 0, all, "18.4", nil},
		"new data of a wanted version":    {"", 15, all, "15.18", nil},
		"old data takes its own":          {"15", 0, all, "15.18", nil},
		"old data of the wanted version":  {"18", 18, all, "18.4", nil},
		"old data without its own":        {"17", 0, all, "", []string{"PostgreSQL 17", "18.4, 15.18", "postgresql-17"}},
		"a wanted version that is absent": {"", 16, all, "", []string{"PostgreSQL 16", "18.4", "postgresql-16"}},
		"only too old ones":               {"", 0, all[3:], "", []string{"PostgreSQL 15", "14.1", "apt install postgresql,", "install.sh"}},
		"none at all":                     {"", 0, nil, "", []string{"PostgreSQL 15", "apt install postgresql,", "install.sh"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := choose(c.all, place{home: "/x", version: c.version}, c.wanted)
			if got.Version != c.want {
				t.Errorf("got %q, want %q", got.Version, c.want)
			}
			if c.fault != nil {
				wantFault(t, err, c.fault...)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}
