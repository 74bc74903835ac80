"""Settings of `argo.yml` for pods, seen from inside of one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import yaml
from api import LABEL, ApiServer, phase
from images import Images
from program import ClusterProject
from store import Store

LINUX = {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}
#: Every kind of setting that a small cluster can grant; `{secret}` and `{map}` are objects.
SETTINGS = """
active_deadline: 600
parallelism: 2
archive_logs: false
ttl: {after_completion: 600}
pod_gc: on_workflow_completion
synchronization: {mutexes: [{name: "{map}"}]}
metrics: [{name: shop_runs, help: Runs, counter: {value: "1"}}]
on_exit: {pipeline: tidy}
nodes:
  "*":
    tolerations: [{key: batch, operator: Exists, effect: NoSchedule}]
    labels: {team: shop}
    annotations: {example.com/note: a text}
    container_security_context: {allowPrivilegeEscalation: false}
    scheduler_name: default-scheduler
    priority_class: "{map}"
  tag:looks:
    environment:
      - {name: LITERAL, value: a literal}
      - {name: SECRET, secret_ref: {name: "{secret}", key: key}}
      - {name: LEVEL, config_map_ref: {name: "{map}", key: level}}
      - {name: POD, field_ref: "metadata.labels['team']"}
    env_from: [{config_map: "{map}", prefix: ALL_}]
    volumes:
      - {name: shm, mount_path: /dev/shm, empty_dir: {medium: Memory, sizeLimit: 1Mi}}
      - {name: keys, mount_path: /etc/keys, secret: {secretName: "{secret}"}, read_only: true}
      - {name: site, mount_path: /etc/site, config_map: {name: "{map}"}}
    timeout: 5m
    active_deadline: 300
    synchronization: {mutexes: [{name: "{map}-task"}]}
    metrics: [{name: shop_looks, help: Looks, gauge: {realtime: false, value: "{{duration}}"}}]
    node_selector: {kubernetes.io/os: linux}
patches:
  templates:
    look:
      inputs: {artifacts: [{name: note, path: /note, raw: {data: a note}}]}
