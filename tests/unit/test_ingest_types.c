/* ingest/types.h: what one text means, and what a column of them does. */
#include "ingest/types.h"

#include "base/clock.h"
#include "base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		char decimal;
		int64_t digits;
		int scale;
	} rows[] = {
		{ "0", '.', 0, 0 },
		{ "-17", '.', -17, 0 },
		{ "2.55", '.', 255, 2 },
		{ "2.50", '.', 25, 1 },
		{ "3.00", '.', 3, 0 },
		{ "1 234,56", ',', 123456, 2 },
		{ "1\xc2\xa0"
		  "234\xc2\xa0"
		  "567,8",
		  ',', 12345678, 1 },
		{ "1\xe2\x80\x89"
		  "234",
		  ',', 1234, 0 },
		{ "1.234.567,89", ',', 123456789, 2 },
		{ "1,234,567.89", '.', 123456789, 2 },
		{ "1'234.5", '.', 12345, 1 },
		{ "$32,370.00", '.', 32370, 0 },
		{ "$(1,008.75)", '.', -100875, 2 },
		{ "(1 234,56)", ',', -123456, 2 },
		{ "-$5", '.', -5, 0 },
		{ "$-", '.', 0, 0 },
		{ "$-   ", '.', 0, 0 },
		{ "12,50 zł", ',', 125, 1 },
		{ "1 000 ₽", ',', 1000, 0 },
		{ "99 руб.", ',', 99, 0 },
		{ "12,5%", ',', 125, 3 },
		{ "50 %", '.', 5, 1 },
		{ ".5", '.', 5, 1 },
		{ "\xe2\x88\x92"
		  "4",
		  '.', -4, 0 },
		{ "+5", '.', 5, 0 },
		{ "1 234,56-", ',', -123456, 2 },
		{ "(1 234,56 ₽)", ',', -123456, 2 },
		{ "(1 234,56) ₽", ',', -123456, 2 },
		{ "1 234,56 руб.", ',', 123456, 2 },
		{ "PLN 1.234,56", ',', 123456, 2 },
		{ "1 234,56 MKD", ',', 123456, 2 },
		{ "1.234,56 ден.", ',', 123456, 2 },
		{ "€1.234", ',', 1234, 0 },
		{ "1\xe2\x80\x99"
		  "234\xe2\x80\x99"
		  "567.80",
		  '.', 12345678, 1 },
		{ "1\xe2\x80\xaf"
		  "234,5 zł",
		  ',', 12345, 1 },
		{ "- ₽", ',', 0, 0 },
		{ "9.83E-05", '.', 983, 7 },
		{ "1.5e3", '.', 1500, 0 },
		{ "0.000000000000000125", '.', 125, 18 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct number n;
		if (!value_number(str_of(rows[i].text), rows[i].decimal, &n))
			fail_msg("%s with %c: refused", rows[i].text, rows[i].decimal);
		int64_t v = n.negative ? -(int64_t)n.digits : (int64_t)n.digits;
		if (v != rows[i].digits || n.scale != rows[i].scale || !n.exact)
			fail_msg("%s: %lld scale %d", rows[i].text, (long long)v, n.scale);
	}
}

static void test_not_numbers(void **state)
{
	static const struct {
		const char *text;
		char decimal;
	} rows[] = {
		{ "5--", '.' },   { "-5-", '.' },  { "(5-", '.' },   { "", '.' },       { "-", '.' },
		{ "1,23", '.' },  { "1.23", ',' }, { "12 34", '.' }, { "1,2345", '.' }, { "1,234 567", '.' },
		{ "1.2.3", '.' }, { "5.", '.' },   { "12E4", '.' },  { "85123A", '.' }, { "0x10", '.' },
		{ "1e", '.' },    { "$", '.' },    { "%", '.' },     { "--5", '.' },    { "()", '.' },
		{ "NaN", '.' },   { "inf", '.' },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct number n;
		if (value_number(str_of(rows[i].text), rows[i].decimal, &n))
			fail_msg("%s with %c: taken", rows[i].text, rows[i].decimal);
	}
}

