#include "ingest/parquet_footer.h"

#include "base/limits.h"

#define HEAD_BYTES 4    /* PAR1 */
#define TAIL_BYTES 8    /* length of the footer, PAR1 */
#define THRIFT_DEPTH 24 /* the deepest structure that the format describes is half of it */

/* Types of Thrift's compact protocol. */
enum thrift {
	THRIFT_STOP,
	THRIFT_TRUE,
	THRIFT_FALSE,
	THRIFT_BYTE,
	THRIFT_I16,
	THRIFT_I32,
	THRIFT_I64,
	THRIFT_DOUBLE,
	THRIFT_BINARY,
	THRIFT_LIST,
	THRIFT_SET,
	THRIFT_MAP,
	THRIFT_STRUCT,
	THRIFT_UUID
};

struct walk {
	struct str file;
	size_t at, end; /* within the footer */
	unsigned depth;
	struct parquet_footer found;
	/* the schema, which lists a parent before its children: how many are still to come on each level */
	uint64_t open[LIMIT_PARQUET_DEPTH + 1];
	unsigned levels;
	struct err *e;
};

static bool damaged(struct walk *w)
{
	return err_set(w->e, ERR_VALUE, "damaged",
		       "The Parquet file is damaged: what it says of itself cannot be read.");
}

static bool take_byte(struct walk *w, uint8_t *ret)
{
	if (w->at >= w->end)
		return damaged(w);
	*ret = (uint8_t)w->file.p[w->at++];
	return true;
}

static bool take_varint(struct walk *w, uint64_t *ret)
{
	*ret = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t b = 0;
		if (!take_byte(w, &b))
			return false;
		*ret |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80)
			return true;
	}
	return damaged(w);
}

