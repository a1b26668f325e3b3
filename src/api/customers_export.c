/*
 * The list of customers as a file: what a search shows, in its order, with the columns that are asked for.
 *
 * CSV goes out as it is made. A workbook can be sent only when it is whole: libxlsxwriter writes it row by row into
 * temporary files, which are kept in memory (/dev/shm), so that no customer's data touch the disk.
 */
#include "analysis/customer_view.h"
#include "analysis/names.h"
#include "api/scope.h"
#include "base/clock.h"
#include "base/limits.h"
#include "model/audit.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xlsxwriter.h>

#define ROWS_AT_ONCE LIMIT_PAGE
#define XLSX_ROWS 1048575 /* what a sheet holds, without its head */
#define TEMPORARY "/dev/shm"

enum column { ID, NAME, PRODUCTS, LAST_PRODUCT, PURCHASES, SPEND, CURRENCY, FIRST, LAST, AGE, COLUMNS };
static const char *const heads[COLUMNS] = { "id",    "name",     "products",       "last_product",  "purchases",
					    "spend", "currency", "first_purchase", "last_purchase", "age" };

struct export
{
	struct request *q;
	struct customers_scope scope;
	struct name_query query;
	enum column columns[COLUMNS];
	size_t n_columns;
};

/* One cell as text, and whether it is a number. */
struct value {
	struct str text;
	bool number;
};

static bool read_columns(struct str list, struct export *x, struct err *e)
{
	if (!list.n) {
		for (enum column c = 0; c < COLUMNS; c++)
			x->columns[x->n_columns++] = c;
		return true;
	}
	while (list.n) {
		size_t end = str_find(list, ',');
		struct str name = str_n(list.p, end);
		enum column c = 0;
		while (c < COLUMNS && !str_is(name, heads[c]))
			c++;
		if (c == COLUMNS || x->n_columns == COLUMNS)
			return err_field(e, ERR_VALUE, "columns", "There is no column \"%.*s\".", STR_ARG(name));
		x->columns[x->n_columns++] = c;
		size_t past = MIN(end + 1, list.n);
		list = str_n(list.p + past, list.n - past);
	}
	return true;
}

static struct str number_text(struct arena *a, int64_t v)
{
	return str_of(arena_printf(a, "%lld", (long long)v));
}

static struct str time_text(struct arena *a, enum purchase_time exact, int64_t at)
{
	char text[CLOCK_TEXT];
	if (at == TIME_NONE)
		return (struct str){ 0 };
	clock_format(at, text);
	text[exact == PURCHASE_TIME_YEAR ? 4 : 10] = 0;
	return str_of(arena_strdup(a, text));
}

static struct str money_text(struct arena *a, int64_t amount)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(100);
	money_write(&b, amount);
	return str_of(arena_strndup(a, b.p, b.n));
}

static bool value_of(const struct export *x, const struct customer *c, enum column column, struct arena *a,
		     struct value *ret, struct err *e)
{
	const struct card_set *set = &x->scope.set;
	uint32_t newest;
	*ret = (struct value){ 0 };
	switch (column) {
	case ID:
		ret->text = c->id;
		return true;
	case NAME:
		ret->text = c->name;
		return true;
	case LAST_PRODUCT:
		return customer_last_product(api_db(x->q), set, c, a, &ret->text, e);
	case CURRENCY:
		ret->text = str_of(set->currency);
		return true;
	case FIRST:
		ret->text = time_text(a, set->time, c->first_at);
		return true;
	case LAST:
		ret->text = time_text(a, set->time, c->last_at);
		return true;
	case PRODUCTS:
		ret->text = number_text(a, (int64_t)customer_products_count(c->products, &newest));
		break;
	case PURCHASES:
		ret->text = number_text(a, c->purchases);
		break;
	case SPEND:
		if (set->has_amount)
			ret->text = money_text(a, c->spend);
		break;
	case AGE:
		if (c->age >= 0)
			ret->text = number_text(a, c->age);
		break;
	case COLUMNS:
		break;
	}
	ret->number = ret->text.n > 0;
	return true;
}

