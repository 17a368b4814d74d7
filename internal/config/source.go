package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"fardplan/internal/fault"
)

// fileSuffix after a secret's name gives the file that holds it.
const fileSuffix = "_FILE"

// source is the program's part of the environment, with secrets read from
// their files.
type source struct {
	values   map[string]string // by variable; empty values left out
	fromFile map[string]bool   // the variables whose value came from a file
}

// field is what a fault of the variable points at: what the operator wrote.
func (s source) field(name string) string {
	if s.fromFile[name] {
		return name + fileSuffix
	}
	return name
}

func read(environ []string) (source, fault.List) {
	// The map is never nil: env would read the process's environment instead.
	src := source{values: map[string]string{}, fromFile: map[string]bool{}}
	known := map[string]bool{}
	secretFile := map[string]string{} // FARDPLAN_X_FILE: FARDPLAN_X
	var names []string
	for _, v := range Describe() {
		known[v.Name] = true
		names = append(names, v.Name)
		if v.Secret {
			secretFile[v.Name+fileSuffix] = v.Name
			names = append(names, v.Name+fileSuffix)
		}
	}

	var faults fault.List
	files := map[string]string{}
	seen := map[string]bool{}
	for _, entry := range environ {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || seen[name] || !strings.HasPrefix(strings.ToUpper(name), prefix) {
			continue
		}
		seen[name] = true // the first of several counts, as it does for the C library
		switch {
		case !known[name] && secretFile[name] == "":
			faults.Add(unknown(name, names))
		case strings.TrimSpace(value) == "":
		case known[name]:
			src.values[name] = strings.TrimSpace(value)
		default:
			files[secretFile[name]] = value
		}
	}

	for _, v := range Describe() {
		path, ok := files[v.Name]
		if !ok {
			continue
		}
		if src.values[v.Name] != "" {
			faults.Add(fault.Field(v.Name, "setting_twice",
				fmt.Sprintf("Både %s och %s är satta. Ta bort den ena.", v.Name, v.Name+fileSuffix),
				fmt.Sprintf("both %s and %s are set; remove one of them", v.Name, v.Name+fileSuffix)))
			continue
		}
		value, err := secretFrom(path)
		if err != nil {
			shown := printable(path)
			if strings.Contains(path, "://") {
				shown = `"***"` // the secret itself, where its file should be named
			}
			faults.Add(fault.Field(v.Name+fileSuffix, "setting_file",
				fmt.Sprintf("Filen %s går inte att använda: %s. Ange en läsbar fil som bara innehåller värdet.", shown, reason(err)),
				fmt.Sprintf("the file %s cannot be used: %s; give a readable file that holds the value and nothing else", shown, reason(err))))
			continue
		}
		src.values[v.Name], src.fromFile[v.Name] = value, true
	}
	return src, faults
}

// secretFrom reads a secret; the newline that editors leave at the end is no
// part of it.
func secretFrom(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read a secret: %w", err)
	}
	value := strings.TrimRight(string(b), "\r\n")
	if value == "" {
		return "", errors.New("empty")
	}
	return value, nil
}

// reason is err without the path, which the fault has named already.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

func unknown(name string, names []string) *fault.Error {
	sv, en := "Variabeln finns inte. Ta bort den.", "there is no such variable; remove it"
	if near := nearest(name, names); near != "" {
		sv = fmt.Sprintf("Variabeln finns inte. Menade du %s?", near)
		en = fmt.Sprintf("there is no such variable; did you mean %s?", near)
	}
	return fault.Field(name, "setting_unknown", sv, en)
}

// nearest is the name that wrong most likely stands for, or nothing when none
// is close: at most a third of it may be wrong.
func nearest(wrong string, names []string) string {
	best, least := "", 0
	// Only secrets have files, so the suffix on another name is the mistake.
	for _, form := range []string{strings.ToUpper(wrong), strings.TrimSuffix(strings.ToUpper(wrong), fileSuffix)} {
		for _, name := range names {
			d := distance(strings.TrimPrefix(form, prefix), strings.TrimPrefix(name, prefix))
			if d*3 <= len(name)-len(prefix) && (best == "" || d < least) {
				best, least = name, d
			}
		}
	}
	return best
}

// distance is the least number of letters to add, remove or change that makes
// a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// credentials is the part of a URL that is never printed, wherever the URL
// was written by mistake.
var credentials = regexp.MustCompile(`//.*@`)

// printable quotes a wrong value for a fault: at most 100 characters of it,
// and without credentials.
func printable(value string) string {
	value = credentials.ReplaceAllString(value, "//***@")
	if r := []rune(value); len(r) > 100 {
		value = string(r[:100]) + "…"
	}
	return fmt.Sprintf("%q", value)
}
