package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"fardplan/internal/fault"
)

// A workbook is read by a reader of our own, token by token within the limits: one that
// holds the whole sheet, or an element whole, can be made to fill the memory by a small file.

// workbook is a workbook that is being read.
type workbook struct {
	parts    map[string]*zip.File
	date1904 bool
	strings  []Cell
	dates    []dateForm // by the style of a cell

	// What may still be read of all parts together.
	bytes, elements int
}

// dateForm is what a cell's number format shows of an instant.
type dateForm struct{ day, clock bool }

// Limits of the parts of a workbook.
const (
	maxUnpack   = 64 << 20  // bytes of those that are read, unpacked
	maxElements = 4_000_000 // in those that are read: a cell of MaxCells has four at most
	maxToken    = 1 << 20   // bytes of a tag or a text; the longest text of a cell is 600 KB, escaped
	maxDepth    = 32        // of elements in each other; a workbook needs 8
	maxParts    = 1000
	maxStyles   = 65_536 // as many as Excel has
	maxFormat   = 255    // characters of a number format, likewise
	lastRow     = 1_048_576
	lastColumn  = 16_384
)

var errPart = errors.New("a part of the workbook cannot be read")

func badWorkbook() error {
	return refuse("sheet_format", "Filen kan inte läsas som en Excelarbetsbok. Öppna den i Excel och spara den igen som .xlsx.", "The file cannot be read as an Excel workbook. Open it in Excel and save it again as .xlsx.")
}

func tooLarge() error {
	return refuse("sheet_bytes", "Filen är för stor när den packas upp. Ta bort det som inte behövs, eller dela upp den.", "The file is too large when unpacked. Remove what is not needed, or split it.")
}

func readXLSX(content []byte) (*Grid, error) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, badWorkbook()
	}
	if len(archive.File) > maxParts {
		return nil, tooLarge()
	}
	w := workbook{parts: map[string]*zip.File{}, bytes: maxUnpack, elements: maxElements}
	for _, part := range archive.File {
		w.parts[strings.TrimPrefix(part.Name, "/")] = part
		if strings.HasSuffix(strings.ToLower(part.Name), "vbaproject.bin") {
			return nil, refuse("sheet_macros", "Filen har makron. Spara den som Excelarbetsbok utan makron (.xlsx).", "The file has macros. Save it as an Excel workbook without macros (.xlsx).")
		}
	}
	grid, err := w.read()
	if errors.Is(err, errPart) {
		return nil, badWorkbook()
	}
	return grid, err
}

// unpacking reads a part within what is left of the limits.
type unpacking struct {
	of    *workbook
	r     io.Reader
	token int // bytes that the token under way may still have
}

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.of.bytes -= n
	u.token -= n
	if u.of.bytes < 0 || u.token < 0 {
		return 0, tooLarge()
	}
	return n, err
}

