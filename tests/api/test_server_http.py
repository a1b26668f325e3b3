"""net/ and http/: what an ordinary client sees."""
import json
import re
import socket
import threading

import pytest
from bare_server import BareServer, ask, wire

pytestmark = pytest.mark.server

HOST = b"Host: x\r\n"


@pytest.fixture(scope="module")
def server():
    s = BareServer()
    yield s
    s.stop()


def test_json_answer(server):
    for path in ("/small", "/inline"):
        a = server.get(path)
        assert a.status_code == 200
        assert a.headers["Content-Type"] == "application/json"
        assert a.json() == {"user_id": 791, "total_spent": 26796.21}
    assert server.get("/healthz").json() == {"status": "ok"}


def test_headers_of_every_answer(server):
    for path in ("/small", "/inline", "/nothing", "/fail/internal", "/download", "/", "/private"):
        h = server.get(path).headers
        assert h["X-Content-Type-Options"] == "nosniff", path
        assert h["X-Frame-Options"] == "DENY"
        assert h["Referrer-Policy"] == "same-origin"
        assert re.fullmatch("[0-9a-f]{16}", h["X-Request-Id"])
        assert h["Date"].endswith(" GMT")
        page = path == "/"
        assert h["Cache-Control"] == ("no-cache" if page else "no-store")
        assert h["Content-Security-Policy"].startswith("default-src 'self'" if page else "default-src 'none'")
        assert "unsafe-inline" not in h["Content-Security-Policy"]


def test_request_ids_differ(server):
    ids = {server.get("/inline").headers["X-Request-Id"] for _ in range(20)}
    assert len(ids) == 20


@pytest.mark.parametrize("path, name", [
    ("/show/abc", "abc"), ("/show/%D0%98%D0%B2%D0%B0%D0%BD", "Иван"), ("/show/a%2Fb", "a/b"), ("/show/a+b", "a+b"),
    ("/show/%7Bname%7D", "{name}"), ("/show/..", ".."), ("/show/a%20b", "a b"), ("/%73how/x", "x"),
])
def test_path_parameters(server, path, name):
    # requests would tidy the path
    [a] = ask(server, b"GET " + path.encode() + b" HTTP/1.1\r\n" + HOST + b"\r\n")
    assert (a.status, json.loads(a.body)["name"]) == (200, name)


def test_raw_utf8_in_the_address(server):
    [a] = ask(server, "GET /show/Пётр?text=ё HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    seen = json.loads(a.body)
    assert (a.status, seen["name"], seen["text"]) == (200, "Пётр", "ё")


def test_a_literal_segment_wins(server):
    assert "user_id" in server.get("/show/fixed").json()
    assert server.request("POST", "/show/fixed").json()["name"] == "fixed"  # only the parameter has a POST


@pytest.mark.parametrize("path", [
    "/show/%", "/show/%4", "/show/%zz", "/show/%00", "/show/%ff", "/show/%C3", "/show/x?text=%", "/show/x?text=%00",
    "/show/x?%ff=1", "/show/x?text=%ED%A0%80", "/show/x?" + "a=1&" * 101,
])
def test_addresses_that_cannot_be_decoded(server, path):
    [a] = ask(server, b"GET " + path.encode() + b" HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert a.status == 400
    assert json.loads(a.body)["error"]["code"] == "malformed"


@pytest.mark.parametrize("path", [
    "/nothing", "/small/", "/small/x", "//small", "/show", "/show/", "/show//", "/show/a/b", "/SMALL", "/small%20",
    "/api/v1/nothing", "/../etc/passwd", "/%2e%2e/etc/passwd", "/.", "/" + "a/" * 40,
])
def test_unknown_addresses(server, path):
    [a] = ask(server, b"GET " + path.encode() + b" HTTP/1.1\r\n" + HOST + b"\r\n")
    assert a.status == 404
    assert json.loads(a.body)["error"]["code"] == "not_found"


@pytest.mark.parametrize("query, expected", [
    ("n=5", {"n": 5}), ("n=0&flag=true", {"n": 0, "flag": True}), ("flag", {"flag": True}), ("flag=0", {"flag": False}),
    ("text=a+b%2B", {"text": "a b+"}), ("&&text=&unknown=1", {"text": ""}), ("text=a=b", {"text": "a=b"}),
])
def test_query(server, query, expected):
    seen = server.get("/show/x?" + query).json()
    assert {k: seen[k] for k in expected} == expected


@pytest.mark.parametrize("query, field", [
    ("n=101", "n"), ("n=-1", "n"), ("n=", "n"), ("n=1.5", "n"), ("n=x", "n"), ("n=1&n=2", "n"), ("flag=maybe", "flag"),
    ("n=99999999999999999999", "n"), ("text=1&text=2", "text"),
])
def test_wrong_query(server, query, field):
    a = server.get("/show/x?" + query)
    assert a.status_code == 422
    assert a.json()["error"]["field"] == field


def test_headers_cookies_and_tokens(server):
    seen = server.get("/show/x", headers={"Cookie": "a=1; c=two; cc=3", "Authorization": "bearer tok", "X-TEST": "v "}).json()
    assert (seen["cookie"], seen["bearer"], seen["header"]) == ("two", "tok", "v")
    assert (seen["address"], seen["tls"]) == ("127.0.0.1", False)


@pytest.mark.parametrize("headers, same", [
    ({}, False),
    ({"Origin": "SELF"}, True),
    ({"Origin": "http://evil.example"}, False),
    ({"Origin": "null"}, False),
    ({"Origin": "SELF.evil.example"}, False),
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "same-site", "Origin": "SELF"}, False),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "none"}, False),
])
def test_same_origin(server, headers, same):
    headers = {k: v.replace("SELF", server.url) for k, v in headers.items()}
    assert server.get("/show/x", headers=headers).json()["same_origin"] is same


