# SPDX-License-Identifier: MIT
"""Reading a server's log: logfmt, one event a line, and waiting for an event to be there."""

import os
import re

from harness import DEADLINE_S, wait_until

FIELD = re.compile(r'([A-Za-z_]+)=(?:"([^"]*)"|(\S*))')


def parse(line):
    """The fields of one line; values stay escaped as they were written."""
    return {key: quoted or plain for key, quoted, plain in FIELD.findall(line)}


class LogFile:
    def __init__(self, path):
        self.path = path
        self.run = 0  # where the run began that events are looked for in

    def size(self):
        """Where the log ends now: pass it as `since` to look only at what comes after."""
        return os.path.getsize(self.path) if os.path.exists(self.path) else 0

    def raw(self, since=0):
        if not os.path.exists(self.path):
            return b""
        with open(self.path, "rb") as file:
            file.seek(since)
            return file.read()

    def lines(self, since=0):
        """Complete lines only: the writer may be in the middle of the last."""
        return self.raw(since).decode("utf-8", "backslashreplace").split("\n")[:-1]

    def events(self, event=None, since=None, **fields):
        """The events of this run, or since then, that have these fields, in order."""
        if event is not None:
            fields["event"] = event
        found = (parse(line) for line in self.lines(self.run if since is None else since))
        return [each for each in found if all(each.get(key) == value for key, value in fields.items())]

    def wait(self, event, since=None, count=1, deadline_s=DEADLINE_S, **fields):
        """Waits until `count` such events are there, of this run or since then, and returns them."""
        def enough():
            found = self.events(event, since, **fields)
            return found if len(found) >= count else None

        return wait_until(enough, lambda: f"{count} x event={event} {fields} in {self.path}:\n"
                          + "\n".join(self.lines(self.run)[-15:]), deadline_s)
