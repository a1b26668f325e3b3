"""The real program under test: running a command, a data folder of its own, a server, a signed-in client."""
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent.parent
REPORT = re.compile(r"(ERROR|WARNING): \w+Sanitizer|: runtime error: ")
START_SECONDS = 60  # a sanitised program on a busy machine; nothing is measured with it
STOP_SECONDS = 60


def clean_environment(**extra):
    """The caller's, without settings of a Vitrina of its own."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("VITRINA")}
    return env | {"LC_ALL": "C.UTF-8"} | {k: str(v) for k, v in extra.items()}


def no_report(text):
    found = REPORT.search(text)
    assert not found, "a sanitizer complained:\n" + text[max(0, found.start() - 200):][:8000]


def one_line(result):
    """A refusal is one line on standard error that names the program, and nothing on standard output."""
    assert result.stdout == "", result
    assert re.fullmatch(r"vitrina: [^\n]+\n", result.stderr), result
    return result.stderr


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@dataclass
class Account:
    email: str
    password: str
    session: tuple = None  # a cookie and who it is: of a session that lasts, in every copy of the folder it was begun in


class Result:
    """What one run of a command left."""

    def __init__(self, process):
        self.status, self.stdout, self.stderr = process.returncode, process.stdout, process.stderr

    def json(self):
        return json.loads(self.stdout)

    def __repr__(self):
        return f"status {self.status}\n--- stdout\n{self.stdout[:4000]}\n--- stderr\n{self.stderr[:4000]}"


class Program:
    def __init__(self, path):
        self.path = path

    def run(self, *args, status=0, input=None, timeout=300, cwd=None, **env):
        """Runs to its end. `status` is what it must exit with; None takes any."""
        done = Result(subprocess.run(
            [str(self.path), *map(str, args)], input=input, capture_output=True, text=True, errors="replace",
            timeout=timeout, cwd=cwd, env=clean_environment(**env)))
        no_report(done.stderr)
        assert status is None or done.status == status, done
        return done


class Folder:
    """A data folder in a temporary folder of its own, which goes when `remove` is called."""

    def __init__(self, program, template=None):
        self.program = program
        self.parent = Path(tempfile.mkdtemp(prefix="vitrina-test-"))
        self.path = self.parent / "data"
        self.admin = None
        if template:  # an initialised one: its key lies beside it
            shutil.copytree(template.path, self.path)
            shutil.copy2(template.path.with_name("data.key"), self.parent / "data.key")
            self.admin = template.admin

    def initialise(self):
        done = self.program.run("init", "--data", self.path, "--admin", "admin@example.com")
        password = re.search(r"[Pp]assword:?\s+(\S+)", done.stdout)
        assert password, done
        self.admin = Account("admin@example.com", password[1])
        return self

    def cli(self, *args, **options):
        return self.program.run(*args, "--data", self.path, **options)

    def remove(self):
        shutil.rmtree(self.parent, ignore_errors=True)


class Server:
    """A running `vitrina serve`. Everything it writes goes to files beside its data folder."""

    def __init__(self, folder, *args, **env):
        self.folder = folder
        number = len(list(folder.parent.glob("server-*.out")))
        self.out, self.log = (folder.parent / f"server-{number}.{end}" for end in ("out", "log"))
        with open(self.out, "wb") as out, open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [str(folder.program.path), "serve", "--data", str(folder.path), "--listen", "127.0.0.1:0",
                 *map(str, args)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=log, env=clean_environment(**env))
        try:
            self.url = self._wait_for_address()
        except BaseException:
            self.kill()
            raise

    def _wait_for_address(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = re.search(r"^listening on (https?://\S+)\n", self.out.read_text(), re.M)
            if found:
                return found[1]
            assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.read_log()}"
            time.sleep(0.01)
        raise AssertionError(f"not ready after {START_SECONDS} s:\n{self.read_log()}")

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def read_log(self):
        return self.log.read_text(errors="replace")

    def client(self, account=None):
        """A Client of this server, signed in when an account is given: as a browser that had been so before, or anew."""
        client = Client(self.url)
        if account and account.session and self.url.startswith("http:"):
            return client.resume(account)
        return client.sign_in(account) if account else client

    def kill(self):
        """kill -9: what a power cut does to it."""
        self.process.kill()
        self.process.wait()
        # The MongoDB driver leaves its counters behind, and warns when the same process number comes again.
        Path(f"/dev/shm/mongoc-{self.process.pid}").unlink(missing_ok=True)

    def stop(self):
        """Asks it to stop, and fails unless it does so cleanly. Does nothing when it was killed on purpose."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"did not stop after SIGTERM:\n{self.read_log()[-4000:]}") from None
        no_report(self.read_log())
        assert self.process.returncode in (0, -signal.SIGKILL), self.read_log()[-4000:]


class Client(requests.Session):
    """A browser's session: the cookie, and an Origin, so that writes are let in. Paths are relative to the server."""

    def __init__(self, url):
        super().__init__()
        self.url = url
        self.trust_env = False
        self.headers["Origin"] = url
        self.account = self.user = None

    def request(self, method, path, **options):
        options.setdefault("timeout", 120)
        return super().request(method, self.url + path if path.startswith("/") else path, **options)

    def sign_in(self, account):
        answer = self.post("/api/v1/session", json={"email": account.email, "password": account.password})
        assert answer.status_code == 200, answer.text
        self.account, self.user = account, answer.json()["user"]
        return self

    def resume(self, account):
        """Goes on with the account's session. Checking a password takes long on purpose, so not every test does it."""
        cookie, self.user = account.session
        self.account = account
        self.cookies.set("vitrina_session", cookie, domain="127.0.0.1", path="/")
        return self

    def wait_for_job(self, job, timeout=300):
        """Waits until a job has ended and returns its last state."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            state = self.get(f"/api/v1/jobs/{job}").json()
            if state["state"] in ("done", "failed", "cancelled"):
                return state
            time.sleep(0.02)
        raise AssertionError(f"job {job} has not ended: {state}")


def user_maker(folder, server):
    made = []

    def make_user(role, org=None):
        made.append(role)
        account = Account(f"{role}{len(made)}@example.com", f"correct horse {role} {len(made)}")
        org_option = ["--org", org] if org else []
        folder.cli("user", "add", "--email", account.email, "--role", role, "--password-stdin", *org_option,
                   input=account.password + "\n")
        return server.client(account)

    return make_user


def running(folder):
    """The life of a server around a fixture."""
    server = Server(folder)
    try:
        yield server
    finally:
        server.stop()
