// Package sheet reads and writes spreadsheets: a grid of texts below a row of
// headings, as CSV for Swedish Excel, CSV by RFC 4180, or an Excel workbook. What is
// written and read again is the same text to the letter, also where a text looks like
// a formula, a number or a date.
package sheet

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"fardplan/internal/date"
	"fardplan/internal/fault"
)

// Format is a kind of file.
type Format string

// The formats.
const (
	// CSVExcel is CSV that Excel in Swedish opens as it is: semicolons, UTF-8 with a
	// byte order mark, CRLF.
	CSVExcel Format = "CSV_EXCEL"
	CSV      Format = "CSV"  // by RFC 4180: commas, UTF-8, CRLF
	XLSX     Format = "XLSX" // an Excel workbook
)

// Extension gives the ending of a file's name, with its dot.
func (f Format) Extension() string {
	if f == XLSX {
		return ".xlsx"
	}
	return ".csv"
}

// MediaType gives the format's media type.
func (f Format) MediaType() string {
	if f == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// Limits of a file that is read or written.
const (
	MaxBytes   = 5 << 20   // of the file
	MaxRows    = 20_000    // with anything in them, headings aside
	MaxColumns = 200       // with anything in them
	MaxCells   = 1_000_000 // with anything in them
	MaxText    = 32_767    // of a cell, in UTF-16 code units as Excel counts
	maxTexts   = 64 << 20  // bytes of all cells: a workbook may have one text in many of them
)

// Grid is what a file holds.
type Grid struct {
	Header []string // the first row with anything in it; "" above columns without a heading
	// HeaderRow is the number of that row in the file, from 1.
	HeaderRow int
	Rows      []Row // the rows below it with anything in them
}

// Row is one row of a grid.
type Row struct {
	Number int    // in the file, from 1, as a spreadsheet program shows it
	Cells  []Cell // to the last with anything in it
}

// Cell gives the row's cell of a column, from 0.
func (r Row) Cell(column int) Cell {
	if column < len(r.Cells) {
		return r.Cells[column]
	}
	return Cell{}
}

// Cell is one cell: its text, or why it cannot be told. A date is YYYY-MM-DD, a number
// has a decimal point, and a truth value is TRUE or FALSE.
type Cell struct {
	Text  string
	Fault *fault.Error
}

// Place gives a cell's place as spreadsheet programs call it, such as B7; the column
// counts from 0 and the row from 1.
func Place(column, row int) string {
	letters := ""
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		letters = string(rune('A'+(n-1)%26)) + letters
	}
	return fmt.Sprintf("%s%d", letters, row)
}

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// Plain gives a text as a cell can hold it: line breaks are \n, and there are no
// control characters but tabs.
func Plain(text string) string {
	text = lineBreaks.Replace(text)
	return strings.Map(func(r rune) rune {
		if control(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// control tells of characters that XML, and so a workbook, cannot hold.
func control(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || r == '\uFFFE' || r == '\uFFFF'
}

// rounded is a number that a spreadsheet program has shortened.
var rounded = regexp.MustCompile(`^-?\d([.,]\d*)?[eE]\+?\d{2,3}$`)

func refuse(rule, sv, en string) error { return fault.Field("content", rule, sv, en) }

func cellFault(rule, sv, en string) *fault.Error { return fault.Field("", rule, sv, en) }

func roundedFault() *fault.Error {
	return cellFault("cell_rounded",
		"Kalkylprogrammet har gjort om ett långt nummer till ett avrundat tal. Formatera kolumnen som text och skriv in hela numret igen.",
		"The spreadsheet program has turned a long number into a rounded one. Format the column as text and write the whole number again.")
}

// Read reads a file, whatever its format: a workbook is known by its first bytes, and
// in a text file the character set and the separator are found from what it holds. Of
// a workbook the first sheet that is not hidden is read; links and macros are neither
// followed nor run. A file that cannot be read is an INVALID fault of the field content.
func Read(content []byte) (*Grid, error) {
	switch {
	case len(content) > MaxBytes:
		return nil, refuse("sheet_bytes", "Filen är för stor. Den får ha högst 5 MB; dela upp den.", "The file is too large. It may have at most 5 MB; split it.")
	case len(bytes.TrimSpace(content)) == 0:
		return nil, refuse("sheet_empty", "Filen är tom.", "The file is empty.")
	case bytes.HasPrefix(content, []byte("PK\x03\x04")):
		return readXLSX(content)
	case bytes.HasPrefix(content, []byte("\xD0\xCF\x11\xE0")):
		return nil, refuse("sheet_format", "Filen är en äldre eller lösenordsskyddad Excelfil. Spara den som Excelarbetsbok (.xlsx) utan lösenord.", "The file is an older or password-protected Excel file. Save it as an Excel workbook (.xlsx) without a password.")
	}
	return readCSV(content)
}

// gather puts rows into a grid, and tells which limit they break.
type gather struct {
	grid         Grid
	cells, texts int // so many with anything in them, and bytes of them
}

// add takes the next row of the file; the cells are checked, and may be fewer than those of others.
func (g *gather) add(number int, cells []Cell) error {
	for len(cells) > 0 && cells[len(cells)-1] == (Cell{}) {
		cells = cells[:len(cells)-1]
	}
	if len(cells) == 0 {
		return nil
	}
	if len(cells) > MaxColumns {
		return tooWide(number)
	}
	for _, c := range cells {
		if c != (Cell{}) {
			g.cells++
			g.texts += len(c.Text)
		}
	}
	if g.cells > MaxCells || g.texts > maxTexts {
		return refuse("sheet_cells", "Filen har för mycket text: högst en miljon ifyllda celler och 64 MB läses. Dela upp den.", "The file has too much text: at most a million filled cells and 64 MB are read. Split it.")
	}
	if g.grid.HeaderRow == 0 {
		for _, c := range cells {
			if c.Fault != nil {
				return refuse("sheet_header", fmt.Sprintf("En rubrik på rad %d kan inte läsas. %s", number, c.Fault.Sv), fmt.Sprintf("A heading of row %d cannot be read. %s", number, c.Fault.En))
			}
			g.grid.Header = append(g.grid.Header, strings.TrimSpace(c.Text))
		}
		g.grid.HeaderRow = number
		return nil
	}
	if len(g.grid.Rows) == MaxRows {
		return refuse("sheet_rows", "Filen har för många rader. Högst 20 000 läses; dela upp den.", "The file has too many rows. At most 20,000 are read; split it.")
	}
	g.grid.Rows = append(g.grid.Rows, Row{number, cells})
	return nil
}

func tooWide(row int) error {
	return refuse("sheet_columns", fmt.Sprintf("Rad %d har för många kolumner. Högst %d läses.", row, MaxColumns), fmt.Sprintf("Row %d has too many columns. At most %d are read.", row, MaxColumns))
}

// checked gives a cell of a text, or tells what no cell may hold.
func checked(text string) Cell {
	switch {
	case !utf8.ValidString(text) || strings.ContainsFunc(text, control):
		return Cell{Fault: cellFault("cell_control", "Cellen har styrtecken som inte kan läsas. Skriv om texten.", "The cell has control characters that cannot be read. Write the text anew.")}
	case units(text) > MaxText:
		return Cell{Fault: cellFault("cell_length", "Texten är för lång. En cell har högst 32 767 tecken.", "The text is too long. A cell has at most 32,767 characters.")}
	}
	return Cell{Text: text}
}

// units counts a text as Excel does, in UTF-16 code units.
func units(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// done gives the grid, its header as wide as the widest row.
func (g *gather) done() (*Grid, error) {
	if g.grid.HeaderRow == 0 {
		return nil, refuse("sheet_empty", "Filen är tom.", "The file is empty.")
	}
	width := len(g.grid.Header)
	for _, row := range g.grid.Rows {
		width = max(width, len(row.Cells))
	}
	for len(g.grid.Header) < width {
		g.grid.Header = append(g.grid.Header, "")
	}
	return &g.grid, nil
}

// Table is what to write.
type Table struct {
	Title   string // the name of the sheet, at most 31 characters
	Columns []Column
	Rows    [][]string // each as long as Columns
	// WordsTitle names the sheet that lists the columns' words.
	WordsTitle string
}

// Column is one column to write. CSV knows of its heading alone.
type Column struct {
	Heading string
	Width   float64 // in characters; 0 for one that suits the heading
	Hidden  bool
	Words   []string // what its cells may hold; nil for anything
	Several bool     // a cell may hold several of the words
}

// Write writes a table. A text that a workbook cannot hold is changed as Plain says.
func Write(f Format, t Table) ([]byte, error) {
	if len(t.Rows) > MaxRows {
		return nil, fault.New(fault.Limited, "Urvalet har för många rader för en fil. Högst 20 000 skrivs; snäva in filtret.", "The selection has too many rows for a file. At most 20,000 are written; narrow the filter.")
	}
	rows := make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = make([]string, len(row))
		for k, text := range row {
			rows[i][k] = Plain(text)
			if units(rows[i][k]) > MaxText {
				return nil, fault.New(fault.Limited,
					fmt.Sprintf("Texten i %s är för lång för en cell, som har högst 32 767 tecken.", Place(k, i+2)),
					fmt.Sprintf("The text in %s is too long for a cell, which has at most 32,767 characters.", Place(k, i+2)))
			}
		}
	}
	t.Rows = rows
	switch f {
	case XLSX:
		return writeXLSX(t)
	case CSVExcel:
		return append([]byte("\uFEFF"), writeCSV(t, ';')...), nil
	default:
		return writeCSV(t, ','), nil
	}
}

// File is a table as a file.
type File struct {
	FileName  string // such as e-tjanster-2026-03-16.xlsx
	MediaType string
	Rows      int // below the headings
	Content   []byte
}

// FileOf writes a table to a file that is called by a name and its day.
func FileOf(name string, day date.Date, f Format, t Table) (*File, error) {
	content, err := Write(f, t)
	if err != nil {
		return nil, err
	}
	return &File{FileName: name + "-" + day.String() + f.Extension(), MediaType: f.MediaType(), Rows: len(t.Rows), Content: content}, nil
}
