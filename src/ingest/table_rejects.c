#include "ingest/table.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <stdlib.h>

void table_reject(struct table *t, uint64_t line, uint32_t column, struct str text, const char *reason)
{
	text.n = utf8_valid_prefix(str_n(text.p, MIN(text.n, (size_t)REJECT_TEXT)));
	pthread_mutex_lock(&t->lock);
	t->n_rejects++;
	if (t->n_rejects_kept < LIMIT_REJECTS_KEPT) {
		if ((t->n_rejects_kept & (t->n_rejects_kept - 1)) == 0)
			t->rejects =
				mem_realloc(t->rejects, MAX(t->n_rejects_kept * 2, (size_t)1) * sizeof *t->rejects);
		char *copy = mem_alloc(text.n + 1);
		memcpy(copy, text.p, text.n);
		copy[text.n] = 0;
		t->rejects[t->n_rejects_kept++] = (struct reject){ line, column, copy, reason };
	}
	pthread_mutex_unlock(&t->lock);
}

void table_forget_rejects(struct table *t)
{
	for (size_t i = 0; i < t->n_rejects_kept; i++)
		free(t->rejects[i].text);
	free(t->rejects);
	t->rejects = NULL;
	t->n_rejects = t->n_rejects_kept = 0;
}

static int by_place(const void *a, const void *b)
{
	const struct reject *x = a, *y = b;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->column < y->column ? -1 : x->column > y->column;
}

void table_sort_rejects(struct table *t)
{
	if (t->n_rejects_kept)
		qsort(t->rejects, t->n_rejects_kept, sizeof *t->rejects, by_place);
}
