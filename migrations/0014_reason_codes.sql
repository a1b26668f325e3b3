-- Why nothing is sent to a target, and why the last run of a report failed, as words that a page has texts for; '' = only
-- the sentence is known.
ALTER TABLE target ADD COLUMN off_code TEXT NOT NULL DEFAULT '';
ALTER TABLE report ADD COLUMN last_error_code TEXT NOT NULL DEFAULT '';
UPDATE target SET off_code = 'person' WHERE off_reason = 'switched off by a person';
