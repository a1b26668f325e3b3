/* The smallest and the greatest value of a column, as text. */
#include "base/clock.h"
#include "ingest/table.h"

static void add_decimal(struct buf *ret, __int128 v, int scale)
{
	char text[64];
	size_t at = sizeof text;
	unsigned __int128 left = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
	for (int i = 0; i <= scale || left; i++, left /= 10) {
		if (i == scale && i)
			text[--at] = '.';
		text[--at] = (char)('0' + (int)(left % 10));
	}
	if (v < 0)
		text[--at] = '-';
	buf_add(ret, text + at, sizeof text - at);
}

void table_bound_text(const struct table_column *c, bool max, struct buf *ret)
{
	const struct column_stats *s = &c->stats;
	union value v = max ? s->max : s->min;
	char text[CLOCK_TEXT];
	switch (c->type.type) {
	case TYPE_VARCHAR:
		buf_add(ret, max ? s->max_text : s->min_text, max ? s->max_n : s->min_n);
		break;
	case TYPE_BOOLEAN:
		buf_adds(ret, v.boolean ? "true" : "false");
		break;
	case TYPE_BIGINT:
		buf_add_i64(ret, v.bigint);
		break;
	case TYPE_DECIMAL:
		add_decimal(ret, v.bigint, c->type.scale);
		break;
	case TYPE_WIDE:
		add_decimal(ret, v.wide, c->type.scale);
		break;
	case TYPE_DOUBLE:
		buf_add_f64(ret, v.real);
		break;
	case TYPE_DATE:
	case TYPE_TIMESTAMP:
		clock_format(c->type.type == TYPE_DATE ? v.days * USEC_PER_DAY : v.bigint, text);
		buf_add(ret, text, c->type.type == TYPE_DATE ? 10 : strlen(text));
		break;
	case TYPE_TIME:
		clock_format(v.bigint, text);
		buf_add(ret, text + 11, 8);
		break;
	}
}
