"""Builds the wheel into `build/wheel`.

python scripts/wheel.py checkout   from the sources as they stand here
python scripts/wheel.py sdist      as a package index takes it: the source distribution, with
                                   the licences of what is in the program, and the wheel from it
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import third_party
from environments import ROOT, WHEELS

BIN = Path(sys.executable).parent
#: Folder for the unpacked source distribution: always the same, so that Cargo recognizes it.
UNPACKED = ROOT / "build" / "sdist"


def main(words: list[str]) -> int:
    """Builds the wheel.

    Args:
        words: Words of the command line.

    Returns:
        0, or 2 for unknown words.
    """
    if words not in (["checkout"], ["sdist"]):
        print(__doc__, file=sys.stderr)
        return 2
    shutil.rmtree(WHEELS, ignore_errors=True)
    WHEELS.mkdir(parents=True)
    if words == ["checkout"]:
        # An existing file may be outdated.
        third_party.WRITTEN.unlink(missing_ok=True)
        build(ROOT)
        return 0
    third_party.write()
    maturin = [BIN / "maturin", "sdist", "--out", WHEELS]
    subprocess.run(maturin, cwd=ROOT, check=True, stderr=subprocess.DEVNULL)
    (archive,) = WHEELS.glob("*.tar.gz")
    shutil.rmtree(UNPACKED, ignore_errors=True)
    UNPACKED.mkdir(parents=True)
    # Give files the current time: Cargo takes old files for those that it has built before.
    subprocess.run(
        ["tar", "--extract", "--touch", "--strip-components=1", "--file", archive],
        cwd=UNPACKED,
        check=True,
    )
    build(UNPACKED)
    return 0


def build(sources: Path) -> None:
    """Builds the wheel from a folder of sources.

    Args:
        sources: The folder.
    """
    # Both ways share one folder of build results.
    target = os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))
    subprocess.run(
        [BIN / "maturin", "build", "--release", "--locked", "--quiet", "--out", WHEELS],
        cwd=sources,
        env={**os.environ, "CARGO_TARGET_DIR": target},
        check=True,
    )


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as failed:
        sys.exit(f"{failed.cmd[0]} ended with {failed.returncode}")
