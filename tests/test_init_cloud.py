"""`init --cloud`: the data of a project go to a store, and nothing else changes.

Long, since each kind of dataset is followed before and after.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from projects import VERSIONED, MakeProject, Project
from terminal import on_a_terminal

URL = "s3://acme-shop/flights"
JSON = "type: shop.datasets.JsonFile"
REGISTRY = """
def same(data):
    return data

def together(*data):
    return list(data)

def register_pipelines():
    processing = Pipeline([
        Node(same, "companies", "preprocessed_companies", name="companies_node"),
        Node(same, "shuttles", "preprocessed_shuttles", name="shuttles_node"),
        Node(
            together,
            ["preprocessed_companies", "preprocessed_shuttles", "reviews"],
            "model_input_table",
            name="table_node",
        ),
    ])
    science = Pipeline([
        Node(same, "model_input_table", "regressor", name="train_node"),
        Node(same, "regressor", "metrics", name="evaluate_node"),
    ])
    return {"__default__": processing + science, "processing": processing, "science": science}
"""
CATALOG = f"""\
# What comes from outside.
companies: # first
  {JSON}
  filepath: data/01_raw/companies.json # stays

shuttles: {{{JSON}, filepath: data/01_raw/shuttles.json}}

reviews:
  filepath: "data/01_raw/reviews.json"
  {JSON}

preprocessed_companies:
  {JSON}
  filepath: 'data/02_intermediate/preprocessed_companies.json'

model_input_table:
  {JSON}
  filepath: ./data/03_primary/model_input_table.json
"""
SCIENCE = f"""\
regressor:
  {JSON}
  filepath: data/06_models/regressor.json
metrics:
  {JSON}
  filepath: data/08_reporting/metrics.json
"""
FLIGHTS: dict[str, str | bytes] = {
    "conf/base/catalog.yml": CATALOG,
    "conf/base/catalog_science.yml": SCIENCE.replace("\n", "\r\n").encode(),
    "requirements.txt": "kedro>=1\n",
    **{f"data/01_raw/{name}.json": f'["{name}"]' for name in ("companies", "shuttles", "reviews")},
}
CHANGED = [
    "requirements.txt",
    "src/shop/settings.py",
    "conf/base/globals.yml",
    "conf/cloud/globals.yml",
    "conf/cloud/argo.yml",
    "conf/base/catalog.yml",
    "conf/base/catalog_science.yml",
]


@pytest.fixture
def flights(make_project: MakeProject) -> Project:
    return make_project(REGISTRY, FLIGHTS)


def files(project: Project, folder: str = ".") -> dict[str, bytes]:
    """The files of a project that are its user's, with their bytes."""
    own = ("conf", "src", "data", "requirements.txt")
    return {
        str(path.relative_to(project.root)): path.read_bytes()
        for path in sorted((project.root / folder).rglob("*"))
        if path.is_file()
        and path.relative_to(project.root).parts[0] in own
        and path.suffix != ".pyc"
    }


def results(project: Project, *, here: bool) -> dict[str, bytes]:
    """What a run writes below `data`, versions aside."""
    for path in sorted((project.root / "data").rglob("*"), reverse=True):
        if path.is_file() and "01_raw" not in path.parts:
            path.unlink()
    run = project.run("run") if here else project.kedro("run")
    assert run.code == 0, run
    found = files(project, "data")
    return {
        "/".join(part for part in name.split("/") if part[-1] != "Z"): found[name] for name in found
    }


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
    # What git cannot bring back is said all the same.
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
    flights.write({"requirements.txt": "kedro\n"})
    told = flights.run("init", "--cloud", URL, "--dry-run").err
    assert "cannot bring them back: requirements.txt\n" in told


