"""Datasets that cross from task to task, and from run to run."""

from __future__ import annotations

import os
import pickle
import stat
from pathlib import Path

import pytest
from argo_kedro.handoff import HandoffDataset, file_name
from argo_kedro.hooks import hooks
from kedro.framework.hooks import hook_impl
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog, DatasetError, MemoryDataset
from projects import MakeProject

pytestmark = pytest.mark.kedro


def test_a_value_is_read_from_another_run_if_this_one_has_none(tmp_path: Path) -> None:
    own, old, older = (tmp_path / name / "number.pickle" for name in ("own", "old", "older"))
    dataset = HandoffDataset(str(own), [str(old), str(older)])
    assert not dataset.exists()
    with pytest.raises(DatasetError, match=r"own.*old.*older"):
        dataset.load()
    for place, value in ((older, 1), (old, 2)):
        HandoffDataset(str(place)).save(value)
        assert dataset.exists()
        assert dataset.load() == value
    dataset.save(3)
    assert dataset.load() == 3
    assert pickle.loads(old.read_bytes()) == 2


def test_a_signal_when_the_value_is_in_its_place_is_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = HandoffDataset(str(tmp_path / "number.pickle"))
    replace = os.replace

    def interrupted(*paths: str) -> None:
        replace(*paths)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        dataset.save(1)
    assert dataset.load() == 1


class Stores:
    """A hook of a project or a plugin that stores a dataset which the catalog lacks."""

    def __init__(self, **datasets: object) -> None:
        self.datasets = datasets

    @hook_impl
    def after_catalog_created(self, catalog: DataCatalog) -> None:
        for name, dataset in self.datasets.items():
            if name not in catalog:
                catalog[name] = dataset


@pytest.mark.parametrize("is_first", [True, False])
def test_what_another_hook_stores_is_not_handed_off(
    is_first: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, catalog = MemoryDataset(1), DataCatalog({"declared": MemoryDataset()})
    stored = HandoffDataset(str(tmp_path / "stored"))
    manager = _create_hook_manager()
    others = [hooks, Stores(stored=stored, kept=kept)]
    for hook in others if is_first else reversed(others):
        manager.register(hook)

    def create() -> None:
        arguments = ("conf_catalog", "conf_creds", "parameters", "save_version", "load_versions")
        given = dict.fromkeys(arguments)
        manager.hook.after_catalog_created(catalog=catalog, **given)
        given = dict.fromkeys(("run_params", "pipeline"))
        manager.hook.before_pipeline_run(catalog=catalog, **given)

    monkeypatch.setenv("ARGO_KEDRO_HANDOFF", "stored,declared,lost")
    with pytest.raises(ValueError, match=r"nothing says where .*: declared, lost\. Set"):
        create()
    monkeypatch.setenv("ARGO_KEDRO_HANDOFF_PATH", str(tmp_path))
    create()
    assert (catalog["stored"], catalog["kept"]) == (stored, kept)
    for name in ("declared", "lost"):
        assert catalog[name]._describe() == {"filepath": f"{tmp_path}/{name}.pickle"}


def test_a_task_reads_what_another_run_handed_on(make_project: MakeProject, tmp_path: Path) -> None:
    project = make_project()
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "number.pickle").write_bytes(pickle.dumps(41))
    variables: dict[str, str | None] = {
        "ARGO_KEDRO_HANDOFF": "number",
        "ARGO_KEDRO_HANDOFF_PATH": str(tmp_path / "new"),
        "ARGO_KEDRO_HANDOFF_FROM": str(tmp_path / "old"),
    }
    result = project.run("exec", "--nodes=use", env=variables)
    assert result.code == 0, result


#: Names that Kedro allows, and that a list with commas, a path, a shell, Argo or Kubernetes would
#: misread.
AWKWARD = [
    "a,b",
    ",a",
    "../../../outside",
    "/etc/absolute",
    "..",
    "x::y",
    "s3://bucket/x?y#z",
    "{{workflow.name}}",
    "$(HOME) $$",
    "per%2Ccent",
    "Data",
    "data",
    "d%61ta",
    "tab\tand\nline",
    "long" * 100,
    "*[a]",
]


def test_no_two_datasets_have_one_file_and_none_is_elsewhere(tmp_path: Path) -> None:
    names = [*AWKWARD, "long" * 101, "ä", "a\u0308", "\ud800"]
    files = [file_name(name) for name in names]
    assert len({file.lower() for file in files}) == len(names)
    for file in files:
        assert "/" not in file
        assert len(file) < 220
        assert (tmp_path / file).resolve().parent == tmp_path.resolve()
    assert file_name("model_input.table-2") == "model_input.table-2.pickle"


def test_a_dataset_of_any_name_crosses_tasks(make_project: MakeProject) -> None:
    project = make_project(
        f"""
AWKWARD = {AWKWARD!r}
def make():
    return list(range(len(AWKWARD)))
def use(*numbers):
    trace(repr(numbers))
def register_pipelines():
    return {{"__default__": Pipeline([
        node(make, None, AWKWARD, name="make", namespace="a,b"),
        node(use, AWKWARD, None, name="use")])}}
"""
    )
    before = {path.name for path in project.root.parent.rglob("*")}
    project.ok("run", "--workflow-name", "awkward")
    assert project.traces() == [repr(tuple(range(len(AWKWARD))))]
    data = project.root / ".argo-kedro/runs/awkward/data"
    assert len(list(data.iterdir())) == len(AWKWARD)
    assert not [path for path in project.root.parent.rglob("outside*") if path.name not in before]


def test_what_is_handed_over_is_the_users_alone_and_follows_no_link(tmp_path: Path) -> None:
    place, precious = tmp_path / "run" / "x.pickle", tmp_path / "precious"
    precious.write_text("precious")
    HandoffDataset(str(place)).save(1)
    assert [stat.S_IMODE(it.stat().st_mode) for it in (place.parent, place)] == [0o700, 0o600]
    place.unlink()
    place.symlink_to(precious)
    HandoffDataset(str(place)).save(2)
    assert precious.read_text() == "precious"
    assert HandoffDataset(str(place)).load() == 2
    with pytest.raises(DatasetError, match="cannot be pickled"):
        HandoffDataset(str(place)).save(lambda: None)
    assert list(place.parent.iterdir()) == [place]
