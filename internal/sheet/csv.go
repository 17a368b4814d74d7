package sheet

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	unicodes "golang.org/x/text/encoding/unicode"
)

// A spreadsheet program takes a cell of a CSV file that begins with one of these for a
// formula. Such a text is written with an apostrophe before it, which is taken away
// again when it is read; so is a text that begins with an apostrophe itself, and one
// that a program makes another text of. Some programs pass over space before it.
const formula = "=+-@\t\n＝＋－＠﹦﹢﹣﹫"

// What Excel and LibreOffice in Swedish or English take for a number, a date or a truth
// value and write back as another text: 0046 as 46, 12E3 as 12000, (5) as -5, 1/2 as a day,
// 10 fm as a time, 1 450 kr as 1450, TRUE as SANT. Whole numbers of up to 11 digits, as many
// as Excel shows without rounding, and days such as 2026-03-31 come back as they are.
var (
	reckoned = regexp.MustCompile(`^[\d.,:/%()\s\x{a0}-]*\d[\d.,:/%()\s\x{a0}-]*$|^(?i:\d[\d.,]*e[+-]?\d+\s*)$|^\d{4}-\d\d?-\d\d?T[\d:.]+Z?$|^(?i:true|false|sant|falskt)$|^(?i:\d{1,4}[ .:/-]*(jan|feb|mar|apr|ma[ijy]|jun|jul|aug|sep|o[kc]t|nov|dec)|(jan|feb|mar|apr|ma[ijy]|jun|jul|aug|sep|o[kc]t|nov|dec)[a-z]*[ .:/-]*\d{1,4})|^(?i:\d[\d:.]*\s*([ap]m|[fe]m))$|^(?i:(kr|sek|eur|[€$£])?[\s\x{a0}]*\d[\d.,\s\x{a0}-]*(kr|sek|eur|[€$£])?)$`)
	kept     = regexp.MustCompile(`^(0|[1-9]\d{0,10}|[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))$`)
)

func guarded(text string) bool {
	return strings.HasPrefix(text, "'") || beginsWith(text, formula) || beginsWith(strings.TrimLeftFunc(text, blank), formula) || rounded.MatchString(text) || reckoned.MatchString(text) && !kept.MatchString(text)
}

func beginsWith(text, any string) bool {
	first, size := utf8.DecodeRuneInString(text)
	return size > 0 && strings.ContainsRune(any, first)
}

// blank tells of space, and of characters that are not seen at all.
func blank(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

func guard(text string) string {
	if guarded(text) {
		return "'" + text
	}
	return text
}

// unguard takes away what guard added, and tells of a number that was rounded. The mark
// goes also where somebody has written on after what it guards, such as 1 450 kr per år:
// what it stands before then begins as that did, which is seldom with a letter.
func unguard(text string) Cell {
	rest, marked := strings.CutPrefix(text, "'")
	first, _ := utf8.DecodeRuneInString(rest)
	switch cell := checked(rest); {
	case cell.Fault != nil || marked && rest != "" && (guarded(rest) || !unicode.IsLetter(first)):
		return cell
	case rounded.MatchString(text):
		return Cell{Fault: roundedFault()}
	}
	return checked(text)
}

func writeCSV(t Table, separator byte) []byte {
	var b bytes.Buffer
	special := string(separator) + "\"\n\t "
	write := func(cells []string) {
		for i, text := range cells {
			if i > 0 {
				b.WriteByte(separator)
			}
			if text = guard(text); strings.ContainsAny(text, special) {
				text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
			}
			b.WriteString(text)
		}
		b.WriteString("\r\n")
	}
	headings := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		headings[i] = c.Heading
	}
	write(headings)
	for _, row := range t.Rows {
		write(row)
	}
	return b.Bytes()
}

// older are the character sets that Excel offers for CSV beside UTF-8, the usual one first:
// the others are those of Macintosh and of MS-DOS.
var older = []*charmap.Charmap{charmap.Windows1252, charmap.Macintosh, charmap.CodePage850}

