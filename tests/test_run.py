"""`run`: the compiled workflow, here, each task in a process of its own.

Long, since each rule of a run is tried with both ways to isolate its tasks.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from kedro.framework.project import settings
from projects import PROGRAM, RESULT, MakeProject, Project, is_clean

pytestmark = pytest.mark.kedro

ISOLATIONS = ["fork", "spawn"]
SECRET = "planted-S3cret/value+with=signs"
TOKEN: dict[str, str | bytes] = {
    "conf/base/argo.yml": """\
        template:
          environment: [{name: TOKEN, secret_ref: {name: vault, key: token}}]
        """
}


def everything_kept(project: Project) -> bytes:
    """Every byte under the state folder."""
    files = sorted((project.root / ".argo-kedro").rglob("*"))
    return b"\n".join(path.read_bytes() for path in files if path.is_file())


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_data_crosses_tasks_by_hand_off(two_tasks: Project, isolation: str) -> None:
    result = two_tasks.ok("run", "--isolation", isolation)
    assert two_tasks.traces() == ["make", "use 20"]
    assert json.loads(two_tasks.read("data/result.json")) == 40
    assert re.findall(r"(make|use) +Succeeded", result.out) == ["make", "use"]
    assert "result" in result.err
    assert is_clean(result.text)


def test_the_state_folder_is_ignored_by_git_by_itself(two_tasks: Project) -> None:
    two_tasks.ok("run")
    assert two_tasks.read(".argo-kedro/.gitignore") == "*\n"


def test_every_task_is_a_process_with_the_runs_one_id(make_project: MakeProject) -> None:
    project = make_project(
        """
def show(value):
    trace(f"{os.getpid()} {os.environ['WORKFLOW_ID']} {os.environ['NUM_CPU']}")
    return value
def start():
    return show(0)
def register_pipelines():
    return {"__default__": Pipeline([
        node(start, None, "a", name="first"),
        node(show, "a", "b", name="second"), node(show, "a", "c", name="third"),
    ])}
"""
    )
    project.ok("run", env={"WORKFLOW_ID": "outer"})
    pids, ids, cores = zip(*(line.split() for line in project.traces()), strict=True)
    assert len(set(pids)) == 3
    assert len(set(ids)) == 1
    assert ids[0] != "outer"
    assert set(cores) == {"1"}
    project.ok("run")
    assert len({line.split()[1] for line in project.traces()}) == 2


PARAMETERS = [
    "i=1",
    "f=2.5",
    "b=true",
    "n=null",
    "l=[1]",
    "m={k: {x: 1}}",
    "a.b=3",
    "d=2024-01-31",
    "t='1'",
    'q=it\'s "quoted"',
    "home=$(HOME) $HOME $$",
    "tag='{{workflow.uid}} {{x}}'",
    "u=ü☃",
    "s= spaced ",
    "e=",
    "path=C:\\x\\ny",
    "big=12345678901234567890123",
    "low=-12345678901234567890123",
    "high_edge=18446744073709551615",
    "low_edge=[-9223372036854775808]",
    "inf=.inf",
    "low_inf=-.inf",
    "nan=.nan",
    "exact=0.1000000000000000055511151231257827",
    "float=2.2250738585072011e-308",
    "x=5.0",
]


@pytest.mark.parametrize(
    ("word", "name"), [("m={1: 2}", "m.1"), ("m={a: [!!binary aGVsbG8=]}", "m.a[0]")]
)
def test_a_parameter_that_cannot_cross_is_named(two_tasks: Project, word: str, name: str) -> None:
    result = two_tasks.run("run", "--params", word)
    assert result.code == 2 and f"`{name}`" in result.err, result
    assert two_tasks.traces() == []


def test_what_is_no_utf8_is_handed_on_or_named(make_project: MakeProject, tmp_path: Path) -> None:
    project = make_project(
        """
