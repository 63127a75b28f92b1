# SPDX-License-Identifier: MIT
"""The rules of the house that layers.py checks, as tables (docs/architecture.md says why)."""

# What a room may use besides itself. Everything meets in the two programs only.
USES = {
    "base": set(),
    "protocol": {"base"},
    "store": {"protocol", "base"},
    "flood": {"store", "protocol", "base"},
    "journal": {"store", "protocol", "base"},
    "index": {"protocol", "base"},
    "places": {"index", "protocol", "base"},
    "core": {"store", "flood", "journal", "places", "protocol", "base"},
    "import": {"index", "protocol", "base"},
    "config": {"protocol", "base"},
    "net": {"base"},
    "peer": {"flood", "net", "store", "protocol", "base"},
    "client": {"core", "net", "protocol", "base"},
    "search": {"net", "import", "places", "index", "protocol", "base"},
    "server": {"peer", "client", "core", "search", "net", "config", "flood", "journal", "index", "places", "import", "store",
               "protocol", "base"},
    "console": {"config", "protocol", "base"},
    "bench": {"console", "config", "protocol", "base"},
    "tool": {"bench", "console", "net", "config", "journal", "index", "import", "protocol", "base"},
}

# Libraries: how their headers begin, and the rooms that may see them.
LIBRARIES = {
    "uv.h": {"net", "peer", "server"},
    "uv/": {"net", "peer", "server"},
    "curl/": {"net", "server"},
    "jansson.h": {"places", "import", "server"},
    "libconfig.h": {"config", "server"},
    "openssl/": {"net"},
    "systemd/": {"server"},
    "cmocka.h": set(),
}

# What the language gives, allowed everywhere.
PLAIN = {
    "assert.h", "ctype.h", "errno.h", "float.h", "inttypes.h", "limits.h", "math.h", "stdalign.h", "stdarg.h",
    "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "stdnoreturn.h", "string.h",
    "sysexits.h",  # numbers only
}

# Rooms that are logic without I/O: of the system they see PLAIN only, and these.
PURE = {
    "protocol": set(),
    "store": set(),
    "flood": set(),
    "core": set(),
    "index": set(),
    "places": set(),
}

# Faces that have no .c file of their own name to tell their room.
FACES = {
    "bench": "bench",
    "console": "console",
    "limits": "config",
    "list": "base",
    "mutant": "base",
    "mask": "base",
    "siphash": "base",
    "wiremeter": "base",
    "word": "base",
}
