# SPDX-License-Identifier: MIT
"""The client protocol, to the byte: replies, fields, invalid commands, and how a line may arrive."""

import signal
import time

from client import difference_ns, now_text
from herd import Herd
from scenario import Scenario

POSITION = b"+34.068930-118.445127"
STAMP = b"1520023934.918963997"

INVALID = [
    b"hello", b"iamat k +1+1 1", b"Iamat k +1+1 1", b"IAMATk +1+1 1", b"IAMAT", b"IAMAT k", b"IAMAT k +1+1",
    b"IAMAT k +1+1 1 1", b"WHATSAT", b"WHATSAT known 10", b"WHATSAT known 10 5 5", b"whatsat known 10 5",
    b"WHATSAT nobody 10 5", b"AT Goloman +0.263873386 k +1+1 1", b"AT", b"IAMAT\0k +1+1 1", b"IAMAT\xa0k +1+1 1",
    b"\xefIAMAT k +1+1 1", b"\x00", b"\xff\xfe", b"HELLO 1-1 herd Hands 0123456789abcdef -", b"?", b"? ?",
]
INVALID_POSITIONS = [
    b"1+1", b"+1", b"+1 +1", b"+1+", b"++1", b"+-1+1", b"+1+1+1", b"+1,5+1", b"+1e1+1", b"+0x1+1", b"+nan+1", b"+inf+1",
    b"+.5+1", b"+1+.5", b"+5.+1", b"+1+5.", b"+1234+1", b"+1+1234", b"+90.0000001+0", b"-90.1+0", b"+0+180.00001",
    b"+91+0", b"+0-181", b"+1+1//", b"/", b"+1/+1", b"+1+1/x", b"+1..5+1", b"+1\0+1", b"+" + b"1.0" + b"0" * 122 + b"+11",
]
VALID_POSITIONS = [
    b"+34.06893-118.445127", b"+27.5916+086.5640", b"+12-118", b"-0+0", b"+90+180", b"-90.000-180.0", b"+00.5+000.5",
    b"+1+1/", b"+90.0-180/", b"+1.00000000000000000000000001-1", b"+" + b"1.0" + b"0" * 122 + b"+1",
]
INVALID_TIMES = [
    b"-1", b"+1", b".5", b"5.", b"1e3", b"1,5", b"0x10", b"nan", b"inf", b"1.5.5", b"9000000001", b"9000000000.000000001",
    b"99999999999999999999999", b"1.", b"1" + b"." + b"0" * 63,
]
VALID_TIMES = [
    b"0", b"0.0", b"1520023934", b"1520023934.5", b"1520023934.500", STAMP, b"9000000000", b"9000000000.0",
    b"1520023934.9189639971234567", b"0000001520023934.918963997", b"1" + b"." + b"0" * 62,
]
INVALID_RADII = [b"50.0001", b"50.0000000000000001", b"51", b"-1", b"+1", b".5", b"5.", b"1e1", b"0x1", b"1,5", b"x",
                 b"999999999999999999999"]
VALID_RADII = [b"0", b"50", b"50.0", b"50.000000000000", b"0.0001", b"10.5871263", b"007", b"49.99999999999999999999"]
INVALID_BOUNDS = [b"21", b"-1", b"+1", b"1.0", b"5.", b"x", b"99999999999999999999", b"0x5"]
VALID_BOUNDS = [b"0", b"1", b"20", b"05", b"0000000020"]


