-- +goose Up

-- As whom an identity provider knows a principal: its issuer and the subject there, both
-- empty if an administrator has linked none. One subject is one principal.
ALTER TABLE credential ADD COLUMN issuer TEXT NOT NULL DEFAULT '';
ALTER TABLE credential ADD COLUMN subject TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX credential_subject ON credential (issuer, subject) WHERE subject <> '';

-- How a person signed in, and the SHA-256 of what the identity provider's answer was bound
-- to, by which none is taken twice.
ALTER TABLE sign_in ADD COLUMN way TEXT NOT NULL DEFAULT 'password';
ALTER TABLE sign_in ADD COLUMN proof BLOB;
CREATE UNIQUE INDEX sign_in_proof ON sign_in (proof) WHERE proof IS NOT NULL;
