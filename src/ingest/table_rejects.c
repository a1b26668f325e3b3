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

static void reject_block(struct work *w, uint64_t line, struct str text, const char *reason)
{
	table_reject(w->t, (struct reject_place){ line, REJECT_NO_ROW, REJECT_ROW }, text, reason, STR(""));
}

/* "3: the first of them" */
static void reject_recoded(struct work *w)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(REJECT_TEXT + 64);
	size_t from = MIN(w->block.recoded_at, w->block.n), n = w->block.n - from;
	const char *end = w->block.packed ? NULL : memchr(w->block.data + from, w->block.line_end, n);
	struct str line = str_n(w->block.data + from, end ? (size_t)(end - w->block.data) - from : n);
	buf_addf(&b, "%zu", w->block.recoded);
	if (!w->block.packed)
		buf_addf(&b, ": %.*s", (int)MIN(line.n, (size_t)REJECT_TEXT / 2), line.p);
	reject_block(
		w, w->block.first_line + w->block.recoded_first, str_trim(buf_str(&b)),
		"so many lines, from this one on, are in another encoding than the file; each was read in its own");
}

void work_reject_faults(struct work *w)
{
	if (w->block.repaired)
		reject_block(w, w->block.first_line, STR(""),
			     "bytes after this line are not valid UTF-8 and were replaced");
	if (w->block.recoded)
		reject_recoded(w);
	if (w->block.garbled)
		reject_block(
			w, w->block.first_line, STR(""),
			"letters after this line were lost when the file was saved in a wrong encoding; they were left as they "
			"stand");
	if (w->rows.rows_too_wide)
		reject_block(w, w->block.first_line, STR(""),
			     "a row after this line has too many cells and was left out");
	for (size_t i = 0; i < w->rows.n_notes; i++)
		reject_block(w, w->rows.notes[i].line, rows_text(&w->block, w->rows.notes[i].cell, &w->scratch),
			     "text below the table, which is no row of it; it was left out");
	if (w->block.literal_quotes && w->at < w->end)
		reject_block(w, w->block.first_line, rows_text(&w->block, w->rows.cells[0], &w->scratch),
			     "a quotation mark is opened and never closed; it was taken as it stands");
}

/* "1 | 2 | 3 | 4" below the header. */
size_t work_reject_numbers(struct work *w)
{
	if (!w->t->numbered || w->t->unpivot)
		return 0;
	work_reject_row(w, w->t->skip - 1, "the numbers of the columns, which are no row; they were left out");
	return 1;
}
