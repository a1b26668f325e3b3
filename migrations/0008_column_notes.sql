-- What a person should know of how a column was read: that day and month could not be told apart.

ALTER TABLE dataset_column ADD COLUMN note TEXT NOT NULL DEFAULT '';
