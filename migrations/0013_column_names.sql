-- A column that a person gave another name: what the files call it, and what it is called in the segments. Empty: as its
-- name.

ALTER TABLE dataset_column ADD COLUMN header TEXT NOT NULL DEFAULT '';
ALTER TABLE dataset_column ADD COLUMN stored_name TEXT NOT NULL DEFAULT '';
