#include "report/figure.h"

#include "base/utf8.h"
#include "connect/telegram.h"

#include <math.h>

#define TELEGRAM_ROWS 60 /* of a table in a chat; the rest is counted */

void figure_json(struct json_writer *w, const struct figure *f)
{
	static const char *const kinds[] = { "bar", "rows", "line" };
	jw_open(w, '{');
	jw_kv_cstr(w, "figure", figure_name(f->kind));
	jw_kv_cstr(w, "title", f->title);
	jw_kv_cstr(w, "note", f->note);
	jw_kv_id(w, "dataset", f->dataset);
	jw_kv_time(w, "made_at", f->made_at);
	jw_key(w, "columns");
	jw_open(w, '[');
	for (size_t i = 0; i < f->n_columns; i++)
		jw_cstr(w, f->columns[i]);
	jw_close(w, ']');
	jw_key(w, "rows");
	jw_open(w, '[');
	for (size_t r = 0; r < f->n_rows; r++) {
		jw_open(w, '[');
		for (size_t i = 0; i < f->n_columns; i++)
			jw_cstr(w, f->rows[r][i]);
		jw_close(w, ']');
	}
	jw_close(w, ']');
	jw_key(w, "chart");
	jw_open(w, '{');
	jw_kv_cstr(w, "kind", kinds[f->chart.kind]);
	jw_key(w, "labels");
	jw_open(w, '[');
	for (size_t i = 0; i < f->chart.n; i++)
		jw_cstr(w, f->chart.labels[i]);
	jw_close(w, ']');
	jw_key(w, "values");
	jw_open(w, '[');
	for (size_t i = 0; i < f->chart.n; i++)
		jw_f64(w, f->chart.values[i]);
	jw_close(w, ']');
	jw_close(w, '}');
	jw_close(w, '}');
}

static void widths(const struct figure *f, size_t rows, size_t ret[FIGURE_COLUMNS])
{
	for (size_t i = 0; i < f->n_columns; i++) {
		ret[i] = utf8_length(str_of(f->columns[i]));
		for (size_t r = 0; r < rows; r++)
			ret[i] = MAX(ret[i], utf8_length(str_of(f->rows[r][i])));
		ret[i] = MIN(ret[i], (size_t)40);
	}
}

static void put_line(struct buf *b, const struct figure *f, const char *const *cells, const size_t *width)
{
	for (size_t i = 0; i < f->n_columns; i++) {
		size_t n = utf8_length(str_of(cells[i])), fill = n < width[i] ? width[i] - n : 0;
		if (i)
			buf_adds(b, "  ");
		if (!f->numeric[i])
			buf_adds(b, cells[i]);
		for (size_t k = 0; k < fill && (f->numeric[i] || i + 1 < f->n_columns); k++)
			buf_addc(b, ' ');
		if (f->numeric[i])
			buf_adds(b, cells[i]);
	}
	buf_addc(b, '\n');
}

static void put_table(struct buf *b, const struct figure *f, size_t most)
{
	size_t width[FIGURE_COLUMNS], rows = MIN(f->n_rows, most);
	widths(f, rows, width);
	put_line(b, f, f->columns, width);
	for (size_t r = 0; r < rows; r++)
		put_line(b, f, f->rows[r], width);
	if (rows < f->n_rows)
		buf_addf(b, "+ %zu %s\n", f->n_rows - rows, word(f->language, WORD_MORE_ROWS));
}

/* A row as one sentence: its name and its first figure. */
static void put_sentence(struct buf *b, const struct figure *f, const char *const *cells)
{
	size_t figure = f->kind == FIGURE_TOP ? 2 : 1;
	buf_addf(b, "%s: %s\n", f->kind == FIGURE_TOP && cells[1][0] ? cells[1] : cells[0], cells[figure]);
}

void figure_text(struct buf *b, const struct figure *f, int64_t parts)
{
	buf_addf(b, "%s\n%s\n\n", f->title, f->note);
	if (parts & REPORT_TABLE)
		put_table(b, f, FIGURE_ROWS);
	else if (parts & REPORT_TEXT)
		for (size_t r = 0; r < f->n_rows; r++)
			put_sentence(b, f, f->rows[r]);
}

void figure_telegram(struct buf *b, const struct figure *f, int64_t parts)
{
	CLEANUP(buf_free) struct buf plain = BUF_INIT(MESSAGE_BYTES);
	buf_adds(b, "<b>");
	telegram_escape(b, str_of(f->title));
	buf_adds(b, "</b>\n<i>");
	telegram_escape(b, str_of(f->note));
	buf_adds(b, "</i>\n");
	if (parts & REPORT_TEXT) {
		buf_addc(b, '\n');
		for (size_t r = 0; r < MIN(f->n_rows, (size_t)(parts & REPORT_TABLE ? 10 : FIGURE_ROWS)); r++)
			put_sentence(&plain, f, f->rows[r]);
		telegram_escape(b, buf_str(&plain));
	}
	if (parts & REPORT_TABLE) {
		buf_clear(&plain);
		put_table(&plain, f, TELEGRAM_ROWS);
		buf_adds(b, "\n<pre>");
		telegram_escape(b, buf_str(&plain));
		buf_adds(b, "</pre>");
	}
}

static void put_cells(struct buf *b, const struct figure *f, const char *const *cells, const char *tag)
{
	buf_adds(b, "<tr>");
	for (size_t i = 0; i < f->n_columns; i++) {
		buf_addf(b,
			 "<%s style=\"padding:6px 12px;border-bottom:1px solid "
			 "#e3e8f0;text-align:%s;white-space:nowrap\">",
			 tag, f->numeric[i] ? "right" : "left");
		telegram_escape(b, str_of(cells[i]));
		buf_addf(b, "</%s>", tag);
	}
	buf_adds(b, "</tr>");
}

void figure_mail(struct buf *b, const struct figure *f, int64_t parts)
{
	buf_adds(b, "<!doctype html><html><body style=\"font-family:sans-serif;color:#0e1726\"><h2>");
	telegram_escape(b, str_of(f->title));
	buf_adds(b, "</h2><p style=\"color:#566377\">");
	telegram_escape(b, str_of(f->note));
	buf_adds(b, "</p>");
	if ((parts & REPORT_CHART) && f->chart.n)
		buf_adds(b, "<p><img src=\"cid:chart\" alt=\"\" width=\"800\" style=\"max-width:100%\"></p>");
	if (parts & (REPORT_TABLE | REPORT_TEXT)) {
		buf_adds(b, "<table style=\"border-collapse:collapse;font-size:14px\">");
		put_cells(b, f, f->columns, "th");
		for (size_t r = 0; r < f->n_rows; r++)
			put_cells(b, f, f->rows[r], "td");
		buf_adds(b, "</table>");
	}
	buf_adds(b, "</body></html>");
}
