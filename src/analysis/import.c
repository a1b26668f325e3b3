#include "analysis/import_inner.h"

#include "analysis/instance.h"
#include "analysis/roles.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "db/pool.h"
#include "job/job.h"
#include "model/segment.h"
#include "model/spool.h"
#include "json/write.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define STORE_WAIT_MS 10000
#define ARENA_BYTES (64 * MIB)
#define NAMES_TRIED 1000

/* The last part of a path, as valid UTF-8 that can be shown. */
const char *const import_encodings[] = { "UTF-8", "CP1250", "CP1251", "CP1252", "KOI8-R", "CP866", NULL };

const char *import_encoding(struct str name)
{
	for (size_t i = 0; import_encodings[i]; i++)
		if (str_ieq(name, str_of(import_encodings[i])))
			return import_encodings[i];
	return NULL;
}

static const char *clean_name(struct arena *a, const char *name)
{
	struct str s = str_of(name);
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '/' || s.p[i - 1] == '\\') {
			s = str_n(s.p + i, s.n - i);
			break;
		}
	if (s.n > 255)
		s.n = 255;
	char *clean = arena_alloc(a, 3 * s.n + 1), *p = clean;
	for (size_t at = 0, n; clean && at < s.n; at += n) {
		uint32_t code;
		n = utf8_decode(str_n(s.p + at, s.n - at), &code);
		bool good = n && code >= 0x20 && code != 0x7f;
		if (good)
			memcpy(p, s.p + at, n);
		else
			*p = '_';
		p += good ? n : 1;
		n = n ? n : 1;
	}
	return clean && clean[0] ? clean : "data";
}

static const char *copy_text(struct arena *a, const char *s)
{
	return s ? arena_strdup(a, s) : NULL;
}

static bool copy_source(struct import *m, const struct import_source *from, struct import_source *to, struct err *e)
{
	*to = (struct import_source){ .name = clean_name(&m->arena, from->name), .spool = from->spool, .fd = -1 };
	if (from->spool)
		return spool_size(m->in->spool, from->spool, &to->size, e);
	struct stat st;
	if (fstat(from->fd, &st) < 0)
		return err_errno(e, errno, "%s", to->name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_VALUE, NULL, "%s is not a file.", to->name);
	to->size = (uint64_t)st.st_size;
	to->fd = fcntl(from->fd, F_DUPFD_CLOEXEC, 3);
	return to->fd >= 0 || err_errno(e, errno, "%s", to->name);
}

static bool copy_request(struct import *m, const struct import_request *rq, struct err *e)
{
	struct arena *a = &m->arena;
	m->by = *rq->by;
	m->by.email = arena_strdup(a, rq->by->email);
	m->by.address = arena_strdup(a, rq->by->address);
	m->mode = rq->mode;
	m->dataset = rq->dataset;
	m->baskets = rq->baskets;
	m->encoding = rq->encoding;
	m->unpivot = rq->unpivot;
	m->drop_rejected = rq->drop_rejected;
	m->groups = copy_text(a, rq->groups);
	m->later = rq->later;
	m->roles = arena_array(a, rq->n_roles + 1, sizeof *m->roles);
	m->sources = arena_array(a, rq->n_sources, sizeof *m->sources);
	m->keys = arena_array(a, rq->n_keys + 1, sizeof *m->keys);
	m->texts = arena_array(a, rq->n_texts + 1, sizeof *m->texts);
	m->renames = arena_array(a, rq->n_renames + 1, sizeof *m->renames);
	if (!m->roles || !m->sources || !m->keys || !m->texts || !m->renames)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many files or roles.");
	for (size_t i = 0; i < rq->n_roles; i++)
		m->roles[m->n_roles++] = (struct import_role){ .table = copy_text(a, rq->roles[i].table),
							       .column = arena_strdup(a, rq->roles[i].column),
							       .role = arena_strdup(a, rq->roles[i].role) };
	for (size_t i = 0; i < rq->n_texts; i++)
		m->texts[m->n_texts++] = arena_strdup(a, rq->texts[i]);
	for (size_t i = 0; i < rq->n_renames; i++)
		m->renames[m->n_renames++] = (struct column_rename){ .table = copy_text(a, rq->renames[i].table),
								     .column = arena_strdup(a, rq->renames[i].column),
								     .name = arena_strdup(a, rq->renames[i].name) };
	for (size_t i = 0; i < rq->n_keys; i++)
		m->keys[m->n_keys++] = (struct import_key){ .table = copy_text(a, rq->keys[i].table),
							    .column = arena_strdup(a, rq->keys[i].column) };
	for (size_t i = 0; i < rq->n_sources; i++) {
		if (!copy_source(m, &rq->sources[i], &m->sources[i], e))
			return false;
		m->n_sources++;
		m->bytes_total += m->sources[i].size;
	}
	return !a->failed || err_set(e, ERR_TOO_LARGE, NULL, "There are too many files or roles.");
}

