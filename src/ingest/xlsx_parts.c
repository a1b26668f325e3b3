/* The workbook, its relations and its styles. */
#include "ingest/xlsx.h"

#include "base/limits.h"

#include <stdlib.h>

#define MAX_STYLES 65536
#define MAX_RELATIONS (4 * LIMIT_TABLES + 64)

struct relation {
	char *id, *type, *target;
};

struct parts {
	struct xlsx_xml *xml; /* first: see xlsx_xml_begin */
	struct xlsx_book *book;
	struct relation *relations;
	size_t n_relations;
	/* styles */
	bool in_formats;
	struct {
		long id;
		enum xlsx_kind kind;
	} * formats;
	size_t n_formats;
};

static void too_many(struct parts *p, const char *what)
{
	err_set(p->xml->e, ERR_LIMIT, "too_many_parts", "The workbook has too many %s.", what);
	xlsx_xml_fail(p->xml);
}

static void on_relation(void *user, const char *name, const char **a)
{
	struct parts *p = user;
	if (!xlsx_xml_enter(p->xml) || strcmp(xlsx_local(name), "Relationship") != 0)
		return;
	const char *id = xlsx_attribute(a, "Id"), *type = xlsx_attribute(a, "Type"),
		   *target = xlsx_attribute(a, "Target");
	if (!id || !type || !target)
		return;
	if (p->n_relations == MAX_RELATIONS) {
		too_many(p, "parts");
		return;
	}
	p->relations = mem_realloc(p->relations, (p->n_relations + 1) * sizeof *p->relations);
	p->relations[p->n_relations++] = (struct relation){ mem_strdup(id), mem_strdup(type), mem_strdup(target) };
}

static void on_workbook(void *user, const char *name, const char **a)
{
	struct parts *p = user;
	struct xlsx_book *b = p->book;
	if (!xlsx_xml_enter(p->xml))
		return;
	const char *local = xlsx_local(name);
	if (strcmp(local, "workbookPr") == 0) {
		const char *v = xlsx_attribute(a, "date1904");
		b->from_1904 = v && (strcmp(v, "1") == 0 || strcmp(v, "true") == 0);
	} else if (strcmp(local, "sheet") == 0) {
		const char *sheet = xlsx_attribute(a, "name"), *id = xlsx_attribute(a, "id");
		if (!sheet || !id)
			return;
		if (b->n_sheets == LIMIT_TABLES) {
			too_many(p, "sheets");
			return;
		}
		b->sheets = mem_realloc(b->sheets, (b->n_sheets + 1) * sizeof *b->sheets);
		const char *state = xlsx_attribute(a, "state");
		bool hidden = state && strcmp(state, "visible") != 0;
		b->sheets[b->n_sheets++] = (struct xlsx_sheet_part){ mem_strdup(sheet), mem_strdup(id), hidden };
	}
}

static void on_style(void *user, const char *name, const char **a)
{
	struct parts *p = user;
	struct xlsx_book *b = p->book;
	if (!xlsx_xml_enter(p->xml))
		return;
	const char *local = xlsx_local(name), *id = xlsx_attribute(a, "numFmtId");
	if (strcmp(local, "cellXfs") == 0) {
		p->in_formats = true;
	} else if (strcmp(local, "numFmt") == 0) {
		const char *code = xlsx_attribute(a, "formatCode");
		if (!id || !code)
			return;
		if (p->n_formats == MAX_STYLES) {
			too_many(p, "number formats");
			return;
		}
		p->formats = mem_realloc(p->formats, (p->n_formats + 1) * sizeof *p->formats);
		p->formats[p->n_formats].id = strtol(id, NULL, 10);
		p->formats[p->n_formats++].kind = xlsx_format_kind(str_of(code));
	} else if (p->in_formats && strcmp(local, "xf") == 0) {
		if (b->n_styles == MAX_STYLES) {
			too_many(p, "cell formats");
			return;
		}
		long format = id ? strtol(id, NULL, 10) : 0;
		enum xlsx_kind kind = xlsx_builtin_kind(format);
		for (size_t i = 0; i < p->n_formats; i++) {
			if (p->formats[i].id == format)
				kind = p->formats[i].kind;
		}
		b->styles = mem_realloc(b->styles, b->n_styles + 1);
		b->styles[b->n_styles++] = (uint8_t)kind;
	}
}

static void on_end(void *user, const char *name)
{
	struct parts *p = user;
	if (strcmp(xlsx_local(name), "cellXfs") == 0)
		p->in_formats = false;
	xlsx_xml_leave(p->xml);
}

static bool read_part(struct parts *p, zip_t *z, const char *part,
		      void (*on_start)(void *, const char *, const char **), struct err *e)
{
	struct xlsx_xml x;
	if (!xlsx_xml_begin(&x, p, e))
		return false;
	XML_SetElementHandler(x.parser, on_start, on_end);
	bool ok = xlsx_xml_run(&x, z, part, e);
	xlsx_xml_end(&x);
	return ok;
}

