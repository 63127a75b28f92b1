# SPDX-License-Identifier: MIT
"""The commands that README.md and docs/ show, taken out of their fenced blocks.

What a block is for stands behind its language, where renderers do not show it:

    ```sh run                     each block is run by `sh -eu`, and must end with 0
    ```sh run if node osmium      the same where there are these programs, else it is skipped
    ```sh run stopped             the same, after the page's herd has been ended
    ```sh up                      a command that runs a herd until Ctrl-C: begun, kept for the blocks that follow
    ```sh not-run: reason         what cannot be tried here
    ```console run                commands behind "$ ", then what they print
    ```python file track.py       a file that the blocks that follow find in their folder

What a command prints is compared by its shape: of each number only that it is
one counts, and a line "..." stands for any lines. Commands outside of blocks
that say one of these are an error, so that no command goes untried unseen.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^( *)```(.*)$")
# Lines that look like a command for a shell.
COMMAND = re.compile(r"^(\$ )?(sudo |HERD_\w+=\S* )*((\./|\S*/bin/)\S+|herd|herd-server|nc|cmake|ctest|systemctl|openssl|"
                     r"\(umask|python3|ninja|node|osmium|curl|nft|valgrind|build\S+|kill|cp|mv)( |$)")
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


@dataclass
class Block:
    """One fenced block: where it is, what is behind its language, its lines."""
    page: Path
    line: int
    language: str
    words: list
    lines: list = field(default_factory=list)

    @property
    def kind(self):
        return self.words[0] if self.words else ""

    @property
    def text(self):
        return "".join(line + "\n" for line in self.lines)

    @property
    def needs(self):
        """The programs without which it is skipped."""
        return self.words[2:] if self.words[1:2] == ["if"] else []

    def __str__(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages():
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def read(page):
    """The blocks of a page, and the numbers of lines that hold a command and are in none that says what it is for."""
    blocks, stray, block = [], [], None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        fence = FENCE.match(line)
        if fence and block is None:
            language, *words = fence.group(2).split() or [""]
            block = Block(page, number, language, words)
        elif fence:
            blocks.append(block)
            block = None
        elif block is not None:
            block.lines.append(line)
            if not block.words and COMMAND.match(line):
                stray.append(number)
        elif line.startswith("    ") and COMMAND.match(line.strip()):
            stray.append(number)
    assert block is None, f"{block}: a block without an end"
    return blocks, stray


def anchors(page):
    """What a link to a heading of the page may say behind #."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}


def shape(text):
    """What of an output is compared."""
    return [NUMBER.sub("#", line.rstrip()) for line in text.rstrip("\n").split("\n")]


def fits(shown, printed):
    """Whether the lines `printed` are those `shown`, of which "..." stands for any."""
    if not shown:
        return not printed
    if shown[0] == "...":
        return any(fits(shown[1:], printed[skip:]) for skip in range(len(printed) + 1))
    return bool(printed) and shown[0] == printed[0] and fits(shown[1:], printed[1:])


def dialogue(block):
    """(command, what is shown of its output) of a console block."""
    steps = []
    for line in block.lines:
        if line.startswith("$ "):
            steps.append((line[2:], []))
        else:
            assert steps, f"{block}: it does not begin with a command"
            steps[-1][1].append(line)
    return [(command, "".join(line + "\n" for line in lines)) for command, lines in steps]
