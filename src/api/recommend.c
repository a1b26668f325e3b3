/* Next products of a customer, and how good the recommender is. */
#include "analysis/recommend.h"

#include "api/scope.h"

#define DEFAULT_OFFERS 10

static bool recommendations_get(struct request *q, struct response *r, struct err *e)
{
	struct customers_scope s;
	struct str method = STR("auto");
	enum recommend_method m;
	int64_t limit = DEFAULT_OFFERS;
	if (!request_query_i64(q, "limit", 1, RECOMMEND_LIMIT, &limit, e) ||
	    !request_query_str(q, "method", &method, e) || !customers_scope(q, &s, e))
		return false;
	if (!recommend_method_parse(method, &m))
		return err_field(
			e, ERR_VALUE, "method",
			"one of auto, similar, rules, item, ease, softmax, blend, popularity, repeat is wanted");
	response_json(r, 200);
	return recommend_customer_json(api_instance(q), api_db(q), s.set.org, s.dataset.id, s.set.version,
				       request_param(q, "customer"), (size_t)limit, m, response_buf(r), e);
}

static bool recommender_get(struct request *q, struct response *r, struct err *e)
{
	struct customers_scope s;
	if (!customers_scope(q, &s, e))
		return false;
	response_json(r, 200);
	return recommender_json(api_instance(q), api_db(q), s.set.org, s.dataset.id, s.set.version, response_buf(r), e);
}

static const struct route_param params[] = {
	{ "limit", ROUTE_PARAM_I64, "How many products, 1 to 100; 10 unless said." },
	{ "method", ROUTE_PARAM_STR,
	  "auto (what measured best, and own repeats), similar, rules, item, ease, softmax, blend, popularity, "
	  "repeat." },
};
static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/customers/{customer}/recommendations",
	  .answer = "Offers",
	  .handle = recommendations_get,
	  .permission = PERM_RECOMMEND,
	  .query = params,
	  .n_query = countof(params),
	  .summary = "The products this customer is most likely to take next, with probabilities and reasons." },
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/recommender",
	  .handle = recommender_get,
	  .permission = PERM_STATISTICS,
	  .summary = "How good the recommender is on held-out purchases, beside plain popularity." },
};
const struct resource recommend_resource = { "next products", "Next products of a customer", routes, countof(routes) };
