package link

import "fardplan/internal/linkcheck"

// Code is one value of a coded field, with its names for people.
type Code struct{ Value, Sv, En string }

// Verdicts are the verdicts with their names.
func Verdicts() []Code {
	return []Code{{"OK", "fungerar", "works"}, {"WARNING", "varning", "warning"}, {"BROKEN", "trasig", "broken"}, {"NOT_CHECKED", "inte kontrollerad", "not checked"}}
}

// Causes are the causes with their names, in the order of linkcheck.Causes.
func Causes() []Code {
	return []Code{
		{string(linkcheck.DNSNotFound), "servernamnet finns inte", "the server's name does not exist"},
		{string(linkcheck.DNSFailed), "servernamnet gick inte att slå upp", "the server's name could not be looked up"},
		{string(linkcheck.ConnectionRefused), "servern tar inte emot anslutningar", "the server refuses connections"},
		{string(linkcheck.ConnectionFailed), "anslutningen bröts", "the connection broke off"},
		{string(linkcheck.Timeout), "servern svarade inte i tid", "the server did not answer in time"},
		{string(linkcheck.TLSExpired), "certifikatets giltighetstid har gått ut", "the certificate has expired"},
		{string(linkcheck.TLSWrongName), "certifikatet gäller en annan adress", "the certificate is for another name"},
		{string(linkcheck.TLSUntrusted), "certifikatets utfärdare är inte betrodd", "the certificate's issuer is not trusted"},
		{string(linkcheck.TLSFailed), "ingen säker anslutning", "no secure connection"},
		{string(linkcheck.HTTPNotFound), "sidan finns inte", "the page does not exist"},
		{string(linkcheck.HTTPDenied), "kräver inloggning eller nekar åtkomst", "wants a login or denies access"},
		{string(linkcheck.HTTPClientError), "servern godtog inte frågan", "the server did not accept the request"},
		{string(linkcheck.HTTPServerError), "fel på servern", "a fault in the server"},
		{string(linkcheck.TooManyRequests), "servern bad oss vänta", "the server asked us to wait"},
		{string(linkcheck.RedirectLoop), "skickar runt i cirkel", "leads in circles"},
		{string(linkcheck.RedirectTooMany), "skickar vidare för många gånger", "leads on too many times"},
		{string(linkcheck.RedirectInvalid), "skickar vidare till något som inte är en webbadress", "leads to what is no web address"},
		{string(linkcheck.RedirectPermanent), "har flyttat till en ny adress", "has moved to a new address"},
		{string(linkcheck.RedirectFrontPage), "leder till en startsida", "leads to a front page"},
		{string(linkcheck.HTTPSAvailable), "finns med säker anslutning (https)", "is there by https"},
		{string(linkcheck.Robots), "webbplatsen vill inte bli kontrollerad (robots.txt)", "the site does not want to be checked (robots.txt)"},
		{string(linkcheck.AddressRefused), "inte en publik webbadress", "not a public web address"},
	}
}

func nameOf(codes []Code, value string) (sv, en string) {
	for _, c := range codes {
		if c.Value == value {
			return c.Sv, c.En
		}
	}
	return value, value
}

func verdictName(value string) (sv, en string) { return nameOf(Verdicts(), value) }

func causeName(value string) (sv, en string) { return nameOf(Causes(), value) }
