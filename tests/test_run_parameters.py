"""Runtime parameters of runs here."""

from __future__ import annotations

from pathlib import Path

import pytest
from pipelines_for_runs import ISOLATIONS
from projects import MakeProject, Project, is_clean

pytestmark = pytest.mark.kedro

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
