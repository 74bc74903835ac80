"""A reader who types a page's commands, in one shell on a terminal, and answers yes."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

from pages import Block, first_missing
from projects import Project

#: Marks of the shell before a command, and after a failed one.
_TYPED, _FAILED = "\x1e", "\x1d"
_SAID = re.compile(rf"\n?([{_TYPED}{_FAILED}])(\d+)(?: (\d+))?\n")
_ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\].*?(\x07|\x1b\\))")
#: Time limit for a page, in seconds.
_PATIENCE = 240
#: Setup of the shell. A failed command ends the page, unless the page announces it.
_START = f"""\
unset BASH_ENV
exec 9>&1
set -o pipefail
declare -A allowed=(ALLOWED)
failed() {{
    printf '\\n{_FAILED}%s %s\\n' "$1" "$2" >&9
    [[ ${{allowed[$1]:-}} == "$2" ]] || exit 99
}}
# Runs a command in a copy of the project: what others stand beside it are other choices.
alone() {{
    local copy
    copy=$(mktemp -d)/copy
    cp -r . "$copy"
    (cd "$copy" && "$@")
}}
trap 'printf "\\n{_TYPED}%s\\n" "$LINENO" >&9' DEBUG
trap 'failed "$LINENO" "$?"' ERR
"""


#: Merges a page's settings into their file.
_PUT = """\
import pathlib, sys, yaml
file, shown = map(pathlib.Path, sys.argv[1:])
settings = (yaml.safe_load(file.read_text()) or {}) if file.exists() else {}
file.parent.mkdir(parents=True, exist_ok=True)
file.write_text(yaml.safe_dump(settings | yaml.safe_load(shown.read_text())))
"""


@dataclass
class Followed:
    """Result of following a page.

    Attributes:
        outputs: Output of each command, by the number of its line.
        codes: Exit codes other than 0.
        transcript: The whole output.
        code: Exit code of the shell.
    """

    outputs: dict[int, str]
    codes: dict[int, int]
    transcript: str
    code: int


def follow(
    project: Project,
    blocks: list[Block],
    variables: dict[str, str | None] | None = None,
    words: dict[str, str] | None = None,
) -> Followed:
    """Types the commands of blocks, in order, until one fails.

    Args:
        project: The project to type in.
        blocks: Blocks of one page that are for a shell, or show files.
        variables: Further variables of the shell.
        words: The reader's words in place of the page's.
    """
    typed: dict[int, str] = {}
    allowed = []
    put = project.home / "put.py"
    put.write_text(_PUT, encoding="utf-8")
    for block in blocks:
        if block.file:
            shown = project.home / f"shown-{block.line}.yml"
            shown.write_text("\n".join(block.lines), encoding="utf-8")
            put_it = [sys.executable, str(put), block.file, str(shown)]
            typed[block.line] = shlex.join(put_it)
            continue
        typed |= {number: block.in_shell(line) for number, line in block.commands.items()}
        if block.code:
            allowed.append(f"[{block.last}]={block.code}")
    # Each command keeps its line number on the page.
    lines = [typed.get(number, "") for number in range(1, max(typed, default=0) + 1)]
    for word, instead in (words or {}).items():
        lines = [line.replace(word, instead) for line in lines]
    script, start = project.home / "page.sh", project.home / "start.sh"
    script.write_text("\n".join([*lines, ""]), encoding="utf-8")
    start.write_text(_START.replace("ALLOWED", " ".join(allowed)), encoding="utf-8")
    shell = ["bash", "--noprofile", "--norc", str(script)]
    return _understood(
        *_on_a_terminal(shell, project, {"BASH_ENV": str(start), **(variables or {})})
    )


def faults(
    project: Project,
    blocks: list[Block],
    variables: dict[str, str | None] | None = None,
    words: dict[str, str] | None = None,
) -> list[str]:
    """Finds the faults of a page: place, command and output of each.

    Args:
        project: The project to type in.
        blocks: Blocks of the page that are for a shell, show files or outputs.
        variables: Further variables of the shell.
        words: The reader's words in place of the page's.
    """
    followed = follow(project, blocks, variables, words)
    found = []
    outputs: list[str] = []
    for block in blocks:
        if block.is_shell:
            outputs = []
        for number, command in block.commands.items() if block.is_shell else ():
            output = followed.outputs.get(number, "")
            code = followed.codes.get(number, 0)
            outputs.append(output)
            expected = block.code if number == block.last else 0
            if code != expected:
                said = f"exit code {code}, and not {expected}"
                found.append(f"{block.page}:{number}: {command}\n{said}\n{output}")
            if code not in (0, expected):
                # The shell has ended at this command.
                return found
        if missing := first_missing(block.shown, "".join(outputs)):
            found.append(
                f"{block.place}: the page shows `{missing}`, and this came:\n{''.join(outputs)}"
            )
    if followed.code not in (0, 99):
        found.append(
            f"{blocks[0].page}: the shell ended with {followed.code}:\n{followed.transcript}"
        )
    return found


def _understood(seen: str, ended: int) -> Followed:
    """Splits the content of a terminal by command."""
    text = _ESCAPES.sub("", seen.replace("\r\n", "\n"))
    outputs: dict[int, str] = {}
    codes: dict[int, int] = {}
    first, *parts = _SAID.split(text)
    number = 0
    outputs[number] = first
    for what, line, code, said in zip(*(parts[at::4] for at in range(4)), strict=True):
        if what == _FAILED:
            codes[int(line)] = int(code)
        else:
            number = int(line)
        outputs[number] = outputs.get(number, "") + said
    return Followed(outputs, codes, text, ended)


def _on_a_terminal(
    words: list[str], project: Project, variables: dict[str, str | None]
) -> tuple[str, int]:
    """Runs a program on a terminal whose user says yes; gives its output and exit code."""
    leader, follower = pty.openpty()
    # Progress bars would disturb the output.
    environment = project.environment({"TERM": "dumb", **variables})
    shell = subprocess.Popen(
        words,
        cwd=project.root,
        env=environment,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    seen, answered = b"", 0
    ends = time.monotonic() + _PATIENCE
    try:
        while select.select([leader], [], [], max(0.0, ends - time.monotonic()))[0]:
            seen += os.read(leader, 1 << 16)
            asked = max(seen.rfind(b"[y/N] "), seen.rfind(b"[Y/n] "))
            if asked >= answered:
                os.write(leader, b"y\n")
                answered = len(seen)
        os.killpg(shell.pid, signal.SIGKILL)
    except OSError:  # the other end is closed
        pass
    os.close(leader)
    return seen.decode(errors="replace"), shell.wait()
