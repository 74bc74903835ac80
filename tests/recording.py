"""Takes the snapshots to record from the worker, and reads the recordings."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from projects import Project, build_project
from recorded_projects import PROJECTS

FOLDER = Path(__file__).resolve().parent.parent / "crates" / "project" / "tests" / "fixtures"
#: Values that differ between machines are replaced by these.
PATH = "/project"
VERSIONS = {"kedro": "1.7.0", "python": "3.12.0", "argo_kedro": "1.0.0"}

#: Kedro is imported once; each project is read in a fork, since a process reads only one project.
ASK = """
import json, os, sys
from pathlib import Path
from argo_kedro.worker.server import _snapshot
from argo_kedro.worker.snapshot import take_snapshot

def whole(request):
    # As `whole_snapshot` in crates/cli/src/spine/opened.rs.
    snapshot = _snapshot(request)["snapshot"]
    pipeline = ((snapshot["argo"] or {}).get("on_exit") or {}).get("pipeline")
    if pipeline:
        kept = {key: request[key] for key in ("project", "env") if key in request}
        snapshot["on_exit"] = _snapshot({**kept, "pipelines": [pipeline]})["snapshot"]
    return snapshot

for asked in json.load(sys.stdin):
    if os.fork() == 0:
        os.chdir(asked["project"])
        requests = asked["requests"].items()
        answers = {name: whole({"project": asked["project"], **it}) for name, it in requests}
        Path(asked["answers"]).write_text(json.dumps(answers, default=str))
        sys.exit()
    if os.wait()[1] != 0:
        sys.exit(asked["project"] + " could not be read")
"""


def take_recordings(folder: Path) -> dict[str, Any]:
    """Makes the projects and reads them.

    Args:
        folder: Folder for the projects.

    Returns:
        By name of the recording, the snapshot and the texts of `argo.yml` by path.
    """
    folder = folder.resolve()
    made = [
        build_project(folder / str(number), project.registry, project.files)
        for number, project in enumerate(PROJECTS)
    ]
    asked = [
        {"project": str(it.root), "requests": of.requests, "answers": str(it.home / "answers.json")}
        for it, of in zip(made, PROJECTS, strict=True)
    ]
    ended = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=folder,
        input=json.dumps(asked),
        env=made[0].environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    recordings = {}
    for project in made:
        answers = json.loads((project.home / "answers.json").read_text(encoding="utf-8"))
        for name, snapshot in answers.items():
            assert name not in recordings, f"two recordings are called {name}"
            recordings[name] = recording(project, snapshot)
    return recordings


def recording(project: Project, snapshot: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(snapshot).replace(str(project.root), PATH)
    same_everywhere = json.loads(text)
    for part in filter(None, (same_everywhere, same_everywhere.get("on_exit"))):
        part["versions"] = VERSIONS
        for library in part["storage"].values():
            library["installed"] = True
    files = {path: project.read(path) for path in snapshot["argo_files"]}
    return {"snapshot": same_everywhere, "files": files}


def recordings_on_disk() -> dict[str, Any]:
    """Reads what was recorded."""
    files = sorted(FOLDER.glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}


def write_recordings(recordings: dict[str, Any]) -> None:
    """Replaces the recordings."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for name, content in recordings.items():
        text = json.dumps(content, indent=1, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
