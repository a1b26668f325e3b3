"""WebSocket against a client that is not ours, and frame by frame."""
import asyncio
import os
import struct

import pytest
import websockets
from bare_server import BareServer, wire

pytestmark = pytest.mark.server

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455 §1.3
HANDSHAKE = {"Host": "x", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": KEY,
             "Sec-WebSocket-Version": "13"}


@pytest.fixture(scope="module")
def server():
    s = BareServer(loops=2)
    yield s
    s.stop()


def handshake(w, **changes):
    headers = {k: v for k, v in (HANDSHAKE | {k.replace("_", "-"): v for k, v in changes.items()}).items() if v is not None}
    w.send(b"GET /api/v1/echo HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()).encode() + b"\r\n")
    return w.answer()


def frame(opcode, payload=b"", fin=True, masked=True, rsv=0):
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    n = len(payload)
    length = bytes([n]) if n < 126 else b"\x7e" + struct.pack(">H", n) if n < 65536 else b"\x7f" + struct.pack(">Q", n)
    if not masked:
        return bytes([first]) + length + payload
    mask = os.urandom(4)
    return bytes([first, length[0] | 0x80]) + length[1:] + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


def read_frame(w):
    first, second = w.exactly(2)
    n = second & 0x7f
    assert not second & 0x80  # servers do not mask
    if n == 126:
        n = struct.unpack(">H", w.exactly(2))[0]
    elif n == 127:
        n = struct.unpack(">Q", w.exactly(8))[0]
    return first & 0x0f, w.exactly(n)


def test_echo_with_another_client(server):
    async def talk():
        async with websockets.connect(server.url.replace("http", "ws") + "/api/v1/echo", max_size=1 << 20) as ws:
            for message in ("hello", "", "привет", b"", b"\0\xff", "x" * 125, "x" * 126, b"y" * 65535, "z" * 65536):
                await ws.send(message)
                assert await ws.recv() == message
            await ws.send(["frag", "men", "ted"])
            assert await ws.recv() == "fragmented"
            await (await ws.ping(b"12345"))
            await asyncio.gather(*(ws.send(str(i)) for i in range(500)))
            assert [await ws.recv() for _ in range(500)] == [str(i) for i in range(500)]
            await ws.close(1000, "bye")
            assert ws.close_code == 1000
    asyncio.run(talk())


def test_many_clients(server):
    async def one(i):
        async with websockets.connect(server.url.replace("http", "ws") + "/api/v1/echo") as ws:
            for j in range(20):
                await ws.send(f"{i} {j}")
                assert await ws.recv() == f"{i} {j}"

    async def all_of_them():
        await asyncio.gather(*(one(i) for i in range(50)))
    asyncio.run(all_of_them())


def test_handshake(server):
    with wire(server) as w:
        a = handshake(w)
        assert (a.status, a.headers["sec-websocket-accept"]) == (101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        assert a.headers["upgrade"] == "websocket"
        w.send(frame(1, b"a") + frame(1, b"b"))
        assert [read_frame(w), read_frame(w)] == [(1, b"a"), (1, b"b")]
    with wire(server) as w:  # frames may come right behind the handshake
        head = "".join(f"{k}: {v}\r\n" for k, v in HANDSHAKE.items()).encode()
        w.send(b"GET /api/v1/echo HTTP/1.1\r\n" + head + b"\r\n" + frame(1, b"early"))
        assert w.answer().status == 101
        assert read_frame(w) == (1, b"early")


@pytest.mark.parametrize("changes, status", [
    ({"Upgrade": None}, 426), ({"Connection": None}, 426), ({"Upgrade": "h2c"}, 426), ({"Connection": "close"}, 426),
    ({"Sec_WebSocket_Version": "8"}, 426), ({"Sec_WebSocket_Version": None}, 426), ({"Sec_WebSocket_Key": None}, 400),
    ({"Sec_WebSocket_Key": "short"}, 400), ({"Sec_WebSocket_Key": "!" * 22 + "=="}, 400), ({"Sec_WebSocket_Key": "A" * 24}, 400),
    ({"Origin": "http://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Origin": "http://x"}, 101),
    ({"Origin": "http://evil.example", "Sec_Fetch_Site": "cross-site"}, 403),
    ({"Origin": "https://x", "Sec_Fetch_Site": "same-origin"}, 101), ({"Connection": "keep-alive, upgrade"}, 101),
])
def test_handshakes(server, changes, status):
    with wire(server) as w:
        a = handshake(w, **changes)
        assert a.status == status
        if status == 426:
            assert (a.headers["upgrade"], a.headers["sec-websocket-version"]) == ("websocket", "13")
        if status != 101 and changes.get("Connection") != "close":
            w.send(b"GET /inline HTTP/1.1\r\nHost: x\r\n\r\n")
            assert w.answer().status == 200


@pytest.mark.parametrize("frames, code", [
    ([frame(1, b"a", masked=False)], 1002),
    ([frame(3, b"a")], 1002),
    ([frame(0xb, b"a")], 1002),
    ([frame(1, b"a", rsv=4)], 1002),
    ([frame(0, b"a")], 1002),
    ([frame(1, b"a", fin=False), frame(1, b"b")], 1002),
    ([frame(9, b"a" * 126)], 1002),
    ([frame(9, b"a", fin=False)], 1002),
    ([frame(8, b"a")], None),  # half a code: closed all the same
    ([frame(8, b"\x03\xe7")], 1002),
    ([frame(8, struct.pack(">H", 1000) + b"\xff")], 1007),
    ([frame(1, b"\xff")], 1007),
    ([frame(1, b"\xc3", fin=False), frame(0, b"\x28")], 1007),
    ([frame(1, b"\xed\xa0\x80")], 1007),
    ([frame(2, b"x" * 65537)], 1009),
    ([frame(2, b"x" * 40000, fin=False), frame(0, b"x" * 40000)], 1009),
    ([b"\x82\xff" + struct.pack(">Q", 1 << 40) + b"abcdx"], 1009),
    ([b"\x82\xff" + struct.pack(">Q", 1 << 63) + b"abcdx"], 1002),
    ([frame(8, struct.pack(">H", 1000) + b"bye")], 1000),
    ([frame(8)], None),
])
def test_closing(server, frames, code):
    with wire(server) as w:
        assert handshake(w).status == 101
        w.send(*frames)
        opcode, payload = read_frame(w)
        assert opcode == 8
        assert (struct.unpack(">H", payload[:2])[0] if payload else None) == code
        if code in (1000, None):
            assert w.closed()


def test_pings_between_fragments(server):
    with wire(server) as w:
        handshake(w)
        w.send(frame(1, b"a", fin=False), frame(9, b"now"), frame(0, b"b"))
        assert read_frame(w) == (0xa, b"now")
        assert read_frame(w) == (1, b"ab")


def test_byte_by_byte(server):
    with wire(server) as w:
        handshake(w)
        w.send(*[bytes([c]) for c in frame(1, b"slowly") + frame(2, b"but surely")])
        assert [read_frame(w), read_frame(w)] == [(1, b"slowly"), (2, b"but surely")]


def test_a_flood_that_nobody_reads(server):
    """The echo of a client that only writes stays bounded: the server stops reading it."""
    with wire(server, timeout=2) as w:
        handshake(w)
        try:
            for _ in range(20000):
                w.sock.sendall(frame(2, b"x" * 1000))
        except (TimeoutError, ConnectionError):
            pass
        with open(f"/proc/{server.process.pid}/status") as f:
            assert int(next(line for line in f if line.startswith("VmRSS")).split()[1]) < 1000000  # kB; sanitizers need room
    assert server.get("/inline").status_code == 200
