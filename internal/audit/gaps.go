package audit

import "fardplan/internal/gap"

// GapObjects says how gaps of these records are kept.
func GapObjects() []gap.Object {
	const addressee = "(SELECT a.addressee_unit_id FROM audit a WHERE a.id = x.audit_id)"
	return []gap.Object{
		{
			Table: "finding", Name: gap.Text{Sv: "iakttagelse", En: "finding"}, Unit: addressee,
			Affected: []string{
				"SELECT y.id FROM finding y JOIN audit a ON a.id = y.audit_id WHERE a.changed_in = @change",
				"SELECT l.finding_id FROM record_link l WHERE l.changed_in = @change AND l.finding_id IS NOT NULL",
				"SELECT l.finding_id FROM record_link l JOIN goal g ON g.id = l.goal_id WHERE g.changed_in = @change AND l.finding_id IS NOT NULL",
				"SELECT l.finding_id FROM record_link l JOIN initiative i ON i.id = l.initiative_id WHERE i.changed_in = @change AND l.finding_id IS NOT NULL",
			},
		},
		{
			Table: "formal_answer", Name: gap.Text{Sv: "formellt svar", En: "formal answer"}, Unit: addressee,
			Affected: []string{"SELECT y.id FROM formal_answer y JOIN audit a ON a.id = y.audit_id WHERE a.changed_in = @change"},
		},
	}
}

// inUse is SQL for whether the audit of part x is not archived.
const inUse = "EXISTS (SELECT FROM audit a WHERE a.id = x.audit_id AND a.archived_at IS NULL)"

// acted is SQL for whether finding x is linked, by whoever answers for it, to a goal or an
// initiative that the conditions let through.
func acted(goal, initiative string) string {
	return `EXISTS (
		SELECT FROM record_link l LEFT JOIN goal g ON g.id = l.goal_id AND g.archived_at IS NULL LEFT JOIN initiative i ON i.id = l.initiative_id AND i.archived_at IS NULL
		 WHERE l.finding_id = x.id AND l.municipality_id = x.municipality_id AND l.archived_at IS NULL AND (g.status ` + goal + ` OR i.status ` + initiative + `))`
}

// GapRules are what these records should have.
func GapRules() []gap.Rule {
	const deficient = "x.verdict IN ('PARTIAL', 'DEFICIENT') AND " + inUse
	return []gap.Rule{
		{
			Code: "FINDING_NO_ACTION", Severity: gap.High, Object: "finding",
			Where:  deficient + " AND NOT " + acted("<> 'REVOKED'", "<> 'CANCELLED'"),
			Title:  gap.Text{Sv: "Inget görs åt iakttagelsen", En: "Nothing is done about the finding"},
			Reason: gap.Text{Sv: "Iakttagelsen är en brist som varken ett mål eller en insats ska rätta till. Koppla den till det som ska göra det, eller ta fram en insats.", En: "The finding is a deficiency that neither a goal nor an initiative is to mend. Link it to what will, or plan an initiative."},
			Law:    gap.Text{Sv: "KL 12 kap. 1 §; granskning KR-2017/0039, avsnitt 5", En: "KL chapter 12 section 1; audit KR-2017/0039, section 5"},
		},
		{
			Code: "FINDING_RECURRING", Severity: gap.High, Object: "finding",
			Where:  deficient + " AND x.recurrence_of_id IS NOT NULL AND NOT " + acted("= 'ACHIEVED'", "= 'DONE'"),
			Title:  gap.Text{Sv: "Samma brist har hittats förr", En: "The same deficiency was found before"},
			Reason: gap.Text{Sv: "En tidigare granskning fann samma brist. Den kvarstår tills ett mål som är kopplat till den är uppnått eller en insats genomförd.", En: "An earlier audit found the same deficiency. It stands until a goal that is linked to it is achieved or an initiative is done."},
			Law:    gap.Text{Sv: "Granskning KR-2017/0039, avsnitt 2.1 och 4.5 (F10)", En: "Audit KR-2017/0039, sections 2.1 and 4.5 (F10)"},
		},
		{
			Code: "ANSWER_DUE", Severity: gap.High, Object: "formal_answer",
			Where:  "x.status <> 'SENT' AND x.due_on BETWEEN today() AND today() + 30 AND " + inUse,
			Title:  gap.Text{Sv: "Svaret till revisorerna ska lämnas inom 30 dagar", En: "The answer to the auditors is due within 30 days"},
			Reason: gap.Text{Sv: "Svaret ska beslutas och skickas innan tiden har gått ut. Se till att det hinner tas upp på ett sammanträde.", En: "The answer is to be decided and sent before its day. See that a meeting takes it up in time."},
			Law:    gap.Text{Sv: "Revisionsskrivelse KR-2017/0039: skriftligt svar senast den dag som revisorerna anger", En: "Audit letter KR-2017/0039: a written answer by the day that the auditors give"},
		},
		{
			Code: "ANSWER_LATE", Severity: gap.High, Object: "formal_answer",
			Where:  "x.status <> 'SENT' AND x.due_on < today() AND " + inUse,
			Title:  gap.Text{Sv: "Svaret till revisorerna är sent", En: "The answer to the auditors is late"},
			Reason: gap.Text{Sv: "Dagen då svaret skulle lämnas har passerat. Besluta om det, skicka det och tala om för revisorerna när det kommer.", En: "The day when the answer was due has passed. Decide on it, send it, and tell the auditors when it will come."},
			Law:    gap.Text{Sv: "Revisionsskrivelse KR-2017/0039: skriftligt svar senast den dag som revisorerna anger", En: "Audit letter KR-2017/0039: a written answer by the day that the auditors give"},
		},
	}
}
