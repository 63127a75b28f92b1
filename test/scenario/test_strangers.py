# SPDX-License-Identifier: MIT
"""Strangers at the neighbours' address: how many may wait there, who goes, and that they keep no neighbour out."""

import os
import signal
import socket

from distance import Distance
from hammer import Hammer
from harness import Ports, own_address, wait_until
from herd import Herd, Server, address_text
from neighbour import Session, new_incarnation
from scenario import Scenario
from test_secrets import beyond_loopback

DELAY_S = 0.1  # each way
COMES_IN_S = 60  # far longer than it takes, since strangers, way and servers share this machine with others
SECRET = "what only the servers of this herd know"


def another_address(number, last=None):
    """A loopback address like own_address(), and another one for each number from 1 to 2."""
    first, second, third, fourth = own_address().split(".")
    return f"{first}.{int(second) + 64 * number}.{third}.{fourth if last is None else last}"


NEIGHBOUR, STRANGER = another_address(1), another_address(2)


def stranger_addresses(count):
    return [another_address(2, number) for number in range(1, count + 1)]


class Pair(Herd):
    """Goloman, and its neighbour Hands at an address of its own, for which it is as far as `delay_s` says."""

    def __init__(self, delay_s=0, **sections):
        super().__init__(("Goloman", "Hands"), (("Goloman", "Hands"),), **sections)
        self._delay_s = delay_s
        self._way = None

    def settle(self):
        self._ports, far = Ports(), Ports(NEIGHBOUR)
        self._sections["secret_file"] = self.write_file("secret", SECRET + "\n")
        for name, ports in (("Goloman", self._ports), ("Hands", far)):
            self.servers[name] = Server(self, name, (ports.address, ports.take()), (ports.address, ports.take()))
        far.let_go()
        if self._delay_s > 0:
            self._close_way()
            self._way = Distance(own_address(), self["Goloman"].peers, NEIGHBOUR, self._delay_s)
        self.write_file("herd.conf", self.config_text())

    def config_text(self, **sections):
        dialled = self._way.address if self._way else self["Goloman"].peers
        servers = tuple({"name": each.name, "clients": address_text(each.clients), "peers_listen": address_text(each.peers),
                         "peers": address_text(dialled if each.name == "Goloman" else each.peers),
                         "peer_source": each.clients[0]} for each in self.servers.values())
        return super().config_text(servers=servers, **sections)

    def _close_way(self):
        if self._way:
            self._way.__exit__()
        self._way = None

    def __exit__(self, *exception):
        self._close_way()
        super().__exit__(*exception)


class Strangers(Scenario):
    def pair(self, delay_s=0, **sections):
        return self.enterContext(Pair(delay_s, **sections))

    def counts(self, server):
        since = server.log.size()
        server.process.send_signal(signal.SIGUSR1)
        return server.log.wait("state_limits", since)[-1]

    @staticmethod
    def hello():
        return b"HELLO 1-1 herd Hands %s %s\n" % (new_incarnation(), os.urandom(16).hex().encode())


