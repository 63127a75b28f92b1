# SPDX-License-Identifier: MIT
"""
User instructions per IAMAT: those of two runs that differ only in their length, under callgrind.

They do not depend on what else the machine does, so one round is enough.
"""

import re
import signal

import rig
from subject import Subject
from tables import Row, at_most, told

BAR = 900
LOAD = ("--connections", 50, "--depth", 16)
VALGRIND = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
COLLECTED = re.compile(r"Collected : (\d+)")


class Instructions(Subject):
    name = "instructions"
    title = "Instructions"
    rounds_max = 1

    def open(self):
        self.rig.need_valgrind()

    def round(self, number):
        short, long = self.rig.pick((20000, 80000), (800, 1600))
        for name, run in (("herd", self.herd_run), ("none", self.bare_run), ("ceiling", self.ceiling_run)):
            self.runs[name].append((run(long) - run(short)) / (long - short))

    def herd_run(self, count, durability="written"):
        with rig.Herd(durability=durability, before=VALGRIND) as herd:
            target = herd.start().target()
            self.rig.load(target, *LOAD, "--count", count)
            target.server.process.stop()
            return self.collected(target.server.process)

    def bare_run(self, count):
        return self.herd_run(count, "none")

    def ceiling_run(self, count):
        with rig.Ceiling(self.rig, before=VALGRIND) as ceiling:
            self.rig.load(ceiling, *LOAD, "--count", count)
            ceiling.process.send_signal(signal.SIGTERM)
            ceiling.process.wait()
            return self.collected(ceiling.process)

    def collected(self, process):
        return int(COLLECTED.search(process.stderr())[1])

    def rows(self):
        rows: list[Row] = [at_most("user instructions per IAMAT, 50 x 16, journal `written`", BAR,
                                   self.runs["herd"][0], form="{:,.0f}")]
        rows.append(told("the same without journal", f"{self.runs['none'][0]:,.0f}"))
        rows.append(told("the ceiling", f"{self.runs['ceiling'][0]:,.0f}"))
        return rows
