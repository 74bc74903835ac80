"""`run --isolation container`: containers in their own images, by the engine that is here."""

from __future__ import annotations

import contextlib
import io
import os
import re
import resource
import shutil
import signal
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from manifests import Folder
from projects import MakeProject, is_clean

#: A small image that is made here: no registry is asked. Tests run side by side.
IMAGE = f"localhost/argo-kedro-test-in-images:{os.getpid()}"
PROGRAMS = ["sh", "cat", "ls", "sleep", "mkdir", "id", "env", "echo", "ln", "touch"]
SECRET = "planted-71c2"


class Engine:
    """The container engine, and the variables that it needs here."""

    def __init__(self, program: str, variables: dict[str, str]) -> None:
        self.program = program
        self.variables = variables

    def ask(self, *words: str, text: bytes | None = None) -> str:
        ended = subprocess.run(
            [self.program, *words],
            input=text,
            capture_output=True,
            env={**os.environ, **self.variables},
            check=False,
        )
        if ended.returncode != 0:
            raise OSError(ended.stderr.decode())
        return ended.stdout.decode()

    def containers(self) -> list[str]:
        """Names of the containers that tests of this file have made and not removed."""
        return self.ask(
            "ps", "--all", "--filter", f"ancestor={IMAGE}", "--format", "{{.Names}}"
        ).split()


