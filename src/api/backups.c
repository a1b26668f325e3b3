/* Backups made from the page, kept in the data folder. Restoring one is a command: it replaces what is served. */
#include "analysis/backup_keep.h"
#include "api/api.h"
#include "base/clock.h"
#include "base/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define COPY_BYTES (256 * KIB)

static bool backups_get(struct request *q, struct response *r, struct err *e)
{
	struct backup_file *list;
	size_t n;
	if (!backups_list(api_instance(q), api_caller(q), request_arena(q), &list, &n, e))
		return false;
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	jw_kv_i64(w, "most", LIMIT_BACKUPS_KEPT);
	jw_key(w, "items");
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		jw_open(w, '{');
		jw_kv_id(w, "id", list[i].id);
		jw_kv_time(w, "made_at", list[i].made_at);
		jw_kv_i64(w, "bytes", (int64_t)list[i].bytes);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_kv_null(w, "next");
	jw_kv_i64(w, "total", (int64_t)n);
	jw_close(w, '}');
	return true;
}

static bool backups_post(struct request *q, struct response *r, struct err *e)
{
	int64_t job;
	if (!backups_start(api_instance(q), api_db(q), api_caller(q), &job, e))
		return false;
	struct json_writer *w = response_json(r, 202);
	response_headerf(r, "Location", "/api/v1/jobs/%lld", (long long)job);
	jw_open(w, '{');
	jw_key(w, "job");
	jw_open(w, '{');
	jw_kv_id(w, "id", job);
	jw_close(w, '}');
	jw_close(w, '}');
	return true;
}

/* "vitrina-2026-11-21-0930.backup", by the server's clock. */
static void file_name(const struct backup_file *f, struct response *r)
{
	char when[32];
	time_t seconds = (time_t)(f->made_at / USEC_PER_SEC);
	struct tm t;
	gmtime_r(&seconds, &t);
	strftime(when, sizeof when, "%Y-%m-%d-%H%M", &t);
	response_headerf(r, "Content-Disposition", "attachment; filename=\"vitrina-%s.backup\"", when);
}

static bool backups_file(struct request *q, struct response *r, struct err *e)
{
	CLEANUP(fd_close) int fd = -1;
	CLEANUP(str_freep) char *chunk = mem_alloc(COPY_BYTES);
	struct backup_file f;
	int64_t id;
	if (!request_param_id(q, "id", &id, e) ||
	    !backups_open(api_instance(q), api_db(q), api_caller(q), id, &fd, &f, e))
		return false;
	api_db_release(q);
	file_name(&f, r);
	if (!response_stream_begin(r, 200, "application/octet-stream", e))
		return false;
	for (;;) {
		ssize_t n = read(fd, chunk, COPY_BYTES);
		if (n < 0)
			return err_errno(e, errno, "backup");
		if (n == 0)
			return response_end(r, e);
		if (!response_write(r, chunk, (size_t)n, e))
			return false;
	}
}

static bool backups_delete(struct request *q, struct response *r, struct err *e)
{
	int64_t id;
	if (!request_param_id(q, "id", &id, e) || !backups_remove(api_instance(q), api_db(q), api_caller(q), id, e))
		return false;
	response_no_content(r);
	return true;
}

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/backups",
	  .answer = "Backups",
	  .handle = backups_get,
	  .permission = PERM_BACKUP,
	  .summary = "Backups kept on the server, newest first." },
	{ .method = "POST",
	  .path = "/api/v1/backups",
	  .answer = "JobStarted",
	  .handle = backups_post,
	  .permission = PERM_BACKUP,
	  .summary =
		  "Make one: a job. 409 while one is being made, when there are too many, or when the disk is full." },
	{ .method = "GET",
	  .path = "/api/v1/backups/{id}/file",
	  .handle = backups_file,
	  .flags = ROUTE_STREAM,
	  .permission = PERM_BACKUP,
	  .summary = "The file itself, encrypted; to be restored with the key of the data folder." },
	{ .method = "DELETE",
	  .path = "/api/v1/backups/{id}",
	  .handle = backups_delete,
	  .permission = PERM_BACKUP,
	  .summary = "Delete one." },
};

const struct resource backups_resource = { "backups", "Backups of everything, for the bank's administrator.", routes,
					   countof(routes) };
