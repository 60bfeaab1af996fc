# SPDX-License-Identifier: Apache-2.0
"""The API's calls: what a body must be, who may call, and what comes back."""

import json

import pytest

from support import raw
from support.gavel import eventually

PROMOTION = "/api/v1/mlops/model-promotion"
RETRAINING = "/api/v1/mlops/model-retraining"
WEBHOOK = "/api/v1/mlops/webhook/mlflow-promotion"
ABSENT = "01890000-0000-7000-8000-000000000000"
APPROVE = f"/api/v1/decisions/{ABSENT}/approve"
POSTS = [PROMOTION, RETRAINING, WEBHOOK, APPROVE]
GETS = [PROMOTION, f"{PROMOTION}/{ABSENT}", f"{RETRAINING}/{ABSENT}", "/api/v1/decisions",
        f"/api/v1/decisions/{ABSENT}", f"/api/v1/decisions/{ABSENT}/approvals", "/api/v1/audit",
        "/api/v1/audit/verify", f"/api/v1/audit/entity/{ABSENT}"]


@pytest.fixture(scope="module")
def ds(gavel):
    return gavel.token("ds-001", "data_scientist")


@pytest.fixture(scope="module")
def da(gavel):
    return gavel.token("da-001", "data_architect")


def detail(answer):
    """The sentence of an error, which has nothing else in it."""
    body = answer.json()
    assert list(body) == ["detail"] and body["detail"], body
    return body["detail"]


def good(**more):
    return {"model_name": "churn", "model_version": 1, "target_stage": "production", **more}


# --- bodies ---

HOSTILE = {
    "nothing": b"",
    "no JSON": b"model_name=churn",
    "an array": b"[]",
    "a string": b'"{}"',
    "null": b"null",
    "a number": b"1",
    "trailing text": b"{} {}",
    "a key twice": b'{"model_name":"a","model_name":"b"}',
    "NaN": b'{"model_name":"a","drift_score":NaN}',
    "Infinity": b'{"drift_score":-Infinity}',
    "a number without end": b'{"drift_score":1e999}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "broken UTF-8": b'{"model_name":"\xff\xfe"}',
    "an overlong character": b'{"model_name":"\xc0\xaf"}',
    "half a surrogate": b'{"model_name":"\\ud800"}',
    "a NUL": b'{"model_name":"a\\u0000b"}',
    "a comment": b"{/* */}",
    "a trailing comma": b'{"model_name":"a",}',
    "single quotes": b"{'model_name':'a'}",
    "a hundred levels": b'{"a":' + b"[" * 100 + b"]" * 100 + b"}",
    "ten thousand levels": b'{"a":' + b"[" * 10000 + b"]" * 10000 + b"}",
    "an open end": b'{"a":' + b"[" * 10000,
}


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_body_is_400_with_a_sentence(gavel, ds, da, path, what):
    answer = gavel.api("POST", path, token=da if path == APPROVE else ds, data=HOSTILE[what],
                       headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert detail(answer)


WRONG = [
    (PROMOTION, {}, "model_name is missing"),
    (PROMOTION, {"model_name": 7}, "model_name must be a string"),
    (PROMOTION, good(model_name=""), "model_name must not be empty"),
    (PROMOTION, good(model_name="x" * 257), "at most 256 characters"),
    (PROMOTION, good(model_name="a\nb"), "control characters"),
    (PROMOTION, good(model_version=None), "model_version is missing"),
    (PROMOTION, good(model_version=0), "model_version"),
    (PROMOTION, good(model_version=-1), "model_version"),
    (PROMOTION, good(model_version=1.5), "model_version must be a whole number"),
    (PROMOTION, good(model_version="+1"), "model_version must be a whole number"),
    (PROMOTION, good(model_version="one"), "model_version must be a whole number"),
    (PROMOTION, good(model_version=2**31), "model_version"),
    (PROMOTION, good(model_version=True), "model_version must be a whole number"),
    (PROMOTION, good(target_stage=None), "target_stage is missing"),
    (PROMOTION, good(target_stage="moon"), 'target_stage "moon"'),
    (PROMOTION, good(source_stage="moon"), 'source_stage "moon"'),
    (PROMOTION, good(performance_metrics=[]), "performance_metrics must be an object"),
    (PROMOTION, good(performance_metrics={"a": "1"}), "performance_metrics.a must be a number"),
    (PROMOTION, good(performance_metrics={str(i): i for i in range(201)}), "at most 200 members"),
    (PROMOTION, good(justification="x" * 10001), "justification must have at most 10000 characters"),
    (PROMOTION, good(workspace="NO"), "is no workspace"),
    (RETRAINING, {"model_name": "churn"}, "reason is missing"),
    (RETRAINING, {"model_name": "churn", "reason": ""}, "reason must not be empty"),
    (RETRAINING, {"model_name": "churn", "reason": "r", "drift_score": "high"}, "drift_score must be a number"),
    (RETRAINING, {"model_name": "churn", "reason": "r", "drift_details": 1}, "drift_details must be an object"),
    (WEBHOOK, {"model_name": "churn"}, "model_version is missing"),
    (APPROVE, {"vote": "maybe"}, 'vote must be "approve", "reject" or "abstain"'),
    (APPROVE, {"comment": "a", "comments": "b"}, "comment and comments differ"),
    (APPROVE, {"comment": 1}, "comment must be a string"),
]


@pytest.mark.parametrize("path,body,said", WRONG, ids=[f"{said[:40]}-{n}" for n, (_, _, said) in enumerate(WRONG)])
def test_a_wrong_member_is_named(gavel, standin, ds, da, path, body, said):
    standin.add("churn")
    answer = gavel.api("POST", path, token=da if path == APPROVE else ds, json=body)
    assert answer.status_code == 400, answer.text
    assert said in detail(answer)


def test_who_is_calling_is_not_the_bodys_to_say(gavel, ds):
    for path, body in ((RETRAINING, {"model_name": "churn", "reason": "r", "requester_id": "ds-002"}),
                       (APPROVE, {"voter_id": "da-001"}), (PROMOTION, good(created_by="root"))):
        answer = gavel.api("POST", path, token=ds, json=body)
        assert answer.status_code == 403, answer.text
        assert "ds-001" in detail(answer)


# --- who ---

@pytest.mark.parametrize("method,path", [("POST", path) for path in POSTS] + [("GET", path) for path in GETS])
def test_without_a_token_it_is_401(gavel, method, path):
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}, {"Authorization": "Negotiate x"}):
        answer = gavel.api(method, path, headers=headers, json={} if method == "POST" else None)
        assert answer.status_code == 401, answer.text
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert detail(answer)


