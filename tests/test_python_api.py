"""`import argo_kedro`: runs from notebooks and scripts, by the real program."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import argo_kedro
import pytest
from argo_kedro import NodeStatus, Phase, Run, RunFailed
from argo_kedro.api.records import Output, Result, Rows, html_table
from projects import RESULT, MakeProject, Project

pytestmark = pytest.mark.usefixtures("as_the_user")

HOSTILE = "<script>alert(1)</script><img src=x onerror='y'>&"


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
    # Nothing left to do is no error.
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
    run.retry(params={"x": "1e3", "text": text}, progress=False)
    assert json.loads(project.read("data/result.json")) == f"1e3 {text}"
    once_more = run.retry(
        nodes=[check, "other"],
        restart_successful=True,
        params={"x": "twice"},
        progress=False,
    )
    assert {node.name: node.tries for node in once_more.nodes} == {check: 3, "other": 2}
    assert json.loads(project.read("data/result.json")) == f"twice {text}"


def test_texts_of_parameters_stay_texts() -> None:
    from argo_kedro.api.command_line import parameters_file
    from omegaconf import OmegaConf

    texts = ["1e3", "12e5678", "-1E+3", "1_000", "0o17", "on", "null", "2001-01-01", "1:30", ".inf"]
    texts += ["", " a ", "a\nb", "a: b # c", '"\\', "\x07\x85\u2028é😀", "word " * 60, "<<", "="]
    values = [1000.0, 1e-07, 1e300, float("inf"), -float("inf"), 1 << 70, -3, True, None, [], {}]
    params = {"texts": texts, "values": values, "keys": {text: {text: text} for text in texts}}
    with parameters_file(params) as (word,):
        read = OmegaConf.to_container(OmegaConf.load(word.partition("=")[2]))
    assert read == params
    assert [type(it) for it in read["values"]] == [type(it) for it in values]


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
