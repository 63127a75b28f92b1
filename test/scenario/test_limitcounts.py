# SPDX-License-Identifier: MIT
"""Limits come from the configuration, and the state that SIGUSR1 logs says how often each has bitten."""

import signal

from client import Client, now_text
from harness import wait_until
from provider import drip, huge, well
from scenario import Scenario


class Counted(Scenario):
    def counts(self, server, event):
        since = server.log.size()
        server.process.send_signal(signal.SIGUSR1)
        return server.log.wait(event, since)[-1]

    def assert_counts(self, server, event, **expected):
        found = self.counts(server, event)
        self.assertEqual({key: found.get(key) for key in expected}, {key: str(value) for key, value in expected.items()})


class OfClients(Counted):
    def test_nothing_has_bitten(self):
        server = self.lone()
        self.client(server).iamat(b"kiwi", b"+1+1")
        fields = self.counts(server, "state_limits")
        self.assertGreaterEqual(len(fields), 15)
        for key, value in fields.items():
            if key not in ("ts", "level", "server", "event"):
                self.assertEqual(value, "0", key)

    def test_clients_and_lines(self):
        server = self.lone(limits={"clients_max": 2, "line_bytes_max": 256})
        connection = self.client(server)
        for name in (b"a", b"b"):
            self.assertTrue(connection.iamat(name, b"+1+1").startswith(b"AT "))
        connection.ask(b"x" * 256)
        self.assert_counts(server, "state_limits", clients_max=0, line_bytes_max=0)
        self.assertTrue(connection.iamat(b"c", b"+1+1").startswith(b"? "))
        connection.ask(b"x" * 257)
        self.assert_counts(server, "state_limits", clients_max=1, line_bytes_max=1)

    def test_lines_without_end(self):
        server = self.lone(limits={"line_timeout_ms": 100})
        connection = self.client(server)
        connection.send(b"half")
        connection.rest()
        self.assert_counts(server, "state_limits", line_timeout_ms=1, line_quiet_ms=0)
        server = self.lone(protocol={"line_quiet_ms": 10})
        connection = self.client(server)
        connection.send(b"half")
        connection.line()
        self.assert_counts(server, "state_limits", line_timeout_ms=0, line_quiet_ms=1)

    def test_new_clients(self):
        server = self.lone(limits={"new_clients_per_second_max": 1}, protocol={"max_future_s": 100})
        connection = self.client(server)
        connection.send(b"".join(b"IAMAT c%d +1+1 1\n" % number for number in range(50)))
        refused = sum(connection.line().startswith(b"? ") for _ in range(50))
        self.assertGreater(refused, 0)
        self.assertTrue(connection.iamat(b"late", b"+1+1", now_text(10000)).startswith(b"? "))
        self.assert_counts(server, "state_limits", new_clients_per_second_max=refused, max_future_s=1)

    def test_turns_and_pauses(self):
        fake = self.provider()
        server = self.relay(fake, limits={"lines_per_turn_max": 10, "whatsat_per_connection_max": 2})
        connection = self.client(server)
        connection.send(b"".join(b"junk %d\n" % number for number in range(100)))
        for number in range(100):
            self.assertEqual(connection.line(), b"? junk %d" % number)
        self.assertGreaterEqual(int(self.counts(server, "state_limits")["lines_per_turn_max"]), 9)
        connection.iamat(b"kiwi", b"+1+1")
        fake.hold()
        connection.send(b"WHATSAT kiwi 1 1\nWHATSAT kiwi 2 1\nWHATSAT kiwi 3 1\n")
        fake.wait_in_flight(2)
        self.assert_counts(server, "state_limits", whatsat_per_connection_max=1)
        fake.release()
        for _ in range(3):
            self.assertTrue(connection.answer()[0].startswith(b"AT "))

    def test_most_questions_in_flight(self):
        """The greatest value that the option takes is a limit like any other."""
        most = 65536
        fake = self.provider()
        server = self.relay(fake, timeout_ms=600000, limits={"whatsat_per_connection_max": most}, log={"wire": False})
        connection = self.client(server)
        connection.iamat(b"kiwi", b"+1+1")
        fake.hold()
        question = b"WHATSAT kiwi 1 0\n"
        connection.send(question * (most - 1))
        wait_until(lambda: self.counts(server, "state")["whatsat"] == str(most - 1), "all but one are in flight")
        self.assert_counts(server, "state_limits", whatsat_per_connection_max=0)
        connection.send(question * 3)
        wait_until(lambda: self.counts(server, "state_limits")["whatsat_per_connection_max"] == "1", "it has stopped")
        self.assert_counts(server, "state", whatsat=most)
        fake.release()
        for _ in range(most + 2):
            self.assertTrue(connection.answer()[0].startswith(b"AT "))

    def test_fields_of_the_log(self):
        server = self.lone(limits={"log_field_bytes_max": 64})
        connection = self.client(server)
        for length in (64, 65):
            connection.ask(b"y" * length)
        server.log.wait("in", count=2)
        self.assertEqual([event["line"] for event in server.log.events("in")], ["y" * 64, "y" * 64 + "..."])


