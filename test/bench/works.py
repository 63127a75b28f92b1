# SPDX-License-Identifier: MIT
"""IAMAT in closed loops: the herd against the ceiling, a prototype in Python, and itself without journal."""

import rig
from subject import Subject
from tables import at_least, cpu_ratio, median, ratio, rate, told

WORKS = {
    "50 x 1": ("--connections", 50, "--depth", 1),
    "50 x 16": ("--connections", 50, "--depth", 16),
    "200 x 64": ("--connections", 200, "--depth", 64),
}
BARS = {"50 x 1": 0.90, "50 x 16": 0.62, "200 x 64": 0.42}
MAIN = "50 x 16"
ASYNCIO_BAR = 20
JOURNAL_BAR = 0.85


class Works(Subject):
    name = "works"
    title = "IAMAT"

    def open(self):
        self.targets = {
            "ceiling": self.enter(rig.Ceiling(self.rig)),
            "herd": self.lone(rig.Herd()),
            "none": self.lone(rig.Herd(durability="none")),
            "asyncio": self.enter(rig.AsyncioHerd()),
        }

    def round(self, number):
        for work, options in WORKS.items():
            for name in self.in_turns(number, self.targets):
                if name == "none" and work != MAIN:
                    continue
                run = self.rig.load(self.targets[name], *options, *self.rig.span())
                self.runs[work, name].append(run)

    def rows(self):
        rows = []
        for work, bar in BARS.items():
            herd, ceiling = self.runs[work, "herd"], self.runs[work, "ceiling"]
            rows.append(at_least(f"IAMAT {work}, requests per server CPU second", bar, cpu_ratio(herd, ceiling),
                                 against=" of the ceiling", note=f"throughput {ratio(herd, ceiling, 'per_second'):.2f}"))
        rows.append(self.asyncio_row())
        rows.append(self.journal_row())
        rows += [self.plain_row(work, name) for work, name in self.runs]
        return rows

    def asyncio_row(self):
        herd, other = self.runs[MAIN, "herd"], self.runs[MAIN, "asyncio"]
        return at_least(f"IAMAT {MAIN}, against a Python asyncio herd, per server CPU second", ASYNCIO_BAR,
                        cpu_ratio(herd, other), form="{:.1f} x",
                        note=f"throughput {ratio(herd, other, 'per_second'):.1f} x")

    def journal_row(self):
        written, none = self.runs[MAIN, "herd"], self.runs[MAIN, "none"]
        return at_least(f"IAMAT {MAIN}, journal `written` against `none`, throughput", JOURNAL_BAR,
                        ratio(written, none, "per_second"), note=f"per server CPU second {cpu_ratio(written, none):.2f}")

    def plain_row(self, work, name):
        runs = self.runs[work, name]
        labels = {"herd": "herd, journal `written`", "none": "herd, no journal", "asyncio": "Python asyncio"}
        busy = median([run["bench_cpu_seconds"] / run["seconds"] for run in runs])
        return told(f"{work}: {labels.get(name, name)}",
                    f"{rate(runs)}, p50 {median(runs, 'p50_us'):,.0f} us, p99 {median(runs, 'p99_us'):,.0f} us, "
                    f"load's core {busy:.0%}")
