"""Interrupted submissions to a cluster that does not answer."""

from __future__ import annotations

import sqlite3

import yaml
from projects import TWO_TASKS, MakeProject

#: No server listens there.
SERVER = "https://127.0.0.1:1"


def test_what_is_on_record_is_shown_whatever_became_of_a_submission(
    make_project: MakeProject,
) -> None:
    project = make_project(TWO_TASKS)
    project.ok("run")
    with sqlite3.connect(project.root / ".argo-kedro" / "history.db") as history:
        (name,) = history.execute("SELECT name FROM run").fetchone()
        history.execute(
            "INSERT INTO submission VALUES ('id', '2026-01-01T00:00:00Z', ?, 'here', 'team')",
            [SERVER],
        )
    kubeconfig = project.home / "kubeconfig"
    kubeconfig.write_text(
        yaml.safe_dump(
            {
                "current-context": "here",
                "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": SERVER}}],
                "users": [{"name": "u", "user": {}}],
            }
        ),
        encoding="utf-8",
    )
    env: dict[str, str | None] = {"KUBECONFIG": str(kubeconfig)}
    known = project.ok("status", name, env=env)
    assert "Succeeded" in known.out and "cannot reach" not in known.err, known
    # The submitted run may be the latest, and belongs in the list.
    for words in (["status"], ["list"]):
        asked = project.ok(*words, env=env)
        assert "Succeeded" in asked.out, asked
        said = "an earlier `submit` to the namespace `team` was interrupted"
        assert said in asked.err and "cannot reach" in asked.err, asked
