"""What only a voucher list in MongoDB has: it is away, slow, stopped in the middle of a scan, refuses, speaks TLS."""
import socket
import threading
import time
from pathlib import Path

import pytest
from loading import load
from mongo_wire import command
from mongodb import MongoServer, free_port
from test_vouchers import PEOPLE, SPENDING, error, everything, names, scan

QUICK = {"VITRINA_MONGODB_SERVER_SELECTION_TIMEOUT_MS": 500, "VITRINA_MONGODB_SOCKET_TIMEOUT_MS": 5000}


@pytest.fixture(scope="module")
def mongo():
    server = MongoServer()
    yield server
    server.remove()


@pytest.fixture
def restarting_mongo():
    server = MongoServer()
    yield server
    server.remove()


def start(start_server, folder, uri, **more):
    server = start_server(VITRINA_MONGODB_URI=uri, **(QUICK | more))
    client = server.client(folder.admin)
    if not client.get("/api/v1/datasets").json()["total"]:
        load(client, ("people.csv", PEOPLE.encode()), ("spending.csv", SPENDING.encode()), name="shop")
    return server, client


def test_away(start_server, folder):
    _, client = start(start_server, folder, f"mongodb://somebody:Se8cretWord@127.0.0.1:{free_port()}/shop")
    for ask in (lambda: client.get("/vouchers"), lambda: client.post("/vouchers/scan"),
                lambda: client.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 3000}),
                lambda: client.post("/write_to_mongodb", json=[{"user_id": i, "total_spending": 3000} for i in (1, 2)])):
        assert "MongoDB" in error(ask(), 503, "mongodb_away")["message"]
    assert client.get("/total_spent/1").json()["total_spent"] == 10
    began = time.monotonic()
    for _ in range(20):
        error(client.get("/vouchers"), 503)
    assert time.monotonic() - began < 15, "each of them waits for the whole timeout"


def test_comes_back(start_server, folder, restarting_mongo):
    server, client = start(start_server, folder, restarting_mongo.uri())
    assert client.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 3000}).status_code == 201
    restarting_mongo.stop(kill=True)
    error(client.get("/vouchers"), 503)
    error(client.post("/write_to_mongodb", json=[{"user_id": i, "total_spending": 3000} for i in range(1, 9)]), 503)
    error(client.post("/vouchers/scan"), 503)
    restarting_mongo.start()
    wait_until(lambda: client.get("/vouchers").status_code == 200)
    assert everything(client) == {1: 3000}
    assert scan(client)["state"] == "done"
    assert len(everything(client)) == 101


def wait_until(true, seconds=60):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_restarted_in_the_middle_of_a_scan(start_server, folder, restarting_mongo):
    """Nobody ever sees a part of the list, and no customer is in it twice."""
    server, client = start(start_server, folder, restarting_mongo.uri())
    big = "user_id,money_spent,year\n" + "".join(f"{i},{2500 + i},2023\n" for i in range(1, 3001))
    load(client, ("big.csv", big.encode()), name="big")
    seen = set()
    stop = threading.Event()

    def watch():
        reader = type(client)(client.url)
        reader.cookies.update(client.cookies)
        while not stop.is_set():
            answer = reader.get("/vouchers", params={"limit": 1})
            seen.add(answer.json()["total"] if answer.status_code == 200 else answer.status_code)
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        job = client.post("/vouchers/scan").json()["job"]["id"]
        wait_until(lambda: client.get(f"/api/v1/jobs/{job}").json()["progress"] > 0.1)
        time.sleep(0.5)
        restarting_mongo.stop(kill=True)
        assert client.get(f"/api/v1/jobs/{job}").json()["state"] == "running"
        time.sleep(1)
        restarting_mongo.start()
        done = client.wait_for_job(job)
        assert done["state"] == "done" and done["result"]["found"] == 3000, done
    finally:
        stop.set()
        watcher.join()
    assert seen <= {0, 503, 3000}, seen
    assert everything(client, 1000) == {i: 2500 + i for i in range(1, 3001)}


