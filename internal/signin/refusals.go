package signin

import "net/http"

// kind names a reason that a sign-in came to nothing.
type kind string

const (
	denied          kind = "denied"
	interaction     kind = "interaction"
	providerDown    kind = "provider_down"
	wrongClient     kind = "wrong_client"
	codeSpent       kind = "code_spent"
	stateUnknown    kind = "state_unknown"
	wrongNonce      kind = "wrong_nonce"
	badSignature    kind = "bad_signature"
	tokenTime       kind = "token_time"
	wrongAudience   kind = "wrong_audience"
	wrongIssuer     kind = "wrong_issuer"
	nameless        kind = "nameless"
	notAllowed      kind = "not_allowed"
	noMunicipality  kind = "no_municipality"
	otherAccount    kind = "other_account"
	unknownIssuer   kind = "unknown_issuer"
	crossOrigin     kind = "cross_origin"
	providerRefused kind = "provider_refused"
	internalFault   kind = "internal"
	noRole          kind = "no_role"
	signedOut       kind = "signed_out"
	signedOutAll    kind = "signed_out_everywhere"
	signedOutBefore kind = "signed_out_before"
	notConfigured   kind = "not_configured"
)

// refusal is why a sign-in came to nothing. Its cause is for the log: it never holds a
// code, a token or a secret.
type refusal struct {
	kind  kind
	cause error
}

func (r *refusal) Error() string { return string(r.kind) + ": " + r.cause.Error() }

func (r *refusal) Unwrap() error { return r.cause }

// message is a page in one language: what has happened, and what to do.
type message struct{ Title, What, Do string }

// page is a page in both languages.
type page struct {
	status int
	sv, en message
	// again lets the reader begin anew.
	again bool
	// support says that only the one who runs the system can mend it.
	support bool
}

