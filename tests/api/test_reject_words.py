"""Files of what could not be read, in the language of the person."""
import io
import re
from pathlib import Path

import pytest
from loading import column, load, query
from test_confirm import confirm, later, of

ROOT = Path(__file__).parents[2]
FILE = ("Код;Клиент;Сумма\n" + "".join(f"{i:03};Иванов Иван {i};{i},50\n" for i in range(40)) + "900;Пустой Пётр;пять\n"
        "901;Левый Лев;1,25;лишнее\nИтого;;820,00\n").encode()


@pytest.fixture
def waiting(client):
    return later(client, ("s.csv", FILE), name="s")


def test_every_sentence_has_its_words():
    """What the page knows to say of a reject, the files know, too."""
    page = (ROOT / "web/src/lib/reasons.ts").read_text()
    here = (ROOT / "src/api/reason_words.c").read_text()
    sentences = re.findall(r"""^  (['\"])(.+?)\1: 'reject\.""", page, re.M)
    assert len(sentences) > 20
    for _, sentence in sentences:
        assert f'"{sentence}"' in here.replace('"\n\t  "', ""), sentence


@pytest.mark.parametrize("language, number, left_out, head, wrong", [
    ("ru", "не число", "строка итогов; она не взята", "таблица,строка,столбец,текст,причина", "vitrina: что не так"),
    ("pl", "nie jest liczbą", "wiersz z sumami; został pominięty", "tabela,wiersz,kolumna,tekst,powód", "vitrina: co jest nie tak"),
    ("mk", "не е број", "ред со вкупни износи; изоставен е", "табела,ред,колона,текст,причина", "vitrina: што не е во ред"),
    ("en", "not a number", "a row of totals; it was left out", "table,line,column,text,reason", "vitrina: what is wrong"),
])
def test_languages(client, waiting, language, number, left_out, head, wrong):
    import openpyxl

    listed = client.get(waiting + "/rejects", params={"format": "csv", "language": language}).text.splitlines()
    assert listed[0] == head and f"s,42,Сумма,пять,{number}" in listed and any(left_out in line for line in listed)
    # The copy is there before the version is confirmed.
    copy = client.get(waiting + "/rejects.xlsx", params={"language": language})
    assert copy.status_code == 200, copy.text
    sheet = openpyxl.load_workbook(io.BytesIO(copy.content)).worksheets[0]
    assert sheet.title == "s" and [c.value for c in sheet[1]] == ["Код", "Клиент", "Сумма", wrong]
    bad = sheet.cell(42, 3)
    assert (bad.value, bad.comment.text) == ("пять", number) and bad.fill.fgColor.rgb != sheet.cell(41, 3).fill.fgColor.rgb
    assert sheet.cell(42, 4).value == f"Сумма: {number}" and left_out in sheet.cell(1, 4).comment.text
    assert sheet.auto_filter.ref == "A1:D43" and sheet.max_row == 43
    lines = client.get(waiting + "/rejects.csv", params={"language": language}).text.splitlines()
    assert lines[0].endswith(wrong) and lines[41] == f"900,Пустой Пётр,пять,Сумма: {number}"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_corrected_and_loaded_again(client, waiting, kind):
    import openpyxl

    copy = client.get(f"{waiting}/rejects.{kind}", params={"language": "ru"}).content
    if kind == "csv":
        copy = copy.replace("пять".encode(), b"5")
    else:
        book = openpyxl.load_workbook(io.BytesIO(copy))
        book.worksheets[0].cell(42, 3).value = 5
        out = io.BytesIO()
        book.save(out)
        copy = out.getvalue()
    assert confirm(client, waiting)["state"] == "done"
    shown = load(client, (f"corrected.{kind}", copy), path=of(waiting) + "/versions", mode="replace")
    assert (shown["rows"], shown["rejects"]) == (42, 0) and column(shown, "Сумма")["type"] == "DECIMAL(18,2)"
    assert [c["name"] for c in shown["tables"][0]["columns"]] == ["Код", "Клиент", "Сумма"]
    assert query(client, """SELECT "Сумма" FROM s WHERE "Код" IN ('900', '901') ORDER BY 1""")["rows"] == [[1.25], [5]]


def test_wrong(client, waiting):
    for path in ("/rejects?format=csv&", "/rejects.xlsx?", "/rejects.csv?"):
        assert client.get(f"{waiting}{path}language=de").json()["error"]["field"] == "language"
    assert client.get(f"{of(waiting)}/versions/9/rejects.xlsx").status_code == 404
