# SPDX-License-Identifier: Apache-2.0
"""Requests crafted to be read in two ways: whatever the trick, the version stays where it is."""

import gzip
import json

import pytest

from support import raw
from support.world import DS, MLFLOW

TRANSITION = f"{MLFLOW}/model-versions/transition-stage"


@pytest.fixture(scope="module")
def target(world):
    """A version in Staging that every test here tries to put into production."""
    return world.staged()


@pytest.fixture(autouse=True)
def still_in_staging(world, target):
    yield
    name, version, _ = target
    assert world.stage(name, version) == "Staging"
    assert world.alias(name, "champion") is None


def body_of(target, **more):
    name, version, _ = target
    return {"name": name, "version": str(version), "stage": "Production", "archive_existing_versions": False, **more}


def send(world, path, body, method="POST", headers=(), token=True):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return raw.exchange(world.gavel.ports["gateway"],
                        raw.head(method, path, world.token(DS) if token else None, headers=headers, body=data))


def refused(answer, *statuses):
    """Refused once, and nothing else answered behind it."""
    assert answer.status in (statuses or (400, 403)), answer
    assert answer.count() == 1, answer


# B1, B2, B3: other spellings of the path
@pytest.mark.parametrize("path", [
    "/ajax-api/2.0/mlflow/model-versions/transition-stage",
    "/api/2.0mlflow/model-versions/transition-stage",
    "/api/2.0/preview/mlflow/model-versions/transition-stage",
    "/api/2.0/mlflow/model-versions/transition%2Dstage",
    "/api/2.0/mlflow/model-versions/transition%2dstage",
    "/api/2.0/mlflow/model-versions%2Ftransition-stage",
    "/api/2.0/mlflow/model-versions/transition%252Dstage",
    "/api/2.0/mlflow/model-versions/transition-stage%00",
    "/api/2.0/mlflow/model-versions/transition-stage%5c",
    "/api/2.0/mlflow//model-versions/transition-stage",
    "//api/2.0/mlflow/model-versions/transition-stage",
    "/api/2.0/mlflow/./model-versions/transition-stage",
    "/api/2.0/mlflow/x/../model-versions/transition-stage",
    "/api/2.0/mlflow/%2e%2e/mlflow/model-versions/transition-stage",
    "/api/2.0/mlflow/model-versions/transition-stage/",
    "/api/2.0/mlflow/model-versions/transition-stage;x=1",
    "/API/2.0/mlflow/model-versions/transition-stage",
    "/api/2.0/mlflow/model-versions/transition-stage?",
    "/static-files/../api/2.0/mlflow/model-versions/transition-stage",
    "/api/2.0/mlflow/model-versions/transition-stag%C1%A5",
])
def test_no_other_spelling_of_the_path(world, target, path):
    refused(send(world, path, body_of(target)))


# B4: methods
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "GET"])
def test_no_other_method(world, target, method):
    refused(send(world, TRANSITION, body_of(target), method=method), 400, 403)


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "post", "POSTX"])
def test_no_unknown_method(world, target, method):
    refused(send(world, TRANSITION, body_of(target), method=method), 400, 501)


def test_a_get_takes_no_body(world, target):
    name, version, _ = target
    refused(send(world, f"{MLFLOW}/registered-models/get?name={name}", {"name": "other"}, method="GET"))


# B5: query and body
def test_a_query_beside_a_body_is_refused(world, target):
    refused(send(world, f"{TRANSITION}?name=mine&stage=Staging", body_of(target)), 400)


