# SPDX-License-Identifier: Apache-2.0
"""The program under test, the one that GAVEL_BINARY names, with a directory and ports of its own.

    with Gavel(tmp_path, mlflow=mlflow.url) as gavel:
        gavel.api("GET", "/api/v1/decisions", token=gavel.token("ds-001", "data_scientist"))
        gavel.gateway("GET", "/api/2.0/mlflow/experiments/search", ...)
        gavel.admin("GET", "/readyz")

It listens where the kernel has room and says so in its log; a restart keeps the ports and the state. The log is
`gavel.log` in the directory; what it says is shown when Gavel does not start, and by failed tests (conftest.py).
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import requests
import yaml

from support.process import READY_SECONDS, STOP_SECONDS, Process

ROOT = Path(__file__).resolve().parents[2]
SHIPPED_POLICIES = ROOT / "policies"
UNREACHABLE = "http://127.0.0.1:9"  # discard: nothing listens there
DOORS = ("gateway", "api", "admin")
LISTENING = re.compile(r'\bListening\b.*?\bdoor=(\w+).*?\bport=(\d+)')


def binary():
    return os.environ.get("GAVEL_BINARY", str(ROOT / "build/dev/sidecar/gavel"))


def slow():
    """How many times longer things may take: sanitizers cost that much."""
    return 1 if os.environ.get("GAVEL_PRESET", "dev") == "dev" else 5


def run(*arguments, timeout=60, **more):
    """Runs a command of Gavel to its end; the result has returncode, stdout and stderr."""
    return subprocess.run([binary(), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=timeout * slow(), check=False, **more)


def eventually(condition, seconds=20, what=None):
    """The first true value of condition(), asked again and again; AssertionError when it stays false."""
    deadline = time.monotonic() + seconds * slow()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds * slow()} s: {what or condition}; last: {value!r}")
        time.sleep(0.02)


def merge(base, more):
    """`base` with the mapping `more` laid over it, section by section. A value of None takes a key away."""
    result = dict(base)
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merge(result[key], value)
        elif value is None:
            result.pop(key, None)
        else:
            result[key] = value
    return result


class Gavel(Process):
    def __init__(self, directory, mlflow=UNREACHABLE, config=None, ready=True, environment=None):
        """`config` is laid over a configuration for tests. `ready`: start() waits until Gavel is ready, else only
        until it listens (its MLflow may be missing on purpose)."""
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.config_file = self.directory / "gavel.yaml"
        self.state = self.directory / "state"
        self.ready = ready
        self.ports = {}
        self.offset = 0
        self.tokens = {}
        self.config = merge({
            "state": str(self.state),
            "policies": str(SHIPPED_POLICIES),
            "mlflow": {"url": mlflow},
            "gateway": {"listen": "127.0.0.1:0"},
            "api": {"listen": "127.0.0.1:0"},
            "admin": {"listen": "127.0.0.1:0"},
            "audit": {"writer": "test"},
        }, config or {})
        self.write_config()
        super().__init__([binary(), "run", "-c", self.config_file], self.directory / "gavel.log",
                         env={**os.environ, **(environment or {})}, cwd=self.directory)
        self.http = requests.Session()
        self.http.trust_env = False

    def write_config(self):
        self.config_file.write_text(yaml.safe_dump(self.config, sort_keys=False, allow_unicode=True))

    # --- life ---

    def start(self):
        self.offset = self.log.stat().st_size if self.log.exists() else 0
        self.http.close()
        return super().start()

    def wait_ready(self):
        self._wait("listening", self._listening)
        if self.ready:
            self._wait("ready", lambda: self.admin("GET", "/readyz").status_code == 200)

    def restart(self):
        """Starts it again on the same state and the same ports; whatever ended it before."""
        for door, port in self.ports.items():
            self.config[door]["listen"] = f"127.0.0.1:{port}"
        self.write_config()
        return self.start()

    def signal(self, number):
        os.kill(self.process.pid, number)

    def wait(self, seconds=STOP_SECONDS):
        """Waits until it has ended by itself; its exit code."""
        return self.process.wait(seconds * slow())

    def terminate(self):
        self.signal(signal.SIGTERM)
        return self.wait(30)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self.wait(30)
            except subprocess.TimeoutExpired:
                pass
        return super().stop()

    def resident(self):
        """Bytes of physical memory that it has now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    # --- what it says ---

    def log_text(self):
        """Its log since the last start."""
        with open(self.log, "rb") as log:
            log.seek(self.offset)
            return log.read().decode(errors="replace")

    def await_log(self, pattern, seconds=20):
        return eventually(lambda: re.search(pattern, self.log_text()), seconds, f"{pattern!r} in the log")

    # --- its doors ---

    def url(self, door):
        return f"http://127.0.0.1:{self.ports[door]}"

    def call(self, door, method, path, token=None, **more):
        headers = dict(more.pop("headers", None) or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        more.setdefault("timeout", 60 * slow())
        more.setdefault("allow_redirects", False)
        return self.http.request(method, self.url(door) + path, headers=headers, **more)

    def gateway(self, method, path, **more):
        return self.call("gateway", method, path, **more)

    def api(self, method, path, **more):
        return self.call("api", method, path, **more)

    def admin(self, method, path, **more):
        return self.call("admin", method, path, **more)

    def metric(self, sample):
        """The value of one sample as it stands in /metrics, labels included; None when it is not there."""
        for line in self.admin("GET", "/metrics").text.splitlines():
            name, _, value = line.rpartition(" ")
            if name == sample:
                return float(value)
        return None

    # --- who calls ---

    def token(self, subject, *roles):
        """A token of the dev identity."""
        if (subject, roles) not in self.tokens:
            words = [word for role in roles for word in ("--role", role)]
            done = self.command_line("token", "--sub", subject, *words)
            assert done.returncode == 0, done.stderr
            self.tokens[subject, roles] = done.stdout.strip()
        return self.tokens[subject, roles]

    def command_line(self, command, *arguments):
        """Another command on the same configuration."""
        return run(command, "-c", self.config_file, *arguments)

    # --- internals ---

    def _listening(self):
        self.ports = {}
        for line in self.log_text().splitlines():
            if line.startswith("{"):
                event = json.loads(line)
                if event.get("door"):
                    self.ports[event["door"]] = int(event["port"])
            elif (found := LISTENING.search(line)):
                self.ports[found[1]] = int(found[2])
        return all(door in self.ports for door in DOORS if self.config[door]["listen"])

    def _wait(self, what, condition):
        deadline = time.monotonic() + READY_SECONDS
        while not condition():
            if self.process.poll() is not None:
                raise RuntimeError(f"gavel ended with {self.process.returncode}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"gavel is not {what} after {READY_SECONDS} s:\n{self.log_tail()}")
            time.sleep(0.01)


class Policies:
    """A copy of the shipped policies that a test may edit."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True)
        for file in SHIPPED_POLICIES.glob("*.yaml"):
            shutil.copy(file, self.directory)

    def edit(self, name, change):
        """Hands the document of a file to `change` and replaces the file by what became of it, at once."""
        file = self.directory / name
        document = yaml.safe_load(file.read_text())
        change(document["spec"])
        self.replace(name, yaml.safe_dump(document, sort_keys=False, allow_unicode=True))

    def replace(self, name, text):
        """As editors do: a new file under another name, which then takes the old one's."""
        draft = self.directory / f".{name}.draft"
        draft.write_text(text)
        draft.rename(self.directory / name)

    def path(self, spec, source, target):
        """The path of a PromotionPolicy's spec that leads from source to target."""
        return next(path for path in spec["paths"] if path["from"] == source and path["to"] == target)
