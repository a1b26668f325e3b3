/* learn/: methods of next products on cases small enough to be worked out by hand. */
#include "learn/calibrate.h"
#include "learn/pairs.h"
#include "learn/ranking.h"
#include "learn/repeat.h"
#include "learn/similar.h"

#include "base/rand.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define NEAR(a, b) assert_true(fabs((double)(a) - (double)(b)) < 1e-6)

/* One customer a string, one product a letter, newest first; a digit after it: times; days are the place from the end.
 */
static void history_of(struct learn_history *h, const char *const *rows, uint32_t n, uint32_t products, bool days)
{
	uint64_t at = 0;
	learn_history_init(h, n, products, 100);
	for (uint32_t c = 0; c < n; c++) {
		int32_t place = 100;
		for (const char *p = rows[c]; *p; p++) {
			if (*p >= '1' && *p <= '9') {
				h->times[at - 1] = (float)(*p - '0');
				continue;
			}
			h->product[at] = (uint32_t)(*p - 'a');
			h->times[at] = 1;
			h->first[at] = h->last[at] = days ? place-- : LEARN_DAY_NONE;
			at++;
		}
		h->offset[c + 1] = at;
	}
}

static const char *const rows[] = { "ba", "cba", "ba", "a", "ca", "d", "" };

static void test_popularity(void **state)
{
	struct learn_history h;
	struct learn_popularity p;
	struct learn_scores s;
	history_of(&h, rows, countof(rows), 5, false);
	learn_popularity_train(&h, &p);
	assert_int_equal(p.n_customers, 6); /* who has nothing is not counted */
	assert_int_equal(p.order[0], 0);
	assert_int_equal(p.order[1], 1);
	assert_int_equal(p.order[2], 2);
	assert_int_equal(p.order[4], 4);
	learn_scores_init(&s, 5);
	learn_popularity_score(&p, learn_history_row(&h, 3), false, 2, &s);
	assert_int_equal(s.n, 2);
	NEAR(s.score[1], 3 / 6.0);
	NEAR(s.score[2], 2 / 6.0);
	NEAR(s.score[0], 0); /* owned */
	learn_scores_clear(&s);
	learn_popularity_score(&p, learn_history_row(&h, 3), true, 100, &s);
	NEAR(s.score[0], 5 / 6.0);
	assert_int_equal(s.n, 4); /* nobody has product 4 */
	learn_scores_free(&s);
	learn_popularity_free(&p);
	learn_history_free(&h);
}

static void test_pairs(void **state)
{
	static const struct {
		enum learn_pairs_order order;
		enum learn_pairs_rank rank;
		bool days;
		uint32_t min_count, from, to, count; /* count 0 = not kept */
		float shrink;
		double score;
	} cases[] = {
		{ LEARN_PAIRS_TOGETHER, LEARN_RANK_CONFIDENCE, true, 1, 0, 1, 3, 0, 3 / 5.0 },
		{ LEARN_PAIRS_TOGETHER, LEARN_RANK_CONFIDENCE, true, 1, 1, 0, 3, 0, 1 },
		{ LEARN_PAIRS_TOGETHER, LEARN_RANK_CONFIDENCE, true, 1, 1, 0, 3, 2, 3 / 5.0 },
		{ LEARN_PAIRS_TOGETHER, LEARN_RANK_CONFIDENCE, true, 2, 1, 2, 0, 0, 0 }, /* one customer is too few */
		{ LEARN_PAIRS_THEN, LEARN_RANK_CONFIDENCE, true, 1, 0, 1, 3, 0, 3 / 5.0 },
		{ LEARN_PAIRS_THEN, LEARN_RANK_CONFIDENCE, true, 1, 1, 0, 0, 0, 0 }, /* b never came before a */
		{ LEARN_PAIRS_THEN, LEARN_RANK_CONFIDENCE, false, 1, 0, 1, 3, 0, 3 / 5.0 },
		{ LEARN_PAIRS_THEN, LEARN_RANK_CONFIDENCE, false, 1, 1, 0, 0, 0, 0 },
		{ LEARN_PAIRS_TOGETHER, LEARN_RANK_COSINE, false, 1, 0, 1, 3, 0, 0.7745966692 }, /* 3/√15 */
		{ LEARN_PAIRS_TOGETHER, LEARN_RANK_COSINE, false, 1, 3, 0, 0, 0, 0 },
	};
	for (size_t i = 0; i < countof(cases); i++) {
		struct learn_history h;
		struct learn_popularity p;
		struct learn_columns columns;
		struct learn_pairs pairs;
		history_of(&h, rows, countof(rows), 5, cases[i].days);
		learn_popularity_train(&h, &p);
		learn_columns_make(&h, &columns);
		struct learn_pairs_options o = { cases[i].order, cases[i].rank, 10, cases[i].min_count,
						 cases[i].shrink };
		learn_pairs_train(&h, &columns, &p, &o, 1, (struct learn_pairs *const[]){ &pairs });
		const struct learn_pair *found = learn_pairs_find(&pairs, cases[i].from, cases[i].to);
		assert_true((found != NULL) == (cases[i].count > 0));
		if (found) {
			assert_int_equal(found->count, cases[i].count);
			NEAR(found->score, cases[i].score);
		}
		learn_pairs_free(&pairs);
		learn_columns_free(&columns);
		learn_popularity_free(&p);
		learn_history_free(&h);
	}
}

