/* Data sets: what is loaded, what its columns mean, its versions. */
#include "analysis/versions.h"
#include "api/warehouse.h"

#include "base/limits.h"

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

/* -- roles -- */

struct roles_body {
	json_t *roles;
};
static const struct json_field roles_fields[] = {
	{ .name = "roles",
	  .type = JSON_FIELD_ANY,
	  .offset = offsetof(struct roles_body, roles),
	  .required = true,
	  .doc = "[{\"table\",\"column\",\"role\"}], or {\"[table.]column\": role}; role null = none" },
};
static const struct json_table roles_table = { "ColumnRoles", roles_fields, countof(roles_fields) };

struct role_body {
	struct str table, column, role;
};
static const struct json_field role_fields[] = {
	{ "table", JSON_FIELD_STR, offsetof(struct role_body, table), false, 0, 1024, NULL,
	  "Empty = every table that has it." },
	{ "column", JSON_FIELD_STR, offsetof(struct role_body, column), true, 1, 8192, NULL, NULL },
	{ "role", JSON_FIELD_STR, offsetof(struct role_body, role), false, 0, 100, NULL, NULL },
};
static const struct json_table role_table = { "ColumnRole", role_fields, countof(role_fields) };

static bool role_of_object(struct arena *a, const json_t *v, struct import_role *ret, struct err *e)
{
	struct role_body b = { 0 };
	if (!json_parse(v, &role_table, &b, e))
		return false;
	*ret = (struct import_role){ .table = b.table.n ? arena_strndup(a, b.table.p, b.table.n) : NULL,
				     .column = arena_strndup(a, b.column.p, b.column.n),
				     .role = arena_strndup(a, b.role.p ? b.role.p : "", b.role.n) };
	return true;
}

/* "table.column" or "column": what it is, is found out where the tables are known. */
static bool role_of_pair(struct arena *a, const char *key, const json_t *v, struct import_role *ret, struct err *e)
{
	const char *dot = strchr(key, '.');
	bool split = dot && dot != key && dot[1];
	if (!json_is_string(v) && !json_is_null(v))
		return err_field(e, ERR_VALUE, key, "A role is a string, or null for none.");
	*ret = (struct import_role){ .table = split ? arena_strndup(a, key, (size_t)(dot - key)) : NULL,
				     .column = arena_strdup(a, split ? dot + 1 : key),
				     .role = arena_strdup(a, json_is_string(v) ? json_string_value(v) : "") };
	return true;
}

static bool read_roles(struct request *q, struct import_role **ret, size_t *ret_n, struct err *e)
{
	struct arena *a = request_arena(q);
	struct roles_body body = { 0 };
	if (!request_json(q, &roles_table, &body, e))
		return false;
	size_t n = json_is_array(body.roles) ? json_array_size(body.roles) : json_object_size(body.roles), i = 0;
	if (!n || n > LIMIT_COLUMNS)
		return err_field(e, ERR_VALUE, "roles", "There are 1 to %d roles to give.", LIMIT_COLUMNS);
	struct import_role *roles = arena_array(a, n, sizeof *roles);
	json_t *v;
	const char *key;
	size_t at;
	if (!roles)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many roles.");
	json_array_foreach (body.roles, at, v)
		if (!role_of_object(a, v, &roles[i++], e))
			return false;
	json_object_foreach (body.roles, key, v)
		if (!role_of_pair(a, key, v, &roles[i++], e))
			return false;
	if (a->failed)
		return err_set(e, ERR_TOO_LARGE, NULL, "There are too many roles.");
	*ret = roles;
	*ret_n = n;
	return true;
}

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
	return dataset_of_path(q, &d, e) && read_roles(q, &roles, &n, e) &&
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
	  .handle = datasets_list,
	  .permission = PERM_DATASET_READ | PERM_CUSTOMER_READ,
	  .query = page_params,
	  .n_query = countof(page_params),
	  .summary = "Data sets, newest first, with tables, columns and versions." },
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}",
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
	  .body = &roles_table,
	  .summary = "Correct what columns mean; customers are found anew, and the data set is the answer." },
	{ .method = "POST",
	  .path = "/api/v1/datasets/{id}/versions/{n}/activate",
	  .handle = activate,
	  .permission = PERM_DATASET_WRITE,
	  .summary = "Go back to an earlier version, as a new version of its rows." },
};
const struct resource datasets_resource = { "datasets", "What is loaded", routes, countof(routes) };
