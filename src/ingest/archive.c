#include "ingest/archive.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "ingest/encoding.h"
#include "ingest/other_file.h"
#include "ingest/xlsx.h"

#include <stdlib.h>

struct member {
	char *name; /* UTF-8 */
	zip_uint64_t entry;
	uint64_t size, before; /* unpacked bytes of it, and of those before it */
	size_t first, n;       /* its tables among all */
};

struct archive {
	struct reader base;
	zip_t *zip;
	struct member *members;
	size_t n_members;
	uint64_t size, packed; /* unpacked bytes of all; packed bytes of all */
	/* the one that is open */
	struct member *open;
	struct xlsx_stream stream;
	struct source *source;
	struct reader *reader;
};

static struct archive *of(struct reader *r)
{
	return (struct archive *)r;
}

static bool read_member(void *ctx, void *p, size_t n, size_t *ret, struct err *e)
{
	struct archive *a = ctx;
	if (source_cancelled(a->base.source))
		return err_set(e, ERR_CANCELLED, NULL, "The import was cancelled.");
	if (a->stream.inflated > LIMIT_INFLATED_BYTES)
		return err_set(e, ERR_LIMIT, "inflated_too_large", "The archive holds more than %zu GiB.",
			       LIMIT_INFLATED_BYTES / GIB);
	return xlsx_stream_read(&a->stream, p, n, ret, e);
}

static bool rewind_member(void *ctx, struct err *e)
{
	struct archive *a = ctx;
	xlsx_stream_close(&a->stream);
	return xlsx_stream_open_at(a->zip, a->open->entry, a->open->name, &a->stream, e);
}

static void close_member(struct archive *a)
{
	reader_closep(&a->reader);
	source_closep(&a->source);
	xlsx_stream_close(&a->stream);
	a->open = NULL;
}

static bool open_member(struct archive *a, struct member *m, struct err *e)
{
	close_member(a);
	a->open = m;
	struct source_options o = { .fd = -1,
				    .size = (int64_t)m->size,
				    .read = read_member,
				    .rewind = rewind_member,
				    .inner = true,
				    .encoding = source_encoding(a->base.source),
				    .ctx = a };
	bool ok = rewind_member(a, e) && source_open(&o, &a->source, e) &&
		  reader_open(a->source, m->name, a->base.as, &a->reader, e);
	if (!ok) {
		close_member(a);
		err_prefix(e, "%s", m->name);
	}
	return ok;
}

static bool is_taken(const struct archive *a, struct str name)
{
	for (size_t i = 0; i < a->base.n_tables; i++) {
		if (a->base.tables[i].name && str_ieq(str_of(a->base.tables[i].name), name))
			return true;
	}
	return false;
}

/* A table of the open member as one of the archive's, under a name of its own. */
static void put_table(struct archive *a, size_t at, const struct reader_table *t)
{
	CLEANUP(buf_free) struct buf name = BUF_INIT(64 * KIB);
	buf_adds(&name, t->name);
	for (unsigned k = 2; is_taken(a, buf_str(&name)); k++) {
		buf_clear(&name);
		buf_addf(&name, "%s_%u", t->name, k);
	}
	reader_add_table(&a->base, buf_str(&name));
	struct reader_table added = *t;
	added.name = a->base.tables[a->base.n_tables - 1].name;
	added.columns = t->columns ? mem_array(t->n_columns + 1, sizeof *added.columns) : NULL;
	for (size_t i = 0; added.columns && i < t->n_columns; i++)
		added.columns[i] = mem_strdup(t->columns[i]);
	added.types = t->types ? mem_array(t->n_columns + 1, sizeof *added.types) : NULL;
	if (t->types)
		memcpy(added.types, t->types, t->n_columns * sizeof *added.types);
	added.links = t->links ? mem_array(t->n_links + 1, sizeof *added.links) : NULL;
	if (t->links)
		memcpy(added.links, t->links, t->n_links * sizeof *added.links);
	memmove(a->base.tables + at + 1, a->base.tables + at, (a->base.n_tables - 1 - at) * sizeof added);
	a->base.tables[at] = added;
}

