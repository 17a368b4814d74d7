package openeplatform

import (
	"bytes"
	"io"
	"mime"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// encoding reads one character at a time, so that the same function decodes the
// document and finds the place of a fault in the bytes the server sent.
type encoding struct {
	name string
	next func(p []byte) (r rune, size int) // p is never empty
}

var (
	utf8Encoding = encoding{"UTF-8", utf8.DecodeRune}
	utf16BE      = encoding{"UTF-16BE", func(p []byte) (rune, int) { return utf16Rune(p, 0, 1) }}
	utf16LE      = encoding{"UTF-16LE", func(p []byte) (rune, int) { return utf16Rune(p, 1, 0) }}
	// windows1252 also reads what is declared as ISO-8859-1, as browsers do:
	// the two differ only where ISO-8859-1 has control characters, and servers
	// send typographic quotes and dashes there.
	windows1252 = encoding{"windows-1252", func(p []byte) (rune, int) { return charmap.Windows1252.DecodeByte(p[0]), 1 }}
	iso885915   = encoding{"ISO-8859-15", func(p []byte) (rune, int) { return charmap.ISO8859_15.DecodeByte(p[0]), 1 }}
)

// declaredEncodings are for bytes that are not UTF-8. A wrong or missing
// declaration then means the platform's own default.
var declaredEncodings = map[string]encoding{
	"": windows1252, "utf-8": windows1252, "utf8": windows1252, "us-ascii": windows1252, "ascii": windows1252,
	"iso-8859-1": windows1252, "iso8859-1": windows1252, "iso_8859-1": windows1252, "latin1": windows1252,
	"windows-1252": windows1252, "cp1252": windows1252,
	"iso-8859-15": iso885915, "iso8859-15": iso885915, "iso_8859-15": iso885915, "latin9": iso885915,
}

var byteOrderMarks = []struct {
	mark     string
	encoding encoding
}{
	{"\xEF\xBB\xBF", utf8Encoding},
	{"\xFE\xFF", utf16BE},
	{"\xFF\xFE", utf16LE},
}

var xmlDeclaration = regexp.MustCompile(`^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']`)

func utf16Rune(p []byte, high, low int) (rune, int) {
	if len(p) < 2 {
		return utf8.RuneError, len(p)
	}
	first := rune(p[high])<<8 | rune(p[low])
	if !utf16.IsSurrogate(first) {
		return first, 2
	}
	if len(p) >= 4 {
		pair := utf16.DecodeRune(first, rune(p[2+high])<<8|rune(p[2+low]))
		if pair != utf8.RuneError {
			return pair, 4
		}
	}
	return utf8.RuneError, 2
}

// source is the bytes of a document and how to read them.
type source struct {
	raw      []byte // without the byte order mark
	mark     int    // length of the byte order mark
	encoding encoding
	valid    bool // raw is valid UTF-8 as it is
}

// newSource settles the charset: a byte order mark, then UTF-16 by its zero
// bytes, then UTF-8 when the bytes are that, then what is declared.
func newSource(raw []byte, contentType string) (source, error) {
	for _, m := range byteOrderMarks {
		if bytes.HasPrefix(raw, []byte(m.mark)) {
			rest := raw[len(m.mark):]
			isUTF8 := m.encoding.name == utf8Encoding.name
			return source{rest, len(m.mark), m.encoding, isUTF8 && utf8.Valid(rest)}, nil
		}
	}
	switch {
	case len(raw) >= 4 && raw[0] == 0 && raw[1] != 0:
		return source{raw: raw, encoding: utf16BE}, nil
	case len(raw) >= 4 && raw[0] != 0 && raw[1] == 0:
		return source{raw: raw, encoding: utf16LE}, nil
	case utf8.Valid(raw):
		return source{raw: raw, encoding: utf8Encoding, valid: true}, nil
	case mostlyUTF8(raw):
		return source{raw: raw, encoding: utf8Encoding}, nil
	}
	declared := declaredCharset(raw, contentType)
	found, known := declaredEncodings[strings.ToLower(declared)]
	if !known {
		return source{}, unknownCharset(declared)
	}
	return source{raw: raw, encoding: found}, nil
}

// mostlyUTF8 tells UTF-8 with a few damaged bytes from a single-byte charset.
// In Swedish ISO-8859-1 a sequence that happens to be UTF-8 hardly occurs.
func mostlyUTF8(raw []byte) bool {
	good, bad := 0, 0
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		switch {
		case size > 1:
			good++
		case r == utf8.RuneError:
			bad++
		}
		i += size
	}
	return good > bad
}

// declaredCharset is what the content type says, else the XML declaration.
func declaredCharset(raw []byte, contentType string) string {
	if _, params, err := mime.ParseMediaType(contentType); err == nil && params["charset"] != "" {
		return params["charset"]
	}
	if m := xmlDeclaration.FindSubmatch(raw[:min(len(raw), 400)]); m != nil {
		return string(m[1])
	}
	return ""
}

// format tells "json" or "xml" by how the text begins. The content type decides
// only about what is neither: many servers send JSON with a wrong one.
func (s source) format(contentType string) (string, error) {
	opening := s.opening()
	mediaType, _, _ := mime.ParseMediaType(contentType)
	isMarkup := strings.HasPrefix(opening, "<")
	switch {
	case opening == "":
		return "", noContent()
	case isMarkup && mediaType == "text/html",
		strings.HasPrefix(opening, "<!doctype html"), strings.HasPrefix(opening, "<html"):
		return "", htmlPage()
	case isMarkup:
		return "xml", nil
	case strings.HasPrefix(opening, "{"), strings.HasPrefix(opening, "["):
		return "json", nil
	case mediaType == "text/html":
		return "", htmlPage()
	}
	return "", notCatalogue()
}

// opening gives the first characters after white space, in lower case.
func (s source) opening() string {
	var b strings.Builder
	for i := 0; i < len(s.raw) && b.Len() < 64; {
		r, size := s.encoding.next(s.raw[i:])
		i += size
		if b.Len() > 0 || !unicode.IsSpace(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// reader gives the document as valid UTF-8; damaged bytes become U+FFFD.
func (s source) reader() io.Reader {
	if s.valid {
		return bytes.NewReader(s.raw)
	}
	return &decoder{raw: s.raw, next: s.encoding.next}
}

// byteOffset gives the place in the received bytes of a place in reader's text.
func (s source) byteOffset(decoded int64) int64 {
	var in, out int64
	for out < decoded && in < int64(len(s.raw)) {
		r, size := s.encoding.next(s.raw[in:])
		in += int64(size)
		out += int64(utf8.RuneLen(r))
	}
	return in + int64(s.mark)
}

// size is the number of bytes received.
func (s source) size() int64 { return int64(len(s.raw) + s.mark) }

type decoder struct {
	raw   []byte
	next  func([]byte) (rune, int)
	carry []byte // the end of a character that did not fit the last Read
}

func (d *decoder) Read(p []byte) (int, error) {
	n := copy(p, d.carry)
	d.carry = d.carry[n:]
	var char [utf8.UTFMax]byte
	for n < len(p) && len(d.raw) > 0 {
		r, size := d.next(d.raw)
		d.raw = d.raw[size:]
		length := utf8.EncodeRune(char[:], r)
		copied := copy(p[n:], char[:length])
		n += copied
		d.carry = append(d.carry, char[copied:length]...)
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}
