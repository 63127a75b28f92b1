# SPDX-License-Identifier: MIT
"""Files that no server should take while it runs: each is refused with its place, and nothing has changed."""

import os
import re
import socket

from faults import state
from harness import listening, server_program
from herd import setting
from process import Process
from reloading import ask
from scenario import Scenario

CONFIG = 78
NAMES = ("Goloman", "Hands", "Holiday")
LINKS = (("Goloman", "Hands"), ("Hands", "Holiday"))
INDEX = {"local": {"indexes": ["no.idx"]}}
KEY = {"providers": ["google_legacy"], "google_legacy": {"key_file": "no.key"}}
IN_LINE, IN_FILE = r"herd\.conf:[0-9]+: ", r"herd\.conf: "


class Files:
    """What to make of a herd's good file, by kind."""

    def __init__(self, herd):
        self.herd = herd
        self.good = herd.config_text()
        self.path = herd.config_path

    def write(self, data):
        self.remove()
        with open(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())

    def remove(self):
        if os.path.isdir(self.path) and not os.path.islink(self.path):
            os.rmdir(self.path)
        elif os.path.lexists(self.path):
            os.unlink(self.path)

    def with_sections(self, **sections):
        self.write(self.herd.config_text(**sections))

    def with_server(self, server, **keys):
        """The file with other keys in that server's group."""
        def change(match):
            group = match.group(0)
            for key, value in keys.items():
                group = re.sub(rf'\b{key} = "[^"]*"', f'{key} = "{value}"', group)
            return group
        changed = re.sub(rf'\{{[^{{}}]*name = "{server}"[^{{}}]*\}}', change, self.good)
        assert changed != self.good
        self.write(changed)

    def peers(self, name):
        host, port = self.herd[name].peers
        return f"{host}:{port}"

    # -- each kind: makes the file

    def syntax(self):
        self.write(self.good + "protocol = { ttl_s 5; };\n")

    def unknown_key(self):
        self.with_sections(limits={"lines_bytes_max": 4096})

    def wrong_type(self):
        self.with_sections(limits={"line_bytes_max": "many"})

    def out_of_range(self):
        self.with_sections(limits={"line_bytes_max": 1})

    def beyond_64_bits(self):
        self.write(self.good + "limits = { line_bytes_max = 99999999999999999999999; };\n")

    def duplicate_key(self):
        self.write(self.good + self.good)

    def duplicate_name(self):
        self.with_server("Holiday", name="Hands")

    def duplicate_port(self):
        self.with_server("Holiday", peers=self.peers("Hands"))

    def duplicate_link(self):
        self.with_sections(links=tuple([a, b] for a, b in (*LINKS, ("Hands", "Goloman"))))

    def link_to_nobody(self):
        self.with_sections(links=(["Goloman", "Hands"], ["Hands", "Holliday"]))

    def not_connected(self):
        self.with_sections(links=(["Goloman", "Hands"],))

    def unreadable(self):
        """For root, too: a link that leads to itself."""
        self.remove()
        os.symlink("herd.conf", self.path)

    def gone(self):
        self.remove()

    def empty(self):
        self.write("")

    def nul(self):
        self.write(self.good.replace(";\n", ";\n\0", 1))

    def other_encoding(self):
        """With its byte order mark; that of UTF-8 is taken."""
        self.write(self.good.encode("utf-16"))

    def truncated(self):
        self.write(self.good[:len(self.good) // 2])

    def open_comment(self):
        self.write(self.good + "/* and so on\n")

    def missing_secret(self):
        self.with_sections(secret_file="no.secret")

    def secret_for_others(self):
        os.chmod(self.herd.write_file("open.secret", 40 * "s"), 0o644)
        self.with_sections(secret_file="open.secret")

    def secret_in_a_fifo(self):
        path = os.path.join(self.herd.directory, "fifo.secret")
        if not os.path.exists(path):
            os.mkfifo(path, 0o600)
        self.with_sections(secret_file="fifo.secret")

    def missing_index(self):
        self.with_sections(places=INDEX)

    def missing_key(self):
        self.with_sections(places=KEY)

    def no_such_directory(self):
        self.with_sections(log={"directory": os.path.join(self.path, "log")})

    def other_herd(self):
        self.with_sections(herd="other")

    def other_durability(self):
        self.with_sections(journal={"durability": "none"})

    def other_journal(self):
        self.with_sections(journal={"directory": os.path.join(self.herd.directory, "other")})

    def fewer_clients(self):
        self.with_sections(limits={"clients_max": 10})

    def own_name_gone(self):
        self.write(self.good.replace("Goloman", "Goliath"))

    def includes_itself(self):
        self.write('@include "herd.conf"\n' + self.good)

    def includes_nothing(self):
        self.write('@include "none.conf"\n' + self.good)

    def includes_a_fifo(self):
        path = os.path.join(self.herd.directory, "fifo.conf")
        if not os.path.exists(path):
            os.mkfifo(path, 0o600)
        self.write('@include "fifo.conf"\n' + self.good)

    def directory(self):
        self.remove()
        os.mkdir(self.path)

    def fifo(self):
        """Nobody writes to it: who opened it as a file is opened would wait for ever."""
        self.remove()
        os.mkfifo(self.path, 0o600)

    def huge(self):
        """Sparse, so that only who reads all of it has much to read."""
        self.write(self.good)
        os.truncate(self.path, 1 << 40)

    def huge_text(self):
        self.write(self.good + "# " + 5 * 1024 * 1024 * "x")

    # -- what only a server that runs finds out

    def too_many_neighbours(self):
        """One more than it had at its start and has spare room for."""
        more = [f"More{number}" for number in range(5)]
        servers = tuple({"name": name, "clients": "127.0.0.1:%d" % (2 * number + 2), "peers": "127.0.0.1:%d" % (2 * number + 1)}
                        for number, name in enumerate(more))
        links = (*(list(each) for each in LINKS), *(["Goloman", name] for name in more))
        text = re.sub(r"(?m)^links = .*\n", "", self.good)
        text = re.sub(r"(?m)^(servers = \(.*)\);", lambda match: match.group(1) + ", " + setting(servers)[2:-1] + ");", text)
        self.write(text + f"links = {setting(links)};\n")

    def port_taken(self, taken):
        self.with_server("Goloman", clients=f"{taken.getsockname()[0]}:{taken.getsockname()[1]}")

    def address_elsewhere(self):
        """An address of documentation (RFC 5737): it is no machine's own."""
        self.write(re.sub(r'(name = "Goloman";)', r'\1 clients_listen = "192.0.2.1:7";', self.good))


# Kind, where the fault is, words that say what it is. The last ones are for who runs, or knows what runs.
KINDS = (
    ("syntax", IN_LINE, "syntax error"), ("unknown_key", IN_LINE, 'unknown key "lines_bytes_max"'),
    ("wrong_type", IN_LINE, "must be a whole number"), ("out_of_range", IN_LINE, "from 256"),
    ("beyond_64_bits", IN_LINE, "64 bits"), ("duplicate_key", IN_LINE, "duplicate setting"),
    ("duplicate_name", IN_LINE, 'is called "Hands" too'), ("duplicate_port", IN_LINE, "is taken by"),
    ("duplicate_link", IN_LINE, "already"), ("link_to_nobody", IN_LINE, 'no server "Holliday"'),
    ("not_connected", IN_LINE, "not connected"), ("unreadable", IN_FILE, "symbolic links"),
    ("gone", IN_FILE, "No such file"), ("empty", IN_FILE, 'missing required key "servers"'),
    ("nul", IN_LINE, "NUL"), ("other_encoding", IN_LINE, ""), ("truncated", IN_LINE, ""),
    ("open_comment", IN_LINE, "not closed"), ("missing_secret", IN_LINE, "no.secret"),
    ("secret_for_others", IN_LINE, "others may use"), ("secret_in_a_fifo", IN_LINE, "fifo.secret"),
    ("missing_index", IN_LINE, "no.idx"), ("missing_key", IN_LINE, "no.key"), ("no_such_directory", IN_LINE, "log"),
    ("includes_itself", IN_LINE, "includes in each other"), ("includes_nothing", IN_LINE, "none.conf"),
    ("includes_a_fifo", IN_LINE, "fifo.conf"), ("directory", IN_FILE, "directory"), ("fifo", IN_FILE, ""),
    ("huge", r"herd\.conf(:[0-9]+)?: ", ""), ("huge_text", r"herd\.conf(:[0-9]+)?: ", ""),
    ("other_herd", IN_LINE, 'herd cannot change while the server runs (it is "herd")'),
    ("other_durability", IN_LINE, '(it is "written")'), ("other_journal", IN_LINE, "journal.directory cannot change"),
    ("too_many_neighbours", IN_LINE, "neighbours"), ("fewer_clients", IN_LINE, "(it is 1000000)"), ("own_name_gone", IN_LINE, 'servers has no "Goloman" any more'),
)


class ReloadFiles(Scenario):
    """By `--check-config --against`, which says what a reload would."""

    def checked(self, herd, running):
        process = Process(f"check{len(herd.others)}", [server_program(), "--name", "Goloman", "--check-config", "--config",
                                                       herd.config_path, "--against", running], herd.directory)
        herd.others.append(process)
        status = process.wait()
        process.check_clean()
        return status, process.stdout().decode(), process.stderr()

    def test_every_kind_is_refused_with_its_place(self):
        herd = self.herd(NAMES, LINKS)
        files = Files(herd)
        running = herd.write_file("running.conf", files.good)
        for kind, place, words in KINDS:
            with self.subTest(kind=kind):
                getattr(files, kind)()
                status, out, err = self.checked(herd, running)
                self.assertEqual((status, out), (CONFIG, ""), err)
                self.assertRegex(err, place)
                self.assertIn(words, err)
                self.assertLess(len(err), 20000)
        files.write(files.good)
        self.assertEqual(self.checked(herd, running)[:2], (0, "nothing changes\n"))
        files.write(b"\xef\xbb\xbf" + files.good.encode())
        self.assertEqual(self.checked(herd, running)[:2], (0, "nothing changes\n"))

    def test_what_is_found_out_by_opening(self):
        """Only a server that tries finds that it may not listen there; the file is in order, and does change something."""
        herd = self.herd(NAMES, LINKS)
        files = Files(herd)
        running = herd.write_file("running.conf", files.good)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            files.port_taken(taken)
            status, out, _ = self.checked(herd, running)
            self.assertEqual(status, 0)
            self.assertIn("listener clients moves from ", out)
        files.address_elsewhere()
        status, out, _ = self.checked(herd, running)
        self.assertEqual(status, 0)
        self.assertIn(" to 192.0.2.1:7\n", out)


class Reloaded(Scenario):
    """By a server that runs, with clients."""

    PLACE = b"+34.068930-118.445127"

    def setUp(self):
        self.one = self.herd(NAMES, LINKS)
        self.server = self.one.start("Goloman")["Goloman"]
        self.files = Files(self.one)
        self.user = self.client(self.server)

    def whole(self):
        """What it says of itself, but for what counts and the clock."""
        own, peers = state(self.server)
        return own["clients"], own["digest"], sorted(peers)

    def traffic(self, count=20):
        """Reports on their way, of a connection that has been there all the time: the same again, so that the digest stays."""
        lines = [b"IAMAT client%d %s 152000000%d" % (number % 5, self.PLACE, number % 5) for number in range(count)]
        self.user.send(b"".join(line + b"\n" for line in lines))
        return lines

    def answered(self, lines):
        for line in lines:
            reply = self.user.line()
            self.assertTrue(reply.startswith(b"AT Goloman "), reply)
            self.assertTrue(reply.endswith(line[6:]), reply)

    def refused(self, place, words):
        lines = self.traffic()
        since = ask(self.server)
        lines += self.traffic()
        failed = self.server.log.wait("reload_failed", since)
        self.answered(lines + self.traffic())
        self.assertEqual(self.server.log.events("reloaded", since), [])
        self.assertEqual(self.server.log.events("reload_change", since), [])
        said = "\n".join(each.get("place", "") + ": " + each["msg"] for each in failed).replace("\\x22", '"')
        self.assertRegex(said, place)
        self.assertIn(words, said)
        long = b"x" * 600  # beyond what no file asks for
        self.assertTrue(self.user.ask(long).startswith(b"? x"))
        self.assertTrue(listening(self.server.clients) and listening(self.server.peers))

    def test_every_kind_leaves_all_as_it_was(self):
        self.answered(self.traffic())
        before = self.whole()
        since = self.server.log.size()
        for kind, place, words in KINDS:
            with self.subTest(kind=kind):
                getattr(self.files, kind)()
                self.refused(place, words)
        with self.subTest(kind="port_taken"), socket.create_server(("127.0.0.1", 0)) as taken:
            self.files.port_taken(taken)
            self.refused(IN_LINE, "in use")
        with self.subTest(kind="address_elsewhere"):
            self.files.address_elsewhere()
            self.refused(IN_LINE, "192.0.2.1")
        self.assertEqual(self.whole(), before)
        self.files.write(self.files.good)
        self.server.log.wait("reloaded", ask(self.server))
        self.assertEqual(len(self.server.log.events("reloaded", since)), 1)
        self.assertEqual(self.whole(), before)
