"""Makes crates/lint/src/manifest/fields.txt from Argo's full CRDs.

    python scripts/fields.py FOLDER          # writes the file
    python scripts/fields.py FOLDER --check  # exits 1, with a diff, if the file is stale

The folder holds `argoproj.io_workflows.yaml` and its siblings. A CRD has fields but no names of
types. Here equal sets of fields are one type, and the first place of a type, from the roots down,
gives it its name.
"""

import argparse
import difflib
import re
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FILE = Path(__file__).resolve().parent.parent / "crates/lint/src/manifest/fields.txt"
#: The CRDs do not name their version.
HEADER = """\
# Made by scripts/fields.py from the full CRDs of Argo Workflows v4.1.2: their types by name, and
# below them what the CRDs do not have. Do not edit it.
# NAME, then one line per field: `field type`, `!` after the name where it is required.
# [T] list, {T} mapping of names to T, a|b one of these words, integer(LOW..HIGH),
# object and any: not looked into.
"""
#: Words that `table.rs` can read besides the names of types. Every other word means `any`.
READABLE = re.compile(
    r"string|boolean|number|quantity|intstr|object|any"
    r"|integer(\(-?\d*\.\.-?\d*\))?|[\w-]+(\|[\w-]+)+"
)
#: Lines of a diff to print.
DIFF_LINES = 40

#: The types that no type refers to, and the CRD of each.
ROOTS = {"Workflow": "workflows", "CronWorkflow": "cronworkflows"}
#: CRDs whose spec is a workflow's: the linter checks them as a `Workflow`.
SAME_SPEC = ("workflowtemplates", "clusterworkflowtemplates")

#: Types of fields that the CRDs leave open, or describe in more detail than the linter needs.
STATED = {
    # Kubernetes's metadata: a CRD says nothing about its own, and lists only a part elsewhere.
    "Workflow.metadata": "ObjectMeta",
    "CronWorkflow.metadata": "ObjectMeta",
    "CronWorkflowSpec.workflowMetadata": "ObjectMeta",
    "PersistentVolumeClaim.metadata": "ObjectMeta",
    "PersistentVolumeClaimTemplate.metadata": "ObjectMeta",
    # A CRD cannot refer to itself: these are templates again, but the CRD allows anything.
    "DAGTask.inline": "Template",
    "WorkflowStep.inline": "Template",
    # A list of anything; the CRDs do not even say that.
    "DAGTask.withItems": "[any]",
    "WorkflowStep.withItems": "[any]",
    # Controllers write these, not users.
    "Workflow.status": "any",
    "CronWorkflow.status": "any",
    "PersistentVolumeClaim.status": "object",
}

#: Types of Kubernetes that the CRDs lack: the metadata, and a pod's spec for patches.
ADDED = """
ObjectMeta
 annotations {string}
 creationTimestamp string
 deletionGracePeriodSeconds integer
 deletionTimestamp string
 finalizers [string]
 generateName string
 generation integer
 labels {string}
 managedFields any
 name string
 namespace string
 ownerReferences [object]
 resourceVersion string
 selfLink string
 uid string
PodSpec
 activeDeadlineSeconds integer
 affinity Affinity
 automountServiceAccountToken boolean
 containers [Container]
 dnsConfig PodDNSConfig
 dnsPolicy string
 enableServiceLinks boolean
 ephemeralContainers [object]
 hostAliases [HostAlias]
 hostIPC boolean
 hostNetwork boolean
 hostPID boolean
 hostUsers boolean
 hostname string
 hostnameOverride string
 imagePullSecrets [LocalObjectReference]
 initContainers [Container]
 nodeName string
 nodeSelector {string}
 os object
 overhead {quantity}
 preemptionPolicy string
 priority integer
 priorityClassName string
 readinessGates [object]
 resourceClaims [PodResourceClaim]
 resources ResourceRequirements
 restartPolicy string
 runtimeClassName string
 schedulerName string
 schedulingGates [object]
 securityContext PodSecurityContext
 serviceAccount string
 serviceAccountName string
 setHostnameAsFQDN boolean
 shareProcessNamespace boolean
 subdomain string
 terminationGracePeriodSeconds integer
 tolerations [Toleration]
 topologySpreadConstraints [object]
 volumes [Volume]
"""

#: Suffix of the type's name for fields of these types.
SUFFIXES = {"Artifact": "Artifact", "Volume": "VolumeSource", "VolumeProjection": "Projection"}

