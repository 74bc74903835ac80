"""The images of the tests: one with the small project, one with the example.

`python tests/cluster/images.py FOLDER` lays out the build context in a folder, for other builders;
see docs/development.md.
"""

from __future__ import annotations

import ctypes.util
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "flight-delays"
STORAGE = ROOT / "build" / "cluster" / "images"
TARGETS = ("shop", "example")

#: The registry of the cluster's images.
REGISTRY = os.environ.get("ARGO_KEDRO_TEST_REGISTRY", "127.0.0.1:5000")

#: The base image of the example's own Dockerfile, and of the images here.
BASE = "docker.io/library/python:3.12-slim"

DOCKERFILE = f"""\
ARG BASE={BASE}
FROM $BASE AS packages
ENV PYTHONUNBUFFERED=1 DO_NOT_TRACK=1 LD_LIBRARY_PATH=/usr/local/lib
COPY lib /usr/local/lib/
WORKDIR /app
COPY wheel /wheel
COPY example/requirements.txt .
RUN pip install --no-cache-dir --find-links /wheel --requirement requirements.txt

FROM packages AS shop
COPY shop .

FROM packages AS example
COPY example .
"""
#: Content of the images' `conf/cluster`; the manifest has the address of the store.
GLOBALS = "root: s3://argo-kedro-test/example\n"


