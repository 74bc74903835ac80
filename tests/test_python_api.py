"""`import argo_kedro`: runs from notebooks and scripts, by the real program."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import argo_kedro
import pytest
from argo_kedro import ArgoKedroError, NodeStatus, Phase, Run, RunFailed
from argo_kedro.api.history import _STARTED
from argo_kedro.api.program import _Errors
from argo_kedro.api.records import Output, Result, Rows, html_table
from projects import RESULT, TWO_TASKS, VERSIONED, MakeProject, Project, is_clean

HOSTILE = "<script>alert(1)</script><img src=x onerror='y'>&"


@pytest.fixture(autouse=True)
def _as_the_user(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives this process the variables that a user of the project has."""
    monkeypatch.setenv("KEDRO_DISABLE_TELEMETRY", "1")


def start(project: Project, code: str) -> subprocess.Popen[str]:
    """Starts Python in the project, in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-X", "dev", "-c", textwrap.dedent(code)],
        cwd=project.root,
        env=project.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def python(project: Project, code: str) -> str:
    """Runs Python in the project, which has to succeed."""
    with start(project, code) as process:
        out, err = process.communicate(timeout=project.hangs_after)
    assert process.returncode == 0, err
    return out


def error_of(what: Callable[[], Any]) -> ArgoKedroError:
    with pytest.raises(ArgoKedroError) as caught:
        what()
    # Nothing of ours is shown but the error.
    assert caught.value.__cause__ is None and is_clean(str(caught.value))
    return caught.value


@pytest.mark.kedro
def test_a_run_knows_where_it_and_its_nodes_stand(
    two_tasks: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    run = argo_kedro.run(project=two_tasks.root)
    told = capfd.readouterr()
    assert "✓ use" in told.err and told.out == ""
    assert isinstance(run, Run) and run.status.phase is Phase.SUCCEEDED
    assert (run.status.pipeline, run.status.env, run.status.namespace) == (
        "__default__",
        "local",
        None,
    )
    assert run.status.started and run.status.finished
    assert run.status.created <= run.status.started <= run.status.finished
    assert [(node.name, node.phase, node.tries) for node in run.nodes] == [
        ("make", Phase.SUCCEEDED, 1),
        ("use", Phase.SUCCEEDED, 1),
    ]
    assert all(node.duration is not None and node.duration >= 0 for node in run.nodes)
    assert "Running node: make" in run.logs("make") and "[use]" not in run.logs("make")
    assert "[use]" in run.logs() and len(run.logs("use", tail=1).splitlines()) == 1
    (result,) = run.results()
    assert (result.dataset, result.type) == ("result", "shop.datasets.JsonFile")
    assert result.path == str(two_tasks.root / "data/result.json")
    assert result.preview == {"kind": "json", "json": 40}
    assert run.results(load=False)[0].preview is None
    assert argo_kedro.get_run(project=two_tasks.root) == run
    assert argo_kedro.get_run(run.name[:-1], project=two_tasks.root / "src") != run
    quiet = argo_kedro.run(project=two_tasks.root, progress=False, workflow_name="other")
    assert capfd.readouterr().err == ""
    assert list(argo_kedro.runs(project=two_tasks.root)) == [quiet, run]
    assert repr(quiet) == "<Run other, Succeeded>"
    assert repr(argo_kedro.runs(project=two_tasks.root)).splitlines()[1].startswith("other ")


def test_what_is_run_is_chosen_as_on_the_command_line(make_project: MakeProject) -> None:
    project = make_project(
        """
        def show(value, *_):
            trace(json.dumps(value))
            trace(str(os.environ.get("MPLBACKEND")))
            return 1
        def register_pipelines():
            return {"__default__": Pipeline([
                Node(show, "params:model", "a", name="first", tags="early"),
                Node(show, ["params:model", "a"], "b", name="second", namespace="late"),
            ]), "other": Pipeline([Node(one, None, "x", name="one")])}
        """,
        {"conf/base/parameters.yml": "model: {depth: 1}\n", "conf/test/.gitkeep": ""},
    )
    params = {"model": {"rate": 1e-07, "text": "a, b=ü 😀 'x'", "none": None, "big": 1 << 70}}
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    try:
        run = argo_kedro.run(params=params, tags="early", env="test", project=project.root)
    finally:
        del os.environ["MPLBACKEND"]
    assert run.status.env == "test"
    value, backend = project.traces()
    assert json.loads(value) == {"depth": 1, **params["model"]}
    assert backend == "None"
    assert [node.name for node in run.nodes] == ["first"]
    one = argo_kedro.run(["other"], project=str(project.root), isolation="spawn", cpus=1)
    assert ([node.name for node in one.nodes], one.status.pipeline) == (["one"], "other")


FAILS = """
def make():
    trace("make")
    return 1
