-- +goose Up

-- A scan or another file of an application or a remedy. Its content lies in a file named
-- after sum, in the directory beside the database. "kept" holds for what was withdrawn
-- from a case at rest, whose content stays.
CREATE TABLE attachment (
    id            INTEGER PRIMARY KEY,
    agency        BIGINT  NOT NULL REFERENCES agency (key),
    application   BIGINT  REFERENCES application (id),
    remedy        BIGINT  REFERENCES remedy (id),
    kind          TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    media_type    TEXT    NOT NULL,
    size          BIGINT  NOT NULL,
    sum           BLOB    NOT NULL,
    create_time   BIGINT  NOT NULL,
    withdraw_time BIGINT,
    reason        TEXT    NOT NULL,
    kept          BOOLEAN NOT NULL,
    revision      BIGINT  NOT NULL,
    CHECK ((application IS NULL) <> (remedy IS NULL))
);
CREATE INDEX attachment_id ON attachment (agency, id);
CREATE INDEX attachment_application ON attachment (agency, application, id) WHERE application IS NOT NULL;
CREATE INDEX attachment_remedy ON attachment (agency, remedy, id) WHERE remedy IS NOT NULL;
CREATE INDEX attachment_sum ON attachment (sum);
