#include "engine/columns.h"

#include "base/util.h"

#include <stdlib.h>

static bool damaged(struct err *e)
{
	return err_set(e, ERR_UNAVAILABLE, "engine_protocol", "The engine sent malformed columns.");
}

/* Whether count items of size bytes lie at offset within n, aligned. */
static bool inside(uint64_t offset, uint64_t count, uint64_t size, size_t n)
{
	return offset % 8 == 0 && offset <= n && count <= (n - offset) / size;
}

static bool read_strings(const char *base, size_t n, uint64_t at, size_t rows, struct column_batch *ret)
{
	if (!inside(at, rows + 1, sizeof(uint32_t), n))
		return false;
	const uint32_t *offsets = (const uint32_t *)(const void *)(base + at);
	uint64_t bytes = at + (rows + 1) * sizeof(uint32_t);
	for (size_t i = 0; i < rows; i++)
		if (offsets[i] > offsets[i + 1])
			return false;
	if (offsets[rows] > n - bytes)
		return false;
	ret->offsets = offsets;
	ret->bytes = base + bytes;
	return true;
}

static bool read_column(const char *base, size_t n, size_t i, size_t rows, struct column_batch *ret)
{
	struct columns_entry entry;
	memcpy(&entry, base + sizeof(struct columns_header) + i * sizeof entry, sizeof entry);
	if (!inside(entry.validity, (rows + 63) / 64, 8, n))
		return false;
	ret->validity = (const uint64_t *)(const void *)(base + entry.validity);
	switch (entry.kind) {
	case COLUMN_I64:
	case COLUMN_F64:
		if (!inside(entry.data, rows, 8, n))
			return false;
		if (entry.kind == COLUMN_I64)
			ret->i64 = (const int64_t *)(const void *)(base + entry.data);
		else
			ret->f64 = (const double *)(const void *)(base + entry.data);
		break;
	case COLUMN_STR:
		if (!read_strings(base, n, entry.data, rows, ret))
			return false;
		break;
	default: /* a number from outside, not an enum of ours yet */
		return false;
	}
	ret->kind = (enum column_kind)entry.kind;
	return true;
}

bool columns_read(const void *bytes, size_t n, struct columns_batch *ret, struct err *e)
{
	struct columns_header h;
	if (n < sizeof h || (uintptr_t)bytes % 8 != 0)
		return damaged(e);
	memcpy(&h, bytes, sizeof h);
	if (h.magic != COLUMNS_MAGIC || h.columns > COLUMNS_MAX ||
	    !inside(sizeof h, h.columns, sizeof(struct columns_entry), n))
		return damaged(e);
	struct columns_batch b = { .rows = h.rows, .n = h.columns };
	b.columns = mem_array(h.columns, sizeof *b.columns);
	for (size_t i = 0; i < b.n; i++) {
		if (!read_column(bytes, n, i, b.rows, &b.columns[i])) {
			columns_free(&b);
			return damaged(e);
		}
	}
	*ret = b;
	return true;
}

void columns_free(struct columns_batch *b)
{
	free(b->columns);
	*b = (struct columns_batch){ 0 };
}
