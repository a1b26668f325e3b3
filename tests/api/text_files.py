"""Random tables as files of text: delimiters, quotes, line ends, encodings, and what people do to numbers and dates."""
import csv
import datetime
import decimal
import gzip
import io
import zipfile
from dataclasses import dataclass

from hypothesis import strategies as st

PAGES = {"en": ["cp1252"], "ru": ["cp1251", "koi8-r", "cp866"], "pl": ["cp1250"], "mk": ["cp1251"], "all": []}
MARKED = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
TRUTH = [("true", "false"), ("TRUE", "FALSE"), ("истина", "ложь"), ("PRAWDA", "FAŁSZ")]
YES_NO = [("да", "нет"), ("tak", "nie"), ("yes", "no"), ("да", "не")]
DATES = ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%d-%m-%Y", "%Y/%m/%d"]
MISSING = ["", "", "", "NULL", "N/A", "н/д", "-", "brak danych"]
TITLES = {"ru": "Отчёт по складу", "mk": "Извештај за магацин", "pl": "Zestawienie magazynu łącznie", "en": "Report of the warehouse"}


@dataclass
class Dialect:
    delimiter: str
    said: bool  # "sep=;"
    quoting: int
    line_end: str
    final: bool
    encoding: str
    marked: bool
    decimal: str
    thousands: str
    negative: str  # of 5
    dress: str  # of a number with digits after the point
    dates: str
    t: str  # between date and time
    truth: tuple
    missing: str
    titles: int
    total: bool
    blank: bool  # an empty line below the titles
    zone: int
    widths: list = ()  # of columns that are aligned


