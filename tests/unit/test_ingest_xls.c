/* Excel 97–2003 workbooks, made here record by record so that each can be wrong in its own way. */
#include "ingest_run.h"

#include "ingest/biff.h"
#include "ingest/ole.h"

#include <stdarg.h>

#define SECTOR 512
#define END_OF_CHAIN 0xfffffffe

static void u16(struct buf *b, uint32_t v)
{
	buf_addc(b, (char)v);
	buf_addc(b, (char)(v >> 8));
}

static void u32(struct buf *b, uint32_t v)
{
	u16(b, v);
	u16(b, v >> 16);
}

static void f64(struct buf *b, double v)
{
	buf_add(b, &v, sizeof v);
}

static void put32(struct buf *b, size_t at, uint32_t v)
{
	memcpy(b->p + at, &v, sizeof v);
}

static void pad(struct buf *b, size_t to)
{
	while (b->n % to)
		buf_addc(b, 0);
}

/* A record: what `layout` names: h 16 bits, w 32 bits, d a double, b a byte, s the bytes of a C string. */
static void record(struct buf *b, enum biff_type type, const char *layout, ...)
{
	struct buf data = BUF_INIT(MIB);
	va_list ap;
	va_start(ap, layout);
	for (; *layout; layout++) {
		if (*layout == 'h')
			u16(&data, va_arg(ap, unsigned));
		else if (*layout == 'w')
			u32(&data, va_arg(ap, unsigned));
		else if (*layout == 'b')
			buf_addc(&data, (char)va_arg(ap, int));
		else if (*layout == 'd')
			f64(&data, va_arg(ap, double));
		else
			buf_adds(&data, va_arg(ap, const char *));
	}
	va_end(ap);
	u16(b, type);
	u16(b, (uint32_t)data.n);
	buf_add_str(b, buf_str(&data));
	buf_free(&data);
}

static void directory_entry(struct buf *b, const char *name, int type, uint32_t child, uint32_t start, uint32_t size)
{
	size_t from = b->n, n = strlen(name);
	for (size_t i = 0; i < 32; i++)
		u16(b, i < n ? (unsigned char)name[i] : 0);
	u16(b, (uint32_t)(n + 1) * 2);
	buf_addc(b, (char)type);
	buf_addc(b, 1);
	u32(b, UINT32_MAX);
	u32(b, UINT32_MAX);
	u32(b, child);
	while (b->n < from + 116)
		buf_addc(b, 0);
	u32(b, start);
	u32(b, size);
	u32(b, 0);
}

