#include "ingest/xlsx_scan.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "ingest/xlsx_merged.h"

#include <stdlib.h>
#include <strings.h>

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define STEP_BYTES ((size_t)61)
#else
#define STEP_BYTES ((size_t)256 * KIB)
#endif
#define MAX_ATTRIBUTES 16
/* A tag or a text longer than this is not what spreadsheet programs write. */
#define MAX_TOKEN (LIMIT_CELL_BYTES + STEP_BYTES)

struct xlsx_scan {
	struct xlsx_stream *stream;
	struct xlsx_cells *cells;
	char *bytes;
	size_t at, n, cap;
	bool hungry;         /* the bytes at hand are used up */
	bool last;           /* the stream has no more */
	bool begun;          /* past the declaration */
	bool in_data, after; /* inside sheetData; behind it */
	bool in_row, in_cell, in_inline;
	char open; /* 'v', 't' or 'f' while inside that element */
};

struct xlsx_scan *xlsx_scan_new(struct xlsx_stream *stream, struct xlsx_cells *cells)
{
	struct xlsx_scan *s = mem_zalloc(sizeof *s);
	s->stream = stream;
	s->cells = cells;
	s->cap = STEP_BYTES;
	s->bytes = mem_alloc(s->cap);
	s->hungry = true;
	return s;
}

void xlsx_scan_free(struct xlsx_scan *s)
{
	if (!s)
		return;
	free(s->bytes);
	free(s);
}

/* More bytes behind those not used yet. */
static bool refill(struct xlsx_scan *s, struct err *e)
{
	memmove(s->bytes, s->bytes + s->at, s->n - s->at);
	s->n -= s->at;
	s->at = 0;
	if (s->n + STEP_BYTES > s->cap) {
		s->cap = s->n + STEP_BYTES;
		s->bytes = mem_realloc(s->bytes, s->cap);
	}
	size_t got;
	if (!xlsx_stream_read(s->stream, s->bytes + s->n, STEP_BYTES, &got, e))
		return false;
	s->n += got;
	s->last = got == 0;
	return true;
}

/* &amp; and its four kin. False: anything else. */
static bool add_entity(struct buf *b, const char **p, const char *end)
{
	static const struct {
		struct str name;
		char c;
	} entities[] = {
		{ STR("&amp;"), '&' },  { STR("&lt;"), '<' },    { STR("&gt;"), '>' },
		{ STR("&quot;"), '"' }, { STR("&apos;"), '\'' },
	};
	for (size_t i = 0; i < countof(entities); i++) {
		if (str_starts(str_n(*p, (size_t)(end - *p)), entities[i].name)) {
			buf_addc(b, entities[i].c);
			*p += entities[i].name.n;
			return true;
		}
	}
	return false;
}

/* The text of a value; false when it is not plainly one. */
static bool add_text(struct xlsx_scan *s, const char *p, const char *end)
{
	struct buf *text = &s->cells->text;
	bool high = false, plain = true;
	for (const char *c = p; c < end; c++) {
		high = high || (signed char)*c < 0;
		plain = plain && *c != '&';
		if ((unsigned char)*c < 0x20 ? *c != '\n' && *c != '\t' : *c == '>')
			return false;
	}
	/* U+FFFE and U+FFFF are no characters of XML. */
	if (high && (!utf8_valid(str_n(p, (size_t)(end - p))) || memmem(p, (size_t)(end - p), "\xef\xbf", 2)))
		return false;
	if (plain) {
		cells_text(s->cells, p, (size_t)(end - p));
		return true;
	}
	while (p < end) {
		const char *amp = memchr(p, '&', (size_t)(end - p));
		cells_text(s->cells, p, (size_t)((amp ? amp : end) - p));
		if (!amp)
			break;
		p = amp;
		if (!add_entity(text, &p, end))
			return false;
	}
	return true;
}

