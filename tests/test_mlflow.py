"""A workflow is one MLflow run: against a real server, where MLflow is installed.

`make test` has an environment with MLflow for this file alone. Other environments skip it.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from projects import MakeProject, Project

mlflow = pytest.importorskip("mlflow")

# Only a project that asks for kedro-mlflow gets it here, although Kedro finds it in every one.
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("kedro_mlflow") is None, reason="kedro-mlflow is not installed"
)

#: Two nodes that begin at once, and one after both.
REGISTRY = """
def take(rate):
    return rate

def finish(a, b):
    if Path("broken").exists():
        raise ValueError("no")
    log("score", a + b)
    return a + b

def log(name, value):
    import mlflow
    mlflow.log_metric(name, value)

def register_pipelines():
    return {"__default__": Pipeline([
        Node(take, "params:rate", "a", name="left"),
        Node(take, "params:rate", "b", name="right"),
        Node(finish, ["a", "b"], "c", name="finish"),
    ])}
"""
FILES: dict[str, str | bytes] = {"conf/base/parameters.yml": "rate: 2\n"}
WITHOUT_PLUGIN: dict[str, str | bytes] = {
    "src/shop/settings.py": 'DISABLE_HOOKS_FOR_PLUGINS = ("kedro-mlflow", "kedro_mlflow")\n'
}


@dataclass
class Server:
    """A tracking server."""

    uri: str
    log: Path

    def runs(self) -> list[Any]:
        client = mlflow.MlflowClient(self.uri)
        experiments = [it.experiment_id for it in client.search_experiments()]
        return list(client.search_runs(experiments))

    def run(self) -> Any:
        (run,) = self.runs()
        return run


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    words += ["--backend-store-uri", f"sqlite:///{folder}/db", "--artifacts-destination", "store"]
    server = Server(f"http://127.0.0.1:{port}", folder / "log")
    with server.log.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *words],
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
            # The job queue would start six more processes, and delay the server by half a minute.
            env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        )
    try:
        _wait_for(server, process)
        yield server
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def _wait_for(server: Server, process: subprocess.Popen[bytes]) -> None:
    # MLflow's own client retries until there is an answer.
    from mlflow.utils.rest_utils import MlflowHostCreds, http_request

    host = MlflowHostCreds(server.uri)
    http_request(host, "/health", "GET", max_retries=7, backoff_factor=1, timeout=60)
    assert process.poll() is None, server.log.read_text()


@pytest.fixture
def server(shared_server: Server) -> Server:
    client = mlflow.MlflowClient(shared_server.uri)
    for run in shared_server.runs():
        client.delete_run(run.info.run_id)
    return shared_server


@pytest.fixture
def project(make_project: MakeProject, server: Server) -> Project:
    return with_plugin(make_project, server.uri)


def with_plugin(make_project: MakeProject, uri: str) -> Project:
    settings = f"server:\n  mlflow_tracking_uri: {uri}\n"
    return make_project(REGISTRY, {**FILES, "conf/base/mlflow.yml": settings})


def tasks(run: Any) -> dict[str, str]:
    beginning = "argo_kedro.task."
    tags = run.data.tags.items()
    return {tag.removeprefix(beginning): it for tag, it in tags if tag.startswith(beginning)}


def told(project: Project) -> Any:
    return project.ok("status", "-o", "json").json()["mlflow"]


def test_two_tasks_on_two_machines_may_both_make_the_experiment(server: Server) -> None:
    from argo_kedro.mlflow.plugin import let_another_make_the_experiment
    from kedro_mlflow.config.kedro_mlflow_config import KedroMlflowConfig

    other = mlflow.MlflowClient(server.uri)

    class Slower(mlflow.MlflowClient):
        def get_experiment_by_name(self, name: str) -> Any:
            found = super().get_experiment_by_name(name)
            if found is None:
                other.create_experiment(name)
            return found

    let_another_make_the_experiment()
    config = KedroMlflowConfig()
    config.tracking.experiment.name = "made-by-another"
    config.server._mlflow_client = Slower(server.uri)
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(server.uri)
    try:
        config._set_experiment()
    finally:
        mlflow.set_tracking_uri(before)
    assert config.tracking.experiment._experiment.name == "made-by-another"


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_a_workflow_is_one_run(project: Project, server: Server, isolation: str) -> None:
    done = project.ok("run", "--isolation", isolation)
    run = server.run()
    record = project.ok("list", "-o", "json").json()[0]["run"]
    assert run.info.status == "FINISHED" and run.info.run_name == record["name"]
    assert run.data.params == {"rate": "2"}
    assert run.data.metrics.keys() == {
        "score",
        "node_seconds/left",
        "node_seconds/right",
        "node_seconds/finish",
    }
    assert tasks(run) == {}
    assert run.data.tags["argo_kedro.workflow_id"] == record["uid"]
    url = f"{server.uri}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}"
    assert f"mlflow: {url}\n" in done.err
    assert f"mlflow: {url}\n" in project.ok("status").err
    assert told(project) == {"run": run.info.run_id, "url": url}
    assert "Tasks are started as new processes" not in done.err, done


def test_a_task_that_failed_makes_the_run_failed_until_it_succeeds(
    project: Project, server: Server
) -> None:
    project.write({"broken": ""})
    failed = project.run("run")
    run = server.run()
    assert failed.code == 1 and run.info.status == "FAILED", failed
    assert tasks(run) == {"finish": "failed: finish (ValueError), attempt 1"}
    again = project.run("retry")
    assert again.code == 1 and server.run().info.status == "FAILED"
    assert tasks(server.run()) == {"finish": "failed: finish (ValueError), attempt 2"}
    (project.root / "broken").unlink()
    project.ok("retry")
    run = server.run()
    assert run.info.status == "FINISHED" and run.data.metrics["score"] == 4
    assert tasks(run) == {"finish": "succeeded, attempt 3"}


def test_a_task_that_fails_stays_failed_when_others_end_later(
    make_project: MakeProject, server: Server
) -> None:
    registry = """
    def fail():
        tell("failing")
        raise ValueError

    def stay():
        wait("go_on")
        return 1

    def register_pipelines():
        return {"__default__": Pipeline([
            Node(fail, None, "x", name="fail"),
            Node(stay, None, "y", name="stay"),
        ])}
    """
    files = {"conf/base/mlflow.yml": f"server:\n  mlflow_tracking_uri: {server.uri}\n"}
    project = make_project(registry, files)
    failing, go_on = project.fifo("failing"), project.fifo("go_on")
    process = project.start("run")
    failing.read_text()
    while server.run().info.status != "FAILED":  # the task has set the tag
        assert process.poll() is None
    go_on.write_text("x")
    assert process.wait(60) == 1
    run = server.run()
    assert run.info.status == "FAILED"
    assert tasks(run) == {"fail": "failed: fail (ValueError), attempt 1"}


def test_an_interrupted_task_is_not_finished(project: Project, server: Server) -> None:
    project.registry("""
    def hang():
        tell("hanging")
        signal.pause()

    def register_pipelines():
        return {"__default__": Pipeline([Node(hang, None, "x", name="hang")])}
    """)
    hanging = project.fifo("hanging")
    process = project.start("run")
    hanging.read_text()
    process.send_signal(2)
    assert process.wait(60) == 130
    run = server.run()
    assert (run.info.status, tasks(run)) == (
        "FAILED",
        {"hang": "failed: hang (interrupted), attempt 1"},
    )


def test_a_retry_with_another_parameter_goes_on(project: Project, server: Server) -> None:
    project.write({"broken": ""})
    project.registry(
        REGISTRY.replace('Node(finish, ["a", "b"]', 'Node(finish, ["a", "params:rate"]')
    )
    assert project.run("run").code == 1
    (project.root / "broken").unlink()
    project.write({"conf/base/parameters.yml": "rate: 3\n"})
    project.ok("retry")
    run = server.run()
    assert run.info.status == "FINISHED" and run.data.params == {"rate": "2"}
    assert run.data.tags["argo_kedro.changed_parameter.rate"] == "3"


def test_the_tracking_uri_alone_is_enough(make_project: MakeProject, server: Server) -> None:
    project = make_project(REGISTRY, {**FILES, **WITHOUT_PLUGIN})
    project.ok("run", env={"MLFLOW_TRACKING_URI": server.uri})
    run = server.run()
    assert run.info.status == "FINISHED" and run.data.metrics["score"] == 4
    assert told(project)["run"] == run.info.run_id


def test_without_a_tracking_uri_nothing_happens(make_project: MakeProject) -> None:
    project = make_project(
        REGISTRY.replace('log("score", a + b)', "pass"), {**FILES, **WITHOUT_PLUGIN}
    )
    project.ok("run")
    assert told(project) is None and not list(project.root.glob("**/mlflow*"))


def test_disabled_is_as_without_us(project: Project, server: Server) -> None:
    project.write({"conf/base/argo.yml": "mlflow: {enabled: false}\n"})
    # Without argo-kedro, the first two tasks of kedro-mlflow may both try to make the experiment.
    own = mlflow.MlflowClient(server.uri)
    if own.get_experiment_by_name("shop") is None:
        own.create_experiment("shop")
    done = project.ok("run")
    assert len(server.runs()) == 3 and told(project) is None and "mlflow:" not in done.err


def test_the_name_of_the_run_can_be_set(project: Project, server: Server) -> None:
    project.write({"conf/base/argo.yml": "mlflow: {run_name: nightly}\n"})
    done = project.ok("run")
    assert server.run().info.run_name == "nightly" and "missing-mlflow" not in done.err
    # The name in kedro-mlflow's settings wins.
    settings = project.read("conf/base/mlflow.yml")
    project.write({"conf/base/mlflow.yml": settings + "tracking:\n  run:\n    name: theirs\n"})
    project.ok("run")
    assert {it.info.run_name for it in server.runs()} == {"nightly", "theirs"}


def test_a_run_that_the_user_names_is_the_users(project: Project, server: Server) -> None:
    own = mlflow.MlflowClient(server.uri)
    experiment = own.get_experiment_by_name("shop").experiment_id
    made = own.create_run(experiment).info.run_id
    project.ok("run", env={"MLFLOW_RUN_ID": made})
    run = server.run()
    assert run.info.run_id == made == told(project)["run"]
    assert "argo_kedro.workflow_id" not in run.data.tags


@pytest.mark.parametrize("has_plugin", [True, False])
def test_a_run_goes_on_without_its_server(make_project: MakeProject, has_plugin: bool) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # the port does not listen
        uri = f"http://user:word@127.0.0.1:{nobody.getsockname()[1]}"
        if has_plugin:
            project = with_plugin(make_project, uri)
        else:
            project = make_project(REGISTRY, {**FILES, **WITHOUT_PLUGIN})
        done = project.ok("run", env={"MLFLOW_TRACKING_URI": uri})
    problem = f"cannot reach {uri.replace('user:word@', '')}"
    assert done.err.count(f"mlflow: {problem}; what the run logged is kept as run ") == 1
    assert "word" not in done.text
    logs = [file.read_text() for file in project.root.glob("**/logs/*.log")]
    assert sum(text.count(problem) for text in logs) == 1, logs
    mlflow_run = told(project)
    assert mlflow_run["problem"] == problem
    (kept,) = Path(mlflow_run["url"].removeprefix("file://")).glob(f"0/{mlflow_run['run']}")
    assert (kept / "metrics/score").exists()


def test_two_tasks_that_begin_at_once_set_no_new_tag_at_once(
    project: Project, server: Server
) -> None:
    """MLflow's database refuses one of two tasks, and kedro-mlflow would fail it."""
    project.write(
        {
            "src/shop/settings.py": """
import os
from kedro.framework.hooks import hook_impl

class Look:
    # Before kedro-mlflow, which sets its tags here.
    @hook_impl(tryfirst=True)
    def before_pipeline_run(self):
        import mlflow
        run = mlflow.MlflowClient().get_run(os.environ["MLFLOW_RUN_ID"])
        with open("tags", "a") as file:
            file.write(" ".join(run.data.tags) + "\\n")

HOOKS = (Look(),)
"""
        }
    )
    project.ok("run", "--nodes", "left")
    at_first = set((project.root / "tags").read_text().split())
    ours = {"argo_kedro.workflow_id", "argo_kedro.task.left", "mlflow.source.name"}
    assert set(server.run().data.tags) - at_first == set()
    assert "kedro_command" in at_first - ours


