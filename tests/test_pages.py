"""A page of the documentation keeps its promises to a reader."""

from __future__ import annotations

import pytest
from pages import blocks, first_missing, pages, read_blocks, wrong_mark
from projects import MakeProject, Project
from reader import faults

#: A copy of `kedro_datasets.json.JSONDataset`, without its packages.
DATASET = """\
import json, fsspec
from kedro.io import AbstractDataset


class JsonFile(AbstractDataset):
    def __init__(self, filepath):
        self._path = filepath

    def load(self):
        with fsspec.open(self._path, "r") as file:
            return json.load(file)

    def save(self, data):
        with fsspec.open(self._path, "w", auto_mkdir=True) as file:
            json.dump(data, file)

    def _exists(self):
        files, path = fsspec.core.url_to_fs(self._path)
        return files.exists(path)

    def _describe(self):
        return {"filepath": self._path}
"""

#: The pipeline of the pages: flights are cleaned, and a model learns from them.
REGISTRY = """
def clean_flights(flights):
    return [delay for delay in flights if delay is not None]

def train(cleaned):
    print("trained")
    return {"mean": sum(cleaned) / len(cleaned)}

def evaluate(model, cleaned):
    return {"error": max(cleaned) - model["mean"]}

def register_pipelines():
    processing = Pipeline([node(clean_flights, "flights", "cleaned", name="clean_flights")])
    training = Pipeline([
        node(train, "cleaned", "model", name="train"),
        node(evaluate, ["model", "cleaned"], "metrics", name="evaluate"),
    ])
    return {"__default__": processing + training, "processing": processing, "training": training}
"""
CATALOG = """\
flights: {type: shop.files.JsonFile, filepath: data/01_raw/flights.csv}
cleaned: {type: shop.files.JsonFile, filepath: data/02_intermediate/cleaned.json}
model: {type: shop.files.JsonFile, filepath: data/06_models/model.json}
metrics: {type: shop.files.JsonFile, filepath: data/08_reporting/metrics.json}
"""
FILES: dict[str, str | bytes] = {
    "src/shop/files.py": DATASET,
    "requirements.txt": "kedro\n",
    "data/01_raw/flights.csv": "[1, 2, null]",
    "conf/base/catalog.yml": CATALOG,
}
INIT = ("init", "--yes", "--image", "registry.company.org/team/shop", "--namespace", "ml")
#: Earlier commands of a page's readers, if the page is not the first.
BEFORE: dict[str, list[tuple[str, ...]]] = {
    "docs/expressions.md": [INIT, ("init", "--cloud", "s3://bucket/shop", "--yes")],
    "docs/gitops.md": [INIT, ("init", "--cloud", "s3://bucket/shop", "--yes")],
    "docs/like-a-pod.md": [INIT],
}


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(REGISTRY, dict(FILES))


@pytest.mark.parametrize("page", pages())
def test_each_block_says_whether_it_is_run(page: str) -> None:
    wrong = {block.place: said for block in blocks(page) if (said := wrong_mark(block))}
    assert not wrong


@pytest.mark.parametrize("page", pages())
def test_a_reader_gets_what_the_page_says(page: str, project: Project) -> None:
    of_page = [block for block in blocks(page) if block.is_followed]
    if any(block.is_shell for block in of_page):
        for words in BEFORE.get(page, []):
            project.ok(*words)
        found = faults(project, of_page)
        assert not found, "\n\n".join(found)


BROKEN = """\
# A page

```sh
echo one
kedro argo run --nodes no-such-node
```
"""


@pytest.mark.parametrize(
    ("shown", "output", "missing"),
    [
        ("run a-x4b2c · 2 tasks", "run a-9zzzz · 2 tasks", None),
        ("run a-x4b2c · 2 tasks", "run a-9zzzz · 3 tasks", "run a-x4b2c · 2 tasks"),
        ("train  Succeeded  0.2s  150 MiB", "train Succeeded 11.5s\n  9 MiB", None),
        ("one\n…\nthree", "one\ntwo\nthree", None),
        ("one\ntwo", "two\none", "two"),
    ],
)
def test_what_a_page_shows_is_compared_without_what_varies(
    shown: str, output: str, missing: str | None
) -> None:
    (block,) = read_blocks("a.md", f"<!-- output -->\n```text\n{shown}\n```\n")
    assert first_missing(block.shown, output) == missing


@pytest.mark.parametrize(
    ("fence", "is_wrong"),
    [
        ("<!-- not run: needs a registry -->\n```sh", False),
        ("<!-- not run: too long -->\n```sh", True),
        ("<!-- exit code 1 -->\n```sh", False),
        ("<!-- runs on a cluster -->\n```sh", True),
        ("```text", True),
        ("Words.\n```console", False),
    ],
)
def test_only_known_marks_count(fence: str, is_wrong: bool) -> None:
    (block,) = read_blocks("a.md", f"{fence}\ntrue\n```\n")
    assert bool(wrong_mark(block)) == is_wrong


def test_a_broken_command_is_named_with_its_line_and_output(project: Project) -> None:
    (fault,) = faults(project, list(read_blocks("docs/broken.md", BROKEN)))
    assert fault.startswith("docs/broken.md:5: kedro argo run --nodes no-such-node\nexit code ")
    assert "no-such-node" in fault.partition("\n")[2]
