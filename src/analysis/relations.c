#include "analysis/relations.h"

#include "analysis/instance.h"
#include "db/db.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define BUCKETS 256
#define MEMO_BYTES (16 * MIB)   /* of one version */
#define CACHE_BYTES (128 * MIB) /* of all */

/* What one version consists of. Freed by whoever drops the last reference; being in the cache is one. */
struct version_memo {
	int64_t version;
	atomic_int refs;
	struct arena arena;
	struct dataset_content content;
	struct engine_relation *relations; /* schema NULL: that is the data set's name of the moment */
	struct version_memo *next;         /* in its bucket */
	uint64_t used;                     /* the cache's clock when it was last asked for */
};

struct relations_cache {
	pthread_mutex_t lock;
	struct version_memo *buckets[BUCKETS];
	size_t bytes;
	uint64_t clock;
};

struct relations_cache *relations_cache_new(void)
{
	struct relations_cache *c = mem_zalloc(sizeof *c);
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

static void memo_release(struct version_memo *m)
{
	if (atomic_fetch_sub(&m->refs, 1) != 1)
		return;
	arena_free(&m->arena);
	free(m);
}

static struct version_memo **bucket_of(struct relations_cache *c, int64_t version)
{
	return &c->buckets[((uint64_t)version * UINT64_C(0x9e3779b97f4a7c15)) >> 56];
}

/* Takes the memo at *at out of the cache; the lock is held. */
static void unlink_memo(struct relations_cache *c, struct version_memo **at)
{
	struct version_memo *m = *at;
	*at = m->next;
	c->bytes -= m->arena.used;
	memo_release(m);
}

void relations_cache_free(struct relations_cache **c)
{
	if (!*c)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while ((*c)->buckets[i])
			unlink_memo(*c, &(*c)->buckets[i]);
	pthread_mutex_destroy(&(*c)->lock);
	free(*c);
	*c = NULL;
}

void relations_drop_version(struct relations_cache *c, int64_t version)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	for (struct version_memo **at = bucket_of(c, version); *at; at = &(*at)->next)
		if ((*at)->version == version) {
			unlink_memo(c, at);
			break;
		}
	pthread_mutex_unlock(&c->lock);
}

static struct version_memo *cache_get(struct relations_cache *c, int64_t version)
{
	pthread_mutex_lock(&c->lock);
	struct version_memo *m = *bucket_of(c, version);
	while (m && m->version != version)
		m = m->next;
	if (m) {
		atomic_fetch_add(&m->refs, 1);
		m->used = ++c->clock;
	}
	pthread_mutex_unlock(&c->lock);
	return m;
}

static void drop_oldest(struct relations_cache *c)
{
	struct version_memo **oldest = NULL;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct version_memo **at = &c->buckets[i]; *at; at = &(*at)->next)
			if (!oldest || (*at)->used < (*oldest)->used)
				oldest = at;
	if (oldest)
		unlink_memo(c, oldest);
}

static void cache_put(struct relations_cache *c, struct version_memo *m)
{
	pthread_mutex_lock(&c->lock);
	struct version_memo **at = bucket_of(c, m->version);
	bool there = false;
	for (struct version_memo *o = *at; o; o = o->next)
		there |= o->version == m->version;
	if (!there) {
		atomic_fetch_add(&m->refs, 1);
		m->used = ++c->clock;
		m->next = *at;
		*at = m;
		c->bytes += m->arena.used;
		while (c->bytes > CACHE_BYTES)
			drop_oldest(c);
	}
	pthread_mutex_unlock(&c->lock);
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h ^= v;
	h *= UINT64_C(0xff51afd7ed558ccd);
	return h ^ (h >> 32);
}

/*
 * The number under which an engine keeps a table: of the version, and of other names of its columns, which a person may
 * give while it waits to be confirmed.
 */
