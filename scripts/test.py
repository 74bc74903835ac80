"""Runs every test and closes with one line of counts.

Rust's tests first; then the Python and end-to-end suite once for each supported end of
Kedro, in virtual environments of their own with the wheel that was just built; then the
example project's tests.
"""

from __future__ import annotations

import codecs
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WHEELS = ROOT / "build" / "wheel"
OLDEST, NEWEST = "kedro==1.0.0", "kedro>=1.7,<2"


@dataclass
class Counts:
    """Tests by how they ended."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, output: str, pattern: str) -> bool:
        """Adds the counts that a runner printed.

        Args:
            output: What it printed.
            pattern: How it writes a count: `(number) (word)`.

        Returns:
            Whether it printed any.
        """
        found = False
        for number, word in re.findall(pattern, output):
            found = True
            if word == "passed":
                self.passed += int(number)
            elif word in ("failed", "error", "errors"):
                self.failed += int(number)
            else:
                self.skipped += int(number)
        return found


def run(words: list[str], folder: Path = ROOT) -> tuple[int, str]:
    """Runs a program, showing and keeping what it prints.

    Args:
        words: Program and arguments.
        folder: Where to run it.

    Returns:
        Exit code and output.
    """
    print(f"\n$ {' '.join(words)}", flush=True)
    kept: list[str] = []
    decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
    with subprocess.Popen(
        words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0
    ) as process:
        assert process.stdout is not None
        # As it comes, and not by lines: a dot for each test is how its progress shows.
        while part := process.stdout.read(4096):
            text = decode(part)
            print(text, end="", flush=True)
            kept.append(text)
    return process.returncode, "".join(kept)


def environment(name: str, python: str, *packages: str) -> Path:
    """Makes a virtual environment with the wheel, or brings one up to date.

    Args:
        name: Name of the environment.
        python: Interpreter to make it with.
        *packages: What to install beside the wheel.

    Returns:
        Its `python`.
    """
    folder = ROOT / "build" / "test" / name
    interpreter = folder / "bin" / "python"
    pip = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if not interpreter.exists():
        subprocess.run([python, "-m", "venv", str(folder)], check=True)
        subprocess.run([*pip, *packages], check=True)
    (wheel,) = WHEELS.glob("*.whl")
    subprocess.run([*pip, "--force-reinstall", "--no-deps", str(wheel)], check=True)
    return interpreter


def pythons() -> list[str]:
    """Finds every Python here that the wheel supports: on the search path, or pyenv's.

    Returns:
        Their interpreters, the oldest first, one a minor version; this one if there are none.
    """
    found = [path for minor in range(10, 14) if (path := python(minor)) is not None]
    return found or [sys.executable]


def python(minor: int) -> str | None:
    """Finds a Python that really starts.

    Args:
        minor: E.g. 10 for Python 3.10.

    Returns:
        Its interpreter.
    """
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    places = [
        shutil.which(f"python3.{minor}"),
        *sorted(root.glob(f"versions/3.{minor}.*/bin/python")),
    ]
    for place in places:
        if place is None:
            continue
        probe = subprocess.run(
            [place, "-c", "import ensurepip, venv, sys; print(sys.executable)"],
            capture_output=True,
            text=True,
            check=False,
        )
        if probe.returncode == 0:
            return probe.stdout.strip()
    return None


def main(words: list[str]) -> int:
    """Runs everything, or with the word `cluster` what needs one.

    Args:
        words: What was typed.

    Returns:
        0 if every test passed.
    """
    counts = Counts()
    broken: list[str] = []

    def take(title: str, result: tuple[int, str], pattern: str) -> None:
        code, output = result
        counted = counts.add(output, pattern)
        if code != 0 or not counted:
            broken.append(title)

    if words == ["cluster"]:
        example = ROOT / "examples" / "flight-delays" / "requirements.txt"
        packages = ["pytest>=8", "moto[server]>=5,<6", "--requirement", str(example)]
        packages += ["--find-links", str(WHEELS)]
        interpreter = environment("cluster", pythons()[-1], NEWEST, *packages)
        # What failed and what was skipped is named in the end; a store's own log says nothing.
        suite = [str(interpreter), "-m", "pytest", "-p", "no:cacheprovider", "-rfEs"]
        suite += ["--show-capture=no", "--durations=10", "tests/cluster"]
        take("the cluster", run(suite), r"(\d+) (passed|failed|errors?|skipped)")
        return close(counts, broken)

    of_cargo = r"(\d+) (passed|failed|ignored)"
    of_pytest = r"(\d+) (passed|failed|errors?|skipped)"
    cargo = ["cargo", "test", "--workspace", "--locked", "--no-fail-fast"]
    take("Rust", run(cargo), of_cargo)
    found = pythons()
    oldest, between, newest = found[0], found[1:-1], found[-1]
    suite = ["-m", "pytest", "-p", "no:cacheprovider", "tests", "--ignore", "tests/cluster"]
    for name, python, kedro in [("oldest", oldest, OLDEST), ("newest", newest, NEWEST)]:
        # Hera judges the manifests; once is enough.
        judges = ["hera>=7.1,<8"] if name == "newest" else []
        interpreter = environment(name, python, kedro, "pytest>=8", *judges)
        take(f"Python with {kedro}", run([str(interpreter), *suite]), of_pytest)
    for number, other in enumerate(between):
        # The ends are tested whole; here it has to install, read a project and run a task.
        interpreter = environment(f"between-{number}", other, NEWEST, "pytest>=8")
        words = [str(interpreter), "-m", "pytest", "-p", "no:cacheprovider", "tests/test_exec.py"]
        take(f"Python at {other}", run(words), of_pytest)
    example = ROOT / "examples" / "flight-delays"
    interpreter = environment(
        "example",
        newest,
        *("--find-links", str(WHEELS), "pytest>=8", NEWEST),
        *("--requirement", str(example / "requirements.txt")),
    )
    words = [str(interpreter), "-m", "pytest", "-p", "no:cacheprovider", "tests"]
    take("the example", run(words, example), of_pytest)

    return close(counts, broken)


def close(counts: Counts, broken: list[str]) -> int:
    """Prints the closing line.

    Args:
        counts: Tests by how they ended.
        broken: What did not end well.

    Returns:
        0 if nothing is broken.
    """
    if broken:
        print(f"\nnot right: {', '.join(broken)}")
    print(f"\n{counts.passed} passed, {counts.failed} failed, {counts.skipped} skipped")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
