package openeplatform

import (
	"fmt"

	"fardplan/internal/fault"
)

// The rules of a document that is refused as a whole, in fault.Error.Rule.
const (
	RuleNoContent    = "no_content"    // nothing was sent
	RuleEmpty        = "empty"         // a whole catalogue without a single row
	RuleAllRefused   = "all_refused"   // every row was refused; the Document lists why
	RuleNotCatalogue = "not_catalogue" // something else than getflows: an error object, another format
	RuleHTMLPage     = "html_page"     // a web page, such as a login or an error page
	RuleTruncated    = "truncated"     // cut off before its end
	RuleMalformed    = "malformed"     // not valid JSON or XML
	RuleDTD          = "dtd"           // XML with a document type, which may hold entity bombs
	RuleCharset      = "charset"       // declared in a charset that is not read
	RuleTooLarge     = "too_large"     // more than Options.MaxBytes
	RuleTooMany      = "too_many"      // more than Options.MaxFlows
	RuleTooDeep      = "too_deep"      // nested deeper than any catalogue
	RuleRowTooLarge  = "row_too_large" // one row larger than any e-service
	RuleManyFaults   = "many_faults"   // more than 1,000 refused rows
)

// The rules of one refused row, in RowFault.Faults.
const (
	RuleRowShape       = "row_shape"        // no object at all
	RuleIDMissing      = "id_missing"       // neither FlowFamilyID nor ID
	RuleIDInvalid      = "id_invalid"       // no positive whole number
	RuleNameMissing    = "name_missing"     // no letter and no digit in the name
	RuleNameDamaged    = "name_damaged"     // U+FFFD in the name
	RuleTextTooLong    = "text_too_long"    // over the field's limit
	RuleWrongType      = "wrong_type"       // such as a list where a text belongs
	RuleURLInvalid     = "url_invalid"      // no absolute http or https address
	RuleTooManyAliases = "too_many_aliases" // over 100
	RuleDuplicate      = "duplicate"        // an earlier row has the same family
)

// The rules of a Fetch that got no document, in fault.Error.Rule.
const (
	RuleAddress        = "address"         // no address of a platform
	RulePrivateAddress = "private_address" // leads into a network that is not public
	RuleRedirect       = "redirect"        // leads to another server, or in circles
	RuleUnreachable    = "unreachable"     // no such server, or it does not answer
	RuleCertificate    = "certificate"     // its TLS certificate does not hold
	RuleTimeout        = "timeout"         // not done within Options.Timeout
	RuleStatus         = "status"          // an HTTP status other than 200
	RuleBroken         = "broken"          // the answer broke off or could not be unpacked
)

func refuse(code fault.Code, rule, sv, en string) *fault.Error {
	f := fault.New(code, sv, en)
	f.Rule = rule
	return f
}

func noContent() *fault.Error {
	return refuse(fault.Invalid, RuleNoContent,
		"Svaret är tomt. Kontrollera att adressen leder till plattformens getflows och försök igen.",
		"The answer is empty. Check that the address leads to the platform's getflows, and try again.")
}

func emptyCatalogue() *fault.Error {
	return refuse(fault.Invalid, RuleEmpty,
		"Listan har inga e-tjänster. Det beror nästan alltid på ett fel i plattformen, så den har inte lästs in. Kontrollera plattformen och försök igen.",
		"The list has no e-services. That is nearly always a fault of the platform, so it has not been taken in. Check the platform and try again.")
}

func allRefused(rows int) *fault.Error {
	return refuse(fault.Invalid, RuleAllRefused,
		fmt.Sprintf("Ingen av listans %d rader kunde läsas. Se felen rad för rad och rätta dem i plattformen.", rows),
		fmt.Sprintf("None of the %d rows of the list could be read. See the faults row by row, and correct them in the platform.", rows))
}

func notCatalogue() *fault.Error {
	return refuse(fault.Invalid, RuleNotCatalogue,
		"Svaret är ingen e-tjänstekatalog: listan Flows saknas. Ange plattformens adress eller dess /api/v1/getflows/json.",
		"The answer is no catalogue of e-services: there is no list Flows. Give the platform's address or its /api/v1/getflows/json.")
}

func htmlPage() *fault.Error {
	return refuse(fault.Invalid, RuleHTMLPage,
		"Svaret är en webbsida, till exempel en inloggning eller ett felmeddelande, och ingen e-tjänstekatalog. Öppna adressen i en webbläsare för att se vad den visar.",
		"The answer is a web page, such as a login or an error message, and no catalogue of e-services. Open the address in a browser to see what it shows.")
}