def _files() -> bytes:
    """A root with a shell and some programs of this machine, and what they are linked with."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        known = set()
        for folder in ("tmp", "claim", "dev", "etc"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777
            archive.addfile(entry)
        for name in PROGRAMS:
            path = shutil.which(name)
            assert path is not None, name
            linked = subprocess.run(["ldd", path], capture_output=True, text=True, check=False)
            libraries = re.findall(r"(/\S+) \(0x", linked.stdout)
            for source, target in [(path, f"bin/{name}"), *((it, it[1:]) for it in libraries)]:
                if target not in known:
                    known.add(target)
                    archive.add(os.path.realpath(source), target)
    return made.getvalue()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    # Where root may not raise limits, Podman's own are too high.
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    settings = tmp_path_factory.mktemp("engine") / "containers.conf"
    limits = [f"nofile={min(files, 1024)}:{min(files, 1024)}", "nproc=4096:4096"]
    settings.write_text(f"[containers]\ndefault_ulimits = {limits}\n".replace("'", '"'))
    variables = {"CONTAINERS_CONF": str(settings)}
    for program in ("docker", "podman"):
        engine = Engine(program, variables)
        try:
            engine.ask("info")
            entry = ["--change", 'ENTRYPOINT ["/bin/echo", "of the image:"]']
            engine.ask("import", *entry, "--change", 'CMD ["hello"]', "-", IMAGE, text=_files())
            engine.ask("run", "--rm", "--network", "host", IMAGE)
        except OSError as error:
            reason = str(error).strip()
            continue
        yield engine
        engine.ask("rmi", "--force", IMAGE)
        return
    pytest.skip(f"no container engine works here: {reason}")


class ImageFolder(Folder):
    """A folder of manifests, with what the container engine needs."""

    variables: ClassVar[dict[str, str]] = {}

    def environment(self, extra: dict[str, str | None] | None = None) -> dict[str, str]:
        return super().environment({**self.variables, **(extra or {})})


@pytest.fixture
def folder(tmp_path: Path, engine: Engine) -> Iterator[Folder]:
    made = ImageFolder.make(tmp_path)
    made.variables.update(engine.variables)
    yield made
    left = engine.containers()
    for name in left:
        engine.ask("rm", "--force", name)
    assert not left


def container(*args: str, **more: Any) -> dict[str, Any]:
    return {"image": IMAGE, "imagePullPolicy": "Never", "args": list(args), **more}


def shell(script: str, **more: Any) -> dict[str, Any]:
    return container(script, command=["sh", "-c"], **more)


def run(folder: Folder, *words: str) -> Any:
    result = folder.run("run", "w.yaml", "--isolation", "container", *words)
    assert is_clean(result.text), result
    return result


def messages(folder: Folder) -> dict[str, str | None]:
    tasks = folder.ok("status", "w", "-o", "json").json()["state"]["tasks"]
    return {name: task.get("message") for name, task in tasks.items()}


def log(folder: Folder, task: str) -> str:
    return folder.ok("logs", "w", task).out


def dag(*tasks: tuple[str, dict[str, Any], list[str]], **more: Any) -> dict[str, Any]:
    """A Workflow of tasks with inline templates; a task names those before it."""
    templates = [{"name": name, **template} for name, template, _ in tasks]
    calls = [
        {"name": name, "template": name, "dependencies": before, **template.get("call", {})}
        for name, template, before in tasks
    ]
    for template in templates:
        template.pop("call", None)
    return {
        "entrypoint": "main",
        "templates": [{"name": "main", "dag": {"tasks": calls}}, *templates],
        **more,
    }


def test_an_image_has_its_own_files_and_its_own_entrypoint(folder: Folder) -> None:
    (folder.root / "of-this-machine").write_text("")
    folder.workflow(
        dag(
            ("own", {"container": container()}, []),
            ("words", {"container": container("other", "words")}, []),
            ("command", {"container": shell("ls /; ls /proc/1/root | cat")}, []),
        )
    )
    assert run(folder).code == 0
    assert log(folder, "own") == "of the image: hello\n"
    assert log(folder, "words") == "of the image: other words\n"
    assert "of-this-machine" not in log(folder, "command")
    assert "home" not in log(folder, "command").split()


def test_values_and_artifacts_cross_containers(folder: Folder) -> None:
    make = shell(
        "echo 5 > /tmp/count; mkdir -p /made/deep; echo data > /made/deep/file;"
        " ln -s deep/file /made/link; echo kept > /mnt/kept; echo bye > /dev/termination-log",
        volumeMounts=[{"name": "shared", "mountPath": "/mnt"}],
    )
    outputs = {
        "parameters": [
            {"name": "count", "valueFrom": {"path": "/tmp/count"}},
            {"name": "kept", "valueFrom": {"path": "/mnt/kept"}},
            {"name": "lost", "valueFrom": {"path": "/no/such", "default": "instead"}},
        ],
        "artifacts": [{"name": "made", "path": "/made"}],
    }
    given = {
        "parameters": [
            {"name": name, "value": f"{{{{tasks.make.outputs.parameters.{name}}}}}"}
            for name in ("count", "kept", "lost")
        ],
        "artifacts": [{"name": "made", "from": "{{tasks.make.outputs.artifacts.made}}"}],
    }
    names = [{"name": name} for name in ("count", "kept", "lost")]
    inputs = {"parameters": names, "artifacts": [{"name": "made", "path": "/in"}]}
    values = " ".join(f"{{{{inputs.parameters.{name}}}}}" for name in ("count", "kept", "lost"))
    script = {
        "image": IMAGE,
        "imagePullPolicy": "Never",
        "command": ["sh"],
        "source": f"echo {values}; cat /in/deep/file /in/link\n",
    }
    use = {"script": script, "inputs": inputs, "call": {"arguments": given}}
    folder.workflow(
        dag(
            ("make", {"container": make, "outputs": outputs}, []),
            ("use", use, ["make"]),
            volumes=[{"name": "shared", "emptyDir": {}}],
        )
    )
    result = run(folder)
    assert result.code == 0, result
    assert log(folder, "use") == "5 kept instead\ndata\ndata\n"


def test_a_container_has_its_variables_and_no_other_and_nobody_sees_a_secret(
    folder: Folder, engine: Engine
) -> None:
    secret = {"secretKeyRef": {"name": "store", "key": "token"}}
    variables = [
        {"name": "TOKEN", "valueFrom": secret},
        {"name": "TWO_LINES", "value": "one\ntwo"},
        {"name": "PATH", "value": "/bin"},
        {"name": "HOME", "value": "/claim"},
    ]
    script = 'echo "$TWO_LINES,$PATH,$HOME,$OF_THIS_MACHINE"; test "$TOKEN" = %s && echo known'
    folder.write({"token": f"token={SECRET}\n"})
    folder.workflow(dag(("show", {"container": shell(script % SECRET, env=variables)}, [])))
    words = ["--isolation", "container", "--secret", "store=token"]
    result = folder.run("run", "w.yaml", *words, env={"OF_THIS_MACHINE": "x"})
    assert result.code == 0, result
    assert log(folder, "show").startswith("one\ntwo,/bin,/claim,\nknown")


def test_why_a_container_did_not_start_or_ended(folder: Folder) -> None:
    no_image = {"image": "localhost/argo-kedro-no-such:1", "imagePullPolicy": "Never"}
    folder.workflow(
        dag(
            ("image", {"container": {**no_image, "command": ["true"]}}, []),
            ("program", {"container": container(command=["no-such-program"])}, []),
            ("code", {"container": shell("echo why > /dev/termination-log; exit 3")}, []),
        )
    )
    result = run(folder)
    assert result.code == 1, result
    told = messages(folder)
    start = "main: Error (exit code 64): "
    image = "cannot make a container of the image `localhost/argo-kedro-no-such:1`: "
    assert (told["image"] or "").startswith(f"{start}{image}"), told
    missing = 'exec: "no-such-program": executable file not found in $PATH'
    assert told["program"] == f"{start}failed to find name in PATH: {missing}", told
    assert told["code"] == "main: Error (exit code 3): why\n", told


def test_containers_of_one_pod_share_its_volumes(folder: Folder) -> None:
    mounts = [{"name": "shared", "mountPath": "/shared"}]
    pod = {
        "initContainers": [
            {"name": "first", **shell("echo first > /shared/order", volumeMounts=mounts)}
        ],
        "sidecars": [{"name": "beside", **shell("sleep 300", volumeMounts=mounts)}],
        "container": shell("cat /shared/order; id -u", volumeMounts=mounts),
        "volumes": [{"name": "shared", "emptyDir": {}}],
    }
    pod["container"]["securityContext"] = {"runAsUser": 1234, "runAsGroup": 5}
    folder.workflow(dag(("pod", pod, [])))
    result = run(folder)
    assert result.code == 0, result
    assert log(folder, "pod") == "first\n1234\n"


def test_the_probe_of_a_daemon_runs_in_its_container(folder: Folder) -> None:
    serves = "until ls /tmp/probed; do sleep 0.05; done; echo 1 > /claim/served; exec sleep 300"
    mounts = [{"name": "work", "mountPath": "/claim"}]
    probe = {"exec": {"command": ["sh", "-c", "touch /tmp/probed; ls /claim/served"]}}
    server = {"container": shell(serves, volumeMounts=mounts, readinessProbe=probe), "daemon": True}
    use = {"container": shell("cat /claim/served", volumeMounts=mounts)}
    claims = [{"name": "work", "persistentVolumeClaim": {"claimName": "work"}}]
    folder.workflow(dag(("server", server, []), ("use", use, ["server"]), volumes=claims))
    result = run(folder)
    assert result.code == 0, result
    assert log(folder, "use") == "1\n"


def test_a_container_that_is_told_to_end_ends_at_once(folder: Folder) -> None:
    # The first process of a container does not hear SIGTERM unless it handles it.
    handles = "trap 'echo told; exit 7' TERM; touch /claim/b; while :; do sleep 0.1; done"
    mounts = [{"name": "work", "mountPath": "/claim"}]
    script = "touch /claim/a; exec sleep 300"
    folder.workflow(
        dag(
            ("deaf", {"container": shell(script, volumeMounts=mounts)}, []),
            ("handles", {"container": shell(handles, volumeMounts=mounts)}, []),
            (
                "ask",
                {
                    "container": shell(
                        "while ! ls /claim/a /claim/b; do sleep 0.1; done; exit 1",
                        volumeMounts=mounts,
                    )
                },
                [],
            ),
            volumes=[{"name": "work", "persistentVolumeClaim": {"claimName": "work"}}],
        )
    )
    with folder.going("--isolation", "container") as following:
        following.until("✗ ask")
        following.program.send_signal(signal.SIGINT)
    assert following.code == 130, following.text
    assert log(folder, "handles") == "told\n"
    tasks = folder.ok("status", "w", "-o", "json").json()["state"]["tasks"]
    # Not 137, as after the grace of thirty seconds.
    assert (tasks["deaf"]["exit_code"], tasks["handles"]["exit_code"]) == (143, 7)


def test_what_a_killed_run_leaves_is_removed_and_the_run_continues(
    folder: Folder, engine: Engine
) -> None:
    script = "test -e /claim/go && exit 0; touch /claim/started; exec sleep 300"
    mounts = [{"name": "work", "mountPath": "/claim"}]
    wait = "while ! ls /claim/started; do sleep 0.1; done; exit 1"
    folder.workflow(
        dag(
            ("stays", {"container": shell(script, volumeMounts=mounts)}, []),
            ("ask", {"container": shell(wait, volumeMounts=mounts)}, []),
            volumes=[{"name": "work", "persistentVolumeClaim": {"claimName": "work"}}],
        )
    )
    with folder.start("run", "w.yaml", "--isolation", "container") as program:
        assert program.stderr is not None
        while "✗ ask" not in program.stderr.readline():
            pass
        assert len(engine.containers()) == 1
        program.kill()
    (claim,) = folder.root.glob(".argo-kedro/runs/w/claims/*")
    (claim / "go").touch()
    # The images and the isolation are the run's.
    result = folder.run("retry", "w", "-o", "json")
    assert engine.containers() == []
    assert '"task":"stays"' in result.out.replace(" ", ""), result
    assert folder.tree()["stays"] == "Succeeded"


def test_a_container_outlives_the_client_of_its_engine(folder: Folder, engine: Engine) -> None:
    script = "touch /claim/started; until ls /claim/go; do sleep 0.1; done; echo 5 > /tmp/out"
    mounts = [{"name": "work", "mountPath": "/claim"}]
    outputs = {"parameters": [{"name": "out", "valueFrom": {"path": "/tmp/out"}}]}
    stays = {"container": shell(script, volumeMounts=mounts), "outputs": outputs}
    wait = "while ! ls /claim/started; do sleep 0.1; done; exit 1"
    folder.workflow(
        dag(
            ("stays", stays, []),
            ("ask", {"container": shell(wait, volumeMounts=mounts)}, []),
            volumes=[{"name": "work", "persistentVolumeClaim": {"claimName": "work"}}],
        )
    )
    with folder.going("--isolation", "container") as following:
        following.until("✗ ask")
        (name,) = engine.containers()
        # Podman notes that a container runs a moment after its program has begun.
        running = (engine.ask("inspect", "--format", "{{.State.Running}}", name) for _ in range(99))
        assert any(state.strip() == "true" for state in running)
        os.kill(client_of(name), signal.SIGKILL)
        (claim,) = folder.root.glob(".argo-kedro/runs/w/claims/*")
        (claim / "go").touch()
    assert folder.tree()["stays"] == "Succeeded", following.text


def client_of(container: str) -> int:
    """Id of the process that shows the output of a container."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode().split("\0")
            if words[1:3] == ["start", "--attach"] and container in words:
                return int(folder.name)
    raise AssertionError(f"nobody shows the output of {container}")


