# SPDX-License-Identifier: MIT
"""The state that SIGUSR1 logs says how long things took."""

import signal
import time

from client import now_text
from harness import wait_until
from scenario import Scenario

S = 1000000
OFTEN = {"log_events_per_second_max": 100000}  # the state is asked for again and again


class Times(Scenario):
    def times(self, server):
        """of -> (count, microseconds of the longest)"""
        since = server.log.size()
        server.process.send_signal(signal.SIGUSR1)
        found = server.log.wait("state_times", since, count=5)
        return {each["of"]: (int(each["count"]), int(each["max_us"])) for each in found}

    def test_reports(self):
        herd = self.herd(("Goloman", "Hands"), (("Goloman", "Hands"),), limits=OFTEN)
        herd.start_linked()
        user = self.client(herd["Goloman"])
        self.assertEqual({of: count for of, (count, _) in self.times(herd["Goloman"]).items() if of != "loop_delay"},
                         {"client_skew_above": 0, "client_skew_below": 0, "command_duration": 0, "replication_delay": 0})
        user.iamat(b"kiwi", b"+1+1", now_text(-100))
        user.iamat(b"kiwi", b"+1+1", now_text(200))
        times = self.times(herd["Goloman"])
        self.assertEqual((times["client_skew_above"][0], times["client_skew_below"][0]), (1, 1))
        self.assertTrue(100 * S <= times["client_skew_above"][1] < 160 * S, times)
        self.assertTrue(140 * S < times["client_skew_below"][1] <= 200 * S, times)
        self.assertEqual(times["command_duration"][0], 2)
        self.assertEqual(times["replication_delay"][0], 0)
        wait_until(lambda: self.times(herd["Hands"])["replication_delay"][0] > 0, "they came to the other")
        self.assertLess(self.times(herd["Hands"])["replication_delay"][1], 60 * S)
        wait_until(lambda: self.times(herd["Goloman"])["loop_delay"][0] > 0, "a second is over")

    def test_a_question_that_waits(self):
        fake = self.provider()
        fake.hold()
        server = self.relay(fake, limits=OFTEN)
        user = self.client(server)
        user.iamat(b"kiwi", b"+1+1")
        user.send(b"WHATSAT kiwi 1 1\n")
        fake.wait_in_flight(1)
        asked_ns = time.monotonic_ns()
        self.assertEqual(self.times(server)["command_duration"][0], 1)
        waited_us = (time.monotonic_ns() - asked_ns) // 1000
        fake.release()
        self.assertTrue(user.line().startswith(b"AT "))
        wait_until(lambda: self.times(server)["command_duration"][0] == 2, "it was flushed")
        self.assertGreaterEqual(self.times(server)["command_duration"][1], waited_us)
