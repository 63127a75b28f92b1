# SPDX-License-Identifier: MIT
"""A client that closes its half right after its last command gets every reply, then end-of-file."""

from client import now_text
from provider import place, cut, results, well
from scenario import Scenario


class HalfClose(Scenario):
    def setUp(self):
        self.fake = self.provider()
        self.server = self.relay(self.fake)
        self.at = self.client(self.server).iamat(b"kiwi", b"+34.068930-118.445127")

    def ask_and_half_close(self, text):
        connection = self.client(self.server)
        connection.send(text)
        connection.half_close()
        return connection

    def expected(self, bound):
        return self.at + b"\n" + cut([place(number) for number in range(5)], bound) + b"\n\n"

    def test_whatsat_in_flight(self):
        self.fake.hold()
        connection = self.ask_and_half_close(b"WHATSAT kiwi 10 2\n")
        self.fake.wait_in_flight(1)
        self.client(self.server).iamat(b"other", b"+1+1")
        self.assertTrue(connection.silent())
        self.fake.release()
        self.assertEqual(connection.rest(), self.expected(2))

    def test_last_line_without_its_end(self):
        self.assertEqual(self.ask_and_half_close(b"WHATSAT kiwi 10 2").rest(), self.expected(2))

    def test_everything_outstanding(self):
        self.fake.hold()
        stamp = now_text()
        connection = self.ask_and_half_close(b"junk\nWHATSAT kiwi 10 1\nIAMAT a +1+1 %s\nWHATSAT kiwi 11 9\n?\n" % stamp)
        self.fake.wait_in_flight(2)
        self.fake.release()
        start = b"? junk\n" + self.expected(1)
        end = self.expected(9) + b"? ?\n"
        reply = connection.rest()
        self.assertTrue(reply.startswith(start) and reply.endswith(end), reply)
        self.assert_at(reply[len(start):-len(end)].rstrip(b"\n"), "Goloman", b"a", b"+1+1", stamp)

    def test_large_answer(self):
        self.fake.answer = well(results(10000))
        connection = self.ask_and_half_close(b"WHATSAT kiwi 10 20\n")
        expected = cut([place(number) for number in range(10000)], 20)
        self.assertEqual(connection.rest(), self.at + b"\n" + expected + b"\n\n")

    def test_failing_provider(self):
        self.fake.hold()
        connection = self.ask_and_half_close(b"WHATSAT kiwi 10 2\n")
        self.fake.wait_in_flight(1)
        self.fake.die()
        reply = connection.rest()
        self.assertTrue(reply.startswith(self.at + b"\n") and reply.endswith(b"}\n\n"), reply)
        self.assert_failure_body(reply[len(self.at) + 1:-2])

    def test_a_client_that_leaves_altogether(self):
        self.fake.hold()
        connection = self.ask_and_half_close(b"WHATSAT kiwi 10 2\n" * 3)
        self.fake.wait_in_flight(1)
        connection.reset()
        staying = self.ask_and_half_close(b"WHATSAT kiwi 10 3\n")
        self.fake.release()
        self.assertEqual(staying.rest(), self.expected(3))
