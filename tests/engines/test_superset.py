"""`make superset` for real: the server starts, somebody logs in with a browser, and each figure is that of the mart."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import browser
import duckdb
import pytest
import shared
import yaml
from child_process import die_with_parent
from playwright.sync_api import Page, Response, sync_playwright
from postgres_server import free_port

FOLDER = shared.PROJECT / "bi" / "superset"
PYTHON = shared.PROJECT / ".venv" / "superset" / "bin" / "python"
DASHBOARDS = yaml.safe_load((FOLDER / "dashboards.yml").read_text(encoding="utf-8"))["dashboards"]
CHARTS = [(dashboard["name"], chart) for dashboard in DASHBOARDS for chart in dashboard["charts"]]
SECONDS_TO_START = 600
Row = dict[str, object]


@dataclass(frozen=True)
class Superset:
    address: str
    password: str
    published: Path
    home: Path


@pytest.fixture(scope="module")
def superset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """The server, on a published file of a copy, with a password that it makes itself."""
    home, port, published = tmp_path_factory.mktemp("superset") / "home", free_port(), shared.demo() / "published"
    environment = {name: value for name, value in os.environ.items() if name != "SUPERSET_ADMIN_PASSWORD"}
    environment |= {"PUBLISHED_PATH": str(published / "marts.duckdb"), "SUPERSET_HOME": str(home)}
    said = home.parent / "said"
    with said.open("w") as output:
        process = subprocess.Popen(
            [PYTHON, FOLDER / "serve.py"], cwd=home.parent, env={**environment, "SUPERSET_PORT": str(port)},
            stdout=output, stderr=subprocess.STDOUT, preexec_fn=die_with_parent,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + SECONDS_TO_START
        while "Booting worker" not in said.read_text():
            assert process.poll() is None and time.monotonic() < deadline, said.read_text()[-3000:]
            time.sleep(1)
        password = re.search(r"The password of admin is (\S+) ", said.read_text())[1]
        yield Superset(f"http://127.0.0.1:{port}", password, published / "marts.duckdb", home)
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def page(superset: Superset) -> Iterator[Page]:
    """A browser in which the administrator has logged in; what it loads from elsewhere fails the test that asked."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.BROWSER, args=["--no-sandbox"])
        opened = chromium.new_page(viewport={"width": 1280, "height": 1400})
        opened.set_default_timeout(180_000)
        opened.goto(f"{superset.address}/login/")
        opened.fill("#username", "admin")
        opened.fill("#password", superset.password)
        opened.keyboard.press("Enter")
        opened.wait_for_url(lambda address: "/login" not in address)
        yield opened
        chromium.close()


def wanted(published: Path, chart: dict) -> list[Row]:
    """The rows of the mart that a chart is about, with the words that it shows."""
    time_column = [] if chart["kind"] == "number" else ["period_start"]
    columns = [*dict.fromkeys([*time_column, *([chart["by"]] if "by" in chart else [])])]
    shown = ", ".join([*columns, *(f'{column} as "{words}"' for column, words in chart["shows"].items())])
    where = " and ".join(f"{column} = ?" for column in chart["where"])
    with duckdb.connect(str(published), read_only=True) as connection:
        found = connection.execute(f"select {shown} from {chart['mart']} where {where}", [*chart["where"].values()])
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def comparable(rows: list[Row]) -> list[list[tuple[str, str]]]:
    """Rows in one order, days and numbers written as one: JSON has milliseconds and doubles."""

    def text(name: str, value: object) -> str:
        if value is None:
            return ""
        if name == "period_start":
            is_number = isinstance(value, (int, float))
            return time.strftime("%Y-%m-%d", time.gmtime(value / 1000)) if is_number else str(value)[:10]
        return value if isinstance(value, str) else f"{float(value):.12g}"

    return sorted(sorted((name, text(name, value)) for name, value in row.items()) for row in rows)


def unpivoted(rows: list[Row], chart: dict) -> list[Row]:
    """A row for each point: a page asks for a column for each line, where lines are values of a column of the mart."""
    if "by" not in chart or not rows or chart["by"] in rows[0]:
        return rows
    (words,) = chart["shows"].values()
    return [
        {"period_start": row["period_start"], chart["by"]: line, words: value}
        for row in rows
        for line, value in row.items()
        if line != "period_start"
    ]


def points(rows: list[Row], chart: dict) -> list[list[tuple[str, str]]]:
    """What is drawn: rows with a figure, comparable."""
    found = unpivoted(rows, chart)
    return comparable([row for row in found if any(row[words] is not None for words in chart["shows"].values())])


def charts_by_title(page: Page, superset: Superset) -> dict[str, int]:
    found = page.request.get(f"{superset.address}/api/v1/chart/?q=(page_size:100)").json()["result"]
    return {chart["slice_name"]: chart["id"] for chart in found}