FACTORIES = """
def same(data):
    return data

def register_pipelines():
    return {"__default__": Pipeline([
        Node(same, "cities_raw", "cities_model", name="a"),
        Node(same, "cities_model", "parts", name="b"),
        Node(same, "parts", "table@write", name="c"),
        Node(same, "table@read", "report", name="d"),
        Node(same, "report", "kept", name="e"),
    ])}
"""
MANY_KINDS: dict[str, str | bytes] = {
    "src/shop/versioned.py": VERSIONED,
    "src/shop/folder.py": """\
        import json
        from pathlib import Path
        from kedro.io import AbstractDataset


        class Folder(AbstractDataset):
            def __init__(self, path):
                self._path = Path(path)

            def load(self):
                return [json.loads(file.read_text()) for file in sorted(self._path.iterdir())]

            def save(self, data):
                self._path.mkdir(parents=True, exist_ok=True)
                for index, each in enumerate(data):
                    (self._path / f"{index}.json").write_text(json.dumps(each))

            def _describe(self):
                return {}
        """,
    "conf/base/catalog/all.yml": """\
        _table: &table
          type: shop.datasets.JsonFile
          filepath: artifacts/table.json
        "{name}_raw":
          type: shop.datasets.JsonFile
          filepath: data/01_raw/{name}.json
        "{name}_model": {type: shop.datasets.JsonFile, filepath: "data/06/{name}.json"}
        parts:
          type: shop.folder.Folder
          path: data/parts/
        table@write:
          <<: *table
        table@read:
          <<: *table
        report:
          type: shop.versioned.Versioned
          filepath: data/report.json
        kept:
          type: CachedDataset
          dataset:
            type: shop.datasets.JsonFile
            filepath: data/kept.json
        """,
    "conf/base/catalog.yml": "",
    "requirements.txt": "kedro\n",
    "data/01_raw/cities.json": "[1, 2]",
}


@pytest.mark.kedro
def test_factories_versions_folders_transcoding_and_wrapped_datasets(
    make_project: MakeProject,
) -> None:
    project = make_project(FACTORIES, MANY_KINDS)
    before = [results(project, here=False), results(project, here=True)]
    project.ok("init", "--cloud", "gs://acme/x", "--yes")
    assert [results(project, here=False), results(project, here=True)] == before
    catalog = yaml.safe_load(project.read("conf/base/catalog/all.yml"))
    # Two folders: their names become part of the URL.
    assert catalog["{name}_raw"]["filepath"] == "${globals:paths.raw}/data/01_raw/{name}.json"
    assert catalog["{name}_model"]["filepath"] == "${globals:paths.base}/data/06/{name}.json"
    assert catalog["parts"]["path"] == "${globals:paths.base}/data/parts/"
    assert catalog["table@read"]["filepath"] == "${globals:paths.base}/artifacts/table.json"
    assert catalog["kept"]["dataset"]["filepath"] == "${globals:paths.base}/data/kept.json"
    lint = project.run("lint")
    assert lint.code == 0 and "local-path" not in lint.text, lint


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("conf/base/catalog.yml", b"a:\n  type: x\n  filepath: [\n", "catalog.yml:4:"),
        ("conf/base/catalog.yml", b"a:\n  type: x\nb:\n  filepath: x\n", "catalog.yml:3:"),
        ("conf/base/catalog.yml", b"a: {type: x}\na: {type: x}\n", "catalog.yml:2:"),
        ("conf/base/catalog.yml", b"a:\n<<<<<<< HEAD\n", "catalog.yml:2:"),
        ("conf/base/catalog.yml", b"a:\n  type: \xe9\n", "catalog.yml:2: it is not UTF-8"),
        ("conf/base/globals.yml", b"a: [\n", "globals.yml:2:"),
        ("conf/cloud/argo.yml", b"a: b: c\n", "argo.yml:1:"),
        ("requirements.txt", b"\xe9\n", "requirements.txt: it is not UTF-8"),
        ("src/shop/settings.py", b"A = (\n", "settings.py"),
    ],
)
def test_what_cannot_be_read_is_named_and_nothing_is_written(
    flights: Project, name: str, content: bytes, reason: str
) -> None:
    flights.write({name: content})
    before = files(flights)
    result = flights.run("init", "--cloud", URL, "--yes")
    assert result.code == 2 and reason in result.err, result
    assert files(flights) == before


def test_a_file_that_is_read_only_stops_it_before_anything_is_written(flights: Project) -> None:
    (flights.root / "conf/base/catalog.yml").chmod(0o444)
    before = files(flights)
    result = flights.run("init", "--cloud", URL, "--yes")
    assert result.code == 2 and "conf/base/catalog.yml is read-only" in result.err, result
    assert files(flights) == before


