/* Roles into SQL: what each shape of data set yields, and that no name of a stranger's file leaves its quotes. */
#include "analysis/canon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MOST 16

struct column {
	const char *name, *type, *role;
};

struct table {
	const char *name;
	struct column columns[MOST];
};

static void make(struct arena *a, const char *schema, const struct table *tables, size_t n, struct canon *ret)
{
	struct dataset_content c = { .tables = arena_array(a, n ? n : 1, sizeof *c.tables), .n_tables = n };
	for (size_t i = 0; i < n; i++) {
		struct dataset_table *t = &c.tables[i];
		t->name = tables[i].name;
		t->columns = arena_array(a, MOST, sizeof *t->columns);
		for (size_t k = 0; k < MOST && tables[i].columns[k].name; k++)
			t->columns[t->n_columns++] = (struct dataset_column){ .name = tables[i].columns[k].name,
									      .type = tables[i].columns[k].type,
									      .role = tables[i].columns[k].role };
	}
	canon_make(a, &c, schema, ret);
	assert_false(a->failed);
}

static const struct {
	const char *what;
	struct table tables[3];
	bool customers, purchases, products, amount, invoice, listed;
	enum purchase_time time;
} shapes[] = {
	{ "nothing", { { 0 } }, false, false, false, false, false, false, PURCHASE_TIME_NONE },
	{ "no roles",
	  { { "t", { { "a", "BIGINT", "" } } } },
	  false,
	  false,
	  false,
	  false,
	  false,
	  false,
	  PURCHASE_TIME_NONE },
	{ "clients only",
	  { { "t", { { "i", "VARCHAR", "customer.id" }, { "n", "VARCHAR", "customer.full_name" } } } },
	  true,
	  false,
	  false,
	  false,
	  false,
	  false,
	  PURCHASE_TIME_NONE },
	{ "clients without ids",
	  { { "t", { { "n", "BIGINT", "customer.age" } } } },
	  true,
	  false,
	  false,
	  false,
	  false,
	  false,
	  PURCHASE_TIME_NONE },
	{ "a list in a cell",
	  { { "t", { { "i", "VARCHAR", "customer.id" }, { "p", "VARCHAR", "customer.products" } } } },
	  true,
	  true,
	  true,
	  false,
	  false,
	  true,
	  PURCHASE_TIME_NONE },
	{ "transactions",
	  { { "t",
	      { { "c", "BIGINT", "purchase.customer_id" },
		{ "p", "VARCHAR", "purchase.product" },
		{ "q", "BIGINT", "purchase.quantity" },
		{ "u", "DOUBLE", "purchase.unit_price" },
		{ "i", "VARCHAR", "purchase.invoice" },
		{ "d", "DATE", "purchase.at" } } } },
	  true,
	  true,
	  true,
	  true,
	  true,
	  false,
	  PURCHASE_TIME_DAY },
	{ "clients and spending by year",
	  { { "c", { { "id", "BIGINT", "customer.id" }, { "n", "VARCHAR", "customer.full_name" } } },
	    { "s",
	      { { "id", "BIGINT", "purchase.customer_id" },
		{ "m", "DOUBLE", "purchase.amount" },
		{ "y", "BIGINT", "purchase.year" } } } },
	  true,
	  true,
	  false,
	  true,
	  false,
	  false,
	  PURCHASE_TIME_YEAR },
	{ "baskets, a cell a product",
	  { { "t", { { "a", "VARCHAR", "purchase.product" }, { "b", "VARCHAR", "purchase.product" } } } },
	  true,
	  true,
	  true,
	  false,
	  false,
	  false,
	  PURCHASE_TIME_NONE },
	{ "baskets, a row a product",
	  { { "t", { { "b", "BIGINT", "purchase.invoice" }, { "p", "VARCHAR", "purchase.product" } } } },
	  true,
	  true,
	  true,
	  false,
	  true,
	  false,
	  PURCHASE_TIME_NONE },
	{ "sales without customers",
	  { { "t",
	      { { "b", "BIGINT", "purchase.invoice" },
		{ "p", "VARCHAR", "purchase.product" },
		{ "m", "DOUBLE", "purchase.amount" } } } },
	  false,
	  false,
	  false,
	  false,
	  false,
	  false,
	  PURCHASE_TIME_NONE },
	{ "orders and their lines",
	  { { "l",
	      { { "b", "BIGINT", "purchase.invoice" },
		{ "p", "VARCHAR", "purchase.product_code" },
		{ "m", "DOUBLE", "purchase.amount" } } },
	    { "o",
	      { { "b", "BIGINT", "purchase.invoice" },
		{ "c", "BIGINT", "purchase.customer_id" },
		{ "d", "TIMESTAMP", "purchase.at" } } } },
	  true,
	  true,
	  true,
	  true,
	  true,
	  false,
	  PURCHASE_TIME_SECOND },
	{ "a list beside purchases counts as a column",
	  { { "c", { { "id", "BIGINT", "customer.id" }, { "l", "VARCHAR", "customer.products" } } },
	    { "s", { { "id", "BIGINT", "purchase.customer_id" }, { "m", "DOUBLE", "purchase.amount" } } } },
	  true,
	  true,
	  false,
	  true,
	  false,
	  false,
	  PURCHASE_TIME_NONE },
	{ "sales that name the customer",
	  { { "s", { { "n", "VARCHAR", "customer.full_name" }, { "m", "DOUBLE", "purchase.amount" } } } },
	  true,
	  true,
	  false,
	  true,
	  false,
	  false,
	  PURCHASE_TIME_NONE },
};

