"""`init`: adds what a project needs for Argo, and never overwrites a file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from projects import BIN, PROGRAM, MakeProject, Project
from terminal import on_a_terminal

WRITTEN = ["conf/base/argo.yml", "Dockerfile", ".dockerignore"]


@pytest.fixture
def initialised(two_tasks: Project) -> Project:
    two_tasks.ok("init", "--yes")
    return two_tasks


def test_it_adds_what_is_missing(two_tasks: Project) -> None:
    result = two_tasks.ok("init", "--yes")
    assert all((two_tasks.root / name).is_file() for name in WRITTEN)
    assert all(name in result.err for name in WRITTEN)


def test_what_it_adds_passes_lint_and_runs(initialised: Project) -> None:
    catalog = initialised.read("conf/base/catalog.yml")
    number = "number: {type: shop.datasets.JsonFile, filepath: 's3://bucket/n.json'}\n"
    initialised.write({"conf/cloud/catalog.yml": number})
    assert catalog
    lint = initialised.run("lint", "--env", "cloud")
    assert lint.code == 0, lint
    initialised.ok("run")
    assert initialised.traces() == ["make", "use 20"]


def test_its_argo_yml_is_commented_and_valid(initialised: Project) -> None:
    text = initialised.read("conf/base/argo.yml")
    assert text.count("#") > 10
    assert yaml.safe_load(text)["machine_types"]["default"] == {"mem": 2, "cpu": 1, "num_gpu": 0}


def test_image_and_namespace_can_be_given(two_tasks: Project) -> None:
    place = ["--image", "registry.company.org/team/shop", "--namespace", "ml"]
    two_tasks.ok("init", "--yes", *place)
    argo = yaml.safe_load(two_tasks.read("conf/base/argo.yml"))
    assert argo["deployment"]["image"] == "registry.company.org/team/shop"
    assert argo["namespace"] == "ml"
    # In an existing file, only these keys change.
    before = two_tasks.read("conf/base/argo.yml")
    other = ["--image", "other.org/shop", "--namespace", "tests"]
    assert "changed   conf/base/argo.yml" in two_tasks.ok("init", "--yes", *other).err
    changed = before.replace("registry.company.org/team/shop", "other.org/shop")
    changed = changed.replace("namespace: ml", "namespace: tests")
    assert two_tasks.read("conf/base/argo.yml").replace('"', "") == changed.replace('"', "")
    assert "kept      conf/base/argo.yml" in two_tasks.ok("init", "--yes", *other).err
    # If an edit would change another value, the user has to make it.
    shared = "deployment: &a {tag: x}\nother: *a\n"
    two_tasks.write({"conf/base/argo.yml": shared})
    again = two_tasks.run("init", "--yes", *place)
    assert again.code == 1
    left = "deployment.image: registry.company.org/team/shop, namespace: ml"
    assert f"write into conf/base/argo.yml: {left}" in again.err
    assert two_tasks.read("conf/base/argo.yml") == shared
    for wrong, why in (
        (["--image", "a/b:v1"], "is not the name of an image without a tag"),
        (["--image", "a b"], "is not the name of an image without a tag"),
        (["--namespace", "ML"], "is not the name of a namespace"),
    ):
        refused = two_tasks.run("init", "--yes", *wrong)
        assert refused.code == 2 and why in refused.err, refused


def test_a_python_that_does_not_say_its_version_is_told(two_tasks: Project) -> None:
    done = two_tasks.run("init", "--yes", "--python", "/bin/true")
    assert done.code == 0, done
    assert done.err.count("/bin/true does not say its version") == 1, done
    assert "FROM python:3.12-slim" in (two_tasks.root / "Dockerfile").read_text()


def test_a_second_time_changes_nothing(initialised: Project) -> None:
    initialised.write({"Dockerfile": "FROM mine\n"})
    before = {name: initialised.read(name) for name in WRITTEN}
    result = initialised.ok("init", "--yes")
    assert {name: initialised.read(name) for name in WRITTEN} == before
    assert result.err.count("kept") == len(WRITTEN)


def test_without_a_terminal_it_asks_for_yes(two_tasks: Project) -> None:
    result = two_tasks.run("init")
    assert result.code == 2
    assert "init --yes" in result.err
    assert not (two_tasks.root / "Dockerfile").exists()


def piped(project: Project, answers: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs `init` with answers from a pipe."""
    return subprocess.run(
        [str(PROGRAM), "init", *words],
        cwd=project.root,
        env=project.environment(),
        input=answers,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("answers", "there", "expected"),
    [
        ("y\nn\n", [], [True, True, False]),
        ("n\ny\n", [], [True, False, True]),
        # The end of the answers means no.
        ("y\n", [], [True, True, False]),
        ("\n\n", [], [True, False, False]),
        # `init` asks nothing about an existing file, and keeps it.
        ("y\n", ["conf/base/argo.yml", "Dockerfile"], [True, True, True]),
        ("", ["Dockerfile", ".dockerignore"], [True, True, True]),
    ],
)
def test_answers_from_a_pipe_are_for_the_image_alone(
    two_tasks: Project, answers: str, there: list[str], expected: list[bool]
) -> None:
    two_tasks.write(dict.fromkeys(there, "mine\n"))
    done = piped(two_tasks, answers)
    assert done.returncode == 0, done
    assert [(two_tasks.root / name).exists() for name in WRITTEN] == expected
    assert [two_tasks.read(name) for name in there] == ["mine\n"] * len(there)


