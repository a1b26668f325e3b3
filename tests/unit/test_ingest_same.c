/*
 * One table written in every way: whatever delimiter, quoting, encoding, line end, style of numbers and of dates, it
 * reads back the same. Tables are made from a number, so that what fails can be made again: VITRINA_SEED,
 * VITRINA_ROUNDS.
 */
#include "ingest_run.h"

#include "ingest/encoding.h"

#define ROUNDS 400
#define MOST_ROWS 40

enum date_style { DATE_DOTTED, DATE_ISO, DATE_AMERICAN, DATE_NAMED, DATE_STYLES };
enum number_style { NUMBER_POINT, NUMBER_COMMA, NUMBER_SPACED, NUMBER_MONEY, NUMBER_BRACKETS, NUMBER_STYLES };

struct style {
	char delimiter; /* ' ' = aligned, 'M' and 'P' = dumps */
	bool quote_all, crlf, last_line_end, title;
	enum encoding encoding;
	bool mark;
	enum date_style date;
	enum number_style number;
};

static uint64_t state;

static unsigned pick(unsigned n)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)((state >> 33) % n);
}

struct row {
	unsigned id, text, day, month, year;
	int64_t cents;
	bool flag;
};

/* All of them exist in CP1251, CP866 and KOI8-R, and are short enough to be aligned. */
static const char *const texts[] = { "Пётр",          "Анна Иванова", "Товар 5", "О'Нил",     "скидка; 50%", "a, b",
				     "стол \"Лофт\"", "x|y",          "Омск",    "tab\there", "две\nстроки", "Я" };

static void add_amount(struct buf *b, enum number_style style, int64_t cents)
{
	unsigned long long size = (unsigned long long)(cents < 0 ? -cents : cents), whole = size / 100,
			   rest = size % 100;
	char point = style == NUMBER_POINT || style == NUMBER_MONEY ? '.' : ',';
	const char *group = style == NUMBER_SPACED || style == NUMBER_BRACKETS ? " " : style == NUMBER_MONEY ? "," : "";
	if (cents < 0)
		buf_adds(b, style == NUMBER_BRACKETS ? "(" : "-");
	if (style == NUMBER_MONEY)
		buf_adds(b, "$");
	if (whole >= 1000)
		buf_addf(b, "%llu%s%03llu", whole / 1000, group, whole % 1000);
	else
		buf_addf(b, "%llu", whole);
	buf_addf(b, "%c%02llu", point, rest);
	if (style == NUMBER_SPACED)
		buf_adds(b, " руб.");
	if (cents < 0 && style == NUMBER_BRACKETS)
		buf_adds(b, ")");
}

static void add_date(struct buf *b, enum date_style style, const struct row *r)
{
	static const char *const months[] = { "января", "февраля", "марта",    "апреля",  "мая",    "июня",
					      "июля",   "августа", "сентября", "октября", "ноября", "декабря" };
	switch (style) {
	case DATE_DOTTED:
		buf_addf(b, "%02u.%02u.%u", r->day, r->month, r->year);
		break;
	case DATE_ISO:
		buf_addf(b, "%u-%02u-%02u", r->year, r->month, r->day);
		break;
	case DATE_AMERICAN:
		buf_addf(b, "%u/%u/%02u", r->month, r->day, r->year % 100);
		break;
	case DATE_NAMED:
		buf_addf(b, "%u %s %u г.", r->day, months[r->month - 1], r->year);
		break;
	case DATE_STYLES:
		break;
	}
}

/* A cell as the style has it; the delimiter goes before all but the first. */
static void add_cell(struct buf *b, const struct style *s, size_t column, struct str text)
{
	bool dump = s->delimiter == 'M' || s->delimiter == 'P';
	if (column)
		buf_adds(b, dump ? "," : (char[]){ s->delimiter, 0 });
	bool quote = s->quote_all || memchr(text.p, s->delimiter, text.n) || memchr(text.p, '"', text.n) ||
		     memchr(text.p, '\n', text.n) || memchr(text.p, '\'', text.n);
	char mark = dump ? '\'' : '"';
	if (quote || dump)
		buf_addc(b, mark);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n' && s->delimiter == 'M') {
			buf_adds(b, "\\n");
			continue;
		}
		if (text.p[i] == mark && (quote || dump))
			buf_addc(b, mark);
		buf_addc(b, text.p[i]);
	}
	if (quote || dump)
		buf_addc(b, mark);
}

