package strategy

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/document"
	"fardplan/internal/eservice"
	"fardplan/internal/postgres"
	"fardplan/internal/roster"
	"fardplan/internal/sheet"
	"fardplan/internal/text"
)

// coded are the codes of a field.
func coded(field string) []roster.Code { return roster.CodesOf(Codes()[field]) }

var visibilities = roster.CodesOf(eservice.Codes()["VISIBILITY"])

var goalColumns = slices.Concat(roster.Identity[Goal]("goal"), []roster.Column[Goal]{
	{Field: "code", Sv: "Kod", En: "Code", Kept: true, Missing: roster.Needed("code", "Kod", "Code")},
	{Field: "titleSv", Sv: "Mål", En: "Goal", Width: 40, Kept: true},
	{Field: "titleEn", Sv: "Mål på engelska", En: "Goal in English", Width: 40},
	{Field: "level", Sv: "Nivå", En: "Level", Cell: roster.One, Codes: coded("LEVEL"), Kept: true, Missing: roster.Needed("level", "Nivå", "Level")},
	{Field: "parentGoal", Sv: "Överordnat mål", En: "Goal above", Cell: roster.Ref, Refers: "goal", Width: 40},
	{Field: "strategy", Sv: "Strategi", En: "Strategy", Cell: roster.Ref, Refers: "governing_document", Width: 30},
	{Field: "status", Sv: "Status", En: "Status", Cell: roster.One, Codes: coded("STATUS"), OnlyNew: true, Kept: true},
	{Field: "ownerUnit", Sv: "Ägande enhet", En: "Owning unit", Cell: roster.Ref, Refers: "unit", Width: 30},
	{Field: "responsibleFunction", Sv: "Ansvarig funktion", En: "Responsible function", Width: 24},
	{Field: "descriptionSv", Sv: "Beskrivning", En: "Description", Width: 50},
	{Field: "descriptionEn", Sv: "Beskrivning på engelska", En: "Description in English", Width: 50},
	{Field: "horizon", Sv: "Sikt", En: "Horizon", Cell: roster.One, Codes: coded("HORIZON")},
	{Field: "periodFrom", Sv: "Från", En: "From", Cell: roster.Day},
	{Field: "periodTo", Sv: "Till", En: "To", Cell: roster.Day},
	{Field: "progress", Sv: "Uppnått, procent", En: "Progress, percent", Cell: roster.Whole},
	{Field: "health", Sv: "Läge", En: "Health", Cell: roster.One, Codes: coded("HEALTH"), Kept: true},
	{Field: "visibility", Sv: "Synlighet", En: "Visibility", Cell: roster.One, Codes: visibilities, Kept: true},
	{Field: "foundSource", Sv: "Källa", En: "Source", Width: 30},
	{Field: "foundReason", Sv: "Skäl att registrera som det var", En: "Reason to register as found", Width: 30},
	{Sv: "Exempel", En: "Example", Cell: roster.ReadOnly, Told: func(g *Goal, n *roster.Names) string { return n.Yes(g.IsExample) }},
	roster.LastChanged[Goal](),
})

var indicatorColumns = slices.Concat(roster.Identity[Indicator]("indicator"), []roster.Column[Indicator]{
	{Field: "nameSv", Sv: "Indikator", En: "Indicator", Width: 40, Kept: true},
	{Field: "nameEn", Sv: "Indikator på engelska", En: "Indicator in English", Width: 40},
	{Field: "goal", Sv: "Mål", En: "Goal", Cell: roster.Ref, Refers: "goal", Width: 40, OnlyNew: true, Kept: true, Missing: roster.Needed("goal", "Mål", "Goal")},
	{Field: "unitOfMeasure", Sv: "Måttenhet", En: "Unit of measure", Kept: true, Missing: roster.Needed("unitOfMeasure", "Måttenhet", "Unit of measure")},
	{Field: "direction", Sv: "Riktning", En: "Direction", Cell: roster.One, Codes: coded("DIRECTION"), Kept: true, Missing: roster.Needed("direction", "Riktning", "Direction")},
	{Field: "baseline", Sv: "Utgångsvärde", En: "Baseline", Cell: roster.Decimal},
	{Field: "baselineOn", Sv: "Utgångsvärdets dag", En: "Day of the baseline", Cell: roster.Day},
	{Field: "target", Sv: "Målvärde", En: "Target", Cell: roster.Decimal},
	{Field: "targetOn", Sv: "Målvärdets dag", En: "Day of the target", Cell: roster.Day},
	{Field: "bandLow", Sv: "Spannets undre gräns", En: "Lower bound of the band", Cell: roster.Decimal},
	{Field: "bandHigh", Sv: "Spannets övre gräns", En: "Upper bound of the band", Cell: roster.Decimal},
	{Field: "frequency", Sv: "Mäts", En: "Measured", Cell: roster.One, Codes: coded("FREQUENCY"), Kept: true, Missing: roster.Needed("frequency", "Mäts", "Measured")},
	{Field: "source", Sv: "Källa", En: "Source", Cell: roster.One, Codes: coded("SOURCE"), Kept: true, Missing: roster.Needed("source", "Källa", "Source")},
	{Field: "koladaKpi", Sv: "Nyckeltal i Kolada", En: "Key figure in Kolada"},
	{Field: "responsibleFunction", Sv: "Ansvarig funktion", En: "Responsible function", Width: 24},
	{Sv: "Senaste period", En: "Newest period", Cell: roster.ReadOnly, Told: func(i *Indicator, n *roster.Names) string { return n.Told["period"][i.ID] }},
	{Sv: "Senaste värde", En: "Newest value", Cell: roster.ReadOnly, Told: func(i *Indicator, n *roster.Names) string { return n.Told["value"][i.ID] }},
	roster.LastChanged[Indicator](),
})

