package decision

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/roster"
	"fardplan/internal/sheet"
	"fardplan/internal/text"
)

// coded are the codes of a field.
func coded(field string) []roster.Code { return roster.CodesOf(Codes()[field]) }

var decisionColumns = slices.Concat(roster.Identity[Decision]("decision"), []roster.Column[Decision]{
	{Field: "titleSv", Sv: "Beslut", En: "Decision", Width: 40, Kept: true},
	{Field: "titleEn", Sv: "Beslut på engelska", En: "Decision in English", Width: 40},
	{Field: "type", Sv: "Slag", En: "Type", Cell: roster.One, Codes: coded("TYPE"), Kept: true, Missing: roster.Needed("type", "Slag", "Type")},
	{Field: "bodyUnit", Sv: "Organ", En: "Body", Cell: roster.Ref, Refers: "unit", Width: 30, Kept: true, Missing: roster.Needed("bodyUnit", "Organ", "Body")},
	{Field: "meetingDate", Sv: "Sammanträdesdag", En: "Meeting date", Cell: roster.Day},
	{Field: "paragraph", Sv: "Paragraf", En: "Paragraph"},
	{Field: "diaryNumber", Sv: "Diarienummer", En: "Diary number", Width: 20},
	{Field: "case", Sv: "Ärende", En: "Case", Cell: roster.Ref, Refers: "diary_case", Width: 20},
	{Sv: "Läge", En: "State", Cell: roster.ReadOnly, Told: func(d *Decision, n *roster.Names) string { return n.Code(coded("STATE"), n.Told["state"][d.ID]) }},
	{Field: "jointCollaboration", Sv: "Gemensamt organ för", En: "Joint body of", Cell: roster.Ref, Refers: "collaboration", Width: 24},
	{Field: "textSv", Sv: "Beslutstext", En: "Text", Width: 50},
	{Field: "textEn", Sv: "Beslutstext på engelska", En: "Text in English", Width: 50},
	{Field: "proposedOn", Sv: "Föreslaget", En: "Proposed", Cell: roster.Day},
	{Field: "rejected", Sv: "Avslag", En: "Rejected", Cell: roster.YesNo, Kept: true},
	{Field: "adjustedOn", Sv: "Justerat", En: "Adjusted", Cell: roster.Day},
	{Field: "announcedOn", Sv: "Anslaget", En: "Announced", Cell: roster.Day},
	{Field: "legallyBindingOn", Sv: "Laga kraft", En: "Legally binding", Cell: roster.Day},
	{Field: "appealedOn", Sv: "Överklagat", En: "Appealed", Cell: roster.Day},
	{Field: "appealSettledOn", Sv: "Överklagandet avgjort", En: "Appeal settled", Cell: roster.Day},
	{Field: "overturnedOn", Sv: "Upphävt", En: "Overturned", Cell: roster.Day},
	{Field: "validFrom", Sv: "Gäller från", En: "Valid from", Cell: roster.Day},
	{Field: "validTo", Sv: "Gäller till", En: "Valid to", Cell: roster.Day},
	{Field: "delegationRef", Sv: "Punkt i delegationsordningen", En: "Item of the delegation order"},
	{Field: "reportedOn", Sv: "Anmält", En: "Reported", Cell: roster.Day},
	{Field: "minutesUrl", Sv: "Protokollets adress", En: "Address of the minutes", Width: 30},
	{Field: "documentUrls", Sv: "Handlingarnas adresser", En: "Addresses of documents", Cell: roster.Words, Width: 30},
	{Sv: "Ersatt", En: "Superseded", Cell: roster.ReadOnly, Told: func(d *Decision, _ *roster.Names) string { return roster.DayText(d.SupersededOn) }},
	{Field: "visibility", Sv: "Synlighet", En: "Visibility", Cell: roster.One, Codes: coded("VISIBILITY"), Kept: true},
	{Sv: "Exempel", En: "Example", Cell: roster.ReadOnly, Told: func(d *Decision, n *roster.Names) string { return n.Yes(d.IsExample) }},
	roster.LastChanged[Decision](),
})

var caseColumns = slices.Concat(roster.Identity[Case]("diary_case"), []roster.Column[Case]{
	{Field: "diaryNumber", Sv: "Diarienummer", En: "Diary number", Width: 20, Kept: true, Missing: roster.Needed("diaryNumber", "Diarienummer", "Diary number")},
	{Field: "titleSv", Sv: "Ärende", En: "Case", Width: 40, Kept: true},
	{Field: "titleEn", Sv: "Ärende på engelska", En: "Case in English", Width: 40},
	{Sv: "Numret tolkat", En: "Number as understood", Cell: roster.ReadOnly, Told: func(c *Case, _ *roster.Names) string { return said(c.Key()) }},
	{Field: "url", Sv: "Webbadress", En: "Address", Width: 30},
	{Field: "visibility", Sv: "Synlighet", En: "Visibility", Cell: roster.One, Codes: coded("VISIBILITY"), Kept: true},
	roster.LastChanged[Case](),
})

