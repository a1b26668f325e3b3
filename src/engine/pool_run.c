/* One query: the relations made present, QUERY sent with a socket of its own, and its answer passed on. */
#include "base/clock.h"
#include "base/limits.h"
#include "engine/pool_internal.h"
#include "json/read.h"
#include "json/write.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct run {
	const struct engine_request *q;
	int64_t max_rows, max_bytes, seconds; /* with the defaults in place */
	int64_t started;
	int sock;    /* our end */
	int parquet; /* memfd the engine writes to, or -1 */
	int64_t bytes;
	bool has_columns, broken, begun;
	struct engine_result result;
};

static int64_t bound(uint64_t asked, int64_t otherwise)
{
	if (asked == 0)
		return otherwise;
	return asked > INT64_MAX ? INT64_MAX : (int64_t)asked;
}

static bool write_query(struct buf *b, const struct run *r, struct err *e)
{
	const struct engine_request *q = r->q;
	struct str params = str_of(q->params_json);
	CLEANUP(json_decrefp_) json_t *checked = NULL;
	if (strlen(q->sql) > LIMIT_QUERY_SQL_BYTES)
		return err_field(e, ERR_VALUE, "sql", "The query is longer than %zu KiB.", LIMIT_QUERY_SQL_BYTES / KIB);
	if (params.n && !json_read(params, LIMIT_FRAME_BYTES / 2, &checked, e))
		return false;
	if (params.n && !json_is_array(checked))
		return err_field(e, ERR_VALUE, "params", "The parameters are not a JSON list.");
	struct json_writer w = json_writer(b);
	jw_open(&w, '{');
	jw_kv_cstr(&w, "sql", q->sql);
	if (params.n) {
		jw_key(&w, "params");
		jw_raw(&w, params);
	}
	jw_kv_i64(&w, "format", q->format);
	jw_kv_i64(&w, "max_rows", r->max_rows);
	jw_kv_i64(&w, "max_bytes", r->max_bytes);
	jw_kv_bool(&w, "truncate", q->truncate);
	jw_kv_i64(&w, "seconds", r->seconds);
	jw_close(&w, '}');
	return b->failed ? err_set(e, ERR_TOO_LARGE, NULL, "The query is too large.") : true;
}

/* Sends QUERY with the other end of our socket. The caller holds the control lock. */
static bool send_query(struct run *r, struct engine *en, struct str payload, struct err *e)
{
	int pair[2], fds[2];
	if (!frame_pair(pair, e))
		return false;
	fds[0] = pair[1];
	fds[1] = r->parquet;
	struct frame_wait wait = { .deadline = clock_monotonic() + LIMIT_ENGINE_ATTACH_SECONDS * USEC_PER_SEC };
	bool good = frame_send_wait(en->proc.control, FRAME_QUERY, payload, fds, r->parquet >= 0 ? 2 : 1, &wait, e);
	close(pair[1]);
	if (good)
		r->sock = pair[0];
	else
		close(pair[0]);
	r->broken = !good;
	return good;
}

static bool restarted(struct run *r, struct err *e)
{
	r->broken = true;
	err_set(e, ERR_UNAVAILABLE, "engine_restarted", "The engine was restarted while the query ran; try again.");
	if (e)
		e->retry_after = 1;
	return false;
}

/* Between two exchanges the process has nothing to say: a readable control socket is a closed one. */
static bool alive(struct run *r, const struct engine *en, struct err *e)
{
	struct pollfd control = { .fd = en->proc.control, .events = POLLIN };
	if (poll(&control, 1, 0) <= 0)
		return true;
	return restarted(r, e);
}

static bool begin(struct engine_pool *p, struct engine *en, struct run *r, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_FRAME_BYTES);
	if (!write_query(&b, r, e))
		return false;
	pthread_mutex_lock(&en->control);
	bool good = alive(r, en, e) && relations_sync(p, en, r->q, &r->broken, e) && send_query(r, en, buf_str(&b), e);
	pthread_mutex_unlock(&en->control);
	r->begun = good;
	return good;
}

static bool malformed(struct run *r, struct err *e)
{
	r->broken = true;
	return err_set(e, ERR_UNAVAILABLE, "engine_protocol", "The engine sent a malformed message.");
}

static bool on_columns(struct run *r, struct str payload, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *v = NULL;
	if (r->has_columns || !json_read(payload, LIMIT_FRAME_BYTES, &v, e))
		return malformed(r, e);
	const json_t *list = json_object_get(v, "columns");
	size_t n = json_array_size(list);
	struct engine_column *columns = mem_array(n, sizeof *columns);
	bool good = true;
	for (size_t i = 0; i < n && good; i++) {
		columns[i].name = json_string_value(json_object_get(json_array_get(list, i), "name"));
		columns[i].type = json_string_value(json_object_get(json_array_get(list, i), "type"));
		good = columns[i].name && columns[i].type;
	}
	r->has_columns = true;
	if (!good)
		malformed(r, e);
	else if (r->q->columns)
		good = r->q->columns(r->q->ctx, columns, n, e);
	free(columns);
	return good;
}

static bool on_rows(struct run *r, struct str payload, struct err *e)
{
	r->bytes += (int64_t)payload.n;
	if (!r->has_columns || r->bytes > r->max_bytes)
		return malformed(r, e);
	return r->q->rows(r->q->ctx, payload.p, payload.n, e);
}

