"""Send the changes of a queue to a webhook: a reverse ETL of one file, with the standard library and DuckDB.

Usage: WEBHOOK_URL=https://... python examples/send_changes.py export/sync_action_queue_changes.parquet

Each change is one POST of JSON. Its Idempotency-Key is the same whenever the same change is sent, so a receiver that
knows keys takes it once, however often it comes. What the receiver cannot take now (no answer, 429, 5xx) is sent again
after a while; whatever else it refuses stops the program. When all are sent, the file is renamed to .sent: a run that
was stopped sends all of them again, and one that finds no file has nothing to do.

WEBHOOK_TOKEN, where it is set, is sent as a bearer token.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import duckdb

TRIES, TIMEOUT = 6, 30.0  # seconds
FIRST_WAIT = float(os.environ.get("WEBHOOK_FIRST_WAIT", "1"))  # seconds; each wait is twice the one before


class NotSentError(RuntimeError):
    """The receiver did not take a change. The message says which and why."""


def changes(file: Path) -> Iterator[tuple[str, bytes]]:
    """Key and body of each change of the file."""
    with duckdb.connect() as connection:
        cursor = connection.execute("select * from read_parquet(?)", [str(file)])
        names = [column[0] for column in cursor.description]
        while row := cursor.fetchone():
            record = dict(zip(names, row, strict=True))
            change = {"table": file.stem.removesuffix("_changes"), "change": record.pop("change"), "row": record}
            body = json.dumps(change, default=str, sort_keys=True).encode()
            yield hashlib.sha256(body).hexdigest(), body


def send(url: str, key: str, body: bytes, token: str = "") -> None:
    """POST a change until the receiver takes it.

    Raises:
        NotSentError: it refuses it, or has not taken it after TRIES.
    """
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    problem = ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(FIRST_WAIT * 2 ** (attempt - 1))
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=TIMEOUT):
                return
        except urllib.error.HTTPError as error:
            problem = f"HTTP {error.code}"
            if error.code < 500 and error.code != 429:
                break
        except OSError as error:
            problem = str(error)
    raise NotSentError(f"{body.decode()} was not taken: {problem}")


def main(arguments: list[str]) -> int:
    """Send the changes of the files of the command line. Returns the exit code."""
    url, token = os.environ["WEBHOOK_URL"], os.environ.get("WEBHOOK_TOKEN", "")
    for file in map(Path, arguments):
        if not file.exists():
            continue
        sent = 0
        try:
            for key, body in changes(file):
                send(url, key, body, token)
                sent += 1
        except NotSentError as error:
            print(f"{sent} sent, then: {error}")
            return 1
        file.replace(file.with_suffix(".sent"))
        print(f"{sent} changes of {file.name} sent")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
