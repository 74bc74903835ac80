"""`lint`: every finding at once, each with its place and a remedy.

`crates/lint/tests` tests the rules themselves.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from projects import PROGRAM, MakeProject, Project, is_clean
from recorded_projects import CONFIGURED, FUNCTIONS
from terminal import on_a_terminal


def findings(project: Project, *words: str) -> dict[str, dict[str, Any]]:
    """The findings by code; checks that the exit code fits them."""
    result = project.run("lint", "-o", "json", *words)
    found = {finding["code"]: finding for finding in result.json()}
    errors = [finding for finding in found.values() if finding["severity"] == "error"]
    assert result.code == (1 if errors else 0), result
    assert is_clean(result.text)
    return found


def subject(finding: dict[str, Any]) -> str:
    return json.dumps(finding["place"])


def test_a_project_without_faults_has_no_findings(make_project: MakeProject) -> None:
    argo = "deployment: {image: registry/shop}\nmemory_datasets: {path: 'ftp://store'}\n"
    project = make_project(files={"conf/base/argo.yml": argo})
    result = project.ok("lint")
    assert (result.out, result.err) == ("", "no findings\n")


@pytest.mark.parametrize("columns", [40, 80])
def test_a_terminal_gets_messages_broken_between_words(
    make_project: MakeProject, columns: int
) -> None:
    argo = """\
        deployment: {image: registry/shop}
        memory_datasets: {path: 'ftp://store'}
        nodes:
          nobody: {cpu: 1}
          nothing: {cpu: 2}
        """
    project = make_project(files={"conf/base/argo.yml": argo})
    for words in (["lint"], ["compile", "-o", "w.yaml"], ["lint", "--explain", "missing-mlflow"]):
        whole = project.run(*words).text.split()
        _, seen = on_a_terminal(project, words, "", columns)
        lines = re.sub(r"\x1b\[[0-9;]*m", "", seen).splitlines()
        assert all(len(line) <= columns for line in lines if " " in line.strip()), seen
        assert " ".join(lines).split() == whole


def test_the_hint_to_lint_finds_the_warnings_again(make_project: MakeProject) -> None:
    unused = CONFIGURED + "nodes: {nobody: {cpu: 1}}\n"
    project = make_project(files={"conf/other/argo.yml": unused})
    said = project.ok("compile", "--env", "other").err
    assert "warning[selector-without-nodes]: " in said, said
    assert "; see: argo-kedro lint --env other\n" in said, said
    assert "nobody" in project.ok("lint", "--env", "other").out
    assert "; see: argo-kedro lint\n" in project.ok("compile", "--allow-errors").err


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["run"], "argo-kedro lint --target local"),
        (
            ["run", "--pipelines", "__default__"],
            "argo-kedro lint --target local --pipelines __default__",
        ),
        (["plan", "--params", "a=b c"], "argo-kedro lint --params 'a=b c'"),
        (["plan", "--env", "local"], "argo-kedro lint --env local"),
    ],
)
def test_the_hint_to_lint_is_about_the_same_place_and_part(
    make_project: MakeProject, words: list[str], hint: str
) -> None:
    argo = "mlflow: {run_name: a}\nnodes: {nobody: {cpu: 1}}\n"
    files = {"conf/base/argo.yml": argo, "conf/cloud/parameters.yml": "{}"}
    project = make_project(files=files)
    said = project.ok(*words).err
    (found,) = re.findall(r"; see: (.*)\n", said)
    assert found == hint
    shown = project.run(*shlex.split(found)[1:], "-o", "json").json()
    assert shown
    for code in re.findall(r"(?:warning|error)\[(.*?)\]", said):
        assert code in {one["code"] for one in shown}


def test_every_fault_of_argo_yml_is_found_at_once_where_it_stands(
    make_project: MakeProject,
) -> None:
    project = make_project(
        files={
            "conf/base/argo.yml": """\
                namespce: team
                deployment:
                  image: 3
                machine_types:
                  default: {mem: 1, cpu: 1, gpus: 2}
                """
        }
    )
    result = project.run("lint")
    assert result.code == 1
    for words in (
        "argo.yml:1:1",
        "did you mean `namespace`",
        "argo.yml:3:10",
        "`deployment.image` is 3",
        "argo.yml:5:29",
        "`machine_types.default` has no key `gpus`",
        "3 errors",
    ):
        assert words in result.out, result
    assert is_clean(result.text)


@pytest.mark.parametrize(("image", "tag", "line"), [("r/shop", "a b", 3), ("r/a b", "v1", 2)])
def test_a_fault_of_an_image_stands_at_its_tag_where_the_tag_is_wrong(
    make_project: MakeProject, image: str, tag: str, line: int
) -> None:
    argo = f"deployment:\n  image: {image}\n  tag: {tag}\nmemory_datasets: {{path: 'ftp://s'}}\n"
    project = make_project(files={"conf/base/argo.yml": argo})
    found = findings(project)["invalid-image-name"]
    assert found["place"]["span"]["line"] == line, found


def test_a_local_path_that_crosses_tasks_is_a_warning_on_a_cluster_only(
    make_project: MakeProject,
) -> None:
    catalog = "number: {type: shop.datasets.JsonFile, filepath: data/number.json}\n"
    files: dict[str, str | bytes] = {
        "conf/base/argo.yml": CONFIGURED,
        "conf/base/catalog.yml": catalog,
    }
    project = make_project(files=files)
    finding = findings(project)["local-path-crosses-tasks"]
    assert finding["severity"] == "warning"
    assert "number" in subject(finding)
    assert findings(project, "--target", "local") == {}
    # A submission is too late to mend it.
    for words in (["submit", "--dry-run"], ["deploy", "--dry-run"]):
        refused = project.run(*words, "--image", "registry/shop:1")
        assert refused.code == 2, refused
        assert "error[local-path-crosses-tasks]" in refused.err
    compiled = project.run("compile")
    assert compiled.code == 1
    assert "error[local-path-crosses-tasks]" in compiled.err
    project.ok("compile", "--allow-errors")


def test_what_a_pod_would_not_find_is_said_on_a_cluster_only(make_project: MakeProject) -> None:
    """The project has the files of `init`, whose .dockerignore keeps `data/` out."""
    project = make_project(
        FUNCTIONS
        + """
