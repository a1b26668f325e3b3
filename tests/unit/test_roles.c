/* ingest/roles.h: what columns mean, told by headers and values. */
#include "ingest/roles.h"

#include "base/buf.h"
#include "ingest/roles_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROWS 100
#define COLUMNS 24

/* "header TYPE value,value…": values are given to the guesser as samples, / stands for a comma inside one. */
struct table_row {
	const char *name;
	const char *columns[COLUMNS];
};

struct made {
	struct role_column columns[COLUMNS];
	char text[COLUMNS][2000];
	struct role_table table;
};

static void make_column(struct role_column *c, char *text, const char *spec)
{
	snprintf(text, 2000, "%s", spec);
	char *type = strchr(text, ';');
	assert_non_null(type);
	*type++ = 0;
	char *values = strchr(type, ';');
	if (values)
		*values++ = 0;
	*c = (struct role_column){ .name = text, .rows = ROWS, .non_null = ROWS, .distinct = ROWS };
	assert_true(column_type_parse(str_of(type), &c->type));
	char *state = NULL;
	for (char *v = values ? strtok_r(values, ",", &state) : NULL; v; v = strtok_r(NULL, ",", &state)) {
		for (char *p = v; *p; p++)
			*p = *p == '/' ? ',' : *p;
		c->samples[c->n_samples++] = v;
	}
}

static void make(struct made *m, const char *name, const char *const *columns)
{
	m->table = (struct role_table){ .name = name, .columns = m->columns };
	for (size_t i = 0; i < COLUMNS && columns[i]; i++) {
		make_column(&m->columns[i], m->text[i], columns[i]);
		m->table.n_columns++;
	}
}

static void expect(const struct made *m, const char *want)
{
	CLEANUP(buf_free) struct buf got = BUF_INIT(64 * KIB);
	for (size_t i = 0; i < m->table.n_columns; i++)
		buf_addf(&got, "%s%s", i ? " " : "",
			 m->columns[i].role == ROLE_NONE ? "-" : role_name(m->columns[i].role));
	if (strcmp(got.p, want) != 0)
		fail_msg("%s:\n%s\nwanted\n%s", m->table.name, got.p, want);
	for (size_t i = 0; i < m->table.n_columns; i++) {
		const struct role_column *c = &m->columns[i];
		bool guessed = c->role != ROLE_NONE;
		assert_true(c->confidence >= 0 && c->confidence <= 1);
		assert_true(!guessed || (c->confidence > 0.5 && strlen(c->reason) > 10));
	}
}

