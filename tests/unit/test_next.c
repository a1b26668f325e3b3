/* learn/: the trained methods beside slow references, and the recommender as a whole. */
#include "learn/next.h"

#include "base/rand.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CUSTOMERS 60
#define PRODUCTS 12

/* Random rows with days; each customer has each product with a chance that falls with its number. */
static void random_history(struct learn_history *h, uint32_t customers, uint32_t products, uint64_t seed, bool days)
{
	struct rand_seeded r;
	uint64_t at = 0;
	rand_seed(&r, seed);
	learn_history_init(h, customers, products, (uint64_t)customers * products);
	for (uint32_t c = 0; c < customers; c++) {
		for (uint32_t p = 0; p < products; p++) {
			if (rand_next(&r) % (2 + p) > 1)
				continue;
			h->product[at] = p;
			h->times[at] = 1 + (float)(rand_next(&r) % 3);
			h->last[at] = days ? 1000 - (int32_t)(rand_next(&r) % 5) * 7 : LEARN_DAY_NONE;
			h->first[at] = days ? h->last[at] - (int32_t)h->times[at] * 10 : LEARN_DAY_NONE;
			at++;
		}
		h->offset[c + 1] = at;
	}
}

/* Gauss and Jordan, n × n in place. */
static void invert(double *a, size_t n)
{
	double *b = mem_zalloc(n * n * sizeof *b);
	for (size_t i = 0; i < n; i++)
		b[i * n + i] = 1;
	for (size_t k = 0; k < n; k++) {
		double by = a[k * n + k];
		for (size_t j = 0; j < n; j++) {
			a[k * n + j] /= by;
			b[k * n + j] /= by;
		}
		for (size_t i = 0; i < n; i++) {
			double f = a[i * n + k];
			for (size_t j = 0; j < n && i != k; j++) {
				a[i * n + j] -= f * a[k * n + j];
				b[i * n + j] -= f * b[k * n + j];
			}
		}
	}
	memcpy(a, b, n * n * sizeof *a);
	free(b);
}

/* B by the book, for products in the order of popularity; B[i][j] for i → j. */
static void reference_ease(const struct learn_history *h, const struct learn_popularity *p, size_t n, double lambda,
			   double *ret)
{
	memset(ret, 0, n * n * sizeof *ret);
	for (uint32_t c = 0; c < h->n_customers; c++) {
		struct learn_row row = learn_history_row(h, c);
		for (size_t i = 0; i < n; i++) {
			for (size_t j = 0; j < n; j++) {
				bool a = false, b = false;
				for (size_t k = 0; k < row.n; k++) {
					a |= row.product[k] == p->order[i];
					b |= row.product[k] == p->order[j];
				}
				ret[i * n + j] += a && b;
			}
		}
	}
	for (size_t i = 0; i < n; i++)
		ret[i * n + i] += lambda;
	invert(ret, n);
	double diagonal[PRODUCTS];
	for (size_t i = 0; i < n; i++)
		diagonal[i] = ret[i * n + i];
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++)
			ret[i * n + j] = i == j ? 0 : -ret[i * n + j] / diagonal[j];
	}
}

