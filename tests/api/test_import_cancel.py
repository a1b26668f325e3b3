"""An import that is cancelled in the middle of its file, in each kind of reader; and progress, which never goes back."""
import io
import os
import random
import threading
import time
import zipfile
from pathlib import Path

import pytest
from loading import CLIENTS, load, long_csv, query, sqlite_file, stored, upload

ROWS = {"csv": b"%d,text %d,%d.5\n", "insert": b"(%d,'text %d',%d.5)", "copy": b"%d\ttext %d\t%d.5\n",
        "sheet": b'<row><c><v>%d</v></c><c t="str"><v>text %d</v></c><c><v>%d.5</v></c></row>'}


def lines(kind, n, between=b""):
    """Rows of numbers that do not compress to nothing."""
    r = random.Random(7)
    return between.join(ROWS[kind] % (i, r.randrange(10**9), r.randrange(10**9)) for i in range(n))


def csv(times):
    return b"a,b,c\n" + lines("csv", 200000) * times


def workbook(times):
    """One sheet, so that the cancel comes while it is unpacked."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as z:
        z.writestr("xl/workbook.xml", '<workbook xmlns:r="r"><sheets><sheet name="S" r:id="r1"/></sheets></workbook>')
        z.writestr("xl/_rels/workbook.xml.rels",
                   '<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/s.xml"/></Relationships>')
        with z.open("xl/worksheets/s.xml", "w", force_zip64=True) as part:
            part.write(b"<worksheet><sheetData>")
            body = lines("sheet", 100000)
            for _ in range(times):
                part.write(body)
            part.write(b"</sheetData></worksheet>")
    return out.getvalue()


def mysql(times):
    rows = b"INSERT INTO `t` VALUES " + lines("insert", 100000, b",") + b";\n"
    return b"-- MySQL dump\nCREATE TABLE `t` (`a` int, `b` text, `c` text);\n" + rows * times


def postgres(times):
    return (b"-- PostgreSQL database dump\nSET x = 1;\nCREATE TABLE t (a int, b text, c text);\nCOPY t (a, b, c) FROM stdin;\n" +
            lines("copy", 200000) * times + b"\\.\n")


def endless_view(_times):
    """A query that would take its whole time: the worker is inside SQLite when the cancel comes."""
    return sqlite_file("CREATE TABLE t (n)", "INSERT INTO t VALUES (1)",
                       "CREATE VIEW v AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT max(i) FROM c")


KINDS = {"csv": ("x.csv", csv), "workbook": ("x.xlsx", workbook), "mysql": ("x.sql", mysql), "postgres": ("x.sql", postgres),
         "sqlite": ("x.db", endless_view)}
ENDED = ("done", "failed", "cancelled")


def readers(server):
    """The processes that read a file for this server."""
    found = []
    for task in Path(f"/proc/{server.process.pid}/task").glob("*/children"):
        for pid in task.read_text().split():
            try:
                if Path(f"/proc/{pid}/comm").read_text() == "import\n":
                    found.append(int(pid))
            except OSError:
                pass
    return found


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def catch_in_the_middle(client, server, name, make):
    """The job of an import that is being read, and the process that reads it. Larger files until one is slow enough."""
    for times in (8, 32, 128):
        answer = upload(client, (name, make(times)), name="large")
        assert answer.status_code == 202, answer.text
        job = answer.json()["job"]["id"]
        state = {"state": "queued"}
        while state["state"] not in ENDED:
            pids = readers(server)
            state = client.get(f"/api/v1/jobs/{job}").json()
            if pids and state["state"] == "running" and (state["progress"] > 0.02 or name == "x.db"):
                assert client.delete(f"/api/v1/jobs/{job}").status_code in (202, 409)
                state = client.wait_for_job(job)
                break
            time.sleep(0.002)
        if state["state"] == "cancelled":
            return answer.json()["dataset"]["id"], state, pids
        assert state["state"] == "done", state  # it was read before it could be cancelled
        assert client.delete(f"/api/v1/datasets/{answer.json()['dataset']['id']}").status_code == 204
    raise AssertionError("no file is large enough to be caught in the middle")


@pytest.mark.parametrize("kind", KINDS)
def test_cancelled_in_the_middle(client, server, folder, kind):
    kept = load(client, ("kept.csv", CLIENTS), name="kept")
    before = stored(folder)
    dataset, state, pids = catch_in_the_middle(client, server, *KINDS[kind])
    assert state["error"] is None and state["result"] is None
    assert state["progress"] < 0.8, "all of it was read"
    assert not any(is_running(pid) for pid in pids) and readers(server) == []
    assert stored(folder) == before
    assert client.get(f"/api/v1/datasets/{dataset}").status_code == 404
    assert [d["id"] for d in client.get("/api/v1/datasets").json()["items"]] == [kept["id"]]
    load(client, ("small.csv", CLIENTS), name="large")  # the name is free, and the next file is read
    assert query(client, "SELECT count(*) FROM kept")["rows"] == [[3]]


def test_the_process_that_reads_is_killed(client, server, folder):
    """From outside, as a kernel without memory does: the import says so, nothing stays, the next one is read."""
    answer = upload(client, ("x.db", endless_view(1)), name="large")
    job, pids = answer.json()["job"]["id"], []
    while not pids:
        pids = readers(server)
        time.sleep(0.002)
    for pid in pids:
        os.kill(pid, 9)
    state = client.wait_for_job(job)
    assert state["state"] == "failed" and state["error"]["code"] == "import_killed", state
    assert stored(folder) == [] and client.get("/api/v1/datasets").json()["total"] == 0
    load(client, ("small.csv", CLIENTS), name="large")


def followed(client, job, seen, begun):
    """Every progress that is shown, until the job has ended; begun is set when it runs."""
    while True:
        state = client.get(f"/api/v1/jobs/{job}").json()
        seen.append(state["progress"])
        if state["state"] != "queued":
            begun.set()
        if state["state"] in ENDED:
            seen.append(state)
            return
        time.sleep(0.005)


def side_by_side(first, second, name_1, name_2):
    """Two imports of two people at the same time; what each was shown on the way, and the end of it."""
    files = [b"id,text,number\n" + b"0,first,1\n" * 5 + long_csv(45)[15:], long_csv(45)]
    clients, jobs, datasets, seen = [first, second], [], [], [[], []]
    watchers = [c.__class__(c.url).sign_in(c.account) for c in clients]  # signing in takes a while, on purpose
    for client, name, data in zip(clients, (name_1, name_2), files):
        answer = upload(client, ("x.csv", data), name=name)
        assert answer.status_code == 202, answer.text
        jobs.append(answer.json()["job"]["id"])
        datasets.append(answer.json()["dataset"]["id"])
    begun = [threading.Event(), threading.Event()]
    threads = [threading.Thread(target=followed, args=(w, job, s, b)) for w, job, s, b in zip(watchers, jobs, seen, begun)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    ends = [s.pop() for s in seen]
    for progress, end, data, client, dataset in zip(seen, ends, files, clients, datasets):
        assert end["state"] == "done" and progress == sorted(progress) and progress[-1] == 1, (end, progress)
        assert any(0 < p < 1 for p in progress)
        assert end["result"]["rows"] == data.count(b"\n") - 1
        assert client.get(f"/api/v1/datasets/{dataset}").json()["rows"] == data.count(b"\n") - 1
    assert ends[1]["started_at"] < ends[0]["ended_at"] and ends[0]["started_at"] < ends[1]["ended_at"]


def test_two_imports_of_one_organisation(client, make_user):
    other = make_user("admin")
    side_by_side(client, other, "ours", "theirs")
    for name, first in (("ours", 5), ("theirs", 0)):
        assert query(client, f"SELECT count(*) FROM {name} WHERE text = 'first'")["rows"] == [[first]]
    # A name that another import has reserved is taken before that one is done.
    answer = upload(client, ("x.csv", long_csv(30)), name="later")
    assert answer.status_code == 202, answer.text
    again = upload(other, ("x.csv", CLIENTS), name="LATER")
    assert again.status_code == 409 and again.json()["error"]["code"] == "name_taken"
    assert client.wait_for_job(answer.json()["job"]["id"])["state"] == "done"


def test_two_imports_of_two_organisations(client, cli, make_user):
    cli("org", "add", "Partner")
    partner = make_user("admin", org="Partner")
    side_by_side(client, partner, "sales", "sales")
    for who, first in ((client, 5), (partner, 0)):
        assert query(who, "SELECT count(*) FROM sales WHERE text = 'first'")["rows"] == [[first]]
