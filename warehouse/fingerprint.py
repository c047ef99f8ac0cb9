"""A hash of what the tables follow from in this project: its code, and not what is only said about it.

Comments, descriptions and unit tests change no row, so mending them does not make the next build a full one.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from importlib.metadata import version
from pathlib import Path

import yaml

from warehouse.places import IS_INSTALLED

PROJECT_FILES = ("dbt_project.yml", "profiles.yml", "models/**/*", "macros/**/*", "seeds/**/*", "warehouse/*.py")
TOOLS = ("duckdb", "dbt-core", "dbt-duckdb")
PACKAGE = "subscription-retention-warehouse"
SAID_ONLY = ("description", "unit_tests", "docs", "exposures", "owner", "tags")  # keys of the project's YAML
# a build reads some hundred files: the loader of libyaml takes a fifth of the time
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
JINJA_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)


def project_fingerprint(project: Path) -> str:
    """A hash of all that the stored tables follow from, and of the tools' versions."""
    digest = hashlib.sha256()
    for file in sorted(file for pattern in PROJECT_FILES for file in project.glob(pattern)):
        if file.is_file() and "__pycache__" not in file.parts and (code := code_of(file)):
            digest.update(f"{file.relative_to(project)}\0".encode() + code + b"\0")
    # in a package the project is without its Python, which the package's version stands for
    for tool in (*TOOLS, *([PACKAGE] if IS_INSTALLED else [])):
        digest.update(f"{tool} {version(tool)}\0".encode())
    return digest.hexdigest()


def code_of(file: Path) -> bytes:
    """What of a file can change a table; nothing of a text. A file that cannot be read as its kind counts as it is."""
    content = file.read_bytes()
    try:
        if file.suffix == ".md":
            return b""
        if file.suffix == ".sql":
            return _sql_code(content.decode()).encode()
        if file.suffix == ".py":
            return ast.dump(ast.parse(content)).encode()
        if file.suffix in (".yml", ".yaml"):
            return json.dumps(_without_what_is_said(yaml.load(content, _LOADER)), default=str).encode()
    except (SyntaxError, ValueError, yaml.YAMLError):
        pass
    return content


def _sql_code(text: str) -> str:
    """Without comments that have lines of their own. One that may be a part of a text, for its quotation mark is open,
    is kept."""
    kept, quotes = [], 0
    for line in JINJA_COMMENT.sub("", text).splitlines():
        # a reference in a comment says what is built before
        if quotes % 2 or "{" in line or (line.strip() and not line.lstrip().startswith("--")):
            kept.append(line)
            quotes += line.count("'")
    return "\n".join(kept)


def _without_what_is_said(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _without_what_is_said(inner) for key, inner in value.items() if key not in SAID_ONLY}
    if isinstance(value, list):
        return [_without_what_is_said(inner) for inner in value]
    return value
