/* What a person says about columns, and filters and sorts as SQL: analysis/roles.h, rows_sql.h, import_role_parse. */
#include "analysis/import.h"
#include "analysis/relations.h"
#include "analysis/roles.h"
#include "analysis/rows_sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dataset_column *columns(size_t *n)
{
	static const struct dataset_column all[] = {
		{ .name = "id", .type = "BIGINT", .role = "customer.id", .reason = "" },
		{ .name = "Имя \"x\"", .type = "VARCHAR", .role = "", .reason = "" },
		{ .name = "a.b", .type = "DECIMAL(18,2)", .role = "", .reason = "" },
		{ .name = "phone", .type = "VARCHAR", .role = "customer.phone", .reason = "" },
		{ .name = "e:mail,", .type = "VARCHAR", .role = "customer.email", .reason = "" },
	};
	struct dataset_column *copy = malloc(sizeof all);
	memcpy(copy, all, sizeof all);
	*n = countof(all);
	return copy;
}

static void role_texts(void **state)
{
	static const struct {
		const char *text, *table, *column, *role;
	} rows[] = {
		{ "id=customer.id", NULL, "id", "customer.id" },
		{ "clients.id=customer.id", "clients", "id", "customer.id" },
		{ "a=b=ignore", NULL, "a=b", "ignore" },
		{ "x=", NULL, "x", "" },
		{ ".x=ignore", NULL, ".x", "ignore" },
		{ "x.=ignore", NULL, "x.", "ignore" },
		{ "=ignore", NULL, NULL, NULL },
		{ "no role", NULL, NULL, NULL },
		{ "", NULL, NULL, NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct import_role r = { 0 };
		struct err e = { 0 };
		char *text = NULL;
		bool ok = import_role_parse(rows[i].text, &r, &text, &e);
		if (ok != (rows[i].column != NULL))
			fail_msg("\"%s\"", rows[i].text);
		if (!ok) {
			assert_int_equal(e.kind, ERR_USAGE);
			assert_null(text);
			continue;
		}
		assert_string_equal(r.column, rows[i].column);
		assert_string_equal(r.role, rows[i].role);
		if (rows[i].table)
			assert_string_equal(r.table, rows[i].table);
		else
			assert_null(r.table);
		free(text);
	}
}

static void roles_given(void **state)
{
	static const struct {
		struct import_role r[2];
		const char *field; /* of the refusal; NULL = accepted */
		const char *column, *role;
	} rows[] = {
		{ { { NULL, "Имя \"x\"", "customer.full_name" } }, NULL, "Имя \"x\"", "customer.full_name" },
		{ { { "T", "phone", "" } }, NULL, "phone", "" },
		{ { { "a", "b", "purchase.amount" } }, NULL, "a.b", "purchase.amount" },
		{ { { NULL, "phone", "customer.id" } }, NULL, "id", "" }, /* taken from the one that was guessed */
		{ { { NULL, "id", "ignore" }, { NULL, "phone", "ignore" } }, NULL, "phone", "ignore" },
		{ { { NULL, "id", "customer.products" }, { NULL, "phone", "customer.products" } },
		  NULL,
		  "id",
		  "customer.products" },
		{ { { NULL, "id", "customer.nonsense" } }, "id", NULL, NULL },
		{ { { NULL, "id", "CUSTOMER.ID" } }, "id", NULL, NULL },
		{ { { NULL, "nobody", "ignore" } }, "nobody", NULL, NULL },
		{ { { "other", "id", "ignore" } }, "other", NULL, NULL },
		{ { { NULL, "id", "customer.age" }, { NULL, "phone", "customer.age" } }, "phone", NULL, NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct dataset_table t = { .name = "t" };
		struct err e = { 0 };
		t.columns = columns(&t.n_columns);
		bool ok = roles_apply(&t, 1, rows[i].r, rows[i].r[1].column ? 2 : 1, &e);
		if (ok != !rows[i].field)
			fail_msg("row %zu: %s", i, e.message);
		if (ok) {
			assert_string_equal(dataset_column_named(&t, str_of(rows[i].column))->role, rows[i].role);
		} else {
			assert_int_equal(e.kind, ERR_VALUE);
			assert_string_equal(e.field, rows[i].field);
		}
		free(t.columns);
	}
}

static void roles_kept(void **state)
{
	struct dataset_table was = { .name = "T" }, now = { .name = "t" };
	was.columns = columns(&was.n_columns);
	now.columns = columns(&now.n_columns);
	was.columns[1].role = "customer.full_name";
	was.columns[1].by_person = true;
	was.columns[3].role = "ignore"; /* guessed: not kept */
	struct dataset_content before = { .tables = &was, .n_tables = 1 };
	roles_inherit(&now, 1, &before);
	assert_string_equal(now.columns[1].role, "customer.full_name");
	assert_true(now.columns[1].by_person);
	assert_string_equal(now.columns[3].role, "customer.phone");
	free(was.columns);
	free(now.columns);
}

static void filters(void **state)
{
	static const struct {
		const char *filter, *sql, *params; /* sql NULL = refused */
	} rows[] = {
		{ "", "", "[]" },
		{ "id:eq:5", " WHERE \"id\" = CAST(? AS BIGINT)", "[\"5\"]" },
		{ "ID:gt:5,a.b:le:1.50", " WHERE \"id\" > CAST(? AS BIGINT) AND \"a.b\" <= CAST(? AS DECIMAL(18,2))",
		  "[\"5\",\"1.50\"]" },
		{ "Имя \"x\":contains:a:b\\,c'; DROP TABLE x --",
		  " WHERE contains(lower(CAST(\"Имя \"\"x\"\"\" AS VARCHAR)), lower(?))",
		  "[\"a:b,c'; DROP TABLE x --\"]" },
		{ "e\\:mail\\,:null", " WHERE \"e:mail,\" IS NULL", "[]" },
		{ "id:notnull,phone:starts:+7",
		  " WHERE \"id\" IS NOT NULL AND "
		  "starts_with(lower(CAST(\"phone\" AS VARCHAR)), lower(?))",
		  "[\"+7\"]" },
		{ "id:eq:", " WHERE \"id\" = CAST(? AS BIGINT)", "[\"\"]" },
		{ "nobody:eq:1", NULL, NULL },
		{ "id", NULL, NULL },
		{ "id:eq", NULL, NULL },
		{ "id:null:1", NULL, NULL },
		{ "id:like:1", NULL, NULL },
		{ ":eq:1", NULL, NULL },
		{ "id:eq:1,,", NULL, NULL },
		{ "\\", NULL, NULL },
		{ "_row:eq:1", NULL, NULL },
		{ "id\" OR 1=1 --:eq:1", NULL, NULL },
	};
	struct dataset_table t = { .name = "t" };
	t.columns = columns(&t.n_columns);
	for (size_t i = 0; i < countof(rows); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(MIB);
		CLEANUP(buf_free) struct buf sql = BUF_INIT(MIB);
		CLEANUP(buf_free) struct buf params = BUF_INIT(MIB);
		struct json_writer w = json_writer(&params);
		struct err e = { 0 };
		jw_open(&w, '[');
		bool ok = rows_where(&a, &t, str_of(rows[i].filter), &sql, &w, &e);
		jw_close(&w, ']');
		if (ok != (rows[i].sql != NULL))
			fail_msg("\"%s\": %s", rows[i].filter, e.message);
		if (!ok) {
			assert_int_equal(e.kind, ERR_VALUE);
			assert_string_equal(e.field, "filter");
			continue;
		}
		assert_string_equal(buf_str(&sql).p, rows[i].sql);
		assert_string_equal(params.p, rows[i].params);
	}
	free(t.columns);
}

static void sorts(void **state)
{
	static const struct {
		const char *sort, *sql;
	} rows[] = {
		{ "", " ORDER BY _row" },
		{ "id", " ORDER BY \"id\" ASC NULLS LAST, _row" },
		{ "-id,phone", " ORDER BY \"id\" DESC NULLS LAST, \"phone\" ASC NULLS LAST, _row" },
		{ "--id", NULL },
		{ "-", NULL },
		{ "id;", NULL },
		{ "id,", " ORDER BY \"id\" ASC NULLS LAST, _row" },
		{ "random()", NULL },
	};
	struct dataset_table t = { .name = "t" };
	t.columns = columns(&t.n_columns);
	for (size_t i = 0; i < countof(rows); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(MIB);
		CLEANUP(buf_free) struct buf sql = BUF_INIT(MIB);
		struct err e = { 0 };
		bool ok = rows_order(&a, &t, str_of(rows[i].sort), &sql, &e);
		if (ok != (rows[i].sql != NULL))
			fail_msg("\"%s\": %s", rows[i].sort, e.message);
		if (ok)
			assert_string_equal(sql.p, rows[i].sql);
		else
			assert_string_equal(e.field, "sort");
	}
	free(t.columns);
}

static void contacts_are_masked(void **state)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(MIB);
	CLEANUP(buf_free) struct buf sql = BUF_INIT(MIB);
	struct dataset_table t = { .name = "t" };
	t.columns = columns(&t.n_columns);
	assert_true(rows_select(&a, &t, &sql, NULL));
	assert_non_null(strstr(sql.p, "right(CAST(\"phone\" AS VARCHAR), 2)"));
	assert_null(strstr(sql.p, ", \"phone\","));
	assert_null(strstr(sql.p, ", \"e:mail,\","));
	free(t.columns);
}

static void identifiers(void **state)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(MIB);
	assert_string_equal(sql_ident(&a, STR("a\"b")), "\"a\"\"b\"");
	assert_string_equal(sql_ident(&a, STR("")), "\"\"");
	assert_string_equal(sql_table(&a, "s\"", "t", false), "\"s\"\"\".\"t\"");
	assert_string_equal(sql_table(&a, "s.x", "t", true), "\"_raw\".\"s.x.t\"");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(role_texts),  cmocka_unit_test(roles_given), cmocka_unit_test(roles_kept),
		cmocka_unit_test(filters),     cmocka_unit_test(sorts),       cmocka_unit_test(contacts_are_masked),
		cmocka_unit_test(identifiers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
