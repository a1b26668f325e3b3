/* Percent-decoding of paths and queries. Pure. What comes out is valid UTF-8 without NUL, or it is refused. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/* plus: "+" is a blank, as in queries. ERR_MALFORMED for half an escape, NUL and what is not UTF-8. */
bool decode_percent(struct arena *a, struct str s, bool plus, struct str *ret, struct err *e);

struct query_param {
	struct str name, value;
};
/* "a=1&b" into the arena; at most LIMIT_QUERY_PARAMS. */
bool decode_query(struct arena *a, struct str s, struct query_param **ret, size_t *ret_n, struct err *e);
