package diary_test

import (
	"errors"
	"strings"
	"testing"

	"fardplan/internal/diary"
)

const latest = 2027

// Forms that municipalities write, and what is like them and is none.
func TestEveryForm(t *testing.T) {
	for _, c := range []struct {
		text     string
		register string
		year     int
		serial   int
		suffix   string
		refused  diary.Refusal
	}{
		{text: "KS 2015/0144", register: "KS", year: 2015, serial: 144},
		{text: "KS-833/2012", register: "KS", year: 2012, serial: 833},
		{text: "KS 2013/0644", register: "KS", year: 2013, serial: 644},
		{text: "KR-2017/0039", register: "KR", year: 2017, serial: 39},
		{text: "KS 2023/00123", register: "KS", year: 2023, serial: 123},
		{text: "KS 2018/14", register: "KS", year: 2018, serial: 14},
		{text: "KS-2012/123", register: "KS", year: 2012, serial: 123},
		{text: "KS/2016:51", register: "KS", year: 2016, serial: 51},
		{text: "KS-2014/742.912", register: "KS", year: 2014, serial: 742, suffix: "912"},
		{text: "2019/196-003", year: 2019, serial: 196, suffix: "003"},
		{text: "2013/544-BaUN-009", register: "BAUN", year: 2013, serial: 544, suffix: "009"},
		{text: "Dnr 2014/304", year: 2014, serial: 304},
		{text: "5.1.2-2672/2017", year: 2017, serial: 2672, suffix: "5.1.2"},
		{text: "IFO2014/12", register: "IFO", year: 2014, serial: 12},
		{text: "Dnr: KS 2018/56, § 32", register: "KS", year: 2018, serial: 56},
		{text: "2017-12-13", refused: diary.Day},
		{text: "KS 2015/0144-1", register: "KS", year: 2015, serial: 144, suffix: "1"},
		{text: "SOU 2017:114", refused: diary.Source},
		{text: "SFS 2018:218", refused: diary.Source},
		{text: "ISO27001:2014", refused: diary.Source},
		{text: "2007:1091", refused: diary.Statute},
		{text: "KS 2015/144", register: "KS", year: 2015, serial: 144},
		{text: "ks 2015/0144", register: "KS", year: 2015, serial: 144},
		{text: "KS 2017-06-05", refused: diary.Meeting},
		{text: "15/2089", refused: diary.Fraction},
		{text: "2018:1937", refused: diary.Statute},
		{text: "2023/KS 0362", register: "KS", year: 2023, serial: 362},
		{text: "2021/KS 0280 013", register: "KS", year: 2021, serial: 280, suffix: "013"},

		{text: "KS 2018/1092", register: "KS", year: 2018, serial: 1092},
		{text: "KS/2019:73", register: "KS", year: 2019, serial: 73},
		{text: "KS.2019.123", register: "KS", year: 2019, serial: 123},
		{text: "KS 2016-254/322", register: "KS", year: 2016, serial: 254, suffix: "322"},
		{text: "KS12/334", register: "KS", year: 2012, serial: 334},
		{text: "KS 98/334", register: "KS", year: 1998, serial: 334},
		{text: "dnr 15/2089", year: 2015, serial: 2089},
		{text: "Diarienr. 2014:304", year: 2014, serial: 304},
		{text: "Diarienummer: ks-144/2015", register: "KS", year: 2015, serial: 144},
		{text: "dnr2014/304", year: 2014, serial: 304},
		{text: "(KS 2015/0144).", register: "KS", year: 2015, serial: 144},
		{text: "KS\u00a02015/0144", register: "KS", year: 2015, serial: 144},
		{text: "KS 2015\u20110144", register: "KS", year: 2015, serial: 144},
		{text: "ÖFN 2020/7", register: "ÖFN", year: 2020, serial: 7},
		{text: "o\u0308fn 2020/7", register: "ÖFN", year: 2020, serial: 7},
		{text: "KS-2012/2013", register: "KS", year: 2012, serial: 2013},

		{text: "", refused: diary.Empty},
		{text: " . ", refused: diary.Empty},
		{text: "Dnr:", refused: diary.Empty},
		{text: "HSLF-FS 2017:40", refused: diary.Source},
		{text: "SS-EN 301:2014", refused: diary.Source},
		{text: "Dnr SFS 2018:218", refused: diary.Source},
		{text: "2016/679 EU", refused: diary.Source},
		{text: "EU 2016/679", refused: diary.Source},
		{text: "KS 2017-06-05 § 212", refused: diary.Meeting},
		{text: "2017/2018", refused: diary.Years},
		{text: "Dnr 2017/2018", refused: diary.Years},
		{text: "KS 2015/0", refused: diary.NoSerial},
		{text: "KS 2028/1", refused: diary.YearOff},
		{text: "KS 2027/1", register: "KS", year: 2027, serial: 1},
		{text: "KS 1815/12", refused: diary.Unknown},
		{text: "hos registrator", refused: diary.Unknown},
		{text: "KS 2018/56, 32", refused: diary.Unknown},
		{text: "KOMMUNSTYRELSEN 2018/56", refused: diary.Unknown},
		{text: "KS 2018/1234567", refused: diary.Unknown},
	} {
		n, err := diary.Parse(c.text, nil, latest)
		if c.refused != "" {
			var why diary.Refusal
			if !errors.As(err, &why) || why != c.refused {
				t.Errorf("%q is refused as %v, not as %s", c.text, err, c.refused)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q is refused: %v", c.text, err)
			continue
		}
		n.Paragraph = ""
		if want := (diary.Number{Register: c.register, Year: c.year, Serial: c.serial, Suffix: c.suffix}); n != want {
			t.Errorf("%q reads as %+v, not %+v", c.text, n, want)
		}
	}
}

func TestTheParagraphIsToldApart(t *testing.T) {
	for text, want := range map[string]string{"Dnr: KS 2018/56, § 32": "32", "KS 2018/56 §7": "7", "KS 2018/56; § 12 A": "12 a", "KS 2018/56": ""} {
		if n, err := diary.Parse(text, nil, latest); err != nil || n.Paragraph != want || n.Serial != 56 {
			t.Errorf("%q: %+v, %v", text, n, err)
		}
	}
}

func TestNotationsOfOneCase(t *testing.T) {
	first, err := diary.Parse("KS 2015/0144", nil, latest)
	if err != nil || first.Key() != "KS 2015/00144" {
		t.Fatal(first.Key(), err)
	}
	for _, text := range []string{"KS 2015/144", "ks-144/2015", "KS/2015:144", "KS 2015/144-7", "2015/144-KS", "2015/KS 0144", "KS15/144"} {
		if n, err := diary.Parse(text, nil, latest); err != nil || n.Key() != first.Key() || !n.Same(first) {
			t.Errorf("%q is %s (%v)", text, n.Key(), err)
		}
	}
	for _, text := range []string{"KR 2015/144", "KS 2016/144", "KS 2015/145", "2015/144"} {
		if n, err := diary.Parse(text, nil, latest); err != nil || n.Same(first) {
			t.Errorf("%q is taken for the same (%v)", text, err)
		}
	}
	if n, _ := diary.Parse("2015/144", nil, latest); n.Key() != "2015/00144" || n.Same(n) {
		t.Errorf("a number without a register has the key %q", n.Key())
	}
}

// The municipality knows how it writes, and says so in its patterns.
func TestOwnPatternsComeFirst(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          diary.Number
	}{
		{"YY/SERIAL", "15/2089", diary.Number{Year: 2015, Serial: 2089}},
		{"YEAR:SERIAL", "2018:1937", diary.Number{Year: 2018, Serial: 1937}},
		{"SERIAL/YEAR", "833/2012", diary.Number{Year: 2012, Serial: 833}},
		{"DOSSIER-SERIAL/YY", "012-33/19", diary.Number{Year: 2019, Serial: 33, Suffix: "012"}},
		{"ORGAN SERIAL:YY", "KS 33:19", diary.Number{Register: "KS", Year: 2019, Serial: 33}},
		// A form of another place is read as everywhere.
		{"YY/SERIAL", "KS-833/2012", diary.Number{Register: "KS", Year: 2012, Serial: 833}},
	} {
		if n, err := diary.Parse(c.text, []string{"ORGAN", c.pattern}, latest); err != nil || n != c.want {
			t.Errorf("%q by %s reads as %+v, %v", c.text, c.pattern, n, err)
		}
	}
	for text, pattern := range map[string]string{"2017-12-13": "YEAR-SERIAL-DOSSIER", "KS 2017-06-05": "ORGAN YEAR-SERIAL-DOSSIER", "2017/2018": "YEAR/SERIAL", "SFS 2018:218": "ORGAN YEAR:SERIAL"} {
		if n, err := diary.Parse(text, []string{pattern}, latest); err == nil {
			t.Errorf("%q is taken for %+v", text, n)
		}
	}
}

