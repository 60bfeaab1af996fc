#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints every route that the MLflow of this Python environment serves, as one JSON document.

Run it with the interpreter of MLflow's own environment; it starts no server, opens no socket and
leaves nothing behind. `gavel routes --check FILE` compares the document with Gavel's route table.

    path/to/mlflow/venv/bin/python list_routes.py > routes.json

The document:

    {"mlflow": "3.17.2",
     "servers": ["flask", "fastapi"],
     "routes": [{"method": "GET", "path": "/api/2.0/mlflow/runs/get", "server": "flask"}, ...]}

Paths are written with "{name}" for one segment and "{name...}" for all that follows, whatever the
framework's own spelling is. HEAD and OPTIONS, which the frameworks add by themselves, are left out.
"""

import argparse
import json
import os
import re
import sys
import tempfile

IMPLIED_METHODS = {"HEAD", "OPTIONS"}

# Flask: <name>, <converter:name>, <converter(arguments):name>. FastAPI: {name}, {name:path}.
FLASK_PARAMETER = re.compile(r"<(?:(?P<converter>\w+)(?:\([^)]*\))?:)?(?P<name>\w+)>")
FASTAPI_PARAMETER = re.compile(r"\{(?P<name>\w+)(?::(?P<converter>\w+))?\}")


def normalised(path, pattern):
    """The path with every parameter written as {name} or {name...}."""

    def rewrite(match):
        rest = "..." if match.group("converter") == "path" else ""
        return "{" + match.group("name") + rest + "}"

    return pattern.sub(rewrite, path)


def flask_routes(app):
    for rule in app.url_map.iter_rules():
        for method in rule.methods - IMPLIED_METHODS:
            yield method, normalised(rule.rule, FLASK_PARAMETER)


def opened(routes):
    """The routes themselves. FastAPI since 0.160 keeps an included router as one entry of its own,
    which knows the prefix; iter_route_contexts opens it."""
    try:
        from fastapi.routing import iter_route_contexts
    except ImportError:
        return routes
    return iter_route_contexts(routes)


def fastapi_routes(routes, prefix=""):
    """Routes of a FastAPI or Starlette router, the ones of mounted sub-applications included."""
    for route in opened(routes):
        path = getattr(route, "path", None)
        methods = getattr(route, "methods", None)
        below = getattr(route, "routes", None)
        if path is None:
            raise SystemExit(f"this script does not understand {route!r}: extend it")
        if methods:
            for method in set(methods) - IMPLIED_METHODS:
                yield method, normalised(prefix + path, FASTAPI_PARAMETER)
        elif below:
            yield from fastapi_routes(below, prefix + path.rstrip("/"))
        elif path not in ("", "/"):
            # An application of which nothing is known. MLflow's own Flask application is mounted
            # at the root and is listed by itself.
            yield "*", normalised(prefix + path.rstrip("/"), FASTAPI_PARAMETER) + "/{path...}"


def prepare_environment(scratch):
    """MLflow reads its settings while it is imported; nothing here may touch a real store."""
    store = "sqlite:///" + os.path.join(scratch, "mlflow.db")
    os.environ["_MLFLOW_SERVER_FILE_STORE"] = store
    os.environ["_MLFLOW_SERVER_REGISTRY_STORE"] = store
    os.environ["_MLFLOW_SERVER_ARTIFACT_ROOT"] = os.path.join(scratch, "artifacts")
    os.environ["_MLFLOW_SERVER_SERVE_ARTIFACTS"] = "true"
    os.environ.pop("_MLFLOW_STATIC_PREFIX", None)
    os.environ.pop("MLFLOW_ENABLE_WORKSPACES", None)
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "true"
    os.chdir(scratch)


def collect():
    import mlflow
    from mlflow.server import app as flask_app

    found = {(method, path): "flask" for method, path in flask_routes(flask_app)}
    servers = ["flask"]
    try:
        from mlflow.server.fastapi_app import app as fastapi_app
    except ModuleNotFoundError as error:
        # MLflow before 3.3 has no FastAPI application. A missing dependency is another matter:
        # a list without its routes would look complete.
        if not (error.name or "").startswith("mlflow"):
            raise
    else:
        servers.append("fastapi")
        for route in fastapi_routes(fastapi_app.routes):
            found[route] = "fastapi"
    rows = [
        {"method": method, "path": path, "server": server}
        for (method, path), server in sorted(found.items(), key=lambda item: item[0][::-1])
    ]
    return {"mlflow": mlflow.__version__, "servers": servers, "routes": rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", help="file to write instead of standard output")
    arguments = parser.parse_args()
    output = os.path.abspath(arguments.output) if arguments.output else None
    before = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="mlflow-routes-") as scratch:
        try:
            prepare_environment(scratch)
            # Whatever MLflow prints while it is imported must not end up in the document.
            stdout, sys.stdout = sys.stdout, sys.stderr
            try:
                document = collect()
            finally:
                sys.stdout = stdout
        except ImportError as error:
            print(
                f"{sys.executable} cannot import MLflow's server: {error}. "
                "Run this script with the Python of MLflow's own environment.",
                file=sys.stderr,
            )
            return 1
        finally:
            os.chdir(before)
    text = json.dumps(document, indent=1) + "\n"
    if output:
        with open(output, "w", encoding="utf-8") as file:
            file.write(text)
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
