# SPDX-License-Identifier: Apache-2.0
"""The trail: what happened stands in it, in the platform's words, and nobody changes it unnoticed."""

import hashlib
import json
import sqlite3

import pytest
import yaml

from support.gavel import run
from support.world import DA, DS, NOBODY

SEVEN = ["event_type", "timestamp", "actor", "resource", "action", "decision_id", "outcome"]
CHAIN = ["v", "w", "e", "seq", "prev"]


@pytest.fixture(scope="module")
def told(world):
    """A promotion from request to execution; its decision."""
    name, version, _ = world.registered()
    with world.acting(DS) as client:
        client.transition_model_version_stage(name, str(version), "Staging")
    decision = world.requested(DS, name, version)
    world.approved(DA, decision)
    world.await_executed(decision)
    return name, version, decision


def test_every_line_has_the_seven_fields_and_its_place_in_the_chain(world, told):
    lines = world.audit_lines()
    assert lines
    for line in lines:
        assert [key for key in CHAIN + SEVEN if key not in line] == [], line
        assert list(line)[:5] == CHAIN
    numbers = [line["seq"] for line in lines]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_the_story_of_a_decision_is_whole(world, told):
    name, version, decision = told
    lines = world.audit_lines(decision)
    assert lines[0]["event_type"] == "MODEL_PROMOTION_REQUESTED"
    assert lines[0]["outcome"] == "PENDING_APPROVAL"
    assert {line["resource"] for line in lines} == {f"model/{name}/v{version}"}
    assert {line["decision_id"] for line in lines} == {decision}
    kinds = [line["event_type"] for line in lines]
    assert kinds.index("MODEL_PROMOTION_REQUESTED") < kinds.index("MODEL_PROMOTION_EXECUTED")
    assert all(line["policy_digest"] for line in lines)


def test_a_call_of_mlflow_leaves_its_intent_and_its_outcome(world, told):
    name, version, _ = told
    lines = [line for line in world.audit_lines()
             if line["resource"] == f"model/{name}/v{version}" and line["event_type"] == "MODEL_STAGE_CHANGE"]
    assert [line["outcome"] for line in lines][0] == "ALLOWED"
    assert len(lines) == 2, lines


def test_the_api_lists_and_verifies(world, told):
    _, _, decision = told
    events = world.events()
    assert events
    fields = {"id", "event_type", "entity_type", "entity_id", "actor_id", "description", "occurred_at", "event_hash"}
    assert fields <= set(events[0])
    of_decision = world.gavel.api("GET", f"/api/v1/audit/entity/{decision}", token=world.token(DS)).json()
    assert {event["event_type"] for event in of_decision} >= {"MODEL_PROMOTION_REQUESTED", "MODEL_PROMOTION_EXECUTED"}
    only = world.events(event_type="MODEL_PROMOTION_REQUESTED")
    assert {event["event_type"] for event in only} == {"MODEL_PROMOTION_REQUESTED"}
    verdict = world.gavel.api("GET", "/api/v1/audit/verify", token=world.token(DS))
    assert verdict.json() == {"is_valid": True}
    refused = world.gavel.api("GET", "/api/v1/audit", token=world.token(NOBODY))
    assert refused.status_code == 403


def test_the_hashes_are_what_they_claim(world, told):
    """Recomputed without Gavel: SHA-256 of a zero byte and the line, each the next one's prev."""
    done = world.gavel.command_line("audit", "tail", "-n", "1000")
    lines = done.stdout.splitlines()
    for line, following in zip(lines, lines[1:]):
        assert json.loads(following)["prev"] == hashlib.sha256(b"\0" + line.encode()).hexdigest()


@pytest.fixture
def copy(world, told, tmp_path):
    """A copy of the store, and a configuration that names it."""
    source = sqlite3.connect(world.gavel.state / "gavel.db")
    target = sqlite3.connect(tmp_path / "gavel.db")
    source.backup(target)
    source.close()
    config = tmp_path / "gavel.yaml"
    config.write_text(yaml.safe_dump({"state": str(tmp_path), "store": {"url": f"sqlite:{tmp_path}/gavel.db"}}))
    yield target, config
    target.close()


def verify(config):
    return run("audit", "verify", "-c", config)


def test_the_database_itself_refuses_changes(copy):
    store, config = copy
    for statement in ("UPDATE audit_events SET line = '{}'", "DELETE FROM audit_events", "DELETE FROM decisions",
                      "UPDATE votes SET vote = 'reject'"):
        with pytest.raises(sqlite3.DatabaseError):
            store.execute(statement)
    store.close()
    assert verify(config).returncode == 0


def without_triggers(store):
    for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        store.execute(f"DROP TRIGGER {name}")


TAMPERED = {
    "another actor": "UPDATE audit_events SET line = CAST(replace(CAST(line AS TEXT), 'da-001', 'da-002') AS BLOB)",
    "an event less": "DELETE FROM audit_events WHERE seq = 3",
    "two exchanged": "UPDATE audit_events SET line = (SELECT line FROM audit_events WHERE seq = 2) WHERE seq = 3",
}


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_past_the_database_is_found(copy, what):
    store, config = copy
    without_triggers(store)
    assert store.execute(TAMPERED[what]).rowcount > 0
    store.commit()
    store.close()
    done = verify(config)
    assert done.returncode == 1, done.stdout
    assert done.stdout.startswith("broken: writer test, event "), done.stdout


def test_a_copy_that_is_no_store_is_refused(tmp_path):
    (tmp_path / "gavel.db").write_bytes(b"not a database" * 100)
    config = tmp_path / "gavel.yaml"
    config.write_text(yaml.safe_dump({"state": str(tmp_path)}))
    done = verify(config)
    assert done.returncode == 1
    assert "gavel.db" in done.stderr
