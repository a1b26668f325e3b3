"""How fast the page is in a browser: what comes over the line first, what Lighthouse measures, and a change of page."""
import json
import os
import shutil
import subprocess

from measure import Figure, at_most
from program import ROOT, clean_environment

FIRST_LOAD_KB, CHANGE_MS = 250, 100
# What Lighthouse calls good, in milliseconds and, for the shift, without a unit.
PAINT, LARGEST, BLOCKED, SHIFT = 1800, 2500, 200, 0.1


def asked(bench):
    missing = [what for what, there in (("node", shutil.which("node")), ("chromium", shutil.which(os.environ.get("CHROMIUM", "chromium"))),
                                        ("web/node_modules", (ROOT / "web/node_modules/playwright-core").exists())) if not there]
    if missing:
        raise SystemExit(f"bench page: {', '.join(missing)} is not there; tools/setup build test installs it")
    done = subprocess.run(["node", str(ROOT / "bench/page.mjs")], stdout=subprocess.PIPE, text=True, timeout=900,
                          env=clean_environment(VITRINA=bench.build / "vitrina"))
    if done.returncode != 0:
        raise SystemExit("bench page: the browser did not come through; what it said is above")
    return json.loads(done.stdout)


def run(bench):
    got = asked(bench)
    largest = max(got["bytes"], key=got["bytes"].get)
    yield at_most(f"the page, first load with signing in, before charts, as sent, the largest ({largest}) of {len(got['bytes'])} languages",
                  got["bytes"][largest] / 1024, FIRST_LOAD_KB, "KB", 0)
    slowest = max(got["changes"], key=got["changes"].get)
    yield at_most(f"change of page, from the click to its data, the slowest ({slowest}) of {len(got['changes'])}, median",
                  got["changes"][slowest], CHANGE_MS, "ms", 0)
    for name, p in got["loads"].items():
        yield Figure(f"{name}: first and largest contentful paint, total blocking time, layout shift",
                     f"{p['fcp']:.0f}, {p['lcp']:.0f}, {p['tbt']:.0f} ms, {p['cls']:.3f}",
                     f"≤ {PAINT}, {LARGEST}, {BLOCKED} ms, {SHIFT}",
                     p["fcp"] <= PAINT and p["lcp"] <= LARGEST and p["tbt"] <= BLOCKED and p["cls"] <= SHIFT)
