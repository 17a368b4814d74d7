package access

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"fardplan/internal/fault"
	"fardplan/internal/postgres"
)

// Rule names one rule of who may read or write what. Those of writes are the actions.
type Rule string

// The rules of reading. Each narrows what is seen.
const (
	ReadVisibility    Rule = "read.visibility"    // others than the own municipality see what is PUBLIC, or shared with them
	ReadCollaboration Rule = "read.collaboration" // COLLABORATION is for members of a collaboration that the owner is in
	ReadPublished     Rule = "read.published"     // others see what is published only
	ReadArchived      Rule = "read.archived"      // others do not see what is archived
	ReadOwn           Rule = "read.own"           // some records are for the own municipality alone
	ReadAdmin         Rule = "read.admin"         // some of those for its administrators alone
	ReadStaff         Rule = "read.staff"         // runs of the program's own work are for those who answer for it
	ReadScope         Rule = "read.scope"         // a token without the scope READ sees what anyone sees
	ReadParent        Rule = "read.parent"        // others see a part of a record only where they see the record
	ReadPast          Rule = "read.past"          // a past row shows only where the present one may be seen too
	ReadActor         Rule = "read.actor"         // who made a change shows within its municipality
)

// The rules of writing: actions on a municipality's records.
const (
	CreateMunicipality Rule = "municipality.create"
	UpdateMunicipality Rule = "municipality.update"
	WriteUnit          Rule = "unit.write"
	Reorganise         Rule = "unit.reorganise"
	WriteSharedService Rule = "sharedService.write"
	WriteEService      Rule = "eService.write"
	DraftEService      Rule = "eService.draft"
	PublishEService    Rule = "eService.publish"
	CheckLinks         Rule = "link.check"
	RecordUsage        Rule = "usage.record"
	ImportUsage        Rule = "usage.import"
	Import             Rule = "import.apply"
	WriteDocument      Rule = "document.write"
	WriteAudit         Rule = "audit.write"
	ManageTokens       Rule = "token.manage"
	ManageUsers        Rule = "user.manage"
	EndSessions        Rule = "session.end"
	WriteDecision      Rule = "decision.write"
	GrantWaiver        Rule = "waiver.grant"
	LinkRecords        Rule = "record.link"
	DraftRecord        Rule = "record.draft"

	WriteGoal         Rule = "goal.write"
	RecordIndicator   Rule = "indicator.record"
	WriteInitiative   Rule = "initiative.write"
	Replan            Rule = "roadmap.replan"
	WriteStatusReport Rule = "statusReport.write"

	WriteCollaboration   Rule = "collaboration.write"
	WriteAgreement       Rule = "agreement.write"
	WriteAgreementParty  Rule = "agreementParty.write"
	WriteSharedProject   Rule = "sharedProject.write"
	ProposeParticipation Rule = "participation.propose"
	AnswerParticipation  Rule = "participation.answer"
	WriteOffer           Rule = "offer.write"
	AnswerOffer          Rule = "offer.answer"
)

// Grant says who may do an action.
type Grant struct {
	Roles  []Role
	Scopes []Scope // what a token needs beside its role, each of them
}

