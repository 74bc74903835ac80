"""`deploy`, `submit --from` and `schedule` on a real cluster."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from api import ARGO, PLURALS, ApiServer
from program import ENVIRONMENT, ClusterProject
from projects import Result

TEMPLATE = "WorkflowTemplate"
CRON = "CronWorkflow"
#: The schedule fires once a minute; then the controller has to act.
A_STROKE = 100
#: Names of the tests' schedules.
SCHEDULES = ["often", "never", "kept", "dropped"]


@pytest.fixture
def name(api_server: ApiServer, request: pytest.FixtureRequest, mark: str) -> Iterator[str]:
    """Names what a test deploys, and deletes it at the end."""
    name = f"{mark}-{abs(hash(request.node.name)) % 10_000}"
    yield name
    for kind, names in {
        TEMPLATE: [name],
        CRON: [name, *(f"{name}-{one}" for one in SCHEDULES)],
    }.items():
        for made in names:
            api_server.delete(api_server.place(ARGO, PLURALS[kind], made))


def read(api_server: ApiServer, kind: str, name: str) -> dict[str, Any]:
    return api_server.ask("GET", api_server.place(ARGO, PLURALS[kind], name))


def change(api_server: ApiServer, kind: str, name: str, patch: dict[str, Any]) -> None:
    path = api_server.place(ARGO, PLURALS[kind], name)
    api_server.ask("PATCH", path, patch, "merge-patch+json")


@pytest.fixture
def deploy(name: str) -> Callable[..., Result]:
    def run(project: ClusterProject, *words: str) -> Result:
        return project.run(
            "deploy", "--env", ENVIRONMENT, "--no-build", "--workflow-name", name, *words
        )

    return run


def outcome(result: Result) -> str:
    assert result.code == 0, result
    (row,) = result.json()
    return str(row["outcome"])


@pytest.fixture
def unrun(bare_project: Callable[..., ClusterProject]) -> ClusterProject:
    """A project whose tasks do not run, so that no controller is needed."""
    return bare_project(memory_datasets={"mode": "persist", "path": "memory://x"})


def test_what_is_deployed_twice_is_written_once(
    unrun: ClusterProject, api_server: ApiServer, name: str, deploy: Callable[..., Result]
) -> None:
    assert outcome(deploy(unrun, "--dry-run=server", "-o", "json")) == "created"
    assert outcome(deploy(unrun, "-o", "json")) == "created"
    first = read(api_server, TEMPLATE, name)
    assert outcome(deploy(unrun, "-o", "json")) == "unchanged"
    second = read(api_server, TEMPLATE, name)
    assert first["metadata"]["resourceVersion"] == second["metadata"]["resourceVersion"]
    changed = deploy(unrun, "--image", "example.com/other:2", "-o", "json")
    assert outcome(changed) == "changed"
    assert "example.com/other:2" in changed.err and "+++ compiled now" in changed.err, changed
    assert "example.com/other:2" in json.dumps(read(api_server, TEMPLATE, name)["spec"])


def test_what_somebody_else_changed_is_kept_or_refused(
    unrun: ClusterProject, api_server: ApiServer, name: str, deploy: Callable[..., Result]
) -> None:
    assert outcome(deploy(unrun, "-o", "json")) == "created"
    change(api_server, TEMPLATE, name, {"spec": {"parallelism": 3}})
    kept = deploy(unrun, "--image", "example.com/other:2", "-o", "json")
    assert outcome(kept) == "changed"
    assert "after the last deploy" in kept.err, kept
    assert "parallelism: 3" in kept.err, kept
    assert read(api_server, TEMPLATE, name)["spec"]["parallelism"] == 3
    change(api_server, TEMPLATE, name, {"spec": {"schedulerName": "theirs"}})
    change_of_ours = read(api_server, TEMPLATE, name)
    assert outcome(deploy(unrun, "--image", "example.com/other:2", "-o", "json")) == "unchanged"
    theirs = change_of_ours["spec"]["templates"]
    for template in theirs:
        if "container" in template:
            template["container"]["image"] = "example.com/theirs:3"
    change(api_server, TEMPLATE, name, {"spec": {"templates": theirs}})
    refused = deploy(unrun, "--image", "example.com/ours:4")
    assert refused.code == 2 and "somebody changed it to" in refused.err, refused
    assert "container.image" in refused.err and "--force" in refused.err, refused
    assert outcome(deploy(unrun, "--image", "example.com/ours:4", "--force", "-o", "json")) == (
        "changed"
    )
    spec = read(api_server, TEMPLATE, name)["spec"]
    assert "parallelism" not in spec and "schedulerName" not in spec
    assert "theirs" not in json.dumps(spec)


def test_on_a_terminal_a_change_is_asked_about(
    unrun: ClusterProject, api_server: ApiServer, name: str, deploy: Callable[..., Result]
) -> None:
    assert outcome(deploy(unrun, "-o", "json", "--image", "example.com/shop:1")) == "created"
    words = ["deploy", "--env", ENVIRONMENT, "--workflow-name", name]
    words += ["--image", "example.com/shop:2"]
    for answer in ("n", "Ctrl-C"):
        assert unrun.answered(answer, *words) == 130
    assert "example.com/shop:2" not in json.dumps(read(api_server, TEMPLATE, name))
    assert unrun.answered("y", *words) == 0
    assert "example.com/shop:2" in json.dumps(read(api_server, TEMPLATE, name))


def test_what_deploy_did_not_make_is_left_alone(
    unrun: ClusterProject, api_server: ApiServer, name: str, deploy: Callable[..., Result]
) -> None:
    (document,) = deploy(unrun, "--dry-run", "-o", "json").json()
    api_server.ask("POST", api_server.place(ARGO, PLURALS[TEMPLATE]), document)
    assert outcome(deploy(unrun, "-o", "json")) == "unchanged"
    refused = deploy(unrun, "--image", "example.com/other:2")
    assert refused.code == 2 and "that `deploy` did not create" in refused.err, refused
    assert outcome(deploy(unrun, "--image", "example.com/other:2", "--force", "-o", "json")) == (
        "changed"
    )


def test_a_suspended_schedule_stays_so_and_what_is_deleted_is_gone(
    bare_project: Callable[..., ClusterProject],
    api_server: ApiServer,
    name: str,
    deploy: Callable[..., Result],
) -> None:
    project = bare_project(
        memory_datasets={"mode": "persist", "path": "memory://x"},
        schedules={"leap-day": {"cron": "0 0 30 2 *", "timezone": "Asia/Tokyo"}},
    )
    words = ["--kind", "cronworkflow", "-o", "json"]
    there = ["--namespace", api_server.namespace]
    cron = f"{name}-leap-day"
    assert outcome(deploy(project, *words)) == "created"
    # The command takes the name in argo.yml.
    project.ok("schedule", "suspend", "leap-day", *there)
    assert outcome(deploy(project, *words, "--image", "example.com/other:2")) == "changed"
    rows = project.ok("schedule", "list", "-o", "json", *there).json()
    (row,) = (row for row in rows if row["name"] == cron)
    assert row["suspended"] and row["timezone"] == "Asia/Tokyo" and row["last"] is None
    project.ok("schedule", "resume", name, *there)
    # The object is unchanged since the deployment, so the next one reports no change by others.
    assert "suspend" not in read(api_server, CRON, cron)["spec"]
    again = deploy(project, *words, "--image", "example.com/other:2")
    assert outcome(again) == "unchanged" and "after the last deploy" not in again.err, again
    part = project.run("schedule", "delete", name, *there)
    assert part.code == 2 and f"did you mean `{cron}`" in part.err, part
    project.ok("schedule", "delete", cron, *there)
    gone = project.run("schedule", "trigger", cron, *there)
    assert gone.code == 2 and "has no schedule" in gone.err, gone


def test_a_schedule_that_argo_yml_has_no_more_is_named(
    bare_project: Callable[..., ClusterProject],
    api_server: ApiServer,
    name: str,
    deploy: Callable[..., Result],
) -> None:
    never = {"cron": "0 0 30 2 *"}
    settings = {"memory_datasets": {"mode": "persist", "path": "memory://x"}}
    both = bare_project(**settings, schedules={"kept": never, "dropped": never})
    assert "is still on the cluster" not in deploy(both, "--kind", "cronworkflow").err
    one = bare_project(**settings, schedules={"kept": never})
    said = deploy(one, "--kind", "cronworkflow").err
    (line,) = (line for line in said.splitlines() if "is still on the cluster" in line)
    assert line.startswith(f"the schedule {name}-dropped ")
    both.ok(*line.rpartition("argo-kedro ")[2].split())
    assert "is still on the cluster" not in deploy(one, "--kind", "cronworkflow").err


def test_a_template_runs_with_parameters_of_the_day(
    project: ClusterProject, api_server: ApiServer, name: str, deploy: Callable[..., Result]
) -> None:
    assert outcome(deploy(project, "-o", "json")) == "created"
    there = ["--namespace", api_server.namespace]
    wrong = project.run("submit", "--from", name, "-p", "parms={}", *there)
    assert wrong.code == 2 and "did you mean `params`" in wrong.err, wrong
    kedros = project.run("submit", "--from", name, "-p", "depth=3", *there)
    assert kedros.code == 2 and "--params depth=VALUE" in kedros.err, kedros
    missing = project.run("submit", "--from", f"{name}-x", *there)
    assert missing.code == 2 and f"no WorkflowTemplate `{name}-x`" in missing.err, missing
    project.write({"day.yml": "depth: 2\nmodel: {rate: 0.5}\n"})
    words = ["--params-file", str(project.root / "day.yml"), "--params", "depth=3"]
    running = project.follow("submit", "--from", name, *words, "--wait", *there)
    assert running.ends() == 0, running.text
    (run,) = project.runs()
    workflow = api_server.workflow(run)
    assert workflow["spec"]["workflowTemplateRef"]["name"] == name
    (given,) = workflow["spec"]["arguments"]["parameters"]
    assert (given["name"], json.loads(given["value"])) == (
        "params",
        {"depth": 3, "model": {"rate": 0.5}},
    )
    # The run is recorded with its tasks like any other, even after the cluster has lost it.
    api_server.delete_workflow(run)
    status = project.ok("status", run)
    assert "make" in status.out and "use" in status.out and "Succeeded" in status.out, status


def test_a_schedule_runs_when_it_is_told_to_and_by_the_clock(
    cluster_project: Callable[..., ClusterProject],
    api_server: ApiServer,
    name: str,
    deploy: Callable[..., Result],
) -> None:
    project = cluster_project(
        schedules={
            "often": {
                "cron": "* * * * *",
                "concurrency_policy": "allow",
                "pipeline": "modelling",
            }
        }
    )
    cron, there = f"{name}-often", ["--namespace", api_server.namespace]
    assert outcome(deploy(project, "--kind", "cronworkflow", "-o", "json")) == "created"
    running = project.follow("schedule", "trigger", cron, "--watch", *there)
    assert running.ends() == 0, running.text
    (run,) = project.runs()
    triggered = api_server.workflow(run)
    assert triggered["metadata"]["labels"]["workflows.argoproj.io/cron-workflow"] == cron
    deadline = time.monotonic() + A_STROKE
    by_the_clock: str | None = None
    while by_the_clock is None and time.monotonic() < deadline:
        rows = project.ok("schedule", "list", "-o", "json", *there).json()
        (row,) = (row for row in rows if row["name"] == cron)
        if row["last"]["name"] != triggered["metadata"]["name"]:
            by_the_clock = row["last"]["name"]
    assert by_the_clock, "the clock struck, and nothing ran"
    project.ok("schedule", "suspend", cron, *there)
    assert api_server.until_over(by_the_clock)["status"]["phase"] == "Succeeded"
    # Nobody followed the run; the notes of its tasks name their files.
    assert "s3://argo-kedro-test/model.json/" in project.ok("status", by_the_clock, *there).err
