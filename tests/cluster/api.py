"""A client for the API server that `KUBECONFIG` names, from the standard library alone."""

from __future__ import annotations

import base64
import json
import ssl
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

ARGO = "/apis/argoproj.io/v1alpha1"
PLURALS = {
    "Workflow": "workflows",
    "WorkflowTemplate": "workflowtemplates",
    "CronWorkflow": "cronworkflows",
}
#: Label of the tests' objects; the tests must not touch others.
LABEL = "argo-kedro-test"
OVER = ("Succeeded", "Failed", "Error")


class Refused(Exception):
    """The API server refused a request."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass
class ApiServer:
    """An API server with the means to connect."""

    url: str
    namespace: str
    context: ssl.SSLContext
    token: str | None
    kubeconfig: dict[str, Any]

    @classmethod
    def of(cls, file: Path, namespace: str | None) -> ApiServer:
        """Reads a kubeconfig: its current context."""
        config = yaml.safe_load(file.read_text(encoding="utf-8"))

        def named(kind: str, name: str) -> dict[str, Any]:
            entry = next(entry for entry in config[f"{kind}s"] if entry["name"] == name)
            return dict(entry[kind])

        context = named("context", config["current-context"])
        cluster, user = named("cluster", context["cluster"]), named("user", context["user"])
        tls = ssl.create_default_context(cadata=authority(cluster))
        # Python 3.13 refuses authorities without a key usage, which test clusters have.
        tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if "client-certificate-data" in user:
            with tempfile.TemporaryDirectory() as folder:
                paths = []
                for key in ("client-certificate-data", "client-key-data"):
                    path = Path(folder) / key
                    path.write_bytes(base64.b64decode(user[key]))
                    paths.append(str(path))
                tls.load_cert_chain(*paths)
        elif "client-certificate" in user:
            tls.load_cert_chain(user["client-certificate"], user["client-key"])
        namespace = namespace or context.get("namespace", "default")
        return cls(cluster["server"], namespace, tls, user.get("token"), config)

    def open(self, method: str, path: str, body: Any = None, kind: str = "json") -> Any:
        """Sends a request and gives the open answer."""
        request = urllib.request.Request(
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": f"application/{kind}"},
        )
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            return urllib.request.urlopen(request, context=self.context, timeout=60)
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            try:
                message = str(json.loads(text).get("message"))
            except ValueError:
                message = text
            raise Refused(error.code, message) from None

    def ask(self, method: str, path: str, body: Any = None, kind: str = "json") -> dict[str, Any]:
        """Sends a request and reads the answer."""
        with self.open(method, path, body, kind) as answer:
            read: dict[str, Any] = json.load(answer)
            return read

    def place(self, group: str, plural: str, name: str = "", namespace: str = "") -> str:
        """The path of an object, or of all of them, in a namespace."""
        path = f"{group}/namespaces/{namespace or self.namespace}/{plural}"
        return f"{path}/{name}" if name else path

    def core(self, plural: str, name: str = "", namespace: str = "") -> str:
        return self.place("/api/v1", plural, name, namespace)

    def dry_run(self, document: dict[str, Any]) -> str | None:
        """Asks strictly, in a dry run, for an object.

        Returns:
            Why the API server refuses it; None if it does not.
        """
        # An object of this name may exist.
        document["metadata"] |= {"namespace": self.namespace, "name": f"{LABEL}-{uuid4().hex[:6]}"}
        path = self.place(ARGO, PLURALS[document["kind"]])
        try:
            self.ask("POST", f"{path}?dryRun=All&fieldValidation=Strict", document)
        except Refused as refusal:
            return refusal.message
        return None

    def workflow(self, name: str) -> dict[str, Any]:
        return self.ask("GET", self.place(ARGO, "workflows", name))

    def create_workflow(self, document: dict[str, Any]) -> dict[str, Any]:
        return self.ask("POST", self.place(ARGO, "workflows"), document)

    def delete(self, path: str) -> None:
        """Deletes an object and its dependents, in the background."""
        try:
            self.ask("DELETE", path, {"propagationPolicy": "Background"})
        except Refused as refusal:
            if refusal.code != 404:
                raise

    def delete_workflow(self, name: str) -> None:
        self.delete(self.place(ARGO, "workflows", name))

    def pods(self, workflow: str) -> list[dict[str, Any]]:
        label = urllib.parse.quote(f"workflows.argoproj.io/workflow={workflow}")
        return list(self.ask("GET", f"{self.core('pods')}?labelSelector={label}")["items"])

    def until(
        self,
        name: str,
        condition: Callable[[dict[str, Any]], Any],
        seconds: float = 180,
        what: str = "",
    ) -> dict[str, Any]:
        """Watches a Workflow until a condition holds.

        Args:
            name: Name of the Workflow.
            condition: Says whether the Workflow has the wanted state.
            seconds: Time limit.
            what: The wanted state, for the message after the time limit.
        """
        deadline = time.monotonic() + seconds
        workflow: dict[str, Any] = {}
        while (left := deadline - time.monotonic()) > 0:
            field = urllib.parse.quote(f"metadata.name={name}")
            query = f"watch=1&fieldSelector={field}&timeoutSeconds={int(left) + 1}"
            try:
                with self.open("GET", f"{self.place(ARGO, 'workflows')}?{query}") as lines:
                    for line in lines:
                        event = json.loads(line)
                        if event["type"] not in ("ADDED", "MODIFIED"):
                            break
                        workflow = event["object"]
                        if condition(workflow):
                            return workflow
            except (TimeoutError, ConnectionError):
                pass
        raise AssertionError(
            f"{name} did not become {what or 'as expected'}: {workflow.get('status')}"
        )

    def until_over(self, name: str, seconds: float = 180) -> dict[str, Any]:
        return self.until(name, lambda workflow: phase(workflow) in OVER, seconds, "over")


def authority(cluster: dict[str, Any]) -> str:
    """The certificate authority of a kubeconfig's cluster."""
    if "certificate-authority-data" in cluster:
        return base64.b64decode(cluster["certificate-authority-data"]).decode()
    return Path(cluster["certificate-authority"]).read_text(encoding="utf-8")


def phase(workflow: dict[str, Any]) -> str:
    return str(workflow.get("status", {}).get("phase", ""))


def node(workflow: dict[str, Any], task: str) -> dict[str, Any]:
    """The node of a task in a Workflow's status; empty without one."""
    nodes = workflow.get("status", {}).get("nodes") or {}
    found = (entry for entry in nodes.values() if entry.get("displayName") == task)
    return dict(next(found, {}))


def eventually(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Asks until the answer is true.

    Returns:
        The answer.
    """
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(0.1)
    return answer
