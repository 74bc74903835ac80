"""`deploy`, `schedules` of argo.yml and `submit --from`, without a cluster."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from projects import MakeProject, Project, is_clean

REGISTRY = """
def make(scale):
    return 20 * scale
def register_pipelines():
    small = Pipeline([Node(make, "params:scale", "number", name="make")])
    return {"__default__": Pipeline([]), "small": small}
"""
CONFIGURATION = """\
    deployment: {image: registry/shop, tag: v1}
    memory_datasets: {path: "s3://bucket/prefix"}
    schedules:
      nightly:
        cron: "0 3 * * *"
        timezone: Europe/Berlin
        pipeline: small
        params: {scale: 2, text: "a, b=$x {{y}}", deep: {er: [1]}}
      office-hours:
        cron: ["0 9 * * 1-5", "@daily"]
        pipeline: small
        concurrency_policy: replace
        starting_deadline_seconds: 60
        successful_history: 5
        failed_history: 2
        suspend: true
    """
FILES: dict[str, str | bytes] = {
    "conf/base/catalog.yml": "{}\n",
    "conf/base/parameters.yml": "scale: 1\n",
    "conf/base/argo.yml": CONFIGURATION,
}


@pytest.fixture(scope="module")
def project(shared_project: MakeProject) -> Project:
    return shared_project(REGISTRY, dict(FILES))


def documents(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text))


def parameter(spec: dict[str, Any]) -> dict[str, Any]:
    (found,) = spec["arguments"]["parameters"]
    assert found["name"] == "params"
    value: dict[str, Any] = json.loads(found["value"])
    return value


def deploy(project: Project, *words: str) -> list[dict[str, Any]]:
    return documents(project.ok("deploy", "--dry-run", "--no-build", *words).out)


def test_a_template_takes_runtime_parameters_though_it_was_made_with_none(
    project: Project,
) -> None:
    (template,) = deploy(project, "--pipelines", "small")
    assert template["kind"] == "WorkflowTemplate"
    assert parameter(template["spec"]) == {}
    (worker,) = (it for it in template["spec"]["templates"] if "container" in it)
    assert "--params={{workflow.parameters.params}}" in worker["container"]["args"]


def test_the_command_that_shows_findings_names_the_pipelines_of_the_schedules(
    project: Project,
) -> None:
    said = project.ok("deploy", "--dry-run", "--no-build", "--kind", "cronworkflow").err
    (command,) = {line.partition("; see: ")[2] for line in said.splitlines() if "; see: " in line}
    assert command == "argo-kedro lint --pipelines small"
    shown = project.run(*command.split()[1:]).text
    assert "[placeholder]" in shown and "empty-pipeline" not in shown, shown


def test_each_schedule_is_a_cronworkflow_with_its_own_pipeline_and_parameters(
    project: Project,
) -> None:
    words = ["--kind", "cronworkflow"]
    nightly, office = deploy(project, *words)
    assert nightly["metadata"]["name"] == "shop-nightly"
    assert nightly["spec"]["timezone"] == "Europe/Berlin"
    assert nightly["spec"]["concurrencyPolicy"] == "Forbid"
    assert "suspend" not in nightly["spec"]
    given = {"scale": 2, "text": "a, b=$x {{y}}", "deep": {"er": [1]}}
    assert parameter(nightly["spec"]["workflowSpec"]) == given
    assert office["spec"]["schedules"] == ["0 9 * * 1-5", "@daily"]
    assert office["spec"]["concurrencyPolicy"] == "Replace"
    assert office["spec"]["startingDeadlineSeconds"] == 60
    assert office["spec"]["successfulJobsHistoryLimit"] == 5
    assert office["spec"]["failedJobsHistoryLimit"] == 2
    assert office["spec"]["suspend"] is True
    assert parameter(office["spec"]["workflowSpec"]) == {}
    assert documents(project.ok("compile", *words).out) == [nightly, office]


def test_what_is_typed_goes_over_what_a_schedule_says(project: Project) -> None:
    words = ["--kind", "cronworkflow", "--params", "scale=3,deep.x=1"]
    nightly, office = deploy(project, *words, "--workflow-name", "mine")
    assert nightly["metadata"]["name"] == "mine-nightly"
    assert parameter(nightly["spec"]["workflowSpec"])["scale"] == 3
    assert parameter(nightly["spec"]["workflowSpec"])["deep"] == {"er": [1], "x": 1}
    assert parameter(office["spec"]["workflowSpec"]) == {"scale": 3, "deep": {"x": 1}}
    typed = ["--kind", "cronworkflow", "--pipelines", "small", "--schedule", "@hourly"]
    (alone,) = deploy(project, *typed, "--timezone", "Asia/Tokyo")
    assert alone["metadata"]["name"] == "shop-small"
    assert alone["spec"]["schedules"] == ["@hourly"]


def test_forms_of_a_dry_run(project: Project) -> None:
    words = ["deploy", "--dry-run", "--no-build", "--kind", "cronworkflow", "-o"]
    assert project.ok(*words, "name").out.splitlines() == ["shop-nightly", "shop-office-hours"]
    made = project.ok(*words, "json").json()
    assert [it["metadata"]["name"] for it in made] == ["shop-nightly", "shop-office-hours"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--pipelines", "small", "--workflow-name", "x" * 64], "at most 63 are allowed"),
        (["--pipelines", "small", "--workflow-name", "No"], "Kubernetes does not accept the name"),
        (["--kind", "cronworkflow", "--workflow-name", "x" * 45], "at most 52 are allowed"),
        (
            ["--kind", "cronworkflow", "-p", "small", "--schedule", "61 * * * *"],
            "`61` is not a minute",
        ),
        (
            ["--kind", "cronworkflow", "-p", "small", "--schedule", "@daily", "--timezone", "X"],
            "there is no time zone `X`",
        ),
        ([], "no node is selected"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sent(
    project: Project, words: list[str], said: str
) -> None:
    # There is no cluster: the fault is found before it is asked.
    result = project.run("deploy", "--no-build", *words)
    assert result.code == 2 and said in result.text and is_clean(result.text), result


@pytest.mark.parametrize(
    ("schedules", "said"),
    [
        ("schedules: {A_b: {cron: '@daily'}}", "`A_b` cannot be the name of a schedule"),
        ("schedules: {a: {cron: []}}", "the schedule `a` has no cron expression"),
        ("schedules: {a: {}}", "needs the key `cron`"),
        ("schedules: {a: {cron: 5}}", "a cron expression in quotes, or a list of them"),
        ("schedules: {a: {cron: '@daily', timezon: UTC}}", "did you mean `timezone`"),
        (
            "schedules: {a: {cron: '@daily', concurrency_policy: never}}",
            "one of `allow`, `forbid`, `replace`",
        ),
        ("schedules: {a: {cron: '@daily', pipeline: smal}}", "did you mean `small`"),
        ("schedules: {a: {cron: '* * *', pipeline: small}}", "it needs 5"),
        ("schedules: {a: {cron: '@daily'}}", "the schedule `a` runs it"),
        ("schedules: {}", "argo.yml has no schedule"),
    ],
)
def test_faults_of_schedules_say_what_and_where(
    make_project: MakeProject, schedules: str, said: str
) -> None:
    configuration = "deployment: {image: registry/shop, tag: v1}\n" + schedules + "\n"
    project = make_project(REGISTRY, {**FILES, "conf/base/argo.yml": configuration})
    result = project.run("deploy", "--kind", "cronworkflow", "--no-build", "--dry-run")
    assert result.code == 2 and said in result.text and is_clean(result.text), result


def test_a_run_of_a_template_reads_no_project(project: Project) -> None:
    result = project.run("submit", "--from", "shop", "--tags", "a")
    assert result.code == 2 and "--tags selects a part of a project" in result.err, result
    result = project.run("submit", "--from", "shop", "--image", "x:1")
    assert result.code == 2 and "cannot be used with" in result.err, result
    result = project.run("submit", "--parameter", "a=b")
    assert result.code == 2 and "--from" in result.err, result
