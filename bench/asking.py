"""Asking servers for their speed: wrk, and nginx on a free port as the other side."""
import re
import socket
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

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


def start_nginx(place):
    """Serves the files of a folder; the process to end, and its address."""
    place.chmod(0o755)  # nginx's workers are another user when root starts it
    port = free_port()
    config = Path(place) / "nginx.conf"
    config.write_text(NGINX.format(place=place, port=port))
    process = subprocess.Popen(["/usr/sbin/nginx", "-p", str(place), "-c", str(config)], stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return process, f"http://127.0.0.1:{port}"
        except OSError:
            time.sleep(0.02)
    process.kill()
    process.wait()
    raise SystemExit("nginx has not started")


class Refused(Exception):
    """Not every answer was good."""


class Rate(NamedTuple):
    a_second: float
    p99: str  # as wrk says it: "1.20ms"


def wrk(url, connections, seconds, token=None, script=None):
    """Requests a second; every answer must be good. script: a file for wrk's -s."""
    header = ["-H", f"Authorization: Bearer {token}"] if token else []
    lua = ["-s", script] if script else []
    out = subprocess.run(["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--latency", *header, *lua, url],
                         capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or re.search(r"(connect|read|write|timeout) [1-9]", out):
        raise Refused(f"{url}: {out}")
    return Rate(float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), re.search(r"99%\s+(\S+)", out)[1])
