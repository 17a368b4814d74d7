package collaboration

import "fardplan/internal/eservice"

// The coded fields of these records. Codes has their values.
type (
	// AgreementLegalForm is what an agreement is in law.
	AgreementLegalForm string
	// AgreementState is the state of an agreement, which follows from its dates.
	AgreementState string
	// FollowUpKind tells a follow-up from a yearly report to the council.
	FollowUpKind string
	// ProjectPhase is where in its life a project is.
	ProjectPhase string
	// ProjectStatus tells whether work is done in the phase.
	ProjectStatus string
	// Health is how the project goes in its host's eyes.
	Health string
	// CostKey is what costs are shared by.
	CostKey string
	// ParticipationRole is what a municipality does in a project.
	ParticipationRole string
	// ParticipationState is how far a municipality has come with its part.
	ParticipationState string
	// OfferChoice is what a municipality answers to an offer.
	OfferChoice string
	// AdoptionStepKind is one thing that adopting takes.
	AdoptionStepKind string
)

// Values that the rules name.
const (
	ReportKL938 FollowUpKind = "REPORT_KL_9_38"

	Idea        ProjectPhase = "IDEA"
	Development ProjectPhase = "DEVELOPMENT"
	Closed      ProjectPhase = "CLOSED"

	NotStarted ProjectStatus = "NOT_STARTED"

	HealthUnknown Health = "UNKNOWN"

	Host ParticipationRole = "HOST"

	Invited         ParticipationState = "INVITED"
	Interested      ParticipationState = "INTERESTED"
	DecisionPending ParticipationState = "DECISION_PENDING"
	Confirmed       ParticipationState = "CONFIRMED"
	Active          ParticipationState = "ACTIVE"
	Withdrawn       ParticipationState = "WITHDRAWN"
	Declined        ParticipationState = "DECLINED"

	Adopt OfferChoice = "ADOPT"
)

// adoptionSteps are what adopting takes, in the order in which it is done.
var adoptionSteps = []AdoptionStepKind{"DECISION", "AGREEMENT", "CLASSIFICATION", "OWNER", "LAUNCH_DATE"}