// decoded gives a text file as UTF-8. What is neither UTF-8 nor marked as UTF-16 is in the
// first of the older sets in which it has any two of å, ä and ö, or else in Windows-1252.
func decoded(content []byte) (string, error) {
	if bytes.HasPrefix(content, []byte("\xFF\xFE")) || bytes.HasPrefix(content, []byte("\xFE\xFF")) {
		text, err := unicodes.UTF16(unicodes.LittleEndian, unicodes.ExpectBOM).NewDecoder().Bytes(content)
		return string(text), err
	}
	content = bytes.TrimPrefix(content, []byte("\uFEFF"))
	if utf8.Valid(content) {
		return string(content), nil
	}
	for _, set := range older {
		text, err := set.NewDecoder().Bytes(content)
		if err != nil {
			return "", err
		}
		letters := 0
		for _, letter := range []string{"å", "ä", "ö"} {
			if bytes.Contains(text, []byte(letter)) {
				letters++
			}
		}
		if letters > 1 {
			return string(text), nil
		}
	}
	text, err := older[0].NewDecoder().Bytes(content)
	return string(text), err
}

// Narrow gives a text as Excel writes it in CSV that is not UTF-8: with a question mark for
// each UTF-16 code unit that Windows-1252 lacks.
func Narrow(text string) string {
	var b strings.Builder
	for _, r := range text {
		if _, known := charmap.Windows1252.EncodeRune(r); known {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Repeat("?", units(string(r))))
		}
	}
	return b.String()
}

// separatorOf gives the separator that the first row with anything in it has most of,
// outside quotes.
func separatorOf(text string) byte {
	counts := map[byte]int{}
	quoted := false
	for _, c := range []byte(strings.TrimLeft(text, "\r\n")) {
		if c == '"' {
			quoted = !quoted
		}
		if (c == '\n' || c == '\r') && !quoted {
			break
		}
		if !quoted {
			counts[c]++
		}
	}
	best := byte(';')
	for _, c := range []byte(",\t") {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

func readCSV(content []byte) (*Grid, error) {
	text, err := decoded(content)
	if err != nil {
		return nil, refuse("sheet_charset", "Filens teckenkodning kan inte läsas. Spara den som CSV UTF-8.", "The file's character set cannot be read. Save it as CSV UTF-8.")
	}
	separator := separatorOf(text)
	var g gather
	var cells []Cell
	number := 1
	for i := 0; i < len(text); {
		var cell string
		if text[i] == '"' {
			var ok bool
			if cell, i, ok = quotedCell(text, i); !ok {
				return nil, refuse("sheet_quote", "Ett citattecken i filen "+Place(len(cells), number)+" avslutas aldrig.", "A quotation mark in the file at "+Place(len(cells), number)+" is never closed.")
			}
		}
		// What follows a closing quotation mark is taken as it stands.
		end := i
		for end < len(text) && text[end] != separator && text[end] != '\n' && text[end] != '\r' {
			end++
		}
		cell += text[i:end]
		i = end
		cells = append(cells, unguard(lineBreaks.Replace(cell)))
		if len(cells) > lastColumn {
			return nil, tooWide(number)
		}
		if i < len(text) && text[i] == separator {
			if i++; i == len(text) {
				cells = append(cells, Cell{})
			} else {
				continue
			}
		}
		if err := g.add(number, cells); err != nil {
			return nil, err
		}
		cells = nil
		number++
		if strings.HasPrefix(text[i:], "\r\n") {
			i++
		}
		i++
	}
	return g.done()
}

// quotedCell reads a cell that begins with a quotation mark at i, and gives the place
// after its closing one.
func quotedCell(text string, i int) (cell string, end int, ok bool) {
	var b strings.Builder
	for i++; i < len(text); i++ {
		if text[i] != '"' {
			b.WriteByte(text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == '"' {
			b.WriteByte('"')
			i++
			continue
		}
		return b.String(), i + 1, true
	}
	return "", i, false
}
