#include "http/multipart.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "http/request.h"

/* Large enough for a whole part header and the longest boundary with room to spare. */
#define WINDOW (64 * KIB)
#define BOUNDARY_MAX 70 /* RFC 2046 §5.1.1 */

enum state { AT_START, IN_PART, AFTER_PART, AT_END, BROKEN };

struct multipart {
	struct arena *arena;
	multipart_source *read;
	void *ctx;
	enum state state;
	char *p; /* window over the body */
	size_t from, to;
	bool eof;
	size_t parts;
	char delimiter[BOUNDARY_MAX + 5]; /* "\r\n--boundary" */
	size_t n_delimiter;
};

static bool broken(struct multipart *m, struct err *e, const char *why)
{
	m->state = BROKEN;
	return err_set(e, ERR_MALFORMED, "multipart", "The form %s.", why);
}

/* -- parameters of a header value: form-data; name="a"; filename="b" */

/* The value of one parameter, unquoted. "\" escapes only a quote or itself: old browsers send Windows paths as they
 * are. */
static bool take_value(struct str *s, struct arena *a, struct str *ret)
{
	if (s->n == 0 || s->p[0] != '"') {
		size_t n = str_find(*s, ';');
		*ret = str_trim(str_n(s->p, n));
		*s = str_n(s->p + n, s->n - n);
		return true;
	}
	char *out = arena_alloc(a, s->n + 1);
	size_t n = 0, i = 1;
	for (; out && i < s->n && s->p[i] != '"'; i++) {
		if (s->p[i] == '\\' && i + 1 < s->n && (s->p[i + 1] == '"' || s->p[i + 1] == '\\'))
			i++;
		out[n++] = s->p[i];
	}
	if (!out || i == s->n)
		return false;
	*ret = str_n(out, n);
	*s = str_trim(str_n(s->p + i + 1, s->n - i - 1));
	return s->n == 0 || s->p[0] == ';';
}

/* ret->p stays NULL when there is none. False: malformed, or given twice. */
static bool find_param(struct str value, const char *name, struct arena *a, struct str *ret)
{
	size_t semicolon = str_find(value, ';');
	struct str rest = str_n(value.p + semicolon, value.n - semicolon);
	while (rest.n) {
		struct str v;
		rest = str_trim(str_n(rest.p + 1, rest.n - 1));
		if (rest.n == 0)
			return true;
		size_t eq = str_find(rest, '=');
		if (eq == rest.n)
			return false;
		struct str key = str_trim(str_n(rest.p, eq));
		rest = str_trim(str_n(rest.p + eq + 1, rest.n - eq - 1));
		if (!take_value(&rest, a, &v))
			return false;
		if (str_ieq(key, str_of(name))) {
			if (ret->p)
				return false;
			*ret = v;
		}
	}
	return true;
}

static bool media_is(struct str value, const char *type)
{
	return str_ieq(str_trim(str_n(value.p, value.n ? str_find(value, ';') : 0)), str_of(type));
}

bool multipart_open_source(struct arena *a, struct str content_type, multipart_source *read, void *ctx,
			   struct multipart **ret, struct err *e)
{
	struct str boundary = { NULL, 0 };
	if (!media_is(content_type, "multipart/form-data"))
		return err_set(e, ERR_TYPE, NULL, "The body must be a form: multipart/form-data.");
	if (!find_param(content_type, "boundary", a, &boundary) || boundary.n == 0 || boundary.n > BOUNDARY_MAX ||
	    memchr(boundary.p, '\r', boundary.n) || memchr(boundary.p, '\n', boundary.n))
		return err_set(e, ERR_MALFORMED, "multipart", "The form has no boundary.");
	struct multipart *m = arena_new(a, struct multipart);
	char *window = arena_alloc(a, WINDOW);
	if (!m || !window)
		return err_set(e, ERR_TOO_LARGE, NULL, "The request is too large.");
	m->arena = a;
	m->read = read;
	m->ctx = ctx;
	m->p = window;
	memcpy(m->delimiter, "\r\n--", 4);
	memcpy(m->delimiter + 4, boundary.p, boundary.n);
	m->n_delimiter = boundary.n + 4;
	*ret = m;
	return true;
}

