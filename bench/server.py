#!/usr/bin/python3
"""net/ and http/ alone beside nginx: bench/server.py [BUILD] [--seconds N]

nginx serves files of the same bytes with its own configuration on a free port; wrk asks both in turn, 64 connections.
The server under test is BUILD/tests/server/test_server, so no sign-in and no store are in the figures; its access log is
on, nginx's is off.
"""
import argparse
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, CONNECTIONS = 3, 64
ROWS = [  # what, our path, the file nginx serves, least ratio
    ("small JSON, inline route", "/inline", "small.json", 0.5),
    ("small JSON, from a worker", "/small", "small.json", 0.5),
    ("static file", "/vitrina.css", "vitrina.css", 0.5),
]
NGINX = """
worker_processes auto; daemon off; pid {place}/nginx.pid; error_log {place}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  client_body_temp_path {place}/t1; proxy_temp_path {place}/t2; fastcgi_temp_path {place}/t3;
  uwsgi_temp_path {place}/t4; scgi_temp_path {place}/t5;
  server {{ listen 127.0.0.1:{port}; root {place}; default_type application/json; }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.02)
    sys.exit("a server has not started")


def start_nginx(place):
    port = free_port()
    (place / "nginx.conf").write_text(NGINX.format(place=place, port=port))
    process = subprocess.Popen(["/usr/sbin/nginx", "-p", str(place), "-c", str(place / "nginx.conf")],
                               stderr=subprocess.DEVNULL)
    wait_for(port)
    return process, f"http://127.0.0.1:{port}"


def start_ours(program, place):
    log = open(place / "log", "wb")
    process = subprocess.Popen([str(program), "listen=127.0.0.1:0"], stdout=subprocess.PIPE, stderr=log, text=True)
    return process, process.stdout.readline().split()[-1]


def rate(url, seconds):
    """Requests a second and the 99th percentile; every answer must be good."""
    out = subprocess.run(["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", url], capture_output=True,
                         text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        sys.exit(f"{url}: {out}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), re.search(r"99%\s+(\S+)", out)[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path, nargs="?", default=ROOT / "build")
    parser.add_argument("--seconds", type=int, default=3)
    args = parser.parse_args()
    running, slow = [], []
    with tempfile.TemporaryDirectory(prefix="vitrina-bench-") as folder:
        place = Path(folder)
        place.chmod(0o755)  # workers of nginx started by root are somebody else
        try:
            nginx, peer = start_nginx(place)
            running.append(nginx)
            ours, url = start_ours(args.build / "tests/server/test_server", place)
            running.append(ours)
            (place / "small.json").write_text('{"user_id":791,"total_spent":26796.21}')
            (place / "vitrina.css").write_bytes((ROOT / "web/static/vitrina.css").read_bytes())
            print("| what | Vitrina, requests/s (p99) | nginx, requests/s (p99) | ratio | at least |\n|---|---|---|---|---|")
            for what, path, file, least in ROWS:
                pairs = [(rate(url + path, args.seconds), rate(f"{peer}/{file}", args.seconds)) for _ in range(ROUNDS)]
                mine, theirs = max(p[0] for p in pairs), max(p[1] for p in pairs)
                ratio = mine[0] / theirs[0]
                slow += [what] if ratio < least else []
                print(f"| {what} | {mine[0]:,.0f} ({mine[1]}) | {theirs[0]:,.0f} ({theirs[1]}) | {ratio:.2f} | {least} |",
                      flush=True)
        finally:
            for process in running:
                process.terminate()
                process.wait()
    return f"too slow: {', '.join(slow)}" if slow else 0


if __name__ == "__main__":
    sys.exit(main())
