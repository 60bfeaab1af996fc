# SPDX-License-Identifier: Apache-2.0
"""The usage guide, steps 1 to 5, with mlflow's own client, as scientists and architects follow it."""

import asyncio
import importlib.util
import inspect

import mlflow
import pytest

from support.gavel import ROOT
from support.world import CLIENT_SETTINGS, DA, DS, environment

pytestmark = pytest.mark.mlflow2

METRICS = {"accuracy": 0.95, "precision": 0.93, "recall": 0.96}


class Model(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


def log_and_register(world, name):
    """Steps 1 and 2, by the fluent interface: run id and version."""
    settings = {**CLIENT_SETTINGS, "MLFLOW_TRACKING_TOKEN": world.token(DS)}
    with environment(**settings):
        mlflow.set_tracking_uri(world.gavel.url("gateway"))
        mlflow.set_registry_uri(world.gavel.url("gateway"))
        mlflow.set_experiment(name)
        with mlflow.start_run() as run:
            mlflow.log_param("alpha", 0.5)
            for key, value in METRICS.items():
                mlflow.log_metric(key, value)
            first = "name" if "name" in inspect.signature(mlflow.pyfunc.log_model).parameters else "artifact_path"
            mlflow.pyfunc.log_model(**{first: "model"}, python_model=Model(), pip_requirements=[])
        version = mlflow.register_model(f"runs:/{run.info.run_id}/model", name)
    return run.info.run_id, int(version.version)


def example_client():
    """The client that is shipped, whose methods are named as the platform's SDK names them."""
    spec = importlib.util.spec_from_file_location("example_client", ROOT / "sidecar/api/example_client.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def ask_and_approve(world, name, version, run_id):
    """Steps 3 to 5: the answer, the status before and after the vote, and the vote."""
    client = example_client().OpenDataGovClient
    scientist = client(base_url=world.gavel.url("api"), auth_token=world.token(DS))
    architect = client(base_url=world.gavel.url("api"), auth_token=world.token(DA))
    decision = await scientist.mlops.request_promotion(
        model_name=name, source_stage="staging", target_stage="production", model_version=version,
        mlflow_run_id=run_id, mlflow_model_uri=f"runs:/{run_id}/model",
        justification="Model achieves 95% accuracy, passes all validation tests", performance_metrics=METRICS)
    pending = await scientist.mlops.get_promotion_status(decision.decision_id)
    vote = await architect.decisions.approve(decision_id=decision.decision_id, approver_id=DA.subject,
                                             comments="Model metrics meet production SLA requirements")
    world.await_executed(decision.decision_id)
    status = await scientist.mlops.get_promotion_status(decision.decision_id)
    return {"answer": decision, "pending": pending, "vote": vote, "status": status}


@pytest.fixture(scope="module")
def walked(world):
    """A model that went all the way; each test looks at another side of it."""
    name = world.name("churn")
    run_id, version = log_and_register(world, name)
    with world.acting(DS) as client:
        client.transition_model_version_stage(name, str(version), "Staging")
    answers = asyncio.run(ask_and_approve(world, name, version, run_id))
    return {"name": name, "version": version, "run_id": run_id, **answers}


def test_the_request_waits_for_the_architect(walked):
    assert walked["answer"]["status"] == "PENDING"
    assert walked["answer"]["approval_required"] is True
    assert walked["pending"]["status"] == "PENDING"
    assert walked["pending"].get("approved_by") is None
    assert walked["answer"]["message"] == "Model promotion decision created. Awaiting approval from Data Architect."
    assert [(seat["role"], seat["missing"]) for seat in walked["pending"]["waiting_for"]] == [("data_architect", 1)]
    assert walked["pending"]["age_seconds"] >= 0
    assert walked["pending"]["evidence"]["metrics"] == METRICS


def test_the_vote_is_answered_with_an_approval(walked):
    assert walked["vote"]["decision_id"] == walked["answer"]["decision_id"]
    assert walked["vote"]["vote"] == "approve"
    assert walked["vote"]["voter_id"] == DA.subject


def test_the_status_says_who_approved_and_what(walked):
    status = walked["status"]
    assert status["status"] == "APPROVED"
    assert status["approved_by"] == DA.subject
    assert status["execution"]["state"] == "executed"
    assert status["decision_id"] == walked["answer"]["decision_id"]
    assert status["created_at"].endswith("Z")
    metadata = status["metadata"]
    assert metadata["model_name"] == walked["name"]
    assert metadata["model_version"] == walked["version"]
    assert metadata["source_stage"].lower() == "staging"
    assert metadata["target_stage"].lower() == "production"


def test_mlflow_shows_production_and_champion(world, walked):
    assert world.stage(walked["name"], walked["version"]) == "Production"
    assert world.alias(walked["name"], "champion") == walked["version"]


def test_the_recorded_user_is_the_tokens(world, walked):
    run = world.behind("GET", "runs/get", run_id=walked["run_id"])["run"]
    assert run["info"]["user_id"] == DS.subject
    tags = {tag["key"]: tag["value"] for tag in run["data"]["tags"]}
    assert tags["mlflow.user"] == DS.subject


def test_the_model_loads_by_its_alias_through_the_gateway(world, walked):
    with environment(**CLIENT_SETTINGS, MLFLOW_TRACKING_TOKEN=world.token(DS)):
        mlflow.set_tracking_uri(world.gavel.url("gateway"))
        mlflow.set_registry_uri(world.gavel.url("gateway"))
        model = mlflow.pyfunc.load_model(f"models:/{walked['name']}@champion")
        assert list(model.predict([1, 2])) == [1, 2]


def test_the_trail_tells_the_story(world, walked):
    lines = world.audit_lines(walked["answer"]["decision_id"])
    story = [line["event_type"] for line in lines]
    assert story[0] == "MODEL_PROMOTION_REQUESTED"
    assert story[-1] == "MODEL_PROMOTION_EXECUTED"
    first = lines[0]
    assert first["actor"] == DS.subject
    assert first["resource"] == f"model/{walked['name']}/v{walked['version']}"
    assert first["action"] == "promote:staging->production"
    assert first["outcome"] == "PENDING_APPROVAL"
    assert any(line["actor"] == DA.subject for line in lines)


def test_a_direct_transition_is_refused_with_what_to_do(world, walked):
    """The one refusal that MLflow 2 clients must show as well as MLflow 3 clients."""
    name, version, _ = world.staged()
    with world.acting(DS) as client, pytest.raises(mlflow.MlflowException) as refused:
        client.transition_model_version_stage(name, str(version), "Production")
    assert refused.value.error_code == "PERMISSION_DENIED"
    assert "data_architect" in str(refused.value)
    assert "/api/v1/mlops/model-promotion" in str(refused.value)
    assert world.stage(name, version) == "Staging"


def test_the_metrics_counted_what_passed(world, walked):
    for name in ("mlflow_experiments_total", "mlflow_runs_total", "mlflow_models_registered_total",
                 "mlflow_api_requests_total", "mlflow_api_latency_seconds_count",
                 'mlflow_promotions_total{status="approved"}', 'mlflow_promotions_total{status="pending"}'):
        assert world.gavel.metric(name) >= 1, name
