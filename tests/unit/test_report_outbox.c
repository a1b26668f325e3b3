/* The outbox in the store: what a sender could not write the end of is taken up again, by one other sender. */
#include "base/clock.h"
#include "dataset_fixture.h"
#include "model/delivery.h"

#define LEASE (105 * USEC_PER_SEC)

struct box {
	struct fixture *f;
	struct target to;
	int64_t message;
};

static int64_t put(struct box *b)
{
	struct delivery_new d = { .org = ORG, .message = b->message, .report = "Weekly", .cause = "now" };
	int64_t id = 0;
	must(delivery_create(b->f->db, &d, &b->to, &id, e));
	return id;
}

static struct box fill(struct fixture *f)
{
	struct box b = { .f = f, .to = { .id = 7, .name = "Chat", .kind = TARGET_TELEGRAM, .off_reason = "" } };
	must(message_create(f->db, ORG, STR("{}"), STR(""), &b.message, e));
	return b;
}

static bool claim(struct fixture *f, int64_t now, struct delivery *ret)
{
	bool found = false;
	must(delivery_claim(f->db, now, now + LEASE, &f->a, ret, &found, e));
	return found;
}

static void state_is(struct fixture *f, int64_t id, const char *state, const char *code)
{
	struct delivery_filter all = { 0 };
	struct page page = { .limit = 10 };
	struct delivery *list;
	must(delivery_list(f->db, ORG, &all, &page, &f->a, &list, e));
	for (size_t i = 0; i < page.n; i++) {
		if (list[i].id != id)
			continue;
		assert_string_equal(list[i].state, state);
		assert_string_equal(list[i].reason_code, code);
		return;
	}
	fail_msg("the delivery is not in the history");
}

static void an_end_that_was_not_written(void **state)
{
	struct fixture *f = *state;
	struct box b = fill(f);
	int64_t first = put(&b), second = put(&b), due = 0, now = clock_now() + USEC_PER_SEC;
	struct delivery lost, again, none;
	struct delivery_why why = { "away", "the other side is away" };
	assert_true(claim(f, now, &lost));
	assert_int_equal(lost.id, first);
	/* Nobody else gets it, nor the next one to the same target, as long as its sender may have it. */
	assert_false(claim(f, now, &none));
	assert_false(claim(f, now + LEASE - 1, &none));
	must(delivery_next_due(f->db, &due, e));
	assert_int_equal(due, now + LEASE);
	/* The store did not take the end: nothing is written until the time is over. */
	assert_true(claim(f, now + LEASE, &again));
	assert_int_equal(again.id, first);
	assert_int_equal(again.attempts, 2);
	assert_false(claim(f, now + LEASE, &none));
	/* What the slow one says now is not taken. */
	must(delivery_end(f->db, &lost, &why, e));
	must(delivery_wait(f->db, &lost, now, &why, e));
	must(delivery_postpone(f->db, &lost, now, e));
	must(delivery_part_done(f->db, &lost, 1, now, e));
	state_is(f, first, "sending", "");
	assert_false(claim(f, now + LEASE, &none));
	must(delivery_end(f->db, &again, NULL, e));
	state_is(f, first, "sent", "");
	assert_true(claim(f, now + LEASE, &none));
	assert_int_equal(none.id, second);
}

static void a_long_one_keeps_its_time(void **state)
{
	struct fixture *f = *state;
	struct box b = fill(f);
	int64_t id = put(&b), now = clock_now() + USEC_PER_SEC;
	struct delivery d, none;
	struct delivery_why why = { "away", "the other side is away" };
	assert_true(claim(f, now, &d));
	must(delivery_part_done(f->db, &d, 1, now + 2 * LEASE, e));
	assert_false(claim(f, now + LEASE, &none));
	must(delivery_wait(f->db, &d, now + 3 * LEASE, &why, e));
	state_is(f, id, "waiting", "away");
	assert_false(claim(f, now + 2 * LEASE, &none));
	assert_true(claim(f, now + 3 * LEASE, &d));
	assert_int_equal(d.parts_done, 1);
	must(delivery_end(f->db, &d, &why, e));
	state_is(f, id, "failed", "away");
}

