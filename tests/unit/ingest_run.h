/* Reads bytes with src/ingest alone, on two threads, and writes what came out as text to compare. */
#pragma once

#include "base/clock.h"
#include "base/limits.h"
#include "ingest/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define RUN_ROWS 2048
#define RUN_THREADS 2

struct run_file {
	struct str bytes;
	int reopened;
};

/* All tables of a file: "[name] a BIGINT, b VARCHAR\n1|x\n∅|y\n! 3 a: oops (not a whole number)\n" */
struct run {
	struct buf text;
	struct err e;
	bool good;
	int passes;
	char format[16], encoding[16];
};

static int run_fd(struct str bytes)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.p, bytes.n), bytes.n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static bool run_reopen(void *ctx, bool seekable, int *ret_fd, bool *ret_seekable, struct err *e)
{
	struct run_file *f = ctx;
	f->reopened++;
	*ret_fd = run_fd(f->bytes);
	*ret_seekable = seekable;
	return true;
}

/* One row of text in the order of the file, whoever converted it. */
struct run_rows {
	struct table *t;
	pthread_mutex_t lock;
	char **rows;
	uint64_t n, cap;
	struct err e;
	bool failed;
};

static void run_value(struct buf *b, const struct table_column *c, const struct column_out *out, size_t i)
{
	char text[CLOCK_TEXT];
	if (!(out->valid[i / 64] >> (i % 64) & 1)) {
		buf_adds(b, "∅");
		return;
	}
	const struct ingest_string *s = (const struct ingest_string *)out->data + i;
	struct table_column one = { .type = c->type };
	switch (c->type.type) {
	case TYPE_VARCHAR:
		buf_add(b, s->n <= 12 ? s->inlined : s->far.p, s->n);
		return;
	case TYPE_DATE:
		clock_format(((int32_t *)out->data)[i] * USEC_PER_DAY, text);
		buf_add(b, text, 10);
		return;
	case TYPE_BOOLEAN:
		one.stats.min.boolean = ((bool *)out->data)[i];
		break;
	case TYPE_WIDE:
		memcpy(&one.stats.min.wide, (char *)out->data + 16 * i, 16);
		break;
	case TYPE_DOUBLE:
		one.stats.min.real = ((double *)out->data)[i];
		break;
	case TYPE_BIGINT:
	case TYPE_DECIMAL:
	case TYPE_TIMESTAMP:
	case TYPE_TIME:
		one.stats.min.bigint = ((int64_t *)out->data)[i];
		break;
	}
	table_bound_text(&one, false, b);
}

static void *run_thread(void *arg)
{
	struct run_rows *r = arg;
	struct table *t = r->t;
	struct work *w = work_new(t);
	struct column_out *out = mem_array(t->n_columns + 1, sizeof *out);
	for (size_t i = 0; i < t->n_columns; i++)
		out[i] = (struct column_out){ mem_alloc(RUN_ROWS * 16), mem_alloc(RUN_ROWS / 8) };
	struct err e = { 0 };
	size_t n = 1;
	uint64_t row;
	while (n) {
		for (size_t i = 0; i < t->n_columns; i++)
			memset(out[i].valid, 0xff, RUN_ROWS / 8);
		bool good = work_fill(w, RUN_ROWS, out, &n, &row, &e);
		pthread_mutex_lock(&r->lock);
		if (!good) {
			r->e = e;
			r->failed = true;
			n = 0;
		}
		for (size_t i = 0; i < n; i++) {
			struct buf b = BUF_INIT(GIB);
			for (size_t c = 0; c < t->n_columns; c++) {
				if (c)
					buf_addc(&b, '|');
				run_value(&b, &t->columns[c], &out[c], i);
			}
			uint64_t number = work_number(w, i);
			if (number >= r->cap) {
				r->cap = MAX(number + 1, r->cap * 2);
				r->rows = mem_realloc(r->rows, (size_t)r->cap * sizeof *r->rows);
			}
			while (r->n <= number)
				r->rows[r->n++] = NULL;
			assert_null(r->rows[number]);
			r->rows[number] = buf_take(&b, NULL);
		}
		pthread_mutex_unlock(&r->lock);
	}
	for (size_t i = 0; i < t->n_columns; i++) {
		free(out[i].data);
		free(out[i].valid);
	}
	free(out);
	work_free(w);
	return NULL;
}

static void run_free_rows(struct run_rows *rows)
{
	for (uint64_t i = 0; i < rows->n; i++)
		free(rows->rows[i]);
	free(rows->rows);
	rows->rows = NULL;
	rows->n = 0;
}

