/* What a version changes, as it was kept, for an answer. */
#include "analysis/changes.h"
#include "analysis/customer_view.h"
#include "base/limits.h"
#include "json/read.h"
#include "json/write.h"

typedef void mask(struct buf *b, struct str v);

static mask *mask_of(const struct dataset_table *t, const char *column)
{
	const struct dataset_column *c = t && column ? dataset_column_named(t, str_of(column)) : NULL;
	if (c && !strcmp(c->role, "customer.phone"))
		return customer_mask_phone;
	return c && !strcmp(c->role, "customer.email") ? customer_mask_email : NULL;
}

static json_t *masked(const json_t *v, mask *m)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(4 * KIB);
	m(&b, str_of(json_string_value(v)));
	return json_stringn(b.p ? b.p : "", b.n);
}

static void mask_field(json_t *cell, const char *field, mask *m)
{
	const json_t *v = json_object_get(cell, field);
	if (m && json_is_string(v))
		json_object_set_new(cell, field, masked(v, m));
}

static void mask_list(json_t *list, mask *m)
{
	size_t i;
	json_t *v;
	json_array_foreach (list, i, v)
		if (json_is_string(v))
			json_array_set_new(list, i, masked(v, m));
}

static void mask_file(const json_t *file, const struct dataset_table *t)
{
	json_t *column, *row;
	size_t i, r;
	json_array_foreach (json_object_get(file, "columns"), i, column) {
		mask *m = mask_of(t, json_string_value(json_object_get(column, "column")));
		if (!m)
			continue;
		mask_list(json_object_get(column, "sample"), m);
		json_array_foreach (json_object_get(file, "first"), r, row)
			if (json_is_string(json_array_get(row, i)))
				json_array_set_new(row, i, masked(json_array_get(row, i), m));
	}
}

static void mask_table(json_t *one, const struct dataset_content *content)
{
	const char *name = json_string_value(json_object_get(one, "table"));
	const struct dataset_table *t = name ? dataset_table_named(content, str_of(name)) : NULL;
	const json_t *key = json_object_get(one, "key");
	size_t i, k;
	json_t *cell, *part;
	mask_file(json_object_get(one, "file"), t);
	json_array_foreach (json_object_get(one, "sample"), i, cell) {
		mask *m = mask_of(t, json_string_value(json_object_get(cell, "column")));
		mask_field(cell, "old", m);
		mask_field(cell, "new", m);
		json_t *values = json_object_get(cell, "key");
		json_array_foreach (values, k, part) {
			mask *own = mask_of(t, json_string_value(json_array_get(key, k)));
			if (own && json_is_string(part))
				json_array_set_new(values, k, masked(part, own));
		}
	}
}

bool changes_text(const struct dataset_content *content, struct buf *ret, struct err *e)
{
	CLEANUP(json_decrefp_) json_t *all = NULL;
	size_t i;
	json_t *one;
	if (!content->version.changes_json[0]) {
		buf_adds(ret, "null");
		return true;
	}
	if (!json_read(str_of(content->version.changes_json), CHANGES_BYTES, &all, e))
		return false;
	json_array_foreach (json_object_get(all, "tables"), i, one)
		mask_table(one, content);
	CLEANUP(str_freep) char *text = json_dumps(all, JSON_COMPACT);
	if (!text)
		return err_set(e, ERR_LIMIT, NULL, "What changes is too long to be told.");
	buf_adds(ret, text);
	return true;
}
