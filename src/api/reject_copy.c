/*
 * What was loaded, as a file to be corrected: each table as it was read, the reason beside each cell that could not be.
 * The column of reasons is passed over when the file is loaded again (ingest/header.h).
 */
#include "analysis/annotated.h"
#include "api/book.h"
#include "api/scope.h"
#include "api/warehouse.h"
#include "ingest/remarks.h"
#include "model/audit.h"

#include <stdio.h>
#include <stdlib.h>

/* "Сумма: not a number; line 16: …" */
static void write_reasons(struct buf *b, enum language l, const struct annotated_row *row)
{
	if (row->left_out)
		buf_adds(b, reason_word(l, REASON_LEFT_OUT));
	for (size_t i = 0; i < row->n_rejects; i++) {
		const struct reject *x = &row->rejects[i];
		buf_adds(b, b->n && !row->loose ? "; " : "");
		if (row->loose && x->line)
			buf_addf(b, "%s %lld: ", reason_word(l, REASON_LINE), (long long)x->line);
		if (x->column[0])
			buf_addf(b, "%s: ", x->column);
		buf_adds(b, reason_text(l, x->reason));
		if (!x->column[0] && x->text[0])
			buf_addf(b, " (%s)", x->text);
	}
}

/* -- CSV: one table -- */

struct csv {
	struct response *r;
	enum language language;
	struct buf rows;
};

static bool csv_begin(void *ctx, const struct dataset_table *t, struct err *e)
{
	struct csv *c = ctx;
	response_header(c->r, "Content-Disposition", STR("attachment; filename=\"rejects.csv\""));
	for (size_t i = 0; i < t->n_columns; i++)
		csv_cell(&c->rows, str_of(t->columns[i].name), ',');
	csv_cell(&c->rows, str_of(reason_word(c->language, REASON_COLUMN)), '\n');
	return response_stream_begin(c->r, 200, "text/csv; charset=utf-8", e);
}

static bool csv_row(void *ctx, const struct dataset_table *t, const struct annotated_row *row, struct err *e)
{
	struct csv *c = ctx;
	CLEANUP(buf_free) struct buf reasons = BUF_INIT(MIB);
	if (row->loose) /* would come back as a row of nothing */
		return true;
	for (size_t i = 0; i < t->n_columns; i++)
		csv_cell(&c->rows, row->cells && row->cells[i].p ? row->cells[i] : STR(""), ',');
	write_reasons(&reasons, c->language, row);
	csv_cell(&c->rows, buf_str(&reasons), '\n');
	if (c->rows.n < 64 * KIB)
		return true;
	bool done = response_write(c->r, c->rows.p, c->rows.n, e);
	buf_clear(&c->rows);
	return done;
}

/* -- xlsx: every table a sheet -- */

struct copy {
	struct book book;
	enum language language;
	lxw_worksheet *sheet;
	lxw_format *head, *bad, *date, *moment;
	lxw_row_t row;
	size_t remarks;   /* the column of reasons of the sheet */
	struct buf loose; /* what concerns no row: a comment of that column's head */
};

/* Before the first row: there is no way back to the head after it. */
static void write_loose(struct copy *c)
{
	if (c->loose.n)
		worksheet_write_comment(c->sheet, 0, (lxw_col_t)c->remarks, c->loose.p);
	buf_clear(&c->loose);
}

static void end_sheet(struct copy *c)
{
	if (!c->sheet)
		return;
	write_loose(c);
	/* So that the rows with a reason can be picked out. */
	if (c->row > 1)
		worksheet_autofilter(c->sheet, 0, 0, c->row - 1, (lxw_col_t)c->remarks);
}

static bool xlsx_begin(void *ctx, const struct dataset_table *t, struct err *e)
{
	struct copy *c = ctx;
	end_sheet(c);
	c->remarks = t->n_columns;
	c->sheet = book_sheet(&c->book, t->name, e);
	c->row = 1;
	if (!c->sheet)
		return false;
	for (size_t i = 0; i < t->n_columns; i++)
		book_text(c->sheet, 0, i, str_of(t->columns[i].name), c->head);
	book_text(c->sheet, 0, t->n_columns, str_of(reason_word(c->language, REASON_COLUMN)), c->head);
	worksheet_freeze_panes(c->sheet, 1, 0);
	return true;
}

