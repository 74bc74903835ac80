"""The pages of the documentation for a reader who follows them: block by block, in one shell.

A comment just above a block adds to the blocks:

* `<!-- not run: REASON -->`: a test cannot run it; REASON is one of `REASONS`;
* `<!-- run on a cluster -->`: `tests/cluster/test_pages.py` runs it;
* `<!-- exit code 1 -->`: its last command ends with this code, which is the page's topic;
* `<!-- each by itself -->`: its commands are choices, and each gets its own project;
* `<!-- output -->`: a block of text is what the commands above it print.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Reasons why no test here can run a block.
REASONS = (
    "needs a cloud provider",
    "needs a cluster of its own",
    "needs a registry",
    "needs a run that has failed",
    "needs a tracking server",
    "needs a server that takes messages",
    "needs a workflow of yours",
    "goes on until Ctrl-C",
    "installs packages",
    "builds argo-kedro",
    "builds an image",
    "runs containers",
    "is an example of the output",
    "is not typed in a shell",
)
ON_A_CLUSTER = "run on a cluster"
ALONE = "each by itself"
SHELL = ("sh", "bash", "shell", "console")
_FENCE = re.compile(r"^(?P<indent>\s*)(?P<fence>```+)(?P<language>\w*)[^`]*$")
_FILE = re.compile(r"# (?P<file>conf/\S+\.yml)$")
_MARK = re.compile(r"^\s*<!--\s*(?P<mark>.*?)\s*-->$")
#: Text that differs between runs: times, sizes, digests, the random end of a name.
_VARIES = re.compile(
    r"(?P<time>\b\d+(\.\d+)?(ms|s|m|h)\b)|(?P<size>\b\d+(\.\d+)? ([KMGT]i)?B\b)"
    r"|(?P<name>(?<=-)[a-z0-9]{5}\b)|(?P<any>…)"
)
_PATTERNS = {
    "time": r"\d+(\.\d+)?(ms|s|m|h)",
    "size": r"\d+(\.\d+)? ([KMGT]i)?B",
    "name": "[a-z0-9]{5}",
    "any": ".*?",
}


@dataclass(frozen=True)
class Block:
    """Lines between two fences.

    Attributes:
        page: Its page, from the root of the repository.
        line: The number of its first line.
        language: The language at the fence.
        lines: Its lines.
        mark: The text of the comment above it.
    """

    page: str
    line: int
    language: str
    lines: tuple[str, ...]
    mark: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def is_shell(self) -> bool:
        return self.language in SHELL

    @property
    def is_followed(self) -> bool:
        """Says whether a reader on this machine types, writes or sees the block."""
        if self.mark.startswith("not run") or self.mark == ON_A_CLUSTER:
            return False
        return self.is_shell or bool(self.file) or self.mark == "output"

    @property
    def commands(self) -> dict[int, str]:
        """The typed lines, by their numbers; of a console, those behind a prompt."""
        numbered = dict(enumerate(self.lines, self.line))
        if self.language != "console":
            return numbered
        return {number: line[2:] for number, line in numbered.items() if line[:2] in ("$ ", "> ")}

    @property
    def last(self) -> int:
        """The number of its last typed line."""
        return max(number for number, line in self.commands.items() if line.strip())

    @property
    def file(self) -> str:
        """The file of settings in the block, if it names one."""
        named = _FILE.match(self.lines[0]) if self.lines and self.language == "yaml" else None
        return named["file"] if named else ""

    def in_shell(self, line: str) -> str:
        """A line in the form for the shell."""
        return f"alone {line}" if self.mark == ALONE and line.strip() else line

    @property
    def shown(self) -> list[str]:
        """The lines that commands print, according to the page."""
        lines = self.lines
        if self.language == "console":
            lines = tuple(line for line in lines if line[:2] not in ("$ ", "> "))
        elif self.mark != "output":
            return []
        return [line for line in lines if line.strip(" …")]

    @property
    def code(self) -> int:
        """Exit code of its last command."""
        number = re.fullmatch(r"exit code (\d+)", self.mark)
        return int(number.group(1)) if number else 0


def pages() -> list[str]:
    """The pages with commands to try."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [page.relative_to(ROOT).as_posix() for page in found]


def blocks(page: str) -> list[Block]:
    """Reads the blocks of a page."""
    return list(read_blocks(page, (ROOT / page).read_text(encoding="utf-8")))


def read_blocks(page: str, text: str) -> Iterable[Block]:
    """Reads the blocks of a text."""
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        opened = _FENCE.match(lines[number])
        number += 1
        if opened is None:
            continue
        indent, fence = opened["indent"], opened["fence"]
        ends = next(at for at in range(number, len(lines)) if lines[at].strip() == fence)
        inner = tuple(line.removeprefix(indent) for line in lines[number:ends])
        above = _MARK.match(lines[number - 2]) if number > 1 else None
        mark = above["mark"] if above else ""
        yield Block(page, number + 1, opened["language"], inner, mark)
        number = ends + 1


def wrong_mark(block: Block) -> str | None:
    """Finds the fault of a block's mark, if any."""
    if block.mark.startswith("not run"):
        reason = block.mark.removeprefix("not run: ")
        if reason not in REASONS:
            return f"`{reason}` is none of the reasons for which a block is not run: {REASONS}"
    elif block.language == "text" and block.mark != "output":
        return "say what this text is: `<!-- output -->` of the commands above it, or not run"
    elif block.mark and block.mark not in (ON_A_CLUSTER, ALONE, "output") and not block.code:
        return f"no block is marked `{block.mark}`"
    return None


def pattern_of(line: str) -> re.Pattern[str]:
    """Gives the pattern that output must match where a page shows this line."""
    found, at = [], 0
    for varying in _VARIES.finditer(line):
        found.append(re.escape(line[at : varying.start()]))
        found.append(_PATTERNS[str(varying.lastgroup)])
        at = varying.end()
    found.append(re.escape(line[at:]))
    return re.compile("".join(found))


def first_missing(shown: list[str], output: str) -> str | None:
    """The first line of a page that is missing from an output, in the same order.

    The width of a terminal does not matter.
    """
    text, at = " ".join(output.split()), 0
    for line in shown:
        found = pattern_of(" ".join(line.split())).search(text, at)
        if found is None:
            return line
        at = found.end()
    return None