// Grants is the table of docs/access.md: each action with who may do it, to records
// of the own municipality. A new municipality counts as the home municipality's. An
// import tells what the records hold, and so needs to read too; so does a draft, which
// others are not to know of.
func Grants() map[Rule]Grant {
	return map[Rule]Grant{
		CreateMunicipality: {Roles: []Role{Admin}, Scopes: []Scope{ScopeAdminister}},
		UpdateMunicipality: {Roles: []Role{Admin}, Scopes: []Scope{ScopeOrganisation}},
		WriteUnit:          {Roles: []Role{Admin, Director}, Scopes: []Scope{ScopeOrganisation}},
		Reorganise:         {Roles: []Role{Admin, Director}, Scopes: []Scope{ScopeOrganisation, ScopeRead}},
		WriteSharedService: {Roles: []Role{Director, CatalogueEditor}, Scopes: []Scope{ScopeCatalogue}},
		WriteEService:      {Roles: []Role{Director, CatalogueEditor}, Scopes: []Scope{ScopeCatalogue}},
		DraftEService:      {Roles: []Role{Director, CatalogueEditor}, Scopes: []Scope{ScopeCatalogue, ScopeRead}},
		PublishEService:    {Roles: []Role{CatalogueEditor}, Scopes: []Scope{ScopeCatalogue}},
		CheckLinks:         {Roles: []Role{CatalogueEditor}, Scopes: []Scope{ScopeCatalogue}},
		RecordUsage:        {Roles: []Role{CatalogueEditor}, Scopes: []Scope{ScopeCatalogue}},
		ImportUsage:        {Roles: []Role{CatalogueEditor}, Scopes: []Scope{ScopeCatalogue, ScopeRead}},
		Import:             {Roles: []Role{CatalogueEditor}, Scopes: []Scope{ScopeImport, ScopeRead}},
		WriteDocument:      {Roles: []Role{Director}, Scopes: []Scope{ScopeStrategy}},
		WriteAudit:         {Roles: []Role{Director}, Scopes: []Scope{ScopeStrategy}},
		ManageTokens:       {Roles: []Role{Admin}, Scopes: []Scope{ScopeAdminister}},
		ManageUsers:        {Roles: []Role{Admin}, Scopes: []Scope{ScopeAdminister}},
		// Of oneself, in whatever municipality; to end another's takes ManageUsers.
		EndSessions:   {Roles: Roles(), Scopes: []Scope{ScopeAdminister}},
		WriteDecision: {Roles: []Role{Director, ProjectEditor}, Scopes: []Scope{ScopeDecisions}},
		GrantWaiver:   {Roles: []Role{Director}, Scopes: []Scope{ScopeDecisions}},
		LinkRecords:   {Roles: []Role{Director, ProjectEditor, CatalogueEditor}, Scopes: []Scope{ScopeDecisions}},
		// To change the record itself is to be allowed too, which takes the scope of that.
		DraftRecord: {Roles: []Role{Director, ProjectEditor}, Scopes: []Scope{ScopeRead}},

		WriteGoal:         {Roles: []Role{Director}, Scopes: []Scope{ScopeStrategy}},
		RecordIndicator:   {Roles: []Role{Director, ProjectEditor}, Scopes: []Scope{ScopeStrategy}},
		WriteInitiative:   {Roles: []Role{Director, ProjectEditor}, Scopes: []Scope{ScopeStrategy}},
		Replan:            {Roles: []Role{Director, ProjectEditor}, Scopes: []Scope{ScopeStrategy}},
		WriteStatusReport: {Roles: []Role{Director, ProjectEditor}, Scopes: []Scope{ScopeStrategy}},

		WriteCollaboration:   {Roles: []Role{Admin, Director}, Scopes: []Scope{ScopeCollaboration}},
		WriteAgreement:       {Roles: []Role{Director}, Scopes: []Scope{ScopeCollaboration}},
		WriteAgreementParty:  {Roles: []Role{Director, ProjectEditor}, Scopes: []Scope{ScopeCollaboration}},
		WriteSharedProject:   {Roles: []Role{Director, ProjectEditor}, Scopes: []Scope{ScopeCollaboration}},
		ProposeParticipation: {Roles: []Role{Director, ProjectEditor}, Scopes: []Scope{ScopeCollaboration}},
		AnswerParticipation:  {Roles: []Role{Director, ProjectEditor}, Scopes: []Scope{ScopeCollaboration}},
		WriteOffer:           {Roles: []Role{Director, CatalogueEditor}, Scopes: []Scope{ScopeCollaboration}},
		AnswerOffer:          {Roles: []Role{Director, CatalogueEditor}, Scopes: []Scope{ScopeCollaboration}},
	}
}