def test_a_token_of_another_gavel_is_401(gavel, new_gavel):
    other = new_gavel()
    assert gavel.api("GET", "/api/v1/decisions", token=other.token("ds-001", "data_scientist")).status_code == 401
    assert gavel.metric('gavel_auth_failures_total{reason="unknown-key"}') >= 1


def test_who_has_no_role_reads_nothing(gavel):
    nobody = gavel.token("nobody")
    for path in ("/api/v1/audit", "/api/v1/audit/verify", "/api/v1/decisions", PROMOTION):
        answer = gavel.api("GET", path, token=nobody)
        assert answer.status_code == 403, (path, answer.text)
        assert detail(answer)


# --- where ---

@pytest.mark.parametrize("path", ["/", "/api/v1", "/api/v1/nothing", f"{PROMOTION}/", f"{PROMOTION}/a/b", "/api/v1/decisions/",
                                  "/API/v1/decisions", "/api/v1//decisions", "/api/v1/../v1/decisions",
                                  "/api/v1/decisions%2f", "/metrics", "/livez"])
def test_an_unknown_path_is_404(gavel, ds, path):
    answer = raw.exchange(gavel.ports["api"], raw.head("GET", path, ds))
    assert answer.status == 404, answer
    assert json.loads(answer.body)["detail"]


@pytest.mark.parametrize("method,path", [("PUT", PROMOTION), ("DELETE", PROMOTION), ("PATCH", "/api/v1/decisions"),
                                         ("POST", "/api/v1/decisions"), ("GET", WEBHOOK), ("POST", "/api/v1/audit"),
                                         ("DELETE", "/api/v1/audit"), ("GET", APPROVE)])
def test_another_method_is_405_and_names_those_there_are(gavel, ds, method, path):
    answer = gavel.api(method, path, token=ds, json={} if method != "GET" else None)
    assert answer.status_code == 405, answer.text
    assert answer.headers["Allow"]
    assert detail(answer)


@pytest.mark.parametrize("path", [f"{PROMOTION}/{ABSENT}", f"{PROMOTION}/dec-001", f"/api/v1/decisions/{ABSENT}",
                                  f"/api/v1/decisions/{ABSENT}/approvals", f"{RETRAINING}/%00", f"{PROMOTION}/%ff",
                                  f"{PROMOTION}/' OR 1=1 --"])
def test_a_decision_that_is_not_there_is_404(gavel, ds, path):
    assert gavel.api("GET", path, token=ds).status_code == 404