static void test_ease(void **state)
{
	static const struct {
		uint32_t most, kept; /* products that take part, weights */
		double lambda;
	} cases[] = { { PRODUCTS, 1000, 1 }, { PRODUCTS, 1000, 50 }, { PRODUCTS, 1000, 0.001 },
		      { 7, 1000, 5 },        { 1, 1000, 5 },         { PRODUCTS, 72, 5 } };
	for (size_t k = 0; k < countof(cases); k++) {
		struct learn_history h;
		struct learn_popularity p;
		struct learn_ease x;
		double b[PRODUCTS * PRODUCTS];
		random_history(&h, CUSTOMERS, PRODUCTS, 7 + k, true);
		learn_popularity_train(&h, &p);
		struct learn_ease_options o = { cases[k].lambda, 1, false, cases[k].most, cases[k].kept };
		learn_ease_train(&h, &p, &o, &x);
		assert_int_equal(x.n, cases[k].most);
		reference_ease(&h, &p, x.n, cases[k].lambda, b);
		size_t kept = 0;
		for (uint32_t i = 0; i < x.n; i++) {
			for (uint32_t j = 0; j < x.n; j++) {
				double w = (double)learn_ease_weight(&x, p.order[i], p.order[j]);
				kept += w != 0;
				if (x.weight || w != 0)
					assert_true(fabs(w - b[i * x.n + j]) < 1e-5);
			}
		}
		if (!x.weight) /* the strongest of each row, the zero of the diagonal not among them */
			assert_int_equal(kept, (size_t)x.row_kept * x.n);
		learn_ease_free(&x);
		learn_popularity_free(&p);
		learn_history_free(&h);
	}
}

/* Where single precision is taken, weights are those of double precision to three digits, at the worst condition too.
 */
static void test_gram_precision(void **state)
{
	enum { MANY = 200 };
	struct learn_history h;
	struct learn_popularity p;
	random_history(&h, 2000, MANY, 17, true);
	learn_popularity_train(&h, &p);
	struct learn_gram known;
	learn_gram_make(&h, &p, MANY, 1, &known);
	const double shares[] = { 1, 10, 100 };
	for (size_t k = 0; k < countof(shares); k++) {
		struct learn_gram one, two;
		double lambda = known.norm / LEARN_GRAM_SINGLE * shares[k];
		learn_gram_make(&h, &p, MANY, lambda, &one);
		learn_gram_make(&h, &p, MANY, lambda / 1000, &two);
		assert_false(one.wide);
		assert_true(two.wide);
		assert_memory_equal(one.g, two.g, sizeof *one.g * one.n * one.n);
		assert_true(learn_gram_invert(&one, lambda) && learn_gram_invert(&two, lambda));
		for (size_t j = 0; j < one.n; j++) {
			for (size_t i = j; i < one.n; i++) {
				double a = (double)one.g[j * one.n + i], b = (double)two.g[j * two.n + i];
				double beside = (double)two.g[j * two.n + j];
				assert_true(fabs(a - b) < 1e-3 * beside);
			}
		}
		learn_gram_free(&one);
		learn_gram_free(&two);
	}
	learn_gram_free(&known);
	learn_popularity_free(&p);
	learn_history_free(&h);
}

/* Scores are the sum of B's rows, each weighed by decay to the number of later days; one alone is the same. */
static void test_ease_scores(void **state)
{
	struct learn_history h;
	struct learn_popularity p;
	struct learn_ease x;
	struct learn_scores s;
	float sums[PRODUCTS];
	random_history(&h, CUSTOMERS, PRODUCTS, 3, true);
	learn_popularity_train(&h, &p);
	struct learn_ease_options o = { 5, 0.5F, false, PRODUCTS, 1000 };
	learn_ease_train(&h, &p, &o, &x);
	learn_scores_init(&s, PRODUCTS);
	for (uint32_t c = 0; c < CUSTOMERS; c++) {
		struct learn_row row = learn_history_row(&h, c);
		learn_scores_clear(&s);
		learn_ease_score(&x, row, sums, &s);
		for (uint32_t j = 0; j < PRODUCTS; j++) {
			double want = 0;
			for (size_t i = 0; i < row.n; i++) {
				int later = 0;
				for (int32_t day = row.last[i] + 1; day <= 1000; day++) {
					bool came = false;
					for (size_t k = 0; k < row.n; k++)
						came |= row.last[k] == day;
					later += came;
				}
				want += pow(0.5, later) * (double)learn_ease_weight(&x, row.product[i], j);
			}
			assert_true(fabs(want - (double)s.score[j]) < 1e-5);
			assert_true(fabs(want - (double)learn_ease_score_one(&x, row, j)) < 1e-5);
		}
	}
	learn_scores_free(&s);
	learn_ease_free(&x);
	learn_popularity_free(&p);
	learn_history_free(&h);
}

