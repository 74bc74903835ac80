"""Packs the installed package into a wheel again, for the image of the tasks.

    python -m argo_kedro._wheel FOLDER

An image then has the very program that built it, and needs no package index with this version. The
same installed files give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import platform
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from argo_kedro._program import NAME, find_program

#: Files that an installer adds, and the list of components, which differs from build to build.
OF_NO_USE = {
    "__pycache__",
    "INSTALLER",
    "REQUESTED",
    "RECORD",
    "direct_url.json",
    "uv_cache.json",
    "sboms",
}
#: The oldest time that a wheel can hold.
TIME = (1980, 1, 1, 0, 0, 0)


class CannotPack(Exception):
    """The installed package is incomplete."""


def pack(folder: Path) -> Path:
    """Packs the installed package.

    Args:
        folder: Folder for the wheel; it is created if needed. A wheel with the same content stays
            untouched. Other wheels of this package stay only if they have the same version and
            another platform.

    Returns:
        The wheel.

    Raises:
        CannotPack: The package is not installed, or its files are missing.
    """
    try:
        found = distribution(NAME)
    except PackageNotFoundError as error:
        raise CannotPack(f"{NAME} is not installed for {sys.executable}") from error
    stem = f"{NAME.replace('-', '_')}-{found.version}"
    wheel = folder / f"{stem}-{tag(found)}.whl"
    content = write(dict(sorted(members(found, stem))), f"{stem}.dist-info/RECORD")
    folder.mkdir(parents=True, exist_ok=True)
    for other in folder.glob(f"{NAME.replace('-', '_')}-*.whl"):
        is_elsewhere = not other.name.endswith(f"_{platform.machine()}.whl")
        if other != wheel and not (is_elsewhere and other.name.startswith(f"{stem}-")):
            other.unlink()
    if not wheel.exists() or wheel.read_bytes() != content:
        wheel.write_bytes(content)
    return wheel


def tag(found: Distribution) -> str:
    """Reads the platform of the package.

    Args:
        found: The installed package.

    Returns:
        The tag in the name of a wheel, such as `py3-none-manylinux_2_28_x86_64`.
    """
    lines = (found.read_text("WHEEL") or "").splitlines()
    tags = [line.partition(":")[2].strip() for line in lines if line.startswith("Tag:")]
    if not tags:
        raise CannotPack(f"{NAME} was installed without a wheel, so its platform is not known")
    parts = zip(*(each.split("-") for each in tags), strict=True)
    return "-".join(".".join(dict.fromkeys(part)) for part in parts)


def members(found: Distribution, stem: str) -> Iterator[tuple[str, tuple[bytes, bool]]]:
    """Reads the files of the package.

    Args:
        found: The installed package.
        stem: Name and version, with which its folders begin.

    Yields:
        A name in the wheel, its content, and whether it is a program.
    """
    programs = Path(sysconfig.get_path("scripts")).resolve()
    has_program = has_package = False
    for file in found.files or []:
        place = Path(str(file.locate()))
        if not OF_NO_USE.isdisjoint(file.parts):
            continue
        if place.resolve().parent == programs or file.parts[0] in ("..", "bin"):
            # An install into its own folder (`--target`) records another place than it uses.
            if file.name == NAME and not place.exists():
                place = Path(find_program())
            yield f"{stem}.data/scripts/{file.name}", (read(place), True)
            has_program = has_program or file.name == NAME
        else:
            yield file.as_posix(), (read(place), False)
            has_package = has_package or file.parts[0] == "argo_kedro"
    if not (has_program and has_package):
        raise CannotPack(f"{NAME} is installed without its files, as an editable install is")


def read(place: Path) -> bytes:
    """Reads an installed file.

    Args:
        place: Its path.

    Returns:
        Its content.
    """
    try:
        return place.read_bytes()
    except OSError as error:
        raise CannotPack(f"{place} cannot be read: {error.strerror}") from error


def write(files: dict[str, tuple[bytes, bool]], record: str) -> bytes:
    """Writes a wheel.

    Args:
        files: Contents, and whether each is a program, by name.
        record: Name of the list of all files.

    Returns:
        The wheel's bytes, uncompressed: two machines may compress differently.
    """
    lines = []
    for name, (content, _) in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(content)}\n")
    lines.append(f"{record},,\n")
    whole = {**files, record: ("".join(lines).encode(), False)}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, (content, is_program) in whole.items():
            entry = zipfile.ZipInfo(name, TIME)
            entry.create_system = 3
            entry.external_attr = (0o100755 if is_program else 0o100644) << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def main(words: list[str]) -> int:
    """Packs the wheel and prints a line of JSON: its path (`wheel`), or why not (`problem`).

    Args:
        words: The folder.

    Returns:
        0; 2 without a wheel.
    """
    try:
        print(json.dumps({"wheel": str(pack(Path(words[0])))}))
    except (CannotPack, OSError) as error:
        print(json.dumps({"problem": str(error)}))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
