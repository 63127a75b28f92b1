# SPDX-License-Identifier: MIT
"""A herd under load whose configuration changes: no reply is lost, and nobody who is not concerned notices."""

import threading

from faults import Faults, descriptors, state
from harness import wait_until
from herd import LINKS, NAMES
from load import Load, draw, drive
from reloading import reload_all

PLACE = b"+34.068930-118.445127"
SECRET, NEXT = "first-secret-0123456789-0123456789", "other-secret-0123456789-0123456789"
SECONDS_OF_LOAD = 0.4


class Loads:
    """Clients at every server that report all the time, from a thread of their own."""

    def __init__(self, herd, names):
        chance, self.seed = draw()
        self.herd, self.names = herd, names
        self.loads = [Load(chance, b"%s-" % name.encode()) for name in names]
        self.ending = threading.Event()
        self.wrong = []
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        for name, load in zip(self.names, self.loads):
            load.connect(self.herd[name])
        self.thread.start()
        return self

    def _run(self):
        try:
            while not self.ending.is_set():
                drive(self.loads, SECONDS_OF_LOAD)
        except Exception as error:  # it is the test's failure, and told in its thread
            self.wrong.append(error)

    def wait_more(self, count=300):
        """So many replies more for each of them."""
        aims = [load.replies + count for load in self.loads]
        wait_until(lambda: self.wrong or all(load.replies >= aim for load, aim in zip(self.loads, aims)),
                   lambda: f"replies, seed {self.seed}")

    def __exit__(self, failure, *ignored):
        self.ending.set()
        self.thread.join()
        if self.wrong:
            raise AssertionError(f"seed {self.seed}") from self.wrong[0]
        if failure is not None:
            return
        for load in self.loads:  # every line that was sent is answered, by the connection it was sent on
            for pipe in load.pipes().values():
                pipe.connection.half_close()
            load.collect()

    def assert_none_lost(self, test):
        for load in self.loads:
            for pipe in load.pipes().values():
                test.assertFalse(pipe.expected)
            test.assertGreater(load.replies, 0)


class Running(Faults):
    """A herd of five under load."""

    def setUp(self):
        self.five = self.herd(secret_file="secret", log={"wire": False})
        self.secret(SECRET)
        self.five.start_linked()
        self.since = {server.name: server.log.size() for server in self.five.running()}

    def secret(self, *lines):
        self.five.write_file("secret", "".join(line + "\n" for line in lines))

    def assert_undisturbed(self, links):
        """These links, pairs of names, have not been down since the herd was linked."""
        for one, other in links:
            for here, there in ((one, other), (other, one)):
                events = self.five[here].log.events(since=self.since[here], peer=there)
                downs = [each for each in events if each["event"] in ("link_down", "link_failed", "link_replaced")]
                self.assertEqual(downs, [], here)

    def test_sixth_server_comes_and_goes(self):
        links = (*LINKS, ("Goloman", "Sixth"), ("Sixth", "Welsh"))
        with Loads(self.five, NAMES) as loads:
            loads.wait_more()
            self.five.reshape((*NAMES, "Sixth"), links)
            self.five.start("Sixth")
            reload_all(self.five[name] for name in NAMES)
            self.five.wait_links()
            loads.wait_more()
            self.assert_undisturbed(LINKS)
            with self.five["Sixth"].client() as client:
                line = client.iamat(b"at.sixth", PLACE)
            gone = self.five.reshape(NAMES, LINKS)["Sixth"]
            reload_all(self.five[name] for name in NAMES)
            loads.wait_more()
        loads.assert_none_lost(self)
        self.assertEqual(gone.process.stop(), 0)
        self.assert_everywhere(line, self.connect(self.five), b"at.sixth")
        self.assert_undisturbed(LINKS)
        for name in NAMES:
            self.assertEqual(set(state(self.five[name])[1]), set(self.five.neighbours(name)), name)
        self.assert_one_state(self.five)

    def test_link_moves_to_another_address(self):
        moved = self.five["Wilkes"]
        with Loads(self.five, NAMES) as loads:
            loads.wait_more()
            moved.peers = (moved.peers[0], self.five.free_port())
            self.five.write_file("herd.conf", self.five.config_text())
            self.five.let_go_ports()
            reload_all([moved])
            loads.wait_more()
            reload_all(self.five[name] for name in NAMES if name != "Wilkes")
            loads.wait_more()
            for name in self.five.neighbours("Wilkes"):
                wait_until(lambda n=name: self.five[n].links_up("Wilkes") == 2, f"{name} and Wilkes")
        loads.assert_none_lost(self)
        self.assert_undisturbed(link for link in LINKS if "Wilkes" not in link)
        self.assert_one_state(self.five)

    def test_link_comes_and_goes(self):
        with Loads(self.five, NAMES) as loads:
            for links in ((*LINKS, ("Hands", "Welsh")), LINKS, (*LINKS, ("Hands", "Welsh"))):
                self.five.reshape(NAMES, links)
                reload_all(self.five.running())
                self.five.wait_links()
                loads.wait_more()
        loads.assert_none_lost(self)
        self.assert_undisturbed(LINKS)
        self.assert_one_state(self.five)

    def test_secret_is_rotated(self):
        with Loads(self.five, NAMES) as loads:
            for lines in ((SECRET, NEXT), (NEXT, SECRET), (NEXT,)):
                self.secret(*lines)
                for server in self.five.running():  # one after the other: between them they differ
                    reload_all([server])
                loads.wait_more(50)
        loads.assert_none_lost(self)
        self.assert_undisturbed(LINKS)
        self.five["Holiday"].process.stop()
        self.five.start("Holiday")
        self.five.wait_links()
        self.assert_one_state(self.five)
        for server in self.five.running():
            for word in (SECRET, NEXT):
                self.assertNotIn(word.encode(), server.log.raw())

    def test_two_hundred_reloads_leak_nothing(self):
        server = self.five["Goloman"]
        reload_all([server])
        before, memory = descriptors(self.five), []
        for number in range(200):
            self.five.write_file("herd.conf", self.five.config_text(limits={"line_bytes_max": 4096 + number}))
            reload_all([server])
            memory.append(server.process.memory_kib())
        self.assert_descriptors(self.five, before)
        # The heap keeps up to 16 MiB that are free, an index more or less: so the least of many is compared.
        self.assertLess(min(memory[150:]) - min(memory[50:100]), 2048)
        self.assert_undisturbed(LINKS)
        self.assert_one_state(self.five)
