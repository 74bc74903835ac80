"""`eval`: tags, expressions and conditions as Argo evaluates them.

`crates/argo/tests` tests the languages themselves.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from projects import PROGRAM

MANIFEST = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: demo}
spec:
  entrypoint: main
  arguments: {parameters: [{name: size, value: "3"}]}
  templates:
    - name: main
      inputs: {parameters: [{name: size}]}
      dag:
        tasks:
          - {name: first, template: work}
          - {name: second, depends: first, template: work, withItems: [1, 2]}
          - {name: beside, template: work}
    - name: work
      retryStrategy: {limit: 2}
      script: {image: python, source: "print(1)"}
"""


def run(
    *words: str, folder: Path, stdin: bytes = b"", code: int = 0
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [PROGRAM, "eval", *words], cwd=folder, input=stdin, capture_output=True, check=False
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == code, (words, done.returncode, out, err)
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def test_texts_expressions_and_conditions(tmp_path: Path) -> None:
    for words, expected in [
        (["{{=sprig.trim(inputs.parameters.x)}}!", "-p", "x= a "], "a!"),
        (["asInt(x) + 1", "-p", "x=3"], "4"),
        (["{{workflow.parameters.x}}", "-p", "x=-3"], "-3"),
        (["tasks.fit.outputs.result", "-p", "tasks.fit.outputs.result=0.9"], "0.9"),
        (["-1"], "-1"),
        (["--when", "{{tasks.a.status}} == Failed", "-p", "tasks.a.status=Failed"], "true"),
        (["--when", "1 > 2"], "false"),
    ]:
        assert run(*words, folder=tmp_path).stdout == expected + "\n"
    assert json.loads(run("[1, 'a']", "-o", "json", folder=tmp_path).stdout) == {"value": [1, "a"]}
    assert json.loads(run("--when", "a == a", "-o", "json", folder=tmp_path).stdout) == {
        "holds": True
    }


def test_a_mistyped_option_is_no_expression(tmp_path: Path) -> None:
    wrong = run("--tsk", "-p", "tsk=1", folder=tmp_path, code=2).stderr
    assert "unexpected argument `--tsk`" in wrong and "'(--tsk)'" in wrong, wrong
    assert run("(--asInt(tsk))", "-p", "tsk=1", folder=tmp_path).stdout == "1\n"


def test_a_tag_without_a_value_stays_and_is_told_of(tmp_path: Path) -> None:
    result = run("{{x}} {{workflow.name}}", "-p", "workflow.name=a", folder=tmp_path)
    assert result.stdout == "{{x}} a\n"
    assert "to give one: -p x=VALUE" in result.stderr
    result = run("{{=sprig.uper('a')}}", folder=tmp_path)
    assert "stays: there is no such function" in result.stderr


def test_what_cannot_be_evaluated_says_why_and_what_to_do(tmp_path: Path) -> None:
    for words, part in [
        (["nope + 1"], "use -p"),
        (["1 +"], "error:"),
        (["{{=(}}"], "is not valid"),
        (["--when", "fit-model == fit-model"], "needs numbers"),
        (["--when", "{{tasks.a.status}} == Failed"], "-p tasks.a.status=VALUE"),
    ]:
        result = run(*words, folder=tmp_path, code=1)
        assert part in result.stderr
        assert not result.stdout
    assert "eval '" in run(folder=tmp_path, code=2).stderr
    assert "e.g." in run("1", "-p", "x", folder=tmp_path, code=2).stderr


def test_the_variables_of_a_place_in_a_manifest(tmp_path: Path) -> None:
    (tmp_path / "demo.yaml").write_text(MANIFEST, encoding="utf-8")

    def names(*words: str) -> dict[str, str | None]:
        found = run("--file", "demo.yaml", *words, "-o", "json", folder=tmp_path).stdout
        return {known["name"]: known["value"] for known in json.loads(found)}

    second = names("--task", "second")
    assert second["inputs.parameters.size"] == "3"
    assert {"item", "tasks.first.status"} <= set(second)
    # Neither the task itself nor tasks that may run at the same time.
    assert not any(name.startswith(("tasks.second.", "tasks.beside.")) for name in second)
    work = names("--task", "work")
    assert {"retries", "lastRetry.exitCode", "pod.name"} <= set(work)
    assert names()["workflow.parameters.size"] == "3"
    text = ["{{=asInt(inputs.parameters.size) * 2}}", "--file", "demo.yaml", "--task", "second"]
    assert run(*text, folder=tmp_path).stdout == "6\n"
    wrong = run("--file", "demo.yaml", "--task", "secnd", folder=tmp_path, code=2)
    assert "second" in wrong.stderr
    (tmp_path / "other.yaml").write_text("a: 1\n", encoding="utf-8")
    assert "no workflow" in run("--file", "other.yaml", folder=tmp_path, code=2).stderr
    run("--file", "gone.yaml", folder=tmp_path, code=2)


def test_cases_are_answered_in_order_whatever_is_in_them(tmp_path: Path) -> None:
    lines = [
        b'{"expr": "a + 1", "env": {"a": 2}}',
        b'{"template": "{{a.b}}-{{c}}", "env": {"a.b": "x"}}',
        b'{"when": "1 < 2"}',
        b'{"expr": "1 +"}',
        b"{}",
        b"[1]",
        b"\xff",
        b'{"expr": "\'<\'"}',
    ]
    (tmp_path / "cases.jsonl").write_bytes(b"\n".join(lines))
    from_file = run("--cases", "cases.jsonl", folder=tmp_path).stdout
    from_stdin = run("--cases", "-", folder=tmp_path, stdin=b"\n".join(lines)).stdout
    assert from_file == from_stdin
    answers = [json.loads(line) for line in from_file.splitlines()]
    assert [answer.get("ok") for answer in answers] == [
        3,
        "x-{{c}}",
        True,
        None,
        None,
        None,
        None,
        "<",
    ]
    assert all("err" in answer for answer in answers[3:7])
