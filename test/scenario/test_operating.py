# SPDX-License-Identifier: MIT
"""What docs/operating.md tells administrators to do: a herd that changes its shape, one restart after the other."""

from harness import wait_until
from test_flood import Flooding

CONFIGURATION = 78
POSITION = b"+34.068930-118.445127"


class Operating(Flooding):
    """Three servers in a triangle, and what was told to each."""

    def setUp(self):
        self.names = ["Goloman", "Hands", "Holiday"]
        self.links = [("Goloman", "Hands"), ("Goloman", "Holiday"), ("Hands", "Holiday")]
        self.three = self.herd(tuple(self.names), tuple(self.links)).start_linked()
        self.lines = {}
        self.tell("Goloman", "Hands", "Holiday")

    def tell(self, *names):
        """A new report at each of these servers, to be known everywhere from now on."""
        for name in names:
            client = b"%s.%d" % (name.encode(), len(self.lines))
            with self.three.client(name) as connection:
                self.lines[client] = connection.iamat(client, POSITION)

    def assert_all_know(self):
        clients = self.connect(self.three, [server.name for server in self.three.running()])
        for client, line in self.lines.items():
            self.assert_everywhere(line, clients, client)
        for connection in clients.values():
            connection.close()

    def reshape(self):
        gone = self.three.reshape(self.names, self.links)
        self.three.let_go_ports()
        return gone

    def restart(self, *names):
        """One after the other, as the page says."""
        for name in names:
            self.three[name].process.stop()
            self.three.start(name)

    def test_add(self):
        self.names.append("Newton")
        self.links += [("Newton", "Goloman"), ("Newton", "Hands")]
        self.reshape()
        self.restart("Goloman", "Hands")
        self.three.start("Newton")
        self.tell("Newton", "Holiday")  # which has the old file still
        self.assert_all_know()
        self.restart("Holiday")
        self.three.wait_links()
        self.assert_all_know()

    def test_remove(self):
        self.names.remove("Hands")
        self.links = [("Goloman", "Holiday")]
        gone = self.reshape()
        self.assertEqual(gone["Hands"].process.stop(), 0)
        self.tell("Goloman", "Holiday")
        self.restart("Goloman", "Holiday")
        self.three.wait_links()
        self.assert_all_know()  # what Hands was told, too

    def test_rename(self):
        self.names[1] = "Newton"
        self.links = [("Goloman", "Newton"), ("Goloman", "Holiday"), ("Newton", "Holiday")]
        gone = self.reshape()
        gone["Hands"].process.stop()
        self.three.start("Newton")
        self.restart("Goloman", "Holiday")
        self.three.wait_links()
        self.tell("Newton")
        self.assert_all_know()

    def test_journal_of_another_name(self):
        """What the page warns of: the old journal under the new name."""
        self.names[1] = "Newton"
        self.links = [("Goloman", "Newton"), ("Goloman", "Holiday")]
        gone = self.reshape()
        gone["Hands"].process.stop()
        journal = f"{self.three.directory}/journal"
        process = self.three["Newton"].start(
            script=f'mv "{journal}/Hands" "{journal}/Newton" && exec "$@"')
        self.assertEqual(process.wait(), CONFIGURATION, process.stderr())
        self.assertIn("is of server Hands", process.stderr())

    def test_move(self):
        host = self.three["Hands"].clients[0]
        self.three["Hands"].process.stop()
        old = self.three.servers.pop("Hands")
        self.reshape()  # it gets other ports
        self.assertNotEqual(self.three["Hands"].peers, old.peers)
        self.assertEqual(self.three["Hands"].clients[0], host)
        self.tell("Goloman")
        self.three.start("Hands")
        self.restart("Goloman", "Holiday")
        self.three.wait_links()
        self.tell("Hands")
        self.assert_all_know()

    def test_change_link(self):
        self.links.remove(("Goloman", "Holiday"))
        self.reshape()
        self.restart("Goloman")
        self.tell("Goloman", "Holiday")
        self.assert_all_know()
        self.restart("Holiday")
        self.three.wait_links()
        self.tell("Goloman")
        self.assert_all_know()

    def test_back_up_restore_start_afresh(self):
        """A copy of one running server's journal is the knowledge of all; without any the herd begins empty."""
        self.assert_all_know()
        self.restart_with('cp -a "$JOURNAL/Goloman" "$JOURNAL/../backup"', "Goloman")
        for name in self.names:
            self.three[name].process.stop()
        self.restart_with('rm -r "$JOURNAL"/*', "Goloman")
        for name in self.names[1:]:
            self.three.start(name)
        self.three.wait_links()
        with self.three.client("Holiday") as connection:
            self.assertTrue(connection.ask(b"WHATSAT Goloman.0 1 0").startswith(b"? "))
        self.restart_with('rm -r "$JOURNAL/Goloman" && mv "$JOURNAL/../backup" "$JOURNAL/Goloman"', "Goloman")
        wait_until(lambda: self.three["Goloman"].links_up("Holiday") == 2, "the link")
        self.assert_all_know()

    def restart_with(self, script, name):
        """Ends `name` and starts it again, and runs a shell's `script` right before it starts."""
        if self.three[name].running:
            self.three[name].process.stop()
        self.three[name].start(script=f'JOURNAL={self.three.directory}/journal; {script} && exec "$@"')
        self.three[name].wait_listening()
