/* The sender against another side that is away: it goes on for a day, and no longer. */
#include "base/clock.h"
#include "connect/sender.h"
#include "dataset_fixture.h"
#include "db/pool.h"
#include "model/delivery.h"

#include <poll.h>

#define NOBODY "http://127.0.0.1:9" /* the port "discard", where nobody listens */
#define WAIT_MS 20000
#define HOUR (3600 * USEC_PER_SEC)

static int64_t put(struct fixture *f, const char *name, int64_t age)
{
	struct caller by = caller_local(ORG, true);
	struct target_input in = { .name = str_of(name), .kind = STR("telegram"), .address = STR("5"), .on = true };
	struct delivery_new d = { .org = ORG, .report = "Weekly", .cause = "now" };
	struct target to;
	char secret[TOKEN_TEXT];
	int64_t target, id;
	must(target_create(f->db, &by, &in, &target, secret, e));
	must(target_find(f->db, ORG, target, &f->a, &to, e));
	must(message_create(f->db, ORG, STR("{\"subject\":\"a\",\"telegram\":\"b\"}"), STR(""), &d.message, e));
	must(delivery_create(f->db, &d, &to, &id, e));
	must(db_exec(f->db, e, "UPDATE delivery SET created_at = created_at - ?2 WHERE id = ?1", "ii", id, age));
	return id;
}

static struct delivery *look(struct fixture *f, int64_t id)
{
	struct delivery_filter all = { 0 };
	struct page page = { .limit = 10 };
	struct delivery *list;
	must(delivery_list(f->db, ORG, &all, &page, &f->a, &list, e));
	for (size_t i = 0; i < page.n; i++)
		if (list[i].id == id)
			return &list[i];
	fail_msg("the delivery is not in the history");
	return NULL;
}

static struct delivery *tried(struct fixture *f, int64_t id)
{
	for (int waited = 0; waited < WAIT_MS; waited += 20) {
		struct delivery *d = look(f, id);
		if (d->reason_code[0])
			return d;
		poll(NULL, 0, 20);
	}
	fail_msg("the sender has not tried");
	return NULL;
}

static void a_day_and_no_longer(void **state)
{
	struct fixture *f = *state;
	struct instance in = { .dir = f->folder };
	struct connect_options o = { .telegram_url = NOBODY, .telegram_token = "1:token", .seconds = 2 };
	struct sender *s = NULL;
	char url[128];
	snprintf(url, sizeof url, "sqlite:%s/store.db", f->folder);
	must(db_exec(f->db, e,
		     "INSERT INTO org (id, name, name_folded, is_bank, created_at) VALUES (?1, 'a', 'a', 1, 1)", "i",
		     (int64_t)ORG));
	int64_t old = put(f, "Old", 24 * HOUR), young = put(f, "Young", 23 * HOUR), now = clock_now();
	must(db_pool_open(url, &f->key, 0, 8, &in.dbs, e));
	must(sender_start(&in, &o, &s, e));
	struct delivery *d = tried(f, old);
	assert_string_equal(d->state, "failed");
	assert_string_equal(d->reason_code, "away");
	assert_int_equal(d->attempts, 1);
	assert_in_range(d->ended_at, now, clock_now());
	d = tried(f, young);
	assert_string_equal(d->state, "waiting");
	assert_string_equal(d->reason_code, "away");
	assert_in_range(d->next_at, now, clock_now() + HOUR);
	assert_int_equal(d->ended_at, 0);
	/* A person sends it again: the day begins anew. */
	struct caller by = caller_local(ORG, true);
	must(delivery_retry(f->db, &by, old, e));
	sender_wake(s);
	assert_string_equal(tried(f, old)->state, "waiting");
	sender_stop(&s);
	db_pool_close(&in.dbs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_day_and_no_longer, fixture_begin, fixture_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
