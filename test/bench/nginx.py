# SPDX-License-Identifier: Apache-2.0
"""nginx, in its two roles: the static upstream that stands for MLflow, and the proxy that Gavel is measured beside.

Both get the settings of somebody who knows nginx and wants it quick: one worker, no access log, connections kept on
both sides, and nothing of a large body on the disk.
"""

import json
import os
import pwd
import shutil
from pathlib import Path

from support.process import Process, free_port

RUN = "7a6b1d1e5b0f4c5c9f0c4f9e8d2b3a10"
EXPERIMENT_PATH = "/api/2.0/mlflow/experiments/get?experiment_id=0"
# Inside a run, as MLflow's client writes it: Gavel asks which governed versions the run has made.
ARTIFACTS = f"/api/2.0/mlflow-artifacts/artifacts/0/{RUN}/artifacts"

COMMON = """
worker_processes 1;
pid {directory}/nginx.pid;
error_log stderr warn;
{user}
events {{
    worker_connections 4096;
}}
http {{
    access_log off;
    default_type application/json;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    keepalive_timeout 300s;
    keepalive_requests 1000000000;
    client_max_body_size 0;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    {inner}
}}
"""

UPSTREAM = """
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        root {directory}/files;
        location /api/2.0/mlflow-artifacts/ {{
            default_type application/octet-stream;
            dav_methods PUT DELETE;
            create_full_put_path on;
            client_body_buffer_size 128k;
        }}
        {answers}
    }}
"""

PROXY = """
    upstream mlflow {{
        server 127.0.0.1:{upstream};
        keepalive 64;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host 127.0.0.1:{upstream};
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Host $http_host;
        proxy_set_header X-Forwarded-Proto http;
        proxy_set_header Authorization "";
        location / {{
            proxy_pass http://mlflow;
        }}
        location /api/2.0/mlflow-artifacts/ {{
            proxy_pass http://mlflow;
            proxy_request_buffering off;
            client_body_buffer_size 128k;
            proxy_buffer_size 64k;
            proxy_buffers 8 64k;
            proxy_busy_buffers_size 128k;
            proxy_max_temp_file_size 0;
        }}
    }}
"""

# What MLflow 3 answers to these, shortened where nobody looks.
ANSWERS = {
    "/health": "OK",
    "/version": "3.0.0",
    "/api/2.0/mlflow/experiments/get": {"experiment": {
        "experiment_id": "0", "name": "Default", "artifact_location": "mlflow-artifacts:/0",
        "lifecycle_stage": "active", "last_update_time": 1763890000000, "creation_time": 1763890000000,
        "tags": [{"key": "mlflow.note.content", "value": "churn of the second quarter"}]}},
    "/api/2.0/mlflow/experiments/search": {"experiments": [{"experiment_id": "0", "name": "Default"}]},
    "/api/2.0/mlflow/registered-models/search": {"registered_models": []},
    "/api/2.0/mlflow/model-versions/search": {"model_versions": []},
    "/api/3.0/mlflow/server-info": {"store_type": "SqlStore", "workspaces_enabled": False},
    "/api/2.0/mlflow/runs/get": {"run": {"info": {
        "run_id": RUN, "run_uuid": RUN, "experiment_id": "0", "status": "FINISHED", "lifecycle_stage": "active",
        "artifact_uri": f"mlflow-artifacts:/0/{RUN}/artifacts"}, "data": {}}},
}


def program():
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


class Nginx(Process):
    def __init__(self, directory, inner, ready_path):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = self.directory / "nginx.conf"
        config.write_text(COMMON.format(directory=self.directory, user=self._user(), inner=inner(self)))
        super().__init__(
            [program(), "-p", self.directory, "-e", "stderr", "-g", "daemon off;", "-c", config],
            self.directory / "nginx.log", ready_url=self.url + ready_path)

    @staticmethod
    def _user():
        """Root's workers would otherwise run as somebody who cannot read a directory of ours."""
        return f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else ""


def upstream(directory):
    """Serves ANSWERS, the files below directory/files, and takes uploads of artifacts."""
    def inner(server):
        answers = "\n        ".join(
            f"location = {path} {{ return 200 '{body if isinstance(body, str) else json.dumps(body)}'; }}"
            for path, body in ANSWERS.items())
        return UPSTREAM.format(port=server.port, directory=server.directory, answers=answers)
    return Nginx(directory, inner, "/health")


def proxy(directory, upstream_port):
    def inner(server):
        return PROXY.format(port=server.port, upstream=upstream_port)
    return Nginx(directory, inner, "/health")
