-- +goose Up

-- Of open cases more is asked each morning: which stand under an order or replace a reply,
-- which are in a state, and whose period is over of those whom they wait for. Only open
-- cases stand in these indexes.
ALTER TABLE application ADD COLUMN ordered BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE application SET ordered = TRUE
    WHERE pending AND (acts LIKE '%:"order_redecision"%' OR acts LIKE '%:"replace"%');
-- The period depends on the calendar, which a migration does not know. Until a server has
-- put the lists in order anew, every case that waits is looked at.
ALTER TABLE application ADD COLUMN lapse_date TEXT;
UPDATE application SET lapse_date = '1900-01-01'
    WHERE pending AND state IN ('SUPPLEMENT_PENDING', 'FEE_PENDING', 'CONSULTING');
CREATE INDEX application_ordered ON application (agency, due_date, id) WHERE ordered;
CREATE INDEX application_state ON application (agency, state, due_date, id, lapse_date) WHERE pending;
