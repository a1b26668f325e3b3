#include "engine/worker/parquet_file.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "engine/worker/duck.h"
#include "ingest/pack.h"
#include "ingest/parquet_footer.h"
#include "ingest/types.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct parquet_reader {
	struct reader base;
	int fd; /* a memfd with the file's bytes */
	duckdb_database db;
	duckdb_connection conn;
	struct buf sql; /* every column as text, or as bytes */
	duckdb_result rows;
	duckdb_data_chunk chunk; /* rows that are being packed; NULL: the next ones are to be fetched */
	idx_t at;                /* of the chunk's rows */
	bool begun, ended;
	uint64_t n_rows;
	uint64_t file_bytes, text_bytes; /* text: of this pass */
	uint32_t row;
	struct packer packer;
};

static struct parquet_reader *of(struct reader *r)
{
	return (struct parquet_reader *)r;
}

/* DuckDB's own sentence names descriptors and code: not for a person. */
static bool damaged(struct err *e, duckdb_error_type type)
{
	if (type == DUCKDB_ERROR_OUT_OF_MEMORY)
		return err_set(e, ERR_LIMIT, "memory_limit", "Reading the file needs more memory than it may use.");
	return err_set(e, ERR_VALUE, "damaged", "The Parquet file is damaged, or holds what is not read here.");
}

static bool result_failed(struct err *e, duckdb_result *r)
{
	duckdb_error_type type = duckdb_result_error_type(r);
	const char *text = duckdb_result_error(r);
	if (text && strstr(text, "bad_alloc"))
		type = DUCKDB_ERROR_OUT_OF_MEMORY;
	return damaged(e, type);
}

/* The file as a descriptor that DuckDB may open: the source's own may be a file on the disk, which is shut off. */
static bool copy_bytes(struct source *s, int *ret_fd, uint64_t *ret_n, struct err *e)
{
	struct parquet_footer footer;
	char *bytes;
	size_t n;
	if (!source_whole(s, &bytes, &n, e) || !parquet_footer_check(str_n(bytes, n), &footer, e))
		return false;
	*ret_n = n;
	*ret_fd = memfd_create("parquet", MFD_CLOEXEC);
	for (size_t at = 0; *ret_fd >= 0 && at < n;) {
		ssize_t did = write(*ret_fd, bytes + at, MIN(n - at, 64 * MIB));
		if (did < 0 && errno != EINTR)
			return err_errno(e, errno, "cannot keep the file in memory");
		at += did > 0 ? (size_t)did : 0;
		if (source_cancelled(s))
			return err_set(e, ERR_CANCELLED, NULL, "The import was cancelled.");
	}
	return *ret_fd >= 0 || err_errno(e, errno, "cannot keep the file in memory");
}

/* How a column is asked for, and the type it keeps (TYPE_VARCHAR: whatever its texts are). */
struct asked {
	const char *before, *after;
	struct column_type type;
};

/* The types that need more than a cast to text, or are kept. */
static struct asked ask_column(duckdb_logical_type type)
{
	static const struct {
		duckdb_type id;
		const char *before, *after;
		enum value_type kept;
	} types[] = {
		{ DUCKDB_TYPE_BOOLEAN, "CAST(", " AS VARCHAR)", TYPE_BOOLEAN },
		{ DUCKDB_TYPE_DECIMAL, "CAST(", " AS VARCHAR)", TYPE_DECIMAL },
		{ DUCKDB_TYPE_DATE, "CAST(", " AS VARCHAR)", TYPE_DATE },
		{ DUCKDB_TYPE_TIME, "CAST(", " AS VARCHAR)", TYPE_TIME },
		{ DUCKDB_TYPE_TIMESTAMP, "CAST(", " AS VARCHAR)", TYPE_TIMESTAMP },
		{ DUCKDB_TYPE_TIMESTAMP_S, "CAST(CAST(", " AS TIMESTAMP) AS VARCHAR)", TYPE_TIMESTAMP },
		{ DUCKDB_TYPE_TIMESTAMP_MS, "CAST(CAST(", " AS TIMESTAMP) AS VARCHAR)", TYPE_TIMESTAMP },
		{ DUCKDB_TYPE_TIMESTAMP_NS, "CAST(CAST(", " AS TIMESTAMP) AS VARCHAR)", TYPE_TIMESTAMP },
		{ DUCKDB_TYPE_TIMESTAMP_TZ, "CAST(CAST(", " AS TIMESTAMP) AS VARCHAR)", TYPE_TIMESTAMP },
		{ DUCKDB_TYPE_BLOB, "", "", TYPE_VARCHAR },
		{ DUCKDB_TYPE_LIST, "CAST(to_json(", ") AS VARCHAR)", TYPE_VARCHAR },
		{ DUCKDB_TYPE_STRUCT, "CAST(to_json(", ") AS VARCHAR)", TYPE_VARCHAR },
		{ DUCKDB_TYPE_MAP, "CAST(to_json(", ") AS VARCHAR)", TYPE_VARCHAR },
		{ DUCKDB_TYPE_ARRAY, "CAST(to_json(", ") AS VARCHAR)", TYPE_VARCHAR },
		{ DUCKDB_TYPE_UNION, "CAST(to_json(", ") AS VARCHAR)", TYPE_VARCHAR },
	};
	struct asked a = { "CAST(", " AS VARCHAR)", { .type = TYPE_VARCHAR, .decimal = '.', .order = ORDER_YMD } };
	duckdb_type id = duckdb_get_type_id(type);
	for (size_t i = 0; i < countof(types); i++) {
		if (types[i].id == id)
			a = (struct asked){ types[i].before,
					    types[i].after,
					    { .type = types[i].kept, .decimal = '.', .order = ORDER_YMD } };
	}
	if (id == DUCKDB_TYPE_DECIMAL) {
		a.type.type = duckdb_decimal_width(type) > 18 ? TYPE_WIDE : TYPE_DECIMAL;
		a.type.scale = duckdb_decimal_scale(type);
	}
	return a;
}

