package openeplatform

import "io"

const (
	maxDepth    = 32      // of JSON values or XML elements in each other; a catalogue needs 4
	maxRowBytes = 4 << 20 // of one row as text; a real one is some kilobytes
	readChunk   = 32 << 10
	// maxRowFaults is more than anybody reads; the texts of 100,000 refused
	// rows would take far more memory than the document.
	maxRowFaults = 1_000
)

// budget stops a document before one huge value has filled the memory of a
// decoder, which keeps every value whole. Its user resets it after each row.
type budget struct {
	r    io.Reader
	left int
}

func newBudget(r io.Reader) *budget { return &budget{r, maxRowBytes} }

func (b *budget) reset() { b.left = maxRowBytes }

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, rowTooLarge()
	}
	n, err := b.r.Read(p[:min(len(p), readChunk)])
	b.left -= n
	return n, err
}

// nesting stops JSON that is nested deeper than maxDepth before it is parsed.
type nesting struct {
	r                 io.Reader
	depth             int
	inString, escaped bool
	err               error // stays, since a decoder may read again after it
}

func (d *nesting) Read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	n, err := d.r.Read(p)
	for _, b := range p[:n] {
		switch {
		case d.escaped:
			d.escaped = false
		case d.inString:
			d.escaped = b == '\\'
			d.inString = b != '"'
		case b == '"':
			d.inString = true
		case b == '{' || b == '[':
			if d.depth++; d.depth > maxDepth {
				d.err = tooDeep()
				return 0, d.err
			}
		case b == '}' || b == ']':
			d.depth--
		}
	}
	return n, err
}
