"""Records of runs, as typed values, and tables of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from html import escape
from typing import Any, Generic, Protocol, TypeVar, overload


class Phase(str, Enum):
    """Phase of a run or a node, in Argo's words."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ERROR = "Error"
    OMITTED = "Omitted"
    SKIPPED = "Skipped"

    def __str__(self) -> str:
        """Gives the word."""
        return self.value


@dataclass(frozen=True)
class RunStatus:
    """Status of a run.

    Attributes:
        name: Name of the run.
        phase: Where it stands.
        message: Why, where there is something to say.
        pipeline: Names of its pipelines.
        env: Its configuration environment.
        namespace: The namespace of a run on a cluster; None for one on this machine.
        uid: Its unique id, which is `WORKFLOW_ID` in its tasks.
        created: When it was made.
        started: When it began, the last time.
        finished: When it ended.
    """

    name: str
    phase: Phase
    message: str | None
    pipeline: str
    env: str
    namespace: str | None
    uid: str
    created: datetime
    started: datetime | None
    finished: datetime | None

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> RunStatus:
        """Reads what `status -o json` says of a run.

        Args:
            document: `run` and `state`.

        Returns:
            Where it stands.
        """
        record, state = document["run"], document["state"]
        place = record.get("cluster")
        return cls(
            name=record["name"],
            phase=Phase(state["phase"]),
            message=state.get("message"),
            pipeline=record["pipeline"],
            env=record["environment"],
            namespace=place["namespace"] if place else None,
            uid=record["uid"],
            created=_moment(record["created"]),
            started=_moment_or_none(state.get("started")),
            finished=_moment_or_none(state.get("finished")),
        )

    def _repr_html_(self) -> str:
        return html_table([self])

    def _cells(self) -> dict[str, str]:
        return {
            "RUN": self.name,
            "PIPELINE": self.pipeline,
            "ENV": self.env,
            "WHERE": self.namespace or "here",
            "PHASE": str(self.phase),
            "CREATED": f"{self.created.astimezone():%Y-%m-%d %H:%M}",
            "WHY": self.message or "",
        }


@dataclass(frozen=True)
class NodeStatus:
    """Status of a Kedro node of a run, which is that of its task.

    Attributes:
        name: Name of the node.
        task: The task that runs it.
        phase: Where it stands.
        tries: How often its task was started.
        duration: Seconds that the last try took, or has taken so far.
        message: Why it failed, or what it waits for.
    """

    name: str
    task: str
    phase: Phase
    tries: int
    duration: float | None
    message: str | None

    @classmethod
    def from_json(cls, node: dict[str, Any]) -> NodeStatus:
        """Reads what `status -o json` says of a node.

        Args:
            node: An entry of `nodes`.

        Returns:
            Where it stands.
        """
        return cls(
            name=node["name"],
            task=node["task"],
            phase=Phase(node["phase"]),
            tries=node["tries"],
            duration=node["seconds"],
            message=node["why"],
        )

    def _cells(self) -> dict[str, str]:
        return {
            "NODE": self.name,
            "PHASE": str(self.phase),
            "TIME": "" if self.duration is None else f"{self.duration:.1f}s",
            "TRIES": str(self.tries or ""),
            "WHY": self.message or "",
        }


