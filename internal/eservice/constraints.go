package eservice

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

func address(field string) *fault.Error {
	return fault.Field(field, "", "Adressen ska börja med http:// eller https://, vara utan mellanslag och högst 1 000 tecken.", "The address is to begin with http:// or https://, without spaces, at most 1,000 characters.")
}

// constraints are what the database refuses, in words.
var constraints = postgres.Constraints{
	"shared_service_municipality_fk":     fault.Field("municipality", "", "Kommunen finns inte.", "There is no such municipality."),
	"shared_service_code_unique":         fault.Field("code", "", "Koden används redan av en annan gemensam e-tjänst.", "Another shared service has that code already."),
	"shared_service_code_form":           fault.Field("code", "", "Koden skrivs med små bokstäver a–z, siffror och bindestreck, högst 100 tecken.", "The code is written with small letters a–z, digits and hyphens, at most 100 characters."),
	"shared_service_name_length":         fault.Field("nameSv", "", "Namnet ska ha 1 till 200 tecken.", "The name is to have 1 to 200 characters."),
	"shared_service_name_en_length":      length("nameEn", "Det engelska namnet", "The English name", 200),
	"shared_service_purpose_length":      length("purposeSv", "Syftet", "The purpose", 5000),
	"shared_service_purpose_en_length":   length("purposeEn", "Syftet på engelska", "The purpose in English", 5000),
	"shared_service_classification_form": fault.Field("classification", "", "Klassificeringen skrivs med siffror och punkter, till exempel 3.5.1.", "The classification is written with digits and dots, such as 3.5.1."),
	"shared_service_themes":              code("themes"),
	"shared_service_artefact_urls":       fault.Field("artefactUrls", "", "Högst 20 adresser som börjar med http:// eller https://.", "At most 20 addresses that begin with http:// or https://."),
	"shared_service_licence_length":      length("licence", "Licensen", "The licence", 100),
	"shared_service_visibility":          code("visibility"),

	"e_service_municipality_fk":                  fault.Field("municipality", "", "Kommunen finns inte.", "There is no such municipality."),
	"e_service_owner_unit_fk":                    fault.Field("ownerUnit", "", "Ägande enhet ska vara en enhet i samma kommun.", "The owning unit is to be a unit of the same municipality."),
	"e_service_shared_service_fk":                fault.Field("sharedService", "", "Den gemensamma e-tjänsten finns inte.", "There is no such shared service."),
	"e_service_replaced_by_fk":                   fault.Field("replacedBy", "", "E-tjänsten som ersätter finns inte i samma kommun.", "There is no such replacing e-service in the same municipality."),
	"e_service_replaced_by_not_self":             fault.Field("replacedBy", "", "En e-tjänst kan inte ersätta sig själv.", "An e-service cannot replace itself."),
	"e_service_name_length":                      fault.Field("nameSv", "", "Namnet ska ha 1 till 300 tecken.", "The name is to have 1 to 300 characters."),
	"e_service_name_en_length":                   length("nameEn", "Det engelska namnet", "The English name", 300),
	"e_service_slug_form":                        fault.Field("slug", "", "Adressnamnet skrivs med små bokstäver a–z, siffror och bindestreck, högst 120 tecken.", "The slug is written with small letters a–z, digits and hyphens, at most 120 characters."),
	"e_service_slug_unique":                      fault.Field("slug", "", "En annan e-tjänst i kommunen har det adressnamnet.", "Another e-service of the municipality has that slug."),
	"e_service_summary_length":                   length("summarySv", "Sammanfattningen", "The summary", 150),
	"e_service_summary_en_length":                length("summaryEn", "Sammanfattningen på engelska", "The summary in English", 150),
	"e_service_description_length":               length("descriptionSv", "Beskrivningen", "The description", 20000),
	"e_service_description_en_length":            length("descriptionEn", "Beskrivningen på engelska", "The description in English", 20000),
	"e_service_url_form":                         address("url"),
	"e_service_contact_function_length":          length("contactFunction", "Funktionen", "The function", 200),
	"e_service_audiences":                        code("audiences"),
	"e_service_life_events":                      code("lifeEvents"),
	"e_service_themes":                           code("themes"),
	"e_service_keywords":                         fault.Field("keywords", "", "Högst 50 sökord, vart och ett med 1 till 100 tecken.", "At most 50 keywords, each with 1 to 100 characters."),
	"e_service_channels":                         code("channels"),
	"e_service_alternative_channel_length":       length("alternativeChannelSv", "Det andra sättet", "The other way", 1000),
	"e_service_alternative_channel_en_length":    length("alternativeChannelEn", "Det andra sättet på engelska", "The other way in English", 1000),
	"e_service_languages":                        fault.Field("languages", "", "Språk anges med koder enligt ISO 639, till exempel sv, högst 30.", "Languages are given by ISO 639 codes, such as sv, at most 30."),
	"e_service_eid_level":                        code("eidLevel"),
	"e_service_legal_basis_length":               length("legalBasis", "Den rättsliga grunden", "The legal basis", 1000),
	"e_service_legal_basis_verified":             fault.Field("legalBasisVerifiedOn", "", "Ange den rättsliga grunden som kontrollerades.", "Give the legal basis that was verified."),
	"e_service_fee_length":                       length("feeSv", "Avgiften", "The fee", 500),
	"e_service_fee_en_length":                    length("feeEn", "Avgiften på engelska", "The fee in English", 500),
	"e_service_processing_time_length":           length("processingTimeSv", "Handläggningstiden", "The processing time", 500),
	"e_service_processing_time_en_length":        length("processingTimeEn", "Handläggningstiden på engelska", "The processing time in English", 500),
	"e_service_digital_level":                    code("digitalLevel"),
	"e_service_personal_data":                    code("personalData"),
	"e_service_retention_length":                 length("retention", "Gallringen", "The retention", 500),
	"e_service_accessibility_status":             code("accessibilityStatus"),
	"e_service_accessibility_standard_length":    length("accessibilityStandard", "Standarden", "The standard", 100),
	"e_service_accessibility_statement_url_form": address("accessibilityStatementUrl"),
	"e_service_accessibility_complete":           fault.Field("accessibilityStatus", "", "Ange vad granskningen den dagen kom fram till.", "Give what the assessment on that day found."),
	"e_service_status":                           code("status"),
	"e_service_retired_after_launch":             fault.Field("retiredOn", "", "Avvecklingen kan inte ligga före starten.", "It cannot be retired before it was launched."),
	"e_service_retirement_reason_length":         length("retirementReason", "Skälet", "The reason", 1000),
	"e_service_retired_complete":                 fault.Field("retirementReason", "", "En avvecklad e-tjänst ska ha dag och skäl.", "A retired e-service is to have a day and a reason."),
	"e_service_retired_only":                     fault.Field("retiredOn", "", "Bara en avvecklad e-tjänst har en avvecklingsdag.", "Only a retired e-service has a day of retirement."),
	"e_service_found_source_length":              length("foundSource", "Källan", "The source", 500),
	"e_service_found_reason_length":              length("foundReason", "Skälet", "The reason", 500),
	"e_service_found_both":                       fault.Field("foundReason", "", "Ange både källa och skäl, eller inget av dem.", "Give both a source and a reason, or neither."),
	"e_service_registered_as_found":              fault.Field("foundSource", "", "En e-tjänst som redan är i bruk registreras som funnen: ange källa och skäl.", "An e-service already in use is registered as found: give the source and the reason."),
	"e_service_visibility":                       code("visibility"),
	"platform_category_category_length":          fault.Field("category", "", "Kategorin ska ha 1 till 300 tecken.", "The category is to have 1 to 300 characters."),
	"platform_category_owner_unit_fk":            fault.Field("ownerUnit", "", "Enheten ska vara en i samma kommun.", "The unit is to be one of the same municipality."),
	"e_service_oep_family_positive":              fault.Field("oepFamilyId", "", "Numret ska vara större än noll.", "The number is to be greater than zero."),
	"e_service_oep_family_unique":                fault.Field("oepFamilyId", "", "En annan e-tjänst i kommunen har det numret.", "Another e-service of the municipality has that number."),
	"e_service_oep_category_length":              length("oepCategory", "Kategorin", "The category", 300),
	"e_service_published_url":                    fault.Field("url", "", "För att publiceras behöver e-tjänsten en adress.", "To be published the e-service needs an address."),
	"e_service_published_summary":                fault.Field("summarySv", "", "För att publiceras behöver e-tjänsten en sammanfattning.", "To be published the e-service needs a summary."),
	"e_service_published_audience":               fault.Field("audiences", "", "För att publiceras behöver e-tjänsten minst en målgrupp.", "To be published the e-service needs at least one audience."),
	"e_service_published_launched":               fault.Field("launchedOn", "", "För att publiceras i drift behöver e-tjänsten sin startdag.", "To be published while live the e-service needs its launch date."),
	"e_service_published_not_archived":           fault.Field("published", "", "En publicerad e-tjänst arkiveras inte: avpublicera den först.", "A published e-service is not archived: unpublish it first."),
	"e_service_step":                             fault.Field("to", "", "Det steget finns inte i livscykeln. Se vilka steg e-tjänsten kan ta.", "The life cycle has no such step. See which steps the e-service can take."),
	"e_service_step_back_comment":                fault.Field("comment", "", "Ett steg bakåt kräver en kommentar om varför.", "A step back needs a comment that says why."),
	"e_service_live_owner_valid":                 fault.Field("ownerUnit", "", "Ägande enhet är stängd. Välj en öppen enhet innan e-tjänsten sätts i drift.", "The owning unit is closed. Choose an open one before the e-service goes live."),

	"e_service_usage_e_service_fk":  fault.Field("eService", "", "E-tjänsten finns inte.", "There is no such e-service."),
	"e_service_usage_month":         fault.Field("month", "", "Månaden anges med sin första dag.", "The month is given by its first day."),
	"e_service_usage_cases":         fault.Field("cases", "", "Antalet ärenden kan inte vara negativt.", "The number of cases cannot be negative."),
	"e_service_usage_digital_share": fault.Field("digitalShare", "", "Andelen ska vara 0 till 1.", "The share is to be 0 to 1."),
	"e_service_usage_satisfaction":  fault.Field("satisfaction", "", "Nöjdheten ska vara 1 till 5.", "The satisfaction is to be 1 to 5."),
	"e_service_usage_abandon_rate":  fault.Field("abandonRate", "", "Andelen ska vara 0 till 1.", "The share is to be 0 to 1."),
	"e_service_usage_source":        code("source"),

	"e_service_draft_open_once": {
		Code: fault.Conflict, Field: "expectedVersion",
		Sv: "E-tjänsten har redan ett utkast. Ingenting har skrivits över: läs utkastet och bygg vidare på det.",
		En: "The e-service has a draft already. Nothing was overwritten: read the draft and build on it.",
	},

	"import_run_source_length": length("source", "Källan", "The source", 500),
}

// Constraints lists the names of the constraints that have words here.
func Constraints() postgres.Constraints { return constraints }