static bool row_has(struct learn_row row, uint32_t product)
{
	for (size_t i = 0; i < row.n; i++) {
		if (row.product[i] == product)
			return true;
	}
	return false;
}

static uint32_t count_with(const struct learn_history *h, const uint32_t *products, size_t n)
{
	uint32_t count = 0;
	for (uint32_t c = 0; c < h->n_customers; c++) {
		bool all = true;
		for (size_t i = 0; i < n; i++)
			all &= row_has(learn_history_row(h, c), products[i]);
		count += all;
	}
	return count;
}

struct ruled {
	struct learn_history h;
	struct learn_columns columns;
	struct learn_popularity p;
	struct learn_pairs rules;
	struct learn_triples triples;
};

static void ruled_make(struct ruled *r, uint32_t keep)
{
	random_history(&r->h, CUSTOMERS, PRODUCTS, 11, false);
	learn_popularity_train(&r->h, &r->p);
	learn_columns_make(&r->h, &r->columns);
	struct learn_pairs_options pairs = { LEARN_PAIRS_TOGETHER, LEARN_RANK_CONFIDENCE, PRODUCTS, 1, 1 };
	struct learn_triples_options o = { LEARN_PAIRS_TOGETHER, 5, 2, 1000, keep, 1 };
	learn_pairs_train(&r->h, &r->columns, &r->p, &pairs, 1, (struct learn_pairs *const[]){ &r->rules });
	learn_triples_train(&r->h, &r->columns, &r->p, &r->rules, &o, &r->triples);
}

static void ruled_free(struct ruled *r)
{
	learn_triples_free(&r->triples);
	learn_pairs_free(&r->rules);
	learn_popularity_free(&r->p);
	learn_columns_free(&r->columns);
	learn_history_free(&r->h);
}

/* The confidence that a and b → c must have, or 0 when it is no rule. */
static double reference_rule(const struct ruled *r, uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t both = count_with(&r->h, (uint32_t[]){ a, b }, 2), all = count_with(&r->h, (uint32_t[]){ a, b, c }, 3);
	double confidence = all / (both + 1.0);
	double by_a = count_with(&r->h, (uint32_t[]){ a, c }, 2) / (r->p.customers[a] + 1.0);
	double by_b = count_with(&r->h, (uint32_t[]){ b, c }, 2) / (r->p.customers[b] + 1.0);
	bool lifts = confidence * r->p.n_customers > r->p.customers[c];
	return both >= 5 && all >= 2 && lifts && confidence > MAX(by_a, by_b) + 1e-6 ? confidence : 0;
}

static void test_triples(void **state)
{
	struct ruled r;
	size_t rules = 0;
	ruled_make(&r, PRODUCTS);
	for (uint32_t a = 0; a < PRODUCTS; a++) {
		for (uint32_t b = a + 1; b < PRODUCTS; b++) {
			uint32_t both[] = { b, a };
			struct learn_row row = { .product = both, .n = 2 };
			for (uint32_t c = 0; c < PRODUCTS; c++) {
				const struct learn_both *begins = NULL;
				const struct learn_pair *found = learn_triples_find(&r.triples, row, c, &begins);
				double want = c == a || c == b ? 0 : reference_rule(&r, a, b, c);
				assert_true((found != NULL) == (want > 0));
				if (!found)
					continue;
				rules++;
				assert_true(fabs(want - (double)found->score) < 1e-6);
				assert_int_equal(found->count, count_with(&r.h, (uint32_t[]){ a, b, c }, 3));
				assert_int_equal(begins->customers, count_with(&r.h, both, 2));
			}
		}
	}
	assert_true(rules > 20);
	ruled_free(&r);
}

