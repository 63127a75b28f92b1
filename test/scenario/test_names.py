# SPDX-License-Identifier: MIT
"""Servers that no configuration names: those that are gone, and those that only others know."""

from harness import wait_until
from neighbour import Neighbour, at_line
from scenario import Scenario

ORIGINS = 1000  # names have a byte in records, so this is more than a table of them holds


class Names(Scenario):
    def assert_known(self, server, origins):
        with server.client() as connection:
            for client, origin in origins.items():
                wait_until(lambda: connection.whatsat(client)[0].startswith(b"AT %s " % origin),
                           lambda: f"{server.name} knows that {client!r} was at {origin!r}")

    def test_origins_that_come_and_go(self):
        """They are told on, survive a restart, and keep no server out that is configured and speaks late."""
        with Neighbour("Fake") as fake, Neighbour("Late") as late:
            herd = self.herd(("Real", "Other", "Fake", "Late"), (("Real", "Other"), ("Real", "Fake"), ("Fake", "Late")),
                             elsewhere={"Fake": fake.address, "Late": late.address})
            herd.start("Real", "Other")
            origins = {b"c%d" % number: b"gone-%d" % number for number in range(ORIGINS)}
            session, _ = fake.dial(herd["Real"])
            session.say(*(at_line(client, origin=origin, visited=(origin, b"Fake"))
                          for client, origin in origins.items()))
            session.say(at_line(b"tram", origin=b"Late", visited=(b"Late", b"Fake")))
            origins[b"tram"] = b"Late"
            for server in (herd["Real"], herd["Other"]):
                self.assert_known(server, origins)
                self.assertEqual(server.log.events("at_dropped"), [])
            herd.kill("Real", "Other")
            self.assert_known(herd.start("Real")["Real"], origins)

    def test_way(self):
        """Of the servers that a report came through those are told that the configuration names, neighbours or not."""
        with Neighbour("Fake") as fake, Neighbour("Ear") as ear, Neighbour("Far") as far:
            herd = self.herd(("Real", "Fake", "Ear", "Far"),
                             (("Real", "Fake"), ("Real", "Ear"), ("Fake", "Far")),
                             elsewhere={"Fake": fake.address, "Ear": ear.address, "Far": far.address})
            herd.start("Real")
            told = ear.accept()
            session, _ = fake.dial(herd["Real"])
            for number, origin in enumerate((b"Far", b"gone")):
                session.say(at_line(b"c%d" % number, origin=origin, visited=(b"Far", b"gone", b"Fake")))
                self.assertEqual(told.next(b"AT"), at_line(b"c%d" % number, origin=origin,
                                                           visited=(b"Far", b"Fake", b"Real")))
