#include "ingest/json_file.h"

#include "base/limits.h"
#include "ingest/json_late.h"
#include "ingest/json_walk.h"

#include <stdlib.h>

/* Thousandths of the work that the first pass is; the second, for keys, ends here. */
#define SHAPE_SHARE 400
#define KEYS_SHARE 550

struct json_reader {
	struct reader base;
	struct json_shape shape;
	struct json_scan scan;
	struct json_walk walk;
	struct json_record record;
	struct json_columns others; /* of record */
	struct packer packer;
	size_t table;
	uint64_t number;                              /* of the table's row */
	struct json_parent parents[LIMIT_JSON_LISTS]; /* the outermost first */
	size_t n_parents;
	struct json_late late;
	bool taking; /* rows that waited are packed first */
	unsigned share;
	bool ended;
};

static struct json_reader *of(struct reader *r)
{
	return (struct json_reader *)r;
}

static struct json_file_table *table_of(const struct json_reader *j)
{
	return &j->shape.tables[j->table];
}

static bool is_numbered(const struct json_file_table *t)
{
	return t->has_lists && t->key == SIZE_MAX;
}

static void free_pass(struct json_reader *j)
{
	json_record_free(&j->record);
	json_columns_free(&j->others);
	json_walk_free(&j->walk);
	json_late_free(&j->late);
	for (size_t i = 0; i < j->n_parents; i++)
		buf_free(&j->parents[i].key);
	j->n_parents = 0;
}

/* Lists within the table's records that are tables themselves. */
static void find_others(struct json_reader *j)
{
	const struct json_file_table *t = table_of(j);
	bool beside = j->shape.single && j->table == j->shape.own;
	for (size_t i = 0; i < j->shape.n_tables; i++) {
		const struct json_file_table *x = &j->shape.tables[i];
		if (x->path_n && (x->parent == j->table || (beside && x->parent == SIZE_MAX)))
			json_columns_add(&j->others, str_n(x->path + t->path_n, x->path_n - t->path_n));
	}
	j->record.others = j->others.n ? &j->others : NULL;
}

static void find_parents(struct json_reader *j)
{
	size_t n = 0;
	for (size_t p = table_of(j)->parent; p != SIZE_MAX; p = j->shape.tables[p].parent)
		n++;
	j->n_parents = n;
	for (size_t p = table_of(j)->parent; p != SIZE_MAX; p = j->shape.tables[p].parent) {
		const struct json_file_table *t = &j->shape.tables[p];
		j->parents[--n] = (struct json_parent){ .table = p, .key = BUF_INIT(LIMIT_ROW_BYTES) };
		if (t->key != SIZE_MAX)
			json_walk_add_value(&j->walk, p, t->key, n);
	}
}

static bool start(struct reader *r, size_t table, struct err *e)
{
	struct json_reader *j = of(r);
	free_pass(j);
	j->table = table;
	j->number = 0;
	j->ended = j->taking = false;
	buf_clear(&j->packer.bytes);
	json_record_begin(&j->record, &j->scan, &table_of(j)->columns, false);
	json_walk_begin(&j->walk, &j->scan, &j->shape);
	json_walk_add_table(&j->walk, table);
	json_late_begin(&j->late);
	find_others(j);
	find_parents(j);
	size_t n = r->n_tables;
	source_set_share(r->source, (unsigned)(j->share + (1000 - j->share) * table / n),
			 (unsigned)(j->share + (1000 - j->share) * (table + 1) / n));
	return source_rewind(r->source, e) && json_begin(&j->scan, r->source, e) && json_walk_start(&j->walk, e);
}

static void set_number(struct buf *b, const struct json_reader *j, size_t table, uint64_t number)
{
	buf_clear(b);
	buf_add_i64(b, j->base.tables[table].row_base + (int64_t)number);
}

static void open_parent(struct json_reader *j, struct json_parent *p)
{
	p->number++;
	p->slot = JSON_LATE_NONE;
	p->known = is_numbered(&j->shape.tables[p->table]);
	buf_clear(&p->key);
	if (p->known)
		set_number(&p->key, j, p->table, p->number);
}

