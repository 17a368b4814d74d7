package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fardplan/internal/access"
	"fardplan/internal/audit"
	"fardplan/internal/collaboration"
	"fardplan/internal/decision"
	"fardplan/internal/document"
	"fardplan/internal/eservice"
	"fardplan/internal/gap"
	"fardplan/internal/organisation"
	"fardplan/internal/postgres"
	"fardplan/internal/strategy"
	"fardplan/internal/thread"
)

// step is one change of the story: who, when, why, and the records as they are after it.
type step struct {
	at                 time.Time
	caller             access.Caller
	operation, comment string

	municipalities ledger[organisation.Municipality]
	units          ledger[organisation.Unit]
	shared         ledger[eservice.SharedService]
	services       ledger[eservice.EService]
	usage          ledger[eservice.Usage]
	flows          ledger[eservice.PlatformFlow]

	cases     ledger[decision.Case]
	decisions ledger[decision.Decision]
	waivers   ledger[decision.Waiver]
	documents ledger[document.GoverningDocument]
	audits    ledger[audit.Audit]
	answers   ledger[audit.FormalAnswer]
	questions ledger[audit.Question]
	findings  ledger[audit.Finding]

	collaborations ledger[collaboration.Collaboration]
	members        ledger[collaboration.CollaborationMember]
	agreements     ledger[collaboration.Agreement]
	parties        ledger[collaboration.AgreementParty]
	followUps      ledger[collaboration.AgreementFollowUp]
	projects       ledger[collaboration.SharedProject]
	participations ledger[collaboration.Participation]
	offers         ledger[collaboration.ServiceOffer]
	replies        ledger[collaboration.OfferAnswer]
	adoptions      ledger[collaboration.AdoptionStep]

	goals        ledger[strategy.Goal]
	indicators   ledger[strategy.Indicator]
	values       ledger[strategy.IndicatorValue]
	initiatives  ledger[strategy.Initiative]
	milestones   ledger[strategy.Milestone]
	dependencies ledger[strategy.Dependency]
	reports      ledger[strategy.StatusReport]
	benefits     ledger[strategy.Benefit]

	links ledger[thread.Link]
	sweep bool // it goes through all gaps instead
}

// table is a step's records of one table.
type table struct {
	name   string
	ledger interface {
		freeze()
		len() int
		insert(ctx context.Context, tx *postgres.Tx, table string) error
		update(ctx context.Context, tx *postgres.Tx, table string) error
	}
}

// tables are the ledgers, each after those that its records refer to.
func (s *step) tables() []table {
	return []table{
		{"municipality", &s.municipalities}, {"unit", &s.units}, {"shared_service", &s.shared}, {"e_service", &s.services},
		{"e_service_usage", &s.usage}, {"platform_flow", &s.flows},
		{"collaboration", &s.collaborations}, {"collaboration_member", &s.members},
		{"diary_case", &s.cases}, {"decision", &s.decisions}, {"waiver", &s.waivers},
		{"governing_document", &s.documents}, {"audit", &s.audits}, {"formal_answer", &s.answers}, {"audit_question", &s.questions}, {"finding", &s.findings},
		{"agreement", &s.agreements}, {"agreement_party", &s.parties}, {"agreement_follow_up", &s.followUps},
		{"shared_project", &s.projects}, {"participation", &s.participations},
		{"service_offer", &s.offers}, {"offer_answer", &s.replies}, {"adoption_step", &s.adoptions},
		{"goal", &s.goals}, {"indicator", &s.indicators}, {"indicator_value", &s.values}, {"initiative", &s.initiatives},
		{"milestone", &s.milestones}, {"dependency", &s.dependencies}, {"status_report", &s.reports}, {"benefit", &s.benefits},
		{"record_link", &s.links},
	}
}

// ledger is the records of one table that a step adds and saves.
type ledger[T any] struct{ added, saved []*T }

func (l *ledger[T]) add(record *T) { l.added = append(l.added, record) }

func (l *ledger[T]) save(record *T) {
	if !slices.Contains(l.added, record) && !slices.Contains(l.saved, record) {
		l.saved = append(l.saved, record)
	}
}

// freeze copies the records, which the story goes on to change.
func (l *ledger[T]) freeze() {
	for _, records := range [][]*T{l.added, l.saved} {
		for i, record := range records {
			records[i] = new(*record)
		}
	}
}

func (l *ledger[T]) len() int { return len(l.added) + len(l.saved) }

func (l *ledger[T]) insert(ctx context.Context, tx *postgres.Tx, table string) error {
	return postgres.InsertAll(ctx, tx, table, l.added)
}

func (l *ledger[T]) update(ctx context.Context, tx *postgres.Tx, table string) error {
	return postgres.SaveAll(ctx, tx, table, l.saved)
}

func (s *step) empty() bool {
	return !slices.ContainsFunc(s.tables(), func(t table) bool { return t.ledger.len() > 0 })
}

// write makes the step's records what they are to be. What is new is there before
// anything rests on it, such as the decision that lets a goal be adopted.
func (s *step) write(ctx context.Context, tx *postgres.Tx, gaps *gap.Service) error {
	if s.sweep {
		return gaps.Recompute(ctx, tx)
	}
	if err := s.freezeFigures(ctx, tx); err != nil {
		return err
	}
	for _, t := range s.tables() {
		if err := t.ledger.insert(ctx, tx, t.name); err != nil {
			return fmt.Errorf("add to %s: %w", t.name, err)
		}
	}
	for _, t := range s.tables() {
		if err := t.ledger.update(ctx, tx, t.name); err != nil {
			return fmt.Errorf("save in %s: %w", t.name, err)
		}
	}
	return nil
}
