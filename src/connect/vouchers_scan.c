/* Every customer over the limit, as a job. */
#include "connect/vouchers_inner.h"

#include "analysis/spending.h"
#include "base/limits.h"
#include "connect/mongo.h"
#include "db/pool.h"
#include "job/job.h"
#include "model/customer.h"
#include "json/write.h"

#include <stdlib.h>

#define STORE_WAIT_MS 10000
#define TURN_MS 60000 /* for the turn of a job */

struct scan {
	struct vouchers *v;
	struct arena arena;
	struct caller by;
	int64_t dataset, version;
	struct job *job;
	size_t found;
};

static void free_scan(void *ctx)
{
	struct scan *s = ctx;
	arena_free(&s->arena);
	free(s);
}

static void on_progress(void *ctx, int64_t written)
{
	struct scan *s = ctx;
	job_progress(s->job, 0.1 + 0.9 * (double)written / (double)MAX(s->found, (size_t)1), "writing %lld of %zu",
		     (long long)written, s->found);
}

/* Everybody over the limit as entries. */
static bool find(struct scan *s, struct db *db, struct voucher **ret, struct err *e)
{
	struct spending_customer *rich;
	struct card_set set;
	int64_t limit, now = voucher_now();
	if (!card_set_find(db, s->by.org, s->version, &set, e) || !voucher_limit(db, s->by.org, &limit, e) ||
	    !spending_above(s->v->in, db, &set, limit, &s->arena, &rich, &s->found, e))
		return false;
	struct voucher *list = arena_array(&s->arena, s->found + 1, sizeof *list);
	if (!list)
		return err_set(e, ERR_LIMIT, NULL, "the list takes too much memory");
	for (size_t i = 0; i < s->found; i++)
		list[i] = (struct voucher){ rich[i].id, rich[i].spend, now };
	*ret = list;
	return true;
}

static bool put(struct scan *s, struct db *db, const struct voucher *list, struct voucher_counts *ret, struct err *e)
{
	struct vouchers_watch w = { .cancel = job_cancel_flag(s->job),
				    .progress = on_progress,
				    .ctx = s,
				    .retry_seconds = LIMIT_VOUCHER_RETRY_SECONDS };
	if (!s->v->mongo)
		return voucher_put(db, &s->by, list, s->found, ret, e);
	if (!vouchers_lock(s->v, s->by.org, TURN_MS, e))
		return false;
	bool good = vouchers_put_locked(s->v, db, s->by.org, list, s->found, &w, ret, e);
	vouchers_unlock(s->v, s->by.org);
	return good && voucher_audit(db, &s->by, list, s->found, e);
}

static bool scan_with(struct scan *s, struct db *db, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(KIB);
	struct voucher_counts counts;
	struct voucher *list = NULL;
	job_progress(s->job, 0.01, "finding customers");
	if (!find(s, db, &list, e))
		return false;
	job_progress(s->job, 0.1, "writing %zu", s->found);
	if (!put(s, db, list, &counts, e))
		return false;
	struct json_writer w = json_writer(&b);
	jw_open(&w, '{');
	jw_kv_i64(&w, "found", (int64_t)s->found);
	jw_kv_i64(&w, "created", counts.created);
	jw_kv_i64(&w, "updated", counts.updated);
	jw_close(&w, '}');
	job_set_result(s->job, buf_str(&b));
	return true;
}

static bool run(struct job *j, void *ctx, struct err *e)
{
	struct scan *s = ctx;
	struct db *db = NULL;
	s->job = j;
	bool good = db_pool_take(s->v->in->dbs, STORE_WAIT_MS, &db, e) && scan_with(s, db, e);
	db_pool_give(s->v->in->dbs, &db);
	return good;
}

bool vouchers_scan(struct vouchers *v, struct db *db, const struct caller *by, int64_t dataset, int64_t version,
		   int64_t *ret_job, struct err *e)
{
	if (v->mongo && !mongo_ping(v->mongo, e))
		return false;
	struct scan *s = mem_zalloc(sizeof *s);
	s->v = v;
	s->arena = ARENA_INIT(LIMIT_VOUCHER_SCAN_BYTES);
	s->by = *by;
	s->by.email = arena_strdup(&s->arena, by->email);
	s->by.address = arena_strdup(&s->arena, by->address);
	s->dataset = dataset;
	s->version = version;
	struct job_spec spec = { .kind = "voucher_scan",
				 .org = by->org,
				 .user = by->user,
				 .object = dataset,
				 .run = run,
				 .ctx = s,
				 .free_ctx = free_scan };
	return job_start(v->in->jobs, &spec, ret_job, e);
}
