"""Import of a workbook beside reading the same one with openpyxl, read-only, the way a script would; and of a full sheet."""
import os
import subprocess
from pathlib import Path

import openpyxl
from measure import Watched, at_least
from program import ROOT

ROWS = 540000
SHEET_ROWS, SHEET_COLUMNS = 1048576, 8
PLAIN = ["--role", "customer_id=ignore", "--role", "product=ignore", "--role", "phone=ignore"]  # without cards, which is other work
READ = """
import sys, time, openpyxl
begun = time.monotonic()
book = openpyxl.load_workbook(sys.argv[1], read_only=True, data_only=True)
rows = sum(1 for sheet in book for row in sheet.iter_rows(values_only=True))
print(time.monotonic() - begun, rows)
"""


def workbook(bench):
    """The real one of the test data where it is; else one of the same size."""
    real = Path(os.environ.get("VITRINA_TEST_DATA", ROOT.parent / "shared" / "data")) / "OnlineRetail.xlsx"
    if real.exists():
        return real
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Sales")
    sheet.append(["invoice", "code", "description", "quantity", "sold_on", "unit_price", "customer_id", "country"])
    for i in range(ROWS):
        sheet.append([536365 + i // 20, f"8{i % 4000:04d}A", f"Product {i % 4000}", i % 12 + 1, 40000 + i % 730,
                      (i % 999 + 1) / 100, 12000 + i % 4372, "United Kingdom"])
    path = bench.place / "sales.xlsx"
    book.save(path)
    return path


def imported(bench, file, *options):
    """The best of three, to sealed and queryable."""
    done = []
    for _ in range(3):
        folder = bench.folder()
        try:
            done.append(Watched([bench.program.path, "import", file, "--name", "book", "--json", "--data", folder.path, *options]))
        finally:
            folder.remove()
    return min(done, key=lambda one: one.seconds)


def full_sheet(bench):
    file = bench.place / "full.xlsx"
    subprocess.run([bench.build / "bench" / "book_write", file, str(SHEET_ROWS), str(SHEET_COLUMNS)], check=True)
    done = imported(bench, file, *PLAIN)
    size = file.stat().st_size / 1e6
    file.unlink()
    return at_least(f"xlsx import of {SHEET_ROWS:,} rows of {SHEET_COLUMNS} columns, {size:.0f} MB ({done.seconds:.1f} s)",
                    SHEET_ROWS / done.seconds, 300000, "rows/s", 0)


def run(bench):
    file = workbook(bench)
    ours = imported(bench, file)
    out = subprocess.run(["/usr/bin/python3", "-c", READ, str(file)], capture_output=True, text=True, check=True).stdout
    seconds, rows = out.split()
    yield at_least(f"xlsx import of {int(rows):,} rows: how many times faster than openpyxl reads it "
                   f"({ours.seconds:.1f} s and {float(seconds):.1f} s)", float(seconds) / ours.seconds, 10, "×", 1)
    yield full_sheet(bench)
