# SPDX-License-Identifier: MIT
"""From the command line to the exit status: checks, signals, drain, descriptors, systemd's notify."""

import os
import re
import signal
import socket

from client import Client
from harness import DEADLINE_S, server_program, wait_readable, wait_until
from neighbour import Neighbour
from process import Process
from provider import results
from scenario import Scenario

USAGE, NO_INPUT, UNAVAILABLE, SYSTEM, PERMISSION, CONFIG = 64, 66, 69, 71, 77, 78


class CommandLine(Scenario):
    def setUp(self):
        self.herd_here = self.herd(("Goloman", "Hands"), (("Goloman", "Hands"),))
        self.count = 0

    def run_server(self, *arguments, environment=None):
        """Runs it to its end: (status, stdout, stderr)."""
        self.count += 1
        process = Process(f"run{self.count}", [server_program(), *arguments], self.herd_here.directory, environment)
        self.herd_here.others.append(process)
        status = process.wait()
        process.check_clean()
        return status, process.stdout().decode(), process.stderr()

    def file(self, text, name="other.conf"):
        return self.herd_here.write_file(name, text)

    def test_version_and_help(self):
        for option in ("-V", "--version"):
            status, out, _ = self.run_server(option)
            self.assertEqual(status, 0)
            self.assertRegex(out, r"\d+\.\d+\.\d+")
            self.assertIn("libuv", out)
            self.assertIn("GeoNames", out)
        for option in ("-h", "--help"):
            status, out, _ = self.run_server(option)
            self.assertEqual(status, 0)
            for word in ("--name", "--config", "--check-config", "--dump-config"):
                self.assertIn(word, out)

    def test_usage(self):
        config = self.herd_here.config_path
        for arguments in ((), ("--config", config), ("--nonsense",), ("--name",), ("--name", "Goloman", "surplus")):
            with self.subTest(arguments=arguments):
                status, out, err = self.run_server(*arguments)
                self.assertEqual((status, out), (USAGE, ""))
                self.assertNotEqual(err, "")

    def test_unknown_name(self):
        status, _, err = self.run_server("--name", "Goliath", "--config", self.herd_here.config_path)
        self.assertIn(status, (USAGE, CONFIG))
        self.assertIn("Goliath", err)

    def test_unreadable_config(self):
        for path in (os.path.join(self.herd_here.directory, "none", "herd.conf"), self.herd_here.directory):
            for more in ((), ("-t",)):
                status, _, err = self.run_server("--name", "Goloman", "--config", path, *more)
                self.assertEqual(status, CONFIG if more else NO_INPUT)
                self.assertIn(path, err)

    def test_bad_line(self):
        good = self.herd_here.config_text()
        for wrong, word in (("nonsense = 1;", "nonsense"), ("herd = 5;", "herd"),
                            ("protocol = { max_futures_s = 1; };", "max_future_s"),
                            ("herd = ;", "syntax"), ('herd = "two words";', "herd"),
                            ("limits = { line_bytes_max = -1; };", "line_bytes_max"),
                            ("log = { level = \"loud\"; };", "level")):
            with self.subTest(wrong=wrong):
                key = wrong.split(" ")[0]
                lines = [line for line in good.splitlines() if not line.startswith(key + " ")] + [wrong]
                path = self.file("\n".join(lines) + "\n")
                for more in ((), ("-t",)):
                    status, _, err = self.run_server("--name", "Goloman", "--config", path, *more)
                    self.assertEqual(status, CONFIG)
                    self.assertRegex(err, re.escape(f"{path}:{len(lines)}: ") + f".*{word}")

    def test_herds_that_cannot_be(self):
        one = '{ name = "A"; clients = "127.0.0.1:12001"; peers = "127.0.0.1:12101"; }'
        two = '{ name = "B"; clients = "127.0.0.1:12002"; peers = "127.0.0.1:12102"; }'
        for servers, links in (
                (f"( {one}, {one} )", "( )"), (f"( {one}, {two} )", "( )"), (f"( {one}, {two} )", '( ["A", "C"] )'),
                (f"( {one}, {two} )", '( ["A", "A"] )'), (f"( {one}, {two.replace('12002', '12001')} )", '( ["A", "B"] )'),
                (f"( {one}, {two.replace('127.0.0.1:12102', '192.0.2.1:12102')} )", '( ["A", "B"] )'),
                (f"( {one}, {two.replace('127.0.0.1:12102', 'localhost')} )", '( ["A", "B"] )'),
                (f"( {one.replace('A', 'A B')} )", "( )"), ("( )", "( )")):
            with self.subTest(servers=servers, links=links):
                path = self.file(f"servers = {servers};\nlinks = {links};\n")
                status, _, err = self.run_server("-t", "--name", "A", "--config", path)
                self.assertEqual(status, CONFIG)
                self.assertIn(path + ":", err)

    def test_check_config(self):
        for option in ("-t", "--check-config"):
            status, _, _ = self.run_server(option, "--name", "Goloman", "--config", self.herd_here.config_path)
            self.assertEqual(status, 0)

    def test_a_server_on_which_others_hang_is_a_warning(self):
        names = ("Goloman", "Middle", "End")
        herd = self.herd(names, (("Goloman", "Middle"), ("Middle", "End")))
        status, _, err = self.run_server("-t", "--name", "Goloman", "--config", herd.config_path)
        self.assertEqual(status, 0)
        self.assertIn("if Middle is down", err)

    def test_dump_config_round_trip(self):
        dump = ("--dump-config", "--name", "Goloman", "--config")
        status, first, _ = self.run_server(*dump, self.herd_here.config_path)
        self.assertEqual(status, 0)
        self.assertIn("line_bytes_max", first)
        status, second, err = self.run_server(*dump, self.file(first))
        self.assertEqual((status, second), (0, first), err)

    def test_built_in_herd(self):
        status, out, err = self.run_server("--dump-config", "--name", "Welsh", environment={"HERD_CONFIG": ""})
        if os.path.exists("/etc/herd/herd.conf"):
            self.skipTest("this machine has a herd of its own")
        self.assertEqual(status, 0, err)
        for word in ("Goloman", "Hands", "Holiday", "Welsh", "Wilkes", "127.0.0.1:12004", "127.0.0.1:12105", "127.0.0.1:12203"):
            self.assertIn(word, out)

    def test_port_in_use(self):
        self.herd_here.let_go_ports()
        server = self.herd_here["Goloman"]
        for taken in (server.clients, server.peers):
            with socket.create_server(taken):
                status, _, err = self.run_server("--name", "Goloman", "--config", self.herd_here.config_path)
            self.assertEqual(status, UNAVAILABLE)
            self.assertIn(f"{taken[0]}:{taken[1]}", err)

    def test_listens_elsewhere_than_others_dial(self):
        text = self.herd_here.config_text()
        for server in self.herd_here.servers.values():
            for key, port in (("clients", server.clients[1]), ("peers", server.peers[1])):
                address = f"{server.clients[0]}:{port}"
                text = text.replace(f'{key} = "{address}"', f'{key} = "127.0.0.1:{port}"; {key}_listen = "{address}"')
        self.herd_here.write_file("herd.conf", text)
        self.herd_here.start("Goloman")
        self.assertEqual(self.client(self.herd_here["Goloman"]).ask(b"hello"), b"? hello")

    def test_too_few_descriptors(self):
        process = self.herd_here["Goloman"].start(descriptors_max=47)
        self.assertEqual(process.wait(), SYSTEM)
        self.assertIn("descriptors", process.stderr())

    def test_directory_that_cannot_be_made(self):
        path = self.file("in the way", "file")
        self.herd_here.let_go_ports()
        for section in ("log", "journal"):
            with self.subTest(section=section):
                bad = self.file(self.herd_here.config_text(**{section: {"directory": f"{path}/{section}"}}))
                status, _, err = self.run_server("--name", "Goloman", "--config", bad)
                self.assertIn(status, (SYSTEM, PERMISSION))
                self.assertIn(f"{path}/{section}", err)

    def test_directory_that_is_not_needed(self):
        path = self.file("in the way", "file")
        journal = {"directory": path + "/journal", "durability": "none"}
        self.herd_here.write_file("herd.conf", self.herd_here.config_text(journal=journal))
        self.herd_here.start("Goloman")
        self.assertEqual(self.client(self.herd_here["Goloman"]).ask(b"hello"), b"? hello")

    def test_closed_standard_descriptors(self):
        """They are not left for a socket or a file to be opened as, where messages would go."""
        server = self.herd_here.start("Goloman", script='exec "$@" <&- >&- 2>&-')["Goloman"]
        for number in range(3):
            self.assertEqual(os.readlink(f"/proc/{server.process.pid}/fd/{number}"), os.devnull)
        self.assertEqual(self.client(server).ask(b"hello"), b"? hello")
        server.process.stop()


