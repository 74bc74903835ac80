"""`build`: with a registry on this machine and a builder that only claims to build."""

from __future__ import annotations

import base64
import json
import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from projects import BIN, MakeProject, Project, is_clean

PLANTED = "planted-secret"
KEY = f"MIIEvQIBADANBgkqhkiG9w0B\n{PLANTED}"
DIGEST = f"sha256:{'3' * 64}"
IGNORE = "conf/local\n**/*credentials*\n**/.env\n.argo-kedro\nlogs\n"
#: Records the image as pushed, and that the command has ended.
PUSH = """[sh, -c, 'echo "building $0"; echo "$0" >> "$HOME/pushed"', '{image}']"""


@dataclass
class FakeRegistry:
    """A registry with the images that the builder recorded."""

    pushed: Path
    address: str = ""
    #: User and password that it requires.
    login: str | None = None
    asked: list[str] = field(default_factory=list)

    def tags(self) -> list[str]:
        text = self.pushed.read_text() if self.pushed.exists() else ""
        return [line.rpartition(":")[2] for line in text.splitlines()]

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append(request.path)
        wanted = f"Basic {base64.b64encode((self.login or '').encode()).decode()}"
        if self.login and request.headers.get("Authorization") != wanted:
            request.send_response(401)
            request.send_header("WWW-Authenticate", 'Basic realm="x"')
        elif request.path.rpartition("/")[2] in self.tags():
            request.send_response(200)
            request.send_header("Docker-Content-Digest", DIGEST)
        else:
            request.send_response(404)
            request.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        request.send_header("Content-Length", "0")
        request.end_headers()


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(files={"Dockerfile": "FROM scratch\n", ".dockerignore": IGNORE})


