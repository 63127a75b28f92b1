# SPDX-License-Identifier: MIT
"""This build against an earlier one, in turns within one run: --before BUILD. Both are loaded by this build's tool."""

import shutil

import rig
from instructions import Instructions
from subject import Subject
from tables import median, told
from works import WORKS

INSTRUCTIONS = "user instructions per IAMAT"
QUESTIONS = ("--connections", 50, "--depth", 16, "--whatsat", 100, "--clients", 1000)


class Before(Subject):
    name = "before"
    title = "Against an earlier build"

    def open(self):
        if self.rig.before is None:
            raise rig.Missing("no --before BUILD")
        self.builds = {"before": self.rig.before, "now": self.rig.build}
        self.targets = {}
        for name, build in self.builds.items():
            with rig.server_of(build):
                self.targets[name] = self.lone(rig.Herd())
        for target in self.targets.values():
            self.rig.load(target, "--preload", "--clients", 1000, "--count", 1)

    def round(self, number):
        for work, options in {**WORKS, "WHATSAT 50 x 16, bound 5": QUESTIONS}.items():
            for name in self.in_turns(number, self.targets):
                run = self.rig.load(self.targets[name], *options, *self.rig.span())
                self.runs[work, name].append(run["server_cpu_ns_per_reply"])
        if number == 0:
            self.count_instructions()

    def count_instructions(self):
        """They do not depend on what else the machine does: once. Without valgrind the row is left out."""
        if self.rig.sanitized() or not shutil.which("valgrind"):
            return
        for name, build in self.builds.items():
            with rig.server_of(build), Instructions(self.rig) as subject:
                subject.open()
                short, long = self.rig.pick((20000, 80000), (800, 1600))
                counted = (subject.herd_run(long) - subject.herd_run(short)) / (long - short)
                self.runs[INSTRUCTIONS, name].append(counted)

    def rows(self):
        works = [work for work, name in self.runs if name == "now"]
        return [self.row(work) for work in works]

    def row(self, work):
        now, before = self.runs[work, "now"], self.runs[work, "before"]
        ratios = sorted(here / there for here, there in zip(now, before, strict=True))
        unit = "" if work == INSTRUCTIONS else " ns of server CPU"
        return told(work, f"{median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f}): "
                          f"{median(now):,.0f}{unit} against {median(before):,.0f}")