def test_a_secret_in_the_url_is_refused_and_not_shown(flights: Project) -> None:
    result = flights.run("init", "--cloud", "s3://key:hush@bucket/x", "--yes")
    assert result.code == 2 and "credentials" in result.err, result
    assert "hush" not in result.text


def test_an_environment_that_is_there_is_merged(flights: Project) -> None:
    flights.write(
        {
            "conf/cloud/globals.yml": "region: eu # ours\n",
            "conf/cloud/argo.yml": "memory_datasets: {mode: persist} # ours\nnamespace: x",
            "conf/cloud/catalog.yml": f"reviews:\n  {JSON}\n  filepath: s3://other/reviews.json\n",
        }
    )
    told = flights.ok("init", "--cloud", URL, "--yes").err
    assert "`reviews` stays as it is" in told
    assert flights.read("conf/cloud/globals.yml").startswith("region: eu # ours\n\n# ")
    assert flights.read("conf/cloud/argo.yml") == (
        f'memory_datasets: {{mode: persist, "path": "{URL}/handoff"}} # ours\nnamespace: x'
    )
    assert "nothing to change" in flights.ok("init", "--cloud", URL, "--yes").err


def test_what_cannot_be_done_is_left_with_words_to_paste(flights: Project) -> None:
    flights.write(
        {
            "src/shop/settings.py": """\
                CONFIG_LOADER_ARGS = dict(base_env='base', default_run_env='local')
                """,
            "conf/base/argo.yml": "template: &all {environment: []}\n",
            "conf/base/catalog_more.yml": f"""\
                absolute: {{{JSON}, filepath: /srv/x.json}}
                above: {{{JSON}, filepath: ../x.json}}
                """,
        }
    )
    result = flights.run("init", "--cloud", URL, "--yes", "--secret", "store")
    assert result.code == 1, result
    assert 'setdefault("custom_resolvers", {})["oc.env"] = oc.env' in result.err
    assert "secret_ref: {name: store, key: AWS_ACCESS_KEY_ID}" in result.err
    assert "catalog_more.yml:1: `absolute` stays as it is" in result.err
    assert "catalog_more.yml:2: `above` stays as it is" in result.err
    # The rest is done.
    assert "${globals:paths.raw}" in flights.read("conf/base/catalog.yml")
    paste = (
        "from omegaconf.resolvers import oc\n\n"
        'CONFIG_LOADER_ARGS.setdefault("custom_resolvers", {})["oc.env"] = oc.env\n'
    )
    flights.write({"src/shop/settings.py": flights.read("src/shop/settings.py") + paste})
    assert "resolver" not in flights.run("init", "--cloud", URL, "--yes").err


def test_a_volume_is_mounted_where_the_data_are(flights: Project) -> None:
    flights.ok("init", "--cloud", "file:///mnt/shop", "--yes", "--volume", "shop-data")
    assert flights.read("requirements.txt") == "kedro>=1\n"
    lint = flights.run("lint")
    for rule in ("local-path", "input-", "output-lost", "handoff", "placeholder"):
        assert rule not in lint.text, lint
    spec = flights.manifest()["spec"]
    assert "shop-data" in str(spec)


def test_the_folder_of_the_configuration_may_be_elsewhere(flights: Project) -> None:
    (flights.root / "conf").rename(flights.root / "settings")
    flights.write({"src/shop/settings.py": "CONF_SOURCE = 'settings'\n"})
    told = flights.ok("init", "--cloud", URL, "--yes").err
    assert "settings/cloud/globals.yml" in told
    (flights.root / "settings/base").rename(flights.root / "settings/main")
    result = flights.run("init", "--cloud", URL, "--yes")
    assert result.code == 2 and "settings/base" in result.err, result


def test_another_environment_may_be_the_clusters(flights: Project) -> None:
    told = flights.ok("init", "--cloud", URL, "--yes", "--env", "prod").err
    assert Path(flights.root / "conf/prod/globals.yml").exists()
    assert not Path(flights.root / "conf/cloud").exists()
    assert "lint --env prod" in told


