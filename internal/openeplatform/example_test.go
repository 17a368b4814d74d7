package openeplatform_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"fardplan/internal/fault"
	"fardplan/internal/openeplatform"
)

// A server's answer is in ISO-8859-1 without saying so, and its texts are HTML.
func ExampleRead() {
	file, err := os.Open("testdata/getflows.latin1.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = file.Close() }()

	doc, err := openeplatform.Read(context.Background(), file, "application/json", openeplatform.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	flow := doc.Flows[0]
	fmt.Println(doc.Format, doc.Encoding, len(doc.Flows))
	fmt.Println(flow.FamilyID, flow.Name, "/", flow.Category)
	fmt.Println(flow.URL)
	fmt.Println(flow.Summary)
	fmt.Println("---")
	fmt.Println(flow.Description)
	// Output:
	// json windows-1252 2
	// 512 Ansökan om bygglov / Bygga, bo och miljö
	// https://e-tjanster.example.se/oversikt/overview/512
	// Här söker du bygglov för nybyggnad, tillbyggnad och fasadändring.
	// ---
	// Innan du börjar
	//
	// Du behöver:
	//
	// - situationsplan
	// - fasadritning
	//
	// Läs mer på sidan om bygglov (https://www.example.se/bygglov).
	// Frågor: bygglov@example.se
}

// A bad row is listed with its reasons, and the other rows are read.
func ExampleRead_faultyRow() {
	catalogue := `{"Flows":[
		{"ID":1412,"FlowFamilyID":381,"Name":"Ansökan om skolskjuts"},
		{"ID":910,"FlowFamilyID":104,"Name":"Felanmälan","URL":"javascript:alert(1)"}]}`
	doc, err := openeplatform.Read(context.Background(), strings.NewReader(catalogue), "", openeplatform.Options{})
	fmt.Println(len(doc.Flows), err)
	for _, row := range doc.Faults {
		fmt.Println(row.FamilyID, row.Name, row.Faults[0].Field, row.Faults[0].Rule)
		fmt.Println(row.Faults[0].Sv)
	}
	// Output:
	// 1 <nil>
	// 104 Felanmälan URL url_invalid
	// Rad 2: fältet URL är ingen fullständig webbadress med http eller https. Rätta e-tjänsten i plattformen och läs in igen.
}

// A document that is not whole is refused, so that no e-service seems gone.
func ExampleRead_truncated() {
	half := `{"Flows":[{"ID":1412,"FlowFamilyID":381,"Name":"Ansökan om skolskjuts"},{"ID":910,"Na`
	_, err := openeplatform.Read(context.Background(), strings.NewReader(half), "", openeplatform.Options{})
	var refusal *fault.Error
	fmt.Println(errors.As(err, &refusal))
	fmt.Println(refusal.Rule)
	fmt.Println(refusal.Sv)
	// Output:
	// true
	// truncated
	// Dokumentet är avbrutet: det slutar efter 86 byte (hela e-tjänster dessförinnan: 1). Inget har lästs in. Hämta det igen.
}

// A summary of at most 150 characters ends after a sentence when it can.
func ExampleShorten() {
	text := "Här anmäler du fel på gator, t.ex. Storgatan, och i parker. Vi återkommer inom tre arbetsdagar."
	fmt.Println(openeplatform.Shorten(text, 70))
	fmt.Println(openeplatform.Shorten(text, 40))
	fmt.Println(openeplatform.Shorten("Kort text.", 40))
	// Output:
	// Här anmäler du fel på gator, t.ex. Storgatan, och i parker. true
	// Här anmäler du fel på gator, t.ex… true
	// Kort text. false
}
