"""Memory and GPUs of the machine that a run uses."""

from __future__ import annotations

import re

import pytest
from projects import MakeProject, Project

ISOLATIONS = ["fork", "spawn"]

#: Two processes of a node hold 80 MiB each, long enough to be measured.
POOL = """
HOLD = "import sys; held = bytearray(80 << 20); print(flush=True); sys.stdin.read()"
def pool():
    start = lambda: subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    workers = [start(), start()]
    for worker in workers:
        worker.stdout.readline()
    signal.sigtimedwait([], 1)
    for worker in workers:
        worker.communicate()
    return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(pool, None, "a", name="pool"), node(one, None, "b", name="small")])}
"""
SMALL_MACHINE = {
    "conf/base/argo.yml": """\
    machine_types: {default: {cpu: 1, mem: 192Mi}, large: {cpu: 1, mem: 1}}
    nodes: {small: {machine_type: large}}
    """
}


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_the_peak_is_that_of_all_processes_of_a_task(
    make_project: MakeProject, isolation: str
) -> None:
    project = make_project(POOL, SMALL_MACHINE)
    result = project.ok("run", "--isolation", isolation)
    over = re.findall(r"(\S+) used up to (\d+) MiB of memory, but asks for 192 MiB", result.err)
    ((name, peak),) = over
    assert name == "pool"
    assert 2 * 80 < int(peak) < 600


GPUS = """
def show():
    trace(os.environ.get("CUDA_VISIBLE_DEVICES", "not set"))
    os.mkdir("taken"); os.rmdir("taken"); return 1
def count():
    trace("two " + os.environ["CUDA_VISIBLE_DEVICES"]); return 1
def none():
    trace("none " + os.environ.get("CUDA_VISIBLE_DEVICES", "not set")); return 1
def register_pipelines():
    return {"__default__": Pipeline([
        Node(show, None, "a", name="a", machine_type="gpu"),
        Node(show, None, "b", name="b", machine_type="gpu"),
        Node(show, None, "c", name="c", machine_type="gpu"),
        Node(count, None, "d", name="d", machine_type="two"),
        node(none, None, "e", name="e")])}
"""
GPU_TYPES = {
    "conf/base/argo.yml": """\
    machine_types:
      default: {cpu: 100m, mem: 1}
      gpu: {cpu: 100m, mem: 1, num_gpu: 1}
      two: {cpu: 100m, mem: 1, num_gpu: 2}
    """
}


@pytest.fixture
def gpu_project(make_project: MakeProject) -> Project:
    return make_project(GPUS, dict(GPU_TYPES))


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_one_gpu_is_one_tasks_at_a_time(gpu_project: Project, isolation: str) -> None:
    result = gpu_project.ok("run", "--isolation", isolation, "--gpus", "1", "--cpus", "8")
    assert sorted(gpu_project.traces()) == ["0", "0", "0", "none ", "two 0"]
    assert "d asks for 2 GPUs, but this machine has only 1: it runs with 1\n" in result.err


def test_the_gpus_that_are_visible_are_all_there_are(gpu_project: Project) -> None:
    gpu_project.ok("run", env={"CUDA_VISIBLE_DEVICES": "GPU-5"})
    assert sorted(gpu_project.traces()) == ["GPU-5"] * 3 + ["none ", "two GPU-5"]


def test_a_machine_without_gpus_says_so_once_and_runs_all(gpu_project: Project) -> None:
    gpu_project.write(
        {
            "src/shop/pipeline_registry.py": gpu_project.read(
                "src/shop/pipeline_registry.py"
            ).replace('os.mkdir("taken"); os.rmdir("taken"); ', "")
        }
    )
    result = gpu_project.ok("run", "--gpus", "0", env={"CUDA_VISIBLE_DEVICES": "3"})
    said = "this machine has no GPU: a, b, c and d ask for one, but they run without one\n"
    assert result.err.count("GPU") == said.count("GPU")
    assert said in result.err
    # The task must not see the machine's GPU either.
    assert "none " in gpu_project.traces()


def test_a_machine_whose_gpus_no_task_asks_for_says_so(two_tasks: Project) -> None:
    said = (
        "no task asks for a GPU, so no task can use the 2 GPUs of this machine; "
        "a cluster does the same\n"
    )
    assert said in two_tasks.ok("run", "--gpus", "2").err
    assert "GPU" not in two_tasks.ok("run", "--gpus", "0").err


def test_a_retry_has_the_machine_that_it_is_given(gpu_project: Project) -> None:
    (gpu_project.root / "taken").mkdir()
    assert gpu_project.run("run", "--gpus", "3").code == 1
    (gpu_project.root / "taken").rmdir()
    gpu_project.ok("retry", "--gpus", "1", "--cpus", "8", "--memory", "2")
    assert gpu_project.traces()[-3:] == ["0"] * 3


@pytest.mark.parametrize("flags", [["--cpus", "1"], ["--memory", "1"]])
def test_the_user_says_what_the_machine_has(make_project: MakeProject, flags: list[str]) -> None:
    project = make_project(
        """
def alone():
    os.mkdir("taken"); os.rmdir("taken"); return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(alone, None, f"d{n}", name=f"n{n}") for n in range(6)])}
""",
        {"conf/base/argo.yml": "machine_types: {default: {mem: 1, cpu: 1}}\n"},
    )
    events = project.ok("run", "-o", "json", *flags).events()
    kinds = [it["event"] for it in events if it["event"] in ("task_started", "task_finished")]
    assert kinds == ["task_started", "task_finished"] * 6
    assert project.run("run", "--memory", "much").code == 2
