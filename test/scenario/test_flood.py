# SPDX-License-Identifier: MIT
"""The flood: every update reaches every server, whoever is down, started late or killed meanwhile."""

import itertools

from client import difference_ns, nanoseconds, now_text
from harness import wait_until
from herd import LINKS, NAMES, Herd
from scenario import Scenario


def islands(up, cut=()):
    """The sets of servers that are still connected with each other, by links that are not `cut`."""
    left, found = set(up), []
    while left:
        island, edge = set(), {left.pop()}
        while edge:
            island |= edge
            edge = {b if a in edge else a for a, b in set(LINKS) - set(cut) if (a in edge) != (b in edge)}
            edge &= set(up) - island
        found.append(sorted(island))
        left -= island
    return found


def order_of(line):
    """The total order of reports, from an AT line's own words."""
    _, origin, difference, _, position, stamp = line.split(b" ")
    return nanoseconds(stamp), nanoseconds(stamp) + difference_ns(difference), origin, position, stamp


class Flooding(Scenario):
    def connect(self, herd, names=NAMES):
        return {name: self.client(herd[name]) for name in names}

    def assert_everywhere(self, line, clients, client):
        """Every one of `clients` comes to answer `client` with exactly `line`."""
        for name, connection in clients.items():
            wait_until(lambda c=connection: c.whatsat(client)[0] == line,
                       lambda n=name, c=connection: f"{line!r} at {n}, which has {c.whatsat(client)[0]!r}")


class Calm(Flooding):
    """A herd in which nobody dies; every test uses client names of its own."""

    @classmethod
    def setUpClass(cls):
        cls.five = cls.enterClassContext(Herd()).start_linked()

    def setUp(self):
        self.clients = self.connect(self.five)

    def test_update_at_each_server_reaches_all(self):
        for name, connection in self.clients.items():
            client = b"from." + name.encode()
            line = connection.iamat(client, b"+34.068930-118.445127")
            self.assertTrue(line.startswith(b"AT %s " % name.encode()), line)
            self.assert_everywhere(line, self.clients, client)

    def test_bytes_survive_the_way(self):
        for client in (b"\0", b"\xff\xc0\x80", b"a\x01\x1b[31m", b'"\\', b"n" * 1024, "ü".encode(), b"-", b"AT"):
            line = self.clients["Welsh"].iamat(client, b"+000.50-118.445127/", b"00001520023934.9189639970001")
            self.assert_everywhere(line, self.clients, client)

    def test_newest_wins(self):
        self.clients["Hands"].iamat(b"moves", b"+1+1", b"1520000000.1")
        newest = self.clients["Welsh"].iamat(b"moves", b"+2+2", b"1520000000.3")
        self.clients["Wilkes"].iamat(b"moves", b"+3+3", b"1520000000.2")
        self.assert_everywhere(newest, self.clients, b"moves")

    def test_one_time_stamp_at_two_servers_at_once(self):
        for number, (one, other) in enumerate(itertools.permutations(NAMES, 2)):
            client = b"tie%d" % number
            line = b"IAMAT %s %s 1520000000\n"
            self.clients[one].send(line % (client, b"+1+1"))
            self.clients[other].send(line % (client, b"+2+2"))
            replies = [self.clients[one].line(), self.clients[other].line()]
            self.assert_everywhere(max(replies, key=order_of), self.clients, client)

    def test_many_updates_everywhere_end_equal(self):
        lines = {}
        for number in range(300):
            client = b"many%d" % (number % 20)
            name = NAMES[number % 5]
            reply = self.clients[name].iamat(client, b"+%d+%d" % (number % 90, number % 180),
                                             b"%d" % (1520000000 + number * 7919 % 300))
            lines.setdefault(client, []).append(reply)
        for client, replies in lines.items():
            self.assert_everywhere(max(replies, key=order_of), self.clients, client)

    def test_lines_per_update(self):
        """In calm an update costs at most 2E - N + 1 lines between the servers."""
        for number in range(20):
            client = b"calm%d" % number
            line = self.clients[NAMES[number % 5]].iamat(client, b"+1+1")
            self.assert_everywhere(line, self.clients, client)
        last = self.clients["Goloman"].iamat(b"calm.last", b"+1+1")
        self.assert_everywhere(last, self.clients, b"calm.last")
        for server in self.five.servers.values():  # the log has its lines in order, and is written a moment later
            wait_until(lambda log=server.log: b" calm.last " in log.raw(), f"calm.last in the log of {server.name}")
        heard = [value for server in self.five.servers.values() for event in server.log.events("in")
                 for value in event.values() if value.startswith("AT ")]
        for number in range(20):
            count = sum(f" calm{number} " in line for line in heard)
            self.assertTrue(4 <= count <= 2 * len(LINKS) - len(NAMES) + 1, count)

    def test_a_neighbour_knows_when_the_client_has_its_reply(self):
        pairs = [pair for link in LINKS for pair in (link, link[::-1])]
        for number in range(1000):
            told, asked = pairs[number % len(pairs)]
            client = b"soon%d" % number
            line = self.clients[told].iamat(client, b"+34.068930-118.445127")
            self.assertEqual(self.clients[asked].whatsat(client)[0], line, f"{asked} after {told}, number {number}")


