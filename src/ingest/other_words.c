/*
 * Text that is no table though it has lines: a letter, source code, a log, SQL that fills no table.
 *
 * Judged by the shape of its lines, and in doubt it is a table: one column of names, addresses or opinions has to go on
 * being one. What has a delimiter that most lines have as often as each other is never asked about, but for logs.
 */
#include "base/utf8.h"
#include "ingest/other_file.h"
#include "ingest/roles.h"

#include <ctype.h>
#include <strings.h>

#define LOOKED_AT ((size_t)64 << 10)
#define LINES 400
#define LEAST_LINES 3
#define LONG_LINE 8  /* words */
#define LEAST_PART 3 /* words between two marks, on average */

static bool begins(struct str s, const char *with)
{
	size_t n = strlen(with);
	return s.n >= n && strncasecmp(s.p, with, n) == 0;
}

static bool has(struct str s, const char *part)
{
	return memmem(s.p, s.n, part, strlen(part)) != NULL;
}

static bool has_any(struct str s, const char *const *parts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (has(s, parts[i]))
			return true;
	}
	return false;
}

/* -- logs -- */

/* 0 stands for a digit, a for a letter: "0000-00-00" */
static bool shaped(struct str s, const char *shape)
{
	size_t n = strlen(shape);
	for (size_t i = 0; i < n; i++) {
		bool fits = i < s.n && (shape[i] == '0'   ? isdigit((unsigned char)s.p[i]) != 0
					: shape[i] == 'a' ? isalpha((unsigned char)s.p[i]) != 0
							  : shape[i] == s.p[i]);
		if (!fits)
			return false;
	}
	return true;
}

/* A moment, and soon after it how grave it is. */
static bool is_program_line(struct str line)
{
	static const char *const levels[] = { "TRACE", "DEBUG", "INFO",  "NOTICE", "WARN",   "ERROR",
					      "FATAL", "CRIT",  "info:", "warn:",  "error:", "SEVERE" };
	static const char *const moments[] = { "0000-00-00 00:00:00", "0000-00-00T00:00:00", "0000/00/00 00:00:00",
					       "00.00.0000 00:00:00", "00:00:00" };
	struct str s = line.n && line.p[0] == '[' ? str_n(line.p + 1, line.n - 1) : line;
	for (size_t i = 0; i < countof(moments); i++) {
		size_t n = strlen(moments[i]);
		if (shaped(s, moments[i]))
			return has_any(str_n(s.p + n, MIN(s.n - n, (size_t)48)), levels, countof(levels));
	}
	return false;
}

/* 10.0.0.1 - ann [21/Nov/2026:21:28:18 +0000] "GET / HTTP/1.1" 200 512 */
static bool is_access_line(struct str line)
{
	const char *p = memchr(line.p, '[', line.n);
	size_t n = p ? (size_t)(p - line.p) : 0, blanks = 0;
	for (size_t i = 0; i < n; i++)
		blanks += line.p[i] == ' ';
	return p && blanks == 3 && shaped(str_n(p, line.n - n), "[00/aaa/0000:00:00:00");
}

/* Nov 21 21:28:18 host program[123]: … */
static bool is_system_line(struct str line)
{
	return (shaped(line, "aaa 00 00:00:00 ") || shaped(line, "aaa  0 00:00:00 ")) && has(line, ": ");
}

static bool is_named_line(struct str line)
{
	const char *p = memchr(line.p, '=', line.n), *blank = memchr(line.p, ' ', line.n);
	return p && blank && p < blank && memchr(blank, '=', line.n - (size_t)(blank - line.p)) &&
	       (has(line, "level=") || has(line, "lvl=")) && has(line, "msg=");
}

/* Whatever marks they have in common. */
static bool is_sure_line(struct str line)
{
	return is_access_line(line) || is_system_line(line) || is_named_line(line);
}

/* -- source code -- */

