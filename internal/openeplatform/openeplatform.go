// Package openeplatform reads the public catalogue (getflows) of an Open
// ePlatform installation the way its servers really send it: JSON or XML, most
// often in ISO-8859-1 that nobody declared, with texts that are HTML. It gives
// plain and safe texts, refuses a document that is not whole, and lists the
// rows it could not read. It knows nothing of what is done with them.
package openeplatform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"fardplan/internal/fault"
)

// Flow is one published e-service of the platform. Its texts are plain: valid
// UTF-8 in NFC without markup, control characters or invisible characters. They
// may hold the character "<", so whoever shows them as HTML escapes them.
type Flow struct {
	// FamilyID is the key that stays when the e-service gets a new version;
	// always positive. Old servers do not send it: then it is the VersionID
	// and UnstableKey is true.
	FamilyID    int64
	UnstableKey bool
	// VersionID changes with every new version and is never a key; 0 when the
	// server sent only the family.
	VersionID int64
	// Name is one line with at least one letter or digit, at most 300 characters.
	Name string
	// Category is the platform's own grouping, such as "Bygga, bo och miljö";
	// empty and 0 when the server sent none.
	Category   string
	CategoryID int64
	// URL is the address of the family when the server sent one, else of the
	// version; http or https, or empty when the server sent none.
	URL string
	// Summary is the platform's short description, often longer than 150
	// characters: see Shorten. Description is its long one. Lines end with
	// "\n", paragraphs are one blank line apart, and list items begin with "- ".
	Summary, Description string
	// RequiresSigning does not imply RequiresAuthentication.
	RequiresAuthentication, RequiresSigning, TakesPayment bool
	// Enabled is true when the server does not say.
	Enabled bool
	// Aliases are more addresses of the same e-service, http or https.
	Aliases []string
}

// RowFault is one row of an otherwise whole document that was refused.
type RowFault struct {
	// Position is the row's place in the document; the first is 1.
	Position int
	// FamilyID and Name are what could be read of the row, else 0 and empty.
	// An e-service that is known by its FamilyID is faulty, not gone.
	FamilyID int64
	Name     string
	// Faults are everything wrong with the row; Field is the platform's own
	// name of the field, and the texts tell the position too.
	Faults fault.List
}

// Document is a catalogue that arrived whole.
type Document struct {
	Flows []Flow
	// Faults are the rows that were refused, in the order of the document.
	Faults []RowFault
	// Encoding is how the text was read: "UTF-8", "UTF-16BE", "UTF-16LE",
	// "windows-1252" (also for ISO-8859-1) or "ISO-8859-15".
	Encoding string
	// Format is "json" or "xml".
	Format string
}

// Options are the limits of Read and Fetch. The zero value is the usual ones.
type Options struct {
	// MaxBytes is the largest document, unpacked, in bytes; 0 means 64 MiB.
	MaxBytes int64
	// MaxFlows is the largest number of rows; 0 means 100,000.
	MaxFlows int
	// Progress, when set, is told the number of rows read so far: after every
	// 500 rows and after the last one, on the caller's goroutine.
	Progress func(read int)
	// Timeout bounds the whole of a Fetch; 0 means one minute. Read has only
	// its context.
	Timeout time.Duration
	// AllowPrivate lets Fetch connect to loopback and private addresses, for a
	// platform on the municipality's own network. Link-local, multicast and
	// other special addresses stay refused.
	AllowPrivate bool
}

var parsers = map[string]func(source, *collector) error{"json": readJSON, "xml": readXML}

const (
	defaultMaxBytes = 64 << 20
	defaultMaxFlows = 100_000
	defaultTimeout  = time.Minute
	progressEvery   = 500
)

func (o Options) withDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.MaxFlows <= 0 {
		o.MaxFlows = defaultMaxFlows
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Progress == nil {
		o.Progress = func(int) {}
	}
	return o
}

// Read reads one catalogue from r. The format comes from the content and the
// charset from the bytes themselves, and only in doubt from contentType, an
// HTTP Content-Type that may be empty, or from the XML declaration.
//
// A document that is not a whole catalogue is refused with a fault whose Rule
// is one of the Rule constants. An empty catalogue is refused too (RuleEmpty),
// so that nobody takes a broken server for a municipality that has closed all
// its e-services. When every row is refused the error is RuleAllRefused and the
// Document holds their faults. Other errors are ctx's or r's own, wrapped.
func Read(ctx context.Context, r io.Reader, contentType string, o Options) (Document, error) {
	o = o.withDefaults()
	raw, err := readAll(ctx, r, o.MaxBytes)
	if err != nil {
		return Document{}, err
	}
	src, err := newSource(raw, contentType)
	if err != nil {
		return Document{}, err
	}
	format, err := src.format(contentType)
	if err != nil {
		return Document{}, err
	}
	c := &collector{ctx: ctx, options: o, positions: map[int64]int{}}
	c.doc = Document{Encoding: src.encoding.name, Format: format}
	if err := parsers[format](src, c); err != nil {
		return Document{}, err
	}
	o.Progress(c.rows)
	switch {
	case c.rows == 0:
		return Document{}, emptyCatalogue()
	case len(c.doc.Flows) == 0:
		return c.doc, allRefused(c.rows)
	}
	return c.doc, nil
}

// readAll takes the whole document into memory: only all of its bytes can tell
// the charset, and MaxBytes bounds them.
func readAll(ctx context.Context, r io.Reader, limit int64) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(&contextReader{ctx, r}, limit+1))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, truncated(int64(len(raw)), 0)
	case err != nil:
		return nil, fmt.Errorf("read the catalogue after %d bytes: %w", len(raw), err)
	case int64(len(raw)) > limit:
		return nil, tooLarge(limit)
	}
	return raw, nil
}

// contextReader stops a long read between two chunks when its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// collector takes the rows of either format and makes the Document.
type collector struct {
	ctx       context.Context
	options   Options
	doc       Document
	rows      int
	positions map[int64]int // of the row that took each FamilyID
}

// add reads one row; its error stops the whole document.
func (c *collector) add(r row) error {
	if err := c.ctx.Err(); err != nil {
		return fmt.Errorf("read row %d of the catalogue: %w", c.rows+1, err)
	}
	if c.rows == c.options.MaxFlows {
		return tooMany(c.options.MaxFlows)
	}
	c.rows++
	flow, faults := flowOf(r, c.rows)
	if first, taken := c.positions[flow.FamilyID]; taken && len(faults) == 0 {
		faults.Add(duplicate(c.rows, flow.FamilyID, first))
	}
	if len(faults) > 0 && len(c.doc.Faults) == maxRowFaults {
		return tooManyFaults(c.doc.Faults[0].Faults[0])
	}
	if len(faults) > 0 {
		name, _ := Shorten(flow.Name, 100)
		c.doc.Faults = append(c.doc.Faults, RowFault{Position: c.rows, FamilyID: flow.FamilyID, Name: name, Faults: faults})
	} else {
		c.positions[flow.FamilyID] = c.rows
		c.doc.Flows = append(c.doc.Flows, flow)
	}
	if c.rows%progressEvery == 0 {
		c.options.Progress(c.rows)
	}
	return nil
}
