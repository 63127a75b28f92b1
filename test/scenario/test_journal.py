# SPDX-License-Identifier: MIT
"""What one server's journal is through: damage between two runs, a second server, a folder that is none."""

import os
import re
import shutil

from harness import Ports, remove_in_use, server_program, tool_program, wait_until
from herd import address_text
from process import Process
from scenario import Scenario

DAMAGED, UNAVAILABLE, SYSTEM, PERMISSION, CONFIG = 65, 69, 71, 77, 78
SUMS = re.compile(rb"(\d+) records, (\d+) damaged, (\d+) torn\Z")
CLIENTS = 30


class Journal(Scenario):
    """One server, and clients of which each spoke once."""

    def setUp(self):
        self.alone = self.herd(("Goloman",), ())
        self.server = self.alone.start()["Goloman"]
        self.lines = {}

    def tell(self, prefix=b"client", count=CLIENTS):
        with self.server.client() as connection:
            for number in range(count):
                client = b"%s.%d" % (prefix, number)
                self.lines[client] = connection.iamat(client, b"+%d+%d" % (number, number))

    def folder(self, name="Goloman"):
        return os.path.join(self.alone.directory, "journal", name)

    def segments(self):
        """The journal's files, oldest first."""
        names = [name for name in os.listdir(self.folder()) if name.endswith(".journal")]
        return [os.path.join(self.folder(), name) for name in sorted(names)]

    def told_segment(self):
        """The file that the clients' updates are in, all of them."""
        found = [path for path in self.segments() if b" client.0 " in self.read(path)]
        self.assertEqual(len(found), 1)
        return found[0]

    @staticmethod
    def read(path):
        with open(path, "rb") as file:
            return file.read()

    @staticmethod
    def write(path, data):
        with open(path, "wb") as file:
            file.write(data)

    def start(self):
        """Starts the server and returns what it says that it found, with which the tool agrees."""
        verified = self.verify()
        self.alone.start("Goloman")
        found = self.server.log.wait("journal", state="replayed")[0]
        self.assertEqual(tuple(int(found[key]) for key in ("records", "damaged", "torn")), verified)
        return found

    def assert_known(self, unknown=()):
        """Everybody is where it was, but those that are `unknown`."""
        with self.server.client() as connection:
            for client, line in self.lines.items():
                question = b"WHATSAT %s 1 0" % client
                if client in unknown:
                    self.assertEqual(connection.ask(question), b"? " + question)
                else:
                    self.assertEqual(connection.whatsat(client)[0], line)

    def run_to_end(self, *argv):
        """(status, stdout, stderr)"""
        process = Process(f"run{len(self.alone.others)}", argv, self.alone.directory)
        self.alone.others.append(process)
        status = process.wait()
        process.check_clean()
        return status, process.stdout(), process.stderr()

    def tool(self, verb, path):
        return self.run_to_end(tool_program(), "journal", verb, path)

    def verify(self):
        """What the tool finds in the whole folder: (records, damaged, torn)."""
        status, out, err = self.tool("verify", self.folder())
        sums = [tuple(map(int, match.groups())) for match in map(SUMS.search, out.splitlines()) if match]
        self.assertEqual((len(sums), err), (len(self.segments()), ""))
        records, damaged, torn = map(sum, zip(*sums))
        self.assertEqual(status, DAMAGED if damaged + torn else 0, out)
        return records, damaged, torn


class Damage(Journal):
    def setUp(self):
        super().setUp()
        self.tell()
        self.last = list(self.lines)[-1]
        self.alone.kill("Goloman")
        self.path = self.told_segment()
        self.data = self.read(self.path)

    def test_nothing_happened(self):
        found = self.start()
        self.assertEqual((found["records"], found["damaged"], found["torn"]), (str(CLIENTS), "0", "0"))
        self.assert_known()

    def test_torn_tail(self):
        self.write(self.path, self.data[:-5])
        found = self.start()
        self.assertEqual((found["records"], found["damaged"], found["torn"]), (str(CLIENTS - 1), "0", "1"))
        self.assert_known({self.last})
        self.tell(b"later")
        self.alone.kill("Goloman")
        self.start()
        self.assert_known({self.last})

    def test_flipped_byte(self):
        at = self.data.index(b" client.7 ")
        self.write(self.path, self.data[:at] + bytes([self.data[at] ^ 1]) + self.data[at + 1:])
        line_start = self.data.rindex(b"\n", 0, at) + 1
        self.assertIn(b"%s: byte %d: " % (self.path.encode(), line_start), self.tool("verify", self.path)[1])
        found = self.start()
        self.assertEqual((found["records"], found["damaged"], found["torn"]), (str(CLIENTS - 1), "1", "0"))
        self.assert_known({b"client.7"})

    def test_flipped_newline(self):
        at = self.data.index(b"\n", self.data.index(b" client.7 "))
        self.write(self.path, self.data[:at] + b"\x0b" + self.data[at + 1:])
        self.start()
        self.assert_known({b"client.7", b"client.8"})

    def test_noise_behind_the_end(self):
        for noise, damaged, torn in (
                (b"\0" * 4096, "0", "0"), (b"\xff\xfe noise", "0", "1"), (b"AT Goloman\n", "1", "0")):
            with self.subTest(noise=noise[:16]):
                self.write(self.path, self.data + noise)
                found = self.start()
                self.assertEqual((found["damaged"], found["torn"]), (damaged, torn))
                self.assert_known()
                self.alone.kill("Goloman")

    def test_empty_file(self):
        self.write(self.path, b"")
        self.start()
        self.assert_known(set(self.lines))

    def test_doubled_and_missing_files(self):
        for number in range(2):
            self.start()
            self.tell(b"run%d" % number)
            self.alone.kill("Goloman")
        files = [path for path in self.segments() if b" AT " in self.read(path)]
        self.assertEqual(len(files), 3)
        os.unlink(files[1])
        last = int(os.path.basename(self.segments()[-1]).partition(".")[0])
        shutil.copy(files[0], os.path.join(self.folder(), f"{last + 1:010}.journal"))
        self.assertEqual(self.start()["missing"], "1")
        self.assert_known({client for client in self.lines if client.startswith(b"run0.")})

    def test_tool_shows_what_the_server_will_read(self):
        status, out, err = self.tool("inspect", self.path)
        self.assertEqual((status, err), (0, ""))
        for client in self.lines:
            self.assertEqual(out.count(b" %s " % client), 1)


