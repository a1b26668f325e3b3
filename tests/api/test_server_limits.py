"""Limits: slow and large requests, too many connections, a full queue."""
import json
import select
import socket
import threading
import time

import pytest
from bare_server import BareServer, Wire, ask, eventually, wire

pytestmark = pytest.mark.server

GET = b"GET /inline HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def start():
    started = []

    def run(*args, **settings):
        started.append(BareServer(*args, **settings))
        return started[-1]

    yield run
    for s in started:
        s.stop()


@pytest.fixture(scope="module")
def server():
    s = BareServer()
    yield s
    s.stop()


@pytest.mark.parametrize("size, status", [(8000, 404), (8192 + 100, 414), (100000, 414)])
def test_long_addresses(server, size, status):
    [a] = ask(server, b"GET /" + b"a" * size + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert a.status == status


@pytest.mark.parametrize("size, status", [(30000, 200), (33000, 431), (300000, 431)])
def test_long_headers(server, size, status):
    [a] = ask(server, b"GET /inline HTTP/1.1\r\nHost: x\r\nConnection: close\r\nA: " + b"a" * size + b"\r\n\r\n")
    assert a.status == status


def test_long_headers_without_an_end(server):
    for text, status in ((b"GET /" + b"a" * 200000, 414), (b"GET / HTTP/1.1\r\nA: " + b"a" * 200000, 431)):
        with wire(server) as w:
            w.send(text)
            assert w.answer().status == status


@pytest.mark.parametrize("n, status", [(99, 200), (100, 431), (3000, 431)])
def test_many_headers(server, n, status):
    request = b"GET /inline HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * n + b"\r\n"
    assert ask(server, request)[0].status == status


def test_slow_header(start):
    server = start(header_ms=400, idle_ms=60000)
    with wire(server) as w:
        for c in GET[:-2]:  # one byte at a time does not help
            if w.send(bytes([c])) is None:
                break
            time.sleep(0.03)
        a = w.answer()
        assert (a.status, json.loads(a.body)["error"]["code"]) == (408, "timeout")
        assert w.answer() is None
    with wire(server) as w:
        assert w.closed()  # nothing was ever sent
    with wire(server) as w:
        w.send(GET)
        assert w.answer().status == 200
        w.send(b"GET /inl")
        assert w.answer().status == 408


def test_idle(start):
    server = start(idle_ms=300)
    with wire(server) as w:
        w.send(GET)
        assert w.answer().status == 200
        assert w.closed()


@pytest.mark.parametrize("path", [b"/show/x", b"/upload"])
def test_slow_body(start, path):
    server = start(body_rate_ms=400)
    with wire(server) as w:
        w.send(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        stop = threading.Event()

        def trickle():
            while not stop.wait(0.02) and w.send(b"a") is not None:
                pass

        sender = threading.Thread(target=trickle)
        sender.start()
        a = w.answer()
        stop.set()
        sender.join()
        assert (a.status, json.loads(a.body)["error"]["code"]) == (408, "timeout")


def test_a_slow_handler_is_not_a_slow_client(start):
    """While the handler does not read, the client cannot send: that is not its fault."""
    server = start(body_rate_ms=200)
    body = b"x" * 1500000
    a = server.request("POST", "/upload?slow=10", data=body)
    assert a.json()["bytes"] == len(body)


def test_a_client_that_does_not_read(start):
    server = start(idle_ms=500)
    with wire(server) as w:
        w.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        w.send(b"GET /download?n=1000000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert eventually(lambda: server.counts()["cancelled"] == 1)


def test_a_client_that_reads_slowly_gets_all(start):
    server = start(idle_ms=2000)
    with wire(server) as w:
        w.send(b"GET /download?n=3000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)
        assert len(w.answer().body) == 3000000


def test_connections_in_all(start):
    server = start(connections=4)
    held = [wire(server) for _ in range(4)]
    for w in held:
        w.send(GET)
        assert w.answer().status == 200
    with wire(server) as w:
        a = w.answer()
        assert (a.status, a.headers["retry-after"]) == (503, "1")
        assert json.loads(a.body)["error"]["code"] == "overloaded"
        assert w.answer() is None
    held.pop().sock.close()
    assert eventually(lambda: _open(server))
    for w in held:
        w.sock.close()


def _open(server):
    with wire(server) as w:
        w.send(GET)
        a = w.answer()
        return a is not None and a.status == 200


def test_connections_of_one_address(start):
    server = start(per_address=3, loops=2)
    held = [wire(server) for _ in range(3)]
    for w in held:
        w.send(GET)
        assert w.answer().status == 200
    with wire(server) as w:
        assert w.answer().status == 503
    other = socket.create_connection(("127.0.0.1", server.port), source_address=("127.0.0.2", 0), timeout=30)
    with Wire(other) as w:
        w.send(GET)
        assert w.answer().status == 200
    held.pop().sock.close()
    assert eventually(lambda: _open(server))
    for w in held:
        w.sock.close()


def test_full_queue(start):
    server = start(workers=1, queue=1)
    held = [wire(server) for _ in range(2)]
    held[0].send(b"GET /sleep?ms=20000 HTTP/1.1\r\nHost: x\r\n\r\n")

    def figure(name):
        return int(next(line for line in server.get("/figures").text.splitlines() if line.startswith(name)).split()[1])

    eventually(lambda: figure("vitrina_workers_busy") == 1)
    held[1].send(b"GET /sleep?ms=0 HTTP/1.1\r\nHost: x\r\n\r\n")
    eventually(lambda: figure("vitrina_workers_waiting") == 1)
    a = server.get("/small")
    assert (a.status_code, a.headers["Retry-After"]) == (503, "1")
    assert a.json()["error"]["code"] == "overloaded"
    assert server.get("/inline").status_code == 200  # the loop still answers what it can
    assert server.get("/healthz").status_code == 200
    held[0].sock.close()  # the client goes: its worker is free again
    assert held[1].answer().status == 200
    assert server.get("/small").status_code == 200
    assert figure("vitrina_http_turned_away_total") == 1
    held[1].sock.close()


def test_stream_threads(start):
    """Every thread with an event stream: ordinary requests do not notice, one more stream waits its turn."""
    server = start(stream_threads=2)
    held = [wire(server) for _ in range(2)]
    for w in held:
        w.send(b"GET /events?n=1000000&ms=10 HTTP/1.1\r\nHost: x\r\n\r\n")
        w.until(b"data: line 0")
    assert server.get("/small").status_code == 200
    with wire(server) as waiting:
        waiting.send(b"GET /download?n=10 HTTP/1.1\r\nHost: x\r\n\r\n")
        held.pop().sock.close()
        assert waiting.answer().status == 200
    held.pop().sock.close()


def test_bodies_of_everybody_together(start):
    """1 MiB a request, 256 MiB in all: what is above is refused, and room comes back."""
    server = start(per_address=1000)
    held = {}
    for _ in range(300):
        w = wire(server)
        w.send(b"POST /show/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n", b"x" * 1048000)
        held[w.sock] = w

    def refused():
        return len(select.select(list(held), [], [], 0.1)[0]) >= 300 - 257

    eventually(refused)
    for sock in select.select(list(held), [], [], 0)[0]:
        assert held[sock].answer().status == 503
    for sock in held:
        sock.close()
    eventually(lambda: server.request("POST", "/show/x", data=b"x" * 1000000).status_code == 200)
