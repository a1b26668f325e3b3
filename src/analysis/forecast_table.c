/* `linear` and `logistic` on a table of a data set. */
#include "analysis/ask.h"
#include "analysis/canon_sql.h"
#include "analysis/forecast.h"
#include "analysis/panel.h"
#include "base/clock.h"
#include "json/write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SQL_BYTES (8 * MIB)

/* Columns that say who or which, not what kind. */
static const char *const identifiers[] = { "customer.id",          "customer.phone",   "customer.email",
					   "purchase.customer_id", "purchase.invoice", "activity.customer_id" };

struct choice {
	const struct dataset_table *table;
	const struct dataset_column *target;
	const struct dataset_column **features;
	size_t n;
};

static const struct dataset_table *choose_table(const struct dataset_content *c, const char *name, struct err *e)
{
	for (size_t i = 0; i < c->n_tables; i++) {
		if (name && strcmp(c->tables[i].name, name) == 0)
			return &c->tables[i];
	}
	if (!name && c->n_tables == 1)
		return &c->tables[0];
	if (name)
		err_field(e, ERR_NOT_FOUND, "table", "there is no table %s in this data set", name);
	else
		err_field(e, ERR_VALUE, "table", "the data set has %zu tables: say which one", c->n_tables);
	return NULL;
}

static const struct dataset_column *find(const struct dataset_table *t, struct str name)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		if (str_eq(name, str_of(t->columns[i].name)))
			return &t->columns[i];
	}
	return NULL;
}

/* A BOOLEAN is no number: true and false are its two levels. */
static bool is_number(const struct dataset_column *c)
{
	static const char *const types[] = { "BIGINT",   "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "UBIGINT",
					     "UINTEGER", "DOUBLE",  "FLOAT",    "REAL",    "DECIMAL" };
	for (size_t i = 0; i < countof(types); i++) {
		if (strncmp(c->type, types[i], strlen(types[i])) == 0)
			return c->type[strlen(c->type) - 1] != ']';
	}
	return false;
}

static bool is_identifier(const struct dataset_column *c)
{
	for (size_t i = 0; i < countof(identifiers); i++) {
		if (strcmp(c->role, identifiers[i]) == 0)
			return true;
	}
	return false;
}

static bool check_excluded(const struct dataset_table *t, const char *exclude, struct err *e)
{
	struct str rest = str_of(exclude), part;
	while (rest.n && str_split(&rest, ',', &part)) {
		part = str_trim(part);
		if (part.n && !find(t, part))
			return err_field(e, ERR_VALUE, "exclude", "there is no column %.*s in %s", STR_ARG(part),
					 t->name);
	}
	return true;
}

static bool is_excluded(const char *exclude, const char *name)
{
	struct str rest = str_of(exclude), part;
	while (rest.n && str_split(&rest, ',', &part)) {
		if (str_eq(str_trim(part), str_of(name)))
			return true;
	}
	return false;
}

static const char *why_not(const struct dataset_column *c, const char *exclude)
{
	if (is_excluded(exclude, c->name))
		return "excluded";
	if (is_identifier(c))
		return "identifier";
	if (!is_number(c) && strcmp(c->type, "VARCHAR") != 0 && strcmp(c->type, "BOOLEAN") != 0)
		return strncmp(c->type, "DATE", 4) == 0 || strncmp(c->type, "TIME", 4) == 0 ? "date" : "type";
	return NULL;
}