static const struct {
	const char *name;
	const char *columns[COLUMNS];
	const char *want;
} one_table[] = {
	/* exports of shops and lists of callers: "Name" is an order, somebody, or a customer's initials */
	{ "orders_export",
	  { "Name;VARCHAR;#1001,#1002", "Email;VARCHAR;a@b.com,c@d.com", "Created at;TIMESTAMP", "Total;BIGINT;10,20",
	    "Lineitem name;VARCHAR;Lamp,Mug", "Billing Name;VARCHAR;Ann Lee,Bob Ray" },
	  "purchase.invoice customer.email purchase.at purchase.amount purchase.product customer.full_name" },
	{ "activity",
	  { "Date;DATE", "Name;VARCHAR;Ann Lee,Bob Ray", "Gross;DECIMAL(18,2)", "Transaction ID;VARCHAR;8AB,9AB",
	    "Item Title;VARCHAR;Lamp,Mug" },
	  "purchase.at customer.full_name purchase.amount purchase.invoice purchase.product" },
	{ "Обзвон",
	  { "Фамилия И.О.;VARCHAR;Иванов И.И.,Петрова А. С.", "Тел.;VARCHAR;8(912)345-67-89,8-912-000-11-22",
	    "Дата звонка;DATE", "Результат;VARCHAR;Отказ,Согласен" },
	  "customer.full_name customer.phone - -" },
	/* a date of birth beside a sum is no purchase */
	{ "Лист1",
	  { "Код;VARCHAR;001,002", "ФИО;VARCHAR;Иванов Иван,Ким Пётр", "Дата рождения;DATE", "Сумма;BIGINT;10,20" },
	  "customer.id customer.full_name customer.birth_date -" },
	{ "lista", { "Date;DATE", "Type;VARCHAR;POS,BAC", "Value;DECIMAL(18,2)" }, "purchase.at - purchase.amount" },
	/* the bank's base, as the outside contract spells it */
	{ "base",
	  { "id;VARCHAR;112312323321,112312323322", "client_name;VARCHAR;Иван,Пётр",
	    "client_sirnam;VARCHAR;Иванов,Петров", "client_middle_name;VARCHAR;Иванович,Петрович",
	    "client_birthdate;DATE", "client_birthplace;VARCHAR;Москва,Тула",
	    "client_mobile_phone;VARCHAR;+79161234567,+79161234568",
	    "client_take_products;VARCHAR;Автокредит/ Страхование,Ипотека/ Карта", "client_city;VARCHAR;Омск,Тула" },
	  "customer.id customer.first_name customer.last_name customer.middle_name customer.birth_date "
	  "customer.birth_place customer.phone customer.products -" },
	{ "Клиенты",
	  { "ИД;BIGINT;1,2", "ФИО;VARCHAR;Иванов Иван Иванович,Петров Пётр Петрович", "Дата рождения;DATE",
	    "Место рождения;VARCHAR;Москва,Тула", "Телефон;VARCHAR;89161234567,89161234568",
	    "Продукты;VARCHAR;Автокредит/ Страхование,Ипотека/ Карта" },
	  "customer.id customer.full_name customer.birth_date customer.birth_place customer.phone "
	  "customer.products" },
	{ "база",
	  { "№;BIGINT;1,2", "Фамилия;VARCHAR;Иванов,Петрова", "Имя;VARCHAR;Иван,Анна",
	    "Отчество;VARCHAR;Иванович,Ивановна", "Возраст;BIGINT;33,44", "Эл. почта;VARCHAR;a@b.ru,c@d.ru",
	    "Дата регистрации;TIMESTAMP", "Город;VARCHAR;Тула" },
	  "customer.id customer.last_name customer.first_name customer.middle_name customer.age customer.email "
	  "customer.registered_at -" },
	{ "klienci",
	  { "Numer klienta;BIGINT;1,2", "Imię;VARCHAR;Jan,Anna", "Nazwisko;VARCHAR;Kowalski,Nowak",
	    "Data urodzenia;DATE", "Telefon komórkowy;VARCHAR;600 100 200,600 100 201",
	    "Adres e-mail;VARCHAR;a@b.pl,c@d.pl" },
	  "customer.id customer.first_name customer.last_name customer.birth_date customer.phone "
	  "customer.email" },
	{ "клиенти",
	  { "Шифра на клиент;BIGINT;1,2", "Име;VARCHAR;Иван,Ана", "Презиме;VARCHAR;Петровски,Илиевска",
	    "Датум на раѓање;DATE", "Е-пошта;VARCHAR;a@b.mk,c@d.mk" },
	  "customer.id customer.first_name customer.last_name customer.birth_date customer.email" },
	{ "заказы",
	  { "Клиент / Номер;BIGINT;1,2,1", "Клиент / ФИО;VARCHAR;Иванов Иван Иванович,Петров Пётр Петрович",
	    "Заказ / Номер;VARCHAR;Z-1,Z-2", "Заказ / Дата;DATE", "Заказ / Сумма;DECIMAL(18,1);100.5,101.5" },
	  "purchase.customer_id customer.full_name purchase.invoice purchase.at purchase.amount" },
	{ "sales",
	  { "InvoiceNo;VARCHAR;536365,C536379", "StockCode;VARCHAR;85123A", "Description;VARCHAR;WHITE LANTERN",
	    "Quantity;BIGINT", "InvoiceDate;TIMESTAMP", "UnitPrice;DECIMAL(18,2)", "CustomerID;BIGINT",
	    "Country;VARCHAR;France" },
	  "purchase.invoice purchase.product_code purchase.product purchase.quantity purchase.at "
	  "purchase.unit_price "
	  "purchase.customer_id -" },
	{ "Продажи 1С",
	  { "Дата документа;DATE", "Номер чека;VARCHAR;A1", "Контрагент;VARCHAR;ООО Ромашка,ИП Иванов",
	    "Код контрагента;VARCHAR;001", "Артикул;VARCHAR;X-1", "Номенклатура;VARCHAR;Молоко", "Кол-во;DECIMAL(18,3)",
	    "Цена;DECIMAL(18,2)", "Сумма;DECIMAL(18,2)", "Валюта;VARCHAR;RUB", "Сумма (план);DECIMAL(18,2)" },
	  "purchase.at purchase.invoice customer.full_name purchase.customer_id purchase.product_code "
	  "purchase.product "
	  "purchase.quantity purchase.unit_price purchase.amount purchase.currency -" },
	{ "продажби",
	  { "Датум;DATE", "Број на фактура;VARCHAR;1", "Производ;VARCHAR;Леб", "Количина;BIGINT", "Цена;BIGINT",
	    "Износ;BIGINT" },
	  "purchase.at purchase.invoice purchase.product purchase.quantity purchase.unit_price "
	  "purchase.amount" },
	{ "visits",
	  { "client_id;BIGINT;1,2", "date;DATE", "visits;BIGINT", "newsletter_opened;BOOLEAN", "ad_clicks;BIGINT",
	    "seconds_on_site;BIGINT" },
	  "activity.customer_id activity.at activity.visits activity.newsletter_opened activity.ad_clicks "
	  "activity.seconds_on_site" },
	{ "s2",
	  { "sale_id;BIGINT;1,2", "customer_id;BIGINT;7,8", "product;VARCHAR;Product 76", "quantity;BIGINT",
	    "unit_price;DECIMAL(18,2)", "sold_at;TIMESTAMP", "city;VARCHAR;Тула" },
	  "purchase.invoice purchase.customer_id purchase.product purchase.quantity purchase.unit_price "
	  "purchase.at -" },
	/* what 1C, banks and shops call their columns */
	{ "Отчет по продажам",
	  { "Период;DATE", "Регистратор;VARCHAR;Реализация товаров 001", "Контрагент.Код;VARCHAR;000123,000124",
	    "Контрагент.Наименование;VARCHAR;ООО Ромашка,ИП Петров", "Номенклатура.Артикул;VARCHAR;A-1",
	    "Номенклатура.Наименование;VARCHAR;Молоко", "Количество оборот;DECIMAL(18,3)",
	    "Стоимость оборот;DECIMAL(18,2)" },
	  "purchase.at purchase.invoice purchase.customer_id customer.full_name purchase.product_code purchase.product "
	  "purchase.quantity purchase.amount" },
	{ "ЗаказПокупателя",
	  { "НомерДокумента;VARCHAR;ЦБ-00001", "ДатаДокумента;TIMESTAMP", "Покупатель;VARCHAR;Иванов И.И.,Петров П.П.",
	    "КодКлиента;VARCHAR;0001", "Товар;VARCHAR;Стол", "Кол;BIGINT", "ЦенаЗаЕд;DECIMAL(18,2)",
	    "СуммаДокумента;DECIMAL(18,2)", "ВалютаДокумента;VARCHAR;RUB,USD" },
	  "purchase.invoice purchase.at customer.full_name purchase.customer_id purchase.product purchase.quantity "
	  "purchase.unit_price purchase.amount purchase.currency" },
	{ "выписка",
	  { "Дата проводки;DATE", "Номер документа;VARCHAR;1,2", "ИНН плательщика;VARCHAR;7701234567",
	    "Плательщик;VARCHAR;ООО Альфа,ИП Иванов", "Сумма по кредиту;DECIMAL(18,2)",
	    "Назначение платежа;VARCHAR;Оплата по счету 1" },
	  "purchase.at purchase.invoice - customer.full_name purchase.amount -" },
	{ "anketa",
	  { "CLIENT_ID;VARCHAR;100001", "LAST_NM;VARCHAR;Иванов,Петров", "FIRST_NM;VARCHAR;Иван,Пётр",
	    "MIDDLE_NM;VARCHAR;Иванович,Петрович", "BIRTH_DT;DATE", "MOBILE_NUM;VARCHAR;+79161234567,+79161234568",
	    "EMAIL_ADDR;VARCHAR;a@b.ru,c@d.ru" },
	  "customer.id customer.last_name customer.first_name customer.middle_name customer.birth_date "
	  "customer.phone customer.email" },
	{ "Реестр клиентов",
	  { "№ п/п;BIGINT;1,2", "Табельный номер;VARCHAR;K-01,K-02", "Ф.И.О. клиента;VARCHAR;Иванов Иван,Петрова Анна",
	    "Дата рожд.;DATE", "Моб. телефон;VARCHAR;8(916)123-45-67,8(916)123-45-68", "E-mail;VARCHAR;a@b.ru,c@d.ru",
	    "Адрес регистрации;VARCHAR;Омск" },
	  "customer.id - customer.full_name customer.birth_date customer.phone customer.email -" },
	{ "orders_export",
	  { "Order ID;BIGINT;1", "Created at;TIMESTAMP", "Billing Name;VARCHAR;Ann Lee,Bob Ray",
	    "Email;VARCHAR;a@b.com,c@d.com", "Lineitem name;VARCHAR;Shirt", "Lineitem quantity;BIGINT",
	    "Lineitem price;DECIMAL(18,2)", "Lineitem sku;VARCHAR;SH-1", "Currency;VARCHAR;USD,EUR",
	    "Total;DECIMAL(18,2)" },
	  "purchase.invoice purchase.at customer.full_name customer.email purchase.product purchase.quantity "
	  "purchase.unit_price purchase.product_code purchase.currency purchase.amount" },
	{ "woocommerce",
	  { "order_number;VARCHAR;W1", "order_date;TIMESTAMP", "customer_user;BIGINT;5,6",
	    "billing_first_name;VARCHAR;Ann,Bob", "billing_last_name;VARCHAR;Lee,Ray",
	    "billing_email;VARCHAR;a@b.com,c@d.com", "billing_phone;VARCHAR;+48600100200,+48600100201",
	    "order_total;DECIMAL(18,2)" },
	  "purchase.invoice purchase.at purchase.customer_id customer.first_name customer.last_name customer.email "
	  "customer.phone purchase.amount" },
	{ "zamówienia",
	  { "Nr zamówienia;VARCHAR;Z/1", "Data złożenia;DATE", "Id kontrahenta;BIGINT;7",
	    "Nazwa kontrahenta;VARCHAR;Jan Kowalski,Anna Nowak", "Nazwa towaru;VARCHAR;Chleb", "Ilość;BIGINT",
	    "Cena netto;DECIMAL(18,2)", "Wartość brutto;DECIMAL(18,2)", "Waluta;VARCHAR;PLN,EUR" },
	  "purchase.invoice purchase.at purchase.customer_id customer.full_name purchase.product purchase.quantity "
	  "purchase.unit_price purchase.amount purchase.currency" },
	{ "нарачки",
	  { "Број на нарачка;VARCHAR;1", "Датум на нарачка;DATE", "Купувач;VARCHAR;Иван Петровски,Ана Илиевска",
	    "Телефонски број;VARCHAR;+38970123456,+38970123457", "Назив на артикл;VARCHAR;Леб", "Количина;BIGINT",
	    "Единечна цена;DECIMAL(18,2)", "Вкупен износ;DECIMAL(18,2)" },
	  "purchase.invoice purchase.at customer.full_name customer.phone purchase.product purchase.quantity "
	  "purchase.unit_price purchase.amount" },
	{ "чеки",
	  { "Дата чека;TIMESTAMP", "№ чека;VARCHAR;1", "Карта лояльности;VARCHAR;2200001,2200002",
	    "Наименование товара;VARCHAR;Хлеб", "Штрихкод;VARCHAR;4600000000001", "Кол-во, шт;BIGINT",
	    "Цена со скидкой;DECIMAL(18,2)", "Сумма со скидкой;DECIMAL(18,2)", "Скидка, руб;DECIMAL(18,2)" },
	  "purchase.at purchase.invoice purchase.customer_id purchase.product purchase.product_code "
	  "purchase.quantity purchase.unit_price purchase.amount -" },
	/* values alone */
	{ "x",
	  { "a;BIGINT;1,2,3", "b;VARCHAR;Иванов Иван Иванович,Петров Пётр Петрович,Ильин Илья Ильич",
	    "c;VARCHAR;a@b.ru,c@d.ru,e@f.ru", "d;VARCHAR;+7 916 123-45-67,+7 916 123-45-68,+7 916 123-45-69" },
	  "- customer.full_name customer.email customer.phone" },
	/* nothing of the kind, whatever words come up */
	{ "sessions",
	  { "ProductRelated;BIGINT", "ProductRelated_Duration;DOUBLE", "Revenue;BOOLEAN", "Month;VARCHAR;Feb",
	    "VisitorType;VARCHAR;New", "Region;BIGINT" },
	  "- - - - - -" },
	{ "employees",
	  { "EmployeeID;BIGINT", "LastName;VARCHAR;Davolio,Fuller", "FirstName;VARCHAR;Nancy,Andrew",
	    "BirthDate;DATE" },
	  "- - - -" },
	{ "products",
	  { "ProductID;BIGINT", "ProductName;VARCHAR;Chai", "UnitPrice;DECIMAL(18,2)", "UnitsInStock;BIGINT",
	    "UnitsOnOrder;BIGINT" },
	  "- - - - -" },
	{ "t", { "date;VARCHAR;soon", "amount;VARCHAR;a lot", "age;VARCHAR;old", "email;VARCHAR;none" }, "- - - -" },
	/* dates of birth to come are none */
	{ "клиенты",
	  { "ФИО;VARCHAR;Иванов Иван,Петрова Анна", "Дата рождения;DATE;2999-01-01,2998-05-05,01.02.2997" },
	  "customer.full_name -" },
	{ "t", { "age;BIGINT;300,20", "name;VARCHAR;Jan Kowalski,Anna Nowak" }, "- -" },
};

