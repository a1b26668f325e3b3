/* engine/import: the conversation with an import worker, well and badly behaved (tests/unit/stand_in.c). */
#include "engine/import.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct seen {
	int sources, seekable;
	int out; /* memfd of table 0 */
	int opened, dropped, rejects;
	char names[64];
	uint64_t bytes, total;
	bool refuse_source, refuse_output;
};

static bool open_source(void *ctx, bool seekable, int *ret_fd, bool *ret_seekable, struct err *e)
{
	struct seen *s = ctx;
	if (s->refuse_source)
		return err_set(e, ERR_IO, "gone", "The upload is gone.");
	s->sources++;
	s->seekable += seekable;
	*ret_fd = memfd_create("source", MFD_CLOEXEC);
	*ret_seekable = true;
	assert_int_equal(write(*ret_fd, "a,b\n1,2\n", 8), 8);
	lseek(*ret_fd, 0, SEEK_SET);
	return true;
}

static bool open_output(void *ctx, int table, const char *name, int *ret_fd, struct err *e)
{
	struct seen *s = ctx;
	if (s->refuse_output)
		return err_set(e, ERR_IO, "disk_full", "No space left.");
	s->opened++;
	size_t n = strlen(s->names);
	snprintf(s->names + n, sizeof s->names - n, "%d=%s;", table, name);
	int fd = memfd_create("out", MFD_CLOEXEC);
	if (table == 0)
		s->out = dup(fd);
	*ret_fd = fd;
	return true;
}

static bool drop_output(void *ctx, int table, struct err *e)
{
	struct seen *s = ctx;
	assert_int_equal(table, 1);
	s->dropped++;
	return true;
}

static bool rejects(void *ctx, int table, const json_t *items, struct err *e)
{
	struct seen *s = ctx;
	s->rejects += (int)json_integer_value(json_object_get(json_array_get(items, 0), "line"));
	return true;
}

static void progress(void *ctx, uint64_t bytes, uint64_t total)
{
	struct seen *s = ctx;
	s->bytes = bytes;
	s->total = total;
}

static size_t open_fds(void)
{
	size_t n = 0;
	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static bool run(const char *name, const char *options, struct seen *s, const _Atomic bool *cancel, struct buf *done,
		struct err *e)
{
	struct engine_spawn_options o = { .program = getenv("VITRINA_TEST_STAND_IN") };
	struct engine_import m = { .name = name,
				   .size = 8,
				   .options_json = options,
				   .ctx = s,
				   .open_source = open_source,
				   .open_output = open_output,
				   .drop_output = drop_output,
				   .rejects = rejects,
				   .progress = progress,
				   .cancel = cancel };
	assert_non_null(o.program);
	s->out = -1;
	*done = BUF_INIT(LIMIT_FRAME_BYTES);
	bool good = engine_import_run(&o, &m, done, e);
	/* whatever happened, no process is left */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return good;
}

static void test_whole(void **state)
{
	struct seen s = { 0 };
	struct err e;
	struct buf done;
	size_t before = open_fds();
	if (!run("copy", NULL, &s, NULL, &done, &e))
		fail_msg("%s", e.message);
	assert_string_equal(done.p, "{\"tables\":1}");
	assert_int_equal(s.sources, 2);
	assert_int_equal(s.seekable, 1);
	assert_string_equal(s.names, "0=one;1=ё \"two\";");
	assert_int_equal(s.dropped, 1);
	assert_int_equal(s.rejects, 7);
	assert_int_equal(s.bytes, 5);
	assert_int_equal(s.total, 10);
	char text[32] = { 0 };
	assert_int_equal(pread(s.out, text, sizeof text, 0), 16);
	assert_string_equal(text, "a,b\n1,2\na,b\n1,2\n");
	close(s.out);
	buf_free(&done);
	assert_int_equal(open_fds(), before);
}

static void test_options(void **state)
{
	struct seen s = { 0 };
	struct err e;
	struct buf done;
	assert_true(run("echo", "{\"as\":\"baskets\",\"roles\":{\"a\":\"ignore\"},\"name\":\"other\",\"size\":1}", &s,
			NULL, &done, &e));
	json_t *v = json_loads(done.p, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(v, "name")), "echo");
	assert_int_equal(json_integer_value(json_object_get(v, "size")), 8);
	assert_string_equal(json_string_value(json_object_get(v, "as")), "baskets");
	assert_true(json_is_true(json_object_get(v, "seekable")));
	json_decref(v);
	buf_free(&done);
	static const char *const wrong[] = { "[]", "{", "7" };
	for (size_t i = 0; i < countof(wrong); i++) {
		assert_false(run("echo", wrong[i], &s, NULL, &done, &e));
		buf_free(&done);
	}
}