static int64_t number_of(int64_t version, const struct dataset_table *t)
{
	uint64_t names = 0;
	for (size_t i = 0; i < t->n_columns; i++) {
		const char *name = t->columns[i].name;
		if (name == dataset_column_stored(&t->columns[i]))
			continue;
		names = mix(names, i + 1);
		for (const char *p = name; *p; p++)
			names = mix(names, (unsigned char)*p);
	}
	return names ? (int64_t)(mix(names, (uint64_t)version) >> 1) : version;
}

static bool fill_relations(struct version_memo *m, struct err *e)
{
	const struct dataset_content *c = &m->content;
	m->relations = arena_array(&m->arena, c->n_tables, sizeof *m->relations);
	for (size_t i = 0; m->relations && i < c->n_tables; i++) {
		const struct dataset_table *t = &c->tables[i];
		struct engine_column *cols = arena_array(&m->arena, t->n_columns, sizeof *cols);
		for (size_t k = 0; cols && k < t->n_columns; k++) {
			const char *name = t->columns[k].name, *stored = dataset_column_stored(&t->columns[k]);
			cols[k] = (struct engine_column){ .name = name,
							  .type = t->columns[k].type,
							  .stored = stored == name ? NULL : stored };
		}
		m->relations[i] = (struct engine_relation){ .table = t->name,
							    .version = number_of(m->version, t),
							    .segments = t->segments,
							    .n_segments = t->n_segments,
							    .columns = cols,
							    .n_columns = t->n_columns };
	}
	return !m->arena.failed || err_set(e, ERR_LIMIT, "too_much", "The data set has too many columns.");
}

static bool memo_of(struct instance *in, struct db *db, int64_t org, int64_t version, struct version_memo **ret,
		    struct err *e)
{
	struct version_memo *m = in->relations ? cache_get(in->relations, version) : NULL;
	if (m && m->content.version.org != org) {
		memo_release(m);
		return err_set(e, ERR_NOT_FOUND, NULL, "There is no such version of the data set.");
	}
	if (!m) {
		m = mem_zalloc(sizeof *m);
		m->version = version;
		m->refs = 1;
		m->arena = ARENA_INIT(MEMO_BYTES);
		if (!dataset_content(db, &m->arena, org, version, &m->content, e) || !fill_relations(m, e)) {
			memo_release(m);
			return false;
		}
		if (in->relations && version_is_final(m->content.version.state))
			cache_put(in->relations, m);
	}
	*ret = m;
	return true;
}

void relations_done(struct relations *r)
{
	for (size_t i = 0; i < r->n_held; i++)
		memo_release(r->held[i]);
	*r = (struct relations){ 0 };
}

static struct engine_relation *make_room(struct arena *a, struct relations *r, size_t more)
{
	if (r->n + more <= r->cap)
		return r->items;
	size_t cap = MAX(2 * r->cap, r->n + more);
	struct engine_relation *items = arena_array(a, cap, sizeof *items);
	if (!items)
		return NULL;
	if (r->n)
		memcpy(items, r->items, r->n * sizeof *items);
	r->items = items;
	r->cap = cap;
	return items;
}

/* The relations of one version under a schema; room for them and for the memo is there. */
static bool add_version(struct instance *in, struct db *db, struct arena *a, int64_t org, const char *schema,
			int64_t version, struct relations *r, struct err *e)
{
	struct version_memo *m;
	if (!memo_of(in, db, org, version, &m, e))
		return false;
	r->held[r->n_held++] = m;
	size_t n = m->content.n_tables;
	struct engine_relation *items = make_room(a, r, n);
	if (!items)
		return err_set(e, ERR_LIMIT, "too_much", "There are too many data sets for one query.");
	for (size_t i = 0; i < n; i++) {
		items[r->n + i] = m->relations[i];
		items[r->n + i].schema = schema;
		r->versions = mix(r->versions, (uint64_t)items[r->n + i].version);
	}
	r->n += n;
	r->as_of = MAX(r->as_of, m->content.version.created_at);
	for (const char *p = schema; *p; p++)
		r->versions = mix(r->versions, (unsigned char)*p);
	r->versions = mix(r->versions, (uint64_t)version);
	return true;
}

