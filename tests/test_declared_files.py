"""The files that tasks hand on are each task's own, since each pod has its own disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import MakeProject, Project

REGISTRY = """
def note():
    trace(f"A={os.environ.get('A')} B={os.environ.get('B')}")
    if not Path("ready").exists():
        raise RuntimeError("not ready")
    return 1

def register_pipelines():
    return {"__default__": Pipeline([node(note, None, "noted", name="note")])}
"""


def template(name: str, output: str, script: str, path: str) -> str:
    return f"""
  - name: {name}
    container: {{command: [sh, -c], args: [{script!r}]}}
    outputs: {{parameters: [{{name: {output}, path: {path}}}]}}
"""


@pytest.fixture
def token(tmp_path: Path) -> Path:
    return tmp_path / "host" / "token"


def project(make_project: MakeProject, templates: str, names: str = "one, two") -> Project:
    return make_project(
        REGISTRY,
        {
            "ready": "",
            "conf/base/argo.yml": f"template:\n  init_templates: [{names}]\n"
            f"  templates:{templates}",
        },
    )


def test_templates_that_write_one_path_do_not_take_each_others_file(
    make_project: MakeProject, token: Path
) -> None:
    token.parent.mkdir()
    token.write_text("of the host")
    both = [
        template(name, output, f"echo from-{output} > {token}.part; mv {token}.part {token}", token)
        for name, output in (("one", "a"), ("two", "b"))
    ]
    shop = project(make_project, "".join(both))
    shop.ok("run")
    assert shop.traces() == ["A=from-a B=from-b"]
    assert token.read_text() == "of the host"
    assert [path.name for path in token.parent.iterdir()] == ["token"]


@pytest.mark.parametrize("on_host", [True, False])
def test_a_template_that_writes_nothing_takes_no_other_file(
    make_project: MakeProject, token: Path, on_host: bool
) -> None:
    token.parent.mkdir()
    if on_host:
        token.write_text("of the host")
    shop = project(
        make_project,
        template("one", "a", f"echo from-a > {token}", token) + template("two", "b", "true", token),
    )
    failed = shop.run("run", "--workflow-name", "x")
    assert failed.code == 1
    assert shop.traces() == []
    tasks = shop.ok("status", "x", "-o", "json").json()["state"]["tasks"]
    assert tasks["two"]["phase"] == "Error"
    assert f"the task did not write its output file {token}" in tasks["two"]["message"]


def test_a_program_that_knows_its_path_by_itself_hands_on_what_it_wrote(
    make_project: MakeProject, token: Path
) -> None:
    token.parent.mkdir()
    token.write_text("of the host")
    shop = project(make_project, template("one", "a", "sh boot.sh", token), names="one")
    shop.write({"boot.sh": f"echo from-a > {token}\n"})
    shop.ok("run")
    assert shop.traces() == ["A=from-a B=None"]


@pytest.mark.parametrize("second", ["sh boot.sh b", "sleep 0.5"])
def test_programs_that_know_one_path_by_themselves_do_not_take_each_others_file(
    make_project: MakeProject, token: Path, second: str
) -> None:
    token.parent.mkdir()
    shop = project(
        make_project,
        template("one", "a", "sh boot.sh a", token) + template("two", "b", second, token),
    )
    # Both tasks would use the file at the same time.
    shop.write({"boot.sh": f"sleep 0.2; echo from-$1 > {token}; sleep 0.2\n"})
    if second.startswith("sh"):
        shop.ok("run")
        assert shop.traces() == ["A=from-a B=from-b"]
    else:
        shop.run("run", "--workflow-name", "x")
        tasks = shop.ok("status", "x", "-o", "json").json()["state"]["tasks"]
        assert (tasks["one"]["phase"], tasks["two"]["phase"]) == ("Succeeded", "Error")
    # The disk of a pod is removed with the pod.
    assert not token.exists()


def test_two_outputs_may_be_read_from_one_file(make_project: MakeProject, token: Path) -> None:
    token.parent.mkdir()
    text = template("one", "a", f"echo of-both > {token}", token)
    one, two = f"{{name: a, path: {token}}}", f"{{name: b, path: {token}}}"
    shop = project(make_project, text.replace(one, f"{one}, {two}"), names="one")
    shop.ok("run")
    assert shop.traces() == ["A=of-both B=of-both"]


def test_a_retry_has_what_a_template_handed_on_though_the_path_has_changed(
    make_project: MakeProject, token: Path
) -> None:
    token.parent.mkdir()
    shop = project(
        make_project,
        template("one", "a", f"echo from-a > {token}; echo x >> made", token),
        names="one",
    )
    (shop.root / "ready").unlink()
    assert shop.run("run", "--workflow-name", "x").code == 1
    token.write_text("another run's")
    shop.write({"ready": ""})
    shop.ok("retry", "x")
    assert shop.traces() == ["A=from-a B=None"] * 2
    assert shop.read("made") == "x\n"
