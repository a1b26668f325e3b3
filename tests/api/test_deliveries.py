"""Deliveries that do not arrive at once: slow and refusing other sides, limits of Telegram, waiting, and no secret anywhere."""
import json
import re
import time

import pytest
from outbound import (TOKEN, deliveries, ended, hook, mailbox, report, sending, target, telegram, until)  # noqa: F401
from mongodb import free_port


def test_a_call_ends_in_time(start_server, folder, hook):
    """VITRINA_OUTBOUND_SECONDS: who takes the connection and says nothing is given up, and asked again."""
    client = start_server(VITRINA_OUTBOUND_PRIVATE=1, VITRINA_OUTBOUND_SECONDS=1).client(folder.admin)
    hook.delay = 15
    began = time.monotonic()
    client.post(f"/api/v1/targets/{target(client, kind='webhook', address=hook.url)['id']}/test")
    waiting = until(lambda: (d := deliveries(client)) and d[0]["reason"] and d[0])
    assert (waiting["state"], waiting["reason_code"]) == ("waiting", "away") and "imeout" in waiting["reason"]
    assert 1 <= time.monotonic() - began < 10
    hook.delay = 0
    assert ended(client)[0]["state"] == "sent"


@pytest.mark.parametrize("value", ["0", "601", "-1", "soon", "1.5"])
def test_wrong_seconds(folder, value):
    done = folder.cli("serve", "--listen", "127.0.0.1:0", status=None, VITRINA_OUTBOUND_SECONDS=value)
    assert done.status == 2 and "outbound_seconds" in done.stderr


@pytest.mark.waits
def test_waits_twice_as_long_each_time(sending, hook):
    hook.answers = [500, 503, 429]
    sending.post(f"/api/v1/targets/{target(sending, kind='webhook', address=hook.url)['id']}/test")
    [delivery] = ended(sending)
    assert (delivery["state"], delivery["attempts"]) == ("sent", 4)
    gaps = [b - a for a, b in zip(hook.at, hook.at[1:])]
    assert gaps[0] >= 2 and gaps[1] >= 4 and gaps[2] >= 8, gaps
    assert len({headers["Vitrina-Delivery"] for headers, _ in hook.got}) == 1


# --- mail ---

@pytest.fixture
def mailing(sending, mailbox):
    """An administrator whose organisation sends by `mailbox`; two people get the mails."""
    assert sending.put("/api/v1/integrations/mail", json={
        "host": "127.0.0.1", "port": mailbox.port, "security": "none", "from": "shop@example.com"}).status_code == 204
    sending.to = target(sending, kind="email", address="a@example.com, b@example.com")["id"]
    return sending


@pytest.mark.parametrize("said, state, code, attempts", [
    (["550 no such user"], "failed", "refused", 1), (["554 spam"], "failed", "refused", 1),
    (["451 greylisted, try again"], "sent", None, 2), (["421 too busy", "452 full"], "sent", None, 3),
])
@pytest.mark.parametrize("step", ["rcpt", "data"])
def test_what_a_mail_server_says(mailing, mailbox, step, said, state, code, attempts):
    setattr(mailbox, "answers" if step == "data" else "recipients", list(said))
    mailing.post(f"/api/v1/targets/{mailing.to}/test")
    [delivery] = ended(mailing)
    assert (delivery["state"], delivery["reason_code"], delivery["attempts"]) == (state, code, attempts), delivery
    if state == "failed":
        assert said[0][:3] in delivery["reason"]
        assert mailing.post(f"/api/v1/deliveries/{delivery['id']}/retry").status_code == 204
        until(lambda: deliveries(mailing)[0]["state"] == "sent")


def test_nobody_takes_the_mail(sending):
    sending.put("/api/v1/integrations/mail", json={"host": "127.0.0.1", "port": free_port(), "security": "none",
                                                   "from": "shop@example.com"})
    sending.post(f"/api/v1/targets/{target(sending, kind='email', address='a@example.com')['id']}/test")
    waiting = until(lambda: (d := deliveries(sending)) and d[0]["reason"] and d[0])
    assert (waiting["state"], waiting["reason_code"]) == ("waiting", "away")


