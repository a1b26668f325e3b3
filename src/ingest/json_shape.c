#include "ingest/json_file.h"

#include "base/limits.h"
#include "ingest/encoding.h"
#include "ingest/json_map.h"
#include "ingest/other_file.h"

#include <stdlib.h>

void json_shape_free(struct json_shape *shape)
{
	for (size_t i = 0; i < shape->n_tables; i++) {
		free(shape->tables[i].path);
		free(shape->tables[i].name);
		free(shape->tables[i].link);
		json_columns_free(&shape->tables[i].columns);
	}
	free(shape->tables);
	*shape = (struct json_shape){ 0 };
}

/* Values that follow one another. */
static bool read_values(struct json_record *r, struct json_shape *shape, enum json_token token, struct err *e)
{
	size_t n = 0;
	bool object = token == JSON_TOKEN_OBJECT;
	r->only = true;
	for (; token != JSON_TOKEN_END; n++) {
		if (!json_record_read(r, token, e) || !json_scan_next(r->scan, &token, e))
			return false;
		r->only = false;
	}
	shape->single = shape->one = n == 1 && object;
	return true;
}

static bool read_list(struct json_record *r, struct json_shape *shape, bool *ret_positional, struct err *e)
{
	enum json_token token;
	shape->list = true;
	if (!json_scan_next(r->scan, &token, e))
		return false;
	*ret_positional = token == JSON_TOKEN_ARRAY;
	while (token != JSON_TOKEN_ARRAY_END) {
		bool opens = token == JSON_TOKEN_ARRAY || token == JSON_TOKEN_OBJECT;
		bool ok = *ret_positional ? !opens || json_scan_skip(r->scan, e) : json_record_read(r, token, e);
		if (!ok || !json_scan_next(r->scan, &token, e))
			return false;
	}
	if (!json_scan_next(r->scan, &token, e))
		return false;
	return token == JSON_TOKEN_END ||
	       err_set(e, ERR_VALUE, "json_wrong", "The JSON text goes on in line %llu, after the end of its list.",
		       (unsigned long long)r->scan->line);
}

bool json_begin(struct json_scan *s, struct source *source, struct err *e)
{
	struct str head;
	enum encoding marked;
	char mark[4];
	size_t got;
	bool has_key;
	if (!source_peek(source, SOURCE_HEAD_BYTES, &head, e))
		return false;
	size_t n = encoding_mark(head, &marked);
	json_scan_begin(s, source);
	head = str_n(head.p + n, head.n - n);
	if (json_is_turned(head))
		return other_file(e, OTHER_JSON_COLUMNS,
				  "JSON that lists the values of each column and not the records");
	if (json_is_map(head, &has_key))
		s->map = has_key ? "map_key" : "key";
	return !n || source_read(source, mark, n, &got, e);
}

static bool read_all(struct json_scan *scan, struct json_record *r, struct json_shape *shape, struct err *e)
{
	enum json_token token;
	bool positional = false;
	if (!json_scan_next(scan, &token, e))
		return false;
	if (token == JSON_TOKEN_END)
		return err_set(e, ERR_VALUE, "empty_file", "The file holds nothing but blanks.");
	bool ok = token == JSON_TOKEN_ARRAY ? read_list(r, shape, &positional, e) : read_values(r, shape, token, e);
	if (!ok || !json_shape_split(shape, r->columns, e))
		return false;
	shape->tables[shape->own].positional = positional;
	return true;
}

bool json_shape_find(struct source *s, struct json_shape *ret, struct err *e)
{
	struct json_shape shape = { 0 };
	struct json_scan scan = { 0 };
	struct json_columns all = { 0 };
	struct json_record record;
	json_record_begin(&record, &scan, &all, true);
	bool ok = json_begin(&scan, s, e) && read_all(&scan, &record, &shape, e);
	json_record_free(&record);
	json_scan_free(&scan);
	json_columns_free(&all);
	if (ok)
		*ret = shape;
	else
		json_shape_free(&shape);
	return ok;
}
