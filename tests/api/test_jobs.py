"""Jobs over HTTP: their states, events, results, cancelling, lists, and what a restart makes of them."""
import json

import pytest

SMALL = "id,name\n1,Ann\n2,Bob\n"


def upload(client, text, name, filename="people.csv"):
    answer = client.post("/api/v1/datasets", files={"file": (filename, text)}, data={"name": name})
    assert answer.status_code == 202, answer.text
    return answer.json()["job"]["id"], answer.json()["dataset"]["id"]


def large(rows):
    return "id,a,b,c\n" + "".join(f"{i},{i * 7},text {i % 1000},{i / 3:.3f}\n" for i in range(rows))


@pytest.fixture(scope="module")
def large_file():
    return large(400_000)


def events(client, job):
    """The events of a job until the last one, as (name, data)."""
    seen = []
    with client.get(f"/api/v1/jobs/{job}/events", stream=True) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        name = None
        for line in answer.iter_lines(decode_unicode=True):
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                seen.append((name, json.loads(line[6:])))
                if name == "end":
                    break
    return seen


@pytest.mark.server
def test_a_job_from_start_to_end(client):
    job, dataset = upload(client, SMALL, "people")
    done = client.wait_for_job(job)
    assert done["state"] == "done" and done["progress"] == 1 and done["error"] is None
    assert done["kind"] == "import" and done["result"]["rows"] == 2 and done["result"]["dataset"] == dataset
    assert done["created_at"] <= done["started_at"] <= done["ended_at"]
    listed = client.get("/api/v1/jobs").json()
    assert listed["total"] == 1 and listed["items"][0]["id"] == job and listed["next"] is None


@pytest.mark.server
def test_events(client, large_file):
    job, _ = upload(client, large_file, "large")
    seen = events(client, job)
    assert [name for name, _ in seen][-1] == "end"
    assert {name for name, _ in seen[:-1]} <= {"progress"}
    progress = [data["progress"] for _, data in seen]
    assert progress == sorted(progress) and progress[-1] == 1
    assert seen[-1][1]["state"] == "done" and seen[-1][1]["result"]["rows"] == 400_000
    # Whoever comes later gets the end at once.
    assert [name for name, _ in events(client, job)] == ["end"]


@pytest.mark.server
def test_cancel(client, large_file, folder):
    job, dataset = upload(client, large_file * 4, "large")
    answer = client.delete(f"/api/v1/jobs/{job}")
    assert answer.status_code == 202, answer.text
    ended = client.wait_for_job(job)
    assert ended["state"] == "cancelled" and ended["error"] is None
    assert client.delete(f"/api/v1/jobs/{job}").status_code == 409
    assert client.get(f"/api/v1/datasets/{dataset}").status_code == 404
    assert client.get("/api/v1/datasets").json()["total"] == 0
    assert list((folder.path / "segments").iterdir()) == [] and list((folder.path / "spool").iterdir()) == []


def test_a_job_that_fails(client):
    job, dataset = upload(client, SMALL, "people")
    client.wait_for_job(job)
    answer = client.post(f"/api/v1/datasets/{dataset}/versions", files={"file": ("more.csv", "id,name\nseven,Cy\neight,Di\n")},
                         data={"mode": "append"})
    # A failure that comes at once is the answer of the request itself; its job is kept all the same.
    assert answer.status_code in (202, 422)
    ended = client.wait_for_job(client.get("/api/v1/jobs").json()["items"][0]["id"])
    assert ended["id"] != job and ended["state"] == "failed" and ended["result"] is None
    assert set(ended["error"]) <= {"code", "message", "field"} and "id" in ended["error"]["message"]
    assert client.get("/api/v1/jobs").json()["items"][0]["error"] == ended["error"]


def test_unknown_jobs(shared_client):
    for job in ("1", "0", "x", "-5", "9" * 30):
        for method, path in (("GET", job), ("DELETE", job), ("GET", f"{job}/events")):
            answer = shared_client.request(method, f"/api/v1/jobs/{path}")
            assert answer.status_code == 404, (method, path, answer.text)
    assert shared_client.get("/api/v1/jobs", params={"limit": "0"}).status_code == 422
    assert shared_client.get("/api/v1/jobs", params={"cursor": "x"}).status_code == 422


def test_another_organisations_job_is_unknown(client, make_user, cli):
    job, _ = upload(client, SMALL, "people")
    client.wait_for_job(job)
    cli("org", "add", "Partner")
    partner = make_user("admin", org="Partner")
    assert partner.get(f"/api/v1/jobs/{job}").status_code == 404
    assert partner.get(f"/api/v1/jobs/{job}/events").status_code == 404
    assert partner.delete(f"/api/v1/jobs/{job}").status_code == 404
    assert partner.get("/api/v1/jobs").json() == {"items": [], "next": None, "total": 0}


def test_jobs_in_pages(client):
    made = []
    for i in range(5):
        job, _ = upload(client, SMALL, f"people {i}")
        client.wait_for_job(job)
        made.append(job)
    first = client.get("/api/v1/jobs", params={"limit": 3}).json()
    assert [j["id"] for j in first["items"]] == made[:1:-1] and first["total"] == 5
    second = client.get("/api/v1/jobs", params={"limit": 3, "cursor": first["next"]}).json()
    assert [j["id"] for j in second["items"]] == made[1::-1] and second["next"] is None


@pytest.mark.server
def test_restart_ends_what_was_running(folder, start_server, large_file):
    server = start_server()
    client = server.client(folder.admin)
    job, dataset = upload(client, large_file * 4, "large")
    server.kill()
    server = start_server()
    client = server.client(folder.admin)
    ended = client.get(f"/api/v1/jobs/{job}").json()
    assert ended["state"] == "failed" and ended["error"]["code"] == "interrupted"
    assert client.get(f"/api/v1/datasets/{dataset}").status_code == 404
    assert list((folder.path / "segments").iterdir()) == [] and list((folder.path / "spool").iterdir()) == []
    # The name is free again.
    job, _ = upload(client, SMALL, "large")
    assert client.wait_for_job(job)["state"] == "done"


@pytest.mark.server
def test_stop_ends_what_is_running(folder, start_server, large_file):
    server = start_server()
    job, _ = upload(server.client(folder.admin), large_file * 4, "large")
    server.stop()
    server = start_server()
    ended = server.client(folder.admin).get(f"/api/v1/jobs/{job}").json()
    assert ended["state"] == "done" or ended["error"]["code"] == "interrupted"


@pytest.mark.server
def test_watcher_that_goes_away(client, server, large_file):
    job, _ = upload(client, large_file, "large")
    for _ in range(5):
        with client.get(f"/api/v1/jobs/{job}/events", stream=True) as answer:
            next(answer.iter_lines())
    assert client.wait_for_job(job)["state"] == "done"
