#include "engine/worker/relations.h"

#include "base/limits.h"
#include "engine/worker/duck.h"
#include "engine/worker/shapes.h"
#include "json/fields.h"

#include <inttypes.h>
#include <stdlib.h>

struct segments {
	int *fds;
	size_t n;
	uint64_t last_query; /* in the graveyard: the newest query that may read them */
	struct segments *next;
};

struct relation {
	char *schema, *table;
	char *select; /* of its public view */
	struct segments *segments;
	struct relation *next;
};

/* A schema that may have lost its last table. */
struct emptied {
	struct emptied *next;
	char name[];
};

struct relations {
	duckdb_connection conn;
	struct relation *all;
	struct segments *graveyard;
	struct emptied *emptied;
};

struct spec {
	struct str schema, table;
	int64_t version, segments;
	json_t *columns;
};

static const struct json_field spec_fields[] = {
	{ "schema", JSON_FIELD_STR, offsetof(struct spec, schema), true, 1, 1024 },
	{ "table", JSON_FIELD_STR, offsetof(struct spec, table), true, 1, 1024 },
	{ "version", JSON_FIELD_I64, offsetof(struct spec, version), true },
	{ "segments", JSON_FIELD_I64, offsetof(struct spec, segments), true, 0, LIMIT_RELATION_SEGMENTS },
	{ "columns", JSON_FIELD_ANY, offsetof(struct spec, columns), true },
};
static const struct json_table spec_table = { "attach", spec_fields, countof(spec_fields) };

struct relations *relations_new(duckdb_connection conn)
{
	struct relations *r = mem_zalloc(sizeof *r);
	r->conn = conn;
	return r;
}

static void segments_free(struct segments *s)
{
	for (size_t i = 0; s && i < s->n; i++)
		fd_close(&s->fds[i]);
	if (s)
		free(s->fds);
	free(s);
}

static void relation_free(struct relation *r)
{
	segments_free(r->segments);
	free(r->schema);
	free(r->table);
	free(r->select);
	free(r);
}

static void bury(struct relations *r, struct segments *s, uint64_t last_query)
{
	if (!s)
		return;
	s->last_query = last_query;
	s->next = r->graveyard;
	r->graveyard = s;
}

static struct relation **find(struct relations *r, struct str schema, struct str table)
{
	struct relation **at = &r->all;
	while (*at && !(str_ieq(str_of((*at)->schema), schema) && str_ieq(str_of((*at)->table), table)))
		at = &(*at)->next; /* DuckDB's names know no case either */
	return at;
}

static size_t count_tables(const struct relations *r, struct str schema, const struct relation **ret_last)
{
	size_t n = 0;
	for (const struct relation *x = r->all; x; x = x->next) {
		if (!str_ieq(str_of(x->schema), schema))
			continue;
		*ret_last = x;
		n++;
	}
	return n;
}

static void add_raw_name(struct buf *b, struct str schema, struct str table)
{
	CLEANUP(buf_free) struct buf name = BUF_INIT(4096);
	buf_add_str(&name, schema);
	buf_addc(&name, '.');
	buf_add_str(&name, table);
	buf_adds(b, "\"_raw\".");
	duck_quote_name(b, buf_str(&name));
}

static bool run(struct relations *r, struct buf *b, struct err *e)
{
	if (b->failed)
		return err_set(e, ERR_TOO_LARGE, NULL, "A relation has too many columns or segments.");
	bool good = duck_run(r->conn, b->p, e);
	buf_clear(b);
	return good;
}

/*
 * The name of the schema as a table of its own, while it has one table. Not a view over a view: DuckDB would refuse to
 * replace the inner one while an old transaction still sees the outer.
 */
static bool refresh_alias(struct relations *r, struct str schema, struct buf *b, struct err *e)
{
	/* A table that is in "main" itself goes before. */
	if (str_ieq(schema, STR("main")) || *find(r, STR("main"), schema))
		return true;
	const struct relation *only = NULL;
	if (count_tables(r, schema, &only) == 1) {
		buf_adds(b, "CREATE OR REPLACE VIEW main.");
		duck_quote_name(b, schema);
		buf_adds(b, " AS ");
		buf_adds(b, only->select);
	} else {
		buf_adds(b, "DROP VIEW IF EXISTS main.");
		duck_quote_name(b, schema);
	}
	return run(r, b, e);
}

static bool create_views(struct relations *r, const struct spec *s, const struct shapes *shapes, const char *select,
			 struct buf *b, struct err *e)
{
	if (!str_ieq(s->schema, STR("main"))) {
		buf_adds(b, "CREATE SCHEMA IF NOT EXISTS ");
		duck_quote_name(b, s->schema);
		if (!run(r, b, e))
			return false;
	}
	buf_adds(b, "CREATE OR REPLACE VIEW ");
	duck_quote_name(b, s->schema);
	buf_addc(b, '.');
	duck_quote_name(b, s->table);
	buf_adds(b, " AS ");
	buf_adds(b, select);
	if (!run(r, b, e))
		return false;
	buf_adds(b, "CREATE OR REPLACE VIEW ");
	add_raw_name(b, s->schema, s->table);
	buf_adds(b, " AS ");
	return shapes_select(shapes, s->columns, true, b, e) && run(r, b, e) && refresh_alias(r, s->schema, b, e);
}