class Signals(Scenario):
    def test_both_signals_end_it(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            server = self.lone()
            connection = self.client(server)
            connection.iamat(b"kiwi", b"+1+1")
            server.process.stop(number)
            self.assertEqual(connection.gone(), b"")

    def slow(self, **settings):
        fake = self.provider()
        server = self.relay(fake, **settings)
        connection = self.client(server)
        at = connection.iamat(b"kiwi", b"+1+1")
        fake.hold()
        connection.send(b"WHATSAT kiwi 10 20\n")
        fake.wait_in_flight(1)
        return fake, server, connection, at

    def wait_refusing(self, server):
        def refused():
            try:
                Client(server.clients).close()
                return False
            except ConnectionError:
                return True

        wait_until(refused, "the server stops listening")

    def test_drain_finishes_a_whatsat(self):
        fake, server, connection, at = self.slow()
        server.process.send_signal(signal.SIGTERM)
        self.wait_refusing(server)
        self.assertIsNone(server.process.status)
        fake.release()
        self.assertEqual(connection.rest(), at + b"\n" + results(5, end="") + b"\n\n")
        server.process.ended_well()

    def test_drain_has_an_end(self):
        _, server, connection, at = self.slow(limits={"drain_timeout_ms": 500})
        server.process.stop()
        line, body = connection.answer()
        self.assertEqual(line, at)
        self.assert_failure_body(body)
        self.assertIn(b'"The server is ending."', body)
        self.assertEqual(connection.rest(), b"")

    def test_drain_does_not_wait_for_a_neighbour_that_does_not_read(self):
        fake = self.enterContext(Neighbour("Fake"))
        herd = self.herd(("Real", "Fake"), (("Real", "Fake"),), elsewhere={"Fake": fake.address}, log={"wire": False})
        server = herd.start()["Real"]
        session = fake.accept()
        server.log.wait("link_up", peer="Fake", direction="out")
        connection = self.client(server)
        count, name = 4000, b"x" * 1000  # within the time that who reads nothing may stay
        for start in range(0, count, 50):
            connection.send(b"".join(b"IAMAT %d-%s +1+1 1\n" % (number, name) for number in range(start, start + 50)))
            for _ in range(50):
                connection.line()
        self.assertEqual(server.log.events("link_down"), [])
        server.process.stop()
        # More than what lies between the two could hold, or nobody would have had to wait.
        self.assertLess(session.gone().count(b"\nAT "), count)

    def test_second_signal_ends_at_once(self):
        fake, server, _, _ = self.slow(limits={"drain_timeout_ms": 3500})
        server.process.send_signal(signal.SIGTERM)
        self.wait_refusing(server)
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(), -signal.SIGTERM)  # at the end of its drain it would have been 0
        self.assertEqual(fake.in_flight, 1)

    def test_whole_herd_drains(self):
        herd = self.herd().start_linked()
        clients = [self.client(server) for server in herd.servers.values()]
        for number in range(100):
            clients[number % 5].send(b"IAMAT c%d +1+1 1\n" % number)
        for server in herd.servers.values():
            server.process.send_signal(signal.SIGTERM)
        for server in herd.servers.values():
            server.process.ended_well()

    def test_usr1_writes_the_state(self):
        server = self.lone()
        self.client(server).iamat(b"kiwi", b"+1+1")
        since = server.log.size()
        server.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: [event for event in server.log.events(since=since) if event["event"] not in ("in", "out")],
                   "a state in the log")
        self.assertTrue(self.client(server).iamat(b"kiwi", b"+1+1").startswith(b"AT "))

    def test_pipe_and_hangup_do_not_kill(self):
        server = self.lone()
        server.process.send_signal(signal.SIGPIPE)
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: [event for event in server.log.events() if "SIGHUP" in event.get("msg", "")], "a word in the log")
        self.assertTrue(self.client(server).iamat(b"kiwi", b"+1+1").startswith(b"AT "))


