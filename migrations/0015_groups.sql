-- What became of headings of groups of rows in the file that was read last, as JSON: {"state", "beside", "headings", "line",
-- "columns"}; state: columns (of those names), kept (as rows, as a person wanted), doubt (as rows); '' = there are none.
ALTER TABLE dataset_table ADD COLUMN row_groups TEXT NOT NULL DEFAULT '';
