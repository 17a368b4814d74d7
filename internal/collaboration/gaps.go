package collaboration

import "fardplan/internal/gap"

// GapObjects says how gaps of these records are kept.
func GapObjects() []gap.Object {
	return []gap.Object{
		{
			Table: "agreement", Name: gap.Text{Sv: "samverkansavtal", En: "agreement"}, Unit: "NULL::uuid",
			Affected: []string{"SELECT y.agreement_id FROM agreement_follow_up y WHERE y.changed_in = @change"},
		},
		{
			Table: "agreement_party", Name: gap.Text{Sv: "part i samverkansavtal", En: "party to an agreement"}, Unit: "NULL::uuid",
			Affected: []string{
				"SELECT y.id FROM agreement_party y JOIN agreement a ON a.id = y.agreement_id WHERE a.changed_in = @change",
				"SELECT y.id FROM agreement_party y JOIN agreement_follow_up f ON f.agreement_id = y.agreement_id WHERE f.changed_in = @change",
				"SELECT l.agreement_party_id FROM record_link l WHERE l.agreement_party_id IS NOT NULL AND l.changed_in = @change",
				"SELECT y.id FROM record_link l JOIN agreement_party y ON y.agreement_id = l.agreement_id WHERE l.changed_in = @change",
				"SELECT l.agreement_party_id FROM decision d JOIN record_link l ON l.decision_id = d.id WHERE l.agreement_party_id IS NOT NULL AND d.changed_in = @change",
				"SELECT y.id FROM decision d JOIN record_link l ON l.decision_id = d.id JOIN agreement_party y ON y.agreement_id = l.agreement_id WHERE d.changed_in = @change",
			},
		},
		{
			Table: "shared_project", Name: gap.Text{Sv: "gemensamt projekt", En: "shared project"}, Unit: "NULL::uuid",
			Affected: []string{
				"SELECT y.id FROM shared_project y JOIN agreement a ON a.id = y.agreement_id WHERE a.changed_in = @change",
				"SELECT y.shared_project_id FROM participation y WHERE y.changed_in = @change",
			},
		},
		{
			Table: "participation", Name: gap.Text{Sv: "deltagande i gemensamt projekt", En: "participation in a shared project"}, Unit: "NULL::uuid",
			Affected: []string{
				"SELECT y.id FROM participation y JOIN shared_project p ON p.id = y.shared_project_id WHERE p.changed_in = @change",
				"SELECT l.participation_id FROM record_link l WHERE l.participation_id IS NOT NULL AND l.changed_in = @change",
				"SELECT l.participation_id FROM decision d JOIN record_link l ON l.decision_id = d.id WHERE l.participation_id IS NOT NULL AND d.changed_in = @change",
			},
		},
	}
}

var (
	formalDecision = gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 4.6 (F12)", En: "Audit KR-2017/0039, section 4.6 (F12)"}
	roleReview     = gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 4.6 (F14)", En: "Audit KR-2017/0039, section 4.6 (F14)"}
	roadmap        = gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 5 (F16)", En: "Audit KR-2017/0039, section 5 (F16)"}
)

// holds is the condition that decision d has been taken and stands, appealed or not.
const holds = "d.archived_at IS NULL AND " + decisionStateOf + " IN ('DECIDED', 'BINDING', 'APPEALED')"

// decided gives SQL that is true where a decision that holds authorises what link
// says of the link l and the decision d.
func decided(link string) string { return decidedBy(link, holds) }

// decidedBy gives SQL that is true where a decision d for which standing is true does.
func decidedBy(link, standing string) string {
	return "EXISTS (SELECT FROM record_link l JOIN decision d ON d.id = l.decision_id WHERE " + link + " AND l.purpose = 'AUTHORISES' AND l.archived_at IS NULL AND (" + standing + "))"
}

// reportedYear is the newest year that is to have been reported: last year from July on,
// and until then the one before.
const reportedYear = "(extract(year FROM today() - interval '6 months')::int - 1)"

// noticeMonths are the months of notice that count for an agreement which gives none:
// about the ninety days that the rules look ahead, in which a board can decide whether to
// go on. The measure is Färdplan's own; no law gives one.
const noticeMonths = "3"

// underWay is the condition that a project is neither closed nor done.
const underWay = "x.phase <> 'CLOSED' AND x.status NOT IN ('CANCELLED', 'COMPLETED')"

