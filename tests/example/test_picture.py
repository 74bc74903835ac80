"""The picture of the README shows the example's current output."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import picture


def shape(recording: str) -> list[str]:
    """Removes what differs between runs: numbers, names, the order in which tasks end."""
    text = picture.COLOUR.sub("", recording)
    text = re.sub(r"flight-delays-\w{5}", "RUN", text)
    text = re.sub(r"\d+(\.\d+)?(s| MiB)", "N", text)
    lines = [re.sub(" +", " ", line) for line in text.splitlines()]
    return sorted(lines)


def test_the_picture_is_drawn_from_the_recording() -> None:
    recording = picture.RECORDING.read_text(encoding="utf-8")
    drawn = picture.PICTURE.read_text(encoding="utf-8")
    assert picture.picture(recording) == drawn, "python scripts/picture.py draws it anew"


def test_the_example_prints_what_the_recording_shows(tmp_path: Path) -> None:
    project = tmp_path / "flight-delays"
    unneeded = shutil.ignore_patterns(".argo-kedro", "data")
    shutil.copytree(picture.EXAMPLE, project, ignore=unneeded)
    today = picture.printed(Path(sys.executable).parent, project)
    recording = picture.RECORDING.read_text(encoding="utf-8")
    assert shape(today) == shape(recording), "make picture records it anew"
