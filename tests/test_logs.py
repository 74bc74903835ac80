"""The output of a run of files, from another terminal."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from manifests import Folder, container, the_rest

SPEC = {
    "entrypoint": "main",
    "templates": [
        {
            "name": "main",
            "steps": [
                [{"name": "first", "template": "first"}],
                [
                    {
                        "name": "each",
                        "template": "each",
                        "withItems": ["x", "y"],
                        "arguments": {"parameters": [{"name": "item", "value": "{{item}}"}]},
                    }
                ],
            ],
        },
        container(
            "echo begun > told; read answer < go;"
            " for i in 1 2 3; do echo line $i; done; printf end",
            name="first",
        ),
        container(
            "echo item {{inputs.parameters.item}}",
            name="each",
            inputs={"parameters": [{"name": "item"}]},
        ),
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder.make(tmp_path)
    folder.workflow(SPEC)
    folder.fifo("told")
    folder.fifo("go")
    return folder


def test_output_is_followed_from_before_its_first_line_to_that_of_tasks_to_come(
    folder: Folder,
) -> None:
    with folder.start("run", "w.yaml") as run:
        folder.hear("told")
        with (
            folder.start("logs", "-f") as logs,
            folder.start("watch", "--logs") as watch,
            folder.start("logs", "-f", "--grep", "^item|2$") as grep,
        ):
            # The command follows by now: progress comes before output.
            assert watch.stderr is not None
            assert "run w" in watch.stderr.readline()
            (folder.root / "go").write_text("x\n")
            outputs = [program.communicate(timeout=60) for program in (logs, grep)]
            outputs += [the_rest(watch), run.communicate(timeout=60)]
    lines = [
        "[[0].first] line 1",
        "[[0].first] line 2",
        "[[0].first] line 3",
        "[[0].first] end",
        "[[1].each(0:x)] item x",
        "[[1].each(1:y)] item y",
    ]
    followed = [
        line if line.startswith("[[") else f"[[0].first] {line}"
        for line in outputs[0][0].splitlines()
    ]
    assert sorted(followed) == sorted(lines)
    kept = [line.rpartition("] ")[2] for line in outputs[1][0].splitlines()]
    assert sorted(kept) == ["item x", "item y", "line 2"]
    said = outputs[2][1].splitlines()
    assert all(line in said for line in lines), outputs[2]
    assert run.returncode == 0 and watch.returncode == 0


def test_the_last_lines_the_youngest_and_those_with_a_pattern(folder: Folder) -> None:
    with folder.start("run", "w.yaml") as run:
        folder.hear("told")
        (folder.root / "go").write_text("x\n")
        run.communicate(timeout=60)
    assert folder.ok("logs", "w", "[0].first", "--tail", "2").out == "line 3\nend\n"
    assert folder.ok("logs", "w", "[0].first", "--grep", "[13]$").out == "line 1\nline 3\n"
    for since in ("3600", "1h"):
        assert folder.ok("logs", "w", "[0].first", "--since", since).out.startswith("line 1\n")
    times = folder.root / ".argo-kedro/runs/w/logs/[0].first.times"
    (times,) = times.parent.glob("*first*.times")
    # Pretend that all lines but the last were printed long ago.
    times.write_text("1000 0\n4000000000 14\n")
    assert folder.ok("logs", "w", "[0].first", "--since", "5m").out == "line 3\nend\n"
    times.write_text("1000 0\n")
    assert folder.ok("logs", "w", "[0].first", "--since", "5m").out == ""
    times.unlink()
    refused = folder.run("logs", "--since", "5m")
    assert refused.code == 2 and "leave out --since" in refused.err, refused
    wrong = folder.run("logs", "--grep", "(")
    assert wrong.code == 2 and "unclosed group" in wrong.err, wrong
    assert wrong.err.count("error:") == 1, wrong


def test_output_is_there_after_the_program_was_killed(folder: Folder) -> None:
    script = "echo one; printf two; echo begun > told; read answer < go"
    folder.workflow({"entrypoint": "main", "templates": [container(script, name="main")]})
    with folder.start("run", "w.yaml") as run:
        folder.hear("told")
        with folder.start("logs", "-f") as logs:
            assert logs.stdout is not None
            assert logs.stdout.readline() == "one\n"
            run.send_signal(signal.SIGKILL)
            run.communicate()
            rest, err = logs.communicate(timeout=60)
    assert (rest, logs.returncode) == ("", 0) or rest == "two\n", (rest, err)
    assert folder.ok("logs").out.startswith("one\n")
    watched = folder.run("watch")
    assert watched.code == 1 and "To continue: argo-kedro retry w" in watched.err, watched


def test_a_suspended_task_has_no_output_that_could_be_missing(folder: Folder) -> None:
    folder.workflow(
        {
            "entrypoint": "main",
            "templates": [
                {"name": "main", "steps": [[{"name": "wait", "template": "wait"}]]},
                {"name": "wait", "suspend": {"duration": "0"}},
            ],
        }
    )
    folder.ok("run", "w.yaml")
    assert "no longer exists" not in folder.ok("logs").err
