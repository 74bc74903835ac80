"""Whatever is wrong: one clear error that names it, a hint, and an honest exit code.

Long, since every command has its rows of what can be wrong.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from projects import PROGRAM, MakeProject, Project, Result, is_clean

pytestmark = pytest.mark.kedro

COMMANDS = [["plan"], ["compile"], ["run"]]


def assert_explained(result: Result, *words: str, code: int = 2) -> None:
    """One error that says these words, and what to do about it."""
    assert result.code == code, result
    text = " ".join(result.err.split())
    for word in words:
        assert word in text, (word, result)
    errors = re.findall(r"^error(?:\[[\w-]+\])?:", result.err, re.MULTILINE)
    assert len(errors) == 1, result
    assert "hint:" in result.err or "= help:" in result.err, result
    assert is_clean(result.text), result
    assert result.out == "", result


@pytest.mark.parametrize("command", [*COMMANDS, ["lint"], ["init", "--yes"], ["list"], ["retry"]])
def test_a_folder_that_is_no_project(
    two_tasks: Project, tmp_path: Path, command: list[str]
) -> None:
    folder = tmp_path / "nothing"
    folder.mkdir()
    result = two_tasks.run(*command, cwd=folder)
    assert_explained(result, str(folder), "not in a Kedro project", "--project")
    assert list(folder.iterdir()) == []


def test_kedro_argo_outside_of_a_project(two_tasks: Project, tmp_path: Path) -> None:
    program = Path(sys.executable).parent / "kedro"
    result = two_tasks.run("argo", "plan", cwd=tmp_path, program=program)
    assert result.code == 2
    assert "not in a Kedro project" in result.err
    assert "hint:" in result.err
    assert is_clean(result.text)


def test_a_project_folder_that_is_not_there(two_tasks: Project) -> None:
    result = two_tasks.run("plan", "--project", "no/such/folder")
    assert result.code == 2
    assert "no/such/folder" in result.err
    assert is_clean(result.text)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[tool.kedro\n", "pyproject.toml"),
        ("[tool.kedro]\nproject_name = 'x'\n", "package_name"),
        (
            "[tool.kedro]\npackage_name='shop'\nproject_name='x'\nkedro_init_version='0.18'\n",
            "0.18",
        ),
    ],
    ids=["no TOML", "a key is missing", "another Kedro's project"],
)
def test_a_pyproject_that_kedro_does_not_take(two_tasks: Project, text: str, word: str) -> None:
    two_tasks.write({"pyproject.toml": text})
    result = two_tasks.run("plan")
    assert result.code == 2
    assert word in result.err
    assert is_clean(result.text), result


BROKEN = [
    ("def register_pipelines(:\n", "SyntaxError"),
    ("import no_such_module\n", "no_such_module"),
    ("from shop.tools import no_such_name\n", "no_such_name"),
    ("raise ValueError('wrong day')\n", "wrong day"),
    ("sys.exit('leaving')\n", "leaving"),
    ("def register_pipelines():\n    return 1 / 0\n", "ZeroDivisionError"),
    ("def register_pipelines():\n    return {'__default__': Pipeline([node(1, 2, 3)])}\n", "node"),
]


@pytest.mark.parametrize(("source", "word"), BROKEN, ids=[word for _, word in BROKEN])
def test_a_project_that_does_not_import(two_tasks: Project, source: str, word: str) -> None:
    two_tasks.registry(source)
    result = two_tasks.run("plan")
    assert result.code == 2
    assert result.err.count("\nerror: ") == 1, result
    assert word in result.err
    assert "pipeline_registry.py" in result.err
    assert is_clean(result.text), result
    assert "/kedro/" not in result.err


def test_a_missing_module_comes_with_a_hint_to_install_it(two_tasks: Project) -> None:
    two_tasks.registry("import no_such_module\n")
    assert "check that `no_such_module` is installed" in two_tasks.run("plan").err


def test_settings_that_do_not_import(two_tasks: Project) -> None:
    two_tasks.write({"src/shop/settings.py": "raise ValueError('wrong settings')\n"})
    result = two_tasks.run("plan")
    assert result.code == 2
    assert "wrong settings" in result.err
    assert "settings.py" in result.err
    assert is_clean(result.text), result


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
    """What stands in it may be a key."""
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


def test_a_line_of_kedros_log_above_a_manifest_is_told(two_tasks: Project) -> None:
    logging = "version: 1\nhandlers: {{{0}}}\nloggers: {{kedro: {{level: INFO, handlers: [h]}}}}\n"
    for stream, is_among_data in (("stdout", True), ("stderr", False)):
        handler = f"h: {{class: logging.StreamHandler, stream: ext://sys.{stream}}}"
        two_tasks.write({"conf/logging.yml": logging.format(handler)})
        compiled = two_tasks.kedro("argo", "compile")
        assert ("logging configuration" in compiled.out) == is_among_data
        warns = "warning: Kedro logs to standard output" in compiled.err
        assert warns == is_among_data
        to_file = two_tasks.kedro("argo", "compile", "-o", "x.yml")
        assert "warning: Kedro" not in to_file.err


def test_a_group_with_the_name_of_a_node_outside_it(make_project: MakeProject) -> None:
    project = make_project(
        """
