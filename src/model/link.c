#include "model/link.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/utf8.h"
#include "db/db.h"
#include "model/audit.h"
#include "model/caller.h"

#include <stdio.h>
#include <stdlib.h>

#define LIMIT_CODE_BYTES 500
#define SHOWN_BYTES 200 /* of a code in a message */

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

struct walk {
	const struct link *sorted;
	size_t n;
	enum mark *marks; /* of the first link of each product */
	size_t *stack, *next;
};

/* Follows the links from `start` depth first, without recursion; the link that comes back to a product it is still on,
 * or n. */
static size_t circle_from(struct walk *w, size_t start)
{
	size_t depth = 0;
	w->stack[depth++] = start;
	w->marks[start] = OPEN;
	w->next[start] = start;
	while (depth) {
		size_t at = w->stack[depth - 1], i = w->next[at];
		if (i >= w->n || !str_eq(w->sorted[i].from, w->sorted[at].from)) {
			w->marks[at] = CLOSED;
			depth--;
			continue;
		}
		w->next[at] = i + 1;
		size_t to = first_of(w->sorted, w->n, w->sorted[i].to);
		if (to >= w->n || !str_eq(w->sorted[to].from, w->sorted[i].to) || w->marks[to] == CLOSED)
			continue;
		if (w->marks[to] == OPEN)
			return i;
		w->marks[to] = OPEN;
		w->next[to] = to;
		w->stack[depth++] = to;
	}
	return w->n;
}

/* The place in `sorted` of a link that closes a circle, or n. */
static size_t find_circle(const struct link *sorted, size_t n)
{
	size_t all = n ? n : 1, found = n;
	struct walk w = { sorted, n, mem_zalloc(all * sizeof *w.marks), mem_array(all, sizeof *w.stack),
			  mem_array(all, sizeof *w.next) };
	for (size_t i = 0; i < n && found == n; i++) {
		bool is_first = i == 0 || !str_eq(sorted[i].from, sorted[i - 1].from);
		if (is_first && w.marks[i] == UNSEEN)
			found = circle_from(&w, i);
	}
	free(w.marks);
	free(w.stack);
	free(w.next);
	return found;
}

/* Names are cut, so that both fit into a message. */
static struct str shown(struct str code)
{
	return str_n(code.p, utf8_valid_prefix(str_n(code.p, MIN(code.n, (size_t)SHOWN_BYTES))));
}

/* Refuses the pair, naming it and its place in the list. */
static bool refuse(const struct link_list *l, const struct link *pair, const char *why, struct err *e)
{
	char field[40] = "items";
	size_t at = l->n;
	while (at > 0 && by_pair(&l->items[at - 1], pair) != 0) /* of two the later one */
		at--;
	if (at > 0)
		snprintf(field, sizeof field, "items[%zu]", at - 1);
	struct str from = shown(pair->from), to = shown(pair->to);
	return err_field(e, ERR_VALUE, field,
			 "\xe2\x80\x9c%.*s\xe2\x80\x9d \xe2\x86\x92 \xe2\x80\x9c%.*s\xe2\x80\x9d: %s", STR_ARG(from),
			 STR_ARG(to), why);
}

static bool check_each(const struct link_list *l, struct err *e)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct link *x = &l->items[i];
		char field[40];
		snprintf(field, sizeof field, "items[%zu]", i);
		if (!x->from.n || !x->to.n || x->from.n > LIMIT_CODE_BYTES || x->to.n > LIMIT_CODE_BYTES)
			return err_field(e, ERR_VALUE, field, "a link needs two product codes");
		if (str_eq(x->from, x->to))
			return refuse(l, x, "a product cannot be linked to itself", e);
	}
	return true;
}

bool link_check(const struct link_list *l, struct err *e)
{
	if (l->n > LIMIT_LINKS)
		return err_field(e, ERR_VALUE, "items", "at most %d links", LIMIT_LINKS);
	if (!l->n)
		return true;
	if (!check_each(l, e))
		return false;
	struct link *sorted = mem_array(l->n, sizeof *sorted);
	memcpy(sorted, l->items, l->n * sizeof *sorted);
	qsort(sorted, l->n, sizeof *sorted, by_pair);
	bool good = true;
	for (size_t i = 1; i < l->n && good; i++)
		good = by_pair(&sorted[i - 1], &sorted[i]) != 0 ||
		       refuse(l, &sorted[i], "the same link is there twice", e);
	size_t circle = good ? find_circle(sorted, l->n) : l->n;
	if (circle < l->n)
		good = refuse(l, &sorted[circle], "with this link they run in a circle", e);
	free(sorted);
	return good;
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
		       "INSERT INTO product_link_table (dataset, org, revision, user_id, at) "
		       "VALUES (?1, ?2, 1, ?3, ?4) ON CONFLICT (dataset) DO UPDATE "
		       "SET revision = product_link_table.revision + 1, user_id = excluded.user_id, at = excluded.at",
		       "iiii", dataset, by->org, by->user, clock_now()) &&
	       audit_add(db, by, "links_replaced", "dataset", dataset, detail, e) && db_commit_tx(&tx, e);
}