def test_paths_that_take_their_folder_from_elsewhere(flights: Project) -> None:
    flights.write(
        {
            "conf/base/globals.yml": "root: data\nelsewhere: /srv/09\n",
            "conf/cloud/globals.yml": "root: gs://acme/root\n",
            "conf/base/catalog_more.yml": f"""\
                moved: {{{JSON}, filepath: "${{globals:root}}/a.json"}}
                follows: {{{JSON}, filepath: "${{reviews.filepath}}"}}
                stays: {{{JSON}, filepath: "${{globals:elsewhere}}/b.json"}}
                """,
        }
    )
    # One catalog reads another by Kedro's interpolation.
    result = flights.run("init", "--cloud", URL, "--yes")
    assert result.code == 1, result
    left = result.err.partition("left to you:")[2]
    assert "`stays` stays as it is" in left
    assert "`moved`" not in left and "`follows`" not in left


#: A project whose folders its globals name.
NAMED = f"""\
raw: {{{JSON}, filepath: "${{globals:raw}}/raw.json"}}
middle: {{{JSON}, filepath: "${{globals:made.middle}}/middle.json"}}
model: {{{JSON}, filepath: "${{globals:made.models}}/model.json"}}
"""
NAMED_GLOBALS = "raw: data/01_raw\nmade: {middle: data/02_middle, models: ./data/06_models/}\n"
IN_A_ROW = """
def same(data):
    return data

def register_pipelines():
    return {"__default__": Pipeline([
        node(same, "raw", "middle", name="first"),
        node(same, "middle", "model", name="second"),
    ])}
"""


def named(make_project: MakeProject, catalog: str, own: str) -> Project:
    files: dict[str, str | bytes] = {
        "conf/base/catalog.yml": catalog,
        "conf/base/globals.yml": own,
        "data/01_raw/raw.json": "[1]",
        "requirements.txt": "kedro\n",
    }
    return make_project(IN_A_ROW, files)


def test_folders_that_the_globals_name_are_in_the_store_and_the_catalog_stays(
    make_project: MakeProject,
) -> None:
    project = named(make_project, NAMED, NAMED_GLOBALS)
    before = files(project, "conf/base")
    told = project.ok("init", "--cloud", URL, "--yes").err
    assert files(project, "conf/base") == before
    run = f"{URL}/runs/${{oc.env:WORKFLOW_ID}}"
    assert yaml.safe_load(project.read("conf/cloud/globals.yml")) == {
        "raw": f"{URL}/raw/01_raw",
        "made": {"middle": f"{run}/02_middle", "models": f"{run}/06_models"},
    }
    assert f"aws s3 cp --recursive data/01_raw {URL}/raw/01_raw" in told
    lint = project.run("lint")
    for rule in ("local-path", "input-", "output-lost"):
        assert rule not in lint.text, lint
    assert "nothing to change" in project.ok("init", "--cloud", URL, "--yes").err


def test_one_folder_for_all_data_is_one_for_all_runs(make_project: MakeProject) -> None:
    catalog = NAMED.replace("raw}/raw", "root}/01_raw/raw").replace("made.middle", "root")
    project = named(make_project, catalog.replace("made.models", "root"), "root: data\n")
    told = " ".join(project.ok("init", "--cloud", URL, "--yes").err.split())
    assert yaml.safe_load(project.read("conf/cloud/globals.yml")) == {"root": f"{URL}/shared"}
    assert "`root` of the globals is one folder for all runs, because `raw` comes from out" in told
    assert f"aws s3 cp --recursive data/01_raw {URL}/shared/01_raw" in told


def test_globals_of_which_some_are_no_folders_stay(make_project: MakeProject) -> None:
    more = NAMED_GLOBALS.replace("{middle", "{day: 7, middle")
    project = named(make_project, NAMED, more)
    result = project.run("init", "--cloud", URL, "--yes")
    assert result.code == 1, result
    assert "`middle` stays as it is: its path begins with" in " ".join(result.err.split())
    cloud = yaml.safe_load(project.read("conf/cloud/globals.yml"))
    assert cloud == {"raw": f"{URL}/raw/01_raw"}