static bool on_end(struct run *r, struct str payload, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *v = NULL;
	if (!json_read(payload, LIMIT_FRAME_BYTES, &v, e))
		return malformed(r, e);
	json_int_t rows = json_integer_value(json_object_get(v, "rows"));
	if (rows < 0 || rows > r->max_rows)
		return malformed(r, e);
	r->result.rows = (uint64_t)rows;
	r->result.truncated = json_is_true(json_object_get(v, "truncated"));
	return true;
}

static bool on_failed(struct run *r, struct str payload, struct err *e)
{
	struct err why = { 0 };
	frame_read_failed(payload, &why);
	/* After an internal error DuckDB refuses everything that follows. */
	r->broken = strcmp(why.code, "engine_failed") == 0 || strcmp(why.code, "engine_protocol") == 0;
	if (e)
		*e = why;
	return false;
}

/* One frame of the answer. */
static bool on_frame(struct run *r, const struct frame *f, struct err *e)
{
	switch (f->type) {
	case FRAME_COLUMNS:
		return on_columns(r, frame_payload(f), e);
	case FRAME_ROWS:
		return on_rows(r, frame_payload(f), e);
	case FRAME_END:
		return on_end(r, frame_payload(f), e);
	case FRAME_FAILED:
		return on_failed(r, frame_payload(f), e);
	case FRAME_CLOSED:
		return restarted(r, e);
	case FRAME_HELLO:
	case FRAME_IMPORT:
	case FRAME_PROGRESS:
	case FRAME_OPEN:
	case FRAME_OUTPUT:
	case FRAME_DROP:
	case FRAME_NEED_SOURCE:
	case FRAME_SOURCE:
	case FRAME_REJECTS:
	case FRAME_DONE:
	case FRAME_CANCEL:
	case FRAME_ATTACH:
	case FRAME_SEGMENTS:
	case FRAME_DETACH:
	case FRAME_QUERY:
	case FRAME_TYPES:
		break;
	}
	return malformed(r, e);
}

static bool read_result(struct run *r, struct err *e)
{
	struct frame_wait wait = { .cancel = r->q->cancel };
	wait.deadline = clock_monotonic() + (r->seconds + LIMIT_ENGINE_GRACE_SECONDS) * USEC_PER_SEC;
	for (bool more = true; more;) {
		struct frame f;
		struct err why = { 0 };
		if (!frame_recv_wait(r->sock, &f, &wait, &why)) {
			if (why.kind == ERR_CANCELLED)
				return err_set(e, ERR_CANCELLED, NULL, "The query was cancelled.");
			r->broken = true; /* it neither answered nor kept its time */
			if (why.kind == ERR_TIMEOUT)
				return err_set(e, ERR_LIMIT, "time_limit", "The query ran longer than %lld seconds.",
					       (long long)r->seconds);
			return restarted(r, e);
		}
		more = f.type != FRAME_END;
		bool good = on_frame(r, &f, e);
		frame_free(&f);
		if (!good)
			return false;
	}
	return true;
}

/* Hands the finished Parquet file on. */
static bool pass_parquet(struct run *r, struct err *e)
{
	off_t size = lseek(r->parquet, 0, SEEK_END);
	if (size < 0)
		return err_errno(e, errno, "result file");
	if (size > r->max_bytes)
		return err_set(e, ERR_LIMIT, "result_too_large", "The result is larger than %lld bytes.",
			       (long long)r->max_bytes);
	char *bytes = mem_alloc(256 * KIB);
	bool good = true;
	for (off_t at = 0; at < size && good;) {
		ssize_t n = pread(r->parquet, bytes, 256 * KIB, at);
		if (n <= 0)
			good = err_errno(e, n < 0 ? errno : EIO, "result file");
		else
			good = r->q->rows(r->q->ctx, bytes, (size_t)n, e);
		at += n;
	}
	free(bytes);
	return good;
}

/* One try. */
static bool run_once(struct engine_pool *p, struct run *r, struct err *e)
{
	struct engine *en = pool_acquire(p, r->q->org, r->q->cancel, e);
	if (!en)
		return false;
	r->sock = -1;
	r->broken = false;
	bool good = begin(p, en, r, e) && read_result(r, e);
	fd_close(&r->sock);
	if (r->broken)
		pool_bury(p, en);
	pool_release(p, en);
	return good;
}

bool engine_run(struct engine_pool *p, const struct engine_request *q, struct engine_result *ret, struct err *e)
{
	struct run r = { .q = q, .parquet = -1, .started = clock_monotonic() };
	r.max_rows = bound(q->max_rows, LIMIT_QUERY_ROWS);
	r.max_bytes = bound(q->max_bytes, LIMIT_QUERY_RESULT_BYTES);
	r.seconds = q->seconds > 0 ? q->seconds : LIMIT_QUERY_SECONDS;
	if (q->cancel && atomic_load(q->cancel))
		return err_set(e, ERR_CANCELLED, NULL, "The query was cancelled.");
	if (q->format == ENGINE_PARQUET) {
		r.parquet = memfd_create("result", MFD_CLOEXEC);
		if (r.parquet < 0)
			return err_errno(e, errno, "result file");
	}
	bool good = run_once(p, &r, e);
	/* A process that had died before it was asked: nothing ran, so nothing is lost by asking a new one. */
	if (!good && r.broken && !r.begun)
		good = run_once(p, &r, e);
	if (good && q->format == ENGINE_PARQUET)
		good = pass_parquet(&r, e);
	fd_close(&r.parquet);
	if (!good)
		return false;
	r.result.took_us = clock_monotonic() - r.started;
	*ret = r.result;
	return true;
}