var initiativeColumns = slices.Concat(roster.Identity[Initiative]("initiative"), []roster.Column[Initiative]{
	{Field: "titleSv", Sv: "Insats", En: "Initiative", Width: 40, Kept: true},
	{Field: "titleEn", Sv: "Insats på engelska", En: "Initiative in English", Width: 40},
	{Field: "kind", Sv: "Slag", En: "Kind", Cell: roster.One, Codes: coded("INITIATIVE_KIND"), Kept: true, Missing: roster.Needed("kind", "Slag", "Kind")},
	{Field: "status", Sv: "Status", En: "Status", Cell: roster.One, Codes: coded("INITIATIVE_STATUS"), Kept: true},
	{Field: "blockedReason", Sv: "Hinder", En: "Hindrance", Width: 30},
	{Field: "lane", Sv: "Bana", En: "Lane"},
	{Field: "ownerUnit", Sv: "Ägande enhet", En: "Owning unit", Cell: roster.Ref, Refers: "unit", Width: 30},
	{Field: "responsibleFunction", Sv: "Ansvarig funktion", En: "Responsible function", Width: 24},
	{Field: "descriptionSv", Sv: "Beskrivning", En: "Description", Width: 50},
	{Field: "descriptionEn", Sv: "Beskrivning på engelska", En: "Description in English", Width: 50},
	{Field: "plannedStart", Sv: "Planerad start", En: "Planned start", Cell: roster.Day},
	{Field: "plannedEnd", Sv: "Planerat slut", En: "Planned end", Cell: roster.Day},
	{Sv: "Beslutad start", En: "Start in the baseline", Cell: roster.ReadOnly, Told: func(i *Initiative, _ *roster.Names) string { return roster.DayText(i.BaselineStart) }},
	{Sv: "Beslutat slut", En: "End in the baseline", Cell: roster.ReadOnly, Told: func(i *Initiative, _ *roster.Names) string { return roster.DayText(i.BaselineEnd) }},
	{Field: "actualStart", Sv: "Började", En: "Started", Cell: roster.Day},
	{Field: "actualEnd", Sv: "Slutade", En: "Ended", Cell: roster.Day},
	{Field: "progress", Sv: "Klart, procent", En: "Progress, percent", Cell: roster.Whole},
	{Field: "visibility", Sv: "Synlighet", En: "Visibility", Cell: roster.One, Codes: visibilities, Kept: true},
	{Sv: "Exempel", En: "Example", Cell: roster.ReadOnly, Told: func(i *Initiative, n *roster.Names) string { return n.Yes(i.IsExample) }},
	roster.LastChanged[Initiative](),
})

