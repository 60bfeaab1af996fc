# SPDX-License-Identifier: Apache-2.0
"""A real MLflow with Gavel in front of it, and the people who work with them.

    world.staged()                       a model with a version in Staging, made behind Gavel's back
    world.request(DS, name, 1)           asks for production over the API
    world.vote(DA, decision_id)          approves
    with world.acting(DS) as client:     mlflow's own client through the gateway, as that person
"""

import contextlib
import itertools
import json
import os
import time
from typing import NamedTuple

import requests
from mlflow import MlflowClient

from support.gavel import eventually

MLFLOW = "/api/2.0/mlflow"


class Person(NamedTuple):
    subject: str
    roles: tuple


DS = Person("ds-001", ("data_scientist",))
OTHER_DS = Person("ds-002", ("data_scientist",))
DA = Person("da-001", ("data_architect",))
OTHER_DA = Person("da-002", ("data_architect",))
OWNER = Person("do-001", ("data_owner",))
STEWARD = Person("st-001", ("data_steward",))
BOTH = Person("both-001", ("data_scientist", "data_architect"))
ADMIN = Person("admin-001", ("admin",))
NOBODY = Person("nobody-001", ())

# What a person's own machine may have set, and what must not decide in a test.
CLIENT_SETTINGS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
    "MLFLOW_TRACKING_USERNAME": None,
    "MLFLOW_TRACKING_PASSWORD": None,
    "NO_PROXY": "*",
}

numbers = itertools.count(1)


@contextlib.contextmanager
def environment(**values):
    """os.environ with these values (None: without it) for a while."""
    before = {name: os.environ.get(name) for name in values}
    try:
        for name, value in values.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)


class World:
    def __init__(self, mlflow, gavel):
        self.mlflow = mlflow
        self.gavel = gavel
        self.direct = requests.Session()
        self.direct.trust_env = False

    def name(self, word="model"):
        """A name that no other test uses."""
        return f"{word}-{os.getpid()}-{next(numbers)}"

    def token(self, person):
        return self.gavel.token(person.subject, *person.roles)

    # --- behind Gavel's back ---

    def behind(self, method, path, **body):
        """MLflow asked directly; its answer must be a good one."""
        where = {"params": body} if method == "GET" else {"json": body}
        answer = self.direct.request(method, f"{self.mlflow.url}{MLFLOW}/{path}", timeout=60, **where)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def run(self, metrics=None, user="ds-001"):
        """A finished run of a person, with metrics."""
        run = self.behind("POST", "runs/create", experiment_id="0", user_id=user, start_time=int(time.time() * 1000),
                          tags=[{"key": "mlflow.user", "value": user}])["run"]
        for key, value in (metrics or {}).items():
            self.behind("POST", "runs/log-metric", run_id=run["info"]["run_id"], key=key, value=value,
                        timestamp=int(time.time() * 1000), step=0)
        return run["info"]

    def registered(self, name=None, metrics=None, user="ds-001", tags=()):
        """A model (made when missing) and a version of it in no stage; name, version and run id."""
        name = name or self.name()
        run = self.run(metrics, user)
        if self.direct.get(f"{self.mlflow.url}{MLFLOW}/registered-models/get", params={"name": name},
                           timeout=60).status_code == 404:
            self.behind("POST", "registered-models/create", name=name)
        version = self.behind("POST", "model-versions/create", name=name, source=f"{run['artifact_uri']}/model",
                              run_id=run["run_id"], tags=list(tags))["model_version"]
        return name, int(version["version"]), run["run_id"]

    def move(self, name, version, stage, archive=False):
        self.behind("POST", "model-versions/transition-stage", name=name, version=str(version), stage=stage,
                    archive_existing_versions=archive)

    def staged(self, name=None, **more):
        name, version, run_id = self.registered(name, **more)
        self.move(name, version, "Staging")
        return name, version, run_id

    def version(self, name, version):
        return self.behind("GET", "model-versions/get", name=name, version=str(version))["model_version"]

    def stage(self, name, version):
        return self.version(name, version)["current_stage"]

    def alias(self, name, alias):
        """The version that an alias points to, or None."""
        answer = self.direct.get(f"{self.mlflow.url}{MLFLOW}/registered-models/alias",
                                 params={"name": name, "alias": alias}, timeout=60)
        return int(answer.json()["model_version"]["version"]) if answer.status_code == 200 else None

    # --- through the doors ---

    @contextlib.contextmanager
    def acting(self, person=None, token=None, **more):
        """MLflow's client as a person (nobody at all: without a token)."""
        token = token or (self.token(person) if person else None)
        with environment(**{**CLIENT_SETTINGS, "MLFLOW_TRACKING_TOKEN": token, **more}):
            url = self.gavel.url("gateway")
            yield MlflowClient(tracking_uri=url, registry_uri=url)

    def through(self, person, method, path, prefix="/api", **body):
        """A call of MLflow's API through the gateway, as it is."""
        where = {"params": body} if method == "GET" else {"json": body}
        return self.gavel.gateway(method, f"{prefix}/2.0/mlflow/{path}", token=self.token(person), **where)

    def request(self, person, name, version, source="staging", target="production", headers=None, **more):
        body = {"model_name": name, "source_stage": source, "target_stage": target, "model_version": version, **more}
        return self.gavel.api("POST", "/api/v1/mlops/model-promotion", token=self.token(person), json=body,
                              headers=headers)

    def requested(self, person, name, version, **more):
        """The id of a request that must be accepted."""
        answer = self.request(person, name, version, **more)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()["decision_id"]

    def vote(self, person, decision_id, **body):
        return self.gavel.api("POST", f"/api/v1/decisions/{decision_id}/approve", token=self.token(person), json=body)

    def approved(self, person, decision_id):
        answer = self.vote(person, decision_id, comments="fine")
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def status(self, decision_id, person=DS):
        answer = self.gavel.api("GET", f"/api/v1/mlops/model-promotion/{decision_id}", token=self.token(person))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def await_execution(self, decision_id, state, seconds=20):
        """The promotion's status, once its execution is in that state."""
        def settled():
            status = self.status(decision_id)
            return status if (status.get("execution") or {}).get("state") == state else None
        return eventually(settled, seconds, f"execution {state} of {decision_id}")

    def await_executed(self, decision_id, seconds=20):
        return self.await_execution(decision_id, "executed", seconds)

    def events(self, person=DS, **query):
        answer = self.gavel.api("GET", "/api/v1/audit", token=self.token(person), params={"limit": 1000, **query})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def audit_lines(self, decision_id=None):
        """The trail as `gavel audit tail` prints it, oldest first."""
        words = ["--decision", decision_id] if decision_id else []
        done = self.gavel.command_line("audit", "tail", "-n", "1000", *words)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def verified(self):
        """The trail must verify; how many events it has."""
        done = self.gavel.command_line("audit", "verify")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
