# SPDX-License-Identifier: Apache-2.0
"""The program seen from its sockets and its command line. Its MLflow is a stand-in, or missing."""

import pytest

from support.gavel import Gavel
from support.logs import pytest_runtest_makereport  # noqa: F401 (a hook)
from support.standin import StandIn


@pytest.fixture(scope="session")
def standin():
    with StandIn() as server:
        yield server


@pytest.fixture(scope="module")
def gavel(standin, tmp_path_factory):
    """Gavel as it is shipped, before a stand-in for MLflow."""
    with Gavel(tmp_path_factory.mktemp("gavel"), mlflow=standin.url) as gavel:
        yield gavel


@pytest.fixture
def new_gavel(standin, tmp_path):
    """Makes a Gavel of the test's own; start=False leaves it to the test to start it."""
    made = []

    def make(directory="gavel", start=True, mlflow=standin.url, **more):
        gavel = Gavel(tmp_path / directory, mlflow=mlflow, **more)
        made.append(gavel)
        return gavel.start() if start else gavel

    yield make
    for gavel in made:
        gavel.stop()
