package frontend_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"fardplan/frontend"
)

// ask sends one request to the handler; headers are pairs of name and value.
func ask(t *testing.T, method, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	h, err := frontend.Handler()
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestTheStartPageTellsWhereTheServerAnswers(t *testing.T) {
	w := ask(t, "GET", "/")
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("the answer is %d %s", w.Code, w.Header().Get("Content-Type"))
	}
	page := w.Body.String()
	for _, part := range []string{"/graphql", "/healthz", "/readyz", "make run", "make test", frontend.ExampleQuery} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
	links := regexp.MustCompile(`href="(/graphql\?[^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(links) != 2 {
		t.Fatalf("there are %d links to the example, want one in each language", len(links))
	}
	for _, link := range links {
		u, err := url.Parse(strings.ReplaceAll(link[1], "&#43;", "+"))
		if err != nil || u.Query().Get("query") != frontend.ExampleQuery {
			t.Errorf("the link %s asks %q", link[1], u.Query().Get("query"))
		}
	}
}

func TestThePagesSayWhichLanguageTheirTextsAreIn(t *testing.T) {
	for _, path := range []string{"/", "/finns-inte"} {
		page := ask(t, "GET", path).Body.String()
		if !strings.Contains(page, `<html lang="sv">`) || !strings.Contains(page, `class="english" lang="en"`) {
			t.Errorf("%s does not mark its languages", path)
		}
	}
}

// TestThePagesAreWellFormed also sees that ids are unique and that the parts of
// the page that point at an id find it.
func TestThePagesAreWellFormed(t *testing.T) {
	for _, path := range []string{"/", "/finns-inte"} {
		d := xml.NewDecoder(ask(t, "GET", path).Body)
		d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
		ids, wanted := map[string]bool{}, []string{}
		var headings int
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			start, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			switch start.Name.Local {
			case "h1":
				headings++
			case "script":
				t.Errorf("%s has a script, which its own policy refuses", path)
			}
			for _, a := range start.Attr {
				switch {
				case a.Name.Local == "id" && ids[a.Value]:
					t.Errorf("%s has the id %q twice", path, a.Value)
				case a.Name.Local == "id":
					ids[a.Value] = true
				case a.Name.Local == "aria-labelledby", a.Name.Local == "href" && strings.HasPrefix(a.Value, "#"):
					wanted = append(wanted, strings.TrimPrefix(a.Value, "#"))
				case a.Name.Local == "style":
					t.Errorf("%s has a style of its own on %s, which its own policy refuses", path, start.Name.Local)
				}
			}
		}
		if headings != 1 {
			t.Errorf("%s has %d first headings", path, headings)
		}
		for _, id := range wanted {
			if !ids[id] {
				t.Errorf("%s points at the id %q, which is not there", path, id)
			}
		}
	}
}

func TestEveryAnswerIsLockedDown(t *testing.T) {
	for _, path := range []string{"/", "/style.css", "/finns-inte"} {
		h := ask(t, "GET", path).Header()
		want := "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
		if h.Get("Content-Security-Policy") != want || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s has the headers %v", path, h)
		}
	}
}

func TestAnUnknownAddressIs404InSwedishAndEnglish(t *testing.T) {
	for _, path := range []string{"/finns-inte", "/style.css/", "/page/start.html", "/index.html"} {
		w := ask(t, "GET", path)
		page := w.Body.String()
		if w.Code != http.StatusNotFound || !strings.Contains(page, "Sidan finns inte") || !strings.Contains(page, "There is no such page") ||
			w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s answers %d %v", path, w.Code, w.Header())
		}
	}
	if w := ask(t, "HEAD", "/finns-inte"); w.Code != http.StatusNotFound || w.Body.Len() != 0 {
		t.Errorf("HEAD answers %d with %d bytes", w.Code, w.Body.Len())
	}
}

func TestBrowsersFetchAPageAgainOnlyWhenItHasChanged(t *testing.T) {
	seen := map[string]bool{}
	for _, path := range []string{"/", "/style.css"} {
		first := ask(t, "GET", path)
		etag := first.Header().Get("Etag")
		if etag == "" || seen[etag] || first.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%s has the headers %v", path, first.Header())
		}
		seen[etag] = true
		if again := ask(t, "GET", path, "If-None-Match", etag); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("%s answers %d to its own ETag", path, again.Code)
		}
		if changed := ask(t, "GET", path, "If-None-Match", `"older"`); changed.Code != 200 || changed.Body.Len() == 0 {
			t.Errorf("%s answers %d to an old ETag", path, changed.Code)
		}
	}
}

func TestHEADHasTheHeadersOfGETAndNoBody(t *testing.T) {
	get, head := ask(t, "GET", "/"), ask(t, "HEAD", "/")
	if head.Code != 200 || head.Body.Len() != 0 {
		t.Errorf("HEAD answers %d with %d bytes", head.Code, head.Body.Len())
	}
	for _, name := range []string{"Etag", "Content-Type", "Content-Length"} {
		if head.Header().Get(name) != get.Header().Get(name) || get.Header().Get(name) == "" {
			t.Errorf("%s is %q for HEAD and %q for GET", name, head.Header().Get(name), get.Header().Get(name))
		}
	}
}

func TestThePagesAreOnlyRead(t *testing.T) {
	w := ask(t, "POST", "/")
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST answers %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

var colour = regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`)

// luminance is WCAG's relative luminance of a colour written rrggbb.
func luminance(t *testing.T, rgb string) float64 {
	t.Helper()
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(rgb[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func TestTextKeepsWCAGContrastInBothSchemes(t *testing.T) {
	light, dark, ok := strings.Cut(ask(t, "GET", "/style.css").Body.String(), "@media (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("there is no dark scheme")
	}
	pairs := []struct {
		text, ground string
		least        float64
	}{
		{"ink", "ground", 4.5}, {"ink", "panel", 4.5}, {"quiet", "ground", 4.5}, {"link", "ground", 4.5},
		{"on-action", "action", 4.5}, {"action", "ground", 3}, {"mark-line", "mark", 3},
	}
	for scheme, css := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]string{}
		for _, m := range colour.FindAllStringSubmatch(css, -1) {
			colours[m[1]] = m[2]
		}
		for _, p := range pairs {
			if colours[p.text] == "" || colours[p.ground] == "" {
				t.Errorf("the %s scheme lacks %s or %s", scheme, p.text, p.ground)
				continue
			}
			a, b := luminance(t, colours[p.text]), luminance(t, colours[p.ground])
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < p.least {
				t.Errorf("%s on %s is %.2f:1 in the %s scheme, want %.1f:1", p.text, p.ground, ratio, scheme, p.least)
			}
		}
	}
}
