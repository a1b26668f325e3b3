#include "net/head.h"

static bool fault(struct head_fault *f, int status, const char *code, const char *message)
{
	*f = (struct head_fault){ status, code, message };
	return false;
}

static bool malformed(struct head_fault *f, const char *message)
{
	return fault(f, 400, "malformed", message);
}

/* tchar of RFC 9110 §5.6.2 */
static bool is_tchar(unsigned char c)
{
	static const uint32_t set[8] = { 0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff, 0, 0, 0, 0 };
	return set[c >> 5] >> (c & 31) & 1;
}

bool head_is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_tchar((unsigned char)s.p[i]))
			return false;
	return s.n > 0;
}

static struct str trim_ows(struct str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_n(s.p + 1, s.n - 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

bool head_list_has(struct str list, const char *token)
{
	struct str part;
	while (str_split(&list, ',', &part))
		if (str_ieq(trim_ows(part), str_of(token)))
			return true;
	return false;
}

/* Judged by where a line stands alone, however it arrives. line: its bytes before LF; all: of the header so far. */
static bool too_far(size_t line, size_t all, bool first, const struct head_limits *limits, struct head_fault *ret)
{
	if (first && line > limits->url_bytes + 64)
		fault(ret, 414, "url_too_long", "The address of the request is too long.");
	else if (all > limits->header_bytes + limits->url_bytes)
		fault(ret, 431, "headers_too_large", "The header is too large.");
	return ret->status != 0;
}

size_t head_end(const char *p, size_t n, size_t *scanned, const struct head_limits *limits, struct head_fault *ret)
{
	ret->status = 0;
	size_t i = *scanned;
	while (i < n) {
		const char *lf = memchr(p + i, '\n', n - i);
		if (!lf)
			break;
		size_t at = (size_t)(lf - p);
		if (too_far(at, at + 1, i == 0, limits, ret))
			return 0;
		if (at == 0 || p[at - 1] != '\r') {
			malformed(ret, "A line of the header ends without CR LF.");
			return 0;
		}
		if (at >= 3 && p[at - 2] == '\n')
			return at + 1;
		i = at + 1;
	}
	/* The line that is not finished starts at i; on the next call it is looked at again from there. */
	*scanned = i;
	too_far(n, n, i == 0, limits, ret);
	return 0;
}

/* Takes the line up to CR LF off *rest, without them. */
static bool take_line(struct str *rest, struct str *ret)
{
	const char *lf = memchr(rest->p, '\n', rest->n);
	if (!lf || lf == rest->p || lf[-1] != '\r')
		return false;
	*ret = str_n(rest->p, (size_t)(lf - 1 - rest->p));
	rest->n -= (size_t)(lf + 1 - rest->p);
	rest->p = lf + 1;
	return true;
}

static bool parse_version(struct str s, int *ret_minor, struct head_fault *f)
{
	if (s.n != 8 || memcmp(s.p, "HTTP/", 5) != 0 || s.p[6] != '.')
		return malformed(f, "The request line does not end with an HTTP version.");
	if (s.p[5] != '1' || (s.p[7] != '0' && s.p[7] != '1')) {
		if (s.p[5] < '0' || s.p[5] > '9' || s.p[7] < '0' || s.p[7] > '9')
			return malformed(f, "The request line does not end with an HTTP version.");
		return fault(f, 505, "version_unknown", "Only HTTP/1.0 and HTTP/1.1 are spoken here.");
	}
	*ret_minor = s.p[7] - '0';
	return true;
}

static bool parse_target(struct str target, struct head *h, struct str *ret_authority, struct head_fault *f)
{
	static const struct str schemes[] = { { "http://", 7 }, { "https://", 8 } };
	for (size_t i = 0; i < target.n; i++) {
		unsigned char c = (unsigned char)target.p[i];
		if (c <= ' ' || c == 0x7f || c == '#' || c == '\\')
			return malformed(f, "The address of the request holds a character that must be escaped.");
	}
	/* The absolute form is for proxies, and every server must take it: its authority stands for Host. */
	for (size_t i = 0; i < countof(schemes); i++) {
		if (target.n > schemes[i].n && str_ieq(str_n(target.p, schemes[i].n), schemes[i])) {
			target = str_n(target.p + schemes[i].n, target.n - schemes[i].n);
			size_t slash = str_find(target, '/');
			*ret_authority = str_n(target.p, slash);
			if (slash == 0 || slash == target.n)
				return malformed(f, "The address of the request has no path.");
			target = str_n(target.p + slash, target.n - slash);
			break;
		}
	}
	bool asterisk = str_is(target, "*") && str_is(h->method, "OPTIONS");
	if (!asterisk && (target.n == 0 || target.p[0] != '/'))
		return malformed(f, "The address of the request does not start with a slash.");
	size_t q = str_find(target, '?');
	h->path = str_n(target.p, q);
	if (q < target.n)
		h->query = str_n(target.p + q + 1, target.n - q - 1);
	return true;
}

static bool parse_request_line(struct str line, const struct head_limits *limits, struct head *h,
			       struct str *ret_authority, struct head_fault *f)
{
	size_t a = str_find(line, ' ');
	if (a == line.n)
		return malformed(f, "The request line is not METHOD ADDRESS VERSION.");
	h->method = str_n(line.p, a);
	struct str rest = str_n(line.p + a + 1, line.n - a - 1);
	size_t b = str_find(rest, ' ');
	if (b == rest.n || !head_is_token(h->method))
		return malformed(f, "The request line is not METHOD ADDRESS VERSION.");
	if (!parse_version(str_n(rest.p + b + 1, rest.n - b - 1), &h->minor, f))
		return false;
	static const char *const known[] = { "GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS" };
	size_t i = 0;
	while (i < countof(known) && !str_is(h->method, known[i]))
		i++;
	if (i == countof(known))
		return fault(f, 501, "method_unknown", "This method is not known here.");
	if (b > limits->url_bytes)
		return fault(f, 414, "url_too_long", "The address of the request is too long.");
	return parse_target(str_n(rest.p, b), h, ret_authority, f);
}

static bool parse_field(struct str line, struct net_header *ret, struct head_fault *f)
{
	if (line.p[0] == ' ' || line.p[0] == '\t')
		return malformed(f, "A folded header line is not taken.");
	size_t colon = str_find(line, ':');
	struct str name = str_n(line.p, colon);
	if (colon == line.n || !head_is_token(name))
		return malformed(f, "The name of a header is not a word followed by a colon.");
	struct str value = str_n(line.p + colon + 1, line.n - colon - 1);
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return malformed(f, "The value of a header holds a control character.");
	}
	*ret = (struct net_header){ name, trim_ows(value) };
	return true;
}

static bool valid_host(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
			  c == '-' || c == '_' || c == ':' || c == '[' || c == ']' || c == '%' || c == '~';
		if (!ok)
			return false;
	}
	return s.n > 0 && s.n <= 270;
}

