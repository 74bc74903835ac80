"""`run`: tasks do not see each other's changes, forked or spawned."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from argo_kedro.worker.ahead import Ahead
from argo_kedro.worker.rehearsal import PARTS, rehearse
from projects import MakeProject, is_clean

pytestmark = pytest.mark.kedro

ISOLATIONS = ["fork", "spawn"]


def test_what_kedro_imports_for_parameters_is_there_before_the_first_fork() -> None:
    """pydantic imports its models at the first request, which would be once per task."""
    for name in ("pydantic", "kedro.validation"):
        pytest.importorskip(name)
    ask = """
import sys
from argo_kedro.worker.preload import import_what_tasks_use
import_what_tasks_use()
before = set(sys.modules)
from kedro.validation.utils import is_pydantic_class, is_pydantic_model
is_pydantic_model(1), is_pydantic_class(int)
print(sorted(set(sys.modules) - before))
"""
    asked = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True, timeout=60
    )
    assert asked.stdout.splitlines()[-1] == "[]"


def test_a_task_imports_nothing_that_the_worker_could_have_imported(
    make_project: MakeProject,
) -> None:
    """Each task would repeat it: MLflow's hook once cost a project without MLflow 2 ms a task."""
    project = make_project(
        """
import atexit
import sys

def remember():
    global before
    before = set(sys.modules)

os.register_at_fork(after_in_child=remember)

def look():
    atexit.register(lambda: trace(sorted(set(sys.modules) - before)))
    return 1

def register_pipelines():
    return {"__default__": Pipeline([node(look, None, "a", name="look")])}
"""
    )
    project.ok("run")
    assert project.traces() == ["[]"]


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_what_one_task_keeps_in_memory_no_other_sees(
    make_project: MakeProject, isolation: str
) -> None:
    project = make_project(
        """
KEPT = []
def keep(*values):
    KEPT.append("x")
    os.environ["LEFT_BEHIND"] = os.environ.get("LEFT_BEHIND", "") + "x"
    trace(f"{len(KEPT)} {len(os.environ['LEFT_BEHIND'])}")
    return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(keep, None, "a", name="first"), node(keep, "a", "b", name="second"),
        FusedPipeline([node(keep, "b", "c", name="third"), node(keep, "c", "d", name="fourth")],
                      name="fused"),
    ])}
"""
    )
    project.ok("run", "--isolation", isolation)
    assert project.traces() == ["1 1", "1 1", "1 1", "2 2"]


def test_forked_tasks_have_random_numbers_of_their_own(make_project: MakeProject) -> None:
    project = make_project(
        """
import random
def roll():
    trace(random.random())
    return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(roll, None, f"d{n}", name=f"n{n}") for n in range(3)])}
"""
    )
    project.ok("run")
    assert len(set(project.traces())) == 3


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_configuration_takes_its_values_from_the_tasks_own_environment(
    make_project: MakeProject, isolation: str
) -> None:
    """The worker reads configuration files before the first fork; each task resolves them."""
    project = make_project(
        """
def register_pipelines():
    return {"__default__": Pipeline([
        Node(trace, "params:cores", None, name="small"),
        Node(trace, "params:cores", None, name="large", machine_type="large"),
        Node(trace, "kept", None, name="reads"),
    ])}
""",
        {
            "src/shop/datasets.py": """\
                from kedro.io import AbstractDataset
                class Keyed(AbstractDataset):
                    def __init__(self, credentials):
                        self._key = credentials["key"]
                    def load(self):
                        return self._key
                    def save(self, data):
                        raise NotImplementedError
                    def _describe(self):
                        return {}
                """,
            "src/shop/settings.py": """\
                import os
                from kedro.config import OmegaConfigLoader
                CONFIG_LOADER_CLASS = OmegaConfigLoader
                CONFIG_LOADER_ARGS = {
                    "base_env": "base", "default_run_env": "local",
                    "custom_resolvers": {"variable": lambda name: os.environ.get(name, "none")},
                }
                """,
            "conf/base/parameters.yml": "cores: ${variable:NUM_CPU}\n",
            "conf/base/credentials.yml": "store: {key: '${oc.env:KEY}'}\n",
            "conf/base/catalog.yml": "kept: {type: shop.datasets.Keyed, credentials: store}\n",
            "conf/base/argo.yml": """\
                machine_types: {default: {mem: 1, cpu: 1}, large: {mem: 1, cpu: 2}}
                template: {environment: [{name: KEY, value: from the container}]}
                """,
        },
    )
    project.ok("run", "--isolation", isolation)
    assert sorted(project.traces()) == ["1", "2", "from the container"]


#: A node that finds the fork for the next task.
SIBLING = """
import signal, time
from pathlib import Path

def parent(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return None

def sibling():
    signal.alarm(30)
    while True:
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        for pid in pids:
            if pid != os.getpid() and parent(pid) == os.getppid():
                signal.alarm(0)
                return pid
        time.sleep(0.01)

def first():
    pid = sibling()
    trace(pid)
    os.kill(VICTIM, signal.SIGKILL)
    return 1

def register_pipelines():
    return {"__default__": Pipeline([
        node(first, None, "a", name="first"), node(trace, "a", None, name="second")])}
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_fork_made_ahead_that_somebody_ends_is_done_without(make_project: MakeProject) -> None:
    project = make_project(SIBLING.replace("VICTIM", "pid"))
    project.ok("run")
    assert project.traces()[1:] == ["1"]


def test_a_fork_made_ahead_that_dies_with_its_task_in_hand_took_none() -> None:
    ahead = Ahead(lambda *_: None, lambda: None)
    # The stopped fork receives the words, and is killed before it answers.
    os.kill(ahead.pid, signal.SIGSTOP)
    threading.Timer(0.1, os.kill, (ahead.pid, signal.SIGKILL)).start()
    assert not ahead.take({"id": 1}, 1, 2)
    os.waitpid(ahead.pid, 0)


def test_a_rehearsal_runs_whole_with_this_kedro() -> None:
    for part in PARTS:
        part()


def test_a_rehearsal_shows_nothing_and_ends_when_its_task_is_there(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    threads, left = threading.active_count(), [False, True]
    rehearse(lambda: left.pop(0))
    assert left == [] and threading.active_count() == threads
    assert caplog.messages == [] and "".join(capfd.readouterr()) == ""
    assert logging.getLogger("kedro.runner").isEnabledFor(logging.INFO)


def text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:  # the process has ended in between
        return "Z (zombie)"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_fork_made_ahead_does_not_outlive_its_worker(make_project: MakeProject) -> None:
    project = make_project(SIBLING.replace("VICTIM", "os.getppid()"))
    result = project.run("run")
    assert result.code != 0 and is_clean(result.text), result
    (ahead,) = project.traces()
    deadline = time.monotonic() + 10
    # Without a process that reaps orphans, an ended one is a zombie.
    while (status := Path(f"/proc/{ahead}/status")).exists() and "Z (zombie)" not in text_of(
        status
    ):
        assert time.monotonic() < deadline, f"{ahead} is still there"
        time.sleep(0.01)
