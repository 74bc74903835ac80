"""`run`: more output, longer texts and more tasks than the machine can hold at once."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from projects import PROGRAM, MakeProject, Project, Result, is_clean

pytestmark = [
    pytest.mark.kedro,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

#: Megabytes that output may add to the program's memory. Its allocator takes up to ten if one
#: thread reads lines and another shows them, for any number of lines.
MEGABYTES = 20

#: A node that prints, and then reads the program's peak memory.
PRINTING = """
def held():
    status = Path(f"/proc/{os.environ['ARGO_KEDRO_PARENT']}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024
def shout():
    before = held()
    with open(1, "w", closefd=False) as output:
        for _ in range(TIMES):
            output.write(WHAT)
    trace(held() - before)
    return 1
def register_pipelines():
    return {"__default__": Pipeline([Node(shout, None, "a", name="shout")])}
"""


# Each would need at least twice as much memory if the program kept it.
SHORT = (800_000, '"~\\n"')
LINES = (24_000, '"~" * 2000 + "\\n"')
LONG = (200, '"~" * 250_000')


@pytest.mark.parametrize(
    ("words", "what"),
    [([], SHORT), (["--logs"], LINES), (["-o", "json"], LINES), ([], LONG)],
    ids=["short lines", "lines that are shown", "lines as JSON", "no end of line"],
)
def test_what_tasks_print_does_not_fill_the_memory(
    make_project: MakeProject, words: list[str], what: tuple[int, str]
) -> None:
    times, text = what
    project = make_project(PRINTING.replace("TIMES", str(times)).replace("WHAT", text))
    # Discard the output: it would fill the memory of this process.
    ended = subprocess.run(
        [str(PROGRAM), "run", "--workflow-name", "fixed", *words],
        cwd=project.root,
        env=project.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=project.hangs_after,
        check=False,
    )
    assert ended.returncode == 0
    (more,) = map(int, project.traces())
    assert more < MEGABYTES
    log = project.root / ".argo-kedro/runs/fixed/logs/shout.log"
    assert log.read_text().count("~") == times * len(eval(text).strip())


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_a_long_reason_is_cut_and_says_so(make_project: MakeProject, isolation: str) -> None:
    project = make_project(
        """
def fail():
    raise ValueError("begin " + "x" * 50_000_000 + " end \\udcff")
def register_pipelines():
    return {"__default__": Pipeline([node(fail, None, "a", name="fail")])}
"""
    )
    result = project.run("run", "--isolation", isolation)
    assert result.code == 1 and is_clean(result.text)
    cause = project.ok("status", "-o", "json").json()["state"]["tasks"]["fail"]["cause"]
    assert cause["message"].startswith("begin x") and " end " in cause["message"]
    for text in (cause["message"], cause["traceback"]):
        assert "cut here; the task's log has the whole text" in text
        assert len(text) < 100_000


#: Tasks that could all run at once, and count the running ones.
MANY = """
def alone(number):
    with open(f"running-{number}", "w"):
        trace(len(list(Path(".").glob("running-*"))))
        import hashlib
        hashlib.pbkdf2_hmac("sha256", b"x", b"x", 300_000)
    os.remove(f"running-{number}")
    return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(lambda n=n: alone(n), None, f"d{n}", name=f"n{n}") for n in range(14)])}
"""
SMALL = {"conf/base/argo.yml": "machine_types: {default: {mem: 1Mi, cpu: 10m}}\n"}


def limited(project: Project, files: int, *words: str) -> Result:
    command = f"ulimit -n {files}; exec {PROGRAM} {' '.join(words)}"
    return project.run("-c", command, program=project.root.__class__("/bin/sh"))


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_tasks_wait_for_descriptors_that_others_hold(
    make_project: MakeProject, isolation: str
) -> None:
    project = make_project(MANY, dict(SMALL))
    result = limited(project, 56, "run", "-o", "json", "--isolation", isolation)
    assert result.code == 0, result
    waits = [it["message"] for it in result.events() if it["event"] == "task_waiting"]
    assert waits and "too many files are open" in waits[0]
    assert len(project.traces()) == 14
    assert max(map(int, project.traces())) > 1


#: Pods with their own files, which could all run at once.
PODS = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: many}
spec:
  entrypoint: main
  templates:
  - name: main
    steps: [[{name: a, template: pod, withSequence: {count: "20"}}]]
  - name: pod
    script:
      image: python
      command: [python3]
      source: |
        import hashlib
        hashlib.pbkdf2_hmac("sha256", b"x", b"x", 200_000)
        open("/tmp/o", "w").write("made")
    outputs: {parameters: [{name: o, valueFrom: {path: /tmp/o}}]}
"""


def test_pods_with_files_of_their_own_wait_for_descriptors(two_tasks: Project) -> None:
    two_tasks.write({"many.yaml": PODS})
    result = limited(two_tasks, 64, "run", "many.yaml", "-o", "json")
    assert result.code == 0, result
    waits = [it["message"] for it in result.events() if it["event"] == "task_waiting"]
    assert any("too many files are open" in wait for wait in waits), waits


def test_what_waits_in_vain_for_descriptors_says_what_to_do(make_project: MakeProject) -> None:
    project = make_project(MANY, dict(SMALL))
    result = limited(project, 32, "run", "-o", "json")
    assert result.code == 1 and is_clean(result.text), result
    ends = [it for it in result.events() if it["event"] == "task_finished"]
    assert {it["phase"] for it in ends} == {"Error"}
    assert "too many files are open in this process; raise the limit: ulimit -n" in json.dumps(ends)
