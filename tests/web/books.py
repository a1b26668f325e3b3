#!/usr/bin/python3
"""Workbooks as people have them, for the tests in a browser.

    books.py fill FILE OUT CELLS     sets cells, {"B2": "text", …}, as openpyxl saves a workbook
    books.py office FILE OUT         opened and saved by LibreOffice, where it is: it writes every part anew
    books.py show FILE               its first sheet and its checks, as JSON
    books.py cells FILE OUT ROWS     a workbook of these rows
    books.py bad KIND OUT            a file that cannot be read: see KINDS
"""
import io
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import openpyxl


def fill(file, out, cells):
    book = openpyxl.load_workbook(file)
    for place, value in json.loads(cells).items():
        book.worksheets[0][place] = value
    book.save(out)


def office(file, out):
    with tempfile.TemporaryDirectory() as place:
        subprocess.run([shutil.which("soffice"), f"-env:UserInstallation=file://{place}/profile", "--headless", "--convert-to",
                        "xlsx:Calc MS Excel 2007 XML", "--outdir", f"{place}/out", file], check=True, timeout=120, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        shutil.move(next(Path(place, "out").iterdir()), out)


def show(file):
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    checks = {str(v.sqref).split(":")[0]: [v.type, v.formula1] for v in sheet.data_validations.dataValidation}
    rows = [[None if c.value is None else str(c.value) for c in row] for row in sheet.iter_rows()]
    notes = {c.coordinate: c.comment.text for row in sheet.iter_rows() for c in row if c.comment}
    print(json.dumps({"rows": rows, "checks": checks, "notes": notes, "sheets": [[s.title, s.sheet_state] for s in book.worksheets]}))


def cells(file, rows):
    book = openpyxl.Workbook()
    for row in json.loads(rows):
        book.active.append(row)
    book.save(file)


def compound(name, content):
    """A compound file (MS-CFB) of one stream."""
    content = content.ljust(4096, b"\0")  # a smaller one would lie in the short sectors
    content += bytes(-len(content) % 512)
    n = len(content) // 512
    entry = lambda text, kind, child, start, size: (
        (text + "\0").encode("utf-16le").ljust(64, b"\0") + struct.pack("<HBBiii", 2 * len(text) + 2, kind, 1, -1, -1, child)
        + bytes(36) + struct.pack("<IQ", start, size))
    chain = [0xFFFFFFFD, 0xFFFFFFFE] + [i + 3 for i in range(n - 1)] + [0xFFFFFFFE]
    head = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096,
                                                                       0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
            + struct.pack("<I", 0) + b"\xff" * 4 * 108)
    table = b"".join(struct.pack("<I", x) for x in chain).ljust(512, b"\xff")
    folder = (entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(name, 2, -1, 2, len(content))).ljust(512, b"\0")
    return head + table + folder + content


def record(kind, content):
    return struct.pack("<HH", kind, len(content)) + content


def workbook(rows):
    out = io.BytesIO()
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def zipped(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def bomb():
    """A sheet of spaces: a few kilobytes that become hundreds of megabytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook([["a"], [1]]))) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            text = old.read(part)
            if part.endswith("sheet1.xml"):
                text = text.replace(b"<sheetData>", b"<sheetData>" + b" " * 300_000_000)
            new.writestr(part, text)
    return out.getvalue()


DOCX = {"[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" '
                               'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        "word/document.xml": '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body/></w:document>'}
ROWS = [["code", "name", "sum"]] + [[i, f"Person {i}", i * 1.5] for i in range(2000)]
KINDS = {
    "password-xlsx": lambda: compound("EncryptedPackage", bytes(range(256)) * 40),
    "password-xls": lambda: compound("Workbook", record(0x809, struct.pack("<HHII", 0x600, 5, 0, 0)) + record(0x2F, struct.pack("<H", 1) + bytes(52))
                                     + record(0x85, struct.pack("<IBBBB", 0x7FFFFFFF, 0, 0, 1, 0) + b"S") + record(0x0A, b"")),
    "cut": lambda: workbook(ROWS)[:20000],
    "empty": lambda: b"",
    "bomb": bomb,
    "docx": lambda: zipped(**DOCX),
    "photo": lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + bytes(range(256)) * 20 + b"\xff\xd9",
}


def main(what, *args):
    if what == "bad":
        Path(args[1]).write_bytes(KINDS[args[0]]())
    else:
        {"fill": fill, "office": office, "show": show, "cells": cells}[what](*args)


if __name__ == "__main__":
    main(*sys.argv[1:])
