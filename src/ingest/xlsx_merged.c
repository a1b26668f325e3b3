#include "ingest/xlsx_merged.h"

#include "base/limits.h"

#include <stdlib.h>

#define STEP_BYTES ((size_t)64 * KIB)
#define TAG_BYTES 200 /* of a mergeCell with its attributes */

/* "AB12" → column 27, row 12. */
static bool take_place(struct str *s, uint32_t *ret_column, uint32_t *ret_row)
{
	uint32_t column = 0, row = 0;
	size_t i = 0;
	for (; i < s->n && i < 4 && (s->p[i] | 32) >= 'a' && (s->p[i] | 32) <= 'z'; i++)
		column = column * 26 + (uint32_t)((s->p[i] | 32) - 'a') + 1;
	for (; i < s->n && s->p[i] >= '0' && s->p[i] <= '9' && row <= LIMIT_SHEET_ROWS; i++)
		row = row * 10 + (uint32_t)(s->p[i] - '0');
	*s = str_n(s->p + i, s->n - i);
	*ret_column = column - 1;
	*ret_row = row;
	return column && row && row <= LIMIT_SHEET_ROWS;
}

void xlsx_merged_add(struct str ref, struct merged *ret)
{
	uint32_t column, row, last_column, last;
	if (!take_place(&ref, &column, &row) || !ref.n || ref.p[0] != ':')
		return;
	ref = str_n(ref.p + 1, ref.n - 1);
	if (take_place(&ref, &last_column, &last))
		merged_add(ret, row, last, column);
}

/* ref="A2:B5" in the rest of a tag. */
static void take_tag(struct str tag, struct merged *ret)
{
	const char *ref = memmem(tag.p, tag.n, "ref=", 4);
	struct str s = ref ? str_n(ref + 4, (size_t)(tag.p + tag.n - ref - 4)) : STR("");
	if (s.n >= 4 && (s.p[0] == '"' || s.p[0] == '\''))
		xlsx_merged_add(str_n(s.p + 1, s.n - 1), ret);
}

size_t xlsx_merged_look(struct str text, struct merged *ret)
{
	static const struct str name = STR("mergeCell ");
	for (;;) {
		const char *at = text.n ? memmem(text.p, text.n, name.p, name.n) : NULL;
		if (!at)
			return MIN(text.n, name.n - 1);
		struct str tag = str_n(at, (size_t)(text.p + text.n - at));
		const char *end = memchr(tag.p, '>', MIN(tag.n, (size_t)TAG_BYTES));
		if (!end && tag.n < TAG_BYTES)
			return tag.n;
		size_t n = end ? (size_t)(end - tag.p) : name.n;
		if (end)
			take_tag(str_n(tag.p, n), ret);
		text = str_n(tag.p + n, tag.n - n);
	}
}

bool xlsx_merged_read(zip_t *z, const char *path, struct merged *ret, bool *ret_skipped, struct err *e)
{
	zip_stat_t st = { 0 };
	struct xlsx_stream stream;
	size_t kept = 0, got = 1, all = 0;
	bool there = zip_stat(z, path, ZIP_FL_NOCASE, &st) == 0;
	*ret_skipped = there && st.size > LIMIT_MERGED_SHEET_BYTES;
	if (!there || *ret_skipped)
		return true; /* a sheet that is not there is told where it is opened */
	if (!xlsx_stream_open(z, path, &stream, e))
		return false;
	CLEANUP(str_freep) char *bytes = mem_alloc(STEP_BYTES + TAG_BYTES);
	while (got && all <= LIMIT_MERGED_SHEET_BYTES) {
		/* What is damaged is told by the pass over the rows, which knows where. */
		if (!xlsx_stream_read(&stream, bytes + kept, STEP_BYTES, &got, NULL))
			break;
		size_t n = kept + got;
		all += got;
		kept = xlsx_merged_look(str_n(bytes, n), ret);
		memmove(bytes, bytes + n - kept, kept);
	}
	xlsx_stream_close(&stream);
	return true;
}