def test_no_answers_at_all_write_nothing(two_tasks: Project) -> None:
    done = piped(two_tasks, "")
    assert done.returncode == 2 and "init --yes" in done.stderr, done
    assert not any((two_tasks.root / name).exists() for name in WRITTEN)


def test_force_replaces_without_asking_and_silent_says_nothing(two_tasks: Project) -> None:
    two_tasks.write({"Dockerfile": "FROM mine\n"})
    result = two_tasks.ok("init", "-f", "-s")
    assert (result.out, result.err) == ("", "")
    assert two_tasks.read("Dockerfile") != "FROM mine\n"
    assert all((two_tasks.root / name).is_file() for name in WRITTEN)


def test_argo_yml_goes_where_it_is_wanted(two_tasks: Project) -> None:
    two_tasks.write({"conf/cloud/.gitkeep": ""})
    two_tasks.ok("init", "--force", "--env", "cloud")
    assert (two_tasks.root / "conf/cloud/argo.yml").is_file()
    assert not (two_tasks.root / "conf/base/argo.yml").exists()
    wrong = two_tasks.run("init", "--yes", "-e", "clod")
    assert wrong.code == 2 and "did you mean `cloud`" in wrong.err, wrong
    assert not (two_tasks.root / "conf/clod").exists()


def test_credentials_data_and_git_stay_out_of_the_image(initialised: Project) -> None:
    ignored = initialised.read(".dockerignore").splitlines()
    for name in ("conf/local/", "data/", ".git/", ".argo-kedro/", "**/*credentials*", "**/.env"):
        assert name in ignored
    # Modules with that name stay in; no file of conf/local comes back.
    assert ignored.index("**/*credentials*") + 1 == ignored.index("!**/*credentials*.py")
    assert ignored.index("!**/*credentials*.py") < ignored.index("conf/local/")


def test_the_image_is_for_the_cpu_unless_asked(two_tasks: Project) -> None:
    two_tasks.ok("init", "--yes")
    assert "cuda" not in two_tasks.read("Dockerfile")
    (two_tasks.root / "Dockerfile").unlink()
    two_tasks.ok("init", "--yes", "--gpu")
    assert "cuda" in two_tasks.read("Dockerfile")


@pytest.mark.parametrize(
    ("file", "word"),
    [
        ("uv.lock", "uv sync"),
        ("poetry.lock", "poetry install"),
        ("requirements.txt", "-r requirements.txt"),
        (None, "pyproject.toml"),
    ],
)
def test_the_image_installs_as_the_project_does(
    make_project: MakeProject, file: str | None, word: str
) -> None:
    project = make_project(files={file: ""} if file else {})
    project.ok("init", "--yes")
    assert word in project.read("Dockerfile")


def test_a_comment_is_no_tail_of_a_dockerfile_line(initialised: Project) -> None:
    lines = initialised.read("Dockerfile").splitlines()
    assert not [line for line in lines if " #" in line and not line.startswith("#")]


def test_on_a_terminal_it_asks_for_each_file(two_tasks: Project) -> None:
    code, seen = on_a_terminal(two_tasks, ["init"], "y\nn\n\n")
    assert code == 0, seen
    assert [(two_tasks.root / name).exists() for name in WRITTEN] == [True, False, True]
    assert seen.count("?") == 3


def test_on_a_terminal_enter_keeps_a_file_that_is_there(two_tasks: Project) -> None:
    two_tasks.write({"Dockerfile": "FROM mine\n"})
    assert on_a_terminal(two_tasks, ["init"], "\n\n\n")[0] == 0
    assert two_tasks.read("Dockerfile") == "FROM mine\n"
    assert on_a_terminal(two_tasks, ["init"], "n\ny\nn\n")[0] == 0
    assert two_tasks.read("Dockerfile") != "FROM mine\n"


def test_it_works_in_a_project_as_kedro_new_makes_it(two_tasks: Project, tmp_path: Path) -> None:
    words = ["new", "--name", "Fresh One", "--tools", "none", "--example", "n"]
    made = two_tasks.run(*words, cwd=tmp_path, program=BIN / "kedro")
    assert made.code == 0, made
    fresh = Project(tmp_path / "fresh-one", two_tasks.home)
    fresh.ok("init", "--yes")
    assert "/fresh-one " in fresh.read("conf/base/argo.yml")
    registry = fresh.root / "src/fresh_one/pipeline_registry.py"
    registry.write_text(
        "from argo_kedro.pipeline import Node\n"
        "from kedro.pipeline import Pipeline\n\n\n"
        "def make():\n    return 1\n\n\n"
        "def register_pipelines():\n"
        "    return {'__default__': Pipeline([Node(make, None, 'a', name='n')])}\n"
    )
    lint = fresh.run("lint")
    assert lint.code == 0, lint
    fresh.ok("run")


def test_git_stays_in_the_image_where_the_version_comes_from_it(two_tasks: Project) -> None:
    pyproject = two_tasks.read("pyproject.toml")
    build = "\n[build-system]\nrequires = ['setuptools', 'setuptools_scm']\n"
    two_tasks.write({"pyproject.toml": pyproject + build, "Dockerfile": "FROM scratch\n"})
    two_tasks.ok("init", "--yes")
    lines = two_tasks.read(".dockerignore").splitlines()
    assert ".git/" not in lines and ".argo-kedro/" in lines
