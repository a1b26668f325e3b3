/* ingest/source.h: pipes and files, plain and packed. */
#include "ingest_run.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <zlib.h>

static struct buf gzip(struct str s)
{
	struct buf out = BUF_INIT(GIB);
	z_stream z = { .next_in = (Bytef *)(uintptr_t)s.p, .avail_in = (uInt)s.n };
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	size_t room = deflateBound(&z, s.n);
	z.next_out = (Bytef *)buf_reserve(&out, room);
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out.n = z.total_out;
	deflateEnd(&z);
	return out;
}

static struct source *open_bytes(struct run_file *f, bool seekable, const _Atomic bool *cancel)
{
	struct source_options o = { .fd = run_fd(f->bytes),
				    .seekable = seekable,
				    .size = -1,
				    .reopen = run_reopen,
				    .ctx = f,
				    .cancel = cancel };
	struct source *s = NULL;
	struct err e;
	assert_true(source_open(&o, &s, &e));
	return s;
}

/* In steps of odd sizes. */
static bool read_all(struct source *s, struct buf *ret, struct err *e)
{
	size_t got = 1, step = 1;
	while (got) {
		char *at = buf_reserve(ret, step);
		if (!source_read(s, at, step, &got, e))
			return false;
		ret->n += got;
		step = step * 3 % 70001 + 1;
	}
	return true;
}

static void test_reading(void **state)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(GIB);
	for (int i = 0; text.n < 3 * MIB; i++)
		buf_addf(&text, "line %d of many\n", i * 7919);
	CLEANUP(buf_free) struct buf packed = gzip(buf_str(&text));
	CLEANUP(buf_free) struct buf twice = gzip(STR("before "));
	buf_add_str(&twice, buf_str(&packed));
	CLEANUP(buf_free) struct buf padded = gzip(STR("x"));
	buf_adds(&padded, "garbage after the end");
	const struct {
		struct str bytes;
		const char *before;
		bool whole_text, gzipped;
	} rows[] = {
		{ buf_str(&text), "", true, false },
		{ buf_str(&packed), "", true, true },
		{ buf_str(&twice), "before ", true, true },
		{ buf_str(&padded), "x", false, true },
		{ STR(""), "", false, false },
		{ STR("\x1f\x8b"), "\x1f\x8b", false, false },
	};
	for (size_t i = 0; i < countof(rows) * 2; i++) {
		struct run_file f = { rows[i / 2].bytes, 0 };
		bool seekable = i % 2;
		struct source *s = open_bytes(&f, seekable, NULL);
		CLEANUP(buf_free) struct buf want = BUF_INIT(GIB), got = BUF_INIT(GIB), again = BUF_INIT(GIB);
		struct str head;
		struct err e;
		buf_adds(&want, rows[i / 2].before);
		if (rows[i / 2].whole_text)
			buf_add_str(&want, buf_str(&text));
		assert_true(source_peek(s, 100, &head, &e));
		assert_int_equal(head.n, MIN(want.n, (size_t)100));
		assert_true(read_all(s, &got, &e));
		assert_true(str_eq(buf_str(&got), buf_str(&want)));
		assert_int_equal(source_gzipped(s), rows[i / 2].gzipped);
		assert_int_equal(source_consumed(s), f.bytes.n);
		assert_true(source_rewind(s, &e));
		assert_int_equal(f.reopened, seekable ? 0 : 1);
		assert_true(read_all(s, &again, &e));
		assert_true(str_eq(buf_str(&again), buf_str(&want)));
		source_close(s);
	}
}

static void test_whole(void **state)
{
	CLEANUP(buf_free) struct buf packed = gzip(STR("whole text"));
	const struct str files[] = { STR("whole text"), buf_str(&packed) };
	for (size_t i = 0; i < countof(files) * 2; i++) {
		struct run_file f = { files[i / 2], 0 };
		struct source *s = open_bytes(&f, i % 2, NULL);
		struct err e;
		struct str head;
		char *p, *same;
		size_t n;
		assert_true(source_peek(s, 5, &head, &e));
		assert_true(source_whole(s, &p, &n, &e));
		assert_true(str_is(str_n(p, n), "whole text"));
		p[0] = 'W'; /* private */
		assert_true(source_whole(s, &same, &n, &e));
		assert_ptr_equal(p, same);
		assert_true(str_starts(f.bytes, files[i / 2]));
		source_close(s);
	}
}

static void test_refusals(void **state)
{
	CLEANUP(buf_free) struct buf zeros = BUF_INIT(GIB);
	memset(buf_reserve(&zeros, 100 * MIB), 0, 100 * MIB);
	zeros.n = 100 * MIB;
	CLEANUP(buf_free) struct buf bomb = gzip(buf_str(&zeros));
	CLEANUP(buf_free) struct buf text = gzip(STR("some text that is long enough to be cut"));
	CLEANUP(buf_free) struct buf wrong = gzip(STR("some text whose checksum will not hold"));
	wrong.p[wrong.n - 6] ^= 1;
	const struct {
		struct str bytes;
		const char *code;
	} rows[] = {
		{ buf_str(&bomb), "inflate_ratio" },
		{ str_n(text.p, text.n - 1), "truncated" },
		{ str_n(text.p, text.n / 2), "truncated" },
		{ str_n(text.p, 5), "truncated" },
		{ buf_str(&wrong), "damaged" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct run_file f = { rows[i].bytes, 0 };
		struct source *s = open_bytes(&f, true, NULL);
		CLEANUP(buf_free) struct buf got = BUF_INIT(GIB);
		struct err e = { 0 };
		assert_false(read_all(s, &got, &e));
		assert_string_equal(err_code(&e), rows[i].code);
		source_close(s);
	}
	struct source *none = NULL;
	struct source_options bad = { .fd = -1 };
	struct err e;
	assert_false(source_open(&bad, &none, &e));
	assert_null(none);
	/* No second descriptor to be had. */
	struct source_options once = { .fd = run_fd(STR("x")), .size = -1 };
	assert_true(source_open(&once, &none, &e));
	assert_false(source_rewind(none, &e));
	source_close(none);
}

static void test_cancel(void **state)
{
	_Atomic bool cancel = false;
	struct run_file f = { STR("a,b\n1,2\n"), 0 };
	struct source *s = open_bytes(&f, true, &cancel);
	struct err e = { 0 };
	char c;
	size_t got;
	struct reader *r;
	assert_true(reader_open(s, "t", AS_AUTO, &r, &e));
	atomic_store(&cancel, true);
	struct table *t;
	assert_false(table_open(r, 0, NULL, 0, &t, &e));
	assert_int_equal(e.kind, ERR_CANCELLED);
	reader_close(r);
	source_close(s);
	s = open_bytes(&f, true, &cancel);
	assert_false(source_read(s, &c, 1, &got, &e));
	assert_int_equal(e.kind, ERR_CANCELLED);
	source_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_cancel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
