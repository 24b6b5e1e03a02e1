-- +goose Up

-- The search index: hashes of what an application can be found by, and no text. It is
-- derived from the rows, behind them and without them of no use.
CREATE VIRTUAL TABLE search USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);

-- What the index holds, token by token: read by verification alone, and stores nothing.
CREATE VIRTUAL TABLE search_held USING fts5vocab(search, instance);

-- Up to which id an agency's applications are in the index, by which rules.
CREATE TABLE search_progress (
    agency  INTEGER PRIMARY KEY REFERENCES agency (key),
    version BIGINT  NOT NULL,
    upto    BIGINT  NOT NULL
);

-- Applications whose texts changed since: the index may hold them as they were.
CREATE TABLE search_changed (
    agency   BIGINT NOT NULL REFERENCES agency (key),
    id       BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (agency, id)
) WITHOUT ROWID;
