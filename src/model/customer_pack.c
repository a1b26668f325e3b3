/*
 * The products of a card, packed: a count, then for each product its number, times, spend (zigzag), last day and days
 * since the first, all as LEB128 numbers. A day is 0 when unknown, else days since 1970 + DAY_BASE.
 */
#include "model/customer.h"

#define DAY_BASE INT64_C(1000000)

static void put(struct buf *b, uint64_t v)
{
	char bytes[10];
	size_t n = 0;
	while (v >= 0x80) {
		bytes[n++] = (char)(v | 0x80);
		v >>= 7;
	}
	bytes[n++] = (char)v;
	buf_add(b, bytes, n);
}

static bool take(struct str *s, uint64_t *ret)
{
	uint64_t v = 0;
	for (unsigned shift = 0; s->n && shift < 64; shift += 7) {
		unsigned char c = (unsigned char)s->p[0];
		*s = str_n(s->p + 1, s->n - 1);
		v |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80) {
			*ret = v;
			return true;
		}
	}
	return false;
}

void customer_products_pack(struct buf *b, const struct customer_product *p, size_t n)
{
	put(b, n);
	for (size_t i = 0; i < n; i++) {
		bool dated = p[i].last_day != DAY_NONE && p[i].first_day != DAY_NONE;
		put(b, p[i].product);
		put(b, p[i].times);
		put(b, ((uint64_t)p[i].spend << 1) ^ (uint64_t)(p[i].spend >> 63));
		put(b, dated ? (uint64_t)(p[i].last_day + DAY_BASE) : 0);
		put(b, dated ? (uint64_t)((int64_t)p[i].last_day - p[i].first_day) : 0);
	}
}

static bool take_product(struct str *s, struct customer_product *ret)
{
	uint64_t product, times, spend, last, since;
	if (!take(s, &product) || !take(s, &times) || !take(s, &spend) || !take(s, &last) || !take(s, &since))
		return false;
	if (product > UINT32_MAX || times > UINT32_MAX || last > INT32_MAX || since > INT32_MAX)
		return false;
	*ret = (struct customer_product){ (uint32_t)product, (uint32_t)times,
					  (int64_t)(spend >> 1) ^ -(int64_t)(spend & 1), DAY_NONE, DAY_NONE };
	if (last) {
		ret->last_day = (int32_t)((int64_t)last - DAY_BASE);
		ret->first_day = (int32_t)((int64_t)ret->last_day - (int64_t)since);
	}
	return true;
}

bool customer_products_read(struct str packed, struct arena *a, struct customer_product **ret, size_t *ret_n,
			    struct err *e)
{
	uint64_t n = 0;
	*ret = NULL;
	*ret_n = 0;
	if (!packed.n)
		return true;
	/* Five bytes at least each, so a false count cannot ask for much memory. */
	if (!take(&packed, &n) || n > packed.n / 5)
		return err_set(e, ERR_CORRUPT, NULL, "the products of a customer card are damaged");
	struct customer_product *p = arena_array(a, n ? n : 1, sizeof *p);
	if (!p)
		return err_set(e, ERR_LIMIT, NULL, "a customer has too many products");
	for (uint64_t i = 0; i < n; i++) {
		if (!take_product(&packed, &p[i]))
			return err_set(e, ERR_CORRUPT, NULL, "the products of a customer card are damaged");
	}
	*ret = p;
	*ret_n = n;
	return true;
}

size_t customer_products_count(struct str packed, uint32_t *ret_first)
{
	uint64_t n = 0, first = 0;
	if (!take(&packed, &n) || (n && !take(&packed, &first)))
		return 0;
	*ret_first = (uint32_t)first;
	return n;
}