@st.composite
def dialects(draw, language, aligned=False):
    decimal_mark = draw(st.sampled_from(".,"))
    other = "," if decimal_mark == "." else "."
    return Dialect(
        delimiter=" " if aligned else draw(st.sampled_from(",;\t|")), said=not aligned and draw(st.booleans()),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        line_end=draw(st.sampled_from(["\n", "\r\n", "\r"])), final=draw(st.booleans()),
        encoding=draw(st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", *PAGES[language] * 2])), marked=draw(st.booleans()),
        decimal=decimal_mark, thousands=draw(st.sampled_from(["", "", " ", "\xa0", "\u202f", "\u2009", "'", "’", other])),
        negative=draw(st.sampled_from(["-5", "-5", "(5)", "5-", "−5"])), dress=draw(st.sampled_from(["{}"] * 3 + ["${}", "{} ₽", "{} zł", "{} EUR", "{}%"])),
        dates=draw(st.sampled_from(DATES)), t=draw(st.sampled_from(" T")), truth=draw(st.sampled_from(TRUTH)),
        missing=draw(st.sampled_from(MISSING)), titles=draw(st.sampled_from([0, 0, 0, 1, 2])), total=draw(st.booleans()),
        blank=draw(st.booleans()), zone=draw(st.sampled_from([0, 3, -5, 14])))


def grouped(digits, mark):
    if not mark or len(digits) < 4:
        return digits
    return grouped(digits[:-3], mark) + mark + digits[-3:]


def number(v, d):
    whole, _, rest = f"{abs(v):f}".partition(".")
    text = grouped(whole, d.thousands) + (d.decimal + rest if rest else "")
    text = d.negative.replace("5", text) if v < 0 else text
    return d.dress.format(text) if isinstance(v, decimal.Decimal) else text


def percent(d):
    return d.dress.endswith("%")


def moment(v, c, d):
    offset = datetime.timedelta(hours=d.zone if c.zone else 0)
    shown = (v + offset).strftime(f"{d.dates}{d.t}%H:%M:%S")
    if v.microsecond:
        shown += f".{v.microsecond // 1000:03}"
    elif not v.second:
        shown = shown[:-3]
    return shown + (f"{d.zone:+03}:00" if c.zone else "")


def cell(v, c, d):
    if v is None:
        return d.missing if c.type != "VARCHAR" else ""
    if isinstance(v, bool):
        return d.truth[not v]
    if isinstance(v, (int, decimal.Decimal)):
        return number(v * 100 if percent(d) and isinstance(v, decimal.Decimal) else v, d)
    if isinstance(v, datetime.datetime):
        return moment(v, c, d)
    if isinstance(v, datetime.date):
        return v.strftime(d.dates)
    if isinstance(v, datetime.time):
        return v.strftime("%H:%M:%S" if v.second else "%H:%M")
    return v


def tell(table, d):
    """Takes out of the dialect what leaves the table with two readings, or none."""
    texts = [str(cell(v, c, d)) for c in table.columns for v in c.values]
    values = [v for c in table.columns for v in c.values]
    days = [v for v in values if isinstance(v, datetime.date)]
    if d.dates.endswith("%y") and any(not 1950 <= v.year < 2050 for v in days):
        d.dates = d.dates.replace("y", "Y")  # of another century
    if d.dates[1] in "dm" and d.dates[2] != "." and any(
            c.type in ("DATE", "TIMESTAMP") and any(c.values) and max(v.day for v in c.values if v) < 13 for c in table.columns):
        d.dates = "%Y-%m-%d"  # no day above 12 tells it from the month
    if d.truth in YES_NO and any(c.type == "BOOLEAN" and len({*c.values} - {None}) < 2 for c in table.columns):
        d.truth = TRUTH[0]  # yes without a no is a word like any other
    tells = any(c.kind == "decimal" and any(v is not None and -v.as_tuple().exponent not in (0, 3) for v in c.values) for c in table.columns)
    if not tells and (d.thousands and d.thousands in ".," or d.decimal == ","):
        d.thousands, d.decimal = "", "."  # 1.234: thousands or decimals?
    if percent(d) and any(c.kind == "decimal" for c in table.columns):
        d.dress = "{}" if d.thousands in tuple(",.") or any(c.type.startswith("DECIMAL(38") for c in table.columns) else d.dress
    if len(table.columns) == 1 and any(mark in text for text in texts + [table.columns[0].header] for mark in ",;\t|"):
        d.quoting = csv.QUOTE_ALL  # one column has no delimiter to tell
    if len(table.columns) < 3 or not table.n or not all(v is not None for v in table.columns[0].values):
        d.titles, d.total = 0, False  # a row of one cell is a row
    d.titles = min(d.titles, table.n // 3)  # titles are what is wider below
    return d


def write(table, d):
    """The file's bytes, and the line that each row begins in."""
    tell(table, d)
    head = (f"sep={d.delimiter}" + d.line_end if d.said else "")
    records = [[TITLES.get(table.language, TITLES["en"])] + [""] * (len(table.columns) - 1)] * d.titles
    records += [[c.header for c in table.columns]]
    rows = [[cell(v, c, d) for v, c in row] for row in table.cells()]
    if d.total:
        numbers = [str(len(rows)) if c.type == "BIGINT" else "" for c in table.columns]
        rows.append(["Total", *numbers[1:]]) if any(numbers[1:]) else setattr(d, "total", False)
    d.widths = [(max(map(len, texts)), c.kind in ("whole", "decimal")) for texts, c in zip(zip(*records[d.titles:], *rows), table.columns)]
    lines, out = [], head
    mark = "\n" if "\n" in d.line_end else "\r"
    for record in [*records, *rows]:
        lines.append(out.count(mark) + 1)
        out += line(record, d)
        if d.blank and len(lines) == d.titles:
            out += d.line_end
    if not d.final and out.endswith(d.line_end):
        out = out[:-len(d.line_end)]
    return encoded(out, d), lines[len(records):]


def plain(table):
    """As programs write it for programs."""
    out = io.StringIO()
    rows = [["" if v is None else v.isoformat(*" "[:isinstance(v, datetime.datetime)]) if isinstance(v, (datetime.date, datetime.time)) else
             f"{v:f}" if isinstance(v, decimal.Decimal) else v for v in row] for row in table.rows()]
    quoting = csv.QUOTE_ALL if len(table.columns) == 1 else csv.QUOTE_MINIMAL  # one column has no delimiter to tell
    csv.writer(out, quoting=quoting).writerows([[c.header for c in table.columns], *rows])
    return out.getvalue().encode()


def line(record, d):
    if d.delimiter == " ":
        return "  ".join(text.rjust(n) if right else text.ljust(n) for text, (n, right) in zip(record, d.widths)).rstrip() + d.line_end
    out = io.StringIO()
    csv.writer(out, delimiter=d.delimiter, quoting=d.quoting, lineterminator="\r\n").writerow(record)  # every break is quoted
    return out.getvalue()[:-2] + d.line_end


def encoded(text, d):
    try:
        data = text.encode(d.encoding)
    except UnicodeEncodeError:
        d.encoding = "utf-8"  # the page has no letter for something
        data = text.encode()
    if d.encoding not in MARKED:
        d.marked = False
    return (MARKED[d.encoding] if d.marked else b"") + data


def packed(data, name, how):
    if how == "gz":
        return f"{name}.gz", gzip.compress(data)
    if how == "zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        return f"{name}.zip", out.getvalue()
    return name, data
