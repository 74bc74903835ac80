"""Errors, in the program's words."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from argo_kedro.api.history import Run
    from argo_kedro.api.records import NodeStatus


Words = ParamSpec("Words")
Given = TypeVar("Given")


class ArgoKedroError(Exception):
    """argo-kedro could not do what it was asked to.

    Attributes:
        message: What is wrong.
        hints: What to do about it.
        code: A word for the kind of error, e.g. `unknown_run`.
        detail: What belongs above the message: the traceback of the project's own code, or the
            findings that stand in the way.
    """

    def __init__(
        self, message: str, hints: Sequence[str] = (), code: str = "error", detail: str = ""
    ) -> None:
        super().__init__(message, tuple(hints), code, detail)
        self.message = message
        self.hints = tuple(hints)
        self.code = code
        self.detail = detail

    @classmethod
    def from_json(cls, error: dict[str, Any]) -> ArgoKedroError:
        """Reads an error of the program.

        Args:
            error: `message`, `hints`, `code` and perhaps `causes` and `detail`, as the program
                writes them with `--errors json`.

        Returns:
            The error.
        """
        code = str(error["code"])
        hints = [str(hint) for hint in error["hints"]]
        if code == "not_a_project":
            hints = ["name the folder of a Kedro project: project=FOLDER"]
        causes = [str(cause) for cause in error.get("causes", [])]
        message = ": ".join([str(error["message"]), *causes])
        return cls(message, hints, code, str(error.get("detail", "")))

    def __str__(self) -> str:
        """Gives the message, what belongs to it and the hints."""
        # Findings say everything in the message, with its place.
        parts = [] if self.code == "findings" else [self.message]
        if self.detail:
            parts.append(f"\n{self.detail}")
        if self.hints:
            parts.append("\n" + "\n".join(f"hint: {hint}" for hint in self.hints))
        return "\n".join(parts).lstrip("\n")

    def _render_traceback_(self) -> list[str]:
        """Shows the error in a notebook, without frames of argo-kedro."""
        return f"{type(self).__name__}: {self}".splitlines()


class RunFailed(ArgoKedroError):
    """A run did not succeed.

    Attributes:
        run: The run.
        failed: Its nodes that failed, each with the reason.
    """

    def __init__(
        self, message: str, hints: Sequence[str], run: Run, failed: Sequence[NodeStatus]
    ) -> None:
        super().__init__(message, hints, "run_failed")
        self.run = run
        self.failed = tuple(failed)

    def __reduce__(self) -> tuple[Any, ...]:
        """Lets the error cross to another process."""
        return type(self), (self.message, self.hints, self.run, self.failed)


def without_our_frames(function: Callable[Words, Given]) -> Callable[Words, Given]:
    """Makes the errors of a function ones that lead to who called it, and not into argo-kedro.

    Args:
        function: A function that users call.

    Returns:
        The same function, with shorter tracebacks.
    """

    @functools.wraps(function)
    def call(*args: Words.args, **kwargs: Words.kwargs) -> Given:
        # rich (which Kedro uses), IPython and pytest hide a frame with these names.
        _rich_traceback_omit = __tracebackhide__ = True
        try:
            return function(*args, **kwargs)
        except ArgoKedroError as error:
            raise error.with_traceback(None) from error.__cause__

    return call