static bool choose(struct arena *a, const struct dataset_content *c, const struct forecast_table_options *o,
		   struct choice *ret, struct forecast_report *r, struct err *e)
{
	const char *exclude = o->exclude ? o->exclude : "";
	const struct dataset_table *t = ret->table = choose_table(c, o->table, e);
	if (!t)
		return false;
	if (!o->target || !(ret->target = find(t, str_of(o->target))))
		return err_field(e, ERR_VALUE, "target", "there is no column %s in %s", o->target ? o->target : "",
				 t->name);
	if (!o->fit.logistic && !is_number(ret->target))
		return err_field(e, ERR_VALUE, "target",
				 "%s holds %s, not numbers: a linear regression cannot forecast it", ret->target->name,
				 ret->target->type);
	ret->features = arena_array(a, t->n_columns + 1, sizeof(const struct dataset_column *));
	r->left_out = arena_array(a, t->n_columns + 1, sizeof *r->left_out);
	if (!ret->features || !r->left_out)
		return err_set(e, ERR_LIMIT, NULL, "the table has too many columns");
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct dataset_column *col = &t->columns[i];
		const char *reason = col == ret->target ? "" : why_not(col, exclude);
		if (!reason)
			ret->features[ret->n++] = col;
		else if (*reason)
			r->left_out[r->n_left_out++] = (struct forecast_left_out){ arena_strdup(a, col->name), reason };
	}
	return check_excluded(t, exclude, e);
}

/* -- which value is the positive one -- */

struct values {
	struct arena *a;
	const char *value[3];
	size_t n;
};

static bool on_value(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct values *v = ctx;
	for (size_t r = 0; r < b->rows && v->n < countof(v->value); r++) {
		struct str s = column_str(&b->columns[0], r);
		v->value[v->n++] = arena_strndup(v->a, s.p, s.n);
	}
	return true;
}

/* No and yes, as files write them. */
static const char *const usual[][2] = { { "false", "true" }, { "0", "1" },     { "no", "yes" }, { "n", "y" },
					{ "нет", "да" },     { "nie", "tak" }, { "не", "да" } };

static const char *usual_positive(const struct values *v)
{
	for (size_t i = 0; i < countof(usual); i++) {
		for (size_t one = 0; one < 2; one++) {
			if (str_ieq(str_of(v->value[one]), str_of(usual[i][1])) &&
			    str_ieq(str_of(v->value[!one]), str_of(usual[i][0])))
				return v->value[one];
		}
	}
	return NULL;
}

/* A column of yes and no has become true and false when its file was read; what is said may be either. */
static bool boolean_positive(const char *column, const char *said, const char **ret, struct err *e)
{
	*ret = said ? NULL : "true";
	for (size_t i = 0; said && i < countof(usual); i++) {
		if (str_ieq(str_of(said), str_of(usual[i][1])))
			*ret = "true";
		else if (str_ieq(str_of(said), str_of(usual[i][0])))
			*ret = "false";
	}
	return *ret || err_field(e, ERR_VALUE, "positive", "%s holds yes and no: \"%s\" is neither", column, said);
}

static bool find_positive(struct ask *q, const struct choice *c, const char *said, struct arena *a, const char **ret,
			  struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(SQL_BYTES);
	struct values v = { .a = a };
	buf_adds(&sql, "SELECT DISTINCT CAST(");
	canon_ident(&sql, c->target->name);
	buf_adds(&sql, " AS VARCHAR) AS v FROM ");
	canon_relation(&sql, q->schema, c->table->name);
	buf_adds(&sql, " WHERE v IS NOT NULL ORDER BY v LIMIT 3");
	*ret = said;
	if (strcmp(c->target->type, "BOOLEAN") == 0)
		return boolean_positive(c->target->name, said, ret, e);
	if (said)
		return true;
	if (!ask_run(q, sql.p, NULL, on_value, &v, e))
		return false;
	if (v.n == 2)
		*ret = usual_positive(&v);
	if (*ret)
		return true;
	return err_field(
		e, ERR_VALUE, "positive",
		v.n == 2 ? "say which value of %s counts as yes: \"%s\" or \"%s\""
			 : "say which value of %s counts as yes, the rest is no: it has \"%s\", \"%s\" and others",
		c->target->name, v.n > 0 ? v.value[0] : "", v.n > 1 ? v.value[1] : "");
}

