# SPDX-License-Identifier: Apache-2.0
"""A real MLflow server for tests: sqlite, artifacts served, one worker, on the loopback, no other network.

    with MlflowServer(tmp_path) as mlflow:
        MlflowClient(mlflow.url)

The state stays in the directory, so that a second server on the same directory carries on where the first
ended. The log is `mlflow.log` beside it; pytest keeps the directory when a test fails.
"""

import os
import sys
from pathlib import Path

from support.process import Process, free_port

# Without these MLflow reports its use to its makers, asks for a newer version of itself, and starts a second
# process for jobs that no test of ours runs.
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


class MlflowServer(Process):
    def __init__(self, directory, port=None, arguments=(), env=None):
        """`arguments` are added to the command line; `env` to the environment. `python -m mlflow` of the
        Python that runs the test is what is started, so that the test's environment chooses the version."""
        directory = Path(directory)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [
            sys.executable, "-m", "mlflow", "server",
            "--host", "127.0.0.1", "--port", self.port, "--workers", 1,
            "--backend-store-uri", f"sqlite:///{directory}/mlflow.db",
            "--artifacts-destination", directory / "artifacts",
            *arguments,
        ]
        # The tests' own client settings must not reach the server.
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
        super().__init__(command, directory / "mlflow.log", env={**inherited, **QUIET, **(env or {})},
                         cwd=directory, ready_url=f"{self.url}/health")