static bool is_code_line(struct str line)
{
	static const char *const beginnings[] = {
		"#include ", "#define ", "import ", "from ",   "def ",  "class ", "function ", "const ",   "static ",
		"public ",   "private ", "return ", "return;", "if (",  "for (",  "while (",   "} else",   "/*",
		"* ",        "*/",       "//",      "@",       "let ",  "var ",   "using ",    "package ", "namespace ",
		"struct ",   "export ",  "try:",    "else:",   "elif ", "echo ",  "fi",        "done",     "}"
	};
	char last = line.p[line.n - 1];
	for (size_t i = 0; i < countof(beginnings); i++) {
		if (str_starts(line, str_of(beginnings[i])))
			return true;
	}
	return last == '{' || (last == ';' && (has(line, "(") || has(line, " = "))) ||
	       (last == ':' && (begins(line, "if ") || begins(line, "for ") || begins(line, "while ")));
}

static bool is_code_start(struct str text)
{
	return str_starts(text, STR("#!/")) || begins(text, "<?php") ||
	       (str_starts(text, STR("/*")) && has(text, "*/"));
}

/* -- SQL -- */

/* The beginning of a dump that has neither tables nor rows; of a question to a database. NULL: of neither. */
static const char *sql_of(struct str text)
{
	static const char *const marks[] = { "-- MySQL dump", "-- MariaDB dump", "-- PostgreSQL database dump",
					     "-- phpMyAdmin SQL Dump" };
	static const char *const makes[] = { "CREATE DATABASE ", "DROP DATABASE ", "DROP TABLE ",
					     "CREATE SCHEMA ",   "SET NAMES ",     "SET FOREIGN_KEY_CHECKS",
					     "SET SQL_MODE",     "USE `" };
	struct str rest = text, line;
	for (size_t i = 0; i < countof(marks); i++) {
		if (str_starts(text, str_of(marks[i])))
			return "a database dump without a table or a row";
	}
	while (str_split(&rest, '\n', &line)) {
		line = str_trim(line);
		if (!line.n || str_starts(line, STR("--")) || str_starts(line, STR("/*")))
			continue;
		for (size_t i = 0; i < countof(makes); i++) {
			if (begins(line, makes[i]) && memchr(text.p, ';', text.n))
				return "a database dump without a table or a row";
		}
		bool asks = begins(line, "SELECT ") || begins(line, "WITH ");
		return asks && (has(text, "FROM ") || has(text, "from ")) && str_ends(str_trim(text), STR(";"))
			       ? "a question to a database, in SQL"
			       : NULL;
	}
	return NULL;
}

/* -- prose -- */

static size_t count_words(struct str s)
{
	size_t n = 0;
	bool inside = false;
	for (size_t i = 0; i < s.n; i++) {
		bool letter = isalpha((unsigned char)s.p[i]) || (unsigned char)s.p[i] >= 0x80;
		n += letter && !inside;
		inside = s.p[i] != ' ' && s.p[i] != '\t' && (inside || letter);
	}
	return n;
}

static bool ends_sentence(struct str s)
{
	while (s.n && memchr("\"')*_", s.p[s.n - 1], 5))
		s.n--;
	return (s.n && memchr(".!?:", s.p[s.n - 1], 4)) || str_ends(s, STR("»")) || str_ends(s, STR("…"));
}

static bool begins_lower(struct str s)
{
	uint32_t code = 0;
	utf8_decode(s, &code);
	return (code >= 'a' && code <= 'z') || (code >= 0x430 && code <= 0x45f) || (code >= 0xdf && code <= 0xff);
}

static size_t count_sentences(struct str s)
{
	size_t n = ends_sentence(s);
	for (size_t i = 0; i + 2 < s.n; i++)
		n += memchr(".!?", s.p[i], 3) && s.p[i + 1] == ' ' && !isdigit((unsigned char)s.p[i + 2]);
	return n;
}

static bool greets(struct str line)
{
	static const char *const words[] = { "Уважаем",   "Здравствуй", "Добрый ", "Привет", "Дорог", "Dear ",
					     "Hello",     "Hi ",        "Szanown", "Dzień ", "Witam", "Drog",
					     "Почитуван", "Здраво",     "Добар ",  "Good " };
	for (size_t i = 0; i < countof(words); i++) {
		if (str_starts(line, str_of(words[i])))
			return str_ends(line, STR(",")) || str_ends(line, STR("!")) || str_ends(line, STR("."));
	}
	return false;
}