static void know_key(struct json_reader *j, struct json_parent *p, struct str text)
{
	if (p->known)
		return;
	buf_add_str(&p->key, text);
	p->known = true;
	json_late_know(&j->late, p);
}

static bool all_known(const struct json_reader *j, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!j->parents[i].known)
			return false;
	}
	return true;
}

static size_t parent_of(const struct json_reader *j, size_t table)
{
	size_t i = 0;
	while (i < j->n_parents && j->parents[i].table != table)
		i++;
	return i;
}

static void close_parent(struct json_reader *j, size_t table)
{
	size_t i = parent_of(j, table);
	if (i == j->n_parents)
		return;
	know_key(j, &j->parents[i], STR("")); /* of null: it has no rows */
	j->taking = j->late.n && all_known(j, i);
}

/* What stands before the table's own columns. */
static void pack_keys(struct json_reader *j)
{
	CLEANUP(buf_free) struct buf own = BUF_INIT(64);
	for (size_t i = 0; i < j->n_parents; i++)
		pack_cell(&j->packer, buf_str(&j->parents[i].key), 0);
	j->packer.any = false;
	if (!is_numbered(table_of(j)))
		return;
	set_number(&own, j, j->table, j->number);
	pack_cell(&j->packer, buf_str(&own), 0);
}

static bool read_late(struct json_reader *j, uint32_t line, struct err *e)
{
	CLEANUP(buf_free) struct buf own = BUF_INIT(64);
	bool numbered = is_numbered(table_of(j));
	if (!json_record_read(&j->record, j->walk.token, e))
		return false;
	if (!j->record.used && !numbered)
		return true;
	if (numbered)
		set_number(&own, j, j->table, j->number);
	return json_late_add(&j->late, line, str_n(own.p, own.n), &j->record, j->parents, j->n_parents, e);
}

static bool read_row(struct json_reader *j, struct err *e)
{
	bool by_line = !j->shape.list && !j->shape.single;
	uint64_t line = by_line ? j->scan.line : j->number + 1;
	uint32_t shown = (uint32_t)MIN(line, (uint64_t)UINT32_MAX);
	j->number++;
	json_walk_taken(&j->walk);
	if (j->late.n || !all_known(j, j->n_parents))
		return read_late(j, shown, e);
	pack_row(&j->packer, shown);
	pack_keys(j);
	if (table_of(j)->positional) {
		if (!json_record_elements(&j->record, j->walk.token, &j->packer, e))
			return false;
	} else {
		if (!json_record_read(&j->record, j->walk.token, e))
			return false;
		json_record_pack(&j->record, &j->packer);
	}
	return pack_row_end(&j->packer, e);
}

static bool take_late(struct json_reader *j, struct err *e)
{
	if (!json_late_take(&j->late, j->n_parents, &j->packer, e))
		return false;
	j->taking = j->late.n > 0;
	for (size_t i = 0; !j->taking && i < j->n_parents; i++)
		j->parents[i].slot = JSON_LATE_NONE;
	return true;
}

static bool step(struct json_reader *j, struct err *e)
{
	enum json_step step;
	if (!json_walk_next(&j->walk, &step, e))
		return false;
	switch (step) {
	case JSON_STEP_RECORD:
		if (j->walk.table == j->table)
			return read_row(j, e);
		open_parent(j, &j->parents[parent_of(j, j->walk.table)]);
		break;
	case JSON_STEP_VALUE:
		know_key(j, &j->parents[j->walk.value], j->walk.text);
		break;
	case JSON_STEP_RECORD_END:
		close_parent(j, j->walk.table);
		break;
	case JSON_STEP_END:
		j->ended = true;
		break;
	}
	return true;
}

