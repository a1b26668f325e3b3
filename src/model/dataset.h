/*
 * Data sets as the store knows them: names, versions, tables, columns with what they mean, and the segments they
 * consist of. Rows themselves are in segments (model/segment.h).
 *
 * A version never changes once it is current, so whatever is computed from one may be kept under its id for ever. A
 * correction of roles makes a new version of the same segments. One version of a data set is current; the
 * last LIMIT_VERSIONS_KEPT stay. At most one is being built, or waits to be confirmed, at a time.
 *
 * Every function takes the organisation; what belongs to another one is ERR_NOT_FOUND. What is read is allocated in
 * the caller's arena. Functions that change several rows run in a transaction of their own unless one is said to be
 * needed.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;

/*
 * VERSION_READY is whole, checked and sealed, and waits for a person to confirm it; VERSION_CONFIRMING is one of these
 * while its cards are made.
 */
enum version_state { VERSION_BUILDING, VERSION_READY, VERSION_CONFIRMING, VERSION_CURRENT, VERSION_OLD };
const char *version_state_name(enum version_state s); /* "building", "ready", "confirming", "current", "old" */
static inline bool version_is_final(enum version_state s)
{
	return s == VERSION_CURRENT || s == VERSION_OLD;
}

struct dataset {
	int64_t id, org;
	const char *name;
	int64_t current;    /* the id of its current version; 0 while the first one is being built */
	int64_t building;   /* the id of the version being built, or waiting to be confirmed; 0 = none */
	int64_t waiting;    /* the number of the version that waits to be confirmed; 0 = none */
	int64_t created_at; /* microseconds UTC */
	int64_t created_by; /* user; 0 = the command line */
};

struct dataset_version {
	int64_t id, dataset, org;
	int64_t number; /* from 1 in each data set */
	enum version_state state;
	const char *mode;       /* "create", "append", "replace", "upsert", "roles", "activate" */
	int64_t parent;         /* the version it was made from; 0 = none, or gone */
	int64_t rows, rejects;  /* of all its tables; rejects is complete even where not every one is kept */
	int64_t bytes;          /* of its segments, sealed */
	const char *files_json; /* ["a.csv", …]: the names of the files it came from, oldest first */
	int64_t created_at, created_by;
	int64_t expires_at;       /* ready or confirming: when it goes unless it is confirmed; else 0 */
	const char *changes_json; /* what differs from the parent (analysis/changes.h); "" = not compared */
	int64_t rows_left_out;    /* of all its tables */
	bool drop_rejected;       /* rows with a cell that does not fit were left out, not only the cell */
};

/* What a value of a column looks like is in `sample_json`, a list of up to 5 strings; phones and e-mails are masked
 * there. */
struct dataset_column {
	int64_t position; /* from 0 */
	const char *name;
	const char *header;      /* what files call it; NULL or "" = as its name */
	const char *stored;      /* what it is called in the segments; NULL or "" = as its name */
	const char *type;        /* as DuckDB writes it */
	int64_t non_null;        /* values that are there */
	int64_t distinct;        /* an estimate; -1 = not known */
	const char *min, *max;   /* as text; NULL = none */
	const char *sample_json; /* a JSON list */
	const char *role;        /* CONTRACT §4; "" = none found */
	double confidence;       /* 0..1, of the role */
	const char *reason;      /* why that role, for a person */
	const char *note;        /* of how its values were read, one sentence; NULL or "" = nothing to say */
	bool by_person;          /* the role was set by a person, and is kept by the next version */
};

struct dataset_table {
	int64_t id;
	int64_t position; /* from 0, in file order */
	const char *name;
	const char *source; /* the file, and the sheet or table in it */
	int64_t rows, rejects;
	int64_t rows_left_out;   /* rows + rows_left_out is what was read */
	int64_t rows_hidden;     /* of those read: the workbook does not show them */
	bool hidden;             /* a sheet that the workbook does not show */
	const char *groups_json; /* what became of headings of groups of rows (0015_groups.sql); NULL or "": none */
	struct dataset_column *columns;
	size_t n_columns;
	int64_t *segments; /* oldest first */
	size_t n_segments;
};

