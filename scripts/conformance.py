"""Records what the real controller does with the workflows of `tests/conformance`.

`KUBECONFIG` names a cluster with a workflow controller of the version that we follow, and its
context names a namespace that this controller watches. Each case is a file `AREA/NAME.yaml`: a
Workflow, and what else it needs. The record is beside it: `NAME.expect.yaml`. A case with a file
`NAME.actions.yaml` is acted on while it runs.

Each case runs twice, and a record is written only if both runs agree. What a record says of a
node, and what it leaves out, is told by `Reading`.
"""

from __future__ import annotations

import argparse
import base64
import difflib
import hashlib
import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "cluster"))

from api import OVER, ApiServer, Refused

CASES = Path(__file__).resolve().parent.parent / "tests" / "conformance"
#: Seconds without a change after which a workflow counts as one that hangs.
HANG = 60
#: A longer text is recorded by its length and digest.
LONG = 4000
#: Seconds between two looks at a workflow.
LOOK = 0.7
NODE_NAME = "workflows.argoproj.io/node-name"
#: What the controller and its settings put into each container.
ARGOS_VARIABLES = ("ARGO_", "KUBERNETES_SERVICE_", "TRACEPARENT", "TRACESTATE", "GODEBUG")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
#: The number counts on while the controller lives.
PLACEHOLDER = re.compile(r"(__argo__internal__placeholder-)\d+")
#: Messages of nodes that were ended. Whether they still get an exit code is chance.
ENDED = (
    "workflow shutdown with strategy",
    "Step exceeded its deadline",
    "Pod was active on the node longer",
    "timeout",
)
#: Who resumed a node, as the kubeconfig names them.
WHO = re.compile(r"(Resumed by: )map\[[^\]]*\]")
STORE = "conformance-store"
REPOSITORIES = "artifact-repositories"

Object = dict[str, Any]


class Loader(yaml.SafeLoader):
    """Reads YAML as Kubernetes does where it matters here: a time stays a text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


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
    """The outermost map of a record: a key a line, always."""


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


@dataclass
class Case:
    """A workflow to record.

    Attributes:
        file: Its file.
        name: Name of the Workflow.
        workflow: The Workflow.
        others: What it needs beside it.
        actions: What is done to it while it runs, in their order.
    """

    file: Path
    name: str
    workflow: Object
    others: list[Object]
    actions: list[Object]

    @classmethod
    def read(cls, file: Path) -> Case:
        """Reads a case from its file.

        Raises:
            ValueError: The file has not exactly one Workflow.
        """
        documents = [entry for entry in yaml.load_all(file.read_text("utf-8"), Loader) if entry]
        workflows = [entry for entry in documents if entry["kind"] == "Workflow"]
        if len(workflows) != 1:
            raise ValueError(f"{file}: write exactly one Workflow")
        metadata = workflows[0]["metadata"]
        digest = hashlib.sha256(file.stem.encode()).hexdigest()
        prefix = metadata.pop("generateName", "case-")
        metadata.setdefault("name", f"{prefix}{digest[:5]}")
        acting = file.with_suffix("").with_suffix(".actions.yaml")
        actions = yaml.load(acting.read_text("utf-8"), Loader) if acting.exists() else []
        others = [entry for entry in documents if entry["kind"] != "Workflow"]
        return cls(file, workflows[0]["metadata"]["name"], workflows[0], others, actions)

    @property
    def record(self) -> Path:
        """Path of the record."""
        return self.file.with_suffix("").with_suffix(".expect.yaml")


def find(folder: Path, words: list[str]) -> list[Case]:
    """Finds cases.

    Args:
        folder: Where they are.
        words: An area, `AREA/NAME`, a part of these, or a path. None: all cases.

    Returns:
        The cases, by path.
    """
    files = sorted(
        file
        for file in folder.rglob("*.yaml")
        if not file.name.endswith((".expect.yaml", ".actions.yaml"))
    )

    def wanted(file: Path) -> bool:
        path = file.relative_to(folder).with_suffix("").as_posix()
        return not words or any(word in path or Path(word).resolve() == file for word in words)

    cases = [Case.read(file) for file in files if wanted(file)]
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two cases have the name {name}")
    return cases


def plain(entries: list[Object] | None, value: str = "value") -> Object:
    """Makes a map of a list of parameters."""
    return {entry["name"]: entry.get(value) for entry in entries or []}


def short(name: str, workflow: str) -> str:
    """Gives the short name of a node: without the workflow's name and the dot behind it."""
    return name.removeprefix(workflow).removeprefix(".") or "."