/* One stream as a compound file: header, table of sectors, directory, [its small table,] the stream. */
static struct str compound(const char *name, struct str stream, bool mini)
{
	struct buf b = BUF_INIT(GIB);
	size_t sectors = (stream.n + SECTOR - 1) / SECTOR, first = mini ? 3 : 2;
	size_t fats = (sectors + first + 1) / 127 + 1; /* the first one stands at 0, the others behind the stream */
	buf_add(&b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
	while (b.n < SECTOR)
		buf_addc(&b, (char)(b.n < 76 ? 0 : 0xff));
	memcpy(b.p + 24, "\x3e\0\x03\0\xfe\xff\x09\0\x06\0", 10);
	put32(&b, 44, (uint32_t)fats);
	put32(&b, 48, 1); /* directory */
	put32(&b, 56, mini ? 1u << 30 : 0);
	put32(&b, 60, mini ? 2 : END_OF_CHAIN);
	put32(&b, 64, mini ? 1 : 0);
	put32(&b, 68, END_OF_CHAIN);
	put32(&b, 76, 0);
	for (size_t i = 1; i < fats; i++)
		put32(&b, 76 + i * 4, (uint32_t)(first + sectors + i - 1));
	CLEANUP(buf_free) struct buf fat = BUF_INIT(GIB);
	for (size_t i = 0; i < first; i++)
		u32(&fat, i == 0 ? 0xfffffffd : END_OF_CHAIN);
	for (size_t i = 0; i < sectors; i++)
		u32(&fat, i + 1 < sectors ? (uint32_t)(first + i + 1) : END_OF_CHAIN);
	while (fat.n < fats * SECTOR)
		u32(&fat, UINT32_MAX);
	buf_add(&b, fat.p, SECTOR);
	directory_entry(&b, "Root Entry", 5, 1, mini ? (uint32_t)first : END_OF_CHAIN, mini ? (uint32_t)stream.n : 0);
	directory_entry(&b, name, 2, UINT32_MAX, mini ? 0 : (uint32_t)first, (uint32_t)stream.n);
	pad(&b, SECTOR);
	if (mini) {
		uint32_t parts = (uint32_t)(stream.n + 63) / 64;
		for (uint32_t i = 0; i < SECTOR / 4; i++)
			u32(&b, i + 1 < parts ? i + 1 : END_OF_CHAIN);
	}
	buf_add_str(&b, stream);
	pad(&b, SECTOR);
	buf_add(&b, fat.p + SECTOR, fat.n - SECTOR);
	size_t n;
	char *bytes = buf_take(&b, &n);
	return str_n(bytes, n);
}

/* Formats: 0 general, 1 a date, 2 a date with a time of its own, 3 a time, 4 two digits. */
static void begin_book(struct buf *b, bool from_1904)
{
	record(b, BIFF_BOF, "hhww", 0x600u, 5u, 0u, 0u);
	record(b, BIFF_DATEMODE, "h", (unsigned)from_1904);
	record(b, BIFF_FORMAT, "hhbs", 164u, 16u, 0, "dd.mm.yyyy hh:mm");
	record(b, BIFF_FORMAT, "hhbs", 165u, 4u, 0, "0.00");
	const unsigned formats[] = { 0, 14, 164, 20, 165 };
	for (size_t i = 0; i < countof(formats); i++)
		record(b, BIFF_XF, "hhww", 0u, formats[i], 0u, 0u);
	record(b, BIFF_BOUNDSHEET, "wbbbbs", 0u, 0, 0, 1, 0, "S");
}

static size_t begin_sheet(struct buf *b)
{
	record(b, BIFF_EOF, "");
	size_t at = b->n;
	record(b, BIFF_BOF, "hhww", 0x600u, 0x10u, 0u, 0u);
	return at;
}

#define LABEL(row, column, text) record(&b, BIFF_LABEL, "hhhhbs", row, column, 0u, (unsigned)strlen(text), 0, text)

static struct str finish(struct buf *b, size_t sheet, bool mini)
{
	struct biff_record r;
	size_t at = 0;
	record(b, BIFF_EOF, "");
	while (biff_next(buf_str(b), &at, &r) && r.type != BIFF_BOUNDSHEET)
		;
	put32(b, r.at + 4, (uint32_t)sheet);
	struct str file = compound("Workbook", buf_str(b), mini);
	buf_free(b);
	return file;
}

static void expect(struct str file, const char *want)
{
	run_expect(file, want);
	free((char *)(uintptr_t)file.p);
}

static void refuse(struct str file, enum err_kind kind, const char *code, const char *says)
{
	run_refused(file, kind, code, says);
	free((char *)(uintptr_t)file.p);
}

static void test_numbers(void **state)
{
	for (int mini = 0; mini < 2; mini++) {
		struct buf b = BUF_INIT(MIB);
		begin_book(&b, false);
		size_t sheet = begin_sheet(&b);
		LABEL(0u, 0u, "a");
		LABEL(0u, 1u, "b");
		LABEL(0u, 2u, "c");
		LABEL(0u, 3u, "d");
		/* 7; 12.34 as hundredths; 1.5 as the front of a double; -5 */
		record(&b, BIFF_RK, "hhhw", 1u, 0u, 0u, 7u << 2 | 2);
		record(&b, BIFF_MULRK, "hhhwhwhwh", 1u, 1u, 0u, 1234u << 2 | 3, 4u, 0x3ff80000u, 0u, (unsigned)-20 | 2,
		       3u);
		record(&b, BIFF_NUMBER, "hhhd", 2u, 0u, 0u, 8.0);
		record(&b, BIFF_NUMBER, "hhhd", 2u, 1u, 4u, 2.5499999999999998);
		record(&b, BIFF_NUMBER, "hhhd", 2u, 2u, 0u, 1e-3);
		record(&b, BIFF_NUMBER, "hhhd", 2u, 3u, 0u, 1e20);
		expect(finish(&b, sheet, mini),
		       "[S] a BIGINT, b DECIMAL(18,2), c DECIMAL(18,3), d VARCHAR\n7|12.34|1.500|-5\n"
		       "8|2.55|0.001|100000000000000000000\n");
	}
}

static void test_dates(void **state)
{
	static const struct {
		bool from_1904;
		double day;
	} rows[] = { { false, 40513 }, { true, 39051 } };
	for (size_t i = 0; i < countof(rows); i++) {
		struct buf b = BUF_INIT(MIB);
		begin_book(&b, rows[i].from_1904);
		size_t sheet = begin_sheet(&b);
		LABEL(0u, 0u, "a");
		LABEL(0u, 1u, "b");
		LABEL(0u, 2u, "c");
		record(&b, BIFF_NUMBER, "hhhd", 1u, 0u, 1u, rows[i].day);
		record(&b, BIFF_NUMBER, "hhhd", 1u, 1u, 2u, rows[i].day + 0.35138888889);
		record(&b, BIFF_NUMBER, "hhhd", 1u, 2u, 3u, 0.5);
		expect(finish(&b, sheet, false),
		       "[S] a DATE, b TIMESTAMP, c TIME\n2010-12-01|2010-12-01T08:26:00Z|12:00:00\n");
	}
}

/* Truths, errors, formulas and what they came to; cells in any order; a chart inside the sheet; a cell written twice.
 */
static void test_cells(void **state)
{
	struct buf b = BUF_INIT(MIB);
	begin_book(&b, false);
	size_t sheet = begin_sheet(&b);
	record(&b, BIFF_FORMULA, "hhhbbbbhhwh", 2u, 1u, 0u, 0, 0, 0, 0, 0u, 0xffffu, 0u, 0u);
	record(&b, BIFF_STRING, "hbs", 3u, 0, "txt");
	record(&b, BIFF_BOOLERR, "hhhbb", 1u, 0u, 0u, 1, 0);
	record(&b, BIFF_BOF, "hhww", 0x600u, 0x20u, 0u, 0u);
	LABEL(1u, 1u, "of the chart");
	record(&b, BIFF_EOF, "");
	record(&b, BIFF_BOOLERR, "hhhbb", 2u, 0u, 0u, 0, 0);
	LABEL(0u, 0u, "a");
	LABEL(0u, 1u, "b");
	LABEL(1u, 1u, "first");
	LABEL(1u, 1u, "second");
	record(&b, BIFF_BOOLERR, "hhhbb", 6u, 1u, 0u, 0x07, 1);
	record(&b, BIFF_FORMULA, "hhhbbbbhhwh", 6u, 0u, 0u, 1, 0, 1, 0, 0u, 0xffffu, 0u, 0u);
	expect(finish(&b, sheet, false), "[S] a BOOLEAN, b VARCHAR\ntrue|second\nfalse|txt\ntrue|∅\n"
					 "! 7 b: #DIV/0! (an error value or binary data in the file)\n");
}

/* Texts of one and two bytes a unit, rich ones, and one that a CONTINUE record parts and makes wide. */
static void test_strings(void **state)
{
	struct buf b = BUF_INIT(MIB);
	begin_book(&b, false);
	record(&b, BIFF_SST, "wwhbshbhhhbhs", 4u, 4u, 1u, 0, "h", 2u, 1, 0x418u, 0x432u, 3u, 8, 1u, "one");
	/* its formatting, and the text "ab" + "Ив" that begins here and goes on wide */
	record(&b, BIFF_CONTINUE, "whbs", 0u, 4u, 0, "ab");
	record(&b, BIFF_CONTINUE, "bhh", 1, 0x418u, 0x432u);
	size_t sheet = begin_sheet(&b);
	for (unsigned i = 0; i < 4; i++)
		record(&b, BIFF_LABELSST, "hhhw", i, 0u, 0u, i);
	record(&b, BIFF_LABELSST, "hhhw", 5u, 0u, 0u, 77u);
	expect(finish(&b, sheet, false), "[S] h VARCHAR\nИв\none\nabИв\n");
}

static void test_many(void **state)
{
	struct buf b = BUF_INIT(GIB), want = BUF_INIT(GIB);
	begin_book(&b, false);
	size_t sheet = begin_sheet(&b);
	LABEL(0u, 0u, "n");
	LABEL(0u, 1u, "s");
	buf_adds(&want, "[S] n BIGINT, s VARCHAR\n");
	for (unsigned i = 1; i < 50000; i++) {
		char text[40];
		snprintf(text, sizeof text, "text number %u", i * 7);
		record(&b, BIFF_RK, "hhhw", i, 0u, 0u, i << 2 | 2);
		LABEL(i, 1u, text);
		buf_addf(&want, "%u|%s\n", i, text);
	}
	struct str file = finish(&b, sheet, false);
	struct run run = run_bytes(file, "t", AS_AUTO, true);
	if (!run.good)
		fail_msg("%s", run.e.message);
	assert_string_equal(run.format, "xls");
	assert_true(str_eq(buf_str(&run.text), buf_str(&want)));
	buf_free(&run.text);
	buf_free(&want);
	for (size_t n = 8; n < file.n; n += file.n / 97) /* cut anywhere */
		run_refused(str_n(file.p, n), ERR_VALUE, "truncated", "cut short");
	free((char *)(uintptr_t)file.p);
}

static struct str stream_file(const char *name, bool encrypted, unsigned version, bool sheets)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(MIB);
	record(&b, BIFF_BOF, "hhww", version, 5u, 0u, 0u);
	if (encrypted)
		record(&b, BIFF_FILEPASS, "h", 1u);
	if (sheets)
		record(&b, BIFF_BOUNDSHEET, "wbbbbs", 0x7fffffffu, 0, 0, 1, 0, "S");
	record(&b, BIFF_EOF, "");
	return compound(name, buf_str(&b), false);
}

