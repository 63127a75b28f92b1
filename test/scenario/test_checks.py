# SPDX-License-Identifier: MIT
"""What stops a start is told with its line and its priority; --check-config tells all of it beforehand."""

import os

from harness import server_program, wait_until
from process import Process, by_shell
from scenario import Scenario

AS_JOURNAL = 'JOURNAL_STREAM=$(stat -Lc %d:%i /dev/fd/2) exec "$@"'
PLACES = {"providers": ["google_legacy", "local", "overpass"], "local": {"indexes": ["no.idx"]},
          "google_legacy": {"url": "http://127.0.0.1:9/", "key_file": "no.key"}, "overpass": {"url": "http://127.0.0.1:9/"}}
NO_INPUT, CANNOT, CONFIG = 66, 71, 78


class Checks(Scenario):
    def run_to_end(self, herd, *arguments, script='exec "$@"', environment=None):
        argv = by_shell(script, [server_program(), *arguments])
        process = Process(f"run{len(herd.others)}", argv, herd.directory, environment)
        herd.others.append(process)
        status = process.wait()
        process.check_clean()
        return status, process.stdout().decode(), process.stderr().splitlines()

    def line_of(self, herd, key):
        """How messages about this key of the first level begin."""
        with open(herd.config_path, encoding="utf-8") as file:
            number = next(i for i, line in enumerate(file, 1) if line.startswith(f"{key} ="))
        return f"herd-server: {herd.config_path}:{number}: "

    def check(self, herd, *arguments, **options):
        return self.run_to_end(herd, "--check-config", "--config", herd.config_path, *arguments, **options)

    def test_all_that_a_start_would_open(self):
        herd = self.herd(("Goloman",), (), secret_file="no.secret", places=PLACES, log={"directory": "herd.conf/log"},
                         journal={"directory": "herd.conf"})
        status, out, err = self.check(herd)
        self.assertEqual((status, out), (CONFIG, ""))
        for key, word in (("secret_file", "no.secret"), ("places", "no.key"), ("places", "no.idx"), ("log", "herd.conf/log"),
                          ("journal", "herd.conf"), ("places", "warning: places.providers: overpass")):
            self.assertTrue([line for line in err if line.startswith(self.line_of(herd, key)) and word in line], (key, err))
        self.assertEqual(len(err), 6, err)

    def test_nothing_is_made(self):
        herd = self.herd(("Goloman",), ())
        status, out, err = self.check(herd)
        self.assertEqual((status, err), (0, []))
        self.assertIn("ok", out)
        self.assertEqual([name for name in os.listdir(herd.directory) if not name.startswith(("run", "herd.conf"))], [])

    def test_two_codes(self):
        """Whatever the start would end with."""
        herd = self.herd(("Goloman",), (), secret_file="no.secret")
        self.assertEqual(self.check(herd)[0], CONFIG)
        self.assertEqual(self.run_to_end(herd, "--name", "Goloman", "--config", herd.config_path)[0], NO_INPUT)
        os.unlink(herd.config_path)
        self.assertEqual(self.check(herd)[0], CONFIG)
        self.assertEqual(self.check(self.herd(("Goloman",), ()), "--name", "Goliath")[0], CONFIG)

    def test_what_a_reload_would_do(self):
        """Against a copy of what runs, and against the copy that the server keeps where systemd gives it a directory."""
        herd = self.herd(("Goloman", "Hands"), (("Goloman", "Hands"),))
        runtime = os.path.join(herd.directory, "runtime")
        os.mkdir(runtime)
        herd.start("Goloman", environment={"RUNTIME_DIRECTORY": runtime})
        running = os.path.join(runtime, "Goloman.running.conf")
        wait_until(lambda: os.path.exists(running), "the copy of what runs")
        against = ("--name", "Goloman", "--against", running)
        self.assertEqual(self.check(herd, *against), (0, "nothing changes\n", []))
        kept = herd.write_file("kept.conf", herd.config_text())
        herd.write_file("herd.conf", herd.config_text(limits={"idle_timeout_ms": 5}, protocol={"ttl_s": 7}))
        for copy in (running, kept):
            status, out, err = self.check(herd, "--name", "Goloman", "--against", copy)
            self.assertEqual((status, out.splitlines(), err), (
                0, ["protocol.ttl_s: 0 -> 7", "limits.idle_timeout_ms: 0 -> 5"], []))
        herd.write_file("herd.conf", herd.config_text(herd="other", journal={"durability": "none"}))
        status, out, err = self.check(herd, *against)
        self.assertEqual((status, out), (CONFIG, ""))
        self.assertEqual([line.partition(": ")[2].partition(" ")[2] for line in err], [
            'herd cannot change while the server runs (it is "herd")',
            'journal.durability cannot change while the server runs (it is "written")'])
        self.assertEqual([line for line in err if not line.startswith(f"herd-server: {herd.config_path}:")], [])
        for words in (("--name", "Goliath", "--against", kept), ("--against", os.path.join(runtime, "none"))):
            self.assertEqual(self.check(herd, *words)[0], CONFIG)
        self.assertEqual(self.run_to_end(herd, "--dump-config", "--against", kept)[0], 64)

    def test_priorities_and_lines(self):
        """Errors have <3>, warnings <4>, under the journal alone; all have the program's name and the line."""
        herd = self.herd(("Goloman",), (), secret_file="no.secret")
        arguments = ("--name", "Goloman", "--config", herd.config_path)
        for script, error, warning in (('exec "$@"', "", ""), (AS_JOURNAL, "<3>", "<4>")):
            status, _, err = self.run_to_end(herd, *arguments, script=script, environment={"HERD_NONSENSE": "1"})
            self.assertEqual(status, NO_INPUT)
            self.assertIn(f'{warning}herd-server: warning: unknown environment variable "HERD_NONSENSE"', err)
            self.assertIn(f"{error}{self.line_of(herd, 'secret_file')}secret no.secret: No such file or directory", err)

    def test_an_option_from_the_environment(self):
        herd = self.herd(("Goloman",), ())
        _, _, err = self.check(herd, environment={"HERD_SECRET_FILE": "no.secret"})
        self.assertEqual(err, ["herd-server: HERD_SECRET_FILE: secret no.secret: No such file or directory"])

    def test_an_address_that_is_taken(self):
        herd = self.herd(("Goloman",), ()).start()
        status, _, err = self.run_to_end(herd, "--name", "Goloman", "--config", herd.config_path)
        self.assertEqual(status, 69)
        self.assertTrue([line for line in err if line.startswith(self.line_of(herd, "servers"))], err)

    def test_a_fresh_herd_warns_of_nothing(self):
        herd = self.herd(("Goloman",), ())
        status, _, err = self.run_to_end(herd, "--check-config")
        self.assertEqual((status, err), (0, []))
        with open(os.path.join(os.path.dirname(__file__), "../../cmake/herd.conf.example"), encoding="utf-8") as file:
            text = file.read().replace("127.0.0.1", herd["Goloman"].clients[0])
        herd.write_file("herd.conf", text)
        status, _, err = self.check(herd)
        self.assertEqual((status, err), (0, []))
        process = herd["Goloman"].start()
        wait_until(lambda: "event=listening" in process.stderr(), lambda: process.stderr())
        process.stop()
        self.assertEqual([line for line in process.stderr().splitlines() if "level=info" not in line], [])
