package sheet

import (
	"cmp"
	"fmt"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// writeXLSX writes a workbook: every cell is a text, formatted as such, so that a
// program neither reckons it nor turns it into a number or a date.
func writeXLSX(t Table) ([]byte, error) {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	title := cmp.Or(t.Title, "Blad1")
	if err := f.SetSheetName("Sheet1", title); err != nil {
		return nil, err
	}
	text, err := f.NewStyle(&excelize.Style{NumFmt: 49, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}})
	if err != nil {
		return nil, err
	}
	bold, err := f.NewStyle(&excelize.Style{NumFmt: 49, Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}})
	if err != nil {
		return nil, err
	}
	words := cmp.Or(t.WordsTitle, "Ord")
	if err := addLists(f, title, words, t.Columns); err != nil {
		return nil, err
	}
	stream, err := f.NewStreamWriter(title)
	if err != nil {
		return nil, err
	}
	if err := stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	for i, c := range t.Columns {
		width := cmp.Or(c.Width, float64(max(12, min(40, utf8.RuneCountInString(c.Heading)+2))))
		if err := stream.SetColWidth(i+1, i+1, width); err != nil {
			return nil, err
		}
		if err := stream.SetColStyle(i+1, i+1, text); err != nil {
			return nil, err
		}
		if c.Hidden {
			if err := stream.SetColVisible(i+1, i+1, false); err != nil {
				return nil, err
			}
		}
	}
	cells := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		cells[i] = excelize.Cell{StyleID: bold, Value: Plain(c.Heading)}
	}
	if err := stream.SetRow("A1", cells); err != nil {
		return nil, err
	}
	for i, row := range t.Rows {
		for k, value := range row {
			cells[k] = excelize.Cell{StyleID: text, Value: value}
		}
		if err := stream.SetRow(Place(0, i+2), cells); err != nil {
			return nil, err
		}
	}
	if err := stream.Flush(); err != nil {
		return nil, err
	}
	if err := addWords(f, words, t.Columns, bold, text); err != nil {
		return nil, err
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// addLists lets the cells of a column be chosen from its words.
func addLists(f *excelize.File, title, words string, columns []Column) error {
	place := 0
	for i, c := range columns {
		if c.Words == nil {
			continue
		}
		column := place
		place++
		if c.Several {
			continue
		}
		list := excelize.NewDataValidation(true)
		list.Sqref = Place(i, 2) + ":" + Place(i, MaxRows+1)
		list.SetSqrefDropList(fmt.Sprintf("'%s'!$%s$2:$%s$%d", words, letters(column), letters(column), len(c.Words)+1))
		if err := f.AddDataValidation(title, list); err != nil {
			return err
		}
	}
	return nil
}

func letters(column int) string {
	place := Place(column, 1)
	return place[:len(place)-1]
}

// addWords lists the words of the columns on a sheet of their own.
func addWords(f *excelize.File, words string, columns []Column, bold, text int) error {
	place := 0
	for _, c := range columns {
		if c.Words == nil {
			continue
		}
		if place == 0 {
			if _, err := f.NewSheet(words); err != nil {
				return err
			}
		}
		if err := f.SetColWidth(words, letters(place), letters(place), 32); err != nil {
			return err
		}
		for i, word := range append([]string{c.Heading}, c.Words...) {
			cell, style := Place(place, i+1), text
			if i == 0 {
				style = bold
			}
			if err := f.SetCellStr(words, cell, Plain(word)); err != nil {
				return err
			}
			if err := f.SetCellStyle(words, cell, cell, style); err != nil {
				return err
			}
		}
		place++
	}
	return nil
}
