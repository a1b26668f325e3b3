/*
 * A view of bytes that somebody else owns. Not terminated: print with "%.*s", STR_ARG(s).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(lit) ((struct str){ "" lit, sizeof(lit) - 1 })
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct str str_of(const char *c)
{
	return (struct str){ c, c ? strlen(c) : 0 };
}

static inline struct str str_n(const char *p, size_t n)
{
	return (struct str){ p, n };
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_is(struct str a, const char *lit)
{
	return str_eq(a, str_of(lit));
}

/* ASCII case only. */
bool str_ieq(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Less than 0, 0 or more than 0, by bytes. */
int str_cmp(struct str a, struct str b);
/* Without ASCII blanks, tabs and line ends on both sides. */
struct str str_trim(struct str s);
/* Offset of the first c, or s.n. */
size_t str_find(struct str s, char c);
/* Takes the part before sep off *rest (all of it when there is no sep). False when *rest is finished (p == NULL). */
bool str_split(struct str *rest, char sep, struct str *ret_part);

/* Whole string, decimal, an optional sign, no blanks, no overflow. Untouched on failure. */
bool str_to_i64(struct str s, int64_t *ret);
bool str_to_u64(struct str s, uint64_t *ret);
/* v in decimal, at the end of `room`. */
#define STR_I64 24
struct str str_i64(int64_t v, char room[STR_I64]);
/* C locale whatever the process's locale is; finite numbers only. */
bool str_to_f64(struct str s, double *ret);
