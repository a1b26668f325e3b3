/* POST /load_db: a client base in, its statistics out, in one request. */
#include "analysis/load_answer.h"
#include "api/warehouse.h"

static bool import_and_wait(struct request *q, int64_t *ret_dataset, struct err *e)
{
	CLEANUP(upload_free) struct upload u = { 0 };
	struct import_started s;
	struct job_info done;
	if (!upload_read(q, &u, e))
		return false;
	if (u.mode.n)
		return err_field(e, ERR_VALUE, "mode", "A new data set has no mode.");
	if (u.later)
		return err_field(e, ERR_VALUE, "confirm",
				 "The statistics are of what is loaded: it is confirmed at once.");
	struct import_request rq = { .by = api_caller(q),
				     .mode = IMPORT_CREATE,
				     .rename = !u.name.n,
				     .name = arena_strndup(request_arena(q), u.name.p ? u.name.p : "", u.name.n),
				     .sources = u.sources,
				     .n_sources = u.n_sources,
				     .roles = u.roles,
				     .n_roles = u.n_roles,
				     .baskets = u.baskets,
				     .renames = u.renames,
				     .n_renames = u.n_renames,
				     .texts = u.texts,
				     .n_texts = u.n_texts,
				     .encoding = u.encoding,
				     .unpivot = u.unpivot,
				     .groups = u.groups,
				     .drop_rejected = u.drop_rejected };
	if (!import_start(api_instance(q), &rq, "load_db", &s, e))
		return false;
	u.n_sources = 0; /* they are the import's now */
	if (!job_outcome(q, s.job, true, &done, e))
		return false;
	*ret_dataset = s.dataset;
	return true;
}

static bool send_piece(void *ctx, struct str bytes, struct err *e)
{
	return response_write(ctx, bytes.p, bytes.n, e);
}

static bool load_db(struct request *q, struct response *r, struct err *e)
{
	int64_t users = DEFAULT_LOAD_USERS, id, org = api_caller(q)->org;
	struct dataset d;
	struct db *db;
	if (!request_query_i64(q, "users_limit", 0, INT64_MAX, &users, e) || !import_and_wait(q, &id, e) ||
	    !api_db_take(q, &db, e) || !dataset_find_ready(db, request_arena(q), org, id, &d, e))
		return false;
	return response_stream_begin(r, 200, "application/json", e) &&
	       load_answer(db, org, d.id, d.current, users, send_piece, r, e) && response_end(r, e);
}

static const struct route_param params[] = {
	{ "users_limit", ROUTE_PARAM_I64, "How many customers the answer names; 1000 unless said, 0 = all." },
};
static const struct route routes[] = {
	{ .method = "POST",
	  .path = "/load_db",
	  .handle = load_db,
	  .flags = ROUTE_STREAM | ROUTE_MULTIPART,
	  .permission = PERM_DATASET_WRITE,
	  .query = params,
	  .n_query = countof(params),
	  .summary = "Load a client base (`file`, optional `name`) and answer its statistics when done." },
};
const struct resource load_resource = { "bank", "The bank's interface", routes, countof(routes) };