static int64_t count(struct fixture *f, const char *sql)
{
	int64_t n = -1;
	must(db_query_i64(f->db, &n, NULL, e, sql, ""));
	return n;
}

/* n ended deliveries of ages that grow by a second, each with a message of its own. */
static void fill_history(struct fixture *f, int64_t first, int64_t n, const char *state, int64_t age)
{
	must(db_exec(
		f->db, e,
		"INSERT INTO message (id, org, body) WITH RECURSIVE k(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM k "
		"WHERE i + 1 < ?3) SELECT ?2 + i, ?1, '{}' FROM k",
		"iii", (int64_t)ORG, first, n));
	must(db_exec(
		f->db, e,
		"INSERT INTO delivery (id, org, target, target_name, target_kind, message, report, cause, user_id, "
		"state, next_at, created_at, ended_at) WITH RECURSIVE k(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM "
		"k WHERE i + 1 < ?3) SELECT ?2 + i, ?1, 7, 'Chat', 'telegram', ?2 + i, 'Weekly', 'now', 0, ?4, 0, "
		"?5, ?5 FROM k",
		"iiisi", (int64_t)ORG, first, n, state, clock_now() - age));
}

static void the_history_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct box b = fill(f);
	struct delivery d;
	fill_history(f, 10, 5, "sent", (DELIVERY_DAYS_KEPT + 1) * USEC_PER_DAY);
	fill_history(f, 20, 5, "failed", 8 * USEC_PER_DAY);
	fill_history(f, 30, 5, "failed", 6 * USEC_PER_DAY);
	put(&b);
	assert_true(claim(f, clock_now() + USEC_PER_SEC, &d));
	must(delivery_end(f->db, &d, NULL, e));
	/* Half a year, and of what failed a week in which a person may send it again. */
	assert_int_equal(count(f, "SELECT count(*) FROM delivery"), 5 + 5 + 1);
	assert_int_equal(count(f, "SELECT count(*) FROM delivery WHERE id < 20"), 0);
	assert_int_equal(count(f, "SELECT count(*) FROM message"), 5);
	assert_int_equal(count(f, "SELECT min(id) FROM message"), 30);
	/* No more than so many, the oldest go; what still waits is not history, however old. */
	must(db_exec(f->db, e, "UPDATE delivery SET state = 'waiting', ended_at = NULL, next_at = ?1 WHERE id = 30",
		     "i", INT64_MAX));
	fill_history(f, 1000, DELIVERIES_KEPT, "sent", USEC_PER_DAY);
	must(message_create(f->db, ORG, STR("{}"), STR(""), &b.message, e));
	put(&b);
	assert_true(claim(f, clock_now() + USEC_PER_SEC, &d));
	must(delivery_end(f->db, &d, NULL, e));
	assert_int_equal(count(f, "SELECT count(*) FROM delivery WHERE ended_at IS NOT NULL"), DELIVERIES_KEPT);
	assert_int_equal(count(f, "SELECT count(*) FROM delivery WHERE id < 1000"), 1);
	assert_int_equal(count(f, "SELECT count(*) FROM message"), 1);
}

static void more_than_the_outbox_holds(void **state)
{
	struct fixture *f = *state;
	struct box b = fill(f);
	struct delivery_new d = { .org = ORG, .message = b.message, .report = "Weekly", .cause = "now" };
	int64_t id;
	fill_history(f, 10, DELIVERIES_WAITING_MOST - 1, "sent", 0);
	must(db_exec(f->db, e, "UPDATE delivery SET state = 'waiting', ended_at = NULL", ""));
	put(&b);
	must_fail(ERR_UNAVAILABLE, "outbox_full", delivery_create(f->db, &d, &b.to, &id, e));
	must(db_exec(f->db, e, "UPDATE delivery SET org = ?1", "i", (int64_t)OTHER));
	put(&b); /* another organisation's do not count */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_end_that_was_not_written, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(a_long_one_keeps_its_time, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(the_history_is_bounded, fixture_begin, fixture_end),
		cmocka_unit_test_setup_teardown(more_than_the_outbox_holds, fixture_begin, fixture_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
