/*
 * HTML as libxml2 reads it: forgiving, as browsers and Excel are. Only its events are used, no tree is built; it is
 * given UTF-8 and told so, because another encoding would make it load tables from files. Blanks run together, <br>
 * breaks a line, and what scripts and styles hold is no text.
 */
#include "base/limits.h"
#include "ingest/markup.h"

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>
#include <stdlib.h>
#include <strings.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* A tag that has not ended. */
struct tag {
	size_t at, seen; /* where it begins in the file; how much of it was counted */
	size_t attributes;
	char quote, before;
	bool apart; /* a name may begin */
};

struct html {
	struct markup *m;
	htmlParserCtxtPtr parser;
	htmlSAXHandler sax;
	size_t depth;
	bool too_deep;
	size_t fed;
	struct tag tag;
	bool in_cell, in_caption;
	uint32_t across, down;
	struct buf text;
	char gap; /* a blank or a line break that comes before the next letter */
};

static bool is(const xmlChar *name, const char *want)
{
	return strcasecmp((const char *)name, want) == 0;
}

static const char *attribute(const xmlChar **a, const char *name)
{
	for (; a && a[0]; a += 2) {
		if (is(a[0], name))
			return a[1] ? (const char *)a[1] : "";
	}
	return NULL;
}

static uint32_t count_of(const xmlChar **a, const char *name, uint32_t most)
{
	const char *v = attribute(a, name);
	long n = v ? strtol(v, NULL, 10) : 1;
	return n < 1 ? 1 : (uint32_t)MIN(n, (long)most);
}

static bool is_hidden(const xmlChar **a)
{
	const char *style = attribute(a, "style");
	const char *display = style ? strcasestr(style, "display") : NULL;
	display = display ? display + strcspn(display, ":") : NULL;
	return display && *display && strncasecmp(display + 1 + strspn(display + 1, " "), "none", 4) == 0;
}

static void begin_text(struct html *h)
{
	buf_clear(&h->text);
	h->gap = 0;
}

static void begin_cell(struct html *h, const xmlChar **a)
{
	h->in_cell = true;
	h->across = count_of(a, "colspan", LIMIT_COLUMNS + 1);
	h->down = count_of(a, "rowspan", LIMIT_SHEET_ROWS);
	begin_text(h);
}

static void end_cell(struct html *h)
{
	if (h->in_cell)
		markup_cell(h->m, 0, h->across, h->down, buf_str(&h->text), 0);
	h->in_cell = false;
}

static void on_start(void *user, const xmlChar *name, const xmlChar **a)
{
	static const char *const blocks[] = { "br", "p", "div", "li" };
	struct html *h = user;
	if (++h->depth > LIMIT_HTML_DEPTH && !h->too_deep) {
		h->too_deep = true;
		xmlStopParser(h->parser);
	}
	if (h->too_deep)
		return;
	for (size_t i = 0; i < countof(blocks); i++)
		h->gap = h->text.n && is(name, blocks[i]) ? '\n' : h->gap;
	if (is(name, "table")) {
		markup_begin_table(h->m, STR(""), is_hidden(a));
	} else if (is(name, "tr")) {
		markup_begin_row(h->m, 0, is_hidden(a));
	} else if (is(name, "td") || is(name, "th")) {
		begin_cell(h, a);
	} else if (is(name, "caption")) {
		h->in_caption = true;
		begin_text(h);
	}
}

static void on_end(void *user, const xmlChar *name)
{
	struct html *h = user;
	h->depth -= h->depth > 0;
	if (is(name, "td") || is(name, "th")) {
		end_cell(h);
	} else if (is(name, "tr")) {
		end_cell(h);
		markup_end_row(h->m);
	} else if (is(name, "table")) {
		end_cell(h);
		markup_end_table(h->m);
	} else if (is(name, "caption")) {
		markup_name_table(h->m, buf_str(&h->text));
		h->in_caption = false;
	}
}

