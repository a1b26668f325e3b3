"""Import of a generated CSV file, to sealed and queryable, beside DuckDB's own load of the same file into a file."""
import subprocess

import generate
from measure import MIB, Watched, at_most


def run(bench):
    file = bench.place / "sales.csv"
    generate.sales(file, bench.rows)
    folder = bench.folder()
    try:
        ours = Watched([bench.program.path, "import", file, "--name", "sales", "--json", "--data", folder.path])
        count = folder.cli("query", "SELECT count(*) AS n FROM sales", "--dataset", "sales", "--format", "csv").stdout
        if count.split() != ["n", str(bench.rows)]:
            raise SystemExit(f"the import has lost rows: {count}")
    finally:
        folder.remove()
    command = [bench.build / "bench" / "duckdb_load", file, bench.place / "peer.db"]
    seconds, rows = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    if int(rows) != bench.rows:
        raise SystemExit(f"DuckDB has read {rows} rows")
    file.unlink()
    yield at_most(f"CSV import of {bench.rows:,} rows: time, as a multiple of DuckDB's own load "
                  f"({ours.seconds:.1f} s and {float(seconds):.1f} s)", ours.seconds / float(seconds), 1.5, "×")
    yield at_most("the same: most memory of all processes", ours.peak / MIB, 1024, "MiB", 0)
