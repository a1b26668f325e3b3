#include "model/dataset.h"

#include "model/read.h"

#define NO_VERSION "There is no such version of the data set."

#define VERSION_COLUMNS                                                                                           \
	"id, dataset, org, number, state, mode, parent, row_count, reject_count, byte_count, files, created_at, " \
	"created_by, expires_at, changes, left_out_count, rejected_rows"

static enum version_state state_of(struct str s)
{
	for (enum version_state i = VERSION_BUILDING; i <= VERSION_OLD; i++)
		if (str_is(s, version_state_name(i)))
			return i;
	return VERSION_BUILDING;
}

static bool read_version(struct db_stmt *s, struct arena *a, void *ret, struct err *e)
{
	*(struct dataset_version *)ret = (struct dataset_version){ .id = db_col_i64(s, 0),
								   .dataset = db_col_i64(s, 1),
								   .org = db_col_i64(s, 2),
								   .number = db_col_i64(s, 3),
								   .state = state_of(db_col_str(s, 4)),
								   .mode = read_text(a, s, 5),
								   .parent = db_col_i64(s, 6),
								   .rows = db_col_i64(s, 7),
								   .rejects = db_col_i64(s, 8),
								   .bytes = db_col_i64(s, 9),
								   .files_json = read_text(a, s, 10),
								   .created_at = db_col_i64(s, 11),
								   .created_by = db_col_i64(s, 12),
								   .expires_at = db_col_i64(s, 13),
								   .changes_json = read_text(a, s, 14),
								   .rows_left_out = db_col_i64(s, 15),
								   .drop_rejected = str_is(db_col_str(s, 16), "drop") };
	return read_fits(a, e);
}

bool dataset_version_find(struct db *db, struct arena *a, int64_t org, int64_t version, struct dataset_version *ret,
			  struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e, "SELECT " VERSION_COLUMNS " FROM dataset_version WHERE id = ?1 AND org = ?2", "ii",
			version, org) &&
	       read_one(s, a, read_version, ret, NO_VERSION, e);
}

bool dataset_version_find_number(struct db *db, struct arena *a, int64_t org, int64_t dataset, int64_t number,
				 struct dataset_version *ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e,
			"SELECT " VERSION_COLUMNS
			" FROM dataset_version WHERE dataset = ?1 AND number = ?2 AND org = ?3",
			"iii", dataset, number, org) &&
	       read_one(s, a, read_version, ret, NO_VERSION, e);
}

bool dataset_versions(struct db *db, struct arena *a, int64_t org, int64_t dataset, struct dataset_version **ret,
		      size_t *ret_n, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e,
			"SELECT " VERSION_COLUMNS
			" FROM dataset_version WHERE dataset = ?1 AND org = ?2 ORDER BY number DESC",
			"ii", dataset, org) &&
	       read_rows(s, a, sizeof **ret, read_version, ret, ret_n, e);
}

static bool read_column(struct db_stmt *s, struct arena *a, void *ret, struct err *e)
{
	*(struct dataset_column *)ret = (struct dataset_column){ .position = db_col_i64(s, 0),
								 .name = read_text(a, s, 1),
								 .type = read_text(a, s, 2),
								 .non_null = db_col_i64(s, 3),
								 .distinct = db_col_i64(s, 4),
								 .min = read_text(a, s, 5),
								 .max = read_text(a, s, 6),
								 .sample_json = read_text(a, s, 7),
								 .role = read_text(a, s, 8),
								 .confidence = db_col_f64(s, 9),
								 .reason = read_text(a, s, 10),
								 .by_person = db_col_i64(s, 11) != 0,
								 .note = read_text(a, s, 12),
								 .header = read_text(a, s, 13),
								 .stored = read_text(a, s, 14) };
	return read_fits(a, e);
}

static bool read_columns(struct db *db, struct arena *a, struct dataset_table *t, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e,
			"SELECT position, name, type, non_null, distinct_count, min_text, max_text, sample, role, "
			"confidence, reason, by_person, note, header, stored_name FROM dataset_column "
			"WHERE table_id = ?1 ORDER BY position",
			"i", t->id) &&
	       read_rows(s, a, sizeof *t->columns, read_column, &t->columns, &t->n_columns, e);
}

