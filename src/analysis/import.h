/*
 * Import: files in, one version of one data set out, or nothing at all.
 *
 * Each file is read by a throw-away worker process (engine/import.h) whose output is sealed into segments as it comes;
 * tables, columns, roles and rejects go to the store, customer cards are computed, and one transaction makes the
 * version current. Failure, cancelling, a full disk or a killed process at any point before it leaves the store and the
 *folder as they were (what a killed process left is swept by versions_sweep at the start).
 *
 *	import_begin	checks, reserves the name and the version (409 when taken), takes over the sources
 *	import_work	does all the rest; from a job, or at once in the command line
 *	import_free	gives back and removes whatever was not finished
 *
 * import_run is the three in one; import_start is the first, and a job for the others. An import belongs to one thread
 *at a time.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct caller;
struct import;
struct instance;

/* IMPORT_UPSERT: rows whose key the data set has are changed, the others added (import_upsert.c). */
enum import_mode { IMPORT_CREATE, IMPORT_APPEND, IMPORT_REPLACE, IMPORT_UPSERT };

struct import_source {
	const char *name; /* as its owner calls the file; folders are dropped */
	int64_t spool;    /* a committed upload, which the import takes over and removes; or 0 and */
	int fd;           /* an open regular file, which the import duplicates; the caller closes its own */
	uint64_t size;    /* bytes, of fd */
};

/* What a person says a column means; table NULL or "" = every table that has the column. */
struct import_role {
	const char *table, *column, *role;
};

/* What a person calls a column; table NULL or "" = every table that has the column. */
struct column_rename {
	const char *table, *column, *name;
};

/* A column of the key by which rows of two versions are told apart; table NULL = every table that has the column. */
struct import_key {
	const char *table, *column;
};

/* What a person may say a text file's letters are written in; NULL ends them. */
extern const char *const import_encodings[];
/* The one of that name, in any case; NULL. */
const char *import_encoding(struct str name);

struct import_request {
	const struct caller *by; /* whose organisation it is, and who the audit log names */
	bool rename;             /* create: a name that is taken gets a number after it, instead of ERR_CONFLICT */
	enum import_mode mode;
	int64_t dataset;  /* for append, replace and upsert */
	const char *name; /* for create; NULL or "" = from the first file */
	const struct import_source *sources;
	size_t n_sources;
	const struct import_role *roles;
	size_t n_roles;
	const struct column_rename *renames; /* analysis/column_names.h */
	size_t n_renames;
	const struct import_key *keys; /* for upsert, and for what a replace is compared by; none = found */
	size_t n_keys;
	const char *const *texts; /* "[TABLE.]COLUMN": kept as text, as they stand in the file */
	size_t n_texts;
	const char *encoding; /* of import_encodings, of text files that do not say theirs; NULL */
	bool unpivot;         /* months that stand in columns become rows (ingest/unpivot.h) */
	const char *groups;   /* NULL; "keep": headings of groups of rows stay rows; "columns": they become columns */
	bool drop_rejected;   /* a row with a cell that does not fit is left out; else only the cell is empty */
	bool baskets;         /* no header, each row a basket, each cell a product */
	bool later;           /* kept as `ready` to be looked at, instead of made current: versions_confirm */
};

struct import_watch {
	void *ctx;
	/* 0..1, and what is being done now. May be NULL. */
	void (*progress)(void *ctx, double fraction, const char *message);
	const _Atomic bool *cancel; /* may be NULL */
};

struct import_result {
	int64_t dataset, version, number;
	int64_t rows, rejects; /* of the files that were read now */
	int64_t rows_left_out; /* rows + rows_left_out is what was read */
	size_t tables;
	bool waits; /* it is ready, and not current yet */
};

/* Splits "[TABLE.]COLUMN=ROLE"; the parts are terminated in a copy that the caller frees through *ret_text. */
bool import_role_parse(const char *text, struct import_role *ret, char **ret_text, struct err *e);

/* Splits "[TABLE.]COLUMN,…"; in the arena. *ret has room for as many as there are commas, and one. */
bool import_keys_parse(struct arena *a, struct str text, struct import_key **ret, size_t *ret_n, struct err *e);

/* Everything of rq is copied. On failure the sources are still the caller's. */
bool import_begin(struct instance *in, const struct import_request *rq, struct import **ret, struct err *e);
int64_t import_dataset(const struct import *m);
const char *import_name(const struct import *m);
bool import_work(struct import *m, const struct import_watch *w, struct import_result *ret, struct err *e);
/* Takes NULL. */
void import_free(struct import **m);

bool import_run(struct instance *in, const struct import_request *rq, const struct import_watch *w,
		struct import_result *ret, struct err *e);

struct import_started {
	int64_t dataset, job;
	char name[256];
};
/* The same as a job of `kind` ("import", "load_db"); its result is {"dataset","version","rows","rejects"}. */
bool import_start(struct instance *in, const struct import_request *rq, const char *kind, struct import_started *ret,
		  struct err *e);
