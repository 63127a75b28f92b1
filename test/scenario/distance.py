# SPDX-License-Identifier: MIT
"""A long way between two servers: what is said on it, a connection's beginning and its end included, arrives later."""

import collections
import select
import socket
import threading
import time


class Distance:
    """Listens at `address` and leads to `target`, where it comes from `source`; each direction takes `delay_s`."""

    def __init__(self, address, target, source, delay_s):
        self._target, self._source, self._delay_s = target, source, delay_s
        self._listener = socket.create_server((address, 0))
        self.address = self._listener.getsockname()
        self._wake, self._woken = socket.socketpair()
        self._due = collections.deque()  # (when, what to do), in that order since all take the same time
        self._ends = {}  # socket -> the one at the other end of the way
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self._wake.close()
        self._thread.join()
        for each in (*self._ends, self._listener, self._woken):
            each.close()

    def _later(self, act, *arguments):
        self._due.append((time.monotonic() + self._delay_s, act, arguments))

    def _run(self):
        while True:
            while self._due and self._due[0][0] <= time.monotonic():
                _, act, arguments = self._due.popleft()
                act(*arguments)
            wait_s = max(0, self._due[0][0] - time.monotonic()) if self._due else None
            ready = select.select([self._woken, self._listener, *self._ends], [], [], wait_s)[0]
            if self._woken in ready:
                return
            for each in ready:
                if each is self._listener:
                    self._accept()
                else:
                    self._read(each)

    def _accept(self):
        near = self._listener.accept()[0]
        far = socket.socket()
        far.bind((self._source, 0))
        for each in (near, far):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._later(self._arrive, near, far)

    def _arrive(self, near, far):
        """The connection, and with it what was said at once."""
        try:
            far.connect(self._target)
            far.sendall(near.recv(65536, socket.MSG_DONTWAIT))
        except BlockingIOError:
            pass
        except OSError:
            near.close()
            far.close()
            return
        self._ends[near], self._ends[far] = far, near

    def _read(self, end):
        other = self._ends.get(end)
        if other is None:
            return
        try:
            data = end.recv(65536)
        except OSError:
            data = b""
        if data:
            self._later(self._send, other, data)
        else:
            del self._ends[end]
            self._later(self._end, end, other)

    def _send(self, other, data):
        try:
            other.sendall(data)
        except OSError:
            pass  # its end is read soon

    def _end(self, end, other):
        for each in (end, other):
            self._ends.pop(each, None)
            each.close()
