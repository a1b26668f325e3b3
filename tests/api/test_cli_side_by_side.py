"""Servers and commands side by side, and their signals."""
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from program import Folder, Server, clean_environment, mode, one_line


@pytest.mark.server
def test_second_server_is_refused(server, vitrina):
    result = vitrina.run("serve", "--data", server.folder.path, "--listen", "127.0.0.1:0", status=1)
    assert "already works in" in one_line(result) and str(server.process.pid) in result.stderr


@pytest.mark.parametrize("args, says", [
    (["--listen", "127.0.0.1:99999"], ""), (["--listen", "nowhere"], ""), (["--tls-cert", "x.pem"], "go together"),
    (["--tls-cert", "/none.pem", "--tls-key", "/none.pem"], ""), (["--store", "mysql://x"], "store"),
])
def test_server_that_cannot_start(folder, cli, args, says):
    result = cli("serve", "--log-level", "off", *args, status=None)
    assert result.status in (1, 2)
    assert says in one_line(result)
    cli("check")


@pytest.mark.server
def test_many_commands_at_once(anyhow):
    failures = []

    def add(i):
        try:
            anyhow("org", "add", f"Partner {i}")
        except AssertionError as e:
            failures.append(e)

    threads = [threading.Thread(target=add, args=(i,)) for i in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures, failures[0]
    assert len(anyhow("org", "list", "--json").json()) == 7


@pytest.mark.server
def test_stops_on_sigterm_and_starts_again(folder, start_server):
    for sig in (signal.SIGTERM, signal.SIGINT):
        server = start_server()
        server.process.send_signal(sig)
        assert server.process.wait(60) == 0
        assert not (folder.path / "control").exists()


def test_a_killed_server_is_no_obstacle(folder, start_server, cli):
    server = start_server()
    server.kill()
    assert (folder.path / "control").exists()
    cli("org", "add", "After")
    start_server()
    assert len(cli("org", "list", "--json").json()) == 2


def test_paths_longer_than_a_socket_address(vitrina, template):
    folder = Folder(vitrina, template)
    try:
        deep = folder.parent / ("x" * 90) / ("y" * 90)
        deep.mkdir(parents=True)
        folder.path = shutil.move(folder.path, deep / "data")
        shutil.move(folder.parent / "data.key", deep / "data.key")
        folder.path = deep / "data"
        server = Server(folder)
        folder.cli("org", "add", "Far away")
        assert "name=\"org add\"" in server.read_log()
        server.stop()
    finally:
        folder.remove()


def test_control_socket_is_private(server):
    assert mode(server.folder.path / "control") == 0o600


def test_interrupted_command_stops_in_the_server(server, vitrina):
    endless = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
    process = subprocess.Popen([str(vitrina.path), "query", endless, "--data", str(server.folder.path)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and out == "" and err.startswith("vitrina: ")
    assert "name=query" in server.read_log()


def test_killed_command_stops_in_the_server(server, vitrina):
    endless = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
    process = subprocess.Popen([str(vitrina.path), "query", endless, "--data", str(server.folder.path)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.kill()
    process.communicate()
    # Its thread in the server ends: stopping is quick and clean, and the log has its line.
    server.stop()
    assert "name=query" in server.read_log()


def test_interrupted_import_leaves_nothing(folder, vitrina, tmp_path):
    file = tmp_path / "big.csv"
    with open(file, "w") as out:
        out.write("id,a,b\n")
        some = "".join(f"{i},{i * 7},text {i}\n" for i in range(500_000))
        out.writelines(some for _ in range(12))  # long enough that a busy machine, too, interrupts it in the middle
    process = subprocess.Popen([str(vitrina.path), "import", str(file), "--name", "big", "--data", str(folder.path)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())
    while not any(task.read_text() for task in Path(f"/proc/{process.pid}/task").glob("*/children")):
        assert process.poll() is None  # it is importing once its import process is there
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and out == "" and re.fullmatch(r"vitrina: [^\n]+\n", err)
    assert folder.cli("dataset", "list", "--json").json() == []
    assert list((folder.path / "segments").iterdir()) == [] and list((folder.path / "spool").iterdir()) == []


def test_output_that_nobody_reads(folder, vitrina):
    process = subprocess.Popen([str(vitrina.path), "user", "list", "--data", str(folder.path)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())
    process.stdout.close()
    assert process.wait(60) == 1
    process.stderr.close()


def test_secrets_are_in_no_log(folder, start_server):
    server = start_server("--log-level", "debug")
    password = "a secret horse"
    folder.cli("user", "add", "--email", "s@example.org", "--role", "admin", "--password-stdin", input=password)
    token = folder.cli("token", "add", "--email", "s@example.org").stdout.strip()
    client = server.client()
    client.post("/api/v1/session", json={"email": "s@example.org", "password": password})
    client.get("/api/v1/session", headers={"Authorization": "Bearer " + token})
    server.stop()
    log = server.read_log()
    for secret in (password, token, client.cookies.get("vitrina_session"), "s@example.org"):
        assert secret and secret not in log


@pytest.mark.server
def test_certificate_is_read_again(folder, start_server, tmp_path):
    def certificate(name):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem", "-days", "2", "-subj",
                        f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        return (tmp_path / "cert.pem").read_bytes()

    import ssl
    first = certificate("first")
    server = start_server("--tls-cert", tmp_path / "cert.pem", "--tls-key", tmp_path / "key.pem")
    assert server.url.startswith("https://")
    port = int(server.url.rsplit(":", 1)[1])
    assert ssl.get_server_certificate(("127.0.0.1", port)).split() == first.decode().split()
    second = certificate("second")
    server.process.send_signal(signal.SIGHUP)
    for _ in range(500):
        if "certificate_reloaded" in server.read_log():
            break
        threading.Event().wait(0.01)
    assert ssl.get_server_certificate(("127.0.0.1", port)).split() == second.decode().split()
    (tmp_path / "cert.pem").write_text("nonsense")
    server.process.send_signal(signal.SIGHUP)
    for _ in range(500):
        if "certificate_not_reloaded" in server.read_log():
            break
        threading.Event().wait(0.01)
    assert ssl.get_server_certificate(("127.0.0.1", port)).split() == second.decode().split()


def test_root_or_the_same_user_only(server, vitrina):
    if os.geteuid() != 0:
        pytest.skip("needs root, to become somebody else")
    folder = server.folder
    for path in (folder.parent, folder.path):
        path.chmod(0o711)
    (folder.path / "control").chmod(0o666)
    # nobody may now connect, and is refused by the server itself.
    script = ("import socket\ns = socket.socket(socket.AF_UNIX)\n"
              f"s.connect({str(folder.path / 'control')!r})\n"
              "got = b''\n"
              "while True:\n    part = s.recv(4096)\n    if not part: break\n    got += part\n"
              "assert b'belongs to another user' in got, got\n")
    subprocess.run(["/usr/bin/python3", "-c", script], check=True, user="nobody", timeout=60)
