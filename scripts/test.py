"""Runs every test, and prints the time of each part and a line of counts.

Rust's tests come first. Then the Python and end-to-end suite runs on the newest Kedro, and on the
oldest the part that another version may break, in their own virtual environments with the new
wheel. Then come the tests with MLflow, and the example project's tests. The word `cluster` runs the
tests on the cluster of KUBECONFIG; `nightly` runs those that take that cluster minutes.
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
#: Packages for tests with the newest Kedro only: Hera makes Workflows, moto is an S3 server.
BESIDE = ["hera>=7.1,<8", "moto[server]>=5,<6"]
EXAMPLE = ROOT / "examples" / "flight-delays"
#: Each test that starts programs keeps a core busy; some wait now and then.
WORKERS = (os.cpu_count() or 1) + 1
#: Each worker has its own MLflow server.
MLFLOW_WORKERS = 2
#: Tests of a cluster wait for its pods.
CLUSTER_WORKERS = 6


@dataclass
class Outcome:
    """Results of the parts of a test run."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    #: Titles of the parts that failed.
    broken: list[str] = field(default_factory=list)
    #: Title and seconds of each part.
    parts: list[tuple[str, float]] = field(default_factory=list)

    def run(self, title: str, words: list[str], pattern: str, folder: Path = ROOT) -> None:
        """Runs a part and adds its counts; a part without counts is broken.

        Args:
            title: Its name.
            words: Program and arguments.
            pattern: Form of its runner's counts: `(number) (word)`.
            folder: Its working directory.
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
        """Prints the time of each part, and the closing line.

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
    """Runs a program; shows and keeps its output.

    Args:
        words: Program and arguments.
        folder: Its working directory.

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
        # Read without waiting for lines: progress shows as a dot for each test.
        while part := process.stdout.read(4096):
            text = decode(part)
            print(text, end="", flush=True)
            kept.append(text)
    return process.returncode, "".join(kept)


def pytest(interpreter: Path, *words: str, workers: int = WORKERS) -> list[str]:
    """Builds the command of pytest.

    Args:
        interpreter: The `python` of an environment.
        *words: Further words.
        workers: Number of parallel tests.

    Returns:
        The words of the command.
    """
    suite = [str(interpreter), "-m", "pytest", "-p", "no:cacheprovider"]
    if workers > 1:
        suite += ["--numprocesses", str(workers), "--dist", "worksteal"]
    return [*suite, *words]


def main(words: list[str]) -> int:
    """Runs everything, or the part that a word names.

    Args:
        words: Words of the command line.

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
    """Runs the tests that need only this machine."""
    cargo = ["cargo", "test", "--workspace", "--locked", "--no-fail-fast"]
    outcome.run("Rust", cargo, OF_CARGO)
    found = pythons()
    oldest, between, newest = found[0], found[1:-1], found[-1]
    suite = ["tests", "--ignore", "tests/cluster", "--ignore", "tests/example"]
    # Hera checks the manifests.
    interpreter = environment("newest", newest, NEWEST, *PYTEST, *BESIDE)
    outcome.run(f"Python with {NEWEST}", pytest(interpreter, *suite), OF_PYTEST)
    interpreter = environment("oldest", oldest, OLDEST, *PYTEST)
    outcome.run(f"Python with {OLDEST}", pytest(interpreter, *suite, "-m", "kedro"), OF_PYTEST)
    for number, other in enumerate(between):
        # The oldest and the newest run all tests; here the wheel must install, read a project and
        # run a task.
        interpreter = environment(f"between-{number}", other, NEWEST, *PYTEST)
        outcome.run(f"Python at {other}", pytest(interpreter, "tests/test_exec.py"), OF_PYTEST)
    interpreter = environment("mlflow", newest, NEWEST, *PYTEST, *MLFLOW)
    words = pytest(interpreter, "tests/test_mlflow.py", workers=MLFLOW_WORKERS)
    # Without compiled modules, each task would compile those of MLflow, which takes seconds.
    outcome.run("MLflow", ["env", "-u", "PYTHONDONTWRITEBYTECODE", *words], OF_PYTEST)
    requirements = str(EXAMPLE / "requirements.txt")
    interpreter = environment("example", newest, NEWEST, *PYTEST, "--requirement", requirements)
    outcome.run("the example", pytest(interpreter, "tests", workers=1), OF_PYTEST, EXAMPLE)
    picture = pytest(interpreter, "tests/example", workers=1)
    outcome.run("the picture of the README", picture, OF_PYTEST)


#: Failed and skipped tests are listed at the end; the log of a store is useless.
OF_A_CLUSTER = ["-rfEs", "--show-capture=no", "--durations=10", "tests/cluster", "-m"]


def for_a_cluster() -> Path:
    """Makes the environment for tests on a cluster.

    Returns:
        Its `python`.
    """
    requirements = str(EXAMPLE / "requirements.txt")
    # The tests read pip's settings, for the builds of images.
    store = ["moto[server]>=5,<6", "s3fs"]
    packages = [*PYTEST, "pip", *store, "--requirement", requirements]
    return environment("cluster", pythons()[-1], NEWEST, *packages)


def on_a_cluster(outcome: Outcome) -> None:
    """Runs the tests on a cluster: in parallel, then those that stop a part of it."""
    interpreter = for_a_cluster()
    beside = [*OF_A_CLUSTER, "not alone and not nightly"]
    words = pytest(interpreter, *beside, workers=CLUSTER_WORKERS)
    outcome.run("the cluster", words, OF_PYTEST)
    alone = [*OF_A_CLUSTER, "alone and not nightly"]
    outcome.run("the cluster, alone", pytest(interpreter, *alone, workers=1), OF_PYTEST)


def on_a_cluster_by_night(outcome: Outcome) -> None:
    """Runs the tests that take a cluster minutes."""
    words = pytest(for_a_cluster(), *OF_A_CLUSTER, "nightly", workers=1)
    outcome.run("the cluster, by night", words, OF_PYTEST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
