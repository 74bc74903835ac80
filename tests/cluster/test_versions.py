"""One run has one version on the cluster as well, and the notes of its tasks name its results."""

from __future__ import annotations

import json

from api import ApiServer, phase
from program import ClusterProject
from projects import Result
from store import BUCKET, Store

FITTING = ["--pipelines", "fitting"]


def results(status: Result) -> dict[str, str]:
    """The keys in the bucket that a status shows, by dataset."""
    lines = status.err.partition("results:\n")[2].splitlines()
    found = dict(line.split() for line in lines if line.startswith("  "))
    return {dataset: path.removeprefix(f"s3://{BUCKET}/") for dataset, path in found.items()}


def test_each_of_two_runs_reads_and_shows_its_own_model(
    project: ClusterProject, store: Store, api_server: ApiServer
) -> None:
    """`retry` and `resubmit --from-run` keep it after another run has saved a newer version."""
    anna, of_anna = project.submitted(*FITTING, "--params", "who=anna")
    ben, of_ben = project.submitted(*FITTING, "--params", "who=ben")
    store.reached(of_anna, "fitted")
    store.bring(of_ben, "ready")
    store.let_through(of_ben, "fitted")
    assert project.run("watch", ben).code == 0
    store.let_through(of_anna, "fitted")
    watched = project.run("watch", anna)
    # The needed object is missing so far.
    assert watched.code == 1 and "results:" not in watched.text, watched

    again = project.ok("resubmit", anna, "--from-run", "-o", "name").out.strip()
    of_again = api_server.workflow(again)["metadata"]["uid"]
    for uid in (of_again, of_anna):
        store.bring(uid, "ready")
    retried = project.run("retry", anna, "--wait")
    assert retried.code == 0, retried
    assert phase(api_server.until_over(again)) == "Succeeded"
    assert store.marks(of_ben, "ben-met-ben") == 1
    assert store.marks(of_anna, "anna-met-anna") == 2
    assert store.marks(of_again, "anna-met-anna") == 1
    assert not store.marks(of_anna, "anna-met-ben") + store.marks(of_ben, "ben-met-anna")

    models = {}
    for run, uid, who in ((anna, of_anna, "anna"), (ben, of_ben, "ben"), (again, of_again, "anna")):
        status = project.ok("status", run)
        found = results(status)
        # A dataset that a run took over is shown at its own place.
        assert list(found) == ["model", "score"], status
        assert found["score"] == f"runs/{uid}/score.json"
        assert json.loads(store.get(found["score"])) == {"score": 1}
        assert json.loads(store.get(found["model"])) == {"who": who}
        models[run] = found["model"]
        told = project.ok("status", run, "-o", "json").json()["results"]
        assert [(it["task"], it["dataset"]) for it in told] == [
            ("fit", "model"),
            ("evaluate", "score"),
        ]
    assert models[anna] == models[again] != models[ben]
    assert results(retried) == {"model": models[anna], "score": f"runs/{of_anna}/score.json"}