"""
TOKEN = {
    "name": "boot",
    "container": {"command": ["sh", "-c"], "args": ["printf token > /tmp/token"]},
    "outputs": {"parameters": [{"name": "run_token", "path": "/tmp/token"}]},
}
SECRET_TEXT = "planted-91c4"


@pytest.fixture
def settings(
    api_server: ApiServer, make_secret: Callable[..., str], store_settings: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The settings, and the objects that they name: a Secret, a ConfigMap, a priority class."""
    name = f"{LABEL}-{uuid4().hex[:6]}"
    secret = make_secret(f"keys-{uuid4().hex[:4]}", {"key": SECRET_TEXT})
    metadata = {"metadata": {"name": name}}
    classes = "/apis/scheduling.k8s.io/v1/priorityclasses"
    api_server.ask("POST", api_server.core("configmaps"), {**metadata, "data": {"level": "high"}})
    # Pods of other tests must not be preempted.
    priority = {**metadata, "value": 1000, "preemptionPolicy": "Never"}
    api_server.ask("POST", classes, priority)
    settings = yaml.safe_load(SETTINGS.replace("{secret}", secret).replace("{map}", name))
    required = {"nodeSelectorTerms": [{"matchExpressions": [LINUX]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    settings["nodes"]["tag:looks"]["affinity"] = affinity
    template = store_settings["template"]
    templates = [*template["templates"], TOKEN]
    settings["template"] = {**template, "templates": templates, "init_templates": ["boot"]}
    yield settings
    api_server.delete(api_server.core("configmaps", name))
    api_server.delete(f"{classes}/{name}")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_pod_has_what_argo_yml_says(
    cluster_project: Callable[..., ClusterProject],
    settings: dict[str, Any],
    api_server: ApiServer,
    store: Store,
) -> None:
    project = cluster_project(**settings)
    run, uid = project.submitted("--pipelines", "looking")
    watched = project.run("watch", run, "--logs")
    assert watched.code == 0, watched
    said = next(line for line in watched.text.splitlines() if "FOUND" in line)
    assert json.loads(said.partition("FOUND ")[2]) == {
        "LITERAL": digest("a literal"),
        "SECRET": digest(SECRET_TEXT),
        "LEVEL": digest("high"),
        "POD": digest("shop"),
        "ALL_level": digest("high"),
        "RUN_TOKEN": digest("token"),
        "NUM_CPU": digest("1"),
        "/etc/keys/key": digest(SECRET_TEXT),
        "/etc/site/level": digest("high"),
        "/note": digest("a note"),
    }
    assert store.marks(uid, "bye") == 1
    workflow = api_server.workflow(run)
    assert phase(workflow) == "Succeeded"
    assert workflow["metadata"]["labels"]["team"] == "shop"
    everywhere = json.dumps(workflow) + watched.text + "".join(project.events(run))
    assert SECRET_TEXT not in everywhere


def test_a_node_runs_in_a_template_of_its_own_beside_a_sidecar(
    cluster_project: Callable[..., ClusterProject],
    store_settings: dict[str, Any],
    images: Images,
    api_server: ApiServer,
    store: Store,
) -> None:
    words = 'argo-kedro exec --nodes "{{inputs.parameters.kedro_nodes}}"'
    container = {"command": ["sh", "-c"], "args": f"{words} --pipelines tidy --env cluster"}
    helper = {"name": "helper", "image": images.shop, "command": ["sleep"], "args": ["600"]}
    beside = {"name": "beside", "container": container, "sidecars": [helper]}
    template = {**store_settings["template"], "templates": [beside]}
    project = cluster_project(
        template=template, nodes={"bye": {"template": "beside"}}, pod_gc="never"
    )
    run, uid = project.submitted("--pipelines", "tidy")
    watched = project.run("watch", run)
    assert watched.code == 0, watched
    assert store.marks(uid, "bye") == 1
    (pod,) = api_server.pods(run)
    assert "helper" in [container["name"] for container in pod["spec"]["containers"]]
    task = project.ok("status", run, "-o", "json").json()["state"]["tasks"]["bye"]
    assert task["peak_memory"] > 10 << 20, task


def test_tasks_keep_files_in_a_claim_and_have_a_disk_each(
    cluster_project: Callable[..., ClusterProject], api_server: ApiServer
) -> None:
    # Volumes that the test makes have the name of a class without a provisioner.
    name = f"{LABEL}-{uuid4().hex[:6]}"
    volumes = "/api/v1/persistentvolumes"
    sizes = {"storage": "16Mi"}
    for number in range(3):
        spec = {
            "capacity": sizes,
            "accessModes": ["ReadWriteMany", "ReadWriteOnce"],
            "storageClassName": name,
            "persistentVolumeReclaimPolicy": "Delete",
            "hostPath": {"path": f"/tmp/{name}-{number}", "type": "DirectoryOrCreate"},
        }
        metadata = {"name": f"{name}-{number}", "labels": {LABEL: name}}
        api_server.ask("POST", volumes, {"metadata": metadata, "spec": spec})
    claim = {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": name,
        "resources": {"requests": sizes},
    }
    path = api_server.core("persistentvolumeclaims")
    api_server.ask("POST", path, {"metadata": {"name": name}, "spec": claim})
    kept = {"claimName": name}
    disk = {"size": "16Mi", "storage_class": name}
    project = cluster_project(
        nodes={
            "*": {
                "volumes": [
                    {"name": "kept", "mount_path": "/kept", "persistent_volume_claim": kept},
                    {"name": "disk", "mount_path": "/disk", "ephemeral": disk},
                ]
            }
        },
        pod_gc="never",
    )
    try:
        result = project.submit("--pipelines", "keeping", "--watch", "--logs")
        assert result.code == 0, result
        assert f"missing-storage-class]: the cluster has no storage class `{name}`" in result.text
        assert "READ a note" in result.text
    finally:
        project.clean_up()
        api_server.delete(api_server.core("persistentvolumeclaims", name))
        for number in range(3):
            api_server.delete(f"{volumes}/{name}-{number}")
