/* Purchases and visits told by a program: appended to the data set as its next version. */
#include "analysis/entries.h"
#include "api/scope.h"
#include "api/warehouse.h"

struct entries_body {
	json_t *purchases, *visits;
};
static const struct json_field entries_fields[] = {
	{ "purchases", JSON_FIELD_ANY, offsetof(struct entries_body, purchases), false, 0, 0, NULL,
	  entries_purchase_doc },
	{ "visits", JSON_FIELD_ANY, offsetof(struct entries_body, visits), false, 0, 0, NULL, entries_visit_doc },
};
static const struct json_table entries_table = { "NewActivity", entries_fields, countof(entries_fields) };

static bool start(struct request *q, struct response *r, struct str customer, struct err *e)
{
	struct entries_body b = { 0 };
	struct customers_scope s;
	struct import_started started;
	if (!request_json(q, &entries_table, &b, e) || !customers_scope(q, &s, e))
		return false;
	struct entries rows = { .purchases = b.purchases, .visits = b.visits, .customer = customer };
	if (!entries_start(api_instance(q), api_db(q), api_caller(q), &s.dataset, &s.set, &rows, &started, e))
		return false;
	job_answer(r, started.dataset, started.name, started.job);
	return true;
}

static bool entries_post(struct request *q, struct response *r, struct err *e)
{
	return start(q, r, (struct str){ 0 }, e);
}

static bool customer_post(struct request *q, struct response *r, struct err *e)
{
	struct customers_scope s;
	struct customer c;
	return customers_scope(q, &s, e) &&
	       customer_find(api_db(q), &s.set, request_param(q, "customer"), request_arena(q), &c, e) &&
	       start(q, r, c.id, e);
}

static const struct route routes[] = {
	{ .method = "POST",
	  .path = "/api/v1/datasets/{id}/activity",
	  .handle = entries_post,
	  .answer = "ImportStarted",
	  .body = &entries_table,
	  .body_limit = 16 * MIB,
	  .permission = PERM_DATASET_WRITE,
	  .summary =
		  "Append purchases and visits of customers, all or none: a job makes the next version of the data "
		  "set; when it is done, statistics, customers and forecasts have them. Going back a version undoes it." },
	{ .method = "POST",
	  .path = "/api/v1/datasets/{id}/customers/{customer}/activity",
	  .handle = customer_post,
	  .answer = "ImportStarted",
	  .body = &entries_table,
	  .permission = PERM_DATASET_WRITE,
	  .summary = "Append purchases and visits of one customer, as above." },
};
const struct resource entries_resource = { "customers", "Customers of a data set", routes, countof(routes) };