def use(value):
    return value
def register_pipelines():
    return {"__default__": Pipeline([
        FusedPipeline([node(one, None, "a", name="inner")], name="same"),
        node(use, "a", "b", name="same")])}
"""
    )
    for command in COMMANDS:
        assert_explained(project.run(*command), "duplicate-task-name", "`same`", "rename")


def test_a_group_with_the_name_of_its_own_node_is_fine(make_project: MakeProject) -> None:
    project = make_project(
        """
def register_pipelines():
    return {"__default__": FusedPipeline([node(one, None, "a", name="same")], name="same")}
"""
    )
    assert list(project.plan()) == ["same"]


def test_two_nodes_of_one_name(make_project: MakeProject) -> None:
    project = make_project(
        """
def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "a", name="same"), node(one, None, "b", name="same")])}
"""
    )
    result = project.run("plan")
    assert result.code == 2
    assert "same" in result.err
    assert is_clean(result.text)


def test_a_dataset_class_that_is_not_installed(make_project: MakeProject) -> None:
    project = make_project(
        files={
            "conf/base/catalog.yml": """\
                number: {type: spark.SparkDataset, filepath: data/number}
                result: {type: shop.datasets.NoSuchClass, filepath: data/result}
                """
        }
    )
    lint = project.run("lint")
    assert lint.code == 1
    for word in ("missing-dataset-class", "`number`", "`result`", "spark.SparkDataset"):
        assert word in lint.out, lint
    assert is_clean(lint.text)
    run = project.run("run")
    assert run.code == 2, run
    assert "missing-dataset-class" in run.err
    assert "= help: install what `spark.SparkDataset` needs" in " ".join(run.err.split())
    assert project.traces() == []


def test_a_catalog_that_is_no_yaml(make_project: MakeProject) -> None:
    project = make_project(files={"conf/base/catalog.yml": "number: [1,\n"})
    result = project.run("plan")
    assert result.code == 2
    assert "catalog" in result.err
    assert is_clean(result.text), result


@pytest.mark.parametrize(
    "text",
    [
        "namespace: [1,\n",
        "- a list\n",
        "just text\n",
        "namespace: a\nnamespace: b\n",
        b"\xff\xfe\x00binary\x00",
        "a: &a [x, x]\nb: &b [*a, *a]\nnamespace: *b\n",
        "namespace: ${oc.env:NO_SUCH_VARIABLE}\n",
        "[" * 3000,
    ],
    ids=["flow", "list", "scalar", "twice", "binary", "anchors", "interpolation", "deep"],
)
def test_an_argo_yml_that_is_none(make_project: MakeProject, text: str | bytes) -> None:
    project = make_project(files={"conf/base/argo.yml": text})
    result = project.run("plan")
    assert result.code == 2, result
    assert re.search(r"^error", result.err, re.MULTILINE), result
    assert "argo.yml" in result.err
    assert is_clean(result.text), result


FIVE_MB = 5 * 1024 * 1024


def test_five_megabytes_of_argo_yml(make_project: MakeProject) -> None:
    text = "namespace: " + "x" * FIVE_MB + "\nnamspace: y\n"
    result = make_project(files={"conf/base/argo.yml": text}).run("plan")
    assert_explained(result, "namspace", "did you mean `namespace`")
    assert len(result.err) < 10_000


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


def test_an_interpreter_without_kedro(two_tasks: Project, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    python = bare / "bin" / "python"
    for result in (
        two_tasks.run("plan", env={"VIRTUAL_ENV": str(bare)}),
        two_tasks.run("plan", "--python", python, env={"VIRTUAL_ENV": None}),
    ):
        assert_explained(result, f"{python} has no `", "-m pip install", "--python")


def test_an_interpreter_that_is_none(two_tasks: Project, tmp_path: Path) -> None:
    missing = two_tasks.run("plan", "--python", tmp_path / "nowhere")
    assert_explained(missing, str(tmp_path / "nowhere"), "--python")
    text = tmp_path / "text"
    text.write_text("no program")
    assert two_tasks.run("plan", "--python", text).code == 2
    for program in ("true", "cat"):
        result = two_tasks.run("plan", "--python", program)
        assert result.code == 2, result
        assert "error: " in result.err
        assert is_clean(result.text)


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("print('last words'); os._exit(3)", ["exit status: 3", "last words"]),
        ("os.kill(os.getpid(), signal.SIGKILL)", ["signal: 9"]),
        ("os.abort()", ["signal: 6"]),
    ],
    ids=["os._exit", "SIGKILL", "abort"],
)
def test_a_worker_that_dies(two_tasks: Project, ending: str, words: list[str]) -> None:
    two_tasks.registry(f"def register_pipelines():\n    {ending}\n")
    for command in COMMANDS:
        result = two_tasks.run(*command)
        assert_explained(result, "ended without a result", "kedro registry list", *words)


def test_a_worker_that_answers_garbage(two_tasks: Project) -> None:
    two_tasks.registry(
        """
