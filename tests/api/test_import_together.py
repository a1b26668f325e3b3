"""Imports beside each other, beside questions, and ones that are broken off."""
import socket
import threading
import time

import pytest
from loading import CLIENTS, column, load, long_csv, query, stored, upload
from program import Server


def test_a_type_that_the_last_line_proves_wrong(client, folder):
    """A second pass, over an upload that is too large to be held in memory."""
    data = long_csv(100) + b"00012,last,7\n"
    made = load(client, ("long.csv", data), name="long")
    assert made["rows"] == data.count(b"\n") - 1 and column(made, "id")["type"] == "VARCHAR"
    assert query(client, "SELECT number FROM long WHERE id = '00012'")["rows"] == [[7]]
    assert len(stored(folder)) == 1


@pytest.mark.server
def test_imports_side_by_side(client):
    made = {}

    def one(name):
        made[name] = load(client.__class__(client.url).sign_in(client.account), (f"{name}.csv", CLIENTS), name=name)

    threads = [threading.Thread(target=one, args=(f"s{i}",)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert {n: m["rows"] for n, m in made.items()} == {f"s{i}": 3 for i in range(4)}


@pytest.mark.server
def test_questions_while_the_data_change(client):
    """Each answer is of one version, whole, whatever is replaced, pruned or removed meanwhile."""
    made = load(client, ("m.csv", b"id\n" + b"1\n" * 1000), name="m")
    path = f"/api/v1/datasets/{made['id']}/versions"
    done, seen, wrong = threading.Event(), set(), []

    def ask():
        mine = client.__class__(client.url).sign_in(client.account)
        number = 0
        while not done.is_set():
            number += 1
            answer = mine.post("/api/v1/query", json={"sql": f"SELECT count(*), min(id), max(id) FROM m -- {number}"})
            row = answer.json()["rows"][0] if answer.status_code == 200 else answer.text
            if row[0] == 1000 and row[1] == row[2]:
                seen.add(row[1])
            else:
                wrong.append(row)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for t in threads:
        t.start()
    try:
        for version in range(2, 10):
            load(client, ("m.csv", b"id\n" + b"%d\n" % version * 1000), path=path, mode="replace")
    finally:
        done.set()
        for t in threads:
            t.join()
    assert not wrong, wrong[:3]
    assert len(seen) > 3


def test_two_versions_at_once(client):
    made = load(client, ("m.csv", b"id,text,number\n1,a,2\n"), name="m")
    path = f"/api/v1/datasets/{made['id']}/versions"
    first = upload(client, ("big.csv", long_csv()), path=path, mode="replace")
    assert first.status_code == 202, first.text
    second = upload(client, ("m.csv", b"id,text,number\n1,a,2\n"), path=path, mode="append")
    assert second.status_code == 409 and second.json()["error"]["code"] == "import_running"
    assert client.delete(f"/api/v1/datasets/{made['id']}").status_code == 409
    assert query(client, "SELECT count(*) FROM m")["rows"] == [[1]]  # the one before is read meanwhile
    client.delete(f"/api/v1/jobs/{first.json()['job']['id']}")
    assert client.wait_for_job(first.json()["job"]["id"])["state"] in ("cancelled", "done")


@pytest.mark.server
def test_an_upload_that_breaks_off(client, folder, server):
    """The client goes away in the middle: what had come is gone at once."""
    head = (f"POST /api/v1/datasets HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {client.url}\r\n"
            f"Cookie: {'; '.join(f'{c.name}={c.value}' for c in client.cookies)}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 99999999\r\n\r\n"
            '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n')
    with socket.create_connection(("127.0.0.1", server.port)) as s:
        s.sendall(head.encode() + b"1,2,3\n" * 500000)
        deadline = time.monotonic() + 30
        while not stored(folder) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert stored(folder)
    while stored(folder) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert stored(folder) == [] and client.get("/api/v1/datasets").json()["total"] == 0


@pytest.mark.server
def test_cancel_leaves_nothing(client, folder):
    answer = upload(client, ("big.csv", long_csv()), name="big")
    assert answer.status_code == 202, answer.text
    job = answer.json()["job"]["id"]
    assert client.delete(f"/api/v1/jobs/{job}").status_code == 202
    state = client.wait_for_job(job)
    assert state["state"] == "cancelled", state
    assert stored(folder) == []
    assert client.get("/api/v1/datasets").json()["total"] == 0
    assert client.get(f"/api/v1/datasets/{answer.json()['dataset']['id']}").status_code == 404
    load(client, ("small.csv", CLIENTS), name="big")  # and the name is free again


def test_cancelled_while_they_wait(client, folder):
    """More imports than run at a time: those that never began leave nothing either."""
    data = long_csv(30)
    jobs = []
    for i in range(6):
        answer = upload(client, ("big.csv", data), name=f"big {i}")
        assert answer.status_code == 202, answer.text
        jobs.append(answer.json()["job"]["id"])
    for job in reversed(jobs):
        client.delete(f"/api/v1/jobs/{job}")
    states = [client.wait_for_job(job)["state"] for job in jobs]
    done = states.count("done")
    assert set(states) <= {"done", "cancelled"}
    assert client.get("/api/v1/datasets").json()["total"] == done and len(stored(folder)) == done


def test_the_server_stops_in_the_middle(folder):
    server = Server(folder)
    client = server.client(folder.admin)
    load(client, ("kept.csv", CLIENTS), name="kept")
    answer = upload(client, ("big.csv", long_csv()), name="big")
    assert answer.status_code == 202, answer.text
    job = answer.json()["job"]["id"]
    server.stop()
    assert len(stored(folder)) == 1
    server = Server(folder)
    try:
        client = server.client(folder.admin)
        assert [d["name"] for d in client.get("/api/v1/datasets").json()["items"]] == ["kept"]
        assert client.get(f"/api/v1/jobs/{job}").json()["state"] in ("cancelled", "failed")
        load(client, ("small.csv", CLIENTS), name="big")
    finally:
        server.stop()
