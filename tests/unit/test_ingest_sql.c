/* Dumps of databases: each row is a dump and the tables it means. */
#include "ingest_run.h"

static void expect_all(const char *const (*rows)[2], size_t n)
{
	for (size_t i = 0; i < n; i++)
		run_expect(str_of(rows[i][0]), rows[i][1]);
}

static void test_mysql(void **state)
{
	static const char *const rows[][2] = {
		{ "-- MySQL dump 10.13\n/*!40101 SET NAMES utf8mb4 */;\nDROP TABLE IF EXISTS `t`;\n"
		  "CREATE TABLE `t` (\n  `id` int(11) NOT NULL AUTO_INCREMENT COMMENT 'a, (b',\n  `name` varchar(20) "
		  "DEFAULT ',)',\n  `sum` decimal(10,2),\n  PRIMARY KEY (`id`),\n  KEY `k` (`name`,`sum`)\n) "
		  "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n"
		  "LOCK TABLES `t` WRITE;\n/*!40000 ALTER TABLE `t` DISABLE KEYS */;\n"
		  "INSERT INTO `t` VALUES (1,'O\\'Hara',1.50),(2,'a''b; (c)',NULL),(3,'x\\ny\\\\z\\\"',-7.25);\n"
		  "/*!40000 ALTER TABLE `t` ENABLE KEYS */;\nUNLOCK TABLES;\n",
		  "[t] id BIGINT, name VARCHAR, sum DECIMAL(18,2)\n1|O'Hara|1.50\n2|a'b; (c)|∅\n3|x\ny\\z\"|-7.25\n" },
		/* no CREATE: the list of columns; several statements, one INSERT a row; the newer form of MariaDB */
		{ "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19\nINSERT INTO `a` (`x`,`y`) VALUES\n"
		  "(1,'p'),\n(2,'q');\nINSERT INTO `a` (`x`,`y`) VALUES\n(3,'r');\nINSERT INTO `a` (`y`) VALUES "
		  "('s');\n",
		  "[a] x BIGINT, y VARCHAR\n1|p\n2|q\n3|r\n∅|s\n" },
		/* neither: as many as the first row has */
		{ "INSERT INTO `a` VALUES (1,'p',f(2,'x)')),(2,'q',3)",
		  "[a] column_1 BIGINT, column_2 VARCHAR, column_3 "
		  "BIGINT\n1|p|∅\n2|q|3\n! 1 column_3: f(2,'x)') "
		  "(an error value or binary data in the file)\n" },
		{ "INSERT INTO `b` (`d`,`n`,`k`) VALUES ('0000-00-00',0xCAFE,b'101'),('2026-12-31',x'00',b'0');\n",
		  "[b] d DATE, n VARCHAR, k BIGINT\n∅|∅|5\n2026-12-31|∅|0\n! 1 n: 2 bytes of binary data (an error "
		  "value or "
		  "binary data in the file)\n! 1 n: 1 bytes of binary data (an error value or binary data in the "
		  "file)\n" },
		{ "USE `shop`;\nINSERT IGNORE INTO `shop`.`b` (`s`) VALUES (_binary 'abc'),(\"say "
		  "\"\"hi\"\"\"),('\\0\\Z.');\n"
		  "REPLACE INTO `shop`.`b` VALUES ('it''s') ON DUPLICATE KEY UPDATE `s` = 'x;';\n",
		  "[shop.b] s VARCHAR\nabc\nsay \"hi\"\n\xef\xbf\xbd\x1a.\nit's\n! 2 row:  (bytes after this line are "
		  "not "
		  "valid UTF-8 and were replaced)\n" },
		/* what holds no rows: triggers, routines, INSERT … SELECT, comments with traps */
		{ "CREATE TABLE `a` (`x` int);\nDELIMITER ;;\n/*!50003 CREATE TRIGGER tr BEFORE INSERT ON a FOR EACH "
		  "ROW "
		  "BEGIN INSERT INTO `log` VALUES (1); END */;;\nCREATE PROCEDURE p() BEGIN INSERT INTO `log` VALUES "
		  "(2); "
		  "END;;\nDELIMITER ;\nINSERT INTO `a` SELECT 5;\n# it's\n-- (\n/* '; */\nINSERT INTO `a` VALUES (7) "
		  "/* ' "
		  "*/, -- (\n(-8);\n",
		  "[a] x BIGINT\n7\n-8\n" },
	};
	expect_all(rows, countof(rows));
}

