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
        self.play()
        self.real = self.real.herd.start()["Real"]
        self.user = self.client(self.real)

    def play(self, secret=None, **settings):
        """The herd, its neighbours played with this secret; nothing is started."""
        self.fake = self.enterContext(Neighbour("Fake", secret=secret))
        self.other = self.enterContext(Neighbour("Other", secret=secret))
        far = self.enterContext(Neighbour("Far"))
        self.real = self.herd(NAMES, LINKS, elsewhere={each.name.decode(): each.address
                                                       for each in (self.fake, self.other, far)},
                              **settings)["Real"]

    def wait_known(self, client):
        """Waits until the server knows `client`; returns its AT line."""
        return wait_until(lambda: (line := self.user.whatsat(client)[0]).startswith(b"AT ") and line,
                          lambda: f"{client!r} is known")

    def assert_unknown(self, client):
        line, body = self.user.whatsat(client)
        self.assertIsNone(body, line)
