"""A store on loopback for the artifacts of the cases."""

from __future__ import annotations

import base64
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from controller import Controller

STORE = "conformance-store"
REPOSITORIES = "artifact-repositories"

Object = dict[str, Any]


@contextmanager
def artifact_store(controller: Controller) -> Iterator[None]:
    """Runs an S3 store on loopback and makes it the namespace's artifact repository.

    It needs the package `moto[server]`. Without it, cases with artifacts fail. An existing artifact
    repository of the namespace is used instead.
    """
    there = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": REPOSITORIES}}
    if controller.there(there):
        yield
        return
    try:
        import boto3
        from moto.server import ThreadedMotoServer
    except ImportError:
        print("no artifact repository: install moto[server] and boto3", file=sys.stderr)
        yield
        return
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    access = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client = boto3.client(
        "s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", **access
    )
    client.create_bucket(Bucket=STORE)
    repository = {
        "s3": {
            "bucket": STORE,
            "endpoint": f"{host}:{port}",
            "insecure": True,
            "accessKeySecret": {"name": STORE, "key": "key"},
            "secretKeySecret": {"name": STORE, "key": "secret"},
        }
    }
    word = base64.b64encode(b"test").decode()
    made: list[Object] = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": STORE},
            "data": {"key": word, "secret": word},
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": REPOSITORIES,
                "annotations": {"workflows.argoproj.io/default-artifact-repository": "default"},
            },
            "data": {"default": json.dumps(repository)},
        },
    ]
    try:
        for document in made:
            controller.remove(document)
            controller.make(document)
        yield
    finally:
        for document in made:
            controller.remove(document)
        server.stop()
