"""New runs, here and on a cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from argo_kedro.api.command_line import flags, names_of, parameters_file
from argo_kedro.api.errors import ArgoKedroError, without_our_frames
from argo_kedro.api.history import Run, detach, folder_of
from argo_kedro.api.program import Detached, Follower

#: A name, or several.
Names = str | Sequence[str]
#: None if `only_missing_outputs` leaves nothing to run. It is `Any` for type checkers, so that
#: users of other arguments need not check for None.
NothingToRun: TypeAlias = Any


@without_our_frames
def run(
    pipeline: Names | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    nodes: Names | None = None,
    tags: Names | None = None,
    from_nodes: Names | None = None,
    to_nodes: Names | None = None,
    from_inputs: Names | None = None,
    to_outputs: Names | None = None,
    namespaces: Names | None = None,
    only_missing_outputs: bool = False,
    env: str | None = None,
    conf_source: str | Path | None = None,
    load_versions: Mapping[str, str] | None = None,
    runner: str | None = None,
    project: str | Path | None = None,
    isolation: Literal["fork", "spawn"] | None = None,
    like_a_pod: bool = False,
    cpus: float | str | None = None,
    memory: float | str | None = None,
    gpus: int | None = None,
    workflow_name: str | None = None,
    notify: bool = False,
    logs: bool = False,
    wait: bool = True,
    raise_on_failure: bool = True,
    progress: bool = True,
) -> Run | NothingToRun:
    """Runs a pipeline on this machine, as `argo-kedro run` does.

    The arguments are the flags of that command, which also are those of `kedro run`. The run is a
    process of its own: with `wait=False` it goes on when the cell, or this process, ends.

    Args:
        pipeline: Names of registered pipelines; without them `__default__`.
        params: Runtime parameters, nested.
        nodes: Only these nodes.
        tags: Nodes with any of these tags.
        from_nodes: These nodes and all after them.
        to_nodes: These nodes and all before them.
        from_inputs: All nodes that depend on these datasets.
        to_outputs: All nodes that these datasets depend on.
        namespaces: Nodes in these namespaces.
        only_missing_outputs: Only nodes with missing outputs, and the nodes that these need. If
            no output is missing, there is no run.
        env: Configuration environment.
        conf_source: Configuration folder or archive.
        load_versions: Versions of datasets to load, by dataset.
        runner: Kedro runner that runs the nodes inside each task.
        project: A folder in the project; without it, the current folder is in one.
        isolation: How each task gets its own process.
        like_a_pod: Whether each task has what its pod would have, and no more.
        cpus: Cores that tasks may use together.
        memory: Memory that tasks may use together: GiB, or a quantity such as `512Mi`.
        gpus: GPUs that tasks may use together.
        workflow_name: Name of the run.
        notify: Whether to send the messages of `notify` in argo.yml when the run has ended.
        logs: Whether to show the output of the tasks as well, if waited for.
        wait: Whether to wait until the run has ended. To interrupt that stops the run.
        raise_on_failure: Whether a run that does not succeed is an error, if waited for.
        progress: Whether the progress is shown, on standard error.

    Returns:
        The run; None if `only_missing_outputs` leaves nothing to run, which the progress says.

    Raises:
        RunFailed: It did not succeed.
        ArgoKedroError: It could not be started.
    """
    folder = folder_of(project)
    words = [
        "run",
        *_selection(locals()),
        *flags(
            {
                "isolation": isolation,
                "like_a_pod": like_a_pod,
                "cpus": cpus,
                "memory": memory,
                "gpus": gpus,
                "workflow_name": workflow_name,
                "notify": notify,
                "logs": logs and wait,
            }
        ),
    ]
    with parameters_file(params) as file:
        if wait:
            name = Follower([*words, *file], [], folder, progress).wait()
        else:
            name = detach(Detached([*words, *file], [], folder), folder)
    if name is None and only_missing_outputs:
        return None
    return _ended(name, folder, wait and raise_on_failure)


@without_our_frames
def submit(
    pipeline: Names | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    nodes: Names | None = None,
    tags: Names | None = None,
    from_nodes: Names | None = None,
    to_nodes: Names | None = None,
    from_inputs: Names | None = None,
    to_outputs: Names | None = None,
    namespaces: Names | None = None,
    only_missing_outputs: bool = False,
    env: str | None = None,
    conf_source: str | Path | None = None,
    load_versions: Mapping[str, str] | None = None,
    runner: str | None = None,
    project: str | Path | None = None,
    image: str | None = None,
    no_build: bool = False,
    force_build: bool = False,
    namespace: str | None = None,
    context: str | None = None,
    workflow_name: str | None = None,
    logs: bool = False,
    wait: bool = False,
    raise_on_failure: bool = True,
    progress: bool = True,
) -> Run | NothingToRun:
    """Runs a pipeline on Argo Workflows, as `argo-kedro submit` does.

    Args:
        pipeline: Names of registered pipelines; without them `__default__`.
        params: Runtime parameters, nested.
        nodes: Only these nodes.
        tags: Nodes with any of these tags.
        from_nodes: These nodes and all after them.
        to_nodes: These nodes and all before them.
        from_inputs: All nodes that depend on these datasets.
        to_outputs: All nodes that these datasets depend on.
        namespaces: Nodes in these namespaces.
        only_missing_outputs: Only nodes with missing outputs, and the nodes that these need. If
            no output is missing, there is no run.
        env: Configuration environment; without it, `cloud` if the project has it.
        conf_source: Configuration folder or archive.
        load_versions: Versions of datasets to load, by dataset.
        runner: Kedro runner that runs the nodes inside each task.
        project: A folder in the project; without it, the current folder is in one.
        image: Image of the tasks, with its tag or digest; no image is built.
        no_build: Whether not to build the image: it must exist in its registry.
        force_build: Whether to build the image even if it exists.
        namespace: Kubernetes namespace.
        context: Context of the kubeconfig.
        workflow_name: Name of the run.
        logs: Whether to show the output of the tasks as well, if waited for.
        wait: Whether to wait until the run has ended. To interrupt that ends the waiting; the run
            goes on.
        raise_on_failure: Whether a run that does not succeed is an error, if waited for.
        progress: Whether the progress is shown, on standard error.

    Returns:
        The run; None if `only_missing_outputs` leaves nothing to run, which the progress says.

    Raises:
        RunFailed: It did not succeed.
        ArgoKedroError: It could not be submitted.
    """
    folder = folder_of(project)
    words = [
        "submit",
        *_selection(locals()),
        *flags(
            {
                "image": image,
                "no_build": no_build,
                "force_build": force_build,
                "namespace": namespace,
                "context": context,
                "workflow_name": workflow_name,
                "watch": wait,
                "logs": logs and wait,
            }
        ),
    ]
    with parameters_file(params) as file:
        name = Follower([*words, *file], [], folder, progress).wait()
    if name is None and only_missing_outputs:
        return None
    return _ended(name, folder, wait and raise_on_failure)


def _selection(arguments: Mapping[str, Any]) -> list[str]:
    """Writes the selection of nodes as flags, the same for both commands."""
    names = (
        "nodes",
        "tags",
        "from_nodes",
        "to_nodes",
        "from_inputs",
        "to_outputs",
        "namespaces",
    )
    single = ("only_missing_outputs", "env", "conf_source", "runner")
    versions = arguments["load_versions"] or {}
    return flags(
        {
            "pipelines": names_of("pipeline", arguments["pipeline"]),
            **{name: names_of(name, arguments[name]) for name in names},
            **{name: arguments[name] for name in single},
            "load_versions": [f"{name}:{version}" for name, version in versions.items()],
        }
    )


def _ended(name: str | None, folder: Path, raises: bool) -> Run:
    if name is None:
        raise ArgoKedroError("the program argo-kedro did not say which run it is", code="no_result")
    run = Run(name, folder)
    if raises:
        run._raise_if_failed()
    else:
        run._look()
    return run
