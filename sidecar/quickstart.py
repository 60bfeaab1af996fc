# SPDX-License-Identifier: Apache-2.0
"""What sidecar/quickstart does once Gavel is built: starts MLflow with Gavel in front, walks a model from its first
experiment to Production as the usage guide of the platform describes it, and stays up until Ctrl-C.

Steps 1 and 2 are the real mlflow client, which knows nothing of Gavel but its address and a token. Steps 3 to 5 are
the platform's SDK as sidecar/api/example_client.py speaks it. Every step checks its answer.
"""

import argparse
import asyncio
import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "quickstart.d"), str(HERE / "api")]

import servers  # noqa: E402
from example_client import OpenDataGovClient  # noqa: E402

MODEL = "customer-churn"
SCIENTIST = "ds-001"
ARCHITECT = "data-architect-1"
EXECUTED_SECONDS = 30  # from approval to MLflow's own word for it; a second or two as a rule


class Unexpected(Exception):
    """A step had another answer than it should."""


# --- what it looks like ---

COLOURS = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def colour(code, text):
    return f"\033[{code}m{text}\033[0m" if COLOURS else text


def heading(text):
    print("\n" + colour("1", text))


def note(text):
    print(f"== {text}")


def done(what):
    """What is done, as who reads along would type it."""
    for line in what.splitlines():
        print("   " + colour("36", line))


def answered(what):
    print("   → " + what)


def expect(condition, otherwise):
    if not condition:
        raise Unexpected(otherwise)


# --- who is who ---


