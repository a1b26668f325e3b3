"""The tour of the README, run as it stands: every command must work, and answer what the README quotes."""
import re
import subprocess

import pytest
from program import ROOT, Folder, Server, clean_environment

README = (ROOT / "README.md").read_text()
STEP = re.compile(r"```\n(?P<script>.*?)```\n(?:\n> `(?P<quote>[^\n]*)`\n)?", re.S)


def tour():
    steps = [m for m in STEP.finditer(README) if "make run" not in m["script"]]
    assert len(steps) >= 5 and any(m["quote"] for m in steps)
    return steps


@pytest.fixture(scope="module")
def demo(vitrina):
    folder = Folder(vitrina)
    accounts = folder.cli("demo").stdout
    server = Server(folder)
    yield server, re.search(r"admin@bank\.example +(\S+)", accounts)[1]
    server.stop()
    folder.remove()


def test_tour(demo, vitrina, tmp_path):
    server, password = demo
    # One shell for all steps, as a reader has, and a mark after each.
    script = "set -e\n" + "".join(m["script"] + "echo; echo =step=\n" for m in tour())
    for written, here in (("http://127.0.0.1:8080", server.url), ('"password":"…"', f'"password":"{password}"'),
                          ("curl ", "curl -sS -f ")):
        assert written in script
        script = script.replace(written, here)
    (tmp_path / "build").symlink_to(vitrina.path.parent)
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=300,
                          env=clean_environment(VITRINA_DATA=server.folder.path))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for answer, step in zip(done.stdout.split("=step="), tour()):
        for piece in (step["quote"] or "").split("…"):
            assert piece in answer