static void test_refused(void **state)
{
	refuse(stream_file("Workbook", true, 0x600, true), ERR_VALUE, "encrypted", "password");
	refuse(stream_file("EncryptedPackage", false, 0x600, true), ERR_VALUE, "encrypted", "password");
	refuse(stream_file("Book", false, 0x500, true), ERR_VALUE, "file_excel95", "Excel 95");
	refuse(stream_file("Workbook", false, 0x500, true), ERR_VALUE, "file_excel95", "Excel 95");
	refuse(stream_file("WordDocument", false, 0x600, true), ERR_VALUE, "file_document", "Word");
	refuse(stream_file("Other", false, 0x600, true), ERR_VALUE, "file_document", "no workbook");
	refuse(stream_file("Workbook", false, 0x600, false), ERR_VALUE, "no_sheets", "no worksheet");
	refuse(stream_file("Workbook", false, 0x600, true), ERR_VALUE, "damaged", "not where it should be");
	/* sectors that run in a circle */
	struct str file = stream_file("Workbook", false, 0x600, true);
	uint32_t own = 1;
	memcpy((char *)(uintptr_t)file.p + SECTOR + 4, &own, sizeof own);
	refuse(file, ERR_VALUE, "damaged", "circle");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_dates), cmocka_unit_test(test_cells),
		cmocka_unit_test(test_strings), cmocka_unit_test(test_many),  cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