static void test_triples_score(void **state)
{
	struct ruled all, few;
	struct learn_scores s;
	ruled_make(&all, PRODUCTS);
	ruled_make(&few, 2);
	learn_scores_init(&s, PRODUCTS);
	for (uint32_t c = 0; c < CUSTOMERS; c++) {
		struct learn_row row = learn_history_row(&all.h, c);
		uint8_t has[PRODUCTS] = { 0 };
		for (size_t i = 0; i < row.n; i++)
			has[row.product[i]] = 1;
		learn_scores_clear(&s);
		learn_triples_score(&all.triples, row, has, &s);
		for (uint32_t j = 0; j < PRODUCTS; j++) {
			const struct learn_both *begins;
			const struct learn_pair *best = learn_triples_find(&all.triples, row, j, &begins);
			assert_true(fabs((best ? (double)best->score : 0) - (double)s.score[j]) < 1e-6);
		}
	}
	for (uint32_t k = 0; k < few.triples.offset[PRODUCTS]; k++) {
		const struct learn_both *both = &few.triples.both[k];
		assert_true(both->to - both->from <= 2);
		for (uint64_t i = both->from; i + 1 < both->to; i++)
			assert_true(few.triples.rule[i].score >= few.triples.rule[i + 1].score);
	}
	learn_scores_free(&s);
	ruled_free(&few);
	ruled_free(&all);
}

/* Products 0 … 3 follow the city of the customer; history says nothing. */
static void cities(struct learn_history *h, struct learn_attributes *a, uint32_t customers)
{
	struct rand_seeded r;
	rand_seed(&r, 21);
	learn_history_init(h, customers, 5, customers * 2ULL);
	learn_attributes_init(a, customers, 1, 1);
	for (uint32_t c = 0; c < customers; c++) {
		uint32_t city = (uint32_t)(rand_next(&r) % 4), at = 2 * c;
		a->category[c] = city;
		a->numeric[c] = (float)(rand_next(&r) % 100);
		h->product[at] = city;
		h->product[at + 1] = 4;
		for (uint32_t k = at; k < at + 2; k++) {
			h->times[k] = 1;
			h->first[k] = h->last[k] = LEARN_DAY_NONE;
		}
		h->offset[c + 1] = at + 2;
	}
}

static void test_softmax(void **state)
{
	struct learn_history h;
	struct learn_attributes a;
	struct learn_softmax x;
	struct learn_scores s;
	uint32_t has = 4;
	struct learn_row row = { .product = &has, .n = 1 };
	cities(&h, &a, 400);
	learn_softmax_train(&h, &a, LEARN_PAIRS_TOGETHER, &x);
	learn_scores_init(&s, 5);
	for (uint32_t city = 0; city < 4; city++) {
		float age = 50, sum = 0;
		learn_scores_clear(&s);
		learn_softmax_score(&x, row, &age, &city, &s);
		for (uint32_t j = 0; j < 5; j++)
			sum += s.score[j];
		assert_true(fabsf(sum - 1) < 1e-5F);
		assert_true(s.score[4] == 0 && s.score[city] > 0.9F);
	}
	learn_scores_clear(&s); /* nothing known: no city is much likelier than another */
	learn_softmax_score(&x, row, NULL, NULL, &s);
	assert_true(s.score[0] > 0.1F && s.score[0] < 0.5F);
	learn_scores_free(&s);
	learn_softmax_free(&x);
	learn_attributes_free(&a);
	learn_history_free(&h);

	random_history(&h, 10, LEARN_SOFTMAX_PRODUCTS + 1, 1, false);
	learn_softmax_train(&h, NULL, LEARN_PAIRS_TOGETHER, &x);
	assert_int_equal(x.n_features, 0);
	learn_softmax_free(&x);
	learn_history_free(&h);
}

/* What is left of a product taken thrice lies on a day that the customer came on, not on one that tells of the hiding.
 */
