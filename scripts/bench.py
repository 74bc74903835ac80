"""Measures the budgets, side by side with argo-kedro 0.1.41 and with Kedro itself.

Figures are processor time, or they count only while no other process keeps the machine busy
(`measure.py`). Prints a Markdown table; `docs/benchmarks.md` keeps one.
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bench_engine import engine
from bench_table import Table
from environments import NEWEST, PYTEST, ROOT, bare_environment, environment, pythons
from made_history import TASKS as TASKS_ON_RECORD
from made_history import make as make_history
from measure import more, most_memory, take, undisturbed

EARLIER = "argo-kedro==0.1.41"
NODES = 3000
TASKS = 40
RUNS = 5000
EXAMPLE = ROOT / "examples" / "flight-delays"

#: A pipeline in layers of 50, each node reading three datasets of the layer above.
PIPELINE = """
from kedro.pipeline import Pipeline, node

WIDTH = 50

def work(*inputs):
    return 0

def register_pipelines():
    nodes = []
    for index in range({size}):
        above = index - WIDTH
        inputs = [] if above < 0 else [
            f"dataset_{{n:05}}" for n in sorted({{
                above,
                above // WIDTH * WIDTH + (above + 1) % WIDTH,
                above // WIDTH * WIDTH + (above + 7) % WIDTH,
            }})
        ]
        name = f"transform_the_data_{{index:05}}"
        nodes.append(node(work, inputs or None, f"dataset_{{index:05}}", name=name))
    return {{"__default__": Pipeline(nodes)}}
"""
#: Tasks that do nothing, one after the other: their time is the cost of isolation.
CHAIN = """
from kedro.pipeline import Pipeline, node

def work(*inputs):
    return 0

def register_pipelines():
    nodes = [
        node(work, f"value_{{index - 1}}" if index else None,
             f"value_{{index}}", name=f"node_{{index:02}}")
        for index in range({size})
    ]
    return {{"__default__": Pipeline(nodes)}}
"""
ARGO = """
namespace: argo-workflows
deployment: {image: registry/image, tag: v1}
machine_types: {default: {mem: 16, cpu: 4, num_gpu: 0}}
default_machine_type: default
runner: {use_memory_datasets: false}
"""
#: All data is in the catalog: 0.1.41 supports no other.
CATALOG = """
"dataset_{number}":
  type: json.JSONDataset
  filepath: s3://bucket/{number}.json
"""
#: The steps of 0.1.41 between the pipeline and the manifest, timed and measured.
EARLIER_COMPILE = """
import json, sys, time
from importlib import resources
from pathlib import Path
import yaml
from jinja2 import Environment, FileSystemLoader
sys.path.insert(0, "src")
from bench.pipeline_registry import register_pipelines
import argo_kedro
from argo_kedro.argo import get_argo_dag
from argo_kedro.config import ArgoConfig
pipeline = register_pipelines()["__default__"]
config = ArgoConfig.model_validate(yaml.safe_load(Path("conf/base/argo.yml").read_text()))
best = None
for _ in range(int(sys.argv[1])):
    start = time.process_time()
    tasks = get_argo_dag(pipeline, config.machine_types, config.default_machine_type, config.template)
    folder = resources.files(argo_kedro) / "templates"
    template = Environment(loader=FileSystemLoader(str(folder)), trim_blocks=True, lstrip_blocks=True)
    text = template.get_template("argo_wf_spec.tmpl").render(
        workflow_name="bench", random="abcdef", namespace=config.namespace, image="registry/image:v1",
        pipeline_name="__default__", environment="base", template=config.template,
        init_templates=[], pipeline_tasks=tasks.values(),
    )
    manifest = yaml.safe_load(text)
    written = yaml.dump(manifest, sort_keys=False)
    taken = time.process_time() - start
    best = taken if best is None else min(best, taken)