def test_a_change_that_the_base_environment_would_notice_is_refused(flights: Project) -> None:
    # A loader that has globals of its own: the catalog would lead there.
    own = """
    def __getitem__(self, key):
        if key == "globals":
            return {"paths": {"raw": "elsewhere", "base": "elsewhere", "shared": "elsewhere"}}
        return super().__getitem__(key)
"""
    loader = OWN_LOADER.format(base="OmegaConfigLoader").replace("    pass\n", own)
    flights.write({"src/shop/settings.py": loader})
    before = files(flights)
    result = flights.run("init", "--cloud", URL, "--yes")
    assert result.code == 2, result
    assert "the change would make something else of" in " ".join(result.err.split())
    assert files(flights) == before


def test_what_the_clusters_environment_keeps_on_a_disk_is_left(flights: Project) -> None:
    own = f"metrics: {{{JSON}, filepath: data/metrics.json}}\n"
    flights.write({"conf/cloud/catalog.yml": own})
    result = flights.run("init", "--cloud", URL, "--yes")
    assert result.code == 1, result
    assert "`metrics` is not in the store in the environment `cloud`" in result.err
    assert flights.read("conf/cloud/catalog.yml") == own


def test_a_pipeline_that_comes_later_and_reads_a_result_is_told(flights: Project) -> None:
    flights.ok("init", "--cloud", URL, "--yes")
    later = REGISTRY.replace(
        '"science": science', '"science": science, "late": Pipeline([Node(same, "regressor", "x")])'
    )
    flights.registry(later)
    result = flights.run("init", "--cloud", URL, "--yes")
    assert result.code == 1, result
    assert "`regressor` is in a folder of each run" in result.err
    assert "use ${globals:paths.shared}" in result.err


OWN_LOADER = """
from kedro.config import {base}

class Loader({base}):
    pass

CONFIG_LOADER_CLASS = Loader
"""


def test_a_loader_of_the_projects_own_gets_its_resolver_from_its_user(flights: Project) -> None:
    flights.write({"src/shop/settings.py": OWN_LOADER.format(base="OmegaConfigLoader")})
    result = flights.run("init", "--cloud", URL, "--yes")
    assert result.code == 1 and "let it resolve `oc.env`" in result.err, result
    assert "${globals:paths.raw}" in flights.read("conf/base/catalog.yml")


def test_settings_without_environments_get_kedros_own(flights: Project) -> None:
    flights.write({"src/shop/settings.py": "CONFIG_LOADER_ARGS = {}\n"})
    # Kedro finds the catalog as well where it knows no base environment.
    before = results(flights, here=False)
    flights.ok("init", "--cloud", URL, "--yes")
    assert '"base_env": "base", "default_run_env": "local"' in flights.read("src/shop/settings.py")
    assert results(flights, here=False) == before
    assert flights.run("lint").code == 0


@pytest.mark.parametrize("name", ["base", "local"])
def test_the_environments_of_this_machine_are_not_the_clusters(flights: Project, name: str) -> None:
    before = files(flights)
    result = flights.run("init", "--cloud", URL, "--yes", "--env", name)
    assert result.code == 2 and f"`{name}`" in result.err, result
    assert files(flights) == before


def test_a_project_without_data_yet_gets_the_places(make_project: MakeProject) -> None:
    project = make_project(REGISTRY, {"requirements.txt": "kedro"})
    project.ok("init", "--cloud", URL, "--yes")
    assert yaml.safe_load(project.read("conf/base/globals.yml")) == {
        "paths": {"raw": "data", "base": "data"}
    }
    assert project.read("requirements.txt") == "kedro\ns3fs\n"


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
        # The second run has one pipeline alone, and reads what the first has made.
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


def test_what_was_there_and_what_no_pod_keeps_is_told(flights: Project) -> None:
    flights.write(
        {
            "conf/cloud/argo.yml": "memory_datasets:\n  path: s3://other/handoff\n",
            "conf/base/catalog_more.yml": """\
                parts:
                  type: partitions.IncrementalDataset
                  path: data/01_raw/parts
                  checkpoint: {filepath: data/checkpoint.txt}
                """,
        }
    )
    result = flights.run("init", "--cloud", URL, "--yes")
    assert result.code == 1, result
    assert "conf/cloud/argo.yml:2: `memory_datasets.path` is there already" in result.err
    assert "the checkpoint of `parts` stays as it is" in result.err.partition("left to you:")[2]