static void free_relations(struct parts *p)
{
	for (size_t i = 0; i < p->n_relations; i++) {
		free(p->relations[i].id);
		free(p->relations[i].type);
		free(p->relations[i].target);
	}
	free(p->relations);
	p->relations = NULL;
	p->n_relations = 0;
}

/* A target of a relation as a name in the archive: from the root, or from the folder of `base`. */
static char *resolve(const char *base, const char *target)
{
	struct buf b = BUF_INIT(4096);
	const char *slash = strrchr(base, '/');
	if (target[0] == '/') {
		target++;
	} else if (slash) {
		buf_add(&b, base, (size_t)(slash - base) + 1);
		while (strncmp(target, "../", 3) == 0 && b.n) {
			target += 3;
			b.n--;
			while (b.n && b.p[b.n - 1] != '/')
				b.n--;
		}
	}
	while (strncmp(target, "./", 2) == 0)
		target += 2;
	buf_adds(&b, target);
	return buf_take(&b, NULL);
}

static char *relations_of(const char *part)
{
	struct buf b = BUF_INIT(4096);
	const char *slash = strrchr(part, '/');
	size_t folder = slash ? (size_t)(slash - part) + 1 : 0;
	buf_add(&b, part, folder);
	buf_addf(&b, "_rels/%s.rels", part + folder);
	return buf_take(&b, NULL);
}

static const struct relation *by_type(const struct parts *p, const char *ending)
{
	for (size_t i = 0; i < p->n_relations; i++) {
		if (str_ends(str_of(p->relations[i].type), str_of(ending)))
			return &p->relations[i];
	}
	return NULL;
}

/* Sheets carry the id of a relation until here; those that are no worksheet (charts) go. */
static void place_sheets(struct parts *p, const char *workbook)
{
	struct xlsx_book *b = p->book;
	size_t kept = 0;
	for (size_t i = 0; i < b->n_sheets; i++) {
		char *path = NULL;
		for (size_t k = 0; k < p->n_relations && !path; k++) {
			const struct relation *r = &p->relations[k];
			if (strcmp(r->id, b->sheets[i].path) == 0 && str_ends(str_of(r->type), STR("/worksheet")))
				path = resolve(workbook, r->target);
		}
		free(b->sheets[i].path);
		if (path)
			b->sheets[kept++] = (struct xlsx_sheet_part){ b->sheets[i].name, path, b->sheets[i].hidden };
		else
			free(b->sheets[i].name);
	}
	b->n_sheets = kept;
}

static char *find_workbook(struct parts *p, zip_t *z, struct err *e)
{
	if (xlsx_zip_has(z, "xl/workbook.xml"))
		return mem_strdup("xl/workbook.xml");
	if (!read_part(p, z, "_rels/.rels", on_relation, e))
		return NULL;
	const struct relation *r = by_type(p, "/officeDocument");
	char *found = r ? resolve("", r->target) : NULL;
	free_relations(p);
	if (!found)
		err_set(e, ERR_VALUE, "damaged", "The archive names no workbook.");
	return found;
}

bool xlsx_book_read(zip_t *z, struct xlsx_book *ret, struct err *e)
{
	struct xlsx_book book = { 0 };
	struct parts p = { .book = &book };
	CLEANUP(str_freep) char *workbook = find_workbook(&p, z, e);
	if (!workbook)
		return false;
	CLEANUP(str_freep) char *relations = relations_of(workbook);
	bool ok = read_part(&p, z, workbook, on_workbook, e) && read_part(&p, z, relations, on_relation, e);
	if (ok) {
		const struct relation *strings = by_type(&p, "/sharedStrings"), *styles = by_type(&p, "/styles");
		book.strings_path = strings ? resolve(workbook, strings->target) : NULL;
		book.styles_path = styles ? resolve(workbook, styles->target) : NULL;
		place_sheets(&p, workbook);
		if (book.styles_path)
			ok = read_part(&p, z, book.styles_path, on_style, e);
	}
	free_relations(&p);
	free(p.formats);
	if (ok && !book.n_sheets)
		ok = err_set(e, ERR_VALUE, "no_sheets", "The workbook has no worksheet.");
	if (!ok) {
		xlsx_book_free(&book);
		return false;
	}
	*ret = book;
	return true;
}

void xlsx_book_free(struct xlsx_book *b)
{
	for (size_t i = 0; i < b->n_sheets; i++) {
		free(b->sheets[i].name);
		free(b->sheets[i].path);
	}
	free(b->sheets);
	free(b->styles);
	free(b->strings_path);
	free(b->styles_path);
	*b = (struct xlsx_book){ 0 };
}
