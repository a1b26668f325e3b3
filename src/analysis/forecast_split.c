#include "analysis/forecast.h"
#include "base/hash.h"

#include <math.h>

bool forecast_split_parse(struct str s, struct forecast_split *ret, struct err *e)
{
	static const char *const names[] = { "hash", "last", "random" };
	struct str how = { 0 };
	double share;
	if (!str_split(&s, ':', &how) || !str_to_f64(s, &share) || !(share > 0 && share < 1))
		return err_field(e, ERR_VALUE, "split",
				 "a split is hash:0.2, last:0.2 or random:0.2: the share of the rows for testing");
	for (size_t i = 0; i < countof(names); i++) {
		if (str_eq(how, str_of(names[i]))) {
			ret->how = (enum forecast_split_how)i;
			ret->share = share;
			return true;
		}
	}
	return err_field(e, ERR_VALUE, "split", "%.*s is not a way to split: hash, last or random", STR_ARG(how));
}

bool forecast_split_tests(const struct forecast_split *s, uint64_t i, uint64_t n)
{
	double bound = floor(s->share * 4294967296.0);
	switch (s->how) {
	case SPLIT_HASH: /* Knuth's multiplicative hash, as the contract has it */
		return (double)(uint32_t)(i * UINT64_C(2654435761)) < bound;
	case SPLIT_LAST:
		return i >= n - (uint64_t)floor(s->share * (double)n);
	case SPLIT_RANDOM:
		break;
	}
	/* A hash of seed and place: the same rows whatever order they are asked in. */
	return (double)(uint32_t)hash_u64(i, hash_u64(s->seed, UINT64_C(0x517cc1b727220a95))) < bound;
}
