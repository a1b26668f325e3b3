/* Which of the lists that were met are tables, and which columns are whose. */
#include "ingest/json_file.h"

#include "base/limits.h"

#include <stdlib.h>

struct split {
	struct json_shape *shape;
	const struct json_columns *all;
	size_t *table; /* a column's: the one that its list is; SIZE_MAX: it is none */
	bool *has_members;
};

/* The column of the longest path around `path` that has one; SIZE_MAX: there is none. */
static size_t around(const struct split *s, struct str path)
{
	for (size_t n = path.n; n > 1; n--) {
		if (path.p[n - 1] != JSON_PATH || n - 1 == 0)
			continue;
		size_t at = json_columns_find(s->all, str_n(path.p, n - 1));
		if (at != SIZE_MAX)
			return at;
	}
	return SIZE_MAX;
}

static struct str path_of(const struct split *s, size_t column)
{
	return str_n(s->all->list[column].path, s->all->list[column].n);
}

/* The table whose records a path stands in. */
static size_t owner(const struct split *s, struct str path)
{
	for (size_t at = around(s, path); at != SIZE_MAX; at = around(s, path_of(s, at))) {
		if (s->table[at] != SIZE_MAX)
			return s->table[at];
	}
	return 0;
}

static struct json_file_table *add_table(struct json_shape *shape, struct str path)
{
	shape->tables = mem_realloc(shape->tables, (shape->n_tables + 1) * sizeof *shape->tables);
	struct json_file_table *t = &shape->tables[shape->n_tables++];
	*t = (struct json_file_table){
		.path = mem_alloc(path.n + 1), .path_n = path.n, .parent = SIZE_MAX, .key = SIZE_MAX
	};
	memcpy(t->path, path.p, path.n);
	t->path[path.n] = 0;
	return t;
}

/* How many lists with objects are around a column's path, and whether the outermost of them has its columns by place.
 */
static unsigned lists_around(const struct split *s, size_t column, bool *ret_positional)
{
	unsigned n = 0;
	*ret_positional = false;
	for (size_t at = around(s, path_of(s, column)); at != SIZE_MAX; at = around(s, path_of(s, at))) {
		const struct json_column *c = &s->all->list[at];
		if (c->has_objects || (c->begins_list && s->shape->single)) {
			n++;
			*ret_positional = c->begins_list && s->shape->single;
		}
	}
	return n;
}

static bool add_list(struct split *s, size_t column, unsigned level, struct err *e)
{
	const struct json_column *c = &s->all->list[column];
	bool below_positional;
	if (!c->has_list || lists_around(s, column, &below_positional) != level - 1 || below_positional)
		return true;
	bool positional = s->shape->single && level == 1 && c->begins_list;
	if (!c->has_objects && !positional)
		return true;
	if (s->shape->n_tables > LIMIT_TABLES) {
		CLEANUP(str_freep) char *name = json_dotted(path_of(s, column));
		return err_set(e, ERR_LIMIT, "too_many_tables",
			       "The file holds more than %d tables; one more begins in line %llu, \"%.100s\".",
			       LIMIT_TABLES, (unsigned long long)c->line, name);
	}
	if (s->shape->single && level == 1 && c->twice)
		return err_set(e, ERR_VALUE, "json_wrong", "Two lists have the same name, the second in line %llu.",
			       (unsigned long long)c->twice);
	size_t parent = owner(s, path_of(s, column));
	s->table[column] = s->shape->n_tables;
	struct json_file_table *t = add_table(s->shape, path_of(s, column));
	t->positional = positional;
	t->level = level;
	if (s->shape->single && level == 1)
		return true;
	t->parent = parent;
	s->shape->tables[parent].has_lists = true;
	return true;
}

static bool is_column(const struct split *s, size_t column)
{
	const struct json_column *c = &s->all->list[column];
	if (s->table[column] != SIZE_MAX)
		return c->has_value; /* no list in some records */
	return c->has_value || c->has_list || !s->has_members[column];
}

static bool add_column(struct split *s, size_t table, struct str path, const struct json_column *from, struct err *e)
{
	struct json_file_table *t = &s->shape->tables[table];
	if (t->columns.n >= LIMIT_COLUMNS) {
		CLEANUP(str_freep) char *name = json_dotted(path);
		return err_set(
			e, ERR_LIMIT, "too_many_columns",
			"The records of the file have more than %d members, \"%.100s\" in line %llu the last of them.",
			LIMIT_COLUMNS, name, (unsigned long long)from->line);
	}
	size_t at = json_columns_add(&t->columns, path);
	struct json_column *to = &t->columns.list[at];
	to->has_value = from->has_value;
	to->has_list = from->has_list;
	return true;
}

static bool share_columns(struct split *s, struct err *e)
{
	for (size_t i = 0; i < s->all->n; i++) {
		size_t t = owner(s, path_of(s, i)), cut = s->shape->tables[t].path_n;
		struct str path = path_of(s, i);
		if (!s->shape->tables[t].positional && is_column(s, i) &&
		    !add_column(s, t, str_n(path.p + cut, path.n - cut), &s->all->list[i], e))
			return false;
	}
	for (size_t i = 0; i < s->all->n; i++) {
		const struct json_column *c = &s->all->list[i];
		size_t t = s->table[i];
		if (t != SIZE_MAX && c->has_elements && !s->shape->tables[t].positional &&
		    !add_column(s, t, STR("value"), c, e))
			return false;
	}
	return true;
}

/* What is beside the tables of a single object comes after them. */
static void move_own(struct json_shape *shape)
{
	struct json_file_table own = shape->tables[0];
	memmove(shape->tables, shape->tables + 1, (shape->n_tables - 1) * sizeof *shape->tables);
	shape->own = shape->n_tables - 1;
	shape->tables[shape->own] = own;
	for (size_t i = 0; i < shape->n_tables; i++)
		shape->tables[i].parent -= shape->tables[i].parent != SIZE_MAX;
}

bool json_shape_split(struct json_shape *shape, const struct json_columns *all, struct err *e)
{
	struct split s = { .shape = shape, .all = all };
	bool ok = true;
	shape->single = shape->single && !json_one_is_record(all);
	add_table(shape, STR(""));
	s.table = mem_array(all->n + 1, sizeof *s.table);
	s.has_members = mem_zalloc((all->n + 1) * sizeof *s.has_members);
	memset(s.table, 0xff, (all->n + 1) * sizeof *s.table);
	for (size_t i = 0; i < all->n; i++) {
		size_t at = around(&s, path_of(&s, i));
		if (at != SIZE_MAX)
			s.has_members[at] = true;
	}
	for (unsigned level = 1; ok && level <= LIMIT_JSON_LISTS; level++) {
		for (size_t i = 0; ok && i < all->n; i++)
			ok = add_list(&s, i, level, e);
	}
	ok = ok && share_columns(&s, e);
	free(s.table);
	free(s.has_members);
	shape->single = shape->single && shape->n_tables > 1;
	if (shape->single)
		move_own(shape);
	return ok;
}
