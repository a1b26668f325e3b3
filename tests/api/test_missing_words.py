"""Words that stand for no value, in columns of texts: taken for one only where they can be nothing else."""
import pytest
from loading import column, load, query


def table(header, values, **fields):
    body = f"id;{header}\n" + "".join(f"{i + 1};{v}\n" for i, v in enumerate(values))
    return ("t.csv", body.encode())


@pytest.mark.parametrize("header, values, want, note", [
    ("Город", ["Омск", "н/д", "Тула", "NULL"], ["Омск", None, "Тула", None], '2 cells say only "NULL", "н/д": they were taken as empty'),
    ("E-mail", ["a@b.ru", "-", "c@d.ru"], ["a@b.ru", None, "c@d.ru"], '1 cell says only "-": it was taken as empty'),
    ("Miasto", ["Kraków", "brak", "brak", "Łódź"], ["Kraków", None, None, "Łódź"], '2 cells say only "brak": they were taken as empty'),
    ("Miasto", ["Kraków", "brak", "Opole", "Łódź"], ["Kraków", "brak", "Opole", "Łódź"], None),  # once: may be a word
    ("Comment", ["fine", "NA", "NA", "late"], ["fine", None, None, "late"], '2 cells say only "NA": they were taken as empty'),
    ("Телефон", ["+79123456701", "н/д", "89123456702"], ["+79123456701", None, "89123456702"], '1 cell says only "н/д": it was taken as empty'),
    # What could be data stays.
    ("Country", ["NA", "PL", "NA", "RU"], ["NA", "PL", "NA", "RU"], None),
    ("cc", ["NA", "PL", "NA", "RU", "MK"], ["NA", "PL", "NA", "RU", "MK"], None),
    ("Страна", ["Намибия", "NA", "NA"], ["Намибия", "NA", "NA"], None),
    ("Фамилия", ["Null", "Брак", "Иванов", "NULL", "NA"], ["Null", "Брак", "Иванов", "NULL", "NA"], None),
    ("Nazwisko", ["Brak", "Brak", "Kowalski"], ["Brak", "Brak", "Kowalski"], None),
    ("Код клиента", ["A1", "NA", "NA", "A2"], ["A1", "NA", "NA", "A2"], None),
    ("sign", ["+", "-", "-", "+"], ["+", "-", "-", "+"], None),
    ("allergy", ["none", "mild", "none", "None"], ["none", "mild", "none", "None"], None),
    # A typed column says how many it took, too.
    ("Сумма", ["1,50", "н/д", "-", "2,50"], [1.5, None, None, 2.5], '2 cells say only "н/д", "-": they were taken as empty'),
])
def test_rule(shared_client, header, values, want, note):
    made = load(shared_client, table(header, values), name=f"{header} {abs(hash(str(values)))}")
    got = query(shared_client, f'SELECT "{header}" FROM "{made["name"]}" ORDER BY id')["rows"]
    assert [row[0] for row in got] == want
    found = column(made, header)
    assert (found["note"], found["non_null"]) == (note, sum(v is not None for v in want))
    assert made["rejects"] == 0


def test_kept_as_text_keeps_them(client):
    made = load(client, table("Город", ["Омск", "н/д", "-"]), name="t", text="Город")
    assert query(client, 'SELECT "Город" FROM t ORDER BY id')["rows"] == [["Омск"], ["н/д"], ["-"]]
    assert column(made, "Город")["note"] is None
