"""Daemons of Argo manifests: ready when their readiness probes say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from manifests import Folder, container

#: Nobody is served before the probe has asked, so a run without probes fails.
SERVES = """
until test -e probed; do sleep 0.01; done
touch served /own/ready
exec sleep 300
"""
ASKS = 'touch probed; test -e /own/ready && test "$NAME" = server'


def daemon(probe: dict[str, Any]) -> dict[str, Any]:
    made = container(SERVES, daemon=True)
    made["container"] |= {
        "readinessProbe": {**probe, "periodSeconds": 1},
        "env": [{"name": "NAME", "value": "server"}],
        "volumeMounts": [{"name": "own", "mountPath": "/own"}],
    }
    return {"name": "server", "volumes": [{"name": "own", "emptyDir": {}}], **made}


@pytest.mark.parametrize("beside", [False, True])
def test_a_daemon_is_ready_when_the_command_of_its_probe_succeeds(
    tmp_path: Path, beside: bool
) -> None:
    folder = Folder.make(tmp_path)
    server = daemon({"exec": {"command": ["sh", "-c", ASKS]}})
    if beside:
        server["sidecars"] = [{"name": "beside", **container("sleep 300")["container"]}]
    steps = [[{"name": "server", "template": "server"}], [{"name": "use", "template": "use"}]]
    use = {"name": "use", **container("test -e served")}
    main = {"name": "main", "steps": steps}
    folder.workflow({"entrypoint": "main", "templates": [main, server, use]})
    result = folder.run("run", "w.yaml")
    assert result.code == 0, result


def test_a_probe_whose_program_is_missing_never_passes(tmp_path: Path) -> None:
    folder = Folder.make(tmp_path)
    server = daemon({"exec": {"command": ["no-such-program"]}})
    steps = [[{"name": "server", "template": "server"}], [{"name": "use", "template": "use"}]]
    main = {"name": "main", "steps": steps}
    use = {"name": "use", **container("true")}
    spec = {"entrypoint": "main", "templates": [main, server, use], "activeDeadlineSeconds": 1}
    folder.workflow(spec)
    result = folder.run("run", "w.yaml")
    assert result.code == 1, result
    assert "[1].use" not in folder.tree(), result
