#include "analysis/pair.h"

#include "analysis/widen.h"
#include "base/limits.h"
#include "json/read.h"

#include <inttypes.h>
#include <stdio.h>

#define ANSWER_BYTES (64 * KIB)
#define ROWS_NAMED 5      /* in a refusal */
#define CANDIDATES 4      /* columns that are asked whether they are a key */
#define NEARLY_UNIQUE 0.9 /* of the rows: the count of distinct values is an estimate */

static bool too_many(struct err *e)
{
	return err_set(e, ERR_TOO_LARGE, NULL, "The names of the columns are too long.");
}

bool pair_init(struct pair *p, struct ask *q, const char *old_schema, const struct dataset_table *old,
	       const char *now_schema, const struct dataset_table *now, struct err *e)
{
	struct arena *a = &q->arena;
	*p = (struct pair){ .old = old,
			    .now = now,
			    .old_sql = sql_table(a, old_schema, old->name, true),
			    .now_sql = sql_table(a, now_schema, now->name, true),
			    .columns = arena_array(a, old->n_columns + 1, sizeof *p->columns),
			    .key = arena_array(a, old->n_columns + 1, sizeof *p->key) };
	if (!p->old_sql || !p->now_sql || !p->columns || !p->key)
		return too_many(e);
	for (size_t i = 0; i < old->n_columns; i++) {
		const struct dataset_column *c = &old->columns[i];
		const struct dataset_column *n = dataset_column_named(now, str_of(c->name));
		if (!n)
			continue;
		p->columns[p->n_columns++] = (struct pair_column){ .old = c, .now = n, .type = widen_type(a, c, n) };
	}
	return !a->failed || too_many(e);
}

void pair_write_column(const struct pair_column *c, struct arena *a, bool now, struct buf *b)
{
	const struct dataset_column *own = now ? c->now : c->old;
	const char *name = sql_ident(a, str_of(own->name));
	bool same = !strcmp(own->type, c->type);
	if (name)
		buf_addf(b, "%s%s.%s", same ? "" : "CAST(", now ? "n" : "o", name);
	if (!same)
		buf_addf(b, " AS %s)", c->type);
}

void pair_write_match(const struct pair *p, struct arena *a, struct buf *b)
{
	for (size_t i = 0; i < p->n_key; i++) {
		buf_adds(b, i ? " AND " : "");
		pair_write_column(p->key[i], a, false, b);
		buf_adds(b, " = ");
		pair_write_column(p->key[i], a, true, b);
	}
}

static struct pair_column *column_of(struct pair *p, const struct dataset_column *old)
{
	for (size_t i = 0; i < p->n_columns; i++)
		if (p->columns[i].old == old)
			return &p->columns[i];
	return NULL;
}

static void add_key(struct pair *p, struct pair_column *c)
{
	if (c->in_key)
		return;
	c->in_key = true;
	p->key[p->n_key++] = c;
}

bool pair_given_key(struct pair *p, struct ask *q, const struct import_key *keys, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		bool own = keys[i].table && str_ieq(str_of(keys[i].table), str_of(p->old->name));
		const char *name = keys[i].column;
		/* "a.b" may be a column of that very name. */
		const char *whole =
			keys[i].table ? arena_printf(&q->arena, "%s.%s", keys[i].table, keys[i].column) : name;
		const struct dataset_column *c =
			own || !keys[i].table ? dataset_column_said(p->old, str_of(name)) : NULL;
		if (!c && whole)
			c = dataset_column_said(p->old, str_of(whole));
		if (!c && own)
			return err_field(e, ERR_VALUE, "key", "The data set has no column \"%.100s\" for the key.",
					 name);
		struct pair_column *both = c ? column_of(p, c) : NULL;
		if (c && !both)
			return err_field(e, ERR_VALUE, "key", "The file has no column \"%.100s\" for the key.",
					 c->name);
		if (both)
			add_key(p, both);
	}
	return true;
}

/* -- whether it is a key -- */

static void write_key_columns(const struct pair *p, struct arena *a, bool now, struct buf *b)
{
	for (size_t i = 0; i < p->n_key; i++) {
		buf_adds(b, i ? ", " : "");
		pair_write_column(p->key[i], a, now, b);
	}
}

static void write_blank(const struct pair *p, struct arena *a, bool now, struct buf *b)
{
	for (size_t i = 0; i < p->n_key; i++) {
		buf_adds(b, i ? " OR " : "");
		pair_write_column(p->key[i], a, now, b);
		buf_adds(b, " IS NULL");
	}
}

/* Only once a key is known to be none, as every row is held for it: [rows with a blank, rows that repeat a key] of one
 * side, and the first rows of each for a person, from 1. */
static bool count_faults(const struct pair *p, struct ask *q, bool now, json_t **ret, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_ENGINE_SQL_BYTES);
	const char *table = now ? p->now_sql : p->old_sql, *alias = now ? "n" : "o";
	buf_adds(&b, "WITH faults AS (SELECT _row, (");
	write_blank(p, &q->arena, now, &b);
	buf_adds(&b, ") AS blank, count(*) OVER (PARTITION BY ");
	write_key_columns(p, &q->arena, now, &b);
	buf_addf(&b,
		 ") > 1 AS again FROM %s %s), bad AS (SELECT * FROM faults WHERE blank OR again) SELECT count(*) "
		 "FILTER (blank), count(*) FILTER (again AND NOT blank), CAST((list(_row ORDER BY _row) FILTER "
		 "(blank))[1:%d] AS VARCHAR), CAST((list(_row ORDER BY _row) FILTER (again AND NOT blank))[1:%d] AS "
		 "VARCHAR) FROM bad",
		 table, alias, ROWS_NAMED, ROWS_NAMED);
	if (b.failed)
		return too_many(e);
	return ask_json(q, b.p, MIB, ret, e);
}

