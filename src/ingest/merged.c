#include "ingest/merged.h"

#include "base/limits.h"

#include <stdlib.h>

void merged_add(struct merged *m, uint32_t first, uint32_t last, uint32_t column)
{
	if (last <= first || column >= LIMIT_COLUMNS || m->n == LIMIT_MERGED_RANGES)
		return;
	if (m->n == m->cap) {
		m->cap = MAX(m->cap * 2, (size_t)16);
		m->list = mem_realloc(m->list, m->cap * sizeof *m->list);
	}
	m->list[m->n++] = (struct merged_range){ first, last, column };
	m->sorted = false;
}

static int by_first(const void *a, const void *b)
{
	const struct merged_range *x = a, *y = b;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->column < y->column ? -1 : x->column > y->column;
}

static void close_column(struct merged *m, size_t column)
{
	free(m->open[column].text);
	m->open[column] = (struct merged_cell){ 0 };
}

void merged_rewind(struct merged *m)
{
	if (!m->sorted && m->n)
		qsort(m->list, m->n, sizeof *m->list, by_first);
	m->sorted = true;
	m->next = 0;
	m->bytes = 0;
	for (size_t i = 0; i < m->end; i++)
		close_column(m, i);
	m->end = 0;
}

void merged_open(struct merged *m, uint32_t line, uint32_t last, uint32_t column)
{
	if (last <= line || column >= LIMIT_COLUMNS)
		return;
	if (column >= m->columns) {
		size_t n = MAX((size_t)column + 1, m->columns * 2);
		m->open = mem_realloc(m->open, n * sizeof *m->open);
		memset(m->open + m->columns, 0, (n - m->columns) * sizeof *m->open);
		m->columns = n;
	}
	close_column(m, column);
	m->open[column].last = last;
	m->end = MAX(m->end, (size_t)column + 1);
}

void merged_row(struct merged *m, uint32_t line)
{
	for (size_t i = 0; i < m->end; i++) {
		if (m->open[i].last && m->open[i].last < line)
			close_column(m, i);
		else if (m->open[i].last)
			m->open[i].known = true; /* what its first row did not give will not come */
	}
	while (m->end && !m->open[m->end - 1].last)
		m->end--;
	/* Those that began in rows without any cell have no value. */
	for (; m->next < m->n && m->list[m->next].first <= line; m->next++)
		if (m->list[m->next].first == line)
			merged_open(m, line, m->list[m->next].last, m->list[m->next].column);
}

void merged_take(struct merged *m, uint32_t column, struct str text)
{
	struct merged_cell *c = column < m->end ? &m->open[column] : NULL;
	if (!c || !c->last || c->known || !text.n || text.n > LIMIT_CELL_BYTES)
		return;
	c->known = true;
	c->n = (uint32_t)text.n;
	c->text = mem_alloc(text.n);
	memcpy(c->text, text.p, text.n);
}

bool merged_pad(struct merged *m, struct packer *p, size_t *packed, size_t to)
{
	for (; *packed < to; (*packed)++) {
		const struct merged_cell *c = *packed < m->end ? &m->open[*packed] : NULL;
		bool fill = c && c->last && c->text;
		pack_cell(p, fill ? str_n(c->text, c->n) : STR(""), fill ? CELL_FILLED : 0);
		m->bytes += fill ? c->n : 0;
		if (m->bytes > LIMIT_MERGED_BYTES)
			return false;
	}
	return true;
}

void merged_free(struct merged *m)
{
	for (size_t i = 0; i < m->end; i++)
		close_column(m, i);
	free(m->open);
	free(m->list);
	*m = (struct merged){ 0 };
}
