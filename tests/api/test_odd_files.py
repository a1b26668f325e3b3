"""Files of real offices in shapes that are no plain table: what is read of each, exactly, and what is left as it was."""
import pytest
from loading import load, query, workbook

CLIENTS = [(1, "Иванов Иван", "02.02.2025", "12,50"), (2, "Петрова Анна", "03.03.2025", "7,05"), (3, "Ким Пётр", "14.04.2025", "1200,00")]
TYPED = [[1, "Иванов Иван", "2025-02-02", 12.5], [2, "Петрова Анна", "2025-03-03", 7.05], [3, "Ким Пётр", "2025-04-14", 1200.0]]
COLUMNS = {"id": "BIGINT", "ФИО": "VARCHAR", "Дата": "DATE", "Сумма": "DECIMAL(18,2)"}


def lines(delimiter, head=tuple(COLUMNS), rows=CLIENTS, end="\n"):
    return "".join(delimiter.join(map(str, row)) + end for row in [head, *rows])


def read(client, data, file="t.csv"):
    """Columns with their types, rows, and what was left out or is to be known, as (line, text, the reason's first part)."""
    made = load(client, (file, data.encode() if isinstance(data, str) else data), name="t")
    assert made["rows_read"] == made["rows"] + made["rows_left_out"]
    names = {c["name"]: c["type"] for c in made["tables"][0]["columns"]}
    rows = query(client, "SELECT * FROM t")["rows"]
    rejects = client.get(f"/api/v1/datasets/{made['id']}/rejects").json()["items"]
    client.delete(f"/api/v1/datasets/{made['id']}")
    return names, rows, [(r["line"], r["text"], r["reason"].split(";")[0]) for r in rejects]


@pytest.mark.parametrize("delimiter", ["~", "^", "\x01", "\x1f"])
def test_delimiters_of_programs(shared_client, delimiter):
    assert read(shared_client, lines(delimiter)) == (COLUMNS, TYPED, [])


def test_signs_within_texts_delimit_nothing(shared_client):
    columns = {"Товар": "VARCHAR", "Размер": "VARCHAR"}
    assert read(shared_client, "Товар;Размер\nУголок~;10~20\nПлита;2^3\n") == (columns, [["Уголок~", "10~20"], ["Плита", "2^3"]], [])
    assert read(shared_client, "Размер\n10~20\n15~30\n")[:2] == ({"Размер": "VARCHAR"}, [["10~20"], ["15~30"]])


@pytest.mark.parametrize("encoding", ["utf-8", "cp866", "utf-16"])
def test_end_of_a_dos_file(shared_client, encoding):
    for ends in ("\x1a", "\x1a" * 100):
        assert read(shared_client, (lines(";", end="\r\n") + ends).encode(encoding)) == (COLUMNS, TYPED, [])


def test_marks_that_nobody_sees(shared_client):
    data = ("\u00a0Код\u00a0;\u200bКли\u00adент\u200e;\ufeffE-mail;Телефон\n001\u00a0;Ким\u200d;\u2068a@b.ru\u2069;\u202a+79120000001\u202c\n"
            "002;\u200bЛи\u200b;c@d.ru\ufeff;+79120000002\n")
    assert read(shared_client, data) == (
        {"Код": "VARCHAR", "Клиент": "VARCHAR", "E-mail": "VARCHAR", "Телефон": "VARCHAR"},
        [["001", "Ким\u200d", "a@b.ru", "+79120000001"], ["002", "Ли", "c@d.ru", "+79120000002"]], [])


def sheet(rows):
    return workbook(Лист1=rows)


NUMBERS = "the numbers of the columns, which are no row"
FORM = {"№ п/п": "BIGINT", "Клиент": "VARCHAR", "Дата": "DATE", "Сумма, руб.": "DECIMAL(18,2)"}


@pytest.mark.parametrize("numbers", [
    ["1", "2", "3", "4"], ["А", "Б", "1", "2"], ["A", "B", "1", "2"], ["(1)", "(2)", "(3)", "(4)"], ["1", "2", "3", "4 = 3 * 2"],
    ["гр. 1", "гр. 2", "гр. 3", "гр. 4"], ["1.", "2.", "3.", "4."]])
def test_numbers_of_columns(shared_client, numbers):
    text = ";".join(FORM) + "\n" + ";".join(numbers) + "\n" + "".join(";".join(map(str, row)) + "\n" for row in CLIENTS)
    assert read(shared_client, text) == (FORM, TYPED, [(2, " | ".join(numbers), NUMBERS)])
    # The next page has the header again, and the numbers, too.
    again = text + text.split("\n", 2)[0] + "\n" + ";".join(numbers) + "\n4;Ли;15.04.2025;3,25\n"
    names, rows, out = read(shared_client, again)
    assert (names, len(rows), [line for line, _, _ in out]) == (FORM, 4, [2, 6, 7])


