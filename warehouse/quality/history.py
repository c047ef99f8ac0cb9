"""The volumes of earlier builds, by landing folder, in a file beside the warehouse."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from warehouse.disk import replace_file

BUILDS_REMEMBERED = 10
# What is remembered of each table: rows landed, accepted and quarantined.
COUNTS = ("rows", "accepted", "quarantined")
Volumes = dict[str, dict[str, int]]


@dataclass(frozen=True)
class History:
    """Volumes of the published builds of one landing folder, the oldest first.

    `others` are the builds of other folders; `problem` says why the file is as good as none, empty = it is not.
    """

    file: Path
    landing: str
    builds: tuple[Volumes, ...] = ()
    others: tuple[dict, ...] = ()
    problem: str = ""

    def usual(self, table: str, count: str) -> float | None:
        """The median of a count of a table; None where no build is remembered."""
        known = self.known(table, count)
        return median(known) if known else None

    def known(self, table: str, count: str) -> list[int]:
        """The counts of a table; a build of before it was counted has none."""
        return [build[count][table] for build in self.builds if table in build.get(count, {})]

    def last(self, table: str, count: str) -> int | None:
        """The count of a table in the last build; None where it is not known."""
        return self.builds[-1].get(count, {}).get(table) if self.builds else None

    def remember(self, volumes: Volumes) -> None:
        """Write the volumes of one more published build."""
        builds = [{"landing": self.landing} | build for build in (*self.builds, volumes)][-BUILDS_REMEMBERED:]
        replace_file(self.file, json.dumps([*self.others[-BUILDS_REMEMBERED:], *builds]))


def read_history(file: Path, landing: Path | str) -> History:
    """Read the builds of a landing folder or address. A file that is torn, empty or something else is none, and says
    so."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
        mine = tuple(
            {count: dict(build[count]) for count in COUNTS if count in build}
            for build in entries
            if build["landing"] == str(landing)
        )
        others = tuple(build for build in entries if build["landing"] != str(landing))
    except FileNotFoundError:
        return History(file, str(landing))
    except (OSError, ValueError, TypeError, KeyError) as error:
        return History(
            file,
            str(landing),
            problem=f"{file} cannot be read ({type(error).__name__}), so volumes were not compared with earlier "
            "builds; it is written anew when this build is published",
        )
    return History(file, str(landing), mine, others)