static void test_one_table(void **state)
{
	static struct made m;
	for (size_t i = 0; i < countof(one_table); i++) {
		struct role_relation relations[4];
		memset(&m, 0, sizeof m);
		make(&m, one_table[i].name, one_table[i].columns);
		assert_int_equal(roles_guess(&m.table, 1, relations, 4), 0);
		expect(&m, one_table[i].want);
	}
}

static void sketch(struct role_column *c, uint64_t *room, size_t n, uint64_t step)
{
	for (size_t i = 0; i < n; i++)
		room[i] = (i + 1) * step;
	c->sketch = room;
	c->n_sketch = n;
	c->distinct = n;
}

static void test_related_tables(void **state)
{
	static const char *const clients[COLUMNS] = { "klient_id;BIGINT;1,2", "imię;VARCHAR;Jan,Anna",
						      "miasto;VARCHAR;Łódź" };
	static const char *const sales[COLUMNS] = { "transakcja_id;BIGINT;1", "produkt;VARCHAR;A", "ilość;BIGINT",
						    "cena;BIGINT", "klient_id;BIGINT;1" };
	static const char *const totals[COLUMNS] = { "klient_id;BIGINT;1,2", "suma;BIGINT" };
	static struct made m[3];
	uint64_t a[100], b[50], c[10];
	struct role_relation relations[8];
	make(&m[0], "klienci", clients);
	make(&m[1], "sprzedaz", sales);
	make(&m[2], "bonus", totals);
	sketch(&m[0].columns[0], a, 100, 1);
	sketch(&m[1].columns[4], b, 50, 2);
	sketch(&m[2].columns[0], c, 10, 5);
	m[0].columns[0].rows = m[0].columns[0].non_null = 100;
	m[2].columns[0].rows = m[2].columns[0].non_null = 10;
	struct role_table tables[] = { m[0].table, m[1].table, m[2].table };
	size_t n = roles_guess(tables, 3, relations, 8);
	expect(&m[0], "customer.id customer.first_name -");
	expect(&m[1], "purchase.invoice purchase.product purchase.quantity purchase.unit_price purchase.customer_id");
	expect(&m[2], "- -");
	assert_int_equal(n, 2);
	assert_int_equal(relations[0].from_table, 1);
	assert_int_equal(relations[0].from_column, 4);
	assert_int_equal(relations[0].to_table, 0);
	assert_true(relations[0].overlap > 0.99);
	assert_int_equal(roles_guess(tables, 3, relations, 1), 1);
	/* Without purchases beside it, a total for each customer is the best there is. */
	struct role_table alone[] = { m[0].table, m[2].table };
	roles_guess(alone, 2, relations, 8);
	expect(&m[2], "purchase.customer_id purchase.amount");
}

