# SPDX-License-Identifier: MIT
"""The base of the scenarios that play a server's neighbours by hand."""

from harness import wait_until
from neighbour import Neighbour
from scenario import Scenario

NAMES = ("Real", "Fake", "Other", "Far")
LINKS = (("Real", "Fake"), ("Real", "Other"), ("Other", "Far"))


class Peers(Scenario):
    """Real is the server under test; Fake and Other are its neighbours and ours to play, Far is nobody's."""

    def setUp(self):
        self.fake = self.enterContext(Neighbour("Fake"))
        self.other = self.enterContext(Neighbour("Other"))
        far = self.enterContext(Neighbour("Far"))
        herd = self.herd(NAMES, LINKS, elsewhere={each.name.decode(): each.address for each in (self.fake, self.other, far)})
        self.real = herd.start()["Real"]
        self.user = self.client(self.real)

    def wait_known(self, client):
        """Waits until the server knows `client`; returns its AT line."""
        return wait_until(lambda: (line := self.user.whatsat(client)[0]).startswith(b"AT ") and line,
                          lambda: f"{client!r} is known")

    def assert_unknown(self, client):
        line, body = self.user.whatsat(client)
        self.assertIsNone(body, line)
