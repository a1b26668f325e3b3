#include "api/template.h"

#include "api/api.h"
#include "api/warehouse.h"
#include "base/limits.h"
#include "base/sanitizer.h"
#include "ingest/template_sheet.h"
#include "json/read.h"

#include <string.h>

#define ROWS 10000        /* that are checked while they are typed */
#define LISTS_COLUMN 3    /* of the hidden sheet, where the lists of choices begin */
#define CHOICES_SHOWN 100 /* rows that a list may have */
#define CONTENT_BYTES (64 * MIB)

struct making {
	struct book *book;
	lxw_worksheet *sheet, *hidden;
	lxw_format *head, *text, *date, *moment;
	const struct dataset_table *t;
	struct template_choice *choices;
	json_t **lists; /* of the columns that have choices */
};

static bool is_type(const struct dataset_column *c, const char *type)
{
	return strncmp(c->type, type, strlen(type)) == 0;
}

static bool formats(struct making *m, struct err *e)
{
	lxw_workbook *b = m->book->file;
	m->head = workbook_add_format(b);
	m->text = workbook_add_format(b);
	m->date = workbook_add_format(b);
	m->moment = workbook_add_format(b);
	if (!m->head || !m->text || !m->date || !m->moment)
		return err_set(e, ERR_UNAVAILABLE, "memory", "There is no memory for a workbook now.");
	format_set_bold(m->head);
	format_set_num_format(m->head, "@");
	format_set_num_format(m->text, "@"); /* identifiers keep their zeros */
	format_set_num_format(m->date, "yyyy-mm-dd");
	format_set_num_format(m->moment, "yyyy-mm-dd hh:mm:ss");
	return true;
}

static void check_list(lxw_worksheet *s, lxw_col_t column, char *formula)
{
	lxw_data_validation v = { .validate = LXW_VALIDATION_TYPE_LIST_FORMULA,
				  .value_formula = formula,
				  .error_type = LXW_VALIDATION_ERROR_TYPE_WARNING };
	/* libxlsxwriter 1.1.4 copies the formula of such a list twice and forgets the first copy, some twenty bytes. */
	LEAK_OF_LIBRARY_BEGIN();
	worksheet_data_validation_range(s, 1, column, ROWS, column, &v);
	LEAK_OF_LIBRARY_END();
}

static void check_type(struct making *m, size_t i)
{
	const struct dataset_column *c = &m->t->columns[i];
	lxw_col_t column = (lxw_col_t)i;
	lxw_data_validation v = { .criteria = LXW_VALIDATION_CRITERIA_BETWEEN, .ignore_blank = LXW_VALIDATION_ON };
	char yes[] = "TRUE", no[] = "FALSE", title[] = "Vitrina", wrong[] = "This column holds another kind of value.";
	char *values[] = { yes, no, NULL };
	v.error_title = title;
	v.error_message = wrong;
	if (is_type(c, "BIGINT")) {
		v.validate = LXW_VALIDATION_TYPE_INTEGER;
		v.minimum_number = -1e15;
		v.maximum_number = 1e15;
	} else if (is_type(c, "DECIMAL") || is_type(c, "DOUBLE")) {
		v.validate = LXW_VALIDATION_TYPE_DECIMAL;
		v.minimum_number = -1e15;
		v.maximum_number = 1e15;
	} else if (is_type(c, "DATE") || is_type(c, "TIMESTAMP")) {
		v.validate = LXW_VALIDATION_TYPE_DATE;
		v.minimum_datetime = (lxw_datetime){ 1900, 1, 1, 0, 0, 0 };
		v.maximum_datetime = (lxw_datetime){ 2199, 12, 31, 0, 0, 0 };
	} else if (strcmp(c->type, "TIME") == 0) {
		v.validate = LXW_VALIDATION_TYPE_TIME;
		v.minimum_number = 0;
		v.maximum_number = 1;
	} else if (is_type(c, "BOOLEAN")) {
		v.validate = LXW_VALIDATION_TYPE_LIST;
		v.value_list = values;
	} else {
		return;
	}
	worksheet_data_validation_range(m->sheet, 1, column, ROWS, column, &v);
}

static void column_name(size_t column, char ret[8])
{
	size_t n = 0;
	char back[8];
	for (column++; column; column = (column - 1) / 26)
		back[n++] = (char)('A' + (column - 1) % 26);
	for (size_t i = 0; i < n; i++)
		ret[i] = back[n - 1 - i];
	ret[n] = 0;
}

