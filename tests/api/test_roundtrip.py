"""Any table, in any format, dialect and encoding, reads back the same: its names, types and values, and nothing rejected but what was spoilt.

`make test` tries a few tables, always the same ones; `make test-roundtrip` tries many new ones (roundtrip.py). Dumps are in
test_dumps.py, which has the servers.
"""
import copy

import pytest
from hypothesis import given, strategies as st

import table_files
import text_files
from loading import zipped
from random_tables import CELLS, tables
from roundtrip import check_table, examples, loaded, rejects, same

ALIGNED = ("whole", "decimal", "date", "moment", "clock", "text", "identifier", "phone", "code")
TYPED = ("whole", "decimal", "date", "moment", "clock", "truth", "text")


@st.composite
def in_dialects(draw, most, aligned=False, **shape):
    table = draw(tables(**shape))
    return table, [draw(text_files.dialects(table.language, aligned)) for _ in range(draw(st.integers(1, most)))]


def check_counts(made, read):
    """read: by table, how many rows are in its file. Rows read are rows kept and rows left out."""
    assert made["rows"] == sum(t["rows"] for t in made["tables"])
    assert made["rows"] + made["rows_left_out"] == sum(read)


def check_dialects(client, table, ways):
    files = [(f"d{i}", *text_files.write(table, d)) for i, d in enumerate(ways)]
    again = ("again", files[0][1])
    with loaded(client, ("all.zip", zipped(*[(f"{f[0]}.csv", f[1]) for f in [*files, again]]))) as made:
        for (name, _, _), d in zip(files, ways):
            check_table(client, made, name, table, d)
        twins = [{**t, "name": None, "source": None} for t in made["tables"] if t["name"] in ("d0", "again")]
        assert twins[0] == twins[1], "one file read twice differs"
        totals = [d.total for d in ways] + [ways[0].total]
        check_counts(made, [table.n + total for total in totals])
        told = [(name, line) for name, line, *_ in rejects(client, made)]
        same("totals", told, sorted((f[0], f[2][-1]) for f, total in zip([*files, (*again, files[0][2])], totals) if total), ways)


@examples(10)
@given(example=in_dialects(5))
def test_dialects(shared_client, example):
    """Delimiters, quotes, line ends, encodings, styles of numbers and dates, words for what is missing, titles and totals."""
    check_dialects(shared_client, *example)


@examples(4)
@given(example=in_dialects(3, aligned=True, kinds=ALIGNED, odd=False, least_rows=4, most_columns=12, least_columns=2))
def test_aligned(shared_client, example):
    """Columns that stand one below the other: two blanks between them, and a line each."""
    check_dialects(shared_client, *example)


@pytest.fixture(scope="module")
def duck(vitrina):
    made = table_files.Duck(vitrina.path)
    yield made
    made.close()


def in_formats(table, duck, compression):
    csv = text_files.plain(table)
    files = {"t.csv": csv, "t.csv.gz": text_files.gzip.compress(csv), "t.xlsx": table_files.xlsx(table), "t.xls": table_files.xls(table),
             "t.ods": table_files.ods(table), "t.db": table_files.sqlite(table), "t.parquet": duck.parquet(table, compression)}
    if table.n:  # without rows there is nothing that names the columns
        files["t.json"] = ("[" + ",\n".join(table_files.records(table)) + "]").encode()
        files["t.ndjson"] = "\n".join(table_files.records(table)).encode()
    return files


@examples(5)
@given(table=tables(), compression=st.sampled_from(["zstd", "snappy", "gzip", "uncompressed"]))
def test_formats(shared_client, duck, table, compression):
    """Text, workbooks, JSON, a database and Parquet: the same columns, types and values, as far as the format can say them."""
    files = in_formats(table, duck, compression)
    with loaded(shared_client, ("all.zip", zipped(*[(f"{i}/{name}", data) for i, (name, data) in enumerate(files.items())]))) as made:
        assert len(made["tables"]) == len(files)
        same("rejects", rejects(shared_client, made), [], "")
        check_counts(made, [table.n] * len(files))
        for kind, t in zip(files, made["tables"]):
            check_table(shared_client, made, t["name"], table.without_truth() if kind == "t.db" else table, kind)


@st.composite
def spoilt(draw):
    """Cells that are no value of their column: one each, which twenty good ones tell for what it is."""
    table, (way,) = draw(in_dialects(1, kinds=TYPED, least_rows=25))
    table.planted = {}
    for x, c in enumerate(table.columns):
        if c.type != "VARCHAR" and sum(v is not None for v in c.values) >= 21 and draw(st.booleans()):
            bad = ["oops", "see note"] + ["31.02.2024", "2024-13-01"] * (c.kind in ("date", "moment"))
            table.planted[draw(st.integers(0, table.n - 1)), x] = draw(st.sampled_from(bad))
    return table, way, draw(st.booleans())


def without(table, rows, cells):
    """What must be left of it."""
    left = copy.deepcopy(table)
    for y, x in cells:
        left.columns[x].values[y] = None
    for c in left.columns:
        c.values = [v for y, v in enumerate(c.values) if y not in rows]
    left.n -= len(rows)
    return left


@examples(6)
@given(example=spoilt())
def test_spoilt_cells(shared_client, example):
    """Each becomes a reject with its table, line, column and text; its row stays without it or goes, as was asked."""
    table, way, drop = example
    data, lines = text_files.write(table, way)
    files = [("text.csv", data), ("book.xlsx", table_files.xlsx(table))]
    gone = {y for y, _ in table.planted} if drop else set()
    want = without(table, gone, table.planted)
    told = [(name, at[y], table.names[x], text) for (y, x), text in table.planted.items()
            for name, at in (("text", lines), ("Sheet", range(2, table.n + 2)))]
    with loaded(shared_client, ("all.zip", zipped(*files)), **({"rejected_rows": "drop"} if drop else {})) as made:
        names = [t["name"] for t in made["tables"]]
        found = [r for r in rejects(shared_client, made) if r[2]]
        same("rejects", sorted(found), sorted((next(n for n in names if n.startswith(t[0])), *t[1:]) for t in told), way)
        for name in names:
            check_table(shared_client, made, name, want, way)
        check_counts(made, [table.n + way.total, table.n])


def test_all_kinds_of_columns_are_tried():
    """A kind that somebody adds takes part in every test but the aligned and the spoilt one, which say why not."""
    assert set(ALIGNED) | {"truth", "account", "nothing"} == set(CELLS)