static const char *files_json(struct import *m, const char *before)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(MIB);
	struct json_writer w = json_writer(&b);
	jw_open(&w, '[');
	if (before && strlen(before) > 2 && strlen(before) < 100000) {
		buf_add(&b, before + 1, strlen(before) - 2);
		w.comma = true;
	}
	for (size_t i = 0; i < m->n_sources; i++)
		jw_cstr(&w, m->sources[i].name);
	jw_close(&w, ']');
	return b.failed ? "[]" : arena_strndup(&m->arena, b.p, b.n);
}

static bool begin_new(struct import *m, struct db *db, struct version_begin *b, bool rename, struct err *e)
{
	struct err why = { 0 };
	for (int i = 1; i <= NAMES_TRIED; i++) {
		const char *name = i == 1 ? m->name : arena_printf(&m->arena, "%s %d", m->name, i);
		b->name = str_of(name);
		if (version_begin(db, b, &m->dataset, &m->version, &why)) {
			m->name = name;
			return true;
		}
		if (!rename || strcmp(why.code, "name_taken") != 0)
			break;
	}
	if (e)
		*e = why;
	return false;
}

const char *import_mode_name(enum import_mode mode)
{
	static const char *const names[] = { [IMPORT_CREATE] = "create",
					     [IMPORT_APPEND] = "append",
					     [IMPORT_REPLACE] = "replace",
					     [IMPORT_UPSERT] = "upsert" };
	return names[mode];
}

static bool reserve(struct import *m, struct db *db, const struct import_request *rq, struct err *e)
{
	struct version_begin b = { .org = m->by.org,
				   .user = m->by.user,
				   .dataset = m->dataset,
				   .mode = import_mode_name(m->mode),
				   .drop_rejected = m->drop_rejected };
	struct dataset d;
	if (m->mode == IMPORT_CREATE) {
		struct str given = str_trim(str_of(rq->name));
		b.dataset = 0;
		b.files_json = files_json(m, NULL);
		m->name = given.n ? arena_strndup(&m->arena, given.p, given.n)
				  : dataset_name_from_file(&m->arena, str_of(m->sources[0].name));
		return dataset_name_check(str_of(m->name), e) && begin_new(m, db, &b, rq->rename, e);
	}
	if (!dataset_find_ready(db, &m->arena, m->by.org, m->dataset, &d, e))
		return false;
	m->name = d.name;
	struct dataset_version was;
	if (!dataset_version_find(db, &m->arena, m->by.org, d.current, &was, e))
		return false;
	b.files_json = files_json(m, m->mode == IMPORT_REPLACE ? NULL : was.files_json);
	return version_begin(db, &b, &m->dataset, &m->version, e);
}

static void close_sources(struct import *m)
{
	for (size_t i = 0; i < m->n_sources; i++)
		fd_close(&m->sources[i].fd);
}

bool import_begin(struct instance *in, const struct import_request *rq, struct import **ret, struct err *e)
{
	struct db *db = NULL;
	if (!rq->n_sources)
		return err_field(e, ERR_VALUE, "file", "There is no file.");
	if (rq->n_sources > LIMIT_IMPORT_FILES)
		return err_field(e, ERR_VALUE, "file", "There are more than %d files.", LIMIT_IMPORT_FILES);
	if (!roles_check(rq->roles, rq->n_roles, e))
		return false;
	struct import *m = mem_zalloc(sizeof *m);
	m->in = in;
	m->arena = ARENA_INIT(ARENA_BYTES);
	bool ok = copy_request(m, rq, e) && db_pool_take(in->dbs, STORE_WAIT_MS, &db, e) &&
		  import_recognise(m, db, e) && reserve(m, db, rq, e);
	db_pool_give(in->dbs, &db);
	if (!ok) {
		close_sources(m);
		arena_free(&m->arena);
		free(m);
		return false;
	}
	*ret = m;
	return true;
}

int64_t import_dataset(const struct import *m)
{
	return m->dataset;
}

const char *import_name(const struct import *m)
{
	return m->name;
}

