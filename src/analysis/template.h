/*
 * Templates for employees: an empty workbook with the columns of a table, which is known again when it comes back.
 *
 * A sheet that nobody sees (ingest/template_sheet.h) names the data set, its version, the table and its columns, with a
 * code over all of it under a key of the organisation, so that no key can be made or altered elsewhere.
 */
#pragma once

#include "analysis/import.h"
#include "analysis/instance.h"
#include "base/arena.h"
#include "base/buf.h"
#include "model/dataset.h"

struct db;

/* The rows of that sheet, two texts each: "a\tb\n". */
bool template_key(const struct instance *in, int64_t org, const struct dataset *d, const struct dataset_table *t,
		  struct buf *ret, struct err *e);

struct template_found {
	int64_t dataset; /* 0 = the file is no template */
	const char *table;
};
/*
 * Looks at a file, in a worker, for the key. ERR_VALUE: it has one that was altered or made by another server, or whose
 * data set is gone.
 */
bool template_recognise(struct instance *in, struct db *db, int64_t org, const struct import_source *s, struct arena *a,
			struct template_found *ret, struct err *e);

/* What a person may choose from in a column: its few distinct values, a JSON list; NULL where there is no such list. */
struct template_choice {
	const char *values_json;
};
bool template_choices(struct instance *in, struct db *db, int64_t org, const struct dataset *d,
		      const struct dataset_table *t, struct arena *a, struct template_choice *ret, struct err *e);