def use(number):
    if not Path("mended").exists():
        raise ValueError("HOSTILE")
    return 2
def register_pipelines():
    return {"__default__": Pipeline([
        Node(make, None, "number", name="make"),
        FusedPipeline([
            Node(make, None, "other", name="before"),
            Node(use, ["number"], "result", name="use")], name="group"),
        Node(use, "result", "end", name="end"),
    ])}
""".replace("HOSTILE", HOSTILE)


def test_a_run_that_fails_says_which_nodes_and_why(make_project: MakeProject) -> None:
    project = make_project(FAILS, dict(RESULT))
    with pytest.raises(RunFailed) as caught:
        argo_kedro.run(project=project.root)
    error = caught.value
    reason = f"ValueError: {HOSTILE}"
    assert [(node.name, node.message) for node in error.failed] == [("use", reason)]
    assert f"\n  use: {reason}" in str(error) and 'Run.logs("use")' in str(error)
    run = error.run
    assert {node.name: node.phase.value for node in run.nodes} == {
        "make": "Succeeded",
        "before": "Failed",
        "use": "Failed",
        "end": "Omitted",
    }
    shown = run._repr_html_()
    assert "&lt;script&gt;" in shown and "<script" not in shown and "<img" not in shown
    assert run.wait(raise_on_failure=False) is run
    with pytest.raises(RunFailed):
        run.wait()
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.run, copy.failed, str(copy)) == (run, error.failed, str(error))
    project.write({"mended": ""})
    assert run.retry().status.phase is Phase.SUCCEEDED
    assert [node.tries for node in run.nodes] == [1, 2, 2, 1]
    again = run.retry(nodes="make", restart_successful=True, wait=False)
    assert again.wait().nodes[0].tries == 2
    # Nothing is left to do, and that is no error.
    assert run.retry(wait=False) is run


def test_everything_is_escaped_and_nothing_comes_from_elsewhere() -> None:
    node = NodeStatus(HOSTILE, HOSTILE, Phase.FAILED, 1, 2.0, HOSTILE)
    result = Result(HOSTILE, HOSTILE, HOSTILE, None, 3, None, HOSTILE)
    for html in (
        html_table([node]),
        Rows([result])._repr_html_(),
        Output(HOSTILE)._repr_html_(),
        Run(HOSTILE, Path("/nowhere"))._repr_html_(),
    ):
        assert "&lt;script&gt;" in html
        tags = html.replace(' style="text-align: left; vertical-align: top"', "")
        left = {word.split(">")[0].strip("/") for word in tags.split("<")[1:]}
        assert left <= {"table", "thead", "tbody", "tr", "th", "td", "p", "b", "pre"}, html


WAITS = """
def first():
    tell("running")
    return wait("go")
def register_pipelines():
    return {"__default__": Pipeline([Node(first, None, "result", name="first")])}
