package openeplatform

import (
	"bufio"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"

	"fardplan/internal/date"
	"fardplan/internal/fault"
)

// Statistics counts the matters of a platform's statistics (getflowinstances) by flow and
// month. That list has a row for each matter, with who sent it: of a row the flow and the
// day are read, and nothing else of it is kept, logged or told.
type Statistics struct {
	// Submitted counts the matters by the flow and the first day of the month in which
	// they were sent in.
	Submitted map[StatisticsKey]int
	// Rows are all matters of the document, and Unsent those of them that were never sent in.
	Rows, Unsent int
	// Faults are the rows that could not be counted, at most 1,000, and Refused is how many
	// there are.
	Faults  []RowFault
	Refused int
}

// StatisticsKey is a flow in a month.
type StatisticsKey struct {
	// FamilyID is the flow's lasting number, 0 where the document has only that of the
	// version, which then is VersionID.
	FamilyID, VersionID int64
	Month               date.Date
}

// maxMatters is the largest number of rows of a document.
const maxMatters = 20_000_000

// ReadStatistics reads a document of getflowinstances in XML, however large, row by row.
// One that is not whole is refused with a fault whose Rule is one of the Rule constants.
func ReadStatistics(ctx context.Context, r io.Reader) (Statistics, error) {
	s := Statistics{Submitted: map[StatisticsKey]int{}}
	in := bufio.NewReaderSize(&contextReader{ctx, r}, readChunk)
	if mark, _ := in.Peek(3); string(mark) == "\xEF\xBB\xBF" {
		_, _ = in.Discard(3)
	}
	b := newBudget(transform.NewReader(in, runes.ReplaceIllFormed()))
	d := xml.NewDecoder(b)
	// What is read is digits, which every charset of the platforms writes alike.
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	m := &matters{counted: &s}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Statistics{}, m.broken(ctx, err, d.InputOffset())
		}
		if err := m.token(token); err != nil {
			return Statistics{}, err
		}
		if m.depth <= rootDepth {
			b.reset()
		}
	}
	if !m.sawRoot || m.depth > 0 {
		return Statistics{}, truncated(d.InputOffset(), s.Rows)
	}
	return s, nil
}

// matters walks the elements of a document.
type matters struct {
	counted *Statistics
	depth   int
	sawRoot bool
	inRow   bool
	field   string // the field being read, in small letters, or ""
	text    strings.Builder
	values  map[string]string
}

// Fields of a matter that are read, in small letters: different releases write them in
// different cases. Every other element may hold who somebody is.
var matterFields = map[string]bool{"flowid": true, "flowfamilyid": true, "submitted": true, "firstsubmitted": true}

// broken tells why the document could not be read on: never with its own words.
func (m *matters) broken(ctx context.Context, err error, at int64) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("read the statistics: %w", ctx.Err())
	case len(fault.All(err)) > 0:
		return err
	case m.depth > 0 && strings.Contains(err.Error(), "EOF"):
		return truncated(at, m.counted.Rows)
	}
	return malformed(at, m.counted.Rows)
}

func (m *matters) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		return directive(t)
	case xml.StartElement:
		return m.start(t.Name.Local)
	case xml.EndElement:
		return m.end()
	case xml.CharData:
		if m.field != "" && m.text.Len()+len(t) <= 64 {
			m.text.Write(t)
		}
	}
	return nil
}

func (m *matters) start(name string) error {
	if m.depth++; m.depth > maxDepth {
		return tooDeep()
	}
	name = strings.ToLower(name)
	switch {
	case m.depth == rootDepth && name == "html":
		return htmlPage()
	case m.depth == rootDepth && (m.sawRoot || !strings.Contains(name, "instance")):
		return refuse(fault.Invalid, RuleNotCatalogue,
			"Filen är ingen statistik över ärenden (getflowinstances). Hämta den ur plattformens statistikmodul, i XML.",
			"The file is no statistics of matters (getflowinstances). Fetch it from the platform's statistics module, in XML.")
	case m.depth == rootDepth:
		m.sawRoot = true
	case m.depth == rowDepth:
		m.inRow, m.values = strings.Contains(name, "instance"), map[string]string{}
	case m.depth == fieldDepth && m.inRow && matterFields[name]:
		m.field = name
		m.text.Reset()
	}
	return nil
}

func (m *matters) end() error {
	m.depth--
	switch {
	case m.depth == rowDepth && m.field != "":
		m.values[m.field] = strings.TrimSpace(m.text.String())
		m.field = ""
	case m.depth == rootDepth && m.inRow:
		m.inRow = false
		return m.count()
	}
	return nil
}

// count counts one row.
func (m *matters) count() error {
	s := m.counted
	if s.Rows++; s.Rows > maxMatters {
		return refuse(fault.Limited, RuleTooMany, "Filen har för många ärenden. Dela upp den på kortare perioder.", "The file has too many matters. Split it into shorter periods.")
	}
	key := StatisticsKey{FamilyID: flowNumber(m.values["flowfamilyid"])}
	if key.FamilyID == 0 {
		key.VersionID = flowNumber(m.values["flowid"])
	}
	sent := m.values["submitted"]
	if sent == "" {
		sent = m.values["firstsubmitted"]
	}
	if sent == "" {
		s.Unsent++
		return nil
	}
	day, err := date.Parse(sent[:min(len(sent), 10)])
	switch {
	case key.FamilyID == 0 && key.VersionID == 0:
		m.refuse("flowID", "matter_flow", "Ärendet på plats %d anger inte vilken e-tjänst det hör till (flowID).", "The matter at place %d does not say which e-service it belongs to (flowID).")
	case err != nil:
		m.refuse("submitted", "matter_day", "Ärendet på plats %d har ingen läsbar dag i submitted, som 2026-01-31.", "The matter at place %d has no readable day in submitted, such as 2026-01-31.")
	default:
		key.Month = day.FirstOfMonth()
		s.Submitted[key]++
	}
	return nil
}

// refuse lists the row at fault, without what it holds.
func (m *matters) refuse(field, rule, sv, en string) {
	s := m.counted
	if s.Refused++; len(s.Faults) < maxRowFaults {
		s.Faults = append(s.Faults, RowFault{Position: s.Rows, Faults: fault.List{fault.Field(field, rule, fmt.Sprintf(sv, s.Rows), fmt.Sprintf(en, s.Rows))}})
	}
}

// flowNumber reads a number of the platform's; 0 for what is none.
func flowNumber(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
