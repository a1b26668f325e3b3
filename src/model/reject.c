#include "model/reject.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "model/read.h"

#include <stdlib.h>

void reject_list_free(struct reject_list *l)
{
	arena_free(&l->arena);
	free(l->items);
	*l = (struct reject_list){ 0 };
}

static size_t kept_of(const struct reject_list *l, size_t table)
{
	size_t n = 0;
	/* Tables of a file come one after the other, so the rejects of the last one are at the end. */
	for (size_t i = l->n; i > 0 && n < LIMIT_REJECTS_KEPT; i--)
		n += l->items[i - 1].table == table;
	return n;
}

static const char *cut(struct arena *a, const char *text)
{
	struct str s = str_of(text);
	if (s.n > LIMIT_REJECT_TEXT_BYTES) {
		s.n = LIMIT_REJECT_TEXT_BYTES;
		s.n = utf8_valid_prefix(s);
	}
	return arena_strndup(a, s.p ? s.p : "", s.n);
}

void reject_list_add(struct reject_list *l, size_t table, const struct reject *r)
{
	if (!l->arena.limit)
		l->arena.limit = LIMIT_REJECTS_BYTES;
	bool same = l->n && l->items[l->n - 1].table == table;
	l->run = same ? l->run : kept_of(l, table);
	if (l->arena.failed || l->run >= LIMIT_REJECTS_KEPT)
		return;
	struct reject copy = { .line = r->line,
			       .column = cut(&l->arena, r->column),
			       .text = cut(&l->arena, r->text),
			       .reason = cut(&l->arena, r->reason),
			       .row = r->row,
			       .whole = arena_strdup(&l->arena, r->whole ? r->whole : "") };
	if (l->arena.failed)
		return;
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->items = mem_realloc(l->items, l->cap * sizeof *l->items);
	}
	l->items[l->n++] = (struct reject_item){ table, copy };
	l->run++;
}

void reject_list_drop(struct reject_list *l, size_t table)
{
	size_t kept = 0;
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i].table != table)
			l->items[kept++] = l->items[i];
	l->n = kept;
	l->run = 0;
	if (kept)
		l->run = kept_of(l, l->items[kept - 1].table);
}

static bool read_reject(struct db_stmt *s, struct arena *a, void *ret, struct err *e)
{
	*(struct reject *)ret = (struct reject){ .table = read_text(a, s, 0),
						 .line = db_col_i64(s, 1),
						 .column = read_text(a, s, 2),
						 .text = read_text(a, s, 3),
						 .reason = read_text(a, s, 4),
						 .seq = db_col_i64(s, 5),
						 .row = db_col_i64(s, 6),
						 .whole = read_text(a, s, 7) };
	return read_fits(a, e);
}

bool reject_last(struct db *db, int64_t org, int64_t version, int64_t *ret, struct err *e)
{
	return db_query_i64(db, ret, NULL, e,
			    "SELECT coalesce(max(r.seq), 0) FROM reject r JOIN dataset_version v ON v.id = r.version "
			    "WHERE r.version = ?1 AND v.org = ?2",
			    "ii", version, org);
}

bool reject_page(struct db *db, struct arena *a, int64_t org, int64_t version, struct str table, int64_t after,
		 size_t limit, struct reject **ret, size_t *ret_n, int64_t *ret_total, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	int64_t total = 0;
	if (!table.p)
		table = STR(""); /* a str without text would be NULL, which equals nothing */
	/* The counts of tables are complete; what is kept may be less. */
	if (!db_query_i64(
		    db, &total, NULL, e,
		    "SELECT coalesce(sum(t.reject_count), 0) FROM dataset_table t JOIN dataset_version v ON v.id = "
		    "t.version WHERE v.id = ?1 AND v.org = ?2 AND (?3 = '' OR t.name = ?3)",
		    "iiS", version, org, table) ||
	    !db_query(db, &s, e,
		      "SELECT t.name, r.line, r.column_name, r.cell, r.reason, r.seq, r.row_number, r.whole "
		      "FROM reject r JOIN dataset_table t ON t.id = r.table_id "
		      "JOIN dataset_version v ON v.id = r.version WHERE r.version = ?1 AND v.org = ?2 AND r.seq > ?3 "
		      "AND (?4 = '' OR t.name = ?4) ORDER BY r.seq LIMIT ?5",
		      "iiiSi", version, org, after, table, (int64_t)limit) ||
	    !read_rows(s, a, sizeof **ret, read_reject, ret, ret_n, e))
		return false;
	if (ret_total)
		*ret_total = total;
	return true;
}
