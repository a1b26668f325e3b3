/* Rows in stripes, worked on by several threads, a block at a time; only for learn/. */
#pragma once

#include "learn/fit.h"

struct learn_block {
	size_t stripe;
	size_t from, n; /* of the rows given */
	double *x;      /* d->n × n, feature after feature, and room for one more; scratch of who works on it */
};
/* Called by one thread at a time for a stripe, in the order of its rows. */
typedef void learn_block_fn(void *ctx, const struct learn_block *b);

/* False: cancelled. */
MUST_CHECK bool learn_blocks(const struct learn_design *d, const uint32_t *rows, size_t n,
			     const struct learn_fit_options *o, learn_block_fn *each, void *ctx);