def register_pipelines():
    return {"__default__": Pipeline([node(copy, "raw", "report", name="n")])}
""",
        files={
            "conf/base/catalog.yml": """\
                raw: {type: shop.datasets.JsonFile, filepath: data/01_raw/raw.json}
                report: {type: shop.datasets.JsonFile, filepath: data/08_reporting/report.json}
                """,
            "data/01_raw/raw.json": "1",
            "conf/local/parameters.yml": "a: 1\n",
        },
    )
    project.ok("init", "--yes")
    found = findings(project)
    assert found.keys() == {
        "configuration-not-in-image",
        "input-not-in-image",
        "output-lost-with-pod",
        "placeholder",
    }
    lines = project.read(".dockerignore").splitlines()
    place = found["input-not-in-image"]["place"]
    assert (place["file"], lines[place["span"]["line"] - 1]) == (".dockerignore", "data/")
    assert findings(project, "--target", "local") == {}
    project.ok("run")
    planned = project.ok("plan")
    assert "error[input-not-in-image]: no task writes `raw`" in planned.err, planned
    assert "on a cluster: 1 error, 3 warnings; see: argo-kedro lint\n" in planned.err, planned
    assert project.ok("plan", "-o", "json").err == ""
    # `submit` fails with the same error before it asks a cluster.
    argo = project.read("conf/base/argo.yml").replace("registry.example.com", "registry.corp")
    dockerfile = project.read("Dockerfile").replace("argo-kedro-wheel", "wheels")
    project.write({"conf/base/argo.yml": argo, "Dockerfile": dockerfile})
    for command in ("submit", "deploy"):
        result = project.run(command, env={"KUBECONFIG": str(project.home / "none")})
        assert result.code == 2, result
        assert "error[input-not-in-image]" in result.err, result
    # So does `compile`, which needs no cluster, registry, builder or wheel for that.
    compiled = project.run("compile")
    assert (compiled.code, compiled.err.count("error[input-not-in-image]")) == (1, 1), compiled
    schedule = project.run("compile", "--kind", "cronworkflow", "--schedule", "0 3 * * *")
    assert (schedule.code, schedule.err.count("error[input-not-in-image]")) == (1, 1), schedule
    # The content of another image is unknown, and so is that of one built elsewhere.
    project.ok("compile", "--image", "registry/shop:1")
    (project.root / "Dockerfile").rename(project.root / "elsewhere")
    project.ok("compile")
    (project.root / "elsewhere").rename(project.root / "Dockerfile")
    project.write({".dockerignore": "[\n"})
    broken = project.ok("compile")
    assert "cannot check the files that the image is built from" in broken.err
    # The remedy in the help works.
    project.write({".dockerignore": "\n".join([*lines, "!data/01_raw/raw.json", ""])})
    assert "input-not-in-image" not in findings(project)


def test_a_missing_parameter_and_dataset_are_errors(make_project: MakeProject) -> None:
    project = make_project(
        FUNCTIONS
        + """