// pages are all that a sign-in can come to, in words.
func pages() map[kind]page {
	return map[kind]page{
		denied: {http.StatusForbidden,
			message{"Inloggningen avbröts", "Inloggningen avbröts innan den var klar, av dig eller av din kommuns inloggningstjänst. Du är inte inloggad.", "Försök igen om du ville logga in. Släpper tjänsten inte in dig, kontakta din kommuns it-stöd."},
			message{"The sign-in was cancelled", "The sign-in was cancelled before it was done, by you or by your municipality's sign-in service. You are not signed in.", "Try again if you wanted to sign in. If the service does not let you in, contact your municipality's IT support."}, true, false},
		interaction: {http.StatusForbidden,
			message{"Inloggningstjänsten behöver något mer av dig", "Din kommuns inloggningstjänst behöver att du loggar in eller godkänner något hos den först. Du är inte inloggad.", "Försök igen och följ anvisningarna på skärmen. Hjälper det inte, kontakta din kommuns it-stöd."},
			message{"The sign-in service needs something more of you", "Your municipality's sign-in service needs you to sign in or approve something there first. You are not signed in.", "Try again and follow the instructions on the screen. If that does not help, contact your municipality's IT support."}, true, false},
		providerDown: {http.StatusBadGateway,
			message{"Inloggningstjänsten svarar inte", "Din kommuns inloggningstjänst svarar inte som den ska just nu. Felet ligger inte hos dig.", "Vänta några minuter och försök igen. Står felet kvar, kontakta din kommuns it-stöd."},
			message{"The sign-in service does not answer", "Your municipality's sign-in service does not answer as it should right now. The fault is not yours.", "Wait a few minutes and try again. If the fault remains, contact your municipality's IT support."}, true, true},
		wrongClient: {http.StatusBadGateway,
			message{"Färdplan släpps inte in av inloggningstjänsten", "Inloggningstjänsten godtar inte de uppgifter som Färdplan har för den. Hemligheten kan ha gått ut. Felet ligger inte hos dig.", "Kontakta den som driftar Färdplan och läs upp referensen nedan."},
			message{"The sign-in service does not let Färdplan in", "The sign-in service does not accept the credentials that Färdplan has for it. The secret may have expired. The fault is not yours.", "Contact whoever runs Färdplan and read out the reference below."}, false, true},
		codeSpent: {http.StatusBadRequest,
			message{"Inloggningen hann bli för gammal", "Svaret från inloggningstjänsten har redan använts eller har gått ut. Du är inte inloggad.", "Börja om från början."},
			message{"The sign-in had become too old", "The answer from the sign-in service has been used already or has expired. You are not signed in.", "Start again from the beginning."}, true, false},
		stateUnknown: {http.StatusBadRequest,
			message{"Inloggningen går inte att slutföra", "Inloggningen började för länge sedan, i en annan webbläsare, eller är redan avslutad. Det händer också om webbläsaren inte tar emot kakor.", "Börja om från början i den här webbläsaren. Använd inte bokmärken eller bakåtknappen under inloggningen."},
			message{"The sign-in cannot be completed", "The sign-in began too long ago, in another browser, or has ended already. It also happens if the browser does not accept cookies.", "Start again from the beginning in this browser. Do not use bookmarks or the back button while signing in."}, true, false},
		wrongNonce: {http.StatusBadRequest,
			message{"Svaret hör till en annan inloggning", "Svaret från inloggningstjänsten hör inte till den inloggning som du började. För säkerhets skull är du inte inloggad.", "Börja om från början. Händer det igen, kontakta den som driftar Färdplan."},
			message{"The answer belongs to another sign-in", "The answer from the sign-in service does not belong to the sign-in that you began. To be safe, you are not signed in.", "Start again from the beginning. If it happens again, contact whoever runs Färdplan."}, true, true},
		badSignature: {http.StatusBadGateway,
			message{"Svaret gick inte att lita på", "Underskriften på svaret från inloggningstjänsten stämmer inte. För säkerhets skull är du inte inloggad.", "Försök igen om en stund. Händer det igen, kontakta den som driftar Färdplan och läs upp referensen."},
			message{"The answer could not be trusted", "The signature of the answer from the sign-in service is not right. To be safe, you are not signed in.", "Try again in a while. If it happens again, contact whoever runs Färdplan and read out the reference."}, true, true},
		tokenTime: {http.StatusBadGateway,
			message{"Klockorna går inte lika", "Svaret från inloggningstjänsten gäller inte just nu: det har gått ut, eller så går tjänstens klocka och Färdplans olika.", "Försök igen. Händer det igen, kontakta den som driftar Färdplan och be att klockan kontrolleras."},
			message{"The clocks do not agree", "The answer from the sign-in service is not valid at this moment: it has expired, or the service's clock and Färdplan's differ.", "Try again. If it happens again, contact whoever runs Färdplan and ask for the clock to be checked."}, true, true},
		wrongAudience: {http.StatusBadGateway,
			message{"Svaret var till ett annat system", "Inloggningstjänsten svarade med uppgifter som är avsedda för ett annat system än Färdplan. Du är inte inloggad.", "Kontakta den som driftar Färdplan och läs upp referensen nedan."},
			message{"The answer was for another system", "The sign-in service answered with what is meant for another system than Färdplan. You are not signed in.", "Contact whoever runs Färdplan and read out the reference below."}, false, true},
		wrongIssuer: {http.StatusBadRequest,
			message{"Svaret kom från fel inloggningstjänst", "Svaret kom från en annan inloggningstjänst än den som du valde. För säkerhets skull är du inte inloggad.", "Börja om från början. Händer det igen, kontakta den som driftar Färdplan."},
			message{"The answer came from the wrong sign-in service", "The answer came from another sign-in service than the one that you chose. To be safe, you are not signed in.", "Start again from the beginning. If it happens again, contact whoever runs Färdplan."}, true, true},
		nameless: {http.StatusForbidden,
			message{"Ditt namn saknas", "Inloggningstjänsten lämnade inget namn, så en administratör kan inte veta vem du är. Du är inte inloggad.", "Kontakta din kommuns it-stöd och be att namnet skickas med till Färdplan."},
			message{"Your name is missing", "The sign-in service gave no name, so an administrator cannot know who you are. You are not signed in.", "Contact your municipality's IT support and ask for the name to be sent to Färdplan."}, false, true},
		notAllowed: {http.StatusForbidden,
			message{"Du har inte tillgång till Färdplan", "Din kommun låter bara vissa grupper logga in i Färdplan, och du hör inte till någon av dem.", "Behöver du Färdplan i ditt arbete? Be din chef eller din kommuns it-stöd om tillgång."},
			message{"You do not have access to Färdplan", "Your municipality lets only some groups sign in to Färdplan, and you are in none of them.", "Do you need Färdplan in your work? Ask your manager or your municipality's IT support for access."}, false, false},
		noMunicipality: {http.StatusForbidden,
			message{"Kommunen finns inte i Färdplan", "Kommunen som inloggningen hör till är inte registrerad, eller har avslutats. Du är inte inloggad.", "Kontakta den som driftar Färdplan."},
			message{"The municipality is not in Färdplan", "The municipality that the sign-in belongs to is not registered, or has ended. You are not signed in.", "Contact whoever runs Färdplan."}, false, true},
		otherAccount: {http.StatusForbidden,
			message{"Inloggningen är känd i en annan kommun", "Samma person hos inloggningstjänsten hör redan till en annan kommun i Färdplan. Du är inte inloggad.", "Kontakta den som driftar Färdplan och läs upp referensen nedan."},
			message{"The sign-in is known in another municipality", "The same person at the sign-in service already belongs to another municipality in Färdplan. You are not signed in.", "Contact whoever runs Färdplan and read out the reference below."}, false, true},
		unknownIssuer: {http.StatusNotFound,
			message{"Inloggningen finns inte", "Det finns ingen inloggning på den här adressen.", "Välj din kommun på inloggningssidan."},
			message{"There is no such sign-in", "There is no sign-in at this address.", "Choose your municipality on the sign-in page."}, true, false},
		notConfigured: {http.StatusNotFound,
			message{"Inloggning är inte påslagen", "Den här installationen av Färdplan visar det som är öppet för alla. Inloggning är inte påslagen.", "Behöver du logga in, kontakta den som driftar Färdplan."},
			message{"Sign-in is not turned on", "This installation of Färdplan shows what is open to all. Sign-in is not turned on.", "If you need to sign in, contact whoever runs Färdplan."}, false, false},
		crossOrigin: {http.StatusForbidden,
			message{"Begäran kom från en annan webbplats", "En annan webbplats försökte logga ut dig. Ingenting har hänt.", "Vill du logga ut, gör det från Färdplans egna sidor."},
			message{"The request came from another web site", "Another web site tried to sign you out. Nothing has happened.", "If you want to sign out, do it from Färdplan's own pages."}, false, false},
		providerRefused: {http.StatusBadGateway,
			message{"Inloggningstjänsten avbröt", "Inloggningstjänsten avbröt inloggningen med ett fel av sitt eget slag. Du är inte inloggad.", "Försök igen. Händer det igen, kontakta den som driftar Färdplan och läs upp referensen."},
			message{"The sign-in service stopped", "The sign-in service stopped the sign-in with a fault of its own. You are not signed in.", "Try again. If it happens again, contact whoever runs Färdplan and read out the reference."}, true, true},
		internalFault: {http.StatusInternalServerError,
			message{"Något gick fel hos oss", "Inloggningen gick inte att slutföra. Felet ligger inte hos dig.", "Försök igen. Händer det igen, kontakta den som driftar Färdplan och läs upp referensen."},
			message{"Something went wrong on our side", "The sign-in could not be completed. The fault is not yours.", "Try again. If it happens again, contact whoever runs Färdplan and read out the reference."}, true, true},
		noRole: {http.StatusOK,
			message{"Du är inloggad men har ingen roll än", "Utan roll ser du det som är öppet för alla. En administratör i din kommun kan ge dig en roll.", "Läs upp din användarreferens för administratören. Rollen gäller så snart du har fått den; du behöver inte logga in igen."},
			message{"You are signed in but have no role yet", "Without a role you see what is open to all. An administrator of your municipality can give you one.", "Read out your user reference to the administrator. The role holds as soon as you have it; you need not sign in again."}, false, false},
		signedOut: {http.StatusOK,
			message{"Du är utloggad", "Du är utloggad ur Färdplan i den här webbläsaren.", "Delar du dator med andra, stäng webbläsaren."},
			message{"You are signed out", "You are signed out of Färdplan in this browser.", "If you share the computer with others, close the browser."}, true, false},
		signedOutAll: {http.StatusOK,
			message{"Du är utloggad överallt", "Alla dina inloggningar i Färdplan har avslutats, i alla webbläsare.", "Delar du dator med andra, stäng webbläsaren."},
			message{"You are signed out everywhere", "All your sign-ins in Färdplan have ended, in all browsers.", "If you share the computer with others, close the browser."}, true, false},
		signedOutBefore: {http.StatusOK,
			message{"Du var redan utloggad här", "Inloggningen i den här webbläsaren hade redan upphört. Därför går det inte att veta vilka andra inloggningar som är dina, och de har inte avslutats.", "Logga in igen och logga sedan ut överallt."},
			message{"You were signed out here already", "The sign-in in this browser had ended already. So there is no knowing which other sign-ins are yours, and they have not ended.", "Sign in again and then sign out everywhere."}, true, false},
	}
}
