#include "ingest/csv.h"

#include "base/limits.h"
#include "ingest/pack.h"

/* The basket's name is the number of its line, so that a row can be found in the file again. */
void csv_baskets(struct block *b, struct rows *rows)
{
	struct packer p = PACKER_INIT;
	CLEANUP(buf_free) struct buf scratch = BUF_INIT(LIMIT_ROW_BYTES);
	struct err ignored;
	uint64_t line = b->first_line;
	size_t counted = 0;
	p.bytes.max = (b->n + 64) * 24 + 1024;
	for (size_t i = 0; i < rows->n_rows; i++) {
		for (; counted < rows->place[i]; counted++)
			line += b->data[counted] == b->line_end;
		CLEANUP(buf_free) struct buf number = BUF_INIT(24);
		buf_add_i64(&number, (int64_t)line);
		for (size_t k = 0; k < rows_width(rows, i); k++) {
			struct str item = rows_text(b, rows_cell(rows, i, k), &scratch);
			if (item.n) {
				pack_row(&p, (uint32_t)line);
				pack_cell(&p, buf_str(&number), 0);
				pack_cell(&p, item, 0);
				pack_row_end(&p, &ignored);
			}
			buf_clear(&scratch);
		}
	}
	struct block packed;
	pack_take(&p, &packed);
	packed.seq = b->seq;
	packed.first_line = b->first_line;
	packed.repaired = b->repaired;
	packed.recoded = b->recoded;
	block_free(b);
	*b = packed;
	rows->n_rows = rows->n_cells = 0;
	pack_index(b, rows, &ignored);
}
