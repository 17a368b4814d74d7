// Package frontend serves what people see in a browser: a start page in
// Swedish and English that says what the server is and where it answers, and a
// page for addresses that do not exist. The pages need no JavaScript and fetch
// nothing from other servers.
package frontend

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"time"
)

//go:embed page
var files embed.FS

// ExampleQuery is the query that the start page shows and links to: it must
// be answered by a server with any data, also to those who have not signed in.
const ExampleQuery = `{
  municipalities(first: 13) {
    totalCount
    nodes {
      scbCode
      name {
        sv
      }
    }
  }
}`

// contentSecurityPolicy allows the page's own style and nothing else.
const contentSecurityPolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; frame-ancestors 'none'; form-action 'none'"

// asset is one answer, made when the handler is.
type asset struct {
	contentType string
	body        []byte
	etag        string
}

func newAsset(contentType string, body []byte) asset {
	sum := sha256.Sum256(body)
	return asset{contentType, body, `"` + hex.EncodeToString(sum[:12]) + `"`}
}

// Handler serves the pages: the start page at /, its style, and the page of
// what does not exist everywhere else. The error says that an embedded page is
// broken. Browsers keep what they have got and ask each time whether it is
// still right, so that a new release shows at once.
func Handler() (http.Handler, error) {
	templates, err := template.ParseFS(files, "page/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	render := func(name string) (asset, error) {
		var page bytes.Buffer
		err := templates.ExecuteTemplate(&page, name, map[string]string{
			"Query":     ExampleQuery,
			"QueryLink": "/graphql?query=" + url.QueryEscape(ExampleQuery),
		})
		return newAsset("text/html; charset=utf-8", page.Bytes()), err
	}
	start, err := render("start.html")
	if err != nil {
		return nil, fmt.Errorf("make the start page: %w", err)
	}
	missing, err := render("missing.html")
	if err != nil {
		return nil, fmt.Errorf("make the page of what does not exist: %w", err)
	}
	style, err := fs.ReadFile(files, "page/style.css")
	if err != nil {
		return nil, fmt.Errorf("read the style: %w", err)
	}

	assets := map[string]asset{
		"/":          start,
		"/style.css": newAsset("text/css; charset=utf-8", style),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")

		a, found := assets[r.URL.Path]
		if !found {
			h.Set("Content-Type", missing.contentType)
			h.Set("Content-Language", "sv, en")
			h.Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusNotFound)
			if r.Method != http.MethodHead {
				// A reader who has gone away needs no page.
				_, _ = w.Write(missing.body)
			}
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "Adressen går bara att läsa (GET).\nThe address can only be read (GET).", http.StatusMethodNotAllowed)
			return
		}
		h.Set("Content-Type", a.contentType)
		h.Set("Cache-Control", "no-cache")
		h.Set("Etag", a.etag)
		if r.URL.Path == "/" {
			h.Set("Content-Language", "sv, en")
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.body))
	}), nil
}
