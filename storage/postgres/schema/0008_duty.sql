-- +goose Up

-- Who a principal is: the number by which the office knows the person, empty where it was
-- not asked for. One person has one principal that is not removed, in the whole register,
-- so that nobody holds two duties by two accounts.
ALTER TABLE principal ADD COLUMN person TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE UNIQUE INDEX principal_person ON principal (person) WHERE person <> '' AND remove_time IS NULL;