class Claims(Journal):
    def assert_one_line(self, err):
        """One line for people, whatever goes to the log."""
        self.assertEqual(len([line for line in err.splitlines() if not line.startswith("ts=")]), 1, err)

    def second(self, **sections):
        """Runs another server of the same name, with ports of its own, to its end."""
        ports = Ports()
        addresses = [(ports.address, ports.take()) for _ in range(2)]
        ports.let_go()
        servers = {"name": "Goloman", "clients": address_text(addresses[0]), "peers": address_text(addresses[1])},
        path = self.alone.write_file("second.conf", self.alone.config_text(servers=servers, **sections))
        return self.run_to_end(server_program(), "--name", "Goloman", "--config", path)

    def test_second_server_on_one_directory(self):
        self.tell()
        status, _, err = self.second()
        self.assertEqual(status, UNAVAILABLE, err)
        self.assertIn(self.folder(), err)
        self.assertIn(str(self.server.process.pid), err)
        self.assert_one_line(err)
        self.tell(b"later")
        self.server.process.stop()
        self.start()
        self.assert_known()

    def test_directory_that_cannot_be_made(self):
        in_the_way = self.alone.write_file("file", "in the way")
        for directory in (os.path.join(self.alone.directory, "n" * 256, "journal"), in_the_way, in_the_way + "/journal"):
            with self.subTest(directory=directory):
                status, _, err = self.second(journal={"directory": directory})
                self.assertIn(status, (SYSTEM, PERMISSION), err)
                self.assertIn(directory, err)
                self.assert_one_line(err)

    def test_journal_of_another_server(self):
        self.tell()
        self.server.process.stop()
        path = self.told_segment()
        data = self.read(path)
        shutil.copytree(self.folder(), self.folder("Hands"))
        clients, peers = address_text(self.server.clients), address_text(self.server.peers)
        servers = {"name": "Hands", "clients": clients, "peers": peers},
        config = self.alone.write_file("hands.conf", self.alone.config_text(servers=servers))
        status, _, err = self.run_to_end(server_program(), "--name", "Hands", "--config", config)
        self.assertEqual(status, CONFIG, err)
        for word in (self.folder("Hands"), "Goloman", "Hands"):
            self.assertIn(word, err)
        self.assertEqual(self.read(os.path.join(self.folder("Hands"), os.path.basename(path))), data)

    def test_more_clients_than_the_limit_allows(self):
        self.tell()
        self.server.process.stop()
        data = self.read(self.told_segment())
        status, _, err = self.second(limits={"clients_max": 1})
        self.assertEqual(status, CONFIG, err)
        self.assertIn("limits.clients_max = 1 ", err)
        self.assertEqual(self.read(self.told_segment()), data)
        self.start()
        self.assert_known()


class Lost(Journal):
    """Somebody removes, moves or cuts the files while the server runs."""

    def lose(self, kind, reason, lose):
        """What was told before and after is there again when the server comes back after kill -9."""
        self.tell(kind + b".before")
        since = self.server.log.size()
        lose()
        self.assertIn(reason, self.server.log.wait("journal", since, state="failed")[0]["reason"])
        self.server.log.wait("journal", since, state="ok")
        self.tell(kind + b".after")
        self.alone.kill("Goloman")
        self.start()
        self.assert_known()

    def test_written_anew(self):
        self.tell()
        self.lose(b"cut", "cut", lambda: os.truncate(self.told_segment(), 100))
        self.lose(b"file", "removed", lambda: os.unlink(self.told_segment()))
        self.lose(b"moved", "directory", lambda: os.rename(self.folder(), self.folder("Moved")))
        self.lose(b"folder", "directory", lambda: remove_in_use(self.folder()))
        self.lose(b"parent", "directory", lambda: remove_in_use(os.path.dirname(self.folder())))

    def test_told_at_the_end(self):
        """Before the next look: the end tells that it is not complete."""
        self.tell()
        remove_in_use(self.folder())
        self.server.process.stop()
        self.assertTrue(self.server.log.events("journal", level="error"))