static const struct {
	const char *name;
	enum err_kind kind;
	const char *code;
} failures[] = {
	{ "failed", ERR_VALUE, "not_a_table" },
	{ "table-negative", ERR_UNAVAILABLE, "engine_protocol" },
	{ "table-large", ERR_UNAVAILABLE, "engine_protocol" },
	{ "table-text", ERR_UNAVAILABLE, "engine_protocol" },
	{ "no-name", ERR_UNAVAILABLE, "engine_protocol" },
	{ "rejects-text", ERR_UNAVAILABLE, "engine_protocol" },
	{ "not-json", ERR_UNAVAILABLE, "engine_protocol" },
	{ "not-object", ERR_UNAVAILABLE, "engine_protocol" },
	{ "wrong-type", ERR_UNAVAILABLE, "engine_protocol" },
	{ "hello-again", ERR_UNAVAILABLE, "engine_protocol" },
	{ "huge", ERR_UNAVAILABLE, "engine_protocol" },
	{ "abort", ERR_LIMIT, "memory_limit" },
	{ "killed", ERR_UNAVAILABLE, "import_killed" },
	{ "slow", ERR_LIMIT, "too_slow" },
	{ "segv", ERR_VALUE, "import_crashed" },
	{ "half", ERR_VALUE, "import_crashed" },
	{ "ends without a word", ERR_VALUE, "import_crashed" },
};

static void test_failures(void **state)
{
	size_t before = open_fds();
	for (size_t i = 0; i < countof(failures); i++) {
		struct seen s = { 0 };
		struct err e = { 0 };
		struct buf done;
		bool good = run(failures[i].name, NULL, &s, NULL, &done, &e);
		if (good || e.kind != failures[i].kind || strcmp(err_code(&e), failures[i].code) != 0)
			fail_msg("%s: %d %s %s", failures[i].name, e.kind, e.code, e.message);
		assert_int_equal(done.n, 0);
		buf_free(&done);
	}
	assert_int_equal(open_fds(), before);
}

static void test_callbacks(void **state)
{
	struct err e;
	struct buf done;
	struct seen s = { .refuse_source = true };
	assert_false(run("copy", NULL, &s, NULL, &done, &e));
	assert_string_equal(e.code, "gone");
	s = (struct seen){ .refuse_output = true };
	assert_false(run("copy", NULL, &s, NULL, &done, &e));
	assert_string_equal(e.code, "disk_full");
	s = (struct seen){ 0 };
	assert_false(run("a \xff name", NULL, &s, NULL, &done, &e));
	assert_int_equal(e.kind, ERR_VALUE);
	/* one that said DONE and does not end is ended */
	assert_true(run("stays", NULL, &s, NULL, &done, &e));
	buf_free(&done);
}

static void *cancel_soon(void *arg)
{
	nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
	atomic_store((_Atomic bool *)arg, true);
	return NULL;
}

static void test_cancel(void **state)
{
	_Atomic bool cancel = false;
	struct seen s = { 0 };
	struct err e;
	struct buf done;
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &cancel), 0);
	assert_false(run("silent", NULL, &s, &cancel, &done, &e));
	assert_int_equal(e.kind, ERR_CANCELLED);
	pthread_join(thread, NULL);
	s = (struct seen){ 0 };
	assert_false(run("copy", NULL, &s, &cancel, &done, &e));
	assert_int_equal(e.kind, ERR_CANCELLED);
	assert_int_equal(s.sources, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),     cmocka_unit_test(test_options), cmocka_unit_test(test_failures),
		cmocka_unit_test(test_callbacks), cmocka_unit_test(test_cancel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
