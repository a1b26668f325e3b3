#include "ingest/reader.h"

#include "base/limits.h"
#include "ingest/archive.h"
#include "ingest/markup.h"
#include "ingest/pack.h"
#include "ingest/regions.h"
#include "ingest/simd.h"
#include "ingest/sniff.h"

#include <stdlib.h>

bool (*reader_parquet)(struct source *s, const char *file_name, struct reader **ret, struct err *e);

bool reader_open(struct source *s, const char *file_name, enum import_as as, struct reader **ret, struct err *e)
{
	struct str head;
	enum file_format format;
	struct reader *r = NULL;
	if (!source_peek(s, SOURCE_HEAD_BYTES, &head, e) || !sniff_format(head, &format, e))
		return false;
	if (as == AS_BASKETS && format != FORMAT_TEXT && format != FORMAT_ZIP)
		return err_field(e, ERR_VALUE, "as", "Only text files can be read as baskets.");
	switch (format) {
	case FORMAT_TEXT:
		if (!csv_open(s, file_name, as, &r, e))
			return false;
		break;
	case FORMAT_ZIP:
		if (!archive_open(s, as, &r, e))
			return false;
		break;
	case FORMAT_COMPOUND:
		if (!xls_open(s, &r, e))
			return false;
		break;
	case FORMAT_JSON:
		if (!json_file_open(s, file_name, &r, e))
			return false;
		break;
	case FORMAT_PARQUET:
		if (!reader_parquet)
			return err_set(e, ERR_VALUE, "unknown_format", "This is a Parquet file.");
		if (!reader_parquet(s, file_name, &r, e))
			return false;
		break;
	case FORMAT_SQL:
		if (!sql_dump_open(s, &r, e))
			return false;
		break;
	case FORMAT_HTML:
		if (!html_open(s, file_name, &r, e))
			return false;
		break;
	case FORMAT_SHEET_XML:
		if (!sheet_xml_open(s, &r, e))
			return false;
		break;
	case FORMAT_SQLITE:
		if (!sqlite_file_open(s, &r, e))
			return false;
		break;
	}
	r = r->ops->sheets ? regions_wrap(r) : r;
	r->as = as;
	*ret = r;
	return true;
}

void reader_close(struct reader *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_tables; i++) {
		for (size_t k = 0; k < r->tables[i].n_columns; k++)
			free(r->tables[i].columns[k]);
		free(r->tables[i].columns);
		free(r->tables[i].links);
		free(r->tables[i].types);
		free(r->tables[i].name);
	}
	free(r->tables);
	for (size_t i = 0; i < r->n_notes; i++)
		free(r->notes[i].what);
	free(r->notes);
	r->tables = NULL;
	r->notes = NULL;
	r->n_tables = r->n_notes = 0;
	r->ops->close(r);
}

void reader_closep(struct reader **r)
{
	reader_close(*r);
	*r = NULL;
}

bool reader_start(struct reader *r, size_t table, struct err *e)
{
	return r->ops->start(r, table, e);
}

bool reader_next(struct reader *r, struct block *ret, bool *ret_end, struct err *e)
{
	if (source_cancelled(r->source))
		return err_set(e, ERR_CANCELLED, NULL, "The import was cancelled.");
	return r->ops->next(r, ret, ret_end, e);
}

bool reader_index(const struct reader *r, struct block *b, struct rows *ret, struct err *e)
{
	ret->n_rows = ret->n_cells = ret->rows_too_wide = ret->hidden = ret->notes_left_out = ret->n_notes = 0;
	return b->packed ? pack_index(b, ret, e) : r->ops->index(r, b, ret, e);
}

uint64_t reader_line(const struct block *b, const struct rows *rows, size_t i)
{
	uint64_t line = rows->place[i];
	if (b->packed)
		return line;
	return b->first_line + simd_count(b->data, MIN((size_t)line, b->n), b->line_end);
}

