# SPDX-License-Identifier: MIT
"""`herd up` with servers that stand for the real ones: uptest.py HERD"""

import contextlib
import fcntl
import os
import re
import resource
import select
import selectors
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest
from pathlib import Path

HERD = sys.argv.pop(1) if len(sys.argv) > 1 else "herd"
FAKE = str(Path(__file__).resolve().parent / "fakeserver.py")
NAMES_LATER = ["Anna", "Bert", "Carl", "Dora"]
NAMES = ["Goloman", "Hands", "Holiday", "Welsh", "Wilkes"]
UP = "herd: five servers are up (Goloman 127.0.0.1:12001, Hands 127.0.0.1:12002, "
DEADLINE_S = 60


class Up:
    """A running `herd up`; its output is read until a line with some text comes, or all of it."""

    def __init__(self, environment, arguments=(), **options):
        self.process = subprocess.Popen([HERD, "up", "--server", FAKE, *arguments], env=environment,
                                        stdin=subprocess.DEVNULL,
                                        **{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **options})
        self.lines = []

    def until(self, text):
        """Reads lines until one holds `text`, and returns that."""
        deadline = time.monotonic() + DEADLINE_S
        pending = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while time.monotonic() < deadline:
                if not selector.select(1):
                    continue
                byte = os.read(self.process.stdout.fileno(), 1)
                pending += byte
                if byte == b"\n" or not byte:
                    self.lines.append(pending.decode("latin-1"))
                    if text in self.lines[-1]:
                        return self.lines[-1]
                    pending = b""
                if not byte:
                    break
        raise AssertionError(f"no line with {text!r} in {self.lines}")

    def finish(self):
        """The rest of the output as one text, and the exit code."""
        rest, _ = self.process.communicate(timeout=DEADLINE_S)
        return "".join(self.lines) + rest.decode("latin-1"), self.process.returncode


class UpTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="herd up ")
        self.addCleanup(folder.cleanup)
        self.log = Path(folder.name) / "starts"
        self.started = []

    def up(self, *arguments, ways=None, **options):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("HERD_", "FAKE_"))}
        environment.update({f"FAKE_{name}": way for name, way in (ways or {}).items()}, FAKE_LOG=str(self.log))
        herd = Up(environment, arguments, **options)
        if herd.process.stdout is not None:
            self.addCleanup(herd.process.stdout.close)
        self.addCleanup(herd.process.kill)
        return herd

    def starts(self, name=""):
        return [line.split() for line in self.log.read_text().splitlines() if line.startswith(name)]

    def assert_all_gone(self):
        """Every process that was started has ended, or does so in time."""
        for _, pid, *_ in self.starts():
            try:
                process = os.pidfd_open(int(pid))
            except ProcessLookupError:
                continue
            with os.fdopen(process, "rb", closefd=True) as ended, selectors.DefaultSelector() as selector:
                selector.register(ended, selectors.EVENT_READ)
                self.assertTrue(selector.select(DEADLINE_S), f"{pid} still runs")

    def test_up_and_drained(self):
        herd = self.up()
        self.assertTrue(herd.until(" are up ").startswith(UP))
        herd.process.send_signal(signal.SIGINT)
        output, code = herd.finish()
        self.assertEqual(code, 0, output)
        for name in NAMES:
            self.assertIn(f"{name:7} | {name} listens\n", output)
            self.assertIn(f"{name:7} | {name} drains\n", output)
        self.assertNotIn("\x1b", output)
        self.assertTrue(output.endswith("herd: all have ended\n"), output)
        self.assert_all_gone()

    def test_each_is_given_its_name_and_the_file(self):
        config = Path(self.log).with_name("two.conf")
        config.write_text('servers = ( { name = "A"; clients = "127.0.0.1:9001"; peers = "127.0.0.1:9101"; },\n'
                          '{ name = "B"; clients = "127.0.0.1:9002"; peers = "127.0.0.1:9102"; } );\n'
                          'links = ( ["A", "B"] );\n')
        herd = self.up("--config", str(config))
        herd.until("herd: two servers are up (A 127.0.0.1:9001, B 127.0.0.1:9002)")
        herd.process.send_signal(signal.SIGTERM)
        output, code = herd.finish()
        self.assertEqual(code, 0, output)
        given = {line.split(" ", 2)[2] for line in self.log.read_text().splitlines()}
        self.assertEqual(given, {f"--name {name} --config {config}" for name in "AB"})

    def test_failure_at_start_ends_all(self):
        herd = self.up(ways={"Welsh": "fail=69"})
        output, code = herd.finish()
        self.assertEqual(code, 69, output)
        self.assertIn("Welsh   | Welsh: the port 127.0.0.1:12001 is in use\n", output)
        self.assertIn("herd: Welsh could not start (exit code 69)", output)
        self.assertNotIn(" are up ", output)
        self.assert_all_gone()

    def test_ending_with_zero_before_ready_is_a_failure(self):
        output, code = self.up(ways={"Hands": "fail=0"}).finish()
        self.assertEqual(code, 70, output)

    def test_killed_later_is_started_again(self):
        herd = self.up()
        herd.until(" are up ")
        os.kill(int(self.starts("Holiday")[0][1]), signal.SIGKILL)
        herd.until("herd: Holiday ended (killed by signal 9), starting it again in 0.")
        herd.until("herd: Holiday is up again")
        self.assertEqual(len(self.starts("Holiday")), 2)
        self.assertEqual(len(self.starts()), 6)
        herd.process.send_signal(signal.SIGTERM)
        self.assertEqual(herd.finish()[1], 0)

    def test_wrong_configuration_later_is_not_started_again(self):
        herd = self.up(ways={"Wilkes": "late=78"})
        herd.until(" are up ")
        os.kill(int(self.starts("Wilkes")[0][1]), signal.SIGUSR1)
        herd.until("herd: Wilkes ended (exit code 78) and is not started again")
        herd.process.send_signal(signal.SIGTERM)
        output, code = herd.finish()
        self.assertEqual((code, len(self.starts("Wilkes"))), (78, 1), output)

    def test_bad_end_is_told(self):
        herd = self.up(ways={"Hands": "end=3"})
        herd.until(" are up ")
        herd.process.send_signal(signal.SIGTERM)
        output, code = herd.finish()
        self.assertEqual(code, 3, output)
        self.assertIn("herd: Hands ended badly (exit code 3)\n", output)

    def test_second_signal_kills(self):
        herd = self.up(ways={"Welsh": "deaf"})
        herd.until(" are up ")
        herd.process.send_signal(signal.SIGTERM)
        herd.until("Wilkes drains")
        herd.process.send_signal(signal.SIGINT)  # so soon that it may be the first one's echo
        while herd.process.poll() is None:
            herd.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                herd.process.wait(0.1)
        output, code = herd.finish()
        self.assertEqual(code, 128 + signal.SIGKILL, output)
        self.assertIn("herd: Welsh ended badly (killed by signal 9)\n", output)
        self.assertIn("herd: a second signal: killing what still runs\n", output)
        self.assert_all_gone()

    def test_a_signal_sent_twice_is_one(self):
        herd = self.up()
        herd.until(" are up ")
        herd.process.send_signal(signal.SIGTERM)
        herd.process.send_signal(signal.SIGINT)
        output, code = herd.finish()
        self.assertEqual(code, 0, output)

    def test_servers_do_not_outlive_it(self):
        herd = self.up()
        herd.until(" are up ")
        herd.process.kill()
        herd.process.wait()
        self.assert_all_gone()

    def test_ignored_interrupt_stays_ignored(self):
        herd = self.up(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        herd.until(" are up ")
        herd.process.send_signal(signal.SIGINT)
        os.kill(int(self.starts("Hands")[0][1]), signal.SIGKILL)
        herd.until("herd: Hands is up again")
        herd.process.send_signal(signal.SIGTERM)
        self.assertEqual(herd.finish()[1], 0)

    def test_closed_output_drains(self):
        herd = self.up()
        herd.until(" are up ")
        herd.process.stdout.close()
        os.kill(int(self.starts("Hands")[0][1]), signal.SIGTERM)
        self.assertEqual(herd.process.wait(DEADLINE_S), 0)
        self.assert_all_gone()

    def test_full_output_drops(self):
        """A full disk ends no herd: lines are dropped and counted, standard error tells, and what comes later is whole."""
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        ready, tell = os.pipe()
        with open("/dev/full", "wb") as full, open(folder / "errors", "wb") as errors, os.fdopen(tell, "wb"):
            herd = self.up("--ready-fd", str(tell), stdout=full, stderr=errors, pass_fds=(tell,))
        with os.fdopen(ready, "rb") as are_up:
            self.assertEqual(are_up.read(), b"\n")
        told = folder / "errors"
        self.until(lambda: "lines are dropped: no space left on device" in told.read_text(), "it is told")
        os.kill(int(self.starts("Hands")[0][1]), signal.SIGKILL)
        self.until(lambda: len(self.starts("Hands")) == 2, "Hands has started again: the herd goes on")
        herd.process.send_signal(signal.SIGTERM)
        self.assertEqual(herd.process.wait(DEADLINE_S), 0)
        self.assertEqual(told.read_text().count("cannot be written"), 1)
        self.assertRegex(told.read_text(), r"not be written to the end, [1-9][0-9]* lines were dropped\n$")
        self.assert_all_gone()

    def until(self, condition, what):
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            select.select([], [], [], 0.01)

    def test_output_that_has_room_again(self):
        """A file that may not grow is a full disk; a line that was cut is ended before the next one."""
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        output, told = folder / "output", folder / "errors"
        with open(output, "ab") as out, open(told, "wb") as errors:
            herd = self.up(stdout=out, stderr=errors)
        self.until(lambda: " are up " in output.read_text(), "all are up")
        size = output.stat().st_size
        resource.prlimit(herd.process.pid, resource.RLIMIT_FSIZE, (size + 10, resource.RLIM_INFINITY))
        os.kill(int(self.starts("Hands")[0][1]), signal.SIGKILL)
        self.until(lambda: "lines are dropped" in told.read_text(), "it is told")
        resource.prlimit(herd.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self.until(lambda: "Hands is up again" in output.read_text(), "it goes on")
        herd.process.send_signal(signal.SIGTERM)
        self.assertEqual(herd.process.wait(DEADLINE_S), 0)
        self.assertRegex(told.read_text(), r"written again, [1-9][0-9]* lines? (was|were) dropped\n")
        self.assertNotIn("to the end", told.read_text())
        cut, *lines = output.read_text()[size:].splitlines()
        self.assertEqual((len(cut), lines[-1]), (10, "herd: all have ended"))
        for line in lines:
            self.assertRegex(line, r"^(\w+ +\| |herd: )")

    def reloadable(self, names, **options):
        """`herd up` of a ring of these, from a file that can be written anew."""
        folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="herd up ")))
        self.config = folder / "herd.conf"
        self.write_herd(names)
        return self.up("--config", str(self.config), **options)

    def write_herd(self, names, more=""):
        ports = {name: 13000 + 10 * NAMES_LATER.index(name) for name in names}
        servers = ", ".join(f'{{ name = "{name}"; clients = "127.0.0.1:{ports[name]}"; peers = "127.0.0.1:{ports[name] + 1}"; }}'
                            for name in names)
        links = ", ".join(f'["{a}", "{b}"]' for a, b in zip(names, names[1:]))
        self.config.write_text(f"servers = ( {servers} );\nlinks = ( {links} );\n{more}")

    def test_reload(self):
        """Those that stay are told, those that are new start, those that are gone end; a name may come back."""
        herd = self.reloadable(("Anna", "Bert", "Carl"))
        herd.until(" are up ")
        self.write_herd(("Bert", "Carl", "Dora"))
        herd.process.send_signal(signal.SIGHUP)
        wanted = {"again (1 new, 1 gone), the other servers are told", "Bert reloads", "Carl reloads", "Anna drains", "Anna has left", "Dora is up"}
        while wanted:
            line = herd.until("")
            wanted = {words for words in wanted if words not in line}
        self.assertEqual([len(self.starts(name)) for name in ("Anna", "Bert", "Carl", "Dora")], [1, 1, 1, 1])
        self.write_herd(("Anna", "Bert", "Dora"))
        herd.process.send_signal(signal.SIGHUP)
        herd.until("Anna is up")
        os.kill(int(self.starts("Dora")[0][1]), signal.SIGKILL)
        herd.until("Dora is up again")
        herd.process.send_signal(signal.SIGTERM)
        output, code = herd.finish()
        self.assertEqual(code, 0, output)
        self.assertRegex(output, "ending (three|four) servers")  # Carl may not have left yet
        self.assert_all_gone()

    def test_a_bad_file_is_told_to_nobody(self):
        herd = self.reloadable(("Anna", "Bert"))
        herd.until(" are up ")
        for more, told in (("protokol = { };\n", 'herd.conf:3: unknown key "protokol"'),
                           ('herd = "other";\n', "herd.conf:3: herd cannot change while the server runs")):
            self.write_herd(("Anna", "Bert", "Carl"), more)
            herd.process.send_signal(signal.SIGHUP)
            herd.until(told)
            herd.until("go on with the configuration that they have")
        herd.process.send_signal(signal.SIGTERM)
        output, code = herd.finish()
        self.assertEqual(code, 0, output)
        self.assertNotIn("reloads", output)
        self.assertEqual(self.starts("Carl"), [])
        self.assert_all_gone()

    def test_one_that_comes_and_fails_ends_no_other(self):
        """The next reload tries it again."""
        herd = self.reloadable(("Anna", "Bert"), ways={"Carl": "fail=69"})
        herd.until(" are up ")
        self.write_herd(("Anna", "Bert", "Carl"))
        for tries in (1, 2):
            herd.process.send_signal(signal.SIGHUP)
            herd.until("Carl could not start (exit code 69), its own words are above; the others go on")
            self.assertEqual(len(self.starts("Carl")), tries)
        herd.process.send_signal(signal.SIGTERM)
        output, code = herd.finish()
        self.assertEqual(code, 69, output)
        self.assertEqual((len(self.starts("Anna")), len(self.starts("Bert"))), (1, 1))
        self.assert_all_gone()

    def test_one_that_leaves_and_comes_back(self):
        """Before it has ended: it ends all the same, and is started once it has."""
        herd = self.reloadable(("Anna", "Bert"), ways={"Bert": "deaf"})
        herd.until(" are up ")
        self.write_herd(("Anna",))
        herd.process.send_signal(signal.SIGHUP)
        herd.until("(0 new, 1 gone)")
        self.write_herd(("Anna", "Bert"))
        herd.process.send_signal(signal.SIGHUP)
        herd.until("(1 new, 0 gone)")
        os.kill(int(self.starts("Bert")[0][1]), signal.SIGKILL)
        herd.until("Bert is up")
        self.assertEqual(len(self.starts("Bert")), 2)
        os.kill(int(self.starts("Bert")[1][1]), signal.SIGKILL)
        herd.until("Bert is up again")
        herd.process.send_signal(signal.SIGTERM)
        herd.until("ending two servers")
        os.kill(int(self.starts("Bert")[2][1]), signal.SIGKILL)  # it is as deaf as before
        output, code = herd.finish()
        self.assertEqual(code, 128 + signal.SIGKILL, output)
        self.assert_all_gone()

    def test_its_terminal_is_gone(self):
        """As when a window is closed: then SIGHUP is no wish for another configuration."""
        terminal, own = os.openpty()

        def begin():
            os.setsid()
            fcntl.ioctl(own, termios.TIOCSCTTY, 0)

        herd = self.up(preexec_fn=begin, pass_fds=[own])
        os.close(own)
        herd.until(" are up ")
        os.close(terminal)
        output, code = herd.finish()
        self.assertEqual(code, 0, output)
        self.assertIn("ending five servers", output)
        self.assert_all_gone()

    def test_lines_stay_whole(self):
        herd = self.up(ways={"Goloman": "babble"})
        herd.until(" are up ")
        herd.process.send_signal(signal.SIGTERM)
        output, code = herd.finish()
        self.assertEqual(code, 0)
        self.assertEqual(len(re.findall("x", "".join(re.findall(r"^Goloman \| x.*$", output, re.MULTILINE)))), 70000)
        self.assertIn("Goloman | \x1b\xff tailGoloman drains\n", output)
        for line in output.splitlines():
            self.assertRegex(line, r"^(\w+ +\| |herd: )")

    def test_ready_descriptor(self):
        for ways, expected in (({}, b"\n"), ({"Welsh": "fail=69"}, b"")):
            with self.subTest(ways=ways):
                reading, writing = os.pipe()
                herd = self.up("--ready-fd", str(writing), ways=ways, pass_fds=[writing])
                os.close(writing)
                with os.fdopen(reading, "rb") as ready:
                    self.assertEqual(ready.read(), expected)
                herd.process.send_signal(signal.SIGTERM)
                self.assertEqual(herd.finish()[1], 0 if not ways else 69)

    def test_usage(self):
        for arguments, code, text in ((["--help"], 0, "Usage: herd up"), (["--nope"], 64, "unknown option --nope"),
                                      (["--config"], 64, "needs a value"), (["now"], 64, "what is now?"),
                                      (["--ready-fd", "77"], 64, "no open descriptor"),
                                      (["--server", "/no/such"], 69, "cannot run /no/such"),
                                      (["--server", "no such program"], 69, "cannot run no such program"),
                                      (["--config", "/no/such.conf"], 66, "/no/such.conf")):
            with self.subTest(arguments=arguments):
                output, got = self.up(*arguments).finish()
                self.assertEqual(got, code, output)
                self.assertIn(text, output)


if __name__ == "__main__":
    unittest.main()
