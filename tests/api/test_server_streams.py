"""Streams both ways: uploads, downloads, event streams, forms, and clients that go away."""
import json
import os
import socket
import struct

import pytest
from bare_server import BareServer, eventually, wire

pytestmark = pytest.mark.server


@pytest.fixture(scope="module", params=[1, 3], ids=["one loop", "three loops"])
def server(request):
    s = BareServer(loops=request.param, sse_ms=200)
    yield s
    s.stop()


def fnv(data):
    h = 14695981039346656037
    for b in data:
        h = (h ^ b) * 1099511628211 % 2**64
    return str(h >> 1)


def test_upload(server):
    body = os.urandom(300000)
    expected = {"bytes": len(body), "hash": fnv(body)}
    assert server.request("POST", "/upload", data=body).json() == expected
    assert server.request("POST", "/upload", data=(body[i:i + 7777] for i in range(0, len(body), 7777))).json() == expected
    assert server.request("POST", "/upload", data=b"").json()["bytes"] == 0
    with wire(server) as w:  # the connection lives on, whatever the chunks were
        for size in (1, 100, 65536):
            w.send(b"POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for i in range(0, 50000 if size > 1 else 500, size):
                piece = body[i:i + size]
                w.send(b"%x\r\n" % len(piece) + piece + b"\r\n")
            w.send(b"0\r\n\r\n")
            assert w.answer().status == 200


def test_upload_is_not_held_in_memory(server):
    def memory():
        with open(f"/proc/{server.process.pid}/status") as f:
            return int(next(line for line in f if line.startswith("VmRSS")).split()[1])

    before, n = memory(), 60
    body = (b"x" * 1000000 for _ in range(n))
    assert server.request("POST", "/upload", data=body).json()["bytes"] == n * 1000000
    assert memory() - before < 20000  # kB


def test_download(server):
    for n in (0, 1, 10000, 262144, 12345678):
        a = server.get(f"/download?n={n}")
        assert a.headers["Transfer-Encoding"] == "chunked"
        pattern = bytes(range(ord("a"), ord("a") + 25))
        assert a.content == (pattern * (n // 25 + 1))[:n]
    with wire(server) as w:
        for _ in range(3):
            w.send(b"GET /download?n=100 HTTP/1.1\r\nHost: x\r\n\r\n")
            assert len(w.answer().body) == 100


def test_a_broken_answer_is_seen(server):
    with wire(server) as w:
        w.send(b"GET /download?n=1000000&cut=1 HTTP/1.1\r\nHost: x\r\n\r\n")
        w.until(b"\r\n\r\n")
        while w.fill():
            pass
        assert not w.data.endswith(b"0\r\n\r\n")  # cut, not ended
    assert server.wait_for_log("event=stream_failed .*Broke off")


def test_an_answer_before_the_end_of_the_body(server):
    """The refusal arrives though megabytes of the body are still on their way."""
    with wire(server) as w:
        w.send(b"POST /upload?refuse=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n")
        for _ in range(20):
            if w.send(b"x" * 1000000) is None:
                break
        a = w.answer()
        assert (a.status, a.headers["connection"]) == (403, "close")
    with wire(server) as w:  # a small body is read to its end, so the connection can stay
        w.send(b"POST /upload?refuse=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
        assert w.answer().status == 403


def test_events(server):
    a = server.get("/events?n=3")
    assert a.headers["Content-Type"] == "text/event-stream"
    assert a.text == "".join(f"event: tick\ndata: line {i}\ndata: second\n\n" for i in range(3))


def test_heartbeat(server):
    with wire(server) as w:
        w.send(b"GET /events?n=2&ms=700 HTTP/1.1\r\nHost: x\r\n\r\n")
        a = w.answer()
        between = a.body.split(b"second\n\n")[1]
        assert between.startswith(b":\n\n")  # comments in the silence, between whole events


@pytest.mark.parametrize("path", ["/sleep?ms=20000", "/events?n=1000000&ms=5", "/download?n=1000000000000",
                                  "/events?n=1000&ms=5000"])
@pytest.mark.parametrize("reset", [False, True])
def test_client_gone(server, path, reset):
    before = server.counts()["cancelled"]
    w = wire(server)
    w.send(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    if not path.startswith("/sleep"):
        w.until(b"\r\n\r\n")
    if reset:
        w.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    w.sock.close()
    eventually(lambda: server.counts()["cancelled"] == before + 1)


def test_upload_breaks_off(server):
    before = server.counts()["cancelled"]
    for head in (b"Content-Length: 100000", b"Transfer-Encoding: chunked"):
        with wire(server) as w:
            w.send(b"POST /upload HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n5\r\nabcde\r\n")
            w.sock.shutdown(socket.SHUT_WR)
            a = w.answer()
            assert (a.status, json.loads(a.body)["error"]["code"]) == (400, "incomplete")
    assert server.counts()["cancelled"] == before + 2


def test_form(server):
    big = os.urandom(1000000)
    a = server.request("POST", "/form", data={"name": "Клиенты", "mode": "append"},
                       files={"file": ("base.csv", big, "text/csv"), "second": ("тест.xlsx", b"\r\n--\r\n")})
    assert a.status_code == 200
    assert sorted((p["name"], p["filename"], p["type"], p["bytes"]) for p in a.json()) == sorted([
        ("name", "", "text/plain", 14), ("mode", "", "text/plain", 6), ("file", "base.csv", "text/csv", 1000000),
        ("second", "тест.xlsx", "text/plain", 6)])


def form(*parts, boundary=b"XX", end=b"--XX--\r\n"):
    return b"".join(b"--" + boundary + b"\r\n" + p + b"\r\n" for p in parts) + end


def post_form(server, body, type=b"multipart/form-data; boundary=XX"):
    with wire(server) as w:
        w.send(b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Type: " + type +
               b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        return w.answer()


PART = b'Content-Disposition: form-data; name="a"\r\n\r\nvalue'


@pytest.mark.parametrize("body, parts", [
    (form(PART), [("a", "", 5)]),
    (form(PART, end=b"--XX--"), [("a", "", 5)]),
    (form(PART, end=b"--XX--\r\nepilogue"), [("a", "", 5)]),
    (form(), []),
    (form(PART.replace(b'"a"', b"a")), [("a", "", 5)]),
    (form(b'content-disposition:form-data;name="a";filename="C:\\dir\\f.csv"\r\nX: y\r\n\r\n\r\n--X\r\n'), [("a", "f.csv", 7)]),
    (form(b'Content-Disposition: form-data; name="a\\"b"; filename="../../etc/passwd"\r\n\r\n'), [('a"b', "passwd", 0)]),
    (form(PART, PART), [("a", "", 5)] * 2),
])
def test_good_forms(server, body, parts):
    a = post_form(server, body)
    assert a.status == 200, a
    assert [(p["name"], p["filename"], p["bytes"]) for p in json.loads(a.body)] == parts


@pytest.mark.parametrize("body, type, status", [
    (form(PART), b"application/json", 415),
    (form(PART), b"multipart/mixed; boundary=XX", 415),
    (form(PART), b"multipart/form-data", 400),
    (form(PART), b"multipart/form-data; boundary=", 400),
    (form(PART), b"multipart/form-data; boundary=" + b"X" * 71, 400),
    (form(PART), b"multipart/form-data; boundary=XX; boundary=YY", 400),
    (form(PART), b'multipart/form-data; boundary="XX', 400),
    (b"", None, 400),
    (b"--XX", None, 400),
    (b"--XX\r\n", None, 400),
    (b"preamble\r\n" + form(PART), None, 400),
    (form(PART, end=b""), None, 400),
    (form(PART, end=b"--XX"), None, 400),
    (form(PART, end=b"--XX\r\n"), None, 400),
    (form(PART, end=b"--XXY\r\n"), None, 400),
    (form(b"value"), None, 400),
    (form(b"\r\nvalue"), None, 400),
    (form(b"Content-Disposition: form-data\r\n\r\nvalue"), None, 400),
    (form(b'Content-Disposition: attachment; name="a"\r\n\r\nvalue'), None, 400),
    (form(b'Content-Disposition: form-data; name="a\r\n\r\nvalue'), None, 400),
    (form(b'Content-Disposition: form-data; name="a"; name="b"\r\n\r\nvalue'), None, 400),
    (form(b'Content-Disposition: form-data; name="\xff"\r\n\r\nvalue'), None, 400),
    (form(PART.replace(b"\r\n\r\n", b"\r\n folded\r\n\r\n")), None, 400),
    (form(PART.replace(b"\r\n\r\n", b"\n\n")), None, 400),
    (form(PART.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n")), None, 400),
    (form(PART.replace(b"\r\n\r\n", b"\r\nX: " + b"a" * 9000 + b"\r\n\r\n")), None, 400),
    (form(*[PART] * 65), None, 400),
])
def test_wrong_forms(server, body, type, status):
    a = post_form(server, body, type or b"multipart/form-data; boundary=XX")
    assert a.status == status, a


def test_query_is_read_on_a_stream_route_too(server):
    assert server.get("/download?n=x").status_code == 422
