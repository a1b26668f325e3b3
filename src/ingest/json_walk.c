#include "ingest/json_walk.h"

#include <stdlib.h>

#define SEVERAL (SIZE_MAX - 1)

void json_walk_begin(struct json_walk *w, struct json_scan *scan, const struct json_shape *shape)
{
	*w = (struct json_walk){ .scan = scan, .shape = shape, .pending = SIZE_MAX, .until = SIZE_MAX };
	w->path = BUF_INIT(LIMIT_JSON_NAME_BYTES);
}

void json_walk_free(struct json_walk *w)
{
	json_columns_free(&w->nodes);
	free(w->info);
	buf_free(&w->path);
	*w = (struct json_walk){ 0 };
}

static size_t add_node(struct json_walk *w, struct str path)
{
	size_t at = json_columns_find(&w->nodes, path);
	if (at != SIZE_MAX)
		return at;
	at = json_columns_add(&w->nodes, path);
	w->info = mem_realloc(w->info, w->nodes.cap * sizeof *w->info);
	w->info[at] = (struct json_node){ SIZE_MAX, SIZE_MAX };
	for (size_t n = path.n - 1; n > 0; n--) {
		if (path.p[n] == JSON_PATH)
			add_node(w, str_n(path.p, n));
	}
	return at;
}

void json_walk_add_table(struct json_walk *w, size_t table)
{
	const struct json_file_table *t = &w->shape->tables[table];
	size_t node = t->path_n ? add_node(w, str_n(t->path, t->path_n)) : SIZE_MAX;
	if (t->path_n)
		w->info[node].table = table;
	else
		w->own_rows = true;
	if (t->parent != SIZE_MAX)
		json_walk_add_table(w, t->parent);
	else if (w->shape->single && t->path_n)
		w->until = w->until == SIZE_MAX || w->until == table ? table : SEVERAL;
}

void json_walk_add_value(struct json_walk *w, size_t table, size_t column, size_t value)
{
	const struct json_file_table *t = &w->shape->tables[table];
	const struct json_column *c = &t->columns.list[column];
	CLEANUP(buf_free) struct buf path = BUF_INIT(2 * LIMIT_JSON_NAME_BYTES);
	buf_add(&path, t->path, t->path_n);
	buf_add(&path, c->path, c->n);
	size_t at = add_node(w, buf_str(&path));
	w->info[at].value = value;
}

bool json_walk_start(struct json_walk *w, struct err *e)
{
	enum json_token token;
	w->path.n = 0;
	bool only_within = w->shape->single && !w->own_rows;
	w->levels[0] = (struct json_level){ 0, only_within ? SIZE_MAX : w->shape->own, SIZE_MAX };
	if (!w->shape->list)
		return true;
	w->levels[1] = w->levels[0];
	return json_scan_next(w->scan, &token, e);
}

static void open_record(struct json_walk *w, size_t table, enum json_token token, enum json_step *ret)
{
	w->table = table;
	w->token = token;
	*ret = JSON_STEP_RECORD;
	if (token == JSON_TOKEN_OBJECT)
		w->levels[w->scan->depth] = (struct json_level){ w->path.n, SIZE_MAX, table };
	else
		w->pending = table;
}

void json_walk_taken(struct json_walk *w)
{
	w->pending = SIZE_MAX;
}

/* A value at a path that is looked for; *ret_step: it is one. */
static bool on_member(struct json_walk *w, const struct json_node *node, enum json_token token, enum json_step *ret,
		      bool *ret_step, struct err *e)
{
	*ret_step = false;
	if (token == JSON_TOKEN_ARRAY && node->table != SIZE_MAX) {
		w->levels[w->scan->depth] = (struct json_level){ w->path.n, node->table, SIZE_MAX };
		return true;
	}
	if (token == JSON_TOKEN_ARRAY)
		return json_scan_skip(w->scan, e);
	if (token == JSON_TOKEN_OBJECT && node->table != SIZE_MAX) {
		*ret_step = true;
		open_record(w, node->table, token, ret);
		return true;
	}
	if (token == JSON_TOKEN_OBJECT) {
		w->levels[w->scan->depth] = (struct json_level){ w->path.n, SIZE_MAX, SIZE_MAX };
		return true;
	}
	w->text = json_scan_scalar(w->scan, token);
	w->value = node->value;
	*ret = JSON_STEP_VALUE;
	*ret_step = w->value != SIZE_MAX && w->text.p;
	return true;
}

static bool on_key(struct json_walk *w, enum json_step *ret, bool *ret_step, struct err *e)
{
	enum json_token token;
	w->path.n = w->levels[w->scan->depth].path;
	buf_addc(&w->path, JSON_PATH);
	buf_add_str(&w->path, w->scan->text);
	size_t node = json_columns_find(&w->nodes, buf_str(&w->path));
	if (!json_scan_next(w->scan, &token, e))
		return false;
	if (w->path.failed) /* the first pass would have said so */
		return err_set(e, ERR_LIMIT, "text_too_long", "A name in line %llu is too long.",
			       (unsigned long long)w->scan->line);
	if (node != SIZE_MAX)
		return on_member(w, &w->info[node], token, ret, ret_step, e);
	*ret_step = false;
	return (token != JSON_TOKEN_ARRAY && token != JSON_TOKEN_OBJECT) || json_scan_skip(w->scan, e);
}

/* An element of a list whose elements are rows, or a value of the file itself. */
static bool on_element(struct json_walk *w, enum json_token token, enum json_step *ret, bool *ret_step)
{
	const struct json_level *level =
		&w->levels[w->scan->depth - (token == JSON_TOKEN_ARRAY || token == JSON_TOKEN_OBJECT)];
	w->path.n = level->path;
	*ret_step = level->rows != SIZE_MAX;
	if (*ret_step)
		open_record(w, level->rows, token, ret);
	else /* the single object, which is no row here */
		w->levels[w->scan->depth] = (struct json_level){ 0, SIZE_MAX, SIZE_MAX };
	return true;
}

static bool end_pending(struct json_walk *w, enum json_step *ret, struct err *e)
{
	w->table = w->pending;
	w->pending = SIZE_MAX;
	*ret = JSON_STEP_RECORD_END;
	return w->token != JSON_TOKEN_ARRAY || json_scan_skip(w->scan, e);
}

bool json_walk_next(struct json_walk *w, enum json_step *ret, struct err *e)
{
	bool step = false;
	if (w->pending != SIZE_MAX)
		return end_pending(w, ret, e);
	while (!step) {
		enum json_token token;
		if (!json_scan_next(w->scan, &token, e))
			return false;
		if (token == JSON_TOKEN_END) {
			*ret = JSON_STEP_END;
			return true;
		}
		if (token == JSON_TOKEN_KEY) {
			if (!on_key(w, ret, &step, e))
				return false;
		} else if (token == JSON_TOKEN_OBJECT_END || token == JSON_TOKEN_ARRAY_END) {
			const struct json_level *closed = &w->levels[w->scan->depth + 1];
			bool list = token == JSON_TOKEN_ARRAY_END;
			bool done = list && closed->rows == w->until && w->until != SIZE_MAX;
			step = done || (!list && closed->record != SIZE_MAX);
			w->table = closed->record;
			*ret = done ? JSON_STEP_END : JSON_STEP_RECORD_END;
		} else if (!on_element(w, token, ret, &step)) {
			return false;
		}
	}
	return true;
}
