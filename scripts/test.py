"""Runs every test and closes with what each part took and one line of counts.

Rust's tests first; then the Python and end-to-end suite on the newest Kedro, on the oldest what
another version may break, in virtual environments of their own with the wheel that was just
built; then what needs MLflow, and the example project's tests. With the word `cluster`: what needs
the cluster that KUBECONFIG names; with `nightly`: what takes that cluster minutes.
"""

from __future__ import annotations

import codecs
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from environments import MLFLOW, NEWEST, OLDEST, PYTEST, ROOT, environment, pythons

OF_CARGO = r"(\d+) (passed|failed|ignored)"
OF_PYTEST = r"(\d+) (passed|failed|errors?|skipped)"
#: What only the tests with the newest Kedro need: Hera makes Workflows, moto is an S3 server.
BESIDE = ["hera>=7.1,<8", "moto[server]>=5,<6"]
EXAMPLE = ROOT / "examples" / "flight-delays"
#: Tests that start programs keep a core busy each; now and then one waits.
WORKERS = (os.cpu_count() or 1) + 1
#: Each has an MLflow server of its own.
MLFLOW_WORKERS = 2
#: Tests of a cluster wait for its pods.
CLUSTER_WORKERS = 6


@dataclass
class Outcome:
    """Results of the parts of a test run."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    #: Titles of the parts that did not end well.
    broken: list[str] = field(default_factory=list)
    #: Title and seconds of each part.
    parts: list[tuple[str, float]] = field(default_factory=list)

    def run(self, title: str, words: list[str], pattern: str, folder: Path = ROOT) -> None:
        """Runs a part and adds its counts; one that counts nothing is broken.

        Args:
            title: What it is called.
            words: Program and arguments.
            pattern: How its runner writes a count: `(number) (word)`.
            folder: Where to run it.
        """
        start = time.monotonic()
        code, output = run(words, folder)
        self.parts.append((title, time.monotonic() - start))
        counted = self._add(output, pattern)
        if code != 0 or not counted:
            self.broken.append(title)

    def _add(self, output: str, pattern: str) -> bool:
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

    def close(self) -> int:
        """Prints what each part took, and the closing line.

        Returns:
            0 if nothing is broken.
        """
        print()
        for title, seconds in self.parts:
            print(f"{seconds:6.0f} s  {title}")
        if self.broken:
            print(f"\nnot right: {', '.join(self.broken)}")
        print(f"\n{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.broken else 0


def run(words: list[str], folder: Path) -> tuple[int, str]:
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


def pytest(interpreter: Path, *words: str, workers: int = WORKERS) -> list[str]:
    """Puts together how pytest is started.

    Args:
        interpreter: The `python` of an environment.
        *words: Further words.
        workers: How many tests run at a time.

    Returns:
        All the words.
    """
    suite = [str(interpreter), "-m", "pytest", "-p", "no:cacheprovider"]
    if workers > 1:
        suite += ["--numprocesses", str(workers), "--dist", "worksteal"]
    return [*suite, *words]


def main(words: list[str]) -> int:
    """Runs everything, or with a word the part of that name.

    Args:
        words: What was typed.

    Returns:
        0 if every test passed.
    """
    outcome = Outcome()
    if words == ["cluster"]:
        on_a_cluster(outcome)
    elif words == ["nightly"]:
        on_a_cluster_by_night(outcome)
    else:
        here(outcome)
    return outcome.close()


def here(outcome: Outcome) -> None:
    """Runs what needs this machine alone."""
    cargo = ["cargo", "test", "--workspace", "--locked", "--no-fail-fast"]
    outcome.run("Rust", cargo, OF_CARGO)
    found = pythons()
    oldest, between, newest = found[0], found[1:-1], found[-1]
    suite = ["tests", "--ignore", "tests/cluster", "--ignore", "tests/example"]
    # Hera judges the manifests.
    interpreter = environment("newest", newest, NEWEST, *PYTEST, *BESIDE)
    outcome.run(f"Python with {NEWEST}", pytest(interpreter, *suite), OF_PYTEST)
    interpreter = environment("oldest", oldest, OLDEST, *PYTEST)
    outcome.run(f"Python with {OLDEST}", pytest(interpreter, *suite, "-m", "kedro"), OF_PYTEST)
    for number, other in enumerate(between):
        # The ends are tested whole; here it has to install, read a project and run a task.
        interpreter = environment(f"between-{number}", other, NEWEST, *PYTEST)
        outcome.run(f"Python at {other}", pytest(interpreter, "tests/test_exec.py"), OF_PYTEST)
    interpreter = environment("mlflow", newest, NEWEST, *PYTEST, *MLFLOW)
    words = pytest(interpreter, "tests/test_mlflow.py", workers=MLFLOW_WORKERS)
    # Where Python keeps no compiled modules, each task compiles those of MLflow, for seconds.
    outcome.run("MLflow", ["env", "-u", "PYTHONDONTWRITEBYTECODE", *words], OF_PYTEST)
    requirements = str(EXAMPLE / "requirements.txt")
    interpreter = environment("example", newest, NEWEST, *PYTEST, "--requirement", requirements)
    outcome.run("the example", pytest(interpreter, "tests", workers=1), OF_PYTEST, EXAMPLE)
    picture = pytest(interpreter, "tests/example", workers=1)
    outcome.run("the picture of the README", picture, OF_PYTEST)


#: What failed and what was skipped is named in the end; a store's own log says nothing.
OF_A_CLUSTER = ["-rfEs", "--show-capture=no", "--durations=10", "tests/cluster", "-m"]


def for_a_cluster() -> Path:
    """Makes the environment of the tests that need a cluster.

    Returns:
        Its `python`.
    """
    requirements = str(EXAMPLE / "requirements.txt")
    # The tests read pip's settings, for the builds of images.
    store = ["moto[server]>=5,<6", "s3fs"]
    packages = [*PYTEST, "pip", *store, "--requirement", requirements]
    return environment("cluster", pythons()[-1], NEWEST, *packages)


def on_a_cluster(outcome: Outcome) -> None:
    """Runs what needs a cluster: side by side, then what stops a part of it."""
    interpreter = for_a_cluster()
    beside = [*OF_A_CLUSTER, "not alone and not nightly"]
    words = pytest(interpreter, *beside, workers=CLUSTER_WORKERS)
    outcome.run("the cluster", words, OF_PYTEST)
    alone = [*OF_A_CLUSTER, "alone and not nightly"]
    outcome.run("the cluster, alone", pytest(interpreter, *alone, workers=1), OF_PYTEST)


def on_a_cluster_by_night(outcome: Outcome) -> None:
    """Runs what takes a cluster minutes."""
    words = pytest(for_a_cluster(), *OF_A_CLUSTER, "nightly", workers=1)
    outcome.run("the cluster, by night", words, OF_PYTEST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
