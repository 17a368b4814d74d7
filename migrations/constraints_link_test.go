package migrations_test

var linkBreaches = []breach{
	breaks("record_link_agreement_fk", insert("record_link", "goal_id", "NULL", "purpose", "'NOTES'", "agreement_id", ":nothing")),
	breaks("record_link_agreement_party_fk", insert("record_link", "goal_id", "NULL", "purpose", "'NOTES'", "agreement_party_id", ":nothing")),
	breaks("record_link_decision_fk", insert("record_link", "purpose", "'NOTES'", "decision_id", ":nothing")),
	raised("record_link_own_decision", "record_link_decision", insert("record_link", "decision_id", ":elsewhere")),
	breaks("record_link_e_service_fk", insert("record_link", "goal_id", "NULL", "purpose", "'NOTES'", "e_service_id", ":nothing")),
	breaks("record_link_finding_fk", insert("record_link", "goal_id", "NULL", "purpose", "'NOTES'", "finding_id", ":nothing")),
	breaks("record_link_formal_answer_fk", insert("record_link", "goal_id", "NULL", "purpose", "'NOTES'", "formal_answer_id", ":nothing")),
	breaks("record_link_goal_fk", insert("record_link", "purpose", "'NOTES'", "goal_id", ":nothing")),
	breaks("record_link_governing_document_fk", insert("record_link", "goal_id", "NULL", "purpose", "'NOTES'", "governing_document_id", ":nothing")),
	breaks("record_link_initiative_fk", insert("record_link", "goal_id", "NULL", "purpose", "'NOTES'", "initiative_id", ":nothing")),
	refusedIn("record_link_municipality_fk", "record_link", "municipality_id", ":nothing"),
	refusedIn("record_link_note_length", "record_link", "note", long("1000")),
	refusedIn("record_link_of_two", "record_link", "finding_id", ":finding"),
	breaks("record_link_once", insert("record_link", "goal_id", ":direction")),
	breaks("record_link_participation_fk", insert("record_link", "goal_id", "NULL", "purpose", "'NOTES'", "participation_id", ":nothing")),
	refusedIn("record_link_pk", "record_link", "id", ":tie"),
	refusedIn("record_link_purpose", "record_link", "purpose", "'PROV'"),
	refusedIn("record_link_purpose_given", "record_link", "purpose", "NULL"),
	breaks("record_link_shared_project_fk", insert("record_link", "goal_id", "NULL", "purpose", "'NOTES'", "shared_project_id", ":nothing")),
	breaks("record_link_shared_service_fk", insert("record_link", "goal_id", "NULL", "purpose", "'NOTES'", "shared_service_id", ":nothing")),
}