static void add_columns(struct making *m)
{
	size_t list = 0;
	worksheet_freeze_panes(m->sheet, 1, 0);
	for (size_t i = 0; i < m->t->n_columns; i++) {
		const struct dataset_column *c = &m->t->columns[i];
		lxw_format *f = is_type(c, "DATE")        ? m->date
				: is_type(c, "TIMESTAMP") ? m->moment
				: is_type(c, "VARCHAR")   ? m->text
							  : NULL;
		worksheet_set_column(m->sheet, (lxw_col_t)i, (lxw_col_t)i, 18, f);
		book_text(m->sheet, 0, i, str_of(c->name), m->head);
		if (m->lists[i]) {
			char formula[64], name[8];
			column_name(LISTS_COLUMN + list++, name);
			snprintf(formula, sizeof formula, "=%s!$%s$1:$%s$%zu", TEMPLATE_SHEET, name, name,
				 json_array_size(m->lists[i]));
			check_list(m->sheet, (lxw_col_t)i, formula);
		} else {
			check_type(m, i);
		}
	}
}

/* Row by row, as a workbook that is written as it goes must be: the key on the left, the lists beside it. */
static void add_hidden(struct making *m, struct str key)
{
	bool more = true;
	for (lxw_row_t row = 0; more || row < CHOICES_SHOWN; row++) {
		struct str line, first;
		size_t list = LISTS_COLUMN;
		more = str_split(&key, '\n', &line) && line.n;
		if (more && str_split(&line, '\t', &first)) {
			book_text(m->hidden, row, 0, first, NULL);
			book_text(m->hidden, row, 1, line, NULL);
		}
		for (size_t i = 0; i < m->t->n_columns; i++) {
			if (!m->lists[i])
				continue;
			const json_t *v = json_array_get(json_array_get(m->lists[i], row), 0);
			if (json_is_string(v))
				book_text(m->hidden, row, list, str_of(json_string_value(v)), NULL);
			list++;
		}
	}
	worksheet_hide(m->hidden);
}

static bool make(struct making *m, struct instance *in, struct db *db, int64_t org, const struct dataset *d,
		 struct arena *a, struct err *e)
{
	CLEANUP(buf_free) struct buf key = BUF_INIT(2 * MIB);
	if (!template_key(in, org, d, m->t, &key, e) || !template_choices(in, db, org, d, m->t, a, m->choices, e))
		return false;
	for (size_t i = 0; i < m->t->n_columns; i++)
		if (m->choices[i].values_json && !json_read(str_of(m->choices[i].values_json), MIB, &m->lists[i], e))
			return false;
	if (!book_open(m->book, e) || !formats(m, e) || !(m->sheet = book_sheet(m->book, m->t->name, e)) ||
	    !(m->hidden = book_sheet(m->book, TEMPLATE_SHEET, e)))
		return false;
	add_columns(m);
	add_hidden(m, buf_str(&key));
	return book_finish(m->book, TEMPLATE_SHEET, e);
}

bool template_book(struct instance *in, struct db *db, int64_t org, const struct dataset *d, struct str table,
		   struct book *ret, struct err *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(CONTENT_BYTES);
	struct dataset_content c;
	*ret = (struct book){ .fd = -1 };
	if (!dataset_content(db, &a, org, d->current, &c, e))
		return false;
	struct making m = { .book = ret, .t = table.n ? dataset_table_named(&c, table) : c.n_tables ? c.tables : NULL };
	if (!m.t)
		return err_field(e, ERR_NOT_FOUND, "table", "The data set has no such table.");
	m.choices = arena_array(&a, m.t->n_columns + 1, sizeof *m.choices);
	m.lists = arena_array(&a, m.t->n_columns + 1, sizeof(json_t *));
	if (!m.choices || !m.lists)
		return err_set(e, ERR_LIMIT, NULL, "The table has too many columns.");
	memset(m.lists, 0, (m.t->n_columns + 1) * sizeof(json_t *));
	bool done = make(&m, in, db, org, d, &a, e);
	for (size_t i = 0; i < m.t->n_columns; i++)
		json_decref(m.lists[i]);
	if (!done)
		book_free(ret);
	return done;
}

static bool template_get(struct request *q, struct response *r, struct err *e)
{
	struct dataset d;
	struct book book;
	struct str table = { 0 };
	if (!dataset_of_path(q, &d, e) || !request_query_str(q, "table", &table, e) ||
	    !template_book(api_instance(q), api_db(q), d.org, &d, table, &book, e))
		return false;
	return book_send(&book, r, "template.xlsx", e);
}

static const struct route_param params[] = { { "table", ROUTE_PARAM_STR, "The table's name; the first unless said." } };
static const struct route routes[] = {
	{ .method = "GET",
	  .path = "/api/v1/datasets/{id}/template.xlsx",
	  .handle = template_get,
	  .flags = ROUTE_STREAM,
	  .permission = PERM_DATASET_READ,
	  .query = params,
	  .n_query = countof(params),
	  .summary =
		  "An empty workbook of a table to fill in. Loaded as a new data set it is known again, and its rows "
		  "are added to this one." },
};
const struct resource template_resource = { "datasets", "Data sets", routes, countof(routes) };
