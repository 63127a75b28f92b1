# SPDX-License-Identifier: MIT
"""One process under test: started with a clean environment, ended by its pid, its last words checked."""

import ctypes
import os
import resource
import signal
import subprocess

from harness import DEADLINE_S, wait_readable

SANITIZER_WORDS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "WARNING: ThreadSanitizer")
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1

SANITIZER_OPTIONS = ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")



def by_shell(script, argv):
    """The command that runs a shell's `script`, in which "$@" is `argv`."""
    return ["/bin/sh", "-c", script, "sh", *argv]


class Process:
    """Output goes to files, so that a chatty process never waits for a reader."""

    def __init__(self, name, argv, directory, environment=None, descriptors_max=None, text_input=None):
        self.name = name
        self._directory = directory
        self._out = os.path.join(directory, f"{name}.out")
        self._err = os.path.join(directory, f"{name}.err")
        self._child = None
        self._start(argv, environment or {}, descriptors_max, text_input)

    def _start(self, argv, environment, descriptors_max, text_input):
        clean = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": self._directory,
                 "XDG_STATE_HOME": os.path.join(self._directory, "state"), "LC_ALL": "C.UTF-8"}
        clean.update({key: os.environ[key] for key in SANITIZER_OPTIONS if key in os.environ})
        clean.update(environment)

        def prepare():
            # A test that is killed from outside, by CTest's timeout say, takes its processes with it.
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if descriptors_max is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors_max, descriptors_max))

        with open(self._out, "wb") as out, open(self._err, "wb") as err:
            self._child = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL if text_input is None else subprocess.PIPE, stdout=out, stderr=err,
                env=clean, cwd=self._directory, preexec_fn=prepare, start_new_session=True)
        if text_input is not None:
            self._child.stdin.write(text_input)
            self._child.stdin.close()

    @property
    def pid(self):
        return self._child.pid

    @property
    def status(self):
        """The exit status, negative for a signal; None while it runs."""
        return self._child.poll()

    def stdout(self):
        with open(self._out, "rb") as file:
            return file.read()

    def stderr(self):
        with open(self._err, "rb") as file:
            return file.read().decode("utf-8", "backslashreplace")

    def send_signal(self, number):
        """Sends a signal; harmless once the process has ended (it is not reaped behind our back)."""
        if self._child.poll() is None:
            os.kill(self._child.pid, number)

    def wait(self, deadline_s=DEADLINE_S):
        """Waits for its end and returns the exit status."""
        if self._child.poll() is None:
            end = os.pidfd_open(self._child.pid)
            try:
                if not wait_readable(end, deadline_s):
                    raise AssertionError(f"{self.name} still runs after {deadline_s} s\n{self.stderr()[-2000:]}")
            finally:
                os.close(end)
        return self._child.wait()

    def lives_for(self, seconds):
        """Whether it still runs after so long; its end ends the waiting."""
        end = os.pidfd_open(self._child.pid)
        try:
            return not wait_readable(end, seconds)
        finally:
            os.close(end)

    def kill(self):
        """kill -9, its own children too; returns when it is gone."""
        if self._child.poll() is None:
            os.killpg(self._child.pid, signal.SIGKILL)
        return self.wait()

    def stop(self, number=signal.SIGTERM):
        """Ends it politely: exit 0."""
        self.send_signal(signal.SIGCONT)
        self.send_signal(number)
        return self.ended_well()

    def ended_well(self):
        status = self.wait()
        if status != 0:
            raise AssertionError(f"{self.name} ended with {status}\n{self.stderr()[-4000:]}")
        self.check_clean()
        return status

    def check_clean(self):
        """No sanitizer had anything to say."""
        text = self.stderr()
        for word in SANITIZER_WORDS:
            if word in text:
                raise AssertionError(f"{self.name}: {text[max(0, text.index(word) - 200):][:6000]}")

    # What the kernel knows about it.

    def memory_kib(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def limit_descriptors(self, soft):
        """Moves the soft limit of the running process and returns the old one."""
        old, hard = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (soft, hard))
        return old