/* Purchases that hold codes only get the names from the list of products that the codes point at. */
static void test_list_of_products(void **state)
{
	static const char *const lines[COLUMNS] = { "OrderID;BIGINT;1", "ProductID;BIGINT;1,2", "Quantity;BIGINT",
						    "UnitPrice;DECIMAL(18,2)" };
	static const char *const named[COLUMNS] = { "OrderID;BIGINT;1", "ProductID;BIGINT;1,2",
						    "Product name;VARCHAR;Chai", "UnitPrice;DECIMAL(18,2)" };
	static const char *const products[COLUMNS] = { "ProductID;BIGINT;1,2", "SupplierID;BIGINT;1,2",
						       "ProductName;VARCHAR;Chai,Chang", "UnitPrice;DECIMAL(18,2)" };
	static struct made m[2];
	uint64_t a[50], b[100];
	struct role_relation relations[8];
	struct role_table tables[2];
	for (int with_names = 0; with_names < 2; with_names++) {
		make(&m[0], "order_details", with_names ? named : lines);
		make(&m[1], "products", products);
		sketch(&m[0].columns[1], a, 50, 2);
		sketch(&m[1].columns[0], b, 100, 1);
		m[1].columns[0].rows = m[1].columns[0].non_null = 100;
		tables[0] = m[0].table;
		tables[1] = m[1].table;
		assert_int_equal(roles_guess(tables, 2, relations, 8), 1);
		expect(&m[1], with_names ? "- - - -" : "purchase.product_code - purchase.product -");
	}
}

