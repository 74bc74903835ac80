"""Passwords in URLs: none in messages or records."""

from __future__ import annotations

import logging
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from argo_kedro.passwords import without_passwords

URI = "https://user:p@ss:word@host:5000/x"
SAID = f"API request to {URI}/api/2.0 failed: refused"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("http://user:word@host:5000/x", "http://host:5000/x"),
        ("https://u:p@ss@host", "https://host"),
        ("https://u:p@s@s@host/a@b", "https://host/a@b"),
        ("https://u:p/ss@host/x", "https://host/x"),
        ("s3://key:/a+b/c@bucket/x", "s3://bucket/x"),
        ("s3://key:1/2@bucket", "s3://key:1/2@bucket"),  # a host and its port
        ("https://u:p?s#s@host", "https://host"),
        ("https://u:p://s@host", "https://host"),
        ("https://:word@host", "https://host"),
        ("HTTPS://token@host", "HTTPS://host"),
        ("git+https://token@host", "git+https://host"),
        ("http://u:p@[::1]:5000/x", "http://[::1]:5000/x"),
        ("postgresql+psycopg2://u:p@host/db", "postgresql+psycopg2://host/db"),
        ("simplecache::s3://u:p@one::https://u:p@two/x", "simplecache::s3://one::https://two/x"),
        ("zip://a.csv::s3://u:p@bucket/x", "zip://a.csv::s3://bucket/x"),
        # A name is part of the place, and a path may contain the sign.
        ("abfss://box@account/x", "abfss://box@account/x"),
        ("sftp://me@host/x", "sftp://me@host/x"),
        ("http://host:5000/a@b", "http://host:5000/a@b"),
        ("http://[::1]:5000/a@b", "http://[::1]:5000/a@b"),
        ("http://host?mail=a@b", "http://host?mail=a@b"),
        ("s3://bucket/a@b", "s3://bucket/a@b"),
        ("file:///tmp/a@b:c", "file:///tmp/a@b:c"),
        ("mail a:b@c, see http://host", "mail a:b@c, see http://host"),
        (SAID, "API request to https://host:5000/x/api/2.0 failed: refused"),
        ("'s3://u:p@a/x', 'http://u:p@b'\nhttp://u:p@c", "'s3://a/x', 'http://b'\nhttp://c"),
    ],
)
def test_no_url_keeps_a_password(text: str, left: str) -> None:
    assert without_passwords(text) == left


def test_a_path_that_is_recorded_has_no_password() -> None:
    from argo_kedro.results import place_of

    dataset: Any = SimpleNamespace(_init_args={"filepath": "s3://key:se@cret@bucket/a.csv"})
    assert place_of(dataset) == "s3://bucket/a.csv"


def test_what_doctor_says_of_a_place_has_no_password() -> None:
    from argo_kedro.worker.reach import Place, _one_line

    told = Place("read", "s3://key:se@cret@bucket/a").described(("failed", SAID))
    assert told["path"] == "s3://bucket/a"
    assert told["message"] == without_passwords(SAID)
    # A cut would end the message in the middle of a secret.
    for secret, half, options in (
        ("http://user:password@host", 16, {}),
        ("secret", 3, {"key": "secret"}),
    ):
        error = ValueError(f"{'x' * (299 - half)} {secret}")
        place = Place("read", "s3://bucket/a", options=options)
        message = place.described(("failed", _one_line(error)))["message"]
        assert "pass" not in message and "sec" not in message


def _refused(*_: Any) -> Any:
    raise RuntimeError(SAID)


def test_no_warning_about_mlflow_has_a_password(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from argo_kedro.mlflow.join import around_context
    from argo_kedro.mlflow.workflow_run import WorkflowRun

    caplog.set_level(logging.WARNING)
    with around_context(SimpleNamespace(_hook_manager=SimpleNamespace(get_plugins=_refused))):
        pass
    # MLflow may refuse any request.
    mlflow: Any = SimpleNamespace(active_run=_refused)
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    run = WorkflowRun(None, None, None)
    monkeypatch.setattr(run, "_run", _refused)
    list(run.before_pipeline_run({}, None))
    run._state = mlflow
    list(run.after_pipeline_run())
    joins = "this task does not join the MLflow run of its workflow"
    said = without_passwords(SAID)
    ends = f"cannot tell MLflow how the task ended: {said}"
    assert caplog.messages == [f"{joins}: {said}", f"{joins}: {said}", ends]
    assert "ss:word" not in caplog.text
