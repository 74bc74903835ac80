"""Projects with recorded snapshots, which Rust plans, lints and lowers without Kedro.

`scripts/record_snapshots.py` records them, `test_recorded_snapshots.py` checks the recordings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from projects import TWO_TASKS


@dataclass(frozen=True)
class RecordedProject:
    """A project, and the requests to the worker about it."""

    #: Words of a request to the worker, by name of the recording.
    requests: dict[str, dict[str, Any]]
    registry: str = TWO_TASKS
    files: dict[str, str | bytes] = field(default_factory=dict)


FUNCTIONS = """
def copy(value):
    return value
def both(one, two):
    return one
"""
#: These settings avoid the cluster findings of a project without configuration.
CONFIGURED = "deployment: {image: registry/shop}\nmemory_datasets: {path: 's3://bucket'}\n"

#: A group, two branches that wait for it, and a node that waits for both.
BRANCHES = RecordedProject(
    requests={"branches": {}, "branches_keep_alone": {"nodes": ["keep"]}},
    registry=FUNCTIONS
    + """
def register_pipelines():
    fused = FusedPipeline([
        Node(copy, "raw", "clean@x", name="clean", machine_type="large"),
        node(copy, "clean@y", "kept", name="keep"),
        node(copy, "kept", "features", name="features"),
    ], name="prepare")
    train = Pipeline([
        Node(both, ["features", "params:depth"], "model", name="train", machine_type="gpu",
             tags=["heavy"]),
    ])
    return {"__default__": fused
        + Pipeline(train, namespace="x", inputs={"features"}, parameters={"depth"})
        + Pipeline(train, namespace="y", inputs={"features"}, parameters={"depth"})
        + Pipeline([node(both, ["x.model", "y.model"], "best", name="choose")])}
""",
    files={
        "conf/base/catalog.yml": """\
            raw: {type: shop.datasets.JsonFile, filepath: data/raw.json}
            clean@x: {type: shop.datasets.JsonFile, filepath: data/clean.json}
            clean@y: {type: shop.datasets.JsonFile, filepath: data/clean.json}
            kept: {type: shop.datasets.JsonFile, filepath: data/kept.json}
            best: {type: shop.datasets.JsonFile, filepath: data/best.json}
            """,
        "conf/base/parameters.yml": "depth: 3\n",
        "conf/base/argo.yml": """\
            machine_types:
              default: {mem: 1, cpu: 500m}
              large: {mem: 1536Mi, cpu: 2}
              gpu: {mem: 4, cpu: 1, num_gpu: 1}
            runner: {use_memory_datasets: true}
            nodes:
              tag:heavy: {retry: {limit: 2}}
            """,
    },
)

#: Four nodes in a row: two tagged for a group, two in a namespace.
CHAIN = RecordedProject(
    requests={"chain": {}},
    registry=FUNCTIONS
    + """
def register_pipelines():
    first = Pipeline([
        node(copy, "a", "b", name="one", tags="group.both"),
        node(copy, "b", "c", name="two", tags="group.both"),
    ])
    second = Pipeline([
        node(copy, "c", "d", name="three"), node(copy, "d", "e", name="four"),
    ], namespace="ns", inputs={"c"})
    return {"first": first, "second": second, "__default__": first + second}
""",
    files={"conf/base/catalog.yml": "a: {type: shop.datasets.JsonFile, filepath: data/a.json}\n"},
)

EXPLICIT_GROUP = RecordedProject(
    requests={"explicit_group": {}},
    registry=FUNCTIONS
    + """
def register_pipelines():
    return {"__default__": Pipeline([
        FusedPipeline([node(copy, "a", "b", name="one")], name="mine"),
        node(copy, "b", "c", name="two"),
    ])}
""",
    files={
        "conf/base/catalog.yml": "a: {type: MemoryDataset, data: 1}\n",
        "conf/base/argo.yml": "grouping: all\n",
    },
)

MACHINE_OF_GOOGLE = RecordedProject(
    requests={"machine_of_google": {}},
    registry="""