// GapRules are what these records should have.
func GapRules() []gap.Rule {
	inForce := stateOf("x") + " IN ('IN_FORCE', 'NOTICE_GIVEN')"
	return []gap.Rule{
		{
			Code: "AGREEMENT_LEGAL_FORM_UNCLEAR", Severity: gap.Medium, Object: "agreement",
			Where:  "x.legal_form = 'UNCLEAR' AND " + stateOf("x") + " IN ('SIGNED', 'IN_FORCE', 'NOTICE_GIVEN')",
			Title:  gap.Text{Sv: "Avtalets rättsliga form är oklar", En: "The agreement's form in law is unclear"},
			Reason: gap.Text{Sv: "Ingen har bedömt vad avtalet är i lagens mening, och därmed om det ska rapporteras till fullmäktige. Bedöm och ange formen.", En: "Nobody has judged what the agreement is in law, and so whether it is to be reported to the council. Judge it and say so."},
			Law:    gap.Text{Sv: "KL 9 kap. 37 §", En: "KL chapter 9 section 37"},
		},
		{
			Code: "AGREEMENT_NOT_REPORTED_938", Severity: gap.Medium, Object: "agreement_party",
			// Each party's board reports to its own council, from the year in which it was party on.
			Where: "EXISTS (SELECT FROM agreement a WHERE a.id = x.agreement_id AND a.archived_at IS NULL AND a.legal_form = 'CONTRACT_KL_9_37' AND " + stateOf("a") +
				" IN ('IN_FORCE', 'NOTICE_GIVEN') AND extract(year FROM greatest(a.valid_from, x.signed_on)) <= " + reportedYear + `) AND NOT EXISTS (
				SELECT FROM agreement_follow_up f WHERE f.agreement_id = x.agreement_id AND f.municipality_id = x.municipality_id AND f.archived_at IS NULL AND f.kind = 'REPORT_KL_9_38' AND f.year >= ` + reportedYear + ")",
			Title:  gap.Text{Sv: "Avtalssamverkan är inte rapporterad till fullmäktige", En: "Cooperation by contract not reported to the council"},
			Reason: gap.Text{Sv: "Kommunstyrelsen i varje kommun som är part ska varje år rapportera kommunens avtalssamverkan till fullmäktige. Ingen rapport från den här kommunen om det senaste året är registrerad sex månader efter årets slut.", En: "The executive board of each municipality that is party is to report its cooperation by contract to the council every year. No report by this one of the newest year is registered six months after its end."},
			Law:    gap.Text{Sv: "KL 9 kap. 38 §", En: "KL chapter 9 section 38"},
		},
		{
			Code: "COLLAB_ROLE_NOT_REVIEWED", Severity: gap.Medium, Object: "agreement",
			Where: inForce + ` AND x.valid_from < today() - make_interval(months => x.follow_up_months) AND NOT EXISTS (
				SELECT FROM agreement_follow_up f WHERE f.agreement_id = x.id AND f.archived_at IS NULL AND f.held_on >= today() - make_interval(months => x.follow_up_months))`,
			Title:  gap.Text{Sv: "Samverkan är inte följd upp i tid", En: "The collaboration has not been followed up in time"},
			Reason: gap.Text{Sv: "Avtalet ska följas upp med ett bestämt mellanrum, och det har gått. Följ upp avtalet och registrera vad det ledde till.", En: "The agreement is to be followed up at intervals, and this one has passed. Follow it up and register what it came to."},
			Law:    roleReview,
		},
		{
			Code: "AGREEMENT_EXPIRING", Severity: gap.Medium, Object: "agreement",
			// One that renews itself asks for a decision before its notice is due, in each term.
			Where:  inForce + " AND (" + endOf("x") + " - CASE WHEN x.renew_months IS NULL OR x.notice_given_on <= today() OR x.terminated_on IS NOT NULL THEN interval '0' ELSE make_interval(months => coalesce(x.notice_months, " + noticeMonths + ")) END)::date BETWEEN today() AND today() + 89",
			Title:  gap.Text{Sv: "Avtalet löper ut, eller ska sägas upp, inom 90 dagar", En: "The agreement ends, or notice is due, within 90 days"},
			Reason: gap.Text{Sv: "Avtalet upphör inom 90 dagar, eller förlängs om det inte sägs upp innan dess. Besluta om det ska fortsätta.", En: "The agreement ends within 90 days, or renews itself unless notice is given before. Decide whether it is to go on."},
			Law:    roleReview,
		},
		{
			Code: "AGREEMENT_PARTY_NO_DECISION", Severity: gap.High, Object: "agreement_party",
			Where: "EXISTS (SELECT FROM agreement a WHERE a.id = x.agreement_id AND a.archived_at IS NULL AND " + stateOf("a") + ` IN ('IN_FORCE', 'NOTICE_GIVEN'))
				AND NOT ` + decided("l.agreement_party_id = x.id") + " AND NOT " + decided("l.agreement_id = x.agreement_id AND d.municipality_id = x.municipality_id"),
			Title:  gap.Text{Sv: "Parten saknar beslut om avtalet", En: "The party has no decision on the agreement"},
			Reason: gap.Text{Sv: "Avtalet gäller, men inget beslut i den här kommunen är registrerat. Registrera beslutet med diarienummer och länka det till parten.", En: "The agreement is in force, but no decision of this municipality is registered. Register the decision with its diary number and link it to the party."},
			Law:    formalDecision,
		},
		{
			Code: "PROJECT_NO_AGREEMENT", Severity: gap.High, Object: "shared_project",
			Where: underWay + " AND shared_project_phase_rank(x.phase) > shared_project_phase_rank('PRESTUDY') AND NOT EXISTS (SELECT FROM agreement a WHERE a.id = x.agreement_id AND a.archived_at IS NULL AND " +
				stateOf("a") + " IN ('IN_FORCE', 'NOTICE_GIVEN'))",
			Title:  gap.Text{Sv: "Inget avtal som gäller", En: "No agreement in force"},
			Reason: gap.Text{Sv: "Projektet har passerat förstudien utan ett avtal som gäller. Ange avtalet, eller teckna ett.", En: "The project is past its prestudy without an agreement in force. Give the agreement, or make one."},
			Law:    formalDecision,
		},
		{
			Code: "PROJECT_COST_SHARES", Severity: gap.Medium, Object: "shared_project",
			Where: underWay + ` AND shared_project_phase_rank(x.phase) >= shared_project_phase_rank('DEVELOPMENT') AND (
				SELECT count(y.cost_share_percent) > 0 AND coalesce(sum(y.cost_share_percent), 0) <> 100 FROM participation y WHERE y.shared_project_id = x.id AND ` + takesPart + ")",
			Title:  gap.Text{Sv: "Kostnadsandelarna blir inte 100 procent", En: "The shares of cost do not add up to 100 percent"},
			Reason: gap.Text{Sv: "Deltagarnas andelar av kostnaden blir tillsammans mer eller mindre än 100 procent. Kom överens om nya andelar.", En: "The participants' shares of the costs add up to more or less than 100 percent. Agree on new ones."},
			Law:    gap.Text{Sv: "Färdplans villkor för gemensamma projekt", En: "Färdplan's conditions for shared projects"},
		},
		{
			Code: "SHARED_PROJECT_SLIPPED", Severity: gap.Medium, Object: "shared_project",
			Where:  underWay + " AND x.planned_end > x.baseline_end + 30",
			Title:  gap.Text{Sv: "Projektet är försenat mer än 30 dagar", En: "The project has slipped by more than 30 days"},
			Reason: gap.Text{Sv: "Det planerade slutet ligger mer än 30 dagar efter det som beslutades. Besluta om en ny plan, eller ta igen tiden.", En: "The planned end lies more than 30 days after the one that was decided. Decide on a new plan, or make up the time."},
			Law:    roadmap,
		},
		{
			Code: "PROJECT_NO_DECISION_IN_MUNICIPALITY", Severity: gap.High, Object: "participation",
			// What has been carried out without a decision still lacks it; a decision that has run
			// out since then stood behind it.
			Where: `x.state IN ('DECISION_PENDING', 'CONFIRMED', 'ACTIVE', 'COMPLETED') AND EXISTS (
				SELECT FROM shared_project p WHERE p.id = x.shared_project_id AND p.archived_at IS NULL AND p.status <> 'CANCELLED'
				   AND shared_project_phase_rank(p.phase) >= shared_project_phase_rank('DEVELOPMENT')
				   AND NOT ` + decidedBy("l.participation_id = x.id", holds+" OR (p.phase = 'CLOSED' OR p.status = 'COMPLETED' OR x.state = 'COMPLETED') AND d.archived_at IS NULL AND "+decisionStateOf+" IN ('EXPIRED', 'SUPERSEDED')") + ")",
			Title:  gap.Text{Sv: "Kommunen saknar beslut om projektet", En: "The municipality has no decision on the project"},
			Reason: gap.Text{Sv: "Kommunen deltar i ett projekt som utvecklas, är i drift eller är genomfört, utan ett registrerat beslut som gäller. Fatta eller registrera beslutet och länka det till deltagandet.", En: "The municipality takes part in a project that is being developed, in operation or carried out, without a registered decision that holds. Take or register the decision and link it to the participation."},
			Law:    formalDecision,
		},
		{
			Code: "PARTICIPATION_UNANSWERED", Severity: gap.Medium, Object: "participation",
			Where:  "x.state = 'INVITED' AND (x.created_at AT TIME ZONE 'Europe/Stockholm')::date < today() - 60 AND EXISTS (SELECT FROM shared_project p WHERE p.id = x.shared_project_id AND p.archived_at IS NULL AND p.phase <> 'CLOSED')",
			Title:  gap.Text{Sv: "Inbjudan är obesvarad", En: "The invitation is unanswered"},
			Reason: gap.Text{Sv: "Kommunen har inte svarat på inbjudan på 60 dagar. Visa intresse, påbörja beslutet eller tacka nej.", En: "The municipality has not answered the invitation for 60 days. Show interest, begin the decision or decline."},
			Law:    formalDecision,
		},
	}
}