/* A column whose header says nothing points at the customers by its values. */
static void test_key_by_values(void **state)
{
	static const char *const clients[COLUMNS] = { "id;VARCHAR;K001,K002", "email;VARCHAR;a@b.pl,c@d.pl" };
	static const char *const sales[COLUMNS] = { "kto;VARCHAR;K001", "kwota;DECIMAL(18,2)", "data;DATE" };
	static struct made m[2];
	uint64_t a[100], b[50];
	struct role_relation relations[8];
	make(&m[0], "klienci", clients);
	make(&m[1], "x", sales);
	sketch(&m[0].columns[0], a, 100, 1);
	sketch(&m[1].columns[0], b, 50, 2);
	struct role_table tables[] = { m[0].table, m[1].table };
	assert_int_equal(roles_guess(tables, 2, relations, 8), 1);
	expect(&m[1], "purchase.customer_id purchase.amount purchase.at");
	/* Values of other things: no relation, whatever the overlap of a few. */
	for (size_t i = 0; i < 50; i++)
		b[i] = i < 5 ? i + 1 : 1000 + i;
	assert_int_equal(roles_guess(tables, 2, relations, 8), 0);
	expect(&m[1], "- purchase.amount purchase.at");
}

static void test_a_persons_word(void **state)
{
	static const char *const columns[COLUMNS] = { "name;VARCHAR;Jan Kowalski", "title;VARCHAR;Anna Nowak",
						      "email;VARCHAR;a@b.pl" };
	static struct made m;
	struct role_relation none;
	make(&m, "klienci", columns);
	m.columns[1].fixed = true;
	m.columns[1].role = ROLE_CUSTOMER_FULL_NAME;
	m.columns[2].fixed = true;
	m.columns[2].role = ROLE_IGNORE;
	roles_guess(&m.table, 1, &none, 0);
	expect(&m, "- customer.full_name ignore");
	assert_true(m.columns[1].confidence == 1);
}

