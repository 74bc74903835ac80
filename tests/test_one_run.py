"""What `kedro run` has only once is the same in all tasks of a run, or an error."""

from __future__ import annotations

import os

import pytest
from argo_kedro.worker import varying
from argo_kedro.worker.printed import Printed
from omegaconf.resolvers import oc
from projects import MakeProject

pytestmark = pytest.mark.kedro

SEEDED = """
def first(*seeds):
    return seeds

def second(before, *seeds):
    trace(before == seeds)

def register_pipelines():
    nodes = [
        node(first, SEEDS, "before", name="first"),
        node(second, ["before", *SEEDS], None, name="second"),
    ]
    return {
        "__default__": Pipeline(nodes),
        "one": Pipeline([FusedPipeline(nodes, name="both")]),
        "alone": Pipeline(nodes[:1]),
    }
"""


#: Resolvers, and the severity of each if several tasks read its value.
RESOLVERS = [
    ("lambda: random.SystemRandom().randint(0, 10**9)", "error"),
    ("lambda: time.time_ns()", "error"),
    ("lambda: str(uuid.uuid4())", "error"),
    # The value changes after a day or a second.
    ('lambda: datetime.now().strftime("%Y-%m-%d")', "warning"),
    ("today", "warning"),
    ("functools.partial(today, 1)", "warning"),
    # The value is the same as long as a process lives.
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
]
OF_THE_HOST = [
    "socket.gethostname",
    "socket.getfqdn",
    "platform.node",
    "lambda: os.uname().nodename",
    'lambda: os.environ.get("HOSTNAME", "here")',
]


def with_resolvers(resolvers: list[str]) -> tuple[str, dict[str, str | bytes]]:
    """A project whose two tasks read a parameter by each resolver: `seed0`, `seed1`, …"""
    seeds = range(len(resolvers))
    own = "".join(f'        "own{seed}": {resolvers[seed]},\n' for seed in seeds)
    parameters = "".join(f'seed{seed}: "${{own{seed}:}}"\n' for seed in seeds)
    settings = f"""
import functools, importlib, os, platform, random, socket, time, uuid
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
    "custom_resolvers": {{
{own}    }},
}}
"""
    registry = SEEDED.replace("SEEDS", str([f"params:seed{seed}" for seed in seeds]))
    return registry, {
        "src/shop/settings.py": settings,
        "conf/base/parameters.yml": f"{parameters}other: 1\nstart: 2026-01-01\n",
    }


def test_a_value_that_varies_is_found_where_several_tasks_read_it(
    make_project: MakeProject,
) -> None:
    shop = make_project(*with_resolvers([resolver for resolver, _ in RESOLVERS]))
    for target in ("cluster", "local"):
        told = shop.run("lint", "--target", target).text
        for seed, (resolver, severity) in enumerate(RESOLVERS):
            finding = f"[value-that-varies]: parameter `seed{seed}` "
            assert told.count(finding) == (severity is not None), (resolver, told)
            assert severity is None or severity + finding in told, (resolver, told)
    for pipeline in ("one", "alone"):
        assert "value-that-varies" not in shop.run("lint", "--pipelines", pipeline).text


@pytest.mark.parametrize(
    ("resolver", "is_refused"),
    [("lambda: str(uuid.uuid4())", True), ("today", False), ("lambda: 7", False)],
)
def test_a_run_whose_tasks_would_read_other_values_is_refused(
    make_project: MakeProject, resolver: str, is_refused: bool
) -> None:
    shop = make_project(*with_resolvers([resolver]))
    ran = shop.run("run")
    assert ran.code == (2 if is_refused else 0), ran
    # The search for varying values leaves no changes behind.
    assert shop.traces() == ([] if is_refused else ["True"])
    shop.ok("run", "--pipelines", "one")
    assert shop.traces()[-1] == "True"


def test_a_value_of_the_host_is_found_for_a_cluster(make_project: MakeProject) -> None:
    shop = make_project(*with_resolvers(OF_THE_HOST))
    told = shop.run("lint").text
    for seed, resolver in enumerate(OF_THE_HOST):
        finding = f"parameter `seed{seed}` depends on the name of the host"
        assert f"error[value-that-varies]: {finding}" in told, (resolver, told)
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


OC_ENV = """
from omegaconf.resolvers import oc
CONFIG_LOADER_ARGS = {
    "base_env": "base", "default_run_env": "local", "custom_resolvers": {"oc.env": oc.env}}
"""


def test_a_variable_of_the_host_is_found_for_a_cluster(make_project: MakeProject) -> None:
    registry = SEEDED.replace("SEEDS", '["params:host", "params:other"]')
    parameters = "host: '${oc.env:HOSTNAME,here}'\nother: '${oc.env:NO_SUCH_VARIABLE,same}'\n"
    files = {"src/shop/settings.py": OC_ENV, "conf/base/parameters.yml": parameters}
    told = make_project(registry, files).run("lint").text
    assert "error[value-that-varies]: parameter `host` depends on the name of the host" in told
    assert "`other`" not in told


def test_variables_are_compared_without_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """`init --cloud` adds `oc.env`: every command would read the project three times for it."""
    monkeypatch.setattr(varying, "_custom_resolvers", lambda: {"oc.env": oc.env})
    monkeypatch.setattr(varying, "_others", set)
    monkeypatch.setenv("HOSTNAME", "here")

    def read_here() -> dict[str, str]:
        return {"host": os.environ["HOSTNAME"], "other": "same"}

    def read_fresh(_: set[str]) -> dict[str, str]:
        raise AssertionError("another process read the project")

    found = varying.varying(read_here(), read_here, read_fresh, Printed())
    assert found == {"host": "host"}
    assert os.environ["HOSTNAME"] == "here"
