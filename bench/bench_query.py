"""Grouped queries over generated sales, through the engine process beside bare DuckDB in one program."""
import subprocess

from measure import Figure, clean_environment

RATIO, EXTRA = 1.2, 5.0  # a query may take this many times bare DuckDB's time, and so many milliseconds


def run(bench):
    command = [bench.build / "bench" / "query_engine", str(bench.rows)]
    environment = {**clean_environment(), "VITRINA_ENGINE": str(bench.build / "vitrina-engine")}
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
    for line in output.splitlines():
        first, rest = line.split(" ", 1)
        if first in ("start", "small"):
            what = {"start": "engine process, from nothing to its first answer", "small": "the shortest query"}[first]
            yield Figure(what, f"{float(rest):.2f} ms", "none", True)
            continue
        engine, sql = rest.split(" ", 1)
        bare, engine = float(first), float(engine)
        yield Figure(f"`{sql}`, {bench.rows:,} rows, not from cache: beside bare DuckDB's {bare:.1f} ms",
                     f"{engine:.1f} ms", f"≤ {RATIO} × + {EXTRA:g} ms", engine <= RATIO * bare + EXTRA)