// said gives a text, and an empty one for none.
func said(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// CaseReference is the reference to cases, by their diary number as it is written.
func CaseReference(keep record.Keeper) roster.Reference {
	return roster.To(cases, keep, "något ärende", "case",
		func(c *Case, _ text.Language) string { return c.DiaryNumber },
		func(c *Case) []string { return []string{said(c.Key())} },
		func(c *Case) bool { return c.ArchivedAt == nil })
}

// collaboration is what decisions know of a collaboration.
type collaboration struct {
	postgres.Row
	MunicipalityID *uuid.UUID `db:"municipality_id"`
	NameSv         string     `db:"name_sv"`
	NameEn         *string    `db:"name_en"`
}

// CollaborationReference is the reference to the collaborations, which everybody sees.
func CollaborationReference(keep record.Keeper) roster.Reference {
	return roster.To(record.Kind[collaboration, *collaboration]{Table: "collaboration", Everyones: true}, keep, "någon samverkan", "collaboration",
		func(c *collaboration, in text.Language) string {
			return text.Localized{Sv: c.NameSv, En: c.NameEn}.Text(in)
		},
		func(*collaboration) []string { return nil },
		func(*collaboration) bool { return true })
}

// Roster says how the list of decisions leaves and enters as a spreadsheet.
func (s *Service) Roster() roster.Roster[Decision, *Decision] {
	return roster.Roster[Decision, *Decision]{
		Keeper: s.Keeper, Kind: decisions, Action: access.WriteDecision, Name: "titleSv", Columns: decisionColumns,
		// Many decisions have one title: the day, the paragraph and the number tell them apart.
		Key: func(d *Decision) string {
			return roster.Key(&d.BodyUnitID, d.TitleSv, roster.DayText(d.MeetingDate), said(d.Paragraph), said(d.DiaryNumber))
		},
		Title:      roster.Title{Sv: "Beslut", En: "Decisions", FileSv: "beslut", FileEn: "decisions"},
		References: []roster.Reference{CaseReference(s.Keeper), CollaborationReference(s.Keeper)},
		Begin: func(in roster.Spreadsheet, d *Decision) {
			d.Visibility = "PUBLIC"
			if in.DefaultOwner != nil {
				d.BodyUnitID = *in.DefaultOwner
			}
		},
		Tell: func(ctx context.Context, r postgres.Reader, ids []uuid.UUID, _ text.Language) (map[string]map[uuid.UUID]string, error) {
			states, err := s.States(ctx, r, ids)
			told := map[uuid.UUID]string{}
			for id, state := range states {
				told[id] = string(state)
			}
			return map[string]map[uuid.UUID]string{"state": told}, err
		},
		Unique: []roster.Unique[Decision]{{Field: "paragraph", Constraint: "decision_paragraph_unique", Of: func(d *Decision) string {
			if d.ArchivedAt != nil || d.MeetingDate == nil || d.Paragraph == nil {
				return ""
			}
			return roster.Key(&d.BodyUnitID, roster.DayText(d.MeetingDate), *d.Paragraph)
		}}},
		Settle: func(ctx context.Context, tx *postgres.Tx, all, were []*Decision) error {
			if err := s.settle(ctx, tx, all, were); err != nil {
				return err
			}
			for i, d := range all {
				if were[i] == nil {
					continue
				}
				if err := Cover(ctx, tx, were[i].shown(), d.shown()); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// CaseRoster says how the list of cases leaves and enters as a spreadsheet.
func (s *Service) CaseRoster() roster.Roster[Case, *Case] {
	return roster.Roster[Case, *Case]{
		Keeper: s.Keeper, Kind: cases, Action: access.WriteDecision, Name: "titleSv", Columns: caseColumns,
		Key:    func(c *Case) string { return roster.Key(nil, c.DiaryNumber) },
		Title:  roster.Title{Sv: "Ärenden", En: "Cases", FileSv: "arenden", FileEn: "cases"},
		Begin:  func(_ roster.Spreadsheet, c *Case) { c.Visibility = "PUBLIC" },
		Settle: func(ctx context.Context, tx *postgres.Tx, all, _ []*Case) error { return understand(ctx, tx, all...) },
	}
}

// Export gives a list of decisions, whole, as a spreadsheet.
func (s *Service) Export(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, format sheet.Format, in text.Language) (*sheet.File, error) {
	l, err := s.list(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	return s.Roster().Export(ctx, r, l, format, in)
}

// ExportCases gives a list of cases, whole, as a spreadsheet.
func (s *Service) ExportCases(ctx context.Context, r postgres.Reader, f CaseFilter, o Order, desc bool, format sheet.Format, in text.Language) (*sheet.File, error) {
	l, err := s.caseList(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	return s.CaseRoster().Export(ctx, r, l, format, in)
}
