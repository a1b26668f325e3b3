#include "learn/design.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double learn_transformed(enum learn_transform t, double x)
{
	return t == LEARN_LOG ? copysign(log1p(fabs(x)), x) : x;
}

struct making {
	struct learn_design *d;
	size_t cap;
	enum learn_transform transform;
	const uint32_t *rows;
	size_t n_rows;
};

static bool add(struct making *m, struct learn_feature f)
{
	if (m->d->n == LEARN_FEATURES_MOST)
		return false;
	if (m->d->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 64;
		m->d->features = mem_realloc(m->d->features, m->cap * sizeof *m->d->features);
	}
	m->d->features[m->d->n++] = f;
	return true;
}

/* Mean first and deviations from it after: sums of squares would lose digits of large values. */
static bool add_number(struct making *m, uint32_t column, enum learn_why *why)
{
	const double *v = m->d->table->columns[column].number;
	double sum = 0, squares = 0;
	size_t there = 0;
	for (size_t i = 0; i < m->n_rows; i++) {
		double x = v[m->rows[i]];
		if (!isfinite(x))
			continue;
		sum += learn_transformed(m->transform, x);
		there++;
	}
	*why = LEARN_EMPTY;
	if (!there)
		return true;
	double mean = sum / (double)there;
	for (size_t i = 0; i < m->n_rows; i++) {
		double x = v[m->rows[i]];
		if (isfinite(x))
			squares += pow(learn_transformed(m->transform, x) - mean, 2);
	}
	double scale = sqrt(squares / (double)there);
	bool varies = scale > 1e-12 * MAX(1.0, fabs(mean));
	*why = varies || there < m->n_rows ? LEARN_USED : LEARN_CONSTANT;
	if (varies && !add(m, (struct learn_feature){
				      .column = column, .mean = mean, .scale = scale, .transform = m->transform }))
		return false;
	return there == m->n_rows ||
	       add(m, (struct learn_feature){ .kind = LEARN_MISSING, .column = column, .scale = 1 });
}

static bool add_levels(struct making *m, uint32_t column, enum learn_why *why)
{
	const struct learn_column *c = &m->d->table->columns[column];
	size_t *count = mem_zalloc(((size_t)c->n_levels + 1) * sizeof *count), different = 0, missing = 0;
	for (size_t i = 0; i < m->n_rows; i++) {
		uint32_t level = c->level[m->rows[i]];
		if (level == LEARN_NO_LEVEL)
			missing++;
		else
			count[level]++;
	}
	for (uint32_t l = 0; l < c->n_levels; l++)
		different += count[l] > 0;
	*why = different == 0                  ? LEARN_EMPTY
	       : different > LEARN_LEVELS_MOST ? LEARN_MANY
	       : different == 1 && !missing    ? LEARN_CONSTANT
					       : LEARN_USED;
	bool done = true;
	for (uint32_t l = 0; done && *why == LEARN_USED && l < c->n_levels; l++) {
		if (count[l])
			done = add(m, (struct learn_feature){
					      .kind = LEARN_LEVEL, .column = column, .level = l, .scale = 1 });
	}
	free(count);
	if (done && *why == LEARN_USED && missing)
		done = add(m, (struct learn_feature){ .kind = LEARN_MISSING, .column = column, .scale = 1 });
	return done;
}

bool learn_design_make(struct learn_design *d, const struct learn_table *t, const uint32_t *rows, size_t n_rows,
		       enum learn_transform transform)
{
	struct making m = { .d = d, .transform = transform, .rows = rows, .n_rows = n_rows };
	*d = (struct learn_design){ .table = t };
	d->why = mem_zalloc((t->n_columns + 1) * sizeof *d->why);
	bool done = true;
	for (uint32_t c = 0; done && c < t->n_columns; c++)
		done = t->columns[c].number ? add_number(&m, c, &d->why[c]) : add_levels(&m, c, &d->why[c]);
	if (!done)
		learn_design_free(d);
	return done;
}

void learn_design_free(struct learn_design *d)
{
	free(d->features);
	free(d->why);
	*d = (struct learn_design){ 0 };
}

static double value(const struct learn_column *c, const struct learn_feature *f, uint32_t row)
{
	if (f->kind == LEARN_LEVEL)
		return c->level[row] == f->level;
	if (f->kind == LEARN_MISSING)
		return c->number ? !isfinite(c->number[row]) : c->level[row] == LEARN_NO_LEVEL;
	double x = c->number[row];
	return isfinite(x) ? (learn_transformed(f->transform, x) - f->mean) / f->scale : 0;
}

void learn_design_block(const struct learn_design *d, const uint32_t *rows, size_t n, double *ret)
{
	for (size_t j = 0; j < d->n; j++) { /* a column at a time: its values lie together */
		const struct learn_feature *f = &d->features[j];
		const struct learn_column *c = &d->table->columns[f->column];
		for (size_t i = 0; i < n; i++)
			ret[i * d->n + j] = value(c, f, rows[i]);
	}
}
