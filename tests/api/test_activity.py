"""What a customer does besides buying, row by row."""
import pytest
from loading import load

CLIENTS = "id,full_name\n7,Anna Nowak\n8,Jan Kowal\n9,Ewa Lis\n"
VISITS = ("customer_id,visit_date,visits,newsletter_opened,ad_clicks,seconds_on_site\n"
          "7,2024-01-05,3,yes,1,120.5\n7,2024-03-01,1,no,,30\n8,2024-02-01,2,1,4,600\n7,2024-02-01,5,,0,\n")


@pytest.fixture(scope="module")
def shop(shared_client):
    return load(shared_client, ("clients.csv", CLIENTS.encode()), ("visits.csv", VISITS.encode()), name="shop")


def activity(client, dataset, customer, **params):
    return client.get(f"/api/v1/datasets/{dataset['id']}/customers/{customer}/activity", params=params)


def test_roles_are_found(shop):
    roles = {c["name"]: c["role"] for t in shop["tables"] for c in t["columns"]}
    assert roles["visits"] == "activity.visits" and "activity.customer_id" in roles.values(), roles


def test_newest_first(shared_client, shop):
    got = activity(shared_client, shop, 7).json()
    assert got["total"] == 3 and got["next"] is None
    assert [(i["at"][:10], i["visits"], i["newsletter_opened"], i["ad_clicks"], i["seconds_on_site"]) for i in got["items"]] == [
        ("2024-03-01", 1, False, None, 30), ("2024-02-01", 5, None, 0, None), ("2024-01-05", 3, True, 1, 120.5)]
    assert [i["visits"] for i in activity(shared_client, shop, 8).json()["items"]] == [2]


def test_pages(shared_client, shop):
    first = activity(shared_client, shop, 7, limit=2).json()
    second = activity(shared_client, shop, 7, limit=2, cursor=first["next"]).json()
    assert [i["visits"] for i in first["items"] + second["items"]] == [1, 5, 3]
    assert (first["total"], second["total"], second["next"]) == (3, 3, None)
    assert activity(shared_client, shop, 7, cursor=900).json() == {"items": [], "next": None, "total": 3}


def test_none(shared_client, shop):
    assert activity(shared_client, shop, 9).json() == {"items": [], "next": None, "total": 0}
    people = load(shared_client, ("people.csv", CLIENTS.encode()), name="people without visits")
    assert activity(shared_client, people, 7).json() == {"items": [], "next": None, "total": 0}


@pytest.mark.parametrize("customer", ["77", "7' OR '1'='1", "%"])
def test_unknown(shared_client, shop, customer):
    assert activity(shared_client, shop, customer.replace("%", "%25")).status_code == 404


@pytest.mark.parametrize("name, query, status", [("limit", "limit=0", 422), ("cursor", "cursor=x", 422), ("limit", "limit=1001", 422)])
def test_refused(shared_client, shop, name, query, status):
    answer = shared_client.get(f"/api/v1/datasets/{shop['id']}/customers/7/activity?{query}")
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, name)


def test_columns_of_any_name(shared_client):
    evil = 'customer_id,"visits"" FROM x; --",ad_clicks\n7,1,2\n'
    made = load(shared_client, ("clients.csv", CLIENTS.encode()), ("evil visits.csv", evil.encode()), name="evil",
                role=['evil visits.customer_id=activity.customer_id', 'evil visits.ad_clicks=activity.ad_clicks',
                      'evil visits.visits" FROM x; --=activity.visits'])
    assert activity(shared_client, made, 7).json()["items"] == [{"visits": 1, "ad_clicks": 2}]


def test_of_another_organisation(shared_cli, shared_make_user, shop):
    shared_cli("org", "add", "Partner")
    assert activity(shared_make_user("admin", org="Partner"), shop, 7).status_code == 404
