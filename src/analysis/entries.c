#include "analysis/entries.h"

#include "analysis/instance.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "model/caller.h"
#include "model/customer.h"
#include "model/dataset.h"
#include "model/folder.h"
#include "json/write.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_BYTES 4096
#define ROWS_BYTES (64 * MIB)
#define FIELD_NAME 64
#define AMOUNT_DECIMALS 4 /* of money, in any currency, and of what is weighed */

const char entries_purchase_doc[] =
	"Each an object: \"at\" (2026-01-31, or with a time), \"customer\" where the path names none, and of the "
	"columns that the data set has: \"product\", \"code\", \"amount\", \"quantity\", \"unit_price\", \"currency\", "
	"\"invoice\".";
const char entries_visit_doc[] = "Each an object: \"at\", \"customer\" where the path names none, and of the columns "
				 "that the data set has: \"visits\", "
				 "\"newsletter_opened\", \"ad_clicks\", \"seconds_on_site\".";

/* What a row may say, and which column it goes to. */
struct field {
	const char *key, *role;
	bool required; /* where the data set has the column */
	bool number;   /* not below 0 */
};
static const struct field purchase_fields[] = {
	{ "customer", "purchase.customer_id", true, false }, { "at", "purchase.at", true, false },
	{ "product", "purchase.product", false, false },     { "code", "purchase.product_code", false, false },
	{ "amount", "purchase.amount", true, true },         { "quantity", "purchase.quantity", true, true },
	{ "unit_price", "purchase.unit_price", true, true }, { "currency", "purchase.currency", false, false },
	{ "invoice", "purchase.invoice", false, false },
};
static const struct field visit_fields[] = {
	{ "customer", "activity.customer_id", true, false },
	{ "at", "activity.at", true, false },
	{ "visits", "activity.visits", false, true },
	{ "newsletter_opened", "activity.newsletter_opened", false, false },
	{ "ad_clicks", "activity.ad_clicks", false, true },
	{ "seconds_on_site", "activity.seconds_on_site", false, true },
};

struct sort {
	const char *name; /* of the list */
	const struct field *fields;
	size_t n;
	const char *none; /* told where no table of the data set takes them */
};
enum { PURCHASES, VISITS, SORTS };
static const struct sort sorts[SORTS] = {
	{ "purchases", purchase_fields, countof(purchase_fields),
	  "The data set has no table of purchases with a customer and a time in columns of their own." },
	{ "visits", visit_fields, countof(visit_fields),
	  "The data set has no table of visits with a customer and a time." },
};

/* Rows of one table on their way into a file of lines. */
struct writing {
	const struct sort *sort;
	const struct dataset_table *table;
	struct db *db;
	const struct card_set *set;
	struct str customer;
	struct arena *arena;
	struct buf file;
	size_t row;
};

static bool wrong(const struct writing *w, const char *key, struct err *e, const char *says)
{
	char name[FIELD_NAME];
	snprintf(name, sizeof name, "%s.%zu.%s", w->sort->name, w->row, key);
	return err_field(e, ERR_VALUE, name, "%s", says);
}

static const struct dataset_column *column_of(const struct dataset_table *t, const struct field *f)
{
	return dataset_column_with_role(t, f->role);
}

static const struct dataset_table *table_for(const struct dataset_content *c, const struct sort *s)
{
	for (size_t i = 0; i < c->n_tables; i++)
		if (column_of(&c->tables[i], &s->fields[0]) && column_of(&c->tables[i], &s->fields[1]))
			return &c->tables[i];
	return NULL;
}

static bool is_type(const struct dataset_column *c, const char *type)
{
	return strncmp(c->type, type, strlen(type)) == 0;
}