def test_another_version_of_the_server_is_said(caplog: pytest.LogCaptureFixture) -> None:
    from argo_kedro.mlflow.server import compare_versions

    class Old(BaseHTTPRequestHandler):
        said = b"1.30.1"

        def do_GET(self) -> None:
            assert self.path == "/version"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.said)

    with HTTPServer(("127.0.0.1", 0), Old) as answering:
        threading.Thread(target=answering.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{answering.server_port}"
        compare_versions(f"http://user:word@{address}/")
        Old.said = mlflow.__version__.encode()
        compare_versions(f"http://{address}")
        Old.said = b"<html>1.2</html>"
        compare_versions(f"http://{address}")
        answering.shutdown()
    (said,) = caplog.messages
    assert (
        f"http://{address}/ has version 1.30.1, and the tasks have MLflow {mlflow.__version__}"
        in said
    )
    assert "`mlflow==1.30.1`" in said and "word" not in said


def test_what_one_task_notes_others_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from argo_kedro.mlflow.run_folder import RUN_FOLDER, UNREACHABLE, is_noted, note

    monkeypatch.setenv(RUN_FOLDER, str(tmp_path))
    # Looking for a note makes none: a server that stops later is still reported.
    assert not is_noted(UNREACHABLE) and not is_noted(UNREACHABLE)
    assert note(UNREACHABLE) and not note(UNREACHABLE) and is_noted(UNREACHABLE)
    # A pod has no such folder.
    monkeypatch.delenv(RUN_FOLDER)
    assert note(UNREACHABLE) and not is_noted(UNREACHABLE)


def test_kedro_run_is_unchanged(project: Project, server: Server) -> None:
    done = project.kedro("run", env={"WORKFLOW_ID": "mine"})
    assert done.code == 0, done
    run = server.run()
    assert run.info.run_name == "__default__"
    assert not [tag for tag in run.data.tags if tag.startswith("argo_kedro")]
