/*
 * What the files of analysis/import.h share.
 *
 *	import.c	begin, free, run, as a job
 *	import_work.c	the steps from files to the current version
 *	import_read.c	one file through a worker process into segments
 *	import_done.c	what the worker reported, as tables
 *	import_plan.c	what the worker is told
 *	import_relate.c	relations between tables of different files
 *	import_orders.c	orders in one file, their lines in another
 *	import_merge.c	append: the new tables joined to those that are there
 *	import_upsert.c	upsert: rows that are there changed, the others added
 *	import_upsert_file.c	and what is noted of the file itself
 */
#pragma once

#include "analysis/import.h"
#include "analysis/publish.h"
#include "base/arena.h"
#include "base/buf.h"
#include "model/building.h"
#include "model/caller.h"
#include "model/reject.h"

#include <jansson.h>

struct ask;
struct pair;

/* A column that an append did not find as it was. */
struct import_told {
	const char *table, *column;
	const char *what;      /* "widened", "new", "missing": not in the file, so blank in its rows */
	const char *from, *to; /* types; of a widened one */
	struct import_told *next;
};

/* The share of progress that reading files is given. */
#define IMPORT_READ_UNTIL 0.8

/* A table that a worker writes. */
struct import_output {
	struct segment_sink *sink; /* NULL once committed or dropped */
	int64_t segment;           /* 0 = nothing was written */
	int number;                /* the worker's own of the table */
	size_t table;              /* in import.tables once the file is read; SIZE_MAX = dropped */
};

struct import {
	struct instance *in;
	struct arena arena;
	struct caller by; /* its texts are in the arena */
	enum import_mode mode;
	const char *template_table; /* NULL, or the table that a filled-in template is for */
	const char **texts;
	size_t n_texts;
	const char *encoding; /* static; NULL: it is found */
	bool unpivot, drop_rejected;
	const char *groups;
	bool baskets, later;
	struct import_source *sources; /* names cleaned, descriptors our own */
	size_t n_sources;
	struct import_role *roles;
	size_t n_roles;
	struct column_rename *renames;
	size_t n_renames;
	struct import_key *keys;
	size_t n_keys;
	int64_t dataset, version;
	const char *name;
	bool kept; /* published, or held to be confirmed: nothing is undone any more */

	const struct import_watch *watch;
	uint64_t bytes_total, bytes_before; /* of all files; of those that are finished */
	struct dataset_content before;      /* all but create: the current version */

	struct dataset_table *tables; /* read now, in file order; n_segments is 0 or 1 */
	const char **raw_names;       /* what the worker called them */
	size_t n_tables;
	size_t *place;                      /* append and upsert: which table of `before` each goes into */
	const char **first;                 /* upsert: some rows of each as they stand in the file (changes_file.h) */
	struct import_told *told;           /* append */
	struct dataset_relation *relations; /* room for LIMIT_RELATIONS */
	size_t n_relations;
	struct import_output *outputs; /* malloc */
	size_t n_outputs, cap_outputs;
	struct segment_row *fresh; /* malloc; committed segments, removed again unless kept */
	size_t n_fresh, cap_fresh;
	struct reject_list rejects; /* `table` counts outputs until the tables are known */
	int64_t new_rows, new_rejects, new_left_out;
};

/* "create", "append" …: as the store calls it. */
const char *import_mode_name(enum import_mode mode);
/* Reads one file; its tables are added. */
bool import_read_file(struct import *m, struct db *db, size_t source, struct err *e);
/* DONE of the file that was read last; its outputs begin at first_output. */
bool import_take_done(struct import *m, size_t source, const json_t *done, size_t first_output, struct err *e);
/* After version_fill: finds which table holds the customers that others speak of, where the worker saw only one file.
 */
bool import_relate(struct import *m, struct db *db, struct dataset_table *tables, size_t n, struct err *e);
/* How tables of the version are asked for. */
struct import_related {
	struct relations *relations;
	const char *schema;
};
/* The share of the distinct values of one column that another holds. */
bool import_matched(struct import *m, const struct import_related *by, const struct dataset_table *from,
		    const struct dataset_column *from_column, const struct dataset_table *to,
		    const struct dataset_column *to_column, double *ret, struct err *e);
bool import_orders(struct import *m, struct db *db, const struct import_related *by, struct dataset_table *tables,
		   size_t n, struct err *e);
/* Before anything is reserved: turns a new data set into the next version of the one a template was made for. */
bool import_recognise(struct import *m, struct db *db, struct err *e);
/* Options for the worker, as JSON: baskets, what the existing tables expect of an append, roles that are given. */
bool import_options(struct import *m, struct buf *ret, struct err *e);
/* Append: joins m->tables to those of m->before; the result is all tables of the version, and
 * place[i] where the i-th of those read now went. */
bool import_merge(struct import *m, size_t *place, struct dataset_table **ret, size_t *ret_n, struct err *e);
/* After version_fill of an append: counts and bounds of the joined columns, computed by the engine. */
bool import_recount(struct import *m, struct db *db, struct dataset_table *tables, size_t n, struct err *e);
/* Upsert: makes m->before.tables what they are with those read now, the i-th of which goes into the place[i]-th. */
bool import_upsert(struct import *m, struct db *db, const size_t *place, struct err *e);
/* Upsert: keeps some rows of the table that was read as the `read`-th, as they stand in the file. */
bool import_upsert_first(struct import *m, struct ask *q, const struct pair *p, size_t read, struct err *e);
/*
 * Upsert: rejects were numbered by the rows of the file; gives them the numbers that these have among the joined ones,
 * and, where a row was left out, one of its own from `after_all` on.
 */
bool import_upsert_rejects(struct import *m, struct ask *q, const struct pair *p, size_t read, int64_t after_all,
			   struct err *e);
/* Append and upsert: which table of m->before each of those read now goes into. */
bool import_place(const struct import *m, size_t *place, struct err *e);
/* A segment that was committed, and is removed again unless the import is kept. */
void import_add_fresh(struct import *m, int64_t segment, uint64_t bytes, int64_t rows);
/* Everything read is sealed and merged; writes and publishes the version. */
bool import_all(struct import *m, struct db *db, struct err *e);
