"""Whether the tests notice small wrong changes (mutants): `make mutants`.

mutants/changes.yml lists them by file, each with the check that should notice it. They are made one at a time in a copy
of the project, on one build of the demo business:

    unit                    the unit tests of the changed model; `unit MODEL ...`: those of others, for a macro. A unit
                            test reads one model, so a change in each of many models is tried in one go.
    data                    the changed model (`data MODEL ...`: others, for a macro) and all that follows from it are
                            built anew, with their data tests
    tests/python/... [-k]   pytest of these tests

A change that is not noticed is a missing test: write it. A change that does not even run, or whose check fails without
it, proves nothing: take another.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).parents[1]
CHANGES_FILE = PROJECT / "mutants" / "changes.yml"
LEAST_CAUGHT = 0.97
CAUGHT, SURVIVED, BROKEN = "caught", "SURVIVED", "DOES NOT RUN"


@dataclass(frozen=True)
class Mutant:
    """One wrong change: in `file`, `old`, which stands there once, becomes `new`."""

    file: str
    old: str
    new: str
    caught_by: str = "unit"
    equivalent: str = ""  # why no test can notice it; it is not tried

    def __str__(self) -> str:
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"{self.file}: {old} -> {new or '(nothing)'}"

    @property
    def models(self) -> list[str]:
        """The models whose tests should notice it."""
        return self.caught_by.split()[1:] or [Path(self.file).stem]

    @property
    def is_in_a_model(self) -> bool:
        """Whether it concerns one model alone."""
        return self.file.startswith("models/")

    def applied_to(self, text: str) -> str:
        """The text with the change.

        Raises:
            ValueError: it does not stand there exactly once.
        """
        if (times := text.count(self.old)) != 1:
            raise ValueError(
                f"{self}: the old text stands there {times} times, not once; mend it in mutants/changes.yml"
            )
        return text.replace(self.old, self.new)


def read_mutants() -> list[Mutant]:
    """The list in mutants/changes.yml."""
    by_file = yaml.safe_load(CHANGES_FILE.read_text(encoding="utf-8"))
    return [Mutant(file, **change) for file, changes in by_file.items() for change in changes]


@contextmanager
def applied(project: Path, mutants: Sequence[Mutant]) -> Iterator[None]:
    """The changes in the copy of the project, for a while."""
    before = {project / mutant.file: (project / mutant.file).read_text(encoding="utf-8") for mutant in mutants}
    try:
        for mutant in mutants:
            file = project / mutant.file
            file.write_text(mutant.applied_to(file.read_text(encoding="utf-8")), encoding="utf-8")
        yield
    finally:
        for file, text in before.items():
            file.write_text(text, encoding="utf-8")


class Workshop:
    """A copy of the project with one build of it, in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.project, self.warehouse, self.untouched = folder / "project", folder / "w.duckdb", folder / "untouched"
        files = subprocess.check_output(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=PROJECT, text=True
        ).split("\0")
        for file in filter(None, files):
            if (PROJECT / file).exists():
                (self.project / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(PROJECT / file, self.project / file)
        # a commit, as some tests ask for the revision
        identity = ["-c", "user.name=mutants", "-c", "user.email=mutants@localhost"]
        for command in (["init"], ["add", "-A"], [*identity, "commit", "-m", "The project as it is"]):
            subprocess.run(["git", *command], cwd=self.project, check=True, capture_output=True)
        os.environ.update(
            WAREHOUSE_PATH=str(self.warehouse), DBT_TARGET_PATH=str(folder / "target"), DBT_LOG_PATH=str(folder),
            PUBLISHED_PATH=str(folder / "marts.duckdb"), RAW_DATA_DIR="", PYTHONDONTWRITEBYTECODE="1",
        )  # fmt: skip
        os.chdir(self.project)  # a Python model imports the copy's own modules
        sys.path.insert(0, str(self.project))

    def build(self) -> None:
        """Build once, with every test: on what fails already nothing can be tried."""
        if wrong := [status for status in self.dbt("build").values() if status not in ("success", "pass", "warn")]:
            sys.exit(f"The project itself does not pass: {dict(Counter(wrong))}. Mend it first.")
        shutil.copy(self.warehouse, self.untouched)

    def dbt(self, *arguments: str) -> dict[tuple[str, str], str]:
        """Run dbt: the status of each node by its type and model."""
        try:
            result = dbtRunner().invoke(["--log-level", "none", "--no-print", *arguments])
        finally:
            DuckDBConnectionManager.close_all_connections()
        if result.exception:
            raise result.exception
        statuses: dict[tuple[str, str], str] = {}
        # of an exposure or a saved query there is nothing to build
        for item in (item for item in result.result if item.status != "no-op"):
            tested = getattr(item.node, "tested_node_unique_id", None) or item.node.unique_id
            key = (item.node.resource_type, tested.split(".")[2])
            if statuses.get(key) not in ("fail", "error"):
                statuses[key] = str(item.status)
        return statuses

    def tried_by_unit_tests(self, mutants: Sequence[Mutant]) -> Iterator[tuple[Mutant, str]]:
        """What the unit tests say of changes that do not meet."""
        models = [model for mutant in mutants for model in mutant.models]
        with applied(self.project, mutants):
            statuses = self.dbt("test", "--select", *(f"{model},test_type:unit" for model in models))
        for mutant in mutants:
            yield mutant, verdict([statuses.get(("unit_test", model), "no test") for model in mutant.models])

    def tried_by_data_tests(self, mutant: Mutant) -> str:
        """What the data tests say of the tables that come of a change."""
        with applied(self.project, [mutant]):
            selected = [f"{model}+" for model in mutant.models]
            statuses = self.dbt("build", "--exclude-resource-types", "unit_test", "seed", "--select", *selected)
        shutil.copy(self.untouched, self.warehouse)
        return verdict([status for status in statuses.values() if status not in ("success", "skipped")])

    def tried_by_pytest(self, mutant: Mutant) -> str:
        """What pytest says of a change."""
        if not self.passes(mutant.caught_by):
            return BROKEN
        with applied(self.project, [mutant]):
            return {0: SURVIVED, 1: CAUGHT}.get(self._pytest(mutant.caught_by), BROKEN)

    @cache  # noqa: B019 - there is one workshop
    def passes(self, tests: str) -> bool:
        """Whether some tests pass as the project is."""
        return self._pytest(tests) == 0

    def _pytest(self, tests: str) -> int:
        command = [sys.executable, "-m", "pytest", "-x", "-n", "0", *shlex.split(tests)]
        return subprocess.run(command, cwd=self.project, capture_output=True, check=False).returncode


def verdict(statuses: Sequence[str]) -> str:
    """What the statuses of some checks come to."""
    if "fail" in statuses:
        return CAUGHT
    return SURVIVED if statuses and set(statuses) <= {"pass", "warn"} else BROKEN


def waves(mutants: Sequence[Mutant]) -> Iterator[list[Mutant]]:
    """The mutants in groups that do not meet: one of each model, or one macro."""
    left = [mutant for mutant in mutants if mutant.is_in_a_model]
    while left:
        wave = list({tuple(mutant.models): mutant for mutant in reversed(left)}.values())
        yield wave
        left = [mutant for mutant in left if mutant not in wave]
    yield from ([mutant] for mutant in mutants if not mutant.is_in_a_model)


def tried(workshop: Workshop, mutants: Sequence[Mutant]) -> Iterator[tuple[Mutant, str]]:
    """Each mutant with its verdict, the quickest first."""
    for wave in waves([mutant for mutant in mutants if mutant.caught_by.startswith("unit")]):
        yield from workshop.tried_by_unit_tests(wave)
    for mutant in mutants:
        if mutant.caught_by.startswith("data"):
            yield mutant, workshop.tried_by_data_tests(mutant)
    for mutant in mutants:
        if mutant.caught_by.startswith("tests/"):
            yield mutant, workshop.tried_by_pytest(mutant)


def main(arguments: Sequence[str]) -> int:
    """Try the mutants whose description holds one of the given texts, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", nargs="*", help="only the mutants whose file or check holds one of these")
    texts = parser.parse_args(arguments).texts
    mutants = [
        mutant
        for mutant in read_mutants()
        if not texts or any(text in f"{mutant} {mutant.caught_by}" for text in texts)
    ]
    to_try = [mutant for mutant in mutants if not mutant.equivalent]
    for mutant in to_try:
        mutant.applied_to((PROJECT / mutant.file).read_text(encoding="utf-8"))  # before an hour is spent
    verdicts, started = Counter(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder))
        if not all(mutant.caught_by.startswith("tests/") for mutant in to_try):
            workshop.build()
        for mutant, found in tried(workshop, to_try):
            verdicts[found] += 1
            print(f"{time.monotonic() - started:6.0f} s  {found:12}  {mutant}  [{mutant.caught_by}]", flush=True)
        os.chdir(PROJECT)
    equivalent = len(mutants) - len(to_try)
    print(
        f"{verdicts[CAUGHT]} of {len(to_try)} caught, {verdicts[SURVIVED]} survived, {verdicts[BROKEN]} did not run; "
        f"{equivalent} equivalent"
    )
    return int(verdicts[BROKEN] > 0 or verdicts[CAUGHT] < LEAST_CAUGHT * len(to_try))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
