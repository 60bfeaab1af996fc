# SPDX-License-Identifier: Apache-2.0
"""Policies are edited while Gavel runs: as files, as a ConfigMap, and broken."""

import shutil

import mlflow
import pytest

from support.gavel import Policies, eventually
from support.world import DA, DS, OTHER_DA, OTHER_DS


@pytest.fixture
def policies(tmp_path):
    return Policies(tmp_path / "policies")


def two_architects(spec):
    Policies.path(None, spec, "staging", "production")["approval"]["quorum"] = [{"role": "data_architect", "count": 2}]


def in_force(world, reloads):
    return eventually(lambda: world.gavel.metric('gavel_policy_reloads_total{result="taken"}') > reloads, 20,
                      "the edit is taken over")


def reloads(world, result="taken"):
    return world.gavel.metric(f'gavel_policy_reloads_total{{result="{result}"}}') or 0


def test_an_edit_is_in_force_within_seconds(new_world, policies):
    world = new_world(config={"policies": str(policies.directory)})
    name, version, _ = world.staged()
    before = reloads(world)
    policies.edit("promotion.yaml", two_architects)
    in_force(world, before)
    decision = world.requested(DS, name, version)
    world.approved(DA, decision)
    assert world.status(decision)["status"] == "PENDING"
    world.approved(OTHER_DA, decision)
    world.await_executed(decision)
    events = [line["event_type"] for line in world.audit_lines()]
    assert "POLICY_CHANGED" in events


def test_a_config_map_is_swapped_as_kubernetes_does(new_world, policies, tmp_path):
    mount = tmp_path / "mount"
    mount.mkdir()
    shutil.copytree(policies.directory, mount / "..2026_01")
    (mount / "..data").symlink_to("..2026_01")
    for file in policies.directory.glob("*.yaml"):
        (mount / file.name).symlink_to(f"..data/{file.name}")
    world = new_world(config={"policies": str(mount)})
    name, version, _ = world.staged()
    before = reloads(world)
    policies.edit("promotion.yaml", two_architects)
    shutil.copytree(policies.directory, mount / "..2026_02")
    (mount / "..data_tmp").symlink_to("..2026_02")
    (mount / "..data_tmp").rename(mount / "..data")
    shutil.rmtree(mount / "..2026_01")
    in_force(world, before)
    decision = world.requested(DS, name, version)
    world.approved(DA, decision)
    assert world.status(decision)["status"] == "PENDING"


def test_a_broken_edit_keeps_the_last_good_set_and_says_so(new_world, policies):
    world = new_world(config={"policies": str(policies.directory)})
    good = (policies.directory / "promotion.yaml").read_text()
    policies.replace("promotion.yaml", good.replace("role: data_architect, count: 1", "role: data_architct, count: 1"))
    eventually(lambda: world.gavel.metric("gavel_policy_last_reload_successful") == 0, 20)
    line = next(i for i, text in enumerate(good.splitlines(), 1) if "role: data_architect, count: 1" in text)
    ready = world.gavel.admin("GET", "/readyz")
    assert ready.status_code == 200, ready.text  # degraded, not away: the last good set serves
    assert f"promotion.yaml:{line}:" in ready.text, ready.text
    assert "data_architct" in ready.text
    assert reloads(world, "refused") >= 1
    assert f"promotion.yaml:{line}:" in world.gavel.log_text()
    name, version, _ = world.staged()
    with world.acting(DS) as client, pytest.raises(mlflow.MlflowException) as error:
        client.transition_model_version_stage(name, str(version), "Production")
    assert error.value.error_code == "PERMISSION_DENIED"
    policies.replace("promotion.yaml", good)
    eventually(lambda: world.gavel.metric("gavel_policy_last_reload_successful") == 1, 20)
    assert "promotion.yaml" not in world.gavel.admin("GET", "/readyz").text


def test_direct_call_request_opens_a_request_and_names_it(new_world, policies):
    policies.edit("promotion.yaml",
                  lambda spec: policies.path(spec, "staging", "production").update(directCall="request"))
    world = new_world(config={"policies": str(policies.directory)})
    name, version, _ = world.staged()
    with world.acting(DS) as client, pytest.raises(mlflow.MlflowException) as error:
        client.transition_model_version_stage(name, str(version), "Production")
    assert error.value.error_code == "PERMISSION_DENIED"
    decisions = world.gavel.api("GET", "/api/v1/decisions", token=world.token(DS)).json()
    decision = next(row["id"] for row in decisions if row["promotion"]["model_name"] == name)
    assert decision in str(error.value)
    assert world.status(decision)["requested_by"] == DS.subject
    with world.acting(OTHER_DS) as client, pytest.raises(mlflow.MlflowException) as again:
        client.set_registered_model_alias(name, "champion", str(version))
    assert decision in str(again.value)  # the one that waits, not a second
    world.approved(DA, decision)
    world.await_executed(decision)
    assert world.stage(name, version) == "Production"
    assert world.alias(name, "champion") == version


def test_a_path_taken_away_meanwhile_is_not_executed(new_world, policies):
    world = new_world(config={"policies": str(policies.directory)})
    name, version, _ = world.staged()
    decision = world.requested(DS, name, version)
    before = reloads(world)

    def without_the_path(spec):
        spec["paths"] = [path for path in spec["paths"] if path["to"] != "production"]
    policies.edit("promotion.yaml", without_the_path)
    in_force(world, before)
    answer = world.vote(DA, decision)
    assert answer.status_code == 400, answer.text
    assert world.stage(name, version) == "Staging"