"""


def test_a_run_goes_on_when_nobody_waits_for_it(make_project: MakeProject) -> None:
    project = make_project(WAITS, dict(RESULT))
    for name in ("running", "go"):
        project.fifo(name)
    name = python(project, "import argo_kedro; print(argo_kedro.run(wait=False).name)").strip()
    project.hear("running")
    run = argo_kedro.get_run(project=project.root)
    assert (run.name, run.status.phase) == (name, Phase.RUNNING)
    with pytest.raises(TimeoutError, match="it goes on"):
        run.wait(timeout=0, progress=False)
    # Who is interrupted while waiting no longer waits.
    with start(project, "import argo_kedro; argo_kedro.get_run().wait()") as waiting:
        assert waiting.stderr is not None
        assert waiting.stderr.readline() == f"run {name} · 1 task left\n"
        waiting.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in waiting.communicate()[1]
    assert run.status.phase is Phase.RUNNING
    (project.root / "go").write_text("x")
    assert run.wait(progress=False).status.phase is Phase.SUCCEEDED


def test_to_interrupt_a_run_that_is_waited_for_stops_it(make_project: MakeProject) -> None:
    project = make_project(WAITS, dict(RESULT))
    for name in ("running", "go"):
        project.fifo(name)
    code = """
        import argo_kedro
        try:
            argo_kedro.run()
        except KeyboardInterrupt:
            print(argo_kedro.get_run().status.message)
        """
    with start(project, code) as process:
        project.hear("running")
        # To the kernel alone, as Jupyter does.
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=project.hangs_after)
    assert out == "stopped\n", err
    assert "stopping the tasks" in err and "Traceback" not in err
    assert project.are_gone(project.processes())
    error = error_of(argo_kedro.get_run(project=project.root).wait)
    assert isinstance(error, RunFailed) and "stopped" in error.message


KILLED = """
def first():
    tell("running")
    return wait("go")
def register_pipelines():
    return {"__default__": Pipeline([Node(first, None, "result", name="first")]),
        "other": Pipeline([Node(one, None, "x", name="one")])}
"""


def test_why_a_process_ended_is_kept_until_its_run_is_continued(make_project: MakeProject) -> None:
    project = make_project(KILLED, dict(RESULT))
    project.fifo("running")
    go = project.fifo("go")
    run = argo_kedro.run(project=project.root, wait=False)
    project.hear("running")
    process = _STARTED[(run.project, run.name)]._process
    process.kill()
    process.wait()
    assert project.are_gone(project.processes())
    # Another run that is begun meanwhile does not make it forgotten.
    assert argo_kedro.run("other", project=project.root, wait=False).name != run.name
    killed = error_of(run.wait)
    assert killed.code == "no_result" and "exit code -9" in killed.message
    # Nobody is heard any more, and nobody waited for.
    for pipe in (go, project.root / "running"):
        pipe.unlink()
    go.write_text("x")
    assert run.retry(progress=False).wait(progress=False).status.phase is Phase.SUCCEEDED


def test_a_killed_run_that_was_continued_elsewhere_is_what_became_of_it(
    make_project: MakeProject,
) -> None:
    project = make_project(KILLED, dict(RESULT))
    project.fifo("running")
    go = project.fifo("go")
    run = argo_kedro.run(project=project.root, wait=False)
    project.hear("running")
    process = _STARTED[(run.project, run.name)]._process
    process.kill()
    process.wait()
    assert project.are_gone(project.processes())
    for pipe in (go, project.root / "running"):
        pipe.unlink()
    go.write_text("x")
    project.ok("retry", run.name)
    assert run.wait(progress=False).status.phase is Phase.SUCCEEDED


COMMAS = """
def check(x, word):
    if x == "bad":
        raise ValueError(word)
    return f"{x} {word}"
def register_pipelines():
    return {"__default__": Pipeline([
        node(check, ["params:x", "params:text"], "result"),
        Node(one, None, "other", name="other"),
    ])}