@pytest.mark.parametrize("dashboard", [dashboard["name"] for dashboard in DASHBOARDS])
def test_each_figure_on_the_page_is_that_of_the_mart(page: Page, superset: Superset, dashboard: str) -> None:
    charts = {chart["title"]: chart for name, chart in CHARTS if name == dashboard}
    ids = {number: title for title, number in charts_by_title(page, superset).items()}
    shown: dict[str, list[Row]] = {}
    elsewhere: list[str] = []

    def keep(response: Response) -> None:
        if not response.url.startswith((superset.address, "data:", "blob:")):
            elsewhere.append(response.url)
        if "/api/v1/chart/data" in response.url:
            asked = json.loads(response.request.post_data)
            shown[ids[asked["form_data"]["slice_id"]]] = response.json()["result"][0]["data"]

    page.on("response", keep)
    page.goto(f"{superset.address}/superset/dashboard/{dashboard}/")
    deadline = time.monotonic() + 120
    while len(shown) < len(charts) and time.monotonic() < deadline:
        page.wait_for_timeout(200)
    page.wait_for_load_state("networkidle")
    page.remove_listener("response", keep)
    assert shown.keys() == charts.keys()
    for title, chart in charts.items():
        expected = wanted(superset.published, chart)
        assert points(expected, chart), title
        assert points(shown[title], chart) == points(expected, chart), title
    assert elsewhere == []
    assert "Unexpected error" not in page.inner_text("body")


def test_the_saved_charts_answer_the_same_without_a_page(page: Page, superset: Superset) -> None:
    ids = charts_by_title(page, superset)
    for _, chart in CHARTS:
        answer = page.request.get(f"{superset.address}/api/v1/chart/{ids[chart['title']]}/data/")
        assert answer.status == 200, answer.text()
        rows = answer.json()["result"][0]["data"]
        assert points(rows, chart) == points(wanted(superset.published, chart), chart), chart["title"]


def write(page: Page, superset: Superset, path: str, **content: object) -> object:
    token = page.request.get(f"{superset.address}/api/v1/security/csrf_token/").json()["result"]
    headers = {"X-CSRFToken": token, "Referer": superset.address}
    return page.request.post(f"{superset.address}{path}", headers=headers, **content)


@pytest.mark.parametrize(
    ("sql", "refused"),
    [
        ("select max(customers_end) as c from rpt_headline", ""),
        ("select * from read_csv('/etc/passwd')", "disabled"),
        ("select * from '/etc/passwd'", "disabled|does not exist"),
        ("copy (select 1) to '{home}/written.csv'", "disabled|not allowed|DML"),
        ("attach '{home}/other.duckdb' as other", "disabled|not allowed|DML"),
        ("set enable_external_access = true", "Cannot|locked|not allowed|DML"),
        ("create table t as select 1", "not allowed|DML|read-only"),
    ],
)
def test_sql_lab_reads_the_marts_and_nothing_else(page: Page, superset: Superset, sql: str, refused: str) -> None:
    (database,) = page.request.get(f"{superset.address}/api/v1/database/").json()["result"]
    content = {"database_id": database["id"], "sql": sql.format(home=superset.home), "runAsync": False}
    answer = write(page, superset, "/api/v1/sqllab/execute/", data=content)
    if not refused:
        assert answer.status == 200 and answer.json()["data"][0]["c"] > 0
        return
    assert answer.status >= 400 and re.search(refused, answer.text()), answer.text()
    assert not [file for file in superset.home.iterdir() if file.name in ("written.csv", "other.duckdb")]


def test_another_superset_takes_the_bundle_from_a_file(page: Page, superset: Superset, tmp_path: Path) -> None:
    zipped = tmp_path / "marts.zip"
    subprocess.run([PYTHON, FOLDER / "bundle.py", superset.published, zipped], check=True)
    with zipfile.ZipFile(zipped) as archive:
        charts = [yaml.safe_load(archive.read(name)) for name in archive.namelist() if "/charts/" in name]
    assert len(charts) == len(CHARTS) and all(json.loads(chart["query_context"]) for chart in charts)
    form = {"formData": {"name": zipped.name, "mimeType": "application/zip", "buffer": zipped.read_bytes()},
            "overwrite": "true"}  # fmt: skip
    answer = write(page, superset, "/api/v1/dashboard/import/", multipart=form)
    assert answer.status == 200, answer.text()
    assert len(charts_by_title(page, superset)) == len(CHARTS)  # replaced, not doubled


def test_only_this_machine_reaches_it_and_only_its_owner_its_secrets(superset: Superset) -> None:
    port = int(superset.address.rpartition(":")[2])
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
    listening = {line[1] for line in lines if line[3] == "0A" and line[1].endswith(f":{port:04X}")}
    assert listening == {f"0100007F:{port:04X}"}
    assert superset.home.stat().st_mode & 0o77 == 0 and (superset.home / "secret_key").stat().st_mode & 0o77 == 0


def test_settings_that_cannot_be_used_are_said(tmp_path: Path) -> None:
    for given, said in {
        "SUPERSET_PORT": "SUPERSET_PORT is 'no.such': use a number from 1 to 65535",
        "PUBLISHED_PATH": "no.such is not there: make build publishes it",
    }.items():
        places = {"PUBLISHED_PATH": __file__, "SUPERSET_HOME": str(tmp_path), "SUPERSET_PORT": ""}
        command = [PYTHON, FOLDER / "serve.py", "prepare"]
        run = subprocess.run(command, env={**os.environ, **places, given: "no.such"}, capture_output=True, text=True)
        assert run.returncode == 1 and said in run.stderr, run.stderr