/* Each customer of the search, page by page. */
static bool each_customer(struct export *x, bool (*row)(void *ctx, const struct customer *c, struct err *e), void *ctx,
			  struct err *e)
{
	struct name_query query = x->query;
	query.limit = ROWS_AT_ONCE;
	query.after = 0;
	do {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(64 * MIB);
		struct name_page page;
		if (!names_find(api_instance(x->q)->names, api_db(x->q), &x->scope.set, &query, &a, &page, e))
			return false;
		for (size_t i = 0; i < page.n; i++) {
			CLEANUP(arena_free) struct arena one = ARENA_INIT(32 * MIB);
			struct customer c;
			if (!customer_get(api_db(x->q), &x->scope.set, page.nos[i], &one, &c, e) || !row(ctx, &c, e))
				return false;
		}
		if (request_gone(x->q))
			return err_set(e, ERR_CANCELLED, "client_gone", "The client has gone.");
		query.after = page.next;
	} while (query.after);
	return true;
}

/* -- CSV -- */

struct csv {
	struct export *x;
	struct response *r;
	struct buf rows;
};

static bool csv_flush(struct csv *c, size_t least, struct err *e)
{
	if (c->rows.n <= least)
		return true;
	bool done = response_write(c->r, c->rows.p, c->rows.n, e);
	buf_clear(&c->rows);
	return done;
}

static bool csv_row(void *ctx, const struct customer *customer, struct err *e)
{
	struct csv *c = ctx;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(16 * MIB);
	for (size_t i = 0; i < c->x->n_columns; i++) {
		struct value v;
		if (!value_of(c->x, customer, c->x->columns[i], &a, &v, e))
			return false;
		csv_cell(&c->rows, v.text, i + 1 < c->x->n_columns ? ',' : '\n');
	}
	return csv_flush(c, 64 * KIB, e);
}

static bool send_csv(struct export *x, struct response *r, struct err *e)
{
	struct csv c = { .x = x, .r = r, .rows = BUF_INIT(16 * MIB) };
	response_header(r, "Content-Disposition", STR("attachment; filename=\"customers.csv\""));
	bool done = response_stream_begin(r, 200, "text/csv; charset=utf-8", e);
	for (size_t i = 0; i < x->n_columns; i++)
		csv_cell(&c.rows, str_of(heads[x->columns[i]]), i + 1 < x->n_columns ? ',' : '\n');
	done = done && each_customer(x, csv_row, &c, e) && csv_flush(&c, 0, e) && response_end(r, e);
	buf_free(&c.rows);
	return done;
}

/* -- xlsx -- */

struct sheet {
	struct export *x;
	lxw_worksheet *sheet;
	lxw_row_t row;
};

/* The library copies what it is given; text is written as text, so that nothing becomes a formula. */
static bool xlsx_row(void *ctx, const struct customer *customer, struct err *e)
{
	struct sheet *s = ctx;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(16 * MIB);
	if (s->row == XLSX_ROWS + 1)
		return err_set(e, ERR_LIMIT, "too_many_rows", "A workbook holds %d customers; export CSV.", XLSX_ROWS);
	for (size_t i = 0; i < s->x->n_columns; i++) {
		struct value v;
		double number;
		if (!value_of(s->x, customer, s->x->columns[i], &a, &v, e))
			return false;
		if (v.number && str_to_f64(v.text, &number))
			worksheet_write_number(s->sheet, s->row, (lxw_col_t)i, number, NULL);
		else if (v.text.n)
			worksheet_write_string(s->sheet, s->row, (lxw_col_t)i, arena_strndup(&a, v.text.p, v.text.n),
					       NULL);
	}
	s->row++;
	return true;
}

