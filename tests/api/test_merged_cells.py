"""Cells merged downwards: their value belongs to every row that they span; headers stay what they are."""
import datetime
import io
import zipfile

import pytest
from loading import column, load, query

ROWS = [["Отчёт за май"], [], ["Город", "Клиент", "Продажи", None], [None, None, "Товар", "Сумма"],
        ["Омск", "Иванов Иван", "Сыр", 10.5], [None, None, "Хлеб", 2], [None, "Петрова Анна", "Чай", 3],
        ["Тула", "Сидоров Пётр", "Сыр", 4], ["Пермь", "Козлов Олег", "Сыр", 5], [None, None, "Мёд", 6]]
# first row, first column, last row, last column, from 0
MERGED = [(0, 0, 0, 3), (2, 0, 3, 0), (2, 1, 3, 1), (2, 2, 2, 3), (4, 0, 6, 0), (4, 1, 5, 1), (8, 0, 9, 0), (8, 1, 9, 1)]
WANT = [["Омск", "Иванов Иван", "Сыр", 10.5], ["Омск", "Иванов Иван", "Хлеб", 2], ["Омск", "Петрова Анна", "Чай", 3],
        ["Тула", "Сидоров Пётр", "Сыр", 4], ["Пермь", "Козлов Олег", "Сыр", 5], ["Пермь", "Козлов Олег", "Мёд", 6]]


def xlsx():
    import openpyxl

    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    for y, x, last_y, last_x in MERGED:
        book.active.merge_cells(start_row=y + 1, start_column=x + 1, end_row=last_y + 1, end_column=last_x + 1)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xls():
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("t")
    first = {(y, x): (last_y, last_x) for y, x, last_y, last_x in MERGED}
    for y, row in enumerate(ROWS):
        for x, v in enumerate(row):
            if (y, x) in first:
                sheet.write_merge(y, first[y, x][0], x, first[y, x][1], v)
            elif v is not None:
                sheet.write(y, x, v)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def ods():
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import CoveredTableCell, Table, TableCell, TableRow
    from odf.text import P

    book, table = OpenDocumentSpreadsheet(), Table(name="t")
    for y, row in enumerate(ROWS):
        line = TableRow()
        for x in range(4):
            v = row[x] if x < len(row) else None
            over = [m for m in MERGED if m[0] <= y <= m[2] and m[1] <= x <= m[3]]
            if over and (y, x) != over[0][:2]:
                line.addElement(CoveredTableCell())
                continue
            spans = {"numberrowsspanned": over[0][2] - y + 1, "numbercolumnsspanned": over[0][3] - x + 1} if over else {}
            kind = {"valuetype": "float", "value": str(v)} if isinstance(v, (int, float)) else {"valuetype": "string"} if v else {}
            cell = TableCell(**spans, **kind)
            if v is not None:
                cell.addElement(P(text=str(v)))
            line.addElement(cell)
        table.addElement(line)
    book.spreadsheet.addElement(table)
    out = io.BytesIO()
    book.write(out)
    return out.getvalue()


@pytest.mark.parametrize("kind, write", [("xlsx", xlsx), ("xls", xls), ("ods", ods)])
def test_filled_down(shared_client, kind, write):
    made = load(shared_client, (f"t.{kind}", write()), name=f"merged {kind}")
    assert [c["name"] for c in made["tables"][0]["columns"]] == ["Город", "Клиент", "Продажи / Товар", "Продажи / Сумма"]
    assert query(shared_client, f'SELECT * FROM "{made["name"]}"')["rows"] == WANT
    assert column(made, "Город")["note"] == "3 merged cells were filled with the value above"
    assert column(made, "Клиент")["note"] == "2 merged cells were filled with the value above"
    assert column(made, "Продажи / Товар")["note"] is None and made["rejects"] == 0


def test_dates_numbers_and_totals(client):
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    for row in [["client_id", "bought", "product", "amount"], [7, datetime.date(2026, 5, 1), "Cheese", 10], [None, None, "Bread", 5],
                [None, None, "Total", 15], [8, datetime.date(2026, 5, 2), "Tea", 3], [None, None, None, None], [9, None, "Milk", 1]]:
        sheet.append(row)
    for place in ("A2:A4", "B2:B4", "A5:A6", "B5:B7"):
        sheet.merge_cells(place)
    out = io.BytesIO()
    book.save(out)
    made = load(client, ("t.xlsx", out.getvalue()), name="t", role="client_id=customer.id")
    assert query(client, "SELECT client_id, CAST(bought AS VARCHAR), product, amount FROM t")["rows"] == [
        [7, "2026-05-01", "Cheese", 10], [7, "2026-05-01", "Bread", 5], [8, "2026-05-02", "Tea", 3], [9, "2026-05-02", "Milk", 1]]
    assert (made["rows"], made["rows_left_out"]) == (4, 1)  # the row of a total; a merged row of nothing is none


def test_a_trap_is_refused(client):
    import openpyxl
    from loading import refused

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["name", "n"])
    for i in range(5000):
        sheet.append(["x" * 32000 if i == 0 else None, i])
    sheet.merge_cells("A2:A5001")
    out = io.BytesIO()
    book.save(out)
    assert refused(client, ("t.xlsx", out.getvalue()))["code"] == "inflate_ratio"


def large(ref, before=""):
    """A workbook of two sheets; the second is more than 32 MiB unpacked, stored as it is."""
    from loading import workbook

    rows = "".join(f'<row r="{i}"><c r="A{i}"><v>{i}</v></c>' + "".join(f'<c r="{c}{i}"><v>{i * k % 9973}</v></c>' for k, c in enumerate("BCDEFGHI")) + "</row>"
                   for i in range(2, 150000))
    head = '<row r="1">' + "".join(f'<c r="{c}1" t="inlineStr"><is><t>name {c}</t></is></c>' for c in "ABCDEFGHI") + "</row>"
    merged = f'<mergeCells count="1"><mergeCell ref="{ref}"/></mergeCells>' if ref else ""
    xml = ('<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
           f"{before}<sheetData>{head}{rows}</sheetData>{merged}</worksheet>").encode()
    assert len(xml) > 32 << 20
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(Small=[("x",), (1,)], Sales=[("y",), (1,)]))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, xml if name == "xl/worksheets/sheet2.xml" else old.read(name))
    return out.getvalue()


@pytest.mark.parametrize("ref, before, told", [("A1:A2", "", False), ("A99999:B99999", "", False), ("A99999:A100001", "", True), ("B149990:C149999", "<!-- read by the other parser -->", True)])
def test_a_sheet_too_large_to_fill_says_so(shared_client, ref, before, told):
    """Cells merged downwards in its rows are told; those of its header, and those that span one row, are not."""
    made = load(shared_client, ("t.xlsx", large(ref, before)), name=f"large {ref}")
    assert made["tables"][1]["rows"] == 149998
    rejects = shared_client.get(f"/api/v1/datasets/{made['id']}/rejects").json()["items"]
    want = ("Sales", "Sales", "cells merged downwards, in a sheet too large to fill them: only the first of each has the value")
    assert [(r["table"], r["text"], r["reason"]) for r in rejects] == ([want] if told else [])