def test_a_container_over_its_limit_is_killed(folder: Folder) -> None:
    resources = {"limits": {"memory": "32Mi"}}
    script = "x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done"
    folder.workflow(dag(("eats", {"container": shell(script, resources=resources)}, [])))
    result = run(folder, "--enforce-limits")
    assert result.code == 1, result
    assert messages(folder)["eats"] == "main: OOMKilled (exit code 137)", result


def test_without_a_container_engine_nothing_begins(folder: Folder, tmp_path: Path) -> None:
    folder.workflow(dag(("own", {"container": container()}, [])))
    assert run(folder, "--dry-run").code == 0
    nothing = {"PATH": str(tmp_path)}
    refused = folder.run("run", "w.yaml", "--isolation", "container", env=nothing)
    assert refused.code == 2, refused
    assert "no program here runs containers" in refused.err, refused
    assert "docker or podman" in refused.err, refused
    assert folder.run("status").code == 2


def test_the_tasks_of_a_project_do_not_run_in_images(make_project: MakeProject) -> None:
    registry = """
def make():
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(make, None, "made", name="make")])}
"""
    project = make_project(registry, {})
    for words in (["run"], ["run", "--like-a-pod"]):
        refused = project.run(*words, "--isolation", "container")
        assert refused.code == 2 and "is for runs of Argo manifests" in refused.err, refused
    assert project.run("status").code == 2, "nothing is on record"
