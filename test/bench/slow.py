# SPDX-License-Identifier: MIT
"""
One neighbour reads 20 KiB/s, while clients change at a rate far beyond that.

The neighbour is played by hand. Of each client it keeps the time of the newest
report; a client's staleness is the age of that one just before the next
arrives.
"""

import threading
import time

import rig
from client import nanoseconds
from harness import wait_until
from neighbour import Neighbour
from subject import Subject
from tables import Row, at_most, told

READ_BYTES_S = 20 * 1024
SLICE_S = 0.05
RATE = 20000
RSS_GROWTH_BAR = 1.05
SLOWDOWN_BAR = 1.2


class SlowReader(threading.Thread):
    """Takes the flood in slices and notes how old its news is."""

    def __init__(self, session):
        super().__init__(daemon=True)
        self.session = session
        self.ending = threading.Event()
        self.times = {}  # client -> time of its newest report
        self.staleness_s = 0.0
        self.bytes = 0
        self.lines = 0
        self.ended = False
        self.cut_after_s = None
        self.rest = b""

    def run(self):
        started = due = time.monotonic()
        while not self.ending.is_set() and not self.ended:
            try:
                data = self.session.receive_once(int(READ_BYTES_S * SLICE_S))
            except ConnectionError:
                data = b""
            self.ended = not data
            self.take(data)
            self.cut_after_s = time.monotonic() - started if self.ended else None
            due = max(due + len(data) / READ_BYTES_S, time.monotonic() - SLICE_S)
            self.ending.wait(max(0, due - time.monotonic()))

    def take(self, data):
        self.bytes += len(data)
        *lines, self.rest = (self.rest + data).split(b"\n")
        now_s = time.time()
        for line in lines:
            fields = line.split(b" ")
            if fields[0] != b"AT":
                continue
            self.lines += 1
            if fields[3].startswith(b"hop"):
                continue  # the probe's, which stop changing
            known = self.times.get(fields[3])
            if known is not None:
                self.staleness_s = max(self.staleness_s, now_s - known)
            self.times[fields[3]] = nanoseconds(fields[5]) / 1e9

    def stop(self):
        """Whoever was heard long ago is stale at the end, too."""
        self.ending.set()
        self.join()
        now_s = time.time()
        self.staleness_s = max([self.staleness_s, *(now_s - heard for heard in self.times.values())])


class Slow(Subject):
    name = "slow"
    title = "A slow neighbour"
    rounds_max = 1  # it takes a minute to see anything

    def open(self):
        self.clients = self.rig.pick(8000, 100)
        self.seconds = self.rig.pick(90, 3)
        self.samples = self.rig.pick(1000, 20)
        # Queues are full first: memory is compared between here and the end.
        self.settled_lines = self.rig.pick(self.clients // 2, 50)

    def round(self, number):
        with rig.Herd(("Goloman", "Hands"), (("Goloman", "Hands"),)) as herd:
            herd.start_linked()
            self.alone = self.under_load(herd.target(), herd.target("Hands"))
        with Neighbour("Slow") as slow:
            links = (("Goloman", "Hands"), ("Goloman", "Slow"))
            with rig.Herd(("Goloman", "Hands", "Slow"), links, elsewhere={"Slow": slow.address}) as herd:
                self.with_slow(herd, slow)

    def with_slow(self, herd, slow):
        herd.start()
        reader = SlowReader(slow.accept())
        wait_until(lambda: herd["Goloman"].links_up("Hands") == 2, "Goloman and Hands are linked")
        reader.start()
        try:
            self.beside = self.under_load(herd.target(), herd.target("Hands"), reader)
        finally:
            reader.stop()
        if reader.staleness_s == 0 or self.rig.smoke and reader.ended:
            raise RuntimeError(f"the slow neighbour heard no client twice, or was cut off: {reader.cut_after_s}")
        rig.wait_equal([herd.target(), herd.target("Hands")], self.known)
        self.note(reader)

    def under_load(self, middle, other, reader=None):
        """Puts the load on `middle`; what a report needs to the other neighbour meanwhile."""
        seconds = self.seconds if reader else self.rig.pick(5, 1)
        result = {}

        def load():
            result["run"] = self.rig.load(middle, "--connections", 50, "--rate", RATE, "--clients", self.clients,
                                          "--seconds", seconds)

        thread = threading.Thread(target=load)
        thread.start()
        try:
            if reader:
                wait_until(lambda: reader.lines >= self.settled_lines or reader.ended, "news at the slow one", 60)
                self.rss = [rig.rss_bytes(middle.pid)]
            result["hop"] = rig.run_json([self.rig.program("hop"), middle.address, other.address, self.samples])
        finally:
            thread.join()
        if "run" not in result:
            raise RuntimeError("the load failed")
        if reader:
            self.rss.append(rig.rss_bytes(middle.pid))
        self.known = int(middle.state()["clients"])
        return result

    def note(self, reader):
        self.line_bytes = reader.bytes / max(1, reader.lines)
        self.read = reader.bytes
        self.staleness_s = reader.staleness_s
        self.heard = len(reader.times)
        self.cut_after_s = reader.cut_after_s

    def rows(self):
        bar_s = 2 * self.clients * self.line_bytes / READ_BYTES_S
        growth = self.rss[1] / self.rss[0]
        before, after = self.alone["hop"], self.beside["hop"]
        stayed = self.cut_after_s is None
        rows: list[Row] = [
            Row("the neighbour stays connected", "yes", "yes" if stayed else f"cut off after {self.cut_after_s:.0f} s",
                stayed),
            at_most(f"staleness of {self.clients:,} hot clients at a neighbour that reads 20 KiB/s, {RATE:,} IAMAT/s",
                    bar_s, self.staleness_s, form="{:.1f} s",
                    note=f"2 x N x {self.line_bytes:.0f} bytes / rate; {self.read:,} bytes read in {self.seconds} s"),
            Row("of them it has heard of", f"{self.clients:,}", f"{self.heard:,}", self.heard >= self.clients),
            at_most("memory of the server meanwhile, at the end against the beginning", RSS_GROWTH_BAR, growth,
                    note=f"{self.rss[0] / 2**20:.1f} and {self.rss[1] / 2**20:.1f} MiB"),
            at_most("from the server to its other neighbour, p50, against without the slow one", SLOWDOWN_BAR,
                    after["p50_us"] / before["p50_us"],
                    note=f"{after['p50_us']:,.0f} us against {before['p50_us']:,.0f} us; "
                         f"p99 {after['p99_us']:,.0f} us against {before['p99_us']:,.0f} us"),
            told("IAMAT p99, against without the slow one",
                 f"{self.beside['run']['p99_us']:,.0f} us against {self.alone['run']['p99_us']:,.0f} us"),
        ]
        return rows