static bool fill(struct export *x, lxw_workbook *book, struct err *e)
{
	struct sheet s = { .x = x, .sheet = workbook_add_worksheet(book, "customers"), .row = 1 };
	if (!s.sheet)
		return err_set(e, ERR_UNAVAILABLE, "memory", "There is no memory for a workbook now.");
	for (size_t i = 0; i < x->n_columns; i++)
		worksheet_write_string(s.sheet, 0, (lxw_col_t)i, heads[x->columns[i]], NULL);
	return each_customer(x, xlsx_row, &s, e);
}

static bool send_file(struct response *r, int fd, struct err *e)
{
	char bytes[64 * KIB];
	if (lseek(fd, 0, SEEK_SET) != 0)
		return err_set(e, ERR_INTERNAL, NULL, "a workbook in memory cannot be read");
	response_header(r, "Content-Disposition", STR("attachment; filename=\"customers.xlsx\""));
	if (!response_stream_begin(r, 200, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", e))
		return false;
	for (;;) {
		ssize_t n = read(fd, bytes, sizeof bytes);
		if (n < 0)
			return err_set(e, ERR_INTERNAL, NULL, "a workbook in memory cannot be read");
		if (n == 0)
			return response_end(r, e);
		if (!response_write(r, bytes, (size_t)n, e))
			return false;
	}
}

static bool send_xlsx(struct export *x, struct response *r, struct err *e)
{
	char path[64], temporary[] = TEMPORARY;
	int fd = memfd_create("customers.xlsx", MFD_CLOEXEC);
	if (fd < 0 || access(TEMPORARY, W_OK) != 0) {
		if (fd >= 0)
			close(fd);
		return err_set(e, ERR_UNAVAILABLE, "memory", "Workbooks cannot be made here; export CSV.");
	}
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	lxw_workbook_options options = { .constant_memory = LXW_TRUE, .tmpdir = temporary };
	lxw_workbook *book = workbook_new_opt(path, &options);
	bool done = book ? fill(x, book, e) : err_set(e, ERR_UNAVAILABLE, "memory", "There is no memory now.");
	/* Closing frees it, whatever was written. */
	if (book && workbook_close(book) != LXW_NO_ERROR && done)
		done = err_set(e, ERR_UNAVAILABLE, "memory", "The workbook could not be made; export CSV.");
	done = done && send_file(r, fd, e);
	close(fd);
	return done;
}

static bool export_get(struct request *q, struct response *r, struct err *e)
{
	struct export x = { .q = q };
	struct str format = STR("csv"), columns = { 0 };
	if (!customers_query(q, &x.query, e) || !request_query_str(q, "format", &format, e) ||
	    !request_query_str(q, "columns", &columns, e) || !read_columns(columns, &x, e))
		return false;
	bool csv = str_is(format, "csv");
	if (!csv && !str_is(format, "xlsx"))
		return err_field(e, ERR_VALUE, "format", "The format is csv or xlsx.");
	if (!customers_scope(q, &x.scope, e) ||
	    !audit_add(api_db(q), api_caller(q), "customers_export", "dataset", x.scope.dataset.id, NULL, e))
		return false;
	return csv ? send_csv(&x, r, e) : send_xlsx(&x, r, e);
}

static const struct route_param params[] = {
	{ "format", ROUTE_PARAM_STR, "csv (unless said) or xlsx." },
	{ "columns", ROUTE_PARAM_STR,
	  "With commas between: id, name, products, last_product, purchases, spend, currency, first_purchase, "
	  "last_purchase, age." },
	{ "q", ROUTE_PARAM_STR, "As in the list." },
	{ "sort", ROUTE_PARAM_STR, "As in the list." },
	{ "filter", ROUTE_PARAM_STR, "As in the list." },
};
static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/customers/export",
	  .handle = export_get,
	  .flags = ROUTE_STREAM,
	  .permission = PERM_EXPORT,
	  .query = params,
	  .n_query = countof(params),
	  .summary = "What a search shows, as a file; without phones and e-mails. Written to the audit log." },
};
const struct resource customers_export_resource = { "customers", "Customers of a data set", routes, countof(routes) };
