"""trusted_proxies: whose X-Forwarded-For is believed, and what follows from it."""
import pytest
from program import Client


def sign_in(server, password, **headers):
    return Client(server.url).post("/api/v1/session", json={"email": "admin@example.com", "password": password},
                                   headers=headers)


def last_address(client):
    return client.get("/api/v1/sessions").json()["items"][0]["address"]


def address_of(server, folder, headers):
    client = server.client()
    client.headers.update(headers)
    return last_address(client.sign_in(folder.admin))


@pytest.mark.parametrize("said, address", [
    ("203.0.113.7", "203.0.113.7"),
    ("1.1.1.1, 203.0.113.7", "203.0.113.7"),          # what the client wrote itself stands to the left
    ("203.0.113.7, 127.0.0.1", "203.0.113.7"),        # two proxies of ours
    ("203.0.113.7, 10.1.2.3, 127.0.0.9", "203.0.113.7"),
    ("203.0.113.7:4711", "203.0.113.7"),
    ("2001:DB8::7", "2001:db8::7"),
    ("[2001:db8::7]:443", "2001:db8::7"),
    ("::ffff:203.0.113.7", "203.0.113.7"),
    ("unknown", "127.0.0.1"),
    ("203.0.113.7, unknown", "127.0.0.1"),            # beyond what cannot be read nothing is believed
    ("203.0.113.7, unknown, 10.0.0.1", "10.0.0.1"),
    ("", "127.0.0.1"),
    (", ,", "127.0.0.1"),
    ("' OR 1=1 --", "127.0.0.1"),
    ("1.2.3.4.5", "127.0.0.1"),
    ("x" * 5000, "127.0.0.1"),
])
def test_believed_from_a_trusted_peer(start_server, folder, said, address):
    server = start_server(VITRINA_TRUSTED_PROXIES="127.0.0.0/8, 10.0.0.0/8 ::1")
    assert address_of(server, folder, {"X-Forwarded-For": said}) == address


def test_not_believed_from_others(start_server, folder):
    for trusted in (None, "10.0.0.0/8", "128.0.0.0/1", "127.0.0.2/32", "::1"):
        server = start_server(**({"VITRINA_TRUSTED_PROXIES": trusted} if trusted else {}))
        assert address_of(server, folder, {"X-Forwarded-For": "203.0.113.7"}) == "127.0.0.1", trusted
        server.stop()


def test_secure_cookie_behind_tls(start_server, folder):
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    plain, behind = start_server(), None
    assert "Secure" not in sign_in(plain, folder.admin.password, **headers).headers["Set-Cookie"]
    plain.stop()
    behind = start_server(VITRINA_TRUSTED_PROXIES="127.0.0.1")
    assert "Secure" in sign_in(behind, folder.admin.password, **headers).headers["Set-Cookie"]


def test_one_client_does_not_lock_the_others_out(start_server, folder):
    """Attempts are counted by address: without the setting everybody behind a proxy would be one."""
    server = start_server(VITRINA_TRUSTED_PROXIES="127.0.0.1")
    answers = [Client(server.url).post("/api/v1/session", json={"email": f"nobody{i}@x.example", "password": "wrong"},
                                       headers={"X-Forwarded-For": "203.0.113.7"}).status_code for i in range(62)]
    assert answers[-1] == 429
    assert sign_in(server, folder.admin.password, **{"X-Forwarded-For": "203.0.113.8"}).status_code == 200


@pytest.mark.parametrize("value, said", [
    ("10.0.0.0/33", "0 to 32 bits"), ("10.0.0/8", "no address"), ("proxy.example", "no address"), ("::1/129", "0 to 128"),
    ("10.0.0.0/-1", "0 to 32"), ("10.0.0.0/", "0 to 32"), (" ".join(["10.0.0.1"] * 65), "more than 64"),
])
def test_refused_at_the_start(cli, value, said):
    done = cli("serve", "--listen", "127.0.0.1:0", status=2, VITRINA_TRUSTED_PROXIES=value, timeout=60)
    assert said in done.stderr
