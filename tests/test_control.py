"""A run in one terminal is stopped, suspended and resumed from another."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from manifests import Folder, Following, container
from projects import MakeProject

#: Reports that it runs, and waits for a message; the shell ends on request.
WAITS = "echo begun > told; read answer < go; echo $answer >> done.txt"

ONE_AFTER_ANOTHER = {
    "entrypoint": "main",
    "onExit": "bye",
    "templates": [
        {
            "name": "main",
            "steps": [
                [{"name": "a", "template": "waits"}],
                [{"name": "b", "template": "after"}],
            ],
        },
        container(WAITS, name="waits"),
        container("echo b >> done.txt", name="after"),
        container("echo '{{workflow.status}}' >> bye.txt", name="bye"),
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder.make(tmp_path)
    folder.workflow(ONE_AFTER_ANOTHER)
    folder.fifo("told")
    folder.fifo("go")
    return folder


@pytest.mark.parametrize("word", ["stop", "terminate"])
def test_a_run_of_files_ends_as_argo_ends_it(folder: Folder, word: str) -> None:
    with folder.going() as run:
        folder.hear("told")
        answer = folder.ok(word, "w")
        assert f"w was {'told to stop' if word == 'stop' else 'terminated'}" in answer.err
        run.until(f"has {'stopped' if word == 'stop' else 'terminated'} the run")
    # Only Ctrl-C gives 130.
    assert run.code == 1, run.text
    assert "\nw Stopped by " in run.text
    assert folder.lines("bye.txt") == (["Failed"] if word == "stop" else [])
    assert folder.lines("done.txt") == []
    state = folder.ok("status", "-o", "json").json()["state"]
    assert (state["phase"], state["message"]) == (
        "Failed",
        f"Stopped with strategy '{word.title()}'",
    )
    task = state["tasks"]["[0].a"]
    assert task["message"] == f"workflow shutdown with strategy:  {word.title()}"
    assert "Stopped" in folder.ok("status").out
    again = folder.run(word)
    assert again.code == 2 and "has ended already" in again.err, again


def test_a_suspended_run_starts_nothing_until_it_is_resumed(folder: Folder) -> None:
    with folder.going() as run:
        folder.hear("told")
        assert "argo-kedro resume w" in folder.ok("suspend").err
        run.until("argo-kedro resume w")
        (folder.root / "go").write_text("first\n")
        run.until("✓ [0].a")
        assert "suspended" in folder.ok("status").out
        assert folder.tree() == {"[0].a": "Succeeded"}
        assert "w continues" in folder.ok("resume").err
        run.until("has resumed the run")
    assert run.code == 0, run.text
    assert folder.lines("done.txt") == ["first", "b"]
    again = folder.run("resume")
    assert again.code == 2 and "has ended already" in again.err


def test_a_suspended_run_whose_process_is_killed_says_how_to_go_on(folder: Folder) -> None:
    with folder.start("run", "w.yaml") as program:
        folder.hear("told")
        folder.ok("suspend")
        Following(program).until("waits: suspended")
        program.send_signal(signal.SIGKILL)
        program.communicate()
    assert "the run was suspended" in folder.ok("status").out
    resumed = folder.run("resume")
    assert resumed.code == 2 and "argo-kedro retry w" in resumed.err, resumed
    assert "which was suspended" in resumed.err


ASKS = {
    "entrypoint": "main",
    "templates": [
        {
            "name": "main",
            "steps": [
                [{"name": "ask", "template": "ask"}, {"name": "other", "template": "wait"}],
                [
                    {
                        "name": "say",
                        "template": "say",
                        "arguments": {
                            "parameters": [
                                {
                                    "name": "text",
                                    "value": "{{steps.ask.outputs.parameters.answer}}",
                                }
                            ]
                        },
                    }
                ],
            ],
        },
        {
            "name": "ask",
            "suspend": {},
            "outputs": {"parameters": [{"name": "answer", "valueFrom": {"supplied": {}}}]},
        },
        {"name": "wait", "suspend": {}},
        container(
            "echo '{{inputs.parameters.text}}' >> done.txt",
            name="say",
            inputs={"parameters": [{"name": "text"}]},
        ),
    ],
}


def test_a_task_that_waits_for_somebody_is_resumed_with_a_value(tmp_path: Path) -> None:
    folder = Folder.make(tmp_path)
    folder.workflow(ASKS)
    with folder.going() as run:
        run.until("[0].ask")
        run.until("suspended until somebody resumes it")
        status = folder.ok("status")
        assert "suspended until somebody resumes it" in status.out
        assert "argo-kedro resume w --node ask --output-parameter answer=VALUE" in status.err
        for words, said in (
            (["--node", "nobody"], "no suspended task `nobody`"),
            ([], "`ask` needs a value for its output parameter `answer`"),
            (["-p", "answr=1", "-p", "answer=1"], "did you mean `answer`?"),
            (["-p", "answer"], "write the name and the value"),
            (["--node-field-selector", "nam=ask"], "nodes have no field `nam`"),
        ):
            refused = folder.run("resume", "w", *words)
            assert refused.code == 2 and said in refused.err, refused
        words = ["--node-field-selector", "displayName=ask", "--output-parameter", "answer=yes no"]
        folder.ok("resume", "w", *words)
        run.until("✓ [0].ask")
        folder.ok("resume")
    assert run.code == 0, run.text
    assert folder.lines("done.txt") == ["yes no"]


def test_a_task_that_waits_for_somebody_can_be_refused(tmp_path: Path) -> None:
    folder = Folder.make(tmp_path)
    folder.workflow(ASKS)
    with folder.going() as run:
        run.until("[0].other")
        folder.ok("stop", "w", "--node", "ask", "--message", "not today")
        run.until("✗ [0].ask")
        folder.ok("resume", "w", "--node", "other")
    assert run.code == 1, run.text
    assert "not today" in folder.ok("status").out
    assert folder.lines("done.txt") == []


BLOCKS = """
def block():
    tell("told")
    wait("go")
    return 1