@pytest.fixture
def registry(project: Project) -> Iterator[FakeRegistry]:
    registry = FakeRegistry(project.home / "pushed")

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            registry.answer(self)

        def do_GET(self) -> None:
            registry.answer(self)

        def log_message(self, format: str, *words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        registry.address = f"127.0.0.1:{server.server_port}"
        configure(project, registry)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield registry
        server.shutdown()


def configure(project: Project, registry: FakeRegistry, *lines: str, command: str = PUSH) -> None:
    """Writes `argo.yml`; `lines` are further keys of `deployment`."""
    deployment = [f"image: {registry.address}/shop", f"build_command: {command}", *lines]
    text = "".join(f"  {line}\n" for line in deployment)
    project.write({"conf/base/argo.yml": f"deployment:\n{text}"})


def test_it_is_built_once(project: Project, registry: FakeRegistry) -> None:
    first = project.ok("build", "--push")
    assert re.fullmatch(rf"{registry.address}/shop:[0-9a-f]{{16}}@{DIGEST}\n", first.out)
    assert "up to date" not in first.err
    second = project.ok("build", "--push")
    assert second.out == first.out
    assert "up to date" in second.err
    assert len(registry.tags()) == 1


def test_only_what_gets_into_the_image_makes_another_one(
    project: Project, registry: FakeRegistry
) -> None:
    first = project.ok("build", "--push").out
    project.write({"logs/a.log": "x", "conf/local/credentials.yml": "x: y\n"})
    assert project.ok("build", "--push").out == first
    project.write({"src/shop/new.py": "x = 1\n"})
    assert project.ok("build", "--push").out != first
    assert project.ok("build", "--push", "--platform", "linux/arm64").out != first


def test_a_run_and_settings_of_the_workflow_make_no_other_image(
    project: Project, registry: FakeRegistry
) -> None:
    project.write({".dockerignore": "conf/local\n**/*credentials*\n**/.env\n"})
    first = project.ok("build", "--push").out
    project.write(
        {
            "info.log": "x",
            "src/shop/__pycache__/a.pyc": "x",
            ".viz/stats.json": "{}",
            "my env/pyvenv.cfg": "",
        }
    )
    machines = "machine_types: {default: {mem: 450Mi, cpu: 1}}\ndefault_machine_type: default\n"
    configure(project, registry, "build_options: [--network=host]")
    argo = project.root / "conf/base/argo.yml"
    argo.write_text(argo.read_text() + machines)
    again = project.ok("build", "--push", "--why")
    assert again.out == first
    assert "nothing has changed since the last image" in again.err
    project.write({"src/shop/new.py": "x = 1\n"})
    why = project.ok("build", "--push", "--why", "--dry-run")
    assert "1 change since the last image" in why.err and "new      src/shop/new.py" in why.err
    assert "since the last image: src/shop/new.py new" in project.ok("build", "--push").err
    build = "\n[build-system]\nrequires = ['setuptools', 'setuptools_scm']\n"
    project.write({"pyproject.toml": project.read("pyproject.toml") + build, ".git/HEAD": "x"})
    why = project.ok("build", "--push", "--why", "--dry-run")
    assert "setuptools-scm takes the version of the project from Git" in why.err
    assert "new      .git" in why.err


def test_what_was_done_is_there_for_programs(project: Project, registry: FakeRegistry) -> None:
    report = project.ok("build", "--push", "-o", "json").json()
    assert report["built"] and report["pushed"] and not report["up_to_date"]
    assert report["digest"] == DIGEST
    assert report["image"] == f"{report['repository']}:{report['tag']}@{DIGEST}"
    again = project.ok("build", "--push", "-o", "json").json()
    assert again == {**report, "built": False, "pushed": False, "up_to_date": True, "steps": []}
    assert project.ok("build", "--push", "-o", "name").out == f"{report['image']}\n"


def test_a_dry_run_builds_nothing(project: Project, registry: FakeRegistry) -> None:
    result = project.ok("build", "--push", "--dry-run")
    assert "would build 127.0.0.1" in result.err
    assert registry.tags() == []


def test_a_failed_build_shows_all_of_its_log(project: Project, registry: FakeRegistry) -> None:
    command = "[sh, -c, 'echo first; echo last >&2; exit 7', '{image}']"
    configure(project, registry, command=command)
    result = project.run("build", "--push")
    assert (result.code, result.out) == (1, "")
    assert "first" in result.err and "last" in result.err
    assert "the build failed (exit status: 7)" in result.err
    assert is_clean(result.err)


def test_a_fixed_tag_is_always_built(project: Project, registry: FakeRegistry) -> None:
    configure(project, registry, "tag: v1")
    for _ in range(2):
        result = project.ok("build", "--push")
        assert result.out == f"{registry.address}/shop:v1@{DIGEST}\n"
        assert "the tag `v1` does not depend on the files" in result.err
    assert registry.tags() == ["v1", "v1"]
    project.ok("build", "--push", "--image", f"{registry.address}/shop:v2")
    assert registry.tags()[-1] == "v2"


def test_a_random_tag_is_chosen_by_content(project: Project, registry: FakeRegistry) -> None:
    configure(project, registry, 'tag: "${ka.random:}"')
    first = project.ok("build", "--push").out
    assert project.ok("build", "--push").out == first


def test_force_builds_what_is_there(project: Project, registry: FakeRegistry) -> None:
    first = project.ok("build", "--push").out
    assert project.ok("build", "--push", "--force").out == first
    assert len(registry.tags()) == 2


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({".dockerignore": "data\n", ".env": f"TOKEN={PLANTED}\n"}, "secret-in-context"),
        (
            {
                ".dockerignore": "conf/local\n!conf/local/*.yml\n",
                "conf/local/credentials.yml": f"x: {PLANTED}\n",
            },
            "secret-in-context",
        ),
        (
            {
                ".dockerignore": "data\n",
                "tls/server.key": f"-----BEGIN PRIVATE KEY-----\n{KEY}",
            },
            "secret-in-context",
        ),
        (
            {
                ".dockerignore": "data\n",
                "conf/base/signing": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{KEY}",
            },
            "secret-in-context",
        ),
    ],
)
def test_a_secret_is_found_before_the_build(
    project: Project, registry: FakeRegistry, files: dict[str, str | bytes], code: str
) -> None:
    project.write(files)
    result = project.run("build", "--push")
    assert result.code == 2
    assert code in result.err
    assert PLANTED not in result.text
    assert registry.tags() == []


def test_lint_finds_it_as_well(project: Project, registry: FakeRegistry) -> None:
    assert project.run("lint", "--target", "local").code == 0
    project.write({".env": "A=b\n", ".dockerignore": "data\n"})
    found = project.run("lint", "-o", "json").json()
    assert [finding["code"] for finding in found if finding["severity"] == "error"] == [
        "handoff-without-path",
        "secret-in-context",
    ]
    assert project.run("lint", "--target", "local").code == 0


