"""Tables whose rows stand in groups under headings: the headings become a column, and sums count once; ordinary tables stay."""
import io

import openpyxl
import pytest
from loading import load, query, upload, workbook

HEADING = "a heading of a group of rows; it was left out, its text stands in the column of the group"
PRICES = [["Прайс-лист на 1 марта"], [None], ["Наименование", "Артикул", "Цена, руб."], ["Напитки"], ["Сок", "A-1", 10.5],
          ["Вода", "A-2", 5], ["Хлеб"], ["Батон", "B-1", 30], ["Булка", "B-2", 15]]
REPORT = [(0, ["Контрагент / Документ", "Сумма", "Количество"]), (0, ["ООО Ромашка", 300.1, 3]), (1, ["Реализация 1", 100.1, 1]),
          (1, ["Реализация 2", 200, 2]), (0, ["ООО Лютик", 50, 5]), (1, ["Реализация 3", 20, 2]), (1, ["Реализация 4", 30, 3]),
          (0, ["Итого", 350.1, 8])]
REPORT_ROWS = [["Реализация 1", 100.1, 1, "ООО Ромашка"], ["Реализация 2", 200, 2, "ООО Ромашка"],
               ["Реализация 3", 20, 2, "ООО Лютик"], ["Реализация 4", 30, 3, "ООО Лютик"]]


def names(d, table=0):
    return [c["name"] for c in d["tables"][table]["columns"]]


def rows(client, name):
    return query(client, f'SELECT * FROM "{name}"')["rows"]


def rejects(client, d):
    return [(r["line"], r["text"], r["reason"]) for r in client.get(f"/api/v1/datasets/{d['id']}/rejects").json()["items"]]


def adds_up(d, read, kept):
    assert (d["rows_read"], d["rows"], d["rows_left_out"]) == (read, kept, read - kept)


def csv(table, mark=";"):
    return "\n".join(mark.join("" if c is None else str(c) for c in row) for row in table).encode()


def outlined_xlsx():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.sheet_properties.outlinePr.summaryBelow = False
    for i, (level, row) in enumerate(REPORT, 1):
        sheet.append(row)
        if level:
            sheet.row_dimensions[i].outlineLevel = level
            sheet.row_dimensions[i].hidden = True  # collapsed: data all the same
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def outlined_xls():
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Лист")
    for y, (level, row) in enumerate(REPORT):
        for x, v in enumerate(row):
            sheet.write(y, x, v)
        sheet.row(y).level = level
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def outlined_ods():
    pytest.importorskip("odf")
    from loading import ods_cell
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow, TableRowGroup
    from odf.text import P

    book, sheet, group = OpenDocumentSpreadsheet(), Table(name="Лист"), None
    for level, row in REPORT:
        line = TableRow()
        for v in row:
            line.addElement(ods_cell(TableCell, P, v))
        if level and not group:
            group = TableRowGroup()
            sheet.addElement(group)
        group = group if level else None
        (group or sheet).addElement(line)
    book.spreadsheet.addElement(sheet)
    out = io.BytesIO()
    book.write(out)
    return out.getvalue()


def test_price_list(shared_client):
    d = load(shared_client, ("прайс.xlsx", workbook(Прайс=PRICES)), name="gr_prices")
    assert names(d) == ["Наименование", "Артикул", "Цена, руб.", "Группа"]
    assert rows(shared_client, "gr_prices") == [["Сок", "A-1", 10.5, "Напитки"], ["Вода", "A-2", 5, "Напитки"],
                                               ["Батон", "B-1", 30, "Хлеб"], ["Булка", "B-2", 15, "Хлеб"]]
    assert rejects(shared_client, d) == [(4, "Напитки", HEADING), (7, "Хлеб", HEADING)]
    assert d["tables"][0]["groups"] == {"state": "columns", "beside": True, "headings": 2, "line": 4, "columns": ["Группа"]}
    adds_up(d, 6, 4)


