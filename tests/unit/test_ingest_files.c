/*
 * The real files that Vitrina is built for, through the real import process, with exact expectations. They are not part
 * of the project: VITRINA_TEST_DATA names their folder, or they lie in ../shared/data beside the source. Skipped by
 * name elsewhere.
 */
#include "ingest_worker.h"

static const struct {
	const char *file, *options;
	int64_t rows;
	const char *columns;
	struct {
		const char *sql, *json;
	} checks[3];
} files[] = {
	{ "OnlineRetail.csv.gz",
	  NULL,
	  541909,
	  "InvoiceNo VARCHAR purchase.invoice, StockCode VARCHAR purchase.product_code, Description VARCHAR "
	  "purchase.product, Quantity BIGINT purchase.quantity, InvoiceDate TIMESTAMP purchase.at, UnitPrice "
	  "DECIMAL(18,3) "
	  "purchase.unit_price, CustomerID BIGINT purchase.customer_id, Country VARCHAR",
	  { { "SELECT count(*), count(*) - count(CustomerID), sum(Quantity), sum(Quantity * UnitPrice), count(DISTINCT "
	      "InvoiceNo), count(DISTINCT StockCode), count(DISTINCT CustomerID) FROM t",
	      "[541909,135080,5176450,9747747.934,25900,4070,4372]" },
	    { "SELECT _row, InvoiceNo, InvoiceDate FROM _raw.\"t.t\" WHERE _row IN (0, 541908) ORDER BY 1",
	      "[0,\"536365\",\"2010-12-01T08:26:00\"],\n[541908,\"581587\",\"2011-12-09T12:50:00\"]" },
	    { "SELECT count(DISTINCT _row), min(_row), max(_row) FROM _raw.\"t.t\"", "[541909,0,541908]" } } },
	{ "OnlineRetail.xlsx",
	  NULL,
	  541909,
	  "InvoiceNo VARCHAR purchase.invoice, StockCode VARCHAR purchase.product_code, Description VARCHAR "
	  "purchase.product, Quantity BIGINT purchase.quantity, InvoiceDate TIMESTAMP purchase.at, UnitPrice "
	  "DECIMAL(18,3) "
	  "purchase.unit_price, CustomerID BIGINT purchase.customer_id, Country VARCHAR",
	  { { "SELECT count(*), count(*) - count(CustomerID), sum(Quantity), sum(Quantity * UnitPrice), count(DISTINCT "
	      "InvoiceNo), count(DISTINCT StockCode), count(DISTINCT CustomerID) FROM t",
	      "[541909,135080,5176450,9747747.934,25900,4070,4372]" } } },
	{ "bank-additional-full.csv",
	  NULL,
	  41188,
	  "age BIGINT customer.age, job VARCHAR, marital VARCHAR, education VARCHAR, default VARCHAR, housing VARCHAR, "
	  "loan "
	  "VARCHAR, contact VARCHAR, month VARCHAR, day_of_week VARCHAR, duration BIGINT, campaign BIGINT, pdays "
	  "BIGINT, "
	  "previous BIGINT, poutcome VARCHAR, emp.var.rate DECIMAL(18,1), cons.price.idx DECIMAL(18,3), cons.conf.idx "
	  "DECIMAL(18,1), euribor3m DECIMAL(18,3), nr.employed DECIMAL(18,1), y BOOLEAN",
	  { { "SELECT count(*) FROM t WHERE y", "[4640]" } } },
	{ "online_shoppers_intention.csv",
	  NULL,
	  12330,
	  "Administrative BIGINT, Administrative_Duration DECIMAL(18,9), Informational BIGINT, Informational_Duration "
	  "DECIMAL(18,9), "
	  "ProductRelated BIGINT, ProductRelated_Duration DECIMAL(18,9), BounceRates DECIMAL(18,9), ExitRates "
	  "DECIMAL(18,9), PageValues "
	  "DECIMAL(18,9), "
	  "SpecialDay DECIMAL(18,1), Month VARCHAR, OperatingSystems BIGINT, Browser BIGINT, Region BIGINT, "
	  "TrafficType "
	  "BIGINT, VisitorType VARCHAR, Weekend BOOLEAN, Revenue BOOLEAN",
	  { { "SELECT count(*) FROM t WHERE Revenue", "[1908]" } } },
	{ "groceries.csv",
	  "{\"as\":\"baskets\"}",
	  43367,
	  "basket BIGINT purchase.invoice, item VARCHAR purchase.product",
	  { { "SELECT count(DISTINCT basket), count(DISTINCT item) FROM t", "[9835,169]" } } },
	{ "Sample_Superstore.csv",
	  NULL,
	  10194,
	  "Row ID BIGINT, Order ID VARCHAR purchase.invoice, Order Date DATE purchase.at, Ship Date DATE, Ship Mode "
	  "VARCHAR, "
	  "Customer ID VARCHAR purchase.customer_id, Customer Name VARCHAR customer.full_name, Segment VARCHAR, "
	  "Country/Region VARCHAR, City VARCHAR, State/Province VARCHAR, Postal Code VARCHAR, Region VARCHAR, Product "
	  "ID "
	  "VARCHAR purchase.product_code, Category VARCHAR, Sub-Category VARCHAR, Product Name VARCHAR "
	  "purchase.product, "
	  "Sales DECIMAL(18,4) purchase.amount, Quantity BIGINT purchase.quantity, Discount DECIMAL(18,2), Profit "
	  "DECIMAL(18,4)",
	  { { "SELECT min(\"Order Date\"), max(\"Order Date\"), bool_and(\"Ship Date\" >= \"Order Date\") FROM t",
	      "[\"2019-01-03\",\"2022-12-30\",true]" },
	    { "SELECT count(*) FROM t WHERE \"Postal Code\" LIKE '0%'", "[449]" } } },
	{ "Financial_Sample.csv",
	  NULL,
	  700,
	  "Segment VARCHAR, Country VARCHAR, Product VARCHAR purchase.product, Discount Band VARCHAR, Units Sold "
	  "DECIMAL(18,1) purchase.quantity, Manufacturing Price BIGINT, Sale Price BIGINT purchase.unit_price, Gross "
	  "Sales "
	  "DECIMAL(18,1), Discounts DECIMAL(18,2), Sales DECIMAL(18,2) purchase.amount, COGS DECIMAL(18,1), Profit "
	  "DECIMAL(18,2), Date DATE purchase.at, Month Number BIGINT, Month Name VARCHAR, Year BIGINT purchase.year",
	  { { "SELECT bool_and(month(Date) = \"Month Number\"), bool_and(year(Date) = Year), count(*) FILTER "
	      "(Discounts = "
	      "0), min(Profit), count(*) FILTER (\"Discount Band\" = 'None') FROM t",
	      "[true,true,53,-40617.50,53]" },
	    { "SELECT sum(\"Units Sold\"), sum(\"Gross Sales\"), sum(COGS) FROM t",
	      "[1125806.0,127931598.5,101832648.0]" } } },
	{ "Financial_Sample.xlsx",
	  NULL,
	  700,
	  "Segment VARCHAR, Country VARCHAR, Product VARCHAR purchase.product, Discount Band VARCHAR, Units Sold "
	  "DECIMAL(18,1) purchase.quantity, Manufacturing Price BIGINT, Sale Price BIGINT purchase.unit_price, Gross "
	  "Sales "
	  "DECIMAL(18,1), Discounts DECIMAL(18,3), Sales DECIMAL(18,3) purchase.amount, COGS DECIMAL(18,1), Profit "
	  "DECIMAL(18,3), Date DATE purchase.at, Month Number BIGINT, Month Name VARCHAR, Year BIGINT purchase.year",
	  { { "SELECT bool_and(month(Date) = \"Month Number\"), bool_and(year(Date) = Year), count(*) FILTER "
	      "(Discounts = "
	      "0), min(Profit), count(*) FILTER (\"Discount Band\" = 'None') FROM t",
	      "[true,true,53,-40617.500,53]" },
	    { "SELECT sum(\"Units Sold\"), sum(\"Gross Sales\"), sum(COGS) FROM t",
	      "[1125806.0,127931598.5,101832648.0]" } } },
	{ "ru_molochnye_prodazhi_bom.csv",
	  NULL,
	  64,
	  "Номер заказа BIGINT purchase.invoice, Дата заказа DATE purchase.at, Название товара VARCHAR "
	  "purchase.product, "
	  "Категория товара VARCHAR, Количество продаж BIGINT purchase.quantity, Цена за единицу BIGINT "
	  "purchase.unit_price, Общая стоимость BIGINT purchase.amount",
	  { { "SELECT min(\"Дата заказа\"), max(\"Дата заказа\"), count(*) FILTER (\"Количество продаж\" * \"Цена за "
	      "единицу\" = \"Общая стоимость\") FROM t",
	      "[\"2021-06-01\",\"2021-06-08\",64]" } } },
	{ "ru_prodazhi_ingrad.xlsx",
	  NULL,
	  6027,
	  "Дата доставки DATE, Номер документа VARCHAR, Дата оплаты DATE purchase.at, Номер заказа VARCHAR "
	  "purchase.invoice, ИД клиента BIGINT purchase.customer_id, ИД товара VARCHAR purchase.product_code, ИД "
	  "склада "
	  "BIGINT, Количество BIGINT purchase.quantity, Количество (цель) BIGINT, Себестоимость позиции BIGINT, "
	  "Себестоимость позиции (план) BIGINT, Цена продажи за единицу BIGINT purchase.unit_price, Цена продажи за "
	  "единицу "
	  "(план) BIGINT, ИД продавца BIGINT",
	  { { "SELECT min(\"Дата оплаты\"), count(DISTINCT \"ИД клиента\") FROM t", "[\"2016-12-23\",14]" } } },
	{ "pl_klienci.csv",
	  NULL,
	  1000,
	  "klient_id BIGINT customer.id, imię VARCHAR customer.first_name, miasto VARCHAR, status BIGINT",
	  { { "SELECT count(DISTINCT miasto), sum(status) FROM t", "[15,490]" } } },
	{ "pl_sprzedaz_z_idklient.csv",
	  NULL,
	  1000,
	  "transakcja_id BIGINT purchase.invoice, produkt VARCHAR purchase.product, ilość BIGINT purchase.quantity, "
	  "cena "
	  "BIGINT purchase.unit_price, klient_id BIGINT purchase.customer_id",
	  { { "SELECT count(DISTINCT klient_id) FROM t", "[629]" } } },
	{ "users_vouchers.db",
	  NULL,
	  3000,
	  "user_id BIGINT customer.id, name VARCHAR customer.full_name, email VARCHAR customer.email, age BIGINT "
	  "customer.age",
	  { { "SELECT count(*), min(age), max(age) FROM t", "[3000,18,58]" } } },
};

