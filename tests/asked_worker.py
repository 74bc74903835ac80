"""A project with everything that a snapshot describes, and a worker that takes snapshots."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from projects import Project

REGISTRY = """
def copy(value):
    return value
def both(one, two):
    return one
def register_pipelines():
    base = Pipeline([
        Node(copy, "raw", "clean@x", name="clean", tags=["t2", "t1"], machine_type="large"),
        Node(both, ["clean@y", "params:model.depth"], "model", name="train"),
    ])
    reports = Pipeline([
        node(both, ["model", "parameters"], "page_one", name="report", confirms="model"),
    ], namespace="out", inputs={"model"}, parameters={"parameters"})
    fused = FusedPipeline([
        Node(copy, "raw", "x", name="x"), Node(copy, "x", "y", name="y", machine_type="m"),
    ], name="group", machine_type="g", template="custom")
    return {
        "__default__": base + reports,
        "base": base,
        "fused": Pipeline(fused, namespace="ns", inputs={"raw"}),
        "other": Pipeline([node(copy, "model", "copied", name="copies")]),
        "empty": Pipeline([]),
    }
"""
FILES: dict[str, str | bytes] = {
    "conf/base/catalog.yml": """\
        raw: {type: shop.datasets.JsonFile, filepath: data/raw.json, credentials: db}
        clean@x: {type: shop.datasets.JsonFile, filepath: data/clean.json}
        clean@y: {type: shop.datasets.JsonFile, filepath: data/clean.json}
        model: {type: shop.datasets.JsonFile, filepath: "s3://bucket/model.json"}
        "out.page_{number}": {type: shop.datasets.JsonFile, filepath: "data/{number}.json"}
        copied: {type: MemoryDataset}
        """,
    "conf/base/parameters.yml": "model: {depth: 3}\n",
    "conf/base/argo.yml": """\
        namespace: base
        machine_types: {m: {mem: 1, cpu: 1}, large: {mem: 2, cpu: 1}}
        """,
    "conf/cloud/argo.yml": "namespace: cloud\n",
    "conf/cloud/parameters.yml": "model: {depth: 9}\n",
    "conf/local/credentials.yml": "db: {password: planted-password}\n",
}


def ask(project: Project, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    """Asks a worker like the program does."""
    code = (
        "import json, sys\n"
        "from argo_kedro.worker.server import _snapshot\n"
        "for line in sys.stdin: print('answer', json.dumps(_snapshot(json.loads(line))))"
    )
    words = [sys.executable, "-c", code]
    lines = "\n".join(json.dumps({"project": str(project.root), **it}) for it in requests)
    ended = subprocess.run(
        words,
        input=lines,
        cwd=project.root,
        env=project.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    answers = [line for line in ended.stdout.splitlines() if line.startswith("answer ")]
    return [json.loads(line.removeprefix("answer ")) for line in answers]
