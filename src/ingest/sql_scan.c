#include "ingest/sql_scan.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "ingest/reader.h"
#include "ingest/simd.h"

#define UNREAD_SHOWN ((size_t)100)

/* Parts of an answer inside: nothing to report, more bytes needed. */
enum step { STEP_EVENT, STEP_AGAIN, STEP_MORE, STEP_FAILED };

void sql_scan_init(struct sql_scan *x, struct feed *f, bool mysql)
{
	*x = (struct sql_scan){ .feed = f, .mysql = mysql, .line = 1 };
	x->delimiter = BUF_INIT(64);
	buf_adds(&x->delimiter, ";");
	x->last_head = BUF_INIT(LIMIT_ROW_BYTES);
	x->unread_text = BUF_INIT(2 * KIB);
	sql_head_init(&x->head);
}

void sql_scan_free(struct sql_scan *x)
{
	buf_free(&x->delimiter);
	buf_free(&x->last_head);
	buf_free(&x->unread_text);
	sql_head_free(&x->head);
}

uint64_t sql_scan_line(struct sql_scan *x, size_t place)
{
	if (place > x->counted) {
		x->line += simd_count(x->feed->pending.p + x->counted, place - x->counted, '\n');
		x->counted = place;
	}
	return x->line;
}

/* Drops what is done with. */
static void compact(struct sql_scan *x)
{
	sql_scan_line(x, x->at);
	buf_consume(&x->feed->pending, x->at);
	x->offset += x->at;
	x->at = x->counted = 0;
}

static bool fill(struct sql_scan *x, size_t want, struct err *e)
{
	size_t had = x->feed->pending.n;
	if (!feed_fill(x->feed, want, &x->last, e) || !buf_reserve(&x->feed->pending, BLOCK_PAD))
		return false;
	feed_settle(x->feed, str_n(x->feed->pending.p + MIN(had, x->feed->pending.n), x->feed->pending.n - had));
	return true;
}

/* The rest of the text is too short for the step at x->at. */
static bool read_on(struct sql_scan *x, struct err *e)
{
	compact(x);
	size_t n = x->feed->pending.n;
	if (n > LIMIT_ROW_BYTES)
		return err_set(e, ERR_LIMIT, "row_too_long", "Line %llu begins a statement of more than %zu MiB.",
			       (unsigned long long)x->line, LIMIT_ROW_BYTES / MIB);
	return fill(x, MAX(MIN(2 * n, LIMIT_ROW_BYTES + 1), BLOCK_BYTES), e);
}

bool sql_scan_seek(struct sql_scan *x, uint64_t offset, uint64_t line, struct err *e)
{
	if (x->offset + x->at > offset || !x->feed->started) {
		if (!feed_rewind(x->feed, e))
			return false;
		x->offset = x->at = x->counted = 0;
		x->last = false;
	}
	while (x->offset + x->feed->pending.n < offset && !x->last) {
		x->offset += x->feed->pending.n;
		buf_clear(&x->feed->pending);
		if (!fill(x, MIN(BLOCK_BYTES, (size_t)(offset - x->offset)), e))
			return false;
	}
	x->at = x->counted = MIN((size_t)(offset - x->offset), x->feed->pending.n);
	x->line = line;
	x->state = SQL_BETWEEN;
	buf_clear(&x->delimiter);
	buf_adds(&x->delimiter, ";");
	buf_clear(&x->last_head);
	return true;
}

static struct sql_text text_of(const struct sql_scan *x)
{
	return (struct sql_text){ x->feed->pending.p ? x->feed->pending.p : "", x->feed->pending.n, x->last, x->mysql };
}

static bool truncated(struct sql_scan *x, struct err *e)
{
	return err_set(e, ERR_VALUE, "truncated", "The dump is cut short: line %llu begins what does not end.",
		       (unsigned long long)sql_scan_line(x, x->at));
}

/* "\connect shop" of psql, "DELIMITER ;;" of mysql: a line by itself. */
static enum step take_line(struct sql_scan *x, const struct sql_text *t, bool delimiter)
{
	const char *p = memchr(t->p + x->at, '\n', t->n - x->at);
	if (!p && !x->last)
		return STEP_MORE;
	size_t end = p ? (size_t)(p - t->p) : t->n;
	if (delimiter) {
		size_t word = sizeof "DELIMITER" - 1;
		struct str s = str_trim(str_n(t->p + x->at + word, end - x->at - word));
		buf_clear(&x->delimiter);
		buf_add_str(&x->delimiter, s.n && s.n < 20 ? s : STR(";"));
	}
	x->at = end;
	return STEP_AGAIN;
}