static void test_hidden_leaves_no_trace(void **state)
{
	struct learn_history h;
	struct learn_holdout o;
	learn_history_init(&h, 1, 3, 3);
	const struct {
		float times;
		int32_t first, last;
	} rows[] = { { 3, 0, 100 }, { 2, 40, 100 }, { 1, 55, 55 } };
	for (uint32_t i = 0; i < 3; i++) {
		h.product[i] = i;
		h.times[i] = rows[i].times;
		h.first[i] = rows[i].first;
		h.last[i] = rows[i].last;
	}
	h.offset[1] = 3;
	learn_holdout_make(&h, LEARN_HIDE_LATEST, &o);
	struct learn_row rest = learn_history_row(&o.rest, 0);
	assert_int_equal(rest.n, 3);
	assert_int_equal(rest.last[0], 55); /* 50 by the mean gap; 55 is the nearest day known */
	assert_int_equal(rest.last[1], 40); /* taken once before */
	assert_int_equal(rest.last[2], 55);
	assert_int_equal(o.offset[1], 2);
	learn_holdout_free(&o);
	learn_history_free(&h);
}

struct stops {
	int after, asked;
};
static bool stop(void *ctx, double done, const char *what)
{
	struct stops *s = ctx;
	assert_true(done > 0 && done <= 1 && what[0]);
	return s->asked++ < s->after;
}

static void test_train_is_stopped(void **state)
{
	struct learn_history h;
	struct learn_next x;
	random_history(&h, CUSTOMERS, PRODUCTS, 5, true);
	struct stops s = { .after = 1000 };
	struct learn_watch watch = { stop, &s };
	assert_true(learn_next_train(&h, NULL, false, &watch, &x));
	learn_next_free(&x);
	int stages = s.asked;
	assert_true(stages >= 5);
	for (int k = 0; k < stages; k++) {
		s = (struct stops){ .after = k };
		assert_false(learn_next_train(&h, NULL, false, &watch, &x));
		assert_int_equal(s.asked, k + 1);
		assert_null(x.models.popularity.order);
	}
	learn_history_free(&h);
}

static void serve_all(const struct learn_next *x, const struct learn_history *h)
{
	struct learn_next_work w;
	learn_next_work_init(x, &w);
	for (uint32_t c = 0; c < h->n_customers; c++) {
		struct learn_customer who = { .row = learn_history_row(h, c), .self = c };
		for (enum learn_method m = LEARN_METHOD_AUTO; m < LEARN_METHODS; m++) {
			struct learn_offer offers[20];
			struct learn_wish wish = { m, countof(offers), false, 2 };
			size_t n = learn_next_list(x, &who, &wish, &w, offers);
			for (size_t i = 0; i < n; i++) {
				assert_true(offers[i].probability >= 0 && offers[i].probability <= 1);
				assert_true(isfinite(offers[i].score) && offers[i].product < x->n_products);
				for (size_t k = 0; k < i; k++)
					assert_int_not_equal(offers[k].product, offers[i].product);
			}
		}
		for (uint32_t j = 0; j < x->n_products; j++) {
			struct learn_offer one;
			if (learn_next_one(x, &who, j, 2, &one))
				assert_true(one.probability >= 0 && one.probability <= 1);
		}
	}
	learn_next_work_free(&w);
}

/* One product, one customer, nobody, nothing, no days: lists without holes, doubles or numbers that are none. */
static void test_odd_data(void **state)
{
	static const struct {
		uint32_t customers, products;
		bool days, listed;
	} cases[] = { { 1, 1, true, false },    { 0, 0, false, false },   { 5, 0, false, false },
		      { 0, 5, true, false },    { 1, 12, false, true },   { 50, 1, true, false },
		      { 300, 12, true, false }, { 300, 12, false, true }, { 300, 12, false, false },
		      { 40, 70, true, false } };
	for (size_t k = 0; k < countof(cases); k++) {
		struct learn_history h;
		struct learn_next x, again;
		random_history(&h, cases[k].customers, cases[k].products, 30 + k, cases[k].days);
		assert_true(learn_next_train(&h, NULL, cases[k].listed, NULL, &x));
		assert_true(learn_next_train(&h, NULL, cases[k].listed, NULL, &again));
		assert_int_equal(x.new_items, again.new_items);
		assert_true(learn_map(&x.served) == learn_map(&again.served));
		serve_all(&x, &h);
		learn_next_free(&x);
		learn_next_free(&again);
		learn_history_free(&h);
	}
}