#: The API's name of a type, if it differs from the name of its field.
NAMES = {
    "ArchiveStrategy.tar": "TarStrategy",
    "Artifact.archive": "ArchiveStrategy",
    "Artifact.artifactGC": "ArtifactGC",
    "Artifact.gcs": "GCSArtifact",
    "Artifact.hdfs": "HDFSArtifact",
    "Artifact.http": "HTTPArtifact",
    "Artifact.oss": "OSSArtifact",
    "ConfigMapVolumeSource.items": "KeyToPath",
    "Container.env": "EnvVar",
    "Container.envFrom": "EnvFromSource",
    "Container.livenessProbe": "Probe",
    "Container.ports": "ContainerPort",
    "Container.resizePolicy": "ContainerResizePolicy",
    "Container.restartPolicyRules": "ContainerRestartRule",
    "ContainerRestartRule.exitCodes": "ContainerRestartRuleOnExitCodes",
    "ContainerSetTemplate.containers": "ContainerNode",
    "ContainerSetTemplate.retryStrategy": "ContainerSetRetryStrategy",
    "CronWorkflow.spec": "CronWorkflowSpec",
    "CronWorkflowSpec.stopStrategy": "Expression",
    "DAGTemplate.tasks": "DAGTask",
    "Data.source": "DataSource",
    "DownwardAPIVolumeFile.fieldRef": "ObjectFieldSelector",
    "DownwardAPIVolumeFile.resourceFieldRef": "ResourceFieldSelector",
    "DownwardAPIVolumeSource.items": "DownwardAPIVolumeFile",
    "EnvFromSource.configMapRef": "SecretEnvSource",
    "EnvVar.valueFrom": "EnvVarSource",
    "EnvVarSource.fileKeyRef": "FileKeySelector",
    "EphemeralVolumeSource.volumeClaimTemplate": "PersistentVolumeClaimTemplate",
    "ExecutorPlugin.metadata": "PluginMetadata",
    "ExecutorPlugin.spec": "ExecutorPluginSpec",
    "ExecutorPluginSidecar.container": "PluginContainer",
    "ExecutorPluginSpec.sidecar": "ExecutorPluginSidecar",
    "HTTP.bodyFrom": "HTTPBodySource",
    "HTTP.headers": "HTTPHeader",
    "HTTPArtifact.auth": "HTTPAuth",
    "HTTPAuth.clientCert": "ClientCertAuth",
    "HTTPAuth.oauth2": "OAuth2Auth",
    "HTTPHeader.valueFrom": "HTTPHeaderSource",
    "LabelSelector.matchExpressions": "NodeSelectorRequirement",
    "Lifecycle.postStart": "LifecycleHandler",
    "LifecycleHandler.sleep": "SleepAction",
    "Metrics.prometheus": "Prometheus",
    "NodeAffinity.preferredDuringSchedulingIgnoredDuringExecution": "PreferredSchedulingTerm",
    "NodeAffinity.requiredDuringSchedulingIgnoredDuringExecution": "NodeSelector",
    "OAuth2Auth.endpointParams": "KeyValue",
    "OSSArtifact.lifecycleRule": "OSSLifecycleRule",
    "PersistentVolumeClaim.spec": "PersistentVolumeClaimSpec",
    "PersistentVolumeClaimSpec.dataSource": "TypedLocalObjectReference",
    "PersistentVolumeClaimSpec.dataSourceRef": "TypedObjectReference",
    "PersistentVolumeClaimSpec.resources": "VolumeResourceRequirements",
    "PodAffinity.preferredDuringSchedulingIgnoredDuringExecution": "WeightedPodAffinityTerm",
    "PodAffinity.requiredDuringSchedulingIgnoredDuringExecution": "PodAffinityTerm",
    "PodDNSConfig.options": "DNSOption",
    "PodDisruptionBudgetSpec.selector": "LabelSelector",
    "PodSecurityContext.seLinuxOptions": "SELinuxOptions",
    "PodSecurityContext.sysctls": "HTTPArtifactHeader",
    "PodSecurityContext.windowsOptions": "WindowsSecurityContextOptions",
    "PreferredSchedulingTerm.preference": "NodeSelectorTerm",
    "Probe.exec": "ExecAction",
    "Probe.grpc": "GRPCAction",
    "Probe.httpGet": "HTTPGetAction",
    "Probe.tcpSocket": "TCPSocketAction",
    "ProjectedVolumeSource.sources": "VolumeProjection",
    "Prometheus.labels": "MetricLabel",
    "ResourceRequirements.claims": "ResourceClaim",
    "RetryStrategy.affinity": "RetryAffinity",
    "S3Artifact.createBucketIfNotPresent": "CreateS3BucketOptions",
    "S3Artifact.encryptionOptions": "S3EncryptionOptions",
    "SemaphoreRef.configMapKeyRef": "SecretKeySelector",
    "SemaphoreRef.database": "SyncDatabaseRef",
    "Synchronization.mutexes": "Mutex",
    "Synchronization.semaphores": "SemaphoreRef",
    "Template.archiveLocation": "ArtifactLocation",
    "Template.containerSet": "ContainerSetTemplate",
    "Template.dag": "DAGTemplate",
    "Template.http": "HTTP",
    "Template.initContainers": "UserContainer",
    "Template.resource": "ResourceTemplate",
    "Template.script": "ScriptTemplate",
    "Template.steps": "WorkflowStep",
    "Template.suspend": "SuspendTemplate",
    "Volume.awsElasticBlockStore": "AWSElasticBlockStoreVolumeSource",
    "Volume.cephfs": "CephFSVolumeSource",
    "Volume.csi": "CSIVolumeSource",
    "Volume.fc": "FCVolumeSource",
    "Volume.flexVolume": "FlexVolumeSource",
    "Volume.gcePersistentDisk": "GCEPersistentDiskVolumeSource",
    "Volume.iscsi": "ISCSIVolumeSource",
    "Volume.nfs": "NFSVolumeSource",
    "Volume.portworxVolume": "PortworxVolumeSource",
    "Volume.rbd": "RBDVolumeSource",
    "Volume.storageos": "StorageOSVolumeSource",
    "Volume.vsphereVolume": "VsphereVirtualDiskVolumeSource",
    "Workflow.spec": "WorkflowSpec",
    "WorkflowSpec.artifactGC": "WorkflowLevelArtifactGC",
    "WorkflowSpec.dnsConfig": "PodDNSConfig",
    "WorkflowSpec.executor": "ExecutorConfig",
    "WorkflowSpec.hooks": "LifecycleHook",
    "WorkflowSpec.hostAliases": "HostAlias",
    "WorkflowSpec.imagePullSecrets": "LocalObjectReference",
    "WorkflowSpec.podDisruptionBudget": "PodDisruptionBudgetSpec",
    "WorkflowSpec.podMetadata": "Metadata",
    "WorkflowSpec.podResources": "ResourceRequirements",
    "WorkflowSpec.resourceClaims": "PodResourceClaim",
    "WorkflowSpec.securityContext": "PodSecurityContext",
    "WorkflowSpec.templateDefaults": "Template",
    "WorkflowSpec.ttlStrategy": "TTLStrategy",
    "WorkflowSpec.volumeClaimTemplates": "PersistentVolumeClaim",
    "WorkflowStep.withSequence": "Sequence",
}


