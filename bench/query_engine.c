/*
 * Grouped queries through the engine process beside bare DuckDB in this one, over the same Parquet file in memory, turn
 * by turn: `query_engine ROWS` prints a line a query, "bare_ms engine_ms sql", each the best of the rounds. Then
 * "start MS" (an engine process from nothing to its first answer) and "small MS" (the shortest query).
 */
#include "base/clock.h"
#include "engine/pool.h"

#include <duckdb.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS 7

static const char *const queries[] = {
	"SELECT product, sum(amount), count(*) FROM sales GROUP BY product",
	"SELECT customer, sum(amount) AS spent FROM sales GROUP BY customer ORDER BY spent DESC LIMIT 10",
	"SELECT date_trunc('month', day) AS month, count(DISTINCT customer), avg(amount) FROM sales GROUP BY month",
};
static const struct engine_column columns[] = {
	{ "id", "BIGINT" },       { "customer", "BIGINT" }, { "amount", "DOUBLE" },
	{ "product", "VARCHAR" }, { "day", "DATE" },
};

static int file; /* the Parquet file, a memfd */

static void bare_run(duckdb_connection connection, const char *sql)
{
	duckdb_result result;
	if (duckdb_query(connection, sql, &result) != DuckDBSuccess)
		errx(1, "%s", duckdb_result_error(&result));
	duckdb_destroy_result(&result);
}

static duckdb_connection bare_open(const char *rows)
{
	duckdb_database database;
	duckdb_connection connection;
	char sql[1024];
	if (duckdb_open(NULL, &database) != DuckDBSuccess || duckdb_connect(database, &connection) != DuckDBSuccess)
		errx(1, "cannot open DuckDB");
	file = memfd_create("sales", MFD_CLOEXEC);
	snprintf(sql, sizeof sql,
		 "COPY (SELECT i::BIGINT AS id, (i * 2654435761) %% 100000 AS customer, "
		 "((i * 7919) %% 1000000) / 100.0::DOUBLE AS amount, 'product ' || (i %% 3000) AS product, "
		 "DATE '2020-01-01' + (i %% 1000)::INT AS day, i::BIGINT AS _row FROM range(%ld) t(i)) "
		 "TO '/proc/self/fd/%d' (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)",
		 strtol(rows, NULL, 10), file);
	bare_run(connection, sql);
	snprintf(sql, sizeof sql, "CREATE VIEW sales AS SELECT * FROM read_parquet('/proc/self/fd/%d')", file);
	bare_run(connection, sql);
	return connection;
}

static bool open_segment(void *ctx, int64_t org, int64_t segment, int *ret_fd, struct err *e)
{
	*ret_fd = dup(file);
	return *ret_fd >= 0;
}

static bool count_bytes(void *ctx, const void *bytes, size_t n, struct err *e)
{
	*(size_t *)ctx += n;
	return true;
}

static double engine_ms(struct engine_pool *pool, const char *sql)
{
	static const int64_t segment = 1;
	const struct engine_relation sales = { .schema = "sales",
					       .table = "sales",
					       .version = 1,
					       .segments = &segment,
					       .n_segments = 1,
					       .columns = columns,
					       .n_columns = countof(columns) };
	size_t bytes = 0;
	struct engine_request q = {
		.org = 1, .relations = &sales, .n_relations = 1, .sql = sql, .ctx = &bytes, .rows = count_bytes
	};
	struct engine_result result;
	struct err e;
	if (!engine_run(pool, &q, &result, &e))
		errx(1, "%s", e.message);
	return (double)result.took_us / 1000;
}

static double bare_ms(duckdb_connection connection, const char *sql)
{
	int64_t begun = clock_monotonic();
	bare_run(connection, sql);
	return (double)(clock_monotonic() - begun) / 1000;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "query_engine ROWS");
	duckdb_connection connection = bare_open(argv[1]);
	struct engine_pool *pool = engine_pool_new(&(struct engine_pool_options){ .open_segment = open_segment });
	double start = engine_ms(pool, "SELECT 1"), small = start;
	for (size_t i = 0; i < countof(queries); i++) {
		double bare = 1e9, engine = 1e9;
		for (int round = 0; round < ROUNDS; round++) {
			bare = MIN(bare, bare_ms(connection, queries[i]));
			engine = MIN(engine, engine_ms(pool, queries[i]));
		}
		printf("%.3f %.3f %s\n", bare, engine, queries[i]);
	}
	for (int round = 0; round < 200; round++)
		small = MIN(small, engine_ms(pool, "SELECT 1"));
	printf("start %.3f\nsmall %.3f\n", start, small);
	engine_pool_free(pool);
	return 0;
}
