#include "ingest/table.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <stdlib.h>

static char *copy_text(struct str s)
{
	char *copy = mem_alloc(s.n + 1);
	memcpy(copy, s.p ? s.p : "", s.n);
	copy[s.n] = 0;
	return copy;
}

void table_reject(struct table *t, struct reject_place at, struct str text, const char *reason, struct str whole)
{
	text.n = utf8_valid_prefix(str_n(text.p, MIN(text.n, (size_t)REJECT_TEXT)));
	pthread_mutex_lock(&t->lock);
	t->n_rejects++;
	if (t->n_rejects_kept < LIMIT_REJECTS_KEPT) {
		if ((t->n_rejects_kept & (t->n_rejects_kept - 1)) == 0)
			t->rejects =
				mem_realloc(t->rejects, MAX(t->n_rejects_kept * 2, (size_t)1) * sizeof *t->rejects);
		t->rejects[t->n_rejects_kept++] =
			(struct reject){ at, copy_text(text), reason, whole.n ? copy_text(whole) : NULL };
	}
	pthread_mutex_unlock(&t->lock);
}

void table_forget_rejects(struct table *t)
{
	for (size_t i = 0; i < t->n_rejects_kept; i++) {
		free(t->rejects[i].text);
		free(t->rejects[i].whole);
	}
	free(t->rejects);
	t->rejects = NULL;
	t->n_rejects = t->n_rejects_kept = 0;
}

static int by_place(const void *a, const void *b)
{
	const struct reject *x = a, *y = b;
	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	if (x->at.row != y->at.row)
		return x->at.row < y->at.row ? -1 : 1;
	return x->at.column < y->at.column ? -1 : x->at.column > y->at.column;
}

void table_sort_rejects(struct table *t)
{
	if (t->n_rejects_kept)
		qsort(t->rejects, t->n_rejects_kept, sizeof *t->rejects, by_place);
}
