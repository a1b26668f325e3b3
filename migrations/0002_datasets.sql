-- Data sets: names and versions, what each version's tables look like, and which sealed segments hold their rows.
-- A version is immutable once it is current; versions share segments.

CREATE TABLE dataset (
	id {id},
	org BIGINT NOT NULL,
	name TEXT NOT NULL,
	name_folded TEXT NOT NULL, -- utf8_fold: names are unique whatever their case
	current_version BIGINT NOT NULL DEFAULT 0, -- 0 while the first one is being built
	building_version BIGINT NOT NULL DEFAULT 0, -- 0 = none; at most one
	last_number BIGINT NOT NULL DEFAULT 0, -- of its versions
	created_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL -- user; 0 = the command line
);
CREATE UNIQUE INDEX dataset_name ON dataset (org, name_folded);

CREATE TABLE dataset_version (
	id {id},
	org BIGINT NOT NULL,
	dataset BIGINT NOT NULL,
	number BIGINT NOT NULL, -- from 1
	state TEXT NOT NULL CHECK (state IN ('building', 'current', 'old')),
	mode TEXT NOT NULL, -- create, append, replace, roles, activate
	parent BIGINT NOT NULL, -- the version it was made from; 0 = none
	row_count BIGINT NOT NULL DEFAULT 0,
	reject_count BIGINT NOT NULL DEFAULT 0, -- complete, though not every reject is kept
	byte_count BIGINT NOT NULL DEFAULT 0, -- of its segments
	files TEXT NOT NULL, -- a JSON list of names
	created_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL
);
CREATE UNIQUE INDEX dataset_version_number ON dataset_version (dataset, number);
CREATE INDEX dataset_version_state ON dataset_version (state);

CREATE TABLE dataset_table (
	id {id},
	version BIGINT NOT NULL,
	position BIGINT NOT NULL,
	name TEXT NOT NULL,
	source TEXT NOT NULL, -- the file, and the sheet or table in it
	row_count BIGINT NOT NULL,
	reject_count BIGINT NOT NULL
);
CREATE UNIQUE INDEX dataset_table_position ON dataset_table (version, position);

CREATE TABLE dataset_column (
	table_id BIGINT NOT NULL,
	position BIGINT NOT NULL,
	name TEXT NOT NULL,
	type TEXT NOT NULL,
	non_null BIGINT NOT NULL,
	distinct_count BIGINT NOT NULL, -- an estimate; -1 = not known
	min_text TEXT,
	max_text TEXT,
	sample TEXT NOT NULL, -- a JSON list of strings
	role TEXT NOT NULL, -- empty = none
	confidence DOUBLE PRECISION NOT NULL,
	reason TEXT NOT NULL,
	by_person BIGINT NOT NULL, -- 1: the role was set by a person
	PRIMARY KEY (table_id, position)
);

-- A column of one table that holds the key of another.
CREATE TABLE dataset_relation (
	version BIGINT NOT NULL,
	position BIGINT NOT NULL,
	from_table TEXT NOT NULL,
	from_column TEXT NOT NULL,
	to_table TEXT NOT NULL,
	to_column TEXT NOT NULL,
	matched DOUBLE PRECISION NOT NULL, -- share of the values that are found there
	PRIMARY KEY (version, position)
);

-- The file segments/<id>.seg; one that no table_segment names is gone, or about to be.
CREATE TABLE segment (
	id {id},
	org BIGINT NOT NULL,
	row_count BIGINT NOT NULL,
	byte_count BIGINT NOT NULL, -- plain
	created_at BIGINT NOT NULL
);

CREATE TABLE table_segment (
	table_id BIGINT NOT NULL,
	position BIGINT NOT NULL, -- oldest first: the order of rows
	segment BIGINT NOT NULL,
	PRIMARY KEY (table_id, position)
);
CREATE INDEX table_segment_segment ON table_segment (segment);

-- Rows of files that could not be read.
CREATE TABLE reject (
	version BIGINT NOT NULL,
	seq BIGINT NOT NULL, -- order within the version
	table_id BIGINT NOT NULL,
	line BIGINT NOT NULL, -- from 1; 0 = not known
	column_name TEXT NOT NULL, -- empty = the row as a whole
	cell TEXT NOT NULL, -- what stood there, cut
	reason TEXT NOT NULL,
	PRIMARY KEY (version, seq)
);
CREATE INDEX reject_table ON reject (table_id, seq);
