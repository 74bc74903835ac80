"""`init --cloud`: the data of a project move to a store, and nothing else changes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from flights_project import CATALOG, SCIENCE, URL, files, results
from projects import Project
from terminal import on_a_terminal

CHANGED = [
    "requirements.txt",
    "src/shop/settings.py",
    "conf/base/globals.yml",
    "conf/cloud/globals.yml",
    "conf/cloud/argo.yml",
    "conf/base/catalog.yml",
    "conf/base/catalog_science.yml",
]


@pytest.mark.kedro
def test_runs_give_the_same_before_and_after(flights: Project) -> None:
    before = [results(flights, here=False), results(flights, here=True)]
    assert len(before[0]) == 7
    flights.ok("init", "--cloud", URL, "--yes")
    assert [results(flights, here=False), results(flights, here=True)] == before


@pytest.mark.kedro
def test_the_cluster_finds_all_data_in_the_store(flights: Project) -> None:
    assert flights.run("lint").text.count("local-path-crosses-tasks") > 1
    flights.ok("init", "--cloud", URL, "--yes", "--secret", "store")
    lint = flights.run("lint")
    assert lint.code == 0, lint
    for rule in ("local-path", "input-", "output-lost", "handoff", "placeholder"):
        assert rule not in lint.text, lint
    for pipeline in ("processing", "science"):
        assert "input-with-run-id" not in flights.run("lint", "--pipelines", pipeline).text
    catalog = yaml.safe_load(flights.read("conf/base/catalog.yml"))
    assert {name: entry["filepath"] for name, entry in catalog.items()} == {
        "companies": "${globals:paths.raw}/01_raw/companies.json",
        "shuttles": "${globals:paths.raw}/01_raw/shuttles.json",
        "reviews": "${globals:paths.raw}/01_raw/reviews.json",
        "preprocessed_companies": (
            "${globals:paths.base}/02_intermediate/preprocessed_companies.json"
        ),
        "model_input_table": "${globals:paths.shared}/03_primary/model_input_table.json",
    }
    assert yaml.safe_load(flights.read("conf/cloud/globals.yml"))["paths"] == {
        "raw": f"{URL}/raw",
        "base": f"{URL}/runs/${{oc.env:WORKFLOW_ID}}",
        "shared": f"{URL}/shared",
    }
    assert flights.read("requirements.txt") == "kedro>=1\ns3fs\n"
    variables = flights.manifest()["spec"]["templates"][1]["container"]["env"]
    assert {"name": "AWS_ACCESS_KEY_ID"}.items() <= {
        variable["name"]: variable for variable in variables
    }["AWS_ACCESS_KEY_ID"].items()


def test_all_but_the_paths_stays_byte_for_byte(flights: Project) -> None:
    before = files(flights)
    told = flights.ok("init", "--cloud", URL, "--yes")
    after = files(flights)
    assert [name for name in CHANGED if name not in told.err] == []
    assert {name for name in after if before.get(name) != after[name]} == set(CHANGED)
    back = after["conf/base/catalog.yml"].decode()
    for role in ("raw", "base", "shared"):
        back = back.replace(f"${{globals:paths.{role}}}", "data")
    # `{…}` needs quotes around `${…}`, and the folder of a path loses its `./`.
    back = back.replace('"data/01_raw/shuttles.json"', "data/01_raw/shuttles.json")
    assert back == CATALOG.replace("./data", "data")
    assert after["conf/base/catalog_science.yml"].count(b"\r\n") == SCIENCE.count("\n")


def test_a_second_time_changes_nothing(flights: Project) -> None:
    flights.ok("init", "--cloud", URL, "--yes")
    before = files(flights)
    again = flights.ok("init", "--cloud", URL, "--yes")
    assert "nothing to change" in again.err and again.out == "", again
    assert files(flights) == before


def test_a_dry_run_shows_all_and_writes_nothing(flights: Project) -> None:
    before = files(flights)
    shown = flights.ok("init", "--cloud", URL, "--dry-run")
    assert files(flights) == before
    assert "nothing was written" in shown.err
    for name in CHANGED:
        assert f"+++ b/{name}\n" in shown.out
    assert "-  filepath: data/01_raw/companies.json # stays\n" in shown.out
    assert "+  filepath: ${globals:paths.raw}/01_raw/companies.json # stays\n" in shown.out


def test_it_says_what_comes_next(flights: Project) -> None:
    told = flights.ok("init", "--cloud", URL, "--yes").err
    assert f"aws s3 cp --recursive data/01_raw {URL}/raw/01_raw\n" in told
    for word in ("init lint", "--secret NAME", "--service-account NAME", "argo-kedro submit"):
        assert word.removeprefix("init ") in told
    assert "`model_input_table` has no folder of the run: the pipeline science reads it" in told


def test_without_a_terminal_it_asks_for_yes(flights: Project) -> None:
    before = files(flights)
    result = flights.run("init", "--cloud", URL)
    assert result.code == 2 and "--yes" in result.err, result
    assert files(flights) == before


def test_on_a_terminal_it_asks_once_and_enter_is_a_no(flights: Project) -> None:
    before = files(flights)
    code, seen = on_a_terminal(flights, ["init", "--cloud", URL], "\n")
    assert code == 0 and seen.count("[y/N]") == 1, seen
    assert files(flights) == before
    code, seen = on_a_terminal(flights, ["init", "--cloud", URL], "y\n")
    assert code == 0 and "Write these 7 files?" in seen, seen
    assert "${globals:paths.raw}" in flights.read("conf/base/catalog.yml")


def test_silent_writes_and_does_not_say_what(flights: Project) -> None:
    result = flights.ok("init", "--cloud", URL, "--yes", "--silent")
    # The warning about files that git cannot restore appears all the same.
    assert result.out == "" and result.err.count("\n") == 1, result
    assert result.err.startswith("warning: git does not have"), result
    assert "${globals:paths.raw}" in flights.read("conf/base/catalog.yml")


def git(project: Project, *words: str) -> None:
    names = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *names, *words], cwd=project.root, check=True, capture_output=True)


def test_git_undoes_it_and_what_git_lacks_is_named(flights: Project) -> None:
    git(flights, "init")
    git(flights, "add", ".")
    git(flights, "commit", "-m", "x")
    before = files(flights)
    told = flights.ok("init", "--cloud", URL, "--yes").err
    assert "cannot bring them back" not in told
    (undo,) = [line for line in told.splitlines() if line.startswith("to undo: ")]
    subprocess.run(undo.removeprefix("to undo: "), shell=True, cwd=flights.root, check=True)
    assert files(flights) == before
    # Kedro and this program would take an empty folder of conf/ for an environment.
    assert not (flights.root / "conf" / "cloud").exists()
    unanswered = flights.run("init", "--cloud", URL)
    assert unanswered.code == 2 and f"init --cloud {URL} --yes" in unanswered.err, unanswered
    flights.write({"requirements.txt": "kedro\n"})
    told = flights.run("init", "--cloud", URL, "--dry-run").err
    assert "cannot bring them back: requirements.txt\n" in told


@pytest.mark.kedro
def test_what_it_says_puts_the_data_where_the_clusters_environment_finds_them(
    flights: Project, tmp_path: Path
) -> None:
    volume = tmp_path / "volume"
    here = results(flights, here=False)
    told = flights.ok("init", "--cloud", f"file://{volume}", "--yes", "--volume", "claim").err
    (copy,) = [line for line in told.splitlines() if line.startswith("  mkdir -p ")]
    subprocess.run(copy, shell=True, cwd=flights.root, check=True)
    for name in ("one", "two"):
        # The second run has only one pipeline, and reads what the first has made.
        words = [] if name == "one" else ["--pipeline=science"]
        run = flights.kedro("run", "--env", "cloud", *words, env={"WORKFLOW_ID": name})
        assert run.code == 0, run
    there = {
        f"data/{path.relative_to(volume / place)}": path.read_bytes()
        for place in ("raw", "shared", "runs/one")
        for path in (volume / place).rglob("*.json")
    }
    assert there == here
    assert sorted(path.name for path in (volume / "runs/two").rglob("*.json")) == [
        "metrics.json",
        "regressor.json",
    ]


@pytest.mark.kedro
def test_the_secret_is_created_in_the_namespace_of_the_runs(flights: Project) -> None:
    """The namespace also counts if a later command names the secret, as the first one advises."""
    flights.write({"conf/base/argo.yml": "namespace: ml\n"})
    first = flights.ok("init", "--cloud", URL, "--yes")
    assert "--secret NAME" in first.err and "kubectl" not in first.err, first
    create = "kubectl create secret generic store --namespace ml --from-literal=AWS_ACCESS_KEY_ID=…"
    again = flights.ok("init", "--cloud", URL, "--yes", "--secret", "store")
    assert create in again.err, again
    assert create in flights.ok("init", "--cloud", URL, "--yes", "--secret", "store").err
    assert "kubectl" not in flights.ok("init", "--cloud", URL, "--yes").err


def test_one_command_adds_the_files_and_puts_the_data_into_the_store(flights: Project) -> None:
    place = ["--image", "registry.company.org/team/shop", "--namespace", "ml"]
    refused = flights.run("init", "--cloud", "ftp://b", *place, "--yes")
    assert refused.code == 2 and not (flights.root / "Dockerfile").exists(), refused
    dry = flights.run("init", "--cloud", URL, *place, "--dry-run")
    assert dry.code == 2 and not (flights.root / "Dockerfile").exists(), dry
    done = flights.ok("init", "--cloud", URL, *place, "--yes", "--secret", "store")
    assert "kubectl create secret generic store --namespace ml" in done.err, done
    assert done.err.count("next:") == 1, done
    assert (flights.root / "Dockerfile").exists() and (flights.root / ".dockerignore").exists()
    argo = yaml.safe_load(flights.read("conf/base/argo.yml"))
    assert argo["namespace"] == "ml"
    assert argo["deployment"]["image"] == "registry.company.org/team/shop"
    assert "handoff" in flights.read("conf/cloud/argo.yml")
    before = files(flights)
    flights.ok("init", "--cloud", URL, *place, "--yes", "--secret", "store")
    assert files(flights) == before


@pytest.mark.kedro
def test_another_store_leaves_what_is_set_up_to_the_user(flights: Project) -> None:
    flights.ok("init", "--cloud", URL, "--yes")
    other = flights.run("init", "--cloud", "s3://other", "--yes")
    assert other.code == 1, other
    left = other.err.partition("left to you:")[2]
    for key in ("paths.raw", "paths.base", "memory_datasets.path"):
        assert f"`{key}` is there already and stays as it is" in left, other
    assert "path: s3://other/handoff" in left, other
    # The pods get no access to a store without data.
    before = files(flights)
    google = flights.run("init", "--cloud", "gs://other", "--yes", "--secret", "store")
    assert google.code == 1 and files(flights) == before, google
    # Nor to a store whose name is the beginning of the other's.
    part = flights.run("init", "--cloud", URL[:-3], "--yes", "--secret", "store")
    assert part.code == 1 and files(flights) == before, part
    assert "no data lead to gs://other yet" in google.err, google
    assert "kubectl" not in google.err and "gcloud" not in google.err, google


@pytest.mark.kedro
def test_the_second_time_shows_the_commands_again(flights: Project) -> None:
    words = ["init", "--cloud", URL, "--yes", "--secret", "store"]
    first, second = flights.ok(*words).err, flights.ok(*words).err
    commands = [line for line in first.splitlines() if line.startswith(("  aws ", "  kubectl "))]
    assert len(commands) >= 2 and all(line in second.splitlines() for line in commands), second
    assert "nothing to change" in second


@pytest.mark.parametrize(
    ("url", "key"),
    [
        (URL, "AWS_SECRET_ACCESS_KEY"),
        ("gs://bucket/shop", "GOOGLE_APPLICATION_CREDENTIALS"),
        ("abfss://box@account.dfs.core.windows.net/shop", "AZURE_STORAGE_ACCOUNT_KEY"),
    ],
)
def test_a_key_that_hides_the_service_account_is_told(flights: Project, url: str, key: str) -> None:
    flights.ok("init", "--cloud", url, "--yes", "--secret", "store")
    line = next(
        number
        for number, text in enumerate(flights.read("conf/cloud/argo.yml").splitlines(), 1)
        if f"name: {key}" in text
    )
    both = flights.run("init", "--cloud", url, "--yes", "--service-account", "shop")
    assert both.code == 1, both
    assert f"conf/cloud/argo.yml:{line}: `{key}` gives the pods a key" in both.err, both
    assert both.err.index("left to you") < both.err.index("next:"), both
    # Remove what the notes name, from the last line on: then nothing is left.
    said = [text.split(":", 2)[1:] for text in both.err.splitlines() if ": remove " in text]
    if url.startswith("gs:"):
        assert any("volume" in text for _, text in said), both
    kept = flights.read("conf/cloud/argo.yml").splitlines()
    for at, text in sorted(said, key=lambda each: -int(each[0])):
        lines = re.search(r"remove lines (\d+) to (\d+)$", text)
        first, last = lines.groups() if lines else (at, at)
        assert first == at and (lines or text.endswith("remove this line")), text
        del kept[int(first) - 1 : int(last)]
    without = "\n".join(kept) + "\n"
    again = flights.run("init", "--cloud", url, "--yes", "--service-account", "shop")
    assert again.code == 1 and f"`{key}` gives the pods a key" in again.err, again
    assert (
        "gives the pods a key"
        not in flights.ok(
            "init", "--cloud", url, "--yes", "--secret", "store", "--service-account", "shop"
        ).err
    )
    flights.write({"conf/cloud/argo.yml": without})
    last = flights.run("init", "--cloud", url, "--dry-run", "--service-account", "shop")
    assert "remove" not in last.err, last


def test_an_account_of_azure_that_nobody_names_is_left_to_the_user(flights: Project) -> None:
    words = ["init", "--cloud", "az://box/shop", "--yes", "--service-account", "shop"]
    left = flights.run(*words)
    assert left.code == 1 and "pods need the variable `AZURE_STORAGE_ACCOUNT_NAME`" in left.err
    file = "conf/cloud/argo.yml"
    text = flights.read(file)
    at = "  environment:\n"
    assert at in text, text
    account = f"{at}    - {{name: AZURE_STORAGE_ACCOUNT_NAME, value: acme}}\n"
    indent = text.split(at, 1)[1].index("-")
    flights.write({file: text.replace(at, account.replace("    -", " " * indent + "-"), 1)})
    assert "AZURE_STORAGE_ACCOUNT_NAME" not in flights.ok(*words).err