def test_numbers_of_columns_in_a_sheet(shared_client):
    data = sheet([["Реестр"], [], list(FORM), [1, 2, 3, 4], *TYPED])
    names, rows, out = read(shared_client, data, "f.xlsx")
    assert (list(names), rows, out) == (list(FORM), TYPED, [(4, "1 | 2 | 3 | 4", NUMBERS)])


@pytest.mark.parametrize("data, n", [
    ("a,b,c,d\n1,2,3,4\n5,6,7,8\n", 2),  # the first row of any example
    ("id,x,y,z\n1,2,3,4\n2,3,4,5\n3,4,5,6\n", 3),
    ("id,name,x,y\n1,2,3,5\n2,Anna,3,4\n", 2),
    ("Класс;Оценка;Баллы\nА;Б;В\nБ;А;Г\n", 2),
    ("Клиент;2023;2024\nА;1;2\nБ;3;4\n", 2),
    ("Магазин;Янв;Фев;Мар\nА;1;2;3\nБ;4;5;6\n", 2),
    ("id,code\n1,2\n2,x\n3,y\n", 3),
])
def test_values_that_are_no_numbers_of_columns(shared_client, data, n):
    _, rows, out = read(shared_client, data)
    assert (len(rows), out) == (n, [])


def test_numbers_of_pages(shared_client):
    pages = ["Страница 1 из 4;;;", "Page 1 of 4;;;", ";;Strona 1 z 4;", "Страна 1 од 4;;;", "Стр. 2/8;;;", "- стр. 3 из 8 -;;;",
             "Лист 1, листов 4;;;"]
    body = lines(";").splitlines()
    data = "\n".join([*body[:2], *pages, *body[2:]]) + "\n"
    assert read(shared_client, data) == (COLUMNS, TYPED, [
        (i + 3, p.strip(";"), "the number of a page, which is no row") for i, p in enumerate(pages)])


def test_rows_that_are_no_numbers_of_pages(shared_client):
    data = "Раздел;Показов;Клики\nСтраница 1 из 4;10;1\nСтраница 5;;\nСтрана 2;20;2\nPage of 3;;\nСтраница 1 из 4 частей;;\n"
    _, rows, out = read(shared_client, data)
    assert (len(rows), out) == (5, [])


def test_units_below_names(shared_client):
    rows = [["Ромашка", 1.5, 3], ["Василёк", 20.25, 4]]
    columns = {"Клиент": "VARCHAR", "Оборот / тыс. руб.": "DECIMAL(18,2)", "Количество / шт.": "BIGINT"}
    assert read(shared_client, sheet([["Клиент", "Оборот", "Количество"], ["", "тыс. руб.", "шт."], *rows]), "u.xlsx") == (columns, rows, [])
    text = "Klient;Obrót;Liczba\n;w tys. zł;(szt.)\nA;1,5;3\nB;20,25;4\n"
    assert read(shared_client, text) == (
        {"Klient": "VARCHAR", "Obrót / w tys. zł": "DECIMAL(18,2)", "Liczba / (szt.)": "BIGINT"}, [["A", 1.5, 3], ["B", 20.25, 4]], [])


@pytest.mark.parametrize("data, names, n", [
    ("Товар;Единица\nсахар;кг\nсоль;кг\nспички;шт.\n", ["Товар", "Единица"], 3),
    ("Единица;Коэффициент\nкг;1\nт;1000\n", ["Единица", "Коэффициент"], 2),
    ("Товар;Цена;Единица\nсахар;10;кг\nсоль;20;кг\n", ["Товар", "Цена", "Единица"], 2),
])
def test_units_that_are_values(shared_client, data, names, n):
    columns, rows, out = read(shared_client, data)
    assert (list(columns), len(rows), out) == (names, n, [])


def wrapped(text):
    return "".join('"' + line.replace('"', '""') + '"\n' for line in text.splitlines())


WRAPPED = (None, "t", "each line stood in quotation marks as one cell")


