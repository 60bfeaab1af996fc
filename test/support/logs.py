# SPDX-License-Identifier: Apache-2.0
"""What the servers said, beside what the test said: a conftest.py takes the hook over by importing it."""

import pytest

from support.process import Process

LINES = 60


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    for process in Process.started:
        if process.log.exists():
            report.sections.append((f"the end of {process.log}", process.log_tail(LINES)))
