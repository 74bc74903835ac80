"""`argo_kedro.submit` and a notebook's questions about a run on a cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

from program import ENVIRONMENT, HANG, ClusterProject
from store import Store


def python(project: ClusterProject, code: str, store: Store | None = None) -> str:
    """Runs Python in the project, which must succeed."""
    variables = project.environment()
    if store is not None:
        variables |= {"AWS_SECRET_ACCESS_KEY": store.secret}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=project.root,
        env=variables,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


def test_a_run_is_submitted_waited_for_and_its_data_loaded(
    project: ClusterProject, store: Store
) -> None:
    told = python(
        project,
        f"""
        import argo_kedro, json, os
        run = argo_kedro.submit(
            "modelling", params={{"who": "a notebook"}}, env={ENVIRONMENT!r}, no_build=True)
        run.wait()
        before = dict(os.environ)
        model = run.load("model")
        assert dict(os.environ) == before
        (node,), (other,), (result,) = run.nodes, argo_kedro.runs(), run.results(load=False)
        print(json.dumps([run.name, run.status.namespace, other.name, node.name, node.phase,
            node.tries, model, result.path]))
        """,
        store,
    )
    name, namespace, listed, *node, model, path = json.loads(told)
    assert (name, namespace) == (listed, project.api.namespace)
    assert node == ["fit", "Succeeded", 1]
    assert model == {"who": "a notebook"}
    assert path.startswith("s3://argo-kedro-test/model.json/")


def test_a_run_that_fails_on_the_cluster_says_which_node_and_why(project: ClusterProject) -> None:
    told = python(
        project,
        f"""
        import argo_kedro, json
        try:
            argo_kedro.submit("fails", env={ENVIRONMENT!r}, no_build=True, wait=True)
        except argo_kedro.RunFailed as error:
            print(json.dumps([[(it.name, it.message) for it in error.failed],
                "line 29" in error.run.logs("train_model", tail=50)]))
        """,
    )
    failed, has_log = json.loads(told)
    assert failed == [["train_model", "ValueError: too deep: 20"]] and has_log


def test_a_cluster_that_is_not_there_is_an_error_with_a_hint(
    project: ClusterProject, tmp_path: Path
) -> None:
    told = python(
        project,
        f"""
        import argo_kedro, json, os
        os.environ["KUBECONFIG"] = {os.fspath(tmp_path / "none")!r}
        try:
            argo_kedro.submit(env={ENVIRONMENT!r}, no_build=True)
        except argo_kedro.ArgoKedroError as error:
            print(json.dumps([error.code, bool(error.hints)]))
        """,
    )
    assert json.loads(told) == ["cluster", True]
