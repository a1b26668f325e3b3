#include "ingest/ods.h"

#include "base/limits.h"
#include "ingest/other_file.h"
#include "ingest/reader.h"

#include <stdlib.h>

struct ods_reader {
	struct reader base;
	zip_t *zip;
	struct ods_sheets sheets;
	struct ods_content *content;
	size_t table;
};

/* First pass: names, which of them are hidden, and how far into the part each reaches. */
struct listing {
	struct xlsx_xml *xml; /* first: see xlsx_xml_begin */
	struct xlsx_xml x;
	struct ods_sheets *sheets;
	char **hidden_styles;
	size_t n_hidden;
	char *style; /* name of the open table style */
	int book, sheet;
};

static void add_sheet(struct listing *l, const char **a)
{
	const char *name = xlsx_attribute(a, "name"), *style = xlsx_attribute(a, "style-name");
	if (l->sheets->n == LIMIT_TABLES) {
		err_set(l->x.e, ERR_LIMIT, "too_many_parts", "The workbook has too many sheets.");
		xlsx_xml_fail(l->xml);
		return;
	}
	l->sheets->list = mem_realloc(l->sheets->list, (l->sheets->n + 1) * sizeof *l->sheets->list);
	struct ods_sheet *s = &l->sheets->list[l->sheets->n++];
	*s = (struct ods_sheet){ .name = mem_strdup(name && *name ? name : "table") };
	for (size_t i = 0; style && i < l->n_hidden; i++)
		s->hidden = s->hidden || strcmp(style, l->hidden_styles[i]) == 0;
	l->sheet = l->x.depth;
}

static void add_hidden_style(struct listing *l, const char **a)
{
	const char *shown = xlsx_attribute(a, "display");
	if (!l->style || !shown || strcmp(shown, "false") != 0 || l->n_hidden == LIMIT_TABLES)
		return;
	l->hidden_styles = mem_realloc(l->hidden_styles, (l->n_hidden + 1) * sizeof *l->hidden_styles);
	l->hidden_styles[l->n_hidden++] = mem_strdup(l->style);
}

static void on_start(void *user, const char *name, const char **a)
{
	struct listing *l = user;
	if (!xlsx_xml_enter(l->xml) || l->sheet)
		return;
	const char *local = xlsx_local(name);
	if (l->book && l->x.depth == l->book + 1 && strcmp(local, "table") == 0) {
		add_sheet(l, a);
	} else if (!l->book && strcmp(local, "spreadsheet") == 0) {
		l->book = l->x.depth;
	} else if (strcmp(local, "style") == 0) {
		const char *style = xlsx_attribute(a, "name");
		free(l->style);
		l->style = style ? mem_strdup(style) : NULL;
	} else if (strcmp(local, "table-properties") == 0) {
		add_hidden_style(l, a);
	}
}

static void on_end(void *user, const char *name)
{
	struct listing *l = user;
	if (l->sheet == l->x.depth) {
		l->sheet = 0;
		l->sheets->list[l->sheets->n - 1].end = (uint64_t)XML_GetCurrentByteIndex(l->x.parser);
	}
	xlsx_xml_leave(l->xml);
}

void ods_sheets_free(struct ods_sheets *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->list[i].name);
	free(s->list);
	*s = (struct ods_sheets){ 0 };
}

bool ods_sheets_read(zip_t *z, struct ods_sheets *ret, struct err *e)
{
	struct ods_sheets sheets = { 0 };
	struct listing l = { .sheets = &sheets };
	if (!xlsx_xml_begin(&l.x, &l, e))
		return false;
	XML_SetElementHandler(l.x.parser, on_start, on_end);
	bool ok = xlsx_xml_run(&l.x, z, ODS_CONTENT, e);
	xlsx_xml_end(&l.x);
	for (size_t i = 0; i < l.n_hidden; i++)
		free(l.hidden_styles[i]);
	free(l.hidden_styles);
	free(l.style);
	if (ok && !sheets.n)
		ok = err_set(e, ERR_VALUE, "no_sheets", "The OpenDocument file has no worksheet.");
	if (ok)
		*ret = sheets;
	else
		ods_sheets_free(&sheets);
	return ok;
}

static struct ods_reader *of(struct reader *r)
{
	return (struct ods_reader *)r;
}

static bool start(struct reader *r, size_t table, struct err *e)
{
	struct ods_reader *o = of(r);
	ods_content_close(o->content);
	o->content = NULL;
	o->table = table;
	return ods_content_open(o->zip, table, o->sheets.list[table].name, &o->content, e);
}

