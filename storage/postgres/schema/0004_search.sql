-- +goose Up

-- The search index: hashes of what an application can be found by, and no text. It is
-- derived from the rows, behind them and without them of no use. What has not been sorted
-- into the index yet is read by every search, so that is kept short.
CREATE TABLE search_document (
    agency BIGINT    NOT NULL REFERENCES agency (key),
    id     BIGINT    NOT NULL,
    tokens INTEGER[] NOT NULL,
    PRIMARY KEY (agency, id)
);
CREATE INDEX search_document_tokens ON search_document USING gin (tokens) WITH (gin_pending_list_limit = 512);

-- Up to which id an agency's applications are in the index, by which rules.
CREATE TABLE search_progress (
    agency  BIGINT PRIMARY KEY REFERENCES agency (key),
    version BIGINT NOT NULL,
    upto    BIGINT NOT NULL
);

-- Applications whose texts changed since: the index may hold them as they were.
CREATE TABLE search_changed (
    agency   BIGINT NOT NULL REFERENCES agency (key),
    id       BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (agency, id)
);
