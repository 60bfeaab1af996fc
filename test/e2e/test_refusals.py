# SPDX-License-Identifier: Apache-2.0
"""Every way to production that is refused, seen as mlflow's client and the API's callers see it."""

import mlflow
import pytest

from support.gavel import Gavel, Policies, eventually
from support.world import ADMIN, BOTH, DA, DS, MLFLOW, NOBODY, OTHER_DA, OTHER_DS, OWNER, STEWARD, World


def refusal(call, *arguments, **more):
    """The exception of a call that must fail."""
    with pytest.raises(mlflow.MlflowException) as refused:
        call(*arguments, **more)
    return refused.value


# --- who ---

def test_without_a_token_the_client_gets_401_in_its_form_and_no_redirect(world):
    answer = world.gavel.gateway("GET", f"{MLFLOW}/experiments/search", params={"max_results": 1})
    assert answer.status_code == 401
    assert answer.json()["error_code"] in ("UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    with world.acting(None) as client:
        error = refusal(client.search_experiments)
    assert error.error_code in ("UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED")


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_token_that_is_none_is_401(world, token):
    answer = world.gavel.gateway("GET", f"{MLFLOW}/experiments/search", token=token)
    assert answer.status_code == 401, answer.text


def test_basic_with_the_token_as_password_is_as_good_as_bearer(world):
    with world.acting(None, MLFLOW_TRACKING_USERNAME="ds-001", MLFLOW_TRACKING_PASSWORD=world.token(DS)) as client:
        assert client.search_experiments()


def test_a_person_without_a_role_reads_nothing(world):
    with world.acting(NOBODY) as client:
        assert refusal(client.search_experiments).error_code == "PERMISSION_DENIED"


def test_a_steward_reads_and_logs_nothing(world):
    with world.acting(STEWARD) as client:
        assert client.search_experiments()
        assert refusal(client.create_run, "0").error_code == "PERMISSION_DENIED"
        assert refusal(client.create_registered_model, world.name()).error_code == "PERMISSION_DENIED"


def test_health_and_version_need_no_token(world):
    assert world.gavel.gateway("GET", "/health").status_code == 200
    assert world.gavel.gateway("GET", "/version").text.strip() == mlflow.__version__
    assert world.gavel.gateway("GET", "/api/3.0/mlflow/server-info").status_code == 200


# --- stages ---

@pytest.mark.parametrize("prefix", ["/api", "/ajax-api"])
@pytest.mark.parametrize("stage", ["Production", "production", "PRODUCTION"])
def test_no_spelling_and_no_prefix_leads_directly_to_production(world, prefix, stage):
    name, version, _ = world.staged()
    answer = world.through(DS, "POST", "model-versions/transition-stage", prefix=prefix, name=name,
                           version=str(version), stage=stage, archive_existing_versions=True)
    assert answer.status_code == 403, answer.text
    assert answer.json()["error_code"] == "PERMISSION_DENIED"
    assert world.stage(name, version) == "Staging"


@pytest.mark.parametrize("person", [DS, DA, OWNER, BOTH, ADMIN])
def test_nobody_moves_directly_to_production(world, person):
    name, version, _ = world.staged()
    with world.acting(person) as client:
        error = refusal(client.transition_model_version_stage, name, str(version), "Production")
    assert error.error_code == "PERMISSION_DENIED"
    assert world.stage(name, version) == "Staging"


def test_none_to_production_is_an_invalid_promotion_path(world):
    name, version, _ = world.registered()
    with world.acting(DS) as client:
        error = refusal(client.transition_model_version_stage, name, str(version), "Production")
    assert error.error_code == "PERMISSION_DENIED"
    assert "Invalid promotion path: none → production; promote to staging first" in str(error)
    answer = world.request(DS, name, version, source="none")
    assert answer.status_code == 400, answer.text
    assert "Invalid promotion path: none → production; promote to staging first" in answer.json()["detail"]


def test_none_to_staging_is_free_by_mlflows_own_call(world):
    name, version, _ = world.registered()
    with world.acting(DS) as client:
        moved = client.transition_model_version_stage(name, str(version), "Staging")
    assert moved.current_stage == "Staging"


def test_staging_is_not_for_everybody(world):
    name, version, _ = world.registered()
    with world.acting(OWNER) as client:
        error = refusal(client.transition_model_version_stage, name, str(version), "Staging")
    assert error.error_code == "PERMISSION_DENIED"
    assert world.stage(name, version) == "None"


def test_production_is_not_left_directly_either(world):
    name, version, _ = world.staged()
    world.move(name, version, "Production")
    for stage in ("None", "Staging", "Archived"):
        with world.acting(DA) as client:
            error = refusal(client.transition_model_version_stage, name, str(version), stage)
        assert error.error_code == "PERMISSION_DENIED", stage
    assert world.stage(name, version) == "Production"


def test_a_free_move_does_not_displace_what_serves(world):
    """Staging is free, but the alias would leave the version in production for one that nobody approved."""
    name, old, _ = world.staged()
    world.move(name, old, "Production")
    world.behind("POST", "registered-models/alias", name=name, alias="champion", version=str(old))
    _, new, _ = world.staged(name)
    with world.acting(DS) as client:
        assert refusal(client.set_registered_model_alias, name, "champion", str(new)).error_code == "PERMISSION_DENIED"
    assert world.alias(name, "champion") == old


# --- aliases ---

@pytest.mark.parametrize("alias", ["champion", "Champion", "production"])
def test_a_governed_alias_is_not_set_directly(world, alias):
    name, version, _ = world.staged()
    with world.acting(DS) as client:
        error = refusal(client.set_registered_model_alias, name, alias, str(version))
    assert error.error_code == "PERMISSION_DENIED"
    assert world.alias(name, alias) is None


def test_a_governed_alias_is_not_taken_away_directly(world):
    name, version, _ = world.staged()
    world.move(name, version, "Production")
    world.behind("POST", "registered-models/alias", name=name, alias="champion", version=str(version))
    with world.acting(DA) as client:
        # The stage alone keeps it in production, so the alias is the last thing to say otherwise.
        world.move(name, version, "None")
        error = refusal(client.delete_registered_model_alias, name, "champion")
    assert error.error_code == "PERMISSION_DENIED"
    assert world.alias(name, "champion") == version


def test_a_free_alias_is_the_scientists(world):
    name, version, _ = world.registered()
    with world.acting(DS) as client:
        client.set_registered_model_alias(name, "candidate-7", str(version))
        assert world.alias(name, "candidate-7") == version
        client.delete_registered_model_alias(name, "candidate-7")
    assert world.alias(name, "candidate-7") is None


# --- rename, delete, overwrite ---

@pytest.fixture
def governed(world):
    """A version in production with an artifact of its run."""
    name, version, run_id = world.staged()
    source = world.version(name, version)["source"]
    path = source.removeprefix("mlflow-artifacts:/").lstrip("/")
    put = world.direct.put(f"{world.mlflow.url}/api/2.0/mlflow-artifacts/artifacts/{path}/weights.bin", data=b"good",
                           timeout=60)
    assert put.status_code == 200, put.text
    world.move(name, version, "Production")
    return name, version, run_id, f"{path}/weights.bin"


@pytest.mark.parametrize("person", [DS, DA, ADMIN])
def test_a_governed_model_is_neither_renamed_nor_deleted(world, governed, person):
    name, version, run_id, _ = governed
    with world.acting(person) as client:
        for call in (lambda: client.rename_registered_model(name, world.name("renamed")),
                     lambda: client.delete_registered_model(name),
                     lambda: client.delete_model_version(name, str(version)),
                     lambda: client.delete_run(run_id)):
            assert refusal(call).error_code == "PERMISSION_DENIED"
    assert world.stage(name, version) == "Production"


def test_the_artifacts_of_a_governed_version_stay_as_they_were_approved(world, governed):
    _, _, run_id, path = governed
    url = f"/api/2.0/mlflow-artifacts/artifacts/{path}"
    for method, where in (("PUT", url), ("DELETE", url), ("PUT", url.replace("/api/", "/ajax-api/")),
                          ("PUT", url.replace("/model/", "/x/../model/")), ("PUT", url.replace("weights", "w%65ights")),
                          ("POST", f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run_id}&path=model/weights.bin")):
        answer = world.gavel.gateway(method, where, token=world.token(DS), data=b"evil")
        assert answer.status_code in (400, 403), (method, where, answer.text)
    kept = world.direct.get(f"{world.mlflow.url}{url}", timeout=60)
    assert kept.content == b"good"


def test_an_artifact_of_a_run_of_ones_own_is_written_and_read(world):
    run = world.run()
    path = run["artifact_uri"].removeprefix("mlflow-artifacts:/").lstrip("/")
    url = f"/api/2.0/mlflow-artifacts/artifacts/{path}/notes.txt"
    assert world.gavel.gateway("PUT", url, token=world.token(DS), data=b"hello").status_code == 200
    assert world.gavel.gateway("GET", url, token=world.token(DS)).content == b"hello"


# --- names and tags, by a policy of the team's own ---

@pytest.fixture(scope="module")
def strict(mlflow_server, tmp_path_factory):
    """A Gavel whose production is also a name and a tag."""
    directory = tmp_path_factory.mktemp("strict")
    policies = Policies(directory / "policies")

    def change(spec):
        spec["targets"]["production"]["names"] = ["prod.*"]
        spec["targets"]["production"]["tags"] = [{"key": "env", "value": "prod"}]

    policies.edit("promotion.yaml", change)
    with Gavel(directory, mlflow=mlflow_server.url, config={"policies": str(policies.directory)}) as gavel:
        yield World(mlflow_server, gavel)


def test_a_governed_name_takes_no_version_directly(strict):
    name = strict.name("prod.churn")
    run = strict.run()
    strict.behind("POST", "registered-models/create", name=name)
    with strict.acting(DS) as client:
        error = refusal(client.create_model_version, name, f"{run['artifact_uri']}/model", run["run_id"])
    assert error.error_code == "PERMISSION_DENIED"
    assert not strict.behind("GET", "model-versions/search", filter=f"name='{name}'").get("model_versions")


def test_a_version_is_not_copied_into_a_governed_name(strict):
    name, version, _ = strict.staged()
    target = strict.name("prod.churn")
    strict.behind("POST", "registered-models/create", name=target)
    with strict.acting(DS) as client:
        error = refusal(client.copy_model_version, f"models:/{name}/{version}", target)
    assert "needs approval by data_architect" in str(error)  # the client wraps it into an error of its own
    assert not strict.behind("GET", "model-versions/search", filter=f"name='{target}'").get("model_versions")


def test_a_version_is_not_born_with_a_governed_tag(strict):
    name = strict.name()
    run = strict.run()
    with strict.acting(DS) as client:
        client.create_registered_model(name)
        error = refusal(client.create_model_version, name, f"{run['artifact_uri']}/model", run["run_id"],
                        tags={"env": "prod"})
        assert error.error_code == "PERMISSION_DENIED"
        version = client.create_model_version(name, f"{run['artifact_uri']}/model", run["run_id"], tags={"env": "dev"})
        error = refusal(client.set_model_version_tag, name, version.version, "env", "prod")
        assert error.error_code == "PERMISSION_DENIED"
        client.set_model_version_tag(name, version.version, "team", "churn")


def test_a_model_does_not_carry_a_governed_tag_key(strict):
    with strict.acting(DS) as client:
        name = strict.name()
        client.create_registered_model(name)
        assert refusal(client.set_registered_model_tag, name, "env", "prod").error_code == "PERMISSION_DENIED"


def test_a_model_is_not_renamed_into_a_governed_name(strict):
    name, _, _ = strict.staged()
    with strict.acting(ADMIN) as client:
        assert refusal(client.rename_registered_model, name, strict.name("prod.x")).error_code == "PERMISSION_DENIED"


# --- votes ---

def test_the_requester_does_not_approve_their_own_request(world):
    name, version, _ = world.staged()
    decision = world.requested(BOTH, name, version)
    answer = world.vote(BOTH, decision)
    assert answer.status_code in (400, 403), answer.text
    assert "request" in answer.json()["detail"]
    assert world.status(decision)["status"] == "PENDING"


def test_the_author_of_the_version_does_not_approve_it(world):
    name, version, _ = world.staged(user=BOTH.subject)
    decision = world.requested(DS, name, version)
    assert world.vote(BOTH, decision).status_code in (400, 403)
    assert world.status(decision)["status"] == "PENDING"


@pytest.mark.parametrize("person", [OTHER_DS, STEWARD, NOBODY, ADMIN])
def test_who_has_no_seat_fills_none(world, person):
    name, version, _ = world.staged()
    decision = world.requested(DS, name, version)
    assert world.vote(person, decision).status_code in (400, 403)
    assert world.status(decision)["status"] == "PENDING"


def test_a_consulted_persons_opinion_is_recorded_and_does_not_decide(world):
    name, version, _ = world.staged()
    decision = world.requested(DS, name, version)
    answer = world.vote(OWNER, decision, vote="reject", comment="not before June")
    assert answer.status_code in (200, 201), answer.text
    assert world.status(decision)["status"] == "PENDING"
    votes = world.gavel.api("GET", f"/api/v1/decisions/{decision}/approvals", token=world.token(DS)).json()
    assert [(vote["voter_id"], vote["vote"], vote["comment"]) for vote in votes] == \
        [(OWNER.subject, "reject", "not before June")]


def test_a_person_votes_once(world):
    name, version, _ = world.staged()
    decision = world.requested(DS, name, version)
    assert world.vote(DA, decision, vote="abstain").status_code in (200, 201)
    again = world.vote(DA, decision, vote="approve")
    assert again.status_code in (400, 409), again.text
    assert "voted" in again.json()["detail"]
    assert world.status(decision)["status"] == "PENDING"


def test_a_reject_ends_the_request(world):
    name, version, _ = world.staged()
    decision = world.requested(DS, name, version)
    assert world.vote(DA, decision, vote="reject", comments="too early").status_code in (200, 201)
    assert world.status(decision)["status"] == "REJECTED"
    late = world.vote(OTHER_DA, decision)
    assert late.status_code in (400, 409), late.text
    assert world.stage(name, version) == "Staging"
    assert world.requested(DS, name, version) != decision


def test_a_vote_in_anothers_name_is_refused(world):
    name, version, _ = world.staged()
    decision = world.requested(DS, name, version)
    answer = world.vote(DS, decision, voter_id=DA.subject)
    assert answer.status_code == 403
    assert world.status(decision)["status"] == "PENDING"


def test_a_request_that_nobody_answers_expires(new_world, tmp_path):
    policies = Policies(tmp_path / "policies")
    policies.edit("promotion.yaml", lambda spec: policies.path(spec, "staging", "production")["approval"].update(
        expiresAfter="1s"))
    world = new_world(config={"policies": str(policies.directory)})
    name, version, _ = world.staged()
    decision = world.requested(DS, name, version)
    eventually(lambda: world.status(decision)["status"] == "EXPIRED", 30)
    assert world.vote(DA, decision).status_code in (400, 409)
    assert world.requested(DS, name, version) != decision


# --- requests ---

def test_an_active_request_is_not_opened_twice(world):
    name, version, _ = world.staged()
    decision = world.requested(DS, name, version)
    answer = world.request(OTHER_DS, name, version)
    assert answer.status_code == 409, answer.text
    assert decision in answer.json()["detail"]


def test_an_idempotency_key_repeats_the_answer(world):
    name, version, _ = world.staged()
    key = {"Idempotency-Key": world.name("key")}
    first = world.request(DS, name, version, headers=key)
    again = world.request(DS, name, version, headers=key)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    other = world.request(DS, name, version, headers=key, justification="something else")
    assert other.status_code == 422, other.text


def test_claimed_metrics_must_be_the_runs_own(world):
    name, version, _ = world.staged(metrics={"accuracy": 0.80})
    answer = world.request(DS, name, version, performance_metrics={"accuracy": 0.95})
    assert answer.status_code == 400, answer.text
    assert "accuracy" in answer.json()["detail"]
    assert world.request(DS, name, version, performance_metrics={"accuracy": 0.80}).status_code in (200, 201)


def test_another_run_than_the_versions_is_refused(world):
    name, version, _ = world.staged()
    answer = world.request(DS, name, version, mlflow_run_id=world.run()["run_id"])
    assert answer.status_code == 400, answer.text


def test_the_source_must_be_where_the_version_is(world):
    name, version, _ = world.registered()
    answer = world.request(DS, name, version, source="staging")
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("person", [OWNER, STEWARD, NOBODY])
def test_only_the_responsible_ask(world, person):
    name, version, _ = world.staged()
    assert world.request(person, name, version).status_code == 403


def test_a_version_that_does_not_exist_cannot_be_asked_for(world):
    assert world.request(DS, world.name("no-such-model"), 1).status_code == 404


# --- routes ---

@pytest.mark.parametrize("path", ["/api/2.0/mlflow/nothing/here", "/api/4.0/mlflow/experiments/search",
                                  "/ajax-api/2.0/preview/mlflow/model-versions/transition-stage", "/mcp", "/metrics",
                                  "/signup", "/ajax-api/3.0/mlflow/assistant/message"])
def test_an_unknown_route_is_denied(world, path):
    for method in ("GET", "POST"):
        answer = world.gavel.gateway(method, path, token=world.token(DS), json={} if method == "POST" else None)
        assert answer.status_code == 403, (method, path, answer.text)
        assert answer.json()["error_code"] == "PERMISSION_DENIED"


def test_refusals_are_audited_and_a_flood_stays_bounded(world):
    name, version, _ = world.staged()
    for _ in range(30):
        world.through(OTHER_DS, "POST", "model-versions/transition-stage", name=name, version=str(version),
                      stage="Production")
    lines = [line for line in world.audit_lines() if line["resource"] == f"model/{name}/v{version}"]
    assert lines and len(lines) <= 3, len(lines)
    assert lines[0]["actor"] == OTHER_DS.subject
    assert lines[0]["outcome"] == "DENIED"
