/* The voucher list: writing one or several customers, reading it, finding everybody over the limit, the limit itself.
 */
#include "connect/vouchers.h"

#include "analysis/spending.h"
#include "api/scope.h"
#include "api/table_file.h"
#include "base/clock.h"
#include "base/limits.h"
#include "model/audit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct voucher_body {
	json_t *user_id;
	double total;
};
static const struct json_field voucher_fields[] = {
	{ .name = "user_id",
	  .type = JSON_FIELD_ANY,
	  .offset = offsetof(struct voucher_body, user_id),
	  .required = true,
	  .doc = "A whole number, or a text." },
	{ "total_spending", JSON_FIELD_F64, offsetof(struct voucher_body, total), true, 0, 0, NULL,
	  "At least the voucher limit." },
};
static const struct json_table voucher_table = { "Voucher", voucher_fields, countof(voucher_fields) };

static bool read_id(struct arena *a, const json_t *v, struct str *ret, struct err *e)
{
	if (json_is_integer(v))
		*ret = str_of(arena_printf(a, "%lld", (long long)json_integer_value(v)));
	else if (json_is_string(v))
		*ret = str_n(json_string_value(v), json_string_length(v));
	else
		return err_field(e, ERR_VALUE, "user_id", "A whole number or a text is wanted.");
	return (ret->n && ret->n <= VOUCHER_ID_BYTES) ||
	       err_field(e, ERR_VALUE, "user_id", "An id has from 1 to %d bytes.", VOUCHER_ID_BYTES);
}

/* One entry of the body, checked but for whether the customer is known. */
static bool read_one(struct arena *a, const json_t *v, int64_t limit, struct voucher *ret, struct err *e)
{
	struct voucher_body body = { 0 };
	CLEANUP(buf_free) struct buf least = BUF_INIT(100);
	if (!json_parse(v, &voucher_table, &body, e) || !read_id(a, body.user_id, &ret->user_id, e))
		return false;
	if (body.total > (double)VOUCHER_TOTAL_MOST / MONEY_SCALE)
		return err_field(e, ERR_VALUE, "total_spending", "This is more than anybody can have spent.");
	double total = round(body.total * MONEY_SCALE);
	money_write(&least, limit);
	if (total < (double)limit)
		return err_field(e, ERR_VALUE, "total_spending", "This is below the voucher limit of %s.", least.p);
	ret->total = (int64_t)total;
	ret->at = voucher_now();
	return true;
}

/* Names the entry of a list. */
static bool in_list(size_t i, struct err *e)
{
	char field[sizeof e->field];
	snprintf(field, sizeof field, "[%zu]%s%.60s", i, e->field[0] ? "." : "", e->field);
	memcpy(e->field, field, sizeof field);
	return false;
}

static int by_id(const void *a, const void *b)
{
	const struct voucher *const *x = a, *const *y = b;
	int order = str_cmp((*x)->user_id, (*y)->user_id);
	return order ? order : (*x > *y) - (*x < *y);
}

static bool check_doubles(struct arena *a, const struct voucher *list, size_t n, struct err *e)
{
	const struct voucher **sorted = arena_array(a, n + 1, sizeof *sorted);
	if (!sorted)
		return err_set(e, ERR_TOO_LARGE, NULL, "The list is too long.");
	for (size_t i = 0; i < n; i++)
		sorted[i] = &list[i];
	qsort(sorted, n, sizeof *sorted, by_id);
	for (size_t i = 1; i < n; i++) {
		if (str_eq(sorted[i]->user_id, sorted[i - 1]->user_id)) {
			err_field(e, ERR_VALUE, "user_id", "This customer is in the list twice.");
			return in_list((size_t)(sorted[i] - list), e);
		}
	}
	return true;
}