// Codes lists the values of each coded field, by the field's name. The database and
// the GraphQL schema have the same, which a test holds.
func Codes() map[string][]eservice.Code {
	return map[string][]eservice.Code{
		"LEGAL_FORM": {
			{Value: "CONTRACT_KL_9_37", Sv: "avtalssamverkan (KL 9 kap. 37 §)", En: "cooperation by contract (KL chapter 9 section 37)"},
			{Value: "JOINT_COMMITTEE", Sv: "gemensam nämnd", En: "joint committee"},
			{Value: "MUNICIPAL_FEDERATION", Sv: "kommunalförbund", En: "municipal federation"},
			{Value: "DATA_PROCESSING", Sv: "personuppgiftsbiträdesavtal", En: "data processing agreement"},
			{Value: "SIMPLE_COOPERATION", Sv: "enkelt samarbete", En: "simple cooperation"},
			{Value: "UNCLEAR", Sv: "oklar", En: "unclear"},
		},
		"AGREEMENT_STATE": {
			{Value: "DRAFT", Sv: "utkast", En: "draft"}, {Value: "SIGNED", Sv: "undertecknat", En: "signed"}, {Value: "IN_FORCE", Sv: "gäller", En: "in force"},
			{Value: "NOTICE_GIVEN", Sv: "uppsagt", En: "notice given"}, {Value: "EXPIRED", Sv: "har löpt ut", En: "expired"}, {Value: "TERMINATED", Sv: "avslutat", En: "terminated"},
		},
		"FOLLOW_UP_KIND": {
			{Value: "FOLLOW_UP", Sv: "uppföljning", En: "follow-up"}, {Value: "REPORT_KL_9_38", Sv: "rapport till fullmäktige (KL 9 kap. 38 §)", En: "report to the council (KL chapter 9 section 38)"},
		},
		"PHASE": {
			{Value: "IDEA", Sv: "idé", En: "idea"}, {Value: "PRESTUDY", Sv: "förstudie", En: "prestudy"}, {Value: "PLANNING", Sv: "planering", En: "planning"},
			{Value: "DEVELOPMENT", Sv: "utveckling", En: "development"}, {Value: "ROLLOUT", Sv: "införande", En: "rollout"},
			{Value: "OPERATION", Sv: "förvaltning", En: "operation"}, {Value: "CLOSED", Sv: "avslutat", En: "closed"},
		},
		"STATUS": {
			{Value: "NOT_STARTED", Sv: "inte påbörjat", En: "not started"}, {Value: "ACTIVE", Sv: "pågår", En: "active"}, {Value: "ON_HOLD", Sv: "vilar", En: "on hold"},
			{Value: "CANCELLED", Sv: "avbrutet", En: "cancelled"}, {Value: "COMPLETED", Sv: "slutfört", En: "completed"},
		},
		"HEALTH": {
			{Value: "GREEN", Sv: "grön", En: "green"}, {Value: "AMBER", Sv: "gul", En: "amber"}, {Value: "RED", Sv: "röd", En: "red"}, {Value: "UNKNOWN", Sv: "okänd", En: "unknown"},
		},
		"COST_KEY": {
			{Value: "EQUAL", Sv: "lika", En: "equal shares"}, {Value: "INHABITANTS", Sv: "invånare", En: "inhabitants"},
			{Value: "USAGE", Sv: "nyttjande", En: "usage"}, {Value: "AGREEMENT", Sv: "enligt avtal", En: "by agreement"},
		},
		"ROLE": {
			{Value: "HOST", Sv: "värd", En: "host"}, {Value: "FULL_MEMBER", Sv: "fullvärdig deltagare", En: "full member"}, {Value: "PILOT", Sv: "pilot", En: "pilot"},
			{Value: "ADOPTER", Sv: "anslutande", En: "adopter"}, {Value: "OBSERVER", Sv: "observatör", En: "observer"},
		},
		"STATE": {
			{Value: "INVITED", Sv: "inbjuden", En: "invited"}, {Value: "INTERESTED", Sv: "intresserad", En: "interested"},
			{Value: "DECISION_PENDING", Sv: "väntar på beslut", En: "decision pending"}, {Value: "CONFIRMED", Sv: "bekräftad", En: "confirmed"},
			{Value: "ACTIVE", Sv: "deltar", En: "active"}, {Value: "COMPLETED", Sv: "slutförd", En: "completed"},
			{Value: "WITHDRAWN", Sv: "har dragit sig ur", En: "withdrawn"}, {Value: "DECLINED", Sv: "har tackat nej", En: "declined"},
		},
		"ANSWER": {
			{Value: "INTERESTED", Sv: "intresserad", En: "interested"}, {Value: "JOIN", Sv: "vill vara med", En: "wants to join"},
			{Value: "ADOPT", Sv: "tar över som den är", En: "adopts as it is"}, {Value: "DECLINE", Sv: "tackar nej", En: "declines"},
		},
		"STEP": {
			{Value: "DECISION", Sv: "beslut", En: "decision"}, {Value: "AGREEMENT", Sv: "avtal", En: "agreement"}, {Value: "CLASSIFICATION", Sv: "informationsklassning", En: "classification of information"},
			{Value: "OWNER", Sv: "ägande enhet", En: "owner unit"}, {Value: "LAUNCH_DATE", Sv: "startdatum", En: "launch date"},
		},
		"OPEN_TO_JOIN": {{Value: "true", Sv: "öppet att gå med i", En: "open to join"}, {Value: "false", Sv: "inte öppet", En: "not open"}},
		"MATRIX_STATE": {
			{Value: "MISSING", Sv: "saknas", En: "missing"}, {Value: "PREPARING", Sv: "bereds", En: "under preparation"}, {Value: "DECIDED", Sv: "beslutad", En: "decided"},
			{Value: "NOT_BINDING", Sv: "ej laga kraft", En: "not legally binding"}, {Value: "BINDING", Sv: "gäller", En: "binding"}, {Value: "EXPIRING", Sv: "löper ut", En: "expiring"},
			{Value: "ENDED", Sv: "upphört", En: "ended"}, {Value: "NOT_PARTICIPATING", Sv: "ej deltagare", En: "not participating"},
		},
		"COVERAGE_STATE": {{Value: "LIVE", Sv: "i drift", En: "live"}, {Value: "PLANNED", Sv: "planerad", En: "planned"}, {Value: "MISSING", Sv: "saknas", En: "missing"}},
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

// themeNames gives the names of the themes of services.
func themeNames(value string) (sv, en string) {
	for _, c := range eservice.Codes()["THEME"] {
		if c.Value == value {
			return c.Sv, c.En
		}
	}
	return value, value
}
