/* A table that stands in groups gets the columns of its headings. */
#include "ingest/groups.h"

#include "base/limits.h"
#include "ingest/table.h"

#include <stdlib.h>

static bool is_taken(const struct table *t, struct str name)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (str_ieq(str_of(t->columns[i].name), name))
			return true;
	return false;
}

static void add_column(struct table *t, struct buf *name, size_t cell)
{
	size_t base = name->n;
	for (int k = 2; is_taken(t, buf_str(name)); k++) {
		name->n = base;
		buf_addf(name, "_%d", k);
	}
	t->columns = mem_realloc(t->columns, (t->n_columns + 1) * sizeof *t->columns);
	struct table_column *c = &t->columns[t->n_columns++];
	memset(c, 0, sizeof *c);
	c->name = buf_take(name, NULL);
	c->cell = cell;
	stats_init(&c->stats);
}

static struct table_column *column_at(struct table *t, size_t cell)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (t->columns[i].cell == cell)
			return &t->columns[i];
	return NULL;
}

/* "Контрагент / Документ" names a level each. False: it does not say as many as there are. */
static bool split_header(struct table *t, const struct groups *g, struct str *parts)
{
	const struct table_column *c = column_at(t, g->at[0]);
	struct str rest = str_of(c && !c->unnamed ? c->name : ""), part;
	size_t n = 0;
	while (n <= GROUP_LEVELS && str_split(&rest, '/', &part)) {
		parts[n] = str_trim(part);
		if (!parts[n++].n)
			return false;
	}
	return n == g->levels + 1;
}

static void name_beside(struct table *t, struct groups_view *v)
{
	struct groups *g = t->groups;
	const struct reader_table *said = &t->reader->tables[t->index];
	struct str parts[GROUP_LEVELS + 1] = { 0 };
	struct buf names[GROUP_LEVELS] = { 0 };
	bool split = !said->n_groups && split_header(t, g, parts);
	g->columns = MAX(g->levels, MIN(said->n_groups, (size_t)GROUP_LEVELS));
	for (size_t i = 0; i < g->columns; i++) {
		names[i] = BUF_INIT(4 * KIB);
		if (i < said->n_groups)
			buf_adds(&names[i], said->groups[i]);
		else if (split)
			buf_add_str(&names[i], parts[i]);
		else
			groups_name(v, i, &names[i]);
	}
	if (split) {
		struct table_column *own = column_at(t, g->at[0]);
		char *rest = mem_strdup(own->name);
		size_t from = (size_t)(parts[g->levels].p - own->name);
		free(own->name);
		own->name = mem_strdup("");
		struct buf name = BUF_INIT(4 * KIB);
		buf_add(&name, rest + from, parts[g->levels].n);
		for (int k = 2; is_taken(t, buf_str(&name)); k++) {
			name.n = parts[g->levels].n;
			buf_addf(&name, "_%d", k);
		}
		free(own->name);
		own->name = buf_take(&name, NULL);
		free(rest);
	}
	for (size_t i = 0; i < g->columns; i++)
		add_column(t, &names[i], t->width + i);
	t->width += g->columns;
}

/* A column without a name that is filled down gets one. */
static void name_above(struct table *t, struct groups_view *v)
{
	for (size_t i = 0; i < t->groups->levels; i++) {
		struct table_column *c = column_at(t, t->groups->at[i]);
		struct buf name = BUF_INIT(4 * KIB);
		if (!c || !c->unnamed)
			continue;
		groups_name(v, i, &name);
		if (is_taken(t, buf_str(&name))) {
			buf_free(&name);
			continue;
		}
		free(c->name);
		c->name = buf_take(&name, NULL);
		c->unnamed = false;
	}
}

static void tell(struct table *t, enum groups_told_state state, const struct groups_view *v, size_t row)
{
	t->grouped = state;
	t->group_line = reader_line(v->b, v->rows, row);
}

static bool spread_first(struct table *t, struct groups_view *v, struct block *b, struct rows *rows, struct err *e)
{
	if (t->groups->beside)
		name_beside(t, v);
	else
		name_above(t, v);
	groups_rewind(t->groups);
	return groups_block(t, b, true, e) && table_index(t, b, rows, e);
}

bool groups_begin(struct table *t, struct block *b, struct rows *rows, struct err *e)
{
	const struct reader_table *said = &t->reader->tables[t->index];
	bool wanted = t->reader->groups == GROUPS_COLUMNS, as_before = t->reader->groups == GROUPS_AUTO;
	struct groups_sure sure = { wanted || (as_before && said->n_groups),
				    wanted || (as_before && said->groups_above) };
	bool keep = t->reader->groups == GROUPS_KEEP || (as_before && said->groups_kept);
	struct groups_view v = {
		.t = t, .b = b, .rows = rows, .from = t->skip, .scratch = BUF_INIT(2 * LIMIT_CELL_BYTES)
	};
	size_t row = 0;
	/* A file that has the column already, as a template has, is of rows alone. */
	if (said->n_groups && is_taken(t, str_of(said->groups[0])))
		return true;
	if (said->columns || t->unpivot || t->n_columns < 2 || t->no_groups || rows->n_rows < t->skip + 2)
		return true;
	v.n = rows->n_rows;
	v.whole = b->last;
	struct groups *g = groups_new(t->width);
	enum groups_verdict verdict = groups_judge_pivot(&v, g, &row);
	bool ok = true, dropped = false;
	if (verdict == GROUPS_NO && groups_worth(&v, g)) {
		dropped = table_drop_totals(t, b, rows, t->skip, NULL) > 0;
		v.n = rows->n_rows;
		verdict = v.n > v.from ? groups_judge(&v, sure, g, &row) : GROUPS_NO;
	}
	if (verdict == GROUPS_YES)
		tell(t, keep ? GROUPED_KEPT : GROUPED_COLUMNS, &v, row);
	else if (verdict == GROUPS_DOUBT && !keep)
		tell(t, GROUPED_DOUBT, &v, row);
	if (verdict == GROUPS_YES && !keep) {
		t->groups = g;
		ok = spread_first(t, &v, b, rows, e);
	} else {
		groups_free(g);
		ok = !dropped || table_index(t, b, rows, e);
	}
	buf_free(&v.scratch);
	return ok;
}

bool groups_refuse(const struct table *t, struct err *e)
{
	return err_field(
		e, ERR_VALUE, t->name,
		"Line %llu of \"%.100s\": from here on the sums of the groups are not those of their rows. Correct "
		"the file, or send it with the headings of groups kept as rows.",
		(unsigned long long)t->groups->broken_line, t->name);
}