def test_lines_that_are_one_quoted_cell(shared_client):
    quoted = [(i, name, at, f'"{s}"') for i, name, at, s in CLIENTS]
    data = lines(",", rows=quoted)
    assert read(shared_client, wrapped(data)) == (COLUMNS, TYPED, [WRAPPED])
    assert read(shared_client, wrapped(lines(";"))) == (COLUMNS, TYPED, [WRAPPED])
    # Only lines with a mark in them; empty cells behind, as a spreadsheet program adds them; a cell of two lines.
    head, *rest = data.splitlines()
    assert read(shared_client, head + "\n" + wrapped("\n".join(rest)).replace('"\n', '";;;\n')) == (COLUMNS, TYPED, [WRAPPED])
    two = '"id,text"\n"1,""a\nb"""\n"2,c"\n'
    assert read(shared_client, two) == ({"id": "BIGINT", "text": "VARCHAR"}, [[1, "a\nb"], [2, "c"]], [WRAPPED])


@pytest.mark.parametrize("data, names, n", [
    ('"Адрес"\n"Москва, ул. Ленина, 5"\n"Тула, ул. Мира, 6"\n', ["Адрес"], 2),
    ('"Адрес, город"\n"Ленина, Москва"\n"Мира, Тула"\n', ["Адрес, город"], 2),
    ('"Теги"\n"a;b;c"\n"d;e;f"\n', ["Теги"], 2),
    ('"id","text"\n"1","a,b"\n"2","c,d"\n', ["id", "text"], 2),
])
def test_quoted_cells_stay_cells(shared_client, data, names, n):
    columns, rows, out = read(shared_client, data)
    assert (list(columns), len(rows)) == (names, n) and WRAPPED not in out


FRAMED = {"id": "BIGINT", "name": "VARCHAR", "amount": "DECIMAL(18,2)"}
FRAMED_ROWS = [[1, "Иванов Иван", 12.5], [2, 'Ким "Пётр', 7.05], [3, None, 1200.0]]


@pytest.mark.parametrize("data", [
    '| id | name | amount |\n|----|:-----|-------:|\n| 1 | Иванов Иван | 12,50 |\n| 2 | Ким "Пётр | 7,05 |\n| 3 |  | 1200,00 |\n',
    '# Клиенты\n\nid | name | amount\n---|---|---\n1 | Иванов Иван | 12,50\n2 | Ким "Пётр | 7,05\n3 | | 1200,00\n',
    "+----+-------------+---------+\n| id | name        | amount  |\n+----+-------------+---------+\n|  1 | Иванов Иван | 12.50   |\n"
    '|  2 | Ким "Пётр   | 7.05    |\n|  3 |             | 1200.00 |\n+----+-------------+---------+\n3 rows in set (0.00 sec)\n',
    ' id |    name     | amount  \n----+-------------+---------\n  1 | Иванов Иван |   12.50\n  2 | Ким "Пётр   |    7.05\n'
    "  3 |             | 1200.00\n(3 rows)\n\n",
    ' id |    name     | amount  \r\n----+-------------+---------\r\n  1 | Иванов Иван |   12.50\r\n  2 | Ким "Пётр   |    7.05\r\n'
    "  3 |             | 1200.00\r\n(3 строки)\r\n",
])
def test_framed_tables(shared_client, data):
    assert read(shared_client, data) == (FRAMED, FRAMED_ROWS, [])


def test_bars_within_texts_of_markdown(shared_client):
    data = "| cmd | n |\n| --- | - |\n| a \\| b | 1 |\n| - | 2 |\n"
    assert read(shared_client, data) == ({"cmd": "VARCHAR", "n": "BIGINT"}, [["a | b", 1], [None, 2]], [])


@pytest.mark.parametrize("data, n", [
    ("a|b\n1|2\n---|---\n3|4\n", 3),  # a rule that is below no header is a row
    ("name|note\nx|-\ny|--\n", 2),
    ("a;b\n+---+;x\n1;2\n", 2),
])
def test_dashes_that_are_values(shared_client, data, n):
    assert len(read(shared_client, data)[1]) == n


ONE_CELL = (None, "Лист1", "each row stood in one cell, as of a CSV file")


def test_sheet_of_one_column(shared_client):
    names, rows, out = read(shared_client, sheet([[line] for line in lines(";").splitlines()]), "t.xlsx")
    assert (names, rows, out) == (COLUMNS, TYPED, [ONE_CELL])
    quoted = [["id,text"], ['1,"a, ""b"""'], ["2,c"]]
    assert read(shared_client, sheet(quoted), "t.xlsx") == ({"id": "BIGINT", "text": "VARCHAR"}, [[1, 'a, "b"'], [2, "c"]], [ONE_CELL])


