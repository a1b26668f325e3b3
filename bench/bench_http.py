"""A small JSON answer and a static file, beside nginx serving the same bytes; wrk asks, alternating between the two."""
import requests
from asking import start_nginx, wrk
from measure import at_least

ROUNDS, SECONDS, CONNECTIONS = 3, 4, 64


def compare(what, bench, server, path, token, peer):
    """The same request to both; nginx has the bytes of our answer as a file."""
    answer = requests.get(server.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=10)
    answer.raise_for_status()
    (bench.place / "answer").write_bytes(answer.content)
    best_ours = best_peer = 0
    for _ in range(ROUNDS):
        best_ours = max(best_ours, wrk(server.url + path, CONNECTIONS, SECONDS, token).a_second)
        best_peer = max(best_peer, wrk(peer + "/answer", CONNECTIONS, SECONDS).a_second)
    return at_least(f"{what}, {len(answer.content)} bytes: requests a second, as a share of nginx's "
                    f"({best_ours:,.0f} and {best_peer:,.0f})", best_ours / best_peer, 0.5, "")


def run(bench):
    folder = bench.folder()
    token = folder.cli("token", "add", "--email", folder.admin.email).stdout.split()[-1]
    server = bench.server(folder)
    nginx, peer = start_nginx(bench.place)
    try:
        yield compare("a JSON answer (/healthz)", bench, server, "/healthz", token, peer)
        yield compare("a JSON answer out of the store (/api/v1/session)", bench, server, "/api/v1/session", token, peer)
        yield compare("a static file (/)", bench, server, "/", token, peer)
    finally:
        nginx.terminate()
        nginx.wait()
        server.stop()
        folder.remove()
