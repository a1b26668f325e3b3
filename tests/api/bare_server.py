"""The test server (tests/server/test_server.c): net/ and http/ without the program on top, and raw bytes to talk to it."""
import os
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

import requests
from program import ROOT, START_SECONDS, STOP_SECONDS, clean_environment, no_report


def program_path():
    """In the build folder of the program under test, unless VITRINA_TEST_SERVER names another."""
    beside = Path(os.environ.get("VITRINA", ROOT / "build-test" / "vitrina")).parent / "tests/server/test_server"
    return Path(os.environ.get("VITRINA_TEST_SERVER", beside))


class BareServer:
    """Settings are the keys of test_server.c: BareServer(workers=1, header_ms=300). Listens on a free port unless told."""

    def __init__(self, *args, **settings):
        self.stopped = False
        self.place = tempfile.TemporaryDirectory(prefix="vitrina-bare-")
        self.log = Path(self.place.name) / "log"
        self.out = Path(self.place.name) / "out"
        if not any(a.startswith("listen") for a in args):
            args = ("listen=127.0.0.1:0", *args)
        settings = [f"{k}={v}" for k, v in settings.items()]
        with open(self.out, "wb") as out, open(self.log, "wb") as log:
            self.process = subprocess.Popen([str(program_path()), *args, *settings], stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=log, env=clean_environment())
        self.addresses = self._wait(sum(a.startswith("listen") for a in args))
        self.url = self.addresses[0]

    def _wait(self, n):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = re.findall(r"^listening on (\S+)\n", self.out.read_text(), re.M)
            if len(found) == n:
                return found
            assert self.process.poll() is None, self.read_log()
            time.sleep(0.01)
        self.process.kill()
        raise AssertionError(f"not ready:\n{self.read_log()}")

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def read_log(self):
        return self.log.read_text(errors="replace")

    def wait_for_log(self, pattern):
        """The access log is written a moment after the answer."""
        return eventually(lambda: re.search(pattern, self.read_log()))

    def connect(self, timeout=30):
        s = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def client(self):
        session = requests.Session()
        session.trust_env = False
        return session

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def request(self, method, path, **options):
        with self.client() as c:
            return c.request(method, self.url + path, timeout=60, **options)

    def counts(self):
        return self.get("/counts").json()

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """Fails unless it stops cleanly and no sanitizer complained. Does nothing the second time."""
        if self.stopped:
            return
        self.stopped = True
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not stop:\n{self.read_log()[-4000:]}") from None
        text = self.read_log()
        self.place.cleanup()
        no_report(text)
        assert self.process.returncode in (0, -signal.SIGKILL), (self.process.returncode, text[-4000:])


def eventually(check, seconds=30):
    """The first true value of check(); it is asked until then."""
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        assert time.monotonic() < deadline, "it has not come about"
        time.sleep(0.01)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:200]}"


class Wire:
    """One connection, byte by byte."""

    def __init__(self, sock):
        self.sock = sock
        self.data = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, *pieces):
        for piece in pieces:
            try:
                self.sock.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                return  # refused early: the answer, if any, is still to be read
        return self

    def fill(self):
        try:
            got = self.sock.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            got = b""
        self.data += got
        return bool(got)

    def until(self, mark):
        while mark not in self.data:
            assert self.fill(), f"closed before {mark!r}: {self.data!r}"
        at = self.data.index(mark) + len(mark)
        got, self.data = self.data[:at], self.data[at:]
        return got

    def exactly(self, n):
        while len(self.data) < n:
            assert self.fill(), f"closed after {len(self.data)} of {n} bytes"
        got, self.data = self.data[:n], self.data[n:]
        return got

    def closed(self):
        """True when the server closes without another byte."""
        return not self.data and not self.fill()

    def answer(self, head=False):
        """The next answer, whole; None when the connection is closed."""
        if not self.data and not self.fill():
            return None
        lines = self.until(b"\r\n\r\n").decode().split("\r\n")
        status = int(lines[0].split()[1])
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:] if line)}
        if head or status in (101, 204, 304) or status == 100:
            return Answer(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.until(b"\r\n"), 16):
                body += self.exactly(size)
                assert self.exactly(2) == b"\r\n"
            assert self.exactly(2) == b"\r\n"
        elif "content-length" in headers:
            body = self.exactly(int(headers["content-length"]))
        else:
            while self.fill():
                pass
            body, self.data = self.data, b""
        return Answer(status, headers, body)


def wire(server, timeout=30):
    return Wire(server.connect(timeout))


def ask(server, request):
    """Sends raw bytes, half-closes, and returns every answer until the server closes."""
    with wire(server) as w:
        w.send(request)
        try:
            w.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        answers = []
        while (a := w.answer()) is not None:
            answers.append(a)
        return answers