def show():
    trace(os.environb[b"ODD"] == b"a\\xff" and os.environb[b"N\\xff"] == b"1")
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(show, None, "a", name="show")])}
"""
    )
    odd: dict[str, str | None] = {"ODD": "a\udcff", "N\udcff": "1", "TMPDIR": str(tmp_path)}
    for isolation in ISOLATIONS:
        project.ok("run", "--isolation", isolation, env=odd)
    assert project.traces() == ["True", "True"]
    folder = project.root.rename(project.root.parent / "sho\udcff")
    result = project.run("run", cwd=folder)
    assert result.code == 2 and "not UTF-8" in result.err and is_clean(result.text), result


def test_runtime_parameters_arrive_as_with_kedro_run(make_project: MakeProject) -> None:
    project = make_project(
        """
def show(parameters):
    trace(repr(sorted(parameters.items())))
def register_pipelines():
    return {"__default__": Pipeline([node(show, "parameters", None, name="show")])}
""",
        {"conf/base/parameters.yml": "a: {c: 1}\nwhen: 2024-01-31\nnested: [1, {x: 2}]\n"},
    )
    words = ["--params", ",".join(PARAMETERS)]
    kedros = project.kedro("run", *words)
    assert kedros.code == 0, kedros
    project.ok("run", *words)
    project.ok("run", *words, "--isolation", "spawn")
    of_kedro, *of_ours = project.traces()
    assert of_ours == [of_kedro, of_kedro]
    assert "('q', 'it\\'s \"quoted\"')" in of_kedro


def test_a_missing_secret_is_an_error_before_the_start(make_project: MakeProject) -> None:
    project = make_project(files={**RESULT, **TOKEN})
    argo = project.read("conf/base/argo.yml")
    two = "environment: [{name: OTHER, secret_ref: {name: vault, key: other}}, "
    project.write({"conf/base/argo.yml": argo.replace("environment: [", two)})
    result = project.run("run")
    assert result.code == 2
    for word in ("TOKEN", "vault", "token"):
        assert word in result.err
    # With all that is missing, so that the next try is not refused for the rest.
    assert "OTHER=… TOKEN=… argo-kedro run" in result.err, result
    assert project.traces() == []
    assert project.ok("list", "-o", "name").out == ""


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_secret_is_in_the_task_and_nowhere_else(
    make_project: MakeProject, isolation: str
) -> None:
    project = make_project(
        """
def leak():
    secret = os.environ["TOKEN"]
    Path("seen").write_text(secret)
    print("printed", secret)
    print("to stderr", secret, file=sys.stderr)
    raise ValueError(f"raised {secret}")
def register_pipelines():
    return {"__default__": Pipeline([node(leak, None, "a", name="leak")])}
""",
        dict(TOKEN),
    )
    env: dict[str, str | None] = {"TOKEN": SECRET}
    shown = ""
    for words in (
        ["run", "--isolation", isolation, "--logs"],
        ["retry", "--isolation", isolation, "-o", "json"],
        ["status"],
        ["status", "-o", "json"],
        ["list", "-o", "json"],
        ["compile"],
    ):
        result = project.run(*words, env=env)
        shown += result.text
    assert project.read("seen") == SECRET
    assert "printed ***" in shown
    assert "raised ***" in shown
    assert SECRET not in shown
    assert SECRET.encode() not in everything_kept(project)
    assert b"printed ***" in everything_kept(project)


def test_a_secret_of_several_lines_stays_hidden_line_by_line(make_project: MakeProject) -> None:
    project = make_project(
        """
def leak():
    print(os.environ["TOKEN"])
def register_pipelines():
    return {"__default__": Pipeline([node(leak, None, "a", name="leak")])}
""",
        dict(TOKEN),
    )
    env: dict[str, str | None] = {"TOKEN": "-----BEGIN-----\nplanted-one\nplanted-two\n"}
    result = project.run("run", "--logs", env=env)
    assert "planted" not in result.text
    assert b"planted" not in everything_kept(project)


FAILING = """
def make():
    trace("make")
    return 1
def fail(value):
    trace("fail")
    print("last words")
    if not Path("mended").exists():
        raise ValueError("the number is wrong")
    return value
def other(value):
    trace("other")
    return value
def after(value):
    trace("after")
    return value
