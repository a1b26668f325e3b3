/*
 * The query mode. One thread, here, reads the control socket, keeps the relations and watches over the queries: their
 * deadlines, and their sockets, which the server closes to cancel. Each query runs in a thread and connection of its
 * own, inside a transaction that begins here, in the order of the frames: so what a query sees is what was attached
 * before it, whatever is attached while it runs.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "engine/worker/duck.h"
#include "engine/worker/relations.h"
#include "engine/worker/run.h"
#include "engine/worker/worker.h"
#include "json/fields.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* How often a query that should stop is interrupted again: an interrupt before the first step of a query is lost. */
#define STOP_USEC 10000

struct query {
	uint64_t number;
	struct frame frame; /* holds the text that spec points into */
	json_t *json;
	struct query_spec spec;
	int sock, out_fd, wake;
	duckdb_connection conn;
	pthread_t thread;
	int64_t deadline;
	_Atomic bool stopping, done;
	_Atomic int stop; /* enum query_stop */
	struct query *next;
};

struct engine {
	int control, wake;
	duckdb_database db;
	duckdb_connection conn; /* for the relations */
	struct relations *relations;
	uint64_t last_query;
	size_t n_queries;
	struct query *queries;
};

static const struct json_field query_fields[] = {
	{ "sql", JSON_FIELD_STR, offsetof(struct query_spec, sql), true, 1, LIMIT_ENGINE_SQL_BYTES },
	{ "params", JSON_FIELD_ANY, offsetof(struct query_spec, params) },
	{ "format", JSON_FIELD_I64, offsetof(struct query_spec, format), true, 0, ENGINE_FORMATS - 1 },
	{ "max_rows", JSON_FIELD_I64, offsetof(struct query_spec, max_rows), true, 0, INT64_MAX },
	{ "max_bytes", JSON_FIELD_I64, offsetof(struct query_spec, max_bytes), true, 0, INT64_MAX },
	{ "truncate", JSON_FIELD_BOOL, offsetof(struct query_spec, truncate), true },
	{ "seconds", JSON_FIELD_I64, offsetof(struct query_spec, seconds), true, 1, 86400 },
};
static const struct json_table query_table = { "query", query_fields, countof(query_fields) };

static void query_free(struct query *q)
{
	if (!q)
		return;
	duckdb_disconnect(&q->conn);
	json_decref(q->json);
	frame_free(&q->frame);
	fd_close(&q->sock);
	fd_close(&q->out_fd);
	free(q);
}

static void *query_thread(void *arg)
{
	struct query *q = arg;
	struct err e = { 0 };
	if (!run_query(q->conn, &q->spec, q->sock, q->out_fd, &q->stopping, &q->stop, &e)) {
		/* Whoever waits for a failure reads; who does not has gone. */
		struct frame_wait wait = { .deadline = clock_monotonic() + 2 * USEC_PER_SEC };
		frame_send_failed(q->sock, &e, &wait, NULL);
	}
	uint64_t one = 1;
	atomic_store(&q->done, true);
	ssize_t n = write(q->wake, &one, sizeof one);
	(void)n; /* a full counter wakes too */
	return NULL;
}

static bool query_begin(struct engine *en, struct query *q, struct err *e)
{
	if (!json_read(frame_payload(&q->frame), LIMIT_FRAME_BYTES, &q->json, e) ||
	    !json_parse(q->json, &query_table, &q->spec, e))
		return false;
	if (q->spec.params && !json_is_array(q->spec.params))
		return err_field(e, ERR_VALUE, "params", "The parameters are not a list.");
	if (q->spec.format == ENGINE_PARQUET && q->out_fd < 0)
		return err_set(e, ERR_MALFORMED, NULL, "There is no descriptor to write to.");
	if (en->n_queries >= LIMIT_ENGINE_QUERIES)
		return err_set(e, ERR_UNAVAILABLE, "engine_busy", "Too many queries are running.");
	if (duckdb_connect(en->db, &q->conn) != DuckDBSuccess)
		return err_set(e, ERR_UNAVAILABLE, "engine_failed", "The engine could not open a connection.");
	if (!duck_run(q->conn, "BEGIN TRANSACTION READ ONLY", e))
		return false;
	q->number = ++en->last_query;
	q->wake = en->wake;
	q->deadline = clock_monotonic() + q->spec.seconds * USEC_PER_SEC;
	int bad = pthread_create(&q->thread, NULL, query_thread, q);
	if (bad)
		return err_set(e, ERR_UNAVAILABLE, "engine_failed", "The engine could not start a thread.");
	q->next = en->queries;
	en->queries = q;
	en->n_queries++;
	return true;
}

