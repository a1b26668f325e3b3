#!/usr/bin/python3
"""net/ and http/ alone beside nginx: bench/server.py [BUILD] [--seconds N]

nginx serves files of the same bytes with its own configuration on a free port; wrk asks both in turn, 64 connections.
The server under test is BUILD/tests/server/test_server, so no sign-in and no store are in the figures; its access log is
on, nginx's is off.
"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from asking import start_nginx, wrk

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, CONNECTIONS = 3, 64
ROWS = [  # what, our path, the file nginx serves, least ratio
    ("small JSON, inline route", "/inline", "small.json", 0.5),
    ("small JSON, from a worker", "/small", "small.json", 0.5),
    ("static file", "/vitrina.css", "vitrina.css", 0.5),
]


def start_ours(program, place):
    log = open(place / "log", "wb")
    process = subprocess.Popen([str(program), "listen=127.0.0.1:0"], stdout=subprocess.PIPE, stderr=log, text=True)
    return process, process.stdout.readline().split()[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path, nargs="?", default=ROOT / "build")
    parser.add_argument("--seconds", type=int, default=3)
    args = parser.parse_args()
    running, slow = [], []
    with tempfile.TemporaryDirectory(prefix="vitrina-bench-") as folder:
        place = Path(folder)
        try:
            nginx, peer = start_nginx(place)
            running.append(nginx)
            ours, url = start_ours(args.build / "tests/server/test_server", place)
            running.append(ours)
            (place / "small.json").write_text('{"user_id":791,"total_spent":26796.21}')
            (place / "vitrina.css").write_bytes((ROOT / "web/static/vitrina.css").read_bytes())
            print("| what | Vitrina, requests/s (p99) | nginx, requests/s (p99) | ratio | at least |\n|---|---|---|---|---|")
            for what, path, file, least in ROWS:
                pairs = [(wrk(url + path, CONNECTIONS, args.seconds), wrk(f"{peer}/{file}", CONNECTIONS, args.seconds))
                         for _ in range(ROUNDS)]
                mine, theirs = max(p[0] for p in pairs), max(p[1] for p in pairs)
                ratio = mine.a_second / theirs.a_second
                slow += [what] if ratio < least else []
                print(f"| {what} | {mine.a_second:,.0f} ({mine.p99}) | {theirs.a_second:,.0f} ({theirs.p99}) | {ratio:.2f} | {least} |",
                      flush=True)
        finally:
            for process in running:
                process.terminate()
                process.wait()
    return f"too slow: {', '.join(slow)}" if slow else 0


if __name__ == "__main__":
    sys.exit(main())
