#include "learn/design.h"

#include "learn/lanes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double learn_transformed(enum learn_transform t, double x)
{
	return t == LEARN_LOG ? copysign(log1p(fabs(x)), x) : x;
}

#define CHUNK 512 /* rows whose moments are taken at once */

struct making {
	struct learn_design *d;
	size_t cap;
	enum learn_transform transform;
	const uint32_t *rows;
	size_t n_rows;
	bool *together; /* of each CHUNK of rows: they follow one another */
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

/* Of values so far: how many, their mean, and the squares of the distances from it. */
struct moments {
	double n, mean, squares;
};

/* Two parts as one (Chan, Golub, LeVeque 1983): nothing is lost where values are large and near to one another. */
static void add_moments(struct moments *all, const struct moments *part)
{
	double n = all->n + part->n, away = part->mean - all->mean;
	if (part->n == 0)
		return;
	all->mean += away * part->n / n;
	all->squares += part->squares + away * away * all->n * part->n / n;
	all->n = n;
}

static double squares_of(const double *v, size_t n, double mean)
{
	lanes all = { 0 };
	size_t i = 0;
	for (; i + LANES <= n; i += LANES) {
		lanes away = *(const lanes *)(v + i) - mean;
		__builtin_prefetch(v + i + n); /* of the next rows */
		all += away * away;
	}
	double sum = lanes_sum(&all);
	for (; i < n; i++)
		sum += (v[i] - mean) * (v[i] - mean);
	return sum;
}

/* Whether the rows follow one another, which they do most of the time. */
static bool side_by_side(const uint32_t *rows, size_t n)
{
	uint32_t wrong = 0;
	for (size_t i = 0; i < n; i++)
		wrong |= rows[i] - rows[0] - (uint32_t)i;
	return wrong == 0;
}

static struct moments moments_of(const double *column, const uint32_t *rows, size_t n, bool together,
				 enum learn_transform t)
{
	double taken[CHUNK];
	const double *v = column + rows[0];
	bool as_is = together && t == LEARN_PLAIN;
	double sum = as_is ? lanes_sum_of(v, n) : 0;
	if (!as_is || !isfinite(sum)) { /* scattered, transformed, or with holes */
		size_t there = 0;
		for (size_t i = 0; i < n; i++) {
			double x = column[rows[i]];
			if (isfinite(x))
				taken[there++] = learn_transformed(t, x);
		}
		n = there;
		v = taken;
		sum = lanes_sum_of(v, n);
	}
	double at_least_one = n ? (double)n : 1;
	struct moments m = { .n = (double)n, .mean = sum / at_least_one };
	m.squares = squares_of(v, n, m.mean);
	return m;
}

static bool add_number(struct making *m, uint32_t column, const double *v, enum learn_why *why)
{
	struct moments all = { 0 };
	for (size_t from = 0; from < m->n_rows; from += CHUNK) {
		struct moments part = moments_of(v, m->rows + from, MIN((size_t)CHUNK, m->n_rows - from),
						 m->together[from / CHUNK], m->transform);
		add_moments(&all, &part);
	}
	size_t there = (size_t)all.n;
	*why = LEARN_EMPTY;
	if (!there)
		return true;
	double scale = sqrt(all.squares / all.n);
	bool varies = scale > 1e-12 * MAX(1.0, fabs(all.mean));
	*why = varies || there < m->n_rows ? LEARN_USED : LEARN_CONSTANT;
	if (varies && !add(m, (struct learn_feature){
				      .column = column, .mean = all.mean, .scale = scale, .transform = m->transform }))
		return false;
	return there == m->n_rows ||
	       add(m, (struct learn_feature){ .kind = LEARN_MISSING,
					      .column = column,
					      .scale = 1,
					      .share = (double)(m->n_rows - there) / (double)m->n_rows });
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
			done = add(m, (struct learn_feature){ .kind = LEARN_LEVEL,
							      .column = column,
							      .level = l,
							      .scale = 1,
							      .share = (double)count[l] / (double)m->n_rows });
	}
	free(count);
	if (done && *why == LEARN_USED && missing)
		done = add(m, (struct learn_feature){ .kind = LEARN_MISSING,
						      .column = column,
						      .scale = 1,
						      .share = (double)missing / (double)m->n_rows });
	return done;
}

bool learn_design_make(struct learn_design *d, const struct learn_table *t, const uint32_t *rows, size_t n_rows,
		       enum learn_transform transform)
{
	struct making m = { .d = d, .transform = transform, .rows = rows, .n_rows = n_rows };
	*d = (struct learn_design){ .table = t };
	d->why = mem_zalloc((t->n_columns + 1) * sizeof *d->why);
	m.together = mem_array(n_rows / CHUNK + 1, sizeof *m.together);
	for (size_t from = 0; from < n_rows; from += CHUNK)
		m.together[from / CHUNK] = side_by_side(rows + from, MIN((size_t)CHUNK, n_rows - from));
	bool done = true;
	for (uint32_t c = 0; done && c < t->n_columns; c++)
		done = t->columns[c].number ? add_number(&m, c, t->columns[c].number, &d->why[c])
					    : add_levels(&m, c, &d->why[c]);
	free(m.together);
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

static double scaled(const struct learn_feature *f, double x)
{
	return isfinite(x) ? (learn_transformed(f->transform, x) - f->mean) / f->scale : 0;
}

/* False when some value is not finite; then what is written is of no use. */
static bool write_all(const struct learn_feature *f, const double *v, size_t n, double *ret)
{
	double by = 1 / f->scale, last = 0;
	lanes check = { 0 };
	size_t i = 0;
	for (; i + LANES <= n; i += LANES) {
		__builtin_prefetch(v + i + n); /* of the next block, which the processor cannot guess */
		lanes x = (*(const lanes *)(v + i) - f->mean) * by;
		check += x * 0; /* NaN from the first that is not finite on */
		*(lanes *)(ret + i) = x;
	}
	for (; i < n; i++) {
		ret[i] = (v[i] - f->mean) * by;
		last += ret[i] * 0;
	}
	return lanes_sum(&check) + last == 0;
}

static void write_number(const struct learn_feature *f, const double *column, const uint32_t *rows, size_t n,
			 bool together, double *ret)
{
	if (together && f->transform == LEARN_PLAIN && write_all(f, column + rows[0], n, ret))
		return;
	for (size_t i = 0; i < n; i++)
		ret[i] = scaled(f, column[rows[i]]);
}

static void write_feature(const struct learn_column *c, const struct learn_feature *f, const uint32_t *rows, size_t n,
			  bool together, double *ret)
{
	switch (f->kind) {
	case LEARN_NUMBER:
		write_number(f, c->number, rows, n, together, ret);
		return;
	case LEARN_LEVEL:
		for (size_t i = 0; i < n; i++)
			ret[i] = c->level[rows[i]] == f->level;
		return;
	case LEARN_MISSING:
		for (size_t i = 0; i < n; i++)
			ret[i] = c->number ? !isfinite(c->number[rows[i]]) : c->level[rows[i]] == LEARN_NO_LEVEL;
		return;
	}
}

void learn_design_block(const struct learn_design *d, const uint32_t *rows, size_t n, double *ret)
{
	bool together = side_by_side(rows, n);
	for (size_t j = 0; j < d->n; j++) {
		const struct learn_feature *f = &d->features[j];
		write_feature(&d->table->columns[f->column], f, rows, n, together, ret + j * n);
	}
}
