#include "report/words.h"

#include <stdio.h>

static const char *const names[LANGUAGES] = { "en", "ru", "pl", "mk" };
static const struct {
	char decimal, thousands;
} numbers[LANGUAGES] = { { '.', ',' }, { ',', ' ' }, { ',', ' ' }, { ',', '.' } };

static const char *const words[WORDS][LANGUAGES] = {
	[WORD_AGE] = { "Age", "Возраст", "Wiek", "Возраст" },
	[WORD_MEAN] = { "Average", "Среднее", "Średnia", "Просек" },
	[WORD_CUSTOMERS] = { "Customers", "Клиенты", "Klienci", "Клиенти" },
	[WORD_PURCHASES] = { "Purchases", "Покупки", "Zakupy", "Купувања" },
	[WORD_SPENT] = { "Spent", "Потрачено", "Wydano", "Потрошено" },
	[WORD_CUSTOMER] = { "Customer", "Клиент", "Klient", "Клиент" },
	[WORD_NAME] = { "Name", "Имя", "Nazwa", "Име" },
	[WORD_YEAR] = { "Year", "Год", "Rok", "Година" },
	[WORD_MONTH] = { "Month", "Месяц", "Miesiąc", "Месец" },
	[WORD_REVENUE] = { "Revenue", "Выручка", "Przychód", "Приход" },
	[WORD_BUYERS] = { "Buyers", "Покупатели", "Kupujący", "Купувачи" },
	[WORD_PRODUCTS] = { "Products", "Товары", "Produkty", "Производи" },
	[WORD_CAME_AGAIN] = { "Bought again", "Купили снова", "Kupili ponownie", "Купиле повторно" },
	[WORD_FIGURE] = { "Figure", "Показатель", "Wskaźnik", "Показател" },
	[WORD_VALUE] = { "Value", "Значение", "Wartość", "Вредност" },
	[WORD_ALL_YEARS] = { "all years", "за все годы", "wszystkie lata", "сите години" },
	[WORD_DATASET] = { "Data set", "Набор данных", "Zbiór danych", "Податоци" },
	[WORD_UNKNOWN_AGE] = { "other or unknown", "прочие или неизвестно", "inny lub nieznany",
			       "друго или непознато" },
	[WORD_PER_RECORD] = { "mean over purchases", "среднее по покупкам", "średnia po zakupach",
			      "просек по купувања" },
	[WORD_PER_CUSTOMER] = { "mean over customers", "среднее по клиентам", "średnia po klientach",
				"просек по клиенти" },
	[WORD_TITLE_BY_AGE] = { "Average spending by age", "Средние траты по возрасту", "Średnie wydatki według wieku",
				"Просечна потрошувачка по возраст" },
	[WORD_TITLE_TOTAL] = { "Total spending", "Общие траты", "Łączne wydatki", "Вкупна потрошувачка" },
	[WORD_TITLE_TOP] = { "Top customers", "Лучшие клиенты", "Najlepsi klienci", "Најдобри клиенти" },
	[WORD_TITLE_STATISTICS] = { "Statistics of the data set", "Статистика набора данных",
				    "Statystyka zbioru danych", "Статистика на податоците" },
	[WORD_TEST] = { "This is a test message.", "Это пробное сообщение.", "To jest wiadomość próbna.",
			"Ова е пробна порака." },
	[WORD_MORE_ROWS] = { "more rows", "ещё строк", "więcej wierszy", "уште редови" },
};

bool language_parse(struct str s, enum language *ret)
{
	for (int i = 0; i < LANGUAGES; i++) {
		if (str_is(s, names[i])) {
			*ret = (enum language)i;
			return true;
		}
	}
	return false;
}

const char *word(enum language l, enum word w)
{
	return words[w][l];
}

char number_decimal(enum language l)
{
	return numbers[l].decimal;
}

char number_thousands(enum language l)
{
	return numbers[l].thousands;
}

void number_whole(struct buf *b, enum language l, int64_t n)
{
	char digits[32];
	int len = snprintf(digits, sizeof digits, "%lld", (long long)n);
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0 && digits[i - 1] != '-')
			buf_addc(b, numbers[l].thousands);
		buf_addc(b, digits[i]);
	}
}

void number_money(struct buf *b, enum language l, int64_t amount)
{
	bool minus = amount < 0;
	uint64_t hundredths = ((minus ? 0 - (uint64_t)amount : (uint64_t)amount) + 50) / 100;
	if (minus && hundredths)
		buf_addc(b, '-');
	number_whole(b, l, (int64_t)(hundredths / 100));
	buf_addf(b, "%c%02u", numbers[l].decimal, (unsigned)(hundredths % 100));
}
