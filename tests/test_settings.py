"""Settings of nodes in `argo.yml`, in a run here.

What they make of a plan and a manifest is in `crates/plan/tests` and `crates/compile/tests`.
"""

from __future__ import annotations

from projects import MakeProject
from recorded_projects import NODE_SETTINGS


def test_a_project_with_retries_runs_here_and_says_what_is_left_out(
    make_project: MakeProject,
) -> None:
    project = make_project(NODE_SETTINGS.registry, NODE_SETTINGS.files)
    result = project.ok("run")
    assert "each task is tried only once on this machine" in result.err
    assert "the exit handler `on-exit` does not run on this machine" in result.err
