# SPDX-License-Identifier: MIT
"""
How often an IAMAT goes from one room of the house into another, under callgrind.

A herd of two, one connection, one IAMAT at a time: what a turn of the loop
costs belongs to that one. Two runs differ only in their length, so that the
start and the end are in neither. What is counted is each call from a function
of one room to a function of another, forwards or by callback; a function that
is compiled into its caller is no call, and libuv between two rooms is no room.
So the build has to have debug information and must not be compiled as one:
type RelWithDebInfo, without sanitizers.
"""

import collections
import re
import tempfile
from pathlib import Path

import rig
from subject import Subject
from tables import Row, at_most, told

BAR = 39  # 44.6 before the top floor was divided
SHOWN = 30  # pairs of rooms
SOURCE = re.compile(r"(?:^|/)src/(\w+)/[^/]+\.c$")
NAMED = re.compile(r"\((\d+)\)(?: (.*))?$")


class Profile:
    """One file of callgrind's: (room of the caller, room of the called) -> calls."""

    def __init__(self, path):
        self.files = {}
        self.calls = collections.Counter()
        self.rooms = set()
        with open(path, encoding="utf-8", errors="replace") as lines:
            self.read(lines)

    def room(self, text):
        """The room of a file, which has its name where it comes first and a number later; None: it is not ours."""
        number, name = NAMED.match(text).groups()
        if name is not None:
            found = SOURCE.search(name)
            self.files[number] = found and found[1]
        return self.files[number]

    def read(self, lines):
        caller = current = called = None
        for line in lines:
            key, _, value = line.rstrip("\n").partition("=")
            if key == "fl":
                caller = current = called = self.room(value)
                self.rooms.add(caller)
            elif key in ("fi", "fe"):
                current = called = self.room(value)
            elif key in ("cfi", "cfl"):
                called = self.room(value)
            elif key == "calls":
                if caller and called and caller != called:
                    self.calls[caller, called] += int(value.split(" ")[0])
                called = current


class Crossings(Subject):
    name = "crossings"
    title = "Crossings of rooms"
    rounds_max = 1

    def open(self):
        self.rig.need_valgrind()

    def round(self, number):
        short, long = self.rig.pick((500, 2500), (50, 100))
        few, many = self.run(short), self.run(long)
        for name in ("Goloman", "Hands"):
            calls = many[name].calls
            calls.subtract(few[name].calls)
            self.runs[name].append({pair: count / (long - short) for pair, count in calls.items()})

    def run(self, count):
        with tempfile.TemporaryDirectory(prefix="herd-bench-") as folder:
            before = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/%p")
            names = ("Goloman", "Hands")
            with rig.Herd(names, (names,), before=before) as herd:
                herd.start_linked()
                self.rig.load(herd.target(), "--connections", 1, "--depth", 1, "--clients", 100, "--count", count)
                rig.wait_equal([herd.target(name) for name in names])
                pids = {name: herd[name].process.pid for name in names}
                for name in names:
                    herd[name].process.stop()
            profiles = {name: Profile(Path(folder) / str(pid)) for name, pid in pids.items()}
        if "protocol" not in profiles["Goloman"].rooms:
            raise rig.Missing("a build of type RelWithDebInfo tells which room a function is of, this one does not")
        return profiles

    def rows(self):
        taken, taught = self.runs["Goloman"][0], self.runs["Hands"][0]
        rows: list[Row] = [at_most("calls from room to room an IAMAT, at the server that takes it", BAR,
                                   sum(taken.values()), form="{:.1f}")]
        rows.append(told("the same at its neighbour, which is told", f"{sum(taught.values()):.1f}"))
        pairs = sorted(taken.items(), key=lambda item: -item[1])[:SHOWN]
        rows += [told(f"{caller} to {called}", f"{count:.1f}") for (caller, called), count in pairs if count >= 0.1]
        return rows