def test_killed_in_the_middle_of_a_scan(start_server, folder, restarting_mongo):
    """A power cut of the server itself: who asks next is shown nothing before the list is whole."""
    server, client = start(start_server, folder, restarting_mongo.uri())
    big = "user_id,money_spent,year\n" + "".join(f"{i},{2500 + i},2023\n" for i in range(1, 3001))
    load(client, ("big.csv", big.encode()), name="big")
    job = client.post("/vouchers/scan").json()["job"]["id"]
    wait_until(lambda: client.get(f"/api/v1/jobs/{job}").json()["progress"] > 0.1)
    time.sleep(0.5)
    server.kill()
    _, again = start(start_server, folder, restarting_mongo.uri())
    seen = set()

    def whole():
        answer = again.get("/vouchers", params={"limit": 1})
        seen.add(answer.json()["total"] if answer.status_code == 200 else answer.status_code)
        return answer.status_code == 200

    wait_until(whole)
    assert seen <= {503, 3000} and 3000 in seen, seen
    assert len(everything(again, 1000)) == 3000


def test_slow(start_server, folder):
    """A server that takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _, client = start(start_server, folder, f"mongodb://127.0.0.1:{silent.getsockname()[1]}/shop")
        began = time.monotonic()
        error(client.get("/vouchers"), 503)
        assert time.monotonic() - began < 10


def test_refuses_writes(start_server, folder, mongo):
    """A collection whose unique index cannot be made: somebody else's doubles are in it."""
    database = next(names)
    command(mongo.port, {"insert": "vouchers", "documents": [{"user_id": 1, "org": 7}, {"user_id": 1, "org": 7}],
                         "$db": database})
    _, client = start(start_server, folder, mongo.uri(database))
    error(client.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 3000}), 503, "mongodb_failed")
    error(client.post("/write_to_mongodb", json=[{"user_id": i, "total_spending": 3000} for i in (1, 2)]), 503)
    job = client.post("/vouchers/scan").json()["job"]["id"]
    client.delete(f"/api/v1/jobs/{job}")
    assert client.wait_for_job(job)["state"] in ("failed", "cancelled")
    assert client.get("/vouchers").json()["total"] == 0


def test_what_is_stored(start_server, folder, mongo):
    database = next(names)
    _, client = start(start_server, folder, mongo.uri(database), VITRINA_MONGODB_COLLECTION="rich")
    client.post("/write_to_mongodb", json={"user_id": 7, "total_spending": 2345.67})
    client.post("/write_to_mongodb", json={"user_id": 7, "total_spending": 2345.68})
    found = command(mongo.port, {"find": "rich", "filter": {}, "$db": database})["cursor"]["firstBatch"]
    assert len(found) == 1
    assert (found[0]["user_id"], found[0]["total_spending"]) == (7, 2345.68)
    indexes = command(mongo.port, {"listIndexes": "rich", "$db": database})["cursor"]["firstBatch"]
    assert [(i["key"], i["unique"]) for i in indexes if i.get("unique")] == [({"user_id": 1, "org": 1}, True)]
    # A document of the same customer that somebody else has put in under an _id of its own is updated, not doubled.
    command(mongo.port, {"insert": "rich", "documents": [{"user_id": 8, "org": found[0]["org"]}], "$db": database})
    assert client.post("/write_to_mongodb", json={"user_id": 8, "total_spending": 4000}).status_code == 200
    assert everything(client) == {7: 2345.68, 8: 4000}
    # What has no form of ours is left out of the list.
    command(mongo.port, {"insert": "rich", "documents": [{"user_id": 9, "org": found[0]["org"], "total_spending": "x"}],
                         "$db": database})
    assert [i["user_id"] for i in client.get("/vouchers").json()["items"]] == [7, 8]


