package eservice

import (
	"context"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/roster"
	"fardplan/internal/sheet"
	"fardplan/internal/text"
)

var services = record.Kind[EService, *EService]{Table: "e_service", Constraints: constraints, Owner: func(e *EService) uuid.UUID { return e.MunicipalityID }, Fill: (*EService).fill}

// Roster says how the list of e-services leaves and enters as a spreadsheet. Status and
// publication have operations of their own.
func (s *Service) Roster() roster.Roster[EService, *EService] {
	return roster.Roster[EService, *EService]{
		Keeper: record.Keeper{Journal: s.Journal, Policy: s.Policy}, Kind: services, Action: access.Import, Name: "nameSv", Columns: sheetColumns,
		Title:      roster.Title{Sv: "E-tjänster", En: "E-services", FileSv: "e-tjanster", FileEn: "e-services"},
		References: []roster.Reference{s.sharedReference()},
		Tell:       s.tellCases,
		Key:        func(e *EService) string { return strings.ToLower(e.NameSv) },
		// One with a slug of its own is another e-service of the name.
		Twin: func(added, other *EService) bool { return added.Slug == "" || added.Slug == other.Slug },
		Begin: func(in roster.Spreadsheet, e *EService) {
			e.Status, e.Visibility = Idea, Public
			if in.DefaultOwner != nil {
				e.OwnerUnitID = *in.DefaultOwner
			}
		},
		Completing: complete,
		Next:       func(next, was *EService) { next.retie(was.OepFamilyID) },
		Beside:     s.besideEdited,
		Unique: []roster.Unique[EService]{
			{Field: "slug", Constraint: "e_service_slug_unique", Of: func(e *EService) string { return e.Slug }},
			{Field: "oepFamilyId", Constraint: "e_service_oep_family_unique", Of: func(e *EService) string {
				if e.OepFamilyID == nil {
					return ""
				}
				return strconv.FormatInt(*e.OepFamilyID, 10)
			}},
		},
		Drafted: func(ctx context.Context, r postgres.Reader, ids []uuid.UUID) (map[uuid.UUID]map[string]bool, error) {
			drafts, err := s.OpenDrafts(ctx, r, ids)
			drafted := map[uuid.UUID]map[string]bool{}
			for id, d := range drafts {
				drafted[id] = map[string]bool{}
				for column := range d.Changes {
					drafted[id][column] = true
				}
			}
			return drafted, err
		},
		Months:    monthsOf,
		Undoable:  []string{"importOep", "bulkEditEServices"},
		NotUndone: []string{"first_published_at", "oep_seen"},
		Back:      backSeen,
		Withdrawn: map[string]any{"published": false},
	}
}

// complete gives new e-services a slug, and those in use already where they were found.
func complete(in roster.Spreadsheet, live []*EService) func(*EService) {
	taken := newSlugs()
	for _, e := range live {
		taken.taken[e.Slug] = true
	}
	return func(e *EService) {
		if e.Slug == "" {
			e.Slug = taken.free(e.NameSv)
		}
		if e.Status != Idea && e.Status != Planned {
			e.FoundSource, e.FoundReason = in.Found(), roster.FoundReason()
		}
	}
}

// tellCases tells of e-services how many cases they had.
func (s *Service) tellCases(ctx context.Context, r postgres.Reader, ids []uuid.UUID, _ text.Language) (map[string]map[uuid.UUID]string, error) {
	cases, err := s.CasesByID(ctx, r, ids)
	told := map[uuid.UUID]string{}
	for id, n := range cases {
		told[id] = strconv.Itoa(n)
	}
	return map[string]map[uuid.UUID]string{"cases": told}, err
}

// Export gives a list of e-services, whole, as a spreadsheet. One of the values of drafts
// cannot be taken in again.
func (s *Service) Export(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, format sheet.Format, in text.Language) (*sheet.File, error) {
	l, err := s.searched(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	all, err := postgres.Whole[EService](ctx, r, l, sheet.MaxRows+1)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		e.Drafted = f.Drafts
	}
	return s.Roster().Write(ctx, r, all, format, in)
}
