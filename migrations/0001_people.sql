-- Organisations, people and what they are let in with. Times are microseconds UTC; hashes are hexadecimal text.

CREATE TABLE org (
  id {id},
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL UNIQUE,
  is_bank SMALLINT NOT NULL DEFAULT 0 CHECK (is_bank IN (0, 1)),
  created_at BIGINT NOT NULL,
  closed_at BIGINT
);

CREATE TABLE user_account (
  id {id},
  org BIGINT NOT NULL REFERENCES org (id),
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  -- NULL until an invitation is taken up
  password_hash TEXT,
  created_at BIGINT NOT NULL,
  disabled_at BIGINT,
  last_seen_at BIGINT,
  failed_count BIGINT NOT NULL DEFAULT 0,
  locked_until BIGINT
);
CREATE INDEX user_account_org ON user_account (org, id);
-- Old bcrypt hashes, while there are any.
CREATE INDEX user_account_bcrypt ON user_account (id) WHERE password_hash LIKE '$2%';

CREATE TABLE invitation (
  id {id},
  user_id BIGINT NOT NULL UNIQUE REFERENCES user_account (id),
  token_hash TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE TABLE session (
  id {id},
  user_id BIGINT NOT NULL REFERENCES user_account (id),
  token_hash TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  -- without a request; the end slides by it
  lifetime BIGINT NOT NULL,
  remember SMALLINT NOT NULL DEFAULT 0,
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL
);
CREATE INDEX session_user ON session (user_id);
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE api_token (
  id {id},
  user_id BIGINT NOT NULL REFERENCES user_account (id),
  token_hash TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  expires_at BIGINT
);
CREATE INDEX api_token_user ON api_token (user_id);

-- Append-only: the program has no statement that changes or removes a row. No references, so that a row outlives what
-- it speaks of.
CREATE TABLE audit (
  id {id},
  at BIGINT NOT NULL,
  org BIGINT,
  user_id BIGINT,
  email TEXT NOT NULL,
  action TEXT NOT NULL,
  object_kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  address TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX audit_org ON audit (org, id);

CREATE TABLE throttle (
  name TEXT NOT NULL PRIMARY KEY,
  window_start BIGINT NOT NULL,
  hits BIGINT NOT NULL,
  level BIGINT NOT NULL,
  blocked_until BIGINT NOT NULL
);
CREATE INDEX throttle_age ON throttle (window_start);

-- org 0 is for the whole installation.
CREATE TABLE setting (
  org BIGINT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (org, name)
);
