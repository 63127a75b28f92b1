# SPDX-License-Identifier: MIT
"""The herd against a redis-server that is given the same facts."""

import rig
from subject import Subject
from tables import at_least, cpu_ratio, median, ratio, rate, told
from works import MAIN, WORKS

BARS = {"50 x 16": 6, "200 x 64": 9}
CLIENTS = 10000


class AgainstRedis(Subject):
    name = "redis"
    title = "IAMAT against Redis"

    def open(self):
        rig.need("redis-server")
        self.targets = {
            "herd": self.lone(rig.Herd()),
            "redis": self.enter(rig.Redis()),
            "everysec": self.enter(rig.Redis(everysec=True)),
        }

    def round(self, number):
        for work, options in WORKS.items():
            for name in self.in_turns(number, self.targets):
                if name == "everysec" and work != MAIN:
                    continue
                self.runs[work, name].append(self.load(name, [*options, *self.rig.span()]))
        self.check_kept()

    def load(self, name, options):
        target = self.targets[name]
        return self.rig.load(target, *options) if name == "herd" else target.load(self.rig, *options)

    def check_kept(self):
        """Every member has its hash, and there are no others."""
        for name in ("redis", "everysec"):
            members = int(self.targets[name].ask(b"ZCARD herd")[1:-1])
            keys = int(self.targets[name].ask(b"DBSIZE")[1:-1])
            if not 0 < members <= CLIENTS or keys != members + 1:
                raise RuntimeError(f"{name} has {members} members and {keys} keys")

    def rows(self):
        rows = []
        for work in WORKS:
            herd, other = self.runs[work, "herd"], self.runs[work, "redis"]
            figure, note = cpu_ratio(herd, other), f"throughput {ratio(herd, other, 'per_second'):.1f} x"
            title = f"IAMAT {work}, against Redis without its journal, per server CPU second"
            rows.append(at_least(title, BARS[work], figure, form="{:.1f} x", note=note) if work in BARS
                        else told(title, f"{figure:.1f} x ({note})"))
        kept, other = self.runs[MAIN, "everysec"], self.runs[MAIN, "redis"]
        rows.append(told(f"{MAIN}, Redis with its journal (`everysec`) against without, throughput",
                         f"{ratio(kept, other, 'per_second'):.2f} (per server CPU second {cpu_ratio(kept, other):.2f})"))
        for work, name in self.runs:
            runs = self.runs[work, name]
            rows.append(told(f"{work}: {name}", f"{rate(runs)}, p99 {median(runs, 'p99_us'):,.0f} us"))
        return rows
