/* ingest/parquet_footer: what Parquet files promise, made here byte by byte. */
#include "ingest/parquet_footer.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { I32 = 5, I64 = 6, BINARY = 8, LIST = 9, STRUCT = 12 };

/* What a footer is made of; 0 is the usual. */
struct made {
	uint64_t rows, unpacked, packed, at;
	unsigned groups, columns, depth;
	const char *elsewhere; /* the path of another file */
	bool encrypted;
};

static void varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_addc(b, (char)(v | 0x80));
	buf_addc(b, (char)v);
}

static void number(struct buf *b, int step, int type, uint64_t v)
{
	buf_addc(b, (char)(step << 4 | type));
	varint(b, v << 1);
}

static void text(struct buf *b, int step, const char *s)
{
	buf_addc(b, (char)(step << 4 | BINARY));
	varint(b, strlen(s));
	buf_adds(b, s);
}

static void list(struct buf *b, int step, int type, uint64_t n)
{
	buf_addc(b, (char)(step << 4 | LIST));
	buf_addc(b, (char)((n < 15 ? n : 15) << 4 | (uint64_t)type));
	if (n >= 15)
		varint(b, n);
}

static void node(struct buf *b, const char *name, unsigned children)
{
	text(b, 4, name);
	if (children)
		number(b, 1, I32, children);
	buf_addc(b, 0);
}

static void row_group(struct buf *b, const struct made *m)
{
	list(b, 1, STRUCT, 1);
	if (m->elsewhere)
		text(b, 1, m->elsewhere);
	buf_addc(b, (char)((m->elsewhere ? 2 : 3) << 4 | STRUCT)); /* the chunk's own data */
	number(b, 6, I64, m->unpacked);
	number(b, 1, I64, m->packed);
	number(b, 2, I64, m->at);
	buf_addc(b, 0);
	buf_addc(b, 0);
	number(b, 1, I64, 100);
	number(b, 1, I64, m->rows);
	buf_addc(b, 0);
}

static void footer(struct buf *b, const struct made *m)
{
	unsigned columns = m->columns ? m->columns : 1, groups = m->groups ? m->groups : 1;
	number(b, 1, I32, 1);
	list(b, 1, STRUCT, 1 + m->depth + columns);
	for (unsigned i = 0; i < m->depth; i++)
		node(b, "in", 1);
	node(b, "schema", columns);
	for (unsigned i = 0; i < columns; i++)
		node(b, "a", 0);
	number(b, 1, I64, m->rows);
	list(b, 1, STRUCT, groups);
	for (unsigned i = 0; i < groups; i++)
		row_group(b, m);
	if (m->encrypted) {
		buf_addc(b, (char)(4 << 4 | STRUCT));
		buf_addc(b, 0);
	}
	buf_addc(b, 0);
}

/* The footer as a file: marks around it, its length behind it. */
static void wrap(struct str footer_bytes, struct buf *ret)
{
	buf_adds(ret, "PAR1");
	buf_add_str(ret, footer_bytes);
	for (unsigned shift = 0; shift < 32; shift += 8)
		buf_addc(ret, (char)(footer_bytes.n >> shift));
	buf_adds(ret, "PAR1");
}

static void make(const struct made *m, struct buf *ret)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * MIB);
	footer(&b, m);
	assert_false(b.failed);
	wrap(buf_str(&b), ret);
}

static void test_counts(void **state)
{
	CLEANUP(buf_free) struct buf file = BUF_INIT(64 * MIB);
	struct parquet_footer f;
	struct err e = { 0 };
	make(
		&(struct made){
			.rows = 7, .unpacked = 30, .packed = 20, .at = 4, .groups = 20, .columns = 30, .depth = 3 },
		&file);
	if (!parquet_footer_check(buf_str(&file), &f, &e))
		fail_msg("%s", e.message);
	assert_int_equal(f.rows, 140);
	assert_int_equal(f.unpacked, 600);
	assert_int_equal(f.row_groups, 20);
	assert_int_equal(f.columns, 30);
	/* Cut anywhere it is damage, and none of it is read past the end. */
	struct str whole = str_n(file.p + 4, file.n - 12);
	for (size_t n = 0; n < whole.n; n++) {
		CLEANUP(buf_free) struct buf cut = BUF_INIT(MIB);
		wrap(str_n(whole.p, n), &cut);
		char *exact = mem_alloc(cut.n);
		memcpy(exact, cut.p, cut.n);
		assert_false(parquet_footer_check(str_n(exact, cut.n), &f, &e));
		assert_string_equal(err_code(&e), "damaged");
		free(exact);
	}
}

