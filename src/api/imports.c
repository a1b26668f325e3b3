/* Files in: a new data set, or the next version of one. */
#include "api/warehouse.h"

#include "base/limits.h"

static bool start(struct request *q, struct upload *u, enum import_mode mode, int64_t dataset,
		  struct import_started *ret, struct err *e)
{
	char *name = arena_strndup(request_arena(q), u->name.p ? u->name.p : "", u->name.n);
	struct import_request rq = { .by = api_caller(q),
				     .mode = mode,
				     .dataset = dataset,
				     .name = name,
				     .sources = u->sources,
				     .n_sources = u->n_sources,
				     .roles = u->roles,
				     .n_roles = u->n_roles,
				     .baskets = u->baskets,
				     .keys = u->keys,
				     .n_keys = u->n_keys,
				     .renames = u->renames,
				     .n_renames = u->n_renames,
				     .texts = u->texts,
				     .n_texts = u->n_texts,
				     .encoding = u->encoding,
				     .unpivot = u->unpivot,
				     .groups = u->groups,
				     .drop_rejected = u->drop_rejected,
				     .later = u->later };
	if (!import_start(api_instance(q), &rq, "import", ret, e))
		return false;
	u->n_sources = 0; /* they are the import's now */
	return job_early_outcome(q, ret->job, e);
}

static void answer(struct response *r, const struct import_started *s)
{
	job_answer(r, s->dataset, s->name, s->job);
}

static bool datasets_create(struct request *q, struct response *r, struct err *e)
{
	CLEANUP(upload_free) struct upload u = { 0 };
	struct import_started s;
	if (!upload_read(q, &u, e))
		return false;
	if (u.mode.n)
		return err_field(e, ERR_VALUE, "mode", "A new data set has no mode.");
	if (u.n_keys)
		return err_field(e, ERR_VALUE, "key", "A new data set has nothing that a key could find.");
	if (!start(q, &u, IMPORT_CREATE, 0, &s, e))
		return false;
	answer(r, &s);
	return true;
}

static bool versions_create(struct request *q, struct response *r, struct err *e)
{
	CLEANUP(upload_free) struct upload u = { 0 };
	struct import_started s;
	struct dataset d;
	/* Before gigabytes are read for nothing. */
	if (!dataset_of_path(q, &d, e) || !upload_read(q, &u, e))
		return false;
	if (u.name.n)
		return err_field(e, ERR_VALUE, "name", "The data set keeps its name.");
	enum import_mode mode = str_is(u.mode, "append")    ? IMPORT_APPEND
				: str_is(u.mode, "replace") ? IMPORT_REPLACE
				: str_is(u.mode, "upsert")  ? IMPORT_UPSERT
							    : IMPORT_CREATE;
	if (mode == IMPORT_CREATE)
		return err_field(e, ERR_VALUE, "mode", "The mode is \"append\", \"replace\" or \"upsert\".");
	if (!start(q, &u, mode, d.id, &s, e))
		return false;
	answer(r, &s);
	return true;
}

static const struct route routes[] = {
	{ .method = "POST",
	  .path = "/api/v1/datasets",
	  .answer = "ImportStarted",
	  .handle = datasets_create,
	  .flags = ROUTE_STREAM | ROUTE_MULTIPART,
	  .permission = PERM_DATASET_WRITE,
	  .summary =
		  "Load files as a new data set: `file` (one or more), `name`, `as`, `role`, `rename`, `groups` (headings of groups of rows: "
		  "keep them as rows, or make columns of them also where it is not sure), `confirm` "
		  "(now, or "
		  "later to "
		  "look at it first), `encoding` (of text files whose letters come out wrong: UTF-8, CP1250, "
		  "CP1251, CP1252, KOI8-R, CP866)." },
	{ .method = "POST",
	  .path = "/api/v1/datasets/{id}/versions",
	  .handle = versions_create,
	  .flags = ROUTE_STREAM | ROUTE_MULTIPART,
	  .permission = PERM_DATASET_WRITE,
	  .summary =
		  "Load files as the next version: `file`, `mode` (append, replace, or upsert: rows "
		  "with a `key` that is there are changed), `as`, `role`, `rename`, `confirm` (now or "
		  "later), `encoding`, `text` (a column kept as it stands in the file; only so does an append make a "
		  "column of numbers or dates one of texts). The job's result says under `columns` which were "
		  "widened, new, or missing in the file." },
};
const struct resource imports_resource = { "imports", "Loading files", routes, countof(routes) };
