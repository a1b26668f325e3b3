-- What became of every row of a file: kept, or left out. And where a reject belongs in the table.

ALTER TABLE dataset_table ADD COLUMN left_out_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE dataset_table ADD COLUMN hidden_rows BIGINT NOT NULL DEFAULT 0; -- that the workbook does not show
ALTER TABLE dataset_table ADD COLUMN hidden BIGINT NOT NULL DEFAULT 0; -- 1: a sheet that the workbook does not show
ALTER TABLE dataset_version ADD COLUMN left_out_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE dataset_version ADD COLUMN rejected_rows TEXT NOT NULL DEFAULT 'keep'; -- keep, drop
ALTER TABLE reject ADD COLUMN row_number BIGINT NOT NULL DEFAULT -1; -- _row of the table; -1 = no row that can be named
ALTER TABLE reject ADD COLUMN whole TEXT NOT NULL DEFAULT ''; -- a JSON list of the texts of a row that was left out
