"""The versions published last, each in a folder of its own: the file, and what it is (publication.json).

A version is drafted here, before readers see it, and gets its name (the time) after they do:

    published/marts.duckdb                       what readers open: a copy
    published/marts_versions/.draft/             the next version, until it is published
    published/marts_versions/2025-12-31T.../     a version that was published

So whatever is killed when, a folder with a time is a version that was published, and a draft is one only if it is the
file that readers open: then it gets its name at the next build.
"""

from __future__ import annotations

import contextlib
import filecmp
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from warehouse.disk import copy_to_disk, remove, write_to_disk

ABOUT = "publication.json"
# Everybody may read what is published, nobody writes it: it is replaced whole.
READ_ONLY = 0o444


@dataclass(frozen=True)
class Publication:
    """What was published: times are UTC; `revision` is null outside a git repository."""

    published_at: str
    as_of: str
    rows: dict[str, int]
    tests_passed: int
    revision: str | None
    warnings: tuple[str, ...] = ()


class Versions:
    """The versions of one published file."""

    def __init__(self, published: Path) -> None:
        self.published = published
        self.folder = published.with_name(f"{published.stem}_versions")
        self.draft_folder = self.folder / ".draft"
        self.leftover = self.folder / ".removed"
        # called as the published file, so that the same queries run on it
        self.draft = self.draft_folder / published.name

    def begin(self) -> None:
        """Make room for a draft. What a killed build left is finished if it was published, else removed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._draft_is_published():
            self._name_draft()
        self.discard_draft()
        remove(self.leftover)
        self.draft_folder.mkdir()

    def describe(self, publication: Publication) -> None:
        """Write down what the draft is. From here on it can be published.

        Its number is the order of versions: a clock may be set back, and a file's times are whoever's who copies it.
        """
        number = 1 + max(map(_number, self.kept()), default=0)
        about = self.draft_folder / ABOUT
        about.write_text(json.dumps({"number": number, **asdict(publication)}, indent=2) + "\n", encoding="utf-8")
        for path in (self.draft, about):
            path.chmod(READ_ONLY)
        for path in (self.draft, about, self.draft_folder, self.folder):
            write_to_disk(path)

    def publish_draft(self) -> None:
        """Let readers see a copy of it: the old file until the rename, the new one after it."""
        beside = self.draft_folder / "published"
        copy_to_disk(self.draft, beside)
        beside.chmod(READ_ONLY)
        os.replace(beside, self.published)
        write_to_disk(self.published.parent)

    def keep(self, count: int) -> None:
        """The draft is published: it is a version now. Only the last `count` are kept."""
        self._name_draft()
        for version in self.kept()[:-count] if count else self.kept():
            os.rename(version, self.leftover)  # in one step, so that half a version is never there
            remove(self.leftover)

    def discard_draft(self) -> None:
        """Remove the draft, if there is one."""
        with contextlib.suppress(OSError):
            remove(self.draft_folder)

    def kept(self) -> list[Path]:
        """The folders of the versions, the oldest first; what else lies among them is nobody's to remove."""
        versions = [place for place in self.folder.iterdir() if not place.name.startswith(".")]
        versions = [version for version in versions if (version / self.published.name).is_file()]
        return sorted(versions, key=lambda version: (_number(version), version.name))

    def _draft_is_published(self) -> bool:
        if not _about(self.draft_folder) or not self.draft.is_file() or not self.published.is_file():
            return False
        return filecmp.cmp(self.draft, self.published, shallow=False)

    def _name_draft(self) -> None:
        name = str(_about(self.draft_folder)["published_at"]).replace(":", "-").replace("/", "-")
        while (version := self.folder / name).exists():  # a clock that stands still or was set back
            name += "_"
        os.rename(self.draft_folder, version)
        write_to_disk(self.folder)


def _about(version: Path) -> dict:
    """What publication.json says; empty when it is not there, torn, or another's."""
    try:
        about = json.loads((version / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) and "published_at" in about else {}


def _number(version: Path) -> int:
    """Its place in the order of publications; 0 when it does not say: older than all that do."""
    number = _about(version).get("number")
    return number if isinstance(number, int) else 0
