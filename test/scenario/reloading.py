# SPDX-License-Identifier: MIT
"""Having servers reload, and seeing that they have."""

import signal


def ask(server):
    """Has a server reload; returns where its log was."""
    since = server.log.size()
    server.process.send_signal(signal.SIGHUP)
    return since


def reload_all(servers):
    """They have all taken the file."""
    for server, since in [(server, ask(server)) for server in servers]:
        server.log.wait("reloaded", since)
