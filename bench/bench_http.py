"""A small JSON answer and a static file, beside nginx serving the same bytes; wrk asks, alternating between the two."""
import re
import socket
import subprocess
import time

import requests
from measure import at_least

ROUNDS, SECONDS, CONNECTIONS = 3, 4, 64
CONFIG = """
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


def rate(url):
    """Requests a second; every answer must be good."""
    out = subprocess.run(["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{SECONDS}s", url], capture_output=True, text=True,
                         check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(f"{url}: {out}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


def start_nginx(place, port):
    config = place / "nginx.conf"
    config.write_text(CONFIG.format(place=place, port=port))
    process = subprocess.Popen(["/usr/sbin/nginx", "-p", str(place), "-c", str(config)], stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return process
        except OSError:
            time.sleep(0.02)
    process.kill()
    raise SystemExit("nginx has not started")


def compare(what, ours, peer):
    best_ours = best_peer = 0
    for _ in range(ROUNDS):
        best_ours, best_peer = max(best_ours, rate(ours)), max(best_peer, rate(peer))
    return at_least(f"{what}: requests a second, as a share of nginx's ({best_ours:,.0f} and {best_peer:,.0f})",
                    best_ours / best_peer, 0.5, "")


def run(bench):
    folder = bench.folder()
    server = bench.server(folder)
    port = free_port()
    nginx = None
    try:
        small = requests.get(server.url + "/healthz", timeout=10)
        page = requests.get(server.url + "/", timeout=10)
        (bench.place / "healthz").write_bytes(small.content)
        (bench.place / "page").write_bytes(page.content)
        nginx = start_nginx(bench.place, port)
        yield compare(f"a JSON answer of {len(small.content)} bytes", server.url + "/healthz",
                      f"http://127.0.0.1:{port}/healthz")
        yield compare(f"a static file of {len(page.content)} bytes", server.url + "/", f"http://127.0.0.1:{port}/page")
    finally:
        if nginx:
            nginx.terminate()
            nginx.wait()
        server.stop()
        folder.remove()
