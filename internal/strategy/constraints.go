package strategy

import (
	"fmt"

	"fardplan/internal/fault"
	"fardplan/internal/postgres"
)

func length(field, sv, en string, most int) *fault.Error {
	return fault.Field(field, "",
		fmt.Sprintf("%s ska ha 1 till %d tecken, eller utelämnas.", sv, most),
		fmt.Sprintf("%s is to have 1 to %d characters, or be left out.", en, most))
}

func code(field string) *fault.Error {
	return fault.Field(field, "", "Värdet är inte något av de kända. Välj ett ur schemat.", "The value is none of those known. Choose one of the schema's.")
}

// constraints are what the database refuses, in words.
var constraints = postgres.Constraints{
	"goal_code_form":                   fault.Field("code", "", "Koden skrivs med bokstäver, siffror, punkt och bindestreck, högst 30 tecken.", "The code is written with letters, digits, dots and hyphens, at most 30 characters."),
	"goal_code_unique":                 fault.Field("code", "", "Ett annat mål i samma strategi har den koden.", "Another goal of the same strategy has that code."),
	"goal_title_length":                fault.Field("titleSv", "", "Titeln ska ha 1 till 300 tecken.", "The title is to have 1 to 300 characters."),
	"goal_title_en_length":             length("titleEn", "Titeln på engelska", "The title in English", 300),
	"goal_description_length":          length("descriptionSv", "Beskrivningen", "The description", 10000),
	"goal_description_en_length":       length("descriptionEn", "Beskrivningen på engelska", "The description in English", 10000),
	"goal_level":                       code("level"),
	"goal_horizon":                     code("horizon"),
	"goal_status":                      code("status"),
	"goal_health":                      code("health"),
	"goal_visibility":                  code("visibility"),
	"goal_responsible_function_length": length("responsibleFunction", "Funktionen", "The function", 200),
	"goal_period":                      fault.Field("periodTo", "", "Perioden kan inte sluta innan den börjar.", "The period cannot end before it begins."),
	"goal_progress":                    fault.Field("progress", "", "Framdriften anges i procent, 0 till 100.", "The progress is given in percent, 0 to 100."),
	"goal_found_source_length":         length("foundSource", "Källan", "The source", 500),
	"goal_found_reason_length":         length("foundReason", "Skälet", "The reason", 500),
	"goal_found_both":                  fault.Field("foundReason", "", "Ange både källa och skäl, eller inget av dem.", "Give both a source and a reason, or neither."),
	"goal_strategy_fk":                 fault.Field("strategy", "", "Strategin ska vara ett styrdokument i samma kommun.", "The strategy is to be a governing document of the same municipality."),
	"goal_parent_goal_fk":              fault.Field("parentGoal", "", "Målet ovanför ska vara ett mål i samma kommun.", "The goal above is to be one of the same municipality."),
	"goal_owner_unit_fk":               fault.Field("ownerUnit", "", "Ägande enhet ska vara en enhet i samma kommun.", "The owning unit is to be a unit of the same municipality."),
	"goal_level_order":                 fault.Field("level", "", "Ett mål ligger direkt under ett inriktningsmål och ett delmål direkt under ett mål.", "A goal lies right under a direction, and a subgoal right under a goal."),
	"goal_period_within_parent":        fault.Field("periodTo", "", "Perioden ska rymmas i den som målet ovanför har, och rymma dem som målen under har.", "The period is to lie within that of the goal above, and hold those of the goals under it."),
	"goal_registered_as_found":         fault.Field("foundSource", "", "Ett mål som redan gäller registreras som funnet: ange källa och skäl.", "A goal that already holds is registered as found: give the source and the reason."),
	"goal_step":                        fault.Field("to", "", "Det steget finns inte. Se vilka steg målet kan ta.", "There is no such step. See which steps the goal can take."),
	"goal_step_back_comment":           fault.Field("comment", "", "Ett steg bakåt kräver en kommentar om varför.", "A step back needs a comment that says why."),
	"goal_adopted_by_decision":         fault.Field("decision", "", "Ett mål beslutas av rätt organ: ett inriktningsmål av fullmäktige eller kommunstyrelsen, andra mål även av en nämnd. Ange ett fattat beslut.", "A goal is adopted by the right body: a direction by the council or the executive board, others by a committee too. Give a decision that has been taken."),

	"indicator_goal_fk":                     fault.Field("goal", "", "Målet finns inte i kommunen.", "The municipality has no such goal."),
	"indicator_name_length":                 fault.Field("nameSv", "", "Namnet ska ha 1 till 300 tecken.", "The name is to have 1 to 300 characters."),
	"indicator_name_en_length":              length("nameEn", "Namnet på engelska", "The name in English", 300),
	"indicator_unit_of_measure_length":      fault.Field("unitOfMeasure", "", "Måttet ska ha 1 till 50 tecken.", "The measure is to have 1 to 50 characters."),
	"indicator_direction":                   code("direction"),
	"indicator_frequency":                   code("frequency"),
	"indicator_source":                      code("source"),
	"indicator_target_after_baseline":       fault.Field("targetOn", "", "Målvärdets dag ska ligga efter utgångsvärdets.", "The day of the target is to lie after that of the baseline."),
	"indicator_band_order":                  fault.Field("bandHigh", "", "Spannets övre gräns ska vara högre än den undre.", "The upper bound of the band is to be higher than the lower."),
	"indicator_band_given":                  fault.Field("bandLow", "", "Ett spann har båda gränserna, och bara en indikator inom ett spann har dem.", "A band has both its bounds, and only an indicator within a band has them."),
	"indicator_kolada_given":                fault.Field("koladaKpi", "", "En indikator från Kolada har nyckeltalets id, och bara en sådan.", "An indicator from Kolada has the key figure's id, and only such a one."),
	"indicator_kolada_kpi_form":             fault.Field("koladaKpi", "", "Ett nyckeltal skrivs med N eller U och fem siffror, till exempel N00945.", "A key figure is written with N or U and five digits, such as N00945."),
	"indicator_responsible_function_length": length("responsibleFunction", "Funktionen", "The function", 200),

	"indicator_value_indicator_fk":    fault.Field("indicator", "", "Indikatorn finns inte.", "There is no such indicator."),
	"indicator_value_revision":        fault.Field("expectedRevision", "", "Revisionerna räknas från 1.", "Revisions count from 1."),
	"indicator_value_revision_unique": fault.Field("period", "", "Perioden har redan ett värde. Rätta det i stället.", "The period has a value already. Correct that instead."),
	"indicator_value_stands":          fault.Field("value", "", "Ett värde ändras inte. Rätta det med en ny revision.", "A value does not change. Correct it by a new revision."),
	"indicator_value_comment_length":  length("comment", "Kommentaren", "The comment", 1000),

	"initiative_title_length":                fault.Field("titleSv", "", "Titeln ska ha 1 till 300 tecken.", "The title is to have 1 to 300 characters."),
	"initiative_title_en_length":             length("titleEn", "Titeln på engelska", "The title in English", 300),
	"initiative_description_length":          length("descriptionSv", "Beskrivningen", "The description", 10000),
	"initiative_description_en_length":       length("descriptionEn", "Beskrivningen på engelska", "The description in English", 10000),
	"initiative_kind":                        code("kind"),
	"initiative_status":                      code("status"),
	"initiative_visibility":                  code("visibility"),
	"initiative_lane_length":                 length("lane", "Banan", "The lane", 100),
	"initiative_owner_unit_fk":               fault.Field("ownerUnit", "", "Ägande enhet ska vara en enhet i samma kommun.", "The owning unit is to be a unit of the same municipality."),
	"initiative_responsible_function_length": length("responsibleFunction", "Funktionen", "The function", 200),
	"initiative_plan_order":                  fault.Field("plannedEnd", "", "Planen kan inte sluta innan den börjar.", "The plan cannot end before it begins."),
	"initiative_baseline_order":              fault.Field("baselineEnd", "", "Ursprungsplanen kan inte sluta innan den börjar.", "The baseline cannot end before it begins."),
	"initiative_actual_order":                fault.Field("actualEnd", "", "Insatsen kan inte vara klar innan den börjar.", "The initiative cannot be done before it begins."),
	"initiative_blocked_why":                 fault.Field("blockedReason", "", "Ange vad som hindrar insatsen.", "Say what blocks the initiative."),
	"initiative_blocked_reason_length":       length("blockedReason", "Skälet", "The reason", 1000),
	"initiative_done_when":                   fault.Field("actualEnd", "", "Ange vilken dag insatsen blev klar.", "Give the day that the initiative was done."),
	"initiative_progress":                    fault.Field("progress", "", "Framdriften anges i procent, 0 till 100.", "The progress is given in percent, 0 to 100."),

	"milestone_initiative_fk":             fault.Field("of", "", "Insatsen finns inte i kommunen.", "The municipality has no such initiative."),
	"milestone_shared_project_fk":         fault.Field("of", "", "Kommunen är inte värd för något sådant projekt.", "The municipality hosts no such project."),
	"milestone_goal_fk":                   fault.Field("of", "", "Målet finns inte i kommunen.", "The municipality has no such goal."),
	"milestone_of_one":                    fault.Field("of", "", "Milstolpen hör till en insats, ett gemensamt projekt eller ett mål.", "A milestone belongs to an initiative, a shared project or a goal."),
	"status_report_initiative_fk":         fault.Field("of", "", "Insatsen finns inte i kommunen.", "The municipality has no such initiative."),
	"status_report_shared_project_fk":     fault.Field("of", "", "Kommunen är inte värd för något sådant projekt.", "The municipality hosts no such project."),
	"status_report_goal_fk":               fault.Field("of", "", "Målet finns inte i kommunen.", "The municipality has no such goal."),
	"status_report_of_one":                fault.Field("of", "", "Lägesrapporten hör till en insats, ett gemensamt projekt eller ett mål.", "A status report belongs to an initiative, a shared project or a goal."),
	"benefit_initiative_fk":               fault.Field("of", "", "Insatsen finns inte i kommunen.", "The municipality has no such initiative."),
	"benefit_shared_project_fk":           fault.Field("of", "", "Kommunen är inte värd för något sådant projekt.", "The municipality hosts no such project."),
	"benefit_goal_fk":                     fault.Field("of", "", "Målet finns inte i kommunen.", "The municipality has no such goal."),
	"benefit_of_one":                      fault.Field("of", "", "Nyttan hör till en insats, ett gemensamt projekt eller ett mål.", "A benefit belongs to an initiative, a shared project or a goal."),
	"milestone_title_length":              fault.Field("titleSv", "", "Titeln ska ha 1 till 300 tecken.", "The title is to have 1 to 300 characters."),
	"milestone_title_en_length":           length("titleEn", "Titeln på engelska", "The title in English", 300),
	"milestone_kind":                      code("kind"),
	"status_report_period":                fault.Field("periodTo", "", "Perioden kan inte sluta innan den börjar.", "The period cannot end before it begins."),
	"status_report_health":                code("health"),
	"status_report_text_length":           fault.Field("textSv", "", "Texten ska ha 1 till 10 000 tecken.", "The text is to have 1 to 10,000 characters."),
	"status_report_text_en_length":        length("textEn", "Texten på engelska", "The text in English", 10000),
	"status_report_figures_when":          fault.Field("figures", "", "Siffrorna fryses när rapporten publiceras.", "The figures are frozen when the report is published."),
	"status_report_published_stands":      fault.Field("id", "", "En publicerad lägesrapport ändras inte. Skriv en ny.", "A published status report does not change. Write a new one."),
	"benefit_description_length":          fault.Field("descriptionSv", "", "Beskrivningen ska ha 1 till 2 000 tecken.", "The description is to have 1 to 2,000 characters."),
	"benefit_description_en_length":       length("descriptionEn", "Beskrivningen på engelska", "The description in English", 2000),
	"benefit_certainty":                   code("certainty"),
	"benefit_measure":                     code("measure"),
	"benefit_stakeholder_length":          length("stakeholder", "Intressenten", "The stakeholder", 200),
	"benefit_responsible_function_length": length("responsibleFunction", "Funktionen", "The function", 200),
	"benefit_amount_measured":             fault.Field("plannedAmount", "", "En kvalitativ nytta har inga belopp.", "A qualitative benefit has no amounts."),

	"dependency_before_initiative_fk": fault.Field("before", "", "Insatsen finns inte.", "There is no such initiative."),
	"dependency_before_project_fk":    fault.Field("before", "", "Projektet finns inte.", "There is no such project."),
	"dependency_after_initiative_fk":  fault.Field("after", "", "Insatsen finns inte.", "There is no such initiative."),
	"dependency_after_project_fk":     fault.Field("after", "", "Projektet finns inte.", "There is no such project."),
	"dependency_before_one":           fault.Field("before", "", "Ange en insats eller ett gemensamt projekt.", "Give an initiative or a shared project."),
	"dependency_after_one":            fault.Field("after", "", "Ange en insats eller ett gemensamt projekt att vänta.", "Give an initiative or a shared project that waits."),
	"dependency_kind":                 code("kind"),
	"dependency_note_length":          length("note", "Anteckningen", "The note", 1000),
	"dependency_once":                 fault.Field("after", "", "Beroendet finns redan.", "There is such a dependency already."),
	"dependency_no_cycle":             fault.Field("after", "", "Då skulle något vänta på sig självt. Ta bort ett annat beroende först.", "Something would then wait for itself. Take away another dependency first."),
}

// Constraints lists the names of the constraints that have words here.
func Constraints() postgres.Constraints { return constraints }
