# SPDX-License-Identifier: MIT
"""A file that is there and cannot be seen is not the same as none."""

import os
import shutil

import namespaces
from harness import server_program, tool_program
from process import Process
from scenario import Scenario

NO_INPUT = 66
ETC, CONFIG = "/etc/herd", "/etc/herd/herd.conf"
# Root, of this machine or of a namespace alone, that may do no more than others.
POWERLESS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--")


class Hidden(Scenario):
    """/etc of our own, so that the configuration that everybody gets may be there, hidden or missing."""

    @classmethod
    def setUpClass(cls):
        namespaces.enter(namespaces.MOUNTS)
        namespaces.mount_memory("/etc", 1 << 20)
        os.chmod("/etc", 0o755)

    @classmethod
    def tearDownClass(cls):
        namespaces.unmount("/etc")

    def setUp(self):
        self.alone = self.herd(("Goloman",), ())
        self.addCleanup(self.clear)

    @staticmethod
    def clear():
        if os.path.isdir(ETC) and not os.path.islink(ETC):
            shutil.rmtree(ETC)
        elif os.path.lexists(ETC):
            os.unlink(ETC)

    def run_to_end(self, *argv, **options):
        """(status, stdout, stderr)"""
        process = Process(f"run{len(self.alone.others)}", argv, self.alone.directory, **options)
        self.alone.others.append(process)
        status = process.wait()
        process.check_clean()
        return status, process.stdout().decode(), process.stderr()

    def dump(self, prefix=()):
        return self.run_to_end(*prefix, server_program(), "--dump-config")

    def assert_refused(self, reason, prefix=()):
        """The server and the tool say what they cannot see."""
        for argv in ((server_program(), "--name", "Goloman"), (server_program(), "--dump-config"), (tool_program(), "up"),
                     (tool_program(), "send", "--to", "Goloman", "IAMAT kiwi +1+1 1")):
            with self.subTest(argv=argv):
                status, out, err = self.run_to_end(*prefix, *argv)
                self.assertEqual((status, out), (NO_INPUT, ""), err)
                self.assertIn(f"{CONFIG}: {reason}", err)

    def test_nothing_there(self):
        self.assertEqual(self.dump()[0], 0)
        os.mkdir(ETC)
        status, built_in, _ = self.dump()
        self.assertEqual(status, 0)
        self.assertIn("Wilkes", built_in)

    def test_file_in_the_directory_s_place(self):
        with open(ETC, "w", encoding="ascii"):
            pass
        self.assertIn("Wilkes", self.dump()[1])

    def test_loop(self):
        os.symlink(ETC, ETC)
        self.assert_refused("Too many levels of symbolic links")

    def test_link_that_leads_nowhere(self):
        os.mkdir(ETC)
        os.symlink("/etc/elsewhere/herd.conf", CONFIG)
        self.assert_refused("No such file or directory")

    def test_directory_that_others_may_not_enter(self):
        if shutil.which("setpriv") is None:
            self.skipTest("takes setpriv")
        os.mkdir(ETC)
        shutil.copy(self.alone.config_path, CONFIG)
        os.chmod(ETC, 0)
        self.assert_refused("Permission denied", POWERLESS)

    def test_credential(self):
        """Systemd's secret, too: without it neighbours would be taken that prove nothing."""
        directory = os.path.join(self.alone.directory, "credentials")
        os.mkdir(directory)
        os.symlink("secret", os.path.join(directory, "secret"))
        status, _, err = self.run_to_end(server_program(), "--name", "Goloman", "--config", self.alone.config_path,
                                         environment={"CREDENTIALS_DIRECTORY": directory})
        self.assertEqual(status, NO_INPUT, err)
        self.assertIn(f"secret {directory}/secret: Too many levels of symbolic links", err)
        os.unlink(os.path.join(directory, "secret"))
        self.alone["Goloman"].start(environment={"CREDENTIALS_DIRECTORY": directory})
        self.alone["Goloman"].wait_listening()
