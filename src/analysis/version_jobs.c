#include "analysis/versions.h"

#include "analysis/instance.h"
#include "analysis/roles.h"
#include "base/arena.h"
#include "job/job.h"
#include "model/caller.h"
#include "json/write.h"

#include <stdlib.h>

struct version_job {
	struct instance *in;
	struct arena arena;
	struct caller by;
	int64_t dataset, number; /* number 0: roles */
	bool confirm;
	struct import_role *roles;
	size_t n_roles;
};

static void free_job(void *ctx)
{
	struct version_job *v = ctx;
	arena_free(&v->arena);
	free(v);
}

static void watch(void *ctx, double fraction, const char *message)
{
	job_progress(ctx, fraction, "%s", message);
}

static bool run_job(struct job *j, void *ctx, struct err *e)
{
	struct version_job *v = ctx;
	struct import_watch w = { .ctx = j, .progress = watch, .cancel = job_cancel_flag(j) };
	CLEANUP(buf_free) struct buf b = BUF_INIT(KIB);
	int64_t version;
	bool ok = v->confirm  ? versions_confirm(v->in, &v->by, v->dataset, v->number, &w, &version, e)
		  : v->number ? versions_activate(v->in, &v->by, v->dataset, v->number, &w, &version, e)
			      : versions_set_roles(v->in, &v->by, v->dataset, v->roles, v->n_roles, &w, &version, e);
	if (!ok)
		return false;
	struct json_writer jw = json_writer(&b);
	jw_open(&jw, '{');
	jw_kv_id(&jw, "dataset", v->dataset);
	jw_kv_id(&jw, "version", version);
	jw_close(&jw, '}');
	job_set_result(j, buf_str(&b));
	return true;
}

static struct version_job *new_job(struct instance *in, const struct caller *by, int64_t dataset)
{
	struct version_job *v = mem_zalloc(sizeof *v);
	v->in = in;
	v->arena = ARENA_INIT(16 * MIB);
	v->by = *by;
	v->by.email = arena_strdup(&v->arena, by->email);
	v->by.address = arena_strdup(&v->arena, by->address);
	v->dataset = dataset;
	return v;
}

static bool start(struct version_job *v, const char *kind, int64_t *ret_job, struct err *e)
{
	struct job_spec spec = { .kind = kind,
				 .org = v->by.org,
				 .user = v->by.user,
				 .object = v->dataset,
				 .run = run_job,
				 .ctx = v,
				 .free_ctx = free_job };
	if (v->in->jobs && !v->arena.failed)
		return job_start(v->in->jobs, &spec, ret_job, e);
	free_job(v);
	return err_set(e, ERR_TOO_LARGE, NULL, "There are too many roles.");
}

bool versions_start_roles(struct instance *in, const struct caller *by, int64_t dataset,
			  const struct import_role *roles, size_t n, int64_t *ret_job, struct err *e)
{
	if (!roles_check(roles, n, e))
		return false;
	struct version_job *v = new_job(in, by, dataset);
	v->roles = arena_array(&v->arena, n + 1, sizeof *v->roles);
	for (size_t i = 0; v->roles && i < n; i++)
		v->roles[v->n_roles++] =
			(struct import_role){ .table = roles[i].table ? arena_strdup(&v->arena, roles[i].table) : NULL,
					      .column = arena_strdup(&v->arena, roles[i].column),
					      .role = arena_strdup(&v->arena, roles[i].role) };
	return start(v, "roles", ret_job, e);
}

bool versions_start_activate(struct instance *in, const struct caller *by, int64_t dataset, int64_t number,
			     int64_t *ret_job, struct err *e)
{
	struct version_job *v = new_job(in, by, dataset);
	v->number = number;
	return start(v, "activate", ret_job, e);
}

bool versions_start_confirm(struct instance *in, const struct caller *by, int64_t dataset, int64_t number,
			    int64_t *ret_job, struct err *e)
{
	struct version_job *v = new_job(in, by, dataset);
	v->number = number;
	v->confirm = true;
	return start(v, "confirm", ret_job, e);
}
