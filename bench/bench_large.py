"""Files as large as they come, sent to a running server: a CSV of 2 GB and a full sheet of 20 columns.

What is told is the memory of all processes together, from the upload to the finished data set, and how long a cancel takes
from the request until the job says so, in the middle of reading.
"""
import http.client
import json
import os
import subprocess
import time
from urllib.parse import urlsplit

import generate
from measure import MIB, Peak, at_most, children

CSV_BYTES = 2_000_000_000
SHEET_ROWS, SHEET_COLUMNS = 1048576, 20
PLAIN = [("role", "customer_id=ignore"), ("role", "product=ignore")]
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


def upload(client, path, name, fields):
    """Sent as it is read, so that this program holds none of it. Returns the job."""
    def field(key, more=""):
        return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"{more}\r\n\r\n'
    values = [("name", name), *fields]
    head = ("".join(field(key) + value + "\r\n" for key, value in values) + field("file", f'; filename="{path.name}"')).encode()
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


def imported(client, server, file, rows, fields):
    """Seconds of the upload and of the rest, and the most memory of all processes meanwhile."""
    begun = time.monotonic()
    with Peak(server.process.pid) as peak:
        job = upload(client, file, "large", fields)
        sent = time.monotonic()
        state = wait(client, job, lambda _: False)
    if state["state"] != "done" or state["result"]["rows_read"] != rows:
        raise SystemExit(f"{file.name}: {state}")
    return sent - begun, time.monotonic() - sent, peak.bytes / MIB


def cancelled(client, server, file, what):
    """In the middle of reading; then nothing of it may be left."""
    job = upload(client, file, "to cancel", [])
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


def with_server(bench, file, use):
    """What `use` makes of the file with a server of its own."""
    folder = bench.folder()
    server = bench.server(folder)
    try:
        return use(server.client(folder.admin), server, file)
    finally:
        server.stop()
        folder.remove()


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def loaded(bench, file, what, rows, fields, limit):
    sent, read, memory = with_server(bench, file, lambda c, s, f: imported(c, s, f, rows, fields))
    return at_most(f"{what}, {file.stat().st_size / 1e6:,.0f} MB, {rows:,} rows: most memory of all processes ({sent:.0f} s to "
                   f"upload and {read:.0f} s more)", memory, limit, "MiB", 0)


def run(bench):
    csv, book = bench.place / "large.csv", bench.place / "large.xlsx"
    large_csv(csv, bench.rows)
    with open(csv, "rb") as file:
        rows = sum(part.count(b"\n") for part in iter(lambda: file.read(MIB), b"")) - 1
    yield loaded(bench, csv, "a CSV as a table", rows, PLAIN, 1024)
    yield loaded(bench, csv, "the same as sales, with the cards of its customers", rows, [], 2048)
    yield with_server(bench, csv, lambda c, s, f: cancelled(c, s, f, "the CSV"))
    csv.unlink()
    subprocess.run([bench.build / "bench" / "book_write", book, str(SHEET_ROWS), str(SHEET_COLUMNS)], check=True)
    yield loaded(bench, book, f"a sheet of {SHEET_COLUMNS} columns, with the cards of its customers", SHEET_ROWS - 1, [], 1024)
    yield with_server(bench, book, lambda c, s, f: cancelled(c, s, f, "the workbook"))