/* The open member's tables that the archive does not list yet: a sheet may turn out to hold several. */
static bool put_tables(struct archive *a, struct err *e)
{
	struct member *m = a->open;
	for (; m->n < a->reader->n_tables; m->n++) {
		if (a->base.n_tables == LIMIT_TABLES)
			return err_set(e, ERR_LIMIT, "too_many_tables", "The archive holds more than %d tables.",
				       LIMIT_TABLES);
		put_table(a, m->first + m->n, &a->reader->tables[m->n]);
		for (struct member *later = m + 1; later < a->members + a->n_members; later++)
			later->first++;
	}
	return true;
}

static bool start(struct reader *r, size_t table, struct err *e)
{
	struct archive *a = of(r);
	struct member *m = a->members;
	while (table >= m->first + m->n)
		m++;
	if (a->open != m && !open_member(a, m, e))
		return false;
	for (size_t i = 0; i < m->n; i++)
		a->reader->tables[i].row_base = r->tables[m->first + i].row_base;
	if (!reader_start(a->reader, table - m->first, e))
		return err_prefix(e, "%s", m->name);
	r->decimal_comma_likely = a->reader->decimal_comma_likely;
	r->serials_from = a->reader->serials_from;
	return true;
}

static bool next(struct reader *r, struct block *ret, bool *ret_end, struct err *e)
{
	struct archive *a = of(r);
	if (!reader_next(a->reader, ret, ret_end, e))
		return err_prefix(e, "%s", a->open->name);
	uint64_t own = MAX(a->open->size, UINT64_C(1));
	double done = (double)MIN(source_consumed(a->source), own) / (double)own * (double)a->open->size;
	double share = ((double)a->open->before + done) / (double)MAX(a->size, UINT64_C(1));
	source_set_consumed(r->source, (uint64_t)(share * (double)source_total(r->source)));
	if (a->n_members == 1) { /* settled while it is read */
		r->encoding = a->reader->encoding;
		r->delimiter = a->reader->delimiter;
	}
	return put_tables(a, e);
}

static bool index_block(const struct reader *r, struct block *b, struct rows *ret, struct err *e)
{
	return reader_index(((const struct archive *)r)->reader, b, ret, e);
}

static void close_reader(struct reader *r)
{
	struct archive *a = of(r);
	close_member(a);
	for (size_t i = 0; i < a->n_members; i++)
		free(a->members[i].name);
	free(a->members);
	if (a->zip)
		zip_discard(a->zip);
	free(a);
}

static const struct reader_ops archive_ops = {
	.format = "zip",
	.start = start,
	.next = next,
	.index = index_block,
	.close = close_reader,
};

/* What programs put beside the files: folders, and notes of file managers. */
static bool is_beside(struct str name)
{
	static const struct str known[] = { STR(".DS_Store"), STR("Thumbs.db"), STR("desktop.ini") };
	const char *slash = memrchr(name.p, '/', name.n);
	struct str base = slash ? str_n(slash + 1, (size_t)(name.p + name.n - slash) - 1) : name;
	if (!base.n || str_starts(name, STR("__MACOSX/")) || str_starts(base, STR("._")))
		return true;
	for (size_t i = 0; i < countof(known); i++) {
		if (str_ieq(base, known[i]))
			return true;
	}
	return false;
}

/* Names without the mark of UTF-8 are of some code page: old archives from Windows have CP866. */
static char *name_of(zip_t *z, zip_uint64_t entry)
{
	const char *raw = zip_get_name(z, entry, ZIP_FL_ENC_RAW);
	struct str s = str_of(raw ? raw : "");
	CLEANUP(buf_free) struct buf name = BUF_INIT(256 * KIB);
	if (utf8_valid(s))
		buf_add_str(&name, s);
	else
		encoding_decode(ENC_CP866, s, &name);
	buf_addc(&name, 0);
	return mem_strdup(name.p ? name.p : "");
}

