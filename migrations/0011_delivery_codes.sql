-- Why a delivery has not arrived, as a word that a page has a text for; '' = only the sentence is known.
-- While it is being sent, next_at is the time until which its sender has it; then it is taken up again.
ALTER TABLE delivery ADD COLUMN reason_code TEXT NOT NULL DEFAULT '';
