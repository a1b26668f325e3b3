/* Spending against brute force over a real store: totals, bands, the top ones, edits by hand; rounding of means. */
#include "analysis/spending_inner.h"

#include "dataset_fixture.h"

#include "base/rand.h"

#define PEOPLE 3000

struct person {
	char id[24];
	int64_t spend, purchases, age;
};

static struct customer card_of(const struct person *p, size_t no)
{
	return (struct customer){ .no = (int64_t)no,
				  .id = str_of(p->id),
				  .name = STR(""),
				  .folded = STR(""),
				  .spend = p->spend,
				  .purchases = p->purchases,
				  .first_at = TIME_NONE,
				  .last_at = TIME_NONE,
				  .age = p->age,
				  .data = STR("{}") };
}

static void fill(struct fixture *f, struct person *people, struct card_set *set)
{
	struct rand_seeded r;
	rand_seed(&r, 7);
	*set = (struct card_set){ .version = 5, .org = ORG, .dataset = 4, .has_purchases = true, .has_amount = true };
	must(card_set_begin(f->db, set, e) && db_begin(f->db, e));
	for (size_t i = 0; i < PEOPLE; i++) {
		struct person *p = &people[i];
		snprintf(p->id, sizeof p->id, "%s%zu", i % 5 ? "" : "K-", i * 3);
		p->purchases = (int64_t)rand_below(&r, 4);
		p->spend = p->purchases ? (int64_t)rand_below(&r, 60) * 12345 + 1 : 0;
		p->age = (int64_t)rand_below(&r, 90) - 1;
		struct customer c = card_of(p, i);
		must(customer_insert(f->db, set, &c, e));
	}
	set->customers = PEOPLE;
	must(card_set_finish(f->db, set, STR("{}"), STR("{}"), e) && db_commit(f->db, e));
}

static size_t band_of(int64_t age)
{
	static const int64_t from[] = { 18, 25, 31, 37, 48 };
	size_t i = SPENDING_BANDS;
	while (i && age < from[i - 1])
		i--;
	return i; /* 0 = none, else number + 1 */
}

static void compare_bands(struct fixture *f, struct instance *in, const struct card_set *set,
			  const struct person *people, size_t n)
{
	struct spending_bands got;
	struct spending_sum want[SPENDING_BANDS + 1] = { 0 };
	must(spending_by_age(in, f->db, set, SPENDING_YEAR_ALL, &got, e));
	for (size_t i = 0; i < n; i++) {
		struct spending_sum *s = &want[band_of(people[i].age)];
		s->customers += people[i].purchases > 0;
		s->records += people[i].purchases;
		s->spend += people[i].spend;
	}
	assert_memory_equal(&got.other, &want[0], sizeof want[0]);
	assert_memory_equal(got.band, &want[1], sizeof got.band);
	assert_int_equal(got.all.customers, want[0].customers + want[1].customers + want[2].customers +
						    want[3].customers + want[4].customers + want[5].customers);
}

static void compare_top(struct fixture *f, struct instance *in, const struct card_set *set, const struct person *people,
			size_t most)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(16 * MIB);
	struct spending_customer *top;
	size_t n, buyers = 0;
	must(spending_top(in, f->db, set, SPENDING_YEAR_ALL, most, &a, &top, &n, e));
	for (size_t i = 0; i < PEOPLE; i++)
		buyers += people[i].purchases > 0;
	assert_int_equal(n, MIN(most, buyers));
	for (size_t i = 0; i < n; i++) {
		size_t before = 0;
		const struct person *p = &people[top[i].no];
		assert_true(str_is(top[i].id, p->id) && top[i].spend == p->spend && top[i].records == p->purchases);
		for (size_t k = 0; k < PEOPLE; k++)
			before += people[k].spend > p->spend ||
				  (people[k].spend == p->spend && people[k].purchases && (int64_t)k < top[i].no);
		assert_int_equal(before, i);
	}
}