// walk hands the beginning, texts and end of each element of a part to visit, with the
// names of the elements that it stands in, its own last.
func (w *workbook) walk(part string, visit func(within []string, token xml.Token) error) error {
	file, ok := w.parts[part]
	if !ok {
		return errPart
	}
	r, err := file.Open()
	if err != nil {
		return errPart
	}
	defer func() { _ = r.Close() }()
	u := &unpacking{of: w, r: r}
	d := xml.NewDecoder(u)
	var within []string
	for {
		u.token = maxToken
		token, err := d.RawToken() // Token would keep a place for each of the elements that are open
		switch {
		case errors.Is(err, io.EOF) && len(within) == 0:
			return nil
		case len(fault.All(err)) > 0:
			return err
		case err != nil:
			return errPart
		}
		switch t := token.(type) {
		case xml.StartElement:
			if w.elements--; w.elements < 0 {
				return tooLarge()
			}
			if within = append(within, t.Name.Local); len(within) > maxDepth {
				return errPart
			}
			err = visit(within, t)
		case xml.CharData:
			err = visit(within, t)
		case xml.EndElement:
			if len(within) == 0 || within[len(within)-1] != t.Name.Local {
				return errPart
			}
			err = visit(within, t)
			within = within[:len(within)-1]
		case xml.Directive: // of a DTD, which no workbook has
			return errPart
		}
		if err != nil {
			return err
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// related gives the parts that a part refers to, by id and by the last word of their type.
func (w *workbook) related(part string) (map[string]string, error) {
	found := map[string]string{}
	folder, file := path.Split(part)
	err := w.walk(folder+"_rels/"+file+".rels", func(_ []string, token xml.Token) error {
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "Relationship" || attribute(e, "TargetMode") == "External" {
			return nil
		}
		target := attribute(e, "Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join("/", folder, target)
		}
		target = strings.TrimPrefix(path.Clean(target), "/")
		found[attribute(e, "Id")], found[path.Base(attribute(e, "Type"))] = target, target
		if len(found) > 2*maxParts {
			return tooLarge()
		}
		return nil
	})
	return found, err
}

func (w *workbook) read() (*Grid, error) {
	top, err := w.related("")
	if err != nil {
		return nil, err
	}
	book := top["officeDocument"]
	parts, err := w.related(book)
	if err != nil {
		return nil, err
	}
	first := ""
	err = w.walk(book, func(_ []string, token xml.Token) error {
		switch e, _ := token.(xml.StartElement); {
		case e.Name.Local == "workbookPr":
			flag := attribute(e, "date1904")
			w.date1904 = flag == "1" || flag == "true"
		case e.Name.Local == "sheet" && first == "" && (attribute(e, "state") == "" || attribute(e, "state") == "visible"):
			// The id has the name id in its own namespace, and sheetId is another.
			first = parts[attribute(e, "id")]
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := w.readStrings(parts["sharedStrings"]); err != nil {
		return nil, err
	}
	if err := w.readStyles(parts["styles"]); err != nil {
		return nil, err
	}
	return w.readSheet(first)
}

// words gathers the text of an element, with or without runs of its own style. What is
// longer than any text of a cell, escaped, is cut off there.
type words struct{ b strings.Builder }

const maxWords = 8 * MaxText

func (t *words) add(text xml.CharData) {
	t.b.Write(text[:min(len(text), maxWords-t.b.Len())])
}

// rich tells whether a text stands where that of a shared string or of a cell does; the
// reading aids beside it stand elsewhere.
func rich(within []string) bool {
	n := len(within)
	return n > 1 && within[n-1] == "t" && (within[n-2] == "r" || within[n-2] == "si" || within[n-2] == "is")
}

var escape = regexp.MustCompile(`_x([0-9A-Fa-f]{4})_`)

// unescaped gives the characters that Excel writes as _xHHHH_.
func unescaped(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	text = escape.ReplaceAllStringFunc(text, func(code string) string {
		n, _ := strconv.ParseUint(code[2:6], 16, 32)
		return string(rune(n))
	})
	return lineBreaks.Replace(text)
}

func (w *workbook) readStrings(part string) error {
	if part == "" {
		return nil
	}
	var text words
	return w.walk(part, func(within []string, token xml.Token) error {
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local == "si" {
				text = words{}
			}
		case xml.CharData:
			if rich(within) {
				text.add(t)
			}
		case xml.EndElement:
			if t.Name.Local != "si" {
				return nil
			}
			if len(w.strings) == MaxCells {
				return tooLarge()
			}
			// It is checked once, however many cells have it.
			w.strings = append(w.strings, checked(unescaped(text.b.String())))
		}
		return nil
	})
}

func (w *workbook) readStyles(part string) error {
	if part == "" {
		return nil
	}
	custom := map[int]dateForm{}
	return w.walk(part, func(within []string, token xml.Token) error {
		e, ok := token.(xml.StartElement)
		if !ok || len(within) < 2 {
			return nil
		}
		id, _ := strconv.Atoi(attribute(e, "numFmtId"))
		switch within[len(within)-2] + " " + e.Name.Local {
		case "numFmts numFmt":
			custom[id] = customForm(attribute(e, "formatCode"))
		case "cellXfs xf":
			form, ok := custom[id]
			if !ok {
				form = builtInForm(id)
			}
			w.dates = append(w.dates, form)
		}
		if len(custom) > maxStyles || len(w.dates) > maxStyles {
			return tooLarge()
		}
		return nil
	})
}

// notFormat is what stands in a number format but shows nothing of the number: quoted
// and escaped text, colours and conditions. [h], [m] and [s] do show something.
var notFormat = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.|\[[^hms\]][^\]]*\]`)

// builtInForm tells what a built-in number format shows of an instant, by its number
// (ECMA-376 part 1, 18.8.30).
func builtInForm(id int) dateForm {
	switch {
	case id >= 14 && id <= 17 || id >= 27 && id <= 31 || id == 36 || id >= 50 && id <= 54 || id == 57 || id == 58:
		return dateForm{day: true}
	case id >= 18 && id <= 21 || id >= 32 && id <= 35 || id >= 45 && id <= 47 || id == 55 || id == 56:
		return dateForm{clock: true}
	case id == 22:
		return dateForm{day: true, clock: true}
	}
	return dateForm{}
}

// customForm tells it of another one, by its letters.
func customForm(format string) dateForm {
	if strings.EqualFold(format, "General") || len(format) > utf8.UTFMax*maxFormat {
		return dateForm{}
	}
	letters := strings.ToLower(notFormat.ReplaceAllString(format, ""))
	f := dateForm{day: strings.ContainsAny(letters, "yd"), clock: strings.ContainsAny(letters, "hs")}
	f.day = f.day || strings.Contains(letters, "m") && !f.clock
	return f
}

// sheetRows gathers the rows of a sheet as its elements come.
type sheetRows struct {
	w      *workbook
	g      gather
	number int // of the row under way; 0 before the first
	cells  []Cell
	column int // of the next cell, and of the one under way

	// The cell under way.
	kind    string
	style   int
	formula bool
	text    words
}

func (w *workbook) readSheet(part string) (*Grid, error) {
	s := &sheetRows{w: w}
	err := w.walk(part, func(within []string, token xml.Token) error {
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "row":
				return s.row(t)
			case "c":
				s.cell(t)
			case "f":
				s.formula = true
			}
		case xml.CharData:
			if s.kind == "inlineStr" && rich(within) || s.kind != "inlineStr" && len(within) > 1 && within[len(within)-1] == "v" && within[len(within)-2] == "c" {
				s.text.add(t)
			}
		case xml.EndElement:
			if t.Name.Local == "c" {
				return s.endCell()
			}
		}
		return nil
	})
	if err == nil {
		err = s.endRow()
	}
	if err != nil {
		return nil, err
	}
	return s.g.done()
}

func (s *sheetRows) row(e xml.StartElement) error {
	if err := s.endRow(); err != nil {
		return err
	}
	next := s.number + 1
	if r, err := strconv.Atoi(attribute(e, "r")); err == nil {
		next = r
	}
	if next <= s.number || next > lastRow {
		return errPart
	}
	s.number, s.column = next, 0
	return nil
}

func (s *sheetRows) endRow() error {
	if s.number == 0 {
		return nil
	}
	err := s.g.add(s.number, s.cells)
	s.cells = nil
	return err
}

func (s *sheetRows) cell(e xml.StartElement) {
	s.kind, s.text, s.formula = attribute(e, "t"), words{}, false
	if name := attribute(e, "r"); name != "" {
		s.column = columnOf(name)
	}
	s.style, _ = strconv.Atoi(attribute(e, "s"))
}

func (s *sheetRows) endCell() error {
	cell, column := s.w.cell(s.kind, s.style, s.text.b.String()), s.column
	if s.formula && cell == (Cell{}) && s.kind != "str" {
		// A text may be reckoned to be empty; whatever else is empty has not been reckoned.
		cell.Fault = cellFault("cell_formula", "Cellen har en formel som inte är uträknad. Öppna filen i kalkylprogrammet och spara den, eller skriv in värdet.", "The cell has a formula that has not been reckoned. Open the file in the spreadsheet program and save it, or write the value.")
	}
	s.column++
	switch {
	case cell == (Cell{}):
		return nil
	case s.number == 0 || column < len(s.cells):
		return errPart
	case column >= MaxColumns:
		return tooWide(s.number)
	}
	for len(s.cells) < column {
		s.cells = append(s.cells, Cell{})
	}
	s.cells = append(s.cells, cell)
	return nil
}

// columnOf gives the column of a cell's name, from 0; one that cannot be is far out.
func columnOf(name string) int {
	n := 0
	for _, c := range name {
		if c < 'A' || c > 'Z' {
			break
		}
		if n = n*26 + int(c-'A') + 1; n > lastColumn {
			break
		}
	}
	return n - 1
}

// cell gives a cell's text. Of a formula it is the value that the program last reckoned.
func (w *workbook) cell(kind string, style int, value string) Cell {
	switch kind {
	case "s":
		i, err := strconv.Atoi(value)
		if err != nil || i < 0 || i >= len(w.strings) {
			return Cell{Fault: cellFault("cell_unreadable", "Cellen kan inte läsas. Skriv in värdet igen.", "The cell cannot be read. Write the value again.")}
		}
		return w.strings[i]
	case "inlineStr", "str":
		return checked(unescaped(value))
	case "b":
		if value == "1" || value == "true" {
			return Cell{Text: "TRUE"}
		}
		return Cell{Text: "FALSE"}
	case "e":
		shown := Plain(value[:min(len(value), 20)])
		return Cell{Fault: cellFault("cell_error", "Cellen visar ett fel ("+shown+"). Rätta formeln eller skriv in värdet.", "The cell shows an error ("+shown+"). Correct the formula or write the value.")}
	case "d":
		return checked(strings.TrimSuffix(strings.Replace(value, "T", " ", 1), " 00:00:00"))
	}
	if value == "" {
		return Cell{}
	}
	number, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
		return checked(value)
	}
	if style >= 0 && style < len(w.dates) && (w.dates[style].day || w.dates[style].clock) {
		return w.date(number, w.dates[style])
	}
	// A spreadsheet program keeps 15 digits of a number.
	if math.Abs(number) >= 1e15 {
		return Cell{Fault: roundedFault()}
	}
	exact, _ := strconv.ParseFloat(strconv.FormatFloat(number, 'g', 15, 64), 64)
	return Cell{Text: strconv.FormatFloat(exact, 'f', -1, 64)}
}

// date gives the date that a number stands for: days since 30 December 1899, which
// makes up for the 29 February 1900 that Excel believes in, or since 1 January 1904.
func (w *workbook) date(serial float64, form dateForm) Cell {
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if w.date1904 {
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	} else if serial < 60 {
		epoch = epoch.AddDate(0, 0, 1)
	}
	days, part := math.Modf(serial)
	if serial < 0 || days > 2_958_465 {
		return Cell{Fault: cellFault("cell_date", "Datumet kan inte läsas. Skriv det som åååå-mm-dd.", "The date cannot be read. Write it as yyyy-mm-dd.")}
	}
	at := epoch.AddDate(0, 0, int(days)).Add(time.Duration(math.Round(part*86400)) * time.Second)
	switch {
	case !form.day:
		return Cell{Text: at.Format(time.TimeOnly)}
	case at.Equal(at.Truncate(24 * time.Hour)):
		return Cell{Text: at.Format(time.DateOnly)}
	}
	return Cell{Text: at.Format(time.DateTime)}
}
