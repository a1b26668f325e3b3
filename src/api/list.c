#include "api/api.h"
#include "base/ids.h"
#include "base/limits.h"

bool api_page_read(struct request *q, struct api_page *ret, struct err *e)
{
	struct api_page page = { .limit = DEFAULT_PAGE };
	struct str cursor = { 0 };
	if (!request_query_i64(q, "limit", 1, LIMIT_PAGE, &page.limit, e) ||
	    !request_query_str(q, "cursor", &cursor, e))
		return false;
	if (cursor.p && !id_parse(cursor, &page.after))
		return err_field(e, ERR_VALUE, "cursor", "this is not a cursor that a list has given");
	*ret = page;
	return true;
}

struct json_writer *api_list_begin(struct response *r)
{
	struct json_writer *w = response_json(r, 200);
	jw_open(w, '{');
	jw_key(w, "items");
	jw_open(w, '[');
	return w;
}

void api_list_end(struct json_writer *w, int64_t next, int64_t total)
{
	jw_close(w, ']');
	jw_key(w, "next");
	if (next)
		jw_id(w, next);
	else
		jw_null(w);
	if (total >= 0)
		jw_kv_i64(w, "total", total);
	jw_close(w, '}');
}
