-- The orders of two lists that no index gave: strategies among all governing documents,
-- and waivers of all municipalities by when they expire.
-- +goose Up

CREATE INDEX governing_document_strategy_by_title ON governing_document (title_sv, id) WHERE kind = 'STRATEGY';
CREATE INDEX waiver_by_expiry ON waiver (expires_on, id);
SELECT history_sync('governing_document');
SELECT history_sync('waiver');
