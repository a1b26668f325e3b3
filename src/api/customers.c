/* Customers: search and lists, one customer's page, adding and editing by hand. */
#include "analysis/customer_view.h"
#include "analysis/names.h"
#include "analysis/spending.h"
#include "api/customers_forecasts.h"
#include "model/audit.h"

bool customers_query(struct request *q, struct name_query *ret, struct err *e)
{
	struct str sort = STR("file"), filter = { 0 };
	struct api_page page;
	bool filtered = false;
	*ret = (struct name_query){ 0 };
	if (!api_page_read(q, &page, e) || !request_query_str(q, "q", &ret->q, e) ||
	    !request_query_str(q, "sort", &sort, e) || !request_query_str(q, "filter", &filter, e) ||
	    !name_filter_parse(filter, &ret->filter, e) || !customers_forecasts_filter(q, &ret->filter, &filtered, e))
		return false;
	if (!name_sort_parse(sort, &ret->sort, &ret->descending))
		return err_field(e, ERR_VALUE, "sort",
				 "one of file, name, spend, purchases, last, age, forecast, probability is wanted, "
				 "with - before it for descending");
	/* Who may only find a customer has to say whom. */
	if ((!str_trim(ret->q).n || filter.n || filtered) && !caller_must(api_caller(q), PERM_CUSTOMER_LIST, e))
		return false;
	ret->after = page.after;
	ret->limit = (size_t)page.limit;
	return true;
}

static bool customers_list(struct request *q, struct response *r, struct err *e)
{
	struct name_query query;
	struct name_page page;
	struct customers_scope s;
	struct customers_forecasts f;
	if (!customers_query(q, &query, e) || !customers_scope(q, &s, e) ||
	    !customers_forecasts_find(q, &s, &query, &f, e) ||
	    !names_find(api_instance(q)->names, api_db(q), &s.set, &query, request_arena(q), &page, e))
		return false;
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	jw_key(w, "forecasts");
	customers_forecasts_json(w, &f);
	jw_key(w, "items");
	jw_open(w, '[');
	for (size_t i = 0; i < page.n; i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(32 * MIB);
		struct customer c;
		if (!customer_get(api_db(q), &s.set, page.nos[i], &a, &c, e) ||
		    !customer_row_json(w, api_db(q), &s.set, &c, &page.forecasts[i], e))
			return false;
	}
	api_list_end(w, page.next, page.total);
	return true;
}

static bool customers_get(struct request *q, struct response *r, struct err *e)
{
	struct customers_scope s;
	struct customer c;
	bool open = false;
	if (!request_query_bool(q, "contact", &open, e) || (open && !caller_must(api_caller(q), PERM_CONTACT, e)) ||
	    !customers_scope(q, &s, e) ||
	    !customer_find(api_db(q), &s.set, request_param(q, "customer"), request_arena(q), &c, e))
		return false;
	if (open && !audit_add_str(api_db(q), api_caller(q), "contact_read", "customer", c.id, NULL, e))
		return false;
	return customer_page_json(response_json(r, 200), api_db(q), &s.set, &c, open, e);
}

/* -- by hand -- */

#define FIELD(n, doc)                                                                             \
	{                                                                                         \
#n, JSON_FIELD_STR, offsetof(struct customer_input, n), false, 0, 4096, NULL, doc \
	}
static const struct json_field input_fields[] = {
	FIELD(id, "Only when adding."),
	FIELD(full_name, "Or its parts; an empty text clears a field."),
	FIELD(first_name, NULL),
	FIELD(middle_name, NULL),
	FIELD(last_name, NULL),
	FIELD(birth_date, "1990-05-17"),
	FIELD(birth_place, NULL),
	FIELD(phone, "5 to 15 digits."),
	FIELD(email, NULL),
	{ "other", JSON_FIELD_ANY, offsetof(struct customer_input, other), false, 0, 0, NULL,
	  "An object: columns of the file's own." },
};
static const struct json_table input_table = { "CustomerInput", input_fields, countof(input_fields) };

static bool answer(struct request *q, struct response *r, int status, struct customers_scope *s,
		   const struct customer *c, struct err *e)
{
	names_edit(api_instance(q)->names, s->set.version, c);
	spending_edit(api_instance(q)->spending, s->set.version, c);
	return customer_page_json(response_json(r, status), api_db(q), &s->set, c, false, e);
}

static bool customers_add(struct request *q, struct response *r, struct err *e)
{
	struct customer_input in = { 0 };
	struct customers_scope s;
	struct customer c;
	return request_json(q, &input_table, &in, e) && customers_scope(q, &s, e) &&
	       customer_add(api_db(q), api_caller(q), &s.set, &in, request_arena(q), &c, e) &&
	       answer(q, r, 201, &s, &c, e);
}

static bool customers_change(struct request *q, struct response *r, struct err *e)
{
	struct customer_input in = { 0 };
	struct customers_scope s;
	struct customer c;
	return request_json(q, &input_table, &in, e) && customers_scope(q, &s, e) &&
	       customer_change(api_db(q), api_caller(q), &s.set, request_param(q, "customer"), &in, request_arena(q),
			       &c, e) &&
	       answer(q, r, 200, &s, &c, e);
}

static const struct route_param list_params[] = {
	{ "q", ROUTE_PARAM_STR, "Id or any part of the name; several words in any order." },
	{ "sort", ROUTE_PARAM_STR,
	  "file, name, spend, purchases, last, age, forecast, probability; - before it: descending." },
	{ "filter", ROUTE_PARAM_STR,
	  "Conditions such as age:ge:30,spend:gt:1000.50,purchases:lt:5,last:le:2024-01-31." },
	CUSTOMERS_FORECAST_PARAMS,
	API_PAGE_PARAMS,
};
static const struct route_param get_params[] = {
	{ "contact", ROUTE_PARAM_BOOL, "Show phone and e-mail as they are; the question is audited." },
};
static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/customers",
	  .answer = "Customers",
	  .handle = customers_list,
	  .permission = PERM_CUSTOMER_READ,
	  .query = list_params,
	  .n_query = countof(list_params),
	  .summary = "Find customers by id or part of the name, or list them; with the newest forecasts of them." },
	{ .method = "POST",
	  .path = "/api/v1/datasets/{id}/customers",
	  .answer = "Customer",
	  .handle = customers_add,
	  .permission = PERM_CUSTOMER_WRITE,
	  .body = &input_table,
	  .summary = "Add a customer by hand; kept when a new version of the file comes." },
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/customers/{customer}",
	  .answer = "Customer",
	  .handle = customers_get,
	  .permission = PERM_CUSTOMER_READ,
	  .query = get_params,
	  .n_query = countof(get_params),
	  .summary = "One customer: data, totals, products newest first." },
	{ .method = "PATCH",
	  .path = "/api/v1/datasets/{id}/customers/{customer}",
	  .answer = "Customer",
	  .handle = customers_change,
	  .permission = PERM_CUSTOMER_WRITE,
	  .body = &input_table,
	  .summary = "Change a customer by hand; an empty text clears a field." },
};
const struct resource customers_resource = { "customers", "Customers of a data set", routes, countof(routes) };
