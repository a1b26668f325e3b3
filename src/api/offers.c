/* Lists over all customers: who is most likely to take a product, and what to offer this week. */
#include "analysis/recommend_lists.h"

#include "api/scope.h"
#include "api/table_file.h"
#include "base/clock.h"
#include "model/audit.h"

#include <stdio.h>

#define DEFAULT_WEEK 20

static bool likely_get(struct request *q, struct response *r, struct err *e)
{
	struct customers_scope s;
	struct api_page page;
	bool new_only = false;
	if (!api_page_read(q, &page, e) || !request_query_bool(q, "new_only", &new_only, e) ||
	    !customers_scope(q, &s, e))
		return false;
	response_json(r, 200);
	struct likely_ask ask = { .org = s.set.org,
				  .version = s.set.version,
				  .product = request_param(q, "product"),
				  .new_only = new_only,
				  .skip = (size_t)page.after,
				  .limit = (size_t)page.limit,
				  .reasons = true,
				  .cancel = request_cancel_flag(q) };
	return recommend_likely_json(api_instance(q), api_db(q), &ask, response_buf(r), e);
}

static const char *const heads[] = { "id", "name", "probability", "again", "purchases", "last_purchase" };

struct exporting {
	struct request *q;
	struct response *r;
	struct table_file *file; /* begins with its first row, so that an unknown product is still an error */
	bool xlsx;
};

static bool begin(struct exporting *x, struct err *e)
{
	return x->file || table_file_begin(x->r, x->xlsx, "likely-customers", heads, countof(heads), &x->file, e);
}

static bool export_row(void *ctx, const struct likely_customer *c, struct err *e)
{
	struct exporting *x = ctx;
	char probability[40], purchases[40], day[CLOCK_TEXT] = "";
	snprintf(probability, sizeof probability, "%.4f", c->probability);
	snprintf(purchases, sizeof purchases, "%lld", (long long)c->purchases);
	if (c->last_at != TIME_NONE)
		clock_format(c->last_at, day);
	day[MIN(strlen(day), (size_t)10)] = 0;
	if (request_gone(x->q))
		return err_set(e, ERR_CANCELLED, "client_gone", "The client has gone.");
	return begin(x, e) && table_file_cell(x->file, c->id, false, e) &&
	       table_file_cell(x->file, c->name, false, e) && table_file_cell(x->file, str_of(probability), true, e) &&
	       table_file_cell(x->file, c->item.owned ? STR("yes") : STR(""), false, e) &&
	       table_file_cell(x->file, str_of(purchases), true, e) && table_file_cell(x->file, str_of(day), false, e);
}

static bool export_get(struct request *q, struct response *r, struct err *e)
{
	struct customers_scope s;
	struct exporting x = { .q = q, .r = r };
	struct likely_answer about;
	bool new_only = false;
	int64_t limit = LIKELY_MOST;
	if (!table_file_format(q, &x.xlsx, e) || !request_query_bool(q, "new_only", &new_only, e) ||
	    !request_query_i64(q, "limit", 1, LIKELY_MOST, &limit, e) || !customers_scope(q, &s, e) ||
	    !audit_add(api_db(q), api_caller(q), "customers_export", "dataset", s.dataset.id, NULL, e))
		return false;
	struct likely_ask ask = { .org = s.set.org,
				  .version = s.set.version,
				  .product = request_param(q, "product"),
				  .new_only = new_only,
				  .limit = (size_t)limit,
				  .cancel = request_cancel_flag(q) };
	bool done = recommend_likely(api_instance(q), api_db(q), &ask, request_arena(q), &about, export_row, &x, e) &&
		    begin(&x, e) && table_file_end(x.file, e);
	table_file_free(&x.file);
	return done;
}

static bool week_get(struct request *q, struct response *r, struct err *e)
{
	struct customers_scope s;
	int64_t limit = DEFAULT_WEEK;
	if (!request_query_i64(q, "limit", 1, 1000, &limit, e) || !customers_scope(q, &s, e))
		return false;
	response_json(r, 200);
	return recommend_week_json(api_instance(q), api_db(q), s.set.org, s.set.version, (size_t)limit,
				   request_cancel_flag(q), response_buf(r), e);
}

static const struct route_param likely_params[] = {
	API_PAGE_PARAMS,
	{ "new_only", ROUTE_PARAM_BOOL, "Without those who have it already." },
};
static const struct route_param export_params[] = {
	TABLE_FILE_PARAM,
	{ "limit", ROUTE_PARAM_I64, "How many customers, 1 to 10000; 10000 unless said." },
	{ "new_only", ROUTE_PARAM_BOOL, "Without those who have it already." },
};
static const struct route_param week_params[] = {
	{ "limit", ROUTE_PARAM_I64, "How many products, 1 to 1000; 20 unless said." },
};
static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/products/{product}/customers",
	  .handle = likely_get,
	  .flags = ROUTE_STREAM,
	  .permission = PERM_CUSTOMER_LIST,
	  .query = likely_params,
	  .n_query = countof(likely_params),
	  .answer = "LikelyCustomers",
	  .summary = "The customers most likely to take a product, with percentages and reasons." },
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/products/{product}/customers/export",
	  .handle = export_get,
	  .flags = ROUTE_STREAM,
	  .permission = PERM_EXPORT,
	  .query = export_params,
	  .n_query = countof(export_params),
	  .summary = "The same as a file; without phones and e-mails. Written to the audit log." },
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/offers",
	  .handle = week_get,
	  .flags = ROUTE_STREAM,
	  .permission = PERM_CUSTOMER_LIST,
	  .query = week_params,
	  .n_query = countof(week_params),
	  .answer = "WeekOffers",
	  .summary = "What to offer this week: products by how many customers are expected to take them." },
};
const struct resource offers_resource = { "next products", "Next products of a customer", routes, countof(routes) };