static bool find_data(struct buf *ret, const char *file)
{
	const char *folder = getenv("VITRINA_TEST_DATA"), *source = getenv("VITRINA_SOURCE");
	if (folder)
		buf_addf(ret, "%s/%s", folder, file);
	else
		buf_addf(ret, "%s/../shared/data/%s", source ? source : ".", file);
	return access(ret->p, R_OK) == 0;
}

static void check_file(size_t i)
{
	CLEANUP(buf_free) struct buf path = BUF_INIT(64 * KIB), columns = BUF_INIT(MIB);
	if (!find_data(&path, files[i].file)) {
		print_message("skipped: %s is not there\n", path.p);
		return;
	}
	struct imported im = { .path = path.p, .as_pipe = true };
	imported_run(&im, files[i].file, files[i].options);
	if (!im.good)
		fail_msg("%s: %s", files[i].file, im.e.message);
	imported_columns(&im, 0, &columns);
	if (strcmp(columns.p, files[i].columns) != 0)
		fail_msg("%s:\n%s", files[i].file, columns.p);
	assert_int_equal(imported_i64(&im, 0, "rows"), files[i].rows);
	assert_int_equal(imported_i64(&im, 0, "rejects"), 0);
	assert_int_equal(imported_i64(&im, 0, "rows_left_out"), 0);
	for (size_t k = 0; k < countof(files[i].checks) && files[i].checks[k].sql; k++)
		imported_expect(&im, 0, files[i].checks[k].sql, files[i].checks[k].json);
	imported_free(&im);
}

