/*
 * An append: the columns of the file beside those of the data set, found by name in any order.
 *
 * The data set's rows stay as they are written, so a type only grows, and only where every value of both reads back
 * exactly: 12.50 among whole numbers, more decimals, a time among dates. What a column is not, by its own values, is
 * not made text for that: the cells that do not fit are rejects, and a column of them is refused (table_fit.c), unless
 * a person wants the column as text.
 *
 * A file may have new columns, or lack some that mean nothing to the analyses; not both at once, as that is how a
 * column looks that was renamed.
 */
#include "ingest/table.h"

#include <stdio.h>
#include <stdlib.h>

#define SHORT_DIGITS 18 /* of BIGINT as files have it, and of the shorter DECIMAL */

static size_t find_column(const struct table *t, const char *name)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		if (str_ieq(str_of(t->columns[i].name), str_of(name)))
			return i;
	}
	return t->n_columns;
}

/* -- types -- */

static int scale_of(const struct column_type *t)
{
	return t->type == TYPE_BIGINT ? 0 : t->scale;
}

static bool number_fits(const struct column_type *have, const struct column_type *found)
{
	if (have->type == TYPE_DOUBLE || found->type == TYPE_DOUBLE)
		return have->type == TYPE_DOUBLE;
	int digits = have->type == TYPE_WIDE ? NUMBER_DIGITS : SHORT_DIGITS;
	return scale_of(found) <= scale_of(have) && found->whole <= digits - scale_of(have);
}

static bool is_day(const struct column_type *t)
{
	return t->type == TYPE_DATE || t->type == TYPE_TIMESTAMP;
}

/* Whether values of the file are of the data set's kind, and its column too narrow for them. */
static bool is_wider(const struct column_type *have, const struct column_type *found)
{
	if (column_type_number(have) && column_type_number(found))
		return !number_fits(have, found);
	return is_day(have) && is_day(found) && have->type == TYPE_DATE && found->type == TYPE_TIMESTAMP;
}

/* What the file's column is written as: never narrower than it is, and as the data set's where it fits that. */
static struct column_type fit_type(const struct table_column *c, const struct column_type *found)
{
	const struct table_expected *x = c->expected;
	if (c->as_text)
		return (struct column_type){ .type = TYPE_VARCHAR };
	/* What holds no value at all has no type of its own. */
	if ((x->empty && !found->untyped) || is_wider(&x->type, found))
		return *found;
	struct column_type t = x->type;
	t.decimal = found->decimal;
	t.order = found->order;
	t.missing = found->missing;
	t.rounded = found->rounded;
	t.marked = found->marked;
	t.whole = found->whole;
	t.mark_ambiguous = column_type_number(&t) ? found->mark_ambiguous : 0;
	t.serials_from = is_day(&t) && is_day(found) ? found->serials_from : 0;
	t.plain = is_day(&t) && is_day(found) ? found->plain : PLAIN_NONE;
	t.unit = column_type_number(&t) ? found->unit : 0;
	t.both_marks = column_type_number(&t) && found->both_marks;
	t.untyped = x->empty && found->untyped;
	return t;
}

void table_fit_types(struct table *t)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		struct table_column *c = &t->columns[i];
		struct column_type found = c->type;
		if (c->expected)
			c->type = fit_type(c, &found);
	}
}

/* -- columns -- */

/* The column of the file that is meant, under either of its names; false when the file does not have it. */
static bool take_column(struct table *t, const struct table_expected *x, struct table_column *ret)
{
	size_t at = find_column(t, x->header);
	if (at == t->n_columns)
		at = find_column(t, x->shown);
	if (at == t->n_columns || !t->columns[at].name[0])
		return false;
	*ret = t->columns[at];
	ret->name = mem_strdup(x->name);
	ret->shown = x->shown;
	ret->expected = x;
	ret->as_text = ret->as_text || table_wanted_as_text(t, x->shown) || table_wanted_as_text(t, x->header);
	t->columns[at].name[0] = 0; /* it is taken */
	t->columns[at].n_samples = 0;
	return true;
}

static bool with_code(struct err *e)
{
	if (e)
		snprintf(e->code, sizeof e->code, "column_missing");
	return false;
}

static bool has_not(const struct table_expected *x, struct err *e)
{
	err_field(e, ERR_VALUE, x->shown, "The file has no column \"%.100s\", which the data set has.", x->shown);
	return with_code(e);
}

/* One that is gone and one that is new: most often the same under another name, and half of it would be blank. */
static bool is_renamed(const struct table_expected *x, const char *other, struct err *e)
{
	err_field(
		e, ERR_VALUE, x->shown,
		"The file has no column \"%.100s\", which the data set has; it has \"%.100s\" instead. If they are the "
		"same, give it the name that the data set has; if not, add an empty column of that name.",
		x->shown, other);
	return with_code(e);
}

/* What only the file has; its name must not be one that is another column's for the data set. */
static bool take_new(struct table *t, struct table_column *own, struct table_column *ret, struct err *e)
{
	for (size_t i = 0; i < t->n_expected; i++) {
		const struct table_expected *x = &t->expected[i];
		const char *const names[] = { x->name, x->header, x->shown };
		for (size_t k = 0; k < countof(names); k++)
			if (str_ieq(str_of(names[k]), str_of(own->name)))
				return err_field(e, ERR_VALUE, own->name,
						 "The file has two columns for \"%.100s\" of the data set.", x->shown);
	}
	*ret = *own;
	ret->name = mem_strdup(own->name);
	own->name[0] = 0;
	own->n_samples = 0;
	return true;
}

static void free_columns(struct table_column *columns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(columns[i].name);
		for (size_t k = 0; k < columns[i].n_samples; k++)
			free(columns[i].samples[k]);
	}
	free(columns);
}

/* First those of the data set in its order, then the new ones. */
static bool order_columns(struct table *t, struct table_column *ordered, size_t *ret_n, struct err *e)
{
	size_t n = 0;
	const struct table_expected *first_missing = NULL;
	for (size_t i = 0; i < t->n_expected; i++) {
		const struct table_expected *x = &t->expected[i];
		bool there = take_column(t, x, &ordered[n]);
		n += there;
		if (!there && x->needed)
			return has_not(x, e);
		if (!there && !first_missing)
			first_missing = x;
	}
	/* Nothing in common: another file. */
	if (!n && first_missing)
		return has_not(first_missing, e);
	for (size_t i = 0; i < t->n_columns; i++) {
		if (!t->columns[i].name[0])
			continue;
		if (first_missing)
			return is_renamed(first_missing, t->columns[i].name, e);
		if (!take_new(t, &t->columns[i], &ordered[n], e))
			return false;
		n++;
	}
	*ret_n = n;
	return true;
}

bool table_expect(struct table *t, const struct table_expected *x, size_t n, struct err *e)
{
	size_t n_ordered = 0;
	struct table_column *ordered = mem_zalloc((t->n_columns + n + 1) * sizeof *ordered);
	t->expected = mem_array(n + 1, sizeof *t->expected);
	memcpy(t->expected, x, n * sizeof *x);
	t->n_expected = n;
	bool ok = order_columns(t, ordered, &n_ordered, e);
	/* Columns that were moved before a fault have left an empty name and no samples behind. */
	if (!ok)
		while (ordered[n_ordered].name)
			n_ordered++;
	free_columns(t->columns, t->n_columns);
	t->columns = ordered;
	t->n_columns = n_ordered;
	/* Every row has been looked at: there is nothing that another pass could find out. */
	t->fixed_types = t->reader_ended;
	if (ok)
		table_fit_types(t);
	return ok;
}
