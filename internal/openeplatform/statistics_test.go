package openeplatform_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"fardplan/internal/fault"
	"fardplan/internal/openeplatform"
)

// endless writes matters one after another, without holding them.
type endless struct {
	left int
	part string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.part == "" {
		if e.left < 0 {
			return 0, io.EOF
		}
		e.part = fmt.Sprintf("<FlowInstance><flowID>%d</flowID><submitted>2026-01-%02d 10:00</submitted><poster>%s</poster></FlowInstance>", e.left%50+1, e.left%28+1, strings.Repeat("x", 2000))
		if e.left == 0 {
			e.part = "</FlowInstances>"
		}
		e.left--
	}
	n := copy(p, e.part)
	e.part = e.part[n:]
	return n, nil
}

func TestStatisticsOfAnySizeAreReadRowByRow(t *testing.T) {
	if testing.Short() {
		t.Skip("reads one row after another, for long")
	}
	const matters = 20_000 // some 40 MB
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s, err := openeplatform.ReadStatistics(t.Context(), io.MultiReader(strings.NewReader("\xEF\xBB\xBF<FlowInstances>"), &endless{left: matters}))
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if s.Rows != matters || len(s.Submitted) != 50 || len(s.Faults) != 0 {
		t.Errorf("%d rows of %d flows and months, %d at fault", s.Rows, len(s.Submitted), len(s.Faults))
	}
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 4<<20 {
		t.Errorf("%d bytes are kept of it", kept)
	}
}

func TestStatisticsThatAreNotWholeAreRefused(t *testing.T) {
	whole := "<FlowInstances><FlowInstance><FlowFamilyID>7</FlowFamilyID><submitted>2026-01-02</submitted></FlowInstance></FlowInstances>"
	if s, err := openeplatform.ReadStatistics(t.Context(), strings.NewReader(whole)); err != nil || len(s.Submitted) != 1 {
		t.Fatalf("a whole one gives %+v, %v", s, err)
	}
	for name, c := range map[string]struct{ document, rule string }{
		"cut off":          {whole[:len(whole)-20], openeplatform.RuleTruncated},
		"nothing":          {"", openeplatform.RuleTruncated},
		"broken":           {strings.Replace(whole, "</submitted>", "</sent>", 1), openeplatform.RuleMalformed},
		"a web page":       {"<html><body>Logga in</body></html>", openeplatform.RuleHTMLPage},
		"a catalogue":      {"<Flows><Flow><ID>1</ID></Flow></Flows>", openeplatform.RuleNotCatalogue},
		"a document type":  {`<!DOCTYPE x [<!ENTITY a "b">]>` + whole, openeplatform.RuleDTD},
		"nested":           {"<FlowInstances>" + strings.Repeat("<a>", 100), openeplatform.RuleTooDeep},
		"one endless row":  {"<FlowInstances><FlowInstance><poster>" + strings.Repeat("x", 5<<20), openeplatform.RuleRowTooLarge},
		"two roots in one": {whole + whole, openeplatform.RuleNotCatalogue},
	} {
		_, err := openeplatform.ReadStatistics(t.Context(), strings.NewReader(c.document))
		var f *fault.Error
		if !errors.As(err, &f) || f.Rule != c.rule || f.Sv == "" {
			t.Errorf("%s: %v, want the rule %s", name, err, c.rule)
		}
	}
	// Bytes of another charset than the document says are of texts that are not kept.
	latin1 := strings.Replace(whole, "<submitted>", "<name>\xc5sa \xd6</name><submitted>", 1)
	if s, err := openeplatform.ReadStatistics(t.Context(), strings.NewReader(`<?xml version="1.0" encoding="UTF-8"?>`+latin1)); err != nil || len(s.Submitted) != 1 {
		t.Errorf("an undeclared charset gives %+v, %v", s, err)
	}
}