/* keep bounds the memory; the best stay. */
static void test_pairs_keep(void **state)
{
	struct learn_history h;
	struct learn_popularity p;
	struct learn_columns columns;
	struct learn_pairs pairs;
	struct learn_scores s;
	history_of(&h, rows, countof(rows), 5, false);
	learn_popularity_train(&h, &p);
	learn_columns_make(&h, &columns);
	struct learn_pairs_options o = { LEARN_PAIRS_TOGETHER, LEARN_RANK_CONFIDENCE, 1, 1, 0 };
	learn_pairs_train(&h, &columns, &p, &o, 1, (struct learn_pairs *const[]){ &pairs });
	assert_non_null(learn_pairs_find(&pairs, 0, 1));
	assert_null(learn_pairs_find(&pairs, 0, 2));
	learn_scores_init(&s, 5);
	learn_rules_score(&pairs, learn_history_row(&h, 4), &s); /* has c and a */
	NEAR(s.score[1], 3 / 5.0);
	NEAR(s.score[0], 1);
	learn_scores_clear(&s);
	assert_int_equal(s.n, 0);
	learn_item_score(&pairs, learn_history_row(&h, 1), &s); /* a→b .6, b→a 1, c→a 1 */
	NEAR(s.score[0], 2);
	learn_scores_free(&s);
	learn_pairs_free(&pairs);
	learn_columns_free(&columns);
	learn_popularity_free(&p);
	learn_history_free(&h);
}

static void test_repeat(void **state)
{
	static const char *const one[] = { "a3b2c" };
	struct learn_history h;
	struct learn_scores s;
	history_of(&h, one, 1, 3, true);
	h.first[0] = 40; /* a: days 40 … 100, three times */
	h.last[1] = h.first[1] = 100 - 120;
	learn_scores_init(&s, 3);
	learn_repeat_score(learn_history_row(&h, 0), 2, 0.9F, &s);
	assert_int_equal(s.n, 2);
	NEAR(s.score[0], 3.9F);
	NEAR(s.score[1], 2.45F);
	NEAR(learn_repeat_gap(learn_history_row(&h, 0), 0), 30);
	NEAR(learn_repeat_gap(learn_history_row(&h, 0), 1), -1); /* twice on one day */
	NEAR(learn_repeat_gap(learn_history_row(&h, 0), 2), -1);
	learn_scores_free(&s);
	learn_history_free(&h);
}