def test_credentials_that_no_pod_would_find_are_said_before_the_submit(
    project: Project, registry: FakeRegistry
) -> None:
    project.write(
        {
            "conf/base/catalog.yml": "x: {type: MemoryDataset, credentials: store}\n",
            "conf/local/credentials.yml": f"store: {{key: {PLANTED}}}\n",
        }
    )
    result = project.run("lint", "-o", "json")
    found = {finding["code"]: finding for finding in result.json()}
    assert PLANTED not in result.text
    assert found["credentials-not-in-image"]["place"]["file"] == "conf/local/credentials.yml"
    assert "credentials-not-in-image" not in project.run("lint", "--target", "local").text
    # A context above the project is one, too.
    argo = project.read("conf/base/argo.yml")
    above = argo.replace("deployment:\n", "deployment:\n  context: ..\n")
    assert above != argo
    project.write({"conf/base/argo.yml": above})
    for name in ("Dockerfile", ".dockerignore"):
        (project.root.parent / name).write_text("FROM scratch\n" if name[0] == "D" else "x\n")
    codes = {finding["code"] for finding in project.run("lint", "-o", "json").json()}
    assert "secret-in-context" in codes and "credentials-not-in-image" not in codes
    project.write({"conf/base/argo.yml": argo})
    # Kedro's own solution: a file that names the variables to read, and belongs in the image.
    project.write(
        {
            "conf/base/credentials.yml": "store: {key: '${oc.env:STORE_KEY}'}\n",
            ".dockerignore": IGNORE + "!conf/base/credentials.yml\n",
        }
    )
    left = {finding["code"] for finding in project.run("lint", "-o", "json").json()}
    assert left == found.keys() - {"credentials-not-in-image"}


def test_a_project_without_an_ignore_file_is_not_built(
    project: Project, registry: FakeRegistry
) -> None:
    (project.root / ".dockerignore").unlink()
    result = project.run("build", "--push")
    assert result.code == 2
    assert "context-without-dockerignore" in result.err
    assert registry.asked == []


def test_what_init_writes_can_be_built(two_tasks: Project) -> None:
    two_tasks.write({"conf/local/credentials.yml": "x: y\n", ".env": "A=b\n", "data/a.csv": "x"})
    two_tasks.ok("init", "--yes")
    result = two_tasks.run("build", "--builder", "none", "--image", "127.0.0.1:1/shop")
    assert "does not exist, and `deployment.builder` is `none`" in result.err


def test_a_project_without_a_dockerfile_is_told(project: Project, registry: FakeRegistry) -> None:
    (project.root / "Dockerfile").unlink()
    result = project.run("build", "--push")
    assert result.code == 2
    assert "Dockerfile" in result.err and "init" in result.err


def test_an_image_without_a_name_is_told(project: Project) -> None:
    result = project.run("build")
    assert result.code == 2
    assert "deployment.image" in result.err


@pytest.mark.parametrize(
    "name", ["https://a.io/b", "a.io/B", "a b", f"a.io/b@sha256:{'0' * 64}", "a.io/b:-"]
)
def test_a_name_that_is_none_is_told(project: Project, name: str) -> None:
    result = project.run("build", "--image", name)
    assert result.code == 2
    assert name in result.err and is_clean(result.err)


def test_a_builder_that_is_not_installed(project: Project, registry: FakeRegistry) -> None:
    path = {"PATH": str(BIN)}
    result = project.run("build", "--push", "--builder", "podman", env=path)
    assert result.code == 2
    assert "`podman` is not installed" in result.err and "hint" in result.err
    image = f"{registry.address}/shop"
    project.write({"conf/base/argo.yml": f"deployment: {{image: {image}}}\n"})
    result = project.run("build", "--push", env=path)
    assert "docker, podman and buildah are missing" in result.err


def test_a_docker_without_its_daemon(project: Project, registry: FakeRegistry) -> None:
    said = "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?"
    docker = project.home / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
    docker.chmod(0o755)
    path = {"PATH": f"{docker.parent}:{BIN}:/usr/bin:/bin"}
    result = project.run("build", "--push", "--builder", "docker", env=path)
    assert result.code == 2
    assert said in result.err and "docker info" in result.err


