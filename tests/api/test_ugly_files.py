"""Files as offices really have them, through the real program: tables, types, roles, and what was left out."""
import pytest
from loading import column, load, query, refused, workbook, zipped

ORDERS = ("<html><head><meta charset='windows-1251'></head><body><h2>Заказы</h2><table><tr><th>Номер заказа<th>Дата<th>Клиент"
          "<th>Сумма, руб.</tr><tr><td>000123<td>05.03.2024<td>Петров&nbsp;Иван<td>1&nbsp;234,50<tr><td>000124<td>06.03.2024"
          "<td>Ким Пётр<td>-450,00<tr><td colspan=3>Итого<td>784,50</table></body></html>").encode("cp1251")
STATEMENT = ("mBank S.A.;\n#Klient;\nJAN KOWALSKI;\n#Za okres:;\n2024-01-01;2024-03-31;\n\n#Data operacji;#Opis operacji;#Kwota;\n"
             "2024-03-31;BIEDRONKA;-1 234,56 PLN;\n2024-03-30;PRZELEW;5 000,00 PLN;\n").encode("cp1250")


def roles(dataset, table=0):
    return {c["name"]: (c["type"], c["role"]) for c in dataset["tables"][table]["columns"]}


def test_page_called_a_workbook(shared_client):
    made = load(shared_client, ("заказы.xls", ORDERS), name="orders")
    assert (made["rows"], made["rows_read"], made["rows_left_out"]) == (2, 3, 1)
    assert roles(made) == {
        "Номер заказа": ("VARCHAR", "purchase.invoice"), "Дата": ("DATE", "purchase.at"),
        "Клиент": ("VARCHAR", "customer.full_name"), "Сумма, руб.": ("DECIMAL(18,1)", "purchase.amount")}
    assert query(shared_client, "SELECT * FROM orders")["rows"] == [
        ["000123", "2024-03-05", "Петров Иван", 1234.5], ["000124", "2024-03-06", "Ким Пётр", -450.0]]


def test_statement(shared_client):
    made = load(shared_client, ("lista.csv", STATEMENT), name="statement")
    assert roles(made) == {"Data operacji": ("DATE", "purchase.at"), "Opis operacji": ("VARCHAR", None),
                           "Kwota": ("DECIMAL(18,2)", "purchase.amount")}
    assert (made["rows"], made["rows_left_out"]) == (2, 0)


def test_notes(shared_client):
    made = load(shared_client, ("n.csv", "Клиент;Сумма;Телефон\nА;100 руб.;'79120000001\nБ;$5;'79120000002\n".encode()), name="n")
    assert column(made, "Сумма")["note"].startswith("sums in several currencies")
    assert column(made, "Телефон")["note"].startswith("the apostrophe before each value")