static bool take_integer(struct walk *w, int64_t *ret)
{
	uint64_t v = 0;
	if (!take_varint(w, &v))
		return false;
	*ret = (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
	return true;
}

static bool pass_bytes(struct walk *w, uint64_t n)
{
	if (n > w->end - w->at)
		return damaged(w);
	w->at += (size_t)n;
	return true;
}

/* The head of a list. Each element takes a byte at least: a list that says to be longer than the rest is damage. */
static bool take_list(struct walk *w, uint8_t *ret_type, uint64_t *ret_n)
{
	uint8_t head = 0;
	if (!take_byte(w, &head))
		return false;
	*ret_type = head & 15;
	*ret_n = head >> 4;
	if (*ret_n == 15 && !take_varint(w, ret_n))
		return false;
	return *ret_n <= w->end - w->at || damaged(w);
}

typedef bool field_fn(struct walk *w, int64_t field, uint8_t type, void *ctx);

/* The fields of a structure. A NULL function, and what the function does not take, is passed over. */
static bool each_field(struct walk *w, field_fn *on_field, void *ctx);

static bool pass_value(struct walk *w, uint8_t type, bool in_list);

static bool pass_elements(struct walk *w, uint64_t n, uint8_t type)
{
	for (uint64_t i = 0; i < n; i++) {
		if (!pass_value(w, type, true))
			return false;
	}
	return true;
}

static bool pass_map(struct walk *w)
{
	uint64_t n = 0;
	uint8_t types = 0;
	if (!take_varint(w, &n))
		return false;
	if (!n)
		return true;
	if (n > w->end - w->at || !take_byte(w, &types))
		return damaged(w);
	for (uint64_t i = 0; i < n; i++) {
		if (!pass_value(w, types >> 4, true) || !pass_value(w, types & 15, true))
			return false;
	}
	return true;
}

static bool pass_inner(struct walk *w, uint8_t type, bool in_list)
{
	uint64_t n = 0;
	switch (type) {
	case THRIFT_TRUE: /* a field's truth is in its type */
	case THRIFT_FALSE:
		return !in_list || pass_bytes(w, 1);
	case THRIFT_BYTE:
		return pass_bytes(w, 1);
	case THRIFT_I16:
	case THRIFT_I32:
	case THRIFT_I64:
		return take_varint(w, &n);
	case THRIFT_DOUBLE:
		return pass_bytes(w, 8);
	case THRIFT_BINARY:
		return take_varint(w, &n) && pass_bytes(w, n);
	case THRIFT_LIST:
	case THRIFT_SET: {
		uint8_t of = 0;
		return take_list(w, &of, &n) && pass_elements(w, n, of);
	}
	case THRIFT_MAP:
		return pass_map(w);
	case THRIFT_STRUCT:
		return each_field(w, NULL, NULL);
	case THRIFT_UUID:
		return pass_bytes(w, 16);
	default:
		return damaged(w);
	}
}

static bool pass_value(struct walk *w, uint8_t type, bool in_list)
{
	if (++w->depth > THRIFT_DEPTH)
		return damaged(w);
	bool ok = pass_inner(w, type, in_list);
	w->depth--;
	return ok;
}

static bool each_field(struct walk *w, field_fn *on_field, void *ctx)
{
	int64_t field = 0;
	for (;;) {
		uint8_t head = 0;
		if (!take_byte(w, &head))
			return false;
		uint8_t type = head & 15;
		if (type == THRIFT_STOP)
			return true;
		if (head >> 4)
			field += head >> 4;
		else if (!take_integer(w, &field))
			return false;
		size_t before = w->at;
		if (on_field && !on_field(w, field, type, ctx))
			return false;
		if (w->at == before && !pass_value(w, type, false))
			return false;
	}
}

static bool is_integer(uint8_t type)
{
	return type == THRIFT_I16 || type == THRIFT_I32 || type == THRIFT_I64;
}

/* A number that is none below zero. */
static bool take_count(struct walk *w, uint8_t type, uint64_t *ret)
{
	int64_t v = 0;
	if (!is_integer(type))
		return damaged(w);
	if (!take_integer(w, &v))
		return false;
	*ret = (uint64_t)v;
	return v >= 0 || damaged(w);
}

/* The structures of a list, each given to on_field. */
static bool each_structure(struct walk *w, uint8_t type, field_fn *on_field, void *ctx,
			   bool (*ended)(struct walk *w, void *ctx))
{
	uint64_t n = 0;
	uint8_t of = 0;
	if (type != THRIFT_LIST)
		return damaged(w);
	if (!take_list(w, &of, &n))
		return false;
	if (n && of != THRIFT_STRUCT)
		return damaged(w);
	for (uint64_t i = 0; i < n; i++) {
		if (!each_field(w, on_field, ctx) || !ended(w, ctx))
			return false;
	}
	return true;
}

/* -- SchemaElement -- */

static bool on_node(struct walk *w, int64_t field, uint8_t type, void *ctx)
{
	uint64_t *children = ctx;
	return field != 5 || take_count(w, type, children);
}

/* Where a node stands follows from the number of children of those before it. */
static bool node_ended(struct walk *w, void *ctx)
{
	uint64_t *children = ctx, own = *children;
	*children = 0;
	while (w->levels && !w->open[w->levels - 1])
		w->levels--;
	if (w->levels)
		w->open[w->levels - 1]--;
	if (!own) {
		w->found.columns++;
		if (w->found.columns > LIMIT_FILE_COLUMNS)
			return err_set(w->e, ERR_LIMIT, "too_many_columns", "The table has more than %d columns.",
				       LIMIT_FILE_COLUMNS);
		return true;
	}
	if (w->levels > LIMIT_PARQUET_DEPTH)
		return err_set(w->e, ERR_LIMIT, "parquet_depth",
			       "The Parquet file's columns are nested more than %d deep.", LIMIT_PARQUET_DEPTH);
	w->open[w->levels++] = own;
	return true;
}

/* -- RowGroup, ColumnChunk, ColumnMetaData -- */

struct chunk {
	uint64_t unpacked, packed, at;
};

static bool on_chunk_data(struct walk *w, int64_t field, uint8_t type, void *ctx)
{
	struct chunk *c = ctx;
	if (field == 6)
		return take_count(w, type, &c->unpacked);
	if (field == 7)
		return take_count(w, type, &c->packed);
	return field != 9 || take_count(w, type, &c->at);
}

static bool on_chunk(struct walk *w, int64_t field, uint8_t type, void *ctx)
{
	uint64_t n = 0;
	if (field == 1 && type == THRIFT_BINARY) {
		if (!take_varint(w, &n) || !pass_bytes(w, n))
			return false;
		return !n || err_set(w->e, ERR_VALUE, "parts_elsewhere",
				     "The Parquet file keeps its values in other files: load those.");
	}
	if (field != 3)
		return true;
	return type == THRIFT_STRUCT ? each_field(w, on_chunk_data, ctx) : damaged(w);
}

static bool chunk_ended(struct walk *w, void *ctx)
{
	struct chunk *c = ctx;
	uint64_t n = w->file.n;
	if (c->at >= n || c->packed > n)
		return damaged(w);
	if (c->unpacked > LIMIT_INFLATED_BYTES || w->found.unpacked + c->unpacked > LIMIT_INFLATED_BYTES)
		return err_set(w->e, ERR_LIMIT, "inflated_too_large", "The Parquet file holds more than %zu GiB.",
			       LIMIT_INFLATED_BYTES / GIB);
	w->found.unpacked += c->unpacked;
	*c = (struct chunk){ 0 };
	return true;
}

static bool on_row_group(struct walk *w, int64_t field, uint8_t type, void *ctx)
{
	struct chunk chunk = { 0 };
	if (field == 1)
		return each_structure(w, type, on_chunk, &chunk, chunk_ended);
	return field != 3 || take_count(w, type, ctx);
}

static bool row_group_ended(struct walk *w, void *ctx)
{
	uint64_t *rows = ctx;
	w->found.row_groups++;
	if (w->found.row_groups > LIMIT_PARQUET_ROW_GROUPS)
		return err_set(w->e, ERR_LIMIT, "too_many_parts", "The Parquet file has more than %d groups of rows.",
			       LIMIT_PARQUET_ROW_GROUPS);
	if (*rows > LIMIT_PARQUET_ROWS || w->found.rows + *rows > LIMIT_PARQUET_ROWS)
		return err_set(w->e, ERR_LIMIT, "too_many_rows", "The Parquet file says to have more than %llu rows.",
			       (unsigned long long)LIMIT_PARQUET_ROWS);
	w->found.rows += *rows;
	*rows = 0;
	return true;
}

/* -- FileMetaData -- */

static bool on_file(struct walk *w, int64_t field, uint8_t type, void *ctx)
{
	uint64_t number = 0;
	switch (field) {
	case 2:
		return each_structure(w, type, on_node, &number, node_ended);
	case 4:
		return each_structure(w, type, on_row_group, &number, row_group_ended);
	case 8:
		return err_set(w->e, ERR_VALUE, "encrypted", "The Parquet file is encrypted: it cannot be read.");
	default:
		return true;
	}
}

static bool check_promises(struct walk *w)
{
	if (w->found.unpacked > LIMIT_INFLATE_FREE && w->found.unpacked / LIMIT_INFLATE_RATIO > w->file.n)
		return err_set(w->e, ERR_LIMIT, "inflate_ratio",
			       "The Parquet file grows more than %d times when unpacked: it is refused as a trap.",
			       LIMIT_INFLATE_RATIO);
	return true;
}

bool parquet_footer_check(struct str file, struct parquet_footer *ret, struct err *e)
{
	struct walk w = { .file = file, .e = e };
	if (file.n < HEAD_BYTES + TAIL_BYTES || memcmp(file.p + file.n - 4, "PAR1", 4) != 0)
		return err_set(e, ERR_VALUE, "truncated", "The Parquet file is cut short.");
	const unsigned char *tail = (const unsigned char *)file.p + file.n - TAIL_BYTES;
	uint32_t n = (uint32_t)tail[0] | (uint32_t)tail[1] << 8 | (uint32_t)tail[2] << 16 | (uint32_t)tail[3] << 24;
	w.end = file.n - TAIL_BYTES;
	if (n > w.end - HEAD_BYTES)
		return err_set(e, ERR_VALUE, "truncated", "The Parquet file is cut short.");
	if (n > LIMIT_PARQUET_FOOTER_BYTES)
		return err_set(e, ERR_LIMIT, "parquet_footer", "What the Parquet file says of itself is over %zu MiB.",
			       LIMIT_PARQUET_FOOTER_BYTES / MIB);
	w.at = w.end - n;
	if (!each_field(&w, on_file, NULL) || !check_promises(&w))
		return false;
	*ret = w.found;
	return true;
}
