#include "engine/worker/duck.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void duck_quote_name(struct buf *b, struct str name)
{
	buf_addc(b, '"');
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '"')
			buf_addc(b, '"');
		buf_addc(b, name.p[i]);
	}
	buf_addc(b, '"');
}

void duck_quote_text(struct buf *b, struct str text)
{
	buf_addc(b, '\'');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\'')
			buf_addc(b, '\'');
		buf_addc(b, text.p[i]);
	}
	buf_addc(b, '\'');
}

/* The heads of DuckDB's messages that mean something else than "the SQL is wrong". */
static const struct {
	const char *head;
	duckdb_error_type type;
} heads[] = {
	{ "INTERRUPT Error: ", DUCKDB_ERROR_INTERRUPT },   { "Out of Memory Error: ", DUCKDB_ERROR_OUT_OF_MEMORY },
	{ "Permission Error: ", DUCKDB_ERROR_PERMISSION }, { "FATAL Error: ", DUCKDB_ERROR_FATAL },
	{ "INTERNAL Error: ", DUCKDB_ERROR_INTERNAL },     { "IO Error: ", DUCKDB_ERROR_IO },
	{ "std::bad_alloc", DUCKDB_ERROR_OUT_OF_MEMORY },
};

/*
 * Text without "Binder Error: " and the like, on one line, without the paths of descriptors. The copy of the statement
 * at its end, with a mark below the place, is of no use on one line: its number is kept when it is not the first.
 */
static void clean_text(struct buf *b, const char *text)
{
	static const char place[] = "\n\nLINE ";
	const char *colon = strstr(text, " Error: ");
	if (colon && colon - text < 40)
		text = colon + strlen(" Error: ");
	static const char path[] = "/proc/self/fd/";
	bool blank = false;
	while (*text) {
		if (strncmp(text, place, sizeof place - 1) == 0) {
			long line = strtol(text + sizeof place - 1, NULL, 10);
			if (line > 1)
				buf_addf(b, " (line %ld)", line);
			return;
		}
		if (strncmp(text, path, sizeof path - 1) == 0) {
			text += sizeof path - 1;
			text += strspn(text, "0123456789");
			buf_adds(b, "(segment)");
		} else if (*text == '\n' || *text == ' ' || *text == '\t') {
			blank = b->n > 0;
			text++;
		} else {
			if (blank)
				buf_addc(b, ' ');
			blank = false;
			buf_addc(b, *text++);
		}
	}
}

bool duck_error(struct err *e, duckdb_error_type type, const char *text)
{
	if (type == DUCKDB_ERROR_INTERRUPT)
		return err_set(e, ERR_CANCELLED, NULL, "The query was stopped.");
	if (type == DUCKDB_ERROR_OUT_OF_MEMORY)
		return err_set(e, ERR_LIMIT, "memory_limit",
			       "The query needs more memory than it may use: ask for less at once, or raise "
			       "engine_memory_mb in the server's settings.");
	if (type == DUCKDB_ERROR_PERMISSION)
		return err_set(e, ERR_VALUE, "not_allowed_in_sql",
			       "A query may read the data sets only: no files, no network, no settings.");
	if (type == DUCKDB_ERROR_FATAL || type == DUCKDB_ERROR_INTERNAL)
		return err_set(e, ERR_UNAVAILABLE, "engine_failed", "The engine could not run this query.");
	CLEANUP(buf_free) struct buf b = BUF_INIT(16 * KIB);
	clean_text(&b, text ? text : "The query failed.");
	size_t n = utf8_valid_prefix(str_n(b.p ? b.p : "", MIN(b.n, sizeof e->message - 1)));
	err_set(e, ERR_VALUE, "wrong_sql", "%.*s", (int)n, b.p ? b.p : "");
	if (e)
		snprintf(e->field, sizeof e->field, "sql");
	return false;
}

bool duck_result_error(struct err *e, duckdb_result *r)
{
	const char *text = duckdb_result_error(r);
	duckdb_error_type type = duckdb_result_error_type(r);
	if (text && strstr(text, "std::bad_alloc"))
		type = DUCKDB_ERROR_OUT_OF_MEMORY;
	return duck_error(e, type, text);
}

