"""`init --cloud` and the environments of a project."""

from __future__ import annotations

from pathlib import Path

import pytest
from flights_project import JSON, OWN_LOADER, URL, files, results
from projects import Project


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


def test_a_loader_of_the_projects_own_gets_its_resolver_from_its_user(flights: Project) -> None:
    flights.write({"src/shop/settings.py": OWN_LOADER.format(base="OmegaConfigLoader")})
    result = flights.run("init", "--cloud", URL, "--yes")
    assert result.code == 1 and "let it resolve `oc.env`" in result.err, result
    assert "${globals:paths.raw}" in flights.read("conf/base/catalog.yml")


def test_settings_without_environments_get_kedros_own(flights: Project) -> None:
    flights.write({"src/shop/settings.py": "CONFIG_LOADER_ARGS = {}\n"})
    # Kedro finds the catalog even without a base environment.
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
