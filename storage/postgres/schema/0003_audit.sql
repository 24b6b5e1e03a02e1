-- +goose Up

-- The right edge of the Merkle tree over the leaves of the agency's events. It is NULL
-- where events were recorded before there was one: then it is made from their leaves.
ALTER TABLE agency ADD COLUMN edge BYTEA;
-- How many of the events changed nothing: refusals, and readings of personal data.
ALTER TABLE agency ADD COLUMN idle BIGINT NOT NULL DEFAULT 0;
UPDATE agency SET idle = (SELECT count(*) FROM event WHERE event.agency = agency.key AND event.revision IS NULL);