// sight says which columns of a table decide who sees its records. A table without
// any is open to all.
type sight struct {
	visibility bool // PUBLIC, COLLABORATION or MUNICIPALITY
	// members has COLLABORATION mean the members of the record's own collaboration, where
	// it names one by collaboration_id.
	members   bool
	published bool
	// shown is the condition on the row {x} that others need beside, such as that it is no draft.
	shown    string
	archived bool
	// joined are those who take part in the record: they see it whatever its visibility.
	joined joined
	own    bool // for the own municipality alone
	admin  bool // for its administrators alone
	staff  bool // for Staff alone, also what is of no municipality
	// of are the columns that lead to other records, by table: it is seen by whoever sees
	// each of those it leads to, and by its own municipality.
	of [][2]string
	// about are the columns of the kind and the id of another record, one of Waivable, that
	// it tells of: others see it where they see that.
	about [2]string
	// offered lets the municipality see whose record the first of these leads to, beside
	// its own: an answer is between the two.
	offered bool
}

// joined says whose part in a record lets them see it.
type joined struct {
	table  string // of the parts, each a municipality's by municipality_id
	column string // of it that leads to the record
	// while is the condition on the part {x} under which it still does; empty where it always does.
	while string
}

var sights = map[string]sight{
	"municipality":   {},
	"unit":           {},
	"shared_service": {visibility: true, archived: true},
	"e_service":      {visibility: true, published: true, archived: true},
	"import_run":     {own: true},
	// What is public of the platform shows there; what of it is not here yet is its own.
	"platform_flow":     {own: true},
	"platform_category": {own: true},
	"api_token":         {own: true, admin: true},
	"job_run":           {own: true, staff: true},
	// Others never learn that a record has a draft.
	"e_service_draft": {own: true},
	"record_draft":    {own: true},
	"user_account":    {own: true, admin: true},
	"user_role":       {own: true, admin: true},
	// A month of use is seen with its e-service; who corrected it, by its own alone.
	"e_service_usage": {own: true},

	"diary_case": {visibility: true, archived: true},
	"decision":   {visibility: true, archived: true},
	"waiver":     {of: [][2]string{{"decision_id", "decision"}}, about: [2]string{"object_kind", "object_id"}},

	"governing_document": {visibility: true, archived: true, shown: "{x}.status NOT IN ('DRAFT', 'IN_REVIEW')"},
	"audit":              {visibility: true, archived: true},
	"audit_question":     {archived: true, of: [][2]string{{"audit_id", "audit"}}},
	"finding":            {archived: true, of: [][2]string{{"audit_id", "audit"}}},
	// What is being written is not yet the answer.
	"formal_answer": {archived: true, shown: "{x}.status IN ('DECIDED', 'SENT')", of: [][2]string{{"audit_id", "audit"}}},

	"collaboration":        {},
	"collaboration_member": {},
	"agreement":            {visibility: true, members: true, archived: true, joined: joined{table: "agreement_party", column: "agreement_id"}},
	"agreement_party":      {archived: true, of: [][2]string{{"agreement_id", "agreement"}}},
	"agreement_follow_up":  {archived: true, of: [][2]string{{"agreement_id", "agreement"}}},
	"shared_project":       {visibility: true, members: true, archived: true, joined: joined{table: "participation", column: "shared_project_id", while: "{x}.state NOT IN ('DECLINED', 'WITHDRAWN')"}},
	"participation":        {archived: true, of: [][2]string{{"shared_project_id", "shared_project"}}},
	"service_offer":        {visibility: true, archived: true, of: [][2]string{{"shared_service_id", "shared_service"}}},
	// An answer is between who gives it and who made the offer.
	"offer_answer":  {shown: "false", of: [][2]string{{"service_offer_id", "service_offer"}}, offered: true},
	"adoption_step": {shown: "false", of: [][2]string{{"offer_answer_id", "offer_answer"}}},

	"goal":            {visibility: true, archived: true},
	"indicator":       {archived: true, of: [][2]string{{"goal_id", "goal"}}},
	"indicator_value": {of: [][2]string{{"indicator_id", "indicator"}}},
	"initiative":      {visibility: true, archived: true},
	"milestone":       {archived: true, of: strategic},
	"status_report":   {archived: true, shown: "{x}.published_at IS NOT NULL", of: strategic},
	"benefit":         {archived: true, of: strategic},
	"dependency": {archived: true, of: [][2]string{
		{"before_initiative_id", "initiative"}, {"before_project_id", "shared_project"}, {"after_initiative_id", "initiative"}, {"after_project_id", "shared_project"},
	}},
	"record_link": {archived: true, of: [][2]string{
		{"decision_id", "decision"}, {"finding_id", "finding"}, {"formal_answer_id", "formal_answer"}, {"governing_document_id", "governing_document"},
		{"goal_id", "goal"}, {"initiative_id", "initiative"}, {"shared_project_id", "shared_project"}, {"participation_id", "participation"},
		{"agreement_id", "agreement"}, {"agreement_party_id", "agreement_party"}, {"e_service_id", "e_service"}, {"shared_service_id", "shared_service"},
	}},
}