def test_a_registry_that_wants_a_login(project: Project, registry: FakeRegistry) -> None:
    registry.login = f"ada:{PLANTED}"
    result = project.run("build", "--push")
    assert result.code == 2
    assert f"docker login {registry.address}" in result.err
    assert registry.tags() == []

    folder = project.home / ".docker"
    folder.mkdir()
    encoded = base64.b64encode(registry.login.encode()).decode()
    config = {"auths": {registry.address: {"auth": encoded}}}
    (folder / "config.json").write_text(json.dumps(config))
    result = project.ok("build", "--push", "--logs")
    assert "building" in result.err
    assert PLANTED not in result.text and encoded not in result.text

    registry.login = "ada:another"
    result = project.run("build", "--push")
    assert "does not let `ada` see shop" in result.err
    assert PLANTED not in result.text


def test_a_registry_that_is_away(project: Project, registry: FakeRegistry) -> None:
    image = "127.0.0.1:1/shop"
    result = project.run("build", "--push", "--image", image)
    assert result.code == 2
    assert "cannot reach the registry 127.0.0.1:1" in result.err
    # A build for this machine needs no registry.
    result = project.ok("build", "--image", image)
    assert "continues without that" in result.err
    assert re.fullmatch(r"127\.0\.0\.1:1/shop:[0-9a-f]{16}\n", result.out)


def test_a_name_without_a_registry_is_pushed_nowhere(
    project: Project, registry: FakeRegistry
) -> None:
    for image in ("shop", "docker.io/library/shop:v1"):
        result = project.run("build", "--push", "--image", image)
        assert result.code == 2
        assert "library/shop" in result.err and "cannot push" in result.err, result
        assert "deployment.image" in result.err and "build --load" in result.err, result
    # Keeping the image here needs no registry either.
    result = project.ok("build", "--image", "shop")
    assert "registry" not in result.err, result


def test_only_the_configuration_is_read(project: Project, registry: FakeRegistry) -> None:
    project.registry("raise RuntimeError('the pipelines were imported')")
    project.ok("build", "--push")


def test_another_environment_has_another_image(project: Project, registry: FakeRegistry) -> None:
    deployment = f"{{image: {registry.address}/cloud, build_command: {PUSH}}}"
    project.write({"conf/cloud/argo.yml": f"deployment: {deployment}\n"})
    assert "/cloud:" in project.ok("build", "--push", "--env", "cloud").out


def test_a_mistake_in_the_configuration_is_shown(project: Project, registry: FakeRegistry) -> None:
    configure(project, registry, "bulid_args: {A: b}")
    result = project.run("build")
    assert result.code == 2
    assert "unknown-key" in result.err and "build_args" in result.err


def test_kedro_argo_build_is_the_same(project: Project, registry: FakeRegistry) -> None:
    result = project.kedro("argo", "build", "--push")
    assert result.code == 0, result
    assert f"@{DIGEST}" in result.out


def test_an_interrupt_ends_the_builder(project: Project, registry: FakeRegistry) -> None:
    project.fifo("started")
    command = "[sh, -c, 'sleep 1000 & echo x > started; wait', '{image}']"
    configure(project, registry, command=command)
    project.write({".dockerignore": f"{IGNORE}started\n"})
    with project.start("build", "--push") as program:
        project.hear("started")
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=60)
    assert program.returncode == 130, err
    assert out == ""
    assert project.are_gone(project.processes())
    assert registry.tags() == []


@pytest.mark.parametrize("platform", ["nonsense", "", "linux/amd64,", "linux/amd64/v2/x", "a b/c"])
def test_a_platform_that_is_none_is_told(
    project: Project, registry: FakeRegistry, platform: str
) -> None:
    configure(project, registry)
    result = project.run("build", "--platform", platform)
    assert result.code == 2 and "is not a platform" in result.err, result


def test_podman_is_known_under_the_name_of_docker(project: Project, registry: FakeRegistry) -> None:
    folder = project.home / "bin"
    folder.mkdir()
    script = f"""#!/bin/sh
[ "$1" = --version ] && echo "podman version 4.3.1"
echo "$(basename "$0") $1" >> "{project.home}/asked"
[ "$1" = images ] && echo an-image
exit 0
"""
    for name in ("docker", "podman"):
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    path = {"PATH": f"{folder}:{BIN}:/usr/bin:/bin"}
    deployment = f"deployment: {{image: {registry.address}/shop, builder: docker}}\n"
    project.write({"conf/base/argo.yml": deployment})
    assert project.ok("build", "--load", env=path).err.count("up to date") == 1
    asked = (project.home / "asked").read_text().splitlines()
    assert asked == ["docker --version", "podman version", "podman images"]