@pytest.mark.parametrize("make, name", [(outlined_xlsx, "r.xlsx"), (outlined_xls, "r.xls"), (outlined_ods, "r.ods"),
                                        (lambda: csv([r for _, r in REPORT]), "r.csv")])
def test_report_of_sums(shared_client, make, name):
    table = "gr_" + name.replace(".", "_")
    d = load(shared_client, (name, make()), name=table)
    assert names(d) == ["Документ", "Сумма", "Количество", "Контрагент"]
    assert rows(shared_client, table) == REPORT_ROWS
    assert query(shared_client, f'SELECT sum("Сумма") FROM "{table}"')["rows"] == [[350.1]]
    assert [r[0] for r in rejects(shared_client, d)] == [2, 5, 8]
    adds_up(d, 7, 4)


def test_customers_alone(shared_client):
    text = ("Customer,Date,Num,Amount\nAnn Lee,,,\n,2024-01-05,17,10.00\n,2024-01-06,18,5.50\nTotal for Ann Lee,,,15.50\n"
            "Bo Ek,,,\n,2024-01-07,19,2.25\nTotal for Bo Ek,,,2.25\nTOTAL,,,17.75\n")
    d = load(shared_client, ("sales.csv", text.encode()), name="gr_books")
    assert rows(shared_client, "gr_books") == [["Ann Lee", "2024-01-05", 17, 10.0], ["Ann Lee", "2024-01-06", 18, 5.5],
                                              ["Bo Ek", "2024-01-07", 19, 2.25]]
    adds_up(d, 8, 3)


def test_next_month(shared_client):
    """The columns of the data set, though the next file has one group only; and what was kept stays kept."""
    d = load(shared_client, ("прайс.csv", csv(PRICES[2:])), name="gr_next")
    path = f"/api/v1/datasets/{d['id']}/versions"
    one = csv([PRICES[2], ["Фрукты"], ["Яблоко", "C-1", 7], ["Груша", "C-2", 8]])
    for mode, kept in (("append", 6), ("upsert", 6), ("replace", 2)):
        fields = {"key": "Артикул"} if mode == "upsert" else {}
        d = load(shared_client, ("апрель.csv", one), path=path, mode=mode, **fields)
        assert names(d) == ["Наименование", "Артикул", "Цена, руб.", "Группа"], mode
        found = rows(shared_client, "gr_next")
        assert len(found) == kept and ["Яблоко", "C-1", 7, "Фрукты"] in found, mode
    assert rows(shared_client, "gr_next") == [["Яблоко", "C-1", 7, "Фрукты"], ["Груша", "C-2", 8, "Фрукты"]]
    # Its own column in the file: nothing is looked for.
    flat = csv([[*PRICES[2], "Группа"], ["Слива", "C-3", 9, "Фрукты"]])
    d = load(shared_client, ("май.csv", flat), path=path, mode="append")
    assert rows(shared_client, "gr_next")[2] == ["Слива", "C-3", 9, "Фрукты"]


def test_template(shared_client):
    d = load(shared_client, ("прайс.csv", csv(PRICES[2:])), name="gr_template")
    template = shared_client.get(f"/api/v1/datasets/{d['id']}/template.xlsx").content
    book = openpyxl.load_workbook(io.BytesIO(template))
    sheet = book.worksheets[0]
    assert [c.value for c in sheet[1]] == ["Наименование", "Артикул", "Цена, руб.", "Группа"]
    for y, row in enumerate([["Сыр", "D-1", 100, "Молочное"], ["Творог", "D-2", 90, "Молочное"]], 2):
        for x, v in enumerate(row, 1):
            sheet.cell(y, x, v)
    out = io.BytesIO()
    book.save(out)
    job = shared_client.wait_for_job(upload(shared_client, ("заполнен.xlsx", out.getvalue())).json()["job"]["id"])
    assert job["state"] == "done", job
    assert ["Творог", "D-2", 90, "Молочное"] in rows(shared_client, "gr_template")