// strategic are the records that what is planned and reported hangs on.
var strategic = [][2]string{{"initiative_id", "initiative"}, {"shared_project_id", "shared_project"}, {"goal_id", "goal"}}

// Waivable are the kinds of record that a waiver may tell of: those that have gaps.
func Waivable() []string {
	return []string{
		"municipality", "unit", "e_service", "platform_flow", "diary_case", "decision", "governing_document", "finding", "formal_answer",
		"agreement", "agreement_party", "shared_project", "participation", "goal", "indicator", "initiative", "milestone", "benefit",
	}
}

// Staff are the roles that answer for what the program does by itself.
func Staff() []Role { return []Role{Admin, CatalogueEditor, Director, Auditor} }

// Shared tells whether records of the table may be shared within a collaboration.
func Shared(table string) bool { return sights[table].visibility }

// Above gives what the sight of a table's records follows beside their own rows: the
// columns that lead to other records, each with that one's table; and the table of those
// who take part with its column that leads here, which are empty where nobody does.
func Above(table string) (of [][2]string, joined [2]string) {
	s := sights[table]
	of = slices.Clone(s.of)
	if s.about[0] != "" {
		for _, kind := range Waivable() {
			if told := sights[kind]; !told.own && !told.open() {
				of = append(of, [2]string{s.about[1], kind})
			}
		}
	}
	return of, [2]string{s.joined.table, s.joined.column}
}

// Rules lists every rule, for the test that takes each away in turn.
func Rules() []Rule {
	rules := []Rule{ReadVisibility, ReadCollaboration, ReadPublished, ReadArchived, ReadParent, ReadOwn, ReadAdmin, ReadStaff, ReadScope, ReadPast, ReadActor}
	for action := range Grants() {
		rules = append(rules, action)
	}
	slices.Sort(rules[11:])
	return rules
}

// Policy decides what is seen and written. The zero Policy is the product's.
type Policy struct{ without Rule }

// Without gives the policy with one rule taken away, for the test that it is missed.
func (p Policy) Without(r Rule) Policy { return Policy{without: r} }

// holds gives a rule's condition, or true where the rule is taken away.
func (p Policy) holds(r Rule, sql string) string {
	if p.without == r {
		return "true"
	}
	return sql
}

// Visible gives the SQL condition, with its arguments, that the caller may see the
// row of table that alias names. In the past both the past row and the present one
// must allow it: the caller's rights are today's.
func (p Policy) Visible(ctx context.Context, table, alias string, past bool) (string, postgres.Args) {
	c := From(ctx)
	args := postgres.Args{"access_own": nil, "access_partners": []uuid.UUID{}, "access_admin": false, "access_staff": false}
	if c.SignedIn() && (c.Scopes == nil || slices.Contains(c.Scopes, ScopeRead) || p.without == ReadScope) {
		if c.Municipality != uuid.Nil {
			args["access_own"] = c.Municipality
		}
		args["access_partners"] = append([]uuid.UUID{}, c.Partners...)
		args["access_admin"] = slices.Contains(c.Roles, Admin)
		args["access_staff"] = slices.ContainsFunc(c.Roles, func(r Role) bool { return slices.Contains(Staff(), r) })
	}
	if c.Kind == System {
		return "true", args
	}
	sql := p.visible(table, alias, "")
	if past && !sights[table].open() {
		// The one place that asks for the present by its schema: in a read of the past
		// the bare name means the past.
		sql += " AND " + p.holds(ReadPast, fmt.Sprintf("EXISTS (SELECT FROM public.%s present WHERE present.id = %s.id AND %s)", table, alias, p.visible(table, "present", "public.")))
	}
	return sql, args
}

