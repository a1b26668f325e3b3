/* Data sets: what is loaded, what its columns mean, its versions. */
#include "analysis/versions.h"
#include "api/warehouse.h"

bool dataset_of_path(struct request *q, struct dataset *ret, struct err *e)
{
	int64_t id;
	return request_param_id(q, "id", &id, e) &&
	       dataset_find(api_db(q), request_arena(q), api_caller(q)->org, id, ret, e);
}

bool dataset_answer(struct request *q, struct json_writer *w, const struct dataset *d, struct err *e)
{
	struct arena *a = request_arena(q);
	struct dataset_content c;
	struct dataset_version *versions;
	size_t n;
	if (d->current && !dataset_content(api_db(q), a, d->org, d->current, &c, e))
		return false;
	if (!dataset_versions(api_db(q), a, d->org, d->id, &versions, &n, e))
		return false;
	/* Who may not read rows sees no values of them either. */
	dataset_write_json(w, d, d->current ? &c : NULL, versions, n, caller_may(api_caller(q), PERM_DATASET_READ));
	return true;
}

static bool datasets_list(struct request *q, struct response *r, struct err *e)
{
	struct api_page page;
	struct dataset *sets;
	size_t n;
	int64_t total;
	if (!api_page_read(q, &page, e) || !dataset_list(api_db(q), request_arena(q), api_caller(q)->org, page.after,
							 (size_t)page.limit, &sets, &n, &total, e))
		return false;
	struct json_writer *w = api_list_begin(r);
	for (size_t i = 0; i < n; i++)
		if (!dataset_answer(q, w, &sets[i], e))
			return false;
	api_list_end(w, n == (size_t)page.limit ? sets[n - 1].id : 0, total);
	return true;
}

static bool datasets_get(struct request *q, struct response *r, struct err *e)
{
	struct dataset d;
	return dataset_of_path(q, &d, e) && dataset_answer(q, response_json(r, 200), &d, e);
}

static bool datasets_remove(struct request *q, struct response *r, struct err *e)
{
	int64_t id;
	if (!request_param_id(q, "id", &id, e) || !versions_remove_dataset(api_instance(q), api_caller(q), id, e))
		return false;
	response_no_content(r);
	return true;
}

/* -- roles, and going back -- */

/* The data set as it is once the job has ended. */
static bool answer_after(struct request *q, struct response *r, int64_t job, int64_t dataset, struct err *e)
{
	struct job_info done;
	struct dataset d;
	struct db *db;
	return job_outcome(q, job, false, &done, e) && api_db_take(q, &db, e) &&
	       dataset_find(db, request_arena(q), api_caller(q)->org, dataset, &d, e) &&
	       dataset_answer(q, response_json(r, 200), &d, e);
}

static bool roles_put(struct request *q, struct response *r, struct err *e)
{
	struct import_role *roles = NULL;
	struct dataset d;
	size_t n = 0;
	int64_t job;
	return dataset_of_path(q, &d, e) && roles_read(q, &roles, &n, e) &&
	       versions_start_roles(api_instance(q), api_caller(q), d.id, roles, n, &job, e) &&
	       answer_after(q, r, job, d.id, e);
}

static bool activate(struct request *q, struct response *r, struct err *e)
{
	struct dataset d;
	struct dataset_version v;
	int64_t number, job;
	if (!dataset_of_path(q, &d, e) || !request_param_id(q, "n", &number, e) ||
	    !dataset_version_find_number(api_db(q), request_arena(q), d.org, d.id, number, &v, e))
		return false;
	return versions_start_activate(api_instance(q), api_caller(q), d.id, number, &job, e) &&
	       answer_after(q, r, job, d.id, e);
}

static const struct route_param page_params[] = { API_PAGE_PARAMS };

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/datasets",
	  .answer = "Page:Dataset",
	  .handle = datasets_list,
	  .permission = PERM_DATASET_READ | PERM_CUSTOMER_READ,
	  .query = page_params,
	  .n_query = countof(page_params),
	  .summary = "Data sets, newest first, with tables, columns and versions." },
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}",
	  .answer = "Dataset",
	  .handle = datasets_get,
	  .permission = PERM_DATASET_READ | PERM_CUSTOMER_READ,
	  .summary = "One data set: tables, columns with type, counts, role and sample; versions." },
	{ .method = "DELETE",
	  .path = "/api/v1/datasets/{id}",
	  .handle = datasets_remove,
	  .permission = PERM_DATASET_WRITE,
	  .summary = "Remove a data set with its versions and segments." },
	{ .method = "PUT",
	  .path = "/api/v1/datasets/{id}/roles",
	  .handle = roles_put,
	  .permission = PERM_DATASET_WRITE,
	  .body = &roles_body_table,
	  .summary = "Correct what columns mean; customers are found anew, and the data set is the answer." },
	{ .method = "POST",
	  .path = "/api/v1/datasets/{id}/versions/{n}/activate",
	  .handle = activate,
	  .permission = PERM_DATASET_WRITE,
	  .summary = "Go back to an earlier version, as a new version of its rows." },
};
const struct resource datasets_resource = { "datasets", "What is loaded", routes, countof(routes) };
