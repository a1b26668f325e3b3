/* Which relations an engine process holds, and making it hold those of a request. */
#include "base/clock.h"
#include "base/limits.h"
#include "engine/pool_internal.h"
#include "json/write.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct sync {
	struct engine_pool *pool;
	struct engine *en;
	struct frame_wait wait;
	bool broken; /* the conversation is over: the process must go */
};

static void held_free(struct held *h)
{
	free(h->schema);
	free(h->table);
}

void relations_forget(struct engine *en)
{
	for (size_t i = 0; i < en->n_held; i++)
		held_free(&en->held[i]);
	free(en->held);
	en->held = NULL;
	en->n_held = 0;
}

static bool same_name(const struct held *h, const struct engine_relation *r)
{
	return str_ieq(str_of(h->schema), str_of(r->schema)) && str_ieq(str_of(h->table), str_of(r->table));
}

static struct held *find_held(struct engine *en, const struct engine_relation *r)
{
	for (size_t i = 0; i < en->n_held; i++)
		if (same_name(&en->held[i], r))
			return &en->held[i];
	return NULL;
}

/*
 * Whether the statement can reach the relation: every name of it contains that of its schema. A statement that does not
 * mention a schema gets its tables empty, so that they can be listed without their files being opened.
 */
static bool is_mentioned(const struct engine_request *q, const struct engine_relation *r)
{
	struct str sql = str_of(q->sql), name = str_of(str_ieq(str_of(r->schema), STR("main")) ? r->table : r->schema);
	if (str_find(name, '"') < name.n) /* doubled in the statement */
		return true;
	for (; sql.n >= name.n; sql = str_n(sql.p + 1, sql.n - 1))
		if (str_ieq(str_n(sql.p, name.n), name))
			return true;
	return false;
}

static bool is_listed(const struct engine_request *q, const struct held *h)
{
	for (size_t i = 0; i < q->n_relations; i++)
		if (same_name(h, &q->relations[i]))
			return true;
	return false;
}

/* Reads the DONE or FAILED that answers ATTACH and DETACH. What it refuses is our fault, not the caller's. */
static bool read_answer(struct sync *s, struct err *e)
{
	struct frame f;
	s->broken = true; /* until it answered */
	if (!frame_recv_wait(s->en->proc.control, &f, &s->wait, e))
		return false;
	bool good = f.type == FRAME_DONE;
	if (f.type == FRAME_FAILED) {
		s->broken = false;
		frame_read_failed(frame_payload(&f), e);
		if (e && e->kind != ERR_LIMIT && e->kind != ERR_UNAVAILABLE)
			e->kind = ERR_INTERNAL;
	} else if (!good) {
		err_set(e, ERR_UNAVAILABLE, "engine_closed", "The engine process ended.");
	}
	s->broken = s->broken && !good;
	frame_free(&f);
	return good;
}

static bool send(struct sync *s, enum frame_type type, struct str payload, const int *fds, size_t n, struct err *e)
{
	if (frame_send_wait(s->en->proc.control, type, payload, fds, n, &s->wait, e))
		return true;
	s->broken = true;
	return false;
}

static void write_name(struct json_writer *w, const char *schema, const char *table)
{
	jw_open(w, '{');
	jw_kv_cstr(w, "schema", schema);
	jw_kv_cstr(w, "table", table);
}

static bool write_spec(struct buf *b, const struct engine_relation *r, struct err *e)
{
	struct json_writer w = json_writer(b);
	write_name(&w, r->schema, r->table);
	jw_kv_i64(&w, "version", r->version);
	jw_kv_i64(&w, "segments", (int64_t)r->n_segments);
	jw_key(&w, "columns");
	jw_open(&w, '[');
	for (size_t i = 0; i < r->n_columns; i++) {
		jw_open(&w, '{');
		jw_kv_cstr(&w, "name", r->columns[i].name);
		jw_kv_cstr(&w, "type", r->columns[i].type);
		if (r->columns[i].stored)
			jw_kv_cstr(&w, "stored", r->columns[i].stored);
		jw_close(&w, '}');
	}
	jw_close(&w, ']');
	jw_close(&w, '}');
	return b->failed ? err_set(e, ERR_LIMIT, NULL, "A table has too many columns.") : true;
}

/* The next descriptors of r, at most a frame's; *at moves on. */
static bool open_segments(struct sync *s, const struct engine_relation *r, size_t *at, int *fds, size_t *ret_n,
			  int64_t *bytes, struct err *e)
{
	const struct engine_pool_options *o = pool_options(s->pool);
	size_t n = 0;
	bool good = true;
	while (good && n < FRAME_MAX_FDS && *at < r->n_segments) {
		good = o->open_segment(o->ctx, s->en->org, r->segments[*at], &fds[n], e);
		struct stat st;
		if (good && fstat(fds[n], &st) == 0)
			*bytes += st.st_size;
		n += good;
		*at += 1;
	}
	*ret_n = n;
	return good;
}

