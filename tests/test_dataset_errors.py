"""Why a dataset was not loaded or saved: the reason is visible, not only the dataset."""

from __future__ import annotations

import pytest
from argo_kedro.worker.dataset_errors import in_short
from kedro.io import DatasetError
from projects import MakeProject

pytestmark = pytest.mark.kedro

LONG = "protocol='s3', save_args={'index': False}, load_args={}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"Failed while loading data from dataset a.b.CSVDataset(filepath=b/x.csv, {LONG}).\nno",
            "cannot load b/x.csv: no",
        ),
        (
            "Failed while saving data to dataset a.CSVDataset"
            f"(filepath=PurePosixPath('b/x (1).csv'), {LONG}).\nForbidden\n(403)",
            "cannot save b/x (1).csv: Forbidden (403)",
        ),
        (
            "raw: Failed while saving data to dataset c.HandoffDataset(filepath='s3://b/h.pickle')."
            "\nUnable to locate credentials",
            "raw: cannot save s3://b/h.pickle: Unable to locate credentials",
        ),
        (
            "Failed while loading data from dataset a.SQLTableDataset(table=t).\nno",
            "cannot load SQLTableDataset: no",
        ),
        ("Saving 'None' to a 'Dataset' is not allowed", None),
        ("Failed while loading data from dataset", None),
    ],
)
def test_the_reason_comes_first(text: str, expected: str | None) -> None:
    assert in_short(DatasetError(text), text) == (expected or text)
    assert in_short(ValueError(text), text) == text


def test_an_object_of_a_store_does_not_exist() -> None:
    text = "Failed while loading data from dataset a.CSVDataset(filepath=b/x.csv).\nb/o/x.csv"
    error = DatasetError(text)
    error.__cause__ = FileNotFoundError("b/o/x.csv")
    assert in_short(error, text) == "cannot load b/x.csv: it does not exist: b/o/x.csv"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("FileNotFoundError('bucket/o')", "cannot save `a`: it does not exist: bucket/o"),
        (
            "FileNotFoundError(2, 'No such file or directory', 'x.csv')",
            "cannot save `a`: [Errno 2] No such file or directory: 'x.csv'",
        ),
        ("OSError('<403>')", "a: cannot save its data: <403>"),
    ],
)
def test_a_dataset_is_named_where_kedro_does_not_say_its_path(error: str, expected: str) -> None:
    from kedro.io import AbstractDataset, DataCatalog

    class Stored(AbstractDataset):  # type: ignore[misc, type-arg]
        def load(self) -> None:
            pass

        def save(self, data: object) -> None:
            raise eval(error)

        def _describe(self) -> dict[str, object]:
            return {"filepath": "abfss://<redacted>@acme.dfs.core.windows.net/x.csv"}

    with pytest.raises((DatasetError, OSError)) as raised:
        DataCatalog({"a": Stored()}).save("a", 1)
    text = str(raised.value)
    if not text.startswith("a: "):
        expected = expected.replace("a: cannot save its data", "cannot save `a`")
    assert in_short(raised.value, text) == expected


def test_the_table_of_a_run_says_it(make_project: MakeProject) -> None:
    project = make_project(
        """
def use(a):
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(use, "a", "b", name="use")])}
""",
        {"conf/base/catalog.yml": "a: {type: shop.datasets.JsonFile, filepath: data/none.json}\n"},
    )
    result = project.run("run")
    assert result.code == 1, result
    task = project.run("status", "-o", "json").json()["state"]["tasks"]["use"]
    message = task["cause"]["message"]
    # Newer versions of Kedro name the dataset.
    assert message.removeprefix("a: ").startswith("cannot load "), message
    assert "none.json: " in message and "No such file or directory" in message, message