static void add_padded(struct buf *b, struct str text, size_t width)
{
	size_t characters = 0;
	for (size_t i = 0; i < text.n; i++)
		characters += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	buf_add_str(b, text);
	for (; characters < width; characters++)
		buf_addc(b, ' ');
}

#define COLUMNS 5

static void write_row(struct buf *b, const struct style *s, const struct row *r, bool first)
{
	struct buf cells[COLUMNS];
	for (size_t i = 0; i < COLUMNS; i++)
		cells[i] = BUF_INIT(KIB);
	if (r) {
		buf_addf(&cells[0], "%04u", r->id);
		buf_adds(&cells[1], texts[r->text]);
		add_date(&cells[2], s->date, r);
		add_amount(&cells[3], s->number, r->cents);
		buf_adds(&cells[4], r->flag ? "да" : "нет");
	} else {
		static const char *const names[COLUMNS] = { "код", "имя", "день", "сумма", "согласие" };
		for (size_t i = 0; i < COLUMNS; i++)
			buf_adds(&cells[i], names[i]);
	}
	bool dump = s->delimiter == 'M' || s->delimiter == 'P';
	if (dump && r)
		buf_adds(b, first ? "INSERT INTO t VALUES (" : ",(");
	for (size_t i = 0; i < COLUMNS && (r || !dump); i++) {
		if (s->delimiter == ' ')
			add_padded(b, buf_str(&cells[i]), 24);
		else
			add_cell(b, s, i, buf_str(&cells[i]));
	}
	if (dump && r)
		buf_adds(b, ")");
	for (size_t i = 0; i < COLUMNS; i++)
		buf_free(&cells[i]);
}

static void write_table(struct buf *b, const struct style *s, const struct row *rows, size_t n)
{
	bool dump = s->delimiter == 'M' || s->delimiter == 'P';
	const char *end = s->crlf ? "\r\n" : "\n";
	if (dump)
		buf_addf(b, "%sCREATE TABLE t (код text, имя text, день text, сумма text, согласие text);\n",
			 s->delimiter == 'M' ? "-- MySQL dump\n" : "SET standard_conforming_strings = on;\n");
	if (s->title)
		buf_addf(b, "Отчёт за март%s%s", end, end);
	for (size_t i = 0; i <= n; i++) {
		write_row(b, s, i ? &rows[i - 1] : NULL, i == 1);
		if (!dump && (i < n || s->last_line_end))
			buf_adds(b, end);
	}
	if (dump)
		buf_adds(b, ";\n");
}

static void expected(struct buf *b, const struct row *rows, size_t n)
{
	buf_adds(b, "[t] код VARCHAR, имя VARCHAR, день DATE, сумма DECIMAL(18,2), согласие BOOLEAN\n");
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		CLEANUP(buf_free) struct buf amount = BUF_INIT(KIB);
		add_amount(&amount, NUMBER_POINT, r->cents);
		buf_addf(b, "%04u|%s|%u-%02u-%02u|%s|%s\n", r->id, texts[r->text], r->year, r->month, r->day, amount.p,
			 r->flag ? "true" : "false");
	}
}

/* UTF-8 in the style's encoding. */
static void encode(struct buf *ret, const struct style *s, struct str text)
{
	bool wide = s->encoding == ENC_UTF16LE || s->encoding == ENC_UTF16BE;
	if (s->mark)
		buf_adds(ret, s->encoding == ENC_UTF8      ? "\xef\xbb\xbf"
			      : s->encoding == ENC_UTF16LE ? "\xff\xfe"
			      : wide                       ? "\xfe\xff"
							   : "");
	if (s->encoding == ENC_UTF8) {
		buf_add_str(ret, text);
		return;
	}
	for (size_t i = 0; i < text.n;) {
		unsigned char c = (unsigned char)text.p[i];
		uint32_t code = c < 0x80 ? c : (uint32_t)(c & 0x1f) << 6 | ((unsigned char)text.p[i + 1] & 0x3f);
		i += c < 0x80 ? 1 : 2;
		if (wide) {
			char two[2] = { (char)(code >> 8), (char)code };
			buf_addc(ret, two[s->encoding == ENC_UTF16LE]);
			buf_addc(ret, two[s->encoding == ENC_UTF16BE]);
			continue;
		}
		unsigned byte = c;
		for (unsigned k = 0; k < 128 && code >= 0x80; k++)
			byte = encoding_pages[s->encoding][k] == code ? k + 128 : byte;
		buf_addc(ret, (char)byte);
	}
}

