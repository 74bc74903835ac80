"""`run --like-a-pod`: what a pod would lack is missing here too, and the program names it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from projects import BIN, MakeProject, Project, is_clean

#: A custom dataset that opens its path like Kedro's datasets do.
OBJECT = """\
import json, fsspec
from kedro.io import AbstractDataset


class JsonObject(AbstractDataset):
    def __init__(self, filepath, credentials=None):
        self._path = filepath
        protocol = filepath.split("://")[0] if "://" in filepath else "file"
        self._files = fsspec.filesystem(protocol, **(credentials or {}))

    def load(self):
        with self._files.open(self._path, "r") as file:
            return json.load(file)

    def save(self, data):
        with self._files.open(self._path, "w") as file:
            json.dump(data, file)

    def _exists(self):
        return self._files.exists(self._path)

    def _describe(self):
        return {"filepath": self._path}
"""

#: `double` twice: from `raw` to `middle`, and to `result`.
REGISTRY = """
def double(number):
    return number * 2

def again(number):
    return number * 2

def register_pipelines():
    return {"__default__": Pipeline([
        node(double, "raw", "middle", name="first"),
        node(again, "middle", "result", name="second"),
    ])}
"""


def catalog(**paths: str) -> str:
    entry = "{name}:\n  type: shop.objects.JsonObject\n  filepath: {path}\n"
    return "".join(entry.format(name=name, path=path) for name, path in paths.items())


CLOUD = {
    "raw": "s3://bucket/raw.json",
    "middle": "s3://bucket/middle.json",
    "result": "abfss://box@account.dfs.core.windows.net/out/result.json",
}
HERE = {"raw": "data/raw.json", "middle": "data/middle.json", "result": "data/result.json"}

FILES: dict[str, str | bytes] = {
    "src/shop/objects.py": OBJECT,
    "requirements.txt": "kedro\ns3fs\nadlfs\n",
    "data/raw.json": "5",
    "conf/base/catalog.yml": catalog(**HERE),
    "conf/cloud/catalog.yml": catalog(**CLOUD),
}

DOCKERFILE = """\
FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt argo-kedro
COPY . .
RUN mkdir -p conf/local
"""


def run_folder(project: Project) -> Path:
    [folder] = (project.root / ".argo-kedro/runs").iterdir()
    return folder


def words(text: str) -> str:
    """A text without line breaks, and without the frame of quoted lines."""
    return " ".join(text.replace("|", " ").split())


@pytest.fixture
def shop(make_project: MakeProject) -> Project:
    return make_project(REGISTRY, dict(FILES))


def test_without_an_ignore_file_the_advice_is_to_make_one(shop: Project) -> None:
    shop.write({"conf/cloud/catalog.yml": catalog(**CLOUD | {"raw": "data/raw.json"})})
    result = shop.run("run", "--like-a-pod")
    said = words(result.err)
    assert result.code == 1, result
    assert "the .dockerignore that `argo-kedro init` makes excludes it" in said, said
    assert "run `argo-kedro init`, then add `!data/raw.json`" in said, said
    assert "--> .dockerignore" not in said, said


@pytest.mark.kedro
def test_a_sound_project_succeeds_and_its_data_are_in_the_store(shop: Project) -> None:
    result = shop.run("run", "--like-a-pod")
    assert result.code == 0, result
    store = run_folder(shop) / "store"
    assert (store / "bucket/middle.json").read_text() == "10"
    assert (store / "box/out/result.json").read_text() == "20"
    assert "copied data/raw.json to the store, as s3://bucket/raw.json" in result.err
    assert "environment `cloud`" in result.err
    assert not (run_folder(shop) / "pod").exists()
    assert not (shop.root / "data/middle.json").exists()
    # Results have their paths on this machine, not URLs of buckets that do not exist.
    there = f"result {store.relative_to(shop.root)}/box/out/result.json"
    for said in (result.err, shop.ok("status").text, shop.ok("results").text):
        assert there.split()[1] in said, said
        assert "abfss://box" not in said, said
    assert there in words(result.err)


def test_results_are_read_in_the_store_of_the_run(shop: Project) -> None:
    shop.ok("run", "--like-a-pod")
    found = {it["dataset"]: it for it in shop.ok("results", "-o", "json").json()["results"]}
    assert (found["result"]["value"], found["result"]["size"]) == (
        {"kind": "json", "json": 20},
        2,
    )
    # A missing file has no size, and its entry says so.
    for file in shop.root.rglob("middle.json"):
        file.unlink()
    gone = {it["dataset"]: it for it in shop.ok("results", "-o", "json").json()["results"]}
    assert "size" not in gone["middle"]
    assert gone["middle"]["problem"] == "the data no longer exists"


def test_a_store_of_the_users_own_has_the_inputs(shop: Project) -> None:
    shop.write({"build/store/bucket/raw.json": "7"})
    shop.ok("run", "--like-a-pod", "--store", "build/store")
    assert (shop.root / "build/store/bucket/middle.json").read_text() == "14"
    assert shop.run("run", "--store", "build/store").code == 2
    refused = shop.run("run", "--like-a-pod", "--store", "s3://bucket")
    assert refused.code == 2
    assert "is not a folder" in refused.err


ON_A_CLAIM = """
nodes:
  '*':
    volumes:
      - {name: data, mount_path: /mnt/shop, persistent_volume_claim: {claimName: shop-data}}
