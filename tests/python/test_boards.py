"""The boards say what their marts say, in three languages, in a browser without a network.

Pages are opened in the system's Chromium by Playwright; axe-core comes with its Python wheel.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import browser
import duckdb
import harness
import pytest
import shared
import yaml

from warehouse.boards import render
from warehouse.boards.charts import NUMBERS
from warehouse.boards.entries import BOARDS, Board, BoardError, Entry, read_boards
from warehouse.boards.figures import Figures
from warehouse.boards.words import LABELS, LANGUAGES, read_words

ALL = read_boards()
LARGEST = 1_500_000
WIDTHS = (1280, 768, 390)
SHOWN_PERIODS = {"month": 24, "quarter": 12, "year": 5}


@pytest.fixture(scope="module")
def published(demo_build: SimpleNamespace) -> Path:
    """The demo's published file with its boards beside it."""

    def draw(folder: Path) -> None:
        render.render_boards(Path(shutil.copy(demo_build.published, folder / "marts.duckdb")))

    return shared.made_once("boards", draw) / "marts.duckdb"


@pytest.fixture(scope="module")
def marts(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(published), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def emptied(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published file whose tables have no rows: nothing was landed."""
    file = tmp_path_factory.mktemp("empty") / "marts.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{published}' as full_file (read_only)")
        connection.execute(f"attach '{file}' as empty_file")
        tables = "select table_name from duckdb_tables() where database_name = 'full_file'"
        for (table,) in connection.execute(tables).fetchall():
            connection.execute(f'create table empty_file."{table}" as from full_file."{table}" limit 0')
    return file


# -- what is written in boards/ and seeds/labels.csv


def labels() -> dict[tuple[str, str], dict[str, str]]:
    with LABELS.open(encoding="utf-8", newline="") as file:
        return {(row["kind"], row["key"]): row for row in csv.DictReader(file)}


def test_boards_stand_in_their_order() -> None:
    assert [board.name for board in ALL] == ["overview", "churn", "retention", "voice", "value", "action", "quality"]


def test_an_entry_names_the_mart_that_it_reads_and_only_raw_tables_that_are_there() -> None:
    sources = {source["name"] for source in harness.manifest()["sources"].values()}
    for board in ALL:
        for entry in board.entries:
            assert re.search(rf"(?:ref|scoped)\('{entry.mart}'\)", entry.query), (board.name, entry.name)
            assert set(entry.needs) <= sources, (board.name, entry.name)


def test_labels_are_whole() -> None:
    for (kind, key), row in labels().items():
        assert row["en"] and row["ar"] and row["fa"], (kind, key)
        if kind == "metric":
            assert row["definition"] and row["format"] in NUMBERS and row["direction"] in ("up", "down", "none"), key


def test_every_code_of_the_marts_and_seeds_has_a_label() -> None:
    known = labels()
    keys = {key for _, key in known}
    manifest = harness.manifest()["nodes"].values()
    tests = [node for node in manifest if (node.get("test_metadata") or {}).get("name") == "accepted_values"]
    codes = {
        str(code)
        for test in tests
        if "/marts/" in test["original_file_path"]
        for code in test["test_metadata"]["kwargs"]["values"]
    }
    assert sorted(codes - keys) == []
    for seed, column, kind in (
        ("churn_reasons", "reason_code", "reason"), ("churn_reasons", "reason_category", "reason_category"),
        ("playbook", "trigger_code", "trigger"), ("playbook", "owner_role", "owner_role"),
        ("play_metrics", "metric", "play_metric"), ("red_flags", "flag_code", "flag"),
        ("health_parts", "part", "health_part"), ("health_bands", "band", "health_band"),
        ("benchmarks", "benchmark", "benchmark"), ("rfm_segments", "rfm_segment", "rfm_segment"),
        ("what_if_scenarios", "scenario", "scenario"), ("relative_goals", "goal", "goal"),
    ):  # fmt: skip
        with (shared.PROJECT / "seeds" / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
            lacking = {row[column] for row in csv.DictReader(file)} - {key for of, key in known if of == kind}
        assert lacking == set(), seed


def test_every_metric_that_may_have_a_target_has_a_label() -> None:
    text = (shared.PROJECT / "macros" / "playbooks" / "metrics.sql").read_text(encoding="utf-8")
    metrics = set(re.findall(r'"(\w+)": (?:dict\(|low_|high_|\{"better")', text))
    assert len(metrics) > 40
    assert sorted(metric for metric in metrics if ("metric", metric) not in labels()) == []


def test_no_sentence_is_left_over() -> None:
    words = yaml.safe_load((BOARDS / "words.yml").read_text(encoding="utf-8"))
    said = {text for board in ALL for text in (board.title, board.question)}
    said |= {text for board in ALL for entry in board.entries for text in (entry.title, entry.definition, entry.empty)}
    said.discard("")
    template = (Path(render.__file__).with_name("page.html.j2")).read_text(encoding="utf-8")
    said |= {*re.findall(r"t\('([^']+)'\)", template), *render.SCRIPT_WORDS}
    assert words.keys() == said
    assert all(found.keys() == {"ar", "fa"} and all(found.values()) for found in words.values())


BROKEN = {
    "a chart or a table": ("table: true", "table: true\n    spec: {mark: bar}", "exactly one of spec"),
    "a question": ("title: What is left?", "title: Left", "question mark"),
    "a word of its own": ("table: true", "table: true\n    colour: red", "'colour' was unexpected"),
    "a mart": ("mart: dim_plans", "mart: plans", "'plans' does not match"),
}
SMALL = """
title: Small
question: What is small?
items:
  - name: left
    title: What is left?
    definition: All plans.
    mart: dim_plans
    table: true
    columns: {plan_id: text}
    query: select plan_id from {{ ref('dim_plans') }}
"""


@pytest.mark.parametrize("what", BROKEN)
def test_an_entry_that_cannot_be_used_is_named_with_what_to_do(what: str, tmp_path: Path) -> None:
    right, wrong, said = BROKEN[what]
    (tmp_path / "small.yml").write_text(SMALL.replace(right, wrong))
    with pytest.raises(BoardError) as error:
        read_boards(tmp_path)
    assert "boards/small.yml, entry left" in str(error.value) and said in str(error.value)


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "small.yml").write_text(SMALL + SMALL[SMALL.index("  - name") :])
    with pytest.raises(BoardError, match="two entries are named left"):
        read_boards(tmp_path)


# -- what the published file is asked


def small(query: str, **more: object) -> tuple[Board, Entry]:
    entry = Entry("left", "What is left?", "All.", "dim_plans", query, {"plan_id": "text"}, **more)
    return Board("small", "Small", "What is small?", 1, [entry]), entry


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select nothing from {{ ref('dim_plans') }}", "its query fails"),
        ("select plan_id from {{ ref('rpt_unheard_of') }}", "the published file has no rpt_unheard_of"),
        ("select 1 as other from {{ ref('dim_plans') }}", "its query has no plan_id"),
        ("select plan_id from read_csv('/etc/hostname')", "its query fails"),
        ("create table marts.taken (plan_id varchar)", "its query fails"),
        ("drop table marts.dim_plans", "its query fails"),
    ],
)
def test_a_query_that_fails_or_reaches_further_is_refused(query: str, said: str, published: Path) -> None:
    with Figures(published) as figures, pytest.raises(BoardError) as error:
        figures.answer(*small(query))
    assert "boards/small.yml, entry left" in str(error.value) and said in str(error.value)


def test_a_figure_is_written_as_those_of_its_metric_are(published: Path) -> None:
    board = next(board for board in ALL if board.name == "overview")
    entry = next(entry for entry in board.entries if entry.name == "anomalies")
    with Figures(published) as figures:
        answer = figures.answer(board, entry)
        item = render._item(entry, answer, figures, read_words()["fa"], figures.landed())
    known = labels()
    metric, written = answer.columns.index("metric"), item["columns"].index("_format")
    asked = {row[metric]: known["metric", row[metric]]["format"] for row in answer.rows}
    assert len(set(asked.values())) > 1 and {row[written] for row in item["rows"]} == set(asked.values())


def test_a_figure_of_no_metric_is_refused(published: Path) -> None:
    board, entry = small("select plan_id from {{ ref('dim_plans') }}")
    entry.columns["plan_id"] = "figure"
    with Figures(published) as figures, pytest.raises(BoardError, match="its query needs metric"):
        figures.answer(board, entry)


def test_quality_leads_to_the_pages_of_the_gates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    page = tmp_path / "target" / "quality" / "marts" / "index.html"
    page.parent.mkdir(parents=True)
    page.touch()
    assert render._gates(tmp_path / "boards" / "en") == [("Marts", "../../target/quality/marts/index.html")]


def test_pages_choose_from_complete_periods_and_the_largest_segments(
    published: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    with Figures(published) as figures:
        months = [start for grain, start in figures.periods if grain == "month"]
        countries = [value for kind, value in figures.segments if kind == "country"]
    complete = "from marts.fct_segment_periods where period_grain = 'month' and is_complete_period"
    assert months[-1] == marts.execute(f"select max(period_start) {complete}").fetchone()[0] and len(months) <= 36
    largest = marts.execute(
        f"select segment_value {complete} and period_start = ? and segment_type = 'country' "
        "and segment_value != '(none)' order by customers_end desc limit 3",
        [months[-1]],
    ).fetchall()
    assert countries[:3] == [value for (value,) in largest] and len(countries) <= 6


# -- the pages


def test_pages_are_small_self_contained_and_wholly_translated(published: Path) -> None:
    pages = sorted((published.parent / "boards").glob("*/*.html"))
    assert len(pages) == len(ALL) * len(LANGUAGES)
    for page in pages:
        assert page.stat().st_size < LARGEST, page
        text = page.read_text(encoding="utf-8")
        head = text[: text.index('<script type="text/plain"')]
        assert not re.search(r'(?:src|href)="https?:|url\(|@import', head), page
        direction = "rtl" if page.parent.name in ("ar", "fa") else "ltr"
        assert f'<html lang="{page.parent.name}" dir="{direction}">' in head
    words = read_words()
    with Figures(published) as figures:
        answers = render._answers(ALL, figures)
        for language, spoken in words.items():
            for board in ALL:
                render.draw_page(board, ALL, answers, figures, spoken, published.parent)
            assert spoken.missing == set(), language


def test_a_board_that_fails_leaves_the_pages_as_they_were_and_a_build_then_removes_them(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, boards = tmp_path / "marts.duckdb", tmp_path / "src"
    shutil.copy(published, own)
    shutil.copytree(BOARDS, boards)
    page = tmp_path / "boards" / "en" / "overview.html"
    page.parent.mkdir(parents=True)
    page.write_text("before")
    broken = boards / "quality.yml"
    broken.write_text(broken.read_text(encoding="utf-8").replace("raw_rows,", "unheard_of,", 1), encoding="utf-8")
    with pytest.raises(BoardError, match=r"boards/quality[.]yml, entry reconciliation"):
        render.render_boards(own, boards)
    assert page.read_text() == "before"
    monkeypatch.setattr(render, "render_boards", lambda published: (_ for _ in ()).throw(ValueError("no reason")))
    (warning,) = render.redraw(own)
    assert "no reason" in warning and "make boards" in warning and not page.exists()


def test_a_build_removes_boards_that_it_does_not_draw(tmp_path: Path) -> None:
    page = tmp_path / "boards" / "en" / "overview.html"
    page.parent.mkdir(parents=True)
    page.write_text("before")
    render.remove_boards(tmp_path / "marts.duckdb")
    assert not page.exists()


def test_without_data_every_entry_says_which_table_to_land(emptied: Path) -> None:
    overview = render.render_boards(emptied)
    text = overview.read_text(encoding="utf-8")
    assert "<code>subscription_events</code>" in text and "There is nothing to show yet." in text
    assert "<code>survey_responses</code>" in overview.with_name("voice.html").read_text(encoding="utf-8")


# -- in a browser


def test_customers_told_by_their_orders_lack_no_subscription_events(emptied: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(emptied, tmp_path / "marts.duckdb"))
    with Figures(file) as figures:
        assert figures.landed() == set()
    with duckdb.connect(str(file)) as connection:
        connection.execute("insert into rpt_event_reconciliation (raw_table, raw_rows) values ('orders', 3), ('a', 0)")
        connection.execute("insert into rpt_churn_rates (period_grain) values ('month')")
    with Figures(file) as figures:
        assert figures.landed() == {"orders", "subscription_events"}


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    playwright = pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT: boards were not opened")
    if not browser.BROWSER:
        pytest.skip(browser.MISSING)
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=browser.BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(chromium: object) -> Iterator[object]:
    """A page that remembers what was wrong and what it asked for."""
    opened = chromium.new_page(viewport={"width": WIDTHS[0], "height": 900}, color_scheme="light")
    opened.wrong, opened.asked = [], []
    opened.on("console", lambda message: opened.wrong.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: opened.wrong.append(str(error)))
    opened.on("request", lambda request: opened.asked.append(request.url))
    yield opened
    opened.close()


def ready(page: object) -> None:
    page.wait_for_selector("body[data-ready]", timeout=60_000)


def show(page: object, published: Path, language: str, board: str) -> None:
    page.goto((published.parent / "boards" / language / f"{board}.html").as_uri())
    ready(page)


def choose(page: object, **choice: str) -> None:
    for name in ("grain", "period", "segment"):
        if name in choice:
            page.select_option(f"#{name}", choice[name])
            ready(page)


def in_tables(page: object, entry: Entry) -> list[dict[str, float]]:
    """The numbers of an entry's table, row by row."""
    return page.evaluate(
        """(name) => [...document.querySelectorAll(`#${name} tbody tr`)].map((row) => Object.fromEntries(
            [...row.querySelectorAll('td[data-value]')].map((cell) => [cell.dataset.column, +cell.dataset.value])))""",
        entry.name,
    )


def of_mart(figures: Figures, board: Board, entry: Entry, grain: str, period: str, segment: str) -> list[dict]:
    """The same numbers as the entry's query gives them, cut to a choice."""
    answer = figures.answer(board, entry)
    starts = [start for of, start in figures.periods if of == grain and str(start) <= period]
    starts = starts[-1:] if entry.period == "at" else starts[-SHOWN_PERIODS[grain] :]
    found = []
    for values in answer.rows:
        row = dict(zip(answer.columns, values, strict=True))
        if "period_grain" in row and (row["period_grain"] != grain or row["period_start"] not in starts):
            continue
        if "segment_value" in row and f"{row['segment_type']}:{row['segment_value']}" != segment:
            continue
        as_numbers = [column for column, shown in entry.columns.items() if shown in render.AS_IT_IS]
        numbers = {column: row[column] for column in as_numbers if isinstance(row.get(column), int | float)}
        found.append({name: value for name, value in numbers.items() if not isinstance(value, bool)})
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("board", ALL, ids=[board.name for board in ALL])
def test_a_page_shows_the_numbers_of_its_marts_at_every_width(
    board: Board, language: str, published: Path, page: object
) -> None:
    show(page, published, language, board.name)
    last = page.evaluate("document.getElementById('period')?.value ?? '9999-12-31'")
    with Figures(published) as figures:
        for entry in board.entries:
            if not entry.kpis:
                expected = of_mart(figures, board, entry, "month", last, "all:all")
                assert in_tables(page, entry) == expected, entry.name
                if entry.spec and expected:
                    assert page.locator(f"#{entry.name} svg").count() == 1, entry.name
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(150)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
    assert page.wrong == []
    assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []


# where each key figure comes from, apart from the boards' own queries
SOURCES = {
    "churn_rate": ("rpt_churn_rates", "churn_rate", "true"),
    "voluntary_churn_rate": ("rpt_churn_rates", "voluntary_churn_rate", "true"),
    "involuntary_churn_rate": ("rpt_churn_rates", "involuntary_churn_rate", "true"),
    "customers_end": ("rpt_churn_rates", "customers_end", "true"),
    "preventable_share": ("rpt_preventable_churn", "preventable_share", "true"),
    "recovery_rate": ("rpt_dunning", "recovery_rate", "true"),
    "retention_rate": ("rpt_retention_rates", "retention_rate", "true"),
    "gross_revenue_retention": ("rpt_retention_rates", "gross_revenue_retention", "true"),
    "net_revenue_retention": ("rpt_retention_rates", "net_revenue_retention", "true"),
    "quick_ratio": ("rpt_mrr_movements", "quick_ratio", "true"),
    "mrr_end": ("rpt_mrr_movements", "mrr_end", "true"),
    "clv": ("rpt_clv_by_month", "clv", "true"),
    "nps": ("rpt_nps", "nps", "touchpoint_type = 'relational'"),
    "response_rate": ("rpt_nps", "response_rate", "touchpoint_type = 'relational'"),
    "csat": ("rpt_survey_scores", "csat", "survey_type = 'csat'"),
    "ces_mean": ("rpt_survey_scores", "ces_mean", "survey_type = 'ces'"),
}
CHOICES = [
    {"grain": "month", "segment": "all:all"},
    {"grain": "month", "period": "2025-06-01", "segment": "country:US"},
    {"grain": "quarter", "segment": "customer_segment:smb"},
    {"grain": "year", "period": "2024-01-01", "segment": "all:all"},
]


@pytest.mark.parametrize("board", [b for b in ALL if any(e.kpis for e in b.entries)], ids=lambda board: board.name)
def test_filters_change_key_figures_and_charts_as_the_marts_say(
    board: Board, published: Path, page: object, marts: duckdb.DuckDBPyConnection
) -> None:
    show(page, published, "fa", board.name)
    for choice in CHOICES:
        choose(page, **choice)
        period = page.evaluate("document.getElementById('period').value")
        at = [choice["grain"], period, *choice["segment"].split(":")]
        for entry in board.entries:
            for metric in entry.kpis:
                mart, column, condition = SOURCES[metric]
                row = marts.execute(
                    f"select {column} from marts.{mart} where {condition} and period_grain = ? and period_start = ? "
                    "and segment_type = ? and segment_value = ?",
                    at,
                ).fetchone()
                shown = page.locator(f"[data-metric={metric}] .value").get_attribute("data-value")
                expected = None if row is None or row[0] is None else pytest.approx(float(row[0]), rel=1e-6)
                assert (shown if shown is None else float(shown)) == expected, (metric, choice)
    assert not re.search("[0-9]", page.locator(".tiles").first.inner_text()), "Latin digits on a Persian page"
    link = page.locator("a.board").nth(1).get_attribute("href")
    assert "grain=year" in link and "period=2024-01-01" in link
    assert page.wrong == []


def test_a_stranger_reads_churn_its_interval_and_its_target(
    published: Path, page: object, marts: duckdb.DuckDBPyConnection
) -> None:
    rate, lower, upper, target = marts.execute(
        """
        select churn_rate, churn_rate_lower, churn_rate_upper, threshold
        from marts.rpt_churn_rates as churn
        inner join marts.rpt_goals as goals using (period_grain, period_start)
        where
            period_grain = 'month' and segment_type = 'all' and goals.metric = 'churn_rate'
            and churn.is_complete_period
        order by period_start desc
        limit 1
        """
    ).fetchone()
    show(page, published, "en", "overview")
    tile = page.locator("[data-metric=churn_rate]").inner_text()
    assert f"{rate:.1%}" in tile and f"{lower:.1%} to {upper:.1%}" in tile
    assert f"Target {target:.1%}" in tile and ("reached" if rate <= target else "missed") in tile
    (change, change_year), (reason,) = (
        marts.execute(query).fetchone()
        for query in (
            "select churn_rate_change, churn_rate_change_year from marts.rpt_headline "
            "where period_grain = 'month' and is_latest_complete",
            "select reason_code from marts.rpt_churn_reasons inner join marts.rpt_headline using "
            "(period_grain, period_start) where period_grain = 'month' and is_latest_complete and segment_type = 'all' "
            "and reason_code != '(none)' group by reason_code order by sum(rpt_churn_reasons.customers_churned) desc, "
            "reason_code limit 1",
        )
    )
    assert f"{abs(change) * 100:.1f} points" in tile and f"{abs(change_year) * 100:.1f} points" in tile
    main_reason = page.locator("#reasons_now tbody tr").first.inner_text()
    assert main_reason.startswith(labels()["reason", reason]["en"])


def test_bars_on_each_other_are_told_apart_without_colour(published: Path, page: object) -> None:
    show(page, published, "en", "churn")
    fills = page.evaluate(
        "[...new Set([...document.querySelectorAll('#churn_types .mark-rect path')]"
        ".map((bar) => getComputedStyle(bar).fill))]"
    )
    assert len(fills) == 3 and sum("url" in fill for fill in fills) == 2


def test_what_a_mark_says_stands_beside_the_pointer(published: Path, page: object) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    show(page, published, "en", "churn")
    chart = page.locator("#churn_types svg.marks")
    chart.scroll_into_view_if_needed()
    box, said = chart.bounding_box(), page.locator("#vg-tooltip-element.visible")
    y = box["y"] + box["height"] * 0.7
    for x in range(round(box["x"] + box["width"] / 2), round(box["x"] + box["width"]), 2):
        page.mouse.move(x, y)
        if said.count():
            break
    told = said.bounding_box()
    assert abs(told["x"] - x) < told["width"] + 40 and abs(told["y"] - y) < told["height"] + 40
    page.mouse.move(2, 2)
    said.wait_for(state="detached")
    assert not page.locator("#vg-tooltip-element").is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("language", "board"), [("en", b.name) for b in ALL] + [("ar", "overview"), ("fa", "churn")])
def test_nothing_keeps_people_from_reading(
    language: str, board: str, theme: str, published: Path, page: object
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="NO AXE: pages were not judged")
    page.emulate_media(color_scheme=theme)
    show(page, published, language, board)
    found = axe.Axe().run(page).response["violations"]
    serious = [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in ("serious", "critical")]
    assert serious == []


def test_the_keyboard_reaches_everything(published: Path, page: object) -> None:
    show(page, published, "en", "overview")
    wanted = page.evaluate(
        """() => [...document.querySelectorAll('a[href], button, select, summary, [tabindex="0"]')]
            .filter((node) => node.checkVisibility()).map((node, place) => (node.dataset.place = place))"""
    )
    reached = set()
    for _ in range(len(wanted) + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset?.place"))
    assert {str(place) for place in wanted} <= reached


def test_light_and_dark_are_chosen_and_paper_is_light(published: Path, page: object) -> None:
    show(page, published, "en", "churn")
    page.click("#theme")
    ready(page)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.pdf()[:4] == b"%PDF"
    assert page.wrong == []


def test_a_sheet_of_paper_holds_two_charts_beside_each_other(published: Path, page: object) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    show(page, published, "en", "churn")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 704, "height": 1000})  # A4 within its margins
    assert page.locator(".side:visible, .filters:visible, #vg-tooltip-element:visible").count() == 0
    boxes = page.evaluate(
        """() => [...document.querySelectorAll('.card')].map((card) => {
            const [chart, box] = [card.querySelector('.figure svg'), card.getBoundingClientRect()];
            return [box.top, box.right, chart ? chart.getBoundingClientRect().right : 0]})"""
    )
    assert all(chart <= card for _, card, chart in boxes)
    assert len({top for top, _, _ in boxes}) < len(boxes)


def test_pages_without_data_have_no_error(emptied: Path, page: object) -> None:
    render.render_boards(emptied)
    for board in ALL:
        show(page, emptied, "ar", board.name)
        assert page.locator(".empty:visible").count() >= len(board.entries) - 1, board.name
    assert page.wrong == []
