"""What the benches share: a folder that goes away, the program, memory of a tree of processes, one figure."""
import os
import shutil
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from program import Folder, Program, Server, clean_environment

MIB = 1 << 20


@dataclass
class Figure:
    what: str
    figure: str
    limit: str
    holds: bool


class Bench:
    """One run: files are made in `place`, which is removed at the end."""

    def __init__(self, build, rows, customers):
        self.build, self.rows, self.customers = build, rows, customers
        self.program = Program(build / "vitrina")

    def __enter__(self):
        self.place = Path(tempfile.mkdtemp(prefix="vitrina-bench-"))
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.place, ignore_errors=True)

    def folder(self):
        """A fresh data folder; the caller removes it."""
        return Folder(self.program).initialise()

    def server(self, folder):
        return Server(folder)


def children(pid):
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in task.read_text().split():
                found += children(int(child))
        except OSError:
            pass
    return found


def resident(pid):
    """Bytes resident in a process and its children; pages that they share are counted once for each."""
    total = 0
    for one in children(pid):
        try:
            total += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
        except (OSError, IndexError):
            pass  # it has ended meanwhile
    return total


def memory_files(pid, seen):
    """Files that live in memory and are open in a process, by their number: mapped or not, they take what they hold."""
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            if os.readlink(link).startswith("/memfd:"):
                status = link.stat()
                seen[status.st_ino] = status.st_blocks * 512
        except OSError:
            pass


def held(pid):
    """Bytes that a process and its children hold together: pages that they share are shared out, files in memory are
    counted once."""
    total, files = 0, {}
    for one in children(pid):
        try:
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith(("Pss_Anon:", "Pss_File:")))
        memory_files(one, files)
    return total + sum(files.values())


class Peak:
    """The most that a process and its children held at once while the block ran."""

    def __init__(self, pid):
        self.pid, self.bytes, self.ended = pid, 0, threading.Event()

    def watch(self):
        while not self.ended.wait(0.05):
            self.bytes = max(self.bytes, held(self.pid))

    def __enter__(self):
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.watcher.join()


class Watched:
    """A program run to its end, with its time and the most memory it and its children held at once."""

    def __init__(self, command):
        begun = time.monotonic()
        process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=clean_environment())
        self.peak, ended = 0, threading.Event()

        def watch():
            while not ended.wait(0.02):
                self.peak = max(self.peak, resident(process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        self.stdout, self.stderr = process.communicate()
        ended.set()
        watcher.join()
        self.seconds = time.monotonic() - begun
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(map(str, command))} ended with {process.returncode}: {self.stderr[-2000:]}")


def at_most(what, value, limit, unit, digits=2):
    return Figure(what, f"{value:.{digits}f} {unit}".strip(), f"≤ {limit:g} {unit}".strip(), value <= limit)


def at_least(what, value, limit, unit, digits=2):
    return Figure(what, f"{value:.{digits}f} {unit}".strip(), f"≥ {limit:g} {unit}".strip(), value >= limit)


def told(what, value, unit, digits=2):
    """A figure that nobody has set a limit for."""
    return Figure(what, f"{value:.{digits}f} {unit}".strip(), "none set", True)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