static void on_query(struct engine *en, struct frame *f)
{
	struct query *q = mem_zalloc(sizeof *q);
	struct err e = { 0 };
	q->frame = *f;
	*f = (struct frame){ .type = FRAME_CLOSED };
	q->sock = frame_take_fd(&q->frame, 0);
	q->out_fd = frame_take_fd(&q->frame, 1);
	if (query_begin(en, q, &e))
		return;
	struct frame_wait wait = { .deadline = clock_monotonic() + USEC_PER_SEC };
	if (q->sock >= 0)
		frame_send_failed(q->sock, &e, &wait, NULL);
	query_free(q);
}

static uint64_t oldest_running(const struct engine *en)
{
	uint64_t oldest = UINT64_MAX;
	for (const struct query *q = en->queries; q; q = q->next)
		oldest = MIN(oldest, q->number);
	return oldest;
}

static void reap_queries(struct engine *en)
{
	struct query **at = &en->queries;
	while (*at) {
		struct query *q = *at;
		if (!atomic_load(&q->done)) {
			at = &q->next;
			continue;
		}
		*at = q->next;
		pthread_join(q->thread, NULL);
		query_free(q);
		en->n_queries--;
	}
	relations_sweep(en->relations, oldest_running(en));
}

/* Takes the descriptors of f, and of the SEGMENTS that follow until there are as many as announced. */
static bool gather_segments(struct engine *en, struct frame *f, int *fds, size_t *ret_n, size_t wanted, struct err *e)
{
	size_t n = 0;
	struct frame more = { .type = FRAME_CLOSED };
	struct frame *from = f;
	for (;;) {
		for (size_t i = 0; i < from->n_fds && n < wanted; i++)
			fds[n++] = frame_take_fd(from, i);
		frame_free(&more);
		*ret_n = n;
		if (n == wanted)
			return true;
		if (!frame_recv(en->control, &more, e))
			return false;
		if (more.type != FRAME_SEGMENTS || more.n_fds == 0) {
			frame_free(&more);
			return err_set(e, ERR_MALFORMED, NULL, "The segments of a relation are missing.");
		}
		from = &more;
	}
}

static bool attach(struct engine *en, struct frame *f, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *spec = NULL;
	if (!json_read(frame_payload(f), LIMIT_FRAME_BYTES, &spec, e))
		return false;
	json_int_t wanted = json_integer_value(json_object_get(spec, "segments"));
	if (wanted < 0 || wanted > LIMIT_RELATION_SEGMENTS)
		return err_set(e, ERR_LIMIT, "too_many_segments", "A table has too many segments.");
	int *fds = mem_array((size_t)wanted, sizeof *fds);
	size_t n = 0;
	bool good = gather_segments(en, f, fds, &n, (size_t)wanted, e);
	if (good) {
		good = relations_attach(en->relations, spec, fds, n, en->last_query, e);
		relations_sweep(en->relations, oldest_running(en));
	} else
		for (size_t i = 0; i < n; i++)
			fd_close(&fds[i]);
	free(fds);
	return good;
}

