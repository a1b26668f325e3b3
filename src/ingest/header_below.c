/* Rows between a header and the data that are neither: the numbers of the columns, and their units. */
#include "ingest/header_grid.h"

#include "base/utf8.h"

#define NUMBERED 3    /* columns at least: two in a row are 1 and 2 by chance */
#define SURELY 4      /* so many are hardly 1, 2, 3, 4 by chance, when one of them is of another kind than its column */
#define UNIT_BYTES 40 /* of what says a unit */
#define UNIT_WORDS 4

/* How a cell numbers its column. */
struct mark {
	size_t letter;  /* А, Б, … from 1; 0 = it is a number */
	int64_t number; /* 1, 2, … */
	bool sure;      /* (1), гр. 1, 5=3*4: no value is written so */
};

static size_t letter_of(struct str s)
{
	static const struct str cyrillic[] = { STR("А"), STR("Б"), STR("В"), STR("Г"), STR("Д"), STR("Е") };
	if (s.n == 1 && s.p[0] >= 'A' && s.p[0] <= 'F')
		return (size_t)(s.p[0] - 'A') + 1;
	for (size_t i = 0; i < countof(cyrillic); i++) {
		if (str_eq(s, cyrillic[i]))
			return i + 1;
	}
	return 0;
}

static bool mark_parse(struct str s, struct mark *ret)
{
	static const struct str words[] = { STR("гр."), STR("Гр."), STR("кол."), STR("col.") };
	*ret = (struct mark){ 0 };
	if (s.n > 2 && s.p[0] == '(' && s.p[s.n - 1] == ')') {
		s = str_trim(str_n(s.p + 1, s.n - 2));
		ret->sure = true;
	}
	for (size_t i = 0; i < countof(words); i++) {
		if (!str_starts(s, words[i]))
			continue;
		s = str_trim(str_n(s.p + words[i].n, s.n - words[i].n));
		ret->sure = true;
	}
	size_t equals = str_find(s, '=');
	if (equals < s.n && equals > 0) { /* of what it is made */
		s = str_trim(str_n(s.p, equals));
		ret->sure = true;
	}
	if (s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	ret->letter = letter_of(s);
	return ret->letter || (s.n <= 3 && str_to_i64(s, &ret->number) && ret->number > 0);
}

/* Numbers among the values below the cell, and all of them. */
static void count_numbers(struct grid *g, size_t row, size_t column, size_t *ret_numbers, size_t *ret_filled)
{
	struct number n;
	*ret_numbers = *ret_filled = 0;
	for (size_t i = row + 1; i < g->n; i++) {
		struct str s = grid_text(g, i, column);
		if (!s.n)
			continue;
		(*ret_filled)++;
		*ret_numbers += value_number(s, '.', &n) || value_number(s, ',', &n);
	}
}

/* The row again, as on the next page of a printed form. */
static bool again(struct grid *g, size_t row, size_t below)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(2 * LIMIT_CELL_BYTES);
	for (size_t i = 0; i < rows_width(g->rows, row); i++) {
		buf_clear(&text);
		buf_add_str(&text, grid_text(g, row, i));
		if (!str_eq(grid_text(g, below, i), buf_str(&text)))
			return false;
	}
	return true;
}

/* Whether some value below the cell is one letter: then the cell may be one more. */
static bool letters_below(struct grid *g, size_t row, size_t column)
{
	for (size_t i = row + 1; i < g->n; i++) {
		struct str s = grid_text(g, i, column);
		if (utf8_length(s) == 1 && (s.p[0] < '0' || s.p[0] > '9') && !again(g, row, i))
			return true;
	}
	return false;
}

/* The rows below begin to count anew: "1 | Иванов", "2 | Петров". */
static bool counts_anew(struct grid *g, size_t row)
{
	return row + 2 < g->n && str_is(grid_text(g, row + 1, 0), "1") && str_is(grid_text(g, row + 2, 0), "2");
}

bool header_numbers(struct grid *g, size_t row, size_t width)
{
	size_t letters = 0, numbers = 0, sure = 0, others = 0;
	if (row + 1 >= g->n)
		return false;
	for (size_t i = 0; i < width; i++) {
		struct str s = grid_text(g, row, i);
		struct mark m;
		size_t below, filled;
		if (!s.n)
			continue;
		if (!mark_parse(s, &m))
			return false;
		if (m.letter && letters_below(g, row, i))
			return false;
		if (m.letter ? numbers || m.letter != ++letters : m.number != (int64_t)++numbers)
			return false;
		count_numbers(g, row, i, &below, &filled);
		others += !m.letter && filled && below * 5 <= filled;
		sure += m.sure;
	}
	size_t all = letters + numbers;
	if (all < NUMBERED || all * 3 < width * 2)
		return false;
	if (sure == all || (letters && numbers))
		return true;
	return !letters && all >= SURELY ? others || sure || counts_anew(g, row) : others * 2 >= all;
}

/* As utf8_fold leaves them. */
static bool is_unit_word(struct str s)
{
	static const char *const words[] = {
		"тыс",     "млн", "млрд",   "руб",    "рублеи", "рубли",  "р",    "коп",     "шт",     "штук",
		"ед",      "кг",  "г",      "гр",     "т",      "тн",     "тонн", "л",       "м",      "м2",
		"м3",      "кв",  "куб",    "км",     "см",     "мм",     "мес",  "месяцев", "дн",     "днеи",
		"ч",       "час", "часов",  "мин",    "лет",    "раз",    "чел",  "уп",      "упак",   "экз",
		"%",       "₽", "$",      "€",      "£",      "usd",    "eur",  "rub",     "pln",    "mkd",
		"zl",      "tys", "mln",    "mld",    "szt",    "kg",     "g",    "op",      "opak",   "godz",
		"dni",     "ден", "денари", "ил",     "илј",    "илјади", "бр",   "парче",   "k",      "thousand",
		"million", "pcs", "pc",     "pieces", "units",  "hours",  "hrs",  "days",    "months", "years",
		"km",      "m",   "l",
	};
	for (size_t i = 0; i < countof(words); i++) {
		if (str_is(s, words[i]))
			return true;
	}
	return false;
}

/* "тыс. руб.", "(шт.)", "in EUR" */
static bool is_unit(struct str s)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(16 * UNIT_BYTES);
	size_t words = 0;
	if (!s.n || s.n > UNIT_BYTES)
		return false;
	utf8_fold(&b, s);
	for (size_t i = 0; i < b.n; i++)
		b.p[i] = strchr(".,()/", b.p[i]) ? ' ' : b.p[i];
	struct str rest = str_trim(buf_str(&b)), word;
	while (str_split(&rest, ' ', &word)) {
		bool joins =
			!words && (str_is(word, "в") || str_is(word, "in") || str_is(word, "w") || str_is(word, "во"));
		if (!word.n || joins)
			continue;
		if (++words > UNIT_WORDS || !is_unit_word(word))
			return false;
	}
	return words > 0;
}

bool header_units(struct grid *g, size_t row, size_t width)
{
	size_t units = 0;
	if (row == 0 || row + 1 >= g->n)
		return false;
	for (size_t i = 0; i < MAX(width, rows_width(g->rows, row)); i++) {
		size_t numbers, filled;
		if (!grid_text(g, row, i).n)
			continue;
		count_numbers(g, row, i, &numbers, &filled);
		if (!is_unit(grid_text(g, row, i)) || !grid_text(g, row - 1, i).n || numbers * 5 < filled * 4 ||
		    !filled)
			return false;
		units++;
	}
	return units > 0;
}
