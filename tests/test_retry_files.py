"""A run of files is continued, even after its program was killed."""

from __future__ import annotations

import json
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from manifests import Folder, container


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder.make(tmp_path)


def in_order(*names: str) -> dict[str, Any]:
    """A template that calls templates of these names one after another."""
    return {"name": "main", "steps": [[{"name": name, "template": name}] for name in names]}


def test_finished_tasks_do_not_run_again(folder: Folder) -> None:
    folder.workflow(
        {
            "entrypoint": "main",
            "arguments": {"parameters": [{"name": "code", "value": "1"}]},
            "templates": [
                in_order("first", "second", "third"),
                container("echo first >> count.txt", name="first"),
                container(
                    "echo second {{workflow.parameters.code}} >> count.txt;"
                    " exit {{workflow.parameters.code}}",
                    name="second",
                ),
                container("echo third >> count.txt", name="third"),
            ],
        }
    )
    failed = folder.run("run", "w.yaml")
    assert failed.code == 1 and "To continue: argo-kedro retry w" in failed.err, failed
    assert "To continue: argo-kedro retry w" in folder.ok("status").err
    wrong = folder.run("retry", "w", "-p", "cod=0")
    assert wrong.code == 2 and "did you mean `code`?" in wrong.err, wrong
    refused = folder.run("retry", "w", "--params", "x=1")
    assert refused.code == 2 and "--parameter" in refused.err, refused
    # The record has the manifest, so the file may change.
    folder.write({"w.yaml": "gone"})
    again = folder.ok("retry", "w", "-p", "code=0")
    assert "run w continues" in again.err
    assert folder.lines("count.txt") == ["first", "second 1", "second 0", "third"]
    assert "no task is left to run" in folder.ok("retry").err
    # A program gets the name and the end of a run, even after the end.
    assert folder.ok("retry", "-o", "name").out == "w\n"
    told = [json.loads(line) for line in folder.ok("retry", "-o", "json").out.splitlines()]
    assert [event["event"] for event in told] == ["run_named", "run_finished"]
    (end,) = (json.loads(line) for line in folder.ok("watch", "-o", "json").out.splitlines())
    assert (end["event"], end["phase"]) == ("run_finished", "Succeeded"), end
    folder.ok("retry", "--from", "second")
    assert folder.lines("count.txt")[4:] == ["second 0", "third"]
    unknown = folder.run("retry", "--from", "secnd")
    assert unknown.code == 2 and "no task" in unknown.err, unknown


def test_a_run_whose_program_was_killed_goes_on(folder: Folder) -> None:
    folder.workflow(
        {
            "entrypoint": "main",
            "templates": [
                in_order("first", "waits"),
                container("echo first >> count.txt", name="first"),
                container(
                    "echo begun > told; read answer < go; echo $answer >> count.txt", name="waits"
                ),
            ],
        }
    )
    folder.fifo("told")
    go = folder.fifo("go")
    with folder.start("run", "w.yaml") as program:
        folder.hear("told")
        program.send_signal(signal.SIGKILL)
        program.communicate()
    assert folder.lines("count.txt") == ["first"]
    with folder.start("retry", "w") as program:
        folder.hear("told")
        go.write_text("done\n")
        _, err = program.communicate(timeout=60)
    assert program.returncode == 0, err
    assert folder.lines("count.txt") == ["first", "done"]


SECRET = "jT5-wXq7-secret"


def test_secrets_are_on_no_record_and_read_again(folder: Folder) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "database"},
        "stringData": {"password": SECRET},
    }
    template = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "WorkflowTemplate",
        "metadata": {"name": "shared"},
        "spec": {"templates": [container("test -e okay", name="check")]},
    }
    task = container("test $password = $other && test -e okay && test $word = hello", name="main")
    task["container"]["env"] = [
        {
            "name": "password",
            "valueFrom": {"secretKeyRef": {"name": "database", "key": "password"}},
        },
        {"name": "other", "valueFrom": {"secretKeyRef": {"name": "other", "key": "password"}}},
        {"name": "word", "valueFrom": {"configMapKeyRef": {"name": "words", "key": "word"}}},
    ]
    folder.workflow(
        {
            "entrypoint": "all",
            "templates": [
                {
                    "name": "all",
                    "dag": {
                        "tasks": [
                            {"name": "own", "template": "main"},
                            {
                                "name": "shared",
                                "templateRef": {"name": "shared", "template": "check"},
                            },
                        ]
                    },
                },
                task,
            ],
        }
    )
    folder.write(
        {
            "secret.yaml": json.dumps(secret),
            "shared.yaml": json.dumps(template),
            "other.env": f"password={SECRET}\n",
            "words.env": "word=hello\n",
        }
    )
    given = ["--secret", "other=other.env", "--configmap", "words=words.env"]
    first = folder.run("run", "w.yaml", "secret.yaml", "shared.yaml", *given)
    assert first.code == 1, first
    state = folder.root / ".argo-kedro"
    for path in state.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
    # The record has manifests and config maps.
    for name in ("w.yaml", "shared.yaml", "words.env"):
        (folder.root / name).unlink()
    folder.write({"okay": ""})
    for name, secret_of in (("secret.yaml", "database"), ("other.env", "other")):
        text = folder.read(name)
        (folder.root / name).unlink()
        missing = folder.run("retry")
        assert missing.code == 2 and f"Secret `{secret_of}`" in missing.err, missing
        assert name in missing.err and f"--secret {secret_of}=FILE" in missing.err, missing
        folder.write({name: text})
    (folder.root / "other.env").rename(folder.root / "moved.env")
    folder.ok("retry", "--secret", "other=moved.env")


def test_a_secret_from_standard_input_has_to_be_given_again(folder: Folder) -> None:
    folder.workflow({"entrypoint": "main", "templates": [container("test -e okay", name="main")]})
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {key: value}\n"
    with folder.start("run", "w.yaml", "-") as program:
        program.communicate()
    folder.ok("delete", "w", "--yes")
    folder.write({"s.yaml": secret, "s.env": "key=value\n"})
    piped = folder.run("-c", "argo-kedro run w.yaml - < s.yaml", program=Path("/bin/sh"))
    assert piped.code == 1, piped
    missing = folder.run("retry")
    assert missing.code == 2 and "it came from standard input" in missing.err, missing
    folder.write({"okay": ""})
    folder.ok("retry", "--secret", "s=s.env")


def test_a_program_killed_when_all_had_ended_ends_the_run_at_the_retry(folder: Folder) -> None:
    folder.workflow(
        {
            "entrypoint": "main",
            "onExit": "bye",
            "templates": [
                in_order("first"),
                container("echo first >> count.txt", name="first"),
                container("echo bye >> count.txt", name="bye"),
            ],
        }
    )
    folder.ok("run", "w.yaml")
    with sqlite3.connect(folder.root / ".argo-kedro" / "history.db") as history:
        last = history.execute("SELECT max(number) FROM event WHERE event LIKE '%run_finished%'")
        history.execute("DELETE FROM event WHERE number = ?", last.fetchone())
        history.execute("UPDATE run SET phase = 'Running', finished = NULL")
    state = folder.ok("status", "-o", "json").json()["state"]
    assert state["phase"] == "Failed", state
    folder.ok("retry")
    assert folder.ok("status", "-o", "json").json()["state"]["phase"] == "Succeeded"
    assert folder.lines("count.txt") == ["first", "bye"]