static void test_figures(void **state)
{
	struct fixture *f = *state;
	static struct person people[PEOPLE + 1];
	struct instance in = { .spending = spending_cache_new(64 * MIB) };
	struct card_set set;
	int64_t spent;
	fill(f, people, &set);
	for (size_t i = 0; i < PEOPLE; i++) {
		must(spending_of(&in, f->db, &set, str_of(people[i].id), SPENDING_YEAR_ALL, &spent, e));
		assert_int_equal(spent, people[i].spend);
	}
	must_fail(ERR_NOT_FOUND, "unknown_customer",
		  spending_of(&in, f->db, &set, STR("1"), SPENDING_YEAR_ALL, &spent, e));
	must_fail(ERR_NOT_FOUND, "unknown_customer",
		  spending_of(&in, f->db, &set, STR(""), SPENDING_YEAR_ALL, &spent, e));
	/* This set has no times. */
	must_fail(ERR_VALUE, "wrong_value", spending_of(&in, f->db, &set, STR("3"), 2023, &spent, e));
	compare_bands(f, &in, &set, people, PEOPLE);
	static const size_t most[] = { 1, 2, 7, 100, PEOPLE * 2 };
	for (size_t i = 0; i < countof(most); i++)
		compare_top(f, &in, &set, people, most[i]);

	/* Edits by hand: one grows older, one is new. */
	people[8].age = people[8].age > 40 ? 20 : 60;
	strcpy(people[PEOPLE].id, "new");
	struct customer old = card_of(&people[8], 8), new = card_of(&people[PEOPLE], PEOPLE);
	spending_edit(in.spending, set.version, &old);
	spending_edit(in.spending, set.version, &new);
	compare_bands(f, &in, &set, people, PEOPLE + 1);
	must(spending_of(&in, f->db, &set, STR("new"), SPENDING_YEAR_ALL, &spent, e));
	assert_int_equal(spent, 0);
	/* One that cannot be the next makes it be read again, and then it is not there. */
	new.no = PEOPLE + 7;
	spending_edit(in.spending, set.version, &new);
	must_fail(ERR_NOT_FOUND, "unknown_customer",
		  spending_of(&in, f->db, &set, STR("new"), SPENDING_YEAR_ALL, &spent, e));
	spending_cache_free(&in.spending);
}

static void test_above(void **state)
{
	struct fixture *f = *state;
	static struct person people[PEOPLE];
	struct instance in = { .spending = spending_cache_new(1) }; /* room for none: it is dropped for the next one */
	struct card_set set;
	struct spending_customer *list;
	size_t n;
	fill(f, people, &set);
	static const int64_t limits[] = { -1, 0, 1, 12346, 12345 * 30, INT64_MAX };
	for (size_t i = 0; i < countof(limits); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(16 * MIB);
		size_t at = 0;
		must(spending_above(&in, f->db, &set, limits[i], &a, &list, &n, e));
		for (size_t k = 0; k < PEOPLE; k++) {
			if (people[k].spend > limits[i])
				assert_int_equal(list[at++].no, k);
		}
		assert_int_equal(n, at);
	}
	CLEANUP(arena_free) struct arena small = ARENA_INIT(1000);
	must_fail(ERR_LIMIT, "limit_reached", spending_above(&in, f->db, &set, -1, &small, &list, &n, e));
	set.has_amount = false;
	must_fail(ERR_VALUE, "no_amounts", spending_above(&in, f->db, &set, 0, &f->a, &list, &n, e));
	spending_cache_free(&in.spending);
}

static void test_means(void **state)
{
	static const struct {
		struct spending_sum sum;
		enum spending_per per;
		int64_t mean; /* -1 = there is none */
	} rows[] = {
		{ { 0, 0, 0 }, SPENDING_PER_RECORD, -1 },
		{ { 1, 0, 10 }, SPENDING_PER_RECORD, -1 },
		{ { 0, 1, 10 }, SPENDING_PER_CUSTOMER, -1 },
		{ { 1, 1, 49 }, SPENDING_PER_RECORD, 0 },
		{ { 1, 1, 50 }, SPENDING_PER_RECORD, 1 },
		{ { 1, 2, 99 }, SPENDING_PER_RECORD, 0 },
		{ { 1, 2, 100 }, SPENDING_PER_RECORD, 1 },
		{ { 1, 3, 20000 }, SPENDING_PER_RECORD, 67 },
		{ { 1, 3, 20000 }, SPENDING_PER_CUSTOMER, 200 },
		{ { 3, 9, INT64_MAX }, SPENDING_PER_CUSTOMER, 30744573456182586 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		int64_t mean = -1;
		assert_int_equal(spending_mean(&rows[i].sum, rows[i].per, &mean), rows[i].mean >= 0);
		assert_int_equal(mean, rows[i].mean);
	}
	enum spending_per per = SPENDING_PER_RECORD;
	assert_true(spending_per_parse(STR("customer"), &per) && per == SPENDING_PER_CUSTOMER);
	assert_true(spending_per_parse(STR("record"), &per) && per == SPENDING_PER_RECORD);
	assert_false(spending_per_parse(STR("Record"), &per) || spending_per_parse(STR(""), &per));
	assert_string_equal(spending_band_name(0), "18-24");
	assert_string_equal(spending_band_name(SPENDING_BANDS - 1), ">47");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_figures, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(test_above, fixture_begin, fixture_end),
		cmocka_unit_test(test_means),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
