# SPDX-License-Identifier: Apache-2.0
"""Gavel is killed, MLflow is away: what was approved happens once, and what was asked is not forgotten."""

import random
import time

import pytest

from support.gavel import Gavel, eventually
from support.pausing_proxy import PausingProxy
from support.world import DA, DS, MLFLOW, World

STAGE = f"{MLFLOW}/model-versions/transition-stage"
ALIAS = f"{MLFLOW}/registered-models/alias"


@pytest.fixture(scope="module")
def proxy(mlflow_server):
    with PausingProxy(mlflow_server.url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def world(mlflow_server, proxy, tmp_path_factory):
    """Gavel behind a proxy, so that a test can stop it at each of its requests to MLflow."""
    with Gavel(tmp_path_factory.mktemp("crash"), mlflow=proxy.url) as gavel:
        yield World(mlflow_server, gavel)


@pytest.fixture(autouse=True)
def clear(proxy):
    proxy.clear()


def of_the_executor(request):
    """Not what Gavel asks for its readiness and its gauges."""
    return any(part in request.path for part in ("/model-versions/", "/registered-models/alias", "/runs/get"))


def waiting(world):
    """A request that waits for its vote, with a version in production that it will displace."""
    name, old, _ = world.staged()
    world.move(name, old, "Production")
    world.behind("POST", "registered-models/alias", name=name, alias="champion", version=str(old))
    _, new, _ = world.staged(name, metrics={"accuracy": 0.9})
    return name, old, new, world.requested(DS, name, new)


def happened_once(world, proxy, case, where):
    name, old, new, decision = case
    status = world.await_executed(decision, 30)
    assert world.stage(name, new) == "Production", where
    assert world.stage(name, old) == "Archived", where
    assert world.alias(name, "champion") == new, where
    assert len(proxy.forwarded("POST", STAGE)) == 1, (where, proxy.requests)
    assert len(proxy.forwarded("POST", ALIAS)) == 1, (where, proxy.requests)
    assert status["status"] == "APPROVED"
    ends = [line for line in world.audit_lines(decision) if line["event_type"] == "MODEL_PROMOTION_EXECUTED"]
    assert len(ends) == 1, where
    assert "valid" in world.verified()


@pytest.fixture(scope="module")
def steps(world, proxy):
    """How many requests the executor makes for one promotion, when nothing is in its way."""
    proxy.clear()
    case = waiting(world)
    proxy.clear()
    world.approved(DA, case[3])
    happened_once(world, proxy, case, "undisturbed")
    return len([request for request in proxy.requests if of_the_executor(request)])


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_each_step_it_neither_repeats_nor_forgets(world, proxy, steps, when):
    assert steps >= 5  # look, stage, look, alias, look
    for step in range(1, steps + 1):
        case = waiting(world)
        proxy.clear()
        hold = proxy.hold(step, when, of_the_executor)
        world.approved(DA, case[3])
        assert hold.reached(), f"step {step} of {steps} never came"
        where = f"killed {when} MLflow saw {hold.request}, step {step} of {steps}"
        world.gavel.kill()
        hold.drop()
        world.gavel.restart()
        happened_once(world, proxy, case, where)


def test_killed_at_any_moment_it_neither_repeats_nor_forgets(world, proxy):
    """Between its requests are its own commits; where exactly it is hit, chance decides."""
    chance = random.Random(7)
    for _ in range(6):
        case = waiting(world)
        proxy.clear()
        world.approved(DA, case[3])
        delay = chance.uniform(0, 0.05)
        time.sleep(delay)
        world.gavel.kill()
        world.gavel.restart()
        happened_once(world, proxy, case, f"killed after {delay} s")


def test_a_waiting_request_survives_a_restart(world, proxy):
    case = waiting(world)
    assert world.gavel.terminate() == 0
    world.gavel.restart()
    proxy.clear()
    status = world.status(case[3])
    assert status["status"] == "PENDING"
    assert [seat["role"] for seat in status["waiting_for"]] == ["data_architect"]
    world.approved(DA, case[3])
    happened_once(world, proxy, case, "restarted before the vote")


def test_while_mlflow_is_away_the_decision_says_what_it_waits_for(world, proxy):
    case = waiting(world)
    proxy.clear()
    proxy.down()
    try:
        world.approved(DA, case[3])
        status = eventually(lambda: said if (said := world.status(case[3]))["execution"]["reason"] else None)
        assert status["status"] == "APPROVED"
        assert status["approved_by"] == DA.subject
        assert status["execution"]["state"] in ("waiting", "executing")
        assert status["execution"]["next_attempt_at"]
    finally:
        proxy.up()
    happened_once(world, proxy, case, "MLflow came back")


def test_requests_while_mlflow_is_away_are_refused_as_unavailable(world, proxy):
    name, version, _ = world.staged()
    proxy.down()
    try:
        answer = world.request(DS, name, version)
        assert answer.status_code == 503, answer.text
        assert answer.headers["Retry-After"]
        passed = world.gavel.gateway("GET", f"{MLFLOW}/experiments/search?max_results=1", token=world.token(DS))
        assert passed.status_code in (502, 503), passed.text
        assert passed.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"
        eventually(lambda: world.gavel.admin("GET", "/readyz").status_code == 503, 30)
        assert "not ready mlflow" in world.gavel.admin("GET", "/readyz").text
    finally:
        proxy.up()
    eventually(lambda: world.gavel.admin("GET", "/readyz").status_code == 200, 30)
    assert world.requested(DS, name, version)


def test_the_version_that_changed_meanwhile_is_not_promoted(world, proxy):
    """Approved was a version with these metrics; whoever writes others afterwards gets nothing."""
    name, _, new, decision = waiting(world)
    run_id = world.version(name, new)["run_id"]
    world.behind("POST", "runs/log-metric", run_id=run_id, key="accuracy", value=0.99,
                 timestamp=int(time.time() * 1000) + 5, step=1)
    proxy.clear()
    world.approved(DA, decision)
    status = eventually(lambda: said if (said := world.status(decision))["status"] == "SUPERSEDED" else None)
    assert "accuracy" in str(status)
    assert world.stage(name, new) == "Staging"
    assert not proxy.forwarded("POST", STAGE)


def test_gavel_speaks_to_mlflow_as_itself(world, proxy):
    """No token of a client reaches MLflow, and what the connection is, Gavel says."""
    proxy.clear()
    answer = world.gavel.gateway("GET", f"{MLFLOW}/experiments/search?max_results=1", token=world.token(DS),
                                 headers={"X-Forwarded-For": "10.1.2.3", "Forwarded": "for=10.1.2.3",
                                          "X-Forwarded-User": "admin", "Cookie": "a=b",
                                          "X-Forwarded-Access-Token": "secret"})
    assert answer.status_code == 200
    sent = next(dict((name.lower(), value) for name, value in headers)
                for request, headers in zip(proxy.requests, proxy.headers) if "experiments/search" in request.path)
    assert "authorization" not in sent and "cookie" not in sent and "forwarded" not in sent
    assert "x-forwarded-user" not in sent and "x-forwarded-access-token" not in sent
    assert sent["x-forwarded-for"] == "127.0.0.1"
    assert sent["host"] == f"127.0.0.1:{proxy.port}"
