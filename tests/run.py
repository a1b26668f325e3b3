#!/usr/bin/python3
"""Runs the tests of one build folder and sums them up: tests/run.py BUILD [--marker M] [--only-api] [PATH…]

Unit tests and fuzz replays by meson (each cmocka case counts, not each program), the layer rule, the page by vitest
and in a browser, then pytest against BUILD/vitrina. The last line is the sum, alone: `312 passed, 0 failed, 4 skipped`.
Exit status 1 when anything failed, or when nothing ran.
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CASE = re.compile(r"^\[ +(OK|FAILED|SKIPPED|ERROR) +\] +(?!\d+ test)(\w+)", re.M)
OUTCOME = {"OK": "passed", "SKIPPED": "skipped", "FAILED": "failed", "ERROR": "failed"}


def environment(build):
    """What every program under test runs with: the first report of a sanitizer ends it with a status of its own."""
    supp = ROOT / "tests" / "sanitizers"
    env = dict(os.environ)
    env["VITRINA"] = str(build / "vitrina")
    env["ASAN_OPTIONS"] = "exitcode=99:detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1"
    env["LSAN_OPTIONS"] = f"exitcode=99:print_suppressions=0:suppressions={supp / 'leaks.txt'}"
    env["UBSAN_OPTIONS"] = "exitcode=99:halt_on_error=1:print_stacktrace=1"
    env["TSAN_OPTIONS"] = f"exitcode=99:halt_on_error=1:second_deadlock_stack=1:suppressions={supp / 'threads.txt'}"
    return env


def count_meson(record):
    """One line of meson's testlog.json: the cmocka cases in it, or the program as one test."""
    text = record.get("stdout", "") + "\n" + record.get("stderr", "")
    ended = {}
    for outcome, name in CASE.findall(text):
        if ended.get(name) != "failed":  # cmocka lists what failed once more at the end
            ended[name] = OUTCOME[outcome]
    counts = Counter(ended.values())
    result = record["result"]
    if result == "SKIP":
        counts["skipped"] += 1
    elif result != "OK" and not counts["failed"]:
        counts["failed"] += 1  # it crashed, hung or leaked after its cases
    elif not counts:
        counts["passed"] += 1
    return counts


def run_meson(build, env):
    counts = Counter()
    log = build / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    status = subprocess.run(["meson", "test", "-C", str(build), "--print-errorlogs"], env=env).returncode
    if log.exists():
        for line in log.read_text().splitlines():
            counts += count_meson(json.loads(line))
    if status != 0 and not counts["failed"]:
        counts["failed"] += 1  # the build itself broke
    return counts


def run_tool(*command):
    print("==", *command, flush=True)
    return Counter(passed=1) if subprocess.run(command, cwd=ROOT).returncode == 0 else Counter(failed=1)


def run_web(env):
    """The page without a browser: its logic by vitest, and its types."""
    web = ROOT / "web"
    if not (web / "node_modules").exists():
        print("== web: web/node_modules is not there", flush=True)
        return Counter(failed=1)
    counts = Counter()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "vitest.json"
        print("== vitest", flush=True)
        subprocess.run(["node", "node_modules/vitest/vitest.mjs", "run", "--reporter=dot", "--reporter=json",
                        f"--outputFile.json={report}"], cwd=web, env=env)
        if report.exists():
            said = json.loads(report.read_text())
            counts += Counter(passed=said["numPassedTests"], failed=said["numFailedTests"],
                              skipped=said["numPendingTests"])
        counts["failed"] += not report.exists()

        print("== types of the page", flush=True)
        types = subprocess.run(["node", "node_modules/svelte-check/bin/svelte-check", "--tsconfig", "tsconfig.json",
                                "--fail-on-warnings"], cwd=web, env=env)
        counts += Counter(passed=1) if types.returncode == 0 else Counter(failed=1)

    return counts


class Beside:
    """A program that waits most of the time: it runs beside the others, and its words are shown when it is asked for its
    counts. `read` makes them of the report that it has written."""

    def __init__(self, title, command, report, read, env):
        self.title, self.read = title, read
        self.folder = tempfile.TemporaryDirectory()
        self.report = Path(self.folder.name) / report
        self.log = Path(self.folder.name) / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([part.format(report=self.report) for part in command], cwd=ROOT, env=env,
                                            stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def counts(self):
        status = self.process.wait()
        print(f"== {self.title}", flush=True)
        sys.stdout.buffer.write(self.log.read_bytes())
        sys.stdout.flush()
        counts = self.read(self.report, status)
        self.folder.cleanup()
        return counts

    def stop(self):
        """After an interruption: it and what it started, which are one session."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait()


def browser(env):
    return Beside("the page in a browser", ["node", "tests/web/run.mjs", "--report", "{report}"], "browser.json",
                  lambda report, _: Counter(json.loads(report.read_text())) if report.exists() else Counter(failed=1), env)


def pytest_command(report, marker, processes, dist, durations):
    return ["/usr/bin/python3", "-B", "-m", "pytest", "-q", "-rfEs", f"--durations={durations}", f"--junitxml={report}",
            f"--numprocesses={processes}", f"--dist={dist}", "-m", marker]


def pytest_counts(report, status):
    if not report.exists():
        return Counter(failed=1)
    counts = Counter()
    for suite in ElementTree.parse(report).iter("testsuite"):
        failed = int(suite.get("failures")) + int(suite.get("errors"))
        skipped = int(suite.get("skipped"))
        counts += Counter(failed=failed, skipped=skipped, passed=int(suite.get("tests")) - failed - skipped)
    if status not in (0, 5) and not counts["failed"]:
        counts["failed"] += 1  # pytest itself was interrupted or misused
    return counts


def waiting_tests(env, marker, paths):
    """The tests that wait for clocks, several at a time: the longest of them takes two minutes and no processor."""
    command = pytest_command("{report}", f"waits and ({marker})" if marker else "waits", 4, "load", 10)
    return Beside("pytest, tests that wait", command + paths, "report.xml", pytest_counts, env)


def run_pytest(env, marker, paths):
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        print("== pytest", *paths, flush=True)
        # One more than processors: even these wait now and then.
        command = pytest_command(report, f"not waits and ({marker})" if marker else "not waits", os.cpu_count() + 1,
                                 "loadfile", 25)
        status = subprocess.run(command + paths, cwd=ROOT, env=env).returncode
        return pytest_counts(report, status)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("--marker", help="only the tests against the program that carry this mark")
    parser.add_argument("--only-api", action="store_true", help="neither unit tests nor source rules")
    parser.add_argument("paths", nargs="*", default=["tests/api"])
    args = parser.parse_intermixed_args()

    build = args.build.resolve()
    env = environment(build)
    total = Counter()
    if not args.only_api:  # nothing is compiled beside the browser
        subprocess.run(["ninja", "-C", str(build), "--quiet", "meson-test-prereq"], env=env)
    beside = [waiting_tests(env, args.marker, args.paths)]
    try:
        if not args.only_api:
            if not args.marker:  # the page is not the server part; and libuv closes behind ThreadSanitizer's back
                beside.append(browser(env))
            total += run_meson(build, env)
            total += run_tool("tools/check-layers", "--self-test")
            total += run_tool("tools/check-layers")
            if not args.marker:
                total += run_web(env)
        total += run_pytest(env, args.marker, args.paths)
        for other in beside:
            total += other.counts()
    finally:
        for other in beside:
            other.stop()

    sys.stdout.flush()
    print(f"\n{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
