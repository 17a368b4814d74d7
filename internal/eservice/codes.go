package eservice

// The statuses of the life cycle, in its order; the last two lie beside it.
const (
	Idea          Status = "IDEA"
	Planned       Status = "PLANNED"
	InDevelopment Status = "IN_DEVELOPMENT"
	Pilot         Status = "PILOT"
	Live          Status = "LIVE"
	PhasingOut    Status = "PHASING_OUT"
	Retired       Status = "RETIRED"
	Rejected      Status = "REJECTED"
	Paused        Status = "PAUSED"
)

// The visibilities.
const (
	Public        Visibility = "PUBLIC"
	Collaboration Visibility = "COLLABORATION"
	Municipality  Visibility = "MUNICIPALITY"
)

// Values that an import gives.
const (
	Web     Channel      = "WEB"
	NoEID   EIDLevel     = "NONE"
	Digital DigitalLevel = "E_SERVICE"
)

// Sources of usage.
const (
	FromPlatform UsageSource = "OEP"
	ByHand       UsageSource = "MANUAL"
)

// Code is one value of a coded field, with its names for people.
type Code struct{ Value, Sv, En string }

// Codes lists the values of each coded field, by the field's name. The database and
// the GraphQL schema have the same, which a test holds.
func Codes() map[string][]Code {
	return map[string][]Code{
		"STATUS": {
			{"IDEA", "idé", "idea"}, {"PLANNED", "planerad", "planned"}, {"IN_DEVELOPMENT", "under utveckling", "in development"},
			{"PILOT", "pilot", "pilot"}, {"LIVE", "i drift", "live"}, {"PHASING_OUT", "under avveckling", "phasing out"},
			{"RETIRED", "avvecklad", "retired"}, {"REJECTED", "avvisad", "rejected"}, {"PAUSED", "pausad", "paused"},
		},
		"AUDIENCE": {
			{"PRIVATE_PERSON", "privatperson", "private person"}, {"COMPANY", "företag", "company"}, {"ASSOCIATION", "förening", "association"},
			{"EMPLOYEE", "anställd", "employee"}, {"OTHER_AUTHORITY", "annan myndighet", "other authority"},
		},
		"LIFE_EVENT": {
			{"BIRTH", "få barn", "birth"}, {"RESIDENCE", "bo", "residence"}, {"STUDYING", "studera", "studying"}, {"WORKING", "arbeta", "working"},
			{"MOVING", "flytta", "moving"}, {"RETIRING", "gå i pension", "retiring"}, {"BUSINESS", "starta och driva företag", "starting and running a business"},
		},
		"THEME": {
			{"BUILDING_HOUSING_ENVIRONMENT", "bygga, bo och miljö", "building, housing and environment"},
			{"EDUCATION_CHILDCARE", "utbildning och förskola", "education and childcare"},
			{"CARE_SUPPORT", "omsorg och hjälp", "care and support"},
			{"MUNICIPALITY_POLITICS", "kommun och politik", "municipality and politics"},
			{"BUSINESS_WORK", "näringsliv och arbete", "business and work"},
			{"TRAFFIC_PLANNING", "samhällsplanering och trafik", "planning and traffic"},
			{"CULTURE_LEISURE", "uppleva och göra", "culture and leisure"},
			{"RESCUE_SAFETY", "räddningstjänst och säkerhet", "rescue and safety"},
		},
		"CHANNEL": {
			{"WEB", "webb", "web"}, {"APP", "app", "app"}, {"EMAIL", "e-post", "e-mail"}, {"PHONE", "telefon", "phone"},
			{"POST", "post", "post"}, {"VISIT", "besök", "visit"},
		},
		"EID_LEVEL": {
			{"NONE", "ingen e-legitimation", "no electronic identity"}, {"LOW", "låg", "low"}, {"SUBSTANTIAL", "väsentlig", "substantial"}, {"HIGH", "hög", "high"},
		},
		"DIGITAL_LEVEL": {
			{"INFO", "information", "information"}, {"FORM", "blankett", "form"}, {"E_SERVICE", "e-tjänst", "e-service"}, {"AUTOMATED", "automatiserad", "automated"},
		},
		"PERSONAL_DATA": {
			{"NONE", "inga personuppgifter", "no personal data"}, {"ORDINARY", "personuppgifter", "personal data"}, {"SENSITIVE", "känsliga personuppgifter", "sensitive personal data"},
		},
		"ACCESSIBILITY_STATUS": {
			{"FULL", "helt förenlig", "fully conformant"}, {"PARTIAL", "delvis förenlig", "partially conformant"}, {"NONE", "inte förenlig", "not conformant"},
		},
		"VISIBILITY": {
			{"PUBLIC", "öppen för alla", "public"}, {"COLLABORATION", "delad i samverkan", "shared in collaboration"}, {"MUNICIPALITY", "egna kommunen", "own municipality"},
		},
		"USAGE_SOURCE": {{"OEP", "Open ePlatform", "Open ePlatform"}, {"MANUAL", "för hand", "by hand"}},
		"PUBLISHED":    {{"true", "publicerad", "published"}, {"false", "inte publicerad", "not published"}},
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

// Step is one step of the life cycle. A step backwards must say why.
type Step struct {
	To        Status `db:"to_status"`
	Backwards bool   `db:"backwards"`
}
