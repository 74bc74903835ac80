"""Measures the engine on workflows from files, beside other programs that run graphs of commands.

The figures are wall-clock time, so they count only while no other process keeps the machine busy.
"""

from __future__ import annotations

import os
from pathlib import Path

from bench_table import Table
from environments import ROOT, bare_environment, pythons
from measure import most_memory, take, undisturbed

#: Tasks of the graph that the engine and its peers run.
MANY = 3000
#: Tasks of the graph that shows how time and memory grow, and its size relative to a smaller one.
LARGE = 10_000
TIMES = 4
#: Tasks of the run that is listed, shown and resumed.
ON_RECORD = 5000
#: Tasks that take 0.1 s.
SHORT = 100
CORES = os.cpu_count() or 1
#: Programs on PyPI that run a graph of commands.
PEERS = ["rust-just>=1.43", "go-task-bin>=3.40"]
HEAD = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{generateName: {name}-}}\n"


def engine(table: Table, ours: Path, events: float, scratch: Path) -> None:
    """Measures the engine with many tasks.

    Args:
        table: Gets the rows.
        ours: Folder of programs with argo-kedro.
        events: Events per second that the history takes, measured in Rust.
        scratch: A folder for files.
    """
    program = str(ours / "argo-kedro")
    beside_make(table, program, folder_in(scratch, "many"))
    growing(table, program, scratch)
    shown(table, program, folder_in(scratch, "on-record"))
    table.row(
        "events that the history takes",
        f"{events:,.0f} events/s",
        "",
        "≥ 20,000 events/s",
        events >= 20_000,
    )
    working(table, program, folder_in(scratch, "short"))


def folder_in(scratch: Path, name: str) -> Path:
    """Makes a folder."""
    folder = scratch / name
    folder.mkdir()
    return folder


def beside_make(table: Table, program: str, folder: Path) -> None:
    """Runs tasks that do nothing, beside make, just and Task."""
    above = layers(MANY)
    (folder / "many.yaml").write_text(workflow("many", above, "'true'"))
    targets = " ".join(f"t{number}" for number in range(MANY))
    rules = [
        f"t{number}: {' '.join(f't{it}' for it in needed)}" for number, needed in enumerate(above)
    ]
    (folder / "Makefile").write_text(
        f"all: {targets}\n.PHONY: all {targets}\n" + "".join(f"{it}\n\t@true\n" for it in rules)
    )
    (folder / "justfile").write_text(
        f"[parallel]\nall: {targets}\n" + "".join(f"[parallel]\n{it}\n\t@true\n" for it in rules)
    )
    tasks = "".join(
        f"  t{number}:\n    run: once\n    deps: [{', '.join(f't{it}' for it in needed)}]\n"
        "    cmds: [/bin/true]\n"
        for number, needed in enumerate(above)
    )
    everything = ", ".join(f"t{number}" for number in range(MANY))
    (folder / "Taskfile.yml").write_text(
        f"version: '3'\nsilent: true\ntasks:\n  all:\n    deps: [{everything}]\n{tasks}"
    )
    peers = bare_environment(
        ROOT / "build" / "environments" / "peers", pythons()[-1], *PEERS
    ).parent
    what = f"{MANY:,} tasks that do nothing"
    words = [
        [program, "run", "many.yaml", "--allow-errors"],
        ["make", f"-j{CORES}", "-s"],
        [str(peers / "just"), "all"],
        [str(peers / "task"), f"--concurrency={CORES}", "all"],
    ]
    found = undisturbed(*(lambda words=words: take(words, folder).wall for words in words))
    if found is None:
        table.unknown(what)
        return
    run, make, just, task = found
    beside = ", ".join(
        f"`{name}`: {MANY / wall:.0f} tasks/s"
        for name, wall in (("make -j", make), ("just", just), ("task", task))
    )
    budget = f"≥ 1,000 tasks/s and ≥ 70 % of make: {100 * make / run:.0f} %"
    kept = run * 1000 <= MANY and run * 0.7 <= make
    table.row(what, f"{MANY / run:.0f} tasks/s", beside, budget, kept)


