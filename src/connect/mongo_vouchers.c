#include "connect/mongo_vouchers.h"

#include "base/limits.h"
#include "model/customer.h"

#include <math.h>
#include <stdio.h>

/* Updates in one command: a server may hold a cursor for each until the command's end, and have a hundred of them. */
#define PIECE 50
#define INDEX_NAME "vitrina_user_id_org"

static void add_user_id(bson_t *b, const char *key, struct str id)
{
	int64_t number;
	if (voucher_number(id, &number))
		bson_append_int64(b, key, -1, number);
	else
		bson_append_utf8(b, key, -1, id.p, (int)id.n);
}

enum key { BY_ID, BY_FIELDS };

/* {_id: "ORG:USER"}, which every server finds without looking through the collection; or {user_id, org}. */
static bson_t *key_of(enum key key, int64_t org, struct str id)
{
	bson_t *b = bson_new();
	if (key == BY_ID) {
		char text[VOUCHER_ID_BYTES + 32];
		snprintf(text, sizeof text, "%lld:%.*s", (long long)org, STR_ARG(id));
		BSON_APPEND_UTF8(b, "_id", text);
	} else {
		add_user_id(b, "user_id", id);
		BSON_APPEND_INT64(b, "org", org);
	}
	return b;
}

static bson_t *change_of(enum key key, int64_t org, const struct voucher *v)
{
	bson_t *b = bson_new(), set;
	BSON_APPEND_DOCUMENT_BEGIN(b, "$set", &set);
	if (key == BY_ID) {
		add_user_id(&set, "user_id", v->user_id);
		BSON_APPEND_INT64(&set, "org", org);
	}
	BSON_APPEND_DOUBLE(&set, "total_spending", (double)v->total / MONEY_SCALE);
	BSON_APPEND_DATE_TIME(&set, "updated_at", v->at / 1000);
	bson_append_document_end(b, &set);
	return b;
}

/* Made when it is not there; asking again costs one round trip and keeps a collection that was dropped unique. */
static bool make_index(struct mongo *m, mongoc_client_t *c, bson_error_t *why)
{
	bson_t *command = BCON_NEW("createIndexes", BCON_UTF8(mongo_collection_name(m)), "indexes", "[", "{", "key",
				   "{", "user_id", BCON_INT32(1), "org", BCON_INT32(1), "}", "name",
				   BCON_UTF8(INDEX_NAME), "unique", BCON_BOOL(true), "}", "]");
	bool good = mongoc_client_write_command_with_opts(c, mongo_database_name(m), command, NULL, NULL, why);
	bson_destroy(command);
	return good;
}

static int64_t reply_count(const bson_t *reply, const char *name)
{
	bson_iter_t at;
	return bson_iter_init_find(&at, reply, name) ? bson_iter_as_int64(&at) : 0;
}

static bool bulk_once(mongoc_collection_t *coll, enum key by, int64_t org, const struct voucher *list, size_t n,
		      struct voucher_counts *ret, bool *ret_written, bson_error_t *why)
{
	bson_t *opts = BCON_NEW("ordered", BCON_BOOL(false)), *upsert = BCON_NEW("upsert", BCON_BOOL(true)), reply;
	mongoc_bulk_operation_t *bulk = mongoc_collection_create_bulk_operation_with_opts(coll, opts);
	bool good = true;
	for (size_t i = 0; i < n && good; i++) {
		bson_t *key = key_of(by, org, list[i].user_id), *change = change_of(by, org, &list[i]);
		good = mongoc_bulk_operation_update_one_with_opts(bulk, key, change, upsert, why);
		bson_destroy(key);
		bson_destroy(change);
	}
	bson_init(&reply);
	if (good) {
		bson_destroy(&reply);
		good = mongoc_bulk_operation_execute(bulk, &reply, why) != 0;
		int64_t created = reply_count(&reply, "nUpserted"), matched = reply_count(&reply, "nMatched");
		*ret = (struct voucher_counts){ created, matched };
		/* Of a connection that broke nobody knows; one that was never made wrote nothing. */
		*ret_written |= good || created + matched > 0 || why->domain == MONGOC_ERROR_STREAM;
	}
	bson_destroy(&reply);
	mongoc_bulk_operation_destroy(bulk);
	bson_destroy(upsert);
	bson_destroy(opts);
	return good;
}

/*
 * Two upserts of a new customer at the same time: one inserts, the other is told of the key and comes again. A document
 * that is not ours has another _id; then it is found by its fields.
 */
static bool put_piece(mongoc_collection_t *coll, int64_t org, const struct voucher *list, size_t n,
		      struct voucher_counts *ret, bool *ret_written, bson_error_t *why)
{
	static const enum key tries[] = { BY_ID, BY_ID, BY_FIELDS };
	struct voucher_counts counts = { 0 };
	bool good = false;
	for (size_t i = 0; i < countof(tries) && !good; i++) {
		memset(why, 0, sizeof *why);
		good = bulk_once(coll, tries[i], org, list, n, &counts, ret_written, why);
		if (!good && !mongo_is_duplicate(why))
			return false;
	}
	ret->created += counts.created;
	ret->updated += counts.updated;
	return good;
}

