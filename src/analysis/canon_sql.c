#include "analysis/canon_sql.h"

#include "base/limits.h"

#include <string.h>

#define SQL_BYTES (1 * MIB)
/* Rows of the tables are told apart in `ord` by their table's number above this bit. */
#define ORD_SHIFT 40

bool canon_is_other(const struct dataset_column *c)
{
	return c->role[0] == 0 || strncmp(c->role, "activity.", 9) == 0;
}

static void add_ident(struct buf *b, const char *name)
{
	buf_addc(b, '"');
	for (; *name; name++) {
		if (*name == '"')
			buf_addc(b, '"');
		buf_addc(b, *name);
	}
	buf_addc(b, '"');
}

/* "_raw"."schema.table": the relation with _row. */
static void add_table(struct buf *b, const char *schema, const char *table)
{
	CLEANUP(buf_free) struct buf both = BUF_INIT(SQL_BYTES);
	buf_addf(&both, "%s.%s", schema, table);
	buf_adds(b, "\"_raw\".");
	add_ident(b, both.p ? both.p : "");
}

static bool type_is(const struct dataset_column *c, const char *begin)
{
	return strncmp(c->type, begin, strlen(begin)) == 0;
}

static bool is_integer(const struct dataset_column *c)
{
	return type_is(c, "BIGINT") || type_is(c, "INTEGER") || type_is(c, "SMALLINT") || type_is(c, "TINYINT") ||
	       type_is(c, "U") || type_is(c, "HUGEINT");
}

static bool is_fraction(const struct dataset_column *c)
{
	return type_is(c, "DOUBLE") || type_is(c, "FLOAT") || type_is(c, "DECIMAL") || type_is(c, "REAL");
}

/* Trimmed text, NULL when empty. 12583.0 of a workbook and 12583 of a CSV are one id; a birth is a day, also where one
 * file of several wrote an hour beside it. */
static void add_text(struct buf *b, const struct dataset_column *c)
{
	if (!c) {
		buf_adds(b, "CAST(NULL AS VARCHAR)");
	} else if (is_integer(c)) {
		buf_adds(b, "CAST(");
		add_ident(b, c->name);
		buf_adds(b, " AS VARCHAR)");
	} else if (type_is(c, "TIMESTAMP") && !strcmp(c->role, "customer.birth_date")) {
		buf_adds(b, "left(CAST(");
		add_ident(b, c->name);
		buf_adds(b, " AS VARCHAR), 10)");
	} else if (is_fraction(c)) {
		buf_adds(b, "regexp_replace(CAST(");
		add_ident(b, c->name);
		buf_adds(b, " AS VARCHAR), '\\.0+$', '')");
	} else {
		buf_adds(b, "nullif(trim(CAST(");
		add_ident(b, c->name);
		buf_adds(b, " AS VARCHAR)), '')");
	}
}

static void add_number(struct buf *b, const struct dataset_column *c)
{
	if (!c) {
		buf_adds(b, "CAST(NULL AS DOUBLE)");
		return;
	}
	buf_adds(b, "TRY_CAST(");
	add_ident(b, c->name);
	buf_adds(b, " AS DOUBLE)");
}

/* Whole numbers stay numbers while they are grouped and joined by, where every table has them so. */
static void add_id(struct buf *b, const struct canon_sql *s, const struct dataset_column *id)
{
	if (!id)
		buf_adds(b, s->whole_ids ? "_row + 1" : "CAST(_row + 1 AS VARCHAR)");
	else if (s->whole_ids)
		add_ident(b, id->name);
	else
		add_text(b, id);
}

bool canon_whole_ids(const struct canon_table *tables, size_t n, const struct canon_table *client)
{
	for (size_t i = 0; i < n; i++) {
		const struct canon_table *t = &tables[i];
		const struct dataset_column *id = t->head ? t->head->id : t->id;
		if (t->is_purchases && id && strcmp(id->type, "BIGINT") != 0)
			return false;
	}
	return !client || !client->client_id || strcmp(client->client_id->type, "BIGINT") == 0;
}

static void add_amount(struct buf *b, const struct canon_table *t)
{
	if (t->amount) {
		add_number(b, t->amount);
	} else if (t->price && t->quantity) {
		add_number(b, t->quantity);
		buf_adds(b, " * ");
		add_number(b, t->price);
	} else {
		add_number(b, t->price);
	}
}