def is_registry() -> bool:
    """Says whether the registry answers."""
    try:
        with urllib.request.urlopen(f"http://{REGISTRY}/v2/", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


class CannotBuild(Exception):
    """Nothing here can build an image."""


def wheel() -> Path:
    """The wheel to test."""
    named = os.environ.get("ARGO_KEDRO_TEST_WHEEL")
    found = [Path(named)] if named else sorted((ROOT / "build" / "wheel").glob("*.whl"))
    if len(found) != 1:
        raise CannotBuild("no wheel in build/wheel: make one with `make wheel`")
    return found[0]


def copy_example(folder: Path) -> None:
    """Copies the example project, without generated files."""
    made = shutil.ignore_patterns("data", "local", "__pycache__", "*.egg-info", ".*_cache", ".venv")
    shutil.copytree(EXAMPLE, folder, ignore=made)
    (folder / "conf" / "local").mkdir()
    (folder / "conf" / "cluster").mkdir()
    (folder / "conf" / "cluster" / "globals.yml").write_text(GLOBALS, encoding="utf-8")
    # `init --cloud` does the same.
    with (folder / "requirements.txt").open("a", encoding="utf-8") as requirements:
        requirements.write("s3fs\n")


def lay_out(folder: Path, libraries: bool) -> None:
    """Makes a build context.

    Args:
        folder: Its folder.
        libraries: Whether to add this machine's C++ runtime, for base images without one.
    """
    from shop import write_shop

    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    (folder / "wheel").mkdir()
    shutil.copy(wheel(), folder / "wheel")
    (folder / "lib").mkdir()
    # Some builders cannot COPY an empty folder.
    (folder / "lib" / ".keep").touch()
    if libraries:
        bring_libraries(folder / "lib")
    copy_example(folder / "example")
    write_shop(folder / "shop")


def bring_libraries(folder: Path) -> None:
    """Copies this machine's C++ runtime, for base images without one."""
    for name in ("stdc++", "gcc_s"):
        if file := shared_library(name):
            shutil.copy(file, folder / file.name)


def shared_library(name: str) -> Path | None:
    """The file of a library that the loader finds here."""
    soname = ctypes.util.find_library(name)
    if soname is None:
        return None
    ctypes.CDLL(soname)
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        path = Path(line.split(maxsplit=5)[-1])
        if path.name.startswith(soname.split(".so")[0] + ".so"):
            return path.parent / soname
    return None


@dataclass
class Images:
    """References of the images, for pods."""

    shop: str
    example: str


def images(scratch: Path) -> Images:
    """The images that variables name, or else new ones, built and pushed.

    Raises:
        CannotBuild: There are none, and no tool can build them.
    """
    named = [os.environ.get(f"ARGO_KEDRO_TEST_{target.upper()}_IMAGE") for target in TARGETS]
    if named[0] and named[1]:
        return Images(named[0], named[1])
    registry = REGISTRY
    if shutil.which("buildah") is None:
        raise CannotBuild("no image is named and there is no buildah")
    try:
        urllib.request.urlopen(f"http://{registry}/v2/", timeout=10).close()
    except OSError as error:
        raise CannotBuild(f"no image is named and no registry at {registry}: {error}") from error
    context = scratch / "context"
    archive = os.environ.get("ARGO_KEDRO_TEST_BASE_ARCHIVE")
    lay_out(context, libraries=archive is not None)
    tag = digest(context)
    references = [f"{registry}/argo-kedro-test-{target}:{tag}" for target in TARGETS]
    STORAGE.mkdir(parents=True, exist_ok=True)
    # One of the test processes builds, and the others wait for it.
    with (STORAGE.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all(is_there(registry, target, tag) for target in TARGETS):
            build(context, references, archive, scratch)
    return Images(*references)


def digest(folder: Path) -> str:
    """A name for the content of a folder."""
    hashed = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        hashed.update(f"{path.relative_to(folder)}\0{len(content)}\0".encode())
        hashed.update(content)
    return hashed.hexdigest()[:16]


def is_there(registry: str, target: str, tag: str) -> bool:
    """Says whether the registry has an image."""
    request = urllib.request.Request(
        f"http://{registry}/v2/argo-kedro-test-{target}/manifests/{tag}",
        method="HEAD",
        headers={"Accept": "application/vnd.oci.image.manifest.v1+json"},
    )
    try:
        urllib.request.urlopen(request, timeout=10).close()
    except urllib.error.HTTPError:
        return False
    return True


def build(context: Path, references: list[str], archive: str | None, scratch: Path) -> None:
    """Builds both images and pushes them to a registry on loopback.

    Steps run without a container runtime (`chroot`), on this machine's network, with its pip
    settings and its certificate authorities; no layer keeps those.
    """
    runtime = scratch / "buildah"
    program = ["buildah", "--root", str(STORAGE), "--runroot", str(runtime)]
    base = []
    if archive:
        name = run([*program, "pull", "--quiet", f"oci-archive:{archive}"]).strip().split()[-1]
        base = ["--build-arg", f"BASE={name}"]
    packages = f"localhost/argo-kedro-test-packages:{references[0].rpartition(':')[2]}"
    words = ["bud", "--isolation", "chroot", "--network", "host", "--format", "oci"]
    # One layer: a base image without a history takes no further layers.
    words += ["--squash", *mounts(scratch), *base, "--target", "packages", "--tag", packages]
    run([*program, *words, str(context)])
    for target, reference in zip(TARGETS, references, strict=True):
        container = run([*program, "from", packages]).strip()
        run([*program, "copy", "--quiet", container, str(context / target), "/app"])
        run([*program, "commit", "--quiet", "--rm", "--format", "oci", container, reference])
        run([*program, "push", "--quiet", "--tls-verify=false", reference])
        run([*program, "rmi", reference])
    run([*program, "rmi", packages])


@contextmanager
def images_of_its_own(folder: Path) -> Iterator[dict[str, str | None]]:
    """A store of images that is removed at the end.

    Args:
        folder: A new folder.

    Yields:
        The variables with which a builder uses it.
    """
    folder.mkdir()
    config = folder / "storage.conf"
    config.write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/root"\nrunroot = "{folder}/run"\n',
        encoding="utf-8",
    )
    variables: dict[str, str | None] = {"CONTAINERS_STORAGE_CONF": str(config)}
    try:
        yield variables
    finally:
        run(["buildah", "rmi", "--all", "--force"], variables)
        shutil.rmtree(folder, ignore_errors=True)


def bring_base(
    archive: str, scratch: Path, variables: dict[str, str | None], name: str = BASE
) -> None:
    """Puts an archive at the place of a Dockerfile's base.

    Args:
        archive: An OCI archive.
        scratch: A folder for new files.
        variables: Variables of the builder.
        name: Name of the base in the Dockerfile.
    """
    context = scratch / "base"
    (context / "lib").mkdir(parents=True)
    bring_libraries(context / "lib")
    pulled = run(["buildah", "pull", "--quiet", f"oci-archive:{archive}"], variables).split()[-1]
    (context / "Dockerfile").write_text(
        f"FROM {pulled}\nENV LD_LIBRARY_PATH=/usr/local/lib\nCOPY lib /usr/local/lib/\n",
        encoding="utf-8",
    )
    run(["buildah", "bud", "--squash", "--tag", name, str(context)], variables)


def mounts(scratch: Path) -> list[str]:
    """Files of this machine for a build step.

    Args:
        scratch: A folder for new files.
    """
    listed = run([sys.executable, "-m", "pip", "config", "list"])
    settings = dict(re.findall(r"^(?:global|:env:)\.([a-z-]+)='(.*)'$", listed, re.MULTILINE))
    file = scratch / "pip.conf"
    lines = [f"{name} = {value}\n" for name, value in settings.items()]
    file.write_text("[global]\n" + "".join(lines), encoding="utf-8")
    found = ["--volume", f"{file}:/etc/pip.conf:ro"]
    for folder in ["/etc/ssl/certs", *settings.get("find-links", "").split()]:
        if Path(folder).is_dir():
            found += ["--volume", f"{folder}:{folder}:ro"]
    return found


def run(words: list[str], variables: dict[str, str | None] | None = None) -> str:
    """Runs a program to its end; if it fails, shows all of its output."""
    env = {**os.environ, **{name: value for name, value in (variables or {}).items() if value}}
    ended = subprocess.run(words, capture_output=True, text=True, check=False, env=env)
    assert ended.returncode == 0, f"{' '.join(words)}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


def main(folder: Path) -> None:
    """Makes the build context of `docs/development.md`, in place of an older one."""
    sys.path.insert(0, str(ROOT / "tests"))
    if folder.exists():
        made = folder / "Dockerfile"
        if not (made.exists() and made.read_text(encoding="utf-8") == DOCKERFILE):
            sys.exit(f"{folder} is there already, and not from here: name another folder")
        shutil.rmtree(folder)
    lay_out(folder, libraries=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
