# SPDX-License-Identifier: MIT
"""The base of the scenarios with faults: what must be so again when the fault is over."""

import re
import signal
from collections import Counter

from harness import wait_until
from test_flood import Flooding

WIRE_EVENTS = ("in", "out")
EVENTS_PER_SECOND_MAX = 100
STATE_POLL_S = 0.1  # asked more often the log would drop the answers
CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]")


def state(server):
    """What the server says of itself: (its `state`, its `state_peer` by neighbour)."""
    since = server.log.size()
    count = len(server.herd.neighbours(server.name))
    server.process.send_signal(signal.SIGUSR1)
    peers = server.log.wait("state_peer", since, count=count) if count else []
    return server.log.wait("state", since)[0], {each["peer"]: each for each in peers}


def descriptors(herd):
    return {server.name: server.process.descriptors() for server in herd.running()}


class Faults(Flooding):
    def assert_equal(self, clients, lines):
        """Everyone of `clients` comes to answer with these lines, client -> AT line."""
        for client, line in lines.items():
            for name, connection in clients.items():
                wait_until(lambda c=connection, k=client, l=line: c.whatsat(k)[0] == l,
                           lambda n=name, c=connection, k=client, l=line: f"{l!r} at {n}: {c.whatsat(k)[0]!r}")

    def assert_one_state(self, herd):
        """Digest and count are the same everywhere, every link is up in both directions, and nobody lags; nor was it
        the comparison of digests, ten seconds later, that made them the same."""
        def problems():
            found, stores = [], {}
            for server in herd.running():
                own, peers = state(server)
                stores[server.name] = own["clients"], own["digest"]
                found += [f"{server.name}: {peer}" for peer in peers.values() if herd[peer["peer"]].running
                          and (peer["out"], peer["in"], peer["lag"], peer["divergences"]) != ("up", "up", "0", "0")]
            return found + ([f"stores differ: {stores}"] if len(set(stores.values())) != 1 else [])

        wait_until(lambda: not problems(), lambda: "\n".join(problems()), poll_s=STATE_POLL_S)

    def assert_descriptors(self, herd, baseline):
        """Servers that ran all the time hold no more descriptors than at first, when a probe's may have been among
        them."""
        wait_until(lambda: all(count <= baseline[name] for name, count in descriptors(herd).items()), lambda: f"descriptors {descriptors(herd)}, first {baseline}")

    def assert_sane_logs(self, herd):
        """No control bytes, and never too much of a kind within a second."""
        for server in herd.servers.values():
            raw = server.log.raw()
            self.assertIsNone(CONTROL.search(raw), server.name)
            kinds = Counter((each["event"], each["ts"][:19]) for each in server.log.events())
            for (event, second), count in kinds.items():
                if event not in WIRE_EVENTS:
                    self.assertLessEqual(count, EVENTS_PER_SECOND_MAX, f"{server.name}: {event} at {second}")