var milestoneColumns = slices.Concat(roster.Identity[Milestone]("milestone"), []roster.Column[Milestone]{
	{Field: "titleSv", Sv: "Milstolpe", En: "Milestone", Width: 40, Kept: true},
	{Field: "titleEn", Sv: "Milstolpe på engelska", En: "Milestone in English", Width: 40},
	{Field: "initiative", Sv: "Insats", En: "Initiative", Cell: roster.Ref, Refers: "initiative", Width: 30, OnlyNew: true},
	{Field: "sharedProject", Sv: "Gemensamt projekt", En: "Shared project", Cell: roster.Ref, Refers: "shared_project", Width: 30, OnlyNew: true},
	{Field: "goal", Sv: "Mål", En: "Goal", Cell: roster.Ref, Refers: "goal", Width: 30, OnlyNew: true},
	{Field: "kind", Sv: "Slag", En: "Kind", Cell: roster.One, Codes: coded("MILESTONE_KIND"), Kept: true, Missing: roster.Needed("kind", "Slag", "Kind")},
	{Field: "plannedOn", Sv: "Planerad", En: "Planned", Cell: roster.Day},
	{Field: "baselineOn", Sv: "Beslutad", En: "In the baseline", Cell: roster.Day},
	{Field: "reachedOn", Sv: "Nådd", En: "Reached", Cell: roster.Day},
	roster.LastChanged[Milestone](),
})

// labelled gives a title with the code before it, in a language.
func labelled(code, sv string, en *string, in text.Language) string {
	return code + " " + text.Localized{Sv: sv, En: en}.Text(in)
}

// titles gives a title in each language.
func titles(sv string, en *string) []string {
	if en == nil {
		return []string{sv}
	}
	return []string{sv, *en}
}

func (s *Service) goalReference() roster.Reference {
	return roster.To(goals, s.Keeper, "något mål", "goal",
		func(g *Goal, in text.Language) string { return labelled(g.Code, g.TitleSv, g.TitleEn, in) },
		func(g *Goal) []string { return append(titles(g.TitleSv, g.TitleEn), g.Code) },
		func(g *Goal) bool { return g.ArchivedAt == nil })
}

func (s *Service) initiativeReference() roster.Reference {
	return roster.To(initiatives, s.Keeper, "någon insats", "initiative",
		func(i *Initiative, in text.Language) string { return i.Title().Text(in) },
		func(*Initiative) []string { return nil },
		func(i *Initiative) bool { return i.ArchivedAt == nil })
}

func (s *Service) projectReference() roster.Reference {
	return roster.To(projects, s.Keeper, "något gemensamt projekt", "shared project",
		func(p *Project, in text.Language) string { return labelled(p.Code, p.NameSv, p.NameEn, in) },
		func(p *Project) []string { return append(titles(p.NameSv, p.NameEn), p.Code) },
		func(p *Project) bool { return p.ArchivedAt == nil })
}

// GoalRoster says how the list of goals leaves and enters as a spreadsheet.
func (s *Service) GoalRoster() roster.Roster[Goal, *Goal] {
	key := func(g *Goal) string { return roster.Key(g.StrategyID, g.Code) }
	return roster.Roster[Goal, *Goal]{
		Keeper: s.Keeper, Kind: goals, Action: access.WriteGoal, Name: "titleSv", Columns: goalColumns, Key: key,
		Title:      roster.Title{Sv: "Mål", En: "Goals", FileSv: "mal", FileEn: "goals"},
		References: []roster.Reference{s.goalReference(), document.Reference(s.Keeper)},
		Begin:      func(in roster.Spreadsheet, g *Goal) { g.OwnerUnitID = in.DefaultOwner },
		// One that is not a proposal is registered as it was found.
		Completing: func(in roster.Spreadsheet, _ []*Goal) func(*Goal) {
			return func(g *Goal) {
				if g.Status != Proposed {
					g.FoundSource, g.FoundReason = cmp.Or(g.FoundSource, in.Found()), cmp.Or(g.FoundReason, roster.FoundReason())
				}
			}
		},
		Unique: []roster.Unique[Goal]{{Field: "code", Constraint: "goal_code_unique", Of: func(g *Goal) string {
			if g.ArchivedAt != nil {
				return ""
			}
			return key(g)
		}}},
		Settle: roster.Each(func(ctx context.Context, tx *postgres.Tx, g, was *Goal) error {
			if was == nil {
				return s.placed(ctx, tx, g, nil)
			}
			return s.placed(ctx, tx, g, was.ParentGoalID)
		}),
		Standing: childless,
	}
}

