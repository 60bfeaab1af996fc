# SPDX-License-Identifier: Apache-2.0
"""One MLflow for the whole run, one Gavel with the shipped policies for most tests; the others make their own.

With MLflow 2 only the tests marked `mlflow2` run: the walk and a refusal are what its clients must keep.
"""

import mlflow
import pytest

from support.gavel import Gavel
from support.logs import pytest_runtest_makereport  # noqa: F401 (a hook)
from support.mlflow_server import MlflowServer
from support.world import World


def pytest_configure(config):
    config.addinivalue_line("markers", "mlflow2: also runs with MLflow 2")


def pytest_collection_modifyitems(config, items):
    if not mlflow.__version__.startswith("2."):
        return
    others = [item for item in items if not item.get_closest_marker("mlflow2")]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory):
    with MlflowServer(tmp_path_factory.mktemp("mlflow")) as server:
        yield server


@pytest.fixture(scope="session")
def world(mlflow_server, tmp_path_factory):
    """Gavel as it is shipped: profile medium, the policies of the tree."""
    with Gavel(tmp_path_factory.mktemp("gavel"), mlflow=mlflow_server.url) as gavel:
        yield World(mlflow_server, gavel)


@pytest.fixture
def new_world(mlflow_server, tmp_path):
    """Makes a world with a Gavel of the test's own."""
    made = []

    def make(directory="gavel", mlflow=None, **more):
        gavel = Gavel(tmp_path / directory, mlflow=mlflow or mlflow_server.url, **more)
        made.append(gavel)
        gavel.start()
        return World(mlflow_server, gavel)

    yield make
    for gavel in made:
        gavel.stop()