static bool add_columns(struct parquet_reader *p, duckdb_result *r, struct reader_table *t, struct err *e)
{
	idx_t n = duckdb_column_count(r);
	if (n > LIMIT_COLUMNS)
		return err_set(e, ERR_LIMIT, "too_many_columns", "The table has more than %d columns.", LIMIT_COLUMNS);
	t->columns = mem_array(n + 1, sizeof *t->columns);
	t->types = mem_array(n + 1, sizeof *t->types);
	buf_adds(&p->sql, "SELECT ");
	for (idx_t i = 0; i < n; i++) {
		const char *name = duckdb_column_name(r, i);
		duckdb_logical_type type = duckdb_column_logical_type(r, i);
		struct asked a = ask_column(type);
		duckdb_destroy_logical_type(&type);
		t->types[i] = a.type;
		t->columns[t->n_columns++] = mem_strdup(name ? name : "");
		buf_adds(&p->sql, i ? ", " : "");
		buf_adds(&p->sql, a.before);
		duck_quote_name(&p->sql, str_of(name ? name : ""));
		buf_adds(&p->sql, a.after);
	}
	buf_addf(&p->sql, " FROM read_parquet('/proc/self/fd/%d')", p->fd);
	return !p->sql.failed || err_set(e, ERR_LIMIT, "too_many_columns", "The names of the columns are too long.");
}

static bool query(struct parquet_reader *p, const char *sql, duckdb_result *ret, struct err *e)
{
	if (duckdb_query(p->conn, sql, ret) == DuckDBSuccess)
		return true;
	result_failed(e, ret);
	duckdb_destroy_result(ret);
	return false;
}

static bool describe(struct parquet_reader *p, const char *file_name, struct err *e)
{
	char sql[120];
	duckdb_result r;
	snprintf(sql, sizeof sql, "SELECT * FROM read_parquet('/proc/self/fd/%d') LIMIT 0", p->fd);
	if (!query(p, sql, &r, e))
		return false;
	bool ok = add_columns(p, &r, reader_add_table(&p->base, reader_file_table(file_name)), e);
	duckdb_destroy_result(&r);
	snprintf(sql, sizeof sql, "SELECT count(*) FROM read_parquet('/proc/self/fd/%d')", p->fd);
	if (!ok || !query(p, sql, &r, e))
		return false;
	p->n_rows = (uint64_t)duckdb_value_int64(&r, 0, 0);
	duckdb_destroy_result(&r);
	return true;
}

static void end_rows(struct parquet_reader *p)
{
	duckdb_destroy_data_chunk(&p->chunk);
	if (p->begun)
		duckdb_destroy_result(&p->rows);
	p->begun = false;
}

static bool start(struct reader *r, size_t table, struct err *e)
{
	struct parquet_reader *p = of(r);
	duckdb_prepared_statement stmt = NULL;
	duckdb_pending_result pending = NULL;
	end_rows(p);
	p->row = 0;
	p->text_bytes = 0;
	p->ended = false;
	buf_clear(&p->packer.bytes);
	bool ok = duckdb_prepare(p->conn, p->sql.p, &stmt) == DuckDBSuccess &&
		  duckdb_pending_prepared_streaming(stmt, &pending) == DuckDBSuccess;
	if (!ok) {
		damaged(e, DUCKDB_ERROR_INVALID);
	} else if (duckdb_execute_pending(pending, &p->rows) != DuckDBSuccess) {
		ok = result_failed(e, &p->rows);
		duckdb_destroy_result(&p->rows);
	}
	p->begun = ok;
	duckdb_destroy_pending(&pending);
	duckdb_destroy_prepare(&stmt);
	return ok;
}