/* Numbers of at most 15 digits are written as numbers, which is what a workbook keeps exactly. */
static bool write_number(struct copy *c, size_t column, const char *type, struct str text)
{
	double v;
	bool number = str_is(str_of(type), "BIGINT") || str_is(str_of(type), "DOUBLE") ||
		      str_starts(str_of(type), STR("DECIMAL"));
	if (!number || text.n > 16 || !str_to_f64(text, &v))
		return false;
	worksheet_write_number(c->sheet, c->row, (lxw_col_t)column, v, NULL);
	return true;
}

static bool write_moment(struct copy *c, size_t column, const char *type, struct str text)
{
	int year, month, day, hour = 0, minute = 0, n = 0;
	double second = 0;
	char copy[40];
	bool timed = str_is(str_of(type), "TIMESTAMP");
	if ((!timed && !str_is(str_of(type), "DATE")) || text.n < 10 || text.n >= sizeof copy)
		return false;
	snprintf(copy, sizeof copy, "%.*s", STR_ARG(text));
	if (sscanf(copy, "%4d-%2d-%2d%n", &year, &month, &day, &n) != 3 || n != 10 || year < 1900)
		return false;
	if (timed && sscanf(copy + 10, " %2d:%2d:%lf", &hour, &minute, &second) != 3)
		return false;
	lxw_datetime at = { year, month, day, hour, minute, second };
	worksheet_write_datetime(c->sheet, c->row, (lxw_col_t)column, &at, timed ? c->moment : c->date);
	return true;
}

static const struct reject *reject_of(const struct annotated_row *row, const char *column)
{
	for (size_t i = 0; i < row->n_rejects; i++)
		if (!strcmp(row->rejects[i].column, column))
			return &row->rejects[i];
	return NULL;
}

static void write_bad(struct copy *c, size_t column, struct str text, const char *reason)
{
	book_text(c->sheet, c->row, column, text.n ? text : STR("?"), c->bad);
	worksheet_write_comment(c->sheet, c->row, (lxw_col_t)column, reason);
}

static bool xlsx_row(void *ctx, const struct dataset_table *t, const struct annotated_row *row, struct err *e)
{
	struct copy *c = ctx;
	CLEANUP(buf_free) struct buf reasons = BUF_INIT(MIB);
	if (row->loose) {
		write_reasons(&c->loose, c->language, row);
		buf_addc(&c->loose, '\n');
		return true;
	}
	write_loose(c);
	if (c->row > BOOK_ROWS)
		return err_set(e, ERR_LIMIT, "too_many_rows", "A sheet holds %d rows; ask for rejects.csv.", BOOK_ROWS);
	for (size_t i = 0; row->cells && i < t->n_columns; i++) {
		struct str text = row->cells[i];
		const struct reject *bad = reject_of(row, t->columns[i].name);
		if (bad)
			write_bad(c, i, text.p ? text : str_of(bad->text), reason_text(c->language, bad->reason));
		else if (text.p && !write_number(c, i, t->columns[i].type, text) &&
			 !write_moment(c, i, t->columns[i].type, text))
			book_text(c->sheet, c->row, i, text, NULL);
	}
	write_reasons(&reasons, c->language, row);
	book_text(c->sheet, c->row, t->n_columns, buf_str(&reasons), c->bad);
	c->row++;
	return true;
}

static bool formats(struct copy *c, struct err *e)
{
	lxw_workbook *b = c->book.file;
	c->head = workbook_add_format(b);
	c->bad = workbook_add_format(b);
	c->date = workbook_add_format(b);
	c->moment = workbook_add_format(b);
	if (!c->head || !c->bad || !c->date || !c->moment)
		return err_set(e, ERR_UNAVAILABLE, "memory", "There is no memory for a workbook now.");
	format_set_bold(c->head);
	format_set_bg_color(c->bad, 0xFFF2CC);
	format_set_num_format(c->date, "yyyy-mm-dd");
	format_set_num_format(c->moment, "yyyy-mm-dd hh:mm:ss");
	return true;
}