@dataclass
class Reading:
    """Makes a record of a Workflow and its pods.

    The name of the workflow is `WF` in every text, a node's id is the node's short name, the uid
    is `UID`, and a time within the run is `TIME`. A very long text is its length and digest.

    Children in a DAG are sorted by name, for the controller orders them by chance: it keeps the
    names in `depends` in a map. Left out, because they differ from run to run or say nothing:
    start and end times, durations, resources, hosts and addresses, progress of a node, estimates,
    and the exit code of a node that was ended. `displayName` is there only if the node's name
    does not end with it.
    """

    workflow: Object
    pods: dict[str, Object]
    began: datetime

    def __post_init__(self) -> None:
        """Reads what every text is cleaned of."""
        self.name: str = self.workflow["metadata"]["name"]
        self.uid: str = self.workflow["metadata"]["uid"]
        self.nodes: Object = self.workflow.get("status", {}).get("nodes") or {}
        self.short = {
            identifier: short(node["name"], self.name) for identifier, node in self.nodes.items()
        }
        number = re.escape(self.name) + r"-\d+(?![\w-])"
        self._identifier = re.compile(number)

    def clean(self, value: Any) -> Any:
        """Takes out of a value what belongs to this run alone."""
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
            hangs: Whether the workflow is still on, and nothing changes any more.
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
        """Orders the nodes: depth first from the root, then what no node has as a child."""
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
        """Gives the children of a node in an order that is the same in each run."""
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
        ended = node.get("message", "").startswith(ENDED)
        if message := node.get("message"):
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

    def put(self, put: Object, ended: bool) -> Object:
        """Makes the record of inputs or outputs.

        Args:
            put: The inputs or the outputs.
            ended: Whether they are those of a node that did not end by itself.
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
        """Makes the record of a pod: what its containers got, without what Argo puts there."""
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
    """Gives the source of a pod's script, after substitution; None if it is no script."""
    every = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
    for item in every:
        for entry in item.get("env") or []:
            if entry["name"] == "ARGO_TEMPLATE" and entry.get("value", "").startswith("{"):
                source = json.loads(entry["value"]).get("script", {}).get("source")
                return None if source is None else str(source)
    return None


@dataclass
class Controller:
    """The controller, as seen through the API server."""

    api: ApiServer
    argo: str
    kubeconfig: str
    hang: float = HANG
    template: Object = field(default_factory=dict)

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
        return self.api.pods(name)

    def clear(self, case: Case) -> None:
        """Deletes what a case made, and waits until it is gone."""
        for document in (case.workflow, *case.others):
            self.remove(document)
        # What the workflow itself made in ConfigMaps has its name in front: caches.
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
        """Says whether an object is there."""
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
        """Looks at a workflow until it is over or hangs, and does what the case says.

        Returns:
            The workflow, its pods as they were first seen, and whether it hangs.
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
                # The last look comes when the controller is done with it.
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
        """Does to a workflow what an action says."""
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
    """Says whether the moment of an action is there."""
    status = workflow.get("status", {})
    if "node" not in when:
        return status.get("phase") == when.get("phase", status.get("phase"))
    for node in (status.get("nodes") or {}).values():
        if short(node["name"], name) == when["node"]:
            return bool(node.get("phase") == when.get("phase", node.get("phase")))
    return False


@contextmanager
def artifact_store(controller: Controller) -> Iterator[None]:
    """Runs an S3 store on loopback and makes it the namespace's artifact repository.

    It needs the package `moto[server]`. Without it, cases that keep artifacts fail. If the
    namespace has an artifact repository already, that one is used.
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


def differences(before: str, after: str, names: tuple[str, str]) -> str:
    """Shows how two records differ."""
    return "".join(
        difflib.unified_diff(before.splitlines(True), after.splitlines(True), *names, n=2)
    )


def take(controller: Controller, case: Case, check: bool, once: bool) -> tuple[bool, str]:
    """Records a case, or compares it with its record.

    Returns:
        Whether all is well, and what there is to say.
    """
    name = case.file.relative_to(case.file.parent.parent).with_suffix("").as_posix()
    on_record = case.record.read_text("utf-8") if case.record.exists() else ""
    try:
        first = written(controller.run(case))
        if first == on_record:
            return True, f"{name}: as on record"
        if check:
            shown = differences(on_record, first, ("on record", "now"))
            return False, f"{name}: differs from its record\n{shown}"
        second = first if once else written(controller.run(case))
    except (TimeoutError, RuntimeError, Refused, OSError) as error:
        return False, f"{name}: {type(error).__name__}: {error}"
    if first != second:
        shown = differences(first, second, ("first run", "second run"))
        return False, f"{name}: two runs differ, nothing is written\n{shown}"
    case.record.write_text(first, "utf-8")
    if not on_record:
        return True, f"{name}: recorded"
    return True, f"{name}: recorded anew\n{differences(on_record, first, ('before', 'now'))}"


def main() -> int:
    """Records the cases that the words name, or all."""
    cli = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    cli.add_argument("words", nargs="*", help="an area, AREA/NAME or a part of it; default: all")
    cli.add_argument("--check", action="store_true", help="only compare with what is on record")
    cli.add_argument("--new", action="store_true", help="only cases without a record")
    cli.add_argument(
        "--once", action="store_true", help="run each once, though chance may be in it"
    )
    cli.add_argument("--at-once", type=int, default=6, help="how many workflows run at a time")
    cli.add_argument("--folder", type=Path, default=CASES, help="where the cases are")
    cli.add_argument("--argo", default=os.environ.get("ARGO", "argo"), help="Argo's own program")
    options = cli.parse_args()
    kubeconfig = os.environ.get("KUBECONFIG")
    if not kubeconfig:
        sys.exit("KUBECONFIG names no cluster. Set it to the kubeconfig of a cluster with Argo.")
    cases = find(options.folder.resolve(), options.words)
    if options.new:
        cases = [case for case in cases if not case.record.exists()]
    if not cases:
        sys.exit("No case has such a name.")
    controller = Controller(ApiServer.of(Path(kubeconfig), None), options.argo, kubeconfig)
    well = True
    with artifact_store(controller), ThreadPoolExecutor(options.at_once) as pool:
        check, once = options.check, options.once
        for good, words in pool.map(lambda case: take(controller, case, check, once), cases):
            well &= good
            print(words, flush=True)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