static void test_shapes(void **state)
{
	for (size_t i = 0; i < countof(shapes); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(4 * MIB);
		struct canon c;
		size_t n = 0;
		while (n < 3 && shapes[i].tables[n].name)
			n++;
		make(&a, "d", shapes[i].tables, n, &c);
		if (c.has_customers != shapes[i].customers || c.has_purchases != shapes[i].purchases ||
		    c.has_products != shapes[i].products || c.has_amount != shapes[i].amount ||
		    c.has_invoice != shapes[i].invoice || c.listed != shapes[i].listed || c.time != shapes[i].time)
			fail_msg("%s: customers %d purchases %d products %d amount %d invoice %d listed %d time %d",
				 shapes[i].what, c.has_customers, c.has_purchases, c.has_products, c.has_amount,
				 c.has_invoice, c.listed, (int)c.time);
		assert_int_equal(c.customers != NULL, c.has_customers);
		assert_int_equal(c.purchases != NULL, c.has_purchases && c.has_customers);
	}
}

/* The statement without what stands in quotes; NULL when a quote does not end. */
static char *unquoted(const char *sql)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(4 * MIB);
	for (; *sql; sql++) {
		if (*sql != '"' && *sql != '\'') {
			buf_addc(&b, *sql);
			continue;
		}
		char quote = *sql++;
		while (*sql && (*sql != quote || sql[1] == quote))
			sql += 1 + (*sql == quote);
		if (!*sql)
			return NULL;
	}
	return buf_take(&b, NULL);
}

/* Whatever the names are, what is outside of quotes is the same. */
static void test_hostile_names(void **state)
{
	static const char *const names[] = { "a\"b",
					     "\"",
					     "\"\"",
					     "'",
					     "a'; DROP TABLE client; --",
					     "x\") FROM y; --",
					     "_row",
					     "id\" AS id",
					     "$1",
					     "?",
					     "/* ",
					     "\\",
					     "\n--",
					     "{",
					     "%s%n",
					     "select",
					     "Ω \xf0\x9f\x98\x80",
					     "",
					     "why",
					     "ord" };
	static const char *const roles[] = { "purchase.customer_id", "purchase.product_code",
					     "purchase.product",     "purchase.quantity",
					     "purchase.unit_price",  "purchase.at",
					     "purchase.invoice",     "purchase.currency",
					     "customer.full_name",   "" };
	char *wanted[2] = { NULL, NULL };
	for (size_t i = 0; i < countof(names); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(8 * MIB);
		struct table t = { .name = names[i] };
		struct canon c;
		for (size_t k = 0; k < countof(roles); k++)
			t.columns[k] = (struct column){ arena_printf(&a, "%s%zu", names[i], k), "VARCHAR", roles[k] };
		make(&a, names[i], &t, 1, &c);
		const char *sql[] = { c.purchases, c.customers };
		for (size_t k = 0; k < 2; k++) {
			char *rest = unquoted(sql[k]);
			if (!rest)
				fail_msg("quotes of %s do not end:\n%s", names[i], sql[k]);
			if (i == 0)
				wanted[k] = rest;
			assert_string_equal(rest, wanted[k]);
			if (i > 0)
				free(rest);
		}
	}
	free(wanted[0]);
	free(wanted[1]);
}

static void test_columns(void **state)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(4 * MIB);
	static const struct table t = { "t",
					{ { "Nr", "BIGINT", "customer.id" },
					  { "Kto", "VARCHAR", "customer.full_name" },
					  { "Miasto", "VARCHAR", "" },
					  { "Tajne", "VARCHAR", "ignore" },
					  { "Wizyty", "BIGINT", "activity.visits" },
					  { "Lista", "VARCHAR", "customer.products" } } };
	struct canon c;
	make(&a, "d", &t, 1, &c);
	assert_string_equal(c.id_column, "Nr");
	assert_string_equal(c.products_column, "Lista");
	assert_string_equal(c.field_column[CANON_FULL_NAME], "Kto");
	assert_null(c.field_column[CANON_AGE]);
	assert_int_equal(c.n_other, 2);
	assert_string_equal(c.other[0], "Miasto");
	assert_string_equal(c.other[1], "Wizyty");
	assert_null(strstr(c.customers, "Tajne"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_columns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
