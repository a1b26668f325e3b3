#include "ingest/biff.h"
#include "ingest/other_file.h"

#include "base/limits.h"

#include <stdlib.h>

#define MAX_FORMATS 65536
#define VERSION_8 0x0600

struct reading {
	struct str stream;
	struct biff_book *book;
	uint8_t *formats; /* enum xlsx_kind of number format i, and whether it is said */
	struct err *e;
};
#define FORMAT_SAID 0x80

static bool damaged(struct err *e, const char *what)
{
	return err_set(e, ERR_VALUE, "damaged", "The workbook is damaged: %s.", what);
}

static bool add_sheet(struct reading *r, const struct biff_record *record)
{
	struct biff_book *b = r->book;
	CLEANUP(buf_free) struct buf name = BUF_INIT(4 * KIB);
	if (record->n < 8)
		return damaged(r->e, "the list of its sheets is wrong");
	uint32_t state = record->p[4] & 3, type = record->p[5];
	if (type != 0) /* a chart, a macro */
		return true;
	if (b->n_sheets == LIMIT_TABLES)
		return err_set(r->e, ERR_LIMIT, "too_many_parts", "The workbook has too many sheets.");
	struct biff_bytes bytes = biff_bytes(r->stream, record);
	bytes.used = 7;
	biff_text(&bytes, record->p[6], &name);
	buf_addc(&name, 0);
	b->sheets = mem_realloc(b->sheets, (b->n_sheets + 1) * sizeof *b->sheets);
	b->sheets[b->n_sheets++] = (struct biff_sheet){ .name = mem_strdup(*name.p ? name.p : "table"),
							.at = bytes_u32(record->p),
							.hidden = state != 0 };
	return true;
}

static bool add_format(struct reading *r, const struct biff_record *record)
{
	CLEANUP(buf_free) struct buf code = BUF_INIT(256 * KIB);
	struct biff_bytes bytes = biff_bytes(r->stream, record);
	uint32_t id = biff_u16(&bytes), length = biff_u16(&bytes);
	biff_text(&bytes, length, &code);
	if (bytes.failed)
		return damaged(r->e, "a number format is cut");
	r->formats[id] = (uint8_t)(FORMAT_SAID | xlsx_format_kind(buf_str(&code)));
	return true;
}

static bool add_style(struct reading *r, const struct biff_record *record)
{
	struct biff_book *b = r->book;
	if (record->n < 4)
		return damaged(r->e, "a cell format is cut");
	if (b->n_styles == 65536)
		return err_set(r->e, ERR_LIMIT, "too_many_parts", "The workbook has too many cell formats.");
	uint32_t id = bytes_u16(record->p + 2);
	bool said = r->formats[id] & FORMAT_SAID;
	b->styles = mem_realloc(b->styles, b->n_styles + 1);
	b->styles[b->n_styles++] = said ? r->formats[id] & ~FORMAT_SAID : (uint8_t)xlsx_builtin_kind((long)id);
	return true;
}

static bool add_strings(struct reading *r, const struct biff_record *record)
{
	struct xlsx_strings *s = &r->book->strings;
	struct biff_bytes bytes = biff_bytes(r->stream, record);
	size_t most = MIN(LIMIT_SHARED_STRINGS_BYTES, 4 * r->stream.n + 16);
	struct buf text = BUF_INIT(most);
	biff_u32(&bytes);
	/* The number is not believed: each text is there, or the record ends. */
	for (uint32_t n = biff_u32(&bytes); n && !bytes.failed; n--) {
		uint32_t length = biff_u16(&bytes);
		biff_text(&bytes, length, &text);
		if (bytes.failed)
			break;
		if (s->n == s->cap) {
			s->cap = s->cap ? s->cap * 2 : 1024;
			s->ends = mem_realloc(s->ends, s->cap * sizeof *s->ends);
		}
		s->ends[s->n++] = text.n;
	}
	if (bytes.failed || text.failed) {
		buf_free(&text);
		return damaged(r->e, "its texts are cut");
	}
	free(s->bytes);
	s->bytes = buf_take(&text, &s->n_bytes);
	return true;
}

static bool read_record(struct reading *r, const struct biff_record *record)
{
	switch ((enum biff_type)record->type) {
	case BIFF_FILEPASS:
		return err_set(
			r->e, ERR_VALUE, "encrypted",
			"This workbook is protected with a password. Save a copy without the password and load that.");
	case BIFF_DATEMODE:
		r->book->from_1904 = record->n >= 2 && bytes_u16(record->p) == 1;
		return true;
	case BIFF_BOUNDSHEET:
		return add_sheet(r, record);
	case BIFF_FORMAT:
		return add_format(r, record);
	case BIFF_XF:
		return add_style(r, record);
	case BIFF_SST:
		return r->book->strings.n ? damaged(r->e, "it has its texts twice") : add_strings(r, record);
	case BIFF_BOF:
	case BIFF_BOOLERR:
	case BIFF_CONTINUE:
	case BIFF_EOF:
	case BIFF_FORMULA:
	case BIFF_LABEL:
	case BIFF_LABELSST:
	case BIFF_MULRK:
	case BIFF_MERGED:
	case BIFF_NUMBER:
	case BIFF_RK:
	case BIFF_ROW:
	case BIFF_RSTRING:
	case BIFF_STRING:
		break;
	}
	return true;
}

static bool read_records(struct reading *r)
{
	struct biff_record record;
	size_t at = 0;
	if (!biff_next(r->stream, &at, &record) || record.type != BIFF_BOF || record.n < 4)
		return damaged(r->e, "it does not begin as one");
	if (bytes_u16(record.p) != VERSION_8)
		return other_file(r->e, OTHER_OLD_EXCEL, "a workbook of Excel 95 or older");
	while (biff_next(r->stream, &at, &record)) {
		if (record.type == BIFF_EOF)
			return r->book->n_sheets ||
			       err_set(r->e, ERR_VALUE, "no_sheets", "The workbook has no worksheet.");
		if (!read_record(r, &record))
			return false;
	}
	return err_set(r->e, ERR_VALUE, "truncated", "The workbook is cut short.");
}

bool biff_book_read(struct str stream, struct biff_book *ret, struct err *e)
{
	struct biff_book book = { 0 };
	struct reading r = { .stream = stream, .book = &book, .formats = mem_zalloc(MAX_FORMATS), .e = e };
	bool ok = read_records(&r);
	free(r.formats);
	if (ok)
		*ret = book;
	else
		biff_book_free(&book);
	return ok;
}

void biff_book_free(struct biff_book *b)
{
	for (size_t i = 0; i < b->n_sheets; i++)
		free(b->sheets[i].name);
	free(b->sheets);
	free(b->styles);
	xlsx_strings_free(&b->strings);
	*b = (struct biff_book){ 0 };
}
