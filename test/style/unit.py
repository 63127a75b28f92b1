# SPDX-License-Identifier: MIT
"""systemd finds no fault with the units and rates the server's exposure 1.5 or less: unit.py FOLDER. 77: no systemd."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
EXPOSURE_TENTHS_MAX = 15


def main():
    folder = Path(sys.argv[1])
    if shutil.which("systemd-analyze") is None:
        print("unit: skipped, systemd-analyze is not installed")
        return SKIPPED
    with tempfile.TemporaryDirectory() as work:
        unit = Path(work) / "herd-server@Goloman.service"
        text = (folder / "herd-server@.service").read_text(encoding="utf-8")
        program = Path(work) / "herd-server"
        program.symlink_to("/bin/true")  # what it runs need not be installed, but must be there
        lines = [f"ExecStart={program} --name %i" if line.startswith("ExecStart=") else line
                 for line in text.splitlines()]
        unit.write_text("\n".join(lines) + "\n", encoding="utf-8")
        rated = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager",
                                f"--threshold={EXPOSURE_TENTHS_MAX}", str(unit)],
                               capture_output=True, text=True, check=False)
        print("\n".join(line for line in rated.stdout.splitlines() if not line.startswith("✓")), rated.stderr)
        verified = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True,
                                  check=False)
        print(verified.stdout, verified.stderr)
        return rated.returncode or verified.returncode or (1 if str(unit.name) in verified.stderr else 0)


if __name__ == "__main__":
    sys.exit(main())
