"""Control sequences in the user's names, messages and output: none reaches the screen."""

from __future__ import annotations

import re

import pytest
from projects import MakeProject, Project, Result

#: Sequences for the clipboard, a title, a link, a cleared screen, keys, a bell, and a C1 control.
ORDERS = r"\x1b]52;c;aGk=\x07\x1b]0;title\x1b\\\x1b]8;;http://x\x1b\\\x1b[2J\x1b[1;1H\x1b[>4;1m\x07\x9b2J\x08"
REGISTRY = f"""
ORDERS = "{ORDERS}"
def make():
    print("red \\x1b[31mline" + ORDERS + "ends")
    raise ValueError("message " + ORDERS + "ends")
def register_pipelines():
    nodes = [
        node(make, None, "a" + ORDERS + "b", name="fails", namespace="n" + ORDERS + "s"),
        node(len, "missing" + ORDERS, "c", name="reads")]
    return {{"__default__": Pipeline(nodes[:1]), "broken": Pipeline(nodes)}}
"""


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(REGISTRY)


def orders(result: Result) -> list[str]:
    """Gives the control characters of a text, except line ends and colours."""
    without_colours = re.sub(r"\x1b\[[0-9;:]*m", "", result.text)
    return re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", without_colours)


def test_no_order_for_a_terminal_reaches_it(project: Project) -> None:
    # Behave as on a terminal: without one, the program would remove more.
    colours: dict[str, str | None] = {"NO_COLOR": None, "CLICOLOR_FORCE": "1"}
    for words in (
        ["run", "--logs"],
        ["run", "--logs", "-o", "json"],
        ["status"],
        ["status", "-o", "json"],
        ["logs"],
        ["list", "-o", "wide"],
        ["plan"],
        ["lint"],
        ["compile"],
        ["plan", "-p", "broken"],
    ):
        result = project.run(*words, env=colours)
        assert orders(result) == [], (words, result)
        assert result.text, words
    shown = project.run("logs", env=colours).out
    assert "red \x1b[31mline" in shown
    assert "ends\x1b[0m\n" in shown


def test_programs_get_every_character(project: Project) -> None:
    said = ORDERS.encode().decode("unicode_escape")
    events = project.run("run", "-o", "json").events()
    (line,) = (it["line"] for it in events if it.get("line", "").startswith("red"))
    assert line == f"red \x1b[31mline{said}ends"
    (cause,) = (it["cause"] for it in events if it["event"] == "task_finished")
    assert said in cause["message"]
