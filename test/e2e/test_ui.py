# SPDX-License-Identifier: Apache-2.0
"""MLflow's own pages through the gateway, with Basic: any name, the token as password."""

import re
import shutil

import pytest

from support.browser import Browser
from support.world import DS


def basic(world):
    return ("ds-001", world.token(DS))


def test_a_browser_is_asked_for_name_and_password(world):
    answer = world.gavel.gateway("GET", "/", headers={"Accept": "text/html"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert "Location" not in answer.headers


def test_the_page_and_its_files_load(world):
    page = world.gavel.gateway("GET", "/", auth=basic(world))
    assert page.status_code == 200
    assert 'id="root"' in page.text
    files = set(re.findall(r'(?:src|href)="\.?/?(static-files/[^"]+)"', page.text))
    assert any(name.endswith(".js") for name in files), page.text[:2000]
    for name in files:
        file = world.gavel.gateway("GET", f"/{name}", auth=basic(world))
        assert file.status_code == 200, name
        assert file.content


# What MLflow 3's pages ask when they are opened, as the network panel of a browser shows it.
CALLS = [
    ("GET", "/ajax-api/3.0/mlflow/server-info", None),
    ("GET", "/ajax-api/2.0/mlflow/experiments/search?max_results=25&order_by=last_update_time+DESC", None),
    ("POST", "/ajax-api/2.0/mlflow/experiments/search", {"max_results": 25}),
    ("GET", "/ajax-api/2.0/mlflow/experiments/get?experiment_id=0", None),
    ("GET", "/ajax-api/2.0/mlflow/registered-models/search?max_results=25&order_by=name+ASC", None),
    ("GET", "/ajax-api/2.0/mlflow/model-versions/search?max_results=25", None),
    ("POST", "/ajax-api/2.0/mlflow/runs/search", {"experiment_ids": ["0"], "max_results": 5}),
    ("POST", "/ajax-api/2.0/mlflow/logged-models/search", {"experiment_ids": ["0"], "max_results": 5}),
    ("POST", "/ajax-api/3.0/mlflow/traces/search",
     {"locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}], "max_results": 5}),
    ("POST", "/graphql", {
        "operationName": "MlflowGetExperimentQuery", "variables": {"input": {"experimentId": "0"}},
        "query": "query MlflowGetExperimentQuery($input: MlflowGetExperimentInput!) {\n"
                 "  mlflowGetExperiment(input: $input) {\n    apiError { code message }\n"
                 "    experiment { experimentId name }\n  }\n}"}),
    ("GET", "/version", None),
]


@pytest.mark.parametrize("method,path,body", CALLS, ids=[path.split("?")[0] + " " + method for method, path, _ in CALLS])
def test_what_the_pages_ask_is_answered(world, method, path, body):
    answer = world.gavel.gateway(method, path, auth=basic(world), json=body,
                                 headers={"Origin": world.gavel.url("gateway")})
    assert answer.status_code == 200, answer.text
    if path.startswith("/graphql"):
        assert answer.json()["data"]["mlflowGetExperiment"]["experiment"]["experimentId"] == "0"


def test_another_pages_origin_may_not_change_anything(world):
    name, version, _ = world.registered()
    answer = world.gavel.gateway("POST", "/ajax-api/2.0/mlflow/model-versions/transition-stage", auth=basic(world),
                                 json={"name": name, "version": str(version), "stage": "Staging"},
                                 headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert world.stage(name, version) == "None"


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-headless-shell")


@pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed")
def test_a_browser_shows_the_experiments(world, tmp_path):
    with Browser(CHROMIUM, tmp_path) as browser:
        text = browser.text_of(f"{world.gavel.url('gateway')}/#/experiments", *basic(world), wait_for="Default")
    assert "Default" in text
