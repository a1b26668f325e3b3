#include "ingest/sql_head.h"

#include "base/limits.h"

#include <stdlib.h>

void sql_head_init(struct sql_head *h)
{
	*h = (struct sql_head){ .schema = BUF_INIT(4 * SQL_NAME_BYTES), .table = BUF_INIT(4 * SQL_NAME_BYTES) };
}

void sql_head_free(struct sql_head *h)
{
	buf_free(&h->schema);
	buf_free(&h->table);
	for (size_t i = 0; i < h->n_columns; i++)
		free(h->columns[i].name);
	free(h->columns);
}

static void add_column(struct sql_head *h, struct str name, enum sql_kind kind)
{
	if (h->n_columns > LIMIT_COLUMNS)
		return;
	if (h->n_columns == h->cap) {
		h->cap = MAX(h->cap * 2, (size_t)16);
		h->columns = mem_realloc(h->columns, h->cap * sizeof *h->columns);
	}
	char *copy = mem_alloc(name.n + 1);
	memcpy(copy, name.p, name.n);
	copy[name.n] = 0;
	h->columns[h->n_columns++] = (struct sql_column){ copy, kind };
}

/* Any of the words, any number of times. */
static size_t optional(const struct sql_text *t, size_t at, const char *const *words)
{
	for (size_t i = 0; words[i] && sql_ok(at); i++) {
		size_t end = sql_keyword(t, at, words[i]);
		if (end != SQL_NONE)
			at = end;
	}
	return at;
}

static size_t all(const struct sql_text *t, size_t at, const char *const *words)
{
	for (size_t i = 0; words[i] && sql_ok(at); i++)
		at = sql_keyword(t, at, words[i]);
	return at;
}

static bool char_at(const struct sql_text *t, size_t at, char c)
{
	return sql_ok(at) && at < t->n && t->p[at] == c;
}

/* (a, "b", `c`) */
static size_t column_list(const struct sql_text *t, size_t at, struct sql_head *h)
{
	CLEANUP(buf_free) struct buf name = BUF_INIT(4 * SQL_NAME_BYTES);
	do {
		buf_clear(&name);
		at = sql_blank(t, at + 1);
		if (sql_ok(at))
			at = sql_identifier(t, at, &name);
		if (sql_ok(at))
			at = sql_blank(t, at);
		if (!sql_ok(at))
			return at;
		add_column(h, buf_str(&name), SQL_PLAIN);
	} while (char_at(t, at, ','));
	return char_at(t, at, ')') ? sql_blank(t, at + 1) : SQL_NONE;
}

static enum sql_kind kind_of(struct str type)
{
	static const struct {
		struct str word;
		enum sql_kind kind;
	} kinds[] = {
		{ STR("bool"), SQL_BOOLEAN },    { STR("boolean"), SQL_BOOLEAN }, { STR("bytea"), SQL_BINARY },
		{ STR("blob"), SQL_BINARY },     { STR("tinyblob"), SQL_BINARY }, { STR("mediumblob"), SQL_BINARY },
		{ STR("longblob"), SQL_BINARY }, { STR("binary"), SQL_BINARY },   { STR("varbinary"), SQL_BINARY },
		{ STR("geometry"), SQL_BINARY }, { STR("point"), SQL_PLAIN },
	};
	for (size_t i = 0; i < countof(kinds); i++) {
		if (str_ieq(type, kinds[i].word))
			return kinds[i].kind;
	}
	return SQL_PLAIN;
}

/* PRIMARY KEY (…) and the like stand between the columns. */
static bool is_constraint(const struct sql_text *t, size_t at)
{
	/* The second half are words of MySQL, which quotes its columns; elsewhere they are names like any other. */
	static const char *const words[] = { "PRIMARY", "UNIQUE", "CONSTRAINT", "FOREIGN", "CHECK",  "LIKE",
					     "KEY",     "INDEX",  "FULLTEXT",   "SPATIAL", "PERIOD", "EXCLUDE" };
	for (size_t i = 0; i < (t->mysql ? countof(words) : countof(words) / 2); i++) {
		if (sql_ok(sql_keyword(t, at, words[i])))
			return true;
	}
	return false;
}

