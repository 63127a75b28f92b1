# SPDX-License-Identifier: MIT
"""What a stranger can demand, and where it ends: connections, lines, replies that nobody reads."""

import select
import time

from client import now_text
from harness import wait_until
from neighbour import Neighbour, at_line
from provider import body, cut, place, well
from scenario import Scenario

# Address Sanitizer keeps freed memory back; with little of that, what a process has is what it holds.
LEAN = {"ASAN_OPTIONS": "quarantine_size_mb=1"}
GROWTH_KIB_MAX = 32 << 10


class Limits(Scenario):
    def lean(self, **settings):
        herd = self.herd(("Goloman",), (), **settings)
        return herd.start(environment=LEAN)["Goloman"]

    def stuff(self, connection, lines):
        """Sends until the server takes no more; returns what did not go out of `lines`."""
        rest = memoryview(b"".join(lines))
        while rest:
            rest = rest[connection.send_some(rest):]
            if rest and not select.select([], [connection], [], 0.5)[1]:
                break  # half a second without room: it has stopped reading
        return rest

    def assert_memory(self, server, before_kib):
        self.assertLess(server.process.memory_kib() - before_kib, GROWTH_KIB_MAX)


class Connections(Limits):
    def served(self, server):
        """A connection that is served, or None where it was turned away."""
        connection = self.client(server)
        try:
            connection.ask(b"hello")
            return connection
        except (EOFError, ConnectionError):
            connection.close()
            return None

    def test_cap(self):
        server = self.lone(limits={"connections_max": 8})
        # Whoever looked whether it listens may count for a moment longer.
        first = [wait_until(lambda: self.served(server), f"connection {number}") for number in range(8)]
        for _ in range(3):
            self.assertIsNone(self.served(server))
        for each in first:
            self.assertEqual(each.ask(b"hello"), b"? hello")
        first[0].close()
        wait_until(lambda: self.served(server), "a place that became free")

    def test_neighbours_are_not_crowded_out(self):
        herd = self.herd(("Goloman", "Hands"), (("Goloman", "Hands"),), limits={"connections_max": 8})
        herd.start("Goloman")
        crowd = [self.client(herd["Goloman"]) for _ in range(30)]
        herd.start("Hands")
        herd.wait_links()
        for each in crowd:
            each.close()

    def test_clients_max(self):
        server = self.lone(limits={"clients_max": 100})
        connection = self.client(server)
        for number in range(100):
            self.assertTrue(connection.iamat(b"c%d" % number, b"+1+1").startswith(b"AT "))
        line = b"IAMAT c100 +1+1 1520000000"
        self.assertEqual(connection.ask(line), b"? " + line)
        self.assertTrue(connection.iamat(b"c7", b"+2+2").startswith(b"AT "))
        self.assertEqual(connection.ask(b"WHATSAT c100 1 1"), b"? WHATSAT c100 1 1")


    def test_neighbours_may_bring_a_tenth_more(self):
        with Neighbour("Fake") as fake:
            herd = self.herd(("Real", "Fake"), (("Real", "Fake"),), elsewhere={"Fake": fake.address},
                             limits={"clients_max": 20})
            server = herd.start("Real")["Real"]
            user = self.client(server)
            session, _ = fake.dial(server)
            session.say(*(at_line(b"c%d" % number) for number in range(22)))
            wait_until(lambda: user.whatsat(b"c21")[0].startswith(b"AT "), "the last of 110 %")
            refused = user.ask(b"IAMAT own +1+1 1520000000")
            self.assertEqual(refused, b"? IAMAT own +1+1 1520000000")
            session.say(at_line(b"c22"), at_line(b"c3", stamp=b"1520000001"))
            server.log.wait("at_dropped", peer="Fake", no_room="1", malformed="0")
            self.assertEqual(user.ask(b"WHATSAT c22 1 1"), b"? WHATSAT c22 1 1")
            wait_until(lambda: b" 1520000001" in user.whatsat(b"c3")[0], "a known client's newer report")

    def test_times_to_come(self):
        """As far ahead as allowed is taken, further is not; a neighbour's report always is."""
        with Neighbour("Fake") as fake:
            herd = self.herd(("Real", "Fake"), (("Real", "Fake"),), elsewhere={"Fake": fake.address},
                             protocol={"max_future_s": 1000})
            server = herd.start("Real")["Real"]
            user = self.client(server)
            # The server reads it later than this, so it is at most 1000 s ahead there; and surely less than 100 s later.
            self.assertTrue(user.iamat(b"near", b"+1+1", now_text(1000)).startswith(b"AT "))
            far = now_text(1100)
            self.assertEqual(user.iamat(b"far", b"+1+1", far), b"? IAMAT far +1+1 " + far)
            self.assertEqual(user.ask(b"WHATSAT far 1 1"), b"? WHATSAT far 1 1")
            session, _ = fake.dial(server)
            session.say(at_line(b"far", stamp=far))
            wait_until(lambda: user.whatsat(b"far")[0].startswith(b"AT Fake "), "what a neighbour took")