def register_pipelines():
    return {"__default__": Pipeline([
        Node(one, None, "a", name="n", machine_type="g2-standard-24"),
    ])}
""",
)

NAMES = RecordedProject(
    requests={"names": {}},
    registry="""
def register_pipelines():
    names = ["a_b", "a-b", "02_clean", "in", "x" * 80 + "1", "x" * 80 + "2"]
    return {"__default__": Pipeline([
        node(one, None, f"d{number}", name=name) for number, name in enumerate(names)
    ])}
""",
    files={"conf/base/argo.yml": CONFIGURED},
)

#: A group on a machine with a GPU, and a node after it.
GPU_GROUP = RecordedProject(
    requests={"gpu_group": {}},
    registry=FUNCTIONS
    + """
def register_pipelines():
    return {"__default__": Pipeline([
        FusedPipeline([
            Node(copy, "raw", "b", name="one", machine_type="gpu"),
            node(copy, "b", "c", name="two"),
        ], name="both"),
        node(copy, "c", "d", name="three"),
    ]), "wide": Pipeline([
        node(one, None, f"w{number}", name=f"wide_{number}") for number in range(201)
    ])}
""",
    files={
        "conf/base/catalog.yml": "raw: {type: shop.datasets.JsonFile, filepath: data/raw.json}\n",
        "conf/base/argo.yml": """\
            namespace: team
            deployment: {image: registry/shop, tag: v1}
            machine_types:
              default: {mem: 1, cpu: 500m}
              gpu: {mem: 16, cpu: 4, num_gpu: 1, node_selector: {pool: gpu}}
            memory_datasets: {path: "s3://bucket/prefix"}
            service_account: robot
            template:
              environment:
                - {name: TOKEN, secret_ref: {name: vault, key: token}}
                - {name: LOG_LEVEL, value: INFO}
            """,
    },
)

EARLIER_PLUGIN = RecordedProject(
    requests={"earlier_plugin": {}},
    registry=GPU_GROUP.registry.replace('machine_type="gpu"', 'machine_type="g2-standard-4"'),
    files={
        "conf/base/catalog.yml": GPU_GROUP.files["conf/base/catalog.yml"],
        "conf/base/argo.yml": """\
            namespace: argo-workflows
            deployment:
              image: registry/image
              tag: "${ka.random:}"
              target_platform: linux/amd64
              context: ./
              dockerfile: Dockerfile
            machine_types:
              default: {mem: 16, cpu: 4, num_gpu: 0}
              g2-standard-4: {mem: 16, cpu: 4, num_gpu: 1}
            default_machine_type: default
            runner: {use_memory_datasets: true}
            memory_datasets: {path: "s3://bucket"}
            template:
              environment:
                - {name: TOKEN, secret_ref: {name: secret, key: TOKEN}}
                - {name: LOG_LEVEL, value: INFO}
            """,
    },
)

#: Globals with variables that only a container has.
CONTAINER_VARIABLES = RecordedProject(
    requests={"container_variables": {}},
    registry="""
def register_pipelines():
    return {"__default__": Pipeline([node(one, None, "made")])}
""",
    files={
        "src/shop/settings.py": """\
            from omegaconf.resolvers import oc

            CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "local",
                "custom_resolvers": {"oc.env": oc.env}}
            """,
        "conf/base/globals.yml": "token: ${oc.env:TOKEN}\nroot: s3://b/${oc.env:WORKFLOW_ID}\n",
        "conf/base/catalog.yml": """\
            made: {type: shop.datasets.JsonFile, filepath: "${globals:root}/made.json"}
            """,
        "conf/base/argo.yml": """\
            template:
              environment:
                - {name: TOKEN, secret_ref: {name: secret, key: TOKEN}}
            """,
    },
)

#: Settings by selector, with `on`, which is true to Kedro's reader.
NODE_SETTINGS = RecordedProject(
    requests={"node_settings": {}},
    registry="""
def make(number):
    return number
