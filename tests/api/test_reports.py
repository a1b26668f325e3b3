"""Reports, targets and the outbox, against the real program and real other sides: telegram-test-api (tests/telegram), an
SMTP server (aiosmtpd), a webhook receiver that checks every signature."""
import email
import email.policy
import hashlib
import hmac
import json
import socket
import ssl
import subprocess
import time

import pytest
from loading import load
from outbound import (TOKEN, Mailbox, aiosmtpd, deliveries, ended, hook, mailbox, report, sending, target,  # noqa: F401
                     telegram, until)

AuthResult = pytest.importorskip("aiosmtpd.smtp").AuthResult


def test_sent_to_telegram_with_its_chart(sending, telegram):
    chat = target(sending)["id"]
    report(sending, chat, language="pl")
    sent = sending.post("/api/v1/reports/weekly/send")  # names are found in any case
    assert sent.status_code == 202 and sent.json()["deliveries"][0]["name"] == "Chat"
    [delivery] = ended(sending)
    assert (delivery["state"], delivery["reason"], delivery["attempts"]) == ("sent", None, 1)
    text, photo = telegram.calls()
    assert text["method"] == "sendMessage" and text["token"] == TOKEN
    assert text["json"]["chat_id"] == 777 and text["json"]["parse_mode"] == "HTML"
    said = text["json"]["text"]
    assert "<b>Najlepsi klienci</b>" in said and "Łukasz &lt;b&gt;Żak&lt;/b&gt; &amp; co" in said and "900,00" in said
    assert said.index("Żak") < said.index("Анна") and "<pre>" in said
    assert photo["method"] == "sendPhoto" and photo["at"] - text["at"] > 900, "one message a second in a chat"
    form = telegram.form(photo)
    assert form["photo"][:8] == b"\x89PNG\r\n\x1a\n" and form["chat_id"] == b"777"
    assert form["photo"] == sending.get("/api/v1/reports/Weekly/chart").content
    assert TOKEN not in sending.server.read_log()


def test_the_figures(sending):
    answer = sending.get("/api/v1/figures/average_spending_by_age?language=ru&per=customer").json()
    assert answer["title"] == "Средние траты по возрасту"
    assert [row[:2] for row in answer["rows"]] == [
        ["18-24", "150,50"], ["25-30", "–"], ["31-36", "900,00"], ["37-47", "–"], [">47", "10,00"]]
    assert answer["chart"]["values"] == [150.5, None, 900, None, 10]
    total = sending.get("/api/v1/figures/total_spending").json()
    assert total["rows"][0][:2] == ["2023", "1,000.50"] and total["rows"][-1][:2] == ["all years", "1,060.50"]
    top = sending.get("/api/v1/figures/top_customers?top=1&year=2024").json()
    assert [row[0] for row in top["rows"]] == ["1"]
    assert sending.get("/api/v1/figures/statistics?language=mk").json()["rows"][0][1] == "3"
    for figure in ("average_spending_by_age", "total_spending", "top_customers", "statistics"):
        picture = sending.get(f"/api/v1/figures/{figure}/chart")
        assert picture.headers["Content-Type"] == "image/png" and picture.content[:4] == b"\x89PNG"
    assert sending.get("/api/v1/figures/weather").status_code == 404


@pytest.mark.parametrize("body, field", [
    ({"name": " "}, "name"), ({"name": "a/b"}, "name"), ({"name": "a\nb"}, "name"), ({"figure": "weather"}, "figure"),
    ({"language": "de"}, "language"), ({"parts": []}, "parts"), ({"parts": ["text", "text"]}, "parts"),
    ({"parts": "text"}, "parts"), ({"top": 0}, "top"), ({"top": 101}, "top"), ({"year": -1}, "year"),
    ({"per": "age"}, "per"), ({"dataset": "none"}, "dataset"), ({"targets": ["5"]}, "targets"),
    ({"targets": [5]}, "targets"), ({"schedule": "61 * * * *"}, "schedule"), ({"schedule": "* * * *"}, "schedule"),
    ({"schedule": "0 0 30 2 *"}, "schedule"), ({"schedule": "0 9 * * *", "zone": "Mars/Base"}, "zone"),
    ({"zone": "../../etc/passwd"}, "zone"), ({"more": 1}, "more"),
])
def test_a_wrong_report_is_refused(shared_client, body, field):
    answer = shared_client.post("/api/v1/reports", json={"name": "a", "figure": "statistics", **body})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field), answer.text
    assert shared_client.get("/api/v1/reports").json()["total"] == 0


