"""Writes LICENSE-THIRD-PARTY.html: the licences of the program's crates.

cargo-about makes the file, from about.toml and about.hbs; the first call installs cargo-about into
Cargo's target folder.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from environments import ROOT

VERSION = "0.9.3"
WRITTEN = ROOT / "LICENSE-THIRD-PARTY.html"
#: Files that determine the content.
SOURCES = ["Cargo.lock", "about.toml", "about.hbs"]


def write() -> None:
    """Writes the file, unless it is newer than its sources."""
    newest = max((ROOT / name).stat().st_mtime for name in SOURCES)
    if WRITTEN.exists() and WRITTEN.stat().st_mtime > newest:
        return
    words = ["generate", "--locked", "--fail", "--config", str(ROOT / "about.toml")]
    words += ["--manifest-path", str(ROOT / "crates" / "cli" / "Cargo.toml")]
    words += ["--output-file", str(WRITTEN), str(ROOT / "about.hbs")]
    subprocess.run([cargo_about(), *words], check=True)


def cargo_about() -> Path:
    """Finds cargo-about, and installs it if needed.

    Returns:
        Its program.
    """
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    tools = target / "tools" / VERSION
    program = tools / "bin" / "cargo-about"
    if not program.exists():
        words = ["cargo", "install", "cargo-about", "--version", VERSION, "--locked", "--quiet"]
        words += ["--no-default-features", "--features", "cli", "--root", str(tools)]
        subprocess.run(words, cwd=ROOT, check=True)
    return program


if __name__ == "__main__":
    write()
