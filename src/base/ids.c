#include "base/ids.h"

#include "base/clock.h"
#include "base/rand.h"

#include <stdatomic.h>

#define EPOCH_MS INT64_C(1704067200000) /* 2024-01-01 */
#define LOW_BITS 22

int64_t id_new(void)
{
	static _Atomic int64_t last;
	int64_t seen = atomic_load(&last), fresh;
	do {
		int64_t ms = clock_now() / 1000 - EPOCH_MS;
		/* A random start leaves the upper half of the low bits for counting on in the same millisecond. */
		fresh = (ms << LOW_BITS) | (int64_t)(rand_u64() >> (64 - LOW_BITS + 1));
		if (fresh <= seen)
			fresh = seen + 1;
	} while (!atomic_compare_exchange_weak(&last, &seen, fresh));
	return fresh;
}

int64_t id_time(int64_t id)
{
	return ((id >> LOW_BITS) + EPOCH_MS) * 1000;
}

bool id_parse(struct str s, int64_t *ret)
{
	int64_t v;
	if (s.n && s.p[0] == '+')
		return false;
	if (!str_to_i64(s, &v) || v <= 0)
		return false;
	*ret = v;
	return true;
}
