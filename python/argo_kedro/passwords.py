"""Takes passwords out of the URLs that we show and record."""

from __future__ import annotations

import re

#: A URL up to its host. The user information ends at the last `@` of the authority (RFC 3986,
#: section 3.2), which a `/`, `?` or `#` ends. Who does not encode a password may have these in it:
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
    """Takes names and passwords of users out of every URL in a text.

    A name without a password stays: in `abfss://container@account`, it says where the data is. With
    HTTP it may be a token, so there it goes as well.

    Args:
        text: A URL, or any text.

    Returns:
        The text without them.
    """
    return _WORD.sub(_without_users, text)


def _without_users(word: re.Match[str]) -> str:
    # After the last `@` there is nothing to find.
    users, at, rest = word[0].rpartition("@")
    return _TO_HOST.sub(_without_user, users + at) + rest


def _without_user(found: re.Match[str]) -> str:
    scheme = found["scheme"] or ""
    # `git+https` as well.
    is_http = scheme.lower().rpartition("+")[2] in ("http", "https")
    return f"{scheme}://" if is_http or ":" in found["user"] else found[0]