static void test_names(void **state)
{
	static const char *const wrong[] = { "", "customer", "customer.ID", "purchase.nothing", "customer.id " };
	for (int i = ROLE_NONE + 1; i < ROLES; i++) {
		enum role back;
		assert_true(role_parse(str_of(role_name((enum role)i)), &back));
		assert_int_equal(back, i);
	}
	for (size_t i = 0; i < countof(wrong); i++) {
		enum role role;
		assert_false(role_parse(str_of(wrong[i]), &role));
	}
}

static void test_headers(void **state)
{
	static const struct {
		const char *header, *normalized;
		bool keep_text, known;
	} rows[] = {
		{ "InvoiceNo", "invoice no", false, true },
		{ "CustomerID", "customer id", false, true },
		{ "ИНН", "инн", true, true },
		{ "Номер_телефона", "номер телефона", true, true },
		{ "№ заказа", "номер заказа", false, true },
		{ "  Кол-во, шт.", "кол во шт", false, true },
		{ "imię", "imie", false, true },
		{ "XMLHttpRequest", "xml http request", false, false },
		{ "Postal Code", "postal code", true, true },
		{ "kod pocztowy", "kod pocztowy", true, true },
		{ "emp.var.rate", "emp var rate", false, false },
		{ "", "", false, false },
		{ "citrus fruit", "citrus fruit", false, false },
		{ "\xff\xfe", "", false, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(KIB);
		words_normalize(str_of(rows[i].header), &b);
		assert_string_equal(b.p ? b.p : "", rows[i].normalized);
		if (roles_keep_text(str_of(rows[i].header)) != rows[i].keep_text ||
		    roles_known_header(str_of(rows[i].header)) != rows[i].known)
			fail_msg("%s", rows[i].header);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_table),        cmocka_unit_test(test_related_tables),
		cmocka_unit_test(test_list_of_products), cmocka_unit_test(test_key_by_values),
		cmocka_unit_test(test_a_persons_word),   cmocka_unit_test(test_names),
		cmocka_unit_test(test_headers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
