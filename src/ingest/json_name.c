/* What the tables of a file are called, and the columns that say which record a row belongs to. */
#include "ingest/json_file.h"

#include "base/limits.h"
#include "ingest/reader.h"
#include "ingest/roles_words.h"

#include <stdlib.h>

char *json_dotted(struct str path)
{
	char *name = mem_alloc(path.n + 1);
	size_t n = 0;
	for (size_t i = path.n ? path.p[0] == JSON_PATH : 0; i < path.n; i++)
		name[n++] = path.p[i] == JSON_PATH ? '.' : path.p[i];
	name[n] = 0;
	return name;
}

/* "\0a\0b" → "b" */
static struct str last_name(struct str path)
{
	size_t at = path.n;
	while (at && path.p[at - 1] != JSON_PATH)
		at--;
	return str_n(path.p + at, path.n - at);
}

static bool is_taken(const struct json_shape *shape, size_t table, struct str file_name, struct str name)
{
	if (str_ieq(name, file_name))
		return true;
	for (size_t i = 0; i < shape->n_tables; i++) {
		const char *other = shape->tables[i].name;
		if (i != table && other && str_ieq(str_of(other), name))
			return true;
	}
	return false;
}

/* Behind its parent's, as "orders_items". */
static void add_path(struct buf *b, struct str path)
{
	for (size_t i = 0; i < path.n; i++)
		buf_addc(b, path.p[i] == JSON_PATH ? '_' : path.p[i]);
}

static void name_table(struct json_shape *shape, size_t table, struct str file_name)
{
	struct json_file_table *t = &shape->tables[table];
	CLEANUP(buf_free) struct buf b = BUF_INIT(4 * LIMIT_JSON_NAME_BYTES);
	struct str path = str_n(t->path, t->path_n);
	if (t->parent == SIZE_MAX) {
		t->name = json_dotted(path);
		return;
	}
	const struct json_file_table *parent = &shape->tables[t->parent];
	buf_add_str(&b, last_name(path));
	if (!b.n || is_taken(shape, table, file_name, buf_str(&b))) {
		buf_clear(&b);
		buf_add_str(&b, parent->name ? str_of(parent->name) : file_name);
		add_path(&b, str_n(path.p + parent->path_n, path.n - parent->path_n));
	}
	size_t n = b.n;
	for (int i = 2; is_taken(shape, table, file_name, buf_str(&b)); i++) {
		b.n = n;
		buf_addf(&b, "_%d", i);
	}
	t->name = buf_take(&b, NULL);
}

/* orders → order, categories → category, addresses → address */
static void add_singular(struct buf *b, struct str s)
{
	if (s.n > 4 && str_ends(s, STR("ies"))) {
		buf_add(b, s.p, s.n - 3);
		buf_addc(b, 'y');
	} else if (s.n > 4 && (str_ends(s, STR("sses")) || str_ends(s, STR("xes")) || str_ends(s, STR("ches")))) {
		buf_add(b, s.p, s.n - 2);
	} else {
		buf_add(b, s.p, s.n - (s.n > 3 && str_ends(s, STR("s")) && !str_ends(s, STR("ss"))));
	}
}

/* Files are renamed from month to month and their tables must stay the same: of the file's name only a word that says
 * what the table is, if there is one. */
static void add_thing_of_file(struct buf *b, struct str file_name)
{
	CLEANUP(buf_free) struct buf words = BUF_INIT(8192);
	words_normalize(file_name, &words);
	struct str rest = buf_str(&words), word;
	while (str_split(&rest, ' ', &word)) {
		if (word.n && words_table(word) != TABLE_UNKNOWN) {
			add_singular(b, word);
			return;
		}
	}
	buf_adds(b, "record");
}

/* "order_id" of orders and id; a name that says more than that stays as it is: "posting_number". */
static void name_link(struct json_file_table *t, struct str file_name)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(4 * LIMIT_JSON_NAME_BYTES), key = BUF_INIT(8192);
	const struct json_column *c = t->key == SIZE_MAX ? NULL : &t->columns.list[t->key];
	struct str path = c ? str_n(c->path, c->n) : STR("");
	CLEANUP(str_freep) char *dotted = json_dotted(path);
	words_normalize(c ? str_of(dotted) : STR(""), &key);
	bool oid = str_ends(path, STR("$oid"));
	if (c && !oid && memchr(key.p, ' ', key.n)) {
		t->link = mem_strdup(dotted);
		return;
	}
	if (t->name)
		add_singular(&b, last_name(str_n(t->path, t->path_n)));
	else
		add_thing_of_file(&b, file_name);
	buf_addf(&b, "_%s", !c ? "row" : oid || str_ieq(str_of(dotted), STR("_id")) ? "id" : dotted);
	t->link = buf_take(&b, NULL);
}

void json_shape_names(struct json_shape *shape, struct str file_name)
{
	for (size_t i = 0; i < shape->n_tables; i++) {
		if (i != shape->own)
			name_table(shape, i, file_name);
	}
	for (size_t i = 0; i < shape->n_tables; i++) {
		if (shape->tables[i].has_lists)
			name_link(&shape->tables[i], file_name);
	}
}