def test_kept_as_rows(shared_client, cli, tmp_path):
    d = load(shared_client, ("прайс.csv", csv(PRICES[2:])), name="gr_kept", groups="keep")
    assert names(d) == ["Наименование", "Артикул", "Цена, руб."] and d["tables"][0]["groups"]["state"] == "kept"
    adds_up(d, 6, 6)
    d = load(shared_client, ("прайс.csv", csv(PRICES[2:])), path=f"/api/v1/datasets/{d['id']}/versions", mode="append")
    adds_up(d, 12, 12)
    assert len(names(d)) == 3
    assert upload(shared_client, ("a.csv", b"a,b\n1,2\n"), groups="some").json()["error"]["field"] == "groups"


def test_doubt(shared_client):
    """A name and a price: the first may be a heading, or a thing whose price nobody wrote."""
    text = "Товар;Цена\nНапитки;\nВода;5\nЧай;6\nХлеб;\nБатон;7\nБулка;8\n".encode()
    d = load(shared_client, ("a.csv", text), name="gr_doubt")
    assert (d["rows"], d["tables"][0]["groups"]) == (
        6, {"state": "doubt", "beside": False, "headings": 0, "line": 2, "columns": []})
    d = load(shared_client, ("a.csv", text), name="gr_wanted", groups="columns")
    assert rows(shared_client, "gr_wanted") == [["Вода", 5, "Напитки"], ["Чай", 6, "Напитки"], ["Батон", 7, "Хлеб"],
                                               ["Булка", 8, "Хлеб"]]


STAYS = {
    "names alone": "Клиент;Телефон;Сумма\nИванов;;\nПетров;+79120000001;100\nКим;+79120000002;50\nОрлов;;\nБелов;+79120000003;7\nЧехов;+79120000004;8\n",
    "names in English": "name,phone,city,amount\nAnn Lee,,,\nBo Ek,1,Omsk,5\nCy Ray,2,Tula,6\nDi Roe,,,\nEd Poe,3,Omsk,7\nFay Wray,4,Tula,8\n",
    "some sparse": "id,name,note,sum\n1,Ann,,5\n2,Bo,late,6\n3,Cy,,7\n4,Di,,8\n",
    "a sparse first column": "team,name,points\nred,Ann,5\n,Bo,6\nblue,Cy,7\n,Di,8\n",
    "equal numbers": "city,a,b\nOmsk,5,1\nTula,5,1\nSochi,3,2\nPskov,3,2\n",
    "all zero": "city,a,b\nOmsk,0,0\nTula,0,0\nSochi,0,0\nPskov,0,0\nOrel,0,0\nTver,0,0\n",
    "running sums": "day,sum\nmon,1\ntue,1\nwed,2\nthu,4\nfri,8\nsat,16\n",
    "sections of keys": "key;value\nname;Vitrina\nport;80\nhost;local\n",
    "a survey": "question,yes,no\nLike it?,5,3\nBuy again?,2,6\nTell others?,7,1\n",
    "the last has no price": "Товар;Артикул;Цена\nСок;A1;10\nВода;A2;5\nЧай;A3;5\nХлеб;;\n",
    "two columns": "Товар;Цена\nСок;5\nВода;\nЧай;6\n",
    "one column": "name\nAnn\nBo\nCy\n",
    "no price at first": "Товар;Артикул;Цена\nСок;;\nВода;;\nЧай;A3;5\nХлеб;A4;6\nМёд;A5;6\n",
    "sums but for one": "Имя;Дата;Сумма\nА;;3\nБ;01.01.2024;1\nВ;01.01.2024;2\nГ;;5\nД;01.01.2024;1\nЕ;01.01.2024;3\n",
}


def test_ordinary_tables_stay(shared_client):
    d = load(shared_client, *((f"{what}.csv", text.encode()) for what, text in STAYS.items()), name="gr_stays")
    assert len(d["tables"]) == len(STAYS)
    for table, (what, text) in zip(d["tables"], STAYS.items()):
        header, *lines = text.strip().split("\n")
        assert [c["name"] for c in table["columns"]] == header.replace(";", ",").split(","), what
        assert (table["rows"], table["rows_left_out"]) == (len(lines), 0), what