def register_pipelines():
    return {"__default__": Pipeline([
        node(both, ["nowhere", "params:model.depth"], "b", name="n")])}
"""
    )
    found = findings(project)
    assert "nowhere" in found["missing-dataset"]["message"]
    assert "model.depth" in found["missing-parameter"]["message"]


def test_findings_come_as_annotations_and_as_sarif(make_project: MakeProject) -> None:
    project = make_project(files={"conf/base/argo.yml": CONFIGURED + "x: 1\n"})
    github = project.run("lint", "-o", "github")
    assert github.code == 1
    assert github.out.startswith("::error title=unknown-key,file=conf/base/argo.yml,line=3,")
    sarif = project.run("lint", "-o", "sarif").json()
    (result,) = sarif["runs"][0]["results"]
    assert result["ruleId"] == "unknown-key"
    (rule,) = sarif["runs"][0]["tool"]["driver"]["rules"]
    assert rule["helpUri"].startswith("https://")
    assert rule["helpUri"].endswith("/docs/rules/unknown-key.md")
    # GitHub refuses a report if one result has no file.
    project.write({"conf/base/argo.yml": CONFIGURED + "machine_types: {gpu: {mem: 1, cpu: 1}}\n"})
    (run,) = project.run("lint", "-o", "sarif").json()["runs"]
    assert "unused-machine-type" in [result["ruleId"] for result in run["results"]], run
    for result in run["results"]:
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"], result


def test_rules_are_listed_and_explained_outside_of_a_project(
    two_tasks: Project, tmp_path: Path
) -> None:
    listed = two_tasks.run("lint", "--rules", cwd=tmp_path)
    assert listed.code == 0, listed
    rules = [line.split()[0] for line in listed.out.splitlines()]
    assert len(rules) == len(set(rules)) > 20
    assert "handoff-without-path" in rules
    explained = two_tasks.run("lint", "--explain", "handoff-without-path", cwd=tmp_path)
    assert explained.code == 0, explained
    assert "handoff-without-path" in explained.out
    as_json = two_tasks.run("lint", "--rules", "-o", "json", cwd=tmp_path).json()
    assert [rule["code"] for rule in as_json] == rules
    words = ["lint", "--explain", "handoff-without-path", "-o"]
    page = two_tasks.run(*words, "json", cwd=tmp_path).json()
    assert page["code"] == "handoff-without-path" and page["page"].startswith("#"), page
    refused = two_tasks.run(*words, "sarif", cwd=tmp_path)
    assert refused.code == 2 and "this format is for findings" in refused.err, refused


def test_an_unknown_code_is_answered_with_one_that_is_meant(two_tasks: Project) -> None:
    result = two_tasks.run("lint", "--explain", "unknown-machine-typ")
    assert result.code == 2
    assert "unknown-machine-type" in result.err


def test_any_manifest_can_be_linted_outside_of_a_project(
    two_tasks: Project, tmp_path: Path
) -> None:
    (tmp_path / "workflow.yaml").write_text(
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: a-}\n"
        "spec:\n  entrypoint: nowhere\n  templtes: []\n"
    )
    result = two_tasks.run("lint", "workflow.yaml", "-o", "json", cwd=tmp_path)
    assert result.code == 1
    assert "nowhere" in result.out
    assert "templtes" in result.out


WORKFLOW = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: a-}
spec: {entrypoint: main, templates: [{name: main, suspend: {}}]}
"""


