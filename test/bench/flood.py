# SPDX-License-Identifier: MIT
"""The built-in herd of five on one core: how many updates a second reach all of it, and how long one takes."""

import rig
from herd import LINKS, NAMES
from subject import Subject
from tables import at_least, at_most, median, told
from works import MAIN, WORKS

RATE_BAR = 0.17
P50_BAR_MS, P99_BAR_MS = 0.6, 2.0
SAMPLED = 100  # clients that are compared byte for byte


class Flood(Subject):
    name = "flood"
    title = "The flood"

    def open(self):
        self.ceiling = self.enter(rig.Ceiling(self.rig))
        herd = self.enter(rig.Herd(NAMES, LINKS)).start_linked()
        self.targets = [herd.target(name) for name in NAMES]
        self.entry = herd.target("Goloman")
        self.far = herd.target("Welsh")
        self.clients = self.rig.pick(10000, 300)
        self.rig.load(self.entry, "--preload", "--clients", self.clients, "--count", 1)

    def round(self, number):
        for name in self.in_turns(number, ("ceiling", "flood")):
            self.runs[name].append(self.load_ceiling() if name == "ceiling" else self.flood())
        self.compare()
        run = rig.run_json([self.rig.program("hop"), self.entry.address, self.far.address, self.rig.pick(1000, 20)])
        self.runs["hop"].append(run)

    def load_ceiling(self):
        return self.rig.load(self.ceiling, *WORKS[MAIN], *self.rig.span())["per_second"]

    def flood(self):
        """Updates a second, from the first sent until all five know the same."""
        count = self.rig.pick(300000, 2000)
        run = self.rig.load(self.entry, *WORKS[MAIN], "--clients", self.clients, "--count", count)
        loaded_s = rig.now_s()
        rig.wait_equal(self.targets)
        drained_s = rig.now_s() - loaded_s
        self.runs["drained"].append(drained_s * 1000)
        return count / (run["seconds"] + drained_s)

    def compare(self):
        """The last report of some clients, byte for byte."""
        with self.entry.server.client() as near, self.far.server.client() as far:
            for number in range(0, self.clients, max(1, self.clients // SAMPLED)):
                client = b"b%08d.bench" % number
                here, there = near.whatsat(client, b"0", b"0"), far.whatsat(client, b"0", b"0")
                if here != there or here[1] is None:
                    raise RuntimeError(f"{client!r} is {here[0]!r} at Goloman and {there[0]!r} at Welsh")

    def rows(self):
        shares = [flood / ceiling for flood, ceiling in zip(self.runs["flood"], self.runs["ceiling"], strict=True)]
        p50 = median(self.runs["hop"], "p50_us") / 1000
        p99 = median(self.runs["hop"], "p99_us") / 1000
        return [
            at_least("five servers on one core, updates at Goloman, 50 x 16, until all five agree; none lost", RATE_BAR,
                     median(shares), against=" of the ceiling's 50 x 16 throughput",
                     note=f"{median(self.runs['flood']):,.0f} updates/s"),
            told("of that, from the last reply until all agree", f"{median(self.runs['drained']):.1f} ms"),
            told("ceiling, 50 x 16", f"{median(self.runs['ceiling']):,.0f}/s"),
            at_most("IAMAT at Goloman until Welsh answers it, idle herd, p50", P50_BAR_MS, p50, form="{:.2f} ms"),
            at_most("the same, p99", P99_BAR_MS, p99, form="{:.2f} ms",
                    note=f"{self.runs['hop'][0]['samples']} samples a round"),
        ]
