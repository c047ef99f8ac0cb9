"""The pages of the project, and what they tell a reader to run."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]
README = PROJECT / "README.md"
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "connectors/*/*.md", "examples/*/*.md", ".github/**/*.md")
    for page in PROJECT.glob(pattern)
)
SETTING = r"[A-Z][A-Z_]*=(?:'[^']*'|\S+) "
COMMAND = re.compile(rf"^ {{4,}}((?:{SETTING})*(?:make|\.venv/bin/|git|cp|mv) ?\S.*)$", re.MULTILINE)


def commands(page: Path) -> list[str]:
    """The commands of a page: lines of indented blocks that start one, without the comment after it."""
    return [re.sub(r"\s+# .*", "", line) for line in COMMAND.findall(page.read_text(encoding="utf-8"))]


ALL_COMMANDS = sorted({command for page in PAGES for command in commands(page)})
MAKE_COMMANDS = [command for command in ALL_COMMANDS if re.match(rf"(?:{SETTING})*make\b", command)]
OTHER_COMMANDS = [command for command in ALL_COMMANDS if command not in MAKE_COMMANDS]
TARGETS_NAMED = sorted(
    {
        target
        for page in PAGES
        for target in re.findall(rf"`(?:{SETTING})*make ([a-z-]+)", page.read_text(encoding="utf-8"))
    }
)


def links(page: Path) -> list[str]:
    """Where the page's links and pictures go."""
    return re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """What a link to a heading of the page ends in."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    texts = [re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in texts}
