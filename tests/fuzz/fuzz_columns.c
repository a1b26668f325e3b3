/* Binary columns from an engine process: whatever the bytes, what is accepted can be read to its last value. */
#include "engine/columns.h"

#include "base/util.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t read_column(const struct column_batch *c, size_t rows)
{
	size_t sum = 0;
	for (size_t row = 0; row < rows; row++) {
		sum += column_valid(c, row);
		switch (c->kind) {
		case COLUMN_I64:
			sum += (size_t)c->i64[row];
			break;
		case COLUMN_F64:
			sum += c->f64[row] > 0;
			break;
		case COLUMN_STR:
			for (struct str s = column_str(c, row); s.n; s = str_n(s.p + 1, s.n - 1))
				sum += (unsigned char)s.p[0];
			break;
		}
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct columns_batch b;
	struct err e;
	size_t sum = 0;
	char *copy = mem_alloc(size); /* of exactly this size, so that a sanitizer sees a byte too many */
	memcpy(copy, data, size);
	if (columns_read(copy, size, &b, &e)) {
		for (size_t i = 0; i < b.n; i++)
			sum += read_column(&b.columns[i], b.rows);
		columns_free(&b);
	}
	free(copy);
	return sum == SIZE_MAX ? -1 : 0; /* the values are used, so reading them is not left out */
}