import stat
for descriptor in range(3, 64):
    try:
        if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            os.write(descriptor, b"garbage\\n")
    except OSError:
        pass
def register_pipelines():
    return {}
"""
    )
    assert_explained(two_tasks.run("plan"), "is not valid")


def test_a_worker_that_dies_while_tasks_run(make_project: MakeProject) -> None:
    project = make_project(
        """
def end():
    os.kill(os.getppid(), signal.SIGKILL)
    signal.pause()
def register_pipelines():
    return {"__default__": Pipeline([node(end, None, "a", name="end")])}
"""
    )
    result = project.run("run")
    assert result.code == 2, result
    assert "the process that runs the tasks has ended" in result.err
    assert "retry" in result.err
    assert is_clean(result.text)
    assert project.are_gone(project.processes())


def test_ctrl_c_while_the_project_is_read_leaves_nothing(make_project: MakeProject) -> None:
    project = make_project("tell('ready')\nsignal.pause()\n")
    project.fifo("ready")
    program = project.start("plan")
    project.hear("ready")
    program.send_signal(signal.SIGINT)
    program.wait(timeout=60)
    gone = project.are_gone(project.processes())
    for pid in project.processes():
        os.kill(pid, signal.SIGKILL)
    _, err = program.communicate(timeout=60)
    assert program.returncode in (130, -signal.SIGINT), err
    assert gone


def mount(*words: str) -> None:
    """Mounts something, or skips the test where that is not allowed."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount")
    try:
        ended = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if ended.returncode != 0:
        pytest.skip(f"cannot mount here: {ended.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Writes until the disk takes no more."""
    descriptor = os.open(folder / "filler", os.O_CREAT | os.O_WRONLY)
    with contextlib.suppress(OSError):
        while os.write(descriptor, b"x" * 4096):
            pass
    os.close(descriptor)


def test_a_disk_that_is_full_before_the_run(two_tasks: Project, small_disk: Path) -> None:
    fill(small_disk)
    result = two_tasks.run("run", "--state", small_disk / "state")
    assert_explained(result, "--state FOLDER")
    assert two_tasks.traces() == []


def test_a_disk_that_fills_up_during_the_run(make_project: MakeProject, small_disk: Path) -> None:
    project = make_project(
        """
def chatter():
    for _ in range(100_000):
        print("x" * 60)
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(chatter, None, "a", name="chatter")])}
"""
    )
    result = project.run("run", "--state", small_disk / "state")
    assert result.code == 2, result
    assert "space" in result.err
    assert "hint:" in result.err
    assert is_clean(result.text)
    assert project.are_gone(project.processes())


def test_a_disk_too_small_for_the_data_fails_the_task(
    make_project: MakeProject, small_disk: Path
) -> None:
    project = make_project(
        """
def make():
    return b"x" * 10_000_000
def use(value):
    return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(make, None, "big", name="make"), node(use, "big", "b", name="use")])}
"""
    )
    result = project.run("run", "--state", small_disk / "state")
    assert result.code in (1, 2), result
    # The task meets the full disk first, or the record of its end does.
    assert re.search("No space left|disk is full", result.text), result
    assert is_clean(result.text)


def test_a_file_that_a_full_disk_does_not_take_is_named(
    two_tasks: Project, small_disk: Path
) -> None:
    fill(small_disk)
    result = two_tasks.run("compile", "--allow-errors", "-o", small_disk / "workflow.yaml")
    assert result.code == 2, result
    assert f"cannot write {small_disk}/workflow.yaml: No space left" in result.err
    assert "make room" in result.err
    assert ".argo-kedro" not in result.err and "--state" not in result.err
    assert is_clean(result.text)


@pytest.fixture
def read_only(make_project: MakeProject) -> Iterator[Project]:
    """A project on a disk that cannot be written, with nodes that write nothing."""
    project = make_project(
        """
def use(value):
    return value
def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "a", name="make"), node(use, "a", "b", name="use")])}
"""
    )
    folder = str(project.root)
    mount("--bind", folder, folder)
    mount("-o", "remount,bind,ro", folder)
    yield project
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_read_only_project_cannot_keep_its_runs(read_only: Project) -> None:
    assert_explained(read_only.run("run"), ".argo-kedro", "--state FOLDER")


def test_a_read_only_project_can_be_read_and_run_with_its_state_elsewhere(
    read_only: Project, tmp_path: Path
) -> None:
    assert list(read_only.plan()) == ["make", "use"]
    assert read_only.ok("compile", "--allow-errors").out
    assert read_only.ok("list").out == ""
    read_only.ok("run", "--state", tmp_path / "state")


def test_init_in_a_read_only_project_names_the_file(read_only: Project) -> None:
    result = read_only.run("init", "--yes")
    assert result.code == 2
    assert "argo.yml" in result.err
    assert is_clean(result.text)


def test_a_history_that_is_no_database(two_tasks: Project) -> None:
    two_tasks.write({".argo-kedro/history.db": "no database" * 1000})
    for command in (["list"], ["status"], ["run"]):
        result = two_tasks.run(*command)
        assert_explained(result, "history", "--state")


#: `find_pipelines` gives what a run asks for, and no more.
TOGETHER = """
from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline
def register_pipelines():
    found = find_pipelines()
    every = sum(found.values(), start=Pipeline([]))
    return {**found, "__default__": every, "both": found["one"] + found["two"]}
"""
ONE_OF_THEM = """
from kedro.pipeline import Pipeline, node
def make():
    return 1
def create_pipeline(**_):
    return Pipeline([node(make, None, "%(name)s_made", name="%(name)s")])
"""


def test_a_pipeline_that_kedro_does_not_load_alone_is_found_before_its_pods_fail(
    make_project: MakeProject,
) -> None:
    from kedro.framework.project import pipelines

    project = make_project(
        TOGETHER,
        {
            "src/shop/pipelines/__init__.py": "",
            "src/shop/pipelines/one/__init__.py": ONE_OF_THEM % {"name": "one"},
            "src/shop/pipelines/two/__init__.py": ONE_OF_THEM % {"name": "two"},
        },
    )
    assert project.ok("plan", "-o", "json").json()["tasks"]
    result = project.run("plan", "--pipelines", "both")
    if not hasattr(pipelines, "set_requested"):
        assert result.code == 0
        return
    assert result.code == 2
    assert (
        "pipeline `both` without the other pipelines" in result.err
        and "KeyError: 'one'" in result.err
    ), result
    assert "pipeline_registry.py" in result.err and "create_pipeline()" in result.err, result
    # One that shrinks instead of failing.
    chosen = 'sum((it for name, it in found.items() if name in ("one", "two")), Pipeline([]))'
    shrinking = TOGETHER.replace('found["one"] + found["two"]', chosen)
    project.write({"src/shop/pipeline_registry.py": shrinking})
    shrunk = project.run("plan", "--pipelines", "both")
    assert shrunk.code == 2 and "it lacks the node `one`" in shrunk.err, shrunk
    project.write({"src/shop/pipeline_registry.py": TOGETHER})
    # What is run when a workflow has ended is a pipeline like any other.
    project.write({"conf/base/argo.yml": "on_exit: {pipeline: both}\n"})
    result = project.run("lint")
    assert result.code == 2 and "pipeline `both` without the other pipelines" in result.err, result
    together = TOGETHER.replace(
        "    found = ", "    from shop.pipelines import one, two\n    found = "
    )
    both = together.replace('found["one"]', "one.create_pipeline()")
    project.write(
        {"src/shop/pipeline_registry.py": both.replace('found["two"]', "two.create_pipeline()")}
    )
    assert project.ok("plan", "--pipelines", "both", "-o", "json").json()["tasks"]
    project.ok("run", "--pipelines", "both")


ENDERS = ["stop", "terminate", "suspend", "resume"]


@pytest.mark.parametrize("command", ["resubmit", *ENDERS, "watch", "status", "retry"])
def test_where_there_is_no_run_the_right_command_to_start_one_is_named(
    two_tasks: Project, command: str
) -> None:
    starts = "submit" if command == "resubmit" else "run"
    result = two_tasks.run(command)
    assert_explained(result, "there are no runs yet", f"argo-kedro {starts}")
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
