/* engine/pool with an engine process that is broken or taken over (tests/unit/stand_in.c): the server holds its own. */
#include "engine_fixture.h"

#include <string.h>

static struct fixture fx;

static const struct {
	const char *sql;
	enum err_kind kind; /* ERR_NONE = answered */
	const char *code;
	bool goes_on; /* the process is kept */
} answers[] = {
	{ "good", ERR_NONE, NULL, true },
	{ "nothing", ERR_UNAVAILABLE, "engine_restarted", false },
	{ "columns only", ERR_UNAVAILABLE, "engine_restarted", false },
	{ "die", ERR_UNAVAILABLE, "engine_restarted", false },
	{ "rows first", ERR_UNAVAILABLE, "engine_protocol", false },
	{ "columns twice", ERR_UNAVAILABLE, "engine_protocol", false },
	{ "columns not json", ERR_UNAVAILABLE, "engine_protocol", false },
	{ "columns without type", ERR_UNAVAILABLE, "engine_protocol", false },
	{ "too many rows", ERR_UNAVAILABLE, "engine_protocol", false },
	{ "fewer than no rows", ERR_UNAVAILABLE, "engine_protocol", false },
	{ "end not json", ERR_UNAVAILABLE, "engine_protocol", false },
	{ "too many bytes", ERR_UNAVAILABLE, "engine_protocol", false },
	{ "progress", ERR_UNAVAILABLE, "engine_protocol", false },
	{ "hello", ERR_UNAVAILABLE, "engine_protocol", false },
	{ "failed not json", ERR_UNAVAILABLE, "engine_protocol", false },
	/* an engine cannot make the server say that somebody is signed out */
	{ "failed as a server", ERR_INTERNAL, "internal", true },
	{ "failed", ERR_VALUE, "wrong_sql", true },
	/* no answer within the time and the grace */
	{ "hang", ERR_LIMIT, "time_limit", false },
};

static void test_answers(void **state)
{
	for (size_t i = 0; i < countof(answers); i++) {
		struct answer a = fixture_run(&fx, (struct engine_request){ .sql = "good" });
		assert_true(a.good);
		answer_free(&a);
		pid_t pid = fixture_pid(&fx);
		a = fixture_run(&fx, (struct engine_request){ .sql = answers[i].sql, .seconds = 1, .max_bytes = 10 });
		if (a.good != (answers[i].kind == ERR_NONE) ||
		    (!a.good && (a.e.kind != answers[i].kind || strcmp(err_code(&a.e), answers[i].code) != 0)))
			fail_msg("%s: good %d kind %d code %s %s", answers[i].sql, a.good, a.e.kind, a.e.code,
				 a.e.message);
		answer_free(&a);
		if ((fixture_pid(&fx) == pid) != answers[i].goes_on)
			fail_msg("%s: the process was %s", answers[i].sql, answers[i].goes_on ? "stopped" : "kept");
	}
}

static void test_attach(void **state)
{
	static const char *const schemas[] = { "die", "rows" };
	const struct engine_column c = { "a", "BIGINT" };
	for (size_t i = 0; i < countof(schemas); i++) {
		struct engine_relation r = { schemas[i], "t", 1, NULL, 0, &c, 1 };
		struct answer a =
			fixture_run(&fx, (struct engine_request){ .sql = "good", .relations = &r, .n_relations = 1 });
		assert_false(a.good);
		assert_int_equal(a.e.kind, ERR_UNAVAILABLE);
		answer_free(&a);
	}
	struct engine_relation r = { "fine", "t", 1, NULL, 0, &c, 1 };
	struct answer a = fixture_run(&fx, (struct engine_request){ .sql = "good", .relations = &r, .n_relations = 1 });
	assert_true(a.good);
	answer_free(&a);
}

static int start(void **state)
{
	assert_non_null(getenv("VITRINA_TEST_STAND_IN"));
	fixture_start(&fx, (struct engine_pool_options){ .spawn = { .program = getenv("VITRINA_TEST_STAND_IN") } });
	return 0;
}

static int stop(void **state)
{
	fixture_stop(&fx);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_answers), cmocka_unit_test(test_attach) };
	return cmocka_run_group_tests(tests, start, stop);
}
