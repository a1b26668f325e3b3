/* One version of a data set: looked at, corrected, confirmed or thrown away before it is in use. */
#include "analysis/versions.h"
#include "analysis/changes.h"
#include "api/warehouse.h"

#include "model/building.h"

/* The data set and the version of the path. */
static bool of_path(struct request *q, struct dataset *d, struct dataset_version *v, struct err *e)
{
	int64_t number;
	return dataset_of_path(q, d, e) && request_param_id(q, "n", &number, e) &&
	       dataset_version_find_number(api_db(q), request_arena(q), d->org, d->id, number, v, e);
}

static bool must_be_whole(const struct dataset_version *v, struct err *e)
{
	return v->state != VERSION_BUILDING ||
	       err_set(e, ERR_CONFLICT, "not_ready", "This version is still being loaded.");
}

static bool answer(struct request *q, struct response *r, const struct dataset *d, int64_t version, struct err *e)
{
	CLEANUP(buf_free) struct buf changes = BUF_INIT(CHANGES_BYTES);
	struct dataset_content c;
	if (!dataset_content(api_db(q), request_arena(q), d->org, version, &c, e) || !changes_text(&c, &changes, e))
		return false;
	dataset_write_version_json(response_json(r, 200), d, &c, buf_str(&changes),
				   caller_may(api_caller(q), PERM_DATASET_READ));
	return true;
}

static bool version_get(struct request *q, struct response *r, struct err *e)
{
	struct dataset d;
	struct dataset_version v;
	return of_path(q, &d, &v, e) && must_be_whole(&v, e) && answer(q, r, &d, v.id, e);
}

static bool version_rows(struct request *q, struct response *r, struct err *e)
{
	struct dataset d;
	struct dataset_version v;
	return of_path(q, &d, &v, e) && must_be_whole(&v, e) &&
	       rows_answer(q, r, &d, v.state == VERSION_CURRENT ? 0 : v.id, e);
}

static bool version_rejects(struct request *q, struct response *r, struct err *e)
{
	struct dataset d;
	struct dataset_version v;
	CLEANUP(version_part_done) struct version_part part = { 0 };
	return of_path(q, &d, &v, e) && must_be_whole(&v, e) && part_read(q, &v, &part, e) &&
	       rejects_answer(q, r, d.org, v.id, &part, e);
}

static bool version_roles(struct request *q, struct response *r, struct err *e)
{
	struct import_role *roles;
	struct dataset d;
	struct dataset_version v;
	size_t n;
	return of_path(q, &d, &v, e) && roles_read(q, &roles, &n, e) &&
	       versions_correct(api_instance(q), api_caller(q), d.id, v.number, roles, n, e) &&
	       answer(q, r, &d, v.id, e);
}

static bool version_rename(struct request *q, struct response *r, struct err *e)
{
	struct column_rename *names;
	struct dataset d;
	struct dataset_version v;
	size_t n;
	return of_path(q, &d, &v, e) && must_be_whole(&v, e) && names_read(q, &names, &n, e) &&
	       versions_rename(api_instance(q), api_caller(q), d.id, v.number, names, n, e) &&
	       answer(q, r, &d, v.id, e);
}

static bool version_confirm(struct request *q, struct response *r, struct err *e)
{
	struct dataset d;
	struct dataset_version v;
	int64_t job;
	if (!of_path(q, &d, &v, e) || !must_be_whole(&v, e))
		return false;
	if (v.state == VERSION_CONFIRMING || v.state == VERSION_OLD)
		return version_not_ready(api_db(q), d.org, v.id, e);
	if (!versions_start_confirm(api_instance(q), api_caller(q), d.id, v.number, &job, e))
		return false;
	job_answer(r, d.id, d.name, job);
	return true;
}

static bool version_remove(struct request *q, struct response *r, struct err *e)
{
	struct dataset d;
	struct dataset_version v;
	if (!of_path(q, &d, &v, e) || !must_be_whole(&v, e) ||
	    !versions_throw_away(api_instance(q), api_caller(q), d.id, v.number, e))
		return false;
	response_no_content(r);
	return true;
}

static const struct route_param rows_params[] = { ROWS_PARAMS };
static const struct route_param reject_params[] = { REJECT_PARAMS, PART_PARAM };

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/versions/{n}",
	  .handle = version_get,
	  .permission = PERM_DATASET_READ,
	  .summary = "One version, also one that waits to be confirmed: tables, columns with type, role, why, "
		     "sample; what it changes: columns, rows and cells, by key where there is one." },
	{ .method = "PATCH",
	  .path = "/api/v1/datasets/{id}/versions/{n}",
	  .handle = version_rename,
	  .permission = PERM_DATASET_WRITE,
	  .body = &names_body_table,
	  .summary =
		  "Give columns of a version other names before it is confirmed; the version is the answer. The next "
		  "versions keep them." },
	{ .method = "DELETE",
	  .path = "/api/v1/datasets/{id}/versions/{n}",
	  .handle = version_remove,
	  .permission = PERM_DATASET_WRITE,
	  .summary = "Throw away a version that waits to be confirmed; nothing of it stays." },
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/versions/{n}/rows",
	  .handle = version_rows,
	  .permission = PERM_DATASET_READ,
	  .query = rows_params,
	  .n_query = countof(rows_params),
	  .summary = "A page of rows of that version; phones and e-mails are masked." },
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/versions/{n}/rejects",
	  .handle = version_rejects,
	  .flags = ROUTE_STREAM,
	  .permission = PERM_DATASET_READ,
	  .query = reject_params,
	  .n_query = countof(reject_params),
	  .summary = "What of that version's files could not be read: line, column, text, why." },
	{ .method = "PUT",
	  .path = "/api/v1/datasets/{id}/versions/{n}/roles",
	  .handle = version_roles,
	  .permission = PERM_DATASET_WRITE,
	  .body = &roles_body_table,
	  .summary = "Correct what columns of a version mean before it is confirmed; the version is the answer." },
	{ .method = "POST",
	  .path = "/api/v1/datasets/{id}/versions/{n}/confirm",
	  .handle = version_confirm,
	  .permission = PERM_DATASET_WRITE,
	  .summary = "Make a version that waits the current one: customers are found, and a job says how far it is." },
};
const struct resource versions_resource = { "versions", "Versions of data sets", routes, countof(routes) };
