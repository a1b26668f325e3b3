"""Workbooks as offices make them, written by openpyxl and loaded into the real program."""
import datetime
import io

import openpyxl
import pytest
from loading import load, query, refused, workbook


def saved(book):
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def report():
    """A printed form: letterhead, two tables with merged headers, a signature, a hidden sheet, hidden rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Продажи"
    sheet["A1"] = "ООО «Ромашка»"
    sheet.merge_cells("A1:F1")
    sheet["A2"] = "Отчёт за квартал"
    for place, text in {"A4": "Клиент", "B4": "2024", "E4": "2025", "A5": None, "B5": "Январь", "C5": "Февраль",
                        "D5": "Март", "E5": "Январь"}.items():
        sheet[place] = text
    sheet.merge_cells("A4:A5")
    sheet.merge_cells("B4:D4")
    for row, (name, *sums) in enumerate([("Иванов", 1, 2, 3, 4), ("Петров", 5, None, 7, 8), ("Ким", 9, 10, 11, 12)], 6):
        for column, value in enumerate([name, *sums], 1):
            sheet.cell(row, column, value)
    sheet.row_dimensions[7].hidden = True
    sheet["A11"], sheet["B11"], sheet["C11"] = "Товар", "Цена", "Дата"
    sheet.append(["Стол", 10.5, datetime.date(2024, 3, 1)])
    sheet.append(["Стул", 5, datetime.date(2024, 3, 2)])
    sheet["A16"], sheet["B16"] = "Директор", "Иванов И. И."
    other = book.create_sheet("Служебный")
    other.append(["код", "имя"])
    other.append([1, "а"])
    other.sheet_state = "hidden"
    return saved(book)


def test_a_printed_form(client):
    d = load(client, ("отчёт.xlsx", report()), name="report")
    assert [(t["name"], t["rows"], t["rows_read"], t["hidden"], t["rows_hidden"]) for t in d["tables"]] == [
        ("Продажи", 3, 3, False, 1), ("Продажи_2", 2, 3, False, 0), ("Служебный", 1, 1, True, 0)]
    assert [c["name"] for c in d["tables"][0]["columns"]] == [
        "Клиент", "2024 / Январь", "2024 / Февраль", "2024 / Март", "2025 / Январь"]
    assert [(c["name"], c["type"]) for c in d["tables"][1]["columns"]] == [
        ("Товар", "VARCHAR"), ("Цена", "DECIMAL(18,1)"), ("Дата", "DATE")]
    assert (d["rows"], d["rows_read"], d["rows_left_out"]) == (6, 7, 1)
    rejects = client.get(f"/api/v1/datasets/{d['id']}/rejects").json()["items"]
    assert [(r["table"], r["line"], r["text"]) for r in rejects] == [("Продажи_2", 16, "Директор")]


def test_months_become_rows(client):
    d = load(client, ("отчёт.xlsx", report()), name="wide")
    assert d["tables"][0]["unpivot"] == {
        "keys": ["Клиент"], "period": "Месяц", "values": ["Значение"],
        "periods": ["2024-01-01", "2024-02-01", "2024-03-01", "2025-01-01"]}
    assert d["tables"][1]["unpivot"] is None
    d = load(client, ("отчёт.xlsx", report()), name="long", unpivot="months")
    assert [(c["name"], c["type"]) for c in d["tables"][0]["columns"]] == [
        ("Клиент", "VARCHAR"), ("Месяц", "DATE"), ("Значение", "BIGINT")]
    got = query(client, 'SELECT "Клиент", CAST("Месяц" AS VARCHAR), "Значение" FROM long."Продажи" ORDER BY 1, 2')["rows"]
    assert got == [["Иванов", "2024-01-01", 1], ["Иванов", "2024-02-01", 2], ["Иванов", "2024-03-01", 3],
                   ["Иванов", "2025-01-01", 4], ["Ким", "2024-01-01", 9], ["Ким", "2024-02-01", 10],
                   ["Ким", "2024-03-01", 11], ["Ким", "2025-01-01", 12], ["Петров", "2024-01-01", 5],
                   ["Петров", "2024-03-01", 7], ["Петров", "2025-01-01", 8]]


def bad_rows(n=40):
    return [["id", "сумма", "дата"]] + [
        [i, "сто" if i == 5 else i * 2, "вчера" if i == 9 else datetime.date(2024, 1, 1)] for i in range(1, n + 1)]


@pytest.mark.parametrize("wish, rows, left_out", [("keep", 40, 0), ("drop", 38, 2), ("", 40, 0)])
def test_rows_with_a_bad_cell(client, wish, rows, left_out):
    d = load(client, ("a.xlsx", workbook(S=bad_rows())), name="r", rejected_rows=wish)
    assert (d["rows"], d["rows_left_out"], d["rows_read"], d["rejected_rows"]) == (
        rows, left_out, 40, wish or "keep")
    assert d["versions"][0]["rows_left_out"] == left_out
    assert query(client, 'SELECT count(*), count("сумма"), count("дата") FROM r')["rows"] == [
        [rows, 39 if not left_out else 38, 39 if not left_out else 38]]


def test_appended_rows_keep_their_numbers_apart(client):
    book = workbook(S=bad_rows())
    d = load(client, ("a.xlsx", book), name="n", rejected_rows="drop")
    d = load(client, ("b.xlsx", book), path=f"/api/v1/datasets/{d['id']}/versions", mode="append", rejected_rows="drop")
    assert (d["rows"], d["rows_left_out"], d["rows_read"], d["rejects"]) == (76, 4, 80, 4)


@pytest.mark.parametrize("field, value", [("rejected_rows", "some"), ("unpivot", "yes")])
def test_wishes_that_are_none(client, field, value):
    error = refused(client, ("a.csv", b"a,b\n1,2\n"), **{field: value})
    assert error["field"] == field


def test_on_the_command_line(cli, tmp_path):
    file = tmp_path / "a.xlsx"
    file.write_bytes(workbook(S=bad_rows()))
    out = cli("import", file, "--name", "c", "--rejected-rows", "drop")
    assert "40 rows read = 38 kept + 2 left out" in out.stdout
    wide = tmp_path / "w.csv"
    wide.write_text("Shop,Jan,Feb,Mar\nA,1,2,3\nB,4,,6\n")
    assert "5 rows" in cli("import", wide, "--name", "w", "--unpivot").stdout


def test_formulas_that_were_never_computed(client):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["a", "b"], [1, "=A2*2"], [2, 5]):
        sheet.append(row)
    d = load(client, ("f.xlsx", saved(book)), name="f")
    rejects = client.get(f"/api/v1/datasets/{d['id']}/rejects").json()["items"]
    assert [(r["line"], r["column"], r["reason"].split(":")[0]) for r in rejects] == [
        (2, "b", "a formula whose result is not in the file")]


def test_days_counted_from_1904(client):
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    sheet = book.active
    for row in (["Дата", "n"], [datetime.date(2024, 3, 1), 1], [43890, 2], [datetime.date(2024, 3, 3), 3]):
        sheet.append(row)
    load(client, ("m.xlsx", saved(book)), name="m")
    assert query(client, 'SELECT CAST("Дата" AS VARCHAR) FROM m ORDER BY n')["rows"] == [
        ["2024-03-01"], ["2024-03-01"], ["2024-03-03"]]


def corrected(sheet):
    """Every bad cell, which carries a comment, made good."""
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            if cell.comment:
                cell.value = 7 if cell.column == 2 else datetime.date(2024, 5, 5)


@pytest.mark.parametrize("wish", ["keep", "drop"])
def test_a_copy_to_correct(client, wish):
    d = load(client, ("a.xlsx", workbook(S=bad_rows())), name="bad", rejected_rows=wish)
    answer = client.get(f"/api/v1/datasets/{d['id']}/rejects.xlsx")
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["S"]
    sheet = book["S"]
    rows = list(sheet.iter_rows(values_only=True))
    left = "left out; " if wish == "drop" else ""
    assert rows[0] == ("id", "сумма", "дата", "vitrina: what is wrong")
    assert rows[5] == (5, "сто", datetime.datetime(2024, 1, 1), left + "сумма: not a whole number")
    assert rows[9] == (9, 18, "вчера", left + "дата: not a date")
    assert [int(r[0]) for r in rows[1:]] == list(range(1, 41))
    assert sheet["B6"].comment.text == "not a whole number" and sheet["C10"].comment.text == "not a date"
    assert sum(cell.comment is not None for row in sheet.iter_rows() for cell in row) == 2
    corrected(sheet)
    again = load(client, ("b.xlsx", saved(book)), path=f"/api/v1/datasets/{d['id']}/versions", mode="replace")
    assert (again["rows"], again["rejects"]) == (40, 0)
    assert [c["name"] for c in again["tables"][0]["columns"]] == ["id", "сумма", "дата"]


def test_a_copy_as_csv(client):
    text = "id,sum\n" + "".join(f"{i},{'=x' if i == 3 else i}\n" for i in range(1, 31))
    d = load(client, ("a.csv", text.encode()), name="c", rejected_rows="drop")
    answer = client.get(f"/api/v1/datasets/{d['id']}/rejects.csv").text.splitlines()
    assert answer[:5] == ["id,sum,vitrina: what is wrong", "1,1,", "2,2,",
                          "3,\"'=x\",\"left out; sum: not a whole number\"", "4,4,"] and len(answer) == 31
    assert client.get(f"/api/v1/datasets/{d['id']}/rejects.csv", params={"table": "x"}).status_code == 404


def test_a_copy_is_an_export(client, make_user, cli):
    d = load(client, ("a.csv", b"id,sum\n1,2\n"), name="c")
    cli("org", "add", "Partner")
    path = f"/api/v1/datasets/{d['id']}/rejects.xlsx"
    assert make_user("manager", org="Partner").get(path).status_code == 404
    assert make_user("operator").get(path).status_code == 403