def register_pipelines():
    return {"__default__": Pipeline([
        Node(make, None, "a", name="make"),
        Node(fail, "a", "b", name="failing_node"),
        Node(after, "b", "c", name="after"),
        Node(other, "a", "d", name="other"),
        Node(after, "d", "e", name="after_other"),
    ])}
"""


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


def test_output_of_each_task_is_in_its_log_and_shown_when_asked(
    make_project: MakeProject,
) -> None:
    project = make_project(FAILING)
    quiet = project.run("run", "--workflow-name", "fixed")
    assert "last words" not in quiet.text
    log = project.read(".argo-kedro/runs/fixed/logs/failing-node.log")
    assert "last words\n" in log
    assert "ValueError: the number is wrong" in log
    asked = project.run("run", "--logs")
    assert "[failing-node] last words\n" in asked.err


def test_json_output_is_every_event_and_nothing_else(two_tasks: Project) -> None:
    events = two_tasks.ok("run", "-o", "json").events()
    kinds = [
        (event["event"], event.get("task")) for event in events if event["event"] != "log_line"
    ]
    (name,) = two_tasks.ok("list", "-o", "name").out.split()
    assert events[0]["name"] == name
    assert kinds == [
        ("run_named", None),
        ("run_started", None),
        ("task_started", "make"),
        ("task_finished", "make"),
        ("task_started", "use"),
        ("task_finished", "use"),
        ("run_finished", None),
    ]
    assert events[-1]["phase"] == "Succeeded"
    assert all(event["at"].startswith("20") for event in events)


def test_a_run_that_goes_on_can_be_watched(make_project: MakeProject) -> None:
    project = make_project(
        """
        def first():
            tell("running")
            return wait("go")
        def second(number):
            raise ValueError("too deep")
        def register_pipelines():
            return {"__default__": Pipeline([
                Node(first, None, "number", name="first"),
                Node(second, "number", "result", name="second")])}
        """,
        RESULT,
    )
    for fifo in ("running", "go"):
        project.fifo(fifo)
    running = project.start("run", "-o", "name")
    assert running.stdout is not None
    name = running.stdout.readline().strip()
    project.hear("running")
    watching = project.start("watch", "-o", "json")
    assert watching.stderr is not None
    assert watching.stderr.readline() == f"run {name} · 2 tasks left\n"
    (project.root / "go").write_text("x")
    out, err = watching.communicate(timeout=60)
    kinds = [(it["event"], it.get("task")) for it in map(json.loads, out.splitlines())]
    assert kinds[-1] == ("run_finished", None) and ("task_finished", "second") in kinds
    # What happened before is not told again, and each event once.
    assert ("task_started", "first") not in kinds and len(kinds) == len(set(kinds))
    assert (watching.returncode, running.wait(60)) == (1, 1), err
    # One that is over is shown as it ended.
    over = project.run("watch")
    assert over.code == 1 and "ValueError: too deep" in over.out, over
    assert "argo-kedro retry" in over.err
    only_name = project.run("watch", "-o", "name")
    assert (only_name.out, only_name.err) == (f"{name}\n", "")
    refused = project.run("watch", "--logs")
    assert refused.code == 2 and f"argo-kedro logs {name}" in refused.err
    retried = project.run("retry", "-o", "name")
    assert (retried.code, retried.out) == (1, f"{name}\n"), retried
    running.stdout.close()


def test_quiet_says_nothing_but_the_table(two_tasks: Project) -> None:
    result = two_tasks.ok("run", "--quiet")
    assert result.err == ""
    assert "Succeeded" in result.out


def test_a_second_run_is_a_run_of_its_own(two_tasks: Project) -> None:
    two_tasks.ok("run")
    two_tasks.ok("run")
    assert two_tasks.traces() == ["make", "use 20"] * 2
    first, second = two_tasks.ok("list", "-o", "name").out.split()
    assert first != second
    latest = two_tasks.ok("status", "@latest", "-o", "json").json()
    assert latest["run"]["name"] == first
    by_prefix = two_tasks.ok("status", second, "-o", "json").json()
    assert by_prefix["state"]["phase"] == "Succeeded"
    assert by_prefix["run"]["uid"] != latest["run"]["uid"]


def test_the_same_name_twice_is_two_runs(two_tasks: Project) -> None:
    two_tasks.ok("run", "--workflow-name", "mine")
    two_tasks.ok("run", "-w", "mine")
    second, first = two_tasks.ok("list", "-o", "name").out.split()
    assert first == "mine"
    assert second.startswith("mine-")
    assert two_tasks.traces() == ["make", "use 20"] * 2


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_tasks_that_do_not_wait_for_each_other_run_side_by_side(
    make_project: MakeProject, isolation: str
) -> None:
    project = make_project(
        """