@pytest.mark.parametrize("body, field", [
    ({"kind": "fax"}, "kind"), ({"address": "abc"}, "address"), ({"address": "0"}, "address"),
    ({"kind": "email", "address": "a@b.example, nobody"}, "address"),
    ({"kind": "email", "address": "a@b.example\r\nBcc: c@d.example"}, "address"),
    ({"kind": "webhook", "address": "ftp://a.example/"}, "address"),
    ({"kind": "webhook", "address": "https://user:pass@a.example/"}, "address"),
    ({"kind": "webhook", "address": "https://a.example/", "management": True}, "management"),
    ({"name": "a\nb"}, "name"), ({"thread": -1}, "thread"),
])
def test_a_wrong_target_is_refused(shared_client, body, field):
    answer = shared_client.post("/api/v1/targets", json={"name": "a", "kind": "telegram", "address": "1", **body})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field), answer.text
    assert shared_client.get("/api/v1/targets").json()["total"] == 0


def test_changed_renamed_removed(client):
    made = report(client, schedule="30 9 * * mon", zone="Europe/Warsaw")
    assert made["next_run"].endswith((":30:00Z"))
    changed = client.patch("/api/v1/reports/Weekly", json={"name": "Зарплата", "schedule": ""}).json()
    assert (changed["id"], changed["name"], changed["next_run"]) == (made["id"], "Зарплата", None)
    assert client.get("/api/v1/reports/Weekly").status_code == 404
    assert client.get(f"/api/v1/reports/{made['id']}").json()["name"] == "Зарплата"
    assert client.post("/api/v1/reports", json={"name": "ЗАРПЛАТА", "figure": "statistics"}).status_code == 409
    assert client.post(f"/api/v1/reports/{made['id']}/send").status_code == 422, "it has no target"
    assert client.delete("/api/v1/reports/зарплата").status_code == 204
    assert client.delete("/api/v1/reports/зарплата").status_code == 404


def test_each_organisation_its_own(client, cli, make_user):
    chat = target(client)["id"]
    made = report(client, chat)
    cli("org", "add", "Partner")
    other = make_user("admin", org="Partner")
    for path in ("/api/v1/reports", "/api/v1/targets", "/api/v1/deliveries"):
        assert other.get(path).json()["items"] == []
    for name in ("Weekly", made["id"]):
        assert other.get(f"/api/v1/reports/{name}").status_code == 404
        assert other.post(f"/api/v1/reports/{name}/send").status_code == 404
    assert other.patch(f"/api/v1/targets/{chat}", json={"on": False}).status_code == 404
    assert other.delete(f"/api/v1/targets/{chat}").status_code == 404
    assert other.post(f"/api/v1/targets/{chat}/test").status_code == 404
    stolen = other.post("/api/v1/reports", json={"name": "a", "figure": "statistics", "targets": [chat]})
    assert (stolen.status_code, stolen.json()["error"]["field"]) == (422, "targets")
    assert make_user("operator").get("/api/v1/reports").status_code == 403
    manager = make_user("manager")
    assert manager.get("/api/v1/targets").status_code == 200
    assert manager.post("/api/v1/targets", json={"name": "b", "kind": "telegram", "address": "1"}).status_code == 403