# B6, B7, B9, B10: bodies that two readers understand differently
def bodies(target):
    name, version, _ = target
    plain = json.dumps(body_of(target))
    quoted = json.dumps(name)
    free = f'{{"name":{quoted},"version":"{version}","stage":"None"'
    return {
        "a key twice": f'{free},"stage":"Production"}}',
        "a key twice, escaped": f'{free},"st\\u0061ge":"Production"}}',
        "both spellings": f'{plain[:-1]},"archiveExistingVersions":true}}',
        "NaN": f'{plain[:-1]},"x":NaN}}',
        "byte order mark": "\ufeff" + plain,
        "trailing data": plain + "{}",
        "trailing NUL": plain + "\0",
        "encoded twice": json.dumps(plain),
        "an array": f"[{plain}]",
        "single quotes": plain.replace('"', "'"),
        "a comment": "/**/" + plain,
        "deep": plain[:-1] + ',"x":' + "[" * 5000 + "]" * 5000 + "}",
        "an unknown field": f'{plain[:-1]},"unknown":1}}',
        "a NUL in the name": json.dumps(body_of(target, name=name + "\0")),
        "a NUL in the stage": json.dumps(body_of(target, stage="Production\0")),
        "version 01": json.dumps(body_of(target, version=f"0{version}")),
        "version with a space": json.dumps(body_of(target, version=f" {version}")),
        "version with a plus": json.dumps(body_of(target, version=f"+{version}")),
        "version with an underscore": json.dumps(body_of(target, version=f"{version}_0")),
        "version in full width": json.dumps(body_of(target, version=chr(0xFF10 + version)), ensure_ascii=False),
        "version as a float": plain.replace(f'"version": "{version}"', f'"version": {version}.0'),
        "version as a list": json.dumps(body_of(target, version=[str(version)])),
        "stage with a space": json.dumps(body_of(target, stage="Production ")),
        "stage with a homoglyph": json.dumps(body_of(target, stage="Produсtion"), ensure_ascii=False),
        "name with a space": json.dumps(body_of(target, name=name + " ")),
        "name in capitals": json.dumps(body_of(target, name=name.upper())),
        "nothing": "",
    }


TRICKS = list(bodies(("x", 1, "")))


@pytest.mark.parametrize("trick", TRICKS)
def test_no_body_that_two_readers_read_differently(world, target, trick):
    answer = send(world, TRANSITION, bodies(target)[trick].encode(),
                  headers=["Content-Length: 0"] if trick == "nothing" else ())
    refused(answer, 400, 403, 404)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_no_body_in_another_encoding(world, target, encoding):
    text = json.dumps(body_of(target, name=target[0] + "é"), ensure_ascii=False)
    refused(send(world, TRANSITION, text.encode(encoding)), 400)


# B8: what the body says of itself
@pytest.mark.parametrize("header", ["Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded",
                                    "Content-Type: application/jsonx", "X-Nothing: 1"])
def test_a_json_body_says_that_it_is_one(world, target, header):
    data = json.dumps(body_of(target)).encode()
    lines = [header, f"Content-Length: {len(data)}"]
    refused(raw.exchange(world.gavel.ports["gateway"],
                         raw.head("POST", TRANSITION, world.token(DS), headers=lines) + data), 400)


def test_no_compressed_body(world, target):
    refused(send(world, TRANSITION, gzip.compress(json.dumps(body_of(target)).encode()),
                 headers=["Content-Encoding: gzip"]), 400)


# B11: headers that some servers obey
@pytest.mark.parametrize("header", ["X-HTTP-Method-Override: POST", "X-Original-URL: " + TRANSITION,
                                    "X-Rewrite-URL: " + TRANSITION, "X-Method-Override: POST"])
def test_no_header_changes_what_is_called(world, target, header):
    name, _, _ = target
    answer = raw.exchange(world.gavel.ports["gateway"],
                          raw.head("GET", f"{MLFLOW}/registered-models/get?name={name}", world.token(DS),
                                   headers=[header, "Connection: close"]))
    assert answer.status == 200
    assert json.loads(answer.body)["registered_model"]["name"] == name


