"""Runs in one folder respect each other's locks (`synchronization`)."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from manifests import Folder, Following, container

#: Reports that it runs, and waits for a message.
WAITS = """
run={{workflow.name}}; echo begun > told-$run; read answer < go-$run; echo $run >> done.txt
"""
MUTEX = {"mutexes": [{"name": "{{workflow.parameters.lock}}"}]}
WAITING = "Waiting for default/Mutex/one lock. Lock status: 0/1"


def locked(where: str) -> dict[str, Any]:
    template = container(WAITS, name="waits")
    spec: dict[str, Any] = {
        "entrypoint": "main",
        "arguments": {"parameters": [{"name": "lock", "value": "one"}]},
        "templates": [
            {"name": "main", "steps": [[{"name": "a", "template": "waits"}]]},
            template,
        ],
    }
    (template if where == "template" else spec)["synchronization"] = MUTEX
    return spec


@pytest.fixture(params=["template", "workflow"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    folder = Folder.make(tmp_path)
    folder.workflow(locked(request.param))
    for name in ("first", "other", "second"):
        folder.fifo(f"told-{name}")
        folder.fifo(f"go-{name}")
    return folder


@contextmanager
def killed_on_failure(program: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Kills a program that waits for a lock forever, so that the test shows its failure."""
    with program:
        try:
            yield program
        except BaseException:
            program.kill()
            raise


def go_on(folder: Folder, run: str) -> None:
    (folder.root / f"go-{run}").write_text("x\n")


def test_a_run_waits_for_the_lock_of_another_one(folder: Folder) -> None:
    with folder.start("run", "w.yaml", "-w", "first") as first:
        folder.hear("told-first")
        # The other lock is free.
        with folder.start("run", "w.yaml", "-w", "other", "-p", "lock=two") as other:
            folder.hear("told-other")
            with folder.start("run", "w.yaml", "-w", "second") as second:
                waiting = Following(second)
                waiting.until(WAITING)
                assert WAITING in folder.ok("status", "second").out
                go_on(folder, "other")
                go_on(folder, "first")
                folder.hear("told-second")
                go_on(folder, "second")
                waiting.end()
            other.communicate(timeout=60)
        first.communicate(timeout=60)
    assert [first.returncode, other.returncode, waiting.code] == [0, 0, 0], waiting.text
    done = folder.lines("done.txt")
    assert sorted(done) == ["first", "other", "second"] and done[2] == "second"


def test_a_lock_is_free_when_the_program_of_its_run_is_killed(folder: Folder) -> None:
    with folder.start("run", "w.yaml", "-w", "first") as first:
        folder.hear("told-first")
        with folder.start("run", "w.yaml", "-w", "second") as second:
            waiting = Following(second)
            waiting.until(WAITING)
            first.send_signal(signal.SIGKILL)
            first.communicate()
            folder.hear("told-second")
            go_on(folder, "second")
            waiting.end()
    assert waiting.code == 0, waiting.text
    assert folder.lines("done.txt") == ["second"]


def test_a_run_that_waits_for_a_lock_can_be_stopped(folder: Folder) -> None:
    with folder.start("run", "w.yaml", "-w", "first") as first:
        folder.hear("told-first")
        with folder.start("run", "w.yaml", "-w", "second") as second:
            waiting = Following(second)
            waiting.until(WAITING)
            folder.ok("stop", "second")
            waiting.end()
        assert waiting.code == 1, waiting.text
        go_on(folder, "first")
        first.communicate(timeout=60)
    assert first.returncode == 0
    assert folder.lines("done.txt") == ["first"]


def test_a_semaphore_lets_as_many_runs_in_as_its_config_map_says(tmp_path: Path) -> None:
    folder = Folder.make(tmp_path)
    semaphore = {"configMapKeyRef": {"name": "locks", "key": "pools"}}
    waits = container(WAITS, name="waits", synchronization={"semaphores": [semaphore]})
    folder.workflow({"entrypoint": "waits", "templates": [waits]})
    names = ("first", "second", "third")
    for name in names:
        folder.fifo(f"told-{name}")
        folder.fifo(f"go-{name}")
    words = ["w.yaml", "--configmap", "locks=locks.env", "-w"]
    folder.write({"locks.env": "pools=2\n"})
    with (
        killed_on_failure(folder.start("run", *words, "first")) as first,
        killed_on_failure(folder.start("run", *words, "second")) as second,
    ):
        folder.hear("told-first")
        folder.hear("told-second")
        with killed_on_failure(folder.start("run", *words, "third")) as third:
            waiting = Following(third)
            waiting.until("Waiting for default/ConfigMap/locks/pools lock. Lock status: 0/2")
            go_on(folder, "second")
            folder.hear("told-third")
            # Two runs hold it again, without the ended one.
            assert folder.lines("done.txt") == ["second"]
            go_on(folder, "first")
            go_on(folder, "third")
            waiting.end()
        first.communicate(timeout=60)
        second.communicate(timeout=60)
    assert [first.returncode, second.returncode, waiting.code] == [0, 0, 0], waiting.text
    assert sorted(folder.lines("done.txt")) == sorted(names)