class SlowLines(Limits):
    def test_a_started_line_must_end(self):
        server = self.lone(limits={"line_timeout_ms": 700})
        idle, loris, normal = self.client(server), self.client(server), self.client(server)
        # A byte at each tick: the timer runs from the line's first byte and is not set back.
        loris.send(b"I")
        ticks = 0
        while not select.select([loris], [], [], 0.05)[0]:
            ticks += 1
            self.assertLess(ticks, 400, "a line that never ends is still waited for")
            loris.send(b"x")
            self.assertEqual(normal.ask(b"hello"), b"? hello")
        self.assertRegex(loris.rest(), rb"\A\? Ix*\n\Z")
        self.assertEqual(idle.ask(b"hello"), b"? hello")

    def test_a_line_without_its_end_is_answered(self):
        server = self.lone(limits={"line_timeout_ms": 300})
        connection, stamp, since_ns = self.client(server), now_text(), time.time_ns()
        connection.send(b"junk\nIAMAT kiwi +1+1 " + stamp)
        junk, reply, nothing = connection.rest().split(b"\n")
        self.assertEqual((junk, nothing), (b"? junk", b""))
        self.assert_at(reply, "Goloman", b"kiwi", b"+1+1", stamp, since_ns)
        asking = self.client(server)
        self.assertEqual(asking.whatsat(b"kiwi")[0], reply)
        asking.send(b"WHATSAT kiwi 1 0")
        text = asking.rest()
        self.assertTrue(text.startswith(reply + b"\n{") and text.endswith(b"}\n\n"), text)

    def test_a_line_without_its_end_behind_a_slow_whatsat(self):
        fake = self.provider()
        server = self.relay(fake, limits={"line_timeout_ms": 100})
        connection = self.client(server)
        at = connection.iamat(b"kiwi", b"+1+1")
        fake.hold()
        connection.send(b"WHATSAT kiwi 1 0\nlast")
        fake.wait_in_flight(1)
        server.log.wait("in", line="last")
        self.assertTrue(connection.silent())
        fake.release()
        text = connection.rest()
        self.assertTrue(text.startswith(at + b"\n{") and text.endswith(b"}\n\n? last\n"), text)

    def test_a_line_ended_by_silence(self):
        server = self.lone(protocol={"line_quiet_ms": 50})
        connection = self.client(server)
        for number in range(3):
            stamp = now_text()
            connection.send(b"IAMAT quiet%d +1+1 %s" % (number, stamp))
            self.assert_at(connection.line(), "Goloman", b"quiet%d" % number, b"+1+1", stamp)
        connection.send(b"\nlate\n")
        self.assertEqual(connection.line(), b"? ")
        self.assertEqual(connection.line(), b"? late")
        self.assertTrue(connection.whatsat(b"quiet2")[0].startswith(b"AT "))

    def test_a_line_that_ends_in_time_starts_anew(self):
        server = self.lone(limits={"line_timeout_ms": 4000})
        connection, clock = self.client(server), self.client(server)
        clock.send(b"never ends")
        while clock.silent():
            connection.send(b"hel")
            self.assertEqual(connection.ask(b"lo"), b"? hello")
            select.select([clock], [], [], 0.05)
        self.assertEqual(connection.ask(b"hello"), b"? hello")

    def test_idle_connections(self):
        server = self.lone(limits={"idle_timeout_ms": 4000})
        idle, busy = self.client(server), self.client(server)
        while idle.silent():
            self.assertEqual(busy.ask(b"hello"), b"? hello")
            select.select([idle], [], [], 0.05)
        self.assertEqual(idle.gone(), b"")
        self.assertEqual(busy.ask(b"hello"), b"? hello")

    def test_who_waits_for_a_reply_is_not_idle(self):
        fake = self.provider()
        server = self.relay(fake, limits={"idle_timeout_ms": 4000, "whatsat_per_connection_max": 1})
        asking = self.client(server)
        at = asking.iamat(b"kiwi", b"+1+1")
        fake.hold()
        # The lines behind it are held: the second and third would make one good command.
        asking.send(b"WHATSAT kiwi 1 0\nIAMAT plum +2+2\n77\nlast")
        fake.wait_in_flight(1)
        self.assertEqual(self.client(server).gone(), b"")
        fake.release()
        text = asking.rest()
        self.assertTrue(text.startswith(at + b"\n{"), text)
        self.assertTrue(text.endswith(b"}\n\n? IAMAT plum +2+2\n? 77\n? last\n"), text)


