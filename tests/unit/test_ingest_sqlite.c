/* SQLite files: whole, cut, and with schemas written to do harm. */
#include "ingest_run.h"

#include <sqlite3.h>

static struct str make_db(const char *sql)
{
	sqlite3 *db;
	sqlite3_int64 n;
	char *why = NULL;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 1, NULL);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	unsigned char *bytes = sqlite3_serialize(db, "main", &n, 0);
	assert_non_null(bytes);
	char *copy = mem_alloc((size_t)n);
	memcpy(copy, bytes, (size_t)n);
	sqlite3_free(bytes);
	sqlite3_close(db);
	return str_n(copy, (size_t)n);
}

static void test_tables(void **state)
{
	static const struct {
		const char *sql, *want;
	} rows[] = {
		{ "CREATE TABLE a(id INTEGER PRIMARY KEY, s TEXT, x REAL); INSERT INTO a VALUES (1,' one "
		  "',0.1),(2,NULL,2.5);"
		  "CREATE TABLE b(d TEXT); INSERT INTO b VALUES ('1996-07-04 00:00:00.000');",
		  "[a] id BIGINT, s VARCHAR, x DECIMAL(18,1)\n1|one|0.1\n2|∅|2.5\n[b] d DATE\n1996-07-04\n" },
		{ "CREATE TABLE e(a, b)", "[e] a VARCHAR, b VARCHAR\n" },
		{ "CREATE TABLE \"odd \"\" name\"(\"a\"\"b\" INT); INSERT INTO \"odd \"\" name\" VALUES (5)",
		  "[odd \" name] a\"b BIGINT\n5\n" },
		{ "CREATE TABLE p(n, b BLOB); INSERT INTO p VALUES (1, x'00ff')",
		  "[p] n BIGINT, b VARCHAR\n1|∅\n! 1 b: 2 bytes of binary data (an error value or binary data in the "
		  "file)\n" },
		{ "CREATE TABLE u(s TEXT); INSERT INTO u VALUES (CAST(x'41ff42' AS TEXT))",
		  "[u] s VARCHAR\nA\xef\xbf\xbd"
		  "B\n" },
		{ "CREATE TABLE t(n); INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT * FROM t; CREATE TRIGGER g "
		  "AFTER INSERT "
		  "ON t BEGIN DELETE FROM t; END",
		  "[t] n BIGINT\n1\n[v] n BIGINT\n1\n" },
		/* views that compute, group and recurse; one of a table that is gone */
		{ "CREATE TABLE t(n); INSERT INTO t VALUES (1),(2); CREATE VIEW s AS SELECT sum(n) total, upper('x') u "
		  "FROM "
		  "t; CREATE VIEW r(k) AS WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c WHERE x<3) "
		  "SELECT x "
		  "FROM c ORDER BY -x; CREATE VIEW broken AS SELECT * FROM away",
		  "[t] n BIGINT\n1\n2\n[s] total BIGINT, u VARCHAR\n3|X\n[r] k BIGINT\n3\n2\n1\n" },
		{ "CREATE VIEW only AS SELECT 1 AS one", "[only] one BIGINT\n1\n" },
		{ "CREATE TABLE g(a INT, b AS (a * 2)); INSERT INTO g(a) VALUES (4)", "[g] a BIGINT, b BIGINT\n4|8\n" },
		{ "CREATE TABLE f(v REAL); INSERT INTO f VALUES (1e-7),(1e300),(26796.21)",
		  "[f] v DOUBLE\n1e-07\n1e+300\n26796.21\n" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct str db = make_db(rows[i].sql);
		run_expect(db, rows[i].want);
		free((char *)(uintptr_t)db.p);
	}
}

static void test_wal_mode(void **state)
{
	struct str db = make_db("CREATE TABLE a(n); INSERT INTO a VALUES (1)");
	char *bytes = (char *)(uintptr_t)db.p;
	bytes[18] = bytes[19] = 2;
	run_expect(db, "[a] n BIGINT\n1\n");
	free(bytes);
}

static void test_damage(void **state)
{
	struct str db =
		make_db("CREATE TABLE a(n, s); WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT "
			"3000) INSERT INTO a SELECT i, printf('%040d', i) FROM c");
	char *bytes = mem_alloc(db.n);
	/* Cut at every page: never taken as whole. */
	for (size_t n = 512; n < db.n; n += 4096) {
		struct run run = run_bytes(str_n(db.p, n), "a.db", AS_AUTO, true);
		assert_false(run.good);
		assert_int_equal(run.e.kind, ERR_VALUE);
		buf_free(&run.text);
	}
	/* A page of noise: an error or fewer rows, never a crash. */
	for (size_t page = 0; page < db.n / 4096; page++) {
		memcpy(bytes, db.p, db.n);
		for (size_t i = page ? 0 : 100; i < 4096; i++)
			bytes[page * 4096 + i] = (char)(i * 131 + page * 7);
		struct run run = run_bytes(str_n(bytes, db.n), "a.db", AS_AUTO, true);
		if (!run.good)
			assert_int_equal(run.e.kind, ERR_VALUE);
		buf_free(&run.text);
	}
	memcpy(bytes, db.p, db.n);
	for (size_t i = 100; i < db.n; i++) /* nothing behind the header is what it should be */
		bytes[i] = (char)(i * 89 + 3);
	run_refused(str_n(bytes, db.n), ERR_VALUE, "damaged", "SQLite");
	free(bytes);
	free((char *)(uintptr_t)db.p);
}

static void test_hostile(void **state)
{
	static const struct {
		const char *sql, *says;
	} rows[] = {
		{ "PRAGMA writable_schema=1; INSERT INTO sqlite_schema VALUES('table','t','t',0,'CREATE TABLE nonsense "
		  "(')",
		  "damaged" },
		{ "CREATE TABLE t(a); PRAGMA writable_schema=1; UPDATE sqlite_schema SET rootpage = 99", "damaged" },
		{ "CREATE VIEW only AS SELECT * FROM away", "no tables" },
		{ "CREATE VIEW only AS SELECT load_extension('x')", "no tables" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct str db = make_db(rows[i].sql);
		struct run run = run_bytes(db, "a.db", AS_AUTO, true);
		if (run.good)
			fail_msg("%s: %s", rows[i].sql, run.text.p);
		assert_int_equal(run.e.kind, ERR_VALUE);
		if (!strstr(run.e.message, rows[i].says))
			fail_msg("%s: %s", rows[i].sql, run.e.message);
		buf_free(&run.text);
		free((char *)(uintptr_t)db.p);
	}
	CLEANUP(buf_free) struct buf sql = BUF_INIT(MIB);
	for (int i = 0; i <= LIMIT_TABLES; i++)
		buf_addf(&sql, "CREATE TABLE t%d(a);", i);
	struct str db = make_db(sql.p);
	run_refused(db, ERR_LIMIT, "too_many_tables", "tables");
	free((char *)(uintptr_t)db.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_wal_mode),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