def test_a_vote_on_nothing_is_404(gavel, da):
    assert gavel.api("POST", APPROVE, token=da, json={}).status_code == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=-1", "limit=x", "limit=1e2", "offset=-1", "offset=x",
                                   "limit=99999999999999999999", "status=nonsense", "workspace=A"])
def test_a_wrong_query_is_400(gavel, ds, query):
    answer = gavel.api("GET", f"/api/v1/decisions?{query}", token=ds)
    assert answer.status_code == 400, answer.text
    assert detail(answer)


# --- how much ---

def test_a_body_that_is_too_large_is_413_before_it_is_read(gavel, ds):
    start = raw.head("POST", PROMOTION, ds, headers=["Content-Type: application/json",
                                                     f"Content-Length: {100 * 1024 * 1024}"])
    answer = raw.exchange(gavel.ports["api"], start, patience=10)
    assert answer.status == 413, answer
    assert json.loads(answer.body)["detail"]


def test_a_chunked_body_without_end_is_413(gavel, ds):
    start = raw.head("POST", PROMOTION, ds, headers=["Content-Type: application/json", "Transfer-Encoding: chunked"])
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    answer = raw.exchange(gavel.ports["api"], start + chunk * 40, patience=10)
    assert answer.status == 413, answer


def test_a_hundred_megabytes_leave_no_trace_in_memory(gavel, ds):
    before = gavel.resident()
    for _ in range(5):
        answer = gavel.api("POST", PROMOTION, token=ds, data=b"{" + b" " * 900_000 + b"}",
                           headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 413)
    raw.exchange(gavel.ports["api"], raw.head("POST", PROMOTION, ds, headers=[f"Content-Length: {100 << 20}"])
                 + b" " * (20 << 20), patience=5)
    assert gavel.resident() - before < 64 << 20


def test_heads_have_limits(gavel, ds):
    many = [f"X-{number}: 1" for number in range(100)]
    assert raw.exchange(gavel.ports["api"], raw.head("GET", PROMOTION, ds, headers=many)).status == 431
    long = raw.exchange(gavel.ports["api"], raw.head("GET", PROMOTION, ds, headers=["X-A: " + "a" * 20000]))
    assert long.status == 431, long
    far = raw.exchange(gavel.ports["api"], raw.head("GET", PROMOTION + "?" + "a" * 20000, ds))
    assert far.status in (414, 431), far
    assert gavel.admin("GET", "/livez").status_code == 200


def test_connections_have_a_limit_and_idle_ones_end(new_gavel):
    gavel = new_gavel(config={"api": {"connections": 4, "idle": "1s"}})
    kept = [raw.connect(gavel.ports["api"]) for _ in range(4)]
    try:
        eventually(lambda: gavel.metric('gavel_http_connections{listener="api"}') == 4)
        extra = raw.exchange(gavel.ports["api"], raw.head("GET", "/"), patience=0.5)
        assert extra.status in (None, 503), extra
        for connection in kept:
            data, closed = raw.read_to_end(connection, 30)
            assert closed
    finally:
        for connection in kept:
            connection.close()
    eventually(lambda: raw.exchange(gavel.ports["api"], raw.head("GET", "/"), patience=2).status == 404)


def test_a_slow_sender_is_cut(new_gavel):
    gavel = new_gavel(config={"api": {"total": "1s", "idle": "30s"}})
    with raw.connect(gavel.ports["api"], 30) as connection:
        connection.sendall(b"POST /api/v1/decisions HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n")
        data, closed = raw.read_to_end(connection, 30)
        assert closed


# --- decisions ---

def test_a_request_that_is_asked_twice_with_its_key_is_one(gavel, standin, ds):
    standin.add("keyed")
    headers = {"Idempotency-Key": "key-1"}
    body = good(model_name="keyed")
    first = gavel.api("POST", PROMOTION, token=ds, json=body, headers=headers)
    again = gavel.api("POST", PROMOTION, token=ds, json=body, headers=headers)
    assert first.status_code == again.status_code == 201, first.text
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = gavel.api("POST", PROMOTION, token=ds, json=good(model_name="keyed", justification="x"), headers=headers)
    assert other.status_code == 422, other.text
    somebody = gavel.api("POST", PROMOTION, token=gavel.token("ds-002", "data_scientist"), json=body, headers=headers)
    assert somebody.status_code == 409, somebody.text  # a key is its person's own; the request is active