static void similar_of(struct learn_history *h, struct learn_attributes *a, float blend, struct learn_similar *ret)
{
	static const char *const who[] = { "ba", "ba", "c", "c", "ba", "c", "ba", "c" };
	history_of(h, who, countof(who), 3, false);
	learn_attributes_init(a, countof(who), 2, 1);
	for (uint32_t c = 0; c < countof(who); c++) {
		bool young = who[c][0] == 'b';
		a->numeric[c * 2] = (float)((young ? 20 : 60) + (int)c); /* tells everything */
		a->numeric[c * 2 + 1] = (float)(c < 4);                  /* tells nothing */
		a->category[c] = young ? 0 : 1;
	}
	struct learn_similar_options o = { 3, blend, 1 };
	learn_similar_train(h, a, &o, ret);
}

static void test_similar(void **state)
{
	struct learn_history h;
	struct learn_attributes a;
	struct learn_similar s;
	struct learn_similar_work w;
	struct learn_scores scores;
	similar_of(&h, &a, 0, &s);
	assert_true(s.weights[0] > 90 && s.weights[0] <= 100);
	assert_true(s.weights[2] == 100);
	assert_true(s.weights[1] < 30);
	learn_similar_work_init(&s, &w);
	learn_scores_init(&scores, 3);
	learn_similar_score(&s, learn_history_row(&h, 0), NULL, NULL, 0, &w, &scores);
	assert_int_equal(w.n_near, 3); /* 1, 4, 6: not itself */
	NEAR(scores.score[0], 1);
	NEAR(scores.score[1], 1);
	NEAR(scores.score[2], 0);
	learn_scores_clear(&scores);
	learn_similar_work_free(&w);
	learn_similar_free(&s);
	learn_attributes_free(&a);
	learn_history_free(&h);

	/* Nothing bought yet: metadata alone finds the neighbours. */
	similar_of(&h, &a, 0.5F, &s);
	learn_similar_work_init(&s, &w);
	float numeric[] = { 65, NAN };
	uint32_t category[] = { 1 };
	learn_similar_score(&s, (struct learn_row){ 0 }, numeric, category, UINT32_MAX, &w, &scores);
	NEAR(scores.score[2], 1);
	NEAR(scores.score[0], 0);
	learn_scores_free(&scores);
	learn_similar_work_free(&w);
	learn_similar_free(&s);
	learn_attributes_free(&a);
	learn_history_free(&h);
}

static void test_calibrate(void **state)
{
	struct learn_calibration c;
	struct learn_outcome o[200];
	learn_calibrate(o, 0, &c);
	NEAR(learn_probability(&c, 5), 0);
	learn_calibration_free(&c);
	/* Scores 1, 2, 3, 4 with 10, 40, 30, 90 % taken: 2 and 3 violate the order and are pooled to 35 %. */
	static const int taken[] = { 5, 20, 15, 45 };
	for (int i = 0; i < 200; i++) {
		int group = i / 50;
		o[i] = (struct learn_outcome){ (float)(group + 1), i % 50 < taken[group] };
	}
	learn_calibrate(o, 200, &c);
	assert_int_equal(c.n, 3);
	NEAR(learn_probability(&c, -100), 0.1);
	NEAR(learn_probability(&c, 1), 0.1);
	NEAR(learn_probability(&c, 2.5F), 0.35);
	NEAR(learn_probability(&c, 3.25F), 0.625); /* half way */
	NEAR(learn_probability(&c, 4), 0.9);
	NEAR(learn_probability(&c, 100), 0.9);
	learn_calibration_free(&c);
	/* One lucky case does not become certainty. */
	for (int i = 0; i < 41; i++)
		o[i] = (struct learn_outcome){ (float)i, i == 40 };
	learn_calibrate(o, 41, &c);
	assert_true(learn_probability(&c, 40) < 0.06);
	learn_calibration_free(&c);
	/* Everyone took it: 100 %. */
	for (int i = 0; i < 30; i++)
		o[i] = (struct learn_outcome){ 1, true };
	learn_calibrate(o, 30, &c);
	NEAR(learn_probability(&c, 1), 1);
	learn_calibration_free(&c);
}