def test_head(server):
    for path in ("/small", "/inline", "/healthz", "/", "/big?n=100000"):
        get, head = (server.request(m, path, headers={"Accept-Encoding": "identity"}) for m in ("GET", "HEAD"))
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == str(len(get.content))
    with wire(server) as w:  # nothing of a body may follow
        w.send(b"HEAD /download?n=100000 HTTP/1.1\r\n" + HOST + b"\r\n")
        assert w.answer(head=True).status == 200
        w.send(b"HEAD /nothing HTTP/1.1\r\n" + HOST + b"\r\nGET /inline HTTP/1.1\r\n" + HOST + b"\r\n")
        assert w.answer(head=True).status == 404
        assert w.answer().status == 200
        w.send(b"HEAD /events?n=1000000&ms=5000 HTTP/1.1\r\n" + HOST + b"\r\nGET /inline HTTP/1.1\r\n" + HOST + b"\r\n")
        assert w.answer(head=True).headers["content-type"] == "text/event-stream"  # and does not wait for the events
        assert w.answer().status == 200


def test_methods(server):
    for method, path, allow in [
        ("POST", "/small", "GET, HEAD, OPTIONS"), ("DELETE", "/json", "POST, OPTIONS"),
        ("PUT", "/show/x", "GET, HEAD, POST, OPTIONS"), ("POST", "/", "GET, HEAD, OPTIONS"),
    ]:
        a = server.request(method, path)
        assert (a.status_code, a.headers["Allow"]) == (405, allow)
        assert a.json()["error"]["code"] == "method_not_allowed"
        o = server.request("OPTIONS", path)
        assert (o.status_code, o.headers["Allow"], o.content) == (204, allow, b"")
    assert server.request("OPTIONS", "/nothing").status_code == 404
    assert ask(server, b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n")[0].status == 204
    assert server.request("BREW", "/small").status_code == 501


def test_json_bodies(server):
    a = server.request("POST", "/json", json={"name": "Анна", "count": 3})
    assert (a.status_code, a.json()) == (201, {"name": "Анна", "count": 3})


@pytest.mark.parametrize("body, type, status, field", [
    ("{", "application/json", 400, None),
    ("", "application/json", 400, None),
    ("[]", "application/json", 422, None),
    ('{"name":"x"}', "text/plain", 415, None),
    ('{"name":"x"}', "application/x-www-form-urlencoded", 415, None),
    ('{"name":"x"}', None, 415, None),
    ('{"name":5}', "application/json", 422, "name"),
    ('{}', "application/json", 422, "name"),
    ('{"name":"x","count":11}', "application/json; charset=utf-8", 422, "count"),
    ('{"name":"x","other":1}', "application/json", 422, "other"),
    ('[' * 100000, "application/json", 400, None),
])
def test_wrong_json(server, body, type, status, field):
    a = server.request("POST", "/json", data=body, headers={"Content-Type": type} if type else {})
    assert a.status_code == status, a.text
    assert a.json()["error"].get("field") == field


def test_errors(server):
    for kind, status in [("internal", 500), ("io", 500), ("corrupt", 500)]:
        a = server.get(f"/fail/{kind}")
        assert a.status_code == status
        assert "secret" not in a.text and "X-Dropped" not in a.headers
        assert a.headers["X-Request-Id"] in a.json()["error"]["message"]
        assert re.search(f"event=request_failed id={a.headers['X-Request-Id']} .*Secret /var/lib/path", server.read_log())
    a = server.get("/fail/value")
    assert a.json() == {"error": {"code": "wrong_value", "message": "Secret /var/lib/path", "field": "kind"}}
    assert server.get("/fail/throttled").headers["Retry-After"] == "7"
    assert server.get("/own-error").json() == {"index_result": 404}
    assert "user_id" not in server.get("/private").text


def test_hooks(server):
    before = server.counts()["finished"]
    assert server.get("/private").status_code == 401
    assert server.get("/private").headers["WWW-Authenticate"] == "Bearer"
    assert server.get("/private", headers={"Authorization": "Bearer no"}).status_code == 403
    assert server.get("/private", headers={"Authorization": "Bearer let-me-in"}).status_code == 200
    assert server.get("/fail/internal").status_code == 500
    assert server.counts()["finished"] == before + 6  # after every handler, whatever came of it; /counts itself is one


def test_cookies_and_header_injection(server):
    a = server.get("/cookie")
    assert a.status_code == 204
    assert a.headers["Set-Cookie"] == "session=abc; Path=/; SameSite=Lax; Max-Age=60; HttpOnly"
    assert a.headers["X-Odd"] == "a  Set-Cookie: evil=1"


def test_large_answers(server):
    assert len(server.get("/big?n=20000000").content) == 20000000
    a = server.get("/big?n=100000000")  # more than one buffered answer may be
    assert (a.status_code, a.json()["error"]["code"]) == (422, "limit_reached")


def test_bodies(server):
    body = bytes(range(256)) * 4000
    a = server.request("POST", "/upload", data=body)
    assert a.json()["bytes"] == len(body)
    assert server.request("POST", "/show/x", data="текст".encode()).json()["body"] == "текст"
    assert server.request("POST", "/show/x", data=iter([b"a", b"bc", b"d" * 1000])).json()["body"] == "abc" + "d" * 1000
    assert server.request("POST", "/show/x", data=b"x" * 1000000).json()["length"] == 1000000


def test_bodies_too_large(server):
    assert server.request("POST", "/tiny", data=b"x" * 100).status_code == 200
    for data in (b"x" * 101, b"x" * 10000000, iter([b"x" * 60, b"x" * 41])):
        a = server.request("POST", "/tiny", data=data)
        assert (a.status_code, a.json()["error"]["code"], a.headers["Connection"]) == (413, "too_large", "close")
    assert server.request("POST", "/show/x", data=b"x" * (1 << 20)).status_code == 200
    assert server.request("POST", "/show/x", data=b"x" * ((1 << 20) + 1)).status_code == 413
    assert server.request("POST", "/upload-small", data=b"x" * 1000).status_code == 200
    assert server.request("POST", "/upload-small", data=b"x" * 1001).status_code == 413
    assert server.request("POST", "/upload-small", data=iter([b"x" * 900, b"x" * 900])).status_code == 413


def test_expect_continue(server):
    head = b"POST /show/x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    with wire(server) as w:
        w.send(head)
        assert w.answer().status == 100
        w.send(b"abc")
        assert json.loads(w.answer().body)["body"] == "abc"
        w.send(head + b"abc")  # a client that does not wait gets no 100
        assert w.answer().status == 200
    with wire(server) as w:  # a body that will not be taken is not asked for
        w.send(head.replace(b": 3", b": 3000000"))
        assert w.answer().status == 413
        assert w.closed()
    for path, first in ((b"/upload", 100), (b"/upload?refuse=1", 403)):
        with wire(server) as w:
            w.send(head.replace(b"/show/x", path))
            assert w.answer().status == first
            if first == 100:
                w.send(b"abc")
                assert json.loads(w.answer().body)["bytes"] == 3
    assert ask(server, head.replace(b"100-continue", b"200-ok"))[0].status == 417
    assert ask(server, head.replace(b"HTTP/1.1", b"HTTP/1.0") + b"abc")[0].status == 200


def test_keep_alive(server):
    with wire(server) as w:
        for _ in range(50):
            w.send(b"GET /small HTTP/1.1\r\n" + HOST + b"\r\n")
            assert "connection" not in w.answer().headers
        w.send(b"GET /small HTTP/1.1\r\n" + HOST + b"Connection: foo, Close\r\n\r\n")
        assert w.answer().headers["connection"] == "close"
        assert w.closed()
    with wire(server) as w:
        w.send(b"GET /small HTTP/1.0\r\n\r\n")
        assert w.answer().headers["connection"] == "close"
        assert w.closed()
    with wire(server) as w:
        for _ in range(2):
            w.send(b"GET /small HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert w.answer().headers["connection"] == "keep-alive"
        w.send(b"GET /download?n=100000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        a = w.answer()  # no chunks in 1.0: the end of the connection is the end of the answer
        assert (a.status, len(a.body), a.headers["connection"]) == (200, 100000, "close")
        assert "transfer-encoding" not in a.headers


def test_pipelining(server):
    with wire(server) as w:
        requests = b""
        for i in range(200):
            path = b"/show/%d" % i if i % 3 else b"/sleep?ms=%d" % (i % 7)
            requests += b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n"
        requests += b"POST /show/last HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        requests += b"GET /inline HTTP/1.1\r\n" + HOST + b"\r\n"
        w.send(requests)
        for i in range(200):
            a = w.answer()
            assert a.status == 200
            if i % 3:
                assert json.loads(a.body)["name"] == str(i)
        assert json.loads(w.answer().body)["body"] == "abc"
        assert w.answer().status == 200


def test_pipelining_by_bytes(server):
    with wire(server) as w:
        for c in b"GET /show/1 HTTP/1.1\r\n" + HOST + b"\r\n\r\nGET /show/2 HTTP/1.1\r\n" + HOST + b"\r\n":
            w.send(bytes([c]))
        assert json.loads(w.answer().body)["name"] == "1"
        assert json.loads(w.answer().body)["name"] == "2"


def test_many_inline_requests_at_once(server):
    """More than one turn of the loop takes; a slow reader only stops itself."""
    n = 5000
    with wire(server) as w:
        sender = threading.Thread(target=w.send, args=((b"GET /inline HTTP/1.1\r\n" + HOST + b"\r\n") * n,))
        sender.start()
        assert server.get("/inline").status_code == 200
        for _ in range(n):
            assert w.answer().status == 200
        sender.join()


def test_half_closed_clients_get_their_answers(server):
    answers = ask(server, (b"GET /small HTTP/1.1\r\n" + HOST + b"\r\n") * 3)
    assert [a.status for a in answers] == [200, 200, 200]
    answers = ask(server, b"GET /small HTTP/1.1\r\n" + HOST + b"\r\nGET /sma")
    assert [a.status for a in answers] == [200]


@pytest.mark.parametrize("half_close", [False, True])
def test_large_answers_in_a_row(server, half_close):
    """Each fills the output, which may be gone at once or not: the next request must be taken either way."""
    request = b"GET /big?n=%d HTTP/1.1\r\n" + HOST + b"\r\n"
    sizes = [300000, 1, 262144, 5000000, 0, 400000, 400000, 10]
    with wire(server) as w:
        w.send(b"".join(request % n for n in sizes))
        if half_close:
            w.sock.shutdown(socket.SHUT_WR)
        for n in sizes:
            assert len(w.answer().body) in range(n, n + 16)
        if half_close:
            assert w.closed()


def test_absolute_form(server):
    [a] = ask(server, b"GET http://x/show/y?n=1 HTTP/1.1\r\n" + HOST + b"\r\n")
    assert json.loads(a.body)["path"] == "/show/y"


def test_access_log(server):
    a = server.get("/show/Petrov?text=secret-name")
    line = server.wait_for_log(f"event=request id={a.headers['X-Request-Id']} .*\n")[0]
    assert "Petrov" not in server.read_log() and "secret-name" not in server.read_log()
    fields = dict(re.findall(r"(\w+)=(\S+)", line))
    assert (fields["method"], fields["route"], fields["status"]) == ("GET", "/show/{name}", "200")
    assert int(fields["bytes"]) == len(a.content) and int(fields["us"]) >= 0


def test_metrics(server):
    server.get("/small")
    text = server.get("/metrics").text
    assert server.get("/metrics").headers["Content-Type"].startswith("text/plain; version=0.0.4")
    ok = int(re.search(r'vitrina_http_requests_total\{route="/small",method="GET",class="2xx"\} (\d+)', text)[1])
    count = int(re.search(r'vitrina_http_request_seconds_count\{route="/small",method="GET"\} (\d+)', text)[1])
    assert ok > 0 and count >= ok
    for line in text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? -?[0-9.e+-]+', line), line
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names))


def test_openapi(server):
    doc = server.get("/api/v1/openapi.json").json()
    assert doc["openapi"].startswith("3.1")
    show = doc["paths"]["/show/{name}"]
    assert set(show) == {"get", "post"}
    assert [(p["name"], p["in"]) for p in show["get"]["parameters"]] == [
        ("name", "path"), ("n", "query"), ("flag", "query"), ("text", "query")]
    assert doc["components"]["schemas"]["Body"]["required"] == ["name"]
    assert doc["paths"]["/json"]["post"]["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Body"}
    ids = [op["operationId"] for path in doc["paths"].values() for op in path.values()]
    assert len(ids) == len(set(ids))
    assert doc["paths"]["/healthz"]["get"]["security"] == []

    def resolve(value):
        if isinstance(value, dict):
            if "$ref" in value:
                at = doc
                for key in value["$ref"].removeprefix("#/").split("/"):
                    at = at[key]
            for v in value.values():
                resolve(v)
        elif isinstance(value, list):
            for v in value:
                resolve(v)

    resolve(doc)