class NeverReads(Limits):
    def test_many_commands_nobody_reads_the_replies_of(self):
        server = self.lean(log={"wire": False})
        connection, other = self.client(server), self.client(server)
        other.iamat(b"other", b"+1+1")
        before_kib = server.process.memory_kib()
        lines = [b"greedy %d %s\n" % (number, b"x" * 1000) for number in range(40000)]
        rest = self.stuff(connection, lines)
        self.assertGreater(len(rest), 0, "the server took everything, and nobody read")
        self.assertTrue(other.iamat(b"other", b"+2+2").startswith(b"AT "))
        self.assert_memory(server, before_kib)
        # It reads again: every reply of what was sent whole, in order.
        sent = b"".join(lines)[:len(b"".join(lines)) - len(rest)]
        whole = sent.split(b"\n")[:-1]
        for line in whole:
            self.assertEqual(connection.line(), b"? " + line)
        connection.send(b"\n")  # ends what went out of the last line
        connection.line()
        self.assertEqual(connection.ask(b"hello"), b"? hello")

    def test_large_answers_nobody_reads(self):
        fake = self.provider()
        elements = [place(number) for number in range(20)] + ['"' + "x" * 500000 + '"']
        fake.answer = well(body(elements))
        server = self.relay(fake, environment=LEAN, log={"wire": False})
        connection, other = self.client(server), self.client(server)
        at = connection.iamat(b"kiwi", b"+1+1")
        fake.answer = well(body(elements[20:] + elements[:20]))
        other.whatsat(b"kiwi", b"1", b"20")
        before_kib = server.process.memory_kib()
        count = 150
        connection.send(b"".join(b"WHATSAT kiwi 1 20\njunk %d\n" % number for number in range(count)))
        self.assertTrue(other.whatsat(b"kiwi", b"2", b"1")[0].startswith(b"AT "))
        self.assert_memory(server, before_kib)
        expected = cut(elements[20:] + elements[:20], 20)
        for number in range(count):
            line, text = connection.answer()
            self.assertEqual(line, at)
            self.assertTrue(text == expected, number)
            self.assertEqual(connection.line(), b"? junk %d" % number)
        self.assert_memory(server, before_kib)

    def test_half_close_of_one_that_was_throttled(self):
        server = self.lean(log={"wire": False})
        connection = self.client(server)
        lines = [b"greedy %d %s\n" % (number, b"x" * 1000) for number in range(20000)]
        rest = self.stuff(connection, lines)
        connection.half_close()
        sent = b"".join(lines)[:len(b"".join(lines)) - len(rest)]
        expected = b"".join(b"? " + line + b"\n" for line in sent.removesuffix(b"\n").split(b"\n"))
        self.assertTrue(connection.rest() == expected)

    def test_without_progress_it_is_closed(self):
        server = self.lean(log={"wire": False}, limits={"write_stall_ms": 1000})
        connection, other = self.client(server), self.client(server)
        self.stuff(connection, [b"greedy %s\n" % (b"x" * 1000)] * 40000)
        poller = select.poll()
        poller.register(connection, select.POLLRDHUP)

        def closed():
            return poller.poll(0) or self.sends_nothing(connection)

        wait_until(closed, "a reader that never reads is closed")
        self.assertEqual(other.ask(b"hello"), b"? hello")

    @staticmethod
    def sends_nothing(connection):
        try:
            connection.send_some(b"more\n" * 10000)  # where it was slow to fill up, not full yet
            return False
        except ConnectionError:
            return True


class Greedy(Limits):
    def test_whatsats_in_flight_per_connection(self):
        fake = self.provider()
        server = self.relay(fake, limits={"whatsat_per_connection_max": 4})
        greedy, modest = self.client(server), self.client(server)
        modest.iamat(b"kiwi", b"+1+1")
        fake.hold()
        greedy.send(b"".join(b"WHATSAT kiwi %d 1\n" % radius for radius in range(1, 41)) + b"done\n")
        fake.wait_in_flight(4)
        modest.send(b"WHATSAT kiwi 50 1\n")
        fake.wait_in_flight(5)
        modest.send(b"IAMAT lynx +1+1 %s\n" % now_text())
        self.assertEqual(fake.in_flight, 5)
        fake.release()
        self.assertTrue(modest.answer()[0].startswith(b"AT "))
        for _ in range(40):
            self.assertTrue(greedy.answer()[0].startswith(b"AT "))
        self.assertEqual(greedy.line(), b"? done")
        asked = sorted(int(request.query["radius"]) for request in fake.requests)
        self.assertEqual(asked, [radius * 1000 for radius in range(1, 41)] + [50000])

    def test_a_pipeliner_leaves_room_for_others(self):
        server = self.lone(log={"wire": False})
        greedy, modest = self.client(server), self.client(server)
        count = 20000
        lines = memoryview(b"".join(b"IAMAT g%d +1+1 1520000000\n" % number for number in range(count)))
        replies, asked = 0, 0
        while replies < count:
            if lines:
                lines = lines[greedy.send_some(lines):]
            while not greedy.silent():
                replies += greedy.receive_once().count(b"\n")
            if asked < 200:
                self.assertEqual(modest.ask(b"hello"), b"? hello")
                asked += 1
        self.assertEqual(replies, count)