static void test_inexact_numbers(void **state)
{
	static const struct {
		const char *text;
		double value;
	} rows[] = {
		{ "1.5e-300", 1.5e-300 },
		{ "9.83E-05", 9.83e-05 },
		{ "1.5e10", 1.5e10 },
		{ "123456789012345678901234567890", 123456789012345678901234567890.0 },
		{ "-0.1234567890123456789012", -0.1234567890123456789012 },
		{ "0.1", 0.1 },
		{ "-1.5E+3", -1500 },
	};
	struct column_type t = { .type = TYPE_DOUBLE, .decimal = '.' };
	for (size_t i = 0; i < countof(rows); i++) {
		union value v;
		assert_int_equal(value_read(&t, str_of(rows[i].text), &v), VALUE_OK);
		assert_true(v.real == rows[i].value);
	}
}

static void test_moments(void **state)
{
	static const struct {
		const char *text;
		enum date_order order;
		const char *utc; /* NULL: not a date */
	} rows[] = {
		{ "2026-12-31", ORDER_DMY, "2026-12-31T00:00:00Z" },
		{ "2026/1/2", ORDER_MDY, "2026-01-02T00:00:00Z" },
		{ "31.12.2026", ORDER_DMY, "2026-12-31T00:00:00Z" },
		{ "31.12.2026 г.", ORDER_DMY, "2026-12-31T00:00:00Z" },
		{ "12/1/2010 8:26", ORDER_MDY, "2010-12-01T08:26:00Z" },
		{ "1/12/10", ORDER_DMY, "2010-12-01T00:00:00Z" },
		{ "31/12/99", ORDER_DMY, "1999-12-31T00:00:00Z" },
		{ "2026-12-31 23:59:59.5", ORDER_YMD, "2026-12-31T23:59:59.500000Z" },
		{ "2026-12-31T23:59:59Z", ORDER_YMD, "2026-12-31T23:59:59Z" },
		{ "2026-12-31T02:00:00+03:00", ORDER_YMD, "2026-12-30T23:00:00Z" },
		{ "1/2/2026 12:05 AM", ORDER_MDY, "2026-01-02T00:05:00Z" },
		{ "1/2/2026 1:05:09 pm", ORDER_MDY, "2026-01-02T13:05:09Z" },
		{ "29.02.2024", ORDER_DMY, "2024-02-29T00:00:00Z" },
		{ "5 марта 2026 г.", ORDER_MDY, "2026-03-05T00:00:00Z" },
		{ "5 Мая 2026", ORDER_DMY, "2026-05-05T00:00:00Z" },
		{ "05-янв-26", ORDER_DMY, "2026-01-05T00:00:00Z" },
		{ "5.сен.26", ORDER_DMY, "2026-09-05T00:00:00Z" },
		{ "31 GRUDNIA 2026", ORDER_DMY, "2026-12-31T00:00:00Z" },
		{ "1 paź 2026 r.", ORDER_DMY, "2026-10-01T00:00:00Z" },
		{ "7 мај 2026", ORDER_YMD, "2026-05-07T00:00:00Z" },
		{ "12-Mar-2026 14:30", ORDER_DMY, "2026-03-12T14:30:00Z" },
		{ "March 5, 2026", ORDER_DMY, "2026-03-05T00:00:00Z" },
		{ "Dec 31 2026 11:59 PM", ORDER_DMY, "2026-12-31T23:59:00Z" },
		{ "2026-12-31 23:59:59 UTC", ORDER_DMY, "2026-12-31T23:59:59Z" },
		{ "2026-12-31 23:59:59 MSK", ORDER_DMY, "2026-12-31T20:59:59Z" },
		{ "2026-12-31 23:59:59+03", ORDER_DMY, "2026-12-31T20:59:59Z" },
		{ "2026-12-31 23:59:59.123-0530", ORDER_DMY, "2027-01-01T05:29:59.123000Z" },
		/* not dates */
		{ "29.02.2023", ORDER_DMY, NULL },
		{ "31.12.2026", ORDER_MDY, NULL },
		{ "13/13/2020", ORDER_DMY, NULL },
		{ "1.2.3", ORDER_DMY, NULL },
		{ "31.12", ORDER_DMY, NULL },
		{ "31-12.2026", ORDER_DMY, NULL },
		{ "2026-12-31x", ORDER_DMY, NULL },
		{ "2026-12-31 25:00", ORDER_DMY, NULL },
		{ "2026-12-31 5", ORDER_DMY, NULL },
		{ "31.12.20266", ORDER_DMY, NULL },
		{ "1/2/2026 13:05 PM", ORDER_DMY, NULL },
		{ "0.0.0000", ORDER_DMY, NULL },
		{ "192.168.1.1", ORDER_DMY, NULL },
		{ "030-0074321", ORDER_DMY, NULL },
		{ "31/12/26", ORDER_YMD, NULL },
		{ "31 февраля 2026", ORDER_DMY, NULL },
		{ "5 мартобря 2026", ORDER_DMY, NULL },
		{ "марта 2026", ORDER_DMY, NULL },
		{ "May the 4th", ORDER_DMY, NULL },
		{ "Mar 5", ORDER_DMY, NULL },
		{ "5 марта 2026 x", ORDER_DMY, NULL },
		{ "March 5 20261", ORDER_DMY, NULL },
		{ "2026-12-31 23:59:59 XYZ", ORDER_DMY, NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct moment m;
		char text[CLOCK_TEXT];
		bool ok = value_moment(str_of(rows[i].text), rows[i].order, &m);
		if (ok != (rows[i].utc != NULL))
			fail_msg("%s: %s", rows[i].text, ok ? "taken" : "refused");
		if (!ok)
			continue;
		clock_format(m.days * USEC_PER_DAY + m.usec, text);
		assert_string_equal(text, rows[i].utc);
	}
}

static void test_columns(void **state)
{
	static const struct {
		const char *values; /* separated by | */
		const char *type;
	} rows[] = {
		{ "1|2|-3", "BIGINT" },
		{ "1|2.5|3", "DECIMAL(18,1)" },
		{ "3.00|20.00", "BIGINT" },
		{ "2.55|0.001|1", "DECIMAL(18,3)" },
		{ "1,5|2|3,25", "DECIMAL(18,2)" },
		{ "$32,370.00|$-|$(1,008.75)", "DECIMAL(18,2)" },
		{ "0.2|9.83E-05", "DECIMAL(18,7)" },
		{ "0.33333333333333|1", "DECIMAL(18,14)" },
		{ "0.30000000000000004|12345.5", "DECIMAL(38,17)" },
		{ "0.00000000000000000000000000000000000001|-0.5", "DECIMAL(38,38)" },
		{ "123456789012345678.25|1", "DECIMAL(38,2)" },
		{ "1.5e-300|0.1", "DOUBLE" },
		{ "6.02e23|1", "DOUBLE" },
		{ "да|Нет|ДА", "BOOLEAN" },
		{ "tak|nie|-|brak", "BOOLEAN" },
		{ "yes|no|YES", "BOOLEAN" },
		{ "да|не", "BOOLEAN" },
		{ "5 марта 2026 г.|31 дек 2026", "DATE" },
		{ "5 marca 2026|1 maja 2026 12:30", "TIMESTAMP" },
		{ "true|FALSE|True", "BOOLEAN" },
		{ "31.12.2026|1.1.2026", "DATE" },
		{ "12/13/2010 8:26|1/1/2011 0:00", "TIMESTAMP" },
		{ "1996-07-04 00:00:00.000|1996-07-05 00:00:00.000", "DATE" },
		{ "1|NULL|N/A|-|2", "BIGINT" },
		{ "1|н/д||3", "BIGINT" },
		/* what stays text */
		{ "", "VARCHAR" },
		{ "NULL|NA", "VARCHAR" },
		{ "01040|77095", "VARCHAR" },
		{ "007|8|9", "VARCHAR" },
		{ "112312323321|112312323322", "VARCHAR" },
		{ "536365|C536379|536366", "VARCHAR" },
		{ "85123A|71053", "VARCHAR" },
		{ "+79121234567|+79121234568", "VARCHAR" },
		{ "8 912 123 45 67|8 912 123 45 68", "VARCHAR" },
		{ "4000 1234 5678 9010|4000 1234 5678 9011", "VARCHAR" },
		{ "1234567890123456789|1", "VARCHAR" },
		{ "NO|NO", "VARCHAR" }, /* Norway */
		{ "да|да", "VARCHAR" },
		{ "yes|no|unknown", "VARCHAR" },
		{ "89121234567|79121234568", "VARCHAR" },
		{ "0.1234567890123456789012345678901234567890|1", "VARCHAR" },
		{ "1 234 567 890 123 456 789 012", "VARCHAR" },
		{ "1|two|3", "VARCHAR" },
		{ "31.12.2026|soon", "VARCHAR" },
		{ "12E4|15E2", "VARCHAR" },
		{ "1.1.1|1.1.2", "VARCHAR" },
		{ "V6Z|10035", "VARCHAR" },
		{ "14:05|9:30|23:59", "TIME" },
		{ "08:00:00|09:15:30.250|NULL", "TIME" },
		{ "2:05 PM|11:15 am", "TIME" },
		{ "25:10|14:05", "VARCHAR" }, /* durations */
		/* the part before the point is two digits shorter than written */
		{ "12345678901234567%|1%", "DECIMAL(18,2)" },
		/* all the digits that are kept, thin spaces between them */
		{ "12\u2009345\u2009678\u2009901\u2009234\u2009567\u2009890\u2009123\u2009456\u2009789\u2009012,5|0,5",
		  "DECIMAL(38,1)" },
		/* a workbook writes 100000000000.00 without a fraction; accounts have none anywhere */
		{ "100000000000|79161234567|1.5|2.5|3.5", "DECIMAL(18,1)" },
		{ "100000000000|200000000000|1.5", "VARCHAR" },
		{ "14:05+03|15:05+03", "VARCHAR" },
		{ "12:60|11:30", "VARCHAR" },
		{ "2:1|3:0", "VARCHAR" },
	};
	static const struct infer_hint none = { 0 };
	for (size_t i = 0; i < countof(rows); i++) {
		struct infer f = { 0 };
		struct str rest = str_of(rows[i].values), part;
		char name[TYPE_NAME_BYTES];
		while (str_split(&rest, '|', &part))
			infer_add(&f, part);
		struct column_type t = infer_decide(&f, &none);
		column_type_name(&t, name);
		if (strcmp(name, rows[i].type) != 0)
			fail_msg("%s: %s, not %s", rows[i].values, name, rows[i].type);
		struct column_type back;
		assert_true(column_type_parse(str_of(name), &back));
		assert_int_equal(back.type, t.type);
		assert_int_equal(back.scale, t.scale);
	}
}

static void test_whole_column_decides(void **state)
{
	static const struct {
		const char *few;  /* once */
		const char *many; /* 200 times */
		bool comma_hint;
		const char *type;
		enum date_order order;
		bool ambiguous;
		char decimal;
	} rows[] = {
		{ "16/12/20", "03/04/19", false, "DATE", ORDER_DMY, false, '.' },
		{ "12/16/20", "03/04/19", false, "DATE", ORDER_MDY, false, '.' },
		{ "04/05/20", "03/04/19", false, "DATE", ORDER_DMY, true, '.' },
		{ "2020-01-02", "2020-03-04", false, "DATE", ORDER_YMD, false, '.' },
		{ "1,5", "1,234", false, "DECIMAL(18,3)", 0, false, ',' },
		{ "1,234.5", "1,234", true, "DECIMAL(18,1)", 0, false, '.' },
		{ "1,235", "1,234", false, "BIGINT", 0, false, '.' },
		{ "1,235", "1,234", true, "DECIMAL(18,3)", 0, false, ',' },
		{ "2,000", "1,000", true, "BIGINT", 0, false, ',' }, /* 1 and 2: quantities of 1C */
		{ "2,000", "1,000", false, "BIGINT", 0, false, '.' },
		{ "1.235", "1.234", false, "DECIMAL(18,3)", 0, false, '.' },
		{ "oops", "12", false, "BIGINT", 0, false, '.' },
		{ "oops", "12.5", false, "DECIMAL(18,1)", 0, false, '.' },
		{ "A12", "12", false, "VARCHAR", 0, false, '.' },
		{ "05", "12", false, "VARCHAR", 0, false, '.' },
		{ "04.05.20", "03.04.19", false, "DATE", ORDER_DMY, false, '.' },
		{ "5 марта 2026", "4 марта 2026", false, "DATE", ORDER_YMD, false, '.' },
		{ "soon", "31.12.2026", false, "DATE", ORDER_DMY, false, '.' },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct infer f = { 0 }, other = { 0 };
		struct infer_hint hint = { .decimal_comma = rows[i].comma_hint };
		char name[TYPE_NAME_BYTES];
		infer_add(&f, str_of(rows[i].few));
		for (int k = 0; k < 200; k++)
			infer_add(&other, str_of(rows[i].many));
		infer_merge(&f, &other);
		struct column_type t = infer_decide(&f, &hint);
		column_type_name(&t, name);
		if (strcmp(name, rows[i].type) != 0 || t.date_ambiguous != rows[i].ambiguous ||
		    t.decimal != rows[i].decimal || ((t.type == TYPE_DATE) && t.order != rows[i].order))
			fail_msg("row %zu: %s order %d %s decimal %c", i, name, t.order,
				 t.date_ambiguous ? "ambiguous" : "", t.decimal);
	}
	struct infer phones = { 0 };
	struct infer_hint keep = { .keep_text = true };
	infer_add(&phones, STR("89121234567"));
	assert_int_equal(infer_decide(&phones, &keep).type, TYPE_VARCHAR);
}

/* One comma or dot: told by the column, by another one, or by nothing. */
static void ambiguous_marks(void **state)
{
	(void)state;
	static const struct {
		const char *one, *other;
		struct infer_hint hint;
		const char *type;
		char decimal, ambiguous;
	} rows[] = {
		{ "1,000", "2,500", { 0 }, "BIGINT", '.', ',' },
		{ "1,000", "2,500", { .decimal_comma = true }, "DECIMAL(18,1)", ',', ',' },
		{ "1,000", "2,500", { .decimal_comma = true, .mark_told = true }, "DECIMAL(18,1)", ',', 0 },
		{ "1,000", "2,5", { 0 }, "DECIMAL(18,1)", ',', 0 },
		{ "1,000", "0,125", { 0 }, "DECIMAL(18,3)", ',', 0 },
		{ "1,000", "1,000,000", { 0 }, "BIGINT", '.', 0 },
		{ "1,000", "12", { 0 }, "BIGINT", '.', ',' },
		{ "1.000", "2.500", { .typed_in = true }, "DECIMAL(18,1)", '.', '.' },
		{ "1.000", "2.500", { 0 }, "DECIMAL(18,1)", '.', 0 }, /* a workbook's own number */
		{ "1.000", "2.500", { .typed_in = true, .mark_told = true }, "DECIMAL(18,1)", '.', 0 },
		{ "1.000", "2.500", { .typed_in = true, .mark_told = true, .decimal_comma = true }, "BIGINT", ',', 0 },
		{ "1.000", "0.125", { .typed_in = true }, "DECIMAL(18,3)", '.', 0 },
		{ "1.000", "2.000.000", { .typed_in = true }, "BIGINT", ',', 0 },
		{ "12", "13", { .typed_in = true }, "BIGINT", '.', 0 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct infer f = { 0 };
		char name[TYPE_NAME_BYTES];
		infer_add(&f, str_of(rows[i].one));
		infer_add(&f, str_of(rows[i].other));
		struct column_type t = infer_decide(&f, &rows[i].hint);
		column_type_name(&t, name);
		if (strcmp(name, rows[i].type) != 0 || t.decimal != rows[i].decimal ||
		    t.mark_ambiguous != rows[i].ambiguous)
			fail_msg("row %zu: %s decimal %c ambiguous %d", i, name, t.decimal, t.mark_ambiguous);
	}
}

/* Numbers and words that are dates where the header says so, units, and both marks. */
static void plain_dates_and_units(void **state)
{
	(void)state;
	static const struct infer_hint date = { .column = true, .may_be_date = true }, column = { .column = true },
				       cell = { .may_be_date = true };
	static const struct {
		const char *one, *other;
		const struct infer_hint *hint;
		const char *type;
	} rows[] = {
		{ "20250131", "20240229", &date, "DATE" },
		{ "20250131", "20240229", &column, "BIGINT" },
		{ "20250131", "20240229", &cell, "BIGINT" },
		{ "20250131", "20250229", &date, "BIGINT" },
		{ "20250131", "18991231", &date, "BIGINT" },
		{ "20250131235959", "20250131", &date, "TIMESTAMP" },
		{ "20250131240000", "20250131000000", &date, "VARCHAR" }, /* of 14 digits: an account */
		{ "202501", "202512", &date, "DATE" },
		{ "202501", "202500", &date, "BIGINT" },
		{ "1735689600", "1735689601", &date, "TIMESTAMP" },
		{ "1735689600", "999999999", &date, "BIGINT" },
		{ "1735689600123", "1735689600124", &date, "TIMESTAMP" },
		{ "2025-01", "12.2025", &date, "DATE" },
		{ "2025-01", "2025-13", &date, "VARCHAR" },
		{ "2025-01", "2025-02", &column, "VARCHAR" },
		{ "Январь 2025", "фев.25", &column, "DATE" },
		{ "Январь 2025", "фев.25", &cell, "VARCHAR" },
		{ "5 кг", "7 kg", &column, "BIGINT" },
		{ "5 кг", "7 г", &column, "VARCHAR" },
		{ "5 кг", "7", &column, "VARCHAR" },
		{ "5 шт", "7", &column, "BIGINT" },
		{ "5 кг", "7 кг", &cell, "VARCHAR" },
		{ "1.5", "2,25", &column, "DECIMAL(18,2)" },
		{ "1.5", "2,250", &column, "DECIMAL(18,1)" }, /* two thousand and more: read by the point */
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct infer f = { 0 };
		char name[TYPE_NAME_BYTES];
		infer_add(&f, str_of(rows[i].one));
		infer_add(&f, str_of(rows[i].other));
		struct column_type t = infer_decide(&f, rows[i].hint);
		column_type_name(&t, name);
		if (strcmp(name, rows[i].type) != 0)
			fail_msg("row %zu: %s, %s: %s and not %s", i, rows[i].one, rows[i].other, name, rows[i].type);
	}
}

static void test_reading_and_contradiction(void **state)
{
	static const struct {
		const char *type, *text;
		enum value_result result;
		bool contradicts;
	} rows[] = {
		{ "BIGINT", "12", VALUE_OK, false },
		{ "BIGINT", "$1,200", VALUE_OK, false },
		{ "BIGINT", "", VALUE_MISSING, false },
		{ "BIGINT", "NULL", VALUE_MISSING, false },
		{ "BIGINT", "oops", VALUE_MISFIT, false },
		{ "BIGINT", "1.5", VALUE_MISFIT, true },
		{ "BIGINT", "007", VALUE_MISFIT, true },
		{ "BIGINT", "C12", VALUE_MISFIT, true },
		{ "BIGINT", "9999999999999999999", VALUE_MISFIT, true },
		{ "DECIMAL(18,2)", "1.25", VALUE_OK, false },
		{ "DECIMAL(18,2)", "1.255", VALUE_MISFIT, true },
		{ "DECIMAL(18,2)", "99999999999999999.5", VALUE_MISFIT, true },
		{ "DECIMAL(18,2)", "12a", VALUE_MISFIT, false },
		{ "DECIMAL(38,20)", "0.00000000000000000001", VALUE_OK, false },
		{ "DECIMAL(38,20)", "123456789012345678.5", VALUE_OK, false },
		{ "DECIMAL(38,20)", "1234567890123456789.5", VALUE_MISFIT, true },
		{ "DATE", "31.12.2026", VALUE_OK, false },
		{ "DATE", "31.12.2026 10:00", VALUE_MISFIT, true },
		{ "DATE", "12/31/2026", VALUE_MISFIT, true },
		{ "DATE", "31.13.2026", VALUE_MISFIT, false },
		{ "TIMESTAMP", "31.12.2026", VALUE_OK, false },
		{ "BOOLEAN", "TRUE", VALUE_OK, false },
		{ "BOOLEAN", "maybe", VALUE_MISFIT, false },
		{ "DOUBLE", "1e400", VALUE_MISFIT, false },
		{ "DOUBLE", "1.5e400", VALUE_MISFIT, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct column_type t;
		union value v;
		struct str text = str_of(rows[i].text);
		assert_true(column_type_parse(str_of(rows[i].type), &t));
		if (value_read(&t, text, &v) != rows[i].result)
			fail_msg("%s as %s", rows[i].text, rows[i].type);
		if (rows[i].result == VALUE_MISFIT) {
			if (value_contradicts(&t, text) != rows[i].contradicts)
				fail_msg("%s against %s", rows[i].text, rows[i].type);
			assert_true(strlen(value_misfit_reason(&t, text)) > 5);
		}
	}
	static const char *const wrong[] = {
		"",        "INTEGER",     "DECIMAL(18,19)", "DECIMAL(38,39)", "DECIMAL(39,2)", "DECIMAL",
		"varchar", "DECIMAL(18)", "DECIMAL(18,2",   "DECIMAL(0,0)",   "DECIMAL(18,-1)"
	};
	for (size_t i = 0; i < countof(wrong); i++) {
		struct column_type t;
		assert_false(column_type_parse(str_of(wrong[i]), &t));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(ambiguous_marks),
		cmocka_unit_test(plain_dates_and_units),
		cmocka_unit_test(test_not_numbers),
		cmocka_unit_test(test_inexact_numbers),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_whole_column_decides),
		cmocka_unit_test(test_reading_and_contradiction),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
