#include "analysis/spending_inner.h"

static const struct {
	const char *name;
	int64_t from, to; /* years, inclusive */
} bands[SPENDING_BANDS] = {
	{ "18-24", 18, 24 }, { "25-30", 25, 30 }, { "31-36", 31, 36 }, { "37-47", 37, 47 }, { ">47", 48, INT16_MAX },
};

const char *spending_band_name(size_t band)
{
	return bands[band].name;
}

bool spending_per_parse(struct str s, enum spending_per *ret)
{
	if (!str_is(s, "record") && !str_is(s, "customer"))
		return false;
	*ret = str_is(s, "customer") ? SPENDING_PER_CUSTOMER : SPENDING_PER_RECORD;
	return true;
}

bool spending_mean(const struct spending_sum *s, enum spending_per per, int64_t *ret_hundredths)
{
	int64_t n = per == SPENDING_PER_CUSTOMER ? s->customers : s->records;
	if (n <= 0)
		return false;
	int64_t unit = n * (MONEY_SCALE / 100), whole = s->spend / unit, rest = s->spend % unit;
	*ret_hundredths = whole + (rest >= unit - rest);
	return true;
}

bool spending_check(const struct card_set *set, int64_t year, struct err *e)
{
	if (!set->has_amount)
		return err_set(e, ERR_VALUE, "no_amounts", "This data set does not say what purchases cost.");
	if (year != SPENDING_YEAR_ALL && set->time == PURCHASE_TIME_NONE)
		return err_field(e, ERR_VALUE, "year", "This data set does not say when its purchases were made.");
	return true;
}

static bool take(struct instance *in, struct db *db, const struct card_set *set, int64_t year,
		 struct spending_index **ret, struct err *e)
{
	if (!spending_check(set, year, e))
		return false;
	return year == SPENDING_YEAR_ALL ? spending_take(in->spending, db, set, ret, e)
					 : spending_take_years(in, db, set, ret, e);
}

/* What one customer spent and how often, with the lock held. */
static struct spending_sum one(const struct spending_index *x, uint32_t no, int64_t year)
{
	struct spending_sum s = { 0 };
	if (year == SPENDING_YEAR_ALL) {
		s.spend = x->spend[no];
		s.records = x->records[no];
	} else if (no < x->n_dated) {
		for (uint32_t i = x->row_at[no]; i < x->row_at[no + 1]; i++) {
			if (x->rows[i].year == year) {
				s.spend = x->rows[i].spend;
				s.records = x->rows[i].records;
			}
		}
	}
	s.customers = s.records > 0;
	return s;
}

bool spending_of(struct instance *in, struct db *db, const struct card_set *set, struct str id, int64_t year,
		 int64_t *ret, struct err *e)
{
	struct spending_index *x;
	if (!take(in, db, set, year, &x, e))
		return false;
	pthread_rwlock_rdlock(&x->lock);
	uint32_t no = numbering_find(&x->ids, id);
	bool found = no != NUMBERING_NONE;
	int64_t spend = found ? one(x, no, year).spend : 0;
	pthread_rwlock_unlock(&x->lock);
	spending_give(in->spending, x);
	if (!found)
		return err_set(e, ERR_NOT_FOUND, "unknown_customer", "there is no customer with this id");
	*ret = spend;
	return true;
}

bool spending_peek(struct spending_cache *c, int64_t version, struct str id, int64_t year, int64_t *ret)
{
	struct spending_index *x = spending_look(c, version);
	if (!x)
		return false;
	uint32_t no = numbering_find(&x->ids, id);
	bool found = no != NUMBERING_NONE && (year == SPENDING_YEAR_ALL || x->has_years);
	if (found)
		*ret = one(x, no, year).spend;
	spending_look_end(c, x);
	return found;
}

static void add(struct spending_sum *to, const struct spending_sum *s)
{
	to->customers += s->customers;
	to->records += s->records;
	to->spend = money_add(to->spend, s->spend);
}

static struct spending_sum *band_of(struct spending_bands *b, int16_t age)
{
	for (size_t i = 0; i < SPENDING_BANDS; i++) {
		if (age >= bands[i].from && age <= bands[i].to)
			return &b->band[i];
	}
	return &b->other;
}

static bool remembered(const struct spending_index *x, int64_t year, struct spending_bands *ret)
{
	for (size_t i = 0; i < x->n_memo; i++) {
		if (x->memo[i].year == year) {
			*ret = x->memo[i].bands;
			return true;
		}
	}
	return false;
}

static void sum_up(struct spending_index *x, int64_t year, struct spending_bands *ret)
{
	struct spending_bands b = { 0 };
	for (uint32_t no = 0; no < x->ids.n; no++) {
		struct spending_sum s = one(x, no, year);
		if (!s.customers)
			continue;
		add(band_of(&b, x->age[no]), &s);
		add(&b.all, &s);
	}
	size_t place = x->n_memo < SPENDING_REMEMBERED ? x->n_memo++ : x->next_memo++ % SPENDING_REMEMBERED;
	x->memo[place] = (struct spending_memo){ year, b };
	*ret = b;
}

bool spending_by_age(struct instance *in, struct db *db, const struct card_set *set, int64_t year,
		     struct spending_bands *ret, struct err *e)
{
	struct spending_index *x;
	if (!take(in, db, set, year, &x, e))
		return false;
	pthread_rwlock_rdlock(&x->lock);
	bool known = remembered(x, year, ret);
	pthread_rwlock_unlock(&x->lock);
	if (!known) {
		pthread_rwlock_wrlock(&x->lock);
		if (!remembered(x, year, ret))
			sum_up(x, year, ret);
		pthread_rwlock_unlock(&x->lock);
	}
	spending_give(in->spending, x);
	return true;
}