static void test_limits(void **state)
{
	static const struct {
		struct made made;
		enum err_kind kind;
		const char *code;
	} rows[] = {
		{ { .rows = LIMIT_PARQUET_ROWS + 1 }, ERR_LIMIT, "too_many_rows" },
		{ { .rows = LIMIT_PARQUET_ROWS / 2, .groups = 3 }, ERR_LIMIT, "too_many_rows" },
		{ { .rows = UINT64_MAX / 4, .groups = 9 }, ERR_LIMIT, "too_many_rows" },
		{ { .groups = LIMIT_PARQUET_ROW_GROUPS + 1 }, ERR_LIMIT, "too_many_parts" },
		{ { .columns = LIMIT_FILE_COLUMNS + 1 }, ERR_LIMIT, "too_many_columns" },
		{ { .depth = LIMIT_PARQUET_DEPTH + 1 }, ERR_LIMIT, "parquet_depth" },
		{ { .unpacked = LIMIT_INFLATED_BYTES + 1 }, ERR_LIMIT, "inflated_too_large" },
		{ { .unpacked = LIMIT_INFLATED_BYTES / 2 + 1, .groups = 2 }, ERR_LIMIT, "inflated_too_large" },
		{ { .unpacked = LIMIT_INFLATE_FREE + 1 }, ERR_LIMIT, "inflate_ratio" },
		{ { .packed = 1000 }, ERR_VALUE, "damaged" }, /* more than the file has */
		{ { .at = 1000 }, ERR_VALUE, "damaged" },
		{ { .elsewhere = "other.parquet" }, ERR_VALUE, "parts_elsewhere" },
		{ { .encrypted = true }, ERR_VALUE, "encrypted" },
		{ { .rows = LIMIT_PARQUET_ROWS, .depth = LIMIT_PARQUET_DEPTH - 1, .elsewhere = "" }, ERR_NONE, "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		CLEANUP(buf_free) struct buf file = BUF_INIT(64 * MIB);
		struct parquet_footer f;
		struct err e = { 0 };
		make(&rows[i].made, &file);
		bool good = parquet_footer_check(buf_str(&file), &f, &e);
		if (good != (rows[i].kind == ERR_NONE) || (!good && strcmp(err_code(&e), rows[i].code) != 0))
			fail_msg("row %zu: %d %s %s", i, e.kind, err_code(&e), e.message);
	}
}

static void test_refused(void **state)
{
	static const struct {
		struct str bytes;
		const char *code;
	} rows[] = {
		{ STR(""), "truncated" },
		{ STR("PAR1PAR1"), "truncated" },
		{ STR("PAR1\1\0\0\0PAR1"), "truncated" },
		{ STR("PAR1\0\1\0\0\0PAR2"), "truncated" },
		{ STR("PAR1\xff\xff\xff\xffPAR1"), "truncated" },
		{ STR("PAR1\x19\xfc\xff\xff\xff\xff\x0f\7\0\0\0PAR1"),
		  "damaged" }, /* a list of four thousand million */
		{ STR("PAR1\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x0b\0\0\0PAR1"),
		  "damaged" },                                              /* a number without end */
		{ STR("PAR1\x1e\x00\2\0\0\0PAR1"), "damaged" },             /* a type that there is none of */
		{ STR("PAR1\x49\x1c\x36\x01\0\0\6\0\0\0PAR1"), "damaged" }, /* fewer rows than none */
		{ STR("PAR1\x25\2\0\3\0\0\0PAR1"), "damaged" },             /* the schema is a number */
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct parquet_footer f;
		struct err e = { 0 };
		if (parquet_footer_check(rows[i].bytes, &f, &e) || strcmp(err_code(&e), rows[i].code) != 0)
			fail_msg("row %zu: %s %s", i, err_code(&e), e.message);
	}
	/* What it says of itself is longer than anybody needs. */
	CLEANUP(buf_free) struct buf large = BUF_INIT(GIB), large_file = BUF_INIT(GIB);
	memset(buf_reserve(&large, LIMIT_PARQUET_FOOTER_BYTES + 1), 0, LIMIT_PARQUET_FOOTER_BYTES + 1);
	large.n = LIMIT_PARQUET_FOOTER_BYTES + 1;
	wrap(buf_str(&large), &large_file);
	struct parquet_footer said;
	struct err why = { 0 };
	assert_false(parquet_footer_check(buf_str(&large_file), &said, &why));
	assert_string_equal(err_code(&why), "parquet_footer");
	/* Structures within structures, deeper than the format has them. */
	CLEANUP(buf_free) struct buf deep = BUF_INIT(MIB), file = BUF_INIT(MIB);
	for (int i = 0; i < 10000; i++)
		buf_addc(&deep, (char)(1 << 4 | STRUCT));
	for (int i = 0; i <= 10000; i++)
		buf_addc(&deep, 0);
	wrap(buf_str(&deep), &file);
	struct parquet_footer f;
	struct err e = { 0 };
	assert_false(parquet_footer_check(buf_str(&file), &f, &e));
	assert_string_equal(err_code(&e), "damaged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