def growing(table: Table, program: str, scratch: Path) -> None:
    """Runs a large graph, and a part of it."""
    folders = []
    for tasks in (LARGE, LARGE // TIMES):
        folders.append(folder_in(scratch, f"of-{tasks}"))
        (folders[-1] / "wf.yaml").write_text(workflow("large", layers(tasks), "'true'"))
    words = [program, "run", "wf.yaml", "--allow-errors"]
    memory = most_memory(words, folders[0]) / 1e6
    what = f"a DAG of {LARGE:,} tasks"
    found = undisturbed(*(lambda folder=folder: take(words, folder).wall for folder in folders))
    if found is None:
        table.unknown(what)
        return
    large, part = found
    table.row(
        what,
        f"{large:.1f} s, {memory:.0f} MB",
        f"{LARGE // TIMES:,} tasks: {part:.1f} s, {large / part:.1f}× for {TIMES}×",
        "≤ 100 MB, grows linearly",
        memory <= 100 and large <= 1.3 * TIMES * part,
    )


def shown(table: Table, program: str, folder: Path) -> None:
    """Lists, shows and resumes a run of many tasks, of which the last one fails at first."""
    above = layers(ON_RECORD - 1)
    last = "[[ -e there ]]"
    (folder / "wf.yaml").write_text(
        workflow("shown", above, "'true'")
        + f"  - name: last\n    container: {{image: bash, command: [bash, -c, '{last}']}}\n"
    )
    text = (folder / "wf.yaml").read_text()
    needs = f"      - {{name: last, template: last, dependencies: [t{len(above) - 1}]}}\n"
    (folder / "wf.yaml").write_text(text.replace("  - name: nothing", needs + "  - name: nothing"))
    # The run fails, but `take` requires success.
    run = f"'{program}' run wf.yaml --allow-errors || touch there"
    take(["bash", "-c", run], folder)
    what = f"a run of {ON_RECORD:,} tasks"

    def resumed() -> float:
        copy = folder.with_name("resumed")
        take(["cp", "-r", str(folder), str(copy)], folder)
        try:
            return take([program, "retry"], copy).wall
        finally:
            take(["rm", "-r", str(copy)], folder)

    words = [[program, "list"], [program, "status"], [program, "status", "-o", "json"]]
    found = undisturbed(*(lambda words=words: take(words, folder).wall for words in words), resumed)
    if found is None:
        table.unknown(what)
        return
    milliseconds = [1000 * wall for wall in found]
    named = zip(
        ("listed", "shown", "shown as JSON", "resumed for one task"), milliseconds, strict=True
    )
    table.row(
        what,
        ", ".join(f"{name} {taken:.0f} ms" for name, taken in named),
        "",
        "≤ 200 ms each",
        max(milliseconds) <= 200,
    )


def working(table: Table, program: str, folder: Path) -> None:
    """Runs tasks of 0.1 s that keep no processor busy, beside make."""
    above: list[list[int]] = [[] for _ in range(SHORT)]
    (folder / "wf.yaml").write_text(workflow("short", above, "sleep, '0.1'"))
    targets = " ".join(f"t{number}" for number in range(SHORT))
    (folder / "Makefile").write_text(
        f"all: {targets}\n.PHONY: all {targets}\n{targets}:\n\t@sleep 0.1\n"
    )
    what = f"{SHORT} tasks of 0.1 s, {CORES} at a time"
    found = undisturbed(
        lambda: take([program, "run", "wf.yaml", "--allow-errors"], folder).wall,
        lambda: take(["make", f"-j{CORES}", "-s"], folder).wall,
    )
    if found is None:
        table.unknown(what)
        return
    run, make = found
    least = SHORT * 0.1 / CORES
    over = 100 * (run / least - 1)
    table.row(
        what,
        f"{run:.2f} s",
        f"`make -j`: {make:.2f} s; no overhead: {least:.2f} s",
        f"≤ 3 % over: {over:.1f} %",
        over <= 3,
    )


def layers(tasks: int) -> list[list[int]]:
    """Makes a graph in layers of 50, in which each task needs two tasks of the layer above.

    Args:
        tasks: Number of tasks.

    Returns:
        For each task the numbers of its predecessors.
    """
    width = 50
    return [
        sorted({(number // width - 1) * width + (number * 7 + k * 13) % width for k in range(2)})
        if number >= width
        else []
        for number in range(tasks)
    ]


def workflow(name: str, above: list[list[int]], command: str) -> str:
    """Writes a graph as an Argo manifest; each task asks for a core.

    Args:
        name: Prefix of the names of its runs.
        above: For each task the numbers of its predecessors.
        command: Program and words of every task, as YAML between brackets.

    Returns:
        The manifest.
    """
    tasks = "".join(
        f"      - {{name: t{number}, template: nothing,"
        f" dependencies: [{', '.join(f't{it}' for it in needed)}]}}\n"
        for number, needed in enumerate(above)
    )
    return (
        HEAD.format(name=name)
        + "spec:\n  entrypoint: main\n  templates:\n"
        + f"  - name: main\n    dag:\n      tasks:\n{tasks}"
        + f"  - name: nothing\n    container: {{image: busybox, command: [{command}],"
        + " resources: {requests: {cpu: '1'}}}\n"
    )