static ssize_t read_request(void *ctx, void *p, size_t n, struct err *e)
{
	return request_read(ctx, p, n, e);
}

bool multipart_open(struct request *q, struct multipart **ret, struct err *e)
{
	return multipart_open_source(request_arena(q), request_header(q, "content-type"), read_request, q, ret, e);
}

/* -- the window */

/* Reads more behind what is there. False: error. At the end of the body eof is set. */
static bool fill(struct multipart *m, struct err *e)
{
	if (m->from && m->to - m->from < WINDOW / 4) {
		memmove(m->p, m->p + m->from, m->to - m->from);
		m->to -= m->from;
		m->from = 0;
	}
	if (m->eof || m->to == WINDOW)
		return true;
	ssize_t n = m->read(m->ctx, m->p + m->to, WINDOW - m->to, e);
	if (n < 0) {
		m->state = BROKEN;
		return false;
	}
	m->eof = n == 0;
	m->to += (size_t)n;
	return true;
}

/* At least n bytes, or as many as there are before the end. */
static bool want(struct multipart *m, size_t n, struct err *e)
{
	while (m->to - m->from < n && !m->eof)
		if (!fill(m, e))
			return false;
	return true;
}

static bool at(const struct multipart *m, const char *text, size_t n)
{
	return m->to - m->from >= n && memcmp(m->p + m->from, text, n) == 0;
}

/* -- parts */

/* What follows the last boundary means nothing, but a body read to its end lets the connection live on. */
static bool drain(struct multipart *m, struct err *e)
{
	while (!m->eof) {
		m->from = m->to = 0;
		if (!fill(m, e))
			return false;
	}
	return true;
}

/* Behind a delimiter: "--" is the end, else blanks and CR LF. */
static bool after_delimiter(struct multipart *m, bool *ret_end, struct err *e)
{
	if (!want(m, 2, e))
		return false;
	if (at(m, "--", 2)) {
		m->state = AT_END;
		*ret_end = true;
		return drain(m, e);
	}
	while (m->to > m->from && (m->p[m->from] == ' ' || m->p[m->from] == '\t')) {
		m->from++;
		if (!want(m, 2, e))
			return false;
	}
	if (!at(m, "\r\n", 2))
		return broken(m, e, "has a malformed boundary");
	m->from += 2;
	*ret_end = false;
	return true;
}

/* One line of a part's header without its end, of at most *left bytes. */
static bool header_line(struct multipart *m, size_t *left, struct str *ret, struct err *e)
{
	size_t n = 0;
	for (;;) {
		const char *lf = memchr(m->p + m->from + n, '\n', m->to - m->from - n);
		size_t have = lf ? (size_t)(lf + 1 - (m->p + m->from)) : m->to - m->from;
		if (have > *left)
			return broken(m, e, "has a part whose header is too long");
		if (lf) {
			if (have < 2 || lf[-1] != '\r')
				return broken(m, e, "has a part whose header lines do not end with CR LF");
			*ret = str_n(m->p + m->from, have - 2);
			*left -= have;
			m->from += have;
			return true;
		}
		n = have;
		if (m->eof)
			return broken(m, e, "ends in the middle of a part");
		if (!want(m, have + 1, e))
			return false;
	}
}

/* Without any folder, whatever system the browser runs on. */
static struct str base_name(struct str s)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '/' || s.p[i - 1] == '\\')
			return str_n(s.p + i, s.n - i);
	return s;
}

static bool clean_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return utf8_valid(s);
}

static bool disposition(struct multipart *m, struct str value, struct multipart_part *ret, struct err *e)
{
	struct str file = { NULL, 0 };
	if (ret->name.p || !media_is(value, "form-data") || !find_param(value, "name", m->arena, &ret->name) ||
	    !find_param(value, "filename", m->arena, &file) || !ret->name.p)
		return broken(m, e, "has a part with a malformed Content-Disposition");
	if (!clean_text(ret->name) || !clean_text(file))
		return broken(m, e, "has a part whose name is not UTF-8 text");
	ret->name = arena_str(m->arena, ret->name);
	if (file.p)
		ret->filename = arena_str(m->arena, base_name(file));
	return true;
}

