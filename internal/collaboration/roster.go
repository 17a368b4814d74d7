package collaboration

import (
	"context"
	"slices"

	"fardplan/internal/access"
	"fardplan/internal/decision"
	"fardplan/internal/eservice"
	"fardplan/internal/postgres"
	"fardplan/internal/roster"
	"fardplan/internal/sheet"
	"fardplan/internal/text"
)

// coded are the codes of a field.
func coded(field string) []roster.Code { return roster.CodesOf(Codes()[field]) }

var projectColumns = slices.Concat(roster.Identity[SharedProject]("shared_project"), []roster.Column[SharedProject]{
	{Field: "code", Sv: "Kod", En: "Code", Kept: true, Missing: roster.Needed("code", "Kod", "Code")},
	{Field: "nameSv", Sv: "Gemensamt projekt", En: "Shared project", Width: 40, Kept: true},
	{Field: "nameEn", Sv: "Gemensamt projekt på engelska", En: "Shared project in English", Width: 40},
	{Field: "phase", Sv: "Fas", En: "Phase", Cell: roster.One, Codes: coded("PHASE"), OnlyNew: true, Kept: true},
	{Field: "status", Sv: "Status", En: "Status", Cell: roster.One, Codes: coded("STATUS"), Kept: true},
	{Field: "health", Sv: "Läge", En: "Health", Cell: roster.One, Codes: coded("HEALTH"), Kept: true},
	{Field: "healthCommentSv", Sv: "Om läget", En: "About the health", Width: 40},
	{Field: "healthCommentEn", Sv: "Om läget på engelska", En: "About the health in English", Width: 40},
	{Field: "collaboration", Sv: "Samverkan", En: "Collaboration", Cell: roster.Ref, Refers: "collaboration", Width: 24},
	{Field: "agreement", Sv: "Avtal", En: "Agreement", Cell: roster.Ref, Refers: "agreement", Width: 30},
	{Field: "summarySv", Sv: "Sammanfattning", En: "Summary", Width: 50},
	{Field: "summaryEn", Sv: "Sammanfattning på engelska", En: "Summary in English", Width: 50},
	{Field: "leadFunction", Sv: "Projektledare", En: "Lead", Width: 24},
	{Field: "sponsorFunction", Sv: "Beställare", En: "Sponsor", Width: 24},
	{Field: "budget", Sv: "Budget, kronor", En: "Budget, SEK", Cell: roster.Decimal},
	{Field: "costKey", Sv: "Kostnader fördelas efter", En: "Costs are shared by", Cell: roster.One, Codes: coded("COST_KEY")},
	{Field: "plannedStart", Sv: "Planerad start", En: "Planned start", Cell: roster.Day},
	{Field: "plannedEnd", Sv: "Planerat slut", En: "Planned end", Cell: roster.Day},
	{Field: "baselineStart", Sv: "Beslutad start", En: "Start in the baseline", Cell: roster.Day},
	{Field: "baselineEnd", Sv: "Beslutat slut", En: "End in the baseline", Cell: roster.Day},
	{Field: "actualStart", Sv: "Började", En: "Started", Cell: roster.Day},
	{Field: "actualEnd", Sv: "Slutade", En: "Ended", Cell: roster.Day},
	{Field: "openToJoin", Sv: "Öppet att gå med i", En: "Open to join", Cell: roster.YesNo, Kept: true},
	{Field: "joinTermsSv", Sv: "Villkor", En: "Terms", Width: 40},
	{Field: "joinTermsEn", Sv: "Villkor på engelska", En: "Terms in English", Width: 40},
	{Field: "deliverables", Sv: "Leveranser", En: "Deliverables", Cell: roster.Words, Width: 30},
	{Field: "repositoryUrl", Sv: "Adress till källkod", En: "Address of the source code", Width: 30},
	{Field: "lessonsSv", Sv: "Lärdomar", En: "Lessons", Width: 40},
	{Field: "lessonsEn", Sv: "Lärdomar på engelska", En: "Lessons in English", Width: 40},
	{Field: "visibility", Sv: "Synlighet", En: "Visibility", Cell: roster.One, Codes: roster.CodesOf(eservice.Codes()["VISIBILITY"]), Kept: true},
	{Field: "foundSource", Sv: "Källa", En: "Source", Width: 30, OnlyNew: true},
	{Field: "foundReason", Sv: "Skäl att registrera som det var", En: "Reason to register as found", Width: 30, OnlyNew: true},
	{Sv: "Exempel", En: "Example", Cell: roster.ReadOnly, Told: func(p *SharedProject, n *roster.Names) string { return n.Yes(p.IsExample) }},
	roster.LastChanged[SharedProject](),
})