@dataclass(frozen=True)
class Result:
    """A dataset that a run has written.

    Attributes:
        dataset: Its name in the catalog.
        path: Where it is: an absolute path or a URL.
        type: Its type in the catalog; None where it was not looked at.
        version: The version that the run has written.
        size: Bytes, where that is known.
        preview: What the value looks like, in little, where it was loaded and has a form: a mapping
            with `kind` (`json`, `text`, `table`, `names`, `other`) and what goes with it.
        problem: Why it could not be loaded.
    """

    dataset: str
    path: str
    type: str | None
    version: str | None
    size: int | None
    preview: dict[str, Any] | None
    problem: str | None

    @classmethod
    def from_json(cls, result: dict[str, Any]) -> Result:
        """Reads what `results -o json` says of a dataset.

        Args:
            result: An entry of `results`.

        Returns:
            The dataset.
        """
        return cls(
            dataset=result["dataset"],
            path=result["path"],
            type=result.get("type"),
            version=result.get("version"),
            size=result.get("size"),
            preview=result.get("value"),
            problem=result.get("problem"),
        )

    def _cells(self) -> dict[str, str]:
        return {
            "DATASET": self.dataset,
            "TYPE": self.type or "",
            "BYTES": "" if self.size is None else str(self.size),
            "PATH": self.path,
            "PROBLEM": self.problem or "",
        }


class Row(Protocol):
    """Something that is a row of a table."""

    def _cells(self) -> dict[str, str]: ...


Item_co = TypeVar("Item_co", bound=Row, covariant=True)


class Rows(Sequence[Item_co], Generic[Item_co]):
    """Several of the same kind, which a notebook shows as a table.

    Args:
        items: What there is.
    """

    def __init__(self, items: Iterable[Item_co]) -> None:
        self._items = tuple(items)

    @overload
    def __getitem__(self, index: int) -> Item_co: ...
    @overload
    def __getitem__(self, index: slice) -> Rows[Item_co]: ...
    def __getitem__(self, index: int | slice) -> Item_co | Rows[Item_co]:
        """Gives one of them, or several."""
        if isinstance(index, slice):
            return Rows(self._items[index])
        return self._items[index]

    def __len__(self) -> int:
        """Says how many there are."""
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        """Compares them one by one."""
        return self._items == (other._items if isinstance(other, Rows) else other)

    def __hash__(self) -> int:
        """Gives the same number for equal ones."""
        return hash(self._items)

    def __repr__(self) -> str:
        """Shows them as a table."""
        return text_table(self._items)

    def _repr_html_(self) -> str:
        return html_table(self._items)


def _table(rows: Sequence[Row]) -> list[list[str]]:
    """Gives the header and the cells, without empty columns."""
    cells = [row._cells() for row in rows]
    titles = list(cells[0]) if cells else []
    kept = [title for title in titles if any(row[title] for row in cells)]
    return [kept, *([row[title] for title in kept] for row in cells)]


def text_table(rows: Sequence[Row]) -> str:
    """Shows rows as text.

    Args:
        rows: Rows of one kind.

    Returns:
        A line for the header and one for each row; `(none)` without rows.
    """
    if not rows:
        return "(none)"
    lines = [[" ".join(cell.split()) for cell in line] for line in _table(rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
    return "\n".join(line.rstrip() for line in padded)


def html_table(rows: Sequence[Row]) -> str:
    """Shows rows as an HTML table, without scripts and without anything from elsewhere.

    Args:
        rows: Rows of one kind.

    Returns:
        HTML in which everything that is not ours is escaped.
    """
    if not rows:
        return "<p>(none)</p>"
    header, *lines = _table(rows)

    def line(cells: list[str], tag: str) -> str:
        style = ' style="text-align: left; vertical-align: top"'
        inner = "".join(f"<{tag}{style}>{escape(cell)}</{tag}>" for cell in cells)
        return f"<tr>{inner}</tr>"

    body = "".join(line(cells, "td") for cells in lines)
    return f"<table><thead>{line(header, 'th')}</thead><tbody>{body}</tbody></table>"


class Output(str):
    """The output of tasks, which a notebook shows as it was printed."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self)}</pre>"


def _moment(text: str) -> datetime:
    # Times of the program have nanoseconds.
    return datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", _six, text).replace("Z", "+00:00"))


def _six(fraction: re.Match[str]) -> str:
    return fraction[1].ljust(7, "0")


def _moment_or_none(text: str | None) -> datetime | None:
    return None if text is None else _moment(text)
