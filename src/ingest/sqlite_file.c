/*
 * A SQLite database of somebody else. Its bytes are handed to SQLite as memory (sqlite3_deserialize, read-only), so
 * that no file is opened and no journal is looked for. The schema is foreign code: it is not trusted, defensive mode is
 * on, nothing but reading is authorized, its limits are low and a progress handler ends what takes too long.
 *
 * A view is a query of the file's author: it is run once to see that it ends within LIMIT_VIEW_SECONDS (of all views
 * together), _ROWS, _BYTES and _MEMORY, and left out with a note when it does not, or cannot be run at all.
 */
#include "ingest/reader.h"

#include "base/clock.h"
#include "base/limits.h"
#include "ingest/sqlite_value.h"

#include <stdlib.h>

struct sqlite_reader {
	struct reader base;
	sqlite3 *db;
	sqlite3_stmt *rows;
	int64_t deadline;
	uint32_t row;
	size_t table;
	bool ended;
	struct packer packer;
	size_t first_view; /* tables from here on are views */
	uint64_t bytes;    /* of the pass */
	uint64_t taken;    /* of all passes */
};

static struct sqlite_reader *of(struct reader *r)
{
	return (struct sqlite_reader *)r;
}

static bool damaged(struct sqlite_reader *q, struct err *e)
{
	int rc = sqlite3_errcode(q->db) & 0xff;
	if (rc == SQLITE_INTERRUPT && source_cancelled(q->base.source))
		return err_set(e, ERR_CANCELLED, NULL, "The import was cancelled.");
	if (rc == SQLITE_INTERRUPT)
		return err_set(e, ERR_LIMIT, "too_slow", "Reading the database takes more than %d seconds.",
			       LIMIT_SQLITE_SECONDS);
	if (rc == SQLITE_NOTADB)
		return err_set(e, ERR_VALUE, "damaged", "The SQLite database is encrypted or damaged.");
	if (rc == SQLITE_AUTH)
		return err_set(e, ERR_VALUE, "hostile_schema",
			       "The SQLite database has a schema that does more than hold tables; it is not run.");
	return err_set(e, ERR_VALUE, "damaged", "The SQLite database is cut short or damaged (%s).",
		       sqlite3_errmsg(q->db));
}

static int on_progress(void *ctx)
{
	struct sqlite_reader *q = ctx;
	return source_cancelled(q->base.source) || clock_monotonic() > q->deadline;
}

/* Reading, and functions that only compute: generated columns may call those. */
static int authorize(void *ctx, int action, const char *a, const char *b, const char *db, const char *trigger)
{
	if (action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_RECURSIVE)
		return SQLITE_OK;
	return action == SQLITE_FUNCTION && b && strcasecmp(b, "load_extension") != 0 ? SQLITE_OK : SQLITE_DENY;
}

