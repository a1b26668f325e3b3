"""What reports are sent to in tests: telegram-test-api (tests/telegram), an SMTP server (aiosmtpd), a webhook receiver; and
the calls by which targets and reports are made and their deliveries watched. Fixtures: telegram, sending, hook, mailbox."""
import base64
import email
import email.policy
import json
import shutil
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from loading import load
from program import ROOT

aiosmtpd = pytest.importorskip("aiosmtpd.controller")

TOKEN = "7001:AAsecret_token-of-the-bot"
SHOP = ("customer_id,full_name,age,amount,date\n"
        "1,Анна Малина,20,100.50,2023-01-05\n1,Анна Малина,20,50,2024-02-05\n"
        "2,Łukasz <b>Żak</b> & co,33,900,2023-03-01\n3,Peter,50,10,2024-05-01\n").encode()


class Telegram:
    """tests/telegram/server.mjs on a port of its own, which stays the same over stop and start."""

    def __init__(self, port=0):
        self.port, self.process = port, None
        self.start()

    def start(self):
        node = shutil.which("node")
        if not (ROOT / "tests/telegram/node_modules").exists() or not node:
            pytest.skip("tests/telegram/node_modules is not there: tools/setup test")
        self.process = subprocess.Popen([node, str(ROOT / "tests/telegram/server.mjs"), str(self.port)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def script(self, *answers):
        requests.put(f"http://127.0.0.1:{self.port}/script", json=[
            {"status": status, "body": {"ok": False, "error_code": status, "description": text, **more}}
            for status, text, more in answers], timeout=10)

    def calls(self):
        found = requests.get(f"http://127.0.0.1:{self.port}/calls", timeout=10).json()
        for call in found:
            raw = base64.b64decode(call["body"])
            call["raw"] = raw
            call["json"] = json.loads(raw) if call["type"].startswith("application/json") else None
        return found

    def form(self, call):
        message = email.message_from_bytes(b"Content-Type: " + call["type"].encode() + b"\r\n\r\n" + call["raw"],
                                           policy=email.policy.HTTP)
        return {part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
                for part in message.iter_parts()}


def until(check, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = check()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it has not happened")


@pytest.fixture
def telegram():
    made = Telegram()
    yield made
    if made.process.poll() is None:
        made.stop()


@pytest.fixture
def sending(start_server, folder, telegram):
    """A server that sends to `telegram`; a signed-in administrator with a bot and a chat."""
    server = start_server(VITRINA_TELEGRAM_URL=f"http://127.0.0.1:{telegram.port}/", VITRINA_OUTBOUND_PRIVATE=1)
    client = server.client(folder.admin)
    client.server = server
    assert client.put("/api/v1/integrations/telegram", json={"token": TOKEN}).status_code == 204
    load(client, ("shop.csv", SHOP), name="shop")
    return client


def target(client, **fields):
    made = client.post("/api/v1/targets", json={"name": "Chat", "kind": "telegram", "address": "777", **fields})
    assert made.status_code == 201, made.text
    return made.json()


def report(client, *targets, **fields):
    made = client.post("/api/v1/reports", json={
        "name": "Weekly", "figure": "top_customers", "targets": list(targets), **fields})
    assert made.status_code == 201, made.text
    return made.json()


def deliveries(client, **params):
    return client.get("/api/v1/deliveries", params=params).json()["items"]


def ended(client, n=1):
    """Waits until n deliveries have ended; newest first."""
    return until(lambda: (d := deliveries(client)) and len([x for x in d if x["ended_at"]]) >= n and d)


class Hook:
    """Keeps what it gets; answers what it is told to."""

    def __init__(self):
        self.got, self.answers, self.at, self.delay = [], [], [], 0
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append((dict(self.headers), body))
                hook.at.append(time.monotonic())
                time.sleep(hook.delay)
                status = hook.answers.pop(0) if hook.answers else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hook():
    made = Hook()
    yield made
    made.stop()


class Mailbox:
    """Keeps what it gets; says to recipients and to mails what it is told to."""

    def __init__(self):
        self.got, self.answers, self.recipients = [], [], []

    async def handle_RCPT(self, server, session, envelope, address, options):
        said = self.recipients.pop(0) if self.recipients else "250 OK"
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server, session, envelope):
        self.got.append(envelope)
        return self.answers.pop(0) if self.answers else "250 OK"


@pytest.fixture
def mailbox():
    box = Mailbox()
    controller = aiosmtpd.Controller(box, hostname="127.0.0.1", port=0)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        controller.port = s.getsockname()[1]
    controller.start()
    box.port = controller.port
    yield box
    controller.stop()