static void add_at(struct buf *b, const struct canon_table *t)
{
	if (t->at) {
		buf_adds(b, "TRY_CAST(");
		add_ident(b, t->at->name);
		buf_adds(b, " AS TIMESTAMP)");
	} else if (t->year) {
		buf_adds(b, "CASE WHEN TRY_CAST(");
		add_ident(b, t->year->name);
		buf_adds(b, " AS INTEGER) BETWEEN 1 AND 9999 THEN make_timestamp(TRY_CAST(");
		add_ident(b, t->year->name);
		buf_adds(b, " AS BIGINT), 1, 1, 0, 0, 0) END");
	} else {
		buf_adds(b, "CAST(NULL AS TIMESTAMP)");
	}
}

/*
 * Why a row is left out. An invoice is cancelled when it is C and digits (C536379; not CA-2019-1), or says so.
 */
static void add_why(struct buf *b, const struct canon_table *t)
{
	buf_adds(b, "CAST(CASE WHEN id IS NULL THEN 1");
	if (t->quantity)
		buf_adds(b, " WHEN quantity < 0 THEN 2");
	if (t->invoice && !is_integer(t->invoice) && !is_fraction(t->invoice))
		buf_adds(b,
			 " WHEN regexp_matches(invoice, '^[CcСс][0-9]+$|cancel|storno|anulow|отмен|сторн|аннул', 'i')"
			 " THEN 2");
	if (t->price && !t->amount)
		buf_adds(b, " WHEN coalesce(price, 0) <= 0 THEN 3");
	if (t->amount || t->price)
		buf_adds(b, " WHEN coalesce(money, 0) <= 0 THEN 3");
	buf_adds(b, " END AS TINYINT) AS why");
}

/* Only names of our own leave this SELECT, so that no column of the file can be taken for one of them. */
static void add_lines(struct buf *b, const struct canon_sql *s, const struct canon_table *t)
{
	buf_adds(b, "SELECT ");
	if (t->head)
		buf_adds(b, "NULL");
	else
		add_id(b, s, t->id);
	buf_adds(b, " AS id, ");
	add_text(b, t->code);
	buf_adds(b, " AS code, ");
	add_text(b, t->name);
	buf_adds(b, " AS name, ");
	add_amount(b, t);
	buf_adds(b, " AS money, ");
	add_number(b, t->quantity);
	buf_adds(b, " AS quantity, ");
	add_number(b, t->price);
	buf_adds(b, " AS price, ");
	add_at(b, t);
	buf_adds(b, " AS bought, ");
	add_text(b, t->invoice);
	buf_adds(b, " AS invoice, ");
	add_text(b, t->currency);
	buf_addf(b, " AS currency, _row + %lld AS ord FROM ", (long long)t->number << ORD_SHIFT);
	add_table(b, s->schema, t->table->name);
}

/* Whose invoice and when, and what the codes are called, from the tables that know. */
static void add_related(struct buf *b, const struct canon_sql *s, const struct canon_table *t)
{
	const struct canon_table *h = t->head, *c = t->catalog;
	buf_addf(b,
		 "SELECT %s AS id, l.code AS code, %s AS name, l.money AS money, l.quantity AS quantity, l.price AS "
		 "price, "
		 "%s AS bought, l.invoice AS invoice, %s AS currency, l.ord AS ord FROM (",
		 h ? "h.id" : "l.id", c ? "c.name" : "l.name", h ? "coalesce(l.bought, h.bought)" : "l.bought",
		 h ? "coalesce(l.currency, h.currency)" : "l.currency");
	add_lines(b, s, t);
	buf_adds(b, ") AS l");
	if (h) {
		buf_adds(b, " LEFT JOIN (SELECT invoice, min(id) AS id, min(bought) AS bought, min(currency) AS "
			    "currency FROM (SELECT ");
		add_text(b, h->invoice);
		buf_adds(b, " AS invoice, ");
		add_id(b, s, h->id);
		buf_adds(b, " AS id, ");
		add_at(b, h);
		buf_adds(b, " AS bought, ");
		add_text(b, h->currency);
		buf_adds(b, " AS currency FROM ");
		add_table(b, s->schema, h->table->name);
		buf_adds(b, ") GROUP BY invoice) AS h ON h.invoice = l.invoice");
	}
	if (c) {
		buf_adds(b, " LEFT JOIN (SELECT code, min(name) AS name FROM (SELECT ");
		add_text(b, c->code);
		buf_adds(b, " AS code, ");
		add_text(b, c->name);
		buf_adds(b, " AS name FROM ");
		add_table(b, s->schema, c->table->name);
		buf_adds(b, ") GROUP BY code) AS c ON c.code = l.code");
	}
}

