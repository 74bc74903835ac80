"""Secrets in runs here: only in tasks that ask for them."""

from __future__ import annotations

import pytest
from pipelines_for_runs import ISOLATIONS
from projects import RESULT, MakeProject, Project

pytestmark = pytest.mark.kedro

SECRET = "planted-S3cret/value+with=signs"
TOKEN: dict[str, str | bytes] = {
    "conf/base/argo.yml": """\
        template:
          environment: [{name: TOKEN, secret_ref: {name: vault, key: token}}]
        """
}


def everything_kept(project: Project) -> bytes:
    """Every byte under the state folder."""
    files = sorted((project.root / ".argo-kedro").rglob("*"))
    return b"\n".join(path.read_bytes() for path in files if path.is_file())


def test_a_missing_secret_is_an_error_before_the_start(make_project: MakeProject) -> None:
    project = make_project(files={**RESULT, **TOKEN})
    argo = project.read("conf/base/argo.yml")
    two = "environment: [{name: OTHER, secret_ref: {name: vault, key: other}}, "
    project.write({"conf/base/argo.yml": argo.replace("environment: [", two)})
    result = project.run("run")
    assert result.code == 2
    for word in ("TOKEN", "vault", "token"):
        assert word in result.err
    # The hint names everything that is missing, so that the next try succeeds.
    assert "export OTHER=… TOKEN=…" in result.err, result
    assert project.traces() == []
    assert project.ok("list", "-o", "name").out == ""


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_secret_is_in_the_task_and_nowhere_else(
    make_project: MakeProject, isolation: str
) -> None:
    project = make_project(
        """
def leak():
    secret = os.environ["TOKEN"]
    Path("seen").write_text(secret)
    print("printed", secret)
    print("to stderr", secret, file=sys.stderr)
    raise ValueError(f"raised {secret}")
def register_pipelines():
    return {"__default__": Pipeline([node(leak, None, "a", name="leak")])}
""",
        dict(TOKEN),
    )
    env: dict[str, str | None] = {"TOKEN": SECRET}
    shown = ""
    for words in (
        ["run", "--isolation", isolation, "--logs"],
        ["retry", "--isolation", isolation, "-o", "json"],
        ["status"],
        ["status", "-o", "json"],
        ["list", "-o", "json"],
        ["compile"],
    ):
        result = project.run(*words, env=env)
        shown += result.text
    assert project.read("seen") == SECRET
    assert "printed ***" in shown
    assert "raised ***" in shown
    assert SECRET not in shown
    assert SECRET.encode() not in everything_kept(project)
    assert b"printed ***" in everything_kept(project)


def test_a_secret_of_several_lines_stays_hidden_line_by_line(make_project: MakeProject) -> None:
    project = make_project(
        """
def leak():
    print(os.environ["TOKEN"])
def register_pipelines():
    return {"__default__": Pipeline([node(leak, None, "a", name="leak")])}
""",
        dict(TOKEN),
    )
    env: dict[str, str | None] = {"TOKEN": "-----BEGIN-----\nplanted-one\nplanted-two\n"}
    result = project.run("run", "--logs", env=env)
    assert "planted" not in result.text
    assert b"planted" not in everything_kept(project)


def test_a_secret_across_the_cut_of_a_long_line_stays_hidden(make_project: MakeProject) -> None:
    project = make_project(
        """
def leak():
    print("-" * (64 * 1024 - 8) + os.environ["TOKEN"])
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(leak, None, "a", name="leak")])}
""",
        dict(TOKEN),
    )
    project.ok("run", env={"TOKEN": SECRET})
    log = everything_kept(project)
    assert b"---" in log
    assert SECRET[:8].encode() not in log
    assert SECRET[8:].encode() not in log


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_key_file_that_only_pods_have_does_not_hide_the_users_own(
    make_project: MakeProject, isolation: str
) -> None:
    argo = """\
        template:
          environment:
            - {name: KEY_FILE, value: /etc/nowhere-here/key.json}
            - {name: LEVEL, value: /etc/other}
            - {name: CACHE, value: /etc/nowhere-either/cache}
        nodes:
          "*":
            volumes:
              - {name: key, mount_path: /etc/nowhere-here, read_only: true,
                 secret: {secretName: store}}
              - {name: cache, mount_path: /etc/nowhere-either, empty_dir: {}}
    """
    project = make_project(
        """
def show():
    trace(" ".join(str(os.environ.get(name)) for name in ("KEY_FILE", "LEVEL", "CACHE")))
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(show, None, "a", name="show")])}
""",
        {"conf/base/argo.yml": argo},
    )
    words = ["run", "--isolation", isolation]
    result = project.ok(*words, env={"KEY_FILE": "/home/me/key.json", "LEVEL": "mine"})
    notes = " ".join(result.err.split())
    assert "since the files that they name are only in pods: `KEY_FILE`" in notes, notes
    assert "do not find the files of secrets" not in notes, notes
    project.ok(*words, env={"KEY_FILE": None})
    assert project.traces() == [
        "/home/me/key.json /etc/other /etc/nowhere-either/cache",
        "None /etc/other /etc/nowhere-either/cache",
    ]
