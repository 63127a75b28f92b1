# SPDX-License-Identifier: MIT
"""More is asked than a healthy provider may be asked at once: who waits, and what is not held against it."""

import json

from scenario import Scenario


class Crowd(Scenario):
    def asking(self, server, count):
        """A connection whose `count` questions, each about another place, have been read."""
        connection = self.client(server)
        names = [b"at%d" % (self.places + number) for number in range(count)]
        for number, name in enumerate(names):
            connection.iamat(name, b"+1+1.%04d" % (self.places + number))
        connection.send(b"".join(b"WHATSAT %s 1 1\n" % name for name in names) + b"seen-%s\n" % names[0])
        self.places += count
        server.log.wait("in", line="seen-" + names[0].decode())
        return connection

    def setUp(self):
        self.places = 0
        self.fake = self.provider()
        self.fake.hold()

    def relayed(self, connection):
        body = connection.answer()[1]
        self.assertEqual(json.loads(body)["status"], "OK", body)

    def test_goes_round_by_connection(self):
        server = self.relay(self.fake, timeout_ms=60000, limits={"provider_transfers_max": 2,
                                                                 "provider_transfers_per_host_max": 2})
        greedy = [self.asking(server, 8) for _ in range(5)]
        honest = self.asking(server, 1)
        self.fake.release()
        self.relayed(honest)
        asked = [request.query["location"] for request in self.fake.requests]
        # The two under way and one of each connection go first; what was asked since was asked after it.
        self.assertLessEqual(asked.index("1,1.%04d" % (self.places - 1)), 2 + len(greedy))
        for connection in greedy:
            for _ in range(8):
                self.relayed(connection)

    def test_crowd_out(self):
        server = self.relay(self.fake, timeout_ms=60000, limits={"provider_transfers_max": 1, "provider_queue_max": 2,
                                                                 "provider_transfers_per_host_max": 1})
        first = self.asking(server, 1)
        self.fake.wait_in_flight(1)
        greedy = self.asking(server, 15)
        honest = self.asking(server, 1)
        self.fake.release()
        self.relayed(first)
        self.relayed(honest)
        self.relayed(greedy)
        for _ in range(14):
            self.assert_failure_body(greedy.answer()[1])
        self.relayed(self.asking(server, 1))  # no breaker is open

    def test_time_that_passed_in_the_queue(self):
        server = self.relay(self.fake, timeout_ms=4000, limits={"provider_transfers_max": 1,
                                                                "provider_transfers_per_host_max": 1})
        crowd = [self.asking(server, 4) for _ in range(4)]
        for connection in crowd:
            for _ in range(4):
                self.assert_failure_body(connection.answer()[1])
        self.fake.release()
        self.relayed(self.asking(server, 1))
