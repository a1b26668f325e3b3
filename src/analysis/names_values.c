/* What was forecast of customers, beside the search index: sorted once when a run is loaded, filtered by a pass. */
#include "analysis/names_index.h"
#include "model/trained.h"

#include <stdlib.h>

struct valued {
	double value;
	uint32_t place; /* among the ids in order */
	uint32_t no;    /* NOBODY: the customer is not in these data any more */
};

#define NOBODY UINT32_MAX

struct loading {
	uint32_t customers; /* of the index */
	struct valued *list;
	size_t n, cap;
};

static bool take_value(void *ctx, int64_t no, double value, struct err *e)
{
	struct loading *l = ctx;
	if (l->n == UINT32_MAX)
		return err_set(e, ERR_LIMIT, NULL, "there are too many forecasts to sort");
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 4096;
		l->list = mem_realloc(l->list, l->cap * sizeof *l->list);
	}
	bool known = no >= 0 && no < (int64_t)l->customers;
	l->list[l->n] = (struct valued){ value, (uint32_t)l->n, known ? (uint32_t)no : NOBODY };
	l->n++;
	return true;
}

static int highest_first(const void *a, const void *b)
{
	const struct valued *x = a, *y = b;
	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* As ntile does: tenths in order, the first ones larger by one where it does not divide. */
static uint8_t decile(size_t rank, size_t n)
{
	size_t each = n / NAME_DECILES, more = n % NAME_DECILES, in_more = more * (each + 1);
	return (uint8_t)(rank < in_more ? rank / (each + 1) + 1 : more + (rank - in_more) / MAX(each, (size_t)1) + 1);
}

static void arrange(struct loading *l, enum name_value v, struct name_values *ret)
{
	uint32_t n = l->customers, at = n;
	ret->value = mem_array(n + 1, sizeof *ret->value);
	ret->order = mem_array(n + 1, sizeof *ret->order);
	ret->decile = v == NAME_FORECAST ? mem_zalloc(n + 1) : NULL;
	for (uint32_t i = 0; i < n; i++)
		ret->value[i] = NAN;
	if (l->n)
		qsort(l->list, l->n, sizeof *l->list, highest_first);
	for (size_t i = 0; i < l->n; i++) {
		const struct valued *one = &l->list[i];
		if (one->no == NOBODY || !isnan(ret->value[one->no]))
			continue;
		ret->value[one->no] = one->value;
		ret->order[--at] = one->no;
		if (ret->decile)
			ret->decile[one->no] = decile(i, l->n);
	}
	for (uint32_t i = n; i-- > 0;) {
		if (isnan(ret->value[i]))
			ret->order[--at] = i;
	}
}

void name_values_free(struct name_values *v)
{
	free(v->value);
	free(v->decile);
	free(v->order);
	*v = (struct name_values){ 0 };
}

static bool is_there(struct name_index *x, enum name_value v, int64_t run)
{
	pthread_rwlock_rdlock(&x->lock);
	bool there = x->values[v].run >= run;
	pthread_rwlock_unlock(&x->lock);
	return there;
}

bool name_values_load(struct name_index *x, struct db *db, const struct card_set *set, enum name_value v, int64_t run,
		      struct err *e)
{
	struct loading l = { .customers = x->n };
	bool done = true;
	if (is_there(x, v, run))
		return true;
	pthread_mutex_lock(&x->loading);
	if (!is_there(x, v, run)) {
		struct name_values made = { .run = run };
		done = forecast_values(db, run, set->slot, take_value, &l, e);
		if (done) {
			arrange(&l, v, &made);
			pthread_rwlock_wrlock(&x->lock);
			struct name_values old = x->values[v];
			x->values[v] = made;
			pthread_rwlock_unlock(&x->lock);
			name_values_free(&old);
		}
		free(l.list);
	}
	pthread_mutex_unlock(&x->loading);
	return done;
}

struct name_forecast name_values_of(const struct name_index *x, uint32_t no)
{
	struct name_forecast f = { { NAN, NAN }, 0 };
	for (enum name_value v = 0; v < NAME_VALUES && no < x->n; v++) {
		if (x->values[v].run)
			f.value[v] = x->values[v].value[no];
		if (x->values[v].decile)
			f.decile = x->values[v].decile[no];
	}
	return f;
}

/* One bit a customer whose value is within the bounds; NAN never is. */
static uint64_t within(const double *value, uint32_t n, double min, double max)
{
	uint64_t bits = 0;
	for (uint32_t i = 0; i < n; i++)
		bits |= (uint64_t)(value[i] >= min && value[i] <= max) << i;
	return bits;
}

static uint64_t in_decile(const uint8_t *decile_of, uint32_t n, int wanted)
{
	uint64_t bits = 0;
	for (uint32_t i = 0; i < n; i++)
		bits |= (uint64_t)(decile_of[i] == wanted) << i;
	return bits;
}

void name_values_filter(const struct name_index *x, const struct name_filter *f, uint64_t *bits, uint32_t n)
{
	for (enum name_value v = 0; v < NAME_VALUES; v++) {
		const struct name_values *of = &x->values[v];
		bool bounded = f->value[v].min > -INFINITY || f->value[v].max < INFINITY;
		bool tenth = v == NAME_FORECAST && f->decile;
		if (!bounded && !tenth)
			continue;
		for (uint32_t from = 0; from < n; from += 64) {
			uint32_t some = from < x->n && of->run ? MIN(x->n - from, UINT32_C(64)) : 0;
			uint64_t *to = &bits[from / 64];
			if (!some)
				*to = 0;
			if (*to && bounded)
				*to &= within(of->value + from, some, f->value[v].min, f->value[v].max);
			if (*to && tenth)
				*to &= in_decile(of->decile + from, some, f->decile);
		}
	}
}
