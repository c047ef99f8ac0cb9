"""What a build says of personal data: contacts where none should be, and erased customers that are still landed."""

from __future__ import annotations

from pathlib import Path

from warehouse.erasures import Erasures


def left_out(warehouse: Path) -> list[str]:
    """What the list of erasures kept out of the last build, in a line."""
    erasures = Erasures.beside(warehouse)
    rows = ", ".join(f"{table} {count:,} rows" for table, count in erasures.still_landed(warehouse).items())
    if not rows:
        return []
    return [
        f"The landing folder still holds erased customers ({rows}). This build left out what is personal in them, as "
        f"the list {erasures.file} says; take them out there too"
    ]
