-- A version may wait to be looked at before it becomes the current one: 'ready', and 'confirming' while it is made
-- current. The CHECK of a column cannot be changed, so the table is made anew.

CREATE TABLE dataset_version_next (
	id {id},
	org BIGINT NOT NULL,
	dataset BIGINT NOT NULL,
	number BIGINT NOT NULL, -- from 1
	state TEXT NOT NULL CHECK (state IN ('building', 'ready', 'confirming', 'current', 'old')),
	mode TEXT NOT NULL, -- create, append, replace, upsert, roles, activate
	parent BIGINT NOT NULL, -- the version it was made from; 0 = none
	row_count BIGINT NOT NULL DEFAULT 0,
	reject_count BIGINT NOT NULL DEFAULT 0, -- complete, though not every reject is kept
	byte_count BIGINT NOT NULL DEFAULT 0, -- of its segments
	files TEXT NOT NULL, -- a JSON list of names
	created_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	expires_at BIGINT NOT NULL DEFAULT 0, -- ready: when it goes unless it is confirmed
	changes TEXT NOT NULL DEFAULT '' -- what differs from the parent, as JSON; empty = not compared
);
INSERT INTO dataset_version_next (id, org, dataset, number, state, mode, parent, row_count, reject_count, byte_count, files, created_at, created_by)
	SELECT id, org, dataset, number, state, mode, parent, row_count, reject_count, byte_count, files, created_at, created_by FROM dataset_version;
DROP TABLE dataset_version;
ALTER TABLE dataset_version_next RENAME TO dataset_version;
CREATE UNIQUE INDEX dataset_version_number ON dataset_version (dataset, number);
CREATE INDEX dataset_version_state ON dataset_version (state);