def test_too_fast_waits_as_long_as_telegram_says(sending, telegram):
    telegram.script((429, "Too Many Requests: retry after 3", {"parameters": {"retry_after": 3}}))
    report(sending, target(sending)["id"], parts=["text"])
    sending.post("/api/v1/reports/Weekly/send")
    [delivery] = ended(sending)
    assert (delivery["state"], delivery["attempts"]) == ("sent", 2)
    first, second = telegram.calls()
    assert second["at"] - first["at"] >= 3000 and first["json"] == second["json"]


def test_a_bot_that_was_removed_switches_the_target_off(sending, telegram):
    chat = target(sending)["id"]
    report(sending, chat, parts=["text"])
    telegram.script((403, "Forbidden: bot was kicked from the group chat", {}))
    sending.post("/api/v1/reports/Weekly/send")
    [delivery] = ended(sending)
    assert delivery["state"] == "failed" and "kicked" in delivery["reason"]
    [off] = sending.get("/api/v1/targets").json()["items"]
    assert off["on"] is False and "kicked" in off["off_reason"] and off["off_code"] == "chat_closed"
    sending.post("/api/v1/reports/Weekly/send")
    assert deliveries(sending)[0]["state"] == "failed" and len(telegram.calls()) == 1, "nothing more is sent there"
    assert sending.post(f"/api/v1/deliveries/{delivery['id']}/retry").status_code == 409
    assert sending.patch(f"/api/v1/targets/{chat}", json={"on": True}).json()["on"] is True
    [on] = sending.get("/api/v1/targets").json()["items"]
    assert (on["off_reason"], on["off_code"]) == (None, None)
    assert sending.post(f"/api/v1/deliveries/{delivery['id']}/retry").status_code == 204
    until(lambda: len(telegram.calls()) == 2)
    until(lambda: deliveries(sending, state="sent"))


def test_a_group_that_moved_is_followed(sending, telegram):
    chat = target(sending, address="-55")["id"]
    report(sending, chat, parts=["text"])
    telegram.script((400, "Bad Request: group chat was upgraded", {"parameters": {"migrate_to_chat_id": -1001234567890}}))
    sending.post("/api/v1/reports/Weekly/send")
    assert ended(sending)[0]["state"] == "sent"
    assert [call["json"]["chat_id"] for call in telegram.calls()] == [-55, -1001234567890]
    assert sending.get("/api/v1/targets").json()["items"][0]["address"] == "-1001234567890"


def test_what_telegram_refuses_is_told_without_the_token(sending, telegram):
    report(sending, target(sending)["id"], parts=["text"])
    telegram.script((401, "Unauthorized", {}))
    sending.post("/api/v1/reports/Weekly/send")
    [delivery] = ended(sending)
    assert delivery["state"] == "failed" and "token" in delivery["reason"]
    telegram.script((400, f"Bad Request: bot{TOKEN} is wrong", {}))
    sending.post("/api/v1/reports/Weekly/send")
    text = json.dumps(ended(sending, 2)) + sending.get("/api/v1/integrations").text + sending.server.read_log()
    assert TOKEN not in text and "secret_token" not in text


def test_a_long_report_comes_in_parts(sending, telegram):
    rows = "".join(f"{i},Customer {'Щ' * 40} <{i}>,{20 + i % 50},{i}.50,2024-01-01\n" for i in range(1, 101))
    load(sending, ("long.csv", ("customer_id,full_name,age,amount,date\n" + rows).encode()), name="long")
    report(sending, target(sending)["id"], dataset="long", top=100, parts=["text"])
    sending.post("/api/v1/reports/Weekly/send")
    assert ended(sending)[0]["state"] == "sent"
    texts = [call["json"]["text"] for call in telegram.calls()]
    assert len(texts) == 2
    plain = [t.replace("<b>", "").replace("</b>", "").replace("<i>", "").replace("</i>", "").replace("&lt;", "<")
             .replace("&gt;", ">") for t in texts]
    assert all(0 < len(t) <= 4096 for t in plain) and plain[0].endswith("\n")
    assert [i for i in range(1, 101) if f"<{i}>" not in "".join(plain)] == []