static void new_head(struct sql_scan *x)
{
	sql_head_free(&x->head);
	sql_head_init(&x->head);
}

static enum step begin_insert(struct sql_scan *x, size_t end, enum sql_event *ret)
{
	x->begin = x->at;
	x->at = end;
	x->state = SQL_IN_ROWS;
	*ret = SQL_INSERT;
	return STEP_EVENT;
}

/* Most dumps write one beginning again and again. */
static bool begins_like_last(struct sql_scan *x, const struct sql_text *t, enum sql_event *ret)
{
	size_t n = x->last_head.n;
	if (!n || t->n - x->at <= n || memcmp(t->p + x->at, x->last_head.p, n) != 0)
		return false;
	x->same_head = true;
	begin_insert(x, x->at + n, ret);
	return true;
}

/* It says that it puts rows into a table, and not which: INSERT … SELECT, or it is spoilt. */
static void note_unread(struct sql_scan *x, const struct sql_text *t)
{
	uint64_t place = x->offset + x->at;
	bool insert = sql_ok(sql_keyword(t, x->at, "INSERT")), replace = sql_ok(sql_keyword(t, x->at, "REPLACE"));
	if ((!insert && !replace) || (x->unread && x->unread_at == place)) /* it is met again when more of it is read */
		return;
	x->unread_at = place;
	if (x->unread++)
		return;
	struct str s = str_n(t->p + x->at, MIN(t->n - x->at, UNREAD_SHOWN));
	s.n = MIN(str_find(s, '\n'), utf8_valid_prefix(s));
	buf_addf(&x->unread_text, "%llu: %.*s", (unsigned long long)sql_scan_line(x, x->at), STR_ARG(s));
}

static enum step take_insert(struct sql_scan *x, const struct sql_text *t, enum sql_event *ret)
{
	new_head(x);
	size_t end = sql_head_insert(t, x->at, &x->head);
	if (end == SQL_MORE)
		return STEP_MORE;
	if (end == SQL_NONE) {
		note_unread(x, t);
		return STEP_AGAIN;
	}
	buf_clear(&x->last_head);
	buf_add(&x->last_head, t->p + x->at, end - x->at);
	x->same_head = false;
	return begin_insert(x, end, ret);
}

static enum step take_copy(struct sql_scan *x, const struct sql_text *t, enum sql_event *ret, struct err *e)
{
	new_head(x);
	buf_clear(&x->last_head);
	size_t end = sql_head_copy(t, x->at, &x->head);
	if (end == SQL_MORE)
		return STEP_MORE;
	if (end == SQL_NONE)
		return STEP_AGAIN;
	if (x->head.unreadable) {
		err_set(e, ERR_VALUE, "unknown_format",
			"Line %llu: COPY with options is not read; make the dump with pg_dump's plain format.",
			(unsigned long long)sql_scan_line(x, x->at));
		return STEP_FAILED;
	}
	x->begin = x->at;
	x->at = end;
	x->state = SQL_IN_LINES;
	*ret = SQL_COPY;
	return STEP_EVENT;
}

static enum step take_create(struct sql_scan *x, const struct sql_text *t, enum sql_event *ret)
{
	new_head(x);
	buf_clear(&x->last_head);
	size_t end = sql_head_create(t, x->at, &x->head);
	if (end == SQL_MORE)
		return STEP_MORE;
	if (end == SQL_NONE)
		return STEP_AGAIN;
	x->begin = x->at;
	x->at = end;
	*ret = SQL_CREATE;
	return STEP_EVENT;
}

/* The statement at x->at, when it is one of those that matter. STEP_AGAIN: it is not. */
static enum step take_known(struct sql_scan *x, const struct sql_text *t, enum sql_event *ret, struct err *e)
{
	switch (t->p[x->at] | 32) {
	case 'i':
	case 'r':
		return take_insert(x, t, ret);
	case 'c':
		if (t->n - x->at < 3)
			return x->last ? STEP_AGAIN : STEP_MORE;
		return (t->p[x->at + 1] | 32) == 'o' ? take_copy(x, t, ret, e) : take_create(x, t, ret);
	default:
		return STEP_AGAIN;
	}
}

