/* Statistics of a data set: a look-up of what the import computed. */
#include "analysis/stats.h"

#include "api/scope.h"

static bool stats_get(struct request *q, struct response *r, struct err *e)
{
	struct customers_scope s;
	if (!customers_scope(q, &s, e))
		return false;
	response_json(r, 200);
	return stats_json(api_db(q), s.set.org, s.set.version, response_buf(r), e);
}

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/stats",
	  .answer = "Statistics",
	  .handle = stats_get,
	  .permission = PERM_STATISTICS,
	  .summary = "Customers, products, purchases and revenue by month, age bands, top products, repeats, rows left "
		     "out and why." },
};
const struct resource stats_resource = { "statistics", "Statistics of a data set", routes, countof(routes) };