class Told(Counted):
    """A limit that turns clients away says so in the log: once when it begins to, once when it no longer does."""

    def assert_told(self, server, key, value, refused):
        """At least `refused`: who looks whether the server listens connects, too."""
        told = server.log.wait("limit_eased", limit=key)
        self.assertEqual([(entry["level"], entry["value"]) for entry in told], [("warning", str(value))], key)
        counted = self.counts(server, "state_limits")[key.split(".")[1]]
        self.assertEqual(told[0]["refused"], counted, key)
        self.assertGreaterEqual(int(counted), refused, key)

    def heard(self, server):
        """A connection that was let in, or None."""
        connection = self.client(server)
        try:
            connection.ask(b"here")
        except (EOFError, ConnectionError):
            return None
        return connection

    def turned_away(self, server, connection):
        """Connections beyond connections_max, each of which is closed unheard."""
        for _ in range(3):
            self.assertEqual(self.client(server).rest(), b"")
        for name in (b"a", b"b", b"c"):
            connection.iamat(name, b"+1+1")
        self.assertTrue(connection.iamat(b"a", b"+2+2", now_text(1000)).startswith(b"? "))

    def test_begin_and_end(self):
        server = self.lone(limits={"connections_max": 1, "clients_max": 2, "peer_strangers_max": 4},
                           protocol={"max_future_s": 300})
        connection = wait_until(lambda: self.heard(server), "the only place is taken")
        self.turned_away(server, connection)
        for _ in range(7):
            self.enterContext(Client(server.peers))
        expected = (("limits.connections_max", 1, 3), ("limits.clients_max", 2, 1), ("protocol.max_future_s", 300, 1),
                    ("limits.peer_strangers_max", 4, 3))
        for key, _, _ in expected:
            server.log.wait("limit_reached", limit=key)
        for key, value, refused in expected:
            self.assert_told(server, key, value, refused)
        self.assertEqual(len(server.log.events("limit_reached")), len(expected))
        self.assertTrue(all(event["level"] == "warning" for event in server.log.events("limit_reached")))

    def test_too_many_new_clients(self):
        server = self.lone(limits={"new_clients_per_second_max": 1})
        connection = self.client(server)
        connection.send(b"".join(b"IAMAT c%d +1+1 1\n" % number for number in range(50)))
        told = server.log.wait("limit_reached", limit="limits.new_clients_per_second_max")
        self.assertEqual(told[0]["value"], "1")


