#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""junit.py REPORT EXIT_CODE COUNTS: counts the tests of pytest's report. An end that the report does not explain
(no report, a run that was interrupted) is one failed test."""

import os
import sys
import xml.etree.ElementTree as ElementTree

NO_TESTS = 5  # pytest's exit code when nothing was collected


def count(report):
    passed = failed = skipped = 0
    for case in ElementTree.parse(report).iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            failed += 1
        elif "skipped" in kinds:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main():
    report, code, counts = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    passed, failed, skipped = count(report) if os.path.exists(report) else (0, 0, 0)
    if code not in (0, NO_TESTS) and failed == 0:
        print(f"FAILED: pytest ended with {code}, and its report names no failed test")
        failed = 1
    with open(counts, "w") as file:
        print(passed, failed, skipped, file=file)


if __name__ == "__main__":
    main()
