package collaboration

import (
	"fmt"

	"fardplan/internal/fault"
	"fardplan/internal/postgres"
)

// within says that a text has to have 1 to most characters; optional ones may be left out.
func within(field string, most int) *fault.Error {
	return fault.Field(field, "", fmt.Sprintf("Texten ska ha 1 till %d tecken, eller utelämnas.", most), fmt.Sprintf("The text is to have 1 to %d characters, or be left out.", most))
}

func name(field string, most int) *fault.Error {
	return fault.Field(field, "", fmt.Sprintf("Namnet ska ha 1 till %d tecken.", most), fmt.Sprintf("The name is to have 1 to %d characters.", most))
}

func address(field string) *fault.Error {
	return fault.Field(field, "", "Adressen ska börja med http:// eller https:// och ha högst 1 000 tecken.", "The address is to begin with http:// or https:// and have at most 1,000 characters.")
}

func unknown(field string) *fault.Error {
	return fault.Field(field, "", "Värdet är inte något av de kända.", "The value is none of those known.")
}

func order(field string) *fault.Error {
	return fault.Field(field, "", "Sista dagen kan inte ligga före första dagen.", "The last day cannot lie before the first.")
}

func months(field string, least int) *fault.Error {
	return fault.Field(field, "", fmt.Sprintf("Ange %d till 120 månader, eller utelämna.", least), fmt.Sprintf("Give %d to 120 months, or leave it out.", least))
}

func notThere(field, sv, en string) *fault.Error {
	return fault.Field(field, "", sv+" finns inte.", "There is no such "+en+".")
}

func foundBoth() *fault.Error {
	return fault.Field("foundReason", "", "Källa och skäl anges tillsammans, eller inte alls.", "Source and reason are given together, or not at all.")
}