class OfPeers(Counted):
    def test_strangers_make_room(self):
        """Who stays silent on the peer port goes when others come: a neighbour that was killed is linked again at once."""
        herd = self.herd(("Goloman", "Hands"), (("Goloman", "Hands"),)).start_linked()
        server = herd["Goloman"]
        for _ in range(120):
            self.enterContext(Client(server.peers))
        herd.kill("Hands")
        server.log.wait("link_down", peer="Hands", count=2)
        since = server.log.size()
        herd.start("Hands")
        server.log.wait("link_up", since, peer="Hands", count=2)
        counts = self.counts(server, "state_limits")
        self.assertGreater(int(counts["strangers_evicted"]), 0)
        self.assertEqual(counts["peer_connections"], "0")  # nobody was turned away, so neither was Hands


class OfProviders(Counted):
    def relayed(self, connection, fake, answer):
        """Whether the provider's answer comes through; if not it must be a failure."""
        fake.answer = answer
        body = connection.whatsat(b"kiwi", b"1", b"20")[1]
        if b"UNKNOWN_ERROR" in body:
            self.assert_failure_body(body)
            return False
        return True

    def knowing(self, server):
        """A connection to a server that knows of a client."""
        connection = self.client(server)
        connection.iamat(b"kiwi", b"+1+1")
        return connection

    def test_answers(self):
        fake = self.provider()
        server = self.relay(fake, limits={"provider_bytes_max": 1024, "provider_depth_max": 4,
                                          "provider_header_bytes_max": 1024, "provider_breaker_failures": 0})
        connection = self.knowing(server)
        self.assertTrue(self.relayed(connection, fake, huge(1024)))
        self.assertFalse(self.relayed(connection, fake, huge(1025)))
        self.assertTrue(self.relayed(connection, fake, well(b'{"a":[[[1]]]}')))
        self.assertFalse(self.relayed(connection, fake, well(b'{"a":[[[[1]]]]}')))
        self.assertTrue(self.relayed(connection, fake, well(b"{}", X_Long="x" * 900)))
        self.assertFalse(self.relayed(connection, fake, well(b"{}", X_Long="x" * 1024)))
        self.assert_counts(server, "state_places", requests=6, failures=3, provider_bytes_max=1, provider_depth_max=1,
                           provider_header_bytes_max=1, provider_breaker_failures=0, left_alone=0)

    def test_breaker(self):
        fake = self.provider()
        server = self.relay(fake, limits={"provider_breaker_failures": 2, "provider_breaker_ms": 3600000})
        connection = self.knowing(server)
        for _ in range(2):
            self.assertFalse(self.relayed(connection, fake, well(b"junk")))
        self.assertFalse(self.relayed(connection, fake, well(b"{}")))
        self.assertEqual(len(fake.requests), 2)
        self.assert_counts(server, "state_places", provider_breaker_failures=1, left_alone=1)

    def test_queue(self):
        fake = self.provider()
        server = self.relay(fake, limits={"provider_transfers_max": 1, "provider_transfers_per_host_max": 1,
                                          "provider_queue_max": 1})
        connections = [self.knowing(server) for _ in range(3)]
        fake.hold()
        connections[0].send(b"WHATSAT kiwi 1 1\n")
        fake.wait_in_flight(1)
        connections[1].send(b"WHATSAT kiwi 2 1\n")
        connections[1].send(b"seen\n")
        server.log.wait("in", line="seen")
        self.assert_failure_body(connections[2].whatsat(b"kiwi", b"3", b"1")[1])
        self.assert_counts(server, "state_places", provider_transfers_max=2, provider_queue_max=1, waited_too_long=0)
        self.assertEqual(server.log.wait("places_crowded")[-1]["provider_queue_max"], "1")
        fake.release()
        for connection in connections[:2]:
            self.assertNotIn(b"UNKNOWN_ERROR", connection.answer()[1])

    def test_too_slow(self):
        fake = self.provider()
        server = self.relay(fake, timeout_ms=600000, limits={"provider_slow_bytes_per_second": 1000, "provider_slow_s": 1})
        self.assertFalse(self.relayed(self.knowing(server), fake, drip))
        self.assert_counts(server, "state_places", timeouts=1, failures=1)
