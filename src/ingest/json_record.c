#include "ingest/json_record.h"

#include "base/limits.h"
#include "json/write.h"

#include <stdlib.h>

static uint32_t hash(struct str s)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 16777619u;
	return h;
}

static bool is_path(const struct json_column *c, struct str path)
{
	return c->n == path.n && memcmp(c->path, path.p, path.n) == 0;
}

size_t json_columns_find(const struct json_columns *c, struct str path)
{
	for (size_t i = hash(path); c->n_slots; i++) {
		uint32_t at = c->slots[i & (c->n_slots - 1)];
		if (at == UINT32_MAX)
			break;
		if (is_path(&c->list[at], path))
			return at;
	}
	return SIZE_MAX;
}

static void place(struct json_columns *c, size_t column)
{
	size_t i = hash(str_n(c->list[column].path, c->list[column].n));
	while (c->slots[i & (c->n_slots - 1)] != UINT32_MAX)
		i++;
	c->slots[i & (c->n_slots - 1)] = (uint32_t)column;
}

static void rehash(struct json_columns *c)
{
	free(c->slots);
	c->slots = mem_array(c->n_slots, sizeof *c->slots);
	memset(c->slots, 0xff, c->n_slots * sizeof *c->slots);
	for (size_t i = 0; i < c->n; i++)
		place(c, i);
}

size_t json_columns_add(struct json_columns *c, struct str path)
{
	if (c->n == c->cap) {
		c->cap = MAX(c->cap * 2, (size_t)16);
		c->list = mem_realloc(c->list, c->cap * sizeof *c->list);
		c->n_slots = c->cap * 2;
		rehash(c);
	}
	struct json_column *column = &c->list[c->n];
	*column = (struct json_column){ .path = mem_alloc(path.n + 1), .n = (uint32_t)path.n };
	memcpy(column->path, path.p, path.n);
	column->path[path.n] = 0;
	place(c, c->n);
	return c->n++;
}

void json_columns_free(struct json_columns *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->list[i].path);
	free(c->list);
	free(c->slots);
	*c = (struct json_columns){ 0 };
}

void json_record_begin(struct json_record *r, struct json_scan *scan, struct json_columns *columns, bool adding)
{
	*r = (struct json_record){ .scan = scan, .columns = columns, .adding = adding };
	r->path = BUF_INIT(LIMIT_JSON_NAME_BYTES);
	r->values = BUF_INIT(2 * LIMIT_ROW_BYTES);
	r->joined = BUF_INIT(2 * LIMIT_ROW_BYTES);
	if (!adding)
		r->cells = mem_array(columns->n + 1, sizeof *r->cells);
}

void json_record_free(struct json_record *r)
{
	buf_free(&r->path);
	buf_free(&r->values);
	buf_free(&r->joined);
	free(r->cells);
	*r = (struct json_record){ 0 };
}

/* Members of a record come in the same order most of the time. */
static size_t column_of(struct json_record *r)
{
	struct str path = buf_str(&r->path);
	if (!path.n)
		path = STR("value");
	if (r->next < r->columns->n && is_path(&r->columns->list[r->next], path))
		return r->next;
	return json_columns_find(r->columns, path);
}

/* The column of the open member; SIZE_MAX: the table does not have it. */
static bool open_column(struct json_record *r, size_t *ret, struct err *e)
{
	size_t column = column_of(r);
	if (r->path.failed)
		return err_set(e, ERR_LIMIT, "text_too_long", "A name in line %llu is too long.",
			       (unsigned long long)r->scan->line);
	if (r->adding && column == SIZE_MAX) {
		if (r->columns->n == LIMIT_FILE_COLUMNS)
			return err_set(
				e, ERR_LIMIT, "too_many_columns",
				"The records of the file have more than %d members, the last of them in line %llu.",
				LIMIT_FILE_COLUMNS, (unsigned long long)r->scan->line);
		column = json_columns_add(r->columns, r->path.n ? buf_str(&r->path) : STR("value"));
		r->columns->list[column].line = r->scan->line;
	}
	r->next = column + 1;
	*ret = column;
	return true;
}

