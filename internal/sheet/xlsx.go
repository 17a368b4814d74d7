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
)

// A workbook is read by a reader of our own, row by row within the limits: one that
// holds the whole sheet can be made to fill the memory by a small file.

// workbook is a workbook that is being read.
type workbook struct {
	parts    map[string]*zip.File
	date1904 bool
	strings  []string
	dates    []dateForm // by the style of a cell
}

// dateForm is what a cell's number format shows of an instant.
type dateForm struct{ day, clock bool }

var errPart = errors.New("a part of the workbook cannot be read")

func badWorkbook() error {
	return refuse("sheet_format", "Filen kan inte läsas som en Excelarbetsbok. Öppna den i Excel och spara den igen som .xlsx.", "The file cannot be read as an Excel workbook. Open it in Excel and save it again as .xlsx.")
}

func readXLSX(content []byte) (*Grid, error) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, badWorkbook()
	}
	w := workbook{parts: map[string]*zip.File{}}
	size := uint64(0)
	for _, part := range archive.File {
		w.parts[strings.TrimPrefix(part.Name, "/")] = part
		if size += part.UncompressedSize64; size > maxUnpack || part.UncompressedSize64 > maxUnpack || len(archive.File) > maxParts {
			return nil, refuse("sheet_bytes", "Filen är för stor när den packas upp. Ta bort det som inte behövs, eller spara bladet som CSV.", "The file is too large when unpacked. Remove what is not needed, or save the sheet as CSV.")
		}
		if strings.HasSuffix(strings.ToLower(part.Name), "vbaproject.bin") {
			return nil, refuse("sheet_macros", "Filen har makron. Spara den som Excelarbetsbok utan makron (.xlsx).", "The file has macros. Save it as an Excel workbook without macros (.xlsx).")
		}
	}
	grid, err := w.read()
	var syntax *xml.SyntaxError
	switch {
	case errors.Is(err, errPart), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrAlgorithm), errors.As(err, &syntax):
		return nil, badWorkbook()
	}
	return grid, err
}

