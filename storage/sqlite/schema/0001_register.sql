-- +goose Up

-- One row an agency: what it is, and its counters. Key 0 is the installation itself,
-- whose register holds the events of no agency.
CREATE TABLE agency (
    key         INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    name        TEXT    NOT NULL,
    parent      BIGINT  REFERENCES agency (key),
    settings    TEXT    NOT NULL,
    create_time BIGINT  NOT NULL,
    revision    BIGINT  NOT NULL,
    events      BIGINT  NOT NULL DEFAULT 0,
    numbers     TEXT    NOT NULL DEFAULT '{}'
);
CREATE INDEX agency_parent ON agency (parent);
INSERT INTO agency (key, id, name, settings, create_time, revision) VALUES (0, '', '', '{}', 0, 1);

CREATE TABLE principal (
    agency      BIGINT NOT NULL REFERENCES agency (key),
    id          TEXT   NOT NULL,
    role        TEXT   NOT NULL,
    token_hash  BLOB   NOT NULL UNIQUE,
    create_time BIGINT NOT NULL,
    remove_time BIGINT,
    PRIMARY KEY (agency, id)
) WITHOUT ROWID;

-- "pending" holds for what is not at rest: open, or never concluded and not void.
CREATE TABLE application (
    id             INTEGER PRIMARY KEY,
    agency         BIGINT  NOT NULL REFERENCES agency (key),
    number         TEXT    NOT NULL,
    revision       BIGINT  NOT NULL,
    create_time    BIGINT  NOT NULL,
    update_time    BIGINT  NOT NULL,
    state          TEXT    NOT NULL,
    pending        BOOLEAN NOT NULL,
    channel        TEXT    NOT NULL,
    kind           TEXT    NOT NULL,
    receive_date   TEXT,
    close_date     TEXT,
    close_year     BIGINT,
    basis          TEXT    NOT NULL,
    timing         TEXT    NOT NULL,
    due_date       TEXT,
    safe_date      TEXT,
    paid           BOOLEAN NOT NULL,
    acts           TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    id_type        TEXT    NOT NULL,
    id_number      TEXT    NOT NULL,
    phone          TEXT    NOT NULL,
    address        TEXT    NOT NULL,
    postcode       TEXT    NOT NULL,
    email          TEXT    NOT NULL,
    description    TEXT    NOT NULL,
    remark         TEXT    NOT NULL
);
CREATE UNIQUE INDEX application_number ON application (agency, number);
-- The day of receipt rides along: a list of one year skips the others without their rows,
-- and saves an index of its own, which would cost a page a case.
CREATE INDEX application_id ON application (agency, id, receive_date);
CREATE INDEX application_due ON application (agency, due_date, id) WHERE pending;
CREATE INDEX application_close ON application (agency, close_year, basis, kind, id) WHERE close_year IS NOT NULL;

CREATE TABLE remedy (
    id            INTEGER PRIMARY KEY,
    agency        BIGINT  NOT NULL REFERENCES agency (key),
    application   BIGINT  REFERENCES application (id),
    kind          TEXT    NOT NULL,
    file_date     TEXT,
    after_review  BOOLEAN NOT NULL,
    capacity      TEXT    NOT NULL,
    result        TEXT    NOT NULL,
    conclude_date TEXT,
    remark        TEXT    NOT NULL,
    void          BOOLEAN NOT NULL,
    revision      BIGINT  NOT NULL,
    create_time   BIGINT  NOT NULL
);
CREATE INDEX remedy_application ON remedy (agency, application, id);
CREATE INDEX remedy_id ON remedy (agency, id);

CREATE TABLE figure (
    agency BIGINT NOT NULL REFERENCES agency (key),
    year   BIGINT NOT NULL,
    code   TEXT   NOT NULL,
    value  BIGINT NOT NULL,
    PRIMARY KEY (agency, year, code)
) WITHOUT ROWID;

-- One packed row an agency and year: "key<TAB>count" a line. It is a cache of what the
-- applications and remedies contribute.
CREATE TABLE tally (
    agency BIGINT NOT NULL REFERENCES agency (key),
    year   BIGINT NOT NULL,
    data   TEXT   NOT NULL,
    PRIMARY KEY (agency, year)
) WITHOUT ROWID;

-- revision and request_id are NULL, and so never collide, where an event has none.
CREATE TABLE event (
    seq          INTEGER PRIMARY KEY,
    agency       BIGINT NOT NULL,
    n            BIGINT NOT NULL,
    object       TEXT   NOT NULL,
    revision     BIGINT,
    time         BIGINT NOT NULL,
    actor        TEXT   NOT NULL,
    action       TEXT   NOT NULL,
    request_id   TEXT,
    request_hash BLOB,
    facts        TEXT   NOT NULL,
    leaf         BLOB   NOT NULL
);
CREATE UNIQUE INDEX event_request ON event (agency, request_id) WHERE request_id IS NOT NULL;
CREATE UNIQUE INDEX event_object ON event (agency, object, revision);

-- What may name persons, under a random salt. Erased, a row has no salt and its data
-- is the HMAC of what it was, so that the leaf of the event still holds.
CREATE TABLE event_personal (
    seq  INTEGER PRIMARY KEY,
    salt BLOB,
    data BLOB NOT NULL
);
