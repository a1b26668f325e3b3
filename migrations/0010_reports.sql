-- Reports, where they go, and the outbox from which they are sent. Times are microseconds UTC. Secrets (a webhook's, the
-- bot's token and the mail server's password in the table of settings) are safe as the whole store is: its pages are encrypted.

CREATE TABLE target (
  id {id},
  org BIGINT NOT NULL REFERENCES org (id),
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('telegram', 'email', 'webhook')),
  -- a chat's id or @name; e-mail addresses with commas; an address of the web
  address TEXT NOT NULL,
  thread BIGINT NOT NULL DEFAULT 0,
  -- 1: a chat of the management
  management BIGINT NOT NULL DEFAULT 0,
  secret TEXT NOT NULL DEFAULT '',
  -- why nothing is sent there; empty: it is on
  off_reason TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX target_name ON target (org, name_folded);

CREATE TABLE report (
  id {id},
  org BIGINT NOT NULL REFERENCES org (id),
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  figure TEXT NOT NULL,
  -- 0: the newest that has what the figure needs
  dataset BIGINT NOT NULL,
  -- 0: every year
  year BIGINT NOT NULL,
  per_customer BIGINT NOT NULL,
  top BIGINT NOT NULL,
  language TEXT NOT NULL,
  -- text, table and chart: bits 1, 2, 4
  parts BIGINT NOT NULL,
  -- empty: by hand only
  schedule TEXT NOT NULL,
  zone TEXT NOT NULL,
  next_run BIGINT,
  last_run BIGINT,
  last_error TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  created_by BIGINT NOT NULL
);
CREATE UNIQUE INDEX report_name ON report (org, name_folded);
CREATE INDEX report_due ON report (next_run);

CREATE TABLE report_target (
  report BIGINT NOT NULL REFERENCES report (id) ON DELETE CASCADE,
  target BIGINT NOT NULL REFERENCES target (id) ON DELETE CASCADE,
  PRIMARY KEY (report, target)
);

-- What is sent, made once for all its targets; gone when the last of its deliveries has ended.
CREATE TABLE message (
  id {id},
  org BIGINT NOT NULL,
  body TEXT NOT NULL,
  picture {blob}
);

-- The outbox and its history. The id is the delivery's idempotency key.
CREATE TABLE delivery (
  id {id},
  org BIGINT NOT NULL,
  target BIGINT NOT NULL,
  target_name TEXT NOT NULL,
  target_kind TEXT NOT NULL,
  message BIGINT NOT NULL,
  report TEXT NOT NULL,
  cause TEXT NOT NULL,
  user_id BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed')),
  -- of a message in several parts, those that have arrived
  parts_done BIGINT NOT NULL DEFAULT 0,
  attempts BIGINT NOT NULL DEFAULT 0,
  next_at BIGINT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX delivery_org ON delivery (org, id);
CREATE INDEX delivery_due ON delivery (state, next_at);
CREATE INDEX delivery_target ON delivery (target, state);
CREATE INDEX delivery_message ON delivery (message);