/* A column of one table that holds the key of another: purchases.client_id → clients.id. */
struct dataset_relation {
	const char *from_table, *from_column, *to_table, *to_column;
	double matched; /* share of the values of `from` that are found in `to`, 0..1 */
};

struct dataset_content {
	struct dataset_version version;
	struct dataset_table *tables;
	size_t n_tables;
	struct dataset_relation *relations;
	size_t n_relations;
};

/* -- names -- */

/* Trimmed, 1 to LIMIT_DATASET_NAME_BYTES of UTF-8, no control characters, no schema name of SQL's own. ERR_VALUE, field
 * name. */
bool dataset_name_check(struct str name, struct err *e);
/* The part of a file name that can name a data set or a table: "x/Клиенты 2024.csv.gz" → "Клиенты 2024". */
char *dataset_name_from_file(struct arena *a, struct str file);

/* -- reading -- */

bool dataset_find(struct db *db, struct arena *a, int64_t org, int64_t id, struct dataset *ret, struct err *e);
/* Case does not matter. */
bool dataset_find_name(struct db *db, struct arena *a, int64_t org, struct str name, struct dataset *ret,
		       struct err *e);
/* The same two, refusing with ERR_CONFLICT a data set whose first version is still being built (code not_ready) or
 * waits to be confirmed (not_confirmed). */
bool dataset_find_ready(struct db *db, struct arena *a, int64_t org, int64_t id, struct dataset *ret, struct err *e);
/* By id or by name, ready. For the command line and for `"dataset"` in requests. */
bool dataset_resolve(struct db *db, struct arena *a, int64_t org, struct str id_or_name, struct dataset *ret,
		     struct err *e);
/*
 * Newest first; `before` is the id of the last one of the page before, 0 for the first. limit <= LIMIT_PAGE.
 * ret_total (may be NULL) counts all.
 */
bool dataset_list(struct db *db, struct arena *a, int64_t org, int64_t before, size_t limit, struct dataset **ret,
		  size_t *ret_n, int64_t *ret_total, struct err *e);
/* All that have a current version, oldest first: what SQL sees. */
bool dataset_list_ready(struct db *db, struct arena *a, int64_t org, struct dataset **ret, size_t *ret_n,
			struct err *e);

bool dataset_version_find(struct db *db, struct arena *a, int64_t org, int64_t version, struct dataset_version *ret,
			  struct err *e);
bool dataset_version_find_number(struct db *db, struct arena *a, int64_t org, int64_t dataset, int64_t number,
				 struct dataset_version *ret, struct err *e);
/* Newest first. */
bool dataset_versions(struct db *db, struct arena *a, int64_t org, int64_t dataset, struct dataset_version **ret,
		      size_t *ret_n, struct err *e);
/* Version, tables with columns and segments, relations. */
bool dataset_content(struct db *db, struct arena *a, int64_t org, int64_t version, struct dataset_content *ret,
		     struct err *e);

/* Case does not matter; NULL when there is none. */
struct dataset_table *dataset_table_named(const struct dataset_content *c, struct str name);
struct dataset_column *dataset_column_named(const struct dataset_table *t, struct str name);
/* The same, and where none is called so, the column that files call so. */
struct dataset_column *dataset_column_said(const struct dataset_table *t, struct str name);
/* What files and segments call it. */
static inline const char *dataset_column_header(const struct dataset_column *c)
{
	return c->header && c->header[0] ? c->header : c->name;
}
static inline const char *dataset_column_stored(const struct dataset_column *c)
{
	return c->stored && c->stored[0] ? c->stored : c->name;
}
/* The first column of t with that role, NULL when there is none. */
struct dataset_column *dataset_column_with_role(const struct dataset_table *t, const char *role);

/* -- the JSON of CONTRACT §4, for the API and the command line alike -- */

struct json_writer;
/* With `content` NULL only what the data set row says. `samples` false leaves the values of columns out. */
/* One version with its tables and relations, and what it changes (JSON); `samples` as below. */
void dataset_write_version_json(struct json_writer *w, const struct dataset *d, const struct dataset_content *content,
				struct str changes, bool samples);
void dataset_write_json(struct json_writer *w, const struct dataset *d, const struct dataset_content *content,
			const struct dataset_version *versions, size_t n_versions, bool samples);
