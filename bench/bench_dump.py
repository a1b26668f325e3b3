"""Import of database dumps, to sealed and queryable: what mysqldump writes in one INSERT of many rows, and pg_dump's COPY."""
import generate
from bench_csv import PLAIN, imported
from measure import MIB, at_least, at_most

COLUMNS = "sale_id,customer_id,product,quantity,unit_price,sold_at,city"
ROWS_AN_INSERT = 10000


def mysql(csv, path):
    with open(csv, encoding="utf-8") as rows, open(path, "w", encoding="utf-8") as out:
        next(rows)
        out.write("-- MySQL dump\n/*!40101 SET NAMES utf8mb4 */;\nCREATE TABLE `sales` (\n  `" + "` text,\n  `".join(COLUMNS.split(",")) + "` text\n) ENGINE=InnoDB;\n")
        for i, line in enumerate(rows):
            sale, customer, product, quantity, price, at, city = line[:-1].split(",")
            begin = ("" if i == 0 else ";\n") + "INSERT INTO `sales` VALUES " if i % ROWS_AN_INSERT == 0 else ","
            out.write(f"{begin}({sale},{customer},'{product}',{quantity},{price},'{at}','{city}')")
        out.write(";\n")


def postgres(csv, path):
    with open(csv, encoding="utf-8") as rows, open(path, "w", encoding="utf-8") as out:
        next(rows)
        out.write("--\n-- PostgreSQL database dump\n--\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n"
                  "CREATE TABLE public.sales (\n    " + " text,\n    ".join(COLUMNS.split(",")) + " text\n);\n"
                  f"COPY public.sales ({COLUMNS.replace(',', ', ')}) FROM stdin;\n")
        for line in rows:
            out.write(line.replace(",", "\t"))
        out.write("\\.\n")


def run(bench):
    csv = bench.place / "sales.csv"
    generate.sales(csv, bench.rows)
    peak = 0
    for name, make in ("MySQL", mysql), ("PostgreSQL", postgres):
        file = bench.place / "sales.sql"
        make(csv, file)
        done = [imported(bench, file, *PLAIN) for _ in range(3)]
        best, size = min(one.seconds for one in done), file.stat().st_size
        peak = max(peak, *(one.peak for one in done))
        yield at_least(f"import of a {name} dump of {bench.rows:,} rows, {size / 1e6:.0f} MB ({best:.1f} s)", size / 1e6 / best, 100, "MB/s")
        file.unlink()
    csv.unlink()
    yield at_most("the same: most memory of all processes", peak / MIB, 1024, "MiB", 0)
