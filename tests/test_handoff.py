"""Datasets that are handed from task to task, and from run to run."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from argo_kedro.handoff import HandoffDataset
from kedro.io import DatasetError
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
