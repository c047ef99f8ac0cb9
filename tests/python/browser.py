"""Opens a page in a headless Chromium and says what the page itself asks for.

What the browser asks on its own account (updates, lists of bad pages) differs from version to version and is no matter
of the page: the DevTools protocol tells the requests of one page. It runs over two pipes, so no port is opened.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import BinaryIO

from child_process import die_with_parent

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MISSING = "NO BROWSER: pages were read, not opened. Install one: apt-get install chromium fonts-noto-core"
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
)  # fmt: skip
SECONDS = 120
LOCAL = ("file:", "data:", "blob:", "about:")


@dataclass
class Shown:
    """The page as the browser shows it, and the addresses beyond the disk that it asked for."""

    html: str = ""
    asked: list[str] = field(default_factory=list)


def show(page: Path, profile: Path, query: str = "") -> Shown:
    """Open a page of the disk (with ?query) with an empty profile folder, until its network is idle."""
    (commands, write), (read, answers) = os.pipe(), os.pipe()

    def as_three_and_four() -> None:
        die_with_parent()
        # first out of the way, should a pipe have one of these numbers
        ends = os.dup(commands), os.dup(answers)
        os.dup2(ends[0], 3)
        os.dup2(ends[1], 4)

    process = subprocess.Popen(
        [BROWSER, *OPTIONS, f"--user-data-dir={profile}"],
        preexec_fn=as_three_and_four, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(commands)
    os.close(answers)
    limit = Timer(SECONDS, process.kill)
    limit.start()
    try:
        with os.fdopen(write, "wb", buffering=0) as to_browser, os.fdopen(read, "rb") as from_browser:
            return _show(page.absolute().as_uri() + query, to_browser, _messages(from_browser))
    finally:
        limit.cancel()
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _messages(stream: BinaryIO) -> Iterator[dict]:
    rest = b""
    while piece := stream.read1():
        *whole, rest = (rest + piece).split(b"\0")
        yield from map(json.loads, whole)
    raise RuntimeError(f"the browser ended, or did not show the page within {SECONDS} s")


def _show(address: str, to_browser: BinaryIO, messages: Iterator[dict]) -> Shown:
    shown, session, number = Shown(), None, 0
    idle = set()  # pages whose network is idle

    def hear() -> dict:
        message = next(messages)
        about = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent" and not about["request"]["url"].startswith(LOCAL):
            shown.asked.append(about["request"]["url"])
        elif message.get("method") == "Network.webSocketCreated":
            shown.asked.append(about["url"])
        elif message.get("method") == "Page.lifecycleEvent" and about["name"] == "networkIdle":
            idle.add(about["loaderId"])
        return message

    def call(method: str, **parameters: object) -> dict:
        nonlocal number
        number += 1
        command = {"id": number, "method": method, "params": parameters}
        to_browser.write(json.dumps(command | ({"sessionId": session} if session else {})).encode() + b"\0")
        while (message := hear()).get("id") != number:
            pass
        return message["result"]

    target = call("Target.createTarget", url="about:blank")["targetId"]
    session = call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    call("Page.enable")
    call("Network.enable")
    call("Page.setLifecycleEventsEnabled", enabled=True)
    loader = call("Page.navigate", url=address)["loaderId"]
    while loader not in idle:
        hear()
    shown.html = call("Runtime.evaluate", expression="document.documentElement.outerHTML")["result"]["value"]
    return shown