def left():
    tell("to_right"); wait("to_left"); return 1
def right():
    wait("to_right"); tell("to_left"); return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(left, None, "a", name="left"), node(right, None, "b", name="right")])}
""",
        {"conf/base/argo.yml": "machine_types: {default: {mem: 64Mi, cpu: 100m}}\n"},
    )
    project.fifo("to_left")
    project.fifo("to_right")
    project.ok("run", "--isolation", isolation)


def test_tasks_that_together_ask_more_than_the_machine_has_run_one_by_one(
    make_project: MakeProject,
) -> None:
    project = make_project(
        """
def alone():
    os.mkdir("taken"); os.rmdir("taken"); return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(alone, None, f"d{n}", name=f"n{n}") for n in range(6)])}
""",
        {"conf/base/argo.yml": "machine_types: {default: {mem: 900, cpu: 1}}\n"},
    )
    events = project.ok("run", "-o", "json").events()
    kinds = [it["event"] for it in events if it["event"] in ("task_started", "task_finished")]
    assert kinds == ["task_started", "task_finished"] * 6


def test_a_gpu_machine_type_runs_here(make_project: MakeProject) -> None:
    project = make_project(
        """
def register_pipelines():
    return {"__default__": Pipeline([
        Node(one, None, "a", name="n", machine_type="g2-standard-96")])}
"""
    )
    project.ok("run")


def test_hooks_of_the_project_run_in_each_task(make_project: MakeProject) -> None:
    project = make_project(
        files={
            "src/shop/hooks.py": """\
                import os
                from kedro.framework.hooks import hook_impl
                from shop.tools import trace
                class Hooks:
                    @hook_impl
                    def after_context_created(self, context):
                        trace(f"context {os.getpid()}")
                    @hook_impl
                    def before_node_run(self, node):
                        trace(f"node {node.name}")
                """,
            "src/shop/settings.py": "from shop.hooks import Hooks\nHOOKS = (Hooks(),)\n",
        }
    )
    project.ok("run")
    traces = project.traces()
    contexts = [line for line in traces if line.startswith("context")]
    assert len(contexts) == len(set(contexts)) == 2
    assert [line for line in traces if line.startswith("node")] == ["node make", "node use"]


def test_what_hooks_bring_is_read_and_stored_as_in_kedro_run(make_project: MakeProject) -> None:
    project = make_project(
        """
def use(value, bonus, extra, saved):
    return value + bonus + extra + saved
def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "number", name="make"),
        node(use, ["number", "params:bonus", "extra", "empty"], "result", name="use"),
    ])}