static bool next(struct reader *r, struct block *ret, bool *ret_end, struct err *e)
{
	struct ods_reader *o = of(r);
	if (!ods_content_next(o->content, ret, ret_end, e))
		return false;
	uint64_t all = MAX(o->sheets.list[o->sheets.n - 1].end, UINT64_C(1));
	uint64_t before = o->table ? o->sheets.list[o->table - 1].end : 0;
	uint64_t at = MIN(MAX(ods_content_read(o->content), before), all);
	source_set_consumed(r->source, (uint64_t)((double)at / (double)all * (double)source_total(r->source)));
	return true;
}

static void close_reader(struct reader *r)
{
	struct ods_reader *o = of(r);
	ods_content_close(o->content);
	ods_sheets_free(&o->sheets);
	if (o->zip)
		zip_discard(o->zip);
	free(o);
}

static const struct reader_ops ods_ops = {
	.format = "ods", .sheets = true, .start = start, .next = next, .close = close_reader
};

/* The start of a part as text; empty when there is none. */
static struct str part_head(zip_t *z, const char *name, char *room, size_t size)
{
	struct xlsx_stream s = { 0 };
	struct err ignored;
	size_t got = 0;
	if (!xlsx_zip_has(z, name) || !xlsx_stream_open(z, name, &s, &ignored))
		return STR("");
	if (!xlsx_stream_read(&s, room, size, &got, &ignored))
		got = 0;
	xlsx_stream_close(&s);
	return str_n(room, got);
}

/* What is no spreadsheet, or cannot be read without a password. */
static bool check_package(zip_t *z, struct err *e)
{
	static const struct str kind = STR("application/vnd.oasis.opendocument."), sheet = STR("spreadsheet");
	size_t size = 256 * KIB;
	CLEANUP(str_freep) char *room = mem_alloc(size);
	struct str mime = part_head(z, "mimetype", room, size);
	if (str_starts(mime, kind) && !str_starts(str_n(mime.p + kind.n, mime.n - kind.n), sheet))
		return other_file(e, OTHER_DOCUMENT, "an OpenDocument file, but no spreadsheet");
	struct str manifest = part_head(z, "META-INF/manifest.xml", room, size);
	if (memmem(manifest.p, manifest.n, "encryption-data", 15) || xlsx_zip_has(z, "encrypted-package"))
		return err_set(
			e, ERR_VALUE, "encrypted",
			"This workbook is protected with a password. Save a copy without the password and load that.");
	return true;
}

bool ods_open(struct source *s, struct reader **ret, struct err *e)
{
	char *bytes;
	size_t n;
	if (!source_whole(s, &bytes, &n, e))
		return false;
	struct ods_reader *o = mem_zalloc(sizeof *o);
	o->base = (struct reader){ .ops = &ods_ops, .source = s };
	if (!xlsx_zip_open(bytes, n, &o->zip, e) || !check_package(o->zip, e) ||
	    !ods_sheets_read(o->zip, &o->sheets, e)) {
		reader_close(&o->base);
		return false;
	}
	for (size_t i = 0; i < o->sheets.n; i++)
		reader_add_table(&o->base, str_of(o->sheets.list[i].name))->hidden = o->sheets.list[i].hidden;
	o->base.serials_from = 1900;
	*ret = &o->base;
	return true;
}

void ods_date_text(struct str value, struct buf *ret)
{
	size_t t = str_find(value, 'T');
	buf_add_str(ret, str_n(value.p, t));
	if (t == value.n)
		return;
	struct str time = str_n(value.p + t + 1, value.n - t - 1);
	size_t point = str_find(time, '.');
	if (point < time.n) { /* nanoseconds are written: no more digits than a workbook's time has */
		time.n = MIN(time.n, point + 4);
		while (time.n > point && (time.p[time.n - 1] == '0' || time.n == point + 1))
			time.n--;
	}
	if (str_is(time, "00:00:00"))
		return;
	buf_addc(ret, ' ');
	buf_add_str(ret, time);
}

void ods_time_text(struct str value, struct buf *ret)
{
	static const char units[] = "HMS";
	unsigned parts[3] = { 0 }, fraction = 0;
	size_t at = 2, scale = 100;
	if (!str_starts(value, STR("PT"))) {
		buf_add_str(ret, value);
		return;
	}
	for (unsigned n = 0; at < value.n; at++) {
		char c = value.p[at];
		const char *unit = c ? strchr(units, c) : NULL;
		if (c >= '0' && c <= '9' && n < 10000000) {
			n = n * 10 + (unsigned)(c - '0');
		} else if (unit) {
			parts[unit - units] = n;
			n = 0;
		} else if (c == '.') {
			parts[2] = n;
			for (at++; at < value.n && value.p[at] >= '0' && value.p[at] <= '9'; at++, scale /= 10)
				fraction += (unsigned)(value.p[at] - '0') * (unsigned)scale;
			break;
		} else {
			buf_add_str(ret, value);
			return;
		}
	}
	buf_addf(ret, "%02u:%02u:%02u", parts[0], parts[1], parts[2]);
	if (fraction)
		buf_addf(ret, ".%03u", fraction);
}
