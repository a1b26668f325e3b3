/*
 * Cutting a text of Telegram into messages.
 *
 * The text is walked in units that must stay whole: a tag, an entity, a letter. Each has a weight in UTF-16 units,
 * which is what Telegram counts: 0 for a tag, 1 for an entity, 1 or 2 for a letter. A stack has the tags that are open;
 * where a part ends they are closed and the next part begins with them, so that each part is whole HTML of its own.
 */
#include "connect/telegram.h"

#include "base/utf8.h"

#define OPEN_MOST 16

struct open_tags {
	struct str tag[OPEN_MOST]; /* names */
	size_t n;
};

struct unit {
	size_t bytes, weight;
	bool is_tag;
};

static struct unit unit_at(struct str rest)
{
	uint32_t code;
	if (rest.p[0] == '<') {
		size_t end = str_find(rest, '>');
		if (end < rest.n)
			return (struct unit){ end + 1, 0, true };
	}
	if (rest.p[0] == '&') {
		size_t end = str_find(rest, ';');
		if (end < rest.n && end < 12)
			return (struct unit){ end + 1, 1, false };
	}
	size_t n = utf8_decode(rest, &code);
	return n ? (struct unit){ n, code > 0xffff ? 2 : 1, false } : (struct unit){ 1, 1, false };
}

static void follow(struct open_tags *open, struct str tag)
{
	struct str name = str_n(tag.p + 1, tag.n - 2);
	if (name.n && name.p[0] == '/') {
		open->n -= open->n > 0;
		return;
	}
	if (open->n < OPEN_MOST)
		open->tag[open->n++] = name;
}

struct cut {
	size_t at; /* bytes of the part */
	struct open_tags open;
};

/* Where the part that begins at rest ends. */
static struct cut find_cut(struct str rest, size_t most, const struct open_tags *from)
{
	struct cut here = { 0, *from }, line = { 0 }, blank = { 0 };
	size_t weight = 0, line_weight = 0;
	while (here.at < rest.n) {
		struct unit u = unit_at(str_n(rest.p + here.at, rest.n - here.at));
		if (weight + u.weight > most) {
			/* A line end that would waste most of a message is not worth it. */
			if (line.at && line_weight > most / 4)
				return line;
			return blank.at ? blank : here;
		}
		char c = rest.p[here.at];
		if (u.is_tag)
			follow(&here.open, str_n(rest.p + here.at, u.bytes));
		here.at += u.bytes;
		weight += u.weight;
		if (c == '\n') {
			line = here;
			line_weight = weight;
		} else if (c == ' ') {
			blank = here;
		}
	}
	return here;
}

static size_t name_length(struct str tag)
{
	return str_find(tag, ' ');
}

bool telegram_split(struct str html, size_t most, struct arena *a, struct str **ret, size_t *ret_n, struct err *e)
{
	struct str *parts = arena_array(a, TELEGRAM_PARTS_MOST, sizeof *parts);
	struct open_tags open = { .n = 0 };
	size_t n = 0;
	while (parts && html.n) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(MESSAGE_BYTES);
		struct cut cut = find_cut(html, most, &open);
		for (size_t i = 0; i < open.n; i++)
			buf_addf(&b, "<%.*s>", STR_ARG(open.tag[i]));
		buf_add(&b, html.p, cut.at);
		for (size_t i = cut.open.n; i-- > 0;)
			buf_addf(&b, "</%.*s>", (int)name_length(cut.open.tag[i]), cut.open.tag[i].p);
		html = str_n(html.p + cut.at, html.n - cut.at);
		open = cut.open;
		if (n == TELEGRAM_PARTS_MOST)
			return err_set(e, ERR_LIMIT, NULL, "The text is longer than %d messages of Telegram.",
				       TELEGRAM_PARTS_MOST);
		parts[n++] = arena_str(a, buf_str(&b));
	}
	if (a->failed)
		return err_set(e, ERR_LIMIT, NULL, "The text is too long.");
	*ret = parts;
	*ret_n = n;
	return true;
}

void telegram_escape(struct buf *b, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '&')
			buf_adds(b, "&amp;");
		else if (text.p[i] == '<')
			buf_adds(b, "&lt;");
		else if (text.p[i] == '>')
			buf_adds(b, "&gt;");
		else
			buf_addc(b, text.p[i]);
	}
}
