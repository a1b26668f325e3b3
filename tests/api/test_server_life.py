"""Start, stop, sockets, TLS and its certificates."""
import os
import random
import re
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest
import requests
from bare_server import BareServer, Wire, eventually, program_path, wire

pytestmark = pytest.mark.server

GET = b"GET /inline HTTP/1.1\r\nHost: x\r\n\r\n"


def certificate(place, name):
    """A self-signed certificate for 127.0.0.1: (certificate, key)."""
    cert, key = place / f"{name}.pem", place / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "2", "-subj", f"/CN={name}", "-addext",
                    "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return cert, key


@pytest.fixture
def start():
    started = []

    def run(*args, **settings):
        started.append(BareServer(*args, **settings))
        return started[-1]

    yield run
    for s in started:
        s.stop()


@pytest.fixture
def tls(start, tmp_path):
    cert, key = certificate(tmp_path, "first")
    return start("listen_tls=127.0.0.1:0", "listen=127.0.0.1:0", cert=cert, key=key), cert, key


def tls_wire(server, cert=None, **options):
    context = ssl.create_default_context(cafile=cert) if cert else ssl._create_unverified_context()
    for k, v in options.items():
        setattr(context, k, v)
    context.set_alpn_protocols(["h2", "http/1.1"])
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    return Wire(context.wrap_socket(raw, server_hostname="127.0.0.1"))


def test_tls(tls):
    server, cert, _ = tls
    assert server.url.startswith("https://")
    with tls_wire(server, cert) as w:
        assert (w.sock.version(), w.sock.selected_alpn_protocol()) == ("TLSv1.3", "http/1.1")
        for _ in range(3):
            w.send(GET)
            assert w.answer().status == 200
    with requests.Session() as c:
        c.trust_env, c.verify = False, str(cert)
        assert c.get(server.url + "/show/x").json()["tls"] is True
        assert "; Secure" in c.get(server.url + "/cookie").headers["Set-Cookie"]
        body = b"x" * 5000000
        assert c.post(server.url + "/upload", data=body).json()["bytes"] == len(body)
        assert len(c.get(server.url + "/download?n=9000000").content) == 9000000
        assert len(c.get(server.url + "/big?n=30000000").content) == 30000000
        assert c.post(server.url + "/upload?refuse=1", data=body).status_code == 403
    plain = server.addresses[1]
    assert requests.get(plain + "/show/x").json()["tls"] is False


def test_old_tls_is_refused(tls):
    server, cert, _ = tls
    with pytest.raises(ssl.SSLError):
        tls_wire(server, cert, maximum_version=ssl.TLSVersion.TLSv1_2)
    with wire(server) as w:  # plain HTTP to the TLS port
        w.send(GET)
        while w.fill():
            pass
        assert b"HTTP/1.1" not in w.data
    with wire(server) as w:
        w.send(b"\x16\x03\x01\xff\xff" + b"\xff" * 70000)
        while w.fill():
            pass
    with tls_wire(server, cert) as w:
        w.send(GET)
        assert w.answer().status == 200


def test_unfinished_handshakes_end(start, tmp_path):
    cert, key = certificate(tmp_path, "slow")
    server = start("listen_tls=127.0.0.1:0", cert=cert, key=key, header_ms=300)
    with wire(server) as w:
        w.send(b"\x16\x03\x01\x02\x00\x01")
        assert w.closed()


def subject(server):
    der = ssl.get_server_certificate(("127.0.0.1", server.port))
    return subprocess.run(["openssl", "x509", "-noout", "-subject"], input=der, capture_output=True, text=True).stdout


