"""Wrong words: one clear error that names them, and the right exit code."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from explained_error import assert_explained
from projects import PROGRAM, MakeProject, Project, is_clean

pytestmark = pytest.mark.kedro

FIVE_MB = 5 * 1024 * 1024


@pytest.mark.parametrize(
    ("words", "named", "meant"),
    [
        (["--pipelines", "traning"], "pipeline named `traning`", "`training`"),
        (["--env", "clod"], "environment named `clod`", "`cloud`"),
        (["--nodes", "mkae"], "node named `mkae`", "`make`"),
        (["--from-nodes", "mkae"], "(`--from-nodes`)", "`make`"),
        (["--to-nodes", "mkae"], "(`--to-nodes`)", "`make`"),
        (["--tags", "dialy"], "tag named `dialy`", "`daily`"),
        (["--namespaces", "trainin"], "namespace named `trainin`", "`training`"),
        (["--from-inputs", "numbr"], "dataset named `numbr`", "`number`"),
        (["--to-outputs", "numbr"], "dataset named `numbr`", "`number`"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_an_unknown_name(selectable: Project, words: list[str], named: str, meant: str) -> None:
    assert_explained(selectable.run("plan", *words), named, f"did you mean {meant}")


@pytest.fixture(scope="module")
def selectable(shared_project: MakeProject) -> Project:
    return shared_project(
        """
def use(value):
    return value
def register_pipelines():
    train = Pipeline([node(use, "number", "model", name="use")],
                     namespace="training", inputs={"number"})
    return {"__default__": Pipeline([node(one, None, "number", name="make", tags="daily")]) + train,
            "training": train}
""",
        {"conf/cloud/catalog.yml": "{}"},
    )


def test_an_unknown_name_like_no_other_lists_what_there_is(selectable: Project) -> None:
    assert_explained(selectable.run("plan", "--pipelines", "zzzzzzzz"), "zzzzzzzz", "training")


def test_a_selection_that_leaves_nothing(selectable: Project) -> None:
    result = selectable.run("plan", "--tags", "daily", "--namespaces", "training")
    assert result.code == 2
    assert "no node is selected" in result.err
    assert is_clean(result.text)


def test_parameters_that_kedro_cannot_read(selectable: Project) -> None:
    assert_explained(selectable.run("run", "--params", "no equals sign"), "--params", "e.g.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "No such file"),
        ("[1, 2]", "not a mapping"),
        ("{a: [", "while parsing a flow"),
        ("{1: a}", "not a mapping"),
    ],
    ids=["missing", "list", "broken", "numbers"],
)
def test_a_file_of_parameters_that_cannot_be_read(
    selectable: Project, text: str | None, words: str
) -> None:
    if text is not None:
        selectable.write({"broken.yml": text})
    name = "broken.yml" if text is not None else "missing.yml"
    assert_explained(selectable.run("plan", "--params-file", name), name, words, "parameters.yml")


@pytest.mark.parametrize(
    "text",
    [
        "users: [{name: a, user: {token: planted-77c2} client-key-data: planted-77c2}}]\n",
        "contexts: planted-77c2\n",
        "contexts: [{name: 'planted-77c2\n",
    ],
    ids=["broken", "of another type", "without an end"],
)
def test_a_broken_kubeconfig_is_not_quoted(selectable: Project, tmp_path: Path, text: str) -> None:
    """A text in the file may be a key."""
    file = tmp_path / "kubeconfig"
    file.write_text(text, encoding="utf-8")
    result = selectable.run("list", "--cluster", env={"KUBECONFIG": str(file)})
    assert result.code == 2 and "cannot use the kubeconfig: it is" in result.err, result
    assert "planted" not in result.text and is_clean(result.text), result


def test_an_unknown_flag_and_an_unknown_command_are_answered(selectable: Project) -> None:
    flag = selectable.run("plan", "--pipeline-names", "x")
    command = selectable.run("complie")
    assert (flag.code, command.code) == (2, 2)
    assert "--pipeline-names" in flag.err
    assert "hint: did you mean `compile`?" in command.err
    asked = selectable.kedro("argo", "complie")
    assert asked.code == 2 and "Usage: kedro argo " in asked.err


def test_an_environment_that_is_not_there_says_which_are_and_how_to_make_it(
    selectable: Project,
) -> None:
    result = selectable.run("plan", "--env", "production")
    assert result.code == 2
    assert "environments: base, " in result.err and "mkdir -p conf/production" in result.err


def test_a_task_in_the_place_of_a_run_is_answered(two_tasks: Project) -> None:
    two_tasks.ok("run")
    result = two_tasks.run("logs", "make", "use")
    assert result.code == 2
    assert "logs @latest make use" in result.err
    assert "@latest" not in two_tasks.run("logs", "nowhere").err


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "x" * FIVE_MB,
        "- [x]\n" * (FIVE_MB // 6),
        "x" * FIVE_MB,
        "{" * 5000 + "a" * FIVE_MB,
        "kind: Workflow\nspec: {entrypoint: a, templates: [{name: a, container: {image: "
        + "x" * FIVE_MB
        + "}}]}\n",
    ],
    ids=["one value", "a list", "one word", "deep", "a workflow"],
)
def test_five_megabytes_of_a_manifest(two_tasks: Project, tmp_path: Path, text: str) -> None:
    (tmp_path / "big.yaml").write_text(text)
    result = two_tasks.run("lint", tmp_path / "big.yaml")
    assert result.code == 1, result.text[:2000]
    assert "big.yaml" in result.text
    assert is_clean(result.text)
    assert len(result.text) < 10_000


def test_a_history_that_is_no_database(two_tasks: Project) -> None:
    two_tasks.write({".argo-kedro/history.db": "no database" * 1000})
    for command in (["list"], ["status"], ["run"]):
        result = two_tasks.run(*command)
        assert_explained(result, "history", "--state")


ENDERS = ["stop", "terminate", "suspend", "resume"]


@pytest.mark.parametrize("command", ["resubmit", *ENDERS, "watch", "status", "retry"])
def test_where_there_is_no_run_the_right_command_to_start_one_is_named(
    two_tasks: Project, command: str
) -> None:
    result = two_tasks.run(command)
    assert_explained(result, "there are no runs yet", "argo-kedro run")
    assert len(re.findall("argo-kedro", result.err)) == 1


@pytest.mark.parametrize("command", ENDERS)
def test_a_run_here_that_is_over_is_not_to_be_ended(two_tasks: Project, command: str) -> None:
    two_tasks.ok("run")
    result = two_tasks.run(command)
    assert_explained(result, "has ended already", "argo-kedro status")
    assert "argo-kedro stop" not in result.err


def test_an_environment_in_a_variable_that_is_no_text_is_named(two_tasks: Project) -> None:
    result = two_tasks.run("plan", env={"KEDRO_ENV": os.fsdecode(b"a\xff")})
    assert_explained(result, "KEDRO_ENV is not UTF-8: `a", "--env NAME")
    assert "mkdir" not in result.err
    result = two_tasks.run("plan", env={"KEDRO_ENV": "$(echo a) b"})
    assert_explained(result, "no environment named `$(echo a) b`", "environments: base, local")
    assert "mkdir" not in result.err


def test_an_answer_that_is_no_text_is_no_answer(two_tasks: Project) -> None:
    ended = subprocess.run(
        [str(PROGRAM), "init"],
        cwd=two_tasks.root,
        env=two_tasks.environment(),
        input=b"\xff\n",
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "init --yes" in ended.stderr.decode()
    assert not (two_tasks.root / "conf/base/argo.yml").exists()
