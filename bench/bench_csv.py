"""Import of a generated CSV file, to sealed and queryable, beside DuckDB's own load of the same file into a file.

Then the same file as sales, when after that the cards of its customers (a 25th as many as rows) and the statistics are
computed as well, which DuckDB's load has no counterpart for.
"""
import subprocess

import generate
from measure import MIB, Watched, at_most, told

PLAIN = ["--role", "customer_id=ignore", "--role", "product=ignore"]


def imported(bench, file, *options):
    folder = bench.folder()
    try:
        done = Watched([bench.program.path, "import", file, "--name", "sales", "--data", folder.path, *options])
        count = folder.cli("query", "SELECT count(*) AS n FROM sales", "--dataset", "sales", "--format", "csv").stdout
        if count.split() != ["n", str(bench.rows)]:
            raise SystemExit(f"the import has lost rows: {count}")
    finally:
        folder.remove()
    return done


def duckdb_seconds(bench, file):
    database = bench.place / "peer.db"
    command = [bench.build / "bench" / "duckdb_load", file, database]
    seconds, rows = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    database.unlink()
    if int(rows) != bench.rows:
        raise SystemExit(f"DuckDB has read {rows} rows")
    return float(seconds)


def cyrillic(bench):
    """The same table with Cyrillic words in every row: ours in CP1251, and in UTF-8 for DuckDB, which reads nothing else."""
    wide, narrow = bench.place / "wide.csv", bench.place / "narrow.csv"
    generate.sales(wide, bench.rows, product="Товар")
    with open(wide, encoding="utf-8") as source, open(narrow, "w", encoding="cp1251") as out:
        while part := source.read(1 << 20):
            out.write(part)
    ours, peer = [], []
    for _ in range(3):
        ours.append(imported(bench, narrow, *PLAIN).seconds)
        peer.append(duckdb_seconds(bench, wide))
    wide.unlink()
    narrow.unlink()
    return at_most(f"the same in CP1251, as a multiple of DuckDB's own load of it in UTF-8 ({min(ours):.1f} s and {min(peer):.1f} s)",
                   min(ours) / min(peer), 1.5, "×")


def run(bench):
    file = bench.place / "sales.csv"
    generate.sales(file, bench.rows)
    plain, peer, cards = [], [], []
    for _ in range(3):  # in turn, and the best of each: other work of the machine hits all
        plain.append(imported(bench, file, *PLAIN))
        peer.append(duckdb_seconds(bench, file))
        cards.append(imported(bench, file))
    file.unlink()
    best = min(one.seconds for one in plain)
    whole = min(one.seconds for one in cards)
    peak = max(one.peak for one in (*plain, *cards))
    yield at_most(f"CSV import of {bench.rows:,} rows, sealed and queryable: time, as a multiple of DuckDB's own load "
                  f"({best:.1f} s and {min(peer):.1f} s)", best / min(peer), 1.5, "×")
    yield cyrillic(bench)
    yield told(f"the same as sales, and then the cards of {bench.rows // 25:,} customers and the statistics "
               f"({whole:.1f} s)", whole / min(peer), "×")
    yield at_most("the same two: most memory of all processes", peak / MIB, 1024, "MiB", 0)