/* What is counted over all fields, to be judged at the end. */
struct tally {
	size_t hosts, lengths, codings;
	bool close, keep_alive, connection_upgrade, websocket;
};

static bool note_length(struct str value, struct head *h, struct head_fault *f)
{
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] < '0' || value.p[i] > '9')
			return malformed(f, "Content-Length is not a number.");
	if (value.n == 0 || value.n > 18 || !str_to_i64(value, &h->content_length))
		return malformed(f, "Content-Length is not a number.");
	return true;
}

static bool note_field(const struct net_header *field, struct head *h, struct tally *t, struct head_fault *f)
{
	struct str name = field->name, value = field->value;
	if (str_ieq(name, STR("host"))) {
		t->hosts++;
		h->host = value;
	} else if (str_ieq(name, STR("content-length"))) {
		t->lengths++;
		return note_length(value, h, f);
	} else if (str_ieq(name, STR("transfer-encoding"))) {
		t->codings++;
		h->chunked = str_ieq(value, STR("chunked"));
		if (!h->chunked)
			return fault(f, 501, "coding_unknown", "Only the transfer coding chunked is taken.");
	} else if (str_ieq(name, STR("connection"))) {
		t->close |= head_list_has(value, "close");
		t->keep_alive |= head_list_has(value, "keep-alive");
		t->connection_upgrade |= head_list_has(value, "upgrade");
	} else if (str_ieq(name, STR("upgrade"))) {
		t->websocket |= str_ieq(value, STR("websocket"));
	} else if (str_ieq(name, STR("expect"))) {
		if (!str_ieq(value, STR("100-continue")))
			return fault(f, 417, "expectation_failed", "This expectation is not known.");
		h->expects = true;
	}
	return true;
}

static bool judge(struct head *h, const struct tally *t, struct str authority, struct head_fault *f)
{
	if (t->hosts > 1 || (t->hosts == 0 && h->minor == 1))
		return malformed(f, "There must be exactly one Host header.");
	if (t->hosts && !valid_host(h->host))
		return malformed(f, "The Host header is not a host.");
	if (authority.n && (!valid_host(authority) || (t->hosts && !str_ieq(authority, h->host))))
		return malformed(f, "The address of the request and the Host header differ.");
	if (t->lengths > 1)
		return malformed(f, "There must be at most one Content-Length header.");
	if (t->codings > 1)
		return malformed(f, "There must be at most one Transfer-Encoding header.");
	if (t->codings && t->lengths)
		return malformed(f, "Content-Length and Transfer-Encoding exclude each other.");
	if (t->codings && h->minor == 0)
		return malformed(f, "HTTP/1.0 has no Transfer-Encoding.");
	h->keep_alive = h->minor == 1 ? !t->close : t->keep_alive && !t->close;
	h->expects = h->expects && h->minor == 1;
	h->upgrade = t->connection_upgrade && t->websocket && h->minor == 1;
	return true;
}

bool head_parse(struct str text, const struct head_limits *limits, struct arena *a, struct head *ret,
		struct head_fault *f)
{
	struct head h = { .content_length = -1 };
	struct tally tally = { 0 };
	struct str rest = text, line, authority = { NULL, 0 };
	if (memchr(text.p, 0, text.n))
		return malformed(f, "The header holds a NUL.");
	if (!take_line(&rest, &line) || !parse_request_line(line, limits, &h, &authority, f))
		return f->status ? false : malformed(f, "The request line is not METHOD ADDRESS VERSION.");
	h.fields = rest;
	if (rest.n > limits->header_bytes)
		return fault(f, 431, "headers_too_large", "The header is too large.");
	size_t room = 16;
	h.headers = arena_array(a, room, sizeof *h.headers);
	while (take_line(&rest, &line) && line.n) {
		if (memchr(line.p, '\r', line.n))
			return malformed(f, "A line of the header ends without CR LF.");
		if (h.n_headers == limits->header_count)
			return fault(f, 431, "headers_too_large", "There are too many headers.");
		if (h.n_headers == room) {
			struct net_header *more = arena_array(a, room * 2, sizeof *more);
			memcpy(more, h.headers, room * sizeof *more);
			h.headers = more;
			room *= 2;
		}
		struct net_header *field = &h.headers[h.n_headers++];
		if (!parse_field(line, field, f) || !note_field(field, &h, &tally, f))
			return false;
	}
	if (!judge(&h, &tally, authority, f))
		return false;
	*ret = h;
	return true;
}
