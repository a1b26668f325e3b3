/* What is in a data set, and what of its files could not be read. */
#include "analysis/rows.h"
#include "api/scope.h"
#include "api/warehouse.h"

#include "base/limits.h"
#include "model/reject.h"

#include <stdio.h>

bool rows_answer(struct request *q, struct response *r, const struct dataset *d, int64_t version, struct err *e)
{
	struct api_page page;
	struct rows_page p = { .version = version, .cancel = request_cancel_flag(q) };
	if (!api_page_read(q, &page, e) || !request_query_str(q, "table", &p.table, e) ||
	    !request_query_str(q, "filter", &p.filter, e) || !request_query_str(q, "sort", &p.sort, e))
		return false;
	p.limit = (size_t)page.limit;
	p.after = page.after;
	CLEANUP(buf_free) struct buf body = BUF_INIT(LIMIT_RESPONSE_BYTES);
	if (!rows_json(api_instance(q), api_db(q), d->org, d, &p, &body, e))
		return false;
	response_take(r, "application/json", &body);
	return true;
}

static bool find_ready(struct request *q, struct dataset *ret, struct err *e)
{
	int64_t id;
	return request_param_id(q, "id", &id, e) &&
	       dataset_find_ready(api_db(q), request_arena(q), api_caller(q)->org, id, ret, e);
}

static bool rows_get(struct request *q, struct response *r, struct err *e)
{
	struct dataset d;
	return find_ready(q, &d, e) && rows_answer(q, r, &d, 0, e);
}

/* -- rejects -- */

static void write_reject(struct json_writer *w, const struct reject *x)
{
	jw_open(w, '{');
	jw_kv_cstr(w, "table", x->table);
	if (x->line)
		jw_kv_i64(w, "line", x->line);
	else
		jw_kv_null(w, "line");
	jw_kv_cstr(w, "column", x->column[0] ? x->column : NULL);
	jw_kv_cstr(w, "text", x->text);
	jw_kv_cstr(w, "reason", x->reason);
	jw_close(w, '}');
}

static bool send_csv(struct request *q, struct response *r, int64_t org, int64_t version, struct str table,
		     int64_t after, struct err *e)
{
	CLEANUP(buf_free) struct buf head = BUF_INIT(KIB);
	enum language language;
	if (!reason_language(q, &language, e))
		return false;
	buf_addf(&head, "%s\r\n", reason_word(language, REASON_HEAD));
	response_header(r, "Content-Disposition", STR("attachment; filename=\"rejects.csv\""));
	if (!response_stream_begin(r, 200, "text/csv; charset=utf-8", e) || !response_write(r, head.p, head.n, e))
		return false;
	for (;;) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(16 * MIB);
		CLEANUP(buf_free) struct buf b = BUF_INIT(16 * MIB);
		struct reject *list;
		size_t n;
		if (!reject_page(api_db(q), &a, org, version, table, after, LIMIT_PAGE, &list, &n, NULL, e))
			return false;
		for (size_t i = 0; i < n; i++) {
			char line[24];
			snprintf(line, sizeof line, "%lld", (long long)list[i].line);
			csv_cell(&b, str_of(list[i].table), ',');
			csv_cell(&b, str_of(list[i].line ? line : ""), ',');
			csv_cell(&b, str_of(list[i].column), ',');
			csv_cell(&b, str_of(list[i].text), ',');
			csv_cell(&b, str_of(reason_text(language, list[i].reason)), '\n');
			after = list[i].seq;
		}
		if (!n)
			return response_end(r, e);
		if (!response_write(r, b.p, b.n, e))
			return false;
	}
}

bool part_read(struct request *q, const struct dataset_version *v, struct version_part *ret, struct err *e)
{
	struct str of = STR("version");
	*ret = (struct version_part){ 0 };
	if (!request_query_str(q, "of", &of, e))
		return false;
	if (str_is(of, "file"))
		return version_part_read(v, ret, e);
	return str_is(of, "version") || err_field(e, ERR_VALUE, "of", "It is of the version or of the file.");
}

bool rejects_answer(struct request *q, struct response *r, int64_t org, int64_t version,
		    const struct version_part *part, struct err *e)
{
	struct api_page page;
	struct str table = { 0 }, format = STR("json");
	struct reject *list;
	size_t n;
	int64_t total;
	if (!api_page_read(q, &page, e) || !request_query_str(q, "table", &table, e) ||
	    !request_query_str(q, "format", &format, e))
		return false;
	int64_t before = part ? version_part_rejects_after(part) : 0,
		own = part ? version_part_rejects(part, table) : -1;
	if (str_is(format, "csv"))
		return send_csv(q, r, org, version, table, before, e);
	if (!str_is(format, "json"))
		return err_field(e, ERR_VALUE, "format", "The format is json or csv.");
	if (!reject_page(api_db(q), request_arena(q), org, version, table, MAX(page.after, before), (size_t)page.limit,
			 &list, &n, &total, e))
		return false;
	struct json_writer *w = api_list_begin(r);
	for (size_t i = 0; i < n; i++)
		write_reject(w, &list[i]);
	api_list_end(w, n == (size_t)page.limit ? list[n - 1].seq : 0, own < 0 ? total : own);
	return true;
}

static bool rejects_get(struct request *q, struct response *r, struct err *e)
{
	struct dataset d;
	return find_ready(q, &d, e) && rejects_answer(q, r, d.org, d.current, NULL, e);
}

static const struct route_param rows_params[] = { ROWS_PARAMS };
static const struct route_param reject_params[] = { REJECT_PARAMS };

static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/rows",
	  .handle = rows_get,
	  .permission = PERM_DATASET_READ,
	  .query = rows_params,
	  .n_query = countof(rows_params),
	  .summary = "A page of rows; phones and e-mails are masked." },
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/rejects",
	  .handle = rejects_get,
	  .flags = ROUTE_STREAM,
	  .permission = PERM_DATASET_READ,
	  .query = reject_params,
	  .n_query = countof(reject_params),
	  .summary = "Rows that could not be read: line, column, text, why." },
};
const struct resource dataset_rows_resource = { "rows", "Rows of data sets", routes, countof(routes) };
