# SPDX-License-Identifier: MIT
"""A whole herd over ::1: clients, neighbours, the flood, questions, restarts."""

import shutil
import socket
import subprocess
import unittest

import namespaces
from client import now_text
from herd import NAMES
from network import PATH
from test_flood import Flooding

LOOPBACK = "::1"


def setUpModule():
    """A network of our own where that is allowed, so that nobody else takes a port while its server is down."""
    ip = shutil.which("ip", path=PATH)
    if ip:
        try:
            namespaces.enter(namespaces.NETWORK)
            subprocess.run([ip, "link", "set", "lo", "up"], check=True)
        except unittest.SkipTest:
            pass
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind((LOOPBACK, 0))
    except OSError as error:
        raise unittest.SkipTest(f"this machine has no {LOOPBACK}: {error}") from error


class Version6(Flooding):
    def test_flood_question_restart(self):
        herd = self.herd(address=LOOPBACK).start_linked()
        clients = self.connect(herd)
        lines = {}
        for name, connection in clients.items():
            client = b"from." + name.encode()
            lines[client] = connection.iamat(client, b"+34.068930-118.445127", now_text())
            self.assertTrue(lines[client].startswith(b"AT %s " % name.encode()), lines[client])
            self.assert_everywhere(lines[client], clients, client)

        at, body = clients["Welsh"].whatsat(b"from.Goloman", b"10", b"5")
        self.assertEqual(at, lines[b"from.Goloman"])
        self.assertIn(b'"status" : "OK"', body)
        for name, connection in clients.items():
            opened = herd[name].log.wait("open")
            self.assertTrue(all("::1" in event["from"] for event in opened), opened)
            connection.close()

        # One after the other ends, and what is told to those that are left is in all when all are back.
        for name, teller in zip(NAMES, NAMES[1:]):
            herd[name].process.stop()
            client = b"without." + name.encode()
            with herd.client(teller) as connection:
                lines[client] = connection.iamat(client, b"-34.068930+118.445127", now_text())
        herd[NAMES[-1]].process.stop()
        herd.start(*NAMES)
        herd.wait_links()
        clients = self.connect(herd)
        for client, line in lines.items():
            self.assert_everywhere(line, clients, client)