struct str reader_file_table(const char *file_name)
{
	static const struct str endings[] = { STR(".gz"),  STR(".csv"),  STR(".tsv"),    STR(".txt"),   STR(".tab"),
					      STR(".dat"), STR(".json"), STR(".ndjson"), STR(".jsonl"), STR(".parquet"),
					      STR(".xls"), STR(".html"), STR(".htm") };
	struct str name = str_of(file_name ? file_name : "");
	for (size_t i = name.n; i > 0; i--) {
		if (name.p[i - 1] == '/' || name.p[i - 1] == '\\') {
			name = str_n(name.p + i, name.n - i);
			break;
		}
	}
	for (size_t i = 0; i < countof(endings); i++) {
		struct str ending = endings[i];
		if (name.n > ending.n && str_ieq(str_n(name.p + name.n - ending.n, ending.n), ending))
			name.n -= ending.n;
	}
	name = str_trim(name);
	return name.n && name.n <= READER_NAME_BYTES ? name : STR("table");
}

struct reader_table *reader_insert_table(struct reader *r, size_t at, struct str name)
{
	r->tables = mem_realloc(r->tables, (r->n_tables + 1) * sizeof *r->tables);
	struct reader_table *t = &r->tables[at];
	memmove(t + 1, t, (r->n_tables++ - at) * sizeof *t);
	*t = (struct reader_table){ .key = SIZE_MAX };
	t->name = mem_alloc(name.n + 1);
	memcpy(t->name, name.p, name.n);
	t->name[name.n] = 0;
	return t;
}

void reader_note(struct reader *r, const char *what, const char *reason)
{
	r->notes = mem_realloc(r->notes, (r->n_notes + 1) * sizeof *r->notes);
	r->notes[r->n_notes++] = (struct reader_note){ mem_strdup(what), reason };
}

struct reader_table *reader_add_table(struct reader *r, struct str name)
{
	return reader_insert_table(r, r->n_tables, name);
}

void block_free(struct block *b)
{
	free(b->data);
	*b = (struct block){ 0 };
}

void rows_free(struct rows *rows)
{
	free(rows->cells);
	free(rows->first);
	free(rows->place);
	free(rows->level);
	*rows = (struct rows){ 0 };
}

/* Bytes of the character at the start of s, when it shows nothing: a blank, or a mark that web pages and messengers
 * leave around what is copied out of them (U+200B, U+200E, U+2060, U+FEFF, …). Joiners within a word are not among
 * them. */
static size_t unseen(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	if (s.n > 1 && p[0] == 0xc2)
		return p[1] == 0xa0 || p[1] == 0xad ? 2 : 0;
	if (s.n < 3)
		return 0;
	if (p[0] == 0xe2 && p[1] == 0x80) /* not U+200C and U+200D */
		return p[2] <= 0x8b || p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xa8 && p[2] <= 0xaf) ? 3 : 0;
	if (p[0] == 0xe2 && p[1] == 0x81)
		return p[2] == 0x9f || p[2] == 0xa0 || (p[2] >= 0xa6 && p[2] <= 0xa9) ? 3 : 0;
	return memcmp(p, "\xef\xbb\xbf", 3) == 0 || memcmp(p, "\xe3\x80\x80", 3) == 0 ? 3 : 0;
}

static size_t blank_front(struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	if (c <= ' ')
		return 1;
	return c == 0xc2 || c >= 0xe2 ? unseen(s) : 0;
}

static size_t blank_back(struct str s)
{
	unsigned char c = (unsigned char)s.p[s.n - 1];
	if (c <= ' ')
		return 1;
	if ((c & 0xc0) != 0x80 || s.n < 2)
		return 0;
	if ((unsigned char)s.p[s.n - 2] == 0xc2)
		return unseen(str_n(s.p + s.n - 2, 2));
	return s.n > 2 && (unsigned char)s.p[s.n - 3] >= 0xe2 ? unseen(str_n(s.p + s.n - 3, 3)) : 0;
}

static struct str trim(struct str s)
{
	size_t n;
	while (s.n && (n = blank_front(s)))
		s = str_n(s.p + n, s.n - n);
	while (s.n && (n = blank_back(s)))
		s.n -= n;
	return s;
}

struct str rows_text(const struct block *b, struct cell c, struct buf *scratch)
{
	struct str s = trim(str_n(b->data + c.at, cell_length(c)));
	if (!(c.n & CELL_DOUBLED))
		return s;
	char *start = buf_reserve(scratch, s.n);
	if (!start)
		return s;
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		start[n++] = s.p[i];
		if (s.p[i] == '"' && i + 1 < s.n && s.p[i + 1] == '"')
			i++;
	}
	scratch->n += n;
	return str_n(start, n);
}