static bool list_members(struct archive *a, size_t n_bytes, struct err *e)
{
	zip_int64_t n = zip_get_num_entries(a->zip, 0);
	a->members = mem_array((size_t)MAX(n, (zip_int64_t)0) + 1, sizeof *a->members);
	for (zip_int64_t i = 0; i < n; i++) {
		zip_stat_t st = { 0 };
		char *name = name_of(a->zip, (zip_uint64_t)i);
		if (is_beside(str_of(name)) || zip_stat_index(a->zip, (zip_uint64_t)i, 0, &st) != 0) {
			free(name);
			continue;
		}
		if (a->n_members == LIMIT_ARCHIVE_FILES) {
			free(name);
			return err_set(e, ERR_LIMIT, "too_many_entries", "The archive holds more than %d files.",
				       LIMIT_ARCHIVE_FILES);
		}
		a->members[a->n_members++] =
			(struct member){ .name = name, .entry = (zip_uint64_t)i, .size = st.size, .before = a->size };
		a->size += MIN(st.size, LIMIT_INFLATED_BYTES);
		a->packed += MIN(st.comp_size, LIMIT_INFLATED_BYTES);
		if (a->size > LIMIT_INFLATED_BYTES)
			return err_set(e, ERR_LIMIT, "inflated_too_large", "The archive holds more than %zu GiB.",
				       LIMIT_INFLATED_BYTES / GIB);
	}
	/* One stretch of bytes that is many files grows without end, whatever each of them says. */
	return a->packed <= n_bytes || err_set(e, ERR_LIMIT, "inflate_ratio",
					       "The archive's files lie over one another: it is refused as a trap.");
}

/* Opens every file once for its tables. Those that are of no kind that is read are notes. */
static bool list_tables(struct archive *a, struct err *e)
{
	struct err first = { 0 };
	for (size_t i = 0; i < a->n_members; i++) {
		struct member *m = &a->members[i];
		struct err why = { 0 };
		m->first = a->base.n_tables;
		if (open_member(a, m, &why)) {
			if (!put_tables(a, e))
				return false;
			continue;
		}
		bool other = other_file_error(&why) || strcmp(why.code, "empty_file") == 0;
		if (!other) {
			*e = why;
			return false;
		}
		reader_note(&a->base, m->name, "a file of the archive that holds no table: it was left out");
		first = first.kind ? first : why;
	}
	if (a->base.n_tables)
		return true;
	return err_set(e, ERR_VALUE, "unknown_format", "This is a zip archive without a table inside. %s",
		       first.message);
}

static bool open_files(struct source *s, enum import_as as, zip_t *z, size_t n_bytes, struct reader **ret,
		       struct err *e)
{
	struct archive *a = mem_zalloc(sizeof *a);
	a->base = (struct reader){ .ops = &archive_ops, .source = s, .as = as };
	a->zip = z;
	if (!list_members(a, n_bytes, e) || !list_tables(a, e)) {
		reader_close(&a->base);
		return false;
	}
	*ret = &a->base;
	return true;
}

static bool has_any(zip_t *z, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (xlsx_zip_has(z, names[i]))
			return true;
	}
	return false;
}

bool archive_open(struct source *s, enum import_as as, struct reader **ret, struct err *e)
{
	static const char *const office[] = { "xl/workbook.xml",     "xl/workbook.bin",
					      "[Content_Types].xml", "_rels/.rels",
					      "word/document.xml",   "ppt/presentation.xml",
					      "AndroidManifest.xml", "META-INF/MANIFEST.MF",
					      "Index/Document.iwa",  "Index.zip" };
	static const char *const open_document[] = { "content.xml", "mimetype", "META-INF/manifest.xml" };
	char *bytes;
	size_t n;
	zip_t *z = NULL;
	if (!source_whole(s, &bytes, &n, e) || !xlsx_zip_open(bytes, n, &z, e))
		return false;
	bool excel = has_any(z, office, countof(office));
	bool ods = !excel && has_any(z, open_document, countof(open_document));
	if (!excel && !ods && !source_inner(s))
		return open_files(s, as, z, n, ret, e);
	zip_discard(z);
	if (!excel && !ods)
		return err_set(e, ERR_VALUE, "nested_archive",
			       "This is an archive inside an archive: unpack the outer one and load what it holds.");
	if (as == AS_BASKETS)
		return err_field(e, ERR_VALUE, "as", "Only text files can be read as baskets.");
	return ods ? ods_open(s, ret, e) : xlsx_open(s, ret, e);
}
