"""Finds why a store does not answer, as far as this machine can tell."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

#: Seconds for a name server, and for a server to accept a connection.
_PATIENCE = 1.0
#: Variables for another server than the cloud's own, by protocol.
_ENDPOINTS = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    "gs": ("STORAGE_EMULATOR_HOST",),
}
#: Variables from which Azure's library takes an identity, besides a dataset's options.
_AZURES_VARIABLES = (
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_CONNECTION_STRING",
    "AZURE_STORAGE_CLIENT_SECRET",
)
_AZURES_OPTIONS = ("account_key", "sas_token", "connection_string", "client_secret", "credential")
_KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
_PROTOCOLS = {"s3a": "s3", "gcs": "gs", "az": "abfs", "abfss": "abfs"}


def reason(path: str, options: Mapping[str, Any]) -> str | None:
    """Finds a reason.

    Args:
        path: URL of the place that did not answer.
        options: Its arguments for fsspec.

    Returns:
        A clause without secrets; None if no reason is found.
    """
    protocol = path.partition("://")[0]
    protocol = _PROTOCOLS.get(protocol, protocol)
    if protocol == "gs" and "token" not in options and (missing := _missing_key_file()):
        return missing
    if (server := _server(protocol, path, options)) and (refused := _refusal(*server)):
        return refused
    if protocol == "abfs" and _is_nobody(options):
        return (
            "no key of Azure's is set here: AZURE_STORAGE_ACCOUNT_KEY, or AZURE_STORAGE_ANON=false"
        )
    return None


def _missing_key_file() -> str | None:
    file = os.environ.get(_KEY_FILE)
    if file and not Path(file).is_file():
        return f"{_KEY_FILE} names a file that is not there: {file}"
    return None


def _server(protocol: str, path: str, options: Mapping[str, Any]) -> tuple[str, str] | None:
    """Gives the address of the server, if known, and its source."""
    client = options.get("client_kwargs")
    given = options.get("endpoint_url") or (
        client.get("endpoint_url") if isinstance(client, Mapping) else None
    )
    if isinstance(given, str):
        return given, "endpoint_url"
    for name in _ENDPOINTS.get(protocol, ()):
        if value := os.environ.get(name):
            return value, name
    host = path.partition("@")[2].partition("/")[0]
    if protocol == "abfs" and host and "connection_string" not in options:
        return f"https://{host}", "the URL"
    return None


def _refusal(url: str, source: str) -> str | None:
    """Says why a connection fails; proxies are not used."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return f"the address of {source} is not one"
    if not parts.hostname:
        return f"the address of {source} is not one"
    try:
        with socket.create_connection((parts.hostname, port), _PATIENCE):
            return None
    except ConnectionRefusedError:
        return f"nothing listens at {parts.hostname}:{port} ({source})"
    except socket.gaierror:
        return f"no server has the name {parts.hostname} ({source})"
    except OSError:
        return f"{parts.hostname}:{port} does not take a connection ({source})"


def _is_nobody(options: Mapping[str, Any]) -> bool:
    """Says whether Azure's library would connect anonymously."""
    anonymous = str(options.get("anon", os.environ.get("AZURE_STORAGE_ANON", "true"))).lower()
    return (
        anonymous not in ("false", "0", "f")
        and not any(os.environ.get(name) for name in _AZURES_VARIABLES)
        and not any(options.get(name) for name in _AZURES_OPTIONS)
    )