"""
ON_THE_CLAIM = {name: f"/mnt/shop/{name}.json" for name in ("raw", "middle", "result")}


@pytest.fixture
def mounting(shop: Project) -> Project:
    """A project with data on a volume that all tasks mount."""
    shop.write(
        {
            "conf/cloud/catalog.yml": catalog(**ON_THE_CLAIM),
            "conf/cloud/argo.yml": ON_A_CLAIM,
        }
    )
    return shop


def test_a_folder_stands_for_a_claim_that_tasks_mount(mounting: Project) -> None:
    result = mounting.run("run", "--like-a-pod")
    assert result.code == 0, result
    claim = run_folder(mounting) / "store/shop-data"
    assert (claim / "middle.json").read_text() == "10"
    assert (claim / "result.json").read_text() == "20"
    assert "copied data/raw.json to the store, as /mnt/shop/raw.json" in result.err
    assert not Path("/mnt/shop").exists()
    there = f"{claim.relative_to(mounting.root)}/result.json"
    for said in (result.err, mounting.ok("status").text, mounting.ok("results").text):
        assert there in said, said


def test_a_name_that_is_still_a_placeholder_is_an_error(mounting: Project) -> None:
    """A folder stands in for the claim, so the run cannot notice that no pod can mount it."""
    argo = ON_A_CLAIM.replace("shop-data", "<claim>")
    mounting.write({"conf/cloud/argo.yml": argo})
    result = mounting.run("run", "--like-a-pod")
    assert result.code == 2, result
    assert "error[placeholder]: `<claim>` in the claim of the volume" in words(result.err), result


def test_an_input_that_is_nowhere_has_to_be_on_the_claim(mounting: Project) -> None:
    (mounting.root / "data/raw.json").unlink()
    result = mounting.run("run", "--like-a-pod")
    assert result.code == 1
    said = words(result.err)
    assert "the volume of the claim `shop-data` has to hold /mnt/shop/raw.json" in said
    assert "error[data-not-in-store]: task first needs `raw`" in said
    store = mounting.root / "build/store/shop-data"
    mounting.write({"build/store/shop-data/raw.json": "7"})
    mounting.ok("run", "--like-a-pod", "--store", "build/store")
    assert (store / "middle.json").read_text() == "14"


def test_a_claim_is_for_runs_that_are_like_pods(mounting: Project) -> None:
    refused = mounting.run("run", "--env", "cloud")
    assert refused.code == 2, refused
    assert "with --like-a-pod, a folder stands for it" in words(refused.err)


def test_an_input_that_is_nowhere_has_to_be_in_the_bucket(shop: Project) -> None:
    (shop.root / "data/raw.json").unlink()
    result = shop.run("run", "--like-a-pod")
    assert result.code == 1
    assert "the bucket has to hold s3://bucket/raw.json" in words(result.err)
    assert "error[data-not-in-store]: task first needs `raw`" in words(result.err)


def test_the_environment_that_is_typed_wins(shop: Project) -> None:
    shop.write({".dockerignore": ""})
    result = shop.run("run", "--like-a-pod", "--env", "local", "--nodes", "first")
    assert result.code == 0, result
    assert "environment `cloud`" not in result.err


def test_a_raw_file_that_the_image_does_not_have(shop: Project) -> None:
    raw = catalog(**{**CLOUD, "raw": "data/raw.json"})
    shop.write({"conf/cloud/catalog.yml": raw, ".dockerignore": "# data\ndata/\n"})
    shop.write({"Dockerfile": DOCKERFILE})
    result = shop.run("run", "--like-a-pod")
    assert result.code == 1
    assert (
        "error[file-not-in-image]: task first needs `data/raw.json`, but the image does not have "
        "it: .dockerignore excludes it"
    ) in words(result.err)
    assert ".dockerignore:2:1" in result.err
    assert "add `!data/raw.json` at the end of .dockerignore" in words(result.err)
    assert is_clean(result.err)
    assert ".argo-kedro/runs" not in result.out, "paths are those of the project"


def test_a_file_of_secrets_is_never_advised_into_an_image(shop: Project) -> None:
    body = 'return open("conf/local/credentials.yml").read()'
    shop.registry(REGISTRY.replace("return number * 2", body, 1))
    shop.write({"Dockerfile": DOCKERFILE, ".dockerignore": "conf/local/\n"})
    shop.write({"conf/local/credentials.yml": "store: {key: planted}\n"})
    result = shop.run("run", "--like-a-pod")
    assert result.code == 1, result
    assert "needs `conf/local/credentials.yml`, but the image does not" in words(result.err)
    assert "give them to the task as variables from a Secret" in words(result.err)
    assert "!conf/local" not in result.err, result


def test_the_home_folder_of_a_pod_is_empty(shop: Project) -> None:
    body = "return (Path.home() / '.netrc').read_text()"
    shop.registry(REGISTRY.replace("return number * 2", body, 1))
    result = shop.run("run", "--like-a-pod")
    assert result.code == 1, result
    assert "needs ~/.netrc, and the home folder of a pod is empty" in words(result.err)
    assert ".argo-kedro/runs" not in result.err.split("not in a pod:")[1], result


def test_a_file_that_no_copy_takes(shop: Project) -> None:
    raw = catalog(**{**CLOUD, "raw": "data/raw.json"})
    narrow = DOCKERFILE.replace("COPY . .", "COPY pyproject.toml ./\nCOPY src src\nCOPY conf conf")
    shop.write({"conf/cloud/catalog.yml": raw, "Dockerfile": narrow})
    result = shop.run("run", "--like-a-pod")
    assert "no COPY of Dockerfile takes it" in words(result.err)
    assert "add this line to Dockerfile: COPY data/raw.json data/raw.json" in words(result.err)


def test_a_folder_of_the_configuration_that_the_image_does_not_have(shop: Project) -> None:
    shop.write({"Dockerfile": DOCKERFILE, ".dockerignore": "conf/cloud\n"})
    result = shop.run("run", "--like-a-pod")
    assert result.code == 1
    assert "task first needs `conf/cloud`, but the image does not have it" in words(result.err)
    assert ".dockerignore:1:1" in result.err


def test_a_module_of_the_project_that_the_image_does_not_have(shop: Project) -> None:
    shop.write({"src/shop/extra.py": "", ".dockerignore": "src/shop/extra.py\n"})
    shop.registry(REGISTRY.replace("return number * 2", "import shop.extra", 1))
    result = shop.run("run", "--like-a-pod")
    assert result.code == 1
    assert "task first needs `src/shop/extra.py`" in words(result.err)


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (
            'os.environ["SHOP_REGION"]',
            "error[variable-not-in-pod]: task first needs the variable `SHOP_REGION`, but its pod "
            "does not have it; only your shell has it",
        ),
        (
            'os.environ.get("SHOP_REGION").upper()',
            "warning[variable-not-in-pod]: task first reads the variable `SHOP_REGION`, which your "
            "shell has and a pod does not",
        ),
    ],
)
def test_a_variable_that_only_the_shell_has(shop: Project, read: str, said: str) -> None:
    shop.registry(REGISTRY.replace("return number * 2", f"return {read}", 1))
    shop.ok("run", "--env", "local", env={"SHOP_REGION": "north"})
    result = shop.run("run", "--like-a-pod", env={"SHOP_REGION": "north"})
    assert result.code == 1
    assert said in words(result.err)
    assert "template: {environment: [{name: SHOP_REGION, value: …}]}" in words(result.err)
    given = "template: {environment: [{name: SHOP_REGION, value: south}]}\n"
    shop.write({"conf/base/argo.yml": given})
    shop.ok("run", "--like-a-pod", env={"SHOP_REGION": "north"})


def test_a_variable_that_the_configuration_reads(shop: Project) -> None:
    entry = catalog(raw=CLOUD["raw"]) + "  credentials: bucket\n"
    others = catalog(middle=CLOUD["middle"], result=CLOUD["result"])
    secret = "bucket: {key: '${oc.env:SHOP_BUCKET}'}\n"
    shop.write({"conf/cloud/catalog.yml": entry + others, "conf/cloud/credentials.yml": secret})
    shop.write({"Dockerfile": DOCKERFILE})
    result = shop.run("run", "--like-a-pod", env={"SHOP_BUCKET": "s3://bucket"})
    assert result.code == 1, result
    assert "needs the variable `SHOP_BUCKET`" in words(result.err)


def test_the_variables_of_the_image_are_there(shop: Project) -> None:
    image = DOCKERFILE + "ENV SHOP_MODE=pod PYTHONPATH=/app/libs\n"
    shop.write({"Dockerfile": image, "libs/tool.py": "FACTOR = 3"})
    body = 'import tool; assert os.environ["SHOP_MODE"] == "pod"; return number * tool.FACTOR'
    shop.registry(REGISTRY.replace("return number * 2", body, 1))
    shop.ok("run", "--like-a-pod")
    assert (run_folder(shop) / "store/bucket/middle.json").read_text() == "15"


@pytest.mark.kedro
def test_a_package_that_the_requirements_do_not_name(shop: Project) -> None:
    shop.registry(REGISTRY.replace("return number * 2", "import execnet", 1))
    shop.write({"Dockerfile": DOCKERFILE})
    result = shop.run("run", "--like-a-pod")
    assert result.code == 1
    assert (
        "error[package-not-in-image]: task first imports `execnet`, but the image does not "
        "install the package `execnet`"
    ) in words(result.err)
    assert "add `execnet` to requirements.txt" in words(result.err)
    shop.write({"requirements.txt": "kedro\ns3fs\nadlfs\npytest-xdist\n"})
    shop.registry(REGISTRY.replace("return number * 2", "import execnet; return 1", 1))
    shop.ok("run", "--like-a-pod")


def test_a_package_where_it_is_not_certain_what_the_image_installs(shop: Project) -> None:
    shop.registry(REGISTRY.replace("return number * 2", "import execnet; return 1", 1))
    shop.write({"Dockerfile": DOCKERFILE + "RUN ./install.sh\n"})
    result = shop.run("run", "--like-a-pod")
    assert result.code == 0, result
    assert "warning[package-not-in-image]: task first imports `execnet`" in words(result.err)
    assert "src/shop/pipeline_registry.py:" in result.err


def test_what_a_task_leaves_on_its_own_disk(shop: Project) -> None:
    shop.write({"conf/cloud/catalog.yml": catalog(**{**CLOUD, "middle": "data/middle.json"})})
    shop.write({".dockerignore": "data/*\n!data/.keep\n", "data/.keep": ""})
    result = shop.run("run", "--like-a-pod")
    assert result.code == 1
    assert (
        "error[file-of-another-pod]: task second needs `data/middle.json`, which task first has "
        "written on the disk of its own pod: that disk ends with the pod"
    ) in words(result.err)
    assert "store `middle` in a bucket" in words(result.err)


def test_a_task_cannot_change_the_project(shop: Project) -> None:
    body = """\
