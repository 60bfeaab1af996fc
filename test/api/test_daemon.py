# SPDX-License-Identifier: Apache-2.0
"""The process: its listeners and probes, its logs, how it ends, and what it does not share."""

import json
import os
import re
import signal
import socket
import stat
import threading

import pytest

from support import raw
from support.gavel import UNREACHABLE, Policies, eventually

PLATFORM = ["mlflow_experiments_total 0", "mlflow_runs_total 0", "mlflow_models_registered_total 0",
            "mlflow_api_requests_total 0", "mlflow_api_latency_seconds_count 0",
            'mlflow_promotions_total{status="approved"} 0', 'mlflow_promotions_total{status="denied"} 0',
            'mlflow_promotions_total{status="pending"} 0']


def test_the_platforms_metrics_are_there_before_anything_happened(new_gavel):
    lines = new_gavel().admin("GET", "/metrics").text.splitlines()
    assert [name for name in PLATFORM if name not in lines] == []
    assert any(line.startswith("gavel_build_info{version=") for line in lines)
    assert any(line.startswith("gavel_policy_info{digest=") for line in lines)
    names = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
    assert len(names) == len(set(names))


def test_probes(gavel):
    assert gavel.admin("GET", "/livez").text == "ok\n"
    ready = gavel.admin("GET", "/readyz")
    assert ready.status_code == 200
    assert ready.text.splitlines() == ["ok store", "ok identity", "ok mlflow", "ok policies"]


def test_without_mlflow_it_lives_and_says_what_is_not_ready(new_gavel):
    gavel = new_gavel(mlflow=UNREACHABLE, ready=False)
    assert gavel.admin("GET", "/livez").status_code == 200
    ready = gavel.admin("GET", "/readyz")
    assert ready.status_code == 503
    assert "not ready mlflow: " in ready.text and "ok store" in ready.text


@pytest.mark.parametrize("method,path,status", [("GET", "/", 404), ("GET", "/metrics/x", 404), ("POST", "/metrics", 405),
                                                ("DELETE", "/livez", 405), ("HEAD", "/livez", 200)])
def test_the_admin_listener_has_three_pages(gavel, method, path, status):
    assert gavel.admin(method, path).status_code == status


def test_state_and_key_are_its_owners_alone(gavel):
    assert stat.S_IMODE(gavel.state.stat().st_mode) == 0o700
    assert stat.S_IMODE((gavel.state / "dev-key.pem").stat().st_mode) == 0o600
    assert "DEV IDENTITY" in gavel.log_text()


def test_json_logs_are_one_object_a_line(new_gavel):
    gavel = new_gavel(config={"log": {"format": "json", "level": "debug"}})
    gavel.api("POST", "/api/v1/mlops/model-promotion", token="no\ttoken", json={})
    gavel.gateway("GET", "/no/such%0aroute", token=gavel.token('a "quoted" \u202ename'))
    assert gavel.terminate() == 0
    lines = gavel.log_text().splitlines()
    assert len(lines) > 5
    for line in lines:
        event = json.loads(line)
        assert {"time", "level", "logger", "message"} <= set(event), line
        assert event["logger"].startswith("gavel.")
        assert event["time"].endswith("Z")


def test_the_log_of_a_request_names_decision_model_path_and_user(new_gavel, standin):
    standin.add("logged")
    gavel = new_gavel()
    answer = gavel.api("POST", "/api/v1/mlops/model-promotion", token=gavel.token("ds-001", "data_scientist"),
                       json={"model_name": "logged", "model_version": 1, "target_stage": "production"})
    line = gavel.await_log(r".*Model promotion requested.*")[0]
    for field in (f"decision_id={answer.json()['decision_id']}", "model=logged", "version=1",
                  "path=staging→production", "user=ds-001"):
        assert field in line, line


# --- ending ---

def test_sigterm_finishes_what_is_open_and_takes_nothing_new(new_gavel, standin):
    gavel = new_gavel()
    token = gavel.token("ds-001", "data_scientist")
    answers = []
    standin.seconds = 2.0
    try:
        slow = threading.Thread(target=lambda: answers.append(
            gavel.gateway("GET", "/api/2.0/mlflow/experiments/search?max_results=1", token=token).status_code))
        slow.start()
        eventually(lambda: gavel.metric("mlflow_api_requests_total") > 0 and standin.open > 0)
        gavel.signal(signal.SIGTERM)
        gavel.await_log("Draining")
        with pytest.raises(OSError):
            raw.connect(gavel.ports["api"], 2).close()
            raw.connect(gavel.ports["gateway"], 2).close()
        slow.join(60)
    finally:
        standin.seconds = 0.0
    assert answers == [200]
    assert gavel.wait() == 0
    assert "Gavel has ended" in gavel.log_text()


