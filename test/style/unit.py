# SPDX-License-Identifier: MIT
"""Servers start with their target and with the machine, some failures are final, no credential is fixed at start;
systemd finds no fault with the units and rates the server's exposure 1.5 or less: unit.py FOLDER SOURCES. 77: no systemd."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
EXPOSURE_TENTHS_MAX = 15
FINAL = {"64", "66", "77", "78"}  # exit codes that trying again does not mend


def option(text, name):
    """The words of an option that is there once."""
    values = [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{name}=")]
    return values[0].split() if len(values) == 1 else []


def starts(folder, units, root):
    """An enabled server is wanted by the machine and by the target, and the target by the machine."""
    system = root / "etc/systemd/system"
    system.mkdir(parents=True)
    shutil.copy(folder / "herd-server@.service", system)
    shutil.copy(units / "herd.target", system)
    enabled = subprocess.run(["systemctl", f"--root={root}", "enable", "herd-server@Goloman.service", "herd.target"],
                             capture_output=True, text=True, check=False)
    wanted = [("multi-user", "herd-server@Goloman.service"), ("herd", "herd-server@Goloman.service"),
              ("multi-user", "herd.target")]
    missing = [f"{unit} by {target}.target" for target, unit in wanted
               if not (system / f"{target}.target.wants" / unit).is_symlink()]
    if enabled.returncode != 0 or missing:
        print(f"unit: enabled with {enabled.returncode} {enabled.stderr}, not wanted: {missing}")
    return enabled.returncode == 0 and not missing


def main():
    folder, units = Path(sys.argv[1]), Path(sys.argv[2])
    if shutil.which("systemd-analyze") is None:
        print("unit: skipped, systemd-analyze is not installed")
        return SKIPPED
    with tempfile.TemporaryDirectory() as work:
        unit = Path(work) / "herd-server@Goloman.service"
        text = (folder / "herd-server@.service").read_text(encoding="utf-8")
        program = Path(work) / "herd-server"
        program.symlink_to("/bin/true")  # what it runs need not be installed, but must be there
        lines = [re.sub(r"^(Exec\w+=)\S*/herd-server ", rf"\1{program} ", line) for line in text.splitlines()]
        unit.write_text("\n".join(lines) + "\n", encoding="utf-8")
        rated = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager",
                                f"--threshold={EXPOSURE_TENTHS_MAX}", str(unit)],
                               capture_output=True, text=True, check=False)
        print("\n".join(line for line in rated.stdout.splitlines() if not line.startswith("✓")), rated.stderr)
        verified = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True,
                                  check=False)
        print(verified.stdout, verified.stderr)
        reloads = [line.partition("=")[2] for line in text.splitlines() if line.startswith("ExecReload=")]
        if len(reloads) != 2 or "--check-config --against" not in reloads[0] or "-HUP $MAINPID" not in reloads[1]:
            print(f"unit: a reload checks the file first, then sends the signal: {reloads}")
            return 1
        fixed = "LoadCredential" in text or "SetCredential" in text
        if fixed or not FINAL <= set(option(text, "RestartPreventExitStatus")):
            print(f"unit: a credential, or not all of {sorted(FINAL)} in RestartPreventExitStatus")
            return 1
        if not starts(folder, units, Path(work) / "root"):
            return 1
        return rated.returncode or verified.returncode or (1 if str(unit.name) in verified.stderr else 0)


if __name__ == "__main__":
    sys.exit(main())