// IndicatorRoster says how the list of indicators leaves and enters as a spreadsheet.
func (s *Service) IndicatorRoster() roster.Roster[Indicator, *Indicator] {
	return roster.Roster[Indicator, *Indicator]{
		Keeper: s.Keeper, Kind: indicators, Action: access.WriteGoal, Name: "nameSv", Columns: indicatorColumns,
		Key:        func(i *Indicator) string { return roster.Key(&i.GoalID, i.NameSv) },
		Title:      roster.Title{Sv: "Indikatorer", En: "Indicators", FileSv: "indikatorer", FileEn: "indicators"},
		References: []roster.Reference{s.goalReference()},
		Tell: func(ctx context.Context, r postgres.Reader, ids []uuid.UUID, in text.Language) (map[string]map[uuid.UUID]string, error) {
			newest, err := s.NewestValues(ctx, r, ids)
			periods, values := map[uuid.UUID]string{}, map[uuid.UUID]string{}
			for id, v := range newest {
				periods[id], values[id] = v.Period.String(), roster.NumberText(v.Value, in)
			}
			return map[string]map[uuid.UUID]string{"period": periods, "value": values}, err
		},
		Settle: roster.Each(func(ctx context.Context, tx *postgres.Tx, i, was *Indicator) error {
			if was != nil {
				return nil
			}
			_, err := s.hangs(ctx, tx, access.WriteGoal, Part{GoalID: &i.GoalID}, "goal")
			return err
		}),
	}
}

// InitiativeRoster says how the list of initiatives leaves and enters as a spreadsheet.
func (s *Service) InitiativeRoster() roster.Roster[Initiative, *Initiative] {
	return roster.Roster[Initiative, *Initiative]{
		Keeper: s.Keeper, Kind: initiatives, Action: access.WriteInitiative, Name: "titleSv", Columns: initiativeColumns,
		Key:   func(i *Initiative) string { return strings.ToLower(i.TitleSv) },
		Title: roster.Title{Sv: "Insatser", En: "Initiatives", FileSv: "insatser", FileEn: "initiatives"},
		Begin: func(in roster.Spreadsheet, i *Initiative) { i.OwnerUnitID = in.DefaultOwner },
		Next:  func(next, _ *Initiative) { next.unblock() },
	}
}

// MilestoneRoster says how the list of milestones leaves and enters as a spreadsheet.
func (s *Service) MilestoneRoster() roster.Roster[Milestone, *Milestone] {
	return roster.Roster[Milestone, *Milestone]{
		Keeper: s.Keeper, Kind: milestones, Action: access.WriteInitiative, Name: "titleSv", Columns: milestoneColumns,
		Key: func(m *Milestone) string {
			_, of := m.End()
			return roster.Key(&of, m.TitleSv)
		},
		Title:      roster.Title{Sv: "Milstolpar", En: "Milestones", FileSv: "milstolpar", FileEn: "milestones"},
		References: []roster.Reference{s.goalReference(), s.initiativeReference(), s.projectReference()},
		Settle: roster.Each(func(ctx context.Context, tx *postgres.Tx, m, was *Milestone) error {
			if was != nil {
				return nil
			}
			_, err := s.hangs(ctx, tx, access.WriteInitiative, m.Part, "of")
			return err
		}),
	}
}

// ExportGoals gives a list of goals, whole, as a spreadsheet.
func (s *Service) ExportGoals(ctx context.Context, r postgres.Reader, f GoalFilter, o Order, desc bool, format sheet.Format, in text.Language) (*sheet.File, error) {
	return s.GoalRoster().Export(ctx, r, s.goalList(ctx, r, f, o, desc), format, in)
}

// ExportIndicators gives a list of indicators, whole, as a spreadsheet.
func (s *Service) ExportIndicators(ctx context.Context, r postgres.Reader, f IndicatorFilter, o Order, desc bool, format sheet.Format, in text.Language) (*sheet.File, error) {
	return s.IndicatorRoster().Export(ctx, r, s.indicatorList(ctx, r, f, o, desc), format, in)
}

// ExportInitiatives gives a list of initiatives, whole, as a spreadsheet.
func (s *Service) ExportInitiatives(ctx context.Context, r postgres.Reader, f InitiativeFilter, o Order, desc bool, format sheet.Format, in text.Language) (*sheet.File, error) {
	return s.InitiativeRoster().Export(ctx, r, s.initiativeList(ctx, r, f, o, desc), format, in)
}

// ExportMilestones gives a list of milestones, whole, as a spreadsheet.
func (s *Service) ExportMilestones(ctx context.Context, r postgres.Reader, f MilestoneFilter, o Order, desc bool, format sheet.Format, in text.Language) (*sheet.File, error) {
	return s.MilestoneRoster().Export(ctx, r, s.milestoneList(ctx, r, f, o, desc), format, in)
}
