"""Fixtures that start the real program: its own port, its own folder, its own processes, stopped by their id.

    def test_sign_in(client):                  a signed-in administrator of a fresh data folder
        assert client.get("/api/v1/session").json()["user"]["role"] == "admin"

`cli` runs a command on the same folder as `server` and `client`. Where many tests only read, the `shared_…` fixtures
give one folder and one server to all tests of a file. Every program that ends with a sanitizer's report fails its test.
The classes behind the fixtures are in program.py.
"""
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from program import ROOT, Folder, Program, Server, running, user_maker


# A shell starts what runs in its background with Ctrl-C switched off, and programs inherit that: vitrina, too, keeps to it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    config.addinivalue_line("markers", "server: the server part, run under ThreadSanitizer too (make test-tsan)")
    config.addinivalue_line("markers", "waits: waits for a clock most of its time; run beside the others (tests/run.py)")
    config.addinivalue_line("markers", "kill: kill -9 at random moments (make test-kill)")


# Those that take most of the processor, 20 s and more: begun first, so that none of them is left alone at the end.
LONG = ("recommend", "import", "import_cancel", "recommend_odd", "demo", "import_together", "reports", "train",
        "append_widen", "cli", "backup", "customers")


def pytest_collection_modifyitems(items):
    place = {f"test_{name}.py": i for i, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONG)))


@pytest.fixture(scope="session")
def vitrina():
    path = Path(os.environ.get("VITRINA", ROOT / "build-test" / "vitrina")).resolve()
    assert os.access(path, os.X_OK), f"{path} is not there: make test builds it"
    return Program(path)


@pytest.fixture(scope="session")
def template(vitrina):
    """Initialised once and copied for each test, with a session of its administrator: deriving and checking a password's
    hash is slow on purpose."""
    folder = Folder(vitrina).initialise()
    server = Server(folder)
    try:
        client = server.client(folder.admin)
        folder.admin.session = (client.cookies["vitrina_session"], client.user)
    finally:
        server.stop()
    yield folder
    folder.remove()


@pytest.fixture
def folder(vitrina, template):
    made = Folder(vitrina, template)
    yield made
    made.remove()


@pytest.fixture
def data_dir(folder):
    return folder.path


@pytest.fixture
def cli(folder):
    """cli("stats", "--dataset", "clients", status=0, input=None) on this test's data folder."""
    return folder.cli


@pytest.fixture
def start_server(folder):
    """start_server("--tls-cert", f, …, VITRINA_LOG_LEVEL="debug") for tests that need one of their own."""
    started = []

    def start(*args, **env):
        started.append(Server(folder, *args, **env))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(params=["alone", "through a server"])
def anyhow(request, folder):
    """Runs commands on a folder, once by themselves and once through a running server."""
    server = Server(folder) if request.param != "alone" else None
    yield folder.cli
    if server:
        server.stop()


@pytest.fixture
def server(folder):
    yield from running(folder)


@pytest.fixture
def client(server, folder):
    return server.client(folder.admin)


@pytest.fixture
def make_user(folder, server):
    """make_user("analyst", org="Partner"): adds an account on the command line and returns a signed-in Client."""
    return user_maker(folder, server)


@pytest.fixture(scope="module")
def shared_folder(vitrina, template):
    made = Folder(vitrina, template)
    yield made
    made.remove()


@pytest.fixture(scope="module")
def shared_cli(shared_folder):
    return shared_folder.cli


@pytest.fixture(scope="module")
def shared_server(shared_folder):
    yield from running(shared_folder)


@pytest.fixture(scope="module")
def shared_client(shared_server, shared_folder):
    return shared_server.client(shared_folder.admin)


@pytest.fixture(scope="module")
def shared_make_user(shared_folder, shared_server):
    return user_maker(shared_folder, shared_server)


@pytest.fixture
def small_disk(vitrina, template, tmp_path):
    """A data folder on a disk of 24 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", place], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("mounting a small tmpfs needs root")
    made = Folder(vitrina)
    shutil.copytree(template.path, place / "data")
    shutil.copy2(template.path.with_name("data.key"), place / "data.key")
    shutil.rmtree(made.parent)
    made.parent, made.path, made.admin = place, place / "data", template.admin
    yield made
    subprocess.run(["umount", place], check=True)


@pytest.fixture(scope="session")
def shared_data():
    """shared_data("OnlineRetail.csv.gz"): a real file that is not part of the repository, or a skip that names it."""
    beside = [above / "shared" / "data" for above in ROOT.parents]
    place = Path(os.environ.get("VITRINA_TEST_DATA") or next((p for p in beside if p.exists()), beside[0]))

    def find(name):
        if not (place / name).exists():
            pytest.skip(f"{name} is not in {place} (VITRINA_TEST_DATA)")
        return place / name

    return find


@pytest.fixture(scope="session")
def kills():
    """How often each test marked `kill` kills."""
    return int(os.environ.get("VITRINA_KILLS", "5"))
