#include "ingest/biff.h"

#include "base/utf8.h"

bool biff_next(struct str stream, size_t *at, struct biff_record *ret)
{
	if (stream.n - *at < 4)
		return false;
	const unsigned char *p = (const unsigned char *)stream.p + *at;
	*ret = (struct biff_record){ .type = bytes_u16(p), .p = p + 4, .n = bytes_u16(p + 2), .at = *at };
	if (stream.n - *at - 4 < ret->n)
		return false;
	*at += 4 + ret->n;
	return true;
}

struct biff_bytes biff_bytes(struct str stream, const struct biff_record *r)
{
	return (struct biff_bytes){ .stream = stream, .record = *r, .next = r->at + 4 + r->n };
}

static bool go_on(struct biff_bytes *b)
{
	struct biff_record r;
	size_t next = b->next;
	if (!biff_next(b->stream, &next, &r) || r.type != BIFF_CONTINUE) {
		b->failed = true;
		return false;
	}
	b->record = r;
	b->next = next;
	b->used = 0;
	return true;
}

static unsigned next_byte(struct biff_bytes *b)
{
	while (!b->failed && b->used == b->record.n)
		go_on(b);
	return b->failed ? 0 : b->record.p[b->used++];
}

uint32_t biff_u16(struct biff_bytes *b)
{
	uint32_t low = next_byte(b);
	return low | (uint32_t)next_byte(b) << 8;
}

uint32_t biff_u32(struct biff_bytes *b)
{
	uint32_t low = biff_u16(b);
	return low | biff_u16(b) << 16;
}

static void pass_over(struct biff_bytes *b, size_t n)
{
	while (n && !b->failed) {
		size_t here = MIN(n, b->record.n - b->used);
		b->used += here;
		n -= here;
		if (n)
			go_on(b);
	}
}

/* One unit; half a pair is kept in *high until the other half comes. */
static void add_unit(struct buf *ret, uint32_t unit, uint32_t *high)
{
	if (*high && unit >= 0xdc00 && unit < 0xe000) {
		utf8_encode(ret, 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00));
		*high = 0;
		return;
	}
	if (*high)
		utf8_encode(ret, 0xfffd);
	*high = unit >= 0xd800 && unit < 0xdc00 ? unit : 0;
	if (!*high)
		utf8_encode(ret, !unit || (unit >= 0xdc00 && unit < 0xe000) ? 0xfffd : unit);
}

/* A text that a CONTINUE record parts says anew there whether its units have one byte or two. */
static void add_units(struct biff_bytes *b, size_t length, bool wide, struct buf *ret)
{
	uint32_t high = 0;
	while (length && !b->failed) {
		size_t size = wide ? 2 : 1, here = (b->record.n - b->used) / size;
		if (!here) {
			if (!go_on(b))
				return;
			wide = next_byte(b) & 1;
			continue;
		}
		here = MIN(here, length);
		const unsigned char *p = b->record.p + b->used;
		for (size_t i = 0; i < here; i++) {
			uint32_t unit = wide ? bytes_u16(p + 2 * i) : p[i];
			if (unit && unit < 0x80 && !high)
				buf_addc(ret, (char)unit);
			else
				add_unit(ret, unit, &high);
		}
		b->used += here * size;
		length -= here;
	}
	if (high)
		utf8_encode(ret, 0xfffd);
}

void biff_text(struct biff_bytes *b, size_t length, struct buf *ret)
{
	unsigned flags = next_byte(b);
	size_t runs = flags & 8 ? biff_u16(b) : 0;
	size_t phonetic = flags & 4 ? biff_u32(b) : 0;
	add_units(b, length, flags & 1, ret);
	pass_over(b, runs * 4 + phonetic);
}
