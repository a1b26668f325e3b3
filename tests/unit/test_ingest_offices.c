/* Text files as banks and offices make them: letterheads, balances below, headers printed again. */
#include "ingest_run.h"

static void test_statements(void **state)
{
	static const struct {
		const char *bytes, *want;
	} rows[] = {
		/* more lines above the table than in it, and balances below */
		{ "Выписка по счету 40702810938000012345;;;;\nООО Ромашка;;;;\nза март;;;;\nДата предыдущей операции: "
		  "29.02.2024;;;;\n"
		  "Дата проводки;Счет;Сумма;№ документа;Назначение платежа\n01.03.2024;40702810100000054321;1 "
		  "500,50;12;Аренда\n"
		  "04.03.2024;40702810200000099999;20,00;7;Товар\nКоличество операций;;2;;\nИтого оборотов;;1 "
		  "520,50;;\n"
		  "Исходящий остаток;;9,00;;\n",
		  "[t] Дата проводки DATE, Счет VARCHAR, Сумма DECIMAL(18,1), № документа BIGINT, Назначение платежа "
		  "VARCHAR\n"
		  "2024-03-01|40702810100000054321|1500.5|12|Аренда\n2024-03-04|40702810200000099999|20.0|7|Товар\n"
		  "! 8 row: Количество операций | 2 (a row of totals; it was left out)\n"
		  "! 9 row: Итого оборотов | 1 520,50 (a row of totals; it was left out)\n"
		  "! 10 row: Исходящий остаток | 9,00 (a row of totals; it was left out)\n" },
		/* names marked with #, a value in a column that the header leaves without a name */
		{ "mBank S.A.;\n#Klient;\nJAN KOWALSKI;\n#Za okres:;\n2024-01-01;2024-03-31;\n\n"
		  "#Data operacji;#Opis;#Kategoria;#Kwota;#Saldo;\n2024-03-31;BIEDRONKA;Jedzenie;-1 234,56 PLN;;10 "
		  "000,00 PLN;\n"
		  "2024-03-30;ORLEN;Paliwo;-250,00 PLN;;11 234,56 PLN;\n",
		  "[t] Data operacji DATE, Opis VARCHAR, Kategoria VARCHAR, Kwota DECIMAL(18,2), Saldo VARCHAR, "
		  "column_6 "
		  "DECIMAL(18,2)\n2024-03-31|BIEDRONKA|Jedzenie|-1234.56|∅|10000.00\n"
		  "2024-03-30|ORLEN|Paliwo|-250.00|∅|11234.56\n" },
		/* a page's number and the header, printed again */
		{ "Лист 1;;;\nНомер;Клиент;Дата;Сумма\n1;А;01.03.2024;10\nИтого по листу;;;10\nЛист "
		  "2;;;\nНомер;Клиент;Дата;Сумма\n"
		  "2;Б;02.03.2024;20\n\nПодпись: ________;;;\n",
		  "[t] Номер BIGINT, Клиент VARCHAR, Дата DATE, Сумма BIGINT\n1|А|2024-03-01|10\n2|Б|2024-03-02|20\n"
		  "! 4 row: Итого по листу | 10 (a row of totals; it was left out)\n"
		  "! 5 row: Лист 2 (a header that is printed again; it was left out)\n"
		  "! 6 row: Номер | Клиент | Дата | Сумма (a header that is printed again; it was left out)\n"
		  "! 9 row: Подпись: ________ (text below the table, which is no row of it; it was left out)\n" },
		/* a product called so is none of the totals */
		{ "Товар;Цена;Штук\nИтого по-русски (книга);10;1\nМука;20;2\n",
		  "[t] Товар VARCHAR, Цена BIGINT, Штук BIGINT\nИтого по-русски (книга)|10|1\nМука|20|2\n" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		run_expect(str_of(rows[i].bytes), rows[i].want);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statements),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
