"""The OpenAPI document: what routes are said to answer is what they answer."""
import re

import pytest
from loading import load

CLIENTS = b"id,full_name,birth_date,phone,city\n7,Anna Nowak,1990-05-17,+48 600 100 200,Gdynia\n8,Jan Kowal,,,\n"
SALES = ("customer_id,order_id,date,product,quantity,price\n" + "".join(
    f"{7 + i % 2},{i},2024-0{1 + i % 9}-05,{['Tea', 'Jam', 'Milk'][i % 3]},2,1.25\n" for i in range(40))).encode()
VISITS = b"customer_id,visit_date,visits,newsletter_opened,ad_clicks,seconds_on_site\n7,2024-01-05,3,yes,,120\n"
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "array": list,
         "null": type(None)}


class Schema:
    """As much of JSON Schema as the document uses."""

    def __init__(self, document):
        self.document, self.seen = document, set()

    def faults(self, schema, value, at="answer"):
        if "$ref" in schema:
            name = schema["$ref"].removeprefix("#/components/schemas/")
            self.seen.add(name)
            return self.faults(self.document["components"]["schemas"][name], value, at)
        if "anyOf" in schema:
            every = [self.faults(s, value, at) for s in schema["anyOf"]]
            return [] if [] in every else every[0]
        names = schema.get("type", list(TYPES))
        names = [names] if isinstance(names, str) else names
        fits = any(isinstance(value, TYPES[n]) and (n == "boolean" or not isinstance(value, bool)) for n in names)
        if not fits:
            return [f"{at}: {value!r} is not {names}"]
        if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
            return [f"{at}: {value!r} does not match {schema['pattern']}"]
        found = []
        if isinstance(value, dict):
            found += [f"{at}.{k} is missing" for k in schema.get("required", []) if k not in value]
            for key, one in schema.get("properties", {}).items():
                if key in value:
                    found += self.faults(one, value[key], f"{at}.{key}")
        if isinstance(value, list) and "items" in schema:
            for i, one in enumerate(value):
                found += self.faults(schema["items"], one, f"{at}[{i}]")
        return found


@pytest.fixture(scope="module")
def shop(shared_client):
    return load(shared_client, ("clients.csv", CLIENTS), ("sales.csv", SALES), ("visits.csv", VISITS), name="shop")


@pytest.fixture(scope="module")
def schema(shared_client):
    return Schema(shared_client.get("/api/v1/openapi.json").json())


def described(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation["responses"].get("2XX", {}).get("content", {}).get("application/json", {})
            if "schema" in content:
                yield method, path, content["schema"]


def test_answers_are_as_described(shared_client, shop, schema):
    shared_client.post("/api/v1/tokens", json={"name": "accounting"})
    backup = shared_client.post("/api/v1/backups").json()
    job = shared_client.wait_for_job(backup["job"]["id"])["id"]
    hook = shared_client.post("/api/v1/targets", json={"name": "a", "kind": "webhook", "address": "http://127.0.0.1/"}).json()
    shared_client.post("/api/v1/reports", json={"name": "a", "figure": "statistics", "targets": [hook["id"]]})
    shared_client.post("/api/v1/reports/a/send")
    product = shared_client.get(f"/api/v1/datasets/{shop['id']}/stats").json()["top_products"][0]["code"]
    tried = 0
    for method, path, shape in described(schema.document):
        if method != "get":
            continue
        where = path.replace("{customer}", "7").replace("/jobs/{id}", f"/jobs/{job}").replace("{id}", shop["id"])
        where = where.replace("{product}", product).replace("{kind}", "sales").replace("{name}", "a")
        answer = shared_client.get(where)
        assert answer.status_code == 200, (where, answer.text)
        body = answer.json()
        assert schema.faults(shape, body) == [], where
        assert not ({"items", "next", "total"} <= set(body) and not body["items"]), f"{where}: an empty list says nothing"
        tried += 1
    assert tried >= 18
    assert {"Customer", "Offer", "Reason", "Money", "Month", "Activity", "Backup", "Token", "Column", "Target", "Report",
            "Delivery"} <= schema.seen


def test_answers_to_changes(shared_client, shop, schema):
    shapes = {(m, p): s for m, p, s in described(schema.document)}
    customers = "/api/v1/datasets/{id}/customers"
    made = shared_client.post(customers.replace("{id}", shop["id"]), json={"id": "n-1", "last_name": "Lis"})
    assert made.status_code == 201 and schema.faults(shapes["post", customers], made.json()) == []
    changed = shared_client.patch(f"/api/v1/datasets/{shop['id']}/customers/n-1", json={"first_name": "Ewa"})
    assert changed.status_code == 200 and schema.faults(shapes["patch", customers + "/{customer}"], changed.json()) == []
    started = shared_client.post("/api/v1/backups")
    assert schema.faults(shapes["post", "/api/v1/backups"], started.json()) == []
    shared_client.wait_for_job(started.json()["job"]["id"])


def test_every_reference_leads_somewhere(schema):
    names = set(re.findall(r"#/components/schemas/(\w+)", str(schema.document)))
    assert names and names <= set(schema.document["components"]["schemas"])


def test_the_validator_finds_faults(schema):
    """A test that cannot fail would prove nothing."""
    job = {"$ref": "#/components/schemas/Job"}
    assert schema.faults(job, {"id": 5}) and schema.faults(job, []) and schema.faults(job, None)
    assert "answer.id: 'x' does not match ^[0-9]+$" in schema.faults(job, {"id": "x"})
