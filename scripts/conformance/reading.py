"""The record of a workflow: what the controller did, without random parts."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import yaml

#: A longer text is recorded by its length and digest.
LONG = 4000
NODE_NAME = "workflows.argoproj.io/node-name"
#: Variables that the controller and its settings put into each container.
ARGOS_VARIABLES = ("ARGO_", "KUBERNETES_SERVICE_", "TRACEPARENT", "TRACESTATE", "GODEBUG")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
#: The controller counts this number up while it lives.
PLACEHOLDER = re.compile(r"(__argo__internal__placeholder-)\d+")
#: Messages of nodes that were ended from outside: their exit code is random.
ENDED = re.compile(
    r"^workflow shutdown with strategy|^Pod was active on the node longer|^timeout$"
    r"|exceeded its deadline$"
)
#: The messages of a deadline: the kubelet's and the controller's.
KUBELETS = "Pod was active on the node longer than the specified deadline"
CONTROLLERS = "Step exceeded its deadline"
#: User who resumed a node, from the kubeconfig.
WHO = re.compile(r"(Resumed by: )map\[[^\]]*\]")

Object = dict[str, Any]


class Dumper(yaml.SafeDumper):
    """Writes records: short lists on one line, text of several lines as a block."""

    def ignore_aliases(self, data: Any) -> bool:
        """Writes everything in full."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    block = "\n" in text and not re.search(r"[ \t]\n|\t|[^\x20-\x7e\n]", text)
    style = "|" if block else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Dumper.add_representer(str, _text)


class Top(dict[str, Any]):
    """The outermost map of a record: always one key per line."""


Dumper.add_representer(
    Top, lambda dumper, top: dumper.represent_mapping("tag:yaml.org,2002:map", top, False)
)


def written(record: Object) -> str:
    """Gives the text of a record."""
    text: str = yaml.dump(
        Top(record),
        Dumper=Dumper,
        sort_keys=False,
        default_flow_style=None,
        width=120,
        allow_unicode=True,
    )
    return text


def plain(entries: list[Object] | None, value: str = "value") -> Object:
    """Makes a map of a list of parameters."""
    return {entry["name"]: entry.get(value) for entry in entries or []}


def short(name: str, workflow: str) -> str:
    """Gives the short name of a node: without the workflow's name and the dot after it."""
    return name.removeprefix(workflow).removeprefix(".") or "."