def test_a_drain_that_takes_too_long_is_cut_and_says_so(new_gavel, standin):
    gavel = new_gavel(config={"drain": "200ms"})
    token = gavel.token("ds-001", "data_scientist")
    standin.seconds = 5.0
    try:
        with raw.connect(gavel.ports["gateway"], 60) as connection:
            connection.sendall(raw.head("GET", "/api/2.0/mlflow/experiments/search?max_results=1", token))
            # Gavel asks on its own, too: only what the gateway took holds the end up.
            eventually(lambda: gavel.metric("mlflow_api_requests_total") > 0 and standin.open > 0)
            assert gavel.terminate() == 1
    finally:
        standin.seconds = 0.0
    assert "The drain ran out of time" in gavel.log_text()


def test_an_idle_connection_does_not_hold_the_end_up(new_gavel):
    gavel = new_gavel(config={"drain": "2s"})
    with raw.connect(gavel.ports["gateway"]), raw.connect(gavel.ports["api"]) as half:
        half.sendall(b"POST /api/v1/mlops/model-promotion HTTP/1.1\r\nHost: a\r\n")
        gavel.signal(signal.SIGINT)
        assert gavel.wait() in (0, 1)  # a head that never ends is cut with the drain's end
    assert "Draining" in gavel.log_text()


def test_sighup_reads_the_policies_again(new_gavel, tmp_path):
    policies = Policies(tmp_path / "policies")
    gavel = new_gavel(config={"policies": str(policies.directory)})
    sample = 'gavel_policy_reloads_total{result="taken"}'
    before = gavel.metric(sample)
    gavel.signal(signal.SIGHUP)
    eventually(lambda: gavel.metric(sample) > before)
    assert gavel.running()


# --- what it does not share ---

def test_a_second_process_on_the_same_state_is_refused(new_gavel):
    first = new_gavel("first")
    second = new_gavel("second", start=False, config={"state": str(first.state)})
    with pytest.raises(RuntimeError, match="gavel ended with 1"):
        second.start()
    assert "gavel.db" in second.log_text()
    assert re.search("another|in use|locked|already", second.log_text())
    assert first.admin("GET", "/readyz").status_code == 200


def test_after_a_kill_the_state_is_free_again(new_gavel):
    gavel = new_gavel()
    gavel.kill()
    gavel.restart()
    assert gavel.admin("GET", "/readyz").status_code == 200
    assert gavel.command_line("audit", "verify").returncode == 0


@pytest.mark.parametrize("door", ["gateway", "api", "admin"])
def test_a_port_that_is_taken_is_named(new_gavel, door):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        gavel = new_gavel(start=False, config={door: {"listen": address}})
        with pytest.raises(RuntimeError, match="gavel ended with 1"):
            gavel.start()
    assert f"{door}.listen" in gavel.log_text()
    assert address in gavel.log_text()


def test_a_door_without_an_address_stays_shut(new_gavel):
    gavel = new_gavel(config={"gateway": {"listen": ""}})
    assert set(gavel.ports) == {"api", "admin"}


def test_several_loops_share_the_work(new_gavel, standin):
    standin.add("shared")
    gavel = new_gavel(config={"threads": 4, "gateway": {"listen": "127.0.0.1:0"}})
    token = gavel.token("ds-001", "data_scientist")
    statuses = []
    callers = [threading.Thread(target=lambda: statuses.extend(
        gavel.gateway("GET", "/api/2.0/mlflow/registered-models/get?name=shared", token=token,
                      headers={"Connection": "close"}).status_code for _ in range(10))) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert statuses == [200] * 80
    assert gavel.terminate() == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_state_that_cannot_be_written_is_named(new_gavel, tmp_path):
    (tmp_path / "shut").mkdir(mode=0o500)
    gavel = new_gavel(start=False, config={"state": str(tmp_path / "shut/state")})
    with pytest.raises(RuntimeError):
        gavel.start()
    assert "shut/state" in gavel.log_text()