static void add_transactions(struct buf *b, const struct canon_sql *s, const struct canon_table *t)
{
	buf_adds(b, "SELECT id, upper(coalesce(code, name)) AS key, code, coalesce(name, code) AS name, "
		    "TRY_CAST(round(money * 10000) AS BIGINT) AS amount, quantity, bought, invoice, ord, ");
	add_why(b, t);
	buf_adds(b, ", currency FROM (");
	if (t->head || t->catalog)
		add_related(b, s, t);
	else
		add_lines(b, s, t);
	buf_adds(b, ")");
}

/* A list of values as rows: `list` is SQL of type VARCHAR[]; the first of a list is the newest unless it is a basket.
 */
static void add_unnested(struct buf *b, const struct canon_sql *s, const struct canon_table *t, const char *list)
{
	buf_adds(b, "SELECT id, upper(item) AS key, CAST(NULL AS VARCHAR) AS code, item AS name, "
		    "CAST(NULL AS BIGINT) AS amount, CAST(NULL AS DOUBLE) AS quantity, CAST(NULL AS TIMESTAMP) AS "
		    "bought, CAST(NULL AS VARCHAR) AS "
		    "invoice, ");
	buf_addf(b,
		 "%s AS ord, CAST(CASE WHEN id IS NULL THEN 1 END AS TINYINT) AS why, "
		 "CAST(NULL AS VARCHAR) AS currency FROM (SELECT id, trim(unnest(list), ' \"[]') AS item, "
		 "generate_subscripts(list, 1) AS place FROM (SELECT ",
		 t->is_basket ? "place" : "-place");
	add_id(b, s, t->id);
	buf_addf(b, " AS id, %s AS list FROM ", list);
	add_table(b, s->schema, t->table->name);
	buf_adds(b, ")) WHERE item <> ''");
}

static void add_list(struct buf *b, const struct canon_sql *s, const struct canon_table *t)
{
	CLEANUP(buf_free) struct buf list = BUF_INIT(SQL_BYTES);
	size_t n = strlen(t->list->type);
	bool is_array = n > 2 && strcmp(t->list->type + n - 2, "[]") == 0;
	buf_adds(&list, is_array ? "CAST(" : "string_split_regex(CAST(");
	add_ident(&list, t->list->name);
	buf_adds(&list, is_array ? " AS VARCHAR[])" : " AS VARCHAR), '[,;|/\\n]')");
	add_unnested(b, s, t, list.p);
}

static void add_basket(struct buf *b, const struct canon_sql *s, const struct canon_table *t)
{
	CLEANUP(buf_free) struct buf list = BUF_INIT(SQL_BYTES);
	buf_adds(&list, "[");
	bool more = false;
	for (size_t i = 0; i < t->table->n_columns; i++) {
		if (strcmp(t->table->columns[i].role, "purchase.product") != 0)
			continue;
		buf_adds(&list, more ? ", CAST(" : "CAST(");
		add_ident(&list, t->table->columns[i].name);
		buf_adds(&list, " AS VARCHAR)");
		more = true;
	}
	buf_adds(&list, "]");
	add_unnested(b, s, t, list.p);
}

static const char *finish(struct arena *a, const struct buf *b)
{
	return arena_strndup(a, b->p ? b->p : "", b->n);
}

const char *canon_sql_purchases(const struct canon_sql *s)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(SQL_BYTES);
	bool more = false;
	for (size_t i = 0; i < s->n; i++) {
		const struct canon_table *t = &s->tables[i];
		bool listed = t == s->client && s->canon->listed;
		if (!t->is_purchases && !listed)
			continue;
		if (more)
			buf_adds(&b, " UNION ALL ");
		more = true;
		if (listed)
			add_list(&b, s, t);
		else if (t->is_basket)
			add_basket(&b, s, t);
		else
			add_transactions(&b, s, t);
	}
	return finish(s->arena, &b);
}

static const struct dataset_column *column_named(const struct dataset_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		if (strcmp(t->columns[i].name, name) == 0)
			return &t->columns[i];
	}
	return NULL;
}

