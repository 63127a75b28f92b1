# SPDX-License-Identifier: MIT
"""A client of the herd: bytes out, bytes in, every wait with a deadline."""

import re
import select
import socket
import struct
import time

from harness import DEADLINE_S

DIFFERENCE = re.compile(rb"(?!-0\.000000000$)[+-](?:0|[1-9][0-9]*)\.[0-9]{9}")


def nanoseconds(text):
    """A client's time stamp, exact; digits after the ninth do not count."""
    whole, _, fraction = text.partition(b".")
    return int(whole) * 10**9 + int(fraction[:9].ljust(9, b"0"))


def difference_ns(text):
    """The value of a reply's difference; it must be in its one form."""
    if not DIFFERENCE.fullmatch(text):
        raise AssertionError(f"not a difference: {text!r}")
    return int(text.replace(b".", b""))


def seconds(ns):
    """Nanoseconds as a time stamp in the protocol's form."""
    return b"%d.%09d" % divmod(ns, 10**9)


def now_text(offset_s=0):
    return seconds(time.time_ns() + offset_s * 10**9)


class Client:
    def __init__(self, address=None, deadline_s=DEADLINE_S, connected=None):
        """Connects to `address`, or takes a socket that is `connected`."""
        self._socket = connected or socket.create_connection(address)
        self._socket.settimeout(deadline_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pending = bytearray()
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()

    def fileno(self):
        return self._socket.fileno()

    # Out.

    def send(self, data):
        self._socket.sendall(data)

    def send_some(self, data):
        """Sends what the kernel takes without waiting and returns how much that was; 0 when it takes nothing."""
        try:
            return self._socket.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0

    def half_close(self):
        self._socket.shutdown(socket.SHUT_WR)

    def close(self):
        self._socket.close()

    def reset(self):
        """Closes with a reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    # In.

    def receive_once(self, size=1 << 20):
        """What one read gives; b"" at the end."""
        if self._pending:
            data, self._pending = bytes(self._pending), bytearray()
            return data
        data = self._socket.recv(size)
        self.ended = not data
        return data

    def _more(self, what):
        try:
            data = self._socket.recv(1 << 18)
        except TimeoutError:
            raise AssertionError(f"waiting for {what}; so far {bytes(self._pending[-300:])!r}") from None
        if not data:
            self.ended = True
            raise EOFError(f"end of stream, waiting for {what}; so far {bytes(self._pending[-300:])!r}")
        self._pending += data

    def until(self, marker):
        """Everything up to and with `marker`."""
        start = 0
        while (at := self._pending.find(marker, start)) < 0:
            start = max(0, len(self._pending) - len(marker) + 1)
            self._more(repr(marker))
        at += len(marker)
        data = bytes(self._pending[:at])
        del self._pending[:at]
        return data

    def line(self):
        """One line without its LF."""
        return self.until(b"\n")[:-1]

    def exactly(self, count):
        while len(self._pending) < count:
            self._more(f"{count} bytes")
        data = bytes(self._pending[:count])
        del self._pending[:count]
        return data

    def rest(self):
        """Everything up to the other side's end of stream."""
        try:
            while True:
                self._more("end of stream")
        except EOFError:
            data, self._pending = bytes(self._pending), bytearray()
            return data

    def gone(self):
        """Waits until the server has ended this connection, with or without a reset; returns what came before."""
        try:
            return self.rest()
        except ConnectionError:
            self.ended = True
            data, self._pending = bytes(self._pending), bytearray()
            return data

    def silent(self):
        """Whether nothing has arrived that was not read."""
        return not self._pending and not select.select([self._socket], [], [], 0)[0]

    # Commands.

    def ask(self, line):
        """Sends one line, returns one line."""
        self.send(line + b"\n")
        return self.line()

    def iamat(self, client, position, stamp=None):
        return self.ask(b"IAMAT %s %s %s" % (client, position, stamp or now_text()))

    def whatsat(self, client, radius=b"1", bound=b"0"):
        """Asks and returns (AT line, body), or (`? ...`, None)."""
        self.send(b"WHATSAT %s %s %s\n" % (client, radius, bound))
        return self.answer()

    def answer(self):
        """Reads the reply of a WHATSAT."""
        line = self.line()
        if not line.startswith(b"AT "):
            return line, None
        return line, self.until(b"\n\n")[:-2]
