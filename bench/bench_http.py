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


def rate(url, token):
    """Requests a second; every answer must be good."""
    header = ["-H", f"Authorization: Bearer {token}"]
    out = subprocess.run(["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{SECONDS}s", *header, url], capture_output=True,
                         text=True, check=True).stdout
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


def compare(what, bench, server, path, token, peer):
    """The same request to both; nginx has the bytes of our answer as a file."""
    answer = requests.get(server.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=10)
    answer.raise_for_status()
    (bench.place / "answer").write_bytes(answer.content)
    best_ours = best_peer = 0
    for _ in range(ROUNDS):
        best_ours = max(best_ours, rate(server.url + path, token))
        best_peer = max(best_peer, rate(peer + "/answer", token))
    return at_least(f"{what}, {len(answer.content)} bytes: requests a second, as a share of nginx's "
                    f"({best_ours:,.0f} and {best_peer:,.0f})", best_ours / best_peer, 0.5, "")


def run(bench):
    folder = bench.folder()
    token = folder.cli("token", "add", "--email", folder.admin.email).stdout.split()[-1]
    server = bench.server(folder)
    port = free_port()
    peer = f"http://127.0.0.1:{port}"
    bench.place.chmod(0o755)  # nginx's workers are another user when root starts it
    nginx = start_nginx(bench.place, port)
    try:
        yield compare("a JSON answer (/healthz)", bench, server, "/healthz", token, peer)
        yield compare("a JSON answer out of the store (/api/v1/session)", bench, server, "/api/v1/session", token, peer)
        yield compare("a static file (/)", bench, server, "/", token, peer)
    finally:
        nginx.terminate()
        nginx.wait()
        server.stop()
        folder.remove()