/* A million products, ten for each of 100 000 customers: bounded, and lists without holes. */
static void test_million_products(void **state)
{
	const uint32_t customers = 100000, products = 1000000, each = 10;
	struct learn_history h;
	struct learn_next x;
	struct learn_next_work w;
	struct rand_seeded r;
	uint64_t at = 0;
	rand_seed(&r, 8);
	learn_history_init(&h, customers, products, (uint64_t)customers * each);
	for (uint32_t c = 0; c < customers; c++) {
		for (uint32_t k = 0; k < each; k++, at++) {
			/* a stride through the catalogue, so that no product comes twice in a row */
			h.product[at] = (uint32_t)((rand_next(&r) % (products / each)) * each + k);
			h.times[at] = 1;
			h.first[at] = h.last[at] = 100 - (int32_t)k;
		}
		h.offset[c + 1] = at;
	}
	assert_true(learn_next_train(&h, NULL, false, NULL, &x));
	assert_true(x.models.ease.n <= LEARN_GRAM_ANY);
	assert_true(learn_next_bytes(&x) < 512 * MIB);
	learn_next_work_init(&x, &w);
	for (uint32_t c = 0; c < customers; c += customers / 20) {
		struct learn_customer who = { .row = learn_history_row(&h, c), .self = c };
		struct learn_offer offers[10];
		struct learn_wish wish = { LEARN_METHOD_AUTO, countof(offers), false, 2, false };
		assert_int_equal(learn_next_list(&x, &who, &wish, &w, offers), countof(offers));
		for (size_t i = 0; i < countof(offers); i++)
			assert_true(offers[i].probability >= 0 && offers[i].probability <= 1);
	}
	learn_next_work_free(&w);
	learn_next_free(&x);
	learn_history_free(&h);
}

/* One product's probability over all customers is that of the list, when the same method serves both. */
static void test_one_is_as_listed(void **state)
{
	struct learn_history h;
	struct learn_next x;
	struct learn_next_work w;
	random_history(&h, 300, PRODUCTS, 77, true);
	assert_true(learn_next_train(&h, NULL, false, NULL, &x));
	learn_next_work_init(&x, &w);
	size_t compared = 0;
	for (uint32_t c = 0; c < h.n_customers; c++) {
		struct learn_customer who = { .row = learn_history_row(&h, c), .self = c };
		struct learn_offer offers[PRODUCTS], one;
		struct learn_wish wish = { x.listing, PRODUCTS, true, 2 };
		size_t n = learn_next_list(&x, &who, &wish, &w, offers);
		for (size_t i = 0; i < n && who.row.n; i++) {
			if (offers[i].method != x.listing)
				continue;
			assert_true(learn_next_one(&x, &who, offers[i].product, 2, &one));
			assert_true(fabs(one.probability - offers[i].probability) < 1e-4);
			compared++;
		}
	}
	assert_true(compared > 300);
	learn_next_work_free(&w);
	learn_next_free(&x);
	learn_history_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ease),
		cmocka_unit_test(test_gram_precision),
		cmocka_unit_test(test_ease_scores),
		cmocka_unit_test(test_triples),
		cmocka_unit_test(test_triples_score),
		cmocka_unit_test(test_softmax),
		cmocka_unit_test(test_hidden_leaves_no_trace),
		cmocka_unit_test(test_train_is_stopped),
		cmocka_unit_test(test_odd_data),
		cmocka_unit_test(test_one_is_as_listed),
		cmocka_unit_test(test_million_products),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