func truncated(size int64, rows int) *fault.Error {
	return refuse(fault.Invalid, RuleTruncated,
		fmt.Sprintf("Dokumentet är avbrutet: det slutar efter %d byte (hela e-tjänster dessförinnan: %d). Inget har lästs in. Hämta det igen.", size, rows),
		fmt.Sprintf("The document is cut off: it ends after %d bytes (whole e-services before that: %d). Nothing has been taken in. Fetch it again.", size, rows))
}

func malformed(offset int64, rows int) *fault.Error {
	return refuse(fault.Invalid, RuleMalformed,
		fmt.Sprintf("Dokumentet är trasigt efter %d byte (hela e-tjänster dessförinnan: %d). Inget har lästs in. Hämta det igen, och anmäl felet till plattformens leverantör om det är kvar.", offset, rows),
		fmt.Sprintf("The document is broken after %d bytes (whole e-services before that: %d). Nothing has been taken in. Fetch it again, and report it to the platform's supplier if it stays.", offset, rows))
}

func hasDTD() *fault.Error {
	return refuse(fault.Invalid, RuleDTD,
		"XML-dokumentet har en dokumenttyp (DTD). Den kan gömma skadligt innehåll och läses därför inte. Kontrollera att adressen leder till plattformens getflows.",
		"The XML document has a document type (DTD). It can hide harmful content, so it is not read. Check that the address leads to the platform's getflows.")
}

func unknownCharset(name string) *fault.Error {
	name, _ = Shorten(oneLine(name), 40)
	return refuse(fault.Invalid, RuleCharset,
		fmt.Sprintf("Dokumentet är inte i UTF-8 och säger sig ha teckenkodningen %q, som inte kan läsas. Be plattformens leverantör att skicka UTF-8.", name),
		fmt.Sprintf("The document is not in UTF-8 and declares the charset %q, which is not read. Ask the platform's supplier to send UTF-8.", name))
}

func tooLarge(limit int64) *fault.Error {
	return refuse(fault.Limited, RuleTooLarge,
		fmt.Sprintf("Dokumentet är större än %d byte, som är gränsen. Kontrollera att adressen leder till plattformens getflows.", limit),
		fmt.Sprintf("The document is larger than %d bytes, which is the limit. Check that the address leads to the platform's getflows.", limit))
}

func tooMany(limit int) *fault.Error {
	return refuse(fault.Limited, RuleTooMany,
		fmt.Sprintf("Listan har fler än %d e-tjänster, som är gränsen. Kontrollera att adressen leder till plattformens getflows.", limit),
		fmt.Sprintf("The list has more than %d e-services, which is the limit. Check that the address leads to the platform's getflows.", limit))
}

func tooDeep() *fault.Error {
	return refuse(fault.Limited, RuleTooDeep,
		fmt.Sprintf("Dokumentet är nästlat i mer än %d nivåer och är därför ingen e-tjänstekatalog. Kontrollera adressen.", maxDepth),
		fmt.Sprintf("The document is nested in more than %d levels and so no catalogue of e-services. Check the address.", maxDepth))
}

func rowTooLarge() *fault.Error {
	return refuse(fault.Limited, RuleRowTooLarge,
		fmt.Sprintf("En rad i dokumentet är större än %d byte. Ta bort inbäddade bilder ur e-tjänstens beskrivning i plattformen.", maxRowBytes),
		fmt.Sprintf("A row of the document is larger than %d bytes. Remove embedded images from the e-service's description in the platform.", maxRowBytes))
}

func tooManyFaults(first *fault.Error) *fault.Error {
	return refuse(fault.Limited, RuleManyFaults,
		fmt.Sprintf("Fler än %d rader i listan är felaktiga, så ingen av dem har lästs in. Det första felet: %s", maxRowFaults, first.Sv),
		fmt.Sprintf("More than %d rows of the list are faulty, so none has been taken in. The first fault: %s", maxRowFaults, first.En))
}

// rowFault makes the fault of one row from half a sentence about it.
func rowFault(position int, field, rule, sv, en string) *fault.Error {
	return fault.Field(field, rule,
		fmt.Sprintf("Rad %d: %s. Rätta e-tjänsten i plattformen och läs in igen.", position, sv),
		fmt.Sprintf("Row %d: %s. Correct the e-service in the platform and read it again.", position, en))
}

func duplicate(position int, familyID int64, first int) *fault.Error {
	return rowFault(position, "FlowFamilyID", RuleDuplicate,
		fmt.Sprintf("e-tjänsten %d finns redan på rad %d, som är den som lästs", familyID, first),
		fmt.Sprintf("the e-service %d is already on row %d, which is the one that was read", familyID, first))
}