def register_pipelines():
    return {
        "__default__": Pipeline([
            node(make, "params:a", "b", name="make", tags=["heavy"]),
            node(make, "b", "c", name="use"),
        ]),
        "tidy": Pipeline([node(make, "params:a", "d", name="sweep")]),
    }
""",
    files={
        "conf/base/argo.yml": """\
            nodes:
              "*":
                retry: {limit: 1, on: [preempted]}
              tag:heavy:
                retry:
                  on: [oom]
                  memory: {factor: 2}
              nobody: {timeout: 60}
            on_exit: {pipeline: tidy}
            patches:
              templates:
                make: {container: {terminationMessagePolicy: FallbackToLogsOnError}}
            """,
        "conf/base/parameters.yml": "a: 1\n",
    },
)

TWO_NODES = RecordedProject(requests={"two_tasks": {}})

CREDENTIALS: dict[str, str | bytes] = {
    "conf/base/argo.yml": CONFIGURED,
    "conf/cloud/catalog.yml": "x: {type: MemoryDataset, credentials: store}\n",
    "conf/local/credentials.yml": "store: {key: planted}\n",
}
CREDENTIALS_OF_ONE_ENVIRONMENT = RecordedProject(
    requests={"credentials_not_named": {}, "credentials_elsewhere": {"env": "cloud"}},
    files=CREDENTIALS,
)
CREDENTIALS_OF_BOTH_ENVIRONMENTS = RecordedProject(
    requests={"credentials_here": {"env": "cloud"}},
    files={**CREDENTIALS, "conf/cloud/credentials.yml": "store: {key: planted}\n"},
)

FAULT_IN_CLOUD = RecordedProject(
    requests={"fault_in_cloud": {"env": "cloud"}},
    files={"conf/base/argo.yml": "namespace: a\n", "conf/cloud/argo.yml": "grouping: tags\n"},
)

MISSPELT_MACHINE_TYPE = RecordedProject(
    requests={"misspelt_machine_type": {}},
    registry=FUNCTIONS
    + """
def register_pipelines():
    return {"__default__": Pipeline([Node(copy, "a", "b", name="n", machine_type="larg")])}
""",
    files={"conf/base/argo.yml": CONFIGURED + "machine_types: {large: {mem: 1, cpu: 1}}\n"},
)

CYCLE = RecordedProject(
    requests={"cycle": {}},
    registry=FUNCTIONS
    + """
def register_pipelines():
    return {"__default__": Pipeline([
        FusedPipeline([node(copy, "a", "b", name="one"), node(copy, "c", "d", name="three")],
                      name="loop"),
        node(copy, "b", "c", name="two"),
    ])}
""",
    files={"conf/base/catalog.yml": "a: {type: MemoryDataset, data: 1}\n"},
)

READ_ELSEWHERE = RecordedProject(
    requests={"read_elsewhere": {}},
    registry=FUNCTIONS
    + """
def register_pipelines():
    fused = FusedPipeline([node(one, None, "b", name="first"),
                           node(copy, "b", "c", name="second")], name="group")
    return {"__default__": fused, "other": Pipeline([node(copy, "b", "x", name="reads")])}
""",
    files={
        "conf/base/argo.yml": CONFIGURED + "runner: {use_memory_datasets: true}\n",
        "conf/base/catalog.yml": "b: {type: shop.datasets.JsonFile, filepath: data/b.json}\n",
    },
)

PROJECTS = [
    BRANCHES,
    CHAIN,
    EXPLICIT_GROUP,
    MACHINE_OF_GOOGLE,
    NAMES,
    GPU_GROUP,
    EARLIER_PLUGIN,
    CONTAINER_VARIABLES,
    NODE_SETTINGS,
    TWO_NODES,
    CREDENTIALS_OF_ONE_ENVIRONMENT,
    CREDENTIALS_OF_BOTH_ENVIRONMENTS,
    FAULT_IN_CLOUD,
    MISSPELT_MACHINE_TYPE,
    CYCLE,
    READ_ELSEWHERE,
]
