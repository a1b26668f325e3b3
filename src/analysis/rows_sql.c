#include "analysis/rows_sql.h"

#include "analysis/relations.h"

static const struct {
	const char *name, *sql; /* %s: the column; the value is the ? */
	bool value, typed;      /* typed: compared as the column's type */
} ops[] = {
	{ "eq", "%s = CAST(? AS %s)", true, true },
	{ "ne", "%s IS DISTINCT FROM CAST(? AS %s)", true, true },
	{ "lt", "%s < CAST(? AS %s)", true, true },
	{ "le", "%s <= CAST(? AS %s)", true, true },
	{ "gt", "%s > CAST(? AS %s)", true, true },
	{ "ge", "%s >= CAST(? AS %s)", true, true },
	{ "contains", "contains(lower(CAST(%s AS VARCHAR)), lower(?))", true, false },
	{ "starts", "starts_with(lower(CAST(%s AS VARCHAR)), lower(?))", true, false },
	{ "null", "%s IS NULL", false, false },
	{ "notnull", "%s IS NOT NULL", false, false },
};

/* The next part up to an unescaped `stop`, without its backslashes; *rest is what follows the stop, p NULL at the end.
 */
static struct str take_part(struct arena *a, struct str *rest, const char *stop, char *ret_stop)
{
	char *out = arena_alloc(a, rest->n + 1);
	size_t n = 0, i = 0;
	if (!out)
		return (struct str){ 0 };
	for (; i < rest->n && !strchr(stop, rest->p[i]); i++) {
		if (rest->p[i] == '\\' && i + 1 < rest->n)
			i++;
		out[n++] = rest->p[i];
	}
	*ret_stop = i < rest->n ? rest->p[i] : '\0';
	*rest = i < rest->n ? str_n(rest->p + i + 1, rest->n - i - 1) : (struct str){ 0 };
	return str_n(out, n);
}

static bool add_condition(struct arena *a, const struct dataset_table *t, struct str *rest, struct buf *sql,
			  struct json_writer *params, struct err *e)
{
	char stop;
	struct str column = take_part(a, rest, ":,", &stop);
	const struct dataset_column *c = dataset_column_named(t, column);
	if (!c)
		return err_field(e, ERR_VALUE, "filter", "There is no column \"%.*s\".",
				 (int)MIN(column.n, (size_t)100), column.p ? column.p : "");
	struct str name = stop == ':' ? take_part(a, rest, ":,", &stop) : STR("");
	const char *quoted = sql_ident(a, str_of(c->name));
	for (size_t i = 0; quoted && i < countof(ops); i++) {
		if (!str_is(name, ops[i].name))
			continue;
		if (ops[i].value != (stop == ':'))
			return err_field(e, ERR_VALUE, "filter", "\"%s\" %s a value.", ops[i].name,
					 ops[i].value ? "needs" : "takes no");
		if (ops[i].value)
			jw_str(params, take_part(a, rest, ",", &stop));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
		buf_addf(sql, ops[i].sql, quoted, c->type);
#pragma GCC diagnostic pop
		return true;
	}
	return err_field(e, ERR_VALUE, "filter",
			 "A condition is column:op:value with one of eq, ne, lt, le, gt, ge, "
			 "contains, starts, null, notnull.");
}

bool rows_where(struct arena *a, const struct dataset_table *t, struct str filter, struct buf *sql,
		struct json_writer *params, struct err *e)
{
	bool first = true;
	while (filter.p && filter.n) {
		buf_adds(sql, first ? " WHERE " : " AND ");
		first = false;
		if (!add_condition(a, t, &filter, sql, params, e))
			return false;
	}
	return true;
}

bool rows_order(struct arena *a, const struct dataset_table *t, struct str sort, struct buf *sql, struct err *e)
{
	buf_adds(sql, " ORDER BY ");
	while (sort.p && sort.n) {
		char stop;
		struct str name = take_part(a, &sort, ",", &stop);
		const struct dataset_column *c = dataset_column_named(t, name);
		bool down = !c && name.n && name.p[0] == '-';
		if (down)
			c = dataset_column_named(t, str_n(name.p + 1, name.n - 1));
		if (!c)
			return err_field(e, ERR_VALUE, "sort", "There is no column \"%.*s\".",
					 (int)MIN(name.n, (size_t)100), name.p ? name.p : "");
		const char *quoted = sql_ident(a, str_of(c->name));
		buf_addf(sql, "%s %s NULLS LAST, ", quoted ? quoted : "", down ? "DESC" : "ASC");
	}
	buf_adds(sql, "_row");
	return true;
}

bool rows_select(struct arena *a, const struct dataset_table *t, struct buf *sql, struct err *e)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct dataset_column *c = &t->columns[i];
		const char *q = sql_ident(a, str_of(c->name));
		if (!q)
			return err_set(e, ERR_LIMIT, "too_much", "The table has too many columns.");
		buf_adds(sql, i ? ", " : "");
		if (!strcmp(c->role, "customer.phone"))
			buf_addf(sql,
				 "CASE WHEN length(CAST(%s AS VARCHAR)) > 4 THEN '***' || right(CAST(%s AS VARCHAR), "
				 "2) WHEN %s IS NOT NULL THEN '***' END AS %s",
				 q, q, q, q);
		else if (!strcmp(c->role, "customer.email"))
			buf_addf(sql,
				 "CASE WHEN position('@' IN CAST(%s AS VARCHAR)) > 1 THEN left(CAST(%s AS VARCHAR), 1) "
				 "|| '***' || substr(CAST(%s AS VARCHAR), position('@' IN CAST(%s AS VARCHAR))) WHEN "
				 "%s IS NOT NULL THEN '***' END AS %s",
				 q, q, q, q, q, q);
		else
			buf_adds(sql, q);
	}
	return true;
}