# B12: one request that could be two
def framings(world, target):
    smuggled = raw.head("POST", TRANSITION, world.token(DS), body=json.dumps(body_of(target)).encode())
    start = f"POST {MLFLOW}/experiments/search HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {world.token(DS)}\r\n" \
            "Content-Type: application/json\r\n"
    get = f"GET {MLFLOW}/experiments/search?max_results=1 HTTP/1.1\r\n"
    token = f"Authorization: Bearer {world.token(DS)}\r\n"
    return {name: text.encode() + smuggled for name, text in {
        "length and chunked": start + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "chunked and length": start + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "two lengths": start + "Content-Length: 2\r\nContent-Length: 0\r\n\r\n{}",
        "a list of lengths": start + "Content-Length: 2, 2\r\n\r\n{}",
        "a signed length": start + "Content-Length: +2\r\n\r\n{}",
        "a space before the colon": start + "Content-Length : 2\r\n\r\n{}",
        "gzip, chunked": start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "xchunked": start + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "chunked twice": start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "two hosts": get + "Host: a\r\nHost: b\r\n" + token + "\r\n",
        "no host": get + token + "\r\n",
        "two authorizations": get + "Host: a\r\n" + token + token + "\r\n",
        "two workspaces": get + "Host: a\r\n" + token + "X-MLFLOW-WORKSPACE: a\r\nx-mlflow-workspace: b\r\n\r\n",
        "an underscore": get + "Host: a\r\n" + token + "X_MLFLOW_WORKSPACE: a\r\n\r\n",
        "absolute form": get.replace("GET /", "GET http://127.0.0.1:5000/") + "Host: a\r\n" + token + "\r\n",
        "HTTP/2.0": get.replace("HTTP/1.1", "HTTP/2.0") + "Host: a\r\n" + token + "\r\n",
    }.items()}


FRAMINGS = ["length and chunked", "chunked and length", "two lengths", "a list of lengths", "a signed length",
            "a space before the colon", "gzip, chunked", "xchunked", "chunked twice", "two hosts", "no host",
            "two authorizations", "two workspaces", "an underscore", "absolute form", "HTTP/2.0"]


@pytest.mark.parametrize("trick", FRAMINGS)
def test_an_ambiguous_request_is_refused_and_the_connection_closed(world, target, trick):
    answer = raw.exchange(world.gavel.ports["gateway"], framings(world, target)[trick], patience=5)
    assert answer.status in (400, 505), answer
    assert answer.closed, answer
    assert b" 200 " not in answer.data, answer


@pytest.mark.parametrize("oddity", [b"X-A: b\r\n Transfer-Encoding: chunked\r\n", b"X-A: b\nTransfer-Encoding: chunked\n",
                                    b"X-A: b\0Transfer-Encoding: chunked\r\n", b"X-A: b\rTransfer-Encoding: x\r\n"])
def test_what_the_library_hides_does_not_reach_mlflow(world, target, oddity):
    """Folding, bare LF, NUL and bare CR: refused, or sent on without them; never two requests."""
    smuggled = raw.head("POST", TRANSITION, world.token(DS), body=json.dumps(body_of(target)).encode())
    start = f"GET {MLFLOW}/experiments/search?max_results=1 HTTP/1.1\r\nHost: a\r\n" \
            f"Authorization: Bearer {world.token(DS)}\r\n".encode()
    answer = raw.exchange(world.gavel.ports["gateway"], start + oddity + b"Connection: close\r\n\r\n" + smuggled)
    assert answer.status in (200, 400), answer
    assert answer.count() == 1, answer


def test_pipelined_requests_are_each_decided(world, target):
    get = raw.head("GET", f"{MLFLOW}/registered-models/get?name={target[0]}", world.token(DS))
    post = raw.head("POST", TRANSITION, world.token(DS), headers=["Connection: close"],
                    body=json.dumps(body_of(target)).encode())
    answer = raw.exchange(world.gavel.ports["gateway"], get + post)
    statuses = [line.split()[1] for line in answer.data.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    assert statuses in ([b"200", b"403"], [b"200"]), answer


def test_a_workspace_of_the_callers_choice_is_another_resource(world, target):
    """MLflow has no workspaces here, so it must not answer for another one as if it were this one."""
    answer = send(world, TRANSITION, body_of(target), headers=["X-MLFLOW-WORKSPACE: other"])
    assert answer.status >= 400, answer