@dataclass
class Reading:
    """Makes a record of a Workflow and its pods.

    The name of the workflow is `WF` in every text, a node's id is the node's short name, the uid is
    `UID`, and a time within the run is `TIME`. A very long text is its length and digest.

    Children in a DAG are sorted by name: the controller keeps the names in `depends` in a map, so
    their order is random. The record leaves out what differs between runs or says nothing: start
    and end times, durations, resources, hosts and addresses, progress of a node, estimates, and the
    exit code of a node that was ended. `displayName` is there only if the node's name does not end
    with it.
    """

    workflow: Object
    pods: dict[str, Object]
    began: datetime

    def __post_init__(self) -> None:
        """Finds the texts to replace."""
        self.name: str = self.workflow["metadata"]["name"]
        self.uid: str = self.workflow["metadata"]["uid"]
        self.nodes: Object = self.workflow.get("status", {}).get("nodes") or {}
        self.short = {
            identifier: short(node["name"], self.name) for identifier, node in self.nodes.items()
        }
        number = re.escape(self.name) + r"-\d+(?![\w-])"
        self._identifier = re.compile(number)

    def clean(self, value: Any) -> Any:
        """Removes from a value what belongs to this run alone."""
        if isinstance(value, dict):
            return {self.clean(key): self.clean(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.clean(entry) for entry in value]
        if not isinstance(value, str):
            return value
        if len(value) > LONG:
            digest = hashlib.sha256(value.encode()).hexdigest()
            return f"{len(value)} characters, SHA-256 {digest}"
        value = self._identifier.sub(lambda found: self.short.get(found[0], found[0]), value)
        value = value.replace(self.uid, "UID")
        value = WHO.sub(r"\1USER", value)
        value = PLACEHOLDER.sub(r"\g<1>N", value)
        value = re.sub(rf"(?<![\w-]){re.escape(self.name)}(?![\w])", "WF", value)
        return TIME.sub(self._time, value)

    def _time(self, found: re.Match[str]) -> str:
        text = found[0].split(".")[0].removesuffix("Z").removesuffix("+00:00")
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
        near = self.began - timedelta(seconds=5) <= moment <= datetime.now(timezone.utc)
        return "TIME" if near else found[0]

    def record(self, hangs: bool) -> Object:
        """Makes the record.

        Args:
            hangs: Whether the workflow is unfinished but no longer changes.
        """
        status = self.workflow.get("status", {})
        found: Object = {"phase": status.get("phase", "")}
        if hangs:
            found["hangs"] = True
        if message := status.get("message"):
            found["message"] = message
        if progress := status.get("progress"):
            found["progress"] = progress
        if outputs := self.put(status.get("outputs") or {}, False):
            found["outputs"] = outputs
        found["nodes"] = [self.node(identifier) for identifier in self.order()]
        if pods := [self.pod(pod) for pod in self.started()]:
            found["pods"] = pods
        cleaned: Object = self.clean(found)
        return cleaned

    def order(self) -> list[str]:
        """Orders the nodes: depth first from the root, then nodes that are no node's child."""
        ordered: dict[str, None] = {}

        def visit(identifier: str) -> None:
            if identifier in self.nodes and identifier not in ordered:
                ordered[identifier] = None
                for child in self.children(identifier):
                    visit(child)

        visit(self.name)
        children = {child for node in self.nodes.values() for child in node.get("children") or []}
        by_name = sorted(self.nodes, key=lambda identifier: self.short[identifier])
        for identifier in by_name:
            if identifier not in children:
                visit(identifier)
        for identifier in by_name:
            visit(identifier)
        return list(ordered)

    def children(self, identifier: str) -> list[str]:
        """Gives the children of a node in the same order in each run."""
        node = self.nodes[identifier]
        children: list[str] = node.get("children") or []
        boundaries = {self.nodes.get(child, {}).get("boundaryID") for child in children}
        in_dag = any(self.nodes.get(place, {}).get("type") == "DAG" for place in boundaries)
        if in_dag and node["type"] not in ("TaskGroup", "Retry"):
            return sorted(children, key=lambda child: self.short.get(child, child))
        return children

    def node(self, identifier: str) -> Object:
        """Makes the record of a node."""
        node = self.nodes[identifier]
        name = self.short[identifier]
        found: Object = {"name": name, "type": node["type"], "phase": node.get("phase", "")}
        ended = self.ended(node)
        if message := self.message(node):
            found["message"] = message
        display = node.get("displayName", "")
        if not node["name"].endswith(display):
            found["displayName"] = display
        if template := template_of(node):
            found["template"] = template
        if scope := node.get("templateScope"):
            found["templateScope"] = scope
        if boundary := node.get("boundaryID"):
            found["boundary"] = self.short.get(boundary, boundary)
        for key in ("inputs", "outputs"):
            if put := self.put(node.get(key) or {}, ended):
                found[key] = put
        for key, others in (
            ("children", self.children(identifier)),
            ("outbound", node.get("outboundNodes")),
        ):
            if others:
                found[key] = [self.short.get(other, other) for other in others]
        if flags := [flag for flag, on in sorted((node.get("nodeFlag") or {}).items()) if on]:
            found["flags"] = flags
        for key, source in (
            ("daemoned", "daemoned"),
            ("memoization", "memoizationStatus"),
            ("synchronization", "synchronizationStatus"),
        ):
            if node.get(source):
                found[key] = node[source]
        return found

    def message(self, node: Object) -> str:
        """Gives the message of a node.

        The controller watches a deadline of the workflow, and the kubelet does for each pod. The
        first of them writes its message: the record has the controller's.
        """
        message = str(node.get("message", ""))
        if message == KUBELETS and "activeDeadlineSeconds" in self.workflow["spec"]:
            return CONTROLLERS
        return message

    def ended(self, node: Object) -> bool:
        """Says whether a node, or one of its attempts, was ended from outside."""
        attempts = (node.get("children") or []) if node["type"] == "Retry" else []
        nodes = [node, *(self.nodes[attempt] for attempt in attempts)]
        return any(ENDED.search(entry.get("message", "")) for entry in nodes)

    def put(self, put: Object, ended: bool) -> Object:
        """Makes the record of inputs or outputs.

        Args:
            put: The inputs or the outputs.
            ended: Whether their node was ended from outside.
        """
        found: Object = {}
        if "result" in put:
            found["result"] = put["result"]
        if "exitCode" in put and not ended:
            found["exitCode"] = put["exitCode"]
        if parameters := put.get("parameters"):
            found["parameters"] = plain(parameters)
        if artifacts := put.get("artifacts"):
            found["artifacts"] = [artifact["name"] for artifact in artifacts]
        return found

    def started(self) -> list[Object]:
        """Gives the pods in the order of their nodes."""
        order = {self.nodes[identifier]["name"]: at for at, identifier in enumerate(self.order())}

        def node_of(pod: Object) -> str:
            return str(pod["metadata"]["annotations"][NODE_NAME])

        known = [pod for pod in self.pods.values() if NODE_NAME in pod["metadata"]["annotations"]]
        return sorted(known, key=lambda pod: (order.get(node_of(pod), len(order)), node_of(pod)))

    def pod(self, pod: Object) -> Object:
        """Makes the record of a pod: its containers, without Argo's additions."""
        node = short(pod["metadata"]["annotations"][NODE_NAME], self.name)
        inits = [item for item in pod["spec"].get("initContainers", []) if item["name"] != "init"]
        mains = [item for item in pod["spec"]["containers"] if item["name"] != "wait"]
        found: Object = {"node": node, "containers": [container(item) for item in mains]}
        if inits:
            found["initContainers"] = [container(item) for item in inits]
        if (source := script(pod)) is not None:
            found["source"] = source
        return found


def template_of(node: Object) -> str:
    """Names the template of a node: `TEMPLATE`, or `WORKFLOWTEMPLATE/TEMPLATE`."""
    if reference := node.get("templateRef"):
        return f"{reference.get('name')}/{reference.get('template')}"
    return str(node.get("templateName") or "")


def container(item: Object) -> Object:
    """Makes the record of a container."""
    command = item.get("command") or []
    if "emissary" in command and "--" in command:
        command = command[command.index("--") + 1 :]
    found: Object = {"name": item["name"], "command": command}
    if args := item.get("args"):
        found["args"] = args
    env = {
        entry["name"]: entry.get("value", entry.get("valueFrom", ""))
        for entry in item.get("env") or []
        if not entry["name"].startswith(ARGOS_VARIABLES)
    }
    if env:
        found["env"] = env
    return found


def script(pod: Object) -> str | None:
    """Gives the source of a pod's script, after substitution; None without a script."""
    every = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
    for item in every:
        for entry in item.get("env") or []:
            if entry["name"] == "ARGO_TEMPLATE" and entry.get("value", "").startswith("{"):
                source = json.loads(entry["value"]).get("script", {}).get("source")
                return None if source is None else str(source)
    return None