static bool add_current(struct instance *in, struct db *db, struct arena *a, int64_t org, struct relations *r,
			struct dataset **ret_sets, size_t *ret_n, struct err *e)
{
	struct dataset *sets;
	size_t n;
	if (!dataset_list_ready(db, a, org, &sets, &n, e))
		return false;
	/* One more: relations_of_version may add to it. */
	r->held = arena_array(a, n + 1, sizeof(struct version_memo *));
	if (!r->held)
		return err_set(e, ERR_LIMIT, "too_much", "There are too many data sets for one query.");
	for (size_t i = 0; i < n; i++)
		if (!add_version(in, db, a, org, sets[i].name, sets[i].current, r, e))
			return false;
	*ret_sets = sets;
	*ret_n = n;
	return true;
}

bool relations_of_org(struct instance *in, struct db *db, struct arena *a, int64_t org, struct relations *ret,
		      struct err *e)
{
	CLEANUP(relations_done) struct relations r = { .versions = (uint64_t)org };
	CLEANUP(db_tx_end) struct db *tx = NULL;
	struct dataset *sets;
	size_t n;
	/* One view of the store, so that no version vanishes between the list and its reading. */
	if (!db_begin_read(db, e))
		return false;
	tx = db;
	if (!add_current(in, db, a, org, &r, &sets, &n, e))
		return false;
	*ret = r;
	r = (struct relations){ 0 };
	return true;
}

char *relations_schema(struct arena *a, int64_t version)
{
	return arena_printf(a, "_version_%" PRId64, version);
}

bool relations_of_version(struct instance *in, struct db *db, struct arena *a, int64_t org, int64_t version,
			  struct relations *ret, const char **ret_schema, struct err *e)
{
	CLEANUP(relations_done) struct relations r = { .versions = (uint64_t)org };
	CLEANUP(db_tx_end) struct db *tx = NULL;
	struct dataset *sets;
	size_t n;
	const char *schema = NULL;
	if (!db_begin_read(db, e))
		return false;
	tx = db;
	if (!add_current(in, db, a, org, &r, &sets, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (sets[i].current == version)
			schema = sets[i].name;
	if (!schema) {
		schema = relations_schema(a, version);
		if (!schema || !add_version(in, db, a, org, schema, version, &r, e))
			return schema ? false
				      : err_set(e, ERR_LIMIT, "too_much",
						"There are too many data sets for one query.");
	}
	*ret = r;
	*ret_schema = schema;
	r = (struct relations){ 0 };
	return true;
}

bool relations_content(struct instance *in, struct db *db, struct arena *a, int64_t org, int64_t version,
		       struct relations *hold, const struct dataset_content **ret, struct err *e)
{
	struct version_memo *m;
	struct version_memo **held = arena_array(a, hold->n_held + 1, sizeof(struct version_memo *));
	if (!held)
		return err_set(e, ERR_LIMIT, "too_much", "This is too much to read at once.");
	if (!memo_of(in, db, org, version, &m, e))
		return false;
	if (hold->n_held)
		memcpy(held, hold->held, hold->n_held * sizeof(struct version_memo *));
	held[hold->n_held++] = m;
	hold->held = held;
	*ret = &m->content;
	return true;
}

char *sql_ident(struct arena *a, struct str name)
{
	size_t quotes = 0;
	for (size_t i = 0; i < name.n; i++)
		quotes += name.p[i] == '"';
	char *out = arena_alloc(a, name.n + quotes + 3), *p = out;
	if (!out)
		return NULL;
	*p++ = '"';
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '"')
			*p++ = '"';
		*p++ = name.p[i];
	}
	*p++ = '"';
	return out;
}

char *sql_table(struct arena *a, const char *schema, const char *table, bool raw)
{
	if (raw) {
		char *both = arena_printf(a, "%s.%s", schema, table);
		char *name = both ? sql_ident(a, str_of(both)) : NULL;
		return name ? arena_printf(a, "\"_raw\".%s", name) : NULL;
	}
	char *s = sql_ident(a, str_of(schema)), *t = sql_ident(a, str_of(table));
	return s && t ? arena_printf(a, "%s.%s", s, t) : NULL;
}
