"""`submit`: a run that succeeds, one that fails, and the messages about both."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from api import ApiServer, eventually, node, phase
from images import is_registry
from program import ENVIRONMENT, ClusterProject
from projects import Result, is_clean
from store import Store

PLANTED = "planted-5b1f0e"


def test_a_run_that_succeeds(project: ClusterProject, api_server: ApiServer) -> None:
    result = project.submit("--watch")
    assert result.code == 0, result
    (name,) = project.runs()
    for said in (name, f"watch {name}", f"logs -f {name}", "✓ make", "✓ use", "Succeeded in"):
        assert said in result.text, result
    assert phase(api_server.workflow(name)) == "Succeeded"
    assert is_clean(result.text)


@pytest.fixture(scope="module")
def failed(cluster_project: Callable[..., ClusterProject]) -> tuple[ClusterProject, Result]:
    project = cluster_project()
    return project, project.submit("--pipelines", "fails", "--wait")


def test_a_run_that_fails_says_which_node_and_why(failed: tuple[ClusterProject, Result]) -> None:
    project, result = failed
    (name,) = project.runs()
    assert result.code == 1, result
    (line,) = (line for line in result.text.splitlines() if "✗ train-model" in line)
    # The error comes first, as in the tables.
    assert line.endswith("s  ValueError: too deep: 20"), result
    # Only its last lines are shown.
    assert "last lines of train-model" in result.err, result
    assert "  line 0\n" not in result.err, result
    assert f"retry {name}" in result.err, result
    assert is_clean(result.text), result


def test_status_knows_why_it_failed(failed: tuple[ClusterProject, Result]) -> None:
    project, _ = failed
    state = project.ok("status", "-o", "json").json()["state"]
    tasks = state["tasks"]
    assert state["phase"] == "Failed"
    assert tasks["choose-depth"]["phase"] == "Succeeded"
    assert tasks["train-model"]["exit_code"] == 1
    cause = tasks["train-model"]["cause"]
    assert (cause["type"], cause["message"]) == ("ValueError", "too deep: 20")
    assert cause["frame"]["function"] == "train"
    assert tasks["train-model"]["nodes"] == ["train_model"]
    assert tasks["score"]["phase"] == "Omitted"


@pytest.mark.parametrize("word", ["train-model", "train_model"])
def test_logs_of_one_task_or_node(failed: tuple[ClusterProject, Result], word: str) -> None:
    project, _ = failed
    result = project.ok("logs", "@latest", word)
    assert [line for line in result.out.splitlines() if line.startswith("line ")] == [
        f"line {number}" for number in range(30)
    ], result
    assert "ValueError: too deep: 20" in result.out
    # Lines of Argo's executor do not belong to the task's output.
    assert "argo=true" not in result.out, result
    assert "making a number" not in result.out


def test_logs_of_an_unknown_task(failed: tuple[ClusterProject, Result]) -> None:
    project, _ = failed
    result = project.run("logs", "@latest", "train-modle")
    assert result.code == 2, result
    assert "did you mean" in result.err and "train-model" in result.err, result


def test_what_is_on_record_outlives_the_workflow(
    cluster_project: Callable[..., ClusterProject], api_server: ApiServer
) -> None:
    project = cluster_project()
    name, _ = project.submitted()
    api_server.until_over(name)
    project.ok("status")
    unset: dict[str, str | None] = {"KUBECONFIG": "/nonexistent"}
    nowhere = project.ok("status", name, env=unset)
    assert "Succeeded" in nowhere.out and "make" in nowhere.out, nowhere
    api_server.delete_workflow(name)
    status = project.ok("status", name)
    assert "Succeeded" in status.out and "make" in status.out, status
    assert "Succeeded" in project.ok("list").out
    # The cluster deletes its objects a little later.
    eventually(lambda: not api_server.pods(name), "its pods are gone")
    logs = project.ok("logs", name)
    assert "deleted" in logs.err and logs.out == "", logs


def test_the_same_name_twice_is_two_runs(project: ClusterProject, mark: str) -> None:
    name = f"{mark}-named"
    made, _ = project.submitted("--workflow-name", name, "--pipelines", "nowhere")
    assert made == name
    again, _ = project.submitted("-w", name, "--pipelines", "nowhere")
    assert again.startswith(f"{name}-"), again


def test_a_name_that_is_free_again_is_another_run(project: ClusterProject, mark: str) -> None:
    name = f"{mark}-again"
    words = ["--workflow-name", name, "--pipelines", "nowhere"]
    _, old = project.submitted(*words)
    project.ok("terminate", name)
    assert project.run("watch", name).code == 1
    project.ok("delete", name)
    _, new = project.submitted(*words)
    rows = {row["run"]["name"]: row for row in project.ok("list", "-o", "json").json()}
    assert {run: row["run"]["uid"] for run, row in rows.items()} == {name: new, f"{name}~1": old}
    # The new run has none of the old one's past, and the old run keeps it.
    assert rows[name]["state"]["phase"] in ("Pending", "Running")
    assert "Stopped" in project.ok("status", f"{name}~1").out
    third = project.ok("resubmit", f"{name}~1", "--from-run", "-o", "name").out
    assert third.startswith(f"{name}-")


def test_a_run_is_worth_more_than_its_record(
    project: ClusterProject, api_server: ApiServer, mark: str
) -> None:
    name = f"{mark}-unrecorded"
    (project.root / ".argo-kedro").write_text("no folder")
    result = project.submit("--workflow-name", name, "-o", "name")
    assert result.code == 0 and result.out.strip() == name, result
    assert "the history of this machine will not have" in result.err, result
    try:
        assert phase(api_server.until_over(name)) == "Succeeded"
    finally:
        api_server.delete_workflow(name)


def test_two_submits_at_once_are_two_runs(project: ClusterProject) -> None:
    words = ["submit", "--env", ENVIRONMENT, "--no-build", "--pipelines", "nowhere", "-o", "name"]
    both = [project.follow(*words) for _ in range(2)]
    assert [running.ends() for running in both] == [0, 0], [running.text for running in both]
    assert len(set(project.runs())) == 2


@pytest.mark.parametrize("where", ["client", "server"])
def test_a_dry_run_makes_nothing(project: ClusterProject, mark: str, where: str) -> None:
    name = f"{mark}-dry-{where}"
    result = project.submit(f"--dry-run={where}", "--workflow-name", name, "-o", "yaml")
    assert result.code == 0, result
    manifest = yaml.safe_load(result.out)
    assert manifest["kind"] == "Workflow" and manifest["metadata"]["name"] == name
    assert project.runs() == []
    missing = project.run("status", name)
    assert missing.code == 2, missing


def test_an_input_that_the_store_does_not_have_is_told_before_the_run(
    project: ClusterProject, store: Store
) -> None:
    # argo.yml has the other variables.
    variables: dict[str, str | None] = {"AWS_SECRET_ACCESS_KEY": store.secret}
    words = ["--pipelines", "stocking", "--dry-run=server", "-o", "name"]
    path = "s3://argo-kedro-test/raw/stock.json"

    missing = project.submit(*words, env=variables)
    assert missing.code == 0, missing
    assert "warning[input-not-in-store]" in missing.err and path in missing.err, missing
    assert "conf/base/catalog.yml" in missing.err, missing

    elsewhere = project.submit(*words)
    assert elsewhere.code == 0, elsewhere
    assert f"cannot look from here for {path}: " in elsewhere.err, elsewhere
    assert "AWS_SECRET_ACCESS_KEY" in elsewhere.err, elsewhere
    assert "input-not-in-store" not in elsewhere.err, elsewhere

    store.put("raw/stock.json", b"20")
    there = project.submit(*words, env=variables)
    store.remove("raw/")
    assert there.code == 0 and "stock.json" not in there.err, there


def test_no_secret_value_is_seen(
    cluster_project: Callable[..., ClusterProject],
    make_secret: Callable[..., str],
    store: Store,
    api_server: ApiServer,
    store_settings: dict[str, Any],
) -> None:
    secret = make_secret("planted", {"token": PLANTED})
    variables = [
        *store_settings["template"]["environment"],
        {"name": "TOKEN", "secret_ref": {"name": secret, "key": "token"}},
    ]
    project = cluster_project(template={"environment": variables})
    project.write({"conf/local/credentials.yml": f"bucket: {{token: {PLANTED}-local}}\n"})
    env: dict[str, str | None] = {"TOKEN": f"{PLANTED}-env", "AWS_SECRET_ACCESS_KEY": store.secret}
    shown = [
        project.submit("--dry-run=server", env=env),
        project.submit("--watch", "--logs", env=env),
    ]
    assert shown[1].code == 0, shown[1]
    (name,) = project.runs()
    shown += [project.run(command, env=env) for command in ("status", "list", "logs")]
    shown.append(project.run("status", "-o", "json", env=env))
    seen = [json.dumps(api_server.workflow(name)), *(result.text for result in shown)]
    state = project.root / ".argo-kedro"
    kept = [path.read_bytes() for path in state.rglob("*") if path.is_file()]
    for planted in (PLANTED, store.secret):
        assert not any(planted in text for text in seen)
        assert not any(planted.encode() in content for content in kept)
    assert node(api_server.workflow(name), "use")["phase"] == "Succeeded"


def test_what_a_node_tells_of_secrets_is_taken_out(
    cluster_project: Callable[..., ClusterProject],
    store_settings: dict[str, Any],
    make_secret: Callable[..., str],
    api_server: ApiServer,
) -> None:
    planted = {name: f"planted-{name}-4d1c" for name in ("name", "all", "file")}
    secrets = {name: make_secret(f"{name}-leak", {"key": text}) for name, text in planted.items()}
    by_name = {"name": "BY_NAME", "secret_ref": {"name": secrets["name"], "key": "key"}}
    mounted = {"name": "keys", "mount_path": "/etc/keys", "secret": {"secretName": secrets["file"]}}
    leak = {
        "environment": [by_name],
        "env_from": [{"secret": secrets["all"], "prefix": "ALL_"}],
        "volumes": [mounted],
    }
    project = cluster_project(nodes={"leak": leak}, pod_gc="never")
    running = project.run(
        "submit", "--env", "cluster", "--no-build", "--pipelines", "leaking", "--watch", "--logs"
    )
    assert running.code == 1, running
    (run,) = project.runs()
    assert "TOLD *** *** ***" in running.text, running
    assert "cannot log in with ['***', '***', '***']" in project.ok("status", run).out
    said = [
        running.text,
        project.ok("logs", run).text,
        project.ok("status", run).text,
        json.dumps(api_server.workflow(run)),
        *project.events(run),
    ]
    for text in planted.values():
        assert not any(text in place for place in said), text


def test_an_image_that_is_named_is_looked_at(
    bare_project: Callable[..., ClusterProject], namespace: str
) -> None:
    project = bare_project(service_account="runner")
    place = ["--namespace", namespace, "--pipelines", "nowhere"]
    for wrong, words in [("UPPER/x y:1", "is not the name of an image"), ("shop", "no tag")]:
        refused = project.submit("--image", wrong, *place)
        assert refused.code == 2 and words in refused.err, refused
    registry = os.environ.get("ARGO_KEDRO_TEST_REGISTRY", "127.0.0.1:5000")
    missing = project.submit("--image", f"{registry}/no-such:1", *place)
    assert missing.code == 0, missing
    if is_registry():
        assert "is not in its registry" in missing.err, missing
