/* One page of a list: how much is asked for, and where the next page begins. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct page {
	int64_t after; /* in: the last id of the page before; 0 = the first page */
	int64_t limit; /* in: 1 … LIMIT_PAGE */
	size_t n;      /* out: items */
	int64_t next;  /* out: `after` of the next page; 0 = there is none */
	int64_t total; /* out: items of the whole list */
};
