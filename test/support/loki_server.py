# SPDX-License-Identifier: Apache-2.0
"""A real Loki for tests, the program that GAVEL_LOKI names (test/run builds it and sets the name).

    with LokiServer(tmp_path) as loki:
        loki.query('{job="gavel"}')  ->  [(labels, timestamp in nanoseconds, line), ...]
"""

import json
import os
import time
import urllib.parse
import urllib.request
from pathlib import Path

from support.process import Process, free_port

TEMPLATE = Path(__file__).with_name("loki.yaml")


class LokiServer(Process):
    def __init__(self, directory, port=None):
        directory = Path(directory)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = directory / "loki.yaml"
        config.write_text(fill(TEMPLATE.read_text(), directory=directory, port=self.port, grpc_port=free_port()))
        super().__init__([os.environ["GAVEL_LOKI"], f"-config.file={config}"], directory / "loki.log",
                         cwd=directory, ready_url=f"{self.url}/ready")

    def query(self, selector, limit=5000, hours=24):
        """What LogQL `selector` finds in the last hours, oldest first."""
        now = time.time_ns()
        question = urllib.parse.urlencode({
            "query": selector, "limit": limit, "direction": "forward",
            "start": now - hours * 3600 * 10**9, "end": now + 3600 * 10**9})
        with urllib.request.urlopen(f"{self.url}/loki/api/v1/query_range?{question}", timeout=30) as response:
            streams = json.load(response)["data"]["result"]
        rows = [(stream["stream"], int(stamp), line) for stream in streams for stamp, line in stream["values"]]
        return sorted(rows, key=lambda row: row[1])

    def await_lines(self, selector, count, seconds=20):
        """query() until it finds `count` lines; raises AssertionError when it does not in time."""
        deadline = time.monotonic() + seconds
        while True:
            rows = self.query(selector)
            if len(rows) >= count:
                return rows
            if time.monotonic() > deadline:
                raise AssertionError(f"Loki has {len(rows)} lines for {selector}, not {count}")
            time.sleep(0.1)


def fill(template, **values):
    """Replaces each {name} . str.format would read every other brace of the file, too."""
    for name, value in values.items():
        template = template.replace("{" + name + "}", str(value))
    return template
