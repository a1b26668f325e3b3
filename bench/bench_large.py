"""Files as large as they come, sent to a running server: a CSV of 2 GB and a full sheet of 20 columns.

What is told is the memory of all processes together, from the upload to the finished data set with its cards, and how
long a cancel takes from the request until the job says so, in the middle of reading.
"""
import http.client
import json
import os
import subprocess
import time
from urllib.parse import urlsplit

import generate
from measure import MIB, Peak, at_most, children, told

CSV_BYTES = 2_000_000_000
SHEET_ROWS, SHEET_COLUMNS = 1048576, 20
BOUNDARY = "vitrina-bench"
ENDED = ("done", "failed", "cancelled")


def large_csv(path, rows):
    """The generated sales, again and again."""
    generate.sales(path, rows)
    with open(path, "rb") as file:
        file.readline()
        body = file.read()
    with open(path, "ab") as out:
        while out.tell() < CSV_BYTES:
            out.write(body)


def upload(client, path, name):
    """Sent as it is read, so that this program holds none of it. Returns the job."""
    def field(key, more=""):
        return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"{more}\r\n\r\n'
    head = (field("name") + name + "\r\n" + field("file", f'; filename="{path.name}"')).encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    connection = http.client.HTTPConnection(urlsplit(client.url).netloc, timeout=600)
    connection.putrequest("POST", "/api/v1/datasets")
    for key, value in {"Origin": client.url, "Cookie": "; ".join(f"{c.name}={c.value}" for c in client.cookies),
                       "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
                       "Content-Length": len(head) + os.stat(path).st_size + len(tail)}.items():
        connection.putheader(key, str(value))
    connection.endheaders(head)
    with open(path, "rb") as file:
        while part := file.read(MIB):
            connection.send(part)
    connection.send(tail)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 202:
        raise SystemExit(f"{path.name} was refused: {body[:500]}")
    return json.loads(body)["job"]["id"]


def wait(client, job, until):
    """The state of a job once `until` holds for it, or it has ended."""
    while True:
        state = client.get(f"/api/v1/jobs/{job}").json()
        if state["state"] in ENDED or until(state):
            return state
        time.sleep(0.005)


def imported(server, client, file, what, rows):
    begun = time.monotonic()
    with Peak(server.process.pid) as peak:
        job = upload(client, file, what)
        sent = time.monotonic()
        state = wait(client, job, lambda _: False)
    if state["state"] != "done" or state["result"]["rows_read"] != rows:
        raise SystemExit(f"{what}: {state}")
    ended = time.monotonic()
    size = file.stat().st_size / 1e6
    return at_most(f"{what}, {size:,.0f} MB, {rows:,} rows, uploaded ({sent - begun:.0f} s), read and its cards made "
                   f"({ended - sent:.0f} s): most memory of all processes", peak.bytes / MIB, 1024, "MiB", 0)


def cancelled(server, client, file, what):
    """In the middle of reading; then nothing of it may be left."""
    job = upload(client, file, f"{what} to cancel")
    state = wait(client, job, lambda s: s["progress"] > 0.05)
    if state["state"] in ENDED:
        raise SystemExit(f"{what} could not be cancelled in time: {state}")
    begun = time.monotonic()
    client.delete(f"/api/v1/jobs/{job}")
    state = wait(client, job, lambda _: False)
    seconds = time.monotonic() - begun
    left = [pid for pid in children(server.process.pid)[1:] if name_of(pid) == "import"]
    if state["state"] != "cancelled" or left:
        raise SystemExit(f"{what}: {state}, processes {left}")
    return at_most(f"{what}: from asking to cancel until it is, at {state['progress'] * 100:.0f} % of it", seconds, 1, "s")


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def run(bench):
    csv, book = bench.place / "large.csv", bench.place / "large.xlsx"
    large_csv(csv, bench.rows)
    with open(csv, "rb") as file:
        rows = sum(part.count(b"\n") for part in iter(lambda: file.read(MIB), b"")) - 1
    begun = time.monotonic()
    subprocess.run([bench.build / "bench" / "book_write", book, str(SHEET_ROWS), str(SHEET_COLUMNS)], check=True)
    yield told(f"a sheet of {SHEET_ROWS:,} rows of {SHEET_COLUMNS} columns, written by libxlsxwriter", time.monotonic() - begun, "s", 0)
    folder = bench.folder()
    server = bench.server(folder)
    try:
        client = server.client(folder.admin)
        yield imported(server, client, csv, "CSV", rows)
        yield imported(server, client, book, "workbook", SHEET_ROWS - 1)
        yield cancelled(server, client, csv, "CSV")
        yield cancelled(server, client, book, "workbook")
    finally:
        server.stop()
        folder.remove()