// each hands every element with one of the names to visit, with the decoder that reads
// what is within it.
func (w *workbook) each(part string, names string, visit func(*xml.Decoder, xml.StartElement) error) error {
	file, ok := w.parts[part]
	if !ok {
		return errPart
	}
	r, err := file.Open()
	if err != nil {
		return errPart
	}
	defer func() { _ = r.Close() }()
	d := xml.NewDecoder(r)
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errors.Join(errPart, err)
		}
		if start, ok := token.(xml.StartElement); ok && strings.Contains(names, " "+start.Name.Local+" ") {
			if err := visit(d, start); err != nil {
				return err
			}
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
	err := w.each(folder+"_rels/"+file+".rels", " Relationship ", func(_ *xml.Decoder, e xml.StartElement) error {
		if attribute(e, "TargetMode") == "External" {
			return nil
		}
		target := attribute(e, "Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join("/", folder, target)
		}
		target = strings.TrimPrefix(path.Clean(target), "/")
		found[attribute(e, "Id")], found[path.Base(attribute(e, "Type"))] = target, target
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
	err = w.each(book, " workbookPr sheet ", func(_ *xml.Decoder, e xml.StartElement) error {
		switch {
		case e.Name.Local == "workbookPr":
			flag := attribute(e, "date1904")
			w.date1904 = flag == "1" || flag == "true"
		case first == "" && (attribute(e, "state") == "" || attribute(e, "state") == "visible"):
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

// rich is a text with or without runs of its own style.
type rich struct {
	T    string `xml:"t"`
	Runs []struct {
		T string `xml:"t"`
	} `xml:"r"`
}

func (r rich) text() string {
	text := r.T
	for _, run := range r.Runs {
		text += run.T
	}
	return unescaped(text)
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
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

func (w *workbook) readStrings(part string) error {
	if part == "" {
		return nil
	}
	return w.each(part, " si ", func(d *xml.Decoder, e xml.StartElement) error {
		var r rich
		err := d.DecodeElement(&r, &e)
		w.strings = append(w.strings, r.text())
		return err
	})
}

func (w *workbook) readStyles(part string) error {
	if part == "" {
		return nil
	}
	custom := map[int]string{}
	return w.each(part, " numFmt cellXfs ", func(d *xml.Decoder, e xml.StartElement) error {
		if e.Name.Local == "numFmt" {
			id, _ := strconv.Atoi(attribute(e, "numFmtId"))
			custom[id] = attribute(e, "formatCode")
			return nil
		}
		var styles struct {
			Xf []struct {
				Format int `xml:"numFmtId,attr"`
			} `xml:"xf"`
		}
		err := d.DecodeElement(&styles, &e)
		for _, xf := range styles.Xf {
			w.dates = append(w.dates, dateFormOf(xf.Format, custom[xf.Format]))
		}
		return err
	})
}

// notFormat is what stands in a number format but shows nothing of the number: quoted
// and escaped text, colours and conditions. [h], [m] and [s] do show something.
var notFormat = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.|\[[^hms\]][^\]]*\]`)

// dateFormOf tells what a number format shows of an instant: of a built-in one by its
// number (ECMA-376 part 1, 18.8.30), of another by its letters.
func dateFormOf(id int, format string) dateForm {
	if format == "" {
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
	if strings.EqualFold(format, "General") {
		return dateForm{}
	}
	letters := strings.ToLower(notFormat.ReplaceAllString(format, ""))
	f := dateForm{day: strings.ContainsAny(letters, "yd"), clock: strings.ContainsAny(letters, "hs")}
	f.day = f.day || strings.Contains(letters, "m") && !f.clock
	return f
}

func (w *workbook) readSheet(part string) (*Grid, error) {
	var g gather
	var cells []Cell
	number := 0
	flush := func() error {
		if number == 0 {
			return nil
		}
		err := g.add(number, cells)
		cells = nil
		return err
	}
	err := w.each(part, " row c ", func(d *xml.Decoder, e xml.StartElement) error {
		if e.Name.Local == "row" {
			if err := flush(); err != nil {
				return err
			}
			next := number + 1
			if r, err := strconv.Atoi(attribute(e, "r")); err == nil {
				next = r
			}
			if next <= number || next > lastRow {
				return errPart
			}
			number = next
			return nil
		}
		column := len(cells)
		if name := attribute(e, "r"); name != "" {
			column = columnOf(name)
		}
		var c xmlCell
		if err := d.DecodeElement(&c, &e); err != nil {
			return err
		}
		cell := w.cell(c)
		if cell == (Cell{}) {
			return nil
		}
		if number == 0 || column < len(cells) {
			return errPart
		}
		if column >= MaxColumns {
			return tooWide(number)
		}
		for len(cells) < column {
			cells = append(cells, Cell{})
		}
		cells = append(cells, cell)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := flush(); err != nil {
		return nil, err
	}
	return g.done()
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

type xmlCell struct {
	Type   string `xml:"t,attr"`
	Style  int    `xml:"s,attr"`
	Value  string `xml:"v"`
	Inline rich   `xml:"is"`
}

// cell gives a cell's text. Of a formula it is the value that the program last reckoned.
func (w *workbook) cell(c xmlCell) Cell {
	switch c.Type {
	case "s":
		i, err := strconv.Atoi(c.Value)
		if err != nil || i < 0 || i >= len(w.strings) {
			return Cell{Fault: cellFault("cell_unreadable", "Cellen kan inte läsas. Skriv in värdet igen.", "The cell cannot be read. Write the value again.")}
		}
		return Cell{Text: w.strings[i]}
	case "inlineStr":
		return Cell{Text: c.Inline.text()}
	case "str":
		return Cell{Text: unescaped(c.Value)}
	case "b":
		if c.Value == "1" || c.Value == "true" {
			return Cell{Text: "TRUE"}
		}
		return Cell{Text: "FALSE"}
	case "e":
		return Cell{Fault: cellFault("cell_error", "Cellen visar ett fel ("+Plain(c.Value)+"). Rätta formeln eller skriv in värdet.", "The cell shows an error ("+Plain(c.Value)+"). Correct the formula or write the value.")}
	case "d":
		return Cell{Text: strings.TrimSuffix(strings.Replace(c.Value, "T", " ", 1), " 00:00:00")}
	}
	if c.Value == "" {
		return Cell{}
	}
	number, err := strconv.ParseFloat(strings.TrimSpace(c.Value), 64)
	if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
		return Cell{Text: c.Value}
	}
	if c.Style >= 0 && c.Style < len(w.dates) && (w.dates[c.Style].day || w.dates[c.Style].clock) {
		return w.date(number, w.dates[c.Style])
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
