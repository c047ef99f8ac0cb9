"""Write the boards of a published file: a page per board and language, each whole or not at all."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import vl_convert
from markupsafe import Markup

from warehouse.boards.charts import NUMBERS, drawn
from warehouse.boards.entries import BOARDS, Board, BoardError, Entry, read_boards
from warehouse.boards.figures import Answer, Figures
from warehouse.boards.words import LANGUAGES, PERIODS, Words, read_words
from warehouse.disk import one_at_a_time
from warehouse.places import PROJECT, home
from warehouse.settings import read_environment

HERE = Path(__file__).parent
KEYS = ("period_grain", "period_start", "segment_type", "segment_value")  # become numbers of a period and a segment
AS_IT_IS = NUMBERS | {"text"}
GATE_PAGES = {"landing": "Landed rows", "staging": "Rows that were read", "marts": "Marts"}  # in target/quality
FIGURES = ("metric", "value", "value_lower", "value_upper", "target")


def render_boards(published: Path, boards: Path = BOARDS) -> Path:
    """Draw every board beside the published file.

    Args:
        published: DuckDB file of the marts.
        boards: folder of the boards.

    Returns:
        The overview in English.

    Raises:
        BoardError: an entry cannot be drawn; the pages are as they were.
    """
    entries, words = read_boards(boards), read_words(boards)
    folder, draft = published.parent / "boards", published.parent / ".boards_draft"
    with Figures(published) as figures:
        answers = _answers(entries, figures)
        shutil.rmtree(draft, ignore_errors=True)
        for language in LANGUAGES:
            (draft / language).mkdir(parents=True)
            for board in entries:
                page = draw_page(board, entries, answers, figures, words[language], folder / language)
                (draft / language / f"{board.name}.html").write_text(page, encoding="utf-8")
    _put_in_place(draft, folder)
    return folder / "en" / f"{entries[0].name}.html"


def redraw(published: Path) -> list[str]:
    """Draw the boards of what was just published, or changed.

    Returns:
        Why they could not be drawn, as warnings: published it is all the same, and the old pages are gone.
    """
    try:
        with one_at_a_time(published.parent):
            render_boards(published)
    except Exception as error:
        remove_boards(published)
        return [f"the boards could not be drawn. {error}. Mend it, then: make boards"]
    return []


def remove_boards(published: Path) -> None:
    """Remove the boards of a published file: they would say something else than it does."""
    shutil.rmtree(published.parent / "boards", ignore_errors=True)


def _answers(boards: Sequence[Board], figures: Figures) -> dict[tuple[str, str], Answer]:
    """What every entry shows. Raises BoardError, which names all that cannot be drawn."""
    answers, problems = {}, []
    for board in boards:
        for entry in board.entries:
            try:
                answers[board.name, entry.name] = figures.answer(board, entry)
            except BoardError as error:
                problems.append(str(error))
    if problems:
        raise BoardError("\n".join(problems))
    return answers


def _put_in_place(draft: Path, folder: Path) -> None:
    """Every page is renamed over the old one, so whoever opens it sees the old or the new one; then old ones go."""
    pages = [page.relative_to(draft) for page in draft.glob("*/*.html")]
    for page in pages:
        (folder / page).parent.mkdir(parents=True, exist_ok=True)
        os.replace(draft / page, folder / page)
    for old in set(folder.glob("*/*.html")) - {folder / page for page in pages}:
        old.unlink()
    shutil.rmtree(draft)


def draw_page(
    board: Board,
    boards: Sequence[Board],
    answers: Mapping[tuple[str, str], Answer],
    figures: Figures,
    words: Words,
    place: Path,
) -> str:
    """The page of a board in one language, which will lie in the folder `place`."""
    landed = figures.landed()
    items = [_item(entry, answers[board.name, entry.name], figures, words, landed) for entry in board.entries]
    data = {
        "language": words.language,
        "items": items,
        "periods": [
            {"grain": grain, "start": start.isoformat(), "label": words.period(grain, start)}
            for grain, start in figures.periods
        ],
        "segments": [
            {"type": words.label("segment_type", kind), "key": f"{kind}:{value}", "label": words.label(kind, value)}
            for kind, value in figures.segments
        ],
        "words": {sentence: words.sentence(sentence) for sentence in SCRIPT_WORDS},
    }
    return _template("page.html.j2").render(
        board=board,
        boards=boards,
        entries=[
            (entry, item, _documentation(entry.mart, place)) for entry, item in zip(board.entries, items, strict=True)
        ],
        by_period=any("period_grain" in answers[board.name, entry.name].columns for entry in board.entries),
        by_segment=any("segment_value" in answers[board.name, entry.name].columns for entry in board.entries),
        grains=[(grain, words.label("grain", grain)) for grain in dict.fromkeys(g for g, _ in figures.periods)],
        gates=_gates(place) if board.name == "quality" else [],
        as_of=words.day(figures.as_of()) if figures.as_of() else "",
        words=words,
        t=words.sentence,
        languages=LANGUAGES,
        data=_packed(data),
        vega=Markup(_javascript()),
        script=Markup((HERE / "page.js").read_text(encoding="utf-8")),
        style=Markup((HERE / "page.css").read_text(encoding="utf-8")),
    )


# what page.js, and a link to a gate, say themselves
SCRIPT_WORDS = (
    "points", "since", "better", "worse", "Target", "reached", "missed",
    "yes", "no", "95% interval", "to", *GATE_PAGES.values(),
)  # fmt: skip


def _item(entry: Entry, answer: Answer, figures: Figures, words: Words, landed: set[str]) -> dict[str, Any]:
    """What the page knows of an entry."""
    drawn_too = set(re.findall(r"\w+", json.dumps(entry.spec)))  # what the spec's marks and transforms name
    kept = FIGURES if entry.kpis else [c for c in answer.columns if c in entry.columns or c in drawn_too]
    columns = list(dict.fromkeys(c for c in kept if c not in KEYS))
    period = {key: number for number, key in enumerate(figures.periods)}
    segment = {key: number for number, key in enumerate(figures.segments)}
    by_metric = "figure" in entry.columns.values()  # each row's numbers are written as those of its metric
    by_period, by_segment = "period_grain" in answer.columns, "segment_value" in answer.columns
    place = {column: number for number, column in enumerate(answer.columns)}
    cells = [(place[column], entry.columns.get(column, "text")) for column in columns]
    rows = []
    for row in answer.rows:
        keys = [period.get((row[place["period_grain"]], row[place["period_start"]]))] if by_period else []
        keys += [segment.get((row[place["segment_type"]], row[place["segment_value"]]))] if by_segment else []
        if None not in keys:
            values = [row[at] if shown in AS_IT_IS else _cell(row[at], shown, words) for at, shown in cells]
            rows.append(keys + values + ([words.metric(row[place["metric"]])["format"]] if by_metric else []))
    return {
        "name": entry.name,
        "period": entry.period,
        "columns": [
            *(["_period"] if by_period else []),
            *(["_segment"] if by_segment else []),
            *columns,
            *(["_format"] if by_metric else []),
        ],
        "headings": {column: words.heading(column) for column in entry.columns},
        "formats": entry.columns,
        "rows": rows,
        "spec": drawn(entry.spec, entry.columns, words) if entry.spec else None,
        "kpis": [
            {"key": key, "label": words.label("metric", key), "format": words.metric(key)["format"],
             "better": words.metric(key)["direction"]}
            for key in entry.kpis
        ],
        "lacking": [table for table in entry.needs if table not in landed] if not rows else [],
    }  # fmt: skip


def _cell(value: Any, shown: str, words: Words) -> Any:
    """A value as the page has it: codes by their labels."""
    if value is None:
        return None
    if shown in PERIODS:
        return words.period(shown, value)
    if shown == "day":
        return words.day(value)
    if shown == "segment":
        return words.segment(*str(value).split(":", 1))
    return words.label(shown, str(value))


def _documentation(mart: str, place: Path) -> str:
    """Where a mart is described, as seen from a page: in the site of the documentation once it is made."""
    found = next((PROJECT / "models" / "marts").glob(f"*/{mart}.sql"), None)
    if found is None:
        return ""
    subject = found.parent.name
    site = home() / "target" / "site" / "docs" / "tables" / f"{subject}.html"
    target = site if site.exists() else PROJECT / "docs" / "tables" / f"{subject}.md"
    return f"{os.path.relpath(target.resolve(), place.resolve())}#{mart}" if target.exists() else ""


def _gates(place: Path) -> list[tuple[str, str]]:
    """The gates of the builds that were checked here, each with its page as seen from a page of the boards."""
    folder = read_environment().target / "quality"
    pages = {title: folder / gate / "index.html" for gate, title in GATE_PAGES.items()}
    return [(title, os.path.relpath(page.resolve(), place.resolve())) for title, page in pages.items() if page.exists()]


def _packed(data: Any) -> str:
    """The data of a page as compressed JSON: a fifth of its size, however many segments a business has."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=6, mtime=0)).decode()


@cache
def _javascript() -> str:
    """Vega, Vega-Lite and the code that puts a chart into a page."""
    return vl_convert.javascript_bundle()


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template(name)
