"""Tasks that fail in runs here."""

from __future__ import annotations

import re

import pytest
from pipelines_for_runs import FAILING, ISOLATIONS
from projects import MakeProject, Project, is_clean

pytestmark = pytest.mark.kedro


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_failing_node_ends_with_the_users_frames_and_other_branches_go_on(
    make_project: MakeProject, isolation: str
) -> None:
    project = make_project(FAILING)
    result = project.run("run", "--isolation", isolation)
    assert result.code == 1
    assert sorted(project.traces()) == ["after", "fail", "make", "other"]
    assert 'pipeline_registry.py", line' in result.err
    assert "ValueError: the number is wrong" in result.err
    assert "/kedro/" not in result.err
    assert is_clean(result.text)
    assert re.search(r"failing-node +Failed .*ValueError", result.out)
    assert re.search(r"after +Omitted", result.out)
    assert re.search(r"after-other +Succeeded", result.out)
    (name,) = project.ok("list", "-o", "name").out.split()
    assert f"retry {name}" in result.err
    assert "2 tasks left" in result.err


def test_a_value_that_cannot_be_handed_over_is_explained(make_project: MakeProject) -> None:
    project = make_project(
        """
def make():
    return lambda: 1
def use(value):
    return value
def register_pipelines():
    return {"__default__": Pipeline([
        node(make, None, "function", name="make"), node(use, "function", "b", name="use")])}
"""
    )
    result = project.run("run")
    assert result.code == 1
    assert "function" in result.err
    assert "fuse the nodes" in result.err
    assert is_clean(result.text)


@pytest.mark.parametrize(
    ("ending", "code", "words"),
    [
        ("sys.exit(7)", 7, "sys.exit"),
        ("os._exit(7)", 7, "exit code 7"),
        ("os._exit(0)", 0, "before the task was finished"),
        ("os.execv('/bin/true', ['true'])", 0, "before the task was finished"),
        ("import atexit; atexit.register(os._exit, 0); 1 / 0", 0, "ZeroDivisionError"),
        ("os.kill(os.getpid(), signal.SIGKILL)", 137, "exit code 137"),
    ],
    ids=["sys.exit", "os._exit", "os._exit(0)", "os.exec", "atexit", "SIGKILL"],
)
@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_node_that_ends_its_process_has_failed(
    make_project: MakeProject, isolation: str, ending: str, code: int, words: str
) -> None:
    project = make_project(
        f"""
def end():
    {ending}
def register_pipelines():
    return {{"__default__": Pipeline([node(end, None, "a", name="end")])}}
"""
    )
    result = project.run("run", "--isolation", isolation)
    assert result.code == 1
    assert words in result.text
    assert "results:" not in result.text
    task = project.ok("status", "-o", "json").json()["state"]["tasks"]["end"]
    assert (task["phase"], task["exit_code"]) == ("Failed", code)
    assert is_clean(result.text)


@pytest.mark.parametrize("user", ["`result` needs", "`memory_datasets.path` needs"])
def test_a_run_here_without_the_library_of_its_store_is_refused(
    two_tasks: Project, user: str
) -> None:
    pytest.importorskip("fsspec")
    path = "smb://host/share"
    if "result" in user:
        entry = f"result: {{type: stores.Stored, filepath: '{path}/result.json'}}\n"
        stored = "from shop.datasets import JsonFile\n\nclass Stored(JsonFile):\n    pass\n"
        two_tasks.write({"src/stores.py": stored, "conf/base/catalog.yml": entry})
    else:
        two_tasks.write({"conf/base/argo.yml": f"memory_datasets: {{path: '{path}'}}\n"})
    refused = two_tasks.run("run")
    assert refused.code == 2, refused
    assert "error[missing-storage-library]" in refused.err and "smbprotocol" in refused.err, refused
    assert user in refused.err and "1 error" in refused.err, refused
    assert not two_tasks.traces()
