/*
 * Trainings by themselves, in the store: what was missed is one run, an interruption is made up for, nothing twice. And
 * how many forecasts are kept.
 */
#include "base/clock.h"
#include "dataset_fixture.h"
#include "model/retrain.h"
#include "model/trained.h"

#define SHOP 7

static void make_shop(struct fixture *f)
{
	must(db_exec(f->db, e,
		     "INSERT INTO org (id, name, name_folded, is_bank, created_at) VALUES (?1, 'a', 'a', 1, 1)", "i",
		     (int64_t)ORG));
	must(db_exec(f->db, e,
		     "INSERT INTO dataset (id, org, name, name_folded, created_at, created_by) VALUES (?1, ?2, 'shop', "
		     "'shop', 1, 0)",
		     "ii", (int64_t)SHOP, (int64_t)ORG));
}

static const struct retrain hourly = {
	.dataset = SHOP, .kind = "sales", .schedule = "0 * * * *", .zone = "UTC", .l2 = 1
};

static void begin_hourly(struct fixture *f, struct retrain r)
{
	struct caller by = caller_local(ORG, true);
	must(retrain_set(f->db, &by, &r, e));
}

static void set_next(struct fixture *f, int64_t at)
{
	must(db_exec(f->db, e, "UPDATE model_schedule SET next_run = ?1", "i", at));
}

static struct retrain look(struct fixture *f)
{
	struct retrain r = { 0 };
	bool found;
	must(retrain_find(f->db, ORG, SHOP, "sales", &f->a, &r, &found, e));
	assert_true(found);
	return r;
}

static bool is_due(struct fixture *f, struct retrain *ret)
{
	bool found = false;
	must(retrain_due(f->db, clock_now(), &f->a, ret, &found, e));
	return found;
}

static bool take(struct fixture *f, const struct retrain *r)
{
	bool mine = false;
	must(retrain_take(f->db, r, clock_now(), &mine, e));
	return mine;
}

static int64_t add_model(struct fixture *f, int64_t due)
{
	struct caller by = caller_local(ORG, true);
	struct trained_new m = {
		.dataset = SHOP, .kind = "sales", .body = STR("{}"), .cause = "schedule", .verdict = "waits", .due = due
	};
	int64_t number = 0;
	must(trained_add(f->db, &by, &m, &number, e));
	return number;
}

static void missed_runs_are_one(void **state)
{
	struct fixture *f = *state;
	struct retrain due, again;
	int64_t now = clock_now(), next = 0;
	make_shop(f);
	begin_hourly(f, hourly);
	assert_false(is_due(f, &due));
	set_next(f, now - 10 * USEC_PER_DAY); /* the server was away for 240 runs */
	assert_true(is_due(f, &due) && is_due(f, &again));
	assert_true(take(f, &due));
	assert_false(take(f, &again)); /* somebody else who saw the same run */
	assert_false(is_due(f, &again));
	must(retrain_next_due(f->db, &next, e));
	assert_in_range(next, now + 1, now + 3600 * USEC_PER_SEC);
	must(retrain_done(f->db, SHOP, "sales", due.next_run, 3, NULL, e));
	struct retrain r = look(f);
	assert_int_equal(r.due, 0);
	assert_int_equal(r.last_number, 3);
	assert_string_equal(r.last_error, "");
}

static void an_interruption_is_made_up_for(void **state)
{
	struct fixture *f = *state;
	struct retrain due;
	make_shop(f);
	begin_hourly(f, hourly);
	for (int i = 0; i < RETRAIN_TRIES; i++) {
		if (i == 0)
			set_next(f, clock_now() - USEC_PER_SEC);
		assert_true(is_due(f, &due));
		assert_true(take(f, &due));
		must(retrain_recover(f->db, e)); /* the server was killed in the middle, and starts */
	}
	assert_false(is_due(f, &due)); /* what ends every server is not begun for ever */
	assert_string_equal(look(f).last_code, "interrupted");
	assert_true(look(f).next_run > clock_now());
}

static void what_was_made_is_not_made_again(void **state)
{
	struct fixture *f = *state;
	struct retrain due;
	make_shop(f);
	begin_hourly(f, hourly);
	set_next(f, clock_now() - USEC_PER_SEC);
	assert_true(is_due(f, &due) && take(f, &due));
	int64_t number = add_model(f, due.next_run);
	must(retrain_recover(f->db, e)); /* killed between the model and the note of it */
	assert_false(is_due(f, &due));
	assert_int_equal(look(f).last_number, number);
	assert_int_equal(look(f).due, 0);
}

