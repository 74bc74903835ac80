"""The controller: runs a case on the cluster, and watches it until it is over or hangs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

# Append it: some modules there have the names of modules here.
sys.path.append(str(Path(__file__).resolve().parent.parent.parent / "tests" / "cluster"))

from api import OVER, ApiServer, Refused
from cases import Case
from reading import Reading, short

#: Seconds without a change after which a workflow counts as hanging.
HANG = 60
#: Seconds between two looks at a workflow.
LOOK = 0.7

Object = dict[str, Any]


@dataclass
class Controller:
    """The controller, through the API server."""

    api: ApiServer
    argo: str
    kubeconfig: str
    hang: float = HANG

    @classmethod
    def of(cls, kubeconfig: Path, argo: str) -> Controller:
        """Finds the controller of a kubeconfig's cluster.

        Args:
            kubeconfig: The file; its context names the namespace.
            argo: Argo's own program, for actions.
        """
        return cls(ApiServer.of(kubeconfig, None), argo, str(kubeconfig))

    def place(self, document: Object, name: str = "") -> str:
        """Gives the path of an object, or of all objects of its kind."""
        version = document["apiVersion"]
        group = "/api/v1" if version == "v1" else f"/apis/{version}"
        return str(self.api.place(group, f"{document['kind'].lower()}s", name))

    def make(self, document: Object) -> None:
        """Creates an object, strictly as `kubectl create` does."""
        self.api.ask("POST", f"{self.place(document)}?fieldValidation=Strict", document)

    def remove(self, document: Object) -> None:
        """Deletes an object."""
        self.api.delete(self.place(document, document["metadata"]["name"]))

    def pods(self, name: str) -> list[Object]:
        """Gives the pods of a workflow."""
        pods: list[Object] = self.api.pods(name)
        return pods

    def clear(self, case: Case) -> None:
        """Deletes the objects of a case, and waits until they are gone."""
        for document in (case.workflow, *case.others):
            self.remove(document)
        # Caches are ConfigMaps that the workflow itself makes, with its name as prefix.
        for entry in self.api.ask("GET", self.api.core("configmaps"))["items"]:
            if entry["metadata"]["name"].startswith(f"{case.name}-"):
                self.api.delete(self.api.core("configmaps", entry["metadata"]["name"]))
        deadline = time.monotonic() + 90
        while True:
            pods = self.pods(case.name)
            if not pods and not self.there(case.workflow):
                return
            for pod in pods:
                self.end(pod["metadata"]["name"])
            if time.monotonic() > deadline:
                raise TimeoutError(f"{case.name} is not gone after its deletion")
            time.sleep(LOOK)

    def end(self, pod: str) -> None:
        """Deletes a pod at once."""
        path = self.api.core("pods", pod)
        free = {"metadata": {"finalizers": None}}
        try:
            self.api.ask("PATCH", path, free, "merge-patch+json")
            self.api.ask("DELETE", path, {"gracePeriodSeconds": 0})
        except Refused as refusal:
            if refusal.code not in (404, 409):
                raise

    def there(self, document: Object) -> bool:
        """Says whether an object exists."""
        try:
            self.api.ask("GET", self.place(document, document["metadata"]["name"]))
        except Refused as refusal:
            if refusal.code == 404:  # noqa: PLR2004
                return False
            raise
        return True

    def run(self, case: Case) -> Object:
        """Runs a case.

        Returns:
            Its record.
        """
        try:
            return self.tried(case)
        except Refused as refusal:
            raise RuntimeError(f"the API server refused a request: {refusal}") from refusal

    def tried(self, case: Case) -> Object:
        """Runs a case; errors of the API server pass through."""
        self.clear(case)
        began = datetime.now(timezone.utc)
        try:
            try:
                for document in (*case.others, case.workflow):
                    self.make(document)
            except Refused as refusal:
                return {"refused": refusal.message}
            workflow, pods, hangs = self.follow(case)
            return Reading(workflow, pods, began).record(hangs)
        finally:
            self.clear(case)

    def follow(self, case: Case) -> tuple[Object, dict[str, Object], bool]:
        """Watches a workflow until it is over or hangs, and applies the case's actions.

        Returns:
            The workflow, the first state of its pods, and whether it hangs.
        """
        actions = list(case.actions)
        pods: dict[str, Object] = {}
        before, since = "", time.monotonic()
        over = 0
        while True:
            workflow = self.api.workflow(case.name)
            states = []
            for pod in self.pods(case.name):
                pods.setdefault(pod["metadata"]["uid"], pod)
                states.append([pod["metadata"]["name"], pod["status"].get("phase")])
            if actions and due(workflow, actions[0]["when"], case.name):
                self.act(case.name, actions.pop(0))
                before, over = "", 0
                continue
            status = workflow.get("status", {})
            if status.get("phase") in OVER and not actions:
                # Look once more: the controller may not have finished.
                over += 1
                if over > 1:
                    return workflow, pods, False
            now = json.dumps([status, sorted(states)], sort_keys=True)
            if now != before:
                before, since = now, time.monotonic()
            if time.monotonic() - since > self.hang:
                if actions:
                    raise TimeoutError(f"{case.file}: this never came: {actions[0]['when']}")
                return workflow, pods, True
            time.sleep(LOOK)

    def act(self, name: str, action: Object) -> None:
        """Applies an action to a workflow."""
        words = [action["do"], name]
        if action["do"] == "set":
            words = ["node", "set", name]
        if node := action.get("node"):
            words += ["--node-field-selector", f"displayName={node}"]
        option = "--output-parameter" if action["do"] == "set" else "--parameter"
        for key, value in (action.get("parameters") or {}).items():
            words += [option, f"{key}={value}"]
        if message := action.get("message"):
            words += ["--message", message]
        if phase := action.get("phase"):
            words += ["--phase", phase]
        words += action.get("words", [])
        done = subprocess.run(
            [self.argo, *words, "--namespace", self.api.namespace],
            env=os.environ | {"KUBECONFIG": self.kubeconfig},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"argo {' '.join(words)}: {done.stderr}{done.stdout}")


def due(workflow: Object, when: Object, name: str) -> bool:
    """Says whether the moment of an action has come."""
    status = workflow.get("status", {})
    if "node" not in when:
        return bool(status.get("phase") == when.get("phase", status.get("phase")))
    for node in (status.get("nodes") or {}).values():
        if short(node["name"], name) == when["node"]:
            return bool(node.get("phase") == when.get("phase", node.get("phase")))
    return False
