# SPDX-License-Identifier: MIT
"""Places by themselves: a million of them in 5 x 5 degrees, made into an index and searched."""

import os
import random
import subprocess
import tempfile

import rig
from subject import Subject
from tables import at_most, median, told

NEAREST_BAR_US, PROMINENT_BAR_US, IMPORT_BAR_S = 10, 20, 10
SOUTH, WEST, SIDE = 46, 2, 5  # as in searchbench.c


def write_places(path, count):
    """Names, spots and populations from a fixed seed; half of the places have no population, as in life."""
    chance = random.Random(1)
    with open(path, "w", encoding="ascii") as file:
        file.write("name,lat,lon,population\n")
        for number in range(count):
            population = int(10 ** chance.uniform(0, 6)) if chance.random() < 0.5 else 0
            file.write(f"Place {number},{SOUTH + SIDE * chance.random():.7f},{WEST + SIDE * chance.random():.7f},"
                       f"{population}\n")


class Search(Subject):
    name = "search"
    title = "Places"

    def open(self):
        directory = self.enter(tempfile.TemporaryDirectory(prefix="herd-bench-"))
        self.places = self.rig.pick(1000000, 2000)
        self.table = os.path.join(directory, "places.csv")
        self.index = os.path.join(directory, "places.idx")
        write_places(self.table, self.places)

    def round(self, number):
        started = rig.now_s()
        subprocess.run(rig.pinned([self.rig.tool, "places", "import", "--format", "csv", "--output", self.index,
                                   self.table]), stdout=subprocess.DEVNULL, check=True)
        self.runs["import"].append(rig.now_s() - started)
        run = rig.run_json(rig.pinned([self.rig.program("searchbench"), self.index, str(self.rig.pick(5000, 500)),
                                       str(number + 1)]))
        if run["places"] != self.places or run["found"] == 0:
            raise RuntimeError(f"the index is not the one that was made: {run}")
        self.runs["search"].append(run)

    def rows(self):
        runs = self.runs["search"]
        return [
            at_most(f"search, {self.places:,} places in 5 x 5 degrees, 20 of them, 1 to 50 km, nearest", NEAREST_BAR_US,
                    median(runs, "nearest_us"), form="{:.1f} us", note=f"p99 {median(runs, 'nearest_p99_us'):.1f} us"),
            at_most("the same, most prominent", PROMINENT_BAR_US, median(runs, "prominent_us"), form="{:.1f} us",
                    note=f"p99 {median(runs, 'prominent_p99_us'):.1f} us"),
            at_most(f"`herd places import`, {self.places:,} places", IMPORT_BAR_S, median(self.runs["import"]),
                    form="{:.2f} s"),
            told("the index", f"{os.path.getsize(self.index) / self.places:.0f} bytes a place"),
        ]