/* Cheaper: the two counts only. */
static bool is_key(const struct pair *p, struct ask *q, bool now, bool *ret, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_ENGINE_SQL_BYTES);
	CLEANUP(json_decrefp_) json_t *v = NULL;
	buf_adds(&b, "SELECT (SELECT count(*) FROM (SELECT 1 FROM ");
	buf_addf(&b, "%s %s WHERE ", now ? p->now_sql : p->old_sql, now ? "n" : "o");
	write_blank(p, &q->arena, now, &b);
	buf_addf(&b, " LIMIT 1)) + (SELECT count(*) FROM (SELECT 1 FROM %s %s GROUP BY ", now ? p->now_sql : p->old_sql,
		 now ? "n" : "o");
	write_key_columns(p, &q->arena, now, &b);
	buf_adds(&b, " HAVING count(*) > 1 LIMIT 1))");
	if (b.failed)
		return too_many(e);
	if (!ask_json(q, b.p, ANSWER_BYTES, &v, e))
		return false;
	*ret = json_integer_value(json_array_get(json_array_get(v, 0), 0)) == 0;
	return true;
}

static bool nearly_unique(const struct dataset_column *c, int64_t rows)
{
	return c->non_null == rows && strcmp(c->type, "DOUBLE") != 0 &&
	       (c->distinct < 0 || (double)c->distinct >= NEARLY_UNIQUE * (double)rows);
}

static bool try_column(struct pair *p, struct ask *q, struct pair_column *c, struct err *e)
{
	bool old = false, now = false;
	p->n_key = 0;
	add_key(p, c);
	if (!is_key(p, q, false, &old, e) || (old && !is_key(p, q, true, &now, e)))
		return false;
	if (!old || !now) {
		c->in_key = false;
		p->n_key = 0;
	}
	return true;
}

bool pair_find_key(struct pair *p, struct ask *q, struct err *e)
{
	const struct dataset_column *id = dataset_column_with_role(p->old, "customer.id");
	struct pair_column *first = id ? column_of(p, id) : NULL;
	size_t tried = 0;
	if (first && !try_column(p, q, first, e))
		return false;
	for (size_t i = 0; i < p->n_columns && !p->n_key && tried < CANDIDATES; i++) {
		struct pair_column *c = &p->columns[i];
		if (c == first || !nearly_unique(c->old, p->old->rows) || !nearly_unique(c->now, p->now->rows))
			continue;
		tried++;
		if (!try_column(p, q, c, e))
			return false;
	}
	return true;
}

/* "[1, 4]", counted from 0, as "2 and 5" for a person who counts from 1. */
static void write_rows(struct buf *b, const char *list)
{
	int64_t rows[ROWS_NAMED];
	size_t n = 0;
	for (const char *at = list; at && *at && n < ROWS_NAMED;) {
		int used = 0;
		if (sscanf(at, "%*[^0-9]%n", &used) < 0)
			break;
		at += used;
		if (sscanf(at, "%" SCNd64 "%n", &rows[n], &used) != 1)
			break;
		at += used;
		n++;
	}
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s%" PRId64, i == 0 ? "" : i + 1 == n ? " and " : ", ", rows[i] + 1);
}

static bool refuse(const struct pair *p, bool now, bool blank, int64_t count, const char *list, struct err *e)
{
	CLEANUP(buf_free) struct buf names = BUF_INIT(KIB);
	CLEANUP(buf_free) struct buf rows = BUF_INIT(KIB);
	for (size_t i = 0; i < p->n_key; i++)
		buf_addf(&names, "%s%.100s", i ? ", " : "", p->key[i]->old->name);
	write_rows(&rows, list);
	const char *where = now ? "the file" : "the data set";
	const char *more = count > ROWS_NAMED ? " and others" : "";
	if (blank)
		err_field(e, ERR_VALUE, "key",
			  "The key \"%s\" is blank in %" PRId64 " rows of %s: rows %s%s of the table \"%.100s\".",
			  names.p, count, where, rows.n ? rows.p : "?", more, p->old->name);
	else
		err_field(e, ERR_VALUE, "key",
			  "The key \"%s\" does not name one row only: %" PRId64
			  " rows of %s share theirs with another, rows %s%s of the table \"%.100s\".",
			  names.p, count, where, rows.n ? rows.p : "?", more, p->old->name);
	if (e)
		snprintf(e->code, sizeof e->code, "%s", blank ? "key_blank" : "key_repeats");
	return false;
}

bool pair_check_key(struct pair *p, struct ask *q, struct err *e)
{
	for (int side = 1; side >= 0; side--) {
		CLEANUP(json_decrefp_) json_t *v = NULL;
		bool good;
		if (!is_key(p, q, side, &good, e))
			return false;
		if (good)
			continue;
		if (!count_faults(p, q, side, &v, e))
			return false;
		const json_t *row = json_array_get(v, 0);
		/* A row of the data set without a key is only never meant. */
		int64_t blank = side ? json_integer_value(json_array_get(row, 0)) : 0;
		int64_t again = json_integer_value(json_array_get(row, 1));
		if (blank || again)
			return refuse(p, side, blank > 0, blank ? blank : again,
				      json_string_value(json_array_get(row, blank ? 2 : 3)), e);
	}
	return true;
}
