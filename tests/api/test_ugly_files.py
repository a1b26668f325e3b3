"""Files as offices really have them, through the real program: tables, types, roles, and what was left out."""
import pytest
from loading import column, load, query, refused, workbook

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
    ("bank.sta", b":20:START\r\n:25:PL12\r\n:60F:C240301PLN1,00\r\n", "file_bank", "MT940"),
])
def test_no_table(shared_client, name, data, code, says):
    error = refused(shared_client, (name, data), name="none")
    assert error["code"] == code and says in error["message"] and error["message"].count(". ") == 0, error


def test_notes_of_a_workbook(shared_client):
    rows = [["№", "Клиент", "Дата", "Сумма"], [1, "А", "01.03.2024", 10], ["№", "Клиент", "Дата", "Сумма"],
            [2, "Б", "02.03.2024", 20], ["Итого", None, None, 30], [None], ["Исполнитель", None, "________", "Орлова О. О."]]
    made = load(shared_client, ("р.xlsx", workbook(Реестр=rows)), name="register")
    assert (made["rows"], made["rows_read"], made["rows_left_out"]) == (2, 5, 3)
    rejects = shared_client.get(f"/api/v1/datasets/{made['id']}/rejects").json()["items"]
    assert [(r["line"], r["reason"].split(";")[0]) for r in rejects] == [
        (3, "a header that is printed again"), (5, "a row of totals"), (7, "text below the table, which is no row of it")]