/* ATTACH with the first descriptors, SEGMENTS with the rest: opened as they are sent, so few are open here. */
static bool send_relation(struct sync *s, const struct engine_relation *r, struct str spec, int64_t *bytes,
			  struct err *e)
{
	bool good = true;
	size_t at = 0;
	do {
		int fds[FRAME_MAX_FDS];
		size_t n, first = at;
		good = open_segments(s, r, &at, fds, &n, bytes, e);
		if (good)
			good = send(s, first ? FRAME_SEGMENTS : FRAME_ATTACH, first ? STR("{}") : spec, fds, n, e);
		else if (first && send(s, FRAME_CANCEL, STR("{}"), NULL, 0, NULL))
			read_answer(s, NULL); /* that it gave up waiting for the rest */
		for (size_t i = 0; i < n; i++)
			fd_close(&fds[i]);
	} while (good && at < r->n_segments);
	return good && read_answer(s, e);
}

static bool attach(struct sync *s, struct engine_relation relation, bool filled, struct err *e)
{
	struct engine *en = s->en;
	const struct engine_relation *r = &relation;
	if (!filled)
		relation.n_segments = 0;
	if (r->n_segments > LIMIT_RELATION_SEGMENTS)
		return err_set(e, ERR_LIMIT, "too_many_segments", "Table %s has too many segments.", r->table);
	CLEANUP(buf_free) struct buf spec = BUF_INIT(LIMIT_FRAME_BYTES);
	if (!write_spec(&spec, r, e))
		return false;
	int64_t bytes = 0;
	if (!send_relation(s, r, buf_str(&spec), &bytes, e))
		return err_prefix(e, "%s.%s", r->schema, r->table);
	struct held *h = find_held(en, r);
	if (!h) {
		en->held = mem_realloc(en->held, (en->n_held + 1) * sizeof *en->held);
		h = &en->held[en->n_held++];
		h->schema = mem_strdup(r->schema);
		h->table = mem_strdup(r->table);
	}
	h->version = r->version;
	h->filled = filled;
	h->bytes = bytes;
	h->used = en->requests;
	return true;
}

static bool detach(struct sync *s, struct held *h, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * KIB);
	struct json_writer w = json_writer(&b);
	write_name(&w, h->schema, h->table);
	jw_close(&w, '}');
	if (!send(s, FRAME_DETACH, buf_str(&b), NULL, 0, e) || !read_answer(s, e))
		return false;
	held_free(h);
	*h = s->en->held[--s->en->n_held];
	return true;
}

/* The relation of q whose segments are open, was not mentioned by q, and not by others for longest. */
static const struct engine_relation *least_used(struct engine *en, const struct engine_request *q, int64_t *ret_bytes)
{
	const struct engine_relation *least = NULL;
	uint64_t used = en->requests;
	*ret_bytes = 0;
	for (size_t i = 0; i < q->n_relations; i++) {
		const struct held *h = find_held(en, &q->relations[i]);
		if (!h || !h->bytes)
			continue;
		*ret_bytes += h->bytes;
		if (h->used < used) {
			used = h->used;
			least = &q->relations[i];
		}
	}
	return least;
}

/* Closes segments until those that are open keep the bound, or are all mentioned. */
static bool close_unused(struct sync *s, const struct engine_request *q, struct err *e)
{
	for (;;) {
		int64_t bytes;
		const struct engine_relation *r = least_used(s->en, q, &bytes);
		if (!r || bytes <= pool_options(s->pool)->segment_bytes)
			return true;
		if (!attach(s, *r, false, e))
			return false;
	}
}

static bool sync_all(struct sync *s, const struct engine_request *q, struct err *e)
{
	struct engine *en = s->en;
	en->requests++;
	for (size_t i = 0; !q->keep_others && i < en->n_held;) {
		if (is_listed(q, &en->held[i]))
			i++;
		else if (!detach(s, &en->held[i], e))
			return false;
	}
	for (size_t i = 0; i < q->n_relations; i++) {
		const struct engine_relation *r = &q->relations[i];
		struct held *h = find_held(en, r);
		bool filled = r->n_segments == 0 || is_mentioned(q, r);
		if (h && filled)
			h->used = en->requests;
		if (q->cancel && atomic_load(q->cancel))
			return err_set(e, ERR_CANCELLED, NULL, "Cancelled.");
		if (h && h->version == r->version && (h->filled || !filled))
			continue;
		if (!attach(s, *r, filled, e))
			return false;
	}
	return close_unused(s, q, e);
}

bool relations_sync(struct engine_pool *p, struct engine *en, const struct engine_request *q, bool *ret_broken,
		    struct err *e)
{
	struct sync s = { .pool = p, .en = en };
	/* Not cancelled in the middle of an exchange: the next one could not be told from its rest. */
	s.wait.deadline = clock_monotonic() + LIMIT_ENGINE_ATTACH_SECONDS * USEC_PER_SEC;
	bool good = sync_all(&s, q, e);
	*ret_broken = s.broken;
	return good;
}
