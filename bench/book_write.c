/*
 * A workbook of sales to be imported: `book_write FILE.xlsx ROWS COLUMNS`. Row by row (constant memory), so that a full
 * sheet of many columns can be made on any machine. Eight columns are number, number, text, number, decimal, date with
 * time, text, text; they repeat.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <xlsxwriter.h>

enum { KINDS = 8, PRODUCTS = 4000 };

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void write_cell(lxw_worksheet *sheet, uint32_t row, uint16_t column, uint32_t random, lxw_format *moment)
{
	static const char *const cities[] = { "Москва", "Казань", "Самара", "Омск", "Тула", "Пермь", "Уфа", "Тверь" };
	char text[64];
	switch (column % KINDS) {
	case 0:
		worksheet_write_number(sheet, row, column, row, NULL);
		return;
	case 1:
		worksheet_write_number(sheet, row, column, 1 + random % 200000, NULL);
		return;
	case 2:
		snprintf(text, sizeof text, "Product %u", random % PRODUCTS);
		worksheet_write_string(sheet, row, column, text, NULL);
		return;
	case 3:
		worksheet_write_number(sheet, row, column, 1 + random % 12, NULL);
		return;
	case 4:
		worksheet_write_number(sheet, row, column, (double)(99 + random % 99900) / 100, NULL);
		return;
	case 5:
		worksheet_write_number(sheet, row, column, 45292 + random % 730 + (double)(random % 86400) / 86400,
				       moment);
		return;
	case 6:
		worksheet_write_string(sheet, row, column, cities[random % 8], NULL);
		return;
	default:
		snprintf(text, sizeof text, "+79%09u", random * 61u % 1000000000u);
		worksheet_write_string(sheet, row, column, text, NULL);
	}
}

static void write_header(lxw_worksheet *sheet, uint16_t columns)
{
	static const char *const names[] = { "sale_id",    "customer_id", "product", "quantity",
					     "unit_price", "sold_at",     "city",    "phone" };
	for (uint16_t c = 0; c < columns; c++) {
		char name[64];
		snprintf(name, sizeof name, c < KINDS ? "%s" : "%s_%d", names[c % KINDS], c / KINDS + 1);
		worksheet_write_string(sheet, 0, c, name, NULL);
	}
}

int main(int argc, char **argv)
{
	if (argc != 4)
		errx(2, "book_write FILE.xlsx ROWS COLUMNS");
	uint32_t rows = (uint32_t)strtoul(argv[2], NULL, 10), state = 7;
	uint16_t columns = (uint16_t)strtoul(argv[3], NULL, 10);
	lxw_workbook_options options = { .constant_memory = LXW_TRUE };
	lxw_workbook *book = workbook_new_opt(argv[1], &options);
	lxw_worksheet *sheet = workbook_add_worksheet(book, "Sales");
	lxw_format *moment = workbook_add_format(book);
	format_set_num_format(moment, "dd.mm.yyyy hh:mm:ss");
	write_header(sheet, columns);
	for (uint32_t r = 1; r < rows; r++)
		for (uint16_t c = 0; c < columns; c++)
			write_cell(sheet, r, c, next_random(&state), moment);
	lxw_error bad = workbook_close(book);
	if (bad)
		errx(1, "%s: %s", argv[1], lxw_strerror(bad));
	return 0;
}
