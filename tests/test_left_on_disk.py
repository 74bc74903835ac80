"""Only the user may read files that a run leaves on disk, whatever its nodes print and do."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from projects import MakeProject, Project

SECRET = "hunter2-planted"
TOKEN = {
    "conf/base/argo.yml": """\
    nodes:
      "*": {environment: [{name: TOKEN, secret_ref: {name: tokens, key: token}}]}
    """
}


def modes(folder: Path) -> dict[str, int]:
    """Modes of a folder and of its content, without links."""
    found = [folder, *folder.rglob("*")]
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in found
        if not path.is_symlink()
    }


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_nobody_else_can_read_what_a_run_leaves(two_tasks: Project, isolation: str) -> None:
    before = os.umask(0o022)
    try:
        two_tasks.ok("run", "--isolation", isolation)
    finally:
        os.umask(before)
    left = modes(two_tasks.root / ".argo-kedro")
    assert any(name.endswith("number.pickle") for name in left)
    assert any(name.endswith("make.log") for name in left)
    assert {name: mode for name, mode in left.items() if mode not in (0o600, 0o700)} == {}


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
@pytest.mark.parametrize(
    "message",
    [
        "'half a pair \\udc80 {token}'",
        "'zero \\0 {token}'",
        "'screen \\x1b]52;c;x\\x07 {token}'",
    ],
)
def test_the_reason_of_a_failure_survives_any_text(
    make_project: MakeProject, isolation: str, message: str
) -> None:
    project = make_project(
        f"""
def fail():
    token = os.environ["TOKEN"]
    raise ValueError({message.replace("{token}", "' + token + '")})
def register_pipelines():
    return {{"__default__": Pipeline([node(fail, None, "a", name="fail")])}}
""",
        TOKEN,
    )
    words = ("run", "--isolation", isolation, "-o", "json")
    result = project.run(*words, env={"TOKEN": SECRET})
    assert result.code == 1, result
    (ended,) = (it for it in result.events() if it["event"] == "task_finished")
    assert ended["cause"]["type"] == "ValueError"
    assert ended["cause"]["node"] == "fail"
    assert SECRET not in result.text
    kept = [path for path in (project.root / ".argo-kedro").rglob("*") if path.is_file()]
    assert not [path for path in kept if SECRET.encode() in path.read_bytes()]
    assert not [path for path in kept if path.suffix == ".json"]


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_a_link_that_a_node_leaves_is_not_written_through(
    make_project: MakeProject, isolation: str
) -> None:
    project = make_project(
        """
def link():
    logs = Path(".argo-kedro/runs/fixed/logs")
    for place in (logs / "a-link.json", logs / "b-other.json", logs / "b-other.log"):
        place.unlink(missing_ok=True)
        place.symlink_to("/proc/self/cwd/precious")
    raise ValueError("wrong")
def other():
    print("words")
    return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(link, None, "a", name="a_link"), node(other, None, "b", name="b_other")])}
""",
        {
            "conf/base/argo.yml": """\
            machine_types: {all: {cpu: 1000, mem: 1}}
            nodes: {"*": {machine_type: all}}
            """
        },
    )
    project.write({"precious": "precious"})
    result = project.run("run", "--isolation", isolation, "--workflow-name", "fixed")
    assert "ValueError: wrong" in result.out
    assert project.read("precious") == "precious"
    assert "words" in project.read(".argo-kedro/runs/fixed/logs/b-other.log")


def test_a_secret_that_is_no_text_is_refused_and_not_called_missing(
    make_project: MakeProject,
) -> None:
    project = make_project(files=TOKEN)
    # A surrogate stands for a byte that is not UTF-8 (`os.fsdecode`).
    result = project.run("run", env={"TOKEN": f"{SECRET}\udcff"})
    assert result.code == 2
    assert "the secret in the environment variable TOKEN is not UTF-8 text" in result.err
    assert SECRET not in result.err + result.out
