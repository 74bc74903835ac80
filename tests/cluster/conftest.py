"""A client for the API server that `KUBECONFIG` names: the standard library is enough."""

from __future__ import annotations

import base64
import json
import os
import ssl
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PLURALS = {
    "Workflow": "workflows",
    "WorkflowTemplate": "workflowtemplates",
    "CronWorkflow": "cronworkflows",
}


@dataclass
class ApiServer:
    """An API server and how to be let in."""

    url: str
    namespace: str
    context: ssl.SSLContext
    token: str | None

    def dry_run(self, document: dict[str, Any]) -> str | None:
        """Asks for an object to be made, strictly and without making it.

        Args:
            document: A manifest.

        Returns:
            What the API server refuses it for; None if it takes it.
        """
        document["metadata"]["namespace"] = self.namespace
        plural = PLURALS[document["kind"]]
        path = f"/apis/argoproj.io/v1alpha1/namespaces/{self.namespace}/{plural}"
        request = urllib.request.Request(
            f"{self.url}{path}?dryRun=All&fieldValidation=Strict",
            data=json.dumps(document).encode(),
            headers={"Content-Type": "application/json"},
        )
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, context=self.context):
                return None
        except urllib.error.HTTPError as error:
            return str(json.load(error).get("message"))


@pytest.fixture(scope="session")
def api_server() -> ApiServer:
    yaml = pytest.importorskip("yaml")
    file = os.environ.get("KUBECONFIG")
    if not file:
        pytest.skip("KUBECONFIG names no cluster")
    config = yaml.safe_load(Path(file).read_text(encoding="utf-8"))

    def named(kind: str, name: str) -> dict[str, Any]:
        entry = next(entry for entry in config[f"{kind}s"] if entry["name"] == name)
        return dict(entry[kind])

    context = named("context", config["current-context"])
    cluster, user = named("cluster", context["cluster"]), named("user", context["user"])
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    tls = ssl.create_default_context(cadata=authority)
    if "client-certificate-data" in user:
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for key in ("client-certificate-data", "client-key-data"):
                path = Path(folder) / key
                path.write_bytes(base64.b64decode(user[key]))
                paths.append(str(path))
            tls.load_cert_chain(*paths)
    namespace = context.get("namespace", "default")
    return ApiServer(cluster["server"], namespace, tls, user.get("token"))
