# SPDX-License-Identifier: MIT
"""The herd cut in two, in every way: both sides go on, and are one again soon after the cut is healed."""

import contextlib
import itertools

from faults import Faults, descriptors
from harness import wait_until
from herd import LINKS, NAMES
from network import SECRET, Network, RoutedHerd
from test_flood import islands, order_of

AT_ONCE = 5


def splits():
    """One side of each way to cut the herd in two: the one without the first server."""
    rest = NAMES[1:]
    return [side for size in range(1, len(rest) + 1) for side in itertools.combinations(rest, size)]


class Split:
    """A herd, one side of its cut, and what its clients were told."""

    def __init__(self, herd, side):
        self.herd = herd
        self.side = side
        self.sides = set(side), set(NAMES) - set(side)
        self.links = [link for link in LINKS if (link[0] in side) != (link[1] in side)]
        self.clients = {}
        self.lines = {}
        self.descriptors = {}

    def told(self, client, line):
        """Notes a reply; of several about one client the newest."""
        self.lines[client] = max(self.lines.get(client, line), line, key=order_of)

    def update(self, what):
        """An update at each server, and one client that is seen by them all in turn."""
        for name, connection in self.clients.items():
            own = b"%s.%s" % (what, name.encode())
            self.told(own, connection.iamat(own, b"+34.068930-118.445127"))
            self.told(b"wanders", connection.iamat(b"wanders", b"+34.068930-118.445127"))


class Partitions(Faults):
    @classmethod
    def setUpClass(cls):
        cls.network = cls.enterClassContext(Network())

    def test_every_two_way_split(self):
        left = splits()
        self.assertEqual(len(left), 15)
        while left:
            with contextlib.ExitStack() as stack:
                self.cut_and_heal([Split(stack.enter_context(RoutedHerd(self.network)), side)
                                   for side in left[:AT_ONCE]])
            left = left[AT_ONCE:]

    def cut_and_heal(self, all_splits):
        for split in all_splits:
            split.herd.start()
        for split in all_splits:
            split.herd.wait_links()
            split.clients = self.connect(split.herd)
            split.update(b"before")
            self.assert_equal(split.clients, split.lines)
            split.descriptors = descriptors(split.herd)
        pairs = [pair for split in all_splits for pair in split.herd.between(split.side)]
        self.network.cut(pairs)
        for split in all_splits:
            split.update(b"into.the.cut")
        for split in all_splits:
            self.assert_noticed(split)
            split.update(b"apart")
            self.assert_apart(split)
        self.network.heal(pairs)
        for split in all_splits:
            with self.subTest(side=split.side):
                self.assert_equal(split.clients, split.lines)
                self.assert_one_state(split.herd)
                self.assert_descriptors(split.herd, split.descriptors)
                self.assert_sane_logs(split.herd)
                self.assert_secret_kept(split.herd)

    def assert_secret_kept(self, herd):
        for server in herd.running():
            self.assertNotIn(SECRET.encode(), server.log.raw(), server.name)

    def assert_noticed(self, split):
        for link in split.links:
            for here, there in (link, link[::-1]):
                server = split.herd[here]
                wait_until(lambda s=server, p=there: s.links_up(p) == 0, f"{here} gives up {there}")

    def assert_apart(self, split):
        """What was told on this side of the cut is known on this side only, wherever a way leads."""
        for island in islands(NAMES, split.links):
            inside = {name: split.clients[name] for name in island}
            for name in island:
                client = b"apart." + name.encode()
                self.assert_everywhere(split.lines[client], inside, client)
            for name in set(NAMES) - set(island):
                line = b"WHATSAT apart.%s 1 0" % island[0].encode()
                self.assertEqual(split.clients[name].ask(line), b"? " + line, f"{name} knows {island[0]}'s client")
