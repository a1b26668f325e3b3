"""Files of real offices in shapes that are no plain table: what is read of each, exactly, and what is left as it was."""
import pytest
from loading import load, query

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