static void test_postgres(void **state)
{
	static const char *const rows[][2] = {
		{ "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\nSET client_encoding = 'UTF8';\nSET "
		  "standard_conforming_strings = on;\nSELECT pg_catalog.set_config('search_path', '', false);\n"
		  "CREATE TABLE public.clients (\n    id integer NOT NULL,\n    \"Full Name\" text,\n    key "
		  "numeric(12,2) DEFAULT 0.00,\n    ok boolean,\n    raw bytea,\n    CONSTRAINT c CHECK ((id > "
		  "0))\n);\n"
		  "COPY public.clients (id, \"Full Name\", key, ok, raw) FROM "
		  "stdin;\n1\tAnna\\tB\\\\C\t1.50\tt\t\\\\x0aff\n"
		  "2\t\\N\t\\N\tf\t\\N\n3\t\\x41\\101\\nx\t-2.25\t\\N\t\\N\n\\.\n\n\nSELECT 1;\n",
		  "[clients] id BIGINT, Full Name VARCHAR, key DECIMAL(18,2), ok BOOLEAN, raw VARCHAR\n"
		  "1|Anna\tB\\C|1.50|true|∅\n2|∅|∅|false|∅\n3|AA\nx|-2.25|∅|∅\n! 18 raw: 2 bytes of binary data (an "
		  "error value "
		  "or binary data in the file)\n" },
		{ "SET standard_conforming_strings = on;\nCREATE TABLE sales.t (a int, b text);\nINSERT INTO sales.t "
		  "VALUES "
		  "(1, 'back\\slash');\nINSERT INTO sales.t VALUES (2, E'it\\'s\\ttab\\u0416');\nINSERT INTO sales.t "
		  "(b) "
		  "VALUES ('two\nlines');\nINSERT INTO sales.t VALUES (3, 'x'::text), ('4'::int, NULL);\n",
		  "[sales.t] a BIGINT, b VARCHAR\n1|back\\slash\n2|it's\ttabЖ\n∅|two\nlines\n3|x\n4|∅\n" },
		{ "SET x = 1;\nCREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $_$ BEGIN INSERT INTO t "
		  "VALUES "
		  "(1); END; $_$;\nCREATE TABLE public.e (a int);\nCOPY public.e (a) FROM stdin;\n\\.\nINSERT INTO "
		  "public.e "
		  "(a) OVERRIDING SYSTEM VALUE VALUES (5);\n",
		  "[e] a BIGINT\n5\n" },
		/* of SQLite */
		{ "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(\"a b\" INTEGER PRIMARY KEY, "
		  "c);\nINSERT INTO "
		  "t VALUES(1,'x''y');\nCREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO t VALUES(9,'no'); "
		  "END;\nINSERT INTO t VALUES(2,NULL);\nCOMMIT;\n",
		  "[t] a b BIGINT, c VARCHAR\n1|x'y\n2|∅\n" },
		/* tables one after another and mixed */
		{ "INSERT INTO a (n) VALUES (1);\nINSERT INTO b (m) VALUES (10);\nINSERT INTO a (n) VALUES "
		  "(2);\nINSERT INTO b "
		  "(m) VALUES (20),\n(30);\nINSERT INTO a (n) VALUES (3),(x);\n",
		  "[a] n BIGINT\n1\n2\n3\n∅\n! 6 n: x (an error value or binary data in the file)\n[b] m "
		  "BIGINT\n10\n20\n30\n" },
	};
	expect_all(rows, countof(rows));
}

