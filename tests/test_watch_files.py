"""`run --watch-files`: changes run tasks again, except those that tasks write."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator

import pytest
from manifests import Following
from projects import Project
from test_only_stale import project as project  # noqa: PLC0414 - the fixture

WAITING = "waiting for files of the project to change"


@pytest.fixture
def watched(project: Project) -> Iterator[Following]:
    """The program while it waits: nothing is stale."""
    with project.start("run", "--watch-files") as program:
        following = Following(program)
        try:
            following.until("no task is left to run")
            following.until(WAITING)
            yield following
        finally:
            if program.poll() is None:
                os.killpg(program.pid, signal.SIGKILL)


def ran(project: Project, before: int) -> list[str]:
    return sorted(line.split()[0] for line in project.traces()[before:])


def test_what_has_changed_runs_again_until_ctrl_c(project: Project, watched: Following) -> None:
    before = len(project.traces())
    project.write({"conf/base/parameters.yml": "factor: 2\nrate: 2\n"})
    watched.until("conf/base/parameters.yml has changed")
    watched.until(WAITING)
    assert ran(project, before) == ["beside"]
    # No task writes this data.
    before = len(project.traces())
    project.write({"data/raw.json": "11"})
    watched.until("data/raw.json has changed")
    watched.until(WAITING)
    assert ran(project, before) == ["make", "show", "use"]
    # A broken file gives an error, and its repair runs the tasks.
    project.write({"src/shop/amounts.py": "MORE = \n"})
    watched.until("amounts.py has changed")
    watched.until(WAITING)
    assert "SyntaxError" in "".join(watched.said)
    before = len(project.traces())
    project.write({"src/shop/amounts.py": "MORE = 6\n"})
    watched.until("amounts.py has changed")
    watched.until(WAITING)
    assert ran(project, before) == ["beside", "make", "show", "use"]
    assert json.loads(project.read("data/used.json")) == 28
    # A terminal sends the signal to the whole group.
    os.killpg(watched.program.pid, signal.SIGINT)
    assert watched.program.wait(60) == 130
    assert project.processes() == []


def test_a_polite_kill_ends_the_run_as_well(project: Project, watched: Following) -> None:
    project.write({"src/shop/nodes.py": project.read("src/shop/nodes.py") + "\n# a remark\n"})
    watched.until("nodes.py has changed")
    watched.program.send_signal(signal.SIGTERM)
    assert watched.program.wait(60) == 130
    assert project.processes() == []


def test_what_does_not_go_with_it_is_refused(project: Project) -> None:
    for words in (["--dry-run"], ["--like-a-pod"], ["--from-run", "first"], ["a.yaml"]):
        refused = project.run("run", "--watch-files", *words)
        assert refused.code == 2 and "cannot be used with" in refused.err, refused