""",
        {
            "conf/base/catalog.yml": """\
                result: {type: shop.datasets.JsonFile, filepath: data/result.json}
                empty: {type: MemoryDataset}
                """,
            "src/shop/settings.py": """\
                from kedro.framework.hooks import hook_impl
                from kedro.io import MemoryDataset
                from shop.datasets import JsonFile
                class Hooks:
                    @hook_impl
                    def after_context_created(self, context):
                        context.config_loader["parameters"] = {"bonus": 10}
                    @hook_impl
                    def after_catalog_created(self, catalog):
                        catalog["number"] = JsonFile(filepath="data/number.json")
                        catalog["extra"] = MemoryDataset(100)
                        catalog["empty"].save(1000)
                HOOKS = (Hooks(),)
                """,
        },
    )
    found = project.ok("lint", "-o", "json").json()
    assert {(it["code"], it["severity"]) for it in found} >= {
        ("missing-dataset", "warning"),
        ("missing-parameter", "warning"),
        ("handoff-without-path", "warning"),
    }
    project.ok("run")
    assert json.loads(project.read("data/result.json")) == 1111
    assert json.loads(project.read("data/number.json")) == 1


def test_the_projects_session_class_runs_the_tasks(make_project: MakeProject) -> None:
    if not hasattr(settings, "SESSION_CLASS"):
        pytest.skip("this Kedro has no SESSION_CLASS")
    project = make_project(
        files={
            "src/shop/session.py": """\
                from kedro.framework.session import KedroSession
                from shop.tools import trace
                class OurSession(KedroSession):
                    def run(self, *arguments, **keywords):
                        trace("our session")
                        return super().run(*arguments, **keywords)
                """,
            "src/shop/settings.py": """\
                from shop.session import OurSession
                SESSION_CLASS = OurSession
                """,
        }
    )
    project.ok("run")
    assert project.traces().count("our session") == 2


def test_a_named_runner_runs_inside_the_tasks(make_project: MakeProject) -> None:
    project = make_project(
        files={
            "src/shop/runner.py": """\
                from kedro.runner import SequentialRunner
                from shop.tools import trace
                class OurRunner(SequentialRunner):
                    def run(self, *arguments, **keywords):
                        trace("our runner")
                        return super().run(*arguments, **keywords)
                """
        }
    )
    project.ok("run", "--runner", "shop.runner.OurRunner")
    assert project.traces().count("our runner") == 2


def test_a_group_runs_as_one_process_and_keeps_its_data_in_memory(
    make_project: MakeProject,
) -> None:
    project = make_project(
        """
def make():
    trace(os.getpid())
    return {"not": "json", 1: object()}
def use(value):
    trace(os.getpid())
    assert type(value[1]) is object
    return 1
def register_pipelines():
    return {"__default__": FusedPipeline([
        node(make, None, "kept", name="make"), node(use, "kept", "result", name="use")],
        name="group")}
""",
        {
            "conf/base/argo.yml": "runner: {use_memory_datasets: true}\n",
            "conf/base/catalog.yml": """\
                kept: {type: shop.datasets.JsonFile, filepath: data/k.json}
                """,
        },
    )
    project.ok("run")
    assert len(set(project.traces())) == 1
    assert not (project.root / "data/k.json").exists()


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


def test_tags_and_environments_select_as_with_kedro_run(make_project: MakeProject) -> None:
    project = make_project(
        """
def show(value):
    trace(value)
    return value
def register_pipelines():
    return {"__default__": Pipeline([
        node(show, "params:x", "a", name="first", tags="t"),
        node(show, "a", "b", name="second")])}
""",
        {"conf/base/parameters.yml": "x: base\n", "conf/cloud/parameters.yml": "x: cloud\n"},
    )
    project.ok("run", "--tags", "t", "--env", "cloud")
    assert project.traces() == ["cloud"]


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


BLOCKING = """
def block():
    trace(os.getpid())
    subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    tell("ready")
    signal.pause()
def stubborn():
    signal.signal(signal.SIGTERM, lambda *_: tell("told"))
    tell("ready")
    while True:
        signal.pause()
def after(value):
    trace("after")
def register_pipelines():
    return {"__default__": Pipeline([
        node(block, None, "a", name="block"), node(after, "a", "b", name="after")]),
        "stubborn": Pipeline([node(stubborn, None, "c", name="stubborn")])}
