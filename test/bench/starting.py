# SPDX-License-Identifier: MIT
"""From the start of the process to its first answer, without a journal and with a large one."""

import os
import socket

import rig
from harness import DEADLINE_S
from subject import Subject
from tables import at_most, median

EMPTY_BAR_MS, JOURNAL_BAR_S = 20, 1.5


class Start(Subject):
    name = "start"
    title = "Start"

    def open(self):
        self.clients = self.rig.pick(1000000, 2000)
        self.empty = self.enter(rig.Herd(durability="none"))
        self.full = self.enter(rig.Herd())
        target = self.full.start().target()
        self.rig.load(target, "--connections", 50, "--depth", 64, "--preload", "--clients", self.clients, "--count", 1)
        target.server.process.stop()

    def round(self, number):
        for name in self.in_turns(number, ("empty", "full")):
            if name == "empty":
                self.runs[name].append(self.first_answer(self.empty, b"IAMAT kiwi +1+1 1520000000\n", b"AT "))
            else:
                question = b"WHATSAT b%08d.bench 0 0\n" % (self.clients - 1)
                self.runs[name].append(self.first_answer(self.full, question, b"AT "))

    def first_answer(self, herd, line, wanted):
        """Seconds from the exec to the first bytes of the right answer; the server is ended again."""
        herd.let_go_ports()
        server = herd["Goloman"]
        server.prefix = []  # no program before it: the core is inherited
        cores = os.sched_getaffinity(0)
        if rig.Rig.pinning:
            os.sched_setaffinity(0, {rig.SERVER_CORE} & set(range(os.cpu_count())))
        started = rig.now_s()
        try:
            server.start()
        finally:
            os.sched_setaffinity(0, cores)
        answer = self.ask(server, line, started + DEADLINE_S)
        took = rig.now_s() - started
        server.process.stop()
        if not answer.startswith(wanted):
            raise RuntimeError(f"the first answer was {answer!r}")
        return took

    def ask(self, server, line, deadline_s):
        while rig.now_s() < deadline_s:
            with socket.socket() as client:
                client.settimeout(DEADLINE_S)
                if client.connect_ex(server.clients) == 0:
                    client.sendall(line)
                    return client.recv(65536)
            if server.process.status is not None:
                raise RuntimeError(f"the server ended\n{server.process.stderr()}")
        raise RuntimeError("the server does not listen")

    def rows(self):
        return [
            at_most("start to first answer, no journal", EMPTY_BAR_MS, median(self.runs["empty"]) * 1000,
                    form="{:.1f} ms"),
            at_most(f"start to first answer, journal of {self.clients:,} clients", JOURNAL_BAR_S,
                    median(self.runs["full"]), form="{:.2f} s"),
        ]
