"""A real server of MongoDB's protocol on its own port and folder, for one test file: mongod, or FerretDB over SQLite.

What tools/setup has built, or what VITRINA_FERRETDB or the path names. Without either, `find` skips and says so.
"""
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

START_SECONDS = 60
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vitrina" / "ferretdb-v1.24.0" / "ferretdb"


def find():
    """("mongod" or "ferretdb", path)"""
    for kind, path in (("ferretdb", os.environ.get("VITRINA_FERRETDB")), ("mongod", shutil.which("mongod")),
                       ("ferretdb", shutil.which("ferretdb")), ("ferretdb", str(CACHE))):
        if path and os.access(path, os.X_OK):
            return kind, path
    pytest.skip(f"neither mongod nor FerretDB is there ({CACHE}): tools/setup test builds it where Go is")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class MongoServer:
    """Started; stop() and start() keep its data and its port."""

    def __init__(self, tls=False, account=None):
        """account: (name, password) without which nothing is answered."""
        self.kind, self.program = find()
        self.tls, self.account = tls, account
        self.folder = Path(tempfile.mkdtemp(prefix="vitrina-mongo-"))
        (self.folder / "data").mkdir()
        self.port = free_port()
        self.process = None
        if tls:
            self._make_certificate()
        self.start()

    def uri(self, database="shop", options=""):
        return f"mongodb://127.0.0.1:{self.port}/{database}{options}"

    def _make_certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"], check=True,
                       capture_output=True)
        (self.folder / "both.pem").write_bytes((self.folder / "key.pem").read_bytes()
                                               + (self.folder / "cert.pem").read_bytes())

    def command(self):
        data = self.folder / "data"
        if self.kind == "mongod":
            tls = ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", self.folder / "both.pem"] if self.tls else []
            if self.account:
                pytest.skip("an account for mongod needs its shell; FerretDB makes one when it starts")
            return [self.program, "--dbpath", data, "--port", self.port, "--bind_ip", "127.0.0.1", "--nounixsocket", *tls]
        address = [f"--listen-addr=127.0.0.1:{self.port}"] if not self.tls else [
            "--listen-addr=", f"--listen-tls=127.0.0.1:{self.port}", f"--listen-tls-cert-file={self.folder}/cert.pem",
            f"--listen-tls-key-file={self.folder}/key.pem"]
        if self.account:
            address += ["--test-enable-new-auth", "--setup-database=admin", f"--setup-username={self.account[0]}",
                        f"--setup-password={self.account[1]}"]
        return [self.program, "--handler=sqlite", f"--sqlite-url=file:{data}/", *address, "--telemetry=disable", "--debug-addr=-", f"--state-dir={self.folder}", "--log-level=error"]

    def start(self):
        assert self.process is None
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([str(c) for c in self.command()], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=os.environ | {"DO_NOT_TRACK": "1"})
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.folder / "log").read_text(errors="replace")[-2000:]
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the MongoDB server does not start")

    def stop(self, kill=False):
        if self.process:
            self.process.kill() if kill else self.process.terminate()
            self.process.wait(30)
            self.process = None

    def remove(self):
        self.stop(kill=True)
        shutil.rmtree(self.folder, ignore_errors=True)