"""


def test_a_retry_takes_parameters_and_names_with_any_characters(make_project: MakeProject) -> None:
    text = "a,b=c: 'd' \"e\" {{g}} 1e3\n\tü"
    files = {**RESULT, "conf/base/parameters.yml": "x: good\ntext: none\n"}
    project = make_project(COMMAS, files)
    run = argo_kedro.run(
        project=project.root, params={"x": "bad"}, raise_on_failure=False, progress=False
    )
    (check,) = (node.name for node in run.nodes if node.name != "other")
    again = run.retry(params={"x": "1e3", "text": text}, progress=False)
    assert again.load("result") == f"1e3 {text}"
    once_more = run.retry(
        nodes=[check, "other"],
        restart_successful=True,
        params={"x": "twice"},
        progress=False,
    )
    assert {node.name: node.tries for node in once_more.nodes} == {check: 3, "other": 2}
    assert once_more.load("result") == f"twice {text}"


def test_a_run_can_be_stopped(make_project: MakeProject) -> None:
    project = make_project(WAITS, dict(RESULT))
    for name in ("running", "go"):
        project.fifo(name)
    run = argo_kedro.run(project=project.root, wait=False)
    project.hear("running")
    run.stop()
    run.wait(raise_on_failure=False)
    assert (run.status.phase, run.status.message) == (Phase.FAILED, "Stopped with strategy 'Stop'")
    assert error_of(run.stop).message.endswith("has ended already")


def test_bad_input_is_an_error_with_a_hint(
    two_tasks: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = two_tasks.root
    monkeypatch.chdir(tmp_path)
    for call in (argo_kedro.run, argo_kedro.runs, argo_kedro.get_run):
        error = error_of(call)
        assert (error.code, error.message) == (
            "not_a_project",
            f"{tmp_path} is not in a Kedro project",
        )
        assert error.hints == ("name the folder of a Kedro project: project=FOLDER",)
    gone = error_of(lambda: argo_kedro.run(project=tmp_path / "nope"))
    assert "project=FOLDER" in gone.hints[0] and f"{tmp_path}/nope" in gone.message
    unknown = error_of(lambda: argo_kedro.run("__defualt__", project=root))
    assert (unknown.code, unknown.hints) == ("unknown_pipeline", ("did you mean `__default__`?",))
    assert error_of(lambda: argo_kedro.run("x", project=root, wait=False)).code == unknown.code
    for params, named in (
        ({"model": {"when": tmp_path}}, "`model.when` is of the type"),
        ({"a": [1, {2}]}, "`a[1]` is of the type set"),
        ({"a": {1: 2}}, "`a.1` has the key 1"),
        ([1], "`params` is of the type list"),
        ({"a": "${b"}, "cannot read `params`"),
    ):
        bad: Any = params
        assert named in error_of(lambda: argo_kedro.run(params=bad, project=root)).message  # noqa: B023
    nodes: Any = 3
    assert "`nodes` is 3" in error_of(lambda: argo_kedro.run(nodes=nodes, project=root)).message
    assert error_of(lambda: argo_kedro.get_run(project=root)).code == "no_runs"
    run = argo_kedro.run(project=root, progress=False)
    for missing in ("nope", "--nope", "@nope", "no\u2028pe"):
        assert error_of(lambda: argo_kedro.get_run(missing, project=root)).code == "unknown_run"  # noqa: B023
    assert error_of(lambda: run.logs("mkae")).hints == ("did you mean `make`?",)
    isolation: Any = "thread"
    assert error_of(lambda: argo_kedro.run(isolation=isolation, project=root)).code == "usage"
    two_tasks.write({"src/shop/pipeline_registry.py": "import nothing_of_this_name\n"})
    broken = error_of(lambda: argo_kedro.run(project=root))
    assert broken.code == "project_import_failed" and "pipeline_registry.py" in broken.detail
    assert broken.detail in str(broken) and "argo_kedro/" not in str(broken)
    assert "nothing_of_this_name" in broken.hints[0]
    assert broken._render_traceback_()[0].startswith("ArgoKedroError: cannot import the project")
    monkeypatch.setattr("argo_kedro._program.NAME", "no-such-program")
    lost = error_of(lambda: argo_kedro.runs(project=root))
    assert lost.code == "program_missing" and "Looked in" in lost.message


@pytest.mark.parametrize("wait", [True, False])
def test_nothing_to_run_is_no_error(
    two_tasks: Project, capfd: pytest.CaptureFixture[str], wait: bool
) -> None:
    two_tasks.write({"data/result.json": "1"})
    made = argo_kedro.run(project=two_tasks.root, only_missing_outputs=True, wait=wait)
    assert made is None
    told = capfd.readouterr().err
    assert "every output exists already" in told and "{" not in told
    assert list(argo_kedro.runs(project=two_tasks.root)) == []


def test_no_run_and_a_failure_is_an_error(
    two_tasks: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "argo-kedro"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr("argo_kedro.api.program.locate_program", lambda: str(program))
    for wait in (True, False):
        error = error_of(
            lambda: argo_kedro.run(project=two_tasks.root, only_missing_outputs=True, wait=wait)  # noqa: B023
        )
        assert error.code == "no_result"


def test_texts_of_parameters_stay_texts() -> None:
    from argo_kedro.api.words import parameters_file
    from omegaconf import OmegaConf

    texts = ["1e3", "12e5678", "-1E+3", "1_000", "0o17", "on", "null", "2001-01-01", "1:30", ".inf"]
    texts += ["", " a ", "a\nb", "a: b # c", '"\\', "\x07\x85\u2028é😀", "word " * 60, "<<", "="]
    values = [1000.0, 1e-07, 1e300, float("inf"), -float("inf"), 1 << 70, -3, True, None, [], {}]
    params = {"texts": texts, "values": values, "keys": {text: {text: text} for text in texts}}
    with parameters_file(params) as (word,):
        read = OmegaConf.to_container(OmegaConf.load(word.partition("=")[2]))
    assert read == params
    assert [type(it) for it in read["values"]] == [type(it) for it in values]


def test_only_an_error_of_the_program_is_read_as_one() -> None:
    """What builds an image may print JSON of its own on the same stream."""
    ours = {"code": "unknown_run", "message": "no run", "hints": ["list"], "exit_code": 2}
    others: list[Any] = [
        "denied",
        None,
        {"code": 403, "message": "denied"},
        {**ours, "hints": "list"},
        {**ours, "exit_code": None},
        {**ours, "causes": 3},
        {key: it for key, it in ours.items() if key != "hints"},
    ]
    lines = ['{"error":' + json.dumps(it) + "}" for it in others]
    lines += ['{"error": half', '{"error":' + "[" * 100_000]
    said: list[str] = []
    errors = _Errors(said.append)
    errors.take_all("\n".join(lines).encode())
    errors.raise_if_any(0)
    assert said == lines
    errors.take_all(json.dumps({"error": ours}).encode())
    assert said == lines
    assert error_of(lambda: errors.raise_if_any(2)).hints == ("list",)


def test_findings_that_stand_in_the_way_are_shown(two_tasks: Project) -> None:
    two_tasks.write({"conf/base/argo.yml": "runnr: {}\n"})
    error = error_of(lambda: argo_kedro.run(project=two_tasks.root))
    assert error.code == "findings" and "runnr" in error.message
    assert "argo.yml" in error.detail and "\x1b" not in error.detail
    # They stand there once.
    assert str(error) == error.detail


LOADS = """
def score(depth):
    return {"depth": depth}
