/* The list of customers as a file: what a search shows, in its order, with the columns that are asked for. */
#include "analysis/customer_view.h"
#include "analysis/names.h"
#include "api/customers_forecasts.h"
#include "api/table_file.h"
#include "base/clock.h"
#include "base/limits.h"
#include "model/audit.h"

#define ROWS_AT_ONCE LIMIT_PAGE

enum column {
	ID,
	NAME,
	PRODUCTS,
	LAST_PRODUCT,
	PURCHASES,
	SPEND,
	CURRENCY,
	FIRST,
	LAST,
	AGE,
	FORECAST,
	DECILE,
	FORECAST_FROM,
	FORECAST_MODEL,
	PROBABILITY,
	PROBABILITY_FROM,
	PROBABILITY_MODEL,
	COLUMNS
};
static const char *const heads[COLUMNS] = { "id",
					    "name",
					    "products",
					    "last_product",
					    "purchases",
					    "spend",
					    "currency",
					    "first_purchase",
					    "last_purchase",
					    "age",
					    "forecast",
					    "decile",
					    "forecast_from",
					    "forecast_model",
					    "probability",
					    "probability_from",
					    "probability_model" };

struct export
{
	struct request *q;
	struct customers_scope scope;
	struct name_query query;
	struct customers_forecasts forecasts;
	enum column columns[COLUMNS];
	size_t n_columns;
	struct table_file *file;
};

/* One cell as text, and whether it is a number. */
struct value {
	struct str text;
	bool number;
};

/* Columns of forecasts are there when something was forecast. */
static bool is_there(const struct export *x, enum column c)
{
	return c < FORECAST || x->forecasts.there[c < PROBABILITY ? NAME_FORECAST : NAME_PROBABILITY];
}

static bool read_columns(struct str list, struct export *x, struct err *e)
{
	if (!list.n) {
		for (enum column c = 0; c < COLUMNS; c++) {
			if (is_there(x, c))
				x->columns[x->n_columns++] = c;
		}
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
		if (!is_there(x, c))
			return err_field(e, ERR_VALUE, "columns",
					 "The column \"%s\" needs forecasts: train the model first (page Forecasts).",
					 heads[c]);
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

static struct str figure_text(struct arena *a, double v, int decimals)
{
	if (isnan(v))
		return (struct str){ 0 };
	return str_of(arena_printf(a, "%.*f", decimals, v));
}

static struct str run_text(struct arena *a, const struct export *x, enum name_value v, bool model)
{
	const struct forecast_run *run = &x->forecasts.run[v];
	if (model)
		return run->number ? number_text(a, run->number) : (struct str){ 0 };
	return time_text(a, PURCHASE_TIME_DAY, run->as_of);
}

static bool value_of(const struct export *x, const struct customer *c, const struct name_forecast *f,
		     enum column column, struct arena *a, struct value *ret, struct err *e)
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
	case FORECAST:
		ret->text = figure_text(a, f->value[NAME_FORECAST], 2);
		break;
	case DECILE:
		if (f->decile)
			ret->text = number_text(a, f->decile);
		break;
	case PROBABILITY:
		ret->text = figure_text(a, f->value[NAME_PROBABILITY], 6);
		break;
	case FORECAST_FROM:
	case PROBABILITY_FROM:
		ret->text = run_text(a, x, column == FORECAST_FROM ? NAME_FORECAST : NAME_PROBABILITY, false);
		return true;
	case FORECAST_MODEL:
	case PROBABILITY_MODEL:
		ret->text = run_text(a, x, column == FORECAST_MODEL ? NAME_FORECAST : NAME_PROBABILITY, true);
		break;
	case COLUMNS:
		break;
	}
	ret->number = ret->text.n > 0;
	return true;
}

/* Each customer of the search, page by page. */
static bool each_customer(struct export *x,
			  bool (*row)(void *ctx, const struct customer *c, const struct name_forecast *f,
				      struct err *e),
			  void *ctx, struct err *e)
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
			if (!customer_get(api_db(x->q), &x->scope.set, page.nos[i], &one, &c, e) ||
			    !row(ctx, &c, &page.forecasts[i], e))
				return false;
		}
		if (request_gone(x->q))
			return err_set(e, ERR_CANCELLED, "client_gone", "The client has gone.");
		query.after = page.next;
	} while (query.after);
	return true;
}

static bool file_row(void *ctx, const struct customer *customer, const struct name_forecast *f, struct err *e)
{
	struct export *x = ctx;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(16 * MIB);
	for (size_t i = 0; i < x->n_columns; i++) {
		struct value v;
		if (!value_of(x, customer, f, x->columns[i], &a, &v, e) ||
		    !table_file_cell(x->file, v.text, v.number, e))
			return false;
	}
	return true;
}

static bool send(struct export *x, struct response *r, bool xlsx, struct err *e)
{
	const char *names[COLUMNS];
	for (size_t i = 0; i < x->n_columns; i++)
		names[i] = heads[x->columns[i]];
	return table_file_begin(r, xlsx, "customers", names, x->n_columns, &x->file, e) &&
	       each_customer(x, file_row, x, e) && table_file_end(x->file, e);
}

static bool export_get(struct request *q, struct response *r, struct err *e)
{
	struct export x = { .q = q };
	struct str columns = { 0 };
	bool xlsx;
	if (!customers_query(q, &x.query, e) || !table_file_format(q, &xlsx, e) ||
	    !request_query_str(q, "columns", &columns, e) || !customers_scope(q, &x.scope, e) ||
	    !customers_forecasts_find(q, &x.scope, &x.query, &x.forecasts, e) || !read_columns(columns, &x, e) ||
	    !audit_add(api_db(q), api_caller(q), "customers_export", "dataset", x.scope.dataset.id, NULL, e))
		return false;
	bool done = send(&x, r, xlsx, e);
	table_file_free(&x.file);
	return done;
}

static const struct route_param params[] = {
	TABLE_FILE_PARAM,
	{ "columns", ROUTE_PARAM_STR,
	  "With commas between: id, name, products, last_product, purchases, spend, currency, first_purchase, "
	  "last_purchase, age; where there are forecasts also forecast, decile, forecast_from, forecast_model, "
	  "probability, probability_from, probability_model." },
	{ "q", ROUTE_PARAM_STR, "As in the list." },
	{ "sort", ROUTE_PARAM_STR, "As in the list." },
	{ "filter", ROUTE_PARAM_STR, "As in the list." },
	CUSTOMERS_FORECAST_PARAMS,
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
