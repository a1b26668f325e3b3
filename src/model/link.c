#include "model/link.h"

#include "base/clock.h"
#include "base/ids.h"
#include "db/db.h"
#include "model/audit.h"
#include "model/caller.h"

#include <stdio.h>
#include <stdlib.h>

#define LIMIT_CODE_BYTES 500

bool link_load(struct db *db, int64_t org, int64_t dataset, struct arena *a, struct link_list *ret, struct err *e)
{
	CLEANUP(db_stmt_done) struct db_stmt *s = NULL;
	struct link_list l = { arena_array(a, LIMIT_LINKS, sizeof *l.items), 0 };
	if (!l.items)
		return err_set(e, ERR_LIMIT, NULL, "there are too many links");
	if (!db_query(db, &s, e,
		      "SELECT l.from_code, l.to_code FROM product_link l JOIN product_link_table t "
		      "ON t.dataset = l.dataset WHERE l.dataset = ?1 AND t.org = ?2 ORDER BY l.position",
		      "ii", dataset, org))
		return false;
	while (l.n < LIMIT_LINKS) {
		bool row;
		if (!db_step(s, &row, e))
			return false;
		if (!row)
			break;
		l.items[l.n].from = arena_str(a, db_col_str(s, 0));
		l.items[l.n++].to = arena_str(a, db_col_str(s, 1));
	}
	*ret = l;
	return true;
}

static int by_pair(const void *a, const void *b)
{
	const struct link *x = a, *y = b;
	int order = str_cmp(x->from, y->from);
	return order ? order : str_cmp(x->to, y->to);
}

/* First link of `sorted` that begins at `from`. */
static size_t first_of(const struct link *sorted, size_t n, struct str from)
{
	size_t lo = 0, hi = n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (str_cmp(sorted[mid].from, from) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

enum mark { UNSEEN, OPEN, CLOSED };

/* Follows the links from `start` depth first, without recursion; true when it comes back to one it is still on. */
static bool runs_in_circle(const struct link *sorted, size_t n, size_t start, enum mark *marks, size_t *stack,
			   size_t *next)
{
	size_t depth = 0;
	stack[depth++] = start;
	marks[start] = OPEN;
	next[start] = start;
	while (depth) {
		size_t at = stack[depth - 1], i = next[at];
		if (i >= n || !str_eq(sorted[i].from, sorted[at].from)) {
			marks[at] = CLOSED;
			depth--;
			continue;
		}
		next[at] = i + 1;
		size_t to = first_of(sorted, n, sorted[i].to);
		if (to >= n || !str_eq(sorted[to].from, sorted[i].to) || marks[to] == CLOSED)
			continue;
		if (marks[to] == OPEN)
			return true;
		marks[to] = OPEN;
		next[to] = to;
		stack[depth++] = to;
	}
	return false;
}

static bool has_cycle(const struct link *sorted, size_t n)
{
	enum mark *marks = mem_zalloc((n ? n : 1) * sizeof *marks);
	size_t *stack = mem_array(n ? n : 1, sizeof *stack), *next = mem_array(n ? n : 1, sizeof *next);
	bool cycle = false;
	for (size_t i = 0; i < n && !cycle; i++) {
		bool is_first = i == 0 || !str_eq(sorted[i].from, sorted[i - 1].from);
		if (is_first && marks[i] == UNSEEN)
			cycle = runs_in_circle(sorted, n, i, marks, stack, next);
	}
	free(marks);
	free(stack);
	free(next);
	return cycle;
}

bool link_check(const struct link_list *l, struct err *e)
{
	if (l->n > LIMIT_LINKS)
		return err_field(e, ERR_VALUE, "items", "at most %d links", LIMIT_LINKS);
	for (size_t i = 0; i < l->n; i++) {
		const struct link *x = &l->items[i];
		char field[40];
		snprintf(field, sizeof field, "items[%zu]", i);
		if (!x->from.n || !x->to.n || x->from.n > LIMIT_CODE_BYTES || x->to.n > LIMIT_CODE_BYTES)
			return err_field(e, ERR_VALUE, field, "a link needs two product codes");
		if (str_eq(x->from, x->to))
			return err_field(e, ERR_VALUE, field, "a product cannot be linked to itself");
	}
	struct link *sorted = mem_array(l->n ? l->n : 1, sizeof *sorted);
	if (l->n)
		memcpy(sorted, l->items, l->n * sizeof *sorted);
	qsort(sorted, l->n, sizeof *sorted, by_pair);
	bool twice = false;
	for (size_t i = 1; i < l->n && !twice; i++)
		twice = by_pair(&sorted[i - 1], &sorted[i]) == 0;
	bool cycle = !twice && has_cycle(sorted, l->n);
	free(sorted);
	if (twice)
		return err_field(e, ERR_VALUE, "items", "the same link is there twice");
	if (cycle)
		return err_field(e, ERR_VALUE, "items", "the links run in a circle");
	return true;
}

static bool insert_all(struct db *db, int64_t dataset, const struct link_list *l, struct err *e)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!db_exec(db, e,
			     "INSERT INTO product_link (id, dataset, position, from_code, to_code) "
			     "VALUES (?1, ?2, ?3, ?4, ?5)",
			     "iiiSS", id_new(), dataset, (int64_t)i, l->items[i].from, l->items[i].to))
			return false;
	}
	return true;
}

bool link_replace(struct db *db, const struct caller *by, int64_t dataset, const struct link_list *l, struct err *e)
{
	CLEANUP(db_tx_end) struct db *tx = NULL;
	char detail[60];
	snprintf(detail, sizeof detail, "{\"links\":%zu}", l->n);
	return link_check(l, e) && db_begin_tx(db, &tx, e) &&
	       db_exec(db, e, "DELETE FROM product_link WHERE dataset = ?1", "i", dataset) &&
	       insert_all(db, dataset, l, e) &&
	       db_exec(db, e,
		       "INSERT INTO product_link_table (dataset, org, revision, user_id, at) VALUES (?1, ?2, 1, ?3, "
		       "?4) "
		       "ON CONFLICT (dataset) DO UPDATE SET revision = product_link_table.revision + 1, "
		       "user_id = excluded.user_id, at = excluded.at",
		       "iiii", dataset, by->org, by->user, clock_now()) &&
	       audit_add(db, by, "links_replaced", "dataset", dataset, detail, e) && db_commit_tx(&tx, e);
}
