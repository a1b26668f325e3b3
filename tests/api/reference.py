"""What a regression must come to, in numpy: the rows of the test and the columns of the matrix, as CONTRACT §7 says.

Numbers stand by their training mean and population deviation, texts one-hot with every level of the training rows.
"""
import random

import numpy

RETAIL_TRAIN = "2011-06-01,2011-07-01,2011-08-01,2011-09-01,2011-10-10"


def hash_split(n, share=0.2):
    """Which rows are of the test."""
    i = numpy.arange(n, dtype=numpy.uint64)
    return (i * numpy.uint64(2654435761)) % numpy.uint64(2**32) < int(share * 2**32)


def as_number(values):
    try:
        return numpy.array(values, float)
    except ValueError:
        return None


def design(rows, columns, test):
    """The matrix, and the names of its columns."""
    x, names = [], []
    for c in columns:
        values = [r[c] for r in rows]
        n = as_number(values)
        if n is not None:
            x.append((n - n[~test].mean()) / n[~test].std())
            names.append(c)
        else:
            for level in sorted(set(numpy.array(values)[~test])):
                x.append(numpy.array([v == level for v in values], float))
                names.append(f"{c}={level}")
    return numpy.array(x).T, names


def purchases(days=200, customers=60, seed=4):
    """(day, customer, invoice, amount): each buys every 3 to 20 days for their own amount, the last ones came last."""
    chance = random.Random(seed)
    rows = []
    for c in range(customers):
        gap, amount, day = chance.randint(3, 20), chance.randint(5, 90), chance.randint(0, 60)
        while day < days:
            rows.append((day, c, amount + chance.randint(0, 5)))
            day += gap + chance.randint(0, 2)
    start = numpy.datetime64("2025-01-01")
    return [(start + day, f"C{c:03d}", f"N{i}", amount) for i, (day, c, amount) in enumerate(sorted(rows))]


def purchases_csv(rows):
    return "customer_id,invoice,date,product,amount\n" + "".join(
        f"{c},{n},{day},Thing,{amount}.00\n" for day, c, n, amount in rows)
