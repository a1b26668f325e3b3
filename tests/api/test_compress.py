"""JSON answers in gzip: when, and when not."""
import gzip
import http.client
import json

import pytest


@pytest.fixture(scope="module")
def raw(shared_server, shared_client):
    cookie = "; ".join(f"{c.name}={c.value}" for c in shared_client.cookies)

    def ask(path, method="GET", body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", shared_server.port, timeout=60)
        connection.request(method, path, body=body, headers={"Cookie": cookie, "Origin": shared_server.url} |
                           {k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        bytes_ = answer.read()
        connection.close()
        return answer, bytes_

    return ask


LONG = "/api/v1/openapi.json"


def test_long_answers(raw):
    plain, text = raw(LONG)
    packed, body = raw(LONG, Accept_Encoding="gzip, br")
    assert plain.headers["Content-Encoding"] is None and packed.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(body) == text and json.loads(text)["openapi"]
    assert int(packed.headers["Content-Length"]) == len(body) < len(text) / 2


@pytest.mark.parametrize("accept", ["identity", "gzip;q=0", "br", "identity, gzip;q=0.5", "*;q=0", ""])
def test_not_when_it_is_not_wanted(raw, accept):
    answer, body = raw(LONG, Accept_Encoding=accept)
    assert answer.headers["Content-Encoding"] is None and json.loads(body)


def test_not_what_is_short(raw):
    answer, body = raw("/api/v1/session", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] is None and answer.headers["Vary"] is None and len(body) < 1024


@pytest.mark.parametrize("site, packed", [("same-origin", True), ("none", True), ("cross-site", False), ("same-site", False)])
def test_not_for_other_sites(raw, site, packed):
    answer, _ = raw(LONG, Accept_Encoding="gzip", Sec_Fetch_Site=site)
    assert (answer.headers["Content-Encoding"] == "gzip") is packed


def test_head_has_the_same_headers(raw):
    answer, body = raw(LONG, method="HEAD", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip" and body == b""
    assert int(answer.headers["Content-Length"]) == len(raw(LONG, Accept_Encoding="gzip")[1])


def test_answers_to_changes_are_plain(raw):
    body = json.dumps({"sql": "SELECT repeat('a', 5000)"})
    answer, text = raw("/api/v1/query", method="POST", body=body, Content_Type="application/json", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] is None and text