class Places(Strangers):
    """How many may wait, at each limit and one past it, and who goes."""

    def setUp(self):
        self.start()

    def start(self, **limits):
        self.run_one(self.pair(limits=limits))

    def run_one(self, pair, **options):
        self.server = pair.start("Goloman", **options)["Goloman"]
        self.server.log.wait("peer_refused")  # whoever looked whether it listens has left again

    def connect(self, source, *lines):
        connected = socket.create_connection(self.server.peers, source_address=(source, 0))
        session = Session(connected=connected)
        self.addCleanup(session.close)
        for line in lines:
            session.send(line)
        return session

    def greet(self, *sessions):
        """All at once, for they have not long to do so; returns the first."""
        for session in sessions:
            session.send(self.hello())
        for session in sessions:
            self.assertTrue(session.line().startswith(b"HELLO 1 "))
        return sessions[0]

    def assert_gone(self, *sessions):
        for session in sessions:
            self.assertEqual(session.gone(), b"")

    def assert_counts(self, **expected):
        counts = self.counts(self.server)
        self.assertEqual({key: int(counts[key]) for key in expected}, expected)

    def test_sixteen_and_seventeen(self):
        sessions = [self.connect(STRANGER) for _ in range(17)]
        self.assert_gone(sessions[0])
        self.greet(*sessions[1:])
        self.assert_counts(strangers_evicted=1, peer_strangers_max=1, peer_strangers_per_address_max=0)

    def test_who_is_silent_goes_first(self):
        early = [self.greet(self.connect(STRANGER)) for _ in range(15)]
        silent = self.connect(STRANGER)
        late = self.connect(STRANGER)
        self.assert_gone(silent)
        self.greet(late)
        self.connect(another_address(2, 9))  # all have said it: the oldest of the address that holds most
        self.assertEqual(early[0].gone(), b"")
        self.assertTrue(all(session.silent() for session in early[1:]))

    def test_sixty_four_and_sixty_five_of_a_neighbour(self):
        strangers = [self.connect(STRANGER) for _ in range(16)]
        sessions = [self.connect(NEIGHBOUR) for _ in range(65)]
        self.assert_gone(sessions[0])
        self.greet(sessions[1], sessions[64], *strangers)
        self.assert_counts(strangers_evicted=1, peer_strangers_max=0)

    def test_two_and_three_after_hello(self):
        sessions = [self.greet(self.connect(NEIGHBOUR)) for _ in range(3)]
        self.assert_gone(sessions[0])
        self.assertTrue(sessions[1].silent() and sessions[2].silent())
        self.assert_counts(strangers_evicted=1, peer_strangers_max=0)

    def test_limits_of_the_configuration(self):
        self.start(peer_strangers_max=3, peer_strangers_per_address_max=1)
        sessions = [self.connect(STRANGER) for _ in range(4)]  # loopback has no share
        self.assert_gone(sessions[0])
        self.assert_counts(strangers_evicted=1, peer_strangers_max=1, peer_strangers_per_address_max=0)

    def test_four_and_five_of_one_address(self):
        address = beyond_loopback()
        if address is None:
            self.skipTest("this machine has no address but loopback")
        sessions = [self.connect(address) for _ in range(5)]
        self.assert_gone(sessions[0])
        self.greet(*sessions[1:])
        self.assert_counts(strangers_evicted=1, peer_strangers_max=0, peer_strangers_per_address_max=1)

    def test_a_hello_that_is_here_already(self):
        """However many came in the same turn, who has sent HELLO is not taken for silent."""
        self.start(accepts_per_turn_max=1000)
        self.server.process.send_signal(signal.SIGSTOP)
        neighbour = self.connect(NEIGHBOUR, self.hello())
        crowd = [self.connect(NEIGHBOUR) for _ in range(200)]
        self.server.process.send_signal(signal.SIGCONT)
        self.assertTrue(neighbour.line().startswith(b"HELLO 1 "))
        self.assert_gone(*crowd[:200 - 64])

    def test_few_descriptors(self):
        """Where there are few, those before HELLO are fewer, and never all there are."""
        self.run_one(self.pair(), descriptors_max=200)
        sessions = [self.connect(NEIGHBOUR) for _ in range(33)]
        self.assert_gone(sessions[0])  # 50 - 16 - 2 of them
        self.greet(sessions[1])
        self.assertEqual(self.client(self.server).ask(b"hello"), b"? hello")


class ComesIn(Strangers):
    """A distant neighbour beside thousands of connections a second."""

    def comes_in(self, sources, say=b"", rate=3000):
        pair = self.pair(DELAY_S)
        server = pair.start("Goloman")["Goloman"]
        with Hammer(server.peers, sources, rate, say):
            pair.start("Hands")
            server.log.wait("link_up", peer="Hands", direction="in", deadline_s=COMES_IN_S)

    def test_from_elsewhere(self):
        self.comes_in([STRANGER])

    def test_from_many_addresses(self):
        self.comes_in(stranger_addresses(200))

    def test_from_elsewhere_with_hello(self):
        self.comes_in(stranger_addresses(20), self.hello())

    def test_from_its_own_address(self):
        self.comes_in([NEIGHBOUR])

    def test_from_its_own_address_with_half_a_hello(self):
        self.comes_in([NEIGHBOUR], self.hello()[:20])


class Unharmed(Strangers):
    """What is there already does not notice."""

    def test_link_and_clients(self):
        pair = self.pair()
        pair.start("Goloman", "Hands")
        pair.wait_links()
        server, other = pair["Goloman"], self.client(pair["Hands"])
        user = self.client(server)
        for sources, say in (([NEIGHBOUR], b""), ([NEIGHBOUR], self.hello()), (stranger_addresses(50), self.hello()),
                             (stranger_addresses(50), b"junk\n")):
            with self.subTest(sources=len(sources), say=say), Hammer(server.peers, sources, 3000, say):
                for number in range(20):
                    line = user.iamat(b"kiwi", b"+1+%d" % number)
                    wait_until(lambda l=line: other.whatsat(b"kiwi")[0] == l, "what the neighbour was told")
        for each in pair.running():
            self.assertEqual(each.log.events("link_down"), [])
        self.assertLess(server.process.descriptors(), 200)
