#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""unit.py BUILD_FOLDER COUNTS: runs every cmocka program that ctest knows, and counts single tests.

ctest itself would count programs. Each program's output is shown; a program that dies between two tests, or ends
badly though every test in it passed, is one failed test more.
"""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

LINE = re.compile(r"\[ *(RUN|OK|FAILED|SKIPPED) *\] (.*)")
DEFAULT_SECONDS = 120


def programs(folder):
    """(name, command, seconds, working folder) of each test that is registered there."""
    shown = subprocess.run(["ctest", "--test-dir", folder, "--show-only=json-v1"],
                           capture_output=True, text=True, check=True)
    for test in json.loads(shown.stdout)["tests"]:
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        yield (test["name"], test.get("command"), properties.get("TIMEOUT", DEFAULT_SECONDS),
               properties.get("WORKING_DIRECTORY", folder))


def run(program):
    """Runs one and returns (name, output, exit code); what could not run at all has the code 127."""
    name, command, seconds, folder = program
    if not command or not os.path.exists(command[0]):
        return name, "the program was not built", 127
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=seconds, cwd=folder)
        return name, done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as expired:
        return name, (expired.stdout or b"").decode(errors="replace") + f"\nended after {seconds} s", 124


def count(output, code):
    """(passed, failed, skipped) of a program's output. cmocka repeats the names of failed tests in its summary, so
    only the line that answers a RUN counts."""
    numbers = {"OK": 0, "FAILED": 0, "SKIPPED": 0}
    running = None
    for word, name in LINE.findall(output):
        if word == "RUN":
            numbers["FAILED"] += running is not None
            running = name
        elif running == name:
            numbers[word] += 1
            running = None
    numbers["FAILED"] += running is not None
    if code != 0 and numbers["FAILED"] == 0:
        numbers["FAILED"] = 1
    return numbers["OK"], numbers["FAILED"], numbers["SKIPPED"]


def main():
    folder, counts = sys.argv[1:]
    totals = [0, 0, 0]
    listed = list(programs(folder))
    if not listed:
        print("no tests: gv_test() has registered none yet")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, output, code in pool.map(run, listed):
            numbers = count(output, code)
            totals = [a + b for a, b in zip(totals, numbers)]
            print(f"---- {name}\n{output.rstrip()}")
            if numbers[1]:
                print(f"FAILED {name}: {numbers[1]} tests, exit code {code}")
    with open(counts, "w") as file:
        print(*totals, file=file)


if __name__ == "__main__":
    main()
