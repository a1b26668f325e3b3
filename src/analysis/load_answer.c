#include "analysis/load_answer.h"

#include "analysis/stats.h"
#include "base/buf.h"
#include "base/ids.h"
#include "base/limits.h"
#include "model/customer.h"
#include "json/write.h"

#include <stdio.h>

#define PIECE_BYTES (64 * KIB)

struct answer {
	struct buf b;
	struct json_writer w;
	int64_t n;
	bool (*sink)(void *ctx, struct str bytes, struct err *e);
	void *ctx;
};

static bool flush(struct answer *a, size_t at_least, struct err *e)
{
	if (a->b.n < at_least)
		return true;
	if (!a->sink(a->ctx, buf_str(&a->b), e))
		return false;
	buf_clear(&a->b);
	return true;
}

static bool each_user(void *ctx, const struct customer *c, struct err *e)
{
	struct answer *a = ctx;
	char key[24];
	snprintf(key, sizeof key, "%lld", (long long)++a->n);
	jw_key(&a->w, key);
	jw_open(&a->w, '{');
	jw_kv_str(&a->w, "id", c->id);
	jw_kv_str(&a->w, "FIO", c->name);
	jw_close(&a->w, '}');
	return flush(a, PIECE_BYTES, e);
}

static const char no_customers[] =
	"{\"num_users\":0,\"popular_product\":{\"name\":\"\",\"num_sales\":0,"
	"\"percentage_take_produckt\":0},\"top_10_product\":{\"1\":\"\",\"2\":\"\",\"3\":\"\","
	"\"4\":\"\",\"5\":\"\",\"6\":\"\",\"7\":\"\",\"8\":\"\",\"9\":\"\",\"10\":\"\"}}";

static bool write_answer(struct answer *a, struct db *db, int64_t org, int64_t dataset, int64_t version, int64_t limit,
			 struct err *e)
{
	struct card_set set;
	bool any = card_set_find(db, org, version, &set, e);
	if (!any && e->kind != ERR_NOT_FOUND)
		return false;
	jw_open(&a->w, '{');
	jw_kv_i64(&a->w, "index_result", 200);
	jw_kv_id(&a->w, "dataset", dataset);
	jw_key(&a->w, "stat");
	if (any && !stats_load_db_json(db, org, version, &a->b, e))
		return false;
	if (!any)
		buf_adds(&a->b, no_customers);
	a->w.comma = true;
	jw_key(&a->w, "users");
	jw_open(&a->w, '{');
	if (any && !customer_scan(db, &set, 0, limit > 0 ? limit : INT64_MAX, each_user, a, e))
		return false;
	jw_close(&a->w, '}');
	jw_close(&a->w, '}');
	return flush(a, 1, e);
}

bool load_answer(struct db *db, int64_t org, int64_t dataset, int64_t version, int64_t users_limit,
		 bool (*sink)(void *ctx, struct str bytes, struct err *e), void *ctx, struct err *e)
{
	struct answer a = { .b = BUF_INIT(LIMIT_RESPONSE_BYTES), .sink = sink, .ctx = ctx };
	a.w = json_writer(&a.b);
	bool done = write_answer(&a, db, org, dataset, version, users_limit, e);
	buf_free(&a.b);
	return done;
}
