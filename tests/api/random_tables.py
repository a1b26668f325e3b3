"""Random tables of typed columns, and what an import must make of them.

A table is drawn in two steps: its shape (language, kinds of columns, rows) by hypothesis, which makes a failing one
smaller, and its cells from a seed, for hypothesis has no room for ten thousand of them. A cell depends on nothing but
its column's seed and its row's number, so that a smaller table is the same one with less in it.

What is left out, because no reader could tell it, stands beside the code that leaves it out.
"""
import dataclasses
import datetime
import decimal
import random
from dataclasses import dataclass, field

from hypothesis import strategies as st

import words

D = decimal.Decimal
decimal.getcontext().prec = 60


@dataclass
class Column:
    header: str
    kind: str
    type: str  # what the import must call it
    values: list  # int, Decimal, date, datetime, time, bool, str; None is missing
    zone: bool = False  # moments: written with one, kept in UTC
    signs: bool = False  # "+" is among its texts, so that "-" is one, too

    def __post_init__(self):
        self.signs = self.signs or "+" in self.values

    def texts(self):
        """The values as the database writes them."""
        return [None if v is None else self.text(v) for v in self.values]

    def text(self, v):
        if self.type == "VARCHAR":
            return words.kept(str(v), self.signs)
        if self.type.startswith("DECIMAL"):
            return f"{v:.{self.type.split(',')[1][:-1]}f}"
        if isinstance(v, bool):
            return str(v).lower()
        if isinstance(v, (datetime.datetime, datetime.time)):
            text = v.isoformat(*[" "] * isinstance(v, datetime.datetime))
            return text.rstrip("0") if "." in text else text
        return str(v)


@dataclass
class Table:
    language: str
    columns: list
    n: int
    names: list = field(default_factory=list)  # what the import must call the columns
    planted: dict = field(default_factory=dict)  # (row, column): what is written there instead, and is no value

    def __post_init__(self):
        self.names = tidy([c.header for c in self.columns])

    def rows(self):
        return list(zip(*[c.values for c in self.columns]))

    def cells(self):
        """Its rows as they are written: of (value, column), with what is planted as a text."""
        return [[(self.planted.get((y, x), v), c) for x, (v, c) in enumerate(zip(row, self.columns))] for y, row in enumerate(self.rows())]

    def types(self):
        return [c.type for c in self.columns]

    def texts(self):
        return [list(row) for row in zip(*[c.texts() for c in self.columns])]

    def without_truth(self):
        """As a database keeps it that has no type for truth: 1 and 0."""
        def kept(c):
            return dataclasses.replace(c, type="BIGINT", values=[None if v is None else int(v) for v in c.values]) if c.type == "BOOLEAN" else c
        return Table(self.language, [kept(c) for c in self.columns], self.n)

    def __repr__(self):
        shown = [[c.header, c.kind, c.type, *c.values[:6]] for c in self.columns]
        return f"<{self.language}, {len(self.columns)} columns, {self.n} rows: {shown}>"


def fold(name):
    return "".join(c.lower() if c < "\x80" else c for c in name)


def tidy(headers):
    """Empty ones and ones met before get names of their own."""
    made = []
    for i, header in enumerate(headers):
        base = " ".join(header.replace("\xa0", " ").split()) or f"column_{i + 1}"
        name, k = base, 2
        while fold(name) in {fold(m) for m in made} | {"_row"}:
            name, k = f"{base}_{k}", k + 1
        made.append(name)
    return made


# -- cells: each a function of a generator that was seeded for the cell, and of what was drawn for the column --

def whole(r, c):
    """Up to eleven digits: longer ones are numbers of accounts, and eleven from 7 or 8 on are phones; both are texts."""
    v = r.randrange(10 ** r.randint(1, c["digits"])) * r.choice(c["signs"])
    return v if len(str(v)) < 11 or str(v)[0] not in "78" else 1


def decimals(r, c):
    digits = r.randrange(10 ** r.randint(1, c["digits"])) * r.choice(c["signs"])
    return D(digits).scaleb(-c["scale"])


def date(r, c):
    return datetime.date(*c["from"]) + datetime.timedelta(days=r.randrange(c["days"]))


def moment(r, c):
    seconds = r.randrange(86400) // c["step"] * c["step"]
    return datetime.datetime.combine(date(r, c), datetime.time()) + datetime.timedelta(
        seconds=seconds, microseconds=r.randrange(1000) * 1000 * c["fractions"])


def clock(r, c):
    return datetime.time(r.randrange(24), r.randrange(60), r.randrange(60) * c["seconds"])


def text(r, c):
    return words.text(r, c["language"], c["odd"])


CELLS = {
    "whole": whole,
    "decimal": decimals,
    "date": date,
    "moment": moment,
    "clock": clock,
    "truth": lambda r, c: r.random() < 0.5,
    "text": text,
    "identifier": lambda r, c: "0" * r.randrange(1, 4) + str(r.randrange(10 ** 6)),
    "account": lambda r, c: str(r.randrange(10 ** 19, 10 ** 20)),
    "phone": lambda r, c: words.phone(r),
    "code": lambda r, c: f"{r.choice(['A-', 'C', 'K/'])}{r.randrange(10 ** 5):05}",
    "nothing": lambda r, c: None,
}