def test_away_and_back_delivers_once(sending, telegram):
    report(sending, target(sending)["id"], parts=["text"])
    telegram.stop()
    sending.post("/api/v1/reports/Weekly/send")
    waiting = until(lambda: (d := deliveries(sending)) and d[0]["reason"] and d[0])
    assert waiting["state"] == "waiting" and waiting["next_at"] and "cannot be reached" in waiting["reason"]
    telegram.start()
    [delivery] = ended(sending)
    assert delivery["state"] == "sent" and delivery["attempts"] > 1
    time.sleep(1)
    assert len(telegram.calls()) == 1


def test_what_waits_survives_kill(sending, telegram, start_server, folder):
    report(sending, target(sending)["id"], parts=["text"])
    telegram.stop()
    sending.post("/api/v1/reports/Weekly/send")
    until(lambda: (d := deliveries(sending)) and d[0]["reason"])
    sending.server.kill()
    telegram.start()
    server = start_server(VITRINA_TELEGRAM_URL=f"http://127.0.0.1:{telegram.port}")
    again = server.client(folder.admin)
    assert ended(again)[0]["state"] == "sent" and len(telegram.calls()) == 1


@pytest.mark.waits
def test_the_clock_sends_by_itself(sending, telegram):
    made = report(sending, target(sending)["id"], figure="average_spending_by_age", schedule="* * * * *")
    assert made["next_run"]
    [delivery] = until(lambda: (d := deliveries(sending)) and d[0]["ended_at"] and d, 75)
    assert (delivery["cause"], delivery["state"]) == ("schedule", "sent")
    after = sending.get("/api/v1/reports/Weekly").json()
    assert after["last_run"][:19] >= made["next_run"][:19] and after["next_run"] > made["next_run"] and not after["last_error"]
    assert [call["method"] for call in telegram.calls()] == ["sendMessage", "sendPhoto"]


@pytest.mark.waits
def test_a_run_that_cannot_be_made_says_why(sending):
    made = report(sending, target(sending)["id"], schedule="* * * * *", dataset="shop")
    sending.delete(f"/api/v1/datasets/{made['dataset']}")
    failed = until(lambda: (r := sending.get("/api/v1/reports/Weekly").json())["last_error"] and r, 75)
    assert failed["next_run"] > made["next_run"] and deliveries(sending) == []
    assert failed["last_error_code"] == "not_found"


def test_figures_to_the_management(sending, telegram, folder):
    url = "/average_spending_by_age?send=telegram"
    assert sending.get(url).json()["error"]["code"] == "no_chats"
    target(sending, management=True)
    target(sending, name="Other", address="@people_of_shop")
    answer = sending.get(url + "&per=customer&language=ru").json()
    assert answer == {"18-24": 150.5, "25-30": None, "31-36": 900, "37-47": None, ">47": 10, "sent": 1}
    assert [c["method"] for c in telegram.calls()] == ["sendMessage", "sendPhoto"]
    assert "150,50" in telegram.calls()[0]["json"]["text"]
    assert sending.get("/average_spending_by_age?send=fax").status_code == 422
    del sending.headers["Origin"]  # a link on somebody else's page
    assert sending.get(url).status_code == 403 and len(telegram.calls()) == 2


# --- webhooks ---

@pytest.mark.waits
def test_a_webhook_is_signed_and_tried_again(sending, hook):
    made = target(sending, kind="webhook", address=hook.url)
    hook.answers = [500, 302]
    report(sending, made["id"])
    sending.post("/api/v1/reports/Weekly/send")
    [delivery] = ended(sending)
    assert delivery["state"] == "sent" and len(hook.got) == 3
    for headers, body in hook.got:
        signed = headers["Vitrina-Timestamp"].encode() + b"." + body
        assert headers["Vitrina-Signature"] == "sha256=" + hmac.new(made["secret"].encode(), signed,
                                                                    hashlib.sha256).hexdigest()
        assert abs(int(headers["Vitrina-Timestamp"]) - time.time()) < 120
    assert {headers["Vitrina-Delivery"] for headers, _ in hook.got} == {delivery["id"]}
    sent = json.loads(hook.got[0][1])
    assert sent["report"] == "Weekly" and sent["figure"]["rows"][0][2] == "900.00"
    assert made["secret"] not in sending.get("/api/v1/targets").text


