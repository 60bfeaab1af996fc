# SPDX-License-Identifier: Apache-2.0
"""The route table knows every route of the MLflow in this environment, by MLflow's own account."""

import json
import os
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest

pytestmark = pytest.mark.mlflow2

ROOT = Path(__file__).resolve().parents[2]
LIST_ROUTES = ROOT / "sidecar" / "mlflow" / "list_routes.py"


@pytest.fixture(scope="module")
def listing(tmp_path_factory):
    """What list_routes.py writes; it must not depend on where it is started, nor leave anything there."""
    folder = tmp_path_factory.mktemp("routes")
    path = folder / "routes.json"
    subprocess.run([sys.executable, LIST_ROUTES, "-o", path.name], cwd=folder, check=True, timeout=120)
    assert [entry.name for entry in folder.iterdir()] == ["routes.json"]
    return path


def routes_of(listing):
    document = json.loads(listing.read_text())
    return document, {(route["method"], route["path"]) for route in document["routes"]}


def check(path):
    return subprocess.run([os.environ["GAVEL_BINARY"], "routes", "--check", path],
                          capture_output=True, text=True, timeout=60)


def test_the_list_has_what_both_servers_of_mlflow_serve(listing):
    document, routes = routes_of(listing)
    assert document["mlflow"] == mlflow.__version__
    for prefix in ("/api", "/ajax-api"):
        assert ("POST", f"{prefix}/2.0/mlflow/model-versions/transition-stage") in routes
        assert ("PUT", f"{prefix}/2.0/mlflow-artifacts/artifacts/{{artifact_path...}}") in routes
    assert ("GET", "/health") in routes
    if document["servers"] == ["flask"]:
        assert mlflow.__version__.startswith("2.")
        return
    # These are served by FastAPI alone. A list without them would look complete and be half.
    assert ("POST", "/v1/traces") in routes
    assert ("POST", "/ajax-api/3.0/jobs/search") in routes
    assert ("POST", "/ajax-api/3.0/mlflow/assistant/message") in routes
    assert ("GET", "/api/3.0/mlflow/mcp-servers/{name...}") in routes


def test_the_table_covers_the_pinned_mlflow(listing):
    result = check(listing)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"MLflow {mlflow.__version__} serves" in result.stdout
    assert "unknown   " not in result.stdout
    assert "mistaken  " not in result.stdout


def test_a_route_that_nobody_has_looked_at_is_named(listing, tmp_path):
    document, _ = routes_of(listing)
    document["routes"] += [
        {"method": "POST", "path": "/api/2.0/mlflow/model-versions/bless"},
        {"method": "GET", "path": "/api/3.0/mlflow/traces/export"},
    ]
    newer = tmp_path / "newer.json"
    newer.write_text(json.dumps(document))
    result = check(newer)
    assert result.returncode == 1
    assert "unknown   POST /api/2.0/mlflow/model-versions/bless" in result.stdout
    assert "mistaken  GET /api/3.0/mlflow/traces/export: the table takes it for" in result.stdout


def test_a_file_that_is_no_list_is_refused(tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_text('{"mlflow": "3", "routes": []}')
    result = check(broken)
    assert result.returncode != 0
    assert "list_routes.py" in result.stderr