static enum step between(struct sql_scan *x, enum sql_event *ret, struct err *e)
{
	struct sql_text t = text_of(x);
	size_t at = sql_blank(&t, x->at);
	if (at == SQL_MORE)
		return STEP_MORE;
	if (at == SQL_NONE || at >= t.n) {
		x->at = t.n;
		*ret = SQL_END;
		return STEP_EVENT;
	}
	x->at = at;
	if (t.p[at] == '\\')
		return take_line(x, &t, false);
	size_t word = sql_keyword(&t, at, "DELIMITER");
	if (word == SQL_MORE)
		return STEP_MORE;
	if (word != SQL_NONE)
		return take_line(x, &t, true);
	if (begins_like_last(x, &t, ret))
		return STEP_EVENT;
	enum step known = take_known(x, &t, ret, e);
	if (known != STEP_AGAIN)
		return known;
	size_t end = sql_statement(&t, at, buf_str(&x->delimiter));
	if (end == SQL_MORE)
		return STEP_MORE;
	x->at = sql_ok(end) ? end : t.n; /* a statement that does not end holds no rows */
	return STEP_AGAIN;
}

/* ", (…)", or what ends the statement. */
static enum step in_rows(struct sql_scan *x, enum sql_event *ret, struct err *e)
{
	struct sql_text t = text_of(x);
	size_t at = sql_blank(&t, x->at);
	if (sql_ok(at) && at < t.n && t.p[at] == ',')
		at = sql_blank(&t, at + 1);
	if (sql_ok(at) && at < t.n && (t.p[at] | 32) == 'r') { /* VALUES ROW(…), ROW(…) */
		size_t row = sql_keyword(&t, at, "ROW");
		at = row == SQL_NONE ? at : row;
	}
	if (at == SQL_MORE)
		return STEP_MORE;
	if (sql_ok(at) && at < t.n && t.p[at] == '(') {
		size_t end = sql_brackets(&t, at);
		if (end == SQL_MORE)
			return STEP_MORE;
		if (end == SQL_NONE) {
			truncated(x, e);
			return STEP_FAILED;
		}
		x->begin = at;
		x->text = str_n(t.p + at, end - at);
		x->at = end;
		*ret = SQL_ROW;
		return STEP_EVENT;
	}
	size_t end = sql_ok(at) ? sql_statement(&t, at, STR(";")) : t.n;
	if (end == SQL_MORE)
		return STEP_MORE;
	x->at = sql_ok(end) ? end : t.n;
	x->state = SQL_BETWEEN;
	*ret = SQL_ROWS_END;
	return STEP_EVENT;
}

/* Lines of COPY up to "\." or to the end of what is there. */
static enum step in_lines(struct sql_scan *x, enum sql_event *ret, struct err *e)
{
	struct sql_text t = text_of(x);
	size_t from = x->at, at = from;
	for (;;) {
		const char *p = memchr(t.p + at, '\n', t.n - at);
		size_t end = p ? (size_t)(p - t.p) + 1 : t.n;
		bool stop = t.n - at >= 2 && t.p[at] == '\\' && t.p[at + 1] == '.';
		if (!p && x->last && !stop) {
			truncated(x, e);
			return STEP_FAILED;
		}
		if (stop && at == from && (p || x->last)) {
			x->at = end;
			x->state = SQL_BETWEEN;
			*ret = SQL_ROWS_END;
			return STEP_EVENT;
		}
		if (stop || !p)
			break;
		at = end;
	}
	if (at == from)
		return STEP_MORE;
	x->begin = from;
	x->text = str_n(t.p + from, at - from);
	x->at = at;
	*ret = SQL_LINES;
	return STEP_EVENT;
}

bool sql_scan_next(struct sql_scan *x, enum sql_event *ret, struct err *e)
{
	for (;;) {
		enum step step = STEP_MORE;
		if (x->state == SQL_BETWEEN)
			step = between(x, ret, e);
		else if (x->state == SQL_IN_ROWS)
			step = in_rows(x, ret, e);
		else
			step = in_lines(x, ret, e);
		if (step == STEP_EVENT)
			return true;
		if (step == STEP_MORE && x->last)
			return truncated(x, e);
		if (step == STEP_FAILED || (step == STEP_MORE && !read_on(x, e)))
			return false;
	}
}
