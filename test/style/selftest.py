# SPDX-License-Identifier: MIT
"""Each check passes a small good tree, and fails for each rule when that tree breaks it."""

import contextlib
import importlib
import io
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

SPDX = "/* SPDX-License-Identifier: MIT */\n"
FACE = SPDX + """#ifndef HERD_SHEEP_H
#define HERD_SHEEP_H

/* Sheep. */

#include <stddef.h>

/* How many there are. */
size_t herd_sheep_count(void);

#endif
"""
ROOM = SPDX + """
#include "herd/sheep.h"

#include "local.h"

size_t herd_sheep_count(void)
{
    return SHEEP; /* sprintf("in a comment") is no call */
}
"""
GOOD = {
    "CMakeLists.txt": "# SPDX-License-Identifier: MIT\n",
    "include/herd/sheep.h": FACE,
    "src/base/CMakeLists.txt": "# SPDX-License-Identifier: MIT\nherd_room(base)\n",
    "src/base/local.h": SPDX + "#define SHEEP 3\n",
    "src/base/sheep.c": ROOM,
    "src/store/CMakeLists.txt": "# SPDX-License-Identifier: MIT\nherd_room(store USES base)\n",
    "src/store/fold.c": SPDX + '#include "herd/sheep.h"\n\nstatic const char *const text = "atoi(\\"x\\")";\n',
}

# (check, file to write or append to with "+", its content, what the check must say)
BAD = [
    ("layers", "src/base/low.c", SPDX + '#include "herd/fold.h"\n', "there is no include/herd/fold.h"),
    ("layers", "src/store/up.c", SPDX + "#include <uv.h>\n", "may not see the library of <uv.h>"),
    ("layers", "src/store/up.c", SPDX + "#  include <curl/curl.h>\n", "may not see the library of <curl/curl.h>"),
    ("layers", "src/store/up.c", SPDX + "#include <unistd.h>\n", "logic without I/O"),
    ("layers", "src/store/up.c", SPDX + '#include "../base/local.h"\n', "rooms meet through"),
    ("layers", "+include/herd/sheep.h", '#include "local.h"\n', "rooms meet through"),
    ("layers", "include/herd/lamb.h", SPDX, "no room has lamb.c"),
    ("layers", "src/store/sheep.c", SPDX, "belongs to no room"),
    ("layers", "src/attic/box.c", SPDX, "a room that test/style/house.py does not know"),
    ("layers", "src/base/CMakeLists.txt", "herd_room(base USES store)\n", "base may not link store"),
    ("layers", "src/base/CMakeLists.txt", "add_library(base)\n", "no herd_room"),
    ("names", "src/store/sheep.c", SPDX, "has the same name"),
    ("names", "+include/herd/sheep.h", "int sheep_shear(void);\n", "sheep_shear does not begin with herd_"),
    ("names", "+src/base/local.h", "void herd_sheep_shear(void);\n", "herd_sheep_shear begins with herd_, and no face"),
    ("names", "include/herd/sheep.h", FACE.replace("SHEEP_H", "GOAT_H"), "guard should be HERD_SHEEP_H"),
    ("sizes", "src/base/long.c", SPDX + "int x;\n" * 400, "401 lines, more than 400"),
    ("sizes", "src/base/long.c", SPDX + "static int f(void)\n{\n" + "    x++;\n" * 68 + "}\n", "f has 71 lines"),
    ("calls", "+src/base/sheep.c", "static int g = atoi(text);\n", "atoi: no errors"),
    ("calls", "+src/base/sheep.c", "static char *h = strcpy (a, b);\n", "strcpy: no bound"),
    ("calls", "+src/base/sheep.c", "static void *m = malloc(3);\n", "heap only through"),
    ("calls", "+src/base/sheep.c", "/* TO" + "DO: shear */\n", "a debt"),
    ("comments", "+include/herd/sheep.h", "\nvoid herd_sheep_shear(size_t which);\n", "herd_sheep_shear has no comment"),
    ("comments", "+include/herd/sheep.h", "\nstatic inline int herd_sheep_two(void)\n{\n}\n", "herd_sheep_two has no"),
    ("events", "+src/base/sheep.c", 'herd_log_begin(&log, HERD_LOG_INFO, "shorn")\n', "event shorn is not in"),
    ("events", "+src/base/sheep.c", "void shear(const char *event)\n{\n    herd_log_begin(&log, HERD_LOG_INFO, event);\n}\n",
     "the name of the event is not in the call"),
    ("events", "src/base/statelog.c", 'herd_log_number(&log, "ewes", 3);\n', "field ewes is not in"),
    ("events", "src/base/flock.c", '{AT(rams), "", "state_flock",\n "rams"},\n', "field rams is not in"),
    ("events", "docs/operating.md", "### Events\n| `shorn` | I | |\n", "no code begins the event shorn"),
    ("licences", "src/base/sheep.c", "int x;\n", "does not begin with SPDX"),
    ("licences", "cmake/run.sh", "#!/bin/sh\necho\n", "does not begin with SPDX"),
]