static void test_files(void **state)
{
	for (size_t i = 0; i < countof(files); i++)
		check_file(i);
}

/* Three tables: the spendings are purchases of the customers; the totals that somebody kept are nothing. */
static void test_users_and_spendings(void **state)
{
	CLEANUP(buf_free) struct buf path = BUF_INIT(64 * KIB), columns = BUF_INIT(MIB);
	if (!find_data(&path, "users_vouchers.db")) {
		print_message("skipped: %s is not there\n", path.p);
		skip();
	}
	struct imported im = { .path = path.p };
	imported_run(&im, "users_vouchers.db", NULL);
	assert_true(im.good);
	assert_int_equal(imported_i64(&im, 1, "rows"), 12000);
	imported_columns(&im, 1, &columns);
	assert_string_equal(columns.p,
			    "user_id BIGINT purchase.customer_id, money_spent DECIMAL(18,2) purchase.amount, year "
			    "BIGINT purchase.year");
	buf_clear(&columns);
	imported_columns(&im, 2, &columns);
	assert_string_equal(columns.p, "user_id BIGINT, total_spending BIGINT");
	imported_expect(&im, 1, "SELECT sum(money_spent), count(DISTINCT user_id) FROM t WHERE user_id = 791",
			"[26796.21,1]");
	imported_expect(&im, 1, "SELECT 3000 - count(DISTINCT user_id) FROM t", "[1556]");
	const json_t *r = json_array_get(json_object_get(im.done, "relations"), 0);
	assert_int_equal(json_integer_value(json_object_get(r, "from_table")), 1);
	assert_int_equal(json_integer_value(json_object_get(r, "to_table")), 0);
	assert_string_equal(json_string_value(json_object_get(r, "from_column")), "user_id");
	imported_free(&im);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_users_and_spendings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
