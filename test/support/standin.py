# SPDX-License-Identifier: Apache-2.0
"""A stand-in for MLflow: it knows a few versions of models, and can be slow.

    with StandIn() as mlflow:
        mlflow.add("churn", 1, "Staging")

It answers what Gavel itself asks of MLflow, and echoes nothing else: a test that wants the real thing is in e2e/.
"""

import json
import re
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class StandIn:
    def __init__(self):
        self.versions = {}
        self.alias_table = {}  # (name, alias) -> version
        self.seconds = 0.0  # how long each answer of the API takes
        self.server = None
        self.open = 0  # requests that are being answered
        self.seen = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def add(self, name, version=1, stage="Staging", run_id=""):
        self.versions[name, str(version)] = {
            "name": name, "version": str(version), "creation_timestamp": 1700000000000 + int(version),
            "last_updated_timestamp": 1700000000000, "current_stage": stage, "description": "",
            "source": f"mlflow-artifacts:/0/{run_id or 'none'}/artifacts/model", "run_id": run_id, "status": "READY"}

    def aliases(self, name, version):
        return [a for (n, a), v in self.alias_table.items() if n == name and v == version]

    def version(self, name, version):
        found = self.versions.get((name, str(version)))
        return found and {**found, "aliases": self.aliases(name, str(version))}

    def answer(self, method, path, query, body):
        """Status and JSON of a call; the paths are those below /api/2.0/mlflow."""
        given = {**{key: values[0] for key, values in query.items()}, **body}
        name, version = given.get("name"), str(given.get("version", ""))
        if path == "model-versions/get":
            found = self.version(name, version)
            return (200, {"model_version": found}) if found else absent(f"{name} {version}")
        if path == "model-versions/search":
            wanted = re.search(r"name *= *'([^']*)'", given.get("filter", ""))
            return 200, {"model_versions": [self.version(*key) for key in self.versions
                                            if not wanted or key[0] == wanted[1]]}
        if path == "registered-models/get":
            return (200, {"registered_model": {"name": name}}) if any(n == name for n, _ in self.versions) \
                else absent(name)
        if path == "registered-models/alias" and method == "GET":
            found = self.alias_table.get((name, given.get("alias")))
            return (200, {"model_version": self.version(name, found)}) if found else absent(given.get("alias"))
        if path == "registered-models/alias" and method == "POST":
            self.alias_table[name, given["alias"]] = version
            return 200, {}
        if path == "model-versions/transition-stage":
            self.versions[name, version]["current_stage"] = given["stage"]
            return 200, {"model_version": self.version(name, version)}
        if path == "experiments/search":
            return 200, {"experiments": []}
        if path == "registered-models/search":
            return 200, {"registered_models": []}
        return absent(path)

    def __enter__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self.server.daemon_threads = True
        self.server.block_on_close = False
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.server.shutdown()
        self.server.server_close()


def absent(what):
    return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": f"{what} does not exist"}


def handler_of(standin):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def serve(self):
            length = int(self.headers.get("Content-Length") or 0)
            data = self.rfile.read(length)
            where = urllib.parse.urlsplit(self.path)
            standin.seen.append((self.command, self.path))
            standin.open += 1
            try:
                if where.path in ("/health", "/version"):
                    self.send(200, b"OK", "text/plain")
                    return
                time.sleep(standin.seconds)
                path = where.path.partition("/mlflow/")[2]
                body = json.loads(data) if data else {}
                status, answer = standin.answer(self.command, path, urllib.parse.parse_qs(where.query), body)
                self.send(status, json.dumps(answer).encode(), "application/json")
            except OSError:
                self.close_connection = True
            finally:
                standin.open -= 1

        def send(self, status, body, kind):
            self.send_response_only(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *args):
            pass

    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.serve)
    return Handler
