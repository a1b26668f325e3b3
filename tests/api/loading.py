"""Loading files over HTTP, and looking at what an import left in the data folder."""
import datetime
import decimal
import io
import random
import sqlite3
import tempfile
import zipfile
from pathlib import Path


def upload(client, *files, path="/api/v1/datasets", **fields):
    """files: (name, bytes). Returns the answer."""
    parts = [("file", (name, data, "application/octet-stream")) for name, data in files]
    return client.post(path, files=parts, data=fields)


def load(client, *files, path="/api/v1/datasets", **fields):
    """Uploads, waits, expects success, returns the data set as the API shows it."""
    answer = upload(client, *files, path=path, **fields)
    assert answer.status_code == 202, answer.text
    made = answer.json()
    job = client.wait_for_job(made["job"]["id"])
    assert job["state"] == "done", job
    return client.get(f"/api/v1/datasets/{made['dataset']['id']}").json()


def refused(client, *files, path="/api/v1/datasets", **fields):
    """The error of an upload that must fail: of the request itself, or of its job. Nothing of it may stay."""
    answer = upload(client, *files, path=path, **fields)
    if answer.status_code != 202:
        error = answer.json()["error"]
        # Where the disk is full decides whether the body or its job finds out.
        assert answer.status_code in (400, 409, 413, 422) or error["code"] == "disk_full", answer.text
        return error
    job = client.wait_for_job(answer.json()["job"]["id"])
    assert job["state"] == "failed", job
    return job["error"]


def query(client, sql, *params, **fields):
    answer = client.post("/api/v1/query", json={"sql": sql, "params": list(params), **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


def column(dataset, name, table=0):
    return next(c for c in dataset["tables"][table]["columns"] if c["name"] == name)


def stored(folder):
    """The names of the files that hold loaded data, finished or not."""
    found = []
    for part in ("segments", "spool"):
        if (folder.path / part).exists():
            found += [f"{part}/{p.name}" for p in (folder.path / part).iterdir()]
    return sorted(found)


def workbook(**sheets):
    """sheets: name → list of rows; a .xlsx as bytes."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def spreadsheet(**sheets):
    """sheets: name → list of rows; an .ods as bytes, written by a library that is not ours."""
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    book = OpenDocumentSpreadsheet()
    for name, rows in sheets.items():
        table = Table(name=name)
        for row in rows:
            line = TableRow()
            for value in row:
                line.addElement(ods_cell(TableCell, P, value))
            table.addElement(line)
        book.spreadsheet.addElement(table)
    out = io.BytesIO()
    book.write(out)
    return out.getvalue()


def ods_cell(cell, paragraph, value):
    if value is None:
        return cell()
    if isinstance(value, bool):
        made = cell(valuetype="boolean", booleanvalue=str(value).lower())
    elif isinstance(value, (int, float, decimal.Decimal)):
        made = cell(valuetype="float", value=str(value))
    elif isinstance(value, datetime.date):
        made = cell(valuetype="date", datevalue=value.isoformat())
    else:
        made = cell(valuetype="string")
    made.addElement(paragraph(text=str(value)))
    return made


def old_workbook(**sheets):
    """sheets: name → list of rows; an .xls of Excel 97–2003 as bytes, written by a library that is not ours."""
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    styles = {kind: xlwt.easyxf(num_format_str=code) for kind, code in
              ((datetime.datetime, "dd.mm.yyyy hh:mm:ss"), (datetime.date, "dd.mm.yyyy"))}
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for y, row in enumerate(rows):
            for x, value in enumerate(row):
                if value is not None:
                    sheet.write(y, x, value, *([styles[type(value)]] if type(value) in styles else []))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(*files):
    """files: (name, bytes); a zip archive as bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def sqlite_file(*statements):
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "x.db"
        db = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            db.execute(statement)
        db.commit()
        db.close()
        return path.read_bytes()


CLIENTS = ("id,full_name,birth_date,phone,email,product\n"
           "001,Иванов Иван Иванович,1980-05-01,+79123456701,ivan@mail.ru,Автокредит\n"
           "002,Петрова Анна,1991-12-31,+79123456702,anna@mail.ru,Вклад\n"
           "003,Сидоров Пётр,1975-01-15,+79123456703,petr@mail.ru,Автокредит\n").encode()


def big_csv(megabytes, seed=0):
    """Does not compress well, so that segments are about as large."""
    r = random.Random(seed)
    lines = [b"id,text,number"]
    for i in range(megabytes * 10000):
        lines.append(b"%d,%s,%d" % (i, r.randbytes(40).hex().encode(), r.getrandbits(40)))
    return b"\n".join(lines)


def long_csv(megabytes=200):
    """Takes a while to import and little to make."""
    block = b"".join(b"%d,%s,%d\n" % (i, b"text" * (i % 9), i * 7919 % 100003) for i in range(50000))
    return b"id,text,number\n" + block * (megabytes * 1000000 // len(block))