print("RESULT", json.dumps({"ms": best * 1000, "bytes": len(written)}))
"""


#: Importing the project and taking the snapshot, as the worker does.
SNAPSHOT = """
import sys
from argo_kedro.worker.printed import Printed
from argo_kedro.worker.snapshot import take_snapshot
take_snapshot({"project": sys.argv[1]}, Printed())
"""


def project(folder: Path, size: int, registry: str = PIPELINE) -> Path:
    """Makes a Kedro project with a pipeline of `size` nodes.

    Args:
        folder: The new folder.
        size: Number of nodes.
        registry: Text of the pipeline registry, with a place for the size.

    Returns:
        Its folder.
    """
    files = {
        "pyproject.toml": '[tool.kedro]\nproject_name = "bench"\npackage_name = "bench"\n'
        'kedro_init_version = "1.0.0"\nsource_dir = "src"\n',
        "src/bench/__init__.py": "",
        "src/bench/settings.py": "",
        "src/bench/pipeline_registry.py": registry.format(size=size),
        "conf/base/argo.yml": ARGO,
        "conf/base/catalog.yml": CATALOG,
        "conf/local/.gitkeep": "",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def seconds_a_task(bin: Path, folder: Path) -> float:
    """Runs a project and reads its history.

    Args:
        bin: Folder of programs.
        folder: The project; its tasks run one after the other.

    Returns:
        Seconds between start and end of a task: the median of all.
    """
    take([bin / "argo-kedro", "run"], folder)
    output = take([bin / "argo-kedro", "status", "--output", "json"], folder).output
    tasks = json.loads(output)["state"]["tasks"].values()

    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text[:26].rstrip("Z"))

    return statistics.median(
        (moment(task["finished"]) - moment(task["started"])).total_seconds() for task in tasks
    )


def with_the_example() -> Path:
    """Installs the wheel with the example's requirements.

    Returns:
        Its folder of programs.
    """
    requirements = str(EXAMPLE / "requirements.txt")
    packages = [NEWEST, *PYTEST, "--requirement", requirements]
    return environment("example", pythons()[-1], *packages).parent


def earlier_plugin() -> Path:
    """Installs argo-kedro 0.1.41 in an environment of its own.

    Returns:
        Its folder of programs.
    """
    folder = ROOT / "build" / "environments" / "earlier"
    return bare_environment(folder, pythons()[-1], EARLIER, NEWEST).parent


def plain_kedro() -> Path:
    """Installs Kedro without argo-kedro's plugins.

    Returns:
        Its folder of programs.
    """
    folder = ROOT / "build" / "environments" / "plain"
    return bare_environment(folder, pythons()[-1], NEWEST).parent


def in_rust(package: str, bench: str) -> list[dict[str, float]]:
    """Runs a bench of a crate.

    Args:
        package: The crate.
        bench: The bench.

    Returns:
        The JSON lines that it prints.
    """
    words = ["cargo", "bench", "--quiet", "--locked", "--package", package, "--bench", bench]
    output = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def earlier_compile(bin: Path, folder: Path, rounds: int) -> dict[str, float]:
    """Times 0.1.41 between the pipeline and the manifest.

    Args:
        bin: Its folder of programs.
        folder: The project.
        rounds: Number of repetitions.

    Returns:
        `ms` and `bytes`.
    """
    words = [str(bin / "python"), "-c", EARLIER_COMPILE, str(rounds)]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    found = re.search(r"RESULT (\{.*\})", done.stdout)
    if found is None:
        sys.exit(f"0.1.41 did not compile:\n{done.stdout}\n{done.stderr}")
    return dict(json.loads(found.group(1)))


def main() -> int:
    """Measures everything and prints the table.

    Returns:
        0; 1 if a budget is not kept.
    """
    table = Table()
    earlier, plain, ours = earlier_plugin(), plain_kedro(), with_the_example()
    with tempfile.TemporaryDirectory() as scratch:
        compiling(table, earlier, ours, Path(scratch))
        starting(table, earlier, plain, ours, Path(scratch))
        remembering(table, ours, Path(scratch))
        running(table, ours, Path(scratch))
        events = in_rust("runs", "store")[0]["events_a_second"]
        engine(table, ours, events, Path(scratch))
    print(table)
    shutil.rmtree(EXAMPLE / ".argo-kedro", ignore_errors=True)
    return 0 if table.is_kept() else 1


def compiling(table: Table, earlier: Path, ours: Path, scratch: Path) -> None:
    """Measures the steps from a snapshot to the manifest, and the size of the manifest."""
    # Milliseconds and bytes of plan, lower, lint and YAML, by number of nodes.
    rust = {int(line["nodes"]): line for line in in_rust("lint", "compile")}
    ten = rust[10_000]["all_ms"]
    table.row("compile 10,000 nodes in Rust", f"{ten:.1f} ms", "", "≤ 25 ms", ten <= 25)
    ratio = ten / rust[1_000]["all_ms"]
    table.row("10,000 nodes over 1,000", f"{ratio:.1f}×", "", "grows linearly, ~10×", ratio <= 13)
    old = earlier_compile(earlier, project(scratch / "large", NODES), 1)
    faster = old["ms"] / rust[NODES]["all_ms"]
    table.row(
        f"compile {NODES:,} nodes",
        f"{rust[NODES]['all_ms']:.1f} ms",
        f"0.1.41: {old['ms']:.0f} ms, {faster:.0f}× as long",
        "≥ 200× faster",
        faster >= 200,
    )
    middle = project(scratch / "middle", 1000)
    old = earlier_compile(earlier, middle, 1)
    size = len(take([ours / "argo-kedro", "compile"], middle).output.encode())
    share = size / old["bytes"]
    table.row(
        "manifest of 1,000 nodes",
        f"{size / 1024:.0f} KiB",
        f"0.1.41: {old['bytes'] / 1024:.0f} KiB",
        f"≤ 256 KiB and ≤ 45 %: {share:.0%}",
        size <= 256 * 1024 and share <= 0.45,
    )


def starting(table: Table, earlier: Path, plain: Path, ours: Path, scratch: Path) -> None:
    """Measures the start before any work: processor time, in pairs."""
    small = project(scratch / "small", 10)

    def version(bin: Path) -> float:
        return take([bin / "kedro", "--version"], small).processor

    own = more(lambda: version(ours), lambda: without_plugin(ours, small)) * 1000
    old = more(lambda: version(earlier), lambda: version(plain)) * 1000
    table.row(
        "`kedro --version` with the plugin",
        f"{own:+.0f} ms",
        f"0.1.41: {old:+.0f} ms",
        "≤ +10 ms",
        own <= 10,
    )

    def reading() -> float:
        return take([ours / "python", "-c", SNAPSHOT, str(EXAMPLE)], EXAMPLE).processor

    for words in (["argo-kedro"], ["kedro", "argo"]):
        # The example has no bucket: on a cluster it would fail, and `compile` reports that.
        command = [ours / words[0], *words[1:], "compile", "--allow-errors"]
        over = more(lambda command=command: take(command, EXAMPLE).processor, reading) * 1000
        title = f"`{' '.join(words)} compile` over reading the project"
        table.row(title, f"{over:+.0f} ms", "", "≤ +50 ms", over <= 50)
    listing = more(lambda: take([ours / "argo-kedro", "list"], small).processor, lambda: 0) * 1000
    table.row("`argo-kedro list`", f"{listing:.0f} ms", "", "≤ 20 ms", listing <= 20)


def remembering(table: Table, ours: Path, scratch: Path) -> None:
    """Measures the cost of a long history: processor time, and peak memory."""
    folder = project(scratch / "remembering", TASKS_ON_RECORD)
    size = make_history(folder / ".argo-kedro" / "history.db", RUNS)
    program = ours / "argo-kedro"
    once = take([program, "list"], folder).processor
    for word in ("list", "status"):
        taken = statistics.median(take([program, word], folder).processor for _ in range(5))
        memory = most_memory([program, word], folder) / 2**20
        table.row(
            f"history: {RUNS:,} runs: {word}",
            f"{taken * 1000:.0f} ms, {memory:.0f} MiB",
            f"{size / 1e6:.0f} MB; taken over once: {once:.1f} s",
            "≤ 300 ms, ≤ 100 MB",
            taken <= 0.3 and memory <= 100e6 / 2**20,
        )
    # Both commands read the project.
    sizes, plan = [program, "sizes"], [program, "plan"]
    taken = more(lambda: take(sizes, folder).processor, lambda: take(plan, folder).processor)
    memory = most_memory(sizes, folder) / 2**20
    table.row(
        f"history: {RUNS:,} runs: sizes over plan",
        f"{taken * 1000:+.0f} ms, {memory:.0f} MiB",
        f"{size / 1e6:.0f} MB; the last 100 runs of {TASKS_ON_RECORD} tasks",
        "≤ 300 ms, ≤ 100 MB",
        taken <= 0.3 and memory <= 100e6 / 2**20,
    )


def running(table: Table, ours: Path, scratch: Path) -> None:
    """Measures wall-clock time, while no other process keeps the machine busy."""
    chain = project(scratch / "chain", TASKS, registry=CHAIN)
    if found := undisturbed(lambda: seconds_a_task(ours, chain) * 1000):
        (task,) = found
        table.row("a task of `run` over its node", f"{task:.1f} ms", "", "≤ 12 ms", task <= 12)
    else:
        table.unknown("a task of `run` over its node")

    first = {}

    def unchanged() -> float:
        (line,) = in_rust("image", "decision")
        first["ms"] = line["first_ms"]
        return line["unchanged_ms"]

    what = "seeing that an image of 10,000 files is there"
    if found := undisturbed(unchanged):
        (seen,) = found
        beside = f"the first time: {first['ms']:.0f} ms"
        table.row(what, f"{seen:.0f} ms", beside, "≤ 150 ms", seen <= 150)
    else:
        table.unknown(what)
    what = "`argo-kedro run` of the example"
    if found := undisturbed(
        lambda: take([ours / "argo-kedro", "run"], EXAMPLE).wall,
        lambda: take([ours / "kedro", "run"], EXAMPLE).wall,
    ):
        run, kedro = found
        budget = f"≤ 0.9×: {run / kedro:.2f}×"
        table.row(what, f"{run:.1f} s", f"`kedro run`: {kedro:.1f} s", budget, run <= 0.9 * kedro)
    else:
        table.unknown(what)


def without_plugin(bin: Path, folder: Path) -> float:
    """Measures `kedro --version` in the same environment with argo-kedro's entry points hidden.

    Args:
        bin: Folder of programs of the environment.
        folder: Where to run it.

    Returns:
        Seconds of a processor.
    """
    (entry_points,) = bin.parent.glob(
        "lib/python*/site-packages/argo_kedro-*.dist-info/entry_points.txt"
    )
    hidden = entry_points.with_suffix(".hidden")
    entry_points.rename(hidden)
    try:
        return take([bin / "kedro", "--version"], folder).processor
    finally:
        hidden.rename(entry_points)


if __name__ == "__main__":
    sys.exit(main())
