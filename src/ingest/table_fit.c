/* An append must fit the columns that are there, or be wider: a few cells may not, a column that does not is refused.
 */
#include "base/utf8.h"
#include "ingest/table.h"

#include <stdio.h>

#define SHOWN_TEXT 60
#define SHOWN_NAME 60

/* At most so many bytes of a text, so that the sentence stays whole. */
static struct str shown(const char *text, size_t max)
{
	struct str s = str_of(text);
	s.n = utf8_valid_prefix(str_n(s.p, MIN(s.n, max)));
	return s;
}

/* The first cell that did not fit; NULL when only those of other columns were kept. Rejects are sorted by line. */
static const struct reject *first_misfit(const struct table *t, size_t column)
{
	for (size_t i = 0; i < t->n_rejects_kept; i++) {
		const struct reject *r = &t->rejects[i];
		if (r->at.column == column &&
		    strcmp(r->reason, value_misfit_reason(&t->columns[column].type, str_of(r->text))) == 0)
			return r;
	}
	return NULL;
}

/* The page reads the place out of this sentence: web/src/lib/errors.ts. */
static void say_place(const struct table *t, const struct reject *r, struct err *e)
{
	struct str table = shown(t->name ? t->name : "", SHOWN_NAME), text = shown(r->text, SHOWN_TEXT);
	err_prefix(e, "Line %llu of \"%.*s\": \"%.*s\" does not fit, %s", (unsigned long long)r->at.line,
		   STR_ARG(table), STR_ARG(text), r->reason);
}

static bool refuse(const struct table *t, size_t column, uint64_t values, struct err *e)
{
	const struct table_column *c = &t->columns[column];
	const struct reject *first = first_misfit(t, column);
	const char *full = c->shown ? c->shown : c->name;
	struct str name = shown(full, SHOWN_NAME);
	char type[TYPE_NAME_BYTES];
	column_type_name(&c->type, type);
	err_field(e, ERR_VALUE, full,
		  "column \"%.*s\" is %s in the data set, and %llu of the file's %llu values are not. Correct the "
		  "file, or replace the data set with it; to keep such values as they stand, send it with the "
		  "column read as text.",
		  STR_ARG(name), type, (unsigned long long)c->stats.misfits, (unsigned long long)values);
	if (e)
		snprintf(e->code, sizeof e->code, "column_misfit");
	if (e && first)
		say_place(t, first, e);
	return false;
}

bool table_check_expected(const struct table *t, struct err *e)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		uint64_t misfits = t->columns[i].stats.misfits, values = t->columns[i].stats.non_null + misfits;
		if (t->columns[i].expected && misfits > infer_tolerated(values, t->columns[i].said))
			return refuse(t, i, values, e);
	}
	return true;
}
