"""`make assistant`: serve the published file to an assistant, over standard input and output.

Usage: python -m warehouse.assistant
"""

from __future__ import annotations

import sys

from warehouse.settings import SettingsError, read_environment


def main() -> int:
    """Serve until the client closes its side. Returns the exit code."""
    try:
        published = read_environment().published
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        from warehouse.assistant.server import make_server
    except ModuleNotFoundError as error:
        print(f"{error.name} is not installed: make setup-assistant", file=sys.stderr)
        return 1
    make_server(published.resolve()).run("stdio")
    return 0


if __name__ == "__main__":
    sys.exit(main())