def test_certificate_reload(tls, tmp_path):
    server, cert, key = tls
    with tls_wire(server) as old:
        old.send(GET)
        assert old.answer().status == 200
        fresh_cert, fresh_key = certificate(tmp_path, "second")
        cert.write_bytes(fresh_cert.read_bytes())
        key.write_bytes(fresh_key.read_bytes())
        assert "first" in subject(server)  # not before it is told
        server.signal(signal.SIGHUP)
        eventually(lambda: "second" in subject(server))
        old.send(GET)
        assert old.answer().status == 200  # connections of before go on
        for text in ("", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", None):
            if text is None:
                cert.unlink()
            else:
                cert.write_text(text)
            failures = server.read_log().count("event=tls_reload_failed")
            server.signal(signal.SIGHUP)
            eventually(lambda: server.read_log().count("event=tls_reload_failed") > failures)
            assert "second" in subject(server)
        cert.write_bytes(fresh_cert.read_bytes())
        key.write_bytes(certificate(tmp_path, "third")[1].read_bytes())  # a key of another certificate
        server.signal(signal.SIGHUP)
        eventually(lambda: server.read_log().count("event=tls_reload_failed") == 4)
        assert "second" in subject(server)


def test_unix_socket(start, tmp_path):
    path = tmp_path / "socket"
    server = start(f"listen=unix:{path}", "listen=127.0.0.1:0")
    assert server.addresses[0] == f"unix:{path}"
    assert path.stat().st_mode & 0o777 == 0o600
    s = socket.socket(socket.AF_UNIX)
    s.connect(str(path))
    with Wire(s) as w:
        w.send(GET.replace(b"/inline", b"/show/x"))
        assert b'"address":"unix"' in w.answer().body
    server.process.kill()  # leaves its socket behind; the next one takes the place
    server.process.wait()
    assert path.exists()
    again = start(f"listen=unix:{path}")
    again.stop()
    assert not path.exists()


def test_ipv6(start):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    server = start("listen=[::1]:0")
    assert server.url.startswith("http://[::1]:")
    assert requests.get(server.url + "/show/x").json()["address"] == "::1"


@pytest.mark.parametrize("where, why", [
    ("127.0.0.1", "HOST:PORT"), ("127.0.0.1:", "HOST:PORT"), (":80", "HOST:PORT"), ("127.0.0.1:70000", "HOST:PORT"),
    ("127.0.0.1:http", "HOST:PORT"), ("::1:80", "HOST:PORT"), ("192.0.2.1:1", "Listening on"),
    ("no.such.host.invalid:80", "Listening on"), ("unix:/no/such/folder/socket", "Listening on"), ("unix:" + "/a" * 60, "too long"),
])
def test_wrong_addresses(where, why):
    done = subprocess.run([program_path(), f"listen={where}"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert why in done.stderr and done.stderr.count("\n") == 1


def test_taken_port(start):
    server = start()
    done = subprocess.run([program_path(), f"listen=127.0.0.1:{server.port}"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "in use" in done.stderr


@pytest.mark.parametrize("settings", [{"cert": "/no/such"}, {"cert": "/no/such", "key": "/no/such"}, {"key": "/dev/null"}])
def test_wrong_tls_settings(settings):
    args = [f"{k}={v}" for k, v in settings.items()]
    done = subprocess.run([program_path(), "listen_tls=127.0.0.1:0", *args], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stderr.startswith("test_server: ")


@pytest.mark.parametrize("loops", [1, 3])
def test_graceful_stop(start, loops):
    server = start(loops=loops)
    idle, busy, pipelined, stream = (wire(server) for _ in range(4))
    idle.send(GET)
    assert idle.answer().status == 200
    busy.send(b"GET /sleep?ms=600 HTTP/1.1\r\nHost: x\r\n\r\n")
    pipelined.send(b"GET /sleep?ms=300 HTTP/1.1\r\nHost: x\r\n\r\n" + GET)
    stream.send(b"GET /events?n=1000000&ms=20 HTTP/1.1\r\nHost: x\r\n\r\n")
    stream.until(b"data: line 0")
    upload = []
    body = (time.sleep(0.005) or b"x" * 10000 for _ in range(100))
    uploader = threading.Thread(target=lambda: upload.append(server.request("POST", "/upload", data=body)))
    uploader.start()
    time.sleep(0.1)
    server.signal(signal.SIGTERM)
    a = busy.answer()
    assert (a.status, a.headers["connection"]) == (200, "close")  # what ran is answered
    assert busy.closed()
    assert idle.closed()
    assert pipelined.answer().status == 200
    uploader.join()
    assert upload[0].json()["bytes"] == 1000000
    while stream.fill():
        pass
    server.process.wait(30)
    with pytest.raises(OSError):
        wire(server)
    for w in (idle, busy, pipelined, stream):
        w.sock.close()


def test_stop_has_an_end(start):
    server = start(stop_ms=300)
    held = [wire(server) for _ in range(3)]
    held[0].send(b"GET /sleep?ms=20000 HTTP/1.1\r\nHost: x\r\n\r\n")
    held[1].send(b"GET /download?n=1000000000 HTTP/1.1\r\nHost: x\r\n\r\n")
    held[2].send(b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nabc")
    held[1].until(b"\r\n\r\n")
    before = time.monotonic()
    server.stop()
    assert time.monotonic() - before < 15  # not the 20 s of the sleeper
    for w in held:
        w.sock.close()


def test_stop_says_goodbye_to_websockets(start):
    server = start(linger_ms=300)
    with wire(server) as w:
        w.send(b"GET /api/v1/echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        assert w.answer().status == 101
        server.signal(signal.SIGTERM)
        assert w.exactly(4) == b"\x88\x02\x03\xe9"  # close, 1001
        server.stop()


PATHS = ["/inline", "/small", "/sleep?ms=3", "/sleep?ms=200", "/download?n=1000000", "/download?n=100", "/events?n=20&ms=3",
         "/events?n=3", "/big?n=300000", "/vitrina.css", "/nothing", "/fail/internal", "/download?n=500000&cut=1"]
POSTS = ["/upload", "/upload?slow=2", "/upload?refuse=1", "/show/x", "/form", "/json", "/tiny", "/inline"]


def misbehave(server, dice):
    """One client that does something, not always to its end."""
    body = b"x" * dice.choice([0, 3, 200, 70000, 700000])
    if dice.random() < 0.5:
        text = "".join(f"GET {dice.choice(PATHS)} HTTP/1.{dice.choice('0111')}\r\nHost: x\r\n\r\n"
                       for _ in range(dice.choice([1, 1, 3]))).encode()
    else:
        text = f"POST {dice.choice(POSTS)} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    if dice.random() < 0.3:
        text = text[:dice.randrange(len(text))]
    with wire(server) as w:
        w.send(text)
        end = dice.random()
        if end < 0.25:
            w.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST
        elif end < 0.5:
            try:
                w.sock.shutdown(socket.SHUT_WR)
            except OSError:
                return
            while w.fill():
                w.data = b""
        elif end < 0.75:
            w.fill()


@pytest.mark.parametrize("stop", ["idle", "busy"])
def test_clients_that_misbehave(start, stop):
    server = start(loops=2, workers=3, stream_threads=6, header_ms=500, body_rate_ms=500, linger_ms=500, stop_ms=3000)
    done = threading.Event()

    def run(seed):
        dice = random.Random(seed)
        for _ in range(40):
            try:
                misbehave(server, dice)
            except OSError:
                if done.is_set():
                    return
                raise

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(8)]
    for t in threads:
        t.start()
    if stop == "busy":
        time.sleep(0.3)
        done.set()
        server.stop()
    for t in threads:
        t.join()
    if stop == "idle":
        assert server.get("/small").status_code == 200
        eventually(lambda: re.search(r"^vitrina_connections 1$", server.get("/figures").text, re.M))
        eventually(lambda: re.search(r"^vitrina_workers_busy 0$", server.get("/figures").text, re.M))
        eventually(lambda: re.search(r"^vitrina_streams_busy 0$", server.get("/figures").text, re.M))


def test_descriptors_are_given_back(start):
    server = start()

    def descriptors():
        return len(os.listdir(f"/proc/{server.process.pid}/fd"))

    server.get("/inline")
    before = descriptors()
    for _ in range(200):
        with wire(server) as w:
            w.send(GET[:20])
    eventually(lambda: descriptors() <= before)
    eventually(lambda: re.search(r"^vitrina_connections 1$", server.get("/figures").text, re.M))