// Narrow keeps of the list what Visible says that the caller may see.
func (p Policy) Narrow(ctx context.Context, r postgres.Reader, l *postgres.List, table, alias string) {
	condition, args := p.Visible(ctx, table, alias, r.Past())
	l.Where(condition)
	for name, value := range args {
		l.Where("true", name, value)
	}
}

// open tells whether everybody sees every record.
func (s sight) open() bool {
	return !s.visibility && !s.own && !s.archived && !s.published && s.shown == "" && len(s.of) == 0
}

// Within gives the SQL condition that the row of table that alias names is shared within
// a collaboration with one of the ids that among names: of collaborations or members.
func Within(table, alias, among string) string {
	condition := fmt.Sprintf("%[1]s.municipality_id = ANY (%[2]s)", alias, among)
	if sights[table].members {
		condition = fmt.Sprintf("coalesce(%[1]s.collaboration_id, %[1]s.municipality_id) = ANY (%[2]s)", alias, among)
	}
	return alias + ".visibility = 'COLLABORATION' AND " + condition
}

// visible gives the condition over the rows of the schema: empty for those that the
// reading is of.
func (p Policy) visible(table, alias, schema string) string {
	s, known := sights[table]
	if !known {
		panic("no rule says who sees " + table)
	}
	own := alias + ".municipality_id = @access_own"
	switch {
	case s.own:
		sql := p.holds(ReadOwn, own)
		if s.admin {
			sql += " AND " + p.holds(ReadAdmin, "@access_admin::boolean")
		}
		if s.staff {
			sql = "(" + sql + " OR " + alias + ".municipality_id IS NULL) AND " + p.holds(ReadStaff, "@access_staff::boolean")
		}
		return sql
	case s.open():
		return "true"
	}
	others := "true"
	if s.published {
		others += " AND " + p.holds(ReadPublished, alias+".published")
	}
	if s.shown != "" {
		others += " AND " + p.holds(ReadPublished, strings.ReplaceAll(s.shown, "{x}", alias))
	}
	if s.archived {
		others += " AND " + p.holds(ReadArchived, alias+".archived_at IS NULL")
	}
	if s.visibility {
		others += " AND " + p.holds(ReadVisibility, fmt.Sprintf("(%s.visibility = 'PUBLIC' OR %s)", alias, p.holds(ReadCollaboration, Within(table, alias, "@access_partners"))))
	}
	for i, of := range s.of {
		column, parent := of[0], of[1]
		above := fmt.Sprintf("%s_%d", alias, i)
		others += " AND " + p.holds(ReadParent, fmt.Sprintf("(%[1]s.%[2]s IS NULL OR EXISTS (SELECT FROM %[3]s%[4]s %[5]s WHERE %[5]s.id = %[1]s.%[2]s AND %[6]s %[7]s))",
			alias, column, schema, parent, above, p.visible(parent, above, schema), postgres.Probe))
	}
	if kind, id := s.about[0], s.about[1]; kind != "" {
		told := "CASE " + alias + "." + kind
		for i, of := range Waivable() {
			above := fmt.Sprintf("%s_about_%d", alias, i)
			told += fmt.Sprintf(" WHEN '%[1]s' THEN EXISTS (SELECT FROM %[2]s%[1]s %[3]s WHERE %[3]s.id = %[4]s.%[5]s AND %[6]s %[7]s)", of, schema, above, alias, id, p.visible(of, above, schema), postgres.Probe)
		}
		others += " AND " + p.holds(ReadParent, told+" ELSE false END")
	}
	sql := own + " OR " + others
	if j := s.joined; j.table != "" {
		still := "joined.archived_at IS NULL"
		if j.while != "" {
			still += " AND " + strings.ReplaceAll(j.while, "{x}", "joined")
		}
		sql += fmt.Sprintf(" OR EXISTS (SELECT FROM %[1]s%[2]s joined WHERE joined.%[3]s = %[4]s.id AND %[5]s AND joined.municipality_id = @access_own %[6]s)", schema, j.table, j.column, alias, still, postgres.Probe)
	}
	if s.offered {
		sql += fmt.Sprintf(" OR EXISTS (SELECT FROM %[1]s%[2]s offered WHERE offered.id = %[3]s.%[4]s AND offered.municipality_id = @access_own %[5]s)", schema, s.of[0][1], alias, s.of[0][0], postgres.Probe)
	}
	return "(" + sql + ")"
}

