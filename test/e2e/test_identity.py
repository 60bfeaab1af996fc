# SPDX-License-Identifier: Apache-2.0
"""Tokens of an issuer of the organisation's own, with its keys in a file, as Keycloak would sign them."""

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from support.gavel import Gavel, eventually
from support.world import DS, MLFLOW, World

ISSUER = "https://keycloak.example/realms/ml"
AUDIENCE = "mlops"


class Issuer:
    """Signs what it is told to; its keys are the file that Gavel reads."""

    def __init__(self, file):
        self.file = file
        self.keys = {}
        self.add("first", rsa.generate_private_key(public_exponent=65537, key_size=2048))

    def add(self, kid, key):
        self.keys[kid] = key
        algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
        self.file.parent.mkdir(parents=True, exist_ok=True)
        known = json.loads(self.file.read_text())["keys"] if self.file.exists() else []
        public = algorithm.to_jwk(key.public_key(), as_dict=True)
        public = {name: value for name, value in public.items() if name != "key_ops"}
        known.append({**public, "kid": kid, "use": "sig"})
        self.file.write_text(json.dumps({"keys": known}))

    def token(self, kid="first", algorithm="RS256", headers=None, key=None, **claims):
        now = int(time.time())
        body = {"iss": ISSUER, "aud": [AUDIENCE, "account"], "sub": DS.subject, "typ": "Bearer", "iat": now,
                "exp": now + 300, "preferred_username": "dana", "azp": "notebook",
                "realm_access": {"roles": ["data_scientist", "offline_access"]}, **claims}
        body = {name: value for name, value in body.items() if value is not None}
        return jwt.encode(body, key or self.keys[kid], algorithm, headers={"kid": kid, **(headers or {})})


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    return Issuer(tmp_path_factory.mktemp("issuer") / "jwks.json")


@pytest.fixture(scope="module")
def world(mlflow_server, issuer, tmp_path_factory):
    identity = {"issuers": [{"issuer": ISSUER, "audiences": [AUDIENCE], "jwksFile": str(issuer.file)}]}
    with Gavel(tmp_path_factory.mktemp("identity"), mlflow=mlflow_server.url,
               config={"identity": identity, "gateway": {"listen": "0.0.0.0:0"}}) as gavel:
        yield World(mlflow_server, gavel)


def search(world, token):
    return world.gavel.gateway("GET", f"{MLFLOW}/experiments/search?max_results=1", token=token)


def test_the_issuers_token_is_good_and_its_roles_count(world, issuer):
    assert search(world, issuer.token()).status_code == 200
    none = search(world, issuer.token(realm_access={"roles": ["offline_access"]}))
    assert none.status_code == 403, none.text
    assert search(world, issuer.token(realm_access=None)).status_code == 403


def test_who_is_recorded_is_the_tokens_subject_not_the_bodys(world, issuer):
    body = {"experiment_id": "0", "user_id": "root", "tags": [{"key": "mlflow.user", "value": "root"}],
            "start_time": int(time.time() * 1000)}
    answer = world.gavel.gateway("POST", f"{MLFLOW}/runs/create", token=issuer.token(), json=body)
    assert answer.status_code == 200, answer.text
    run = world.behind("GET", "runs/get", run_id=answer.json()["run"]["info"]["run_id"])["run"]
    assert run["info"]["user_id"] == DS.subject
    assert [tag["value"] for tag in run["data"]["tags"] if tag["key"] == "mlflow.user"] == [DS.subject]


def test_the_name_of_a_person_is_accepted_as_voter(world, issuer):
    name, version, _ = world.staged(user="someone-else")
    request = world.gavel.api("POST", "/api/v1/mlops/model-promotion", token=issuer.token(),
                              json={"model_name": name, "model_version": version, "target_stage": "production"})
    assert request.status_code in (200, 201), request.text
    architect = issuer.token(sub="f:1:anna", preferred_username="anna", realm_access={"roles": ["data_architect"]})
    path = f"/api/v1/decisions/{request.json()['decision_id']}/approve"
    wrong = world.gavel.api("POST", path, token=architect, json={"approver_id": "someone"})
    assert wrong.status_code == 403, wrong.text
    right = world.gavel.api("POST", path, token=architect, json={"approver_id": "anna"})
    assert right.status_code in (200, 201), right.text
    assert right.json()["voter_id"] == "f:1:anna"


WRONG = {
    "another audience": {"aud": "elsewhere"},
    "no audience": {"aud": None},
    "another issuer": {"iss": "https://evil.example/realms/ml"},
    "expired": {"exp": int(time.time()) - 120},
    "no expiry": {"exp": None},
    "not yet": {"nbf": int(time.time()) + 3600},
    "from the future": {"iat": int(time.time()) + 3600},
    "an ID token": {"typ": "ID"},
    "a refresh token": {"typ": "Refresh"},
    "nobody": {"sub": None},
    "an empty name": {"sub": ""},
    "a bound token": {"cnf": {"jkt": "x"}},
}


@pytest.mark.parametrize("what", WRONG)
def test_a_token_with_wrong_claims_is_401(world, issuer, what):
    assert search(world, issuer.token(**WRONG[what])).status_code == 401


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forged(issuer, what):
    head, body, signature = issuer.token().split(".")
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = json.loads(issuer.file.read_text())["keys"][0]["n"]
    return {
        "none": f"{part({'alg': 'none', 'kid': 'first'})}.{body}.",
        "none with a signature": f"{part({'alg': 'none', 'kid': 'first'})}.{body}.{signature}",
        "HS256 with the public key": issuer.token(algorithm="HS256", key=public.encode()),
        "RS512": issuer.token(algorithm="RS512"),
        "a stranger's key": issuer.token(key=stranger),
        "an unknown key": issuer.token(headers={"kid": "second"}),
        "a key in the header": issuer.token(key=stranger, headers={
            "jwk": RSAAlgorithm.to_jwk(stranger.public_key(), as_dict=True)}),
        "crit": issuer.token(headers={"crit": ["exp"]}),
        "another body": f"{head}.{part({'sub': 'root'})}.{signature}",
        "no signature": f"{head}.{body}.",
        "padding": f"{head}.{body}.{signature}==",
        "four parts": f"{head}.{body}.{signature}.{signature}",
    }[what]


FORGED = ["none", "none with a signature", "HS256 with the public key", "RS512", "a stranger's key", "an unknown key",
          "a key in the header", "crit", "another body", "no signature", "padding", "four parts"]


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_token_is_401(world, issuer, what):
    assert search(world, forged(issuer, what)).status_code == 401


def test_a_new_key_in_the_file_is_taken_up(world, issuer):
    issuer.add("elliptic", ec.generate_private_key(ec.SECP256R1()))
    token = issuer.token(kid="elliptic", algorithm="ES256")
    eventually(lambda: search(world, token).status_code == 200, 20)
    assert search(world, issuer.token()).status_code == 200


def test_a_dev_token_is_not_accepted_and_not_made(world, issuer):
    refused = world.gavel.command_line("token", "--sub", "ds-001", "--role", "data_scientist")
    assert refused.returncode == 1
    assert "identity.issuers" in refused.stderr
    assert not (world.gavel.state / "dev-key.pem").exists()