with open("README.md", "a") as file: file.write("x")
    Path("conf/base/parameters.yml").unlink()
    return 1
"""
    shop.write({"README.md": "read me"})
    shop.registry(REGISTRY.replace("return number * 2", body, 1))
    shop.ok("run", "--like-a-pod")
    assert shop.read("README.md") == "read me"
    assert (shop.root / "conf/base/parameters.yml").exists()


def test_a_task_leaves_nothing_to_the_next_one_where_there_are_many_files(shop: Project) -> None:
    steps = ["raw", "one", "two", "three", "four"]
    shop.registry(
        """
def change(number):
    kept, removed, new = Path("many/0"), Path("many/1"), Path("many/new")
    assert kept.read_text() == removed.read_text() == "as it was"
    assert not new.exists()
    kept.write_text("as it is ")
    removed.unlink()
    new.write_text("")
    return number

def register_pipelines():
    steps = """
        + repr(steps)
        + """
    return {"__default__": Pipeline([
        node(change, *pair, name=pair[1]) for pair in zip(steps, steps[1:])
    ])}
"""
    )
    paths = {step: f"s3://bucket/{step}.json" for step in steps}
    shop.write({"conf/cloud/catalog.yml": catalog(**paths)})
    shop.write({f"many/{number}": "as it was" for number in range(600)})
    shop.ok("run", "--like-a-pod")
    assert shop.read("many/0") == "as it was" and not (run_folder(shop) / "pod").exists()


def test_a_path_of_this_machine(shop: Project) -> None:
    body = f"return open({str(shop.root / 'data/raw.json')!r}).read()"
    shop.registry(REGISTRY.replace("return number * 2", body, 1))
    result = shop.run("run", "--like-a-pod")
    assert result.code == 1
    assert "a path of this machine that a pod does not have" in words(result.err)
    assert "use a path relative to the project: data/raw.json" in words(result.err)


def test_data_that_cross_tasks_are_handed_over_as_the_manifest_says(shop: Project) -> None:
    two = catalog(raw=CLOUD["raw"], result=CLOUD["result"])
    shop.write({"conf/cloud/catalog.yml": two, "conf/base/catalog.yml": catalog(raw=HERE["raw"])})
    shop.ok("run", "--env", "local")
    result = shop.run("run", "--like-a-pod")
    assert result.code == 1
    assert "memory_datasets.path" in result.text
    shop.write({"conf/base/argo.yml": "memory_datasets: {path: s3://bucket/hand-off}\n"})
    shop.ok("run", "--like-a-pod", "--store", "store")
    assert list((shop.root / "store/bucket/hand-off").rglob("middle.pickle"))


def test_what_stands_in_for_a_store_needs_no_library_of_it(shop: Project) -> None:
    stored = catalog(**CLOUD).replace("shop.objects.", "stores.")
    assert "stores." in stored
    of_another_package = (
        "from shop import objects\n\nclass JsonObject(objects.JsonObject):\n    pass\n"
    )
    shop.write({"src/stores.py": of_another_package, "conf/cloud/catalog.yml": stored})
    assert "missing-storage-library" in shop.run("run", "--env", "cloud").err
    assert "missing-storage-library" not in shop.ok("run", "--like-a-pod").err


def test_a_retry_goes_on_like_a_pod(shop: Project) -> None:
    shop.registry(REGISTRY.replace("return number * 2", 'return os.environ["X"]', 1))
    assert shop.run("run", "--like-a-pod", "-w", "r", env={"X": "1"}).code == 1
    result = shop.run("retry", "r", env={"X": "1"})
    assert result.code == 1, result
    assert "needs the variable `X`" in words(result.err)
    shop.registry(REGISTRY)
    shop.ok("retry", "r")
    assert (run_folder(shop) / "store/bucket/middle.json").read_text() == "10"
    assert "Succeeded" in shop.ok("status", "r").out


def test_a_template_of_the_users_own_runs_as_ever(make_project: MakeProject) -> None:
    argo = """\
        template:
          default_template: own
          templates:
          - name: own
            container: {command: [sh, -c, "echo $HOME > home.txt"]}
        """
    single = """
        def one(): return 1
        def register_pipelines():
            return {"__default__": Pipeline([node(one, None, "x", name="one")])}
        """
    project = make_project(single, {"conf/base/argo.yml": argo})
    result = project.run("run", "--like-a-pod")
    assert result.code == 0, result
    assert "one have templates of their own" in words(result.err).replace("has", "have")
    assert project.read("home.txt").strip() == str(project.home)


def test_ctrl_c_leaves_nothing(shop: Project) -> None:
    # The pipe is in the project: a task reaches it only through the store.
    shop.write({"store/bucket/raw.json": "1"})
    os.mkfifo(shop.root / "store/said")
    body = f"tell({str(shop.root / 'store/said')!r}); signal.pause()"
    shop.registry(REGISTRY.replace("return number * 2", body, 1))
    process = shop.start("run", "--like-a-pod", "--store", "store")
    shop.hear("store/said")
    assert list(run_folder(shop).glob("pod/rooms/*"))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert not (run_folder(shop) / "pod").exists()


#: A Python that reports a request for the packages, and answers after a message.
WAITING = """\
#!/bin/sh
case "$*" in *like_a_pod.packages*) echo asked > {said}; read word < {go};; esac
exec {python} "$@"
"""


def test_ctrl_c_while_the_files_are_made_leaves_nothing(shop: Project) -> None:
    said, go = shop.fifo("said"), shop.fifo("go")
    python = shop.home / "python"
    python.write_text(WAITING.format(said=said, go=go, python=BIN / "python"), encoding="utf-8")
    python.chmod(0o755)
    process = shop.start("run", "--like-a-pod", "--python", str(python))
    shop.hear("said")
    assert (run_folder(shop) / "pod").is_dir()
    # A terminal sends the signal to all processes of the group.
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert not (run_folder(shop) / "pod").exists()
    assert shop.are_gone(shop.processes())
    assert shop.traces() == []


PLANTED = "planted-secret"
#: Prints everything that a task can read: its variables, and every file of its folder.
SPYING = """
    secret = "-".join(["planted", "secret"])  # not as a word: this file is read as well
    seen = [*os.environ.values()]
    for folder, _, files in os.walk(os.getcwd()):
        for name in files:
            seen.append(Path(folder, name).read_text(errors="replace"))
    assert not any(secret in text for text in seen), "a secret"
    return number * 2
