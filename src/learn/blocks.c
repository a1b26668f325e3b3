#include "learn/blocks.h"

#include <pthread.h>
#include <stdlib.h>

struct work {
	const struct learn_design *d;
	const uint32_t *rows;
	size_t n;
	const struct learn_fit_options *o;
	learn_block_fn *each;
	void *ctx;
	_Atomic size_t next; /* stripe */
	_Atomic bool stopped;
};

static bool stopped(struct work *w)
{
	if (w->o->cancel && atomic_load_explicit(w->o->cancel, memory_order_relaxed))
		atomic_store(&w->stopped, true);
	return atomic_load(&w->stopped);
}

static void *run(void *arg)
{
	struct work *w = arg;
	double *x = mem_array(LEARN_BLOCK * (w->d->n + 1), sizeof *x);
	for (size_t s; (s = atomic_fetch_add(&w->next, 1)) < LEARN_STRIPES;) {
		size_t from = w->n * s / LEARN_STRIPES, end = w->n * (s + 1) / LEARN_STRIPES;
		for (; from < end && !stopped(w); from += LEARN_BLOCK) {
			size_t rows = MIN((size_t)LEARN_BLOCK, end - from);
			struct learn_block b = { s, from, rows, x };
			learn_design_block(w->d, w->rows + from, b.n, x);
			w->each(w->ctx, &b);
		}
	}
	free(x);
	return NULL;
}

bool learn_blocks(const struct learn_design *d, const uint32_t *rows, size_t n, const struct learn_fit_options *o,
		  learn_block_fn *each, void *ctx)
{
	struct work w = { .d = d, .rows = rows, .n = n, .o = o, .each = each, .ctx = ctx };
	pthread_t threads[LEARN_STRIPES];
	int started = 0, most = MIN(o->threads - 1, LEARN_STRIPES - 1);
	while (started < most && pthread_create(&threads[started], NULL, run, &w) == 0)
		started++;
	run(&w); /* what no other thread took, which may be all */
	for (int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	return !stopped(&w);
}
