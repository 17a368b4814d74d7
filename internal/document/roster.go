package document

import (
	"cmp"
	"context"
	"slices"

	"fardplan/internal/access"
	"fardplan/internal/eservice"
	"fardplan/internal/postgres"
	"fardplan/internal/record"
	"fardplan/internal/roster"
	"fardplan/internal/sheet"
	"fardplan/internal/text"
)

var columns = slices.Concat(roster.Identity[GoverningDocument]("governing_document"), []roster.Column[GoverningDocument]{
	{Field: "titleSv", Sv: "Styrdokument", En: "Governing document", Width: 40, Kept: true},
	{Field: "titleEn", Sv: "Styrdokument på engelska", En: "Governing document in English", Width: 40},
	{Field: "kind", Sv: "Slag", En: "Kind", Cell: roster.One, Codes: roster.CodesNamed(Kinds(), KindName), Kept: true, Missing: roster.Needed("kind", "Slag", "Kind")},
	{Field: "status", Sv: "Status", En: "Status", Cell: roster.One, Codes: roster.CodesNamed(Statuses(), StatusName), OnlyNew: true, Kept: true},
	{Field: "edition", Sv: "Utgåva", En: "Edition"},
	{Field: "diaryNumber", Sv: "Diarienummer", En: "Diary number", Width: 20},
	{Field: "decidedBy", Sv: "Beslutat av", En: "Decided by", Cell: roster.Ref, Refers: "unit", Width: 30},
	{Field: "decidedOn", Sv: "Beslutat", En: "Decided", Cell: roster.Day},
	{Field: "ownerUnit", Sv: "Ägande enhet", En: "Owning unit", Cell: roster.Ref, Refers: "unit", Width: 30},
	{Field: "ownerFunction", Sv: "Ansvarig funktion", En: "Responsible function", Width: 24},
	{Field: "validFrom", Sv: "Gäller från", En: "Valid from", Cell: roster.Day},
	{Field: "validTo", Sv: "Gäller till", En: "Valid to", Cell: roster.Day},
	{Field: "reviewMonths", Sv: "Ses över efter, månader", En: "Reviewed after, months", Cell: roster.Whole},
	{Field: "reviewDue", Sv: "Ses över senast", En: "Reviewed by", Cell: roster.Day},
	{Field: "supersedes", Sv: "Ersätter", En: "Supersedes", Cell: roster.Ref, Refers: "governing_document", Width: 30},
	{Field: "url", Sv: "Webbadress", En: "Address", Width: 30},
	{Field: "summarySv", Sv: "Sammanfattning", En: "Summary", Width: 50},
	{Field: "summaryEn", Sv: "Sammanfattning på engelska", En: "Summary in English", Width: 50},
	{Field: "visibility", Sv: "Synlighet", En: "Visibility", Cell: roster.One, Codes: roster.CodesOf(eservice.Codes()["VISIBILITY"]), Kept: true},
	{Field: "foundSource", Sv: "Källa", En: "Source", Width: 30},
	{Field: "foundReason", Sv: "Skäl att registrera som det var", En: "Reason to register as found", Width: 30},
	{Sv: "Exempel", En: "Example", Cell: roster.ReadOnly, Told: func(d *GoverningDocument, n *roster.Names) string { return n.Yes(d.IsExample) }},
	roster.LastChanged[GoverningDocument](),
})

// Reference is the reference to governing documents: by the title, with the edition in
// brackets where there is one.
func Reference(keep record.Keeper) roster.Reference {
	return roster.To(documents, keep, "något styrdokument", "governing document",
		func(d *GoverningDocument, in text.Language) string {
			label := d.Title().Text(in)
			if d.Edition != nil {
				label += " (" + *d.Edition + ")"
			}
			return label
		},
		func(d *GoverningDocument) []string { return []string{d.TitleSv, d.Title().Text(text.English)} },
		func(d *GoverningDocument) bool { return d.ArchivedAt == nil })
}

// Roster says how the list of governing documents leaves and enters as a spreadsheet.
func (s *Service) Roster() roster.Roster[GoverningDocument, *GoverningDocument] {
	return roster.Roster[GoverningDocument, *GoverningDocument]{
		Keeper: s.Keeper, Kind: documents, Action: access.WriteDocument, Name: "titleSv", Columns: columns,
		Key: func(d *GoverningDocument) string {
			if d.Edition == nil {
				return roster.Key(nil, d.TitleSv)
			}
			return roster.Key(nil, d.TitleSv, *d.Edition)
		},
		Title:      roster.Title{Sv: "Styrdokument", En: "Governing documents", FileSv: "styrdokument", FileEn: "governing-documents"},
		References: []roster.Reference{Reference(s.Keeper)},
		Begin:      func(in roster.Spreadsheet, d *GoverningDocument) { d.OwnerUnitID = in.DefaultOwner },
		// One that is no draft is registered as it was found.
		Completing: func(in roster.Spreadsheet, _ []*GoverningDocument) func(*GoverningDocument) {
			return func(d *GoverningDocument) {
				if d.Status != Draft {
					d.FoundSource, d.FoundReason = cmp.Or(d.FoundSource, in.Found()), cmp.Or(d.FoundReason, roster.FoundReason())
				}
			}
		},
		Settle: roster.Each(func(ctx context.Context, tx *postgres.Tx, d, was *GoverningDocument) error {
			if was == nil {
				return file(ctx, tx, d, nil)
			}
			return refile(ctx, tx, d, *was)
		}),
		Settled: func(ctx context.Context, tx *postgres.Tx, d, _ *GoverningDocument) error {
			return s.supersede(ctx)(tx, d)
		},
	}
}

// Export gives a list of governing documents, whole, as a spreadsheet.
func (s *Service) Export(ctx context.Context, r postgres.Reader, f Filter, o Order, desc bool, format sheet.Format, in text.Language) (*sheet.File, error) {
	l, err := s.list(ctx, r, f, o, desc)
	if err != nil {
		return nil, err
	}
	return s.Roster().Export(ctx, r, l, format, in)
}
