-- +goose Up

-- What a principal signs in with: an argon2id hash, those before it (one a line), and the
-- secret of one-time codes with the SHA-256 of the recovery codes, one after another.
-- "given" holds for a password that an administrator gave out for one use.
CREATE TABLE credential (
    agency            BIGINT  NOT NULL REFERENCES agency (key),
    principal         TEXT    NOT NULL,
    password          TEXT    NOT NULL,
    set_time          BIGINT  NOT NULL,
    given             BOOLEAN NOT NULL,
    previous          TEXT    NOT NULL,
    failures          BIGINT  NOT NULL,
    lock_time         BIGINT,
    code              BLOB,
    code_step         BIGINT  NOT NULL,
    recovery          BLOB    NOT NULL,
    proposed_code     BLOB,
    proposed_recovery BLOB    NOT NULL,
    revision          BIGINT  NOT NULL,
    PRIMARY KEY (agency, principal)
) WITHOUT ROWID;

-- A time that a person signed in. Of the token only the SHA-256 is kept.
CREATE TABLE sign_in (
    id          INTEGER PRIMARY KEY,
    agency      BIGINT  NOT NULL REFERENCES agency (key),
    principal   TEXT    NOT NULL,
    token_hash  BLOB    NOT NULL UNIQUE,
    create_time BIGINT  NOT NULL,
    seen_time   BIGINT  NOT NULL,
    expire_time BIGINT  NOT NULL,
    end_time    BIGINT,
    address     TEXT    NOT NULL,
    agent       TEXT    NOT NULL
);
CREATE INDEX sign_in_principal ON sign_in (agency, principal, id);
