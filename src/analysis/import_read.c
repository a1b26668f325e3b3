/* One file through a worker process: its bytes from the spool or a descriptor, its tables into segments. */
#include "analysis/import_inner.h"

#include "analysis/instance.h"
#include "base/limits.h"
#include "engine/import.h"
#include "model/segment.h"
#include "model/spool.h"
#include "json/read.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Smaller uploads are handed over whole, so that the worker may go through them as often as it likes. */
#define WHOLE_BYTES (64 * MIB)
#define PASSES 16

struct reading {
	struct import *m;
	const struct import_source *source;
	size_t first_output;
	int whole; /* the upload in a memfd; -1 = not made */
	struct spool_stream *streams[PASSES];
	size_t n_streams;
};

/* A description of its own, with an offset of its own, of what fd has open. */
static bool reopen(int fd, int *ret, struct err *e)
{
	char path[40];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	int again = open(path, O_RDONLY | O_CLOEXEC);
	if (again < 0) {
		/* Opened by somebody with more rights than ours: shared, so put back to the start. */
		again = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (again < 0 || lseek(again, 0, SEEK_SET) < 0) {
			int why = errno;
			fd_close(&again);
			return err_errno(e, why, "Opening the file again");
		}
	}
	*ret = again;
	return true;
}

static bool open_source(void *ctx, bool seekable, int *ret_fd, bool *ret_seekable, struct err *e)
{
	struct reading *r = ctx;
	const struct import_source *s = r->source;
	*ret_seekable = true;
	if (!s->spool)
		return reopen(s->fd, ret_fd, e);
	if (seekable || s->size <= WHOLE_BYTES || r->whole >= 0) {
		if (r->whole < 0 && !spool_memfd(r->m->in->spool, s->spool, &r->whole, e))
			return false;
		return reopen(r->whole, ret_fd, e);
	}
	if (r->n_streams == PASSES)
		return err_set(e, ERR_VALUE, NULL, "The file would have to be read too often.");
	*ret_seekable = false;
	if (!spool_stream_new(r->m->in->spool, s->spool, &r->streams[r->n_streams], ret_fd, e))
		return false;
	r->n_streams++;
	return true;
}

static struct import_output *output_of(struct reading *r, int number)
{
	struct import *m = r->m;
	for (size_t i = r->first_output; i < m->n_outputs; i++)
		if (m->outputs[i].number == number)
			return &m->outputs[i];
	if (m->n_outputs == m->cap_outputs) {
		m->cap_outputs = m->cap_outputs ? 2 * m->cap_outputs : 8;
		m->outputs = mem_realloc(m->outputs, m->cap_outputs * sizeof *m->outputs);
	}
	m->outputs[m->n_outputs] = (struct import_output){ .number = number, .table = SIZE_MAX };
	return &m->outputs[m->n_outputs++];
}

static bool open_output(void *ctx, int table, const char *name, int *ret_fd, struct err *e)
{
	struct reading *r = ctx;
	struct import_output *o = output_of(r, table);
	if (o->sink || o->segment)
		return err_set(e, ERR_UNAVAILABLE, "engine_protocol", "The import process opened a table twice.");
	return segment_sink_new(r->m->in->segments, &o->sink, ret_fd, e);
}

/* What a table has written, and was told to reject, is of no use: it will be read again, or left out. */
static bool drop_output(void *ctx, int table, struct err *e)
{
	struct reading *r = ctx;
	struct import_output *o = output_of(r, table);
	segment_sink_free(&o->sink);
	reject_list_drop(&r->m->rejects, (size_t)(o - r->m->outputs));
	return true;
}

static const char *text_of(const json_t *v, const char *key)
{
	const char *s = json_string_value(json_object_get(v, key));
	return s ? s : "";
}

