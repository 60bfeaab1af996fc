#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ratios.py OUTPUT EXIT_CODE COUNTS: judges the lines "ratio WHAT VALUE aim <=N" of a bench. A claim that holds is
a passed test. One that does not is a warning and counts as skipped: shared machines vary. A bench that ends with
another code than 0, or claims nothing, is broken, and that is a failed test."""

import re
import sys

NUMBER = r"([0-9]+(?:\.[0-9]+)?)"
RATIO = re.compile(rf"^ratio (.+?) {NUMBER}(?: \S+)? aim (<=|>=) ?{NUMBER}")


def main():
    output, code, counts = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    passed = failed = missed = 0
    with open(output, errors="replace") as lines:
        for what, value, relation, aim in (m.groups() for m in map(RATIO.match, lines) if m):
            holds = float(value) <= float(aim) if relation == "<=" else float(value) >= float(aim)
            passed += holds
            missed += not holds
            if not holds:
                print(f"warning: {what} is {value}, the aim is {relation}{aim}")
    if code != 0 or passed + missed == 0:
        print(f"FAILED: {output} has {passed + missed} ratios and the exit code {code}")
        failed = 1
    with open(counts, "w") as file:
        print(passed, failed, missed, file=file)


if __name__ == "__main__":
    main()
