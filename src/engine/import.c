#include "engine/import.h"

#include "base/clock.h"
#include "base/limits.h"
#include "engine/protocol.h"
#include "json/read.h"
#include "json/write.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>

struct conversation {
	const struct engine_import *m;
	struct engine_process worker;
	struct buf *done;
	bool finished; /* DONE came */
};

static struct frame_wait wait_of(const struct conversation *c)
{
	return (struct frame_wait){ .deadline = clock_monotonic() + LIMIT_IMPORT_SILENT_SECONDS * USEC_PER_SEC,
				    .cancel = c->m->cancel };
}

static bool malformed(struct err *e)
{
	return err_set(e, ERR_UNAVAILABLE, "engine_protocol", "The import process sent a malformed message.");
}

static bool send(struct conversation *c, enum frame_type type, struct str payload, int *fd, struct err *e)
{
	struct frame_wait wait = wait_of(c);
	bool good = frame_send_wait(c->worker.control, type, payload, fd, *fd >= 0 ? 1 : 0, &wait, e);
	fd_close(fd);
	return good;
}

/* {"name","size","seekable"} and the options, which may not name these. */
static bool write_import(struct buf *b, const struct engine_import *m, bool seekable, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *options = NULL;
	if (m->options_json && *m->options_json) {
		if (!json_read(str_of(m->options_json), LIMIT_FRAME_BYTES / 2, &options, e))
			return false;
		if (!json_is_object(options))
			return err_set(e, ERR_VALUE, NULL, "The import's options are not an object.");
	} else {
		options = json_object();
	}
	json_object_set_new(options, "name", json_string(m->name));
	json_object_set_new(options, "size", json_integer((json_int_t)m->size));
	json_object_set_new(options, "seekable", json_boolean(seekable));
	if (!json_object_get(options, "name"))
		return err_field(e, ERR_VALUE, "name", "The file's name is not UTF-8.");
	char *text = json_dumps(options, JSON_COMPACT);
	if (text)
		buf_adds(b, text);
	free(text);
	return text && !b->failed ? true : err_set(e, ERR_TOO_LARGE, NULL, "The import's options are too large.");
}

static bool begin(struct conversation *c, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(LIMIT_FRAME_BYTES);
	bool seekable = false;
	int fd = -1;
	if (!c->m->open_source(c->m->ctx, false, &fd, &seekable, e))
		return false;
	if (!write_import(&b, c->m, seekable, e)) {
		fd_close(&fd);
		return false;
	}
	return send(c, FRAME_IMPORT, buf_str(&b), &fd, e);
}

static bool read_table(const json_t *v, int *ret, struct err *e)
{
	const json_t *table = json_object_get(v, "table");
	json_int_t n = json_integer_value(table);
	if (!json_is_integer(table) || n < 0 || n >= LIMIT_TABLES)
		return malformed(e);
	*ret = (int)n;
	return true;
}

static bool on_open(struct conversation *c, const json_t *v, struct err *e)
{
	int table, fd = -1;
	const char *name = json_string_value(json_object_get(v, "name"));
	if (!read_table(v, &table, e))
		return false;
	if (!name)
		return malformed(e);
	if (!c->m->open_output(c->m->ctx, table, name, &fd, e))
		return false;
	CLEANUP(buf_free) struct buf b = BUF_INIT(KIB);
	struct json_writer w = json_writer(&b);
	jw_open(&w, '{');
	jw_kv_i64(&w, "table", table);
	jw_close(&w, '}');
	return send(c, FRAME_OUTPUT, buf_str(&b), &fd, e);
}

static bool on_need_source(struct conversation *c, const json_t *v, struct err *e)
{
	bool wanted = json_is_true(json_object_get(v, "seekable")), seekable = false;
	int fd = -1;
	if (!c->m->open_source(c->m->ctx, wanted, &fd, &seekable, e))
		return false;
	return send(c, FRAME_SOURCE, seekable ? STR("{\"seekable\":true}") : STR("{\"seekable\":false}"), &fd, e);
}

static bool on_rejects(struct conversation *c, const json_t *v, struct err *e)
{
	int table;
	const json_t *items = json_object_get(v, "items");
	if (!read_table(v, &table, e))
		return false;
	return json_is_array(items) ? c->m->rejects(c->m->ctx, table, items, e) : malformed(e);
}

