-- +goose Up

-- Who has an application in hand, empty where nobody in particular: whoever was last
-- assigned it and did not send it back. An assignment that was sent back is followed by
-- that at once.
ALTER TABLE application ADD COLUMN holder TEXT NOT NULL DEFAULT '';
UPDATE application SET holder = COALESCE((
    SELECT h FROM (
        SELECT key AS k, json_extract(value, '$.a') AS a, json_extract(value, '$.h') AS h,
            lead(json_extract(value, '$.a')) OVER (ORDER BY key) AS next
        FROM json_each(acts) WHERE json_extract(value, '$.a') IN ('assign', 'send_back')
    ) WHERE a = 'assign' AND next IS NOT 'send_back' ORDER BY k DESC LIMIT 1), '')
    WHERE acts LIKE '%"a":"assign"%';
-- In the order of lists, and of what is open in that of due dates. The day is an expression
-- there, which no other index has: SQLite, which knows no numbers of rows, would take the
-- narrower index of everybody's due dates for one of equal worth.
CREATE INDEX application_held ON application (agency, holder, id) WHERE holder <> '';
CREATE INDEX application_held_due ON application (agency, holder, (due_date || ''), id, state, lapse_date) WHERE pending AND holder <> '';
