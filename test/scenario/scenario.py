# SPDX-License-Identifier: MIT
"""The base of all scenarios: a herd per class, and assertions in the protocol's words."""

import re
import time
import unittest

from client import difference_ns, nanoseconds
from herd import Herd
from provider import Provider

FAILURE_BODY = re.compile(rb'\{\n   "error_message" : "[^"\\\x00-\x1f]+",\n   "html_attributions" : \[\],\n'
                          rb'   "results" : \[\],\n   "status" : "UNKNOWN_ERROR"\n\}')


class Scenario(unittest.TestCase):
    maxDiff = 4000

    def herd(self, *arguments, **settings):
        """A herd that ends with this test."""
        return self.enterContext(Herd(*arguments, **settings))

    def lone(self, **settings):
        """One server without neighbours, listening; ends with this test."""
        return self.herd(("Goloman",), (), **settings).start()["Goloman"]

    def provider(self, tls=None):
        return self.enterContext(Provider(tls))

    def relay(self, provider, providers=("google_legacy",), timeout_ms=8000, key="a-key", environment=None, **settings):
        """A lone server that asks `provider` in the way of the legacy API."""
        places = {"providers": list(providers), "timeout_ms": timeout_ms,
                  "google_legacy": {"url": provider.url, "key_file": "google.key"}}
        herd = self.herd(("Goloman",), (), places=places, **settings)
        herd.write_file("google.key", key + "\n")
        return herd.start(environment=environment)["Goloman"]

    def client(self, server):
        """A connection that ends with this test."""
        client = server.client()
        self.addCleanup(client.close)
        return client

    def assert_at(self, line, server, client, position, stamp, since_ns=None):
        """`line` is the reply to this IAMAT, received by `server` between `since_ns` and now; returns the
        difference in nanoseconds."""
        until_ns = time.time_ns()
        word, name, difference, rest = line.split(b" ", 3)
        self.assertEqual((word, name), (b"AT", server.encode()))
        self.assertEqual(rest, b"%s %s %s" % (client, position, stamp))
        received_ns = difference_ns(difference) + nanoseconds(stamp)
        if since_ns is not None:
            self.assertLessEqual(since_ns, received_ns)
        self.assertLessEqual(received_ns, until_ns)
        return difference_ns(difference)

    def assert_failure_body(self, body):
        self.assertRegex(body, FAILURE_BODY)
        self.assertTrue(FAILURE_BODY.fullmatch(body), body)