/* -- reading -- */

static void add_cast(struct buf *b, const struct dataset_column *c)
{
	buf_adds(b, ", CAST(");
	canon_ident(b, c->name);
	buf_adds(b, is_number(c) ? " AS DOUBLE)" : " AS VARCHAR)");
}

/* The target is the first column of the panel. */
static bool read(struct ask *q, const struct choice *c, const char *positive, struct arena *a, struct panel *ret,
		 struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(SQL_BYTES);
	CLEANUP(buf_free) struct buf params = BUF_INIT(SQL_BYTES);
	const char **names = arena_array(a, c->n + 1, sizeof *names);
	if (!names)
		return err_set(e, ERR_LIMIT, NULL, "the table has too many columns");
	names[0] = c->target->name;
	buf_adds(&sql, "SELECT _row");
	if (positive) {
		buf_adds(&sql, ", CAST(lower(CAST(");
		canon_ident(&sql, c->target->name);
		buf_adds(&sql, " AS VARCHAR)) = lower($1) AS DOUBLE)");
		struct json_writer w = json_writer(&params);
		jw_open(&w, '[');
		jw_str(&w, str_of(positive));
		jw_close(&w, ']');
	} else {
		add_cast(&sql, c->target);
	}
	for (size_t i = 0; i < c->n; i++) {
		add_cast(&sql, c->features[i]);
		names[i + 1] = c->features[i]->name;
	}
	buf_adds(&sql, " FROM ");
	canon_relation(&sql, q->schema, c->table->name);
	return panel_read(q, sql.p, params.n ? params.p : NULL, names, c->n + 1, ret, e);
}

static bool train(const struct panel *f, const struct forecast_table_options *o, struct arena *a,
		  struct forecast_report *ret, struct err *e)
{
	struct learn_table table = { f->columns + 1, f->n_columns - 1, f->n_rows };
	uint32_t *rows = mem_array(f->n_rows, sizeof *rows);
	size_t n_train = 0, n_test = 0;
	for (size_t i = 0; i < f->n_rows; i++) { /* those for testing from the end */
		if (forecast_split_tests(&o->split, i, f->n_rows))
			rows[f->n_rows - ++n_test] = (uint32_t)i;
		else
			rows[n_train++] = (uint32_t)i;
	}
	struct forecast_data d = { .table = &table,
				   .y = f->columns[0].number,
				   .train = rows,
				   .n_train = n_train,
				   .test = rows + n_train,
				   .n_test = n_test };
	bool done = forecast_fit(a, &d, &o->fit, ret, e);
	free(rows);
	return done;
}

bool forecast_table(struct instance *in, struct db *db, int64_t org, const struct dataset *d,
		    const struct forecast_table_options *o, struct arena *a, struct forecast_report *ret, struct err *e)
{
	CLEANUP(ask_close) struct ask q = { 0 };
	CLEANUP(panel_free) struct panel f = { 0 };
	struct choice c = { 0 };
	const char *positive = NULL;
	int64_t began = clock_monotonic();
	*ret = (struct forecast_report){ .dataset_id = d->id, .version_id = d->current };
	if (!ask_open(&q, in, db, org, d->current, o->fit.cancel, e) || !choose(a, q.content, o, &c, ret, e) ||
	    (o->fit.logistic && !find_positive(&q, &c, o->positive, a, &positive, e)) ||
	    !read(&q, &c, positive, a, &f, e) || !train(&f, o, a, ret, e))
		return false;
	ret->dataset = arena_strdup(a, d->name);
	ret->table = arena_strdup(a, c.table->name);
	ret->target = arena_strdup(a, c.target->name);
	ret->positive = positive;
	ret->split = o->split_text;
	ret->seconds = (double)(clock_monotonic() - began) / USEC_PER_SEC;
	return !a->failed || err_set(e, ERR_LIMIT, NULL, "the model is too large");
}