static void test_encodings(void **state)
{
	/* "Пётр" in CP1251, with and without being said; in UTF-16 as a Windows shell writes what it is piped. */
	static const char said[] =
		"/*!40101 SET NAMES cp1251 */;\nINSERT INTO `a` (`n`) VALUES ('\xcf\xb8\xf2\xf0');\n";
	static const char unsaid[] = "INSERT INTO `a` (`n`) VALUES ('\xcf\xb8\xf2\xf0'),('\xc0\xed\xed\xe0 "
				     "\xc8\xe2\xe0\xed\xee\xe2\xed\xe0');\n";
	run_expect(str_of(said), "[a] n VARCHAR\nПётр\n");
	run_expect(str_of(unsaid), "[a] n VARCHAR\nПётр\nАнна Ивановна\n");
	CLEANUP(buf_free) struct buf wide = BUF_INIT(MIB);
	buf_add(&wide, "\xff\xfe", 2);
	for (const char *p = "INSERT INTO `a` (`n`) VALUES ('x');\n"; *p; p++)
		buf_add(&wide, (char[]){ *p, 0 }, 2);
	run_expect(buf_str(&wide), "[a] n VARCHAR\nx\n");
	run_expect(STR("/*!40101 SET NAMES utf8 */;\nINSERT INTO `a` VALUES (1,_binary '\xff\xd8\xff'),(2,'a\xff');\n"),
		   "[a] column_1 BIGINT, column_2 VARCHAR\n1|∅\n2|a\xef\xbf\xbd\n! 2 column_2: 3 bytes of binary data "
		   "(an error "
		   "value or binary data in the file)\n! 2 row:  (bytes after this line are not valid UTF-8 and were "
		   "replaced)\n");
}

static void test_refusals(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(GIB);
	run_refused(STR("INSERT INTO `a` VALUES (1,'x"), ERR_VALUE, "truncated", "line 1");
	run_refused(STR("CREATE TABLE a (x int);\nCOPY a (x) FROM stdin;\n1\n2"), ERR_VALUE, "truncated", "line 3");
	run_refused(STR("SET x = 1;\n-- INSERT INTO a VALUES (1)\n"), ERR_VALUE, "no_tables", "no table");
	run_refused(STR("CREATE TABLE a (x int);\nCOPY a (x) FROM stdin WITH (FORMAT csv);\n1\n\\.\n"), ERR_VALUE,
		    "unknown_format", "COPY with options");
	run_refused(STR("PGDMP\x01\x0e"), ERR_VALUE, "unknown_format", "--format=plain");
	for (int i = 0; i <= LIMIT_TABLES; i++)
		buf_addf(&b, "INSERT INTO t%d VALUES (1);\n", i);
	run_refused(buf_str(&b), ERR_LIMIT, "too_many_tables", "200 tables");
	buf_clear(&b);
	buf_adds(&b, "INSERT INTO t VALUES ('");
	while (b.n < LIMIT_ROW_BYTES + 2 * MIB)
		buf_adds(&b, "0123456789012345678901234567890123456789");
	run_refused(buf_str(&b), ERR_LIMIT, "row_too_long", "Line 1");
}

/* Blocks are cut between rows, tables are mixed, two threads read: every row is there, in order, once. */
static void test_blocks(void **state)
{
	for (int copy = 0; copy < 2; copy++) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(GIB), want = BUF_INIT(GIB);
		buf_adds(&b, "CREATE TABLE t (n int, s text);\n");
		buf_adds(&want, "[t] n BIGINT, s VARCHAR\n");
		for (int i = 0; i < 60000;) {
			buf_adds(&b, copy ? "COPY t (n, s) FROM stdin;\n" : "INSERT INTO t VALUES ");
			for (int k = 0; k < 7000 && i < 60000; k++, i++) {
				const char *filler = i % 3 ? "some, (text); of a row" : "";
				if (copy)
					buf_addf(&b, "%d\t%s\\\\%d\n", i, filler, i % 17);
				else
					buf_addf(&b, "%s(%d,'%s\\%d')", k ? ",\n" : "", i, filler, i % 17);
				buf_addf(&want, "%d|%s\\%d\n", i, filler, i % 17);
			}
			buf_adds(&b, copy ? "\\.\n" : ";\n");
			buf_adds(&b, "INSERT INTO other VALUES ('x');\n");
		}
		buf_adds(&want, "[other] column_1 VARCHAR\n");
		for (int i = 0; i < 9; i++)
			buf_adds(&want, "x\n");
		struct run run = run_bytes(buf_str(&b), "t.sql", AS_AUTO, false);
		if (!run.good)
			fail_msg("%s", run.e.message);
		assert_string_equal(run.format, "sql");
		assert_true(str_eq(buf_str(&run.text), buf_str(&want)));
		buf_free(&run.text);
	}
}

/* Rows of plain values are read by other code than the rest: a blank before a comma, which makes a row no plain one,
 * changes nothing. Nor does a field that holds an escape in COPY. */