/* The fields and other columns of one table as r0 …, o0 …, each after a comma. */
static void add_columns(struct buf *b, const struct canon_sql *s, const struct dataset_table *t)
{
	for (size_t f = 0; f < CANON_FIELDS; f++) {
		const char *name = s->canon->field_column[f];
		buf_adds(b, ", ");
		add_text(b, name ? column_named(t, name) : NULL);
		buf_addf(b, " AS r%zu", f);
	}
	for (size_t i = 0; i < s->canon->n_other; i++) {
		buf_adds(b, ", ");
		add_text(b, column_named(t, s->canon->other[i]));
		buf_addf(b, " AS o%zu", i);
	}
}

static void add_names(struct buf *b, const struct canon_sql *s, bool aggregate)
{
	for (size_t f = 0; f < CANON_FIELDS; f++) {
		if (aggregate && s->canon->field_column[f])
			buf_addf(b, ", arg_min(r%zu, ord) AS r%zu", f, f);
		else if (aggregate)
			buf_addf(b, ", CAST(NULL AS VARCHAR) AS r%zu", f);
		else
			buf_addf(b, ", r%zu", f);
	}
	for (size_t i = 0; i < s->canon->n_other; i++) {
		if (aggregate)
			buf_addf(b, ", CASE WHEN min(o%zu) = max(o%zu) THEN min(o%zu) END AS o%zu", i, i, i, i);
		else
			buf_addf(b, ", o%zu", i);
	}
}

const char *canon_sql_clients(const struct canon_sql *s)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(SQL_BYTES);
	buf_adds(&b, "WITH client AS (SELECT _row AS ord, ");
	add_id(&b, s, s->client->client_id ? s->client->client_id : s->client->id);
	buf_adds(&b, " AS id");
	add_columns(&b, s, s->client->table);
	buf_adds(&b, " FROM ");
	add_table(&b, s->schema, s->client->table->name);
	buf_adds(&b, "), known AS (SELECT id, min(ord) AS ord FROM client WHERE id IS NOT NULL GROUP BY id) "
		     "SELECT 0 AS part, client.ord AS ord, client.id AS id");
	add_names(&b, s, false);
	buf_adds(&b, " FROM client JOIN known ON client.ord = known.ord");
	if (s->canon->has_purchases && !s->canon->listed) {
		buf_adds(&b, " UNION ALL SELECT 1, min(ord), id");
		for (size_t i = 0; i < CANON_FIELDS + s->canon->n_other; i++)
			buf_adds(&b, ", NULL");
		buf_addf(&b, " FROM (%s) WHERE id IS NOT NULL AND id NOT IN (SELECT id FROM known) GROUP BY id",
			 canon_sql_purchases(s));
	}
	return finish(s->arena, &b);
}

/* Attributes of a buyer: fields from the first row; other columns only where all rows of the customer agree. */
const char *canon_sql_buyers(const struct canon_sql *s, const struct canon_table *source)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(SQL_BYTES);
	buf_adds(&b, "WITH source AS (SELECT ");
	buf_addf(&b, "_row + %lld AS ord, ", (long long)source->number << ORD_SHIFT);
	add_id(&b, s, source->id);
	buf_adds(&b, " AS id");
	add_columns(&b, s, source->table);
	buf_adds(&b, " FROM ");
	add_table(&b, s->schema, source->table->name);
	buf_adds(&b, "), known AS (SELECT min(ord) AS ord, id");
	add_names(&b, s, true);
	buf_adds(&b, " FROM source WHERE id IS NOT NULL GROUP BY id) SELECT 0 AS part, * FROM known");
	size_t n_sources = 0;
	for (size_t i = 0; i < s->n; i++)
		n_sources += s->tables[i].is_purchases;
	if (n_sources > 1) {
		buf_adds(&b, " UNION ALL SELECT 1, min(ord), id");
		for (size_t i = 0; i < CANON_FIELDS + s->canon->n_other; i++)
			buf_adds(&b, ", NULL");
		buf_addf(&b, " FROM (%s) WHERE id IS NOT NULL AND id NOT IN (SELECT id FROM known) GROUP BY id",
			 canon_sql_purchases(s));
	}
	return finish(s->arena, &b);
}

void canon_ident(struct buf *b, const char *name)
{
	add_ident(b, name);
}

void canon_relation(struct buf *b, const char *schema, const char *table)
{
	add_table(b, schema, table);
}

void canon_text(struct buf *b, const struct dataset_column *c)
{
	add_text(b, c);
}
