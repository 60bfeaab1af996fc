# SPDX-License-Identifier: Apache-2.0
"""The three profiles: dev records and never blocks, medium enforces, large also insists on its audit sink."""

import mlflow
import pytest

from support.gavel import UNREACHABLE, eventually
from support.world import DA, DS, STEWARD


def test_dev_lets_the_direct_promotion_pass_and_records_it(new_world):
    world = new_world(config={"profile": "dev"})
    name, version, _ = world.registered()
    with world.acting(DS) as client:
        moved = client.transition_model_version_stage(name, str(version), "Production")
        client.set_registered_model_alias(name, "champion", str(version))
    assert moved.current_stage == "Production"
    assert world.alias(name, "champion") == version
    lines = [line for line in world.audit_lines() if line["resource"].startswith(f"model/{name}/")]
    assert [line["event_type"] for line in lines if line["outcome"] == "ALLOWED"] == \
        ["MODEL_STAGE_CHANGE", "MODEL_ALIAS_SET"]
    assert all(line["actor"] == DS.subject for line in lines)
    assert "valid" in world.verified()


def test_dev_serves_the_rest(new_world):
    """A request is answered as everywhere, but waits for nobody."""
    world = new_world(config={"profile": "dev"})
    name, version, _ = world.staged()
    decision = world.requested(DS, name, version)
    world.await_executed(decision)
    assert world.stage(name, version) == "Production"
    with world.acting(STEWARD) as client, pytest.raises(mlflow.MlflowException):
        client.create_registered_model(world.name())


def test_large_refuses_promotions_once_its_sink_is_away_too_long(new_world):
    world = new_world(config={"profile": "large", "audit": {"loki": {"url": UNREACHABLE}, "sinkBound": "1s"}})
    name, version, _ = world.staged()

    def why_not():
        answer = world.request(DS, name, version)
        return answer.json()["detail"] if answer.status_code == 503 else None

    first = world.request(DS, name, version)  # within the bound, if this machine is fast
    detail = eventually(why_not, 15)
    assert "sink" in detail
    if first.status_code in (200, 201):
        assert world.vote(DA, first.json()["decision_id"]).status_code == 503
    assert world.stage(name, version) == "Staging"
    fresh, new, _ = world.registered()
    with world.acting(DS) as client, pytest.raises(mlflow.MlflowException) as error:
        client.transition_model_version_stage(fresh, str(new), "Staging")
    assert "503" in str(error.value)  # after its retries, the client says what it got last
    with world.acting(DS) as client:
        assert client.search_experiments()  # reading goes on


def test_large_records_transitions_that_need_no_approval(new_world):
    world = new_world(config={"profile": "large", "audit": {"loki": {"url": UNREACHABLE}, "sinkBound": "1h"}})
    name, version, _ = world.registered()
    with world.acting(DS) as client:
        client.transition_model_version_stage(name, str(version), "Staging")
    lines = [line for line in world.audit_lines() if line["resource"] == f"model/{name}/v{version}"]
    assert lines[0]["event_type"] == "MODEL_STAGE_CHANGE"
    assert lines[0]["action"] == "promote:none->staging"
