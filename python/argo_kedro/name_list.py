"""Several names as one text, in the manifest's form (`crates/compile/src/name_list.rs`)."""

from __future__ import annotations

from urllib.parse import unquote


def read_names(text: str) -> list[str]:
    """Reads a list of names.

    Args:
        text: Names with commas between them. A leading comma means that the names are
            percent-encoded: one of them has a comma, or text that Argo or Kubernetes would replace.

    Returns:
        The names.
    """
    if text.startswith(","):
        return [unquote(name) for name in text[1:].split(",")]
    return [name for name in text.split(",") if name]
