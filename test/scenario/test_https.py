# SPDX-License-Identifier: MIT
"""A provider over https: asked only where its certificate is trusted and its own, and never told the key otherwise."""

import json
import os
import ssl
import subprocess
import tempfile
import unittest

import namespaces
from harness import own_address
from scenario import Scenario

# Where Debian's libcurl looks for whom to trust.
SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
ELSEWHERE = "127.255.255.254"


class Certificates:
    """An authority of our own, and what it signs."""

    def __init__(self, directory):
        self._directory = directory
        self.authority = self._path("authority.pem")
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-subj", "/CN=Test authority", "-addext", "keyUsage=critical,keyCertSign",
                      "-keyout", self._path("authority.key"), "-out", self.authority)

    def _path(self, name):
        return os.path.join(self._directory, name)

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    def context(self, address):
        """Of a server whose certificate says that it is `address`."""
        certificate, key, request = (self._path(address + end) for end in (".pem", ".key", ".csr"))
        extensions = self._path(address + ".ext")
        with open(extensions, "w", encoding="ascii") as file:
            file.write(f"subjectAltName=IP:{address}\nextendedKeyUsage=serverAuth\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=provider",
                      "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", self._path("authority.key"),
                      "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context


class Https(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="herd-https-")))

    def ask(self, address):
        """The provider whose certificate is of `address`, the body that came of it, and the log."""
        fake = self.provider(self.certificates.context(address))
        server = self.relay(fake)
        connection = self.client(server)
        connection.iamat(b"kiwi", b"+1+1")
        return fake, connection.whatsat(b"kiwi", b"1", b"20")[1], server.log

    def assert_refused(self, address):
        fake, body, log = self.ask(address)
        self.assert_failure_body(body)
        self.assertEqual(log.wait("places_failed")[0]["reason"], "the server's certificate is not trusted")
        self.assertEqual(fake.requests, [])


class Untrusted(Https):
    """The right name, signed by somebody whom the system does not know."""

    def test_is_refused(self):
        self.assert_refused(own_address())


class Trusted(Https):
    """The system trusts our authority, in mounts that nobody else sees."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not os.path.exists(SYSTEM_CERTIFICATES):
            raise unittest.SkipTest(f"no {SYSTEM_CERTIFICATES}")
        namespaces.enter(namespaces.MOUNTS)
        namespaces.mount_file(cls.certificates.authority, SYSTEM_CERTIFICATES)
        cls.addClassCleanup(namespaces.unmount, SYSTEM_CERTIFICATES)

    def test_is_asked(self):
        fake, body, _ = self.ask(own_address())
        self.assertEqual(json.loads(body)["status"], "OK")
        self.assertEqual(len(fake.requests), 1)

    def test_another_name_is_refused(self):
        self.assert_refused(ELSEWHERE)