bool spending_peek_bands(struct spending_cache *c, int64_t version, int64_t year, struct spending_bands *ret)
{
	struct spending_index *x = spending_look(c, version);
	if (!x)
		return false;
	bool found = remembered(x, year, ret);
	spending_look_end(c, x);
	return found;
}

bool spending_years(struct instance *in, struct db *db, const struct card_set *set, struct arena *a,
		    struct spending_year **ret, size_t *ret_n, struct err *e)
{
	struct spending_index *x;
	*ret_n = 0;
	*ret = NULL;
	if (!spending_check(set, SPENDING_YEAR_ALL, e))
		return false;
	if (set->time == PURCHASE_TIME_NONE)
		return true;
	if (!spending_take_years(in, db, set, &x, e))
		return false;
	struct spending_year *list = arena_array(a, x->n_years + 1, sizeof *list);
	/* They do not change once they are there. */
	if (list && x->n_years)
		memcpy(list, x->years, x->n_years * sizeof *list);
	*ret_n = x->n_years;
	*ret = list;
	spending_give(in->spending, x);
	return list || err_set(e, ERR_LIMIT, NULL, "there are too many years");
}

/* -- lists -- */

struct ranked {
	int64_t spend, records;
	uint32_t no;
};

static bool before(const struct ranked *a, const struct ranked *b)
{
	return a->spend > b->spend || (a->spend == b->spend && a->no < b->no);
}

/* heap[0] is the last of the best: whatever comes before it takes its place. */
static void sink(struct ranked *heap, size_t n)
{
	size_t i = 0;
	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= n)
			return;
		if (child + 1 < n && before(&heap[child], &heap[child + 1]))
			child++;
		if (!before(&heap[i], &heap[child]))
			return;
		struct ranked was = heap[i];
		heap[i] = heap[child];
		heap[child] = was;
		i = child;
	}
}

static void rise(struct ranked *heap, size_t i)
{
	while (i && before(&heap[(i - 1) / 2], &heap[i])) {
		struct ranked was = heap[i];
		heap[i] = heap[(i - 1) / 2];
		heap[(i - 1) / 2] = was;
		i = (i - 1) / 2;
	}
}

/* The best `most` into heap, best first; returns how many. */
static size_t rank(const struct spending_index *x, int64_t year, struct ranked *heap, size_t most)
{
	size_t n = 0;
	for (uint32_t no = 0; no < x->ids.n && most; no++) {
		struct spending_sum s = one(x, no, year);
		struct ranked r = { s.spend, s.records, no };
		if (!s.customers)
			continue;
		if (n < most) {
			heap[n] = r;
			rise(heap, n++);
		} else if (before(&r, &heap[0])) {
			heap[0] = r;
			sink(heap, n);
		}
	}
	for (size_t left = n; left > 1; left--) {
		struct ranked last = heap[0];
		heap[0] = heap[left - 1];
		heap[left - 1] = last;
		sink(heap, left - 1);
	}
	return n;
}

static struct spending_customer customer_at(const struct spending_index *x, uint32_t no, const struct spending_sum *s,
					    struct arena *a)
{
	return (struct spending_customer){ .no = no,
					   .id = arena_str(a, numbering_text(&x->ids, no)),
					   .spend = s->spend,
					   .records = s->records,
					   .age = x->age[no] };
}

bool spending_top(struct instance *in, struct db *db, const struct card_set *set, int64_t year, size_t most,
		  struct arena *a, struct spending_customer **ret, size_t *ret_n, struct err *e)
{
	struct spending_index *x;
	if (!take(in, db, set, year, &x, e))
		return false;
	struct ranked *heap = arena_array(a, most + 1, sizeof *heap);
	struct spending_customer *list = arena_array(a, most + 1, sizeof *list);
	size_t n = 0;
	if (heap && list) {
		pthread_rwlock_rdlock(&x->lock);
		n = rank(x, year, heap, most);
		for (size_t i = 0; i < n; i++) {
			struct spending_sum s = { 1, heap[i].records, heap[i].spend };
			list[i] = customer_at(x, heap[i].no, &s, a);
		}
		pthread_rwlock_unlock(&x->lock);
	}
	spending_give(in->spending, x);
	*ret = list;
	*ret_n = n;
	return !a->failed || err_set(e, ERR_LIMIT, NULL, "the list is too long");
}

bool spending_above(struct instance *in, struct db *db, const struct card_set *set, int64_t limit, struct arena *a,
		    struct spending_customer **ret, size_t *ret_n, struct err *e)
{
	struct spending_index *x;
	size_t n = 0, at = 0;
	if (!take(in, db, set, SPENDING_YEAR_ALL, &x, e))
		return false;
	pthread_rwlock_rdlock(&x->lock);
	for (uint32_t no = 0; no < x->ids.n; no++)
		n += x->spend[no] > limit;
	struct spending_customer *list = arena_array(a, n + 1, sizeof *list);
	for (uint32_t no = 0; list && no < x->ids.n; no++) {
		struct spending_sum s = one(x, no, SPENDING_YEAR_ALL);
		if (s.spend > limit)
			list[at++] = customer_at(x, no, &s, a);
	}
	pthread_rwlock_unlock(&x->lock);
	spending_give(in->spending, x);
	*ret = list;
	*ret_n = at;
	return !a->failed || err_set(e, ERR_LIMIT, NULL, "the list is too long");
}
