/* What the resources of data sets share: uploads, waiting for a job, one data set as JSON. For this layer only. */
#pragma once

#include "analysis/changes_file.h"
#include "analysis/import.h"
#include "api/api.h"
#include "api/reason_words.h"
#include "job/job.h"
#include "model/dataset.h"

/* A multipart body: files in the spool, the other fields as text. Texts live in the request's arena. */
struct upload {
	struct spool *spool;
	struct str name, mode;
	bool baskets, later;
	bool unpivot, drop_rejected;
	const char *groups;   /* as in struct import_request */
	const char *encoding; /* static */
	const char **texts;
	size_t n_texts, cap_texts;
	struct import_source *sources;
	size_t n_sources, cap_sources;
	struct import_role *roles;
	size_t n_roles, cap_roles;
	struct import_key *keys;
	size_t n_keys;
	struct column_rename *renames;
	size_t n_renames, cap_renames;
};

/*
 * Reads the whole body: `file` (one or more), `name`, `mode`, `as` (baskets), `confirm` (now or later), `key`
 * ([TABLE.]COLUMN,…, any number), `text` ([TABLE.]COLUMN, any number), `unpivot` (months), `encoding`, `groups` (keep
 * or columns), `rejected_rows` (keep or drop), `role` ([TABLE.]COLUMN=ROLE, any number), `rename` ([TABLE.]COLUMN=NAME,
 * any number). The store's connection is given back for as long as that takes.
 */
bool upload_read(struct request *q, struct upload *ret, struct err *e);
/* Removes the files that are still the upload's. */
void upload_free(struct upload *u);

/*
 * Waits for the end of a job, without a store connection: *ret_info is how it ended; a job that failed is its error.
 * When the client goes away first: cancels the job when `cancel` says so, and fails.
 */
bool job_outcome(struct request *q, int64_t job, bool cancel, struct job_info *ret_info, struct err *e);
/* Waits a moment: what cannot be read at all is known soon, and is then refused instead of accepted. */
bool job_early_outcome(struct request *q, int64_t job, struct err *e);

/* {"roles":[{"table","column","role"}]} or {"roles":{"[table.]column": role}}, in the request's arena. */
extern const struct json_table roles_body_table;
/* {"columns":[{"table","column","name"}]} */
extern const struct json_table names_body_table;
bool names_read(struct request *q, struct column_rename **ret, size_t *ret_n, struct err *e);
bool roles_read(struct request *q, struct import_role **ret, size_t *ret_n, struct err *e);

/* Rejects of one version, as a page or, with format=csv, all of them as a file; `part` NULL or empty: all of it. */
bool rejects_answer(struct request *q, struct response *r, int64_t org, int64_t version,
		    const struct version_part *part, struct err *e);
/* What `of` asks for: "version", or "file" for what the files of that version hold by themselves. */
bool part_read(struct request *q, const struct dataset_version *v, struct version_part *ret, struct err *e);
#define PART_PARAM                                                                               \
	{                                                                                        \
		"of", ROUTE_PARAM_STR,                                                           \
			"version, or file: only what its own files hold, without the rows that " \
			"were there before."                                                     \
	}
/* A page of rows of the data set, or of a `version` that is not current (0 = the current one). */
bool rows_answer(struct request *q, struct response *r, const struct dataset *d, int64_t version, struct err *e);
#define ROWS_PARAMS                                                                                                      \
	API_PAGE_PARAMS, { "table", ROUTE_PARAM_STR, "The table's name; the first one unless said." },                   \
		{ "filter", ROUTE_PARAM_STR,                                                                             \
		  "column:op:value, …; ops eq ne lt le gt ge contains starts null notnull; \\ before , or : takes it " \
		  "as it is." },                                                                                         \
	{                                                                                                                \
		"sort", ROUTE_PARAM_STR,                                                                                 \
			"Columns with commas between, - before one for descending; file order unless said."              \
	}
#define REJECT_PARAMS                                                                      \
	API_PAGE_PARAMS, REASON_PARAM, { "table", ROUTE_PARAM_STR, "Of one table only." }, \
	{                                                                                  \
		"format", ROUTE_PARAM_STR, "json, or csv for all of them as a file."       \
	}

/* 202 with {"dataset":{"id","name"},"job":{"id"}}. */
void job_answer(struct response *r, int64_t dataset, const char *name, int64_t job);

/* The data set of the path's {id}, whatever its state. */
bool dataset_of_path(struct request *q, struct dataset *ret, struct err *e);
/* Its JSON with everything the caller may see. */
bool dataset_answer(struct request *q, struct json_writer *w, const struct dataset *d, struct err *e);