def test_tls(start_server, folder):
    server = MongoServer(tls=True)
    try:
        _, client = start(start_server, folder, server.uri(options=f"?tls=true&tlsCAFile={server.folder}/cert.pem"))
        assert client.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 3000}).status_code == 201
        assert everything(client) == {1: 3000}
    finally:
        server.remove()


@pytest.mark.parametrize("tls", [False, True])
def test_credentials(start_server, folder, tls):
    """Name and password by the URI, over TLS too; a wrong one is told as such, and neither stands anywhere."""
    server = MongoServer(tls=tls, account=("till", "Se8cretWord"))
    options = "?authSource=admin" + (f"&tls=true&tlsCAFile={server.folder}/cert.pem" if tls else "")
    try:
        ours, client = start(start_server, folder, f"mongodb://till:Se8cretWord@127.0.0.1:{server.port}/shop{options}",
                             VITRINA_LOG_LEVEL="debug")
        assert client.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 3000}).status_code == 201
        assert everything(client) == {1: 3000}
        ours.stop()
        for who in ("till:wr0ngWord@", "nobody:Se8cretWord@", ""):
            other, client = start(start_server, folder, f"mongodb://{who}127.0.0.1:{server.port}/shop{options}",
                                  VITRINA_LOG_LEVEL="debug")
            said = error(client.get("/vouchers"), 503, "mongodb_refused")["message"]
            error(client.post("/write_to_mongodb", json={"user_id": 2, "total_spending": 3000}), 503, "mongodb_refused")
            other.stop()
            for secret in ("Se8cretWord", "wr0ngWord"):
                assert secret not in said + ours.read_log() + other.read_log()
    finally:
        server.remove()


def test_tls_of_a_stranger(start_server, folder):
    """A certificate that nobody vouches for is refused."""
    server = MongoServer(tls=True)
    try:
        _, client = start(start_server, folder, server.uri(options="?tls=true"))
        error(client.get("/vouchers"), 503)
        error(client.post("/write_to_mongodb", json={"user_id": 1, "total_spending": 3000}), 503)
    finally:
        server.remove()


@pytest.mark.parametrize("name, value", [
    ("VITRINA_MONGODB_URI", "http://127.0.0.1/Se8cretWord"), ("VITRINA_MONGODB_URI", "mongodb://u:Se8cretWord@"),
    ("VITRINA_MONGODB_COLLECTION", "a$b"), ("VITRINA_MONGODB_COLLECTION", "system.users"),
    ("VITRINA_MONGODB_SOCKET_TIMEOUT_MS", "0"),
])
def test_wrong_settings(folder, name, value):
    env = {"VITRINA_MONGODB_URI": "mongodb://127.0.0.1:1/x"} | {name: value}
    done = folder.cli("serve", "--listen", "127.0.0.1:0", status=None, **env)
    assert done.status == 2 and name.lower().removeprefix("vitrina_") in done.stderr
    assert "Se8cretWord" not in done.stderr + done.stdout


def test_the_driver_is_loaded_when_it_is_needed(start_server, folder):
    """Not by a server that keeps its list in the store, nor by any command: it would leave its traces in /dev/shm."""
    def loaded(server):
        return "libmongoc" in Path(f"/proc/{server.process.pid}/maps").read_text()

    plain = start_server()
    assert plain.client(folder.admin).get("/vouchers").status_code == 200 and not loaded(plain)
    plain.stop()
    with_uri = start_server(VITRINA_MONGODB_URI=f"mongodb://127.0.0.1:{free_port()}/shop")
    assert loaded(with_uri)


def test_the_secret_is_nowhere(start_server, folder):
    port = free_port()
    server, client = start(start_server, folder, f"mongodb://u:Se8cretWord@127.0.0.1:{port}/shop",
                           VITRINA_LOG_LEVEL="debug")
    error(client.get("/vouchers"), 503)
    server.stop()
    said = server.read_log() + server.out.read_text() + folder.cli("config", status=None).stdout
    assert "Se8cretWord" not in said and "mongodb_failed" in said