static void on_text(void *user, const xmlChar *bytes, int n)
{
	struct html *h = user;
	const char *p = (const char *)bytes;
	if (!(h->in_cell || h->in_caption) || !markup_listens(h->m))
		return;
	for (int i = 0; i < n && h->text.n <= LIMIT_CELL_BYTES; i++) {
		bool space = p[i] == ' ' || (p[i] >= '\t' && p[i] <= '\r');
		bool no_break = i + 1 < n && p[i] == '\xc2' && p[i + 1] == '\xa0';
		i += no_break;
		if (space || no_break) {
			h->gap = h->text.n && !h->gap ? ' ' : h->gap;
			continue;
		}
		if (h->gap)
			buf_addc(&h->text, h->gap);
		h->gap = 0;
		buf_addc(&h->text, p[i]);
	}
}

static void ignore_text(void *user, const xmlChar *p, int n)
{
	(void)user;
	(void)p;
	(void)n;
}

static void close_parser(void *parser)
{
	struct html *h = parser;
	if (h->parser)
		htmlFreeParserCtxt(h->parser);
	buf_free(&h->text);
	free(h);
}

static void *open_parser(struct markup *m, struct err *e)
{
	struct html *h = mem_zalloc(sizeof *h);
	h->m = m;
	h->text = BUF_INIT(LIMIT_CELL_BYTES + 64);
	h->sax = (htmlSAXHandler){ .startElement = on_start,
				   .endElement = on_end,
				   .characters = on_text,
				   .ignorableWhitespace = on_text,
				   .cdataBlock = ignore_text };
	h->parser = htmlCreatePushParserCtxt(&h->sax, h, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);
	if (!h->parser) {
		close_parser(h);
		err_set(e, ERR_INTERNAL, NULL, "no HTML parser");
		return NULL;
	}
	htmlCtxtUseOptions(h->parser, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
					      HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC | HTML_PARSE_NODEFDTD);
	xmlSwitchEncoding(h->parser, XML_CHAR_ENCODING_UTF8);
	return h;
}

/*
 * libxml2 compares each attribute of an element with all before it, so a tag of a megabyte would take minutes. But it
 * looks at a tag only when all of it is there: the bytes of one that it waits for are counted before.
 */
static void count_attributes(struct tag *t, struct str bytes)
{
	for (; t->seen < bytes.n; t->seen++) {
		char c = bytes.p[t->seen];
		bool space = c == ' ' || (c >= '\t' && c <= '\r');
		if (t->quote) {
			t->apart = c == t->quote;
			t->quote = t->apart ? 0 : t->quote;
		} else if (t->before == '=' && (c == '"' || c == '\'')) {
			t->quote = c;
		} else {
			t->attributes += t->apart && !space;
			t->apart = space;
		}
		t->before = c;
	}
}

/* What the parser holds back begins with a tag when it waits for the end of one. */
static bool check_tag(struct html *h, struct err *e)
{
	const xmlParserInput *in = h->parser->input;
	struct str held = in ? str_n((const char *)in->cur, (size_t)(in->end - in->cur)) : STR("");
	if (held.n <= LIMIT_HTML_TAG_BYTES || held.p[0] != '<' || !strchr(LETTERS, held.p[1]))
		return true;
	if (h->tag.at != h->fed - held.n)
		h->tag = (struct tag){ .at = h->fed - held.n };
	count_attributes(&h->tag, held);
	return h->tag.attributes <= LIMIT_HTML_ATTRIBUTES ||
	       err_set(e, ERR_LIMIT, "html_attributes", "An element of the page has more than %d attributes.",
		       LIMIT_HTML_ATTRIBUTES);
}

static bool feed(void *parser, const char *p, size_t n, bool last, struct err *e)
{
	struct html *h = parser;
	do {
		size_t piece = MIN(n, (size_t)LIMIT_HTML_TAG_BYTES);
		htmlParseChunk(h->parser, p, (int)piece, last && piece == n);
		h->fed += piece;
		if (h->too_deep)
			return err_set(e, ERR_LIMIT, "xml_depth", "The page's elements are nested more than %d deep.",
				       LIMIT_HTML_DEPTH);
		if (!check_tag(h, e))
			return false;
		p += piece;
		n -= piece;
	} while (n);
	return true;
}

const struct markup_ops markup_html = { .format = "html", .open = open_parser, .feed = feed, .close = close_parser };