@pytest.mark.parametrize("name, data, code, says", [
    ("scan.pdf", b"%PDF-1.7\n%\xe2\xe3", "file_document", "PDF document: export"),
    ("photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1", "file_picture", "phone (HEIC): "),
    ("a.rar", b"Rar!\x1a\x07\x01\0" + b"\0" * 50, "file_packed", "unpack it"),
    ("base.accdb", b"\0\x01\0\0Standard ACE DB\0" + b"\0" * 99, "file_database", "Access database"),
    ("book.xls", b"MIME-Version: 1.0\r\nX: y\r\nContent-Type: multipart/related; boundary=x\r\n\r\n", "file_web", "save it as .xlsx"),
    ("list.vcf", b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\nEND:VCARD\r\n", "file_contacts", "as CSV"),
    ("letter.eml", b"From: a@b.c\r\nSubject: list\r\n\r\nHello, all\r\n", "file_mail", "attached"),
    ("kl_to_1c.txt", "1CClientBankExchange\r\nВерсияФормата=1.03\r\nКодировка=Windows\r\n".encode("cp1251"), "file_bank", "for 1C"),
    ("письмо.txt", "Уважаемый Иван Петрович!\n\nНаправляем отчёт о продажах, просим проверить суммы.\nОтвет ждём до 5 апреля.\n\n"
                   "С уважением,\nАнна Сидорова\n".encode("cp1251"), "file_text", "text to be read"),
    ("prose.txt", b"It was the best of times, it was the worst of times, it was\nthe age of wisdom, it was the age of foolishness, it was\n"
                  b"the epoch of belief, it was the epoch of incredulity, and\nwe had everything before us.\n", "file_text", "as .xlsx"),
    ("main.c", b"#include <stdio.h>\n\nint main(void)\n{\n\tprintf(\"a, b\");\n\treturn 0;\n}\n", "file_code", "source code"),
    ("frame.json", b'{"columns": ["id", "sum"], "index": [0, 1], "data": [[1, 5], [2, 7]]}', "file_json_columns", "orient="),
    ("frame2.json", b'{"id": {"0": 1, "1": 2}, "sum": {"0": 5, "1": 7}}', "file_json_columns", "list of records"),
    ("frame3.json", b'{"id": [1, 2, 3], "sum": [5, 7, 9]}', "file_json_columns", "each column"),
    ("run.sh", b"#!/bin/sh\necho 1,2\necho 3\n", "file_code", "source code"),
    ("app.log", b"2026-11-01 12:00:00,123 INFO  Server started on port 8080\n2026-11-01 12:00:01,456 WARN  Refused, retry in 5 s\n"
                b"2026-11-01 12:00:02,001 ERROR Cannot open: no such file, or not readable\n", "file_log", "log of a program"),
    ("access.log", b'10.0.0.5 - ann [21/Nov/2026:21:28:19 +0000] "GET / HTTP/1.1" 200 12 "-" "Mozilla/5.0 (X11; Linux)"\n' * 4, "file_log",
     "export"),
    ("shop.sql", b"-- MySQL dump 10.13\n/*!40101 SET NAMES utf8 */;\nDROP TABLE IF EXISTS `a`;\nCREATE DATABASE shop;\nUSE shop;\n",
     "file_sql", "without a table"),
    ("set.sql", b"SET FOREIGN_KEY_CHECKS=0;\nDROP TABLE orders;\n", "file_sql", "tables and rows"),
    ("ask.sql", b"SELECT c.id, c.name\nFROM customers c\nORDER BY 1;\n", "file_sql", "question to a database"),
    ("bare.sql", b"CREATE TABLE `orders` (`id` int);\nCREATE TABLE `items` (`id` int);\n", "dump_without_rows", "orders"),
    ("bank.sta", b":20:START\r\n:25:PL12\r\n:60F:C240301PLN1,00\r\n", "file_bank", "MT940"),
])
def test_no_table(shared_client, name, data, code, says):
    error = refused(shared_client, (name, data), name="none")
    assert error["code"] == code and says in error["message"] and error["message"].count(". ") == 0, error


@pytest.mark.parametrize("data, rows", [
    ("Иванов Иван Иванович\nПетрова Анна\nСидоров Пётр Ильич\n", 2),
    ("a@b.ru\nc@d.ru\nxx@yy.com\n", 2),
    ("id\n001\n002\n003\n", 3),
    ("отзыв\nОчень понравилось, спасибо! Приду ещё.\nДолго ждал курьера, но товар хороший.\nНе рекомендую, хамят.\n", None),
    ("г. Москва, ул. Ленина, д. 5\nг. Тула, пр. Мира, д. 7\nп. Лесной, ул. Садовая, д. 1\n", 2),
    ("citrus fruit,semi-finished bread,margarine\nwhole milk\ntropical fruit,yogurt,coffee\npip fruit,yogurt\n", None),
    ("milk, bread, butter\nwhole milk, rolls\nyogurt, coffee, tea, sugar\n", None),
    ("time;level;text\n2026-11-01 12:00:00;INFO;started, at last\n2026-11-01 12:00:01;ERROR;no file\n", 2),
    ("2026-11-01 12:00:00;INFO;started\n2026-11-01 12:00:01;ERROR;no file\n2026-11-01 12:00:02;INFO;ended\n", None),
    ("Select,Set,From\n1,2,3\n4,5,6\n", 2),
    ("import;export\n1;2\n3;4\n", 2),
    ("комментарий\nПриходил вчера, просил скидку на весь заказ.\nЖалоба на доставку, обещали перезвонить завтра утром.\n", None),
    ("Dear,Price\nHello,5\nHi,6\n", 2),
])
def test_lists_go_on_being_lists(shared_client, data, rows):
    """What looks like a text to be read, and is a table: rows None: any."""
    made = load(shared_client, ("list.csv", data.encode()), name=f"list {abs(hash(data))}")
    assert made["rows"] > 0 and rows in (None, made["rows"]), made


def test_notes_of_a_workbook(shared_client):
    rows = [["№", "Клиент", "Дата", "Сумма"], [1, "А", "01.03.2024", 10], ["№", "Клиент", "Дата", "Сумма"],
            [2, "Б", "02.03.2024", 20], ["Итого", None, None, 30], [None], ["Исполнитель", None, "________", "Орлова О. О."]]
    made = load(shared_client, ("р.xlsx", workbook(Реестр=rows)), name="register")
    assert (made["rows"], made["rows_read"], made["rows_left_out"]) == (2, 5, 3)
    rejects = shared_client.get(f"/api/v1/datasets/{made['id']}/rejects").json()["items"]
    assert [(r["line"], r["reason"].split(";")[0]) for r in rejects] == [
        (3, "a header that is printed again"), (5, "a row of totals"), (7, "text below the table, which is no row of it")]


SHORT = [["код", "город"], ["1", "Уфа"], ["2", "Ош"]]


@pytest.mark.parametrize("said, codec", [("CP1251", "cp1251"), ("koi8-r", "koi8_r"), ("CP866", "cp866"), ("UTF-8", "utf-8")])
@pytest.mark.parametrize("packed", [False, True], ids=["csv", "zip"])
def test_encoding_said(shared_client, said, codec, packed):
    """A few letters may be of any code page: whoever knows says which."""
    data = "".join(";".join(row) + "\r\n" for row in SHORT).encode(codec)
    name = f"said {codec} {packed}"
    file = ("s.zip", zipped(("s.csv", data))) if packed else ("s.csv", data)
    made = load(shared_client, file, name=name, encoding=said)
    assert [c["name"] for c in made["tables"][0]["columns"]] == SHORT[0]
    assert query(shared_client, f'SELECT * FROM "{name}".s')["rows"] == [[1, "Уфа"], [2, "Ош"]]


def test_encoding_said_wrongly(shared_client):
    """A mark in the file is not argued with; letters of another page come out as those of the one that was said."""
    made = load(shared_client, ("m.csv", "\ufeffкод\nУфа\n".encode()), name="marked", encoding="CP866")
    assert made["tables"][0]["columns"][0]["name"] == "код"
    load(shared_client, ("w.csv", "a;b\n1;Уфа\n".encode("cp1251")), name="wrongly", encoding="KOI8-R")
    assert query(shared_client, "SELECT b FROM wrongly.w")["rows"] == [["Уфа".encode("cp1251").decode("koi8_r")]]


def test_rows_that_a_dump_does_not_list(shared_client):
    """INSERT … SELECT and a spoilt INSERT cannot be read: the first is named with its line, and nothing goes without a word."""
    dump = ("CREATE TABLE t (a INT, b TEXT);\nINSERT INTO t VALUES (1,'x');\nINSERT INTO t (a,b VALUES (2,'y');\n"
            "INSERT INTO t VALUES (3,'z');\nINSERT INTO t SELECT * FROM u;\nREPLACE INTO t VALUES (4,'w');\n").encode()
    made = load(shared_client, ("t.sql", dump), name="unlisted")
    assert [r[0] for r in query(shared_client, "SELECT a FROM unlisted ORDER BY a")["rows"]] == [1, 3, 4]
    told = shared_client.get(f"/api/v1/datasets/{made['id']}/rejects").json()["items"]
    assert [(r["text"], r["reason"]) for r in told] == [
        ("3: INSERT INTO t (a,b VALUES (2,'y');",
         "a statement that puts rows into a table without listing them, or is spoilt: its rows were left out")]


@pytest.mark.parametrize("text, rows", [
    ('{"id": 1, "tags": ["a", "b"]}', 1), ('{"ids": [1, 2, 3]}', 1), ('{"data": [[1, 2], [3, 4]], "total": 2}', None),
    ('{"17": {"id": 1, "sum": 2}, "18": {"id": 2, "sum": 3}}', 2), ('{"a": [1, 2], "b": [1, 2, 3]}', None),
    ('[{"id": [1, 2], "x": [3, 4]}, {"id": [5, 6], "x": [7, 8]}]', 2)])
def test_json_that_is_no_frame(shared_client, text, rows):
    made = load(shared_client, ("j.json", text.encode()), name=f"no_frame_{abs(hash(text))}")
    assert rows is None or made["rows"] == rows