/* One element of the list. */
static void definition(const struct sql_text *t, size_t at, struct sql_head *h)
{
	CLEANUP(buf_free) struct buf name = BUF_INIT(4 * SQL_NAME_BYTES), type = BUF_INIT(4 * SQL_NAME_BYTES);
	at = sql_blank(t, at);
	if (!sql_ok(at) || is_constraint(t, at))
		return;
	at = sql_identifier(t, at, &name);
	if (!sql_ok(at) || !name.n)
		return;
	at = sql_blank(t, at);
	if (sql_ok(at))
		sql_name(t, at, &type, &type);
	add_column(h, buf_str(&name), kind_of(buf_str(&type)));
}

/* The elements of (…), which is whole. */
static void definitions(struct sql_text t, size_t at, size_t end, struct sql_head *h)
{
	t.n = end - 1;
	t.last = true;
	for (at++; at < t.n;) {
		definition(&t, at, h);
		/* Brackets within one end before the next comma does. */
		while (at < t.n && t.p[at] != ',') {
			size_t past = t.p[at] == '(' ? sql_brackets(&t, at) : SQL_NONE;
			if (t.p[at] == '\'' || t.p[at] == '"' || t.p[at] == '`') {
				past = sql_quoted(&t, at, false);
				if (!sql_ok(past))
					return;
			} else if (t.p[at] == '-' || t.p[at] == '/' || t.p[at] == '#')
				past = sql_blank(&t, at);
			at = sql_ok(past) && past > at ? past : at + 1;
		}
		at++;
	}
}

size_t sql_head_create(const struct sql_text *t, size_t at, struct sql_head *ret)
{
	static const char *const kinds[] = { "GLOBAL", "LOCAL", "TEMPORARY", "TEMP", "UNLOGGED", "FOREIGN", NULL };
	static const char *const if_not[] = { "IF", "NOT", "EXISTS", NULL };
	at = sql_keyword(t, at, "CREATE");
	if (sql_ok(at))
		at = optional(t, at, kinds);
	if (sql_ok(at))
		at = sql_keyword(t, at, "TABLE");
	if (sql_ok(at)) {
		size_t past = all(t, at, if_not);
		at = past == SQL_NONE ? at : past;
	}
	if (sql_ok(at))
		at = sql_name(t, at, &ret->schema, &ret->table);
	if (!sql_ok(at))
		return at;
	if (!char_at(t, at, '('))
		return SQL_NONE;
	size_t end = sql_brackets(t, at);
	if (sql_ok(end))
		definitions(*t, at, end, ret);
	return end;
}

size_t sql_head_insert(const struct sql_text *t, size_t at, struct sql_head *ret)
{
	static const char *const how[] = { "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "OR",
					   "REPLACE",      "IGNORE",  "INTO",          NULL };
	static const char *const which[] = { "SYSTEM", "USER", "VALUE", NULL };
	size_t begin = at;
	at = sql_keyword(t, begin, "INSERT");
	if (at == SQL_NONE)
		at = sql_keyword(t, begin, "REPLACE");
	if (sql_ok(at))
		at = optional(t, at, how);
	if (sql_ok(at))
		at = sql_name(t, at, &ret->schema, &ret->table);
	if (char_at(t, at, '('))
		at = column_list(t, at, ret);
	size_t overriding = sql_ok(at) ? sql_keyword(t, at, "OVERRIDING") : SQL_NONE;
	if (overriding != SQL_NONE)
		at = sql_ok(overriding) ? optional(t, overriding, which) : overriding;
	if (!sql_ok(at))
		return at;
	size_t values = sql_keyword(t, at, "VALUES");
	if (values == SQL_NONE)
		values = sql_keyword(t, at, "VALUE");
	if (!sql_ok(values) || char_at(t, values, '('))
		return values;
	size_t row = sql_keyword(t, values, "ROW");
	return row == SQL_MORE || char_at(t, row, '(') ? row : SQL_NONE;
}

size_t sql_head_copy(const struct sql_text *t, size_t at, struct sql_head *ret)
{
	static const char *const from[] = { "FROM", "STDIN", NULL };
	at = sql_keyword(t, at, "COPY");
	if (sql_ok(at))
		at = sql_name(t, at, &ret->schema, &ret->table);
	if (char_at(t, at, '('))
		at = column_list(t, at, ret);
	if (sql_ok(at))
		at = all(t, at, from);
	if (!sql_ok(at))
		return at;
	ret->unreadable = !char_at(t, at, ';');
	const char *p = memchr(t->p + at, '\n', t->n - at);
	if (p)
		return (size_t)(p - t->p) + 1;
	return t->last ? SQL_NONE : SQL_MORE;
}
