package eservice

import (
	"slices"
	"strconv"

	"fardplan/internal/fault"
	"fardplan/internal/roster"
)

// coded are the codes of a field.
func coded(field string) []roster.Code { return roster.CodesOf(Codes()[field]) }

// identity are the columns that a row is known by. One with the values of a draft is no
// version that a file could be compared with.
func identity() []roster.Column[EService] {
	columns := roster.Identity[EService]("e_service")
	columns[1].Told = func(e *EService, n *roster.Names) string {
		if e.Drafted {
			return n.Word("utkast", "draft")
		}
		return strconv.Itoa(e.Version)
	}
	return columns
}

// sheetColumns are the spreadsheet's columns, in their order.
var sheetColumns = slices.Concat(identity(), []roster.Column[EService]{
	{Field: "nameSv", Sv: "Namn", En: "Name", Width: 40, Emptied: fault.Field("nameSv", "cell_empty", "Namnet kan inte tömmas. En e-tjänst tas bort genom att arkiveras.", "The name cannot be emptied. An e-service is removed by archiving it.")},
	{Field: "nameEn", Sv: "Namn på engelska", En: "Name in English", Width: 40},
	{Field: "status", Sv: "Status", En: "Status", Cell: roster.One, Codes: coded("STATUS"), OnlyNew: true, Kept: true},
	{Field: "published", Sv: "Publicerad", En: "Published", Cell: roster.ReadOnly, Told: func(e *EService, n *roster.Names) string { return n.Yes(e.Published) }},
	{Field: "ownerUnit", Sv: "Ägande enhet", En: "Owning unit", Cell: roster.Ref, Refers: roster.Units.Table, Width: 30, Emptied: fault.Field("ownerUnit", "cell_empty", "En e-tjänst har alltid en ägande enhet. Skriv enhetens namn.", "An e-service always has an owning unit. Write the unit's name."), Missing: fault.Field("ownerUnit", "owner_missing", "En ny e-tjänst behöver en ägande enhet: skriv den i raden, eller ange en för alla nya.", "A new e-service needs an owning unit: write it in the row, or give one for all new ones.")},
	{Field: "contactFunction", Sv: "Ansvarig funktion", En: "Responsible function", Width: 24},
	{Field: "summarySv", Sv: "Sammanfattning", En: "Summary", Width: 40},
	{Field: "summaryEn", Sv: "Sammanfattning på engelska", En: "Summary in English", Width: 40},
	{Field: "descriptionSv", Sv: "Beskrivning", En: "Description", Width: 50},
	{Field: "descriptionEn", Sv: "Beskrivning på engelska", En: "Description in English", Width: 50},
	{Field: "url", Sv: "Webbadress", En: "Address", Width: 30},
	{Field: "slug", Sv: "Adressnamn", En: "Slug", Width: 24, Kept: true},
	{Field: "audiences", Sv: "Målgrupper", En: "Audiences", Cell: roster.Many, Codes: coded("AUDIENCE"), Width: 24},
	{Field: "lifeEvents", Sv: "Livshändelser", En: "Life events", Cell: roster.Many, Codes: coded("LIFE_EVENT"), Width: 24},
	{Field: "themes", Sv: "Teman", En: "Themes", Cell: roster.Many, Codes: coded("THEME"), Width: 24},
	{Field: "keywords", Sv: "Sökord", En: "Keywords", Cell: roster.Words, Width: 30},
	{Field: "channels", Sv: "Kanaler", En: "Channels", Cell: roster.Many, Codes: coded("CHANNEL")},
	{Field: "alternativeChannelSv", Sv: "Annat sätt", En: "Other way", Width: 30},
	{Field: "alternativeChannelEn", Sv: "Annat sätt på engelska", En: "Other way in English", Width: 30},
	{Field: "languages", Sv: "Språk", En: "Languages", Cell: roster.Words},
	{Field: "digitalLevel", Sv: "Digital nivå", En: "Digital level", Cell: roster.One, Codes: coded("DIGITAL_LEVEL")},
	{Field: "eidLevel", Sv: "E-legitimation", En: "Electronic identity", Cell: roster.One, Codes: coded("EID_LEVEL")},
	{Field: "requiresAuthentication", Sv: "Kräver inloggning", En: "Requires sign-in", Cell: roster.YesNo},
	{Field: "requiresSigning", Sv: "Kräver underskrift", En: "Requires signature", Cell: roster.YesNo},
	{Field: "takesPayment", Sv: "Tar betalt", En: "Takes payment", Cell: roster.YesNo},
	{Field: "feeSv", Sv: "Avgift", En: "Fee", Width: 24},
	{Field: "feeEn", Sv: "Avgift på engelska", En: "Fee in English", Width: 24},
	{Field: "processingTimeSv", Sv: "Handläggningstid", En: "Processing time", Width: 24},
	{Field: "processingTimeEn", Sv: "Handläggningstid på engelska", En: "Processing time in English", Width: 24},
	{Field: "legalBasis", Sv: "Rättslig grund", En: "Legal basis", Width: 30},
	{Field: "legalBasisVerifiedOn", Sv: "Rättslig grund kontrollerad", En: "Legal basis verified", Cell: roster.Day},
	{Field: "personalData", Sv: "Personuppgifter", En: "Personal data", Cell: roster.One, Codes: coded("PERSONAL_DATA")},
	{Field: "retention", Sv: "Gallring", En: "Retention", Width: 24},
	{Field: "accessibilityStatus", Sv: "Tillgänglighet", En: "Accessibility", Cell: roster.One, Codes: coded("ACCESSIBILITY_STATUS")},
	{Field: "accessibilityStandard", Sv: "Tillgänglighetsstandard", En: "Accessibility standard"},
	{Field: "accessibilityCheckedOn", Sv: "Tillgänglighet kontrollerad", En: "Accessibility checked", Cell: roster.Day},
	{Field: "accessibilityStatementUrl", Sv: "Tillgänglighetsredogörelse", En: "Accessibility statement", Width: 30},
	{Field: "plannedLaunch", Sv: "Planerad start", En: "Planned launch", Cell: roster.Day},
	{Field: "launchedOn", Sv: "Startade", En: "Launched", Cell: roster.Day},
	{Field: "visibility", Sv: "Synlighet", En: "Visibility", Cell: roster.One, Codes: coded("VISIBILITY"), Kept: true},
	{Field: "sharedService", Sv: "Gemensam e-tjänst", En: "Shared service", Cell: roster.Ref, Refers: "shared_service", Width: 24},
	{Field: "oepFamilyId", Sv: "Nummer i Open ePlatform", En: "Number in Open ePlatform", Cell: roster.Whole},
	{Sv: "Ärenden senaste 12 månaderna", En: "Cases in the last 12 months", Cell: roster.ReadOnly, Told: func(e *EService, n *roster.Names) string { return n.Told["cases"][e.ID] }},
	roster.LastChanged[EService](),
})