/* The fit never falls, stays within 0..1 and keeps the mean, whatever the outcomes are. */
static void test_calibrate_random(void **state)
{
	struct rand_seeded r;
	rand_seed(&r, 7);
	for (int round = 0; round < 200; round++) {
		size_t n = 1 + rand_below(&r, 300);
		struct learn_outcome *o = mem_array(n, sizeof *o);
		double taken = 0, fitted = 0;
		for (size_t i = 0; i < n; i++) {
			float score = (float)rand_below(&r, 1 + (uint64_t)round);
			o[i] = (struct learn_outcome){ score, rand_unit(&r) < (double)score / (round + 1) };
			taken += o[i].taken;
		}
		struct learn_calibration c;
		learn_calibrate(o, n, &c);
		double before = 0;
		for (float x = -1; x < (float)round + 1; x += 0.25F) {
			double p = learn_probability(&c, x);
			assert_true(p >= before - 1e-12 && p <= 1);
			before = p;
		}
		for (size_t i = 0; i < c.n; i++)
			fitted += c.probability[i];
		assert_true(c.n > 0 && fitted <= (double)c.n);
		if (c.n == 1)
			NEAR(c.probability[0], taken / (double)n);
		learn_calibration_free(&c);
		free(o);
	}
}

static void test_ranking(void **state)
{
	static const char *const who[] = { "dcba", "cba", "ba", "b" }; /* b 4, a 3, c 2, d 1 */
	struct learn_history h;
	struct learn_popularity p;
	struct learn_scores s;
	struct learn_ranked list[10];
	history_of(&h, who, countof(who), 6, false);
	learn_popularity_train(&h, &p);
	learn_scores_init(&s, 6);
	learn_scores_add(&s, 3, 0.5F);
	learn_scores_add(&s, 0, 0.5F);
	learn_scores_add(&s, 2, 0.9F);
	learn_scores_add(&s, 1, 0.1F);
	struct learn_row none = { 0 }, has_b = learn_history_row(&h, 3);
	assert_int_equal(learn_rank(&s, &p, none, 10, list), 4);
	assert_int_equal(list[0].product, 2);
	assert_int_equal(list[1].product, 0); /* more customers than 3 */
	assert_int_equal(list[2].product, 3);
	assert_int_equal(list[3].product, 1);
	assert_int_equal(learn_rank(&s, &p, none, 2, list), 2);
	assert_int_equal(list[1].product, 0);
	assert_int_equal(learn_rank(&s, &p, none, 0, list), 0);
	size_t n = learn_rank(&s, &p, has_b, 1, list);
	n = learn_rank_fill(&p, has_b, 10, list, n);
	assert_int_equal(n, 3); /* c, then a and d; never b, nor 4 and 5 which nobody has */
	assert_int_equal(list[1].product, 0);
	assert_int_equal(list[2].product, 3);
	learn_scores_free(&s);
	learn_popularity_free(&p);
	learn_history_free(&h);
}

static void test_figures(void **state)
{
	struct learn_figures f = { 0 };
	struct learn_ranked list[12];
	for (uint32_t i = 0; i < 12; i++)
		list[i] = (struct learn_ranked){ i, 1 };
	NEAR(learn_map(&f), 0);
	static const uint32_t first[] = { 0, 2 }, tenth[] = { 9 }, eleventh[] = { 10 };
	learn_figures_add(&f, list, 12, first, 2); /* AP = (1 + 2/3) / 2 */
	NEAR(learn_map(&f), 5 / 6.0);
	learn_figures_add(&f, list, 12, tenth, 1); /* a hit, but beyond 7 */
	NEAR(learn_hit_rate(&f), 1);
	NEAR(learn_map(&f), 5 / 12.0);
	learn_figures_add(&f, list, 12, eleventh, 1);
	NEAR(learn_hit_rate(&f), 2 / 3.0);
	static const uint32_t many[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct learn_figures all = { 0 };
	learn_figures_add(&all, list, 12, many, 10); /* divided by 7, not by 10 */
	NEAR(learn_map(&all), 1);
	NEAR(learn_map_error(&all), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_popularity), cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_pairs_keep), cmocka_unit_test(test_repeat),
		cmocka_unit_test(test_similar),    cmocka_unit_test(test_calibrate),
		cmocka_unit_test(test_ranking),    cmocka_unit_test(test_calibrate_random),
		cmocka_unit_test(test_figures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
