"""Runs that are killed repeatedly at random points.

Nothing in the record is lost or done twice. `ARGO_KEDRO_TEST_KILLS=1000` kills a thousand times;
`ARGO_KEDRO_TEST_SEED` repeats the sequence that a test has printed.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from manifests import Folder, container
from projects import RESULT, MakeProject, Project, is_clean

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

#: Layers of the DAG, and tasks of each. Every task adds the outputs of two tasks of the previous
#: layer.
LAYERS, WIDTH = 4, 3
#: Most kills of one run, before it may end.
PATIENCE = 6
VICTIMS = ("the program", "all of its processes", "one process below it")


class Killer:
    """Kills a program's processes at random times."""

    def __init__(self, project: Project, kills: int) -> None:
        seed = os.environ.get("ARGO_KEDRO_TEST_SEED") or str(random.SystemRandom().getrandbits(32))
        print(f"ARGO_KEDRO_TEST_SEED={seed}")
        self.project = project
        self.random = random.Random(seed)
        self.left = int(os.environ.get("ARGO_KEDRO_TEST_KILLS") or kills)
        #: Seconds of a run that is not killed.
        self.time = 1.0

    def run(self, *words: str) -> str | None:
        """Runs the program and kills it at a random time.

        Gives the victim; None if the program was faster.
        """
        delay, victim = self.random.uniform(0, self.time), self.random.choice(VICTIMS)
        program = self.project.start(*words)
        try:
            program.wait(timeout=delay)
        except subprocess.TimeoutExpired:
            self.kill(program, victim)
            self.left -= 1
        else:
            victim = ""
        out, err = program.communicate(timeout=60)
        assert is_clean(out + err), out + err
        print(
            f"{words[0]}: after {delay:.3f} s: {victim or 'nobody'}: exit code {program.returncode}"
        )
        return victim or None

    def kill(self, program: subprocess.Popen[str], victim: str) -> None:
        below = [pid for pid in processes(self.project.root) if pid != program.pid]
        if victim == VICTIMS[2]:
            victims = self.random.sample(below, min(1, len(below)))
        else:
            victims = [program.pid] + (below if victim == VICTIMS[1] else [])
        for pid in victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def processes(root: Path) -> list[int]:
    """Processes whose working folder is a folder, or below it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            folder = os.readlink(entry / "cwd")
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if Path(folder).is_relative_to(root) and state != "Z":
            found.append(int(entry.name))
    return sorted(found)


def succeeded(project: Project) -> set[str] | None:
    """Succeeded tasks of the only run; None if the run is not recorded."""
    status = project.run("status", "-o", "json")
    if status.code != 0:
        assert "no runs yet" in status.err or "not_a_project" in status.err, status
        return None
    tasks = status.json()["state"]["tasks"]
    return {name for name, task in tasks.items() if task["phase"] == "Succeeded"}


def survives(killer: Killer, begun: Path, start: list[str]) -> None:
    """Kills one run repeatedly, and checks the record each time."""
    project, words, known = killer.project, start, set[str]()
    for _ in range(PATIENCE):
        before = Counter(lines(begun))
        if killer.run(*words) is None:
            break
        now = succeeded(project)
        if now is None:
            assert words is start and not lines(begun), (
                "it began tasks before the run was on record"
            )
            continue
        assert known <= now, f"no longer on record: {known - now}"
        again = Counter(lines(begun)) - before
        assert not known & set(again), f"ran again: {known & set(again)}"
        known, words = now, ["retry"]
    before = Counter(lines(begun))
    project.ok(*(start if succeeded(project) is None else ["retry"]))
    again = Counter(lines(begun)) - before
    assert not known & set(again), f"ran again: {known & set(again)}"
    assert project.are_gone(processes(project.root))


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def layers() -> list[list[str]]:
    return [[f"t{layer}{number}" for number in range(WIDTH)] for layer in range(LAYERS)]


def above(layer: int, number: int) -> list[str]:
    """The two tasks of the previous layer whose outputs a task adds."""
    return [] if layer == 0 else [f"t{layer - 1}{(number + more) % WIDTH}" for more in (0, 1)]


def expected() -> list[int]:
    """The outputs of the last layer: the first one gives 0, 1, 2."""
    values = list(range(WIDTH))
    for _ in range(1, LAYERS):
        values = [values[number] + values[(number + 1) % WIDTH] for number in range(WIDTH)]
    return values


def workflow() -> dict[str, object]:
    """A DAG whose numbers go from task to task as output parameters, in a file of each pod."""
    tasks: list[dict[str, object]] = []
    for layer, names in enumerate(layers()):
        for number, name in enumerate(names):
            given = above(layer, number)
            values = [f"{{{{tasks.{task}.outputs.parameters.sum}}}}" for task in given]
            named = zip("ab", values or [str(number), "0"], strict=True)
            parameters = [{"name": letter, "value": value} for letter, value in named]
            arguments = {"parameters": [{"name": "name", "value": name}, *parameters]}
            task = {"name": name, "template": "add", "arguments": arguments, "dependencies": given}
            tasks.append(task)
    script = (
        "echo {{inputs.parameters.name}} >> begun;"
        " echo $(( {{inputs.parameters.a}} + {{inputs.parameters.b}} )) > /tmp/sum;"
        " head -c 20000000 /dev/zero > /dev/null;"
        " cp /tmp/sum {{inputs.parameters.name}}.txt"
    )
    output = {"name": "sum", "valueFrom": {"path": "/tmp/sum"}}
    add = container(script, name="add", outputs={"parameters": [output]})
    add["inputs"] = {"parameters": [{"name": name} for name in ("name", "a", "b")]}
    main = {"name": "main", "dag": {"tasks": tasks, "failFast": False}}
    return {"entrypoint": "main", "templates": [main, add]}


def test_a_run_of_files_goes_on_after_any_kill(tmp_path: Path) -> None:
    killer = None
    number = 0
    while killer is None or killer.left > 0:
        number += 1
        (tmp_path / str(number)).mkdir()
        folder = Folder.make(tmp_path / str(number))
        folder.workflow(workflow())
        start = ["run", "w.yaml"]
        if killer is None:
            killer = Killer(folder, kills=15)
            begin = time.monotonic()
            folder.ok(*start)
            killer.time = time.monotonic() - begin
        else:
            killer.project = folder
            survives(killer, folder.root / "begun", start)
        made = [int(folder.read(f"{name}.txt")) for name in layers()[-1]]
        assert made == expected()


PIPELINE = """
def add(name):
    def function(one, other):
        trace(name)
        return one + other
    function.__name__ = name
    return function
