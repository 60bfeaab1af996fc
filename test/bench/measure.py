# SPDX-License-Identifier: Apache-2.0
"""What the benches share: how much processor and memory a process has used, and how a claim is printed."""

import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QUICK = os.environ.get("GAVEL_BENCH_QUICK", "") not in ("", "0")
TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1024 * 1024
GIB = 1024 * MIB

os.environ.setdefault("GAVEL_BINARY", str(ROOT / "build/release/sidecar/gavel"))
sys.path.insert(0, str(ROOT / "test"))  # for support.…, when the bench is started by hand


def claim(what, value, relation, aim):
    """Prints a claim as test/lib/ratios.py reads it. A value below 0 is a measurement that drowned in noise."""
    print(f"ratio {what} {max(value, 0):.3f} aim {relation}{aim}", flush=True)


def note(text):
    """Prints what a reader of the ratios wants to know besides."""
    print(f"  {text}", flush=True)


def median(values):
    return statistics.median(values)


def paired(ours, theirs):
    """The median of the quotients of rounds that were measured one beside the other."""
    return median([our / their for our, their in zip(ours, theirs)])


def cpu_seconds(pids):
    """Processor time that these processes have used so far, all their threads, in user and kernel."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])  # utime and stime, counted from the field after the name
    return total / TICKS


def family(pid):
    """A process and its children; nginx works in one of them."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def memory(pid):
    """Bytes that it holds alone, and bytes that it has resident, shared ones included."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split()[:2]
        found[name.rstrip(":")] = int(value) * 1024
    return found["Private_Clean"] + found["Private_Dirty"], found["Rss"]


def build_client(directory):
    """Compiles the measuring client and returns its path."""
    program = Path(directory) / "client"
    source = Path(__file__).with_name("client.c")
    subprocess.run([os.environ.get("CC", "cc"), "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-o", program, source],
                   check=True, timeout=120)
    return program
