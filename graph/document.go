package graph

import (
	"context"

	"github.com/google/uuid"

	"fardplan/internal/audit"
	"fardplan/internal/document"
)

// The lists that governing documents and audits have under them.
type (
	documentsOf struct {
		Filter document.Filter
		Order  document.Order
		Desc   bool
		Page   pageArgs
	}
	auditsOf struct {
		Filter audit.Filter
		Order  audit.Order
		Desc   bool
		Page   pageArgs
	}
	questionsOf struct {
		Parent audit.Parent
		Filter audit.QuestionFilter
		Order  audit.Order
		Desc   bool
		Page   pageArgs
	}
	findingsOf struct {
		Parent audit.Parent
		Filter audit.FindingFilter
		Order  audit.Order
		Desc   bool
		Page   pageArgs
	}
	answersOf struct {
		Filter audit.AnswerFilter
		Order  audit.Order
		Desc   bool
		Page   pageArgs
	}
)

// documentLoaders read governing documents and audits.
type documentLoaders struct {
	document      *byID[*document.GoverningDocument]
	audit         *byID[*audit.Audit]
	question      *byID[*audit.Question]
	finding       *byID[*audit.Finding]
	answer        *byID[*audit.FormalAnswer]
	superseding   *lists[documentsOf, document.GoverningDocument]
	followUps     *lists[auditsOf, audit.Audit]
	questions     *lists[questionsOf, audit.Question]
	findings      *lists[findingsOf, audit.Finding]
	answers       *lists[answersOf, audit.FormalAnswer]
	documentSteps func(context.Context) (map[document.Status][]document.Step, error)
	answerSteps   func(context.Context) (map[audit.AnswerStatus][]audit.Step, error)
}

func newDocumentLoaders(r *Resolver, s *scope) documentLoaders {
	return documentLoaders{
		document: newByID(r, s, r.Documents.ByID),
		audit:    newByID(r, s, r.Audits.AuditsByID),
		question: newByID(r, s, r.Audits.QuestionsByID),
		finding:  newByID(r, s, r.Audits.FindingsByID),
		answer:   newByID(r, s, r.Audits.AnswersByID),
		superseding: newLists(r, func(ctx context.Context, q documentsOf, of []uuid.UUID) ([]*document.GoverningDocumentConnection, error) {
			return r.Documents.SupersedingEach(ctx, s, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
		followUps: newLists(r, func(ctx context.Context, q auditsOf, of []uuid.UUID) ([]*audit.AuditConnection, error) {
			return r.Audits.FollowingEach(ctx, s, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
		questions: newLists(r, func(ctx context.Context, q questionsOf, of []uuid.UUID) ([]*audit.AuditQuestionConnection, error) {
			return r.Audits.QuestionsOfEach(ctx, s, q.Parent, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
		findings: newLists(r, func(ctx context.Context, q findingsOf, of []uuid.UUID) ([]*audit.FindingConnection, error) {
			return r.Audits.FindingsOfEach(ctx, s, q.Parent, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
		answers: newLists(r, func(ctx context.Context, q answersOf, of []uuid.UUID) ([]*audit.FormalAnswerConnection, error) {
			return r.Audits.AnswersOfEach(ctx, s, q.Filter, q.Order, q.Desc, of, q.Page)
		}),
		documentSteps: once(func(ctx context.Context) (map[document.Status][]document.Step, error) { return document.Steps(ctx, s) }),
		answerSteps:   once(func(ctx context.Context) (map[audit.AnswerStatus][]audit.Step, error) { return audit.Steps(ctx, s) }),
	}
}

func (l *loaders) documentFinders() finders {
	return finders{
		"governing_document": finder(l.document), "audit": finder(l.audit), "audit_question": finder(l.question),
		"finding": finder(l.finding), "formal_answer": finder(l.answer),
	}
}

// documentRecords are the records of governing documents and audits, for the names of their fields.
func documentRecords() []any {
	return []any{document.GoverningDocument{}, audit.Audit{}, audit.Question{}, audit.Finding{}, audit.FormalAnswer{}}
}

// pointers gives the values of a list by pointer.
func pointers[T any](values []T) []*T {
	all := make([]*T, len(values))
	for i := range values {
		all[i] = &values[i]
	}
	return all
}
