package graph

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"fardplan/internal/access"
	"fardplan/internal/fault"
)

// The media types of GraphQL over HTTP.
const (
	typeResponse = "application/graphql-response+json"
	typeJSON     = "application/json"
)

// transport is GraphQL over HTTP as its specification says: POST with JSON, GET for
// queries, and a status that tells whether the operation ran at all.
type transport struct {
	maxBody   int64 // of a request, in bytes
	maxUpload int64 // likewise of one who is signed in, who may send files
}

var _ graphql.Transport = transport{}

// Supports takes every request: what is not GraphQL is refused as HTTP does it.
func (transport) Supports(*http.Request) bool { return true }

// Do answers one request.
func (t transport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	answerType, ok := acceptable(r.Header.Values("Accept"))
	if !ok {
		t.refuse(w, r, typeJSON, http.StatusNotAcceptable, fault.New(fault.Invalid,
			"Svaret finns bara som "+typeResponse+" eller "+typeJSON+". Ange någon av dem i Accept.",
			"The answer is to be had as "+typeResponse+" or "+typeJSON+" only. Name one of them in Accept."))
		return
	}
	params, status, refused := t.read(w, r)
	if refused != nil {
		t.refuse(w, r, answerType, status, refused)
		return
	}
	params.Headers = r.Header
	params.ReadTime = graphql.TraceTiming{Start: graphql.Now(), End: graphql.Now()}
	ctx := r.Context()
	op, errs := exec.CreateOperationContext(ctx, params)
	if len(errs) > 0 {
		// Nothing has run. In the older media type that is not the status's to say.
		status := http.StatusBadRequest
		if answerType == typeJSON {
			status = http.StatusOK
		}
		answer := exec.DispatchError(graphql.WithOperationContext(ctx, op), errs)
		write(w, answerType, status, notRun{answer.Errors, answer.Extensions})
		return
	}
	if r.Method == http.MethodGet && op.Operation.Operation != ast.Query {
		w.Header().Set("Allow", http.MethodPost)
		t.refuse(w, r, answerType, http.StatusMethodNotAllowed, fault.New(fault.Invalid,
			"En ändring skickas med POST.", "A mutation is sent by POST."))
		return
	}
	answers, ctx := exec.DispatchOperation(ctx, op)
	answer := answers(ctx)
	if answer == nil { // the client has gone
		answer = &graphql.Response{Errors: gqlerror.List{{Message: "cancelled"}}}
	}
	write(w, answerType, http.StatusOK, answer)
}

// acceptable chooses the media type of the answer.
func acceptable(accept []string) (string, bool) {
	header := strings.Join(accept, ",")
	if strings.TrimSpace(header) == "" {
		return typeJSON, true
	}
	best, quality := "", 0.0
	for part := range strings.SplitSeq(header, ",") {
		media, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue
		}
		q := 1.0
		if text, ok := params["q"]; ok {
			if json.Unmarshal([]byte(text), &q) != nil {
				q = 0
			}
		}
		if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
			continue
		}
		offered := map[string]string{typeResponse: typeResponse, typeJSON: typeJSON, "application/*": typeJSON, "*/*": typeJSON}[media]
		if offered != "" && q > quality {
			best, quality = offered, q
		}
	}
	return best, best != ""
}

// read gives the request's parameters, or the status and fault to refuse it with.
func (t transport) read(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, int, *fault.Error) {
	switch r.Method {
	case http.MethodGet:
		return readURL(r)
	case http.MethodPost:
		return t.readBody(w, r)
	}
	w.Header().Set("Allow", "GET, POST")
	return nil, http.StatusMethodNotAllowed, fault.New(fault.Invalid, "Fråga med GET eller POST.", "Ask by GET or POST.")
}

func readURL(r *http.Request) (*graphql.RawParams, int, *fault.Error) {
	values := r.URL.Query()
	params := &graphql.RawParams{Query: values.Get("query"), OperationName: values.Get("operationName")}
	if params.Query == "" {
		return nil, http.StatusBadRequest, badRequest("query")
	}
	for name, into := range map[string]*map[string]any{"variables": &params.Variables, "extensions": &params.Extensions} {
		if text := values.Get(name); text != "" {
			if err := decode(strings.NewReader(text), into); err != nil {
				return nil, http.StatusBadRequest, badRequest(name)
			}
		}
	}
	return params, 0, nil
}

func (t transport) readBody(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, int, *fault.Error) {
	media, options, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset := options["charset"]; err != nil || media != typeJSON || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, http.StatusUnsupportedMediaType, fault.New(fault.Invalid,
			"Skicka frågan som JSON i UTF-8, med Content-Type: application/json.",
			"Send the request as JSON in UTF-8, with Content-Type: application/json.")
	}
	var body struct {
		Query         *string        `json:"query"`
		OperationName *string        `json:"operationName"`
		Variables     map[string]any `json:"variables"`
		Extensions    map[string]any `json:"extensions"`
	}
	most := t.maxBody
	if access.From(r.Context()).SignedIn() {
		most = max(most, t.maxUpload)
	}
	err = decode(http.MaxBytesReader(w, r.Body, most), &body)
	var tooLarge *http.MaxBytesError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &tooLarge):
		return nil, http.StatusRequestEntityTooLarge, fault.New(fault.Limited, "Frågan är för stor. Dela upp den.", "The request is too large. Split it.")
	case errors.As(err, &wrong) && wrong.Field != "":
		return nil, http.StatusBadRequest, badRequest(wrong.Field)
	case err != nil:
		return nil, http.StatusBadRequest, fault.New(fault.Invalid,
			"Frågan är inte ett JSON-objekt med query och eventuellt operationName, variables och extensions.",
			"The request is not a JSON object with query and perhaps operationName, variables and extensions.")
	case body.Query == nil || *body.Query == "":
		return nil, http.StatusBadRequest, badRequest("query")
	}
	params := &graphql.RawParams{Query: *body.Query, Variables: body.Variables, Extensions: body.Extensions}
	if body.OperationName != nil {
		params.OperationName = *body.OperationName
	}
	return params, 0, nil
}

// decode reads exactly one JSON value, numbers as written.
func decode(r io.Reader, into any) error {
	d := json.NewDecoder(r)
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = errors.New("more than one value")
		}
		return err
	}
	return nil
}

func badRequest(parameter string) *fault.Error {
	forms := map[string][2]string{
		"query":         {"query saknas eller är ingen text.", "query is missing or no text."},
		"operationName": {"operationName ska vara en text.", "operationName is to be a text."},
	}
	form, ok := forms[parameter]
	if !ok {
		form = [2]string{parameter + " ska vara ett JSON-objekt.", parameter + " is to be a JSON object."}
	}
	return fault.New(fault.Invalid, form[0], form[1]).At(parameter)
}

func (t transport) refuse(w http.ResponseWriter, r *http.Request, answerType string, status int, f *fault.Error) {
	write(w, answerType, status, notRun{Errors: gqlerror.List{{Message: message(r.Context(), f), Extensions: extensions(f)}}})
}

// notRun is the answer to an operation that never ran, which has no data.
type notRun struct {
	Errors     gqlerror.List  `json:"errors"`
	Extensions map[string]any `json:"extensions,omitempty"`
}

func write(w http.ResponseWriter, answerType string, status int, answer any) {
	body, err := json.Marshal(answer)
	if err != nil {
		panic(err) // the parts are JSON already
	}
	w.Header().Set("Content-Type", answerType+"; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