"""


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_ctrl_c_stops_every_process_and_leaves_a_run_to_go_on_with(
    make_project: MakeProject, isolation: str, number: signal.Signals
) -> None:
    project = make_project(BLOCKING)
    project.fifo("ready")
    with project.start("run", "--isolation", isolation) as program:
        project.hear("ready")
        program.send_signal(number)
        out, err = program.communicate(timeout=60)
    assert program.returncode == 130, err
    assert project.are_gone(project.processes())
    assert "after" not in project.traces()
    assert "retry" in err
    assert is_clean(out + err)
    state = project.ok("status", "-o", "json").json()["state"]
    assert state["phase"] == "Failed"
    assert state["tasks"]["block"]["message"] == "stopped"


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_second_ctrl_c_kills_a_task_that_will_not_end(
    make_project: MakeProject, isolation: str
) -> None:
    project = make_project(BLOCKING)
    project.fifo("ready")
    project.fifo("told")
    words = ["run", "--pipelines", "stubborn", "--isolation", isolation]
    with project.start(*words) as program:
        project.hear("ready")
        program.send_signal(signal.SIGINT)
        project.hear("told")
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=60)
    assert program.returncode == 130
    assert project.are_gone(project.processes())


def test_a_run_that_goes_on_is_shown_as_running(make_project: MakeProject) -> None:
    project = make_project(BLOCKING)
    project.fifo("ready")
    with project.start("run") as program:
        project.hear("ready")
        state = project.ok("status", "-o", "json").json()["state"]
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=60)
    assert state["phase"] == "Running"
    assert state["tasks"]["block"]["phase"] == "Running"


def test_a_project_that_starts_threads_is_run_in_fresh_processes_saying_so(
    make_project: MakeProject,
) -> None:
    project = make_project(
        """
import threading
threading.Thread(target=threading.Event().wait, daemon=True, name="poller").start()
def register_pipelines():
    return {"__default__": Pipeline([node(one, None, "a", name="n")])}
"""
    )
    result = project.ok("run")
    assert "poller" in result.err
    assert "each task is a new process" in result.err


def test_the_state_can_be_kept_elsewhere(two_tasks: Project, tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    two_tasks.ok("run", "--state", state)
    assert not (two_tasks.root / ".argo-kedro").exists()
    assert two_tasks.ok("list", "--state", state, "-o", "name").out.startswith("shop-")


def test_a_reader_of_the_output_that_has_gone_is_no_failure(two_tasks: Project) -> None:
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run(
        [str(PROGRAM), "run", "-o", "json"],
        cwd=two_tasks.root,
        env=two_tasks.environment(),
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    os.close(write)
    assert ended.returncode == 0, ended.stderr
    assert two_tasks.traces() == ["make", "use 20"]


def test_a_process_that_a_node_leaves_behind_does_not_hold_the_run(
    make_project: MakeProject,
) -> None:
    project = make_project(
        """
def leave():
    subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(leave, None, "a", name="leave")])}
"""
    )
    for isolation in ISOLATIONS:
        project.ok("run", "--isolation", isolation)
        assert project.are_gone(project.processes())


def test_output_that_is_no_text_does_not_stop_the_run(make_project: MakeProject) -> None:
    project = make_project(
        """
def shout():
    os.write(1, b"\\xff\\xfe no text \\x00 \\x1b[31m\\n" + b"x" * 200_000)
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(shout, None, "a", name="shout")])}
"""
    )
    events = project.ok("run", "-o", "json").events()
    lines = [it["line"] for it in events if it["event"] == "log_line"]
    assert any("no text" in line for line in lines)
    assert sum(line.count("x") for line in lines) >= 200_000


def test_a_secret_across_the_cut_of_a_long_line_stays_hidden(make_project: MakeProject) -> None:
    project = make_project(
        """
def leak():
    print("-" * (64 * 1024 - 8) + os.environ["TOKEN"])
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(leak, None, "a", name="leak")])}
""",
        dict(TOKEN),
    )
    project.ok("run", env={"TOKEN": SECRET})
    log = everything_kept(project)
    assert b"---" in log
    assert SECRET[:8].encode() not in log
    assert SECRET[8:].encode() not in log


def test_nodes_without_a_name_run(make_project: MakeProject) -> None:
    project = make_project(
        """
from functools import partial
def add(left, right):
    trace(left + right)
    return left + right
def register_pipelines():
    return {"__default__": Pipeline([
        Node(one, None, "a"), Node(lambda a: a + 1, "a", "b"), Node(partial(add, 1), "b", "c")])}
"""
    )
    project.ok("run")
    assert project.traces() == ["3"]


def test_hints_name_the_command_that_was_typed(make_project: MakeProject) -> None:
    project = make_project(FAILING)
    assert "kedro argo run" in project.kedro("argo", "retry").err
    failed = project.kedro("argo", "run")
    assert failed.code == 1
    assert "kedro argo retry shop-" in failed.err
    assert "argo-kedro retry" not in failed.err