bool mongo_vouchers_put(struct mongo *m, int64_t org, const struct voucher *list, size_t n, struct voucher_counts *ret,
			bool *ret_written, struct err *e)
{
	mongoc_client_t *c;
	bson_error_t why = { 0 };
	*ret = (struct voucher_counts){ 0 };
	*ret_written = false;
	if (!n)
		return true;
	if (!mongo_take(m, &c, e))
		return false;
	mongoc_collection_t *coll = mongo_collection(m, c);
	bool good = make_index(m, c, &why);
	for (size_t i = 0; i < n && good; i += PIECE)
		good = put_piece(coll, org, list + i, MIN(n - i, (size_t)PIECE), ret, ret_written, &why);
	mongoc_collection_destroy(coll);
	mongo_give(m, c);
	return good || mongo_failed(m, &why, "write vouchers", e);
}

/* Numbers come before texts in MongoDB's order too, but a comparison stays within one type. */
static bson_t *filter_of(int64_t org, struct str after)
{
	int64_t number;
	bson_t *b = bson_new(), part, more, either, list;
	BSON_APPEND_INT64(b, "org", org);
	if (!after.p)
		return b;
	if (!voucher_number(after, &number)) {
		BSON_APPEND_DOCUMENT_BEGIN(b, "user_id", &part);
		add_user_id(&part, "$gt", after);
		bson_append_document_end(b, &part);
		return b;
	}
	BSON_APPEND_ARRAY_BEGIN(b, "$or", &list);
	BSON_APPEND_DOCUMENT_BEGIN(&list, "0", &either);
	BSON_APPEND_DOCUMENT_BEGIN(&either, "user_id", &more);
	BSON_APPEND_INT64(&more, "$gt", number);
	bson_append_document_end(&either, &more);
	bson_append_document_end(&list, &either);
	BSON_APPEND_DOCUMENT_BEGIN(&list, "1", &either);
	BSON_APPEND_DOCUMENT_BEGIN(&either, "user_id", &more);
	BSON_APPEND_UTF8(&more, "$type", "string");
	bson_append_document_end(&either, &more);
	bson_append_document_end(&list, &either);
	bson_append_array_end(b, &list);
	return b;
}

/* What another program wrote into the collection need not have our form: such a document is left out. */
static bool read_one(const bson_t *doc, struct arena *a, struct voucher *ret)
{
	bson_iter_t id, total, at;
	if (!bson_iter_init_find(&id, doc, "user_id") || !bson_iter_init_find(&total, doc, "total_spending") ||
	    !BSON_ITER_HOLDS_NUMBER(&total))
		return false;
	double amount = round(bson_iter_as_double(&total) * MONEY_SCALE);
	if (!(fabs(amount) <= (double)VOUCHER_TOTAL_MOST))
		return false;
	uint32_t bytes;
	if (BSON_ITER_HOLDS_UTF8(&id)) {
		const char *text = bson_iter_utf8(&id, &bytes);
		ret->user_id = str_n(arena_strndup(a, text, bytes), bytes);
	} else if (BSON_ITER_HOLDS_INT(&id)) {
		ret->user_id = str_of(arena_printf(a, "%lld", (long long)bson_iter_as_int64(&id)));
	} else {
		return false;
	}
	ret->total = (int64_t)amount;
	ret->at = bson_iter_init_find(&at, doc, "updated_at") && BSON_ITER_HOLDS_DATE_TIME(&at)
			  ? bson_iter_date_time(&at) * 1000
			  : INT64_MIN;
	return true;
}

static bool read_page(mongoc_collection_t *coll, int64_t org, struct str after, size_t most, struct arena *a,
		      struct voucher **ret, size_t *ret_n, bson_error_t *why)
{
	struct voucher *list = arena_array(a, most + 1, sizeof *list);
	const bson_t *doc;
	size_t n = 0;
	bson_t *filter = filter_of(org, after);
	bson_t *opts = BCON_NEW("sort", "{", "user_id", BCON_INT32(1), "}", "batchSize",
				BCON_INT32((int32_t)MIN(most, (size_t)LIMIT_PAGE + 1)));
	mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(coll, filter, opts, NULL);
	while (list && n < most && mongoc_cursor_next(cursor, &doc))
		n += read_one(doc, a, &list[n]);
	bool good = !mongoc_cursor_error(cursor, why);
	mongoc_cursor_destroy(cursor);
	bson_destroy(opts);
	bson_destroy(filter);
	*ret = list;
	*ret_n = n;
	return good;
}

bool mongo_vouchers_list(struct mongo *m, int64_t org, struct str after, size_t most, struct arena *a,
			 struct voucher **ret, size_t *ret_n, int64_t *ret_total, struct err *e)
{
	mongoc_client_t *c;
	bson_error_t why = { 0 };
	if (!mongo_take(m, &c, e))
		return false;
	mongoc_collection_t *coll = mongo_collection(m, c);
	bson_t *all = filter_of(org, (struct str){ 0 });
	int64_t total = ret_total ? mongoc_collection_count_documents(coll, all, NULL, NULL, NULL, &why) : 0;
	if (ret_total)
		*ret_total = total;
	bool good = total >= 0 && read_page(coll, org, after, most, a, ret, ret_n, &why);
	bson_destroy(all);
	mongoc_collection_destroy(coll);
	mongo_give(m, c);
	if (!good)
		return mongo_failed(m, &why, "list vouchers", e);
	return !a->failed || err_set(e, ERR_LIMIT, NULL, "the list takes too much memory");
}