static bool read_segment(struct db_stmt *s, struct arena *a, void *ret, struct err *e)
{
	*(int64_t *)ret = db_col_i64(s, 0);
	return read_fits(a, e);
}

static bool read_segments(struct db *db, struct arena *a, struct dataset_table *t, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e, "SELECT segment FROM table_segment WHERE table_id = ?1 ORDER BY position", "i",
			t->id) &&
	       read_rows(s, a, sizeof *t->segments, read_segment, &t->segments, &t->n_segments, e);
}

static bool read_table(struct db_stmt *s, struct arena *a, void *ret, struct err *e)
{
	*(struct dataset_table *)ret = (struct dataset_table){ .id = db_col_i64(s, 0),
							       .position = db_col_i64(s, 1),
							       .name = read_text(a, s, 2),
							       .source = read_text(a, s, 3),
							       .rows = db_col_i64(s, 4),
							       .rejects = db_col_i64(s, 5),
							       .rows_left_out = db_col_i64(s, 6),
							       .rows_hidden = db_col_i64(s, 7),
							       .hidden = db_col_i64(s, 8) != 0,
							       .groups_json = read_text(a, s, 9) };
	return read_fits(a, e);
}

static bool read_tables(struct db *db, struct arena *a, struct dataset_content *c, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	if (!db_query(db, &s, e,
		      "SELECT id, position, name, source, row_count, reject_count, left_out_count, hidden_rows, "
		      "hidden, row_groups FROM dataset_table WHERE version = ?1 "
		      "ORDER BY position",
		      "i", c->version.id) ||
	    !read_rows(s, a, sizeof *c->tables, read_table, &c->tables, &c->n_tables, e))
		return false;
	for (size_t i = 0; i < c->n_tables; i++)
		if (!read_columns(db, a, &c->tables[i], e) || !read_segments(db, a, &c->tables[i], e))
			return false;
	return true;
}

static bool read_relation(struct db_stmt *s, struct arena *a, void *ret, struct err *e)
{
	*(struct dataset_relation *)ret = (struct dataset_relation){ .from_table = read_text(a, s, 0),
								     .from_column = read_text(a, s, 1),
								     .to_table = read_text(a, s, 2),
								     .to_column = read_text(a, s, 3),
								     .matched = db_col_f64(s, 4) };
	return read_fits(a, e);
}

static bool read_relations(struct db *db, struct arena *a, struct dataset_content *c, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	return db_query(db, &s, e,
			"SELECT from_table, from_column, to_table, to_column, matched FROM dataset_relation "
			"WHERE version = ?1 ORDER BY position",
			"i", c->version.id) &&
	       read_rows(s, a, sizeof *c->relations, read_relation, &c->relations, &c->n_relations, e);
}

bool dataset_content(struct db *db, struct arena *a, int64_t org, int64_t version, struct dataset_content *ret,
		     struct err *e)
{
	struct dataset_content c = { 0 };
	if (!dataset_version_find(db, a, org, version, &c.version, e) || !read_tables(db, a, &c, e) ||
	    !read_relations(db, a, &c, e) || !read_fits(a, e))
		return false;
	*ret = c;
	return true;
}

struct dataset_table *dataset_table_named(const struct dataset_content *c, struct str name)
{
	for (size_t i = 0; i < c->n_tables; i++)
		if (str_ieq(str_of(c->tables[i].name), name))
			return &c->tables[i];
	return NULL;
}

struct dataset_column *dataset_column_named(const struct dataset_table *t, struct str name)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (str_eq(str_of(t->columns[i].name), name))
			return &t->columns[i];
	for (size_t i = 0; i < t->n_columns; i++)
		if (str_ieq(str_of(t->columns[i].name), name))
			return &t->columns[i];
	return NULL;
}

struct dataset_column *dataset_column_said(const struct dataset_table *t, struct str name)
{
	struct dataset_column *c = dataset_column_named(t, name);
	for (size_t i = 0; i < t->n_columns && !c; i++)
		if (str_ieq(str_of(dataset_column_header(&t->columns[i])), name))
			c = &t->columns[i];
	return c;
}

struct dataset_column *dataset_column_with_role(const struct dataset_table *t, const char *role)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (strcmp(t->columns[i].role, role) == 0)
			return &t->columns[i];
	return NULL;
}