// SeesActor tells whether the caller may see who changed a record of the municipality,
// and why.
func (p Policy) SeesActor(ctx context.Context, municipality uuid.UUID) bool {
	c := From(ctx)
	return p.without == ReadActor || c.Kind == System ||
		c.Own(municipality) && (c.Scopes == nil || slices.Contains(c.Scopes, ScopeRead))
}

// Require refuses the caller that may not do the action to a record of the
// municipality: UNAUTHENTICATED when nobody is signed in, else FORBIDDEN. The
// program itself may do anything.
func (p Policy) Require(ctx context.Context, action Rule, municipality uuid.UUID) error {
	return p.require(ctx, action, func(c Caller) bool { return c.Own(municipality) })
}

// RequireSome refuses the caller that may not do the action to any municipality's
// records, before any of them is looked at.
func (p Policy) RequireSome(ctx context.Context, action Rule) error {
	return p.require(ctx, action, func(Caller) bool { return true })
}

func (p Policy) require(ctx context.Context, action Rule, own func(Caller) bool) error {
	c := From(ctx)
	if c.Kind == System || p.without == action {
		return nil
	}
	if !c.SignedIn() {
		return fault.New(fault.Unauthenticated,
			"Du behöver logga in eller använda en API-nyckel för att göra det här.",
			"Sign in or use an API token to do this.")
	}
	g := Grants()[action]
	missing := slices.IndexFunc(g.Scopes, func(s Scope) bool { return c.Scopes != nil && !slices.Contains(c.Scopes, s) })
	switch {
	case !own(c):
		return fault.New(fault.Forbidden,
			"Posten hör till en annan kommun. Bara den kan ändra den.",
			"The record belongs to another municipality, which alone can change it.")
	case !slices.ContainsFunc(g.Roles, func(r Role) bool { return slices.Contains(c.Roles, r) }):
		return fault.New(fault.Forbidden,
			"Din roll räcker inte för det här. Be en administratör i din kommun om hjälp.",
			"Your role does not allow this. Ask an administrator of your municipality.")
	case missing >= 0:
		return lacksScope(g.Scopes[missing])
	}
	return nil
}

// RequireReading refuses a token that may write and not read, where what is written tells
// what the records hold.
func (p Policy) RequireReading(ctx context.Context) error {
	c := From(ctx)
	if c.Kind == System || c.Scopes == nil || slices.Contains(c.Scopes, ScopeRead) || p.without == ReadScope {
		return nil
	}
	return lacksScope(ScopeRead)
}

func lacksScope(s Scope) error {
	return fault.New(fault.Forbidden, "API-nyckeln saknar omfattningen "+string(s)+".", "The API token lacks the scope "+string(s)+".")
}

// Change says for the journal who the caller is.
func Change(ctx context.Context, operation, comment, requestID string) postgres.Change {
	c := From(ctx)
	return postgres.Change{
		ActorKind: string(c.Kind), ActorID: c.ID, ActorFunction: c.Function, Municipality: c.Municipality,
		Operation: operation, Comment: comment, RequestID: requestID,
	}
}
