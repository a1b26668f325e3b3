"""Times of the day without a day: from every kind of file to the tables, the answers and the exports."""
import datetime
import io

import pytest
from loading import column, load, old_workbook, query, spreadsheet, upload, workbook

TIME = datetime.time
ROWS = [["client_id", "called", "amount"], ["001", TIME(14, 5), 10], ["002", TIME(9, 30, 15), 20], ["003", None, 30],
        ["004", TIME(0, 0), 40], ["005", TIME(23, 59, 59), 50]]
WANT = [["001", "14:05:00"], ["002", "09:30:15"], ["003", None], ["004", "00:00:00"], ["005", "23:59:59"]]


def text(rows):
    return "\n".join(",".join("" if v is None else str(v) for v in row) for row in rows).encode()


def with_times(rows):
    """An .ods whose cells of times are of the type "time", as LibreOffice writes them."""
    import zipfile

    marked = spreadsheet(t=[[f"PT{v.hour:02}H{v.minute:02}M{v.second:02}S" if isinstance(v, TIME) else v for v in row] for row in rows])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(marked)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "content.xml":
                for row in rows:
                    for v in row:
                        if isinstance(v, TIME):
                            iso = f"PT{v.hour:02}H{v.minute:02}M{v.second:02}S".encode()
                            data = data.replace(b'office:value-type="string"><text:p>' + iso,
                                                b'office:value-type="time" office:time-value="' + iso + b'"><text:p>' + iso)
            new.writestr(name, data)
    return out.getvalue()


def old(rows):
    import xlwt

    book, style = xlwt.Workbook(), xlwt.easyxf(num_format_str="h:mm")
    sheet = book.add_sheet("t")
    for y, row in enumerate(rows):
        for x, v in enumerate(row):
            if v is not None:
                sheet.write(y, x, *((v, style) if isinstance(v, TIME) else (v,)))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


FILES = {"csv": lambda: text(ROWS), "short.csv": lambda: text(ROWS).replace(b"14:05:00", b"14:05").replace(b"09:30:15", b"9:30:15"),
         "xlsx": lambda: workbook(t=ROWS), "xls": lambda: old(ROWS), "ods": lambda: with_times(ROWS),
         "sql": lambda: b"CREATE TABLE t (client_id varchar(9), called time, amount int);\nINSERT INTO t VALUES "
                        b"('001','14:05:00',10),('002','09:30:15',20),('003',NULL,30),('004','00:00:00',40),('005','23:59:59',50);\n"}


@pytest.mark.parametrize("kind", FILES)
def test_read(shared_client, kind):
    made = load(shared_client, (f"t.{kind}", FILES[kind]()), name=f"times {kind}", role="client_id=customer.id")
    found = column(made, "called")
    assert (found["type"], found["min"], found["max"]) == ("TIME", "00:00:00", "23:59:59") and made["rejects"] == 0
    got = query(shared_client, f'SELECT client_id, called FROM "{made["name"]}" ORDER BY client_id')
    assert got["rows"] == WANT and got["columns"][1]["type"] == "TIME"
    assert query(shared_client, f"""SELECT count(*) FROM "{made['name']}" WHERE called < '12:00'""")["rows"] == [[2]]
    at = f"/api/v1/datasets/{made['id']}"
    rows = shared_client.get(at + "/rows", params={"filter": "called:ge:14:05:00"}).json()
    assert [r["called"] for r in rows["items"]] == ["14:05:00", "23:59:59"]
    customer = shared_client.get(at + "/customers/002").json()
    assert "09:30:15" in str(customer["other"]), customer


def test_on_from_there(client):
    made = load(client, ("t.csv", text(ROWS) + b"\n006,later,60" + b"".join(b"\n1%02d,10:00,1" % i for i in range(60))), name="t")
    assert column(made, "called")["type"] == "TIME"
    at = f"/api/v1/datasets/{made['id']}"
    assert [(r["text"], r["reason"]) for r in client.get(at + "/rejects").json()["items"]] == [("later", "not a time of the day")]
    # What is given out to be corrected is read again as it was.
    for name in ("rejects.csv", "rejects.xlsx"):
        copy = client.get(f"{at}/{name}").content
        again = load(client, (name, copy.replace(b"later", b"12:15")), name=name, path="/api/v1/datasets")
        assert column(again, "called")["type"] == "TIME" and again["rows"] == 66
    more = load(client, ("more.csv", b"client_id,called,amount\n900,7:05,1\n"), path=at + "/versions", mode="append")
    assert more["rows"] == 67 and query(client, "SELECT called FROM t WHERE client_id = '900'")["rows"] == [["07:05:00"]]
    template = client.get(at + "/template.xlsx")
    assert template.status_code == 200
    # A next file whose times are durations widens the column.
    load(client, ("next.csv", b"client_id,called,amount\n900,125:30,1\n"), path=at + "/versions", mode="upsert", key="client_id")
    assert query(client, "SELECT called FROM t WHERE client_id IN ('001', '900') ORDER BY client_id")["rows"] == [["14:05:00"], ["125:30"]]
