#include "analysis/panel.h"

#include "base/limits.h"

#include <math.h>
#include <stdlib.h>

#define LEVEL_TEXT (64 * MIB)

static bool make_room(struct panel *f, size_t rows, struct err *e)
{
	if (rows <= f->cap)
		return true;
	size_t cap = MAX(rows, f->cap + f->cap / 8 + 1000); /* room that stays unused is memory all the same */
	if (rows > UINT32_MAX - 1 || rows > PANEL_BYTES / sizeof(double) / MAX(f->n_columns, (size_t)1))
		return err_set(
			e, ERR_LIMIT, "too_much_to_learn",
			"%zu rows of %zu columns are more than is learnt from at once: leave columns out, or name "
			"fewer days to learn from",
			rows, f->n_columns);
	for (size_t c = 0; c < f->n_columns; c++) {
		struct panel_column *o = &f->own[c];
		if (o->number) {
			o->number = mem_realloc(o->number, cap * sizeof *o->number);
			mem_large_pages(o->number, cap * sizeof *o->number);
		} else {
			o->level = mem_realloc(o->level, cap * sizeof *o->level);
		}
		for (size_t i = f->cap; i < cap; i++) {
			if (o->number)
				o->number[i] = NAN;
			else
				o->level[i] = LEARN_NO_LEVEL;
		}
	}
	f->cap = cap;
	return true;
}

static uint32_t level_of(struct panel_column *o, struct str text)
{
	uint32_t known =
		o->levels.n < PANEL_LEVELS ? numbering_add(&o->levels, text) : numbering_find(&o->levels, text);
	return known == NUMBERING_NONE ? PANEL_LEVELS - 1 : known;
}

static void take_column(struct panel *f, const struct columns_batch *b, size_t c)
{
	const struct column_batch *in = &b->columns[c + 1];
	struct panel_column *o = &f->own[c];
	for (size_t r = 0; r < b->rows; r++) {
		size_t place = f->before + (size_t)b->columns[0].i64[r];
		if (!column_valid(in, r))
			continue;
		if (in->kind == COLUMN_STR)
			o->level[place] = level_of(o, column_str(in, r));
		else
			o->number[place] = in->kind == COLUMN_F64 ? in->f64[r] : (double)in->i64[r];
	}
}

static void settle_kinds(struct panel *f, const struct columns_batch *b)
{
	f->cap = 1;
	for (size_t c = 0; c < f->n_columns; c++) {
		struct panel_column *o = &f->own[c];
		if (b->columns[c + 1].kind == COLUMN_STR) {
			o->level = mem_array(1, sizeof *o->level);
			o->level[0] = LEARN_NO_LEVEL;
			numbering_init(&o->levels, LEVEL_TEXT);
		} else {
			o->number = mem_array(1, sizeof *o->number);
			o->number[0] = NAN;
		}
	}
}

static bool on_rows(void *ctx, const struct columns_batch *b, struct err *e)
{
	struct panel *f = ctx;
	if (b->n != f->n_columns + 1)
		return err_set(e, ERR_INTERNAL, NULL, "a panel of %zu columns got %zu", f->n_columns, b->n);
	if (!f->cap)
		settle_kinds(f, b);
	for (size_t r = 0; r < b->rows; r++) {
		int64_t place = b->columns[0].i64[r];
		if (place < 0 || place > (int64_t)UINT32_MAX)
			return err_set(e, ERR_INTERNAL, NULL, "a panel got a row without a place");
		size_t rows = f->before + (size_t)place + 1;
		if (!make_room(f, rows, e))
			return false;
		f->n_rows = MAX(f->n_rows, rows);
	}
	for (size_t c = 0; c < f->n_columns; c++) {
		take_column(f, b, c);
		if (f->own[c].levels.text.failed)
			return err_set(e, ERR_LIMIT, "too_much_to_learn", "the texts of the column %s are too long",
				       f->columns[c].name);
	}
	return true;
}

static void name_levels(struct panel *f)
{
	for (size_t c = 0; c < f->n_columns; c++) {
		struct panel_column *o = &f->own[c];
		struct learn_column *l = &f->columns[c];
		l->number = o->number;
		l->level = o->level;
		l->n_levels = o->levels.n;
		if (!o->level)
			continue;
		o->level_name = mem_array((size_t)o->levels.n + 1, sizeof *o->level_name);
		for (uint32_t i = 0; i < o->levels.n; i++) {
			struct str text = numbering_text(&o->levels, i);
			char *name = mem_alloc(text.n + 1);
			memcpy(name, text.n ? text.p : "", text.n);
			name[text.n] = 0;
			o->level_name[i] = name;
		}
		l->level_name = o->level_name;
	}
}

void panel_begin(struct panel *f, const char *const *names, size_t n)
{
	*f = (struct panel){ .n_columns = n };
	f->own = mem_zalloc((n + 1) * sizeof *f->own);
	f->columns = mem_zalloc((n + 1) * sizeof *f->columns);
	for (size_t c = 0; c < n; c++)
		f->columns[c].name = names[c];
}

bool panel_add(struct panel *f, struct ask *q, const char *sql, const char *params, struct err *e)
{
	f->before = f->n_rows;
	return ask_run(q, sql, params, on_rows, f, e);
}

bool panel_finish(struct panel *f, struct err *e)
{
	if (!f->n_rows)
		return err_set(e, ERR_VALUE, "no_rows", "there are no rows to learn from");
	name_levels(f);
	return true;
}

bool panel_read(struct ask *q, const char *sql, const char *params, const char *const *names, size_t n,
		struct panel *ret, struct err *e)
{
	panel_begin(ret, names, n);
	if (panel_add(ret, q, sql, params, e) && panel_finish(ret, e))
		return true;
	panel_free(ret);
	return false;
}

void panel_free(struct panel *f)
{
	for (size_t c = 0; f->own && c < f->n_columns; c++) {
		for (uint32_t i = 0; f->own[c].level_name && i < f->own[c].levels.n; i++)
			free((char *)f->own[c].level_name[i]);
		free(f->own[c].level_name);
		free(f->own[c].number);
		free(f->own[c].level);
		numbering_free(&f->own[c].levels);
	}
	free(f->own);
	free(f->columns);
	*f = (struct panel){ 0 };
}
