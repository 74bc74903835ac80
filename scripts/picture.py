"""Draws the picture of the README: a terminal in which the example runs.

`docs/run.txt` is the recorded output of `kedro argo run`, with colours; `--record` makes it anew,
in the environment of `make demo`. The picture depends only on this text.
"""

from __future__ import annotations

import re
import subprocess
import sys
from html import escape
from pathlib import Path

from environments import ROOT

EXAMPLE = ROOT / "examples" / "flight-delays"
DEMO = ROOT / "build" / "demo" / "venv" / "bin"
RECORDING = ROOT / "docs" / "run.txt"
PICTURE = ROOT / "docs" / "run.svg"

#: Characters of a line, and the size of one, in units of the picture.
COLUMNS = 82
WIDTH, HEIGHT = 8.4, 19
#: Margin around the text, and height of the window's bar.
MARGIN, BAR = 18, 34
#: Most lines of a part: ended tasks, and files. The table stays complete.
ENDED, FILES = 4, 3
LEFT_OUT = "  ⋮"
COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "36": "#79c0ff", "2": "#8b949e"}
COLOUR = re.compile(r"\x1b\[([0-9;]*)m")
#: Words with one space between them; images ignore further spaces.
WORDS = re.compile(r"\S+(?: \S+)*")
#: A terminal shows this while the task runs, and then removes it.
STARTED = re.compile(r"  \S+ +started")


def main(words: list[str]) -> int:
    """Draws the picture, of the recording or of a new one.

    Args:
        words: Words of the command line.

    Returns:
        0
    """
    if words == ["--record"]:
        RECORDING.write_text(printed(DEMO), encoding="utf-8")
    PICTURE.write_text(picture(RECORDING.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def printed(environment: Path, project: Path = EXAMPLE) -> str:
    """Runs the example.

    Args:
        environment: The `bin` folder of its environment.
        project: Its folder.

    Returns:
        The final content of a terminal.
    """
    words = [str(environment / "argo-kedro"), "run", "--color", "always"]
    run = subprocess.run(
        words, cwd=project, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    lines = (line.rstrip() for line in run.stdout.splitlines())
    return "\n".join(line for line in lines if not STARTED.fullmatch(line)) + "\n"


def shown(recording: str) -> list[str]:
    """Chooses the lines for the picture.

    Args:
        recording: Output of the example.

    Returns:
        Its lines, with a mark where some are left out.
    """
    tasks, table, end = recording.rstrip("\n").split("\n\n")
    first = [line for line in tasks.splitlines() if not COLOUR.match(line)]
    ended = [line for line in tasks.splitlines() if COLOUR.match(line)]
    last = end.splitlines()
    files = last.index("results:") + 1
    return [
        "$ kedro argo run",
        *first,
        *ended[:ENDED],
        LEFT_OUT,
        "",
        *table.splitlines(),
        "",
        *last[: files + FILES],
        LEFT_OUT,
    ]


def picture(recording: str) -> str:
    """Draws a recording.

    Args:
        recording: Output of the example.

    Returns:
        An SVG image.
    """
    lines = shown(recording)
    width = round(COLUMNS * WIDTH + 2 * MARGIN)
    height = len(lines) * HEIGHT + BAR + MARGIN
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">',
        "<title>kedro argo run: the example project, task by task, in a terminal</title>",
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" '
        'fill="#0d1117" stroke="#484f58"/>',
    ]
    for place, colour in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        drawn.append(f'<circle cx="{20 + 18 * place}" cy="18" r="5.5" fill="{colour}"/>')
    drawn.append(
        "<g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', "
        'monospace" font-size="14" fill="#e6edf3">'
    )
    for number, line in enumerate(lines):
        at = BAR + (number + 1) * HEIGHT - 5
        drawn += (part(text, column, at, colour) for column, text, colour in parts(line))
    return "\n".join([*drawn, "</g>", "</svg>", ""])


def parts(line: str) -> list[tuple[int, str, str | None]]:
    """Splits a line at changes of colour, and at gaps.

    Args:
        line: A line with a terminal's colour codes.

    Returns:
        The column, the text and the colour of each part.
    """
    found: list[tuple[int, str, str | None]] = []
    column, colour = 0, None
    for number, text in enumerate(COLOUR.split(line)):
        if number % 2:
            colour = COLOURS.get(text)
            continue
        for words in WORDS.finditer(text):
            found.append((column + words.start(), words.group(), colour))
        column += len(text)
    return found


def part(text: str, column: int, at: int, colour: str | None) -> str:
    """Draws a text at the width of a terminal, in any font.

    Args:
        text: The text.
        column: Its first column.
        at: Vertical position of its line.
        colour: Its colour; None for the terminal's.

    Returns:
        An element.
    """
    fill = f' fill="{colour}"' if colour else ""
    width = f"{len(text) * WIDTH:.1f}"
    x = f"{MARGIN + column * WIDTH:.1f}"
    return f'<text x="{x}" y="{at}" textLength="{width}"{fill}>{escape(text)}</text>'


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