// constraints are what the database refuses, in words.
var constraints = postgres.Constraints{
	"collaboration_name_unique":       fault.Field("nameSv", "", "Det finns redan en samverkan med det namnet.", "There is a collaboration of that name already."),
	"collaboration_name_length":       name("nameSv", 200),
	"collaboration_name_en_length":    within("nameEn", 200),
	"collaboration_purpose_length":    within("purposeSv", 5000),
	"collaboration_purpose_en_length": within("purposeEn", 5000),
	"collaboration_url_form":          address("url"),
	"collaboration_member_validity":   order("validTo"),
	"collaboration_member_source":     fault.Field("source", "", "Ange med 1 till 500 tecken var medlemskapet är känt från.", "Say in 1 to 500 characters where the membership is known from."),
	"collaboration_member_once":       fault.Field("municipality", "", "Kommunen är redan medlem.", "The municipality is a member already."),

	"agreement_title_length":            name("titleSv", 300),
	"agreement_title_en_length":         within("titleEn", 300),
	"agreement_legal_form":              unknown("legalForm"),
	"agreement_visibility":              unknown("visibility"),
	"agreement_collaboration_fk":        notThere("collaboration", "Samverkan", "collaboration"),
	"agreement_purpose_length":          within("purposeSv", 5000),
	"agreement_purpose_en_length":       within("purposeEn", 5000),
	"agreement_tasks_length":            within("tasksSv", 5000),
	"agreement_tasks_en_length":         within("tasksEn", 5000),
	"agreement_cost_model_length":       within("costModelSv", 2000),
	"agreement_cost_model_en_length":    within("costModelEn", 2000),
	"agreement_valid_after_signing":     fault.Field("validFrom", "", "Avtalet kan inte börja gälla innan det är undertecknat.", "The agreement cannot be in force before it is signed."),
	"agreement_validity":                order("validTo"),
	"agreement_notice_months":           months("noticeMonths", 0),
	"agreement_renew_months":            months("renewMonths", 1),
	"agreement_follow_up_months":        months("followUpMonths", 1),
	"agreement_terminated_after_notice": fault.Field("terminatedOn", "", "Avtalet kan inte upphöra före uppsägningen.", "The agreement cannot end before notice was given."),
	"agreement_url_form":                address("url"),
	"agreement_found_source_length":     within("foundSource", 500),
	"agreement_found_reason_length":     within("foundReason", 500),
	"agreement_found_both":              foundBoth(),
	"agreement_valid_when_signed": fault.Field("signedOn", "", "Ett avtal som gäller är undertecknat: ange dagen, eller registrera avtalet som påträffat med källa och skäl.",
		"An agreement in force is signed: give the day, or register it as found with source and reason."),
	"agreement_renewed_has_end": fault.Field("validTo", "", "Ett avtal som förlängs har ett slut att förlängas från: ange sista dagen.", "An agreement that renews itself has an end to renew from: give its last day."),

	"agreement_party_once":                fault.Field("municipality", "", "Kommunen är redan part i avtalet.", "The municipality is a party already."),
	"agreement_party_signed_by_length":    within("signedBy", 200),
	"agreement_party_diary_number_length": within("diaryNumber", 100),

	"agreement_follow_up_kind":           unknown("kind"),
	"agreement_follow_up_year":           fault.Field("year", "", "Ange ett år mellan 1900 och 2200.", "Give a year between 1900 and 2200."),
	"agreement_follow_up_text_length":    within("textSv", 5000),
	"agreement_follow_up_text_en_length": within("textEn", 5000),
	"agreement_follow_up_url_form":       address("url"),

	"shared_project_collaboration_fk":         notThere("collaboration", "Samverkan", "collaboration"),
	"shared_project_agreement_fk":             notThere("agreement", "Avtalet", "agreement"),
	"shared_project_code_unique":              fault.Field("code", "", "Koden är tagen av ett annat projekt.", "Another project has that code."),
	"shared_project_code_form":                fault.Field("code", "", "Koden skrivs med a–z och siffror, med bindestreck mellan orden, högst 100 tecken.", "The code is written in a–z and digits, with hyphens between the words, at most 100 characters."),
	"shared_project_name_length":              name("nameSv", 200),
	"shared_project_name_en_length":           within("nameEn", 200),
	"shared_project_summary_length":           within("summarySv", 5000),
	"shared_project_summary_en_length":        within("summaryEn", 5000),
	"shared_project_lead_function_length":     within("leadFunction", 200),
	"shared_project_sponsor_function_length":  within("sponsorFunction", 200),
	"shared_project_phase":                    unknown("phase"),
	"shared_project_status":                   unknown("status"),
	"shared_project_health":                   unknown("health"),
	"shared_project_cost_key":                 unknown("costKey"),
	"shared_project_visibility":               unknown("visibility"),
	"shared_project_health_comment_length":    within("healthCommentSv", 1000),
	"shared_project_health_comment_en_length": within("healthCommentEn", 1000),
	"shared_project_budget":                   fault.Field("budget", "", "Budgeten kan inte vara negativ.", "The budget cannot be negative."),
	"shared_project_plan_order":               order("plannedEnd"),
	"shared_project_baseline_order":           order("baselineEnd"),
	"shared_project_actual_order":             order("actualEnd"),
	"shared_project_ended_when":               fault.Field("actualEnd", "", "Ett slutfört projekt har ett slut: ange dagen.", "A completed project has an end: give the day."),
	"shared_project_terms_given":              fault.Field("joinTermsSv", "", "Ett projekt som är öppet att gå med i har villkor: ange dem.", "A project that is open to join has terms: give them."),
	"shared_project_join_terms_length":        within("joinTermsSv", 2000),
	"shared_project_join_terms_en_length":     within("joinTermsEn", 2000),
	"shared_project_deliverables":             fault.Field("deliverables", "", "Högst 50 leveranser, var och en med 1 till 300 tecken.", "At most 50 deliverables, each with 1 to 300 characters."),
	"shared_project_repository_url_form":      address("repositoryUrl"),
	"shared_project_lessons_length":           within("lessonsSv", 10_000),
	"shared_project_lessons_en_length":        within("lessonsEn", 10_000),
	"shared_project_found_source_length":      within("foundSource", 500),
	"shared_project_found_reason_length":      within("foundReason", 500),
	"shared_project_found_both":               foundBoth(),
	"shared_project_registered_as_found": fault.Field("phase", "", "Ett nytt projekt börjar som idé eller förstudie. Det som redan pågår registreras som påträffat, med källa och skäl.",
		"A new project begins as an idea or a prestudy. One that is under way already is registered as found, with source and reason."),
	"shared_project_phase_comment": fault.Field("comment", "", "Att hoppa över en fas eller gå tillbaka kräver en kommentar som säger varför.", "To skip a phase or go back takes a comment that says why."),
	"shared_project_cost_shares": fault.Field("phase", "", "Kostnadsandelarna ska tillsammans bli 100 procent, eller inte vara angivna alls, innan utvecklingen börjar.",
		"The shares of cost are to add up to 100 percent, or not be given at all, before development begins."),

	"participation_once":                    fault.Field("municipality", "", "Kommunen har redan ett deltagande i projektet.", "The municipality has a participation in the project already."),
	"participation_host_stays":              fault.Field("id", "", "Värden deltar så länge projektet finns. Arkivera projektet i stället.", "The host takes part as long as the project is there. Archive the project instead."),
	"participation_role":                    unknown("role"),
	"participation_state":                   unknown("state"),
	"participation_host":                    fault.Field("role", "", "Värd är den kommun som håller projektet, och ingen annan.", "The host is the municipality that keeps the project, and no other."),
	"participation_reason_length":           within("reason", 1000),
	"participation_reason_given":            fault.Field("reason", "", "Ange ett skäl till att kommunen tackar nej eller drar sig ur.", "Give a reason for declining or withdrawing."),
	"participation_cost_share_percent":      fault.Field("costSharePercent", "", "Andelen är 0 till 100 procent.", "The share is 0 to 100 percent."),
	"participation_cost_share_amount":       fault.Field("costShareAmount", "", "Beloppet kan inte vara negativt.", "The amount cannot be negative."),
	"participation_one_cost_share":          fault.Field("costShareAmount", "", "Ange andelen som procent eller som belopp, inte båda.", "Give the share as percent or as an amount, not both."),
	"participation_contact_function_length": within("contactFunction", 200),
	"participation_found_source_length":     within("foundSource", 500),
	"participation_found_reason_length":     within("foundReason", 500),
	"participation_found_both":              foundBoth(),
	"participation_registered_as_found": fault.Field("state", "", "Ett deltagande börjar med inbjudan eller intresse. Det som redan pågår registreras som påträffat, med källa och skäl.",
		"A participation begins with an invitation or interest. One that is under way already is registered as found, with source and reason."),
	"participation_step":              fault.Field("state", "", "Deltagandet kan inte gå dit från där det är.", "The participation cannot go there from where it is."),
	"participation_step_back_comment": fault.Field("comment", "", "Ett steg tillbaka kräver en kommentar som säger varför.", "A step back takes a comment that says why."),
	"participation_confirmed_by_decision": fault.Field("decision", "", "Deltagandet bekräftas av ett fattat beslut i den deltagande kommunen. Ange beslutet.",
		"A participation is confirmed by a decision that has been taken in the participating municipality. Give the decision."),

	"service_offer_shared_service_fk":       notThere("sharedService", "Den gemensamma e-tjänsten", "shared service of the municipality"),
	"service_offer_once":                    fault.Field("sharedService", "", "Den gemensamma e-tjänsten erbjuds redan.", "The shared service is offered already."),
	"service_offer_terms_length":            fault.Field("termsSv", "", "Villkoren ska ha 1 till 2 000 tecken.", "The terms are to have 1 to 2,000 characters."),
	"service_offer_terms_en_length":         within("termsEn", 2000),
	"service_offer_contact_function_length": within("contactFunction", 200),
	"service_offer_validity":                order("validTo"),
	"service_offer_visibility":              unknown("visibility"),

	"offer_answer_once":          fault.Field("serviceOffer", "", "Kommunen har redan svarat på erbjudandet. Ändra det svaret.", "The municipality has answered the offer already. Change that answer."),
	"offer_answer_answer":        unknown("answer"),
	"offer_answer_reason_length": within("reason", 1000),
	"offer_answer_reason_given":  fault.Field("reason", "", "Ange ett skäl till att kommunen tackar nej.", "Give a reason for declining."),

	"adoption_step_note_length": within("note", 1000),
}

// Constraints lists the names of the constraints that have words here.
func Constraints() postgres.Constraints { return constraints }