# --- Telegram ---

@pytest.mark.waits
def test_twenty_a_minute_in_a_group(sending, telegram):
    """The 21st message of a group waits in the outbox; a chat of one person is not held up by it."""
    group = target(sending, address="-100")["id"]
    for _ in range(21):
        assert sending.post(f"/api/v1/targets/{group}/test").status_code == 202
    until(lambda: len(deliveries(sending, state="sent", limit=50)) == 20, 60)
    calls = telegram.calls()
    [last] = until(lambda: (d := deliveries(sending, state="waiting")) and d, 5)
    at = [call["at"] for call in calls]
    late = 900  # a busy machine may hold one message up on its way, and then the next one seems to come early
    assert len(at) == 20 and all(at[j] - at[i] >= 1000 * (j - i) - late for j in range(20) for i in range(j)), at
    assert last["reason"] is None and last["attempts"] == 0, "to wait for one's turn is no failure"
    person = target(sending, name="Person", address="5")["id"]
    sending.post(f"/api/v1/targets/{person}/test")
    until(lambda: len(telegram.calls()) == 21, 10)


def test_entities_are_not_cut(sending, telegram):
    from loading import load
    names = "".join(f"{i},{'&<>' * 25},30,{i}.50,2024-01-01\n" for i in range(1, 101))
    load(sending, ("odd.csv", ("customer_id,full_name,age,amount,date\n" + names).encode()), name="odd")
    report(sending, target(sending)["id"], dataset="odd", top=100, parts=["text", "table"])
    sending.post("/api/v1/reports/Weekly/send")
    assert ended(sending)[0]["state"] == "sent"
    texts = [call["json"]["text"] for call in telegram.calls()]
    assert len(texts) > 1
    for text in texts:
        assert not re.search(r"&(?!lt;|gt;|amp;)|&(lt|gt|amp)?$", text), text[-80:]
        assert [text.count(f"<{tag}>") for tag in ("b", "pre")] == [text.count(f"</{tag}>") for tag in ("b", "pre")]
        shown = re.sub(r"</?(b|i|pre|code)>", "", text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        assert 0 < len(shown) <= 4096


def test_no_secret_is_told(start_server, folder, telegram, hook, mailbox):
    """Neither the log at its most talkative, nor an answer, nor the audit log has a token, password, secret or address."""
    server = start_server(VITRINA_TELEGRAM_URL=f"http://127.0.0.1:{telegram.port}", VITRINA_OUTBOUND_PRIVATE=1,
                          VITRINA_LOG_LEVEL="debug")
    client = server.client(folder.admin)
    assert client.put("/api/v1/integrations/telegram", json={"token": TOKEN}).status_code == 204
    assert client.put("/api/v1/integrations/mail", json={
        "host": "127.0.0.1", "port": mailbox.port, "security": "none", "from": "shop@example.com", "user": "u",
        "password": "Se8cretWord"}).status_code == 204
    made = [target(client), target(client, name="Mail", kind="email", address="a@example.com"),
            target(client, name="Hook", kind="webhook", address=hook.url + "?key=Hidden5Key")]
    telegram.script((500, f"bot{TOKEN} is wrong", {}), (404, "Not Found", {}))
    hook.answers = [500, 410]
    for one in made:
        client.post(f"/api/v1/targets/{one['id']}/test")
    found = ended(client, 2)
    until(lambda: all(d["reason"] or d["ended_at"] for d in deliveries(client)))
    server.stop()
    said = server.read_log() + json.dumps(found)
    for secret in (TOKEN, "secret_token", "Se8cretWord", made[2]["secret"], "Hidden5Key"):
        assert secret not in said, secret
    assert "not_delivered" in said
