/*
 * DuckDB's own load of a CSV file, to compare an import with: `duckdb_load FILE.csv DATABASE` makes a table of it in a
 * database file, checkpointed, and prints the seconds and the rows.
 */
#include <duckdb.h>
#include <err.h>
#include <stdio.h>
#include <time.h>

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(duckdb_connection connection, const char *sql, duckdb_result *result)
{
	if (duckdb_query(connection, sql, result) != DuckDBSuccess)
		errx(1, "%s", duckdb_result_error(result));
}

int main(int argc, char **argv)
{
	duckdb_database database;
	duckdb_connection connection;
	duckdb_result result;
	char sql[4096];
	if (argc != 3)
		errx(2, "duckdb_load FILE.csv DATABASE");

	double begun = now();
	if (duckdb_open(argv[2], &database) != DuckDBSuccess || duckdb_connect(database, &connection) != DuckDBSuccess)
		errx(1, "cannot open %s", argv[2]);
	snprintf(sql, sizeof(sql), "CREATE TABLE t AS SELECT * FROM read_csv('%s')", argv[1]);
	run(connection, sql, &result);
	duckdb_destroy_result(&result);
	run(connection, "CHECKPOINT", &result);
	duckdb_destroy_result(&result);
	double seconds = now() - begun;

	run(connection, "SELECT count(*) FROM t", &result);
	printf("%.3f %lld\n", seconds, (long long)duckdb_value_int64(&result, 0, 0));
	duckdb_destroy_result(&result);
	duckdb_disconnect(&connection);
	duckdb_close(&database);
	return 0;
}
