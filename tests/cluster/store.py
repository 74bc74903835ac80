"""An S3-compatible store that pods and tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3
import pytest
from api import eventually
from botocore.config import Config
from botocore.exceptions import ClientError

#: The images name it in `conf/cluster`.
BUCKET = "argo-kedro-test"


@dataclass
class Store:
    """A store with the means to connect."""

    url: str
    key: str
    #: Pods get it from a Secret of the cluster; it must appear nowhere else.
    secret: str
    client: Any

    def get(self, key: str) -> bytes:
        return bytes(self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def put(self, key: str, body: bytes = b"") -> None:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=body)

    def keys(self, prefix: str) -> list[str]:
        found = self.client.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [entry["Key"] for entry in found.get("Contents", [])]

    def remove(self, prefix: str) -> None:
        for key in self.keys(prefix):
            self.client.delete_object(Bucket=BUCKET, Key=key)

    def marks(self, run: str, name: str) -> int:
        """Counts the runs of a node in a run."""
        return len(self.keys(f"marks/{run}/{name}/"))

    def bring(self, run: str, name: str) -> None:
        """Stores the object that a node of a run needs."""
        self.put(f"things/{run}/{name}", b"x")

    def reached(self, run: str, gate: str) -> None:
        """Waits until a node of a run waits at a gate."""
        key = f"gates/{run}/{gate}/reached"
        eventually(lambda: self.keys(key), f"the run {run} stands before `{gate}`", 120)

    def let_through(self, run: str, gate: str) -> None:
        """Opens a gate for a node of a run."""
        self.put(f"gates/{run}/{gate}/open")


@contextmanager
def run_store() -> Iterator[Store]:
    """The store that a variable names, or a temporary one on loopback."""
    url = os.environ.get("ARGO_KEDRO_TEST_STORE")
    key = os.environ.get("ARGO_KEDRO_TEST_STORE_KEY", "test")
    secret = os.environ.get("ARGO_KEDRO_TEST_STORE_SECRET", uuid4().hex)
    if url:
        yield connect(url, key, secret)
        return
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield connect(f"http://{host}:{port}", key, secret)
    finally:
        server.stop()


def connect(url: str, key: str, secret: str) -> Store:
    client = boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )
    try:
        client.create_bucket(Bucket=BUCKET)
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
    return Store(url, key, secret, client)