def test_a_webhook_that_is_gone_is_switched_off(sending, hook):
    made = target(sending, kind="webhook", address=hook.url)
    hook.answers = [410]
    assert sending.post(f"/api/v1/targets/{made['id']}/test").status_code == 202
    assert [ended(sending)[0][key] for key in ("state", "reason_code")] == ["failed", "gone"]
    [off] = sending.get("/api/v1/targets").json()["items"]
    assert (off["on"], off["off_code"]) == (False, "gone")
    sending.patch(f"/api/v1/targets/{made['id']}", json={"on": True})
    off = sending.patch(f"/api/v1/targets/{made['id']}", json={"on": False}).json()
    assert (off["off_reason"], off["off_code"]) == ("switched off by a person", "person")
    assert sending.patch(f"/api/v1/targets/{made['id']}", json={"name": "b"}).json()["off_code"] == "person"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433"])
def test_private_networks_are_refused(client, hook, host):
    made = target(client, kind="webhook", address=hook.url.replace("127.0.0.1", host))
    client.post(f"/api/v1/targets/{made['id']}/test")
    [delivery] = ended(client)
    assert delivery["state"] == "failed" and "private network" in delivery["reason"] and hook.got == []


# --- mail ---

def test_a_report_by_mail(sending, mailbox):
    settings = {"host": "127.0.0.1", "port": mailbox.port, "security": "none", "from": "shop@example.com"}
    assert sending.put("/api/v1/integrations/mail", json=settings).status_code == 204
    made = target(sending, kind="email", address="a@example.com, b@example.com")
    report(sending, made["id"], name="Итоги недели: средние траты наших покупателей", language="ru")
    mailbox.answers = ["451 try again"]
    sending.post("/api/v1/reports/Итоги недели: средние траты наших покупателей/send")
    [delivery] = ended(sending)
    assert delivery["state"] == "sent" and delivery["attempts"] == 2
    first, second = (email.message_from_bytes(e.content, policy=email.policy.default) for e in mailbox.got)
    assert mailbox.got[1].rcpt_tos == ["a@example.com", "b@example.com"]
    assert first["Message-ID"] == second["Message-ID"]
    assert second["Subject"] == "Итоги недели: средние траты наших покупателей: Лучшие клиенты"
    assert second["To"] == "<a@example.com>, <b@example.com>" or "b@example.com" in second["To"]
    text = second.get_body(("plain",)).get_content()
    html = second.get_body(("html",)).get_content()
    assert "900,00" in text and "&lt;b&gt;Żak" in html
    [picture] = [p for p in second.walk() if p.get_content_type() == "image/png"]
    assert picture.get_content()[:4] == b"\x89PNG"


def certificate(folder, name, host="127.0.0.1"):
    """A certificate of its own for an address, made now: its file and its key."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{host}", "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    return cert, key


class MailServer:
    """aiosmtpd over TLS: from the first byte ("tls") or after STARTTLS, without which it takes nothing; with a password."""

    def __init__(self, security, cert, key):
        self.box, self.logins = Mailbox(), []
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(cert, key)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        how = {"ssl_context": context} if security == "tls" else {"tls_context": context, "require_starttls": True}
        self.controller = TrustingController(self.box, cert, hostname="127.0.0.1", port=self.port, auth_required=True,
                                             auth_require_tls=security != "tls", authenticator=self.login, **how)
        self.controller.start()

    def login(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"very secret")


class TrustingController(aiosmtpd.Controller):
    """The controller's own first connection, by which it knows that it runs, trusts the certificate of the test."""

    def __init__(self, box, cert, **options):
        super().__init__(box, **options)
        self.cert = cert

    def _trigger_server(self):
        if not self.ssl_context:
            return super()._trigger_server()
        context = ssl.create_default_context(cafile=str(self.cert))
        context.check_hostname = False  # one of the certificates is for another address on purpose
        with socket.create_connection(("127.0.0.1", self.port), 5) as s, \
                context.wrap_socket(s, server_hostname="127.0.0.1") as tls:
            tls.recv(1024)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # the line is encrypted from its first byte
