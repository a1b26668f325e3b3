/* A pool of real vitrina-engine processes whose segments are Parquet files that the engine itself wrote. */
#pragma once

#include "base/limits.h"
#include "engine/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define FIXTURE_ORG 7

struct fixture {
	struct engine_pool *pool;
	struct buf segments[16];
	size_t n_segments;
	_Atomic int opened;     /* calls of open_segment */
	_Atomic int64_t refuse; /* segment that cannot be opened; -1 = none */
};

struct answer {
	struct buf columns, bytes;
	struct engine_result result;
	struct err e;
	bool good;
	size_t calls;
};

static void answer_free(struct answer *a)
{
	buf_free(&a->columns);
	buf_free(&a->bytes);
}

static bool fixture_open(void *ctx, int64_t org, int64_t segment, int *ret_fd, struct err *e)
{
	struct fixture *fx = ctx;
	atomic_fetch_add(&fx->opened, 1);
	if (segment == fx->refuse)
		return err_set(e, ERR_CORRUPT, NULL, "Segment %d is damaged.", (int)segment);
	int fd = memfd_create("segment", MFD_CLOEXEC);
	assert_true(fd >= 0);
	const struct buf *b = &fx->segments[segment];
	assert_int_equal(write(fd, b->p, b->n), b->n);
	*ret_fd = fd;
	return true;
}

static bool fixture_columns(void *ctx, const struct engine_column *cols, size_t n, struct err *e)
{
	struct answer *a = ctx;
	for (size_t i = 0; i < n; i++)
		buf_addf(&a->columns, "%s%s %s", i ? ", " : "", cols[i].name, cols[i].type);
	return true;
}

static bool fixture_rows(void *ctx, const void *bytes, size_t n, struct err *e)
{
	struct answer *a = ctx;
	a->calls++;
	buf_add(&a->bytes, bytes, n);
	return true;
}

/* Runs q (its callbacks are set here). */
static UNUSED struct answer fixture_run(struct fixture *fx, struct engine_request q)
{
	struct answer a = { .columns = BUF_INIT(MIB), .bytes = BUF_INIT(GIB) };
	q.org = q.org ? q.org : FIXTURE_ORG;
	q.ctx = &a;
	q.columns = fixture_columns;
	q.rows = fixture_rows;
	a.good = engine_run(fx->pool, &q, &a.result, &a.e);
	return a;
}

/* The rows of a SELECT as a new segment; its number. */
static UNUSED int64_t fixture_segment(struct fixture *fx, const char *sql)
{
	struct answer a = fixture_run(
		fx, (struct engine_request){
			    .sql = sql, .format = ENGINE_PARQUET, .max_rows = UINT64_MAX, .keep_others = true });
	if (!a.good)
		fail_msg("%s: %s", sql, a.e.message);
	assert_memory_equal(a.bytes.p, "PAR1", 4);
	assert_true(fx->n_segments < countof(fx->segments));
	fx->segments[fx->n_segments] = a.bytes;
	buf_free(&a.columns);
	return (int64_t)fx->n_segments++;
}

static UNUSED void fixture_start(struct fixture *fx, struct engine_pool_options o)
{
	*fx = (struct fixture){ .refuse = -1 };
	o.ctx = fx;
	o.open_segment = fixture_open;
	fx->pool = engine_pool_new(&o);
}

static UNUSED void fixture_stop(struct fixture *fx)
{
	engine_pool_free(fx->pool);
	for (size_t i = 0; i < fx->n_segments; i++)
		buf_free(&fx->segments[i]);
}

static UNUSED pid_t fixture_pid(struct fixture *fx)
{
	struct engine_stat s[4];
	return engine_pool_stats(fx->pool, s, 4) == 1 ? s[0].pid : -1;
}