/* The > that ends the tag at p, not one inside of quotes. NULL: not in these bytes. */
static char *tag_end(char *p, char *end)
{
	for (; p < end; p++) {
		if (*p == '>')
			return p;
		if (*p == '"' || *p == '\'') {
			p = memchr(p + 1, *p, (size_t)(end - p - 1));
			if (!p)
				return NULL;
		}
	}
	return NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool is_name_char(char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') || c == ':' || c == '_' || c == '-' ||
	       c == '.';
}

/* name="value" … between p and end, terminated in place. Those of another namespace are left out. */
static bool split_attributes(char *p, char *end, const char **ret)
{
	size_t n = 0;
	for (;;) {
		char *from = p;
		while (p < end && is_blank(*p))
			p++;
		if (p == end)
			break;
		if (p == from)
			return false;
		char *name = p;
		while (p < end && is_name_char(*p))
			p++;
		if (p == name || end - p < 3 || p[0] != '=' || (p[1] != '"' && p[1] != '\''))
			return false;
		char quote = p[1], *value = p + 2;
		bool foreign = memchr(name, ':', (size_t)(p - name)) != NULL;
		char *close = memchr(value, quote, (size_t)(end - value));
		if (!close || memchr(value, '&', (size_t)(close - value)) ||
		    memchr(value, '<', (size_t)(close - value)))
			return false;
		*p = *close = 0;
		p = close + 1;
		if (foreign && strcmp(xlsx_local(name), "r") == 0)
			return false;
		if (foreign)
			continue;
		if (n + 2 > MAX_ATTRIBUTES * 2)
			return false;
		ret[n++] = name;
		ret[n++] = value;
	}
	ret[n] = NULL;
	return true;
}

static bool is_tag(const char *name, size_t n, const char *tag)
{
	return strlen(tag) == n && memcmp(name, tag, n) == 0;
}

/* Inside sheetData. False: unsure, or cells->error is set. */
static bool start_tag(struct xlsx_scan *s, const char *name, size_t n, char *p, char *end, bool empty)
{
	const char *attributes[MAX_ATTRIBUTES * 2 + 1];
	struct xlsx_cells *cells = s->cells;
	if (s->open || !split_attributes(p, end, attributes))
		return false;
	if (n == 1 && name[0] == 'c') {
		if (!s->in_row || s->in_cell)
			return false;
		cells_begin(cells, attributes);
		s->in_cell = !empty;
		return true; /* an empty cell has no value: there is nothing to end */
	}
	if (n == 1 && (name[0] == 'v' || name[0] == 't' || name[0] == 'f')) {
		if (!s->in_cell)
			return false;
		if (name[0] == 'f')
			cells_formula(cells);
		s->open = empty ? 0 : name[0];
		return true;
	}
	if (is_tag(name, n, "is")) {
		if (!s->in_cell || s->in_inline)
			return false;
		s->in_inline = !empty;
		return true;
	}
	if (!is_tag(name, n, "row") || s->in_row)
		return false;
	cells_begin_row(cells, attributes);
	s->in_row = !empty;
	return !empty || cells_end_row(cells);
}

static bool end_tag(struct xlsx_scan *s, const char *name, size_t n)
{
	if (n == 1 && s->open) {
		bool same = name[0] == s->open;
		s->open = 0;
		return same;
	}
	if (s->open)
		return false;
	if (n == 1 && name[0] == 'c' && s->in_cell && !s->in_inline) {
		s->in_cell = false;
		return cells_end(s->cells);
	}
	if (is_tag(name, n, "row") && s->in_row && !s->in_cell) {
		s->in_row = false;
		return cells_end_row(s->cells);
	}
	if (is_tag(name, n, "is") && s->in_inline) {
		s->in_inline = false;
		return true;
	}
	if (is_tag(name, n, "sheetData") && !s->in_row) {
		s->in_data = false;
		s->after = true;
		return true;
	}
	return false;
}

/* The tag between < and >. */
static bool visit_tag(struct xlsx_scan *s, char *p, char *end)
{
	bool closing = p < end && *p == '/';
	char *name = closing ? p + 1 : p;
	for (p = name; p < end && is_name_char(*p) && *p != ':';)
		p++;
	size_t n = (size_t)(p - name);
	bool empty = !closing && p < end && end[-1] == '/';
	end -= empty;
	if (!n || (p < end && !is_blank(*p)))
		return false;
	if (closing) {
		while (p < end && is_blank(*p))
			p++;
		return p == end && (s->in_data ? end_tag(s, name, n)
					       : !is_tag(name, n, "worksheet") && !is_tag(name, n, "sheetData"));
	}
	if (s->in_data)
		return start_tag(s, name, n, p, end, empty);
	if (is_tag(name, n, "row") || is_tag(name, n, "c"))
		return false;
	if (is_tag(name, n, "sheetData")) {
		s->in_data = !empty;
		s->after = empty;
	}
	return true;
}

/* <?xml version="1.0" encoding="UTF-8"?> or nothing. */
static bool visit_declaration(struct xlsx_scan *s)
{
	struct str rest = str_n(s->bytes + s->at, s->n - s->at);
	s->begun = true;
	if (str_starts(rest, STR("\xef\xbb\xbf"))) {
		s->at += 3;
		rest = str_n(rest.p + 3, rest.n - 3);
	}
	if (!str_starts(rest, STR("<?xml ")))
		return rest.n && rest.p[0] == '<';
	const char *end = memmem(rest.p, rest.n, "?>", 2);
	if (!end)
		return false;
	struct str declaration = str_n(rest.p, (size_t)(end - rest.p));
	const char *encoding = memmem(declaration.p, declaration.n, "encoding", 8);
	if (encoding && (end - encoding < 15 || strncasecmp(encoding + 10, "utf-8", 5) != 0))
		return false;
	s->at += declaration.n + 2;
	return true;
}

/* XLSX_SCAN_ON: more bytes are needed. */
static enum xlsx_scan_result scan(struct xlsx_scan *s)
{
	char *end = s->bytes + s->n;
	while (!s->after) {
		if (!s->in_row && pack_full(&s->cells->packer))
			return XLSX_SCAN_FULL;
		char *p = s->bytes + s->at, *tag = memchr(p, '<', (size_t)(end - p));
		char *close = tag ? tag_end(tag + 1, end) : NULL;
		if (!close)
			return XLSX_SCAN_ON;
		if (close == tag + 1 || tag[1] == '!' || tag[1] == '?')
			return XLSX_SCAN_UNSURE;
		if (s->open && s->open != 'f' && !add_text(s, p, tag))
			return XLSX_SCAN_UNSURE;
		s->at = (size_t)(close + 1 - s->bytes);
		if (!visit_tag(s, tag + 1, close))
			return s->cells->error.kind ? XLSX_SCAN_FAILED : XLSX_SCAN_UNSURE;
	}
	return XLSX_SCAN_ON;
}

enum xlsx_scan_result xlsx_scan_step(struct xlsx_scan *s, struct err *e)
{
	if (s->after) /* what follows has no rows; it is read for its checksum, and for merged cells */
		s->at = s->n - (s->cells->unfilled
					? xlsx_merged_look(str_n(s->bytes + s->at, s->n - s->at), s->cells->unfilled)
					: 0);
	if (s->hungry && !refill(s, e))
		return XLSX_SCAN_FAILED;
	s->hungry = false;
	if (!s->begun && !visit_declaration(s))
		return XLSX_SCAN_UNSURE;
	enum xlsx_scan_result r = scan(s);
	if (r == XLSX_SCAN_FAILED)
		*e = s->cells->error;
	if (r != XLSX_SCAN_ON)
		return r;
	if (s->last)
		return s->after ? XLSX_SCAN_END : XLSX_SCAN_UNSURE; /* cut short: expat says where */
	s->hungry = true;
	return s->n - s->at > MAX_TOKEN && !s->after ? XLSX_SCAN_UNSURE : XLSX_SCAN_ON;
}
