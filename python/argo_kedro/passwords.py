"""Removes passwords from URLs before argo-kedro shows or records them."""

from __future__ import annotations

import re

#: A URL up to its host. The user information ends at the last `@` of the authority (RFC 3986,
#: section 3.2), which a `/`, `?` or `#` ends. An unencoded password may contain these characters:
#: then the authority ends with a `:` and no port. fsspec puts `::` between URLs.
_TO_HOST = re.compile(
    r"""
    (?:(?<![A-Za-z0-9+.-])(?P<scheme>[A-Za-z0-9+.-]+))?://
    (?P<user>
        [^\s/?\#]*(?=@)
        | [^\s/?\#@:\[\]]*:(?!:|\d+(?:[\s/?\#]|$))(?:(?!::)\S)*(?=@)
    )
    @
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"\S+")


def without_passwords(text: str) -> str:
    """Removes names and passwords of users from every URL in a text.

    A name without a password stays: in `abfss://container@account`, it is part of the place. With
    HTTP it may be a token, so it is removed too.

    Args:
        text: A URL, or any text.

    Returns:
        The text without them.
    """
    return _WORD.sub(_without_users, text)


def _without_users(word: re.Match[str]) -> str:
    # Text after the last `@` has no user information.
    users, at, rest = word[0].rpartition("@")
    return _TO_HOST.sub(_without_user, users + at) + rest


def _without_user(found: re.Match[str]) -> str:
    scheme = found["scheme"] or ""
    # `git+https` as well.
    is_http = scheme.lower().rpartition("+")[2] in ("http", "https")
    return f"{scheme}://" if is_http or ":" in found["user"] else found[0]