/* The cell of the open member; value.p NULL: null. */
static bool put(struct json_record *r, struct str value, struct err *e)
{
	size_t column;
	if (!open_column(r, &column, e))
		return false;
	if (r->adding) {
		r->columns->list[column].has_value |= value.p != NULL;
	} else if (column != SIZE_MAX) {
		r->cells[column] = (struct json_cell){ (uint32_t)r->values.n, (uint32_t)value.n };
		buf_add_str(&r->values, value);
		r->used = MAX(r->used, value.n ? column + 1 : 0);
	}
	if (r->values.failed)
		return err_set(e, ERR_LIMIT, "row_too_long", "The record in line %llu is longer than %zu MiB.",
			       (unsigned long long)r->scan->line, LIMIT_ROW_BYTES / MIB);
	return true;
}

static void write_scalar(struct json_writer *w, const struct json_scan *s, enum json_token token)
{
	struct str text = json_scan_scalar(s, token);
	if (token == JSON_TOKEN_TEXT)
		jw_str(w, text);
	else if (!text.p || (token == JSON_TOKEN_NUMBER && text.p[text.n - 1] > '9'))
		jw_null(w); /* NaN and Infinity are no JSON */
	else
		jw_raw(w, text);
}

/* From the first token of an object or list to its last, as JSON text; a list of scalars is joined, too. */
static bool capture(struct json_record *r, enum json_token token, struct buf *json, bool *ret_plain, struct err *e)
{
	struct json_scan *s = r->scan;
	struct json_writer w = json_writer(json);
	unsigned outer = s->depth - 1;
	bool plain = token == JSON_TOKEN_ARRAY;
	buf_clear(&r->joined);
	jw_open(&w, token == JSON_TOKEN_ARRAY ? '[' : '{');
	while (s->depth > outer) {
		if (!json_scan_next(s, &token, e))
			return false;
		switch (token) {
		case JSON_TOKEN_OBJECT:
		case JSON_TOKEN_ARRAY:
			plain = false;
			jw_open(&w, token == JSON_TOKEN_ARRAY ? '[' : '{');
			break;
		case JSON_TOKEN_OBJECT_END:
		case JSON_TOKEN_ARRAY_END:
			jw_close(&w, token == JSON_TOKEN_ARRAY_END ? ']' : '}');
			break;
		case JSON_TOKEN_KEY:
			jw_key_str(&w, s->text);
			break;
		case JSON_TOKEN_TEXT:
		case JSON_TOKEN_NUMBER:
		case JSON_TOKEN_TRUE:
		case JSON_TOKEN_FALSE:
		case JSON_TOKEN_NULL:
			if (plain && r->joined.n && token != JSON_TOKEN_NULL)
				buf_adds(&r->joined, ", ");
			if (plain)
				buf_add_str(&r->joined, json_scan_scalar(s, token));
			write_scalar(&w, s, token);
			break;
		case JSON_TOKEN_END:
			break;
		}
	}
	*ret_plain = plain;
	if (json->failed || r->joined.failed)
		return err_set(e, ERR_LIMIT, "row_too_long", "The record in line %llu is longer than %zu MiB.",
			       (unsigned long long)s->line, LIMIT_ROW_BYTES / MIB);
	return true;
}

static bool read_any(struct json_record *r, enum json_token token, struct err *e);

static bool has_member(const struct json_columns *c, struct str path)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct json_column *x = &c->list[i];
		if (x->n > path.n && x->path[path.n] == JSON_PATH && memcmp(x->path, path.p, path.n) == 0)
			return true;
	}
	return false;
}

/* A list, and another list or object of that name: in a single object the reader finds only the first. */
static void note_twice(struct json_record *r, size_t column, bool list)
{
	struct json_column *c = column == SIZE_MAX ? NULL : &r->columns->list[column];
	if (c && r->only && !r->lists && (c->has_list || (list && has_member(r->columns, buf_str(&r->path)))))
		c->twice = r->scan->line;
}

