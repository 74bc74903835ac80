"""A run, here or on a cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from argo_kedro.api.command_line import flags, parameters_file
from argo_kedro.api.errors import ArgoKedroError, RunFailed, without_our_frames
from argo_kedro.api.program import Detached, Follower, ask, output
from argo_kedro.api.records import (
    NodeStatus,
    Output,
    Phase,
    Result,
    Rows,
    RunStatus,
    html_table,
)

#: Processes of runs that this process has started and not waited for, by project and name.
_STARTED: dict[tuple[Path, str], Detached] = {}


class Run:
    """A run of a project, here or on a cluster.

    `argo_kedro.run`, `argo_kedro.submit`, `argo_kedro.get_run` and `argo_kedro.runs` give runs.

    Attributes:
        name: Its name.
        project: A folder in its project.
    """

    def __init__(self, name: str, project: Path, known: RunStatus | None = None) -> None:
        self.name = name
        self.project = project
        self._known = known

    @property
    @without_our_frames
    def status(self) -> RunStatus:
        """Asks for the status of the run.

        Raises:
            ArgoKedroError: That is not known.
        """
        return self._look()[0]

    @property
    @without_our_frames
    def nodes(self) -> Rows[NodeStatus]:
        """Asks for the status of each of its Kedro nodes.

        Raises:
            ArgoKedroError: That is not known.
        """
        return self._look()[1]

    def _look(self) -> tuple[RunStatus, Rows[NodeStatus]]:
        document = ask(["status"], [self.name], self.project)
        self._known = RunStatus.from_json(document)
        return self._known, Rows(map(NodeStatus.from_json, document["nodes"]))

    @without_our_frames
    def wait(
        self,
        timeout: float | None = None,
        *,
        raise_on_failure: bool = True,
        progress: bool = True,
    ) -> Run:
        """Waits until the run has ended.

        To interrupt it ends the waiting. The run goes on.

        Args:
            timeout: Seconds to wait at most.
            raise_on_failure: Whether a run that did not succeed is an error.
            progress: Whether its progress is shown, on standard error.

        Returns:
            The run itself.

        Raises:
            RunFailed: It did not succeed.
            TimeoutError: It has not ended by then. The run goes on.
            ArgoKedroError: It cannot be followed.
        """
        started = _STARTED.get((self.project, self.name))
        try:
            Follower(["watch"], [self.name], self.project, progress).wait(timeout)
        except TimeoutError:
            raise TimeoutError(
                f"run {self.name} has not ended after {timeout:g} seconds; it goes on"
            ) from None
        except ArgoKedroError:
            # The process of the run knows better why the run never began.
            if started is not None and started.is_over():
                started.raise_if_failed()
            raise
        if started is not None:
            # If this process could not record the run's end, another one has.
            if self._look()[0].finished is None:
                started.raise_if_failed()
            forget(started)
        if raise_on_failure:
            self._raise_if_failed()
        return self

    def _raise_if_failed(self) -> None:
        status, nodes = self._look()
        if status.phase is Phase.SUCCEEDED:
            return
        failed = [node for node in nodes if node.phase in (Phase.FAILED, Phase.ERROR)]
        # Nodes that only share the task of the failed one are no reason.
        failed = [node for node in failed if node.message] or failed
        reasons = [f"\n  {node.name}: {node.message or node.phase}" for node in failed]
        why = f" ({status.message})" if status.message and not reasons else ""
        hints = ["to continue with what is left: Run.retry()"]
        if failed:
            hints.insert(0, f'to see what it printed: Run.logs("{failed[0].name}")')
        message = f"run {self.name} did not succeed: {status.phase}{why}{''.join(reasons)}"
        raise RunFailed(message, hints, self, failed)

    @without_our_frames
    def logs(self, *nodes: str, tail: int | None = None) -> str:
        """Gives what tasks have printed.

        Args:
            *nodes: Names of Kedro nodes or of tasks; without any, all tasks.
            tail: Only so many last lines of each task.

        Returns:
            The text. Where it is of several tasks, each line begins with the name of its task.

        Raises:
            ArgoKedroError: The run has no such node, or the output cannot be read.
        """
        words = ["logs", *([] if tail is None else [f"--tail={tail}"])]
        return Output(output(words, [self.name, *nodes], self.project))

    @without_our_frames
    def results(self, *, load: bool = True) -> Rows[Result]:
        """Lists what the run has written.

        Args:
            load: Whether small datasets are loaded, for their size and a preview.

        Returns:
            The datasets that have a path.

        Raises:
            ArgoKedroError: That is not known.
        """
        words = ["results", *([] if load else ["--no-load"])]
        document = ask(words, [self.name], self.project)
        return Rows(map(Result.from_json, document["results"]))

    @without_our_frames
    def load(self, dataset: str) -> Any:
        """Loads a dataset as the run has it, into this process.

        Kedro loads it through the catalog of the project, with the environment, the runtime
        parameters and the version of the run. A dataset that the run only reads is loaded as its
        nodes read it.

        Args:
            dataset: Name of a dataset of the run, or of a parameter (`params:…`).

        Returns:
            What the dataset's `load` gives.

        Raises:
            ArgoKedroError: The run did not make it, or it is gone.
            kedro.io.DatasetError: Kedro cannot load it.
        """
        from argo_kedro.api.load import load

        return load(ask(["results", "--no-load"], [self.name], self.project), dataset)

    @without_our_frames
    def retry(
        self,
        *,
        nodes: str | Sequence[str] | None = None,
        restart_successful: bool = False,
        params: Mapping[str, Any] | None = None,
        wait: bool = True,
        raise_on_failure: bool = True,
        progress: bool = True,
    ) -> Run:
        """Continues the run: runs what failed and what did not run.

        Args:
            nodes: Nodes to run again although they succeeded, with all after them; needs
                `restart_successful`.
            restart_successful: Whether `nodes` run again.
            params: Runtime parameters that replace those of the run, nested.
            wait: Whether to wait until the run has ended. To interrupt that stops a run on this
                machine, and only the waiting for one on a cluster.
            raise_on_failure: Whether a run that did not succeed is an error, if waited for.
            progress: Whether the progress is shown, on standard error.

        Returns:
            The run itself.

        Raises:
            RunFailed: It did not succeed.
            ArgoKedroError: It cannot be continued.
        """
        words = ["retry", *flags({"nodes": nodes, "restart_successful": restart_successful})]
        before = _STARTED.get((self.project, self.name))
        try:
            with parameters_file(params) as file:
                words += file
                if wait:
                    Follower([*words, "--watch"], [self.name], self.project, progress).wait()
                else:
                    detach(Detached(words, [self.name], self.project), self.project)
        except ArgoKedroError:
            # The run is unchanged, and so is the reason of its end.
            before = None
            raise
        finally:
            # The end of an earlier process says nothing about the run any more.
            if before is not None:
                forget(before)
        if wait and raise_on_failure:
            self._raise_if_failed()
        return self

    @without_our_frames
    def stop(self) -> None:
        """Stops the run: its running tasks are told to end.

        Raises:
            ArgoKedroError: It has ended already, or it cannot be stopped from here.
        """
        output(["stop"], [self.name], self.project)

    def __eq__(self, other: object) -> bool:
        """Says whether it is the same run."""
        return isinstance(other, Run) and (self.name, self.project) == (other.name, other.project)

    def __hash__(self) -> int:
        """Gives the same number for the same run."""
        return hash((self.name, self.project))

    def __repr__(self) -> str:
        """Names it, and where it stood when it was last looked at."""
        known = f", {self._known.phase}" if self._known else ""
        return f"<Run {self.name}{known}>"

    def _repr_html_(self) -> str:
        try:
            status, nodes = self._look()
        except ArgoKedroError as error:
            return f"<p>run {escape(self.name)}: {escape(error.message)}</p>"
        why = f" ({status.message})" if status.message else ""
        place = f" · {status.namespace}" if status.namespace else ""
        about = f" · {status.pipeline} · env {status.env}{place} · {status.phase}{why}"
        return f"<p><b>{escape(self.name)}</b>{escape(about)}</p>{html_table(nodes)}"

    def _cells(self) -> dict[str, str]:
        return self._known._cells() if self._known else {"RUN": self.name}


def detach(process: Detached, project: Path) -> str | None:
    """Waits until a run begins, and leaves it alone then.

    Args:
        process: The program that runs it.
        project: A folder in its project.

    Returns:
        Its name; None where there is nothing to run.
    """
    # A waiter for another run may still need the reason of its end.
    for other in [other for other in _STARTED.values() if other.has_succeeded()]:
        forget(other)
    name = process.name()
    if name is not None:
        _STARTED[(project, name)] = process
    else:
        process.close()
    return name


def forget(process: Detached) -> None:
    """Forgets a process.

    Args:
        process: The process.
    """
    for key in [key for key, other in _STARTED.items() if other is process]:
        del _STARTED[key]
    process.close()


def folder_of(project: str | Path | None) -> Path:
    """Gives the folder that a call is about, whatever becomes of the current one.

    Args:
        project: A folder in a project; None for the current folder.

    Returns:
        Its absolute path.
    """
    return Path(project if project is not None else ".").expanduser().absolute()


@without_our_frames
def get_run(name: str = "@latest", *, project: str | Path | None = None) -> Run:
    """Finds a run, here or on a cluster.

    Args:
        name: Its name, the beginning of its name, or `@latest`.
        project: A folder in the project; without it, the current folder is in one.

    Returns:
        The run.

    Raises:
        ArgoKedroError: There is no such run, or no project.
    """
    folder = folder_of(project)
    status = RunStatus.from_json(ask(["status"], [name], folder))
    return Run(status.name, folder, status)


@without_our_frames
def runs(*, project: str | Path | None = None) -> Rows[Run]:
    """Lists the runs of a project, here and on clusters.

    Args:
        project: A folder in the project; without it, the current folder is in one.

    Returns:
        The runs, the newest first.

    Raises:
        ArgoKedroError: There is no project, or its history cannot be read.
    """
    folder = folder_of(project)
    known = map(RunStatus.from_json, ask(["list"], [], folder))
    return Rows(Run(status.name, folder, status) for status in known)