/* The version of the path, or the one in use, and what of it is asked for. */
static bool begin(struct request *q, int64_t *ret_version, struct version_part *ret_part, enum language *ret_language,
		  struct err *e)
{
	struct dataset d;
	struct dataset_version v;
	int64_t number;
	if (!reason_language(q, ret_language, e) || !dataset_of_path(q, &d, e))
		return false;
	*ret_version = d.current;
	if (request_param(q, "n").n) {
		if (!request_param_id(q, "n", &number, e) ||
		    !dataset_version_find_number(api_db(q), request_arena(q), d.org, d.id, number, &v, e))
			return false;
		if (v.state == VERSION_BUILDING)
			return err_set(e, ERR_CONFLICT, "not_ready", "This version is still being loaded.");
		if (!part_read(q, &v, ret_part, e))
			return false;
		*ret_version = v.id;
	}
	return audit_add(api_db(q), api_caller(q), "rejects_export", "dataset", d.id, NULL, e);
}

static bool rejects_xlsx(struct request *q, struct response *r, struct err *e)
{
	int64_t version;
	struct copy c = { .book.fd = -1, .loose = BUF_INIT(16 * KIB) };
	CLEANUP(version_part_done) struct version_part part = { 0 };
	struct annotated out = {
		.ctx = &c, .begin = xlsx_begin, .row = xlsx_row, .cancel = request_cancel_flag(q), .part = &part
	};
	if (!begin(q, &version, &part, &c.language, e) || !book_open(&c.book, e))
		return false;
	bool done =
		formats(&c, e) && annotated_tables(api_instance(q), api_db(q), api_caller(q)->org, version, &out, e);
	if (done)
		end_sheet(&c);
	done = done && book_send(&c.book, r, "rejects.xlsx", e);
	buf_free(&c.loose);
	book_free(&c.book);
	return done;
}

static bool rejects_csv(struct request *q, struct response *r, struct err *e)
{
	int64_t version;
	struct str table = { 0 };
	struct csv c = { .r = r, .rows = BUF_INIT(64 * MIB) };
	CLEANUP(version_part_done) struct version_part part = { 0 };
	struct annotated out = {
		.ctx = &c, .begin = csv_begin, .row = csv_row, .cancel = request_cancel_flag(q), .part = &part
	};
	if (!request_query_str(q, "table", &table, e) || !begin(q, &version, &part, &c.language, e))
		return false;
	bool done = annotated_table(api_instance(q), api_db(q), api_caller(q)->org, version, table, &out, e) &&
		    response_write(r, c.rows.p, c.rows.n, e) && response_end(r, e);
	buf_free(&c.rows);
	return done;
}

static const struct route_param book_params[] = { REASON_PARAM };
static const struct route_param part_params[] = { REASON_PARAM, PART_PARAM };
static const struct route_param params[] = { { "table", ROUTE_PARAM_STR, "The table's name; the first unless said." },
					     REASON_PARAM };
static const struct route_param csv_part_params[] = {
	{ "table", ROUTE_PARAM_STR, "The table's name; the first unless said." }, REASON_PARAM, PART_PARAM
};
#define COPY_ROUTE(of_path, of_handle, of_params, of_summary)                                 \
	{                                                                                     \
		.method = "GET", .path = of_path, .handle = of_handle, .flags = ROUTE_STREAM, \
		.permission = PERM_EXPORT, .query = of_params, .n_query = countof(of_params), \
		.summary = of_summary " Written to the audit log."                            \
	}
static const struct route routes[] = {
	COPY_ROUTE("/api/v1/datasets/{id}/rejects.xlsx", rejects_xlsx, book_params,
		   "All rows as they were read, the reason beside each cell that could not be: to correct and load "
		   "again."),
	COPY_ROUTE("/api/v1/datasets/{id}/rejects.csv", rejects_csv, params,
		   "The same of one table, as CSV with a column of reasons."),
	COPY_ROUTE("/api/v1/datasets/{id}/versions/{n}/rejects.xlsx", rejects_xlsx, part_params,
		   "rejects.xlsx of a version, also of one that waits to be confirmed."),
	COPY_ROUTE("/api/v1/datasets/{id}/versions/{n}/rejects.csv", rejects_csv, csv_part_params,
		   "rejects.csv of a version, also of one that waits to be confirmed."),
};
const struct resource reject_copy_resource = { "rows", "Rows of data sets", routes, countof(routes) };
