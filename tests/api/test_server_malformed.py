"""Requests that are not HTTP, or that two readers could understand differently: refused, and the connection closed."""
import json

import pytest
from bare_server import BareServer, ask, wire

pytestmark = pytest.mark.server

CHUNKED = b"POST /show/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
INNER = b"GET /counts HTTP/1.1\r\nHost: x\r\n\r\n"  # what a smuggler wants to be taken for a request


@pytest.fixture(scope="module")
def server():
    s = BareServer()
    yield s
    s.stop()


def get(*headers, line=b"GET /inline HTTP/1.1", host=b"Host: x"):
    return b"\r\n".join([line, *([host] if host else []), *headers]) + b"\r\n\r\n"


def post(*headers, body=b""):
    return get(*headers, line=b"POST /show/x HTTP/1.1") + body


HEADS = {
    "blank before the colon": (400, get(b"Name : value")),
    "tab before the colon": (400, get(b"Name\t: value")),
    "content-length with a blank before the colon": (400, post(b"Content-Length : 5", body=b"abcde")),
    "folded header": (400, get(b"A: b\r\n c")),
    "folded header with a tab": (400, get(b"A: b\r\n\tc")),
    "first header begins with a blank": (400, b"GET /inline HTTP/1.1\r\n Host: x\r\n\r\n"),
    "no host": (400, get(host=None)),
    "two hosts": (400, get(b"Host: x")),
    "two hosts that differ in case": (400, get(b"hOST: y")),
    "empty host": (400, get(host=b"Host:")),
    "host with a path": (400, get(host=b"Host: x/y")),
    "host with a blank": (400, get(host=b"Host: x y")),
    "host with user": (400, get(host=b"Host: a@b")),
    "host list": (400, get(host=b"Host: a, b")),
    "two content-lengths": (400, post(b"Content-Length: 5", b"Content-Length: 5", body=b"abcde")),
    "two content-lengths that differ": (400, post(b"Content-Length: 5", b"Content-Length: 0", body=b"abcde")),
    "content-length as a list": (400, post(b"Content-Length: 5, 5", body=b"abcde")),
    "content-length with plus": (400, post(b"Content-Length: +5", body=b"abcde")),
    "content-length with minus": (400, post(b"Content-Length: -5", body=b"abcde")),
    "content-length in hexadecimal": (400, post(b"Content-Length: 0x5", body=b"abcde")),
    "content-length with a unit": (400, post(b"Content-Length: 5 bytes", body=b"abcde")),
    "content-length with blanks inside": (400, post(b"Content-Length: 1 0", body=b"abcde")),
    "content-length empty": (400, post(b"Content-Length:", body=b"abcde")),
    "content-length too long for 64 bits": (400, post(b"Content-Length: 18446744073709551621", body=b"abcde")),
    "content-length of 10^18": (413, post(b"Content-Length: 999999999999999999", body=b"abcde")),
    "length and chunks": (400, post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n")),
    "chunks and length": (400, post(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n")),
    "two codings": (400, post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n")),
    "coding list": (501, post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n")),
    "coding chunked twice": (501, post(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n")),
    "coding identity": (501, post(b"Transfer-Encoding: identity", body=b"")),
    "coding with a vertical tab": (400, post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n")),
    "coding in quotes": (501, post(b'Transfer-Encoding: "chunked"', body=b"0\r\n\r\n")),
    "coding xchunked": (501, post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n")),
    "coding empty": (501, post(b"Transfer-Encoding:", body=b"0\r\n\r\n")),
    "coding in HTTP/1.0": (400, post(b"Transfer-Encoding: chunked", body=b"0\r\n\r\n").replace(b"1.1", b"1.0")),
    "coding with a blank before the colon": (400, post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n")),
    "NUL in a value": (400, get(b"A: b\0c")),
    "NUL in a name": (400, get(b"A\0: b")),
    "NUL in the address": (400, get(line=b"GET /in\0line HTTP/1.1")),
    "control character in a value": (400, get(b"A: b\x01c")),
    "DEL in a value": (400, get(b"A: b\x7fc")),
    "bare CR in a value": (400, get(b"A: b\rHost: y")),
    "bare CR as a line end": (400, b"GET /inline HTTP/1.1\rHost: x\r\n\r\n"),
    "bare LF as a line end": (400, b"GET /inline HTTP/1.1\nHost: x\n\n"),
    "bare LF after a header": (400, b"GET /inline HTTP/1.1\r\nHost: x\nA: b\r\n\r\n"),
    "bare LF as the empty line": (400, b"GET /inline HTTP/1.1\r\nHost: x\r\n\n"),
    "CR CR LF": (400, get(b"A: b\r")),
    "no colon": (400, get(b"Header")),
    "empty name": (400, get(b": value")),
    "name with a slash": (400, get(b"A/B: c")),
    "name with a bracket": (400, get(b"A(: c")),
    "name beyond ASCII": (400, get("Имя: c".encode())),
    "no version": (400, get(line=b"GET /inline")),
    "two blanks": (400, get(line=b"GET  /inline HTTP/1.1")),
    "blank at the end of the line": (400, get(line=b"GET /inline HTTP/1.1 ")),
    "tab in the line": (400, get(line=b"GET\t/inline\tHTTP/1.1")),
    "blank in the address": (400, get(line=b"GET /in line HTTP/1.1")),
    "fragment in the address": (400, get(line=b"GET /inline#a HTTP/1.1")),
    "backslash in the address": (400, get(line=b"GET /in\\line HTTP/1.1")),
    "address without a slash": (400, get(line=b"GET inline HTTP/1.1")),
    "asterisk without OPTIONS": (400, get(line=b"GET * HTTP/1.1")),
    "authority form": (501, get(line=b"CONNECT x:80 HTTP/1.1")),
    "absolute form of another host": (400, get(line=b"GET http://y/inline HTTP/1.1")),
    "absolute form of another scheme": (400, get(line=b"GET ftp://x/inline HTTP/1.1")),
    "absolute form without a path": (400, get(line=b"GET http://x HTTP/1.1")),
    "HTTP/2.0": (505, get(line=b"GET /inline HTTP/2.0")),
    "HTTP/1.2": (505, get(line=b"GET /inline HTTP/1.2")),
    "HTTP/0.9": (505, get(line=b"GET /inline HTTP/0.9")),
    "HTTP/1.10": (400, get(line=b"GET /inline HTTP/1.10")),
    "HTTP/11": (400, get(line=b"GET /inline HTTP/11")),
    "http in lower case": (400, get(line=b"GET /inline http/1.1")),
    "another protocol": (400, get(line=b"GET /inline ICE/1.1")),
    "h2 preface": (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "method in lower case": (501, get(line=b"get /inline HTTP/1.1")),
    "method unknown": (501, get(line=b"TRACE /inline HTTP/1.1")),
    "method with a colon": (400, get(line=b"GE:T /inline HTTP/1.1")),
    "empty method": (400, get(line=b" /inline HTTP/1.1")),
    "TLS to a plain port": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    "expectation unknown": (417, get(b"Expect: tea")),
    "three empty lines first": (400, b"\r\n\r\n\r\n" + get()),
}

CHUNKS = {
    "size with blank": b"3 \r\nabc\r\n0\r\n\r\n",
    "blank before the size": b" 3\r\nabc\r\n0\r\n\r\n",
    "size with plus": b"+3\r\nabc\r\n0\r\n\r\n",
    "size with minus": b"-3\r\nabc\r\n0\r\n\r\n",
    "size with 0x": b"0x3\r\nabc\r\n0\r\n\r\n",
    "size with an underscore": b"1_0\r\nabcdefghijklmnop\r\n0\r\n\r\n",
    "no size": b"\r\nabc\r\n0\r\n\r\n",
    "not hexadecimal": b"g\r\nabc\r\n0\r\n\r\n",
    "size over 64 bits": b"10000000000000003\r\nabc\r\n0\r\n\r\n",
    "size of 2^64-1": b"ffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "size ends with LF": b"3\nabc\r\n0\r\n\r\n",
    "size ends with CR": b"3\rabc\r\n0\r\n\r\n",
    "size ends with CR CR LF": b"3\r\r\nabc\r\n0\r\n\r\n",
    "data longer than said": b"3\r\nabcd\r\n0\r\n\r\n",
    "data shorter than said": b"4\r\nabc\r\n0\r\n\r\n",
    "data ends with LF": b"3\r\nabc\n0\r\n\r\n",
    "data ends with CR": b"3\r\nabc\r0\r\n\r\n",
    "extension with LF": b"3;a\nabc\r\n0\r\n\r\n",
    "extension with bare CR": b"3;a\rb\r\nabc\r\n0\r\n\r\n",
    "extension with NUL": b"3;a\0b\r\nabc\r\n0\r\n\r\n",
    "extension without end": b"3;" + b"a" * 10000 + b"\r\nabc\r\n0\r\n\r\n",
    "extensions of many chunks": b"1;aaaaaaaaaaaaaaaa=bbbbbbbbbbbbbbbbbbbbb\r\na\r\n" * 200 + b"0\r\n\r\n",
    "last chunk ends with LF": b"3\r\nabc\r\n0\n\r\n",
    "empty line is LF": b"3\r\nabc\r\n0\r\n\n",
    "trailer with blank before the colon": b"0\r\nA : b\r\n\r\n",
    "trailer without a colon": b"0\r\nA\r\n\r\n",
    "folded trailer": b"0\r\nA: b\r\n c\r\n\r\n",
    "trailer with NUL": b"0\r\nA: \0\r\n\r\n",
    "trailer ends with LF": b"0\r\nA: b\n\r\n",
    "trailers without end": b"0\r\n" + b"A: b\r\n" * 2000 + b"\r\n",
}


@pytest.mark.parametrize("name", HEADS)
def test_malformed_heads(server, name):
    status, request = HEADS[name]
    answers = ask(server, request + INNER)
    assert [a.status for a in answers] == [status], name
    assert answers[0].headers["connection"] == "close"
    assert answers[0].headers["x-content-type-options"] == "nosniff"
    error = json.loads(answers[0].body)["error"]
    assert error["code"] and error["message"]


@pytest.mark.parametrize("name", CHUNKS)
@pytest.mark.parametrize("path", [b"/show/x", b"/upload"])
def test_malformed_chunks(server, name, path):
    for pieces in ([CHUNKS[name] + INNER], [bytes([c]) for c in CHUNKS[name][:200]] + [CHUNKS[name][200:] + INNER]):
        with wire(server) as w:
            w.send(CHUNKED.replace(b"/show/x", path), *pieces)
            a = w.answer()
            assert (a.status, a.headers["connection"]) == (400, "close"), name
            assert w.answer() is None


@pytest.mark.parametrize("body, expected", [
    (b"0\r\n\r\n", ""), (b"3\r\nabc\r\n0\r\n\r\n", "abc"), (b"00003\r\nabc\r\n000\r\n\r\n", "abc"),
    (b"3;a=b\r\nabc\r\n0\r\n\r\n", "abc"), (b'3;a="b"\r\nabc\r\n0;c\r\n\r\n', "abc"),
    (b"1\r\na\r\n2\r\nbc\r\n0\r\nTrailer: x\r\n\r\n", "abc"), (b"A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
    (b"5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"),
])
def test_good_chunks(server, body, expected):
    for pieces in ([body + INNER], [bytes([c]) for c in body] + [INNER]):
        with wire(server) as w:
            w.send(CHUNKED, *pieces)
            assert json.loads(w.answer().body)["body"] == expected
            assert w.answer().status == 200  # and the connection goes on


@pytest.mark.parametrize("request_", [
    get(b"A:b"), get(b"A:"), get(b"A: \t b \t "), get(b"A: " + "имя".encode()), get(b"A: caf\xe9"),
    b"\r\n" + get(), get(host=b"HOST:\tx:80"), get(host=b"Host: [::1]:80"), get(b"!#$%&'*+-.^_`|~09azAZ: x"),
    get(line=b"GET /inline HTTP/1.0", host=None), post(b"Content-Length: 0"), post(b"Content-Length: 000", body=b""),
    get(b"Content-Length: 3") + b"abc", get(b"Connection: upgrade", b"Upgrade: h2c"), post(b"transfer-encoding: CHUNKED", body=b"0\r\n\r\n"),
    get(b"Connection: keep-alive, Upgrade", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"),
])
def test_unusual_but_good(server, request_):
    answers = ask(server, request_ + INNER)
    expected = [200] if b"HTTP/1.0" in request_ else [200, 200]
    assert [a.status for a in answers] == expected


def test_refusals_are_logged(server):
    [a] = ask(server, get(b"A b"))
    assert server.wait_for_log(f"event=refused id={a.headers['x-request-id']} from=127.0.0.1 status=400 code=malformed ")


def test_a_truncated_request_is_nothing(server):
    whole = post(b"Content-Length: 5", body=b"abcde")
    for n in range(1, len(whole)):
        assert ask(server, whole[:n]) == []
    assert server.get("/inline").status_code == 200
