package strategy

// The statuses of a goal that the program asks for.
const (
	Proposed GoalStatus = "PROPOSED"
	Adopted  GoalStatus = "ADOPTED"
)

// Unknown is the health of what nobody has said anything of.
const Unknown Health = "UNKNOWN"

// The statuses of an initiative that the program asks for.
const (
	Planned InitiativeStatus = "PLANNED"
	blocked InitiativeStatus = "BLOCKED"
)

// Code is one value of a coded field, with its names for people.
type Code struct{ Value, Sv, En string }

// Codes lists the values of each coded field, by the field's name. The database and
// the GraphQL schema have the same, which a test holds.
func Codes() map[string][]Code {
	return map[string][]Code{
		"LEVEL": {{"DIRECTION", "inriktningsmål", "direction"}, {"GOAL", "mål", "goal"}, {"SUBGOAL", "delmål", "subgoal"}},
		"STATUS": {
			{"PROPOSED", "förslag", "proposed"}, {"ADOPTED", "beslutat", "adopted"}, {"ONGOING", "pågående", "ongoing"}, {"ACHIEVED", "uppnått", "achieved"},
			{"PARTLY", "delvis uppnått", "partly achieved"}, {"NOT_ACHIEVED", "inte uppnått", "not achieved"}, {"REVOKED", "upphävt", "revoked"},
		},
		"HORIZON":           {{"SHORT", "kort sikt", "short term"}, {"LONG", "lång sikt", "long term"}},
		"HEALTH":            {{"GREEN", "grön", "green"}, {"AMBER", "gul", "amber"}, {"RED", "röd", "red"}, {"UNKNOWN", "okänd", "unknown"}},
		"DIRECTION":         {{"UP", "högre är bättre", "higher is better"}, {"DOWN", "lägre är bättre", "lower is better"}, {"BAND", "inom ett spann", "within a band"}},
		"FREQUENCY":         {{"MONTHLY", "varje månad", "monthly"}, {"QUARTERLY", "varje kvartal", "quarterly"}, {"HALF_YEARLY", "varje halvår", "half-yearly"}, {"YEARLY", "varje år", "yearly"}},
		"SOURCE":            {{"MANUAL", "för hand", "by hand"}, {"OEP", "Open ePlatform", "Open ePlatform"}, {"KOLADA", "Kolada", "Kolada"}, {"DERIVED", "härledd", "derived"}},
		"INITIATIVE_KIND":   {{"PROJECT", "projekt", "project"}, {"ACTIVITY", "aktivitet", "activity"}, {"PROCUREMENT", "upphandling", "procurement"}, {"DECISION", "beslut", "decision"}, {"DOCUMENT", "dokument", "document"}},
		"INITIATIVE_STATUS": {{"PLANNED", "planerad", "planned"}, {"ONGOING", "pågående", "ongoing"}, {"BLOCKED", "hindrad", "blocked"}, {"DONE", "klar", "done"}, {"CANCELLED", "avbruten", "cancelled"}},
		"MILESTONE_KIND":    {{"DECISION", "beslut", "decision"}, {"DELIVERY", "leverans", "delivery"}, {"LAUNCH", "start", "launch"}, {"REPORT", "rapport", "report"}},
		"DEPENDENCY_KIND":   {{"REQUIRES", "kräver", "requires"}, {"BLOCKS", "hindrar", "blocks"}},
		"CERTAINTY":         {{"GREEN", "grön, säker", "green, certain"}, {"YELLOW", "gul, trolig", "yellow, likely"}, {"RED", "röd, osäker", "red, uncertain"}},
		"MEASURE":           {{"SEK", "kronor", "Swedish kronor"}, {"HOURS", "timmar", "hours"}, {"QUALITATIVE", "kvalitativ", "qualitative"}},
		"FRESH":             {{"true", "aktuell", "fresh"}, {"false", "inaktuell", "stale"}},
		"REACHED":           {{"true", "nådd", "reached"}, {"false", "inte nådd", "not reached"}},
		"PUBLISHED":         {{"true", "publicerad", "published"}, {"false", "utkast", "draft"}},
		"FOLLOWED_UP":       {{"true", "uppföljd", "followed up"}, {"false", "inte uppföljd", "not followed up"}},
	}
}

// names gives the names of a coded field's values, for facets.
func names(field string) func(string) (sv, en string) {
	codes := Codes()[field]
	return func(value string) (string, string) {
		for _, c := range codes {
			if c.Value == value {
				return c.Sv, c.En
			}
		}
		return value, value
	}
}
