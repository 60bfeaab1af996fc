# SPDX-License-Identifier: Apache-2.0
"""The command line: help, versions, usage, and what each command prints and exits with."""

import json
import re
import subprocess
import sys

import pytest
import yaml

from support.gavel import ROOT, SHIPPED_POLICIES, Policies, binary, run

COMMANDS = ["run", "check", "token", "routes", "audit", "config"]


def test_version():
    project = re.search(r"project\([^)]*VERSION\s+([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    done = run("--version")
    assert done.returncode == 0
    assert done.stdout.strip() == f"gavel {project}"


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]])
def test_the_overview_names_every_command(words):
    done = run(*words)
    assert done.returncode == 0 and done.stderr == ""
    assert re.findall(r"^  (\w+) ", done.stdout, re.MULTILINE) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_page(command):
    pages = {run(command, "--help").stdout, run("help", command).stdout, run(command, "-h").stdout}
    assert len(pages) == 1
    page = pages.pop()
    assert page.startswith(f"Usage: gavel {command}")
    assert "Options:" in page and "Exit:" in page


@pytest.mark.parametrize("words,said", [
    ([], "Usage: gavel COMMAND"),
    (["chekc"], 'did you mean "check"'),
    (["run", "--profil", "dev"], "did you mean --profile?"),
    (["run", "--config"], "--config"),
    (["check", "--strict=yes"], "--strict"),
    (["check", "a", "b"], "Usage: gavel check"),
    (["check", "--format", "xml"], "text or json"),
    (["run", "--profile", "huge"], "dev, medium or large"),
    (["run", "--log-format", "xml"], "text or json"),
    (["run", "--log-level", "loud"], "debug, info, warn or error"),
    (["token"], "--sub"),
    (["token", "--sub", ""], "--sub"),
    (["token", "--sub", "a", "--expires", "soon"], "--expires"),
    (["audit"], "Usage: gavel audit"),
    (["audit", "head"], "tail or verify"),
    (["audit", "tail", "--lines", "many"], "--lines"),
    (["config", "sample"], "example"),
])
def test_wrong_usage_says_what_is_right_and_exits_2(words, said, tmp_path):
    done = run(*words, env={"XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)})
    assert done.returncode == 2, done.stderr
    assert said in done.stderr, done.stderr
    assert done.stdout == ""


def test_the_example_configuration_is_the_one_that_is_shipped():
    done = run("config", "example")
    assert done.returncode == 0
    assert done.stdout == (ROOT / "sidecar/gavel.example.yaml").read_text()


def test_the_example_configuration_is_a_configuration(tmp_path):
    """Everything in it is a default, so Gavel takes it; here it stops at the missing policies."""
    file = tmp_path / "gavel.yaml"
    file.write_text(run("config", "example").stdout)
    assert yaml.safe_load(file.read_text())["profile"] == "medium"
    done = run("audit", "verify", "-c", file, env={"XDG_STATE_HOME": str(tmp_path)})
    assert "unknown key" not in done.stderr and "gavel.yaml" not in done.stderr, done.stderr


def test_no_configuration_at_all_is_enough(tmp_path):
    done = run("token", "--sub", "ds-001", "--role", "data_scientist", env={"XDG_STATE_HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "gavel/dev-key.pem").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "gavel").stat().st_mode & 0o777 == 0o700
    assert done.stdout.count(".") == 2


@pytest.mark.parametrize("options", [["--sub", "a\nb"], ["--sub", "x" * 300], ["--sub", "a", "--role", ""],
                                     ["--sub", "a", "--expires", "31d"]])
def test_a_token_that_would_be_refused_is_not_made(options, tmp_path):
    done = run("token", *options, env={"XDG_STATE_HOME": str(tmp_path)})
    assert done.returncode in (1, 2)
    assert done.stdout == "" and done.stderr.startswith("gavel token: ")


# --- check ---

def test_the_shipped_policies_are_clean():
    done = run("check", "--strict", SHIPPED_POLICIES)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].startswith("3 files: 0 errors, 0 warnings")
    assert run("check", "--strict").returncode == 0


GOLDEN = {
    "role": ("raci.yaml", "accountable: data_architect", "accountable: data_architct",
             'error: unknown role "data_architct", did you mean "data_architect"? [unknown-role]'),
    "key": ("promotion.yaml", "directCall: refuse", "directcall: refuse",
            'error: unknown key "directcall", did you mean "directCall"? [unknown-key]'),
    "target": ("promotion.yaml", "to: production\n      activity", "to: prodution\n      activity",
               'error: unknown target "prodution", did you mean "production"? [unknown-target]'),
}


@pytest.mark.parametrize("what", GOLDEN)
def test_a_mistake_is_shown_at_its_place(what, tmp_path):
    name, old, new, said = GOLDEN[what]
    policies = Policies(tmp_path / "policies")
    text = (policies.directory / name).read_text().replace(old, new, 1)
    (policies.directory / name).write_text(text)
    word = re.search(r'"(\w+)"', said)[1]
    before = text[:text.index(word)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    done = run("check", policies.directory)
    assert done.returncode == 1
    first = next(row for row in done.stdout.splitlines() if said in row)
    assert first == f"{policies.directory}/{name}:{line}:{column}: {said}"
    shown = done.stdout.splitlines()
    at = shown.index(first)
    assert text.splitlines()[line - 1].strip() in shown[at + 1]
    assert "^" in shown[at + 2]
    found = json.loads(run("check", "--format", "json", policies.directory).stdout)
    assert found["policy"] is None and found["errors"] >= 1
    assert any(finding["line"] == line and finding["column"] == column for finding in found["findings"])


@pytest.mark.parametrize("key", ["condition", "expression"])
def test_expressions_are_refused_not_ignored(key, tmp_path):
    policies = Policies(tmp_path / "policies")
    if key == "condition":
        policies.edit("access.yaml", lambda spec: spec["rules"][0].update(condition="true"))
    else:
        policies.edit("promotion.yaml", lambda spec: spec["paths"][1].update(
            gates=[{"name": "accuracy", "expression": "metrics.accuracy > 0.9"}]))
    done = run("check", policies.directory)
    assert done.returncode == 1
    assert "expressions are not available yet" in done.stdout


def test_a_directory_without_policies_is_an_error(tmp_path):
    done = run("check", tmp_path)
    assert done.returncode == 1
    assert str(tmp_path) in done.stderr and "*.yaml" in done.stderr
    assert run("check", tmp_path / "missing").returncode == 1


# --- routes ---

def test_the_route_table_is_printed():
    done = run("routes")
    assert done.returncode == 0
    assert re.search(r"^POST +\S*/mlflow/model-versions/transition-stage\trebuilt\tmlops:promote\t", done.stdout,
                     re.MULTILINE), done.stdout[:500]


def test_mlflow_serves_nothing_that_the_table_does_not_know(tmp_path):
    """The shipped script in MLflow's own environment, which is the one that runs this test."""
    script = ROOT / "sidecar/mlflow/list_routes.py"
    listed = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=True)
    file = tmp_path / "routes.json"
    file.write_text(listed.stdout)
    done = run("routes", "--check", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_route_that_is_new_is_named(tmp_path):
    script = ROOT / "sidecar/mlflow/list_routes.py"
    listed = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=True).stdout
    done = subprocess.run([binary(), "routes", "--check", "-"], capture_output=True, text=True, timeout=60, check=False,
                          input=listed.replace("model-versions/transition-stage", "model-versions/new-way"))
    assert done.returncode == 1
    assert "model-versions/new-way" in done.stdout


@pytest.mark.parametrize("text", ["", "{", "[]x", '{"routes": 7}'])
def test_a_list_of_routes_that_is_none_is_an_error(text, tmp_path):
    file = tmp_path / "routes.json"
    file.write_text(text)
    done = run("routes", "--check", file)
    assert done.returncode == 1
    assert done.stderr.startswith("gavel routes: ")
