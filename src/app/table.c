#include "app/table.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

size_t table_width(struct str s)
{
	size_t width = 0;
	while (s.n) {
		uint32_t code;
		size_t n = utf8_decode(s, &code);
		if (n == 0) {
			n = 1;
			code = '?';
		}
		int w = utf8proc_charwidth((utf8proc_int32_t)code);
		width += w > 0 ? (size_t)w : 0;
		s.p += n;
		s.n -= n;
	}
	return width;
}

void table_begin(struct table *t, const struct table_column *columns, size_t n)
{
	*t = (struct table){ .columns = columns, .n_columns = n };
	t->text = BUF_INIT(TABLE_BYTES);
	t->ends = BUF_INIT(TABLE_BYTES);
}

void table_cell(struct table *t, struct str s)
{
	size_t start = t->text.n;
	buf_add_str(&t->text, s);
	for (size_t i = start; i < t->text.n; i++)
		if ((unsigned char)t->text.p[i] < ' ' || t->text.p[i] == 0x7f)
			t->text.p[i] = ' ';
	buf_add(&t->ends, &t->text.n, sizeof t->text.n);
	t->n_cells++;
}

void table_cellf(struct table *t, const char *fmt, ...)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(TABLE_BYTES);
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	table_cell(t, buf_str(&b));
}

static struct str cell_at(const struct table *t, size_t i)
{
	const size_t *ends = (const size_t *)(const void *)t->ends.p;
	size_t start = i ? ends[i - 1] : 0;
	return str_n(t->text.p + start, ends[i] - start);
}

static void print_cell(FILE *out, struct str s, size_t width, bool right, bool last)
{
	int pad = (int)(width - MIN(width, table_width(s)));
	if (right)
		fprintf(out, "%*s", pad, "");
	fprintf(out, "%.*s", STR_ARG(s));
	if (!last)
		fprintf(out, "%*s", (right ? 0 : pad) + 2, "");
}

static void print_rows(const struct table *t, const size_t *widths, FILE *out)
{
	for (size_t c = 0; c < t->n_columns; c++)
		print_cell(out, str_of(t->columns[c].title), widths[c], t->columns[c].right, c + 1 == t->n_columns);
	fputc('\n', out);
	for (size_t i = 0; i < t->n_cells; i++) {
		size_t c = i % t->n_columns;
		bool last = c + 1 == t->n_columns;
		print_cell(out, cell_at(t, i), widths[c], t->columns[c].right, last);
		if (last)
			fputc('\n', out);
	}
}

bool table_end(struct table *t, FILE *out)
{
	bool fits = !t->text.failed && !t->ends.failed;
	if (fits && t->n_columns) {
		size_t *widths = mem_array(t->n_columns, sizeof *widths);
		for (size_t c = 0; c < t->n_columns; c++)
			widths[c] = table_width(str_of(t->columns[c].title));
		for (size_t i = 0; i < t->n_cells; i++)
			widths[i % t->n_columns] = MAX(widths[i % t->n_columns], table_width(cell_at(t, i)));
		print_rows(t, widths, out);
		free(widths);
	}
	table_drop(t);
	return fits;
}

void table_drop(struct table *t)
{
	buf_free(&t->text);
	buf_free(&t->ends);
}
