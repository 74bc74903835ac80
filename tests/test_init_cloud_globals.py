"""`init --cloud` in a project whose globals name folders."""

from __future__ import annotations

import yaml
from flights_project import JSON, URL, files
from projects import MakeProject, Project


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
    # One catalog entry refers to another through Kedro's interpolation.
    result = flights.run("init", "--cloud", URL, "--yes")
    assert result.code == 1, result
    left = result.err.partition("left to you:")[2]
    assert "`stays` stays as it is" in left
    assert "`moved`" not in left and "`follows`" not in left


#: A project with folders in its globals.
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
    assert project.read("conf/cloud/globals.yml").count("# Where the data are") == 1
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
