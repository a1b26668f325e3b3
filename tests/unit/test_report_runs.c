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

/* Away over both changes of the clock: one run, and the next one on the right side of the change. */
static void missed_over_a_change_of_the_clock(void **state)
{
	static const struct {
		const char *missed, *now, *next;
	} rows[] = {
		/* 29 March: 02:30 is not there, its run is at 01:00 UTC. */
		{ "2026-03-27T01:30:00Z", "2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z" },
		{ "2026-03-29T01:00:00Z", "2026-03-29T01:00:30Z", "2026-03-30T00:30:00Z" },
		{ "2026-03-27T01:30:00Z", "2026-03-29T12:00:00Z", "2026-03-30T00:30:00Z" },
		/* 25 October: 02:30 is there twice, and runs the first time. */
		{ "2026-10-23T00:30:00Z", "2026-10-25T00:29:00Z", "2026-10-25T00:30:00Z" },
		{ "2026-10-25T00:30:00Z", "2026-10-25T00:31:00Z", "2026-10-26T01:30:00Z" },
		{ "2026-10-23T00:30:00Z", "2026-10-25T01:15:00Z", "2026-10-26T01:30:00Z" },
	};
	struct fixture *f = *state;
	struct caller by = caller_local(ORG, true);
	struct report r = { .name = "Weekly",
			    .figure = "statistics",
			    .language = "en",
			    .top = 10,
			    .parts = 7,
			    .schedule = "30 2 * * *",
			    .zone = "Europe/Warsaw" };
	int64_t id;
	must(db_exec(f->db, e,
		     "INSERT INTO org (id, name, name_folded, is_bank, created_at) VALUES (?1, 'a', 'a', 1, 1)", "i",
		     (int64_t)ORG));
	must(report_create(f->db, &by, &r, &id, e));
	for (size_t i = 0; i < countof(rows); i++) {
		int64_t missed, now, next;
		struct report due;
		bool found, mine;
		char text[CLOCK_TEXT];
		assert_true(clock_parse(str_of(rows[i].missed), &missed));
		assert_true(clock_parse(str_of(rows[i].now), &now));
		must(db_exec(f->db, e, "UPDATE report SET next_run = ?2 WHERE id = ?1", "ii", id, missed));
		must(report_due(f->db, now, &f->a, &due, &found, e));
		assert_true(found);
		must(report_take_run(f->db, &due, now, NULL, &mine, e));
		assert_true(mine);
		must(report_due(f->db, now, &f->a, &due, &found, e));
		assert_false(found);
		must(report_next_due(f->db, &next, e));
		clock_format(next, text);
		assert_string_equal(text, rows[i].next);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(missed_runs_are_one, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(missed_over_a_change_of_the_clock, fixture_begin, fixture_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
