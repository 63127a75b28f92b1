# SPDX-License-Identifier: MIT
"""What the wire log costs, and whether it keeps up."""

import os

import rig
from subject import Subject
from tables import at_least, at_most, cpu_ratio, median, ratio, rate, told
from works import MAIN, WORKS

BAR = 0.6
RATE = 50000  # each request has a line in and a line out


class WireLog(Subject):
    name = "wirelog"
    title = "The wire log"

    def open(self):
        self.targets = {"off": self.lone(rig.Herd()), "on": self.lone(rig.Herd(wire=True))}

    def round(self, number):
        for name in self.in_turns(number, self.targets):
            run = self.rig.load(self.targets[name], *WORKS[MAIN], *self.rig.span())
            self.runs[name].append(run)
        logged = self.targets["on"]
        before = int(logged.state()["log_dropped"])
        run = self.rig.load(logged, "--connections", 50, "--depth", 16, "--rate", RATE, *self.rig.span())
        self.runs["rate"].append(run)
        self.runs["dropped"].append(int(logged.state()["log_dropped"]) - before)
        os.truncate(logged.server.log.path, 0)  # at a closed loop's speed it would fill the disk

    def rows(self):
        on, off, steady = self.runs["on"], self.runs["off"], self.runs["rate"]
        return [
            at_least(f"IAMAT {MAIN}, wire log on against off, throughput", BAR, ratio(on, off, "per_second"),
                     note=f"per server CPU second {cpu_ratio(on, off):.2f}"),
            at_most(f"lines dropped at {2 * RATE:,} a second", 0, max(self.runs["dropped"]), form="{:d}",
                    note=f"the worst round; {median(steady, 'per_second'):,.0f} IAMAT/s"),
            at_least("reports a second that the server took meanwhile", 0.98 * RATE, median(steady, "per_second"),
                     form="{:,.0f}"),
            told("wire log on", rate(on)),
            told("wire log off", rate(off)),
        ]