// participationColumns are for reading: each participation changes by the operations of the
// host and of the participant.
var participationColumns = slices.Concat(roster.Identity[Participation]("participation"), []roster.Column[Participation]{
	{Field: "sharedProject", Sv: "Gemensamt projekt", En: "Shared project", Cell: roster.ReadOnly, Refers: "shared_project", Width: 40},
	{Field: "role", Sv: "Roll", En: "Role", Cell: roster.ReadOnly, Codes: coded("ROLE"), Width: 20},
	{Field: "state", Sv: "Läge", En: "State", Cell: roster.ReadOnly, Codes: coded("STATE"), Width: 20},
	{Field: "reason", Sv: "Skäl", En: "Reason", Cell: roster.ReadOnly, Width: 30},
	{Sv: "Kostnadsandel, procent", En: "Cost share, percent", Cell: roster.ReadOnly, Told: func(p *Participation, n *roster.Names) string { return numberText(p.CostSharePercent, n) }},
	{Sv: "Kostnadsandel, kronor", En: "Cost share, SEK", Cell: roster.ReadOnly, Told: func(p *Participation, n *roster.Names) string { return numberText(p.CostShareAmount, n) }},
	{Field: "contactFunction", Sv: "Kontakt", En: "Contact", Cell: roster.ReadOnly, Width: 24},
	{Field: "localLaunch", Sv: "Start i kommunen", En: "Local launch", Cell: roster.ReadOnly},
	{Field: "proposedBy", Sv: "Föreslaget av", En: "Proposed by", Cell: roster.ReadOnly, Refers: "municipality"},
	{Field: "confirmedOn", Sv: "Bekräftat", En: "Confirmed", Cell: roster.ReadOnly},
	{Field: "foundSource", Sv: "Källa", En: "Source", Cell: roster.ReadOnly, Width: 30},
	{Field: "foundReason", Sv: "Skäl att registrera som det var", En: "Reason to register as found", Cell: roster.ReadOnly, Width: 30},
	roster.LastChanged[Participation](),
})

// numberText writes a number in the names' language; empty for none.
func numberText(number *float64, n *roster.Names) string {
	if number == nil {
		return ""
	}
	return roster.NumberText(*number, n.Language)
}

func (s *Service) projectReference() roster.Reference {
	return roster.To(projects, s.Keeper, "något gemensamt projekt", "shared project",
		func(p *SharedProject, in text.Language) string { return p.Code + " " + p.Name().Text(in) },
		func(p *SharedProject) []string { return []string{p.Code, p.NameSv, p.Name().Text(text.English)} },
		func(p *SharedProject) bool { return p.ArchivedAt == nil })
}

func (s *Service) agreementReference() roster.Reference {
	return roster.To(agreements, s.Keeper, "något avtal", "agreement",
		func(a *Agreement, in text.Language) string { return a.Title().Text(in) },
		func(*Agreement) []string { return nil },
		func(a *Agreement) bool { return a.ArchivedAt == nil })
}

// ProjectRoster says how the list of shared projects leaves as a spreadsheet and enters on
// its host's side.
func (s *Service) ProjectRoster() roster.Roster[SharedProject, *SharedProject] {
	return roster.Roster[SharedProject, *SharedProject]{
		Keeper: s.Keeper, Kind: projects, Action: access.WriteSharedProject, Name: "nameSv", Columns: projectColumns,
		Key:        func(p *SharedProject) string { return roster.Key(nil, p.Code) },
		Title:      roster.Title{Sv: "Gemensamma projekt", En: "Shared projects", FileSv: "gemensamma-projekt", FileEn: "shared-projects"},
		References: []roster.Reference{decision.CollaborationReference(s.Keeper), s.agreementReference()},
		Begin:      func(_ roster.Spreadsheet, p *SharedProject) { p.begin() },
		Settle: roster.Each(func(ctx context.Context, tx *postgres.Tx, p, was *SharedProject) error {
			if was == nil {
				was = &SharedProject{}
			}
			return s.lay(ctx, tx, p, *was)
		}),
		Settled: func(ctx context.Context, tx *postgres.Tx, p, was *SharedProject) error {
			if was != nil {
				return nil
			}
			return host(ctx, tx, p)
		},
	}
}

// ParticipationRoster says how the list of participations leaves as a spreadsheet. It does
// not enter.
func (s *Service) ParticipationRoster() roster.Roster[Participation, *Participation] {
	return roster.Roster[Participation, *Participation]{
		Keeper: s.Keeper, Kind: participations, Columns: participationColumns,
		Title:      roster.Title{Sv: "Deltaganden", En: "Participations", FileSv: "deltaganden", FileEn: "participations"},
		References: []roster.Reference{s.projectReference()},
	}
}

// ExportProjects gives a list of shared projects, whole, as a spreadsheet.
func (s *Service) ExportProjects(ctx context.Context, r postgres.Reader, f SharedProjectFilter, o Order, desc bool, format sheet.Format, in text.Language) (*sheet.File, error) {
	return s.ProjectRoster().Export(ctx, r, s.projectList(ctx, r, f, o, desc), format, in)
}

// ExportParticipations gives a list of participations, whole, as a spreadsheet.
func (s *Service) ExportParticipations(ctx context.Context, r postgres.Reader, f ParticipationFilter, o Order, desc bool, format sheet.Format, in text.Language) (*sheet.File, error) {
	return s.ParticipationRoster().Export(ctx, r, s.participationList(ctx, r, f, o, desc), format, in)
}
