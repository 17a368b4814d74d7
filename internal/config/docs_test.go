package config_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"fardplan/internal/config"
)

var update = flag.Bool("update", false, "write the tables of docs/configuration.md anew")

const document = "../../docs/configuration.md"

// table is the Markdown table of every variable in one language.
func table(heads [4]string, none, secret string, row func(config.Variable) (values, meaning string)) string {
	var b strings.Builder
	b.WriteString("| " + strings.Join(heads[:], " | ") + " |\n|" + strings.Repeat(" --- |", len(heads)) + "\n")
	for _, v := range config.Describe() {
		values, meaning := row(v)
		if v.Secret {
			meaning += " " + secret
		}
		deflt := none
		if v.Default != "" {
			deflt = "`" + v.Default + "`"
		}
		b.WriteString("| `" + v.Name + "` | " + deflt + " | " + strings.ReplaceAll(values, "*", `\*`) + " | " + meaning + " |\n")
	}
	return b.String()
}

func TestTheDocumentHoldsEveryVariable(t *testing.T) {
	tables := map[string]string{
		"sv": table([4]string{"Variabel", "Förval", "Värden", "Betydelse"}, "inget", "Hemlig.",
			func(v config.Variable) (string, string) { return v.ValuesSv, v.MeaningSv }),
		"en": table([4]string{"Variable", "Default", "Values", "Meaning"}, "none", "Secret.",
			func(v config.Variable) (string, string) { return v.ValuesEn, v.MeaningEn }),
	}
	b, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for lang, want := range tables {
		begin, end := "<!-- variables "+lang+" -->\n", "<!-- end -->"
		before, rest, ok := strings.Cut(text, begin)
		got, after, closed := strings.Cut(rest, end)
		if !ok || !closed {
			t.Fatalf("%s has no place for the table: write %q and %q", document, begin, end)
		}
		if got != want && !*update {
			t.Errorf("the table in %s is not that of the settings; run go test ./internal/config -update", lang)
		}
		text = before + begin + want + end + after
	}
	if *update {
		if err := os.WriteFile(document, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
