"""Dates written as plain numbers, months, units behind numbers, and both decimal marks: what columns come out."""
import datetime
import io
import json
import uuid

import openpyxl
import pytest
from loading import column, load, query


def loaded(client, header, values):
    """The column as it was understood, and its values in the order of the file."""
    name = f"plain_{uuid.uuid4().hex}"
    made = load(client, ("d.csv", csv(header, values)), name=name)
    return column(made, header), [r[0] for r in query(client, f'SELECT "{header}" FROM {name} ORDER BY id')["rows"]]


def csv(header, values, separator=";"):
    return "\n".join([f"id{separator}{header}"] + [f"{i + 1}{separator}{v}" for i, v in enumerate(values)]).encode() + b"\n"


@pytest.mark.parametrize("header, values, kind, expected", [
    ("date", ["20250131", "20240229"], "DATE", ["2025-01-31", "2024-02-29"]),
    ("Дата операции", ["20250131", "", "01.02.2025"], "DATE", ["2025-01-31", None, "2025-02-01"]),
    ("order_dt", ["20250131235959", "20250201000000"], "TIMESTAMP", ["2025-01-31T23:59:59", "2025-02-01T00:00:00"]),
    ("created_at", ["1735689600", "1735776001"], "TIMESTAMP", ["2025-01-01T00:00:00", "2025-01-02T00:00:01"]),
    ("timestamp", ["1735689600500", "1735776001000"], "TIMESTAMP", ["2025-01-01T00:00:00.500", "2025-01-02T00:00:01"]),
    ("period", ["202501", "202512"], "DATE", ["2025-01-01", "2025-12-01"]),
    ("Месяц", ["2025-01", "2025-12"], "DATE", ["2025-01-01", "2025-12-01"]),
    ("okres", ["styczeń 2025", "grudzień 2025"], "DATE", ["2025-01-01", "2025-12-01"]),
    ("Отчёт", ["Январь 2025 г.", "Май 2025 г."], "DATE", ["2025-01-01", "2025-05-01"]),
    # what only looks like one
    ("date", ["20250131", "20251331"], "BIGINT", [20250131, 20251331]),
    ("Номер партии", ["20250131", "20240229"], "BIGINT", [20250131, 20240229]),
    ("visits", ["1735689600", "1735776001"], "BIGINT", [1735689600, 1735776001]),
    ("Договор", ["2025-01", "2025-12"], "VARCHAR", ["2025-01", "2025-12"]),
    ("date", ["202501", "202513"], "BIGINT", [202501, 202513]),
])
def test_dates(shared_client, header, values, kind, expected):
    found, read = loaded(shared_client, header, values)
    assert (found["type"], read) == (kind, expected)


@pytest.mark.parametrize("values, kind, expected, note", [
    (["2 шт.", "12 шт."], "BIGINT", [2, 12], 'the unit "шт." behind each number was left out'),
    (["2 шт.", "12"], "BIGINT", [2, 12], 'the unit "шт." behind each number was left out'),
    (["21 год", "35 лет"], "BIGINT", [21, 35], 'the unit "лет" behind each number was left out'),
    (["1,5 kg", "-0,25 kg"], "DECIMAL(18,2)", [1.5, -0.25], 'the unit "кг" behind each number was left out'),
    (["1,5 кг", "500 г"], "VARCHAR", ["1,5 кг", "500 г"],
     "numbers in several units: the column was kept as text; give the unit a column of its own"),
    (["1,5 кг", "5"], "VARCHAR", ["1,5 кг", "5"],
     "numbers in several units: the column was kept as text; give the unit a column of its own"),
    (["1.5", "2,25"], "DECIMAL(18,2)", [1.5, 2.25],
     "numbers with a decimal point and with a decimal comma: each was read by its own"),
    (["1.5", "2,25", "1,000"], "VARCHAR", ["1.5", "2,25", "1,000"], None),
    (["85123m", "85124m"], "VARCHAR", ["85123m", "85124m"], None),
    (["12 Avenue", "14 Avenue"], "VARCHAR", ["12 Avenue", "14 Avenue"], None),
])
def test_numbers(shared_client, values, kind, expected, note):
    found, read = loaded(shared_client, "Мера", values)
    assert (found["type"], read, found.get("note")) == (kind, expected, note)


def test_a_unit_far_below(shared_client):
    """Behind the part that types are told from: the column is read again, and as text."""
    rows = [f"{i};{i} шт." for i in range(200)] + ["200;3 уп."] * 9
    made = load(shared_client, ("far.csv", ("id;Мера\n" + "\n".join(rows) + "\n").encode()), name="far")
    assert column(made, "Мера")["type"] == "VARCHAR"


def test_header_of_sizes(shared_client):
    made = load(shared_client, ("s.csv", "Товар;0,5 л;1 л;5 л\nВода;10;20;30\nСок;1;2;3\n".encode()), name="sizes")
    assert [c["name"] for c in made["tables"][0]["columns"]] == ["Товар", "0,5 л", "1 л", "5 л"]
    assert made["rows"] == 2


def test_json_times(shared_client):
    data = json.dumps([{"id": i, "created_at": 1735689600 + i} for i in range(3)]).encode()
    made = load(shared_client, ("e.json", data), name="events")
    assert column(made, "created_at")["type"] == "TIMESTAMP"


def test_durations_and_totals_of_a_workbook(shared_client):
    """Hours beyond a day as the program shows them; a row of totals whose formulas have no result is one all the same."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Оператор", "Длительность", "Звонков"])
    for name, hours in (("А", 7), ("Б", 30), ("В", -1)):
        sheet.append([name, datetime.timedelta(hours=hours, minutes=5), abs(hours)])
        sheet.cell(sheet.max_row, 2).number_format = "[h]:mm:ss"
    sheet.append(["Итого", None, "=SUM(C2:C4)"])
    out = io.BytesIO()
    book.save(out)
    made = load(shared_client, ("calls.xlsx", out.getvalue()), name="durations")
    assert (made["rows"], made["rows_read"], made["rows_left_out"]) == (3, 4, 1)
    assert query(shared_client, "SELECT * FROM durations")["rows"] == [
        ["А", "07:05:00", 7], ["Б", "30:05:00", 30], ["В", "-00:55:00", 1]]
