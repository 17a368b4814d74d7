package demo

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"fardplan/internal/date"
)

//go:embed data/*.csv
var files embed.FS

// row is one line of a file, by the names of its columns.
type row map[string]string

// list gives the parts of a field that semicolons divide.
func (r row) list(column string) []string {
	if r[column] == "" {
		return nil
	}
	return strings.Split(r[column], ";")
}

// optional gives a field's text; nil for an empty one.
func (r row) optional(column string) *string {
	if r[column] == "" {
		return nil
	}
	return new(r[column])
}

// day gives a field's date; nil for an empty one.
func (r row) day(column string) (*date.Date, error) {
	if r[column] == "" {
		return nil, nil
	}
	d, err := date.Parse(r[column])
	return &d, err
}

// rows reads the lines of a file of the data.
func rows(name string) ([]row, error) {
	raw, err := files.ReadFile("data/" + name + ".csv")
	if err != nil {
		return nil, err
	}
	lines, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read %s.csv: %w", name, err)
	}
	var all []row
	for _, line := range lines[1:] {
		r := row{}
		for i, column := range lines[0] {
			r[column] = line[i]
		}
		all = append(all, r)
	}
	return all, nil
}

// unit is a unit of the data.
type unit struct {
	row
	from, to *date.Date
}

// service is an e-service of the data, as any municipality may have it.
type service struct {
	row
	code   string
	cases  int // a month, in a municipality of about 145 000 inhabitants
	family int64
}

// share is a status with its part of a municipality's e-services, in per cent.
type share struct {
	status  string
	percent int
}

// placement is how many of the services a municipality has.
type placement struct {
	percent int
	themes  []string
	mix     []share
}

// data is all the files.
type data struct {
	municipalities []row
	units          []unit
	services       []service
	placements     map[string]placement // by SCB code
}

func read() (*data, error) {
	d := &data{placements: map[string]placement{}}
	var err error
	if d.municipalities, err = rows("municipalities"); err != nil {
		return nil, err
	}
	units, err := rows("units")
	if err != nil {
		return nil, err
	}
	for _, r := range units {
		u := unit{row: r}
		if u.from, err = r.day("valid_from"); err != nil {
			return nil, fmt.Errorf("unit %s: %w", r["key"], err)
		}
		if u.to, err = r.day("valid_to"); err != nil {
			return nil, fmt.Errorf("unit %s: %w", r["key"], err)
		}
		d.units = append(d.units, u)
	}
	services, err := rows("services")
	if err != nil {
		return nil, err
	}
	for _, r := range services {
		s := service{row: r, code: r["code"]}
		if s.cases, err = strconv.Atoi(r["monthly_cases"]); err != nil {
			return nil, fmt.Errorf("service %s: %w", s.code, err)
		}
		if s.family, err = strconv.ParseInt(r["flow_family_id"], 10, 64); err != nil {
			return nil, fmt.Errorf("service %s: %w", s.code, err)
		}
		d.services = append(d.services, s)
	}
	placements, err := rows("placement")
	if err != nil {
		return nil, err
	}
	for _, r := range placements {
		p := placement{themes: r.list("themes")}
		if p.percent, err = strconv.Atoi(r["share_percent"]); err != nil {
			return nil, fmt.Errorf("placement of %s: %w", r["municipality_scb"], err)
		}
		for _, part := range r.list("status_mix") {
			status, percent, _ := strings.Cut(part, ":")
			n, err := strconv.Atoi(percent)
			if err != nil {
				return nil, fmt.Errorf("placement of %s: %w", r["municipality_scb"], err)
			}
			p.mix = append(p.mix, share{status, n})
		}
		d.placements[r["municipality_scb"]] = p
	}
	return d, nil
}
