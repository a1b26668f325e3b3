"""Next products of odd data: a sensible answer or a clear reason, the same on the command line, where every command learns
by itself, and over HTTP."""
import json

import pytest
from loading import load
from program import one_line

HEAD = "customer_id,order_id,date,product,quantity,price\n"


def csv_of(rows):
    return HEAD + "\n".join(rows) + "\n"


ODD = {
    "one product, taken once": [f"{c},{c},2024-01-{1 + c % 28:02d},tea,1,2" for c in range(40)],
    "one product, taken again and again": [f"{c},{c}-{m},2024-{m:02d}-{1 + c % 28:02d},tea,1,2" for c in range(40) for m in (1, 3, 5)],
    "one purchase each": [f"{c},{c},2024-01-01,p{c % 7},1,2" for c in range(300)],
    "one purchase each of what nobody else has": [f"{c},{c},2024-01-01,p{c},1,2" for c in range(300)],
    "names that differ by case and blanks": [f"{c},{c}-{i},2024-0{1 + i}-01,{n},1,2" for c in range(60)
                                             for i, n in enumerate(("Tea", " tea ", "TEA", "te a"))],
    "one customer": [f"1,{i},2024-01-{1 + i % 28:02d},p{i},1,2" for i in range(300)],
    "one row": ["1,1,2024-01-01,tea,1,2"],
    "everybody has everything": [f"{c},{c},2024-01-01,p{p},1,2" for c in range(30) for p in range(5)],
    "no days": [f"{c},{c},,p{(c + k) % 5},1,2" for c in range(60) for k in range(3)],
}


def strict(text):
    """JSON without NaN and infinities, which its grammar does not have."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))


def check_offers(got):
    codes = [i["code"] for i in got["items"]]
    assert len(set(codes)) == len(codes)
    for item in got["items"]:
        assert 0 <= item["probability"] <= 1 and 1 <= len(item["why"]) <= 3, item
    chances = [i["probability"] for i in got["items"]]
    assert chances == sorted(chances, reverse=True)


@pytest.mark.parametrize("name", ODD)
def test_odd_data(folder, start_server, tmp_path, name):
    file = tmp_path / "odd.csv"
    file.write_text(csv_of(ODD[name]))
    folder.cli("import", file, "--name", "odd")
    customer = ODD[name][-1].split(",")[0]
    alone = strict(folder.cli("recommend", "--dataset", "odd", "--customer", customer, "--json").stdout)
    check_offers(alone)
    said = folder.cli("recommend", "--dataset", "odd", "--customer", customer).stdout
    assert "nan" not in said.lower() and ("nothing to offer" in said) == (not alone["items"])
    week = strict(folder.cli("offers", "--dataset", "odd", "--json").stdout)

    client = start_server().client(folder.admin)
    dataset = f"/api/v1/datasets/{client.get('/api/v1/datasets').json()['items'][0]['id']}"
    ask = lambda path: strict(client.get(f"{dataset}/{path}").text)  # noqa: E731
    served = ask(f"customers/{customer}/recommendations")
    assert served["items"] == alone["items"]
    for other in ask("customers")["items"][:5]:
        check_offers(ask(f"customers/{other['id']}/recommendations"))
    known = ask("recommender")
    for figure in ("hit_rate_at_10", "map_at_7", "hit_rate_error", "map_error"):
        assert 0 <= known[figure] <= 1
    assert ask("offers") == week
    for product in {i["code"] for i in served["items"]} | {p["code"] for p in week["items"][:2]}:
        listed = ask(f"products/{product}/customers")
        assert 0 <= listed["expected"] <= listed["customers"]
        assert strict(folder.cli("likely", "--dataset", "odd", "--product", product, "--limit", 50, "--json").stdout) == listed
    evaluated = folder.cli("evaluate", "recommend", "--dataset", "odd", "--json", status=None)
    if evaluated.status:
        one_line(evaluated)
    else:
        assert 0 <= strict(evaluated.stdout)["hit_rate_at_10"] <= 1


@pytest.mark.parametrize("name, products", [
    ("one product, taken once", 1), ("names that differ by case and blanks", 2), ("everybody has everything", 5)])
def test_products_are_counted_once(client, name, products):
    made = load(client, ("odd.csv", csv_of(ODD[name]).encode()), name="odd")
    assert client.get(f"/api/v1/datasets/{made['id']}/recommender").json()["items"] == products


@pytest.mark.parametrize("rows", [
    "id,full_name,phone\n1,A B,+79120000001\n2,C D,+79120000002\n",
])
def test_no_purchases(folder, start_server, tmp_path, rows):
    (tmp_path / "c.csv").write_text(rows)
    folder.cli("import", tmp_path / "c.csv", "--name", "c")
    commands = (["recommend", "--customer", "1"], ["likely", "--product", "tea"], ["offers"], ["evaluate recommend"])
    for command, *options in commands:
        said = one_line(folder.cli(*command.split(), "--dataset", "c", *options, status=1))
        assert "no purchases" in said, said
    client = start_server().client(folder.admin)
    dataset = client.get("/api/v1/datasets").json()["items"][0]["id"]
    for part in ("recommender", "offers", "customers/1/recommendations", "products/tea/customers"):
        answer = client.get(f"/api/v1/datasets/{dataset}/{part}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "no_purchases")


def test_a_million_products(folder, start_server, tmp_path):
    """Each of 1 000 000 products is taken by one customer of 200 000, and ten by many."""
    file = tmp_path / "million.csv"
    with file.open("w") as out:
        out.write(HEAD)
        for c in range(200_000):
            day = f"2024-{1 + c % 6:02d}-01"
            out.writelines([f"{c},{c},{day},p{5 * c + k},1,2\n" for k in range(5)])
            if c % 4 == 0:
                out.write(f"{c},{c}b,2024-09-{1 + c % 28:02d},common{c // 4 % 10},1,2\n")
    folder.cli("import", file, "--name", "million")
    client = start_server().client(folder.admin)
    dataset = f"/api/v1/datasets/{client.get('/api/v1/datasets').json()['items'][0]['id']}"
    known = strict(client.get(f"{dataset}/recommender").text)
    assert known["items"] == 1_000_010 and known["bytes"] < 400 << 20
    got = strict(client.get(f"{dataset}/customers/77/recommendations").text)
    check_offers(got)
    assert len(got["items"]) == 10 and all(i["code"].startswith("common") for i in got["items"])
    assert strict(folder.cli("recommend", "--dataset", "million", "--customer", "77", "--json").stdout)["items"] == got["items"]
    assert strict(client.get(f"{dataset}/offers").text)["looked_at"] == 10_000
