#include "analysis/ask.h"

#include "base/limits.h"
#include "json/read.h"

#define ASK_ARENA (64 * MIB)
#define ASK_SECONDS 3600 /* an import's own questions; cancelled with it */

bool ask_open(struct ask *q, struct instance *inst, struct db *db, int64_t org, int64_t version,
	      const _Atomic bool *cancel, struct err *e)
{
	*q = (struct ask){ .inst = inst, .db = db, .org = org, .version = version, .cancel = cancel };
	q->arena = ARENA_INIT(ASK_ARENA);
	if (relations_of_version(inst, db, &q->arena, org, version, &q->relations, &q->schema, e) &&
	    relations_content(inst, db, &q->arena, org, version, &q->relations, &q->content, e))
		return true;
	ask_close(q);
	return false;
}

void ask_close(struct ask *q)
{
	relations_done(&q->relations);
	q->relations = (struct relations){ 0 };
	arena_free(&q->arena);
}

struct running {
	ask_batch *each;
	void *ctx;
};

static bool on_rows(void *ctx, const void *bytes, size_t n, struct err *e)
{
	struct running *r = ctx;
	struct columns_batch b;
	if (!columns_read(bytes, n, &b, e))
		return false;
	bool done = r->each(r->ctx, &b, e);
	columns_free(&b);
	return done;
}

bool ask_run(struct ask *q, const char *sql, const char *params, ask_batch *each, void *ctx, struct err *e)
{
	struct running r = { each, ctx };
	struct engine_result result;
	struct engine_request request = { .org = q->org,
					  .relations = q->relations.items,
					  .n_relations = q->relations.n,
					  .sql = sql,
					  .params_json = params,
					  .format = ENGINE_COLUMNS,
					  .max_rows = UINT64_MAX,
					  .max_bytes = UINT64_MAX,
					  .seconds = ASK_SECONDS,
					  .cancel = q->cancel,
					  .ctx = &r,
					  .rows = on_rows };
	return engine_run(q->inst->engines, &request, &result, e);
}

static bool keep(void *ctx, const void *p, size_t n, struct err *e)
{
	struct buf *b = ctx;
	buf_add(b, p, n);
	return !b->failed || err_set(e, ERR_LIMIT, NULL, "The answer is too long.");
}

bool ask_json(struct ask *q, const char *sql, size_t max_bytes, json_t **ret, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(max_bytes);
	struct engine_result result;
	struct engine_request request = { .org = q->org,
					  .relations = q->relations.items,
					  .n_relations = q->relations.n,
					  .sql = sql,
					  .format = ENGINE_JSON,
					  .seconds = ASK_SECONDS,
					  .cancel = q->cancel,
					  .ctx = &b,
					  .rows = keep };
	buf_adds(&b, "[");
	if (!engine_run(q->inst->engines, &request, &result, e))
		return false;
	buf_adds(&b, "]");
	return json_read(buf_str(&b), max_bytes + 1, ret, e);
}