static bool take_rejects(void *ctx, int table, const json_t *items, struct err *e)
{
	struct reading *r = ctx;
	size_t i;
	const json_t *item;
	size_t output = (size_t)(output_of(r, table) - r->m->outputs);
	json_array_foreach (items, i, item) {
		struct reject one = { .line = json_integer_value(json_object_get(item, "line")),
				      .column = text_of(item, "column"),
				      .text = text_of(item, "text"),
				      .reason = text_of(item, "reason"),
				      .row = json_integer_value(json_object_get(item, "row")),
				      .whole = text_of(item, "whole") };
		reject_list_add(&r->m->rejects, output, &one);
	}
	return true;
}

static void show_progress(void *ctx, uint64_t bytes, uint64_t total)
{
	struct reading *r = ctx;
	struct import *m = r->m;
	double file = total ? (double)bytes / (double)total : 0;
	double done = (double)m->bytes_before + (double)r->source->size * (file > 1 ? 1 : file);
	char message[160];
	snprintf(message, sizeof message, "reading %.120s", r->source->name);
	watch_progress(m->watch, m->bytes_total ? IMPORT_READ_UNTIL * done / (double)m->bytes_total : 0, message);
}

/* Sealing failed, or the upload is damaged: that is why the worker saw what it saw. */
static bool explain(struct reading *r, bool ok, struct err *e)
{
	for (size_t i = r->first_output; i < r->m->n_outputs; i++)
		if (r->m->outputs[i].sink && segment_sink_error(r->m->outputs[i].sink, e))
			return false;
	struct err why = { 0 };
	bool whole = true;
	for (size_t i = 0; i < r->n_streams; i++)
		whole &= spool_stream_end(&r->streams[i], whole ? &why : NULL);
	if (whole)
		return ok;
	if (e)
		*e = why;
	return false;
}

void import_add_fresh(struct import *m, int64_t segment, uint64_t bytes, int64_t rows)
{
	if (m->n_fresh == m->cap_fresh) {
		m->cap_fresh = m->cap_fresh ? 2 * m->cap_fresh : 8;
		m->fresh = mem_realloc(m->fresh, m->cap_fresh * sizeof *m->fresh);
	}
	m->fresh[m->n_fresh++] = (struct segment_row){ .id = segment, .bytes = bytes, .rows = rows };
}

static bool commit_outputs(struct reading *r, struct err *e)
{
	struct import *m = r->m;
	for (size_t i = r->first_output; i < m->n_outputs; i++) {
		struct import_output *o = &m->outputs[i];
		uint64_t bytes;
		if (!o->sink)
			continue;
		if (!segment_sink_commit(o->sink, &o->segment, &bytes, e))
			return false;
		segment_sink_free(&o->sink);
		import_add_fresh(m, o->segment, bytes, 0);
	}
	return true;
}

static bool converse(struct reading *r, struct buf *done, struct err *e)
{
	struct import *m = r->m;
	CLEANUP(buf_free) struct buf options = BUF_INIT(LIMIT_FRAME_BYTES / 2);
	struct engine_spawn_options spawn = { 0 };
	if (!import_options(m, &options, e))
		return false;
	struct engine_import im = { .name = r->source->name,
				    .size = r->source->size,
				    .options_json = buf_str(&options).p,
				    .ctx = r,
				    .open_source = open_source,
				    .open_output = open_output,
				    .drop_output = drop_output,
				    .rejects = take_rejects,
				    .progress = show_progress,
				    .cancel = m->watch ? m->watch->cancel : NULL };
	return engine_import_run(&spawn, &im, done, e);
}

bool import_read_file(struct import *m, struct db *db, size_t source, struct err *e)
{
	struct reading r = { .m = m, .source = &m->sources[source], .first_output = m->n_outputs, .whole = -1 };
	CLEANUP(buf_free) struct buf done = BUF_INIT(LIMIT_FRAME_BYTES);
	CLEANUP(json_decrefp_) json_t *v = NULL;
	bool ok = explain(&r, converse(&r, &done, e), e);
	fd_close(&r.whole);
	return ok && commit_outputs(&r, e) && json_read(buf_str(&done), LIMIT_FRAME_BYTES, &v, e) &&
	       import_take_done(m, source, v, r.first_output, e);
}
