"""Imports on a full disk, and in a server that is killed."""
import random
import threading

import pytest
from loading import CLIENTS, big_csv, load, query, stored, upload
from program import Server


def test_disk_full(small_disk):
    server = Server(small_disk)
    try:
        client = server.client(small_disk.admin)
        kept = load(client, ("kept.csv", CLIENTS), name="kept")
        before = stored(small_disk)
        answer = upload(client, ("big.csv", big_csv(30)), name="big")  # the spool does not hold it
        assert answer.status_code == 500 and answer.json()["error"]["code"] == "disk_full", answer.text
        assert stored(small_disk) == before
        answer = upload(client, ("big.csv", big_csv(21)), name="big")  # the segment beside the spool does not fit
        if answer.status_code == 202:
            job = client.wait_for_job(answer.json()["job"]["id"])
            assert job["state"] == "failed" and job["error"]["code"] == "disk_full", job
        else:
            assert answer.json()["error"]["code"] == "disk_full", answer.text
        assert stored(small_disk) == before
        assert client.get("/api/v1/datasets").json()["total"] == 1
        assert query(client, "SELECT count(*) FROM kept")["rows"] == [[3]]
        again = load(client, ("again.csv", CLIENTS), name="big")
        assert again["rows"] == 3 and client.get(f"/api/v1/datasets/{kept['id']}").json()["rows"] == 3
    finally:
        server.stop()


@pytest.mark.kill
def test_killed_at_any_moment(folder, kills):
    """What was said to be done is there after a restart; what was not is there whole or not at all."""
    r = random.Random(7)
    data = big_csv(3)
    rows = data.count(b"\n")
    acknowledged = {}
    for i in range(kills):
        server = Server(folder)
        client = server.client(folder.admin)
        check_after_restart(client, folder, acknowledged, rows)
        timer = threading.Timer(r.uniform(0.02, 1.0), server.kill)
        timer.start()
        try:
            answer = upload(client, ("k.csv", data), name=f"k{i}")
            if answer.status_code == 202:
                job = client.wait_for_job(answer.json()["job"]["id"])
                if job["state"] == "done":
                    acknowledged[f"k{i}"] = rows
                    # And an append over it, cut off somewhere.
                    upload(client, ("k.csv", data), path=f"/api/v1/datasets/{answer.json()['dataset']['id']}/versions",
                           mode="append")
        except (OSError, ValueError):  # the connection broke, as it should
            pass
        timer.join()
        server.kill()
    server = Server(folder)
    try:
        check_after_restart(server.client(folder.admin), folder, acknowledged, rows)
    finally:
        server.stop()


def check_after_restart(client, folder, acknowledged, rows):
    listed = client.get("/api/v1/datasets?limit=1000").json()["items"]
    assert set(acknowledged) <= {d["name"] for d in listed}
    segments = 0
    for d in listed:
        assert d["state"] == "ready" and d["rows"] in (rows, 2 * rows), d
        segments += d["rows"] // rows
        assert query(client, f'SELECT count(*) FROM "{d["name"]}"')["rows"] == [[d["rows"]]]
    assert len(stored(folder)) == segments
    # Few at a time, so that many rounds stay quick.
    for d in listed[3:]:
        assert client.delete(f"/api/v1/datasets/{d['id']}").status_code == 204
        acknowledged.pop(d["name"], None)