static bool next(struct reader *r, struct block *ret, bool *ret_end, struct err *e)
{
	struct json_reader *j = of(r);
	while ((!j->ended || j->taking) && !pack_full(&j->packer)) {
		if (!(j->taking ? take_late(j, e) : step(j, e)))
			return false;
	}
	*ret_end = j->packer.bytes.n == 0;
	if (!*ret_end)
		pack_take(&j->packer, ret);
	return true;
}

static void close_reader(struct reader *r)
{
	struct json_reader *j = of(r);
	free_pass(j);
	json_scan_free(&j->scan);
	json_shape_free(&j->shape);
	buf_free(&j->packer.bytes);
	free(j);
}

static const struct reader_ops json_ops = { .format = "json", .start = start, .next = next, .close = close_reader };
static const struct reader_ops ndjson_ops = { .format = "ndjson", .start = start, .next = next, .close = close_reader };

static void add_column(struct reader_table *t, char *name)
{
	t->columns[t->n_columns++] = name;
}

/* Columns of the records around, the outermost first, then the table's own number, then what its records have. */
static void list_columns(struct json_reader *j, const struct json_file_table *t, struct reader_table *to)
{
	size_t parents = 0;
	for (size_t p = t->parent; p != SIZE_MAX; p = j->shape.tables[p].parent)
		parents++;
	to->columns = mem_array(parents + 1 + t->columns.n + 1, sizeof *to->columns);
	to->links = mem_array(parents + 1, sizeof *to->links);
	to->n_columns = to->n_links = parents;
	for (size_t p = t->parent; p != SIZE_MAX; p = j->shape.tables[p].parent) {
		to->links[--parents] = (size_t)(t - j->shape.tables) - p;
		to->columns[parents] = mem_strdup(j->shape.tables[p].link);
	}
	to->key = t->has_lists ? to->n_columns + (t->key == SIZE_MAX ? 0 : t->key) : SIZE_MAX;
	if (is_numbered(t))
		add_column(to, mem_strdup(t->link));
	for (size_t i = 0; i < t->columns.n; i++)
		add_column(to, json_dotted(str_n(t->columns.list[i].path, t->columns.list[i].n)));
}

static void list_tables(struct json_reader *j, struct str file_name)
{
	for (size_t i = 0; i < j->shape.n_tables; i++) {
		const struct json_file_table *t = &j->shape.tables[i];
		if (j->shape.single && i == j->shape.own && !t->columns.n)
			continue; /* nothing is beside the lists */
		struct str s = t->name ? str_of(t->name) : file_name;
		struct reader_table *to =
			reader_add_table(&j->base, s.n && s.n <= READER_NAME_BYTES ? s : STR("table"));
		to->of_file = i == j->shape.own;
		if (!t->positional)
			list_columns(j, t, to);
	}
}

static bool find_shape(struct json_reader *j, struct source *s, struct str file_name, struct err *e)
{
	bool lists = false;
	j->share = SHAPE_SHARE;
	source_set_share(s, 0, SHAPE_SHARE);
	if (!json_shape_find(s, &j->shape, e))
		return false;
	for (size_t i = 0; i < j->shape.n_tables; i++)
		lists = lists || j->shape.tables[i].has_lists;
	if (lists) {
		j->share = KEYS_SHARE;
		source_set_share(s, SHAPE_SHARE, KEYS_SHARE);
		if (!json_shape_keys(s, &j->shape, e))
			return false;
	}
	json_shape_names(&j->shape, file_name);
	return true;
}

bool json_file_open(struct source *s, const char *file_name, struct reader **ret, struct err *e)
{
	struct json_reader *j = mem_zalloc(sizeof *j);
	struct str name = reader_file_table(file_name);
	j->packer = PACKER_INIT;
	if (!find_shape(j, s, name, e)) {
		close_reader(&j->base);
		return false;
	}
	bool lines = !j->shape.list && !j->shape.one;
	j->base = (struct reader){ .ops = lines ? &ndjson_ops : &json_ops, .source = s };
	list_tables(j, name);
	*ret = &j->base;
	return true;
}