@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("trusted", ["its own", "another", "another address"])
def test_mail_is_encrypted_to_whom_the_certificate_names(start_server, folder, tmp_path, security, trusted):
    cert, key = certificate(tmp_path, "mail", "127.0.0.2" if trusted == "another address" else "127.0.0.1")
    authority = certificate(tmp_path, "other")[0] if trusted == "another" else cert
    mail = MailServer(security, cert, key)
    try:
        server = start_server(VITRINA_OUTBOUND_PRIVATE=1, VITRINA_OUTBOUND_CA=authority)
        client = server.client(folder.admin)
        assert client.put("/api/v1/integrations/mail", json={
            "host": "127.0.0.1", "port": mail.port, "security": security, "from": "shop@example.com",
            "user": "shop", "password": "very secret"}).status_code == 204
        made = target(client, kind="email", address="a@example.com")
        client.post(f"/api/v1/targets/{made['id']}/test")
        if trusted == "its own":
            [delivery] = ended(client)
            assert (delivery["state"], delivery["reason"], delivery["reason_code"]) == ("sent", None, None)
            assert mail.logins == [(b"shop", b"very secret")] and mail.box.got[0].rcpt_tos == ["a@example.com"]
        else:
            waiting = until(lambda: (d := deliveries(client)) and d[0]["reason"] and d[0])
            assert (waiting["state"], waiting["reason_code"]) == ("waiting", "certificate")
            assert mail.logins == [] and mail.box.got == [], "neither the password nor the mail went out"
    finally:
        mail.controller.stop()


def test_a_mail_server_without_encryption_gets_nothing(sending, mailbox):
    assert sending.put("/api/v1/integrations/mail", json={
        "host": "127.0.0.1", "port": mailbox.port, "security": "starttls", "from": "a@example.com",
        "user": "u", "password": "very secret"}).status_code == 204
    made = target(sending, kind="email", address="a@example.com")
    sending.post(f"/api/v1/targets/{made['id']}/test")
    waiting = until(lambda: (d := deliveries(sending)) and d[0]["reason"] and d[0])
    assert waiting["reason_code"] == "encryption" and mailbox.got == []


def test_mail_settings(client, mailbox):
    put = lambda **fields: client.put("/api/v1/integrations/mail", json={  # noqa: E731
        "host": "mail.example.com", "from": "a@example.com", **fields})
    assert put(security="none").json()["error"]["field"] == "security"
    assert put(host="a b").json()["error"]["field"] == "host"
    assert put(**{"from": "a@example.com\r\nBcc: x@example.com"}).json()["error"]["field"] == "from"
    assert put(user="u", password="very secret").status_code == 204
    shown = client.get("/api/v1/integrations")
    assert shown.json()["mail"]["password_set"] is True and "very secret" not in shown.text
    assert put(user="u").status_code == 204 and client.get("/api/v1/integrations").json()["mail"]["password_set"]
    put(host="mail.evil.example", user="u")
    assert not client.get("/api/v1/integrations").json()["mail"]["password_set"], "a password stays with its server"
    assert client.delete("/api/v1/integrations/mail").status_code == 204
    made = target(client, kind="email", address="a@example.com")
    client.post(f"/api/v1/targets/{made['id']}/test")
    assert "no mail server" in ended(client)[0]["reason"]


def test_no_bot_is_told(client):
    made = target(client)
    client.post(f"/api/v1/targets/{made['id']}/test?language=ru")
    assert "no bot" in ended(client)[0]["reason"] and ended(client)[0]["reason_code"] == "no_bot"
    assert client.put("/api/v1/integrations/telegram", json={"token": "a b/c"}).status_code == 422
