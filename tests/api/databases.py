"""Servers of MariaDB and PostgreSQL as Debian has them, each in a temporary folder of its own and on a socket in it."""
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest


def as_user(place, user):
    """Runs a command as somebody who is not root: neither server wants to be."""
    if os.getuid() != 0:
        return []
    who = pwd.getpwnam(user)
    os.chown(place, who.pw_uid, who.pw_gid)
    return ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups"]


def run(command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, timeout=120, **options)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    return done.stdout


class Database:
    def __init__(self):
        self.place = Path(tempfile.mkdtemp(prefix="dump"))
        self.place.chmod(0o755)
        self.process = None

    def start(self, command, answers):
        self.process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            if subprocess.run([str(c) for c in answers], capture_output=True).returncode == 0:
                return
            assert self.process.poll() is None, "the database server ended"
            time.sleep(0.1)
        raise AssertionError("the database server does not answer")

    def stop(self, sign):
        if self.process:
            self.process.send_signal(sign)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.place, ignore_errors=True)


class MariaDB(Database):
    tools = [shutil.which(n) for n in ("mariadbd", "mariadb-install-db", "mariadb-dump")]

    def open(self):
        server, install, self.dumper = self.tools
        become, data = as_user(self.place, "nobody"), self.place / "data"
        self.address = ["--no-defaults", f"--socket={self.place}/sock", "-uroot"]
        self.client = ["mariadb", *self.address, "--default-character-set=utf8mb4"]
        run([*become, install, "--no-defaults", "--force",  # also where localhost has no address
             f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"])
        self.start([*become, server, "--no-defaults", f"--datadir={data}", f"--socket={self.place}/sock", "--skip-networking",
                    f"--pid-file={self.place}/pid", "--innodb-buffer-pool-size=16M"], [*self.client, "-e", "SELECT 1"])

    def sql(self, text, database=None):
        run([*self.client, *[database] * bool(database)], input=text.encode())

    def dump(self, *options):
        return run([self.dumper, *self.address, *options])

    def close(self):
        self.stop(signal.SIGTERM)


class PostgreSQL(Database):
    tools = [p.parent for p in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))[-1:]] or [None]

    def open(self):
        self.bin, data = self.tools[0], self.place / "data"
        become = as_user(self.place, "nobody")
        self.address = ["-h", self.place, "-U", "root"]
        run([*become, self.bin / "initdb", "-D", data, "-U", "root", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])
        self.start([*become, self.bin / "postgres", "-D", data, "-k", self.place, "-c", "listen_addresses=", "-c", "fsync=off",
                    "-c", "shared_buffers=16MB"], [self.bin / "psql", *self.address, "-c", "SELECT 1", "postgres"])

    def sql(self, text, database="postgres"):
        run([self.bin / "psql", *self.address, "-q", "-v", "ON_ERROR_STOP=1", database], input=text.encode())

    def dump(self, *options):
        return run([self.bin / "pg_dump", *self.address, *options])

    def close(self):
        self.stop(signal.SIGINT)


def started(kind):
    """For a fixture of a module: starting one takes seconds."""
    if not all(kind.tools):
        pytest.skip(f"{kind.__name__}'s server is not installed")
    made = kind()
    try:
        made.open()
        yield made
    finally:
        made.close()
