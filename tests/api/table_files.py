"""Random tables as workbooks, JSON, SQLite and Parquet, by writers that are not ours; the database that writes Parquet is the one
beside the program under test, for Debian has no other."""
import ctypes
import datetime
import decimal
import io
import json
import sqlite3
import tempfile
from pathlib import Path

from loading import ods_cell

EXACT_DIGITS = 15  # of a number in a workbook


def fits_number(v):
    return len(v.normalize().as_tuple().digits) <= EXACT_DIGITS and (not v or abs(v.adjusted()) < EXACT_DIGITS)


def sheet_value(v):
    """What a cell of a workbook holds: a number that has too many digits for it stands there as text."""
    if isinstance(v, decimal.Decimal):
        return float(v) if fits_number(v) else f"{v:f}"
    return v


def xlsx(table):
    import openpyxl

    book = openpyxl.Workbook(write_only=False)
    sheet = book.active
    for y, row in enumerate([[(c.header, c) for c in table.columns], *table.cells()], 1):
        for x, (v, _) in enumerate(row, 1):
            if v is None or v == "":
                continue
            cell = sheet.cell(y, x, sheet_value(v))
            if isinstance(v, str):
                cell.data_type = "s"  # "=1+1" and "#N/A" are texts here
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def days(v):
    """As the cell keeps a moment: the writer leaves out what is less than a second."""
    return (v - datetime.datetime(1899, 12, 30)) / datetime.timedelta(days=1)


def xls(table):
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Лист 1")
    styles = {kind: xlwt.easyxf(num_format_str=code) for kind, code in (
        (datetime.datetime, "dd.mm.yyyy hh:mm:ss.000"), (datetime.date, "dd.mm.yyyy"), (datetime.time, "hh:mm:ss"))}
    for y, row in enumerate([[c.header for c in table.columns], *table.rows()]):
        for x, v in enumerate(row):
            if v is not None:
                sheet.write(y, x, days(v) if isinstance(v, datetime.datetime) else sheet_value(v), *([styles[type(v)]] if type(v) in styles else []))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def ods(table):
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    book, sheet = OpenDocumentSpreadsheet(), Table(name="Лист 1")
    for row in [[c.header for c in table.columns], *table.rows()]:
        line = TableRow()
        for v in row:
            if isinstance(v, datetime.time):
                cell = TableCell(valuetype="time", timevalue=v.strftime("PT%HH%MM%SS"))
            elif isinstance(v, str) and "\n" in v:  # a paragraph a line
                cell = TableCell(valuetype="string")
                for part in v.split("\n"):
                    cell.addElement(P(text=part))
            else:
                cell = ods_cell(TableCell, P, sheet_value(v))
            line.addElement(cell)
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    out = io.BytesIO()
    book.write(out)
    return out.getvalue()


def plain(v):
    return v.isoformat() if isinstance(v, (datetime.date, datetime.time)) else v


def records(table):
    """JSON has no type for decimals: they are written digit by digit."""
    def text(v):
        return f"{v:f}" if isinstance(v, decimal.Decimal) else json.dumps(plain(v), ensure_ascii=False)
    return ["{" + ", ".join(f"{json.dumps(h)}: {text(v)}" for h, v in zip(table.names, row)) + "}" for row in table.rows()]


def sql_names(table):
    return ['"' + n.replace('"', '""') + '"' for n in table.names]


def sqlite(table):
    def stored(v):
        if isinstance(v, decimal.Decimal):
            return float(v) if fits_number(v) else f"{v:f}"
        return plain(v)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "x.db"
        db = sqlite3.connect(path)
        db.execute(f"CREATE TABLE t ({', '.join(sql_names(table))})")
        for row in table.rows():
            db.execute(f"INSERT INTO t VALUES ({', '.join('?' * len(row))})", [stored(v) for v in row])
        db.commit()
        db.close()
        return path.read_bytes()


def quoted(text):
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


class Duck:
    """The database's own interface in C, of which three functions are needed."""

    def __init__(self, program):
        self.lib = ctypes.CDLL(str(Path(program).parent / "libduckdb.so"))
        self.db, self.conn = ctypes.c_void_p(), ctypes.c_void_p()
        assert self.lib.duckdb_open(None, ctypes.byref(self.db)) == 0
        assert self.lib.duckdb_connect(self.db, ctypes.byref(self.conn)) == 0

    def run(self, sql):
        assert self.lib.duckdb_query(self.conn, sql.encode(), None) == 0, sql[:2000]

    def close(self):
        self.lib.duckdb_disconnect(ctypes.byref(self.conn))
        self.lib.duckdb_close(ctypes.byref(self.db))

    def parquet(self, table, compression="zstd", group=2048):
        types = ["TIMESTAMPTZ" if c.zone and c.type == "TIMESTAMP" else c.type for c in table.columns]
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "x.parquet"
            self.run("SET TimeZone = 'UTC'")
            self.run("CREATE OR REPLACE TABLE t (" + ", ".join(f"{n} {t}" for n, t in zip(sql_names(table), types)) + ")")
            for row in table.rows():
                texts = [None if v is None else f"{v:f}" if isinstance(v, decimal.Decimal) else str(v) for v in row]
                self.run(f"INSERT INTO t VALUES ({', '.join(map(quoted, texts))})")
            self.run(f"COPY t TO '{path}' (FORMAT parquet, COMPRESSION {compression}, ROW_GROUP_SIZE {group})")
            return path.read_bytes()
