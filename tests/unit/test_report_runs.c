/* Runs of the clock in the store: what was missed is one run, taken by one process only. */
#include "base/clock.h"
#include "dataset_fixture.h"
#include "model/report.h"

static void missed_runs_are_one(void **state)
{
	struct fixture *f = *state;
	struct caller by = caller_local(ORG, true);
	struct report r = { .name = "Weekly",
			    .figure = "statistics",
			    .language = "en",
			    .top = 10,
			    .parts = 7,
			    .schedule = "0 * * * *",
			    .zone = "UTC" };
	struct report due, again;
	int64_t id, now = clock_now(), next = 0;
	bool found, mine;
	must(db_exec(f->db, e,
		     "INSERT INTO org (id, name, name_folded, is_bank, created_at) VALUES (?1, 'a', 'a', 1, 1)", "i",
		     (int64_t)ORG));
	must(report_create(f->db, &by, &r, &id, e));
	must(report_due(f->db, now, &f->a, &due, &found, e));
	assert_false(found);
	/* The server was away for ten days: 240 runs. */
	must(db_exec(f->db, e, "UPDATE report SET next_run = ?2 WHERE id = ?1", "ii", id, now - 10 * USEC_PER_DAY));
	must(report_due(f->db, now, &f->a, &due, &found, e));
	assert_true(found);
	must(report_due(f->db, now, &f->a, &again, &found, e));
	must(report_take_run(f->db, &due, now, NULL, &mine, e));
	assert_true(mine);
	must(report_take_run(f->db, &again, now, NULL, &mine, e)); /* somebody else who saw the same run */
	assert_false(mine);
	must(report_due(f->db, now, &f->a, &due, &found, e));
	assert_false(found);
	must(report_next_due(f->db, &next, e));
	assert_in_range(next, now + 1, now + 3600 * USEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(missed_runs_are_one, fixture_begin, fixture_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