class LostSynced(Journal):
    def setUp(self):
        self.alone = self.herd(("Goloman",), (), journal={"durability": "synced"})
        self.server = self.alone.start()["Goloman"]
        self.lines = {}

    def test_directory_removed(self):
        """No update is acknowledged that is nowhere, and the supervisor gets a code to restart it for."""
        self.tell()
        remove_in_use(self.folder())
        with self.assertRaises((EOFError, ConnectionError)):
            self.tell(b"later")
        self.assertEqual([client for client in self.lines if client.startswith(b"later")], [])
        self.assertEqual(self.server.process.wait(), SYSTEM)
        self.assertTrue(self.server.log.events("journal", state="failed"))
        self.alone.start("Goloman")
        self.tell(b"anew")

    def test_directory_moved(self):
        """Nothing tells of it but the look once a second."""
        self.tell()
        os.rename(self.folder(), self.folder("Moved"))
        self.assertEqual(self.server.process.wait(), SYSTEM)


class FileSize(Journal):
    """RLIMIT_FSIZE is a full disk, and SIGXFSZ kills nobody."""

    def setUp(self):
        self.alone = self.herd(("Goloman",), (), log={"wire": False})
        self.server = self.alone.start(script='ulimit -f 200 && exec "$@"')["Goloman"]
        self.lines = {}

    def test_files_may_not_grow(self):
        with self.server.client() as connection:
            for number in range(50000):
                if self.server.log.events("journal", state="full"):
                    break
                self.assertTrue(connection.iamat(b"client.%d" % (number % 500), b"+1+1").startswith(b"AT "))
            else:
                self.fail("the file is as large as it may be, and nobody says so")
        self.tell()
        self.assert_known()
        self.server.process.stop()


class Repeats(Scenario):
    """What is known already is not written down again: told again by its client, or by a neighbour."""

    def test_each_report_is_one_line(self):
        herd = self.herd(("Goloman", "Hands", "Holiday"), (("Goloman", "Hands"), ("Hands", "Holiday"), ("Goloman", "Holiday")))
        herd.start_linked()
        lines = [b"IAMAT usual +34.068930-118.445127 1520023934.918963997", b"IAMAT unusual +1-2 15"]
        with herd.client("Goloman") as near:
            for line in lines * 3:
                near.ask(line)
            near.send(b"".join(line + b"\n" for line in lines * 3))
            for _ in lines * 3:
                near.line()
        for name in ("Hands", "Holiday"):
            with herd.client(name) as far:
                for client in (b"usual", b"unusual"):
                    wait_until(lambda c=client, f=far: f.whatsat(c)[1] is not None, f"{client} at {name}")
                # Told to another server: an older one, and one as old, of another origin.
                for line in lines:
                    far.ask(line.rpartition(b" ")[0] + b" 14")
        for server in herd.servers.values():
            server.process.stop()
            folder = os.path.join(herd.directory, "journal", server.name)
            text = b""
            for entry in sorted(os.listdir(folder)):
                if entry.endswith(".journal"):
                    text += Journal.read(os.path.join(folder, entry))
            for client in (b" usual ", b" unusual "):
                self.assertEqual(text.count(client), 1, (server.name, text))


class Taught(Scenario):
    """What a neighbour taught is in the journal, too: whoever dies afterwards, and whoever is there to tell it again."""

    def tell(self, durability):
        """Tells Goloman lines of usual and unusual form, kills both servers, and asks Hands, which is back alone."""
        herd = self.herd(("Goloman", "Hands"), (("Goloman", "Hands"),), journal={"durability": durability}).start_linked()
        lines = {}
        with herd.client("Goloman") as near:
            for number in range(200):
                position = b"+34.068930-118.445127" if number % 3 else b"+1-2"
                stamp = b"1520023934.918963997" if number % 2 else b"15"
                client = b"client.%d" % number
                lines[client] = near.iamat(client, position, stamp)
        with herd.client("Hands") as far:
            wait_until(lambda: far.whatsat(client)[0] == lines[client], lambda: f"Hands knows {client!r}")
        herd.kill("Goloman", "Hands")
        herd.start("Hands")
        with herd.client("Hands") as far:
            for client, line in lines.items():
                self.assertEqual(far.whatsat(client)[0], line)

    def test_written(self):
        self.tell("written")

    def test_synced(self):
        self.tell("synced")