func TestEveryRefusalIsInWords(t *testing.T) {
	for _, r := range []diary.Refusal{diary.Empty, diary.Source, diary.Meeting, diary.Day, diary.Statute, diary.Fraction, diary.Years, diary.NoSerial, diary.YearOff, diary.Unknown} {
		if sv, en := r.Text(); sv == "" || en == "" || sv == en || r.Error() != en {
			t.Errorf("%s: %q, %q", r, sv, en)
		}
	}
}

// What is read says what it says: its key reads as the same number.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"KS 2015/0144", "2021/KS 0280 013", "5.1.2-2672/2017", "dnr 15/2089", "KS 2017-06-05", "§ 12"} {
		f.Add(text, "ORGAN YEAR/SERIAL")
		f.Add(text, "YY/SERIAL-DOSSIER")
	}
	f.Fuzz(func(t *testing.T, text, pattern string) {
		n, err := diary.Parse(text, []string{pattern}, latest)
		if err != nil {
			if n != (diary.Number{}) {
				t.Fatalf("%q is refused and read as %+v", text, n)
			}
			return
		}
		if n.Serial < 1 || n.Year < 1900 || n.Year > latest || len(n.Suffix) > 20 || strings.TrimFunc(n.Register, func(r rune) bool { return r >= 'A' && r <= 'Z' || strings.ContainsRune("ÅÄÖ", r) }) != "" {
			t.Fatalf("%q reads as %+v", text, n)
		}
		if n.Register == "" {
			return
		}
		again, err := diary.Parse(n.Key(), nil, latest)
		if err != nil || !again.Same(n) {
			t.Fatalf("%q has the key %q, which reads as %+v, %v", text, n.Key(), again, err)
		}
	})
}
