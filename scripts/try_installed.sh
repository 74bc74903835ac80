#!/bin/sh
# Tries the installed argo-kedro in a new Kedro project: every system has to pass this for a
# release.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export KEDRO_DISABLE_TELEMETRY=1

argo-kedro --version
kedro new --name Fresh --tools none --example n
cd fresh
cat >src/fresh/pipeline_registry.py <<'PYTHON'
from argo_kedro.pipeline import Node
from kedro.pipeline import Pipeline


def make():
    return 20


def double(number):
    print("doubled:", number * 2)


def register_pipelines():
    return {"__default__": Pipeline([
        Node(make, None, "number", name="make"),
        Node(double, "number", None, name="double"),
    ])}
PYTHON
argo-kedro init --yes
kedro argo plan
argo-kedro compile --output workflow.yaml
argo-kedro lint workflow.yaml
kedro argo run --logs >run.log
cat run.log
grep -q "doubled: 40" run.log
argo-kedro status
