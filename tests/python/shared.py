"""What several tests need is made once: by the first test that asks, for every process and for later runs.

How to write a fast test. A fresh process that builds imports for seven seconds of a core; a dbt parses for six, unless
it is given the project parsed; then each model takes it a tenth of a second, each test a third of that.

- A figure of a model: harness.build() on a few rows, in this process. dbt is not started; compiled models are shared.
  Figures of many drawn businesses: several in one build (streams.together), which costs little more than one.
- The demo business, its warehouse, published file, manifest or output: the fixture demo_build. Copy what you change.
- The whole command: as few runs as the claim needs, and one fixture for all that one run can show. commands.run()
  starts it from a process that has imported everything; environment(folder) gives it places of its own, with the
  project parsed already. subprocess is for what only a fresh process shows, and for what `make` starts.
- Anything else that takes seconds and two tests need: folder = made_once("name", make).
- Never wait in a loop without a pause: it takes a core from the tests beside it.

Made things lie in target/tests/, by a hash of all that they follow from: a changed project makes them anew.
`pytest --cpu-seconds` prints what each file of tests costs.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pickle
import pprint
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import IO
from unittest import mock

PROJECT = Path(__file__).parents[2]
HOME = PROJECT / "target" / "tests"
FOLLOWS_FROM = (
    "*.yml", "requirements.lock", "models/**/*", "macros/**/*", "seeds/**/*", "analyses/**/*", "boards/*",
    "warehouse/**/*", "tests/generic/**/*", "tests/singular/**/*", "tests/fixtures/**/*", "tests/python/harness.py",
    "tests/python/conftest.py", "tests/python/shared.py", "tests/python/quick_dbt.py",
)  # fmt: skip
VERSIONS_KEPT = 3
WAREHOUSE = "warehouse.duckdb"

_in_use: list[IO] = []  # open as long as this process lives: what it uses is not removed


@cache
def home() -> Path:
    """The folder of things made from the project as it is; older ones that nobody uses are removed."""
    digest = hashlib.sha256(sys.version.encode())
    for file in sorted(file for pattern in FOLLOWS_FROM for file in PROJECT.glob(pattern)):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(f"{file.relative_to(PROJECT)}\0".encode() + file.read_bytes() + b"\0")
    folder = HOME / digest.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    _in_use.append((folder / "in_use").open("w"))
    fcntl.flock(_in_use[-1], fcntl.LOCK_SH)
    os.utime(folder)
    for old in sorted(HOME.iterdir(), key=lambda other: other.stat().st_mtime, reverse=True)[VERSIONS_KEPT:]:
        with contextlib.suppress(OSError), (old / "in_use").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(old)
    return folder


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """No other process that uses the same name is inside."""
    with (home() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder that make(folder) filled, in this process, another one or an earlier run. To read only."""
    folder, done = home() / name, home() / f"{name}.done"
    with locked(name):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def value_made_once(name: str, make: Callable[[], object]) -> object:
    """The value of make(), pickled by the first process."""

    def keep(folder: Path) -> None:
        (folder / "value.pickle").write_bytes(pickle.dumps(make()))

    return pickle.loads((made_once(name, keep) / "value.pickle").read_bytes())


def copy_project(folder: Path) -> Path:
    """A copy of the project as git knows it, to change or for a program that writes beside what it reads."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, folder / name)
    return folder


def parsed() -> Path:
    """A target folder with the project parsed: its manifest.json and what dbt itself keeps of it."""
    return made_once("parsed", _parse)


def parsed_project(target: Path, warehouse: Path) -> Path:
    """Put the parsed project into a target folder, for a dbt without --vars on a warehouse of that path.

    dbt parses anew when the connection is another one than that of the parsed project, and the path of the warehouse is
    a part of it. The parsed project depends on the file's name only, so the hash of the connection is set.
    """
    assert warehouse.name == WAREHOUSE, f"the project was parsed for a {WAREHOUSE}"
    connection = pickle.loads((parsed() / "connection.pickle").read_bytes())
    there = [(key, str(warehouse) if key == "path" else value) for key, value in connection]
    content = (parsed() / "partial_parse.msgpack").read_bytes()
    target.mkdir(parents=True, exist_ok=True)
    (target / "partial_parse.msgpack").write_bytes(content.replace(_hash(connection), _hash(there)))
    return target


# A fifth of what dbt does is to write down its SQL.
WITHOUT_LOG = {"DBT_LOG_LEVEL_FILE": "none"}


def environment(folder: Path, landing: Path | str = "") -> dict[str, str]:
    """Of a `python -m warehouse.build` or dbt that reads a landing folder (none = the demo) and writes into a folder.

    It writes warehouse.duckdb, published/marts.duckdb, target and logs. The project is there parsed.
    """
    places = {
        "RAW_DATA_DIR": landing,
        "BOARDS": "no",  # they take seconds, and test_boards.py draws them
        "WAREHOUSE_PATH": folder / WAREHOUSE,
        "PUBLISHED_PATH": folder / "published" / "marts.duckdb",
        "DBT_TARGET_PATH": parsed_project(folder / "target", folder / WAREHOUSE),
        "DBT_LOG_PATH": folder / "logs",
    }
    return {**os.environ, **WITHOUT_LOG, **{name: str(place) for name, place in places.items()}}


def demo() -> Path:
    """The folder of `make build`'s command on the demo business: warehouse, published file, target, output.txt."""
    return made_once("demo", _build_demo)


def build_example(target: str, folder: Path, **given: Path) -> tuple[Path, str]:
    """`make <target>` of an example into a folder: its published file, and what the command said."""
    arguments = [
        f"{name}={value}" for name, value in {f"{target.replace('-', '_').upper()}_BUILD": folder, **given}.items()
    ]
    environment = {**os.environ, **WITHOUT_LOG}
    command = ["make", target, *arguments]
    run = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-2000:]
    return folder / "published" / "marts.duckdb", run.stdout


def _build_demo(folder: Path) -> None:
    command = [sys.executable, "-m", "warehouse.build", "--unit-tests=yes"]
    given = {**environment(folder), "BOARDS": "yes"}
    run = subprocess.run(command, cwd=PROJECT, env=given, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
    (folder / "output.txt").write_text(run.stdout, encoding="utf-8")


def _parse(folder: Path) -> None:
    import quick_dbt
    from dbt.cli.main import dbtRunner
    from dbt.parser.manifest import ManifestLoader

    quick_dbt.quicken()

    def state_check(loader: ManifestLoader) -> object:
        connection = sorted(loader.root_project.credentials.connection_info())
        (folder / "connection.pickle").write_bytes(pickle.dumps(connection))
        return original(loader)

    original = ManifestLoader.build_manifest_state_check
    arguments = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(folder)]
    with (
        mock.patch.object(ManifestLoader, "build_manifest_state_check", state_check),
        mock.patch.dict(os.environ, {"WAREHOUSE_PATH": str(folder / WAREHOUSE), "RAW_DATA_DIR": ""}),
    ):
        run = dbtRunner().invoke(["--quiet", "parse", *arguments])
    if not run.success:
        raise RuntimeError(f"dbt parse failed: {run.exception}")


def _hash(connection: list[tuple[str, object]]) -> bytes:
    """As dbt hashes it."""
    return hashlib.sha256(pprint.pformat(connection).encode()).hexdigest().encode()