def test_sheet_of_one_column_that_commas_parted(shared_client):
    # What a spreadsheet program makes of "1;Иванов Иван;12,50;x": the comma was the delimiter.
    rows = [["id;Клиент;Сумма;Вид"], ["1;Иванов Иван;12", "50;x"], ["2;Ли", " Анна;7", "05;y"], ["3;Ким;8;z"]]
    names, values, out = read(shared_client, sheet(rows), "t.xlsx")
    assert names == {"id": "BIGINT", "Клиент": "VARCHAR", "Сумма": "DECIMAL(18,2)", "Вид": "VARCHAR"}
    assert (values, out) == ([[1, "Иванов Иван", 12.5, "x"], [2, "Ли, Анна", 7.05, "y"], [3, "Ким", 8.0, "z"]], [ONE_CELL])
    whole = [["id;Клиент;Сумма", " руб."], ["1;Иванов Иван;12", 50], ["2;Ли;7", 25], ["3;Ким;8"]]
    assert read(shared_client, sheet(whole), "t.xlsx")[1:] == ([[1, "Иванов Иван", 12.5], [2, "Ли", 7.25], [3, "Ким", 8.0]], [ONE_CELL])


def test_sheet_of_one_column_that_lost_zeros(shared_client):
    rows = [["id;Клиент;Сумма"], ["1;Иванов Иван;12", 50], ["2;Ли;7", 5], ["3;Ким;8"]]
    names, values, out = read(shared_client, sheet(rows), "t.xlsx")
    assert values == [["1;Иванов Иван;12", 50], ["2;Ли;7", 5], ["3;Ким;8", None]]
    assert out[0][2] == "each row stands in one cell, and commas moved its end to the next, where zeros were lost"


@pytest.mark.parametrize("rows, n", [
    ([["Теги"], ["a;b"], ["c;d"]], 2),
    ([["Адрес"], ["Москва, ул. Мира, 5"], ["Тула, ул. Мира, 6"]], 2),
    ([["Адрес, город"], ["Мира, Тула"], ["Мира, Омск"]], 2),
    ([["a;b", "Сумма"], ["1;2", 3], ["3;4", 5]], 2),
    ([["id;name", "n"], ["1;x", 10], ["2;y", 20], ["3;z", 30]], 3),
    ([["Код"], ["1-2"], ["3-4"]], 2),
])
def test_sheets_that_stay_as_they_are(shared_client, rows, n):
    names, values, out = read(shared_client, sheet(rows), "t.xlsx")
    assert (list(names), len(values), out) == (rows[0], n, [])


GARBLED = (None, "t", "the text was garbled by being saved in a wrong encoding")


def garbled(text, page, errors="strict"):
    """UTF-8 that a program took for a code page; Windows has a character for the bytes that a page leaves out."""
    return "".join(bytes([b]).decode(page, "ignore") or (chr(b) if errors == "strict" else errors) for b in text.encode())


@pytest.mark.parametrize("page, lost", [("cp1251", "strict"), ("cp1251", "\ufffd"), ("cp1251", "?"), ("latin-1", "strict"), ("cp1252", "strict"),
                                        ("cp866", "strict")])
def test_text_saved_in_a_wrong_encoding(shared_client, page, lost):
    data = garbled(lines(";"), page, lost)
    assert "Иванов" not in data
    assert read(shared_client, data) == (COLUMNS, TYPED, [GARBLED])
    assert read(shared_client, data.encode("utf-16")) == (COLUMNS, TYPED, [GARBLED])


@pytest.mark.parametrize("page", ["cp1250", "cp1252"])
def test_polish_saved_in_a_wrong_encoding(shared_client, page):
    data = garbled("Imię;Miasto\nJózef;Łódź\nAnna;Kraków\n", page)
    assert read(shared_client, data) == ({"Imię": "VARCHAR", "Miasto": "VARCHAR"}, [["Józef", "Łódź"], ["Anna", "Kraków"]], [GARBLED])


def test_letters_that_a_wrong_encoding_lost(shared_client):
    good = garbled("Имя;Город\n" + "Анна;Томск\n" * 200, "cp1251")
    names, rows, out = read(shared_client, good + "Р;Рў\n")
    assert rows[-2:] == [["Анна", "Томск"], ["Р", "Т"]] and out == [
        (1, "", "letters after this line were lost when the file was saved in a wrong encoding"), GARBLED]


@pytest.mark.parametrize("data", ["Имя;Город\nРџ;Я\nСт;РС\n", "name;note\nÃ³;ä\nx;é\n", "Имя;Вес\nРысь;10°\nСоня;№5\n", "a;b\nâ€™;x\n",
                                  "Name;City\nJosé;Köln\nZoë;Málaga\n", "Имя;E\nСаша;т\nТатьяна;ж\n"])
def test_texts_that_are_as_they_should_be(shared_client, data):
    head, *rows = [line.split(";") for line in data.splitlines()]
    assert read(shared_client, data) == ({h: "VARCHAR" for h in head}, rows, [])
