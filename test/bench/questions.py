# SPDX-License-Identifier: MIT
"""WHATSAT from the embedded index: clients all over Europe, each at a point of its own."""

import rig
from subject import Subject
from tables import at_least, at_most, median, told

BARS = {5: 50000, 20: 20000}
P99_BAR_MS = 2
RATE = 5000


class Questions(Subject):
    name = "questions"
    title = "WHATSAT"

    def open(self):
        self.herd = self.lone(rig.Herd())

    def options(self, bound, *more):
        clients = self.rig.pick(10000, 100)
        return ("--whatsat", 100, "--radius", 10, "--bound", bound, "--clients", clients, "--connections", 50, *more,
                *self.rig.span())

    def round(self, number):
        for bound in self.in_turns(number, BARS):
            self.runs[bound].append(self.rig.load(self.herd, *self.options(bound, "--depth", 16)))
            self.runs[bound, "rate"].append(self.rig.load(self.herd, *self.options(bound, "--rate", RATE)))

    def rows(self):
        rows = []
        for bound, bar in BARS.items():
            runs, steady = self.runs[bound], self.runs[bound, "rate"]
            rows.append(at_least(f"WHATSAT local, distinct points, 10 km, bound {bound}, per server CPU second", bar,
                                 1e9 / median(runs, "server_cpu_ns_per_reply"), form="{:,.0f}",
                                 note=f"{median(runs, 'per_second'):,.0f}/s, 50 x 16"))
            rows.append(at_most(f"bound {bound}, p99 at {RATE:,}/s", P99_BAR_MS, median(steady, "p99_us") / 1000,
                                form="{:.2f} ms", note=f"p50 {median(steady, 'p50_us') / 1000:.2f} ms"))
        bodies = [self.reply_bytes(bound) for bound in BARS]
        return rows + [told("bytes of such a reply", " and ".join(f"{size:,.0f}" for size in bodies))]

    def reply_bytes(self, bound):
        """The mean length of some replies."""
        count = 50
        with self.herd.server.client() as client:
            answers = [client.whatsat(b"b%08d.bench" % number, b"10", b"%d" % bound) for number in range(count)]
        return sum(len(line) + len(body) for line, body in answers) / count
