"""A thing that `kedro run` has once is one in all tasks of a run, or it is refused."""

from __future__ import annotations

import pytest
from projects import MakeProject

pytestmark = pytest.mark.kedro

SEEDED = """
def first(seed):
    return seed

def second(before, seed):
    trace(before == seed)

def register_pipelines():
    nodes = [
        node(first, "params:seed", "before", name="first"),
        node(second, ["before", "params:seed"], None, name="second"),
    ]
    return {
        "__default__": Pipeline(nodes),
        "one": Pipeline([FusedPipeline(nodes, name="both")]),
        "alone": Pipeline(nodes[:1]),
    }
"""


@pytest.mark.parametrize(
    ("resolver", "severity"),
    [
        ("lambda: random.SystemRandom().randint(0, 10**9)", "error"),
        ("lambda: time.time_ns()", "error"),
        ("lambda: str(uuid.uuid4())", "error"),
        # The same all day, or for a second, and then another one.
        ('lambda: datetime.now().strftime("%Y-%m-%d")', "warning"),
        ("today", "warning"),
        ("functools.partial(today, 1)", "warning"),
        # The same as long as a process lives.
        ("lambda: NOW", "error"),
        ("run_id", "error"),
        ("lambda: os.getpid()", "error"),
        ('lambda: Path("/proc/uptime").read_text()', "error"),
        ("Clock().day", "warning"),
        ('lambda: importlib.import_module("datetime").date.today().year', "warning"),
        ("lambda: 7", None),
        ("lambda: random.Random(3).random()", None),
        ('lambda: str(sorted({"a", "b"}))', None),
        ("lambda: date(2026, 1, 2)", None),
        ("lambda: {datetime(2026, 1, 2): 1}", None),
        ("lambda: str(Path.cwd())", None),
    ],
)
def test_a_value_that_varies_is_found_where_several_tasks_read_it(
    make_project: MakeProject, resolver: str, severity: str | None
) -> None:
    shop = make_project(
        SEEDED,
        {
            "src/shop/settings.py": f"""
import functools, importlib, os, random, time, uuid
from datetime import date, datetime
from pathlib import Path

NOW = str(datetime.now())

@functools.cache
def run_id():
    return uuid.uuid4().hex

class Clock:
    def n(self):
        return date.today()

    def day(self):
        return str(self.n())

def stamp():
    return date.today()

def today(number=0):
    return str(stamp())

CONFIG_LOADER_ARGS = {{
    "base_env": "base",
    "default_run_env": "local",
    "custom_resolvers": {{"own": {resolver}}},
}}
""",
            "conf/base/parameters.yml": 'seed: "${own:}"\nother: 1\nstart: 2026-01-01\n',
        },
    )
    for target in ("cluster", "local"):
        told = shop.run("lint", "--target", target).text
        assert told.count("[value-that-varies]") == (severity is not None), told
        if severity:
            assert f"{severity}[value-that-varies]: parameter `seed` " in told
    for pipeline in ("one", "alone"):
        assert "value-that-varies" not in shop.run("lint", "--pipelines", pipeline).text
    ran = shop.run("run")
    assert ran.code == (2 if severity == "error" else 0), ran
    # What was tried out does not stay.
    assert shop.traces() == ([] if severity == "error" else ["True"])
    shop.ok("run", "--pipelines", "one")
    assert shop.traces()[-1] == "True"


@pytest.mark.parametrize(
    "resolver",
    [
        "socket.gethostname",
        "socket.getfqdn",
        "platform.node",
        "lambda: os.uname().nodename",
        'lambda: os.environ.get("HOSTNAME", "here")',
    ],
)
def test_a_value_of_the_host_is_found_for_a_cluster(
    make_project: MakeProject, resolver: str
) -> None:
    shop = make_project(
        SEEDED,
        {
            "src/shop/settings.py": f"""
import os, platform, socket
CONFIG_LOADER_ARGS = {{
    "base_env": "base",
    "default_run_env": "local",
    "custom_resolvers": {{"own": {resolver}}},
}}
""",
            "conf/base/parameters.yml": 'seed: "${own:}"\n',
        },
    )
    told = shop.run("lint").text
    assert "error[value-that-varies]: parameter `seed` depends on the name of the host" in told
    assert "value-that-varies" not in shop.run("lint", "--target", "local").text
    shop.ok("run")
    assert shop.traces() == ["True"]


def test_a_path_with_a_time_stamp_is_found(make_project: MakeProject) -> None:
    shop = make_project(
        """
def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "number", name="make"), node(print, "number", None, name="use"),
    ])}
""",
        {
            "src/shop/settings.py": """
import time
from omegaconf import OmegaConf
OmegaConf.register_new_resolver("stamp", lambda: str(time.time_ns()), replace=True)
""",
            "conf/base/catalog.yml": """
                number: {type: shop.datasets.JsonFile, filepath: "data/${stamp:}/number.json"}
                """,
        },
    )
    told = shop.run("lint", "--target", "local").text
    assert "error[value-that-varies]: dataset `number` has another value each time" in told


def test_what_another_task_loads_is_not_confirmed(make_project: MakeProject) -> None:
    shop = make_project(
        """
def register_pipelines():
    nodes = [
        node(one, None, "inbox", name="fill"),
        node(copy, "inbox", "seen", name="load"),
        node(copy, "seen", "kept", name="report", confirms="inbox"),
    ]
    return {
        "__default__": Pipeline(nodes[1:]),
        "fused": Pipeline([FusedPipeline(nodes[1:], name="take_in")]),
        "later": Pipeline(nodes[2:]),
    }

def copy(value):
    return value
""",
        {
            "conf/base/catalog.yml": """
                inbox: {type: shop.datasets.JsonFile, filepath: data/inbox.json}
                """
        },
    )
    for words in (["lint", "--target", "local"], ["lint"], ["run"]):
        told = shop.run(*words)
        assert told.code != 0
        assert (
            "error[confirmed-in-another-task]: node `report` confirms `inbox`, but node `load` "
            "loads it in another task" in told.text
        )
    for pipeline in ("fused", "later"):
        assert "confirmed-in" not in shop.run("lint", "--pipelines", pipeline).text
