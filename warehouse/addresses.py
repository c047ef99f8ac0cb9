"""Addresses of landings that are no folder: which there are, and how one is shown without what is secret in it."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

HIDDEN = "***"
# What reads an address of each scheme: an extension of DuckDB; '' = DuckDB itself does.
EXTENSIONS = {
    "https": "httpfs", "http": "httpfs", "s3": "httpfs",
    "postgres": "postgres_scanner", "postgresql": "postgres_scanner", "mysql": "mysql_scanner",
    "sqlite": "sqlite_scanner", "duckdb": "",
}  # fmt: skip


def is_address(text: str) -> bool:
    """Whether a setting is an address that can be fetched, and no path."""
    return urlsplit(text).scheme in EXTENSIONS if re.match(r"\w+:", text) else False


def shown(address: str) -> str:
    """An address without what is secret in it: its password, and what stands after ? (a token may)."""
    if not re.match(r"\w[\w+.-]*:", address):
        return address
    parts = urlsplit(address)
    user, at, host = parts.netloc.rpartition("@")
    user = f"{user.partition(':')[0]}:{HIDDEN}" if ":" in user else user
    return f"{parts.scheme}:{'//' if parts.netloc or '//' in address else ''}{user}{at}{host}{parts.path}" + (
        f"?{HIDDEN}" if parts.query else ""
    )


def without_secrets(text: str, address: str) -> str:
    """A message of DuckDB without what is secret in the address. Of the values after ? those of a few letters are no
    secrets, and would be found in any word."""
    parts = urlsplit(address)
    secrets = [
        parts.password,
        unquote(parts.password or ""),
        parts.query,
        *(value for _, value in parse_qsl(parts.query) if len(value) > 5),
    ]
    text = text.replace(address, shown(address))
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text