class Descriptors(Scenario):
    def test_out_of_descriptors(self):
        """Accept fails for want of a descriptor: it neither spins nor dies, and serves again."""
        server = self.lone(limits={"line_timeout_ms": 1500})
        old, clock = self.client(server), self.client(server)
        old.iamat(b"kiwi", b"+1+1")
        limit = server.process.limit_descriptors(server.process.descriptors())
        waiting = [self.client(server) for _ in range(20)]
        for each in waiting:
            each.send_some(b"IAMAT late +1+1 1\n")
        # The line's timeout is the clock: the processor time that passes until it strikes shows whether it spins.
        clock.send(b"never ends")
        before_s = server.process.cpu_seconds()
        clock.gone()
        self.assertLess(server.process.cpu_seconds() - before_s, 0.75)
        self.assertTrue(old.iamat(b"kiwi", b"+1+1").startswith(b"AT "))
        server.process.limit_descriptors(limit)

        def served():
            with server.client() as fresh:
                try:
                    return fresh.iamat(b"fresh", b"+1+1").startswith(b"AT ")
                except (EOFError, ConnectionError):
                    return False

        wait_until(served, "a new connection is served")

    def test_cap_of_a_low_limit(self):
        server = self.herd(("Goloman",), ()).start(descriptors_max=64)["Goloman"]
        connections = [self.client(server) for _ in range(100)]
        for each in connections:
            each.send_some(b"hello\n")
        served = [each for each in connections if self.said_hello(each)]
        self.assertTrue(1 <= len(served) <= 32, len(served))
        self.assertEqual(served[-1].ask(b"again"), b"? again")

    @staticmethod
    def said_hello(connection):
        try:
            return connection.line() == b"? hello"
        except (EOFError, ConnectionError):
            return False


class Notify(Scenario):
    def test_ready_and_stopping(self):
        herd = self.herd(("Goloman",), ())
        path = os.path.join(herd.directory, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
            supervisor.bind(path)
            supervisor.settimeout(DEADLINE_S)
            herd.start(environment={"NOTIFY_SOCKET": path})
            self.assertIn(b"READY=1", supervisor.recv(4096).split(b"\n"))
            self.assertTrue(self.client(herd["Goloman"]).iamat(b"kiwi", b"+1+1").startswith(b"AT "))
            herd["Goloman"].process.send_signal(signal.SIGTERM)
            said = []
            while b"STOPPING=1" not in said:
                self.assertTrue(wait_readable(supervisor, DEADLINE_S), said)
                said += supervisor.recv(4096).split(b"\n")
            herd["Goloman"].process.ended_well()