bool duck_text_error(struct err *e, const char *text)
{
	for (size_t i = 0; text && i < countof(heads); i++)
		if (strncmp(text, heads[i].head, strlen(heads[i].head)) == 0)
			return duck_error(e, heads[i].type, text);
	return duck_error(e, DUCKDB_ERROR_BINDER, text);
}

bool duck_run(duckdb_connection conn, const char *sql, struct err *e)
{
	duckdb_result r;
	bool good = duckdb_query(conn, sql, &r) == DuckDBSuccess;
	if (!good)
		duck_result_error(e, &r);
	duckdb_destroy_result(&r);
	return good;
}

/* The order matters: allowed_directories cannot be set once external access is off, nothing once it is locked. */
static const char *const lock_down[] = {
	"SET allowed_directories=['/proc/self/fd/']",
	"SET secret_directory='/nowhere'",
	"SET home_directory='/nowhere'",
	"SET TimeZone='UTC'",
	"SET enable_external_file_cache=false", /* a segment is memory already, and descriptor numbers are used again */
	"SET immediate_transaction_mode=true",  /* BEGIN fixes what a query sees */
	"SET enable_external_access=false",
	"SET lock_configuration=true",
};

static bool configure(duckdb_config config, const struct worker_config *c, bool ordered, struct err *e)
{
	char memory[32], threads[32];
	snprintf(memory, sizeof memory, "%" PRId64 "B", c->memory);
	snprintf(threads, sizeof threads, "%" PRId64, c->threads);
	const char *const settings[][2] = {
		{ "memory_limit", memory },
		{ "threads", threads },
		{ "temp_directory", "" },
		{ "autoinstall_known_extensions", "false" },
		{ "autoload_known_extensions", "false" },
		{ "allow_community_extensions", "false" },
		{ "allow_persistent_secrets", "false" },
		{ "pin_threads", "off" },
		/* memory that a query leaves goes back to the kernel some seconds later */
		{ "allocator_background_threads", "true" },
		{ "preserve_insertion_order", ordered ? "true" : "false" },
	};
	for (size_t i = 0; i < countof(settings); i++)
		if (duckdb_set_config(config, settings[i][0], settings[i][1]) != DuckDBSuccess)
			return err_set(e, ERR_INTERNAL, "engine_settings", "DuckDB has no setting %s", settings[i][0]);
	return true;
}

static bool open_locked(duckdb_config config, duckdb_database *ret, struct err *e)
{
	duckdb_database db = NULL;
	duckdb_connection conn = NULL;
	char *why = NULL;
	if (duckdb_open_ext(":memory:", &db, config, &why) != DuckDBSuccess) {
		err_set(e, ERR_INTERNAL, "engine_settings", "DuckDB did not start: %s", why ? why : "");
		duckdb_free(why);
		return false;
	}
	bool good = duckdb_connect(db, &conn) == DuckDBSuccess;
	for (size_t i = 0; i < countof(lock_down) && good; i++)
		good = duck_run(conn, lock_down[i], e);
	duckdb_disconnect(&conn);
	if (good)
		*ret = db;
	else
		duckdb_close(&db);
	return good;
}

static bool open_with(const struct worker_config *c, bool ordered, duckdb_database *ret, struct err *e)
{
	duckdb_config config = NULL;
	if (duckdb_create_config(&config) != DuckDBSuccess)
		return err_set(e, ERR_INTERNAL, NULL, "DuckDB has no memory");
	bool good = configure(config, c, ordered, e) && open_locked(config, ret, e);
	duckdb_destroy_config(&config);
	return good;
}

bool duck_open(const struct worker_config *c, duckdb_database *ret, struct err *e)
{
	return open_with(c, true, ret, e);
}

bool duck_open_unordered(const struct worker_config *c, duckdb_database *ret, struct err *e)
{
	return open_with(c, false, ret, e);
}
