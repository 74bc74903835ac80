"""Why a container failed: the last lines of its output."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from manifests import Folder, container

LAST = "printf written > /dev/termination-log; "


@pytest.mark.parametrize(
    ("policy", "script", "message"),
    [
        ("FallbackToLogsOnError", "echo first; echo last >&2; exit 3", "first\nlast\n"),
        ("FallbackToLogsOnError", LAST + "echo last; exit 3", "written"),
        ("FallbackToLogsOnError", "exit 3", None),
        ("File", "echo last; exit 3", None),
    ],
)
def test_a_message_is_what_the_container_has_left(
    tmp_path: Path, policy: str, script: str, message: str | None
) -> None:
    folder = Folder.make(tmp_path)
    template: dict[str, Any] = container(script, name="main")
    template["container"]["terminationMessagePolicy"] = policy
    folder.workflow({"entrypoint": "main", "templates": [template]})
    assert folder.run("run", "w.yaml").code == 1
    (node,) = folder.ok("status", "-o", "json").json()["status"]["nodes"].values()
    said = f": {message}" if message else ""
    assert node["message"] == f"main: Error (exit code 3){said}"
