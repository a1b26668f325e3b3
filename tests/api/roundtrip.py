"""Reading random tables back, and how many of them are tried: VITRINA_ROUNDTRIP is so many of each kind instead of the few of `make test`.

The few are the same ones every time, and the first that fails is shown; the many are new ones, and what fails is made smaller first,
which may take minutes.
"""
import contextlib
import itertools
import os

from hypothesis import HealthCheck, Phase, settings

from loading import query, upload

EXAMPLES = int(os.environ.get("VITRINA_ROUNDTRIP", "0"))


def examples(n):
    return settings(max_examples=EXAMPLES or n, derandomize=not EXAMPLES, deadline=None, database=None, print_blob=False,
                    suppress_health_check=list(HealthCheck), phases=[Phase.generate] + [Phase.shrink] * bool(EXAMPLES))


@contextlib.contextmanager
def loaded(client, *files, **fields):
    """The data set for as long as it is looked at. Fails at one place, whether the request or its job tells."""
    answer = upload(client, *files, name="t", **fields)
    job = client.wait_for_job(answer.json()["job"]["id"]) if answer.status_code == 202 else {"state": answer.text}
    assert job["state"] == "done", job
    path = f"/api/v1/datasets/{answer.json()['dataset']['id']}"
    try:
        yield client.get(path).json()
    finally:
        client.delete(path)


def read_back(client, made, name):
    """Columns with their types, and the rows as texts."""
    table = next(t for t in made["tables"] if t["name"] == name)
    columns = [(c["name"], c["type"]) for c in table["columns"]]
    cells = ", ".join('CAST("{}" AS VARCHAR)'.format(c.replace('"', '""')) for c, _ in columns)
    place = ".".join('"{}"'.format(part.replace('"', '""')) for part in (made["name"], name))
    return columns, query(client, f"SELECT {cells} FROM {place}")["rows"]


def check_table(client, made, name, table, case, ordered=True):
    columns, rows = read_back(client, made, name)
    same("columns", columns, list(zip(table.names, table.types())), case)
    want = table.texts()
    if not ordered:
        rows, want = sorted(rows, key=repr), sorted(want, key=repr)
    assert len(rows) == len(want), f"{len(rows)} rows instead of {len(want)}: {case}"
    for i, (have, wanted) in enumerate(zip(rows, want)):
        same(f"row {i}", list(zip(table.names, have)), list(zip(table.names, wanted)), case)


def same(what, have, want, case):
    """Says what differs and no more: the whole of a table is no sentence."""
    differ = [(h, w) for h, w in itertools.zip_longest(have, want) if h != w]
    assert not differ, f"{what}: {differ[:3]} {case}"


def rejects(client, made):
    """(table, line, column, text) of each, in order."""
    items = client.get(f"/api/v1/datasets/{made['id']}/rejects?limit=1000").json()["items"]
    return sorted((r["table"], r["line"], r["column"] or "", r["text"]) for r in items)
