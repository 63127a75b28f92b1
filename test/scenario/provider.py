# SPDX-License-Identifier: MIT
"""A places provider of the tests' own: HTTP/1.1 on loopback, well or ill behaved as a test wants it.

`provider.answer` is a function of (provider, connection, request), one of
those below or a test's own; it runs in the connection's thread and returns
whether the connection may be used again.
"""

import gzip
import json
import socket
import struct
import threading
from urllib.parse import parse_qs, urlsplit

from harness import DEADLINE_S, own_address, wait_until


class Request:
    def __init__(self, head):
        first, *rest = head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = first.split(" ")
        self.path = urlsplit(self.target).path
        self.query = {key: values[-1] for key, values in parse_qs(urlsplit(self.target).query, True).items()}
        self.headers = {}
        for line in rest:
            key, _, value = line.partition(":")
            self.headers[key.strip().lower()] = value.strip()


class Provider:
    """Use it as a context. `requests` is everything that was asked, in order."""

    def __init__(self, tls=None):
        """`tls`: the context of an https server, otherwise it is http."""
        self._tls = tls
        self.answer = well(results(5))
        self.requests = []
        self._lock = threading.Lock()
        self._in_flight = 0
        self._gate = threading.Event()
        self._gate.set()
        self.ending = threading.Event()
        self._listener = None
        self._connections = set()
        self._threads = []
        self.address = (own_address(), 0)

    def __enter__(self):
        self.open()
        return self

    def __exit__(self, *ignored):
        self.ending.set()
        self._gate.set()
        self.die()
        for thread in self._threads:
            thread.join(DEADLINE_S)

    @property
    def url(self):
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://{self.address[0]}:{self.address[1]}/maps/api/place/nearbysearch/json"

    def open(self):
        """Listens, on the same port as before."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(self.address)
        listener.listen(128)
        self.address = listener.getsockname()
        self._listener = listener
        self._spawn(self._accept, listener)

    def die(self):
        """Refuses connections from now on, and drops those there are."""
        with self._lock:
            listener, self._listener = self._listener, None
            connections, self._connections = self._connections, set()
        for each in connections | ({listener} if listener else set()):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other side was first
            each.close()

    def hold(self):
        """Requests are taken and recorded, answers wait for release()."""
        self._gate.clear()

    def release(self):
        self._gate.set()

    @property
    def in_flight(self):
        with self._lock:
            return self._in_flight

    def wait_in_flight(self, count):
        wait_until(lambda: self.in_flight == count, lambda: f"{self.in_flight} requests in flight, not {count}")

    def wait_requests(self, count):
        wait_until(lambda: len(self.requests) >= count, lambda: f"{len(self.requests)} requests, not {count}")

    def _spawn(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # closed
            with self._lock:
                self._connections.add(connection)
            self._spawn(self._serve, connection)

    def _serve(self, connection):
        try:
            if self._tls is not None:
                connection = self._begin_tls(connection)
            data = b""
            while True:
                while b"\r\n\r\n" not in data:
                    more = connection.recv(65536)
                    if not more:
                        return
                    data += more
                head, _, data = data.partition(b"\r\n\r\n")
                if not self._one(connection, Request(head)):
                    return
        except OSError:
            pass  # the server went away, or this test did
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.close()

    def _begin_tls(self, plain):
        with self._lock:
            self._connections.discard(plain)
            connection = self._tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
            self._connections.add(connection)
        connection.do_handshake()
        return connection

    def _one(self, connection, request):
        with self._lock:
            answer = self.answer
            self._in_flight += 1
            self.requests.append(request)
        try:
            self._gate.wait()
            return answer(self, connection, request)
        finally:
            with self._lock:
                self._in_flight -= 1


# Bodies.

def place(number, new_style=False):
    """The text of one element of `results`, as it stands in a body."""
    if new_style:
        return ('      {\n         "geometry" : \n         {\n            "location" : \n            {\n'
                f'               "lat" : 34.0{number},\n               "lng" : -118.4{number}e0\n            }}\n'
                f'         }},\n         "name" : "Place \\u00e9 {number} ] }}",\n'
                '         "types" : \n         [\n            "bar"\n         ]\n      }').lstrip()
    return ('{\n         "geometry" : {\n            "location" : {\n'
            f'               "lat" : 34.0{number}00,\n               "lng" : -118.4{number}\n            }}\n'
            f'         }},\n         "name" : "Pl\u00e4ce \\"{number}\\" [",\n'
            '         "types" : [ "bar", "food" ]\n      }')


def results(count, new_style=False, end="\n"):
    """A body with `count` results in the style of the legacy API, old or new."""
    return body([place(number, new_style) for number in range(count)], new_style, end)


def body(elements, new_style=False, end="\n"):
    if not elements:
        inner = "[]"
    elif new_style:
        inner = "\n   [\n      " + ",\n      ".join(elements) + "\n   ]"
    else:
        inner = "[\n      " + ",\n      ".join(elements) + "\n   ]"
    text = ('{\n   "html_attributions" : [],\n   "next_page_token" : "\\"results\\" : [ 1, 2 ]",\n'
            f'   "results" : {inner},\n   "status" : "OK"\n}}{end}')
    return text.encode()


def cut(elements, bound, new_style=False):
    """What a server must make of body(elements): computed from its parts, not by looking at the text."""
    if bound >= len(elements) or not elements:
        return body(elements, new_style, "")
    whole = body(elements, new_style, "").decode()
    start = whole.index(elements[0])
    end = whole.index(elements[-1]) + len(elements[-1])
    if bound == 0:
        opening = whole.rindex("[", 0, start)
        closing = whole.index("]", end)
        return (whole[:opening] + "[]" + whole[closing + 1:]).encode()
    kept = whole.index(elements[bound - 1]) + len(elements[bound - 1])
    return (whole[:kept] + whole[end:]).encode()


DENIED = (b'{\n   "error_message" : "This API key is not authorized to use this service or API.",\n'
          b'   "html_attributions" : [],\n   "results" : [],\n   "status" : "REQUEST_DENIED"\n}\n')


# Ways to answer.

def head(status, length=None, kind="application/json; charset=UTF-8", **more):
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    lines += [f"{key.replace('_', '-')}: {value}" for key, value in more.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def well(content, status="200 OK", kind="application/json; charset=UTF-8", **more):
    def answer(provider, connection, request):
        connection.sendall(head(status, len(content), kind, **more) + content)
        return True

    return answer


def chunked(content, size=700):
    def answer(provider, connection, request):
        connection.sendall(head("200 OK", Transfer_Encoding="chunked"))
        for start in range(0, len(content), size):
            part = content[start:start + size]
            connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))
        connection.sendall(b"0\r\n\r\n")
        return True

    return answer


def html(status="200 OK"):
    return well(b"<!DOCTYPE html><html><body>Oops \x00\xff</body></html>", status, "text/html")


def redirect(url):
    return well(b"<html>moved</html>", "302 Found", "text/html", Location=url)


def compressed(content):
    """gzip, though nobody asked for it."""
    return well(gzip.compress(content), Content_Encoding="gzip")


def huge(size):
    """Valid JSON of exactly `size` bytes."""
    frame = b'{"html_attributions":[],"results":["%s"],"status":"OK"}'
    return well(frame % (b"x" * (size - len(frame % b""))))


def hang(provider, connection, request):
    """Says nothing at all."""
    provider.ending.wait()
    return False


def drip(provider, connection, request):
    """Never ends: a byte of white space now and then."""
    connection.sendall(head("200 OK") + b"{")
    while not provider.ending.wait(0.05):
        connection.sendall(b" ")
    return False


def reset_mid_body(provider, connection, request):
    content = results(5)
    connection.sendall(head("200 OK", len(content)) + content[:len(content) // 2])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def short_body(provider, connection, request):
    """Promises more than it sends."""
    content = results(5)
    connection.sendall(head("200 OK", len(content) + 10) + content)
    return False


def garbage(provider, connection, request):
    """Not even HTTP."""
    connection.sendall(bytes(range(256)) * 4)
    return False


def endless_headers(provider, connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: " + b"y" * 1000 + b"\r\n")


def is_json(content):
    try:
        json.loads(content)
        return True
    except ValueError:
        return False
