#include "ingest/csv.h"

#include "base/limits.h"

/* Whether a quotation mark at q opens a cell: only blanks between it and the delimiter, the line's end or the start. */
static bool opens(const struct csv_dialect *d, struct str s, size_t from, size_t q)
{
	while (q > from && s.p[q - 1] == ' ')
		q--;
	return q == from || s.p[q - 1] == d->delimiter || s.p[q - 1] == '\n' || s.p[q - 1] == '\r';
}

/* One past the mark that closes the cell opened before `at`; 0 = not in these bytes. */
static size_t close_of(struct str s, size_t at)
{
	for (;;) {
		const char *q = at < s.n ? memchr(s.p + at, '"', s.n - at) : NULL;
		if (!q)
			return 0;
		at = (size_t)(q - s.p) + 1;
		if (at >= s.n || s.p[at] != '"')
			return at;
		at++;
	}
}

/* Keeps the last line end of the unquoted stretch [from, to). */
static void keep_line_end(const struct csv_dialect *d, struct str s, size_t from, size_t to, size_t *ret)
{
	const char *p = to > from ? memrchr(s.p + from, d->line_end, to - from) : NULL;
	if (p)
		*ret = (size_t)(p - s.p) + 1;
}

/* Whether the cell [open, closed) goes over lines and is closed amid text, while the line at `line` is a row without.
 */
static bool closed_by_chance(const struct csv_dialect *d, struct str s, size_t line, size_t open, size_t closed)
{
	const char *end = memchr(s.p + open, d->line_end, closed - open);
	char after = closed < s.n ? s.p[closed] : '\n';
	if (!end || after == d->delimiter || after == '\n' || after == '\r' || after == ' ')
		return false;
	size_t cells = 1;
	for (const char *p = s.p + line; p < end; p++)
		cells += *p == d->delimiter;
	return cells == d->width;
}

enum csv_cut_result csv_cut(const struct csv_dialect *d, struct str s, bool last, bool mend, size_t *ret)
{
	size_t end = 0, at = 0;
	while (at < s.n) {
		/* Outside of quotes at `at`. */
		const char *q = memchr(s.p + at, '"', s.n - at);
		size_t stop = q ? (size_t)(q - s.p) : s.n;
		keep_line_end(d, s, at, stop, &end);
		if (!q)
			break;
		if (!opens(d, s, at, stop)) {
			at = stop + 1;
			continue;
		}
		size_t closed = close_of(s, stop + 1);
		/* A mark in the last byte may be the first of two. */
		bool open = !closed || (closed == s.n && !last);
		if (open && s.n - stop <= LIMIT_CELL_BYTES && !last)
			break;
		if (!closed || closed - stop > LIMIT_CELL_BYTES + 2 ||
		    (mend && !open && closed_by_chance(d, s, end, stop, closed))) {
			*ret = end;
			return end ? CSV_CUT : CSV_UNCLOSED;
		}
		if (open)
			break;
		at = closed;
	}
	if (last) {
		*ret = s.n;
		return CSV_CUT;
	}
	*ret = end;
	return end ? CSV_CUT : CSV_MORE;
}
