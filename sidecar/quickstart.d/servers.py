# SPDX-License-Identifier: Apache-2.0
"""The quickstart's two servers: a real MLflow, and Gavel in front of it. Both on the loopback, both ended by their
process id when the `with` block that holds them ends, however it ends."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

READY_SECONDS = 120  # a cold MLflow on a busy machine
STOP_SECONDS = 25  # longer than Gavel's own drain

DEFAULT_PORTS = {"gateway": 5000, "api": 8000, "admin": 9090, "mlflow": 5001}


class NotReady(Exception):
    """A server ended, or did not answer in time; the message says which."""


def choose_ports(tell):
    """A port for each listener: the default one, or another when that is taken; `tell` is told of those."""
    ports = {}
    with contextlib.ExitStack() as held:  # all stay bound until all are chosen, so that none is given twice
        for name, wanted in DEFAULT_PORTS.items():
            ports[name] = held.enter_context(bind(wanted)).getsockname()[1]
            if ports[name] != wanted:
                tell(f"port {wanted} is taken; the {name} takes {ports[name]} instead")
    return ports


def bind(port):
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind(("127.0.0.1", port))
        probe.listen(1)  # two may bind with SO_REUSEADDR, only one may listen
    except OSError:
        probe.close()
        probe = socket.socket()
        probe.bind(("127.0.0.1", 0))
    return probe


class Server:
    """A command in a process group of its own, for MLflow starts workers, and Ctrl-C is for the quickstart alone."""

    def __init__(self, name, command, folder, ready_url, env=None):
        self.name = name
        self.command = [str(word) for word in command]
        self.folder = folder
        self.log = folder / f"{name}.log"
        self.ready_url = ready_url
        self.env = env
        self.process = None

    def __enter__(self):
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=subprocess.STDOUT, cwd=self.folder, env=self.env,
                                            start_new_session=True)
        return self

    def __exit__(self, *exc):
        self.signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        self.signal(signal.SIGKILL)  # whatever of the group is left

    def signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def ended(self):
        return self.process.poll() is not None

    def wait_ready(self):
        deadline = time.monotonic() + READY_SECONDS
        while not answers(self.ready_url):
            if self.ended():
                raise NotReady(f"{self.name} ended with exit code {self.process.returncode}")
            if time.monotonic() > deadline:
                raise NotReady(f"{self.name} is not ready after {READY_SECONDS} seconds")
            time.sleep(0.1)

    def log_tail(self, lines=30):
        return self.log.read_text(errors="replace").splitlines()[-lines:]


def answers(url):
    """Does `url` answer 200? Never through a proxy: these are our own servers on the loopback."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


def mlflow_server(folder, ports):
    """`mlflow server` with SQLite, and artifacts that go through the server (and so through Gavel)."""
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true",
             "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", ports["mlflow"],
               "--workers", 1, "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
               "--artifacts-destination", folder / "artifacts"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    return Server("mlflow", command, folder, f"http://127.0.0.1:{ports['mlflow']}/health", {**env, **quiet})


CONFIG = """\
# What this quickstart runs with. Every key there is: sidecar/gavel.example.yaml
profile: medium
state: "{folder}/state"
policies: "{folder}/policies"
mlflow:
  url: http://127.0.0.1:{mlflow}
gateway:
  listen: 127.0.0.1:{gateway}
api:
  listen: 127.0.0.1:{api}
admin:
  listen: 127.0.0.1:{admin}
audit:
  writer: quickstart
"""


def gavel_server(gavel, folder, ports, shipped_policies):
    """Gavel with the dev identity and a copy of the shipped policies, which may be edited while it runs."""
    (folder / "policies").mkdir()
    for file in Path(shipped_policies).glob("*.yaml"):
        shutil.copy(file, folder / "policies")
    config = folder / "gavel.yaml"
    config.write_text(CONFIG.format(folder=folder, **ports))
    return Server("gavel", [gavel, "run", "-c", config], folder, f"http://127.0.0.1:{ports['admin']}/readyz")