def hand(metrics):
    return {"handed": metrics["depth"]}
def table(handed):
    if handed["handed"] == 9:
        raise ValueError("nine")
    return handed
def register_pipelines():
    return {"__default__": Pipeline([
        Node(score, "params:depth", "metrics", name="score"),
        Node(hand, "metrics", "handed", name="hand"),
        Node(table, "handed", "plain", name="plain"),
        Node(table, "source", "unused", name="source"),
    ])}
"""
LOADS_CATALOG = """
metrics: {type: shop.datasets.Versioned, filepath: data/metrics.json, versioned: true}
plain: {type: shop.datasets.JsonFile, filepath: data/plain.json}
source: {type: shop.datasets.JsonFile, filepath: data/source.json}
"""


@pytest.mark.kedro
def test_data_is_loaded_as_a_run_has_it(make_project: MakeProject) -> None:
    project = make_project(
        LOADS,
        {
            "conf/base/catalog.yml": LOADS_CATALOG,
            "conf/base/parameters.yml": "depth: 3\n",
            "data/source.json": '{"handed": 0}',
        },
    )
    path = project.root / "src/shop/datasets.py"
    path.write_text(VERSIONED + path.read_text())
    out = python(
        project,
        """
        import json, os, shutil, time, warnings
        from pathlib import Path
        import argo_kedro
        from argo_kedro import ArgoKedroError

        def told(what):
            try:
                return what()
            except ArgoKedroError as error:
                return [error.message, *error.hints]

        before = dict(os.environ), os.getcwd()
        old = argo_kedro.run(params={"depth": 4}, progress=False)
        new = argo_kedro.run(progress=False)
        failed = argo_kedro.run(params={"depth": 9}, progress=False, raise_on_failure=False)
        loaded = [old.load(it) for it in ("metrics", "handed", "source", "params:depth")]
        assert new.load("metrics") == {"depth": 3}
        assert (dict(os.environ), os.getcwd()) == before
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert new.load("plain") == {"handed": 3}
            os.utime("data/plain.json", (time.time() + 3600,) * 2)
            new.load("plain")
        again = [it for it in caught if "written again" in str(it.message)]
        warned = [[str(it.message), it.filename] for it in again]
        shutil.rmtree("data/metrics.json")
        answers = [told(lambda: old.load(it)) for it in ("metrics", "metrcs")]
        answers.append(told(lambda: failed.load("plain")))
        Path("src/shop/settings.py").write_text("raise ValueError")
        print(json.dumps([loaded, warned, answers, old.name, failed.name]))
        """,
    )
    loaded, warned, answers, old, failed = json.loads(out.splitlines()[-1])
    assert loaded == [{"depth": 4}, {"handed": 4}, {"handed": 0}, 4]
    # The warning leads to who loads, and not into argo-kedro.
    ((warning, place),) = warned
    assert place == "<string>"
    assert warning.startswith("`plain` was written again after run")
    assert answers == [
        [f"cannot load `metrics` of run {old}: the data no longer exists"],
        [f"run {old} has no dataset `metrcs`", "did you mean `metrics`?"],
        [f"run {failed} has not made `plain`: its node plain is Failed: ValueError: nine"],
    ]


def test_what_stood_in_for_buckets_stands_in_for_them_only_while_it_is_loaded(
    make_project: MakeProject,
) -> None:
    handoff = "memory_datasets: {mode: persist, path: s3://bucket/handoff}\n"
    project = make_project(TWO_TASKS, {**RESULT, "conf/base/argo.yml": handoff})
    out = python(
        project,
        """
        import argo_kedro, fsspec
        run = argo_kedro.run(like_a_pod=True, progress=False)
        before = dict(fsspec.registry)
        print(run.load("number"))
        assert all(before.get(name) is kind for name, kind in fsspec.registry.items()
            if name.startswith("s3") or name in before)
        """,
    )
    assert out.splitlines()[-1] == "20"


@pytest.mark.kedro
def test_a_project_that_cannot_be_imported_here_shows_its_own_traceback(
    two_tasks: Project,
) -> None:
    out = python(
        two_tasks,
        """
        import argo_kedro
        from pathlib import Path
        run = argo_kedro.run(progress=False)
        Path("src/shop/settings.py").write_text("import nothing_of_this_name")
        try:
            run.load("result")
        except argo_kedro.ArgoKedroError as error:
            print(error.code, error)
        """,
    )
    assert out.startswith("project_import_failed cannot open the project")
    assert "nothing_of_this_name" in out and "settings.py" in out
    assert "/argo_kedro/" not in out and "kedro/framework" not in out


def test_two_projects_whose_packages_have_one_name_are_not_mixed_up(
    make_project: MakeProject,
) -> None:
    one = make_project(TWO_TASKS, dict(RESULT))
    other = make_project(TWO_TASKS, dict(RESULT), name="other")
    out = python(
        one,
        f"""
        import argo_kedro
        print(argo_kedro.run(progress=False).load("result"))
        run = argo_kedro.run(project={str(other.root)!r}, progress=False)
        try:
            run.load("result")
        except argo_kedro.ArgoKedroError as error:
            print(error)
        """,
    )
    assert out.splitlines()[0] == "40"
    assert "package `shop` of another project" in out and "restart the kernel" in out


def test_to_import_the_package_costs_next_to_nothing() -> None:
    code = """
import sys
import argo_kedro
from argo_kedro.pipeline import node as _
assert "argo_kedro.api" not in sys.modules, "only who asks pays"
import argo_kedro.hooks, argo_kedro.cli
assert "argo_kedro.api" not in sys.modules
assert {"run", "runs", "Run"} <= set(dir(argo_kedro))
try:
    argo_kedro.nothing
except AttributeError as error:
    assert "'argo_kedro' has no attribute 'nothing'" in str(error)
from argo_kedro import *
assert run is argo_kedro.run
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
