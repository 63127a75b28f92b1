# SPDX-License-Identifier: MIT
"""What a subject is: servers that stand for all of its rounds, one round's measurements, the rows made of them."""

import collections
import contextlib


class Subject:
    """Derived classes give `name`, `title` and the three methods below. Whatever is entered ends with the subject."""

    name = ""
    title = ""
    rounds_max = None  # where more would take long and tell nothing new

    def __init__(self, rig):
        self.rig = rig
        self.stack = contextlib.ExitStack()
        self.runs = collections.defaultdict(list)  # what was measured -> a figure or a run a round

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.stack.close()

    @property
    def rounds(self):
        return min(self.rig.rounds, self.rounds_max or self.rig.rounds)

    def enter(self, context):
        return self.stack.enter_context(context)

    def lone(self, herd):
        """Starts a herd of one server and returns it as a target."""
        return self.enter(herd).start().target()

    def open(self):
        """Starts what all rounds use."""

    def round(self, number):
        """Measures everything once."""
        raise NotImplementedError

    def rows(self):
        """The table."""
        raise NotImplementedError

    def in_turns(self, number, names):
        """The names in the order of this round: who goes first in one goes last in the next."""
        return list(names) if number % 2 == 0 else list(reversed(list(names)))
