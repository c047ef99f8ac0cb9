"""The versions published last, each in a folder of its own: the file, and what it is (publication.json).

A version is drafted here, before readers see it, and gets its name (the time) after they do:

    published/marts.duckdb                       what readers open
    published/marts_versions/.draft/             the next version, until it is published
    published/marts_versions/2025-12-31T.../     a version that was published

So whatever is killed when, a folder with a time is a version that was published, and a draft is one only if it is the
file that readers open: then it gets its name at the next build.
"""

from __future__ import annotations

import filecmp
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from warehouse.disk import write_to_disk

ABOUT = "publication.json"


@dataclass(frozen=True)
class Publication:
    """What was published: times are UTC; `as_of` is null without any event, `revision` outside a git repository."""

    published_at: str
    as_of: str | None
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
        shutil.rmtree(self.leftover, ignore_errors=True)
        self.draft_folder.mkdir()

    def describe(self, publication: Publication) -> None:
        """Write down what the draft is. From here on it can be published."""
        about = self.draft_folder / ABOUT
        about.write_text(json.dumps(asdict(publication), indent=2) + "\n", encoding="utf-8")
        for path in (self.draft, about, self.draft_folder, self.folder):
            write_to_disk(path)

    def publish_draft(self) -> None:
        """Let readers see it: the old file until the rename, the new one after it."""
        beside = self.draft_folder / "published"
        try:
            os.link(self.draft, beside)
        except OSError:  # some file systems have no links
            shutil.copy2(self.draft, beside)
            write_to_disk(beside)
        os.replace(beside, self.published)
        write_to_disk(self.published.parent)

    def keep(self, count: int) -> None:
        """The draft is published: it is a version now. Only the last `count` are kept."""
        self._name_draft()
        for version in self.kept()[:-count] if count else self.kept():
            os.rename(version, self.leftover)  # in one step, so that half a version is never there
            shutil.rmtree(self.leftover)

    def discard_draft(self) -> None:
        """Remove the draft, if there is one."""
        shutil.rmtree(self.draft_folder, ignore_errors=True)

    def kept(self) -> list[Path]:
        """The folders of the versions, the oldest first."""
        return sorted(folder for folder in self.folder.iterdir() if not folder.name.startswith("."))

    def _draft_is_published(self) -> bool:
        if not (self.draft_folder / ABOUT).exists() or not self.published.exists():
            return False
        return filecmp.cmp(self.draft, self.published)

    def _name_draft(self) -> None:
        about = json.loads((self.draft_folder / ABOUT).read_text(encoding="utf-8"))
        os.rename(self.draft_folder, self.folder / about["published_at"].replace(":", "-"))
        write_to_disk(self.folder)