static void on_progress(struct conversation *c, const json_t *v)
{
	json_int_t bytes = json_integer_value(json_object_get(v, "bytes"));
	json_int_t total = json_integer_value(json_object_get(v, "total"));
	if (c->m->progress && bytes >= 0 && total >= 0)
		c->m->progress(c->m->ctx, (uint64_t)bytes, (uint64_t)total);
}

/* The worker closed its socket without DONE or FAILED: what its end says about the file. */
static bool on_closed(struct conversation *c, struct err *e)
{
	int status = 0;
	engine_wait(&c->worker, USEC_PER_SEC, &status);
	int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (signal == SIGKILL)
		return err_set(e, ERR_UNAVAILABLE, "import_killed",
			       "The process that read the file was ended from outside, perhaps for want of memory.");
	if (signal == SIGXCPU)
		return err_set(e, ERR_LIMIT, "too_slow",
			       "Reading the file takes more than %d minutes of a processor: it was ended.",
			       LIMIT_IMPORT_CPU_SECONDS / 60);
	if (signal == SIGABRT)
		return err_set(e, ERR_LIMIT, "memory_limit", "Reading the file needs more memory than it may use.");
	return err_set(e, ERR_VALUE, "import_crashed", "The file could not be read: its reader failed on it.");
}

static bool on_message(struct conversation *c, const struct frame *f, const json_t *v, struct err *e)
{
	int table;
	switch (f->type) {
	case FRAME_PROGRESS:
		on_progress(c, v);
		return true;
	case FRAME_OPEN:
		return on_open(c, v, e);
	case FRAME_DROP:
		return read_table(v, &table, e) && c->m->drop_output(c->m->ctx, table, e);
	case FRAME_NEED_SOURCE:
		return on_need_source(c, v, e);
	case FRAME_REJECTS:
		return on_rejects(c, v, e);
	case FRAME_DONE:
		buf_clear(c->done);
		buf_add_str(c->done, frame_payload(f));
		c->finished = true;
		return c->done->failed ? err_set(e, ERR_LIMIT, NULL, "The file has too many tables or columns.") : true;
	case FRAME_FAILED:
		return frame_read_failed(frame_payload(f), e);
	case FRAME_CLOSED:
	case FRAME_HELLO:
	case FRAME_IMPORT:
	case FRAME_OUTPUT:
	case FRAME_SOURCE:
	case FRAME_CANCEL:
	case FRAME_ATTACH:
	case FRAME_SEGMENTS:
	case FRAME_DETACH:
	case FRAME_QUERY:
	case FRAME_COLUMNS:
	case FRAME_ROWS:
	case FRAME_END:
	case FRAME_TYPES:
		break;
	}
	return malformed(e);
}

static bool converse_once(struct conversation *c, struct err *e)
{
	struct frame f;
	struct frame_wait wait = wait_of(c);
	if (!frame_recv_wait(c->worker.control, &f, &wait, e)) {
		if (e && e->kind == ERR_UNAVAILABLE && strcmp(e->code, "engine_closed") == 0)
			return on_closed(c, e);
		return false;
	}
	CLEANUP(json_decrefp_) json_t *v = NULL;
	bool good;
	if (f.type == FRAME_CLOSED)
		good = on_closed(c, e);
	else if (!json_read(frame_payload(&f), LIMIT_FRAME_BYTES, &v, NULL) || !json_is_object(v))
		good = malformed(e);
	else
		good = on_message(c, &f, v, e);
	frame_free(&f);
	return good;
}

bool engine_import_run(const struct engine_spawn_options *o, const struct engine_import *m, struct buf *ret_done_json,
		       struct err *e)
{
	struct conversation c = { .m = m, .done = ret_done_json };
	if (m->cancel && atomic_load(m->cancel))
		return err_set(e, ERR_CANCELLED, NULL, "Cancelled.");
	if (!engine_spawn(o, ENGINE_MODE_IMPORT, &c.worker, e))
		return false;
	bool good = begin(&c, e);
	while (good && !c.finished)
		good = converse_once(&c, e);
	if (good)
		engine_wait(&c.worker, USEC_PER_SEC, NULL);
	engine_close(&c.worker);
	return good;
}