def after(x):
    trace("after")
    return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(block, None, "a", name="block"), node(after, "a", None, name="after"),
    ])}
"""


def test_a_run_of_a_project_is_suspended_resumed_stopped_and_continued(
    make_project: MakeProject,
) -> None:
    project = make_project(BLOCKS)
    project.fifo("told")
    go = project.fifo("go")
    with project.start("run", "-w", "r") as program:
        project.hear("told")
        project.ok("suspend")
        project.ok("resume")
        project.ok("terminate")
        _, err = program.communicate(timeout=60)
    assert program.returncode == 1, err
    for said in ("has suspended the run", "has resumed the run", "has terminated the run"):
        assert said in err
    with project.start("retry", "r") as program:
        project.hear("told")
        go.write_text("x")
        _, err = program.communicate(timeout=60)
    assert program.returncode == 0, err
    assert project.traces() == ["after"]


def test_the_status_of_a_run_is_a_workflow_as_argo_shows_it(folder: Folder) -> None:
    with folder.going() as run:
        folder.hear("told")
        folder.ok("suspend")
        run.until("has suspended the run")
        going_on = folder.ok("status", "-o", "json").json()
        assert going_on["spec"]["suspend"] is True
        folder.ok("stop")
    workflow = folder.ok("status", "-o", "json").json()
    assert list(workflow)[:5] == ["apiVersion", "kind", "metadata", "spec", "status"]
    assert (workflow["apiVersion"], workflow["kind"]) == ("argoproj.io/v1alpha1", "Workflow")
    metadata = workflow["metadata"]
    assert metadata["name"] == "w" and metadata["uid"] == workflow["run"]["uid"]
    assert metadata["labels"] == {
        "workflows.argoproj.io/phase": "Failed",
        "workflows.argoproj.io/completed": "true",
    }
    assert "suspend" not in workflow["spec"] and workflow["spec"]["shutdown"] == "Stop"
    nodes = {node["name"]: node for node in workflow["status"]["nodes"].values()}
    assert nodes["w[0].a"]["phase"] == "Failed"
    assert nodes["w"]["type"] == "Steps" and nodes["w.onExit"]["phase"] == "Succeeded"
    assert workflow["status"]["message"] == "Stopped with strategy 'Stop'"


def test_the_status_of_a_run_of_files_is_a_tree(folder: Folder) -> None:
    with folder.going() as run:
        folder.hear("told")
        # The program reports it after recording it, and the task may be faster.
        run.until("started")
        shown = folder.ok("status").out.splitlines()
        (folder.root / "go").write_text("x\n")
    assert run.code == 0
    assert shown[0] == "w · Running"
    assert [line.split()[:4] for line in shown[4:6]] == [
        ["w", "Running", shown[4].split()[2]],
        ["└───", "a", "Running", shown[5].split()[3]],
    ]
    ended = folder.ok("status").out
    tree = [line.split("Succeeded")[0].strip() for line in ended.splitlines() if "Succ" in line]
    assert tree[1:] == ["w", "├─── a", "└─── b", "w.onExit"]
    assert max(map(len, ended.splitlines())) <= 80


def test_a_task_that_waits_for_others_says_so(folder: Folder) -> None:
    asks = {"resources": {"requests": {"cpu": "1"}}}
    waits, after = container(WAITS, name="waits"), container("true", name="after")
    for template in (waits, after):
        template["container"] |= asks
    tasks = [{"name": "one", "template": "waits"}, {"name": "two", "template": "after"}]
    folder.workflow(
        {
            "entrypoint": "main",
            "templates": [{"name": "main", "dag": {"tasks": tasks}}, waits, after],
        }
    )
    with folder.going("--cpus", "1") as run:
        folder.hear("told")
        assert "until other tasks have ended" in folder.ok("status").out
        (folder.root / "go").write_text("x\n")
    assert run.code == 0
