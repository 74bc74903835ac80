"""Preview of a loaded value, for `results`.

A preview is JSON with a `kind`: `json` (`json`), `text` (`text`), `table` (`columns`, `rows`,
`count`), `names` (`names`, `count`; the partitions of a dataset) or `other` (`text`). `is_cut` is
true if the value is incomplete.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

#: Most bytes of text in a preview, and most characters of a cell.
MOST = 64 << 10
_CELL = 500
_COLUMNS = 200
_NAMES = 50
_DEEPEST = 100
#: Modules whose values are shown as text.
_AS_TEXT = {"datetime", "decimal", "pathlib", "uuid"}
_INTEGERS = range(-(1 << 63), 1 << 64)


class NotJson(Exception):
    """A value that JSON cannot hold."""


def preview(value: Any, rows: int) -> dict[str, Any]:
    """Describes a value.

    Args:
        value: The loaded value.
        rows: Most rows of a table.

    Returns:
        The preview.

    Raises:
        Exception: An error of the value's own code.
    """
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping) and value and all(callable(it) for it in value.values()):
        names = sorted(map(str, value))
        return {"kind": "names", "names": names[:_NAMES], "count": len(names)}
    try:
        return _json(plain(value))
    except NotJson:
        return _table(value, rows) or {"kind": "other", "text": type_name(type(value))}


def plain(value: Any, depth: int = 0) -> Any:
    """Converts a value to JSON.

    Args:
        value: Mappings, sequences and single values, also numpy's.
        depth: Its depth in the whole value.

    Returns:
        The value; `"NaN"`, `"Infinity"` and `"-Infinity"` for numbers that JSON cannot hold, and a
        text for a number of more than 64 bits.

    Raises:
        NotJson: The value contains something else.
    """
    if depth > _DEEPEST:
        raise NotJson
    if isinstance(value, Mapping):
        return {_utf8(str(key)): plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner, depth + 1) for inner in value]
    return _single(value)


def _single(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if value in _INTEGERS else str(value)
    if isinstance(value, float):
        return _float(float(value))
    kind = type(value)
    if kind.__module__ == "numpy" and getattr(value, "shape", None) == ():
        # `item()` of a numpy time may be a number of nanoseconds.
        return str(value) if kind.__name__.startswith("datetime") else _single(value.item())
    if isinstance(value, str) or kind.__module__ in _AS_TEXT:
        return _utf8(str(value))
    raise NotJson


def type_name(kind: type) -> str:
    """Names a class as a catalog does.

    Args:
        kind: Any class.

    Returns:
        For example `pandas.CSVDataset`, or `sklearn.linear_model.LinearRegression`.
    """
    parts = kind.__module__.removeprefix("kedro_datasets.").removeprefix("kedro.io.").split(".")
    module = ".".join(part for part in parts if not part.startswith("_"))
    ours = kind.__module__.startswith(("kedro_datasets.", "kedro.io."))
    # Kedro names a module after its one class.
    module = module.rpartition(".")[0] if ours else module
    return f"{module}.{kind.__qualname__}" if module and module != "builtins" else kind.__qualname__


def _float(value: float) -> Any:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _utf8(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _json(value: Any) -> dict[str, Any]:
    if len(json.dumps(value)) <= MOST:
        return {"kind": "json", "json": value}
    return {**_text(json.dumps(value, indent=2, ensure_ascii=False)), "is_cut": True}


def _text(text: str) -> dict[str, Any]:
    text = _utf8(text[: MOST + 1])
    cut = text.encode()[:MOST].decode("utf-8", "ignore")
    return {"kind": "text", "text": cut, **({"is_cut": True} if cut != text else {})}


def _table(value: Any, rows: int) -> dict[str, Any] | None:
    """Describes a table of a known library; None for another value."""
    library = type(value).__module__.split(".", 1)[0]
    read: Callable[[Any, int], tuple[Iterable[Any], Iterable[Iterable[Any]], int | None]]
    if library in {"pandas", "geopandas", "modin", "dask"} and hasattr(value, "head"):
        read = _of_pandas
    elif library == "polars" and hasattr(value, "head"):
        read = _of_polars
    elif library == "pyarrow" and hasattr(value, "column_names"):
        read = _of_arrow
    elif library == "pyspark" and hasattr(value, "columns"):
        read = _of_spark
    elif library == "ibis" and hasattr(value, "columns"):
        read = _of_ibis
    elif library == "numpy" and hasattr(value, "shape"):
        shape = " by ".join(map(str, value.shape))
        return {"kind": "other", "text": f"{type_name(type(value))} {shape} {value.dtype}"}
    else:
        return None
    columns, first, count = read(value, rows)
    every = list(columns)
    table = {
        "kind": "table",
        "columns": [_cell(name) for name in every[:_COLUMNS]],
        "rows": [[_cell(cell) for cell in itertools.islice(row, _COLUMNS)] for row in first],
        "count": count,
    }
    return {**table, "is_cut": True} if len(every) > _COLUMNS else table


def _of_pandas(value: Any, rows: int) -> Any:
    frame = value if hasattr(value, "columns") else value.to_frame()
    head = frame.head(rows)
    if hasattr(head, "compute"):
        return (*_of_pandas(head.compute(), rows)[:2], None)
    columns = [".".join(map(str, it)) if isinstance(it, tuple) else it for it in head.columns]
    return columns, head.itertuples(index=False, name=None), len(frame)


def _of_polars(value: Any, rows: int) -> Any:
    frame = value.to_frame() if not hasattr(value, "columns") else value
    if hasattr(frame, "collect"):
        head = frame.head(rows).collect()
        return head.columns, head.rows(), None
    return frame.columns, frame.head(rows).rows(), frame.height


def _of_arrow(value: Any, rows: int) -> Any:
    head = value.slice(0, rows).to_pylist()
    return value.column_names, ([row[name] for name in row] for row in head), value.num_rows


def _of_spark(value: Any, rows: int) -> Any:
    return value.columns, value.limit(rows).collect(), None


def _of_ibis(value: Any, rows: int) -> Any:
    columns, first, _ = _of_pandas(value.limit(rows).to_pandas(), rows)
    return columns, first, None


def _cell(value: Any) -> Any:
    try:
        value = plain(value)
    except NotJson:
        value = _utf8(str(value))
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and len(value) > _CELL:
        return f"{value[:_CELL]}…"
    return value