class ClientProtocol(Scenario):
    """One server for all; every test uses client names of its own."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Herd(("Goloman",), ())).start()["Goloman"]

    def setUp(self):
        self.connection = self.client(self.server)

    def assert_invalid(self, lines):
        self.connection.send(b"".join(line + b"\n" for line in lines))
        for line in lines:
            self.assertEqual(self.connection.line(), b"? " + line)

    def iamat(self, client, position, stamp):
        since_ns = time.time_ns()
        line = self.connection.iamat(client, position, stamp)
        self.assert_at(line, "Goloman", client, position, stamp, since_ns)
        return line

    def test_nothing_is_said_unasked(self):
        quiet = self.client(self.server)
        self.iamat(b"unasked", POSITION, STAMP)
        self.assertTrue(quiet.silent())

    def test_iamat(self):
        self.iamat(b"kiwi.cs.ucla.edu", POSITION, STAMP)

    def test_difference_is_signed_and_exact(self):
        for offset_s in (-400 * 86400, -1, 0, 1, 400 * 86400):
            stamp = now_text(offset_s)
            line = self.iamat(b"exact", POSITION, stamp)
            value = difference_ns(line.split(b" ")[2])
            self.assertLess(abs(value + offset_s * 10**9), 10**9 * 20)
        line = self.iamat(b"exact", POSITION, b"9000000000")
        self.assertTrue(line.split(b" ")[2].startswith(b"-"))

    def test_positions(self):
        for position in VALID_POSITIONS:
            self.iamat(b"where", position, now_text())
        self.assert_invalid([b"IAMAT k %s 1" % position for position in INVALID_POSITIONS])

    def test_times(self):
        for stamp in VALID_TIMES:
            self.iamat(b"when", POSITION, stamp)
        self.assert_invalid([b"IAMAT k +1+1 " + stamp for stamp in INVALID_TIMES])

    def test_client_names(self):
        for client in (b"k", b"\0", b"\xff\xfe\x80", b"a\0b", "kiwi-ü".encode(), b'"\\\x01\x7f', b"?", b"AT", b"n" * 1024):
            self.iamat(client, POSITION, now_text())
            self.assertTrue(self.connection.whatsat(client)[0].startswith(b"AT Goloman "))
        self.assert_invalid([b"IAMAT %s +1+1 1" % (b"n" * 1025)])

    def test_white_space(self):
        stamp = now_text()
        since_ns = time.time_ns()
        for separator in (b" ", b"\t", b"\r", b"\f", b"\v", b" \t\r\f\v "):
            line = separator + separator.join([b"IAMAT", b"white", POSITION, stamp]) + separator
            self.assert_at(self.connection.ask(line), "Goloman", b"white", POSITION, stamp, since_ns)
        self.assert_at(self.connection.ask(b"IAMAT white %s %s\r" % (POSITION, stamp)), "Goloman", b"white", POSITION,
                       stamp, since_ns)

    def test_invalid_commands_come_back_as_raw_bytes(self):
        self.assert_invalid(INVALID)
        self.assert_invalid([b"", b" ", b"\r", b"hello \r", b"  two  inner  ", b"tab\t\v\f", b"IAMAT k +1+1 x \t\r"])

    def test_whatsat_fields(self):
        self.iamat(b"known", POSITION, now_text())
        self.assert_invalid([b"WHATSAT known %s 5" % radius for radius in INVALID_RADII])
        self.assert_invalid([b"WHATSAT known 5 " + bound for bound in INVALID_BOUNDS])
        for radius in VALID_RADII:
            self.assertTrue(self.connection.whatsat(b"known", radius)[0].startswith(b"AT "), radius)
        for bound in VALID_BOUNDS:
            self.assertTrue(self.connection.whatsat(b"known", b"1", bound)[0].startswith(b"AT "), bound)

    def test_whatsat_has_the_stored_line(self):
        line = self.iamat(b"stored", POSITION, now_text())
        self.assertEqual(self.connection.whatsat(b"stored", b"10", b"5")[0], line)

    def test_repeated_and_older_reports(self):
        first = self.iamat(b"again", b"+1+1", b"1520000000.5")
        self.iamat(b"again", b"+1+1", b"1520000000.5")
        self.assertEqual(self.connection.whatsat(b"again")[0], first)
        self.iamat(b"again", b"+2+2", b"1520000000.499999999")  # older: its own reply, not stored
        self.assertEqual(self.connection.whatsat(b"again")[0], first)
        newer = self.iamat(b"again", b"+3+3", b"1520000000.500000001")
        self.assertEqual(self.connection.whatsat(b"again")[0], newer)
        # The same instant spelled otherwise: received later, so it is the greater one.
        respelled = self.iamat(b"again", b"+3+3", b"1520000000.5000000010")
        self.assertEqual(self.connection.whatsat(b"again")[0], respelled)

    def test_pipelined(self):
        lines = [b"IAMAT pipe%d +1+1 1520000000" % number if number % 3 else b"junk %d" % number
                 for number in range(2000)]
        self.connection.send(b"\n".join(lines) + b"\n")
        for number, line in enumerate(lines):
            reply = self.connection.line()
            if number % 3:
                self.assert_at(reply, "Goloman", b"pipe%d" % number, b"+1+1", b"1520000000")
            else:
                self.assertEqual(reply, b"? " + line)

    def test_split_at_every_position(self):
        text = b"junk \r\nIAMAT split %s %s\r\n\nWHATSAT split 1 0\n" % (POSITION, now_text())
        for at in range(1, len(text)):
            self.connection.send(text[:at])
            self.connection.send(text[at:])
            self.assertEqual(self.connection.line(), b"? junk \r")
            self.assertTrue(self.connection.line().startswith(b"AT Goloman "))
            self.assertEqual(self.connection.line(), b"? ")
            self.assertTrue(self.connection.answer()[0].startswith(b"AT Goloman "))

    def test_byte_by_byte(self):
        stamp = now_text()
        for byte in b"IAMAT slow %s %s\n" % (POSITION, stamp):
            self.connection.send(bytes([byte]))
        self.assert_at(self.connection.line(), "Goloman", b"slow", POSITION, stamp)

    def test_end_of_file_ends_a_command(self):
        stamp = now_text()
        self.connection.send(b"junk\nIAMAT last %s %s" % (POSITION, stamp))
        self.connection.half_close()
        junk, reply, nothing = self.connection.rest().split(b"\n")
        self.assertEqual((junk, nothing), (b"? junk", b""))
        self.assert_at(reply, "Goloman", b"last", POSITION, stamp)

    def test_end_of_file_without_a_line(self):
        self.connection.half_close()
        self.assertEqual(self.connection.rest(), b"")
        complete = self.client(self.server)
        complete.send(b"junk\n")
        complete.half_close()
        self.assertEqual(complete.rest(), b"? junk\n")

    def test_line_of_the_greatest_length(self):
        self.assert_invalid([b"x" * 8192])
        stamp = now_text()
        line = b"IAMAT long %s %s" % (POSITION, stamp)
        self.assert_at(self.connection.ask(line + b" " * (8192 - len(line))), "Goloman", b"long", POSITION, stamp)
        self.connection.send(b"y" * 8192)
        self.connection.half_close()
        self.assertEqual(self.connection.rest(), b"? " + b"y" * 8192 + b"\n")

    def test_line_too_long(self):
        line = b"IAMAT " + bytes(byte for byte in range(256) if byte != 10) * 40
        for text in (line[:8193] + b"\n", line[:8193], line + b"\nIAMAT k +1+1 1\n", line * 40):
            with self.subTest(length=len(text)):
                connection = self.client(self.server)
                connection.send(b"first\n")
                connection.send(text)
                self.assertEqual(connection.rest(), b"? first\n? " + line[:256] + b"\n")

    def test_small_reply_is_one_write(self):
        self.iamat(b"one", POSITION, now_text())
        for _ in range(50):
            self.connection.send(b"WHATSAT one 10 3\n")
            reply = self.connection.receive_once()
            self.assertTrue(reply.startswith(b"AT Goloman "), reply)
            self.assertTrue(reply.endswith(b"}\n\n"), reply)
            self.assertEqual(reply.count(b"\n\n"), 1)


class Variants(Scenario):
    def test_order_behind_a_slow_whatsat(self):
        provider = self.provider()
        server = self.relay(provider)
        connection, other = self.client(server), self.client(server)
        old = connection.iamat(b"mover", b"+1+1")
        provider.hold()
        connection.send(b"WHATSAT mover 1 1\nIAMAT mover +2+2 %s\njunk\nWHATSAT mover 2 1\n" % now_text())
        provider.wait_in_flight(2)
        other.iamat(b"other", b"+1+1")
        self.assertTrue(connection.silent())
        provider.release()
        # The location is the one known when the WHATSAT was read.
        self.assertEqual(connection.answer()[0], old)
        new = connection.line()
        self.assertIn(b" mover +2+2 ", new)
        self.assertEqual(connection.line(), b"? junk")
        self.assertEqual(connection.answer()[0], new)

    def ended_by(self, server, text):
        """What comes back, up to the end."""
        connection = self.client(server)
        connection.send(text)
        return connection.rest()

    def is_lingering(self, server, text):
        """Whether who is still sending when the end has come is not answered with a reset. It is so for a second, so a
        machine on which this process does not run for so long has more than one chance."""
        for _ in range(3):
            connection = self.client(server)
            connection.send(text)
            connection.rest()
            try:
                for _ in range(20):
                    connection.send(b"IAMAT late +1+1 1\n")
                return True
            except ConnectionError:
                pass
        return False

    def test_what_is_sent_after_the_last_reply(self):
        server = self.lone(limits={"line_bytes_max": 256, "line_timeout_ms": 200})
        alone = self.lone(protocol={"close_after_reply": True})
        self.assertTrue(self.is_lingering(server, b"x" * 257))
        self.assertTrue(self.is_lingering(server, b"no end"))
        self.assertTrue(self.is_lingering(server, b"GET / HTTP/1.1\r\n"))
        self.assertTrue(self.is_lingering(alone, b"junk\n"))
        for each in (server, alone):
            self.assertEqual(self.client(each).ask(b"WHATSAT late 1 1"), b"? WHATSAT late 1 1")

    def test_http(self):
        server = self.lone()
        stamp = now_text()
        inside = b"IAMAT inside %s %s\n" % (POSITION, stamp)
        cases = ((b"POST / HTTP/1.1\r\nHost: herd\r\n\r\n" + inside, b"? POST / HTTP/1.1\r\n"),
                 (b"junk\nGET /a HTTP/1.0\n" + inside, b"? junk\n? GET /a HTTP/1.0\n"),
                 (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + inside, b"? PRI * HTTP/2.0\r\n"),
                 (b" \tHTTP/1.1 \r\f\v\n" + inside, b"?  \tHTTP/1.1 \r\f\v\n"),
                 (b"IAMAT inside +1+1 HTTP/1.1\n" + inside, b"? IAMAT inside +1+1 HTTP/1.1\n"))
        for text, reply in cases:
            with self.subTest(text=text):
                self.assertEqual(self.ended_by(server, text), reply)
        split = self.client(server)
        for byte in b"POST / HTTP/1.1\r":
            split.send(bytes([byte]))
        split.send(b"\n" + inside)
        self.assertEqual(split.rest(), b"? POST / HTTP/1.1\r\n")
        last = self.client(server)
        last.send(b"GET / HTTP/1.1")
        last.half_close()
        self.assertEqual(last.rest(), b"? GET / HTTP/1.1\n")
        connection = self.client(server)
        self.assertTrue(connection.iamat(b"outside", POSITION).startswith(b"AT "))
        for line in (b"GET / http/1.1", b"GET / HTTP/1.1 x", b"GET /HTTP/1.1", b"WHATSAT inside 1 1"):
            self.assertEqual(connection.ask(line), b"? " + line)
        self.assertEqual(len(server.log.wait("http_refused", count=7)), 7)
        since = server.log.size()
        server.process.send_signal(signal.SIGUSR1)
        self.assertEqual(server.log.wait("state", since)[0]["http"], "7")

    def test_close_after_reply(self):
        server = self.lone(protocol={"close_after_reply": True})
        connection = self.client(server)
        stamp = now_text()
        connection.send(b"IAMAT once %s %s\n" % (POSITION, stamp))
        reply = connection.rest()
        self.assertEqual(reply[-1:], b"\n")
        self.assert_at(reply[:-1], "Goloman", b"once", POSITION, stamp)
        for text, start, end in ((b"junk\njunk\n", b"? junk\n", b"? junk\n"),
                                 (b"WHATSAT once 1 0\njunk\n", b"AT Goloman ", b"}\n\n")):
            connection = self.client(server)
            connection.send(text)
            reply = connection.rest()
            self.assertTrue(reply.startswith(start) and reply.endswith(end) and reply.count(end) == 1, reply)

    def test_ipv6(self):
        herd = self.herd(("Goloman", "Hands"), (("Goloman", "Hands"),), address="::1").start_linked()
        line = self.client(herd["Goloman"]).iamat(b"six", POSITION)
        self.assertEqual(self.client(herd["Hands"]).whatsat(b"six")[0], line)

    def test_time_ahead_of_the_clock(self):
        server = self.lone(protocol={"max_future_s": 60})
        connection = self.client(server)
        self.assertTrue(connection.iamat(b"near", POSITION, now_text(30)).startswith(b"AT "))
        line = b"IAMAT far %s %s" % (POSITION, now_text(300))
        self.assertEqual(connection.ask(line), b"? " + line)
        self.assertEqual(connection.ask(b"WHATSAT far 1 1"), b"? WHATSAT far 1 1")

    def test_configured_line_limit(self):
        server = self.lone(limits={"line_bytes_max": 1024})
        self.assertEqual(self.client(server).ask(b"x" * 1024), b"? " + b"x" * 1024)
        connection = self.client(server)
        connection.send(b"x" * 1025 + b"\n")
        self.assertEqual(connection.rest(), b"? " + b"x" * 256 + b"\n")
