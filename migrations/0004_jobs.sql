-- Long work: what ran, for whom, and how it ended. Progress while it runs is kept in memory only.
CREATE TABLE job (
	id {id},
	org BIGINT NOT NULL,
	user_id BIGINT,
	object BIGINT,
	kind TEXT NOT NULL,
	state TEXT NOT NULL,
	progress DOUBLE PRECISION NOT NULL DEFAULT 0,
	message TEXT NOT NULL DEFAULT '',
	error_kind BIGINT NOT NULL DEFAULT 0,
	error_code TEXT NOT NULL DEFAULT '',
	error_field TEXT NOT NULL DEFAULT '',
	error_message TEXT NOT NULL DEFAULT '',
	result TEXT,
	created_at BIGINT NOT NULL,
	started_at BIGINT NOT NULL DEFAULT 0,
	ended_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX job_by_org ON job (org, id);
CREATE INDEX job_by_state ON job (state);
