# SPDX-License-Identifier: Apache-2.0
"""The audit's forwarder against a real Loki: in order, once, and nothing lost to either side's death."""

import hashlib
import http.server
import json
import os
import signal
import sqlite3
import subprocess
import threading
import time
import urllib.request
import uuid
from pathlib import Path

import pytest

from support.loki_server import LokiServer
from support.process import free_port


def feeder_program():
    """Stands beside the program that is tested: build/PRESET/test/ beside build/PRESET/sidecar/."""
    return Path(os.environ["GAVEL_BINARY"]).parents[1] / "test" / "gv_audit_feeder"


class Feeder:
    def __init__(self, directory, url, writer):
        self.database = directory / "gavel.db"
        self.process = subprocess.Popen(
            [feeder_program(), self.database, url, writer],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def write(self, count):
        """Writes events and returns the sequence number of the last, which is durable then."""
        self.process.stdin.write(f"write {count}\n")
        return int(self.process.stdout.readline().split()[1])

    def quit(self):
        self.process.stdin.close()
        assert self.process.wait(30) == 0

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.kill()


@pytest.fixture(scope="module")
def loki(tmp_path_factory):
    with LokiServer(tmp_path_factory.mktemp("loki")) as server:
        yield server


@pytest.fixture
def writer():
    """A chain of the test's own, so that tests may share one Loki."""
    return f"test/gavel/{uuid.uuid4()}"


def selector(writer):
    return f'{{service_name="gavel", job="audit", writer="{writer}"}}'


def leaf(line):
    return hashlib.sha256(b"\0" + line.encode()).hexdigest()


def sequence(rows):
    return [json.loads(line)["seq"] for _, _, line in rows]


def require_chain(lines):
    """The lines, duplicates aside, are one unbroken chain from its beginning."""
    before = "0" * 64
    events = list(dict.fromkeys(lines))
    for number, line in enumerate(events, start=1):
        event = json.loads(line)
        assert (event["seq"], event["prev"]) == (number, before)
        before = leaf(line)
    return len(events)


def test_events_arrive_once_and_in_order(loki, tmp_path, writer):
    with Feeder(tmp_path, loki.url, writer) as feeder:
        last = feeder.write(700)
        feeder.quit()
    rows = loki.await_lines(selector(writer), last + 1)
    assert sequence(rows) == list(range(1, last + 2))
    assert require_chain([line for _, _, line in rows]) == last + 1
    first = json.loads(rows[0][2])
    assert (first["event_type"], first["version"]) == ("chain.open", "test")
    assert json.loads(rows[-1][2])["event_type"] == "chain.close"
    assert rows[0][0]["writer"] == writer


def test_the_line_in_loki_is_the_line_in_the_store(loki, tmp_path, writer):
    with Feeder(tmp_path, loki.url, writer) as feeder:
        last = feeder.write(20)
        rows = loki.await_lines(selector(writer), last)
        feeder.quit()
    with sqlite3.connect(tmp_path / "gavel.db") as database:
        stored = database.execute("SELECT CAST(line AS TEXT), hash FROM audit_events ORDER BY seq").fetchall()
    assert [line for _, _, line in rows] == [line for line, _ in stored[:last]]
    assert [leaf(line) for _, _, line in rows] == [digest for _, digest in stored[:last]]


def test_nothing_is_lost_while_loki_is_away(tmp_path, writer):
    directory = tmp_path / "loki"
    directory.mkdir()
    loki = LokiServer(directory, port=free_port())
    with loki, Feeder(tmp_path, loki.url, writer) as feeder:
        loki.await_lines(selector(writer), feeder.write(10))
        loki.stop()
        last = feeder.write(300)
        loki.start()
        rows = loki.await_lines(selector(writer), last, seconds=90)
        feeder.quit()
    assert sequence(rows)[:last] == list(range(1, last + 1))


def test_events_written_before_loki_exists_arrive(tmp_path, writer):
    directory = tmp_path / "loki"
    directory.mkdir()
    loki = LokiServer(directory, port=free_port())
    with Feeder(tmp_path, loki.url, writer) as feeder:
        last = feeder.write(50)
        with loki:
            loki.await_lines(selector(writer), last, seconds=90)
            feeder.quit()
            assert require_chain([line for _, _, line in loki.await_lines(selector(writer), last + 1)]) == last + 1


class Guillotine(http.server.BaseHTTPRequestHandler):
    """Passes a push on to Loki, and when Loki has stored it kills the forwarder instead of answering."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name: self.headers[name] for name in ("Content-Type", "Content-Encoding")}
        request = urllib.request.Request(self.server.loki + self.path, body, headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            assert response.status == 204
        self.server.victim.kill()
        self.server.fallen.set()

    def log_message(self, *args):
        pass


def test_a_kill_between_push_and_cursor_loses_nothing(loki, tmp_path, writer):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Guillotine)
    server.loki = loki.url
    server.fallen = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.victim = Feeder(tmp_path, f"http://127.0.0.1:{server.server_address[1]}", writer)
    try:
        assert server.fallen.wait(30)
    finally:
        server.victim.kill()
        server.shutdown()
    with Feeder(tmp_path, loki.url, writer) as feeder:
        last = feeder.write(30)
        feeder.quit()
    rows = loki.await_lines(selector(writer), last + 1)
    assert require_chain([line for _, _, line in rows]) == last + 1


def test_kills_at_any_moment_lose_nothing(loki, tmp_path, writer):
    acknowledged = 0
    for number in range(8):
        with Feeder(tmp_path, loki.url, writer) as feeder:
            acknowledged = feeder.write(40)
            time.sleep(0.02 * number)
            feeder.kill()
    with Feeder(tmp_path, loki.url, writer) as feeder:
        last = feeder.write(1)
        feeder.quit()
    rows = loki.await_lines(selector(writer), last + 1)
    assert last > acknowledged
    assert require_chain([line for _, _, line in rows]) == last + 1


def insert(database, writer, seq, line, age_days):
    """An event as an older process left it, of that age."""
    born = time.time_ns() // 1000 - age_days * 86400 * 10**6
    row = {"writer": writer, "seq": seq, "at": born, "line": line.encode(), "hash": leaf(line)}
    database.execute(
        "INSERT INTO audit_events (writer, epoch, seq, occurred_at, workspace, event_type, line, hash)"
        " VALUES (:writer, 1, :seq, :at, 'default', 'OLD', :line, :hash)", row)


def prepared(directory, writer):
    """A store that has its schema and no event of the writer."""
    with Feeder(directory, "http://127.0.0.1:1", writer) as feeder:
        feeder.write(1)
        feeder.kill()
    database = sqlite3.connect(directory / "gavel.db", isolation_level=None)
    database.executescript("DROP TRIGGER audit_events_kept; DELETE FROM audit_events")
    return database


def test_an_event_that_loki_thinks_too_old_arrives_with_its_own_time_inside(loki, tmp_path, writer):
    database = prepared(tmp_path, writer)
    lines = [json.dumps({"v": 1, "seq": seq, "timestamp": "long ago"}) for seq in range(1, 11)]
    for seq, line in enumerate(lines, start=1):
        insert(database, writer, seq, line, age_days=30 if seq < 6 else 0)
    database.close()
    with Feeder(tmp_path, loki.url, writer) as feeder:
        last = feeder.write(1)
        rows = loki.await_lines(selector(writer), last)
        feeder.quit()
    assert [line for _, _, line in rows][:10] == lines


def test_an_event_that_loki_never_takes_is_named_and_the_others_arrive(loki, tmp_path, writer):
    database = prepared(tmp_path, writer)
    huge = json.dumps({"v": 1, "seq": 5, "text": "x" * 300_000})
    for seq in range(1, 11):
        insert(database, writer, seq, huge if seq == 5 else json.dumps({"v": 1, "seq": seq}), age_days=0)
    database.close()
    with Feeder(tmp_path, loki.url, writer) as feeder:
        last = feeder.write(1)
        rows = loki.await_lines(selector(writer), last)
        feeder.quit()
    events = [json.loads(line) for line in dict.fromkeys(line for _, _, line in rows)]
    assert [event["seq"] for event in events][:last] == list(range(1, last + 1))
    assert (events[4]["event_type"], events[4]["hash"]) == ("chain.gap", leaf(huge))
