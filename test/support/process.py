# SPDX-License-Identifier: Apache-2.0
"""A server process of a test: started on a free port of the loopback, awaited, and ended by its id."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

READY_SECONDS = 90  # a cold MLflow needs 15 on two busy processors
STOP_SECONDS = 15


def free_port():
    """A port of 127.0.0.1 that nothing listens on now. Another process may still take it before you do."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """Runs `command` with its output in `log`, in a process group of its own, so that stop() also ends the
    children: MLflow 2 leaves its gunicorn behind when only the parent is told to stop."""

    started = []  # those that were started and not yet stopped, for who shows their logs (logs.py)

    def __init__(self, command, log, env=None, cwd=None, ready_url=None):
        self.command = [str(word) for word in command]
        self.log = Path(log)
        self.env = env
        self.cwd = cwd
        self.ready_url = ready_url
        self.process = None

    def start(self):
        """Starts it and returns when it is ready; raises RuntimeError with the log's end when it is not."""
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env=self.env, cwd=self.cwd, start_new_session=True)
        if self not in Process.started:
            Process.started.append(self)
        try:
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def wait_ready(self):
        if not self.ready_url:
            return
        deadline = time.monotonic() + READY_SECONDS
        while not answers(self.ready_url):
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.command[0]} ended with {self.process.returncode}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.command[0]} is not ready after {READY_SECONDS} s:\n{self.log_tail()}")
            time.sleep(0.05)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """Ends it as a power cut would, and waits until it is gone."""
        self._signal(signal.SIGKILL)
        self.process.wait(STOP_SECONDS)

    def stop(self):
        """Asks it to end, insists after a while, and returns its exit code (None if it never ran)."""
        if self in Process.started:
            Process.started.remove(self)
        if self.process is None:
            return None
        self._signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self.process.wait(STOP_SECONDS)
        self._wait_for_children()
        return self.process.returncode

    def log_tail(self, lines=40):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _signal(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def _wait_for_children(self):
        """The group outlives its leader while a child still runs: the port and the files are busy so long."""
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.02)
        self._signal(signal.SIGKILL)

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()


def answers(url):
    """Does `url` answer 200?"""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except (OSError, urllib.error.URLError):
        return False
