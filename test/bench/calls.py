# SPDX-License-Identifier: MIT
"""
System calls per request, of all threads of the server, journal included.

The kernel counts them (`perf stat`, a tracepoint): that costs next to nothing.
Where it does not let us, strace does; it stops the server at each call, so more
requests gather in a batch and the figure is lower than it should be.
"""

import re
import subprocess
import tempfile
from dataclasses import replace

import rig
from subject import Subject
from tables import at_most, median, told

EVENT = "raw_syscalls:sys_enter"
BARS = {1: 2.10, 16: 0.20}


def perf_works():
    try:
        done = subprocess.run(["perf", "stat", "-x", ",", "-e", EVENT, "true"], capture_output=True, text=True,
                              timeout=60, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0 and re.search(rf"^\d+,.*{EVENT}", done.stderr, re.MULTILINE) is not None


class Calls(Subject):
    name = "calls"
    title = "System calls"

    def open(self):
        self.perf = perf_works()
        if not self.perf:
            rig.need("strace")
        self.herd = self.lone(rig.Herd())
        self.rig.load(self.herd, "--connections", 50, "--depth", 16, "--clients", 10000, *self.rig.span())

    def round(self, number):
        for depth in self.in_turns(number, BARS):
            with tempfile.NamedTemporaryFile("r", prefix="herd-bench-") as counts:
                load = self.by_perf if self.perf else self.by_strace
                run = load(("--connections", 50, "--depth", depth, *self.rig.span()), counts.name)
                self.runs[depth].append(self.count(counts.read()) / run["replies"])

    def by_perf(self, options, output):
        before = ["perf", "stat", "-x", ",", "-o", output, "-e", EVENT, "-p", str(self.herd.pid)]
        return self.rig.load(self.herd, *options, before=before)

    def by_strace(self, options, output):
        """strace says that it has attached, and writes its table when it is told to end."""
        tracer = subprocess.Popen(["strace", "-f", "-c", "-o", output, "-p", str(self.herd.pid)],
                                  stderr=subprocess.PIPE, text=True)
        try:
            if "attached" not in tracer.stderr.readline():
                raise RuntimeError("strace could not attach to the server")
            return self.rig.load(self.herd, *options)
        finally:
            tracer.terminate()
            tracer.wait()
            tracer.stderr.close()

    def count(self, text):
        pattern = rf"^(\d+),.*{EVENT}" if self.perf else r"^100\.00\s+\S+\s+\S+\s+(\d+)"
        return int(re.search(pattern, text, re.MULTILINE)[1])

    def rows(self):
        rows = [at_most(f"system calls per IAMAT, 50 x {depth}, journal `written`", bar, median(self.runs[depth]))
                for depth, bar in BARS.items()]
        if not self.perf:
            rows = [replace(row, met=None) for row in rows]
        return rows + [told("counted by", "`perf stat`" if self.perf else "`strace -c` (slows the server, so too low)")]