static void a_cancelled_run_stays_cancelled(void **state)
{
	struct fixture *f = *state;
	struct retrain due;
	make_shop(f);
	begin_hourly(f, hourly);
	set_next(f, clock_now() - USEC_PER_SEC);
	assert_true(is_due(f, &due) && take(f, &due));
	must(db_exec(f->db, e,
		     "INSERT INTO job (id, org, kind, state, created_at) VALUES (5, 1, 'train_sales', 'cancelled', 1)",
		     ""));
	must(retrain_job(f->db, &due, 5, e));
	must(retrain_recover(f->db, e));
	assert_false(is_due(f, &due));
}

static void new_data_make_it_due(void **state)
{
	struct fixture *f = *state;
	struct retrain r = hourly, due;
	make_shop(f);
	begin_hourly(f, r);
	must(retrain_data_changed(f->db, SHOP, e));
	assert_false(is_due(f, &due)); /* by the clock alone */
	r.after_version = true;
	r.schedule = "";
	begin_hourly(f, r);
	assert_int_equal(look(f).next_run, 0);
	must(retrain_data_changed(f->db, SHOP, e));
	assert_true(is_due(f, &due));
	assert_string_equal(due.next_cause, "new_version");
	assert_true(take(f, &due));
	must(retrain_data_changed(f->db, SHOP, e)); /* again, while it is trained */
	must(retrain_done(f->db, SHOP, "sales", due.next_run, 1, NULL, e));
	assert_true(is_due(f, &due));
}

static void what_cannot_be_is_refused(void **state)
{
	struct fixture *f = *state;
	struct caller by = caller_local(ORG, true), other = caller_local(OTHER, false);
	struct retrain r = hourly;
	bool found = true;
	make_shop(f);
	must_fail(ERR_NOT_FOUND, "not_found", retrain_set(f->db, &other, &r, e));
	r.schedule = "61 * * * *";
	must_fail(ERR_VALUE, "wrong_value", retrain_set(f->db, &by, &r, e));
	r = hourly;
	r.zone = "Mars/Base";
	must_fail(ERR_VALUE, "wrong_value", retrain_set(f->db, &by, &r, e));
	r = hourly;
	r.l2 = -1;
	must_fail(ERR_VALUE, "wrong_value", retrain_set(f->db, &by, &r, e));
	must(retrain_find(f->db, ORG, SHOP, "sales", &f->a, &r, &found, e));
	assert_false(found);
	begin_hourly(f, hourly);
	r = hourly;
	r.schedule = "";
	begin_hourly(f, r); /* neither: off */
	must(retrain_find(f->db, ORG, SHOP, "sales", &f->a, &r, &found, e));
	assert_false(found);
}

static int64_t add_run(struct fixture *f, bool whole)
{
	struct forecast_run run = { .org = ORG, .dataset = SHOP, .kind = "sales", .model = 1, .whole = whole };
	must(forecast_run_begin(f->db, &run, e));
	must(forecast_value_put(f->db, &run, STR("C1"), 5, e));
	run.customers = 1;
	must(forecast_run_publish(f->db, &run, e));
	must(forecast_run_prune(f->db, &run, e));
	return run.id;
}

/* Asking of one customer, often, does not take away what was forecast of everybody. */
static void runs_of_some_do_not_push_away_those_of_all(void **state)
{
	struct fixture *f = *state;
	struct forecast_run newest;
	struct forecast_point *points;
	int64_t whole = 0;
	size_t n = 0;
	bool found = false;
	make_shop(f);
	must(db_begin(f->db, e)); /* one write to the disk instead of thousands */
	for (int i = 0; i < RUNS_KEPT + 3; i++)
		whole = add_run(f, true);
	for (int i = 0; i < RUNS_SOME_KEPT + 5; i++)
		add_run(f, false);
	must(db_commit(f->db, e));
	must(forecast_run_newest(f->db, ORG, SHOP, "sales", &newest, &found, e));
	assert_true(found);
	assert_int_equal(newest.id, whole);
	must(forecast_history(f->db, ORG, SHOP, "sales", STR("C1"), 2000, &f->a, &points, &n, e));
	assert_int_equal(n, RUNS_KEPT + RUNS_SOME_KEPT);
	must(forecast_sweep(f->db, true, e));
	must(forecast_history(f->db, ORG, SHOP, "sales", STR("C1"), 2000, &f->a, &points, &n, e));
	assert_int_equal(n, RUNS_KEPT + RUNS_SOME_KEPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(missed_runs_are_one, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(an_interruption_is_made_up_for, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(what_was_made_is_not_made_again, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(a_cancelled_run_stays_cancelled, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(new_data_make_it_due, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(what_cannot_be_is_refused, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(runs_of_some_do_not_push_away_those_of_all, fixture_begin, fixture_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
