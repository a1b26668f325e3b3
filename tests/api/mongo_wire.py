"""One command to a MongoDB server over its wire protocol (OP_MSG): enough BSON to look at what the program wrote."""
import datetime
import socket
import struct


def encode(doc):
    out = b""
    for key, value in doc.items():
        name = key.encode() + b"\0"
        if isinstance(value, bool):
            out += b"\x08" + name + bytes([value])
        elif isinstance(value, int):
            out += b"\x12" + name + struct.pack("<q", value)
        elif isinstance(value, float):
            out += b"\x01" + name + struct.pack("<d", value)
        elif isinstance(value, str):
            text = value.encode() + b"\0"
            out += b"\x02" + name + struct.pack("<i", len(text)) + text
        elif isinstance(value, dict):
            out += b"\x03" + name + encode(value)
        elif isinstance(value, list):
            out += b"\x04" + name + encode({str(i): v for i, v in enumerate(value)})
        else:
            raise TypeError(type(value))
    return struct.pack("<i", len(out) + 5) + out + b"\0"


def decode(data, at=0):
    (size,) = struct.unpack_from("<i", data, at)
    end, at, doc = at + size - 1, at + 4, {}
    while at < end:
        kind, stop = data[at], data.index(b"\0", at + 1)
        key, at = data[at + 1:stop].decode(), stop + 1
        if kind == 0x01:
            (doc[key],), at = struct.unpack_from("<d", data, at), at + 8
        elif kind == 0x02:
            (n,) = struct.unpack_from("<i", data, at)
            doc[key], at = data[at + 4:at + 3 + n].decode(), at + 4 + n
        elif kind in (0x03, 0x04):
            value, at = decode(data, at)
            doc[key] = list(value.values()) if kind == 0x04 else value
        elif kind == 0x07:
            doc[key], at = data[at:at + 12].hex(), at + 12
        elif kind == 0x08:
            doc[key], at = bool(data[at]), at + 1
        elif kind == 0x09:
            (ms,) = struct.unpack_from("<q", data, at)
            doc[key], at = datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc), at + 8
        elif kind == 0x0A:
            doc[key] = None
        elif kind == 0x10:
            (doc[key],), at = struct.unpack_from("<i", data, at), at + 4
        elif kind in (0x11, 0x12):
            (doc[key],), at = struct.unpack_from("<q", data, at), at + 8
        else:
            raise ValueError(f"BSON type {kind:#x} of {key}")
    return doc, end + 1


def receive(s, n):
    out = b""
    while len(out) < n:
        part = s.recv(n - len(out))
        assert part, "the MongoDB server hung up"
        out += part
    return out


def command(port, doc):
    """The reply; fails when it is not ok or has write errors."""
    body = struct.pack("<I", 0) + b"\0" + encode(doc)
    with socket.create_connection(("127.0.0.1", port), 30) as s:
        s.sendall(struct.pack("<iiii", 16 + len(body), 1, 0, 2013) + body)
        (size,) = struct.unpack("<i", receive(s, 4))
        reply, _ = decode(receive(s, size - 4), 12 + 4 + 1)
    assert reply["ok"] == 1 and not reply.get("writeErrors"), reply
    return reply