static bool run_pass(struct table *t, struct run_rows *rows, struct err *e)
{
	pthread_t threads[RUN_THREADS];
	*rows = (struct run_rows){ .t = t, .lock = PTHREAD_MUTEX_INITIALIZER };
	for (int i = 0; i < RUN_THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_thread, rows), 0);
	for (int i = 0; i < RUN_THREADS; i++)
		pthread_join(threads[i], NULL);
	if (rows->failed)
		*e = rows->e;
	return !rows->failed;
}

/* Wishes for the readings to come, and how many rows must then be left out. */
static bool run_unpivot, run_drop;
static UNUSED enum groups_wish run_groups;
static uint64_t run_left_out;

static void run_show(struct run *run, const struct table *t, const struct run_rows *rows)
{
	buf_addf(&run->text, "[%s]", t->name);
	for (size_t i = 0; i < t->n_columns; i++) {
		char type[TYPE_NAME_BYTES];
		column_type_name(&t->columns[i].type, type);
		buf_addf(&run->text, "%s %s %s", i ? "," : "", t->columns[i].name, type);
	}
	buf_addc(&run->text, '\n');
	uint64_t shown = 0;
	for (uint64_t i = 0; i < rows->n; i++) {
		if (!rows->rows[i]) /* its number went with it */
			continue;
		shown++;
		buf_addf(&run->text, "%s\n", rows->rows[i]);
	}
	assert_int_equal(shown, t->rows_kept);
	if (run_drop)
		assert_int_equal(t->rows_left_out, run_left_out);
	else
		assert_int_equal(shown, rows->n);
	for (size_t i = 0; i < t->n_rejects_kept; i++) {
		const struct reject *r = &t->rejects[i];
		buf_addf(&run->text, "! %llu %s: %s (%s)\n", (unsigned long long)r->at.line,
			 r->at.column == REJECT_ROW ? "row" : t->columns[r->at.column].name, r->text, r->reason);
	}
}

static bool run_table(struct run *run, struct reader *r, size_t index)
{
	struct table *t;
	struct run_rows rows = { 0 };
	bool again = true;
	if (!table_open(r, index, NULL, 0, &t, &run->e))
		return false;
	bool good = true;
	while (good && again) {
		run_free_rows(&rows);
		run->passes++;
		good = run_pass(t, &rows, &run->e) && table_settle(t, &again, &run->e);
		if (good && again)
			good = table_again(t, &run->e);
	}
	if (good)
		run_show(run, t, &rows);
	run_free_rows(&rows);
	table_close(t);
	return good;
}

/* seekable false: the bytes come as from a pipe, which is opened again for another pass. */
static UNUSED struct run run_bytes(struct str bytes, const char *name, enum import_as as, bool seekable)
{
	struct run run = { .text = BUF_INIT(GIB) };
	struct run_file file = { .bytes = bytes };
	struct source_options o = {
		.fd = run_fd(bytes), .seekable = seekable, .size = -1, .reopen = run_reopen, .ctx = &file
	};
	CLEANUP(source_closep) struct source *s = NULL;
	CLEANUP(reader_closep) struct reader *r = NULL;
	run.good = source_open(&o, &s, &run.e) && reader_open(s, name, as, &r, &run.e);
	if (run.good) {
		r->unpivot = run_unpivot;
		r->drop_rejected = run_drop;
		r->groups = run_groups;
	}
	for (size_t i = 0; run.good && i < r->n_tables; i++)
		run.good = run_table(&run, r, i);
	if (run.good) {
		snprintf(run.format, sizeof run.format, "%s", r->ops->format);
		snprintf(run.encoding, sizeof run.encoding, "%s", r->encoding ? r->encoding : "");
		assert_true(source_consumed(s) <= source_total(s));
	}
	if (!run.text.p)
		buf_adds(&run.text, "");
	return run;
}

static UNUSED void run_expect(struct str bytes, const char *want)
{
	struct run run = run_bytes(bytes, "t.csv", AS_AUTO, true);
	if (!run.good)
		fail_msg("refused: %s\nwanted: %s", run.e.message, want);
	if (strcmp(run.text.p, want) != 0)
		fail_msg("got:\n%s\nwanted:\n%s", run.text.p, want);
	buf_free(&run.text);
}

static UNUSED void run_refused(struct str bytes, enum err_kind kind, const char *code, const char *says)
{
	struct run run = run_bytes(bytes, "t.csv", AS_AUTO, true);
	if (run.good)
		fail_msg("taken, though \"%s\": %.200s", says, run.text.p);
	if (run.e.kind != kind || strcmp(err_code(&run.e), code) != 0 || !strstr(run.e.message, says))
		fail_msg("%d %s: %s; wanted %s: %s", run.e.kind, err_code(&run.e), run.e.message, code, says);
	buf_free(&run.text);
}
