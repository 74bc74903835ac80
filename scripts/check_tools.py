"""Reports missing tools before a build starts: Rust, and a recent Python."""

import shutil
import subprocess
import sys

OLDEST_PYTHON = (3, 10)
OLDEST_RUST = (1, 89)


def main() -> int:
    """Checks the tools.

    Returns:
        0, or 1 if a tool is missing; the remedy is printed.
    """
    if sys.version_info < OLDEST_PYTHON:
        print(f"Python {sys.version.split()[0]} is too old: use 3.10 or newer, PYTHON=python3.12")
        return 1
    cargo = shutil.which("cargo")
    if cargo is None:
        print("cargo is missing: install Rust")
        return 1
    words = subprocess.run([cargo, "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(int(part) for part in words.split()[1].split(".")[:2])
    if version < OLDEST_RUST:
        print(f"{words.strip()} is too old: 1.89 or newer is needed")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
