"""Strangers at the control socket, through which commands reach a running server."""
import json
import os
import random
import re
import socket

import pytest


def connect(folder):
    end = socket.socket(socket.AF_UNIX)
    end.settimeout(60)
    at = os.open(folder.path, os.O_PATH)
    end.connect(f"/proc/self/fd/{at}/control")
    os.close(at)
    return end


def answer_of(end):
    """What the server wrote to the client's stderr, and the exit status."""
    got = b""
    try:
        while part := end.recv(65536):
            got += part
    except ConnectionResetError:
        pass  # what was sent was not read to its end
    text, status = b"", None
    while got:
        kind, length = chr(got[0]), int.from_bytes(got[1:5], "little")
        payload, got = got[5:5 + length], got[5 + length:]
        if kind == "e":
            text += payload
        if kind == "x":
            status = payload[0]
    return text.decode(), status


def hello(body, descriptors=0, magic=0x76747263, length=None):
    size = len(body) if length is None else length
    return b"".join(n.to_bytes(4, "little") for n in (magic, size, descriptors)) + body


def request(argv, **more):
    body = {"version": "0.1.0", "argv": argv, "out_tty": False, "err_tty": False, "columns": 80, "input": False, "pid": 1}
    return json.dumps({**body, **more}).encode()


@pytest.mark.parametrize("sent", [
    b"", b"x", b"GET / HTTP/1.1\r\n\r\n", random.Random(1).randbytes(12), random.Random(2).randbytes(5000), hello(b"", magic=7), hello(b""), hello(b"{"),
    hello(b"[]"), hello(b"{}"), hello(b"{}", length=100), hello(b"x" * 10, length=0xffffffff), hello(b"{}", descriptors=3),
    hello(request("user list")), hello(request([1, 2])), hello(request(["user", "list"], version="9.9.9")),
    hello(request(["user", "list"], columns=0)), hello(request(["user", "list"], more=1)), hello(b"[" * 5000),
    hello(request(["import", "/etc/passwd"])), hello(request(["serve"])), hello(request(["init"])), hello(request([])),
    hello(request(["user", "list"], input=True), descriptors=1), hello(request(["nonsense"])),
], ids=lambda sent: f"{len(sent)} bytes")
def test_nonsense_at_the_control_socket(shared_server, shared_folder, sent):
    with connect(shared_folder) as end:
        end.sendall(sent)
        end.shutdown(socket.SHUT_WR)
        text, status = answer_of(end)
    assert status in (1, 2) and re.fullmatch(r"vitrina: [^\n]+\n", text), (text, status)
    shared_folder.cli("org", "list")


def test_a_command_by_hand(shared_server, shared_folder):
    with connect(shared_folder) as end:
        end.sendall(hello(request(["org", "list", "--json"])))
        assert answer_of(end) == ("", 0)


def test_too_many_commands(server, folder):
    ends = [connect(folder) for _ in range(32)]
    try:
        # The listener takes them one after the other, so the last one is counted after the others.
        with connect(folder) as one_more:
            text, status = answer_of(one_more)
        assert "too many commands" in text and status == 1
    finally:
        for end in ends:
            end.close()
    for _ in range(200):
        if folder.cli("org", "list", status=None).status == 0:
            break
    folder.cli("org", "list")