"""


def test_credentials_of_this_machine_are_not_in_a_pod(shop: Project) -> None:
    spying = REGISTRY.replace("    return number * 2", SPYING)
    shop.registry(spying)
    secrets = f"bucket: {{key: {PLANTED}}}\n"
    shop.write({"conf/local/credentials.yml": secrets, ".env": f"KEY={PLANTED}\n"})
    shop.ok("init", "--yes")
    variables: dict[str, str | None] = {
        name: PLANTED for name in ("AWS_SECRET_ACCESS_KEY", "KEY", "GOOGLE_APPLICATION_CREDENTIALS")
    }
    # In a plain run the task sees them.
    seen = shop.run("run", env=variables)
    assert seen.code == 1 and "a secret" in seen.text, seen
    result = shop.run("run", "--like-a-pod", env=variables)
    assert result.code == 0, result
    assert PLANTED not in result.text
    left = [path for path in run_folder_of(shop, "pod").rglob("*") if path.is_file()]
    assert not any(PLANTED.encode() in path.read_bytes() for path in left)


def run_folder_of(project: Project, kind: str) -> Path:
    """The folder of the run with tasks like pods."""
    runs = project.root / ".argo-kedro/runs"
    [folder] = (run for run in runs.iterdir() if (run / f"like-a-{kind}.json").exists())
    return folder


def test_what_a_killed_run_leaves_the_next_one_takes_away(shop: Project) -> None:
    shop.write({"store/bucket/raw.json": "1"})
    os.mkfifo(shop.root / "store/said")
    body = f"tell({str(shop.root / 'store/said')!r}); signal.pause()"
    shop.registry(REGISTRY.replace("return number * 2", body, 1))
    process = shop.start("run", "--like-a-pod", "--store", "store", "-w", "killed")
    shop.hear("store/said")
    process.kill()
    process.communicate(timeout=60)
    left = shop.root / ".argo-kedro/runs/killed/pod"
    assert left.exists()
    shop.registry(REGISTRY)
    # The keeper ends the old tasks meanwhile; a retry waits for that.
    shop.ok("retry", "killed")
    assert not left.exists()