@pytest.mark.parametrize("key", ["", "x" * 256, "\x80"])
def test_a_key_that_is_none_is_400(gavel, standin, ds, key):
    standin.add("keyed-2")
    body = json.dumps(good(model_name="keyed-2")).encode()
    line = b"Idempotency-Key: " + key.encode("latin-1")
    answer = raw.exchange(gavel.ports["api"], raw.head("POST", PROMOTION, ds, headers=[line], body=body))
    assert answer.status == 400, answer


def test_a_promotion_from_request_to_execution(gavel, standin, ds, da):
    standin.add("whole")
    asked = gavel.api("POST", PROMOTION, token=ds, json=good(model_name="whole", source_stage="STAGING"))
    assert asked.status_code == 201, asked.text
    assert set(asked.json()) == {"decision_id", "status", "message", "approval_required"}
    decision = asked.json()["decision_id"]
    vote = gavel.api("POST", f"/api/v1/decisions/{decision}/approve", token=da, json={})
    assert vote.status_code == 201, vote.text
    assert {"id", "decision_id", "voter_id", "voter_role", "vote", "comment", "voted_at"} == set(vote.json())
    status = eventually(lambda: found if (found := gavel.api("GET", f"{PROMOTION}/{decision}", token=ds).json())[
        "execution"]["state"] == "executed" else None)
    assert status["approved_by"] == "da-001"
    assert standin.version("whole", 1)["current_stage"] == "Production"
    assert standin.alias_table["whole", "champion"] == "1"
    row = gavel.api("GET", f"/api/v1/decisions/{decision}", token=ds).json()
    assert {"id", "decision_type", "title", "description", "status", "domain_id", "created_by", "created_at", "updated_at",
            "promotion"} == set(row)
    assert row["status"] == "approved" and row["decision_type"] == "model_promotion"
    assert gavel.metric('mlflow_promotions_total{status="approved"}') >= 1


def test_a_retraining_is_recorded_and_approved(gavel, ds, da):
    body = {"model_name": "churn", "reason": "Data drift detected", "drift_score": 0.85,
            "drift_details": {"features_drifted": ["age"], "drift_method": "KS-test"}, "requester_id": "ds-001"}
    asked = gavel.api("POST", RETRAINING, token=ds, json=body)
    assert asked.status_code == 201, asked.text
    assert asked.json()["status"] == "PENDING"
    decision = asked.json()["decision_id"]
    assert gavel.api("GET", f"{PROMOTION}/{decision}", token=ds).status_code == 404
    assert gavel.api("POST", f"/api/v1/decisions/{decision}/approve", token=ds, json={}).status_code in (400, 403)
    assert gavel.api("POST", f"/api/v1/decisions/{decision}/approve", token=da, json={}).status_code == 201
    status = gavel.api("GET", f"{RETRAINING}/{decision}", token=ds).json()
    assert status["status"] == "APPROVED"
    assert status["metadata"]["drift_score"] == 0.85


def test_the_webhook_says_what_a_stage_change_would_need(gavel, standin, ds):
    standin.add("asked", 1, "Staging")
    standin.add("asked", 2, "None")

    def ask(version, stage):
        answer = gavel.api("POST", WEBHOOK, token=ds,
                           json={"model_name": "asked", "model_version": version, "target_stage": stage})
        assert answer.status_code == 200, answer.text
        return answer.json()

    said = ask(1, "Production")
    assert said["allowed"] is False and said["approval_required"] is True
    assert "data_architect" in said["approval_by"]
    said = ask(2, "Staging")
    assert said["allowed"] is True and said["approval_required"] is False
    said = ask(2, "Production")
    assert said["allowed"] is False
    assert "Invalid promotion path: none → production" in said["reason"]
    missing = gavel.api("POST", WEBHOOK, token=ds, json={"model_name": "nothing", "model_version": 1,
                                                         "target_stage": "Staging"})
    assert missing.status_code == 404


def test_lists_are_paged_and_filtered(gavel, standin, ds):
    for version in range(1, 4):
        standin.add("listed", version)
        assert gavel.api("POST", PROMOTION, token=ds, json=good(model_name="listed", model_version=version)
                         ).status_code == 201
    page = gavel.api("GET", "/api/v1/decisions?limit=2", token=ds).json()
    rest = gavel.api("GET", "/api/v1/decisions?limit=2&offset=2", token=ds).json()
    assert len(page) == 2 and not {row["id"] for row in page} & {row["id"] for row in rest}
    waiting = gavel.api("GET", "/api/v1/decisions?status=awaiting_approval&limit=1000", token=ds).json()
    assert waiting and all(row["status"] == "awaiting_approval" for row in waiting)
    pending = gavel.api("GET", f"{PROMOTION}?status=PENDING", token=ds).json()
    assert pending and all(row["status"] == "PENDING" for row in pending)