class Field(NamedTuple):
    """A field of a type, e.g. `steps [[WorkflowStep]]`."""

    name: str
    required: bool
    #: The lists and mappings around the type, with `%s` for the type: `[[%s]]`.
    around: str
    #: The inner type: a word of the file, or the number of a type.
    inside: str | int


class Types:
    """The types so far, each a set of fields with a number."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Field, ...], int] = {}
        self._fields: list[tuple[Field, ...]] = []

    def fields(self, number: int) -> tuple[Field, ...]:
        """Gives the fields of a type, sorted by name."""
        return self._fields[number]

    def add(self, schema: dict[str, Any]) -> int:
        """Reads a type, and those of its fields.

        Args:
            schema: An OpenAPI schema with properties.

        Returns:
            Its number, or that of an earlier type with the same fields.
        """
        required = schema.get("required", [])
        fields = tuple(
            Field(name, name in required, *self._kind(schema["properties"][name]))
            for name in sorted(schema["properties"])
        )
        if fields not in self._numbers:
            self._numbers[fields] = len(self._fields)
            self._fields.append(fields)
        return self._numbers[fields]

    def _kind(self, schema: dict[str, Any]) -> tuple[str, str | int]:
        """Gives the outer and the inner type of a schema, as in `Field`."""
        if "items" in schema:
            around, inside = self._kind(schema["items"])
            return f"[{around}]", inside
        if "additionalProperties" in schema:
            around, inside = self._kind(schema["additionalProperties"])
            return f"{{{around}}}", inside
        if "properties" in schema:
            return "%s", self.add(schema)
        kind = word(schema)
        if not READABLE.fullmatch(kind):
            sys.exit(f"the CRDs have `{kind}`, and table.rs cannot read it yet")
        return "%s", kind


def word(schema: dict[str, Any]) -> str:
    """Gives the file's word for a schema without fields.

    Args:
        schema: An OpenAPI schema of text, a number and the like.

    Returns:
        E.g. `string` or `integer(0..511)`.
    """
    if schema.get("x-kubernetes-int-or-string"):
        # Only amounts have a pattern.
        return "quantity" if "pattern" in schema else "intstr"
    if "enum" in schema:
        # The empty word is the same as no value.
        return "|".join(filter(None, schema["enum"]))
    if "minimum" in schema or "maximum" in schema:
        return f"{schema['type']}({schema.get('minimum', '')}..{schema.get('maximum', '')})"
    return str(schema.get("type", "any"))


def type_name(owner: str, field: Field) -> str:
    """Names the type of a field.

    Args:
        owner: Name of the type that has the field.
        field: The field.

    Returns:
        The name from the table, or one from the field's name: `tolerations` holds a `Toleration`.
    """
    listed = NAMES.get(f"{owner}.{field.name}")
    if listed is not None:
        return listed
    name = field.name.removesuffix("s") if field.around.startswith("[") else field.name
    return name[0].upper() + name[1:] + SUFFIXES.get(owner, "")


def name_all(types: Types, roots: dict[str, int]) -> dict[int, str]:
    """Names every type that a root leads to, from the roots down.

    Args:
        types: The types.
        roots: Numbers of the roots, by name.

    Returns:
        Names by number.
    """
    names = {number: name for name, number in roots.items()}
    places = {number: name for name, number in roots.items()}
    queue = deque(roots.values())
    while queue:
        number = queue.popleft()
        for field in types.fields(number):
            place = f"{names[number]}.{field.name}"
            inside = field.inside
            if place in STATED or isinstance(inside, str) or inside in names:
                continue
            name = type_name(names[number], field)
            same = next((other for other in names if names[other] == name), None)
            if same is not None:
                sys.exit(f"{places[same]} and {place} differ and are both {name}: add to NAMES")
            names[inside], places[inside] = name, place
            queue.append(inside)
    known = {f"{names[number]}.{field.name}" for number in names for field in types.fields(number)}
    for unused in sorted((STATED.keys() - known) | (NAMES.keys() - set(places.values()))):
        sys.exit(f"{unused} is in a table and nowhere in the CRDs, or not the first of its type")
    return names


def lines_of(types: Types, names: dict[int, str]) -> Iterator[str]:
    """Writes the types, by name.

    Args:
        types: The types.
        names: Names by number.

    Yields:
        The lines.
    """
    for number in sorted(names, key=names.__getitem__):
        yield names[number]
        for field in types.fields(number):
            stated = STATED.get(f"{names[number]}.{field.name}")
            inside = field.inside if isinstance(field.inside, str) else names.get(field.inside)
            mark = "!" if field.required else ""
            yield f" {field.name}{mark} {stated or field.around % inside}"


def read_crd(folder: Path, plural: str) -> dict[str, Any]:
    """Reads the schema of a CRD.

    Args:
        folder: Folder of the CRDs.
        plural: The plural of its kind, e.g. `workflows`.

    Returns:
        The OpenAPI schema of its one version.
    """
    path = folder / f"argoproj.io_{plural}.yaml"
    if not path.is_file():
        sys.exit(f"{path} is missing: name the folder with Argo's full CRDs")
    # Prefer the loader in C: these files have megabytes.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    (version,) = yaml.load(path.read_bytes(), loader)["spec"]["versions"]
    return dict(version["schema"]["openAPIV3Schema"])


def make(folder: Path) -> str:
    """Makes the text of the file.

    Args:
        folder: Folder of the CRDs.

    Returns:
        The text.
    """
    types = Types()
    roots = {name: types.add(read_crd(folder, plural)) for name, plural in ROOTS.items()}
    specs = {
        types.add(read_crd(folder, plural)["properties"]["spec"])
        for plural in (ROOTS["Workflow"], *SAME_SPEC)
    }
    if len(specs) > 1:
        sys.exit(f"the specs of {' and '.join(SAME_SPEC)} are not those of workflows any more")
    names = name_all(types, roots)
    return "\n".join([HEADER, *lines_of(types, names)]) + ADDED


def main() -> int:
    """Makes the file, or checks it.

    Returns:
        0; 1 if the checked file is stale.
    """
    parser = argparse.ArgumentParser(description="Makes fields.txt from Argo's full CRDs.")
    parser.add_argument("folder", type=Path, help="where argoproj.io_workflows.yaml is")
    parser.add_argument("--check", action="store_true", help="only compare")
    arguments = parser.parse_args()
    text = make(arguments.folder)
    if not arguments.check:
        FILE.write_text(text, encoding="utf-8")
        return 0
    old, new = FILE.read_text(encoding="utf-8").splitlines(), text.splitlines()
    diff = list(difflib.unified_diff(old, new, "fields.txt", "from the CRDs", n=1, lineterm=""))
    if diff:
        left = len(diff) - DIFF_LINES
        print(*diff[:DIFF_LINES], *([f"... and {left} more lines"] if left > 0 else []), sep="\n")
        print("fields.txt is stale: run scripts/fields.py without --check", file=sys.stderr)
    return 1 if diff else 0


if __name__ == "__main__":
    sys.exit(main())
