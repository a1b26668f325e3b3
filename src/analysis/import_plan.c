/* What a worker is told before it reads, and what only all files together can tell. */
#include "analysis/import_inner.h"

#include "json/write.h"

static void write_expected(struct json_writer *w, const struct dataset_table *t)
{
	jw_kv_i64(w, "row_base", t->rows);
	jw_key(w, "expect");
	jw_open(w, '[');
	for (size_t i = 0; i < t->n_columns; i++) {
		jw_open(w, '{');
		jw_kv_cstr(w, "name", t->columns[i].name);
		jw_kv_cstr(w, "type", t->columns[i].type);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

bool import_options(struct import *m, struct buf *ret, struct err *e)
{
	struct json_writer w = json_writer(ret);
	jw_open(&w, '{');
	if (m->baskets)
		jw_kv_cstr(&w, "as", "baskets");
	if (m->mode == IMPORT_APPEND && m->before.n_tables == 1)
		write_expected(&w, &m->before.tables[0]);
	jw_close(&w, '}');
	return !ret->failed || err_set(e, ERR_TOO_LARGE, NULL, "The names of the columns are too long.");
}

bool import_relate(struct import *m, struct err *e)
{
	return true;
}