CYCLE = {
    "include/herd/ram.h": SPDX + '#include "herd/ewe.h"\n',
    "include/herd/ewe.h": SPDX + '#include "herd/ram.h"\n',
    "src/base/ram.c": SPDX,
    "src/base/ewe.c": SPDX,
}
UPWARDS = {
    "include/herd/fold.h": SPDX + '#include "herd/sheep.h"\n',
    "src/base/low.c": SPDX + '#include "herd/fold.h"\n',
}
CHECKS = ("layers", "names", "sizes", "calls", "comments", "licences", "events")


class StyleTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="herd style ")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        for name, text in GOOD.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.root / name.lstrip("+")
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text() if name.startswith("+") else ""
        path.write_text(before + text)

    def run_check(self, check):
        """What the check says of the tree, and its exit code."""
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            problems, looked_at = importlib.import_module(check).find_problems(self.root)
            code = importlib.import_module("source").report(check, self.root, problems, looked_at)
        return output.getvalue(), code

    def test_good_tree_passes(self):
        for check in CHECKS:
            with self.subTest(check=check):
                output, code = self.run_check(check)
                self.assertEqual(code, 0, output)

    def test_empty_tree_fails(self):
        for name in GOOD:
            (self.root / name).unlink()
        for check in CHECKS:
            with self.subTest(check=check):
                self.assertEqual(self.run_check(check)[1], 1)

    def test_include_cycle(self):
        for name, text in CYCLE.items():
            self.write(name, text)
        output, code = self.run_check("layers")
        self.assertEqual(code, 1)
        self.assertEqual(output.count("include cycle"), 1, output)

    def test_lower_room_uses_upper(self):
        for name, text in UPWARDS.items():
            self.write(name, text)
        output, code = self.run_check("layers")
        self.assertEqual(code, 1)
        self.assertIn("src/base/low.c:2: base may not use store (herd/fold.h)", output)

    def test_limits_are_exact(self):
        self.write("src/base/long.c", SPDX + "int x;\n" * 399)
        self.write("src/base/tall.c", SPDX + "static int f(void)\n{\n" + "    x++;\n" * 67 + "}\n")
        output, code = self.run_check("sizes")
        self.assertEqual(code, 0, output)

    @unittest.skipUnless(shutil.which("clang-format"), "clang-format is not installed")
    def test_format(self):
        shutil.copy(HERE.parent.parent / ".clang-format", self.root)
        script = [sys.executable, "-B", str(HERE / "format.py"), str(self.root)]
        good = subprocess.run(script, capture_output=True, text=True, check=False)
        if good.returncode == 77:
            self.skipTest(good.stdout)
        self.assertEqual(good.returncode, 0, good.stderr)
        self.write("src/base/long.c", SPDX + "int  x ;\n")
        self.assertNotEqual(subprocess.run(script, capture_output=True, check=False).returncode, 0)


def make_bad_test(check, name, text, expected):
    def test(self):
        self.write(name, text)
        output, code = self.run_check(check)
        self.assertEqual(code, 1, output)
        self.assertIn(expected, output)
    return test


for index, case in enumerate(BAD):
    setattr(StyleTest, f"test_bad_{index:02}_{case[0]}", make_bad_test(*case))

if __name__ == "__main__":
    unittest.main()