struct lines {
	size_t n, logs, sure_logs, code;
	size_t wrapped;           /* that go on in the next one */
	size_t paragraphs;        /* runs of lines between blank ones */
	size_t bytes, long_bytes; /* of all; of those with many words that end a sentence, or go on */
	size_t sentences, words;
	size_t marks, tight; /* commas and semicolons; those with no blank behind them; tabs are such */
	bool greeted;
};

static void take_line(struct lines *x, struct str line, struct str before, bool apart)
{
	size_t words = count_words(line), words_before = count_words(before);
	bool goes_on =
		before.n && !apart && words_before >= LONG_LINE - 2 && !ends_sentence(before) && begins_lower(line);
	x->n++;
	x->sure_logs += is_sure_line(line);
	x->logs += is_program_line(line);
	x->code += is_code_line(line);
	x->greeted = x->greeted || (x->n <= 3 && greets(line));
	x->wrapped += goes_on;
	x->paragraphs += apart || x->n == 1;
	x->bytes += line.n;
	x->long_bytes += words >= LONG_LINE && (ends_sentence(line) || goes_on) ? line.n : 0;
	x->sentences += count_sentences(line);
	x->words += words;
	for (size_t i = 0; i + 1 < line.n; i++) {
		bool mark = memchr(",;\t|", line.p[i], 4) != NULL;
		x->marks += mark;
		x->tight += mark && (line.p[i] == '\t' || line.p[i + 1] != ' ');
	}
}

static struct lines read_lines(struct str text)
{
	struct lines x = { 0 };
	struct str rest = str_n(text.p, MIN(text.n, LOOKED_AT)), line, before = { 0 };
	bool apart = false;
	while (x.n < LINES && str_split(&rest, '\n', &line)) {
		line = str_trim(line);
		if (line.n)
			take_line(&x, line, before, apart);
		apart = !line.n;
		before = line;
	}
	return x;
}

/* Lines that go on in the next one; a letter; paragraphs of sentences apart by blank lines; one long paragraph. */
static bool is_prose(const struct lines *x, struct str first)
{
	/* Lists of things have few words between two marks. */
	if (roles_known_header(first) || 3 * x->tight > x->marks || x->words < LEAST_PART * (x->n + x->marks))
		return false;
	if (x->n > LEAST_LINES && 3 * x->wrapped >= x->n - x->paragraphs && x->wrapped >= 2 && x->sentences)
		return true;
	if (x->greeted && x->sentences >= 2 && x->words >= 10)
		return true;
	if (x->paragraphs > 1 && x->n <= 3 * x->paragraphs && 2 * x->long_bytes > x->bytes)
		return true;
	return x->n <= 2 && x->sentences >= 3 && x->words >= 30;
}

/* Text with the marks of its headings. */
static bool is_marked(struct str text)
{
	return str_starts(text, STR("# ")) && has(text, "\n## ");
}

bool other_words_known(struct str text, bool table, bool aligned, enum other_file *ret, const char **ret_what)
{
	struct str rest = str_trim(text), first = rest;
	const char *sql = sql_of(rest);
	if (!rest.n)
		return false;
	struct lines x = read_lines(rest);
	str_split(&rest, '\n', &first);
	*ret = OTHER_LOG;
	*ret_what = "a log of a program";
	if (x.n >= LEAST_LINES - 1 && 10 * (x.sure_logs + (table ? 0 : x.logs)) >= 7 * x.n)
		return true;
	*ret = OTHER_SQL;
	*ret_what = sql;
	if (sql)
		return true;
	*ret = OTHER_CODE;
	*ret_what = "source code of a program";
	if (!table && !aligned && (is_code_start(text) || (x.n > LEAST_LINES && 5 * x.code >= 2 * x.n)))
		return true;
	*ret = OTHER_TEXT;
	*ret_what = "a text to be read, such as a letter";
	return !table && !aligned && (is_prose(&x, str_trim(first)) || is_marked(text));
}
