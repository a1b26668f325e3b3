-- Trainings that happen by themselves: by the clock, or after each new version of the data. Times are microseconds UTC.

-- Why it was trained: 'person', 'file' (put back), 'schedule', 'new_version'.
ALTER TABLE model ADD COLUMN cause TEXT NOT NULL DEFAULT 'person';
-- Of one that was trained by itself: 'better', 'worse', 'waits' (for a person), 'first'; '' of the others.
ALTER TABLE model ADD COLUMN verdict TEXT NOT NULL DEFAULT '';
-- Of one that was trained by itself: the run that it stands for, so that no run is made twice; 0 of the others.
ALTER TABLE model ADD COLUMN due BIGINT NOT NULL DEFAULT 0;

CREATE TABLE model_schedule (
  dataset BIGINT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('sales', 'purchase')),
  org BIGINT NOT NULL,
  -- a cron expression, read by the clock of the zone; '' = not by the clock
  schedule TEXT NOT NULL,
  zone TEXT NOT NULL,
  -- 1: after every new version of the data
  after_version BIGINT NOT NULL,
  -- when the new one serves: 'better' = when it is not worse than the one that does, 'wait' = when a person says so
  activate TEXT NOT NULL CHECK (activate IN ('better', 'wait')),
  l2 DOUBLE PRECISION NOT NULL,
  next_run BIGINT,
  next_cause TEXT NOT NULL DEFAULT 'schedule',
  -- of the run that is at work, or was when the server stopped: its time, its job, how often it was begun; due 0 = none
  due BIGINT NOT NULL DEFAULT 0,
  job BIGINT NOT NULL DEFAULT 0,
  tries BIGINT NOT NULL DEFAULT 0,
  last_run BIGINT NOT NULL DEFAULT 0,
  last_number BIGINT NOT NULL DEFAULT 0,
  last_code TEXT NOT NULL DEFAULT '',
  last_error TEXT NOT NULL DEFAULT '',
  set_at BIGINT NOT NULL,
  set_by BIGINT NOT NULL, -- user; 0 = the command line
  PRIMARY KEY (dataset, kind)
);
CREATE INDEX model_schedule_due ON model_schedule (next_run);