static void lock_down(struct sqlite_reader *q)
{
	static const struct {
		int id, value;
	} limits[] = {
		{ SQLITE_LIMIT_LENGTH, (int)LIMIT_ROW_BYTES },
		{ SQLITE_LIMIT_SQL_LENGTH, 1 << 20 },
		{ SQLITE_LIMIT_COLUMN, LIMIT_COLUMNS },
		{ SQLITE_LIMIT_EXPR_DEPTH, 50 },
		{ SQLITE_LIMIT_COMPOUND_SELECT, 5 },
		{ SQLITE_LIMIT_VDBE_OP, 100000 },
		{ SQLITE_LIMIT_FUNCTION_ARG, 16 },
		{ SQLITE_LIMIT_ATTACHED, 0 },
		{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100 },
		{ SQLITE_LIMIT_VARIABLE_NUMBER, 16 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
	};
	for (size_t i = 0; i < countof(limits); i++)
		sqlite3_limit(q->db, limits[i].id, limits[i].value);
	sqlite3_db_config(q->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(q->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(q->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(q->db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0, NULL);
	sqlite3_db_config(q->db, SQLITE_DBCONFIG_DQS_DDL, 1, NULL);        /* old files have "text" in their DDL */
	sqlite3_exec(q->db, "PRAGMA temp_store=MEMORY", NULL, NULL, NULL); /* there is no folder for temporary files */
	sqlite3_progress_handler(q->db, 1000, on_progress, q);
	sqlite3_set_authorizer(q->db, authorize, q);
}

static bool prepare(struct sqlite_reader *q, const char *sql, sqlite3_stmt **ret, struct err *e)
{
	q->deadline = clock_monotonic() + LIMIT_SQLITE_SECONDS * USEC_PER_SEC;
	if (sqlite3_prepare_v2(q->db, sql, -1, ret, NULL) != SQLITE_OK)
		return damaged(q, e);
	return true;
}

/* "name" with quotes doubled, in front of and behind other text. */
static void add_identifier(struct buf *b, const char *name)
{
	buf_addc(b, '"');
	for (; *name; name++) {
		if (*name == '"')
			buf_addc(b, '"');
		buf_addc(b, *name);
	}
	buf_addc(b, '"');
}

static bool select_all(struct sqlite_reader *q, const char *table, sqlite3_stmt **ret, struct err *e)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(64 * KIB);
	buf_adds(&sql, "SELECT * FROM ");
	add_identifier(&sql, table);
	if (sql.failed)
		return err_set(e, ERR_LIMIT, NULL, "A table's name is too long.");
	return prepare(q, sql.p, ret, e);
}

static bool list_columns(struct sqlite_reader *q, struct reader_table *t, struct err *e)
{
	sqlite3_stmt *stmt = NULL;
	if (!select_all(q, t->name, &stmt, e))
		return false;
	int n = sqlite3_column_count(stmt);
	t->columns = mem_array((size_t)n + 1, sizeof *t->columns);
	for (int i = 0; i < n; i++) {
		const char *name = sqlite3_column_name(stmt, i);
		t->columns[t->n_columns++] = mem_strdup(name ? name : "");
	}
	sqlite3_finalize(stmt);
	return true;
}

static bool list_names(struct sqlite_reader *q, const char *type, struct err *e)
{
	sqlite3_stmt *stmt = NULL;
	int rc = SQLITE_DONE;
	if (!prepare(q,
		     "SELECT name FROM sqlite_schema WHERE type = ?1 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
		     "AND sql NOT LIKE 'create virtual%' ORDER BY rowid",
		     &stmt, e))
		return false;
	sqlite3_bind_text(stmt, 1, type, -1, SQLITE_STATIC);
	bool ok = true;
	while (ok && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(stmt, 0);
		if (q->base.n_tables == LIMIT_TABLES)
			ok = err_set(e, ERR_LIMIT, "too_many_tables", "The database has more than %d tables.",
				     LIMIT_TABLES);
		else if (name)
			reader_add_table(&q->base, str_of(name));
	}
	if (ok && rc != SQLITE_DONE)
		ok = damaged(q, e);
	sqlite3_finalize(stmt);
	return ok;
}

static size_t row_bytes(sqlite3_stmt *stmt)
{
	size_t bytes = 0;
	for (int i = 0; i < sqlite3_column_count(stmt); i++) {
		int type = sqlite3_column_type(stmt, i);
		bytes += type == SQLITE_TEXT || type == SQLITE_BLOB ? (size_t)sqlite3_column_bytes(stmt, i) : 8;
	}
	return bytes;
}

/* Whether the view can be read to its end by the deadline. */
static bool try_view(struct sqlite_reader *q, const char *name, int64_t deadline)
{
	sqlite3_stmt *stmt = NULL;
	uint64_t rows = 0, bytes = 0;
	int rc = SQLITE_ROW;
	if (!select_all(q, name, &stmt, NULL))
		return false;
	q->deadline = deadline;
	while (rc == SQLITE_ROW && rows <= LIMIT_VIEW_ROWS && bytes <= LIMIT_VIEW_BYTES) {
		rc = sqlite3_step(stmt);
		rows++;
		bytes += rc == SQLITE_ROW ? row_bytes(stmt) : 0;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE;
}

/* Views after the tables; those that cannot be read become notes. */
static bool list_views(struct sqlite_reader *q, struct err *e)
{
	size_t kept = q->base.n_tables;
	q->first_view = kept;
	if (!list_names(q, "view", e))
		return false;
	int64_t deadline = clock_monotonic() + LIMIT_VIEW_SECONDS * USEC_PER_SEC;
	sqlite3_hard_heap_limit64((sqlite3_int64)LIMIT_VIEW_MEMORY);
	for (size_t i = kept; i < q->base.n_tables; i++) {
		struct reader_table *view = &q->base.tables[i];
		if (try_view(q, view->name, deadline)) {
			q->base.tables[kept] = *view;
			q->base.tables[kept++].view = true;
			continue;
		}
		reader_note(&q->base, view->name, "a view that cannot be read, or takes too long: it was left out");
		free(view->name);
	}
	q->base.n_tables = kept;
	return !source_cancelled(q->base.source) || err_set(e, ERR_CANCELLED, NULL, "The import was cancelled.");
}

static bool list_tables(struct sqlite_reader *q, struct err *e)
{
	bool ok = list_names(q, "table", e) && list_views(q, e);
	for (size_t i = 0; ok && i < q->base.n_tables; i++)
		ok = list_columns(q, &q->base.tables[i], e);
	if (ok && !q->base.n_tables)
		ok = err_set(e, ERR_VALUE, "no_tables", "The SQLite database has no tables.");
	return ok;
}

static bool start(struct reader *r, size_t table, struct err *e)
{
	struct sqlite_reader *q = of(r);
	sqlite3_finalize(q->rows);
	q->rows = NULL;
	q->row = 0;
	q->bytes = 0;
	q->ended = false;
	q->table = table;
	buf_clear(&q->packer.bytes);
	return select_all(q, r->tables[table].name, &q->rows, e);
}

/* What was true when the view was tried must hold when it is read: it may be made of random(). */
static bool check_view(const struct sqlite_reader *q, struct err *e)
{
	if (q->table < q->first_view || (q->row <= LIMIT_VIEW_ROWS && q->bytes <= LIMIT_VIEW_BYTES))
		return true;
	return err_set(e, ERR_LIMIT, "view_too_large", "The view \"%.200s\" of the database has no end.",
		       q->base.tables[q->table].name);
}

static bool next(struct reader *r, struct block *ret, bool *ret_end, struct err *e)
{
	struct sqlite_reader *q = of(r);
	if (q->table < q->first_view) /* a view has that long for all its rows */
		q->deadline = clock_monotonic() + LIMIT_SQLITE_SECONDS * USEC_PER_SEC;
	while (!q->ended && !pack_full(&q->packer)) {
		int rc = sqlite3_step(q->rows);
		if (rc == SQLITE_DONE) {
			q->ended = true;
			break;
		}
		if (rc != SQLITE_ROW)
			return damaged(q, e);
		pack_row(&q->packer, ++q->row);
		int n = sqlite3_column_count(q->rows);
		for (int i = 0; i < n; i++)
			sqlite_pack_value(&q->packer, sqlite3_column_value(q->rows, i));
		if (!pack_row_end(&q->packer, e) || !check_view(q, e))
			return false;
	}
	q->bytes += q->packer.bytes.n;
	q->taken += q->packer.bytes.n;
	/* How much of the file a table is, it does not say; its values are about as long as they are there. */
	bool last = q->ended && q->table + 1 == r->n_tables;
	uint64_t total = source_total(r->source);
	source_set_consumed(r->source, last ? total : MIN(q->taken, total));
	*ret_end = q->packer.bytes.n == 0;
	if (!*ret_end)
		pack_take(&q->packer, ret);
	return true;
}

static void close_reader(struct reader *r)
{
	struct sqlite_reader *q = of(r);
	sqlite3_finalize(q->rows);
	sqlite3_close(q->db);
	buf_free(&q->packer.bytes);
	free(q);
}

static const struct reader_ops sqlite_ops = {
	.format = "sqlite",
	.start = start,
	.next = next,
	.close = close_reader,
};

static uint32_t big_endian(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* By the header: the size of a page, and how many there are where that number is up to date. */
static bool is_whole(const unsigned char *p, size_t n)
{
	if (n < 512)
		return false;
	size_t page = (size_t)p[16] << 8 | p[17];
	page = page == 1 ? 65536 : page;
	bool counted = big_endian(p + 24) == big_endian(p + 92);
	return page < 512 || (n % page == 0 && (!counted || big_endian(p + 28) <= n / page));
}

bool sqlite_file_open(struct source *s, struct reader **ret, struct err *e)
{
	char *bytes;
	size_t n;
	if (!source_whole(s, &bytes, &n, e))
		return false;
	if (!is_whole((const unsigned char *)bytes, n))
		return err_set(e, ERR_VALUE, "truncated", "The SQLite database is cut short.");
	/* A database in WAL mode is read as it stood at its last checkpoint. The pages are private: the file is
	 * untouched. */
	if (bytes[18] == 2 && bytes[19] == 2)
		bytes[18] = bytes[19] = 1;
	struct sqlite_reader *q = mem_zalloc(sizeof *q);
	q->base = (struct reader){ .ops = &sqlite_ops, .source = s };
	q->packer = PACKER_INIT;
	bool ok = sqlite3_open_v2(":memory:", &q->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK;
	if (!ok)
		err_set(e, ERR_INTERNAL, NULL, "SQLite does not start");
	if (ok && sqlite3_deserialize(q->db, "main", (unsigned char *)bytes, (sqlite3_int64)n, (sqlite3_int64)n,
				      SQLITE_DESERIALIZE_READONLY) != SQLITE_OK)
		ok = damaged(q, e);
	if (ok) {
		lock_down(q);
		ok = list_tables(q, e);
	}
	if (!ok) {
		reader_close(&q->base);
		return false;
	}
	*ret = &q->base;
	return true;
}
