#include "ingest/json_file.h"

#include "base/limits.h"

#include <stdlib.h>

#define SHAPE_SHARE 400 /* thousandths of the work that the first pass is */

struct json_reader {
	struct reader base;
	struct json_shape shape;
	struct json_scan scan;
	struct json_record record;
	struct packer packer;
	size_t table;
	uint32_t row;
	bool ended;
};

static struct json_reader *of(struct reader *r)
{
	return (struct json_reader *)r;
}

/* Members on the way to the table's list: into objects that its path begins with, past everything else. */
static bool find_list(struct json_reader *j, struct err *e)
{
	CLEANUP(buf_free) struct buf path = BUF_INIT(LIMIT_ROW_BYTES);
	struct str want = j->shape.tables[j->table].path;
	enum json_token token;
	size_t marks[LIMIT_JSON_DEPTH + 1] = { 0 };
	if (!json_scan_next(&j->scan, &token, e))
		return false;
	for (;;) {
		if (!json_scan_next(&j->scan, &token, e))
			return false;
		if (token != JSON_TOKEN_KEY) { /* the end of an object */
			if (!j->scan.depth)
				return err_set(e, ERR_INTERNAL, NULL, "the list is not where it was");
			continue;
		}
		path.n = marks[j->scan.depth];
		buf_addc(&path, JSON_PATH);
		buf_add_str(&path, j->scan.text);
		if (!json_scan_next(&j->scan, &token, e))
			return false;
		bool on_way = str_starts(want, buf_str(&path));
		if (token == JSON_TOKEN_ARRAY && on_way && want.n == path.n)
			return true;
		if (token == JSON_TOKEN_OBJECT && on_way)
			marks[j->scan.depth] = path.n;
		else if ((token == JSON_TOKEN_OBJECT || token == JSON_TOKEN_ARRAY) && !json_scan_skip(&j->scan, e))
			return false;
	}
}

static bool start(struct reader *r, size_t table, struct err *e)
{
	struct json_reader *j = of(r);
	enum json_token token;
	j->row = 0;
	j->ended = false;
	j->table = table;
	buf_clear(&j->packer.bytes);
	json_record_free(&j->record);
	json_record_begin(&j->record, &j->scan, &j->shape.tables[table].columns, false);
	size_t n = r->n_tables;
	source_set_share(r->source, (unsigned)(SHAPE_SHARE + (1000 - SHAPE_SHARE) * table / n),
			 (unsigned)(SHAPE_SHARE + (1000 - SHAPE_SHARE) * (table + 1) / n));
	if (!source_rewind(r->source, e) || !json_begin(&j->scan, r->source, e))
		return false;
	if (j->shape.tables[table].path.n)
		return find_list(j, e);
	return !j->shape.list || json_scan_next(&j->scan, &token, e);
}

/* A list of the single object, when what is beside its tables is read. */
static bool pass_tables(struct json_record *r, void *ctx, bool *ret_taken, struct err *e)
{
	struct json_reader *j = ctx;
	*ret_taken = json_shape_table(&j->shape, buf_str(&r->path)) != SIZE_MAX;
	return !*ret_taken || json_scan_skip(&j->scan, e);
}

static bool read_row(struct json_reader *j, enum json_token token, struct err *e)
{
	bool by_line = !j->shape.list && !j->shape.single;
	j->row++;
	pack_row(&j->packer, by_line ? (uint32_t)MIN(j->scan.line, (uint64_t)UINT32_MAX) : j->row);
	if (j->shape.tables[j->table].positional) {
		if (!json_record_elements(&j->record, token, &j->packer, e))
			return false;
	} else {
		if (!json_record_read(&j->record, token, e))
			return false;
		json_record_pack(&j->record, &j->packer);
	}
	return pack_row_end(&j->packer, e);
}

static bool next(struct reader *r, struct block *ret, bool *ret_end, struct err *e)
{
	struct json_reader *j = of(r);
	bool beside = j->shape.single && !j->shape.tables[j->table].path.n;
	j->record.list = beside ? pass_tables : NULL;
	j->record.ctx = j;
	while (!j->ended && !pack_full(&j->packer)) {
		enum json_token token;
		if (!json_scan_next(&j->scan, &token, e))
			return false;
		j->ended = token == JSON_TOKEN_END || token == JSON_TOKEN_ARRAY_END;
		if (!j->ended && !read_row(j, token, e))
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
	json_record_free(&j->record);
	json_scan_free(&j->scan);
	json_shape_free(&j->shape);
	buf_free(&j->packer.bytes);
	free(j);
}

static const struct reader_ops json_ops = { .format = "json", .start = start, .next = next, .close = close_reader };
static const struct reader_ops ndjson_ops = { .format = "ndjson", .start = start, .next = next, .close = close_reader };

/* "\0a\0b" → "a.b" */
static char *dotted(struct str path)
{
	char *name = mem_alloc(path.n + 1);
	size_t n = 0;
	for (size_t i = path.n ? path.p[0] == JSON_PATH : 0; i < path.n; i++)
		name[n++] = path.p[i] == JSON_PATH ? '.' : path.p[i];
	name[n] = 0;
	return name;
}

static void list_table(struct json_reader *j, const struct json_file_table *t, struct str file_name)
{
	CLEANUP(str_freep) char *name = t->path.n ? dotted(t->path) : NULL;
	struct str s = name ? str_of(name) : file_name;
	struct reader_table *added = reader_add_table(&j->base, s.n && s.n <= READER_NAME_BYTES ? s : STR("table"));
	if (t->positional)
		return;
	added->columns = mem_array(t->columns.n + 1, sizeof *added->columns);
	for (size_t i = 0; i < t->columns.n; i++)
		added->columns[added->n_columns++] = dotted(str_n(t->columns.list[i].path, t->columns.list[i].n));
}

/* The tables inside come first, what is beside them last, where there is anything. */
static void list_tables(struct json_reader *j, struct str file_name)
{
	struct json_shape *s = &j->shape;
	if (s->single) {
		struct json_file_table own = s->tables[0];
		memmove(s->tables, s->tables + 1, (s->n_tables - 1) * sizeof *s->tables);
		s->tables[s->n_tables - 1] = own;
	}
	for (size_t i = 0; i < s->n_tables; i++) {
		bool beside = s->single && !s->tables[i].path.n;
		if (!beside || s->tables[i].columns.n)
			list_table(j, &s->tables[i], file_name);
	}
}

bool json_file_open(struct source *s, const char *file_name, struct reader **ret, struct err *e)
{
	struct json_reader *j = mem_zalloc(sizeof *j);
	j->packer = PACKER_INIT;
	source_set_share(s, 0, SHAPE_SHARE);
	if (!json_shape_find(s, &j->shape, e)) {
		buf_free(&j->packer.bytes);
		free(j);
		return false;
	}
	bool lines = !j->shape.list && !j->shape.single;
	j->base = (struct reader){ .ops = lines ? &ndjson_ops : &json_ops, .source = s };
	list_tables(j, reader_file_table(file_name));
	*ret = &j->base;
	return true;
}