/* A text, or bytes that may be one. */
static void pack_string(struct parquet_reader *p, duckdb_string_t *s)
{
	char what[64];
	struct str text = str_n(duckdb_string_t_data(s), duckdb_string_t_length(*s));
	if (!memchr(text.p, 0, text.n) && utf8_valid(text)) {
		pack_cell(&p->packer, text, 0);
		return;
	}
	snprintf(what, sizeof what, "%zu bytes of binary data", text.n);
	pack_cell(&p->packer, str_of(what), CELL_ERROR);
}

static bool pack_one(struct parquet_reader *p, idx_t i, struct err *e)
{
	idx_t columns = duckdb_data_chunk_get_column_count(p->chunk);
	pack_row(&p->packer, ++p->row);
	for (idx_t c = 0; c < columns; c++) {
		duckdb_vector v = duckdb_data_chunk_get_vector(p->chunk, c);
		uint64_t *valid = duckdb_vector_get_validity(v);
		if (valid && !duckdb_validity_row_is_valid(valid, i))
			pack_cell(&p->packer, STR(""), 0);
		else
			pack_string(p, (duckdb_string_t *)duckdb_vector_get_data(v) + i);
	}
	return pack_row_end(&p->packer, e);
}

/* Rows of the chunk until it ends or the block is full: a chunk of long texts is many blocks. */
static bool pack_chunk(struct parquet_reader *p, struct err *e)
{
	idx_t rows = duckdb_data_chunk_get_size(p->chunk);
	while (p->at < rows && !pack_full(&p->packer)) {
		if (!pack_one(p, p->at++, e))
			return false;
	}
	if (p->at == rows)
		duckdb_destroy_data_chunk(&p->chunk);
	return true;
}

static bool fetch_chunk(struct parquet_reader *p, struct err *e)
{
	p->at = 0;
	p->chunk = duckdb_fetch_chunk(p->rows);
	p->ended = !p->chunk || duckdb_data_chunk_get_size(p->chunk) == 0;
	if (!p->ended)
		return true;
	duckdb_destroy_data_chunk(&p->chunk);
	const char *why = duckdb_result_error(&p->rows);
	return !why || !*why || result_failed(e, &p->rows);
}

/* A few bytes may say that one text stands in a billion rows. */
static bool check_text(struct parquet_reader *p, struct err *e)
{
	p->text_bytes += p->packer.bytes.n;
	if (p->text_bytes <= LIMIT_INFLATE_FREE || p->text_bytes / LIMIT_PARQUET_TEXT_RATIO <= p->file_bytes)
		return true;
	return err_set(
		e, ERR_LIMIT, "inflate_ratio",
		"The Parquet file grows more than %d times when its values are written out: it is refused as a trap.",
		LIMIT_PARQUET_TEXT_RATIO);
}

static bool next(struct reader *r, struct block *ret, bool *ret_end, struct err *e)
{
	struct parquet_reader *p = of(r);
	while (!p->ended && !pack_full(&p->packer)) {
		if (!p->chunk && !fetch_chunk(p, e))
			return false;
		if (!p->ended && !pack_chunk(p, e))
			return false;
	}
	if (!check_text(p, e))
		return false;
	double share = (double)p->row / (double)MAX(p->n_rows, UINT64_C(1));
	source_set_consumed(r->source, (uint64_t)(MIN(share, 1.0) * (double)source_total(r->source)));
	*ret_end = p->packer.bytes.n == 0;
	if (!*ret_end)
		pack_take(&p->packer, ret);
	return true;
}

static void close_reader(struct reader *r)
{
	struct parquet_reader *p = of(r);
	end_rows(p);
	duckdb_disconnect(&p->conn);
	duckdb_close(&p->db);
	fd_close(&p->fd);
	buf_free(&p->sql);
	buf_free(&p->packer.bytes);
	free(p);
}

static const struct reader_ops parquet_ops = {
	.format = "parquet", .start = start, .next = next, .close = close_reader
};

bool parquet_file_open(struct source *s, const char *file_name, struct reader **ret, struct err *e)
{
	/* One thread, which is the caller's: it never waits for the threads of the instance that writes. */
	struct worker_config config = { .memory = worker_config()->memory, .threads = 1 };
	struct parquet_reader *p = mem_zalloc(sizeof *p);
	p->base = (struct reader){ .ops = &parquet_ops, .source = s };
	p->fd = -1;
	p->packer = PACKER_INIT;
	p->sql = BUF_INIT(4 * MIB);
	bool ok = copy_bytes(s, &p->fd, &p->file_bytes, e) && duck_open(&config, &p->db, e);
	if (ok && duckdb_connect(p->db, &p->conn) != DuckDBSuccess)
		ok = err_set(e, ERR_INTERNAL, NULL, "DuckDB does not connect");
	if (!ok || !describe(p, file_name, e)) {
		reader_close(&p->base);
		return false;
	}
	*ret = &p->base;
	return true;
}