/* adding: what the elements of a list are. Lists within lists, and below LIMIT_JSON_LISTS, are texts. */
static bool find_elements(struct json_record *r, struct err *e)
{
	enum json_token token;
	size_t column;
	bool first = true;
	if (!open_column(r, &column, e))
		return false;
	note_twice(r, column, true);
	r->columns->list[column].has_list = true;
	if (!r->path.n || r->lists == LIMIT_JSON_LISTS)
		return json_scan_skip(r->scan, e);
	r->lists++;
	for (;; first = false) {
		if (!json_scan_next(r->scan, &token, e))
			return false;
		if (token == JSON_TOKEN_ARRAY_END)
			break;
		struct json_column *c = &r->columns->list[column];
		if (token == JSON_TOKEN_OBJECT && !c->has_objects) {
			c->has_objects = true;
			c->line = r->scan->line;
		}
		c->begins_list |= first && token == JSON_TOKEN_ARRAY;
		c->has_elements |= token != JSON_TOKEN_OBJECT && token != JSON_TOKEN_NULL;
		if ((token == JSON_TOKEN_ARRAY && !json_scan_skip(r->scan, e)) ||
		    (token == JSON_TOKEN_OBJECT && !read_any(r, token, e)))
			return false;
	}
	r->lists--;
	return true;
}

static bool read_list(struct json_record *r, struct err *e)
{
	bool plain;
	if (r->adding)
		return find_elements(r, e);
	CLEANUP(buf_free) struct buf json = BUF_INIT(2 * LIMIT_ROW_BYTES);
	return capture(r, JSON_TOKEN_ARRAY, &json, &plain, e) && put(r, buf_str(plain ? &r->joined : &json), e);
}

static bool is_other_table(const struct json_record *r)
{
	return r->others && r->path.n && json_columns_find(r->others, buf_str(&r->path)) != SIZE_MAX;
}

/* Recursion is bounded by LIMIT_JSON_DEPTH, which the scanner keeps. */
static bool read_any(struct json_record *r, enum json_token token, struct err *e)
{
	if (token != JSON_TOKEN_OBJECT && token != JSON_TOKEN_ARRAY)
		return put(r, json_scan_scalar(r->scan, token), e);
	if (is_other_table(r))
		return json_scan_skip(r->scan, e);
	if (token == JSON_TOKEN_ARRAY)
		return read_list(r, e);
	if (r->adding && r->only && r->path.n)
		note_twice(r, json_columns_find(r->columns, buf_str(&r->path)), false);
	size_t outer = r->path.n;
	bool any = false;
	for (;; any = true) {
		if (!json_scan_next(r->scan, &token, e))
			return false;
		if (token == JSON_TOKEN_OBJECT_END)
			break;
		buf_addc(&r->path, JSON_PATH);
		buf_add_str(&r->path, r->scan->text);
		if (!json_scan_next(r->scan, &token, e) || !read_any(r, token, e))
			return false;
		r->path.n = outer;
	}
	return any || !outer || put(r, str_n(NULL, 0), e);
}

bool json_record_read(struct json_record *r, enum json_token token, struct err *e)
{
	buf_clear(&r->path);
	buf_clear(&r->values);
	r->next = r->used = 0;
	if (!r->adding)
		memset(r->cells, 0, (r->columns->n + 1) * sizeof *r->cells);
	return read_any(r, token, e);
}

/* One cell of whatever the value is. */
static bool pack_whole(struct json_record *r, enum json_token token, struct packer *p, struct err *e)
{
	bool plain;
	if (token != JSON_TOKEN_OBJECT && token != JSON_TOKEN_ARRAY) {
		pack_cell(p, json_scan_scalar(r->scan, token), 0);
		return true;
	}
	CLEANUP(buf_free) struct buf json = BUF_INIT(2 * LIMIT_ROW_BYTES);
	if (!capture(r, token, &json, &plain, e))
		return false;
	pack_cell(p, buf_str(plain ? &r->joined : &json), 0);
	return true;
}

bool json_record_elements(struct json_record *r, enum json_token token, struct packer *p, struct err *e)
{
	if (token != JSON_TOKEN_ARRAY)
		return pack_whole(r, token, p, e);
	for (size_t n = 0;; n++) {
		if (!json_scan_next(r->scan, &token, e))
			return false;
		if (token == JSON_TOKEN_ARRAY_END)
			return true;
		if (n == LIMIT_COLUMNS)
			return err_set(e, ERR_LIMIT, "too_many_columns",
				       "The list in line %llu has more than %d values.",
				       (unsigned long long)r->scan->line, LIMIT_COLUMNS);
		if (!pack_whole(r, token, p, e))
			return false;
	}
}

void json_record_pack(const struct json_record *r, struct packer *p)
{
	for (size_t i = 0; i < r->used; i++)
		pack_cell(p, str_n(r->values.p + r->cells[i].at, r->cells[i].n), 0);
}
