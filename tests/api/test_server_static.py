"""The embedded page: compressed forms, ETags, ranges, addresses inside the page."""
import gzip

import pytest
from bare_server import ROOT, BareServer, wire

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def server():
    s = BareServer()
    yield s
    s.stop()


@pytest.fixture(scope="module")
def plain(server):
    """A text file large enough to have a compressed form, and its bytes. Whichever page is built in has an index."""
    return "/index.html", server.get("/index.html", headers={"Accept-Encoding": "identity"}).content


def test_files(server, plain):
    path, data = plain
    a = server.get(path)
    assert a.headers["Content-Type"] == "text/html; charset=utf-8"
    assert a.content == data
    assert server.get("/").content == data
    assert any((ROOT / f / "index.html").exists() and (ROOT / f / "index.html").read_bytes() == data
               for f in ("web/dist", "web/static"))
    assert b"<script>" not in data and b"style=" not in data  # the policy would forbid them


@pytest.mark.parametrize("accept, compressed", [
    (None, False), ("", False), ("gzip", True), ("GZIP", True), ("deflate, gzip, br", True), ("*", True),
    ("identity", False), ("gzip;q=0", False), ("gzip;q=0.0, *", False), ("*;q=0", False), ("gzip; q=0.5", True),
    ("gzip;q=0.5, identity", False), ("gzip;q=1.0, identity;q=0.5", True), ("identity;q=0.5, *;q=1", True), ("br", False),
    ("gzip;q=2", False), ("gzip;q=", False), ("gzip;x=1", False), ("x-gzip", True), (",,gzip,,", True),
])
def test_compression(server, plain, accept, compressed):
    path, data = plain
    header = f"Accept-Encoding: {accept}\r\n" if accept is not None else ""
    with wire(server) as w:
        w.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n{header}\r\n".encode())
        a = w.answer()
    assert (a.headers.get("content-encoding") == "gzip") is compressed
    assert (gzip.decompress(a.body) if compressed else a.body) == data
    assert a.headers["vary"] == "Accept-Encoding"


def test_etags(server, plain):
    path, data = plain
    zipped = server.get(path).headers["ETag"]
    tag = server.get(path, headers={"Accept-Encoding": "identity"}).headers["ETag"]
    assert zipped != tag and tag[0] == tag[-1] == '"'
    for value in (tag, zipped, f"W/{tag}", f'"a", {tag}', "*", f'"a",W/"b",{zipped}'):
        a = server.get(path, headers={"If-None-Match": value})
        assert (a.status_code, a.content) == (304, b"")
        assert a.headers["ETag"] and a.headers["X-Request-Id"] and "Content-Length" not in a.headers
    for value in ('"a"', tag.strip('"'), "", tag + "x"):
        assert server.get(path, headers={"If-None-Match": value}).status_code == 200


@pytest.mark.parametrize("value, part", [
    ("bytes=0-0", slice(0, 1)), ("bytes=0-9", slice(0, 10)), ("bytes=5-", slice(5, None)), ("bytes=-7", slice(-7, None)),
    ("bytes=10-1000000", slice(10, None)), ("bytes=-1000000", slice(0, None)),
    ("bytes=0-18446744073709551615", slice(0, None)),
])
def test_ranges(server, plain, value, part):
    path, data = plain
    a = server.get(path, headers={"Range": value})
    assert a.status_code == 206
    assert a.content == data[part]
    start = data.index(data[part]) if part.start == 0 else len(data) - len(data[part]) if part.stop is None else part.start
    assert a.headers["Content-Range"] == f"bytes {start}-{start + len(a.content) - 1}/{len(data)}"
    assert "Content-Encoding" not in a.headers


@pytest.mark.parametrize("value", ["bytes=100000000-", "bytes=-0", "bytes=99999999-99999999"])
def test_ranges_outside(server, plain, value):
    path, data = plain
    a = server.get(path, headers={"Range": value})
    assert (a.status_code, a.headers["Content-Range"]) == (416, f"bytes */{len(data)}")
    assert a.json()["error"]["code"] == "range_not_satisfiable"


@pytest.mark.parametrize("value", [
    "bytes=5-1", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-1,3-4", "lines=0-1", "0-1", "bytes=1 - 2", "bytes=+1-2",
    "bytes=99999999999999999999-",
])
def test_what_is_no_range_means_all(server, plain, value):
    path, data = plain
    a = server.get(path, headers={"Range": value})
    assert (a.status_code, a.content) == (200, data)


def test_if_range(server, plain):
    path, data = plain
    tag = server.get(path, headers={"Accept-Encoding": "identity"}).headers["ETag"]
    for value, status in ((tag, 206), ('"other"', 200), (f"W/{tag}", 200), ("Thu, 01 Jan 1970 00:00:00 GMT", 200)):
        a = server.get(path, headers={"Range": "bytes=0-4", "If-Range": value})
        assert (a.status_code, a.content) == (status, data[:5] if status == 206 else data)


def test_addresses_inside_the_page(server, plain):
    page = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for path in ("/customers", "/datasets/12/customers/ж", "/index.html"):
        a = server.get(path, headers=page)
        assert (a.status_code, a.content) == (200, plain[1])
    assert server.get("/customers", headers={"Accept": "*/*"}).status_code == 404
    assert server.get("/customers").status_code == 404
    assert server.get("/api/v1/nothing", headers=page).status_code == 404
    assert server.request("POST", "/customers", headers=page).status_code == 404


@pytest.mark.parametrize("path", ["/customers/50%", "/%zz", "/customers/%ff", "/customers/%00", "/a?q=%", "/a?%c3"])
def test_a_mistyped_address_is_answered_by_the_page(server, plain, path):
    with wire(server) as w:
        w.send(f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n".encode())
        answer = w.answer()
        assert (answer.status, answer.body) == (200, plain[1])
        assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("method, path, accept", [("GET", "/api/v1/%zz", "text/html"), ("GET", "/%zz", "*/*"),
                                                  ("POST", "/%zz", "text/html"), ("GET", "/healthz?a=%", "text/html")])
def test_a_program_is_told_400(server, method, path, accept):
    with wire(server) as w:
        w.send(f"{method} {path} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nContent-Length: 0\r\n\r\n".encode())
        assert w.answer().status == 400


@pytest.mark.parametrize("path", ["/../meson.build", "/..%2fmeson.build", "/%2e%2e/meson.build", "/index.html/", "/index",
                                  "//index.html", "/./index.html", "/INDEX.HTML", "/index.html%00"])
def test_no_other_files(server, path):
    with wire(server) as w:
        w.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert w.answer().status in (400, 404)