bool import_work(struct import *m, const struct import_watch *w, struct import_result *ret, struct err *e)
{
	struct db *db = NULL;
	m->watch = w;
	if (!watch_goes_on(w, e) || !db_pool_take(m->in->dbs, STORE_WAIT_MS, &db, e))
		return false;
	bool ok = import_all(m, db, e);
	struct dataset_version v = { 0 };
	if (ok)
		dataset_version_find(db, &m->arena, m->by.org, m->version, &v, NULL);
	db_pool_give(m->in->dbs, &db);
	if (!ok)
		return false;
	*ret = (struct import_result){ .dataset = m->dataset,
				       .version = m->version,
				       .number = v.number,
				       .rows = m->new_rows,
				       .rejects = m->new_rejects,
				       .rows_left_out = m->new_left_out,
				       .tables = m->n_tables,
				       .waits = m->later };
	return true;
}

void import_free(struct import **pm)
{
	struct import *m = *pm;
	if (!m)
		return;
	close_sources(m);
	for (size_t i = 0; i < m->n_sources; i++)
		if (m->sources[i].spool)
			spool_remove(m->in->spool, m->sources[i].spool);
	for (size_t i = 0; i < m->n_outputs; i++)
		segment_sink_free(&m->outputs[i].sink);
	/* Files before rows: on a full disk the store needs the room to forget the version. */
	for (size_t i = 0; i < m->n_fresh && !m->kept; i++)
		segment_remove(m->in->segments, m->fresh[i].id);
	if (!m->kept)
		publish_undo(m->in, m->by.org, m->version);
	reject_list_free(&m->rejects);
	free(m->outputs);
	free(m->fresh);
	arena_free(&m->arena);
	free(m);
	*pm = NULL;
}

bool import_run(struct instance *in, const struct import_request *rq, const struct import_watch *w,
		struct import_result *ret, struct err *e)
{
	CLEANUP(import_free) struct import *m = NULL;
	return import_begin(in, rq, &m, e) && import_work(m, w, ret, e);
}

/* -- as a job -- */

static void job_watch(void *ctx, double fraction, const char *message)
{
	job_progress(ctx, fraction, "%s", message);
}

/* As many as there is room for beside the rest: a result that is too long would be none. */
static void write_told(struct json_writer *w, const struct import *m)
{
	jw_key(w, "columns");
	jw_open(w, '[');
	for (const struct import_told *x = m->told; x && w->b->n < LIMIT_JOB_RESULT_BYTES / 2; x = x->next) {
		jw_open(w, '{');
		jw_kv_cstr(w, "table", x->table);
		jw_kv_cstr(w, "column", x->column);
		jw_kv_cstr(w, "what", x->what);
		if (x->from) {
			jw_kv_cstr(w, "from", x->from);
			jw_kv_cstr(w, "to", x->to);
		}
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static bool job_import(struct job *j, void *ctx, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(MIB);
	struct import_watch w = { .ctx = j, .progress = job_watch, .cancel = job_cancel_flag(j) };
	struct import_result r;
	if (!import_work(ctx, &w, &r, e))
		return false;
	struct json_writer jw = json_writer(&b);
	jw_open(&jw, '{');
	jw_kv_id(&jw, "dataset", r.dataset);
	jw_kv_id(&jw, "version", r.version);
	jw_kv_i64(&jw, "number", r.number);
	jw_kv_cstr(&jw, "state", version_state_name(r.waits ? VERSION_READY : VERSION_CURRENT));
	jw_kv_i64(&jw, "tables", (int64_t)r.tables);
	jw_kv_i64(&jw, "rows", r.rows);
	jw_kv_i64(&jw, "rejects", r.rejects);
	jw_kv_i64(&jw, "rows_read", r.rows + r.rows_left_out);
	jw_kv_i64(&jw, "rows_left_out", r.rows_left_out);
	write_told(&jw, ctx);
	jw_close(&jw, '}');
	job_set_result(j, buf_str(&b));
	return true;
}

static void free_import(void *ctx)
{
	struct import *m = ctx;
	import_free(&m);
}

bool import_start(struct instance *in, const struct import_request *rq, const char *kind, struct import_started *ret,
		  struct err *e)
{
	struct import *m = NULL;
	if (!in->jobs)
		return err_set(e, ERR_INTERNAL, NULL, "There is no queue for jobs.");
	if (!import_begin(in, rq, &m, e))
		return false;
	struct import_started s = { .dataset = m->dataset };
	snprintf(s.name, sizeof s.name, "%s", m->name);
	struct job_spec spec = { .kind = kind,
				 .org = m->by.org,
				 .user = m->by.user,
				 .object = m->dataset,
				 .run = job_import,
				 .ctx = m,
				 .free_ctx = free_import };
	if (!job_start(in->jobs, &spec, &s.job, e))
		return false;
	*ret = s;
	return true;
}
