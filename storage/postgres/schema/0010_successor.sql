-- +goose Up

-- The agency that took an agency over, found from either side: whoever continues an organ
-- must see the cases that are still open there.
ALTER TABLE agency ADD COLUMN successor TEXT COLLATE "C";
UPDATE agency SET successor = settings::json #>> '{lineage,successor}';
CREATE INDEX agency_successor ON agency (successor, id) WHERE successor IS NOT NULL;
