# SPDX-License-Identifier: MIT
"""Whether an update costs more where there are many clients, or many connections."""

import rig
from subject import Subject
from tables import at_most, median, ratio, told

CLIENTS_BAR, CONNECTIONS_BAR = 1.3, 1.2
KEY = "server_cpu_ns_per_reply"


class Scale(Subject):
    name = "scale"
    title = "Many clients, many connections"

    def open(self):
        self.clients = {"few": 10000, "many": self.rig.pick(1000000, 12000)}
        self.connections = {"hundred": 100, "thousands": self.rig.pick(5000, 300)}
        self.herds = {name: self.lone(rig.Herd()) for name in self.clients}
        self.ceiling = self.enter(rig.Ceiling(self.rig))
        for name, clients in self.clients.items():
            self.rig.load(self.herds[name], "--connections", 50, "--depth", 64, "--preload", "--clients", clients,
                          "--count", 1)

    def round(self, number):
        for name in self.in_turns(number, self.clients):
            run = self.rig.load(self.herds[name], "--connections", 50, "--depth", 16, "--clients", self.clients[name],
                                *self.rig.span())
            self.runs[name].append(run)
        for name in self.in_turns(number, self.connections):
            run = self.rig.load(self.herds["few"], "--connections", self.connections[name], "--depth", 1,
                                *self.rig.span())
            self.runs[name].append(run)
            run = self.rig.load(self.ceiling, "--connections", self.connections[name], "--depth", 1, *self.rig.span())
            self.runs[f"ceiling {name}"].append(run)

    def rows(self):
        few, many = self.runs["few"], self.runs["many"]
        hundred, thousands = self.runs["hundred"], self.runs["thousands"]
        rows = [
            at_most(f"cost per update, {self.clients['many']:,} clients against {self.clients['few']:,}, 50 x 16",
                    CLIENTS_BAR, ratio(many, few, KEY)),
            at_most(f"cost per update, {self.connections['thousands']:,} active connections against "
                    f"{self.connections['hundred']}, depth 1", CONNECTIONS_BAR, ratio(thousands, hundred, KEY)),
        ]
        rows.append(told("the ceiling's cost, the same two loads",
                         f"{ratio(self.runs['ceiling thousands'], self.runs['ceiling hundred'], KEY):.2f}"))
        labels = {"few": f"{self.clients['few']:,} clients", "many": f"{self.clients['many']:,} clients",
                  "hundred": f"{self.connections['hundred']} connections",
                  "thousands": f"{self.connections['thousands']:,} connections"}
        return rows + [told(label, f"{median(self.runs[name], KEY):,.0f} ns of server CPU an update")
                       for name, label in labels.items()]
