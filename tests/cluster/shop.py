"""The small project of the quick tests: one image with many pipelines."""

from __future__ import annotations

from pathlib import Path

from projects import build_project

REGISTRY = """
import hashlib, json, time
from pathlib import Path
from shop.gates import gate, is_there, leave

def make():
    print("making a number")
    return 20

def use(number):
    print(f"using {number}")
    return number * 2

def train(number):
    for line in range(30):
        print(f"line {line}")
    raise ValueError(f"too deep: {number}")

def first():
    print("before the gate", flush=True)
    gate("first")
    print("behind the gate", flush=True)
    return 1

def second(number):
    print("the second")

def nothing(number):
    pass

def need(number):
    leave("need")
    if not is_there("needed"):
        raise FileNotFoundError("what it needs is not there yet")
    return number

def scale(number, depth):
    leave("scale")
    return number * depth

def once():
    leave("once")
    return 1

def devour():
    leave("devour")
    return len(bytearray(b"x") * (380 << 20))

def look():
    # Of what may be secret, a digest.
    def digest(text):
        return hashlib.sha256(text.encode()).hexdigest()
    names = ("LITERAL", "SECRET", "LEVEL", "POD", "ALL_level", "RUN_TOKEN", "NUM_CPU")
    files = ("/etc/keys/key", "/etc/site/level", "/note")
    found = {name: digest(os.environ.get(name, "")) for name in names}
    for file in files:
        found[file] = digest(Path(file).read_text()) if Path(file).exists() else None
    Path("/dev/shm/written").write_text("x")
    print("FOUND", json.dumps(found))
    return 1

def leak():
    secrets = [os.environ["BY_NAME"], os.environ["ALL_key"], Path("/etc/keys/key").read_text()]
    print("TOLD", *secrets, flush=True)
    raise ValueError(f"cannot log in with {secrets}")

def keep():
    assert os.path.ismount("/kept") and os.path.ismount("/disk")
    assert not os.listdir("/disk")
    Path("/disk/taken").write_text("x")
    Path("/kept/note").write_text("a note")
    return 1

def find(kept):
    assert not os.listdir("/disk")
    print("READ", Path("/kept/note").read_text())

def overfill():
    Path("/small/file").write_bytes(bytes(64 << 20))
    # The kubelet looks every ten seconds.
    time.sleep(120)
    return 1

def bye():
    leave("bye")
    return 1

def interrupt():
    leave("interrupt")
    raise KeyboardInterrupt("by hand")

def fit(who):
    return {"who": who}

def hold(model):
    gate("fitted")
    return 1

def evaluate(model, held, who):
    leave(f"{who}-met-{model['who']}")
    if not is_there("ready"):
        raise FileNotFoundError("it is not ready yet")
    return {"score": 1}

def pipe(*nodes):
    return Pipeline(list(nodes))

def register_pipelines():
    return {
        "__default__": pipe(
            Node(make, None, "number", name="make"),
            Node(use, "number", "result", name="use")),
        "fails": pipe(
            Node(make, None, "depth", name="choose_depth"),
            Node(train, "depth", "model", name="train_model"),
            Node(use, "model", "score", name="score")),
        "gated": pipe(
            Node(first, None, "passed", name="first_node"),
            Node(second, "passed", None, name="second_node")),
        "needing": pipe(
            Node(once, None, "number", name="once"),
            Node(need, "number", "found", name="need"),
            Node(use, "found", "result", name="use")),
        "tuning": pipe(
            Node(once, None, "number", name="once"),
            Node(scale, ["number", "params:depth"], "scaled", name="scale"),
            Node(need, "scaled", "found", name="need")),
        "looking": pipe(Node(look, None, "seen", name="look", tags="looks")),
        "leaking": pipe(Node(leak, None, "leaked", name="leak")),
        "keeping": pipe(
            Node(keep, None, "kept", name="keep"),
            Node(find, "kept", None, name="find")),
        "tidy": pipe(Node(bye, None, "said", name="bye")),
        "interrupting": pipe(Node(interrupt, None, "interrupted", name="interrupt")),
        "fitting": pipe(
            Node(fit, "params:who", "model", name="fit"),
            Node(hold, "model", "held", name="hold"),
            Node(evaluate, ["model", "held", "params:who"], "score", name="evaluate")),
        "modelling": pipe(Node(fit, "params:who", "model", name="fit")),
        "stocking": pipe(Node(use, "stock", "stocked", name="stock")),
        "hungry": pipe(Node(devour, None, "eaten", name="devour")),
        "overfull": pipe(Node(overfill, None, "overfilled", name="overfill")),
        "nowhere": pipe(Node(make, None, "lost", name="lost", machine_type="nowhere")),
        "wide": pipe(*(
            Node(
                nothing, "params:number", None,
                name=f"n{count}", machine_type="tiny", template="nothing")
            for count in range(250))),
    }
"""

GATES = '''\
"""Code by which a node and a test meet in the store."""
import os, signal, time, uuid
import fsspec

PLACE = "argo-kedro-test"


def store():
    return fsspec.filesystem("s3", use_listings_cache=False)


def leave(name):
    """Leaves a mark: one for each time that the node runs."""
    run = os.environ["WORKFLOW_ID"]
    store().pipe(f"{PLACE}/marks/{run}/{name}/{uuid.uuid4().hex}", b"x")


def is_there(name):
    """Says whether the test has put something there for this run."""
    return store().exists(f"{PLACE}/things/{os.environ['WORKFLOW_ID']}/{name}")


def gate(name):
    """Says that it stands here, and waits until the test opens; dies after three minutes."""
    signal.alarm(180)
    folder = f"{PLACE}/gates/{os.environ['WORKFLOW_ID']}/{name}"
    store().pipe(f"{folder}/reached", b"x")
    while not store().exists(f"{folder}/open"):
        time.sleep(0.2)
    signal.alarm(0)
'''

#: Datasets with one path for all runs, and with a path per run.
CATALOG = """\
model: {type: json.JSONDataset, filepath: s3://argo-kedro-test/model.json, versioned: true}
score:
  type: json.JSONDataset
  filepath: s3://argo-kedro-test/runs/${oc.env:WORKFLOW_ID}/score.json
stock: {type: json.JSONDataset, filepath: s3://argo-kedro-test/raw/stock.json}
"""
SETTINGS = """\
from omegaconf.resolvers import oc

CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "custom_resolvers": {"oc.env": oc.env},
}
"""

#: 250 pods that each start Kedro would take longer on a small cluster than all other tests.
NOTHING = {"name": "nothing", "container": {"command": ["true"], "args": []}}

#: Tiny machines: many tests run in parallel on a small cluster.
MACHINES = """\
default_machine_type: small
machine_types:
  small: {mem: 0.3, cpu: 0.5}
  tiny: {mem: 0.05, cpu: 0.02}
  nowhere: {mem: 0.1, cpu: 0.1, node_selector: {argo-kedro-test: no-such-node}}
"""


def write_shop(folder: Path) -> None:
    """Writes the project for the image."""
    project = build_project(
        folder.parent / f"{folder.name}.made",
        REGISTRY,
        {
            "src/shop/gates.py": GATES,
            "src/shop/settings.py": SETTINGS,
            "conf/base/parameters.yml": "number: 3\ndepth: 3\nwho: nobody\n",
            "conf/base/catalog.yml": CATALOG,
            "conf/cluster/.gitkeep": "",
        },
    )
    project.root.rename(folder)
    project.home.rmdir()
    folder.parent.joinpath(f"{folder.name}.made").rmdir()