class Trouble(Flooding):
    def test_middle_server_killed_and_restarted(self):
        herd = self.herd().start_linked()
        clients = self.connect(herd)
        before = clients["Welsh"].iamat(b"before", b"+1+1")
        own = clients["Holiday"].iamat(b"own", b"+1+1")
        self.assert_everywhere(before, clients, b"before")
        self.assert_everywhere(own, clients, b"own")
        herd.kill("Holiday")
        for name in ("Goloman", "Wilkes", "Welsh"):
            herd[name].log.wait("link_down", peer="Holiday")
        rest = {name: clients[name] for name in NAMES if name != "Holiday"}
        meanwhile = {}
        for number in range(200):
            name = ("Goloman", "Hands", "Wilkes", "Welsh")[number % 4]
            client = b"while%d" % (number % 50)
            meanwhile[client] = rest[name].iamat(client, b"+%d+%d" % (number % 90, number % 180), b"%d" % (10**9 + number))
        newer = rest["Hands"].iamat(b"own", b"+2+2")
        herd.start("Holiday")
        herd.wait_links()
        rest["Holiday"] = self.client(herd["Holiday"])
        for client, line in {**meanwhile, b"before": before, b"own": newer}.items():
            for name, connection in rest.items():
                wait_until(lambda c=connection, k=client, l=line: c.whatsat(k)[0] == l, f"{line!r} at {name}")

    def test_a_server_that_comes_back_empty_is_told_its_own_clients(self):
        herd = self.herd().start_linked()
        clients = self.connect(herd)
        lines = {b"mine%d" % number: clients["Welsh"].iamat(b"mine%d" % number, b"+1+1") for number in range(20)}
        for client, line in lines.items():
            self.assert_everywhere(line, clients, client)
        herd.kill("Welsh")
        herd.start("Welsh")
        herd.wait_links()
        back = {"Welsh": self.client(herd["Welsh"])}
        for client, line in lines.items():
            self.assert_everywhere(line, back, client)

    def test_started_in_any_order(self):
        for order in (NAMES, NAMES[::-1], ("Welsh", "Hands", "Goloman", "Wilkes", "Holiday")):
            with self.subTest(order=order), Herd() as herd:
                lines = {}
                for name in order:
                    herd.start(name)
                    client = b"first." + name.encode()
                    lines[client] = self.client(herd[name]).iamat(client, b"+1+1")
                herd.wait_links()
                clients = self.connect(herd)
                for client, line in lines.items():
                    self.assert_everywhere(line, clients, client)

    def test_every_pair_down(self):
        herd = self.herd().start_linked()
        for pair in itertools.combinations(NAMES, 2):
            with self.subTest(down=pair):
                self.pair_down(herd, pair)

    def pair_down(self, herd, pair):
        herd.kill(*pair)
        clients = self.connect(herd, [name for name in NAMES if name not in pair])
        lines = {}
        for island in islands(clients):
            client = b"-".join(name.encode() for name in island + list(pair))
            lines[client] = clients[island[-1]].iamat(client, b"+1+1", now_text())
            self.assert_everywhere(lines[client], {name: clients[name] for name in island}, client)
        herd.start(*pair)
        herd.wait_links()
        clients.update(self.connect(herd, pair))
        for client, line in lines.items():
            self.assert_everywhere(line, clients, client)
