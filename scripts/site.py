"""Builds the documentation site: the pages of docs/, and pages from the program.

The program lists its commands, the JSON Schema the keys of `argo.yml`, the pages of the rules their
list. MkDocs then checks every link and anchor (`mkdocs.yml`, `strict`).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = ROOT / "build" / "site-pages"
#: Target of links from `docs/` to other files.
REPOSITORY = "https://github.com/everycure-org/kedro-argo/blob/main"
#: Keep names of keys and rules in one line.
STYLE = "td:first-child code, td:first-child a { white-space: nowrap; word-break: normal; }\n"
SHOWN = {"COLUMNS": "90", "NO_COLOR": "1"}


def main() -> int:
    """Builds the site into build/site.

    Returns:
        MkDocs' exit code.
    """
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(DOCS, PAGES, ignore=shutil.ignore_patterns("*.json", "run.txt"))
    for page in PAGES.rglob("*.md"):
        page.write_text(with_links_to_repository(page), encoding="utf-8")
    schema = json.loads((DOCS / "argo.schema.json").read_text(encoding="utf-8"))
    program = program_of_wheel()
    (PAGES / "commands.md").write_text(commands(program), encoding="utf-8")
    (PAGES / "settings.md").write_text(settings(schema), encoding="utf-8")
    (PAGES / "site.css").write_text(STYLE, encoding="utf-8")
    (PAGES / "rules" / "index.md").write_text(rules(), encoding="utf-8")
    words = [str(Path(sys.executable).parent / "mkdocs"), "build", "--quiet", "--clean"]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(words, cwd=ROOT, check=False, env=environment).returncode


def with_links_to_repository(page: Path) -> str:
    """Gives a page whose links out of `docs/` lead to the repository.

    Args:
        page: A copy of a page.

    Returns:
        Its text.
    """
    up = len(page.relative_to(PAGES).parts)
    text = page.read_text(encoding="utf-8")
    text = text.replace(f"]({'../' * up}", f"]({REPOSITORY}/")
    return re.sub(r"\]\(([a-z./]+\.json)\)", rf"]({REPOSITORY}/docs/\1)", text)


def program_of_wheel() -> Path:
    """Extracts the program from the wheel.

    Returns:
        Its path.
    """
    (wheel,) = (ROOT / "build" / "wheel").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("scripts/argo-kedro"))
        program = Path(archive.extract(name, ROOT / "build" / "site-program"))
    program.chmod(0o755)
    return program


def told(program: Path, *words: str) -> str:
    """Runs the program and gives its output.

    Args:
        program: Its path.
        *words: Its arguments.

    Returns:
        Its output.
    """
    output = subprocess.run(
        [str(program), *words], capture_output=True, text=True, check=True, env=SHOWN
    ).stdout
    return "\n".join(line.rstrip() for line in output.strip().splitlines())


def commands(program: Path) -> str:
    """Writes the page of all commands, from their help.

    Args:
        program: The program.

    Returns:
        The page.
    """
    summary = told(program, "-h")
    section = summary.split("Commands:\n", 1)[1].split("\n\n", 1)[0]
    names = [line.split()[0] for line in section.splitlines() if re.match(r"  \S", line)]
    parts = [
        "# Commands\n\n`kedro argo …` and `argo-kedro …` are the same program. Exit codes: 0 fine, "
        "1 the run or the check failed, 2 the program could not do it, 130 Ctrl-C.\n"
    ]
    for name in names:
        if name != "help":
            parts.append(f"## {name}\n\n```text\n{told(program, name, '--help')}\n```\n")
    return "\n".join(parts)


def settings(schema: dict[str, Any]) -> str:
    """Writes the page of all keys of `argo.yml`, from its schema.

    Args:
        schema: The JSON Schema.

    Returns:
        The page.
    """
    lines = [
        "# argo.yml, every key\n",
        "[By topic](configuration.md) says how they work together. Editors check the file with the "
        f"[JSON Schema]({REPOSITORY}/docs/argo.schema.json), which `kedro argo init` names.\n",
    ]
    for key, described in schema["properties"].items():
        lines.append(f"## {key}\n")
        lines.append(paragraph(described) + "\n")
        rows = list(below(described, schema, "", set()))
        if rows:
            lines += ["| key | what it is |", "| --- | --- |"]
            lines += [f"| `{name}` | {cell(text)} |" for name, text in rows]
            lines.append("")
    return "\n".join(lines)


def below(
    described: dict[str, Any], schema: dict[str, Any], prefix: str, seen: set[str]
) -> list[tuple[str, str]]:
    """Finds the keys below a key.

    Args:
        described: The schema of the key.
        schema: The whole schema.
        prefix: Dotted path of the keys.
        seen: Definitions on the path so far.

    Returns:
        Their dotted names and descriptions.
    """
    found: list[tuple[str, str]] = []
    name = str(described.get("$ref", "")).rpartition("/")[2]
    if name and name not in seen:
        found += below(schema["$defs"][name], schema, prefix, {*seen, name})
    for choice in [*described.get("anyOf", []), *described.get("oneOf", [])]:
        found += below(choice, schema, prefix, seen)
    if isinstance(described.get("items"), dict):
        found += below(described["items"], schema, f"{prefix}[].", seen)
    if isinstance(described.get("additionalProperties"), dict):
        found += below(described["additionalProperties"], schema, f"{prefix}NAME.", seen)
    for key, inner in described.get("properties", {}).items():
        place = f"{prefix}{key}".replace(".[]", "[]")
        found.append((place, paragraph(inner)))
        found += below(inner, schema, f"{place}.", seen)
    known: dict[str, str] = {}
    for place, text in found:
        known.setdefault(place.lstrip("."), text)
    return list(known.items())


def paragraph(described: dict[str, Any]) -> str:
    """Gives the description of a key.

    Args:
        described: The schema of the key.

    Returns:
        The text.
    """
    return str(described.get("description", "")).strip()


def cell(text: str) -> str:
    """Escapes a text for a table.

    Args:
        text: Any text.

    Returns:
        One line, without bars that would end the cell.
    """
    return " ".join(text.split()).replace("|", "\\|")


def rules() -> str:
    """Writes the list of all rules, from the first sentence of each page.

    Returns:
        The page.
    """
    lines = [
        "# Rules\n",
        "`kedro argo lint` finds these in a project; `kedro argo lint FILE` finds those about "
        "manifests in any Argo manifest.\n",
        "| rule | what it finds |",
        "| --- | --- |",
    ]
    for page in sorted((DOCS / "rules").glob("*.md")):
        text = page.read_text(encoding="utf-8").split("## What it does", 1)[1].strip()
        first = re.split(r"(?<=\.)\s", " ".join(text.split("\n\n", 1)[0].split()))[0]
        lines.append(f"| [{page.stem}]({page.name}) | {cell(first)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
