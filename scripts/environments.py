"""Virtual environments with the wheel, for tests and measurements."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WHEELS = ROOT / "build" / "wheel"
OLDEST, NEWEST = "kedro==1.0.0", "kedro>=1.7,<2"
#: Packages for the tests.
PYTEST = ["pytest>=8", "pytest-xdist>=3.8", "aiosmtpd>=1.4"]
#: One workflow is one MLflow run. kedro-mlflow imports kedro-datasets but does not require it.
MLFLOW = ["kedro-mlflow>=2,<3", "mlflow>=3,<4", "kedro-datasets>=9"]
#: Minor versions of Python that the wheel supports.
MINORS = range(10, 15)


def pythons() -> list[str]:
    """Finds every Python here that the wheel supports: on the search path, or pyenv's.

    Returns:
        Their interpreters, the oldest first, one a minor version; this one if there are none.
    """
    found = [path for minor in MINORS if (path := python(minor)) is not None]
    return found or [sys.executable]


def python(minor: int) -> str | None:
    """Finds a Python that starts.

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
            [place, "-c", "import sys; print(sys.executable)"],
            capture_output=True,
            text=True,
            check=False,
        )
        if probe.returncode == 0:
            return probe.stdout.strip()
    return None


def wheel() -> Path:
    """Finds the wheel that was built last.

    Returns:
        Its file.
    """
    (found,) = WHEELS.glob("*.whl")
    return found


def environment(name: str, python: str, *packages: str) -> Path:
    """Makes a virtual environment with the wheel, or brings one up to date.

    Args:
        name: Name of the environment.
        python: Interpreter to make it with.
        *packages: Packages to install beside the wheel.

    Returns:
        Its `python`.
    """
    folder = ROOT / "build" / "environments" / name
    interpreter = bare_environment(folder, python, *packages)
    install(interpreter, "--reinstall", "--no-deps", str(wheel()))
    return interpreter


def bare_environment(folder: Path, python: str, *packages: str) -> Path:
    """Makes a virtual environment with packages, unless it exists.

    Args:
        folder: Its folder.
        python: Interpreter to make it with.
        *packages: Packages to install.

    Returns:
        Its `python`.
    """
    interpreter = folder / "bin" / "python"
    # Written last, so that an interrupted installation is repeated.
    done = folder / "installed"
    wanted = "\n".join([python, *packages])
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        subprocess.run([*uv(), "venv", "--clear", "--python", python, str(folder)], check=True)
        install(interpreter, "--find-links", str(WHEELS), *packages)
        done.write_text(wanted, encoding="utf-8")
    return interpreter


def install(interpreter: Path, *words: str) -> None:
    """Installs packages into a virtual environment.

    Args:
        interpreter: Its `python`.
        *words: Packages and options.
    """
    subprocess.run([*uv(), "pip", "install", "--python", str(interpreter), *words], check=True)


def uv() -> list[str]:
    """Finds the program that makes environments, beside the interpreter that runs this.

    Returns:
        The words of its command.
    """
    return [str(Path(sys.executable).parent / "uv"), "--quiet", "--no-config"]