class People:
    """Tokens of the dev identity; an MLflow client takes one from its environment."""

    def __init__(self, gavel, config):
        self.command = [str(gavel), "token", "-c", str(config)]
        self.tokens = {}

    def token(self, subject, role):
        if subject not in self.tokens:
            asked = subprocess.run([*self.command, "--sub", subject, "--role", role], check=False,
                                   stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
            expect(asked.returncode == 0, asked.stderr.strip())
            self.tokens[subject] = asked.stdout.strip()
        return self.tokens[subject]


# --- the walk: one function a step, in this order ---


def train():
    """A small model and its own measure: who will leave, on made-up customers."""
    from sklearn.datasets import make_classification
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, precision_score, recall_score
    from sklearn.model_selection import train_test_split

    customers, left = make_classification(n_samples=2000, n_features=10, class_sep=2.0, flip_y=0.1, random_state=1)
    known, unseen, known_left, unseen_left = train_test_split(customers, left, random_state=1)
    model = LogisticRegression(C=0.5).fit(known, known_left)
    guessed = model.predict(unseen)
    measures = {"accuracy": accuracy_score, "precision": precision_score, "recall": recall_score}
    return model, {name: round(float(measure(unseen_left, guessed)), 3) for name, measure in measures.items()}


def log_experiment(mlflow, metrics, model):
    heading(f"Step 1. Log an experiment: {SCIENTIST}, with MLflow's own client, through Gavel")
    done(f'mlflow.set_experiment("{MODEL}")')
    mlflow.set_experiment(MODEL)
    with mlflow.start_run() as run:
        done('mlflow.log_param("C", 0.5)')
        mlflow.log_param("C", 0.5)
        done(f"mlflow.log_metrics({metrics})")
        mlflow.log_metrics(metrics)
        done('info = mlflow.sklearn.log_model(model, name="model")')
        info = mlflow.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"])
    answered(f"run {run.info.run_id}, model {info.model_uri}")
    return run.info.run_id, info.model_uri


def register_model(mlflow, model_uri):
    heading(f"Step 2. Register the model: {SCIENTIST}")
    done(f'mlflow.register_model(info.model_uri, "{MODEL}")')
    with contextlib.redirect_stderr(io.StringIO()):  # MLflow says the same in its own words
        version = mlflow.register_model(model_uri, MODEL)
    answered(f"{version.name} version {version.version}, stage {version.current_stage}")
    return int(version.version)


def stage_model(mlflow, version):
    heading("        The path none → staging needs no approval, so MLflow's own call passes")
    done(f'client.transition_model_version_stage("{MODEL}", {version}, "Staging")')
    staged = mlflow.MlflowClient().transition_model_version_stage(MODEL, version, "Staging")
    answered(f"stage {staged.current_stage}")
    expect(staged.current_stage == "Staging", f"the stage is {staged.current_stage}, not Staging")


def be_refused(mlflow, version):
    heading("        The path staging → production needs one, so MLflow's own call is refused")
    done(f'client.transition_model_version_stage("{MODEL}", {version}, "Production")')
    client = mlflow.MlflowClient()
    try:
        client.transition_model_version_stage(MODEL, version, "Production")
    except mlflow.exceptions.RestException as refusal:
        answered(f"RestException: {refusal.message}")
    else:
        raise Unexpected("the model is in Production, and nobody approved it")
    stage = client.get_model_version(MODEL, version).current_stage
    answered(f"stage {stage}, as before")
    expect(stage == "Staging", f"the stage is {stage} after a refusal")


async def request_promotion(client, run_id, model_uri, version, metrics):
    heading(f"Step 3. Request the promotion: {SCIENTIST}, with the platform's SDK")
    done(f'decision = await client.mlops.request_promotion(\n    model_name="{MODEL}", model_version={version}, '
         'source_stage="staging", target_stage="production", …)')
    decision = await client.mlops.request_promotion(
        model_name=MODEL,
        source_stage="staging",
        target_stage="production",
        model_version=version,
        mlflow_run_id=run_id,
        mlflow_model_uri=model_uri,
        justification=f"Model achieves {metrics['accuracy']:.0%} accuracy, passes all validation tests",
        performance_metrics=metrics,
    )
    answered(f"decision {decision.decision_id}, status {decision.status}")
    answered(f"approval required: {decision.approval_required}; {decision.message}")
    expect(decision.status == "PENDING", f"the status is {decision.status}, not PENDING")
    return decision.decision_id


async def approve(client, decision_id):
    heading(f"Step 4. Approve it: {ARCHITECT}, with the platform's SDK")
    done(f'await client.decisions.approve(\n    decision_id="{decision_id}", approver_id="{ARCHITECT}",\n'
         '    comments="Model metrics meet production SLA requirements")')
    vote = await client.decisions.approve(decision_id=decision_id, approver_id=ARCHITECT,
                                          comments="Model metrics meet production SLA requirements")
    answered(f"vote {vote.vote} as {vote.voter_role} at {vote.voted_at}")


def executed(status):
    return (status.execution or {}).get("state") == "executed"


async def check_status(client, decision_id):
    heading(f"Step 5. Check the status: {SCIENTIST}; Gavel itself changes MLflow after the approval")
    done(f'status = await client.mlops.get_promotion_status("{decision_id}")')
    deadline = time.monotonic() + EXECUTED_SECONDS
    status = await client.mlops.get_promotion_status(decision_id)
    while not executed(status) and time.monotonic() < deadline:
        await asyncio.sleep(0.2)
        status = await client.mlops.get_promotion_status(decision_id)
    expect(executed(status), f"not executed after {EXECUTED_SECONDS} seconds: {status}")
    answered(f"status {status.status}, approved by {status.approved_by}, executed at {status.execution.executed_at}")
    expect(status.status == "APPROVED", f"the status is {status.status}, not APPROVED")


def ask_mlflow(mlflow, version):
    done(f'client.get_model_version("{MODEL}", {version})')
    found = mlflow.MlflowClient().get_model_version(MODEL, version)
    answered(f"stage {found.current_stage}, aliases {', '.join(found.aliases) or 'none'}")
    expect(found.current_stage == "Production", f"the stage is {found.current_stage}, not Production")
    expect("champion" in found.aliases, "the version has no alias champion")


def load_mlflow(gateway, token):
    """Imports the client, pointed at Gavel. Its own chatter would hide the answers."""
    import logging
    import warnings

    os.environ.update({
        "MLFLOW_TRACKING_URI": gateway,
        "MLFLOW_TRACKING_TOKEN": token,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    })
    warnings.filterwarnings("ignore")
    import mlflow
    import mlflow.sklearn

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    return mlflow


async def walk(ports, people):
    gateway, api = (f"http://127.0.0.1:{ports[name]}" for name in ("gateway", "api"))
    heading("Who is who")
    done(f"{SCIENTIST} has the role data_scientist, {ARCHITECT} the role data_architect; "
         "their tokens are from `gavel token`")
    mlflow = load_mlflow(gateway, people.token(SCIENTIST, "data_scientist"))
    scientist = OpenDataGovClient(base_url=api, auth_token=people.token(SCIENTIST, "data_scientist"))
    architect = OpenDataGovClient(base_url=api, auth_token=people.token(ARCHITECT, "data_architect"))
    model, metrics = train()

    run_id, model_uri = log_experiment(mlflow, metrics, model)
    version = register_model(mlflow, model_uri)
    stage_model(mlflow, version)
    be_refused(mlflow, version)
    decision_id = await request_promotion(scientist, run_id, model_uri, version, metrics)
    await approve(architect, decision_id)
    await check_status(scientist, decision_id)
    ask_mlflow(mlflow, version)
    return decision_id


# --- before and after ---


def show_what_next(gavel, folder, ports, decision_id):
    heading("Everything stays up until Ctrl-C. Try next (paste into another terminal):")
    print(f"""
   export GAVEL={gavel} CONFIG={folder}/gavel.yaml
   export MLFLOW_TRACKING_URI=http://127.0.0.1:{ports['gateway']}
   export MLFLOW_TRACKING_TOKEN=$($GAVEL token -c $CONFIG --sub {SCIENTIST} --role data_scientist)

   # the decision, as the API tells it
   curl -sS -H "Authorization: Bearer $MLFLOW_TRACKING_TOKEN" \\
        http://127.0.0.1:{ports['api']}/api/v1/mlops/model-promotion/{decision_id}; echo

   # every event of it, and whether the whole trail is unbroken
   $GAVEL audit tail -c $CONFIG --decision {decision_id}
   $GAVEL audit verify -c $CONFIG

   # health and numbers
   curl -sS http://127.0.0.1:{ports['admin']}/readyz
   curl -sS http://127.0.0.1:{ports['admin']}/metrics | grep mlflow_promotions

   # MLflow's own pages, through Gavel: any user name, the token as password
   http://127.0.0.1:{ports['gateway']}

   # the policies in force are a copy; edit one and watch the log take it over
   $EDITOR {folder}/policies/promotion.yaml
   $GAVEL check {folder}/policies
   tail -f {folder}/gavel.log
""")


def stay_up(running):
    while True:
        for server in running:
            if server.ended():
                raise servers.NotReady(f"{server.name} ended with exit code {server.process.returncode}")
        time.sleep(0.5)


def show_logs(running):
    for server in running:
        ended = f"; it ended with exit code {server.process.returncode}" if server.ended() else ""
        print(f"\n-- the end of {server.log}{ended}")
        print("\n".join("   " + line for line in server.log_tail()))


def run(gavel, folder, once):
    """Starts the servers, walks, and ends them; raises what went wrong, after it has shown their logs."""
    ports = servers.choose_ports(note)
    mlflow = servers.mlflow_server(folder, ports)
    front = servers.gavel_server(gavel, folder, ports, HERE.parent / "policies")
    note(f"state, logs and a copy of the policies are in {folder} until this ends")
    with mlflow, front:
        try:
            note(f"starting MLflow on 127.0.0.1:{ports['mlflow']} and Gavel in front of it on "
                 f"127.0.0.1:{ports['gateway']}; API on :{ports['api']}, health on :{ports['admin']}")
            mlflow.wait_ready()
            front.wait_ready()
            decision_id = asyncio.run(walk(ports, People(gavel, folder / "gavel.yaml")))
            if not once:
                show_what_next(gavel, folder, ports, decision_id)
                stay_up([mlflow, front])
        except Exception:
            show_logs([mlflow, front])
            raise


STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end(*_):
    for number in STOP_SIGNALS:  # a second Ctrl-C must not interrupt the ending of the servers
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(prog="sidecar/quickstart", description=__doc__)
    parser.add_argument("--gavel", required=True, type=Path, help="the program")
    parser.add_argument("--once", action="store_true", help="end after the walk")
    arguments = parser.parse_args()
    for number in STOP_SIGNALS:
        signal.signal(number, end)
    with contextlib.ExitStack() as cleanup:
        folder = Path(tempfile.mkdtemp(prefix="gavel-quickstart-"))
        cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            run(arguments.gavel.resolve(), folder, arguments.once)
        except KeyboardInterrupt:
            print("\n== ended; nothing is left running")
            return 0 if not arguments.once else 1
        except Exception as error:  # whatever it is, the exit code and one line must say so
            print(f"\n!! quickstart failed: {type(error).__name__}: {error}", file=sys.stderr)
            return 1
    note("every step had its answer; nothing is left running")
    return 0


if __name__ == "__main__":
    sys.exit(main())