static bool drop_views(struct relations *r, struct str schema, struct str table, struct buf *b, struct err *e)
{
	buf_adds(b, "DROP VIEW IF EXISTS ");
	duck_quote_name(b, schema);
	buf_addc(b, '.');
	duck_quote_name(b, table);
	if (!run(r, b, e))
		return false;
	buf_adds(b, "DROP VIEW IF EXISTS ");
	add_raw_name(b, schema, table);
	/* A data set of that name comes back from behind a table in "main". */
	return run(r, b, e) && refresh_alias(r, str_ieq(schema, STR("main")) ? table : schema, b, e);
}

static void dig_up(struct relations *r, uint64_t oldest_running)
{
	struct segments **at = &r->graveyard;
	while (*at) {
		struct segments *s = *at;
		if (s->last_query < oldest_running) {
			*at = s->next;
			segments_free(s);
		} else {
			at = &s->next;
		}
	}
}

/*
 * Drops what the last detached tables left of their schemas: only while no transaction is open, for a schema that was
 * dropped and made again under the eyes of an old one takes no new views.
 */
static void drop_emptied(struct relations *r)
{
	while (r->emptied) {
		struct emptied *x = r->emptied;
		const struct relation *any = NULL;
		CLEANUP(buf_free) struct buf b = BUF_INIT(16 * KIB);
		buf_adds(&b, "DROP SCHEMA IF EXISTS ");
		duck_quote_name(&b, str_of(x->name));
		if (count_tables(r, str_of(x->name), &any) == 0 && !str_ieq(str_of(x->name), STR("main")))
			run(r, &b, NULL);
		r->emptied = x->next;
		free(x);
	}
}

void relations_sweep(struct relations *r, uint64_t oldest_running)
{
	dig_up(r, oldest_running);
	if (oldest_running == UINT64_MAX)
		drop_emptied(r);
}

void relations_free(struct relations *r)
{
	if (!r)
		return;
	dig_up(r, UINT64_MAX);
	for (struct emptied *x = r->emptied, *next; x; x = next) {
		next = x->next;
		free(x);
	}
	while (r->all) {
		struct relation *next = r->all->next;
		relation_free(r->all);
		r->all = next;
	}
	free(r);
}

static char *dup_str(struct str s)
{
	char *p = mem_alloc(s.n + 1);
	memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

static bool finish(struct relations *r, bool good, struct err *e)
{
	if (good)
		return duck_run(r->conn, "COMMIT", e);
	duck_run(r->conn, "ROLLBACK", NULL);
	return false;
}

static bool attach(struct relations *r, const struct spec *s, struct segments *segments, uint64_t last_query,
		   struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_RELATION_SQL_BYTES);
	CLEANUP(buf_free) struct buf select = BUF_INIT(LIMIT_RELATION_SQL_BYTES);
	CLEANUP(shapes_free) struct shapes shapes = { 0 };
	if (!shapes_of(r->conn, segments->fds, segments->n, &shapes, e) ||
	    !shapes_select(&shapes, s->columns, false, &select, e) || !duck_run(r->conn, "BEGIN", e))
		return false;
	struct relation **at = find(r, s->schema, s->table);
	bool is_new = !*at;
	if (is_new) {
		*at = mem_zalloc(sizeof **at);
		(*at)->schema = dup_str(s->schema);
		(*at)->table = dup_str(s->table);
	}
	struct relation *x = *at;
	char *old = x->select;
	x->select = dup_str(buf_str(&select));
	bool good = finish(r, create_views(r, s, &shapes, x->select, &b, e), e);
	if (good) {
		free(old);
		bury(r, x->segments, last_query);
		x->segments = segments;
	} else if (is_new) {
		*at = NULL; /* it was the last of the list */
		relation_free(x);
	} else {
		free(x->select);
		x->select = old;
	}
	return good;
}

bool relations_attach(struct relations *r, const json_t *spec, const int *fds, size_t n_fds, uint64_t last_query,
		      struct err *e)
{
	struct spec s = { 0 };
	struct segments *segments = mem_zalloc(sizeof *segments);
	segments->fds = mem_array(n_fds, sizeof *fds);
	segments->n = n_fds;
	memcpy(segments->fds, fds, n_fds * sizeof *fds);
	bool good = json_parse(spec, &spec_table, &s, e);
	if (good && (size_t)s.segments != n_fds)
		good = err_set(e, ERR_MALFORMED, NULL, "A relation came with %zu of its segments.", n_fds);
	if (good)
		good = attach(r, &s, segments, last_query, e);
	if (!good)
		segments_free(segments);
	return good;
}

bool relations_detach(struct relations *r, struct str schema, struct str table, uint64_t last_query, struct err *e)
{
	struct relation **at = find(r, schema, table);
	struct relation *x = *at;
	if (!x)
		return true;
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_RELATION_SQL_BYTES);
	if (!duck_run(r->conn, "BEGIN", e))
		return false;
	*at = x->next;
	if (!finish(r, drop_views(r, schema, table, &b, e), e)) {
		x->next = r->all;
		r->all = x;
		return false;
	}
	bury(r, x->segments, last_query);
	x->segments = NULL;
	relation_free(x);
	struct emptied *left = mem_alloc(sizeof *left + schema.n + 1);
	memcpy(left->name, schema.p, schema.n);
	left->name[schema.n] = '\0';
	left->next = r->emptied;
	r->emptied = left;
	return true;
}
