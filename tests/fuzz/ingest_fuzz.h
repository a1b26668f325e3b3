/* Reads bytes as an imported file, whole: every table, every block, converted. */
#pragma once

#include "ingest/table.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define FUZZ_CHUNK 2048

static void fuzz_pass(struct table *t)
{
	struct work *w = work_new(t);
	struct column_out *out = mem_array(t->n_columns + 1, sizeof *out);
	struct err e;
	size_t n = 1;
	uint64_t row;
	for (size_t i = 0; i < t->n_columns; i++)
		out[i] = (struct column_out){ mem_alloc(FUZZ_CHUNK * 16), mem_alloc(FUZZ_CHUNK / 8) };
	while (n && work_fill(w, FUZZ_CHUNK, out, &n, &row, &e))
		;
	for (size_t i = 0; i < t->n_columns; i++) {
		free(out[i].data);
		free(out[i].valid);
	}
	free(out);
	work_free(w);
}

static void fuzz_table(struct reader *r, size_t index)
{
	struct table *t;
	struct err e;
	bool again = false;
	if (!table_open(r, index, NULL, 0, &t, &e))
		return;
	fuzz_pass(t);
	if (table_settle(t, &again, &e) && again && table_again(t, &e)) {
		fuzz_pass(t);
		table_settle(t, &again, &e);
	}
	table_close(t);
}

static void fuzz_file(const void *bytes, size_t n, enum import_as as)
{
	struct err e;
	struct source_options o = { .fd = memfd_create("fuzz", MFD_CLOEXEC), .seekable = true, .size = -1 };
	struct source *s = NULL;
	struct reader *r = NULL;
	if (o.fd < 0 || write(o.fd, bytes, n) != (ssize_t)n || lseek(o.fd, 0, SEEK_SET) != 0)
		abort();
	if (source_open(&o, &s, &e) && reader_open(s, "fuzz", as, &r, &e)) {
		/* What a person may choose: told by the length, which a fuzzer changes as it likes. */
		r->unpivot = n & 1;
		r->drop_rejected = n & 2;
		for (size_t i = 0; i < r->n_tables; i++)
			fuzz_table(r, i);
	}
	reader_close(r);
	source_close(s);
}
