# SPDX-License-Identifier: Apache-2.0
"""gavel.yaml: what is wrong in it is said with its place and the way out, before anything is opened."""

import pytest

from support.gavel import run

MISTAKES = {
    "an unknown key": ("gateway:\n  lisen: 127.0.0.1:0\n", ':2:3: unknown key "lisen", did you mean "listen"?'),
    "an unknown section": ("gatway:\n  listen: x\n", ':1:1: unknown key "gatway", did you mean "gateway"?'),
    "a key from nowhere": ("zebra: 1\n", "`gavel config example` lists what there is"),
    "a key twice": ("profile: dev\nprofile: large\n", ":2:1:"),
    "a wrong profile": ("profile: huge\n", ':1:10: profile is "huge"; it takes dev, medium or large'),
    "a wrong type": ("threads: many\n", ":1:10: threads must be a whole number"),
    "a wrong duration": ("drain: soon\n", ":1:8:"),
    "a wrong size": ("gateway:\n  bodyBytes: 3 apples\n", "gateway.bodyBytes"),
    "a section that is a text": ("gateway: 127.0.0.1:5000\n", "gateway must be a mapping"),
    "a wrong address": ("api:\n  listen: localhost\n", "api.listen"),
    "a URL with a password": ("mlflow:\n  url: http://user:pass@host:5000\n", "without user"),
    "a URL that is none": ("mlflow:\n  url: mlflow:5000\n", "http://HOST"),
    "too many threads": ("threads: 65\n", "threads is 65; it takes 1 to 64"),
    "a leeway too long": ("identity:\n  leeway: 61s\n", "identity.leeway"),
    "two documents": ("profile: dev\n---\nprofile: dev\n", "one document"),
    "a list": ("- profile\n", "a configuration is a mapping"),
    "a tab": ("gateway:\n\tlisten: x\n", ":2:"),
    "an anchor": ("gateway: &a\n  listen: 127.0.0.1:0\napi: *a\n", "anchor"),
    "a secret in the file": ("mlflow:\n  authorization: Bearer abc\n",
                             "mlflow.authorization is a secret and does not stand here; write {file: PATH} or {env: NAME}"),
    "a secret from nowhere": ("mlflow:\n  authorization: {env: GAVEL_TEST_MISSING}\n",
                              "the environment has no variable GAVEL_TEST_MISSING"),
    "a secret in no file": ("mlflow:\n  authorization: {file: /nonexistent/secret}\n", "/nonexistent/secret"),
    "an issuer without keys": ("identity:\n  issuers: [{issuer: https://a, audiences: [b]}]\n", "jwksFile and jwksUrl"),
    "an issuer for anybody": ("identity:\n  issuers: [{issuer: https://a, jwksFile: /x}]\n", "audiences"),
    "an issuer's unknown key": ("identity:\n  issuers: [{issuer: https://a, audience: [b]}]\n", "did you mean"),
    "large without a sink": ("profile: large\n", "profile large needs an audit sink"),
    "the gateway for everybody": ("gateway:\n  listen: 0.0.0.0:5000\n", "set identity.issuers, or listen on 127.0.0.1"),
    "the API for everybody": ("api:\n  listen: '[::]:8000'\n", "set identity.issuers, or listen on 127.0.0.1"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_named_with_its_place(what, tmp_path):
    text, said = MISTAKES[what]
    file = tmp_path / "gavel.yaml"
    file.write_text(f"{text}state: {tmp_path}/state\n" if not text.startswith("-") else text)
    done = run("run", "-c", file)
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith(f"gavel run: {file}"), done.stderr
    assert said in done.stderr, done.stderr
    assert not (tmp_path / "state").exists()


def test_a_secret_is_not_repeated_in_the_error(tmp_path):
    file = tmp_path / "gavel.yaml"
    file.write_text("mlflow:\n  authorization: Bearer abc123\n")
    assert "abc123" not in run("run", "-c", file).stderr


def test_a_file_that_is_missing_or_none(tmp_path):
    for file in (tmp_path / "missing.yaml", tmp_path):
        done = run("run", "-c", file)
        assert done.returncode == 1
        assert str(file) in done.stderr


def test_policies_that_are_broken_stop_the_start(new_gavel, tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/raci.yaml").write_text("apiVersion: gavel.dev/v1\nkind: RaciMatrx\n")
    gavel = new_gavel(start=False, config={"policies": str(tmp_path / "policies")})
    with pytest.raises(RuntimeError, match="gavel ended with 1"):
        gavel.start()
    assert "raci.yaml:2:" in gavel.log_text() and "RaciMatrix" in gavel.log_text()


def test_options_win_over_the_file(new_gavel):
    gavel = new_gavel(start=False, config={"profile": "large", "log": {"format": "text"}})
    gavel.command += ["--profile", "dev", "--log-format", "json"]
    gavel.config["audit"]["loki"] = {"url": "http://127.0.0.1:9"}
    gavel.write_config()
    gavel.start()
    assert '"profile":"dev"' in gavel.log_text()
