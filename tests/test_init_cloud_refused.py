"""`init --cloud` where it refuses, or leaves work to its user."""

from __future__ import annotations

import pytest
from flights_project import JSON, OWN_LOADER, URL, files
from projects import Project


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


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--env", "../elsewhere"], "`../elsewhere` is not the name of an environment"),
        (["--env", "/tmp"], "`/tmp` is not the name of an environment"),
        (["--env", ""], "`` is not the name of an environment"),
        (["--env", "base/"], "`base/` is not the name of an environment"),
    ],
)
def test_an_environment_is_a_folder_of_the_configuration(
    flights: Project, words: list[str], reason: str
) -> None:
    before = files(flights)
    # No other files are added either.
    image = ["--image", "registry.company.org/team/shop"]
    result = flights.run("init", "--cloud", URL, "--yes", *words, *image)
    assert result.code == 2 and reason in result.err, result
    assert files(flights) == before


def test_a_claim_has_a_name_that_kubernetes_takes(flights: Project) -> None:
    words = ["init", "--cloud", "file:///mnt/flights", "--yes", "--volume", "A_B"]
    result = flights.run(*words)
    assert result.code == 2 and "`A_B` is not the name of a PersistentVolumeClaim" in result.err


def test_a_secret_in_the_url_is_refused_and_not_shown(flights: Project) -> None:
    result = flights.run("init", "--cloud", "s3://key:hush@bucket/x", "--yes")
    assert result.code == 2 and "credentials" in result.err, result
    assert "hush" not in result.text


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
    # All other edits are made.
    assert "${globals:paths.raw}" in flights.read("conf/base/catalog.yml")
    paste = (
        "from omegaconf.resolvers import oc\n\n"
        'CONFIG_LOADER_ARGS.setdefault("custom_resolvers", {})["oc.env"] = oc.env\n'
    )
    flights.write({"src/shop/settings.py": flights.read("src/shop/settings.py") + paste})
    assert "resolver" not in flights.run("init", "--cloud", URL, "--yes").err


def test_a_change_that_the_base_environment_would_notice_is_refused(flights: Project) -> None:
    # A loader with its own globals: the catalog would lead there.
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