/* Digits, and how many of them behind the point: what a text or a number of JSON says. */
static bool number_text(const json_t *v, char ret[64], int *ret_decimals)
{
	double ignored;
	if (json_is_string(v))
		snprintf(ret, 64, "%s", json_string_value(v));
	else if (json_is_integer(v))
		snprintf(ret, 64, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		snprintf(ret, 64, "%.15g", json_real_value(v));
	else
		return false;
	*ret_decimals = 0;
	size_t n = strlen(ret), at = (size_t)(ret[0] == '-'), digits = 0;
	bool point = false;
	for (; at < n; at++) {
		if (ret[at] == '.' && !point && digits) {
			point = true;
		} else if (isdigit((unsigned char)ret[at])) {
			digits++;
			*ret_decimals += point;
		} else {
			return false;
		}
	}
	/* 12.50 is 12.5: columns keep no more digits than their values have. */
	while (*ret_decimals && ret[n - 1] == '0') {
		ret[--n] = 0;
		--*ret_decimals;
	}
	if (point && !*ret_decimals && n && ret[n - 1] == '.')
		ret[--n] = 0;
	return digits && digits <= 18 && isdigit((unsigned char)ret[n - 1]) && str_to_f64(str_of(ret), &ignored) &&
	       isfinite(ignored);
}

static bool put_number(struct writing *w, const struct field *f, const struct dataset_column *c, const json_t *v,
		       struct err *e)
{
	char text[64];
	int decimals, width, scale = 0;
	bool decimal = sscanf(c->type, "DECIMAL(%d,%d)", &width, &scale) == 2; /* NOLINT(cert-err34-c): our own text */
	if (!number_text(v, text, &decimals))
		return wrong(w, f->key, e, "A number is wanted, such as 12.50.");
	if (text[0] == '-')
		return wrong(w, f->key, e, "The number is below 0.");
	if (is_type(c, "VARCHAR")) {
		json_quote(&w->file, str_of(text));
		return true;
	}
	/* Cents in a column of whole amounts widen it (widen.h); what counts visits stays whole. */
	bool wider = (decimal || is_type(c, "BIGINT")) && f->number && str_starts(str_of(f->role), STR("purchase."));
	if (decimals > (wider ? MAX(scale, AMOUNT_DECIMALS) : scale) && !is_type(c, "DOUBLE"))
		return wrong(w, f->key, e,
			     decimal || wider ? "More digits behind the point than an amount or the column has."
					      : "The column of the data set holds whole numbers.");
	buf_adds(&w->file, text);
	return true;
}

static bool put_time(struct writing *w, const struct field *f, const struct dataset_column *c, const json_t *v,
		     struct err *e)
{
	char text[CLOCK_TEXT];
	int64_t at;
	struct str s = str_n(json_string_value(v), json_string_length(v));
	if (!json_is_string(v) || !clock_parse(s, &at))
		return wrong(w, f->key, e, "A day such as 2026-01-31 is wanted, or 2026-01-31T09:30:00Z.");
	if (at > clock_now() + USEC_PER_DAY)
		return wrong(w, f->key, e, "That is in the future.");
	if (!is_type(c, "DATE") && !is_type(c, "TIMESTAMP"))
		return wrong(w, f->key, e, "The data set keeps the time in a column that is none: correct its file.");
	clock_format(at, text);
	text[is_type(c, "DATE") ? 10 : 19] = 0;
	if (!is_type(c, "DATE"))
		text[10] = ' ';
	json_quote(&w->file, str_of(text));
	return true;
}

static bool put_customer(struct writing *w, const struct field *f, const struct dataset_column *c, struct str id,
			 struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(32 * MIB);
	struct customer there;
	struct err why = { 0 };
	int64_t number;
	if (!customer_find(w->db, w->set, id, &a, &there, &why)) {
		if (why.kind != ERR_NOT_FOUND) {
			*e = why;
			return false;
		}
		char name[FIELD_NAME];
		snprintf(name, sizeof name, "%s.%zu.%s", w->sort->name, w->row, f->key);
		return err_field(e, ERR_NOT_FOUND, name, "There is no such customer.");
	}
	if (is_type(c, "VARCHAR"))
		json_quote(&w->file, id);
	else if (str_to_i64(id, &number))
		buf_addf(&w->file, "%lld", (long long)number);
	else
		return wrong(w, f->key, e, "The column of the data set holds numbers.");
	return true;
}

static bool put_text(struct writing *w, const struct field *f, const struct dataset_column *c, const json_t *v,
		     struct err *e)
{
	struct str s = str_n(json_string_value(v), json_string_length(v));
	if (is_type(c, "BOOLEAN")) {
		buf_adds(&w->file, json_is_true(v) ? "true" : "false");
		return json_is_boolean(v) || wrong(w, f->key, e, "true or false is wanted.");
	}
	if (json_is_boolean(v) && !is_type(c, "VARCHAR")) {
		buf_adds(&w->file, json_is_true(v) ? "1" : "0");
		return true;
	}
	if (!is_type(c, "VARCHAR"))
		return put_number(w, f, c, v, e);
	if (!json_is_string(v) || !str_trim(s).n || s.n > TEXT_BYTES || !utf8_valid(s))
		return wrong(w, f->key, e, "A text is wanted, of at most 4096 bytes.");
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return wrong(w, f->key, e, "There are control characters in it.");
	json_quote(&w->file, s);
	return true;
}

static bool put_value(struct writing *w, const struct field *f, const struct dataset_column *c, const json_t *v,
		      struct err *e)
{
	struct str text = str_n(json_string_value(v), json_string_length(v));
	if (strcmp(f->key, "customer") == 0)
		return put_customer(w, f, c, w->customer.p ? w->customer : text, e);
	if (strcmp(f->key, "at") == 0)
		return put_time(w, f, c, v, e);
	return f->number ? put_number(w, f, c, v, e) : put_text(w, f, c, v, e);
}

static const struct field *field_of(const struct writing *w, const struct dataset_column *c)
{
	for (size_t i = 0; i < w->sort->n; i++)
		if (column_of(w->table, &w->sort->fields[i]) == c)
			return &w->sort->fields[i];
	return NULL;
}

/* Keys that are known, that the data set has a column for, and those without which the row would not count. */
static bool check_keys(const struct writing *w, const json_t *row, struct err *e)
{
	const char *key;
	json_t *v;
	bool product = false, wanted = false;
	json_object_foreach ((json_t *)row, key, v) {
		size_t i = 0;
		while (i < w->sort->n && strcmp(w->sort->fields[i].key, key) != 0)
			i++;
		if (i == w->sort->n)
			return wrong(w, "", e, "There is a field that is not known.");
		if (i == 0 && w->customer.p)
			return wrong(w, key, e, "The path names the customer already.");
		if (!json_is_null(v) && !column_of(w->table, &w->sort->fields[i]))
			return wrong(w, key, e, "The data set has no column for it.");
	}
	for (size_t i = 0; i < w->sort->n; i++) {
		const struct field *f = &w->sort->fields[i];
		bool given = json_object_get(row, f->key) && !json_is_null(json_object_get(row, f->key));
		bool of_product = strncmp(f->role, "purchase.product", strlen("purchase.product")) == 0;
		wanted |= of_product && column_of(w->table, f);
		product |= of_product && given;
		if (f->required && !given && column_of(w->table, f) && !(i == 0 && w->customer.p))
			return wrong(w, f->key, e, "It is missing.");
	}
	return !wanted || product || wrong(w, "product", e, "The product or its code is missing.");
}

static bool write_row(struct writing *w, const json_t *row, struct err *e)
{
	if (!json_is_object(row))
		return wrong(w, "", e, "Each row is an object.");
	if (!check_keys(w, row, e))
		return false;
	buf_addc(&w->file, '{');
	for (size_t i = 0; i < w->table->n_columns; i++) {
		const struct dataset_column *c = &w->table->columns[i];
		const struct field *f = field_of(w, c);
		const json_t *v = f ? json_object_get(row, f->key) : NULL;
		bool whose = f && w->customer.p && strcmp(f->key, "customer") == 0;
		if (i)
			buf_addc(&w->file, ',');
		json_quote(&w->file, str_of(c->name));
		buf_addc(&w->file, ':');
		if (!whose && (!v || json_is_null(v)))
			buf_adds(&w->file, "null");
		else if (!put_value(w, f, c, v, e))
			return false;
	}
	buf_adds(&w->file, "}\n");
	return true;
}

static bool write_list(struct writing *w, const json_t *list, int *ret_fd, struct err *e)
{
	const json_t *row;
	int fd;
	json_array_foreach (list, w->row, row) {
		if (!write_row(w, row, e))
			return false;
	}
	if (w->file.failed)
		return err_set(e, ERR_TOO_LARGE, NULL, "The rows are too large.");
	if (!folder_memfd("activity", &fd, e))
		return false;
	if (!folder_write(fd, w->file.p, w->file.n, e)) {
		close(fd);
		return false;
	}
	*ret_fd = fd;
	return true;
}

static bool check_list(const json_t *list, const struct sort *s, size_t *ret_rows, struct err *e)
{
	if (!list)
		return true;
	if (!json_is_array(list))
		return err_field(e, ERR_VALUE, s->name, "A list of rows is wanted.");
	*ret_rows += json_array_size(list);
	return true;
}

struct files {
	struct import_source source[SORTS];
	size_t n;
};

static void files_close(struct files *f)
{
	for (size_t i = 0; i < f->n; i++)
		close(f->source[i].fd);
}

static bool write_files(struct db *db, const struct dataset_content *c, const struct card_set *set,
			const struct entries *rows, struct arena *a, struct files *ret, struct err *e)
{
	const json_t *lists[SORTS] = { rows->purchases, rows->visits };
	for (size_t k = 0; k < SORTS; k++) {
		struct writing w = { .sort = &sorts[k],
				     .db = db,
				     .set = set,
				     .customer = rows->customer,
				     .arena = a,
				     .file = BUF_INIT(ROWS_BYTES) };
		int fd = -1;
		if (!lists[k] || !json_array_size(lists[k]))
			continue;
		w.table = table_for(c, &sorts[k]);
		bool done = w.table ? write_list(&w, lists[k], &fd, e)
				    : err_field(e, ERR_VALUE, sorts[k].name, "%s", sorts[k].none);
		if (done)
			ret->source[ret->n++] = (struct import_source){
				.name = arena_printf(a, "%s.ndjson", w.table->name), .fd = fd, .size = w.file.n
			};
		buf_free(&w.file);
		if (!done)
			return false;
	}
	return !a->failed || err_set(e, ERR_TOO_LARGE, NULL, "The names of the tables are too long.");
}

bool entries_start(struct instance *in, struct db *db, const struct caller *by, const struct dataset *d,
		   const struct card_set *set, const struct entries *rows, struct import_started *ret, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(64 * MIB);
	CLEANUP(files_close) struct files files = { 0 };
	struct dataset_content c;
	size_t n = 0;
	if (!caller_must(by, PERM_CUSTOMER_WRITE, e) || !caller_must(by, PERM_DATASET_WRITE, e) ||
	    !check_list(rows->purchases, &sorts[PURCHASES], &n, e) || !check_list(rows->visits, &sorts[VISITS], &n, e))
		return false;
	if (!n || n > ENTRIES_MOST)
		return err_field(e, ERR_VALUE, "purchases",
				 "From 1 to %d rows are wanted, of purchases and visits together.", ENTRIES_MOST);
	if (!dataset_content(db, &a, d->org, d->current, &c, e) || !write_files(db, &c, set, rows, &a, &files, e))
		return false;
	struct import_request rq = {
		.by = by, .mode = IMPORT_APPEND, .dataset = d->id, .sources = files.source, .n_sources = files.n
	};
	return import_start(in, &rq, "activity", ret, e);
}