def test_what_is_no_manifest_in_a_folder_is_left_out(two_tasks: Project, tmp_path: Path) -> None:
    folder = tmp_path / "deploy"
    texts = {
        "argo/workflow.yaml": WORKFLOW,
        "argo/application.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\n",
        ".github/workflows/ci.yml": "on: push\njobs: {}\n",
        "chart/values.yaml": "image: a\n",
        "chart/templates/job.yaml": "{{- if .Values.on }}\nkind: Job\n{{- end }}\n",
        "kustomization.yaml": "resources: [argo/workflow.yaml]\n",
        "service.yaml": "apiVersion: v1\nkind: Service\n",
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    found = two_tasks.run("lint", "deploy", "-o", "json", cwd=tmp_path)
    assert found.code == 0, found
    assert {it["code"] for it in found.json()} == {"kind-not-checked"}
    assert any("and 3 more are not checked" in it["message"] for it in found.json())
    # A broken manifest still counts as a manifest.
    (folder / "argo/broken.yaml").write_text("apiVersion: argoproj.io/v1alpha1\nspec: {}\n")
    assert two_tasks.run("lint", "deploy", cwd=tmp_path).code == 1
    # A file that the user names is always checked.
    assert two_tasks.run("lint", "deploy/chart/values.yaml", cwd=tmp_path).code == 1


def test_where_there_is_nothing_to_check_that_is_said(two_tasks: Project, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "service.yaml").write_text("apiVersion: v1\nkind: Service\n")
    for words in (["-"], ["/dev/null"], ["empty"], ["service.yaml"], ["empty", "service.yaml"]):
        result = two_tasks.run("lint", *words, cwd=tmp_path)
        said = f"no manifest of Argo Workflows in {', '.join(words)}"
        assert (result.code, said in result.err) == (2, True), result


def test_a_manifest_is_read_from_standard_input(two_tasks: Project, tmp_path: Path) -> None:
    def lint(text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(PROGRAM), "lint", "-"],
            input=text,
            cwd=tmp_path,
            env=two_tasks.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    assert lint(WORKFLOW).returncode == 0
    broken = lint(WORKFLOW.replace("entrypoint: main", "entrypoint: mian"))
    assert (broken.returncode, "<stdin>:4" in broken.stdout) == (1, True), broken


def test_a_finding_about_an_entry_of_the_catalog_points_at_it(make_project: MakeProject) -> None:
    project = make_project(
        """
def make():
    return 1
def use(number):
    return number
def register_pipelines():
    return {"__default__": Pipeline([
        Node(make, None, "number", name="make"), Node(use, "number", "other", name="use")])}
""",
        {
            "conf/base/catalog.yml": "a: {type: MemoryDataset}\n\nnumber:\n  type: MemoryDataset\n",
            "conf/cloud/catalog_more.yml": "# of the cloud\nnumber: {type: nowhere.Dataset}\n",
            "conf/base/argo.yml": "memory_datasets: {mode: error}\n",
        },
    )
    for env, file, line in (
        ("base", "conf/base/catalog.yml", 3),
        ("cloud", "conf/cloud/catalog_more.yml", 2),
    ):
        findings = project.run("lint", "--env", env, "-o", "json").json()
        places = [
            (finding["place"].get("file"), finding["place"].get("span", {}).get("line"))
            for finding in findings
            if "`number`" in finding["message"]
        ]
        assert places and set(places) == {(file, line)}, findings
