# SPDX-License-Identifier: MIT
"""A neighbour played by hand: both ends of the peer dialogue, line by line, and its heartbeat."""

import hashlib
import hmac
import secrets
import socket
import threading
import time

from client import Client
from harness import DEADLINE_S, own_address, wait_readable

PULSE_S = 0.5


def new_incarnation():
    return secrets.token_hex(8).encode()


def at_line(client, position=b"+1+1", stamp=b"1520000000", difference=b"+1.000000000", origin=b"Fake", visited=(b"Fake",)):
    return b" ".join([b"AT", origin, difference, client, position, stamp, *visited])


def key_of(secret):
    return hmac.digest(secret, b"herd-peer-1", hashlib.sha256)


def proof(secret, role, dialler, acceptor):
    """The proof of one end over both HELLO lines, the acceptor's without its proof."""
    return hmac.new(key_of(secret), b"\n".join([role, dialler, acceptor]), hashlib.sha256).hexdigest().encode()


class Session(Client):
    """One stream of the dialogue. After live() a pulse is sent twice a second until quiet() or the end."""

    def __init__(self, address=None, connected=None):
        super().__init__(address, connected=connected)
        self._lock = threading.Lock()
        self._quiet = threading.Event()
        self._thread = None
        self.server_incarnation = None
        self.hello = None  # of the server, where it dialled
        self.answered = None  # with what, without its proof
        self.clock_ahead_s = 0  # what its pulses say
        self.digest = b"-"
        self.heard = []  # every line after WELCOME, in order

    def say(self, *lines):
        with self._lock:
            self.send(b"".join(line + b"\n" for line in lines))

    def live(self, verb):
        self._thread = threading.Thread(target=self._pulse, args=(verb,), daemon=True)
        self._thread.start()

    def _pulse(self, verb):
        while not self._quiet.wait(PULSE_S):
            try:
                self.say(b"%s %d 0 %s" % (verb, time.time_ns() + self.clock_ahead_s * 10**9, self.digest))
            except OSError:
                return  # the server has closed it; who reads will see

    def quiet(self):
        """Sends nothing by itself any more."""
        self._quiet.set()
        if self._thread is not None:
            self._thread.join(DEADLINE_S)

    def close(self):
        self.quiet()
        super().close()

    def next(self, *verbs):
        """The next line that begins with one of these verbs; others are only kept in `heard`."""
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:  # heartbeats go on arriving while what we wait for does not
            line = self.line()
            self.heard.append(line)
            if line.split(b" ")[0] in verbs:
                return line
        raise AssertionError(f"none of {verbs}; heard last {self.heard[-5:]}")

    def reports_until(self, marked):
        """The AT lines up to a MARK that `marked` accepts, and that mark."""
        reports = []
        while True:
            line = self.next(b"AT", b"MARK")
            if line.startswith(b"AT "):
                reports.append(line)
            elif marked(int(line.split(b" ")[1])):
                return reports, int(line.split(b" ")[1])


class Neighbour:
    """A neighbour of the server under test: dials it, and listens for its dialling. Without a secret it proves
    nothing."""

    def __init__(self, name, herd="herd", secret=None):
        self.secret = secret
        self.name = name.encode()
        self.herd = herd.encode()
        self.incarnation = new_incarnation()
        self.sessions = []
        self._listener = socket.create_server((own_address(), 0))
        self.address = self._listener.getsockname()

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.leave()
        self._listener.close()

    def leave(self):
        """Closes every stream."""
        for session in self.sessions:
            session.close()
        self.sessions.clear()

    # The dialling end.

    def nonce(self):
        return secrets.token_hex(16).encode() if self.secret else b"-"

    def hello(self, versions=b"1-1", nonce=None):
        return b" ".join([b"HELLO", versions, self.herd, self.name, self.incarnation, nonce or self.nonce()])

    def prove(self, role, dialler, acceptor):
        return proof(self.secret, role, dialler, acceptor) if self.secret else b"-"

    def connect(self, server):
        """A stream to the server's peer port; nothing is said yet."""
        session = Session(server.peers)
        self.sessions.append(session)
        return session

    def dial(self, server):
        """The whole handshake; returns the session and the server's WELCOME line."""
        session = self.connect(server)
        session.say(*self.introduce(session))
        welcome = session.line()
        if not welcome.startswith(b"WELCOME "):
            raise AssertionError(f"wanted WELCOME, got {welcome!r}")
        session.live(b"PING")
        return session, welcome

    def introduce(self, session):
        """Says HELLO and checks the server's answer; returns what is to be said next: AUTH."""
        mine = self.hello()
        session.say(mine)
        hello = session.line()
        if not hello.startswith(b"HELLO "):
            raise AssertionError(f"wanted HELLO, got {hello!r}")
        session.server_incarnation = hello.split(b" ")[4]
        unsigned, _, signed = hello.rpartition(b" ")
        if signed != self.prove(b"A", mine, unsigned):
            raise AssertionError(f"the proof is wrong: {hello!r}")
        return [b"AUTH " + self.prove(b"D", mine, unsigned)]

    # The accepting end.

    def accept_raw(self):
        """The server's next dialling, its HELLO read and not yet answered: (session, HELLO line)."""
        if not wait_readable(self._listener, DEADLINE_S):
            raise AssertionError(f"nobody dialled {self.name!r}")
        session = Session(connected=self._listener.accept()[0])
        self.sessions.append(session)
        session.hello = session.line()
        session.server_incarnation = session.hello.split(b" ")[4]
        return session, session.hello

    def accept(self, claim=b"- 0"):
        """Lets the server in, claiming to have what `claim` says."""
        session, _ = self.accept_raw()
        self.admit(session, claim)
        return session

    def answer(self, session):
        """Answers the server's HELLO; returns what it says to that."""
        session.answered = b" ".join([b"HELLO", b"1", self.herd, self.name, self.incarnation, self.nonce()])
        session.say(session.answered + b" " + self.prove(b"A", session.hello, session.answered))
        return session.line()

    def admit(self, session, claim=b"- 0"):
        auth = self.answer(session)
        if auth != b"AUTH " + self.prove(b"D", session.hello, session.answered):
            raise AssertionError(f"wanted AUTH and a proof, got {auth!r}")
        session.say(b"WELCOME %s %d 0 -" % (claim, time.time_ns()))
        session.live(b"PONG")
