"""The package in the form for an index and an image."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from base64 import urlsafe_b64encode
from importlib.metadata import distribution, metadata
from pathlib import Path

import pytest
from argo_kedro import _wheel
from projects import BIN, PROGRAM, Project

ROOT = Path(__file__).resolve().parent.parent
WHEELS = ROOT / "build" / "wheel"


def original() -> zipfile.ZipFile:
    (wheel,) = WHEELS.glob("*.whl")
    return zipfile.ZipFile(wheel)


def test_a_package_index_shows_what_it_is() -> None:
    found = metadata("argo-kedro")
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    match = re.search(r'^version = "(.+)"$', manifest, re.MULTILINE)
    assert match
    assert found["Version"] == match[1].replace("-alpha.", "a")
    assert (
        subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
        == f"argo-kedro {match[1]}\n"
    )
    classifiers = found.get_all("Classifier")
    assert classifiers
    for classifier in ("Framework :: Kedro", "Typing :: Typed"):
        assert classifier in classifiers
    for minor in range(10, 15):
        assert f"Programming Language :: Python :: 3.{minor}" in classifiers
    urls = dict(line.split(", ") for line in found.get_all("Project-URL") or [])
    assert {"Documentation", "Changelog", "Issues", "Repository"} <= urls.keys()
    # Cargo.toml has the address with which all others begin.
    (repository,) = re.findall(r'^repository = "(.+)"$', manifest, re.MULTILINE)
    assert all(url.startswith(repository) for url in urls.values())


def test_links_of_the_readme_work_on_an_index_page() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) > 10
    home = re.compile(r"https://github\.com/[^/]+/[^/]+/(?:blob|tree)/main/([^#]+)")
    for link in links:
        assert link.startswith("https://"), link
        if found := home.match(link):
            assert (ROOT / found[1]).exists(), link


def test_licences_that_crates_may_have_are_the_same_in_both_lists() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.11 reads TOML")
    read = {
        name: tomllib.loads((ROOT / name).read_text(encoding="utf-8"))
        for name in ("about.toml", "deny.toml")
    }
    assert read["about.toml"]["accepted"] == read["deny.toml"]["licenses"]["allow"]
    assert read["about.toml"]["targets"] == read["deny.toml"]["graph"]["targets"]


def test_who_checks_types_finds_ours() -> None:
    files = {str(file) for file in distribution("argo-kedro").files or []}
    assert "argo_kedro/py.typed" in files


def test_a_source_distribution_has_all_that_the_program_is_built_from() -> None:
    archives = list(WHEELS.glob("*.tar.gz"))
    if not archives:
        pytest.skip("the wheel was not built from a source distribution: make dist")
    with tarfile.open(archives[0]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for name in ("Cargo.lock", "LICENSE", "LICENSE-THIRD-PARTY.html", "docs/rules/missing-kind.md"):
        assert name in names, name
    licences = [name for name in original().namelist() if "/licenses/" in name]
    assert any(name.endswith("/LICENSE-THIRD-PARTY.html") for name in licences), licences


def test_what_is_installed_is_packed_again_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    wheel = _wheel.pack(folder)
    (built,) = WHEELS.glob("*.whl")
    assert wheel.name == built.name
    with original() as before, zipfile.ZipFile(wheel) as after:
        assert after.testzip() is None

        # The list of all files has its own order, and that of components differs between builds.
        def contents(archive: zipfile.ZipFile) -> dict[str, bytes]:
            return {
                name: archive.read(name)
                for name in archive.namelist()
                if not name.endswith(("/", "/RECORD")) and "/sboms/" not in name
            }

        assert contents(after) == contents(before)
        (record,) = (name for name in after.namelist() if name.endswith("/RECORD"))
        for name, digest, size in csv.reader(after.read(record).decode().splitlines()):
            if name != record:
                content = after.read(name)
                wanted = urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
                assert (digest, size) == (f"sha256={wanted}", str(len(content)))


def test_the_same_files_give_the_same_wheel_and_others_go(tmp_path: Path) -> None:
    first, second = _wheel.pack(tmp_path / "a"), _wheel.pack(tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    written = first.stat().st_mtime_ns
    old = first.with_name("argo_kedro-0.9.0-py3-none-any.whl")
    elsewhere = first.with_name(first.name.replace("x86_64", "s390x"))
    # pip would prefer this one: it requires a newer system.
    newer = first.with_name(re.sub(r"manylinux_\d_\d+", "manylinux_2_99", first.name))
    assert newer != first
    for other in (old, elsewhere, newer):
        other.write_bytes(b"")
    assert _wheel.pack(tmp_path / "a").stat().st_mtime_ns == written
    # A wheel of the same version for another machine stays.
    assert not old.exists() and not newer.exists() and elsewhere.exists()


def test_the_wheel_that_is_packed_again_can_be_installed(tmp_path: Path) -> None:
    wheel = _wheel.pack(tmp_path)
    uv = [ROOT / ".venv" / "bin" / "uv", "--quiet", "--no-config"]
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([*uv, "venv", "--python", sys.executable, tmp_path / "venv"], check=True)
    words = ["pip", "install", "--python", python, "--no-deps", "--no-index", wheel]
    subprocess.run([*uv, *words], check=True)
    program = tmp_path / "venv" / "bin" / "argo-kedro"
    version = [program, "--version"]
    assert subprocess.run(version, capture_output=True, check=True).stdout.startswith(b"argo-kedro")
    again = [python, "-m", "argo_kedro._wheel", str(tmp_path / "again")]
    answer = json.loads(subprocess.run(again, capture_output=True, check=True).stdout)
    assert Path(answer["wheel"]).read_bytes() == wheel.read_bytes()


def test_an_editable_install_is_no_whole_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "argo_kedro-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: argo-kedro\nVersion: 1.0\n")
    (folder / "WHEEL").write_text("Tag: py3-none-any\n")
    (tmp_path / "argo_kedro.pth").write_text("/somewhere\n")
    lines = ["argo_kedro.pth,,", *(f"{folder.name}/{name},," for name in ("METADATA", "WHEEL"))]
    (folder / "RECORD").write_text("\n".join(lines))
    # Python finds the first entry of the path.
    monkeypatch.syspath_prepend(str(tmp_path))
    assert _wheel.main([str(tmp_path / "out")]) == 2
    assert "editable" in json.loads(capsys.readouterr().out)["problem"]
    assert not (tmp_path / "out").exists()


def test_a_program_in_an_environment_of_its_own_takes_the_projects(
    two_tasks: Project, tmp_path: Path
) -> None:
    # `uv tool install` and pipx put the program into such a folder.
    tool = tmp_path / "tool" / "bin"
    tool.mkdir(parents=True)
    shutil.copy(PROGRAM, tool / "argo-kedro")
    (tool / "python").write_text("#!/bin/sh\necho the tool has no Kedro >&2; exit 1\n")
    (tool / "python").chmod(0o755)
    (two_tasks.root / ".venv").symlink_to(BIN.parent)
    words = ["plan", "-o", "name"]
    result = two_tasks.run(*words, program=tool / "argo-kedro", env={"VIRTUAL_ENV": None})
    assert (result.code, result.out) == (0, "make\nuse\n"), result


def test_completion_and_manual_page_are_printed() -> None:
    for shell, mark in [("bash", "complete -F"), ("zsh", "#compdef"), ("fish", "complete -c")]:
        words = [PROGRAM, "completion", shell]
        assert mark in subprocess.run(words, capture_output=True, text=True, check=True).stdout
    page = subprocess.run([PROGRAM, "man"], capture_output=True, text=True, check=True).stdout
    assert page.startswith((".ie", ".TH")) and "argo" in page


def test_a_manual_page_of_each_command_is_written(tmp_path: Path) -> None:
    subprocess.run([PROGRAM, "man", "--to", tmp_path / "man1"], check=True)
    names = {path.name for path in (tmp_path / "man1").iterdir()}
    assert {"argo-kedro.1", "argo-kedro-submit.1", "argo-kedro-schedule.1"} <= names
    (tmp_path / "file").touch()
    wrong = subprocess.run(
        [PROGRAM, "man", "--to", tmp_path / "file"], capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 2 and str(tmp_path / "file") in wrong.stderr, wrong