static bool part_header(struct multipart *m, struct multipart_part *ret, struct err *e)
{
	size_t left = LIMIT_MULTIPART_HEADER_BYTES;
	struct multipart_part part = { .content_type = STR("text/plain") };
	struct str line;
	for (;;) {
		if (!header_line(m, &left, &line, e))
			return false;
		if (line.n == 0)
			break;
		size_t colon = str_find(line, ':');
		if (line.p[0] == ' ' || line.p[0] == '\t' || colon == line.n || memchr(line.p, 0, line.n))
			return broken(m, e, "has a part with a malformed header");
		struct str name = str_n(line.p, colon), value = str_trim(str_n(line.p + colon + 1, line.n - colon - 1));
		if (str_ieq(name, STR("content-disposition"))) {
			if (!disposition(m, value, &part, e))
				return false;
		} else if (str_ieq(name, STR("content-type"))) {
			if (!clean_text(value))
				return broken(m, e, "has a part with a malformed Content-Type");
			part.content_type = arena_str(m->arena, value);
		} else if (str_ieq(name, STR("content-transfer-encoding"))) {
			if (!str_ieq(value, STR("binary")) && !str_ieq(value, STR("8bit")) &&
			    !str_ieq(value, STR("7bit")))
				return broken(m, e, "has a part in a transfer encoding that is not taken");
		}
	}
	if (!part.name.p)
		return broken(m, e, "has a part without a name");
	*ret = part;
	return true;
}

static bool skip_rest(struct multipart *m, struct err *e)
{
	char waste[4096];
	ssize_t n = 1;
	while (m->state == IN_PART && n > 0)
		n = multipart_read(m, waste, sizeof waste, e);
	return n >= 0;
}

bool multipart_next(struct multipart *m, struct multipart_part *ret, bool *ret_end, struct err *e)
{
	bool end = false;
	if (m->state == IN_PART && !skip_rest(m, e))
		return false;
	if (m->state == BROKEN)
		return broken(m, e, "is broken");
	if (m->state == AT_END) {
		*ret_end = true;
		return true;
	}
	if (m->state == AT_START) {
		/* Text before the first boundary would be legal in mail; no browser sends any. */
		if (!want(m, m->n_delimiter - 2, e))
			return false;
		if (!at(m, m->delimiter + 2, m->n_delimiter - 2))
			return broken(m, e, "does not begin with its boundary");
		m->from += m->n_delimiter - 2;
	}
	if (!after_delimiter(m, &end, e))
		return false;
	if (!end) {
		if (++m->parts > LIMIT_MULTIPART_PARTS)
			return broken(m, e, "has too many parts");
		if (!part_header(m, ret, e))
			return false;
		m->state = IN_PART;
	}
	*ret_end = end;
	return true;
}

ssize_t multipart_read(struct multipart *m, void *p, size_t n, struct err *e)
{
	if (m->state == AFTER_PART || m->state == AT_END || n == 0)
		return 0;
	if (m->state != IN_PART) {
		broken(m, e, "is broken");
		return -1;
	}
	/* Enough that a delimiter at the very front is seen whole. */
	if (!want(m, m->n_delimiter, e))
		return -1;
	const char *start = m->p + m->from;
	size_t have = m->to - m->from;
	const char *hit = memmem(start, have, m->delimiter, m->n_delimiter);
	if (hit == start) {
		m->from += m->n_delimiter;
		m->state = AFTER_PART;
		return 0;
	}
	if (!hit && m->eof) {
		broken(m, e, "ends in the middle of a part");
		return -1;
	}
	/* The last bytes may be the beginning of a delimiter. */
	size_t safe = hit ? (size_t)(hit - start) : have - m->n_delimiter + 1;
	size_t take = MIN(n, safe);
	memcpy(p, start, take);
	m->from += take;
	return (ssize_t)take;
}

bool multipart_read_text(struct multipart *m, size_t max, struct str *ret, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(max);
	char chunk[4096];
	ssize_t n;
	while ((n = multipart_read(m, chunk, sizeof chunk, e)) > 0)
		buf_add(&b, chunk, (size_t)n);
	if (n < 0)
		return false;
	if (b.failed)
		return err_set(e, ERR_TOO_LARGE, NULL, "A field of the form is longer than %zu bytes.", max);
	*ret = arena_str(m->arena, buf_str(&b));
	return true;
}
