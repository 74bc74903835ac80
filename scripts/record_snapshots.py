"""Records the worker's snapshots of the projects in `tests/recorded_projects.py`.

Rust's tests plan, lint and lower these snapshots without Kedro. It needs the interpreter of an
environment with Kedro and the wheel:

    build/environments/newest/bin/python scripts/record_snapshots.py
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests"


def main() -> None:
    """Records all of them."""
    sys.path.insert(0, str(TESTS))
    from recording import FOLDER, take_recordings, write_recordings

    with tempfile.TemporaryDirectory() as folder:
        recordings = take_recordings(Path(folder))
    write_recordings(recordings)
    print(f"{len(recordings)} snapshots are in {FOLDER}")


if __name__ == "__main__":
    main()