static void test_plain_rows(void **state)
{
	static const char *const tables[] = {
		"CREATE TABLE t (a int, b text, c boolean, d date, e bytea);\nINSERT INTO t VALUES %s;\n",
		"SET x = 1;\nCREATE TABLE t (a int, b text, c boolean, d date, e bytea);\nINSERT INTO t (b, d) VALUES "
		"%s;\n",
		"CREATE TABLE `t` (`a` int, `b` text, `c` bool, `d` date, `e` blob);\nINSERT INTO `t` (`d`, `b`) "
		"VALUES %s;\n",
		"CREATE TABLE `t` (`a` int);\nINSERT INTO `t` (`a`, `later`) VALUES %s;\n",
		"-- MySQL dump\nINSERT INTO `t` VALUES %s;\n",
	};
	static const char *const rows[] = {
		"(1@,'x'@,'t'@,'2026-12-31'@,NULL@)",
		"(-1.50@,''@,'f'@,'0000-00-00'@,'\\x00ff'@)",
		"(NULL@,NULL@,NULL@,NULL@,NULL@)",
		"(1@,'0000-00-00 00:00:00'@)",
		"(1@,'it''s'@)",
		"(1@,'back\\\\slash'@)",
		"(1@,true@)",
		"(1@,'t'@,false@)",
		"(1@)",
		"(1@,2@,3@,4@,5@,6@,7@)",
		"(1@,'\xff\xd8'@)",
		"(1@,'\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd'@)",
		"('a\nb'@,'c, (d)'@)",
		"(0x00ff@,b'101'@)",
		"(1e5@,--2@,\n3@)",
	};
	for (size_t i = 0; i < countof(tables) * countof(rows) * 2; i++) {
		const char *table = tables[i / 2 / countof(rows)], *row = rows[i / 2 % countof(rows)];
		struct buf texts[2] = { BUF_INIT(MIB), BUF_INIT(MIB) };
		struct run runs[2];
		for (size_t k = 0; k < 2; k++) {
			CLEANUP(buf_free) struct buf values = BUF_INIT(MIB);
			buf_adds(&values, i % 2 ? "(7,'first')," : "");
			for (const char *p = row; *p; p++) {
				if (*p != '@')
					buf_addc(&values, *p);
				else if (k)
					buf_addc(&values, ' ');
			}
			const char *at = strstr(table, "%s");
			buf_add(&texts[k], table, (size_t)(at - table));
			buf_add_str(&texts[k], buf_str(&values));
			buf_adds(&texts[k], at + 2);
			runs[k] = run_bytes(buf_str(&texts[k]), "t.sql", AS_AUTO, true);
		}
		if (runs[0].good != runs[1].good || strcmp(runs[0].text.p, runs[1].text.p) != 0)
			fail_msg("%s\n%s\n%s\n%s", texts[0].p, runs[0].good ? runs[0].text.p : runs[0].e.message,
				 texts[1].p, runs[1].good ? runs[1].text.p : runs[1].e.message);
		for (size_t k = 0; k < 2; k++) {
			buf_free(&texts[k]);
			buf_free(&runs[k].text);
		}
	}
	/* \163 is s: what it stands for alone, and as an escape */
	static const char *const lines[] = { "1\ts\tt\t2026-12-31", "\\N\ts\tf\t\\N", "\ts", "s\ts\ts\ts\ts\ts", "s" };
	for (size_t i = 0; i < countof(lines); i++) {
		CLEANUP(buf_free) struct buf plain = BUF_INIT(MIB), escaped = BUF_INIT(MIB);
		for (const char *p = lines[i]; *p; p++) {
			buf_addc(&plain, *p);
			if (*p == 's')
				buf_adds(&escaped, "\\163");
			else
				buf_addc(&escaped, *p);
		}
		struct run runs[2];
		for (size_t k = 0; k < 2; k++) {
			CLEANUP(buf_free) struct buf b = BUF_INIT(MIB);
			buf_addf(&b,
				 "SET x = 1;\nCREATE TABLE t (a text, b text, c boolean, d date);\nCOPY t (a, b, c, d) "
				 "FROM "
				 "stdin;\n%s\n\\.\n",
				 k ? escaped.p : plain.p);
			runs[k] = run_bytes(buf_str(&b), "t.sql", AS_AUTO, true);
		}
		assert_true(runs[0].good && runs[1].good);
		assert_string_equal(runs[0].text.p, runs[1].text.p);
		buf_free(&runs[0].text);
		buf_free(&runs[1].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mysql),    cmocka_unit_test(test_postgres), cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_refusals), cmocka_unit_test(test_blocks),   cmocka_unit_test(test_plain_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