@st.composite
def columns(draw, kinds, language, n, first, odd, holes):
    kind = draw(st.sampled_from(["text"] if first and n > 1 else [k for k in kinds if k != "nothing" or not first]))
    c = {"language": language, "seed": draw(st.integers(0, 2 ** 32 - 1)), "signs": draw(st.sampled_from([[1], [1, -1]])),
         "digits": draw(st.integers(1, 11)), "scale": 0, "odd": odd and draw(st.sampled_from([0, 0.05, 0.5])),
         "from": (1900, 3, 1), "days": 1, "step": 1, "fractions": 0, "seconds": draw(st.integers(0, 1))}
    if kind == "decimal":
        c["scale"] = draw(st.integers(1, 10))
        c["digits"] = draw(st.sampled_from([6, 12, 15, 17, 30, 37]))
    if kind in ("date", "moment"):
        c["from"], c["days"] = draw(st.sampled_from([((1950, 1, 1), 36000), ((2024, 1, 1), 900), ((1990, 6, 1), 11000)]))
        c["step"], c["fractions"] = draw(st.sampled_from([(1, 0), (60, 0), (1, 1)]))
    holes = holes and draw(st.sampled_from([0, 0, 0.1, 0.5]))
    made = []
    for i in range(n):
        r = random.Random(f"{c['seed']} {i}")
        v = CELLS[kind](r, c)
        if first and kind == "text" and not words.kept(v, False):
            v = words.plain(r, language)  # a row without a value is no row
        hole = holes and r.random() < holes and not first and (odd or i)  # aligned: a first line shows where columns begin
        made.append(None if hole else v)
    zone = kind == "moment" and not c["fractions"] and draw(st.booleans())
    header = draw(words.headers(kind, language))
    if not odd:  # aligned by blanks: a line each, no mark that could part cells, and a name that tells a column from the next
        header = header.replace("\n", " ").translate(dict.fromkeys(map(ord, ",;|"))) or "unnamed"
    return Column(header, kind, "VARCHAR", settle(kind, c, made), zone)


def settle(kind, c, values):
    """What tells the column's type must be in it."""
    r = random.Random(c["seed"])
    there = [i for i, v in enumerate(values) if v is not None]
    if kind == "text":
        # One value in a hundred, and one of twenty, may be anything in a column of numbers: a text column has more words.
        plain = [words.plain(r, c["language"]) for _ in range(max(3, len(values) // 20))]
        for i, v in zip(r.sample(there, min(len(there), len(plain))), plain):
            values[i] = v
    if there and kind == "moment" and not any(values[i].time() != datetime.time() for i in there):
        values[there[0]] = values[there[0]].replace(hour=12)  # all of them at midnight are dates
    if len(there) > 1 and kind == "truth":
        values[there[0]], values[there[-1]] = True, False  # yes alone is a word like any other
    return values


def decide(column):
    """The type by the rules of src/ingest/types.h, told from the values."""
    there = [v for v in column.values if v is not None]
    kinds = {"date": "DATE", "moment": "TIMESTAMP", "clock": "TIME", "truth": "BOOLEAN", "whole": "BIGINT"}
    if not there:
        return "VARCHAR"
    if column.kind == "decimal":
        shortest = [v.normalize().as_tuple() for v in there]
        scale = max(max(0, -v.exponent) for v in shortest)
        whole_digits = max(len(str(abs(int(v)))) if int(v) else 0 for v in there)
        if not scale:
            return "BIGINT" if whole_digits < 12 else "VARCHAR"
        return f"DECIMAL({18 if scale + whole_digits <= 18 else 38},{scale})"
    return kinds.get(column.kind, "VARCHAR")


@st.composite
def tables(draw, kinds=tuple(CELLS), languages=("en", "ru", "pl", "mk", "all"), most_rows=200, most_columns=50, least_rows=0,
           least_columns=1, odd=True):
    """odd: texts, names and holes that a file of aligned columns has no way to write."""
    language = draw(st.sampled_from(languages))
    n = draw(st.one_of(st.integers(least_rows, max(8, least_rows)), st.integers(least_rows, most_rows)))
    wide = draw(st.one_of(st.integers(least_columns, min(6, most_columns)), st.integers(least_columns, most_columns)))
    made = [draw(columns(list(kinds), language, n, i == 0, odd, odd or wide > 4)) for i in range(wide)]
    for c, right in zip(made, made[1:]):
        if not odd and right.kind in ("whole", "decimal"):  # aligned: a long number beside an empty cell would be either column's
            c.values = [c.values[0] if v is None else v for v in c.values]
    for c in made:
        c.type = decide(c)
        if c.kind == "decimal" and c.type in ("BIGINT", "VARCHAR"):
            c.values = [None if v is None else v + D("0.25") for v in c.values]  # whole ones are another kind
            c.type = decide(c)
    distinct_header(made)
    return Table(language, made, n)


def distinct_header(made):
    """A name that is a value of its column, too, is taken for a value; of names at least half must be there; a column
    without a name and without a value is none; and what stands to the right of the last name may be a remark."""
    for i, c in enumerate(made):
        while c.header and c.header in {str(v).strip() for v in c.values}:
            c.header += f" {i + 1}"
    empty = [c for c in made if not c.header]
    for c in empty[len(made) // 3:] + [c for c in made[-1:] if not c.header] + [c for c in empty if not any(v is not None for v in c.texts())]:
        c.header = f"field {made.index(c)}"