def constant(name, number):
    def function():
        trace(name)
        return number
    function.__name__ = name
    return function
def last(one, other, third):
    trace("last")
    return [one, other, third]
def register_pipelines():
    nodes = [Node(constant(f"t0{n}", n), None, f"t0{n}", name=f"t0{n}") for n in range(3)]
    for layer in range(1, 4):
        for n in range(3):
            given = [f"t{layer - 1}{n}", f"t{layer - 1}{(n + 1) % 3}"]
            name = f"t{layer}{n}"
            nodes.append(Node(add(name), given, name, name=name))
    nodes.append(Node(last, ["t30", "t31", "t32"], "result", name="last"))
    return {"__default__": Pipeline(nodes)}
"""


@pytest.mark.kedro
@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_a_run_of_a_project_goes_on_after_any_kill(
    make_project: MakeProject, isolation: str
) -> None:
    killer = None
    number = 0
    start = ["run", "--isolation", isolation]
    while killer is None or killer.left > 0:
        number += 1
        project = make_project(PIPELINE, dict(RESULT), name=f"shop{number}")
        if killer is None:
            killer = Killer(project, kills=3)
            begin = time.monotonic()
            project.ok(*start)
            killer.time = time.monotonic() - begin
        else:
            killer.project = project
            survives(killer, project.root / "trace.txt", start)
        assert project.read("data/result.json") == str(expected())
