"""kill -9 in the middle of writes: what was acknowledged is there after a restart, and nothing half is."""
import random
import threading

import pytest
import requests
from loading import load, stored, upload
from program import Server

WRITERS = 3


def write_until_it_breaks(client, prefix, acknowledged, wrong):
    """Makes organisations, one after the other; each is one transaction of two rows: its own and its audit row."""
    number = 0
    while not wrong:
        try:
            answer = client.post("/api/v1/orgs", json={"name": f"{prefix} {number}"})
        except requests.RequestException:
            return
        if answer.status_code == 201:
            acknowledged.append(answer.json()["org"]["id"])
        else:
            wrong.append(answer.text)
        number += 1


def every(client, path):
    """All items of a list, page by page."""
    items, cursor = [], ""
    while cursor is not None:
        page = client.get(path, params={"limit": 1000} | ({"cursor": cursor} if cursor else {})).json()
        items += page["items"]
        cursor = page["next"]
    return items


def check(folder, server, acknowledged):
    client = server.client(folder.admin)
    orgs = {o["id"] for o in every(client, "/api/v1/orgs")}
    assert set(acknowledged) <= orgs
    audited = {e["object_id"] for e in every(client, "/api/v1/audit?action=org_create")}
    assert orgs <= audited, "an organisation without its audit row"
    assert len(audited) == len(orgs), "an audit row without its organisation"


@pytest.mark.kill
def test_writes(folder, kills):
    moments = random.Random(5)
    acknowledged, wrong = [], []
    for kill in range(kills):
        server = Server(folder)
        check(folder, server, acknowledged)
        client = server.client(folder.admin)
        writers = [threading.Thread(target=write_until_it_breaks, args=(client, f"{kill}-{i}", acknowledged, wrong))
                   for i in range(WRITERS)]
        timer = threading.Timer(moments.uniform(0.05, 0.5), server.kill)
        for thread in (*writers, timer):
            thread.start()
        for thread in (*writers, timer):
            thread.join()
        assert not wrong
    server = Server(folder)
    try:
        check(folder, server, acknowledged)
    finally:
        server.stop()
    assert len(acknowledged) >= kills
    folder.cli("check")


def people(n, prefix):
    lines = "".join(f"{prefix}{i},Иванов Иван {i},19{50 + i % 50}-05-01,Вклад {i % 7}\n" for i in range(n))
    return ("id,full_name,birth_date,product\n" + lines).encode()


def in_use(client, dataset):
    """What somebody sees: rows by SQL, customers by the cards, and the version that waits."""
    shown = client.get(f"/api/v1/datasets/{dataset}").json()
    rows = client.post("/api/v1/query", json={"sql": "SELECT count(*) FROM people"}).json()["rows"][0]
    first = client.get(f"/api/v1/datasets/{dataset}/rows?limit=1").json()["items"][0]["id"]
    customers = client.get(f"/api/v1/datasets/{dataset}/customers?sort=file").json()
    return shown, rows[0], first, customers["total"], customers["items"][0]["id"]


def try_step(step):
    """Where a dying server leaves the caller is no matter; what it leaves in the folder is."""
    try:
        step()
    except requests.RequestException:
        pass


@pytest.mark.kill
def test_confirming(folder, kills):
    """Killed while a version is read, confirmed or thrown away: the old one or the new one, whole; nothing lies about."""
    moments = random.Random(7)
    server = Server(folder)
    client = server.client(folder.admin)
    dataset = load(client, ("people.csv", people(3000, "a")), name="people")["id"]
    path, outcomes = f"/api/v1/datasets/{dataset}/versions", set()
    for kill in range(3 * kills):
        new = people(2000 + kill, "b" if kill % 2 else "c")
        mode = "upsert" if kill % 4 == 1 else "replace"
        before = in_use(client, dataset)
        at, waiting = path, before[0]["waiting"]
        if kill % 3 == 0 and not waiting:  # while the file is read
            def step(client=client, new=new, mode=mode):
                upload(client, ("people.csv", new), path=path, mode=mode, confirm="later")
        else:
            if not waiting:
                answer = upload(client, ("people.csv", new), path=path, mode=mode, confirm="later")
                waiting = client.wait_for_job(answer.json()["job"]["id"])["result"]["number"]
            at = f"{path}/{waiting}"
            waits = client.get(at).json()["rows"]
            last = kill % 5 == 4

            def step(client=client, at=at, last=last):
                client.delete(at) if last else client.post(at + "/confirm")
        worker = threading.Thread(target=try_step, args=(step,))
        timer = threading.Timer(moments.uniform(0.0, 0.6), server.kill)
        for thread in (timer, worker):
            thread.start()
        for thread in (timer, worker):
            thread.join()
        server = Server(folder)
        client = server.client(folder.admin)
        after = in_use(client, dataset)
        shown, rows, first, customers, card = after
        assert rows == customers == shown["rows"] and first == card, "rows of one version, customers of another"
        if rows != before[1] or first != before[2]:
            assert at != path and rows == waits and shown["waiting"] is None
            outcomes.add("new")
        elif shown["waiting"]:
            whole = client.get(f"{path}/{shown['waiting']}").json()
            assert whole["state"] == "ready" and whole["rows"] == client.get(
                f"{path}/{shown['waiting']}/rows?limit=1").json()["total"]
            outcomes.add("old, waits")
        else:
            outcomes.add("old")
        versions = len(shown["versions"])
        assert len(stored(folder)) == versions, "a file without a version, or a version without its file"
    server.stop()
    folder.cli("check")
    assert len(outcomes) >= 2, outcomes