static bool detach(struct engine *en, struct frame *f, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *v = NULL;
	if (!json_read(frame_payload(f), LIMIT_FRAME_BYTES, &v, e))
		return false;
	const char *schema = json_string_value(json_object_get(v, "schema"));
	const char *table = json_string_value(json_object_get(v, "table"));
	if (!schema || !table)
		return err_set(e, ERR_MALFORMED, NULL, "The relation has no name.");
	bool good = relations_detach(en->relations, str_of(schema), str_of(table), en->last_query, e);
	relations_sweep(en->relations, oldest_running(en));
	return good;
}

static bool answer(struct engine *en, bool good, struct err *e)
{
	if (good)
		return frame_send(en->control, FRAME_DONE, STR("{}"), NULL, 0, e);
	struct err failure = *e;
	return frame_send_failed(en->control, &failure, NULL, e);
}

/* False when the conversation is over. */
static bool on_control(struct engine *en)
{
	struct frame f;
	struct err e = { 0 };
	if (!frame_recv(en->control, &f, &e))
		return false;
	bool goes_on = true;
	if (f.type == FRAME_QUERY)
		on_query(en, &f);
	else if (f.type == FRAME_ATTACH)
		goes_on = answer(en, attach(en, &f, &e), &e);
	else if (f.type == FRAME_DETACH)
		goes_on = answer(en, detach(en, &f, &e), &e);
	else
		goes_on = false; /* FRAME_CLOSED among them */
	frame_free(&f);
	return goes_on;
}

static void stop_query(struct query *q, enum query_stop why)
{
	if (atomic_load(&q->stop) == QUERY_RUNS)
		atomic_store(&q->stop, why);
	atomic_store(&q->stopping, true);
	duckdb_interrupt(q->conn);
}

/* Looks at every query: deadline, and whether the server still wants it. Returns how long all may be left alone. */
static int watch_queries(struct engine *en, const struct pollfd *p)
{
	int64_t now = clock_monotonic(), wait = INT64_MAX;
	for (struct query *q = en->queries; q; q = q->next, p++) {
		if (atomic_load(&q->stopping) || p->revents) {
			stop_query(q, QUERY_CANCELLED);
			wait = STOP_USEC;
		} else if (now >= q->deadline) {
			stop_query(q, QUERY_TIMED_OUT);
			wait = STOP_USEC;
		} else {
			wait = MIN(wait, q->deadline - now);
		}
	}
	return wait == INT64_MAX ? -1 : (int)MIN((wait + 999) / 1000, 60000);
}

static void serve(struct engine *en)
{
	struct pollfd p[2 + LIMIT_ENGINE_QUERIES];
	int timeout = -1;
	for (;;) {
		nfds_t n = 0;
		p[n++] = (struct pollfd){ .fd = en->control, .events = POLLIN };
		p[n++] = (struct pollfd){ .fd = en->wake, .events = POLLIN };
		for (struct query *q = en->queries; q; q = q->next) /* a stopped one says nothing new */
			p[n++] = (struct pollfd){ .fd = atomic_load(&q->stopping) ? -1 : q->sock, .events = POLLIN };
		if (poll(p, n, timeout) < 0 && errno != EINTR)
			return;
		timeout = watch_queries(en, p + 2);
		if (p[1].revents) {
			uint64_t count;
			ssize_t got = read(en->wake, &count, sizeof count);
			(void)got;
			reap_queries(en);
			timeout = 0;
		}
		if (p[0].revents) {
			if (!on_control(en))
				return;
			timeout = 0;
		}
	}
}

int query_main(int control_fd)
{
	struct engine en = { .control = control_fd };
	struct err e = { 0 };
	signal(SIGPIPE, SIG_IGN);
	en.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (en.wake < 0 || !duck_open(worker_config(), &en.db, &e) ||
	    duckdb_connect(en.db, &en.conn) != DuckDBSuccess || !duck_run(en.conn, "CREATE SCHEMA \"_raw\"", &e)) {
		frame_send_failed(control_fd, &e, NULL, NULL);
		return 1;
	}
	en.relations = relations_new(en.conn);
	serve(&en);
	return 0;
}