static bool read_list(struct arena *a, const json_t *v, int64_t limit, struct voucher **ret, size_t *ret_n,
		      struct err *e)
{
	size_t n = json_array_size(v);
	if (!n || n > LIMIT_VOUCHERS_AT_ONCE)
		return err_set(e, ERR_VALUE, "list_length", "A list has from 1 to %d customers.",
			       LIMIT_VOUCHERS_AT_ONCE);
	struct voucher *list = arena_array(a, n, sizeof *list);
	if (!list)
		return err_set(e, ERR_TOO_LARGE, NULL, "The list is too long.");
	for (size_t i = 0; i < n; i++) {
		if (!read_one(a, json_array_get(v, i), limit, &list[i], e))
			return in_list(i, e);
	}
	*ret = list;
	*ret_n = n;
	return check_doubles(a, list, n, e);
}

static bool check_known(struct request *q, bool is_list, const struct voucher *list, size_t n, struct err *e)
{
	struct customers_scope scope;
	struct str dataset = { 0 };
	int64_t ignored;
	if (!request_query_str(q, "dataset", &dataset, e) || !spending_scope(q, dataset, &scope, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (spending_of(api_instance(q), api_db(q), &scope.set, list[i].user_id, SPENDING_YEAR_ALL, &ignored,
				e))
			continue;
		return is_list && e->kind == ERR_NOT_FOUND ? in_list(i, e) : false;
	}
	return true;
}

static bool write_vouchers(struct request *q, struct response *r, struct err *e)
{
	struct arena *a = request_arena(q);
	struct voucher one, *list = &one;
	struct voucher_counts counts = { 0 };
	int64_t limit;
	size_t n = 1;
	json_t *v;
	if (!request_json_any(q, &v, e) || !voucher_limit(api_db(q), api_caller(q)->org, &limit, e))
		return false;
	bool is_list = json_is_array(v);
	if (!(is_list ? read_list(a, v, limit, &list, &n, e) : read_one(a, v, limit, &one, e)) ||
	    !check_known(q, is_list, list, n, e) ||
	    !vouchers_put(api_of(q)->vouchers, api_db(q), api_caller(q), list, n, &counts, e))
		return false;
	struct json_writer *w = response_json(r, counts.created ? 201 : 200);
	jw_open(w, '{');
	if (is_list) {
		jw_kv_cstr(w, "message", "The customers are on the voucher list.");
		jw_kv_i64(w, "written", (int64_t)n);
		jw_kv_i64(w, "created", counts.created);
		jw_kv_i64(w, "updated", counts.updated);
	} else {
		jw_kv_cstr(w, "message",
			   counts.created ? "The customer is on the voucher list."
					  : "The customer's entry on the voucher list was updated.");
		user_id_write(w, one.user_id);
	}
	jw_close(w, '}');
	return true;
}

/* -- reading -- */

/* The cards that tell names; a list may be older than they, so that there need be none. */
static bool names_scope(struct request *q, struct card_set *ret, bool *ret_there, struct err *e)
{
	*ret_there = card_set_newest_spending(api_db(q), api_caller(q)->org, ret, e);
	return *ret_there || e->kind == ERR_NOT_FOUND;
}

static bool voucher_name(struct request *q, const struct card_set *set, struct str id, struct arena *a, struct str *ret,
			 struct err *e)
{
	struct customer c = { 0 };
	if (!customer_find(api_db(q), set, id, a, &c, e) && e->kind != ERR_NOT_FOUND)
		return false;
	*ret = c.name;
	return true;
}

static bool list_vouchers(struct request *q, struct response *r, struct err *e)
{
	int64_t limit = DEFAULT_PAGE, total;
	struct str cursor = { 0 };
	struct card_set set;
	struct voucher *list;
	size_t n;
	bool named;
	if (!request_query_i64(q, "limit", 1, LIMIT_PAGE, &limit, e) || !request_query_str(q, "cursor", &cursor, e))
		return false;
	if (cursor.p && (!cursor.n || cursor.n > VOUCHER_ID_BYTES))
		return err_field(e, ERR_VALUE, "cursor", "this is not a cursor that a list has given");
	if (!vouchers_list(api_of(q)->vouchers, api_db(q), api_caller(q)->org, cursor, (size_t)limit + 1,
			   request_arena(q), &list, &n, &total, e) ||
	    !names_scope(q, &set, &named, e))
		return false;
	struct json_writer *w = api_list_begin(r);
	for (size_t i = 0; i < MIN(n, (size_t)limit); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(32 * MIB);
		struct str name = { 0 };
		if (named && !voucher_name(q, &set, list[i].user_id, &a, &name, e))
			return false;
		jw_open(w, '{');
		user_id_write(w, list[i].user_id);
		jw_kv_f64(w, "total_spending", (double)list[i].total / MONEY_SCALE);
		if (name.p)
			jw_kv_str(w, "name", name);
		else
			jw_kv_null(w, "name");
		jw_kv_time(w, "updated_at", list[i].at);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	if (n > (size_t)limit)
		jw_kv_str(w, "next", list[limit - 1].user_id);
	else
		jw_kv_null(w, "next");
	jw_kv_i64(w, "total", total);
	jw_close(w, '}');
	return true;
}

/* -- as a file -- */

static bool file_row(struct request *q, struct table_file *f, const struct card_set *set, const struct voucher *v,
		     struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(32 * MIB);
	CLEANUP(buf_free) struct buf total = BUF_INIT(100);
	char at[CLOCK_TEXT] = "";
	struct str name = { 0 };
	if (set && !voucher_name(q, set, v->user_id, &a, &name, e))
		return false;
	money_write(&total, v->total);
	if (v->at != INT64_MIN)
		clock_format(v->at, at);
	return table_file_cell(f, v->user_id, voucher_number(v->user_id, &(int64_t){ 0 }), e) &&
	       table_file_cell(f, name, false, e) && table_file_cell(f, buf_str(&total), true, e) &&
	       table_file_cell(f, str_of(at), false, e);
}

static bool file_rows(struct request *q, struct table_file *f, const struct card_set *set, struct err *e)
{
	char last[VOUCHER_ID_BYTES + 1];
	struct str after = { 0 };
	size_t n;
	do {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(16 * MIB);
		struct voucher *list;
		if (!vouchers_list(api_of(q)->vouchers, api_db(q), api_caller(q)->org, after, LIMIT_PAGE, &a, &list, &n,
				   NULL, e))
			return false;
		for (size_t i = 0; i < n; i++) {
			if (!file_row(q, f, set, &list[i], e))
				return false;
		}
		if (n) {
			after = str_n(last, MIN(list[n - 1].user_id.n, sizeof last));
			memcpy(last, list[n - 1].user_id.p, after.n);
		}
		if (request_gone(q))
			return err_set(e, ERR_CANCELLED, "client_gone", "The client has gone.");
	} while (n == LIMIT_PAGE);
	return true;
}

static bool export_vouchers(struct request *q, struct response *r, struct err *e)
{
	static const char *const heads[] = { "user_id", "name", "total_spending", "updated_at" };
	struct table_file *f = NULL;
	struct voucher *first;
	struct card_set set;
	bool xlsx, named;
	size_t n;
	if (!caller_must(api_caller(q), PERM_EXPORT, e) || !table_file_format(q, &xlsx, e) ||
	    /* What is away should be told before the file begins. */
	    !vouchers_list(api_of(q)->vouchers, api_db(q), api_caller(q)->org, (struct str){ 0 }, 1, request_arena(q),
			   &first, &n, NULL, e) ||
	    !names_scope(q, &set, &named, e) ||
	    !audit_add(api_db(q), api_caller(q), "vouchers_export", "voucher", 0, NULL, e))
		return false;
	bool done = table_file_begin(r, xlsx, "vouchers", heads, countof(heads), &f, e) &&
		    file_rows(q, f, named ? &set : NULL, e) && table_file_end(f, e);
	table_file_free(&f);
	return done;
}

static bool scan_vouchers(struct request *q, struct response *r, struct err *e)
{
	struct customers_scope scope;
	struct str dataset = { 0 };
	int64_t job;
	if (!request_query_str(q, "dataset", &dataset, e) || !spending_scope(q, dataset, &scope, e) ||
	    !spending_check(&scope.set, SPENDING_YEAR_ALL, e) ||
	    !vouchers_scan(api_of(q)->vouchers, api_db(q), api_caller(q), scope.dataset.id, scope.set.version, &job, e))
		return false;
	struct json_writer *w = response_json(r, 202);
	jw_open(w, '{');
	jw_key(w, "job");
	jw_open(w, '{');
	jw_kv_id(w, "id", job);
	jw_close(w, '}');
	jw_close(w, '}');
	return true;
}

/* -- the limit -- */

static bool limit_get(struct request *q, struct response *r, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(100);
	int64_t limit;
	if (!voucher_limit(api_db(q), api_caller(q)->org, &limit, e))
		return false;
	struct json_writer *w = response_json(r, 200);
	money_write(&text, limit);
	jw_open(w, '{');
	jw_kv_str(w, "limit", buf_str(&text));
	jw_kv_cstr(w, "kept_in", vouchers_in_mongodb(api_of(q)->vouchers) ? "mongodb" : "store");
	jw_close(w, '}');
	return true;
}

struct limit_body {
	struct str limit;
};
static const struct json_field limit_fields[] = {
	{ "limit", JSON_FIELD_STR, offsetof(struct limit_body, limit), true, 1, 40, NULL,
	  "An amount such as \"2000.00\"." },
};
static const struct json_table limit_table = { "VoucherLimit", limit_fields, countof(limit_fields) };

static bool limit_put(struct request *q, struct response *r, struct err *e)
{
	struct limit_body body = { 0 };
	return request_json(q, &limit_table, &body, e) && voucher_limit_set(api_db(q), api_caller(q), body.limit, e) &&
	       limit_get(q, r, e);
}

static const struct route_param page_params[] = { API_PAGE_PARAMS };
static const struct route_param export_params[] = { TABLE_FILE_PARAM };
static const struct route_param dataset_params[] = {
	{ "dataset", ROUTE_PARAM_STR, "Its id or name; the newest with purchases and what they cost unless said." },
};
static const struct route routes[] = {
	{ .method = "POST",
	  .path = "/write_to_mongodb",
	  .handle = write_vouchers,
	  .permission = PERM_VOUCHER,
	  .body_limit = LIMIT_JSON_BYTES,
	  .body = &voucher_table,
	  .query = dataset_params,
	  .n_query = countof(dataset_params),
	  .summary = "Put a customer on the voucher list, or a list of such objects, whole or not at all." },
	{ .method = "GET",
	  .path = "/vouchers",
	  .handle = list_vouchers,
	  .permission = PERM_VOUCHER | PERM_STATISTICS,
	  .query = page_params,
	  .n_query = countof(page_params),
	  .summary = "The voucher list, by customer id." },
	{ .method = "GET",
	  .path = "/vouchers/export",
	  .handle = export_vouchers,
	  .flags = ROUTE_STREAM,
	  .permission = PERM_VOUCHER | PERM_STATISTICS,
	  .query = export_params,
	  .n_query = countof(export_params),
	  .summary = "The voucher list as a file. Written to the audit log." },
	{ .method = "POST",
	  .path = "/vouchers/scan",
	  .handle = scan_vouchers,
	  .permission = PERM_VOUCHER,
	  .query = dataset_params,
	  .n_query = countof(dataset_params),
	  .summary = "Find every customer who spent more than the limit and put them on the list, as a job." },
	{ .method = "GET",
	  .path = "/api/v1/vouchers/limit",
	  .handle = limit_get,
	  .permission = PERM_VOUCHER | PERM_STATISTICS,
	  .summary = "From which amount a customer gets a voucher, and where the list is kept." },
	{ .method = "PUT",
	  .path = "/api/v1/vouchers/limit",
	  .handle = limit_put,
	  .permission = PERM_SETTINGS,
	  .body = &limit_table,
	  .summary = "Set that amount." },
};
const struct resource vouchers_resource = { "shop", "The shop: spending and vouchers", routes, countof(routes) };