static struct style make_style(void)
{
	static const char delimiters[] = ",;\t|,;\t| MP";
	static const enum encoding encodings[] = { ENC_UTF8,   ENC_UTF8,  ENC_UTF16LE, ENC_UTF16BE,
						   ENC_CP1251, ENC_CP866, ENC_KOI8R };
	struct style s = { .delimiter = delimiters[pick(sizeof delimiters - 1)],
			   .quote_all = pick(2),
			   .crlf = pick(2),
			   .last_line_end = pick(2),
			   .encoding = encodings[pick(countof(encodings))],
			   .date = pick(DATE_STYLES),
			   .number = pick(NUMBER_STYLES) };
	bool dump = s.delimiter == 'M' || s.delimiter == 'P';
	s.mark = s.encoding == ENC_UTF16LE || s.encoding == ENC_UTF16BE || (s.encoding == ENC_UTF8 && pick(2));
	s.title = !dump && pick(4) == 0;
	return s;
}

/* Aligned columns have no quotation marks, so no text that needs them. */
static void make_rows(struct row *rows, size_t n, const struct style *s)
{
	for (size_t i = 0; i < n; i++) {
		unsigned text = pick(countof(texts));
		bool apart = strchr(texts[text], '\n') || strchr(texts[text], '\t');
		rows[i] = (struct row){ .id = (unsigned)i + 1,
					.text = s->delimiter == ' ' && apart ? 0 : text,
					.day = 1 + pick(28),
					.month = 1 + pick(12),
					.year = 1980 + pick(47),
					.cents = (int64_t)pick(99999999) - 50000000,
					.flag = pick(2) };
		/* What tells types apart has to be there: cents, the order of a date, a sum that is over 999, both
		 * answers. */
		rows[i].cents = rows[i].cents / 10 * 10 + (rows[i].cents < 0 ? -1 : 1);
		rows[i].day = i == 0 ? 28 : rows[i].day;
		rows[i].flag = i == 0 ? true : i == 1 ? false : rows[i].flag;
	}
}

static void differs(int64_t round, const struct style *s, const struct buf *text, const struct run *run,
		    const struct buf *want)
{
	fprintf(stderr, "VITRINA_SEED=%lld (%s, %s)\nfile:\n%s\n%s:\n%s\nwanted:\n%s", (long long)round,
		encoding_name(s->encoding), s->delimiter == ' ' ? "aligned" : (char[]){ s->delimiter, 0 }, text->p,
		run->good ? "got" : "refused", run->good ? run->text.p : run->e.message, want->p);
	fail();
}

static void test_same_table(void **state_)
{
	const char *seed = getenv("VITRINA_SEED"), *rounds = getenv("VITRINA_ROUNDS");
	int64_t begin = 1, n_rounds = ROUNDS;
	if ((seed && !str_to_i64(str_of(seed), &begin)) || (rounds && !str_to_i64(str_of(rounds), &n_rounds)))
		fail_msg("VITRINA_SEED and VITRINA_ROUNDS are numbers");
	for (int64_t round = begin; round < begin + n_rounds; round++) {
		state = (uint64_t)round * UINT64_C(0x9e3779b97f4a7c15);
		CLEANUP(buf_free) struct buf text = BUF_INIT(MIB), bytes = BUF_INIT(4 * MIB), want = BUF_INIT(MIB);
		struct row rows[MOST_ROWS];
		size_t n = 8 + pick(MOST_ROWS - 8);
		struct style s = make_style();
		make_rows(rows, n, &s);
		write_table(&text, &s, rows, n);
		encode(&bytes, &s, buf_str(&text));
		expected(&want, rows, n);
		struct run run = run_bytes(buf_str(&bytes), "t.txt", AS_AUTO, round % 2);
		if (!run.good || !str_eq(buf_str(&run.text), buf_str(&want)))
			differs(round, &s, &text, &run, &want);
		buf_free(&run.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_same_table) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
