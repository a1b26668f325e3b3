"""kill -9 in the middle of writes: what was acknowledged is there after a restart, and nothing half is."""
import random
import threading

import pytest
import requests
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
